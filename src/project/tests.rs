//! What each edit of a board does and tells, by the ids of `acceptance.md`.

use serde_json::{Value, json};

use super::{
    Expected, NewTask, Op, OpError, SESSION_REST, SessionPatch, TaskPatch, TaskPlace,
    test_support::{Replica, add, id, names, new_task, session, task},
};
use crate::vocabulary::{Event, Priority, Reference, SessionStatus, TaskStatus};

fn data(event: &Event) -> Value {
    serde_json::to_value(event).unwrap()["data"].clone()
}

fn patch(task: &str, patch: TaskPatch) -> Op {
    Op::PatchTask { id: id(task), patch, expected: None }
}

fn status(task: &str, status: TaskStatus) -> Op {
    patch(task, TaskPatch { status: Some(status), ..TaskPatch::default() })
}

/// A board with these tasks, the first on top, each made in its own millisecond.
fn board(tasks: &[&str]) -> Replica {
    let mut server = Replica::server();
    for name in tasks.iter().rev() {
        server.apply(&task(name)).unwrap();
        server.now += 1;
    }
    server
}

fn order(server: &Replica) -> Vec<String> {
    server.tasks().iter().map(|task| task.card.id.to_string()).collect()
}

#[test]
fn ms_03_a_new_task_has_the_defaults_and_ms_11_stands_on_top() {
    let mut server = board(&["old"]);
    let events = server.apply(&Op::CreateTask(NewTask { priority: Priority::High, ..new_task("new") })).unwrap();
    assert_eq!(names(&events), ["task:created"]);
    let created = data(&events[0]);
    let wanted = json!({
        "id": "new", "projectId": "p", "title": "Task new", "status": "pending", "priority": "high",
        "sessionIds": [], "sessionCount": 0, "references": [], "order": created["order"],
        "createdAt": server.now, "updatedAt": server.now, "createdBy": { "name": "Ana", "kind": "human" },
    });
    assert_eq!(created, wanted);
    assert_eq!(order(&server), ["new", "old"]);
}

#[test]
fn ms_04_a_patch_changes_what_it_names_and_completion_has_its_moment() {
    let mut server = board(&["t"]);
    let before = server.task("t");
    let events = server.apply(&status("t", TaskStatus::Completed)).unwrap();
    let wanted = json!({ "id": "t", "changed": ["status", "completedAt"], "status": "completed",
        "completedAt": server.now, "updatedAt": server.now });
    assert_eq!((names(&events), data(&events[0])), (vec!["task:updated".to_owned()], wanted));
    let after = server.task("t");
    assert_eq!(
        (after.card.title, after.card.priority, after.card.created_at),
        (before.card.title, before.card.priority, before.card.created_at)
    );
    let given = TaskPatch { completed_at: Some(77), ..TaskPatch::default() };
    server.apply(&patch("t", given.clone())).unwrap();
    assert_eq!(server.task("t").card.completed_at, Some(77));
    let events = server.apply(&status("t", TaskStatus::InProgress)).unwrap();
    assert_eq!(data(&events[0])["completedAt"], Value::Null);
    assert!(data(&events[0]).as_object().unwrap().contains_key("completedAt"));
    assert_eq!(server.task("t").card.completed_at, None);
    assert_eq!(server.apply(&patch("t", given)), Err(OpError::NotCompleted));
}

