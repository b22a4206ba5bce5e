//! One attempt: a signed `POST`, and what it met.
//!
//! Imports reach and signature. Invariant: no redirect is followed and no proxy asked, so that only addresses that were
//! checked are reached; of an answer only its beginning is read.

use std::{
    error::Error,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{Client, Response, StatusCode, Url, header::RETRY_AFTER};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};

use super::{
    reach::{self, PublicOnly},
    signature::Secrets,
};
use crate::{events::now, measure};

/// How long a receiver may take: long enough to write something down, too short to do the work in the meantime.
const ANSWER_MAX: Duration = Duration::from_secs(15);

/// How long a connection may take to be made.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Bytes of an answer that are kept to be shown.
const SAID_MAX: usize = 500;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Any 2xx.
    Delivered,
    /// It answered something else.
    Refused,
    /// It did not answer, or only that it cannot at present.
    Unreachable,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        }
    }
}

/// What an attempt met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reception {
    pub verdict: Verdict,
    pub status: Option<u16>,
    /// The beginning of the answer, or why there is none.
    pub said: String,
    /// How long the receiver wants to be left alone.
    pub wait: Option<Duration>,
    pub took: Duration,
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    pub url: &'a str,
    pub secrets: &'a Secrets,
    /// The same in every attempt, so that receivers know a repetition.
    pub id: &'a str,
    /// JSON.
    pub body: &'a str,
}

/// Carries letters.
pub struct Courier {
    /// Made for the first letter: it reads the certificates of the machine.
    client: OnceLock<Result<Client, String>>,
    allow_private: bool,
}

impl Courier {
    /// With `allow_private` also to this machine and to private networks.
    pub fn new(allow_private: bool) -> Self {
        Self { client: OnceLock::new(), allow_private }
    }

    fn client(&self) -> Result<&Client, String> {
        let made = self.client.get_or_init(|| {
            // Refused when it has been done before, which is as good.
            drop(rustls::crypto::ring::default_provider().install_default());
            let client = Client::builder()
                .connect_timeout(CONNECT_MAX)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .user_agent(concat!("Coscribe/", env!("CARGO_PKG_VERSION")));
            let client = if self.allow_private { client } else { client.dns_resolver(Arc::new(PublicOnly)) };
            client.build().map_err(|error| format!("this machine cannot use TLS: {}", innermost(&error)))
        });
        made.as_ref().map_err(Clone::clone)
    }

    /// Whether an address may be reached at all, as far as it tells.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn check(&self, url: &str) -> Result<(), String> {
        let parsed: Url = url.parse().map_err(|error| format!("{url:?} is no address: {error}"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(format!("{url:?} is no address of the web; write it as in https://example.org/hook"));
        }
        if self.allow_private { Ok(()) } else { reach::check_literal(&parsed).map_err(|error| error.to_string()) }
    }

    /// Tries once.
    pub async fn deliver(&self, letter: Letter<'_>) -> Reception {
        let began = Instant::now();
        let met = timeout(ANSWER_MAX, self.ask(letter)).await;
        let silent = || unreachable(format!("no answer within {} seconds", ANSWER_MAX.as_secs()));
        let reception = Reception { took: began.elapsed(), ..met.unwrap_or_else(|_| silent()) };
        metrics::counter!(measure::WEBHOOK_ATTEMPTS, "outcome" => reception.verdict.name()).increment(1);
        reception
    }

    async fn ask(&self, letter: Letter<'_>) -> Reception {
        let client = match self.check(letter.url).and_then(|()| self.client()) {
            Ok(client) => client,
            Err(refusal) => return unreachable(refusal),
        };
        let now = now();
        let seconds = now / 1000;
        let signature = letter.secrets.signature(letter.id, seconds, letter.body, now);
        let request = client
            .post(letter.url)
            .header("content-type", "application/json")
            .header("webhook-id", letter.id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(letter.body.to_owned());
        match request.send().await {
            Ok(response) => answered(response).await,
            Err(error) => unreachable(innermost(&error)),
        }
    }
}

fn unreachable(said: String) -> Reception {
    Reception { verdict: Verdict::Unreachable, status: None, said, wait: None, took: Duration::ZERO }
}

async fn answered(response: Response) -> Reception {
    let status = response.status();
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let verdict = match status {
        status if status.is_success() => Verdict::Delivered,
        StatusCode::REQUEST_TIMEOUT
        | StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Verdict::Unreachable,
        _ => Verdict::Refused,
    };
    let said = match status.is_redirection() {
        true => "it redirects, which is not followed; give the address that it leads to".into(),
        false => beginning(response).await,
    };
    let wait = wait.filter(|_| verdict == Verdict::Unreachable).map(Duration::from_secs);
    Reception { verdict, status: Some(status.as_u16()), said, wait, took: Duration::ZERO }
}

/// A connection that breaks in the middle of an answer takes nothing from its status.
async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < SAID_MAX
        && let Ok(Some(piece)) = response.chunk().await
    {
        bytes.extend_from_slice(&piece);
    }
    bytes.truncate(SAID_MAX);
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// The outer errors only say that a request failed.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
