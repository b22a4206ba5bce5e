//! What flows from a provider or from the demonstration, before it is joined. Imports answer, failure.
//!
//! Invariant: after [`Part::End`] or a failure nothing is read from a stream any more.

use std::pin::Pin;

use futures_util::Stream;

use super::{answer::Stop, failure::Failure};

/// One thing that a provider sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Thinking(String),
    Text(String),
    End(End),
}

/// How an answer ended, as far as the provider told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub model: String,
    pub stop: Stop,
    /// Tokens of the question and of the answer.
    pub tokens: Option<(u64, u64)>,
    /// Millionths of a US dollar.
    pub microdollars: Option<u64>,
}

/// An answer as it comes. Dropping it closes the connection.
pub type Parts = Pin<Box<dyn Stream<Item = Result<Part, Failure>> + Send>>;
