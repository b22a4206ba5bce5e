//! Kernels: processes that run the code of notebooks, each behind a channel of commands in and one of events out.
//!
//! Imports ids, vocabulary, config and workspace. Knows Jupyter's protocol and processes; knows nothing of rooms, documents or who asked.
//!
//! ```text
//! Kernels::start ─→ actor: Preparing → Starting → Idle ⇄ Busy → Stopped
//!                              ↑            ↑        └→ Restarting, Dead ─(Restart)─→ Preparing
//!                   python environment    launch → keeper → the kernel's process group
//! ```
//!
//! Invariant: whatever happens to the server or to a kernel, every run that was accepted ends with one
//! [`KernelEvent::Finished`], and no process of a kernel outlives the server.

mod actor;
mod asks;
mod client;
mod command;
mod comms;
mod connect;
mod death;
mod event;
mod join;
mod keeper;
mod kept;
mod launch;
mod message;
mod outbox;
mod places;
mod python;
mod requests;
mod runs;
mod sandbox;
mod session;
mod settings;
mod specs;
mod throttle;
mod variables;

use std::{path::PathBuf, sync::Arc};

use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinError,
};

pub use self::{
    command::{KernelAsk, KernelCommand, KernelLimits, Start},
    event::{
        Bundle, Comm, CommKind, KernelEvent, KernelLanguage, KernelState, Notice, Outcome, PreparationStep, Progress,
        StopReason, StreamName,
    },
    keeper::{KEEPER_COMMAND, keep},
    python::{Environment, EnvironmentError, EnvironmentState, Package},
    settings::{ASK_LIMIT, ASKS_WAITING, COMMANDS_WAITING, InvalidKernelSettings, Isolation, KernelSettings, Rates},
    specs::{KernelSpec, Origin},
};
use self::{python::PythonEnvironment, settings::EVENTS_WAITING};
use crate::workspace::Workspace;

/// A kernel that was asked for. Dropping `commands` or `events` shuts it down.
#[derive(Debug)]
pub struct Kernel {
    /// Holds [`COMMANDS_WAITING`]; the engine always reads it, so that it is full only for moments.
    pub commands: mpsc::Sender<KernelCommand>,
    /// Holds [`ASKS_WAITING`], apart from the commands: a full queue of code delays no answer.
    pub questions: mpsc::Sender<KernelAsk>,
    /// Holds [`EVENTS_WAITING`]. While nobody reads it, output is joined, then dropped with a count.
    pub events: mpsc::Receiver<KernelEvent>,
}

/// All kernels of a server and the Python environment they share.
#[derive(Debug, Clone)]
pub struct Kernels {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: KernelSettings,
    python: PythonEnvironment,
    /// One permit for each kernel that may run at a time.
    places: Arc<Semaphore>,
    /// Told once, when the server stops; each kernel listens.
    stopping: watch::Sender<bool>,
}

impl Kernels {
    /// The kernels of a server; nothing is started or made yet.
    pub fn new(settings: KernelSettings) -> Self {
        let python = PythonEnvironment::new(&settings);
        let places = Arc::new(Semaphore::new(settings.kernels_max));
        Self { shared: Arc::new(Shared { python, places, stopping: watch::Sender::new(false), settings }) }
    }

    /// What can be started: our own Python first, then the kernels that are installed on this machine.
    pub async fn specs(&self) -> Vec<KernelSpec> {
        let Shared { settings, python, .. } = &*self.shared;
        specs::list(python, &settings.kernel_directories).await.into_iter().map(|found| found.spec).collect()
    }

    /// The Python environment as people are shown it.
    pub async fn environment(&self) -> Environment {
        self.with_environment(PythonEnvironment::report).await
    }

    /// Waits until nothing is being done to the Python environment any more.
    pub async fn environment_settled(&self) {
        self.shared.python.settled().await;
    }

    /// Makes the Python environment, if it is not there; returns when the work has begun.
    pub fn make_environment(&self) {
        self.shared.python.begin_making();
    }

    /// Ends the work on the Python environment, whoever waits for it.
    pub fn cancel_environment(&self) -> Result<(), EnvironmentError> {
        self.shared.python.cancel()
    }

    /// Installs packages for all notebooks; returns when the work has begun.
    pub fn add_packages(&self, packages: Vec<String>) -> Result<(), EnvironmentError> {
        self.shared.python.begin_adding(packages)
    }

    /// Takes a package out for all notebooks; returns when the work has begun.
    pub async fn remove_package(&self, name: String) -> Result<(), EnvironmentError> {
        self.with_environment(move |python| python.begin_removing(&name)).await
    }

    /// Looks into the files of the environment, off the threads that serve.
    async fn with_environment<T: Send + 'static>(
        &self,
        look: impl FnOnce(&PythonEnvironment) -> T + Send + 'static,
    ) -> T {
        let shared = self.shared.clone();
        match tokio::task::spawn_blocking(move || look(&shared.python)).await.map_err(JoinError::try_into_panic) {
            Ok(seen) => seen,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            // The runtime ends, and whoever waits with it.
            Err(Err(_)) => std::future::pending().await,
        }
    }

    /// What packages of the environment bring for drawing their widgets: a folder for each module, with `index.js`.
    pub fn widget_libraries(&self) -> Workspace {
        Workspace::new(self.shared.python.directory().join(WIDGET_LIBRARIES), None)
    }

    /// The files that the code in a directory sees.
    pub fn workspace(&self, directory: PathBuf) -> Workspace {
        Workspace::new(directory, self.shared.settings.isolation.owner())
    }

    /// A sentence for people: what the code they run may do to this machine.
    pub fn isolation(&self) -> String {
        sandbox::sentence(&self.shared.settings.isolation)
    }

    /// Starts a kernel; returns at once, all progress and every failure comes as events.
    pub fn start(&self, start: Start) -> Kernel {
        let (commands, received) = mpsc::channel(COMMANDS_WAITING);
        let (questions, asked) = mpsc::channel(ASKS_WAITING);
        let (sender, events) = mpsc::channel(EVENTS_WAITING);
        tokio::spawn(actor::Actor::new(self.shared.clone(), start, received, asked, sender).live());
        Kernel { commands, questions, events }
    }

    /// Ends every kernel and refuses new ones; returns when their processes are gone. Takes at most as long as
    /// [`settings::FAREWELL`] and a moment.
    pub async fn stop(&self) {
        self.shared.stopping.send_replace(true);
        self.shared.stopping.closed().await;
    }
}

/// Where packages put them, inside a Python environment.
const WIDGET_LIBRARIES: &str = "share/jupyter/nbextensions";

/// Where the files of kernels are, inside the data directory.
fn python_directory(data: &std::path::Path) -> PathBuf {
    data.join("python")
}
