//! A question in genai's words: messages, thinking, limits, extra fields. Imports provider, question.
//!
//! genai reads meanings into names of models (`…-low`, `a::b`) and knows no “thinking off” that all servers take; what is
//! built here takes both back. Invariant: the model asked is the model named.

use genai::{
    Headers, ModelIden, ModelSpec, ServiceTarget,
    adapter::AdapterKind,
    chat::{Binary, ChatMessage, ChatOptions, ChatRequest, ContentPart, MessageContent, ReasoningEffort},
    resolver::{AuthData, Endpoint},
};
use reqwest::Url;
use serde_json::{Map, Value};

use super::{
    key::Key,
    provider::Provider,
    question::{Image, Message, Question, Role, Thinking},
};
use crate::vocabulary::ProviderKind;

/// Sent to servers that need no key, since the protocol wants one.
const NO_KEY: &str = "none";

/// What Anthropic's older models may think in tokens, in genai's steps; it has to fit under the limit of tokens.
const THINKING_TOKENS: [(Thinking, u32); 3] =
    [(Thinking::Low, 1_024), (Thinking::Medium, 8_000), (Thinking::High, 24_000)];

/// Which protocol of genai a provider speaks.
pub fn adapter(kind: ProviderKind) -> AdapterKind {
    match kind {
        ProviderKind::OpenAi | ProviderKind::Demo => AdapterKind::OpenAI,
        ProviderKind::Anthropic => AdapterKind::Anthropic,
        ProviderKind::Ollama => AdapterKind::Ollama,
    }
}

/// Where a provider is.
pub fn endpoint(provider: &Provider) -> Endpoint {
    Endpoint::from_owned(provider.url.as_ref().map_or("", Url::as_str))
}

/// Who asks it.
pub fn auth(provider: &Provider) -> AuthData {
    AuthData::from_single(provider.key.as_ref().map_or(NO_KEY, Key::reveal))
}

/// Whom to ask for which model.
pub fn target(provider: &Provider, model: &str) -> ModelSpec {
    // Behind `::` stands the name; without it genai would take a part of a name like `a::b` away.
    let name = if model.contains("::") { format!("::{model}") } else { model.to_owned() };
    let model = ModelIden::new(adapter(provider.kind), name);
    ModelSpec::Target(ServiceTarget { endpoint: endpoint(provider), auth: auth(provider), model })
}

/// The conversation.
pub fn conversation(question: &Question) -> ChatRequest {
    let request = ChatRequest::new(question.messages.iter().map(message).collect());
    match &question.system {
        Some(system) if !system.trim().is_empty() => request.with_system(system),
        _ => request,
    }
}

fn message(message: &Message) -> ChatMessage {
    let text = (!message.text.is_empty()).then(|| ContentPart::from_text(&message.text));
    let parts: Vec<_> = message.images.iter().map(image).chain(text).collect();
    match message.role {
        Role::User => ChatMessage::user(MessageContent::from_parts(parts)),
        Role::Assistant => ChatMessage::assistant(MessageContent::from_parts(parts)),
    }
}

fn image(image: &Image) -> ContentPart {
    ContentPart::Binary(Binary::from_base64(&image.mime, image.base64.as_str(), None))
}

/// How it shall be answered.
pub fn options(provider: &Provider, model: &str, question: &Question) -> ChatOptions {
    let mut options = ChatOptions::default()
        .with_capture_usage(true)
        // Newer models of Anthropic send their thinking only to who keeps it.
        .with_capture_reasoning_content(provider.kind == ProviderKind::Anthropic)
        .with_reasoning_effort(effort(provider.kind, question.thinking))
        .with_extra_body(Value::Object(body(provider, model, question.thinking)));
    if let Some(tokens) = question.max_tokens {
        options = options.with_max_tokens(tokens.saturating_add(thinking_tokens(provider.kind, question.thinking)));
    }
    match (&provider.key, provider.kind) {
        // genai sends Ollama no key, but a proxy in front of it may want one.
        (Some(key), ProviderKind::Ollama) => {
            options.with_extra_headers(Headers::from(("Authorization", format!("Bearer {}", key.reveal()))))
        }
        _ => options,
    }
}

/// How hard to think, in the words that the provider's protocol has for it. A budget of nothing is genai's way to say
/// nothing to an OpenAI-compatible server, and `true` without a level to Ollama, which all models that think take.
fn effort(kind: ProviderKind, thinking: Thinking) -> ReasoningEffort {
    match (kind, thinking) {
        (ProviderKind::OpenAi | ProviderKind::Demo, Thinking::Off) => ReasoningEffort::Budget(0),
        (ProviderKind::Ollama, Thinking::Medium) => ReasoningEffort::Budget(0),
        (_, Thinking::Off) => ReasoningEffort::Zero,
        (_, Thinking::Low) => ReasoningEffort::Low,
        (_, Thinking::Medium) => ReasoningEffort::Medium,
        (_, Thinking::High) => ReasoningEffort::High,
    }
}

fn thinking_tokens(kind: ProviderKind, thinking: Thinking) -> u32 {
    let step = THINKING_TOKENS.iter().find(|(step, _)| *step == thinking && kind == ProviderKind::Anthropic);
    step.map_or(0, |(_, tokens)| *tokens)
}

/// Fields over those of genai: the name of the model as it is, and what the settings of the provider say.
fn body(provider: &Provider, model: &str, thinking: Thinking) -> Map<String, Value> {
    let extra = &provider.extra;
    let of_thinking = if thinking == Thinking::Off { &extra.not_thinking } else { &extra.thinking };
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.extend(extra.always.clone());
    body.extend(of_thinking.clone());
    body
}
