//! A real language model, served by llama.cpp: that its answers stream, end, are counted and can be stopped. What it says is
//! not judged; it is a very small model.
//!
//! `make` installs what these tests need into `target/language-model`, and `tests/run.py` runs them.

use std::{path::Path, process::Stdio};

use coscribe::{
    llm::{AnswerEvent, Message, Models, ProviderSettings, Question, Role, Stop, Times},
    vocabulary::ProviderKind,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    sync::{Mutex, MutexGuard},
    time::timeout,
};

use crate::provider::{HANG, models_with, next, whole};

/// Enough to see a stream, little enough for one slow core.
const TOKENS: u32 = 40;

/// One model at a time: two would only wait for each other's core.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The server of one test. It ends when its standard input does, so also when the test is killed.
struct ModelServer {
    /// Holds standard input open, and ends the server on drop.
    _child: Child,
    log: Lines<BufReader<ChildStderr>>,
    models: Models,
    _alone: MutexGuard<'static, ()>,
}

impl ModelServer {
    /// Starts it and lets the engine speak that protocol with it; llama.cpp speaks both.
    async fn start(kind: ProviderKind) -> Self {
        let alone = ALONE.lock().await;
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new("python3")
            .arg(root.join("tests/llm/model_server.py"))
            .arg(root.join("target/language-model"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python3");
        let mut log = BufReader::new(child.stderr.take().expect("standard error")).lines();
        let mut output = BufReader::new(child.stdout.take().expect("standard output")).lines();
        let address = timeout(HANG, output.next_line()).await.expect("the model takes too long").expect("text");
        let Some(address) = address else { panic!("the model server did not start:\n{}", rest(&mut log).await) };
        let models = models_with(Times::default());
        let settings = ProviderSettings { url: Some(address), ..ProviderSettings::new("local", kind) };
        models.set(settings).expect("good settings");
        Self { _child: child, log, models, _alone: alone }
    }

    /// Reads the server's log up to a line with these words.
    async fn logged(&mut self, words: &str) {
        let mut lines = Vec::new();
        let found = timeout(HANG, async {
            while let Some(line) = self.log.next_line().await.expect("text") {
                if line.contains(words) {
                    return;
                }
                lines.push(line);
            }
            panic!("the log ended without {words:?}");
        });
        found.await.unwrap_or_else(|_| panic!("{words:?} is not in the log"));
    }
}

/// What is left of a log.
async fn rest(log: &mut Lines<BufReader<ChildStderr>>) -> String {
    let mut text = String::new();
    while let Ok(Some(line)) = log.next_line().await {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn question(text: &str, tokens: u32) -> Question {
    Question {
        system: Some("You are a helpful assistant.".into()),
        messages: vec![Message::new(Role::User, text)],
        max_tokens: Some(tokens),
        ..Question::default()
    }
}

async fn streams_an_answer(kind: ProviderKind) {
    let server = ModelServer::start(kind).await;
    let answer = whole(server.models.ask(question("Name some capitals of Europe.", TOKENS))).await;
    let AnswerEvent::Done { usage, model, stop } = &answer.last else { panic!("{:?}", answer.last) };
    assert!(answer.events > 1 && !answer.text.trim().is_empty(), "{answer:?}");
    assert!(!usage.estimated && usage.input > 5 && (1..=u64::from(TOKENS)).contains(&usage.output), "{usage:?}");
    assert!(model.contains("SmolLM2"), "{model}");
    assert!(matches!(stop, Stop::Completed | Stop::Length), "{stop:?}");
}

#[tokio::test]
#[ignore = "needs target/language-model; tests/run.py runs it"]
async fn ln_31_a_real_model_streams_by_the_protocol_of_openai() {
    streams_an_answer(ProviderKind::OpenAi).await;
}

#[tokio::test]
#[ignore = "needs target/language-model; tests/run.py runs it"]
async fn ln_31_a_real_model_streams_by_the_protocol_of_anthropic() {
    streams_an_answer(ProviderKind::Anthropic).await;
}

#[tokio::test]
#[ignore = "needs target/language-model; tests/run.py runs it"]
async fn ln_36_a_real_model_stops_working_when_its_answer_is_dropped_and_answers_the_next_question() {
    let mut server = ModelServer::start(ProviderKind::OpenAi).await;
    // So long that it cannot have ended by itself; it is stopped at the first words.
    let mut answering = server.models.ask(question("Count from one to a thousand in words.", 1_000));
    assert!(matches!(next(&mut answering).await, AnswerEvent::Text(_)));
    drop(answering);
    server.logged("cancel task").await;
    // Its one slot is free again.
    let answer = whole(server.models.ask(question("Hello", 5))).await;
    assert!(matches!(answer.last, AnswerEvent::Done { .. }), "{:?}", answer.last);
}
