//! The meaning of a notebook document: where things lie in the yrs tree, edits made for somebody, events, `.ipynb`.
//!
//! Owns the schema of `notebook-model.md`. Imports crdt, ids, vocabulary and yrs: no async, no sockets, no disk, no clock.
//! Invariant: Jupyter's roots `state`, `meta` and `cells` keep exactly Jupyter's shape; all else lies beside them.
//!
//! A transaction goes: edits ([`Notebook::apply`], or updates from clients), [`Notebook::heal`], commit,
//! [`Notebook::events`].

mod answer;
mod arrangement;
mod bin;
mod bundles;
mod cell;
mod context;
mod earlier;
mod edit;
mod export;
mod heal;
mod import;
mod import_v3;
mod models;
mod op;
mod outline;
mod outputs;
mod pictures;
mod python_json;
mod readable;
mod replace;
mod running;
mod runs;
mod schema;
mod stream;
mod terminal;
mod thoughts;
mod view;
mod welcome;

#[cfg(test)]
mod concurrency_tests;
#[cfg(test)]
mod files_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod outputs_tests;
#[cfg(test)]
mod test_support;

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use yrs::{Any, Array, Assoc, IndexedSequence, Map, ReadTxn, Text, TransactionMut};

use self::{answer::Answer, models::Models, outline::Outline, outputs::Outputs, runs::Runs};
use crate::{
    crdt::{edited::Edited, json, order, text},
    ids::{CellId, NotebookId, RunId},
    vocabulary::{Actor, Event, Millis},
};

pub use answer::Part;
pub use bundles::{blobs_called, carry_blobs, is_large, move_large_parts};
pub use context::{CONTEXT_TOKENS, Considered, Fate, Message, Picture, PictureContent, Question, Speaker};
pub use export::export_ipynb;
pub use import::{ImportError, import_ipynb};
pub use models::{Entries, ModelEvent, ModelRefused, are_large, entries, move_large_entries, size_of};
pub use op::{Op, OpError};
pub use outputs::{Bundle, LeftOut, Output, OutputLimits, StreamName};
pub use pictures::{carry_pictures, pictures_called};
pub use readable::{export_markdown, export_python};
pub use running::BlobRef;
pub use schema::{ROOTS, Root, Shape, Writer};
pub use thoughts::show_thinking;
pub use view::{BinView, CellView, ImportedNotebook, NotebookView};

/// How long a deleted cell stays in the array of cells, hidden. Text that somebody typed into it offline merges only as
/// long as it is there. The price: a client that knows only Jupyter's model shows it until then.
const BIN_REST: Millis = 30 * 24 * 60 * 60 * 1000;

/// What is remembered of an open notebook beside its document.
#[derive(Debug, Default)]
pub struct Notebook {
    outline: Outline,
    edited: Edited<CellId>,
    runs: Runs,
    models: Models,
    /// What running cells put out, and answers on their way, by run.
    outputs: HashMap<RunId, Outputs>,
    answers: HashMap<RunId, Answer>,
    /// When a cell of the bin was last deleted or typed in, as far as it was seen.
    stirred: HashMap<CellId, Millis>,
    /// The document was looked at whole since it was loaded.
    checked: bool,
}

impl Notebook {
    /// Writes a notebook into an empty document.
    pub fn initialise(txn: &mut TransactionMut<'_>, content: ImportedNotebook) {
        schema::ensure_roots(txn);
        let meta = schema::map(txn, schema::META);
        meta.insert(txn, schema::NBFORMAT, 4);
        meta.insert(txn, schema::NBFORMAT_MINOR, 5);
        meta.insert(txn, schema::METADATA, cell::object_prelim(&content.metadata));
        if let Some(title) = &content.title {
            edit::set_title(txn, title);
        }
        let cells = schema::cells(txn);
        // From the last to the first, since yrs walks to the place where it inserts.
        for view in content.cells.iter().rev() {
            cells.insert(txn, 0, cell::prelim(view));
        }
        Models::write_file(txn, &content.models);
        let sequence = content.cells.into_iter().map(|view| (view.id, None)).collect();
        edit::write_keys(txn, &sequence);
    }

    /// Remembers a document that was loaded.
    pub fn open<T: ReadTxn>(txn: &T) -> Self {
        Self { outline: Outline::read(txn), runs: Runs::read(txn), models: Models::read(txn), ..Self::default() }
    }

    /// Makes an edit for somebody.
    ///
    /// # Errors
    /// The edit cannot be made; nothing changed.
    pub fn apply(&mut self, txn: &mut TransactionMut<'_>, op: &Op, actor: &Actor, now: Millis) -> Result<(), OpError> {
        edit::apply(txn, op, actor, now)
    }

    /// Repairs what the transaction damaged. Costs next to nothing when it only changed texts. Call it in every
    /// transaction before committing it, also when nothing of it came from outside.
    pub fn heal(&mut self, txn: &mut TransactionMut<'_>) {
        schema::ensure_roots(txn);
        if !self.checked || heal::structure_changed(txn) {
            heal::repair(txn, &self.outline, &mut self.runs);
            self.models.restore(txn);
            self.checked = true;
        }
    }

