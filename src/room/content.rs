//! The document of a room: packed as long as nobody needs more than the whole of it, else decoded.
//!
//! Packed, it is the very bytes that a newcomer is sent, and answers without yrs: opening a document does not wait for
//! decoding, and one in which nothing happens costs little more than on disk. Imports wire, notebook, project,
//! widgets and storage.
//! Invariant: what newcomers are sent holds every change the document has; a change takes it away.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use storage::Loaded;
use yrs::{Transaction, TransactionMut};

use super::document::{self, Change, Document, LoadError, MergeError};
use crate::{
    ids::DocumentId,
    notebook::{Notebook, NotebookView, Op, OpError},
    project,
    vocabulary::{Actor, Millis},
    widgets::{Callback, Widgets},
    wire::{
        frame,
        update::{self, CheckedStateVector, CheckedUpdate},
    },
};

/// Updates behind a snapshot that are sent one by one: more are decoded and encoded as one.
const LOOSE_MAX: usize = 100;

/// A larger document is not packed again: whoever changes it next would wait for more than a tenth of a second.
const PACKED_MAX: u64 = 2 << 20;

/// The update of a document into which nobody wrote anything.
const NOTHING: Bytes = Bytes::from_static(&[0, 0]);

/// A document, packed or decoded.
pub struct Content {
    id: DocumentId,
    client: u64,
    /// The largest size at which the document still takes changes.
    size_max: u64,
    /// All of it, as encoded last; there unless it is decoded.
    whole: Option<Whole>,
    document: Option<Box<Document>>,
    /// What a decoded document knows itself.
    packed: Knowledge,
    answered: Option<Answered>,
}

/// What is known of a packed document.
#[derive(Default)]
struct Knowledge {
    clocks: HashMap<u64, u32>,
    authored: HashSet<u64>,
}

/// The last answer to a client that had something: those that come back in a crowd had the same.
struct Answered {
    vector: Bytes,
    frame: Bytes,
}

impl Content {
    /// The document that the store has. It takes no changes that would make it larger than `size_max` bytes.
    ///
    /// # Errors
    /// What is stored is no document.
    pub fn load(id: &DocumentId, client: u64, loaded: &Loaded, size_max: u64) -> Result<Self, LoadError> {
        let entries: Vec<_> = loaded.snapshot.iter().chain(&loaded.tail).map(|(seq, update)| (seq.0, update)).collect();
        let (whole, packed, document) = match packed(&entries) {
            Some((whole, packed)) => (Some(whole), packed, None),
            None => {
                let document = Document::load(id, client, &entries, size_max)?;
                (None, Knowledge::default(), Some(Box::new(document)))
            }
        };
        Ok(Self { id: id.clone(), client, size_max, whole, document, packed, answered: None })
    }

    /// Nothing but the bytes is kept.
    pub fn is_packed(&self) -> bool {
        self.document.is_none()
    }

    /// Whether it is worth keeping nothing but the bytes.
    pub fn can_be_packed(&self) -> bool {
        !self.is_packed() && self.size() <= PACKED_MAX
    }

    /// Keeps nothing but the bytes.
    pub fn pack(&mut self) {
        self.encode();
        if let Some(document) = self.document.take() {
            let (clocks, authored) = document.into_knowledge();
            (self.packed, self.answered) = (Knowledge { clocks, authored }, None);
        }
    }

    /// The document itself. Bytes that were checked when they were loaded, or that yrs wrote, and that yrs cannot read
    /// all the same, are a failure of the engine: it ends the room as its panics do.
    fn decoded(&mut self) -> &mut Document {
        let Self { id, client, size_max, whole, document, packed, .. } = self;
        document.get_or_insert_with(|| {
            let updates = whole.iter().flat_map(|whole| &whole.parts).map(|part| (0, &part.update)).collect::<Vec<_>>();
            let authored = std::mem::take(packed).authored;
            match Document::load(id, *client, &updates, *size_max) {
                Ok(document) => Box::new(document.with_authors(authored)),
                Err(error) => fail(&error),
            }
        })
    }

    /// What changes the document; what was encoded of it is then old.
    fn change<T>(&mut self, change: impl FnOnce(&mut Document) -> (Change, T)) -> (Change, T) {
        let done = change(self.decoded());
        if !done.0.is_empty() {
            (self.whole, self.answered) = (None, None);
        }
        done
    }

