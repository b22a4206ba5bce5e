//! Building a store's directory from the contents of a backup.
//!
//! Owns the bulk writing of a database nobody else sees yet. Invariant: the pointer is written last, after all is synced.

use std::{mem, path::Path};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{
    StorageError,
    backup::Header,
    bulk,
    catalogue::Catalogue,
    directory::{Directory, PointerFailure},
    engine::{DEFAULT_CACHE_BYTES, Engine, Operation},
    keys::{self, Kind},
    plan::Prepared,
    reading,
    record::{self, BlobHead, Head, Position, SnapshotHead},
};

/// Bytes committed at once.
const SLICE_BYTES: usize = 4 * 1024 * 1024;
/// A new directory begins with generation 1.
const GENERATION: u64 = 1;

/// Takes one part of a backup after the other.
type Next<'a> = dyn FnMut(Header, Bytes) -> Result<(), StorageError> + 'a;

/// Builds the store that `feed` hands over, in an empty directory.
pub(crate) fn build(
    path: &Path,
    feed: impl FnOnce(&mut Next<'_>) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let directory = Directory::open(path)?;
    let engine = Engine::open(&directory.data(GENERATION), GENERATION, DEFAULT_CACHE_BYTES)?;
    reading::check_format(&engine)?;
    let mut builder =
        Builder { engine, prepared: Prepared::default(), bytes: 0, document: None, position: Position::default() };
    feed(&mut |header, value| builder.take(header, value))?;
    builder.finish()?;
    directory.point_to(GENERATION).map_err(PointerFailure::into_error)
}

struct Builder {
    engine: Engine,
    prepared: Prepared,
    /// Bytes prepared and not yet committed.
    bytes: usize,
    document: Option<Open>,
    position: Position,
}

/// The document whose parts are coming.
struct Open {
    key: String,
    head: Head,
    updates: Vec<(u64, Bytes)>,
}

impl Builder {
    fn take(&mut self, header: Header, value: Bytes) -> Result<(), StorageError> {
        self.bytes += value.len();
        match header {
            Header::Begin { seq, event } => (self.position.seq, self.position.event) = (seq, event),
            Header::Document { key } => {
                self.end_document()?;
                let head = Head { number: self.position.next_number, snapshot: None };
                self.position.next_number += 1;
                self.document = Some(Open { key, head, updates: Vec::new() });
            }
            Header::Snapshot { upto, .. } => self.snapshot(upto, &value)?,
            Header::Update { seq, .. } => self.open_document()?.updates.push((seq, value)),
            Header::Event { seq, .. } => self.prepared.event(seq, &value),
            Header::Meta { key, .. } => self.prepared.meta(&key, Some(&value), &Catalogue::default()),
            Header::Blob { .. } => self.blob(&value)?,
        }
        if self.bytes >= SLICE_BYTES { self.commit() } else { Ok(()) }
    }

    fn open_document(&mut self) -> Result<&mut Open, StorageError> {
        self.document.as_mut().ok_or_else(|| StorageError::corrupt("the backup", "an update belongs to no document"))
    }

    fn snapshot(&mut self, upto: u64, content: &Bytes) -> Result<(), StorageError> {
        let checksum = crc32fast::hash(content);
        let snapshot = SnapshotHead { generation: 1, upto, bytes: content.len() as u64, checksum };
        let open = self.open_document()?;
        open.head.snapshot = Some(snapshot);
        let number = open.head.number;
        let chunks = bulk::chunks(content, Kind::Snapshots, |chunk| keys::triple(number, snapshot.generation, chunk));
        self.prepared.operations.extend(chunks);
        Ok(())
    }

    fn blob(&mut self, content: &Bytes) -> Result<(), StorageError> {
        let hash: [u8; 32] = Sha256::digest(content).into();
        let chunks = bulk::chunks(content, Kind::BlobChunks, |chunk| keys::with_part(&hash, chunk));
        self.prepared.operations.extend(chunks);
        self.put(Kind::Blobs, hash.to_vec(), &BlobHead { bytes: content.len() as u64 })
    }

    fn put<T: serde::Serialize>(&mut self, kind: Kind, key: Vec<u8>, value: &T) -> Result<(), StorageError> {
        let payload = record::encode(value).map_err(|what| StorageError::corrupt("the backup", what))?;
        let sealed = record::seal(&key, &payload);
        self.prepared.operations.push(Operation::put(kind, key, sealed));
        Ok(())
    }

    fn end_document(&mut self) -> Result<(), StorageError> {
        let Some(Open { key, head, updates }) = self.document.take() else { return Ok(()) };
        self.prepared.updates(head.number, &updates);
        self.put(Kind::Documents, key.into_bytes(), &head)
    }

    /// Nothing names a document's records before its head is written, so they may be committed apart from it.
    fn commit(&mut self) -> Result<(), StorageError> {
        self.bytes = 0;
        self.engine.commit(mem::take(&mut self.prepared).operations)?;
        self.engine.flush()
    }

    fn finish(mut self) -> Result<(), StorageError> {
        self.end_document()?;
        let position = self.position;
        self.put(Kind::Store, keys::POSITION.to_vec(), &position)?;
        self.commit()?;
        self.engine.sync_files()
    }
}
