//! What providers are sent, in the words of each protocol.

use std::time::Duration;

use coscribe::{
    llm::{ExtraFields, Image, Message, ProviderSettings, Question, Role, Thinking, Times},
    vocabulary::ProviderKind,
};
use serde_json::{Value, json};

use crate::{
    exchange::{complete, exchange, question},
    protocol::{self, KINDS},
    provider::{SECRET, Script, models_with, settings, whole},
};

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
