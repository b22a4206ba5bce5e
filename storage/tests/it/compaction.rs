//! Compaction at every step: nothing is lost, leftovers are swept, readers are not disturbed.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use coscribe_storage::Store;

use crate::support::{key, load, open, tail, update, wait_durable, write};

#[test]
fn a_store_closed_in_the_middle_of_a_compaction_has_lost_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let seq = write(&store, update("a", "one"));
    store.compact(&key("a"), seq, vec![7; 60_000_000].into()).unwrap();
    store.append(update("a", "two")).unwrap();
    store.close();
    let again = open(directory.path());
    let loaded = load(&again, "a");
    let updates: Vec<_> = loaded.tail.iter().map(|(_, update)| update.clone()).collect();
    match loaded.snapshot {
        Some((upto, content)) => {
            assert_eq!((upto, content.len(), &updates[..]), (seq, 60_000_000, &["two".into()][..]))
        }
        None => assert_eq!(updates, ["one", "two"]),
    }
}

#[test]
fn a_store_that_is_closed_still_folds_what_is_small() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let seq = write(&store, update("a", "one"));
    store.compact(&key("a"), seq, "folded".into()).unwrap();
    store.close();
    let loaded = load(&open(directory.path()), "a");
    assert_eq!((loaded.snapshot, loaded.tail.len()), (Some((seq, "folded".into())), 0));
}

#[test]
fn appends_become_durable_while_a_large_snapshot_is_being_written() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let seq = write(&store, update("large", "x"));
    store.compact(&key("large"), seq, vec![7; 50_000_000].into()).unwrap();
    let mut meanwhile = 0;
    while load(&store, "large").snapshot.is_none() {
        write(&store, update("small", "typed meanwhile"));
        meanwhile += 1;
    }
    assert!(meanwhile >= 10, "only {meanwhile} appends while 50 MB were written");
}

#[test]
fn readers_see_a_whole_document_while_it_is_compacted_over_and_over() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let done = AtomicBool::new(false);
    write(&store, update("a", 0u64.to_be_bytes()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let loaded = load(&store, "a");
                    let folded = loaded.snapshot.map_or(0, |(_, content)| content.len() as u64 / 8);
                    let numbers: Vec<u64> = loaded
                        .tail
                        .iter()
                        .map(|(_, update)| u64::from_be_bytes(update[..].try_into().unwrap()))
                        .collect();
                    let expected: Vec<u64> = (folded..folded + numbers.len() as u64).collect();
                    assert_eq!(numbers, expected, "after a snapshot of {folded}");
                }
            });
        }
        let mut last = None;
        for number in 1..4_000u64 {
            let seq = store.append(update("a", number.to_be_bytes())).unwrap().seq;
            if number % 20 == 0 {
                store.compact(&key("a"), seq, Bytes::from(vec![0; (number as usize + 1) * 8])).unwrap();
            }
            last = Some(seq);
        }
        wait_durable(&store, last.unwrap());
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_snapshot_that_cuts_a_group_of_updates_in_two_keeps_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for cut in [0, 57, 98] {
        let seqs: Vec<_> = (0..100u8).map(|index| store.append(update("a", [index])).unwrap().seq).collect();
        store.compact(&key("a"), seqs[cut], "folded".into()).unwrap();
        store.settle();
        assert_eq!(load(&store, "a").snapshot, Some((seqs[cut], "folded".into())));
        let expected: Vec<Vec<u8>> = (cut as u8 + 1..100).map(|index| vec![index]).collect();
        assert_eq!(tail(&store, "a"), expected);
        let reopened = tail(&store, "a");
        store.compact(&key("a"), seqs[99], "all".into()).unwrap();
        store.settle();
        assert!(tail(&store, "a").is_empty() && reopened.len() == 99 - cut);
    }
    drop(store);
    assert!(tail(&open(directory.path()), "a").is_empty());
}
