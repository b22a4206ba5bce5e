//! The queue of one connection, shared by the room that fills it and the socket that empties it.
//!
//! Invariant: the lock is held for a push or a take only, never across an await.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use metrics::{Gauge, gauge};
use tokio::sync::Notify;

use super::{handle::CloseReason, queue::Queue};
use crate::measure;

/// What the socket found.
pub enum Taken {
    Frames,
    /// Nothing waits, and the client is behind: the room should bring it up to date.
    Drained,
    Nothing,
}

/// A queue with its lock and its bell.
#[derive(Debug)]
pub struct Outbound {
    /// A plain mutex: held for nanoseconds, by two tasks.
    queue: Mutex<Queue>,
    ready: Notify,
}

impl Outbound {
    /// An empty queue in which at most `limit` bytes of document frames wait.
    pub fn new(limit: usize) -> Self {
        Self { queue: Mutex::new(Queue::with_limit(limit)), ready: Notify::new() }
    }

    /// Changes the queue and wakes the socket.
    pub fn update<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let result = counted(&mut self.lock(), change);
        self.ready.notify_one();
        result
    }

    /// Reads the queue.
    pub fn read<T>(&self, look: impl FnOnce(&Queue) -> T) -> T {
        look(&self.lock())
    }

    /// Moves what waits into `out`.
    pub fn take(&self, out: &mut Vec<Bytes>) -> Result<Taken, CloseReason> {
        let mut queue = self.lock();
        if queue.is_ready() {
            return counted(&mut queue, |queue| queue.take(out)).map(|()| Taken::Frames);
        }
        Ok(if queue.is_stale() { Taken::Drained } else { Taken::Nothing })
    }

    /// Waits until something may wait.
    pub async fn ready(&self) {
        self.ready.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A panic between two field writes of a queue cannot leave it unusable: worst, a frame is sent twice.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        counted(&mut self.lock(), |queue| *queue = Queue::with_limit(0));
    }
}

/// Waiting bytes of all connections. Looked up once: a metric is found by its name each time otherwise.
static QUEUE_BYTES: LazyLock<Gauge> = LazyLock::new(|| gauge!(measure::QUEUE_BYTES));

/// Changes a queue and keeps the sum over all queues.
#[expect(clippy::cast_precision_loss, reason = "queues are far smaller than 2^52 bytes")]
fn counted<T>(queue: &mut Queue, change: impl FnOnce(&mut Queue) -> T) -> T {
    let before = queue.bytes();
    let result = change(queue);
    QUEUE_BYTES.increment(queue.bytes() as f64 - before as f64);
    result
}
