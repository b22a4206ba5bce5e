//! What a language model is told with a question: the notebook above it, as messages.
//!
//! Imports cell, schema and view. Pure: the same notebook gives the same context, whoever asked before (LN-90).
//! Invariant: cells come in the order people see; a skipped cell and an answer to another question never come.

use serde_json::Value;

use super::{
    cell, schema,
    view::{CellView, NotebookView},
};
use crate::{ids::CellId, vocabulary::CellKind};

/// Characters of one output that are sent: its beginning and its end tell what it is.
const OUTPUT_HEAD: usize = 2_000;
const OUTPUT_TAIL: usize = 1_000;
/// Characters of all that is sent beside the question; the cells farthest above go first. About 50,000 tokens, which
/// today's models take.
const CONTEXT_MAX: usize = 200_000;
/// Pictures that are sent; each costs as much as a page of text.
const PICTURES_MAX: usize = 8;

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    User,
    Assistant,
}

/// A picture beside a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub mime: String,
    pub base64: String,
}

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub speaker: Speaker,
    pub text: String,
    pub pictures: Vec<Picture>,
}

/// Everything a model is asked with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    pub system: Option<String>,
    /// The question itself is the last.
    pub messages: Vec<Message>,
    /// The cells that are sent along.
    pub cells: Vec<CellId>,
    pub thinking: bool,
    pub provider: Option<String>,
    pub model: Option<String>,
}

/// The question in a cell, with what the notebook says before it. `is_stale` tells that the answer in a cell answers an
/// older question. `None` if there is no such cell.
pub fn question(notebook: &NotebookView, id: &CellId, is_stale: impl Fn(&CellView) -> bool) -> Option<Question> {
    let at = notebook.cells.iter().position(|cell| cell.id == *id)?;
    let asked = &notebook.cells[at];
    let candidates = notebook.cells.iter().enumerate().filter(|(index, cell)| {
        let near = *index < at || flag(cell, schema::PINNED);
        *index != at && near && !flag(cell, schema::SKIPPED)
    });
    let said: Vec<(&CellView, Vec<Message>)> = candidates
        .map(|(_, cell)| (cell, messages(cell, is_stale(cell))))
        .filter(|(_, messages)| !messages.is_empty())
        .collect();
    let said = within_limit(said);
    let cells = said.iter().map(|(cell, _)| cell.id.clone()).collect();
    let own = Message { speaker: Speaker::User, text: asked.source.clone(), pictures: pictures(asked) };
    let messages = joined(said.into_iter().flat_map(|(_, messages)| messages).chain([own]));
    let setting = |key: &str| setting(asked, notebook, key);
    Some(Question {
        system: setting("mode").as_deref().and_then(instruction).map(str::to_owned),
        messages,
        cells,
        thinking: ours(&asked.metadata, "thinking").and_then(Value::as_bool).unwrap_or(false),
        provider: setting("provider"),
        model: setting("model"),
    })
}

/// A setting of the cell, else of the notebook.
fn setting(asked: &CellView, notebook: &NotebookView, key: &str) -> Option<String> {
    let found = ours(&asked.metadata, key).or_else(|| ours(&notebook.metadata, key));
    found.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn ours<'a>(metadata: &'a serde_json::Map<String, Value>, key: &str) -> Option<&'a Value> {
    metadata.get(schema::COSCRIBE)?.get(key)
}

/// How the model is to answer (LN-88).
fn instruction(mode: &str) -> Option<&'static str> {
    match mode {
        "concise" => Some("You help in a shared notebook. Answer in as few words as the question allows."),
        "learning" => Some(
            "You help in a shared notebook somebody who wants to learn. Explain step by step, and rather ask a question that \
             leads on than give the whole solution.",
        ),
        _ => Some("You help in a shared notebook. Answer in Markdown; put code into fenced blocks."),
    }
}

fn flag(cell: &CellView, key: &str) -> bool {
    cell.metadata.get(key) == Some(&Value::Bool(true))
}

fn messages(cell: &CellView, is_stale: bool) -> Vec<Message> {
    let user = |text: String| Message { speaker: Speaker::User, text, pictures: pictures(cell) };
    match cell.kind {
        CellKind::Raw => Vec::new(),
        CellKind::Note if cell.source.trim().is_empty() => Vec::new(),
        CellKind::Note => vec![user(cell.source.clone())],
        CellKind::Code => code(cell, is_stale).map(user).into_iter().collect(),
        CellKind::Prompt if is_stale => Vec::new(),
        CellKind::Prompt => answered(cell),
    }
}

