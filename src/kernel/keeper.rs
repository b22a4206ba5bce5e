//! The keeper: a small process between the server and each process tree it starts, which ends the tree when the server
//! is gone, however it went.
//!
//! Imports nothing of ours; knows no runtime. It is this program, started with [`KEEPER_COMMAND`]. On its standard input
//! stands one JSON line, the [`Order`], then a line for each [`Signal`]; the end of input is the end of the server. On
//! its standard output it writes [`Report`]s. What the tree prints goes to its standard error.
//!
//! Invariant: when the keeper ends, no process of the tree's group is left. (A signal on the parent's death would bind
//! kernels to the thread that started them, and says nothing to their children.)

use std::{
    io::{self, BufRead, Write},
    os::{
        fd::AsFd,
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

use rustix::process::{self, Pid, Resource, Rlimit};
use serde::{Deserialize, Serialize};

/// The first argument that makes this program a keeper.
pub const KEEPER_COMMAND: &str = "keep-process";

/// Tells a Python kernel who its parent is, so that it ends by itself even when its keeper is killed.
const PARENT_VARIABLE: &str = "JPY_PARENT_PID";

/// How long a process may go on that does not end when its processor time is used up.
const CPU_GRACE_SECONDS: u64 = 5;

/// What to start.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Order {
    pub arguments: Vec<String>,
    /// Set beside those of the server.
    pub variables: Vec<(String, String)>,
    /// Variables that begin so are kept from the process: they hold secrets of the server.
    pub hidden: Vec<String>,
    pub directory: Option<PathBuf>,
    pub memory_bytes: Option<u64>,
    pub cpu_seconds: Option<u64>,
    /// User and group to become.
    pub user: Option<(u32, u32)>,
    /// Told to the process as its parent; not in a sandbox, where process ids differ.
    pub watch_parent: bool,
    /// A directory to remove in the end.
    pub remove: Option<PathBuf>,
}

/// What the server asks of the keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    Interrupt,
    Kill,
}

/// What the keeper reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    Started { process: i32 },
    NotStarted { cause: String },
    Exited { code: i32 },
    Signalled { signal: i32 },
}

/// The whole life of a keeper; the exit code of its process.
pub fn keep() -> u8 {
    match kept() {
        Ok(()) => 0,
        Err(cause) => {
            // Fails when the server is gone, and then nobody wants to know.
            drop(report(&Report::NotStarted { cause: cause.to_string() }));
            1
        }
    }
}

fn kept() -> io::Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let order: Order = serde_json::from_str(&line)?;
    let removal = Removal(order.remove.clone());
    let mut child = spawn(&order)?;
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return child.kill();
    };
    let limited = limit(group, &order);
    let told = limited.and_then(|()| report(&Report::Started { process: group.as_raw_nonzero().get() }));
    let status = match told {
        Ok(()) => until_the_end(child, group)?,
        Err(cause) => {
            signal(group, process::Signal::KILL);
            child.wait()?;
            return Err(cause);
        }
    };
    // Children that the process left behind.
    signal(group, process::Signal::KILL);
    drop(removal);
    // The server may be gone.
    drop(report(&ending(status)));
    Ok(())
}

fn spawn(order: &Order) -> io::Result<Child> {
    let named = |cause: io::Error| {
        let program = order.arguments.first().map_or("nothing", String::as_str);
        io::Error::new(cause.kind(), format!("{program} cannot be started: {cause}"))
    };
    command(order)?.spawn().map_err(named)
}

