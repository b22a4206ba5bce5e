//! Reading everything once, for the doctor.
//!
//! Owns the report. Invariant: damage in one place never hides what another place holds.

use crate::{
    StorageError, reading,
    sled_store::SledStore,
    store::{BlobHash, Report, Store},
};

/// Reads every document, event, small value and blob of one moment of the store.
pub(crate) fn inspect(store: &SledStore) -> Result<Report, StorageError> {
    let (engine, _pin, catalogue) = store.shared.pinned(|catalogue| catalogue.clone())?;
    let mut report = Report {
        documents: catalogue.documents.len() as u64,
        blobs: catalogue.blobs.len() as u64,
        events: catalogue.events.len() as u64,
        size: store.size()?,
        damage: catalogue.damage.clone(),
        damaged: Vec::new(),
    };
    let documents = catalogue.documents.iter().map(|(key, found)| {
        let read = reading::document(&engine, key, found).map(drop);
        if matches!(read, Err(StorageError::Corrupt { .. })) {
            report.damaged.push(key.clone());
        }
        read
    });
    let documents: Vec<_> = documents.collect();
    let events = catalogue.events.iter().map(|(seq, bytes)| reading::event(&engine, *seq, *bytes).map(drop));
    let blobs = catalogue.blobs.iter().map(|(hash, head)| reading::blob(&engine, &BlobHash(*hash), *head).map(drop));
    for found in documents.into_iter().chain(events).chain(blobs) {
        match found {
            Ok(()) => {}
            Err(StorageError::Corrupt { document, what }) => report.damage.push(sentence(&document, &what)),
            Err(other) => return Err(other),
        }
    }
    for (key, value) in &catalogue.meta {
        report.damage.extend(value.as_ref().err().map(|what| sentence(&format!("metadata `{key}`"), what)));
    }
    Ok(report)
}

fn sentence(place: &str, what: &str) -> String {
    format!("{place} is damaged: {what}.")
}