fn code(cell: &CellView, is_stale: bool) -> Option<String> {
    if cell.source.trim().is_empty() {
        return None;
    }
    let shown = cell.outputs.iter().filter_map(output_text).map(|text| trimmed(&text)).filter(|text| !text.is_empty());
    let shown = shown.collect::<Vec<_>>().join("\n");
    let fence = "`".repeat(longest_fence(&cell.source).max(longest_fence(&shown)).max(2) + 1);
    let code = format!("{fence}\n{}\n{fence}", cell.source.trim_end());
    match (shown.is_empty(), is_stale) {
        (true, _) | (_, true) => Some(code),
        (false, false) => Some(format!("{code}\nOutput:\n{fence}\n{}\n{fence}", shown.trim_end())),
    }
}

fn longest_fence(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}

/// A question with its answer. Without an answer it says nothing.
fn answered(cell: &CellView) -> Vec<Message> {
    let answers = cell.outputs.iter().filter(|output| !is_thinking(output)).filter_map(output_text);
    let answer = answers.collect::<Vec<_>>().join("\n");
    if answer.trim().is_empty() {
        return Vec::new();
    }
    let question = Message { speaker: Speaker::User, text: cell.source.clone(), pictures: pictures(cell) };
    vec![question, Message { speaker: Speaker::Assistant, text: answer, pictures: Vec::new() }]
}

fn is_thinking(output: &Value) -> bool {
    output.get(schema::DATA).is_some_and(|data| data.get(schema::THINKING).is_some())
}

fn output_text(output: &Value) -> Option<String> {
    match output.get(schema::OUTPUT_TYPE)?.as_str()? {
        schema::STREAM => output.get(schema::TEXT).map(cell::joined),
        schema::ERROR => {
            let part = |key: &str| output.get(key).and_then(Value::as_str).unwrap_or_default();
            Some(format!("{}: {}", part(schema::ENAME), part(schema::EVALUE)))
        }
        _ => {
            let data = output.get(schema::DATA)?;
            data.get(schema::TEXT_MARKDOWN).or_else(|| data.get(schema::TEXT_PLAIN)).map(cell::joined)
        }
    }
}

/// A text without its middle, if it is long.
fn trimmed(text: &str) -> String {
    let length = text.chars().count();
    if length <= OUTPUT_HEAD + OUTPUT_TAIL {
        return text.to_owned();
    }
    let head: String = text.chars().take(OUTPUT_HEAD).collect();
    let tail: String = text.chars().skip(length - OUTPUT_TAIL).collect();
    format!("{head}\n[… {} characters left out …]\n{tail}", length - OUTPUT_HEAD - OUTPUT_TAIL)
}

fn pictures(cell: &CellView) -> Vec<Picture> {
    let bundles = cell.attachments.iter().flat_map(|attachments| attachments.values());
    let pictures = bundles.filter_map(Value::as_object).filter_map(|bundle| {
        let (mime, content) = bundle.iter().find(|(mime, _)| mime.starts_with("image/") && !mime.contains("svg"))?;
        let base64: String = cell::joined(content).split_whitespace().collect();
        Some(Picture { mime: mime.clone(), base64 })
    });
    pictures.take(PICTURES_MAX).collect()
}

/// Lets the cells farthest above go, but none that is pinned, until the rest fits.
fn within_limit(said: Vec<(&CellView, Vec<Message>)>) -> Vec<(&CellView, Vec<Message>)> {
    let length = |messages: &[Message]| messages.iter().map(|message| message.text.len()).sum::<usize>();
    let mut over = said.iter().map(|(_, messages)| length(messages)).sum::<usize>().saturating_sub(CONTEXT_MAX);
    let mut kept = Vec::with_capacity(said.len());
    for (cell, messages) in said {
        if over > 0 && !flag(cell, schema::PINNED) {
            over = over.saturating_sub(length(&messages));
        } else {
            kept.push((cell, messages));
        }
    }
    kept
}