fn command(order: &Order) -> io::Result<Command> {
    let (program, arguments) = order.arguments.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments).process_group(0).stdin(Stdio::null());
    // One pipe for both, so that the order of what they print is kept.
    command.stdout(io::stderr().as_fd().try_clone_to_owned()?).stderr(Stdio::inherit());
    for (name, _) in std::env::vars_os() {
        let hidden = |prefix: &String| name.to_string_lossy().starts_with(prefix.as_str());
        if order.hidden.iter().any(hidden) {
            command.env_remove(&name);
        }
    }
    command.env_remove(PARENT_VARIABLE);
    if order.watch_parent {
        command.env(PARENT_VARIABLE, std::process::id().to_string());
    }
    command.envs(order.variables.iter().map(|(name, value)| (name, value)));
    if let Some(directory) = &order.directory {
        command.current_dir(directory);
    }
    if let Some((user, group)) = order.user {
        command.uid(user).gid(group);
    }
    Ok(command)
}

/// Limits hold for what the process starts later too. It has run no code of people yet.
#[cfg(target_os = "linux")]
fn limit(process: Pid, order: &Order) -> io::Result<()> {
    if let Some(bytes) = order.memory_bytes {
        process::prlimit(Some(process), Resource::As, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
    }
    if let Some(seconds) = order.cpu_seconds {
        // At the first the process gets SIGXCPU, which tells why it ended; at the second SIGKILL.
        let limit = Rlimit { current: Some(seconds), maximum: Some(seconds.saturating_add(CPU_GRACE_SECONDS)) };
        process::prlimit(Some(process), Resource::Cpu, limit)?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn limit(_: Pid, order: &Order) -> io::Result<()> {
    if order.memory_bytes.is_some() || order.cpu_seconds.is_some() {
        return Err(io::Error::other("limits of memory and processor time need Linux; start the server without them"));
    }
    Ok(())
}

/// What can happen to a kept process.
enum Happened {
    Ended(io::Result<ExitStatus>),
    Asked(Signal),
    ServerGone,
}

/// Passes signals on until the process has ended; kills its group when the server is gone.
fn until_the_end(mut child: Child, group: Pid) -> io::Result<ExitStatus> {
    // Unbounded: at most one signal for each that a person asked for.
    let (happened, happenings) = mpsc::channel();
    let asked = happened.clone();
    thread::spawn(move || listen(&asked));
    // The receiver lives until this was told.
    thread::spawn(move || drop(happened.send(Happened::Ended(child.wait()))));
    loop {
        match happenings.recv().map_err(io::Error::other)? {
            Happened::Ended(status) => return status,
            Happened::Asked(Signal::Interrupt) => signal(group, process::Signal::INT),
            Happened::Asked(Signal::Kill) | Happened::ServerGone => signal(group, process::Signal::KILL),
        }
    }
}

fn listen(happened: &mpsc::Sender<Happened>) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(signal) = serde_json::from_str(&line) else { continue };
        if happened.send(Happened::Asked(signal)).is_err() {
            return;
        }
    }
    // The receiver is gone when the process ended first.
    drop(happened.send(Happened::ServerGone));
}

/// Fails only when nobody of the group is left, which is what is wanted.
fn signal(group: Pid, signal: process::Signal) {
    process::kill_process_group(group, signal).unwrap_or_default();
}

fn ending(status: ExitStatus) -> Report {
    match (status.code(), status.signal()) {
        (Some(code), _) => Report::Exited { code },
        (None, Some(signal)) => Report::Signalled { signal },
        (None, None) => Report::Exited { code: -1 },
    }
}

fn report(report: &Report) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, report)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Removes a directory when dropped.
struct Removal(Option<PathBuf>);

impl Drop for Removal {
    fn drop(&mut self) {
        if let Some(directory) = &self.0 {
            // Already gone when the server removed it.
            drop(std::fs::remove_dir_all(directory));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_the_server_are_kept_from_what_it_starts() {
        let order = Order { arguments: vec!["x".into()], hidden: vec!["CARGO_PKG".into()], ..Order::default() };
        let command = command(&order).unwrap();
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert!(removed.iter().any(|name| *name == "CARGO_PKG_NAME"), "{removed:?}");
        assert!(removed.iter().all(|name| name.to_string_lossy().starts_with("CARGO_PKG") || *name == PARENT_VARIABLE));
    }
}
