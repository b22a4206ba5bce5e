//! What a program says: JSON to messages.
//!
//! Invariant: whatever the JSON, the result is a request with what it asks for or a sentence; numbers in it are as the
//! document would give them back.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map as Object, Value};

use super::{Wid, limits, refusal::Refusal};
use crate::crdt::json;

/// Levels of lists and objects in an argument: the containers around it in the document count too.
const DEPTH_MAX: usize = 32;

/// A message, and whom to answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// As the program chose it; absent if it gave none.
    pub id: Option<Value>,
    /// It is answered only if it fails.
    pub quiet: bool,
    pub message: Result<Message, Refusal>,
}

/// One frame of a program: a message, or several that are answered together.
#[derive(Debug, Clone, PartialEq)]
pub enum Saying {
    One(Request),
    Many(Vec<Request>),
}

/// A call of a method.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Call {
    pub wid: Wid,
    pub method: String,
    #[serde(default)]
    pub args: Vec<Value>,
    /// Nothing is told because of it.
    #[serde(default)]
    pub silent: bool,
}

/// A widget to be made.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Create {
    /// The server's choice if absent.
    pub wid: Option<Wid>,
    pub class: String,
    #[serde(default)]
    pub args: Vec<Value>,
    /// The only client that sees it.
    pub client: Option<String>,
}

/// What a program wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    Create(Create),
    Call(Call),
    Batch(Vec<Call>),
    Listen {
        wid: Wid,
        action: String,
    },
    Unlisten {
        wid: Wid,
        action: String,
    },
    OpenUrl(String),
    RegisterFont(Object<String, Value>),
    SetDefaultFont(Value),
    /// What follows is the program's setup: what is there already is adopted.
    BuildStart,
    /// The setup is over: what it did not make goes.
    BuildEnd,
    Title(String),
}

impl Saying {
    /// Reads a frame.
    pub fn parse(value: Value) -> Self {
        match value {
            Value::Array(messages) if messages.len() > limits::MESSAGES_MAX => Self::One(Request {
                id: None,
                quiet: false,
                message: Err(Refusal::malformed(format!("An array has at most {} messages.", limits::MESSAGES_MAX))),
            }),
            Value::Array(messages) => Self::Many(messages.into_iter().map(Request::parse).collect()),
            message => Self::One(Request::parse(message)),
        }
    }

    /// The messages in it.
    pub fn requests(&self) -> &[Request] {
        match self {
            Self::One(request) => std::slice::from_ref(request),
            Self::Many(requests) => requests,
        }
    }
}

impl Request {
    fn parse(value: Value) -> Self {
        let id = value.get("id").cloned();
        let quiet = value.get("type").is_some_and(|kind| kind == "binary-call");
        Self { id, quiet, message: parse(value) }
    }

    /// A refusal of something that never became a message.
    pub fn refused(id: Option<Value>, refusal: Refusal) -> Self {
        Self { id, quiet: true, message: Err(refusal) }
    }
}

#[derive(Deserialize)]
struct Batch {
    calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Listen {
    wid: Wid,
    action: String,
}

#[derive(Deserialize)]
struct OpenUrl {
    url: String,
}

#[derive(Deserialize)]
struct Title {
    title: String,
}

fn parse(value: Value) -> Result<Message, Refusal> {
    let kind = match value.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(other) => return Err(Refusal::UnknownType(shortened(&other.to_string()))),
        None => return Err(Refusal::malformed("A message is a JSON object with a type.")),
    };
    Ok(match kind.as_str() {
        "create" => Message::Create(created(body(&kind, value)?)?),
        // The payload has become its first argument.
        "call" | "binary-call" => Message::Call(called(body(&kind, value)?)?),
        "batch" => Message::Batch(batched(body(&kind, value)?)?),
        "listen" => listened(body(&kind, value)?, |wid, action| Message::Listen { wid, action })?,
        "unlisten" => listened(body(&kind, value)?, |wid, action| Message::Unlisten { wid, action })?,
        "open-url" => Message::OpenUrl(body::<OpenUrl>(&kind, value)?.url),
        "register-font" => font(value)?,
        "set-default-font" => Message::SetDefaultFont(plain(value.get("font").cloned().unwrap_or_default())?),
        "build-start" => Message::BuildStart,
        "build-end" => Message::BuildEnd,
        "title" => Message::Title(body::<Title>(&kind, value)?.title),
        _ => return Err(Refusal::UnknownType(shortened(&kind))),
    })
}

fn body<T: DeserializeOwned>(kind: &str, value: Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|error| Refusal::malformed(format!("The message {kind} is wrong: {error}.")))
}

fn created(create: Create) -> Result<Create, Refusal> {
    if let Some(client) = &create.client {
        name("client", client)?;
    }
    Ok(Create { wid: create.wid.map(number).transpose()?, args: list(create.args)?, ..create })
}

