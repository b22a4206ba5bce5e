//! What every test needs: entries, waiting for durability, a store in a temporary directory.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use coscribe_storage::{DocumentKey, Durability, Entry, Loaded, Options, Seq, SledStore, Store};

/// Nothing in these tests takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn open(path: &Path) -> SledStore {
    SledStore::open(path, Options::default()).expect("the store opens")
}

pub fn key(name: &str) -> DocumentKey {
    DocumentKey(name.into())
}

pub fn update(document: &str, content: impl AsRef<[u8]>) -> Entry {
    Entry { update: Some((key(document), Bytes::copy_from_slice(content.as_ref()))), ..Entry::default() }
}

/// Waits until the store says something about durability that fulfils the condition.
pub fn wait_for(store: &dyn Store, condition: impl FnMut(&Durability) -> bool) -> Durability {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut watch = store.durability();
    let waited = runtime.block_on(async { tokio::time::timeout(PATIENCE, watch.wait_for(condition)).await });
    waited.expect("durability is reached in time").expect("the store lives").clone()
}

/// Waits until an entry is decided; it must be durable.
pub fn wait_durable(store: &dyn Store, seq: Seq) {
    let durability = wait_for(store, |durability| durability.flushed >= seq);
    assert!(durability.lost(seq).is_none(), "{:?}", durability.lost(seq));
}

/// Appends and waits.
pub fn write(store: &dyn Store, entry: Entry) -> Seq {
    let seq = store.append(entry).expect("the entry is accepted").seq;
    wait_durable(store, seq);
    seq
}

pub fn load(store: &dyn Store, document: &str) -> Loaded {
    store.load(&key(document)).expect("the document loads").expect("the document is there")
}

pub fn tail(store: &dyn Store, document: &str) -> Vec<Vec<u8>> {
    load(store, document).tail.into_iter().map(|(_, update)| update.to_vec()).collect()
}
