//! Whether a provider works: the shortest question that shows it. Imports asking, answer, provider, question.
//!
//! A list of models alone shows little: some servers give it to everybody, whatever the key, and some have none.
//! Invariant: a test asks for a few tokens once, and waits no longer than [`super::times::Times::test`].

use tokio::{sync::mpsc, time::timeout};

use super::{
    Shared,
    answer::AnswerEvent,
    asking,
    failure::Failure,
    provider::Provider,
    question::{Message, Question, Role},
};

/// Enough for a word after the first thoughts of a model that always thinks.
const TOKENS: u32 = 16;

/// What a test found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// What the provider says it has; empty if it says nothing.
    pub models: Vec<String>,
    /// Why it does not answer; none if it does.
    pub failure: Option<String>,
}

/// Asks for the models and a word.
pub(super) async fn test(shared: &Shared, provider: &Provider, model: Option<String>) -> Tested {
    let listed = asking::list(shared, provider).await;
    let models = listed.as_ref().cloned().unwrap_or_default();
    let failure = match (model.or_else(|| models.first().cloned()), listed) {
        (Some(model), _) => word(shared, provider, model).await,
        (None, Err(failure)) => Some(failure.to_string()),
        (None, Ok(_)) => Some(Failure::NoModel(provider.name.clone()).to_string()),
    };
    Tested { models, failure }
}

/// Why no word came. The rest of the answer is not waited for; leaving closes its connection.
async fn word(shared: &Shared, provider: &Provider, model: String) -> Option<String> {
    let question = Question {
        provider: Some(provider.name.clone()),
        model: Some(model),
        messages: vec![Message::new(Role::User, "Say hello.")],
        max_tokens: Some(TOKENS),
        ..Question::default()
    };
    let (events, mut said) = mpsc::channel(1);
    let within = shared.times.test;
    let first = async {
        tokio::select! {
            biased;
            first = said.recv() => first,
            () = asking::answer(shared, question, events) => said.try_recv().ok(),
        }
    };
    match timeout(within, first).await {
        Ok(Some(AnswerEvent::Failed { sentence })) => Some(sentence),
        Ok(Some(_)) => None,
        Ok(None) => Some(Failure::Fault.to_string()),
        Err(_) => Some(Failure::FirstTokenTime { provider: provider.name.clone(), within }.to_string()),
    }
}