    /// What a transaction did. Call it once, after [`TransactionMut::commit`]: only then does yrs tell what changed.
    pub fn events(&mut self, txn: &TransactionMut<'_>, notebook: &NotebookId, now: Millis) -> Vec<Event> {
        let touched = outline::touched(txn);
        let mut events = self.runs.take_events();
        if touched.structure {
            let outline = Outline::read(txn);
            events.extend(outline::differences(&self.outline, &outline, notebook));
            self.note_stirred(&outline, now);
            self.outline = outline;
        }
        let mut cells: Vec<CellId> = touched.cells.iter().filter_map(|map| self.outline.owner(map).cloned()).collect();
        cells.sort();
        let fresh: HashSet<CellId> = events.iter().filter_map(added).collect();
        for cell in cells.into_iter().filter(|cell| !fresh.contains(cell)) {
            if self.outline.binned.contains(&cell) {
                self.stirred.insert(cell, now);
            } else if self.edited.note(&cell, now) {
                events.push(Event::CellEdited { cell });
            }
        }
        events
    }

    fn note_stirred(&mut self, next: &Outline, now: Millis) {
        self.stirred.retain(|cell, _| next.binned.contains(cell));
        for cell in next.binned.iter().filter(|cell| !self.outline.binned.contains(*cell)) {
            self.stirred.insert(cell.clone(), now);
        }
    }

    /// Edits that were held back and are to be told now, and when to ask again.
    pub fn due(&mut self, now: Millis) -> (Vec<Event>, Option<Millis>) {
        let (cells, deadline) = self.edited.due(now);
        let visible = cells.into_iter().filter(|cell| self.outline.knows(cell) && !self.outline.binned.contains(cell));
        (visible.map(|cell| Event::CellEdited { cell }).collect(), deadline)
    }

    /// Records who a client is, unless that is known.
    pub fn set_author(txn: &mut TransactionMut<'_>, client_id: u64, actor: &Actor) {
        let authors = schema::map(txn, schema::AUTHORS);
        let client = client_id.to_string();
        if !authors.contains_key(txn, &client) {
            authors.insert(txn, client, author(actor));
        }
    }

    /// Takes cells that rested in the bin for [`BIN_REST`] out of the array of cells; they can still be restored. True
    /// if there were any.
    pub fn purge_bin(&mut self, txn: &mut TransactionMut<'_>, now: Millis) -> bool {
        let rested = |cell: &&CellId| {
            let deleted = bin::deleted_at(txn, cell).filter(|at| *at <= now);
            let stirred = self.stirred.get(*cell).copied();
            deleted.max(stirred).is_some_and(|at| now - at >= BIN_REST)
        };
        let rested: HashSet<CellId> = self.outline.binned.iter().filter(rested).cloned().collect();
        !rested.is_empty() && bin::take_out(txn, &rested)
    }

    /// The notebook as values.
    pub fn view<T: ReadTxn>(txn: &T) -> NotebookView {
        let slots = arrangement::slots(txn);
        let visible = slots.iter().filter(|slot| !slot.binned);
        let meta = txn.get_map(schema::META).and_then(|meta| cell::metadata(txn, &meta));
        NotebookView {
            title: edit::title(txn),
            cells: visible.filter_map(|slot| cell::read(txn, &slot.map)).collect(),
            bin: bin::view(txn, &slots),
            models: Models::view(txn),
            metadata: meta.map(|metadata| json::to_object(txn, &metadata)).unwrap_or_default(),
        }
    }

    /// A place in the text of a cell that stays where it is while others type, as Yjs tells it in JSON. `at` counts
    /// UTF-16 units; beyond the end it is the end. `None` if there is no such cell.
    pub fn caret<T: ReadTxn>(txn: &T, cell: &CellId, at: u32) -> Option<Value> {
        let slot = arrangement::slots(txn).into_iter().find(|slot| slot.id == *cell)?;
        let text = cell::source(txn, &slot.map)?;
        // It stays behind what stands before it; yrs knows no place before the end of a text.
        let place = text.sticky_index(txn, at.min(text.len(txn)), Assoc::Before)?;
        serde_json::to_value(place).ok()
    }

    /// How many cells people see.
    pub fn cell_count(&self) -> u32 {
        u32::try_from(self.outline.visible.len()).unwrap_or(u32::MAX)
    }

    /// The title, empty if there is none.
    pub fn title(&self) -> &str {
        &self.outline.title
    }
}

fn added(event: &Event) -> Option<CellId> {
    match event {
        Event::CellAdded { cell, .. } => Some(cell.clone()),
        _ => None,
    }
}

fn author(actor: &Actor) -> Any {
    let kind = serde_json::to_value(actor.kind).unwrap_or_default();
    json::to_any(&serde_json::json!({ schema::NAME: actor.name, schema::ACTOR_KIND: kind }))
}
