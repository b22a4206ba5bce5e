//! Widgets in files: `metadata.widgets` of nbformat.
//!
//! Imports entry, schema. Invariant: what was read is written again as it was; what is not understood stays where it is.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map as Object, Value, json};

use super::entry::{self, BASE64, BLOB, BUFFERS, PATH, VALUE};
use crate::notebook::schema;

/// In the notebook's metadata, and the key in it.
const WIDGETS: &str = "widgets";
const STATE_MIME: &str = "application/vnd.jupyter.widget-state+json";

const STATE: &str = "state";
const MAJOR: &str = "version_major";
const MINOR: &str = "version_minor";

/// The keys of a widget in a file, and those in the document.
const ABOUT: [(&str, &str); 3] = [
    ("model_module", schema::MODEL_MODULE),
    ("model_name", schema::MODEL_NAME),
    ("model_module_version", schema::MODEL_VERSION),
];

/// Takes the widgets out of a file's metadata, in the shape of the document.
pub fn take(metadata: &mut Object<String, Value>) -> Object<String, Value> {
    let Some(read) = metadata.get(WIDGETS).and_then(|widgets| read(widgets.get(STATE_MIME)?)) else {
        return Object::new();
    };
    if let Some(Value::Object(widgets)) = metadata.get_mut(WIDGETS) {
        widgets.remove(STATE_MIME);
        if widgets.is_empty() {
            metadata.remove(WIDGETS);
        }
    }
    read
}

/// Puts widgets into a file's metadata.
pub fn put(metadata: &mut Object<String, Value>, models: &Object<String, Value>) {
    if models.is_empty() {
        return;
    }
    let state: Object<String, Value> = models.iter().map(|(id, model)| (id.clone(), written(model))).collect();
    let widgets = metadata.entry(WIDGETS).or_insert_with(|| json!({}));
    if let Value::Object(widgets) = widgets {
        widgets.insert(STATE_MIME.into(), json!({ STATE: state, MAJOR: 2, MINOR: 0 }));
    }
}

/// None if any of it is otherwise than is known.
fn read(file: &Value) -> Option<Object<String, Value>> {
    let known = file[MAJOR] == 2 && file[MINOR] == 0;
    let state = file.get(STATE)?.as_object().filter(|state| known && !state.is_empty())?;
    state.iter().map(|(id, model)| Some((id.clone(), read_model(model)?))).collect()
}

fn read_model(file: &Value) -> Option<Value> {
    let state = file.get(STATE)?.as_object()?;
    let mut entries: Object<String, Value> =
        state.iter().map(|(key, value)| (key.clone(), json!({ VALUE: value }))).collect();
    for buffer in file.get(BUFFERS).and_then(Value::as_array).into_iter().flatten() {
        let (key, rest) = buffer.get(PATH)?.as_array()?.split_first()?;
        let data = buffer.get("data").filter(|_| buffer["encoding"] == BASE64)?;
        let entry = entries.entry(key.as_str()?).or_insert_with(|| json!({}));
        entry::add_buffer(entry, json!({ PATH: rest, BASE64: data }));
    }
    let mut model = Object::from_iter([(STATE.to_owned(), Value::Object(entries))]);
    for (name, ours) in ABOUT {
        model.insert(ours.into(), file.get(name)?.as_str()?.into());
    }
    Some(Value::Object(model))
}

fn written(model: &Value) -> Value {
    let mut file = Object::new();
    for (name, ours) in ABOUT {
        file.insert(name.into(), model.get(ours).cloned().unwrap_or_else(|| "".into()));
    }
    let (mut state, mut buffers) = (Object::new(), Vec::new());
    for (key, entry) in model.get(STATE).and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = entry.get(VALUE) {
            state.insert(key.clone(), value.clone());
        }
        for part in entry.get(BUFFERS).and_then(Value::as_array).into_iter().flatten() {
            let mut path = vec![Value::from(key.as_str())];
            path.extend(part[PATH].as_array().into_iter().flatten().cloned());
            let data = part.get(BASE64).cloned().unwrap_or_else(|| "".into());
            buffers.push(json!({ "data": data, "encoding": BASE64, PATH: path }));
        }
    }
    file.insert(STATE.into(), Value::Object(state));
    if !buffers.is_empty() {
        file.insert(BUFFERS.into(), Value::Array(buffers));
    }
    Value::Object(file)
}

fn entries(models: &Object<String, Value>) -> impl Iterator<Item = &Value> {
    models.values().filter_map(|model| model.get(STATE)?.as_object()).flat_map(|state| state.values())
}

/// The blobs in which parts of widgets lie.
pub fn blobs_called(models: &Object<String, Value>) -> impl Iterator<Item = String> {
    entries(models).flat_map(entry::blobs).map(str::to_owned)
}

/// Puts the contents of blobs back.
pub fn carry_blobs(models: &mut Object<String, Value>, contents: &HashMap<String, Vec<u8>>) {
    for state in models.values_mut().filter_map(|model| model.get_mut(STATE)?.as_object_mut()) {
        state.values_mut().for_each(|entry| carry(entry, contents));
    }
}

fn carry(entry: &mut Value, contents: &HashMap<String, Vec<u8>>) {
    let content = |part: &Value| contents.get(part.get(BLOB)?.get("sha256")?.as_str()?);
    if let Some(value) = content(entry).and_then(|content| serde_json::from_slice::<Value>(content).ok()) {
        entry[VALUE] = value;
    }
    for part in entry.get_mut(BUFFERS).and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(content) = content(part) {
            part[BASE64] = STANDARD.encode(content).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Object<String, Value> {
        let model = json!({
            "buffers": [{ "data": "AAEC", "encoding": "base64", "path": ["value"] }],
            "model_module": "@jupyter-widgets/controls",
            "model_module_version": "2.0.0",
            "model_name": "ImageModel",
            "state": { "layout": "IPY_MODEL_l", "width": "10" },
        });
        let state = json!({ "state": { "m": model }, "version_major": 2, "version_minor": 0 });
        json!({ "kernelspec": {}, "widgets": { STATE_MIME: state, "other": 1 } }).as_object().unwrap().clone()
    }

    #[test]
    fn ln_43_widgets_of_a_file_are_written_again_as_they_were() {
        let mut read = metadata();
        let models = take(&mut read);
        assert_eq!(read["widgets"], json!({ "other": 1 }));
        assert_eq!(models["m"]["state"]["layout"], json!({ "value": "IPY_MODEL_l" }));
        put(&mut read, &models);
        assert_eq!(read, metadata());
    }

    #[test]
    fn widgets_of_another_kind_stay_where_they_are() {
        for (pointer, value) in [
            ("/widgets/application~1vnd.jupyter.widget-state+json/version_major", json!(3)),
            ("/widgets/application~1vnd.jupyter.widget-state+json/state", json!({})),
            ("/widgets/application~1vnd.jupyter.widget-state+json/state/m/buffers/0/encoding", json!("hex")),
        ] {
            let mut read = Value::Object(metadata());
            *read.pointer_mut(pointer).unwrap() = value;
            let Value::Object(mut read) = read else { panic!("no object") };
            let before = read.clone();
            assert!(take(&mut read).is_empty());
            assert_eq!(read, before);
        }
    }
}
