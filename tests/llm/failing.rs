//! Every way in which a provider can fail, and the sentence that it ends in.

use std::time::Duration;

use coscribe::{
    llm::{AnswerEvent, ProviderSettings, Times},
    vocabulary::ProviderKind,
};
use serde_json::json;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    exchange::{complete, exchange, question, refused},
    protocol::{self, KINDS},
    provider::{HANG, SECRET, Script, models, models_with, next, sentence, settings, whole},
};

#[tokio::test]
async fn ln_40_every_refusal_ends_in_a_sentence_that_says_what_to_do() {
    for kind in KINDS {
        let told = |message: &str| json!({"error": {"message": message, "type": "x"}}).to_string();
        for (status, headers, body, words) in [
            (
                "401 Unauthorized",
                "",
                told(&format!("Incorrect API key provided: {SECRET}")),
                "does not accept the key (401). Correct it",
            ),
            (
                "403 Forbidden",
                "",
                told("Not in your country."),
                "does not allow this (403): Not in your country. Check",
            ),
            ("404 Not Found", "", told("model 'tiny' not found"), "does not know the model “tiny”"),
            ("429 Too Many Requests", "retry-after: 75\r\n", told("Slow down."), "Slow down. Ask again in 75 seconds."),
            ("429 Too Many Requests", "", told("You exceeded your quota."), "quota. Ask again in a while"),
            ("400 Bad Request", "", told("tiny does not support thinking"), "Switch thinking off"),
            ("400 Bad Request", "", told("maximum context length is 10 tokens"), "Skip cells"),
            (
                "500 Internal Server Error",
                "",
                "<html><b>oops</b></html>".into(),
                "has trouble of its own (500). Ask again",
            ),
            ("529 Overloaded", "", told("Overloaded"), "has trouble of its own (529): Overloaded. Ask again"),
            ("307 Temporary Redirect", "location: http://127.0.0.1:1/\r\n", String::new(), "sends elsewhere (307)"),
            (
                "418 Teapot",
                "",
                format!("see http://bob:{SECRET}@host/?key={SECRET} and {SECRET}"),
                "(418): see http://host/ and …",
            ),
        ] {
            let sentence = refused(kind, status, headers, body).await;
            assert!(sentence.starts_with("“mine” ") && sentence.contains(words), "{kind:?}: {sentence}");
        }
    }
}

#[tokio::test]
async fn ln_40_who_has_no_key_is_told_so() {
    let script = Script::new().await;
    let models = models_with(Times::default());
    models
        .set(ProviderSettings { key: None, ..settings(ProviderKind::OpenAi, script.address) })
        .expect("good settings");
    let provider = script.play(|script| async move {
        let mut connection = script.accept().await;
        connection.request().await;
        connection.answer("401 Unauthorized", "", "{}").await;
    });
    let answer = whole(models.ask(question("why?"))).await;
    assert_eq!(sentence(&answer.last), "“mine” wants a key (401). Add one in the settings.");
    provider.await.expect("the script");
}

#[tokio::test]
async fn ln_40_a_stream_that_is_cut_keeps_its_words_and_fails() {
    for kind in KINDS {
        let begun = protocol::start(kind) + &protocol::block(kind, "text") + &protocol::text(kind, "Half a");
        let (_, answer) = exchange(kind, question("why?"), begun).await;
        assert_eq!(answer.text, "Half a", "{kind:?}");
        let words = "“mine” broke off in the middle of the answer. What it said is kept; ask again.";
        assert_eq!(sentence(&answer.last), words, "{kind:?}");
    }
}

#[tokio::test]
async fn ln_40_a_stream_that_is_reset_within_a_chunk_keeps_its_words_and_fails() {
    let script = Script::new().await;
    let models = models(ProviderKind::OpenAi, script.address);
    let (told, heard) = tokio::sync::oneshot::channel::<()>();
    let provider = script.play(|script| async move {
        let mut connection = script.accept().await;
        connection.request().await;
        connection.begin_chunked().await;
        connection.chunk(&protocol::text(ProviderKind::OpenAi, "Half a")).await;
        connection.write("ff\r\ndata: {\"cho").await;
        heard.await.expect("the reader");
        connection.reset();
    });
    let mut answering = models.ask(question("why?"));
    assert_eq!(next(&mut answering).await, AnswerEvent::Text("Half a".into()));
    told.send(()).expect("the script");
    assert!(sentence(&whole(answering).await.last).contains("broke off in the middle"));
    provider.await.expect("the script");
}

#[tokio::test]
async fn ln_40_an_error_in_the_middle_of_an_answer_is_told_without_the_key() {
    for kind in KINDS {
        let begun = protocol::start(kind) + &protocol::block(kind, "text") + &protocol::text(kind, "Half a");
        let error = protocol::error(kind, &format!("overloaded, {SECRET}"));
        let (_, answer) = exchange(kind, question("why?"), begun + &error).await;
        assert_eq!(answer.text, "Half a", "{kind:?}");
        let sentence = sentence(&answer.last);
        assert!(sentence.contains("middle of the answer: overloaded, …. What"), "{kind:?}: {sentence}");
    }
}

#[tokio::test]
async fn ln_40_what_is_no_answer_of_a_model_ends_in_a_sentence() {
    for kind in KINDS {
        for body in
            ["<html>Welcome</html>\n\n", "data: {broken\n\nevent: content_block_delta\ndata: {broken\n\n{broken\n", ""]
        {
            let (_, answer) = exchange(kind, question("why?"), body.into()).await;
            let sentence = sentence(&answer.last);
            assert!(sentence.contains("did not send an answer that can be read"), "{kind:?} {body:?}: {sentence}");
        }
    }
}

