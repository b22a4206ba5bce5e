//! Whether the writer lets more come before it commits, and for how long. Pure: told what happened and when.
//!
//! Invariant: what comes alone is never held back twice in a row for nothing: each time that gathered nothing doubles the
//! commits that follow without it, so that two programs which answer each other are slowed by a few parts in a hundred.

use std::time::{Duration, Instant};

use crate::store::COMMIT_INTERVAL;

/// Commits without gathering after several times in vain, at most.
const MOST_WITHOUT: u32 = 64;

/// The memory of the newest commits.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    /// When the newest group was taken.
    last: Option<Instant>,
    /// So many groups are still to be taken at once.
    without: u32,
    /// How many it were after the last time in vain; 0 when the last time paid.
    penalty: u32,
}

impl Gathering {
    /// How long a group may wait for more, as far as the groups before tell.
    pub(crate) fn pause(&self, now: Instant) -> Duration {
        let last = self.last.filter(|_| self.without == 0);
        last.map_or(Duration::ZERO, |last| COMMIT_INTERVAL.saturating_sub(now.saturating_duration_since(last)))
    }

    /// A group of so many jobs was taken, after a pause or not.
    pub(crate) fn took(&mut self, jobs: usize, paused: bool, now: Instant) {
        self.last = Some(now);
        match (paused, jobs) {
            (true, 0 | 1) => {
                self.penalty = (self.penalty * 2).clamp(1, MOST_WITHOUT);
                self.without = self.penalty;
            }
            (true, _) => self.penalty = 0,
            (false, _) => self.without = self.without.saturating_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_commit_waits_for_nothing_and_the_next_for_the_rest_of_the_interval() {
        let (mut gathering, start) = (Gathering::default(), Instant::now());
        assert_eq!(gathering.pause(start), Duration::ZERO);
        gathering.took(1, false, start);
        assert_eq!(gathering.pause(start), COMMIT_INTERVAL);
        assert_eq!(gathering.pause(start + COMMIT_INTERVAL / 2), COMMIT_INTERVAL / 2);
        assert_eq!(gathering.pause(start + COMMIT_INTERVAL), Duration::ZERO);
    }

    #[test]
    fn a_stream_is_gathered_again_and_again() {
        let (mut gathering, start) = (Gathering::default(), Instant::now());
        for _ in 0..100 {
            gathering.took(3, true, start);
            assert_eq!(gathering.pause(start), COMMIT_INTERVAL);
        }
    }

    #[test]
    fn who_answers_one_another_is_hardly_held_back() {
        let (mut gathering, start) = (Gathering::default(), Instant::now());
        gathering.took(1, false, start);
        let pauses = (0..1_000).filter(|_| {
            let paused = gathering.pause(start) > Duration::ZERO;
            gathering.took(1, paused, start);
            paused
        });
        assert!(pauses.count() < 25);
        // As soon as it pays again it is done again.
        while gathering.pause(start).is_zero() {
            gathering.took(1, false, start);
        }
        gathering.took(5, true, start);
        assert_eq!(gathering.pause(start), COMMIT_INTERVAL);
    }
}
