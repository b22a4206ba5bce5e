//! Limits of one kernel, and what stands between its code and the machine.

use std::{path::PathBuf, time::Duration};

use coscribe::kernel::{Isolation, KernelEvent, KernelLimits, KernelSettings, Kernels, Notice, Outcome};

use crate::notebook::{Notebook, kernels, settings, shared_data};

async fn with(limits: KernelLimits) -> Notebook {
    Notebook::with(&kernels().await, "python3", limits)
}

#[tokio::test]
async fn too_much_memory_is_an_exception_and_the_kernel_lives() {
    let mut notebook = with(KernelLimits { memory_bytes: Some(2 << 30), ..KernelLimits::default() }).await;
    let run = notebook.run("x = bytearray(4 << 30)");
    assert_eq!(notebook.finished(&run).await, Outcome::Failed);
    assert!(notebook.events.iter().any(|e| matches!(e, KernelEvent::Error { name, .. } if name == "MemoryError")));
    assert_eq!(notebook.output("print('alive')").await, "alive\n");
}

#[tokio::test]
async fn used_up_processor_time_ends_the_kernel_with_a_sentence() {
    let mut notebook = with(KernelLimits { cpu_seconds: Some(5), ..KernelLimits::default() }).await;
    let run = notebook.run("while True: pass");
    assert_eq!(notebook.finished(&run).await, Outcome::Aborted);
    let sentence = notebook.death().await;
    assert!(sentence.contains("5 s of processor time"), "{sentence}");
}

#[tokio::test]
async fn a_run_over_its_time_is_interrupted_and_the_kernel_lives() {
    let mut notebook = with(KernelLimits { run_time: Some(Duration::from_secs(1)), ..KernelLimits::default() }).await;
    let run = notebook.run("import time; time.sleep(1000)");
    assert_eq!(notebook.finished(&run).await, Outcome::Failed);
    assert_eq!(notebook.notices(&run), [Notice::TimeLimit { seconds: 1 }]);
    assert_eq!(notebook.output("print('alive')").await, "alive\n");
}

#[tokio::test]
async fn a_run_over_its_time_that_ignores_the_interrupt_ends_its_kernel() {
    let mut notebook = with(KernelLimits { run_time: Some(Duration::from_secs(1)), ..KernelLimits::default() }).await;
    let run = notebook.run("sum(range(10**12))");
    assert_eq!(notebook.finished(&run).await, Outcome::Aborted);
    let sentence = notebook.death().await;
    assert!(sentence.contains("longer than 1 s"), "{sentence}");
}

#[tokio::test]
async fn without_isolation_people_are_told_so() {
    assert!(kernels().await.isolation().contains("everything that the user of the server may do"));
}

/// Where bubblewrap is, if this machine has it.
fn bubblewrap() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join("bwrap")).find(|program| program.exists())
}

#[tokio::test]
async fn in_bubblewrap_a_kernel_sees_neither_the_data_nor_other_processes_and_can_be_interrupted() {
    let Some(program) = bubblewrap() else {
        eprintln!("not run: this machine has no bwrap");
        return;
    };
    let data = shared_data().await;
    std::fs::write(data.join("secret"), "secret").unwrap();
    let isolation = Isolation::Bubblewrap { program };
    let kernels = Kernels::new(KernelSettings { isolation, ..settings(data) });
    let mut notebook = Notebook::open(&kernels);
    let looked = format!(
        "import os\nprint(os.path.exists({:?}), len([p for p in os.listdir('/proc') if p.isdigit()]) < 5)\n\
         open('mine', 'w').close()\n\
         try:\n    open('/usr/x', 'w')\nexcept OSError as error: print(error.errno)",
        data.join("secret")
    );
    assert_eq!(notebook.output(&looked).await, "False True\n30\n");
    assert!(notebook.directory.path().join("files/mine").exists());
    let run = notebook.run("import time; print('in', flush=True); time.sleep(1000)");
    notebook.until(|event| matches!(event, KernelEvent::Stream { text, .. } if text == "in\n")).await;
    notebook.send(coscribe::kernel::KernelCommand::Interrupt);
    assert_eq!(notebook.finished(&run).await, Outcome::Failed);
    let sleeper = notebook.run("import subprocess; subprocess.run(['sleep', '1000'])");
    notebook.until(|event| *event == KernelEvent::Started { run: sleeper.clone() }).await;
    kernels.stop().await;
}
