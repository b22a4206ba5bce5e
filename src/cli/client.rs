//! Requests to a server, and why they fail.

use std::{io::Read, path::Path, time::Duration};

use serde::de::DeserializeOwned;
use ureq::{
    Agent, Body, RequestBuilder, SendBody,
    http::{HeaderValue, Response},
    typestate::{WithBody, WithoutBody},
};

use super::ServerArgs;
use crate::{
    config::{self, DataDirectory},
    wire::rest::{ACTOR_HEADER, ErrorBody},
};

/// A server on this machine answers at once; one elsewhere within a few round trips.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer read whole: the largest document with its outputs.
const ANSWER_MAX: u64 = config::DOCUMENT_BYTES as u64;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The server's sentence.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Usage(String),
    #[error(
        "{url} is not reached: {cause}. Is the server running? Start it with `coscribe serve`, or set COSCRIBE_URL."
    )]
    NotReached { url: String, cause: String },
    #[error("{path}: {cause}")]
    File { path: String, cause: std::io::Error },
    /// What is damaged was printed.
    #[error("there are documents in trouble; see above")]
    Damaged,
    /// What was asked for was done and did not go well.
    #[error("{0}")]
    Failed(String),
    #[error("interrupted")]
    Interrupted,
}

impl CliError {
    /// A failure of a local file.
    pub fn file(path: &Path, cause: std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), cause }
    }
}

/// One server.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    url: String,
    token: Option<String>,
    actor: Option<HeaderValue>,
}

impl Client {
    /// The server named, or the one that uses the data directory, or the usual one of this machine.
    pub fn new(args: &ServerArgs, data: &DataDirectory) -> Result<Self, CliError> {
        let url = args.url.clone().or_else(|| line(&data.address()));
        let url = url.unwrap_or_else(|| format!("http://{}", config::DEFAULT_LISTEN));
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(CliError::Usage(format!("{url} is no address; write it as in http://127.0.0.1:8000")));
        }
        let actor = args.actor.as_deref().map(|name| HeaderValue::from_bytes(name.as_bytes())).transpose();
        let actor = actor.map_err(|_| CliError::Usage("a name has no control characters".into()))?;
        let settings = Agent::config_builder().http_status_as_error(false).timeout_connect(Some(CONNECT_TIMEOUT));
        let token = args.token.clone().or_else(|| line(&data.token()));
        Ok(Self { agent: settings.build().into(), url: url.trim_end_matches('/').to_owned(), token, actor })
    }

    /// The address of the server, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of a WebSocket of the server.
    pub fn socket_url(&self, path: &str) -> String {
        format!("ws{}{path}", self.url.trim_start_matches("http"))
    }

    /// What lets requests in.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Asks and reads the JSON answer.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        self.json(self.open(path)?)
    }

    /// Reads a list to its end, page after page; `open` takes a page apart into what it lists and where the next begins.
    pub fn pages<Page: DeserializeOwned, Item>(
        &self,
        address: impl Fn(Option<&str>) -> String,
        open: impl Fn(Page) -> (Vec<Item>, Option<String>),
    ) -> Result<Vec<Item>, CliError> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let (more, next) = open(self.get(&address(after.as_deref()))?);
            items.extend(more);
            if next.is_none() {
                return Ok(items);
            }
            after = next;
        }
    }

    /// Asks for something that may not be there.
    pub fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, CliError> {
        let response = self.sent(self.prepared(self.agent.get(self.address(path))).call())?;
        if response.status() == 404 { Ok(None) } else { self.json(self.accepted(response)?).map(Some) }
    }

    /// Asks and hands the answer's body on to be read piece by piece, with its length if that is known.
    pub fn open(&self, path: &str) -> Result<Response<Body>, CliError> {
        self.answer(self.prepared(self.agent.get(self.address(path))).call())
    }

    /// Posts JSON and reads the JSON answer.
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl serde::Serialize) -> Result<T, CliError> {
        let request = self.prepared_with_body(self.agent.post(self.address(path)));
        self.json(self.answer(request.send_json(body))?)
    }

    /// Changes with JSON and reads the JSON answer.
    pub fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl serde::Serialize) -> Result<T, CliError> {
        let request = self.prepared_with_body(self.agent.patch(self.address(path)));
        self.json(self.answer(request.send_json(body))?)
    }

    /// Posts nothing and reads the JSON answer.
    pub fn ask_for<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        self.json(self.answer(self.prepared_with_body(self.agent.post(self.address(path))).send_empty())?)
    }

    /// Deletes and reads the JSON answer.
    pub fn take_away<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        self.json(self.answer(self.prepared(self.agent.delete(self.address(path))).call())?)
    }

    /// Posts what a reader gives and reads the JSON answer.
    pub fn upload<T: DeserializeOwned>(&self, path: &str, mut body: impl Read) -> Result<T, CliError> {
        let request = self.prepared_with_body(self.agent.post(self.address(path)));
        self.json(self.answer(request.send(SendBody::from_reader(&mut body)))?)
    }

    /// Deletes.
    pub fn delete(&self, path: &str) -> Result<(), CliError> {
        self.answer(self.prepared(self.agent.delete(self.address(path))).call()).map(|_| ())
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn prepared(&self, request: RequestBuilder<WithoutBody>) -> RequestBuilder<WithoutBody> {
        self.headers().into_iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    fn prepared_with_body(&self, request: RequestBuilder<WithBody>) -> RequestBuilder<WithBody> {
        self.headers().into_iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    fn headers(&self) -> Vec<(&'static str, HeaderValue)> {
        let token = self.token.as_ref().and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok());
        let token = token.map(|value| ("authorization", value));
        let actor = self.actor.clone().map(|value| (ACTOR_HEADER, value));
        token.into_iter().chain(actor).collect()
    }

    fn answer(&self, result: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, CliError> {
        self.accepted(self.sent(result)?)
    }

    fn sent(&self, result: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, CliError> {
        result.map_err(|error| CliError::NotReached { url: self.url.clone(), cause: error.to_string() })
    }

    fn accepted(&self, mut response: Response<Body>) -> Result<Response<Body>, CliError> {
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let sentence = response.body_mut().read_json::<ErrorBody>().map(|body| body.error.message);
        let hint = if status == 401 { " Set COSCRIBE_TOKEN, or --data to the server's data directory." } else { "" };
        let sentence =
            sentence.unwrap_or_else(|_| format!("The server answered {status}; is {} a Coscribe?", self.url));
        Err(CliError::Refused(format!("{sentence}{hint}")))
    }

    fn json<T: DeserializeOwned>(&self, mut response: Response<Body>) -> Result<T, CliError> {
        let body = response.body_mut().with_config().limit(ANSWER_MAX).read_json();
        body.map_err(|error| CliError::Refused(format!("the answer of {} cannot be read: {error}", self.url)))
    }
}

/// An address with those parameters that are given; ids, words and cursors need no escaping.
pub fn query(path: &str, given: &[(&str, Option<String>)]) -> String {
    let pairs = given.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn line(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
