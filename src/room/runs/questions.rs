//! Questions to a language model: beginning and ending them, what the model says, and how often the world is told.
//!
//! Invariant: the deltas told of a run, joined, are what the model said, and all are told before its end.

use std::collections::BTreeMap;

use super::{
    AnswerEvent, Answered, Desk, Ending, EngineCall, Published, RunError, Runs, Which, lanes::Ticket, runnable,
};
use crate::{
    ids::{CellId, RunId},
    notebook::{Notebook, Part},
    vocabulary::{Actor, CellKind, Event, Millis, RunKind, RunState},
};

/// An answer that streams is told of so often: four a second fill no log, and a script sees it grow.
const DELTA_INTERVAL: Millis = 250;

/// Why a question whose cell is no longer there does not go on.
const GONE: &str = "The cell was deleted.";

/// Why a question whose cell has become a note or code does not go on.
const CHANGED: &str = "The cell is no prompt cell any more.";

impl Runs {
    /// Begins a question whose turn it is; true if more may begin.
    pub(super) fn begin_question(&mut self, desk: &mut Desk<'_, '_>) -> bool {
        let Some(ticket) = self.lanes.next(RunKind::Prompt).cloned() else { return false };
        let source = match desk.notebook.source(desk.txn, &ticket.cell) {
            Some((CellKind::Prompt, source)) if source.trim().is_empty() => {
                return self.pass_over(desk, &ticket, "There is no question in the cell.");
            }
            Some((CellKind::Prompt, source)) => source,
            Some(_) => return self.pass_over(desk, &ticket, CHANGED),
            None => return self.pass_over(desk, &ticket, GONE),
        };
        // Read before the old answer goes, so that the transaction shows one notebook throughout.
        let Some(question) = desk.notebook.question(desk.txn, &ticket.cell) else {
            return self.pass_over(desk, &ticket, GONE);
        };
        self.mark_begun(desk, &ticket, &source);
        if let Some(running) = self.lanes.running(&ticket.run) {
            running.sent = question.sent();
        }
        desk.notebook.begin_answer(desk.txn, &ticket.run, &ticket.cell);
        self.calls.push(EngineCall::Ask { run: ticket.run, question: Box::new(question) });
        true
    }

    /// What a model said, in order.
    pub fn model_said(&mut self, desk: &mut Desk<'_, '_>, run: &RunId, events: Vec<AnswerEvent>) {
        for event in events {
            let Some(ticket) = self.lanes.running(run).cloned() else { return };
            match event {
                AnswerEvent::Thinking(text) => self.grow(desk, &ticket, Part::Thinking, &text),
                AnswerEvent::Text(text) => self.grow(desk, &ticket, Part::Answer, &text),
                AnswerEvent::Done(answered) => self.end_question(desk, run, Ending::ok(), answered),
                AnswerEvent::Failed { sentence } => {
                    self.end_question(desk, run, Ending::failed(sentence), Answered::default());
                }
            }
        }
        self.advance(desk);
    }

    /// Whether a question goes on at all: to ask it costs nothing.
    pub fn may_have_strays(&self) -> bool {
        self.lanes.questions().next().is_some()
    }

    /// Whether a question goes on in a cell that shows no answers any more.
    pub fn has_strays(&self, notebook: &Notebook) -> bool {
        self.lanes.questions().any(|ticket| stray(notebook, ticket).is_some())
    }

    /// Stops the questions whose cells were deleted or became something else: nobody could see or stop them.
    pub fn stop_strays(&mut self, desk: &mut Desk<'_, '_>) {
        let found = self.lanes.questions();
        let strays: Vec<_> =
            found.filter_map(|ticket| Some((ticket.run.clone(), stray(desk.notebook, ticket)?))).collect();
        for (run, sentence) in strays {
            self.end_question(desk, &run, Ending::passed_over(sentence), Answered::default());
        }
        self.advance(desk);
    }

    /// Makes a text the answer of a cell: a run that begins and ends at once.
    pub(super) fn publish(
        &mut self,
        desk: &mut Desk<'_, '_>,
        cell: CellId,
        answer: Published,
        by: &Actor,
    ) -> Result<RunId, RunError> {
        if runnable(desk.notebook, &Which::Cells(vec![cell.clone()]))? != [(cell.clone(), RunKind::Prompt)] {
            return Err(RunError::NoPrompt(cell));
        }
        if self.lanes.of_cell(&cell).is_some() {
            return Err(RunError::Runs(cell));
        }
        let Published { thinking, text, answered, source_hash, sent } = answer;
        let batch = self.lanes.batch(false);
        let run = self.add(desk, cell.clone(), RunKind::Prompt, batch, by);
        self.lanes.begin(&run);
        let Some(running) = self.lanes.running(&run) else { return Err(RunError::UnknownRun(run)) };
        running.sent = sent;
        let (ticket, now) = (running.clone(), desk.now);
        desk.update(&ticket, |run| {
            (run.state, run.started_at, run.source_hash) = (RunState::Running, Some(now), Some(source_hash));
        });
        desk.notebook.begin_answer(desk.txn, &run, &cell);
        self.grow(desk, &ticket, Part::Thinking, &thinking);
        self.grow(desk, &ticket, Part::Answer, &text);
        self.end_question(desk, &run, Ending::ok(), answered);
        Ok(run)
    }

