//! LN-63: no edit of a text, by whomever and whichever way, touches what a cell has put out; and what a cell is for may
//! change while somebody types in it and while it runs.

use serde_json::{Value, json};
use yrs::{Array, Doc, Map, Out, ReadTxn, Transact};

use crate::{
    notebook::{Notebook, said},
    peer::{Peer, type_into},
    python::server_with_python,
    server::TestServer,
};

/// A notebook with one of each kind of output.
fn imported(server: &TestServer) -> String {
    let outputs = json!([
        { "output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"] },
        { "output_type": "execute_result", "execution_count": 3, "metadata": {},
            "data": { "text/plain": ["42"], "image/png": "iVBORw0KGgo=\n" } },
        { "output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"] }
    ]);
    let cell = json!({ "cell_type": "code", "id": "c", "metadata": {}, "source": "x = 1\ny = 2\n",
        "outputs": outputs, "execution_count": 3 });
    let note = json!({ "cell_type": "markdown", "id": "n", "metadata": {}, "source": "# Words" });
    let file = json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell, note] });
    let imported = server.ask("POST", "/api/notebooks/import?name=o.ipynb").bytes(file.to_string().as_bytes());
    imported.expect(201)["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_63_no_edit_of_a_source_ever_touches_outputs() {
    let server = TestServer::start();
    let id = imported(&server);
    let address = format!("/api/notebooks/{id}/cells/c");
    let put_out = || {
        let cell = server.get(&address).expect(200);
        (cell["outputs"].clone(), cell["executionCount"].clone())
    };
    let before = put_out();
    assert_eq!(before.0.as_array().unwrap().len(), 3);
    let mut peer = Peer::join(&server, &id).await;
    type_into(&mut peer, "c", 0, "# typed\n").await;
    peer.ask_for_everything().await;
    let edits: [(&str, &str, Value); 6] = [
        ("PUT", "/source", json!({ "source": "" })),
        ("PUT", "/source", json!({ "source": "print('all new')" })),
        ("PUT", "/source", json!({ "source": "x = 2\n", "base": "x = 1\n" })),
        ("PATCH", "", json!({ "metadata": { "tags": ["a"] } })),
        ("PATCH", "", json!({ "collapsed": true })),
        ("POST", "/move", json!({ "after": "n" })),
    ];
    for kind in ["human", "agent"] {
        for (method, path, body) in &edits {
            let asked = format!("{address}{path}");
            let request = server.ask(method, &asked).header("x-coscribe-actor", "Somebody");
            request.header("x-coscribe-actor-kind", kind).json(body).expect(200);
            assert_eq!(put_out(), before, "{kind} {method} {path}");
        }
        server.ask("POST", &format!("{address}/move")).json(&json!({ "after": null })).expect(200);
    }
    server.ask("DELETE", &address).send().expect(204);
    server.ask("POST", &format!("{address}/restore")).send().expect(200);
    assert_eq!(put_out(), before, "deleted and restored");
    for kind in ["prompt", "code"] {
        server.ask("PATCH", &address).json(&json!({ "type": kind })).expect(200);
        assert_eq!(put_out(), before, "a cell that runs keeps them: {kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_15_a_cell_that_runs_may_become_a_note_and_code_again_while_somebody_types_in_it() {
    let (server, _data) = server_with_python();
    let waits = "import os, time\nwhile not os.path.exists('go'):\n    print('waits', end='\\r')\n    time.sleep(0.02)";
    let notebook = Notebook::new(&server, &[waits]);
    let cell = notebook.cells[0].clone();
    let address = format!("/api/notebooks/{}/cells/{cell}", notebook.id);
    let mut peer = notebook.peer().await;
    let run = notebook.run(0);
    peer.until(|doc| said(doc, &cell, "state").as_deref() == Some("running")).await;
    for kind in ["note", "prompt", "raw", "code", "note"] {
        server.ask("PATCH", &address).json(&json!({ "type": kind })).expect(200);
        type_into(&mut peer, &cell, 0, &format!("# {kind}\n")).await;
        peer.ask_for_everything().await;
        let now = server.get(&address).expect(200);
        assert!(now["source"].as_str().unwrap().starts_with(&format!("# {kind}\n")), "{now}");
        assert_eq!(now["type"], kind);
        assert_eq!(said(&peer.doc, &cell, "state").as_deref(), Some("running"));
    }
    // The kernel is busy with the cell: it is let go on by hand.
    std::fs::write(server.data().join("files").join(&notebook.id).join("go"), "").unwrap();
    assert_eq!(notebook.ended(&run)["state"], "ok");
    peer.ask_for_everything().await;
    let exported = server.get(&format!("/api/notebooks/{}/export", notebook.id)).json();
    let note = &exported["cells"][0];
    assert_eq!(note["cell_type"], "markdown");
    let mut keys: Vec<&str> = note.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["cell_type", "id", "metadata", "source"], "a note has nothing that only code has");
    assert!(!has_key(&peer.doc, &cell, "execution_state"), "nor in the document");
}

/// Whether the map of a cell has a key.
fn has_key(doc: &Doc, cell: &str, key: &str) -> bool {
    let txn = doc.transact();
    let cells = txn.get_array("cells").unwrap();
    let id = Out::from(cell.to_owned());
    cells.iter(&txn).any(|out| match out {
        Out::YMap(map) => map.get(&txn, "id").as_ref() == Some(&id) && map.contains_key(&txn, key),
        _ => false,
    })
}
