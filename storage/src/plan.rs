//! What one group changes: entries folded into a plan, and the plan turned into operations of an engine.
//!
//! Owns the meaning of an entry. Invariant: the operations of one plan, committed as one, are each entry wholly.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{
    StorageError,
    catalogue::{Catalogue, Change, Document, chunk_count},
    engine::{Engine, Operation},
    keys::{self, Kind},
    packing::{self, TailRecord},
    reading,
    record::{self, BlobHead, Head, Position, SnapshotHead},
    store::{DocumentKey, Entry, EventSeq, MetaKey, Seq},
};

/// What happens to one document.
#[derive(Debug, Clone, Default)]
pub(crate) struct DocumentPlan {
    /// What the catalogue knows of it goes.
    removed: bool,
    /// Its number, if it is there at the end.
    pub(crate) number: Option<u64>,
    /// It begins in this group.
    fresh: bool,
    folded: Option<Fold>,
    updates: Vec<(u64, Bytes)>,
}

/// A snapshot that begins to count.
#[derive(Debug, Clone)]
struct Fold {
    snapshot: SnapshotHead,
    /// What the record that the snapshot cuts in two holds beyond it.
    rest: Vec<(u64, Bytes)>,
}

/// Everything one group changes, before anything knows which engine it goes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) documents: BTreeMap<DocumentKey, DocumentPlan>,
    events: Vec<(EventSeq, Bytes)>,
    meta: BTreeMap<MetaKey, Option<Bytes>>,
    trim: Option<EventSeq>,
    blobs: Vec<([u8; 32], BlobHead)>,
    /// Snapshots that were to count from this group on, of documents that it deletes.
    overtaken: Vec<(u64, SnapshotHead)>,
    /// Pieces of snapshots and blobs that nothing names yet.
    pub(crate) chunks: Vec<(Kind, Vec<u8>, Vec<u8>)>,
    pub(crate) position: Position,
}

/// A plan as operations for one engine.
#[derive(Default)]
pub(crate) struct Prepared {
    pub(crate) operations: Vec<Operation>,
    pub(crate) changes: Vec<Change>,
    /// Records that nothing names after this; removed when no reader is left that may want them.
    pub(crate) retired: Vec<Operation>,
}

impl Plan {
    pub(crate) fn new(position: Position) -> Self {
        Self { position, ..Self::default() }
    }

    /// Adds an entry. Its deletion comes first, so an entry may replace a document.
    pub(crate) fn add(&mut self, seq: Seq, first_event: EventSeq, entry: Entry, catalogue: &Catalogue) {
        self.position.seq = seq.0;
        if let Some(document) = entry.delete {
            self.delete(document, catalogue);
        }
        if let Some((document, update)) = entry.update {
            self.update(document, seq, update, catalogue);
        }
        for (seq, event) in (first_event..).zip(entry.events) {
            self.position.event = seq;
            self.events.push((seq, event));
        }
        self.meta.extend(entry.meta);
    }

    fn delete(&mut self, document: DocumentKey, catalogue: &Catalogue) {
        let removed = catalogue.documents.contains_key(&document);
        let before = self.documents.insert(document, DocumentPlan { removed, ..DocumentPlan::default() });
        let fold = before.and_then(|plan| Some((plan.number?, plan.folded?.snapshot)));
        self.overtaken.extend(fold);
    }

    fn update(&mut self, document: DocumentKey, seq: Seq, update: Bytes, catalogue: &Catalogue) {
        let known = self.number(&document, catalogue);
        let plan = self.documents.entry(document).or_default();
        if known.is_none() {
            plan.number = Some(self.position.next_number);
            plan.fresh = true;
            self.position.next_number += 1;
        } else {
            plan.number = known;
        }
        plan.updates.push((seq.0, update));
    }

    /// The number a document has at this point of the group.
    pub(crate) fn number(&self, document: &DocumentKey, catalogue: &Catalogue) -> Option<u64> {
        match self.documents.get(document) {
            Some(plan) if plan.removed || plan.number.is_some() => plan.number,
            _ => catalogue.documents.get(document).map(|known| known.number),
        }
    }

    /// Forgets events before `before`, of those there are at this point of the group.
    pub(crate) fn trim(&mut self, before: EventSeq) {
        let before = before.min(self.position.event + 1);
        self.trim = self.trim.max(Some(before));
        self.events.retain(|(seq, _)| *seq >= before);
    }

