//! Limits that are set by flags or the environment hold, and say so.

use serde_json::json;
use yrs::sync::{AwarenessUpdate, Message as Protocol, awareness::AwarenessUpdateEntry};

use crate::{
    peer::{Peer, type_into},
    server::{TestServer, binary},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_document_at_its_limit_is_a_413_and_a_close_1009_with_the_sentence() {
    let server = TestServer::start_with(&["--max-document", "20000"]);
    let (id, cell) = server.notebook();
    let source = format!("/api/notebooks/{id}/cells/{cell}/source");
    server.ask("PUT", &source).json(&json!({ "source": "x".repeat(15_000) })).expect(200);
    let mut ana = Peer::join(&server, &id).await;
    type_into(&mut ana, &cell, 0, &"y".repeat(10_000)).await;
    let (code, sentence) = ana.closed().await;
    assert_eq!((code, sentence.contains("limit of 20000 bytes")), (1009, true), "{sentence}");
    server
        .post(&format!("/api/notebooks/{id}/cells"), &json!({ "type": "note", "source": "z".repeat(9_000) }))
        .expect(201);
    let refused = server.post(&format!("/api/notebooks/{id}/cells"), &json!({ "type": "note" }));
    assert!(refused.text().contains("limit of 20000 bytes"), "{}", refused.text());
    assert_eq!(refused.refused(413), "too_large");
    assert_eq!(server.cells(&id)[0].1, "x".repeat(15_000));
    let (other, _) = server.notebook();
    server.post(&format!("/api/notebooks/{other}/cells"), &json!({ "type": "note" })).expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_62_presence_ends_after_the_time_that_was_set() {
    let server = TestServer::start_with(&["--presence-expiry", "1"]);
    let (mut ana, mut ben) = (Peer::join(&server, "doc:a").await, Peer::join(&server, "doc:a").await);
    let here = AwarenessUpdateEntry { clock: 1, json: r#"{"user":{"name":"Ana"}}"#.into() };
    let clients = [(ana.doc.client_id(), here)].into_iter().collect();
    ana.send(yrs::updates::encoder::Encode::encode_v1(&Protocol::Awareness(AwarenessUpdate { clients }))).await;
    let client = ana.doc.client_id();
    for expected in [r#"{"user":{"name":"Ana"}}"#, "null"] {
        loop {
            let Protocol::Awareness(update) = ben.message().await else { continue };
            if let Some(entry) = update.clients.get(&client) {
                assert_eq!(&*entry.json, expected);
                break;
            }
        }
    }
}

#[test]
fn the_limits_are_told_before_anybody_runs_into_them() {
    let server = TestServer::start_with(&["--max-import", "2000", "--max-body", "1000"]);
    let told = server.get("/api/limits").expect(200);
    assert_eq!((&told["importBytes"], &told["bodyBytes"]), (&json!(2000), &json!(1000)));
    assert_eq!(server.ask("POST", "/api/notebooks/import").bytes(&[b' '; 2001]).refused(413), "too_large");
    assert_eq!(server.ask("POST", "/api/notebooks/import").bytes(&[b' '; 2000]).refused(422), "not_a_notebook_file");
}

#[test]
fn limits_that_make_no_sense_are_refused_with_the_range() {
    for (variable, value) in [("COSCRIBE_MAX_DOCUMENT", "1000000000000"), ("COSCRIBE_PRESENCE_EXPIRY", "0")] {
        let output = binary().args(["serve", "--listen", "127.0.0.1:0"]).env(variable, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let sentence = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(sentence.contains(value) && sentence.contains("is not in"), "{sentence}");
    }
}
