//! Code on its kernel: beginning and ending runs, what the kernel says, the kernel's own life.
//!
//! Invariant: what an earlier kernel says is not listened to, nor anything about a run that has ended.

use super::{
    Desk, Ending, EngineCall, KernelCommand, KernelEvent, Outcome, RunError, Runs, Which, engines::Generation,
    lanes::Ticket,
};
use crate::{
    ids::{CellId, RunId},
    notebook::{Notebook, Output, StreamName},
    vocabulary::{
        Actor, CellKind, DEFAULT_KERNELSPEC, InputWanted, KernelChoice, KernelPhase, KernelStatus, RunKind, RunState,
        source_hash,
    },
};

/// Characters of an error that are kept with the run; the traceback stands in the outputs.
const ERROR_MAX: usize = 500;

/// What stands for a password, however long it is.
const PASSWORD_SHOWN: &str = "········";

/// The kernel, as far as the room knows.
#[derive(Debug, Default)]
pub struct Kernel {
    pub phase: KernelPhase,
    generation: Generation,
}

#[cfg(test)]
impl Kernel {
    pub fn generation(&self) -> Generation {
        self.generation
    }
}

impl Runs {
    /// Begins the code whose turn it is; true if more may begin.
    pub(super) fn begin_code(&mut self, desk: &mut Desk<'_, '_>) -> bool {
        let Some(ticket) = self.lanes.next(RunKind::Code).cloned() else { return false };
        let source = match desk.notebook.source(desk.txn, &ticket.cell) {
            Some((CellKind::Code, source)) => source,
            Some(_) => return self.pass_over(desk, &ticket, "The cell is no code cell any more."),
            None => return self.pass_over(desk, &ticket, "The cell was deleted before its turn came."),
        };
        if source.trim().is_empty() {
            return self.run_nothing(desk, &ticket, &source);
        }
        if self.kernel.phase.is_ready() {
            self.execute(desk, &ticket, source);
            return true;
        }
        if !self.kernel.phase.is_live() {
            self.start_kernel(desk, &ticket.by);
        }
        false
    }

    /// A run whose turn came and that cannot begin.
    pub(super) fn pass_over(&mut self, desk: &mut Desk<'_, '_>, ticket: &Ticket, sentence: &str) -> bool {
        self.lanes.take_waiting(|other| other.run == ticket.run);
        self.close(desk, ticket, Ending::passed_over(sentence));
        true
    }

    /// An empty cell needs no kernel.
    fn run_nothing(&mut self, desk: &mut Desk<'_, '_>, ticket: &Ticket, source: &str) -> bool {
        self.mark_begun(desk, ticket, source);
        self.end_callbacks(desk, &ticket.cell);
        desk.notebook.begin_outputs(desk.txn, &ticket.run, &ticket.cell, self.limits, desk.now);
        self.end_code(desk, &ticket.run, Ending::ok(), None);
        true
    }

    fn execute(&mut self, desk: &mut Desk<'_, '_>, ticket: &Ticket, code: String) {
        self.mark_begun(desk, ticket, &code);
        self.end_callbacks(desk, &ticket.cell);
        desk.notebook.begin_outputs(desk.txn, &ticket.run, &ticket.cell, self.limits, desk.now);
        self.tell_kernel(KernelCommand::Execute { run: ticket.run.clone(), cell: ticket.cell.clone(), code });
    }

    pub(super) fn mark_begun(&mut self, desk: &mut Desk<'_, '_>, ticket: &Ticket, source: &str) {
        self.lanes.begin(&ticket.run);
        let now = desk.now;
        desk.update(ticket, |run| {
            (run.state, run.started_at) = (RunState::Running, Some(now));
            run.source_hash = Some(source_hash(source));
        });
    }

