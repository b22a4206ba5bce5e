//! What the webhooks of a server and their tasks share: the store, the log, the courier, and which there are.
//!
//! Imports courier, kept, patience, requests, worker. Invariant: settings are changed in the store first, by one at a time.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use storage::{EventSeq, Seq, StorageError, Store};
use tokio::sync::{Mutex as Turn, watch};

use super::{
    courier::{Courier, Letter},
    kept::{self, Activity, Attempt, Changes, Progress, Records, Webhook},
    patience::Patience,
    requests::{self, WebhookError, WebhookState},
    worker::Worker,
};
use crate::{
    events::{EventHub, now},
    ids::WebhookId,
};

/// What webhooks and their tasks share.
pub struct Shared {
    pub store: Arc<dyn Store>,
    pub events: EventHub,
    pub courier: Courier,
    pub patience: Patience,
    /// Held for a look only.
    pub hooks: Mutex<BTreeMap<WebhookId, Handle>>,
    /// The place in the journal of what was written last without waiting: who reads it from the store waits for that.
    pub written: AtomicU64,
    /// Settings are changed by one at a time, since each waits for the disk.
    pub turn: Turn<()>,
}

/// A webhook as the others see it; dropping the settings ends its task.
pub struct Handle {
    pub settings: watch::Sender<Arc<Webhook>>,
    pub hook: Arc<Hook>,
}

/// What the task of a webhook shares with those who ask about it.
pub struct Hook {
    /// Held for a look and a queued write only.
    pub records: Mutex<Records>,
}

impl Hook {
    /// With what was kept.
    pub fn new(records: Records) -> Arc<Self> {
        Arc::new(Self { records: Mutex::new(records) })
    }

    /// What is kept of it.
    pub fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.records().progress.clone()
    }
}

impl Handle {
    /// As people are told of it.
    pub fn state(&self) -> WebhookState {
        let records = self.hook.records();
        WebhookState {
            webhook: self.settings.borrow().clone(),
            progress: records.progress.clone(),
            dead_letters: records.dead_letters(),
        }
    }
}

impl Shared {
    /// Those there are.
    pub fn hooks(&self) -> MutexGuard<'_, BTreeMap<WebhookId, Handle>> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One of them.
    pub fn hook(&self, id: &WebhookId) -> Result<Arc<Hook>, WebhookError> {
        self.hooks().get(id).map(|handle| handle.hook.clone()).ok_or_else(|| WebhookError::Unknown(id.clone()))
    }

    /// Gives a webhook its task.
    pub fn employ(self: &Arc<Self>, webhook: Webhook, records: Records) {
        let (id, hook) = (webhook.id.clone(), Hook::new(records));
        let (settings, watched) = watch::channel(Arc::new(webhook));
        self.hooks().insert(id, Handle { settings, hook: hook.clone() });
        tokio::spawn(Worker { shared: self.clone(), hook, settings: watched }.run());
    }

    /// Refuses settings with which nothing could be delivered.
    pub fn check(&self, webhook: &Webhook) -> Result<(), WebhookError> {
        requests::check(webhook)?;
        self.courier.check(&webhook.url).map_err(WebhookError::Address)
    }

    /// Changes settings; durable when it returns.
    pub async fn change(&self, id: &WebhookId, change: impl FnOnce(&mut Webhook)) -> Result<(), WebhookError> {
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

    /// Stops a webhook until somebody has it go on.
    pub async fn suspend(&self, id: &WebhookId, because: String) {
        if let Err(error) = self.change(id, |webhook| webhook.activity = Activity::Suspended(because)).await {
            tracing::error!(webhook = %id, %error, "a webhook could not be suspended");
        }
    }

    /// One attempt besides those of the task, for whoever wants to see what it meets.
    pub async fn try_now(
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
    pub fn write_soon(&self, changes: Changes) {
        match self.store.append(storage::Entry { may_gather: true, ..kept::entry(changes) }) {
            Ok(appended) => drop(self.written.fetch_max(appended.seq.0, Ordering::Relaxed)),
            Err(error) => tracing::error!(%error, "what became of a webhook's event could not be kept"),
        }
    }

    /// Writes; durable when it returns.
    pub async fn write(&self, changes: Changes) -> Result<(), StorageError> {
        let seq = self.store.append(kept::entry(changes))?.seq;
        self.durable(seq).await
    }

    async fn durable(&self, seq: Seq) -> Result<(), StorageError> {
        let mut durability = self.store.durability();
        let done = durability.wait_for(|durability| durability.flushed >= seq || durability.lost(seq).is_some()).await;
        match done.map_err(|_| StorageError::Closed)?.lost(seq) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Reads from the store, all that was written before included.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.durable(Seq(self.written.load(Ordering::Relaxed))).await?;
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || read(store.as_ref())).await.unwrap_or(Err(StorageError::Closed))
    }
}
