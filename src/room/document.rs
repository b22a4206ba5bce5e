//! One decoded document behind the gate: loading, editing, encoding; `merging` what clients made.
//!
//! Imports notebook, project, widgets, wire and yrs. The only place that opens transactions.
//! Invariant: pending data is never left in the document, and no update is applied whose predecessors are missing.

mod merging;

use std::{
    collections::{HashMap, HashSet},
    mem::ManuallyDrop,
};

use bytes::Bytes;
use tracing::error;
use yrs::{
    ClientID, Doc, Options, ReadTxn, StateVector, Transact, TransactionMut, Update,
    updates::{decoder::Decode, encoder::Encode},
};

pub use merging::MergeError;

use super::signature;
use crate::{
    ids::{DocumentId, NotebookId},
    notebook::{ImportedNotebook, Notebook, NotebookView, Op, OpError},
    project::{self, Moved, Project},
    vocabulary::{Actor, Event, Millis},
    widgets::{Callback, Widgets},
    wire::update::{self, CheckedStateVector, CheckedUpdate, Standing},
};

/// Updates applied in one transaction while loading: one each is slow, all at once is quadratic for typing runs
/// (`dependencies.md` §1.4: 0.12 s at 100, 10 s at 60,000 for the same log).
const LOAD_BATCH: usize = 500;

/// Why stored bytes could not be turned into a document.
#[derive(Debug, thiserror::Error)]
#[error("entry {entry} of its log cannot be applied: {cause}")]
pub struct LoadError {
    entry: u64,
    cause: String,
}

/// What one transaction did. An empty `update` means nothing changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// The difference, to be journaled and sent: what yrs integrated, not what the client sent.
    pub update: Bytes,
    pub events: Vec<Event>,
    /// Tasks and sessions that are found in this document from now on, or not any more.
    pub moved: Vec<Moved>,
}

/// What a document means, with what is remembered of it.
enum Meaning {
    Notebook(NotebookId, Box<Notebook>),
    Project(Box<Project>),
    Widgets(Box<Widgets>),
    /// It belongs to another application.
    Free,
}

impl Change {
    /// Nothing to store and nothing to send.
    pub fn is_empty(&self) -> bool {
        self.update.is_empty()
    }
}

/// A document in memory, with what is known about it beside yrs.
pub struct Document {
    doc: Doc,
    meaning: Meaning,
    /// The state vector, kept up to date here because asking yrs for it builds a map each time.
    clocks: HashMap<u64, u32>,
    /// Where every change stands, to be asked before yrs gets more.
    standing: Standing,
    /// Bytes of the state when last encoded plus all updates since: an upper estimate.
    size: u64,
    /// The largest size at which the document still takes changes.
    size_max: u64,
    /// Clients whose author is recorded already.
    authored: HashSet<u64>,
    /// The clients of programs and agents for whom the server writes, by name.
    signers: HashMap<String, u64>,
}

impl Document {
    /// Builds a document from its updates, each with the number of its entry in the log. It takes no changes that would
    /// make it larger than `size_max` bytes.
    ///
    /// # Errors
    /// An update is none, or one before it is missing.
    pub fn load(id: &DocumentId, client: u64, entries: &[(u64, &Bytes)], size_max: u64) -> Result<Self, LoadError> {
        let mut document = Self::empty(client, size_max);
        for batch in entries.chunks(LOAD_BATCH) {
            document.replay(batch)?;
        }
        document.standing.shrink();
        document.meaning = document.read_meaning(id);
        Ok(document)
    }

    fn read_meaning(&self, id: &DocumentId) -> Meaning {
        let transaction = self.doc.transact();
        match id {
            DocumentId::Notebook(id) => Meaning::Notebook(id.clone(), Box::new(Notebook::open(&transaction))),
            DocumentId::Project(id) => Meaning::Project(Box::new(Project::open(&transaction, id.clone()))),
            DocumentId::Widgets(id) => Meaning::Widgets(Box::new(Widgets::open(&transaction, id.clone()))),
            DocumentId::Free(_) => Meaning::Free,
        }
    }

    /// The same document, of which some clients' authors are recorded already.
    pub fn with_authors(self, authored: HashSet<u64>) -> Self {
        Self { authored, ..self }
    }

    /// What must outlive it when only its bytes are kept: what it holds, by client, and whose authors are recorded.
    pub fn into_knowledge(self) -> (HashMap<u64, u32>, HashSet<u64>) {
        (self.clocks, self.authored)
    }

