//! A real language model, served by llama.cpp: that its answers stream, end, are counted and can be stopped. What it says is
//! not judged; it is a very small model.
//!
//! `tests/run.py` runs these tests, which `make` has installed the model for.

use coscribe::{
    llm::{AnswerEvent, Message, Models, ProviderSettings, Question, Role, Stop, Times},
    vocabulary::ProviderKind,
};

use crate::{
    model_server::ModelServer,
    provider::{models_with, next, whole},
};

/// Enough to see a stream, little enough for one slow core.
const TOKENS: u32 = 40;

/// An engine that speaks that protocol with the model; llama.cpp speaks both.
fn models(server: &ModelServer, kind: ProviderKind) -> Models {
    let models = models_with(Times::default());
    let url = Some(server.address.clone());
    models.set(ProviderSettings { url, ..ProviderSettings::new("local", kind) }).expect("good settings");
    models
}

fn question(text: &str, tokens: u32) -> Question {
    Question {
        system: Some("You are a helpful assistant.".into()),
        messages: vec![Message::new(Role::User, text)],
        max_tokens: Some(tokens),
        ..Question::default()
    }
}

async fn streams_an_answer(kind: ProviderKind) {
    let server = ModelServer::start(TOKENS).await;
    let answer = whole(models(&server, kind).ask(question("Name some capitals of Europe.", TOKENS))).await;
    let AnswerEvent::Done { usage, model, stop } = &answer.last else { panic!("{:?}", answer.last) };
    assert!(answer.events > 1 && !answer.text.trim().is_empty(), "{answer:?}");
    assert!(!usage.estimated && usage.input > 5 && (1..=u64::from(TOKENS)).contains(&usage.output), "{usage:?}");
    assert!(model.contains("SmolLM2"), "{model}");
    assert!(matches!(stop, Stop::Completed | Stop::Length), "{stop:?}");
}

#[tokio::test]
#[ignore = "needs target/language-model; tests/run.py runs it"]
async fn ln_31_a_real_model_streams_by_the_protocol_of_openai() {
    streams_an_answer(ProviderKind::OpenAi).await;
}

#[tokio::test]
#[ignore = "needs target/language-model; tests/run.py runs it"]
async fn ln_31_a_real_model_streams_by_the_protocol_of_anthropic() {
    streams_an_answer(ProviderKind::Anthropic).await;
}

#[tokio::test]
#[ignore = "needs target/language-model; tests/run.py runs it"]
async fn ln_36_a_real_model_stops_working_when_its_answer_is_dropped_and_answers_the_next_question() {
    let mut server = ModelServer::start(TOKENS).await;
    let models = models(&server, ProviderKind::OpenAi);
    // So long that it cannot have ended by itself; it is stopped at the first words.
    let mut answering = models.ask(question("Count from one to a thousand in words.", 1_000));
    assert!(matches!(next(&mut answering).await, AnswerEvent::Text(_)));
    drop(answering);
    server.logged("cancel task").await;
    // Its one slot is free again.
    let answer = whole(models.ask(question("Hello", 5))).await;
    assert!(matches!(answer.last, AnswerEvent::Done { .. }), "{:?}", answer.last);
}

#[tokio::test]
#[ignore = "needs target/language-model; tests/run.py runs it"]
async fn a_test_finds_that_a_real_model_answers_and_how_it_is_called() {
    let server = ModelServer::start(TOKENS).await;
    let tested = models(&server, ProviderKind::OpenAi).test("local").await.expect("it is there");
    assert_eq!(tested.failure, None);
    assert!(tested.models[0].contains("SmolLM2"), "{tested:?}");
}
