//! Which providers there are, from all sources, and which one answers. Imports provider, settings.
//!
//! What was set on the page goes before the file, the file before the environment; of two with one name the first holds.
//! Invariant: there is always a provider that can be asked: the demonstration, last of all.

use serde::Serialize;

use super::{
    failure::Failure,
    provider::{InvalidProvider, Provider, ProviderKind, ProviderSettings},
    settings::{Choice, Described},
};

/// Who said that a provider is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// Somebody with the rights to it, on the page; can be changed and removed there.
    Page,
    File,
    Environment,
    BuiltIn,
}

/// A provider as people may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderListing {
    pub name: String,
    pub kind: ProviderKind,
    /// Scheme, host and port.
    pub origin: String,
    /// The models configured, the default one first; empty if the provider is asked for them.
    pub models: Vec<String>,
    /// Whether a key is there. The key itself is never shown.
    pub has_key: bool,
    pub source: Source,
    /// Whether it answers unless a question names another.
    pub default: bool,
}

/// All that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// In the order of menus; the demonstration last.
    pub providers: Vec<ProviderListing>,
    /// The model that answers unless a question names another; none if its provider is asked for it.
    pub default_model: Option<String>,
    /// What is wrong with the settings, in sentences; what is right holds all the same.
    pub problems: Vec<String>,
}

/// The providers and who answers.
#[derive(Debug)]
pub struct Registry {
    page: Layer,
    file: Layer,
    environment: Layer,
    demo: Provider,
    problems: Vec<String>,
}

/// What one source gave.
#[derive(Debug, Default)]
struct Layer {
    providers: Vec<Provider>,
    default: Option<Choice>,
}

impl Registry {
    /// The providers of file and environment.
    pub fn new(file: Described, environment: Described) -> Self {
        let mut problems = Vec::new();
        let file = layer(file, &mut problems);
        let environment = layer(environment, &mut problems);
        let registry = Self { page: Layer::default(), file, environment, demo: Provider::demo(), problems: Vec::new() };
        for choice in [&registry.file, &registry.environment].into_iter().filter_map(|layer| layer.default.as_ref()) {
            if registry.find(&choice.provider).is_none() {
                problems.push(format!("The default provider “{}” is not there; another one answers.", choice.provider));
            }
        }
        Self { problems, ..registry }
    }

    /// Adds a provider of the page, or changes one.
    pub fn set(&mut self, settings: ProviderSettings) -> Result<(), InvalidProvider> {
        let provider = Provider::new(settings)?;
        let same = |other: &Provider| other.name == provider.name;
        match self.page.providers.iter().position(same) {
            Some(at) => self.page.providers[at] = provider,
            None => self.page.providers.push(provider),
        }
        Ok(())
    }

    /// Takes a provider of the page away; one of the same name in the file or the environment holds again. Tells whether
    /// there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.page.providers.len();
        self.page.providers.retain(|provider| provider.name != name);
        self.page.providers.len() < before
    }

    /// Chooses who answers; `None` leaves it to the file and the environment.
    pub fn set_default(&mut self, choice: Option<Choice>) -> Result<(), Failure> {
        if let Some(choice) = &choice
            && self.find(&choice.provider).is_none()
        {
            return Err(Failure::UnknownProvider(choice.provider.clone()));
        }
        self.page.default = choice;
        Ok(())
    }

    /// The provider of that name.
    pub fn find(&self, name: &str) -> Option<&Provider> {
        self.all().map(|(_, provider)| provider).find(|provider| provider.name == name)
    }

    /// Who answers, and with which model if that is known.
    pub fn choose(&self, provider: Option<&str>, model: Option<&str>) -> Result<(Provider, Option<String>), Failure> {
        let default = self.default();
        let (provider, of_default) = match provider {
            Some(name) => {
                let found = self.find(name).ok_or_else(|| Failure::UnknownProvider(name.chars().take(64).collect()))?;
                (found, default.1.filter(|_| found.name == default.0.name))
            }
            None => default,
        };
        let model = model.map(ToOwned::to_owned).or(of_default).or_else(|| provider.models.first().cloned());
        Ok((provider.clone(), model))
    }

    /// What people may see.
    pub fn listing(&self) -> Listing {
        let (default, model) = self.default();
        let providers = self.all().map(|(source, provider)| ProviderListing {
            name: provider.name.clone(),
            kind: provider.kind,
            origin: provider.origin(),
            models: provider.models.clone(),
            has_key: provider.key.is_some(),
            source,
            default: provider.name == default.name,
        });
        let default_model = model.or_else(|| default.models.first().cloned());
        Listing { providers: providers.collect(), default_model, problems: self.problems.clone() }
    }

    /// All providers with different names, the first of each.
    fn all(&self) -> impl Iterator<Item = (Source, &Provider)> {
        let layers = [(Source::Page, &self.page), (Source::File, &self.file), (Source::Environment, &self.environment)];
        let given: Vec<_> = layers
            .into_iter()
            .flat_map(|(source, layer)| layer.providers.iter().map(move |provider| (source, provider)))
            .chain([(Source::BuiltIn, &self.demo)])
            .collect();
        let first = |at: usize| !given[..at].iter().any(|(_, other)| other.name == given[at].1.name);
        let kept: Vec<_> = (0..given.len()).filter(|at| first(*at)).map(|at| given[at]).collect();
        kept.into_iter()
    }

    fn default(&self) -> (&Provider, Option<String>) {
        let chosen = [&self.page, &self.file, &self.environment].into_iter().find_map(|layer| {
            let choice = layer.default.as_ref()?;
            Some((self.find(&choice.provider)?, choice.model.clone()))
        });
        chosen.or_else(|| self.all().next().map(|(_, provider)| (provider, None))).unwrap_or((&self.demo, None))
    }
}