    /// The first state of a new notebook, as an update for its journal.
    pub fn initial_notebook(content: ImportedNotebook) -> Bytes {
        initial(|transaction| Notebook::initialise(transaction, content))
    }

    /// The first state of a new project, as an update for its journal.
    pub fn initial_project(name: &str, description: &str, now: Millis) -> Bytes {
        initial(|transaction| Project::initialise(transaction, name, description, now))
    }

    /// The first state of a new widget session, as an update for its journal.
    pub fn initial_widgets(title: &str, now: Millis) -> Bytes {
        initial(|transaction| Widgets::initialise(transaction, title, now))
    }

    fn empty(client: u64, size_max: u64) -> Self {
        let doc = Doc::with_options(options(client));
        let (clocks, standing, authored) = (HashMap::new(), Standing::default(), HashSet::new());
        let signers = HashMap::new();
        Self { doc, meaning: Meaning::Free, clocks, standing, size: 0, size_max, authored, signers }
    }

    fn replay(&mut self, entries: &[(u64, &Bytes)]) -> Result<(), LoadError> {
        let mut transaction = self.doc.transact_mut();
        for (entry, bytes) in entries {
            let failed = |cause: String| LoadError { entry: *entry, cause };
            let checked = update::check((*bytes).clone()).map_err(|refusal| failed(refusal.to_string()))?;
            let decoded = Update::decode_v1(bytes).map_err(|error| failed(error.to_string()))?;
            transaction.apply_update(decoded).map_err(|error| failed(error.to_string()))?;
            note(&mut self.clocks, &checked);
            self.standing.note(bytes).map_err(|misplaced| failed(misplaced.to_string()))?;
            self.size += bytes.len() as u64;
        }
        match transaction.has_missing_updates() {
            true => Err(LoadError { entry: entries[0].0, cause: "an earlier entry is missing".into() }),
            false => Ok(()),
        }
    }

    fn record_authors(&mut self, transaction: &mut TransactionMut<'_>, update: &CheckedUpdate, actor: &Actor) {
        if !matches!(self.meaning, Meaning::Notebook(..)) {
            return;
        }
        for inserted in update.inserts() {
            if self.authored.insert(inserted.client) {
                Notebook::set_author(transaction, inserted.client, actor);
            }
        }
    }

    /// Makes an edit of a notebook for somebody.
    pub fn apply(&mut self, op: &Op, actor: &Actor, now: Millis) -> (Change, Result<(), OpError>) {
        let signed = self.signed(op, actor, now);
        match signed {
            Some(Err(refusal)) => (Change::default(), Err(refusal)),
            Some(Ok(update)) => self.apply_signed(&update, op, actor, now),
            None => self.apply_unsigned(op, actor, now),
        }
    }

    /// The edit as an update of its author's own client, if the author is to be seen and the document is not too large.
    fn signed(&mut self, op: &Op, actor: &Actor, now: Millis) -> Option<Result<CheckedUpdate, OpError>> {
        let known = self.signers.contains_key(&actor.name) || self.signers.len() < signature::NAMES_MAX;
        let small = self.size <= signature::SIZE_MAX;
        if !(matches!(self.meaning, Meaning::Notebook(..)) && signature::is_due(actor) && known && small) {
            return None;
        }
        let client = *self.signers.entry(actor.name.clone()).or_insert_with(signature::client);
        signature::signed(&self.doc.transact(), client, op, actor, now)
    }

    fn apply_signed(
        &mut self,
        update: &CheckedUpdate,
        op: &Op,
        actor: &Actor,
        now: Millis,
    ) -> (Change, Result<(), OpError>) {
        let (change, results) = self.merge(std::slice::from_ref(update), actor, now);
        match results.first() {
            Some(Err(error)) => {
                error!(%error, "an edit could not be signed");
                self.apply_unsigned(op, actor, now)
            }
            _ => (change, Ok(())),
        }
    }

    fn apply_unsigned(&mut self, op: &Op, actor: &Actor, now: Millis) -> (Change, Result<(), OpError>) {
        let mut result = Ok(());
        let change = self.transact(actor, now, |document, transaction| {
            if let Meaning::Notebook(_, notebook) = &mut document.meaning {
                result = notebook.apply(transaction, op, actor, now);
            }
            let own = transaction.doc().client_id().get();
            if result.is_ok() && document.authored.insert(own) {
                Notebook::set_author(transaction, own, &Actor::server());
            }
        });
        self.size += change.update.len() as u64;
        (change, result)
    }

