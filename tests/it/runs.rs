//! Runs over REST on a server without engines: it says so, and nothing pretends or waits for ever.

use serde_json::json;

use crate::server::TestServer;

/// Adds a prompt cell with a question; its id.
fn question(server: &TestServer, notebook: &str) -> String {
    let cell = json!({ "type": "prompt", "source": "What is one and one?" });
    let added = server.post(&format!("/api/notebooks/{notebook}/cells"), &cell).expect(201);
    added["id"].as_str().unwrap().to_owned()
}

#[test]
fn requests_about_runs_are_refused_with_a_sentence() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let note =
        server.post(&format!("/api/notebooks/{id}/cells"), &json!({ "type": "note", "source": "# x" })).expect(201);
    let post = |path: &str| server.ask("POST", &format!("/api/notebooks/{id}/{path}")).send();
    assert_eq!(post("cells/nobody/run").refused(404), "cell_not_found");
    assert_eq!(post(&format!("cells/{}/run", note["id"].as_str().unwrap())).refused(409), "nothing_to_run");
    assert_eq!(post(&format!("cells/{cell}/cancel")).refused(409), "not_running");
    assert_eq!(post("kernel/interrupt").refused(409), "no_kernel");
    assert_eq!(post("kernel/shutdown").refused(409), "no_kernel");
    let input = server.post(&format!("/api/notebooks/{id}/cells/{cell}/input"), &json!({ "value": "x" }));
    assert_eq!(input.refused(409), "no_input_wanted");
    assert_eq!(server.post(&format!("/api/notebooks/{id}/run"), &json!({})).refused(422), "invalid_body");
    assert_eq!(
        server.post(&format!("/api/notebooks/{id}/run"), &json!({ "above": "nobody" })).refused(404),
        "cell_not_found"
    );
    assert_eq!(server.get("/api/runs/run_0").refused(404), "run_not_found");
    assert_eq!(server.get("/api/runs/a%20b").refused(400), "invalid_id");
    assert_eq!(server.ask("POST", "/api/notebooks/nobody/cells/a/run").send().refused(404), "notebook_not_found");
    assert_eq!(server.get(&format!("/api/notebooks/{id}/kernel")).expect(200)["state"], "stopped");
}

#[test]
fn ln_20_an_empty_cell_runs_at_once_and_is_told_of() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let since = server.last_event();
    let run =
        server.ask("POST", &format!("/api/notebooks/{id}/cells/{cell}/run")).header("x-coscribe-actor", "Ana").send();
    let run = run.expect(202);
    let path = format!("/api/runs/{}", run["runId"].as_str().unwrap());
    let ended = server.get(&format!("{path}?wait=30s")).expect(200);
    assert_eq!((&ended["state"], &ended["by"]["name"], &ended["kind"]), (&json!("ok"), &json!("Ana"), &json!("code")));
    assert!(ended["endedAt"].as_i64() >= ended["startedAt"].as_i64() && ended["sourceHash"] == "0-811c9dc5");
    let kinds: Vec<_> = server.logged(since).iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect();
    for kind in ["run:queued", "run:started", "run:finished"] {
        assert_eq!(kinds.iter().filter(|told| *told == kind).count(), 1, "{kinds:?}");
    }
    let again = server.ask("POST", &format!("/api/notebooks/{id}/cells/{cell}/run")).send().expect(202);
    assert_ne!(again["runId"], run["runId"]);
    assert_eq!(server.get(&path).refused(404), "run_not_found", "the last run of each cell is kept");
}

#[test]
fn what_the_notebook_asks_for_and_nobody_can_do_fails_with_a_sentence() {
    let server = TestServer::start_with(&["--idle-unload", "0"]);
    let (id, cell) = server.notebook();
    let source = format!("/api/notebooks/{id}/cells/{cell}/source");
    server.ask("PUT", &source).json(&json!({ "source": "print(1)" })).expect(200);
    server.ask("PATCH", &format!("/api/notebooks/{id}")).json(&json!({ "title": "Runs" })).expect(200);
    let prompt = question(&server, &id);
    let metadata = json!({ "metadata": { "coscribe": { "provider": "a-provider-nobody-has" } } });
    server.ask("PATCH", &format!("/api/notebooks/{id}/cells/{prompt}")).json(&metadata).expect(200);
    let runs = server.post(&format!("/api/notebooks/{id}/run"), &json!({ "cells": [prompt] })).expect(202);
    let run = runs["runs"][0]["runId"].as_str().unwrap();
    let ended = server.get(&format!("/api/runs/{run}?wait=30s")).expect(200);
    assert_eq!(ended["state"], "failed");
    assert!(ended["error"].as_str().unwrap().ends_with('.'), "{ended}");
    // The room is gone by now, and the run is still found.
    assert_eq!(server.get(&format!("/api/runs/{run}")).expect(200), ended);
}
