//! One decoded document behind the gate: loading, merging, editing, encoding.
//!
//! Imports notebook, project, widgets, wire and yrs. The only place that opens transactions.
//! Invariant: pending data is never left in the document, and no update is applied whose predecessors are missing.

use std::{
    collections::{HashMap, HashSet},
    mem::ManuallyDrop,
};

use bytes::Bytes;
use tracing::error;
use yrs::{
    ClientID, Doc, Options, ReadTxn, StateVector, Transact, TransactionMut, Update, WriteTxn,
    updates::{decoder::Decode, encoder::Encode},
};

use super::signature;
use crate::{
    ids::{DocumentId, NotebookId},
    notebook::{ImportedNotebook, Notebook, NotebookView, Op, OpError},
    project::{self, Moved, Project},
    vocabulary::{Actor, Event, Millis},
    widgets::{Callback, Widgets},
    wire::update::{self, CheckedStateVector, CheckedUpdate, Misplaced, Standing},
};

/// Updates applied in one transaction while loading: one each is slow, all at once is quadratic for typing runs
/// (`dependencies.md` §1.4: 0.12 s at 100, 10 s at 60,000 for the same log).
const LOAD_BATCH: usize = 500;

/// Fewer updates than this are not worth merging before they are applied.
const WORTH_MERGING: usize = 64;

/// Updates merged at once, and then what came of them: yrs takes the square of their number.
const MERGED_AT_ONCE: usize = 8;

/// Why stored bytes could not be turned into a document.
#[derive(Debug, thiserror::Error)]
#[error("entry {entry} of its log cannot be applied: {cause}")]
pub struct LoadError {
    entry: u64,
    cause: String,
}

/// Why an update was not merged; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Earlier changes of the same author are missing.
    #[error("changes before it are missing")]
    Gap,
    /// The document would pass one of its limits.
    #[error("{0}")]
    TooBig(String),
    /// It stands where nothing may stand. No honest client makes such an update.
    #[error("{0}")]
    Misplaced(String),
}

impl From<Misplaced> for MergeError {
    fn from(misplaced: Misplaced) -> Self {
        match misplaced {
            Misplaced::Missing => Self::Gap,
            other => Self::Misplaced(format!("The update was refused: {other}.")),
        }
    }
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

    /// Merges updates in one transaction. Each gets its own answer; those refused leave no trace.
    pub fn merge(
        &mut self,
        updates: &[CheckedUpdate],
        actor: &Actor,
        now: Millis,
    ) -> (Change, Vec<Result<(), MergeError>>) {
        let mut results = Vec::with_capacity(updates.len());
        let change = self.transact(actor, now, |document, transaction| {
            let together = document.merge_together(transaction, updates);
            for update in updates {
                let result = if together { Ok(()) } else { document.merge_one(transaction, update) };
                if result.is_ok() {
                    document.record_authors(transaction, update, actor);
                }
                results.push(result);
            }
        });
        (change, results)
    }

    /// Applies many updates as one, if each follows what was there before it: the runs that somebody types are then one
    /// block, and what was deleted letter by letter splits nothing. Otherwise does nothing; each is to be merged by itself.
    fn merge_together(&mut self, transaction: &mut TransactionMut<'_>, updates: &[CheckedUpdate]) -> bool {
        if updates.len() < WORTH_MERGING || !self.are_next(updates) {
            return false;
        }
        let admitted = updates.iter().all(|update| self.standing.admit(update).is_ok());
        let merged = admitted.then(|| merged(updates)).flatten();
        let applied = merged.is_some_and(|merged| transaction.apply_update(merged).is_ok());
        if !applied || transaction.has_missing_updates() {
            self.recover(transaction);
            return false;
        }
        updates.iter().for_each(|update| note(&mut self.clocks, update));
        self.size += updates.iter().map(|update| update.bytes().len() as u64).sum::<u64>();
        true
    }