/// The usable providers of a source; why the others are not is added to the problems.
fn layer(described: Described, problems: &mut Vec<String>) -> Layer {
    problems.extend(described.problems);
    let mut providers: Vec<Provider> = Vec::new();
    for settings in described.providers {
        match Provider::new(settings) {
            Ok(provider) if providers.iter().any(|other| other.name == provider.name) => {
                problems.push(format!("There are two providers called “{}”; the first one is used.", provider.name));
            }
            Ok(provider) => providers.push(provider),
            Err(error) => problems.push(error.to_string()),
        }
    }
    Layer { providers, default: described.default }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{
        key::Key,
        provider::{DEMO_MODEL, ExtraFields},
    };

    fn settings(name: &str, key: Option<&str>) -> ProviderSettings {
        ProviderSettings {
            name: name.into(),
            kind: ProviderKind::OpenAi,
            url: Some("http://127.0.0.1:1/v1".into()),
            key: key.and_then(Key::new),
            models: vec![format!("{name}-model")],
            extra: ExtraFields::default(),
        }
    }

    fn described(names: &[&str], default: Option<(&str, Option<&str>)>) -> Described {
        let default =
            default.map(|(provider, model)| Choice { provider: provider.into(), model: model.map(Into::into) });
        let providers = names.iter().map(|name| settings(name, None)).collect();
        Described { providers, default, ..Described::default() }
    }

    fn names(registry: &Registry) -> Vec<String> {
        registry.listing().providers.into_iter().map(|provider| provider.name).collect()
    }

    fn chosen(registry: &Registry, provider: Option<&str>, model: Option<&str>) -> (String, Option<String>) {
        let (provider, model) = registry.choose(provider, model).unwrap();
        (provider.name, model)
    }

    #[test]
    fn ln_38_the_demonstration_answers_only_when_nobody_else_is_there() {
        let mut registry = Registry::new(Described::default(), Described::default());
        assert_eq!(chosen(&registry, None, None), (DEMO_MODEL.into(), Some(DEMO_MODEL.into())));
        registry.set(settings("mine", None)).unwrap();
        assert_eq!(chosen(&registry, None, None), ("mine".into(), Some("mine-model".into())));
        assert_eq!(chosen(&registry, Some("demo"), None).0, "demo");
        assert!(registry.remove("mine") && !registry.remove("mine"));
        assert_eq!(chosen(&registry, None, None).0, "demo");
    }

    #[test]
    fn the_page_goes_before_the_file_and_the_file_before_the_environment() {
        let mut registry = Registry::new(described(&["a", "b"], None), described(&["b", "c"], None));
        assert_eq!(names(&registry), ["a", "b", "c", "demo"]);
        assert_eq!(registry.listing().providers[1].source, Source::File);
        registry.set(settings("b", Some("sk-very-secret"))).unwrap();
        assert_eq!(names(&registry), ["b", "a", "c", "demo"]);
        let listing = registry.listing();
        assert!(listing.providers[0].has_key && !listing.providers[1].has_key);
        assert!(
            !serde_json::to_string(&listing).unwrap().contains("secret") && !format!("{registry:?}").contains("secret")
        );
    }

    #[test]
    fn a_question_may_name_provider_and_model_and_the_default_fills_in() {
        let mut registry = Registry::new(described(&["a", "b"], Some(("b", Some("big")))), Described::default());
        assert_eq!(chosen(&registry, None, None), ("b".into(), Some("big".into())));
        assert_eq!(chosen(&registry, Some("b"), None), ("b".into(), Some("big".into())));
        assert_eq!(chosen(&registry, Some("a"), None), ("a".into(), Some("a-model".into())));
        assert_eq!(chosen(&registry, None, Some("small")), ("b".into(), Some("small".into())));
        let unknown = registry.choose(Some("z"), None).unwrap_err();
        assert_eq!(unknown, Failure::UnknownProvider("z".into()));
        let choice = |name: &str| Some(Choice { provider: name.into(), model: None });
        assert_eq!(registry.set_default(choice("z")), Err(Failure::UnknownProvider("z".into())));
        registry.set_default(choice("a")).unwrap();
        assert_eq!(chosen(&registry, None, None).0, "a");
    }

    #[test]
    fn what_cannot_be_used_is_said_and_the_rest_is() {
        let registry = Registry::new(described(&["a", "a", "demo", "b"], Some(("z", None))), Described::default());
        assert_eq!(names(&registry), ["a", "b", "demo"]);
        assert_eq!(registry.listing().problems.len(), 3, "{:?}", registry.listing().problems);
        assert_eq!(chosen(&registry, None, None).0, "a");
    }
}
