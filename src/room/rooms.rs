//! All rooms: opening, finding, unloading; creating and deleting notebooks, and what is common to all kinds of documents.
//!
//! A document is `Opening`, `Open` or `Closing`, under one lock, so loading and unloading cannot race.
//! Invariant: a document has at most one room, and nobody writes its catalogue record while it has one.

use std::{
    collections::{HashMap, hash_map::Entry as Slots},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use storage::{DocumentKey, Entry, Loaded, StorageError, Store};
use tokio::sync::watch;

use super::{
    actor::{self, Actor, Opened, Registry},
    content::Content,
    document::Document,
    engines::{AnswerLine, Engines, NoEngines, Weight, Workers},
    handle::{CloseReason, Control, RoomHandle},
    limits::RoomLimits,
    pictures::with_pictures,
    quarantine::{self, SetAside},
    state::RoomState,
    watchdog::Watchdog,
};
use crate::{
    catalogue::{Findable, NotebookRecord, Record},
    ids::{DocumentId, NotebookId, RunId},
    notebook::{ImportedNotebook, Question},
    vocabulary::{self, Event, LoggedEvent, Millis},
    wire::rest::NotebookSummary,
};

/// The notebook that a path without an id opens (LN-02).
pub const DEFAULT_NOTEBOOK: &str = "default";

/// A document whose room failed twice within this time is set aside, so that it cannot fail for ever.
const FAILURE_WINDOW: Duration = Duration::from_secs(600);

/// How often the watchdog looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Why a document could not be opened. Never answered with an empty document.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenError {
    #[error("No {} has the id {}.", kind(.0), bare(.0))]
    Unknown(DocumentId),
    #[error("The {} {} is in the bin; restore it first.", kind(.0), bare(.0))]
    Deleted(DocumentId),
    /// It made the server fail repeatedly, or its log cannot be read.
    #[error(
        "The document {document} is set aside: {cause}. Run `coscribe doctor` on the server, or restore it from a backup."
    )]
    Quarantined { document: String, cause: String },
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("The server is stopping.")]
    Stopping,
}

/// What people call such a document.
fn kind(document: &DocumentId) -> &'static str {
    match document {
        DocumentId::Notebook(_) => "notebook",
        DocumentId::Project(_) => "project",
        DocumentId::Widgets(_) => "widget session",
        DocumentId::Free(_) => "document",
    }
}

/// The id without the mark of its kind.
fn bare(document: &DocumentId) -> String {
    match document {
        DocumentId::Project(id) => id.to_string(),
        DocumentId::Widgets(id) => id.to_string(),
        DocumentId::Notebook(_) | DocumentId::Free(_) => document.to_string(),
    }
}

/// Why a notebook, project or widget session could not be created.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateError {
    #[error("There is already a {} with the id {}.", kind(.0), bare(.0))]
    Exists(DocumentId),
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<StorageError> for CreateError {
    fn from(error: StorageError) -> Self {
        Self::Open(error.into())
    }
}

/// What a document is at the moment. Whoever waits for the end of that moment subscribes to `over`, which is rung when
/// the phase changes and ends with the slot.
struct Slot {
    phase: Phase,
    over: watch::Sender<()>,
}

enum Phase {
    Opening,
    Open(RoomHandle),
    Closing,
}

#[derive(Default)]
struct Failures {
    last: Option<Instant>,
    quarantined: Option<String>,
}

struct Shared {
    store: Arc<dyn Store>,
    limits: RoomLimits,
    engines: Arc<dyn Engines>,
    /// Held for a look-up only.
    slots: Mutex<HashMap<DocumentId, Slot>>,
    failures: Mutex<HashMap<DocumentId, Failures>>,
    watchdog: Watchdog,
    next_peer: Arc<AtomicU64>,
    /// Held by one who chooses an id of a task or session while it looks whether the id is free and takes it.
    names: tokio::sync::Mutex<()>,
    stopping: AtomicBool,
}

/// The rooms of a server; share it in an `Arc`.
pub struct Rooms {
    shared: Arc<Shared>,
}

impl Rooms {
    /// Rooms over `store` in which nothing can run.
    pub fn new(store: Arc<dyn Store>, limits: RoomLimits) -> Arc<Self> {
        Self::with_engines(store, limits, Arc::new(NoEngines))
    }

    /// Rooms over `store`, whose cells run on `engines`.
    pub fn with_engines(store: Arc<dyn Store>, limits: RoomLimits, engines: Arc<dyn Engines>) -> Arc<Self> {
        let shared = Shared {
            store,
            limits,
            engines,
            slots: Mutex::default(),
            failures: Mutex::default(),
            watchdog: Watchdog::default(),
            next_peer: Arc::new(AtomicU64::new(1)),
            names: tokio::sync::Mutex::default(),
            stopping: AtomicBool::new(false),
        };
        Arc::new(Self { shared: Arc::new(shared) })
    }

