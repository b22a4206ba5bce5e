//! Edits that carry their author: an operation made for a program or an agent, as an update of a client of its own.
//!
//! What the server writes with its own client is nobody's. Whoever has a name of its own is to be seen as the author of
//! what it wrote, so its operation is made in a copy of the document, and what comes of it is merged like an update from
//! its socket. Imports notebook, wire and yrs. Pure.
//! Invariant: a client id made here is used by one room for one name, so its clocks never split.

use bytes::Bytes;
use yrs::{Doc, ReadTxn, StateVector, Transact, Transaction, Update, updates::decoder::Decode};

use crate::{
    crdt,
    notebook::{Notebook, Op, OpError},
    vocabulary::{Actor, ActorKind, Millis},
    wire::update::{self, CheckedUpdate},
};

/// Larger documents, in bytes, are not copied for a name: it would take longer than a room can wait.
pub const SIZE_MAX: u64 = 2 << 20;

/// Names that sign while a document is loaded: each is one more client in everybody's state vector.
pub const NAMES_MAX: usize = 256;

/// Whether somebody is to be seen as the author of what is written for them.
pub fn is_due(actor: &Actor) -> bool {
    match actor.kind {
        ActorKind::Agent | ActorKind::Token => true,
        ActorKind::Human | ActorKind::Server => false,
    }
}

/// A client id as Yjs makes them.
pub fn client() -> u64 {
    u64::from(rand::random::<u32>())
}

/// What an operation does to a document, as an update of `client`; `None` if it cannot be made so.
pub fn signed(
    document: &Transaction<'_>,
    client: u64,
    op: &Op,
    actor: &Actor,
    now: Millis,
) -> Option<Result<CheckedUpdate, OpError>> {
    let copy = Doc::with_options(crdt::document_options(client));
    let state = Update::decode_v1(&document.encode_state_as_update_v1(&StateVector::default())).ok()?;
    let mut transaction = copy.transact_mut();
    transaction.apply_update(state).ok()?;
    drop(transaction);
    let mut transaction = copy.transact_mut();
    if let Err(refusal) = Notebook::default().apply(&mut transaction, op, actor, now) {
        return Some(Err(refusal));
    }
    let update = Bytes::from(transaction.encode_update_v1());
    update::check(update).ok().map(Ok)
}
