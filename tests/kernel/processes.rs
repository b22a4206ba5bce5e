//! Processes: deaths, orphans, files left behind, other kernels.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use coscribe::kernel::{
    KernelCommand, KernelEvent, KernelLimits, KernelSettings, KernelState, Kernels, Origin, Outcome, StopReason,
};

use crate::notebook::{Notebook, is_alive, kernels, settings, shared_data, soon};

/// Waits until a process is gone.
async fn gone(process: i32) {
    soon("the end of a process", || !is_alive(process)).await;
}

#[tokio::test]
async fn a_kernel_that_ends_itself_is_noticed_and_said_and_can_be_restarted() {
    let mut notebook = Notebook::open(&kernels().await);
    let (run, waiting) = (notebook.run("import os; os._exit(3)"), notebook.run("print('never')"));
    assert_eq!(notebook.finished(&run).await, Outcome::Aborted);
    assert_eq!(notebook.finished(&waiting).await, Outcome::Aborted);
    let sentence = notebook.death().await;
    assert!(sentence.contains("ended by itself with code 3"), "{sentence}");
    let run = notebook.run("print('dead')");
    assert_eq!(notebook.finished(&run).await, Outcome::Aborted);
    notebook.send(KernelCommand::Restart);
    assert_eq!(notebook.output("print('alive')").await, "alive\n");
}

#[tokio::test]
async fn a_crash_is_said_with_what_the_process_wrote_last() {
    let mut notebook = Notebook::open(&kernels().await);
    notebook.run("import ctypes; ctypes.string_at(0)");
    let sentence = notebook.death().await;
    assert!(sentence.contains("signal 11") && sentence.contains("Segmentation fault"), "{sentence}");
}

#[tokio::test]
async fn whoever_lets_go_of_a_kernel_ends_it_with_its_children() {
    let mut notebook = Notebook::open(&kernels().await);
    let process = notebook.process().await;
    let child = notebook.output("import subprocess; print(subprocess.Popen(['sleep', '1000']).pid)").await;
    drop(notebook);
    gone(process).await;
    gone(child.trim().parse().unwrap()).await;
}

#[tokio::test]
async fn a_server_that_stops_takes_every_kernel_along() {
    let kernels = kernels().await;
    let (mut busy, mut starting) = (Notebook::open(&kernels), Notebook::open(&kernels));
    let process = busy.process().await;
    busy.run("import time; time.sleep(1000)");
    starting.until(|event| *event == KernelEvent::State(KernelState::Starting)).await;
    kernels.stop().await;
    assert!(!is_alive(process));
    for notebook in [&mut busy, &mut starting] {
        notebook.state(|state| *state == KernelState::Stopped { reason: StopReason::Server }).await;
    }
    let mut late = Notebook::open(&kernels);
    late.state(|state| *state == KernelState::Stopped { reason: StopReason::Server }).await;
}

/// The only argument with which the next test begins to be a server.
const SERVER: &str = "COSCRIBE_TEST_AS_SERVER";

#[tokio::test]
async fn killing_the_server_leaves_neither_kernels_nor_their_children_nor_files() {
    if std::env::var_os(SERVER).is_some() {
        return be_a_server().await;
    }
    shared_data().await;
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "processes::killing_the_server_leaves_neither_kernels_nor_their_children_nor_files",
        ])
        .env(SERVER, "1")
        .env("COSCRIBE_TEST_KEEP_ENVIRONMENT", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told =
        lines.filter_map(|line| line.split_once("serves ").map(|(_, told)| told.to_owned())).next().expect("a line");
    let (processes, place) = told.split_once(" at ").unwrap();
    let processes: Vec<i32> = processes.split(' ').map(|process| process.parse().unwrap()).collect();
    assert!(processes.iter().all(|process| is_alive(*process)) && Path::new(place).exists());
    server.kill().unwrap();
    server.wait().unwrap();
    for process in processes {
        gone(process).await;
    }
    soon("its directory is removed", || !Path::new(place).exists()).await;
}

/// Starts kernels, tells of them, and waits to be killed.
async fn be_a_server() {
    let mut notebook = Notebook::open(&kernels().await);
    let code = "import os, subprocess\nfrom ipykernel.connect import get_connection_file\n\
                print('serves', os.getpid(), subprocess.Popen(['sleep', '1000']).pid, 'at', \
                os.path.dirname(get_connection_file()))";
    println!("{}", notebook.output(code).await);
    std::future::pending().await
}

