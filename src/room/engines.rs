//! Where a room meets kernels and language models: the one seam, and the tasks that carry what engines say into the
//! room's mailbox.
//!
//! Invariant: at most one message of an engine waits in a mailbox, so that a program which never stops printing delays
//! nobody's keystroke; the engine's own bounded channel waits meanwhile.

use std::{collections::HashMap, sync::Arc, time::Duration};

use storage::Store;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::AbortHandle,
    time::{Instant, sleep_until},
};

use super::{
    effects::Input,
    handle::Command,
    pictures::with_pictures,
    runs::{AnswerEvent, EngineCall, Generation, KernelCommand, KernelEvent},
};
use crate::{
    ids::{NotebookId, RunId},
    notebook::{self, BlobRef, Bundle, Entries, LeftOut, Output, Question},
    vocabulary::{KernelAnswer, KernelPhase, KernelQuestion, Unanswered},
};

/// Between two messages of one engine to its room, so that a stream of outputs costs twenty transactions a second.
const PAUSE: Duration = Duration::from_millis(50);

/// Bytes of the states of widgets that go into a document in a second, if they change that fast: a picture ten times.
const STATE_RATE: f64 = 1_048_576.0;

/// How long the next message waits because of them, at most.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// Events of an engine that share a transaction at most.
const EVENTS_MAX: usize = 256;

/// A kernel, as a room talks with it. Dropping it ends the kernel.
#[derive(Debug)]
pub struct KernelLine {
    pub commands: mpsc::Sender<KernelCommand>,
    /// Questions go past the document and its disk: they change nothing.
    pub questions: mpsc::Sender<KernelAsk>,
    pub events: mpsc::Receiver<KernelEvent>,
}

/// A question to a kernel, and whom to answer.
#[derive(Debug)]
pub struct KernelAsk {
    pub question: KernelQuestion,
    pub reply: oneshot::Sender<Result<KernelAnswer, Unanswered>>,
}

impl KernelAsk {
    fn refuse(self, why: Unanswered) {
        if self.reply.send(Err(why)).is_err() {
            tracing::debug!("whoever asked a kernel did not wait for the answer");
        }
    }
}

/// An answer on its way. Dropping it drops the connection to the provider.
#[derive(Debug)]
pub struct AnswerLine {
    pub events: mpsc::Receiver<AnswerEvent>,
}

/// What makes kernels and asks language models. Both return at once; progress and failures come as events.
pub trait Engines: Send + Sync + 'static {
    /// Starts a kernel by its kernelspec, for code in this language if it is known.
    ///
    /// # Errors
    /// A sentence that says why there will be none.
    fn start_kernel(&self, notebook: &NotebookId, spec: &str, language: Option<&str>) -> Result<KernelLine, String>;

    /// Asks a language model.
    ///
    /// # Errors
    /// A sentence that says why there will be no answer.
    fn ask(&self, question: Question) -> Result<AnswerLine, String>;

    /// Who would answer a question, and how large it is.
    fn weigh(&self, question: &Question) -> Weight;
}

/// Who would answer a question, and about how many tokens it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Weight {
    /// As the question names it, if there is no such provider.
    pub provider: String,
    /// None if the provider is to be asked which it has.
    pub model: Option<String>,
    /// Of all that would be sent.
    pub tokens: u64,
    /// Of each message of the conversation.
    pub messages: Vec<u64>,
    /// Of each cell that is considered.
    pub cells: Vec<u64>,
    /// Why the question would fail at once: a sentence.
    pub problem: Option<String>,
}

const NO_MODELS: &str = "This server has no language models: it cannot answer questions.";

/// A server without kernels and language models says so.
#[derive(Debug, Clone, Copy)]
pub struct NoEngines;

impl Engines for NoEngines {
    fn start_kernel(&self, _: &NotebookId, _: &str, _: Option<&str>) -> Result<KernelLine, String> {
        Err("This server has no kernels: it cannot run code.".into())
    }

    fn ask(&self, _question: Question) -> Result<AnswerLine, String> {
        Err(NO_MODELS.into())
    }

    fn weigh(&self, question: &Question) -> Weight {
        let provider = question.provider.clone().unwrap_or_default();
        Weight { provider, problem: Some(NO_MODELS.into()), ..Weight::default() }
    }
}

/// Something that reaches a room from outside its connections.
#[derive(Debug)]
pub(super) enum Said {
    Kernel { generation: Generation, events: Vec<KernelEvent> },
    Model { run: RunId, events: Vec<AnswerEvent> },
    Kept { left_out: LeftOut, blob: Option<BlobRef> },
}

