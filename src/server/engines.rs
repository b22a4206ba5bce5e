//! Kernels and language models as rooms see them: two vocabularies, translated word by word.
//!
//! Imports kernel, llm, room, tokens, notebook, vocabulary, config. Invariant: each engine's own bounded channel is the
//! only queue that may be long; those here hold a few words, so that an engine notices who reads slowly.

mod models;
mod widgets;

use std::{sync::OnceLock, time::Duration};

use tokio::sync::mpsc;

use crate::{
    config::{DataDirectory, KernelArgs},
    ids::NotebookId,
    kernel::{self, InvalidKernelSettings, KernelLimits, KernelSettings, Kernels, Start, StopReason},
    llm::{LlmSettings, Models},
    notebook::{self, ModelEvent, Output, Question},
    room::{AnswerLine, Engines, KernelAsk, KernelCommand, KernelEvent, KernelLine, Outcome, Weight},
    tokens::{LentToken, TokenBook},
    vocabulary::{KernelPhase, Scope, Scopes},
};

/// Words on their way between an engine and its room.
const WORDS: usize = 8;

/// The engines of a server.
pub struct ServerEngines {
    kernels: Kernels,
    /// What each kernel may use.
    limits: KernelLimits,
    models: Models,
    data: DataDirectory,
    /// There once the server listens; no kernel starts before.
    door: OnceLock<Door>,
}

/// How programs in cells reach this server, to draw widgets.
struct Door {
    url: String,
    tokens: TokenBook,
}

impl Door {
    /// A token that ends with the kernel, and the variables that bring it there.
    fn lend(&self, notebook: &NotebookId) -> (Option<LentToken>, Vec<(String, String)>) {
        let lent = self.tokens.lend(&format!("Kernel of {notebook}"), Scopes::from_iter([Scope::WidgetsDrive]));
        let lent = lent.inspect_err(|error| tracing::error!(%error, "a kernel has no token")).ok();
        let token = lent.as_ref().map(|lent| ("COSCRIBE_TOKEN".to_owned(), lent.secret.clone()));
        let named = [("COSCRIBE_URL", self.url.clone()), ("COSCRIBE_NOTEBOOK", notebook.to_string())];
        let named = named.map(|(name, value)| (name.to_owned(), value));
        (lent, named.into_iter().chain(token).collect())
    }
}

impl ServerEngines {
    /// Nothing is started or asked yet.
    ///
    /// # Errors
    /// A setting that this machine cannot follow.
    pub fn new(data: &DataDirectory, args: &KernelArgs) -> Result<Self, InvalidKernelSettings> {
        Ok(Self {
            kernels: Kernels::new(KernelSettings::from_args(args, data.path().to_owned())?),
            limits: KernelLimits::from_args(args),
            models: Models::new(&LlmSettings::from_process(data.models(), data.providers())),
            data: data.clone(),
            door: OnceLock::new(),
        })
    }

    /// From now on programs in cells find the server at `url`, each with a token of its kernel's own.
    pub fn open_door(&self, url: String, tokens: TokenBook) {
        if self.door.set(Door { url, tokens }).is_err() {
            tracing::error!("the door for programs in cells was opened twice");
        }
    }

    /// The language models, to be set up by people.
    pub fn models(&self) -> Models {
        self.models.clone()
    }

    /// The kernels, for those who ask about them apart from any notebook.
    pub fn kernels(&self) -> Kernels {
        self.kernels.clone()
    }
}

impl Engines for ServerEngines {
    fn start_kernel(&self, notebook: &NotebookId, spec: &str, language: Option<&str>) -> Result<KernelLine, String> {
        let (lent, variables) = self.door.get().map(|door| door.lend(notebook)).unwrap_or_default();
        let start = Start {
            spec: spec.to_owned(),
            language: language.map(str::to_owned),
            working_directory: self.data.files().join(notebook.as_str()),
            variables,
            limits: self.limits.clone(),
        };
        let kernel::Kernel { commands: told, questions: asked, events: heard } = self.kernels.start(start);
        let (commands, to_tell) = mpsc::channel(kernel::COMMANDS_WAITING);
        let (questions, to_ask) = mpsc::channel(kernel::ASKS_WAITING);
        let (to_hear, events) = mpsc::channel(WORDS);
        let idle = self.limits.idle.unwrap_or_default();
        tokio::spawn(pass_on(to_tell, told, |command| Some(command_to_kernel(command))));
        tokio::spawn(pass_on(to_ask, asked, |KernelAsk { question, reply }| {
            Some(kernel::KernelAsk { question, reply })
        }));
        tokio::spawn(async move {
            pass_on(heard, to_hear, move |event| event_of_kernel(event, idle)).await;
            // The kernel is over, and so is what its programs may do.
            drop(lent);
        });
        Ok(KernelLine { commands, questions, events })
    }

    fn ask(&self, question: Question) -> Result<AnswerLine, String> {
        let heard = self.models.ask(models::question(&question)).events;
        let (to_hear, events) = mpsc::channel(WORDS);
        tokio::spawn(pass_on(heard, to_hear, |event| Some(models::event(event))));
        Ok(AnswerLine { events })
    }

    fn weigh(&self, question: &Question) -> Weight {
        models::weigh(&self.models, question)
    }
}

/// Ends when either side does; what is dropped then tells the other.
async fn pass_on<From, To>(
    mut from: mpsc::Receiver<From>,
    to: mpsc::Sender<To>,
    translate: impl Fn(From) -> Option<To>,
) {
    loop {
        let said = tokio::select! {
            said = from.recv() => said,
            () = to.closed() => None,
        };
        let Some(said) = said else { return };
        if let Some(translated) = translate(said)
            && to.send(translated).await.is_err()
        {
            return;
        }
    }
}

