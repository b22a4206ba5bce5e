//! The order of the board: one order for all tasks, whatever column they stand in.
//!
//! Imports crdt, outline, schema. Invariant: a move changes the key of the task that is moved, and of no other unless
//! several have the same key.

use yrs::{Map, TransactionMut};

use super::{
    op::{OpError, TaskPlace},
    outline::Outline,
    schema, task,
};
use crate::{crdt::order, ids::TaskId};

/// The tasks that people see, from the top.
pub fn sorted(outline: &Outline) -> Vec<(&str, &TaskId)> {
    let visible = outline.tasks.values().filter(|task| task.deleted_at.is_none());
    let mut tasks: Vec<_> = visible.map(|task| (task.order.as_str(), &task.id)).collect();
    tasks.sort_unstable();
    tasks
}

/// A key above all others: the newest stands on top.
pub fn top(outline: &Outline) -> String {
    let least = outline.tasks.values().map(|task| task.order.as_str()).filter(|key| order::is_valid(key)).min();
    order::between(None, least).unwrap_or_default()
}

/// The keys to be written so that the task stands where it is wanted; none if it stands there.
pub fn placed(outline: &Outline, id: &TaskId, place: &TaskPlace) -> Result<Vec<(TaskId, String)>, OpError> {
    let present = sorted(outline);
    let home = present.iter().position(|(_, other)| *other == id);
    let others: Vec<_> = present.iter().copied().filter(|(_, other)| *other != id).collect();
    let at = match place {
        TaskPlace::Top => 0,
        TaskPlace::Bottom => others.len(),
        TaskPlace::After(after) if after == id => return Ok(Vec::new()),
        TaskPlace::After(after) => {
            let found = others.iter().position(|(_, other)| *other == after);
            found.ok_or_else(|| OpError::UnknownTask(after.clone()))? + 1
        }
    };
    Ok(if home == Some(at) { Vec::new() } else { keys_at(&others, id, at) })
}

/// Tasks that stood side by side with one key give way: they get keys of their own behind the one that is put there.
fn keys_at(others: &[(&str, &TaskId)], id: &TaskId, at: usize) -> Vec<(TaskId, String)> {
    let low = at.checked_sub(1).map(|before| others[before].0);
    let same = others[at..].iter().take_while(|(key, _)| low.is_some_and(|low| *key <= low)).count();
    let high = others.get(at + same).map(|(key, _)| *key);
    let ids = std::iter::once(id).chain(others[at..at + same].iter().map(|(_, id)| *id));
    ids.cloned().zip(order::spread(low, high, same + 1)).collect()
}

/// Writes order keys.
pub fn write(txn: &mut TransactionMut<'_>, keys: Vec<(TaskId, String)>) {
    for (id, key) in keys {
        if let Some(map) = task::find(txn, &id) {
            map.insert(txn, schema::ORDER, key);
        }
    }
}

/// Gives a place on top to tasks whose key is none.
pub fn give_orders<'a>(txn: &mut TransactionMut<'_>, outline: &mut Outline, ids: impl Iterator<Item = &'a TaskId>) {
    for id in ids {
        let Some(map) = task::find(txn, id).filter(|map| !task::has_order(txn, map)) else { continue };
        let key = top(outline);
        map.insert(txn, schema::ORDER, key.as_str());
        if let Some(task) = outline.tasks.get_mut(id) {
            task.order = key;
        }
    }
}
