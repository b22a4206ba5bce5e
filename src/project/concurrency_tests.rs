//! What happens when several people change a board at the same time, and whatever they write into it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use yrs::{Any, Map, MapPrelim, Transact};

use super::{
    Op, SessionPatch, TaskPatch, TaskPlace, schema,
    test_support::{Replica, add, id, meet, names, session, task},
};
use crate::vocabulary::{Event, Priority, Session, SessionStatus, Task, TaskStatus};

fn change(task: &str, patch: TaskPatch) -> Op {
    Op::PatchTask { id: id(task), patch, expected: None }
}

#[test]
fn ms_16_two_fields_changed_at_the_same_time_are_both_kept_and_told_in_order() {
    let mut server = Replica::server();
    server.apply(&task("t")).unwrap();
    let (mut ana, mut bo) = (server.fork(2), server.fork(3));
    ana.edit(&change("t", TaskPatch { status: Some(TaskStatus::InProgress), ..TaskPatch::default() })).unwrap();
    bo.edit(&change("t", TaskPatch { priority: Some(Priority::High), ..TaskPatch::default() })).unwrap();
    let events = meet(&mut server, &mut [&mut ana, &mut bo]);
    let card = server.task("t").card;
    assert_eq!((card.status, card.priority), (TaskStatus::InProgress, Priority::High));
    let versions: Vec<_> = events.iter().filter_map(updated).collect();
    assert!(versions.len() == 2 && versions.is_sorted_by(|a, b| a < b), "{versions:?}");
}

fn updated(event: &Event) -> Option<i64> {
    if let Event::TaskUpdated(changes) = event { Some(changes.updated_at) } else { None }
}

#[test]
fn text_typed_into_a_task_that_is_deleted_meanwhile_comes_back_with_it() {
    let mut server = Replica::server();
    server.apply(&task("t")).unwrap();
    let mut ana = server.fork(2);
    ana.typed("t", "worth keeping");
    server.apply(&Op::DeleteTask { id: id("t"), expected: None }).unwrap();
    assert_eq!(meet(&mut server, &mut [&mut ana]), []);
    server.apply(&Op::RestoreTask { id: id("t") }).unwrap();
    assert_eq!(server.task("t").description, "worth keeping");
}

#[test]
fn a_session_closed_while_a_task_is_added_to_it_offline_leaves_no_count_behind() {
    let mut server = Replica::server();
    server.apply(&task("t")).unwrap();
    server.apply(&session("s", &[])).unwrap();
    let mut ana = server.fork(2);
    ana.edit(&add("s", "t")).unwrap();
    server.apply(&Op::DeleteSession { id: id("s"), expected: None }).unwrap();
    assert_eq!(meet(&mut server, &mut [&mut ana]), []);
    let card = server.task("t").card;
    assert_eq!((card.session_count, card.session_ids.len()), (0, 0));
}

#[test]
fn who_made_what_and_when_is_what_the_server_saw() {
    let mut server = Replica::server();
    server.apply(&task("t")).unwrap();
    let mut page = server.fork(2);
    page.write(schema::TASKS, "t", schema::CREATED_AT, 5i64);
    page.write(schema::TASKS, "t", schema::UPDATED_AT, 9_000_000_000_000_000i64);
    page.write(schema::TASKS, "t", schema::CREATED_BY, "somebody else");
    page.write(schema::TASKS, "t", schema::DELETED_AT, 1i64);
    let before = server.task("t");
    server.now += 10;
    assert_eq!(names(&server.receive(&page)), ["task:deleted"]);
    server.apply(&Op::RestoreTask { id: id("t") }).unwrap();
    let after = server.task("t").card;
    assert_eq!((after.created_at, after.created_by), (before.card.created_at, before.card.created_by));
    assert!(after.updated_at < server.now + 10);
}

#[test]
fn whatever_shape_a_client_writes_the_board_stays_one() {
    let mut server = Replica::server();
    server.apply(&task("t")).unwrap();
    let page = server.fork(2);
    {
        let mut txn = page.doc.transact_mut();
        let (tasks, sessions) = (schema::map(&mut txn, schema::TASKS), schema::map(&mut txn, schema::SESSIONS));
        let links = schema::map(&mut txn, schema::LINKS);
        tasks.insert(&mut txn, "plain", 5);
        tasks.insert(&mut txn, "not an id", MapPrelim::default());
        tasks.insert(&mut txn, "empty", MapPrelim::default());
        let odd = [
            (schema::TITLE, Any::from(7)),
            (schema::DESCRIPTION, Any::from("plain text")),
            (schema::STATUS, Any::from("done")),
            (schema::ORDER, Any::from("no key")),
            (schema::CREATED_AT, Any::from(f64::MAX)),
            (schema::REFERENCES, Any::from(false)),
        ];
        tasks.insert(
            &mut txn,
            "odd",
            odd.into_iter().map(|(key, value)| (key, yrs::In::Any(value))).collect::<MapPrelim>(),
        );
        sessions.insert(&mut txn, "s", MapPrelim::default());
        for key in ["s/t", "s/unknown", "unknown/t", "nonsense", "a/b/c"] {
            links.insert(&mut txn, key, true);
        }
    }
    let events = server.receive(&page);
    assert!(names(&events).contains(&"task:created".to_owned()));
    let tasks = server.tasks();
    assert_eq!(tasks.len(), 3);
    let odd = server.task("odd");
    assert_eq!(
        (odd.description.as_str(), odd.card.status, odd.card.title.as_str()),
        ("plain text", TaskStatus::Pending, "")
    );
    assert_eq!((odd.card.created_at, odd.card.updated_at), (server.now, server.now));
    assert_eq!(server.task("t").card.session_ids, vec![id("s")]);
    server.apply(&change("odd", TaskPatch { description: Some("merges".into()), ..TaskPatch::default() })).unwrap();
    assert_eq!(server.task("odd").description, "merges");
}

