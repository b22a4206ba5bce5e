//! Moments that several tasks note and read, in eight bytes. Imports nothing of ours.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// All moments count from here.
static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What all moments count from.
pub fn first() -> Instant {
    *FIRST
}

/// When something last happened, in milliseconds.
#[derive(Debug)]
pub struct Moment(AtomicU64);

impl Moment {
    /// It happens now.
    pub fn now() -> Self {
        let moment = Self(AtomicU64::default());
        moment.set(Instant::now());
        moment
    }

    /// It happened then.
    pub fn set(&self, then: Instant) {
        let since = then.saturating_duration_since(first()).as_millis();
        self.0.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How long it has not happened.
    pub fn elapsed(&self) -> Duration {
        first().elapsed().saturating_sub(Duration::from_millis(self.0.load(Ordering::Relaxed)))
    }
}
