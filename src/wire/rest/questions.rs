//! Bodies about questions to language models: what would be sent, private drafts, their publication.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ids::CellId, vocabulary::TokenUsage};

/// What would be sent to a language model if a cell were run now. All numbers of tokens are estimates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct ContextBody {
    /// Who would be asked.
    pub provider: String,
    /// Absent if the provider is to be asked which it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Of all that would be sent.
    #[ts(type = "number")]
    pub tokens: u64,
    /// More than about so many are not sent: the cells farthest above are cut first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub limit: Option<u64>,
    /// What the model is told about its task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The conversation; its last message ends with the question.
    pub messages: Vec<ContextMessage>,
    /// The cells that are considered, in their order, each with what becomes of it. Those without anything to say are
    /// left out.
    pub cells: Vec<ContextCell>,
    /// Why the question would fail at once: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Who says something to, or as, a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum ContextSpeaker {
    User,
    Assistant,
}

/// A message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct ContextMessage {
    pub speaker: ContextSpeaker,
    pub text: String,
    #[ts(type = "number")]
    pub tokens: u64,
    /// How many pictures go with it.
    #[ts(type = "number")]
    pub pictures: usize,
}

/// What becomes of a cell when a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum ContextState {
    /// It stands above the question.
    Sent,
    /// It is sent wherever it stands, and never cut.
    Pinned,
    /// Somebody left it out.
    Skipped,
    /// Its answer or its output belongs to an older text of it and is not sent; a code cell's text is.
    Stale,
    /// There was no room for it.
    Cut,
}

/// A cell that is considered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct ContextCell {
    pub cell: CellId,
    pub state: ContextState,
    /// What of it is sent; 0 if nothing is.
    #[ts(type = "number")]
    pub tokens: u64,
}

/// One step of a private draft of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum DraftEvent {
    /// The next words of the thinking.
    Thinking(String),
    /// The next words of the answer.
    Text(String),
    /// It is complete; nothing follows.
    Done(DraftDone),
    /// There is no further answer, and why: a sentence. Nothing follows.
    Failed(String),
}

/// What is known of a draft that is complete. With its words it can be published as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct DraftDone {
    /// The model that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
    /// That it is cut off, say: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Of the question that was asked.
    pub source_hash: String,
    /// The cells that were sent along.
    pub sent: Vec<CellId>,
}

/// Makes a draft the answer of its cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct PublishAnswer {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
    /// That it is cut off, say: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Of the question that was asked: the answer is stale when the present one has another.
    pub source_hash: String,
    /// The cells that were sent along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Vec<CellId>>,
}