fn command_to_kernel(command: KernelCommand) -> kernel::KernelCommand {
    match command {
        KernelCommand::Execute { run, cell, code } => {
            kernel::KernelCommand::Execute { run, code, cell: Some(cell), allow_input: true }
        }
        KernelCommand::Input { run, value } => kernel::KernelCommand::Input { run, value },
        KernelCommand::Comm { model, data, buffers, run } => {
            kernel::KernelCommand::Comm { comm: model, data, buffers, run }
        }
        KernelCommand::Interrupt => kernel::KernelCommand::Interrupt,
        KernelCommand::Restart => kernel::KernelCommand::Restart,
        KernelCommand::Shutdown => kernel::KernelCommand::Shutdown,
    }
}

/// What the room has no use for is passed over. `idle` is how long a kernel may have nothing to do.
fn event_of_kernel(event: kernel::KernelEvent, idle: Duration) -> Option<KernelEvent> {
    use kernel::KernelEvent as Said;
    let output = |run, output| Some(KernelEvent::Output { run, output });
    match event {
        Said::State(state) => Some(state_of_kernel(state, idle)),
        Said::Instead(spec) => Some(KernelEvent::Instead(spec)),
        Said::Ready(language) => Some(KernelEvent::Language(language.info)),
        Said::Preparation(progress) => {
            let fraction = Some(f64::from(progress.fraction));
            Some(KernelEvent::Log { line: progress.line?, fraction })
        }
        Said::Stream { run, name, text } => output(run, Output::Stream { name: stream_name(name), text }),
        Said::Display { run, bundle: shown, display_id: Some(display_id), update: true } => {
            output(run, Output::Update { bundle: bundle(shown), display_id })
        }
        Said::Display { run, bundle: shown, display_id, .. } => {
            output(run, Output::Display { bundle: bundle(shown), display_id })
        }
        Said::Result { run, bundle: shown, display_id, count } => {
            output(run, Output::Result { bundle: bundle(shown), display_id, count: count.map(whole) })
        }
        Said::Error { run, name, value, traceback } => output(run, Output::Error { name, value, traceback }),
        Said::Clear { run, wait } => output(run, Output::Clear { wait }),
        Said::InputWanted { run, prompt, password } => Some(KernelEvent::InputWanted { run, prompt, password }),
        Said::Finished { run, outcome, count } => {
            Some(KernelEvent::Finished { run, outcome: outcome_of(outcome), count: count.map(whole) })
        }
        Said::Notice { run, notice } => Some(KernelEvent::Notice { run, sentence: notice.to_string() }),
        Said::Comm(comm) => Some(KernelEvent::Model(widgets::event(comm)?)),
        Said::Takes { run, comm } => Some(KernelEvent::Model(ModelEvent::Takes { model: comm, run })),
        Said::Started { .. } | Said::NextInput { .. } => None,
    }
}

fn state_of_kernel(state: kernel::KernelState, idle: Duration) -> KernelEvent {
    use kernel::KernelState as State;
    let (phase, step, sentence) = match state {
        State::Preparing { step } => (KernelPhase::Preparing, Some(step.name()), None),
        State::Starting => (KernelPhase::Starting, None, None),
        State::Idle => (KernelPhase::Idle, None, None),
        State::Busy => (KernelPhase::Busy, None, None),
        State::Restarting => (KernelPhase::Restarting, None, None),
        State::Dead { sentence } => (KernelPhase::Dead, None, Some(sentence)),
        State::Stopped { reason } => (KernelPhase::Stopped, None, Some(why_stopped(reason, idle))),
    };
    KernelEvent::State { phase, step: step.map(str::to_owned), sentence }
}

fn why_stopped(reason: StopReason, idle: Duration) -> String {
    match reason {
        StopReason::Asked => "The kernel was shut down.".to_owned(),
        StopReason::Idle => {
            let idle = in_words(idle.as_secs());
            format!("The kernel had nothing to do for {idle} and was shut down: what it had in memory is gone.")
        }
        StopReason::Server => "The server stops, and its kernels with it.".to_owned(),
    }
}

/// A time in the largest unit that says it exactly.
fn in_words(seconds: u64) -> String {
    let units = [(24 * 3600, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (unit, name) =
        units.into_iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit)).unwrap_or(units[3]);
    let plural = if seconds / unit == 1 { "" } else { "s" };
    format!("{} {name}{plural}", seconds / unit)
}

fn stream_name(name: kernel::StreamName) -> notebook::StreamName {
    match name {
        kernel::StreamName::Stdout => notebook::StreamName::Stdout,
        kernel::StreamName::Stderr => notebook::StreamName::Stderr,
    }
}

fn bundle(kernel::Bundle { data, metadata }: kernel::Bundle) -> notebook::Bundle {
    notebook::Bundle { data, metadata }
}

fn outcome_of(outcome: kernel::Outcome) -> Outcome {
    match outcome {
        kernel::Outcome::Ok => Outcome::Ok,
        kernel::Outcome::Failed => Outcome::Failed,
        kernel::Outcome::Aborted => Outcome::Aborted,
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_after_which_a_kernel_was_shut_down_is_said_as_it_was_set() {
        let said = |seconds| why_stopped(StopReason::Idle, Duration::from_secs(seconds));
        for (seconds, words) in [(86_400, "1 day"), (7200, "2 hours"), (5400, "90 minutes"), (61, "61 seconds")] {
            assert!(said(seconds).contains(&format!("for {words} and")), "{}", said(seconds));
        }
    }
}
