//! Numbers of widgets: the program's own, and ours. Pure.
//!
//! The program numbers what it makes 1, 2, 3 …; what comes of a call, such as an entry of a menu, is numbered by whoever
//! shows it, and the program does not expect that such a number is taken. So ours leave room: the program's 3 is our
//! 3 × 4096, what the server makes after it is 3 × 4096 + 1 …, and the program knows that by a number far from its own.
//! Invariant: both directions are functions of the number alone, so that nothing has to be remembered or kept.

use serde_json::{Map, Value};

/// Numbers between two of the program's.
const STRIDE: u64 = 4096;

/// Where the numbers begin by which the program knows what the server made; it never counts that far.
const FOREIGN: u64 = 1 << 40;

const WID: &str = "__wid__";

/// The server's number of a widget of the program's.
pub fn to_ours(theirs: u64) -> u64 {
    if theirs >= FOREIGN { theirs - FOREIGN } else { theirs.saturating_mul(STRIDE) }
}

/// The program's number of a widget of the server's.
pub fn to_theirs(ours: u64) -> u64 {
    if ours.is_multiple_of(STRIDE) { ours / STRIDE } else { ours + FOREIGN }
}

/// Translates the field `wid` of a message and every reference in it.
pub fn translate(message: &mut Map<String, Value>, number: fn(u64) -> u64) {
    if let Some(wid) = message.get_mut("wid") {
        replace(wid, number);
    }
    for (name, value) in message.iter_mut().filter(|(name, _)| *name != "wid") {
        match (name.as_str(), value) {
            ("calls", Value::Array(calls)) => {
                calls.iter_mut().filter_map(Value::as_object_mut).for_each(|call| translate(call, number));
            }
            (_, value) => references(value, number),
        }
    }
}

fn references(value: &mut Value, number: fn(u64) -> u64) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| references(item, number)),
        Value::Object(fields) => match fields.get_mut(WID) {
            Some(wid) => replace(wid, number),
            None => fields.values_mut().for_each(|field| references(field, number)),
        },
        _ => {}
    }
}

fn replace(wid: &mut Value, number: fn(u64) -> u64) {
    if let Some(known) = wid.as_u64() {
        *wid = number(known).into();
    }
}

/// Arguments of `create` as they are the first time and every time: the program repeats them with nulls at the end.
pub fn without_trailing_nulls(message: &mut Map<String, Value>) {
    if let Some(Value::Array(args)) = message.get_mut("args") {
        let used = args.iter().rposition(|arg| !arg.is_null()).map_or(0, |last| last + 1);
        args.truncate(used);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn every_number_comes_back_and_none_meets_another() {
        let made: Vec<u64> = (1..100).collect();
        let ours: Vec<u64> = made.iter().map(|wid| to_ours(*wid)).collect();
        assert_eq!(ours.iter().map(|wid| to_theirs(*wid)).collect::<Vec<_>>(), made);
        for server_made in [4097, 8191, 4096 * 99 + 7] {
            let theirs = to_theirs(server_made);
            assert!(theirs > 1_000_000 && !made.contains(&theirs));
            assert_eq!(to_ours(theirs), server_made);
        }
    }

    #[test]
    fn references_are_translated_wherever_they_stand() {
        let mut call = object(json!({
            "type": "call", "id": 2, "wid": 1, "method": "add_widget",
            "args": [{"__wid__": 3}, 3, {"menu": [{"__wid__": 4, "__class__": "Menu"}]}],
        }));
        translate(&mut call, to_ours);
        let expected = json!({
            "type": "call", "id": 2, "wid": 4096, "method": "add_widget",
            "args": [{"__wid__": 12288}, 3, {"menu": [{"__wid__": 16384, "__class__": "Menu"}]}],
        });
        assert_eq!(Value::Object(call.clone()), expected);
        translate(&mut call, to_theirs);
        assert_eq!(call["args"][0], json!({"__wid__": 3}));
        let mut batch = object(json!({"type": "batch", "id": 3, "calls": [{"wid": 2, "method": "show", "args": []}]}));
        translate(&mut batch, to_ours);
        assert_eq!(batch["calls"][0]["wid"], 8192);
    }

    #[test]
    fn nulls_at_the_end_of_arguments_go_and_others_stay() {
        let mut create = object(json!({"args": [null, "x", null, null]}));
        without_trailing_nulls(&mut create);
        assert_eq!(create["args"], json!([null, "x"]));
    }
}
