//! A process that writes without pause is killed (-9) at random moments, over and over, and nothing that it was told is
//! durable may be missing, and no entry may be there in part.
//!
//! The child writes entry number n as: an update holding n to document n mod DOCUMENTS, an event holding n, and a small
//! value "last-D" holding n. It compacts, keeps blobs, and writes and deletes scratch documents so that the store
//! rewrites itself again and again; a kill therefore hits every step of these as well.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use coscribe_storage::{BlobHash, Entry, Loaded, Seq, SledStore, Store};

use crate::support::{key, load, open, update, wait_durable, write};

const DOCUMENTS: u64 = 7;
const ROUNDS: u64 = 40;
const CHILD_DIRECTORY: &str = "COSCRIBE_STORAGE_CRASH_CHILD";
/// The length of the number that begins an update.
const NUMBER: usize = 8;

/// A small generator: the plan of a round is its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn document(number: u64) -> String {
    format!("document-{}", number % DOCUMENTS)
}

fn number_of(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes[..NUMBER].try_into().unwrap())
}

/// All numbers a document holds: its snapshot is a list of them, each update begins with one.
fn numbers(loaded: &Loaded) -> Vec<u64> {
    let folded = loaded.snapshot.as_ref().map_or(&[][..], |(_, content)| content);
    let updates = loaded.tail.iter().map(|(_, update)| number_of(update));
    folded.chunks(NUMBER).map(number_of).chain(updates).collect()
}

fn entry(number: u64, random: &mut Random) -> Entry {
    let length = if random.below(50) == 0 { 40_000 } else { random.below(2_000) };
    let mut content = number.to_be_bytes().to_vec();
    content.resize(NUMBER + length as usize, number as u8);
    let value = Bytes::copy_from_slice(&number.to_be_bytes());
    Entry {
        events: vec![value.clone()],
        meta: vec![(format!("last-{}", number % DOCUMENTS), Some(value))],
        ..update(&document(number), content)
    }
}

/// Runs in the killed process; a test only so that the test binary can run itself.
#[test]
#[ignore = "run by the test below in a process of its own"]
fn child() {
    let Some(directory) = std::env::var_os(CHILD_DIRECTORY) else { return };
    let store = open(Path::new(&directory));
    let mut number = store.durability().borrow().last_event;
    let mut random = Random(number.wrapping_mul(0x9e37_79b9) | 1);
    let mut unannounced: Vec<(Seq, u64)> = Vec::new();
    loop {
        for _ in 0..random.below(20) {
            unannounced.push((store.append(entry(number, &mut random)).unwrap().seq, number));
            number += 1;
        }
        match random.below(12) {
            0 => compact(&store, &document(random.below(DOCUMENTS))),
            1 => scratch(&store, number),
            2 => {
                let hash = store.put_blob(&number.to_be_bytes().repeat(random.below(3_000) as usize)).unwrap();
                announce(&format!("blob {hash}"));
            }
            _ => {}
        }
        let flushed = store.durability().borrow().clone();
        assert!(flushed.lost.is_empty());
        let durable = unannounced.partition_point(|(seq, _)| *seq <= flushed.flushed);
        if let Some((_, number)) = unannounced.drain(..durable).next_back() {
            announce(&format!("entry {number}"));
        }
    }
}

fn announce(line: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).unwrap();
}

fn compact(store: &SledStore, document: &str) {
    let Some(loaded) = store.load(&key(document)).unwrap() else { return };
    let Some((upto, _)) = loaded.tail.get(loaded.tail.len() / 2) else { return };
    let covered = Loaded {
        tail: loaded.tail.iter().filter(|(seq, _)| seq <= upto).cloned().collect(),
        snapshot: loaded.snapshot.clone(),
    };
    let snapshot: Vec<u8> = numbers(&covered).into_iter().flat_map(u64::to_be_bytes).collect();
    store.compact(&key(document), *upto, snapshot.into()).unwrap();
}

fn scratch(store: &SledStore, number: u64) {
    let name = format!("scratch-{}", number % 3);
    store.append(Entry { delete: Some(key(&name)), ..Entry::default() }).unwrap();
    store.append(update(&name, vec![number as u8; 700_000])).unwrap();
}

/// Runs in the killed process: somebody types into one document and nothing else happens.
#[test]
#[ignore = "run by the test below"]
fn typing() {
    let Some(directory) = std::env::var_os(CHILD_DIRECTORY) else { return };
    let store = open(Path::new(&directory));
    let begin = store.durability().borrow().flushed.0;
    for number in begin.. {
        let gathered = Entry { may_gather: number % 8 != 0, ..update("a", number.to_be_bytes()) };
        let seq = store.append(gathered).unwrap().seq;
        if number % 8 == 0 {
            wait_durable(&store, seq);
            announce(&format!("entry {number}"));
        }
    }
}

