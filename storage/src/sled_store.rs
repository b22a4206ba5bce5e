//! The store on disk: the handle that rooms, REST and operations hold.
//!
//! Owns opening and closing, and the reading side; all writing goes to the writer's queue. Invariant: a handle holds no
//! state of its own beyond what it shares with the writer.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{
    StorageError,
    directory::{self, Directory},
    engine::{DEFAULT_CACHE_BYTES, Engine},
    limits,
    queue::{Job, Queue},
    reading,
    shared::Shared,
    store::{
        Appended, BlobHash, DocumentInfo, DocumentKey, Durability, Entry, EventRecord, EventSeq, Loaded, MetaKey,
        Report, Seq, SeqRange, Size, Store,
    },
    writer::Writer,
};

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// sled's page cache, in bytes; resident use is about three times as much. Default 32 MiB.
    pub cache_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: DEFAULT_CACHE_BYTES }
    }
}

/// A store in a directory, over sled. Dropping it closes it.
pub struct SledStore {
    pub(crate) shared: Arc<Shared>,
    pub(crate) path: PathBuf,
    /// Taken by whoever closes the store.
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl SledStore {
    /// Opens the store in a directory, or creates one there.
    ///
    /// # Errors
    /// [`StorageError::Locked`] if another process has it open, [`StorageError::NewerFormat`],
    /// [`StorageError::ReadOnly`] or [`StorageError::DiskFull`] if the directory cannot be written,
    /// [`StorageError::Corrupt`] if the engine's own structures are damaged. Damage in single documents is no error
    /// here: loading such a document is.
    pub fn open(path: &Path, options: Options) -> Result<Self, StorageError> {
        let directory = Directory::open(path)?;
        let generation = directory.current()?;
        directory.sweep(generation)?;
        let engine = Arc::new(open_engine(&directory, generation, options.cache_bytes)?);
        let mut opened = reading::open(&engine)?;
        let durability = Durability {
            flushed: Seq(opened.position.seq),
            last_event: opened.position.event,
            ..Durability::default()
        };
        let catalogue = std::mem::take(&mut opened.catalogue);
        let shared = Arc::new(Shared::new(Queue::new(opened.position), durability, engine, catalogue));
        let writer = Writer::new(shared.clone(), directory, generation, options.cache_bytes, opened);
        let ending = Ending(shared.clone());
        let thread = std::thread::Builder::new()
            .name("storage-writer".into())
            .spawn(move || {
                let _ending = ending;
                writer.run();
            })
            .map_err(|cause| StorageError::io(path, cause))?;
        Ok(Self { shared, path: path.to_owned(), writer: Mutex::new(Some(thread)) })
    }

    /// Makes everything accepted durable, stops the writer and lets go of the directory. Later calls answer
    /// [`StorageError::Closed`].
    pub fn close(&self) {
        self.shared.queue.close();
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the storage writer had panicked");
        }
    }

    /// Waits until the writer has nothing left to do: no entry waits, no compaction or rewrite is under way.
    pub fn settle(&self) {
        self.shared.queue.wait_until_idle();
    }

    fn ask(
        &self,
        bytes: usize,
        job: impl FnOnce(mpsc::SyncSender<Result<(), StorageError>>) -> Job,
    ) -> Result<(), StorageError> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.shared.queue.push(bytes, job(reply))?;
        answer.recv().unwrap_or(Err(StorageError::Closed))
    }
}

