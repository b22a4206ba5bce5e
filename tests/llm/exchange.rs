//! One question and one scripted answer, whole: what most tests are made of.

use coscribe::{
    llm::{Message, Question, Role},
    vocabulary::ProviderKind,
};

use crate::{
    protocol,
    provider::{Request, Script, Whole, models, sentence, whole},
};

pub fn question(text: &str) -> Question {
    Question { messages: vec![Message::new(Role::User, text)], ..Question::default() }
}

/// Asks a provider whose whole answer is one text, and gives the request that it got with the answer.
pub async fn exchange(kind: ProviderKind, question: Question, answer: String) -> (Request, Whole) {
    let script = Script::new().await;
    let models = models(kind, script.address);
    let provider = script.play(move |script| async move {
        let mut connection = script.accept().await;
        let request = connection.request().await;
        connection.begin(protocol::mime(kind)).await;
        connection.write(&answer).await;
        request
    });
    let whole = whole(models.ask(question)).await;
    (provider.await.expect("the script"), whole)
}

/// Asks a provider that answers with a status, and gives the sentence.
pub async fn refused(kind: ProviderKind, status: &'static str, headers: &'static str, body: String) -> String {
    let script = Script::new().await;
    let models = models(kind, script.address);
    let provider = script.play(move |script| async move {
        let mut connection = script.accept().await;
        connection.request().await;
        connection.answer(status, headers, &body).await;
    });
    let answer = whole(models.ask(question("why?"))).await;
    provider.await.expect("the script");
    sentence(&answer.last).to_owned()
}

pub fn complete(kind: ProviderKind, stop: &str) -> String {
    let parts = [
        protocol::start(kind),
        protocol::block(kind, "thinking"),
        protocol::thinking(kind, "Hm, "),
        protocol::thinking(kind, "well."),
        protocol::block(kind, "text"),
        protocol::text(kind, "Yes, "),
        protocol::text(kind, "because. ä😀"),
        protocol::end(kind, stop),
    ];
    parts.concat()
}
