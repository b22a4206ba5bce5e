//! Reading requests: bodies, ids, parameters and who asks. Each failure becomes our error body with a sentence.

use std::{borrow::Cow, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request,
        path::ErrorKind,
        rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderName, StatusCode, header::CONTENT_TYPE, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{caller::Caller, error::ApiError};
use crate::{
    vocabulary::{Actor, ActorKind},
    wire::rest::{ACTOR_HEADER, ACTOR_KIND_HEADER, PutSource},
};

/// The longest wait for an answer; proxies cut longer ones.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The longest name of an actor: it is shown beside a caret.
const ACTOR_NAME_MAX: usize = 100;

/// A JSON body of a known shape.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Json(value) = <Json<T> as FromRequest<S>>::from_request(request, state).await?;
        Ok(Self(value))
    }
}

/// A JSON body that may be left out, and then has its defaults.
pub struct BodyOrDefault<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for BodyOrDefault<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = <Json<T> as OptionalFromRequest<S>>::from_request(request, state).await?;
        Ok(Self(body.map(|Json(value)| value).unwrap_or_default()))
    }
}

/// A body as it came.
pub struct Raw(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        Ok(Self(Bytes::from_request(request, state).await?))
    }
}

/// The ids in the path.
pub struct Ids<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Ids<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(value) = Path::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// The parameters after the question mark.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(value) = Query::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// How long a question with the parameter `wait` may take: seconds, with or without their sign.
pub fn patience(wait: Option<&str>) -> Result<Duration, ApiError> {
    let Some(text) = wait else { return Ok(Duration::ZERO) };
    let seconds = text.strip_suffix('s').unwrap_or(text).parse::<u64>();
    let seconds = seconds.map_err(|_| {
        ApiError::bad_request("invalid_parameter", "The parameter wait is a number of seconds, such as 30s.")
    })?;
    Ok(Duration::from_secs(seconds).min(WAIT_MAX))
}

/// Who asks.
pub struct By(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.actor(&parts.headers).map(Self)
    }
}

/// Who acts, as the headers say.
pub fn declared(headers: &HeaderMap) -> Result<Actor, ApiError> {
    let (name, kind) = (header(headers, ACTOR_HEADER)?, declared_kind(headers)?);
    actor(name.as_deref().unwrap_or("API"), kind)
}

/// What sort of actor it is, as the headers say.
pub fn declared_kind(headers: &HeaderMap) -> Result<ActorKind, ApiError> {
    match header(headers, ACTOR_KIND_HEADER)?.as_deref() {
        Some("agent") => Ok(ActorKind::Agent),
        None | Some("human") => Ok(ActorKind::Human),
        Some(_) => Err(bad_actor("The header X-Coscribe-Actor-Kind is neither human nor agent.")),
    }
}

/// An actor of that name, if the name can be shown.
pub fn actor(name: &str, kind: ActorKind) -> Result<Actor, ApiError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > ACTOR_NAME_MAX || name.chars().any(char::is_control) {
        return Err(bad_actor(format!("A name has 1 to {ACTOR_NAME_MAX} printable characters.")));
    }
    Ok(Actor { name: name.to_owned(), kind })
}

fn header(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(HeaderName::from_static(name)) else { return Ok(None) };
    let text = std::str::from_utf8(value.as_bytes());
    text.map(|text| Some(text.to_owned())).map_err(|_| bad_actor(format!("The header {name} is no UTF-8 text.")))
}

fn bad_actor(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("invalid_actor", message)
}

/// The new text of a cell: JSON, or the text itself as `text/plain`.
pub struct SourceBody(pub PutSource);

impl<S: Send + Sync> FromRequest<S> for SourceBody {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_text(request.headers()) {
            return Body::from_request(request, state).await.map(|Body(source)| Self(source));
        }
        let Raw(bytes) = Raw::from_request(request, state).await?;
        let source = String::from_utf8(bytes.into())
            .map_err(|_| ApiError::bad_request("invalid_text", "The body is no UTF-8 text."))?;
        Ok(Self(PutSource { source, base: None }))
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"text/plain"))
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::JsonDataError(error) => {
                Self::invalid_body(format!("The body is not as expected: {}.", innermost(&error)))
            }
            JsonRejection::JsonSyntaxError(error) => {
                Self::bad_request("invalid_json", format!("The body is no JSON: {}.", innermost(&error)))
            }
            JsonRejection::MissingJsonContentType(_) => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "Send JSON with the header Content-Type: application/json.",
            ),
            JsonRejection::BytesRejection(rejection) => rejection.into(),
            other => Self::bad_request("invalid_body", other.body_text()),
        }
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::too_large("The body is larger than this server takes.");
        }
        Self::new(StatusCode::REQUEST_TIMEOUT, "incomplete_body", "The body did not arrive whole.")
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
            return Self::internal(rejection);
        };
        let text: Cow<str> = match failed.kind() {
            ErrorKind::Message(message) | ErrorKind::DeserializeError { message, .. } => message.into(),
            other => other.to_string().into(),
        };
        Self::bad_request("invalid_id", format!("{text}."))
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request("invalid_parameter", format!("A parameter is not as expected: {}.", innermost(&rejection)))
    }
}

/// What the parser itself said, without the frames that axum puts around it.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_number_of_seconds_and_never_long() {
        for (text, seconds) in [(None, 0), (Some("30s"), 30), (Some("5"), 5), (Some("3600"), 60)] {
            assert_eq!(patience(text).unwrap(), Duration::from_secs(seconds));
        }
        for wrong in ["", "s", "1m", "-1s", "1.5s"] {
            assert!(patience(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
