//! The queue of one connection and the line it is emptied into, shared by the room that fills it and the socket.
//!
//! The room writes to the network itself as long as the network takes everything at once: waking a task for each of a
//! hundred readers costs more than the write. Only a line that is busy wakes its socket, which then empties the queue.
//! Invariant: the lock is held for a push or a write that does not wait, never across an await; frames reach the line in
//! the order they were pushed, whoever moves them.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use metrics::{Gauge, gauge};
use tokio::sync::Notify;

use super::{
    handle::CloseReason,
    queue::{News, Pushed, Queue},
};
use crate::measure;

/// Bytes moved to the line at once: what a busy line keeps is out of the queue's bound, so it must be little.
const SHARE: usize = 64 << 10;

/// Where a connection's frames go.
pub trait Line: Send + Sync + std::fmt::Debug {
    /// Writes frames, each as one message, as far as the network takes them without waiting, and keeps the rest. True if
    /// nothing is kept.
    fn write(&self, frames: &mut Vec<Bytes>) -> bool;

    /// Nothing is kept: more may be written.
    fn is_clear(&self) -> bool;
}

/// What moving frames to the line led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flushed {
    /// Everything is with the network.
    Clear,
    /// The same, and the client is behind: the room should bring it up to date.
    Drained,
    /// The line is busy, or there is none yet.
    Busy,
    /// Everything is with the network, and the connection is to be closed.
    Closed(CloseReason),
}

/// A queue with its lock, its line and its bell.
#[derive(Debug)]
pub struct Outbound {
    /// A plain mutex: held for microseconds, by two tasks.
    queue: Mutex<Counted>,
    line: OnceLock<Arc<dyn Line>>,
    busy: Notify,
}

impl Outbound {
    /// An empty queue in which at most `limit` bytes of document frames wait.
    pub fn new(limit: usize) -> Self {
        Self { queue: Mutex::new(Counted::new(Queue::with_limit(limit))), line: OnceLock::new(), busy: Notify::new() }
    }

    /// Gives it the line it is emptied into, once.
    pub fn attach(&self, line: Arc<dyn Line>) {
        if self.line.set(line).is_err() {
            tracing::error!("a connection was given a second line");
        }
        self.nudge();
    }

    /// Changes the queue; what was pushed goes out with the next [`Outbound::flush`].
    pub fn update<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        change(&mut self.lock().queue)
    }

    /// Reads the queue.
    pub fn read<T>(&self, look: impl FnOnce(&Queue) -> T) -> T {
        look(&self.lock().queue)
    }

    /// Adds changes and moves all that waits to the line, as the room does after a step: whatever is left is the socket's
    /// to do. In one go: of five hundred queues the first has left the processor's caches when the last was told.
    pub fn pass_on(&self, news: &[News]) -> (Pushed, Flushed) {
        let mut counted = self.lock();
        let pushed = counted.queue.push_changes(news);
        let flushed = self.flush_locked(&mut counted);
        drop(counted);
        if matches!(flushed, Flushed::Busy | Flushed::Closed(_)) {
            self.nudge();
        }
        (pushed, flushed)
    }

    /// Moves what waits to the line.
    pub fn flush(&self) -> Flushed {
        self.flush_locked(&mut self.lock())
    }

    fn flush_locked(&self, counted: &mut Counted) -> Flushed {
        let line = self.line.get().filter(|line| line.is_clear());
        let flushed = line.map_or(Flushed::Busy, |line| flush(&mut counted.queue, line.as_ref()));
        counted.count();
        flushed
    }

    /// Has the socket look again.
    pub fn nudge(&self) {
        self.busy.notify_one();
    }

    /// Waits until there is something for the socket to do.
    pub async fn busy(&self) {
        self.busy.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        // A panic between two field writes of a queue cannot leave it unusable: worst, a frame is sent twice.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn flush(queue: &mut Queue, line: &dyn Line) -> Flushed {
    let mut frames = Vec::new();
    loop {
        match queue.take(SHARE, &mut frames) {
            Err(reason) => return Flushed::Closed(reason),
            Ok(()) if frames.is_empty() => break,
            Ok(()) if line.write(&mut frames) => {}
            Ok(()) => return Flushed::Busy,
        }
    }
    if queue.drains() { Flushed::Drained } else { Flushed::Clear }
}

/// Waiting bytes of all connections. Looked up once: a metric is found by its name each time otherwise.
static QUEUE_BYTES: LazyLock<Gauge> = LazyLock::new(|| gauge!(measure::QUEUE_BYTES));

/// A queue, and its share of the sum over all queues: what waits after a flush, as most of what is pushed does not.
#[derive(Debug)]
struct Counted {
    queue: Queue,
    bytes: usize,
}

impl Counted {
    fn new(queue: Queue) -> Self {
        Self { queue, bytes: 0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "queues are far smaller than 2^52 bytes")]
    fn count(&mut self) {
        let bytes = self.queue.bytes();
        if bytes != self.bytes {
            QUEUE_BYTES.increment(bytes as f64 - self.bytes as f64);
            self.bytes = bytes;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.queue = Queue::with_limit(0);
        self.count();
    }
}
