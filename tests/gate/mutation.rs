//! Valid updates and ways to spoil them; and updates whose grammar is right and whose sense is not.

use bytes::Bytes;
use coscribe::wire::lib0::{Reader, write_bytes, write_integer};
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

/// Kinds and contents of blocks.
const CONTENTS: [&[u8]; 16] = [
    b"\x01\x01",
    b"\x01\x02",
    b"\x03\x01b",
    b"\x04\x01a",
    b"\x04\x03\xe7\x95\x8c",
    b"\x04\x05x\xf0\x9f\x8c\xb1",
    b"\x05\x01\x31",
    b"\x06\x01b\x01\x31",
    b"\x06\x01b\x04null",
    b"\x07\x00",
    b"\x07\x01",
    b"\x07\x02",
    b"\x07\x03\x01p",
    b"\x07\x06",
    b"\x08\x02\x7e\x7d\x05",
    b"\x09\x01g\x76\x00",
];
const ROOTS: [&str; 5] = ["text", "list", "map", "xml", "other"];

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

/// Makes an update that reads well and refers to whatever there is: items beside items of other types, inside values,
/// under keys of lists.
pub fn invent(history: &History, random: &mut StdRng) -> Bytes {
    let known = known_clocks(&history.state_vector);
    let mut bytes = vec![1];
    let blocks = random.random_range(1..=6);
    write_integer(&mut bytes, blocks);
    let (client, clock) = *known.choose(random).unwrap_or(&(99, 0));
    let (client, clock) = if random.random_ratio(1, 4) { (99, 0) } else { (client, clock) };
    write_integer(&mut bytes, client);
    write_integer(&mut bytes, clock.saturating_sub(random.random_range(0..3)));
    let mut ids = known.clone();
    ids.push((client, clock + 3));
    (0..blocks).for_each(|_| invent_block(&mut bytes, &ids, random));
    invent_deletes(&mut bytes, &known, random);
    bytes.into()
}

fn known_clocks(state_vector: &Bytes) -> Vec<(u64, u64)> {
    let mut reader = Reader::new(state_vector);
    let count = reader.integer().expect("a state vector");
    let mut number = || reader.integer().expect("a state vector");
    (0..count).map(|_| (number(), number())).collect()
}

fn invent_block(bytes: &mut Vec<u8>, ids: &[(u64, u64)], random: &mut StdRng) {
    let content = CONTENTS.choose(random).expect("contents");
    let [origin, right_origin, key] = [0x80, 0x40, 0x20].map(|flag| if random.random() { flag } else { 0 });
    bytes.push(content[0] | origin | right_origin | key);
    (0..(origin | right_origin).count_ones()).for_each(|_| invent_id(bytes, ids, random));
    if origin | right_origin == 0 {
        invent_parent(bytes, ids, random);
        if key != 0 {
            bytes.extend(b"\x01k");
        }
    }
    bytes.extend(&content[1..]);
}

fn invent_parent(bytes: &mut Vec<u8>, ids: &[(u64, u64)], random: &mut StdRng) {
    if random.random() {
        bytes.push(0);
        invent_id(bytes, ids, random);
    } else {
        bytes.push(1);
        write_bytes(bytes, ROOTS.choose(random).expect("roots").as_bytes());
    }
}

fn invent_id(bytes: &mut Vec<u8>, ids: &[(u64, u64)], random: &mut StdRng) {
    let (client, clock) = *ids.choose(random).expect("ids");
    write_integer(bytes, client);
    write_integer(bytes, random.random_range(0..clock.max(1)));
}

fn invent_deletes(bytes: &mut Vec<u8>, known: &[(u64, u64)], random: &mut StdRng) {
    match known.choose(random) {
        Some((client, clock)) if *clock > 0 && random.random() => {
            bytes.push(1);
            write_integer(bytes, *client);
            bytes.push(1);
            let from = random.random_range(0..*clock);
            write_integer(bytes, from);
            write_integer(bytes, random.random_range(1..=clock - from));
        }
        _ => bytes.push(0),
    }
}
