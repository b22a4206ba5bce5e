//! Named tokens: scopes, revocation, expiry, the audit log, and under whose name their bearers act.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};
use yrs::sync::Message as Protocol;

use crate::{
    peer::{Peer, text, type_into},
    server::{Answer, Request, TestServer},
};

/// A token of these scopes: its id and its secret.
fn token(server: &TestServer, name: &str, scopes: &[&str]) -> (String, String) {
    let made = server.post("/api/tokens", &json!({ "name": name, "scopes": scopes })).expect(201);
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

fn ask<'a>(server: &'a TestServer, secret: &str, method: &'a str, path: &'a str) -> Request<'a> {
    server.ask_without_token(method, path).header("authorization", &format!("Bearer {secret}"))
}

fn get(server: &TestServer, secret: &str, path: &str) -> Answer {
    ask(server, secret, "GET", path).send()
}

fn socket(server: &TestServer, secret: &str, document: &str) -> String {
    server.socket(document).replace(&server.token, secret)
}

#[test]
fn ms_33_a_secret_is_shown_once_and_the_list_tells_everything_else() {
    let data = tempfile::tempdir().unwrap();
    let server = TestServer::start_in(data.path());
    let made = server.post("/api/tokens", &json!({ "name": "Robot", "scopes": ["tasks:read"], "expiresIn": 3600 }));
    assert!(made.header("location").starts_with("/api/tokens/tok_"));
    let made = made.expect(201);
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(made["expiresAt"].as_i64().unwrap() - made["createdAt"].as_i64().unwrap(), 3_600_000);
    let listed = || server.get("/api/tokens").expect(200)["tokens"][0].clone();
    assert_eq!((&listed()["name"], &listed()["scopes"]), (&json!("Robot"), &json!(["tasks:read"])));
    assert_eq!(listed().get("lastUsed"), None);
    get(&server, secret, "/api/tasks").expect(200);
    assert!(listed()["lastUsed"].as_i64().unwrap() >= made["createdAt"].as_i64().unwrap());
    assert!(!server.get("/api/tokens").text().contains(secret));
    // It outlives the server, and its secret is nowhere in the data.
    let secret = secret.to_owned();
    drop(server);
    let server = TestServer::start_in(data.path());
    get(&server, &secret, "/api/tasks").expect(200);
    let mut files = vec![data.path().to_owned()];
    let mut read = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let part = &secret.as_bytes()[secret.len() - 40..];
            assert!(!bytes.windows(part.len()).any(|window| window == part), "{}", path.display());
            read += 1;
        }
    }
    assert!(read > 2);
}

#[test]
fn ms_33_each_scope_opens_its_own_addresses_and_the_refusal_names_the_one_missing() {
    let server = TestServer::start();
    let (notebook, cell) = server.notebook();
    let (_, tasks) = token(&server, "Tasks", &["tasks:write"]);
    let (_, reader) = token(&server, "Reader", &["notebooks:read"]);
    ask(&server, &tasks, "POST", "/api/tasks").json(&json!({ "title": "x" })).expect(201);
    get(&server, &tasks, "/api/tasks").expect(200);
    get(&server, &reader, &format!("/api/notebooks/{notebook}")).expect(200);
    let run = format!("/api/notebooks/{notebook}/cells/{cell}/run");
    let source = format!("/api/notebooks/{notebook}/cells/{cell}/source");
    let project = "/api/documents/project:default/state";
    for (secret, method, path, scope) in [
        (&tasks, "GET", "/api/notebooks", "notebooks:read"),
        (&reader, "POST", "/api/notebooks", "notebooks:write"),
        (&reader, "PUT", &source, "notebooks:write"),
        (&reader, "POST", &run, "runs:execute"),
        (&reader, "GET", "/api/tasks", "tasks:read"),
        (&reader, "POST", "/api/tasks", "tasks:write"),
        (&reader, "GET", "/api/events?follow=false&since=0", "events:read"),
        (&reader, "GET", "/api/tokens", "admin"),
        (&reader, "POST", "/api/tokens", "admin"),
        (&reader, "GET", "/api/audit", "admin"),
        (&reader, "GET", "/api/webhooks", "admin"),
        (&reader, "GET", "/api/admin/backup", "admin"),
        (&reader, "GET", "/debug/rooms/default", "admin"),
        (&reader, "GET", project, "tasks:read"),
        (&reader, "GET", "/api/documents/project%3Adefault/state", "tasks:read"),
    ] {
        let answer = ask(&server, secret, method, path).json(&json!({}));
        let sentence = answer.text();
        assert_eq!(answer.refused(403), "missing_scope", "{method} {path}");
        assert!(sentence.contains(&format!("the scope {scope};")), "{method} {path}: {sentence}");
    }
    assert_eq!(server.cells(&notebook)[0].1, "");
    let role = get(&server, &reader, "/api/role").expect(200);
    assert_eq!(role, json!({ "role": "viewer", "scopes": ["notebooks:read"], "name": "Reader" }));
}