/// What a program knows that was told of every event, and of nothing else.
#[derive(Debug, Default, PartialEq)]
struct Cache {
    tasks: BTreeMap<String, serde_json::Value>,
    sessions: BTreeMap<String, serde_json::Value>,
    links: BTreeSet<(String, String)>,
}

impl Cache {
    fn hear(&mut self, event: &Event) {
        let value = serde_json::to_value(event).unwrap();
        let (name, data) = (value["event"].as_str().unwrap(), value["data"].clone());
        let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
        let pair = (text("sessionId"), text("taskId"));
        let (kind, verb) = name.split_once(':').unwrap();
        let table = if kind == "task" { &mut self.tasks } else { &mut self.sessions };
        match verb {
            "created" => drop(table.insert(text("id"), data)),
            "deleted" => {
                drop(table.remove(&text("id")).expect("what is deleted was there"));
                self.links.retain(|(session, task)| *session != text("id") && *task != text("id"));
            }
            "updated" if kind != "project" => {
                let known = table.get_mut(&text("id")).expect("what is updated was there");
                let known = known.as_object_mut().unwrap();
                assert!(known["updatedAt"].as_i64() < data["updatedAt"].as_i64(), "versions rise: {data}");
                for (key, value) in data.as_object().unwrap().iter().filter(|(key, _)| *key != "changed") {
                    match value.is_null() {
                        true => drop(known.remove(key)),
                        false => drop(known.insert(key.clone(), value.clone())),
                    }
                }
            }
            "task_added" | "session_added" => drop(self.links.insert(pair)),
            "task_removed" | "session_removed" => drop(self.links.remove(&pair)),
            _ => {}
        }
    }

