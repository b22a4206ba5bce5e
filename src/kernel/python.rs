//! The Python environment that the notebooks of a server share: made at the first run, packages added later.
//!
//! Imports nothing of ours. Invariants: one tool works on the environment at a time; an environment without its marker is
//! half made and is made anew; work that nobody waits for any more is ended.

mod job;
mod packages;
mod steps;
mod tool;
mod trouble;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex as WorkMutex;

use self::{
    job::{Job, Plan, Record},
    steps::Tools,
};
pub use self::{
    job::{Update, Watching},
    packages::Package,
    tool::{find, program},
    trouble::Trouble,
};
use super::{event::PreparationStep, python_directory, settings::KernelSettings};

/// Written last into the environment.
const MARKER: &str = "coscribe.json";

/// What is installed besides the packages of the settings, with either tool: people write `%pip install` in cells.
const PIP: &str = "pip";

/// Whether there is an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentState {
    Absent,
    /// It is being made or changed.
    Making,
    Ready,
    /// There is none, because making it failed.
    Failed,
}

/// The environment as people are shown it.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    pub state: EnvironmentState,
    /// What became of the last work on it, if it did not end well.
    pub sentence: Option<String>,
    /// How far the work under way is; the fraction from 0 to 1.
    pub progress: Option<(PreparationStep, f32)>,
    /// What the tools said at the last work, the newest lines last.
    pub log: Vec<String>,
    /// The version of its Python.
    pub python: Option<String>,
    /// The tool that made it.
    pub made_with: Option<String>,
    /// By name; empty while it cannot be used.
    pub packages: Vec<Package>,
}

/// Why somebody may not do something to the environment; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    #[error("The Python environment is being changed already. Wait for the end or cancel that, then try again.")]
    Busy,
    #[error("There is no Python environment yet. Make it first.")]
    NotMade,
    #[error("Nothing is being done to the Python environment.")]
    NothingToCancel,
    #[error("No package was named. Write the name of one, such as numpy.")]
    NothingNamed,
    /// The text is no package; the sentence says why.
    #[error("{0}")]
    NoPackage(String),
    #[error("The package {0} is not installed.")]
    NotInstalled(String),
    #[error("The package {0} cannot be removed: kernels do not run without it.")]
    Needed(String),
}

/// What the marker says, for people who look.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    made_with: String,
    packages: Vec<String>,
}

/// The work that was begun last.
#[derive(Debug, Default)]
struct Newest {
    job: Weak<Job>,
    /// Stays when the job has ended, for those who look later.
    record: Option<Record>,
    /// Keeps work going that nobody watches, because somebody asked for it and went.
    held: Option<Arc<Job>>,
}

impl Newest {
    fn under_way(&self) -> Option<Arc<Job>> {
        self.job.upgrade().filter(|job| !job.has_ended())
    }

    fn begin(&mut self, environment: &Arc<Inner>, plan: Plan) -> Arc<Job> {
        let job = Job::start(environment.clone(), plan);
        let held = self.held.take().filter(|job| !job.has_ended());
        *self = Self { job: Arc::downgrade(&job), record: Some(job.record()), held };
        job
    }
}

/// The environment of a server.
#[derive(Debug)]
pub struct PythonEnvironment {
    inner: Arc<Inner>,
    /// Locked for a moment.
    newest: Mutex<Newest>,
}

/// What jobs need of the environment.
#[derive(Debug)]
pub(super) struct Inner {
    directory: PathBuf,
    settings: KernelSettings,
    /// Held by whichever job works on the files.
    work: WorkMutex<()>,
    /// A kernel did not start from it; the next job looks whether it works before it takes it for made.
    distrusted: AtomicBool,
}

impl PythonEnvironment {
    /// The environment in the data directory of the settings, whether it is there or not.
    pub fn new(settings: &KernelSettings) -> Self {
        let directory = python_directory(&settings.data);
        let inner = Inner {
            directory,
            settings: settings.clone(),
            work: WorkMutex::new(()),
            distrusted: AtomicBool::default(),
        };
        Self { inner: Arc::new(inner), newest: Mutex::default() }
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.inner.directory
    }

    /// The interpreter of the environment.
    pub fn interpreter(&self) -> PathBuf {
        self.inner.interpreter()
    }

    /// Whether kernels can be started from it, also while packages are added.
    pub fn is_ready(&self) -> bool {
        self.inner.is_ready()
    }

    fn state(&self) -> EnvironmentState {
        let newest = self.lock();
        let failed = || matches!(newest.record.as_ref().and_then(Record::trouble), Some(Trouble::Failed { .. }));
        if newest.under_way().is_some() {
            EnvironmentState::Making
        } else if self.inner.is_ready() {
            EnvironmentState::Ready
        } else if failed() {
            EnvironmentState::Failed
        } else {
            EnvironmentState::Absent
        }
    }

