//! One session in the document: what is remembered of it, making one, repairing one.
//!
//! Imports crdt, fields, schema. Invariant: after a repair every field has its right type, and `completedAt` is there
//! exactly when the session has ended.

use yrs::{ID, In, Map, MapPrelim, MapRef, ReadTxn, TransactionMut};

use super::{
    fields::{self, Stamp},
    op::NewSession,
    schema, task,
};
use crate::{
    crdt::nested_id,
    ids::{NotebookId, SessionId},
    vocabulary::{Actor, Millis, SessionStatus},
};

/// A session.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionOutline {
    pub id: SessionId,
    pub map: Option<ID>,
    pub name: String,
    pub status: SessionStatus,
    pub notebook: Option<NotebookId>,
    pub created_at: Millis,
    pub created_by: Option<Actor>,
    pub updated_at: Millis,
    pub completed_at: Option<Millis>,
    pub last_heartbeat: Option<Millis>,
    pub deleted_at: Option<Millis>,
}

/// The map of a session.
pub fn find<T: ReadTxn>(txn: &T, id: &SessionId) -> Option<MapRef> {
    txn.get_map(schema::SESSIONS)?.get(txn, id.as_str())?.cast().ok()
}

/// Reads a session, whatever its map holds.
pub fn read<T: ReadTxn>(txn: &T, id: &SessionId, map: &MapRef) -> SessionOutline {
    SessionOutline {
        id: id.clone(),
        map: nested_id(map.as_ref()),
        name: fields::string(txn, map, schema::NAME).unwrap_or_default(),
        status: fields::word(txn, map, schema::STATUS).unwrap_or_default(),
        notebook: fields::word(txn, map, schema::NOTEBOOK),
        created_at: fields::millis(txn, map, schema::CREATED_AT).unwrap_or_default(),
        created_by: fields::actor(txn, map, schema::CREATED_BY),
        updated_at: fields::millis(txn, map, schema::UPDATED_AT).unwrap_or_default(),
        completed_at: fields::millis(txn, map, schema::COMPLETED_AT),
        last_heartbeat: fields::millis(txn, map, schema::LAST_HEARTBEAT),
        deleted_at: fields::millis(txn, map, schema::DELETED_AT),
    }
}

/// The map of a new session.
pub fn prelim(session: &NewSession, now: Millis) -> MapPrelim {
    let mut entries = vec![
        (schema::NAME, In::from(session.name.as_str())),
        (schema::STATUS, In::from(session.status.as_str())),
        (schema::CREATED_AT, In::Any(fields::moment(now))),
        (schema::LAST_HEARTBEAT, In::Any(fields::moment(now))),
    ];
    entries.extend(session.notebook.as_ref().map(|notebook| (schema::NOTEBOOK, In::from(notebook.as_str()))));
    entries.into_iter().collect()
}

/// Repairs a session. `known` is what it was before the transaction.
pub fn repair(txn: &mut TransactionMut<'_>, map: &MapRef, known: Option<&SessionOutline>, stamp: &Stamp<'_>) {
    let name = fields::string(txn, map, schema::NAME).unwrap_or_default();
    fields::write_string(txn, map, schema::NAME, &name);
    let status: SessionStatus = fields::word(txn, map, schema::STATUS).unwrap_or_default();
    fields::write_string(txn, map, schema::STATUS, status.as_str());
    fields::ensure_completion(txn, map, status.has_ended(), stamp.now);
    fields::ensure_deletion(txn, map, known.and_then(|known| known.deleted_at), stamp);
    if map.contains_key(txn, schema::LAST_HEARTBEAT) {
        fields::ensure_past(txn, map, schema::LAST_HEARTBEAT, stamp.now);
    }
    match known {
        Some(known) => {
            fields::write_millis(txn, map, schema::CREATED_AT, known.created_at);
            // A client's own clock says nothing, and a map that was replaced keeps its version.
            fields::write_millis(txn, map, schema::UPDATED_AT, known.updated_at);
            task::write_author(txn, map, known.created_by.as_ref());
        }
        None => {
            fields::ensure_past(txn, map, schema::CREATED_AT, stamp.now);
            fields::write_millis(txn, map, schema::UPDATED_AT, stamp.now);
            task::write_author(txn, map, Some(stamp.actor));
        }
    }
}
