//! Webhooks: events of the log posted to addresses that people name, signed, in order, and again if need be.
//!
//! Imports events, measure, vocabulary, ids, storage. They know nothing of documents: what they tell is the log.
//! Invariant: an event that a webhook wants was delivered, waits, or was set aside where people see it; none is passed over.

mod courier;
mod kept;
mod patience;
mod reach;
mod signature;
mod worker;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::json;
use storage::{EventSeq, StorageError, Store};
use tokio::sync::{Mutex as Turn, watch};

pub use self::{
    courier::Verdict,
    kept::{Activity, Attempt, DeadLetter, Progress, Webhook},
    patience::Failing,
};
use self::{
    courier::{Courier, Letter},
    kept::{Changes, Records},
    patience::Patience,
    signature::Secrets,
    worker::Worker,
};
use crate::{
    events::{EventHub, now},
    ids::{NotebookId, ProjectId, WebhookId},
    vocabulary::Actor,
};

/// Each has a task of its own and one connection.
const WEBHOOKS_MAX: usize = 100;

/// The longest address: more than any service makes.
const URL_MAX: usize = 2000;

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
    #[error("{0:?} is no kind of event; write it as in task:created or task:*")]
    Kind(String),
    #[error("There are {WEBHOOKS_MAX} webhooks already; delete one first.")]
    TooMany,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The webhooks of a server; clones share them.
#[derive(Clone)]
pub struct Webhooks {
    shared: Arc<Shared>,
}

/// What webhooks and their tasks share.
struct Shared {
    store: Arc<dyn Store>,
    events: EventHub,
    courier: Courier,
    patience: Patience,
    /// Held for a look only.
    hooks: Mutex<BTreeMap<WebhookId, Handle>>,
    /// Settings are changed by one at a time, since each waits for the disk.
    turn: Turn<()>,
}

/// A webhook as the others see it; dropping the settings ends its task.
struct Handle {
    settings: watch::Sender<Arc<Webhook>>,
    hook: Arc<Hook>,
}

/// What the task of a webhook shares with those who ask about it.
struct Hook {
    /// Held for a look and a queued write only.
    records: Mutex<Records>,
}