#[test]
fn ms_07_what_is_refused_changes_nothing_and_tells_nothing() {
    let mut server = board(&["t", "gone"]);
    server.apply(&session("s", &[])).unwrap();
    server.apply(&Op::DeleteTask { id: id("gone"), expected: None }).unwrap();
    let before = server.everything();
    let in_unknown = NewTask { sessions: vec![id("q")], ..new_task("n") };
    let early = NewTask { completed_at: Some(1), ..new_task("n") };
    for (op, refusal) in [
        (task("t"), OpError::DuplicateTask(id("t"))),
        (task("gone"), OpError::DuplicateTask(id("gone"))),
        (Op::CreateTask(in_unknown), OpError::UnknownSession(id("q"))),
        (Op::CreateTask(early), OpError::NotCompleted),
        (status("q", TaskStatus::Completed), OpError::UnknownTask(id("q"))),
        (status("gone", TaskStatus::Completed), OpError::DeletedTask(id("gone"))),
        (Op::RestoreTask { id: id("t") }, OpError::TaskNotDeleted(id("t"))),
        (Op::RestoreTask { id: id("q") }, OpError::UnknownTask(id("q"))),
        (Op::MoveTask { id: id("t"), place: TaskPlace::After(id("gone")) }, OpError::UnknownTask(id("gone"))),
        (session("s", &[]), OpError::DuplicateSession(id("s"))),
        (session("s2", &["gone"]), OpError::DeletedTask(id("gone"))),
        (add("s", "q"), OpError::UnknownTask(id("q"))),
        (add("q", "t"), OpError::UnknownSession(id("q"))),
        (Op::RemoveTask { session: id("s"), task: id("t") }, OpError::NotInSession { session: id("s"), task: id("t") }),
        (Op::Heartbeat { id: id("q") }, OpError::UnknownSession(id("q"))),
        (Op::RestoreSession { id: id("s") }, OpError::SessionNotDeleted(id("s"))),
    ] {
        assert_eq!(server.apply(&op), Err(refusal), "{op:?}");
        assert_eq!(server.everything(), before, "{op:?}");
    }
}

#[test]
fn ms_13_adding_a_task_to_a_session_tells_session_task_and_link_in_this_order() {
    let mut server = board(&["abc", "def", "new789"]);
    server.apply(&session("s", &["abc", "def"])).unwrap();
    server.now += 5;
    let events = server.apply(&add("s", "new789")).unwrap();
    assert_eq!(names(&events), ["session:updated", "task:updated", "session:task_added", "task:session_added"]);
    assert_eq!(data(&events[0])["taskIds"], json!(["abc", "def", "new789"]));
    assert_eq!((&data(&events[1])["sessionIds"], &data(&events[1])["sessionCount"]), (&json!(["s"]), &json!(1)));
    assert_eq!(data(&events[2]), json!({ "sessionId": "s", "taskId": "new789" }));
    assert_eq!(server.apply(&add("s", "new789")).unwrap(), []);
}

#[test]
fn ms_12_closing_a_session_tells_it_and_one_update_for_each_of_its_tasks() {
    let mut server = board(&["a", "b", "c"]);
    server.apply(&session("s1", &["a", "b"])).unwrap();
    server.apply(&session("s2", &["a"])).unwrap();
    let events = server.apply(&Op::DeleteSession { id: id("s1"), expected: None }).unwrap();
    let expected = ["session:deleted", "task:updated", "task:updated", "task:session_removed", "task:session_removed"];
    assert_eq!(names(&events), expected);
    assert_eq!(data(&events[0]), json!({ "id": "s1" }));
    assert_eq!((&data(&events[1])["sessionIds"], &data(&events[1])["sessionCount"]), (&json!(["s2"]), &json!(1)));
    assert_eq!((&data(&events[2])["id"], &data(&events[2])["sessionCount"]), (&json!("b"), &json!(0)));
    let events = server.apply(&Op::RestoreSession { id: id("s1") }).unwrap();
    assert_eq!(data(&events[0])["taskIds"], json!(["a", "b"]));
    assert_eq!(server.task("a").card.session_count, 2);
}

