//! Prompt cells answered by a real language model: that its words stream to everybody, are counted, and stop when told to.
//! What it says is not judged; it is a very small model.
//!
//! `tests/run.py` runs these tests, which `make` has installed the model for.

use serde_json::json;

use crate::{
    asking::{add, stored, until_run},
    model_server::ModelServer,
    peer::{self, Peer},
    server::TestServer,
};

/// Enough to stop a stream in the middle, little enough for one slow core.
const TOKENS: u32 = 100;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs target/language-model; tests/run.py runs it"]
async fn ln_31_ln_36_a_real_model_answers_in_a_notebook_before_everybody_and_stops_when_somebody_stops_it() {
    let mut model = ModelServer::start(TOKENS).await;
    let server = TestServer::start();
    let local = json!({ "kind": "openai", "address": model.address });
    server.ask("PUT", "/api/providers/local").json(&local).expect(200);
    assert_eq!(server.ask("POST", "/api/providers/local/test").send().expect(200)["ok"], true);
    let (notebook, _) = server.notebook();
    let cell = add(&server, &notebook, "prompt", "Name some capitals of Europe.");
    let path = format!("/api/notebooks/{notebook}/cells/{cell}");
    let run = |by: &str| server.ask("POST", &format!("{path}/run")).header("x-coscribe-actor", by).send().expect(202);
    let (mut ana, mut ben) = (Peer::join(&server, &notebook).await, Peer::join(&server, &notebook).await);

    let first = run("Ana");
    let mut steps = 0;
    let mut so_far = String::new();
    while peer::run(&ben.doc, &cell)["state"] != "ok" {
        ben.message().await;
        let said = peer::said(&ben.doc, &cell, "answer");
        assert!(said.starts_with(&so_far), "{said:?} does not go on from {so_far:?}");
        steps += usize::from(said.len() > so_far.len());
        so_far = said;
    }
    assert!(steps > 1, "it came in one piece: {so_far:?}");
    until_run(&mut ana, &cell, "ok").await;
    assert_eq!(
        (peer::said(&ana.doc, &cell, "answer"), stored(&server.get(&path).expect(200), "answer")),
        (so_far.clone(), so_far)
    );
    let ended = server.get(&format!("/api/runs/{}", first["runId"].as_str().unwrap())).expect(200);
    let usage = &ended["usage"];
    assert!(ended["model"].as_str().unwrap().contains("SmolLM2") && usage["estimated"] == false, "{ended}");
    assert!(
        usage["outputTokens"].as_u64().unwrap() <= u64::from(TOKENS) && usage["inputTokens"].as_u64() > Some(5),
        "{ended}"
    );

    // Stopped at its first words by somebody else; the model really stops.
    run("Ana");
    ana.until(|doc| !peer::said(doc, &cell, "answer").is_empty() && peer::run(doc, &cell)["state"] == "running").await;
    server.ask("POST", &format!("{path}/cancel")).header("x-coscribe-actor", "Ben").send().expect(202);
    until_run(&mut ana, &cell, "cancelled").await;
    assert_eq!(peer::run(&ana.doc, &cell)["stoppedBy"]["name"], "Ben");
    model.logged("cancel task").await;
}
