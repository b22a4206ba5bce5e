//! `/api/webhooks`: addresses that are told of events.
//!
//! Invariant: only admins see them, since an address may hold a secret; a secret of ours is shown when it is made.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Shared,
    error::{Answer, ApiError},
    extract::{Body, By, Ids},
};
use crate::{
    ids::WebhookId,
    webhooks::{Activity, Attempt, DeadLetter, Failing, NewWebhook, Verdict, WebhookError, WebhookPatch, WebhookState},
    wire::{
        rest::ErrorBody,
        webhooks::{
            CreateWebhook, DeadLetterBody, DeadLetterList, Delivery, DeliveryList, DeliveryOutcome, PatchWebhook,
            WebhookActivity, WebhookBody, WebhookFailing, WebhookList,
        },
    },
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .routes(routes!(replace_secret))
        .routes(routes!(test))
        .routes(routes!(deliveries))
        .routes(routes!(dead_letters))
        .routes(routes!(forget))
        .routes(routes!(redeliver))
}

/// Lists all webhooks.
#[utoipa::path(get, path = "/api/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    responses((status = 200, body = WebhookList), (status = 403, body = ErrorBody)))]
async fn list(State(app): State<Shared>) -> Json<WebhookList> {
    Json(WebhookList { webhooks: app.webhooks.list().into_iter().map(body).collect() })
}

/// Has an address told of events from now on, or after `since`: each is posted as `/api/events` tells it, in order,
/// signed after Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`). The answer tells the secret.
/// An event may come twice, with the same `webhook-id`. Who does not answer 2xx is asked again.
#[utoipa::path(post, path = "/api/webhooks", tag = "webhooks", operation_id = "create_webhook",
    request_body = CreateWebhook,
    responses((status = 201, body = WebhookBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(State(app): State<Shared>, By(actor): By, Body(wanted): Body<CreateWebhook>) -> Answer<Response> {
    let new = NewWebhook {
        url: wanted.url,
        types: wanted.types.unwrap_or_default(),
        project: wanted.project,
        notebook: wanted.notebook,
        description: wanted.description.unwrap_or_default(),
        since: wanted.since,
    };
    let made = with_secret(app.webhooks.create(new, actor).await?);
    let location = format!("{}api/webhooks/{}", app.base.as_str(), made.id);
    let headers = HeaderMap::from_iter([(LOCATION, location.parse().map_err(ApiError::internal)?)]);
    Ok((StatusCode::CREATED, headers, Json(made)).into_response())
}

/// Reads a webhook.
#[utoipa::path(get, path = "/api/webhooks/{id}", tag = "webhooks", operation_id = "get_webhook",
    params(("id" = String, Path)), responses((status = 200, body = WebhookBody), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<Shared>, Ids(id): Ids<WebhookId>) -> Answer<Json<WebhookBody>> {
    Ok(Json(body(app.webhooks.get(&id)?)))
}

/// Changes a webhook; what is absent stays. What waits is tried at once, with what changed.
#[utoipa::path(patch, path = "/api/webhooks/{id}", tag = "webhooks", operation_id = "patch_webhook",
    params(("id" = String, Path)), request_body = PatchWebhook,
    responses((status = 200, body = WebhookBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn patch(
    State(app): State<Shared>,
    Ids(id): Ids<WebhookId>,
    Body(wanted): Body<PatchWebhook>,
) -> Answer<Json<WebhookBody>> {
    let PatchWebhook { url, types, project, notebook, description, active } = wanted;
    let patch = WebhookPatch { url, types, project, notebook, description, active };
    Ok(Json(body(app.webhooks.patch(&id, patch).await?)))
}

/// Deletes a webhook, with what waits for it and what was set aside.
#[utoipa::path(delete, path = "/api/webhooks/{id}", tag = "webhooks", operation_id = "delete_webhook",
    params(("id" = String, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(State(app): State<Shared>, Ids(id): Ids<WebhookId>) -> Answer<StatusCode> {
    app.webhooks.delete(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new secret, which the answer tells. For a day messages are signed with the old one too.
#[utoipa::path(post, path = "/api/webhooks/{id}/secret", tag = "webhooks", operation_id = "replace_webhook_secret",
    params(("id" = String, Path)), responses((status = 200, body = WebhookBody), (status = 404, body = ErrorBody)))]
async fn replace_secret(State(app): State<Shared>, Ids(id): Ids<WebhookId>) -> Answer<Json<WebhookBody>> {
    Ok(Json(with_secret(app.webhooks.replace_secret(&id).await?)))
}

/// Posts a `webhook:test` now, and tells what it met.
#[utoipa::path(post, path = "/api/webhooks/{id}/test", tag = "webhooks", operation_id = "test_webhook",
    params(("id" = String, Path)), responses((status = 200, body = Delivery), (status = 404, body = ErrorBody)))]
async fn test(State(app): State<Shared>, Ids(id): Ids<WebhookId>) -> Answer<Json<Delivery>> {
    Ok(Json(delivery(app.webhooks.test(&id).await?)))
}

/// Lists the last attempts, newest first.
#[utoipa::path(get, path = "/api/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "list_deliveries",
    params(("id" = String, Path)), responses((status = 200, body = DeliveryList), (status = 404, body = ErrorBody)))]
async fn deliveries(State(app): State<Shared>, Ids(id): Ids<WebhookId>) -> Answer<Json<DeliveryList>> {
    let attempts = app.webhooks.attempts(&id).await?;
    Ok(Json(DeliveryList { deliveries: attempts.into_iter().map(delivery).collect() }))
}

/// Lists the events that were refused too often, oldest first.
#[utoipa::path(get, path = "/api/webhooks/{id}/dead-letters", tag = "webhooks", operation_id = "list_dead_letters",
    params(("id" = String, Path)), responses((status = 200, body = DeadLetterList), (status = 404, body = ErrorBody)))]
