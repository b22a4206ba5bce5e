//! What was last seen of a notebook, small enough to compare after each change of structure: that is where events come
//! from, whoever caused them.
//!
//! Imports schema, cell, arrangement. Invariant: two outlines and nothing else decide which structure events there are.

use std::collections::{HashMap, HashSet};

use yrs::{BranchID, ID, ReadTxn, TransactionMut, types::TypeRef};

use super::{arrangement, bin, cell, edit, schema};
pub use crate::crdt::nested_id;
use crate::{
    ids::{CellId, NotebookId},
    vocabulary::{CellKind, Event},
};

/// A notebook's skeleton.
#[derive(Debug, Default)]
pub struct Outline {
    pub title: String,
    /// The cells people see, in order.
    pub visible: Vec<Entry>,
    /// The cells in the bin, also those that have left the array of cells.
    pub binned: HashSet<CellId>,
    /// Cell by the identity of its map.
    owners: HashMap<ID, CellId>,
    /// Identity of the map by cell.
    maps: HashMap<CellId, ID>,
}

/// A cell in an outline.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: CellId,
    pub kind: CellKind,
    key: Option<String>,
}

impl Outline {
    /// The outline of the document as it is.
    pub fn read<T: ReadTxn>(txn: &T) -> Self {
        let mut outline = Self { title: edit::title(txn), binned: bin::ids(txn), ..Self::default() };
        for slot in arrangement::slots(txn) {
            if let Some(map) = nested_id(slot.map.as_ref()) {
                outline.owners.insert(map, slot.id.clone());
                outline.maps.insert(slot.id.clone(), map);
            }
            if !slot.binned {
                let kind = cell::kind(txn, &slot.map);
                outline.visible.push(Entry { id: slot.id, kind, key: slot.key });
            }
        }
        outline
    }

    /// The cell whose map this is.
    pub fn owner(&self, map: &ID) -> Option<&CellId> {
        self.owners.get(map)
    }

    /// Whether the cell was there, with another map.
    pub fn was_elsewhere(&self, id: &CellId, map: Option<ID>) -> bool {
        self.maps.get(id).is_some_and(|known| Some(*known) != map)
    }

    /// The identity of a cell's map.
    pub fn map_of(&self, id: &CellId) -> Option<ID> {
        self.maps.get(id).copied()
    }

    /// All cells of the array of cells.
    pub fn known(&self) -> impl Iterator<Item = &CellId> {
        self.maps.keys()
    }

    /// Whether the cell was in the array of cells.
    pub fn knows(&self, id: &CellId) -> bool {
        self.maps.contains_key(id)
    }
}

/// What a transaction touched.
#[derive(Debug, Default)]
pub struct Touched {
    /// Something an outline shows may differ.
    pub structure: bool,
    /// Maps of the cells inside which something changed.
    pub cells: HashSet<ID>,
}

/// What a committed transaction touched. yrs lists each changed type followed by all it lies in, up to its root.
pub fn touched(txn: &TransactionMut<'_>) -> Touched {
    let mut touched = Touched::default();
    let mut chain: Vec<(Option<ID>, bool)> = Vec::new();
    for branch in txn.changed_parent_types() {
        match branch.id() {
            BranchID::Nested(id) => chain.push((Some(id), *branch.type_ref() == TypeRef::Map)),
            BranchID::Root(name) => {
                touched.note(&name, &chain);
                chain.clear();
            }
        }
    }
    touched
}

impl Touched {
    /// `chain` leads from the changed type up to the root's child; true marks maps.
    fn note(&mut self, root: &str, chain: &[(Option<ID>, bool)]) {
        match (root, chain.last()) {
            (schema::META | schema::ORDER | schema::BIN, _) | (schema::CELLS, None) => self.structure = true,
            (schema::CELLS, Some((cell, _))) => {
                self.cells.extend(*cell);
                // The cell's own map (its type, its id) or its metadata (its kind) changed, not only a text or outputs.
                self.structure |= chain.len() <= 2 && chain[0].1;
            }
            _ => {}
        }
    }
}

