//! Giving space back: sled's file never shrinks, so the live records are copied into a fresh database.
//!
//! Owns the copy while it is under way: a slice after each group; meanwhile groups are written to both databases as far
//! as the copy has come. Invariant: of every document up to the cursor, every event and every small value, the copy
//! holds what the original holds; nothing reads it before the pointer names it.

use std::{collections::VecDeque, fs, ops::Bound, path::Path};

use crate::{
    StorageError,
    catalogue::{Catalogue, Document, chunk_count},
    engine::{Engine, Operation},
    keys::{self, Kind},
    plan::{Plan, Prepared},
    reading,
    record::{self, Position},
    store::DocumentKey,
};

/// A copy is begun when the file is larger than `BEGIN_FACTOR` × live data + `BEGIN_BYTES`: below the promised
/// 4 × + 8 MiB with room for what sled writes while the copy runs.
const BEGIN_FACTOR: u64 = 3;
/// See [`BEGIN_FACTOR`].
const BEGIN_BYTES: u64 = 4 * 1024 * 1024;
/// And only if it grew by a quarter since the last copy, so that a store that is as small as sled makes it is left alone.
const GROWTH: (u64, u64) = (5, 4);
/// Bytes copied between two groups: some ten milliseconds of sled's time.
const SLICE_BYTES: usize = 1024 * 1024;

/// Whether a file of this size is worth a copy.
pub(crate) fn is_due(file_bytes: u64, live: u64, after_last: u64) -> bool {
    file_bytes > BEGIN_FACTOR * live + BEGIN_BYTES && file_bytes > after_last * GROWTH.0 / GROWTH.1
}

/// A copy under way.
pub(crate) struct Rewrite {
    pub(crate) engine: Engine,
    pub(crate) catalogue: Catalogue,
    /// Documents up to here are copied.
    cursor: Bound<DocumentKey>,
    /// A document whose snapshot is being copied.
    partial: Option<Partial>,
    /// Events not yet copied begin here; `None` when all are.
    next_event: Option<u64>,
    /// Blobs still to copy.
    blobs: VecDeque<[u8; 32]>,
    next_chunk: u32,
}

struct Partial {
    document: DocumentKey,
    number: u64,
    next_chunk: u32,
}

/// Operations of one slice.
#[derive(Default)]
struct Slice {
    operations: Vec<Operation>,
    bytes: usize,
}

impl Slice {
    fn is_full(&self) -> bool {
        self.bytes >= SLICE_BYTES
    }

    fn add(&mut self, operations: Vec<Operation>) {
        self.bytes += operations.iter().map(|operation| operation.value.as_ref().map_or(0, Vec::len)).sum::<usize>();
        self.operations.extend(operations);
    }

    /// A record as it is, damaged or not: what is wrong with it must not be forgotten.
    fn copy(&mut self, source: &Engine, kind: Kind, key: Vec<u8>) -> Result<(), StorageError> {
        if let Some(value) = source.get(kind, &key)? {
            self.bytes += value.len();
            self.operations.push(Operation::put(kind, key, value.to_vec()));
        }
        Ok(())
    }
}

impl Rewrite {
    /// Begins a copy of what `catalogue` names, at `path`.
    pub(crate) fn begin(
        source: &Engine,
        catalogue: &Catalogue,
        path: &Path,
        generation: u64,
        cache_bytes: u64,
    ) -> Result<Self, StorageError> {
        if path.exists() {
            fs::remove_dir_all(path).map_err(|cause| StorageError::io(path, cause))?;
        }
        let engine = Engine::open(path, generation, cache_bytes)?;
        reading::check_format(&engine)?;
        let mut rewrite = Self {
            engine,
            catalogue: Catalogue::with_damage(catalogue.damage.clone()),
            cursor: Bound::Unbounded,
            partial: None,
            next_event: Some(0),
            blobs: catalogue.blobs.keys().copied().collect(),
            next_chunk: 0,
        };
        rewrite.copy_meta(source, catalogue)?;
        Ok(rewrite)
    }

    /// Brings a group into the copy as well.
    pub(crate) fn write(&mut self, plan: &Plan) -> Result<(), StorageError> {
        let cursor = self.cursor.clone();
        let copied = |key: &DocumentKey| match &cursor {
            Bound::Unbounded => false,
            Bound::Excluded(last) | Bound::Included(last) => key <= last,
        };
        let Prepared { mut operations, changes, retired } = plan.prepare(&self.catalogue, copied)?;
        operations.extend(retired);
        self.engine.commit(operations)?;
        self.catalogue.apply(changes);
        Ok(())
    }

    /// Copies the next slice; `true` when everything is copied.
    pub(crate) fn step(&mut self, source: &Engine, catalogue: &Catalogue) -> Result<bool, StorageError> {
        let mut slice = Slice::default();
        let done = self.copy_events(source, catalogue, &mut slice)?
            && self.copy_blobs(source, catalogue, &mut slice)?
            && self.copy_documents(source, catalogue, &mut slice)?;
        self.engine.commit(slice.operations)?;
        Ok(done)
    }

