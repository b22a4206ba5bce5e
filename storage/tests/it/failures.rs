//! Full disks, read-only directories, locks, damaged records, newer formats: an error that says so, and the rest goes on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use bytes::Bytes;
use coscribe_storage::{Entry, Options, Report, SledStore, StorageError, Store};

use crate::support::{key, open, tail, update, wait_durable, wait_for, write};

/// A small file system of its own, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None`, loudly, where this process may not mount.
    fn mount(megabytes: usize) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(directory.path())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(directory));
        }
        eprintln!("SKIPPED: this process may not mount a tmpfs, so a full disk cannot be tried here");
        None
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn remount(&self, option: &str) {
        let status = Command::new("mount").args(["-o", &format!("remount,{option}")]).arg(self.0.path()).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let status = Command::new("umount").arg("-l").arg(self.0.path()).status();
        if !status.is_ok_and(|status| status.success()) {
            eprintln!("{} stays mounted", self.0.path().display());
        }
    }
}

/// Tries until it succeeds; everything tried here ends in milliseconds unless it hangs.
fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_full_disk_refuses_changes_keeps_what_was_saved_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let store = open(&disk.path());
    write(&store, update("before", "kept"));
    let ballast = disk.0.path().join("ballast");
    fs::write(&ballast, vec![0; 8_000_000]).unwrap();
    // Whether any of what follows fits is a matter of how much one commit takes.
    write(&store, update("filling", "first"));
    let (mut saved, mut accepted) = (vec![b"first".to_vec()], Vec::new());
    let error = eventually("the disk is full", || {
        match store.append(update("filling", vec![accepted.len() as u8; 50_000])) {
            Ok(appended) => accepted.push(appended.seq),
            Err(StorageError::Busy { .. }) => {}
            Err(error) => return Some(error),
        }
        None
    });
    assert!(matches!(error, StorageError::DiskFull { .. }), "{error}");
    let last = *accepted.last().unwrap();
    let durability = wait_for(&store, |durability| durability.flushed >= last);
    for (index, seq) in accepted.iter().enumerate() {
        match durability.lost(*seq) {
            Some(error) => assert!(matches!(error, StorageError::DiskFull { .. }), "{error}"),
            None => saved.push(vec![index as u8; 50_000]),
        }
    }
    assert!(!durability.lost.is_empty(), "something was accepted and then lost, and was told");
    assert_eq!(tail(&store, "before"), [b"kept"], "reading goes on");
    assert_eq!(tail(&store, "filling"), saved, "what was lost is in no load, what was saved in every");
    fs::remove_file(&ballast).unwrap();
    let seq = eventually("service resumes", || store.append(update("after", "room again")).ok()).seq;
    wait_durable(&store, seq);
    drop(store);
    let again = open(&disk.path());
    assert_eq!(tail(&again, "after"), [b"room again"]);
    assert_eq!(tail(&again, "filling"), saved);
    assert_eq!(again.inspect().unwrap().damage, [""; 0]);
}

#[test]
fn a_store_opens_and_reads_on_a_disk_that_is_already_full() {
    let Some(disk) = SmallDisk::mount(16) else { return };
    let store = open(&disk.path());
    write(&store, update("a", "kept"));
    drop(store);
    let error = fs::write(disk.0.path().join("ballast"), vec![0; 64_000_000]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    let store = open(&disk.path());
    assert_eq!(tail(&store, "a"), [b"kept"]);
    assert!(matches!(store.append(update("a", "more")), Err(StorageError::DiskFull { .. })));
    assert!(matches!(store.put_blob(b"more"), Err(StorageError::DiskFull { .. })));
    fs::remove_file(disk.0.path().join("ballast")).unwrap();
    let seq = eventually("service resumes", || store.append(update("a", "more")).ok()).seq;
    wait_durable(&store, seq);
    assert_eq!(tail(&store, "a"), [&b"kept"[..], b"more"]);
}

#[test]
fn a_read_only_directory_is_an_error_that_says_so() {
    let Some(disk) = SmallDisk::mount(16) else { return };
    let store = open(&disk.path());
    write(&store, update("a", "x"));
    drop(store);
    eventually("sled lets go of its files", || {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(disk.0.path()).output().unwrap().status;
        status.success().then_some(())
    });
    let refused = SledStore::open(&disk.path(), Options::default()).map(drop);
    assert!(matches!(refused, Err(StorageError::ReadOnly { .. })), "{refused:?}");
    disk.remount("rw");
    assert_eq!(tail(&open(&disk.path()), "a"), [b"x"]);
}

#[test]
fn a_directory_in_use_is_refused_and_free_again_after_closing() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let refused = SledStore::open(directory.path(), Options::default()).map(drop);
    assert!(matches!(refused, Err(StorageError::Locked { .. })), "{refused:?}");
    store.close();
    assert!(matches!(store.append(update("a", "x")), Err(StorageError::Closed)));
    assert!(matches!(store.load(&key("a")), Err(StorageError::Closed)));
    open(directory.path());
}