    /// Whether each of them inserts exactly what comes next of its authors: then nothing overlaps, and nothing is left out
    /// that yrs would keep as a hole.
    fn are_next(&self, updates: &[CheckedUpdate]) -> bool {
        let mut clocks = self.clocks.clone();
        let bytes: u64 = updates.iter().map(|update| update.bytes().len() as u64).sum();
        self.size + bytes <= self.size_max
            && updates.iter().all(|update| {
                let clock = |client| clocks.get(&client).copied().unwrap_or(0);
                let next = update.inserts().iter().all(|run| run.from == clock(run.client));
                let fits = next && update.gap(clock).is_none();
                note(&mut clocks, update);
                fits
            })
    }

    fn merge_one(&mut self, transaction: &mut TransactionMut<'_>, update: &CheckedUpdate) -> Result<(), MergeError> {
        if update.gap(|client| self.clock(client)).is_some() {
            return Err(MergeError::Gap);
        }
        self.check_size(update)?;
        let decoded = self.decode_new_part(update).ok_or(MergeError::Gap)?;
        self.standing.admit(update)?;
        if transaction.apply_update(decoded).is_err() || transaction.has_missing_updates() {
            self.recover(transaction);
            return Err(MergeError::Gap);
        }
        note(&mut self.clocks, update);
        self.size += update.bytes().len() as u64;
        Ok(())
    }

    /// After yrs took only a part of an update. Data whose neighbours are missing must not stay: it would break later
    /// encodings (`dependencies.md` §1.5).
    fn recover(&mut self, transaction: &mut TransactionMut<'_>) {
        transaction.prune_pending();
        self.clocks = clocks_of(&transaction.state_vector());
        let state = transaction.encode_diff_v1(&StateVector::default());
        self.standing = Standing::default();
        note_standing(&mut self.standing, &state);
    }

    fn check_size(&self, update: &CheckedUpdate) -> Result<(), MergeError> {
        if self.size + update.bytes().len() as u64 > self.size_max {
            return Err(MergeError::TooBig(too_big(self.size_max)));
        }
        Ok(())
    }

