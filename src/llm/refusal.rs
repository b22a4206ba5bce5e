//! What genai reports, as a [`Failure`]. Imports failure, key, provider.
//!
//! Invariant: the status decides what is said; what the provider wrote stands behind it, scrubbed and short, and never
//! behind a refused key, which providers like to repeat.

use std::{
    error::Error as StdError,
    io,
    time::{Duration, SystemTime},
};

use genai::Error;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{failure::Failure, key, provider::Provider};

/// What is shown of a provider's own words.
const DETAIL_CHARACTERS: usize = 300;

/// Whom was asked for what: names for the sentences.
#[derive(Debug, Clone)]
pub struct Asked {
    pub provider: Provider,
    pub model: String,
    /// How long connecting may take.
    pub connect: Duration,
}

impl Asked {
    /// Why genai has no (more) answer. `began` tells whether some of it came.
    pub fn failure(&self, error: &Error, began: bool) -> Failure {
        match error {
            Error::HttpError { status, body, headers, .. } => self.of_status(status.as_u16(), body, headers),
            Error::WebModelCall { webc_error, .. } | Error::WebAdapterCall { webc_error, .. } => {
                self.of_call(webc_error)
            }
            Error::WebStream { error, .. } => match error.downcast_ref::<Error>() {
                Some(error) => self.failure(error, began),
                None => self.of_transport(error.as_ref(), began),
            },
            Error::ChatResponse { body, .. } => self.told(body, began),
            _ => Failure::Unreadable { provider: self.name() },
        }
    }

    /// The provider told of an error within its answer.
    pub fn told(&self, body: &Value, began: bool) -> Failure {
        let detail = self.scrubbed(&words_of(body).unwrap_or_default());
        if began {
            Failure::BrokenOff { provider: self.name(), detail }
        } else {
            Failure::Unable { provider: self.name(), detail }
        }
    }

    fn of_call(&self, error: &genai::webc::Error) -> Failure {
        match error {
            genai::webc::Error::ResponseFailedStatus { status, body, headers } => {
                self.of_status(status.as_u16(), body, headers)
            }
            genai::webc::Error::Reqwest(error) => self.of_transport(error, false),
            _ => Failure::Unreadable { provider: self.name() },
        }
    }

    fn of_status(&self, status: u16, body: &str, headers: &HeaderMap) -> Failure {
        let provider = self.name();
        let detail = self.detail(body);
        match status {
            300..=399 => Failure::Redirect { provider, status },
            401 if self.provider.key.is_none() => Failure::KeyMissing { provider },
            401 => Failure::KeyRefused { provider },
            403 => Failure::Forbidden { provider, detail },
            404 => Failure::NotFound { provider, model: self.model.clone(), detail },
            429 => Failure::TooMany { provider, detail, after: retry_after(headers, SystemTime::now()) },
            500.. => Failure::Down { provider, status, detail },
            _ => Failure::Rejected { provider, status, detail },
        }
    }

    fn of_transport(&self, error: &(dyn StdError + Send + Sync + 'static), began: bool) -> Failure {
        let provider = self.name();
        let origin = self.provider.origin();
        let Some(error) = error.downcast_ref::<reqwest::Error>() else {
            return if began {
                Failure::BrokenOff { provider, detail: String::new() }
            } else {
                Failure::Unreadable { provider }
            };
        };
        match system_error(error) {
            _ if began => Failure::BrokenOff { provider, detail: String::new() },
            Some(io::ErrorKind::ConnectionRefused) => Failure::Refused { provider, origin },
            _ if error.is_connect() && error.is_timeout() => {
                Failure::ConnectTime { provider, origin, within: self.connect }
            }
            _ if error.is_connect() => {
                Failure::Unreachable { provider, origin, detail: self.scrubbed(&innermost(error)) }
            }
            _ => Failure::Reset { provider },
        }
    }

    fn name(&self) -> String {
        self.provider.name.clone()
    }

    /// The words of an answer that is an error; nothing of a page of HTML.
    fn detail(&self, body: &str) -> String {
        let words = match serde_json::from_str::<Value>(body) {
            Ok(body) => words_of(&body).unwrap_or_default(),
            Err(_) if body.trim_start().starts_with('<') => String::new(),
            Err(_) => body.to_owned(),
        };
        self.scrubbed(&words)
    }

    fn scrubbed(&self, text: &str) -> String {
        key::scrub(text, self.provider.key.as_ref(), DETAIL_CHARACTERS)
    }
}

/// The sentence in `{"error": {"message": …}}`, `{"error": …}`, `{"message": …}`, `{"detail": …}`, however nested.
fn words_of(body: &Value) -> Option<String> {
    match body {
        Value::String(words) => Some(words.clone()),
        Value::Object(fields) => ["error", "message", "detail"].iter().find_map(|name| words_of(fields.get(*name)?)),
        Value::Array(items) => items.first().and_then(words_of),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// What the system said of a connection.
fn system_error(error: &reqwest::Error) -> Option<io::ErrorKind> {
    causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}

/// What `Retry-After` says: milliseconds, seconds or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let milliseconds = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok()).map(|number| number / 1_000.0);
    let seconds = milliseconds.or_else(|| text("retry-after").and_then(|text| text.parse().ok()));
    match seconds {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        None => {
            let date = httpdate::parse_http_date(text("retry-after")?).ok()?;
            Some(date.duration_since(now).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_words_of_an_error_are_found_in_every_form() {
        for body in [
            json!({"error": {"message": "Slow down.", "type": "x"}}),
            json!({"error": "Slow down."}),
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Slow down."}}),
            json!({"detail": [{"message": "Slow down."}]}),
            json!({"message": "Slow down."}),
        ] {
            assert_eq!(words_of(&body).as_deref(), Some("Slow down."), "{body}");
        }
        assert_eq!(words_of(&json!({"error": 5})), None);
    }

    #[test]
    fn a_wait_is_read_in_every_form() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let after = |name: &'static str, value: &'static str| {
            let headers =
                HeaderMap::from_iter([(reqwest::header::HeaderName::from_static(name), value.parse().unwrap())]);
            retry_after(&headers, now)
        };
        assert_eq!(after("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(after("retry-after-ms", "250"), Some(Duration::from_millis(250)));
        assert_eq!(after("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT"), Some(Duration::from_secs(3)));
        assert_eq!(after("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
        for bad in ["-1", "soon", "nan", "1e300"] {
            assert_eq!(after("retry-after", bad), None, "{bad}");
        }
    }
}
