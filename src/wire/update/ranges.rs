//! Ranges of clocks, by client: what an update inserts and deletes.
//!
//! Invariant: a [`Runs`] is sorted by client and clock; no two of its ranges touch.

/// Clocks of one client that an update inserts: `from` to `to`, `to` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inserted {
    pub client: u64,
    pub from: u32,
    pub to: u32,
}

/// Clocks of one client that an update deletes: `from` to `to`, `to` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    pub client: u64,
    pub from: u32,
    pub to: u32,
}

/// What [`Inserted`] and [`Deleted`] have in common.
pub trait ClockRange: Copy {
    fn client(&self) -> u64;
    fn from(&self) -> u32;
    fn to(&self) -> u32;
    fn extend_to(&mut self, to: u32);
}

macro_rules! clock_range {
    ($range:ty) => {
        impl ClockRange for $range {
            fn client(&self) -> u64 {
                self.client
            }

            fn from(&self) -> u32 {
                self.from
            }

            fn to(&self) -> u32 {
                self.to
            }

            fn extend_to(&mut self, to: u32) {
                self.to = to;
            }
        }
    };
}

clock_range!(Inserted);
clock_range!(Deleted);

/// Disjoint ranges, sorted.
#[derive(Debug, Clone)]
pub struct Runs<R>(Vec<R>);

impl<R: ClockRange> Runs<R> {
    /// Takes ranges that are disjoint, in any order.
    pub fn new(mut ranges: Vec<R>) -> Self {
        // Encoders write clients in falling order, which this sort takes in one pass.
        ranges.sort_unstable_by_key(|range| (range.client(), range.from()));
        Self(ranges)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_slice(&self) -> &[R] {
        &self.0
    }

    /// The highest end among a client's ranges; 0 if it has none.
    pub fn end_of(&self, client: u64) -> u32 {
        let after = self.0.partition_point(|range| range.client() <= client);
        self.0[..after].last().filter(|range| range.client() == client).map_or(0, ClockRange::to)
    }

    pub fn contains_all_of(&self, other: &Self) -> bool {
        other.0.iter().all(|range| self.contains(range))
    }

    fn contains(&self, wanted: &R) -> bool {
        let key = (wanted.client(), wanted.from());
        let after = self.0.partition_point(|range| (range.client(), range.from()) <= key);
        let before = self.0[..after].last();
        before.is_some_and(|range| range.client() == wanted.client() && wanted.to() <= range.to())
    }
}

/// Appends a range, joined to the last one where it goes on from there.
pub fn push_joined<R: ClockRange>(ranges: &mut Vec<R>, next: R) {
    match ranges.last_mut() {
        Some(last) if last.client() == next.client() && last.to() == next.from() => last.extend_to(next.to()),
        _ => ranges.push(next),
    }
}
