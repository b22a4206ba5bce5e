//! The order of cells: reading it from keys and array, and finding keys for cells that lack a usable one.
//!
//! Cells sort by (order key, id). A cell without a valid key stands after its predecessor in the array of cells.
//!
//! Imports schema, json, cell, order. Invariant: reading needs no key to be there, and never fails.

use std::collections::{HashMap, HashSet};

use yrs::{Any, Map, MapRef, Out, ReadTxn};

use super::{cell, json, order, schema};
use crate::ids::CellId;

/// Keys longer than this are given anew, all of them: each insertion at one and the same place makes keys longer, about
/// a character for six insertions, and a key is sent with each move.
const KEY_LENGTH_MAX: usize = 256;

/// A cell of the array of cells and its place.
#[derive(Debug, Clone)]
pub struct Slot {
    pub id: CellId,
    pub map: MapRef,
    /// Its order key, if it is valid.
    pub key: Option<String>,
    /// It is in the bin.
    pub binned: bool,
}

/// All cells in their order, those in the bin included. Of several with one id only the first in the array.
pub fn slots<T: ReadTxn>(txn: &T) -> Vec<Slot> {
    sorted(unsorted(txn))
}

/// All cells in the order of the array.
pub fn unsorted<T: ReadTxn>(txn: &T) -> Vec<Slot> {
    let Some(cells) = schema::find_cells(txn) else {
        return Vec::new();
    };
    let keys = keys(txn);
    let bin = txn.get_map(schema::BIN);
    let mut seen = HashSet::new();
    let mut slots = Vec::new();
    for out in json::nested(txn, &cells) {
        let Out::YMap(map) = out else { continue };
        let Some(id) = cell::id(txn, &map).filter(|id| seen.insert(id.clone())) else { continue };
        let binned = bin.as_ref().is_some_and(|bin| bin.contains_key(txn, id.as_str()));
        slots.push(Slot { key: keys.get(id.as_str()).cloned(), map, binned, id });
    }
    slots
}

/// All valid order keys.
fn keys<T: ReadTxn>(txn: &T) -> HashMap<String, String> {
    let Some(order) = txn.get_map(schema::ORDER) else {
        return HashMap::new();
    };
    let valid = |(id, out): (&str, Out)| match out {
        Out::Any(Any::String(key)) if order::is_valid(&key) => Some((id.to_owned(), key.to_string())),
        _ => None,
    };
    order.iter(txn).filter_map(valid).collect()
}

/// Sorts slots that come in the order of the array.
pub fn sorted(slots: Vec<Slot>) -> Vec<Slot> {
    let mut followers: HashMap<Option<CellId>, Vec<Slot>> = HashMap::new();
    let mut keyed = Vec::with_capacity(slots.len());
    let mut leader = None;
    for slot in slots {
        if slot.key.is_some() {
            leader = Some(slot.id.clone());
            keyed.push(slot);
        } else {
            followers.entry(leader.clone()).or_default().push(slot);
        }
    }
    keyed.sort_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
    let mut result = followers.remove(&None).unwrap_or_default();
    for slot in keyed {
        let following = followers.remove(&Some(slot.id.clone()));
        result.push(slot);
        result.extend(following.into_iter().flatten());
    }
    result
}

/// Keys that give the sequence its order: for the entries without a key, and for those whose key does not lie above
/// the one before (two people inserted at one place at the same time).
pub fn missing_keys(sequence: &[(CellId, Option<String>)]) -> Vec<(CellId, String)> {
    if sequence.iter().any(|(_, key)| key.as_ref().is_some_and(|key| key.len() > KEY_LENGTH_MAX)) {
        return new_keys(sequence, None, None);
    }
    let mut result = Vec::new();
    let mut low: Option<&str> = None;
    let mut index = 0;
    while index < sequence.len() {
        let rest = &sequence[index..];
        let above =
            |(_, key): &(CellId, Option<String>)| key.as_deref().is_some_and(|key| low.is_none_or(|low| key > low));
        let run = rest.iter().position(above).unwrap_or(rest.len());
        let high = rest.get(run).and_then(|(_, key)| key.as_deref());
        result.extend(new_keys(&rest[..run], low, high));
        low = high;
        index += run + 1;
    }
    result
}

fn new_keys(run: &[(CellId, Option<String>)], low: Option<&str>, high: Option<&str>) -> Vec<(CellId, String)> {
    let keys = order::spread(low, high, run.len());
    run.iter().map(|(id, _)| id.clone()).zip(keys).collect()
}
