//! `/api/role`: what the secret of the one who asks lets it do, so that a page offers nothing that would be refused.

use axum::{Json, extract::State, http::HeaderMap};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Shared, auth, error::Answer};
use crate::wire::rest::{ErrorBody, RoleBody};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(role))
}

/// Tells what you may do.
#[utoipa::path(get, path = "/api/role", tag = "operations", responses(
    (status = 200, body = RoleBody), (status = 401, body = ErrorBody)
))]
async fn role(State(app): State<Shared>, headers: HeaderMap) -> Answer<Json<RoleBody>> {
    let role = app.access.role(&headers).ok_or_else(auth::nobody)?;
    Ok(Json(RoleBody { role }))
}
