//! What may be asked of a board, and the answers as plain values.
//!
//! Imports outline, task, place. Invariant: `sessionCount` is the length of `sessionIds` in every answer.

use yrs::ReadTxn;

use super::{
    count, fields,
    op::{OpError, Subject},
    outline::Outline,
    schema,
    session::SessionOutline,
    task::{self, TaskOutline},
};
use crate::{
    ids::{ProjectId, SessionId, TaskId},
    vocabulary::{Millis, Priority, Reference, Session, SessionStatus, Task, TaskCard, TaskStatus},
};

/// Which tasks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskFilter {
    pub status: Option<TaskStatus>,
    pub priority: Option<Priority>,
    pub session: Option<SessionId>,
    pub reference: Option<Reference>,
    /// Those in the bin instead of those that people see.
    pub deleted: bool,
}

/// Which sessions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionFilter {
    pub status: Option<SessionStatus>,
    pub task: Option<TaskId>,
    pub deleted: bool,
}

/// A place in a list: by what it is sorted, and the id that stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    pub key: String,
    pub id: String,
}

/// What somebody wants to know of a project.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    About(Subject),
    /// From the top of the board.
    Tasks {
        filter: TaskFilter,
        after: Option<After>,
        limit: usize,
    },
    /// Newest first.
    Sessions {
        filter: SessionFilter,
        after: Option<After>,
        limit: usize,
    },
}

/// The project's own fields.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectInfo {
    pub name: String,
    pub description: String,
    pub created_at: Millis,
    pub task_count: u32,
    pub session_count: u32,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Info(ProjectInfo),
    Task(Box<Task>),
    Session(Box<Session>),
    Tasks(Vec<Task>),
    Sessions(Vec<Session>),
    /// It is in the bin now.
    Deleted,
}

/// Answers a question.
pub fn answer<T: ReadTxn>(
    txn: &T,
    project: &ProjectId,
    outline: &Outline,
    question: &Question,
) -> Result<Found, OpError> {
    match question {
        Question::About(Subject::Info) => Ok(Found::Info(info(txn, outline))),
        Question::About(Subject::Task(id)) => {
            let found = outline.tasks.get(id).ok_or_else(|| OpError::UnknownTask(id.clone()))?;
            match found.deleted_at {
                Some(_) => Err(OpError::DeletedTask(id.clone())),
                None => Ok(Found::Task(Box::new(whole(txn, project, outline, found)))),
            }
        }
        Question::About(Subject::Session(id)) => {
            let found = outline.sessions.get(id).ok_or_else(|| OpError::UnknownSession(id.clone()))?;
            match found.deleted_at {
                Some(_) => Err(OpError::DeletedSession(id.clone())),
                None => Ok(Found::Session(Box::new(session(project, outline, found)))),
            }
        }
        Question::Tasks { filter, after, limit } => {
            let tasks = tasks(outline, filter, after.as_ref()).into_iter().take(*limit);
            Ok(Found::Tasks(tasks.map(|found| whole(txn, project, outline, found)).collect()))
        }
        Question::Sessions { filter, after, limit } => {
            let sessions = sessions(outline, filter, after.as_ref()).into_iter().take(*limit);
            Ok(Found::Sessions(sessions.map(|found| session(project, outline, found)).collect()))
        }
    }
}

fn info<T: ReadTxn>(txn: &T, outline: &Outline) -> ProjectInfo {
    let map = txn.get_map(schema::INFO);
    ProjectInfo {
        name: outline.info.name.clone(),
        description: map.map(|map| fields::text_string(txn, &map, schema::DESCRIPTION)).unwrap_or_default(),
        created_at: outline.info.created_at,
        task_count: count(outline.tasks.values().filter(|task| task.deleted_at.is_none()).count()),
        session_count: count(outline.sessions.values().filter(|found| found.deleted_at.is_none()).count()),
    }
}

