//! The server's side of a keeper: a process tree that is told signals and tells its end.
//!
//! Imports nothing of ours. Invariant: dropping a [`Kept`] ends the tree.

use std::{io, path::Path, process::Stdio};

use rustix::process::{self, Pid};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::watch,
};

use super::keeper::{KEEPER_COMMAND, Order, Report, Signal};

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Exited(i32),
    Signalled(i32),
    NotStarted(String),
    /// Its keeper was killed.
    KeeperLost,
}

/// A process tree.
#[derive(Debug)]
pub struct Kept {
    orders: ChildStdin,
    /// What it prints, both streams in one.
    pub output: Option<BufReader<ChildStderr>>,
    ending: watch::Receiver<Option<Ending>>,
}

impl Kept {
    /// Starts a keeper with an order.
    pub async fn start(keeper: &Path, order: &Order) -> io::Result<Self> {
        let mut command = Command::new(keeper);
        command.arg(KEEPER_COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C in a terminal reaches its whole group: the server stops in order, and its kernels with it.
        command.process_group(0);
        let mut child = command.spawn()?;
        let missing = || io::Error::other("a pipe is missing");
        let (reports, output) = (child.stdout.take().ok_or_else(missing)?, child.stderr.take());
        let mut orders = child.stdin.take().ok_or_else(missing)?;
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        orders.write_all(&line).await?;
        let (sender, ending) = watch::channel(None);
        tokio::spawn(watch_over(child, reports, sender));
        Ok(Self { orders, output: output.map(BufReader::new), ending })
    }

    /// Sends a signal to the whole tree. A tree that is gone needs none.
    pub async fn signal(&mut self, signal: Signal) {
        let Ok(mut line) = serde_json::to_vec(&signal) else { return };
        line.push(b'\n');
        if let Err(error) = self.orders.write_all(&line).await {
            tracing::debug!(%error, "the process is gone");
        }
    }

    /// Waits for the end. May be dropped at any await.
    pub async fn ended(&mut self) -> Ending {
        match self.ending.wait_for(Option::is_some).await {
            Ok(ending) => ending.clone().unwrap_or(Ending::KeeperLost),
            Err(_) => Ending::KeeperLost,
        }
    }
}

/// Reads the reports of a keeper to their end. Not tied to the [`Kept`]: the keeper must be waited for in any case.
async fn watch_over(mut child: Child, reports: ChildStdout, ending: watch::Sender<Option<Ending>>) {
    let (mut lines, mut group, mut reported) = (BufReader::new(reports).lines(), None, None);
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Report::Started { process }) => group = Pid::from_raw(process),
            Ok(Report::NotStarted { cause }) => reported = Some(Ending::NotStarted(cause)),
            Ok(Report::Exited { code }) => reported = Some(Ending::Exited(code)),
            Ok(Report::Signalled { signal }) => reported = Some(Ending::Signalled(signal)),
            Err(error) => tracing::warn!(%error, line, "a keeper said something unknown"),
        }
    }
    if let Err(error) = child.wait().await {
        tracing::warn!(%error, "a keeper cannot be waited for");
    }
    if let (None, Some(group)) = (&reported, group) {
        tracing::warn!("the keeper of a kernel is gone; its processes are ended");
        // Fails when they ended with it.
        process::kill_process_group(group, process::Signal::KILL).unwrap_or_default();
    }
    ending.send_replace(Some(reported.unwrap_or(Ending::KeeperLost)));
}
