//! What the store keeps of webhooks: settings, how far each has come, the last attempts, and what could not be delivered.
//!
//! Invariant: a record can be read by every later version; unknown fields are kept out, missing ones have defaults.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use storage::{Entry, EventSeq, MetaKey, StorageError, Store};

use super::{
    courier::{Reception, Verdict},
    patience::Failing,
    signature::Secrets,
};
use crate::{
    ids::{NotebookId, ProjectId, WebhookId},
    vocabulary::{Actor, Millis},
};

/// Attempts that are kept to be looked at, for each webhook.
pub const ATTEMPTS_MAX: usize = 200;

/// Events set aside that are kept for each webhook; beyond it the oldest go.
pub const DEAD_LETTERS_MAX: usize = 500;

const SETTINGS: &str = "webhook/";
const PROGRESS: &str = "webhook-progress/";
const ATTEMPT: &str = "webhook-attempt/";
const DEAD_LETTER: &str = "webhook-dead-letter/";

/// Whether a webhook is at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Activity {
    Active,
    /// Somebody stopped it; its events wait as long as the log keeps them.
    Paused,
    /// The server stopped it, for this reason.
    Suspended(String),
}

/// A webhook as it was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    pub id: WebhookId,
    pub url: String,
    /// Patterns of kinds of events; none means all.
    pub types: Vec<String>,
    pub project: Option<ProjectId>,
    pub notebook: Option<NotebookId>,
    pub description: String,
    pub activity: Activity,
    pub secrets: Secrets,
    pub created_at: Millis,
    pub created_by: Actor,
}

impl Webhook {
    /// With it the receiver verifies what it is sent. To be told when it was just made.
    pub fn secret(&self) -> &str {
        self.secrets.current().reveal()
    }
}

/// How far a webhook has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Every event up to here was delivered, set aside, or is none of its own.
    pub cursor: EventSeq,
    /// The next of its events, while it does not get through.
    #[serde(default)]
    pub failing: Option<Failing>,
}

/// One attempt, to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The event; 0 for a trial.
    pub seq: EventSeq,
    pub event: String,
    pub at: Millis,
    /// In milliseconds.
    pub took: u64,
    pub verdict: Verdict,
    pub status: Option<u16>,
    pub said: String,
}

impl Attempt {
    /// What an attempt to deliver an event met.
    pub fn new(seq: EventSeq, event: &str, reception: &Reception, at: Millis) -> Self {
        let Reception { verdict, status, said, took, wait: _ } = reception.clone();
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Self { seq, event: event.to_owned(), at, took, verdict, status, said }
    }
}

/// An event that was refused too often, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    pub seq: EventSeq,
    pub event: String,
    pub body: String,
    /// When it was set aside.
    pub at: Millis,
    pub attempts: u32,
    /// What the last attempt met.
    pub said: String,
}

/// What is kept of one webhook beside its settings. Its keys are remembered, so that what is surplus is known without
/// reading.
#[derive(Debug)]
pub struct Records {
    id: WebhookId,
    pub progress: Progress,
    attempts: VecDeque<MetaKey>,
    dead_letters: VecDeque<MetaKey>,
    /// The webhook was deleted: what its last attempt met is not kept any more.
    gone: bool,
}

/// Changes of the store that belong together.
pub type Changes = Vec<(MetaKey, Option<Bytes>)>;

impl Records {
    /// Those of a new webhook, which begins after `cursor`.
    pub fn new(id: WebhookId, cursor: EventSeq) -> Self {
        let progress = Progress { cursor, failing: None };
        Self { id, progress, attempts: VecDeque::new(), dead_letters: VecDeque::new(), gone: false }
    }

    /// Those that were kept. Blocks.
    fn load(store: &dyn Store, id: &WebhookId) -> Result<Self, StorageError> {
        let progress = store.meta(&format!("{PROGRESS}{id}"))?.map(|bytes| parse(PROGRESS, &bytes)).transpose()?;
        let keys = |prefix: &str| {
            let found = store.meta_with_prefix(&format!("{prefix}{id}/"))?;
            Ok::<_, StorageError>(found.into_iter().map(|(key, _)| key).collect())
        };
        Ok(Self {
            id: id.clone(),
            progress: progress.unwrap_or(Progress { cursor: 0, failing: None }),
            attempts: keys(ATTEMPT)?,
            dead_letters: keys(DEAD_LETTER)?,
            gone: false,
        })
    }

    /// Whether the webhook was deleted.
    pub fn are_gone(&self) -> bool {
        self.gone
    }

    /// Events that were set aside.
    pub fn dead_letters(&self) -> usize {
        self.dead_letters.len()
    }