    /// Makes a snapshot count whose chunks are on disk. Answers `false` if it must not: its document is gone, has a
    /// newer snapshot, or a record that the snapshot cuts in two cannot be read.
    pub(crate) fn fold(
        &mut self,
        document: &DocumentKey,
        number: u64,
        snapshot: SnapshotHead,
        catalogue: &Catalogue,
        engine: &Engine,
    ) -> Result<bool, StorageError> {
        let known = catalogue.documents.get(document).filter(|known| known.number == number && known.damage.is_none());
        let Some(known) = known.filter(|known| known.snapshot.is_none_or(|old| old.upto <= snapshot.upto)) else {
            return Ok(false);
        };
        let cut = known.tail.iter().find(|record| record.first <= snapshot.upto && record.last > snapshot.upto);
        let rest = match cut.map(|record| reading::updates(engine, number, record)).transpose()? {
            Some(Ok(updates)) => updates.into_iter().filter(|(seq, _)| *seq > snapshot.upto).collect(),
            Some(Err(what)) => {
                tracing::warn!(%document, what, "not compacting a damaged document");
                return Ok(false);
            }
            None => Vec::new(),
        };
        let plan = self.documents.entry(document.clone()).or_default();
        (plan.number, plan.folded) = (Some(number), Some(Fold { snapshot, rest }));
        Ok(true)
    }

    pub(crate) fn blob(&mut self, hash: [u8; 32], head: BlobHead) {
        self.blobs.push((hash, head));
    }

    /// The operations that bring this plan into the engine that this catalogue describes. Of the documents only those that
    /// `concerned` names: a copy under way has not reached the others.
    pub(crate) fn prepare(
        &self,
        catalogue: &Catalogue,
        concerned: impl Fn(&DocumentKey) -> bool,
    ) -> Result<Prepared, StorageError> {
        let mut prepared = Prepared::default();
        for (key, plan) in self.documents.iter().filter(|(key, _)| concerned(key)) {
            prepared.document(key, plan, catalogue)?;
        }
        for (number, snapshot) in &self.overtaken {
            prepared.retire_snapshot(*number, snapshot);
        }
        for (seq, event) in &self.events {
            prepared.event(*seq, event);
        }
        for (key, value) in &self.meta {
            prepared.meta(key, value.as_ref(), catalogue);
        }
        if let Some(before) = self.trim {
            prepared.trim(before, catalogue);
        }
        for (hash, head) in &self.blobs {
            prepared.structured(Kind::Blobs, hash.to_vec(), head)?;
            prepared.changes.push(Change::Blob { hash: *hash, head: *head });
        }
        for (kind, key, value) in &self.chunks {
            prepared.operations.push(Operation::put(*kind, key.clone(), value.clone()));
        }
        if !prepared.tells(&self.position) {
            prepared.structured(Kind::Store, keys::POSITION.to_vec(), &self.position)?;
        }
        prepared.changes.push(Change::Position(self.position));
        Ok(prepared)
    }
}

impl Prepared {
    /// Whether opening the store finds this position without being told: a record of updates names its numbers. Most
    /// groups are one such record, and for a single operation sled writes once instead of twice.
    fn tells(&self, position: &Position) -> bool {
        let [Operation { kind: Kind::Updates, .. }] = self.operations[..] else { return false };
        self.changes.iter().any(|change| match change {
            Change::Tail { records, .. } => records.last().is_some_and(|record| record.last == position.seq),
            _ => false,
        })
    }

    fn structured<T: serde::Serialize>(&mut self, kind: Kind, key: Vec<u8>, value: &T) -> Result<(), StorageError> {
        let payload = record::encode(value).map_err(|what| StorageError::corrupt(kind.tree_name(), what))?;
        let sealed = record::seal(&key, &payload);
        self.operations.push(Operation::put(kind, key, sealed));
        Ok(())
    }

    fn head(&mut self, key: &DocumentKey, number: u64, snapshot: Option<SnapshotHead>) -> Result<(), StorageError> {
        self.structured(Kind::Documents, key.0.clone().into_bytes(), &Head { number, snapshot })
    }

