//! What is asked: messages with text and images, thinking, limits. Imports nothing of ours.
//!
//! Invariant: a question that passed [`Question::check`] can be said in the protocol of every provider.

use serde::{Deserialize, Serialize};

/// The largest question, in bytes of text and images: what the largest context of today's models holds, many times.
pub const QUESTION_BYTES: usize = 32 << 20;

/// Kinds of images that all providers take.
pub const IMAGE_KINDS: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Somebody who asks; what the notebook holds is said by them too.
    User,
    /// The model, in an earlier answer.
    Assistant,
}

/// A picture that goes with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// One of [`IMAGE_KINDS`].
    pub mime: String,
    /// The file in standard base64, without line breaks.
    pub base64: String,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub role: Role,
    pub text: String,
    /// Only a message of the user carries images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

impl Message {
    /// A message of text only.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into(), images: Vec::new() }
    }
}

/// Whether the model thinks before it answers, and how hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Thinking {
    #[default]
    Off,
    Low,
    /// What “on” means.
    Medium,
    High,
}

impl From<bool> for Thinking {
    fn from(on: bool) -> Self {
        if on { Self::Medium } else { Self::Off }
    }
}

/// A question to a model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// The name of a provider; the default one if none is given.
    pub provider: Option<String>,
    /// A model of the provider; its default one if none is given.
    pub model: Option<String>,
    /// What the model is told about its task, apart from the conversation.
    pub system: Option<String>,
    /// The conversation; the last message is the question and the user's.
    pub messages: Vec<Message>,
    /// How many cells of a notebook the messages were made of; only the demonstration says it.
    pub cells: usize,
    /// The question alone, if cells stand before it in the last message; only the demonstration tells them apart.
    pub asked: Option<String>,
    pub thinking: Thinking,
    /// The most tokens of the answer. Anthropic's models get tokens for thinking on top of it; other providers count
    /// thinking as part of the answer. Without it the model's own limit holds.
    pub max_tokens: Option<u32>,
}

/// Why a question cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuestion {
    #[error("There is no question. Write one and ask again.")]
    Empty,
    #[error("The conversation ends with an answer. Add a question and ask again.")]
    EndsWithAnAnswer,
    #[error("Only messages of the user can carry images.")]
    ImageOfTheAssistant,
    #[error("Images of the kind {0} cannot be sent to a model; PNG, JPEG, GIF and WebP can.")]
    KindOfImage(String),
    #[error("An image is not valid base64.")]
    Base64,
    #[error("The question has {0} MB with its context; at most 32 MB can be sent. Skip cells or images and ask again.")]
    TooLarge(usize),
    #[error("An answer of at most 0 tokens is none. Allow some and ask again.")]
    NoTokens,
}

impl Question {
    /// Whether every provider can be asked this.
    pub fn check(&self) -> Result<(), InvalidQuestion> {
        let last = self.messages.last().ok_or(InvalidQuestion::Empty)?;
        match last.role {
            Role::Assistant => return Err(InvalidQuestion::EndsWithAnAnswer),
            Role::User if last.text.trim().is_empty() && last.images.is_empty() => return Err(InvalidQuestion::Empty),
            Role::User => {}
        }
        if self.max_tokens == Some(0) {
            return Err(InvalidQuestion::NoTokens);
        }
        self.check_size()?;
        self.messages.iter().try_for_each(check_images)
    }

    fn check_size(&self) -> Result<(), InvalidQuestion> {
        let images = |message: &Message| message.images.iter().map(|image| image.base64.len()).sum::<usize>();
        let messages: usize = self.messages.iter().map(|message| message.text.len() + images(message)).sum();
        let bytes = messages + self.system.as_ref().map_or(0, String::len);
        if bytes > QUESTION_BYTES { Err(InvalidQuestion::TooLarge(bytes >> 20)) } else { Ok(()) }
    }
}

fn check_images(message: &Message) -> Result<(), InvalidQuestion> {
    if message.role == Role::Assistant && !message.images.is_empty() {
        return Err(InvalidQuestion::ImageOfTheAssistant);
    }
    message.images.iter().try_for_each(|image| {
        if !IMAGE_KINDS.contains(&image.mime.as_str()) {
            return Err(InvalidQuestion::KindOfImage(image.mime.chars().take(60).collect()));
        }
        if image.base64.is_empty() || !image.base64.bytes().all(is_base64) {
            return Err(InvalidQuestion::Base64);
        }
        Ok(())
    })
}

/// The letters of base64; whether they spell an image, the provider says.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(messages: Vec<Message>) -> Result<(), InvalidQuestion> {
        Question { messages, ..Question::default() }.check()
    }

    fn with_image(role: Role, mime: &str, base64: &str) -> Message {
        Message { images: vec![Image { mime: mime.into(), base64: base64.into() }], ..Message::new(role, "look") }
    }

    #[test]
    fn a_question_ends_with_words_or_an_image_of_the_user() {
        assert_eq!(asked(vec![Message::new(Role::User, "why?")]), Ok(()));
        assert_eq!(asked(vec![]), Err(InvalidQuestion::Empty));
        assert_eq!(asked(vec![Message::new(Role::User, " \n")]), Err(InvalidQuestion::Empty));
        assert_eq!(asked(vec![Message::new(Role::Assistant, "so")]), Err(InvalidQuestion::EndsWithAnAnswer));
        assert_eq!(asked(vec![Message { text: String::new(), ..with_image(Role::User, "image/png", "AAAA") }]), Ok(()));
    }

    #[test]
    fn images_are_of_a_kind_that_all_providers_take_and_the_users() {
        assert_eq!(asked(vec![with_image(Role::User, "image/webp", "AA==")]), Ok(()));
        let svg = asked(vec![with_image(Role::User, "image/svg+xml", "AAAA")]);
        assert_eq!(svg, Err(InvalidQuestion::KindOfImage("image/svg+xml".into())));
        assert_eq!(asked(vec![with_image(Role::User, "image/png", "AA\nAA")]), Err(InvalidQuestion::Base64));
        let theirs = asked(vec![with_image(Role::Assistant, "image/png", "AAAA"), Message::new(Role::User, "?")]);
        assert_eq!(theirs, Err(InvalidQuestion::ImageOfTheAssistant));
    }

    #[test]
    fn a_question_has_a_size_that_can_be_sent_and_room_for_an_answer() {
        let large = asked(vec![Message::new(Role::User, "x".repeat(QUESTION_BYTES + 1))]);
        assert_eq!(large, Err(InvalidQuestion::TooLarge(32)));
        let none =
            Question { max_tokens: Some(0), messages: vec![Message::new(Role::User, "?")], ..Question::default() };
        assert_eq!(none.check(), Err(InvalidQuestion::NoTokens));
    }
}