    /// All that people are shown. Reads files: not on a thread that serves.
    pub fn report(&self) -> Environment {
        let (state, record) = (self.state(), self.lock().record.clone());
        let ready = self.inner.is_ready();
        let under_way = record.as_ref().filter(|_| state == EnvironmentState::Making);
        Environment {
            state,
            sentence: record.as_ref().and_then(Record::trouble).map(sentence),
            progress: under_way.map(Record::progress),
            log: record.as_ref().map(Record::lines).unwrap_or_default(),
            python: ready.then(|| packages::python_version(self.directory())).flatten(),
            made_with: ready.then(|| self.inner.made_with()).flatten(),
            packages: if ready { self.inner.packages() } else { Vec::new() },
        }
    }

    /// Waits until nothing is being done to it any more.
    pub async fn settled(&self) {
        let under_way = self.lock().record.clone();
        if let Some(record) = under_way {
            record.ended().await;
        }
    }

    /// Makes the environment, or watches whoever makes it already. The work ends with the last who watches.
    pub fn make(&self) -> Watching {
        let mut newest = self.lock();
        let making = newest.under_way().filter(|job| job.only_makes());
        Watching::new(making.unwrap_or_else(|| newest.begin(&self.inner, Plan::default())))
    }

    /// Makes the environment, whether somebody watches or not. Does nothing where it is ready or being made.
    pub fn begin_making(&self) {
        let mut newest = self.lock();
        if let Some(job) = newest.under_way() {
            newest.held = Some(job);
        } else if !self.inner.is_ready() {
            newest.held = Some(newest.begin(&self.inner, Plan::default()));
        }
    }

    /// Installs packages, whether somebody watches or not.
    pub fn begin_adding(&self, add: Vec<String>) -> Result<(), EnvironmentError> {
        if add.is_empty() {
            return Err(EnvironmentError::NothingNamed);
        }
        if let Some(sentence) = add.iter().find_map(|package| steps::objection(package)) {
            return Err(EnvironmentError::NoPackage(sentence));
        }
        self.begin(Plan { add, ..Plan::default() })
    }

    /// Takes a package out. Reads files: not on a thread that serves.
    pub fn begin_removing(&self, name: &str) -> Result<(), EnvironmentError> {
        if !self.inner.is_ready() {
            return Err(EnvironmentError::NotMade);
        }
        let wanted = packages::normal(name);
        let found = self.inner.packages().into_iter().find(|package| packages::normal(&package.name) == wanted);
        match found {
            None => Err(EnvironmentError::NotInstalled(name.to_owned())),
            Some(Package { name, needed: true, .. }) => Err(EnvironmentError::Needed(name)),
            Some(Package { name, .. }) => self.begin(Plan { remove: vec![name], ..Plan::default() }),
        }
    }

    fn begin(&self, plan: Plan) -> Result<(), EnvironmentError> {
        let mut newest = self.lock();
        if newest.under_way().is_some() {
            return Err(EnvironmentError::Busy);
        }
        if !self.inner.is_ready() {
            return Err(EnvironmentError::NotMade);
        }
        newest.held = Some(newest.begin(&self.inner, plan));
        Ok(())
    }

    /// Ends the work under way, whoever waits for it.
    pub fn cancel(&self) -> Result<(), EnvironmentError> {
        let job = self.lock().under_way().ok_or(EnvironmentError::NothingToCancel)?;
        job.cancel();
        Ok(())
    }

    /// It seems to be broken: the next job makes it anew if it is. Kernels that run from it may go on.
    pub fn distrust(&self) {
        self.inner.distrusted.store(true, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sentence(trouble: Trouble) -> String {
    match trouble {
        Trouble::Failed { sentence } => sentence,
        Trouble::Cancelled => "The work on the Python environment was cancelled.".into(),
    }
}

impl Inner {
    fn interpreter(&self) -> PathBuf {
        self.directory.join("bin").join("python")
    }

    fn marker(&self) -> PathBuf {
        self.directory.join(MARKER)
    }

    /// Complete, and its Python was not taken away by an upgrade of the machine.
    fn is_made(&self) -> bool {
        self.marker().exists() && self.interpreter().exists()
    }

    fn is_ready(&self) -> bool {
        self.is_made() && !self.distrusted.load(Ordering::Relaxed)
    }

    fn made_with(&self) -> Option<String> {
        let marker: Marker = serde_json::from_slice(&fs::read(self.marker()).ok()?).ok()?;
        Some(marker.made_with)
    }

    fn packages(&self) -> Vec<Package> {
        let base = [PIP.to_owned()].into_iter().chain(self.settings.packages.iter().cloned());
        packages::list(&self.directory, &base.collect::<Vec<_>>())
    }

    /// Takes away what an earlier attempt left.
    fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => fs::create_dir_all(&self.settings.data),
        }
    }

    fn complete(&self, tools: &Tools) -> io::Result<()> {
        let made_with = tools.name().to_owned();
        let marker = Marker { made_with, packages: self.settings.packages.clone() };
        fs::write(self.marker(), serde_json::to_vec_pretty(&marker)?)?;
        self.distrusted.store(false, Ordering::Relaxed);
        Ok(())
    }
}
