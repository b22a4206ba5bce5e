//! The contract of a store, run on every implementation.

use bytes::Bytes;
use coscribe_storage::{BlobHash, Entry, MemoryStore, StorageError, Store};

use crate::support::{key, load, open, tail, update, wait_durable, write};

type Rule = (&'static str, fn(&dyn Store));

const RULES: &[Rule] = &[
    ("numbers rise from one, for entries and events", numbers_rise),
    ("updates come back in order, small and large", updates_in_order),
    ("a document that was never written is not there", unknown_document),
    ("a snapshot replaces what it covers and nothing more", snapshot_replaces),
    ("an older snapshot does not replace a newer one", older_snapshot),
    ("a deleted document is gone and may begin again", deletion),
    ("compacting a deleted document does not bring it back", compaction_after_deletion),
    ("an entry may delete and write a document at once", replacement),
    ("small values are set, replaced and removed", metadata),
    ("small values are found by prefix in order", metadata_by_prefix),
    ("events are read from a position and trimmed", events),
    ("the same blob is kept once and read back whole", blobs),
    ("names and values over the limit are refused", limits),
    ("documents are listed with their sizes", listing),
    ("an entry with nothing in it still gets a number", empty_entry),
];

#[test]
fn the_store_on_disk_keeps_every_rule() {
    for (name, rule) in RULES {
        eprintln!("rule: {name}");
        let directory = tempfile::tempdir().unwrap();
        rule(&open(directory.path()));
    }
}

#[test]
fn the_store_in_memory_keeps_every_rule() {
    for (name, rule) in RULES {
        eprintln!("rule: {name}");
        rule(&MemoryStore::new());
    }
}

fn numbers_rise(store: &dyn Store) {
    let events = vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    let first = store.append(Entry { events, ..Entry::default() }).unwrap();
    let second = store.append(update("a", "x")).unwrap();
    let third = store.append(Entry { events: vec![Bytes::new()], ..Entry::default() }).unwrap();
    assert_eq!((first.seq.0, first.events), (1, 1..3));
    assert_eq!((second.seq.0, second.events), (2, 3..3));
    assert_eq!((third.seq.0, third.events), (3, 3..4));
    wait_durable(store, third.seq);
    assert_eq!(store.durability().borrow().last_event, 3);
}

fn updates_in_order(store: &dyn Store) {
    let sizes = [1, 0, 5_000, 5_200, 100_000, 3, 3, 3, 70_000, 4_999];
    let contents: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(index, size)| vec![index as u8; *size]).collect();
    for content in &contents {
        store.append(update("a", content)).unwrap();
        store.append(update("b", "between")).unwrap();
    }
    assert_eq!(tail(store, "a"), contents, "loading waits for what was accepted before");
    let seqs: Vec<u64> = load(store, "a").tail.iter().map(|(seq, _)| seq.0).collect();
    assert_eq!(seqs, (0..10).map(|index| index * 2 + 1).collect::<Vec<_>>());
}

fn unknown_document(store: &dyn Store) {
    assert!(store.load(&key("nobody")).unwrap().is_none());
    assert!(store.documents().unwrap().is_empty());
}

/// Compaction only queues; entries of the same document that come after it are decided after it began. Two later
/// writes are enough for it to be through: one carries the chunks, one the pointer.
fn compacted(store: &dyn Store, document: &str, tail_updates: u64) {
    for _ in 0..1_000 {
        let documents = store.documents().unwrap();
        if documents.iter().any(|info| info.key == key(document) && info.tail_updates == tail_updates) {
            return;
        }
        write(store, Entry::default());
    }
    panic!("{document} was never compacted: {:?}", store.documents().unwrap());
}

fn snapshot_replaces(store: &dyn Store) {
    let mut seqs = Vec::new();
    for index in 0..10u8 {
        seqs.push(store.append(update("a", [index])).unwrap().seq);
    }
    wait_durable(store, seqs[9]);
    let snapshot = Bytes::from(vec![42; 50_000]);
    store.compact(&key("a"), seqs[6], snapshot.clone()).unwrap();
    compacted(store, "a", 3);
    let loaded = load(store, "a");
    assert_eq!(loaded.snapshot, Some((seqs[6], snapshot)));
    assert_eq!(loaded.tail, [(seqs[7], vec![7].into()), (seqs[8], vec![8].into()), (seqs[9], vec![9].into())]);
    write(store, update("a", "more"));
    assert_eq!(tail(store, "a").len(), 4);
}

fn older_snapshot(store: &dyn Store) {
    let first = store.append(update("a", "1")).unwrap().seq;
    let second = write(store, update("a", "2"));
    store.compact(&key("a"), second, "new".into()).unwrap();
    compacted(store, "a", 0);
    store.compact(&key("a"), first, "old".into()).unwrap();
    store.compact(&key("b"), first, "nobody".into()).unwrap();
    for _ in 0..4 {
        write(store, Entry::default());
    }
    assert_eq!(load(store, "a").snapshot, Some((second, "new".into())));
    assert!(store.load(&key("b")).unwrap().is_none());
}

