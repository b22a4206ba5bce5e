//! `coscribe notebook run`: asks the server to run cells, shows how far they are, and tells by the exit code how it went.
//!
//! The runs belong to the server: what is lost here is the view of them. Events wake, and what is shown is read.
//! Invariant: the command ends when all runs have ended, or says why it does not wait for them.

mod display;
mod ledger;
mod news;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use self::{
    display::Display,
    ledger::{Entry, Ledger, name_of},
    news::News,
};
use super::{
    client::{CliError, Client},
    notebooks::{Format, export, import},
    output::{Output, lasting, print_line},
};
use crate::{
    ids::{CellId, NotebookId, RunId},
    vocabulary::{CellKind, KernelPhase, Run, RunState},
    wire::rest::{CellBody, CellList, KernelBody, RunCells, RunList},
};

/// How often the time shown goes on.
const TICK: Duration = Duration::from_millis(100);

/// How often is looked what no event tells: how far the kernel is, whether a program waits for a line.
const LOOK: Duration = Duration::from_secs(1);

/// How long runs that were stopped may take to end.
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// Characters of a cell's first line that are shown.
const NAME_MAX: usize = 48;

/// What to run, and how.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The id of a notebook, or an .ipynb file, which is imported first.
    #[arg(value_name = "ID|FILE")]
    notebook: String,
    /// Runs this cell only; can be given several times [default: all].
    #[arg(long = "cell", value_name = "CELL")]
    cells: Vec<CellId>,
    /// Writes the notebook with its outputs to this file then, however it went: .ipynb, .md or .py.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Stops a cell that runs longer: seconds, or as in 90s, 5m, 2h. It counts as failed.
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
    /// Goes on after a cell that failed.
    #[arg(long)]
    keep_going: bool,
    /// Starts the kernel anew first, so that nothing is left in its memory.
    #[arg(long)]
    restart: bool,
    /// Gives up when no kernel is ready after this time [default: waits as long as it is being prepared].
    #[arg(long, value_name = "TIME", value_parser = time)]
    wait_for_kernel: Option<Duration>,
}

/// How it went, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    notebook: NotebookId,
    state: &'static str,
    duration_ms: u64,
    runs: Vec<Run>,
}

/// Why not all runs are waited for, or ended well.
#[derive(Debug)]
enum GivenUp {
    /// Ctrl-C.
    Stopped,
    /// The kernel was not ready in time.
    NoKernel,
}

impl RunArgs {
    /// Runs, waits, prints.
    pub fn run(&self, client: &Client, output: Output) -> Result<(), CliError> {
        let format = self.output.as_deref().map(Format::of_file).transpose()?;
        let notebook = self.notebook(client)?;
        let cells: CellList = client.get(&format!("/api/notebooks/{notebook}/cells"))?;
        let began = Instant::now();
        let mut watch = Watch::begin(self, client, &notebook, &cells.cells)?;
        let outcome = watch.wait();
        watch.display.finish();
        let given_up = outcome?;
        if let (Some(path), Some(format)) = (&self.output, format) {
            export(client, &notebook, format, Some(path))?;
        }
        report(output, notebook, &watch.ledger, began.elapsed(), given_up)
    }

    /// The notebook that is meant; a file becomes one.
    fn notebook(&self, client: &Client) -> Result<NotebookId, CliError> {
        let path = Path::new(&self.notebook);
        if path.is_file() || path.extension().is_some_and(|extension| extension == "ipynb") {
            let imported = import(client, path, None)?;
            let title = super::output::printable(&imported.title, false);
            super::output::tell(&format!("Imported as {} · {title}", imported.id));
            return Ok(imported.id);
        }
        self.notebook.parse().map_err(|_| {
            CliError::Usage(format!(
                "{} is neither an .ipynb file that is there nor the id of a notebook",
                self.notebook
            ))
        })
    }

    fn request(&self) -> RunCells {
        let keep_going = self.keep_going.then_some(true);
        if self.cells.is_empty() {
            RunCells { all: Some(true), keep_going, ..RunCells::default() }
        } else {
            RunCells { cells: Some(self.cells.clone()), keep_going, ..RunCells::default() }
        }
    }
}

/// Runs on the server, watched from here.
struct Watch<'a> {
    args: &'a RunArgs,
    client: &'a Client,
    notebook: NotebookId,
    ledger: Ledger,
    display: Display,
    news: Receiver<News>,
    began: Instant,
    looked: Instant,
    /// Since when all that is left is being stopped, and why.
    stopping: Option<(Instant, GivenUp)>,
    /// The run whose program waits for a line, once that was said.
    asked_for: Option<RunId>,
}

