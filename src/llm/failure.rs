//! Why there is no answer, as sentences for people that say what to do. Imports question.
//!
//! Invariant: what a provider said gets into a [`Failure`] only scrubbed (`key.rs`); addresses only as scheme, host, port.

use std::time::Duration;

use super::question::InvalidQuestion;

/// Why a question got no (complete) answer. `provider` is the name of one, `origin` where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Question(#[from] InvalidQuestion),
    #[error("There is no provider of language models called “{0}”. Choose another in the cell or in the settings.")]
    UnknownProvider(String),
    #[error("“{0}” offers no model. Start one there, or name one in the settings.")]
    NoModel(String),
    #[error("The connection to language models could not be set up: {0}.")]
    Client(String),
    #[error(
        "Nothing answers at {origin} (“{provider}”). Start the server there or correct the address, then ask again."
    )]
    Refused { provider: String, origin: String },
    #[error("“{provider}” cannot be reached at {origin}: {detail}. Check the network and the address, then ask again.")]
    Unreachable { provider: String, origin: String, detail: String },
    #[error("“{provider}” at {origin} could not be reached within {}. Check the network and the address, then ask again.", seconds(.within))]
    ConnectTime { provider: String, origin: String, within: Duration },
    #[error("“{provider}” broke the connection off before it answered. Ask again.")]
    Reset { provider: String },
    #[error("“{provider}” said nothing within {}. It may be busy or still loading the model; ask again or choose another model.", seconds(.within))]
    FirstTokenTime { provider: String, within: Duration },
    #[error("“{provider}” fell silent: no word came for {}. What it said is kept; ask again.", seconds(.within))]
    TokenTime { provider: String, within: Duration },
    #[error("“{provider}” does not accept the key (401). Correct it in the settings.")]
    KeyRefused { provider: String },
    #[error("“{provider}” wants a key (401). Add one in the settings.")]
    KeyMissing { provider: String },
    #[error("“{provider}” does not allow this (403){}. Check what the account and its key may do.", behind(.detail))]
    Forbidden { provider: String, detail: String },
    #[error("“{provider}” does not know the model “{model}”, or its address is wrong (404){}. Choose another model or correct the address.", behind(.detail))]
    NotFound { provider: String, model: String, detail: String },
    #[error("“{provider}” has too many requests or no more credit (429){}. {}", behind(.detail), wait(.after))]
    TooMany { provider: String, detail: String, after: Option<Duration> },
    #[error("“{provider}” has trouble of its own ({status}){}. Ask again in a while.", behind(.detail))]
    Down { provider: String, status: u16, detail: String },
    #[error("“{provider}” refused the question ({status}){}. {}", behind(.detail), advice(.detail))]
    Rejected { provider: String, status: u16, detail: String },
    #[error("“{provider}” could not answer{}. {}", behind(.detail), advice(.detail))]
    Unable { provider: String, detail: String },
    #[error(
        "“{provider}” sends elsewhere ({status}); keys are not sent after it. Correct the address in the settings."
    )]
    Redirect { provider: String, status: u16 },
    #[error("“{provider}” broke off in the middle of the answer{}. What it said is kept; ask again.", behind(.detail))]
    BrokenOff { provider: String, detail: String },
    #[error(
        "“{provider}” did not send an answer that can be read. Check that its address is that of a model server of the kind chosen."
    )]
    Unreadable { provider: String },
    #[error("The answer of “{provider}” is longer than {0} MB and was cut off.", .bytes >> 20)]
    TooLong { provider: String, bytes: usize },
    #[error(
        "The server met a fault of its own while it asked. Ask again; if that does not help, tell whoever runs it."
    )]
    Fault,
    #[error(
        "This is the failure that you asked the demonstration for. Take “please fail” out of the question and ask again."
    )]
    Demonstrated,
}

impl Failure {
    /// Whether asking once more may help, and after how long, if nothing of an answer has come yet.
    pub(super) fn worth_a_retry(&self, usual: Duration, most: Duration) -> Option<Duration> {
        match self {
            Self::Refused { .. } | Self::Reset { .. } => Some(usual),
            Self::TooMany { after, .. } => after.filter(|after| *after <= most),
            _ => None,
        }
    }
}

fn seconds(time: &Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        1 => "1 second".into(),
        seconds => format!("{seconds} seconds"),
    }
}

fn behind(detail: &str) -> String {
    let detail = detail.trim_end_matches('.');
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

fn wait(after: &Option<Duration>) -> String {
    match after {
        Some(after) => format!("Ask again in {}.", seconds(after)),
        None => "Ask again in a while, or choose another provider.".into(),
    }
}

/// What a refused question most often needs.
fn advice(detail: &str) -> &'static str {
    let detail = detail.to_lowercase();
    let tells = |words: &[&str]| words.iter().any(|word| detail.contains(word));
    if tells(&["reason", "think"]) {
        "Switch thinking off for this cell, or choose a model that thinks."
    } else if tells(&["context", "too long", "too large", "maximum", "exceed"]) {
        "Skip cells above it, or choose a model with a larger context."
    } else if tells(&["image", "vision", "multimodal"]) {
        "Skip the cells with images, or choose a model that sees."
    } else {
        "Choose another model, or change the question."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_40_sentences_say_what_to_do() {
        let provider = || "mine".to_owned();
        let too_many = |after| Failure::TooMany { provider: provider(), detail: "Slow down.".into(), after };
        for (failure, sentence) in [
            (
                too_many(Some(Duration::from_secs(90))),
                "“mine” has too many requests or no more credit (429): Slow down. Ask again in 90 seconds.",
            ),
            (
                Failure::Rejected { provider: provider(), status: 400, detail: "x does not support thinking".into() },
                "“mine” refused the question (400): x does not support thinking. Switch thinking off for this cell, or \
                 choose a model that thinks.",
            ),
            (
                Failure::TokenTime { provider: provider(), within: Duration::from_secs(1) },
                "“mine” fell silent: no word came for 1 second. What it said is kept; ask again.",
            ),
        ] {
            assert_eq!(failure.to_string(), sentence);
        }
    }

    #[test]
    fn only_what_may_soon_be_better_is_tried_again() {
        let (usual, most) = (Duration::from_millis(500), Duration::from_secs(10));
        let busy = |after| Failure::TooMany { provider: "p".into(), detail: String::new(), after };
        let retry = |failure: Failure| failure.worth_a_retry(usual, most);
        assert_eq!(retry(Failure::Reset { provider: "p".into() }), Some(usual));
        assert_eq!(retry(busy(Some(Duration::from_secs(2)))), Some(Duration::from_secs(2)));
        assert_eq!(retry(busy(Some(Duration::from_secs(11)))), None);
        assert_eq!(retry(busy(None)), None);
        assert_eq!(retry(Failure::KeyRefused { provider: "p".into() }), None);
    }
}
