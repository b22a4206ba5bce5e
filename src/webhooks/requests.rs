//! What may be asked of webhooks, what is told of them, and why something is refused. Pure.
//!
//! Imports kept. Invariant: what passes [`check`] can be a webhook, as far as its words tell.

use std::sync::Arc;

use storage::{EventSeq, StorageError};

use super::kept::{Activity, Progress, Webhook};
use crate::ids::{NotebookId, ProjectId, WebhookId};

/// The most there may be: each has a task of its own and one connection.
pub const WEBHOOKS_MAX: usize = 100;

/// The longest address: more than any service makes.
const URL_MAX: usize = 2000;

/// The longest kind of event, or its beginning.
const KIND_MAX: usize = 64;

/// A webhook to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    pub url: String,
    pub types: Vec<String>,
    pub project: Option<ProjectId>,
    pub notebook: Option<NotebookId>,
    pub description: String,
    /// Events after this one; from now on if absent.
    pub since: Option<EventSeq>,
}

/// Changes of a webhook; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookPatch {
    pub url: Option<String>,
    pub types: Option<Vec<String>>,
    pub project: Option<Option<ProjectId>>,
    pub notebook: Option<Option<NotebookId>>,
    pub description: Option<String>,
    /// `true` also takes up again what the server suspended.
    pub active: Option<bool>,
}

/// A webhook with how far it has come.
#[derive(Debug, Clone)]
pub struct WebhookState {
    pub webhook: Arc<Webhook>,
    pub progress: Progress,
    pub dead_letters: usize,
}

/// Why something was not done; nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("No webhook has the id {0}.")]
    Unknown(WebhookId),
    #[error("The event {seq} is not among those set aside of the webhook {webhook}.")]
    UnknownDeadLetter { webhook: WebhookId, seq: EventSeq },
    /// The sentence says what is wrong.
    #[error("{0}.")]
    Address(String),
    #[error("{0:?} is no kind of event; write it as in task:created or task:*.")]
    Kind(String),
    #[error("There are {WEBHOOKS_MAX} webhooks already; delete one first.")]
    TooMany,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl WebhookPatch {
    /// Makes the changes.
    pub fn apply(self, webhook: &mut Webhook) {
        webhook.url = self.url.unwrap_or_else(|| webhook.url.clone());
        webhook.types = self.types.unwrap_or_else(|| webhook.types.clone());
        webhook.project = self.project.unwrap_or_else(|| webhook.project.clone());
        webhook.notebook = self.notebook.unwrap_or_else(|| webhook.notebook.clone());
        webhook.description = self.description.unwrap_or_else(|| webhook.description.clone());
        match self.active {
            Some(true) => webhook.activity = Activity::Active,
            Some(false) => webhook.activity = Activity::Paused,
            None => {}
        }
    }
}

/// Refuses settings with which nothing could be delivered.
pub fn check(webhook: &Webhook) -> Result<(), WebhookError> {
    if webhook.url.len() > URL_MAX {
        return Err(WebhookError::Address(format!("An address has at most {URL_MAX} bytes")));
    }
    match webhook.types.iter().find(|kind| !is_kind(kind)) {
        Some(kind) => Err(WebhookError::Kind(kind.clone())),
        None => Ok(()),
    }
}

fn is_kind(kind: &str) -> bool {
    let name = kind.strip_suffix('*').unwrap_or(kind);
    let plain = |byte: u8| byte.is_ascii_lowercase() || b"_.:".contains(&byte);
    kind == "*" || ((1..=KIND_MAX).contains(&name.len()) && name.bytes().all(plain))
}
