//! Why a kernel is gone, in a sentence. Imports nothing of ours.
//!
//! Pure. Invariant: what the process said last is always shown.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    task::JoinHandle,
    time::timeout,
};

use super::{command::KernelLimits, kept::Ending};

/// Bytes of what a process printed that are kept: a whole report of a crash, however long the paths in it are.
const TAIL_BYTES: usize = 32 << 10;

/// How long to wait for the last words of a process that has ended.
const TAIL_PATIENCE: Duration = Duration::from_millis(500);

/// Lines of them that people are shown.
const TAIL_LINES: usize = 12;

/// How Python's own report of a crash begins.
const PYTHON_CRASH: &str = "Fatal Python error";

const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// The end of what a process printed.
#[derive(Debug)]
pub struct Tail {
    /// Locked for a copy of at most [`TAIL_BYTES`].
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Ends when nobody can print any more.
    reader: JoinHandle<()>,
}

impl Tail {
    /// Reads to the end, in a task of its own; the kernel must never wait for a full pipe.
    pub fn read(mut output: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let kept = bytes.clone();
        let reader = tokio::spawn(async move {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut piece).await {
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend_from_slice(&piece[..length]);
                let excess = bytes.len().saturating_sub(TAIL_BYTES);
                bytes.drain(..excess);
            }
        });
        Self { bytes: kept, reader }
    }

    /// What is kept of a process that has ended. A process that left its group may still hold the pipe; nobody waits for
    /// it long.
    pub async fn text(&mut self) -> String {
        if timeout(TAIL_PATIENCE, &mut self.reader).await.is_err() {
            tracing::debug!("somebody still holds the output of a kernel that ended");
        }
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// What to tell people about a kernel that ended although nobody asked it to.
pub fn sentence(ending: &Ending, tail: &str, limits: &KernelLimits, started: bool) -> String {
    let what = match ending {
        Ending::Exited(code) if started => format!("The kernel ended by itself with code {code}."),
        Ending::Exited(code) => format!("The kernel did not start: it ended with code {code}."),
        Ending::Signalled(SIGXCPU) => cpu(limits),
        Ending::Signalled(SIGKILL) if limits.cpu_seconds.is_some() => {
            format!("{} Or it was killed because the machine has no memory left.", cpu(limits))
        }
        Ending::Signalled(SIGKILL) => {
            "The kernel was killed, most likely because the machine has no memory left. Use less of it, then restart."
                .into()
        }
        Ending::Signalled(signal) => format!("The kernel crashed with signal {signal}."),
        Ending::NotStarted(cause) => format!("The kernel did not start: {cause}."),
        Ending::KeeperLost => "The kernel was ended from outside.".into(),
    };
    let hint = if tail.contains("No module named ipykernel") {
        " Its Python has no ipykernel: install it there, or choose another kernel."
    } else {
        ""
    };
    let words = last_words(tail);
    if words.is_empty() { format!("{what}{hint}") } else { format!("{what}{hint} It said last:\n{words}") }
}

/// The last lines; of a crash of Python the first, because they say what happened and where.
fn last_words(tail: &str) -> String {
    let crash = tail.find(PYTHON_CRASH).map(|at| &tail[at..]);
    let lines: Vec<_> = crash.unwrap_or(tail).lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let skipped = if crash.is_some() { 0 } else { lines.len().saturating_sub(TAIL_LINES) };
    lines.into_iter().skip(skipped).take(TAIL_LINES).collect::<Vec<_>>().join("\n")
}

fn cpu(limits: &KernelLimits) -> String {
    let seconds = limits.cpu_seconds.unwrap_or_default();
    format!("The kernel used up the {seconds} s of processor time that this server allows, and was ended.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ending: Ending, tail: &str) -> String {
        sentence(&ending, tail, &KernelLimits::default(), false)
    }

    #[test]
    fn a_python_without_ipykernel_is_named_and_its_words_are_shown() {
        let said = said(Ending::Exited(1), "/usr/bin/python3: No module named ipykernel_launcher\n");
        assert!(said.contains("did not start") && said.contains("install it there"), "{said}");
        assert!(said.ends_with("No module named ipykernel_launcher"), "{said}");
    }

    #[test]
    fn only_the_end_of_a_long_story_is_shown() {
        let tail: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let said = said(Ending::Signalled(11), &tail);
        assert!(said.contains("signal 11") && said.contains("line 99") && !said.contains("line 87"), "{said}");
    }

    #[test]
    fn of_a_crash_the_beginning_of_the_trace_is_shown() {
        let trace: String = (0..50).map(|line| format!("  File \"f\", line {line}\n")).collect();
        let said = said(Ending::Signalled(11), &format!("before\nFatal Python error: Segmentation fault\n\n{trace}"));
        assert!(said.contains("said last:\nFatal Python error") && said.ends_with("line 10"), "{said}");
    }

    #[test]
    fn the_limit_that_ended_a_kernel_is_named() {
        let limits = KernelLimits { cpu_seconds: Some(60), ..KernelLimits::default() };
        let said = sentence(&Ending::Signalled(SIGXCPU), "", &limits, true);
        assert!(said.contains("60 s of processor time"), "{said}");
    }
}
