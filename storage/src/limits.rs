//! What a store takes, whichever store it is.
//!
//! Owns the bounds on names and values. Invariant: what passes here can be written and read back.

use crate::{StorageError, keys::NAME_LIMIT, store::Entry};

/// The largest update, snapshot or blob: a document's own limit.
pub(crate) const VALUE_LIMIT: usize = 256 * 1024 * 1024;
/// The largest event: as large as the largest message.
const EVENT_LIMIT: usize = 16 * 1024 * 1024;
/// The largest small value: all of them are kept in memory.
const META_LIMIT: usize = 1024 * 1024;

/// Refuses an entry with a name or value over its limit.
pub(crate) fn check_entry(entry: &Entry) -> Result<(), StorageError> {
    if let Some((document, update)) = &entry.update {
        check("a document name", document.0.len(), NAME_LIMIT)?;
        check(document, update.len(), VALUE_LIMIT)?;
    }
    if let Some(document) = &entry.delete {
        check("a document name", document.0.len(), NAME_LIMIT)?;
    }
    for event in &entry.events {
        check("an event", event.len(), EVENT_LIMIT)?;
    }
    for (key, value) in &entry.meta {
        check("a metadata key", key.len(), NAME_LIMIT)?;
        check(key, value.as_ref().map_or(0, |value| value.len()), META_LIMIT)?;
    }
    Ok(())
}

/// Refuses a snapshot or blob over its limit.
pub(crate) fn check_value(place: impl ToString, size: usize) -> Result<(), StorageError> {
    check(place, size, VALUE_LIMIT)
}

fn check(place: impl ToString, size: usize, limit: usize) -> Result<(), StorageError> {
    if size > limit { Err(StorageError::TooLarge { place: place.to_string(), size, limit }) } else { Ok(()) }
}
