//! The server binary as a child process on a data directory of its own.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

pub const TOKEN: &str = "crash-token-of-16-or-more";
/// A loaded machine with two cores; a healthy start takes well under a second.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Longer than any single answer takes here.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// A running server; killed and its data removed when dropped.
pub struct Server {
    child: Child,
    data: TempDir,
    port: u16,
}

impl Server {
    /// Starts one on an empty data directory and a free port.
    pub fn start() -> Result<Self> {
        let data = TempDir::new()?;
        let (child, port) = spawn(&data, 0)?;
        Ok(Self { child, data, port })
    }

    /// `kill -9`; returns when the process is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again on the same data and port.
    pub fn restart(&mut self) -> Result<()> {
        (self.child, self.port) = spawn(&self.data, self.port)?;
        Ok(())
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Memory of the process that is in RAM, in bytes.
    pub fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells no VmRSS")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes << 10)
    }

    /// The WebSocket address of a document.
    pub fn socket_url(&self, document: &str) -> String {
        format!("ws://127.0.0.1:{}/ws/{document}?token={TOKEN}", self.port)
    }

    /// Where and as whom REST calls are made; outlives kills.
    pub fn rest(&self) -> Rest {
        let config = ureq::Agent::config_builder().timeout_global(Some(ANSWER_LIMIT)).build();
        Rest { agent: config.into(), url: format!("http://127.0.0.1:{}", self.port) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only when the process already ended, which is what is wanted.
        drop(self.kill());
    }
}

/// REST calls of one client.
#[derive(Clone)]
pub struct Rest {
    agent: ureq::Agent,
    url: String,
}

impl Rest {
    /// A `POST` that must succeed; the JSON answer.
    pub fn post(&self, path: &str, body: Value) -> Result<Value> {
        let request = self.agent.post(format!("{}{path}", self.url)).header("Authorization", bearer());
        Ok(request.send_json(body)?.body_mut().read_json()?)
    }

    /// A `PATCH` that must succeed.
    pub fn patch(&self, path: &str, body: Value) -> Result<()> {
        let request = self.agent.patch(format!("{}{path}", self.url)).header("Authorization", bearer());
        request.send_json(body)?;
        Ok(())
    }

    /// Merges an update into a document.
    pub fn merge(&self, document: &str, update: &[u8]) -> Result<()> {
        let address = format!("{}/api/documents/{document}/updates", self.url);
        self.agent.post(address).header("Authorization", bearer()).send(update)?;
        Ok(())
    }

    /// A `GET` that must succeed; the JSON answer.
    pub fn get(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(format!("{}{path}", self.url)).header("Authorization", bearer());
        Ok(request.call()?.body_mut().read_json()?)
    }

    /// A `GET` that must succeed; the answer as text.
    pub fn text(&self, path: &str) -> Result<String> {
        let request = self.agent.get(format!("{}{path}", self.url)).header("Authorization", bearer());
        Ok(request.call()?.body_mut().with_config().limit(1 << 30).read_to_string()?)
    }

    /// Reads the event stream from `since` on until `enough` says so of an event; the events read, oldest first.
    pub fn events(&self, since: u64, mut enough: impl FnMut(&Value) -> bool) -> Result<Vec<Value>> {
        let address = format!("{}/api/events?since={since}", self.url);
        let mut answer = self.agent.get(address).header("Authorization", bearer()).call()?;
        let mut events = Vec::new();
        for line in BufReader::new(answer.body_mut().as_reader()).lines() {
            let line = line.with_context(|| format!("the stream ended after {} events", events.len()))?;
            let Some(data) = line.strip_prefix("data:") else { continue };
            let event: Value = serde_json::from_str(data.trim_start())?;
            let done = enough(&event);
            events.push(event);
            if done {
                return Ok(events);
            }
        }
        bail!("the stream ended after {} events", events.len())
    }
}

fn bearer() -> String {
    format!("Bearer {TOKEN}")
}

/// Starts the process and waits until it prints its address; from then on it answers.
fn spawn(data: &TempDir, port: u16) -> Result<(Child, u16)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_coscribe"))
        .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--token", TOKEN, "--data"])
        .arg(data.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (said, lines) = mpsc::channel();
    listen(child.stdout.take(), said.clone());
    listen(child.stderr.take(), said);
    let end = Instant::now() + START_LIMIT;
    let mut log = Vec::new();
    while let Ok(line) = lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
        if let Some(port) = port_in(&line) {
            return Ok((child, port));
        }
        log.push(line);
    }
    child.kill()?;
    bail!("the server printed no address:\n{}", log.join("\n"))
}

/// Passes on what the process says, and goes on reading when nobody wants to hear it any more: a full pipe would stop it.
fn listen(stream: Option<impl Read + Send + 'static>, said: mpsc::Sender<String>) {
    let Some(stream) = stream else { return };
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // The receiver is gone once the address is known.
            drop(said.send(line));
        }
    });
}

fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("http://127.0.0.1:")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
