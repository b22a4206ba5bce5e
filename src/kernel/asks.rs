//! Questions about code and variables that wait for the kernel's answer. Imports vocabulary.
//!
//! Pure: whom to answer is a value that is handed back with the answer. Invariant: each question is answered exactly once,
//! at the latest after [`ASK_LIMIT`].

use std::time::Instant;

use serde_json::{Map, Value};

use super::{
    command::{KernelAsk, Reply},
    message::{Message, text},
    places,
    settings::ASK_LIMIT,
    variables,
};
use crate::vocabulary::{Completion, Completions, KernelAnswer, KernelQuestion, Unanswered};

/// More questions than people type at a time find the kernel busy.
const ASKS_SENT: usize = 16;

/// An answer and whom to give it.
pub type Answered = (Reply, Result<KernelAnswer, Unanswered>);

#[derive(Debug)]
struct Waiting {
    request: String,
    ask: KernelAsk,
    until: Instant,
}

/// The questions of one kernel.
#[derive(Debug, Default)]
pub struct Asks {
    waiting: Vec<Waiting>,
    answered: Vec<Answered>,
}

impl Asks {
    /// Whether one more may be asked.
    pub fn has_room(&self) -> bool {
        self.waiting.len() < ASKS_SENT
    }

    /// A question was sent under this request.
    pub fn sent(&mut self, request: String, ask: KernelAsk, now: Instant) {
        self.waiting.push(Waiting { request, ask, until: now + ASK_LIMIT });
    }

    /// A question that is not sent.
    pub fn refuse(&mut self, ask: KernelAsk, why: Unanswered) {
        self.answered.push((ask.reply, Err(why)));
    }

    /// The kernel replied, perhaps to one of these.
    pub fn replied(&mut self, message: &Message) {
        let at = self.waiting.iter().position(|ask| Some(&ask.request) == message.parent.as_ref());
        if let Some(at) = at {
            let KernelAsk { question, reply } = self.waiting.remove(at).ask;
            self.answered.push((reply, answer(&question, message)));
        }
    }

    /// When the next question is too old.
    pub fn due(&self) -> Option<Instant> {
        self.waiting.iter().map(|ask| ask.until).min()
    }

    /// Gives up what waited too long.
    pub fn expire(&mut self, now: Instant) {
        self.give_up(Unanswered::Busy, |ask| ask.until <= now);
    }

    /// Gives up everything: the kernel is gone.
    pub fn abort(&mut self) {
        self.give_up(Unanswered::NotReady, |_| true);
    }

    fn give_up(&mut self, why: Unanswered, which: impl Fn(&Waiting) -> bool) {
        let given_up = self.waiting.extract_if(.., |ask| which(ask)).map(|ask| (ask.ask.reply, Err(why)));
        self.answered.extend(given_up);
    }

    /// The answers since this was last asked.
    pub fn take_answered(&mut self) -> Vec<Answered> {
        std::mem::take(&mut self.answered)
    }
}

fn answer(question: &KernelQuestion, message: &Message) -> Result<KernelAnswer, Unanswered> {
    let well = message.text("status") == "ok";
    match question {
        KernelQuestion::Complete { code, .. } => {
            let completions = if well { completions(code, message) } else { Completions::default() };
            Ok(KernelAnswer::Completions(completions))
        }
        KernelQuestion::Inspect { .. } => {
            let found = well && message.flag("found");
            Ok(KernelAnswer::Inspection(found.then(|| message.object("data"))))
        }
        KernelQuestion::Variables => {
            let told = message.content.get("user_expressions").and_then(variables::read);
            told.map(KernelAnswer::Variables).ok_or(Unanswered::NotUnderstood)
        }
    }
}