#[test]
fn closing_makes_everything_accepted_durable_and_is_quick() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let mut last = None;
    for index in 0..10_000u32 {
        last = Some(store.append(update("a", index.to_be_bytes())).unwrap().seq);
    }
    let watch = store.durability();
    let started = Instant::now();
    store.close();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(Some(watch.borrow().flushed), last);
    assert_eq!(tail(&open(directory.path()), "a").len(), 10_000);
}

#[test]
fn an_unfinished_snapshot_of_the_engine_does_not_block_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    write(&store, update("a", "x"));
    drop(store);
    let planted = directory.path().join("data-1").join("snap.FFFFFFFFFFFFFFF0.generating");
    fs::write(&planted, b"cut off").unwrap();
    assert_eq!(tail(&open(directory.path()), "a"), [b"x"]);
    assert!(!planted.exists());
}

#[test]
fn what_an_interrupted_rewrite_left_behind_is_removed_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    write(&store, update("a", "x"));
    drop(store);
    let left = directory.path().join("data-2");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("db"), vec![1; 100_000]).unwrap();
    assert_eq!(tail(&open(directory.path()), "a"), [b"x"]);
    assert!(!left.exists());
}

#[test]
fn data_without_its_pointer_is_refused_and_not_taken_for_an_empty_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    write(&store, update("a", "x"));
    drop(store);
    fs::rename(directory.path().join("current"), directory.path().join("away")).unwrap();
    let refused = SledStore::open(directory.path(), Options::default()).map(drop);
    assert!(matches!(refused, Err(StorageError::Corrupt { .. })), "{refused:?}");
    fs::rename(directory.path().join("away"), directory.path().join("current")).unwrap();
    assert_eq!(tail(&open(directory.path()), "a"), [b"x"]);
}

/// Opens sled itself in a closed store's directory and changes records.
fn tamper(directory: &Path, tree: &str, change: impl Fn(&[u8], &[u8]) -> Option<Vec<u8>>) -> usize {
    let path = directory.join("data-1");
    let open = || sled::Config::new().path(&path).segment_size(512 * 1024).open().ok();
    let db = eventually("sled lets go of its files", open);
    let tree = db.open_tree(tree).unwrap();
    let records: Vec<_> = tree.iter().map(|found| found.unwrap()).collect();
    let mut changed = 0;
    for (key, value) in records {
        if let Some(other) = change(&key, &value) {
            tree.insert(key, other).unwrap();
            changed += 1;
        }
    }
    db.flush().unwrap();
    changed
}

/// One flipped bit.
fn flipped(value: &[u8]) -> Option<Vec<u8>> {
    let mut value = value.to_vec();
    *value.last_mut()? ^= 1;
    Some(value)
}

fn furnished(directory: &Path) {
    let store = open(directory);
    for name in ["a", "b", "c"] {
        let seq = write(&store, update(name, format!("one of {name}")));
        store.compact(&key(name), seq, vec![name.as_bytes()[0]; 20_000].into()).unwrap();
        write(&store, update(name, format!("two of {name}")));
    }
    store.settle();
    write(&store, Entry { meta: vec![("m".into(), Some("value".into()))], ..Entry::default() });
}

/// Damages document "b" (the second of three), and expects exactly that to be said.
fn expect_only_b_damaged(tree: &str, change: impl Fn(&[u8], &[u8]) -> Option<Vec<u8>>) {
    let directory = tempfile::tempdir().unwrap();
    furnished(directory.path());
    assert!(tamper(directory.path(), tree, change) > 0);
    let store = open(directory.path());
    let error = store.load(&key("b")).unwrap_err();
    assert!(matches!(&error, StorageError::Corrupt { document, .. } if document == "b"), "{error}");
    assert!(error.to_string().contains("coscribe doctor"));
    for name in ["a", "c"] {
        assert_eq!(tail(&store, name), [format!("two of {name}").into_bytes()]);
        write(&store, update(name, "others go on"));
    }
    let Report { damage, damaged, .. } = store.inspect().unwrap();
    assert_eq!(damaged, [key("b")]);
    assert!(damage.len() == 1 && damage[0].starts_with("b is damaged"), "{damage:?}");
    assert!(store.backup(&directory.path().join("backup")).is_err(), "a backup does not leave a document out silently");
    let file = store.set_aside(&key("b")).unwrap().unwrap();
    assert!(fs::metadata(file).unwrap().len() > 20_000, "the records are kept");
    assert!(store.load(&key("b")).unwrap().is_none());
    assert_eq!(store.inspect().unwrap().damage, [""; 0]);
    write(&store, update("b", "anew"));
    drop(store);
    let store = open(directory.path());
    assert_eq!(tail(&store, "b"), [b"anew"]);
    assert_eq!(store.inspect().unwrap().damage, [""; 0]);
    store.backup(&directory.path().join("backup")).unwrap();
}

