//! The board on the command line: what it prints for people and for programs, and its exit codes.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::server::{TestServer, binary};

#[track_caller]
fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn complained(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json_of(output: &Output) -> Value {
    serde_json::from_str(&printed(output)).unwrap()
}

#[test]
fn ms_02_tasks_are_created_listed_shown_changed_moved_and_deleted() {
    let server = TestServer::start();
    let created = printed(&server.command(&["task", "create", "Implement login", "--priority", "high"]));
    assert!(created.starts_with("✓ Task created: task_"), "{created}");
    assert!(created.trim_end().ends_with("Implement login  [HIGH] [IDLE]"), "{created}");
    let id = created.split_whitespace().nth(3).unwrap().to_owned();
    let updated = printed(&server.command(&["task", "update", &id, "--status", "completed"]));
    assert_eq!(updated, "✓ Task updated successfully\n");
    let shown = json_of(&server.command(&["task", "show", &id, "--json"]));
    assert_eq!((&shown["status"], &shown["priority"]), (&json!("completed"), &json!("high")));
    let other = json_of(&server.command(&[
        "task",
        "create",
        "Second",
        "--description",
        "Words",
        "--about",
        "welcome/c1",
        "--id",
        "second",
        "--json",
    ]));
    assert_eq!(other["references"], json!([{ "notebook": "welcome", "cell": "c1" }]));
    let list = printed(&server.command(&["task", "list"]));
    let rows: Vec<&str> = list.lines().collect();
    assert!(rows[1].starts_with("second") && rows[2].contains("[HIGH]") && rows[2].contains("[OK] ✓"), "{list}");
    assert!(!list.contains('\u{1b}'), "no colours where no terminal is: {list:?}");
    printed(&server.command(&["task", "move", &id]));
    assert!(printed(&server.command(&["task", "list"])).lines().nth(1).unwrap().starts_with(&id));
    let shown = printed(&server.command(&["task", "show", "second"]));
    assert!(shown.starts_with("Second\n") && shown.contains("Description:\nWords"), "{shown}");
    let filtered = printed(&server.command(&["task", "list", "--status", "pending"]));
    assert!(filtered.contains("second") && !filtered.contains(&id), "{filtered}");
    assert!(printed(&server.command(&["task", "delete", "second"])).starts_with("✓ Task deleted"));
    assert!(printed(&server.command(&["task", "restore", "second"])).starts_with("✓ Task restored: second"));
}

#[test]
fn ms_02_sessions_are_opened_get_tasks_lose_them_and_are_closed() {
    let server = TestServer::start();
    printed(&server.command(&["task", "create", "T", "--id", "task_new789"]));
    let created = printed(&server.command(&["session", "create", "--name", "Review", "--id", "sess_123"]));
    assert_eq!(created, "✓ Session created: sess_123 · Review\n");
    let added = printed(&server.command(&["session", "add-task", "sess_123", "task_new789"]));
    assert_eq!(added, "✓ Task added to session\n");
    assert!(printed(&server.command(&["task", "list"])).contains("[1x]"));
    assert!(printed(&server.command(&["session", "show", "sess_123"])).contains("task_new789"));
    assert!(printed(&server.command(&["session", "list"])).lines().nth(1).unwrap().contains("running"));
    printed(&server.command(&["session", "heartbeat", "sess_123"]));
    let removed = printed(&server.command(&["session", "remove-task", "sess_123", "task_new789"]));
    assert_eq!(removed, "✓ Task removed from session\n");
    printed(&server.command(&["session", "update", "sess_123", "--status", "completed"]));
    assert!(printed(&server.command(&["session", "delete", "sess_123"])).starts_with("✓ Session closed"));
    assert!(complained(&server.command(&["session", "show", "sess_123"]), 1).contains("sess_123"));
    assert!(printed(&server.command(&["session", "restore", "sess_123"])).contains("Review"));
}

#[test]
fn projects_are_created_listed_changed_and_deleted_and_hold_their_own_tasks() {
    let server = TestServer::start();
    let created = json_of(&server.command(&["project", "create", "Plan B", "--json"]));
    let id = created["id"].as_str().unwrap();
    printed(&server.command(&["task", "create", "There", "--project", id]));
    assert!(printed(&server.command(&["task", "list", "--project", id])).contains("There"));
    assert!(printed(&server.command(&["task", "list", "--project", "default"])).starts_with("No tasks."));
    printed(&server.command(&["project", "update", id, "--name", "Plan C"]));
    assert!(printed(&server.command(&["project", "show", id])).starts_with("Plan C\n"));
    printed(&server.command(&["project", "delete", id]));
    assert!(printed(&server.command(&["project", "list"])).contains("Plan C (in the bin)"));
    printed(&server.command(&["project", "restore", id]));
}

#[test]
fn ms_02_refusals_go_to_standard_error_and_the_exit_code_says_which() {
    let server = TestServer::start();
    let refused = complained(&server.command(&["task", "update", "task_9", "--status", "completed"]), 1);
    assert!(refused.contains("No task has the id task_9."), "{refused}");
    let usage = complained(&server.command(&["task", "update", "task_9", "--status", "done"]), 2);
    assert!(usage.contains("pending, in_progress, blocked, completed, cancelled"), "{usage}");
    complained(&server.command(&["task", "update", "task_9"]), 2);
    complained(&server.command(&["task", "create", "T", "--priority", "urgent"]), 2);
    complained(&server.command(&["session", "add-task", "s"]), 2);
    complained(&server.command(&["task", "list", "--url", "http://127.0.0.1:9"]), 3);
}

#[test]
fn ms_02_a_shell_completes_the_commands() {
    let script = "source /dev/stdin && complete -p coscribe && COMP_WORDS=(coscribe task up) COMP_CWORD=2 && \
        _coscribe coscribe up task && printf '%s\\n' \"${COMPREPLY[@]}\"";
    let completions = printed(&binary().args(["completions", "bash"]).output().unwrap());
    let mut bash =
        Command::new("bash").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(completions.as_bytes()).unwrap();
    assert!(printed(&bash.wait_with_output().unwrap()).ends_with("update\n"));
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        assert!(printed(&binary().args(["completions", shell]).output().unwrap()).contains("add-task"), "{shell}");
    }
}
