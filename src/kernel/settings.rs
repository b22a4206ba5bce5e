//! What can be set for all kernels of a server, with its defaults and their reasons. Imports config.
//!
//! Invariant: every wait of the engine ends by a constant or a setting of this file.

use std::{path::PathBuf, time::Duration};

use super::{
    python::{find, program},
    sandbox,
};
use crate::config::{self, KernelArgs};

/// Commands that may wait for one kernel: "run all" of a large notebook.
pub const COMMANDS_WAITING: usize = 1024;

/// Events that may wait for whoever holds a kernel. Small: what waits longer is better joined.
pub const EVENTS_WAITING: usize = 64;

/// Runs that may wait in one kernel; the notebook keeps its own queue.
pub const RUNS_WAITING: usize = 10_000;

/// How long output is collected before it is told: people see it at once, documents get few updates.
pub const JOINING: Duration = Duration::from_millis(60);

/// How long a kernel may take from its start to its first answer. Cold disks and busy machines need most of it.
pub const START_LIMIT: Duration = Duration::from_secs(90);

/// How long a kernel has to end by itself, so that it can run its exit handlers; the server's own stop takes two seconds.
pub const FAREWELL: Duration = Duration::from_secs(1);

/// How long an interrupt may go without effect before people are told.
pub const INTERRUPT_PATIENCE: Duration = Duration::from_secs(3);

/// How long a run that was interrupted for its time may go on before its kernel is ended.
pub const TIME_LIMIT_PATIENCE: Duration = Duration::from_secs(10);

/// How long the second of a run's two endings (reply and idle) may stay away after the last sign of the run.
pub const ENDING_PATIENCE: Duration = Duration::from_secs(10);

/// How long a widget may not say that it has done with a message before it is sent the next one. The kernel of a cell that
/// runs for long says nothing meanwhile.
pub const COMM_PATIENCE: Duration = Duration::from_secs(20);

/// How long a kernel has nothing to do before it loads what completion needs: that takes a second, many on a busy machine,
/// and code that comes meanwhile would wait for it.
pub const WARM_UP_AFTER: Duration = Duration::from_secs(5);

/// How long a completion, an inspection or a look at the variables may take: who waits longer has typed on.
pub const ASK_LIMIT: Duration = Duration::from_secs(2);

/// Questions that may wait for one kernel's task, which always reads them; full only for moments.
pub const ASKS_WAITING: usize = 32;

/// The settings of all kernels of a server.
#[derive(Debug, Clone)]
pub struct KernelSettings {
    /// The data directory of the server; the Python environment is made in it.
    pub data: PathBuf,
    /// The program that keeps kernels, which is this one: it is started with [`super::KEEPER_COMMAND`].
    pub keeper: PathBuf,
    /// The Python that the environment is made with; without it, `python3` of the search path.
    pub python: Option<PathBuf>,
    /// `uv`, if it is not to be looked for in the search path. An empty path means: use pip.
    pub uv: Option<PathBuf>,
    /// Where kernelspecs are looked for before Jupyter's own places: directories that hold a `kernels` directory.
    pub kernel_directories: Vec<PathBuf>,
    /// What is installed into a new environment.
    pub packages: Vec<String>,
    /// Variables of the process environment that tools and kernels get besides those of the server.
    pub variables: Vec<(String, String)>,
    pub isolation: Isolation,
    pub rates: Rates,
    /// Kernels at a time.
    pub kernels_max: usize,
}

/// Why kernels cannot run as they were meant to.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidKernelSettings {
    #[error("--kernel-sandbox needs bubblewrap: install it (on Debian or Ubuntu: apt install bubblewrap)")]
    NoBubblewrap,
    #[error("--kernel-user {0:?} is no user of this machine: give a name of /etc/passwd or UID:GID")]
    UnknownUser(String),
    #[error("--kernel-user needs a server that runs as root: start it so, or leave --kernel-user away")]
    NotRoot,
    #[error("--python {} is no program: give the path of a Python 3, or a name of the search path", .0.display())]
    NoPython(PathBuf),
}

impl KernelSettings {
    /// What the flags and the environment of the server say.
    pub fn from_args(args: &KernelArgs, data: PathBuf) -> Result<Self, InvalidKernelSettings> {
        let isolation = Isolation::from_args(args)?;
        let no_python = |path: &PathBuf| InvalidKernelSettings::NoPython(path.clone());
        let python = args.python.as_ref().map(|path| program(path).ok_or_else(|| no_python(path))).transpose()?;
        let rates = Rates { text_bytes: args.kernel_text_rate << 10, ..Rates::default() };
        Ok(Self { python, isolation, rates, kernels_max: args.max_kernels, ..Self::new(data) })
    }

    /// The defaults for a data directory.
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            keeper: own_program(),
            python: None,
            uv: None,
            kernel_directories: Vec::new(),
            // The second is what programs that draw widgets speak with.
            packages: vec!["ipykernel".into(), "websockets".into()],
            variables: Vec::new(),
            isolation: Isolation::None,
            rates: Rates::default(),
            kernels_max: config::KERNELS,
        }
    }
}

/// This very program, even after its file was replaced by a newer one.
fn own_program() -> PathBuf {
    let linux = PathBuf::from("/proc/self/exe");
    if linux.exists() { linux } else { std::env::current_exe().unwrap_or_else(|_| "coscribe".into()) }
}

/// What stands between the code of kernels and the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Kernels may do what the user of the server may do.
    #[default]
    None,
    /// Each kernel sees only its own processes, may write to its working directory and the Python environment, and does
    /// not see the data of the server. Needs `bwrap`.
    Bubblewrap { program: PathBuf },
    /// Kernels run as another user of the machine. Needs a server that runs as root.
    User { user: u32, group: u32 },
}

impl Isolation {
    fn from_args(args: &KernelArgs) -> Result<Self, InvalidKernelSettings> {
        match &args.kernel_user {
            Some(name) => Self::as_user(name),
            None if args.kernel_sandbox => {
                let program = find("bwrap").ok_or(InvalidKernelSettings::NoBubblewrap)?;
                Ok(Self::Bubblewrap { program })
            }
            None => Ok(Self::None),
        }
    }

    fn as_user(name: &str) -> Result<Self, InvalidKernelSettings> {
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (user, group) =
            sandbox::user(name, &users).ok_or_else(|| InvalidKernelSettings::UnknownUser(name.to_owned()))?;
        if rustix::process::geteuid().is_root() {
            Ok(Self::User { user, group })
        } else {
            Err(InvalidKernelSettings::NotRoot)
        }
    }

    /// Who owns what kernels are to write, if it is not the server's user.
    pub fn owner(&self) -> Option<(u32, u32)> {
        match self {
            Self::User { user, group } => Some((*user, *group)),
            Self::None | Self::Bubblewrap { .. } => None,
        }
    }
}

/// How fast output may come in the long run and at once. Beyond it the newest is shown and the rest counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    /// Text, in bytes a second: faster than anybody reads, slow enough for documents and readers.
    pub text_bytes: u64,
    /// Text that may come at once: 10,000 lines of a hundred characters.
    pub text_burst: u64,
    /// Rich outputs, in bytes a second: a large plot each second.
    pub rich_bytes: u64,
    /// Rich outputs that may come at once: a notebook full of plots.
    pub rich_burst: u64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            text_bytes: config::KERNEL_TEXT_RATE_KIB << 10,
            text_burst: 1 << 20,
            rich_bytes: 4 << 20,
            rich_burst: 64 << 20,
        }
    }
}
