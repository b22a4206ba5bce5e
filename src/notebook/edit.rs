//! What each [`Op`] does to the document.
//!
//! Imports schema, cell, arrangement, text, replace, bin. Invariant: an operation that is refused has changed nothing.

use serde_json::{Map as Object, Value};
use yrs::{Any, Map, ReadTxn, TransactionMut};

use super::{
    Op, OpError,
    arrangement::{self, Slot},
    bin, cell, json, replace, schema,
    text::{self, Present},
    view::CellView,
};
use crate::{
    ids::CellId,
    vocabulary::{Actor, CellKind, Millis, Place},
};

/// Applies an operation.
pub fn apply(txn: &mut TransactionMut<'_>, op: &Op, actor: &Actor, now: Millis) -> Result<(), OpError> {
    schema::ensure_roots(txn);
    let slots = arrangement::slots(txn);
    match op {
        Op::AddCell { id, kind, source, place } => {
            let sequence = with(txn, &slots, id, place)?;
            cell::push(txn, &CellView::new(id.clone(), *kind, source.clone()));
            write_keys(txn, &sequence);
        }
        Op::MoveCell { id, place } => move_cell(txn, &slots, id, place)?,
        Op::DeleteCell { id } => {
            present(txn, &slots, id)?;
            bin::put(txn, id, &before(&slots, id), actor, now);
        }
        Op::RestoreCell { id } => bin::restore(txn, &slots, id)?,
        Op::SetSource { id, source, base } => {
            let map = present(txn, &slots, id)?.map.clone();
            let text = cell::ensure_source(txn, &map);
            let present = Present::read(txn, text);
            let changes = match base {
                Some(base) => text::carried(base, source, &present.string),
                None => text::changes(&present.string, source),
            };
            present.edit(txn, &map, schema::SOURCE, &changes);
        }
        Op::ReplaceText { id, base, old, new } => {
            let map = present(txn, &slots, id)?.map.clone();
            replace::replace(txn, id, &map, base, (old, new))?;
        }
        Op::PatchCell { id, kind, metadata, collapsed } => {
            let slot = present(txn, &slots, id)?.clone();
            patch(txn, &slot, *kind, metadata.as_ref(), *collapsed);
        }
        Op::SetTitle { title } => set_title(txn, title),
        Op::PatchNotebook { metadata } => patch_notebook(txn, metadata),
    }
    Ok(())
}

/// The cell, if people see it.
fn present<'a>(txn: &TransactionMut<'_>, slots: &'a [Slot], id: &CellId) -> Result<&'a Slot, OpError> {
    match slots.iter().find(|slot| slot.id == *id) {
        Some(slot) if !slot.binned => Ok(slot),
        Some(_) => Err(OpError::CellInBin(id.clone())),
        None if bin::holds(txn, id) => Err(OpError::CellInBin(id.clone())),
        None => Err(OpError::UnknownCell(id.clone())),
    }
}

/// The cell people see before this one.
fn before(slots: &[Slot], id: &CellId) -> Option<CellId> {
    let earlier = slots.iter().take_while(|slot| slot.id != *id).filter(|slot| !slot.binned);
    earlier.last().map(|slot| slot.id.clone())
}

/// Ids with their keys, in the order wanted.
pub type Sequence = Vec<(CellId, Option<String>)>;

fn with(txn: &TransactionMut<'_>, slots: &[Slot], id: &CellId, place: &Place) -> Result<Sequence, OpError> {
    if slots.iter().any(|slot| slot.id == *id) || bin::holds(txn, id) {
        return Err(OpError::DuplicateCell(id.clone()));
    }
    placed(slots, id, place)
}

fn move_cell(txn: &mut TransactionMut<'_>, slots: &[Slot], id: &CellId, place: &Place) -> Result<(), OpError> {
    present(txn, slots, id)?;
    let sequence = placed(slots, id, place)?;
    if sequence.iter().map(|(id, _)| id).ne(slots.iter().map(|slot| &slot.id)) {
        write_keys(txn, &sequence);
    }
    Ok(())
}

