//! Plain words of runs and kernels: what the document, REST and the events tell of them. Imports ids only.
//!
//! Invariant: the document keeps these values in the very shape in which REST answers them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{Actor, Millis};
use crate::ids::{CellId, RunId};

/// What runs a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum RunKind {
    /// A kernel.
    Code,
    /// A language model.
    Prompt,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum RunState {
    /// It waits for its turn, or for the kernel.
    Queued,
    Running,
    /// It ended well.
    Ok,
    /// It ended with an error; see `error`.
    Failed,
    /// Somebody stopped it, see `stoppedBy`, or it never began; see `error`.
    Cancelled,
    /// The server ended in the middle of it.
    Interrupted,
}

impl RunState {
    /// Nothing more comes of it.
    pub fn has_ended(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Ok | Self::Failed | Self::Cancelled | Self::Interrupted => true,
        }
    }
}

/// What a running program waits for: a line that any editor may type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct InputWanted {
    /// What the program asks.
    pub prompt: String,
    /// What is typed is not to be shown.
    pub password: bool,
}

/// What an answer cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct TokenUsage {
    /// Of the question with its context.
    #[ts(type = "number")]
    pub input_tokens: u64,
    /// Of thinking and answer.
    #[ts(type = "number")]
    pub output_tokens: u64,
    /// The provider told nothing; the numbers are this server's estimate.
    #[serde(default)]
    pub estimated: bool,
    /// Millionths of a US dollar; absent where neither the provider told it nor prices are set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub microdollars: Option<u64>,
}

/// The last run of a cell, as the document's root `runs` and REST tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct Run {
    pub run_id: RunId,
    pub cell: CellId,
    pub kind: RunKind,
    pub state: RunState,
    /// Who pressed Run.
    pub by: Actor,
    #[ts(type = "number")]
    pub queued_at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub started_at: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub ended_at: Option<Millis>,
    /// Of the source that ran; the result is stale when the present source has another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub execution_count: Option<i64>,
    /// Why it failed or never began: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Actor>,
    /// What people should know of a run that ended well: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The program waits for a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<InputWanted>,
    /// The model that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
}

impl Run {
    /// A run that somebody asks for now.
    pub fn queued(run: RunId, cell: CellId, kind: RunKind, by: Actor, now: Millis) -> Self {
        Self {
            run_id: run,
            cell,
            kind,
            state: RunState::Queued,
            by,
            queued_at: now,
            started_at: None,
            ended_at: None,
            source_hash: None,
            execution_count: None,
            error: None,
            notice: None,
            stopped_by: None,
            input: None,
            model: None,
            usage: None,
        }
    }
}

/// How far a kernel is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum KernelPhase {
    /// There is none; the next run starts one.
    #[default]
    Stopped,
    /// Its environment is being made.
    Preparing,
    Starting,
    Idle,
    Busy,
    Restarting,
    /// It ended by itself, or could not be started; see `sentence`. The next run starts another.
    Dead,
}

impl KernelPhase {
    /// There is a kernel, or one is on its way.
    pub fn is_live(self) -> bool {
        !matches!(self, Self::Stopped | Self::Dead)
    }

    /// It takes code.
    pub fn is_ready(self) -> bool {
        matches!(self, Self::Idle | Self::Busy)
    }
}

/// The kernel of a notebook, as the document's root `kernel` and REST tell it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct KernelStatus {
    pub state: KernelPhase,
    /// The kernelspec it was started by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// Since when it is in this state.
    #[serde(default)]
    #[ts(type = "number")]
    pub since: Millis,
    /// Who started, restarted or stopped it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// Why it is dead or stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// What is being done while its environment is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// How much of that is done, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
}

/// Tells whether a source is still the one that ran: `{UTF-16 units}-{FNV-1a over them, 8 hexadecimal digits}`. The page
/// computes the same at each keystroke, without waiting and on insecure origins, where browsers have no SHA-256.
pub fn source_hash(source: &str) -> String {
    let (mut hash, mut units) = (0x811c_9dc5_u32, 0_usize);
    for unit in source.encode_utf16() {
        hash = (hash ^ u32::from(unit)).wrapping_mul(0x0100_0193);
        units += 1;
    }
    format!("{units}-{hash:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_hash_is_the_one_the_page_computes() {
        assert_eq!(source_hash(""), "0-811c9dc5");
        assert_eq!(source_hash("a"), "1-e40c292c");
        assert_eq!(
            source_hash("😀"),
            format!("2-{:08x}", {
                let step = |hash: u32, unit: u32| (hash ^ unit).wrapping_mul(0x0100_0193);
                step(step(0x811c_9dc5, 0xd83d), 0xde00)
            })
        );
        assert_ne!(source_hash("ab"), source_hash("ba"));
    }
}