/// The events that lead from one outline to the next.
pub fn differences(before: &Outline, after: &Outline, notebook: &NotebookId) -> Vec<Event> {
    let mut events = Vec::new();
    if before.title != after.title {
        events.push(Event::NotebookUpdated { id: notebook.clone(), title: after.title.clone() });
    }
    let seen: HashSet<&CellId> = before.visible.iter().map(|entry| &entry.id).collect();
    let still: HashSet<&CellId> = after.visible.iter().map(|entry| &entry.id).collect();
    let gone = before.visible.iter().filter(|entry| !still.contains(&entry.id));
    events.extend(gone.map(|entry| Event::CellDeleted { cell: entry.id.clone() }));
    let moved = moved(before, after);
    let mut previous: Option<&CellId> = None;
    for entry in &after.visible {
        let (cell, after) = (entry.id.clone(), previous.cloned());
        if before.binned.contains(&entry.id) {
            events.push(Event::CellRestored { cell });
        } else if !seen.contains(&entry.id) {
            events.push(Event::CellAdded { cell, kind: entry.kind, after });
        } else if moved.contains(&entry.id) {
            events.push(Event::CellMoved { cell, after });
        }
        previous = Some(&entry.id);
    }
    events
}

/// A cell of both outlines, its former position, and whether it kept its key.
type Common<'a> = (&'a CellId, usize, bool);

/// The cells that changed places: those with a new key that stand in another gap between the cells that kept theirs,
/// or, within a gap, outside its longest sequence still in order.
fn moved<'a>(before: &'a Outline, after: &'a Outline) -> HashSet<&'a CellId> {
    let old: HashMap<&CellId, (usize, &Option<String>)> =
        before.visible.iter().enumerate().map(|(at, entry)| (&entry.id, (at, &entry.key))).collect();
    let common: Vec<Common<'_>> = after
        .visible
        .iter()
        .filter_map(|entry| old.get(&entry.id).map(|(at, key)| (&entry.id, *at, **key == entry.key)))
        .collect();
    let mut moved = HashSet::new();
    if common.is_sorted_by_key(|(_, at, _)| *at) {
        return moved;
    }
    let mut low = None;
    for gap in common.split_inclusive(|(_, _, kept)| *kept) {
        let fixed = gap.last().filter(|(_, _, kept)| *kept).map(|(_, at, _)| *at);
        let inside = |at: usize| low.is_none_or(|low| at > low) && fixed.is_none_or(|fixed| at < fixed);
        let rekeyed = gap.iter().copied().filter(|(_, _, kept)| !kept);
        let (stayed, left): (Vec<Common<'_>>, Vec<Common<'_>>) = rekeyed.partition(|(_, at, _)| inside(*at));
        moved.extend(left.iter().map(|(id, ..)| *id));
        let in_order = longest_ascending(&stayed.iter().map(|(_, at, _)| *at).collect::<Vec<_>>());
        moved.extend(stayed.iter().filter(|(_, at, _)| !in_order.contains(at)).map(|(id, ..)| *id));
        low = fixed.or(low);
    }
    moved
}

/// The members of a longest ascending subsequence of different numbers.
fn longest_ascending(numbers: &[usize]) -> HashSet<usize> {
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        let length = tails.partition_point(|tail| numbers[*tail] < *number);
        previous.push(length.checked_sub(1).map(|shorter| tails[shorter]));
        if length == tails.len() { tails.push(index) } else { tails[length] = index }
    }
    std::iter::successors(tails.last().copied(), |index| previous[*index]).map(|index| numbers[index]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(cells: &[(&str, &str)]) -> Outline {
        let entry = |(id, key): &(&str, &str)| Entry {
            id: id.parse().unwrap(),
            kind: CellKind::Code,
            key: Some((*key).to_owned()),
        };
        Outline { visible: cells.iter().map(entry).collect(), ..Outline::default() }
    }

    fn moves(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<String> {
        let (before, after) = (outline(before), outline(after));
        let mut ids: Vec<String> = moved(&before, &after).into_iter().map(|id| id.to_string()).collect();
        ids.sort();
        ids
    }

    #[test]
    fn of_two_swapped_neighbours_the_one_with_a_new_key_moved() {
        assert_eq!(moves(&[("x", "a0"), ("y", "a1")], &[("y", "a1"), ("x", "a2")]), ["x"]);
        assert_eq!(moves(&[("x", "a0"), ("y", "a1")], &[("y", "Zz"), ("x", "a0")]), ["y"]);
    }

    #[test]
    fn a_cell_that_only_got_a_new_key_did_not_move() {
        let before = [("x", "a0"), ("y", "a1"), ("z", "a1"), ("w", "a2")];
        assert_eq!(moves(&before, &[("x", "a0"), ("y", "a1"), ("w", "a1B"), ("z", "a1V")]), ["w"]);
    }

    #[test]
    fn when_all_keys_are_new_the_fewest_cells_moved() {
        let before = [("x", "a0"), ("y", "a1"), ("z", "a2")];
        assert_eq!(moves(&before, &[("z", "b0"), ("x", "b1"), ("y", "b2")]), ["z"]);
    }
}
