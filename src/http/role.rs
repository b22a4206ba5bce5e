//! `/api/role`: what the secret of the one who asks lets it do, so that a page offers nothing that would be refused.

use axum::Json;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Shared, caller::Caller};
use crate::{
    vocabulary::Scope,
    wire::rest::{ErrorBody, RoleBody},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(role))
}

/// Tells what you may do.
#[utoipa::path(get, path = "/api/role", tag = "operations", responses(
    (status = 200, body = RoleBody), (status = 401, body = ErrorBody)
))]
async fn role(caller: Caller) -> Json<RoleBody> {
    let scopes = Scope::ALL.into_iter().filter(|scope| caller.scopes().allow(*scope)).collect();
    Json(RoleBody { role: caller.role(), scopes, name: caller.name().map(str::to_owned) })
}