/// However the writer ends, nobody waits for it in vain.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.write().engine = Err(StorageError::Closed);
        if let Some(last) = self.0.queue.abandon() {
            tracing::error!("the storage writer ended with entries undecided");
            self.0.durability.send_modify(|durability| {
                let first = Seq(durability.flushed.0 + 1);
                Arc::make_mut(&mut durability.lost).push((SeqRange { first, last }, StorageError::Closed));
                durability.flushed = last;
            });
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for SledStore {
    fn append(&self, entry: Entry) -> Result<Appended, StorageError> {
        limits::check_entry(&entry)?;
        self.shared.queue.append(entry)
    }

    fn durability(&self) -> watch::Receiver<Durability> {
        self.shared.durability.subscribe()
    }

    fn load(&self, document: &DocumentKey) -> Result<Option<Loaded>, StorageError> {
        self.shared.queue.wait_for_document(document);
        let (engine, _pin, found) = self.shared.pinned(|catalogue| catalogue.documents.get(document).cloned())?;
        found.map(|found| reading::document(&engine, document, &found)).transpose()
    }

    fn compact(&self, document: &DocumentKey, upto: Seq, snapshot: Bytes) -> Result<(), StorageError> {
        limits::check_value(document, snapshot.len())?;
        let bytes = snapshot.len();
        self.shared.queue.push(bytes, Job::Compact { document: document.clone(), upto, snapshot })
    }

    fn documents(&self) -> Result<Vec<DocumentInfo>, StorageError> {
        Ok(self.shared.pinned(|catalogue| catalogue.infos())?.2)
    }

    fn meta(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        let found = self.shared.pinned(|catalogue| catalogue.meta.get(key).cloned())?.2;
        found.transpose().map_err(|what| damaged_meta(key, what))
    }

    fn meta_with_prefix(&self, prefix: &str) -> Result<Vec<(MetaKey, Bytes)>, StorageError> {
        let collect = |catalogue: &crate::catalogue::Catalogue| {
            let found = catalogue.meta.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
            found.map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
        };
        let found = self.shared.pinned(collect)?.2;
        let named = |(key, value): (MetaKey, Result<Bytes, String>)| match value {
            Ok(value) => Ok((key, value)),
            Err(what) => Err(damaged_meta(&key, what)),
        };
        found.into_iter().map(named).collect()
    }

    fn events_after(&self, since: EventSeq, limit: usize) -> Result<Vec<EventRecord>, StorageError> {
        let start = since.saturating_add(1);
        let (engine, _pin, found) = self.shared.pinned(|catalogue| {
            catalogue.events.range(start..).take(limit).map(|(seq, bytes)| (*seq, *bytes)).collect::<Vec<_>>()
        })?;
        found
            .into_iter()
            .map(|(seq, bytes)| Ok(EventRecord { seq, payload: reading::event(&engine, seq, bytes)? }))
            .collect()
    }

    fn first_event(&self) -> Result<Option<EventSeq>, StorageError> {
        Ok(self.shared.pinned(|catalogue| catalogue.events.keys().next().copied())?.2)
    }

    fn trim_events(&self, before: EventSeq) -> Result<(), StorageError> {
        self.ask(0, |reply| Job::Trim { before, reply })
    }

    fn put_blob(&self, content: &[u8]) -> Result<BlobHash, StorageError> {
        limits::check_value("a blob", content.len())?;
        let hash = BlobHash(Sha256::digest(content).into());
        let known = self.shared.pinned(|catalogue| catalogue.blobs.contains_key(&hash.0))?.2;
        if !known {
            let content = Bytes::copy_from_slice(content);
            self.ask(content.len(), |reply| Job::Blob { hash, content, reply })?;
        }
        Ok(hash)
    }

    fn blob(&self, hash: &BlobHash) -> Result<Option<Bytes>, StorageError> {
        let (engine, _pin, found) = self.shared.pinned(|catalogue| catalogue.blobs.get(&hash.0).copied())?;
        found.map(|head| reading::blob(&engine, hash, head)).transpose()
    }

    fn size(&self) -> Result<Size, StorageError> {
        let live = self.shared.pinned(|catalogue| catalogue.live())?.2;
        Ok(Size { on_disk: directory::directory_bytes(&self.path), live })
    }

    fn inspect(&self) -> Result<Report, StorageError> {
        crate::inspect::inspect(self)
    }

    fn backup(&self, path: &Path) -> Result<(), StorageError> {
        crate::backup::write(self, path)
    }
}

/// On a full disk sled cannot even open what it has: the reserve is there for this moment.
fn open_engine(directory: &Directory, generation: u64, cache_bytes: u64) -> Result<Engine, StorageError> {
    match Engine::open(&directory.data(generation), generation, cache_bytes) {
        Err(StorageError::DiskFull { .. }) => {
            directory.release_reserve();
            Engine::open(&directory.data(generation), generation, cache_bytes)
        }
        opened => opened,
    }
}

fn damaged_meta(key: &str, what: String) -> StorageError {
    StorageError::corrupt(format!("metadata `{key}`"), what)
}
