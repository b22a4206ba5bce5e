//! Kernels: processes that run the code of notebooks, each behind a channel of commands in and one of events out.
//!
//! Imports ids and config. Knows Jupyter's protocol and processes; knows nothing of rooms, documents or who asked.
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
mod command;
mod connect;
mod death;
mod event;
mod join;
mod keeper;
mod kept;
mod launch;
mod message;
mod outbox;
mod python;
mod requests;
mod runs;
mod sandbox;
mod session;
mod settings;
mod specs;
mod throttle;

use std::{path::PathBuf, sync::Arc};

use tokio::sync::{Semaphore, mpsc, watch};

pub use self::{
    command::{AskId, KernelCommand, KernelLimits, Start},
    event::{
        Bundle, Comm, CommKind, Completion, Completions, Installation, KernelEvent, KernelLanguage, KernelState,
        Notice, Outcome, PreparationStep, Progress, StopReason, StreamName,
    },
    keeper::{KEEPER_COMMAND, keep},
    python::EnvironmentState,
    settings::{COMMANDS_WAITING, InvalidKernelSettings, Isolation, KernelSettings, Rates},
    specs::{KernelSpec, Origin},
};
use self::{python::PythonEnvironment, settings::EVENTS_WAITING};

/// A kernel that was asked for. Dropping `commands` or `events` shuts it down.
#[derive(Debug)]
pub struct Kernel {
    /// Holds [`COMMANDS_WAITING`]; the engine always reads it, so that it is full only for moments.
    pub commands: mpsc::Sender<KernelCommand>,
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

    /// Whether the Python environment is there.
    pub fn environment(&self) -> EnvironmentState {
        self.shared.python.state()
    }

    /// A sentence for people: what the code they run may do to this machine.
    pub fn isolation(&self) -> String {
        sandbox::sentence(&self.shared.settings.isolation)
    }

    /// Starts a kernel; returns at once, all progress and every failure comes as events.
    pub fn start(&self, start: Start) -> Kernel {
        let (commands, received) = mpsc::channel(COMMANDS_WAITING);
        let (sender, events) = mpsc::channel(EVENTS_WAITING);
        tokio::spawn(actor::Actor::new(self.shared.clone(), start, received, sender).live());
        Kernel { commands, events }
    }

    /// Ends every kernel and refuses new ones; returns when their processes are gone. Takes at most as long as
    /// [`settings::FAREWELL`] and a moment.
    pub async fn stop(&self) {
        self.shared.stopping.send_replace(true);
        self.shared.stopping.closed().await;
    }
}

/// Where the files of kernels are, inside the data directory.
fn python_directory(data: &std::path::Path) -> PathBuf {
    data.join("python")
}
