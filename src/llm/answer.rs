//! What comes back: events of an answer, how it ended, what it cost. Imports nothing of ours.
//!
//! Invariant: an answer ends with exactly one [`AnswerEvent::Done`] or [`AnswerEvent::Failed`], and nothing after it.

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Why a model stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stop {
    /// It had said all.
    Completed,
    /// It reached the limit of tokens; the answer is cut off.
    Length,
    /// The provider held the rest back.
    Filtered,
    /// For another reason, in the provider's word.
    Other(String),
}

/// Tokens read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Of the question with its context.
    pub input: u64,
    /// Of thinking and answer.
    pub output: u64,
    /// The provider told nothing; the numbers are ours (`llm/tokens.rs`).
    pub estimated: bool,
    /// Millionths of a US dollar, if the provider told it or its prices are set.
    pub microdollars: Option<u64>,
}

/// One step of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerEvent {
    /// The next words of the thinking.
    Thinking(String),
    /// The next words of the answer.
    Text(String),
    /// The answer is complete.
    Done {
        usage: Usage,
        /// The model that answered, in the provider's words.
        model: String,
        stop: Stop,
    },
    /// There is no (further) answer, and why, in a sentence for people. It holds no key and no credentials.
    Failed { sentence: String },
}

/// An answer on its way. Dropping it closes the connection to the provider. A channel that ends without a last event means
/// that the process is stopping.
#[derive(Debug)]
pub struct Answering {
    /// Bounded: whoever reads slowly slows the provider down.
    pub events: mpsc::Receiver<AnswerEvent>,
}
