//! One provider: its kind, address, key and models, checked. Imports key, price.
//!
//! Invariant: an address of a [`Provider`] carries no credentials; the key alone does.

use std::collections::BTreeMap;

use reqwest::Url;
use serde_json::{Map, Value};

use super::{key::Key, price::Price};
use crate::vocabulary::ProviderKind;

/// Where OpenAI's own models are.
const OPENAI_ADDRESS: &str = "https://api.openai.com/v1/";

/// Where Anthropic's models are.
const ANTHROPIC_ADDRESS: &str = "https://api.anthropic.com/v1/";

/// Where Ollama listens unless told otherwise.
const OLLAMA_ADDRESS: &str = "http://127.0.0.1:11434/";

/// Asked when nobody chose a model of OpenAI itself.
const OPENAI_MODEL: &str = "gpt-5-mini";

/// Asked when nobody chose a model of Anthropic itself.
const ANTHROPIC_MODEL: &str = "claude-sonnet-4-5";

/// The one model of the demonstration.
pub const DEMO_MODEL: &str = "demo";

/// A name stands in menus, files and addresses.
const NAME_MAX: usize = 64;

/// At the address of this name stands which provider answers.
const RESERVED_NAME: &str = "default";

/// Fields put into the body of each request, over what the protocol says: for servers with switches of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtraFields {
    pub always: Map<String, Value>,
    /// Only when the model shall think.
    pub thinking: Map<String, Value>,
    /// Only when it shall not, such as `{"chat_template_kwargs": {"enable_thinking": false}}`.
    pub not_thinking: Map<String, Value>,
}

/// What somebody says of a provider: in the file, in the environment, on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSettings {
    /// How people call it; unique.
    pub name: String,
    pub kind: ProviderKind,
    /// The base address; each kind has its usual one.
    pub url: Option<String>,
    pub key: Option<Key>,
    /// Models to offer, the default one first. Without any, the provider is asked.
    pub models: Vec<String>,
    pub extra: ExtraFields,
    /// By model.
    pub prices: BTreeMap<String, Price>,
}

impl ProviderSettings {
    /// A provider at its usual address, without a key.
    pub fn new(name: impl Into<String>, kind: ProviderKind) -> Self {
        let (models, extra, prices) = Default::default();
        Self { name: name.into(), kind, url: None, key: None, models, extra, prices }
    }
}

/// Why a provider cannot be used as it was described. The sentences repeat no address: somebody may have put a key in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProvider {
    #[error(
        "A provider needs a name of 1 to 64 letters, digits, spaces, '.', '-' or '_', at least one of them a letter or digit."
    )]
    Name,
    #[error("“default” names the choice of a provider and cannot be the name of one.")]
    ReservedName,
    #[error("The address of “{0}” is none. Write it like http://127.0.0.1:8080/v1.")]
    Address(String),
    #[error("The address of “{0}” carries a name or password. Take them out and put the key into its own field.")]
    Credentials(String),
    #[error("The address of “{0}” carries a query or fragment. Take it out; a key belongs into its own field.")]
    Query(String),
    #[error("“{0}” needs a key. Add one, or the address of a server that needs none.")]
    NoKey(String),
    #[error("The key of “{0}” holds characters that no key has. Copy it again.")]
    Key(String),
    #[error("A model of “{0}” has no name.")]
    Model(String),
    #[error("The demonstration is always there and has no settings; “demo” cannot be the name or kind of another.")]
    Demo,
}

/// A provider that can be asked.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    pub name: String,
    pub kind: ProviderKind,
    /// Ends with a slash; the demonstration has none.
    pub url: Option<Url>,
    pub key: Option<Key>,
    pub models: Vec<String>,
    pub extra: ExtraFields,
    pub prices: BTreeMap<String, Price>,
}

impl Provider {
    /// The provider described, if it can be used.
    pub fn new(settings: ProviderSettings) -> Result<Self, InvalidProvider> {
        let ProviderSettings { name, kind, url, key, models, extra, prices } = settings;
        if !is_name(&name) {
            return Err(InvalidProvider::Name);
        }
        if name == RESERVED_NAME {
            return Err(InvalidProvider::ReservedName);
        }
        if kind == ProviderKind::Demo || name == DEMO_MODEL {
            return Err(InvalidProvider::Demo);
        }
        if models.iter().any(|model| model.trim().is_empty()) {
            return Err(InvalidProvider::Model(name));
        }
        if key.as_ref().is_some_and(|key| !key.fits_a_header()) {
            return Err(InvalidProvider::Key(name));
        }
        let own = url.is_none();
        if own && key.is_none() && kind != ProviderKind::Ollama {
            return Err(InvalidProvider::NoKey(name));
        }
        let url = Some(address(&name, kind, url.as_deref())?);
        let models = if models.is_empty() && own { usual_models(kind) } else { models };
        Ok(Self { name, kind, url, key, models, extra, prices })
    }

    /// The built-in one.
    pub fn demo() -> Self {
        Self {
            name: DEMO_MODEL.into(),
            kind: ProviderKind::Demo,
            url: None,
            key: None,
            models: vec![DEMO_MODEL.into()],
            extra: ExtraFields::default(),
            prices: BTreeMap::new(),
        }
    }