    /// Merges updates in one transaction. Each gets its own answer; those refused leave no trace.
    pub fn merge(
        &mut self,
        updates: &[CheckedUpdate],
        actor: &Actor,
        now: Millis,
    ) -> (Change, Vec<Result<(), MergeError>>) {
        if updates.iter().all(CheckedUpdate::is_empty) {
            return (Change::default(), vec![Ok(()); updates.len()]);
        }
        self.change(|document| document.merge(updates, actor, now))
    }

    /// Makes an edit for somebody; `None` if the document is no notebook.
    pub fn apply(&mut self, op: &Op, actor: &Actor, now: Millis) -> Option<(Change, Result<(), OpError>)> {
        matches!(self.id, DocumentId::Notebook(_)).then(|| self.change(|document| document.apply(op, actor, now)))
    }

    /// Makes an edit of a project for somebody; `None` if the document is none.
    pub fn edit(
        &mut self,
        op: &project::Op,
        actor: &Actor,
        now: Millis,
    ) -> Option<(Change, Result<project::Found, project::OpError>)> {
        if !matches!(self.id, DocumentId::Project(_)) {
            return None;
        }
        let (change, found) = self.change(|document| document.edit(op, actor, now));
        found.map(|found| (change, found))
    }

    /// Answers a question about a project; `None` if the document is none.
    pub fn ask(&mut self, question: &project::Question) -> Option<Result<project::Found, project::OpError>> {
        matches!(self.id, DocumentId::Project(_)).then(|| self.decoded().ask(question)).flatten()
    }