    fn of(tasks: &[Task], sessions: &[Session]) -> Self {
        let mut cache = Self::default();
        for task in tasks {
            let id = task.card.id.to_string();
            cache.links.extend(task.card.session_ids.iter().map(|session| (session.to_string(), id.clone())));
            cache.tasks.insert(id, serde_json::to_value(&task.card).unwrap());
        }
        for session in sessions {
            let mut session = session.clone();
            session.last_heartbeat = None;
            cache.sessions.insert(session.id.to_string(), serde_json::to_value(&session).unwrap());
        }
        cache
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// By the server for REST.
    Ask(Deed),
    /// By a page, maybe offline.
    Edit(usize, Deed),
    Type(usize, u8),
    /// The network of a page is there for a moment.
    Meet(usize),
    /// One page sends, but hears nothing.
    Send(usize),
    Wait(i64),
    Restart,
}

#[derive(Debug, Clone)]
enum Deed {
    CreateTask(u8),
    CreateSession(u8, u8),
    Status(u8, usize),
    Title(u8, u8),
    DeleteTask(u8),
    RestoreTask(u8),
    DeleteSession(u8),
    RestoreSession(u8),
    EndSession(u8, usize),
    Add(u8, u8),
    Remove(u8, u8),
    Move(u8, u8),
    Beat(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    let (task, session) = (0..6u8, 0..4u8);
    prop_oneof![
        3 => task.clone().prop_map(Deed::CreateTask),
        2 => (session.clone(), task.clone()).prop_map(|(s, t)| Deed::CreateSession(s, t)),
        2 => (task.clone(), 0..TaskStatus::ALL.len()).prop_map(|(t, s)| Deed::Status(t, s)),
        1 => (task.clone(), any::<u8>()).prop_map(|(t, n)| Deed::Title(t, n)),
        1 => task.clone().prop_map(Deed::DeleteTask),
        1 => task.clone().prop_map(Deed::RestoreTask),
        1 => session.clone().prop_map(Deed::DeleteSession),
        1 => session.clone().prop_map(Deed::RestoreSession),
        1 => (session.clone(), 0..SessionStatus::ALL.len()).prop_map(|(s, n)| Deed::EndSession(s, n)),
        4 => (session.clone(), task.clone()).prop_map(|(s, t)| Deed::Add(s, t)),
        2 => (session.clone(), task.clone()).prop_map(|(s, t)| Deed::Remove(s, t)),
        2 => (task.clone(), task).prop_map(|(t, other)| Deed::Move(t, other)),
        1 => session.prop_map(Deed::Beat),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => deed().prop_map(Step::Ask),
        6 => (0..3usize, deed()).prop_map(|(page, deed)| Step::Edit(page, deed)),
        2 => (0..3usize, 0..6u8).prop_map(|(page, task)| Step::Type(page, task)),
        3 => (0..3usize).prop_map(Step::Meet),
        1 => (0..3usize).prop_map(Step::Send),
        1 => (0..2000i64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

impl Deed {
    fn op(&self) -> Op {
        let (task_id, session_id) = (|task: u8| format!("t{task}"), |session: u8| format!("s{session}"));
        let status = |status| TaskPatch { status: Some(status), ..TaskPatch::default() };
        match *self {
            Self::CreateTask(t) => task(&task_id(t)),
            Self::CreateSession(s, t) => session(&session_id(s), &[&task_id(t)]),
            Self::Status(t, n) => change(&task_id(t), status(TaskStatus::ALL[n])),
            Self::Title(t, n) => change(&task_id(t), TaskPatch { title: Some(n.to_string()), ..TaskPatch::default() }),
            Self::DeleteTask(t) => Op::DeleteTask { id: id(&task_id(t)), expected: None },
            Self::RestoreTask(t) => Op::RestoreTask { id: id(&task_id(t)) },
            Self::DeleteSession(s) => Op::DeleteSession { id: id(&session_id(s)), expected: None },
            Self::RestoreSession(s) => Op::RestoreSession { id: id(&session_id(s)) },
            Self::EndSession(s, n) => Op::PatchSession {
                id: id(&session_id(s)),
                patch: SessionPatch { status: Some(SessionStatus::ALL[n]), ..SessionPatch::default() },
                expected: None,
            },
            Self::Add(s, t) => add(&session_id(s), &task_id(t)),
            Self::Remove(s, t) => Op::RemoveTask { session: id(&session_id(s)), task: id(&task_id(t)) },
            Self::Move(t, other) => Op::MoveTask { id: id(&task_id(t)), place: TaskPlace::After(id(&task_id(other))) },
            Self::Beat(s) => Op::Heartbeat { id: id(&session_id(s)) },
        }
    }
}

/// The sides of a board agree, completion has its moment, and the version of everything is known.
fn check(server: &Replica) {
    let (tasks, sessions) = server.board();
    for Task { card, .. } in &tasks {
        assert_eq!(card.session_count as usize, card.session_ids.len());
        assert_eq!(card.completed_at.is_some(), card.status == TaskStatus::Completed);
        assert!(crate::crdt::order::is_valid(&card.order));
        for session in &card.session_ids {
            let found = sessions.iter().find(|found| found.id == *session).expect("people see it");
            assert!(found.task_ids.contains(&card.id));
        }
    }
    for session in &sessions {
        assert_eq!(session.completed_at.is_some(), session.status.has_ended());
        for task in &session.task_ids {
            let found = tasks.iter().find(|found| found.card.id == *task).expect("people see it");
            assert!(found.card.session_ids.contains(&session.id));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn ms_12_and_ms_25_whatever_many_do_offline_and_online_counts_agree_all_converge_and_events_tell_the_whole_story(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let mut server = Replica::server();
        let mut pages = [server.fork(2), server.fork(3), server.fork(4)];
        let mut cache = Cache::default();
        for step in steps {
            // What cannot be done is refused; that is part of it.
            let events = match step {
                Step::Ask(deed) => server.apply(&deed.op()).unwrap_or_default(),
                Step::Edit(page, deed) => {
                    drop(pages[page].edit(&deed.op()));
                    Vec::new()
                }
                Step::Type(page, task) => {
                    if super::task::find(&pages[page].doc.transact(), &id(&format!("t{task}"))).is_some() {
                        pages[page].typed(&format!("t{task}"), "x");
                    }
                    Vec::new()
                }
                Step::Meet(page) => meet(&mut server, &mut [&mut pages[page]]),
                Step::Send(page) => server.receive(&pages[page]),
                Step::Wait(time) => {
                    server.now += time;
                    server.tidy()
                }
                Step::Restart => {
                    server.now += 1001;
                    let events = server.tidy();
                    server.project = super::Project::open(&server.doc.transact(), super::test_support::project());
                    events
                }
            };
            events.iter().for_each(|event| cache.hear(event));
            check(&server);
        }
        let [a, b, c] = &mut pages;
        let events = meet(&mut server, &mut [a, b, c]);
        events.iter().for_each(|event| cache.hear(event));
        let (tasks, sessions) = server.board();
        check(&server);
        let mut told = cache;
        told.sessions.values_mut().for_each(|session| drop(session.as_object_mut().unwrap().remove("lastHeartbeat")));
        prop_assert_eq!(told, Cache::of(&tasks, &sessions));
        // Nothing is left to repair.
        let before = server.everything();
        server.project.checked = false;
        let told = server.transact(|project, txn| project.heal(txn, &super::test_support::actor("Ana"), 5_000_000));
        prop_assert_eq!(told.events, vec![]);
        prop_assert_eq!(server.everything(), before);
    }
}
