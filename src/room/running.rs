//! Runs as inputs of the room: each becomes one transaction, and what engines are told waits for the disk like the rest.
//!
//! Invariant: an engine is told nothing that the document does not say durably.

use super::{
    effects::{Answer, Outgoing, ReplyId},
    handle::ApplyError,
    runs::{AnswerEvent, Desk, Generation, KernelEvent, ModelChange, RunError, RunRequest, Runs},
    state::RoomState,
};
use crate::{
    ids::{CellId, RunId},
    notebook::{BlobRef, Notebook, OpError},
    vocabulary::{Actor, CellKind, KernelStatus, Millis, Run},
};

/// The kernel of a notebook, and what was said while its environment was made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KernelReport {
    pub status: KernelStatus,
    pub log: String,
}

impl RoomState {
    /// Writes something concerning runs; `None` if the document is no notebook.
    fn write_runs<T>(
        &mut self,
        actor: &Actor,
        now: Millis,
        step: impl FnOnce(&mut Runs, &mut Desk<'_, '_>) -> T,
    ) -> Option<T> {
        let Self { document, runs, .. } = self;
        let (mut change, result) = document.write(now, |notebook, txn| step(runs, &mut Desk { notebook, txn, now }));
        self.runs.add_events(&mut change.events);
        self.commit(change, actor, now);
        for call in self.runs.take_calls() {
            self.emit(Outgoing::Engine(call));
        }
        result
    }

    pub(super) fn request_run(&mut self, request: RunRequest, actor: &Actor, reply: ReplyId, now: Millis) {
        let runs = matches!(request, RunRequest::Run(_) | RunRequest::RunOn(_) | RunRequest::Publish { .. });
        let answer = if self.document.is_full() && runs {
            Answer::Refused(ApplyError::TooBig(self.document.too_big()))
        } else {
            self.requested(request, actor, now)
        };
        self.emit(Outgoing::Reply { reply, answer });
    }

    fn requested(&mut self, request: RunRequest, actor: &Actor, now: Millis) -> Answer {
        let outcome = self.write_runs(actor, now, |runs, desk| {
            let asked = runs.request(desk, request, actor)?;
            Ok::<_, RunError>(asked.iter().filter_map(|run| find(desk.notebook, run)).collect())
        });
        match outcome {
            None => Answer::Refused(ApplyError::NotANotebook),
            Some(Err(error)) => Answer::Refused(error.into()),
            Some(Ok(runs)) => Answer::Runs(runs),
        }
    }

    pub(super) fn change_model(&mut self, change: ModelChange, actor: &Actor, reply: ReplyId, now: Millis) {
        let answer = if self.document.is_full() {
            Answer::Refused(ApplyError::TooBig(self.document.too_big()))
        } else {
            match self.write_runs(actor, now, |runs, desk| runs.change_model(desk, change)) {
                None => Answer::Refused(ApplyError::NotANotebook),
                Some(Err(error)) => Answer::Refused(error.into()),
                Some(Ok(seq)) => Answer::Changed(seq),
            }
        };
        self.emit(Outgoing::Reply { reply, answer });
    }

    pub(super) fn kernel_said(&mut self, generation: Generation, mut events: Vec<KernelEvent>, now: Millis) {
        let actor = Actor::server();
        if self.document.is_full() {
            // Widgets that change for ever would; outputs have bounds of their own.
            events.retain(|event| !matches!(event, KernelEvent::Model(_)));
        }
        self.write_runs(&actor, now, |runs, desk| runs.kernel_said(desk, generation, events));
    }

    pub(super) fn model_said(&mut self, run: &RunId, events: Vec<AnswerEvent>, now: Millis) {
        let actor = Actor::server();
        self.write_runs(&actor, now, |runs, desk| runs.model_said(desk, run, events));
    }

    pub(super) fn kept(&mut self, cell: &CellId, output: &str, blob: Option<&BlobRef>, now: Millis) {
        let actor = Actor::server();
        self.write_runs(&actor, now, |runs, desk| runs.kept(desk, cell, output, blob));
    }

    /// What a server that ended has left behind says so before anybody is shown the document.
    pub(super) fn recover_runs(&mut self, now: Millis) {
        if self.was_working() {
            self.write_runs(&Actor::server(), now, |runs, desk| runs.recover(desk));
        }
    }

    /// What people have changed may have taken a question's cell away.
    pub(super) fn stop_strays(&mut self, now: Millis) {
        if !self.runs.may_have_strays() {
            return;
        }
        let Self { document, runs, .. } = self;
        if document.read(|notebook, _| runs.has_strays(notebook)) == Some(true) {
            self.write_runs(&Actor::server(), now, |runs, desk| runs.stop_strays(desk));
        }
    }

    /// What would be asked, were the prompt in a cell run now.
    pub(super) fn read_question(&mut self, cell: &CellId) -> Answer {
        let read = self.document.read(|notebook, txn| match notebook.kind(cell) {
            Some(CellKind::Prompt) => notebook.question(txn, cell).ok_or(OpError::UnknownCell(cell.clone()).into()),
            Some(_) => Err(RunError::NoPrompt(cell.clone())),
            None if notebook.is_binned(cell) => Err(OpError::CellInBin(cell.clone()).into()),
            None => Err(OpError::UnknownCell(cell.clone()).into()),
        });
        match read {
            None => Answer::Refused(ApplyError::NotANotebook),
            Some(Err(error)) => Answer::Refused(error.into()),
            Some(Ok(question)) => Answer::Question(Box::new(question)),
        }
    }

    /// The answers of a cell that others took the place of.
    pub(super) fn read_earlier(&mut self, cell: &CellId) -> Answer {
        let read = self.document.read(|notebook, txn| match notebook.kind(cell) {
            Some(_) => Ok(Notebook::earlier_answers(txn, cell)),
            None if notebook.is_binned(cell) => Err(OpError::CellInBin(cell.clone())),
            None => Err(OpError::UnknownCell(cell.clone())),
        });
        match read {
            None => Answer::Refused(ApplyError::NotANotebook),
            Some(Err(error)) => Answer::Refused(error.into()),
            Some(Ok(answers)) => Answer::Earlier(answers),
        }
    }

    /// The room ends, and all that runs in it.
    pub(super) fn end_runs(&mut self, now: Millis) {
        if self.runs.is_live() {
            self.write_runs(&Actor::server(), now, |runs, desk| runs.end(desk));
        }
    }

    /// Tells what was held back so as not to flood the log.
    pub(super) fn tell_of_runs(&mut self, now: Millis) {
        if self.runs.deadline().is_some_and(|due| due <= now) {
            self.write_runs(&Actor::server(), now, |runs, desk| runs.tick(desk.now));
        }
    }

    pub(super) fn read_run(&mut self, run: &RunId) -> Answer {
        match self.document.read(|notebook, _| find(notebook, run)) {
            None => Answer::Refused(ApplyError::NotANotebook),
            Some(None) => Answer::Refused(RunError::UnknownRun(run.clone()).into()),
            Some(Some(found)) => Answer::Runs(vec![found]),
        }
    }

    pub(super) fn read_kernel(&mut self) -> Answer {
        let report = self
            .document
            .read(|notebook, txn| KernelReport { status: notebook.kernel().clone(), log: Notebook::kernel_log(txn) });
        report.map_or(Answer::Refused(ApplyError::NotANotebook), |report| Answer::Kernel(Box::new(report)))
    }
}

fn find(notebook: &Notebook, run: &RunId) -> Option<Run> {
    notebook.last_runs().find(|last| last.run_id == *run).cloned()
}
