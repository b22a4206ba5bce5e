//! Bad input gets a 4xx with a sentence; nothing changed and no event came (P7, MS-07).

use serde_json::json;

use crate::server::TestServer;

#[test]
fn every_bad_request_is_refused_with_a_sentence_and_changes_nothing() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let (before, since) = (server.get(&format!("/api/notebooks/{id}")).expect(200), server.last_event());
    let cells = format!("/api/notebooks/{id}/cells");
    let one = format!("{cells}/{cell}");
    let (source, moved) = (format!("{one}/source"), format!("{one}/move"));
    let restore = format!("{one}/restore");
    let (none, no_cell) = ("/api/notebooks/nobody/cells".to_owned(), format!("{cells}/nobody"));
    let notebooks = "/api/notebooks".to_owned();
    let this = format!("/api/notebooks/{id}");
    let cases = [
        ("POST", &notebooks, json!({ "colour": "red" }), 422, "invalid_body"),
        ("POST", &notebooks, json!({ "id": "a b" }), 422, "invalid_body"),
        ("POST", &notebooks, json!({ "title": "two\nlines" }), 422, "invalid_title"),
        ("PATCH", &this, json!({ "title": "" }), 422, "invalid_title"),
        ("PATCH", &this, json!({ "titel": "x" }), 422, "invalid_body"),
        ("POST", &cells, json!({ "type": "spreadsheet" }), 422, "invalid_body"),
        ("POST", &cells, json!({ "source": "x" }), 422, "invalid_body"),
        ("POST", &cells, json!({ "type": "code", "after": "nobody" }), 404, "cell_not_found"),
        ("POST", &cells, json!({ "type": "code", "id": cell }), 409, "cell_exists"),
        ("POST", &none, json!({ "type": "code" }), 404, "notebook_not_found"),
        ("PATCH", &one, json!({ "kind": "note" }), 422, "invalid_body"),
        ("PATCH", &no_cell, json!({ "collapsed": true }), 404, "cell_not_found"),
        ("PUT", &source, json!({ "source": 7 }), 422, "invalid_body"),
        ("POST", &moved, json!({ "after": "nobody" }), 404, "cell_not_found"),
        ("POST", &restore, json!({}), 409, "cell_not_in_bin"),
        ("DELETE", &no_cell, json!({}), 404, "cell_not_found"),
    ];
    for (method, path, body, status, code) in &cases {
        assert_eq!(server.ask(method, path).json(body).refused(*status), *code, "{method} {path} {body}");
    }
    assert_eq!(
        server.ask("POST", &cells).header("content-type", "application/json").bytes(b"{").refused(400),
        "invalid_json"
    );
    assert_eq!(server.ask("POST", &cells).bytes(b"{}").refused(415), "not_json");
    assert_eq!(server.get("/api/notebooks/a%20b").refused(400), "invalid_id");
    assert_eq!(server.get(&format!("{this}/export?format=pdf")).refused(400), "invalid_parameter");
    assert_eq!(server.get("/api/events?colour=red").refused(400), "invalid_parameter");
    assert_eq!(server.get("/api/nothing").refused(404), "not_found");
    let update = format!("/api/documents/{id}/updates");
    assert_eq!(server.ask("POST", &update).bytes(b"\xff\xff\xff\x7f").refused(422), "invalid_update");
    let nameless = server.ask("PATCH", &this).header("x-coscribe-actor", " ").json(&json!({ "title": "x" }));
    assert_eq!(nameless.refused(400), "invalid_actor");
    assert_eq!(server.get(&this).expect(200), before);
    assert_eq!(server.logged(since), Vec::<serde_json::Value>::new());
}

#[test]
fn a_body_over_the_limit_is_a_413_and_the_server_goes_on() {
    let server = TestServer::start_with(&["--max-body", "1000", "--max-import", "2000"]);
    let (id, cell) = server.notebook();
    let path = format!("/api/notebooks/{id}/cells/{cell}/source");
    assert_eq!(server.ask("PUT", &path).json(&json!({ "source": "x".repeat(2000) })).refused(413), "too_large");
    assert_eq!(server.ask("POST", "/api/notebooks/import").bytes(&[b' '; 3000]).refused(413), "too_large");
    assert_eq!(server.cells(&id)[0].1, "");
}

#[test]
fn too_many_requests_are_told_when_to_come_back() {
    let server = TestServer::start_with(&["--requests-per-second", "1"]);
    // The burst is generous on purpose: an honest script passes.
    let refused = (0..20_000).map(|_| server.get("/api/notebooks/nobody")).find(|answer| answer.status == 429);
    let refused = refused.expect("the budget ends");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(refused.refused(429), "too_many_requests");
}

#[test]
fn ms_31_a_repeated_post_with_the_same_key_acts_once() {
    let server = TestServer::start();
    let (id, _) = server.notebook();
    let cells = format!("/api/notebooks/{id}/cells");
    let add = || {
        server.ask("POST", &cells).header("idempotency-key", "k1").json(&json!({ "type": "note", "source": "once" }))
    };
    let first = add().expect(201);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| add().expect(201))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == first));
    assert_eq!(server.cells(&id).len(), 2);
    let other = server.ask("POST", &cells).header("idempotency-key", "k2").json(&json!({ "type": "note" })).expect(201);
    assert_ne!(other["id"], first["id"]);
    // Racing duplicates of a key never seen before act once, too.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let request = server.ask("POST", &cells).header("idempotency-key", "k3");
            scope.spawn(|| request.json(&json!({ "type": "note" })).expect(201));
        }
    });
    assert_eq!(server.cells(&id).len(), 4);
}

#[test]
fn ms_31_a_file_that_broke_off_half_way_is_taken_when_it_is_sent_again_with_its_key() {
    use std::io::{Read, Write};
    let server = TestServer::start();
    let file = json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [] }).to_string();
    let path = "/api/notebooks/import?name=Half.ipynb";
    let mut broken = std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nIdempotency-Key: half\r\n\
         Content-Length: {}\r\n\r\n",
        server.port(),
        server.token,
        file.len()
    );
    broken.write_all(head.as_bytes()).unwrap();
    broken.write_all(&file.as_bytes()[..10]).unwrap();
    broken.shutdown(std::net::Shutdown::Write).unwrap();
    // The server has given the first one up when it has closed the connection.
    let mut answer = String::new();
    broken.read_to_string(&mut answer).unwrap();
    assert!(!answer.contains(" 201 "), "{answer}");
    let again = || server.ask("POST", path).header("idempotency-key", "half").bytes(file.as_bytes()).expect(201);
    assert_eq!(again(), again());
}
