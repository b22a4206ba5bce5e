//! Names of the metrics, in one place. Imports nothing of ours.
//!
//! Invariant: every metric that Coscribe records is named here, and `/metrics` describes exactly these.

/// Open WebSocket connections (gauge).
pub const CONNECTIONS: &str = "coscribe_connections";
/// Open rooms (gauge).
pub const ROOMS: &str = "coscribe_rooms";
/// Updates merged into documents (counter).
pub const UPDATES: &str = "coscribe_updates_total";
/// Frames put into the queues of connections (counter).
pub const DELIVERIES: &str = "coscribe_deliveries_total";
/// From appending a change until it was durable, in seconds (histogram).
pub const COMMIT_SECONDS: &str = "coscribe_commit_seconds";
/// Bytes waiting in the queues of connections (gauge).
pub const QUEUE_BYTES: &str = "coscribe_queue_bytes";
/// Connections that fell behind and were resynchronised (counter).
pub const RESYNCS: &str = "coscribe_resyncs_total";
/// Frames and requests refused (counter, label `reason`).
pub const REFUSALS: &str = "coscribe_refusals_total";
/// Rooms that failed and were rebuilt from their log (counter).
pub const ROOM_FAILURES: &str = "coscribe_room_failures_total";
