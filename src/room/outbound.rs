//! The queue of one connection, shared by the room that fills it and the socket that empties it.
//!
//! Invariant: the lock is held for a push or a take only, never across an await.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use super::{handle::CloseReason, queue::Queue};

/// What the socket found.
pub enum Taken {
    Frames,
    /// Nothing waits, and the client is behind: the room should bring it up to date.
    Drained,
    Nothing,
}

/// A queue with its lock and its bell.
#[derive(Debug, Default)]
pub struct Outbound {
    /// A plain mutex: held for nanoseconds, by two tasks.
    queue: Mutex<Queue>,
    ready: Notify,
}

impl Outbound {
    /// Changes the queue and wakes the socket.
    pub fn update<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let result = change(&mut self.lock());
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
            return queue.take(out).map(|()| Taken::Frames);
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
