//! For every clock of every client, where it stands. Neighbouring clocks that stand alike are one entry, so a text typed
//! by one person is one entry however long it is.
//!
//! Invariant: the runs of a client rise, the first begins at 0, and no two neighbours are alike.

use std::collections::HashMap;

use super::super::blocks::Id;

/// A place in the tree of shared types: in which type, by its number, and under which key, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    pub parent: u32,
    /// 0 in a list or text.
    pub key: u32,
}

impl Spot {
    /// Nowhere: the clocks were collected, or stand beside collected ones only.
    pub const COLLECTED: Self = Self { parent: u32::MAX, key: 0 };
}

/// What is known of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standpoint {
    pub spot: Spot,
    /// It came as deleted content: whatever stands in it is collected.
    pub gone: bool,
}

#[derive(Debug)]
struct Run {
    from: u32,
    at: Standpoint,
}

#[derive(Debug, Default)]
struct History {
    runs: Vec<Run>,
    end: u32,
}

/// All clocks of a document.
#[derive(Debug, Default)]
pub struct Ledger {
    clients: HashMap<u64, History>,
}

impl Ledger {
    /// How many clocks of a client are known.
    pub fn end_of(&self, client: u64) -> u32 {
        self.clients.get(&client).map_or(0, |history| history.end)
    }

    /// Where an item stands, if it is known.
    pub fn find(&self, (client, clock): Id) -> Option<Standpoint> {
        let history = self.clients.get(&client).filter(|history| clock < history.end)?;
        let after = history.runs.partition_point(|run| run.from <= clock);
        after.checked_sub(1).map(|index| history.runs[index].at)
    }

    /// Adds the next clocks of a client. Clocks left out before them count as collected.
    pub fn push(&mut self, client: u64, from: u32, to: u32, at: Standpoint) {
        let history = self.clients.entry(client).or_default();
        if from > history.end {
            history.go_on(history.end, Standpoint { spot: Spot::COLLECTED, gone: false });
        }
        history.go_on(from, at);
        history.end = to;
    }

    /// Forgets the clocks of a client from `end` on.
    pub fn truncate(&mut self, client: u64, end: u32) {
        let Some(history) = self.clients.get_mut(&client).filter(|history| end < history.end) else { return };
        history.end = end;
        history.runs.truncate(history.runs.partition_point(|run| run.from < end));
        if end == 0 {
            self.clients.remove(&client);
        }
    }

    /// Gives up memory that only growing needed.
    pub fn shrink(&mut self) {
        self.clients.values_mut().for_each(|history| history.runs.shrink_to_fit());
        self.clients.shrink_to_fit();
    }

    /// How many entries there are.
    #[cfg(test)]
    pub fn runs(&self) -> usize {
        self.clients.values().map(|history| history.runs.len()).sum()
    }
}

impl History {
    fn go_on(&mut self, from: u32, at: Standpoint) {
        if self.runs.last().is_none_or(|last| last.at != at) {
            self.runs.push(Run { from, at });
        }
    }
}
