//! How fast many small updates become durable in groups.

use std::time::Instant;

use bytes::Bytes;
use coscribe_storage::{Entry, StorageError, Store};

use crate::support::{key, open, wait_durable};

const UPDATES: usize = 300_000;
const DOCUMENTS: usize = 500;

/// Processor time of this process so far, in seconds (fields 14 and 15 of /proc/self/stat, in hundredths).
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let ticks = |index: usize| after_name.split_whitespace().nth(index).unwrap().parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

/// A floor far below what it does, since test machines are shared; the figure itself is printed.
#[test]
fn many_small_updates_of_many_documents_become_durable_quickly() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let keys: Vec<_> = (0..DOCUMENTS).map(|index| key(&format!("document-{index}"))).collect();
    let content = Bytes::from(vec![7; 30]);
    let (started, used) = (Instant::now(), processor_seconds());
    let mut last = None;
    for index in 0..UPDATES {
        let entry = Entry { update: Some((keys[index % DOCUMENTS].clone(), content.clone())), ..Entry::default() };
        last = Some(loop {
            match store.append(entry.clone()) {
                Ok(appended) => break appended.seq,
                Err(StorageError::Busy { .. }) => std::thread::yield_now(),
                Err(error) => panic!("{error}"),
            }
        });
    }
    wait_durable(&store, last.unwrap());
    let (seconds, used) = (started.elapsed().as_secs_f64(), processor_seconds() - used);
    let (rate, each) = (UPDATES as f64 / seconds, used * 1e6 / UPDATES as f64);
    eprintln!("{rate:.0} updates/s durable, {each:.2} µs of processor time each, {seconds:.2} s");
    assert!(rate > 20_000.0, "{rate:.0} updates/s");
}
