//! Questions about code that wait for the kernel's answer. Imports nothing of ours.
//!
//! Pure. Invariant: each question is answered exactly once, at the latest after [`ASK_LIMIT`].

use std::time::Instant;

use serde_json::Value;

use super::{
    command::AskId,
    event::{Completion, Completions, KernelEvent},
    message::{Message, text},
    settings::ASK_LIMIT,
};

/// More questions than people type at a time are answered with nothing.
const ASKS_WAITING: usize = 16;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Completion,
    Inspection,
}

#[derive(Debug)]
struct Ask {
    request: String,
    ask: AskId,
    asked: Asked,
    until: Instant,
}

/// The questions of one kernel.
#[derive(Debug, Default)]
pub struct Asks {
    waiting: Vec<Ask>,
}

impl Asked {
    /// The answer that says nothing.
    pub fn nothing(self, ask: AskId) -> KernelEvent {
        match self {
            Self::Completion => KernelEvent::Completions { ask, completions: None },
            Self::Inspection => KernelEvent::Inspected { ask, bundle: None },
        }
    }
}

impl Asks {
    /// Whether one more may be asked.
    pub fn has_room(&self) -> bool {
        self.waiting.len() < ASKS_WAITING
    }

    /// A question was sent under this request.
    pub fn sent(&mut self, request: String, ask: AskId, asked: Asked, now: Instant) {
        self.waiting.push(Ask { request, ask, asked, until: now + ASK_LIMIT });
    }

    /// The kernel replied; an answer, if this was asked and is not too late.
    pub fn replied(&mut self, message: &Message) -> Option<KernelEvent> {
        let at = self.waiting.iter().position(|ask| Some(&ask.request) == message.parent.as_ref())?;
        let Ask { ask, asked, .. } = self.waiting.remove(at);
        if message.text("status") != "ok" {
            return Some(asked.nothing(ask));
        }
        Some(match asked {
            Asked::Completion => KernelEvent::Completions { ask, completions: Some(completions(message)) },
            Asked::Inspection => {
                let bundle = message.flag("found").then(|| message.bundle());
                KernelEvent::Inspected { ask, bundle }
            }
        })
    }

    /// When the next question is too old.
    pub fn due(&self) -> Option<Instant> {
        self.waiting.iter().map(|ask| ask.until).min()
    }

    /// Answers with nothing what waited too long.
    pub fn expire(&mut self, now: Instant) -> Vec<KernelEvent> {
        self.answer_with_nothing(|ask| ask.until <= now)
    }

    /// Answers everything with nothing: the kernel is gone.
    pub fn abort(&mut self) -> Vec<KernelEvent> {
        self.answer_with_nothing(|_| true)
    }

    fn answer_with_nothing(&mut self, which: impl Fn(&Ask) -> bool) -> Vec<KernelEvent> {
        self.waiting.extract_if(.., |ask| which(ask)).map(|ask| ask.asked.nothing(ask.ask)).collect()
    }
}

/// Reads a `complete_reply`; kinds and signatures are what IPython adds to its metadata.
fn completions(message: &Message) -> Completions {
    let place = |key| message.number(key).and_then(|place| usize::try_from(place).ok()).unwrap_or_default();
    let matches = message.content.get("matches").and_then(Value::as_array);
    let typed = message.object("metadata").remove("_jupyter_types_experimental");
    let typed = typed.as_ref().and_then(Value::as_array);
    let about = |text_of_match: &str| {
        let fits = |entry: &&Value| entry.get("text").and_then(Value::as_str) == Some(text_of_match);
        typed.into_iter().flatten().find(fits).and_then(Value::as_object)
    };
    let completion = |found: &str| {
        let field = |key| about(found).map(|entry| text(entry, key)).filter(|value| !value.is_empty());
        Completion { text: found.into(), kind: field("type"), signature: field("signature") }
    };
    let matches = matches.into_iter().flatten().filter_map(Value::as_str).map(completion).collect();
    Completions { start: place("cursor_start"), end: place("cursor_end"), matches }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kernel::message::made::message;

    #[test]
    fn completions_come_with_their_kinds_and_their_place() {
        let (now, mut asks) = (Instant::now(), Asks::default());
        asks.sent("r".into(), AskId(7), Asked::Completion, now);
        let types = json!([{"text": "print", "type": "function", "signature": "(…)", "start": 0, "end": 2}]);
        let content = json!({"status": "ok", "matches": ["print", "private"], "cursor_start": 0, "cursor_end": 3,
            "metadata": {"_jupyter_types_experimental": types}});
        let matches = vec![
            Completion { text: "print".into(), kind: Some("function".into()), signature: Some("(…)".into()) },
            Completion { text: "private".into(), kind: None, signature: None },
        ];
        let completions = Some(Completions { start: 0, end: 3, matches });
        let answer = asks.replied(&message("complete_reply", "r", content.clone()));
        assert_eq!(answer, Some(KernelEvent::Completions { ask: AskId(7), completions }));
        assert_eq!(asks.replied(&message("complete_reply", "r", content)), None);
    }

    #[test]
    fn a_question_that_waited_too_long_is_answered_with_nothing_and_a_late_reply_is_not_heard() {
        let (now, mut asks) = (Instant::now(), Asks::default());
        asks.sent("r".into(), AskId(1), Asked::Inspection, now);
        assert_eq!(asks.expire(now), []);
        let due = asks.due().unwrap();
        assert_eq!(asks.expire(due), [KernelEvent::Inspected { ask: AskId(1), bundle: None }]);
        assert_eq!(asks.replied(&message("inspect_reply", "r", json!({"status": "ok", "found": true}))), None);
    }
}
