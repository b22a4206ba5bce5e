//! The demonstration: answers without any model, and says so. Imports question, stream, tokens.
//!
//! It stands in while no provider is set up, and lets people, screenshots and tests see every way an answer can go. What it
//! says depends on the question alone. Words in it, not those of the cells above it, steer it:
//!
//! | words | effect |
//! |---|---|
//! | `please think`, or thinking switched on | it thinks before it answers |
//! | `please answer at length` | some two thousand words under headings |
//! | `please show code` | a block of Python |
//! | `please be slow` | a word each half second |
//! | `please stall` | after a few words, silence until the time-out or Stop |
//! | `please fail` | after a few words, a failure |
//! | `please fail at once`, `please stall at once` | the same without a word before |
//!
//! Invariant: the same question always gets the same parts.

use std::time::Duration;

use futures_util::stream;
use tokio::time::sleep;

use super::{
    answer::Stop,
    failure::Failure,
    provider::DEMO_MODEL,
    question::{Message, Question, Thinking},
    stream::{End, Part, Parts},
    tokens,
};
use crate::vocabulary::ProviderKind;

/// Between words when it was asked to be slow.
const SLOW_STEP: Duration = Duration::from_millis(500);

/// Words before it fails or stalls.
const WORDS_BEFORE: usize = 12;

/// Sections of an answer at length.
const SECTIONS: usize = 20;

/// What of the question it repeats, in characters.
const QUOTED: usize = 280;

/// How the words of the demonstration end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Done,
    Fails,
    Stalls,
}

/// One step of a demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Say(Part),
    Fail,
    Stall,
}

/// What a question asks of the demonstration.
#[derive(Debug)]
struct Wishes {
    think: bool,
    at_length: bool,
    code: bool,
    slow: bool,
    ending: Ending,
    at_once: bool,
}

impl Wishes {
    fn of(question: &Question) -> Self {
        let text = asked(question).to_lowercase();
        let asks = |words: &str| text.contains(words);
        let ending = if asks("please fail") {
            Ending::Fails
        } else if asks("please stall") {
            Ending::Stalls
        } else {
            Ending::Done
        };
        Self {
            think: asks("please think") || question.thinking != Thinking::Off,
            at_length: asks("please answer at length"),
            code: asks("please show code"),
            slow: asks("please be slow"),
            ending,
            at_once: asks("please fail at once") || asks("please stall at once"),
        }
    }
}

/// The demonstration of an answer, a word each `step`.
pub fn ask(question: &Question, step: Duration) -> Parts {
    let step = if Wishes::of(question).slow { SLOW_STEP } else { step };
    let steps = steps(question).into_iter();
    Box::pin(stream::unfold(steps, move |mut steps| async move {
        let next = steps.next()?;
        sleep(step).await;
        let part = match next {
            Step::Say(part) => Ok(part),
            Step::Fail => Err(Failure::Demonstrated),
            Step::Stall => std::future::pending().await,
        };
        Some((part, steps))
    }))
}

/// The question without what stands before it.
fn asked(question: &Question) -> &str {
    let last = question.messages.last().map(|message| message.text.as_str());
    question.asked.as_deref().or(last).unwrap_or_default()
}

fn steps(question: &Question) -> Vec<Step> {
    let wishes = Wishes::of(question);
    let thinking = if wishes.think { thoughts(question, &wishes) } else { String::new() };
    let answer = answer(question, &wishes);
    let words = words(&thinking).map(|word| Part::Thinking(word.into()));
    let words: Vec<Part> = words.chain(self::words(&answer).map(|word| Part::Text(word.into()))).collect();
    let most = match wishes.ending {
        Ending::Fails | Ending::Stalls if wishes.at_once => 0,
        Ending::Fails | Ending::Stalls => WORDS_BEFORE,
        // Its words stand for tokens.
        Ending::Done => question.max_tokens.map_or(usize::MAX, |tokens| tokens as usize),
    };
    let stop = if words.len() > most { Stop::Length } else { Stop::Completed };
    let said = &words[..words.len().min(most)];
    let ending = match wishes.ending {
        Ending::Fails => Step::Fail,
        Ending::Stalls => Step::Stall,
        Ending::Done => Step::Say(Part::End(end(question, said, stop))),
    };
    said.iter().cloned().map(Step::Say).chain([ending]).collect()
}

fn end(question: &Question, words: &[Part], stop: Stop) -> End {
    let output: u64 = words
        .iter()
        .map(|part| match part {
            Part::Thinking(word) | Part::Text(word) => tokens::estimate_text(ProviderKind::Demo, word),
            Part::End(_) => 0,
        })
        .sum();
    let input = tokens::estimate_question(ProviderKind::Demo, question);
    End { model: DEMO_MODEL.into(), stop, tokens: Some((input, output)), microdollars: None }
}

/// Words with the white space behind them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([' ', '\n'])
}

fn thoughts(question: &Question, wishes: &Wishes) -> String {
    let words = asked(question).split_whitespace().count();
    let mut found = Vec::new();
    for (asked, name) in [(wishes.at_length, "length"), (wishes.code, "code"), (wishes.slow, "slowness")] {
        found.extend(asked.then_some(name));
    }
    let found = if found.is_empty() { "nothing special".to_owned() } else { found.join(", ") };
    format!(
        "This is what thinking looks like; nobody really thinks here. The question has {words} words. It asks me for \
         {found}. I will say what I was given and what else can be tried."
    )
}

fn answer(question: &Question, wishes: &Wishes) -> String {
    let mut parts = vec![opening(question), context(question)];
    if wishes.code {
        parts.push(CODE.into());
    }
    if wishes.at_length {
        parts.extend((1..=SECTIONS).map(section));
    }
    parts.push(CLOSING.into());
    parts.join("\n\n")
}

