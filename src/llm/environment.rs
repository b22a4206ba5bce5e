//! Providers described by variables of the environment. Imports key, provider, settings.
//!
//! The environment: `COSCRIBE_OPENAI_URL`, `…_KEY`, `…_MODELS` (separated by commas), the same for `ANTHROPIC` and
//! `OLLAMA`; without them `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`, `OLLAMA_HOST`.
//! `COSCRIBE_MODEL` is the default, `provider` or `provider/model`. `COSCRIBE_MODEL_CONNECT_SECONDS`,
//! `…_FIRST_TOKEN_SECONDS`, `…_BETWEEN_TOKENS_SECONDS`, `…_LIST_SECONDS` are the times.
//!
//! Invariant: no sentence about a variable repeats its value, which could be a key.

use super::{
    key::Key,
    provider::ProviderSettings,
    settings::{Choice, Described, Environment, duration},
};
use crate::vocabulary::ProviderKind;

/// What the environment says.
pub fn read_environment(environment: &Environment) -> Described {
    let mut described = Described::default();
    let openai = [("COSCRIBE_OPENAI_URL", "OPENAI_BASE_URL"), ("COSCRIBE_OPENAI_KEY", "OPENAI_API_KEY")];
    let anthropic = [("COSCRIBE_ANTHROPIC_URL", "ANTHROPIC_BASE_URL"), ("COSCRIBE_ANTHROPIC_KEY", "ANTHROPIC_API_KEY")];
    let ollama = [("COSCRIBE_OLLAMA_URL", "OLLAMA_HOST"), ("COSCRIBE_OLLAMA_KEY", "OLLAMA_API_KEY")];
    for (kind, name, models, [url, key]) in [
        (ProviderKind::OpenAi, "openai", "COSCRIBE_OPENAI_MODELS", openai),
        (ProviderKind::Anthropic, "anthropic", "COSCRIBE_ANTHROPIC_MODELS", anthropic),
        (ProviderKind::Ollama, "ollama", "COSCRIBE_OLLAMA_MODELS", ollama),
    ] {
        let url = either(environment, url);
        let key = either(environment, key).and_then(Key::new);
        // A key alone names OpenAI's or Anthropic's own models; Ollama at its usual address has to be asked for.
        if url.is_some() || (key.is_some() && kind != ProviderKind::Ollama) {
            let url = url.map(|url| if kind == ProviderKind::Ollama { ollama_address(url) } else { url.to_owned() });
            let models = given(environment, models).map(listed).unwrap_or_default();
            described.providers.push(ProviderSettings { url, key, models, ..ProviderSettings::new(name, kind) });
        }
    }
    described.default = given(environment, "COSCRIBE_MODEL").map(choice);
    described.read_times(environment);
    described
}

impl Described {
    fn read_times(&mut self, environment: &Environment) {
        for name in ["CONNECT", "FIRST_TOKEN", "BETWEEN_TOKENS", "LIST"] {
            let variable = format!("COSCRIBE_MODEL_{name}_SECONDS");
            let Some(text) = given(environment, &variable) else { continue };
            let known = text.parse().ok().and_then(duration).is_some_and(|time| self.times.set(name, time));
            if !known {
                self.problems.push(format!("{variable} must be a number of seconds up to a day."));
            }
        }
    }
}

fn given<'a>(environment: &'a Environment, variable: &str) -> Option<&'a str> {
    environment.get(variable).map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn either<'a>(environment: &'a Environment, (ours, usual): (&str, &str)) -> Option<&'a str> {
    given(environment, ours).or_else(|| given(environment, usual))
}

fn listed(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
}

fn choice(text: &str) -> Choice {
    match text.split_once('/') {
        Some((provider, model)) => Choice { provider: provider.into(), model: Some(model.into()) },
        None => Choice { provider: text.into(), model: None },
    }
}

/// `OLLAMA_HOST` as Ollama itself reads it: scheme and port may be missing, and a server's “all addresses” is here.
fn ollama_address(host: &str) -> String {
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ if scheme == "https" => (authority, "443"),
        _ => (authority, "11434"),
    };
    let name = if matches!(name, "" | "0.0.0.0" | "[::]") { "127.0.0.1" } else { name };
    format!("{scheme}://{name}:{port}{path}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::llm::times::Times;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_usual_variables_are_enough() {
        let described = read_environment(&environment(&[
            ("OPENAI_API_KEY", "sk-1"),
            ("ANTHROPIC_API_KEY", "sk-2"),
            ("COSCRIBE_ANTHROPIC_KEY", "sk-3"),
            ("COSCRIBE_OPENAI_MODELS", "a, b,"),
            ("OLLAMA_HOST", "0.0.0.0"),
            ("COSCRIBE_MODEL", "openai/b"),
            ("COSCRIBE_MODEL_CONNECT_SECONDS", "3"),
            ("COSCRIBE_MODEL_LIST_SECONDS", "soon"),
        ]));
        let [openai, anthropic, ollama] = &described.providers[..] else { panic!("three providers") };
        assert_eq!((&openai.key, &openai.models), (&Key::new("sk-1"), &vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(anthropic.key, Key::new("sk-3"));
        assert_eq!(ollama.url.as_deref(), Some("http://127.0.0.1:11434"));
        assert_eq!(described.default, Some(Choice { provider: "openai".into(), model: Some("b".into()) }));
        assert_eq!(described.times.over(Times::default()).connect, Duration::from_secs(3));
        assert_eq!(described.problems.len(), 1);
        assert!(read_environment(&environment(&[("OPENAI_API_KEY", " ")])).providers.is_empty());
    }

    #[test]
    fn the_address_of_ollama_is_read_as_ollama_reads_it() {
        for (given, address) in [
            ("box", "http://box:11434"),
            ("box:1", "http://box:1"),
            (":1", "http://127.0.0.1:1"),
            ("https://box", "https://box:443"),
            ("http://box:1/path", "http://box:1/path"),
            ("[::1]", "http://[::1]:11434"),
            ("[::]:9", "http://127.0.0.1:9"),
        ] {
            assert_eq!(ollama_address(given), address);
        }
    }
}
