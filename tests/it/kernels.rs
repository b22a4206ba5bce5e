//! Code on a real kernel, in an environment that the server makes at the first run; and answers of the demonstration.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use yrs::{Any, Doc, Map, Out, Transact};

use crate::{peer::Peer, server::TestServer};

/// Keeps the environment of the run before, for whoever works on the tests.
const KEEP: &str = "COSCRIBE_TEST_KEEP_ENVIRONMENT";

/// An environment takes a minute where it has to be made with pip.
const WAITS: usize = 10;

fn data() -> PathBuf {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("it-kernels");
    if std::env::var_os(KEEP).is_none() && data.exists() {
        std::fs::remove_dir_all(&data).unwrap();
    }
    std::fs::create_dir_all(&data).unwrap();
    data
}

/// A notebook with cells of code.
pub struct Notebook<'a> {
    pub server: &'a TestServer,
    pub id: String,
    pub cells: Vec<String>,
}

impl<'a> Notebook<'a> {
    pub fn new(server: &'a TestServer, sources: &[&str]) -> Self {
        let (id, first) = server.notebook();
        server.ask("DELETE", &format!("/api/notebooks/{id}/cells/{first}")).send().expect(204);
        let mut notebook = Self { server, id, cells: Vec::new() };
        for source in sources {
            notebook.add("code", source);
        }
        notebook
    }

    pub fn add(&mut self, kind: &str, source: &str) -> String {
        let cell = json!({ "type": kind, "source": source });
        let cell = self.server.post(&format!("/api/notebooks/{}/cells", self.id), &cell).expect(201);
        self.cells.push(cell["id"].as_str().unwrap().to_owned());
        self.cells.last().unwrap().clone()
    }

    pub fn post(&self, path: &str, by: &str, body: &Value) -> Value {
        let path = format!("/api/notebooks/{}/{path}", self.id);
        self.server.ask("POST", &path).header("x-coscribe-actor", by).json(body).expect(202)
    }

    /// Presses Run; the run's id.
    pub fn run(&self, cell: usize) -> String {
        let run = self.post(&format!("cells/{}/run", self.cells[cell]), "Ana", &json!({}));
        run["runId"].as_str().unwrap().to_owned()
    }

    /// Waits for the end of a run.
    pub fn ended(&self, run: &str) -> Value {
        for _ in 0..WAITS {
            let found = self.server.get(&format!("/api/runs/{run}?wait=20s")).expect(200);
            if found.get("endedAt").is_some() {
                return found;
            }
        }
        panic!("the run did not end; the kernel: {}", self.kernel())
    }

    pub fn kernel(&self) -> Value {
        self.server.get(&format!("/api/notebooks/{}/kernel", self.id)).expect(200)
    }

    pub fn cell(&self, cell: usize) -> Value {
        self.server.get(&format!("/api/notebooks/{}/cells/{}", self.id, self.cells[cell])).expect(200)
    }

    pub async fn peer(&self) -> Peer {
        let mut peer = Peer::connect(&self.server.socket(&self.id)).await;
        for root in ["runs", "kernel"] {
            peer.doc.get_or_insert_map(root);
        }
        peer.ask_for_everything().await;
        peer
    }
}

/// What the document says of the last run of a cell.
pub fn said(doc: &Doc, cell: &str, key: &str) -> Option<String> {
    let runs = doc.get_or_insert_map("runs");
    match runs.get(&doc.transact(), cell)? {
        Out::Any(Any::Map(run)) => run.get(key).map(ToString::to_string),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_13_20_22_code_runs_on_a_kernel_that_the_server_makes_and_everybody_sees_its_output() {
    let data = data();
    let mut server = TestServer::start_in(&data);
    let mut notebook = Notebook::new(
        &server,
        &["print('hello')\n6 * 7", "raise ValueError('no')", "1", "name = input('Who? ')\nprint(name)"],
    );
    let since = server.last_event();

    // The first run makes the environment.
    let first = notebook.run(0);
    let ended = notebook.ended(&first);
    assert_eq!((&ended["state"], &ended["executionCount"]), (&json!("ok"), &json!(1)), "{ended} {}", notebook.kernel());
    let cell = notebook.cell(0);
    assert_eq!(cell["outputs"][0], json!({ "output_type": "stream", "name": "stdout", "text": "hello\n" }));
    assert_eq!((&cell["outputs"][1]["data"]["text/plain"], &cell["executionCount"]), (&json!("42"), &json!(1)));
    let kernel = notebook.kernel();
    assert!(kernel["state"] == "idle" || kernel["state"] == "busy", "{kernel}");
    assert!(!kernel["log"].as_str().unwrap().is_empty(), "what was done to make it stands there");

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
    let server = TestServer::start_in(&data);
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
