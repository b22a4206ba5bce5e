//! What crosses a process boundary: WebSocket frames, update bytes before yrs sees them, REST bodies.
//!
//! Imports ids and vocabulary. Never knows rooms or yrs types.
//! Invariant: bytes that this module accepted cannot make yrs panic, hang or allocate more than a small multiple of them.

pub mod board;
pub mod frame;
pub mod lib0;
pub mod rest;
pub mod tokens;
pub mod update;
pub mod webhooks;
pub mod websocket;
pub mod widgets;

use serde::{Deserialize, Deserializer};

/// Tells an explicit `null` from an absent field.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