    fn grow(&mut self, desk: &mut Desk<'_, '_>, ticket: &Ticket, part: Part, text: &str) {
        if text.is_empty() {
            return;
        }
        desk.notebook.answer(desk.txn, &ticket.run, part, text, desk.now);
        let told = self.deltas.grow(&ticket.run, &ticket.cell, part == Part::Thinking, text, desk.now);
        self.before.extend(told);
    }

    fn end_question(&mut self, desk: &mut Desk<'_, '_>, run: &RunId, ending: Ending, answered: Answered) {
        if let Some(ticket) = self.lanes.end(run) {
            self.calls.push(EngineCall::StopAnswer { run: run.clone() });
            self.close_question(desk, &ticket, ending, answered);
        }
    }

    /// Writes the end of a question that is out of the lanes.
    pub(super) fn close_question(
        &mut self,
        desk: &mut Desk<'_, '_>,
        ticket: &Ticket,
        ending: Ending,
        answered: Answered,
    ) {
        self.before.extend(self.deltas.end(&ticket.run));
        let state = ending.state;
        self.close(desk, ticket, ending);
        let Answered { model, usage, notice } = answered;
        let run = desk.update(ticket, |run| (run.model, run.usage, run.notice) = (model, usage, notice));
        if let Some(run) = run {
            desk.notebook.end_answer(desk.txn, &run, &ticket.sent, desk.now);
        }
        self.after.push(Event::AnswerDone { run_id: ticket.run.clone(), cell: ticket.cell.clone(), state });
    }
}

/// Why a question does not go on, if its cell is no prompt cell that people see.
fn stray(notebook: &Notebook, ticket: &Ticket) -> Option<&'static str> {
    match notebook.kind(&ticket.cell) {
        Some(CellKind::Prompt) => None,
        Some(_) => Some(CHANGED),
        None => Some(GONE),
    }
}

/// What models have said and nobody was told yet.
#[derive(Debug, Default)]
pub struct Deltas(BTreeMap<RunId, Delta>);

#[derive(Debug)]
struct Delta {
    cell: CellId,
    thinking: bool,
    text: String,
    told: Millis,
}

impl Deltas {
    /// Adds to what is to be told; gives what is to be told now.
    fn grow(&mut self, run: &RunId, cell: &CellId, thinking: bool, text: &str, now: Millis) -> Vec<Event> {
        let fresh = || Delta { cell: cell.clone(), thinking, text: String::new(), told: now - DELTA_INTERVAL };
        let delta = self.0.entry(run.clone()).or_insert_with(fresh);
        let turned = if delta.thinking == thinking { None } else { delta.take(run) };
        delta.thinking = thinking;
        delta.text.push_str(text);
        turned.into_iter().chain(self.due_of(run, now)).collect()
    }

    fn due_of(&mut self, run: &RunId, now: Millis) -> Option<Event> {
        let delta = self.0.get_mut(run).filter(|delta| delta.is_due(now))?;
        delta.told = now;
        delta.take(run)
    }

    /// What is to be told now.
    pub fn due(&mut self, now: Millis) -> Vec<Event> {
        let runs: Vec<RunId> = self.0.keys().cloned().collect();
        runs.iter().filter_map(|run| self.due_of(run, now)).collect()
    }

    /// The rest of an answer that is over.
    pub fn end(&mut self, run: &RunId) -> Option<Event> {
        self.0.remove(run)?.take(run)
    }

    /// When something is to be told next.
    pub fn deadline(&self) -> Option<Millis> {
        self.0.values().filter(|delta| !delta.text.is_empty()).map(|delta| delta.told + DELTA_INTERVAL).min()
    }
}

impl Delta {
    /// A clock that was set back must not silence it.
    fn is_due(&self, now: Millis) -> bool {
        !(self.told..self.told + DELTA_INTERVAL).contains(&now)
    }

    fn take(&mut self, run: &RunId) -> Option<Event> {
        let text = std::mem::take(&mut self.text);
        let (run_id, cell, thinking) = (run.clone(), self.cell.clone(), self.thinking);
        (!text.is_empty()).then_some(Event::AnswerDelta { run_id, cell, thinking, text })
    }
}
