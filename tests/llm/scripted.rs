//! All three protocols against a scripted provider: what is sent, what comes back, and every way it can go wrong.

use std::time::Duration;

use coscribe::llm::{
    AnswerEvent, ExtraFields, Image, Message, ProviderKind, ProviderSettings, Question, Role, Stop, Thinking, Times,
    Usage,
};
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    protocol::{self, KINDS},
    provider::{HANG, Request, SECRET, Script, models, models_with, next, sentence, settings, whole},
};

fn question(text: &str) -> Question {
    Question { messages: vec![Message::new(Role::User, text)], ..Question::default() }
}

/// Asks a provider whose whole answer is one text, and gives the request that it got with the answer.
async fn exchange(kind: ProviderKind, question: Question, answer: String) -> (Request, crate::provider::Whole) {
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
async fn refused(kind: ProviderKind, status: &'static str, headers: &'static str, body: String) -> String {
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

fn complete(kind: ProviderKind, stop: &str) -> String {
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

#[tokio::test]
async fn ln_31_ln_32_every_protocol_streams_thinking_apart_from_text_and_ends_with_usage_model_and_reason() {
    for kind in KINDS {
        let (request, answer) = exchange(kind, question("why?"), complete(kind, protocol::stops(kind).0)).await;
        assert_eq!(request.line, protocol::path(kind));
        assert_eq!((answer.thinking.as_str(), answer.text.as_str()), ("Hm, well.", "Yes, because. ä😀"), "{kind:?}");
        let usage = Usage { input: 42, output: 8, estimated: false };
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
async fn a_question_arrives_with_all_that_belongs_to_it() {
    for kind in KINDS {
        let mut asked = question("What is on it?");
        asked.system = Some("Be brief.".into());
        asked.messages.insert(0, Message::new(Role::Assistant, "Earlier answer"));
        asked.messages.insert(0, Message::new(Role::User, "Earlier question"));
        asked.messages[2].images.push(Image { mime: "image/png".into(), base64: "QUJD".into() });
        asked.max_tokens = Some(33);
        asked.model = Some("a::name-high".into());
        let (request, _) = exchange(kind, asked, complete(kind, protocol::stops(kind).0)).await;
        let body = &request.body;
        assert_eq!((body["model"].as_str(), body["stream"].as_bool()), (Some("a::name-high"), Some(true)), "{kind:?}");
        let messages = body["messages"].as_array().expect("messages");
        let said: Vec<_> = messages.iter().map(|message| message["role"].as_str().expect("a role")).collect();
        let image = body["messages"].as_array().and_then(|messages| messages.last()).expect("a message");
        match kind {
            ProviderKind::Anthropic => {
                assert_eq!((body["system"].as_str(), said), (Some("Be brief."), vec!["user", "assistant", "user"]));
                assert_eq!(
                    image["content"][0]["source"],
                    json!({"type": "base64", "media_type": "image/png", "data": "QUJD"})
                );
                assert_eq!(body["max_tokens"], 33);
                assert_eq!(request.header("x-api-key"), Some(SECRET));
            }
            ProviderKind::Ollama => {
                assert_eq!(said, ["system", "user", "assistant", "user"]);
                assert_eq!((&image["images"], &image["content"]), (&json!(["QUJD"]), &json!("What is on it?")));
                assert_eq!(body["options"]["num_predict"], 33);
                assert_eq!(request.header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
            }
            ProviderKind::OpenAi | ProviderKind::Demo => {
                assert_eq!(said, ["system", "user", "assistant", "user"]);
                assert_eq!(image["content"][0]["image_url"]["url"], "data:image/png;base64,QUJD");
                assert_eq!(body["max_tokens"], 33);
                assert_eq!(request.header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
            }
        }
    }
}

#[tokio::test]
async fn ln_33_thinking_is_switched_in_the_words_of_each_protocol() {
    let body = |kind, model: &'static str, thinking| async move {
        let mut asked = question("why?");
        (asked.thinking, asked.model, asked.max_tokens) = (thinking, Some(model.into()), Some(100));
        exchange(kind, asked, complete(kind, protocol::stops(kind).0)).await.0.body
    };
    use ProviderKind::{Anthropic, Ollama, OpenAi};
    let off = body(OpenAi, "tiny", Thinking::Off).await;
    assert_eq!(off.get("reasoning_effort"), None);
    assert_eq!(body(OpenAi, "tiny", Thinking::Medium).await["reasoning_effort"], "medium");
    assert_eq!(body(OpenAi, "tiny", Thinking::High).await["reasoning_effort"], "high");
    assert_eq!(body(Ollama, "tiny", Thinking::Off).await["think"], false);
    assert_eq!(body(Ollama, "tiny", Thinking::Medium).await["think"], true);
    assert_eq!(body(Ollama, "tiny", Thinking::Low).await["think"], "low");
    let off = body(Anthropic, "claude-haiku-4-5", Thinking::Off).await;
    assert_eq!((off.get("thinking"), &off["max_tokens"]), (None, &json!(100)));
    // What it may think must fit under the limit together with the answer.
    let on = body(Anthropic, "claude-haiku-4-5", Thinking::Low).await;
    assert_eq!(
        (&on["thinking"], &on["max_tokens"]),
        (&json!({"type": "enabled", "budget_tokens": 1_024}), &json!(1_124))
    );
    let adaptive = body(Anthropic, "claude-opus-4-7", Thinking::High).await;
    assert_eq!(
        (&adaptive["thinking"]["type"], &adaptive["output_config"]["effort"]),
        (&json!("adaptive"), &json!("high"))
    );
    assert_eq!(adaptive["thinking"]["display"], "summarized");
    assert_eq!(body(Anthropic, "claude-sonnet-5", Thinking::Off).await["thinking"], json!({"type": "disabled"}));
}

#[tokio::test]
async fn fields_of_the_settings_go_into_the_request() {
    let script = Script::new().await;
    let object = |value: Value| value.as_object().expect("an object").clone();
    let extra = ExtraFields {
        always: object(json!({"top_k": 3})),
        thinking: object(json!({"chat_template_kwargs": {"enable_thinking": true}})),
        not_thinking: object(json!({"chat_template_kwargs": {"enable_thinking": false}})),
    };
    let models = models_with(Times::default());
    models.set(ProviderSettings { extra, ..settings(ProviderKind::OpenAi, script.address) }).expect("good settings");
    let provider = script.play(|script| async move {
        let mut bodies = Vec::new();
        for _ in 0..2 {
            let mut connection = script.accept().await;
            bodies.push(connection.request().await.body);
            connection.begin("text/event-stream").await;
            connection.write(&complete(ProviderKind::OpenAi, "stop")).await;
        }
        bodies
    });
    whole(models.ask(question("why?"))).await;
    whole(models.ask(Question { thinking: Thinking::Medium, ..question("why?") })).await;
    let bodies = provider.await.expect("the script");
    assert_eq!((&bodies[0]["top_k"], &bodies[1]["top_k"]), (&json!(3), &json!(3)));
    assert_eq!(bodies[0]["chat_template_kwargs"]["enable_thinking"], false);
    assert_eq!(bodies[1]["chat_template_kwargs"]["enable_thinking"], true);
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

#[tokio::test]
async fn models_are_listed_and_the_first_answers_when_nobody_named_one() {
    for kind in KINDS {
        let script = Script::new().await;
        let models = models_with(Times::default());
        models.set(ProviderSettings { models: vec![], ..settings(kind, script.address) }).expect("good settings");
        let provider = script.play(move |script| async move {
            let (path, list) = protocol::list(kind);
            for _ in 0..2 {
                let mut connection = script.accept().await;
                assert_eq!(connection.request().await.line, path);
                connection.answer("200 OK", "", &list.to_string()).await;
            }
            let mut connection = script.accept().await;
            let request = connection.request().await;
            connection.begin(protocol::mime(kind)).await;
            connection.write(&complete(kind, protocol::stops(kind).0)).await;
            request.body["model"].clone()
        });
        assert_eq!(models.models_of("mine").await, Ok(vec!["tiny".to_owned(), "big".to_owned()]), "{kind:?}");
        whole(models.ask(question("why?"))).await;
        assert_eq!(provider.await.expect("the script"), "tiny", "{kind:?}");
    }
}

#[tokio::test]
async fn a_list_of_models_that_does_not_come_ends_in_a_sentence() {
    let script = Script::new().await;
    let models = models_with(Times { list: Duration::from_millis(200), ..Times::default() });
    models.set(settings(ProviderKind::OpenAi, script.address)).expect("good settings");
    let silent = models.models_of("mine").await.expect_err("a silent provider");
    assert!(silent.to_string().contains("said nothing within 200 ms"), "{silent}");
    let unknown = models.models_of("theirs").await.expect_err("an unknown provider");
    assert!(unknown.to_string().contains("no provider of language models called “theirs”"), "{unknown}");
}
