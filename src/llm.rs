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
mod page;
mod price;
mod provider;
mod question;
mod refusal;
mod registry;
mod request;
mod settings;
mod stream;
mod testing;
mod think_tags;
mod times;
mod tokens;

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use tokio::sync::mpsc;

pub use self::{
    answer::{AnswerEvent, Answering, Stop, Usage},
    failure::Failure,
    key::Key,
    page::ChangeError,
    price::Price,
    provider::{DEMO_MODEL, ExtraFields, InvalidProvider, ProviderSettings},
    question::{IMAGE_KINDS, Image, InvalidQuestion, Message, QUESTION_BYTES, Question, Role, Thinking},
    registry::{Listing, ProviderListing},
    settings::{Choice, Environment},
    testing::Tested,
    times::Times,
};
use self::{
    client::Client,
    environment::read_environment,
    page::{PageFile, PageSettings},
    registry::Registry,
    settings::{Described, read_file},
};
use crate::vocabulary::ProviderKind;

/// Rights of others to a file.
const OTHERS: u32 = 0o077;

/// Where the settings of providers come from.
#[derive(Clone)]
pub struct LlmSettings {
    /// `models.json`, which the operator writes; need not be there.
    pub file: PathBuf,
    /// Where what is set on the page is kept; without it, it lasts as long as the process.
    pub page: Option<PathBuf>,
    /// Variables that may describe providers and hold keys.
    pub environment: Environment,
    /// Times that neither file nor environment give.
    pub times: Times,
}

impl LlmSettings {
    /// With the environment of this process.
    pub fn from_process(file: PathBuf, page: PathBuf) -> Self {
        let text = |variable: std::ffi::OsString| variable.into_string().ok();
        let environment = std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
        Self { file, page: Some(page), environment, times: Times::default() }
    }
}

/// All language models that can be asked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Models(Arc<Shared>);

/// What all questions share.
#[derive(Debug)]
struct Shared {
    /// Made when first somebody asks, since it reads the certificates of the machine; or why there is none.
    client: OnceLock<Result<Client, Failure>>,
    times: Times,
    /// Read for each question, written by the settings page; never held over an await.
    registry: RwLock<Registry>,
    /// What was set on the page. Held while it is written to disk, so that file and registry stay of one mind.
    page: Mutex<Page>,
}

#[derive(Debug)]
struct Page {
    file: PageFile,
    settings: PageSettings,
}

impl Shared {
    fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn registry_mut(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self) -> Result<&Client, Failure> {
        self.client.get_or_init(|| Client::new(&self.times)).as_ref().map_err(Clone::clone)
    }
}

impl Models {
    /// The providers of file and environment. What is wrong with them stands in [`Models::listing`] and in the log; what is
    /// right holds.
    pub fn new(settings: &LlmSettings) -> Self {
        let file = described_in(&settings.file, &settings.environment);
        let environment = read_environment(&settings.environment);
        let times = file.times.over(environment.times.over(settings.times));
        let mut registry = Registry::new(file, environment);
        let (file, page) = PageFile::open(settings.page.clone());
        registry.set_page(&page, file.problems());
        for problem in registry.listing().problems {
            tracing::warn!(problem, "settings of language models");
        }
        let page = Mutex::new(Page { file, settings: page });
        Self(Arc::new(Shared { client: OnceLock::new(), times, registry: RwLock::new(registry), page }))
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

    /// Asks a provider for a few words, within [`Times::test`]: whether it answers, and which models it has.
    pub async fn test(&self, provider: &str) -> Result<Tested, Failure> {
        let (provider, model) = self.0.registry().choose(Some(provider), None)?;
        Ok(testing::test(&self.0, &provider, model).await)
    }

    /// Adds a provider of the page, or replaces the one of its name. Blocks until it is on disk.
    pub fn set(&self, settings: ProviderSettings) -> Result<(), ChangeError> {
        self.change_page(|page| page.set(settings))
    }

    /// Like [`set`](Self::set), with the key that the provider has already, if it is for the same address. Blocks.
    pub fn set_with_its_key(&self, settings: ProviderSettings) -> Result<(), ChangeError> {
        self.change_page(|page| page.set(page.with_kept_key(settings)?))
    }

    /// Takes back what was [`set`](Self::set); one of the same name in file or environment holds again. Blocks.
    pub fn remove(&self, provider: &str) -> Result<(), ChangeError> {
        let place = self.0.registry().source(provider);
        self.change_page(|page| match (page.remove(provider), place) {
            (true, _) => Ok(()),
            (false, Some(place)) => Err(ChangeError::SetElsewhere { name: provider.to_owned(), place }),
            (false, None) => Err(ChangeError::Unknown(provider.chars().take(64).collect())),
        })
    }

    /// Chooses who answers when a question names nobody; `None` leaves it to the file and the environment. Blocks.
    pub fn set_default(&self, choice: Option<Choice>) -> Result<(), ChangeError> {
        let unknown = choice.as_ref().filter(|choice| self.0.registry().find(&choice.provider).is_none());
        if let Some(unknown) = unknown {
            return Err(ChangeError::Unknown(unknown.provider.chars().take(64).collect()));
        }
        self.change_page(|page| {
            page.default = choice;
            Ok(())
        })
    }

    fn change_page(
        &self,
        change: impl FnOnce(&mut PageSettings) -> Result<(), ChangeError>,
    ) -> Result<(), ChangeError> {
        let mut page = self.0.page.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = page.settings.clone();
        change(&mut changed)?;
        page.file.keep(&changed)?;
        self.0.registry_mut().set_page(&changed, page.file.problems());
        page.settings = changed;
        Ok(())
    }

    /// Who would answer a question that names these, and with which model; that is unknown if its provider is to be
    /// asked for it.
    pub fn choose(&self, provider: Option<&str>, model: Option<&str>) -> Result<(String, Option<String>), Failure> {
        self.0.registry().choose(provider, model).map(|(provider, model)| (provider.name, model))
    }

    /// About how many tokens a question has for the model that would answer it.
    pub fn estimate(&self, question: &Question) -> u64 {
        tokens::estimate_question(self.kind(question.provider.as_deref()), question)
    }

    /// About how many tokens one message has for the models of a provider.
    pub fn estimate_message(&self, provider: Option<&str>, message: &Message) -> u64 {
        tokens::estimate_message(self.kind(provider), message)
    }

    fn kind(&self, provider: Option<&str>) -> ProviderKind {
        self.0.registry().choose(provider, None).map_or(ProviderKind::OpenAi, |(provider, _)| provider.kind)
    }
}

fn described_in(file: &Path, environment: &Environment) -> Described {
    let name = page::name(file);
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
