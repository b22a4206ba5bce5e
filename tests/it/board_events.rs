//! Events of the board: what each change tells, to whom, in which order, and that nothing is missed or told twice, also
//! across `kill -9`.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::Stdio,
    time::Instant,
};

use serde_json::{Value, json};

use crate::server::{LONGEST, TestServer, binary, lasting_address, until};

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[test]
fn ms_10_ms_11_ms_13_each_change_tells_its_events_with_project_and_actor() {
    let server = TestServer::start();
    let seen = server.last_event();
    let as_claude = |method, path| {
        server.ask(method, path).header("x-coscribe-actor", "Claude").header("x-coscribe-actor-kind", "agent")
    };
    as_claude("POST", "/api/tasks").json(&json!({ "id": "t", "title": "T", "priority": "high" })).expect(201);
    as_claude("PATCH", "/api/tasks/t").json(&json!({ "status": "completed" })).expect(200);
    as_claude("POST", "/api/sessions").json(&json!({ "id": "s", "name": "S" })).expect(201);
    as_claude("POST", "/api/sessions/s/tasks/t").send().expect(200);
    as_claude("DELETE", "/api/sessions/s").send().expect(204);
    let events = server.logged(seen);
    let expected = [
        "task:created",
        "task:updated",
        "session:created",
        "session:updated",
        "task:updated",
        "session:task_added",
        "task:session_added",
        "session:deleted",
        "task:updated",
        "task:session_removed",
    ];
    assert_eq!(kinds(&events), expected);
    assert!(events.iter().all(|event| event["project"] == "default" && event.get("notebook").is_none()));
    let claude = json!({ "name": "Claude", "kind": "agent" });
    assert!(events.iter().all(|event| event["actor"] == claude));
    let sequence: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(sequence.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{sequence:?}");
    let created = &events[0]["data"];
    assert_eq!(
        (&created["sessionIds"], &created["sessionCount"], &created["status"]),
        (&json!([]), &json!(0), &json!("pending"))
    );
    let updated = &events[1]["data"];
    assert_eq!((&updated["id"], &updated["status"]), (&json!("t"), &json!("completed")));
    assert!(updated["completedAt"].as_i64().is_some() && updated["updatedAt"].as_i64() > created["updatedAt"].as_i64());
    assert_eq!(events[5]["data"], json!({ "sessionId": "s", "taskId": "t" }));
    assert_eq!((&events[8]["data"]["sessionIds"], &events[8]["data"]["sessionCount"]), (&json!([]), &json!(0)));
}

#[test]
fn ms_30_a_filter_chooses_a_project_among_others_and_notebooks_and_one_object() {
    let server = TestServer::start();
    server.post("/api/projects", &json!({ "id": "p", "name": "P" })).expect(201);
    for project in ["p", "default"] {
        server.post("/api/tasks", &json!({ "title": "T", "projectId": project })).expect(201);
    }
    let (notebook, _) = server.notebook();
    let chosen = |query: &str| {
        let text = server.get(&format!("/api/events?follow=false&since=0&{query}")).text();
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        data.map(|data| serde_json::from_str(data).unwrap()).collect::<Vec<Value>>()
    };
    assert_eq!(kinds(&chosen("project=p")), ["project:created", "task:created"]);
    assert_eq!(kinds(&chosen("project=p&types=task:*")), ["task:created"]);
    let both = chosen(&format!("project=p&notebook={notebook}"));
    assert_eq!(kinds(&both), ["project:created", "task:created", "notebook:created"]);

    let session = server.post("/api/sessions", &json!({ "projectId": "p", "name": "S" })).expect(201);
    let task = server.post("/api/tasks", &json!({ "title": "One", "projectId": "p" })).expect(201);
    let (session, task) = (session["id"].as_str().unwrap(), task["id"].as_str().unwrap());
    server.ask("POST", &format!("/api/sessions/{session}/tasks/{task}")).json(&json!({})).expect(200);
    let linked = ["task:updated", "session:task_added", "task:session_added"];
    assert_eq!(kinds(&chosen(&format!("about={task}"))), [&["task:created"], linked.as_slice()].concat());
    assert_eq!(kinds(&chosen(&format!("about={task}&types=task:created"))), ["task:created"]);
}

/// The title of the last task of a test.
const END: &str = "The end";

/// Hears events over SSE until the task called [`END`], coming back after each end of the stream with the last number seen.
/// It gives up in the end: a test that fails never writes that task.
fn listen(url: &str, token: &str, mut since: u64) -> Vec<Value> {
    let mut heard: Vec<Value> = Vec::new();
    let deadline = Instant::now() + LONGEST;
    while Instant::now() < deadline {
        let request = ureq::get(format!("{url}api/events?types=task:created"))
            .config()
            .timeout_global(Some(LONGEST))
            .build()
            .header("authorization", format!("Bearer {token}"))
            .header("last-event-id", since.to_string());
        let Ok(response) = request.call() else {
            std::thread::yield_now();
            continue;
        };
        for line in BufReader::new(response.into_body().into_reader()).lines() {
            let Ok(line) = line else { break };
            let Some(data) = line.strip_prefix("data:") else { continue };
            let event: Value = serde_json::from_str(data).unwrap();
            since = event["seq"].as_u64().unwrap();
            let is_last = event["data"]["title"] == END;
            heard.push(event);
            if is_last {
                return heard;
            }
        }
    }
    panic!("the last event never came; heard: {heard:?}");
}

/// Hears the same over a WebSocket.
fn listen_on_socket(url: &str, token: &str, mut since: u64) -> Vec<Value> {
    let mut heard: Vec<Value> = Vec::new();
    let (url, deadline) = (url.replacen("http", "ws", 1), Instant::now() + LONGEST);
    while Instant::now() < deadline {
        let address = format!("{url}api/events?types=task:created&token={token}&since={since}");
        let Ok((mut socket, _)) = tungstenite::connect(address) else {
            std::thread::yield_now();
            continue;
        };
        let tungstenite::stream::MaybeTlsStream::Plain(stream) = socket.get_ref() else { panic!("it is encrypted") };
        stream.set_read_timeout(Some(LONGEST)).unwrap();
        while let Ok(message) = socket.read() {
            let tungstenite::Message::Text(text) = message else { continue };
            let event: Value = serde_json::from_str(&text).unwrap();
            since = event["seq"].as_u64().unwrap();
            let is_last = event["data"]["title"] == END;
            heard.push(event);
            if is_last {
                return heard;
            }
        }
    }
    panic!("the last event never came; heard: {heard:?}");
}

/// Creates tasks; the ids of those that were answered. In the middle of it the server is killed.
fn write(server: &TestServer, round: usize, writer: usize) -> Vec<String> {
    let mut answered = Vec::new();
    for number in 0..40 {
        let id = format!("r{round}w{writer}n{number}");
        let sent = ureq::post(format!("{}api/tasks", server.url))
            .header("authorization", format!("Bearer {}", server.token))
            .header("content-type", "application/json")
            .send(json!({ "id": id, "title": "T" }).to_string());
        answered.extend(sent.is_ok_and(|answer| answer.status() == 201).then_some(id));
        if writer == 0 && number == 20 {
            server.signal("KILL");
        }
    }
    answered
}

#[test]
fn ms_08_ms_18_who_follows_hears_every_event_once_and_in_order_through_kills_of_the_server() {
    let data = tempfile::tempdir().unwrap();
    let address = lasting_address();
    let start = || TestServer::start_in_with(data.path(), &["--listen", &address]);
    let mut server = start();
    let (url, token, since) = (server.url.clone(), server.token.clone(), server.last_event());
    std::thread::scope(|scope| {
        let mut listeners: Vec<_> = (0..2).map(|_| scope.spawn(|| listen(&url, &token, since))).collect();
        listeners.extend((0..2).map(|_| scope.spawn(|| listen_on_socket(&url, &token, since))));
        let mut answered = BTreeSet::new();
        for round in 0..6 {
            std::thread::scope(|writers| {
                let server = &server;
                let threads: Vec<_> =
                    (0..3).map(|writer| writers.spawn(move || write(server, round, writer))).collect();
                answered.extend(threads.into_iter().flat_map(|thread| thread.join().unwrap()));
            });
            server.wait();
            server = start();
        }
        server.post("/api/tasks", &json!({ "title": END })).expect(201);
        let logged = server.logged(since);
        let in_log: Vec<&str> = logged.iter().map(|event| event["data"]["id"].as_str().unwrap()).collect();
        let unique: BTreeSet<&str> = in_log.iter().copied().collect();
        assert_eq!(unique.len(), in_log.len(), "nothing is told twice");
        assert!(
            answered.len() >= 6 * 20 && answered.iter().all(|id| unique.contains(id.as_str())),
            "all answered is told"
        );
        let there = server.get("/api/tasks?limit=1000").expect(200);
        let ids: BTreeSet<&str> =
            there["tasks"].as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap()).collect();
        assert_eq!(ids, unique, "an event is a change, and a change an event");
        for listener in listeners {
            assert_eq!(listener.join().unwrap(), logged);
        }
    });
}

