//! `GET …/context`: what would be sent with a question, cell by cell, and that it is what is sent.

use serde_json::{Value, json};
use yrs::{Map, MapRef, Transact};

use crate::{
    asking::{Asking, KIND, add},
    peer, protocol,
    server::TestServer,
};

fn states(context: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    context["cells"].as_array().unwrap().iter().map(|cell| (text(&cell["cell"]), text(&cell["state"]))).collect()
}

fn patch(asking: &Asking, cell: &str, metadata: &Value) {
    let path = asking.path(&format!("cells/{cell}"));
    asking.server.ask("PATCH", &path).json(&json!({ "metadata": metadata })).expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_37_ln_87_ln_90_what_would_be_sent_is_told_cell_by_cell_and_is_what_is_sent() {
    let asking = Asking::start().await;
    let below = asking.add("note", "Pinned below.");
    let unpinned = asking.add("note", "Not pinned below.");
    for (cell, source) in [("empty", ""), ("skipped", "Not this."), ("code", "x = 1"), ("title", "# Title")] {
        let kind = if cell == "code" { "code" } else { "note" };
        let first = json!({ "type": kind, "source": source, "after": null, "id": cell });
        asking.server.post(&asking.path("cells"), &first).expect(201);
    }
    // Pinned by REST, skipped by a browser.
    patch(&asking, &below, &json!({ "pinned": true }));
    let mut ana = asking.peer().await;
    let map = peer::cell_map(&ana.doc, "skipped").unwrap();
    let metadata: MapRef = map.get(&ana.doc.transact(), "metadata").unwrap().cast().unwrap();
    ana.edit(|txn| {
        metadata.insert(txn, "skipped", true);
    })
    .await;
    while asking.server.get(&asking.path("cells/skipped")).expect(200)["metadata"]["skipped"] != true {}

    let context = asking.server.get(&asking.of_cell("context")).expect(200);
    let state = |cell: &str, state: &str| (cell.to_owned(), state.to_owned());
    let expected =
        [state("title", "sent"), state("code", "sent"), state("skipped", "skipped"), state(&below, "pinned")];
    assert_eq!(states(&context), expected, "{unpinned} is not pinned, and an empty cell says nothing");
    assert_eq!((&context["provider"], &context["model"]), (&json!("mine"), &json!("tiny")));
    let messages = context["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "one speaker, one message");
    let text = messages[0]["text"].as_str().unwrap();
    assert_eq!(text, "# Title\n\n```\nx = 1\n```\n\nPinned below.\n\nWhy?");
    let tokens = |value: &Value| value["tokens"].as_u64().unwrap();
    assert!(tokens(&context) > tokens(&messages[0]) && tokens(&messages[0]) > 10, "{context}");
    assert!(context["limit"].as_u64().unwrap() > 10_000 && context.get("problem").is_none());
    assert_eq!(tokens(&context["cells"][2]), 0, "nothing of a skipped cell is sent");

    let run = asking.run();
    let (mut provider, request) = asking.asked().await;
    provider.write(&(protocol::text(KIND, "So.") + &protocol::end(KIND, "stop"))).await;
    asking.ended(&run);
    assert_eq!(request.body["messages"][0]["content"], context["system"]);
    assert_eq!(request.body["messages"][1]["content"], text);
    let cell = asking.server.get(asking.of_cell("").trim_end_matches('/')).expect(200);
    let sent = &cell["outputs"][0]["metadata"]["coscribe"]["sent"]["cells"];
    assert_eq!(*sent, json!(["title", "code", below]));
    // Nothing is remembered of the question before: the same notebook, the same context.
    assert_eq!(asking.server.get(&asking.of_cell("context")).expect(200), context);
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_37_what_has_no_room_is_cut_from_above_and_what_cannot_be_asked_is_said() {
    let asking = Asking::start().await;
    let long = "x".repeat(150_000);
    for id in ["near", "far"] {
        let cell = json!({ "type": "note", "source": long, "after": null, "id": id });
        asking.server.post(&asking.path("cells"), &cell).expect(201);
    }
    let context = asking.server.get(&asking.of_cell("context")).expect(200);
    assert_eq!(states(&context), [("far".into(), "cut".into()), ("near".into(), "sent".into())]);
    patch(&asking, "far", &json!({ "pinned": true }));
    let context = asking.server.get(&asking.of_cell("context")).expect(200);
    assert_eq!(states(&context), [("far".into(), "pinned".into()), ("near".into(), "cut".into())]);
    patch(&asking, &asking.cell, &json!({ "coscribe": { "provider": "nobody" } }));
    let context = asking.server.get(&asking.of_cell("context")).expect(200);
    assert_eq!(context["provider"], "nobody");
    assert!(context["problem"].as_str().unwrap().contains("called “nobody”"), "{context}");
    assert_eq!(asking.ended(&asking.run())["error"], context["problem"]);
}

#[test]
fn only_prompt_cells_have_a_context() {
    let server = TestServer::start();
    let (notebook, code) = server.notebook();
    let path = |cell: &str| format!("/api/notebooks/{notebook}/cells/{cell}/context");
    assert_eq!(server.get(&path(&code)).refused(409), "not_a_prompt");
    assert_eq!(server.get(&path("nobody")).refused(404), "cell_not_found");
    let prompt = add(&server, &notebook, "prompt", "Why?");
    assert_eq!(server.get(&path(&prompt)).expect(200)["provider"], "demo");
    server.ask("DELETE", &format!("/api/notebooks/{notebook}/cells/{prompt}")).send().expect(204);
    assert_eq!(server.get(&path(&prompt)).refused(409), "cell_in_bin");
}