    /// The room of a document, loaded if it is not open. A free document is created by opening it; a notebook is not,
    /// except `default`.
    pub async fn open(&self, document: &DocumentId) -> Result<RoomHandle, OpenError> {
        loop {
            match self.shared.find(document)? {
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

    async fn create_default(&self, id: NotebookId) -> Result<(), OpenError> {
        let title = "Default notebook".to_owned();
        match self.create(id, title, None, vocabulary::Actor::server()).await {
            Ok(_) | Err(CreateError::Exists(_)) => Ok(()),
            Err(CreateError::Open(error)) => Err(error),
        }
    }

    async fn load(&self, reservation: Reservation) -> Result<RoomHandle, OpenError> {
        let id = reservation.document.clone();
        let shared = self.shared.clone();
        let loading = tokio::task::spawn_blocking(move || {
            let _under_way = shared.watchdog.watch(&id);
            load(shared.store.as_ref(), &id, &shared.limits)
        });
        let (state, loaded) = match loading.await {
            Ok(result) => result?,
            Err(failure) => {
                let document = reservation.document.to_string();
                return Err(OpenError::Quarantined { document, cause: failure.to_string() });
            }
        };
        Ok(reservation.open(state, loaded))
    }

    /// Creates a notebook, empty (one code cell) or with imported content; durable when it returns.
    pub async fn create(
        &self,
        id: NotebookId,
        title: String,
        content: Option<ImportedNotebook>,
        actor: vocabulary::Actor,
    ) -> Result<NotebookSummary, CreateError> {
        let mut content = content.unwrap_or_else(ImportedNotebook::empty);
        content.title = Some(title.clone());
        let cells = u32::try_from(content.cells.len()).unwrap_or(u32::MAX);
        let record = NotebookRecord::new(title.clone(), cells, &actor, actor::now());
        let update = Document::initial_notebook(content);
        let event = Event::NotebookCreated { id: id.clone(), title };
        let document = DocumentId::Notebook(id.clone());
        self.create_document(&document, &Record::Notebook(record.clone()), event, actor, update).await?;
        Ok(summary(id, record))
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

    /// All notebooks, those in the bin included, last changed first.
    pub async fn notebooks(&self) -> Result<Vec<NotebookSummary>, StorageError> {
        let records = self.records(NotebookRecord::prefix()).await?;
        let parse = |(key, bytes): (String, Bytes)| {
            let record = serde_json::from_slice(&bytes).ok()?;
            Some(summary(NotebookRecord::id_in(&key)?, record))
        };
        let mut notebooks: Vec<_> = records.into_iter().filter_map(parse).collect();
        notebooks.sort_by(|a, b| b.updated_at.cmp(&a.updated_at).then_with(|| a.id.cmp(&b.id)));
        Ok(notebooks)
    }

    /// The records whose keys begin with `prefix`.
    pub(super) async fn records(&self, prefix: &'static str) -> Result<Vec<(String, Bytes)>, StorageError> {
        let store = self.shared.store.clone();
        blocking(move || store.meta_with_prefix(prefix)).await
    }

    /// One notebook of the catalogue.
    pub async fn summary(&self, id: &NotebookId) -> Result<NotebookSummary, OpenError> {
        let document = DocumentId::Notebook(id.clone());
        match self.record(&document).await? {
            Some(Record::Notebook(record)) => Ok(summary(id.clone(), record)),
            _ => Err(OpenError::Unknown(document)),
        }
    }

    /// Puts a notebook into the bin; open connections are closed with 4404.
    pub async fn delete(&self, id: &NotebookId, actor: vocabulary::Actor) -> Result<(), OpenError> {
        let event = |_: &Record| Event::NotebookDeleted { id: id.clone() };
        self.set_deleted(&DocumentId::Notebook(id.clone()), Some(actor::now()), actor, event).await
    }

    /// Takes a notebook back out of the bin.
    pub async fn restore(&self, id: &NotebookId, actor: vocabulary::Actor) -> Result<NotebookSummary, OpenError> {
        let event = |record: &Record| Event::NotebookUpdated { id: id.clone(), title: record.title().to_owned() };
        self.set_deleted(&DocumentId::Notebook(id.clone()), None, actor, event).await?;
        self.summary(id).await
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
        self.shared.slots().contains_key(document)
    }

    /// Waits until the document has no room and keeps it so. A room that is open is ended with `evict`; without,
    /// there is no reservation: the document exists and is in use.
    async fn reserve(
        &self,
        document: &DocumentId,
        evict: Option<&CloseReason>,
    ) -> Result<Option<Reservation>, OpenError> {
        loop {
            match (self.shared.find(document)?, evict) {
                (Found::Reserved(reservation), _) => return Ok(Some(reservation)),
                (Found::Wait(over), _) => wait(over).await,
                (Found::Open(_), None) => return Ok(None),
                (Found::Open(_), Some(reason)) => {
                    if let Some(over) = self.shared.end(document, reason) {
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
        let question = with_pictures(self.shared.store.clone(), question).await;
        self.shared.engines.ask(question)
    }

    /// Who would answer a question, and how large it is with its pictures.
    pub async fn weigh(&self, question: Question) -> (Question, Weight) {
        let question = with_pictures(self.shared.store.clone(), question).await;
        let weight = self.shared.engines.weigh(&question);
        (question, weight)
    }

    /// The room of the notebook in which a run is found; `None` if the run is not known.
    pub async fn of_run(&self, run: &RunId) -> Result<Option<RoomHandle>, OpenError> {
        match self.find_place(&Findable::Run(run.clone())).await? {
            Some(notebook) => self.open(&DocumentId::Notebook(notebook)).await.map(Some),
            None => Ok(None),
        }
    }

    /// The id of the document in which something is found.
    pub(super) async fn find_place<T: serde::de::DeserializeOwned>(
        &self,
        findable: &Findable,
    ) -> Result<Option<T>, StorageError> {
        let (store, key) = (self.shared.store.clone(), findable.key());
        let found = blocking(move || store.meta(&key)).await?;
        Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    pub(super) fn names(&self) -> &tokio::sync::Mutex<()> {
        &self.shared.names
    }

    /// What the catalogue keeps of a document.
    pub(super) async fn record(&self, document: &DocumentId) -> Result<Option<Record>, StorageError> {
        let (store, document) = (self.shared.store.clone(), document.clone());
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
        let mut durability = self.shared.store.durability();
        let seq = self.shared.store.append(entry)?.seq;
        let done = durability.wait_for(|durability| durability.flushed >= seq || durability.lost(seq).is_some()).await;
        match done.map_err(|_| StorageError::Closed)?.lost(seq) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Documents that are not opened, by name: those the engine hung on, and those whose room failed twice.
    pub async fn set_aside_documents(&self) -> Result<Vec<SetAside>, StorageError> {
        let store = self.shared.store.clone();
        let mut found = blocking(move || quarantine::set_aside_documents(store.as_ref())).await?;
        found.extend(self.shared.quarantined());
        found.sort();
        Ok(found)
    }

    /// Lets a document be opened again that was set aside; false if it was not.
    pub async fn take_back(&self, document: &DocumentId) -> Result<bool, StorageError> {
        let (store, id) = (self.shared.store.clone(), document.clone());
        let marked = blocking(move || quarantine::take_back(store.as_ref(), &id)).await?;
        let failures = self.shared.failures().remove(document);
        Ok(marked || failures.is_some_and(|failures| failures.quarantined.is_some()))
    }

    /// Starts the thread that looks for documents on which the engine hangs. Such a document is set aside, so that it
    /// is not opened again, and `restart` is called, which must replace the process: nothing else ends such a thread.
    pub fn supervise(&self, restart: impl Fn() + Send + 'static) {
        let shared = Arc::downgrade(&self.shared);
        std::thread::spawn(move || {
            while let Some(shared) = shared.upgrade() {
                if let Some(document) = shared.watchdog.hung(Instant::now()) {
                    shared.set_aside(&document);
                    restart();
                }
                drop(shared);
                std::thread::sleep(LOOK_INTERVAL);
            }
        });
    }

    /// Closes all rooms in order: everything durable, clients told to reconnect. No room opens afterwards.
    pub async fn stop(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        loop {
            let Some(over) = self.shared.end_all(&CloseReason::Restart) else { return };
            wait(over).await;
        }
    }
}

/// What a look-up found.
enum Found {
    Open(RoomHandle),
    Wait(watch::Receiver<()>),
    Reserved(Reservation),
}

impl Shared {
    fn slots(&self) -> MutexGuard<'_, HashMap<DocumentId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<DocumentId, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(self: &Arc<Self>, document: &DocumentId) -> Result<Found, OpenError> {
        if self.stopping.load(Ordering::SeqCst) {
            return Err(OpenError::Stopping);
        }
        if let Some(cause) = self.failures().get(document).and_then(|failures| failures.quarantined.clone()) {
            return Err(OpenError::Quarantined { document: document.to_string(), cause });
        }
        match self.slots().entry(document.clone()) {
            Slots::Occupied(slot) => Ok(match &slot.get().phase {
                Phase::Open(room) => Found::Open(room.clone()),
                Phase::Opening | Phase::Closing => Found::Wait(slot.get().over.subscribe()),
            }),
            Slots::Vacant(slot) => {
                slot.insert(Slot { phase: Phase::Opening, over: watch::Sender::default() });
                Ok(Found::Reserved(Reservation { document: document.clone(), shared: self.clone(), opened: false }))
            }
        }
    }

    /// Ends the room of a document; the receiver tells when it is over.
    fn end(&self, document: &DocumentId, reason: &CloseReason) -> Option<watch::Receiver<()>> {
        let slots = self.slots();
        let slot = slots.get(document)?;
        slot.stop(reason);
        Some(slot.over.subscribe())
    }

    /// Ends all rooms; the receiver tells when one of them is over.
    fn end_all(&self, reason: &CloseReason) -> Option<watch::Receiver<()>> {
        let slots = self.slots();
        slots.values().for_each(|slot| slot.stop(reason));
        slots.values().next().map(|slot| slot.over.subscribe())
    }

    fn set_aside(&self, document: &DocumentId) {
        let cause = "an operation on it did not end";
        tracing::error!(%document, cause, "the document is set aside and the server restarts");
        if let Err(error) = quarantine::set_aside(self.store.as_ref(), document, cause) {
            tracing::error!(%document, %error, "it could not be set aside");
        }
    }

    fn quarantined(&self) -> Vec<SetAside> {
        let cause = |(document, failures): (&DocumentId, &Failures)| {
            Some(SetAside { document: document.to_string(), cause: failures.quarantined.clone()? })
        };
        self.failures().iter().filter_map(cause).collect()
    }

    fn note_failure(&self, document: &DocumentId, cause: String) {
        let mut failures = self.failures();
        let failures = failures.entry(document.clone()).or_default();
        if failures.last.is_some_and(|last| last.elapsed() < FAILURE_WINDOW) {
            tracing::error!(%document, cause, "the room failed again and is set aside until the server restarts");
            failures.quarantined = Some(cause);
        }
        failures.last = Some(Instant::now());
    }
}

impl Slot {
    fn stop(&self, reason: &CloseReason) {
        if let Phase::Open(room) = &self.phase
            && room.control.send(Control::Stop(Box::new(reason.clone()))).is_err()
        {
            tracing::debug!("the room has ended already");
        }
    }
}

impl Registry for Shared {
    fn may_unload(&self, document: &DocumentId) -> bool {
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(document) else { return true };
        let held = matches!(&slot.phase, Phase::Open(room) if Arc::strong_count(&room.interest) > 1);
        if !held {
            slot.phase = Phase::Closing;
        }
        !held
    }

    fn watchdog(&self) -> &Watchdog {
        &self.watchdog
    }

    fn ended(&self, document: &DocumentId, failed: Option<String>) {
        if let Some(cause) = failed {
            self.note_failure(document, cause);
        }
        self.slots().remove(document);
    }
}

/// A document that has no room and gets none from anybody else while this lives.
struct Reservation {
    document: DocumentId,
    shared: Arc<Shared>,
    opened: bool,
}

impl Reservation {
    /// Starts the room.
    fn open(mut self, state: RoomState, loaded_from: Loaded) -> RoomHandle {
        let (room, commands, controls) = RoomHandle::new(self.shared.next_peer.clone(), self.shared.limits.queue_bytes);
        let id = self.document.clone();
        if let Some(slot) = self.shared.slots().get_mut(&id) {
            slot.phase = Phase::Open(room.clone());
            slot.over.send_replace(());
        }
        self.opened = true;
        let (store, registry) = (self.shared.store.clone(), self.shared.clone());
        let idle_unload = self.shared.limits.idle_unload;
        let notebook = if let DocumentId::Notebook(id) = &id { Some(id.clone()) } else { None };
        let workers = Workers::new(notebook, self.shared.engines.clone(), store.clone(), room.mailbox.downgrade());
        Actor::start(Opened { id, state, store, registry, commands, controls, loaded_from, workers, idle_unload });
        room
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.opened {
            self.shared.slots().remove(&self.document);
        }
    }
}

/// Waits for the end of a moment: its slot has another phase or is gone.
async fn wait(mut over: watch::Receiver<()>) {
    if over.changed().await.is_err() {
        tracing::trace!("the slot is gone");
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

fn summary(id: NotebookId, record: NotebookRecord) -> NotebookSummary {
    let NotebookRecord { title, created_at, updated_at, updated_by, cell_count, deleted_at, live: _ } = record;
    NotebookSummary { id, title, created_at, updated_at, updated_by, cell_count, deleted_at }
}

async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(read).await.unwrap_or(Err(StorageError::Closed))
}
