//! Repairs, within the transaction that did the damage, and the new outline: whatever clients wrote, the document stays
//! one that everybody can read.
//!
//! Only the server heals: two healers would repair one thing twice. Imports outline, task, session, links, changes.
//!
//! Invariant: after healing, the outline is the document, and each task has an order key that can be used.

use std::collections::{BTreeSet, HashSet};

use yrs::{ID, Map, MapRef, Out, TransactionMut, branch::Branch};

use super::{
    changes::Changes,
    fields::{self, Stamp},
    links::{self, Membership},
    outline::{Outline, Owner},
    place, schema, session, task,
};
use crate::{
    crdt::{nested_id, touches_only},
    ids::{SessionId, TaskId},
};

/// What a transaction touched.
#[derive(Debug, Default)]
pub struct Touched {
    /// Anything may have changed.
    whole: bool,
    /// Entries of the roots came or went.
    roots: bool,
    /// Nested types in which something changed.
    branches: HashSet<ID>,
}

impl Touched {
    /// Anything may have changed.
    pub fn whole() -> Self {
        Self { whole: true, roots: true, branches: HashSet::new() }
    }
}

/// What the transaction has touched until now.
pub fn touched(txn: &TransactionMut<'_>) -> Touched {
    let mut touched = Touched::default();
    let note = |branch: &Branch| {
        match nested_id(branch) {
            Some(id) => drop(touched.branches.insert(id)),
            None => touched.roots = true,
        }
        true
    };
    if touches_only(txn, note) { touched } else { Touched::whole() }
}

/// Repairs what was touched and brings the outline up to date; what was there before.
pub fn refresh(txn: &mut TransactionMut<'_>, outline: &mut Outline, touched: &Touched, stamp: &Stamp<'_>) -> Changes {
    let (mut tasks, mut sessions, mut info) = (BTreeSet::new(), BTreeSet::new(), touched.roots);
    for owner in touched.branches.iter().filter_map(|branch| outline.owner(branch)) {
        match owner {
            Owner::Task(id) => drop(tasks.insert(id.clone())),
            Owner::Session(id) => drop(sessions.insert(id.clone())),
            Owner::Info => info = true,
        }
    }
    if touched.roots {
        remove_strangers(txn);
        tasks.extend(moved_tasks(txn, outline, touched.whole));
        sessions.extend(moved_sessions(txn, outline, touched.whole));
    }
    let mut changes = Changes { info: None, tasks: [].into(), sessions: [].into(), company: None };
    if info {
        changes.info = Some(refresh_info(txn, outline, stamp));
    }
    for id in sessions {
        changes.sessions.insert(id.clone(), refresh_session(txn, outline, &id, stamp));
    }
    for id in tasks {
        changes.tasks.insert(id.clone(), refresh_task(txn, outline, &id, stamp));
    }
    place::give_orders(txn, outline, changes.tasks.keys());
    if touched.roots {
        outline.links = links::read(txn);
    }
    refresh_membership(outline, touched, &mut changes);
    changes
}

/// Only when somebody was linked, appeared or vanished: else everybody is with whom they were.
fn refresh_membership(outline: &mut Outline, touched: &Touched, changes: &mut Changes) {
    use super::changes::Sight::{Appeared, Vanished};
    let seen_anew = |sight| matches!(sight, Appeared | Vanished);
    let moved = changes.tasks.keys().any(|id| seen_anew(changes.sight_of_task(id, outline)))
        || changes.sessions.keys().any(|id| seen_anew(changes.sight_of_session(id, outline)));
    if touched.roots || moved {
        let next = Membership::of(outline);
        let before = std::mem::replace(&mut outline.membership, next);
        changes.set_company(before, outline);
    }
}

fn refresh_info(txn: &mut TransactionMut<'_>, outline: &mut Outline, stamp: &Stamp<'_>) -> super::outline::InfoOutline {
    let info = schema::map(txn, schema::INFO);
    let name = fields::string(txn, &info, schema::NAME).unwrap_or_else(|| outline.info.name.clone());
    fields::write_string(txn, &info, schema::NAME, &name);
    fields::ensure_text(txn, &info, schema::DESCRIPTION);
    fields::ensure_past(txn, &info, schema::CREATED_AT, stamp.now);
    let before = outline.info.clone();
    outline.refresh_info(txn);
    before
}

fn refresh_task(
    txn: &mut TransactionMut<'_>,
    outline: &mut Outline,
    id: &TaskId,
    stamp: &Stamp<'_>,
) -> Option<task::TaskOutline> {
    let before = outline.take_task(id);
    if let Some(map) = task::find(txn, id) {
        task::repair(txn, &map, before.as_ref(), stamp);
        outline.set_task(task::read(txn, id, &map));
    }
    before
}

fn refresh_session(
    txn: &mut TransactionMut<'_>,
    outline: &mut Outline,
    id: &SessionId,
    stamp: &Stamp<'_>,
) -> Option<session::SessionOutline> {
    let before = outline.take_session(id);
    if let Some(map) = session::find(txn, id) {
        session::repair(txn, &map, before.as_ref(), stamp);
        outline.set_session(session::read(txn, id, &map));
    }
    before
}

/// Removes from the roots what is no task and no session.
fn remove_strangers(txn: &mut TransactionMut<'_>) {
    for root in [schema::TASKS, schema::SESSIONS] {
        let map = schema::map(txn, root);
        // The rules for ids of tasks and of sessions are the same.
        let stranger = |(key, out): (&str, Out)| {
            let fits = matches!(out, Out::YMap(_)) && key.parse::<TaskId>().is_ok();
            (!fits).then(|| key.to_owned())
        };
        let strangers: Vec<String> = map.iter(txn).filter_map(stranger).collect();
        for key in strangers {
            map.remove(txn, &key);
        }
    }
}

/// The tasks that came, went or were replaced; all of them if anything may have changed.
fn moved_tasks(txn: &TransactionMut<'_>, outline: &Outline, whole: bool) -> Vec<TaskId> {
    let there = entries(txn, schema::TASKS);
    let moved = |(key, map): &(String, Option<ID>)| {
        let id: TaskId = key.parse().ok()?;
        (whole || outline.tasks.get(&id).map(|known| known.map) != Some(*map)).then_some(id)
    };
    let names: HashSet<&str> = there.iter().map(|(key, _)| key.as_str()).collect();
    let gone = outline.tasks.keys().filter(|id| !names.contains(id.as_str())).cloned();
    there.iter().filter_map(moved).chain(gone).collect()
}

fn moved_sessions(txn: &TransactionMut<'_>, outline: &Outline, whole: bool) -> Vec<SessionId> {
    let there = entries(txn, schema::SESSIONS);
    let moved = |(key, map): &(String, Option<ID>)| {
        let id: SessionId = key.parse().ok()?;
        (whole || outline.sessions.get(&id).map(|known| known.map) != Some(*map)).then_some(id)
    };
    let names: HashSet<&str> = there.iter().map(|(key, _)| key.as_str()).collect();
    let gone = outline.sessions.keys().filter(|id| !names.contains(id.as_str())).cloned();
    there.iter().filter_map(moved).chain(gone).collect()
}

/// The maps of a root, by key.
fn entries(txn: &TransactionMut<'_>, root: &str) -> Vec<(String, Option<ID>)> {
    use yrs::ReadTxn;
    let Some(map) = txn.get_map(root) else { return Vec::new() };
    let entry = |(key, out): (&str, Out)| {
        let map: MapRef = out.cast().ok()?;
        Some((key.to_owned(), nested_id(map.as_ref())))
    };
    map.iter(txn).filter_map(entry).collect()
}
