//! A real language model as a process: `model_server.py`, llama.cpp with a very small model.
//!
//! `make` installs what it needs into `target/language-model`. Knows nothing of the engine: the suites of the engine and of
//! the whole server share it.

use std::{path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::{Mutex, MutexGuard, mpsc},
    time::timeout,
};

use crate::script::HANG;

/// One model at a time: two would only wait for each other's core.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The server of one test. It ends when its standard input does, so also when the test is killed.
pub struct ModelServer {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub address: String,
    /// Holds standard input open, and ends the server on drop.
    _child: Child,
    log: mpsc::UnboundedReceiver<String>,
    _alone: MutexGuard<'static, ()>,
}

impl ModelServer {
    /// Starts it. An answer has at most so many tokens, unless its question says otherwise.
    pub async fn start(tokens: u32) -> Self {
        let alone = ALONE.lock().await;
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new("python3")
            .arg(root.join("tests/llm/model_server.py"))
            .arg(root.join("target/language-model"))
            .arg(tokens.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python3");
        let mut log = lines(child.stderr.take().expect("standard error"));
        let mut output = lines(child.stdout.take().expect("standard output"));
        let Some(address) = timeout(HANG, output.recv()).await.expect("the model takes too long") else {
            panic!("the model server did not start:\n{}", rest(&mut log).await)
        };
        Self { address, _child: child, log, _alone: alone }
    }

    /// Reads the server's log up to a line with these words.
    pub async fn logged(&mut self, words: &str) {
        let found = timeout(HANG, async {
            while let Some(line) = self.log.recv().await {
                if line.contains(words) {
                    return;
                }
            }
            panic!("the log ended without {words:?}");
        });
        found.await.unwrap_or_else(|_| panic!("{words:?} is not in the log"));
    }
}

/// The lines of a pipe, read at once: a full one would stop whoever writes. Unbounded: a test is short.
fn lines(pipe: impl AsyncRead + Unpin + Send + 'static) -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn rest(log: &mut mpsc::UnboundedReceiver<String>) -> String {
    let mut text = String::new();
    while let Some(line) = log.recv().await {
        text.push_str(&line);
        text.push('\n');
    }
    text
}
