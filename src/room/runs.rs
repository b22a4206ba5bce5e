//! Runs as a concern of the room: who asked for what, what runs, what the engines said of it. Pure.
//!
//! Each step takes an open transaction, writes what everybody is to see, and notes what the engines are to be told once
//! that is durable. Imports notebook, vocabulary, ids.
//! Invariant: the document says of every run in the lanes that it waits or goes on, and of no other.

mod code;
mod engines;
mod lanes;
mod models;
mod questions;
#[cfg(test)]
mod tests;

use yrs::TransactionMut;

pub use self::engines::{
    AnswerEvent, Answered, EngineCall, Generation, KernelCommand, KernelEvent, ModelChange, Outcome,
};
use self::{
    code::Kernel,
    lanes::{Lanes, Ticket},
    models::Callbacks,
    questions::Deltas,
};
use super::effects::Place;
use crate::{
    ids::{CellId, RunId},
    notebook::{BlobRef, LeftOut, Notebook, OpError, OutputLimits},
    vocabulary::{Actor, CellKind, Event, KernelChoice, KernelPhase, KernelStatus, Millis, Run, RunKind, RunState},
};

/// What a notebook's cells and kernel are told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunRequest {
    Run(Which),
    /// Runs them all, also those behind a cell that fails.
    RunOn(Which),
    /// Stops the run of a cell, waiting or going on.
    Cancel(CellId),
    /// Stops all that waits or goes on.
    CancelAll,
    /// Makes a text the answer of a prompt cell, as if its run had just ended.
    Publish {
        cell: CellId,
        answer: Box<Published>,
    },
    /// Types the line that a program waits for.
    Input {
        cell: CellId,
        value: String,
    },
    /// Starts a kernel, by the notebook's own kernelspec or another one, which is the notebook's from then on. With
    /// `replace`, one that runs by another is shut down first.
    StartKernel {
        choice: Option<KernelChoice>,
        replace: bool,
    },
    /// Stops the code that runs, and empties the queue of code.
    Interrupt,
    Restart {
        run_all: bool,
    },
    Shutdown,
}

/// An answer that somebody got for themselves and now shows to all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub thinking: String,
    pub text: String,
    pub answered: Answered,
    /// Of the question it answers.
    pub source_hash: String,
    /// The cells that were sent with the question.
    pub sent: Vec<CellId>,
}

/// Which cells are to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Cells(Vec<CellId>),
    /// All before this cell.
    Above(CellId),
    /// This cell and all after it.
    Below(CellId),
    All,
}

/// Why a request concerning runs was refused; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Cell(#[from] OpError),
    #[error("There is nothing to run: only code cells and prompt cells run.")]
    NothingToRun,
    #[error("The cell {0} does not run and waits for no turn.")]
    NotRunning(CellId),
    #[error(
        "The cell {0} runs or waits for its turn; stop it, or wait for its end, before you publish another answer."
    )]
    Runs(CellId),
    #[error("The cell {0} is no prompt cell; only those are answered.")]
    NoPrompt(CellId),
    #[error("No program in the cell {0} waits for a line.")]
    NoInputWanted(CellId),
    #[error("No kernel has the widget {0} any more: run its cell again.")]
    NoModel(String),
    #[error("The widgets of this notebook are as large as they may be: restart the kernel, or make them smaller.")]
    ModelsTooLarge,
    #[error("There is no kernel; run a cell or start one first.")]
    NoKernel,
    #[error("Another kernel runs, and what it has in memory would be lost. Say \"replace\": true if that is meant.")]
    KernelRuns,
    #[error("No run has the id {0}; only the last run of each cell is kept.")]
    UnknownRun(RunId),
}

/// A transaction on a notebook, at a time.
pub struct Desk<'a, 't> {
    pub notebook: &'a mut Notebook,
    pub txn: &'a mut TransactionMut<'t>,
    pub now: Millis,
}

