//! A notebook that runs code on a real server, and the Python environment that its tests share.

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde_json::{Value, json};
use tokio::time::timeout;
use yrs::{Any, Doc, Map, Out, Transact};

use crate::{
    peer::Peer,
    server::{LONGEST, TestServer, until},
};

/// Keeps the environment of the run before, for whoever works on the tests.
const KEEP: &str = "COSCRIBE_TEST_KEEP_ENVIRONMENT";

/// How often twenty seconds are waited: an environment takes a minute where it has to be made with pip.
const WAITS: usize = 15;

static ENVIRONMENT: OnceLock<PathBuf> = OnceLock::new();

/// Made once by a server, because somebody ran a cell (LN-13).
fn environment() -> &'static Path {
    ENVIRONMENT.get_or_init(|| {
        let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("it-kernels");
        if std::env::var_os(KEEP).is_none() && data.exists() {
            std::fs::remove_dir_all(&data).unwrap();
        }
        std::fs::create_dir_all(&data).unwrap();
        let kept = data.join("python/coscribe.json").exists();
        let server = TestServer::start_in(&data);
        let notebook = Notebook::new(&server, &["6 * 7"]);
        let ended = notebook.ended(&notebook.run(0));
        assert_eq!(ended["state"], "ok", "{ended} {}", notebook.kernel());
        assert_eq!(notebook.cell(0)["outputs"][0]["data"]["text/plain"], "42");
        let log = notebook.kernel()["log"].as_str().unwrap().to_owned();
        assert!(kept || log.contains("ipykernel"), "what was done to make it stands there: {log}");
        data.join("python")
    })
}

/// Gives a data directory the environment that all share.
pub fn share_environment(data: &Path) {
    symlink(environment(), data.join("python")).unwrap();
}

/// A server whose kernels start at once.
pub fn with_kernels(arguments: &[&str]) -> TestServer {
    TestServer::start_prepared(share_environment, arguments, &[])
}

/// A notebook with cells of code.
pub struct Notebook<'a> {
    pub server: &'a TestServer,
    pub id: String,
    pub cells: Vec<String>,
}

impl<'a> Notebook<'a> {
    pub fn new(server: &'a TestServer, sources: &[&str]) -> Self {
        let (id, first) = server.notebook();
        server.ask("DELETE", &format!("/api/notebooks/{id}/cells/{first}")).send().expect(204);
        let mut notebook = Self { server, id, cells: Vec::new() };
        for source in sources {
            notebook.add("code", source);
        }
        notebook
    }

    pub fn add(&mut self, kind: &str, source: &str) -> String {
        let cell = json!({ "type": kind, "source": source });
        let cell = self.server.post(&format!("/api/notebooks/{}/cells", self.id), &cell).expect(201);
        self.cells.push(cell["id"].as_str().unwrap().to_owned());
        self.cells.last().unwrap().clone()
    }

    pub fn path(&self, path: &str) -> String {
        format!("/api/notebooks/{}/{path}", self.id)
    }

    pub fn post(&self, path: &str, by: &str, body: &Value) -> Value {
        self.server.ask("POST", &self.path(path)).header("x-coscribe-actor", by).json(body).expect(202)
    }

    /// Presses Run; the run's id.
    pub fn run(&self, cell: usize) -> String {
        let run = self.post(&format!("cells/{}/run", self.cells[cell]), "Ana", &json!({}));
        run["runId"].as_str().unwrap().to_owned()
    }

    /// Waits for the end of a run.
    pub fn ended(&self, run: &str) -> Value {
        for _ in 0..WAITS {
            let found = self.server.get(&format!("/api/runs/{run}?wait=20s")).expect(200);
            if found.get("endedAt").is_some() {
                return found;
            }
        }
        panic!("the run did not end; the kernel: {}", self.kernel())
    }

    /// Runs code in a new cell to its end: the run, and the text it printed.
    pub fn tried(&mut self, source: &str) -> (Value, String) {
        self.add("code", source);
        let last = self.cells.len() - 1;
        let ended = self.ended(&self.run(last));
        (ended, self.printed(last))
    }

    /// Runs code in a new cell to its end, which must be good: the text it printed.
    pub fn output(&mut self, source: &str) -> String {
        let (ended, printed) = self.tried(source);
        assert_eq!(ended["state"], "ok", "{source}: {ended} {printed} {}", self.kernel());
        printed
    }

    /// All that a cell shows as text.
    pub fn printed(&self, cell: usize) -> String {
        let outputs = self.cell(cell)["outputs"].clone();
        outputs.as_array().unwrap().iter().filter_map(|output| output["text"].as_str()).collect()
    }

    pub fn kernel(&self) -> Value {
        self.server.get(&self.path("kernel")).expect(200)
    }

    pub fn cell(&self, cell: usize) -> Value {
        self.server.get(&self.path(&format!("cells/{}", self.cells[cell]))).expect(200)
    }

    /// Waits for the file by which code says that it has begun.
    pub fn until_begun(&self) {
        let begun = self.server.data().join("files").join(&self.id).join("begun");
        until("the cell has begun", || begun.exists());
    }

    /// Looks again whenever the document changed.
    pub async fn until(&self, wanted: impl Fn(&Self) -> bool) {
        let mut peer = self.peer().await;
        let looking = async {
            while !wanted(self) {
                peer.message().await;
            }
        };
        timeout(LONGEST, looking).await.expect("it comes to that in time");
    }

    pub async fn peer(&self) -> Peer {
        let mut peer = Peer::connect(&self.server.socket(&self.id)).await;
        for root in ["runs", "kernel"] {
            peer.doc.get_or_insert_map(root);
        }
        peer.ask_for_everything().await;
        peer
    }
}

/// What the document says of the last run of a cell.
pub fn said(doc: &Doc, cell: &str, key: &str) -> Option<String> {
    field(doc, "runs", cell, key)
}

/// What the document says of the kernel.
pub fn kernel_said(doc: &Doc, key: &str) -> Option<String> {
    field(doc, "kernel", "status", key)
}

fn field(doc: &Doc, root: &str, entry: &str, key: &str) -> Option<String> {
    let root = doc.get_or_insert_map(root);
    match root.get(&doc.transact(), entry)? {
        Out::Any(Any::Map(value)) => value.get(key).map(ToString::to_string),
        _ => None,
    }
}
