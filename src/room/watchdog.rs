//! Notices a document on which the engine hangs: such a thread cannot be stopped, only the process.
//!
//! Imports ids. Invariant: an operation on a document is announced before it begins and withdrawn when it ends.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::ids::DocumentId;

/// The longest an operation on one document may take. Loading the largest document takes a few seconds.
const OPERATION_MAX: Duration = Duration::from_secs(60);

/// The operations under way.
#[derive(Debug, Default)]
pub struct Watchdog {
    /// Locked twice an operation for a map access; operations are batches.
    under_way: Mutex<HashMap<DocumentId, Instant>>,
}

/// Withdraws an operation when dropped.
#[derive(Debug)]
pub struct UnderWay<'a> {
    watchdog: &'a Watchdog,
    document: &'a DocumentId,
}

impl Watchdog {
    /// Announces an operation.
    pub fn watch<'a>(&'a self, document: &'a DocumentId) -> UnderWay<'a> {
        self.lock().insert(document.clone(), Instant::now());
        UnderWay { watchdog: self, document }
    }

    /// A document on which an operation takes longer than it may.
    pub fn hung(&self, now: Instant) -> Option<DocumentId> {
        let late = |since: &Instant| now.saturating_duration_since(*since) > OPERATION_MAX;
        self.lock().iter().find(|(_, since)| late(since)).map(|(document, _)| document.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DocumentId, Instant>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.watchdog.lock().remove(self.document);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_operation_that_does_not_end_is_reported() {
        let (watchdog, document) = (Watchdog::default(), "doc:slow".parse().unwrap());
        let later = Instant::now() + OPERATION_MAX + Duration::from_secs(1);
        let under_way = watchdog.watch(&document);
        assert_eq!(watchdog.hung(Instant::now()), None);
        assert_eq!(watchdog.hung(later), Some(document.clone()));
        drop(under_way);
        assert_eq!(watchdog.hung(later), None);
    }
}