/// The sequence with the cell, without a key, at its new place.
pub fn placed(slots: &[Slot], id: &CellId, place: &Place) -> Result<Sequence, OpError> {
    let home = slots.iter().position(|slot| slot.id == *id);
    let mut sequence: Sequence = slots.iter().map(|slot| (slot.id.clone(), slot.key.clone())).collect();
    let at = match place {
        Place::After(after) if after == id => home.ok_or_else(|| OpError::UnknownCell(after.clone()))?,
        _ => {
            sequence.retain(|(other, _)| other != id);
            index_of(&sequence, place)?
        }
    };
    sequence.retain(|(other, _)| other != id);
    sequence.insert(at, (id.clone(), None));
    Ok(sequence)
}

fn index_of(sequence: &Sequence, place: &Place) -> Result<usize, OpError> {
    match place {
        Place::First => Ok(0),
        Place::Last => Ok(sequence.len()),
        Place::After(after) => {
            let at = sequence.iter().position(|(id, _)| id == after);
            at.map(|at| at + 1).ok_or_else(|| OpError::UnknownCell(after.clone()))
        }
    }
}

/// Gives keys to the entries of a sequence that need one.
pub fn write_keys(txn: &mut TransactionMut<'_>, sequence: &Sequence) {
    let order = schema::map(txn, schema::ORDER);
    for (id, key) in arrangement::missing_keys(sequence) {
        order.insert(txn, id.as_str(), key);
    }
}

fn patch(
    txn: &mut TransactionMut<'_>,
    slot: &Slot,
    kind: Option<CellKind>,
    metadata: Option<&Object<String, Value>>,
    collapsed: Option<bool>,
) {
    let before = cell::ensure_metadata_object(txn, &slot.map);
    let mut after = before.clone();
    for (key, value) in metadata.into_iter().flatten() {
        patch_key(&mut after, key, value);
    }
    if let Some(collapsed) = collapsed {
        let kind = kind.unwrap_or_else(|| cell::kind(txn, &slot.map));
        cell::mark_collapsed(&mut after, kind, collapsed);
    }
    cell::update_metadata(txn, &slot.map, &before, &after);
    if let Some(kind) = kind.filter(|kind| *kind != cell::kind(txn, &slot.map)) {
        cell::set_kind(txn, &slot.map, kind);
    }
}

fn patch_notebook(txn: &mut TransactionMut<'_>, metadata: &Object<String, Value>) {
    let meta = schema::map(txn, schema::META);
    let before = cell::ensure_metadata_object(txn, &meta);
    let mut after = before.clone();
    for (key, value) in metadata.iter().filter(|(key, _)| *key != schema::TITLE) {
        patch_key(&mut after, key, value);
    }
    cell::update_metadata(txn, &meta, &before, &after);
}

/// What is ours is merged key by key and keeps the kind, which changes with the cell's type only.
fn patch_key(metadata: &mut Object<String, Value>, key: &str, value: &Value) {
    if key == schema::COSCRIBE {
        let kept = cell::ours(metadata);
        match value {
            Value::Object(given) => {
                kept.extend(given.clone().into_iter().filter(|(key, _)| key != schema::KIND));
                kept.retain(|_, value| !value.is_null());
            }
            _ => kept.retain(|key, _| key == schema::KIND),
        }
        cell::remove_empty_ours(metadata);
    } else if value.is_null() {
        metadata.remove(key);
    } else {
        metadata.insert(key.into(), value.clone());
    }
}

/// Sets the title; an empty one is taken away.
pub fn set_title(txn: &mut TransactionMut<'_>, title: &str) {
    let meta = schema::map(txn, schema::META);
    let metadata = cell::ensure_metadata(txn, &meta);
    if title.is_empty() {
        metadata.remove(txn, schema::TITLE);
    } else {
        metadata.try_update(txn, schema::TITLE, Any::from(title));
    }
}

/// The notebook's title, empty if it has none.
pub fn title<T: ReadTxn>(txn: &T) -> String {
    let meta = txn.get_map(schema::META);
    let metadata = meta.and_then(|meta| cell::metadata(txn, &meta));
    let title = metadata.and_then(|metadata| metadata.get(txn, schema::TITLE)).map(|out| json::to_value(txn, &out));
    title.and_then(|title| title.as_str().map(str::to_owned)).unwrap_or_default()
}
