//! Documents in trouble: told apart from the rest, listed by the doctor, taken back or moved out.

use std::{path::Path, process::Output, time::Instant};

use coscribe::catalogue::set_aside_key;
use serde_json::{Value, json};
use storage::{Entry, Options, SledStore, Store};

use crate::{
    peer::Peer,
    server::{PATIENCE, TestServer, binary},
};

fn doctor(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        binary().arg("doctor").args(arguments).arg("--data").arg(data).output().expect("the binary runs");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

/// A stopped server's data with two notebooks, "broken" and "fine", and a free document "doc:a/b".
fn furnished() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let mut server = TestServer::start_in(data.path());
    for id in ["broken", "fine"] {
        server.post("/api/notebooks", &json!({ "id": id })).expect(201);
        server.post(&format!("/api/notebooks/{id}/cells"), &json!({ "type": "note", "source": id })).expect(201);
    }
    assert_eq!(server.ask("POST", "/api/documents/doc:a/b/updates").bytes(&[0, 0]).status, 204);
    server.signal("TERM");
    server.wait();
    data
}

/// Plants what the watchdog writes when the engine hangs on a document.
fn hang_on(data: &Path, document: &str) {
    let store = SledStore::open(&data.join("store"), Options::default()).unwrap();
    let mark = (set_aside_key(&document.parse().unwrap()), Some("an operation on it did not end".into()));
    let seq = store.append(Entry { meta: vec![mark], ..Entry::default() }).unwrap().seq;
    store.close();
    assert!(store.durability().borrow().flushed >= seq);
}

/// Flips a bit in every update of a document, behind the store's back.
fn damage(data: &Path, document: &str) {
    let path = data.join("store/data-1");
    let deadline = Instant::now() + PATIENCE;
    let db = loop {
        match sled::Config::new().path(&path).segment_size(512 * 1024).open() {
            Ok(db) => break db,
            Err(error) => assert!(Instant::now() < deadline, "sled never let go of its files: {error}"),
        }
    };
    let heads = db.open_tree("documents").unwrap();
    let mut head = heads.get(document).unwrap().expect("the document is there").to_vec();
    *head.last_mut().unwrap() ^= 1;
    heads.insert(document, head).unwrap();
    db.flush().unwrap();
}

