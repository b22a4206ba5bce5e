//! Replicas of a notebook for tests: clients that edit alone, and a server that heals and tells what happened.

use serde_json::{Value, json};
use yrs::{Doc, ReadTxn, StateVector, Transact, TransactionMut, Update, updates::decoder::Decode};

use super::{ImportedNotebook, Notebook, NotebookView, Op, OpError, cell, json as values};
use crate::crdt::document_options;
use crate::{
    ids::{CellId, NotebookId},
    vocabulary::{Actor, ActorKind, CellKind, Event, Millis, Place},
};

/// A small generator of numbers: the same seed, the same test.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end.max(1)
    }
}

pub fn id(text: &str) -> CellId {
    text.parse().unwrap()
}

pub fn actor(name: &str) -> Actor {
    Actor { name: name.into(), kind: ActorKind::Human }
}

pub fn add(cell: &str, source: &str, place: Place) -> Op {
    Op::AddCell { id: id(cell), kind: CellKind::Code, source: source.into(), place }
}

pub fn move_after(cell: &str, after: &str) -> Op {
    Op::MoveCell { id: id(cell), place: Place::After(id(after)) }
}

pub fn set(cell: &str, source: &str) -> Op {
    Op::SetSource { id: id(cell), source: source.into(), base: None }
}

/// A document with a client of its own.
pub struct Replica {
    pub doc: Doc,
    pub notebook: Notebook,
    pub now: Millis,
}

impl Replica {
    pub fn new(client: u64) -> Self {
        let doc = Doc::with_options(document_options(client));
        let notebook = Notebook::open(&doc.transact());
        Self { doc, notebook, now: 1_000_000 }
    }

    /// A server that has a notebook of code cells with these ids and texts.
    pub fn server(cells: &[(&str, &str)]) -> Self {
        let mut server = Self::new(1);
        let view = |(cell, source): &(&str, &str)| super::CellView::new(id(cell), CellKind::Code, (*source).into());
        let content = ImportedNotebook { cells: cells.iter().map(view).collect(), ..ImportedNotebook::default() };
        Notebook::initialise(&mut server.doc.transact_mut(), content);
        server.notebook = Notebook::open(&server.doc.transact());
        server
    }

    /// A client that has what this one has.
    pub fn fork(&self, client: u64) -> Self {
        let mut fork = Self::new(client);
        fork.merge(&self.difference(&fork));
        fork.notebook = Notebook::open(&fork.doc.transact());
        fork
    }

    fn difference(&self, other: &Self) -> Vec<u8> {
        let known: StateVector = other.doc.transact().state_vector();
        self.doc.transact().encode_diff_v1(&known)
    }

    /// Merges without healing, as clients do.
    pub fn merge(&mut self, update: &[u8]) {
        self.doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
    }

    /// Edits without healing, as clients do. Returns the update.
    pub fn edit(&mut self, op: &Op) -> Result<Vec<u8>, OpError> {
        let doc = self.doc.clone();
        let mut txn = doc.transact_mut();
        self.notebook.apply(&mut txn, op, &actor("client"), self.now)?;
        txn.commit();
        Ok(txn.encode_update_v1())
    }

    /// A transaction as the server makes it.
    pub fn transact(&mut self, change: impl FnOnce(&mut Notebook, &mut TransactionMut<'_>)) -> (Vec<u8>, Vec<Event>) {
        let doc = self.doc.clone();
        let mut txn = doc.transact_mut();
        change(&mut self.notebook, &mut txn);
        self.notebook.heal(&mut txn);
        txn.commit();
        let events = self.notebook.events(&txn, &notebook(), self.now);
        (txn.encode_update_v1(), events)
    }

    /// Takes what a client has, as the server does.
    pub fn receive(&mut self, from: &Self) -> Vec<Event> {
        let update = from.difference(self);
        self.receive_update(&update).1
    }

    pub fn receive_update(&mut self, update: &[u8]) -> (Vec<u8>, Vec<Event>) {
        self.transact(|_, txn| txn.apply_update(Update::decode_v1(update).unwrap()).unwrap())
    }

    /// Makes an edit as the server does.
    pub fn apply(&mut self, op: &Op) -> Vec<Event> {
        self.transact(|notebook, txn| notebook.apply(txn, op, &actor("Ana"), 1_000_000).unwrap()).1
    }

    /// Types into a cell, at a place counted in UTF-16 units.
    pub fn typed(&mut self, cell: &str, at: u32, text: &str) -> Vec<u8> {
        let mut txn = self.doc.transact_mut();
        let slots = super::arrangement::unsorted(&txn);
        let slot = slots.iter().find(|slot| slot.id == id(cell)).unwrap();
        let source = cell::source(&txn, &slot.map).unwrap();
        yrs::Text::insert(&source, &mut txn, at, text);
        txn.commit();
        txn.encode_update_v1()
    }

    pub fn view(&self) -> NotebookView {
        Notebook::view(&self.doc.transact())
    }

    pub fn order(&self) -> Vec<String> {
        self.view().cells.iter().map(|cell| cell.id.to_string()).collect()
    }

    pub fn source(&self, cell: &str) -> String {
        self.view().cells.into_iter().find(|view| view.id == id(cell)).unwrap().source
    }

    /// All that the document holds, as JSON.
    pub fn everything(&self) -> Value {
        let txn = self.doc.transact();
        let map = |name: &str| txn.get_map(name).map(|map| values::to_object(&txn, &map)).unwrap_or_default();
        let cells = txn.get_array("cells").map(|cells| values::elements(&txn, &cells));
        let cells: Vec<Value> = cells.into_iter().flatten().map(|cell| values::to_value(&txn, &cell)).collect();
        json!({ "meta": map("meta"), "cells": cells, "order": map("order"), "bin": map("bin"),
            "earlier": map("earlier") })
    }
}

pub fn notebook() -> NotebookId {
    "notebook".parse().unwrap()
}

/// Brings a server and its clients to the same state.
pub fn meet(server: &mut Replica, clients: &mut [&mut Replica]) -> Vec<Event> {
    let mut events = Vec::new();
    for client in clients.iter() {
        events.extend(server.receive(client));
    }
    for client in clients {
        client.merge(&server.difference(client));
        assert_eq!(client.everything(), server.everything());
    }
    events
}
