//! Plain words of kernels beside their runs: which there are, and what one can be asked about code and variables.
//!
//! Imports ids only. Invariant: places in code are counted in UTF-16 units, as in documents and browsers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;
use utoipa::ToSchema;

/// The kernelspec of a notebook that names none: the Python environment of the server.
pub const DEFAULT_KERNELSPEC: &str = "python3";

/// A kernelspec as a notebook names it: the choice of its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelChoice {
    pub name: String,
    pub display_name: String,
    pub language: String,
}

/// What a kernel can be asked while it runs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelQuestion {
    /// What could stand at the cursor.
    Complete { code: String, cursor: usize },
    /// What is known of the name at the cursor; with `detail` its source too.
    Inspect { code: String, cursor: usize, detail: bool },
    /// The variables of the program.
    Variables,
}

/// The answer to a [`KernelQuestion`].
#[derive(Debug, Clone, PartialEq)]
pub enum KernelAnswer {
    Completions(Completions),
    /// Forms of what is known, by MIME type; `None` when nothing is.
    Inspection(Option<Map<String, Value>>),
    Variables(Vec<Variable>),
}

/// Why a question to a kernel has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    #[error("No kernel is ready; run a cell or start one, then ask again.")]
    NotReady,
    #[error("The kernel is busy; ask again when the code that runs has ended.")]
    Busy,
    #[error("Only a Python kernel can be asked for its variables, and this one runs another language.")]
    NotPython,
    #[error("The kernel could not tell its variables; it may be no IPython, or its code replaced what it needs.")]
    NotUnderstood,
}

/// What could stand between `start` and `end`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct Completions {
    pub matches: Vec<Completion>,
    /// In UTF-16 units of the code.
    #[ts(type = "number")]
    pub start: usize,
    #[ts(type = "number")]
    pub end: usize,
}

/// A text that could stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct Completion {
    pub text: String,
    /// The kernel's own word: `function`, `module`, `instance` …
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The arguments of a function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// A variable of the program in a kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct Variable {
    pub name: String,
    /// The name of its type, with the module if that is not Python's own.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many elements it has, or its shape: `3`, `100 × 4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// The beginning of its value; empty where only code of the program could tell it.
    pub value: String,
}
