//! Percentiles of times, kept whole: a run has at most some million.

use std::time::Duration;

use serde::Serialize;

#[derive(Default)]
pub struct Latencies(Vec<u32>);

/// In milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Percentiles {
    pub median: f64,
    pub p95: f64,
    pub p99: f64,
    pub worst: f64,
}

impl Latencies {
    pub fn push(&mut self, time: Duration) {
        self.0.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// Absent where nothing was timed.
    pub fn percentiles(mut self) -> Option<Percentiles> {
        self.0.sort_unstable();
        let at = |part: f64| Some(f64::from(*self.0.get(index(self.0.len(), part))?) / 1000.0);
        Some(Percentiles { median: at(0.5)?, p95: at(0.95)?, p99: at(0.99)?, worst: at(1.0)? })
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of samples times a part of one"
)]
fn index(count: usize, part: f64) -> usize {
    ((count.saturating_sub(1)) as f64 * part).round() as usize
}
