//! The known ways to hurt yrs, by their row in `dependencies.md` §1.5.

use std::{sync::mpsc, thread, time::Duration};

use bytes::Bytes;
use coscribe::wire::{
    frame::{self, FrameError},
    lib0::{Malformed, write_bytes, write_integer},
    update::{self, Misplaced, Refusal},
};
use yrs::{Array, Map, MapPrelim, MapRef, ReadTxn, Transact, WriteTxn};

use crate::documents::{Admission, Replica, admit, exercise, hex, replica, state, unhex};

/// Far more than any of these takes, far less than for ever.
const PATIENCE: Duration = Duration::from_secs(60);

fn refusal(bytes: Bytes) -> Refusal {
    update::check(bytes.clone()).expect_err(&hex(&bytes))
}

/// A document with text, a list and a map by client 0x37, so that what refers to that client finds something.
fn document() -> Replica {
    let doc = replica(0x37);
    let mut txn = doc.transact_mut();
    let list = txn.get_or_insert_array("list");
    for index in 0..20 {
        list.insert(&mut txn, index / 2, i64::from(index));
        list.insert(&mut txn, index, MapPrelim::from([("key", "value")]));
    }
    list.remove_range(&mut txn, 3, 4);
    drop(txn);
    doc
}

/// Runs `work` elsewhere and fails if it does not end.
fn ends(work: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let worker = thread::spawn(move || {
        work();
        // Nobody waits any more if it took too long.
        done.send(()).unwrap_or_default();
    });
    match wait.recv_timeout(PATIENCE) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("still running after {PATIENCE:?}"),
        _ => worker.join().unwrap(),
    }
}