/// Documents are numbered from 0 in the order of their first update.
fn is_second(key: &[u8]) -> bool {
    key[..8] == 1u64.to_be_bytes()
}

#[test]
fn a_damaged_update_concerns_its_document_only() {
    expect_only_b_damaged("updates", |key, value| is_second(key).then(|| flipped(value))?);
}

#[test]
fn a_damaged_snapshot_concerns_its_document_only() {
    expect_only_b_damaged("snapshots", |key, value| (is_second(key) && key[19] == 2).then(|| flipped(value))?);
}

#[test]
fn a_damaged_head_concerns_its_document_only_and_its_records_are_kept() {
    expect_only_b_damaged("documents", |key, value| (key == b"b").then(|| flipped(value))?);
}

#[test]
fn a_record_under_a_wrong_key_is_damage() {
    let of_a = std::cell::RefCell::new(None);
    expect_only_b_damaged("updates", |key, value| match key[7] {
        0 => {
            of_a.replace(Some(value.to_vec()));
            None
        }
        1 => of_a.borrow().clone(),
        _ => None,
    });
}

#[test]
fn damaged_metadata_concerns_its_key_only() {
    let directory = tempfile::tempdir().unwrap();
    furnished(directory.path());
    assert_eq!(tamper(directory.path(), "meta", |_, value| flipped(value)), 1);
    let store = open(directory.path());
    assert!(matches!(store.meta("m"), Err(StorageError::Corrupt { .. })));
    assert_eq!(tail(&store, "a"), [b"two of a"]);
    assert_eq!(store.inspect().unwrap().damage.len(), 1);
    write(&store, Entry { meta: vec![("m".into(), Some("set anew".into()))], ..Entry::default() });
    assert_eq!(store.meta("m").unwrap(), Some(Bytes::from("set anew")));
}

#[test]
fn a_blob_that_lost_its_content_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let (whole, damaged) = (store.put_blob(&[1; 9_000]).unwrap(), store.put_blob(&[2; 9_000]).unwrap());
    drop(store);
    assert_eq!(
        tamper(directory.path(), "blob_chunks", |key, value| (key[..32] == damaged.0).then(|| flipped(value))?),
        2
    );
    let store = open(directory.path());
    assert!(matches!(store.blob(&damaged), Err(StorageError::Corrupt { .. })));
    assert_eq!(store.blob(&whole).unwrap().unwrap(), vec![1; 9_000]);
}

#[test]
fn a_store_of_a_newer_format_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    furnished(directory.path());
    assert_eq!(tamper(directory.path(), "store", |key, _| (key == b"format").then(|| vec![0, 0, 0, 9])), 1);
    let refused = eventually("sled lets go of its files", || {
        match SledStore::open(directory.path(), Options::default()).map(drop) {
            Err(StorageError::Locked { .. }) => None,
            other => Some(other),
        }
    });
    assert!(matches!(refused, Err(StorageError::NewerFormat { found: 9, known: 1, .. })), "{refused:?}");
    fs::write(directory.path().join("current"), "coscribe-store 7\nsomething else\n").unwrap();
    let refused = SledStore::open(directory.path(), Options::default()).map(drop);
    assert!(matches!(refused, Err(StorageError::NewerFormat { found: 7, known: 1, .. })), "{refused:?}");
}

#[test]
fn nothing_ever_goes_into_the_engines_side_files_that_are_not_synced() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for index in 0..300u64 {
        let name = format!("{}-{index}", "n".repeat(500));
        let value = Bytes::from(vec![1; 40_000]);
        let events = vec![value.clone()];
        store
            .append(Entry { meta: vec![(name.clone(), Some(value))], events, ..update(&name, vec![2; 40_000]) })
            .unwrap();
        store.compact(&key(&name), coscribe_storage::Seq(index + 1), vec![3; 60_000].into()).unwrap();
    }
    store.put_blob(&vec![4; 5_000_000]).unwrap();
    store.settle();
    for generation in fs::read_dir(directory.path()).unwrap().flatten() {
        let side_files = generation.path().join("blobs");
        let count = fs::read_dir(&side_files).map_or(0, Iterator::count);
        assert_eq!(count, 0, "{}", side_files.display());
    }
}
