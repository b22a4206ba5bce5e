//! What must not leave before the journal is on disk, in order.
//!
//! Pure. Invariant: an item leaves only when every revision it was queued behind is durable, and in the order queued.

use std::collections::VecDeque;

use super::{Revision, effects::Outgoing};

/// Items waiting for their revision.
#[derive(Default)]
pub struct Outbox {
    waiting: VecDeque<(Revision, Outgoing)>,
    durable: Revision,
}

impl Outbox {
    /// Queues an item behind a revision.
    pub fn push(&mut self, behind: Revision, item: Outgoing) {
        self.waiting.push_back((behind, item));
    }

    /// Everything up to `revision` is on disk.
    pub fn durable(&mut self, revision: Revision) {
        self.durable = self.durable.max(revision);
    }

    /// Takes out what may leave now, with the revision each was queued behind.
    pub fn release(&mut self) -> Vec<(Revision, Outgoing)> {
        let ready = self.waiting.iter().take_while(|(behind, _)| *behind <= self.durable).count();
        self.waiting.drain(..ready).collect()
    }

    /// Takes out everything, durable or not: the room has failed and only replies matter.
    pub fn abandon(&mut self) -> Vec<(Revision, Outgoing)> {
        self.waiting.drain(..).collect()
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
