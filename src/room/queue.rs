//! What waits for one connection: a queue bounded in bytes that knows when its client fell behind.
//!
//! Pure data; the connection wraps it in a lock. Imports wire.
//! Invariant: at most as many bytes as allowed of document frames wait, and a dropped frame always ends in a resync.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::{Revision, handle::CloseReason};
use crate::wire::frame::{self, PresenceEntry};

/// A change that everybody is told, and the revision before it.
pub type News = (Bytes, Revision);

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It waits.
    Queued,
    /// The queue was full: all of it was dropped, and the client is behind from now on.
    Overflowed,
    /// The client is behind anyway; the resync will bring it.
    Dropped,
}

/// The frames for one connection.
#[derive(Debug)]
pub struct Queue {
    limit: usize,
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// Only the newest presence of each client is worth sending.
    presence: BTreeMap<u64, PresenceEntry>,
    stale: bool,
    /// The room was told that the client which is behind has drained.
    drained: bool,
    /// The client was sent a whole answer to its state vector, so that a revision describes what it has.
    based: bool,
    /// The newest revision after which this queue was seen empty: the client has everything up to it.
    floor: Option<Revision>,
    closed: Option<CloseReason>,
}

impl Queue {
    /// An empty queue in which at most `limit` bytes of document frames wait.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            frames: VecDeque::new(),
            bytes: 0,
            presence: BTreeMap::new(),
            stale: false,
            drained: false,
            based: false,
            floor: None,
            closed: None,
        }
    }

    /// Adds changes. A client that has not asked for the document yet does not get them: the answer to its question will
    /// contain them. Behind an overflow the rest is dropped.
    pub fn push_changes(&mut self, news: &[News]) -> Pushed {
        if !self.based && !self.stale {
            return Pushed::Dropped;
        }
        let pushed = news.iter().map(|(frame, before)| self.push(frame.clone(), *before));
        pushed.fold(Pushed::Queued, |all, one| if all == Pushed::Overflowed { all } else { one })
    }

    /// Adds a frame that shows the document up to revision `before`.
    pub fn push(&mut self, frame: Bytes, before: Revision) -> Pushed {
        if self.stale {
            return Pushed::Dropped;
        }
        if self.frames.is_empty() && self.based {
            self.floor = Some(before);
        }
        // A single frame may be larger than the bound, else a large document could never be sent.
        if !self.frames.is_empty() && self.bytes + frame.len() > self.limit {
            self.drop_frames();
            (self.stale, self.drained) = (true, false);
            return Pushed::Overflowed;
        }
        self.add(frame);
        Pushed::Queued
    }

    /// Adds the answer to the client's state vector; from now on revisions describe what the client has.
    pub fn push_base(&mut self, frame: Bytes, revision: Revision) -> Pushed {
        let pushed = self.push(frame, revision);
        self.based |= pushed == Pushed::Queued;
        pushed
    }

    /// Ends being behind. The floor stays where it was: these frames may be dropped in turn.
    pub fn resync(&mut self, frames: Vec<Bytes>) {
        self.stale = false;
        self.based = true;
        frames.into_iter().for_each(|frame| self.add(frame));
    }

    /// Replaces what waits of these clients' presence.
    pub fn push_presence(&mut self, entries: &[PresenceEntry]) {
        for entry in entries {
            self.presence.insert(entry.client, entry.clone());
        }
    }

    /// Ends the connection after what waits is sent.
    pub fn close(&mut self, reason: CloseReason) {
        self.closed.get_or_insert(reason);
    }

    /// Moves the next frames into `out`: about `share` bytes, at least one if any waits. An error when nothing waits and
    /// the connection is to be closed.
    pub fn take(&mut self, share: usize, out: &mut Vec<Bytes>) -> Result<(), CloseReason> {
        if let (Some(reason), true) = (&self.closed, self.is_empty()) {
            return Err(reason.clone());
        }
        let mut taken = 0;
        while taken < share
            && let Some(frame) = self.frames.pop_front()
        {
            taken += frame.len();
            out.push(frame);
        }
        self.bytes -= taken;
        if self.frames.is_empty() && !self.presence.is_empty() {
            let entries: Vec<_> = std::mem::take(&mut self.presence).into_values().collect();
            out.push(frame::presence(&entries));
        }
        Ok(())
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.presence.is_empty()
    }

    /// Bytes of document frames that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Nothing waits and the client is behind; true only the first time since it fell behind.
    pub fn drains(&mut self) -> bool {
        self.stale && self.is_empty() && !std::mem::replace(&mut self.drained, true)
    }

    /// The revision that the client certainly has; `None` if it was never sent a base.
    pub fn floor(&self) -> Option<Revision> {
        self.floor
    }

    fn add(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
    }

    fn drop_frames(&mut self) {
        self.frames = VecDeque::new();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1_000;

    fn big() -> Bytes {
        Bytes::from(vec![0; LIMIT / 2 + 1])
    }

    #[test]
    fn ln_05_a_full_queue_is_dropped_and_remembers_what_the_client_has() {
        let mut queue = Queue::with_limit(LIMIT);
        queue.push_base(Bytes::from_static(b"base"), Revision(1));
        queue.take(LIMIT, &mut Vec::new()).unwrap();
        assert_eq!(queue.push(big(), Revision(4)), Pushed::Queued);
        assert_eq!(queue.push(big(), Revision(5)), Pushed::Overflowed);
        assert_eq!((queue.bytes(), queue.floor()), (0, Some(Revision(4))));
        assert_eq!(queue.push(big(), Revision(6)), Pushed::Dropped);
        queue.resync(vec![Bytes::from_static(b"all")]);
        let mut out = Vec::new();
        queue.take(LIMIT, &mut out).unwrap();
        assert_eq!(out, [Bytes::from_static(b"all")]);
    }

    #[test]
    fn one_frame_over_the_bound_passes() {
        let mut queue = Queue::with_limit(LIMIT);
        assert_eq!(queue.push(Bytes::from(vec![0; LIMIT + 1]), Revision(0)), Pushed::Queued);
    }

    #[test]
    fn only_the_newest_presence_of_a_client_waits() {
        let mut queue = Queue::with_limit(LIMIT);
        for clock in 1..100 {
            queue.push_presence(&[PresenceEntry { client: 7, clock, state: None }]);
        }
        let mut out = Vec::new();
        queue.take(LIMIT, &mut out).unwrap();
        assert_eq!(out, [frame::presence(&[PresenceEntry { client: 7, clock: 99, state: None }])]);
    }

    #[test]
    fn a_close_lets_what_waits_go_first() {
        let mut queue = Queue::with_limit(LIMIT);
        queue.push(Bytes::from_static(b"x"), Revision(0));
        queue.close(CloseReason::Restart);
        assert!(queue.take(LIMIT, &mut Vec::new()).is_ok());
        assert_eq!(queue.take(LIMIT, &mut Vec::new()), Err(CloseReason::Restart));
    }
}
