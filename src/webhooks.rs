//! Webhooks: events of the log posted to addresses that people name, signed, in order, and again if need be.
//!
//! Imports events, measure, vocabulary, ids, storage. They know nothing of documents: what they tell is the log.
//! Invariant: an event that a webhook wants was delivered, waits, or was set aside where people see it; none is passed over.

mod courier;
mod kept;
mod patience;
mod reach;
mod requests;
mod shared;
mod signature;
mod worker;

use std::{
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use serde_json::json;
use storage::{EventSeq, StorageError, Store};
use tokio::sync::Mutex as Turn;

use self::{
    courier::Courier,
    kept::Records,
    patience::Patience,
    requests::WEBHOOKS_MAX,
    shared::{Handle, Shared},
    signature::Secrets,
};
pub use self::{
    courier::Verdict,
    kept::{Activity, Attempt, DeadLetter, Progress, Webhook},
    patience::Failing,
    requests::{NewWebhook, WebhookError, WebhookPatch, WebhookState},
};
use crate::{
    events::{EventHub, now},
    ids::WebhookId,
    vocabulary::Actor,
};

/// The kind of event of a trial, which is not in the log.
const TRIAL: &str = "webhook:test";

/// How webhooks work on this server.
#[derive(Debug, Clone, Copy)]
pub struct WebhookSettings {
    /// They may reach this machine and private networks.
    pub allow_private: bool,
    /// Refusals until an event is set aside.
    pub refusals: u32,
    /// Before the first attempt is repeated; each further wait is twice as long.
    pub first_wait: Duration,
}

/// The webhooks of a server; clones share them.
#[derive(Clone)]
pub struct Webhooks {
    shared: Arc<Shared>,
}

impl Webhooks {
    /// Takes up all that are kept. Blocks while it reads.
    pub fn start(store: Arc<dyn Store>, events: EventHub, settings: WebhookSettings) -> Result<Self, StorageError> {
        let courier = Courier::new(settings.allow_private);
        let patience = Patience { refusals: settings.refusals, first_wait: settings.first_wait };
        let (hooks, written, turn) = (Mutex::default(), AtomicU64::default(), Turn::default());
        let shared = Arc::new(Shared { store, events, courier, patience, hooks, written, turn });
        for (webhook, records) in kept::webhooks(shared.store.as_ref())? {
            shared.employ(webhook, records);
        }
        Ok(Self { shared })
    }

    /// Ends their tasks. What is under way may be delivered again after the next start.
    pub fn stop(&self) {
        self.shared.hooks().clear();
    }

    /// All webhooks, oldest id first.
    pub fn list(&self) -> Vec<WebhookState> {
        self.shared.hooks().values().map(Handle::state).collect()
    }

    /// A webhook.
    pub fn get(&self, id: &WebhookId) -> Result<WebhookState, WebhookError> {
        let hooks = self.shared.hooks();
        hooks.get(id).map(Handle::state).ok_or_else(|| WebhookError::Unknown(id.clone()))
    }

    /// Makes a webhook; durable when it returns.
    pub async fn create(&self, new: NewWebhook, actor: Actor) -> Result<WebhookState, WebhookError> {
        let _turn = self.shared.turn.lock().await;
        if self.shared.hooks().len() >= WEBHOOKS_MAX {
            return Err(WebhookError::TooMany);
        }
        let webhook = Webhook {
            id: WebhookId::generate(),
            url: new.url,
            types: new.types,
            project: new.project,
            notebook: new.notebook,
            description: new.description,
            activity: Activity::Active,
            secrets: Secrets::generate(),
            created_at: now(),
            created_by: actor,
        };
        self.shared.check(&webhook)?;
        let cursor = new.since.unwrap_or_else(|| self.shared.events.last());
        let (mut records, mut changes) = (Records::new(webhook.id.clone(), cursor), vec![kept::settings(&webhook)]);
        records.set_progress(Progress { cursor, failing: None }, &mut changes);
        self.shared.write(changes).await?;
        let id = webhook.id.clone();
        self.shared.employ(webhook, records);
        self.get(&id)
    }

    /// Changes a webhook; durable when it returns.
    pub async fn patch(&self, id: &WebhookId, patch: WebhookPatch) -> Result<WebhookState, WebhookError> {
        self.shared.change(id, |webhook| patch.apply(webhook)).await?;
        self.get(id)
    }

    /// Makes a new secret; the old one signs too for a day.
    pub async fn replace_secret(&self, id: &WebhookId) -> Result<WebhookState, WebhookError> {
        self.shared.change(id, |webhook| webhook.secrets.replace(now())).await?;
        self.get(id)
    }

    /// Deletes a webhook with all that was kept of it.
    pub async fn delete(&self, id: &WebhookId) -> Result<(), WebhookError> {
        let _turn = self.shared.turn.lock().await;
        let handle = self.shared.hooks().remove(id).ok_or_else(|| WebhookError::Unknown(id.clone()))?;
        let changes = handle.hook.records().remove_all();
        Ok(self.shared.write(changes).await?)
    }

    /// Sends an event that is none, to see whether it arrives.
    pub async fn test(&self, id: &WebhookId) -> Result<Attempt, WebhookError> {
        let body = json!({ "seq": 0, "event": TRIAL, "ts": now(), "data": { "webhook": id } }).to_string();
        let number = rand::random::<u64>();
        self.shared.try_now(id, 0, TRIAL, &format!("{}_{number}", worker::message_id(id, 0)), &body).await
    }

    /// The last attempts, newest first.
    pub async fn attempts(&self, id: &WebhookId) -> Result<Vec<Attempt>, WebhookError> {
        self.get(id)?;
        let id = id.clone();
        Ok(self.shared.read(move |store| kept::attempts(store, &id)).await?)
    }

    /// The events that were set aside, oldest first.
    pub async fn dead_letters(&self, id: &WebhookId) -> Result<Vec<DeadLetter>, WebhookError> {
        self.get(id)?;
        let id = id.clone();
        Ok(self.shared.read(move |store| kept::dead_letters(store, &id)).await?)
    }

    /// Tries an event once more that was set aside. Delivered, it is so no more.
    pub async fn redeliver(&self, id: &WebhookId, seq: EventSeq) -> Result<Attempt, WebhookError> {
        let letter = self.dead_letter(id, seq).await?;
        let attempt = self.shared.try_now(id, seq, &letter.event, &worker::message_id(id, seq), &letter.body).await?;
        if attempt.verdict == Verdict::Delivered {
            self.discard(id, seq).await?;
        }
        Ok(attempt)
    }

    /// Forgets an event that was set aside.
    pub async fn forget(&self, id: &WebhookId, seq: EventSeq) -> Result<(), WebhookError> {
        self.dead_letter(id, seq).await?;
        self.discard(id, seq).await
    }

    async fn dead_letter(&self, id: &WebhookId, seq: EventSeq) -> Result<DeadLetter, WebhookError> {
        self.get(id)?;
        let webhook = id.clone();
        let found = self.shared.read(move |store| Records::dead_letter(store, &webhook, seq)).await?;
        found.ok_or_else(|| WebhookError::UnknownDeadLetter { webhook: id.clone(), seq })
    }

    async fn discard(&self, id: &WebhookId, seq: EventSeq) -> Result<(), WebhookError> {
        let mut changes = Vec::new();
        self.shared.hook(id)?.records().remove_dead_letter(seq, &mut changes);
        Ok(self.shared.write(changes).await?)
    }
}