    /// Makes the copy durable, ready to be pointed to.
    pub(crate) fn seal(&self, position: &Position) -> Result<(), StorageError> {
        let payload = record::encode(position).map_err(|what| StorageError::corrupt("the store's position", what))?;
        let value = record::seal(keys::POSITION, &payload);
        self.engine.commit(vec![Operation::put(Kind::Store, keys::POSITION.to_vec(), value)])?;
        self.engine.sync_files()
    }

    /// Metadata is small by contract: all of it at once.
    fn copy_meta(&mut self, source: &Engine, catalogue: &Catalogue) -> Result<(), StorageError> {
        let mut slice = Slice::default();
        for found in source.range(Kind::Meta, Vec::new()) {
            let (key, value) = found?;
            slice.add(vec![Operation::put(Kind::Meta, key.to_vec(), value.to_vec())]);
            if slice.is_full() {
                self.engine.commit(std::mem::take(&mut slice).operations)?;
            }
        }
        self.engine.commit(slice.operations)?;
        for (key, value) in &catalogue.meta {
            self.catalogue.set_meta(key.clone(), Some(value.clone()));
        }
        Ok(())
    }

    fn copy_events(&mut self, source: &Engine, catalogue: &Catalogue, slice: &mut Slice) -> Result<bool, StorageError> {
        let Some(next) = self.next_event else { return Ok(true) };
        for (seq, bytes) in catalogue.events.range(next..) {
            if slice.is_full() {
                self.next_event = Some(*seq);
                return Ok(false);
            }
            for part in 0..record::part_count(*bytes) {
                slice.copy(source, Kind::Events, keys::event(*seq, part))?;
            }
            self.catalogue.insert_event(*seq, *bytes);
        }
        self.next_event = None;
        Ok(true)
    }

    fn copy_blobs(&mut self, source: &Engine, catalogue: &Catalogue, slice: &mut Slice) -> Result<bool, StorageError> {
        while let Some(hash) = self.blobs.front().copied() {
            let Some(head) = catalogue.blobs.get(&hash).copied() else {
                self.blobs.pop_front();
                continue;
            };
            while self.next_chunk < chunk_count(head.bytes) {
                if slice.is_full() {
                    return Ok(false);
                }
                slice.copy(source, Kind::BlobChunks, keys::with_part(&hash, self.next_chunk))?;
                self.next_chunk += 1;
            }
            slice.copy(source, Kind::Blobs, hash.to_vec())?;
            self.catalogue.insert_blob(hash, head);
            self.blobs.pop_front();
            self.next_chunk = 0;
        }
        Ok(true)
    }

    fn copy_documents(
        &mut self,
        source: &Engine,
        catalogue: &Catalogue,
        slice: &mut Slice,
    ) -> Result<bool, StorageError> {
        while let Some((key, document)) = catalogue.documents.range((self.cursor.clone(), Bound::Unbounded)).next() {
            if slice.is_full() || !self.copy_snapshot(source, key, document, slice)? {
                return Ok(false);
            }
            let copied = self.copy_tail(source, key, document, slice)?;
            self.catalogue.insert_document(key.clone(), copied);
            self.cursor = Bound::Excluded(key.clone());
        }
        Ok(true)
    }

    /// The chunks of a document's snapshot, over several slices if need be; `true` when they are all there.
    fn copy_snapshot(
        &mut self,
        source: &Engine,
        key: &DocumentKey,
        document: &Document,
        slice: &mut Slice,
    ) -> Result<bool, StorageError> {
        let Some(snapshot) = document.snapshot else { return Ok(true) };
        let same = |partial: &Partial| partial.document == *key && partial.number == document.number;
        let start = self.partial.take().filter(same).map_or(0, |partial| partial.next_chunk);
        for chunk in start..chunk_count(snapshot.bytes) {
            if slice.is_full() {
                self.partial = Some(Partial { document: key.clone(), number: document.number, next_chunk: chunk });
                return Ok(false);
            }
            slice.copy(source, Kind::Snapshots, keys::triple(document.number, snapshot.generation, chunk))?;
        }
        Ok(true)
    }

    /// A document's head and tail; many small records become few full ones, unless one of them is damaged.
    fn copy_tail(
        &mut self,
        source: &Engine,
        key: &DocumentKey,
        document: &Document,
        slice: &mut Slice,
    ) -> Result<Document, StorageError> {
        slice.copy(source, Kind::Documents, key.0.clone().into_bytes())?;
        let mut updates = Vec::new();
        for record in &document.tail {
            match reading::updates(source, document.number, record)? {
                Ok(found) => updates.extend(found),
                Err(_) => return copy_records(source, document, slice),
            }
        }
        let mut prepared = Prepared::default();
        let tail = prepared.updates(document.number, &updates);
        slice.add(prepared.operations);
        Ok(Document { tail, ..document.clone() })
    }
}

fn copy_records(source: &Engine, document: &Document, slice: &mut Slice) -> Result<Document, StorageError> {
    for record in &document.tail {
        for part in 0..record.parts {
            slice.copy(source, Kind::Updates, keys::triple(document.number, record.first, part))?;
        }
    }
    Ok(document.clone())
}
