//! Pictures of notes on their way into a file: those kept beside the notebook come into the note that calls them, and
//! into its text where a form has no place for them.
//!
//! Imports cell, schema and view. Invariant: only what Markdown calls as a picture is rewritten; whatever is not there
//! is left as it was written.

use std::{borrow::Cow, collections::HashMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{
    cell,
    view::{CellView, NotebookView},
};
use crate::vocabulary::CellKind;

/// What the page writes for a picture beside the notebook: `![plot](api/blobs/{sha256}?type=image/png)`.
const BLOB: &str = "](api/blobs/";
const TYPE: &str = "?type=";
const ATTACHMENT: &str = "](attachment:";
const HASH_LENGTH: usize = 64;
/// So much of a hash tells the pictures of one note apart.
const NAME_LENGTH: usize = 16;
const KINDS: [(&str, &str); 5] = [
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/svg+xml", "svg"),
];

/// A call of a picture beside the notebook.
struct Call<'a> {
    sha256: &'a str,
    mime: &'static str,
    extension: &'static str,
    /// Bytes of the address in the text behind the call's start.
    length: usize,
}

/// The pictures beside the notebook that its notes call, by the hash in their address, each once.
pub fn pictures_called(notebook: &NotebookView) -> Vec<String> {
    let mut called: Vec<String> = Vec::new();
    for note in notebook.cells.iter().filter(|cell| cell.kind == CellKind::Note) {
        for call in calls(&note.source) {
            if !called.iter().any(|known| known == call.sha256) {
                called.push(call.sha256.to_owned());
            }
        }
    }
    called
}

/// The pictures beside the notebook that a text calls: the hash and the kind of each.
pub fn called_in(source: &str) -> impl Iterator<Item = (&str, &'static str)> {
    calls(source).map(|call| (call.sha256, call.mime))
}

/// Puts pictures into the notes that call them; `contents` are theirs by hash.
pub fn carry_pictures(notebook: &mut NotebookView, contents: &HashMap<String, Vec<u8>>) {
    for note in notebook.cells.iter_mut().filter(|cell| cell.kind == CellKind::Note) {
        carry_into(note, contents);
    }
}

fn carry_into(note: &mut CellView, contents: &HashMap<String, Vec<u8>>) {
    let attachments = &mut note.attachments;
    let source = rewritten(&note.source, BLOB, |rest| {
        let call = call(rest)?;
        let content = contents.get(call.sha256)?;
        let name = format!("{}.{}", &call.sha256[..NAME_LENGTH], call.extension);
        let bundle = || json!({ call.mime: STANDARD.encode(content) });
        attachments.get_or_insert_default().entry(name.as_str()).or_insert_with(bundle);
        Some((call.length, format!("{ATTACHMENT}{name}")))
    });
    note.source = source.into_owned();
}

/// The text of a note with its pictures in it, for forms that have no place for them.
pub fn with_pictures_inside(note: &CellView) -> Cow<'_, str> {
    let Some(attachments) = &note.attachments else { return Cow::Borrowed(&note.source) };
    rewritten(&note.source, ATTACHMENT, |rest| {
        let name = &rest[..rest.find([')', ' ', '\n'])?];
        let bundle = attachments.get(name).or_else(|| attachments.get(&unescaped(name)?))?;
        let (mime, _) = KINDS.into_iter().find(|(mime, _)| bundle.get(mime).is_some())?;
        let base64: String = cell::joined(bundle.get(mime)?).split_whitespace().collect();
        Some((name.len(), format!("](data:{mime};base64,{base64}")))
    })
}

/// `text` with what follows each `mark` replaced, the mark included: by how many bytes behind it, and by what.
fn rewritten<'a>(text: &'a str, mark: &str, mut replace: impl FnMut(&str) -> Option<(usize, String)>) -> Cow<'a, str> {
    let mut result = String::new();
    let mut done = 0;
    for (start, _) in text.match_indices(mark) {
        let behind = start + mark.len();
        if let Some((length, replacement)) = replace(&text[behind..]) {
            result.push_str(&text[done..start]);
            result.push_str(&replacement);
            done = behind + length;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    result.push_str(&text[done..]);
    Cow::Owned(result)
}

fn calls(source: &str) -> impl Iterator<Item = Call<'_>> {
    source.match_indices(BLOB).filter_map(|(start, _)| call(&source[start + BLOB.len()..]))
}