#[test]
fn ms_14_deleting_a_task_tells_the_sessions_it_was_in_and_restoring_brings_it_back() {
    let mut server = board(&["a", "b"]);
    server.apply(&session("s", &["a", "b"])).unwrap();
    let before = server.task("a");
    let events = server.apply(&Op::DeleteTask { id: id("a"), expected: None }).unwrap();
    assert_eq!(names(&events), ["task:deleted", "session:updated", "session:task_removed"]);
    assert_eq!(data(&events[1])["taskIds"], json!(["b"]));
    server.now += 9;
    let events = server.apply(&Op::RestoreTask { id: id("a") }).unwrap();
    assert_eq!(names(&events), ["session:updated", "task:created", "session:task_added", "task:session_added"]);
    let after = server.task("a");
    assert_eq!((after.card.created_at, after.card.session_ids), (before.card.created_at, before.card.session_ids));
}

#[test]
fn ms_16_the_version_of_a_task_rises_strictly_though_the_clock_stands_still_or_goes_back() {
    let mut server = board(&["t"]);
    let mut last = server.task("t").card.updated_at;
    for step in 0..10 {
        server.now -= 1000;
        let title = TaskPatch { title: Some(format!("Title {step}")), ..TaskPatch::default() };
        server.apply(&patch("t", title)).unwrap();
        let next = server.task("t").card.updated_at;
        assert!(next > last);
        last = next;
    }
}

#[test]
fn an_edit_that_expects_another_version_is_refused_and_so_is_one_that_did_not_see_the_typing() {
    let mut server = board(&["t"]);
    let seen = Expected(server.task("t").card.updated_at);
    let title = |expected| Op::PatchTask {
        id: id("t"),
        patch: TaskPatch { title: Some("Mine".into()), ..TaskPatch::default() },
        expected: Some(expected),
    };
    server.apply(&title(seen)).unwrap();
    let stale = server.apply(&title(seen)).unwrap_err();
    assert_eq!(stale.to_string(), "The task t has changed since you read it; read it again.");
    let mut page = server.fork(2);
    page.typed("t", "a");
    server.receive(&page);
    page.typed("t", "b");
    server.receive(&page);
    let told = Expected(server.task("t").card.updated_at);
    assert!(matches!(server.apply(&title(told)), Err(OpError::ChangedMeanwhile(_))));
}

#[test]
fn typing_in_a_description_is_told_at_once_and_then_once_a_second() {
    let mut server = board(&["t"]);
    let mut page = server.fork(2);
    let mut told = Vec::new();
    for _ in 0..20 {
        page.typed("t", "x");
        told.extend(server.receive(&page));
        server.now += 10;
    }
    assert_eq!(names(&told), ["task:updated"]);
    assert_eq!(data(&told[0])["changed"], json!(["description"]));
    let before = server.task("t").card.updated_at;
    server.now += 1000;
    let told = server.tidy();
    assert_eq!(data(&told[0])["changed"], json!(["description"]));
    assert!(server.task("t").card.updated_at > before);
    assert_eq!(server.tidy(), []);
    assert_eq!(server.task("t").description, "x".repeat(20));
}

#[test]
fn a_description_given_by_name_merges_with_typing_and_is_told_each_time() {
    let mut server = board(&["t"]);
    let text = |text: &str| patch("t", TaskPatch { description: Some(text.into()), ..TaskPatch::default() });
    server.apply(&text("one two")).unwrap();
    let mut page = server.fork(2);
    page.typed("t", " three");
    let events = server.apply(&text("one or two")).unwrap();
    assert_eq!(names(&events), ["task:updated"]);
    server.receive(&page);
    assert_eq!(server.task("t").description, "one or two three");
}

#[test]
fn tasks_are_moved_and_stay_where_they_were_put() {
    let mut server = board(&["a", "b", "c"]);
    let to = |task: &str, place| Op::MoveTask { id: id(task), place };
    let events = server.apply(&to("c", TaskPlace::Top)).unwrap();
    assert_eq!((names(&events), &data(&events[0])["changed"]), (vec!["task:updated".to_owned()], &json!(["order"])));
    assert_eq!(order(&server), ["c", "a", "b"]);
    server.apply(&to("c", TaskPlace::After(id("a")))).unwrap();
    assert_eq!(order(&server), ["a", "c", "b"]);
    server.apply(&to("a", TaskPlace::Bottom)).unwrap();
    assert_eq!(order(&server), ["c", "b", "a"]);
    assert_eq!(server.apply(&to("a", TaskPlace::After(id("b")))).unwrap(), []);
    assert_eq!(server.apply(&to("a", TaskPlace::After(id("a")))).unwrap(), []);
}