    /// Scheme, host and port, to be shown; nothing of the demonstration.
    pub fn origin(&self) -> String {
        self.url.as_ref().map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |character: char| character.is_alphanumeric() || " .-_".contains(character);
    // Dots alone would be taken for a place in the address that holds the name.
    let telling = name.chars().any(char::is_alphanumeric);
    telling && name.trim() == name && name.chars().count() <= NAME_MAX && name.chars().all(allowed)
}

fn usual_models(kind: ProviderKind) -> Vec<String> {
    match kind {
        ProviderKind::OpenAi => vec![OPENAI_MODEL.into()],
        ProviderKind::Anthropic => vec![ANTHROPIC_MODEL.into()],
        ProviderKind::Ollama | ProviderKind::Demo => Vec::new(),
    }
}

fn address(name: &str, kind: ProviderKind, given: Option<&str>) -> Result<Url, InvalidProvider> {
    let usual = match kind {
        ProviderKind::OpenAi => OPENAI_ADDRESS,
        ProviderKind::Anthropic => ANTHROPIC_ADDRESS,
        ProviderKind::Ollama | ProviderKind::Demo => OLLAMA_ADDRESS,
    };
    let url = Url::parse(given.unwrap_or(usual).trim()).map_err(|_| InvalidProvider::Address(name.into()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(InvalidProvider::Address(name.into()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidProvider::Credentials(name.into()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(InvalidProvider::Query(name.into()));
    }
    Ok(with_base(kind, url))
}

/// The address with the part of the path that people leave out: `/v1` of an OpenAI-compatible server that was given
/// without a path, `/v1` of Anthropic's protocol always; none of Ollama's.
fn with_base(kind: ProviderKind, mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/').to_owned();
    let path = match kind {
        ProviderKind::OpenAi if path.is_empty() => "/v1/".into(),
        ProviderKind::Anthropic if !path.ends_with("/v1") => format!("{path}/v1/"),
        ProviderKind::Ollama => {
            let base = path.strip_suffix("/v1").or_else(|| path.strip_suffix("/api")).unwrap_or(&path);
            format!("{base}/")
        }
        ProviderKind::OpenAi | ProviderKind::Anthropic | ProviderKind::Demo => format!("{path}/"),
    };
    url.set_path(&path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(kind: ProviderKind, url: Option<&str>) -> ProviderSettings {
        let (url, key) = (url.map(Into::into), Key::new("sk-very-secret"));
        ProviderSettings { url, key, ..ProviderSettings::new("mine", kind) }
    }

    fn address_of(kind: ProviderKind, url: &str) -> String {
        Provider::new(settings(kind, Some(url))).unwrap().url.unwrap().to_string()
    }

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        use ProviderKind::{Anthropic, Ollama, OpenAi};
        for (kind, given, taken) in [
            (OpenAi, "http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/"),
            (OpenAi, "https://gate.example/openai", "https://gate.example/openai/"),
            (OpenAi, "https://gate.example/openai/v1/", "https://gate.example/openai/v1/"),
            (Anthropic, "https://gate.example", "https://gate.example/v1/"),
            (Anthropic, "https://gate.example/anthropic/", "https://gate.example/anthropic/v1/"),
            (Anthropic, "https://gate.example/v1", "https://gate.example/v1/"),
            (Ollama, "http://box:11434", "http://box:11434/"),
            (Ollama, "http://box:11434/api/", "http://box:11434/"),
        ] {
            assert_eq!(address_of(kind, given), taken);
        }
    }

    #[test]
    fn an_address_carries_no_secret_and_no_sentence_repeats_it() {
        for (url, error) in [
            ("http://bob:hunter2@host/v1", InvalidProvider::Credentials("mine".into())),
            ("http://host/v1?key=hunter2", InvalidProvider::Query("mine".into())),
            ("http://host/v1#hunter2", InvalidProvider::Query("mine".into())),
            ("hunter2", InvalidProvider::Address("mine".into())),
            ("file:///hunter2", InvalidProvider::Address("mine".into())),
        ] {
            let refused = Provider::new(settings(ProviderKind::OpenAi, Some(url))).unwrap_err();
            assert_eq!(refused, error);
            assert!(!refused.to_string().contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn who_asks_the_provider_itself_needs_a_key_and_gets_a_model() {
        for kind in [ProviderKind::OpenAi, ProviderKind::Anthropic] {
            assert_eq!(Provider::new(settings(kind, None)).unwrap().models.len(), 1);
            let without = ProviderSettings { key: None, ..settings(kind, None) };
            assert_eq!(Provider::new(without).unwrap_err(), InvalidProvider::NoKey("mine".into()));
            let own = ProviderSettings { key: None, ..settings(kind, Some("http://127.0.0.1:1")) };
            assert_eq!(Provider::new(own).unwrap().models, Vec::<String>::new());
        }
    }

    #[test]
    fn names_keys_and_models_are_checked() {
        let with = |change: fn(&mut ProviderSettings)| {
            let mut settings = settings(ProviderKind::OpenAi, None);
            change(&mut settings);
            Provider::new(settings).unwrap_err()
        };
        assert_eq!(with(|settings| settings.name = " x".into()), InvalidProvider::Name);
        assert_eq!(with(|settings| settings.name = "a/b".into()), InvalidProvider::Name);
        assert_eq!(with(|settings| settings.name = "..".into()), InvalidProvider::Name);
        assert_eq!(with(|settings| settings.name = "default".into()), InvalidProvider::ReservedName);
        assert_eq!(with(|settings| settings.name = "demo".into()), InvalidProvider::Demo);
        assert_eq!(with(|settings| settings.kind = ProviderKind::Demo), InvalidProvider::Demo);
        assert_eq!(with(|settings| settings.models = vec![" ".into()]), InvalidProvider::Model("mine".into()));
        assert_eq!(with(|settings| settings.key = Key::new("a\nb")), InvalidProvider::Key("mine".into()));
    }

    #[test]
    fn a_provider_shows_its_key_nowhere() {
        let provider = Provider::new(settings(ProviderKind::OpenAi, None)).unwrap();
        assert!(!format!("{provider:?}").contains("secret"));
    }
}
