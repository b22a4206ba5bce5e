//! Providers described in JSON, in the file and on the page. Imports key, price, provider, times.
//!
//! The file `models.json` of the data directory; every field may be left out but `name` and `kind`:
//!
//! ```json
//! {
//!   "default": { "provider": "local", "model": "qwen3:8b" },
//!   "providers": [
//!     { "name": "local", "kind": "ollama", "url": "http://127.0.0.1:11434", "models": ["qwen3:8b"] },
//!     { "name": "Claude", "kind": "anthropic", "keyFrom": "ANTHROPIC_API_KEY", "models": ["claude-sonnet-4-5"],
//!       "prices": { "claude-sonnet-4-5": { "input": 3, "output": 15 } } },
//!     { "name": "vllm", "kind": "openai", "url": "http://gpu:8000/v1", "key": "…",
//!       "extra": { "always": {}, "thinking": {}, "notThinking": { "chat_template_kwargs": { "enable_thinking": false } } } }
//!   ],
//!   "seconds": { "connect": 10, "firstToken": 300, "betweenTokens": 120, "list": 5 }
//! }
//! ```
//!
//! Prices are in US dollars for a million tokens.
//!
//! Invariant: no sentence about a description repeats a value of it, since any could be a key.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    key::Key,
    price::Price,
    provider::{ExtraFields, ProviderSettings},
    times::Times,
};
use crate::vocabulary::ProviderKind;

/// Variables of the environment.
pub type Environment = BTreeMap<String, String>;

/// A longer wait is none: a day.
const SECONDS_MAX: f64 = 86_400.0;

/// Which provider and model answer unless a question names others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub provider: String,
    pub model: Option<String>,
}

/// What one source says.
#[derive(Debug, Default)]
pub struct Described {
    pub providers: Vec<ProviderSettings>,
    pub default: Option<Choice>,
    pub times: TimesGiven,
    /// What is wrong, in sentences; the rest holds.
    pub problems: Vec<String>,
}

/// The times that a source gives.
#[derive(Debug, Default, Clone, Copy)]
pub struct TimesGiven {
    connect: Option<Duration>,
    first_token: Option<Duration>,
    between_tokens: Option<Duration>,
    list: Option<Duration>,
}

impl TimesGiven {
    /// These over the given ones.
    pub fn over(self, times: Times) -> Times {
        Times {
            connect: self.connect.unwrap_or(times.connect),
            first_token: self.first_token.unwrap_or(times.first_token),
            between_tokens: self.between_tokens.unwrap_or(times.between_tokens),
            list: self.list.unwrap_or(times.list),
            ..times
        }
    }

    /// Sets the time of that name; tells whether there is one.
    pub fn set(&mut self, name: &str, time: Duration) -> bool {
        let field = match name {
            "connect" | "CONNECT" => &mut self.connect,
            "firstToken" | "FIRST_TOKEN" => &mut self.first_token,
            "betweenTokens" | "BETWEEN_TOKENS" => &mut self.between_tokens,
            "list" | "LIST" => &mut self.list,
            _ => return false,
        };
        *field = Some(time);
        true
    }
}

/// What the text of the file says. `file` is its name for the sentences.
pub fn read_file(file: &str, text: &str, environment: &Environment) -> Described {
    let mut described = Described::default();
    let object = match serde_json::from_str(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return described.with(format!("{file} is no JSON object; begin it with {{ and “providers”.")),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            return described.with(format!("{file} is not valid JSON: look at line {line}, column {column}."));
        }
    };
    for (name, value) in &object {
        let problems = match name.as_str() {
            "default" => described.read_default(value),
            "providers" => described.read_providers(value, environment),
            "seconds" => described.read_seconds(value),
            _ => vec![format!("“{}” is not known; “default”, “providers” and “seconds” are.", shown(name))],
        };
        described.problems.extend(problems.into_iter().map(|problem| format!("{file}: {problem}")));
    }
    described
}

impl Described {
    fn with(mut self, problem: String) -> Self {
        self.problems.push(problem);
        self
    }

