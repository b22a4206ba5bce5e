//! Why a kernel is gone, in a sentence. Imports nothing of ours.
//!
//! Pure. Invariant: what the process said last is always shown.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

use super::{command::KernelLimits, kept::Ending};

/// Bytes of what a process printed that are kept.
const TAIL_BYTES: usize = 8 << 10;

/// Lines of them that people are shown.
const TAIL_LINES: usize = 12;

const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// The end of what a process printed.
#[derive(Debug, Clone, Default)]
pub struct Tail {
    /// Locked for a copy of at most [`TAIL_BYTES`].
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Tail {
    /// Reads to the end, in a task of its own; the kernel must never wait for a full pipe.
    pub fn read(&self, mut output: impl AsyncRead + Unpin + Send + 'static) {
        let bytes = self.bytes.clone();
        tokio::spawn(async move {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut piece).await {
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend_from_slice(&piece[..length]);
                let excess = bytes.len().saturating_sub(TAIL_BYTES);
                bytes.drain(..excess);
            }
        });
    }

    /// What is kept.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
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
    let lines: Vec<_> = tail.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
    if last.is_empty() { format!("{what}{hint}") } else { format!("{what}{hint} It said last:\n{last}") }
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
    fn the_limit_that_ended_a_kernel_is_named() {
        let limits = KernelLimits { cpu_seconds: Some(60), ..KernelLimits::default() };
        let said = sentence(&Ending::Signalled(SIGXCPU), "", &limits, true);
        assert!(said.contains("60 s of processor time"), "{said}");
    }
}
