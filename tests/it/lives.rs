//! The lives of kernels at the real server: deaths, interrupts, restarts, idleness, limits, and what a killed server leaves.

use std::{path::Path, process::Output};

use serde_json::json;

use crate::{
    notebook::{Notebook, kernel_said, said, share_environment, with_kernels},
    server::{TestServer, binary, until},
};

/// Whether a process lives; one that ended and was not waited for does not.
fn is_alive(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next()).is_some_and(|state| state != 'Z')
}

/// Waits until processes are gone.
fn gone(processes: &str) {
    for process in processes.split_whitespace() {
        until("the end of a process", || !is_alive(process));
    }
}

#[test]
fn ln_81_a_kernel_that_is_killed_or_ends_itself_is_said_and_the_next_run_has_a_new_one() {
    let server = with_kernels(&[]);
    let mut notebook = Notebook::new(&server, &[]);
    for (death, words) in [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was killed"),
        ("import os; os._exit(3)", "ended by itself with code 3"),
    ] {
        notebook.output("kept = 1");
        let (ended, _) = notebook.tried(death);
        assert_eq!(ended["state"], "failed");
        assert!(ended["error"].as_str().unwrap().contains(words), "{ended}");
        let kernel = notebook.kernel();
        assert_eq!(kernel["state"], "dead");
        assert!(kernel["sentence"].as_str().unwrap().contains(words), "{kernel}");
        assert_eq!(notebook.output("print('kept' in globals())"), "False\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_81_what_waits_behind_a_death_ends_with_it() {
    let server = with_kernels(&[]);
    let notebook = Notebook::new(&server, &["import os; input('Go? '); os._exit(1)", "print('never')"]);
    let (first, second) = (notebook.run(0), notebook.run(1));
    notebook.until(|_| server.get(&format!("/api/runs/{first}")).expect(200)["input"].is_object()).await;
    notebook.post(&format!("cells/{}/input", notebook.cells[0]), "Ana", &json!({ "value": "" }));
    for run in [&first, &second] {
        let ended = notebook.ended(run);
        assert_eq!(ended["state"], "failed");
        assert!(ended["error"].as_str().unwrap().contains("ended by itself with code 1"), "{ended}");
    }
    assert_eq!(notebook.printed(1), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_82_an_interrupt_stops_a_loop_in_c_and_names_who_stopped_it() {
    let server = with_kernels(&[]);
    let mut notebook = Notebook::new(&server, &["kept = 1"]);
    notebook.ended(&notebook.run(0));
    // Python looks for signals inside this matching, which would take ages; what was printed may be sent only afterwards.
    notebook.add("code", "import re; open('begun', 'w').close(); re.match(r'(a+)+$', 'a' * 60 + 'b')");
    let run = notebook.run(1);
    notebook.until_begun();
    notebook.post("kernel/interrupt", "Ben", &json!({}));
    let ended = notebook.ended(&run);
    assert_eq!((&ended["state"], &ended["stoppedBy"]["name"]), (&json!("cancelled"), &json!("Ben")), "{ended}");
    assert_eq!(notebook.cell(1)["outputs"][0]["ename"], "KeyboardInterrupt");
    assert_eq!(notebook.output("print(kept)"), "1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_82_a_loop_that_hears_no_interrupt_says_so_and_a_restart_ends_it() {
    let server = with_kernels(&[]);
    let deaf = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)";
    let mut notebook = Notebook::new(&server, &[&format!("{deaf}; open('begun', 'w').close(); sum(range(10**12))")]);
    let process = notebook.output("import os; print(os.getpid())");
    let run = notebook.run(0);
    notebook.until_begun();
    notebook.post("kernel/interrupt", "Ben", &json!({}));
    let ignored =
        |notebook: &Notebook| notebook.cell(0)["outputs"].to_string().contains("does not react to the interrupt");
    notebook.until(ignored).await;
    notebook.post("kernel/restart", "Ben", &json!({}));
    let ended = notebook.ended(&run);
    assert_eq!((&ended["state"], &ended["stoppedBy"]["name"]), (&json!("cancelled"), &json!("Ben")), "{ended}");
    assert_eq!(notebook.output("print('again')"), "again\n");
    gone(&process);
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_and_run_all_forgets_everything_and_runs_the_cells_in_their_order() {
    let server = with_kernels(&[]);
    let mut notebook =
        Notebook::new(&server, &["order = globals().get('order', []) + ['a']", "order += ['b']", "print(order)"]);
    for cell in 0..3 {
        notebook.ended(&notebook.run(cell));
    }
    assert_eq!(notebook.printed(2), "['a', 'b']\n");
    notebook.output("order += ['extra']; print(order)");
    let last = notebook.cells[3].clone();
    let mut peer = notebook.peer().await;
    let before = said(&peer.doc, &last, "runId");
    notebook.post("kernel/restart", "Ben", &json!({ "runAll": true }));
    let ended =
        |doc: &yrs::Doc| said(doc, &last, "runId") != before && said(doc, &last, "state").as_deref() == Some("ok");
    peer.until(ended).await;
    assert_eq!((notebook.printed(2), notebook.printed(3)), ("['a', 'b']\n".into(), "['a', 'b', 'extra']\n".into()));
    assert_eq!(notebook.cell(0)["executionCount"], 1, "a new kernel counts from one");
    let queued = server.logged(0).into_iter().rfind(|event| event["event"] == "run:queued").unwrap();
    assert_eq!(queued["actor"]["name"], "Ben");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kernel_with_nothing_to_do_is_shut_down_with_a_sentence_that_says_after_how_long() {
    let server = with_kernels(&["--kernel-idle", "2"]);
    let mut notebook = Notebook::new(&server, &[]);
    // A run that takes longer keeps it.
    let process = notebook.output("import os, time; time.sleep(4); print(os.getpid())");
    let mut peer = notebook.peer().await;
    peer.until(|doc| kernel_said(doc, "state").as_deref() == Some("stopped")).await;
    let sentence = notebook.kernel()["sentence"].as_str().unwrap().to_owned();
    assert!(sentence.contains("nothing to do for 2 seconds") && sentence.contains("is gone"), "{sentence}");
    gone(&process);
    assert_eq!(notebook.output("print('woken')"), "woken\n");
}

#[test]
fn limits_of_the_server_hold_for_its_kernels_and_are_named() {
    let server = with_kernels(&["--run-time", "2", "--kernel-memory", "4096"]);
    let mut notebook = Notebook::new(&server, &[]);
    let (ended, _) = notebook.tried("import time; time.sleep(1000)");
    assert_eq!(ended["state"], "failed", "{ended}");
    assert!(notebook.cell(0)["outputs"].to_string().contains("longer than 2 s"));
    let (ended, _) = notebook.tried("x = bytearray(8 << 30)");
    assert!(ended["error"].as_str().unwrap().starts_with("MemoryError"), "{ended}");
    assert_eq!(notebook.output("print('alive')"), "alive\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_81_a_killed_server_leaves_no_kernel_behind_and_what_ran_is_interrupted() {
    let data = tempfile::tempdir().unwrap();
    share_environment(data.path());
    let mut server = TestServer::start_in(data.path());
    let mut notebook = Notebook::new(&server, &["import time; time.sleep(1000)", "print('never')"]);
    let code = "import os, subprocess; print(os.getpid(), os.getppid(), subprocess.Popen(['sleep', '1000']).pid)";
    let processes = notebook.output(code);
    assert!(processes.split_whitespace().all(is_alive), "{processes}");
    let (running, waiting) = (notebook.run(0), notebook.run(1));
    notebook.until(|_| server.get(&format!("/api/runs/{running}")).expect(200)["state"] == "running").await;
    server.signal("KILL");
    server.wait();
    gone(&processes);
    drop(server);
    let server = TestServer::start_in(data.path());
    let state = |run: &str| server.get(&format!("/api/runs/{run}")).expect(200);
    assert_eq!(state(&running)["state"], "interrupted");
    let waited = state(&waiting);
    let expected = (&json!("interrupted"), &json!("The server stopped before it began."));
    assert_eq!((&waited["state"], &waited["error"]), expected);
}

/// What a server says that is not to start.
fn refused(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = binary();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(arguments);
    let Output { status, stderr, .. } = command.envs(variables.iter().copied()).output().unwrap();
    assert!(!status.success(), "{arguments:?}");
    String::from_utf8(stderr).unwrap()
}

#[test]
fn a_setting_that_cannot_be_followed_ends_the_start_with_its_sentence() {
    let data = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["--python", "/nowhere/python3"][..], "--python /nowhere/python3 is no program"),
        (&["--kernel-user", "nobody-has-this-name"], "\"nobody-has-this-name\" is no user of this machine"),
        (&["--max-kernels", "0"], "0 is not in 1..="),
        (&["--kernel-memory", "1"], "1 is not in 256..="),
        (&["--kernel-idle", "soon"], "invalid"),
        (&["--kernel-sandbox", "--kernel-user", "nobody"], "cannot be used with"),
    ] {
        let said = refused(data.path(), arguments, &[]);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    let said = refused(data.path(), &["--kernel-sandbox"], &[("PATH", "/nowhere")]);
    assert!(said.contains("needs bubblewrap: install it"), "{said}");
    let said = refused(data.path(), &[], &[("COSCRIBE_MAX_KERNELS", "many")]);
    assert!(said.contains("many"), "{said}");
}

#[test]
fn the_help_of_serve_shows_the_settings_of_kernels_together_and_its_short_form_leaves_them_out() {
    let help = |argument: &str| {
        let output = binary().args(["serve", argument]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let long = help("--help");
    let (_, kernels) = long.split_once("\nKernels:\n").expect("a heading");
    for flag in ["--python", "--kernel-sandbox", "--kernel-user", "--max-kernels", "--kernel-memory", "--kernel-idle"] {
        assert!(kernels.contains(flag) && !help("-h").contains(flag), "{flag}: {long}");
    }
    assert!(kernels.contains("[env: COSCRIBE_KERNEL_IDLE=]") && kernels.contains("[default: 86400]"), "{kernels}");
    assert!(long.split_once("\nLimits:\n").expect("a heading").1.contains("--max-upload"));
}
