//! How far the runs are, on standard error: a bar on a terminal, a line for each step elsewhere.
//!
//! Invariant: nothing of a notebook that is shown moves the cursor of a terminal; colours of a traceback stay there only.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ledger::{Entry, Ledger};
use crate::{
    cli::output::{lasting, printable, tell},
    vocabulary::{KernelPhase, KernelStatus, RunState},
};

const TEMPLATE: &str = "[{bar:24}] {pos}/{len}  {wide_msg} {elapsed}";

/// Shows progress to whoever is there.
pub struct Display {
    bar: Option<ProgressBar>,
    total: usize,
    /// What was last said about the kernel.
    kernel: String,
    /// Why the last cell that never began did not.
    never_began: String,
    colours: bool,
}

impl Display {
    /// For so many cells.
    pub fn new(total: usize) -> Self {
        let is_terminal = stderr().is_terminal();
        let bar = is_terminal.then(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            // The template is a constant of ours; the standard bar is as good.
            bar.set_style(ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self {
            bar,
            total,
            kernel: String::new(),
            never_began: String::new(),
            colours: is_terminal && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| tell(line)),
            None => tell(line),
        }
    }

    /// The kernel is not ready yet: each thing it does is said once.
    pub fn kernel(&mut self, status: &KernelStatus) {
        let said = kernel_sentence(status);
        match &self.bar {
            Some(bar) => {
                let percent = status.fraction.map(|fraction| format!(" {:.0} %", fraction * 100.0));
                bar.set_message(format!("{said}{}", percent.unwrap_or_default()));
                bar.tick();
            }
            None if said != self.kernel && !said.is_empty() => tell(&said),
            None => {}
        }
        self.kernel = said;
    }

    /// Time passed, or a cell began.
    pub fn running(&self, ledger: &Ledger, now: Instant) {
        let Some(bar) = &self.bar else { return };
        bar.set_position(ledger.ended() as u64);
        if let Some((at, entry)) = ledger.running().next() {
            let passed =
                entry.running_since.map(|since| lasting(now.saturating_duration_since(since))).unwrap_or_default();
            bar.set_message(format!("cell {} of {}  {passed}  {}", at + 1, self.total, entry.name));
        }
        bar.tick();
    }

    /// A cell has ended: said in lines; on a terminal only if it did not end well. What keeps many from beginning is said
    /// once.
    pub fn ended(&mut self, at: usize, entry: &Entry, traceback: &str) {
        if entry.run.started_at.is_none() {
            let why = why(entry);
            if why == self.never_began {
                return;
            }
            self.never_began = why;
        }
        if self.bar.is_none() || entry.run.state != RunState::Ok {
            self.say(&ended_line(at, self.total, entry));
        }
        if !traceback.is_empty() {
            self.say(&printable(traceback, self.colours));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn ended_line(at: usize, total: usize, entry: &Entry) -> String {
    let run = &entry.run;
    let width = total.to_string().len();
    let (sign, word) = match run.state {
        RunState::Ok | RunState::Queued | RunState::Running => ('✓', ""),
        RunState::Failed => ('✗', " failed"),
        RunState::Interrupted => ('✗', " interrupted"),
        RunState::Cancelled => ('-', " cancelled"),
    };
    let millis = run.started_at.zip(run.ended_at).map(|(started, ended)| ended.saturating_sub(started));
    let time = millis.and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis);
    let time = time.map(|time| format!("  {}", lasting(time))).unwrap_or_default();
    let why = why(entry);
    format!("{sign} [{:>width$}/{total}]{time}  {}{word}{why}", at + 1, entry.name)
}

fn why(entry: &Entry) -> String {
    let by = entry.run.stopped_by.as_ref().map(|by| format!(": stopped by {}", printable(&by.name, false)));
    let error = entry.run.error.as_ref().map(|error| format!(": {}", printable(error, false)));
    error.or(by).unwrap_or_default()
}

/// What people wait for before the first cell runs.
fn kernel_sentence(status: &KernelStatus) -> String {
    let sentence = match status.state {
        KernelPhase::Preparing => match status.step.as_deref() {
            Some("findPython") => "Looking for Python",
            Some("makeEnvironment") => "Making the Python environment",
            Some("installPackages") => "Installing packages",
            Some("check") => "Checking the Python environment",
            _ => "Preparing the Python environment",
        },
        KernelPhase::Starting => "Starting the kernel",
        KernelPhase::Restarting => "Restarting the kernel",
        KernelPhase::Stopped | KernelPhase::Idle | KernelPhase::Busy | KernelPhase::Dead => return String::new(),
    };
    format!("{sentence} …")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{Actor, Run, RunKind};

    fn entry(change: impl FnOnce(&mut Run)) -> Entry {
        let (run, cell) = ("r".parse().unwrap(), "c".parse().unwrap());
        let mut run = Run::queued(run, cell, RunKind::Code, Actor::server(), 0);
        change(&mut run);
        Entry { run, name: "import x".into(), running_since: None, overdue: false }
    }

    #[test]
    fn a_line_tells_which_cell_how_long_and_why() {
        let ok = entry(|run| (run.state, run.started_at, run.ended_at) = (RunState::Ok, Some(1_000), Some(2_300)));
        assert_eq!(ended_line(2, 10, &ok), "✓ [ 3/10]  1.3 s  import x");
        let failed = entry(|run| {
            (run.state, run.error) = (RunState::Failed, Some("ValueError: no\u{1b}[2J".into()));
        });
        assert_eq!(ended_line(0, 1, &failed), "✗ [1/1]  import x failed: ValueError: no");
        let stopped = entry(|run| {
            (run.state, run.stopped_by) = (RunState::Cancelled, Some(Actor { name: "Ben".into(), ..Actor::server() }));
        });
        assert_eq!(ended_line(0, 1, &stopped), "- [1/1]  import x cancelled: stopped by Ben");
    }

    #[test]
    fn what_the_kernel_does_is_said_in_words_until_it_is_ready() {
        let status = |state, step: Option<&str>| KernelStatus {
            state,
            step: step.map(str::to_owned),
            ..KernelStatus::default()
        };
        assert_eq!(kernel_sentence(&status(KernelPhase::Preparing, Some("installPackages"))), "Installing packages …");
        assert_eq!(kernel_sentence(&status(KernelPhase::Idle, None)), "");
    }
}
