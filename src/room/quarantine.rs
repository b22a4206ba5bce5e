//! Documents that are not opened because the engine hung on them: marking, listing and taking back.
//!
//! The marks are metadata of the store, so they outlive the process. Imports storage, catalogue, ids. Everything here
//! blocks. Invariant: what it answers to have done is on disk.

use std::{
    collections::HashSet,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use storage::{Entry, StorageError, Store};

use crate::{
    catalogue::{Listed, NotebookRecord, ProjectRecord, Record, SET_ASIDE_PREFIX, WidgetsRecord, set_aside_key},
    ids::DocumentId,
};

/// How long a mark may take to reach the disk. The watchdog replaces the process afterwards, marked or not.
const WRITE_MAX: Duration = Duration::from_secs(5);

/// How often is looked whether it has.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// A document that is not opened, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetAside {
    /// Its name, as in `WS /ws/{document}`.
    pub document: String,
    pub cause: String,
}

/// All documents that are set aside, by name.
pub fn set_aside_documents(store: &dyn Store) -> Result<Vec<SetAside>, StorageError> {
    let named = |(key, cause): (String, Bytes)| SetAside {
        document: key.strip_prefix(SET_ASIDE_PREFIX).unwrap_or(&key).to_owned(),
        cause: String::from_utf8_lossy(&cause).into_owned(),
    };
    Ok(store.meta_with_prefix(SET_ASIDE_PREFIX)?.into_iter().map(named).collect())
}

/// Lets a document be opened again; false if it was not set aside.
pub fn take_back(store: &dyn Store, document: &DocumentId) -> Result<bool, StorageError> {
    let known = store.meta(&set_aside_key(document))?.is_some();
    if known {
        write(store, Entry { meta: vec![(set_aside_key(document), None)], ..Entry::default() })?;
    }
    Ok(known)
}

/// Why a document is set aside, if it is.
pub(super) fn cause(store: &dyn Store, document: &DocumentId) -> Result<Option<String>, StorageError> {
    let cause = store.meta(&set_aside_key(document))?;
    Ok(cause.map(|cause| String::from_utf8_lossy(&cause).into_owned()))
}

/// Sets a document aside.
pub(super) fn set_aside(store: &dyn Store, document: &DocumentId, cause: &'static str) -> Result<(), StorageError> {
    let meta = vec![(set_aside_key(document), Some(Bytes::from_static(cause.as_bytes())))];
    write(store, Entry { meta, ..Entry::default() })
}

/// Forgets all that the catalogue knows of a document whose content was moved out of the store: a record without
/// content would be a notebook that can never be opened. False if it knew nothing.
pub fn forget(store: &dyn Store, document: &DocumentId) -> Result<bool, StorageError> {
    let keys = Record::key(document).into_iter().chain([set_aside_key(document)]);
    // A value that cannot be read is there as well.
    let known: Vec<_> = keys.filter(|key| !matches!(store.meta(key), Ok(None))).collect();
    if known.is_empty() {
        return Ok(false);
    }
    let meta = known.into_iter().map(|key| (key, None)).collect();
    write(store, Entry { meta, ..Entry::default() })?;
    Ok(true)
}

/// Documents that the catalogue knows but the store has no content of. They are never shown as empty ones.
pub fn hollow_documents(store: &dyn Store) -> Result<Vec<DocumentId>, StorageError> {
    let with_content: HashSet<String> = store.documents()?.into_iter().map(|found| found.key.0).collect();
    let mut documents = known::<NotebookRecord>(store, DocumentId::Notebook)?;
    documents.extend(known::<ProjectRecord>(store, DocumentId::Project)?);
    documents.extend(known::<WidgetsRecord>(store, DocumentId::Widgets)?);
    documents.retain(|document| !with_content.contains(&document.to_string()));
    Ok(documents)
}

/// The documents of one kind that the catalogue knows.
fn known<R: Listed>(store: &dyn Store, kind: fn(R::Id) -> DocumentId) -> Result<Vec<DocumentId>, StorageError> {
    let records = store.meta_with_prefix(R::PREFIX)?;
    Ok(records.into_iter().filter_map(|(key, _)| R::id_in(&key).map(kind)).collect())
}

/// Writes an entry and waits until it is on disk.
fn write(store: &dyn Store, entry: Entry) -> Result<(), StorageError> {
    let durability = store.durability();
    let seq = store.append(entry)?.seq;
    let deadline = Instant::now() + WRITE_MAX;
    loop {
        let (flushed, lost) = {
            let now = durability.borrow();
            (now.flushed >= seq, now.lost(seq).cloned())
        };
        match lost {
            Some(error) => return Err(error),
            None if flushed => return Ok(()),
            None if Instant::now() > deadline => return Err(too_slow()),
            None => std::thread::sleep(LOOK_INTERVAL),
        }
    }
}

fn too_slow() -> StorageError {
    StorageError::Io { place: "the journal".into(), cause: Arc::new(io::ErrorKind::TimedOut.into()) }
}