    fn document(&mut self, key: &DocumentKey, plan: &DocumentPlan, catalogue: &Catalogue) -> Result<(), StorageError> {
        let known = catalogue.documents.get(key);
        if let (true, Some(known)) = (plan.removed, known) {
            self.retire(known, |_| true);
            self.changes.push(Change::Removed { document: key.clone() });
        }
        match (plan.number, &plan.folded, known) {
            (None, ..) => self.operations.push(Operation::remove(Kind::Documents, key.0.clone().into_bytes())),
            (Some(number), Some(fold), Some(known)) => self.folded(key, number, fold, known)?,
            (Some(number), ..) if plan.fresh => {
                self.head(key, number, None)?;
                self.changes.push(Change::Created { document: key.clone(), number });
            }
            _ => {}
        }
        if let Some(number) = plan.number {
            let records = self.updates(number, &plan.updates);
            self.changes.push(Change::Tail { document: key.clone(), records });
        }
        Ok(())
    }

    /// Writes updates as records.
    pub(crate) fn updates(&mut self, number: u64, updates: &[(u64, Bytes)]) -> Vec<TailRecord> {
        let mut records = Vec::new();
        for packed in packing::pack(number, updates) {
            records.push(packed.tail);
            let parts = packed.parts.into_iter();
            self.operations.extend(parts.map(|(key, value)| Operation::put(Kind::Updates, key, value)));
        }
        records
    }

    /// Points to the new snapshot; the covered tail and the old generation are retired, and what a record holds beyond
    /// the snapshot is written anew.
    fn folded(&mut self, key: &DocumentKey, number: u64, fold: &Fold, known: &Document) -> Result<(), StorageError> {
        let snapshot = fold.snapshot;
        self.head(key, number, Some(snapshot))?;
        self.retire(known, |record| record.first <= snapshot.upto);
        let mut tail = self.updates(number, &fold.rest);
        tail.extend(known.tail.iter().filter(|record| record.first > snapshot.upto));
        self.changes.push(Change::Folded { document: key.clone(), snapshot, tail });
        Ok(())
    }

    /// Retires a document's snapshot and those of its tail's records that are `covered`.
    fn retire(&mut self, document: &Document, covered: impl Fn(&TailRecord) -> bool) {
        let number = document.number;
        if let Some(old) = &document.snapshot {
            self.retire_snapshot(number, old);
        }
        for record in document.tail.iter().filter(|record| covered(record)) {
            let keys = (0..record.parts).map(|part| keys::triple(number, record.first, part));
            self.retired.extend(keys.map(|key| Operation::remove(Kind::Updates, key)));
        }
    }

    fn retire_snapshot(&mut self, number: u64, snapshot: &SnapshotHead) {
        self.retired.extend(snapshot_removals(number, snapshot));
    }

    /// Writes an event.
    pub(crate) fn event(&mut self, seq: EventSeq, event: &[u8]) {
        self.value(Kind::Events, event, |part| keys::event(seq, part));
        self.changes.push(Change::Event { seq, bytes: event.len() });
    }

    fn value(&mut self, kind: Kind, value: &[u8], key: impl Fn(u32) -> Vec<u8>) {
        for part in 0..record::part_count(value.len()) {
            let key = key(part);
            let sealed = record::seal(&key, &record::part_payload(value, part));
            self.operations.push(Operation::put(kind, key, sealed));
        }
    }

    /// Sets or removes a small value; what the old one had in more parts goes.
    pub(crate) fn meta(&mut self, key: &MetaKey, value: Option<&Bytes>, catalogue: &Catalogue) {
        let parts_of = |bytes: &Bytes| record::part_count(bytes.len());
        let old = catalogue.meta.get(key).map_or(0, |old| old.as_ref().map_or(1, parts_of));
        for part in value.map_or(0, parts_of)..old {
            self.operations.push(Operation::remove(Kind::Meta, keys::with_part(key.as_bytes(), part)));
        }
        if let Some(value) = value {
            self.value(Kind::Meta, value, |part| keys::with_part(key.as_bytes(), part));
        }
        self.changes.push(Change::Meta { key: key.clone(), value: value.cloned() });
    }

    fn trim(&mut self, before: EventSeq, catalogue: &Catalogue) {
        for (seq, bytes) in catalogue.events.range(..before) {
            let keys = (0..record::part_count(*bytes)).map(|part| keys::event(*seq, part));
            self.retired.extend(keys.map(|key| Operation::remove(Kind::Events, key)));
        }
        self.changes.push(Change::Trimmed { before });
    }
}

/// Removes the chunks of a snapshot.
pub(crate) fn snapshot_removals(number: u64, snapshot: &SnapshotHead) -> impl Iterator<Item = Operation> + use<> {
    let generation = snapshot.generation;
    let chunks = 0..chunk_count(snapshot.bytes);
    chunks.map(move |chunk| Operation::remove(Kind::Snapshots, keys::triple(number, generation, chunk)))
}
