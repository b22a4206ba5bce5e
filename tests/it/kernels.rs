//! Code on a real kernel, in an environment that the server made at the first run; and answers of the demonstration.

use serde_json::{Value, json};

use crate::{
    notebook::{Notebook, said, share_environment},
    server::TestServer,
};

#[tokio::test(flavor = "multi_thread")]
async fn ln_13_20_22_code_runs_on_a_kernel_and_everybody_sees_its_output() {
    let data = tempfile::tempdir().unwrap();
    share_environment(data.path());
    let mut server = TestServer::start_in(data.path());
    let mut notebook = Notebook::new(
        &server,
        &["print('hello')\n6 * 7", "raise ValueError('no')", "1", "name = input('Who? ')\nprint(name)"],
    );
    let since = server.last_event();

    let first = notebook.run(0);
    let ended = notebook.ended(&first);
    assert_eq!((&ended["state"], &ended["executionCount"]), (&json!("ok"), &json!(1)), "{ended} {}", notebook.kernel());
    let cell = notebook.cell(0);
    assert_eq!(cell["outputs"][0], json!({ "output_type": "stream", "name": "stdout", "text": "hello\n" }));
    assert_eq!((&cell["outputs"][1]["data"]["text/plain"], &cell["executionCount"]), (&json!("42"), &json!(1)));
    let kernel = notebook.kernel();
    assert!(kernel["state"] == "idle" || kernel["state"] == "busy", "{kernel}");

    // An error ends the rest of what was asked in one go.
    let list = json!({ "cells": notebook.cells[..3] });
    let runs = notebook.post("run", "Ana", &list)["runs"].clone();
    let ends: Vec<Value> =
        (0..3).map(|at| notebook.ended(runs[at]["runId"].as_str().unwrap())["state"].clone()).collect();
    assert_eq!(ends, ["ok", "failed", "cancelled"]);
    assert_eq!(notebook.cell(1)["outputs"][0]["ename"], "ValueError");

    // A program asks for a line; somebody else types it.
    let mut ana = notebook.peer().await;
    let asking = notebook.run(3);
    let cell = notebook.cells[3].clone();
    ana.until(|doc| said(doc, &cell, "input").is_some_and(|input| input.contains("Who?"))).await;
    notebook.post(&format!("cells/{cell}/input"), "Ben", &json!({ "value": "Zoë" }));
    assert_eq!(notebook.ended(&asking)["state"], "ok");
    assert!(notebook.cell(3)["outputs"].to_string().contains("Zoë"));

    // A loop without end is stopped by somebody else, who is named; the printed lines stay within bounds.
    let loops = notebook.add("code", "while True: print('again')");
    let running = notebook.run(4);
    ana.until(|doc| said(doc, &loops, "state").as_deref() == Some("running")).await;
    notebook.post("kernel/interrupt", "Ben", &json!({}));
    let stopped = notebook.ended(&running);
    assert_eq!((&stopped["state"], &stopped["stoppedBy"]["name"]), (&json!("cancelled"), &json!("Ben")));

    // The events tell each run's beginning and end.
    let events = server.logged(since);
    let told = |kind: &str| events.iter().filter(|event| event["event"] == kind).count();
    assert_eq!((told("run:queued"), told("run:finished")), (6, 3), "{events:?}");

    // A server that is killed in the middle says so afterwards.
    let long = notebook.add("code", "import time\ntime.sleep(600)");
    let running = notebook.run(5);
    ana.until(|doc| said(doc, &long, "state").as_deref() == Some("running")).await;
    let id = notebook.id.clone();
    server.signal("KILL");
    server.wait();
    drop(server);
    let server = TestServer::start_in(data.path());
    let found = server.get(&format!("/api/runs/{running}")).expect(200);
    assert_eq!(
        (&found["state"], &found["error"]),
        (&json!("interrupted"), &json!("The server stopped in the middle of it."))
    );
    assert_eq!(server.get(&format!("/api/notebooks/{id}/kernel")).expect(200)["state"], "stopped");
}

#[test]
fn ln_38_a_question_is_answered_by_the_demonstration_when_there_is_no_model() {
    let server = TestServer::start();
    let mut notebook = Notebook::new(&server, &["x = 1"]);
    notebook.add("prompt", "What is x?");
    let since = server.last_event();
    let ended = notebook.ended(&notebook.run(1));
    assert_eq!(ended["state"], "ok", "{ended}");
    assert!(ended["model"].is_string() && ended["usage"]["outputTokens"].as_u64() > Some(0), "{ended}");
    let outputs = notebook.cell(1)["outputs"].clone();
    let part = |name: &str| {
        let parts = outputs.as_array().unwrap().iter();
        let mut parts = parts.filter(|output| output["metadata"]["coscribe"]["part"] == name);
        parts.next().map(|output| output["data"]["text/markdown"].as_str().unwrap().to_owned())
    };
    let events = server.logged(since);
    let deltas = |thinking: bool| -> String {
        let deltas = events
            .iter()
            .filter(|event| event["event"] == "cell:answer.delta" && event["data"]["thinking"] == thinking);
        deltas.map(|event| event["data"]["text"].as_str().unwrap()).collect()
    };
    assert_eq!(part("answer").unwrap(), deltas(false));
    assert_eq!(part("thinking").unwrap_or_default(), deltas(true));
    assert_eq!(events.iter().filter(|event| event["event"] == "cell:answer.done").count(), 1);
    let exported = server.get(&format!("/api/notebooks/{}/export", notebook.id)).json();
    let answer = exported["cells"][1]["outputs"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(answer["data"]["text/plain"], answer["data"]["text/markdown"]);
}
