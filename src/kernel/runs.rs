//! The runs of one kernel: which waits, which is under way, which a message belongs to.
//!
//! Imports ids. Pure. Invariant: each run that was added leaves exactly once, through [`Runs::ended`] or one of the
//! functions that abort.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use jupyter_protocol::Header;

use super::{
    event::Outcome,
    settings::{ENDING_PATIENCE, RUNS_WAITING},
};
use crate::ids::{CellId, RunId};

/// Runs whose late output is still recognised. Threads of older ones print without a run and are not heard.
const RUNS_REMEMBERED: usize = 1024;

/// A run that waits.
#[derive(Debug)]
pub struct Waiting {
    pub run: RunId,
    pub code: String,
    pub cell: Option<CellId>,
    pub allow_input: bool,
}

/// The run under way.
#[derive(Debug)]
pub struct Current {
    pub run: RunId,
    /// The id of its execute request.
    request: String,
    /// The kernel said that it began.
    pub started: bool,
    /// Since when it is under way; the time it waited for people is taken out.
    pub since: Instant,
    /// When something of it was last heard.
    heard: Instant,
    reply: Option<(Outcome, Option<u64>)>,
    idle: bool,
    /// What it asks people for, and since when.
    input: Option<(Header, Instant)>,
    /// The kernel executes its code. One that is about to ignores interrupts.
    pub executing: bool,
    /// Since when an interrupt waits for that.
    pub held_interrupt: Option<Instant>,
    /// When it was last interrupted, until people were told that this had no effect.
    pub interrupted: Option<Instant>,
    /// It said that it begins after it was interrupted: it may not have heard that.
    pub began_late: bool,
    /// It was interrupted for its time.
    pub over_time: bool,
}

/// The runs of one kernel.
#[derive(Debug, Default)]
pub struct Runs {
    waiting: VecDeque<Waiting>,
    current: Option<Current>,
    /// Execute requests and their runs, the oldest first in `order`.
    requests: HashMap<String, RunId>,
    order: VecDeque<String>,
}

impl Runs {
    /// Adds a run; gives it back when too many wait.
    pub fn add(&mut self, waiting: Waiting) -> Result<(), RunId> {
        if self.waiting.len() >= RUNS_WAITING {
            return Err(waiting.run);
        }
        self.waiting.push_back(waiting);
        Ok(())
    }

    /// Takes a run that waits out of the queue.
    pub fn withdraw(&mut self, run: &RunId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.run != *run);
        self.waiting.len() < before
    }

    /// The next run, if none is under way.
    pub fn next(&mut self) -> Option<Waiting> {
        if self.current.is_some() { None } else { self.waiting.pop_front() }
    }

    /// A run was sent to the kernel under this request.
    pub fn sent(&mut self, run: RunId, request: String, now: Instant) {
        if self.order.len() >= RUNS_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.requests.remove(&oldest);
        }
        self.requests.insert(request.clone(), run.clone());
        self.order.push_back(request.clone());
        self.current = Some(Current {
            run,
            request,
            started: false,
            since: now,
            heard: now,
            reply: None,
            idle: false,
            input: None,
            executing: false,
            held_interrupt: None,
            interrupted: None,
            began_late: false,
            over_time: false,
        });
    }

    /// The run that a message belongs to, by the id of its parent.
    pub fn of(&self, parent: Option<&str>) -> Option<RunId> {
        self.requests.get(parent?).cloned()
    }

    /// The run under way.
    pub fn current(&mut self) -> Option<&mut Current> {
        self.current.as_mut()
    }

    /// The run under way, if this is its request; notes that something of it was heard.
    pub fn heard(&mut self, parent: Option<&str>, now: Instant) -> Option<&mut Current> {
        let current = self.current.as_mut().filter(|current| Some(current.request.as_str()) == parent)?;
        current.heard = now;
        Some(current)
    }

    /// Whether nothing waits and nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.waiting.is_empty()
    }

    /// Whether a run is under way.
    pub fn is_busy(&self) -> bool {
        self.current.is_some()
    }

    /// The run under way, when both of its endings are in, or one and then nothing for long.
    pub fn ended(&mut self, now: Instant) -> Option<(RunId, Outcome, Option<u64>)> {
        let current = self.current.as_ref()?;
        let late = now.saturating_duration_since(current.heard) > ENDING_PATIENCE;
        let (outcome, count) = match (current.reply, current.idle) {
            (Some(reply), true) => reply,
            (Some(reply), false) if late => reply,
            (None, true) if late => (Outcome::Failed, None),
            (Some(_) | None, _) => return None,
        };
        self.current.take().map(|current| (current.run, outcome, count))
    }

    /// When [`Runs::ended`] must be asked again although no message came.
    pub fn patience(&self) -> Option<Instant> {
        let current = self.current.as_ref().filter(|current| current.reply.is_some() || current.idle)?;
        Some(current.heard + ENDING_PATIENCE)
    }

    /// All runs, of which none will go on; the one under way first.
    pub fn abort(&mut self) -> Vec<RunId> {
        let current = self.current.take().map(|current| current.run);
        current.into_iter().chain(self.waiting.drain(..).map(|waiting| waiting.run)).collect()
    }
}

