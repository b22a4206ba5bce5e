//! Reading records back: documents, events, blobs, and the whole catalogue when a store is opened.
//!
//! Owns every walk over an engine's records. Invariant: a value is handed out only if each of its records passed its
//! checksum and none is missing; damage in one document never stops the reading of another.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{
    StorageError,
    catalogue::{Catalogue, Document, chunk_count},
    directory::FORMAT_VERSION,
    engine::{Engine, Operation},
    keys::{self, Kind},
    packing::{self, TailRecord},
    record::{self, BlobHead, Head, Joiner, Position, SnapshotHead},
    store::{BlobHash, DocumentKey, Loaded, Seq},
};

/// What a freshly opened engine holds.
pub(crate) struct Opened {
    pub(crate) catalogue: Catalogue,
    pub(crate) position: Position,
    /// Records that nothing names any more: left by a compaction or deletion that was cut short.
    pub(crate) debris: Vec<Operation>,
    /// Higher than every snapshot generation ever used.
    pub(crate) next_generation: u64,
}

/// The sealed payload under a key; a missing record is damage.
fn payload(engine: &Engine, kind: Kind, key: &[u8]) -> Result<Result<Vec<u8>, String>, StorageError> {
    Ok(match engine.get(kind, key)? {
        Some(value) => record::open(key, &value).map(<[u8]>::to_vec),
        None => Err("a record is missing".into()),
    })
}

/// Joins the parts of a value, each found by its key.
fn joined(
    engine: &Engine,
    kind: Kind,
    parts: u32,
    key: impl Fn(u32) -> Vec<u8>,
) -> Result<Result<Vec<u8>, String>, StorageError> {
    let mut joiner = Joiner::default();
    for part in 0..parts {
        let pushed = payload(engine, kind, &key(part))?.and_then(|payload| joiner.push(&payload));
        if let Err(what) = pushed {
            return Ok(Err(what));
        }
    }
    Ok(joiner.finish())
}

/// A document with its snapshot and tail.
pub(crate) fn document(engine: &Engine, key: &DocumentKey, document: &Document) -> Result<Loaded, StorageError> {
    if let Some(what) = &document.damage {
        return Err(StorageError::corrupt(key, what));
    }
    let snapshot = match document.snapshot {
        Some(head) => Some((Seq(head.upto), snapshot(engine, key, document.number, head)?)),
        None => None,
    };
    let mut tail = Vec::new();
    for record in &document.tail {
        let updates = updates(engine, document.number, record)?.map_err(|what| StorageError::corrupt(key, what))?;
        tail.extend(updates.into_iter().map(|(seq, update)| (Seq(seq), update)));
    }
    Ok(Loaded { snapshot, tail })
}

fn snapshot(engine: &Engine, key: &DocumentKey, number: u64, head: SnapshotHead) -> Result<Bytes, StorageError> {
    let name = |chunk| keys::triple(number, head.generation, chunk);
    let content = match chunk_count(head.bytes) {
        0 => Ok(Vec::new()),
        chunks => joined(engine, Kind::Snapshots, chunks, name)?,
    };
    let content = content.map_err(|what| StorageError::corrupt(key, format!("its snapshot: {what}")))?;
    if content.len() as u64 != head.bytes || crc32fast::hash(&content) != head.checksum {
        return Err(StorageError::corrupt(key, "its snapshot fails its checksum"));
    }
    Ok(content.into())
}

/// The updates of one record of a tail.
pub(crate) fn updates(
    engine: &Engine,
    number: u64,
    record: &TailRecord,
) -> Result<Result<Vec<(u64, Bytes)>, String>, StorageError> {
    let mut payloads = Vec::new();
    for part in 0..record.parts {
        match payload(engine, Kind::Updates, &keys::triple(number, record.first, part))? {
            Ok(payload) => payloads.push(payload),
            Err(what) => return Ok(Err(format!("update {}: {what}", record.first))),
        }
    }
    Ok(packing::unpack(record.first, &payloads).map_err(|what| format!("update {}: {what}", record.first)))
}

