//! Open documents: the only owner of yrs documents and of journal appends.
//!
//! Imports notebook, wire, storage, vocabulary, ids. Never knows HTTP or the command line.
//! Invariant: nothing that depends on a journal entry leaves a room before that entry is durable.

mod handle;
mod rooms;

pub use handle::{ApplyError, CloseReason, Connection, Join, PeerInspection, RoomClosed, RoomHandle, RoomInspection};
pub use rooms::{CreateError, OpenError, Rooms};
