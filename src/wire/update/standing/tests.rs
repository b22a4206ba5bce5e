//! Rule by rule, and against documents of yrs. Against mutations and inventions: `tests/gate_fuzz.rs`.

use bytes::Bytes;
use proptest::prelude::*;
use yrs::{
    Array, ArrayPrelim, Doc, Map, MapPrelim, Out, ReadTxn, StateVector, Text, TextPrelim, Transact, TransactionMut,
    Update, WriteTxn, updates::decoder::Decode,
};

use super::*;

fn hex(digits: &str) -> Bytes {
    let digits: Vec<u8> = digits.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn admit(standing: &mut Standing, digits: &str) -> Result<(), Misplaced> {
    standing.admit(&super::super::check(hex(digits)).unwrap())
}

/// Client 7: "ab" in the text "t"; client 8: 1 in the list "l"; client 9: a map "k" in the map "m".
const THREE_ROOTS: &str =
    "03 01 07 00 04 01 01 74 02 61 62  01 08 00 08 01 01 6c 01 7d 01  01 09 00 27 01 01 6d 01 6b 01 00";

fn three_roots() -> Standing {
    let mut standing = Standing::default();
    admit(&mut standing, THREE_ROOTS).unwrap();
    standing
}

/// Everything that can be asked of an index.
fn contents(standing: &Standing) -> String {
    let mut ends: Vec<_> = (0..20).map(|client| (standing.end_of(client), standing.ledger.find((client, 0)))).collect();
    ends.dedup();
    format!("{ends:?} {} {:?}", standing.ledger.runs(), standing.names.mark())
}

#[test]
fn an_item_between_two_types_is_refused_and_changes_nothing() {
    let mut standing = three_roots();
    let before = contents(&standing);
    let between = "01 01 05 00 c4 07 01 08 00 01 61 00";
    assert_eq!(admit(&mut standing, between), Err(Misplaced::BetweenTwoTypes));
    // The first two items of this one would do, in a new root and under a new key.
    let good_and_bad = "01 03 05 00 28 01 01 6e 01 6b 01 7d 01  a8 05 00 01 7d 01  c4 07 01 08 00 01 61 00";
    assert_eq!(admit(&mut standing, good_and_bad), Err(Misplaced::BetweenTwoTypes));
    assert_eq!(contents(&standing), before);
}

#[test]
fn two_keys_of_one_map_are_two_places() {
    let mut standing = three_roots();
    admit(&mut standing, "01 01 05 00 28 01 01 6d 01 6a 01 7d 01 00").unwrap();
    assert_eq!(admit(&mut standing, "01 01 06 00 c8 09 00 05 00 01 7d 01 00"), Err(Misplaced::BetweenTwoTypes));
}

#[test]
fn what_stands_beside_collected_clocks_stands_at_its_other_side() {
    let mut standing = three_roots();
    admit(&mut standing, "01 01 05 00 00 03 00").unwrap();
    admit(&mut standing, "01 01 06 00 c4 05 01 07 00 01 61 00").unwrap();
    assert_eq!(standing.ledger.find((6, 0)), standing.ledger.find((7, 0)));
    admit(&mut standing, "01 01 04 00 84 05 01 01 61 00").unwrap();
    assert_eq!(standing.ledger.find((4, 0)).unwrap().spot, Spot::COLLECTED);
}

#[test]
fn only_types_and_what_is_deleted_can_be_parents() {
    let mut standing = three_roots();
    assert_eq!(admit(&mut standing, "01 01 05 00 04 00 07 00 01 61 00"), Err(Misplaced::InsideNoType));
    assert_eq!(admit(&mut standing, "01 01 05 00 28 00 09 00 01 6a 01 7d 01 00"), Ok(()));
    // A deleted item in the list: it may have been a type.
    assert_eq!(admit(&mut standing, "01 01 06 00 81 08 00 01 00"), Ok(()));
    assert_eq!(admit(&mut standing, "01 01 0a 00 04 00 06 00 01 61 00"), Ok(()));
    assert_eq!(standing.ledger.find((10, 0)).unwrap().spot, Spot::COLLECTED);
}

#[test]
fn references_may_lead_to_later_sections_but_not_in_a_ring_or_nowhere() {
    let mut standing = Standing::default();
    // Client 9 stands beside client 7, whose section comes later.
    assert_eq!(admit(&mut standing, "02 01 09 00 84 07 01 01 61  01 07 00 04 01 01 74 02 61 62 00"), Ok(()));
    assert_eq!(standing.ledger.find((9, 0)), standing.ledger.find((7, 1)));
    let ring = "02 01 05 00 84 06 00 01 61  01 06 00 84 05 00 01 61 00";
    assert_eq!(admit(&mut standing, ring), Err(Misplaced::Missing));
    assert_eq!(admit(&mut standing, "01 01 05 00 84 06 00 01 61 00"), Err(Misplaced::Missing));
    assert_eq!(admit(&mut standing, "01 01 05 00 84 05 00 01 61 00"), Err(Misplaced::Missing));
    assert_eq!((standing.end_of(5), standing.end_of(6)), (0, 0));
}

#[test]
fn a_block_whose_first_half_is_known_stands_where_that_half_stands() {
    let mut standing = three_roots();
    // Client 7 says now that "ab" was in the list, and goes on with a third value.
    admit(&mut standing, "01 01 07 00 08 01 01 6c 03 7e 7e 7e 00").unwrap();
    assert_eq!(standing.ledger.find((7, 2)), standing.ledger.find((7, 0)));
}

/// Maps in maps, so many levels deep, as one update each.
fn nested_maps(levels: u32) -> Vec<Bytes> {
    let doc = Doc::new();
    let mut map = doc.get_or_insert_map("root");
    let step = |level| {
        let mut transaction = doc.transact_mut();
        map.insert(&mut transaction, "sibling", 1);
        map = map.insert(&mut transaction, format!("level {level}"), MapPrelim::default());
        transaction.encode_update_v1().into()
    };
    (0..levels).map(step).collect()
}

#[test]
fn types_may_lie_in_each_other_500_levels_deep() {
    let mut standing = Standing::default();
    let results: Vec<_> = nested_maps(NESTING_MAX + 1)
        .into_iter()
        .map(|update| standing.admit(&super::super::check(update).unwrap()))
        .collect();
    assert!(results[..NESTING_MAX as usize].iter().all(Result::is_ok));
    assert_eq!(results[NESTING_MAX as usize], Err(Misplaced::TooDeep));
}

#[test]
fn a_long_chain_of_neighbours_in_falling_order_is_followed_without_recursion() {
    // Every client stands beside the next one, whose section comes later.
    const CLIENTS: u64 = 200_000;
    let mut bytes = Vec::new();
    crate::wire::lib0::write_integer(&mut bytes, CLIENTS + 1);
    for client in 0..CLIENTS {
        bytes.push(1);
        crate::wire::lib0::write_integer(&mut bytes, client);
        bytes.extend([0, 0x84]);
        crate::wire::lib0::write_integer(&mut bytes, client + 1);
        bytes.extend([0, 1, b'a']);
    }
    bytes.push(1);
    crate::wire::lib0::write_integer(&mut bytes, CLIENTS);
    bytes.extend([0, 4, 1, 1, b't', 1, b'a', 0]);
    let mut standing = Standing::default();
    standing.admit(&super::super::check(bytes.into()).unwrap()).unwrap();
    assert_eq!(standing.ledger.find((0, 0)), standing.ledger.find((CLIENTS, 0)));
}

#[test]
fn a_text_typed_by_one_person_is_one_run() {
    let doc = Doc::new();
    let text = doc.get_or_insert_text("text");
    let mut standing = Standing::default();
    for at in 0..1_000 {
        let mut transaction = doc.transact_mut();
        text.insert(&mut transaction, at / 2, "a");
        let update = transaction.encode_update_v1().into();
        drop(transaction);
        standing.admit(&super::super::check(update).unwrap()).unwrap();
    }
    assert_eq!(standing.ledger.runs(), 1);
}

fn state(doc: &Doc) -> Bytes {
    doc.transact().encode_state_as_update_v1(&StateVector::default()).into()
}

/// One edit of a text, a list or a map, at the root or inside what is there.
fn edit(transaction: &mut TransactionMut<'_>, kind: u8, at: u32) {
    let (list, map) = (transaction.get_or_insert_array("list"), transaction.get_or_insert_map("map"));
    let length = list.len(transaction);
    let place = at % (length + 1);
    match (kind % 8, list.get(transaction, at % length.max(1))) {
        (0, _) => drop(list.insert(transaction, place, TextPrelim::new("text"))),
        (1, _) => drop(list.insert(transaction, place, MapPrelim::from([("key", 1)]))),
        (2, _) if place < length => list.remove(transaction, place),
        (3, _) => drop(map.insert(transaction, format!("{}", at % 3), ArrayPrelim::from([1, 2]))),
        (4, Some(Out::YText(text))) => text.insert(transaction, at % (text.len(transaction) + 1), "word"),
        (5, Some(Out::YText(text))) if text.len(transaction) > 2 => text.remove_range(transaction, 1, 2),
        (6, Some(Out::YMap(map))) => drop(map.insert(transaction, "key", i64::from(at))),
        (7, Some(Out::YMap(map))) => drop(map.insert(transaction, "inner", MapPrelim::from([("x", 1)]))),
        _ => drop(list.insert(transaction, place, i64::from(at))),
    }
}

proptest! {
    #[test]
    fn documents_of_yrs_are_admitted_step_by_step_and_stand_as_yrs_writes_them(
        edits in prop::collection::vec((any::<bool>(), any::<u8>(), 0u32..1_000), 1..80),
    ) {
        let docs = [Doc::with_client_id(3), Doc::with_client_id(4)];
        let mut step_by_step = Standing::default();
        for (index, (second, kind, at)) in edits.into_iter().enumerate() {
            let doc = &docs[usize::from(second)];
            let mut transaction = doc.transact_mut();
            edit(&mut transaction, kind, at);
            let update = Bytes::from(transaction.encode_update_v1());
            drop(transaction);
            step_by_step.admit(&super::super::check(update).unwrap()).unwrap();
            if index % 7 == 6 {
                let theirs = state(&docs[usize::from(!second)]);
                doc.transact_mut().apply_update(Update::decode_v1(&theirs).unwrap()).unwrap();
            }
        }
        for doc in &docs {
            let mut at_once = Standing::default();
            at_once.admit(&super::super::check(state(doc)).unwrap()).unwrap();
            stand_alike(&at_once, &step_by_step)?;
        }
    }
}

/// What the one holds stands in the other in a type made by the same item, or was collected.
fn stand_alike(some: &Standing, all: &Standing) -> Result<(), TestCaseError> {
    for id in [3, 4].into_iter().flat_map(|client| (0..some.end_of(client)).map(move |clock| (client, clock))) {
        let (one, other) = (some.ledger.find(id).unwrap().spot, all.ledger.find(id).unwrap().spot);
        if one != Spot::COLLECTED {
            prop_assert_eq!(some.names.describe(one), all.names.describe(other), "{:?}", id);
        }
    }
    Ok(())
}
