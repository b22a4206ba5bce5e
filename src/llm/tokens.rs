//! How many tokens a text has, as an honest estimate. Imports question.
//!
//! Each model has a vocabulary of its own, most are not public, and the public ones weigh megabytes; the number is there
//! to judge the size of a context before it is sent, and the provider tells the true one afterwards. Invariant: what is
//! counted here is always called an estimate.

use super::question::{Message, Question};
use crate::vocabulary::ProviderKind;

/// An image, whatever its size: OpenAI counts 85 to 1105, Anthropic up to 1600.
const IMAGE: u64 = 1_000;

/// Role and separators around a message.
const MESSAGE: u64 = 4;

/// About how many tokens the text has for a model of this kind of provider: 4 ASCII characters a token (3.5 for
/// Anthropic's models), 1 token for an ideogram or an emoji, 2 letters a token in other scripts.
pub fn estimate_text(kind: ProviderKind, text: &str) -> u64 {
    let ascii = match kind {
        ProviderKind::Anthropic => 286,
        ProviderKind::OpenAi | ProviderKind::Ollama | ProviderKind::Demo => 250,
    };
    let thousandths: u64 = text
        .chars()
        .map(|character| match character {
            '\0'..='\x7f' => ascii,
            '\u{80}'..='\u{2dff}' => 500,
            _ => 1_000,
        })
        .sum();
    thousandths.div_ceil(1_000)
}

/// About how many tokens an answer of so many bytes has.
pub fn estimate_bytes(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}

/// About how many tokens a question has with all that goes with it.
pub fn estimate_question(kind: ProviderKind, question: &Question) -> u64 {
    let messages = question.messages.iter().map(|message| estimate_message(kind, message));
    let system = question.system.as_ref().map_or(0, |system| MESSAGE + estimate_text(kind, system));
    system + messages.sum::<u64>()
}

/// About how many tokens one message has.
pub fn estimate_message(kind: ProviderKind, message: &Message) -> u64 {
    MESSAGE + estimate_text(kind, &message.text) + IMAGE * message.images.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::question::{Image, Message, Role};

    #[test]
    fn ln_37_estimates_follow_script_and_provider() {
        use ProviderKind::{Anthropic, OpenAi};
        // The vocabularies of OpenAI's models have 10 tokens for it.
        let pangram = "The quick brown fox jumps over the lazy dog.";
        assert_eq!(estimate_text(OpenAi, pangram), 11);
        assert!(estimate_text(Anthropic, pangram) > estimate_text(OpenAi, pangram));
        assert_eq!(estimate_text(OpenAi, "今天天气"), 4);
        assert_eq!(estimate_text(OpenAi, "привет"), 3);
        assert_eq!(estimate_text(OpenAi, ""), 0);
    }

    #[test]
    fn ln_37_a_question_counts_all_that_is_sent() {
        let mut question =
            Question { messages: vec![Message::new(Role::User, "x".repeat(400))], ..Question::default() };
        assert_eq!(estimate_question(ProviderKind::OpenAi, &question), 104);
        question.system = Some("y".repeat(40));
        question.messages[0].images.push(Image { mime: "image/png".into(), base64: "AAAA".into() });
        assert_eq!(estimate_question(ProviderKind::OpenAi, &question), 104 + 14 + 1_000);
    }
}
