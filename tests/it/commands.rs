//! The command line from outside: what it prints, its exit codes, backup and restore.

use std::process::Output;

use serde_json::{Value, json};

use crate::server::{TestServer, binary};

fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn notebooks_are_created_listed_exported_imported_and_deleted() {
    let server = TestServer::start();
    let created: Value =
        serde_json::from_str(&printed(&server.command(&["notebook", "create", "Plan B", "--json"]))).unwrap();
    let id = created["id"].as_str().unwrap();
    let list = printed(&server.command(&["notebook", "list"]));
    assert!(list.lines().any(|line| line.contains(id) && line.ends_with("Plan B")), "{list}");
    let file = server.data().join("plan.ipynb");
    printed(&server.command(&["notebook", "export", id, "-o", file.to_str().unwrap()]));
    let exported: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(exported["nbformat"], 4);
    assert!(printed(&server.command(&["notebook", "export", id, "--format", "py"])).contains("# %%"));
    let imported = printed(&server.command(&["notebook", "import", file.to_str().unwrap(), "--title", "Plan ü & C"]));
    assert!(imported.starts_with('✓') && imported.trim_end().ends_with("Plan ü & C"), "{imported}");
    let copied = printed(&server.command(&["notebook", "duplicate", id]));
    assert!(copied.trim_end().ends_with("Copy of Plan B"), "{copied}");
    printed(&server.command(&["notebook", "delete", id]));
    assert!(printed(&server.command(&["notebook", "list"])).contains("(in the bin)"));
}

#[test]
fn exit_codes_tell_refusals_wrong_usage_and_missing_servers_apart() {
    let server = TestServer::start();
    let refused = complained(&server.command(&["notebook", "export", "nobody"]), 1);
    assert!(refused.contains("No notebook has the id nobody."), "{refused}");
    let unknown = complained(&server.command(&["notebook", "watch", "nobody"]), 1);
    assert!(unknown.contains("nobody"), "{unknown}");
    let file = complained(&server.command(&["notebook", "import", "/nonexistent.ipynb"]), 1);
    assert!(file.contains("/nonexistent.ipynb"), "{file}");
    let wrong = complained(&server.command(&["notebook", "list", "--token", "wrong"]), 1);
    assert!(wrong.contains("COSCRIBE_TOKEN"), "{wrong}");
    complained(&server.command(&["notebook", "export", "a b"]), 2);
    complained(&server.command(&["nonsense"]), 2);
    let unreachable = server.command(&["notebook", "list", "--url", "http://127.0.0.1:9"]);
    assert!(complained(&unreachable, 3).contains("coscribe serve"));
}

#[test]
fn events_are_printed_once_each_and_followed() {
    use std::io::{BufRead, BufReader};
    let server = TestServer::start();
    server.notebook();
    let log = printed(&server.command(&["events", "--json"]));
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events, server.logged(0));
    let last = events.last().unwrap()["seq"].to_string();
    assert_eq!(printed(&server.command(&["events", "--since", &last])), "");
    let mut command = binary();
    command.args(["events", "--follow", "--since", &last, "--type", "cell:*", "--json", "--data"]).arg(server.data());
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let (id, _) = server.notebook();
    server.post(&format!("/api/notebooks/{id}/cells"), &json!({ "type": "note", "id": "n" })).expect(201);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let event: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&event["event"], &event["data"]["cell"]), (&json!("cell:added"), &json!("n")));
}

#[test]
fn a_backup_made_while_serving_is_restored_into_a_new_directory() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let source = format!("/api/notebooks/{id}/cells/{cell}/source");
    server.ask("PUT", &source).json(&json!({ "source": "worth keeping" })).expect(200);
    let blob = server.ask("POST", "/api/blobs").bytes(b"large output").expect(201);
    let files = tempfile::tempdir().unwrap();
    let (file, data) = (files.path().join("copy"), files.path().join("new"));
    let done = printed(&server.command(&["backup", file.to_str().unwrap()]));
    assert!(done.starts_with('✓'), "{done}");
    assert!(complained(&server.command(&["backup", file.to_str().unwrap()]), 2).contains("exists already"));
    server.ask("PUT", &source).json(&json!({ "source": "changed since" })).expect(200);
    let restore = || binary().args(["restore", file.to_str().unwrap(), "--data"]).arg(&data).output().unwrap();
    printed(&restore());
    complained(&restore(), 1);
    let restored = TestServer::start_in(&data);
    assert_eq!(restored.cells(&id), [(cell, "worth keeping".to_owned())]);
    assert_eq!(restored.get(&format!("/api/blobs/{}", blob["sha256"].as_str().unwrap())).body, b"large output");
    assert_ne!(restored.token, server.token);
    let leftovers = std::fs::read_dir(server.data())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("backup"));
    assert_eq!(leftovers.count(), 0);
}

#[test]
fn backup_and_doctor_work_on_a_stopped_server_and_doctor_on_a_running_one() {
    let data = tempfile::tempdir().unwrap();
    let mut server = TestServer::start_in(data.path());
    let (id, _) = server.notebook();
    let report: Value = serde_json::from_str(&printed(&server.command(&["doctor", "--json"]))).unwrap();
    assert_eq!((&report["documents"], &report["damage"]), (&json!(3), &json!([])));
    server.signal("TERM");
    server.wait();
    let offline = printed(&server.command(&["doctor"]));
    assert!(offline.contains("3 documents") && offline.contains("Nothing is damaged."), "{offline}");
    let file = data.path().join("copy");
    printed(&server.command(&["backup", file.to_str().unwrap()]));
    drop(server);
    let new = tempfile::tempdir().unwrap();
    printed(&binary().args(["restore", file.to_str().unwrap(), "--data"]).arg(new.path()).output().unwrap());
    assert_eq!(TestServer::start_in(new.path()).cells(&id).len(), 1);
    let nothing = binary().args(["doctor", "--data", "/nonexistent"]).output().unwrap();
    assert!(complained(&nothing, 1).contains("holds no data"));
}

#[test]
fn two_servers_never_share_a_data_directory() {
    let server = TestServer::start();
    let second = binary().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(server.data()).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use by another"), "{second:?}");
    server.get("/api/notebooks").expect(200);
}
