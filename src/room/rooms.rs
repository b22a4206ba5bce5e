//! All rooms: opening them, and creating and deleting documents, which is the same for all kinds.
//!
//! Invariant: nobody writes the catalogue record of a document while it has a room.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use storage::{DocumentKey, Entry, Loaded, StorageError, Store};

use super::{
    actor::{self, Actor, Opened, Registry},
    content::Content,
    engines::{AnswerLine, Engines, NoEngines, Weight, Workers},
    handle::{CloseReason, RoomHandle},
    limits::RoomLimits,
    notebooks::DEFAULT_NOTEBOOK,
    pictures::with_pictures,
    quarantine::{self, SetAside},
    refusals::{CreateError, OpenError},
    slots::{Found, Reservation, Slots, wait},
    state::RoomState,
};
use crate::{
    catalogue::{Findable, Listed, Record},
    ids::DocumentId,
    notebook::Question,
    vocabulary::{self, Event, LoggedEvent, Millis},
};

/// How often the watchdog looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// The rooms of a server.
pub struct Rooms {
    store: Arc<dyn Store>,
    limits: RoomLimits,
    engines: Arc<dyn Engines>,
    slots: Arc<Slots>,
    next_peer: Arc<AtomicU64>,
    /// Held by one who chooses an id of a task or session while it looks whether the id is free and takes it.
    names: tokio::sync::Mutex<()>,
}

impl Rooms {
    /// Rooms over `store` in which nothing can run.
    pub fn new(store: Arc<dyn Store>, limits: RoomLimits) -> Arc<Self> {
        Self::with_engines(store, limits, Arc::new(NoEngines))
    }

    /// Rooms over `store`, whose cells run on `engines`.
    pub fn with_engines(store: Arc<dyn Store>, limits: RoomLimits, engines: Arc<dyn Engines>) -> Arc<Self> {
        let (slots, next_peer) = (Arc::default(), Arc::new(AtomicU64::new(1)));
        Arc::new(Self { store, limits, engines, slots, next_peer, names: tokio::sync::Mutex::default() })
    }

    /// The room of a document, loaded if it is not open. A free document is created by opening it; a notebook is not,
    /// except `default`.
    pub async fn open(&self, document: &DocumentId) -> Result<RoomHandle, OpenError> {
        loop {
            match self.slots.find(document)? {
                Found::Open(room) => return Ok(room),
                Found::Wait(over) => wait(over).await,
                Found::Reserved(reservation) => match self.load(reservation).await {
                    Err(OpenError::Unknown(DocumentId::Notebook(id))) if id.as_str() == DEFAULT_NOTEBOOK => {
                        self.create_default(id).await?;
                    }
                    opened => return opened,
                },
            }
        }
    }

    async fn load(&self, reservation: Reservation) -> Result<RoomHandle, OpenError> {
        let id = reservation.document().clone();
        let (store, slots, limits) = (self.store.clone(), self.slots.clone(), self.limits);
        let loading = tokio::task::spawn_blocking(move || {
            let _under_way = slots.watchdog().watch(&id);
            load(store.as_ref(), &id, &limits)
        });
        let (state, loaded) = match loading.await {
            Ok(result) => result?,
            Err(failure) => {
                let document = reservation.document().to_string();
                return Err(OpenError::Quarantined { document, cause: failure.to_string() });
            }
        };
        Ok(self.start(reservation, state, loaded))
    }

    /// Starts the room of a document.
    fn start(&self, reservation: Reservation, state: RoomState, loaded_from: Loaded) -> RoomHandle {
        let id = reservation.document().clone();
        let (room, commands, controls) = RoomHandle::new(self.next_peer.clone(), self.limits.queue_bytes);
        reservation.fill(room.clone());
        let notebook = if let DocumentId::Notebook(id) = &id { Some(id.clone()) } else { None };
        let (store, registry, idle_unload) = (self.store.clone(), self.slots.clone(), self.limits.idle_unload);
        let workers = Workers::new(notebook, self.engines.clone(), store.clone(), room.mailbox.downgrade());
        Actor::start(Opened { id, state, store, registry, commands, controls, loaded_from, workers, idle_unload });
        room
    }

