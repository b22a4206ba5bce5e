//! A store without a disk, for tests and experiments: the same contract, durable at once, gone with the process.
//!
//! Owns a plain picture of what a store holds. Invariant: it answers every call as the store on disk would.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{
    StorageError, backup, limits,
    store::{
        Appended, BlobHash, DocumentInfo, DocumentKey, Durability, Entry, EventRecord, EventSeq, Loaded, MetaKey,
        Report, Seq, Size, Store,
    },
};

/// A store in memory.
#[derive(Default)]
pub struct MemoryStore {
    /// One lock: no call waits for anything while it is held.
    state: Mutex<State>,
    durability: watch::Sender<Durability>,
}

#[derive(Default)]
struct State {
    seq: u64,
    event: u64,
    documents: BTreeMap<DocumentKey, Loaded>,
    meta: BTreeMap<MetaKey, Bytes>,
    events: BTreeMap<EventSeq, Bytes>,
    blobs: BTreeMap<[u8; 32], Bytes>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every change of the state is whole statements: a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, entry: Entry) -> Appended {
        self.seq += 1;
        let seq = Seq(self.seq);
        if let Some(document) = entry.delete {
            self.documents.remove(&document);
        }
        if let Some((document, update)) = entry.update {
            self.documents.entry(document).or_default().tail.push((seq, update));
        }
        let first = self.event + 1;
        for event in entry.events {
            self.event += 1;
            self.events.insert(self.event, event);
        }
        for (key, value) in entry.meta {
            match value {
                Some(value) => self.meta.insert(key, value),
                None => self.meta.remove(&key),
            };
        }
        Appended { seq, events: first..self.event + 1 }
    }

    fn live(&self) -> u64 {
        let documents: u64 =
            self.documents.values().map(|document| snapshot_bytes(document) + tail_bytes(document)).sum();
        let values = self.meta.values().chain(self.events.values()).chain(self.blobs.values());
        documents + values.map(|value| value.len() as u64).sum::<u64>()
    }
}

fn snapshot_bytes(document: &Loaded) -> u64 {
    document.snapshot.as_ref().map_or(0, |(_, content)| content.len() as u64)
}

fn tail_bytes(document: &Loaded) -> u64 {
    document.tail.iter().map(|(_, update)| update.len() as u64).sum()
}

impl Store for MemoryStore {
    fn append(&self, entry: Entry) -> Result<Appended, StorageError> {
        limits::check_entry(&entry)?;
        let mut state = self.lock();
        let appended = state.add(entry);
        let last_event = state.event;
        self.durability.send_modify(|durability| {
            durability.flushed = appended.seq;
            durability.last_event = last_event;
        });
        Ok(appended)
    }

    fn durability(&self) -> watch::Receiver<Durability> {
        self.durability.subscribe()
    }

    fn load(&self, document: &DocumentKey) -> Result<Option<Loaded>, StorageError> {
        Ok(self.lock().documents.get(document).cloned())
    }

    fn compact(&self, document: &DocumentKey, upto: Seq, snapshot: Bytes) -> Result<(), StorageError> {
        limits::check_value(document, snapshot.len())?;
        if let Some(found) = self.lock().documents.get_mut(document)
            && found.snapshot.as_ref().is_none_or(|(old, _)| *old <= upto)
        {
            found.snapshot = Some((upto, snapshot));
            found.tail.retain(|(seq, _)| *seq > upto);
        }
        Ok(())
    }

    fn documents(&self) -> Result<Vec<DocumentInfo>, StorageError> {
        let info = |(key, document): (&DocumentKey, &Loaded)| DocumentInfo {
            key: key.clone(),
            snapshot_bytes: snapshot_bytes(document),
            tail_updates: document.tail.len() as u64,
            tail_bytes: tail_bytes(document),
        };
        Ok(self.lock().documents.iter().map(info).collect())
    }

    fn meta(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        Ok(self.lock().meta.get(key).cloned())
    }

    fn meta_with_prefix(&self, prefix: &str) -> Result<Vec<(MetaKey, Bytes)>, StorageError> {
        let state = self.lock();
        let found = state.meta.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn events_after(&self, since: EventSeq, limit: usize) -> Result<Vec<EventRecord>, StorageError> {
        let state = self.lock();
        let found = state.events.range(since.saturating_add(1)..).take(limit);
        Ok(found.map(|(seq, payload)| EventRecord { seq: *seq, payload: payload.clone() }).collect())
    }

    fn first_event(&self) -> Result<Option<EventSeq>, StorageError> {
        Ok(self.lock().events.keys().next().copied())
    }

    fn trim_events(&self, before: EventSeq) -> Result<(), StorageError> {
        let mut state = self.lock();
        state.events = state.events.split_off(&before);
        Ok(())
    }

    fn put_blob(&self, content: &[u8]) -> Result<BlobHash, StorageError> {
        limits::check_value("a blob", content.len())?;
        let hash = BlobHash(Sha256::digest(content).into());
        self.lock().blobs.entry(hash.0).or_insert_with(|| Bytes::copy_from_slice(content));
        Ok(hash)
    }

    fn blob(&self, hash: &BlobHash) -> Result<Option<Bytes>, StorageError> {
        Ok(self.lock().blobs.get(&hash.0).cloned())
    }

    fn size(&self) -> Result<Size, StorageError> {
        Ok(Size { on_disk: 0, live: self.lock().live() })
    }

    fn inspect(&self) -> Result<Report, StorageError> {
        let state = self.lock();
        Ok(Report {
            documents: state.documents.len() as u64,
            blobs: state.blobs.len() as u64,
            events: state.events.len() as u64,
            size: Size { on_disk: 0, live: state.live() },
            damage: Vec::new(),
            damaged: Vec::new(),
        })
    }

    fn backup(&self, path: &Path) -> Result<(), StorageError> {
        let state = self.lock();
        let mut backup = backup::Writer::create(path, Seq(state.seq), state.event)?;
        for (document, loaded) in &state.documents {
            backup.document(document, loaded)?;
        }
        for (seq, event) in &state.events {
            backup.event(*seq, event)?;
        }
        for (key, value) in &state.meta {
            backup.meta(key, value)?;
        }
        for content in state.blobs.values() {
            backup.blob(content)?;
        }
        backup.finish()
    }
}