    fn end_code(&mut self, desk: &mut Desk<'_, '_>, run: &RunId, ending: Ending, count: Option<i64>) {
        let Some(ticket) = self.lanes.end(run) else { return };
        let left_out = desk.notebook.end_outputs(desk.txn, run, count);
        self.keep(left_out);
        let went_well = ending.state == RunState::Ok;
        if self.close(desk, &ticket, ending).is_some() && count.is_some() {
            desk.update(&ticket, |run| run.execution_count = count);
        }
        if !went_well {
            self.abort_rest(desk, &ticket);
        }
    }

    /// What was asked for in one go builds on what comes before it.
    fn abort_rest(&mut self, desk: &mut Desk<'_, '_>, failed: &Ticket) {
        if failed.batch.keeps_going {
            return;
        }
        let is_behind = |ticket: &Ticket| ticket.batch == failed.batch && ticket.place > failed.place;
        for ticket in self.lanes.take_waiting(is_behind) {
            self.close(
                desk,
                &ticket,
                Ending::passed_over("It did not run, because a cell before it did not end well."),
            );
        }
    }

    /// What the kernel said, in order.
    pub fn kernel_said(&mut self, desk: &mut Desk<'_, '_>, generation: Generation, events: Vec<KernelEvent>) {
        for event in events {
            if generation != self.kernel.generation {
                return;
            }
            self.hear(desk, event);
        }
        self.settle_models(desk);
        self.advance(desk);
    }

    fn hear(&mut self, desk: &mut Desk<'_, '_>, event: KernelEvent) {
        match event {
            KernelEvent::State { phase, step, sentence } => self.enter(desk, phase, step, sentence),
            KernelEvent::Log { line, fraction } => self.log(desk, &line, fraction),
            KernelEvent::Output { run, output } => self.put_out(desk, &run, output),
            KernelEvent::Model(event) => desk.notebook.hear_model(desk.txn, event),
            KernelEvent::Instead(spec) => {
                let status = KernelStatus { spec: Some(spec), ..desk.notebook.kernel().clone() };
                desk.notebook.set_kernel(desk.txn, status);
            }
            KernelEvent::Language(info) => desk.notebook.set_language(desk.txn, &info),
            KernelEvent::Notice { run, sentence } => {
                let run = run.or_else(|| self.lanes.code().map(|ticket| ticket.run.clone()));
                match run {
                    Some(run) => self.put_out(desk, &run, Output::Notice(sentence)),
                    None => desk.notebook.log_kernel(desk.txn, Some(&format!("{sentence}\n"))),
                }
            }
            KernelEvent::InputWanted { run, prompt, password } => {
                let wanted = InputWanted { prompt, password };
                if let Some(ticket) = self.lanes.running(&run).cloned() {
                    desk.update(&ticket, |run| run.input = Some(wanted));
                }
            }
            KernelEvent::Finished { run, outcome, count } => {
                if let Some(ticket) = self.lanes.running(&run).cloned() {
                    self.end_code(desk, &run, ending(ticket, outcome), count);
                }
            }
        }
    }

    fn put_out(&mut self, desk: &mut Desk<'_, '_>, run: &RunId, output: Output) {
        let Some(ticket) = self.lanes.running(run) else { return self.put_out_beside(desk, run, output) };
        if let Output::Error { name, value, .. } = &output {
            let sentence = if value.is_empty() { name.clone() } else { format!("{name}: {value}") };
            ticket.error = Some(sentence.chars().take(ERROR_MAX).collect());
        }
        if let Output::Result { count: Some(count), .. } = &output {
            desk.notebook.set_count(desk.txn, run, *count);
        }
        desk.notebook.output(desk.txn, run, output);
    }

    fn log(&mut self, desk: &mut Desk<'_, '_>, line: &str, fraction: Option<f64>) {
        desk.notebook.log_kernel(desk.txn, Some(&format!("{}\n", line.trim_end())));
        if fraction.is_some() && fraction != desk.notebook.kernel().fraction {
            let status = KernelStatus { fraction, ..desk.notebook.kernel().clone() };
            desk.notebook.set_kernel(desk.txn, status);
        }
    }

