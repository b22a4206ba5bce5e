//! The ways into an open room, for sockets and REST.

use bytes::Bytes;

use crate::{
    notebook::{NotebookView, Op, OpError},
    vocabulary::Actor,
    wire::{
        frame::ClientFrame,
        update::{CheckedStateVector, CheckedUpdate},
    },
};

/// The room ended: unloaded, failed or the server stops. Open it again, or give up when the server stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document was closed: {0:?}")]
pub struct RoomClosed(pub CloseReason);

/// Why a connection is ended by the room. The socket turns it into a close code (`wire-protocol.md` §4e rule 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseReason {
    /// The server stops or restarts: 1012.
    Restart,
    /// The room failed and is rebuilt from its log: 1012, so that clients reconnect. The text is for the log.
    Failed(String),
    /// What was written could not be made durable: 1011, with the sentence.
    NotStored(String),
    /// The document was deleted: 4404.
    Deleted,
    /// The client cannot keep up, even with resynchronisation: 1013.
    TooSlow,
    /// The client sent what no honest client sends, or over a limit: 1008 with the sentence.
    Refused(String),
    /// A message or the document is over its limit: 1009 with the sentence.
    TooBig(String),
}

/// Why an edit did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApplyError {
    #[error(transparent)]
    Refused(#[from] OpError),
    /// The update needs earlier updates the server does not have.
    #[error("the update builds on changes this server does not have; send the state from the server's state vector on")]
    Gap,
    /// The update is over a limit of the document.
    #[error("{0}")]
    TooBig(String),
    /// The document is no notebook.
    #[error("this document is no notebook")]
    NotANotebook,
    #[error(transparent)]
    Closed(#[from] RoomClosed),
}

/// Who joins.
#[derive(Debug, Clone)]
pub struct Join {
    /// Who it is, as far as the connection knows; stamped on presence when `declared`.
    pub actor: Actor,
    /// The name was given by the connection (query parameter), not made up; presence then shows this name whatever the
    /// client claims.
    pub declared: bool,
    /// For the debug page: remote address.
    pub remote: String,
}

/// A cheap handle on an open room; clones share it.
#[derive(Debug, Clone)]
pub struct RoomHandle {}

impl RoomHandle {
    /// Connects a client. Frames for it wait in the connection; dropping the connection leaves the room.
    pub async fn join(&self, join: Join) -> Result<Connection, RoomClosed> {
        unimplemented!("{join:?}")
    }

    /// Makes an edit and returns, once it is durable, the notebook as it was right after it.
    pub async fn apply(&self, op: Op, actor: Actor) -> Result<NotebookView, ApplyError> {
        unimplemented!("{op:?} {actor:?}")
    }

    /// Merges a raw update; returns once it is durable.
    pub async fn merge(&self, update: CheckedUpdate, actor: Actor) -> Result<(), ApplyError> {
        unimplemented!("{update:?} {actor:?}")
    }

    /// The notebook as it is now; everything in it is durable when this returns.
    pub async fn notebook(&self) -> Result<NotebookView, ApplyError> {
        unimplemented!()
    }

    /// The document as one Yjs update (v1), all of it or what `since` lacks; durable when this returns.
    pub async fn state(&self, since: Option<CheckedStateVector>) -> Result<Bytes, ApplyError> {
        unimplemented!("{since:?}")
    }

    /// What goes on in the room, for the debug page.
    pub async fn inspect(&self) -> Result<RoomInspection, RoomClosed> {
        unimplemented!()
    }
}

/// One client's place in a room.
#[derive(Debug)]
pub struct Connection {}

impl Connection {
    /// Hands a frame to the room; waits when the room is behind, which slows only this sender.
    pub async fn send(&self, frame: ClientFrame) -> Result<(), RoomClosed> {
        unimplemented!("{frame:?}")
    }

    /// Waits for frames and moves all that wait into `frames` (each one WebSocket binary message). Cancel-safe.
    /// An error ends the connection: close the socket with its reason.
    pub async fn receive(&self, frames: &mut Vec<Bytes>) -> Result<(), CloseReason> {
        unimplemented!("{frames:?}")
    }
}

/// A room as the debug page shows it.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomInspection {
    pub document: String,
    pub peers: Vec<PeerInspection>,
    /// Client id to clock.
    pub state_vector: std::collections::BTreeMap<String, u32>,
    /// Encoded size of the document, in bytes.
    pub document_bytes: u64,
    /// Journal entries not yet durable.
    pub waiting_for_disk: usize,
}

/// A client as the debug page shows it.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeerInspection {
    pub name: String,
    pub remote: String,
    /// Client ids it announced.
    pub clients: Vec<String>,
    pub queued_bytes: usize,
    /// Behind, waiting for its socket to drain.
    pub stale: bool,
}
