//! What was asked for and how far it is. Pure: the caller brings the time.
//!
//! Imports vocabulary and ids. Invariant: a run that has ended never changes again.

use std::{collections::HashMap, time::Instant};

use crate::{
    ids::{CellId, RunId},
    vocabulary::{Run, RunState},
};

/// A cell that was asked to run.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The run as it was last read.
    pub run: Run,
    /// How people know the cell: the first line of its source.
    pub name: String,
    /// Since when it is seen to run, by the clock of this machine: the server's may differ.
    pub running_since: Option<Instant>,
    /// It ran longer than it may, and was told to stop.
    pub overdue: bool,
}

/// What became of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub ok: usize,
    pub failed: usize,
    /// Stopped by somebody, or never begun.
    pub cancelled: usize,
}

/// All cells that were asked to run, in the order of the notebook.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    /// What the server answered to the request.
    pub fn new(runs: Vec<Run>, names: &HashMap<CellId, String>) -> Self {
        let name = |run: &Run| names.get(&run.cell).cloned().unwrap_or_default();
        let entries = runs.into_iter().map(|run| Entry { name: name(&run), run, running_since: None, overdue: false });
        Self { entries: entries.collect() }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The place of a run that has not ended.
    pub fn unfinished(&self, run: &RunId) -> Option<usize> {
        self.entries.iter().position(|entry| entry.run.run_id == *run && !entry.run.state.has_ended())
    }

    /// The runs that have not ended, last first: so nothing begins while they are stopped one by one.
    pub fn left(&self) -> Vec<Run> {
        self.entries.iter().rev().map(|entry| &entry.run).filter(|run| !run.state.has_ended()).cloned().collect()
    }

    /// The cells that run now.
    pub fn running(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().filter(|(_, entry)| entry.run.state == RunState::Running)
    }

    /// How many have ended.
    pub fn ended(&self) -> usize {
        self.entries.iter().filter(|entry| entry.run.state.has_ended()).count()
    }

    /// All have ended.
    pub fn is_over(&self) -> bool {
        self.ended() == self.entries.len()
    }

    /// Takes over how a run is now; the state it had before, if that changed.
    pub fn update(&mut self, run: Run, now: Instant) -> Option<RunState> {
        let at = self.unfinished(&run.run_id)?;
        let entry = &mut self.entries[at];
        if run.state == RunState::Running {
            entry.running_since.get_or_insert(now);
        }
        let before = std::mem::replace(&mut entry.run, run);
        if entry.overdue && entry.run.state == RunState::Cancelled {
            entry.run.error = Some("It ran longer than it may (--timeout) and was stopped.".into());
            entry.run.state = RunState::Failed;
        }
        (before.state != entry.run.state).then_some(before.state)
    }

    /// The run is not known any more: somebody ran the cell again, or deleted it.
    pub fn lose(&mut self, run: &RunId, now: Instant) -> Option<RunState> {
        let mut lost = self.entries[self.unfinished(run)?].run.clone();
        lost.state = RunState::Cancelled;
        lost.error = Some("The cell was run again or deleted meanwhile.".into());
        self.update(lost, now)
    }

    /// Notes that a run is being stopped for its time; false if it was before.
    pub fn note_overdue(&mut self, at: usize) -> bool {
        !std::mem::replace(&mut self.entries[at].overdue, true)
    }

    /// What became of those that have ended.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally { ok: 0, failed: 0, cancelled: 0 };
        for entry in &self.entries {
            match entry.run.state {
                RunState::Ok => tally.ok += 1,
                RunState::Failed | RunState::Interrupted => tally.failed += 1,
                RunState::Cancelled => tally.cancelled += 1,
                RunState::Queued | RunState::Running => {}
            }
        }
        tally
    }
}

/// How people know a cell: its first line that says something, cut to `most` characters. Signs that move a terminal's
/// cursor are left out.
pub fn name_of(source: &str, most: usize) -> String {
    let line = source.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line: String = line.chars().filter(|character| !character.is_control()).collect();
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{Actor, RunKind};

    fn run(name: &str) -> Run {
        let (run, cell) = (name.parse().unwrap(), name.parse().unwrap());
        Run::queued(run, cell, RunKind::Code, Actor::server(), 0)
    }

    fn in_state(name: &str, state: RunState) -> Run {
        Run { state, ..run(name) }
    }

    fn ledger(names: &[&str]) -> Ledger {
        Ledger::new(names.iter().map(|name| run(name)).collect(), &HashMap::new())
    }

    #[test]
    fn what_has_ended_is_counted_once_and_stays() {
        let (mut ledger, now) = (ledger(&["a", "b", "c"]), Instant::now());
        assert_eq!(ledger.update(in_state("a", RunState::Running), now), Some(RunState::Queued));
        assert_eq!(ledger.update(in_state("a", RunState::Running), now), None, "nothing changed");
        assert_eq!(ledger.update(in_state("a", RunState::Ok), now), Some(RunState::Running));
        assert_eq!(ledger.update(in_state("a", RunState::Failed), now), None, "it had ended");
        assert_eq!(ledger.update(in_state("nobody", RunState::Failed), now), None);
        assert_eq!(ledger.lose(&"b".parse().unwrap(), now), Some(RunState::Queued));
        assert!(!ledger.is_over());
        let left: Vec<_> = ledger.left().into_iter().map(|run| run.run_id.to_string()).collect();
        assert_eq!(left, ["c"]);
        ledger.update(in_state("c", RunState::Interrupted), now);
        assert_eq!(ledger.tally(), Tally { ok: 1, failed: 1, cancelled: 1 });
        assert!(ledger.is_over());
    }

    #[test]
    fn a_cell_that_is_stopped_for_its_time_has_failed_and_one_that_made_it_has_not() {
        let (mut ledger, now) = (ledger(&["a", "b"]), Instant::now());
        assert!(ledger.note_overdue(0) && !ledger.note_overdue(0) && ledger.note_overdue(1));
        ledger.update(in_state("a", RunState::Cancelled), now);
        ledger.update(in_state("b", RunState::Ok), now);
        assert_eq!(ledger.entries()[0].run.state, RunState::Failed);
        assert!(ledger.entries()[0].run.error.as_ref().unwrap().contains("--timeout"));
        assert_eq!(ledger.entries()[1].run.state, RunState::Ok);
    }

    #[test]
    fn a_cell_is_known_by_its_first_line_that_says_something() {
        assert_eq!(name_of("\n  \n  import numpy as np\nx", 40), "import numpy as np");
        assert_eq!(name_of("abcdef", 4), "abc…");
        assert_eq!(name_of("a\u{1b}[2Jb", 40), "a[2Jb");
        assert_eq!(name_of("", 40), "");
    }
}
