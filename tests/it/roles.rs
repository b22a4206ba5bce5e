//! Roles: who comes with the viewers' token reads everything, is told of everything, and changes nothing.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};
use yrs::{
    ReadTxn, Text, Transact,
    sync::{Message as Protocol, SyncMessage},
    updates::encoder::Encode,
};

use crate::{
    peer::{Peer, source, text, type_into},
    server::{Request, TestServer, binary},
};

const VIEWER: &str = "viewers-may-read-here";

fn start() -> TestServer {
    TestServer::start_with(&["--viewer-token", VIEWER])
}

fn ask<'a>(server: &'a TestServer, method: &'a str, path: &'a str) -> Request<'a> {
    server.ask_without_token(method, path).header("authorization", &format!("Bearer {VIEWER}"))
}

fn socket(server: &TestServer, document: &str) -> String {
    server.socket(document).replace(&server.token, VIEWER)
}

/// y-protocols' "permission denied", as yrs reads it.
async fn is_denied(peer: &mut Peer) -> String {
    match peer.message().await {
        Protocol::Auth(Some(sentence)) => sentence,
        other => panic!("the first message is {other:?}"),
    }
}

/// Reads until the whole document is there.
async fn read_all(peer: &mut Peer) {
    peer.send(Protocol::Sync(SyncMessage::SyncStep1(peer.state_vector())).encode_v1()).await;
    while !matches!(peer.message().await, Protocol::Sync(SyncMessage::SyncStep2(_))) {}
}

/// Everything that the server tells of its documents: what nothing a viewer does may change.
fn everything(server: &TestServer, notebook: &str) -> (Value, Vec<u8>, u64) {
    let list = server.get("/api/notebooks").expect(200);
    let state = server.get(&format!("/api/documents/{notebook}/state"));
    assert_eq!(state.status, 200);
    (list, state.body, server.last_event())
}

#[test]
fn p5_a_viewer_is_refused_at_every_address_that_writes_and_nothing_has_changed() {
    let server = start();
    let (notebook, cell) = server.notebook();
    let before = everything(&server, &notebook);
    let description = serde_json::to_value(coscribe::http::openapi_document()).unwrap();
    let mut asked = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        let path = path.replace("{id}", &notebook).replace("{cell}", &cell).replace("{document}", &notebook);
        for method in ["post", "put", "patch", "delete"].into_iter().filter(|method| operations[method].is_object()) {
            let answer = ask(&server, &method.to_uppercase(), &path).json(&json!({ "source": "x", "title": "x" }));
            assert_eq!(answer.refused(403), "read_only", "{method} {path}");
            asked += 1;
        }
    }
    assert!(asked >= 15, "only {asked} addresses that write are described");
    assert_eq!(everything(&server, &notebook), before);
}

#[test]
fn p5_a_viewer_reads_notebooks_files_events_and_its_role_but_not_the_operators_pages() {
    let server = start();
    let (notebook, cell) = server.notebook();
    assert_eq!(ask(&server, "GET", "/api/role").send().expect(200)["role"], "viewer");
    assert_eq!(server.get("/api/role").expect(200)["role"], "editor");
    for path in [
        "/api/notebooks".to_owned(),
        format!("/api/notebooks/{notebook}"),
        format!("/api/notebooks/{notebook}/cells/{cell}"),
        format!("/api/notebooks/{notebook}/export?format=ipynb"),
        format!("/api/documents/{notebook}/state"),
        "/api/events?follow=false&since=0".to_owned(),
    ] {
        assert_eq!(ask(&server, "GET", &path).send().status, 200, "{path}");
    }
    for path in ["/api/admin/backup", "/api/admin/report", "/debug/rooms/default"] {
        assert_eq!(ask(&server, "GET", path).send().refused(403), "read_only", "{path}");
        assert_eq!(server.get(path).status, 200, "{path}");
    }
}

#[test]
fn p5_a_viewer_hears_events_as_they_happen() {
    let server = start();
    let (notebook, _) = server.notebook();
    let request = ureq::get(format!("{}api/events", server.url)).header("authorization", format!("Bearer {VIEWER}"));
    let mut lines = BufReader::new(request.call().unwrap().into_body().into_reader()).lines();
    server.post(&format!("/api/notebooks/{notebook}/cells"), &json!({ "type": "note", "id": "seen" })).expect(201);
    let heard = lines.find(|line| line.as_ref().unwrap().contains("cell:added")).unwrap().unwrap();
    assert!(heard.contains("seen"), "{heard}");
}