/// One event.
pub(crate) fn event(engine: &Engine, seq: u64, bytes: usize) -> Result<Bytes, StorageError> {
    let content = joined(engine, Kind::Events, record::part_count(bytes), |part| keys::event(seq, part))?;
    content.map(Bytes::from).map_err(|what| StorageError::corrupt("the event log", format!("event {seq}: {what}")))
}

/// A blob's content, compared with its hash.
pub(crate) fn blob(engine: &Engine, hash: &BlobHash, head: BlobHead) -> Result<Bytes, StorageError> {
    let content = match chunk_count(head.bytes) {
        0 => Ok(Vec::new()),
        chunks => joined(engine, Kind::BlobChunks, chunks, |chunk| keys::with_part(&hash.0, chunk))?,
    };
    let content = content.map_err(|what| StorageError::corrupt(blob_name(hash), what))?;
    if Sha256::digest(&content)[..] != hash.0 {
        return Err(StorageError::corrupt(blob_name(hash), "its content does not have its hash"));
    }
    Ok(content.into())
}

fn blob_name(hash: &BlobHash) -> String {
    format!("blob {hash}")
}

/// Refuses a newer format and marks a new database with ours.
pub(crate) fn check_format(engine: &Engine) -> Result<(), StorageError> {
    let Some(found) = engine.get(Kind::Store, keys::FORMAT)? else {
        let mark = Operation::put(Kind::Store, keys::FORMAT.to_vec(), FORMAT_VERSION.to_be_bytes().to_vec());
        engine.commit(vec![mark])?;
        return engine.sync();
    };
    let place = engine.path().display().to_string();
    let bytes: [u8; 4] =
        found.as_ref().try_into().map_err(|_| StorageError::corrupt(&place, "its format is unreadable"))?;
    match u32::from_be_bytes(bytes) {
        found if found > FORMAT_VERSION => Err(StorageError::NewerFormat { place, found, known: FORMAT_VERSION }),
        _ => Ok(()),
    }
}

/// Reads everything a catalogue needs; snapshots and blob contents are not read.
pub(crate) fn open(engine: &Engine) -> Result<Opened, StorageError> {
    check_format(engine)?;
    let mut opened =
        Opened { catalogue: Catalogue::default(), position: position(engine)?, debris: Vec::new(), next_generation: 1 };
    let numbers = heads(engine, &mut opened)?;
    tails(engine, &numbers, &mut opened)?;
    snapshots(engine, &numbers, &mut opened)?;
    events(engine, &mut opened)?;
    meta(engine, &mut opened)?;
    blobs(engine, &mut opened)?;
    opened.catalogue.position = opened.position;
    Ok(opened)
}

/// An unreadable position costs nothing: it is at least what the records themselves say.
fn position(engine: &Engine) -> Result<Position, StorageError> {
    let found = engine.get(Kind::Store, keys::POSITION)?;
    let read = found.map(|value| record::open(keys::POSITION, &value).and_then(record::decode));
    Ok(match read {
        Some(Ok(position)) => position,
        Some(Err(what)) => {
            tracing::warn!(what, "the position record is damaged; taking the position from the journal");
            Position::default()
        }
        None => Position::default(),
    })
}

/// Documents by number; `None` for the whole map if some head is unreadable, since then any number may be in use.
struct Numbers {
    documents: BTreeMap<u64, DocumentKey>,
    complete: bool,
}

