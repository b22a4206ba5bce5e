//! Token buckets: how fast one sender may go on. Pure; the caller gives the time.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::ids::TokenId;

/// A budget that refills at a steady rate.
#[derive(Debug, Clone)]
pub struct Bucket {
    per_second: f64,
    burst: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self { per_second: f64::from(per_second.max(1)), burst, left: burst, at: now }
    }

    /// Takes `amount` and tells how long the sender must wait for it; nothing when the bucket had enough. The bucket
    /// may go into debt, so one amount larger than the burst passes too, only later.
    pub fn take(&mut self, amount: f64, now: Instant) -> Duration {
        self.refill(now);
        self.left -= amount;
        Duration::from_secs_f64((-self.left).max(0.0) / self.per_second)
    }

    /// Takes `amount` if there is enough; else tells when there will be.
    pub fn try_take(&mut self, amount: f64, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        if self.left < amount {
            return Err(Duration::from_secs_f64((amount - self.left) / self.per_second));
        }
        self.left -= amount;
        Ok(())
    }

    fn refill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + seconds * self.per_second).min(self.burst);
        self.at = now;
    }
}

/// A budget for each token; one more for those that are not named.
#[derive(Debug)]
pub struct Budgets {
    full: Bucket,
    /// Held for a look only. As many as there are tokens, which are bounded.
    left: Mutex<HashMap<Option<TokenId>, Bucket>>,
}

impl Budgets {
    /// Each begins as `full`.
    pub fn new(full: Bucket) -> Self {
        Self { full, left: Mutex::default() }
    }

    /// Takes one request from a token's budget; else tells when there will be one.
    pub fn try_take(&self, token: Option<TokenId>, now: Instant) -> Result<(), Duration> {
        self.left().entry(token).or_insert_with(|| self.full.clone()).try_take(1.0, now)
    }

    /// A token is no more.
    pub fn forget(&self, token: &TokenId) {
        self.left().remove(&Some(token.clone()));
    }

    fn left(&self) -> MutexGuard<'_, HashMap<Option<TokenId>, Bucket>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_at_once_and_the_rest_at_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, 100, start);
        assert_eq!(bucket.take(100.0, start), Duration::ZERO);
        assert_eq!(bucket.take(5.0, start), Duration::from_millis(500));
        assert_eq!(bucket.take(0.0, start + Duration::from_millis(500)), Duration::ZERO);
    }

    #[test]
    fn a_refused_request_costs_nothing_and_learns_when_to_come_back() {
        let start = Instant::now();
        let mut bucket = Bucket::new(2, 1, start);
        assert_eq!(bucket.try_take(1.0, start), Ok(()));
        assert_eq!(bucket.try_take(1.0, start), Err(Duration::from_millis(500)));
        assert_eq!(bucket.try_take(1.0, start + Duration::from_millis(500)), Ok(()));
    }
}