    fn enter(&mut self, desk: &mut Desk<'_, '_>, phase: KernelPhase, step: Option<String>, sentence: Option<String>) {
        let before = desk.notebook.kernel().clone();
        self.kernel.phase = phase;
        let same = before.state == phase;
        // Of an environment that could not be made the step stays, to tell that from a kernel that died.
        let unmade = phase == KernelPhase::Dead && before.state == KernelPhase::Preparing;
        let step = step.or_else(|| before.step.clone().filter(|_| unmade));
        if !same || before.step != step || before.sentence != sentence {
            let since = if same { before.since } else { desk.now };
            let fraction = before.fraction.filter(|_| same);
            desk.notebook.set_kernel(
                desk.txn,
                KernelStatus { state: phase, since, step, sentence: sentence.clone(), fraction, ..before },
            );
        }
        if !phase.is_live() {
            self.lose_kernel(desk, sentence);
        } else if !phase.is_ready() {
            // A process that is about to begin knows nothing of the widgets of the one before.
            self.end_models(desk);
        }
    }

    /// The kernel is gone: nothing that needs it goes on.
    fn lose_kernel(&mut self, desk: &mut Desk<'_, '_>, sentence: Option<String>) {
        let sentence = sentence.unwrap_or_else(|| "The kernel ended.".to_owned());
        self.drop_kernel(None);
        self.end_models(desk);
        self.end_all_code(desk, &Ending::failed(sentence));
    }

    fn end_all_code(&mut self, desk: &mut Desk<'_, '_>, ending: &Ending) {
        for ticket in self.lanes.take_waiting(|ticket| ticket.kind == RunKind::Code) {
            self.close(desk, &ticket, ending.clone());
        }
        if let Some(run) = self.lanes.code().map(|ticket| ticket.run.clone()) {
            self.end_code(desk, &run, ending.clone(), None);
        }
    }

    pub(super) fn tell_kernel(&mut self, command: KernelCommand) {
        self.calls.push(EngineCall::Kernel { generation: self.kernel.generation, command });
    }

    /// Listens to it no more.
    pub(super) fn drop_kernel(&mut self, last: Option<KernelCommand>) {
        if let Some(command) = last {
            self.tell_kernel(command);
        }
        self.calls.push(EngineCall::DropKernel { generation: self.kernel.generation });
        self.kernel.generation += 1;
    }

    /// By the kernelspec that the notebook names.
    fn start_kernel(&mut self, desk: &mut Desk<'_, '_>, by: &Actor) {
        self.kernel.generation += 1;
        self.kernel.phase = KernelPhase::Starting;
        let spec = own_spec(desk);
        let status = KernelStatus {
            state: KernelPhase::Starting,
            spec: Some(spec.clone()),
            since: desk.now,
            by: Some(by.clone()),
            ..KernelStatus::default()
        };
        desk.notebook.set_kernel(desk.txn, status);
        desk.notebook.log_kernel(desk.txn, None);
        let language = Notebook::language(desk.txn);
        self.calls.push(EngineCall::StartKernel { generation: self.kernel.generation, spec, language });
    }

    pub(super) fn start_for(
        &mut self,
        desk: &mut Desk<'_, '_>,
        choice: Option<KernelChoice>,
        replace: bool,
        by: &Actor,
    ) -> Result<Vec<RunId>, RunError> {
        let spec = choice.as_ref().map_or_else(|| own_spec(desk), |choice| choice.name.clone());
        if self.kernel.phase.is_live() {
            if desk.notebook.kernel().spec.as_ref() == Some(&spec) {
                return Ok(Vec::new());
            }
            if !replace {
                return Err(RunError::KernelRuns);
            }
            self.shut_down(desk, by)?;
        }
        if let Some(choice) = choice {
            desk.notebook.set_kernelspec(desk.txn, &choice);
        }
        self.start_kernel(desk, by);
        Ok(Vec::new())
    }

    fn live_kernel(&self) -> Result<(), RunError> {
        if self.kernel.phase.is_live() { Ok(()) } else { Err(RunError::NoKernel) }
    }