fn heads(engine: &Engine, opened: &mut Opened) -> Result<Numbers, StorageError> {
    let mut numbers = Numbers { documents: BTreeMap::new(), complete: true };
    for found in engine.range(Kind::Documents, Vec::new()) {
        let (name, value) = found?;
        let key = DocumentKey(String::from_utf8_lossy(&name).into_owned());
        let document = match record::open(&name, &value).and_then(record::decode::<Head>) {
            Ok(head) => {
                numbers.documents.insert(head.number, key.clone());
                opened.position.next_number = opened.position.next_number.max(head.number + 1);
                let upto = head.snapshot.map_or(0, |snapshot| snapshot.upto);
                opened.position.seq = opened.position.seq.max(upto);
                Document { number: head.number, snapshot: head.snapshot, ..Document::default() }
            }
            Err(what) => {
                numbers.complete = false;
                Document { damage: Some(format!("its head: {what}")), ..Document::default() }
            }
        };
        opened.catalogue.insert_document(key, document);
    }
    Ok(numbers)
}

fn tails(engine: &Engine, numbers: &Numbers, opened: &mut Opened) -> Result<(), StorageError> {
    let mut documents: BTreeMap<u64, Vec<TailRecord>> = BTreeMap::new();
    for found in engine.range(Kind::Updates, Vec::new()) {
        let (key, value) = found?;
        let Some((number, first, part)) = keys::parse_triple(&key) else {
            opened.catalogue.damage.push("the journal holds a record with an unreadable key".into());
            continue;
        };
        opened.position.next_number = opened.position.next_number.max(number + 1);
        if is_left_over(numbers, &opened.catalogue, number, first) {
            opened.debris.push(Operation::remove(Kind::Updates, key.to_vec()));
        } else if part == 0 {
            let record = describe(&key, &value, first);
            opened.position.seq = opened.position.seq.max(record.last);
            documents.entry(number).or_default().push(record);
        }
    }
    for (number, tail) in documents {
        if let Some(key) = numbers.documents.get(&number) {
            let snapshot = opened.catalogue.documents.get(key).and_then(|document| document.snapshot);
            let document = Document { number, snapshot, tail, damage: None };
            opened.catalogue.insert_document(key.clone(), document);
        }
    }
    Ok(())
}

/// Whether a record of the journal belongs to no document, or to what its document's snapshot covers: a fold writes
/// what is left of a record it cuts under a new key.
fn is_left_over(numbers: &Numbers, catalogue: &Catalogue, number: u64, first: u64) -> bool {
    match numbers.documents.get(&number) {
        Some(key) => {
            let snapshot = catalogue.documents.get(key).and_then(|document| document.snapshot);
            snapshot.is_some_and(|snapshot| first <= snapshot.upto)
        }
        None => numbers.complete,
    }
}

/// A damaged record is kept in the list, so that loading its document says what is wrong with it.
fn describe(key: &[u8], value: &[u8], first: u64) -> TailRecord {
    record::open(key, value).and_then(|payload| packing::describe(first, payload)).unwrap_or(TailRecord {
        first,
        last: first,
        updates: 1,
        payload: 0,
        stored: (key.len() + value.len()) as u64,
        parts: 1,
    })
}

/// Visits one key of each generation of each document instead of every chunk.
fn snapshots(engine: &Engine, numbers: &Numbers, opened: &mut Opened) -> Result<(), StorageError> {
    let mut start = Some(Vec::new());
    while let Some(from) = start.take() {
        let Some(found) = engine.range(Kind::Snapshots, from).next() else { break };
        let (key, _) = found?;
        let Some((number, generation, _)) = keys::parse_triple(&key) else {
            opened.catalogue.damage.push("the snapshots hold a record with an unreadable key".into());
            break;
        };
        opened.next_generation = opened.next_generation.max(generation + 1);
        opened.position.next_number = opened.position.next_number.max(number + 1);
        if is_old_generation(numbers, &opened.catalogue, number, generation) {
            remove_generation(engine, number, generation, &mut opened.debris)?;
        }
        start = Some(keys::triple(number, generation + 1, 0));
    }
    Ok(())
}

fn is_old_generation(numbers: &Numbers, catalogue: &Catalogue, number: u64, generation: u64) -> bool {
    match numbers.documents.get(&number) {
        Some(key) => {
            let snapshot = catalogue.documents.get(key).and_then(|document| document.snapshot);
            snapshot.is_none_or(|snapshot| snapshot.generation != generation)
        }
        None => numbers.complete,
    }
}

