//! One key of a widget's state as it stands in the document: its value, its binary parts, what of them lies in blobs.
//!
//! `{"value": …, "buffers": [{"path": […], "base64": "…"}]}`; what is large is `{"blob": {sha256, mime, size}}` in the
//! place of `value` or `base64`, with the widgets that a value names in `refs`. Imports outputs, running.
//! Invariant: an entry is at most a few times [`INLINE_MAX`] long once its large parts were moved, however large its value.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map as Object, Value, json};

use crate::notebook::{
    outputs::weight,
    running::{BlobRef, blob_value},
};

pub const VALUE: &str = "value";
pub const BUFFERS: &str = "buffers";
pub const PATH: &str = "path";
pub const BASE64: &str = "base64";
pub const BLOB: &str = "blob";
pub const REFS: &str = "refs";
/// The change with which the entry came: later ones have larger numbers.
pub const SEQ: &str = "seq";

/// Bytes of a value, or of a binary part in base64, that stay in the document: a picture, as among outputs. What is
/// overwritten is forgotten there, while every blob is kept.
const INLINE_MAX: usize = 100 << 10;

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// How a value names a widget.
const REFERENCE: &str = "IPY_MODEL_";
/// How an output names one.
pub const VIEW: &str = "application/vnd.jupyter.widget-view+json";
pub const MODEL_ID: &str = "model_id";

/// Entries by key.
pub type Entries = Object<String, Value>;

/// The entries of a message: `paths` tell where in the state each binary part belongs.
pub fn entries(state: Object<String, Value>, paths: &[Value], buffers: &[Vec<u8>]) -> Entries {
    let mut entries: Entries = state.into_iter().map(|(key, value)| (key, json!({ VALUE: value }))).collect();
    for (path, buffer) in paths.iter().zip(buffers) {
        let Some((Value::String(key), rest)) = path.as_array().and_then(|path| path.split_first()) else { continue };
        // Where all of a value is binary, there is no other.
        let entry = entries.entry(key.clone()).or_insert_with(|| json!({}));
        add_buffer(entry, json!({ PATH: rest, BASE64: STANDARD.encode(buffer) }));
    }
    entries
}

/// Adds a binary part.
pub fn add_buffer(entry: &mut Value, buffer: Value) {
    match entry.get_mut(BUFFERS).and_then(Value::as_array_mut) {
        Some(buffers) => buffers.push(buffer),
        None => entry[BUFFERS] = json!([buffer]),
    }
}

/// Something of the entries is to be moved into a blob.
pub fn is_large(entries: &Entries) -> bool {
    let large = |part: &Value| part.get(BASE64).is_some_and(|text| weight(text) > INLINE_MAX);
    entries
        .values()
        .any(|entry| entry.get(VALUE).is_some_and(|value| weight(value) > INLINE_MAX) || parts(entry).iter().any(large))
}

/// Moves what is large into blobs. `put` keeps a content, given its type; what it refuses becomes null, or empty.
pub fn move_large_parts(entries: &mut Entries, mut put: impl FnMut(&[u8], &str) -> Option<BlobRef>) {
    for entry in entries.values_mut() {
        if entry.get(VALUE).is_some_and(|value| weight(value) > INLINE_MAX) {
            move_value(entry, &mut put);
        }
        let Some(buffers) = entry.get_mut(BUFFERS).and_then(Value::as_array_mut) else { continue };
        for part in buffers.iter_mut().filter(|part| weight(&part[BASE64]) > INLINE_MAX) {
            let content = STANDARD.decode(part[BASE64].as_str().unwrap_or_default()).unwrap_or_default();
            *part = match put(&content, BYTES) {
                Some(blob) => json!({ PATH: part[PATH], BLOB: blob_value(&blob) }),
                None => json!({ PATH: part[PATH], BASE64: "" }),
            };
        }
    }
}

fn move_value(entry: &mut Value, put: &mut impl FnMut(&[u8], &str) -> Option<BlobRef>) {
    let Some(object) = entry.as_object_mut() else { return };
    let Some(value) = object.remove(VALUE) else { return };
    let mut named = Vec::new();
    references(&value, &mut |id| named.push(id.to_owned()));
    match put(value.to_string().as_bytes(), JSON) {
        Some(blob) => drop(object.insert(BLOB.into(), blob_value(&blob))),
        None => drop(object.insert(VALUE.into(), Value::Null)),
    }
    if !named.is_empty() {
        object.insert(REFS.into(), json!(named));
    }
}

/// About how many bytes entries are.
pub fn size_of(entries: &Entries) -> usize {
    entries.values().map(weight).sum()
}

fn parts(entry: &Value) -> &[Value] {
    entry.get(BUFFERS).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The widgets that an entry names.
pub fn named(entry: &Value, found: &mut impl FnMut(&str)) {
    if let Some(value) = entry.get(VALUE) {
        references(value, found);
    }
    let refs = entry.get(REFS).and_then(Value::as_array);
    refs.into_iter().flatten().filter_map(Value::as_str).for_each(found);
}

/// The widgets that a value names: as a part of a state, or as what an output shows.
pub fn references(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => text.strip_prefix(REFERENCE).into_iter().for_each(found),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(object) => {
            if let Some(id) = object.get(VIEW).and_then(|view| view.get(MODEL_ID)).and_then(Value::as_str) {
                found(id);
            }
            object.values().for_each(|item| references(item, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The hashes of the blobs in which parts of an entry lie.
pub fn blobs(entry: &Value) -> impl Iterator<Item = &str> {
    let own = entry.get(BLOB).into_iter().chain(parts(entry).iter().filter_map(|part| part.get(BLOB)));
    own.filter_map(|blob| blob.get("sha256")?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn binary_parts_stand_with_the_key_they_belong_to() {
        let paths = [json!(["image"]), json!(["data", "x", 0])];
        let made = entries(object(json!({ "data": { "x": [null] } })), &paths, &[b"a".to_vec(), b"b".to_vec()]);
        assert_eq!(
            Value::Object(made),
            json!({
                "data": { "value": { "x": [null] }, "buffers": [{ "path": ["x", 0], "base64": "Yg==" }] },
                "image": { "buffers": [{ "path": [], "base64": "YQ==" }] },
            })
        );
    }

    #[test]
    fn ln_43_what_is_large_lies_in_blobs_and_what_it_names_is_still_known() {
        let children = vec!["IPY_MODEL_c"; 10_000];
        let mut made = entries(object(json!({ "children": children, "n": 1 })), &[json!(["b"])], &[vec![7; 120_000]]);
        assert!(is_large(&made));
        let mut kept = Vec::new();
        move_large_parts(&mut made, |content, mime| {
            kept.push(content.len());
            Some(BlobRef { sha256: "ab".repeat(32), mime: mime.into(), size: content.len() as u64 })
        });
        assert!(!is_large(&made) && kept.contains(&120_000), "{kept:?}");
        assert_eq!(made.values().flat_map(blobs).count(), 2);
        let mut seen = 0;
        named(&made["children"], &mut |id| seen += usize::from(id == "c"));
        assert_eq!(seen, 10_000);
    }

    #[test]
    fn outputs_inside_a_state_name_the_widgets_they_show() {
        let mut seen = Vec::new();
        references(&json!([{ "data": { VIEW: { "model_id": "m" } } }, "IPY_MODEL_k", "x"]), &mut |id| {
            seen.push(id.to_owned())
        });
        assert_eq!(seen, ["m", "k"]);
    }
}
