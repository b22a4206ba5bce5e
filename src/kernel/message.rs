//! A message of a kernel as it came: JSON, read without types, so that a field nobody foresaw loses nothing.
//!
//! Imports nothing of ours. Invariant: a message whose signature is wrong never becomes a [`Message`].

use jupyter_protocol::Header;
use jupyter_zmq_client::{Connection, RawMessage, RuntimeError};
use serde_json::{Map, Value};
use zeromq::SocketRecv;

use super::event::Bundle;

/// Places of the parts of a message; between them stands its metadata.
const HEADER: usize = 0;
const PARENT: usize = 1;
const CONTENT: usize = 3;
const BUFFERS: usize = 4;

/// One message.
#[derive(Debug, Clone)]
pub struct Message {
    pub kind: String,
    /// The message id of the request that caused it.
    pub parent: Option<String>,
    pub content: Map<String, Value>,
    pub buffers: Vec<Vec<u8>>,
    /// What a reply must name as its parent; only input requests are replied to.
    pub header: Option<Header>,
}

/// Reads the next message of a socket. May be dropped at any await without losing one.
pub async fn read<S: SocketRecv>(connection: &mut Connection<S>) -> Result<Message, RuntimeError> {
    let parts = connection.socket.recv().await?;
    parse(RawMessage::from_multipart(parts, &connection.mac)?)
}

fn parse(raw: RawMessage) -> Result<Message, RuntimeError> {
    let header: Map<String, Value> = serde_json::from_slice(&raw.jparts[HEADER])?;
    let parent: Map<String, Value> = serde_json::from_slice(&raw.jparts[PARENT]).unwrap_or_default();
    let kind = text(&header, "msg_type");
    let typed = if kind == "input_request" { serde_json::from_value(Value::Object(header)).ok() } else { None };
    Ok(Message {
        kind,
        parent: parent.get("msg_id").and_then(Value::as_str).map(str::to_owned),
        content: serde_json::from_slice(&raw.jparts[CONTENT]).unwrap_or_default(),
        buffers: raw.jparts[BUFFERS.min(raw.jparts.len())..].iter().map(|buffer| buffer.to_vec()).collect(),
        header: typed,
    })
}

/// A text field; empty when it is not there.
pub fn text(object: &Map<String, Value>, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Message {
    /// A text field of the content; empty when it is not there.
    pub fn text(&self, key: &str) -> String {
        text(&self.content, key)
    }

    /// Whether a field of the content is true.
    pub fn flag(&self, key: &str) -> bool {
        self.content.get(key).and_then(Value::as_bool).unwrap_or_default()
    }

    /// A whole number of the content.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.content.get(key).and_then(Value::as_u64)
    }

    /// An object of the content; empty when it is not there.
    pub fn object(&self, key: &str) -> Map<String, Value> {
        self.content.get(key).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// The forms of an output. `transient` stays behind: it is for us, not for documents.
    pub fn bundle(&self) -> Bundle {
        Bundle { data: self.object("data"), metadata: self.object("metadata") }
    }

    /// The name under which a display can be updated.
    pub fn display_id(&self) -> Option<String> {
        self.content.get("transient")?.get("display_id")?.as_str().map(str::to_owned)
    }

    /// The lines of a traceback.
    pub fn traceback(&self) -> Vec<String> {
        let lines = self.content.get("traceback").and_then(Value::as_array);
        lines.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// About how many bytes a bundle takes in a document.
pub fn size(bundle: &Bundle) -> usize {
    fields_size(&bundle.data) + fields_size(&bundle.metadata)
}

/// About how many bytes an object takes.
pub fn fields_size(fields: &Map<String, Value>) -> usize {
    fields.iter().map(|(key, value)| key.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_size).sum(),
        Value::Object(fields) => fields_size(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

#[cfg(test)]
pub mod made {
    //! Messages for tests.

    use super::*;

    pub fn message(kind: &str, parent: &str, content: Value) -> Message {
        let Value::Object(content) = content else { panic!("no object") };
        Message { kind: kind.into(), parent: Some(parent.into()), content, buffers: Vec::new(), header: None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn raw(parts: &[Value]) -> RawMessage {
        let jparts = parts.iter().map(|part| serde_json::to_vec(part).unwrap().into()).collect();
        RawMessage { zmq_identities: Vec::new(), jparts }
    }

    #[test]
    fn a_message_keeps_what_no_type_foresaw_and_leaves_transient_behind() {
        let header = json!({"msg_id": "m", "msg_type": "display_data", "surprise": 1});
        let content = json!({"data": {"text/x": ["a"]}, "metadata": {}, "transient": {"display_id": "d"}, "new": 1});
        let message = parse(raw(&[header, json!({"msg_id": "p"}), json!({}), content])).unwrap();
        assert_eq!((message.kind.as_str(), message.parent.as_deref()), ("display_data", Some("p")));
        assert_eq!(message.display_id().as_deref(), Some("d"));
        assert_eq!(Value::Object(message.bundle().data), json!({"text/x": ["a"]}));
    }

    #[test]
    fn a_message_without_a_parent_has_none() {
        let message = parse(raw(&[json!({"msg_type": "status"}), json!({}), json!({}), json!({})])).unwrap();
        assert_eq!(message.parent, None);
    }
}
