//! What a language model is told with a question: the notebook above it, as messages.
//!
//! Imports cell, pictures, schema and view. Pure: the same notebook gives the same context, whoever asked before (LN-90).
//! Invariant: cells come in the order people see; a skipped cell and an answer to another question never come.

use serde_json::{Map, Value};

use super::{
    cell, pictures, schema,
    view::{CellView, NotebookView},
};
use crate::{ids::CellId, vocabulary::CellKind};

/// Characters of one output that are sent: its beginning and its end tell what it is.
const OUTPUT_HEAD: usize = 2_000;
const OUTPUT_TAIL: usize = 1_000;
/// Bytes of text that are sent beside the question; the cells farthest above go first. Today's models take it.
const CONTEXT_MAX: usize = 200_000;
/// About how many tokens that is.
pub const CONTEXT_TOKENS: u64 = CONTEXT_MAX as u64 / 4;
/// Pictures that are sent, the nearest to the question; each costs as much as a page of text.
const PICTURES_MAX: usize = 8;
/// Kinds of pictures that all providers take.
const PICTURE_KINDS: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];
/// The mode in which the demonstration answers, whichever provider the notebook names.
const MOCK: &str = "mock";
/// The provider of that name is the demonstration.
const DEMONSTRATION: &str = "demo";

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
    pub content: PictureContent,
}

/// Where the bytes of a picture are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureContent {
    Base64(String),
    /// In a blob of this name, 64 hexadecimal digits.
    Blob(String),
}

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub speaker: Speaker,
    pub text: String,
    pub pictures: Vec<Picture>,
}

/// What becomes of a cell when a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    /// Sent wherever it stands, and never cut.
    Pinned,
    Skipped,
    /// Its answer or output belongs to an older source and is not sent; a code cell's source is.
    Stale,
    /// There was no room for it.
    Cut,
}

/// A cell that is considered, with what of it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    pub cell: CellId,
    pub fate: Fate,
    pub messages: Vec<Message>,
}

/// Everything a model is asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub system: Option<String>,
    /// The cells that have something to say, in the order people see.
    pub cells: Vec<Considered>,
    /// The question itself.
    pub asked: Message,
    pub thinking: bool,
    pub provider: Option<String>,
    pub model: Option<String>,
}

impl Question {
    /// The cells that are sent along.
    pub fn sent(&self) -> Vec<CellId> {
        let sent = self.cells.iter().filter(|cell| !cell.messages.is_empty());
        sent.map(|cell| cell.cell.clone()).collect()
    }

    /// The conversation; it ends with the question. What one speaker says in a row is one message: not all models take
    /// more.
    pub fn messages(&self) -> Vec<Message> {
        let said = self.cells.iter().flat_map(|cell| &cell.messages).chain([&self.asked]);
        let mut joined: Vec<Message> = Vec::new();
        for message in said {
            match joined.last_mut().filter(|last| last.speaker == message.speaker) {
                Some(last) => {
                    last.text.push_str("\n\n");
                    last.text.push_str(&message.text);
                    last.pictures.extend_from_slice(&message.pictures);
                }
                None => joined.push(message.clone()),
            }
        }
        joined
    }
}

/// The question in a cell, with what the notebook says before it. `is_stale` tells that the answer in a cell answers an
/// older question. `None` if there is no such cell.
pub fn question(notebook: &NotebookView, id: &CellId, is_stale: impl Fn(&CellView) -> bool) -> Option<Question> {
    let at = notebook.cells.iter().position(|cell| cell.id == *id)?;
    let asked = &notebook.cells[at];
    let candidates = notebook.cells.iter().enumerate();
    let candidates = candidates.filter(|(index, cell)| *index < at || (*index > at && flag(cell, schema::PINNED)));
    let mut cells: Vec<Considered> = candidates.filter_map(|(_, cell)| consider(cell, is_stale(cell))).collect();
    cut(&mut cells);
    let mut own = Message { speaker: Speaker::User, text: asked.source.clone(), pictures: pictures(asked) };
    limit_pictures(&mut cells, &mut own);
    let mode = ours(asked, "mode").or_else(|| ours_of(&notebook.metadata, "mode"));
    let (provider, model) = chosen(asked, notebook, mode);
    Some(Question {
        system: Some(instruction(mode.and_then(Value::as_str).unwrap_or_default()).to_owned()),
        cells,
        asked: own,
        thinking: ours(asked, "thinking").and_then(Value::as_bool).unwrap_or(false),
        provider,
        model,
    })
}

/// Provider and model: those of the cell, else of the notebook. A model is one of its provider: that of the notebook
/// says nothing to a cell that asks somebody else.
fn chosen(asked: &CellView, notebook: &NotebookView, mode: Option<&Value>) -> (Option<String>, Option<String>) {
    let of = |metadata| (text_of(metadata, "provider"), text_of(metadata, "model"));
    let usual = match mode.and_then(Value::as_str) {
        Some(MOCK) => (Some(DEMONSTRATION.to_owned()), None),
        _ => of(&notebook.metadata),
    };
    match of(&asked.metadata) {
        (None, None) => usual,
        (None, model) => (usual.0, model),
        (provider, None) if provider == usual.0 => usual,
        own => own,
    }
}

