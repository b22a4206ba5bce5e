//! What was set on the page, and the file that keeps it. Imports key, provider, settings.
//!
//! The file has the form of `models.json` (`settings.rs`) and is replaced whole, so that a crash leaves the one before.
//! Invariants: nobody but the server's own user can read the file; a key stays with the address it was given for.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::{
    provider::{InvalidProvider, Provider, ProviderSettings},
    settings::{Choice, Described, Environment, read_file, write_provider},
};
use crate::vocabulary::ProviderSource;

/// Why a change on the page was refused; nothing changed. No sentence repeats an address or a key.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error(transparent)]
    Invalid(#[from] InvalidProvider),
    #[error("There is no provider of language models called “{0}”.")]
    Unknown(String),
    #[error("“{name}” {}; take it away there.", stands(.place))]
    SetElsewhere { name: String, place: ProviderSource },
    #[error("The key of “{0}” was given for another address. Give it again with the new one.")]
    KeyElsewhere(String),
    #[error(
        "The file {0} cannot be read, so nothing can be added to it. Repair it or take it away, start the server again, and then set providers here."
    )]
    Unreadable(String),
    #[error(
        "The settings could not be kept: {0}. Make room or correct the rights of the data directory, then try again."
    )]
    NotKept(#[source] io::Error),
}

fn stands(place: &ProviderSource) -> &'static str {
    match place {
        ProviderSource::File => "stands in the file models.json",
        ProviderSource::Environment => "is set in the environment of the server",
        ProviderSource::BuiltIn => "is built in",
        ProviderSource::Page => "is set on the page",
    }
}

/// The providers and the choice of the page.
#[derive(Debug, Clone, Default)]
pub struct PageSettings {
    pub providers: Vec<ProviderSettings>,
    pub default: Option<Choice>,
}

impl PageSettings {
    /// Adds a provider, or changes the one of its name.
    pub fn set(&mut self, settings: ProviderSettings) -> Result<(), ChangeError> {
        Provider::new(settings.clone())?;
        match self.providers.iter_mut().find(|other| other.name == settings.name) {
            Some(there) => *there = settings,
            None => self.providers.push(settings),
        }
        Ok(())
    }

    /// The settings with the key that the provider of their name has here, if it is for the same address.
    pub fn with_kept_key(&self, settings: ProviderSettings) -> Result<ProviderSettings, ChangeError> {
        let Some(there) = self.providers.iter().find(|other| other.name == settings.name) else { return Ok(settings) };
        let Some(key) = there.key.clone() else { return Ok(settings) };
        let settings = ProviderSettings { key: Some(key), ..settings };
        let (before, after) = (Provider::new(there.clone())?, Provider::new(settings.clone())?);
        match (before.kind, before.origin()) == (after.kind, after.origin()) {
            true => Ok(settings),
            false => Err(ChangeError::KeyElsewhere(settings.name)),
        }
    }

    /// Takes a provider away, and with it the choice of it; tells whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.providers.len();
        self.providers.retain(|provider| provider.name != name);
        let removed = self.providers.len() < before;
        self.default.take_if(|choice| removed && choice.provider == name);
        removed
    }

    fn to_json(&self) -> Value {
        let providers: Vec<Value> = self.providers.iter().map(write_provider).collect();
        let mut file = Map::from_iter([("providers".to_owned(), Value::Array(providers))]);
        if let Some(Choice { provider, model }) = &self.default {
            file.insert("default".into(), json!({ "provider": provider, "model": model }));
        }
        Value::Object(file)
    }
}

/// Where the settings are kept.
#[derive(Debug)]
pub struct PageFile {
    path: Option<PathBuf>,
    /// What is wrong with it; it is then not replaced.
    problems: Vec<String>,
}

impl PageFile {
    /// The settings kept at `path`. Without a path nothing is kept.
    pub fn open(path: Option<PathBuf>) -> (Self, PageSettings) {
        let described = path.as_ref().map(|path| match fs::read_to_string(path) {
            // No variables: whoever sets a provider on the page could otherwise send any of them anywhere.
            Ok(text) => read_file(&name(path), &text, &Environment::new()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Described::default(),
            Err(error) => {
                Described { problems: vec![format!("{} cannot be read: {error}.", name(path))], ..Described::default() }
            }
        });
        let Described { providers, default, problems, .. } = described.unwrap_or_default();
        (Self { path, problems }, PageSettings { providers, default })
    }

    /// What is wrong with the file, in sentences.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Keeps the settings; they are on disk when this returns. Blocks.
    pub fn keep(&self, settings: &PageSettings) -> Result<(), ChangeError> {
        let Some(path) = &self.path else { return Ok(()) };
        if !self.problems.is_empty() {
            return Err(ChangeError::Unreadable(name(path)));
        }
        replace(path, &format!("{:#}\n", settings.to_json())).map_err(ChangeError::NotKept)
    }
}

pub(super) fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Temporary files are made for their owner alone, and keep that when they get their name.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    fs::File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{llm::Key, vocabulary::ProviderKind};

    fn at(url: &str, key: Option<&str>) -> ProviderSettings {
        let key = key.and_then(Key::new);
        ProviderSettings { url: Some(url.into()), key, ..ProviderSettings::new("mine", ProviderKind::OpenAi) }
    }

    #[test]
    fn what_is_kept_is_read_back_and_only_the_owner_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("providers.json");
        let (file, mut settings) = PageFile::open(Some(path.clone()));
        settings.set(at("http://127.0.0.1:1/v1", Some("sk-very-secret"))).unwrap();
        settings.default = Some(Choice { provider: "mine".into(), model: Some("tiny".into()) });
        file.keep(&settings).unwrap();
        file.keep(&settings).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (file, read) = PageFile::open(Some(path));
        assert_eq!((read.providers, read.default), (settings.providers, settings.default));
        assert_eq!(file.problems(), &[] as &[String]);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("providers.json");
        fs::write(&path, "{ \"providers\": [").unwrap();
        let (file, settings) = PageFile::open(Some(path.clone()));
        assert!(matches!(file.keep(&settings), Err(ChangeError::Unreadable(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{ \"providers\": [");
    }

    #[test]
    fn a_key_is_kept_for_its_own_address_only() {
        let mut page = PageSettings::default();
        page.set(at("http://127.0.0.1:1/v1", Some("sk-very-secret"))).unwrap();
        let kept = |settings| page.with_kept_key(settings).map(|settings| settings.key);
        assert_eq!(kept(at("http://127.0.0.1:1/other", None)).unwrap(), Key::new("sk-very-secret"));
        for other in [at("http://127.0.0.1:2/v1", None), at("https://127.0.0.1:1/v1", None)] {
            assert!(matches!(kept(other), Err(ChangeError::KeyElsewhere(_))));
        }
        let of_another_kind = ProviderSettings { kind: ProviderKind::Anthropic, ..at("http://127.0.0.1:1/v1", None) };
        assert!(matches!(kept(of_another_kind), Err(ChangeError::KeyElsewhere(_))));
        let own = ProviderSettings { name: "new".into(), ..at("http://127.0.0.1:9", None) };
        assert_eq!(kept(own).unwrap(), None);
    }
}
