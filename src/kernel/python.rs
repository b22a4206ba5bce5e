//! The Python environment that the notebooks of a server share: made at the first run, packages added later.
//!
//! Imports nothing of ours. Invariants: one tool works on the environment at a time; an environment without its marker is
//! half made and is made anew; work that nobody waits for any more is ended.

mod job;
mod steps;
mod tool;
mod trouble;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex as WorkMutex;

use self::{
    job::{Job, Plan},
    steps::Tools,
};
pub use self::{
    job::{Update, Watching},
    tool::find,
    trouble::Trouble,
};
use super::{python_directory, settings::KernelSettings};

/// Written last into the environment.
const MARKER: &str = "coscribe.json";

/// Whether there is an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentState {
    Missing,
    /// It is being made.
    Making,
    Ready,
}

/// What the marker says, for people who look.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    made_with: String,
    packages: Vec<String>,
}

/// The environment of a server.
#[derive(Debug)]
pub struct PythonEnvironment {
    inner: Arc<Inner>,
    /// The job that makes it, while somebody waits for it. Locked for a moment.
    making: Mutex<Weak<Job>>,
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
        Self { inner: Arc::new(inner), making: Mutex::default() }
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.inner.directory
    }

    /// The interpreter of the environment.
    pub fn interpreter(&self) -> PathBuf {
        self.inner.interpreter()
    }

    /// Whether it can be used.
    pub fn state(&self) -> EnvironmentState {
        if self.lock().upgrade().is_some_and(|job| !job.has_ended()) {
            EnvironmentState::Making
        } else if self.inner.is_ready() {
            EnvironmentState::Ready
        } else {
            EnvironmentState::Missing
        }
    }

    /// Makes the environment, or watches whoever makes it already.
    pub fn make(&self) -> Watching {
        let mut making = self.lock();
        if let Some(job) = making.upgrade().filter(|job| !job.has_ended()) {
            return Watching::new(job);
        }
        let job = Job::start(self.inner.clone(), Plan::default());
        *making = Arc::downgrade(&job);
        Watching::new(job)
    }

    /// Installs packages, and makes the environment before if need be.
    pub fn install(&self, packages: Vec<String>) -> Result<Watching, Trouble> {
        if let Some(sentence) = packages.iter().find_map(|package| steps::objection(package)) {
            return Err(Trouble::Failed { sentence });
        }
        Ok(Watching::new(Job::start(self.inner.clone(), Plan { packages })))
    }

    /// It seems to be broken: the next job makes it anew if it is. Kernels that run from it may go on.
    pub fn distrust(&self) {
        self.inner.distrusted.store(true, Ordering::Relaxed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Weak<Job>> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
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
