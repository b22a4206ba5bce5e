//! One task in the document: what is remembered of it, making one, repairing one.
//!
//! Imports crdt, fields, schema. Invariant: after a repair every field has its right type, texts merge, and `completedAt`
//! is there exactly while the task is completed.

use std::collections::BTreeSet;

use yrs::{Any, ID, In, Map, MapPrelim, MapRef, ReadTxn, TextPrelim, TransactionMut};

use super::{
    fields::{self, Stamp, TextOutline},
    op::NewTask,
    schema,
};
use crate::{
    crdt::{nested_id, order},
    ids::TaskId,
    vocabulary::{Actor, Millis, Priority, Reference, TaskStatus},
};

/// A task without its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskOutline {
    pub id: TaskId,
    pub map: Option<ID>,
    pub title: String,
    pub status: TaskStatus,
    pub priority: Priority,
    pub order: String,
    pub references: BTreeSet<Reference>,
    pub created_at: Millis,
    pub created_by: Option<Actor>,
    pub updated_at: Millis,
    pub completed_at: Option<Millis>,
    pub deleted_at: Option<Millis>,
    /// In the order of [`schema::TEXTS`].
    pub texts: [TextOutline; 2],
    /// The nested map of its references.
    pub references_map: Option<ID>,
}

/// The map of a task.
pub fn find<T: ReadTxn>(txn: &T, id: &TaskId) -> Option<MapRef> {
    txn.get_map(schema::TASKS)?.get(txn, id.as_str())?.cast().ok()
}

/// Reads a task, whatever its map holds.
pub fn read<T: ReadTxn>(txn: &T, id: &TaskId, map: &MapRef) -> TaskOutline {
    let nested = references_map(txn, map);
    TaskOutline {
        id: id.clone(),
        map: nested_id(map.as_ref()),
        title: fields::string(txn, map, schema::TITLE).unwrap_or_default(),
        status: fields::word(txn, map, schema::STATUS).unwrap_or_default(),
        priority: fields::word(txn, map, schema::PRIORITY).unwrap_or_default(),
        order: fields::string(txn, map, schema::ORDER).unwrap_or_default(),
        references: nested.as_ref().map(|nested| references(txn, nested)).unwrap_or_default(),
        created_at: fields::millis(txn, map, schema::CREATED_AT).unwrap_or_default(),
        created_by: fields::actor(txn, map, schema::CREATED_BY),
        updated_at: fields::millis(txn, map, schema::UPDATED_AT).unwrap_or_default(),
        completed_at: fields::millis(txn, map, schema::COMPLETED_AT),
        deleted_at: fields::millis(txn, map, schema::DELETED_AT),
        texts: schema::TEXTS.map(|key| fields::text_outline(txn, map, key)),
        references_map: nested.and_then(|nested| nested_id(nested.as_ref())),
    }
}

fn references_map<T: ReadTxn>(txn: &T, map: &MapRef) -> Option<MapRef> {
    map.get(txn, schema::REFERENCES)?.cast().ok()
}

/// Keys that name nothing are passed over.
fn references<T: ReadTxn>(txn: &T, nested: &MapRef) -> BTreeSet<Reference> {
    nested.keys(txn).filter_map(reference).collect()
}

fn reference(key: &str) -> Option<Reference> {
    let (notebook, cell) = match key.split_once('/') {
        Some((notebook, cell)) => (notebook, Some(cell.parse().ok()?)),
        None => (key, None),
    };
    Some(Reference { notebook: notebook.parse().ok()?, cell })
}

fn reference_key(reference: &Reference) -> String {
    match &reference.cell {
        Some(cell) => format!("{}/{cell}", reference.notebook),
        None => reference.notebook.to_string(),
    }
}

/// Whether the task's order key can be used.
pub fn has_order<T: ReadTxn>(txn: &T, map: &MapRef) -> bool {
    fields::string(txn, map, schema::ORDER).is_some_and(|key| order::is_valid(&key))
}

