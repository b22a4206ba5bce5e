//! Backups are one moment of the store, whole or refused; a restore brings back exactly that.

use std::{fs, path::Path};

use bytes::Bytes;
use coscribe_storage::{Entry, MemoryStore, SledStore, StorageError, Store, restore, verify};

use crate::support::{key, load, open, tail, update, wait_durable, write};

/// Something of everything.
fn furnish(store: &dyn Store) {
    for index in 0..50u64 {
        let entry = update(&format!("document-{}", index % 5), vec![index as u8; (index * 400) as usize]);
        let events = vec![Bytes::from(format!("event {index}"))];
        let meta = vec![(format!("key-{}", index % 7), Some(Bytes::from(format!("value {index}"))))];
        write(store, Entry { events, meta, ..entry });
    }
    let upto = load(store, "document-2").tail[4].0;
    store.compact(&key("document-2"), upto, vec![9; 1_500_000].into()).unwrap();
    store.put_blob(&[1; 2_500_000]).unwrap();
    store.put_blob(b"").unwrap();
    store.trim_events(10).unwrap();
}

/// Everything the world can see of a store.
fn everything(store: &dyn Store) -> String {
    let documents = store.documents().unwrap();
    let contents: Vec<_> = documents.iter().map(|info| load(store, &info.key.0)).collect();
    let events = store.events_after(0, usize::MAX).unwrap();
    let position = store.durability().borrow().clone();
    let meta = store.meta_with_prefix("").unwrap();
    let report = store.inspect().unwrap();
    assert_eq!(report.damage, [""; 0]);
    let counts = (report.blobs, report.events, report.documents);
    format!("{documents:?} {contents:?} {events:?} {meta:?} {position:?} {counts:?}")
}

#[test]
fn what_is_backed_up_is_what_is_restored() {
    let place = tempfile::tempdir().unwrap();
    let store = open(&place.path().join("store"));
    furnish(&store);
    store.settle();
    let file = place.path().join("backup");
    store.backup(&file).unwrap();
    verify(&file).unwrap();
    let restored = place.path().join("deep").join("restored");
    restore(&file, &restored).unwrap();
    let again = open(&restored);
    assert_eq!(everything(&again), everything(&store));
    assert_eq!(again.blob(&again.put_blob(&[1; 2_500_000]).unwrap()).unwrap().unwrap().len(), 2_500_000);
    let (here, there) = (write(&store, update("next", "x")), write(&again, update("next", "x")));
    assert_eq!(here, there, "numbers go on where they were");
}

#[test]
fn a_store_in_memory_backs_up_in_the_same_format() {
    let place = tempfile::tempdir().unwrap();
    let store = MemoryStore::new();
    furnish(&store);
    let file = place.path().join("backup");
    store.backup(&file).unwrap();
    restore(&file, &place.path().join("restored")).unwrap();
    assert_eq!(everything(&open(&place.path().join("restored"))), everything(&store));
}

