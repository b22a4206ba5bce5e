//! Binary data from a program: frames that belong to a message, whole or in chunks. They go into blobs, and the message
//! gets their hashes.
//!
//! Invariant: what is held of unfinished transfers is bounded, in number and in bytes; other messages pass between chunks.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Map as Object, Value, json};
use storage::Store;

use crate::widgets::{Refusal, Request, Saying};

/// Bytes of one transfer at most: a picture of many screens.
const TRANSFER_MAX: usize = 64 << 20;

/// Transfers under way at a time.
const TRANSFERS_MAX: usize = 8;

/// Chunks of one transfer.
const CHUNKS_MAX: usize = 4096;

/// Headers that wait for their frame.
const HEADERS_MAX: usize = 64;

/// A `data:` address over this lies in a blob: documents are kept small.
const INLINE_MAX: usize = 32 << 10;

/// How deep `data:` addresses are looked for.
const DEPTH_MAX: usize = 32;

/// What a program has begun to send.
pub struct Payloads {
    /// Headers whose frame comes next, in order.
    headers: Vec<Value>,
    transfers: HashMap<String, Transfer>,
    /// The largest message.
    max_message: usize,
}

/// A payload in chunks.
struct Transfer {
    /// The message that it belongs to.
    header: Value,
    chunks: Vec<Option<Bytes>>,
    size: usize,
}

impl Payloads {
    /// Nothing yet.
    pub fn new(max_message: usize) -> Self {
        Self { headers: Vec::new(), transfers: HashMap::new(), max_message }
    }

    /// A JSON message: what goes to the room at once, if anything.
    pub async fn text(&mut self, message: Value, store: &Arc<dyn Store>) -> Option<Saying> {
        let inline = match message.get("type").and_then(Value::as_str) {
            Some("binary-call") => return self.wait(message),
            Some("binary-call-chunked") => return self.begin(message),
            Some("binary-chunk") => message.get("encoding").is_some_and(|encoding| encoding == "base64"),
            _ => return Some(Saying::parse(without_large_data(message, store).await)),
        };
        if !inline {
            return self.wait(message);
        }
        let data = message.get("data").and_then(Value::as_str).and_then(|data| STANDARD.decode(data).ok());
        match data {
            Some(data) => self.chunk(&message, data.into(), store).await,
            None => Some(refused(&message, "The data of a chunk are base64.")),
        }
    }

    fn wait(&mut self, header: Value) -> Option<Saying> {
        if self.headers.len() >= HEADERS_MAX {
            return Some(refused(&header, "Too many headers wait for their binary frames."));
        }
        self.headers.push(header);
        None
    }

    fn begin(&mut self, header: Value) -> Option<Saying> {
        let count = header.get("num_chunks").and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        let count = count.filter(|count| (1..=CHUNKS_MAX).contains(count));
        let (Some(count), Some(id)) = (count, transfer_id(&header)) else {
            return Some(refused(&header, "A transfer has a transfer_id and 1 to 4096 chunks."));
        };
        if self.transfers.len() >= TRANSFERS_MAX && !self.transfers.contains_key(&id) {
            return Some(refused(&header, "At most 8 transfers may be under way at a time."));
        }
        self.transfers.insert(id, Transfer { header, chunks: vec![None; count], size: 0 });
        None
    }

    /// A binary frame: it belongs to the oldest header that waits.
    pub async fn binary(&mut self, bytes: Bytes, store: &Arc<dyn Store>) -> Option<Saying> {
        if self.headers.is_empty() {
            return Some(refused(&Value::Null, "This binary frame has no header before it."));
        }
        let header = self.headers.remove(0);
        if header.get("type").is_some_and(|kind| kind == "binary-call") {
            return called(header, bytes, store).await;
        }
        self.chunk(&header, bytes, store).await
    }

