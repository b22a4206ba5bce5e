//! Prompt cells on the real server, asked by several people, answered by a scripted provider.

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use yrs::{Any, Map, MapRef, Text, Transact};

use crate::{
    asking::{Asking, KIND, VIEWER, say, stored, until_run},
    peer::{self, Peer, type_into},
    protocol,
};

#[tokio::test(flavor = "multi_thread")]
async fn ln_30_31_32_35_39_64_an_answer_streams_to_all_also_to_who_comes_late_and_is_what_is_stored() {
    let asking = Asking::start().await;
    let cell = asking.cell.clone();
    let (mut ana, mut ben) = (asking.peer().await, asking.peer().await);
    let viewer = asking.server.socket(&asking.notebook).replace(&asking.server.token, VIEWER);
    let mut vera = Peer::connect(&viewer).await;
    vera.ask_for_everything().await;
    let since = asking.server.last_event();
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    for peer in [&mut ana, &mut ben, &mut vera] {
        until_run(peer, &cell, "running").await;
        assert_eq!(peer::run(&peer.doc, &cell)["by"]["name"], "Ana");
    }
    provider.write(&protocol::thinking(KIND, "Hm, ")).await;
    provider.write(&protocol::thinking(KIND, "well… 🤔")).await;
    for peer in [&mut ana, &mut ben, &mut vera] {
        peer.until(|doc| peer::said(doc, &cell, "thinking") == "Hm, well… 🤔").await;
        assert_eq!(peer::said(&peer.doc, &cell, "answer"), "");
    }
    let mut so_far = String::new();
    for word in ["**Be", "cause**, ", "ä😀 "] {
        say(&mut provider, word, &cell, &mut [&mut ana, &mut ben, &mut vera], &mut so_far).await;
    }
    // Somebody opens the notebook now: all that was said is there, and the rest comes.
    let mut late = asking.peer().await;
    assert_eq!(
        (peer::said(&late.doc, &cell, "answer"), &peer::run(&late.doc, &cell)["state"]),
        (so_far.clone(), &json!("running"))
    );
    for word in ["and\n\n", "```python\nprint(1)\n```", "."] {
        say(&mut provider, word, &cell, &mut [&mut late, &mut ana, &mut ben, &mut vera], &mut so_far).await;
    }
    provider.write(&protocol::end(KIND, "stop")).await;
    let ended = asking.ended(&run);
    assert_eq!((&ended["state"], &ended["model"]), (&json!("ok"), &json!("tiny-2")));
    assert_eq!(ended["usage"], json!({ "inputTokens": 42, "outputTokens": 8, "estimated": false }));
    for peer in [&mut ana, &mut ben, &mut vera, &mut late] {
        until_run(peer, &cell, "ok").await;
        assert_eq!(peer::said(&peer.doc, &cell, "answer"), so_far);
        assert_eq!(peer::said(&peer.doc, &cell, "thinking"), "Hm, well… 🤔");
    }
    assert_eq!((asking.stored("answer"), asking.told(since, false)), (so_far.clone(), so_far));
    assert_eq!((asking.stored("thinking"), asking.told(since, true)), ("Hm, well… 🤔".into(), "Hm, well… 🤔".into()));
    let kinds: Vec<Value> = asking.server.logged(since).into_iter().map(|event| event["event"].clone()).collect();
    for kind in ["run:queued", "run:started", "run:finished", "cell:answer.done"] {
        assert_eq!(kinds.iter().filter(|told| **told == kind).count(), 1, "{kind}: {kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_36_somebody_else_stops_an_answer_its_provider_is_let_go_and_who_did_it_is_said() {
    let asking = Asking::start().await;
    let cell = asking.cell.clone();
    let (mut ana, mut ben) = (asking.peer().await, asking.peer().await);
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    let mut so_far = String::new();
    say(&mut provider, "Once upon ", &cell, &mut [&mut ana, &mut ben], &mut so_far).await;
    asking.post(&asking.of_cell("cancel"), "Ben").expect(202);
    // The limit of LN-36; nothing is written, so only the close itself can be seen.
    timeout(Duration::from_secs(1), provider.closed()).await.expect("the connection was kept for a second");
    for peer in [&mut ana, &mut ben] {
        until_run(peer, &cell, "cancelled").await;
        assert_eq!(peer::run(&peer.doc, &cell)["stoppedBy"]["name"], "Ben");
        assert_eq!(peer::said(&peer.doc, &cell, "answer"), so_far);
    }
    assert_eq!((&asking.ended(&run)["state"], asking.stored("answer")), (&json!("cancelled"), so_far));
    let outputs = asking.server.get(&asking.path("export?format=ipynb")).json();
    assert_eq!(outputs["cells"][0]["outputs"][0]["metadata"]["coscribe"]["stoppedBy"], "Ben");

    // Asked again, the cell is answered anew.
    let again = asking.run();
    let (mut provider, _) = asking.asked().await;
    let mut so_far = String::new();
    say(&mut provider, "Because.", &cell, &mut [&mut ana, &mut ben], &mut so_far).await;
    provider.write(&protocol::end(KIND, "stop")).await;
    assert_eq!((&asking.ended(&again)["state"], asking.stored("answer").as_str()), (&json!("ok"), "Because."));
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_36_a_question_is_stopped_before_the_first_word_and_while_it_waits_for_its_turn() {
    let asking = Asking::start().await;
    let others: Vec<String> = (0..4).map(|_| asking.add("prompt", "And?")).collect();
    let run = asking.run();
    let (mut first, _) = asking.asked().await;
    let more: Vec<String> = others
        .iter()
        .map(|cell| {
            asking.post(&asking.path(&format!("cells/{cell}/run")), "Ana").expect(202)["runId"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    // Four at a time: the last one waits.
    let mut connections = Vec::new();
    for _ in 0..3 {
        connections.push(asking.asked().await.0);
    }
    let last = asking.server.get(&format!("/api/runs/{}", more[3])).expect(200);
    assert_eq!(last["state"], "queued");
    asking.post(&asking.of_cell("cancel"), "Ben").expect(202);
    timeout(Duration::from_secs(1), first.closed()).await.expect("the connection was kept for a second");
    assert_eq!(asking.ended(&run)["stoppedBy"]["name"], "Ben");
    // Its turn has come.
    connections.push(asking.asked().await.0);
    asking.post(&asking.path("cancel"), "Ben").expect(202);
    for (connection, run) in connections.iter_mut().zip(&more) {
        timeout(Duration::from_secs(1), connection.closed()).await.expect("the connection was kept for a second");
        assert_eq!(asking.ended(run)["state"], "cancelled");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_41_two_people_who_press_run_at_once_make_one_run_and_one_question() {
    let asking = Asking::start().await;
    let since = asking.server.last_event();
    let pressed: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| asking.run())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(pressed.iter().all(|run| *run == pressed[0]), "{pressed:?}");
    let (mut provider, _) = asking.asked().await;
    provider.write(&(protocol::text(KIND, "Once.") + &protocol::end(KIND, "stop"))).await;
    assert_eq!((&asking.ended(&pressed[0])["state"], asking.stored("answer").as_str()), (&json!("ok"), "Once."));
    assert!(asking.script.accept().now_or_never().is_none(), "the provider was asked twice");
    let queued = asking.server.logged(since).into_iter().filter(|event| event["event"] == "run:queued").count();
    assert_eq!(queued, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_42_ln_86_question_and_answer_are_edited_while_it_streams_and_the_answer_is_then_stale() {
    let asking = Asking::start().await;
    let cell = asking.cell.clone();
    let next = asking.add("prompt", "And now?");
    let (mut ana, mut ben) = (asking.peer().await, asking.peer().await);
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    let mut so_far = String::new();
    say(&mut provider, "John is a frend", &cell, &mut [&mut ana, &mut ben], &mut so_far).await;
    // Ben corrects a letter of the answer, Ana the question, and the model goes on.
    let answer = peer::part(&ben.doc, &cell, "answer").unwrap();
    ben.edit(|txn| answer.insert(txn, 12, "i")).await;
    type_into(&mut ana, &cell, 4, " then").await;
    provider.write(&protocol::text(KIND, " of mine.")).await;
    for peer in [&mut ana, &mut ben] {
        peer.until(|doc| peer::said(doc, &cell, "answer") == "John is a friend of mine.").await;
        peer.until(|doc| peer::text(doc, &cell) == "Why? then").await;
    }
    provider.write(&protocol::end(KIND, "stop")).await;
    let ended = asking.ended(&run);
    assert_eq!(ended["sourceHash"], coscribe::vocabulary::source_hash("Why?"));
    // What answers another question is not sent with the next one.
    let context = || asking.server.get(&asking.path(&format!("cells/{next}/context"))).expect(200);
    assert_eq!(context()["cells"], json!([{ "cell": cell, "state": "stale", "tokens": 0 }]));
    let text = peer::source(&ana.doc, &cell).unwrap();
    ana.edit(|txn| text.remove_range(txn, 4, 5)).await;
    ben.until(|doc| peer::text(doc, &cell) == "Why?").await;
    let said: Vec<Value> =
        context()["messages"].as_array().unwrap().iter().map(|message| message["text"].clone()).collect();
    assert_eq!(said, ["Why?", "John is a friend of mine.", "And now?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_becomes_something_else_or_is_deleted_while_it_streams_lets_its_provider_go() {
    let asking = Asking::start().await;
    let cell = asking.cell.clone();
    let mut ana = asking.peer().await;
    for (kind, left) in [("note", ""), ("code", "Half a")] {
        let run = asking.run();
        let (mut provider, _) = asking.asked().await;
        say(&mut provider, "Half a", &cell, &mut [&mut ana], &mut String::new()).await;
        let path = asking.of_cell("");
        asking.server.ask("PATCH", path.trim_end_matches('/')).json(&json!({ "type": kind })).expect(200);
        timeout(Duration::from_secs(1), provider.closed()).await.expect("the connection was kept for a second");
        let ended = asking.ended(&run);
        assert_eq!(
            (&ended["state"], &ended["error"]),
            (&json!("cancelled"), &json!("The cell is no prompt cell any more."))
        );
        assert_eq!(asking.stored("answer"), left);
        asking.server.ask("PATCH", path.trim_end_matches('/')).json(&json!({ "type": "prompt" })).expect(200);
    }
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    say(&mut provider, "Half a", &cell, &mut [&mut ana], &mut String::new()).await;
    let path = asking.of_cell("");
    asking.server.ask("DELETE", path.trim_end_matches('/')).send().expect(204);
    timeout(Duration::from_secs(1), provider.closed()).await.expect("the connection was kept for a second");
    assert_eq!(asking.ended(&run)["error"], "The cell was deleted.");
    asking.post(&asking.of_cell("restore"), "Ana").expect(200);
    assert_eq!(asking.stored("answer"), "Half a");
}

/// What the provider was asked.
async fn request(asking: &Asking) -> Value {
    let run = asking.run();
    let (mut provider, request) = asking.asked().await;
    provider.write(&(protocol::text(KIND, "So.") + &protocol::end(KIND, "stop"))).await;
    asking.ended(&run);
    request.body
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_33_ln_88_settings_of_cell_and_notebook_hold_whether_they_come_by_rest_or_from_a_yjs_client() {
    let asking = Asking::start().await;
    let path = asking.of_cell("").trim_end_matches('/').to_owned();
    let patch = |path: &str, coscribe: Value| {
        asking.server.ask("PATCH", path).json(&json!({ "metadata": { "coscribe": coscribe } })).expect(200)
    };
    let system = |body: &Value| body["messages"][0]["content"].as_str().unwrap().to_owned();
    let body = request(&asking).await;
    assert_eq!((&body["model"], &body["reasoning_effort"]), (&json!("tiny"), &Value::Null));
    assert!(system(&body).contains("Markdown"), "{body}");

    let notebook = format!("/api/notebooks/{}", asking.notebook);
    patch(&notebook, json!({ "model": "small", "mode": "concise" }));
    let body = request(&asking).await;
    assert_eq!(body["model"], "small");
    assert!(system(&body).contains("few words"), "{body}");
    patch(&path, json!({ "model": "large", "thinking": true }));
    let body = request(&asking).await;
    assert_eq!((&body["model"], &body["reasoning_effort"]), (&json!("large"), &json!("medium")));

    // A browser writes the same as a value of the cell's metadata.
    let mut ana = asking.peer().await;
    let map = peer::cell_map(&ana.doc, &asking.cell).unwrap();
    let metadata: MapRef = map.get(&ana.doc.transact(), "metadata").unwrap().cast().unwrap();
    let ours = json!({ "kind": "prompt", "model": "huge", "thinking": false });
    let ours = Any::from_json(&ours.to_string()).unwrap();
    ana.edit(|txn| {
        metadata.insert(txn, "coscribe", ours);
    })
    .await;
    let known = |cell: &Value| cell["metadata"]["coscribe"]["model"] == "huge";
    while !known(&asking.server.get(&path).expect(200)) {}
    let body = request(&asking).await;
    assert_eq!((&body["model"], &body["reasoning_effort"]), (&json!("huge"), &Value::Null));
    patch(&path, json!({ "model": null, "thinking": null }));
    assert_eq!(asking.server.get(&path).expect(200)["metadata"]["coscribe"], json!({ "kind": "prompt" }));
    assert_eq!(request(&asking).await["model"], "small");

    // The demonstration answers in its mode, and the settings survive an export.
    patch(&notebook, json!({ "mode": "mock" }));
    let ended = asking.ended(&asking.run());
    assert_eq!((&ended["state"], &ended["model"]), (&json!("ok"), &json!("demo")));
    let exported = asking.server.get(&asking.path("export?format=ipynb")).json();
    assert_eq!(exported["metadata"]["coscribe"]["mode"], "mock");
    let title = asking.server.ask("PATCH", &notebook).json(&json!({ "metadata": { "title": "x" } }));
    assert_eq!(title.refused(422), "invalid_body");
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_89_tokens_and_cost_are_recorded_with_the_run_and_with_the_answer() {
    let asking = Asking::start().await;
    let listed = asking.server.get("/api/providers").expect(200);
    let address = listed["providers"][0]["address"].clone();
    let priced = json!({ "kind": "openai", "address": address, "models": ["tiny"], "prices": { "tiny": { "input": 3, "output": 15 } } });
    asking.server.ask("PUT", "/api/providers/mine").json(&priced).expect(200);
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    provider.write(&(protocol::text(KIND, "So.") + &protocol::end(KIND, "stop"))).await;
    let usage = json!({ "inputTokens": 42, "outputTokens": 8, "estimated": false, "microdollars": 42 * 3 + 8 * 15 });
    assert_eq!(asking.ended(&run)["usage"], usage);
    let cell = asking.server.get(asking.of_cell("").trim_end_matches('/')).expect(200);
    let ours = &cell["outputs"][0]["metadata"]["coscribe"];
    assert_eq!((&ours["usage"], &ours["model"], &ours["status"]), (&usage, &json!("tiny-2"), &json!("ok")));
    assert_eq!(stored(&cell, "answer"), "So.");

    // One that the model could not end says so.
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    provider.write(&(protocol::text(KIND, "So") + &protocol::end(KIND, "length"))).await;
    let ended = asking.ended(&run);
    assert_eq!(ended["notice"], "The answer reached the limit of its tokens and is cut off.", "{ended}");
}
