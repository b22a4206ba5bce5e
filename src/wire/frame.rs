//! One y-protocols message per WebSocket frame: decoding what clients send, encoding what they get.
//!
//! Imports the gate and lib0. Invariant: a decoded update or state vector has passed the gate, and every encoder makes
//! exactly one message, because clients read only the first one of a frame (`wire-protocol.md` §4b).

use bytes::Bytes;

use super::{
    lib0::{Malformed, Reader, write_bytes, write_integer},
    update::{self, CheckedStateVector, CheckedUpdate, Refusal},
};

/// An awareness update about nobody. Stock clients reconnect after 30 s without a message and do not see WebSocket
/// pings; this they take without a word.
pub const KEEP_ALIVE: Bytes = Bytes::from_static(&[AWARENESS as u8, 1, 0]);

/// The longest presence of one client, in bytes of JSON (`design.md` §3.4). Part of the protocol and no setting: every
/// client of a room keeps the presence of all others, and a name, a colour and a selection have some hundred bytes.
pub const MAX_PRESENCE_BYTES: usize = 64 * 1024;
/// The most clients in one presence message. Clients echo the snapshot they get on joining, so this is also the
/// largest room whose presence can be sent at once.
pub const MAX_PRESENCE_ENTRIES: u64 = 10_000;
/// The longest payload to be sent back as an acknowledgement: y-sweet's clients send one integer.
pub const MAX_ACK_BYTES: usize = 64;

const SYNC: u64 = 0;
const AWARENESS: u64 = 1;
const AUTH: u64 = 2;
const ACK: u64 = 102;
const STATE_VECTOR: u64 = 0;
const MISSING_UPDATES: u64 = 1;
const UPDATE: u64 = 2;
const DENIED: u64 = 0;

/// Client id, clock, and an empty text.
const SMALLEST_PRESENCE: usize = 3;
const GONE: &[u8] = b"null";

/// A message from a client, checked.
#[derive(Debug, Clone)]
pub enum ClientFrame {
    /// Sync step 1: the client tells what it has and asks for the rest.
    StateVector(CheckedStateVector),
    /// Sync step 2: everything the client has and the server lacked when it asked.
    Missing(CheckedUpdate),
    /// A change the client made.
    Update(CheckedUpdate),
    /// Presence of the client itself or echoes of others', newest last.
    Presence(Vec<PresenceEntry>),
    /// y-sweet's type 102: to be sent back as it is, once everything before it is durable.
    AckRequest(Bytes),
}

/// One client's presence as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceEntry {
    /// The client id of the Y.Doc, below 2^53.
    pub client: u64,
    pub clock: u32,
    /// JSON text as sent, `None` for "gone" (`null` on the wire). Not yet parsed: stale clocks are dropped unparsed.
    pub state: Option<Bytes>,
}

/// Why a frame is no message for the room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Something real clients are known to send, or a protocol this server does not speak: log it and go on.
    #[error("ignored: {0}")]
    Ignorable(&'static str),
    /// What no honest client sends: close this connection.
    #[error("{0}")]
    Hostile(String),
    /// Over a limit: close this connection with 1009.
    #[error("{0}")]
    TooBig(String),
}

/// Reads the first message of a binary frame; what follows it is ignored, as clients do.
pub fn decode(frame: Bytes) -> Result<ClientFrame, FrameError> {
    let mut reader = Reader::new(&frame);
    match reader.integer().map_err(ignored)? {
        SYNC => sync(&frame, &mut reader),
        AWARENESS => awareness(&frame, &mut reader),
        ACK => ack_request(&frame, &mut reader),
        _ => Err(FrameError::Ignorable("unknown type of message")),
    }
}

fn sync(frame: &Bytes, reader: &mut Reader) -> Result<ClientFrame, FrameError> {
    let step = reader.integer().map_err(ignored)?;
    let payload = payload(frame, reader)?;
    match step {
        STATE_VECTOR => Ok(ClientFrame::StateVector(update::check_state_vector(payload)?)),
        MISSING_UPDATES => Ok(ClientFrame::Missing(update::check(payload)?)),
        UPDATE => Ok(ClientFrame::Update(update::check(payload)?)),
        _ => Err(FrameError::Ignorable("unknown step of synchronisation")),
    }
}