    /// Creates a document; durable when it returns.
    pub(super) async fn create_document(
        &self,
        document: &DocumentId,
        record: &Record,
        event: Event,
        actor: vocabulary::Actor,
        update: Bytes,
    ) -> Result<(), CreateError> {
        let Some(_reservation) = self.reserve(document, None).await? else {
            return Err(CreateError::Exists(document.clone()));
        };
        if self.record(document).await?.is_some() {
            return Err(CreateError::Exists(document.clone()));
        }
        Ok(self.write(document, record, event, actor, Some(update)).await?)
    }

    /// The records whose keys begin with `prefix`.
    pub(super) async fn records(&self, prefix: &'static str) -> Result<Vec<(String, Bytes)>, StorageError> {
        let store = self.store.clone();
        blocking(move || store.meta_with_prefix(prefix)).await
    }

    /// The documents of a kind, with what the catalogue keeps of each; last changed first.
    pub(super) async fn listed<R: Listed>(&self) -> Result<Vec<(R::Id, R)>, StorageError> {
        let records = self.records(R::PREFIX).await?;
        let parse = |(key, bytes): (String, Bytes)| Some((R::id_in(&key)?, serde_json::from_slice(&bytes).ok()?));
        let mut listed: Vec<(R::Id, R)> = records.into_iter().filter_map(parse).collect();
        listed.sort_by(|(a, one), (b, other)| other.updated_at().cmp(&one.updated_at()).then_with(|| a.cmp(b)));
        Ok(listed)
    }

    /// Puts a document into the bin, or takes it out; nothing happens if it is there.
    pub(super) async fn set_deleted(
        &self,
        document: &DocumentId,
        at: Option<Millis>,
        actor: vocabulary::Actor,
        event: impl FnOnce(&Record) -> Event,
    ) -> Result<(), OpenError> {
        let evict = at.map(|_| CloseReason::Deleted);
        let Some(_reservation) = self.reserve(document, evict.as_ref()).await? else { return Ok(()) };
        let mut record = self.record(document).await?.ok_or_else(|| OpenError::Unknown(document.clone()))?;
        if record.deleted_at().is_some() == at.is_some() {
            return Ok(());
        }
        record.set_deleted_at(at);
        let event = event(&record);
        Ok(self.write(document, &record, event, actor, None).await?)
    }

    /// Deletes a document for good, with its record; open connections are closed with `reason`.
    pub(super) async fn erase(
        &self,
        document: &DocumentId,
        reason: &CloseReason,
        actor: vocabulary::Actor,
        event: impl FnOnce(&Record) -> Event,
    ) -> Result<(), OpenError> {
        let Some(_reservation) = self.reserve(document, Some(reason)).await? else { return Ok(()) };
        let record = self.record(document).await?.ok_or_else(|| OpenError::Unknown(document.clone()))?;
        let entry = Entry {
            events: vec![logged(document, event(&record), actor)?],
            meta: Record::key(document).map(|key| (key, None)).into_iter().collect(),
            delete: Some(DocumentKey(document.to_string())),
            ..Entry::default()
        };
        Ok(self.durable(entry).await?)
    }

    /// Whether a document has a room.
    pub(super) fn is_open(&self, document: &DocumentId) -> bool {
        self.slots.contains(document)
    }

