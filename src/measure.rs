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
/// Waits imposed on connections that send too fast (counter).
pub const THROTTLED: &str = "coscribe_throttled_total";
/// Attempts to deliver events to webhooks (counter, label `outcome`).
pub const WEBHOOK_ATTEMPTS: &str = "coscribe_webhook_attempts_total";

/// The buckets of [`COMMIT_SECONDS`]: from a quick disk to one that makes people wait.
pub const COMMIT_BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Tells the recorder what each metric means; those that never happened yet are shown as zero.
pub fn describe() {
    metrics::describe_gauge!(CONNECTIONS, "Open WebSocket connections");
    metrics::describe_gauge!(ROOMS, "Open rooms");
    metrics::describe_counter!(UPDATES, "Updates merged into documents");
    metrics::describe_counter!(DELIVERIES, "Frames put into the queues of connections");
    metrics::describe_histogram!(
        COMMIT_SECONDS,
        metrics::Unit::Seconds,
        "From appending a change until it was durable"
    );
    metrics::describe_gauge!(QUEUE_BYTES, metrics::Unit::Bytes, "Bytes waiting in the queues of connections");
    metrics::describe_counter!(RESYNCS, "Connections that fell behind and were resynchronised");
    metrics::describe_counter!(REFUSALS, "Frames and requests refused, by reason");
    metrics::describe_counter!(ROOM_FAILURES, "Rooms that failed and were rebuilt from their log");
    metrics::describe_counter!(THROTTLED, "Waits imposed on connections that send too fast");
    metrics::describe_counter!(WEBHOOK_ATTEMPTS, "Attempts to deliver events to webhooks, by outcome");
    for gauge in [CONNECTIONS, ROOMS, QUEUE_BYTES] {
        metrics::gauge!(gauge).increment(0.0);
    }
    for counter in [UPDATES, DELIVERIES, RESYNCS, ROOM_FAILURES, THROTTLED] {
        metrics::counter!(counter).absolute(0);
    }
}
