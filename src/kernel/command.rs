//! What a kernel can be told and asked. Imports ids, vocabulary and config.
//!
//! Invariant: a command never waits for an answer, what comes of it are events; a question is answered apart from them.

use std::{path::PathBuf, time::Duration};

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::{
    config::KernelArgs,
    ids::{CellId, RunId},
    vocabulary::{KernelAnswer, KernelQuestion, Unanswered},
};

/// Which kernel to start, and how.
#[derive(Debug, Clone)]
pub struct Start {
    /// The name of a [`super::KernelSpec`].
    pub spec: String,
    /// What its code is written in, if that is known: a notebook from elsewhere may name a kernel that this machine does
    /// not have, and then our own does for one in Python.
    pub language: Option<String>,
    /// Where its code runs; made when it is not there.
    pub working_directory: PathBuf,
    /// Environment variables that its code sees, beside those of all kernels.
    pub variables: Vec<(String, String)>,
    pub limits: KernelLimits,
}

/// What one kernel may use; `None` is without limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KernelLimits {
    /// Address space of each of its processes, in bytes. Python raises `MemoryError` beyond it.
    pub memory_bytes: Option<u64>,
    /// Processor time of each of its processes, in seconds; the system ends a process that used more.
    pub cpu_seconds: Option<u64>,
    /// How long one run may take; it is interrupted then, and the kernel is ended when that does not help.
    pub run_time: Option<Duration>,
    /// How long it may have nothing to do before it is shut down.
    pub idle: Option<Duration>,
}

impl KernelLimits {
    /// What the flags and the environment of the server say.
    pub fn from_args(args: &KernelArgs) -> Self {
        Self {
            memory_bytes: args.kernel_memory.map(|mebibytes| mebibytes << 20),
            cpu_seconds: args.kernel_cpu,
            run_time: args.run_time.map(Duration::from_secs),
            idle: (args.kernel_idle > 0).then(|| Duration::from_secs(args.kernel_idle)),
        }
    }
}

/// Whom to answer.
pub type Reply = oneshot::Sender<Result<KernelAnswer, Unanswered>>;

/// A question, answered once within [`super::ASK_LIMIT`] and never queued behind code that runs.
#[derive(Debug)]
pub struct KernelAsk {
    pub question: KernelQuestion,
    pub reply: Reply,
}

/// What a kernel is told.
#[derive(Debug, Clone)]
pub enum KernelCommand {
    /// Runs code after what was asked before. With `allow_input`, it may ask people for a line.
    /// The kernel is told which `cell` it is of.
    Execute { run: RunId, code: String, cell: Option<CellId>, allow_input: bool },
    /// The line that the run asked for.
    Input { run: RunId, value: String },
    /// Stops the run under way; those that wait stay.
    Interrupt,
    /// Takes a run that has not begun out of the queue; it ends as aborted.
    Withdraw { run: RunId },
    /// A fresh process; runs that were asked for are aborted. Also brings a dead kernel back.
    Restart,
    /// Ends the kernel for good.
    Shutdown,
    /// A message to a widget of the kernel; what it puts out because of it is told under `run`.
    Comm { comm: String, data: Map<String, Value>, buffers: Vec<Vec<u8>>, run: Option<RunId> },
}
