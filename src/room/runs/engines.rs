//! What a room says to kernels and language models, and what it hears from them: plain values.
//!
//! Invariant: nothing here knows how an engine works; `room/engines.rs` translates.

use serde_json::{Map, Value};

use crate::{
    ids::{CellId, RunId},
    notebook::{Entries, LeftOut, ModelEvent, Output, Question},
    vocabulary::{KernelPhase, TokenUsage},
};

/// Tells one kernel of a notebook from those before it.
pub type Generation = u64;

/// What a kernel is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelCommand {
    Execute {
        run: RunId,
        cell: CellId,
        code: String,
    },
    /// The line that the program waits for.
    Input {
        run: RunId,
        value: String,
    },
    /// A message to a widget; what it puts out because of it is told under `run`.
    Comm {
        model: String,
        data: Map<String, Value>,
        buffers: Vec<Vec<u8>>,
        run: Option<RunId>,
    },
    Interrupt,
    Restart,
    /// Also ends the making of its environment.
    Shutdown,
}

/// What a kernel says.
#[derive(Debug, Clone, PartialEq)]
pub enum KernelEvent {
    State {
        phase: KernelPhase,
        step: Option<String>,
        sentence: Option<String>,
    },
    /// A line about the making of its environment.
    Log {
        line: String,
        fraction: Option<f64>,
    },
    /// It was started by this kernelspec, because the one that was wanted is not there.
    Instead(String),
    /// What is known of the language once the kernel has answered, as Jupyter's `language_info` has it.
    Language(Map<String, Value>),
    /// Something people should know of the kernel, or of the run that goes on.
    Notice {
        run: Option<RunId>,
        sentence: String,
    },
    Output {
        run: RunId,
        output: Output,
    },
    /// Something happened to a widget.
    Model(ModelEvent),
    InputWanted {
        run: RunId,
        prompt: String,
        password: bool,
    },
    Finished {
        run: RunId,
        outcome: Outcome,
        count: Option<i64>,
    },
}

/// What somebody does with a widget.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelChange {
    pub model: String,
    /// In which cell they saw it: what the program puts out because of it stands there.
    pub cell: Option<CellId>,
    /// As the document has it.
    pub state: Entries,
    /// As the kernel is told.
    pub data: Map<String, Value>,
    pub buffers: Vec<Vec<u8>>,
}

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    Failed,
    /// It was not executed, or not to its end.
    Aborted,
}

/// What a language model says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerEvent {
    Thinking(String),
    Text(String),
    Done(Answered),
    Failed { sentence: String },
}

/// What is known of an answer that is complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered {
    /// Which model answered.
    pub model: Option<String>,
    pub usage: Option<TokenUsage>,
    /// That it is cut off, say: a sentence.
    pub notice: Option<String>,
}

/// What engines, and the store of blobs, are asked to do once the document says so durably.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineCall {
    StartKernel {
        generation: Generation,
        spec: String,
        /// What the notebook is written in, if it says so.
        language: Option<String>,
    },
    Kernel {
        generation: Generation,
        command: KernelCommand,
    },
    /// Nobody listens to this kernel any more.
    DropKernel {
        generation: Generation,
    },
    Ask {
        run: RunId,
        question: Box<Question>,
    },
    /// Drops the connection to the provider.
    StopAnswer {
        run: RunId,
    },
    /// Keeps a text that has no place in the document.
    Keep(LeftOut),
}
