//! A real server with a scripted provider, a notebook, and people who look at it: what the tests of prompt cells are made of.

use coscribe::vocabulary::ProviderKind;
use serde_json::{Value, json};

use crate::{
    peer::{self, Peer},
    protocol,
    script::{Connection, Request, SECRET, Script},
    server::{Answer, TestServer},
};

pub const KIND: ProviderKind = ProviderKind::OpenAi;

/// A server, the provider it asks, and a notebook with one prompt cell.
pub struct Asking {
    pub server: TestServer,
    pub script: Script,
    pub notebook: String,
    pub cell: String,
}

impl Asking {
    pub async fn start() -> Self {
        Self::over(TestServer::start_with(&["--viewer-token", VIEWER])).await
    }

    /// A notebook with the question “Why?” on a server that asks a script.
    pub async fn over(server: TestServer) -> Self {
        let script = Script::new().await;
        let provider = json!({ "kind": "openai", "address": format!("http://{}", script.address), "key": SECRET, "models": ["tiny"] });
        server.ask("PUT", "/api/providers/mine").json(&provider).expect(200);
        let (notebook, first) = server.notebook();
        server.ask("DELETE", &format!("/api/notebooks/{notebook}/cells/{first}")).send().expect(204);
        let cell = add(&server, &notebook, "prompt", "Why?");
        Self { server, script, notebook, cell }
    }

    /// Adds a cell at the end.
    pub fn add(&self, kind: &str, source: &str) -> String {
        add(&self.server, &self.notebook, kind, source)
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/notebooks/{}/{rest}", self.notebook)
    }

    /// An address of the prompt cell.
    pub fn of_cell(&self, rest: &str) -> String {
        self.path(&format!("cells/{}/{rest}", self.cell))
    }

    pub fn post(&self, path: &str, by: &str) -> Answer {
        self.server.ask("POST", path).header("x-coscribe-actor", by).send()
    }

    /// Presses Run in the prompt cell; the run's id.
    pub fn run(&self) -> String {
        self.post(&self.of_cell("run"), "Ana").expect(202)["runId"].as_str().unwrap().to_owned()
    }

    /// Waits for the end of a run.
    pub fn ended(&self, run: &str) -> Value {
        let ended = self.server.get(&format!("/api/runs/{run}?wait=60s")).expect(200);
        assert!(ended.get("endedAt").is_some(), "{ended}");
        ended
    }

    pub async fn peer(&self) -> Peer {
        Peer::join(&self.server, &self.notebook).await
    }

    /// The next question that reaches the provider, which begins to answer.
    pub async fn asked(&self) -> (Connection, Request) {
        let mut connection = self.script.accept().await;
        let request = connection.request().await;
        connection.begin(protocol::mime(KIND)).await;
        connection.write(&protocol::start(KIND)).await;
        (connection, request)
    }

    /// What the notebook holds of the answer in the prompt cell.
    pub fn stored(&self, part: &str) -> String {
        stored(&self.server.get(self.of_cell("").trim_end_matches('/')).expect(200), part)
    }

    /// All words of an answer that were told as events.
    pub fn told(&self, since: u64, thinking: bool) -> String {
        let events = self.server.logged(since);
        let deltas = events.iter().filter(|event| {
            event["event"] == "cell:answer.delta"
                && event["data"]["cell"] == self.cell
                && event["data"]["thinking"] == thinking
        });
        deltas.map(|event| event["data"]["text"].as_str().unwrap()).collect()
    }
}

/// Plays a script while somebody waits for the server.
pub fn meanwhile<T: Send>(call: impl FnOnce() -> T + Send, script: impl Future<Output = ()>) -> T {
    std::thread::scope(|scope| {
        let call = scope.spawn(call);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(script));
        call.join().unwrap()
    })
}

/// Who brings it may only read.
pub const VIEWER: &str = "viewers-may-read-here";

pub fn add(server: &TestServer, notebook: &str, kind: &str, source: &str) -> String {
    let cell = json!({ "type": kind, "source": source });
    server.post(&format!("/api/notebooks/{notebook}/cells"), &cell).expect(201)["id"].as_str().unwrap().to_owned()
}

/// A part of the answer in a cell as REST tells it.
pub fn stored(cell: &Value, part: &str) -> String {
    let outputs = cell["outputs"].as_array().unwrap().iter();
    let mut parts = outputs.filter(|output| output["metadata"]["coscribe"]["part"] == part);
    parts.next().map(|output| output["data"]["text/markdown"].as_str().unwrap().to_owned()).unwrap_or_default()
}

/// The provider says a word, and everybody has it before the next.
pub async fn say(
    connection: &mut Connection,
    word: &str,
    cell: &str,
    everybody: &mut [&mut Peer],
    so_far: &mut String,
) {
    connection.write(&protocol::text(KIND, word)).await;
    so_far.push_str(word);
    for peer in everybody {
        peer.until(|doc| peer::said(doc, cell, "answer") == *so_far).await;
    }
}

/// Waits until the document says so of the cell's run.
pub async fn until_run(peer: &mut Peer, cell: &str, wanted: &str) {
    peer.until(|doc| peer::run(doc, cell)["state"] == wanted).await;
}