impl From<Said> for Input {
    fn from(said: Said) -> Self {
        match said {
            Said::Kernel { generation, events } => Self::Kernel { generation, events },
            Said::Model { run, events } => Self::Model { run, events },
            Said::Kept { left_out: LeftOut { cell, output, .. }, blob } => Self::Kept { cell, output, blob },
        }
    }
}

/// A task that ends with whoever holds this.
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Kernel {
    generation: Generation,
    commands: mpsc::Sender<KernelCommand>,
    questions: mpsc::Sender<KernelAsk>,
    _listening: Task,
}

/// The engines that work for one room.
pub(super) struct Workers {
    notebook: Option<NotebookId>,
    engines: Arc<dyn Engines>,
    way: Way,
    kernel: Option<Kernel>,
    answers: HashMap<RunId, Task>,
}

impl Workers {
    /// None yet. `mailbox` is the room's own.
    pub(super) fn new(
        notebook: Option<NotebookId>,
        engines: Arc<dyn Engines>,
        store: Arc<dyn Store>,
        mailbox: mpsc::WeakSender<Box<Command>>,
    ) -> Self {
        let way = Way { mailbox, store };
        Self { notebook, engines, way, kernel: None, answers: HashMap::new() }
    }

    /// Does what the room wants; gives what came of it at once.
    pub(super) fn call(&mut self, call: EngineCall) -> Option<Input> {
        match call {
            EngineCall::StartKernel { generation, spec, language } => {
                self.start(generation, &spec, language.as_deref())
            }
            EngineCall::Kernel { generation, command } => self.tell(generation, command),
            EngineCall::DropKernel { generation } => {
                self.kernel.take_if(|kernel| kernel.generation == generation);
                None
            }
            EngineCall::Ask { run, question } => {
                self.ask(run, *question);
                None
            }
            EngineCall::StopAnswer { run } => {
                self.answers.remove(&run);
                None
            }
            EngineCall::Keep(left_out) => {
                tokio::spawn(keep(self.way.clone(), left_out));
                None
            }
        }
    }

    fn start(&mut self, generation: Generation, spec: &str, language: Option<&str>) -> Option<Input> {
        match self.engines.start_kernel(self.notebook.as_ref()?, spec, language) {
            Ok(KernelLine { commands, questions, events }) => {
                let listening = tokio::spawn(listen_to_kernel(self.way.clone(), generation, events));
                let _listening = Task(listening.abort_handle());
                self.kernel = Some(Kernel { generation, commands, questions, _listening });
                None
            }
            Err(sentence) => Some(dead(generation, sentence).into()),
        }
    }

    fn tell(&mut self, generation: Generation, command: KernelCommand) -> Option<Input> {
        let kernel = self.kernel.as_ref().filter(|kernel| kernel.generation == generation)?;
        let refused = kernel.commands.try_send(command).err()?;
        let sentence = match refused {
            mpsc::error::TrySendError::Full(_) => "The kernel takes no more commands; it was given up.",
            mpsc::error::TrySendError::Closed(_) => "The kernel ended.",
        };
        Some(dead(generation, sentence.into()).into())
    }

    /// Asks the kernel something besides running code.
    pub(super) fn ask_kernel(&self, ask: KernelAsk) {
        let Some(kernel) = &self.kernel else { return ask.refuse(Unanswered::NotReady) };
        match kernel.questions.try_send(ask) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(ask)) => ask.refuse(Unanswered::Busy),
            Err(mpsc::error::TrySendError::Closed(ask)) => ask.refuse(Unanswered::NotReady),
        }
    }

    fn ask(&mut self, run: RunId, question: Question) {
        let asking = tokio::spawn(ask(self.way.clone(), self.engines.clone(), run.clone(), question));
        self.answers.insert(run, Task(asking.abort_handle()));
    }
}

fn dead(generation: Generation, sentence: String) -> Said {
    let state = KernelEvent::State { phase: KernelPhase::Dead, step: None, sentence: Some(sentence) };
    Said::Kernel { generation, events: vec![state] }
}

/// The way into a room, which it does not keep open.
#[derive(Clone)]
struct Way {
    mailbox: mpsc::WeakSender<Box<Command>>,
    store: Arc<dyn Store>,
}

impl Way {
    /// False if the room is gone.
    async fn send(&self, said: Said, permit: Option<OwnedSemaphorePermit>) -> bool {
        let Some(mailbox) = self.mailbox.upgrade() else { return false };
        mailbox.send(Box::new(Command::Said { said, permit })).await.is_ok()
    }

