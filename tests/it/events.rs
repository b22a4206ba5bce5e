//! `/api/events`: the log, live events, resuming, filters, gaps.

use std::io::{BufRead, BufReader};

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::server::TestServer;

/// An open stream of events.
struct Stream {
    lines: std::io::Lines<BufReader<ureq::BodyReader<'static>>>,
}

impl Stream {
    fn open(server: &TestServer, query: &str, last_seen: Option<u64>) -> Self {
        let request = ureq::get(format!("{}api/events?{query}", server.url))
            .header("authorization", format!("Bearer {}", server.token));
        let request = match last_seen {
            Some(seq) => request.header("last-event-id", seq.to_string()),
            None => request,
        };
        let response = request.call().unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { lines: BufReader::new(response.into_body().into_reader()).lines() }
    }

    /// The next id that comes with or without an event.
    fn position(&mut self) -> u64 {
        let ids = self.lines.by_ref().map(Result::unwrap);
        ids.filter_map(|line| line.strip_prefix("id:")?.trim().parse().ok()).next().expect("the stream goes on")
    }

    /// The next event; its SSE id must be its seq.
    fn next(&mut self) -> Value {
        let mut id = None;
        loop {
            let line = self.lines.next().expect("the stream goes on").unwrap();
            if let Some(text) = line.strip_prefix("id:") {
                id = Some(text.trim().parse::<u64>().unwrap());
            } else if line.is_empty() {
                id = None;
            } else if let Some(data) = line.strip_prefix("data:") {
                let event: Value = serde_json::from_str(data).unwrap();
                assert_eq!(id, event["seq"].as_u64());
                return event;
            }
        }
    }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[test]
fn ms_30_events_come_live_in_order_and_resume_after_the_last_one_seen() {
    let server = TestServer::start();
    let (id, _) = server.notebook();
    let mut live = Stream::open(&server, "", None);
    let cells = format!("/api/notebooks/{id}/cells");
    server.post(&cells, &json!({ "type": "note", "id": "n" })).expect(201);
    server.post(&format!("{cells}/n/move"), &json!({ "after": null })).expect(200);
    server.ask("DELETE", &format!("{cells}/n")).send().expect(204);
    server.ask("POST", &format!("{cells}/n/restore")).send().expect(200);
    let seen: Vec<_> = (0..4).map(|_| live.next()).collect();
    assert_eq!(kinds(&seen), ["cell:added", "cell:moved", "cell:deleted", "cell:restored"]);
    assert!(seen.windows(2).all(|pair| pair[0]["seq"].as_u64() < pair[1]["seq"].as_u64()));
    assert_eq!((&seen[0]["data"]["cell"], &seen[0]["notebook"]), (&json!("n"), &json!(id)));
    assert_eq!(seen[0]["actor"]["name"], "API");
    assert!(seen[0]["ts"].as_i64().unwrap() > 1_700_000_000_000);
    let second = seen[1]["seq"].as_u64().unwrap();
    for mut resumed in
        [Stream::open(&server, &format!("since={second}"), None), Stream::open(&server, "since=0", Some(second))]
    {
        assert_eq!(resumed.next(), seen[2]);
        assert_eq!(resumed.next(), seen[3]);
        server.ask("PATCH", &format!("{cells}/n")).json(&json!({ "collapsed": true })).expect(200);
    }
}

#[test]
fn ms_30_filters_choose_types_and_notebooks() {
    let server = TestServer::start();
    let ((a, _), (b, _)) = (server.notebook(), server.notebook());
    for id in [&a, &b] {
        server.post(&format!("/api/notebooks/{id}/cells"), &json!({ "type": "note" })).expect(201);
    }
    let chosen = |query: &str| {
        let text = server.get(&format!("/api/events?follow=false&since=0&{query}")).text();
        let events =
            text.lines().filter_map(|line| line.strip_prefix("data:")).map(|data| serde_json::from_str(data).unwrap());
        events.collect::<Vec<Value>>()
    };
    let of_a = chosen(&format!("types=cell:*&notebook={a}"));
    assert_eq!((kinds(&of_a), &of_a[0]["notebook"]), (vec!["cell:added"], &json!(a)));
    assert!(chosen("types=notebook:created").len() >= 2);
    assert_eq!(chosen("types=task:*"), Vec::<Value>::new());
    assert_eq!(chosen("types=task:*,cell:added").len(), 2);
}

#[test]
fn ms_18_a_stream_tells_where_it_is_so_that_who_was_told_no_event_comes_back_to_the_right_place() {
    let server = TestServer::start_with(&["--keep-alive", "1"]);
    let mut quiet = Stream::open(&server, "types=session:*", None);
    assert_eq!(quiet.position(), server.last_event());
    server.notebook();
    let last = server.last_event();
    while quiet.position() < last {}
    server.post("/api/sessions", &json!({ "id": "s" })).expect(201);
    assert_eq!(quiet.next()["data"]["id"], "s");
}

#[test]
fn who_has_seen_more_than_the_log_holds_is_told_of_a_gap_and_then_goes_on() {
    let server = TestServer::start();
    let last = server.last_event();
    let mut ahead = Stream::open(&server, &format!("since={}", last + 1000), None);
    let gap = ahead.next();
    assert_eq!((&gap["event"], &gap["seq"]), (&json!("events:gap"), &json!(last)));
    server.notebook();
    assert_eq!(ahead.next()["event"], "notebook:created");
}

#[test]
fn who_was_away_for_longer_than_the_log_reaches_is_told_of_one_gap_and_gets_the_rest() {
    let server = TestServer::start_with(&["--keep-events", "3"]);
    for _ in 0..8 {
        server.notebook();
    }
    let last = server.last_event();
    // Forgetting comes after telling: wait for it.
    let mut events = server.logged(1);
    while events.len() != 4 {
        events = server.logged(1);
    }
    assert_eq!(kinds(&events), ["events:gap", "notebook:created", "notebook:created", "notebook:created"]);
    let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [last - 3, last - 2, last - 1, last]);
    assert_eq!(events[0]["data"], json!({ "since": 1, "upto": last - 3 }));
    let filtered = server.get("/api/events?follow=false&since=1&types=task:*").text();
    assert!(filtered.contains("events:gap"), "{filtered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ms_30_the_same_address_upgraded_is_a_socket_with_the_same_events() {
    let server = TestServer::start();
    let address = server.socket("").replace("/ws/?", "/api/events?since=0&types=notebook:*&");
    let (mut socket, _) = connect_async(address).await.unwrap();
    server.post("/api/notebooks", &json!({ "title": "Seen live" })).expect(201);
    let mut titles = Vec::new();
    while !titles.contains(&json!("Seen live")) {
        let Some(Ok(message)) = socket.next().await else { panic!("the socket ended") };
        if let Message::Text(text) = message {
            let event: Value = serde_json::from_str(&text).unwrap();
            assert!(event["seq"].as_u64().unwrap() > 0);
            titles.push(event["data"]["title"].clone());
        }
    }
    assert_eq!(titles[0], "Welcome to Coscribe");
}