    /// Makes an edit of a project for somebody, and answers with what it was about as it is right after it; `None` if the
    /// document is no project.
    pub fn edit(
        &mut self,
        op: &project::Op,
        actor: &Actor,
        now: Millis,
    ) -> (Change, Option<Result<project::Found, project::OpError>>) {
        let mut result = None;
        let change = self.transact(actor, now, |document, transaction| {
            if let Meaning::Project(project) = &mut document.meaning {
                result = Some(project.apply(transaction, op, actor, now));
            }
        });
        self.size += change.update.len() as u64;
        let answer = |subject| self.ask(&project::Question::About(subject));
        // What was deleted cannot be shown any more.
        let found = result.and_then(|result| match result {
            Ok(_) if op.deletes() => Some(Ok(project::Found::Deleted)),
            Ok(subject) => answer(subject),
            Err(refusal) => Some(Err(refusal)),
        });
        (change, found)
    }

    /// Answers a question about a project; `None` if the document is none.
    pub fn ask(&self, question: &project::Question) -> Option<Result<project::Found, project::OpError>> {
        match &self.meaning {
            Meaning::Project(project) => Some(project.answer(&self.doc.transact(), question)),
            Meaning::Notebook(..) | Meaning::Widgets(_) | Meaning::Free => None,
        }
    }

