//! One y-protocols message per WebSocket frame: decoding what clients send, encoding what they get.

use bytes::Bytes;

use super::update::{CheckedStateVector, CheckedUpdate};

/// A message from a client, checked.
#[derive(Debug, Clone)]
pub enum ClientFrame {
    /// Sync step 1: the client tells what it has and asks for the rest.
    StateVector(CheckedStateVector),
    /// Sync step 2 or an update.
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
