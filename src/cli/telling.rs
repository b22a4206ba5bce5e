//! Events as lines that people read. Pure.
//!
//! Imports vocabulary and wire. Invariant: an event this program does not know, of a newer server, is shown as it came.

use serde_json::{Value, json};

use super::output::{moment, printable};
use crate::{
    ids::{CellId, NotebookId, ProjectId},
    vocabulary::{CellKind, Event, RunKind, RunState, TaskChanges},
    wire::rest::EventBody,
};

/// An event in one line: number, time, kind, who, where, what.
pub fn line(event: &EventBody) -> String {
    let who = event.actor.as_ref().map_or(String::new(), |actor| one_line(&actor.name));
    let notebook = event.notebook.as_ref().map(NotebookId::as_str);
    let document = notebook.or(event.project.as_ref().map(ProjectId::as_str)).unwrap_or_default();
    format!("{:>6}  {}  {:<18} {who}  {document}  {}", event.seq, moment(event.ts), event.event, what(event))
        .trim_end()
        .to_owned()
}

fn what(event: &EventBody) -> String {
    let known = json!({ "event": event.event, "data": event.data });
    match serde_json::from_value::<Event>(known) {
        Ok(known) => one_line(&told(&known)),
        Err(_) if event.data == Value::Null => String::new(),
        Err(_) => event.data.to_string(),
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::NotebookCreated { title, .. } | Event::NotebookUpdated { title, .. } => format!("“{title}”"),
        Event::NotebookDeleted { .. } => String::new(),
        Event::CellAdded { cell, kind, after } => format!("{cell} ({}) {}", kind_of_cell(*kind), place(after.as_ref())),
        Event::CellMoved { cell, after } => format!("{cell} {}", place(after.as_ref())),
        Event::CellDeleted { cell } | Event::CellRestored { cell } | Event::CellEdited { cell } => cell.to_string(),
        Event::RunQueued { cell, kind, .. }
        | Event::RunStarted { cell, kind, .. }
        | Event::RunFinished { cell, kind, .. } => format!("{cell} ({})", kind_of_run(*kind)),
        Event::RunFailed { cell, kind, error, .. } => format!("{cell} ({}): {error}", kind_of_run(*kind)),
        Event::RunCancelled { cell, kind, by: Some(by), .. } => {
            format!("{cell} ({}): stopped by {}", kind_of_run(*kind), by.name)
        }
        Event::RunCancelled { cell, kind, by: None, .. } => format!("{cell} ({}): it did not run", kind_of_run(*kind)),
        Event::AnswerDelta { cell, thinking, text, .. } => {
            let part = if *thinking { "thinking" } else { "answer" };
            format!("{cell} ({part}): {text:?}")
        }
        Event::AnswerDone { cell, state, .. } => format!("{cell}: {}", state_of_run(*state)),
        Event::ProjectCreated { name, .. } | Event::ProjectUpdated { name, .. } => format!("“{name}”"),
        Event::ProjectDeleted { .. } => String::new(),
        Event::TaskCreated(task) => {
            format!("{} “{}” ({} priority, {})", task.id, task.title, task.priority, task.status)
        }
        Event::TaskUpdated(changes) => format!("{} {}", changes.id, changes_of_task(changes)),
        Event::TaskDeleted { id } => id.to_string(),
        Event::TaskSessionAdded { task_id, session_id } => format!("{task_id} is in session {session_id}"),
        Event::TaskSessionRemoved { task_id, session_id } => format!("{task_id} is no longer in session {session_id}"),
        Event::SessionCreated(session) => format!("{} “{}” ({})", session.id, session.name, session.status),
        Event::SessionUpdated(changes) => {
            let status = changes.status.map(|status| format!("status {status}"));
            format!(
                "{} {}",
                changes.id,
                worded(&changes.changed, &[("status", status), ("name", quoted(&changes.name))])
            )
        }
        Event::SessionDeleted { id } => id.to_string(),
        Event::SessionTaskAdded { session_id, task_id } => format!("{session_id} has task {task_id}"),
        Event::SessionTaskRemoved { session_id, task_id } => format!("{session_id} no longer has task {task_id}"),
        Event::WidgetsCreated { id, title } | Event::WidgetsDeleted { id, title } => format!("{id} {title}"),
        Event::WidgetsProgramConnected { id, title } | Event::WidgetsProgramGone { id, title } => {
            format!("{id} {title}")
        }
    }
}

fn changes_of_task(changes: &TaskChanges) -> String {
    let status = changes.status.map(|status| format!("status {status}"));
    let priority = changes.priority.map(|priority| format!("priority {priority}"));
    worded(&changes.changed, &[("status", status), ("priority", priority), ("title", quoted(&changes.title))])
}

fn quoted(value: &Option<String>) -> Option<String> {
    value.as_ref().map(|value| format!("“{value}”"))
}

/// The names of what changed, with the new value where that is a word or two.
fn worded(changed: &[String], known: &[(&str, Option<String>)]) -> String {
    let value = |name: &String| known.iter().find(|(field, _)| field == name).and_then(|(_, value)| value.clone());
    changed.iter().map(|name| value(name).unwrap_or_else(|| name.clone())).collect::<Vec<_>>().join(", ")
}

fn place(after: Option<&CellId>) -> String {
    after.map_or_else(|| "at the beginning".into(), |after| format!("after {after}"))
}

fn kind_of_cell(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Code => "code",
        CellKind::Note => "note",
        CellKind::Prompt => "prompt",
        CellKind::Raw => "raw",
    }
}

fn kind_of_run(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Code => "code",
        RunKind::Prompt => "prompt",
    }
}

fn state_of_run(state: RunState) -> &'static str {
    match state {
        RunState::Queued => "queued",
        RunState::Running => "running",
        RunState::Ok => "complete",
        RunState::Failed => "failed",
        RunState::Cancelled => "stopped",
        RunState::Interrupted => "interrupted",
    }
}

/// What people wrote may have lines and signs in it.
fn one_line(text: &str) -> String {
    printable(text, false).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Actor;

    fn body(event: &str, data: Value) -> EventBody {
        EventBody {
            seq: 7,
            event: event.into(),
            ts: 0,
            actor: Some(Actor::server()),
            notebook: None,
            project: None,
            data,
        }
    }

    #[test]
    fn events_are_told_in_words() {
        let failed = json!({ "runId": "r", "cell": "c", "kind": "code", "error": "ValueError:\nno\u{1b}[2J" });
        assert_eq!(
            line(&body("run:failed", failed)),
            "     7  1970-01-01 00:00:00  run:failed         Coscribe    c (code): ValueError: no"
        );
        let delta = json!({ "runId": "r", "cell": "c", "thinking": false, "text": "Two\n" });
        assert_eq!(what(&body("cell:answer.delta", delta)), "c (answer): \"Two\\n\"");
        let cancelled = json!({ "runId": "r", "cell": "c", "kind": "code", "by": { "name": "Ben", "kind": "human" } });
        assert_eq!(what(&body("run:cancelled", cancelled)), "c (code): stopped by Ben");
        assert_eq!(what(&body("cell:moved", json!({ "cell": "c", "after": null }))), "c at the beginning");
    }

    #[test]
    fn an_event_of_a_newer_server_is_shown_as_it_came() {
        assert_eq!(what(&body("task:praised", json!({ "id": 1 }))), "{\"id\":1}");
        assert_eq!(what(&body("events:gap", Value::Null)), "");
    }
}
