//! LN-40: whatever happens to an answer, it ends, what came is kept, and asking again works.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    asking::{Asking, KIND, say, until_run},
    peer::{self, Peer},
    protocol,
    server::TestServer,
};

/// The answer so far is kept, here and for everybody.
async fn failed(asking: &Asking, ana: &mut Peer, run: &str, words: &str) {
    let ended = asking.ended(run);
    assert_eq!(ended["state"], "failed", "{ended}");
    assert!(ended["error"].as_str().unwrap().contains(words), "{ended}");
    until_run(ana, &asking.cell, "failed").await;
    let said = peer::said(&ana.doc, &asking.cell, "answer");
    assert_eq!((said.as_str(), asking.stored("answer").as_str()), ("Half a", "Half a"));
}

async fn answers_again(asking: &Asking) {
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    provider.write(&(protocol::text(KIND, "Whole.") + &protocol::end(KIND, "stop"))).await;
    assert_eq!((&asking.ended(&run)["state"], asking.stored("answer").as_str()), (&json!("ok"), "Whole."));
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_40_an_answer_that_breaks_off_fails_with_a_sentence_keeps_its_words_and_can_be_asked_again() {
    let asking = Asking::start().await;
    let mut ana = asking.peer().await;
    for cut in [false, true] {
        let run = asking.run();
        let (mut provider, _) = asking.asked().await;
        say(&mut provider, "Half a", &asking.cell, &mut [&mut ana], &mut String::new()).await;
        if !cut {
            provider.write(&protocol::error(KIND, "overloaded")).await;
        }
        drop(provider);
        let words = if cut { "broke off in the middle of the answer" } else { "middle of the answer: overloaded" };
        failed(&asking, &mut ana, &run, words).await;
    }
    answers_again(&asking).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_40_a_provider_that_falls_silent_is_given_up_and_its_words_are_kept() {
    let data = tempfile::tempdir().unwrap();
    let impatient = |command: &mut Command| {
        command.env("COSCRIBE_MODEL_BETWEEN_TOKENS_SECONDS", "0.5");
    };
    let asking = Asking::over(TestServer::start_as(data.path(), &[], impatient)).await;
    let mut ana = asking.peer().await;
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    provider.write(&protocol::text(KIND, "Half a")).await;
    provider.closed().await;
    failed(&asking, &mut ana, &run, "fell silent: no word came for 500 ms").await;
    answers_again(&asking).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_40_a_provider_that_refuses_or_is_not_there_fails_the_run_with_a_sentence() {
    let asking = Asking::start().await;
    let run = asking.run();
    let mut provider = asking.script.accept().await;
    provider.request().await;
    provider.answer("401 Unauthorized", "", "{}").await;
    let ended = asking.ended(&run);
    assert_eq!(
        (&ended["state"], &ended["error"]),
        (&json!("failed"), &json!("“mine” does not accept the key (401). Correct it in the settings."))
    );
    let nowhere = json!({ "kind": "openai", "address": "http://127.0.0.1:1", "models": ["tiny"] });
    asking.server.ask("PUT", "/api/providers/nowhere").json(&nowhere).expect(200);
    let chosen = json!({ "metadata": { "coscribe": { "provider": "nowhere" } } });
    asking.server.ask("PATCH", asking.of_cell("").trim_end_matches('/')).json(&chosen).expect(200);
    let ended = asking.ended(&asking.run());
    assert!(ended["error"].as_str().unwrap().starts_with("Nothing answers at http://127.0.0.1:1"), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_40_a_server_killed_in_the_middle_of_an_answer_says_so_keeps_its_words_and_answers_again() {
    let data = tempfile::tempdir().unwrap();
    let mut asking = Asking::over(TestServer::start_in(data.path())).await;
    let cell = asking.cell.clone();
    let mut ana = asking.peer().await;
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    let mut so_far = String::new();
    for word in ["What ", "was ", "said"] {
        say(&mut provider, word, &cell, &mut [&mut ana], &mut so_far).await;
    }
    asking.server.signal("KILL");
    asking.server.wait();
    provider.closed().await;
    asking.server = TestServer::start_in(data.path());
    let ended = asking.ended(&run);
    assert_eq!(
        (&ended["state"], &ended["error"]),
        (&json!("interrupted"), &json!("The server stopped in the middle of it."))
    );
    // What somebody was shown is there, and whoever comes sees no spinner.
    assert_eq!(asking.stored("answer"), so_far);
    let ben = asking.peer().await;
    assert_eq!(
        (&peer::run(&ben.doc, &cell)["state"], peer::said(&ben.doc, &cell, "answer")),
        (&json!("interrupted"), so_far)
    );
    let done = asking.server.logged(0).into_iter().filter(|event| event["event"] == "cell:answer.done").count();
    assert_eq!(done, 1);

    // The provider was set on the page, and is still there.
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    provider.write(&(protocol::text(KIND, "Again.") + &protocol::end(KIND, "stop"))).await;
    assert_eq!((&asking.ended(&run)["state"], asking.stored("answer").as_str()), (&json!("ok"), "Again."));
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_40_an_orderly_stop_lets_the_provider_go_and_interrupts_the_answer() {
    let data = tempfile::tempdir().unwrap();
    let mut asking = Asking::over(TestServer::start_in(data.path())).await;
    let cell = asking.cell.clone();
    let mut ana = asking.peer().await;
    let run = asking.run();
    let (mut provider, _) = asking.asked().await;
    let mut so_far = String::new();
    say(&mut provider, "Half a", &cell, &mut [&mut ana], &mut so_far).await;
    asking.server.signal("TERM");
    until_run(&mut ana, &cell, "interrupted").await;
    provider.closed().await;
    assert_eq!(asking.server.wait(), Some(0));
    asking.server = TestServer::start_in(data.path());
    let ended: Value = asking.ended(&run);
    assert_eq!((&ended["state"], asking.stored("answer")), (&json!("interrupted"), so_far));
}
