//! Which documents have a room, and which have none because their rooms failed.
//!
//! A document is `Opening`, `Open` or `Closing`, under one lock, so loading and unloading cannot race.
//! Invariant: a document has at most one room or one reservation.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    actor::Registry,
    handle::{CloseReason, Control, RoomHandle},
    quarantine::SetAside,
    refusals::OpenError,
    watchdog::Watchdog,
};
use crate::ids::DocumentId;

/// A document whose room failed twice within this time is set aside, so that it cannot fail for ever.
const FAILURE_WINDOW: Duration = Duration::from_secs(600);

/// The phases of all documents that have a room, or are about to have one.
#[derive(Default)]
pub struct Slots {
    /// Held for a look-up only.
    slots: Mutex<HashMap<DocumentId, Slot>>,
    failures: Mutex<HashMap<DocumentId, Failures>>,
    watchdog: Watchdog,
    stopping: AtomicBool,
}

/// What a document is at the moment. Whoever waits for the end of that moment subscribes to `over`, which is rung when
/// the phase changes and ends with the slot.
struct Slot {
    phase: Phase,
    over: watch::Sender<()>,
}

enum Phase {
    Opening,
    Open(RoomHandle),
    Closing,
}

#[derive(Default)]
struct Failures {
    last: Option<Instant>,
    quarantined: Option<String>,
}

/// What a look-up found.
pub enum Found {
    Open(RoomHandle),
    Wait(watch::Receiver<()>),
    Reserved(Reservation),
}

impl Slots {
    fn slots(&self) -> MutexGuard<'_, HashMap<DocumentId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<DocumentId, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its room, or the wait for the end of what is under way, or the right to be the one who opens it.
    ///
    /// # Errors
    /// It is set aside, or the server stops.
    pub fn find(self: &Arc<Self>, document: &DocumentId) -> Result<Found, OpenError> {
        if self.stopping.load(Ordering::SeqCst) {
            return Err(OpenError::Stopping);
        }
        if let Some(cause) = self.failures().get(document).and_then(|failures| failures.quarantined.clone()) {
            return Err(OpenError::Quarantined { document: document.to_string(), cause });
        }
        match self.slots().entry(document.clone()) {
            Entry::Occupied(slot) => Ok(match &slot.get().phase {
                Phase::Open(room) => Found::Open(room.clone()),
                Phase::Opening | Phase::Closing => Found::Wait(slot.get().over.subscribe()),
            }),
            Entry::Vacant(slot) => {
                slot.insert(Slot { phase: Phase::Opening, over: watch::Sender::default() });
                Ok(Found::Reserved(Reservation { document: document.clone(), slots: self.clone(), filled: false }))
            }
        }
    }

    /// Ends the room of a document; the receiver tells when it is over.
    pub fn end(&self, document: &DocumentId, reason: &CloseReason) -> Option<watch::Receiver<()>> {
        let slots = self.slots();
        let slot = slots.get(document)?;
        slot.stop(reason);
        Some(slot.over.subscribe())
    }

    /// Ends all rooms, and none opens from now on; the receiver tells when one of them is over.
    pub fn end_all(&self, reason: &CloseReason) -> Option<watch::Receiver<()>> {
        self.stopping.store(true, Ordering::SeqCst);
        let slots = self.slots();
        slots.values().for_each(|slot| slot.stop(reason));
        slots.values().next().map(|slot| slot.over.subscribe())
    }

    /// Whether a document has a room, or is about to have one.
    pub fn contains(&self, document: &DocumentId) -> bool {
        self.slots().contains_key(document)
    }

    /// Documents whose room failed twice.
    pub fn quarantined(&self) -> Vec<SetAside> {
        let cause = |(document, failures): (&DocumentId, &Failures)| {
            Some(SetAside { document: document.to_string(), cause: failures.quarantined.clone()? })
        };
        self.failures().iter().filter_map(cause).collect()
    }

    /// Forgets the failures of a document; true if it was set aside for them.
    pub fn forgive(&self, document: &DocumentId) -> bool {
        self.failures().remove(document).is_some_and(|failures| failures.quarantined.is_some())
    }

    fn note_failure(&self, document: &DocumentId, cause: String) {
        let mut failures = self.failures();
        let failures = failures.entry(document.clone()).or_default();
        if failures.last.is_some_and(|last| last.elapsed() < FAILURE_WINDOW) {
            tracing::error!(%document, cause, "the room failed again and is set aside until the server restarts");
            failures.quarantined = Some(cause);
        }
        failures.last = Some(Instant::now());
    }
}

impl Slot {
    fn stop(&self, reason: &CloseReason) {
        if let Phase::Open(room) = &self.phase
            && room.control.send(Control::Stop(Box::new(reason.clone()))).is_err()
        {
            tracing::debug!("the room has ended already");
        }
    }
}

impl Registry for Slots {
    fn may_unload(&self, document: &DocumentId) -> bool {
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(document) else { return true };
        let held = matches!(&slot.phase, Phase::Open(room) if Arc::strong_count(&room.interest) > 1);
        if !held {
            slot.phase = Phase::Closing;
        }
        !held
    }

    fn watchdog(&self) -> &Watchdog {
        &self.watchdog
    }

    fn ended(&self, document: &DocumentId, failed: Option<String>) {
        if let Some(cause) = failed {
            self.note_failure(document, cause);
        }
        self.slots().remove(document);
    }
}

/// A document that has no room and gets none from anybody else while this lives.
pub struct Reservation {
    document: DocumentId,
    slots: Arc<Slots>,
    filled: bool,
}

impl Reservation {
    pub fn document(&self) -> &DocumentId {
        &self.document
    }

    /// Its room is open from now on.
    pub fn fill(mut self, room: RoomHandle) {
        if let Some(slot) = self.slots.slots().get_mut(&self.document) {
            slot.phase = Phase::Open(room);
            slot.over.send_replace(());
        }
        self.filled = true;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.filled {
            self.slots.slots().remove(&self.document);
        }
    }
}

/// Waits for the end of a moment: its slot has another phase or is gone.
pub async fn wait(mut over: watch::Receiver<()>) {
    if over.changed().await.is_err() {
        tracing::trace!("the slot is gone");
    }
}
