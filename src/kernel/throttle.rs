//! An allowance that grows with time. Imports nothing of ours. Invariant: never more than the burst at once.

use std::time::Instant;

/// Tokens that come back at a steady rate.
#[derive(Debug)]
pub struct Allowance {
    per_second: u64,
    burst: u64,
    left: f64,
    counted: Instant,
}

impl Allowance {
    /// Full at first.
    pub fn new(per_second: u64, burst: u64, now: Instant) -> Self {
        Self { per_second, burst, left: burst as f64, counted: now }
    }

    /// What may be spent now.
    pub fn left(&mut self, now: Instant) -> u64 {
        let grown = now.saturating_duration_since(self.counted).as_secs_f64() * self.per_second as f64;
        self.left = (self.left + grown).min(self.burst as f64);
        self.counted = self.counted.max(now);
        self.left as u64
    }

    /// Spends, at most what is left.
    pub fn spend(&mut self, amount: u64) {
        self.left = (self.left - amount as f64).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_allowance_comes_back_with_time_up_to_its_burst() {
        let start = Instant::now();
        let mut allowance = Allowance::new(100, 1000, start);
        allowance.spend(1000);
        assert_eq!(allowance.left(start), 0);
        assert_eq!(allowance.left(start + Duration::from_secs(3)), 300);
        assert_eq!(allowance.left(start + Duration::from_secs(3600)), 1000);
    }

    #[test]
    fn a_clock_that_seems_to_go_back_gives_nothing_twice() {
        let start = Instant::now() + Duration::from_secs(10);
        let mut allowance = Allowance::new(100, 1000, start);
        allowance.spend(1000);
        assert_eq!(allowance.left(start - Duration::from_secs(5)), 0);
        assert_eq!(allowance.left(start + Duration::from_secs(1)), 100);
    }
}