    async fn chunk(&mut self, header: &Value, bytes: Bytes, store: &Arc<dyn Store>) -> Option<Saying> {
        let id = transfer_id(header)?;
        let Some(transfer) = self.transfers.get_mut(&id) else {
            return Some(refused(header, "This chunk belongs to no transfer that is under way."));
        };
        let place = header.get("chunk_index").and_then(Value::as_u64).and_then(|place| usize::try_from(place).ok());
        let Some(slot) = place.and_then(|place| transfer.chunks.get_mut(place)).filter(|slot| slot.is_none()) else {
            return Some(refused(header, "A chunk came twice, or has no place in its transfer."));
        };
        transfer.size += bytes.len();
        *slot = Some(bytes);
        let limit = TRANSFER_MAX.max(self.max_message);
        if transfer.size > limit {
            self.transfers.remove(&id);
            return Some(refused(header, "The transfer is larger than 64 MiB."));
        }
        if transfer.chunks.iter().any(Option::is_none) {
            return None;
        }
        let Transfer { header, chunks, .. } = self.transfers.remove(&id)?;
        let whole = chunks.into_iter().flatten().collect::<Vec<_>>().concat();
        called(header, whole.into(), store).await
    }
}

fn transfer_id(message: &Value) -> Option<String> {
    message.get("transfer_id").filter(|id| id.is_number() || id.is_string()).map(ToString::to_string)
}

fn refused(message: &Value, sentence: &str) -> Saying {
    Saying::One(Request::refused(message.get("id").cloned(), Refusal::Malformed(sentence.to_owned())))
}

/// The message with the payload as its first argument: a reference to the blob that it lies in.
async fn called(header: Value, payload: Bytes, store: &Arc<dyn Store>) -> Option<Saying> {
    let Value::Object(mut message) = header else { return None };
    let Some(mut blob) = kept(payload, store).await else {
        return Some(refused(&Value::Object(message), "The payload could not be kept; the disk may be full."));
    };
    for key in ["shape", "dtype"] {
        blob.extend(message.remove(key).map(|value| (key.to_owned(), value)));
    }
    let rest = message.remove("args").unwrap_or_else(|| json!([]));
    let args = std::iter::once(Value::Object(blob)).chain(rest.as_array().cloned().unwrap_or_default());
    message.insert("args".into(), args.collect());
    message.insert("type".into(), json!("binary-call"));
    Some(Saying::parse(Value::Object(message)))
}

/// Keeps a payload; its reference, or nothing if the disk refuses it.
async fn kept(payload: Bytes, store: &Arc<dyn Store>) -> Option<Object<String, Value>> {
    let (store, size) = (store.clone(), payload.len());
    let put = tokio::task::spawn_blocking(move || store.put_blob(&payload)).await.ok()?;
    let hash = put.inspect_err(|error| tracing::error!(%error, "a payload could not be kept")).ok()?;
    Some(Object::from_iter([("__blob__".to_owned(), json!(hash.to_string())), ("size".to_owned(), json!(size))]))
}

/// A message whose large `data:` addresses lie in blobs.
async fn without_large_data(mut message: Value, store: &Arc<dyn Store>) -> Value {
    let mut found = Vec::new();
    collect(&message, &mut String::new(), 0, &mut found);
    for place in found {
        let Some(Value::String(address)) = message.pointer(&place) else { continue };
        let Some((mime, payload)) = decoded(address) else { continue };
        let Some(mut blob) = kept(payload, store).await else { continue };
        blob.insert("mime".into(), json!(mime));
        if let Some(slot) = message.pointer_mut(&place) {
            *slot = Value::Object(blob);
        }
    }
    message
}

/// Where large `data:` addresses stand, as JSON pointers.
fn collect(value: &Value, at: &mut String, depth: usize, found: &mut Vec<String>) {
    let mut below = |key: &str, item: &Value| {
        let length = at.len();
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        collect(item, at, depth + 1, found);
        at.truncate(length);
    };
    match value {
        Value::String(text) if text.len() > INLINE_MAX && text.starts_with("data:") => found.push(at.clone()),
        Value::Array(items) if depth < DEPTH_MAX => {
            items.iter().enumerate().for_each(|(place, item)| below(&place.to_string(), item));
        }
        Value::Object(object) if depth < DEPTH_MAX => object.iter().for_each(|(key, item)| below(key, item)),
        _ => {}
    }
}

/// The media type and the content of a `data:` address in base64.
fn decoded(address: &str) -> Option<(String, Bytes)> {
    let (head, data) = address.strip_prefix("data:")?.split_once(',')?;
    let mime = head.strip_suffix(";base64")?;
    let payload = STANDARD.decode(data).ok()?;
    let mime = mime.split(';').next().filter(|mime| !mime.is_empty()).unwrap_or("application/octet-stream");
    Some((mime.to_owned(), payload.into()))
}

#[cfg(test)]
mod tests {
    use storage::MemoryStore;

