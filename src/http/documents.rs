//! `/api/documents/{document}/state` and `/updates`: raw documents for programs that speak Yjs but no WebSocket.
//!
//! The name of a document may contain slashes, so the last part of the path is cut off by hand.

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Shared,
    caller::Caller,
    error::{Answer, ApiError},
    extract::{By, Ids, Params, Raw},
};
use crate::{ids::DocumentId, wire::rest::ErrorBody, wire::update};

pub fn routes(max_message: usize) -> Router<Shared> {
    let handlers = routing::get(read).post(write).layer(DefaultBodyLimit::max(max_message));
    Router::new().route("/api/documents/{*path}", handlers)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StateParams {
    /// A state vector (Yjs v1) in base64url without padding: only what it lacks is sent.
    since: Option<String>,
}

/// Reads a document as one Yjs update (v1).
#[utoipa::path(get, path = "/api/documents/{document}/state", tag = "documents",
    params(("document" = String, Path, description = "As in `/ws/{document}`; may contain slashes"), StateParams),
    responses((status = 200, description = "A Yjs update", content_type = "application/octet-stream"),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)
))]
async fn read(
    State(app): State<Shared>,
    Ids(path): Ids<String>,
    caller: Caller,
    Params(StateParams { since }): Params<StateParams>,
) -> Answer<Response> {
    let document = document(&path, "/state")?;
    caller.role_in(&document)?;
    let since = since.map(|text| state_vector(&text)).transpose()?;
    let state = app.rooms.open(&document).await?.state(since).await?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], state).into_response())
}

/// Merges a Yjs update (v1) into a document; it is on disk when this answers.
#[utoipa::path(post, path = "/api/documents/{document}/updates", tag = "documents",
    params(("document" = String, Path, description = "As in `/ws/{document}`; may contain slashes")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody)
))]
async fn write(
    State(app): State<Shared>,
    Ids(path): Ids<String>,
    caller: Caller,
    By(actor): By,
    Raw(bytes): Raw,
) -> Answer<StatusCode> {
    let document = document(&path, "/updates")?;
    caller.check_writing(&document)?;
    let update = tokio::task::spawn_blocking(move || update::check(bytes)).await.map_err(ApiError::internal)??;
    app.rooms.open(&document).await?.merge(update, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn document(path: &str, ending: &str) -> Answer<DocumentId> {
    let name = path.strip_suffix(ending);
    let name = name.ok_or_else(|| ApiError::not_found("not_found", "There is nothing at this address."))?;
    Ok(name.parse()?)
}

fn state_vector(text: &str) -> Answer<update::CheckedStateVector> {
    let invalid = || ApiError::bad_request("invalid_parameter", "The parameter since is no base64url text.");
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| invalid())?;
    Ok(update::check_state_vector(Bytes::from(bytes))?)
}

/// For the description; see [`read`] and [`write`].
#[derive(utoipa::OpenApi)]
#[openapi(paths(read, write))]
pub struct Described;