impl Hook {
    fn new(records: Records) -> Arc<Self> {
        Arc::new(Self { records: Mutex::new(records) })
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> Progress {
        self.records().progress.clone()
    }
}

/// Why the webhooks cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("webhooks cannot use TLS: {0}")]
    Client(#[from] reqwest::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Webhooks {
    /// Takes up all that are kept. Blocks while it reads.
    pub fn start(store: Arc<dyn Store>, events: EventHub, settings: WebhookSettings) -> Result<Self, StartError> {
        let courier = Courier::new(settings.allow_private)?;
        let patience = Patience { refusals: settings.refusals, first_wait: settings.first_wait };
        let (hooks, turn) = (Mutex::default(), Turn::default());
        let shared = Arc::new(Shared { store, events, courier, patience, hooks, turn });
        for webhook in kept::webhooks(shared.store.as_ref())? {
            let records = Records::load(shared.store.as_ref(), &webhook.id)?;
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

impl Handle {
    fn state(&self) -> WebhookState {
        let records = self.hook.records();
        WebhookState {
            webhook: self.settings.borrow().clone(),
            progress: records.progress.clone(),
            dead_letters: records.dead_letters(),
        }
    }
}

impl WebhookPatch {
    fn apply(self, webhook: &mut Webhook) {
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

impl Shared {
    fn hooks(&self) -> MutexGuard<'_, BTreeMap<WebhookId, Handle>> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hook(&self, id: &WebhookId) -> Result<Arc<Hook>, WebhookError> {
        self.hooks().get(id).map(|handle| handle.hook.clone()).ok_or_else(|| WebhookError::Unknown(id.clone()))
    }

    /// Gives a webhook its task.
    fn employ(self: &Arc<Self>, webhook: Webhook, records: Records) {
        let (id, hook) = (webhook.id.clone(), Hook::new(records));
        let (settings, watched) = watch::channel(Arc::new(webhook));
        self.hooks().insert(id, Handle { settings, hook: hook.clone() });
        tokio::spawn(Worker { shared: self.clone(), hook, settings: watched }.run());
    }

    /// Refuses settings with which nothing could be delivered.
    fn check(&self, webhook: &Webhook) -> Result<(), WebhookError> {
        if webhook.url.len() > URL_MAX {
            return Err(WebhookError::Address(format!("an address has at most {URL_MAX} bytes")));
        }
        self.courier.check(&webhook.url).map_err(WebhookError::Address)?;
        let is_kind = |kind: &str| {
            let name = kind.strip_suffix('*').unwrap_or(kind);
            let plain = |byte: u8| byte.is_ascii_lowercase() || b"_.:".contains(&byte);
            kind == "*" || ((1..=64).contains(&name.len()) && name.bytes().all(plain))
        };
        match webhook.types.iter().find(|kind| !is_kind(kind)) {
            Some(kind) => Err(WebhookError::Kind(kind.clone())),
            None => Ok(()),
        }
    }

    async fn change(&self, id: &WebhookId, change: impl FnOnce(&mut Webhook)) -> Result<(), WebhookError> {
        let _turn = self.turn.lock().await;
        let present = self.hooks().get(id).map(|handle| handle.settings.borrow().as_ref().clone());
        let mut webhook = present.ok_or_else(|| WebhookError::Unknown(id.clone()))?;
        change(&mut webhook);
        self.check(&webhook)?;
        self.write(vec![kept::settings(&webhook)]).await?;
        if let Some(handle) = self.hooks().get(id) {
            handle.settings.send_replace(Arc::new(webhook));
        }
        Ok(())
    }

    async fn suspend(&self, id: &WebhookId, because: String) {
        if let Err(error) = self.change(id, |webhook| webhook.activity = Activity::Suspended(because)).await {
            tracing::error!(webhook = %id, %error, "a webhook could not be suspended");
        }
    }

    /// One attempt besides those of the task, for whoever wants to see what it meets.
    async fn try_now(
        &self,
        id: &WebhookId,
        seq: EventSeq,
        event: &str,
        message: &str,
        body: &str,
    ) -> Result<Attempt, WebhookError> {
        let hook = self.hook(id)?;
        let webhook = self.hooks().get(id).map(|handle| handle.settings.borrow().clone());
        let webhook = webhook.ok_or_else(|| WebhookError::Unknown(id.clone()))?;
        let letter = Letter { url: &webhook.url, secrets: &webhook.secrets, id: message, body };
        let reception = self.courier.deliver(letter).await;
        let (attempt, mut changes) = (Attempt::new(seq, event, &reception, now()), Vec::new());
        {
            let mut records = hook.records();
            if records.are_gone() {
                return Err(WebhookError::Unknown(id.clone()));
            }
            records.add_attempt(&attempt, &mut changes);
        }
        self.write(changes).await?;
        Ok(attempt)
    }

    /// Writes and does not wait; that it failed is told by whoever does.
    fn write_soon(&self, changes: Changes) {
        if let Err(error) = self.store.append(storage::Entry { may_gather: true, ..kept::entry(changes) }) {
            tracing::error!(%error, "what became of a webhook's event could not be kept");
        }
    }

    async fn write(&self, changes: Changes) -> Result<(), StorageError> {
        let mut durability = self.store.durability();
        let seq = self.store.append(kept::entry(changes))?.seq;
        let done = durability.wait_for(|durability| durability.flushed >= seq || durability.lost(seq).is_some()).await;
        match done.map_err(|_| StorageError::Closed)?.lost(seq) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || read(store.as_ref())).await.unwrap_or(Err(StorageError::Closed))
    }
}