    use super::*;
    use crate::widgets::Message;

    fn store() -> Arc<dyn Store> {
        Arc::new(MemoryStore::default())
    }

    fn call_in(saying: Option<Saying>) -> (String, Vec<Value>) {
        let Some(Saying::One(Request { message: Ok(Message::Call(call)), .. })) = saying else { panic!("{saying:?}") };
        (call.method, call.args)
    }

    fn refusal_in(saying: Option<Saying>) -> String {
        let Some(Saying::One(Request { message: Err(refusal), .. })) = saying else { panic!("{saying:?}") };
        refusal.to_string()
    }

    #[tokio::test]
    async fn pg_17_a_payload_is_the_first_argument_whether_it_came_whole_or_in_chunks_of_either_kind() {
        let (store, mut payloads) = (store(), Payloads::new(1 << 20));
        let call = json!({"type": "binary-call", "id": 1, "wid": 2, "method": "set_binary_image", "args": ["png"]});
        assert!(payloads.text(call, &store).await.is_none());
        let (method, args) = call_in(payloads.binary(Bytes::from_static(b"picture"), &store).await);
        assert_eq!((method.as_str(), &args[1]), ("set_binary_image", &json!("png")));
        assert_eq!(args[0]["size"], 7);

        let begin = json!({"type": "binary-call-chunked", "id": 2, "wid": 2, "method": "set_binary_image", "args": ["png"],
            "transfer_id": 9, "num_chunks": 2, "shape": [7], "dtype": "uint8"});
        assert!(payloads.text(begin, &store).await.is_none());
        let second = json!({"type": "binary-chunk", "transfer_id": 9, "chunk_index": 1, "encoding": "base64", "data": "dHVyZQ=="});
        assert!(payloads.text(second, &store).await.is_none());
        let between = payloads.text(json!({"type": "build-start", "id": 3}), &store).await;
        assert!(matches!(between, Some(Saying::One(_))), "other messages pass between chunks");
        let first = json!({"type": "binary-chunk", "transfer_id": 9, "chunk_index": 0, "encoding": "binary"});
        assert!(payloads.text(first, &store).await.is_none());
        let (_, chunked) = call_in(payloads.binary(Bytes::from_static(b"pic"), &store).await);
        assert_eq!(chunked[0]["__blob__"], args[0]["__blob__"]);
        assert_eq!((&chunked[0]["shape"], &chunked[0]["dtype"]), (&json!([7]), &json!("uint8")));
        assert!(payloads.transfers.is_empty() && payloads.headers.is_empty());
    }

    #[tokio::test]
    async fn pg_15_chunks_that_belong_nowhere_and_frames_without_a_header_are_told_of() {
        let (store, mut payloads) = (store(), Payloads::new(1 << 20));
        assert!(refusal_in(payloads.binary(Bytes::from_static(b"x"), &store).await).contains("no header"));
        let lost =
            json!({"type": "binary-chunk", "transfer_id": 1, "chunk_index": 0, "encoding": "base64", "data": ""});
        assert!(refusal_in(payloads.text(lost, &store).await).contains("no transfer"));
        for number in 0..TRANSFERS_MAX + 1 {
            let begin =
                json!({"type": "binary-call-chunked", "wid": 1, "method": "m", "transfer_id": number, "num_chunks": 1});
            let refused = payloads.text(begin, &store).await;
            assert_eq!(refused.is_some(), number == TRANSFERS_MAX);
        }
        let many =
            json!({"type": "binary-call-chunked", "wid": 1, "method": "m", "transfer_id": 1, "num_chunks": 99_999});
        assert!(refusal_in(payloads.text(many, &store).await).contains("4096 chunks"));
    }

    #[tokio::test]
    async fn large_data_addresses_lie_in_blobs_and_small_ones_stay() {
        let (store, mut payloads) = (store(), Payloads::new(1 << 20));
        let large = format!("data:image/png;base64,{}", STANDARD.encode(vec![7; INLINE_MAX]));
        let call = json!({"type": "call", "wid": 1, "method": "set_image", "args": [large, {"small": "data:image/png;base64,AAAA"}]});
        let (_, args) = call_in(payloads.text(call, &store).await);
        assert_eq!((&args[0]["mime"], &args[0]["size"]), (&json!("image/png"), &json!(INLINE_MAX)));
        assert_eq!(args[1]["small"], "data:image/png;base64,AAAA");
    }
}