    /// Waits until the document has no room and keeps it so. A room that is open is ended with `evict`; without,
    /// there is no reservation: the document exists and is in use.
    async fn reserve(
        &self,
        document: &DocumentId,
        evict: Option<&CloseReason>,
    ) -> Result<Option<Reservation>, OpenError> {
        loop {
            match (self.slots.find(document)?, evict) {
                (Found::Reserved(reservation), _) => return Ok(Some(reservation)),
                (Found::Wait(over), _) => wait(over).await,
                (Found::Open(_), None) => return Ok(None),
                (Found::Open(_), Some(reason)) => {
                    if let Some(over) = self.slots.end(document, reason) {
                        wait(over).await;
                    }
                }
            }
        }
    }

    /// Asks a language model for somebody alone: no document hears of it. Dropping the answer stops the model.
    ///
    /// # Errors
    /// A sentence that says why there will be no answer.
    pub async fn ask(&self, question: Question) -> Result<AnswerLine, String> {
        let question = with_pictures(self.store.clone(), question).await;
        self.engines.ask(question)
    }

    /// Who would answer a question, and how large it is with its pictures.
    pub async fn weigh(&self, question: Question) -> (Question, Weight) {
        let question = with_pictures(self.store.clone(), question).await;
        let weight = self.engines.weigh(&question);
        (question, weight)
    }

    /// The room of the document in which something is found, which is a `kind`; `None` if it is not known.
    pub(super) async fn room_of<T: DeserializeOwned>(
        &self,
        findable: &Findable,
        kind: fn(T) -> DocumentId,
    ) -> Result<Option<RoomHandle>, OpenError> {
        match self.find_place(findable).await? {
            Some(id) => self.open(&kind(id)).await.map(Some),
            None => Ok(None),
        }
    }