#[test]
fn row_1_deeply_nested_values_do_not_overflow_the_stack() {
    let update = |levels: usize| {
        let mut bytes = unhex("01 01 07 00 08 01 04 74657874 01").to_vec();
        (0..levels).for_each(|_| bytes.extend([0x75, 0x01]));
        bytes.extend([0x7e, 0x00]);
        Bytes::from(bytes)
    };
    assert_eq!(refusal(update(10_000)), Refusal::TooDeep);
    // What is as deep as allowed fits into the stack of a runtime thread many times over.
    thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(move || {
            let doc = replica(1);
            assert!(matches!(admit(&doc, update(64)), Admission::Merged));
            exercise(&doc);
        })
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn row_1_deeply_nested_json_is_refused_before_it_is_parsed() {
    let json = "[".repeat(10_000) + &"]".repeat(10_000);
    let mut bytes = unhex("01 01 07 00 05 01 04 74657874").to_vec();
    write_bytes(&mut bytes, json.as_bytes());
    bytes.push(0);
    assert!(matches!(refusal(bytes.into()), Refusal::Json(_)));
}

#[test]
fn row_2_chains_of_nested_types_are_counted_for_the_room_to_bound() {
    const LEVELS: u32 = 20_000;
    let doc = replica(7);
    let mut txn = doc.transact_mut();
    let mut map: MapRef = txn.get_or_insert_map("map");
    for _ in 0..LEVELS {
        map = map.insert(&mut txn, "k", MapPrelim::default());
    }
    let update = txn.encode_update_v1();
    drop(txn);
    assert_eq!(update::check(update.into()).unwrap().types(), LEVELS);
    // Dropping a document walks no deeper than its blocks; reading or deleting this one would.
    drop(doc);
}

#[test]
fn row_3_known_ids_sent_again_with_other_lengths_end() {
    ends(|| {
        let doc = document();
        let whole = state(&doc);
        for at in 0..whole.len() {
            for value in [0, 1, 2, 3, 5, 9, 30, 0x7f] {
                let mut again = whole.clone();
                again[at] = value;
                let target = replica(1);
                admit(&target, whole.clone());
                admit(&target, again);
                exercise(&target);
            }
        }
    });
}

#[test]
fn row_4_updates_that_brick_a_document_are_refused() {
    assert!(matches!(refusal(unhex("01013705423704000000")), Refusal::UnknownBlock(2)));
    assert!(matches!(refusal(unhex("0101370172443700013100")), Refusal::UnknownBlock(0x12)));
}

#[test]
fn row_4_updates_that_yrs_would_park_are_gaps_so_the_document_can_still_be_encoded() {
    // A text after an item of a client nobody knows, and one that deletes what nobody inserted.
    let doc = document();
    assert!(matches!(admit(&doc, unhex("01 01 05 00 84 06 00 01 61 00")), Admission::Gap));
    assert!(matches!(admit(&doc, unhex("00 01 06 01 00 05")), Admission::Gap));
    assert!(!doc.transact().has_missing_updates());
    exercise(&doc);
}

#[test]
fn row_5_lengths_that_wrap_around_are_refused() {
    assert_eq!(refusal(unhex("0101370200ffffffff0f00443701013200")), Refusal::ClockTooLarge);
    assert_eq!(refusal(unhex("010137feffffff0f44070301340137010202")), Refusal::ClockTooLarge);
}

#[test]
fn row_6_clocks_that_overflow_are_refused() {
    let bytes = unhex("0102b5cabfad03ffffffff0fc4071607050672656d6f7465c8072a072b017701720107040005000512021202");
    assert_eq!(refusal(bytes), Refusal::ClockTooLarge);
}

#[test]
fn row_6_the_highest_clock_is_harmless() {
    let doc = replica(1);
    // Collected clocks up to 2^31 - 1, and then an update that would go on from there.
    assert!(matches!(admit(&doc, unhex("01 01 37 00 00 ffffffff07 00")), Admission::Merged));
    assert_eq!(refusal(unhex("01 01 37 ffffffff07 00 01 00")), Refusal::ClockTooLarge);
    exercise(&doc);
}

#[test]
fn row_7_counts_that_reserve_memory_are_refused() {
    let bomb = unhex("ffffff7f");
    assert_eq!(refusal(bomb.clone()), Malformed::CountTooLarge.into());
    assert_eq!(update::check_state_vector(bomb.clone()).unwrap_err(), Malformed::CountTooLarge.into());
    let presence = [&[1, 4][..], &bomb].concat();
    assert!(matches!(frame::decode(presence.into()), Err(FrameError::Hostile(_))));
}

#[test]
fn row_8_updates_with_missing_predecessors_are_gaps() {
    ends(|| {
        let doc = document();
        for client in 100..2_100u64 {
            let mut gap = vec![1, 1];
            write_integer(&mut gap, client);
            gap.extend([3, 0, 1, 0]);
            assert!(matches!(admit(&doc, gap), Admission::Gap));
            let mut orphan = vec![1, 1];
            write_integer(&mut orphan, client);
            orphan.extend([0, 0x84, 0x09, 0, 1, b'a', 0]);
            assert!(matches!(admit(&doc, orphan), Admission::Gap));
            assert!(!doc.transact().has_missing_updates());
        }
        exercise(&doc);
    });
}

#[test]
fn empty_sections_do_not_recurse() {
    // yrs calls itself for each; the gate refuses the first.
    const SECTIONS: u64 = 2_000_000;
    let mut bytes = Vec::new();
    write_integer(&mut bytes, SECTIONS);
    for client in 0..SECTIONS {
        bytes.push(0);
        write_integer(&mut bytes, client);
        bytes.push(0);
    }
    bytes.extend([0; 8]);
    assert!(matches!(refusal(bytes.into()), Refusal::Malformed(_) | Refusal::EmptySection));
}

#[test]
fn ranges_deleted_over_and_over_are_refused() {
    let mut bytes = vec![0, 1, 0x37];
    write_integer(&mut bytes, 100_000);
    (0..100_000).for_each(|_| bytes.extend([0, 20]));
    assert_eq!(refusal(bytes.into()), Refusal::DisorderedRanges);
}

#[test]
fn a_parent_that_holds_nothing_is_rejected_without_harm() {
    let doc = document();
    // Something inside the number at clock 0, which is no shared type.
    let admission = admit(&doc, unhex("01 01 05 00 04 00 37 00 01 61 00"));
    assert!(matches!(admission, Admission::Misplaced(Misplaced::InsideNoType)), "{admission:?}");
    exercise(&doc);
}

#[test]
fn row_3_text_in_a_list_is_noticed_before_reading_it_would_not_end() {
    // Yjs and yrs read a seedling as two elements of the list "list"; yrs finds only one and looks for the other for ever.
    let seedling = unhex("01 01 05 00 04 01 04 6c697374 04 f09f8cb1 00");
    ends(move || {
        assert!(matches!(admit(&replica(1), seedling.clone()), Admission::Poisoned));
        let doc = document();
        assert!(matches!(admit(&doc, seedling), Admission::Poisoned));
        // Beside an element, where the update does not name the list.
        assert!(matches!(admit(&document(), unhex("01 01 05 00 84 37 00 04 f09f8cb1 00")), Admission::Poisoned));
    });
}

#[test]
fn row_3_text_of_single_units_in_a_list_is_read() {
    ends(|| {
        let doc = document();
        assert!(matches!(admit(&doc, unhex("01 01 05 00 84 37 00 03 e7958c 00")), Admission::Merged));
        exercise(&doc);
    });
}

#[test]
fn row_3_a_block_that_lies_about_the_parent_of_its_known_half_leaves_lists_whole() {
    // Client 5 types "ab" into the text "text", then sends three values in the list "list", of which it calls the first
    // the "b" it sent before. Found by tests/gate_fuzz.rs: yrs counted the values, but put them into the text.
    let doc = document();
    assert!(matches!(admit(&doc, unhex("01 01 05 00 04 01 04 74657874 02 6162 00")), Admission::Merged));
    assert!(matches!(admit(&doc, unhex("01 01 05 01 08 01 04 6c697374 03 7e7f78 00")), Admission::Merged));
    exercise(&doc);
}

/// Takes the updates of a case of tests/gate_fuzz.rs in turn.
fn replay(document: &str, updates: &[&str]) {
    let doc = replica(1);
    admit(&doc, unhex(document));
    for update in updates {
        if matches!(admit(&doc, unhex(update)), Admission::Poisoned) {
            return;
        }
        exercise(&doc);
    }
}

#[test]
fn an_item_between_a_list_and_a_map_does_not_point_to_freed_memory() {
    replay(
        "020907000801046c697374037e7f782100030105616c69676e012801036d6170056b6579203001782801036d6170056b657920330179c7030d030e0128000706066e6573746564017b419d0da64edb6db7a807030177056c696e650ac7030803090128000709066e6573746564017b7ff80000000000000d03002101036d6170056b6579203401070103786d6c03017007000301060400030206e7958ce99da28703020303696d670401047465787407f09f91a9e2808d8403080bf09f91a9e2808df09f91a784030d07e2808df09f91a62101036d6170056b6579203001470301060400031204f09f8cb12101036d6170056b6579203301a103110102030300011101150207010301",
        &[
            "01010708a807030177056c696e650a01070103016c696e650a0107010301",
            "010563000701046c6973740301700701036d617001e703020708008763000623010474657874016b01620103010008",
            "010103002901036d6170056b657920342461663538633264322d373537392d343363352d396464642d3532363430313466343836323236760408656e636f64696e677d01086175756f4c6f616479026763780a73686f756c644c6f61647880808080104c6f61647800",
        ],
    );
}