fn text_of(metadata: &Map<String, Value>, key: &str) -> Option<String> {
    let text = ours_of(metadata, key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn ours<'a>(cell: &'a CellView, key: &str) -> Option<&'a Value> {
    ours_of(&cell.metadata, key)
}

/// What `metadata.coscribe` says; `null` says nothing.
fn ours_of<'a>(metadata: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    metadata.get(schema::COSCRIBE)?.get(key).filter(|value| !value.is_null())
}

/// How the model is to answer (LN-88).
fn instruction(mode: &str) -> &'static str {
    match mode {
        "concise" => "You help in a shared notebook. Answer in as few words as the question allows.",
        "learning" => {
            "You help in a shared notebook somebody who wants to learn. Explain step by step, and rather ask a question that \
             leads on than give the whole solution."
        }
        _ => "You help in a shared notebook. Answer in Markdown; put code into fenced blocks.",
    }
}

/// A cell that has something to say.
fn consider(cell: &CellView, is_stale: bool) -> Option<Considered> {
    let messages = messages(cell, is_stale);
    let says = !messages.is_empty() || (is_stale && cell.kind == CellKind::Prompt);
    let skipped = flag(cell, schema::SKIPPED);
    let fate = match is_stale {
        _ if !says => return None,
        _ if skipped => Fate::Skipped,
        true => Fate::Stale,
        false if flag(cell, schema::PINNED) => Fate::Pinned,
        false => Fate::Sent,
    };
    Some(Considered { cell: cell.id.clone(), fate, messages: if skipped { Vec::new() } else { messages } })
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

/// The pictures of a cell that can be sent: those attached to it and those its text calls.
fn pictures(cell: &CellView) -> Vec<Picture> {
    let beside = pictures::called_in(&cell.source).filter(|(_, mime)| PICTURE_KINDS.contains(mime));
    let beside = beside.map(|(sha256, mime)| (mime.to_owned(), PictureContent::Blob(sha256.to_owned())));
    attached(cell).chain(beside).map(|(mime, content)| Picture { mime, content }).collect()
}

fn attached(cell: &CellView) -> impl Iterator<Item = (String, PictureContent)> {
    let bundles = cell.attachments.iter().flat_map(|attachments| attachments.values());
    bundles.filter_map(Value::as_object).filter_map(|bundle| {
        let (mime, content) = bundle.iter().find(|(mime, _)| PICTURE_KINDS.contains(&mime.as_str()))?;
        let base64: String = cell::joined(content).split_whitespace().collect();
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        (!base64.is_empty() && base64.bytes().all(letters)).then(|| (mime.clone(), PictureContent::Base64(base64)))
    })
}

/// Leaves the pictures nearest to the question.
fn limit_pictures(cells: &mut [Considered], asked: &mut Message) {
    let mut room = PICTURES_MAX;
    let above = cells.iter_mut().rev().flat_map(|cell| cell.messages.iter_mut().rev());
    for message in [asked].into_iter().chain(above) {
        message.pictures.truncate(room);
        room -= message.pictures.len();
    }
}

/// Lets the cells farthest above go, but none that is pinned, until the rest fits.
fn cut(cells: &mut [Considered]) {
    let length = |cell: &Considered| cell.messages.iter().map(|message| message.text.len()).sum::<usize>();
    let mut over = cells.iter().map(length).sum::<usize>().saturating_sub(CONTEXT_MAX);
    for cell in cells.iter_mut().filter(|cell| cell.fate != Fate::Pinned && !cell.messages.is_empty()) {
        if over == 0 {
            return;
        }
        over = over.saturating_sub(length(cell));
        (cell.fate, cell.messages) = (Fate::Cut, Vec::new());
    }
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

    fn said(question: &Question) -> Vec<(Speaker, String)> {
        question.messages().into_iter().map(|message| (message.speaker, message.text)).collect()
    }

    fn user(text: &str) -> (Speaker, String) {
        (Speaker::User, text.into())
    }

    fn fates(question: &Question) -> Vec<(&str, Fate)> {
        question.cells.iter().map(|cell| (cell.cell.as_str(), cell.fate)).collect()
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
        assert_eq!(said(&question), [user("# Title\n\npinned below\n\nWhy?")]);
        assert_eq!(fates(&question), [("a", Fate::Sent), ("b", Fate::Skipped), ("d", Fate::Pinned)]);
        assert_eq!(question.sent().iter().map(CellId::as_str).collect::<Vec<_>>(), ["a", "d"]);
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
        assert_eq!(said(&fresh), [user("Who is John?"), (Speaker::Assistant, "A friend.".into()), user("And now?")]);
        let stale = asked(cells(), "p");
        assert_eq!(said(&stale), [user("And now?")]);
        assert_eq!((fates(&stale), stale.sent().len()), (vec![("p", Fate::Stale)], 0));
    }

    #[test]
    fn code_goes_with_its_output_which_is_trimmed_and_no_output_can_end_its_block() {
        let mut code = cell("a", CellKind::Code, "print('```')");
        code.outputs = vec![json!({ "output_type": "stream", "name": "stdout", "text": "```\n".repeat(2_000) })];
        let question = asked(vec![code.clone(), cell("q", CellKind::Prompt, "Why?")], "");
        let text = &question.messages()[0].text;
        assert!(text.starts_with("````\nprint('```')\n````\nOutput:\n````\n"), "{text}");
        assert!(text.contains("characters left out") && text.len() < OUTPUT_HEAD + OUTPUT_TAIL + 200);
        let stale = asked(vec![code, cell("q", CellKind::Prompt, "Why?")], "a");
        assert!(!stale.messages()[0].text.contains("Output:"), "what an older source put out says nothing");
        assert_eq!((fates(&stale), stale.sent().len()), (vec![("a", Fate::Stale)], 1));
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
        assert_eq!(question.sent().iter().map(CellId::as_str).collect::<Vec<_>>(), ["a", "c", "d"]);
        assert_eq!(fates(&question)[1], ("b", Fate::Cut));
    }

    #[test]
    fn ln_88_mode_and_model_come_from_the_cell_or_the_notebook_and_pictures_from_notes() {
        let sha256 = "ab".repeat(32);
        let source = format!("![x](attachment:x.png) ![y](api/blobs/{sha256}?type=image/webp)");
        let mut note = cell("a", CellKind::Note, &source);
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
        assert!(question.thinking && question.system.as_ref().unwrap().contains("few words"));
        let attached = Picture { mime: "image/png".into(), content: PictureContent::Base64("iVBO".into()) };
        let beside = Picture { mime: "image/webp".into(), content: PictureContent::Blob(sha256) };
        assert_eq!(question.messages()[0].pictures, [attached, beside]);
    }

    fn choosing(cell_says: Value, notebook_says: Value) -> (Option<String>, Option<String>) {
        let mut prompt = cell("q", CellKind::Prompt, "Why?");
        cell::ours(&mut prompt.metadata).extend(cell_says.as_object().unwrap().clone());
        let metadata = json!({ "coscribe": notebook_says }).as_object().unwrap().clone();
        let notebook = NotebookView { cells: vec![prompt], metadata, ..NotebookView::default() };
        let question = question(&notebook, &"q".parse().unwrap(), |_| false).unwrap();
        (question.provider, question.model)
    }

    #[test]
    fn ln_88_a_model_goes_with_its_own_provider() {
        let notebook = || json!({ "provider": "ours", "model": "small" });
        let pair = |provider: &str, model: Option<&str>| (Some(provider.to_owned()), model.map(str::to_owned));
        assert_eq!(choosing(json!({}), notebook()), pair("ours", Some("small")));
        assert_eq!(choosing(json!({ "provider": null, "model": "" }), notebook()), pair("ours", Some("small")));
        assert_eq!(choosing(json!({ "model": "large" }), notebook()), pair("ours", Some("large")));
        assert_eq!(choosing(json!({ "provider": "ours" }), notebook()), pair("ours", Some("small")));
        assert_eq!(choosing(json!({ "provider": "theirs" }), notebook()), pair("theirs", None));
        assert_eq!(choosing(json!({}), json!({ "mode": "mock", "provider": "ours" })), pair("demo", None));
        assert_eq!(choosing(json!({ "provider": "ours" }), json!({ "mode": "mock" })), pair("ours", None));
        assert_eq!(choosing(json!({}), json!({})), (None, None));
    }

    #[test]
    fn pictures_that_no_provider_takes_are_left_out_and_the_nearest_eight_are_sent() {
        let with = |id: &str, count: usize| {
            let mut note = cell(id, CellKind::Note, id);
            let picture = |at: usize| (format!("{at}.png"), json!({ "image/png": format!("{id}{at}") }));
            note.attachments = Some((0..count).map(picture).collect());
            note
        };
        let mut odd = with("odd", 1);
        let more = json!({ "a.bmp": { "image/bmp": "AAAA" }, "b.png": { "image/png": "not base64!" } });
        odd.attachments.as_mut().unwrap().extend(more.as_object().unwrap().clone());
        let question = asked(vec![with("far", 3), with("near", 6), odd, cell("q", CellKind::Prompt, "Why?")], "");
        let pictures: Vec<usize> = question.cells.iter().map(|cell| cell.messages[0].pictures.len()).collect();
        assert_eq!(pictures, [1, 6, 1]);
    }
}
