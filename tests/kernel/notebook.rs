//! A notebook that runs code on a kernel, and the one environment that all tests share.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use coscribe::{
    ids::RunId,
    kernel::{
        Bundle, Kernel, KernelAsk, KernelCommand, KernelEvent, KernelLimits, KernelSettings, KernelState, Kernels,
        Notice, Outcome, Start, StreamName,
    },
    vocabulary::{KernelAnswer, KernelQuestion, Unanswered},
};
use tempfile::TempDir;
use tokio::{
    sync::{OnceCell, oneshot},
    time::timeout,
};

/// Nothing here takes that long, not even on a machine that compiles beside the tests.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// Keeps the environment of the run before, for whoever works on the tests.
const KEEP: &str = "COSCRIBE_TEST_KEEP_ENVIRONMENT";

static ENVIRONMENT: OnceCell<PathBuf> = OnceCell::const_new();

/// The data directory whose environment all tests share; two notebooks that begin at once make it.
pub async fn shared_data() -> &'static Path {
    ENVIRONMENT.get_or_init(make_shared).await
}

async fn make_shared() -> PathBuf {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernels");
    if std::env::var_os(KEEP).is_none() && data.exists() {
        std::fs::remove_dir_all(&data).unwrap();
    }
    std::fs::create_dir_all(&data).unwrap();
    let kernels = Kernels::new(settings(&data));
    let (mut one, mut other) = (Notebook::open(&kernels), Notebook::open(&kernels));
    for notebook in [&mut one, &mut other] {
        let run = notebook.run("import os; print(os.getcwd())");
        notebook.finished(&run).await;
        assert_eq!(notebook.stdout(&run).trim_end(), notebook.directory.path().join("files").to_string_lossy());
    }
    kernels.stop().await;
    data
}

/// Settings whose keeper is the real binary.
pub fn settings(data: &Path) -> KernelSettings {
    KernelSettings { keeper: env!("CARGO_BIN_EXE_coscribe").into(), ..KernelSettings::new(data.to_owned()) }
}

/// Kernels of the shared environment.
pub async fn kernels() -> Kernels {
    Kernels::new(settings(shared_data().await))
}

/// Whoever holds a kernel.
pub struct Notebook {
    pub kernel: Kernel,
    pub directory: TempDir,
    /// Everything that was told so far.
    pub events: Vec<KernelEvent>,
}

impl Notebook {
    /// Starts a kernel without limits in a directory of its own.
    pub fn open(kernels: &Kernels) -> Self {
        Self::with(kernels, "python3", KernelLimits::default())
    }

    pub fn with(kernels: &Kernels, spec: &str, limits: KernelLimits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let working_directory = directory.path().join("files");
        let kernel = kernels.start(Start {
            spec: spec.into(),
            language: None,
            working_directory,
            variables: Vec::new(),
            limits,
        });
        Self { kernel, directory, events: Vec::new() }
    }

    pub fn send(&self, command: KernelCommand) {
        self.kernel.commands.try_send(command).unwrap();
    }

    /// Asks for a run that may ask for input.
    pub fn run(&self, code: &str) -> RunId {
        let run = RunId::generate();
        self.send(KernelCommand::Execute { run: run.clone(), code: code.into(), cell: None, allow_input: true });
        run
    }

    /// Asks the kernel something besides running code.
    pub async fn ask(&self, question: KernelQuestion) -> Result<KernelAnswer, Unanswered> {
        let (reply, answer) = oneshot::channel();
        self.kernel.questions.try_send(KernelAsk { question, reply }).unwrap();
        timeout(PATIENCE, answer).await.expect("within two seconds").expect("an answer")
    }

    /// Waits for the file by which code says that it has begun.
    pub async fn until_begun(&self) {
        let begun = self.directory.path().join("files/begun");
        soon("the cell has begun", || begun.exists()).await;
    }

    /// Reads events until one fits, which is given back. Fails with all that was heard.
    pub async fn until(&mut self, fits: impl Fn(&KernelEvent) -> bool) -> KernelEvent {
        let found = timeout(PATIENCE, async {
            while let Some(event) = self.kernel.events.recv().await {
                self.events.push(event.clone());
                if fits(&event) {
                    return Some(event);
                }
            }
            None
        });
        found.await.ok().flatten().unwrap_or_else(|| panic!("it did not happen; heard {:#?}", self.last_events()))
    }

    fn last_events(&self) -> &[KernelEvent] {
        &self.events[self.events.len().saturating_sub(60)..]
    }

    /// Reads until the run has ended.
    pub async fn finished(&mut self, run: &RunId) -> Outcome {
        let ended = self.until(|event| matches!(event, KernelEvent::Finished { run: ended, .. } if ended == run)).await;
        let KernelEvent::Finished { outcome, .. } = ended else { unreachable!("it fits") };
        outcome
    }

    /// Runs code to its end, which must be good; its standard output.
    pub async fn output(&mut self, code: &str) -> String {
        let run = self.run(code);
        let outcome = self.finished(&run).await;
        assert_eq!(outcome, Outcome::Ok, "{code}: {:#?}", self.last_events());
        self.stdout(&run)
    }

    pub async fn state(&mut self, fits: impl Fn(&KernelState) -> bool) -> KernelState {
        let event = self.until(|event| matches!(event, KernelEvent::State(state) if fits(state))).await;
        let KernelEvent::State(state) = event else { unreachable!("it fits") };
        state
    }

    /// Reads until the kernel is dead, if it has not said so last; why.
    pub async fn death(&mut self) -> String {
        let state = |event: &KernelEvent| match event {
            KernelEvent::State(state) => Some(state.clone()),
            _ => None,
        };
        if let Some(KernelState::Dead { sentence }) = self.events.iter().rev().find_map(state) {
            return sentence;
        }
        let KernelState::Dead { sentence } = self.state(|state| matches!(state, KernelState::Dead { .. })).await else {
            unreachable!("it fits")
        };
        sentence
    }

    pub fn text(&self, of: &RunId, wanted: StreamName) -> String {
        let text = |event: &KernelEvent| match event {
            KernelEvent::Stream { run, name, text } if run == of && *name == wanted => Some(text.clone()),
            _ => None,
        };
        self.events.iter().filter_map(text).collect()
    }

    pub fn stdout(&self, of: &RunId) -> String {
        self.text(of, StreamName::Stdout)
    }

    pub fn displays(&self, of: &RunId) -> Vec<(Bundle, Option<String>, bool)> {
        let display = |event: &KernelEvent| match event {
            KernelEvent::Display { run, bundle, display_id, update } if run == of => {
                Some((bundle.clone(), display_id.clone(), *update))
            }
            _ => None,
        };
        self.events.iter().filter_map(display).collect()
    }

    pub fn notices(&self, of: &RunId) -> Vec<Notice> {
        let notice = |event: &KernelEvent| match event {
            KernelEvent::Notice { run: Some(run), notice } if run == of => Some(notice.clone()),
            _ => None,
        };
        self.events.iter().filter_map(notice).collect()
    }

    /// The process id of the kernel.
    pub async fn process(&mut self) -> i32 {
        self.output("import os; print(os.getpid())").await.trim().parse().unwrap()
    }
}

/// Looks until it is so, for as long as tests are patient.
pub async fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::task::yield_now().await;
    }
}

/// Whether a process lives; one that ended and was not waited for does not.
pub fn is_alive(process: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next()).is_some_and(|state| state != 'Z')
}