/// Answers one request with what stands there and closes; what was asked for.
fn answer_once(listener: &TcpListener, body: &str) -> String {
    listener.set_nonblocking(true).unwrap();
    let mut accepted = None;
    until("the command asks", || {
        accepted = listener.accept().ok();
        accepted.is_some()
    });
    let mut socket = accepted.unwrap().0;
    socket.set_nonblocking(false).unwrap();
    let mut lines = BufReader::new(&socket).lines().map(Result::unwrap);
    let asked = lines.next().unwrap();
    lines.find(String::is_empty);
    write!(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{body}").unwrap();
    asked
}

#[test]
fn ms_18_the_command_that_follows_from_now_on_misses_nothing_though_it_was_told_nothing_before_the_restart() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut child = binary().args(["events", "--follow", "--url", &url, "--token", "none"]).spawn().unwrap();
    assert!(!answer_once(&listener, "id: 7\n\n").contains("since="));
    assert!(answer_once(&listener, "id: 8\ndata: {\"seq\":8").contains("since=7"));
    assert!(answer_once(&listener, "").contains("since=7"), "what was cut off was not told");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn ms_17_the_command_that_follows_survives_a_restart_without_missing_or_repeating_one() {
    let data = tempfile::tempdir().unwrap();
    let address = lasting_address();
    let start = || TestServer::start_in_with(data.path(), &["--listen", &address]);
    let mut server = start();
    let since = server.last_event().to_string();
    let mut command = binary();
    command.args(["events", "--follow", "--since", &since, "--project", "default", "--type", "task:*", "--json"]);
    command.args(["--url", &server.url, "--token", &server.token]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut heard = Vec::new();
    for round in 0..3 {
        for number in 0..3 {
            let id = format!("r{round}n{number}");
            server.post("/api/tasks", &json!({ "id": id, "title": "T" })).expect(201);
        }
        for _ in 0..3 {
            let event: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            heard.push(event["data"]["id"].as_str().unwrap().to_owned());
        }
        server.signal("KILL");
        server.wait();
        server = start();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let wanted: Vec<String> = (0..3).flat_map(|round| (0..3).map(move |number| format!("r{round}n{number}"))).collect();
    assert_eq!(heard, wanted);
}
