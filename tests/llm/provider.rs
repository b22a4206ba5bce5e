//! The engine with a scripted provider, and what came of a question to it.

use std::net::SocketAddr;

use coscribe::{
    llm::{AnswerEvent, Answering, Key, LlmSettings, Models, ProviderSettings, Times},
    vocabulary::ProviderKind,
};

pub use crate::script::{HANG, Request, SECRET, Script};

/// A provider of that kind at an address, with the key that must never be seen.
pub fn settings(kind: ProviderKind, address: SocketAddr) -> ProviderSettings {
    let (url, key, models) = (Some(format!("http://{address}")), Key::new(SECRET), vec!["tiny".into()]);
    ProviderSettings { url, key, models, ..ProviderSettings::new("mine", kind) }
}

/// An engine that knows nothing yet, with short times.
pub fn models_with(times: Times) -> Models {
    let file = std::env::temp_dir().join("there-is-no-such-models.json");
    Models::new(&LlmSettings { file, page: None, environment: Default::default(), times })
}

/// An engine that knows one provider.
pub fn models(kind: ProviderKind, address: SocketAddr) -> Models {
    let models = models_with(Times::default());
    models.set(settings(kind, address)).expect("good settings");
    models
}

/// The next event.
pub async fn next(answering: &mut Answering) -> AnswerEvent {
    let event = tokio::time::timeout(HANG, answering.events.recv()).await.expect("the engine hangs");
    event.expect("an event before the end")
}

/// A whole answer: thinking, text, the number of events before the last, and the last.
#[derive(Debug)]
pub struct Whole {
    pub thinking: String,
    pub text: String,
    pub events: usize,
    pub last: AnswerEvent,
}

/// Reads an answer to its end and checks that nothing follows.
pub async fn whole(mut answering: Answering) -> Whole {
    let (mut thinking, mut text, mut events) = (String::new(), String::new(), 0);
    loop {
        match next(&mut answering).await {
            AnswerEvent::Thinking(words) => thinking.push_str(&words),
            AnswerEvent::Text(words) => text.push_str(&words),
            last @ (AnswerEvent::Done { .. } | AnswerEvent::Failed { .. }) => {
                assert_eq!(answering.events.recv().await, None, "an event after the last");
                return Whole { thinking, text, events, last };
            }
        }
        events += 1;
    }
}

/// The sentence of a failure, which shows no secret.
pub fn sentence(last: &AnswerEvent) -> &str {
    let AnswerEvent::Failed { sentence } = last else { panic!("{last:?} is no failure") };
    assert!(!sentence.contains(&SECRET[..8]) && !sentence.contains("s3cr3t"), "{sentence}");
    assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
    sentence
}
