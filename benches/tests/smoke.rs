//! The generator against the raw relay and against the real server, for a second each: everything arrives, and is counted.
//! Nothing here is about time. `make bench` itself needs servers that a test run does not install.

use std::{
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

const GENERATOR: &str = env!("CARGO_BIN_EXE_coscribe-load");

/// A running server; gone with the test.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn relay(greeting: Option<&Path>) -> Self {
        let port = free_port();
        let mut command = Command::new(GENERATOR);
        command.args(["relay", "--listen", &format!("127.0.0.1:{port}")]);
        greeting.map(|path| command.arg("--greeting").arg(path));
        Self::start(&mut command, port, format!("relay://127.0.0.1:{port}/"))
    }

    fn coscribe(data: &Path) -> Self {
        let port = free_port();
        let binary = Path::new(GENERATOR).with_file_name("coscribe");
        assert!(binary.exists(), "no {}: `cargo test --workspace` builds it", binary.display());
        let mut command = Command::new(binary);
        command.args(["serve", "--no-token", "--listen", &format!("127.0.0.1:{port}")]).arg("--data").arg(data);
        Self::start(&mut command, port, format!("ws://127.0.0.1:{port}/ws/doc:"))
    }

    fn start(command: &mut Command, port: u16, address: String) -> Self {
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let mut server = Self { process, address };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "the server does not listen");
            assert!(server.process.try_wait().unwrap().is_none(), "the server has ended");
            thread::yield_now();
        }
        server
    }

    fn load(&self, scenario: &str, document: &str, options: &[&str]) -> Value {
        let address = format!("{}{document}", self.address);
        let process = self.process.id().to_string();
        load(&[&[scenario, "--address", &address, "--process", &process], options].concat())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().expect("a child can be ended");
        self.process.wait().expect("it ends");
    }
}

fn load(arguments: &[&str]) -> Value {
    let done = Command::new(GENERATOR).args(arguments).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A short recording and its greeting in a folder of their own.
struct Recorded {
    folder: tempfile::TempDir,
    clock: String,
}

impl Recorded {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let trace = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/traces/automerge-paper.json.gz");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let files = ["--recording", &path("recording"), "--greeting", &path("greeting")];
        let made = load(&[&["record", "--trace", trace, "--edits", "2000"], &files[..]].concat());
        let clock = made["clock"].to_string();
        Self { folder, clock }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[test]
fn every_update_reaches_every_reader_of_relay_and_server_and_is_counted_once() {
    let data = tempfile::tempdir().unwrap();
    for server in [Server::relay(None), Server::coscribe(data.path())] {
        let found = server.load("fan-out", "typed", &["--readers", "5", "--rate", "50", "--seconds", "1"]);
        let updates = found["updates"].as_u64().unwrap();
        assert!(updates > 0);
        assert_eq!(found["deliveries"].as_u64(), Some(updates * 5), "{}", server.address);
        let found = server.load("presence", "seen", &["--people", "5", "--seconds", "1"]);
        assert!(found["messagesPerSecond"].as_f64() > Some(0.0), "{}", server.address);
    }
}

#[test]
fn a_recording_that_was_ingested_is_what_everybody_who_comes_gets() {
    let (data, recorded) = (tempfile::tempdir().unwrap(), Recorded::new());
    let server = Server::coscribe(data.path());
    let recording = recorded.file("recording");
    let found = server.load("ingest", "kept", &["--recording", recording.to_str().unwrap()]);
    assert_eq!(found["clock"].to_string(), recorded.clock);
    let relay = Server::relay(Some(&recorded.file("greeting")));
    for server in [&server, &relay] {
        let crowd = ["--clock", &recorded.clock, "--one-by-one", "3", "--at-once", "20"];
        let found = server.load("join", "kept", &crowd);
        assert_eq!([&found["failed"], &found["incomplete"]], [&Value::from(0), &Value::from(0)], "{}", server.address);
    }
}