fn ack_request(frame: &Bytes, reader: &mut Reader) -> Result<ClientFrame, FrameError> {
    let payload = payload(frame, reader)?;
    if payload.len() > MAX_ACK_BYTES {
        return Err(FrameError::TooBig(format!("An acknowledgement may ask for at most {MAX_ACK_BYTES} bytes.")));
    }
    Ok(ClientFrame::AckRequest(payload))
}

fn awareness(frame: &Bytes, reader: &mut Reader) -> Result<ClientFrame, FrameError> {
    let payload = payload(frame, reader)?;
    let mut reader = Reader::new(&payload);
    let count = reader.count(SMALLEST_PRESENCE).map_err(hostile_presence)?;
    if count > MAX_PRESENCE_ENTRIES {
        return Err(FrameError::TooBig(format!("A presence message may tell of {MAX_PRESENCE_ENTRIES} clients.")));
    }
    (0..count).map(|_| presence_entry(&payload, &mut reader)).collect::<Result<_, _>>().map(ClientFrame::Presence)
}

fn presence_entry(payload: &Bytes, reader: &mut Reader) -> Result<PresenceEntry, FrameError> {
    let client = reader.integer().map_err(hostile_presence)?;
    let clock = u32::try_from(reader.integer().map_err(hostile_presence)?)
        .map_err(|_| FrameError::Hostile("A presence clock is over 32 bits.".into()))?;
    let state = reader.text().map_err(hostile_presence)?.as_bytes();
    if state.len() > MAX_PRESENCE_BYTES {
        return Err(FrameError::TooBig(format!("The presence of a client may have {MAX_PRESENCE_BYTES} bytes.")));
    }
    Ok(PresenceEntry { client, clock, state: (state != GONE).then(|| payload.slice_ref(state)) })
}

/// The rest of a message, which every type we read wraps in a length. Nothing at all is a known slip of y-websocket 4.
fn payload(frame: &Bytes, reader: &mut Reader) -> Result<Bytes, FrameError> {
    match reader.bytes().map_err(ignored)? {
        [] => Err(FrameError::Ignorable("a message without content")),
        payload => Ok(frame.slice_ref(payload)),
    }
}

fn ignored(malformed: Malformed) -> FrameError {
    match malformed {
        Malformed::Truncated => FrameError::Ignorable("a message that ends too early"),
        other => FrameError::Hostile(format!("The message cannot be read: {other}.")),
    }
}

fn hostile_presence(malformed: Malformed) -> FrameError {
    FrameError::Hostile(format!("The presence cannot be read: {malformed}."))
}

impl From<Refusal> for FrameError {
    fn from(refusal: Refusal) -> Self {
        Self::Hostile(format!("The content cannot be merged: {refusal}."))
    }
}

/// Sync step 1: asks the client for everything the state vector lacks.
pub fn state_vector(state_vector: &[u8]) -> Bytes {
    message(&[SYNC, STATE_VECTOR], state_vector)
}

/// Sync step 2: the answer to a client's step 1.
pub fn step2(update: &[u8]) -> Bytes {
    message(&[SYNC, MISSING_UPDATES], update)
}

/// An update as it happens.
pub fn update(update: &[u8]) -> Bytes {
    message(&[SYNC, UPDATE], update)
}

/// The presence of some clients.
pub fn presence(entries: &[PresenceEntry]) -> Bytes {
    let mut payload = Vec::new();
    write_integer(&mut payload, entries.len() as u64);
    for entry in entries {
        write_integer(&mut payload, entry.client);
        write_integer(&mut payload, u64::from(entry.clock));
        write_bytes(&mut payload, entry.state.as_deref().unwrap_or(GONE));
    }
    message(&[AWARENESS], &payload)
}

/// y-protocols' "permission denied": whatever this client changes will not be taken. Stock clients log the sentence
/// and stay connected.
pub fn denied(sentence: &str) -> Bytes {
    message(&[AUTH, DENIED], sentence.as_bytes())
}

/// The answer to an [`ClientFrame::AckRequest`].
pub fn ack(payload: &[u8]) -> Bytes {
    message(&[ACK], payload)
}

fn message(kind: &[u64], payload: &[u8]) -> Bytes {
    // Two bytes of kind and at most eight of length: one allocation whatever the message.
    let mut frame = Vec::with_capacity(payload.len() + 10);
    kind.iter().for_each(|&part| write_integer(&mut frame, part));
    write_bytes(&mut frame, payload);
    frame.into()
}

#[cfg(test)]
mod tests;
