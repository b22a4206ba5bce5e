//! Language models: questions to providers, answers as streams. Owns connections to providers and what is known of them.
//!
//! Floor 2: knows nothing of rooms and documents. [`Models`] is the one way in: [`Models::ask`] gives a bounded channel of
//! [`AnswerEvent`]s whose drop closes the provider's connection. Which providers there are, `llm/settings.rs` and
//! `llm/environment.rs` tell. May import tokio, genai and reqwest; their types stay inside. Invariant: no key leaves but in
//! a header to the host that it was given for.

mod answer;
mod asking;
mod client;
mod delivery;
mod demo;
mod environment;
mod failure;
mod key;
mod observed;
mod provider;
mod question;
mod refusal;
mod registry;
mod request;
mod settings;
mod stream;
mod think_tags;
mod times;
mod tokens;

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use tokio::sync::mpsc;

pub use self::{
    answer::{AnswerEvent, Answering, Stop, Usage},
    failure::Failure,
    key::Key,
    provider::{DEMO_MODEL, ExtraFields, InvalidProvider, ProviderKind, ProviderSettings},
    question::{IMAGE_KINDS, Image, InvalidQuestion, Message, QUESTION_BYTES, Question, Role, Thinking},
    registry::{Listing, ProviderListing, Source},
    settings::{Choice, Environment, read_provider},
    times::Times,
};
use self::{
    client::Client,
    environment::read_environment,
    registry::Registry,
    settings::{Described, read_file},
};

/// Rights of others to a file.
const OTHERS: u32 = 0o077;

/// Where the settings of providers come from.
#[derive(Clone)]
pub struct LlmSettings {
    /// `models.json`; need not be there.
    pub file: PathBuf,
    /// Variables that may describe providers and hold keys.
    pub environment: Environment,
    /// Times that neither file nor environment give.
    pub times: Times,
}

impl LlmSettings {
    /// With the environment of this process.
    pub fn from_process(file: PathBuf) -> Self {
        let text = |variable: std::ffi::OsString| variable.into_string().ok();
        let environment = std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
        Self { file, environment, times: Times::default() }
    }
}

/// All language models that can be asked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Models(Arc<Shared>);

/// What all questions share.
#[derive(Debug)]
struct Shared {
    /// Why not, if there is none: no certificates, say.
    client: Result<Client, Failure>,
    times: Times,
    /// Read for each question, written by the settings page; never held over an await.
    registry: RwLock<Registry>,
}

impl Shared {
    fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn registry_mut(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self) -> Result<&Client, Failure> {
        self.client.as_ref().map_err(Clone::clone)
    }
}

impl Models {
    /// The providers of file and environment. What is wrong with them stands in [`Models::listing`] and in the log; what is
    /// right holds.
    pub fn new(settings: &LlmSettings) -> Self {
        let file = described_in(&settings.file, &settings.environment);
        let environment = read_environment(&settings.environment);
        let times = file.times.over(environment.times.over(settings.times));
        let registry = Registry::new(file, environment);
        for problem in registry.listing().problems {
            tracing::warn!(problem, "settings of language models");
        }
        Self(Arc::new(Shared { client: Client::new(&times), times, registry: RwLock::new(registry) }))
    }

    /// Asks. Returns at once; whatever is wrong comes as [`AnswerEvent::Failed`]. Needs a tokio runtime.
    pub fn ask(&self, question: Question) -> Answering {
        // Bounded: a slow reader slows the provider down (`delivery.rs`).
        let (events, receiver) = mpsc::channel(delivery::EVENTS);
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move {
            let reader = events.clone();
            // What is dropped here closes the connection to the provider.
            tokio::select! {
                () = reader.closed() => {}
                () = asking::answer(&shared, question, events) => {}
            }
        });
        Answering { events: receiver }
    }

    /// All providers as people may see them.
    pub fn listing(&self) -> Listing {
        self.0.registry().listing()
    }

    /// The providers as people may see them.
    pub fn providers(&self) -> Vec<ProviderListing> {
        self.listing().providers
    }

    /// Asks a provider which models it has, within [`Times::list`]. The error is a sentence for people.
    pub async fn models_of(&self, provider: &str) -> Result<Vec<String>, Failure> {
        let (provider, _) = self.0.registry().choose(Some(provider), None)?;
        asking::list(&self.0, &provider).await
    }

    /// Adds a provider, or changes one, until the process ends; the caller keeps the settings.
    pub fn set(&self, settings: ProviderSettings) -> Result<(), InvalidProvider> {
        self.0.registry_mut().set(settings)
    }

    /// Takes back what was [`set`](Self::set); tells whether there was something.
    pub fn remove(&self, provider: &str) -> bool {
        self.0.registry_mut().remove(provider)
    }

    /// Chooses who answers when a question names nobody; `None` leaves it to the file and the environment.
    pub fn set_default(&self, choice: Option<Choice>) -> Result<(), Failure> {
        self.0.registry_mut().set_default(choice)
    }

    /// About how many tokens a question has for the model that would answer it.
    pub fn estimate(&self, question: &Question) -> u64 {
        let kind = self.kind(question.provider.as_deref());
        tokens::estimate_question(kind, question)
    }

    /// About how many tokens a text has for the models of a provider.
    pub fn estimate_text(&self, provider: Option<&str>, text: &str) -> u64 {
        tokens::estimate_text(self.kind(provider), text)
    }

    fn kind(&self, provider: Option<&str>) -> ProviderKind {
        self.0.registry().choose(provider, None).map_or(ProviderKind::OpenAi, |(provider, _)| provider.kind)
    }
}

fn described_in(file: &Path, environment: &Environment) -> Described {
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    match fs::read_to_string(file) {
        Ok(text) => {
            let mut described = read_file(&name, &text, environment);
            let keys = described.providers.iter().any(|provider| provider.key.is_some());
            if keys && fs::metadata(file).is_ok_and(|about| about.permissions().mode() & OTHERS != 0) {
                described.problems.push(format!(
                    "{name} can be read by other users of this machine; take their rights away (chmod 600)."
                ));
            }
            described
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Described::default(),
        Err(error) => Described { problems: vec![format!("{name} cannot be read: {error}.")], ..Described::default() },
    }
}
