//! Questions and answers in the words of the document and in those of the models.
//!
//! Invariant: what is weighed is what would be asked.

use crate::{
    llm::{self, Models},
    notebook::{Message, Picture, PictureContent, Question, Speaker},
    room::{AnswerEvent, Answered, Weight},
    vocabulary::TokenUsage,
};

/// A question for a model.
pub fn question(question: &Question) -> llm::Question {
    llm::Question {
        provider: question.provider.clone(),
        model: question.model.clone(),
        system: question.system.clone(),
        messages: question.messages().iter().map(message).collect(),
        cells: question.sent().len(),
        asked: Some(question.asked.text.clone()),
        thinking: question.thinking.into(),
        max_tokens: None,
    }
}

fn message(Message { speaker, text, pictures }: &Message) -> llm::Message {
    let role = match speaker {
        Speaker::User => llm::Role::User,
        Speaker::Assistant => llm::Role::Assistant,
    };
    // Rooms have read those that lie in blobs.
    let image = |Picture { mime, content }: &Picture| match content {
        PictureContent::Base64(base64) => Some(llm::Image { mime: mime.clone(), base64: base64.clone() }),
        PictureContent::Blob(_) => None,
    };
    llm::Message { role, text: text.clone(), images: pictures.iter().filter_map(image).collect() }
}

/// Who would answer, and about how many tokens it would read.
pub fn weigh(models: &Models, asked: &Question) -> Weight {
    let whole = question(asked);
    let provider = whole.provider.as_deref();
    let tokens = |message: &llm::Message| models.estimate_message(provider, message);
    let of_cell = |messages: &[Message]| messages.iter().map(|said| tokens(&message(said))).sum();
    let chosen = models.choose(provider, whole.model.as_deref());
    let problem = chosen.as_ref().err().map(ToString::to_string);
    let problem = problem.or_else(|| whole.check().err().map(|invalid| invalid.to_string()));
    let (provider, model) =
        chosen.unwrap_or_else(|_| (asked.provider.clone().unwrap_or_default(), asked.model.clone()));
    Weight {
        provider,
        model,
        tokens: models.estimate(&whole),
        messages: whole.messages.iter().map(tokens).collect(),
        cells: asked.cells.iter().map(|cell| of_cell(&cell.messages)).collect(),
        problem,
    }
}

/// What a model says.
pub fn event(event: llm::AnswerEvent) -> AnswerEvent {
    match event {
        llm::AnswerEvent::Thinking(text) => AnswerEvent::Thinking(text),
        llm::AnswerEvent::Text(text) => AnswerEvent::Text(text),
        llm::AnswerEvent::Done { usage, model, stop } => {
            AnswerEvent::Done(Answered { model: Some(model), usage: Some(tokens(usage)), notice: notice(&stop) })
        }
        llm::AnswerEvent::Failed { sentence } => AnswerEvent::Failed { sentence },
    }
}

/// That something of the answer is missing.
fn notice(stop: &llm::Stop) -> Option<String> {
    match stop {
        llm::Stop::Length => Some("The answer reached the limit of its tokens and is cut off.".into()),
        llm::Stop::Filtered => Some("The provider held a part of the answer back.".into()),
        llm::Stop::Completed | llm::Stop::Other(_) => None,
    }
}

fn tokens(llm::Usage { input, output, estimated, microdollars }: llm::Usage) -> TokenUsage {
    TokenUsage { input_tokens: input, output_tokens: output, estimated, microdollars }
}
