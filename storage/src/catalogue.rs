//! What is stored where: every document with its records, the metadata, which events and blobs there are.
//!
//! Owns the picture in memory that readers start from. It is changed only after a group is durable, so whoever reads
//! through it sees durable data only. Invariant: every record named here is in the engine it was built for.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
};

use bytes::Bytes;

use crate::{
    packing::TailRecord,
    record::{self, BlobHead, Position, SnapshotHead},
    store::{DocumentInfo, DocumentKey, EventSeq, MetaKey},
};

/// Bytes of a key of snapshots and updates.
const TRIPLE: usize = 20;
/// About what a document's head takes beside its name.
const HEAD_BYTES: u64 = 64;
/// A hash as key, and with a part number.
const HASH: usize = 32;

/// A document: where its records are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document {
    /// Its number in keys.
    pub(crate) number: u64,
    pub(crate) snapshot: Option<SnapshotHead>,
    /// Records after the snapshot, oldest first.
    pub(crate) tail: Vec<TailRecord>,
    /// Why its head cannot be read.
    pub(crate) damage: Option<String>,
}

/// A change of the catalogue that a group brings.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Created { document: DocumentKey, number: u64 },
    Removed { document: DocumentKey },
    Folded { document: DocumentKey, snapshot: SnapshotHead, tail: Vec<TailRecord> },
    Tail { document: DocumentKey, records: Vec<TailRecord> },
    Meta { key: MetaKey, value: Option<Bytes> },
    Event { seq: EventSeq, bytes: usize },
    Trimmed { before: EventSeq },
    Blob { hash: [u8; 32], head: BlobHead },
    Position(Position),
}

/// The whole picture.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalogue {
    pub(crate) documents: BTreeMap<DocumentKey, Document>,
    /// Small values whole, or why one cannot be read.
    pub(crate) meta: BTreeMap<MetaKey, Result<Bytes, String>>,
    /// Event numbers and the lengths of their payloads.
    pub(crate) events: BTreeMap<EventSeq, usize>,
    pub(crate) blobs: HashMap<[u8; 32], BlobHead>,
    /// How far the store is with all this.
    pub(crate) position: Position,
    /// Damage that belongs to no document.
    pub(crate) damage: Vec<String>,
    live: u64,
}

impl Catalogue {
    /// An empty catalogue that remembers this damage.
    pub(crate) fn with_damage(damage: Vec<String>) -> Self {
        Self { damage, ..Self::default() }
    }

    /// Bytes of all records that count, keys included.
    pub(crate) fn live(&self) -> u64 {
        self.live
    }

    /// Takes in what a group changed.
    pub(crate) fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            self.apply_one(change);
        }
    }

    fn apply_one(&mut self, change: Change) {
        match change {
            Change::Created { document, number } => {
                self.insert_document(document, Document { number, ..Document::default() });
            }
            Change::Removed { document } => self.remove_document(&document),
            Change::Folded { document, snapshot, tail } => self.fold(document, snapshot, tail),
            Change::Tail { document, records } => self.extend(&document, records),
            Change::Meta { key, value } => self.set_meta(key, value.map(Ok)),
            Change::Event { seq, bytes } => self.insert_event(seq, bytes),
            Change::Trimmed { before } => self.trim(before),
            Change::Blob { hash, head } => self.insert_blob(hash, head),
            Change::Position(position) => self.position = position,
        }
    }

    pub(crate) fn insert_document(&mut self, key: DocumentKey, document: Document) {
        self.live += document_bytes(&key, &document);
        if let Some(old) = self.documents.insert(key.clone(), document) {
            self.live -= document_bytes(&key, &old);
        }
    }

    fn remove_document(&mut self, key: &DocumentKey) {
        if let Some(old) = self.documents.remove(key) {
            self.live -= document_bytes(key, &old);
        }
    }

    fn fold(&mut self, key: DocumentKey, snapshot: SnapshotHead, tail: Vec<TailRecord>) {
        if let Some(document) = self.documents.get(&key) {
            let number = document.number;
            self.insert_document(key, Document { number, snapshot: Some(snapshot), tail, damage: None });
        }
    }

    fn extend(&mut self, key: &DocumentKey, records: Vec<TailRecord>) {
        if let Some(document) = self.documents.get_mut(key) {
            self.live += records.iter().map(|record| record.stored).sum::<u64>();
            document.tail.extend(records);
        }
    }

    pub(crate) fn set_meta(&mut self, key: MetaKey, value: Option<Result<Bytes, String>>) {
        let length = key.len();
        let old = match value {
            Some(value) => {
                self.live += meta_bytes(length, &value);
                self.meta.insert(key, value)
            }
            None => self.meta.remove(&key),
        };
        self.live -= old.map_or(0, |old| meta_bytes(length, &old));
    }

    pub(crate) fn insert_event(&mut self, seq: EventSeq, bytes: usize) {
        self.live += event_bytes(bytes);
        self.live -= self.events.insert(seq, bytes).map_or(0, event_bytes);
    }

    fn trim(&mut self, before: EventSeq) {
        let kept = self.events.split_off(&before);
        let gone = mem::replace(&mut self.events, kept);
        self.live -= gone.into_values().map(event_bytes).sum::<u64>();
    }

    pub(crate) fn insert_blob(&mut self, hash: [u8; 32], head: BlobHead) {
        self.live += blob_bytes(&head);
        self.live -= self.blobs.insert(hash, head).map_or(0, |old| blob_bytes(&old));
    }

    /// Every document as the world may know it.
    pub(crate) fn infos(&self) -> Vec<DocumentInfo> {
        self.documents.iter().map(|(key, document)| document.info(key)).collect()
    }
}

impl Document {
    fn info(&self, key: &DocumentKey) -> DocumentInfo {
        DocumentInfo {
            key: key.clone(),
            snapshot_bytes: self.snapshot.map_or(0, |snapshot| snapshot.bytes),
            tail_updates: self.tail.iter().map(|record| u64::from(record.updates)).sum(),
            tail_bytes: self.tail.iter().map(|record| record.payload).sum(),
        }
    }
}

/// Chunks of a snapshot or blob of this length; none if it is empty.
pub(crate) fn chunk_count(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(record::PART_BYTES as u64)).unwrap_or(u32::MAX)
}

fn document_bytes(key: &DocumentKey, document: &Document) -> u64 {
    let snapshot = document.snapshot.map_or(0, |snapshot| record::stored_size(TRIPLE, snapshot.bytes as usize));
    let tail: u64 = document.tail.iter().map(|record| record.stored).sum();
    key.0.len() as u64 + HEAD_BYTES + snapshot + tail
}

fn meta_bytes(key_length: usize, value: &Result<Bytes, String>) -> u64 {
    record::stored_size(key_length + 4, value.as_ref().map_or(0, Bytes::len))
}

fn event_bytes(bytes: usize) -> u64 {
    record::stored_size(12, bytes)
}

fn blob_bytes(head: &BlobHead) -> u64 {
    HASH as u64 + 13 + record::stored_size(HASH + 4, head.bytes as usize)
}