    fn read_default(&mut self, value: &Value) -> Vec<String> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        match text("provider") {
            Some(provider) => self.default = Some(Choice { provider, model: text("model") }),
            None => return vec!["“default” must be an object with “provider” and, if wanted, “model”.".into()],
        }
        Vec::new()
    }

    fn read_providers(&mut self, value: &Value, environment: &Environment) -> Vec<String> {
        let Value::Array(items) = value else { return vec!["“providers” must be a list.".into()] };
        let mut problems = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match read_provider(item, environment) {
                Ok(provider) => self.providers.push(provider),
                Err(problem) => problems.push(format!("provider {}: {problem}", index + 1)),
            }
        }
        problems
    }

    fn read_seconds(&mut self, value: &Value) -> Vec<String> {
        let Value::Object(fields) = value else { return vec!["“seconds” must be an object.".into()] };
        let mut problems = Vec::new();
        for (name, value) in fields {
            let known = value.as_f64().and_then(duration).is_some_and(|time| self.times.set(name, time));
            if !known {
                let name = shown(name);
                problems.push(format!("“seconds”: “{name}” must be connect, firstToken, betweenTokens or list, with a number of seconds up to a day."));
            }
        }
        problems
    }
}

/// A time that can be waited for.
pub fn duration(seconds: f64) -> Option<Duration> {
    (seconds > 0.0 && seconds <= SECONDS_MAX).then(|| Duration::from_secs_f64(seconds))
}

/// A name somebody gave to a field, short enough for a sentence.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

/// One provider as JSON describes it. What comes from a page is read with an empty environment: `keyFrom` could otherwise
/// send any variable of the server to an address of the asker's choice.
pub fn read_provider(value: &Value, environment: &Environment) -> Result<ProviderSettings, String> {
    let Value::Object(fields) = value else {
        return Err("it must be an object with “name” and “kind”.".into());
    };
    let known = ["name", "kind", "url", "key", "keyFrom", "models", "extra", "prices"];
    if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("“{}” is not known; {} are.", shown(name), known.join(", ")));
    }
    let kind = text(fields, "kind")?.unwrap_or_default();
    let kind = ProviderKind::named(kind).ok_or("“kind” must be openai, anthropic or ollama.")?;
    Ok(ProviderSettings {
        name: text(fields, "name")?.unwrap_or_default().to_owned(),
        kind,
        url: text(fields, "url")?.map(ToOwned::to_owned),
        key: key(fields, environment)?,
        models: models(fields)?,
        extra: extra(fields)?,
        prices: prices(fields)?,
    })
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("“{name}” must be a text.")),
    }
}

fn key(fields: &Map<String, Value>, environment: &Environment) -> Result<Option<Key>, String> {
    match (text(fields, "key")?, text(fields, "keyFrom")?) {
        (Some(_), Some(_)) => Err("it has both “key” and “keyFrom”; leave one of them out.".into()),
        (Some(key), None) => Ok(Key::new(key)),
        (None, Some(variable)) => match environment.get(variable).and_then(|key| Key::new(key)) {
            Some(key) => Ok(Some(key)),
            None => Err("the variable that “keyFrom” names is not set in the environment of the server.".into()),
        },
        (None, None) => Ok(None),
    }
}

