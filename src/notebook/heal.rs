//! Repairs: whatever clients wrote, the document stays one that Jupyter clients and ours can open.
//!
//! Runs within the transaction that did the damage, before it is committed, so nobody ever sees it. Only the server
//! heals: two healers would repair one thing twice. Imports schema, cell, arrangement, bin, text, outline, runs.
//!
//! Invariant: after healing, every cell map has an id of its own, the keys of its type with the right types below, and
//! an order key that no other cell has.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use serde_json::Value;
use yrs::{Array, ArrayRef, In, Map, MapRef, Out, TextPrelim, TransactionMut, types::TypeRef};

use super::{
    arrangement::{self, Slot},
    bin, cell, earlier, edit, json,
    outline::{self, Outline},
    runs::Runs,
    schema,
    text::{self, Present},
};
use crate::{crdt::touches_only, ids::CellId, vocabulary::Place};

const NBFORMAT: i64 = 4;
const NBFORMAT_MINOR: i64 = 5;

/// Whether the transaction may have changed anything else than texts.
pub fn structure_changed(txn: &TransactionMut<'_>) -> bool {
    !touches_only(txn, |branch| *branch.type_ref() == TypeRef::Text)
}

/// Repairs all there is to repair. `known` is the notebook as it was before the transaction, `runs` what the server wrote.
pub fn repair(txn: &mut TransactionMut<'_>, known: &Outline, runs: &mut Runs) {
    repair_meta(txn);
    repair_elements(txn);
    repair_cells(txn);
    remove_stale(txn, known);
    restore_runs(txn, runs);
    repair_order(txn, known);
}

fn repair_meta(txn: &mut TransactionMut<'_>) {
    let meta = schema::map(txn, schema::META);
    cell::ensure_metadata(txn, &meta);
    for (key, lowest) in [(schema::NBFORMAT, NBFORMAT), (schema::NBFORMAT_MINOR, NBFORMAT_MINOR)] {
        let number = meta.get(txn, key).map(|out| json::to_value(txn, &out));
        if number.and_then(|number| number.as_i64()).is_none_or(|number| number < lowest) {
            meta.insert(txn, key, lowest);
        }
    }
}

/// Turns plain objects among the cells into cells, and takes out what is no cell at all.
fn repair_elements(txn: &mut TransactionMut<'_>) {
    let cells = schema::cells(txn);
    if maps(txn, &cells).len() == cells.len(txn) as usize {
        return;
    }
    if json::stray_text(txn, &cells).is_empty() {
        convert_plain_cells(txn, &cells);
    }
    keep_only_maps(txn, &cells);
}

fn maps(txn: &TransactionMut<'_>, cells: &ArrayRef) -> Vec<MapRef> {
    let map = |out| if let Out::YMap(map) = out { Some(map) } else { None };
    json::nested(txn, cells).into_iter().filter_map(map).collect()
}

fn convert_plain_cells(txn: &mut TransactionMut<'_>, cells: &ArrayRef) {
    let elements: Vec<(u32, Out)> = (0..).zip(cells.iter(txn)).collect();
    for (index, element) in elements.into_iter().rev() {
        let Out::Any(plain) = element else { continue };
        let value = json::any_to_value(&plain, json::DEPTH_MAX);
        let id = value.get(schema::ID).and_then(Value::as_str).and_then(|id| id.parse().ok());
        if value.get(schema::CELL_TYPE).is_some()
            && let Some(view) = cell::from_json(id.unwrap_or_else(CellId::generate), &value)
        {
            cells.remove(txn, index);
            cells.insert(txn, index, cell::prelim(&view));
        }
    }
}

/// Removes the gaps between maps. What lies in them cannot always be looked at one by one: see [`json::elements`].
fn keep_only_maps(txn: &mut TransactionMut<'_>, cells: &ArrayRef) {
    let mut end = cells.len(txn);
    let indices: Vec<u32> = maps(txn, cells).iter().filter_map(|map| cell::index_in_array(txn, map)).collect();
    for index in indices.into_iter().rev() {
        if index + 1 < end {
            cells.remove_range(txn, index + 1, end - index - 1);
        }
        end = index;
    }
    if end > 0 {
        cells.remove_range(txn, 0, end);
    }
}

fn repair_cells(txn: &mut TransactionMut<'_>) {
    let cells = schema::cells(txn);
    let mut firsts: HashMap<CellId, MapRef> = HashMap::new();
    for map in maps(txn, &cells) {
        let id = ensure_id(txn, &map);
        repair_cell(txn, &map);
        match firsts.entry(id) {
            Entry::Vacant(vacant) => {
                vacant.insert(map);
            }
            Entry::Occupied(first) => unite(txn, first.get(), &map),
        }
    }
}

fn ensure_id(txn: &mut TransactionMut<'_>, map: &MapRef) -> CellId {
    cell::id(txn, map).unwrap_or_else(|| {
        let id = CellId::generate();
        map.insert(txn, schema::ID, id.as_str());
        id
    })
}

fn repair_cell(txn: &mut TransactionMut<'_>, map: &MapRef) {
    cell::ensure_source(txn, map);
    cell::ensure_metadata(txn, map);
    let cell_type = cell::string(txn, map, schema::CELL_TYPE);
    if !matches!(cell_type.as_deref(), Some(schema::CODE | schema::MARKDOWN | schema::RAW)) {
        let runs = map.contains_key(txn, schema::OUTPUTS);
        map.insert(txn, schema::CELL_TYPE, if runs { schema::CODE } else { schema::RAW });
    }
    let runs = cell::runs(cell::kind(txn, map));
    if !keys_are_right(txn, map, runs) {
        cell::ensure_type_keys(txn, map, runs);
    }
    if runs {
        repair_outputs(txn, map);
    }
}

