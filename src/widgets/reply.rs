//! What a program is answered and told: messages as JSON.
//!
//! Invariant: an answer has the id of its question.

use serde_json::{Map as Object, Value, json};

use super::{Wid, callback::Callback, refusal::Refusal};
use crate::{ids::WidgetSessionId, vocabulary::WidgetClient};

/// What a message came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Done {
    pub value: Option<Value>,
    pub wid: Option<Wid>,
    pub next_wid: Option<Wid>,
}

/// The answer to a message that was done.
pub fn result(id: Option<&Value>, done: Done) -> Value {
    let mut reply = Object::from_iter([("type".to_owned(), json!("result"))]);
    reply.extend(id.map(|id| ("id".to_owned(), id.clone())));
    reply.extend(done.value.map(|value| ("value".to_owned(), value)));
    reply.extend(done.wid.map(|wid| ("wid".to_owned(), json!(wid))));
    reply.extend(done.next_wid.map(|wid| ("next_wid".to_owned(), json!(wid))));
    Value::Object(reply)
}

/// The answer to a message that was not done.
pub fn error(id: Option<&Value>, refusal: &Refusal) -> Value {
    error_of(id, &refusal.to_string())
}

/// The answer to a message that was not done, for a reason of the page's own.
pub fn error_of(id: Option<&Value>, sentence: &str) -> Value {
    let mut reply = Object::from_iter([("type".to_owned(), json!("error")), ("error".to_owned(), json!(sentence))]);
    reply.extend(id.map(|id| ("id".to_owned(), id.clone())));
    Value::Object(reply)
}

/// What somebody did, as the program is told.
pub fn callback(callback: &Callback) -> Value {
    let mut told = json!({
        "type": "callback", "wid": callback.wid, "action": callback.action, "args": callback.args,
    });
    if let Some(client) = &callback.client {
        told["client"] = json!(client);
    }
    told
}

/// A page came or went.
pub fn client(client: &WidgetClient, connected: bool) -> Value {
    let kind = if connected { "client-connected" } else { "client-disconnected" };
    json!({ "type": kind, "client": client.client, "name": client.name, "role": client.role })
}

/// The first thing a program is told. The token is repeated only to whoever brought it.
pub fn session_info(
    id: &WidgetSessionId,
    token: &str,
    next_wid: Wid,
    resumed: bool,
    clients: &[WidgetClient],
) -> Value {
    json!({
        "type": "session-info", "session_id": id, "token": token, "next_wid": next_wid, "resumed": resumed,
        "clients": clients,
    })
}