fn models(fields: &Map<String, Value>) -> Result<Vec<String>, String> {
    let wrong = || "“models” must be a list of names.".to_owned();
    match fields.get("models") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(names)) => {
            names.iter().map(|name| name.as_str().map(ToOwned::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn extra(fields: &Map<String, Value>) -> Result<ExtraFields, String> {
    let wrong = || "“extra” must be an object with the objects “always”, “thinking” and “notThinking”.".to_owned();
    let Some(extra) = fields.get("extra") else { return Ok(ExtraFields::default()) };
    let extra = extra.as_object().ok_or_else(wrong)?;
    if extra.keys().any(|name| !["always", "thinking", "notThinking"].contains(&name.as_str())) {
        return Err(wrong());
    }
    let part = |name: &str| match extra.get(name) {
        None => Ok(Map::new()),
        Some(part) => part.as_object().cloned().ok_or_else(wrong),
    };
    Ok(ExtraFields { always: part("always")?, thinking: part("thinking")?, not_thinking: part("notThinking")? })
}

fn prices(fields: &Map<String, Value>) -> Result<BTreeMap<String, Price>, String> {
    let wrong = "“prices” must be an object of models, each with “input” and “output” in dollars for a million tokens.";
    let Some(prices) = fields.get("prices") else { return Ok(BTreeMap::new()) };
    let prices = prices.as_object().ok_or(wrong)?.iter();
    prices.map(|(model, price)| Ok((model.clone(), Price::read(price).ok_or(wrong)?))).collect()
}

/// A provider as [`read_provider`] reads it, its key included.
pub fn write_provider(settings: &ProviderSettings) -> Value {
    let ProviderSettings { name, kind, url, key, models, extra, prices } = settings;
    let mut fields = Map::from_iter([("name".to_owned(), name.as_str().into()), ("kind".into(), kind.name().into())]);
    fields.extend(url.as_ref().map(|url| ("url".into(), url.as_str().into())));
    fields.extend(key.as_ref().map(|key| ("key".into(), key.reveal().into())));
    if !models.is_empty() {
        fields.insert("models".into(), models.clone().into());
    }
    if *extra != ExtraFields::default() {
        let ExtraFields { always, thinking, not_thinking } = extra.clone();
        fields.insert("extra".into(), json!({ "always": always, "thinking": thinking, "notThinking": not_thinking }));
    }
    if !prices.is_empty() {
        let prices = prices.iter().map(|(model, price)| (model.clone(), price.to_json()));
        fields.insert("prices".into(), Value::Object(prices.collect()));
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(value: &Value) -> Described {
        read_file("models.json", &value.to_string(), &Environment::from([("MY_KEY".to_owned(), "sk-mine".to_owned())]))
    }

    #[test]
    fn the_file_describes_providers_default_and_times() {
        let described = file(&json!({
            "default": { "provider": "local", "model": "qwen3:8b" },
            "providers": [
                { "name": "local", "kind": "ollama", "url": "http://127.0.0.1:1", "models": ["qwen3:8b"] },
                { "name": "Claude", "kind": "anthropic", "keyFrom": "MY_KEY" },
                { "name": "x", "kind": "openai", "key": "k", "extra": { "notThinking": { "a": 1 } } },
            ],
            "seconds": { "connect": 0.5, "firstToken": 60 },
        }));
        assert_eq!(described.problems, Vec::<String>::new());
        assert_eq!(described.default, Some(Choice { provider: "local".into(), model: Some("qwen3:8b".into()) }));
        let [local, claude, extra] = &described.providers[..] else { panic!("three providers") };
        assert_eq!((local.kind, local.key.as_ref(), local.models.len()), (ProviderKind::Ollama, None, 1));
        assert_eq!(claude.key, Key::new("sk-mine"));
        assert_eq!(extra.extra.not_thinking["a"], 1);
        let times = described.times.over(Times::default());
        assert_eq!((times.connect, times.first_token), (Duration::from_millis(500), Duration::from_secs(60)));
        assert_eq!(times.between_tokens, Times::default().between_tokens);
    }

    #[test]
    fn a_provider_is_read_as_it_was_written() {
        let whole = json!({
            "name": "x", "kind": "openai", "url": "http://127.0.0.1:1", "key": "k", "models": ["a", "b"],
            "extra": { "always": { "a": 1 }, "thinking": {}, "notThinking": {} },
            "prices": { "a": { "input": 0.25, "output": 2.0 } },
        });
        for value in [whole, json!({ "name": "y", "kind": "ollama" })] {
            let settings = read_provider(&value, &Environment::new()).unwrap();
            assert_eq!(write_provider(&settings), value);
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_repeating_values_and_the_rest_holds() {
        let described = file(&json!({
            "providers": [
                { "name": "a", "kind": "openai", "key": 5555 },
                { "name": "b", "kind": "hunter2" },
                { "name": "c", "kind": "openai", "kye": "hunter2" },
                { "name": "d", "kind": "openai", "keyFrom": "hunter2" },
                { "name": "e", "kind": "openai", "key": "hunter2", "keyFrom": "hunter2" },
                { "name": "f", "kind": "openai", "models": "hunter2" },
                { "name": "g", "kind": "openai", "prices": { "m": "hunter2" } },
                "hunter2",
                { "name": "good", "kind": "ollama" },
            ],
            "seconds": { "connect": "hunter2", "lunch": 5 },
            "default": "hunter2",
            "colour": "hunter2",
        }));
        assert_eq!(described.problems.len(), 12, "{:#?}", described.problems);
        assert!(!format!("{described:?}").contains("hunter2") && !format!("{:?}", described.problems).contains("5555"));
        assert_eq!(described.providers.len(), 1);
        let broken = read_file("models.json", "{\n  \"key\": hunter2\n}", &Environment::new());
        assert_eq!(broken.problems, ["models.json is not valid JSON: look at line 2, column 10."]);
    }
}
