//! Events that wait for the bounded channel. Imports nothing of ours.
//!
//! Invariant: only what must not be lost is put in while the reader is slow; output waits in the joiner instead, which
//! bounds it. So the outbox is bounded by the number of runs.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::event::KernelEvent;

/// While more than so many events wait, output stays in the joiner.
const ROOM: usize = 64;

/// The way out of one kernel.
#[derive(Debug)]
pub struct Outbox {
    waiting: VecDeque<KernelEvent>,
    events: mpsc::Sender<KernelEvent>,
}

/// Nobody reads the events any more.
#[derive(Debug, PartialEq, Eq)]
pub struct NobodyListens;

impl Outbox {
    /// Nothing waits.
    pub fn new(events: mpsc::Sender<KernelEvent>) -> Self {
        Self { waiting: VecDeque::new(), events }
    }

    /// Puts events behind what waits.
    pub fn put(&mut self, events: impl IntoIterator<Item = KernelEvent>) {
        self.waiting.extend(events);
    }

    /// Whether output should still be put in.
    pub fn has_room(&self) -> bool {
        self.waiting.len() < ROOM
    }

    /// Sends until nothing waits any more, then never ends, but for nobody listening. May be dropped at any await.
    pub async fn send(&mut self) -> NobodyListens {
        while !self.waiting.is_empty() {
            let Ok(place) = self.events.reserve().await else { return NobodyListens };
            if let Some(event) = self.waiting.pop_front() {
                place.send(event);
            }
        }
        self.events.closed().await;
        NobodyListens
    }

    /// Sends what waits, unless nobody listens. For the end of a kernel.
    pub async fn finish(mut self) {
        for event in self.waiting.drain(..) {
            if self.events.send(event).await.is_err() {
                return;
            }
        }
    }
}