/// The map of a new task.
pub fn prelim(task: &NewTask, order: String, now: Millis) -> MapPrelim {
    let references = task.references.iter().map(|reference| (reference_key(reference), In::Any(Any::Bool(true))));
    let mut entries = vec![
        (schema::TITLE, In::from(task.title.as_str())),
        (schema::DESCRIPTION, In::from(TextPrelim::new(task.description.as_str()))),
        (schema::PROMPT, In::from(TextPrelim::new(task.prompt.as_str()))),
        (schema::STATUS, In::from(task.status.as_str())),
        (schema::PRIORITY, In::from(task.priority.as_str())),
        (schema::ORDER, In::from(order.as_str())),
        (schema::REFERENCES, In::from(references.collect::<MapPrelim>())),
        (schema::CREATED_AT, In::Any(fields::moment(now))),
    ];
    if task.status == TaskStatus::Completed {
        entries.push((schema::COMPLETED_AT, In::Any(fields::moment(task.completed_at.unwrap_or(now)))));
    }
    entries.into_iter().collect()
}

/// Writes the references that differ: what others added at the same time stays.
pub fn write_references(txn: &mut TransactionMut<'_>, map: &MapRef, wanted: &[Reference]) {
    ensure_references(txn, map);
    let Some(nested) = references_map(txn, map) else { return };
    let (present, wanted) = (references(txn, &nested), wanted.iter().cloned().collect::<BTreeSet<_>>());
    for gone in present.difference(&wanted) {
        nested.remove(txn, &reference_key(gone));
    }
    for new in wanted.difference(&present) {
        nested.insert(txn, reference_key(new), true);
    }
}

fn ensure_references(txn: &mut TransactionMut<'_>, map: &MapRef) {
    if references_map(txn, map).is_none() {
        map.insert(txn, schema::REFERENCES, MapPrelim::default());
    }
}

/// Repairs a task; its order key is looked after elsewhere. `known` is what it was before the transaction.
pub fn repair(txn: &mut TransactionMut<'_>, map: &MapRef, known: Option<&TaskOutline>, stamp: &Stamp<'_>) {
    schema::TEXTS.iter().for_each(|key| fields::ensure_text(txn, map, key));
    ensure_references(txn, map);
    let title = fields::string(txn, map, schema::TITLE).unwrap_or_default();
    fields::write_string(txn, map, schema::TITLE, &title);
    let status: TaskStatus = fields::word(txn, map, schema::STATUS).unwrap_or_default();
    fields::write_string(txn, map, schema::STATUS, status.as_str());
    let priority: Priority = fields::word(txn, map, schema::PRIORITY).unwrap_or_default();
    fields::write_string(txn, map, schema::PRIORITY, priority.as_str());
    fields::ensure_completion(txn, map, status == TaskStatus::Completed, stamp.now);
    fields::ensure_deletion(txn, map, known.and_then(|known| known.deleted_at), stamp);
    match known {
        Some(known) => {
            fields::write_millis(txn, map, schema::CREATED_AT, known.created_at);
            // A client's own clock says nothing, and a map that was replaced keeps its version.
            fields::write_millis(txn, map, schema::UPDATED_AT, known.updated_at);
            write_author(txn, map, known.created_by.as_ref());
        }
        None => {
            fields::ensure_past(txn, map, schema::CREATED_AT, stamp.now);
            fields::write_millis(txn, map, schema::UPDATED_AT, stamp.now);
            write_author(txn, map, Some(stamp.actor));
        }
    }
}

/// Who made it is what the server saw, not what a client says.
pub fn write_author(txn: &mut TransactionMut<'_>, map: &MapRef, author: Option<&Actor>) {
    match author {
        Some(author) => fields::write_actor(txn, map, schema::CREATED_BY, author),
        None => fields::remove(txn, map, schema::CREATED_BY),
    }
}
