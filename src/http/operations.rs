//! `/healthz`, `/readyz`, `/metrics`, and what an operator asks of a running server: a backup, an inspection.

use std::net::SocketAddr;

use axum::{
    Json, Router,
    extract::{ConnectInfo, State},
    http::{
        HeaderMap, HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing,
};
use storage::{Report, StorageError, Store};
use tokio::fs::File;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Shared, auth,
    error::{Answer, ApiError},
    extract::Body,
    pieces,
};
use crate::{
    ids::DocumentId,
    room::{self, SetAside},
    wire::rest::{DocumentName, ErrorBody, LimitsBody, SetAsideDocument, StoreReport},
};

/// What needs no secret, or decides by itself.
pub fn open_routes() -> Router<Shared> {
    Router::new()
        .route("/healthz", routing::get(healthy))
        .route("/readyz", routing::get(ready))
        .route("/metrics", routing::get(measurements))
}

pub fn routes() -> OpenApiRouter<Shared> {
    let admin = OpenApiRouter::new().routes(routes!(backup)).routes(routes!(inspect)).routes(routes!(take_back));
    admin.routes(routes!(limits))
}

/// The process answers.
async fn healthy() -> &'static str {
    "ok\n"
}

/// The store answers and the server is not about to stop.
async fn ready(State(app): State<Shared>) -> Answer<&'static str> {
    if app.is_stopping() {
        return Err(ApiError::unavailable("stopping", "The server is stopping."));
    }
    app.with_store(|store| store.first_event()).await?;
    Ok("ready\n")
}

/// Open to this machine, where collectors usually run; others bring the token. A proxy on this machine makes everybody
/// local, so a forwarded request is not.
async fn measurements(
    State(app): State<Shared>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    let local = remote.ip().is_loopback() && !forwarded;
    if !local && app.access.caller(&headers).is_none() {
        return auth::unauthorized();
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render()).into_response()
}

/// Tells how large things may be, so that nobody sends what would be refused.
#[utoipa::path(get, path = "/api/limits", tag = "operations", responses((status = 200, body = LimitsBody)))]
async fn limits(State(app): State<Shared>) -> Json<LimitsBody> {
    let limits = &app.limits;
    Json(LimitsBody {
        import_bytes: limits.max_import,
        upload_bytes: limits.max_upload,
        body_bytes: limits.max_body,
        message_bytes: limits.max_message,
        document_bytes: limits.max_document,
    })
}

/// Downloads a consistent copy of everything, made while the server serves; `coscribe restore` reads it.
#[utoipa::path(get, path = "/api/admin/backup", tag = "operations", responses(
    (status = 200, description = "The backup", content_type = "application/octet-stream"),
    (status = 507, body = ErrorBody)
))]
async fn backup(State(app): State<Shared>) -> Answer<Response> {
    let directory = app.data.path().to_owned();
    let made = app.with_store(move |store| Ok(copy(store, &directory))).await?;
    let file = File::from_std(made?);
    let length = file.metadata().await.map_err(ApiError::internal)?.len();
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"coscribe.backup\"")),
        (CONTENT_LENGTH, length.into()),
    ];
    Ok((headers, pieces::of(file, length)).into_response())
}

/// A copy in a file that has lost its name already: it goes when it was sent, or with the process.
fn copy(store: &dyn Store, directory: &std::path::Path) -> Answer<std::fs::File> {
    let path = directory.join(format!("backup-{}.part", uuid::Uuid::new_v4().simple()));
    let made = store.backup(&path).map_err(ApiError::from);
    let opened = made.and_then(|()| std::fs::File::open(&path).map_err(ApiError::internal));
    if let Err(error) = std::fs::remove_file(&path)
        && opened.is_ok()
    {
        tracing::warn!(%error, path = %path.display(), "a temporary backup could not be removed");
    }
    opened
}

/// Reads everything in the store once and tells what is damaged.
#[utoipa::path(get, path = "/api/admin/report", tag = "operations", responses((status = 200, body = StoreReport)))]
async fn inspect(State(app): State<Shared>) -> Answer<Json<StoreReport>> {
    let set_aside = app.rooms.set_aside_documents().await?;
    Ok(Json(app.with_store(|store| report(store, set_aside)).await?))
}

/// Lets a document be opened again that was set aside because the server hung or failed on it.
#[utoipa::path(post, path = "/api/admin/take-back", tag = "operations", request_body = DocumentName, responses(
    (status = 200, body = DocumentName), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 422, body = ErrorBody)
))]
async fn take_back(State(app): State<Shared>, Body(named): Body<DocumentName>) -> Answer<Json<DocumentName>> {
    let document: DocumentId = named.document.parse()?;
    if !app.rooms.take_back(&document).await? {
        let message = format!("The document {document} is not set aside.");
        return Err(ApiError::not_found("not_set_aside", message));
    }
    tracing::info!(%document, "taken back");
    Ok(Json(named))
}

/// Reads everything once. Blocks.
pub fn report(store: &dyn Store, set_aside: Vec<SetAside>) -> Result<StoreReport, StorageError> {
    let Report { documents, blobs, events, size, mut damage, damaged } = store.inspect()?;
    let hollow = room::hollow_documents(store)?;
    damage.extend(hollow.iter().map(|id| format!("{id} is damaged: its content is not in the store.")));
    let damaged = damaged.into_iter().map(|document| document.0);
    let listed = |SetAside { document, cause }| SetAsideDocument { document, cause };
    Ok(StoreReport {
        documents,
        blobs,
        events,
        bytes_on_disk: size.on_disk,
        bytes_live: size.live,
        set_aside: set_aside.into_iter().map(listed).collect(),
        damage,
        damaged_documents: damaged.chain(hollow.iter().map(ToString::to_string)).collect(),
    })
}
