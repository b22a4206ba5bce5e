//! What a transaction changed of a project: what each thing was before it.
//!
//! Imports outline. Invariant: together with the outline after the transaction it decides which events there are.

use std::collections::BTreeMap;

use super::{
    links::Membership,
    outline::{InfoOutline, Outline},
    session::SessionOutline,
    task::TaskOutline,
};
use crate::ids::{SessionId, TaskId};

/// What was there before; `None` for what is new.
#[derive(Debug)]
pub struct Changes {
    pub info: Option<InfoOutline>,
    pub tasks: BTreeMap<TaskId, Option<TaskOutline>>,
    pub sessions: BTreeMap<SessionId, Option<SessionOutline>>,
    /// Who was with whom, if that may have changed.
    pub company: Option<Membership>,
}

/// A change of what people see of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    Appeared,
    Vanished,
    /// It is seen as before.
    Stayed,
    /// It is not seen, as before.
    Hidden,
}

fn sight(before: bool, after: bool) -> Sight {
    match (before, after) {
        (false, true) => Sight::Appeared,
        (true, false) => Sight::Vanished,
        (true, true) => Sight::Stayed,
        (false, false) => Sight::Hidden,
    }
}

impl Changes {
    /// The sessions a task was in.
    pub fn sessions_of<'a>(&'a self, task: &TaskId, outline: &'a Outline) -> &'a [SessionId] {
        self.company.as_ref().unwrap_or(&outline.membership).of_task(task)
    }

    /// The tasks a session had.
    pub fn tasks_of<'a>(&'a self, session: &SessionId, outline: &'a Outline) -> &'a [TaskId] {
        self.company.as_ref().unwrap_or(&outline.membership).of_session(session)
    }

    /// Notes who was with whom before, and adds those of whom only that has changed: their own fields are as before.
    pub fn set_company(&mut self, before: Membership, outline: &Outline) {
        let tasks = before.tasks().chain(outline.membership.tasks());
        let moved = tasks.filter(|task| before.of_task(task) != outline.membership.of_task(task));
        for task in moved.cloned().collect::<Vec<_>>() {
            self.tasks.entry(task).or_insert_with_key(|task| outline.tasks.get(task).cloned());
        }
        let sessions = before.sessions().chain(outline.membership.sessions());
        let moved = sessions.filter(|id| before.of_session(id) != outline.membership.of_session(id));
        for session in moved.cloned().collect::<Vec<_>>() {
            self.sessions.entry(session).or_insert_with_key(|session| outline.sessions.get(session).cloned());
        }
        self.company = Some(before);
    }

    /// What became of a task in people's sight.
    pub fn sight_of_task(&self, id: &TaskId, outline: &Outline) -> Sight {
        let before = self.tasks.get(id).and_then(Option::as_ref).is_some_and(|task| task.deleted_at.is_none());
        sight(before, outline.shows_task(id))
    }

    /// What became of a session in people's sight.
    pub fn sight_of_session(&self, id: &SessionId, outline: &Outline) -> Sight {
        let before = self.sessions.get(id).and_then(Option::as_ref).is_some_and(|found| found.deleted_at.is_none());
        sight(before, outline.shows_session(id))
    }
}
