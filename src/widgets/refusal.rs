//! Why a message of a program, or something that somebody did, changes nothing.
//!
//! Invariant: every refusal is a sentence; those of the protocol are word for word as its clients know them.

use super::{Wid, limits};

/// Why something was refused; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("Unknown widget id: {0}")]
    UnknownWidget(Wid),
    #[error("Unknown method: {method} on {class}")]
    UnknownMethod { method: String, class: &'static str },
    #[error("Unknown widget class: {0}")]
    UnknownClass(String),
    #[error("Unknown message type: {0}")]
    UnknownType(String),
    #[error("The widget class {0} is not built here; GET /api/widgets/classes tells which are.")]
    NotBuilt(&'static str),
    #[error("There is a widget with the id {0} already; between build-start and build-end it is adopted.")]
    Exists(Wid),
    #[error("The widget {child} cannot stand in {parent}: it holds it, or is it.")]
    Cycle { child: Wid, parent: Wid },
    #[error("A session holds at most {} widgets.", limits::WIDGETS_MAX)]
    TooMany,
    #[error("The session is full: {0}")]
    Full(String),
    #[error("{action} is nothing that {class} tells; GET /api/widgets/classes names its callbacks.")]
    UnknownAction { action: String, class: &'static str },
    /// The message, or an argument of it, has another shape than it must have.
    #[error("{0}")]
    Malformed(String),
    #[error("{0}")]
    Impossible(&'static str),
}

impl Refusal {
    /// What is wrong with the shape of a message, as a sentence.
    pub fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed(what.into())
    }
}