#[test]
fn a_task_can_be_put_between_two_that_were_made_on_top_at_the_same_time() {
    let mut server = board(&["old"]);
    let (mut ana, mut bo) = (server.fork(2), server.fork(3));
    ana.edit(&task("a")).unwrap();
    bo.edit(&task("b")).unwrap();
    server.receive(&ana);
    server.receive(&bo);
    let tasks = server.tasks();
    assert_eq!(tasks[0].card.order, tasks[1].card.order, "both were made at the same place");
    server.apply(&Op::MoveTask { id: id("old"), place: TaskPlace::After(id("a")) }).unwrap();
    assert_eq!(order(&server), ["a", "old", "b"]);
}

#[test]
fn ms_35_a_task_refers_to_notebooks_and_cells_and_references_merge() {
    let mut server = board(&["t"]);
    let reference = |notebook: &str, cell: Option<&str>| Reference { notebook: id(notebook), cell: cell.map(id) };
    let refer =
        |references: Vec<Reference>| patch("t", TaskPatch { references: Some(references), ..TaskPatch::default() });
    server.apply(&refer(vec![reference("n", Some("c"))])).unwrap();
    let (mut ana, mut bo) = (server.fork(2), server.fork(3));
    ana.edit(&refer(vec![reference("n", Some("c")), reference("m", None)])).unwrap();
    bo.edit(&refer(vec![reference("n", Some("c")), reference("n", Some("d"))])).unwrap();
    server.receive(&ana);
    let events = server.receive(&bo);
    let all = vec![reference("m", None), reference("n", Some("c")), reference("n", Some("d"))];
    assert_eq!(server.task("t").card.references, all);
    assert_eq!(data(&events[0])["references"], serde_json::to_value(all).unwrap());
}

#[test]
fn a_session_has_a_state_an_end_and_heartbeats_that_are_not_told() {
    let mut server = board(&[]);
    server.apply(&session("s", &[])).unwrap();
    let began = server.now;
    server.now += 4000;
    assert_eq!(server.apply(&Op::Heartbeat { id: id("s") }).unwrap(), []);
    assert_eq!(server.sessions()[0].last_heartbeat, Some(began));
    server.now += 1000;
    let version = server.sessions()[0].updated_at;
    assert_eq!(server.apply(&Op::Heartbeat { id: id("s") }).unwrap(), []);
    assert_eq!((server.sessions()[0].last_heartbeat, server.sessions()[0].updated_at), (Some(server.now), version));
    let failed = SessionPatch { status: Some(SessionStatus::Failed), ..SessionPatch::default() };
    let events = server.apply(&Op::PatchSession { id: id("s"), patch: failed, expected: None }).unwrap();
    assert_eq!(data(&events[0])["changed"], json!(["status", "completedAt"]));
    assert_eq!(server.sessions()[0].completed_at, Some(server.now));
}

#[test]
fn a_closed_session_leaves_the_document_after_its_rest_and_its_links_with_it() {
    let mut server = board(&["t"]);
    server.apply(&session("s", &["t"])).unwrap();
    server.apply(&Op::DeleteSession { id: id("s"), expected: None }).unwrap();
    server.now += SESSION_REST - 1;
    assert_eq!(server.tidy(), []);
    assert_eq!(server.everything()[2]["s"]["name"], "Session s");
    server.now += 1;
    let now = server.now;
    let told = server.transact(|project, txn| project.tidy(txn, now));
    assert_eq!((told.events.len(), told.moved), (0, vec![super::Moved::SessionGone(id("s"))]));
    assert_eq!((&server.everything()[2], &server.everything()[3]), (&json!({}), &json!({})));
}