fn tasks<'a>(outline: &'a Outline, filter: &TaskFilter, after: Option<&After>) -> Vec<&'a TaskOutline> {
    let beyond = |task: &&TaskOutline| {
        after.is_none_or(|after| (task.order.as_str(), task.id.as_str()) > (after.key.as_str(), after.id.as_str()))
    };
    let mut tasks: Vec<_> = outline.tasks.values().filter(|task| filter.passes(task, outline)).filter(beyond).collect();
    tasks.sort_unstable_by(|a, b| (&a.order, &a.id).cmp(&(&b.order, &b.id)));
    tasks
}

impl TaskFilter {
    fn passes(&self, task: &TaskOutline, outline: &Outline) -> bool {
        let in_session = |session| outline.membership.of_task(&task.id).contains(session);
        // A notebook stands for all its cells.
        let refers = |wanted: &Reference| {
            let fits = |found: &Reference| {
                found.notebook == wanted.notebook && (wanted.cell.is_none() || found.cell == wanted.cell)
            };
            task.references.iter().any(fits)
        };
        task.deleted_at.is_some() == self.deleted
            && self.status.is_none_or(|status| status == task.status)
            && self.priority.is_none_or(|priority| priority == task.priority)
            && self.session.as_ref().is_none_or(in_session)
            && self.reference.as_ref().is_none_or(refers)
    }
}

fn sessions<'a>(outline: &'a Outline, filter: &SessionFilter, after: Option<&After>) -> Vec<&'a SessionOutline> {
    // Newest first: what comes after is older, or as old with a greater id.
    let place = |found: &SessionOutline| (-found.created_at, found.id.as_str().to_owned());
    let from = after.and_then(|after| Some((-after.key.parse::<Millis>().ok()?, after.id.clone())));
    let beyond = |found: &&SessionOutline| from.as_ref().is_none_or(|from| place(found) > *from);
    let passes = |found: &&SessionOutline| filter.passes(found, outline);
    let mut sessions: Vec<_> = outline.sessions.values().filter(passes).filter(beyond).collect();
    sessions.sort_by_cached_key(|found| place(found));
    sessions
}

impl SessionFilter {
    fn passes(&self, session: &SessionOutline, outline: &Outline) -> bool {
        session.deleted_at.is_some() == self.deleted
            && self.status.is_none_or(|status| status == session.status)
            && self.task.as_ref().is_none_or(|task| outline.membership.of_session(&session.id).contains(task))
    }
}

/// A task without its texts.
pub fn card(project: &ProjectId, outline: &Outline, task: &TaskOutline) -> TaskCard {
    let session_ids = outline.membership.of_task(&task.id).to_vec();
    TaskCard {
        id: task.id.clone(),
        project_id: project.clone(),
        title: task.title.clone(),
        status: task.status,
        priority: task.priority,
        session_count: count(session_ids.len()),
        session_ids,
        references: task.references.iter().cloned().collect(),
        order: task.order.clone(),
        created_at: task.created_at,
        updated_at: task.updated_at,
        completed_at: task.completed_at,
        created_by: task.created_by.clone(),
    }
}

fn whole<T: ReadTxn>(txn: &T, project: &ProjectId, outline: &Outline, found: &TaskOutline) -> Task {
    let map = task::find(txn, &found.id);
    let text = |key| map.as_ref().map(|map| fields::text_string(txn, map, key)).unwrap_or_default();
    Task { card: card(project, outline, found), description: text(schema::DESCRIPTION), prompt: text(schema::PROMPT) }
}

/// A session.
pub fn session(project: &ProjectId, outline: &Outline, session: &SessionOutline) -> Session {
    Session {
        id: session.id.clone(),
        project_id: project.clone(),
        name: session.name.clone(),
        status: session.status,
        task_ids: outline.membership.of_session(&session.id).to_vec(),
        notebook: session.notebook.clone(),
        created_at: session.created_at,
        updated_at: session.updated_at,
        completed_at: session.completed_at,
        last_heartbeat: session.last_heartbeat,
        created_by: session.created_by.clone(),
    }
}