    /// Keeps a content; its reference, or nothing if the disk refuses it.
    fn put(&self, content: &[u8], mime: &str) -> Option<BlobRef> {
        let hash = self.store.put_blob(content);
        let hash = hash.inspect_err(|error| tracing::error!(%error, "an output could not be kept")).ok()?;
        Some(BlobRef { sha256: hash.to_string(), mime: mime.to_owned(), size: content.len() as u64 })
    }
}

/// One message at a time, with a pause between two.
struct Pace {
    turn: Arc<Semaphore>,
    next: Instant,
}

impl Pace {
    fn new() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), next: Instant::now() }
    }

    async fn wait(&mut self) -> Option<OwnedSemaphorePermit> {
        let permit = self.turn.clone().acquire_owned().await.ok();
        sleep_until(self.next).await;
        self.next = Instant::now() + PAUSE;
        permit
    }

    /// After large states of widgets the next message waits longer; what they change meanwhile is joined.
    fn slow_down(&mut self, heard: &mut [KernelEvent]) {
        let bytes: usize = heard.iter_mut().filter_map(state_in).map(|state| notebook::size_of(state)).sum();
        self.next += Duration::from_secs_f64(bytes as f64 / STATE_RATE).min(PAUSE_MAX);
    }
}

async fn listen_to_kernel(way: Way, generation: Generation, mut events: mpsc::Receiver<KernelEvent>) {
    let mut pace = Pace::new();
    loop {
        let permit = pace.wait().await;
        let mut heard = Vec::new();
        if events.recv_many(&mut heard, EVENTS_MAX).await == 0 {
            way.send(dead(generation, "The kernel ended.".into()), None).await;
            return;
        }
        pace.slow_down(&mut heard);
        let events = beside_the_document(&way, heard).await;
        if !way.send(Said::Kernel { generation, events }, permit).await {
            return;
        }
    }
}

async fn ask(way: Way, engines: Arc<dyn Engines>, run: RunId, question: Question) {
    let question = with_pictures(way.store.clone(), question).await;
    match engines.ask(question) {
        Ok(AnswerLine { events }) => listen_to_model(way, run, events).await,
        Err(sentence) => {
            way.send(Said::Model { run, events: vec![AnswerEvent::Failed { sentence }] }, None).await;
        }
    }
}

async fn listen_to_model(way: Way, run: RunId, mut events: mpsc::Receiver<AnswerEvent>) {
    let mut pace = Pace::new();
    loop {
        let permit = pace.wait().await;
        let mut heard = Vec::new();
        if events.recv_many(&mut heard, EVENTS_MAX).await == 0 {
            let sentence = "The answer ended in the middle.".to_owned();
            way.send(Said::Model { run, events: vec![AnswerEvent::Failed { sentence }] }, None).await;
            return;
        }
        if !way.send(Said::Model { run: run.clone(), events: heard }, permit).await {
            return;
        }
    }
}

/// Puts the large parts of outputs and of widgets into blobs, on a thread that may wait for the disk.
async fn beside_the_document(way: &Way, mut events: Vec<KernelEvent>) -> Vec<KernelEvent> {
    let outputs = events.iter_mut().filter_map(bundle_in).any(|bundle| notebook::is_large(bundle));
    let states = events.iter_mut().filter_map(state_in).any(|state| notebook::are_large(state));
    if !outputs && !states {
        return events;
    }
    let way = way.clone();
    let moved = tokio::task::spawn_blocking(move || {
        for bundle in events.iter_mut().filter_map(bundle_in) {
            notebook::move_large_parts(bundle, |content, mime| way.put(content, mime));
        }
        for state in events.iter_mut().filter_map(state_in) {
            notebook::move_large_entries(state, |content, mime| way.put(content, mime));
        }
        events
    });
    moved.await.unwrap_or_default()
}

fn bundle_in(event: &mut KernelEvent) -> Option<&mut Bundle> {
    match event {
        KernelEvent::Output {
            output: Output::Display { bundle, .. } | Output::Update { bundle, .. } | Output::Result { bundle, .. },
            ..
        } => Some(bundle),
        _ => None,
    }
}

fn state_in(event: &mut KernelEvent) -> Option<&mut Entries> {
    match event {
        KernelEvent::Model(event) => event.state_mut(),
        _ => None,
    }
}

async fn keep(way: Way, left_out: LeftOut) {
    let putting = way.clone();
    let kept = tokio::task::spawn_blocking(move || {
        let blob = putting.put(left_out.text.as_bytes(), "text/plain");
        (left_out, blob)
    });
    if let Ok((left_out, blob)) = kept.await {
        way.send(Said::Kept { left_out, blob }, None).await;
    }
}