/// Entry n writes n to one of two documents, as an event and as a small value: a backup must hold a prefix of them.
fn assert_is_one_moment(store: &SledStore) {
    let count = store.durability().borrow().last_event;
    assert_eq!(store.events_after(0, usize::MAX).unwrap().len() as u64, count);
    let last = store.meta("last").unwrap().map(|value| value.to_vec());
    assert_eq!(last, (count > 0).then(|| (count - 1).to_be_bytes().to_vec()));
    for parity in 0..2 {
        let expected: Vec<u64> = (parity..count).step_by(2).collect();
        let loaded = store.load(&key(&format!("document-{parity}"))).unwrap().unwrap_or_default();
        let folded = loaded.snapshot.map_or_else(Bytes::new, |(_, content)| content);
        let numbers = folded.chunks(8).map(|bytes| u64::from_be_bytes(bytes.try_into().unwrap()));
        let updates = loaded.tail.iter().map(|(_, update)| u64::from_be_bytes(update[..].try_into().unwrap()));
        assert_eq!(numbers.chain(updates).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_backup_taken_while_writing_compacting_and_deleting_is_one_moment() {
    let place = tempfile::tempdir().unwrap();
    let store = open(&place.path().join("store"));
    let write_on = |number: u64| {
        let bytes = Bytes::copy_from_slice(&number.to_be_bytes());
        let entry = update(&format!("document-{}", number % 2), &bytes);
        let meta = vec![("last".into(), Some(bytes.clone()))];
        let seq = store.append(Entry { events: vec![bytes], meta, ..entry }).unwrap().seq;
        if number % 100 == 99 {
            wait_durable(&store, seq);
            let name = key(&format!("document-{}", number % 2));
            let snapshot: Vec<u8> = (number % 2..=number).step_by(2).flat_map(u64::to_be_bytes).collect();
            store.compact(&name, seq, snapshot.into()).unwrap();
            store.append(update("scratch", vec![0; 400_000])).unwrap();
            store.append(Entry { delete: Some(key("scratch")), ..Entry::default() }).unwrap();
        }
    };
    let done = std::sync::atomic::AtomicBool::new(false);
    let files: Vec<_> = (0..8).map(|index| place.path().join(format!("backup-{index}"))).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..).take_while(|_| !done.load(std::sync::atomic::Ordering::Relaxed)).for_each(write_on));
        for file in &files {
            let before = store.durability().borrow().flushed;
            store.backup(file).unwrap();
            crate::support::wait_for(&store, |durability| durability.flushed.0 > before.0 + 200);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let mut counts = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let directory = place.path().join(format!("restored-{index}"));
        restore(file, &directory).unwrap();
        let restored = open(&directory);
        assert_is_one_moment(&restored);
        counts.push(restored.durability().borrow().last_event);
    }
    assert!(counts.is_sorted() && counts[0] < counts[7], "{counts:?}");
}

fn assert_leaves_nothing(file: &Path, directory: &Path, existed: bool) {
    if existed {
        fs::create_dir(directory).unwrap();
    }
    let refused = restore(file, directory);
    assert!(matches!(refused, Err(StorageError::BadBackup { .. })), "{refused:?}");
    assert_eq!(directory.exists(), existed);
    if existed {
        assert_eq!(fs::read_dir(directory).unwrap().count(), 0);
        fs::remove_dir(directory).unwrap();
    }
}

#[test]
fn a_damaged_or_cut_off_backup_is_refused_and_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let store = open(&place.path().join("store"));
    for index in 0..20u8 {
        write(&store, update("a", [index; 100]));
    }
    let file = place.path().join("backup");
    store.backup(&file).unwrap();
    let whole = fs::read(&file).unwrap();
    let (damaged, directory) = (place.path().join("damaged"), place.path().join("restored"));
    for position in (0..whole.len()).step_by(whole.len() / 150) {
        let mut bytes = whole.clone();
        bytes[position] ^= 0x41;
        fs::write(&damaged, &bytes).unwrap();
        assert!(verify(&damaged).is_err(), "byte {position}");
        fs::write(&damaged, &whole[..position]).unwrap();
        assert!(matches!(verify(&damaged), Err(StorageError::BadBackup { .. })), "cut at {position}");
    }
    let longer = [&whole[..], b"x"].concat();
    for bytes in [&whole[..whole.len() - 1], &longer, b"", b"something else entirely, a photograph"] {
        fs::write(&damaged, bytes).unwrap();
        assert_leaves_nothing(&damaged, &directory, false);
        assert_leaves_nothing(&damaged, &directory, true);
    }
}

#[test]
fn a_backup_of_a_newer_format_is_told_apart_from_a_damaged_one() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("backup");
    MemoryStore::new().backup(&file).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    bytes[16] = 99;
    fs::write(&file, &bytes).unwrap();
    let refused = restore(&file, &place.path().join("restored"));
    assert!(matches!(refused, Err(StorageError::NewerFormat { found: 99, .. })), "{refused:?}");
}

#[test]
fn a_directory_that_holds_something_is_not_restored_into() {
    let place = tempfile::tempdir().unwrap();
    let store = open(&place.path().join("store"));
    write(&store, update("a", "kept"));
    let file = place.path().join("backup");
    store.backup(&file).unwrap();
    store.close();
    let refused = restore(&file, &place.path().join("store"));
    assert!(matches!(refused, Err(StorageError::NotEmpty { .. })), "{refused:?}");
    assert_eq!(tail(&open(&place.path().join("store")), "a"), [b"kept"]);
}

#[test]
fn a_backup_that_cannot_be_written_leaves_no_half_file() {
    let place = tempfile::tempdir().unwrap();
    let store = open(&place.path().join("store"));
    write(&store, update("a", "x"));
    assert!(store.backup(&place.path().join("no such directory").join("backup")).is_err());
    fs::create_dir(place.path().join("taken")).unwrap();
    fs::write(place.path().join("taken").join("file"), "x").unwrap();
    assert!(store.backup(&place.path().join("taken")).is_err());
    assert!(!place.path().join("taken.part").exists());
}