fn opening(question: &Question) -> String {
    let asked = asked(question).trim();
    let quoted: String = asked.chars().take(QUOTED).collect();
    let more = if quoted.len() < asked.len() { " …" } else { "" };
    let quoted = format!("{quoted}{more}").lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
    format!(
        "**This is a demonstration.** No language model read your question, because no provider is set up or you chose \
         the demonstration. You asked:\n\n{quoted}"
    )
}

/// What came with the question, so that people see what a model would have got.
fn context(question: &Question) -> String {
    let tokens = tokens::estimate_question(ProviderKind::Demo, question);
    let images: usize = question.messages.iter().map(|message| message.images.len()).sum();
    let before: &[Message] = question.messages.split_last().map_or(&[], |(_, before)| before);
    let mut lines = vec![
        format!("- {} above the question", counted(question.cells, "cell")),
        format!("- {} of conversation before it", counted(before.len(), "message")),
    ];
    if images > 0 {
        lines.push(format!("- {}", counted(images, "image")));
    }
    if question.system.is_some() {
        lines.push("- instructions for the model".into());
    }
    lines.push(format!("- about {tokens} tokens in all"));
    format!("With it I was given:\n\n{}", lines.join("\n"))
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn section(number: usize) -> String {
    format!(
        "## Part {number}\n\nA long answer streams into every browser that has this notebook open. While it grows it can be \
         read, edited, scrolled and stopped by everybody, and who comes late gets all that was said so far. These are the \
         words of part {number} of {SECTIONS}. They mean nothing; they only take their time. In between there may be \
         *emphasis*, `code`, a formula such as $e^{{i\\pi}} = -1$ and a list:\n\n\
         1. the first thing of part {number},\n2. the second,\n3. and the last."
    )
}

const CODE: &str = "```python\n# A block like this becomes a cell with one click.\n\
    for number in range(1, 4):\n    print(number, \"times\", number, \"is\", number * number)\n```";

const CLOSING: &str = "To see more, put *please think*, *please answer at length*, *please show code*, *please be slow*, \
    *please stall* or *please fail* into a question. To get real answers, set up a provider of language models.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::question::Role;

    fn question(text: &str) -> Question {
        Question { messages: vec![Message::new(Role::User, text)], cells: 3, ..Question::default() }
    }

    /// Thinking, answer and last step.
    fn said(question: &Question) -> (String, String, Step) {
        let mut steps = steps(question);
        let last = steps.pop().unwrap();
        let (mut thinking, mut text) = (String::new(), String::new());
        for step in steps {
            match step {
                Step::Say(Part::Thinking(word)) => thinking.push_str(&word),
                Step::Say(Part::Text(word)) => text.push_str(&word),
                other => panic!("{other:?} in the middle"),
            }
        }
        (thinking, text, last)
    }

    #[test]
    fn ln_38_it_says_that_it_is_a_demonstration_and_what_it_was_given() {
        let mut question = question("What is this?");
        question.messages.insert(0, Message::new(Role::User, "x".repeat(4_000)));
        let (thinking, text, last) = said(&question);
        assert_eq!(thinking, "");
        for words in
            ["This is a demonstration", "> What is this?", "3 cells above", "1 message of", "about 1012 tokens"]
        {
            assert!(text.contains(words), "{words} is not in {text}");
        }
        assert!(matches!(last, Step::Say(Part::End(End { stop: Stop::Completed, .. }))));
        assert_eq!(steps(&question), steps(&question));
    }

    #[test]
    fn ln_38_it_does_what_words_of_the_question_ask() {
        assert!(said(&question("Please think about it")).0.contains("nobody really thinks"));
        let thinking = Question { thinking: Thinking::Low, ..question("Hello") };
        assert!(!said(&thinking).0.is_empty());
        assert!(said(&question("Please show code")).1.contains("```python\n# A block"));
        assert!(said(&question("please answer at length")).1.split_whitespace().count() > 1_500);
        assert!(Wishes::of(&question("please be slow")).slow);
        for (text, words, ending) in [
            ("please fail", WORDS_BEFORE, Step::Fail),
            ("please fail at once", 0, Step::Fail),
            ("please stall", WORDS_BEFORE, Step::Stall),
            ("please stall at once", 0, Step::Stall),
        ] {
            let steps = steps(&question(text));
            assert_eq!((steps.len() - 1, steps.last()), (words, Some(&ending)), "{text}");
        }
    }

    #[test]
    fn ln_38_words_of_cells_above_do_not_steer_it() {
        let mut question = question("Hello");
        question.messages.insert(0, Message::new(Role::User, "please fail"));
        assert!(matches!(said(&question).2, Step::Say(_)));
        question.messages = vec![Message::new(Role::User, "please fail\n\nHello")];
        question.asked = Some("Hello".into());
        let (_, text, last) = said(&question);
        assert!(matches!(last, Step::Say(_)) && text.contains("> Hello") && !text.contains("> please fail"), "{text}");
    }

    #[test]
    fn it_stops_at_the_limit_of_tokens() {
        let question = Question { max_tokens: Some(5), ..question("Hello") };
        let steps = steps(&question);
        assert_eq!(steps.len(), 6);
        assert!(matches!(steps.last(), Some(Step::Say(Part::End(End { stop: Stop::Length, .. })))));
    }

    #[test]
    fn a_question_of_many_lines_stays_quoted() {
        let text = said(&question("# One\n\nTwo")).1;
        assert!(text.contains("> # One\n> \n> Two\n"), "{text}");
    }
}
