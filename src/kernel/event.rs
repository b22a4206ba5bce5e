//! What a kernel tells. Imports ids.
//!
//! Invariant: the output of a run comes in the order in which the kernel made it, and before its `Finished`, except
//! what its threads print later, which still carries its run.

use std::fmt;

use serde_json::{Map, Value};

use crate::ids::RunId;

/// What Jupyter calls Python.
pub const PYTHON: &str = "python";

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum KernelEvent {
    /// The kernel is in another state now.
    State(KernelState),
    /// It is started by this kernelspec, because the one that was asked for is not there.
    Instead(String),
    /// What is known of the language once the kernel has answered; goes into the notebook's metadata.
    Ready(KernelLanguage),
    /// The environment is being made.
    Preparation(Progress),
    /// The kernel began with the run.
    Started { run: RunId },
    /// Text, joined for some tens of milliseconds.
    Stream { run: RunId, name: StreamName, text: String },
    /// Something to show; with `update`, every output with this display id shows it instead.
    Display { run: RunId, bundle: Bundle, display_id: Option<String>, update: bool },
    /// The value of the last expression.
    Result { run: RunId, bundle: Bundle, display_id: Option<String>, count: Option<u64> },
    /// An exception.
    Error { run: RunId, name: String, value: String, traceback: Vec<String> },
    /// The outputs so far go away, with `wait` only when the next one comes.
    Clear { run: RunId, wait: bool },
    /// The run waits for a line from a person.
    InputWanted { run: RunId, prompt: String, password: bool },
    /// The run asked for text to stand in the next cell, or with `replace` in its own.
    NextInput { run: RunId, text: String, replace: bool },
    /// The run ended; nothing of it follows but what its threads print later.
    Finished { run: RunId, outcome: Outcome, count: Option<u64> },
    /// Something people should know.
    Notice { run: Option<RunId>, notice: Notice },
    /// A message of a widget.
    Comm(Comm),
    /// What the Output widget of this comm takes of what the kernel puts out is told under this run from now on.
    Takes { run: RunId, comm: String },
}

/// What a kernel is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelState {
    /// The Python environment is being made.
    Preparing {
        step: PreparationStep,
    },
    Starting,
    Idle,
    Busy,
    Restarting,
    /// It is gone, or could not be started; `Restart` tries again.
    Dead {
        sentence: String,
    },
    /// It is gone for good, because somebody wanted it; the events end.
    Stopped {
        reason: StopReason,
    },
}

/// Why a kernel was shut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody asked, or nobody holds it any more.
    Asked,
    /// It had nothing to do for as long as its limits allow.
    Idle,
    /// The server stops.
    Server,
}

/// A part of making or changing the environment, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PreparationStep {
    FindPython,
    MakeEnvironment,
    InstallPackages,
    RemovePackages,
    Check,
}

impl PreparationStep {
    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::FindPython => "findPython",
            Self::MakeEnvironment => "makeEnvironment",
            Self::InstallPackages => "installPackages",
            Self::RemovePackages => "removePackages",
            Self::Check => "check",
        }
    }
}

/// How far the making of the environment is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    pub step: PreparationStep,
    /// A line of the log; `None` when only the step changed.
    pub line: Option<String>,
    /// From 0 to 1.
    pub fraction: f32,
}

/// Where text was printed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamName {
    Stdout,
    Stderr,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// With an exception, an interrupt among them.
    Failed,
    /// It did not begin, or the kernel went away under it.
    Aborted,
}

/// Forms of one output by mime type, and what is said about them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bundle {
    pub data: Map<String, Value>,
    pub metadata: Map<String, Value>,
}

/// The language of a kernel, as Jupyter's `language_info` has it.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelLanguage {
    pub info: Map<String, Value>,
    pub banner: String,
}

impl KernelLanguage {
    /// Whether it is some Python.
    pub fn is_python(&self) -> bool {
        self.info.get("name").and_then(Value::as_str) == Some(PYTHON)
    }
}

/// A message between a widget of the kernel and its view.
#[derive(Debug, Clone, PartialEq)]
pub struct Comm {
    /// The run that caused it, if one did.
    pub run: Option<RunId>,
    pub kind: CommKind,
    pub comm: String,
    /// Only with [`CommKind::Open`].
    pub target: Option<String>,
    pub data: Map<String, Value>,
    /// Binary parts, which `data` may not hold.
    pub buffers: Vec<Vec<u8>>,
}

/// What a [`Comm`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommKind {
    Open,
    Message,
    Close,
}

/// Something people should know of a run or a kernel; displayed as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Output came faster than the limits allow, or than it was taken; this much of it is missing here.
    Dropped { bytes: u64, lines: u64, outputs: u64 },
    /// The interrupt was delivered some seconds ago and had no effect.
    InterruptIgnored,
    /// The run took longer than it may and was interrupted.
    TimeLimit { seconds: u64 },
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped { bytes, lines, outputs } => {
                write!(formatter, "Output came too fast: {lines} lines ({bytes} bytes)")?;
                if *outputs > 0 {
                    write!(formatter, " and {outputs} outputs")?;
                }
                formatter.write_str(" were left out here.")
            }
            Self::InterruptIgnored => formatter.write_str(
                "The kernel does not react to the interrupt. Wait until its present operation ends, or restart it; a \
                 restart loses its variables.",
            ),
            Self::TimeLimit { seconds } => {
                write!(
                    formatter,
                    "The run took longer than {seconds} s, the limit of this server, and was interrupted."
                )
            }
        }
    }
}