struct Victim {
    process: Child,
    lines: Receiver<String>,
}

fn spawn(directory: &Path, child: &str) -> Victim {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD_DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let output = BufReader::new(process.stdout.take().unwrap());
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    Victim { process, lines }
}

impl Victim {
    /// Listens to what is durable for a random while, kills, and returns all that was said.
    fn kill_after(mut self, lifetime: Duration) -> Vec<String> {
        let deadline = Instant::now() + lifetime;
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => said.push(line),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => panic!("the child ended by itself: {:?}", self.process.wait()),
            }
        }
        said.extend(self.kill());
        said
    }

    /// Kills when so many lines were said, and returns the last there is.
    fn kill_behind(self, lines: usize) -> String {
        let said = self.lines.iter().filter(|line| line.contains("entry ")).nth(lines);
        self.kill().into_iter().next_back().or(said).expect("the child says what it does until it is killed")
    }

    fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines.iter().collect()
    }
}

/// Everything announced is there, and every entry wholly or not at all.
fn check(store: &SledStore, promised_entries: u64, promised_blobs: &[String]) {
    let count = store.durability().borrow().last_event;
    assert!(count >= promised_entries, "{promised_entries} entries were durable, {count} are there");
    let events = store.events_after(0, usize::MAX).unwrap();
    let event_numbers: Vec<u64> = events.iter().map(|event| number_of(&event.payload)).collect();
    assert_eq!(event_numbers, (0..count).collect::<Vec<_>>());
    for index in 0..DOCUMENTS {
        let expected: Vec<u64> = (index..count).step_by(DOCUMENTS as usize).collect();
        let found = store.load(&key(&document(index))).unwrap().map(|loaded| numbers(&loaded)).unwrap_or_default();
        assert_eq!(found, expected, "{}", document(index));
        let last = store.meta(&format!("last-{index}")).unwrap().map(|value| number_of(&value));
        assert_eq!(last, expected.last().copied());
    }
    for hex in promised_blobs {
        let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
        assert!(store.blob(&BlobHash(bytes.try_into().unwrap())).unwrap().is_some(), "blob {hex}");
    }
    assert_eq!(store.inspect().unwrap().damage, [""; 0]);
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost_and_no_entry_is_torn() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut random = Random(seed);
    let directory = tempfile::tempdir().unwrap();
    let (mut entries, mut blobs, mut rewrites) = (0, Vec::new(), 0);
    for round in 0..rounds {
        let lifetime = Duration::from_micros(random.below(250_000));
        eprintln!("seed {seed}, round {round}: killed after {lifetime:?}, {entries} entries durable");
        for line in spawn(directory.path(), "crash::child").kill_after(lifetime) {
            // The test runner's own lines may be joined to the first of ours.
            if let Some((_, number)) = line.split_once("entry ") {
                entries = number.parse::<u64>().unwrap() + 1;
            } else if let Some((_, hash)) = line.split_once("blob ") {
                blobs.push(hash.to_owned());
            }
        }
        let store = open(directory.path());
        check(&store, entries, &blobs);
        let pointer = std::fs::read_to_string(directory.path().join("current")).unwrap();
        rewrites = pointer.rsplit_once('-').unwrap().1.trim().parse::<u64>().unwrap() - 1;
    }
    assert!(entries > 100 && !blobs.is_empty(), "the child hardly wrote: {entries} entries, {} blobs", blobs.len());
    assert!(rewrites > 0, "no rewrite was ever finished");
}

#[test]
fn killed_while_somebody_types_the_numbers_go_on_behind_the_newest_update() {
    let mut random = Random(20_261_122);
    let directory = tempfile::tempdir().unwrap();
    write(&open(directory.path()), update("a", 0_u64.to_be_bytes()));
    for _ in 0..10 {
        let said = spawn(directory.path(), "crash::typing").kill_behind(random.below(20) as usize);
        let promised: u64 = said.split_once("entry ").unwrap().1.parse().unwrap();
        let store = open(directory.path());
        let found = numbers(&load(&store, "a"));
        assert!(found.last() >= Some(&promised), "{promised} was durable, {found:?} are there");
        assert_eq!(found, (0..found.len() as u64).collect::<Vec<_>>());
        assert_eq!(store.durability().borrow().flushed, Seq(found.len() as u64));
    }
}
