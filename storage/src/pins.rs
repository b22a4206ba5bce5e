//! Who is still reading: what a reader may be looking at is not removed under it.
//!
//! Owns the count of readers by epoch. Records are immutable and named in the catalogue, so a reader that takes a pin
//! and then looks at the catalogue sees one moment of the store for as long as it holds the pin.
//! Invariant: [`Pins::is_past`] says yes only if no pin taken in that epoch or before is alive.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The readers of a store. A mutex, held for a few instructions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pins {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    epoch: u64,
    readers: BTreeMap<u64, usize>,
}

/// A reader; dropping it lets go.
#[derive(Debug)]
pub(crate) struct Pin {
    pins: Pins,
    epoch: u64,
}

impl Pins {
    /// Registers a reader. Take it before looking at the catalogue.
    pub(crate) fn pin(&self) -> Pin {
        let mut state = self.lock();
        let epoch = state.epoch;
        *state.readers.entry(epoch).or_default() += 1;
        drop(state);
        Pin { pins: self.clone(), epoch }
    }

    /// Begins a new epoch, after the catalogue was changed; answers with the one that ended.
    pub(crate) fn advance(&self) -> u64 {
        let mut state = self.lock();
        state.epoch += 1;
        state.epoch - 1
    }

    /// Whether nobody reads what ended with `epoch`.
    pub(crate) fn is_past(&self, epoch: u64) -> bool {
        self.lock().readers.keys().next().is_none_or(|oldest| *oldest > epoch)
    }

    /// The state is whole between any two statements: a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut state = self.pins.lock();
        if let Some(count) = state.readers.get_mut(&self.epoch) {
            *count -= 1;
            if *count == 0 {
                state.readers.remove(&self.epoch);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_past_when_its_last_reader_has_gone() {
        let pins = Pins::default();
        let early = pins.pin();
        let ended = pins.advance();
        let late = pins.pin();
        assert!(!pins.is_past(ended));
        drop(early);
        assert!(pins.is_past(ended), "a later reader does not see what ended before it came");
        drop(late);
        assert!(pins.is_past(pins.advance()));
    }
}
