//! Which task is in which session: one entry for each pair, and what is derived from all of them.
//!
//! Imports fields, schema. Invariant: [`Membership`] is a function of the links and of what is visible, so what a task
//! says of its sessions and what a session says of its tasks cannot disagree.

use std::collections::{BTreeMap, HashMap};

use yrs::{Any, Map, ReadTxn, TransactionMut};

use super::{
    fields::{self, Stamp},
    outline::Outline,
    schema,
};
use crate::{
    crdt::json,
    ids::{SessionId, TaskId},
    vocabulary::Millis,
};

/// A pair, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub session: SessionId,
    pub task: TaskId,
    pub at: Millis,
}

/// Who is with whom, among those that people see.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Membership {
    sessions: BTreeMap<TaskId, Vec<SessionId>>,
    tasks: BTreeMap<SessionId, Vec<TaskId>>,
}

impl Membership {
    /// What the links say of those that people see.
    pub fn of(outline: &Outline) -> Self {
        let visible = |link: &&Link| outline.shows_session(&link.session) && outline.shows_task(&link.task);
        let mut links: Vec<&Link> = outline.links.iter().filter(visible).collect();
        links.sort_by_key(|link| (link.at, &link.session, &link.task));
        let mut membership = Self::default();
        for Link { session, task, .. } in links {
            membership.sessions.entry(task.clone()).or_default().push(session.clone());
            membership.tasks.entry(session.clone()).or_default().push(task.clone());
        }
        membership
    }

    /// The sessions of a task, first joined first.
    pub fn of_task(&self, task: &TaskId) -> &[SessionId] {
        self.sessions.get(task).map_or(&[], Vec::as_slice)
    }

    /// The tasks of a session, first added first.
    pub fn of_session(&self, session: &SessionId) -> &[TaskId] {
        self.tasks.get(session).map_or(&[], Vec::as_slice)
    }

    /// The tasks that are in any session.
    pub fn tasks(&self) -> impl Iterator<Item = &TaskId> {
        self.sessions.keys()
    }

    /// The sessions that have any task.
    pub fn sessions(&self) -> impl Iterator<Item = &SessionId> {
        self.tasks.keys()
    }
}

/// All links of the document. Keys that name no pair are passed over.
pub fn read<T: ReadTxn>(txn: &T) -> Vec<Link> {
    let Some(links) = txn.get_map(schema::LINKS) else { return Vec::new() };
    let link = |(key, out): (&str, yrs::Out)| {
        let (session, task) = pair(key)?;
        let at = json::to_value(txn, &out).get(schema::AT).and_then(serde_json::Value::as_i64);
        Some(Link { session, task, at: at.unwrap_or_default() })
    };
    links.iter(txn).filter_map(link).collect()
}

fn pair(key: &str) -> Option<(SessionId, TaskId)> {
    let (session, task) = key.split_once('/')?;
    Some((session.parse().ok()?, task.parse().ok()?))
}

fn key(session: &SessionId, task: &TaskId) -> String {
    format!("{session}/{task}")
}

/// Puts a task into a session, if it is not there.
pub fn add(txn: &mut TransactionMut<'_>, session: &SessionId, task: &TaskId, stamp: &Stamp<'_>) {
    let (links, key) = (schema::map(txn, schema::LINKS), key(session, task));
    if !links.contains_key(txn, &key) {
        let (at, by) = (fields::moment(stamp.now), fields::actor_value(stamp.actor));
        let entry = HashMap::from([(schema::AT.to_owned(), at), (schema::BY.to_owned(), by)]);
        links.insert(txn, key, Any::Map(entry.into()));
    }
}

/// Takes a task out of a session; false if it was not there.
pub fn remove(txn: &mut TransactionMut<'_>, session: &SessionId, task: &TaskId) -> bool {
    let links = schema::map(txn, schema::LINKS);
    links.remove(txn, &key(session, task)).is_some()
}

/// Forgets a session that is gone for good.
pub fn remove_session(txn: &mut TransactionMut<'_>, session: &SessionId) {
    let links = schema::map(txn, schema::LINKS);
    let prefix = format!("{session}/");
    let gone: Vec<String> = links.keys(txn).filter(|key| key.starts_with(&prefix)).map(str::to_owned).collect();
    for key in gone {
        links.remove(txn, &key);
    }
}
