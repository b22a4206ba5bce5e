//! The bin: deleting a cell only hides it, so that text typed into it meanwhile survives; restoring; and, long after,
//! taking it out of the array of cells.
//!
//! Imports schema, cell, arrangement, edit's sequences. Invariant: while a cell is in the bin its text is either in the
//! array of cells or in its tombstone.

use std::collections::HashSet;

use serde_json::Value;
use yrs::{Any, Array, Map, MapRef, Out, ReadTxn, TransactionMut};

use super::{
    OpError,
    arrangement::{self, Slot},
    cell, edit, json, schema,
    view::{BinView, CellView},
};
use crate::{
    ids::CellId,
    vocabulary::{Actor, Millis, Place},
};

/// Whether the bin has an entry for the cell.
pub fn holds<T: ReadTxn>(txn: &T, id: &CellId) -> bool {
    txn.get_map(schema::BIN).is_some_and(|bin| bin.contains_key(txn, id.as_str()))
}

/// All that have an entry in the bin.
pub fn ids<T: ReadTxn>(txn: &T) -> HashSet<CellId> {
    let bin = txn.get_map(schema::BIN);
    bin.iter().flat_map(|bin| bin.keys(txn)).filter_map(|id| id.parse().ok()).collect()
}

/// Hides a cell.
pub fn put(txn: &mut TransactionMut<'_>, id: &CellId, after: &Option<CellId>, actor: &Actor, now: Millis) {
    let tombstone = serde_json::json!({
        schema::BY: actor.name,
        schema::AT: now,
        schema::AFTER: after.as_ref().map(CellId::as_str),
    });
    let bin = schema::map(txn, schema::BIN);
    bin.insert(txn, id.as_str(), json::to_any(&tombstone));
}

/// Shows a cell again, where it was.
pub fn restore(txn: &mut TransactionMut<'_>, slots: &[Slot], id: &CellId) -> Result<(), OpError> {
    let tombstone = tombstone(txn, id);
    let there = slots.iter().any(|slot| slot.id == *id);
    let Some(tombstone) = tombstone else {
        return Err(if there { OpError::CellNotInBin(id.clone()) } else { OpError::UnknownCell(id.clone()) });
    };
    if !there {
        let kept = tombstone.get(schema::JSON).and_then(|value| cell::from_json(id.clone(), value));
        let cell = kept.ok_or_else(|| OpError::UnknownCell(id.clone()))?;
        cell::push(txn, &cell);
        place_again(txn, slots, id, &tombstone);
    }
    schema::map(txn, schema::BIN).remove(txn, id.as_str());
    Ok(())
}

/// A cell that left the array and comes back stands where its key says, or behind the cell it stood behind.
fn place_again(txn: &mut TransactionMut<'_>, slots: &[Slot], id: &CellId, tombstone: &Value) {
    if arrangement::unsorted(txn).iter().any(|slot| slot.id == *id && slot.key.is_some()) {
        return;
    }
    let after = tombstone.get(schema::AFTER).and_then(Value::as_str).and_then(|after| after.parse().ok());
    let place = match tombstone.get(schema::AFTER) {
        Some(Value::Null) => Place::First,
        _ => after.map_or(Place::Last, Place::After),
    };
    let sequence = edit::placed(slots, id, &place).or_else(|_| edit::placed(slots, id, &Place::Last));
    if let Ok(sequence) = sequence {
        edit::write_keys(txn, &sequence);
    }
}

/// The tombstone of a cell as JSON.
fn tombstone<T: ReadTxn>(txn: &T, id: &CellId) -> Option<Value> {
    let out = txn.get_map(schema::BIN)?.get(txn, id.as_str())?;
    Some(json::to_value(txn, &out))
}

/// All that is in the bin, last deleted first.
pub fn view<T: ReadTxn>(txn: &T, slots: &[Slot]) -> Vec<BinView> {
    let Some(bin) = txn.get_map(schema::BIN) else {
        return Vec::new();
    };
    let entries = bin.iter(txn).filter_map(|(id, out)| entry(txn, slots, id, &json::to_value(txn, &out)));
    let mut entries: Vec<BinView> = entries.collect();
    entries.sort_by(|a, b| b.deleted_at.cmp(&a.deleted_at).then_with(|| a.cell.id.cmp(&b.cell.id)));
    entries
}

fn entry<T: ReadTxn>(txn: &T, slots: &[Slot], id: &str, tombstone: &Value) -> Option<BinView> {
    let id: CellId = id.parse().ok()?;
    let cell = match slots.iter().find(|slot| slot.id == id) {
        Some(slot) => cell::read(txn, &slot.map)?,
        None => cell::from_json(id, tombstone.get(schema::JSON)?)?,
    };
    let by = tombstone.get(schema::BY);
    let name = by.and_then(Value::as_str).or_else(|| by?.get(schema::NAME)?.as_str());
    Some(BinView {
        cell,
        deleted_at: tombstone.get(schema::AT).and_then(Value::as_i64).unwrap_or_default(),
        deleted_by: name.unwrap_or_default().to_owned(),
    })
}

/// Takes cells of the bin out of the array of cells; their JSON stays in the bin. True if any was.
pub fn take_out(txn: &mut TransactionMut<'_>, ids: &HashSet<CellId>) -> bool {
    let slots = arrangement::unsorted(txn);
    let mut any = false;
    for slot in slots.into_iter().filter(|slot| slot.binned && ids.contains(&slot.id)) {
        let Some(view) = cell::read(txn, &slot.map) else { continue };
        keep_json(txn, &view);
        any |= remove(txn, &slot.map);
    }
    any
}

fn keep_json(txn: &mut TransactionMut<'_>, view: &CellView) {
    let mut kept = match tombstone(txn, &view.id) {
        Some(Value::Object(tombstone)) => tombstone,
        _ => serde_json::Map::new(),
    };
    kept.insert(schema::JSON.into(), cell::to_json(view));
    let bin = schema::map(txn, schema::BIN);
    bin.insert(txn, view.id.as_str(), json::object_to_any(&kept));
}

/// Removes a cell map from the array of cells.
pub fn remove(txn: &mut TransactionMut<'_>, map: &MapRef) -> bool {
    let Some(index) = cell::index_in_array(txn, map) else {
        return false;
    };
    schema::cells(txn).remove(txn, index);
    true
}

/// Whether a tombstone can give its cell back when the cell is not in the array.
pub fn keeps_cell<T: ReadTxn>(txn: &T, out: &Out) -> bool {
    match out {
        Out::Any(Any::Map(map)) => map.contains_key(schema::JSON),
        Out::YMap(map) => map.contains_key(txn, schema::JSON),
        _ => false,
    }
}

/// When the cell was deleted, by the clock of whoever did it.
pub fn deleted_at<T: ReadTxn>(txn: &T, id: &CellId) -> Option<Millis> {
    tombstone(txn, id)?.get(schema::AT)?.as_i64()
}