fn deletion(store: &dyn Store) {
    let seq = write(store, update("a", vec![1; 20_000]));
    store.compact(&key("a"), seq, vec![2; 20_000].into()).unwrap();
    write(store, update("a", "tail"));
    let delete = || Entry { delete: Some(key("a")), ..Entry::default() };
    store.append(update("a", "before")).unwrap();
    store.append(delete()).unwrap();
    assert!(store.load(&key("a")).unwrap().is_none());
    assert!(store.documents().unwrap().is_empty());
    store.append(update("a", "again")).unwrap();
    assert_eq!(tail(store, "a"), [b"again"]);
    assert!(load(store, "a").snapshot.is_none());
    write(store, delete());
    write(store, delete());
    assert!(store.load(&key("a")).unwrap().is_none());
}

fn compaction_after_deletion(store: &dyn Store) {
    let seq = write(store, update("a", "x"));
    store.compact(&key("a"), seq, vec![1; 2_000_000].into()).unwrap();
    store.append(Entry { delete: Some(key("a")), ..Entry::default() }).unwrap();
    store.append(update("a", "second life")).unwrap();
    for _ in 0..8 {
        write(store, Entry::default());
    }
    assert_eq!(tail(store, "a"), [b"second life"]);
    assert!(load(store, "a").snapshot.is_none());
}

fn replacement(store: &dyn Store) {
    write(store, update("a", "old"));
    write(store, Entry { delete: Some(key("a")), ..update("a", "new") });
    assert_eq!(tail(store, "a"), [b"new"]);
}

fn set(key: &str, value: Option<&[u8]>) -> Entry {
    Entry { meta: vec![(key.into(), value.map(Bytes::copy_from_slice))], ..Entry::default() }
}

fn metadata(store: &dyn Store) {
    assert_eq!(store.meta("title").unwrap(), None);
    let long = vec![9; 20_000];
    for value in [&b"first"[..], &long, b"", b"last"] {
        write(store, set("title", Some(value)));
        assert_eq!(store.meta("title").unwrap().as_deref(), Some(value));
    }
    write(store, set("title", None));
    write(store, set("never", None));
    assert_eq!(store.meta("title").unwrap(), None);
}

fn metadata_by_prefix(store: &dyn Store) {
    for key in ["a/2", "b/1", "a/1", "a", "a/10"] {
        write(store, set(key, Some(key.as_bytes())));
    }
    let keys = |prefix| store.meta_with_prefix(prefix).unwrap().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    assert_eq!(keys("a/"), ["a/1", "a/10", "a/2"]);
    assert_eq!(keys("").len(), 5);
    assert!(keys("c").is_empty());
}

fn events(store: &dyn Store) {
    assert_eq!(store.first_event().unwrap(), None);
    let payloads: Vec<Bytes> = (0..20).map(|index| vec![index as u8; index * 1_000].into()).collect();
    write(store, Entry { events: payloads.clone(), ..Entry::default() });
    let read = |since, limit| store.events_after(since, limit).unwrap();
    assert_eq!(read(0, 100).into_iter().map(|event| event.payload).collect::<Vec<_>>(), payloads);
    assert_eq!(read(5, 3).into_iter().map(|event| event.seq).collect::<Vec<_>>(), [6, 7, 8]);
    assert!(read(20, 10).is_empty() && read(u64::MAX, 10).is_empty());
    store.trim_events(11).unwrap();
    assert_eq!(store.first_event().unwrap(), Some(11));
    assert_eq!(read(0, 1)[0].seq, 11);
    store.trim_events(100).unwrap();
    assert_eq!(store.first_event().unwrap(), None);
    let next = store.append(Entry { events: vec![Bytes::new()], ..Entry::default() }).unwrap();
    assert_eq!(next.events, 21..22, "numbers go on after everything was trimmed");
}

fn blobs(store: &dyn Store) {
    for size in [0, 1, 6_000, 3_000_000] {
        let content = vec![size as u8; size];
        let hash = store.put_blob(&content).unwrap();
        let once = store.size().unwrap().live;
        assert_eq!(store.put_blob(&content).unwrap(), hash);
        assert_eq!(store.size().unwrap().live, once);
        assert!(store.blob(&hash).unwrap().is_some_and(|found| found == content));
    }
    assert_eq!(store.blob(&BlobHash([7; 32])).unwrap(), None);
}

fn limits(store: &dyn Store) {
    let too_large = |entry| matches!(store.append(entry), Err(StorageError::TooLarge { .. }));
    assert!(too_large(update(&"n".repeat(513), "x")));
    assert!(too_large(Entry { delete: Some(key(&"n".repeat(513))), ..Entry::default() }));
    assert!(too_large(set(&"k".repeat(513), None)));
    assert!(too_large(set("k", Some(&vec![0; 1024 * 1024 + 1]))));
    write(store, update(&"n".repeat(512), "x"));
    assert_eq!(store.documents().unwrap().len(), 1);
}

fn listing(store: &dyn Store) {
    store.append(update("b", "12345")).unwrap();
    store.append(update("b", "123")).unwrap();
    write(store, update("a", vec![0; 9_000]));
    let infos = store.documents().unwrap();
    let seen: Vec<_> = infos.iter().map(|info| (info.key.0.as_str(), info.tail_updates, info.tail_bytes)).collect();
    assert_eq!(seen, [("a", 1, 9_000), ("b", 2, 8)]);
    let report = store.inspect().unwrap();
    assert_eq!((report.documents, report.damage.len()), (2, 0));
}

fn empty_entry(store: &dyn Store) {
    let before = write(store, Entry::default());
    assert_eq!(write(store, Entry::default()).0, before.0 + 1);
}