async fn dead_letters(State(app): State<Shared>, Ids(id): Ids<WebhookId>) -> Answer<Json<DeadLetterList>> {
    let letters = app.webhooks.dead_letters(&id).await?;
    Ok(Json(DeadLetterList { dead_letters: letters.into_iter().map(dead_letter).collect() }))
}

/// Forgets an event that was set aside.
#[utoipa::path(delete, path = "/api/webhooks/{id}/dead-letters/{seq}", tag = "webhooks",
    operation_id = "forget_dead_letter", params(("id" = String, Path), ("seq" = u64, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn forget(State(app): State<Shared>, Ids((id, seq)): Ids<(WebhookId, u64)>) -> Answer<StatusCode> {
    app.webhooks.forget(&id, seq).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tries an event once more that was set aside, and tells what it met. Delivered, it is set aside no more.
#[utoipa::path(post, path = "/api/webhooks/{id}/dead-letters/{seq}/redeliver", tag = "webhooks",
    operation_id = "redeliver", params(("id" = String, Path), ("seq" = u64, Path)),
    responses((status = 200, body = Delivery), (status = 404, body = ErrorBody)))]
async fn redeliver(State(app): State<Shared>, Ids((id, seq)): Ids<(WebhookId, u64)>) -> Answer<Json<Delivery>> {
    Ok(Json(delivery(app.webhooks.redeliver(&id, seq).await?)))
}

fn body(state: WebhookState) -> WebhookBody {
    let WebhookState { webhook, progress, dead_letters } = state;
    let (activity, suspended_because) = match &webhook.activity {
        Activity::Active => (WebhookActivity::Active, None),
        Activity::Paused => (WebhookActivity::Paused, None),
        Activity::Suspended(because) => (WebhookActivity::Suspended, Some(because.clone())),
    };
    WebhookBody {
        id: webhook.id.clone(),
        url: webhook.url.clone(),
        types: webhook.types.clone(),
        project: webhook.project.clone(),
        notebook: webhook.notebook.clone(),
        description: webhook.description.clone(),
        activity,
        suspended_because,
        created_at: webhook.created_at,
        created_by: webhook.created_by.clone(),
        delivered_upto: progress.cursor,
        failing: progress.failing.map(failing),
        dead_letters: u32::try_from(dead_letters).unwrap_or(u32::MAX),
        secret: None,
    }
}

fn with_secret(state: WebhookState) -> WebhookBody {
    let secret = Some(state.webhook.secret().to_owned());
    WebhookBody { secret, ..body(state) }
}

fn failing(failing: Failing) -> WebhookFailing {
    let Failing { attempts, refusals: _, since, retry_at, said } = failing;
    WebhookFailing { attempts, since, retry_at, said }
}

fn delivery(attempt: Attempt) -> Delivery {
    let Attempt { seq, event, at, took, verdict, status, said } = attempt;
    let outcome = match verdict {
        Verdict::Delivered => DeliveryOutcome::Delivered,
        Verdict::Refused => DeliveryOutcome::Refused,
        Verdict::Unreachable => DeliveryOutcome::Unreachable,
    };
    Delivery { seq, event, at, took, outcome, status, said }
}

fn dead_letter(letter: DeadLetter) -> DeadLetterBody {
    let DeadLetter { seq, event, body, at, attempts, said } = letter;
    DeadLetterBody { seq, event, body, at, attempts, said }
}

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> Self {
        let message = error.to_string();
        let wrong = |code| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message.clone());
        match error {
            WebhookError::Unknown(_) => Self::not_found("webhook_not_found", message),
            WebhookError::UnknownDeadLetter { .. } => Self::not_found("dead_letter_not_found", message),
            WebhookError::Address(_) => wrong("invalid_address"),
            WebhookError::Kind(_) => wrong("invalid_kind"),
            WebhookError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_webhooks", message),
            WebhookError::Storage(error) => error.into(),
        }
    }
}
