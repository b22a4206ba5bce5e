//! What the changes of a transaction are called, and the stamp each thing gets that is told of.
//!
//! Imports changes, outline, question. Invariant: whatever is told of has an `updatedAt` of its own, greater than the one
//! before; what is not told of keeps its.

use std::collections::{BTreeMap, BTreeSet};

use yrs::TransactionMut;

use super::{
    Moved, Project, Typed,
    changes::{Changes, Sight},
    count,
    fields::{self, Stamp},
    outline::Outline,
    question, schema,
    session::{self, SessionOutline},
    task::{self, TaskOutline},
};
use crate::{
    ids::{ProjectId, SessionId, TaskId},
    vocabulary::{Event, Millis, SessionChanges, TaskChanges},
};

/// Notes the events that lead from what was to what is, in an order in which each can be understood, and stamps what
/// they tell of.
pub fn tell(txn: &mut TransactionMut<'_>, project: &mut Project, changes: &Changes, stamp: &Stamp<'_>) {
    note_moves(project, changes);
    tell_info(project, changes, stamp.now);
    let sessions = session_stories(project, changes);
    let tasks = task_stories(project, changes, stamp.now);
    stamp_known(txn, &mut project.outline, changes, (&sessions, &tasks), stamp.now);
    let Project { id, outline, told, .. } = project;
    let vanished = |story: &Story| *story == Story::Vanished;
    let gone = sessions.iter().filter(|(_, story)| vanished(story));
    told.events.extend(gone.map(|(id, _)| Event::SessionDeleted { id: (*id).clone() }));
    let gone = tasks.iter().filter(|(_, story)| vanished(story));
    told.events.extend(gone.map(|(id, _)| Event::TaskDeleted { id: (*id).clone() }));
    told.events.extend(sessions.iter().filter_map(|(session, story)| session_event(id, outline, session, story)));
    told.events.extend(tasks.iter().filter_map(|(task, story)| task_event(id, outline, task, story)));
    tell_company(project, changes);
}

/// What became of something.
#[derive(Debug, PartialEq)]
enum Story {
    Appeared,
    Vanished,
    /// These fields changed.
    Changed(Vec<&'static str>),
}

fn story(sight: Sight, changed: Vec<&'static str>) -> Option<Story> {
    match sight {
        Sight::Appeared => Some(Story::Appeared),
        Sight::Vanished => Some(Story::Vanished),
        Sight::Stayed if !changed.is_empty() => Some(Story::Changed(changed)),
        Sight::Stayed | Sight::Hidden => None,
    }
}

/// Where tasks and sessions are found, also those in the bin.
fn note_moves(project: &mut Project, changes: &Changes) {
    for (id, before) in &changes.tasks {
        match (before.is_some(), project.outline.tasks.contains_key(id)) {
            (false, true) => project.told.moved.push(Moved::TaskHere(id.clone())),
            (true, false) => project.told.moved.push(Moved::TaskGone(id.clone())),
            (true, true) | (false, false) => {}
        }
    }
    for (id, before) in &changes.sessions {
        match (before.is_some(), project.outline.sessions.contains_key(id)) {
            (false, true) => project.told.moved.push(Moved::SessionHere(id.clone())),
            (true, false) => project.told.moved.push(Moved::SessionGone(id.clone())),
            (true, true) | (false, false) => {}
        }
    }
}

fn tell_info(project: &mut Project, changes: &Changes, now: Millis) {
    let Some(before) = &changes.info else { return };
    let after = &project.outline.info;
    let renamed = before.name != after.name;
    let typed = before.description.fingerprint != after.description.fingerprint;
    if renamed || (typed && (project.asked || project.edited.note(&Typed::Description, now))) {
        project.told.events.push(info_event(project));
    }
}

fn info_event(project: &Project) -> Event {
    Event::ProjectUpdated { id: project.id.clone(), name: project.outline.info.name.clone() }
}

fn session_stories(project: &Project, changes: &Changes) -> BTreeMap<SessionId, Story> {
    let outline = &project.outline;
    let told = |(id, before): (&SessionId, &Option<SessionOutline>)| {
        let mut changed = match (before, outline.sessions.get(id)) {
            (Some(before), Some(after)) => session_fields(before, after),
            _ => Vec::new(),
        };
        let company = changes.tasks_of(id, outline) != outline.membership.of_session(id);
        changed.extend(company.then_some("taskIds"));
        Some((id.clone(), story(changes.sight_of_session(id, outline), changed)?))
    };
    changes.sessions.iter().filter_map(told).collect()
}

fn session_fields(before: &SessionOutline, after: &SessionOutline) -> Vec<&'static str> {
    let fields = [
        (schema::NAME, before.name != after.name),
        (schema::STATUS, before.status != after.status),
        (schema::NOTEBOOK, before.notebook != after.notebook),
        (schema::COMPLETED_AT, before.completed_at != after.completed_at),
    ];
    fields.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field).collect()
}

