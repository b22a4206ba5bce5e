//! Work on the environment that several can watch: steps, log, end.
//!
//! Imports nothing of ours. Invariants: the log is bounded; a job ends when nobody watches it any more, and its process
//! tree is gone before another job begins.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use anstream::adapter::strip_str;
use tokio::{
    io::AsyncReadExt,
    sync::{oneshot, watch},
};

use super::{
    Inner,
    steps::{self, Step, Tools},
    tool,
    trouble::{self, Trouble},
};
use crate::kernel::{
    event::{PreparationStep, Progress},
    keeper::{Order, Signal},
    kept::{Ending, Kept},
    sandbox::HIDDEN_VARIABLES,
};

/// Lines kept for those who come later.
const LOG_LINES: usize = 500;

/// The longest line kept.
const LINE_MAX: usize = 2000;

/// Set for the tools unless the server's environment says otherwise: no questions, no endless retries, plain lines.
const TOOL_VARIABLES: &[(&str, &str)] = &[
    ("PIP_RETRIES", "2"),
    ("PIP_NO_INPUT", "1"),
    ("PIP_PROGRESS_BAR", "off"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("UV_HTTP_TIMEOUT", "20"),
    ("UV_NO_PROGRESS", "1"),
    ("PYTHONUNBUFFERED", "1"),
];

/// What a job is to do besides making the environment if it is not there.
#[derive(Debug, Default)]
pub struct Plan {
    pub add: Vec<String>,
    pub remove: Vec<String>,
}

impl Plan {
    fn only_makes(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// What is known of a job.
#[derive(Debug)]
struct Log {
    step: PreparationStep,
    fraction: f32,
    lines: VecDeque<String>,
    /// The number of the first line that is kept.
    first: usize,
    ended: Option<Result<(), Trouble>>,
}

/// One job.
#[derive(Debug)]
pub struct Job {
    log: watch::Receiver<Log>,
    only_makes: bool,
    /// Dropped with the last who holds the job, or by whoever cancels it.
    wanted: Mutex<Option<oneshot::Sender<()>>>,
}

impl Job {
    /// Begins; the work goes on while somebody holds the job.
    pub fn start(environment: Arc<Inner>, plan: Plan) -> Arc<Self> {
        let log =
            Log { step: PreparationStep::FindPython, fraction: 0.0, lines: VecDeque::new(), first: 0, ended: None };
        let (sender, log) = watch::channel(log);
        let (wanted, unwanted) = oneshot::channel();
        let only_makes = plan.only_makes();
        tokio::spawn(async move {
            let ended = Work { environment, log: &sender, unwanted }.done(plan).await;
            sender.send_modify(|log| log.ended = Some(ended));
        });
        Arc::new(Self { log, only_makes, wanted: Mutex::new(Some(wanted)) })
    }

    /// Whether it makes the environment and changes nothing in it.
    pub fn only_makes(&self) -> bool {
        self.only_makes
    }

    /// Ends the work for all who watch.
    pub fn cancel(&self) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// What is to be known of it, also when it is gone.
    pub fn record(&self) -> Record {
        Record(self.log.clone())
    }

    /// Whether nothing more will happen.
    pub fn has_ended(&self) -> bool {
        self.log.borrow().ended.is_some()
    }
}

/// What is known of a job, under way or ended.
#[derive(Debug, Clone)]
pub struct Record(watch::Receiver<Log>);

impl Record {
    /// What it is doing, and how far it is.
    pub fn progress(&self) -> (PreparationStep, f32) {
        let log = self.0.borrow();
        (log.step, log.fraction)
    }

    /// The newest lines that its tools said.
    pub fn lines(&self) -> Vec<String> {
        self.0.borrow().lines.iter().cloned().collect()
    }

    /// Waits for its end.
    pub async fn ended(mut self) {
        if self.0.wait_for(|log| log.ended.is_some()).await.is_err() {
            tracing::debug!("work on the Python environment broke off");
        }
    }

    /// Why it did not end well; `None` too while it goes on.
    pub fn trouble(&self) -> Option<Trouble> {
        self.0.borrow().ended.clone().and_then(Result::err)
    }
}

/// What is new of a job.
#[derive(Debug, PartialEq)]
pub enum Update {
    Progress(Vec<Progress>),
    Ended(Result<(), Trouble>),
}

/// Somebody who watches a job.
#[derive(Debug)]
pub struct Watching {
    /// Keeps the job going.
    _job: Arc<Job>,
    log: watch::Receiver<Log>,
    seen: usize,
    step: Option<PreparationStep>,
}

impl Watching {
    /// Watches from the beginning, also a job that is under way.
    pub fn new(job: Arc<Job>) -> Self {
        let mut log = job.log.clone();
        log.mark_changed();
        Self { _job: job, log, seen: 0, step: None }
    }

    /// Waits for what is new. May be dropped at any await.
    pub async fn next(&mut self) -> Update {
        loop {
            let closed = self.log.changed().await.is_err();
            if let Some(update) = self.update() {
                return update;
            }
            if closed {
                // The task of the job panicked or the runtime ends.
                return Update::Ended(Err(Trouble::Cancelled));
            }
        }
    }

    fn update(&mut self) -> Option<Update> {
        let log = self.log.borrow_and_update();
        let (step, fraction) = (log.step, log.fraction);
        let new_step = (self.step != Some(step)).then_some(Progress { step, line: None, fraction });
        let skip = self.seen.saturating_sub(log.first);
        let lines = log.lines.iter().skip(skip).map(|line| Progress { step, line: Some(line.clone()), fraction });
        let progress: Vec<_> = new_step.into_iter().chain(lines).collect();
        (self.seen, self.step) = (log.first + log.lines.len(), Some(step));
        if !progress.is_empty() {
            // What comes with the end is told first; the end stays there to be read.
            let ended = log.ended.is_some();
            drop(log);
            if ended {
                self.log.mark_changed();
            }
            return Some(Update::Progress(progress));
        }
        log.ended.clone().map(Update::Ended)
    }
}

/// A job under way.
struct Work<'a> {
    environment: Arc<Inner>,
    log: &'a watch::Sender<Log>,
    unwanted: oneshot::Receiver<()>,
}

impl Work<'_> {
    async fn done(mut self, plan: Plan) -> Result<(), Trouble> {
        let environment = self.environment.clone();
        let working = tokio::select! {
            working = environment.work.lock() => working,
            _ = &mut self.unwanted => return Err(Trouble::Cancelled),
        };
        let tools = self.tools()?;
        if !environment.is_ready() && !self.still_works().await? {
            self.blocking(|environment, _| environment.clear(), &tools).await?;
            let steps = tools.making(&environment.directory, &environment.settings.packages);
            self.steps(&steps).await?;
            self.blocking(Inner::complete, &tools).await?;
        }
        let Plan { add, remove } = plan;
        if !add.is_empty() {
            self.steps(&[tools.installing(&environment.interpreter(), &add)]).await?;
        }
        if !remove.is_empty() {
            self.steps(&[tools.removing(&environment.interpreter(), &remove)]).await?;
        }
        drop(working);
        Ok(())
    }

    /// Whether an environment that a kernel did not start from works after all, as when another made it anew meanwhile.
    async fn still_works(&mut self) -> Result<bool, Trouble> {
        if !self.environment.is_made() {
            return Ok(false);
        }
        let works = match self.command(&steps::check(&self.environment.interpreter())).await {
            Err(Trouble::Failed { .. }) => false,
            checked => checked.map(|()| true)?,
        };
        self.environment.distrusted.store(!works, Ordering::Relaxed);
        Ok(works)
    }

    fn tools(&self) -> Result<Tools, Trouble> {
        let settings = &self.environment.settings;
        let uv = settings.uv.clone().or_else(|| tool::find("uv")).filter(|path| !path.as_os_str().is_empty());
        let python = settings.python.clone().or_else(|| tool::find("python3"));
        if uv.is_none() && python.is_none() {
            return Err(Trouble::Failed { sentence: trouble::NO_PYTHON.into() });
        }
        Ok(Tools { uv, python })
    }

    /// Work on files, off the threads that serve.
    async fn blocking(
        &self,
        work: impl FnOnce(&Inner, &Tools) -> std::io::Result<()> + Send + 'static,
        tools: &Tools,
    ) -> Result<(), Trouble> {
        let (environment, tools) = (self.environment.clone(), tools.clone());
        let done = tokio::task::spawn_blocking(move || work(&environment, &tools)).await;
        let failed = |cause: std::io::Error| {
            let directory = self.environment.directory.display();
            let sentence = format!("The directory {directory} cannot be used: {cause}. Correct that, then try again.");
            Trouble::Failed { sentence }
        };
        done.map_err(|error| failed(error.into()))?.map_err(failed)
    }

    async fn steps(&mut self, steps: &[Step]) -> Result<(), Trouble> {
        for (at, step) in steps.iter().enumerate() {
            self.log.send_modify(|log| {
                log.step = step.step;
                log.fraction = at as f32 / steps.len() as f32;
            });
            self.command(step).await?;
        }
        Ok(())
    }

    async fn command(&mut self, step: &Step) -> Result<(), Trouble> {
        let settings = &self.environment.settings;
        let order = Order {
            arguments: step.arguments.clone(),
            variables: variables(&settings.variables),
            hidden: HIDDEN_VARIABLES.iter().map(|prefix| (*prefix).to_owned()).collect(),
            ..Order::default()
        };
        let begun = self.log.borrow().first + self.log.borrow().lines.len();
        let ending = match Kept::start(&settings.keeper, &order).await {
            Ok(kept) => self.follow(kept).await?,
            Err(cause) => Ending::NotStarted(cause.to_string()),
        };
        if ending == Ending::Exited(0) {
            return Ok(());
        }
        let log = self.log.borrow();
        let lines: Vec<_> = log.lines.iter().skip(begun.saturating_sub(log.first)).map(String::as_str).collect();
        Err(Trouble::Failed { sentence: trouble::sentence(step.step, &ending, &lines.join("\n")) })
    }

    /// Reads what a command prints until it ends, or ends it when nobody waits for it.
    async fn follow(&mut self, mut kept: Kept) -> Result<Ending, Trouble> {
        let output = kept.output.take();
        let lines = async {
            if let Some(output) = output {
                read_lines(output, self.log).await;
            }
        };
        tokio::select! {
            () = lines => Ok(kept.ended().await),
            _ = &mut self.unwanted => {
                kept.signal(Signal::Kill).await;
                kept.ended().await;
                Err(Trouble::Cancelled)
            }
        }
    }
}

/// The variables for a tool: ours where the server has none, then those of the settings.
fn variables(settings: &[(String, String)]) -> Vec<(String, String)> {
    let unset = TOOL_VARIABLES.iter().filter(|(name, _)| std::env::var_os(name).is_none());
    let ours = unset.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ours.chain(settings.iter().cloned()).collect()
}

/// Puts each line into the log; `\r` ends one too, as in progress bars.
async fn read_lines(mut output: impl tokio::io::AsyncRead + Unpin, log: &watch::Sender<Log>) {
    let (mut piece, mut line) = ([0; 4096], Vec::new());
    while let Ok(length @ 1..) = output.read(&mut piece).await {
        for byte in &piece[..length] {
            match byte {
                b'\n' | b'\r' => put_line(&mut line, log),
                byte if line.len() < LINE_MAX => line.push(*byte),
                _ => {}
            }
        }
    }
    put_line(&mut line, log);
}

/// Without colours: some versions of pip print them whatever they are told, as when `FORCE_COLOR` is `0`.
fn put_line(line: &mut Vec<u8>, log: &watch::Sender<Log>) {
    let text = strip_str(&String::from_utf8_lossy(line)).to_string().trim_end().to_owned();
    line.clear();
    if text.is_empty() {
        return;
    }
    log.send_modify(|log| {
        if log.lines.len() >= LOG_LINES {
            log.lines.pop_front();
            log.first += 1;
        }
        log.lines.push_back(text);
    });
}