    /// The id of the document in which something is found.
    pub(super) async fn find_place<T: DeserializeOwned>(&self, findable: &Findable) -> Result<Option<T>, StorageError> {
        let (store, key) = (self.store.clone(), findable.key());
        let found = blocking(move || store.meta(&key)).await?;
        Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    pub(super) fn names(&self) -> &tokio::sync::Mutex<()> {
        &self.names
    }

    /// What the catalogue keeps of a document.
    pub(super) async fn record(&self, document: &DocumentId) -> Result<Option<Record>, StorageError> {
        let (store, document) = (self.store.clone(), document.clone());
        blocking(move || read_record(store.as_ref(), &document)).await
    }

    async fn write(
        &self,
        document: &DocumentId,
        record: &Record,
        event: Event,
        actor: vocabulary::Actor,
        update: Option<Bytes>,
    ) -> Result<(), StorageError> {
        let event = logged(document, event, actor)?;
        let record = encoded(record.to_json(), document)?;
        let entry = Entry {
            update: update.map(|update| (DocumentKey(document.to_string()), update)),
            events: vec![event],
            meta: Record::key(document).map(|key| (key, Some(record))).into_iter().collect(),
            ..Entry::default()
        };
        self.durable(entry).await
    }

    /// Writes an entry and waits until it is on disk.
    async fn durable(&self, entry: Entry) -> Result<(), StorageError> {
        let mut durability = self.store.durability();
        let seq = self.store.append(entry)?.seq;
        let done = durability.wait_for(|durability| durability.flushed >= seq || durability.lost(seq).is_some()).await;
        match done.map_err(|_| StorageError::Closed)?.lost(seq) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Documents that are not opened, by name: those the engine hung on, and those whose room failed twice.
    pub async fn set_aside_documents(&self) -> Result<Vec<SetAside>, StorageError> {
        let store = self.store.clone();
        let mut found = blocking(move || quarantine::set_aside_documents(store.as_ref())).await?;
        found.extend(self.slots.quarantined());
        found.sort();
        Ok(found)
    }

    /// Lets a document be opened again that was set aside; false if it was not.
    pub async fn take_back(&self, document: &DocumentId) -> Result<bool, StorageError> {
        let (store, id) = (self.store.clone(), document.clone());
        let marked = blocking(move || quarantine::take_back(store.as_ref(), &id)).await?;
        Ok(self.slots.forgive(document) || marked)
    }

    /// Starts the thread that looks for documents on which the engine hangs. Such a document is set aside, so that it
    /// is not opened again, and `restart` is called, which must replace the process: nothing else ends such a thread.
    pub fn supervise(self: &Arc<Self>, restart: impl Fn() + Send + 'static) {
        let rooms = Arc::downgrade(self);
        std::thread::spawn(move || {
            while let Some(rooms) = rooms.upgrade() {
                if let Some(document) = rooms.slots.watchdog().hung(Instant::now()) {
                    rooms.set_aside(&document);
                    restart();
                }
                drop(rooms);
                std::thread::sleep(LOOK_INTERVAL);
            }
        });
    }

    fn set_aside(&self, document: &DocumentId) {
        let cause = "an operation on it did not end";
        tracing::error!(%document, cause, "the document is set aside and the server restarts");
        if let Err(error) = quarantine::set_aside(self.store.as_ref(), document, cause) {
            tracing::error!(%document, %error, "it could not be set aside");
        }
    }

    /// Closes all rooms in order: everything durable, clients told to reconnect. No room opens afterwards.
    pub async fn stop(&self) {
        while let Some(over) = self.slots.end_all(&CloseReason::Restart) {
            wait(over).await;
        }
    }
}

fn load(store: &dyn Store, id: &DocumentId, limits: &RoomLimits) -> Result<(RoomState, Loaded), OpenError> {
    let record = match id {
        DocumentId::Notebook(_) | DocumentId::Project(_) | DocumentId::Widgets(_) => Some(open_record(store, id)?),
        DocumentId::Free(_) => None,
    };
    let quarantined = |cause: String| OpenError::Quarantined { document: id.to_string(), cause };
    if let Some(cause) = quarantine::cause(store, id)? {
        return Err(quarantined(cause));
    }
    let loaded = match store.load(&DocumentKey(id.to_string()))? {
        None if record.is_some() => return Err(quarantined("its content is not in the store".into())),
        loaded => loaded.unwrap_or_default(),
    };
    let client = u64::from(rand::random::<u32>());
    let document = catch_unwind(AssertUnwindSafe(|| Content::load(id, client, &loaded, limits.document_bytes)));
    match document {
        Ok(Ok(document)) => Ok((RoomState::new(id.clone(), document, record, limits), loaded)),
        Ok(Err(error)) => Err(quarantined(error.to_string())),
        Err(_) => Err(quarantined("its content makes the document engine fail".into())),
    }
}

fn open_record(store: &dyn Store, id: &DocumentId) -> Result<Record, OpenError> {
    let record = read_record(store, id)?.ok_or_else(|| OpenError::Unknown(id.clone()))?;
    match record.deleted_at() {
        Some(_) => Err(OpenError::Deleted(id.clone())),
        None => Ok(record),
    }
}

fn read_record(store: &dyn Store, id: &DocumentId) -> Result<Option<Record>, StorageError> {
    let Some(key) = Record::key(id) else { return Ok(None) };
    let Some(bytes) = store.meta(&key)? else { return Ok(None) };
    Record::parse(id, &bytes).map_err(|error| damaged(id, &error))
}

/// An event about a document, as it is kept.
fn logged(document: &DocumentId, event: Event, actor: vocabulary::Actor) -> Result<Bytes, StorageError> {
    encoded(serde_json::to_vec(&LoggedEvent::about(document, event, actor, actor::now())), document)
}

fn encoded(bytes: Result<Vec<u8>, serde_json::Error>, id: &DocumentId) -> Result<Bytes, StorageError> {
    bytes.map(Bytes::from).map_err(|error| damaged(id, &error))
}

fn damaged(id: &DocumentId, error: &serde_json::Error) -> StorageError {
    StorageError::Corrupt { document: id.to_string(), what: error.to_string() }
}

async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(read).await.unwrap_or(Err(StorageError::Closed))
}