fn task_stories(project: &mut Project, changes: &Changes, now: Millis) -> BTreeMap<TaskId, Story> {
    let Project { outline, edited, asked, .. } = project;
    let mut stories = BTreeMap::new();
    for (id, before) in &changes.tasks {
        let mut changed = Vec::new();
        if let (Some(before), Some(after)) = (before, outline.tasks.get(id)) {
            changed.extend(task_fields(before, after));
            let texts = schema::TEXTS.iter().zip(before.texts.iter().zip(&after.texts));
            let typed = texts.filter(|(_, (before, after))| before.fingerprint != after.fingerprint);
            let may_tell = |text: &&'static str| *asked || edited.note(&Typed::Task(id.clone(), text), now);
            changed.extend(typed.map(|(text, _)| *text).filter(may_tell));
        }
        if changes.sessions_of(id, outline) != outline.membership.of_task(id) {
            changed.extend(["sessionIds", "sessionCount"]);
        }
        if let Some(story) = story(changes.sight_of_task(id, outline), changed) {
            stories.insert(id.clone(), story);
        }
    }
    stories
}

fn task_fields(before: &TaskOutline, after: &TaskOutline) -> impl Iterator<Item = &'static str> {
    let fields = [
        (schema::TITLE, before.title != after.title),
        (schema::STATUS, before.status != after.status),
        (schema::PRIORITY, before.priority != after.priority),
        (schema::COMPLETED_AT, before.completed_at != after.completed_at),
        (schema::REFERENCES, before.references != after.references),
        (schema::ORDER, before.order != after.order),
    ];
    fields.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field)
}

/// What is new has its version already: the moment of its making.
fn stamp_known(
    txn: &mut TransactionMut<'_>,
    outline: &mut Outline,
    changes: &Changes,
    (sessions, tasks): (&BTreeMap<SessionId, Story>, &BTreeMap<TaskId, Story>),
    now: Millis,
) {
    for id in sessions.keys().filter(|id| changes.sessions.get(*id).is_some_and(Option::is_some)) {
        let Some(session) = outline.sessions.get_mut(id) else { continue };
        session.updated_at = now.max(session.updated_at + 1);
        if let Some(map) = session::find(txn, &session.id) {
            fields::write_millis(txn, &map, schema::UPDATED_AT, session.updated_at);
        }
    }
    for id in tasks.keys().filter(|id| changes.tasks.get(*id).is_some_and(Option::is_some)) {
        if let Some(task) = outline.tasks.get_mut(id) {
            stamp_task(txn, task, now);
        }
    }
}

fn stamp_task(txn: &mut TransactionMut<'_>, task: &mut TaskOutline, now: Millis) {
    task.updated_at = now.max(task.updated_at + 1);
    if let Some(map) = task::find(txn, &task.id) {
        fields::write_millis(txn, &map, schema::UPDATED_AT, task.updated_at);
    }
}