fn remove_generation(
    engine: &Engine,
    number: u64,
    generation: u64,
    debris: &mut Vec<Operation>,
) -> Result<(), StorageError> {
    for found in engine.range(Kind::Snapshots, keys::triple(number, generation, 0)) {
        let (key, _) = found?;
        match keys::parse_triple(&key) {
            Some((other, another, _)) if (other, another) == (number, generation) => {
                debris.push(Operation::remove(Kind::Snapshots, key.to_vec()));
            }
            _ => break,
        }
    }
    Ok(())
}

fn events(engine: &Engine, opened: &mut Opened) -> Result<(), StorageError> {
    for found in engine.range(Kind::Events, Vec::new()) {
        let (key, value) = found?;
        let Some((seq, part)) = keys::parse_event(&key) else {
            opened.catalogue.damage.push("the event log holds a record with an unreadable key".into());
            continue;
        };
        opened.position.event = opened.position.event.max(seq);
        if part == 0 {
            opened.catalogue.insert_event(seq, total_length(&key, &value));
        }
    }
    Ok(())
}

/// The length of the value a first part belongs to; 0 if it is damaged, which reading it will say.
fn total_length(key: &[u8], value: &[u8]) -> usize {
    let mut joiner = Joiner::default();
    let pushed = record::open(key, value).and_then(|payload| joiner.push(payload));
    pushed.ok().and(joiner.total()).unwrap_or(0)
}

fn meta(engine: &Engine, opened: &mut Opened) -> Result<(), StorageError> {
    let mut names: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut lengths: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for found in engine.range(Kind::Meta, Vec::new()) {
        let (key, value) = found?;
        let Some((name, part)) = keys::split_part(&key) else {
            opened.catalogue.damage.push("the metadata holds a record with an unreadable key".into());
            continue;
        };
        names.insert(name.to_vec());
        if part == 0 {
            lengths.insert(name.to_vec(), total_length(&key, &value));
        }
    }
    for name in names {
        let parts = record::part_count(lengths.get(&name).copied().unwrap_or(0));
        let value = joined(engine, Kind::Meta, parts, |part| keys::with_part(&name, part))?;
        opened.catalogue.set_meta(String::from_utf8_lossy(&name).into_owned(), Some(value.map(Bytes::from)));
    }
    Ok(())
}

fn blobs(engine: &Engine, opened: &mut Opened) -> Result<(), StorageError> {
    let mut known: BTreeSet<[u8; 32]> = BTreeSet::new();
    for found in engine.range(Kind::Blobs, Vec::new()) {
        let (key, value) = found?;
        let Ok(hash) = <[u8; 32]>::try_from(key.as_ref()) else {
            opened.catalogue.damage.push("the blobs hold a record with an unreadable key".into());
            continue;
        };
        known.insert(hash);
        match record::open(&key, &value).and_then(record::decode::<BlobHead>) {
            Ok(head) => opened.catalogue.insert_blob(hash, head),
            Err(what) => opened.catalogue.damage.push(format!("{}: {what}", blob_name(&BlobHash(hash)))),
        }
    }
    unfinished_blobs(engine, &known, &mut opened.debris)
}

/// Chunks of blobs that never got their head.
fn unfinished_blobs(
    engine: &Engine,
    known: &BTreeSet<[u8; 32]>,
    debris: &mut Vec<Operation>,
) -> Result<(), StorageError> {
    let mut start = Vec::new();
    while let Some(found) = engine.range(Kind::BlobChunks, start).next() {
        let (key, _) = found?;
        let Some((hash, part)) = keys::split_part(&key) else { break };
        if known.contains(hash) {
            start = keys::with_part(hash, u32::MAX);
        } else {
            debris.push(Operation::remove(Kind::BlobChunks, key.to_vec()));
            start = keys::with_part(hash, part.saturating_add(1));
        }
    }
    Ok(())
}
