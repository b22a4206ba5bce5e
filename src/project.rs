//! The meaning of a project document: a board of tasks, sessions and who works on what; edits made for somebody, events.
//!
//! Owns the schema of `design.md` §4. Imports crdt, ids, vocabulary and yrs: no async, no sockets, no disk, no clock.
//! Invariant: which task is in which session stands in one place, the links; lists and counts are derived from them.
//!
//! A transaction goes: edits ([`Project::apply`], or updates from clients), [`Project::heal`], commit,
//! [`Project::take_told`].

mod changes;
mod edit;
mod events;
mod fields;
mod heal;
mod links;
mod op;
mod outline;
mod place;
mod question;
mod schema;
mod session;
mod task;

#[cfg(test)]
mod concurrency_tests;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

use yrs::{Map, ReadTxn, TransactionMut};

use self::{fields::Stamp, outline::Outline};
use crate::{
    crdt::edited::Edited,
    ids::{ProjectId, SessionId, TaskId},
    vocabulary::{Actor, Event, Millis},
};

pub use op::{Expected, NewSession, NewTask, Op, OpError, SessionPatch, Subject, TaskPatch, TaskPlace};
pub use question::{After, Found, ProjectInfo, Question, SessionFilter, TaskFilter};

/// How long a closed session stays in the document, hidden, so that it can be restored. Tasks stay: people wrote them.
const SESSION_REST: Millis = 30 * 24 * 60 * 60 * 1000;

/// A text people type in, as far as it must not flood the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Typed {
    Description,
    Task(TaskId, &'static str),
}

/// Something that is found in this project from now on, or not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    TaskHere(TaskId),
    TaskGone(TaskId),
    SessionHere(SessionId),
    SessionGone(SessionId),
}

/// What a transaction did, to be told to the world.
#[derive(Debug, Default, PartialEq)]
pub struct Told {
    pub events: Vec<Event>,
    pub moved: Vec<Moved>,
}

/// What is remembered of an open project beside its document.
#[derive(Debug)]
pub struct Project {
    id: ProjectId,
    outline: Outline,
    edited: Edited<Typed>,
    told: Told,
    /// Somebody asked for an edit by name in this transaction: texts it changed are told of at once.
    asked: bool,
    /// The document was looked at whole since it was loaded.
    checked: bool,
}

impl Project {
    /// Writes a project into an empty document.
    pub fn initialise(txn: &mut TransactionMut<'_>, name: &str, description: &str, now: Millis) {
        schema::ensure_roots(txn);
        let info = schema::map(txn, schema::INFO);
        info.insert(txn, schema::NAME, name);
        info.insert(txn, schema::DESCRIPTION, yrs::TextPrelim::new(description));
        fields::write_millis(txn, &info, schema::CREATED_AT, now);
    }

    /// Remembers a document that was loaded.
    pub fn open<T: ReadTxn>(txn: &T, id: ProjectId) -> Self {
        let outline = Outline::read(txn);
        Self { id, outline, edited: Edited::default(), told: Told::default(), asked: false, checked: false }
    }

    /// Makes an edit for somebody; answers with what it was about.
    ///
    /// # Errors
    /// The edit cannot be made; nothing changed.
    pub fn apply(
        &mut self,
        txn: &mut TransactionMut<'_>,
        op: &Op,
        actor: &Actor,
        now: Millis,
    ) -> Result<Subject, OpError> {
        schema::ensure_roots(txn);
        if let Some((subject, expected)) = op.expected() {
            self.expect(&subject, expected)?;
        }
        let subject = edit::apply(txn, &self.outline, op, &Stamp { actor, now })?;
        self.asked = true;
        Ok(subject)
    }

    /// Refuses an edit of something that has changed since the asker saw it, text that is not told of yet included.
    fn expect(&self, subject: &Subject, expected: Expected) -> Result<(), OpError> {
        let present = match subject {
            Subject::Task(id) => self.outline.tasks.get(id).map(|task| task.updated_at),
            Subject::Session(id) => self.outline.sessions.get(id).map(|session| session.updated_at),
            Subject::Info => None,
        };
        let typed = matches!(subject, Subject::Task(id)
            if schema::TEXTS.iter().any(|text| self.edited.waits(&Typed::Task(id.clone(), text))));
        match present {
            Some(present) if present != expected.0 || typed => Err(OpError::ChangedMeanwhile(subject.clone())),
            _ => Ok(()),
        }
    }

    /// Repairs what the transaction damaged, stamps what it changed and notes what is to be told. Costs next to nothing
    /// when little was touched. Call it in every transaction before committing it.
    pub fn heal(&mut self, txn: &mut TransactionMut<'_>, actor: &Actor, now: Millis) {
        schema::ensure_roots(txn);
        let touched = if self.checked { heal::touched(txn) } else { heal::Touched::whole() };
        self.checked = true;
        let stamp = Stamp { actor, now };
        let changes = heal::refresh(txn, &mut self.outline, &touched, &stamp);
        events::tell(txn, self, &changes, &stamp);
    }

    /// What is to be told since the last call. The transaction is over.
    pub fn take_told(&mut self) -> Told {
        self.asked = false;
        std::mem::take(&mut self.told)
    }

    /// Work that is due by time alone: tells of typing that was held back, and lets closed sessions go.
    pub fn tidy(&mut self, txn: &mut TransactionMut<'_>, now: Millis) {
        events::tell_typing(txn, self, now);
        let rested = |session: &&session::SessionOutline| {
            session.deleted_at.is_some_and(|deleted| now - deleted >= SESSION_REST && deleted <= now)
        };
        let gone: Vec<SessionId> =
            self.outline.sessions.values().filter(rested).map(|found| found.id.clone()).collect();
        for id in gone {
            links::remove_session(txn, &id);
            schema::map(txn, schema::SESSIONS).remove(txn, id.as_str());
        }
    }

    /// Answers a question about the board.
    ///
    /// # Errors
    /// What it is about is not there.
    pub fn answer<T: ReadTxn>(&self, txn: &T, question: &Question) -> Result<Found, OpError> {
        question::answer(txn, &self.id, &self.outline, question)
    }

    /// The name, empty if there is none.
    pub fn name(&self) -> &str {
        &self.outline.info.name
    }

    /// How many tasks people see.
    pub fn task_count(&self) -> u32 {
        count(self.outline.tasks.values().filter(|task| task.deleted_at.is_none()).count())
    }
}

/// A document is far smaller than 4 Gi of anything.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