fn keys_are_right(txn: &TransactionMut<'_>, map: &MapRef, runs: bool) -> bool {
    let code_only = [schema::OUTPUTS, schema::EXECUTION_COUNT];
    if runs {
        cell::outputs(txn, map).is_some()
            && map.contains_key(txn, schema::EXECUTION_COUNT)
            && !map.contains_key(txn, schema::ATTACHMENTS)
    } else {
        !code_only.iter().chain(&[schema::EXECUTION_STATE]).any(|key| map.contains_key(txn, key))
    }
}

/// Makes every output a map, and the text of every stream a text that can grow.
fn repair_outputs(txn: &mut TransactionMut<'_>, map: &MapRef) {
    let Some(outputs) = cell::outputs(txn, map) else { return };
    let elements = json::elements(txn, &outputs);
    if elements.len() as u32 != outputs.len(txn) || elements.iter().any(|output| !matches!(output, Out::YMap(_))) {
        let values = cell::read_outputs(txn, &outputs);
        map.insert(txn, schema::OUTPUTS, cell::outputs_prelim(&values));
        return;
    }
    for output in elements {
        if let Out::YMap(output) = output {
            repair_stream(txn, &output);
        }
    }
}

fn repair_stream(txn: &mut TransactionMut<'_>, output: &MapRef) {
    if cell::string(txn, output, schema::OUTPUT_TYPE).as_deref() != Some(schema::STREAM) {
        return;
    }
    let text = output.get(txn, schema::TEXT);
    if !matches!(text, Some(Out::YText(_))) {
        let joined = text.map(|out| cell::joined(&json::to_value(txn, &out))).unwrap_or_default();
        output.insert(txn, schema::TEXT, TextPrelim::new(joined));
    }
}

/// Merges the second map with one id into the first: all text of both, all outputs of both.
fn unite(txn: &mut TransactionMut<'_>, first: &MapRef, second: &MapRef) {
    let Some(other) = cell::read(txn, second) else { return };
    let source = cell::ensure_source(txn, first);
    let present = Present::read(txn, source);
    present.edit(txn, first, schema::SOURCE, &text::additions(&present.string, &other.source));
    let mut metadata = cell::ensure_metadata_object(txn, first);
    let before = metadata.clone();
    for (key, value) in other.metadata {
        metadata.entry(key).or_insert(value);
    }
    cell::update_metadata(txn, first, &before, &metadata);
    unite_outputs(txn, first, &other.outputs);
    bin::remove(txn, second);
}

fn unite_outputs(txn: &mut TransactionMut<'_>, first: &MapRef, others: &[Value]) {
    let Some(outputs) = cell::outputs(txn, first) else { return };
    let there = cell::read_outputs(txn, &outputs);
    for output in others.iter().filter(|output| !there.contains(output)).filter_map(Value::as_object) {
        outputs.push_back(txn, In::from(cell::output_prelim(output)));
    }
}

/// Removes what is kept by cell id of cells that were there and are gone. Entries of cells never seen stay: they may be
/// on their way.
fn remove_stale(txn: &mut TransactionMut<'_>, known: &Outline) {
    let there: HashSet<CellId> = arrangement::unsorted(txn).into_iter().map(|slot| slot.id).collect();
    let bin = schema::map(txn, schema::BIN);
    let mut gone = HashSet::new();
    for id in known.known().filter(|id| !there.contains(*id)) {
        if bin.get(txn, id.as_str()).is_some_and(|tombstone| bin::keeps_cell(txn, &tombstone)) {
            continue;
        }
        for root in [schema::ORDER, schema::BIN, schema::RUNS] {
            let map = schema::map(txn, root);
            if map.contains_key(txn, id.as_str()) {
                map.remove(txn, id.as_str());
            }
        }
        gone.insert(id.as_str());
    }
    if !gone.is_empty() {
        earlier::remove_of(txn, |id| gone.contains(id));
    }
}

/// Runs belong to cells that are there, or in the bin.
fn restore_runs(txn: &mut TransactionMut<'_>, runs: &mut Runs) {
    let mut there: HashSet<CellId> = arrangement::unsorted(txn).into_iter().map(|slot| slot.id).collect();
    there.extend(bin::ids(txn));
    runs.restore(txn, &there);
}

/// Gives order keys to cells without one, and moves those which a Jupyter client moved: it does that by deleting the
/// cell and inserting a copy elsewhere in the array.
fn repair_order(txn: &mut TransactionMut<'_>, known: &Outline) {
    let array = arrangement::unsorted(txn);
    let mut slots = arrangement::sorted(array.clone());
    let mut previous: Option<&Slot> = None;
    for slot in &array {
        if slot.key.is_some() && known.was_elsewhere(&slot.id, outline::nested_id(slot.map.as_ref())) {
            let place = previous.map_or(Place::First, |previous| Place::After(previous.id.clone()));
            follow(&mut slots, &slot.id, &place);
        }
        previous = Some(slot);
    }
    let sequence = slots.into_iter().map(|slot| (slot.id, slot.key)).collect();
    edit::write_keys(txn, &sequence);
}

fn follow(slots: &mut Vec<Slot>, id: &CellId, place: &Place) {
    let Ok(sequence) = edit::placed(slots, id, place) else { return };
    if sequence.iter().map(|(id, _)| id).eq(slots.iter().map(|slot| &slot.id)) {
        return;
    }
    let at = sequence.iter().position(|(other, _)| other == id).unwrap_or_default();
    if let Some(from) = slots.iter().position(|slot| slot.id == *id) {
        let mut slot = slots.remove(from);
        slot.key = None;
        slots.insert(at, slot);
    }
}
