//! What a room may use. Imports config, where each value has its reason.
//!
//! Invariant: a limit reaches the code that keeps it as a value, never as a constant, so that it can be set.

use std::time::Duration;

use crate::config;

/// The limits of every room of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomLimits {
    /// The largest document, in bytes of its updates.
    pub document_bytes: u64,
    /// Bytes of document frames that may wait for one connection.
    pub queue_bytes: usize,
    /// Presence that was not renewed for so long is gone.
    pub presence_expiry: Duration,
    /// A room that nobody uses is unloaded after this time.
    pub idle_unload: Duration,
}

impl Default for RoomLimits {
    fn default() -> Self {
        Self {
            document_bytes: config::DOCUMENT_BYTES as u64,
            queue_bytes: config::QUEUE_BYTES,
            presence_expiry: Duration::from_secs(config::PRESENCE_EXPIRY_SECONDS),
            idle_unload: Duration::from_secs(config::IDLE_UNLOAD_SECONDS),
        }
    }
}
