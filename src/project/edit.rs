//! What each [`Op`] does to the document.
//!
//! Imports fields, task, session, links, place. Invariant: an operation that is refused has changed nothing.

use yrs::{Map, MapRef, TransactionMut};

use super::{
    fields::{self, Stamp},
    links,
    op::{NewSession, NewTask, Op, OpError, SessionPatch, Subject, TaskPatch},
    outline::Outline,
    place, schema, session, task,
};
use crate::{
    ids::{SessionId, TaskId},
    vocabulary::TaskStatus,
};

/// A session that says more often that it is alive is not written each time.
const HEARTBEAT_INTERVAL: i64 = 5_000;

/// Applies an operation; answers with what it was about.
pub fn apply(txn: &mut TransactionMut<'_>, outline: &Outline, op: &Op, stamp: &Stamp<'_>) -> Result<Subject, OpError> {
    match op {
        Op::SetInfo { name, description } => set_info(txn, name.as_deref(), description.as_deref()),
        Op::CreateTask(new) => return create_task(txn, outline, new, stamp),
        Op::PatchTask { id, patch, .. } => return patch_task(txn, outline, id, patch, stamp),
        Op::MoveTask { id, place } => {
            visible_task(txn, outline, id)?;
            place::write(txn, place::placed(outline, id, place)?);
            return Ok(Subject::Task(id.clone()));
        }
        Op::DeleteTask { id, .. } => {
            let map = visible_task(txn, outline, id)?;
            return Ok(delete(txn, &map, Subject::Task(id.clone()), stamp));
        }
        Op::RestoreTask { id } => return restore_task(txn, outline, id),
        Op::CreateSession(new) => return create_session(txn, outline, new, stamp),
        Op::PatchSession { id, patch, .. } => return patch_session(txn, outline, id, patch),
        Op::Heartbeat { id } => return heartbeat(txn, outline, id, stamp),
        Op::DeleteSession { id, .. } => {
            let map = visible_session(txn, outline, id)?;
            return Ok(delete(txn, &map, Subject::Session(id.clone()), stamp));
        }
        Op::RestoreSession { id } => return restore_session(txn, outline, id),
        Op::AddTask { session, task } => {
            visible_session(txn, outline, session)?;
            visible_task(txn, outline, task)?;
            links::add(txn, session, task, stamp);
            return Ok(Subject::Session(session.clone()));
        }
        Op::RemoveTask { session, task } => return remove_task(txn, outline, session, task),
    }
    Ok(Subject::Info)
}

fn set_info(txn: &mut TransactionMut<'_>, name: Option<&str>, description: Option<&str>) {
    let info = schema::map(txn, schema::INFO);
    if let Some(name) = name {
        fields::write_string(txn, &info, schema::NAME, name);
    }
    if let Some(description) = description {
        fields::write_text(txn, &info, schema::DESCRIPTION, description);
    }
}

fn visible_task(txn: &TransactionMut<'_>, outline: &Outline, id: &TaskId) -> Result<MapRef, OpError> {
    match (task::find(txn, id), outline.shows_task(id)) {
        (Some(map), true) => Ok(map),
        (Some(_), false) => Err(OpError::DeletedTask(id.clone())),
        (None, _) => Err(OpError::UnknownTask(id.clone())),
    }
}

fn visible_session(txn: &TransactionMut<'_>, outline: &Outline, id: &SessionId) -> Result<MapRef, OpError> {
    match (session::find(txn, id), outline.shows_session(id)) {
        (Some(map), true) => Ok(map),
        (Some(_), false) => Err(OpError::DeletedSession(id.clone())),
        (None, _) => Err(OpError::UnknownSession(id.clone())),
    }
}

fn create_task(
    txn: &mut TransactionMut<'_>,
    outline: &Outline,
    new: &NewTask,
    stamp: &Stamp<'_>,
) -> Result<Subject, OpError> {
    if task::find(txn, &new.id).is_some() {
        return Err(OpError::DuplicateTask(new.id.clone()));
    }
    if new.completed_at.is_some() && new.status != TaskStatus::Completed {
        return Err(OpError::NotCompleted);
    }
    for session in &new.sessions {
        visible_session(txn, outline, session)?;
    }
    let tasks = schema::map(txn, schema::TASKS);
    tasks.insert(txn, new.id.as_str(), task::prelim(new, place::top(outline), stamp.now));
    new.sessions.iter().for_each(|session| links::add(txn, session, &new.id, stamp));
    Ok(Subject::Task(new.id.clone()))
}

