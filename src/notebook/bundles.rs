//! Large contents of outputs, which lie in blobs beside the document: taken out of bundles, and put back into files.
//!
//! Imports cell, schema, running and view. Invariant: nothing is cut without a reference to the whole, unless the store
//! refused it, which the bundle then says.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map as Object, Value, json};

use super::{
    cell, models,
    outputs::Bundle,
    running::{BlobRef, blob_value},
    schema,
    view::NotebookView,
};

/// Bytes of a text that stay in the document.
const TEXT_MAX: usize = 16 << 10;
/// Bytes of a picture that stay in the document, decoded.
const PICTURE_MAX: usize = 100 << 10;
/// Bytes of a large plain text that stay to be shown beside its reference.
const PLAIN_HEAD: usize = 4 << 10;

fn is_binary(mime: &str) -> bool {
    let text =
        mime.starts_with("text/") || mime.contains("json") || mime.contains("xml") || mime.contains("javascript");
    !text
}

fn limit(mime: &str) -> usize {
    // Base64 takes four characters for three bytes.
    if is_binary(mime) {
        PICTURE_MAX / 3 * 4
    } else if mime.starts_with("image/") {
        PICTURE_MAX
    } else {
        TEXT_MAX
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        other => other.to_string().len(),
    }
}

/// Something in the bundle is to be moved into a blob.
pub fn is_large(bundle: &Bundle) -> bool {
    bundle.data.iter().any(|(mime, value)| size(value) > limit(mime))
}

/// Moves large contents into blobs. `put` keeps one, given its type.
pub fn move_large_parts(bundle: &mut Bundle, mut put: impl FnMut(&[u8], &str) -> Option<BlobRef>) {
    let large: Vec<String> =
        bundle.data.iter().filter(|(mime, value)| size(value) > limit(mime)).map(|(mime, _)| mime.clone()).collect();
    let mut references = Vec::new();
    for mime in large {
        let Some(value) = bundle.data.remove(&mime) else { continue };
        let content = content(&mime, &value);
        let said = put(&content, &mime).map(|blob| {
            let value = blob_value(&blob);
            references.push(value);
        });
        note(&mut bundle.data, &mime, &value, content.len(), said.is_some());
    }
    if !references.is_empty() {
        bundle.data.insert(schema::BLOB_REF.into(), Value::Array(references));
    }
}

/// What is shown where nobody can follow the reference.
fn note(data: &mut Object<String, Value>, mime: &str, value: &Value, bytes: usize, kept: bool) {
    let kilobytes = bytes.div_ceil(1024);
    let lost = if kept { "" } else { "; it could not be kept" };
    if mime == schema::TEXT_PLAIN {
        let text = cell::joined(value);
        let end = (0..=PLAIN_HEAD.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        data.insert(mime.into(), format!("{}\n… {kilobytes} KiB in all{lost} …", &text[..end]).into());
    } else {
        data.entry(schema::TEXT_PLAIN).or_insert_with(|| format!("<{mime}, {kilobytes} KiB{lost}>").into());
    }
}

fn content(mime: &str, value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) if is_binary(mime) => {
            let base64: String = text.split_whitespace().collect();
            STANDARD.decode(base64).unwrap_or_else(|_| text.clone().into_bytes())
        }
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    }
}

/// The blobs that outputs and widgets refer to, each once.
pub fn blobs_called(notebook: &NotebookView) -> Vec<String> {
    let outputs = notebook.cells.iter().flat_map(|cell| &cell.outputs);
    let references = outputs.filter_map(|output| output.get(schema::DATA)?.get(schema::BLOB_REF)?.as_array()).flatten();
    let called = references.filter_map(|reference| text(reference, "sha256"));
    let mut called: Vec<String> = called.chain(models::blobs_called(&notebook.models)).collect();
    called.sort();
    called.dedup();
    called
}

fn text(reference: &Value, key: &str) -> Option<String> {
    reference.get(key)?.as_str().map(str::to_owned)
}

/// Puts the contents of blobs back into the outputs that refer to them; those that are not there stay references.
pub fn carry_blobs(notebook: &mut NotebookView, contents: &HashMap<String, Vec<u8>>) {
    models::carry_blobs(&mut notebook.models, contents);
    for cell in &mut notebook.cells {
        cell.outputs.iter_mut().for_each(|output| carry_into(output, contents));
        cell.outputs = joined_streams(std::mem::take(&mut cell.outputs));
    }
}

fn carry_into(output: &mut Value, contents: &HashMap<String, Vec<u8>>) {
    let Some(data) = output.get_mut(schema::DATA).and_then(Value::as_object_mut) else { return };
    let Some(Value::Array(references)) = data.remove(schema::BLOB_REF) else { return };
    let mut left = Vec::new();
    for reference in references {
        let found = text(&reference, "sha256").and_then(|sha256| contents.get(&sha256));
        match (text(&reference, "mime"), found) {
            (Some(mime), Some(content)) => drop(data.insert(mime.clone(), inline(&mime, content))),
            _ => left.push(reference),
        }
    }
    if !left.is_empty() {
        data.insert(schema::BLOB_REF.into(), Value::Array(left));
    }
}