impl Desk<'_, '_> {
    /// Changes what everybody sees of a run.
    fn update(&mut self, ticket: &Ticket, change: impl FnOnce(&mut Run)) -> Option<Run> {
        let mut run = self.notebook.last_run(&ticket.cell).filter(|run| run.run_id == ticket.run)?.clone();
        change(&mut run);
        self.notebook.set_run(self.txn, run.clone());
        Some(run)
    }
}

/// How a run ends.
#[derive(Debug, Clone)]
struct Ending {
    state: RunState,
    by: Option<Actor>,
    error: Option<String>,
}

impl Ending {
    fn ok() -> Self {
        Self { state: RunState::Ok, by: None, error: None }
    }

    fn failed(sentence: impl Into<String>) -> Self {
        Self { state: RunState::Failed, by: None, error: Some(sentence.into()) }
    }

    /// It never began.
    fn passed_over(sentence: &str) -> Self {
        Self { state: RunState::Cancelled, by: None, error: Some(sentence.into()) }
    }

    fn stopped_by(actor: &Actor) -> Self {
        Self { state: RunState::Cancelled, by: Some(actor.clone()), error: None }
    }
}

/// The runs of an open notebook.
#[derive(Debug, Default)]
pub struct Runs {
    lanes: Lanes,
    kernel: Kernel,
    deltas: Deltas,
    callbacks: Callbacks,
    /// Texts on their way to the store of blobs.
    keeping: usize,
    places: Vec<(RunId, Place)>,
    limits: OutputLimits,
    calls: Vec<EngineCall>,
    /// What is told before and after what the document tells of itself.
    before: Vec<Event>,
    after: Vec<Event>,
}

