//! The real binary on a free port, ended when the test ends.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// Long enough for a machine that compiles beside the tests.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Long enough for what consists of many such steps.
pub const LONGEST: Duration = PATIENCE.saturating_mul(4);

/// Looks until it is so, for as long as tests are patient.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::yield_now();
    }
}

/// An address for a server that is started there again. Its port is none that the system gives to whoever connects: while
/// the server is down, a client that tries again and again could otherwise be given it, and would talk to itself.
pub fn lasting_address() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let addresses = (0..1_000).map(|_| format!("127.0.0.1:{}", first + NEXT.fetch_add(1, Ordering::Relaxed)));
    addresses.into_iter().find(|address| TcpListener::bind(address).is_ok()).expect("a free port")
}

/// A server of its own for one test.
pub struct TestServer {
    child: Child,
    /// Kept open: a server whose standard output is closed could not print.
    _stdout: BufReader<ChildStdout>,
    /// `http://127.0.0.1:PORT/`, base path included.
    pub url: String,
    /// Everything the server printed first: the clickable link.
    pub link: String,
    pub token: String,
    directory: Directory,
}

enum Directory {
    Own(TempDir),
    Given(PathBuf),
}

/// An answer of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?} {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The code of a refusal that must have this status and a sentence.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        let body = self.expect(status);
        let message = body["error"]["message"].as_str().expect("a sentence");
        assert!(
            message.ends_with('.') && message.chars().next().is_some_and(|first| !first.is_lowercase()),
            "{message:?}"
        );
        body["error"]["code"].as_str().expect("a code").to_owned()
    }
}

/// A request to be sent.
pub struct Request<'a> {
    server: &'a TestServer,
    method: &'a str,
    path: &'a str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn json(self, body: &Value) -> Answer {
        self.header("content-type", "application/json").bytes(body.to_string().as_bytes())
    }

    pub fn bytes(mut self, body: &[u8]) -> Answer {
        self.body = body.to_vec();
        self.send()
    }

    pub fn send(self) -> Answer {
        let url = format!("{}{}", self.server.url, self.path.trim_start_matches('/'));
        let request = ureq::http::Request::builder().method(self.method).uri(url);
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let mut response = agent.run(request.body(self.body).unwrap()).expect("the server answers");
        let body = response.body_mut().with_config().limit(1 << 30).read_to_vec().expect("the answer is whole");
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }
}

impl TestServer {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server over data that outlive it, whose command something is added to.
    pub fn start_as(data: &Path, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        Self::launch(Directory::Given(data.to_owned()), arguments, prepare)
    }

    pub fn start_with(arguments: &[&str]) -> Self {
        Self::launch(Directory::Own(tempfile::tempdir().unwrap()), arguments, |_| {})
    }

    /// A server over data that outlive it.
    pub fn start_in(data: &Path) -> Self {
        Self::start_in_with(data, &[])
    }

    pub fn start_in_with(data: &Path, arguments: &[&str]) -> Self {
        Self::start_as(data, arguments, |_| {})
    }

    /// A server with variables of its own over data of its own, which are prepared first.
    pub fn start_prepared(prepare: impl FnOnce(&Path), arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        prepare(directory.path());
        Self::launch(Directory::Own(directory), arguments, |command| {
            command.envs(variables.iter().copied());
        })
    }

    fn launch(directory: Directory, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        let data = match &directory {
            Directory::Own(directory) => directory.path(),
            Directory::Given(path) => path,
        };
        // A test that restarts its server where clients look for it says where.
        let anywhere: &[&str] = if arguments.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        let mut command = binary();
        command.args(["serve", "--data"]).arg(data).args(anywhere).args(arguments).stdout(Stdio::piped());
        prepare(&mut command);
        let mut child = command.spawn().expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let link = line.split_whitespace().last().expect("the server prints its link").to_owned();
        let (url, token) = link.split_once("?token=").map_or((link.as_str(), ""), |(url, token)| (url, token));
        Self { url: url.to_owned(), token: token.to_owned(), link: link.clone(), child, _stdout: stdout, directory }
    }

    pub fn data(&self) -> &Path {
        match &self.directory {
            Directory::Own(directory) => directory.path(),
            Directory::Given(path) => path,
        }
    }

    pub fn port(&self) -> u16 {
        self.url.split(':').nth(2).unwrap().split('/').next().unwrap().parse().unwrap()
    }

    /// `ws://127.0.0.1:PORT/ws/…`, with the token.
    pub fn socket(&self, document: &str) -> String {
        format!("{}ws/{document}?token={}", self.url.replacen("http", "ws", 1), self.token)
    }

    /// A request that brings the token.
    pub fn ask<'a>(&'a self, method: &'a str, path: &'a str) -> Request<'a> {
        let token = format!("Bearer {}", self.token);
        self.ask_without_token(method, path).header("authorization", &token)
    }

    pub fn ask_without_token<'a>(&'a self, method: &'a str, path: &'a str) -> Request<'a> {
        Request { server: self, method, path, headers: Vec::new(), body: Vec::new() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).send()
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path).json(body)
    }

    /// A new notebook of one empty code cell: its id and its cell's.
    pub fn notebook(&self) -> (String, String) {
        let id = self.post("/api/notebooks", &serde_json::json!({})).expect(201)["id"].as_str().unwrap().to_owned();
        let cell = self.cells(&id)[0].0.clone();
        (id, cell)
    }

    /// Ids and sources in their order.
    pub fn cells(&self, notebook: &str) -> Vec<(String, String)> {
        let list = self.get(&format!("/api/notebooks/{notebook}/cells")).expect(200);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        list["cells"].as_array().unwrap().iter().map(|cell| (text(&cell["id"]), text(&cell["source"]))).collect()
    }

    /// The newest event's number.
    pub fn last_event(&self) -> u64 {
        self.logged(0).last().map_or(0, |event| event["seq"].as_u64().unwrap())
    }

    /// All events after `since` that the log holds.
    pub fn logged(&self, since: u64) -> Vec<Value> {
        let answer = self.get(&format!("/api/events?follow=false&since={since}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = answer.text();
        text.lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }

    /// Runs a client command against this server.
    pub fn command(&self, arguments: &[&str]) -> Output {
        binary().args(arguments).arg("--data").arg(self.data()).output().expect("the binary runs")
    }

    pub fn signal(&self, name: &str) {
        let done = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Waits for the end of the process: its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        until("the server ends", || self.child.try_wait().unwrap().is_some());
        self.child.wait().unwrap().code()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // The process may have ended already; both calls then fail, which is as good.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

/// The binary, without settings and keys from the environment of the tests.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coscribe"));
    let ours =
        |name: &str| ["COSCRIBE_", "OPENAI_", "ANTHROPIC_", "OLLAMA_"].iter().any(|start| name.starts_with(start));
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command.env("COSCRIBE_LOG", "error");
    command
}
