//! Who waits for what: the shared queue of a notebook. Pure; knows neither documents nor engines.
//!
//! Code runs one after the other, as a kernel does; questions wait for no code, nor code for them, except within one
//! request: there a question sees what the code before it has put out.
//! Invariant: a cell is in the lanes at most once, and what was taken out has ended or runs.

use std::collections::VecDeque;

use crate::{
    ids::{CellId, RunId},
    vocabulary::{Actor, RunKind},
};

/// Questions that are answered at a time in one notebook; providers refuse more from one key.
const QUESTIONS_MAX: usize = 4;

/// What somebody asked for in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    number: u64,
    /// A cell that fails does not keep the cells behind it from running.
    pub keeps_going: bool,
}

/// A run that waits or goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub run: RunId,
    pub cell: CellId,
    pub kind: RunKind,
    pub by: Actor,
    pub batch: Batch,
    /// Rises with each run that was asked for.
    pub place: u64,
    /// Who wants it stopped.
    pub stopped_by: Option<Actor>,
    /// The error it has put out.
    pub error: Option<String>,
    /// The cells that were sent with the question.
    pub sent: Vec<CellId>,
}

/// The queue.
#[derive(Debug, Default)]
pub struct Lanes {
    waiting: VecDeque<Ticket>,
    running: Vec<Ticket>,
    batches: u64,
    places: u64,
}

impl Lanes {
    /// A new request.
    pub fn batch(&mut self, keeps_going: bool) -> Batch {
        self.batches += 1;
        Batch { number: self.batches, keeps_going }
    }

    /// Adds a run.
    pub fn push(&mut self, run: RunId, cell: CellId, kind: RunKind, by: Actor, batch: Batch) {
        self.places += 1;
        let place = self.places;
        let ticket = Ticket { run, cell, kind, by, batch, place, stopped_by: None, error: None, sent: Vec::new() };
        self.waiting.push_back(ticket);
    }

    /// The run of a cell that waits or goes on.
    pub fn of_cell(&self, cell: &CellId) -> Option<&Ticket> {
        self.running.iter().chain(&self.waiting).find(|ticket| ticket.cell == *cell)
    }

    /// A run that goes on.
    pub fn running(&mut self, run: &RunId) -> Option<&mut Ticket> {
        self.running.iter_mut().find(|ticket| ticket.run == *run)
    }

    /// The code that runs.
    pub fn code(&mut self) -> Option<&mut Ticket> {
        self.running.iter_mut().find(|ticket| ticket.kind == RunKind::Code)
    }

    /// The questions that go on.
    pub fn questions(&self) -> impl Iterator<Item = &Ticket> {
        self.running.iter().filter(|ticket| ticket.kind == RunKind::Prompt)
    }

    /// The run of this kind that may begin now.
    pub fn next(&self, kind: RunKind) -> Option<&Ticket> {
        let running = self.running.iter().filter(|ticket| ticket.kind == kind).count();
        match kind {
            RunKind::Code if running > 0 => None,
            RunKind::Code => self.waiting.iter().find(|ticket| ticket.kind == kind),
            RunKind::Prompt if running >= QUESTIONS_MAX => None,
            RunKind::Prompt => self.next_question(),
        }
    }

    /// The first question before which nothing of the same request waits or goes on.
    fn next_question(&self) -> Option<&Ticket> {
        let is_before = |other: &Ticket, ticket: &Ticket| other.batch == ticket.batch && other.place < ticket.place;
        let is_first =
            |ticket: &&Ticket| !self.running.iter().chain(&self.waiting).any(|other| is_before(other, ticket));
        self.waiting.iter().filter(|ticket| ticket.kind == RunKind::Prompt).find(is_first)
    }

    /// A waiting run begins.
    pub fn begin(&mut self, run: &RunId) {
        if let Some(ticket) = self.take_waiting(|ticket| ticket.run == *run).pop() {
            self.running.push(ticket);
        }
    }

    /// A run that went on has ended.
    pub fn end(&mut self, run: &RunId) -> Option<Ticket> {
        let at = self.running.iter().position(|ticket| ticket.run == *run)?;
        Some(self.running.remove(at))
    }

    /// Takes out waiting runs.
    pub fn take_waiting(&mut self, which: impl Fn(&Ticket) -> bool) -> Vec<Ticket> {
        let (taken, kept) = std::mem::take(&mut self.waiting).into_iter().partition(which);
        self.waiting = kept;
        Vec::from_iter::<VecDeque<Ticket>>(taken)
    }

    /// Takes out runs that go on.
    pub fn take_running(&mut self, which: impl Fn(&Ticket) -> bool) -> Vec<Ticket> {
        self.running.extract_if(.., |ticket| which(ticket)).collect()
    }

    /// Nothing waits, nothing goes on.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::ActorKind;

    fn run(name: &str) -> RunId {
        name.parse().unwrap()
    }

    fn push(lanes: &mut Lanes, name: &str, kind: RunKind, batch: Batch) {
        let by = Actor { name: "Ana".into(), kind: ActorKind::Human };
        lanes.push(run(name), name.parse().unwrap(), kind, by, batch);
    }

    fn next(lanes: &Lanes, kind: RunKind) -> Option<String> {
        lanes.next(kind).map(|ticket| ticket.run.to_string())
    }

    #[test]
    fn ln_80_code_runs_one_after_the_other_and_questions_wait_for_none_of_it() {
        let mut lanes = Lanes::default();
        for (name, kind) in [("a", RunKind::Code), ("b", RunKind::Code), ("c", RunKind::Prompt), ("d", RunKind::Prompt)]
        {
            let batch = lanes.batch(false);
            push(&mut lanes, name, kind, batch);
        }
        lanes.begin(&run("a"));
        assert_eq!(next(&lanes, RunKind::Code), None);
        lanes.begin(&run("c"));
        assert_eq!(next(&lanes, RunKind::Prompt).as_deref(), Some("d"));
        lanes.end(&run("a"));
        assert_eq!(next(&lanes, RunKind::Code).as_deref(), Some("b"));
    }

    #[test]
    fn within_one_request_a_question_waits_for_the_code_before_it() {
        let mut lanes = Lanes::default();
        let batch = lanes.batch(false);
        push(&mut lanes, "a", RunKind::Code, batch);
        push(&mut lanes, "q", RunKind::Prompt, batch);
        push(&mut lanes, "b", RunKind::Code, batch);
        let other = lanes.batch(false);
        push(&mut lanes, "p", RunKind::Prompt, other);
        assert_eq!(next(&lanes, RunKind::Prompt).as_deref(), Some("p"));
        lanes.begin(&run("a"));
        assert_eq!(next(&lanes, RunKind::Prompt).as_deref(), Some("p"));
        lanes.end(&run("a"));
        assert_eq!(next(&lanes, RunKind::Prompt).as_deref(), Some("q"));
        assert_eq!(next(&lanes, RunKind::Code).as_deref(), Some("b"), "code does not wait for the question");
        lanes.begin(&run("b"));
        assert_eq!(next(&lanes, RunKind::Prompt).as_deref(), Some("q"), "nor the question for the code behind it");
    }
}