    /// Cuts off what the document has already: overlapping blocks of other lengths confuse yrs (§1.5 row 3).
    fn decode_new_part(&self, update: &CheckedUpdate) -> Option<Update> {
        if !update.overlaps(|client| self.clock(client)) {
            return Update::decode_v1(update.bytes()).ok();
        }
        let known = self.state_vector().encode_v1();
        let difference = yrs::diff_updates_v1(update.bytes(), &known).ok()?;
        Update::decode_v1(&difference).ok()
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

/// Many updates as one; `None` if one cannot be read.
fn merged(updates: &[CheckedUpdate]) -> Option<Update> {
    let decoded = updates.iter().map(|update| Update::decode_v1(update.bytes()));
    let mut level: Vec<Update> = decoded.collect::<Result<_, _>>().ok()?;
    while level.len() > 1 {
        let mut rest = level.into_iter().peekable();
        let mut above = Vec::new();
        while rest.peek().is_some() {
            above.push(Update::merge_updates(rest.by_ref().take(MERGED_AT_ONCE)));
        }
        level = above;
    }
    level.pop()
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
    use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
    use yrs::{Any, Array, GetString, Map, Out, Text, TextRef, types::ToJson};

    use super::*;
    use crate::wire::update::CheckedUpdate;

    fn free() -> Document {
        Document::load(&DocumentId::Free("doc:t".into()), 1, &[], u64::MAX).unwrap()
    }

    /// What somebody does to a text, a list and a map, as an update.
    fn edit(doc: &Doc, random: &mut StdRng) -> CheckedUpdate {
        let (text, list, map) =
            (doc.get_or_insert_text("text"), doc.get_or_insert_array("list"), doc.get_or_insert_map("map"));
        let mut transaction = doc.transact_mut();
        match random.random_range(0..8) {
            0..4 => {
                let at = random.random_range(0..=text.len(&transaction));
                text.insert(&mut transaction, at, ["a", "bc", "é", "🦀", "\n"].choose(random).unwrap());
            }
            4..6 if text.len(&transaction) > 4 => {
                let at = random.random_range(0..text.len(&transaction) - 2);
                // Not half of a pair.
                let shown: Vec<u16> = text.get_string(&transaction).encode_utf16().collect();
                let whole = |at: u32| shown.get(at as usize).is_none_or(|unit| !(0xdc00..0xe000).contains(unit));
                if whole(at) && whole(at + 2) {
                    text.remove_range(&mut transaction, at, 2);
                }
            }
            6 => drop(list.insert(&mut transaction, 0, random.random_range(0..9))),
            _ => drop(map.insert(&mut transaction, *["x", "y"].choose(random).unwrap(), random.random_range(0..9))),
        }
        update::check(transaction.encode_update_v1().into()).unwrap()
    }

    fn shown(document: &Document) -> (Out, HashMap<u64, u32>) {
        let text = document.doc.get_or_insert_text("text");
        let (list, map) = (document.doc.get_or_insert_array("list"), document.doc.get_or_insert_map("map"));
        let transaction = document.doc.transact();
        let all = [Any::from(text.get_string(&transaction)), list.to_json(&transaction), map.to_json(&transaction)];
        (Out::Any(Any::from(all.to_vec())), document.clocks.clone())
    }

    /// What three people did, each seeing now and then what the others had done; in an order in which a server gets it.
    fn story(random: &mut StdRng) -> Vec<CheckedUpdate> {
        let people: Vec<Doc> = (1..4).map(|client| Doc::with_options(options(client))).collect();
        let (mut all, mut seen): (Vec<CheckedUpdate>, _) = (Vec::new(), [0; 3]);
        while all.len() < 300 {
            let who = random.random_range(0..3);
            if random.random_ratio(1, 6) {
                for update in &all[seen[who]..] {
                    let decoded = Update::decode_v1(update.bytes()).unwrap();
                    people[who].transact_mut().apply_update(decoded).unwrap();
                }
                seen[who] = all.len();
            }
            all.push(edit(&people[who], random));
        }
        all
    }

    #[test]
    fn many_updates_merged_together_are_what_they_are_one_by_one() {
        for seed in 0..200 {
            let mut random = StdRng::seed_from_u64(seed);
            let (story, actor) = (story(&mut random), Actor::server());
            let (mut together, mut alone) = (free(), free());
            let mut rest = &story[..];
            while !rest.is_empty() {
                let count = random.random_range(1..=rest.len());
                let (batch, later) = rest.split_at(count);
                let (change, results) = together.merge(batch, &actor, 1);
                assert!(results.iter().all(Result::is_ok), "seed {seed}: {results:?}");
                assert!(count < WORTH_MERGING || !change.update.is_empty());
                rest = later;
            }
            story
                .iter()
                .for_each(|update| assert_eq!(alone.merge(std::slice::from_ref(update), &actor, 1).1, [Ok(())]));
            assert_eq!(shown(&together), shown(&alone), "seed {seed}");
            let copy =
                Document::load(&DocumentId::Free("doc:t".into()), 2, &[(1, &together.encode_all())], u64::MAX).unwrap();
            assert_eq!(shown(&copy), shown(&alone), "seed {seed}, loaded again");
        }
    }

    #[test]
    fn in_a_batch_that_cannot_be_merged_together_each_gets_its_own_answer() {
        let mut random = StdRng::seed_from_u64(7);
        let (mut story, actor) = (story(&mut random), Actor::server());
        let (mut document, mut whole) = (free(), free());
        whole.merge(&story, &actor, 1);
        // One comes twice; and of one author one is missing.
        story.insert(100, story[50].clone());
        let author = |update: &CheckedUpdate| update.inserts().iter().map(|run| run.client).next();
        let missing = (150..200).find(|&at| author(&story[at]) == Some(1)).unwrap();
        let lost = story.remove(missing);
        let (_, results) = document.merge(&story, &actor, 1);
        assert!(results[..missing].iter().all(Result::is_ok));
        let after = std::iter::zip(&story, &results).skip(missing).find(|(update, _)| author(update) == Some(1));
        assert_eq!(after.unwrap().1, &Err(MergeError::Gap));
        document.merge(&[lost], &actor, 1);
        document.merge(&story, &actor, 1);
        assert_eq!(shown(&document), shown(&whole));
    }

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