impl Runs {
    /// Runs whose outputs are limited otherwise than usual.
    #[cfg(test)]
    pub fn with_limits(limits: OutputLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Something runs, waits, or may be asked to run: the room must stay.
    pub fn is_live(&self) -> bool {
        !self.lanes.is_empty() || self.kernel.phase.is_live() || self.keeping > 0
    }

    /// What engines are to be told once the document is durable.
    pub fn take_calls(&mut self) -> Vec<EngineCall> {
        std::mem::take(&mut self.calls)
    }

    /// Which runs are found here from now on, or are not any more.
    pub fn take_places(&mut self) -> Vec<(RunId, Place)> {
        std::mem::take(&mut self.places)
    }

    /// Puts what runs tell around what the document told of itself.
    pub fn add_events(&mut self, events: &mut Vec<Event>) {
        events.splice(0..0, self.before.drain(..));
        events.append(&mut self.after);
    }

    /// When [`Self::tick`] has something to do.
    pub fn deadline(&self) -> Option<Millis> {
        self.deltas.deadline()
    }

    /// Time passed.
    pub fn tick(&mut self, now: Millis) {
        self.before.extend(self.deltas.due(now));
    }

    /// Does what somebody asks. Gives the runs it is about.
    pub fn request(
        &mut self,
        desk: &mut Desk<'_, '_>,
        request: RunRequest,
        by: &Actor,
    ) -> Result<Vec<RunId>, RunError> {
        let runs = match request {
            RunRequest::Run(which) => self.queue(desk, &which, false, by)?,
            RunRequest::RunOn(which) => self.queue(desk, &which, true, by)?,
            RunRequest::Cancel(cell) => vec![self.cancel(desk, &cell, by)?],
            RunRequest::CancelAll => self.cancel_all(desk, by),
            RunRequest::Publish { cell, answer } => vec![self.publish(desk, cell, *answer, by)?],
            RunRequest::Input { cell, value } => vec![self.answer_input(desk, &cell, value)?],
            RunRequest::StartKernel { choice, replace } => self.start_for(desk, choice, replace, by)?,
            RunRequest::Interrupt => self.interrupt(desk, by)?,
            RunRequest::Restart { run_all } => self.restart(desk, run_all, by)?,
            RunRequest::Shutdown => self.shut_down(desk, by)?,
        };
        self.advance(desk);
        Ok(runs)
    }

    fn queue(
        &mut self,
        desk: &mut Desk<'_, '_>,
        which: &Which,
        keeps_going: bool,
        by: &Actor,
    ) -> Result<Vec<RunId>, RunError> {
        let wanted = runnable(desk.notebook, which)?;
        if wanted.is_empty() {
            return Err(RunError::NothingToRun);
        }
        let batch = self.lanes.batch(keeps_going);
        Ok(wanted.into_iter().map(|(cell, kind)| self.queue_cell(desk, cell, kind, batch, by)).collect())
    }

    /// Two people who press Run at once make one run.
    fn queue_cell(
        &mut self,
        desk: &mut Desk<'_, '_>,
        cell: CellId,
        kind: RunKind,
        batch: lanes::Batch,
        by: &Actor,
    ) -> RunId {
        match self.lanes.of_cell(&cell) {
            Some(ticket) => ticket.run.clone(),
            None => self.add(desk, cell, kind, batch, by),
        }
    }

    fn add(&mut self, desk: &mut Desk<'_, '_>, cell: CellId, kind: RunKind, batch: lanes::Batch, by: &Actor) -> RunId {
        let run = RunId::generate();
        self.places.extend(desk.notebook.last_run(&cell).map(|last| (last.run_id.clone(), Place::Gone)));
        self.places.push((run.clone(), Place::Here));
        desk.notebook.set_run(desk.txn, Run::queued(run.clone(), cell.clone(), kind, by.clone(), desk.now));
        self.lanes.push(run.clone(), cell, kind, by.clone(), batch);
        run
    }

    fn cancel(&mut self, desk: &mut Desk<'_, '_>, cell: &CellId, by: &Actor) -> Result<RunId, RunError> {
        let run = self.lanes.of_cell(cell).map(|ticket| ticket.run.clone());
        let run = run.ok_or_else(|| RunError::NotRunning(cell.clone()))?;
        self.stop(desk, |ticket| ticket.run == run, by);
        Ok(run)
    }

    fn cancel_all(&mut self, desk: &mut Desk<'_, '_>, by: &Actor) -> Vec<RunId> {
        self.stop(desk, |_| true, by)
    }

    /// Stops runs: what waits at once, questions at once, code as soon as its kernel obeys.
    fn stop(&mut self, desk: &mut Desk<'_, '_>, which: impl Fn(&Ticket) -> bool, by: &Actor) -> Vec<RunId> {
        let waiting = self.lanes.take_waiting(&which);
        let questions = self.lanes.take_running(|ticket| ticket.kind == RunKind::Prompt && which(ticket));
        let mut stopped: Vec<RunId> = waiting.iter().chain(&questions).map(|ticket| ticket.run.clone()).collect();
        for ticket in waiting {
            self.close(desk, &ticket, Ending::stopped_by(by));
        }
        for ticket in questions {
            self.calls.push(EngineCall::StopAnswer { run: ticket.run.clone() });
            self.close_question(desk, &ticket, Ending::stopped_by(by), Answered::default());
        }
        if let Some(code) = self.lanes.code().filter(|ticket| which(ticket)) {
            code.stopped_by = Some(by.clone());
            stopped.push(code.run.clone());
            self.tell_kernel(KernelCommand::Interrupt);
        }
        stopped
    }

    /// Writes the end of a run that is out of the lanes.
    fn close(&mut self, desk: &mut Desk<'_, '_>, ticket: &Ticket, ending: Ending) -> Option<Run> {
        let now = desk.now;
        desk.update(ticket, |run| {
            (run.state, run.stopped_by, run.error) = (ending.state, ending.by, ending.error);
            (run.ended_at, run.input) = (Some(now), None);
        })
    }

    /// Lets waiting runs begin.
    fn advance(&mut self, desk: &mut Desk<'_, '_>) {
        while self.begin_code(desk) || self.begin_question(desk) {}
    }

    /// What a server that ended has left in the document.
    pub fn recover(&mut self, desk: &mut Desk<'_, '_>) {
        let unfinished: Vec<Run> = desk.notebook.last_runs().filter(|run| !run.state.has_ended()).cloned().collect();
        for mut run in unfinished {
            let when = if run.state == RunState::Queued { "before it began" } else { "in the middle of it" };
            run.error = Some(format!("The server stopped {when}."));
            (run.state, run.ended_at, run.input) = (RunState::Interrupted, Some(desk.now), None);
            desk.notebook.settle_cell(desk.txn, &run.cell);
            if run.kind == RunKind::Prompt && run.started_at.is_some() {
                let (run_id, cell, state) = (run.run_id.clone(), run.cell.clone(), run.state);
                self.after.push(Event::AnswerDone { run_id, cell, state });
            }
            desk.notebook.set_run(desk.txn, run);
        }
        if desk.notebook.kernel().state.is_live() {
            let sentence = "The server stopped, and its kernels with it: what they had in memory is gone.";
            let status = KernelStatus {
                state: KernelPhase::Stopped,
                since: desk.now,
                sentence: Some(sentence.into()),
                spec: desk.notebook.kernel().spec.clone(),
                ..KernelStatus::default()
            };
            desk.notebook.set_kernel(desk.txn, status);
        }
        self.end_models(desk);
    }

    /// The room ends: so does all that runs in it.
    pub fn end(&mut self, desk: &mut Desk<'_, '_>) {
        for ticket in self.lanes.take_running(|_| true) {
            match ticket.kind {
                RunKind::Code => self.keep(desk.notebook.end_outputs(desk.txn, &ticket.run, None)),
                RunKind::Prompt => self.before.extend(self.deltas.end(&ticket.run)),
            }
        }
        self.lanes.take_waiting(|_| true);
        if self.kernel.phase.is_live() {
            self.drop_kernel(Some(KernelCommand::Shutdown));
        }
        self.kernel.phase = KernelPhase::Stopped;
        self.recover(desk);
    }

    /// A text that had no place in the document was kept, or could not be.
    pub fn kept(&mut self, desk: &mut Desk<'_, '_>, cell: &CellId, output: &str, blob: Option<&BlobRef>) {
        self.keeping = self.keeping.saturating_sub(1);
        if let Some(blob) = blob {
            desk.notebook.keep(desk.txn, cell, output, blob);
        }
    }

    fn keep(&mut self, left_out: Vec<LeftOut>) {
        self.keeping += left_out.len();
        self.calls.extend(left_out.into_iter().map(EngineCall::Keep));
    }
}

/// The cells that run, in their order.
fn runnable(notebook: &Notebook, which: &Which) -> Result<Vec<(CellId, RunKind)>, RunError> {
    let cells = notebook.cells();
    let place = |id: &CellId| {
        let missing =
            || if notebook.is_binned(id) { OpError::CellInBin(id.clone()) } else { OpError::UnknownCell(id.clone()) };
        cells.iter().position(|(cell, _)| cell == id).ok_or_else(missing)
    };
    let chosen: Vec<_> = match which {
        Which::All => cells.iter().collect(),
        Which::Above(id) => cells[..place(id)?].iter().collect(),
        Which::Below(id) => cells[place(id)?..].iter().collect(),
        Which::Cells(ids) => {
            let mut places = ids.iter().map(place).collect::<Result<Vec<_>, _>>()?;
            places.sort_unstable();
            places.dedup();
            places.into_iter().map(|at| &cells[at]).collect()
        }
    };
    Ok(chosen.into_iter().filter_map(|(cell, kind)| Some((cell.clone(), run_kind(*kind)?))).collect())
}

fn run_kind(kind: CellKind) -> Option<RunKind> {
    match kind {
        CellKind::Code => Some(RunKind::Code),
        CellKind::Prompt => Some(RunKind::Prompt),
        CellKind::Note | CellKind::Raw => None,
    }
}