fn session_event(project: &ProjectId, outline: &Outline, id: &SessionId, story: &Story) -> Option<Event> {
    let after = outline.sessions.get(id)?;
    let changed = match story {
        Story::Appeared => return Some(Event::SessionCreated(question::session(project, outline, after))),
        Story::Vanished => return None,
        Story::Changed(changed) => changed,
    };
    let has = |field: &str| changed.contains(&field);
    Some(Event::SessionUpdated(SessionChanges {
        id: id.clone(),
        changed: changed.iter().map(|field| (*field).to_owned()).collect(),
        name: has(schema::NAME).then(|| after.name.clone()),
        status: has(schema::STATUS).then_some(after.status),
        task_ids: has("taskIds").then(|| outline.membership.of_session(id).to_vec()),
        notebook: has(schema::NOTEBOOK).then(|| after.notebook.clone()),
        completed_at: has(schema::COMPLETED_AT).then_some(after.completed_at),
        updated_at: after.updated_at,
    }))
}

fn task_event(project: &ProjectId, outline: &Outline, id: &TaskId, story: &Story) -> Option<Event> {
    let after = outline.tasks.get(id)?;
    match story {
        Story::Appeared => Some(Event::TaskCreated(question::card(project, outline, after))),
        Story::Vanished => None,
        Story::Changed(changed) => Some(Event::TaskUpdated(task_changes(outline, after, changed))),
    }
}

fn task_changes(outline: &Outline, after: &TaskOutline, changed: &[&'static str]) -> TaskChanges {
    let has = |field: &str| changed.contains(&field);
    let sessions = outline.membership.of_task(&after.id);
    TaskChanges {
        id: after.id.clone(),
        changed: changed.iter().map(|field| (*field).to_owned()).collect(),
        title: has(schema::TITLE).then(|| after.title.clone()),
        status: has(schema::STATUS).then_some(after.status),
        priority: has(schema::PRIORITY).then_some(after.priority),
        completed_at: has(schema::COMPLETED_AT).then_some(after.completed_at),
        session_ids: has("sessionIds").then(|| sessions.to_vec()),
        session_count: has("sessionCount").then(|| count(sessions.len())),
        references: has(schema::REFERENCES).then(|| after.references.iter().cloned().collect()),
        order: has(schema::ORDER).then(|| after.order.clone()),
        updated_at: after.updated_at,
    }
}

/// Who joined whom and who left whom, told to each side that people still see.
fn tell_company(project: &mut Project, changes: &Changes) {
    let Project { outline, told, .. } = project;
    for task in changes.tasks.keys() {
        let before: BTreeSet<&SessionId> = changes.sessions_of(task, outline).iter().collect();
        let after: BTreeSet<&SessionId> = outline.membership.of_task(task).iter().collect();
        for session in before.difference(&after) {
            let (task_id, session_id) = (task.clone(), (*session).clone());
            let to_session = Event::SessionTaskRemoved { session_id: session_id.clone(), task_id: task_id.clone() };
            told.events.extend(outline.shows_session(session).then_some(to_session));
            let to_task = Event::TaskSessionRemoved { task_id, session_id };
            told.events.extend(outline.shows_task(task).then_some(to_task));
        }
        for session in after.difference(&before) {
            let (task_id, session_id) = (task.clone(), (*session).clone());
            told.events.push(Event::SessionTaskAdded { session_id: session_id.clone(), task_id: task_id.clone() });
            told.events.push(Event::TaskSessionAdded { task_id, session_id });
        }
    }
}

/// Tells of typing that was held back.
pub fn tell_typing(txn: &mut TransactionMut<'_>, project: &mut Project, now: Millis) {
    let mut typed: BTreeMap<TaskId, Vec<&'static str>> = BTreeMap::new();
    for due in project.edited.due(now).0 {
        match due {
            Typed::Description => {
                let event = info_event(project);
                project.told.events.push(event);
            }
            Typed::Task(id, text) => typed.entry(id).or_default().push(text),
        }
    }
    for (id, texts) in typed {
        let Project { outline, told, .. } = project;
        let Some(task) = outline.tasks.get_mut(&id).filter(|task| task.deleted_at.is_none()) else { continue };
        stamp_task(txn, task, now);
        if let Some(task) = outline.tasks.get(&id) {
            told.events.push(Event::TaskUpdated(task_changes(outline, task, &texts)));
        }
    }
}
