//! The messages of widgets as the document needs them.
//!
//! Imports kernel, notebook. Invariant: a message that is none of Jupyter's widgets becomes nothing.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    kernel::{Comm, CommKind},
    notebook::{Entries, ModelEvent, entries},
};

/// What widgets of Jupyter are opened for.
const TARGET: &str = "jupyter.widget";
/// Letters of a name at most.
const NAME_MAX: usize = 128;

/// What a message does to a widget, if it is one.
pub fn event(comm: Comm) -> Option<ModelEvent> {
    let Comm { kind, comm: model, target, mut data, buffers, .. } = comm;
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_';
    if model.is_empty() || model.len() > NAME_MAX || !model.bytes().all(plain) {
        return None;
    }
    match (kind, data.get("method").and_then(Value::as_str)) {
        (CommKind::Open, _) if target.as_deref() == Some(TARGET) => {
            Some(ModelEvent::Opened { model, state: state(data, &buffers) })
        }
        (CommKind::Message, Some("update")) => Some(ModelEvent::Changed { model, state: state(data, &buffers) }),
        (CommKind::Message, Some("custom")) => {
            let buffers: Vec<String> = buffers.iter().map(|buffer| STANDARD.encode(buffer)).collect();
            let content = data.remove("content").unwrap_or_default();
            Some(ModelEvent::Said { model, message: json!({ "content": content, "buffers": buffers }) })
        }
        (CommKind::Close, _) => Some(ModelEvent::Closed { model }),
        (CommKind::Open | CommKind::Message, _) => None,
    }
}

fn state(mut data: Map<String, Value>, buffers: &[Vec<u8>]) -> Entries {
    let paths = data.remove("buffer_paths");
    let paths = paths.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match data.remove("state") {
        Some(Value::Object(state)) => entries(state, paths, buffers),
        _ => Entries::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comm(kind: CommKind, name: &str, target: Option<&str>, data: Value) -> Comm {
        let data = data.as_object().unwrap().clone();
        Comm {
            run: None,
            kind,
            comm: name.into(),
            target: target.map(str::to_owned),
            data,
            buffers: vec![b"x".to_vec()],
        }
    }

    #[test]
    fn only_messages_of_widgets_become_events() {
        let data = json!({ "state": { "value": 1 }, "buffer_paths": [["image"]] });
        let opened = event(comm(CommKind::Open, "m", Some(TARGET), data.clone())).unwrap();
        let ModelEvent::Opened { model, state } = opened else { panic!("{opened:?}") };
        assert_eq!((model.as_str(), &state["value"]["value"]), ("m", &json!(1)));
        assert_eq!(state["image"]["buffers"][0]["base64"], "eA==");
        assert_eq!(event(comm(CommKind::Open, "m", Some("other"), data.clone())), None);
        assert_eq!(event(comm(CommKind::Open, "a/b", Some(TARGET), data.clone())), None);
        assert_eq!(event(comm(CommKind::Message, "m", None, json!({ "method": "echo_update", "state": {} }))), None);
        let said = event(comm(CommKind::Message, "m", None, json!({ "method": "custom", "content": { "a": 1 } })));
        let message = json!({ "content": { "a": 1 }, "buffers": ["eA=="] });
        assert_eq!(said, Some(ModelEvent::Said { model: "m".into(), message }));
    }
}