#[test]
fn p5_the_viewers_link_lets_a_browser_in_as_a_viewer() {
    let server = start();
    let entered = server.ask_without_token("GET", &format!("/?token={VIEWER}")).send();
    assert_eq!(entered.status, 303);
    let cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
    let role = server.ask_without_token("GET", "/api/role").header("cookie", &cookie).send();
    assert_eq!(role.expect(200)["role"], "viewer");
    let page = server.ask_without_token("GET", "/").header("cookie", &cookie).send();
    assert_eq!(page.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_a_viewers_socket_is_told_first_reads_live_and_what_it_sends_reaches_neither_room_nor_disk() {
    let data = tempfile::tempdir().unwrap();
    let server = TestServer::start_in_with(data.path(), &["--viewer-token", VIEWER]);
    let (notebook, cell) = server.notebook();
    let mut ana = Peer::join(&server, &notebook).await;
    let mut viewer = Peer::connect(&socket(&server, &notebook)).await;
    assert!(is_denied(&mut viewer).await.contains("not change"));
    read_all(&mut viewer).await;
    let before = everything(&server, &notebook);

    // An update, an answer with everything it has, a whole history of its own: all as an honest client would send them.
    type_into(&mut viewer, &cell, 0, "forged ").await;
    let all = viewer.doc.transact().encode_state_as_update_v1(&yrs::StateVector::default());
    viewer.send(Protocol::Sync(SyncMessage::SyncStep2(all)).encode_v1()).await;
    let stranger = yrs::Doc::new();
    let root = stranger.get_or_insert_text("free");
    root.insert(&mut stranger.transact_mut(), 0, "forged");
    let history = stranger.transact().encode_state_as_update_v1(&yrs::StateVector::default());
    viewer.send(Protocol::Sync(SyncMessage::Update(history)).encode_v1()).await;

    // It stays connected and goes on reading; by the answer to its question everything before is handled.
    read_all(&mut viewer).await;
    assert_eq!(everything(&server, &notebook), before);
    type_into(&mut ana, &cell, 0, "live").await;
    viewer.until(|doc| text(doc, &cell).contains("live")).await;
    ana.until(|doc| text(doc, &cell) == "live").await;
    drop(server);
    let again = TestServer::start_in(data.path());
    assert_eq!(again.cells(&notebook), [(cell, "live".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_viewers_are_seen_by_the_others_and_see_them() {
    use yrs::sync::{AwarenessUpdate, awareness::AwarenessUpdateEntry};
    let server = start();
    let (notebook, _) = server.notebook();
    let mut ana = Peer::join(&server, &notebook).await;
    let mut viewer = Peer::connect(&format!("{}&name=Vera", socket(&server, &notebook))).await;
    is_denied(&mut viewer).await;
    let entry = AwarenessUpdateEntry { clock: 1, json: r#"{"user":{"name":"Vera"}}"#.into() };
    let clients = [(viewer.doc.client_id(), entry)].into();
    viewer.send(Protocol::Awareness(AwarenessUpdate { clients }).encode_v1()).await;
    loop {
        if let Protocol::Awareness(update) = ana.message().await
            && update.clients.values().any(|entry| entry.json.contains("Vera"))
        {
            break;
        }
    }
    let mut late = Peer::connect(&socket(&server, &notebook)).await;
    is_denied(&mut late).await;
    let Protocol::Awareness(everybody) = late.message().await else { panic!("presence comes next") };
    assert!(everybody.clients.values().any(|entry| entry.json.contains("Vera")));
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_a_viewer_of_a_free_document_cannot_begin_it() {
    let server = start();
    let mut viewer = Peer::connect(&socket(&server, "doc:free")).await;
    is_denied(&mut viewer).await;
    let root = viewer.doc.get_or_insert_text("text");
    viewer.edit(|txn| root.insert(txn, 0, "forged")).await;
    read_all(&mut viewer).await;
    assert!(Peer::join(&server, "doc:free").await.state_vector().is_empty());
    assert!(source(&viewer.doc, "none").is_none());
}

#[test]
fn a_viewers_token_that_is_no_token_or_the_editors_one_stops_the_start_with_a_sentence() {
    let data = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| {
        let mut command = binary();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path()).args(arguments);
        let output = command.output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&["--viewer-token", "short"]).contains("16 to 256"));
    assert!(refused(&["--token", VIEWER, "--viewer-token", VIEWER]).contains("choose another"));
    assert!(refused(&["--no-token", "--viewer-token", VIEWER]).contains("cannot be used with"));
}