    /// Writes what only the server writes; `None` if the document is no notebook.
    pub fn write<T>(
        &mut self,
        now: Millis,
        edit: impl FnOnce(&mut Notebook, &mut TransactionMut<'_>) -> T,
    ) -> (Change, Option<T>) {
        match self.id {
            DocumentId::Notebook(_) => self.change(|document| document.write(now, edit)),
            DocumentId::Project(_) | DocumentId::Widgets(_) | DocumentId::Free(_) => (Change::default(), None),
        }
    }

    /// Changes a widget session, as only the server does; `None` if the document is none.
    pub fn drive<T>(
        &mut self,
        now: Millis,
        edit: impl FnOnce(&mut Widgets, &mut TransactionMut<'_>) -> T,
    ) -> (Change, Option<T>) {
        match self.id {
            DocumentId::Widgets(_) => self.change(|document| document.drive(now, edit)),
            DocumentId::Notebook(_) | DocumentId::Project(_) | DocumentId::Free(_) => (Change::default(), None),
        }
    }

    /// The widget session; `None` if the document is none.
    pub fn widgets(&mut self) -> Option<&Widgets> {
        matches!(self.id, DocumentId::Widgets(_)).then(|| self.decoded().widgets()).flatten()
    }

    /// What the program of a widget session is to be told since the last call.
    pub fn take_told(&mut self) -> Vec<Callback> {
        self.document.as_mut().map(|document| document.take_told()).unwrap_or_default()
    }

    /// The widget session, if it is one and decoded: in a packed one nothing is due.
    pub fn open_widgets(&self) -> Option<&Widgets> {
        self.document.as_ref()?.widgets()
    }

    /// Reads from a notebook; `None` if the document is none.
    pub fn read<T>(&mut self, read: impl FnOnce(&Notebook, &Transaction<'_>) -> T) -> Option<T> {
        matches!(self.id, DocumentId::Notebook(_)).then(|| self.decoded().read(read)).flatten()
    }

    /// Work that is due by time alone. In a packed document there is none: it is packed long after its last change.
    pub fn tidy(&mut self, now: Millis) -> Change {
        if self.is_packed() {
            return Change::default();
        }
        self.change(|document| (document.tidy(now), ())).0
    }

    /// What the document holds, by client.
    pub fn clocks(&self) -> &HashMap<u64, u32> {
        self.document.as_ref().map_or(&self.packed.clocks, |document| document.clocks())
    }

    /// The number of changes of `client` that the document holds.
    pub fn clock(&self, client: u64) -> u32 {
        self.clocks().get(&client).copied().unwrap_or(0)
    }

    /// The state vector, encoded.
    pub fn encoded_state_vector(&self) -> Vec<u8> {
        document::encoded_vector(self.clocks())
    }

    /// The messages that bring a client with this state vector up to date, the answer last: clients count as
    /// synchronised with it.
    pub fn answer(&mut self, vector: &CheckedStateVector) -> Vec<Bytes> {
        if vector.is_empty() {
            return self.everything();
        }
        if let Some(answered) = self.answered.as_ref().filter(|answered| answered.vector == vector.bytes()) {
            return vec![answered.frame.clone()];
        }
        let frame = frame::step2(&self.decoded().encode_after_vector(vector));
        self.answered = Some(Answered { vector: vector.bytes().clone(), frame: frame.clone() });
        vec![frame]
    }

    /// The messages that bring everything, shared by all who are sent it; the answer last.
    pub fn everything(&mut self) -> Vec<Bytes> {
        self.encode().parts.iter().map(|part| part.frame.clone()).collect()
    }

    /// Everything, as one update.
    pub fn update(&mut self) -> Bytes {
        if let Some([part]) = self.whole.as_ref().map(|whole| &whole.parts[..]) {
            return part.update.clone();
        }
        self.decoded();
        self.whole = None;
        self.encode().parts.first().map_or(NOTHING, |part| part.update.clone())
    }

    fn encode(&mut self) -> &Whole {
        let Self { whole, document, .. } = self;
        whole.get_or_insert_with(|| Whole::of(&document.as_mut().map_or(NOTHING, |document| document.encode_all())))
    }

    /// What a client with these clocks lacks, as one update. Deletions are always sent whole.
    pub fn after(&mut self, clocks: &HashMap<u64, u32>) -> Bytes {
        if clocks.is_empty() { self.update() } else { self.decoded().encode_after(clocks) }
    }

    /// What a client with this state vector lacks, as one update.
    pub fn after_vector(&mut self, vector: &CheckedStateVector) -> Bytes {
        if vector.is_empty() { self.update() } else { self.decoded().encode_after_vector(vector) }
    }

    /// The notebook as values; `None` for other documents.
    pub fn view(&mut self) -> Option<NotebookView> {
        matches!(self.id, DocumentId::Notebook(_)).then(|| self.decoded().view()).flatten()
    }

    /// Title and number of cells, tasks or widgets of a document that is decoded, as it is after each change.
    pub fn outline(&self) -> Option<(String, u32)> {
        self.document.as_ref()?.outline()
    }

    /// An upper estimate of the encoded size, in bytes.
    pub fn size(&self) -> u64 {
        let packed = || self.whole.as_ref().map_or(0, Whole::size);
        self.document.as_ref().map_or_else(packed, |document| document.size())
    }

    /// Edits made for somebody may pass the limit by the length of one request; then no more are made.
    pub fn is_full(&self) -> bool {
        self.size() > self.size_max
    }

    /// The sentence for whoever would make the document larger than it may be.
    pub fn too_big(&self) -> String {
        document::too_big(self.size_max)
    }

    /// Bytes that yrs must read or write before it can answer: for everything, or for less.
    pub fn weight_of_answer(&self, everything: bool) -> u64 {
        let ready = if everything { self.whole.is_some() } else { !self.is_packed() };
        if ready { 0 } else { self.size() }
    }
}

#[expect(clippy::panic, reason = "what yrs cannot read of its own ends the room, which is then rebuilt or set aside")]
fn fail(error: &LoadError) -> ! {
    panic!("{error}")
}

/// The whole document as the updates that make it up, each with the message that brings it. The last is the answer to
/// sync step 1.
struct Whole {
    parts: Vec<Part>,
}

/// A message, and the update in it, which shares its memory.
struct Part {
    frame: Bytes,
    update: Bytes,
}

impl Part {
    fn of(frame: Bytes, update_bytes: usize) -> Self {
        Self { update: frame.slice(frame.len() - update_bytes..), frame }
    }
}

impl Whole {
    fn of(update: &[u8]) -> Self {
        Self { parts: vec![Part::of(frame::step2(update), update.len())] }
    }

    fn of_parts(updates: &[(u64, &Bytes)]) -> Self {
        let Some(((_, last), before)) = updates.split_last() else { return Self::of(&NOTHING) };
        let before = before.iter().map(|(_, update)| Part::of(frame::update(update), update.len()));
        Self { parts: before.chain([Part::of(frame::step2(last), last.len())]).collect() }
    }

    fn size(&self) -> u64 {
        self.parts.iter().map(|part| part.update.len() as u64).sum()
    }
}

/// What is stored, without decoding it, if it can be handed out as it is: a snapshot and a few updates, of which none
/// lacks one before it.
fn packed(entries: &[(u64, &Bytes)]) -> Option<(Whole, Knowledge)> {
    if entries.len() > 1 + LOOSE_MAX {
        return None;
    }
    let mut knowledge = Knowledge::default();
    for (_, update) in entries {
        let checked = update::check((*update).clone()).ok()?;
        if checked.gap(|client| knowledge.clocks.get(&client).copied().unwrap_or(0)).is_some() {
            return None;
        }
        document::note(&mut knowledge.clocks, &checked);
    }
    Some((Whole::of_parts(entries), knowledge))
}
