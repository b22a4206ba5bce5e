//! What comes back from a provider that works: in order, at once, bounded, and only as long as somebody reads.

use std::time::Duration;

use coscribe::{
    llm::{AnswerEvent, Stop, Usage},
    vocabulary::ProviderKind,
};
use tokio::time::timeout;

use crate::{
    exchange::{complete, exchange, question},
    protocol::{self, KINDS},
    provider::{Script, models, next, whole},
};

#[tokio::test]
async fn ln_31_ln_32_every_protocol_streams_thinking_apart_from_text_and_ends_with_usage_model_and_reason() {
    for kind in KINDS {
        let (request, answer) = exchange(kind, question("why?"), complete(kind, protocol::stops(kind).0)).await;
        assert_eq!(request.line, protocol::path(kind));
        assert_eq!((answer.thinking.as_str(), answer.text.as_str()), ("Hm, well.", "Yes, because. ä😀"), "{kind:?}");
        let usage = Usage { input: 42, output: 8, estimated: false, microdollars: None };
        let done = AnswerEvent::Done { usage, model: "tiny-2".into(), stop: Stop::Completed };
        assert_eq!(answer.last, done, "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_that_reached_its_limit_says_so() {
    for kind in KINDS {
        let (_, answer) = exchange(kind, question("why?"), complete(kind, protocol::stops(kind).1)).await;
        assert!(matches!(answer.last, AnswerEvent::Done { stop: Stop::Length, .. }), "{kind:?}: {:?}", answer.last);
    }
}

#[tokio::test]
async fn ln_22_words_arrive_while_the_provider_is_still_speaking() {
    for kind in KINDS {
        let script = Script::new().await;
        let models = models(kind, script.address);
        let (told, mut heard) = tokio::sync::mpsc::channel::<()>(1);
        let provider = script.play(move |script| async move {
            let mut connection = script.accept().await;
            connection.request().await;
            connection.begin(protocol::mime(kind)).await;
            connection.write(&(protocol::start(kind) + &protocol::block(kind, "text"))).await;
            for word in ["one ", "two ", "three "] {
                connection.write(&protocol::text(kind, word)).await;
                // The next word is said only when this one has arrived.
                heard.recv().await.expect("the reader");
            }
            connection.write(&protocol::end(kind, protocol::stops(kind).0)).await;
        });
        let mut answering = models.ask(question("count"));
        for word in ["one ", "two ", "three "] {
            assert_eq!(next(&mut answering).await, AnswerEvent::Text(word.into()), "{kind:?}");
            told.send(()).await.expect("the script");
        }
        assert!(matches!(whole(answering).await.last, AnswerEvent::Done { .. }), "{kind:?}");
        provider.await.expect("the script");
    }
}

#[tokio::test]
async fn ln_36_dropping_an_answer_closes_the_providers_connection_within_a_second() {
    for kind in KINDS {
        let script = Script::new().await;
        let models = models(kind, script.address);
        let (told, heard) = tokio::sync::oneshot::channel::<()>();
        let provider = script.play(move |script| async move {
            let mut connection = script.accept().await;
            connection.request().await;
            connection.begin(protocol::mime(kind)).await;
            connection
                .write(&(protocol::start(kind) + &protocol::block(kind, "text") + &protocol::text(kind, "one ")))
                .await;
            heard.await.expect("the reader");
            // The limit of LN-36; nothing is written, so only the close itself can be seen.
            timeout(Duration::from_secs(1), connection.closed()).await
        });
        let mut answering = models.ask(question("count"));
        assert_eq!(next(&mut answering).await, AnswerEvent::Text("one ".into()));
        drop(answering);
        told.send(()).expect("the script");
        provider.await.expect("the script").expect("the connection was not closed within a second");
    }
}

#[tokio::test]
async fn ln_36_dropping_closes_also_before_the_first_word_and_while_waiting_to_ask_again() {
    let script = Script::new().await;
    let models = models(ProviderKind::OpenAi, script.address);
    let (told, heard) = tokio::sync::oneshot::channel::<()>();
    let provider = script.play(move |script| async move {
        let mut connection = script.accept().await;
        connection.request().await;
        told.send(()).expect("the reader");
        timeout(Duration::from_secs(1), connection.closed()).await.expect("still open after a second");
        // Asked again, it says when to come back; the reader is gone before that.
        let mut connection = script.accept().await;
        connection.request().await;
        connection.answer("429 Too Many Requests", "retry-after: 2\r\n", "{}").await;
        connection.closed().await;
        timeout(Duration::from_secs(3), script.accept()).await.is_err()
    });
    let answering = models.ask(question("silence"));
    heard.await.expect("the script");
    drop(answering);
    let answering = models.ask(question("busy"));
    let waiting = timeout(Duration::from_millis(500), async { whole(answering).await.last }).await;
    assert!(waiting.is_err(), "{waiting:?}");
    assert!(provider.await.expect("the script"), "asked again for nobody");
}

#[tokio::test]
async fn ln_32_thinking_that_a_local_model_writes_in_tags_is_apart_from_its_answer() {
    for kind in [ProviderKind::OpenAi, ProviderKind::Ollama] {
        let words = ["<thi", "nk>\nHm", ".\n</", "think>\n", "\nYes", ", `<think>` is a tag."];
        let said: String = words.iter().map(|word| protocol::text(kind, word)).collect();
        let (_, answer) =
            exchange(kind, question("why?"), protocol::start(kind) + &said + &protocol::end(kind, "stop")).await;
        assert_eq!((answer.thinking.as_str(), answer.text.as_str()), ("Hm.", "Yes, `<think>` is a tag."), "{kind:?}");
    }
}

#[tokio::test]
async fn a_reader_that_does_not_read_stops_the_provider_and_loses_nothing() {
    let script = Script::new().await;
    let models = models(ProviderKind::OpenAi, script.address);
    let line = protocol::text(ProviderKind::OpenAi, &"x".repeat(1_000));
    let (told, heard) = tokio::sync::oneshot::channel::<usize>();
    let provider = script.play(move |script| async move {
        let mut connection = script.accept().await;
        connection.request().await;
        connection.begin("text/event-stream").await;
        let written = connection.fill(&line).await;
        told.send(written).expect("the reader");
        // The rest of the line that was cut, and the end.
        let cut = written % line.len();
        connection.write(&line[cut..]).await;
        connection.write(&protocol::end(ProviderKind::OpenAi, "stop")).await;
        (written - cut) / line.len() + 1
    });
    let answering = models.ask(question("much"));
    let written = heard.await.expect("the script");
    // What the system's two socket buffers and ours hold; an unbounded reader would have taken it for ever.
    assert!(written < 32 << 20, "{written} bytes were taken from the provider while nobody read");
    let answer = whole(answering).await;
    if let AnswerEvent::Failed { sentence } = &answer.last {
        panic!("{sentence}");
    }
    let lines = provider.await.expect("the script");
    assert_eq!(answer.text.len(), lines * 1_000);
}

#[tokio::test]
async fn ln_31_a_quick_provider_makes_few_events() {
    let kind = ProviderKind::OpenAi;
    let words: String = (0..4_000).map(|number| protocol::text(kind, &format!("{number} "))).collect();
    let (_, answer) = exchange(kind, question("count"), words + &protocol::end(kind, "stop")).await;
    let expected: String = (0..4_000).map(|number| format!("{number} ")).collect();
    assert_eq!(answer.text, expected);
    assert!(answer.events < 400, "{} events for 4,000 tokens", answer.events);
}