/// What one speaker says in a row is one message: not all models take more.
fn joined(messages: impl Iterator<Item = Message>) -> Vec<Message> {
    let mut joined: Vec<Message> = Vec::new();
    for message in messages {
        match joined.last_mut().filter(|last| last.speaker == message.speaker) {
            Some(last) => {
                last.text.push_str("\n\n");
                last.text.push_str(&message.text);
                last.pictures.extend(message.pictures);
            }
            None => joined.push(message),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cell(id: &str, kind: CellKind, source: &str) -> CellView {
        CellView::new(id.parse().unwrap(), kind, source.into())
    }

    fn flagged(mut cell: CellView, key: &str) -> CellView {
        cell.metadata.insert(key.into(), Value::Bool(true));
        cell
    }

    fn answered_by(mut cell: CellView, answer: &str) -> CellView {
        cell.outputs = vec![
            json!({ "output_type": "display_data", "metadata": {},
                "data": { schema::THINKING: {}, "text/markdown": "secret thoughts" } }),
            json!({ "output_type": "display_data", "metadata": {}, "data": { "text/markdown": answer } }),
        ];
        cell
    }

    fn asked(cells: Vec<CellView>, stale: &str) -> Question {
        let notebook = NotebookView { cells, ..NotebookView::default() };
        question(&notebook, &"q".parse().unwrap(), |cell| cell.id.as_str() == stale).unwrap()
    }

    fn said(question: &Question) -> Vec<(Speaker, &str)> {
        question.messages.iter().map(|message| (message.speaker, message.text.as_str())).collect()
    }

    #[test]
    fn ln_37_ln_87_the_cells_above_are_sent_in_their_order_with_what_is_pinned_and_without_what_is_skipped() {
        let question = asked(
            vec![
                cell("a", CellKind::Note, "# Title"),
                flagged(cell("b", CellKind::Note, "not this"), "skipped"),
                cell("q", CellKind::Prompt, "Why?"),
                cell("c", CellKind::Note, "below"),
                flagged(cell("d", CellKind::Note, "pinned below"), "pinned"),
            ],
            "",
        );
        assert_eq!(said(&question), [(Speaker::User, "# Title\n\npinned below\n\nWhy?")]);
        assert_eq!(question.cells.iter().map(CellId::as_str).collect::<Vec<_>>(), ["a", "d"]);
    }

    #[test]
    fn ln_86_an_answer_to_an_older_question_is_not_sent_and_thinking_never_is() {
        let cells = || {
            vec![
                answered_by(cell("p", CellKind::Prompt, "Who is John?"), "A friend."),
                cell("q", CellKind::Prompt, "And now?"),
            ]
        };
        let fresh = asked(cells(), "");
        assert_eq!(
            said(&fresh),
            [(Speaker::User, "Who is John?"), (Speaker::Assistant, "A friend."), (Speaker::User, "And now?")]
        );
        assert_eq!(said(&asked(cells(), "p")), [(Speaker::User, "And now?")]);
    }

    #[test]
    fn code_goes_with_its_output_which_is_trimmed_and_no_output_can_end_its_block() {
        let mut code = cell("a", CellKind::Code, "print('```')");
        code.outputs = vec![json!({ "output_type": "stream", "name": "stdout", "text": "```\n".repeat(2_000) })];
        let question = asked(vec![code.clone(), cell("q", CellKind::Prompt, "Why?")], "");
        let text = &question.messages[0].text;
        assert!(text.starts_with("````\nprint('```')\n````\nOutput:\n````\n"), "{text}");
        assert!(text.contains("characters left out") && text.len() < OUTPUT_HEAD + OUTPUT_TAIL + 200);
        let stale = asked(vec![code, cell("q", CellKind::Prompt, "Why?")], "a");
        assert!(!stale.messages[0].text.contains("Output:"), "what an older source put out says nothing");
    }

    #[test]
    fn what_is_farthest_above_goes_first_when_there_is_too_much_but_what_is_pinned_stays() {
        let long = "x".repeat(CONTEXT_MAX / 2);
        let cells = vec![
            flagged(cell("a", CellKind::Note, "pinned"), "pinned"),
            cell("b", CellKind::Note, &long),
            cell("c", CellKind::Note, &long),
            cell("d", CellKind::Note, "near"),
            cell("q", CellKind::Prompt, "Why?"),
        ];
        let question = asked(cells, "");
        assert_eq!(question.cells.iter().map(CellId::as_str).collect::<Vec<_>>(), ["a", "c", "d"]);
    }

    #[test]
    fn ln_88_mode_and_model_come_from_the_cell_or_the_notebook_and_pictures_from_notes() {
        let mut note = cell("a", CellKind::Note, "![x](attachment:x.png)");
        let attachments = json!({ "x.png": { "image/png": "iV\nBO" }, "y.svg": { "image/svg+xml": "<svg/>" } });
        note.attachments = attachments.as_object().cloned();
        let mut prompt = cell("q", CellKind::Prompt, "What is it?");
        cell::ours(&mut prompt.metadata).insert("model".into(), "large".into());
        cell::ours(&mut prompt.metadata).insert("thinking".into(), true.into());
        let metadata = json!({ "coscribe": { "model": "small", "provider": "ours", "mode": "concise" } });
        let notebook = NotebookView {
            cells: vec![note, prompt],
            metadata: metadata.as_object().unwrap().clone(),
            ..NotebookView::default()
        };
        let question = question(&notebook, &"q".parse().unwrap(), |_| false).unwrap();
        assert_eq!((question.model.as_deref(), question.provider.as_deref()), (Some("large"), Some("ours")));
        assert!(question.thinking && question.system.unwrap().contains("few words"));
        let picture = Picture { mime: "image/png".into(), base64: "iVBO".into() };
        assert_eq!(question.messages[0].pictures, [picture]);
    }
}
