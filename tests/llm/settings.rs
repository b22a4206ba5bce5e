//! Settings from file and environment, and the demonstration, through the same door as everything else.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use coscribe::llm::{AnswerEvent, Choice, Environment, LlmSettings, Message, Models, Question, Role, Thinking, Times};
use coscribe::vocabulary::{ProviderKind, ProviderSource};
use serde_json::{Value, json};

use crate::provider::{SECRET, models_with, sentence, settings, whole};

fn with_file(content: &Value, mode: u32) -> Models {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("models.json");
    fs::write(&file, content.to_string()).expect("the file");
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("the rights");
    let environment = Environment::from([("OPENAI_API_KEY".to_owned(), SECRET.to_owned())]);
    Models::new(&LlmSettings { file, page: None, environment, times: Times::default() })
}

#[test]
fn a_listing_shows_names_models_and_whether_a_key_is_there_but_never_the_key() {
    let models = with_file(
        &json!({
            "default": { "provider": "Claude" },
            "providers": [
                { "name": "local", "kind": "openai", "url": "http://127.0.0.1:1", "models": ["a", "b"] },
                { "name": "Claude", "kind": "anthropic", "key": SECRET },
            ],
        }),
        0o600,
    );
    let listing = models.listing();
    assert_eq!(listing.problems, Vec::<String>::new());
    let seen: Vec<_> = listing
        .providers
        .iter()
        .map(|provider| (provider.name.as_str(), provider.has_key, provider.source, provider.default))
        .collect();
    assert_eq!(
        seen,
        [
            ("local", false, ProviderSource::File, false),
            ("Claude", true, ProviderSource::File, true),
            ("openai", true, ProviderSource::Environment, false),
            ("demo", false, ProviderSource::BuiltIn, false),
        ]
    );
    assert_eq!(listing.providers[0].address.as_deref(), Some("http://127.0.0.1:1"));
    let shown = format!("{listing:?} {models:?}");
    assert!(!shown.contains("s3cr3t"), "{shown}");
}

#[test]
fn a_file_with_keys_that_others_can_read_is_said() {
    let content = json!({ "providers": [{ "name": "x", "kind": "openai", "key": SECRET }] });
    assert_eq!(with_file(&content, 0o600).listing().problems, Vec::<String>::new());
    let problems = with_file(&content, 0o644).listing().problems;
    assert!(problems.len() == 1 && problems[0].contains("chmod 600"), "{problems:?}");
}

#[test]
fn a_broken_file_leaves_the_other_providers() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("models.json");
    fs::write(&file, "{ providers").expect("the file");
    let environment = Environment::from([("OPENAI_API_KEY".to_owned(), SECRET.to_owned())]);
    let models = Models::new(&LlmSettings { file, page: None, environment, times: Times::default() });
    assert_eq!(models.listing().problems, ["models.json is not valid JSON: look at line 1, column 3."]);
    assert!(models.providers()[0].default && models.providers()[0].name == "openai");
}

#[test]
fn the_page_may_add_providers_and_choose_the_default() {
    let models = models_with(Times::default());
    assert!(models.providers()[0].default, "the demonstration alone");
    models.set(settings(ProviderKind::OpenAi, "127.0.0.1:1".parse().expect("an address"))).expect("good settings");
    assert_eq!((models.providers()[0].source, models.providers()[0].default), (ProviderSource::Page, true));
    models.set_default(Some(Choice { provider: "demo".into(), model: None })).expect("it is there");
    assert!(models.providers()[1].default);
    models.remove("mine").expect("it is there");
    assert!(models.remove("mine").is_err() && models.providers().len() == 1);
}

fn asked(text: &str) -> Question {
    Question { messages: vec![Message::new(Role::User, text)], cells: 4, ..Question::default() }
}

fn quick() -> Models {
    models_with(Times {
        demo_step: Duration::from_millis(1),
        between_tokens: Duration::from_millis(300),
        ..Times::default()
    })
}

#[tokio::test]
async fn ln_38_without_any_key_a_demonstration_streams_thinks_fails_and_stalls_as_asked() {
    let models = quick();
    let answer = whole(models.ask(Question { thinking: Thinking::Medium, ..asked("please answer at length") })).await;
    assert!(answer.thinking.contains("thinking looks like") && answer.text.contains("This is a demonstration"));
    assert!(answer.text.contains("- 4 cells above") && answer.events > 5, "{} events", answer.events);
    let AnswerEvent::Done { usage, model, .. } = &answer.last else { panic!("{:?}", answer.last) };
    assert!(usage.estimated && usage.output > 1_000 && model == "demo", "{:?}", answer.last);

    let failed = whole(models.ask(asked("Please fail"))).await;
    assert!(!failed.text.is_empty() && sentence(&failed.last).contains("that you asked the demonstration for"));
    let stalled = whole(models.ask(asked("Please stall"))).await;
    assert!(!stalled.text.is_empty() && sentence(&stalled.last).contains("“demo” fell silent"));
}

#[tokio::test]
async fn ln_38_the_demonstration_says_the_same_to_the_same_question() {
    let models = quick();
    let (one, other) = (whole(models.ask(asked("why?"))).await, whole(models.ask(asked("why?"))).await);
    assert_eq!((one.text, one.last), (other.text, other.last));
}

#[tokio::test]
async fn a_question_that_cannot_be_asked_ends_in_a_sentence() {
    let models = quick();
    let empty = whole(models.ask(asked(" "))).await;
    assert_eq!(sentence(&empty.last), "There is no question. Write one and ask again.");
    let unknown = whole(models.ask(Question { provider: Some("theirs".into()), ..asked("why?") })).await;
    assert!(sentence(&unknown.last).contains("called “theirs”"));
}

#[test]
fn ln_37_what_a_question_costs_is_estimated_before_it_is_sent() {
    let models = quick();
    assert_eq!(models.estimate_message(None, &asked(&"x".repeat(400)).messages[0]), 104);
    assert_eq!(models.estimate(&asked(&"x".repeat(400))), 104);
}
