//! One question from asking to its end: choice, connection, retry, delivery. Imports registry, client, demo, delivery.
//!
//! Invariant: whatever happens, the reader gets exactly one last event, unless it is gone.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::{
    sync::mpsc::Sender,
    time::{sleep, timeout},
};

use super::{
    Shared,
    answer::{AnswerEvent, Usage},
    client::Client,
    delivery::{Delivery, Gone, Patience},
    demo,
    failure::Failure,
    provider::Provider,
    question::Question,
    stream::{End, Parts},
    times, tokens,
};
use crate::vocabulary::ProviderKind;

/// Answers a question.
pub async fn answer(shared: &Shared, question: Question, events: Sender<AnswerEvent>) {
    let last = guarded(async {
        match prepare(shared, &question).await {
            Ok((provider, model)) => ask(shared, &provider, &model, &question, &events).await,
            Err(failure) => Ok(failed(&failure)),
        }
    });
    if let Ok(last) = last.await
        && events.send(last).await.is_err()
    {
        tracing::debug!("nobody waits for the end of an answer any more");
    }
}

/// Makes a panic, of a library on the odd bytes of a provider say, an end of the answer like any other.
async fn guarded(answer: impl Future<Output = Result<AnswerEvent, Gone>>) -> Result<AnswerEvent, Gone> {
    AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_| Ok(failed(&Failure::Fault)))
}

fn failed(failure: &Failure) -> AnswerEvent {
    let sentence = failure.to_string();
    tracing::info!(%sentence, "a question to a language model failed");
    AnswerEvent::Failed { sentence }
}

/// Who answers, with which model.
async fn prepare(shared: &Shared, question: &Question) -> Result<(Provider, String), Failure> {
    question.check()?;
    let (provider, model) = shared.registry().choose(question.provider.as_deref(), question.model.as_deref())?;
    let model = match model {
        Some(model) => model,
        None => list(shared, &provider).await?.into_iter().next().ok_or(Failure::NoModel(provider.name.clone()))?,
    };
    Ok((provider, model))
}

/// The models that a provider has: those configured, or those it tells.
pub async fn list(shared: &Shared, provider: &Provider) -> Result<Vec<String>, Failure> {
    if provider.kind == ProviderKind::Demo {
        return Ok(provider.models.clone());
    }
    let within = shared.times.list;
    let models = timeout(within, shared.client()?.models(provider)).await;
    models.unwrap_or_else(|_| Err(Failure::FirstTokenTime { provider: provider.name.clone(), within }))
}

async fn ask(
    shared: &Shared,
    provider: &Provider,
    model: &str,
    question: &Question,
    events: &Sender<AnswerEvent>,
) -> Result<AnswerEvent, Gone> {
    let patience = Patience {
        provider: provider.name.clone(),
        first_token: shared.times.first_token,
        between_tokens: shared.times.between_tokens,
    };
    let mut delivery = Delivery::new(events.clone(), patience);
    let mut retried = false;
    loop {
        let outcome = match open(shared, provider, model, question).await {
            Ok(parts) => delivery.run(parts).await?,
            Err(failure) => Err(failure),
        };
        let failure = match outcome {
            Ok(end) => return Ok(done((provider, model), question, end, delivery.bytes())),
            Err(failure) => failure,
        };
        match failure.worth_a_retry(times::RETRY, times::RETRY_AFTER_MAX) {
            Some(wait) if !retried && !delivery.began() => {
                retried = true;
                sleep(wait).await;
            }
            _ => return Ok(failed(&failure)),
        }
    }
}

async fn open(shared: &Shared, provider: &Provider, model: &str, question: &Question) -> Result<Parts, Failure> {
    match provider.kind {
        ProviderKind::Demo => Ok(demo::ask(question, shared.times.demo_step)),
        ProviderKind::OpenAi | ProviderKind::Anthropic | ProviderKind::Ollama => {
            let client: &Client = shared.client()?;
            client.ask(provider, model, question).await
        }
    }
}

fn done((provider, asked): (&Provider, &str), question: &Question, end: End, bytes: usize) -> AnswerEvent {
    let End { model, stop, tokens, microdollars } = end;
    let estimate = || (tokens::estimate_question(provider.kind, question), tokens::estimate_bytes(bytes));
    let (input, output) = tokens.unwrap_or_else(estimate);
    let estimated = tokens.is_none() || provider.kind == ProviderKind::Demo;
    // The model that answered may be called more exactly than the one that was asked.
    let price = provider.prices.get(asked).or_else(|| provider.prices.get(&model));
    let microdollars = microdollars.or_else(|| price.map(|price| price.of(input, output)));
    AnswerEvent::Done { usage: Usage { input, output, estimated, microdollars }, model, stop }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ln_40_a_panic_ends_an_answer_with_a_sentence() {
        let last = guarded(async { panic!("odd bytes") }).await;
        assert_eq!(last, Ok(AnswerEvent::Failed { sentence: Failure::Fault.to_string() }));
    }
}
