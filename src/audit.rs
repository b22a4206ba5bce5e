//! The audit log: who did what when, from which address.
//!
//! Imports events (for the clock), vocabulary, ids and storage. Never knows HTTP.
//! Invariant: at most [`config::AUDIT_ENTRIES`](crate::config::AUDIT_ENTRIES) entries are kept, the newest ones; an
//! entry is on disk within one commit of what it tells of.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use storage::{Durability, Entry, MetaKey, Seq, StorageError, Store};

use crate::{
    config,
    ids::TokenId,
    vocabulary::{Actor, Millis},
};

const PREFIX: &str = "audit/";

/// One deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deed {
    pub at: Millis,
    pub actor: Actor,
    /// The named token it was done with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// Where it was asked for from.
    pub address: String,
    /// What was asked for: method and path, or the tool of an agent.
    pub action: String,
    /// How it was answered: the status of HTTP.
    pub status: u16,
}

/// The log. Clones share it.
#[derive(Clone)]
pub struct AuditLog {
    store: Arc<dyn Store>,
    kept: Arc<Mutex<Kept>>,
    most: u64,
}

/// Numbers of the entries there are: `first..next`.
struct Kept {
    first: u64,
    next: u64,
    /// The newest, as the store knows it.
    last: Seq,
}

impl AuditLog {
    /// The log as it is kept. Blocks.
    pub fn load(store: Arc<dyn Store>) -> Result<Self, StorageError> {
        Self::of(store, config::AUDIT_ENTRIES)
    }

    fn of(store: Arc<dyn Store>, most: u64) -> Result<Self, StorageError> {
        let numbers: Vec<u64> =
            store.meta_with_prefix(PREFIX)?.iter().filter_map(|(key, _)| key[PREFIX.len()..].parse().ok()).collect();
        let next = numbers.last().map_or(0, |last| last + 1);
        let first = numbers.first().copied().unwrap_or(next);
        Ok(Self { store, kept: Arc::new(Mutex::new(Kept { first, next, last: Seq::default() })), most })
    }

    /// Keeps a deed, and forgets the oldest.
    pub fn note(&self, deed: &Deed) {
        // Under the lock: entries come into the store in the order of their numbers.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut meta = vec![(key(kept.next), serde_json::to_vec(deed).map(Bytes::from).ok())];
        kept.next += 1;
        while kept.next - kept.first > self.most {
            meta.push((key(kept.first), None));
            kept.first += 1;
        }
        match self.store.append(Entry { meta, may_gather: true, ..Entry::default() }) {
            Ok(appended) => kept.last = appended.seq,
            Err(error) => {
                tracing::error!(%error, action = deed.action, actor = deed.actor.name, "a deed could not be kept");
            }
        }
    }

    /// Waits until everything that was noted is on disk, where it is read.
    pub async fn settled(&self) {
        let last = self.kept.lock().unwrap_or_else(PoisonError::into_inner).last;
        let mut durability = self.store.durability();
        let settled = |durability: &Durability| durability.flushed >= last || durability.lost(last).is_some();
        if durability.wait_for(settled).await.is_err() {
            tracing::debug!("the store has ended");
        }
    }

    /// The newest deeds, newest first. Blocks.
    pub fn newest(&self, limit: usize) -> Result<Vec<Deed>, StorageError> {
        let numbers = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.first..kept.next
        };
        numbers.rev().filter_map(|number| self.read(number).transpose()).take(limit).collect()
    }

    fn read(&self, number: u64) -> Result<Option<Deed>, StorageError> {
        let Some(bytes) = self.store.meta(&key(number))? else { return Ok(None) };
        let read = serde_json::from_slice(&bytes);
        Ok(read.inspect_err(|error| tracing::error!(%error, number, "an entry of the audit log cannot be read")).ok())
    }
}

fn key(number: u64) -> MetaKey {
    format!("{PREFIX}{number:020}")
}

#[cfg(test)]
mod tests {
    use storage::MemoryStore;

    use super::*;

    fn deed(number: i64) -> Deed {
        let action = format!("POST /{number}");
        Deed { at: number, actor: Actor::server(), token: None, address: "127.0.0.1".into(), action, status: 200 }
    }

    #[test]
    fn ms_33_the_newest_deeds_are_kept_through_restarts_and_the_oldest_go() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let log = AuditLog::of(store.clone(), 3).unwrap();
        (0..5).for_each(|number| log.note(&deed(number)));
        let again = AuditLog::of(store.clone(), 3).unwrap();
        again.note(&deed(5));
        assert_eq!(again.newest(10).unwrap(), [deed(5), deed(4), deed(3)]);
        assert_eq!(again.newest(1).unwrap(), [deed(5)]);
        assert_eq!(store.meta_with_prefix(PREFIX).unwrap().len(), 3);
    }
}