/// Reads a `complete_reply`; kinds and signatures are what IPython adds to its metadata.
fn completions(code: &str, message: &Message) -> Completions {
    let place = |key| message.number(key).and_then(|place| usize::try_from(place).ok()).unwrap_or_default();
    let matches = message.content.get("matches").and_then(Value::as_array);
    let typed = message.object("metadata").remove("_jupyter_types_experimental");
    let typed = typed.as_ref().and_then(Value::as_array);
    let about = |text_of_match: &str| {
        let fits = |entry: &&Value| entry.get("text").and_then(Value::as_str) == Some(text_of_match);
        typed.into_iter().flatten().find(fits).and_then(Value::as_object)
    };
    let completion = |found: &str| Completion {
        text: found.into(),
        kind: about(found).and_then(|entry| field(entry, "type")),
        signature: about(found).and_then(|entry| field(entry, "signature")),
    };
    let matches = matches.into_iter().flatten().filter_map(Value::as_str).map(completion).collect();
    let in_code = |key| places::in_units(code, place(key));
    Completions { start: in_code("cursor_start"), end: in_code("cursor_end"), matches }
}

/// IPython fills what it does not know with marks of its own.
fn field(entry: &Map<String, Value>, key: &str) -> Option<String> {
    Some(text(entry, key)).filter(|value| !value.is_empty() && !value.starts_with('<'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::sync::oneshot;

    use super::*;
    use crate::kernel::message::made::message;

    type Answer = oneshot::Receiver<Result<KernelAnswer, Unanswered>>;

    fn asked(asks: &mut Asks, question: KernelQuestion, now: Instant) -> Answer {
        let (reply, answer) = oneshot::channel();
        asks.sent("r".into(), KernelAsk { question, reply }, now);
        answer
    }

    /// What whoever asked hears now.
    fn heard(asks: &mut Asks, mut answer: Answer) -> Result<KernelAnswer, Unanswered> {
        for (reply, answer) in asks.take_answered() {
            reply.send(answer).unwrap();
        }
        answer.try_recv().unwrap()
    }

    #[test]
    fn completions_come_with_their_kinds_and_their_place_in_the_units_of_documents() {
        let (now, mut asks) = (Instant::now(), Asks::default());
        let code = "😀 pri".to_owned();
        let answer = asked(&mut asks, KernelQuestion::Complete { code, cursor: 6 }, now);
        let types = json!([{"text": "print", "type": "function", "signature": "(…)"},
            {"text": "private", "type": "<unknown>", "signature": ""}]);
        let content = json!({"status": "ok", "matches": ["print", "private"], "cursor_start": 2, "cursor_end": 5,
            "metadata": {"_jupyter_types_experimental": types}});
        asks.replied(&message("complete_reply", "another", content.clone()));
        asks.replied(&message("complete_reply", "r", content));
        let matches = vec![
            Completion { text: "print".into(), kind: Some("function".into()), signature: Some("(…)".into()) },
            Completion { text: "private".into(), kind: None, signature: None },
        ];
        let expected = Completions { start: 3, end: 6, matches };
        assert_eq!(heard(&mut asks, answer), Ok(KernelAnswer::Completions(expected)));
    }

    #[test]
    fn a_question_that_waited_too_long_finds_the_kernel_busy_and_a_late_reply_is_not_heard() {
        let (now, mut asks) = (Instant::now(), Asks::default());
        let question = KernelQuestion::Inspect { code: "x".into(), cursor: 1, detail: false };
        let answer = asked(&mut asks, question, now);
        asks.expire(now);
        assert!(asks.take_answered().is_empty());
        let due = asks.due().unwrap();
        asks.expire(due);
        assert_eq!(heard(&mut asks, answer), Err(Unanswered::Busy));
        asks.replied(&message("inspect_reply", "r", json!({"status": "ok", "found": true})));
        assert!(asks.take_answered().is_empty());
    }

    #[test]
    fn variables_that_the_kernel_could_not_tell_are_an_answer_too() {
        let (now, mut asks) = (Instant::now(), Asks::default());
        let answer = asked(&mut asks, KernelQuestion::Variables, now);
        asks.replied(&message("execute_reply", "r", json!({"status": "ok", "user_expressions": {}})));
        assert_eq!(heard(&mut asks, answer), Err(Unanswered::NotUnderstood));
    }
}
