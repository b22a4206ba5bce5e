//! LN-71: an answer for its asker alone, and its publication.

use std::{
    io::{BufRead, BufReader},
    sync::mpsc,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    asking::{Asking, KIND, until_run},
    peer, protocol,
    server::{PATIENCE, TestServer},
};

/// A draft as its asker reads it.
struct Draft {
    events: mpsc::Receiver<Value>,
    /// Dropped, the connection is closed.
    stop: mpsc::Sender<()>,
}

impl Draft {
    fn ask(asking: &Asking) -> Self {
        let url = format!("{}{}", asking.server.url, asking.of_cell("draft").trim_start_matches('/'));
        let token = format!("Bearer {}", asking.server.token);
        let (told, events) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            // A browser takes compressed answers; a stream must come uncompressed all the same.
            let request = ureq::post(&url).header("authorization", &token).header("accept-encoding", "gzip");
            let response = request.send_empty().expect("a stream");
            assert_eq!(response.headers()["content-type"], "text/event-stream");
            assert!(response.headers().get("content-encoding").is_none());
            let lines = BufReader::new(response.into_body().into_reader()).lines();
            for data in lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("data: ").map(str::to_owned)) {
                if told.send(serde_json::from_str(&data).unwrap()).is_err() {
                    return;
                }
                // Whoever gives the draft up is gone before the next words.
                if matches!(stopped.try_recv(), Err(mpsc::TryRecvError::Disconnected)) {
                    return;
                }
            }
        });
        Self { events, stop }
    }

    fn next(&self) -> Value {
        self.events.recv_timeout(PATIENCE).expect("an event")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_71_a_draft_streams_to_its_asker_alone_and_is_published_with_one_call() {
    let asking = Asking::start().await;
    asking
        .server
        .post(&asking.path("cells"), &json!({ "type": "note", "source": "# Title", "after": null, "id": "title" }))
        .expect(201);
    let mut ben = asking.peer().await;
    let (since, before) =
        (asking.server.last_event(), asking.server.get(&format!("/api/documents/{}/state", asking.notebook)).body);
    let draft = Draft::ask(&asking);
    let (mut provider, request) = asking.asked().await;
    assert!(request.body["messages"][1]["content"].as_str().unwrap().starts_with("# Title"));
    provider.write(&protocol::thinking(KIND, "Hm.")).await;
    assert_eq!(draft.next(), json!({ "thinking": "Hm." }));
    for word in ["Be", "cause.\n\nä😀"] {
        provider.write(&protocol::text(KIND, word)).await;
        assert_eq!(draft.next(), json!({ "text": word }));
    }
    provider.write(&protocol::end(KIND, "stop")).await;
    let done = draft.next()["done"].clone();
    let usage = json!({ "inputTokens": 42, "outputTokens": 8, "estimated": false });
    let hash = coscribe::vocabulary::source_hash("Why?");
    assert_eq!(done, json!({ "model": "tiny-2", "usage": usage, "sourceHash": hash, "sent": ["title"] }));
    // Nobody else was told anything, and nothing was written.
    let after = asking.server.get(&format!("/api/documents/{}/state", asking.notebook)).body;
    assert!(after == before && asking.server.last_event() == since);
    assert_eq!(peer::run(&ben.doc, &asking.cell), Value::Null);

    let mut answer = done;
    answer
        .as_object_mut()
        .unwrap()
        .extend([("text".to_owned(), json!("Because.\n\nä😀")), ("thinking".to_owned(), json!("Hm."))]);
    let publish = asking.of_cell("answer");
    let run = asking.server.ask("POST", &publish).header("x-coscribe-actor", "Ana").json(&answer).expect(201);
    assert_eq!((&run["state"], &run["by"]["name"], &run["usage"]), (&json!("ok"), &json!("Ana"), &usage));
    until_run(&mut ben, &asking.cell, "ok").await;
    let said = |part| peer::said(&ben.doc, &asking.cell, part);
    assert_eq!((said("answer"), said("thinking")), ("Because.\n\nä😀".into(), "Hm.".into()));
    assert_eq!((asking.told(since, false), asking.told(since, true)), (said("answer"), said("thinking")));
    let cell = asking.server.get(asking.of_cell("").trim_end_matches('/')).expect(200);
    let ours = &cell["outputs"][1]["metadata"]["coscribe"];
    assert_eq!((&ours["sent"]["cells"], &ours["model"]), (&json!(["title"]), &json!("tiny-2")));
    assert_eq!(asking.ended(run["runId"].as_str().unwrap()), run);
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_71_whoever_leaves_a_draft_stops_its_model_and_its_failures_are_told_to_its_asker_alone() {
    let asking = Asking::start().await;
    let since = asking.server.last_event();
    let draft = Draft::ask(&asking);
    let (mut provider, _) = asking.asked().await;
    let Draft { events, stop } = draft;
    drop(stop);
    provider.write(&protocol::text(KIND, "one ")).await;
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), json!({ "text": "one " }));
    timeout(Duration::from_secs(1), provider.closed()).await.expect("the connection was kept for a second");

    let draft = Draft::ask(&asking);
    let (mut provider, _) = asking.asked().await;
    provider.write(&protocol::error(KIND, "overloaded")).await;
    assert_eq!(
        draft.next()["failed"].as_str().unwrap(),
        "“mine” could not answer: overloaded. Choose another model, or change the question."
    );
    assert!(draft.events.recv_timeout(PATIENCE).is_err(), "the stream is over");
    drop(draft.stop);
    assert_eq!(asking.server.last_event(), since);
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_71_what_cannot_be_drafted_or_published_is_refused_with_a_sentence() {
    let asking = Asking::start().await;
    let code = asking.add("code", "1");
    let post = |path: &str, body: &Value| asking.server.post(path, body);
    let answer = json!({ "text": "So.", "sourceHash": "4-00000000" });
    assert_eq!(post(&asking.path(&format!("cells/{code}/draft")), &json!({})).refused(409), "not_a_prompt");
    assert_eq!(post(&asking.path(&format!("cells/{code}/answer")), &answer).refused(409), "not_a_prompt");
    assert_eq!(post(&asking.path("cells/nobody/answer"), &answer).refused(404), "cell_not_found");
    let publish = asking.of_cell("answer");
    assert_eq!(post(&publish, &json!({ "text": " ", "sourceHash": "x" })).refused(422), "invalid_body");
    assert_eq!(post(&publish, &json!({ "text": "x" })).refused(422), "invalid_body");
    assert_eq!(post(&publish, &json!({ "text": "x", "sourceHash": "x", "by": "Eve" })).refused(422), "invalid_body");
    let run = asking.run();
    let (provider, _) = asking.asked().await;
    assert_eq!(post(&publish, &answer).refused(409), "already_running");
    drop(provider);
    asking.ended(&run);
    post(&publish, &answer).expect(201);
    assert_eq!(asking.stored("answer"), "So.");
}

#[test]
fn ln_71_the_demonstration_drafts_too() {
    let server = TestServer::start();
    let (notebook, _) = server.notebook();
    let cell = crate::asking::add(&server, &notebook, "prompt", "Please think and fail at once");
    let answer = server.post(&format!("/api/notebooks/{notebook}/cells/{cell}/draft"), &json!({})).text();
    let last = answer.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap().to_owned();
    assert!(last.starts_with("{\"done\":"), "{last}");
}