impl Current {
    /// The kernel replied.
    pub fn replied(&mut self, outcome: Outcome, count: Option<u64>) {
        self.reply = Some((outcome, count));
        self.input = None;
    }

    /// It asks people for a line.
    pub fn ask(&mut self, header: Option<Header>, now: Instant) {
        self.input = header.map(|header| (header, now));
    }

    /// Whether it waits for a line.
    pub fn is_asking(&self) -> bool {
        self.input.is_some()
    }

    /// What the line it waits for answers; from here on its time counts again.
    pub fn answer(&mut self, now: Instant) -> Option<Header> {
        let (header, asked) = self.input.take()?;
        self.since += now.saturating_duration_since(asked);
        Some(header)
    }

    /// The kernel said that nothing more follows.
    pub fn quiet(&mut self) {
        self.idle = true;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn run(name: &str) -> RunId {
        name.parse().unwrap()
    }

    fn waiting(name: &str) -> Waiting {
        Waiting { run: run(name), code: "1".into(), cell: None, allow_input: false }
    }

    fn under_way(now: Instant) -> Runs {
        let mut runs = Runs::default();
        runs.add(waiting("a")).unwrap();
        let next = runs.next().unwrap();
        runs.sent(next.run, "request".into(), now);
        runs
    }

    #[test]
    fn a_run_ends_only_when_reply_and_idle_are_both_in_whichever_comes_first() {
        let now = Instant::now();
        for reply_first in [true, false] {
            let mut runs = under_way(now);
            let current = runs.heard(Some("request"), now).unwrap();
            if reply_first {
                current.replied(Outcome::Ok, Some(3))
            } else {
                current.quiet()
            }
            assert_eq!(runs.ended(now), None);
            let current = runs.heard(Some("request"), now).unwrap();
            if reply_first {
                current.quiet()
            } else {
                current.replied(Outcome::Ok, Some(3))
            }
            assert_eq!(runs.ended(now), Some((run("a"), Outcome::Ok, Some(3))));
            assert!(runs.is_empty());
        }
    }

    #[test]
    fn ln_81_a_run_whose_second_ending_was_lost_ends_all_the_same() {
        let now = Instant::now();
        let mut runs = under_way(now);
        runs.heard(Some("request"), now).unwrap().replied(Outcome::Failed, None);
        assert_eq!(runs.patience(), Some(now + ENDING_PATIENCE));
        let later = now + ENDING_PATIENCE + Duration::from_millis(1);
        assert_eq!(runs.ended(later), Some((run("a"), Outcome::Failed, None)));
    }

    #[test]
    fn messages_of_an_ended_run_still_belong_to_it_and_those_of_strangers_to_none() {
        let now = Instant::now();
        let mut runs = under_way(now);
        assert_eq!(runs.abort(), [run("a")]);
        assert_eq!(runs.of(Some("request")), Some(run("a")));
        assert_eq!(runs.of(Some("another")), None);
        assert_eq!(runs.of(None), None);
        assert!(runs.heard(Some("request"), now).is_none());
    }

    #[test]
    fn what_is_remembered_of_ended_runs_is_bounded() {
        let (now, mut runs) = (Instant::now(), Runs::default());
        for at in 0..RUNS_REMEMBERED + 5 {
            runs.sent(run("a"), at.to_string(), now);
        }
        assert_eq!((runs.requests.len(), runs.order.len()), (RUNS_REMEMBERED, RUNS_REMEMBERED));
        assert_eq!(runs.of(Some("0")), None);
    }

    #[test]
    fn ln_80_only_runs_that_wait_can_be_withdrawn_and_all_are_aborted_in_order() {
        let mut runs = under_way(Instant::now());
        for name in ["b", "c", "d"] {
            runs.add(waiting(name)).unwrap();
        }
        assert!(runs.withdraw(&run("c")) && !runs.withdraw(&run("c")) && !runs.withdraw(&run("a")));
        assert_eq!(runs.abort(), [run("a"), run("b"), run("d")]);
    }
}