#[tokio::test]
async fn a_keeper_that_is_killed_does_not_leave_its_kernel_alone() {
    let mut notebook = Notebook::open(&kernels().await);
    let process = notebook.process().await;
    let keeper = notebook.output("import os; print(os.getppid())").await;
    notebook.run("import time; time.sleep(1000)");
    assert!(Command::new("kill").args(["-KILL", keeper.trim()]).status().unwrap().success());
    let sentence = notebook.death().await;
    assert!(sentence.contains("ended from outside"), "{sentence}");
    gone(process).await;
}

#[tokio::test]
async fn the_key_and_the_sockets_of_a_kernel_are_private_and_go_with_it() {
    let mut notebook = Notebook::open(&kernels().await);
    let file = notebook.output("from ipykernel.connect import get_connection_file as f; print(f())").await;
    let file = Path::new(file.trim());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert!(std::fs::read_to_string(file).unwrap().contains("\"ipc\""));
    notebook.send(KernelCommand::Shutdown);
    notebook.state(|state| matches!(state, KernelState::Stopped { .. })).await;
    assert!(!file.parent().unwrap().exists());
}

/// A kernelspec as tools install it: a bare `python`, on TCP, interrupted by message.
async fn with_installed_kernel(prefix: &Path) -> Kernels {
    let environment = shared_data().await.join("python/bin/python");
    let (bin, share) = (prefix.join("bin"), prefix.join("share/jupyter"));
    let kernel = share.join("kernels/other");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(&kernel).unwrap();
    let python = bin.join("python");
    std::fs::write(&python, format!("#!/bin/sh\nexec {} \"$@\"\n", environment.display())).unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    let spec = serde_json::json!({
        "argv": ["python", "-c", "from ipykernel.kernelapp import launch_new_instance as l; l()", "-f", "{connection_file}"],
        "display_name": "Other Python", "language": "python", "interrupt_mode": "message", "env": {"OTHER": "1"},
    });
    std::fs::write(kernel.join("kernel.json"), spec.to_string()).unwrap();
    Kernels::new(KernelSettings { kernel_directories: vec![share], ..settings(shared_data().await) })
}

#[tokio::test]
async fn an_installed_kernel_is_listed_and_runs_on_tcp_with_interrupts_by_message() {
    let prefix = tempfile::tempdir().unwrap();
    let kernels = with_installed_kernel(prefix.path()).await;
    let specs = kernels.specs().await;
    assert!(specs[0].origin == Origin::Own && specs[0].ready && specs[0].name == "python3");
    let other = specs.iter().find(|spec| spec.name == "other").expect("the installed kernel");
    assert_eq!((other.display_name.as_str(), other.language.as_str()), ("Other Python", "python"));
    assert_eq!(other.origin, Origin::Installed(prefix.path().join("share/jupyter/kernels/other")));
    let mut notebook = Notebook::with(&kernels, "other", KernelLimits::default());
    assert_eq!(notebook.output("import os; print(os.environ['OTHER'])").await, "1\n");
    let code = "from ipykernel.connect import get_connection_info as i; print(i(unpack=True)['transport'])";
    assert_eq!(notebook.output(code).await, "tcp\n");
    let run = notebook.run("import time; print('in', flush=True); time.sleep(1000)");
    notebook.until(|event| matches!(event, KernelEvent::Stream { text, .. } if text == "in\n")).await;
    notebook.send(KernelCommand::Interrupt);
    assert_eq!(notebook.finished(&run).await, Outcome::Failed);
}

#[tokio::test]
async fn a_kernel_that_is_not_there_and_one_too_many_are_refused_with_a_sentence() {
    let data = shared_data().await;
    let kernels = Kernels::new(KernelSettings { kernels_max: 1, ..settings(data) });
    let mut unknown = Notebook::with(&kernels, "nowhere", KernelLimits::default());
    assert!(unknown.death().await.contains("no kernel named \"nowhere\""));
    let mut first = Notebook::open(&kernels);
    first.output("1").await;
    let mut second = Notebook::open(&kernels);
    assert!(second.death().await.contains("1 kernels run, as many as this server allows"));
    first.send(KernelCommand::Shutdown);
    first.state(|state| matches!(state, KernelState::Stopped { .. })).await;
    second.send(KernelCommand::Restart);
    assert_eq!(second.output("print('now')").await, "now\n");
    // One that is being shut down has its place yet, and the next one waits for it.
    second.send(KernelCommand::Shutdown);
    assert_eq!(Notebook::open(&kernels).output("print('next')").await, "next\n");
}
