//! Valid updates and ways to spoil them.

use bytes::Bytes;
use coscribe::wire::lib0::{Reader, write_integer};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use yrs::{ReadTxn, Transact, updates::encoder::Encode};

use crate::documents::{Admission, Authors, Edit, admit, replica, state, written_by_yjs};

/// Histories made through yrs, besides those of Yjs.
const RANDOM_HISTORIES: u64 = 30;
const EDITS: usize = 25;
/// Client ids of one byte, so that mutations often hit another client, and the widest.
const CLIENTS: [u64; 3] = [3, 7, (1 << 53) - 1];
/// Numbers at the edges of what decoders do.
const EDGES: [u64; 14] =
    [0, 1, 2, 63, 64, 127, 128, 16_384, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 53) - 1, 1 << 53];

/// Updates of one document, in the order they were made.
pub struct History {
    pub updates: Vec<Bytes>,
    pub state: Bytes,
    pub state_vector: Bytes,
}

/// What mutations start from.
pub struct Corpus {
    pub histories: Vec<History>,
}

impl Corpus {
    pub fn new() -> Self {
        let mut histories: Vec<History> = (0..RANDOM_HISTORIES).map(random_history).collect();
        let mut by_yjs: Vec<(&str, Vec<Bytes>)> = Vec::new();
        for (name, update) in written_by_yjs() {
            let subject = name.rsplit_once("-st").map_or(name, |(subject, _)| subject);
            match by_yjs.last_mut() {
                Some((last, updates)) if *last == subject => updates.push(update),
                _ => by_yjs.push((subject, vec![update])),
            }
        }
        histories.extend(by_yjs.into_iter().map(|(_, updates)| History::of(updates)));
        Self { histories }
    }

    fn any(&self, random: &mut StdRng) -> &Bytes {
        let history = self.histories.choose(random).expect("histories");
        history.updates.choose(random).expect("updates")
    }
}

impl History {
    fn of(updates: Vec<Bytes>) -> Self {
        let doc = replica(1);
        for update in &updates {
            let admission = admit(&doc, update.clone());
            assert!(matches!(admission, Admission::Merged | Admission::Gap), "{admission:?}");
        }
        let state_vector = doc.transact().state_vector().encode_v1().into();
        Self { updates, state: state(&doc).into(), state_vector }
    }
}

fn random_history(seed: u64) -> History {
    let mut random = StdRng::seed_from_u64(seed);
    let edits: Vec<Edit> = (0..EDITS)
        .map(|_| Edit {
            author: random.random(),
            kind: random.random(),
            at: random.random(),
            amount: random.random(),
            salt: random.random(),
        })
        .collect();
    let clients = &CLIENTS[..random.random_range(1..=CLIENTS.len())];
    History::of(Authors::history(clients, &edits).into_iter().map(Bytes::from).collect())
}

/// Spoils `bytes` in one to four ways.
pub fn mutate(bytes: Bytes, corpus: &Corpus, random: &mut StdRng) -> Bytes {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.random_range(1..=4) {
        mutate_once(&mut bytes, corpus, random);
    }
    bytes.into()
}

fn mutate_once(bytes: &mut Vec<u8>, corpus: &Corpus, random: &mut StdRng) {
    if bytes.is_empty() {
        bytes.extend_from_slice(corpus.any(random));
    }
    let at = random.random_range(0..bytes.len());
    match random.random_range(0..10) {
        0 => bytes[at] ^= 1 << random.random_range(0..8),
        1 => bytes[at] = random.random(),
        2 => bytes[at] = bytes[at].wrapping_add(random.random_range(0..=2)).wrapping_sub(1),
        3 => bytes[at] = *bytes.choose(random).expect("not empty"),
        4 => replace_integer(bytes, at, *EDGES.choose(random).expect("edges")),
        5 => neighbour_integer(bytes, at, random),
        6 => bytes.truncate(at),
        7 => drop(bytes.drain(at..(at + random.random_range(1..=8)).min(bytes.len()))),
        8 => repeat(bytes, at, random),
        _ => splice(bytes, at, corpus.any(random), random),
    }
}

/// Puts another number where one may be.
fn replace_integer(bytes: &mut Vec<u8>, at: usize, value: u64) {
    let mut reader = Reader::new(&bytes[at..]);
    if reader.integer().is_ok() {
        let end = bytes.len() - reader.left();
        let mut integer = Vec::new();
        write_integer(&mut integer, value);
        bytes.splice(at..end, integer);
    }
}

/// Changes a number a little: other clocks and lengths that exist.
fn neighbour_integer(bytes: &mut Vec<u8>, at: usize, random: &mut StdRng) {
    if let Ok(value) = Reader::new(&bytes[at..]).integer() {
        let value = value.saturating_add(random.random_range(0..=6)).saturating_sub(3);
        replace_integer(bytes, at, value);
    }
}

fn repeat(bytes: &mut Vec<u8>, at: usize, random: &mut StdRng) {
    let end = (at + random.random_range(1..=24)).min(bytes.len());
    let part = bytes[at..end].to_vec();
    bytes.splice(end..end, part);
}

fn splice(bytes: &mut Vec<u8>, at: usize, other: &[u8], random: &mut StdRng) {
    let from = random.random_range(0..other.len().max(1));
    let to = (from + random.random_range(1..=32)).min(other.len());
    bytes.splice(at..at, other[from.min(to)..to].iter().copied());
}
