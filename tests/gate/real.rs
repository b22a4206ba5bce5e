//! Everything real documents produce is accepted, and read as the ids yrs reads.

use std::{fs::File, io::Read};

use bytes::Bytes;
use coscribe::wire::update::{self, CheckedUpdate};
use flate2::read::GzDecoder;
use proptest::prelude::*;
use serde_json::Value;
use yrs::{
    Doc, GetString, ReadTxn, StateVector, Text, Transact, Update, WriteTxn, updates::decoder::Decode,
    updates::encoder::Encode,
};

use crate::documents::{
    Admission, Authors, Edit, admit, compare_with_yrs, exercise, hex, replica, state, written_by_yjs,
};

/// Enough of the long trace to hold every kind of edit it has; all of it takes yrs half a minute to make.
const PAPER_EDITS: usize = 20_000;

fn accepted(bytes: impl Into<Bytes>) -> CheckedUpdate {
    let bytes = bytes.into();
    update::check(bytes.clone()).unwrap_or_else(|refusal| panic!("{refusal}: {}", hex(&bytes)))
}

fn accepted_as_yrs_reads_it(bytes: impl Into<Bytes>) -> CheckedUpdate {
    let update = accepted(bytes);
    compare_with_yrs(&update);
    update
}

pub fn trace(name: &str) -> Value {
    let path = format!("{}/tests/data/traces/{name}.json.gz", env!("CARGO_MANIFEST_DIR"));
    let mut json = String::new();
    GzDecoder::new(File::open(&path).expect(&path)).read_to_string(&mut json).expect("a gzip file");
    serde_json::from_str(&json).expect("a trace")
}

fn number(value: &Value) -> u32 {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).expect("a number")
}

/// Applies the patches of one transaction of a trace and gives its update.
pub fn patch(doc: &Doc, transaction: &Value) -> Vec<u8> {
    let mut txn = doc.transact_mut();
    let text = txn.get_or_insert_text("text");
    for patch in transaction["patches"].as_array().expect("patches") {
        let at = number(&patch[0]);
        text.remove_range(&mut txn, at, number(&patch[1]));
        text.insert(&mut txn, at, patch[2].as_str().expect("a text"));
    }
    txn.encode_update_v1()
}

fn merge(doc: &Doc, update: &[u8]) {
    doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
}

fn text_of(doc: &Doc) -> String {
    let text = doc.transact_mut().get_or_insert_text("text");
    text.get_string(&doc.transact())
}

#[test]
fn everything_yjs_writes_is_accepted_and_merges() {
    for (name, bytes) in written_by_yjs() {
        let update = accepted_as_yrs_reads_it(bytes.clone());
        let whole = name.ends_with("-state") || name.ends_with("-step-0");
        assert!(!whole || update.gap(|_| 0).is_none(), "{name}");
        let doc = replica(1);
        let admission = admit(&doc, bytes);
        assert!(!whole || matches!(admission, Admission::Merged), "{name}: {admission:?}");
        exercise(&doc);
    }
}

#[test]
fn updates_of_yjs_with_holes_are_gaps() {
    for wanted in ["two-authors-merged-with-holes", "state-with-pending", "text-step-1"] {
        let (_, bytes) = written_by_yjs().find(|(name, _)| *name == wanted).expect(wanted);
        assert!(accepted(bytes).gap(|_| 0).is_some(), "{wanted}");
    }
}

#[test]
fn steps_of_yjs_are_contained_in_the_state_they_led_to() {
    let state = accepted(written_by_yjs().find(|(name, _)| *name == "text-state").unwrap().1);
    let steps: Vec<_> = written_by_yjs().filter(|(name, _)| name.starts_with("text-step-")).collect();
    assert_eq!(steps.len(), 6);
    for (name, step) in steps {
        let step = accepted(step);
        assert!(state.contains_all_of(&step), "{name}");
        assert!(!step.contains_all_of(&state), "{name}");
    }
}

#[test]
fn the_trace_of_two_friends_is_accepted_step_by_step_and_whole() {
    let trace = trace("friendsforever");
    let docs = [replica(1), replica((1 << 53) - 1)];
    let server = replica(2);
    let mut updates: Vec<(usize, Vec<u8>)> = Vec::new();
    // Up to which transaction each author has the other's.
    let mut seen = [0, 0];
    for transaction in trace["txns"].as_array().expect("transactions") {
        let author = number(&transaction["agent"]) as usize;
        let parents = transaction["parents"].as_array().expect("parents").iter().map(|parent| number(parent) as usize);
        let known = parents.filter(|&parent| updates[parent].0 != author).max().map_or(0, |parent| parent + 1);
        for (_, update) in updates[..known].iter().skip(seen[author]).filter(|(from, _)| *from != author) {
            merge(&docs[author], update);
        }
        seen[author] = known.max(seen[author]);
        let update = patch(&docs[author], transaction);
        let admission = admit(&server, update.clone());
        assert!(matches!(admission, Admission::Merged), "{admission:?}: {}", hex(&update));
        updates.push((author, update));
    }
    accepted_as_yrs_reads_it(state(&server));
    assert!(text_of(&server) == trace["endContent"].as_str().unwrap(), "another text than the recorded one");
}

#[test]
fn the_trace_of_a_paper_is_accepted() {
    let trace = trace("automerge-paper");
    let (author, server) = (replica(1), replica(2));
    for transaction in &trace["txns"].as_array().expect("transactions")[..PAPER_EDITS] {
        let update = patch(&author, transaction);
        assert!(matches!(admit(&server, update.clone()), Admission::Merged), "{}", hex(&update));
    }
    accepted_as_yrs_reads_it(state(&server));
    assert!(text_of(&server) == text_of(&author), "the server has another text than the author");
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (any::<u8>(), any::<u8>(), any::<u16>(), any::<u8>(), any::<u32>());
    let edit = edit.prop_map(|(author, kind, at, amount, salt)| Edit { author, kind, at, amount, salt });
    prop::collection::vec(edit, 1..60)
}

fn clients() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::hash_set(prop_oneof![1u64..200, 0..(1u64 << 32), 0..(1u64 << 53)], 1..4)
        .prop_map(|clients| clients.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_yrs_documents_produce_is_accepted_and_read_alike(clients in clients(), edits in edits()) {
        for update in Authors::history(&clients, &edits) {
            accepted_as_yrs_reads_it(update);
        }
    }

    #[test]
    fn a_room_merges_every_update_of_its_authors_in_order(client in 0..(1u64 << 53), edits in edits()) {
        let server = replica(1);
        for update in Authors::history(&[client], &edits) {
            let admission = admit(&server, update);
            prop_assert!(matches!(admission, Admission::Merged), "{:?}", admission);
        }
        exercise(&server);
    }

    #[test]
    fn state_vectors_of_documents_are_accepted(clients in clients(), edits in edits()) {
        let server = replica(1);
        for update in Authors::history(&clients, &edits) {
            admit(&server, update);
        }
        let vector: StateVector = server.transact().state_vector();
        prop_assert!(update::check_state_vector(vector.encode_v1().into()).is_ok());
    }
}
