//! Kernels and language models as rooms see them: two vocabularies, translated word by word.
//!
//! Imports kernel, llm, room, notebook, vocabulary, config. Invariant: each engine's own bounded channel is the only queue
//! that may be long; those here hold a few words, so that an engine notices who reads slowly.

mod models;

use std::{path::PathBuf, time::Duration};

use tokio::sync::mpsc;

use crate::{
    config::DataDirectory,
    ids::NotebookId,
    kernel::{self, KernelLimits, KernelSettings, Kernels, PreparationStep, Start, StopReason},
    llm::{LlmSettings, Models},
    notebook::{self, Output, Question},
    room::{AnswerLine, Engines, KernelCommand, KernelEvent, KernelLine, Outcome, Weight},
    vocabulary::KernelPhase,
};

/// Words on their way between an engine and its room.
const WORDS: usize = 8;

/// A kernel that had nothing to do for so long is shut down: longer than a lunch, shorter than a night.
const KERNEL_IDLE: Duration = Duration::from_secs(4 * 3600);

/// The kernelspec of a notebook that names none.
const DEFAULT_SPEC: &str = "python3";

/// The engines of a server.
pub struct ServerEngines {
    kernels: Kernels,
    models: Models,
    /// Each notebook's code runs in a folder of its own below.
    files: PathBuf,
}

impl ServerEngines {
    /// Nothing is started or asked yet.
    pub fn new(data: &DataDirectory) -> Self {
        Self {
            kernels: Kernels::new(KernelSettings::new(data.path().to_owned())),
            models: Models::new(&LlmSettings::from_process(data.models(), data.providers())),
            files: data.files(),
        }
    }

    /// The language models, to be set up by people.
    pub fn models(&self) -> Models {
        self.models.clone()
    }

    /// The kernels, to be stopped with the server.
    pub fn kernels(&self) -> Kernels {
        self.kernels.clone()
    }
}

impl Engines for ServerEngines {
    fn start_kernel(&self, notebook: &NotebookId, spec: Option<&str>) -> Result<KernelLine, String> {
        let start = Start {
            spec: spec.unwrap_or(DEFAULT_SPEC).to_owned(),
            working_directory: self.files.join(notebook.as_str()),
            limits: KernelLimits { idle: Some(KERNEL_IDLE), ..KernelLimits::default() },
        };
        let kernel::Kernel { commands: told, events: heard } = self.kernels.start(start);
        let (commands, to_tell) = mpsc::channel(kernel::COMMANDS_WAITING);
        let (to_hear, events) = mpsc::channel(WORDS);
        tokio::spawn(pass_on(to_tell, told, |command| Some(command_to_kernel(command))));
        tokio::spawn(pass_on(heard, to_hear, event_of_kernel));
        Ok(KernelLine { commands, events })
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
        KernelCommand::Execute { run, code } => kernel::KernelCommand::Execute { run, code, allow_input: true },
        KernelCommand::Input { run, value } => kernel::KernelCommand::Input { run, value },
        KernelCommand::Interrupt => kernel::KernelCommand::Interrupt,
        KernelCommand::Restart => kernel::KernelCommand::Restart,
        KernelCommand::Shutdown => kernel::KernelCommand::Shutdown,
    }
}

/// What the room has no use for yet (completions, widgets) is passed over.
fn event_of_kernel(event: kernel::KernelEvent) -> Option<KernelEvent> {
    use kernel::KernelEvent as Said;
    let output = |run, output| Some(KernelEvent::Output { run, output });
    match event {
        Said::State(state) => Some(state_of_kernel(state)),
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
        Said::Started { .. }
        | Said::NextInput { .. }
        | Said::Installed { .. }
        | Said::Completions { .. }
        | Said::Inspected { .. }
        | Said::Comm(_) => None,
    }
}

fn state_of_kernel(state: kernel::KernelState) -> KernelEvent {
    use kernel::KernelState as State;
    let (phase, step, sentence) = match state {
        State::Preparing { step } => (KernelPhase::Preparing, Some(step_name(step)), None),
        State::Starting => (KernelPhase::Starting, None, None),
        State::Idle => (KernelPhase::Idle, None, None),
        State::Busy => (KernelPhase::Busy, None, None),
        State::Restarting => (KernelPhase::Restarting, None, None),
        State::Dead { sentence } => (KernelPhase::Dead, None, Some(sentence)),
        State::Stopped { reason } => (KernelPhase::Stopped, None, Some(why_stopped(reason))),
    };
    KernelEvent::State { phase, step: step.map(str::to_owned), sentence: sentence.map(Into::into) }
}

fn step_name(step: PreparationStep) -> &'static str {
    match step {
        PreparationStep::FindPython => "findPython",
        PreparationStep::MakeEnvironment => "makeEnvironment",
        PreparationStep::InstallPackages => "installPackages",
        PreparationStep::Check => "check",
    }
}

fn why_stopped(reason: StopReason) -> String {
    match reason {
        StopReason::Asked => "The kernel was shut down.",
        StopReason::Idle => "The kernel had nothing to do for hours and was shut down.",
        StopReason::Server => "The server stops, and its kernels with it.",
    }
    .to_owned()
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