#[tokio::test]
async fn ln_40_silence_ends_in_a_sentence_whether_a_word_came_or_not() {
    let times = Times {
        first_token: Duration::from_millis(300),
        between_tokens: Duration::from_millis(200),
        ..Times::default()
    };
    for (words, expected) in [("", "said nothing within 300 ms"), ("one ", "fell silent: no word came for 200 ms")] {
        let script = Script::new().await;
        let models = models_with(times);
        models.set(settings(ProviderKind::OpenAi, script.address)).expect("good settings");
        let provider = script.play(move |script| async move {
            let mut connection = script.accept().await;
            connection.request().await;
            connection.begin("text/event-stream").await;
            if !words.is_empty() {
                connection.write(&protocol::text(ProviderKind::OpenAi, words)).await;
            }
            connection.closed().await;
        });
        let answer = whole(models.ask(question("why?"))).await;
        assert_eq!(answer.text, words);
        assert!(sentence(&answer.last).contains(expected), "{:?}", answer.last);
        timeout(HANG, provider).await.expect("the connection was kept").expect("the script");
    }
}

#[tokio::test]
async fn one_retry_helps_over_a_connection_that_was_reset_or_a_short_wait() {
    for busy in [false, true] {
        let script = Script::new().await;
        let models = models(ProviderKind::OpenAi, script.address);
        let provider = script.play(move |script| async move {
            let mut connection = script.accept().await;
            connection.request().await;
            if busy {
                connection.answer("429 Too Many Requests", "retry-after-ms: 10\r\n", "{}").await;
            } else {
                connection.reset();
            }
            let mut connection = script.accept().await;
            connection.request().await;
            connection.begin("text/event-stream").await;
            connection.write(&complete(ProviderKind::OpenAi, "stop")).await;
        });
        let answer = whole(models.ask(question("why?"))).await;
        assert_eq!(answer.text, "Yes, because. ä😀", "{answer:?}");
        provider.await.expect("the script");
    }
}

#[tokio::test]
async fn a_second_refusal_and_any_failure_after_a_word_are_final() {
    let script = Script::new().await;
    let models = models(ProviderKind::OpenAi, script.address);
    let provider = script.play(|script| async move {
        for _ in 0..2 {
            let mut connection = script.accept().await;
            connection.request().await;
            connection.reset();
        }
        let mut connection = script.accept().await;
        let request = connection.request().await;
        connection.begin_chunked().await;
        connection.chunk(&protocol::text(ProviderKind::OpenAi, "Half a")).await;
        connection.reset();
        // Who asked a third time would be met here.
        (request, timeout(Duration::from_secs(2), script.accept()).await.is_err())
    });
    let reset = whole(models.ask(question("first"))).await;
    assert_eq!(sentence(&reset.last), "“mine” broke the connection off before it answered. Ask again.");
    whole(models.ask(question("second"))).await;
    let (request, alone) = provider.await.expect("the script");
    assert_eq!(request.body["messages"][0]["content"], "second");
    assert!(alone, "asked again after the first word");
}

#[tokio::test]
async fn ln_40_a_server_that_is_not_there_is_said_with_its_address() {
    let script = Script::new().await;
    let address = script.address;
    drop(script);
    for kind in KINDS {
        let answer = whole(models(kind, address).ask(question("why?"))).await;
        let words = format!(
            "Nothing answers at http://{address} (“mine”). Start the server there or correct the address, then ask again."
        );
        assert_eq!(sentence(&answer.last), words);
    }
}

#[tokio::test]
async fn ln_40_a_server_that_does_not_take_connections_is_given_up_after_the_time_set() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    // Nobody accepts: when its queue is full, the system answers no more.
    let mut waiting = Vec::new();
    while let Ok(connected) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        waiting.push(connected.expect("a connection"));
    }
    let models = models_with(Times { connect: Duration::from_millis(200), ..Times::default() });
    models.set(settings(ProviderKind::OpenAi, address)).expect("good settings");
    let answer = whole(models.ask(question("why?"))).await;
    let words = format!("“mine” at http://{address} could not be reached within 200 ms.");
    assert!(sentence(&answer.last).starts_with(&words), "{:?}", answer.last);
}

#[tokio::test]
async fn a_server_without_encryption_behind_https_is_said() {
    let script = Script::new().await;
    let models = models_with(Times::default());
    let url = Some(format!("https://{}/v1", script.address));
    models.set(ProviderSettings { url, ..settings(ProviderKind::OpenAi, script.address) }).expect("good settings");
    let provider = script.play(|script| async move {
        script.accept().await.write("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let answer = whole(models.ask(question("why?"))).await;
    assert!(sentence(&answer.last).contains("cannot be reached at https://127.0.0.1"), "{:?}", answer.last);
    provider.await.expect("the script");
}

#[tokio::test]
async fn ln_40_an_error_instead_of_an_answer_is_told() {
    for kind in KINDS {
        let (_, answer) = exchange(kind, question("why?"), protocol::error(kind, "no image input")).await;
        let words = "“mine” could not answer: no image input. Skip the cells with images, or choose a model that sees.";
        assert_eq!(sentence(&answer.last), words, "{kind:?}");
    }
}

#[tokio::test]
async fn a_name_that_no_machine_has_is_said() {
    let models = models_with(Times::default());
    let url = Some("http://no-such-machine.invalid/v1".into());
    let nowhere =
        ProviderSettings { url, ..settings(ProviderKind::OpenAi, "127.0.0.1:1".parse().expect("an address")) };
    models.set(nowhere).expect("good settings");
    let answer = whole(models.ask(question("why?"))).await;
    let sentence = sentence(&answer.last);
    assert!(sentence.contains("cannot be reached at http://no-such-machine.invalid"), "{sentence}");
}
