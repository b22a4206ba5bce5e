//! The description of the REST interface, generated from the handlers and their types.

use axum::{Json, Router, routing};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared, blobs, cells, documents, environment, events, files, kernels, models, notebooks, operations, projects,
    providers, questions, role, runs, sessions, tasks, tokens, webhooks, widgets,
};
use crate::config::Limits;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Coscribe",
        description = "Notebooks that people, scripts and agents change at the same time.\n\nBring the token the server \
            printed, or a named one, as `Authorization: Bearer TOKEN`. A named token allows what its scopes say, and its \
            bearer acts under its name; with the server's own, `X-Coscribe-Actor: NAME` tells who acts. A `POST` repeated within a \
            day with the same `Idempotency-Key` acts once (a restart of the server forgets the keys). Every refusal is \
            `{\"error\": {\"code\", \"message\"}}`, and nothing changed."
    ),
    modifiers(&Security),
    security(("token" = []))
)]
struct Description;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        description.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The routes that describe themselves, and the description of all.
pub fn described(limits: &Limits) -> (Router<Shared>, utoipa::openapi::OpenApi) {
    let mut description = Description::openapi();
    description.merge(documents::Described::openapi());
    description.merge(events::Described::openapi());
    description.merge(files::Described::openapi());
    OpenApiRouter::with_openapi(description)
        .merge(notebooks::routes(limits.max_import))
        .merge(cells::routes())
        .merge(runs::routes())
        .merge(kernels::routes())
        .merge(models::routes())
        .merge(environment::routes())
        .merge(files::routes())
        .merge(questions::routes())
        .merge(providers::routes())
        .merge(projects::routes())
        .merge(tasks::routes())
        .merge(sessions::routes())
        .merge(widgets::routes())
        .merge(webhooks::routes())
        .merge(tokens::routes())
        .merge(blobs::routes())
        .merge(operations::routes())
        .merge(role::routes())
        .split_for_parts()
}

/// The description as it is served.
pub fn document() -> utoipa::openapi::OpenApi {
    described(&Limits::default()).1
}

/// `/api/openapi.json`: no secrets in it.
pub fn routes() -> Router<Shared> {
    Router::new().route("/api/openapi.json", routing::get(|| async { Json(document()) }))
}