fn called(call: Call) -> Result<Call, Refusal> {
    Ok(Call { args: list(call.args)?, ..call })
}

fn batched(batch: Batch) -> Result<Vec<Call>, Refusal> {
    if batch.calls.len() > limits::MESSAGES_MAX {
        return Err(Refusal::malformed(format!("A batch has at most {} calls.", limits::MESSAGES_MAX)));
    }
    batch.calls.into_iter().map(called).collect()
}

fn listened(listen: Listen, message: impl Fn(Wid, String) -> Message) -> Result<Message, Refusal> {
    name("action", &listen.action)?;
    Ok(message(listen.wid, listen.action))
}

fn font(value: Value) -> Result<Message, Refusal> {
    let Value::Object(mut font) = plain(value)? else { return Err(Refusal::malformed("A font is an object.")) };
    font.retain(|key, _| key != "type" && key != "id");
    match (font.get("family"), font.get("url")) {
        (Some(Value::String(_)), Some(Value::String(_))) => Ok(Message::RegisterFont(font)),
        _ => Err(Refusal::malformed("A font has a family and a url.")),
    }
}

/// The number of a widget: one that every language counts exactly.
fn number(wid: Wid) -> Result<Wid, Refusal> {
    let most = 1 << 53;
    if (1..most).contains(&wid) {
        Ok(wid)
    } else {
        Err(Refusal::malformed("A wid is a whole number from 1 to 2^53 - 1."))
    }
}

/// A short word that names something.
pub(super) fn name(what: &str, text: &str) -> Result<(), Refusal> {
    let fits = !text.is_empty() && text.len() <= limits::NAME_MAX && !text.chars().any(char::is_control);
    let message = || format!("The {what} {:?} is none: use 1 to {} characters.", shortened(text), limits::NAME_MAX);
    if fits { Ok(()) } else { Err(Refusal::malformed(message())) }
}

/// Arguments as the document would give them back, whoever wrote their numbers.
pub(super) fn list(args: Vec<Value>) -> Result<Vec<Value>, Refusal> {
    args.into_iter().map(plain).collect()
}

/// A value as the document would give it back; the order of its entries stays, for trees have one.
pub(super) fn plain(value: Value) -> Result<Value, Refusal> {
    if json::deeper_than(&value, DEPTH_MAX) {
        return Err(Refusal::malformed(format!("Arguments are nested at most {DEPTH_MAX} levels deep.")));
    }
    Ok(exact(value))
}

fn exact(value: Value) -> Value {
    match value {
        Value::Number(_) => json::any_to_value(&json::to_any(&value), 0),
        Value::Array(items) => items.into_iter().map(exact).collect(),
        Value::Object(object) => Value::Object(object.into_iter().map(|(key, item)| (key, exact(item))).collect()),
        plain => plain,
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(limits::NAME_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(value: Value) -> Request {
        match Saying::parse(value) {
            Saying::One(request) => request,
            Saying::Many(requests) => panic!("{requests:?}"),
        }
    }

    #[test]
    fn pg_04_messages_are_read_with_their_ids_alone_and_in_arrays() {
        let call = json!({"type": "call", "id": 7, "wid": 1, "method": "resize", "args": [400, 300.0]});
        let request = one(call.clone());
        assert_eq!(request.id, Some(json!(7)));
        let args = vec![json!(400), json!(300)];
        let expected = Call { wid: 1, method: "resize".into(), args, silent: false };
        assert_eq!(request.message, Ok(Message::Call(expected)));
        let many = Saying::parse(json!([call, {"type": "listen", "id": 8, "wid": 1, "action": "move"}]));
        assert_eq!(many.requests().len(), 2);
        assert!(matches!(many, Saying::Many(_)));
    }

    #[test]
    fn pg_15_what_cannot_be_understood_is_told_in_a_sentence_with_its_id() {
        for (message, sentence) in [
            (json!({"type": "dance", "id": 1}), "Unknown message type: dance"),
            (json!({"id": 1}), "A message is a JSON object with a type."),
            (json!({"type": "call", "id": 1, "method": "show"}), "The message call is wrong: missing field `wid`."),
            (
                json!({"type": "create", "id": 1, "wid": 0, "class": "Button"}),
                "A wid is a whole number from 1 to 2^53 - 1.",
            ),
        ] {
            let request = one(message);
            assert_eq!(request.id, Some(json!(1)));
            assert_eq!(request.message.unwrap_err().to_string(), sentence);
        }
        assert!(one(json!("init")).message.is_err() && one(Value::Null).message.is_err());
        let deep = (0..50).fold(json!(1), |inner, _| json!([inner]));
        assert!(one(json!({"type": "call", "wid": 1, "method": "set_bg", "args": [deep]})).message.is_err());
    }
}