/// The document refuses REST and WebSocket alike, and the other notebook goes on.
fn assert_only_broken_is_refused(server: &TestServer, code: &str, words: &str) {
    let refused = server.get("/api/notebooks/broken");
    assert!(refused.text().contains(words) && refused.text().contains("coscribe doctor"), "{}", refused.text());
    assert_eq!(refused.refused(500), code);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (close, sentence) = runtime.block_on(async { Peer::connect(&server.socket("broken")).await.closed().await });
    assert_eq!(close, 1011);
    assert!(sentence.contains("broken") && sentence.contains(words), "{sentence}");
    server.post("/api/notebooks/fine/cells", &json!({ "type": "note", "source": "goes on" })).expect(201);
    runtime.block_on(async { Peer::join(server, "fine").await });
    let list = server.get("/api/notebooks").expect(200);
    let ids: Vec<_> = list["notebooks"].as_array().unwrap().iter().map(|found| found["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"broken") && ids.contains(&"fine"), "{ids:?}");
}

#[test]
fn a_document_the_engine_hung_on_is_refused_listed_and_taken_back_through_its_running_server() {
    let data = furnished();
    hang_on(data.path(), "broken");
    let server = TestServer::start_in(data.path());
    assert_only_broken_is_refused(&server, "document_set_aside", "set aside");
    let (code, told) = doctor(data.path(), &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("broken is set aside: an operation on it did not end."), "{told}");
    assert!(told.contains("coscribe doctor --take-back broken"), "{told}");
    let (code, told) = doctor(data.path(), &["--token", "wrong-wrong-wrong", "--take-back", "broken"]);
    assert!(code == Some(1) && told.contains("COSCRIBE_TOKEN"), "{told}");
    let (code, told) = doctor(data.path(), &["--take-back", "broken"]);
    assert!(code == Some(0) && told.contains("broken can be opened again"), "{told}");
    assert_eq!(server.cells("broken")[1].1, "broken");
    assert_eq!(doctor(data.path(), &[]).0, Some(0));
    let (code, told) = doctor(data.path(), &["--take-back", "broken"]);
    assert!(code == Some(1) && told.contains("broken is not set aside."), "{told}");
}

#[test]
fn a_document_the_engine_hung_on_is_listed_and_taken_back_in_a_stopped_data_directory() {
    let data = furnished();
    hang_on(data.path(), "doc:a/b");
    let (code, report) = doctor(data.path(), &["--json"]);
    assert_eq!(code, Some(1), "{report}");
    let report: Value = serde_json::from_str(report.lines().next().unwrap()).unwrap();
    let expected = json!([{ "document": "doc:a/b", "cause": "an operation on it did not end" }]);
    assert_eq!((&report["setAside"], &report["damage"]), (&expected, &json!([])));
    let (code, told) = doctor(data.path(), &["--take-back", "fine"]);
    assert!(code == Some(1) && told.contains("fine is not set aside."), "{told}");
    assert_eq!(doctor(data.path(), &["--take-back", "doc:a/b"]).0, Some(0));
    assert_eq!(doctor(data.path(), &[]).0, Some(0));
    let server = TestServer::start_in(data.path());
    assert_eq!(server.get("/api/documents/doc:a/b/state").status, 200);
}

#[test]
fn a_damaged_document_is_refused_listed_and_moved_out_while_its_server_is_stopped() {
    let data = furnished();
    damage(data.path(), "broken");
    let mut server = TestServer::start_in(data.path());
    assert_only_broken_is_refused(&server, "document_damaged", "damaged");
    for (code, told) in [doctor(data.path(), &[]), {
        let refused = doctor(data.path(), &["--set-aside", "broken"]);
        assert!(refused.0 == Some(1) && refused.1.contains("stop it"), "{refused:?}");
        server.signal("TERM");
        server.wait();
        doctor(data.path(), &[])
    }] {
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains("broken is damaged"), "{told}");
        assert!(told.contains("coscribe doctor --set-aside broken"), "{told}");
    }
    let (code, moved) = doctor(data.path(), &["--set-aside", "broken", "--json"]);
    assert_eq!(code, Some(0), "{moved}");
    let moved: Value = serde_json::from_str(&moved).unwrap();
    assert!(std::fs::metadata(moved["file"].as_str().unwrap()).unwrap().len() > 100, "the records are kept");
    assert_eq!(doctor(data.path(), &[]).0, Some(0));
    let (code, told) = doctor(data.path(), &["--set-aside", "broken"]);
    assert!(code == Some(1) && told.contains("There is no document broken."), "{told}");
    let server = TestServer::start_in(data.path());
    assert_eq!(server.get("/api/notebooks/broken").refused(404), "notebook_not_found");
    assert_eq!(server.cells("fine").len(), 3);
    server.post("/api/notebooks", &json!({ "id": "broken" })).expect(201);
    assert_eq!(server.cells("broken").len(), 1, "the name is free for an import");
}

#[test]
fn a_notebook_without_content_is_never_shown_as_an_empty_one() {
    let data = furnished();
    let store = SledStore::open(&data.path().join("store"), Options::default()).unwrap();
    store.set_aside(&storage::DocumentKey("broken".into())).unwrap().expect("it was there");
    drop(store);
    let mut server = TestServer::start_in(data.path());
    assert_only_broken_is_refused(&server, "document_set_aside", "its content is not in the store");
    server.signal("TERM");
    server.wait();
    let (code, told) = doctor(data.path(), &[]);
    assert!(code == Some(1) && told.contains("broken is damaged: its content is not in the store."), "{told}");
    let (code, told) = doctor(data.path(), &["--set-aside", "broken"]);
    assert!(code == Some(0) && told.contains("forgotten"), "{told}");
    assert_eq!(doctor(data.path(), &[]).0, Some(0));
}