    pub(super) fn interrupt(&mut self, desk: &mut Desk<'_, '_>, by: &Actor) -> Result<Vec<RunId>, RunError> {
        self.live_kernel()?;
        let runs = self.stop(desk, |ticket| ticket.kind == RunKind::Code, by);
        if self.lanes.code().is_none() && self.kernel.phase.is_ready() {
            self.tell_kernel(KernelCommand::Interrupt);
        }
        Ok(runs)
    }

    pub(super) fn restart(
        &mut self,
        desk: &mut Desk<'_, '_>,
        run_all: bool,
        by: &Actor,
    ) -> Result<Vec<RunId>, RunError> {
        self.end_all_code(desk, &Ending::stopped_by(by));
        if self.kernel.phase.is_live() {
            let status = KernelStatus {
                state: KernelPhase::Restarting,
                since: desk.now,
                by: Some(by.clone()),
                spec: desk.notebook.kernel().spec.clone(),
                ..KernelStatus::default()
            };
            self.kernel.phase = KernelPhase::Restarting;
            desk.notebook.set_kernel(desk.txn, status);
            self.end_models(desk);
            self.tell_kernel(KernelCommand::Restart);
        } else {
            self.start_kernel(desk, by);
        }
        if run_all { self.queue(desk, &Which::All, false, by) } else { Ok(Vec::new()) }
    }

    pub(super) fn shut_down(&mut self, desk: &mut Desk<'_, '_>, by: &Actor) -> Result<Vec<RunId>, RunError> {
        self.live_kernel()?;
        self.drop_kernel(Some(KernelCommand::Shutdown));
        self.kernel.phase = KernelPhase::Stopped;
        let status = KernelStatus {
            state: KernelPhase::Stopped,
            since: desk.now,
            by: Some(by.clone()),
            spec: desk.notebook.kernel().spec.clone(),
            ..KernelStatus::default()
        };
        desk.notebook.set_kernel(desk.txn, status);
        self.end_models(desk);
        self.end_all_code(desk, &Ending::stopped_by(by));
        Ok(Vec::new())
    }

    pub(super) fn answer_input(
        &mut self,
        desk: &mut Desk<'_, '_>,
        cell: &CellId,
        value: String,
    ) -> Result<RunId, RunError> {
        let none = || RunError::NoInputWanted(cell.clone());
        let ticket = self.lanes.code().filter(|ticket| ticket.cell == *cell).ok_or_else(none)?.clone();
        let asked = desk.notebook.last_run(cell).and_then(|run| run.input.clone()).ok_or_else(none)?;
        desk.update(&ticket, |run| run.input = None);
        desk.notebook.output(desk.txn, &ticket.run, echo(&asked, &value));
        self.tell_kernel(KernelCommand::Input { run: ticket.run.clone(), value });
        Ok(ticket.run)
    }
}

/// What a terminal would show of a line that was typed. Jupyter's clients write it too: no kernel does.
fn echo(InputWanted { prompt, password }: &InputWanted, value: &str) -> Output {
    let shown = if *password { PASSWORD_SHOWN } else { value };
    Output::Stream { name: StreamName::Stdout, text: format!("{prompt}{shown}\n") }
}

fn own_spec(desk: &Desk<'_, '_>) -> String {
    Notebook::kernelspec(desk.txn).unwrap_or_else(|| DEFAULT_KERNELSPEC.to_owned())
}

fn ending(ticket: Ticket, outcome: Outcome) -> Ending {
    match (outcome, ticket.stopped_by) {
        (Outcome::Ok, _) => Ending::ok(),
        (Outcome::Failed | Outcome::Aborted, Some(by)) => Ending::stopped_by(&by),
        (Outcome::Failed, None) => {
            Ending::failed(ticket.error.unwrap_or_else(|| "The code ended with an error.".into()))
        }
        (Outcome::Aborted, None) => Ending::failed("The kernel did not execute it to its end."),
    }
}