impl<'a> Watch<'a> {
    fn begin(
        args: &'a RunArgs,
        client: &'a Client,
        notebook: &NotebookId,
        cells: &[CellBody],
    ) -> Result<Self, CliError> {
        let news = news::listen(client, notebook)?;
        if args.restart {
            client.post::<KernelBody>(&format!("/api/notebooks/{notebook}/kernel/restart"), &json!({}))?;
        }
        // A notebook of notes only has run before it began.
        let none_runs = !cells.iter().any(|cell| matches!(cell.kind, CellKind::Code | CellKind::Prompt));
        let runs = if args.cells.is_empty() && none_runs {
            Vec::new()
        } else {
            client.post::<RunList>(&format!("/api/notebooks/{notebook}/run"), &args.request())?.runs
        };
        let names = cells.iter().map(|cell| (cell.id.clone(), name_of(&cell.source, NAME_MAX)));
        let ledger = Ledger::new(runs, &HashMap::from_iter(names));
        let display = Display::new(ledger.entries().len());
        let now = Instant::now();
        Ok(Self {
            args,
            client,
            notebook: notebook.clone(),
            ledger,
            display,
            news,
            began: now,
            looked: now,
            stopping: None,
            asked_for: None,
        })
    }

    /// Waits for the end of all, or for the reason to give up.
    fn wait(&mut self) -> Result<Option<GivenUp>, CliError> {
        self.look()?;
        while !self.ledger.is_over() {
            match self.news.recv_timeout(TICK) {
                Ok(News::Told(run)) if self.ledger.unfinished(&run).is_some() => self.read(&run)?,
                Ok(News::Told(_)) => {}
                Ok(News::Reconnected) => self.read_all()?,
                Ok(News::Lost(error)) => return Err(error),
                Ok(News::Stop) if self.stopping.is_some() => break,
                Ok(News::Stop) => self.stop_all(GivenUp::Stopped)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(CliError::Refused("the events ended.".into())),
            }
            self.pass_time()?;
            if self.stopping.as_ref().is_some_and(|(since, _)| since.elapsed() > STOP_PATIENCE) {
                let id = &self.notebook;
                self.display.say(&format!("It does not stop. End the kernel with `coscribe kernel shutdown {id}`."));
                break;
            }
        }
        Ok(self.stopping.take().map(|(_, why)| why))
    }

