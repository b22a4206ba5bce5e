//! The grammar, rule by rule. What real documents produce, and what yrs does with what is accepted: `tests/gate.rs`.

use super::*;
use crate::wire::lib0::{write_bytes, write_integer};

const HIGHEST_CLIENT: u64 = (1 << 53) - 1;

fn hex(digits: &str) -> Bytes {
    let digits: Vec<u8> = digits.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn checked(digits: &str) -> CheckedUpdate {
    check(hex(digits)).unwrap()
}

fn refused(digits: &str) -> Refusal {
    check(hex(digits)).unwrap_err()
}

/// An update of one block by client 7, from its clock 0, under the root "t".
fn one_block(kind: u8, content: &[u8]) -> Bytes {
    let head = [1, 1, 7, 0, kind, 1, 1, b't'];
    [&head, content, &[0]].concat().into()
}

fn one_value(value: &[u8]) -> Bytes {
    one_block(8, &[&[1], value].concat())
}

fn one_embed(json: &str) -> Bytes {
    let mut content = Vec::new();
    write_bytes(&mut content, json.as_bytes());
    one_block(5, &content)
}

fn inserted(client: u64, from: u32, to: u32) -> Inserted {
    Inserted { client, from, to }
}

fn deleted(client: u64, from: u32, to: u32) -> Deleted {
    Deleted { client, from, to }
}

#[test]
fn the_empty_update_is_accepted_and_empty() {
    let update = checked("0000");
    assert!(update.is_empty());
    assert_eq!((update.inserts(), update.deletes(), update.types()), (&[][..], &[][..], 0));
    assert_eq!(update.gap(|_| 0), None);
}

#[test]
fn inserts_and_deletes_are_listed_by_client_and_clock() {
    // Client 9: "ab" then a collected 3; client 7: a deleted item of 2. Deletes: 9: 0..1 and 1..2, 7: 0..2 and 5..6.
    let update = checked(
        "02  02 09 04 04 01 01 74 02 61 62 00 03   01 07 00 01 01 01 74 02   02 09 02 00 01 01 01 07 02 00 02 05 01",
    );
    assert_eq!(update.inserts(), [inserted(7, 0, 2), inserted(9, 4, 9)]);
    assert_eq!(update.deletes(), [deleted(7, 0, 2), deleted(7, 5, 6), deleted(9, 0, 2)]);
    assert!(!update.is_empty());
}

#[test]
fn texts_are_as_long_as_their_utf16_form() {
    for (text, length) in [("a", 1), ("ß", 1), ("界", 1), ("🌱", 2), ("a🌱ß", 4)] {
        let mut content = Vec::new();
        write_bytes(&mut content, text.as_bytes());
        let update = check(one_block(4, &content)).unwrap();
        assert_eq!(update.inserts(), [inserted(7, 0, length)], "{text}");
    }
}

#[test]
fn an_update_that_starts_after_what_is_known_is_a_gap() {
    let update = checked("01 01 07 05 04 01 01 74 01 61 00");
    assert_eq!(update.gap(|_| 4), Some(7));
    assert_eq!(update.gap(|_| 5), None);
    assert_eq!(update.gap(|_| 900), None);
}

#[test]
fn an_update_overlaps_when_only_its_beginning_is_known() {
    let update = checked("01 01 07 05 04 01 01 74 03 61 62 63 00");
    let overlaps: Vec<u32> = (0..10).filter(|&known| update.overlaps(|_| known)).collect();
    assert_eq!(overlaps, [6, 7]);
}

#[test]
fn a_hole_inside_a_section_is_a_gap_until_its_end_is_known() {
    // "a" at 0, nothing about 1 to 3, "b" at 4.
    let update = checked("01 03 07 00 04 01 01 74 01 61 0a 03 84 07 03 01 62 00");
    assert_eq!(update.inserts(), [inserted(7, 0, 1), inserted(7, 4, 5)]);
    assert_eq!(update.gap(|_| 0), Some(7));
    assert_eq!(update.gap(|_| 3), Some(7));
    assert_eq!(update.gap(|_| 4), None);
}

#[test]
fn deleting_what_nobody_inserted_is_a_gap() {
    let only_deletes = checked("00 01 07 01 02 03");
    assert_eq!(only_deletes.gap(|_| 4), Some(7));
    assert_eq!(only_deletes.gap(|_| 5), None);
    let deletes_own_insert = checked("01 01 07 00 04 01 01 74 02 61 62 01 07 01 00 02");
    assert_eq!(deletes_own_insert.gap(|_| 0), None);
    let deletes_beyond_own_insert = checked("01 01 07 00 04 01 01 74 02 61 62 01 07 01 00 03");
    assert_eq!(deletes_beyond_own_insert.gap(|_| 0), Some(7));
}

#[test]
fn an_update_contains_another_when_it_has_all_of_its_clocks() {
    let whole = checked("01 01 07 00 04 01 01 74 04 61 62 63 64 01 07 02 00 01 02 02");
    let part = checked("01 01 07 01 84 07 00 02 62 63 01 07 01 03 01");
    let more = checked("01 01 07 01 84 07 00 04 62 63 64 65 00");
    let other_client = checked("01 01 08 01 84 07 00 01 62 00");
    let other_delete = checked("00 01 07 01 00 02");
    assert!(whole.contains_all_of(&part) && whole.contains_all_of(&whole) && whole.contains_all_of(&checked("0000")));
    assert!(!part.contains_all_of(&whole));
    assert!([more, other_client, other_delete].iter().all(|update| !whole.contains_all_of(update)));
}

#[test]
fn a_hole_is_not_contained() {
    let with_hole = checked("01 03 07 00 04 01 01 74 01 61 0a 03 84 07 03 01 62 00");
    let hole = checked("01 01 07 01 00 03 00");
    assert!(!with_hole.contains_all_of(&hole));
}

#[test]
fn nested_types_are_counted() {
    let text_map_element = checked("01 03 07 00 07 01 01 74 02  07 00 07 00 01  87 07 01 03 01 70 00");
    assert_eq!(text_map_element.types(), 3);
}

#[test]
fn counts_beyond_the_bytes_left_are_refused() {
    for too_many in ["ffffff7f", "01 ffffff7f 07 00 00 01 00", "00 ffffff7f", "00 01 07 ffffff7f 00 01"] {
        assert_eq!(refused(too_many), Malformed::CountTooLarge.into(), "{too_many}");
    }
    assert_eq!(check(one_block(8, &[0x7f])).unwrap_err(), Malformed::CountTooLarge.into());
    assert_eq!(check(one_value(&[117, 0x7f])).unwrap_err(), Malformed::CountTooLarge.into());
    assert_eq!(check(one_value(&[118, 0x7f])).unwrap_err(), Malformed::CountTooLarge.into());
}

#[test]
fn every_truncation_of_an_update_is_refused() {
    let whole = hex("01 03 07 00 04 01 01 74 01 61 0a 03 84 07 03 01 62 01 07 01 00 01");
    assert!(check(whole.clone()).is_ok());
    for end in 0..whole.len() {
        assert!(check(whole.slice(..end)).is_err(), "{end} bytes");
    }
}

#[test]
fn trailing_bytes_are_refused() {
    assert_eq!(refused("0000 00"), Refusal::TrailingBytes(1));
    assert_eq!(check_state_vector(hex("00 00")).unwrap_err(), Refusal::TrailingBytes(1));
}

#[test]
fn clients_beyond_53_bits_are_refused() {
    let update = |client| {
        let mut bytes = vec![1, 1];
        write_integer(&mut bytes, client);
        bytes.extend([0, 0, 1, 0]);
        check(bytes.into())
    };
    assert!(update(HIGHEST_CLIENT).is_ok());
    assert_eq!(update(HIGHEST_CLIENT + 1).unwrap_err(), Malformed::IntegerTooLarge.into());
}

#[test]
fn clocks_and_their_ends_stay_below_two_to_the_31() {
    let collected = |clock, length| {
        let mut bytes = vec![1, 1, 7];
        write_integer(&mut bytes, clock);
        bytes.push(0);
        write_integer(&mut bytes, length);
        bytes.push(0);
        check(bytes.into()).map(|_| ())
    };
    assert_eq!(collected(MAX_CLOCK - 1, 1), Ok(()));
    assert_eq!(collected(MAX_CLOCK, 1), Err(Refusal::ClockTooLarge));
    assert_eq!(collected(0, MAX_CLOCK + 1), Err(Refusal::ClockTooLarge));
    assert_eq!(collected(1 << 32, 1), Err(Refusal::ClockTooLarge));
    // The same in origins, parents and deletes.
    for clock in ["01 01 07 00 84 07 8080808008 01 61 00", "01 01 07 00 44 07 8080808008 01 61 00"] {
        assert_eq!(refused(clock), Refusal::ClockTooLarge, "{clock}");
    }
    assert_eq!(refused("01 01 07 00 04 00 07 8080808008 01 61 00"), Refusal::ClockTooLarge);
    assert_eq!(refused("00 01 07 01 ffffffff07 01"), Refusal::ClockTooLarge);
}

#[test]
fn empty_blocks_sections_and_ranges_are_refused() {
    for empty in ["01 01 07 00 00 00 00", "01 01 07 00 0a 00 00", "01 01 07 00 04 01 01 74 00 00"] {
        assert_eq!(refused(empty), Refusal::EmptyBlock, "{empty}");
    }
    assert_eq!(refused("01 01 07 00 01 01 01 74 00 00"), Refusal::EmptyBlock);
    assert_eq!(refused("01 01 07 00 08 01 01 74 00 00"), Refusal::EmptyBlock);
    assert_eq!(refused("00 01 07 01 03 00"), Refusal::EmptyBlock);
    assert_eq!(refused("01 00 07 00 00 00"), Refusal::EmptySection);
    assert_eq!(refused("00 01 07 00 00 00"), Refusal::EmptySection);
}

#[test]
fn a_client_with_two_sections_is_refused_even_when_another_is_between() {
    assert_eq!(refused("02 01 07 00 00 01 01 07 01 00 01 00"), Refusal::RepeatedClient(7));
    assert_eq!(refused("03 01 07 00 00 01 01 08 00 00 01 01 07 01 00 01 00"), Refusal::RepeatedClient(7));
    assert_eq!(refused("00 03 08 01 00 01 07 01 00 01 08 01 01 01"), Refusal::RepeatedClient(8));
    assert_eq!(checked("03 01 07 00 00 01 01 09 00 00 01 01 08 01 00 01 00").inserts().len(), 3);
}

#[test]
fn deleted_ranges_that_overlap_or_fall_are_refused() {
    assert_eq!(refused("00 01 07 02 00 03 02 01"), Refusal::DisorderedRanges);
    assert_eq!(refused("00 01 07 02 05 01 02 01"), Refusal::DisorderedRanges);
}

#[test]
fn unknown_kinds_are_refused() {
    assert_eq!(check(one_block(2, &[1, 1, b'1'])).unwrap_err(), Refusal::UnknownBlock(2));
    assert_eq!(check(one_block(11, &[0, 0])).unwrap_err(), Refusal::UnknownBlock(11));
    // yrs does not look at the fifth bit, Yjs does: text to one, an unknown kind to the other.
    assert_eq!(check(one_block(0x14, &[1, b'a'])).unwrap_err(), Refusal::UnknownBlock(0x14));
    // Collected clocks with an origin.
    assert_eq!(refused("01 01 07 00 80 07 00 01 00"), Refusal::UnknownBlock(0));
    assert_eq!(refused("01 01 07 00 04 02 07 00 01 61 00"), Refusal::UnknownParent(2));
    assert_eq!(check(one_block(7, &[5])).unwrap_err(), Refusal::UnknownType(5));
    assert_eq!(check(one_block(7, &[7, 0, 7, 0])).unwrap_err(), Refusal::UnknownType(7));
    assert_eq!(check(one_block(7, &[15])).unwrap_err(), Refusal::UnknownType(15));
    assert_eq!(check(one_value(&[115])).unwrap_err(), Refusal::UnknownValue(115));
}

#[test]
fn texts_names_and_keys_must_be_utf8() {
    for bad in ["01 01 07 00 04 01 01 ff 01 61 00", "01 01 07 00 24 01 01 74 01 ff 01 61 00"] {
        assert_eq!(refused(bad), Malformed::NotUtf8.into(), "{bad}");
    }
    for (kind, content) in [(4, &[1, 0xff][..]), (5, &[1, 0xff]), (6, &[1, 0xff, 1, b'1']), (7, &[3, 1, 0xff])] {
        assert_eq!(check(one_block(kind, content)).unwrap_err(), Malformed::NotUtf8.into(), "{kind}");
    }
    assert_eq!(check(one_value(&[119, 1, 0xff])).unwrap_err(), Malformed::NotUtf8.into());
    assert_eq!(check(one_value(&[118, 1, 1, 0xff, 126])).unwrap_err(), Malformed::NotUtf8.into());
}

#[test]
fn values_may_nest_64_levels() {
    let lists = |depth| [[117, 1].repeat(depth), vec![126]].concat();
    let objects = |depth| [[118, 1, 1, b'k'].repeat(depth), vec![126]].concat();
    for nested in [lists, objects] {
        assert!(check(one_value(&nested(64))).is_ok());
        assert_eq!(check(one_value(&nested(65))).unwrap_err(), Refusal::TooDeep);
    }
}

#[test]
fn json_may_nest_64_levels_and_must_be_json() {
    let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(check(one_embed(&nested(64))).is_ok());
    assert!(matches!(check(one_embed(&nested(65))).unwrap_err(), Refusal::Json(cause) if cause.contains("64 levels")));
    for good in ["null", "true", "-1.5e3", "\"\\u00fc\"", "{\"a\":[{},[]]}", " [1] "] {
        assert!(check(one_embed(good)).is_ok(), "{good}");
    }
    for bad in ["", "undefined", "{", "[1,]", "1 2", "{1:2}", "1e999", "18446744073709551615", "\"\\ud800\""] {
        assert!(matches!(check(one_embed(bad)), Err(Refusal::Json(_))), "{bad}");
    }
}

#[test]
fn sub_documents_are_limited() {
    let update = |count: u32| {
        let mut bytes = vec![1];
        write_integer(&mut bytes, u64::from(count));
        bytes.extend([7, 0]);
        (0..count).for_each(|_| bytes.extend([9, 1, 1, b't', 0, 118, 0]));
        bytes.push(0);
        check(bytes.into())
    };
    assert!(update(content::MAX_SUBDOCUMENTS).is_ok());
    assert_eq!(update(content::MAX_SUBDOCUMENTS + 1).unwrap_err(), Refusal::TooManySubdocuments);
}

#[test]
fn state_vectors_are_checked() {
    assert_eq!(check_state_vector(hex("02 07 05 08 00")).unwrap().bytes(), &hex("02 07 05 08 00"));
    assert_eq!(check_state_vector(hex("ffffff7f")).unwrap_err(), Malformed::CountTooLarge.into());
    assert_eq!(check_state_vector(hex("01 07 ffffffff0f")).unwrap_err(), Refusal::ClockTooLarge);
    assert_eq!(check_state_vector(hex("01 8080808080808010 00")).unwrap_err(), Malformed::IntegerTooLarge.into());
    assert_eq!(check_state_vector(hex("")).unwrap_err(), Malformed::Truncated.into());
}