fn inline(mime: &str, content: &[u8]) -> Value {
    if is_binary(mime) {
        return STANDARD.encode(content).into();
    }
    let text = String::from_utf8_lossy(content);
    let parsed = if mime.contains("json") { serde_json::from_str(&text).ok() } else { None };
    parsed.unwrap_or_else(|| text.into_owned().into())
}

/// A stream whose middle came back is one stream again.
fn joined_streams(outputs: Vec<Value>) -> Vec<Value> {
    let mut joined: Vec<Value> = Vec::with_capacity(outputs.len());
    for output in outputs {
        let Some((name, middle)) = middle(&output) else {
            match joined.last_mut().filter(|last| is_open(last) && same_stream(last, &output)) {
                Some(last) => append(last, &output),
                None => joined.push(output),
            }
            continue;
        };
        match joined.last_mut().filter(|last| stream_name(last) == Some(name.as_str())) {
            Some(last) => {
                let text = cell::joined(&last[schema::TEXT]) + &middle;
                *last =
                    json!({ schema::OUTPUT_TYPE: schema::STREAM, schema::NAME: name, schema::TEXT: text, OPEN: true });
            }
            None => joined.push(output),
        }
    }
    joined.iter_mut().filter_map(Value::as_object_mut).for_each(|output| drop(output.remove(OPEN)));
    joined
}

/// Marks a stream whose tail follows, while outputs are joined.
const OPEN: &str = "open";

fn is_open(output: &Value) -> bool {
    output.get(OPEN).is_some()
}

fn stream_name(output: &Value) -> Option<&str> {
    let is_stream = output.get(schema::OUTPUT_TYPE)?.as_str()? == schema::STREAM;
    if is_stream { output.get(schema::NAME)?.as_str() } else { None }
}

fn same_stream(last: &Value, next: &Value) -> bool {
    stream_name(next).is_some() && stream_name(last) == stream_name(next)
}

fn append(last: &mut Value, tail: &Value) {
    let text = cell::joined(&last[schema::TEXT]) + &cell::joined(&tail[schema::TEXT]);
    if let Some(last) = last.as_object_mut() {
        last.insert(schema::TEXT.into(), text.into());
        last.remove(OPEN);
    }
}

/// Of an output that stands for the middle of a stream: the stream's name and the middle, if it came back.
fn middle(output: &Value) -> Option<(String, String)> {
    let ours = output.get(schema::METADATA)?.get(schema::COSCRIBE)?;
    let data = output.get(schema::DATA)?;
    let is_back = ours.get(schema::PART)? == schema::MIDDLE && data.get(schema::BLOB_REF).is_none();
    let text = cell::joined(data.get(schema::TEXT_PLAIN)?);
    (is_back && !text.starts_with(LEFT_OUT_SIGN)).then_some((ours.get(schema::NAME)?.as_str()?.to_owned(), text))
}

/// What the sentence in place of a left out middle begins with; program text hardly does.
pub const LEFT_OUT_SIGN: &str = "\u{2026} ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::CellId, notebook::CellView, vocabulary::CellKind};

    fn kept(kept: &mut HashMap<String, Vec<u8>>) -> impl FnMut(&[u8], &str) -> Option<BlobRef> {
        |content, mime| {
            let sha256 = format!("{:064}", kept.len());
            kept.insert(sha256.clone(), content.to_vec());
            Some(BlobRef { sha256, mime: mime.into(), size: content.len() as u64 })
        }
    }

    #[test]
    fn large_pictures_and_texts_go_to_blobs_decoded_and_come_back_in_files() {
        let picture: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let html = "<p>x</p>".repeat(4_000);
        let data = json!({ "image/png": STANDARD.encode(&picture), "text/html": html, "text/plain": "<Figure>" });
        let mut bundle = Bundle { data: data.as_object().unwrap().clone(), ..Bundle::default() };
        assert!(is_large(&bundle));
        let mut contents = HashMap::new();
        move_large_parts(&mut bundle, kept(&mut contents));
        assert!(!is_large(&bundle) && bundle.data.len() == 2, "{:?}", bundle.data.keys());
        assert_eq!(contents.values().filter(|content| **content == picture).count(), 1);
        let mut cell = CellView::new(CellId::generate(), CellKind::Code, String::new());
        cell.outputs = vec![json!({ "output_type": "display_data", "data": bundle.data, "metadata": {} })];
        let mut notebook = NotebookView { cells: vec![cell], ..NotebookView::default() };
        assert_eq!(blobs_called(&notebook).len(), 2);
        carry_blobs(&mut notebook, &contents);
        assert_eq!(notebook.cells[0].outputs[0]["data"], data);
    }

    #[test]
    fn small_contents_stay_and_what_the_disk_refuses_is_said() {
        let data = json!({ "text/plain": "x".repeat(TEXT_MAX), "image/png": "A".repeat(PICTURE_MAX) });
        let bundle = Bundle { data: data.as_object().unwrap().clone(), ..Bundle::default() };
        assert!(!is_large(&bundle));
        let data = json!({ "text/plain": "é".repeat(TEXT_MAX) });
        let mut bundle = Bundle { data: data.as_object().unwrap().clone(), ..Bundle::default() };
        move_large_parts(&mut bundle, |_, _| None);
        let text = bundle.data["text/plain"].as_str().unwrap();
        assert!(text.len() < 2 * PLAIN_HEAD && text.ends_with("it could not be kept …"), "{text}");
    }
}