fn patch_task(
    txn: &mut TransactionMut<'_>,
    outline: &Outline,
    id: &TaskId,
    patch: &TaskPatch,
    stamp: &Stamp<'_>,
) -> Result<Subject, OpError> {
    let map = visible_task(txn, outline, id)?;
    let present = outline.tasks.get(id).map(|task| task.status).unwrap_or_default();
    let completed = patch.status.unwrap_or(present) == TaskStatus::Completed;
    if patch.completed_at.is_some() && !completed {
        return Err(OpError::NotCompleted);
    }
    let words = [
        (schema::TITLE, patch.title.as_deref()),
        (schema::STATUS, patch.status.map(TaskStatus::as_str)),
        (schema::PRIORITY, patch.priority.map(crate::vocabulary::Priority::as_str)),
    ];
    for (key, word) in words {
        word.into_iter().for_each(|word| fields::write_string(txn, &map, key, word));
    }
    for (key, text) in [(schema::DESCRIPTION, &patch.description), (schema::PROMPT, &patch.prompt)] {
        text.iter().for_each(|text| fields::write_text(txn, &map, key, text));
    }
    if let Some(at) = patch.completed_at {
        fields::write_millis(txn, &map, schema::COMPLETED_AT, at);
    }
    if let Some(references) = &patch.references {
        task::write_references(txn, &map, references);
    }
    fields::ensure_completion(txn, &map, completed, stamp.now);
    Ok(Subject::Task(id.clone()))
}

fn restore_task(txn: &mut TransactionMut<'_>, outline: &Outline, id: &TaskId) -> Result<Subject, OpError> {
    let map = task::find(txn, id).ok_or_else(|| OpError::UnknownTask(id.clone()))?;
    if outline.shows_task(id) {
        return Err(OpError::TaskNotDeleted(id.clone()));
    }
    Ok(restore(txn, &map, Subject::Task(id.clone())))
}

fn create_session(
    txn: &mut TransactionMut<'_>,
    outline: &Outline,
    new: &NewSession,
    stamp: &Stamp<'_>,
) -> Result<Subject, OpError> {
    if session::find(txn, &new.id).is_some() {
        return Err(OpError::DuplicateSession(new.id.clone()));
    }
    for task in &new.tasks {
        visible_task(txn, outline, task)?;
    }
    let sessions = schema::map(txn, schema::SESSIONS);
    sessions.insert(txn, new.id.as_str(), session::prelim(new, stamp.now));
    new.tasks.iter().for_each(|task| links::add(txn, &new.id, task, stamp));
    Ok(Subject::Session(new.id.clone()))
}

fn patch_session(
    txn: &mut TransactionMut<'_>,
    outline: &Outline,
    id: &SessionId,
    patch: &SessionPatch,
) -> Result<Subject, OpError> {
    let map = visible_session(txn, outline, id)?;
    if let Some(name) = &patch.name {
        fields::write_string(txn, &map, schema::NAME, name);
    }
    if let Some(status) = patch.status {
        fields::write_string(txn, &map, schema::STATUS, status.as_str());
    }
    match &patch.notebook {
        Some(Some(notebook)) => fields::write_string(txn, &map, schema::NOTEBOOK, notebook.as_str()),
        Some(None) => fields::remove(txn, &map, schema::NOTEBOOK),
        None => {}
    }
    Ok(Subject::Session(id.clone()))
}

fn heartbeat(
    txn: &mut TransactionMut<'_>,
    outline: &Outline,
    id: &SessionId,
    stamp: &Stamp<'_>,
) -> Result<Subject, OpError> {
    let map = visible_session(txn, outline, id)?;
    let last = fields::millis(txn, &map, schema::LAST_HEARTBEAT);
    if last.is_none_or(|last| !(last..last + HEARTBEAT_INTERVAL).contains(&stamp.now)) {
        fields::write_millis(txn, &map, schema::LAST_HEARTBEAT, stamp.now);
    }
    Ok(Subject::Session(id.clone()))
}

fn restore_session(txn: &mut TransactionMut<'_>, outline: &Outline, id: &SessionId) -> Result<Subject, OpError> {
    let map = session::find(txn, id).ok_or_else(|| OpError::UnknownSession(id.clone()))?;
    if outline.shows_session(id) {
        return Err(OpError::SessionNotDeleted(id.clone()));
    }
    Ok(restore(txn, &map, Subject::Session(id.clone())))
}

fn remove_task(
    txn: &mut TransactionMut<'_>,
    outline: &Outline,
    session: &SessionId,
    task: &TaskId,
) -> Result<Subject, OpError> {
    visible_session(txn, outline, session)?;
    visible_task(txn, outline, task)?;
    match links::remove(txn, session, task) {
        true => Ok(Subject::Session(session.clone())),
        false => Err(OpError::NotInSession { session: session.clone(), task: task.clone() }),
    }
}

fn delete(txn: &mut TransactionMut<'_>, map: &MapRef, subject: Subject, stamp: &Stamp<'_>) -> Subject {
    fields::write_millis(txn, map, schema::DELETED_AT, stamp.now);
    fields::write_actor(txn, map, schema::DELETED_BY, stamp.actor);
    subject
}

fn restore(txn: &mut TransactionMut<'_>, map: &MapRef, subject: Subject) -> Subject {
    map.remove(txn, schema::DELETED_AT);
    map.remove(txn, schema::DELETED_BY);
    subject
}