fn call(rest: &str) -> Option<Call<'_>> {
    let sha256 = rest.get(..HASH_LENGTH)?;
    if !sha256.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        return None;
    }
    let kind = rest[HASH_LENGTH..].strip_prefix(TYPE)?;
    let (mime, extension) = KINDS
        .into_iter()
        .find(|(mime, _)| kind.strip_prefix(mime).is_some_and(|end| end.starts_with([')', ' ', '\n'])))?;
    Some(Call { sha256, mime, extension, length: HASH_LENGTH + TYPE.len() + mime.len() })
}

/// A name as people wrote it before a link had to escape it.
fn unescaped(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, behind @ ..] = rest {
        let escaped = (*first == b'%').then(|| behind.get(..2)).flatten();
        let byte = escaped.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::ids::CellId;

    const PNG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const SVG: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn note(source: String) -> NotebookView {
        let id: CellId = "n".parse().unwrap();
        let cell = CellView {
            id,
            kind: CellKind::Note,
            source,
            outputs: Vec::new(),
            execution_count: None,
            metadata: Map::new(),
            attachments: None,
        };
        NotebookView { cells: vec![cell], ..NotebookView::default() }
    }

    #[test]
    fn pictures_beside_the_notebook_come_into_the_notes_that_call_them() {
        let source = format!(
            "é ![a](api/blobs/{PNG}?type=image/png) ![b](api/blobs/{SVG}?type=image/svg+xml \"t\")\n![c](api/blobs/{PNG}?type=image/png)"
        );
        let mut notebook = note(source);
        assert_eq!(pictures_called(&notebook), [PNG, SVG]);
        carry_pictures(&mut notebook, &HashMap::from([(PNG.to_owned(), b"png".to_vec())]));
        let [cell] = notebook.cells.as_slice() else { panic!("one cell") };
        let kept = format!("![b](api/blobs/{SVG}?type=image/svg+xml \"t\")");
        assert_eq!(
            cell.source,
            format!("é ![a](attachment:aaaaaaaaaaaaaaaa.png) {kept}\n![c](attachment:aaaaaaaaaaaaaaaa.png)")
        );
        assert_eq!(json!(cell.attachments), json!({"aaaaaaaaaaaaaaaa.png": {"image/png": "cG5n"}}));
    }

    #[test]
    fn what_is_no_such_call_stays_as_it_is() {
        for source in [
            format!("api/blobs/{PNG}?type=image/png"),
            format!("![a](api/blobs/{PNG})"),
            format!("![a](api/blobs/{PNG}?type=text/html)"),
            format!("![a](api/blobs/{PNG}?type=image/pngx)"),
            format!("![a](api/blobs/{}?type=image/png)", PNG.to_uppercase()),
            "![a](api/blobs/é".to_owned(),
            "![a](api/blobs/".to_owned(),
        ] {
            let mut notebook = note(source.clone());
            assert_eq!(pictures_called(&notebook), Vec::<String>::new(), "{source}");
            carry_pictures(&mut notebook, &HashMap::from([(PNG.to_owned(), b"png".to_vec())]));
            assert_eq!(notebook, note(source));
        }
    }

    #[test]
    fn a_text_without_attachments_holds_its_pictures_itself() {
        let mut notebook = note("![a](attachment:bild%201.png) ![b](attachment:none.png) ![c](attachment:".into());
        let attachments = json!({"bild 1.png": {"image/png": ["iV\n", "BO"]}});
        notebook.cells[0].attachments = attachments.as_object().cloned();
        let expected = "![a](data:image/png;base64,iVBO) ![b](attachment:none.png) ![c](attachment:";
        assert_eq!(with_pictures_inside(&notebook.cells[0]), expected);
        assert_eq!(unescaped("%41%zz%e2%82").as_deref(), None);
        assert_eq!(unescaped("a%20b%"), Some("a b%".to_owned()));
    }
}