    /// What time alone brings: the display, limits, a look at what no event tells.
    fn pass_time(&mut self) -> Result<(), CliError> {
        self.display.running(&self.ledger, Instant::now());
        self.stop_overdue()?;
        if self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            self.look()?;
        }
        Ok(())
    }

    fn look(&mut self) -> Result<(), CliError> {
        let running: Vec<RunId> = self.ledger.running().map(|(_, entry)| entry.run.run_id.clone()).collect();
        if running.is_empty() && !self.ledger.is_over() {
            return self.look_at_kernel();
        }
        running.iter().try_for_each(|run| self.read(run))
    }

    fn look_at_kernel(&mut self) -> Result<(), CliError> {
        let KernelBody { status, .. } = self.client.get(&format!("/api/notebooks/{}/kernel", self.notebook))?;
        let is_late = self.args.wait_for_kernel.is_some_and(|limit| self.began.elapsed() > limit);
        let waits = matches!(status.state, KernelPhase::Preparing | KernelPhase::Starting | KernelPhase::Restarting);
        self.display.kernel(&status);
        if is_late && waits && self.stopping.is_none() {
            self.stop_all(GivenUp::NoKernel)?;
        }
        // An end may have come between the last event and this look.
        self.read_all()
    }

    fn read_all(&mut self) -> Result<(), CliError> {
        let left = self.ledger.left();
        left.iter().rev().try_for_each(|run| self.read(&run.run_id))
    }

    /// Reads how a run is, and shows what changed.
    fn read(&mut self, run: &RunId) -> Result<(), CliError> {
        let Some(at) = self.ledger.unfinished(run) else { return Ok(()) };
        let before = match self.client.find::<Run>(&format!("/api/runs/{run}"))? {
            Some(found) => self.ledger.update(found, Instant::now()),
            None => self.ledger.lose(run, Instant::now()),
        };
        let entry = &self.ledger.entries()[at];
        if before.is_some() && entry.run.state.has_ended() {
            let traceback =
                if entry.run.state == RunState::Failed { self.traceback(&entry.run) } else { String::new() };
            self.display.ended(at, entry, &traceback);
        }
        self.mention_input(at);
        Ok(())
    }

    /// Programs that ask for a line would wait for ever, and nobody would know.
    fn mention_input(&mut self, at: usize) {
        let run = &self.ledger.entries()[at].run;
        if let Some(wanted) = &run.input
            && self.asked_for.as_ref() != Some(&run.run_id)
        {
            let prompt = super::output::printable(wanted.prompt.trim(), false);
            self.display.say(&format!("Cell {} waits for a line ({prompt}). Type it in the page.", at + 1));
            self.asked_for = Some(run.run_id.clone());
        }
    }

    /// The traceback that stands in the cell. A cell that is gone has none.
    fn traceback(&self, run: &Run) -> String {
        let cell = self.client.find::<CellBody>(&format!("/api/notebooks/{}/cells/{}", self.notebook, run.cell));
        let outputs = cell.ok().flatten().map(|cell| cell.outputs).unwrap_or_default();
        outputs.iter().rev().find_map(|output| lines(output.get("traceback")?)).unwrap_or_default()
    }

    fn stop_overdue(&mut self) -> Result<(), CliError> {
        let Some(limit) = self.args.timeout else { return Ok(()) };
        let is_overdue = |entry: &Entry| entry.running_since.is_some_and(|since| since.elapsed() > limit);
        let running = self.ledger.running().filter(|(_, entry)| is_overdue(entry));
        let overdue: Vec<(usize, Run)> = running.map(|(at, entry)| (at, entry.run.clone())).collect();
        for (at, run) in overdue {
            if self.ledger.note_overdue(at) {
                self.cancel(&run)?;
            }
        }
        Ok(())
    }

    fn stop_all(&mut self, why: GivenUp) -> Result<(), CliError> {
        self.display.say("Stopping …");
        self.stopping = Some((Instant::now(), why));
        self.ledger.left().iter().try_for_each(|run| self.cancel(run))
    }

    /// Losing the race against its end is no failure.
    fn cancel(&self, run: &Run) -> Result<(), CliError> {
        let path = format!("/api/notebooks/{}/cells/{}/cancel", self.notebook, run.cell);
        match self.client.post::<Run>(&path, &json!({})) {
            Ok(_) | Err(CliError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn lines(traceback: &Value) -> Option<String> {
    let lines: Vec<&str> = traceback.as_array()?.iter().filter_map(Value::as_str).collect();
    Some(lines.join("\n"))
}

/// Prints how it went; a failure is also the result of the command.
fn report(
    output: Output,
    notebook: NotebookId,
    ledger: &Ledger,
    took: Duration,
    given_up: Option<GivenUp>,
) -> Result<(), CliError> {
    let tally = ledger.tally();
    let total = ledger.entries().len();
    let (state, verdict) = match given_up {
        Some(GivenUp::Stopped) => ("interrupted", Err(CliError::Interrupted)),
        Some(GivenUp::NoKernel) => {
            ("failed", Err(CliError::Failed("no kernel was ready in time (--wait-for-kernel)".into())))
        }
        None if tally.ok == total => ("ok", Ok(())),
        None => {
            let cancelled = if tally.cancelled == 0 {
                String::new()
            } else {
                format!(", {} did not run to their end", tally.cancelled)
            };
            ("failed", Err(CliError::Failed(format!("{} of {} failed{cancelled}", tally.failed, cells(total)))))
        }
    };
    if output == Output::Json {
        let runs = ledger.entries().iter().map(|entry| entry.run.clone()).collect();
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        output.print(&Report { notebook, state, duration_ms, runs }, |_| String::new())?;
    } else if verdict.is_ok() {
        print_line(&format!("✓ {} in {} · {notebook}", cells(total), lasting(took)))?;
    }
    verdict
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".into() } else { format!("{count} cells") }
}

/// A time as people write it: seconds, or with the sign of its unit.
fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        _ => (text, 1),
    };
    let seconds = number.parse::<u64>().ok().filter(|number| *number > 0).and_then(|number| number.checked_mul(unit));
    seconds.map(Duration::from_secs).ok_or_else(|| "write a time as in 90, 90s, 5m or 2h".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_with_or_without_its_unit() {
        assert_eq!(time("90"), Ok(Duration::from_secs(90)));
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(time("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "0", "-1", "s", "1d", "1.5s", "99999999999999999999h"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
