//! What was last seen of a project, small enough to compare after each change: that is where events come from, whoever
//! caused them.
//!
//! Imports task, session, links. Invariant: it shows the document as it was at the end of the last transaction.

use std::collections::HashMap;

use yrs::{ID, Map, ReadTxn};

use super::{
    fields::{self, TextOutline},
    links::{self, Link, Membership},
    schema,
    session::{self, SessionOutline},
    task::{self, TaskOutline},
};
use crate::{
    ids::{SessionId, TaskId},
    vocabulary::Millis,
};

/// The project's own fields.
#[derive(Debug, Clone, PartialEq)]
pub struct InfoOutline {
    pub name: String,
    pub description: TextOutline,
    pub created_at: Millis,
}

/// Whose fields a nested type holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    Info,
    Task(TaskId),
    Session(SessionId),
}

/// A project's skeleton.
#[derive(Debug)]
pub struct Outline {
    pub info: InfoOutline,
    pub tasks: HashMap<TaskId, TaskOutline>,
    pub sessions: HashMap<SessionId, SessionOutline>,
    pub links: Vec<Link>,
    pub membership: Membership,
    owners: HashMap<ID, Owner>,
}

impl Outline {
    /// The outline of the document as it is.
    pub fn read<T: ReadTxn>(txn: &T) -> Self {
        let mut outline = Self {
            info: read_info(txn),
            tasks: HashMap::new(),
            sessions: HashMap::new(),
            links: links::read(txn),
            membership: Membership::default(),
            owners: HashMap::new(),
        };
        outline.own_info();
        for id in keys(txn, schema::TASKS) {
            if let Some((id, map)) = id.parse().ok().and_then(|id| task::find(txn, &id).map(|map| (id, map))) {
                outline.set_task(task::read(txn, &id, &map));
            }
        }
        for id in keys(txn, schema::SESSIONS) {
            if let Some((id, map)) = id.parse().ok().and_then(|id| session::find(txn, &id).map(|map| (id, map))) {
                outline.set_session(session::read(txn, &id, &map));
            }
        }
        outline.membership = Membership::of(&outline);
        outline
    }

    /// Remembers the project's own fields as they are.
    pub fn refresh_info<T: ReadTxn>(&mut self, txn: &T) {
        self.info = read_info(txn);
        self.own_info();
    }

    fn own_info(&mut self) {
        self.owners.extend(self.info.description.branch.map(|branch| (branch, Owner::Info)));
    }

    /// Remembers a task.
    pub fn set_task(&mut self, task: TaskOutline) {
        let branches = [task.map, task.texts[0].branch, task.texts[1].branch, task.references_map];
        let owner = Owner::Task(task.id.clone());
        self.owners.extend(branches.into_iter().flatten().map(|branch| (branch, owner.clone())));
        self.tasks.insert(task.id.clone(), task);
    }

    /// Remembers a session.
    pub fn set_session(&mut self, session: SessionOutline) {
        self.owners.extend(session.map.map(|map| (map, Owner::Session(session.id.clone()))));
        self.sessions.insert(session.id.clone(), session);
    }

    /// Forgets a task; what it was.
    pub fn take_task(&mut self, id: &TaskId) -> Option<TaskOutline> {
        let task = self.tasks.remove(id)?;
        for branch in [task.map, task.texts[0].branch, task.texts[1].branch, task.references_map].into_iter().flatten()
        {
            self.owners.remove(&branch);
        }
        Some(task)
    }

    /// Forgets a session; what it was.
    pub fn take_session(&mut self, id: &SessionId) -> Option<SessionOutline> {
        let session = self.sessions.remove(id)?;
        if let Some(map) = session.map {
            self.owners.remove(&map);
        }
        Some(session)
    }

    /// Whose fields a nested type holds.
    pub fn owner(&self, branch: &ID) -> Option<&Owner> {
        self.owners.get(branch)
    }

    /// Whether people see the task.
    pub fn shows_task(&self, id: &TaskId) -> bool {
        self.tasks.get(id).is_some_and(|task| task.deleted_at.is_none())
    }

    /// Whether people see the session.
    pub fn shows_session(&self, id: &SessionId) -> bool {
        self.sessions.get(id).is_some_and(|session| session.deleted_at.is_none())
    }
}

/// The keys of a root.
pub fn keys<T: ReadTxn>(txn: &T, root: &str) -> Vec<String> {
    let map = txn.get_map(root);
    map.iter().flat_map(|map| map.keys(txn).map(str::to_owned)).collect()
}

fn read_info<T: ReadTxn>(txn: &T) -> InfoOutline {
    let Some(info) = txn.get_map(schema::INFO) else {
        let description = TextOutline { branch: None, fingerprint: 0 };
        return InfoOutline { name: String::new(), description, created_at: 0 };
    };
    InfoOutline {
        name: fields::string(txn, &info, schema::NAME).unwrap_or_default(),
        description: fields::text_outline(txn, &info, schema::DESCRIPTION),
        created_at: fields::millis(txn, &info, schema::CREATED_AT).unwrap_or_default(),
    }
}
