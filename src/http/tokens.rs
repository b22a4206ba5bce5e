//! `/api/tokens`, `/api/audit`: who else may come in, and who did what.
//!
//! Invariant: a secret is in the answer that made it and in no other.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Shared,
    error::{Answer, ApiError},
    extract::{Body, By, Ids, Params},
};
use crate::{
    audit::Deed,
    ids::TokenId,
    tokens::{NewToken, Token, TokenError},
    wire::{
        rest::ErrorBody,
        tokens::{AuditEntry, AuditList, CreateToken, CreatedToken, TokenBody, TokenList},
    },
};

/// Entries of the audit log in one answer, unless others are asked for.
const ENTRIES: usize = 100;

/// The most entries in one answer: all there are.
const ENTRIES_MAX: usize = 10_000;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke)).routes(routes!(audit))
}

/// Lists the named tokens, newest first, without their secrets.
#[utoipa::path(get, path = "/api/tokens", tag = "tokens", operation_id = "list_tokens",
    responses((status = 200, body = TokenList), (status = 403, body = ErrorBody)))]
async fn list(State(app): State<Shared>) -> Json<TokenList> {
    Json(TokenList { tokens: app.access.named().list().iter().map(|token| body(token)).collect() })
}

/// Makes a token that lets its bearer do what its scopes say. The answer tells its secret, which is told never again.
#[utoipa::path(post, path = "/api/tokens", tag = "tokens", operation_id = "create_token", request_body = CreateToken,
    responses((status = 201, body = CreatedToken), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
async fn create(State(app): State<Shared>, By(actor): By, Body(wanted): Body<CreateToken>) -> Answer<Response> {
    let CreateToken { name, scopes, expires_in } = wanted;
    let wanted = NewToken { name, scopes: scopes.into_iter().collect(), expires_in };
    let (token, secret) = app.access.named().create(wanted, actor).await?;
    let location = format!("{}api/tokens/{}", app.base.as_str(), token.record().id);
    let headers = HeaderMap::from_iter([(LOCATION, location.parse().map_err(ApiError::internal)?)]);
    Ok((StatusCode::CREATED, headers, Json(CreatedToken { token: body(&token), secret })).into_response())
}

/// Revokes a token: it is refused from now on, and what is open with it is closed.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "tokens", operation_id = "revoke_token",
    params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn revoke(State(app): State<Shared>, Ids(id): Ids<TokenId>) -> Answer<StatusCode> {
    app.access.named().revoke(&id).await?;
    app.requests.forget(&id);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditParams {
    /// How many at most, 1 to 10000; 100 if absent.
    limit: Option<usize>,
}

/// Tells who did what when, from which address, newest first: every request that changes something, every tool by which
/// an agent does, every socket that the bearer of a named token opened to edit. The newest 10,000 are kept.
#[utoipa::path(get, path = "/api/audit", tag = "tokens", operation_id = "audit", params(AuditParams),
    responses((status = 200, body = AuditList), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
async fn audit(
    State(app): State<Shared>,
    Params(AuditParams { limit }): Params<AuditParams>,
) -> Answer<Json<AuditList>> {
    let limit = limit.unwrap_or(ENTRIES);
    if !(1..=ENTRIES_MAX).contains(&limit) {
        let message = format!("The parameter limit is a number from 1 to {ENTRIES_MAX}.");
        return Err(ApiError::bad_request("invalid_parameter", message));
    }
    app.audit.settled().await;
    let log = app.audit.clone();
    let newest = tokio::task::spawn_blocking(move || log.newest(limit)).await.map_err(ApiError::internal)??;
    Ok(Json(AuditList { entries: newest.into_iter().map(entry).collect() }))
}

fn body(token: &Token) -> TokenBody {
    let record = token.record().clone();
    TokenBody {
        id: record.id,
        name: record.name,
        scopes: record.scopes.iter().collect(),
        created_at: record.created_at,
        created_by: record.created_by,
        expires_at: record.expires_at,
        last_used: token.last_used(),
    }
}

fn entry(Deed { at, actor, token, address, action, status }: Deed) -> AuditEntry {
    AuditEntry { at, actor, token, address, action, status }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let message = error.to_string();
        let wrong = |code| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message.clone());
        match error {
            TokenError::Unknown(_) => Self::not_found("token_not_found", message),
            TokenError::Exists(_) => Self::new(StatusCode::CONFLICT, "token_exists", message),
            TokenError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_tokens", message),
            TokenError::Name => wrong("invalid_name"),
            TokenError::Scopeless => wrong("no_scope"),
            TokenError::Expiry => wrong("invalid_expiry"),
            TokenError::Storage(error) => error.into(),
        }
    }
}
