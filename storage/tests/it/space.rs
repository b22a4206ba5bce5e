//! Space is given back, by itself, while the store serves and when it starts.

use std::path::Path;

use bytes::Bytes;
use coscribe_storage::{Entry, SledStore, Store};

use crate::support::{key, load, open, tail, update, wait_durable, write};

/// The promise: at most four times the live data plus eight mebibytes.
fn assert_within_promise(store: &SledStore) {
    store.settle();
    let size = store.size().unwrap();
    let allowed = 4 * size.live + 8 * 1024 * 1024;
    assert!(size.on_disk <= allowed, "{} on disk, {} live, {allowed} allowed", size.on_disk, size.live);
}

/// Compressible, but never the same twice.
fn content(index: u64, length: usize) -> Vec<u8> {
    (0..length as u64).map(|at| (index.wrapping_mul(31).wrapping_add(at * at)) as u8).collect()
}

fn fill(store: &dyn Store, documents: std::ops::Range<u64>, length: usize) {
    let mut last = None;
    for index in documents {
        last = Some(store.append(update(&format!("document-{index}"), content(index, length))).unwrap().seq);
    }
    wait_durable(store, last.unwrap());
}

fn delete(store: &dyn Store, documents: impl Iterator<Item = u64>) {
    let mut last = None;
    for index in documents {
        let entry = Entry { delete: Some(key(&format!("document-{index}"))), ..Entry::default() };
        last = Some(store.append(entry).unwrap().seq);
    }
    wait_durable(store, last.unwrap());
}

fn assert_whole(store: &dyn Store, index: u64, length: usize) {
    assert_eq!(tail(store, &format!("document-{index}")), [content(index, length)]);
}

#[test]
fn an_empty_store_is_small() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    assert_within_promise(&store);
}

#[test]
fn deleting_most_of_a_large_store_gives_its_space_back_while_it_serves() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    fill(&store, 0..600, 100_000);
    let full = store.size().unwrap().on_disk;
    assert!(full > 60_000_000, "{full}");
    delete(&store, (0..600).filter(|index| index % 50 != 0));
    assert_within_promise(&store);
    assert!(store.size().unwrap().on_disk < full / 4);
    for index in (0..600).step_by(50) {
        assert_whole(&store, index, 100_000);
    }
    drop(store);
    let again = open(directory.path());
    for index in (0..600).step_by(50) {
        assert_whole(&again, index, 100_000);
    }
    assert_eq!(again.documents().unwrap().len(), 12);
    assert_eq!(again.inspect().unwrap().damage, [""; 0]);
}

#[test]
fn what_is_written_while_a_copy_runs_is_in_the_copy() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let blob = store.put_blob(&content(77, 300_000)).unwrap();
    write(&store, Entry { meta: vec![("kept".into(), Some("before".into()))], ..Entry::default() });
    fill(&store, 0..400, 100_000);
    delete(&store, 0..300);
    let (mut round, mut appended, mut last_blob) = (0u64, 0u64, blob);
    let generations = |path: &Path| {
        let names = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| name.strip_prefix("data-")?.parse::<u64>().ok()).max().unwrap()
    };
    while std::fs::read_to_string(directory.path().join("current")).unwrap().contains("data-1\n") {
        round += 1;
        assert!(round < 10_000, "the copy never ends; newest generation {}", generations(directory.path()));
        let events = vec![round.to_be_bytes().to_vec().into()];
        let meta = vec![("kept".into(), Some(Bytes::copy_from_slice(&round.to_be_bytes())))];
        for document in [300 + round % 100, 1_000 + round, 0] {
            let entry = update(&format!("document-{document}"), round.to_be_bytes());
            store.append(Entry { events: events.clone(), meta: meta.clone(), ..entry }).unwrap();
            appended += 1;
        }
        write(&store, Entry { delete: Some(key(&format!("document-{}", 1_000 + round / 2))), ..Entry::default() });
        last_blob = store.put_blob(&round.to_be_bytes()).unwrap();
    }
    write(&store, update("document-after", "the swap"));
    store.settle();
    drop(store);
    let again = open(directory.path());
    assert_eq!(again.inspect().unwrap().damage, [""; 0]);
    assert_eq!(again.events_after(0, usize::MAX).unwrap().len() as u64, appended);
    assert_eq!(again.meta("kept").unwrap().unwrap(), round.to_be_bytes()[..]);
    assert_eq!(tail(&again, "document-0").len() as u64, round);
    let typed: usize = (300..400).map(|index| tail(&again, &format!("document-{index}")).len() - 1).sum();
    assert_eq!(typed as u64, round);
    assert!(again.load(&key(&format!("document-{}", 1_000 + round / 2))).unwrap().is_none());
    assert_eq!(tail(&again, &format!("document-{}", 1_000 + round)), [round.to_be_bytes()]);
    assert!(again.blob(&blob).unwrap().is_some() && again.blob(&last_blob).unwrap().is_some());
    assert_eq!(tail(&again, "document-after"), [b"the swap"]);
}

#[test]
fn a_store_that_was_left_too_large_gives_space_back_after_its_start() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    fill(&store, 0..300, 100_000);
    delete(&store, 1..300);
    drop(store);
    let store = open(directory.path());
    assert_within_promise(&store);
    assert_whole(&store, 0, 100_000);
}

#[test]
fn compacting_the_same_document_over_and_over_stays_within_the_promise() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for round in 0..60 {
        let seq = write(&store, update("a", content(round, 10_000)));
        store.compact(&key("a"), seq, content(round, 1_000_000).into()).unwrap();
    }
    assert_within_promise(&store);
    assert_eq!(load(&store, "a").snapshot.unwrap().1, content(59, 1_000_000));
}

#[test]
fn small_updates_in_small_groups_stay_within_the_promise() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for index in 0..20_000u64 {
        let document = format!("document-{}", index % 500);
        let seq = store.append(update(&document, b"fifteen bytes..")).unwrap().seq;
        if index % 20 == 0 {
            wait_durable(&store, seq);
        }
    }
    assert_within_promise(&store);
}

#[test]
fn many_tiny_documents_stay_within_the_promise() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    fill(&store, 0..40_000, 15);
    assert_within_promise(&store);
}

#[test]
fn events_that_come_and_go_stay_within_the_promise() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for round in 0..40u64 {
        let events = (0..2_000).map(|_| Bytes::from(vec![round as u8; 300])).collect();
        let appended = store.append(Entry { events, ..Entry::default() }).unwrap();
        wait_durable(&store, appended.seq);
        store.trim_events(appended.events.start).unwrap();
    }
    assert_within_promise(&store);
    assert_eq!(store.events_after(0, usize::MAX).unwrap().len(), 2_000);
}

#[test]
fn a_copy_that_cannot_become_the_store_is_given_up_and_service_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    // The pointer's temporary name is taken by a directory, so the pointer cannot be replaced.
    std::fs::create_dir(directory.path().join("current.new")).unwrap();
    fill(&store, 0..200, 100_000);
    delete(&store, 1..200);
    store.settle();
    write(&store, update("document-0", "service goes on"));
    assert!(store.size().unwrap().on_disk > 16_000_000, "nothing was given back");
    assert!(!directory.path().join("data-2").exists(), "the copy is removed");
    drop(store);
    std::fs::remove_dir(directory.path().join("current.new")).unwrap();
    let store = open(directory.path());
    assert_within_promise(&store);
    assert_eq!(tail(&store, "document-0"), [content(0, 100_000), b"service goes on".to_vec()]);
}