    /// Changes a widget session, as only the server does: nothing of it needs repair. `None` if the document is none.
    pub fn drive<T>(
        &mut self,
        now: Millis,
        edit: impl FnOnce(&mut Widgets, &mut TransactionMut<'_>) -> T,
    ) -> (Change, Option<T>) {
        let doc = self.doc.clone();
        let mut transaction = ManuallyDrop::new(doc.transact_mut());
        let result = match &mut self.meaning {
            Meaning::Widgets(widgets) => Some(edit(widgets, &mut transaction)),
            Meaning::Notebook(..) | Meaning::Project(_) | Meaning::Free => None,
        };
        let change = self.close(&mut transaction, now);
        drop(ManuallyDrop::into_inner(transaction));
        self.size += change.update.len() as u64;
        (change, result)
    }

    /// The widget session; `None` if the document is none.
    pub fn widgets(&self) -> Option<&Widgets> {
        match &self.meaning {
            Meaning::Widgets(widgets) => Some(widgets),
            Meaning::Notebook(..) | Meaning::Project(_) | Meaning::Free => None,
        }
    }

    /// What the program of a widget session is to be told since the last call.
    pub fn take_told(&mut self) -> Vec<Callback> {
        match &mut self.meaning {
            Meaning::Widgets(widgets) => widgets.take_told(),
            Meaning::Notebook(..) | Meaning::Project(_) | Meaning::Free => Vec::new(),
        }
    }

    /// Writes what only the server writes: nothing of it needs repair, so a stream of outputs costs no look at every cell.
    /// `None` if the document is no notebook.
    pub fn write<T>(
        &mut self,
        now: Millis,
        edit: impl FnOnce(&mut Notebook, &mut TransactionMut<'_>) -> T,
    ) -> (Change, Option<T>) {
        let doc = self.doc.clone();
        let mut transaction = ManuallyDrop::new(doc.transact_mut());
        let result = match &mut self.meaning {
            Meaning::Notebook(_, notebook) => Some(edit(notebook, &mut transaction)),
            Meaning::Project(_) | Meaning::Widgets(_) | Meaning::Free => None,
        };
        let own = transaction.doc().client_id().get();
        if transaction.has_changes() && self.authored.insert(own) {
            Notebook::set_author(&mut transaction, own, &Actor::server());
        }
        let change = self.close(&mut transaction, now);
        drop(ManuallyDrop::into_inner(transaction));
        self.size += change.update.len() as u64;
        (change, result)
    }

    /// Reads from a notebook; `None` if the document is none.
    pub fn read<T>(&self, read: impl FnOnce(&Notebook, &yrs::Transaction<'_>) -> T) -> Option<T> {
        self.notebook().map(|notebook| read(notebook, &self.doc.transact()))
    }

    fn notebook(&self) -> Option<&Notebook> {
        match &self.meaning {
            Meaning::Notebook(_, notebook) => Some(notebook.as_ref()),
            Meaning::Project(_) | Meaning::Widgets(_) | Meaning::Free => None,
        }
    }

    /// Work that is due by time alone: throttled events and the emptying of the bin.
    pub fn tidy(&mut self, now: Millis) -> Change {
        let mut change = self.transact(&Actor::server(), now, |document, transaction| match &mut document.meaning {
            Meaning::Notebook(_, notebook) => drop(notebook.purge_bin(transaction, now)),
            Meaning::Project(project) => project.tidy(transaction, now),
            Meaning::Widgets(_) | Meaning::Free => {}
        });
        match &mut self.meaning {
            Meaning::Notebook(_, notebook) => change.events.extend(notebook.due(now).0),
            Meaning::Project(_) | Meaning::Widgets(_) | Meaning::Free => {}
        }
        change
    }

    fn transact(
        &mut self,
        actor: &Actor,
        now: Millis,
        edit: impl FnOnce(&mut Self, &mut TransactionMut<'_>),
    ) -> Change {
        let doc = self.doc.clone();
        // Dropping a transaction commits it. While a panic unwinds, that could panic again and abort the process, so
        // a transaction that panicked is leaked together with its document, which the room throws away anyway.
        let mut transaction = ManuallyDrop::new(doc.transact_mut());
        edit(self, &mut transaction);
        let change = self.finish(&mut transaction, actor, now);
        drop(ManuallyDrop::into_inner(transaction));
        change
    }

    fn finish(&mut self, transaction: &mut TransactionMut<'_>, actor: &Actor, now: Millis) -> Change {
        match &mut self.meaning {
            Meaning::Project(project) if transaction.has_changes() => project.heal(transaction, actor, now),
            // It may have something to tell all the same.
            Meaning::Project(_) => {}
            Meaning::Notebook(..) | Meaning::Widgets(_) | Meaning::Free if !transaction.has_changes() => {
                return Change::default();
            }
            Meaning::Notebook(_, notebook) => notebook.heal(transaction),
            Meaning::Widgets(widgets) => widgets.heal(transaction),
            Meaning::Free => {}
        }
        self.close(transaction, now)
    }

    /// Commits, and tells what was done. Also when nothing changed there may be something to tell.
    fn close(&mut self, transaction: &mut TransactionMut<'_>, now: Millis) -> Change {
        let has_changes = transaction.has_changes();
        transaction.commit();
        let (events, moved) = match &mut self.meaning {
            Meaning::Notebook(id, notebook) => (notebook.events(transaction, id, now), Vec::new()),
            Meaning::Project(project) => {
                let told = project.take_told();
                (told.events, told.moved)
            }
            Meaning::Widgets(widgets) => (widgets.take_events(), Vec::new()),
            Meaning::Free => (Vec::new(), Vec::new()),
        };
        if !has_changes {
            return Change { events, moved, ..Change::default() };
        }
        let update = Bytes::from(transaction.encode_update_v1());
        self.note_inserted(transaction, &update);
        Change { update, events, moved }
    }

    fn note_inserted(&mut self, transaction: &TransactionMut<'_>, update: &Bytes) {
        let mut is_new = false;
        for (client, ranges) in transaction.insert_set().iter() {
            if let Some(end) = ranges.iter().map(|range| range.end).max() {
                let clock = self.clocks.entry(client.get()).or_default();
                *clock = (*clock).max(end);
                is_new |= end > self.standing.end_of(client.get());
            }
        }
        // What the server itself wrote; what clients sent is in it already.
        if is_new {
            note_standing(&mut self.standing, update);
        }
    }

    /// The number of changes of `client` that the document holds.
    fn clock(&self, client: u64) -> u32 {
        self.clocks.get(&client).copied().unwrap_or(0)
    }

    /// What the document holds, by client.
    pub fn clocks(&self) -> &HashMap<u64, u32> {
        &self.clocks
    }

    fn state_vector(&self) -> StateVector {
        vector_of(&self.clocks)
    }

    /// Everything, as one update.
    pub fn encode_all(&mut self) -> Bytes {
        let bytes = self.doc.transact().encode_diff_v1(&StateVector::default());
        self.size = bytes.len() as u64;
        bytes.into()
    }

    /// What a client with these clocks lacks. Deletions are always sent whole.
    pub fn encode_after(&self, clocks: &HashMap<u64, u32>) -> Bytes {
        self.doc.transact().encode_diff_v1(&vector_of(clocks)).into()
    }

    /// What a client with this state vector lacks.
    pub fn encode_after_vector(&self, vector: &CheckedStateVector) -> Bytes {
        match StateVector::decode_v1(vector.bytes()) {
            Ok(vector) => self.doc.transact().encode_diff_v1(&vector).into(),
            Err(_) => self.doc.transact().encode_diff_v1(&StateVector::default()).into(),
        }
    }

    /// The notebook as values; `None` for other documents.
    pub fn view(&self) -> Option<NotebookView> {
        self.notebook().map(|_| Notebook::view(&self.doc.transact()))
    }

    /// Title and number of cells, tasks or widgets; `None` for documents of others.
    pub fn outline(&self) -> Option<(String, u32)> {
        match &self.meaning {
            Meaning::Notebook(_, notebook) => Some((notebook.title().to_owned(), notebook.cell_count())),
            Meaning::Project(project) => Some((project.name().to_owned(), project.task_count())),
            Meaning::Widgets(widgets) => Some((widgets.title().to_owned(), widgets.count())),
            Meaning::Free => None,
        }
    }

    /// An upper estimate of the encoded size, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

fn initial(write: impl FnOnce(&mut TransactionMut<'_>)) -> Bytes {
    let doc = Doc::with_options(options(rand::random::<u32>().into()));
    let mut transaction = doc.transact_mut();
    write(&mut transaction);
    transaction.commit();
    transaction.encode_update_v1().into()
}

/// Decodes the clocks of a checked state vector.
pub fn clocks_in(vector: &CheckedStateVector) -> HashMap<u64, u32> {
    StateVector::decode_v1(vector.bytes()).map(|vector| clocks_of(&vector)).unwrap_or_default()
}

fn options(client: u64) -> Options {
    crate::crdt::document_options(client)
}

fn clocks_of(vector: &StateVector) -> HashMap<u64, u32> {
    vector.iter().map(|(client, clock)| (client.get(), *clock)).collect()
}

fn vector_of(clocks: &HashMap<u64, u32>) -> StateVector {
    clocks.iter().map(|(client, clock)| (ClientID::new(*client), *clock)).collect()
}

/// Notes what yrs itself has written.
fn note_standing(standing: &mut Standing, update: &[u8]) {
    if let Err(misplaced) = standing.note(update) {
        error!(%misplaced, "an update that yrs wrote cannot be read");
    }
}

/// The state vector of these clocks, encoded.
pub fn encoded_vector(clocks: &HashMap<u64, u32>) -> Vec<u8> {
    vector_of(clocks).encode_v1()
}

/// The sentence for whoever would make a document larger than `size_max` bytes.
pub fn too_big(size_max: u64) -> String {
    format!("The document has reached its limit of {size_max} bytes; go on in a new one.")
}

/// Adds what an update inserts to the clocks of a document.
pub fn note(clocks: &mut HashMap<u64, u32>, update: &CheckedUpdate) {
    for inserted in update.inserts() {
        let clock = clocks.entry(inserted.client).or_default();
        *clock = (*clock).max(inserted.to);
    }
}

#[cfg(test)]
mod tests {
    use yrs::{Map, Text, TextRef};

    use super::*;

    #[test]
    fn ms_32_typing_is_told_of_once_a_second_also_when_nothing_else_changes_after_it() {
        let first = Document::initial_project("P", "", 1);
        let id = DocumentId::Project("p".parse().unwrap());
        let mut document = Document::load(&id, 1, &[(1, &first)], u64::MAX).unwrap();
        let client = Doc::with_options(options(2));
        client.transact_mut().apply_update(Update::decode_v1(&first).unwrap()).unwrap();
        let text: TextRef =
            client.get_or_insert_map("info").get(&client.transact(), "description").unwrap().cast().unwrap();
        let mut told_of_typing = |now| {
            let before = client.transact().state_vector();
            text.push(&mut client.transact_mut(), "x");
            let update = update::check(client.transact().encode_diff_v1(&before).into()).unwrap();
            document.merge(&[update], &Actor::server(), now).0.events
        };
        assert_eq!(told_of_typing(1000).len(), 1);
        assert_eq!(told_of_typing(1100), []);
        assert_eq!(document.tidy(1500).events, []);
        assert!(matches!(document.tidy(5000).events[..], [Event::ProjectUpdated { .. }]));
        assert_eq!(document.tidy(9000).events, []);
    }
}
