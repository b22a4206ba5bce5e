//! `coscribe notebook run` and `coscribe kernel` from outside: what is printed, what is written, the exit codes.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::{
    notebook::{Notebook, said},
    python::server_with_python,
    server::{TestServer, binary},
};

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// An nbformat 4.5 file of code cells.
fn file(directory: &Path, sources: &[&str]) -> String {
    let cell = |(at, source): (usize, &&str)| {
        json!({ "cell_type": "code", "id": format!("c{at}"), "metadata": {}, "source": source, "outputs": [],
            "execution_count": null })
    };
    let cells: Vec<Value> = sources.iter().enumerate().map(cell).collect();
    let path = directory.join("work.ipynb");
    let notebook = json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells });
    std::fs::write(&path, notebook.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn ln_20_a_file_is_run_from_top_to_bottom_and_written_with_its_outputs() {
    let (server, data) = server_with_python();
    let work = file(data.path(), &["x = 20\nprint('begun')", "", "x + 1", "print(x)"]);
    let written = data.path().join("done.ipynb");
    let done = server.command(&["notebook", "run", &work, "--output", written.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    assert!(stdout(&done).starts_with("✓ 4 cells in "), "{done:?}");
    let said = stderr(&done);
    for line in ["Imported as ", "✓ [1/4]", "✓ [3/4]", "x + 1"] {
        assert!(said.contains(line), "{said}");
    }
    let notebook: Value = serde_json::from_slice(&std::fs::read(&written).unwrap()).unwrap();
    assert_eq!((&notebook["nbformat"], &notebook["nbformat_minor"]), (&json!(4), &json!(5)));
    assert_eq!(notebook["metadata"]["language_info"]["name"], "python");
    let cells = notebook["cells"].as_array().unwrap();
    assert_eq!(cells[0]["outputs"][0]["text"], json!(["begun\n"]));
    assert_eq!(
        (&cells[2]["outputs"][0]["data"]["text/plain"][0], &cells[2]["execution_count"]),
        (&json!("21"), &json!(2))
    );
    // A copy as Markdown, of one cell, by id.
    let id = said.split_whitespace().skip_while(|word| *word != "as").nth(1).unwrap();
    let page = data.path().join("done.md");
    let arguments = ["notebook", "run", id, "--cell", "c2", "-o", page.to_str().unwrap(), "--json"];
    let done = server.command(&arguments);
    let report: Value = serde_json::from_str(&stdout(&done)).unwrap();
    assert_eq!(
        (&report["state"], &report["runs"][0]["cell"], report["runs"].as_array().unwrap().len()),
        (&json!("ok"), &json!("c2"), 1)
    );
    assert!(std::fs::read_to_string(page).unwrap().contains("x + 1"));
}

#[test]
fn ln_80_a_failed_cell_is_told_by_exit_code_and_traceback_and_what_follows_runs_only_if_asked() {
    let (server, data) = server_with_python();
    let work = file(data.path(), &["1", "def fails():\n    raise ValueError('no good')\nfails()", "3"]);
    let written = data.path().join("done.ipynb");
    let done = server.command(&["notebook", "run", &work, "--output", written.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let said = stderr(&done);
    for line in ["✗ [2/3]", "ValueError: no good", "in fails", "- [3/3]", "1 of 3 cells failed, 1 did not run"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains('\u{1b}'), "colours are for terminals: {said:?}");
    assert!(stdout(&done).is_empty());
    let notebook: Value = serde_json::from_slice(&std::fs::read(&written).unwrap()).unwrap();
    assert_eq!(notebook["cells"][1]["outputs"][0]["ename"], "ValueError", "the file is written all the same");
    let done = server.command(&["notebook", "run", &work, "--keep-going", "--json"]);
    assert_eq!(done.status.code(), Some(1));
    let report: Value = serde_json::from_str(&stdout(&done)).unwrap();
    let states: Vec<_> = report["runs"].as_array().unwrap().iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!((report["state"].as_str(), states), (Some("failed"), vec!["ok", "failed", "ok"]));
}

#[test]
fn ln_82_a_cell_that_runs_too_long_is_stopped_and_counts_as_failed() {
    let (server, data) = server_with_python();
    let work = file(data.path(), &["import time\ntime.sleep(600)", "2"]);
    let done = server.command(&["notebook", "run", &work, "--timeout", "1s", "--keep-going", "--json"]);
    assert_eq!(done.status.code(), Some(1), "{}", stderr(&done));
    let report: Value = serde_json::from_str(&stdout(&done)).unwrap();
    assert_eq!((&report["runs"][0]["state"], &report["runs"][1]["state"]), (&json!("failed"), &json!("ok")));
    assert!(report["runs"][0]["error"].as_str().unwrap().contains("--timeout"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_36_ctrl_c_stops_the_run_on_the_server_and_exits_with_130() {
    let (server, _data) = server_with_python();
    let notebook = Notebook::new(&server, &["import time\ntime.sleep(600)", "2"]);
    let mut peer = notebook.peer().await;
    let mut command = binary();
    command.args(["notebook", "run", &notebook.id, "--as", "Zoë", "--json", "--data"]).arg(server.data());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let cell = notebook.cells[0].clone();
    peer.until(|doc| said(doc, &cell, "state").as_deref() == Some("running")).await;
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(130), "{}", stderr(&done));
    let report: Value = serde_json::from_str(&stdout(&done)).unwrap();
    assert_eq!(report["state"], "interrupted");
    for run in report["runs"].as_array().unwrap() {
        assert_eq!((&run["state"], &run["stoppedBy"]["name"]), (&json!("cancelled"), &json!("Zoë")), "{report}");
    }
    // Everybody who looks sees it.
    peer.until(|doc| notebook.cells.iter().all(|cell| said(doc, cell, "state").as_deref() == Some("cancelled"))).await;
}

#[test]
fn ln_38_questions_run_too_and_a_notebook_of_notes_has_run_before_it_began() {
    let server = TestServer::start();
    let mut notebook = Notebook::new(&server, &[]);
    let done = server.command(&["notebook", "run", &notebook.id]);
    assert_eq!((done.status.code(), stdout(&done).starts_with("✓ 0 cells")), (Some(0), true), "{done:?}");
    notebook.add("note", "# Only words");
    notebook.add("prompt", "What is one and one?");
    let done = server.command(&["notebook", "run", &notebook.id, "--json"]);
    let report: Value = serde_json::from_str(&stdout(&done)).unwrap();
    assert_eq!((&report["state"], &report["runs"][0]["kind"]), (&json!("ok"), &json!("prompt")), "{}", stderr(&done));
}

#[test]
fn what_cannot_be_run_is_refused_before_anything_changes() {
    let server = TestServer::start();
    let code = |arguments: &[&str]| {
        let done = server.command(arguments);
        (done.status.code(), stderr(&done))
    };
    let (id, _) = server.notebook();
    let before = server.last_event();
    assert_eq!(code(&["notebook", "run", &id, "--output", "done.docx"]).0, Some(2));
    assert_eq!(code(&["notebook", "run", &id, "--timeout", "soon"]).0, Some(2));
    assert_eq!(code(&["notebook", "run", "no notebook"]).0, Some(2));
    assert_eq!(code(&["notebook", "run", "nobody"]).0, Some(1));
    assert_eq!(code(&["notebook", "run", "nowhere.ipynb"]).0, Some(1));
    let (exit, said) = code(&["notebook", "run", &id, "--cell", "nobody"]);
    assert!(exit == Some(1) && said.contains("No cell has the id nobody."), "{said}");
    assert_eq!(code(&["notebook", "run", &id, "--url", "http://127.0.0.1:9"]).0, Some(3));
    assert_eq!(code(&["kernel", "interrupt", &id]).0, Some(1));
    assert_eq!(server.last_event(), before);
}

#[test]
fn a_kernel_is_started_looked_at_and_ended_on_the_command_line() {
    let (server, _data) = server_with_python();
    let notebook = Notebook::new(&server, &["1"]);
    let kernel = |verb: &str| {
        let done = server.command(&["kernel", verb, &notebook.id]);
        assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
        stdout(&done)
    };
    assert!(kernel("status").starts_with("stopped"));
    let started = kernel("start");
    assert!(["preparing", "starting", "idle"].iter().any(|state| started.starts_with(state)), "{started}");
    assert_eq!(notebook.ended(&notebook.run(0))["state"], "ok");
    let done = server.command(&["kernel", "status", &notebook.id, "--json"]);
    let status: Value = serde_json::from_str(&stdout(&done)).unwrap();
    assert!(status["state"] == "idle" || status["state"] == "busy", "{status}");
    kernel("restart");
    assert!(kernel("shutdown").starts_with("stopped"));
    let wrong = server.command(&["kernel", "shutdown", &notebook.id]);
    assert!(wrong.status.code() == Some(1) && stderr(&wrong).contains("There is no kernel"), "{wrong:?}");
}

/// The kinds of what happened to runs, with the place of the cell.
fn told(events: &[Value], notebook: &Notebook) -> Vec<(String, usize)> {
    let place = |cell: &Value| notebook.cells.iter().position(|known| Some(known.as_str()) == cell.as_str()).unwrap();
    let of_runs = events.iter().filter(|event| {
        let kind = event["event"].as_str().unwrap();
        kind.starts_with("run:") || kind.starts_with("cell:answer.")
    });
    of_runs.map(|event| (event["event"].as_str().unwrap().to_owned(), place(&event["data"]["cell"]))).collect()
}

#[test]
fn ms_30_the_events_of_ten_runs_tell_the_whole_story_in_order() {
    let (server, _data) = server_with_python();
    let mut notebook = Notebook::new(&server, &["a = 1", "a + 1", "", "print(a)", "a = 2", "print(a)", "[a] * 3"]);
    notebook.add("prompt", "What is a?");
    notebook.add("code", "a / 0");
    notebook.add("code", "'never'");
    let since = server.last_event();
    let done = server.command(&["notebook", "run", &notebook.id]);
    assert_eq!(done.status.code(), Some(1), "{}", stderr(&done));
    let events = server.logged(since);
    let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(seqs.is_sorted_by(|one, other| one < other), "{seqs:?}");
    let story = told(&events, &notebook);
    let first_begins = story.iter().position(|(kind, _)| kind == "run:started").unwrap();
    let queued: Vec<usize> = story[..first_begins].iter().map(|(_, cell)| *cell).collect();
    assert_eq!(queued, Vec::from_iter(0..10), "all are asked for before the first begins: {story:?}");
    for cell in 0..10 {
        let mut of_cell: Vec<&str> =
            story.iter().filter(|(_, at)| *at == cell).map(|(kind, _)| kind.as_str()).collect();
        of_cell.dedup();
        let expected: &[&str] = match cell {
            7 => &["run:queued", "run:started", "cell:answer.delta", "run:finished", "cell:answer.done"],
            8 => &["run:queued", "run:started", "run:failed"],
            9 => &["run:queued", "run:cancelled"],
            _ => &["run:queued", "run:started", "run:finished"],
        };
        assert_eq!(of_cell, expected, "cell {cell}: {story:?}");
    }
    // Code ends before the next code begins; it does not wait for the question.
    let code: Vec<(&str, usize)> = story[first_begins..]
        .iter()
        .filter(|(_, cell)| *cell != 7)
        .map(|(kind, cell)| (kind.as_str(), *cell))
        .collect();
    for pair in code.chunks(2).take(8) {
        assert_eq!((pair[0].0, pair[0].1), ("run:started", pair[1].1), "{code:?}");
    }
    // People read the same on the command line.
    let printed = stdout(&server.command(&["events", "--since", &since.to_string(), "--type", "run:*,cell:answer.*"]));
    assert_eq!(printed.lines().count(), story.len());
    let failed = format!("{} (code): ZeroDivisionError: division by zero", notebook.cells[8]);
    assert!(printed.lines().any(|line| line.ends_with(&failed)), "{printed}");
    assert!(printed.contains("(answer): \""), "{printed}");
    let watched = stdout(&server.command(&["events", "--notebook", &notebook.id, "--since", &since.to_string()]));
    assert!(watched.contains("(code): it did not run"), "{watched}");
}
