//! Which providers there are, from all sources, and which one answers. Imports provider, settings, page.
//!
//! What was set on the page goes before the file, the file before the environment; of two with one name the first holds.
//! Invariant: there is always a provider that can be asked: the demonstration, last of all.

use std::collections::BTreeMap;

use super::{
    failure::Failure,
    page::PageSettings,
    price::Price,
    provider::{Provider, ProviderSettings},
    settings::{Choice, Described},
};
use crate::vocabulary::{ProviderKind, ProviderSource};

/// A provider as people may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderListing {
    pub name: String,
    pub kind: ProviderKind,
    /// The address; of what the operator set only scheme, host and port. None of the demonstration.
    pub address: Option<String>,
    /// The models configured, the default one first; empty if the provider is asked for them.
    pub models: Vec<String>,
    /// Whether a key is there. The key itself is never shown.
    pub has_key: bool,
    pub source: ProviderSource,
    /// Whether it answers unless a question names another.
    pub default: bool,
    /// By model.
    pub prices: BTreeMap<String, Price>,
}

/// All that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// What one source gave.
#[derive(Debug, Default)]
struct Layer {
    providers: Vec<Provider>,
    default: Option<Choice>,
    problems: Vec<String>,
}

impl Registry {
    /// The providers of file and environment.
    pub fn new(file: Described, environment: Described) -> Self {
        let layer = |described: Described| Layer::new(described.providers, described.default, described.problems);
        Self { page: Layer::default(), file: layer(file), environment: layer(environment), demo: Provider::demo() }
    }

    /// Takes what was set on the page, in place of what was set there before.
    pub fn set_page(&mut self, page: &PageSettings, problems: &[String]) {
        self.page = Layer::new(page.providers.clone(), page.default.clone(), problems.to_vec());
    }

    /// Who said that a provider is there.
    pub fn source(&self, name: &str) -> Option<ProviderSource> {
        self.all().find(|(_, provider)| provider.name == name).map(|(source, _)| source)
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
            address: provider.url.as_ref().map(|url| match source {
                ProviderSource::Page => url.to_string(),
                _ => provider.origin(),
            }),
            models: provider.models.clone(),
            has_key: provider.key.is_some(),
            source,
            prices: provider.prices.clone(),
            default: provider.name == default.name,
        });
        let default_model = model.or_else(|| default.models.first().cloned());
        Listing { providers: providers.collect(), default_model, problems: self.problems() }
    }

    fn problems(&self) -> Vec<String> {
        let layers = [&self.page, &self.file, &self.environment];
        let lost = layers
            .iter()
            .filter_map(|layer| layer.default.as_ref())
            .filter(|choice| self.find(&choice.provider).is_none());
        let lost =
            lost.map(|choice| format!("The default provider “{}” is not there; another one answers.", choice.provider));
        layers.iter().flat_map(|layer| layer.problems.iter().cloned()).chain(lost).collect()
    }

    /// All providers with different names, the first of each.
    fn all(&self) -> impl Iterator<Item = (ProviderSource, &Provider)> {
        let layers = [
            (ProviderSource::Page, &self.page),
            (ProviderSource::File, &self.file),
            (ProviderSource::Environment, &self.environment),
        ];
        let given: Vec<_> = layers
            .into_iter()
            .flat_map(|(source, layer)| layer.providers.iter().map(move |provider| (source, provider)))
            .chain([(ProviderSource::BuiltIn, &self.demo)])
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

impl Layer {
    /// The usable providers of a source; why the others are not is added to the problems.
    fn new(described: Vec<ProviderSettings>, default: Option<Choice>, mut problems: Vec<String>) -> Self {
        let mut providers: Vec<Provider> = Vec::new();
        for settings in described {
            match Provider::new(settings) {
                Ok(provider) if providers.iter().any(|other| other.name == provider.name) => {
                    problems
                        .push(format!("There are two providers called “{}”; the first one is used.", provider.name));
                }
                Ok(provider) => providers.push(provider),
                Err(error) => problems.push(error.to_string()),
            }
        }
        Self { providers, default, problems }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{key::Key, provider::DEMO_MODEL};

    fn settings(name: &str, key: Option<&str>) -> ProviderSettings {
        let (url, key) = (Some("http://127.0.0.1:1/v1".into()), key.and_then(Key::new));
        let models = vec![format!("{name}-model")];
        ProviderSettings { url, key, models, ..ProviderSettings::new(name, ProviderKind::OpenAi) }
    }

    fn page(providers: Vec<ProviderSettings>, default: Option<&str>) -> PageSettings {
        PageSettings { providers, default: default.map(|name| Choice { provider: name.into(), model: None }) }
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
        registry.set_page(&page(vec![settings("mine", None)], None), &[]);
        assert_eq!(chosen(&registry, None, None), ("mine".into(), Some("mine-model".into())));
        assert_eq!(chosen(&registry, Some("demo"), None).0, "demo");
        registry.set_page(&PageSettings::default(), &[]);
        assert_eq!(chosen(&registry, None, None).0, "demo");
    }

    #[test]
    fn the_page_goes_before_the_file_and_the_file_before_the_environment() {
        let mut registry = Registry::new(described(&["a", "b"], None), described(&["b", "c"], None));
        assert_eq!(names(&registry), ["a", "b", "c", "demo"]);
        assert_eq!(registry.listing().providers[1].source, ProviderSource::File);
        assert_eq!(registry.listing().providers[1].address.as_deref(), Some("http://127.0.0.1:1"));
        registry.set_page(&page(vec![settings("b", Some("sk-very-secret"))], None), &[]);
        assert_eq!((registry.source("b"), registry.source("z")), (Some(ProviderSource::Page), None));
        assert_eq!(names(&registry), ["b", "a", "c", "demo"]);
        let listing = registry.listing();
        assert!(listing.providers[0].has_key && !listing.providers[1].has_key);
        assert_eq!(listing.providers[0].address.as_deref(), Some("http://127.0.0.1:1/v1/"));
        assert!(!format!("{listing:?} {registry:?}").contains("secret"));
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
        registry.set_page(&page(Vec::new(), Some("a")), &[]);
        assert_eq!(chosen(&registry, None, None).0, "a");
        registry.set_page(&page(Vec::new(), Some("gone")), &[]);
        assert_eq!(chosen(&registry, None, None).0, "b");
        assert!(registry.listing().problems[0].contains("“gone”"));
    }

    #[test]
    fn what_cannot_be_used_is_said_and_the_rest_is() {
        let registry = Registry::new(described(&["a", "a", "demo", "b"], Some(("z", None))), Described::default());
        assert_eq!(names(&registry), ["a", "b", "demo"]);
        assert_eq!(registry.listing().problems.len(), 3, "{:?}", registry.listing().problems);
        assert_eq!(chosen(&registry, None, None).0, "a");
    }
}
