//! Fields of the maps in a project: reading any shape, writing the right one, and only what differs.
//!
//! Imports crdt and schema. Invariant: reading never fails, and what is written here reads back the same.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    str::FromStr,
};

use yrs::{Any, GetString, Map, MapRef, Out, ReadTxn, TextPrelim, TextRef, TransactionMut};

use super::schema;
use crate::{
    crdt::{
        json, nested_id,
        text::{self, Present},
    },
    vocabulary::{Actor, Millis},
};

/// Who changes something, and when.
pub struct Stamp<'a> {
    pub actor: &'a Actor,
    pub now: Millis,
}

/// What is remembered of a text: which it is, and whether it is still the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextOutline {
    pub branch: Option<yrs::ID>,
    pub fingerprint: u64,
}

/// A plain text.
pub fn string<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> Option<String> {
    match map.get(txn, key)? {
        Out::Any(Any::String(text)) => Some(text.to_string()),
        _ => None,
    }
}

/// A word of a closed set, or an id.
pub fn word<T: ReadTxn, W: FromStr>(txn: &T, map: &MapRef, key: &str) -> Option<W> {
    string(txn, map, key)?.parse().ok()
}

/// A moment; a number that is none reads as absent.
pub fn millis<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> Option<Millis> {
    json::to_value(txn, &map.get(txn, key)?).as_i64().filter(|at| *at >= 0)
}

/// Who did something.
pub fn actor<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> Option<Actor> {
    serde_json::from_value(json::to_value(txn, &map.get(txn, key)?)).ok()
}

/// A text that merges.
pub fn text<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> Option<TextRef> {
    map.get(txn, key)?.cast().ok()
}

/// The characters of a text.
pub fn text_string<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> String {
    text(txn, map, key).map(|text| text.get_string(txn)).unwrap_or_default()
}

/// What is remembered of a text.
pub fn text_outline<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> TextOutline {
    let mut hasher = DefaultHasher::new();
    text_string(txn, map, key).hash(&mut hasher);
    let branch = text(txn, map, key).and_then(|text| nested_id(text.as_ref()));
    TextOutline { branch, fingerprint: hasher.finish() }
}

/// Writes a plain text if it differs.
pub fn write_string(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str, value: &str) {
    if string(txn, map, key).as_deref() != Some(value) {
        map.insert(txn, key, value);
    }
}

/// Writes a moment if it differs.
pub fn write_millis(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str, value: Millis) {
    if millis(txn, map, key) != Some(value) {
        map.insert(txn, key, moment(value));
    }
}

/// A moment as a plain value that is a number, not a BigInt, in browsers.
pub fn moment(at: Millis) -> Any {
    json::to_any(&at.into())
}

/// Writes who did something, if it differs.
pub fn write_actor(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str, value: &Actor) {
    if actor(txn, map, key).as_ref() != Some(value) {
        map.insert(txn, key, actor_value(value));
    }
}

/// An actor as a plain value.
pub fn actor_value(actor: &Actor) -> Any {
    json::to_any(&serde_json::to_value(actor).unwrap_or_default())
}

/// Takes a field away if it is there.
pub fn remove(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str) {
    if map.contains_key(txn, key) {
        map.remove(txn, key);
    }
}

/// Makes sure that a text is one that merges; a plain text there becomes one.
pub fn ensure_text(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str) {
    if text(txn, map, key).is_none() {
        let plain = string(txn, map, key).unwrap_or_default();
        map.insert(txn, key, TextPrelim::new(plain));
    }
}

/// Changes a text by the smallest edits.
pub fn write_text(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str, value: &str) {
    ensure_text(txn, map, key);
    if let Some(found) = text(txn, map, key) {
        let present = Present::read(txn, found);
        present.edit(txn, map, key, &text::changes(&present.string, value));
    }
}

/// Makes sure that there is a moment, and that it is past.
pub fn ensure_past(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str, now: Millis) {
    if millis(txn, map, key).is_none_or(|at| at > now) {
        write_millis(txn, map, key, now);
    }
}

/// Keeps `completedAt` there exactly while the thing has ended.
pub fn ensure_completion(txn: &mut TransactionMut<'_>, map: &MapRef, ended: bool, now: Millis) {
    match ended {
        true if millis(txn, map, schema::COMPLETED_AT).is_none() => {
            write_millis(txn, map, schema::COMPLETED_AT, now);
        }
        true => {}
        false => remove(txn, map, schema::COMPLETED_AT),
    }
}

/// Keeps who deleted something, and when, as the server saw it. `before` is since when it was deleted before.
pub fn ensure_deletion(txn: &mut TransactionMut<'_>, map: &MapRef, before: Option<Millis>, stamp: &Stamp<'_>) {
    match (map.contains_key(txn, schema::DELETED_AT), before) {
        (true, Some(before)) => write_millis(txn, map, schema::DELETED_AT, before),
        (true, None) => {
            write_millis(txn, map, schema::DELETED_AT, stamp.now);
            write_actor(txn, map, schema::DELETED_BY, stamp.actor);
        }
        (false, _) => remove(txn, map, schema::DELETED_BY),
    }
}