#[test]
fn ms_33_who_bears_a_token_acts_under_its_name_in_events_and_the_audit_log() {
    let server = TestServer::start();
    let (id, secret) = token(&server, "Robot", &["tasks:write"]);
    let create = ask(&server, &secret, "POST", "/api/tasks").header("x-coscribe-actor", "Ana");
    let task = create.json(&json!({ "title": "x" })).expect(201);
    assert_eq!(task["createdBy"], json!({ "name": "Robot", "kind": "token" }));
    let event = server.logged(0).into_iter().rev().find(|event| event["event"] == "task:created").unwrap();
    assert_eq!(event["actor"], json!({ "name": "Robot", "kind": "token" }));
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
    let agent = ask(&server, &secret, "PATCH", &path).header("x-coscribe-actor-kind", "agent");
    agent.json(&json!({ "status": "completed" })).expect(200);
    ask(&server, &secret, "POST", "/api/notebooks").json(&json!({})).refused(403);
    let deeds = server.get("/api/audit?limit=3").expect(200)["entries"].as_array().unwrap().clone();
    let told: Vec<_> =
        deeds.iter().map(|deed| json!([deed["action"], deed["actor"]["kind"], deed["status"]])).collect();
    assert_eq!(
        told,
        [
            json!(["POST /api/notebooks", "token", 403]),
            json!([format!("PATCH {path}"), "agent", 200]),
            json!(["POST /api/tasks", "token", 201])
        ]
    );
    for deed in &deeds {
        assert_eq!((&deed["token"], &deed["address"]), (&json!(id), &json!("127.0.0.1")));
        assert_eq!(deed["actor"]["name"], "Robot");
    }
    for wrong in ["0", "10001", "x"] {
        server.get(&format!("/api/audit?limit={wrong}")).refused(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ms_33_a_revoked_token_is_refused_everywhere_at_once_and_what_it_had_open_is_closed() {
    let server = TestServer::start();
    let (notebook, cell) = server.notebook();
    let (id, secret) = token(&server, "Robot", &["notebooks:write", "events:read"]);
    let mut robot = Peer::connect(&socket(&server, &secret, &notebook)).await;
    robot.ask_for_everything().await;
    type_into(&mut robot, &cell, 0, "before").await;
    let mut ana = Peer::join(&server, &notebook).await;
    ana.until(|doc| text(doc, &cell) == "before").await;
    let mut listener = Peer::connect(&socket(&server, &secret, "x").replace("/ws/x", "/api/events")).await;
    let stream = ureq::get(format!("{}api/events", server.url)).header("authorization", format!("Bearer {secret}"));
    let mut lines = BufReader::new(stream.call().unwrap().into_body().into_reader()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("id:"), "it begins with its place in the log");

    server.ask("DELETE", &format!("/api/tokens/{id}")).send().expect(204);
    assert_eq!(robot.closed().await.0, 4401);
    assert_eq!(listener.closed().await.0, 4401);
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    assert!(rest.iter().all(|line| !line.contains("data:")), "{rest:?}");
    assert_eq!(get(&server, &secret, "/api/notebooks").refused(401), "unauthorized");
    assert_eq!(ask(&server, &secret, "POST", "/api/notebooks").json(&json!({})).refused(401), "unauthorized");
    assert_eq!(Peer::connect(&socket(&server, &secret, &notebook)).await.closed().await.0, 4401);
    assert_eq!(server.ask("DELETE", &format!("/api/tokens/{id}")).send().refused(404), "token_not_found");
    assert_eq!(server.cells(&notebook)[0].1, "before");
}

#[tokio::test(flavor = "multi_thread")]
async fn ms_33_on_a_socket_a_scope_to_read_makes_a_viewer_and_the_name_is_the_tokens() {
    let server = TestServer::start();
    let (notebook, cell) = server.notebook();
    let (_, reader) = token(&server, "Reader", &["notebooks:read"]);
    let mut viewer = Peer::connect(&socket(&server, &reader, &notebook)).await;
    assert!(matches!(viewer.message().await, Protocol::Auth(Some(_))));
    let (code, sentence) = Peer::connect(&socket(&server, &reader, "project:default")).await.closed().await;
    assert_eq!(code, 4403);
    assert!(sentence.contains("tasks:read"), "{sentence}");
    let (_, writer) = token(&server, "Writer", &["notebooks:write"]);
    let mut robot = Peer::connect(&format!("{}&name=Ana", socket(&server, &writer, &notebook))).await;
    robot.ask_for_everything().await;
    type_into(&mut robot, &cell, 0, "hello").await;
    let client = robot.doc.client_id().to_string();
    let mut ana = Peer::join(&server, &notebook).await;
    ana.until(|doc| text(doc, &cell) == "hello").await;
    let author = {
        use yrs::{Map, Transact};
        let authors = ana.doc.get_or_insert_map("authors");
        let found = authors.get(&ana.doc.transact(), &client);
        match found {
            Some(yrs::Out::Any(author)) => serde_json::to_value(author).unwrap(),
            other => panic!("no author but {other:?}"),
        }
    };
    assert_eq!(author, json!({ "name": "Writer", "kind": "token" }));
    let deeds = server.get("/api/audit").expect(200);
    let opened = format!("OPEN /ws/{notebook}");
    let found = deeds["entries"].as_array().unwrap().iter().find(|deed| deed["action"] == opened.as_str()).cloned();
    assert_eq!(found.unwrap()["actor"], json!({ "name": "Writer", "kind": "token" }));
}

#[test]
fn ms_33_without_a_server_token_a_named_one_still_counts_and_a_revoked_one_is_refused() {
    let server = TestServer::start_with(&["--no-token"]);
    let made = server.ask_without_token("POST", "/api/tokens").json(&json!({ "name": "R", "scopes": ["tasks:read"] }));
    let made: Value = made.expect(201);
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!(get(&server, secret, "/api/notebooks").refused(403), "missing_scope");
    server.ask_without_token("DELETE", &format!("/api/tokens/{id}")).send().expect(204);
    assert_eq!(get(&server, secret, "/api/notebooks").refused(401), "unauthorized");
    server.ask_without_token("GET", "/api/notebooks").send().expect(200);
}

#[test]
fn ms_33_what_one_caller_was_told_under_a_key_no_other_hears() {
    let server = TestServer::start();
    let create = |secret: &str| {
        let request = ask(&server, secret, "POST", "/api/tasks").header("idempotency-key", "once");
        request.json(&json!({ "title": "x" })).expect(201)["id"].clone()
    };
    let ((_, one), (_, other)) = (token(&server, "One", &["tasks:write"]), token(&server, "Other", &["tasks:write"]));
    assert_eq!(create(&one), create(&one));
    assert_ne!(create(&one), create(&other));
}

#[test]
fn ms_33_tokens_are_made_listed_and_revoked_on_the_command_line() {
    let server = TestServer::start();
    let printed = |arguments: &[&str]| {
        let output = server.command(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let made = printed(&["token", "create", "CI", "--scope", "tasks:write,events:read", "--expires", "30d"]);
    assert!(made.starts_with("✓ Token created: tok_") && made.contains("good until"), "{made}");
    let id = made.split_whitespace().nth(3).unwrap().to_owned();
    let secret = made.split_whitespace().find(|word| word.starts_with("coscribe_")).unwrap().to_owned();
    let acted = printed(&["task", "create", "From CI", "--token", &secret]);
    assert!(acted.starts_with("✓ Task created"), "{acted}");
    let list = printed(&["token", "list"]);
    assert!(list.contains(&id) && list.contains("tasks:write,events:read") && !list.contains(&secret), "{list}");
    let audit = printed(&["audit", "--limit", "1"]);
    assert!(audit.contains("CI") && audit.contains("POST /api/tasks") && audit.contains("127.0.0.1"), "{audit}");
    let refused = server.command(&["audit", "--token", &secret]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("the scope admin"), "{refused:?}");
    assert!(printed(&["token", "revoke", &id]).starts_with("✓ "));
    assert_eq!(server.command(&["task", "list", "--token", &secret]).status.code(), Some(1));
    let wrong = server.command(&["token", "create", "X", "--scope", "tasks"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("tasks:read, tasks:write"), "{wrong:?}");
    let wrong = server.command(&["token", "create", "X", "--scope", "admin", "--expires", "soon"]);
    assert_eq!(wrong.status.code(), Some(2));
}