    /// Keeps how far it has come.
    pub fn set_progress(&mut self, progress: Progress, changes: &mut Changes) {
        changes.push((format!("{PROGRESS}{}", self.id), bytes(&progress)));
        self.progress = progress;
    }

    /// Keeps an attempt, and forgets the oldest.
    pub fn add_attempt(&mut self, attempt: &Attempt, changes: &mut Changes) {
        let key = format!("{ATTEMPT}{}/{:015}.{}", self.id, attempt.at, attempt.seq);
        changes.push((key.clone(), bytes(attempt)));
        keep(&mut self.attempts, key, ATTEMPTS_MAX, changes);
    }

    /// Sets an event aside. The oldest is forgotten if there are too many.
    pub fn add_dead_letter(&mut self, letter: &DeadLetter, changes: &mut Changes) {
        let key = self.dead_letter_key(letter.seq);
        changes.push((key.clone(), bytes(letter)));
        keep(&mut self.dead_letters, key, DEAD_LETTERS_MAX, changes);
    }

    /// Forgets an event that was set aside.
    pub fn remove_dead_letter(&mut self, seq: EventSeq, changes: &mut Changes) {
        let key = self.dead_letter_key(seq);
        self.dead_letters.retain(|other| *other != key);
        changes.push((key, None));
    }

    /// An event that was set aside. Blocks.
    pub fn dead_letter(store: &dyn Store, id: &WebhookId, seq: EventSeq) -> Result<Option<DeadLetter>, StorageError> {
        let found = store.meta(&format!("{DEAD_LETTER}{id}/{seq:020}"))?;
        found.map(|bytes| parse(DEAD_LETTER, &bytes)).transpose()
    }

    fn dead_letter_key(&self, seq: EventSeq) -> MetaKey {
        format!("{DEAD_LETTER}{}/{seq:020}", self.id)
    }

    /// Everything goes, and nothing comes after it.
    pub fn remove_all(&mut self) -> Changes {
        self.gone = true;
        let own = [format!("{SETTINGS}{}", self.id), format!("{PROGRESS}{}", self.id)];
        let kept = self.attempts.iter().chain(&self.dead_letters).cloned();
        own.into_iter().chain(kept).map(|key| (key, None)).collect()
    }
}

/// A key that is written again keeps its place.
fn keep(keys: &mut VecDeque<MetaKey>, key: MetaKey, most: usize, changes: &mut Changes) {
    if !keys.contains(&key) {
        keys.push_back(key);
    }
    while keys.len() > most {
        changes.extend(keys.pop_front().map(|oldest| (oldest, None)));
    }
}

/// All webhooks there are, with what is kept of each. One that cannot be read is left out, so that the others go on.
/// Blocks.
pub fn webhooks(store: &dyn Store) -> Result<Vec<(Webhook, Records)>, StorageError> {
    let whole = |(key, bytes): &(MetaKey, Bytes)| {
        let webhook: Webhook = parse(key, bytes)?;
        let records = Records::load(store, &webhook.id)?;
        Ok((webhook, records))
    };
    let tell = |error: &StorageError| tracing::error!(%error, "a webhook cannot be read and does not go on");
    Ok(store.meta_with_prefix(SETTINGS)?.iter().filter_map(|found| whole(found).inspect_err(tell).ok()).collect())
}

/// The last attempts, newest first. Blocks.
pub fn attempts(store: &dyn Store, id: &WebhookId) -> Result<Vec<Attempt>, StorageError> {
    list(store, ATTEMPT, id).map(|list| list.into_iter().rev().collect())
}

/// The events that were set aside, oldest first. Blocks.
pub fn dead_letters(store: &dyn Store, id: &WebhookId) -> Result<Vec<DeadLetter>, StorageError> {
    list(store, DEAD_LETTER, id)
}

fn list<T: DeserializeOwned>(store: &dyn Store, prefix: &str, id: &WebhookId) -> Result<Vec<T>, StorageError> {
    let found = store.meta_with_prefix(&format!("{prefix}{id}/"))?;
    found.iter().map(|(key, bytes)| parse(key, bytes)).collect()
}

/// The settings of a webhook, to be kept.
pub fn settings(webhook: &Webhook) -> (MetaKey, Option<Bytes>) {
    (format!("{SETTINGS}{}", webhook.id), bytes(webhook))
}

/// An entry of the store.
pub fn entry(changes: Changes) -> Entry {
    Entry { meta: changes, ..Entry::default() }
}

/// Plain fields can always be written.
fn bytes<T: Serialize>(value: &T) -> Option<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).ok()
}

fn parse<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, StorageError> {
    let damaged =
        |error: serde_json::Error| StorageError::Corrupt { document: key.to_owned(), what: error.to_string() };
    serde_json::from_slice(bytes).map_err(damaged)
}
