//! The HTTP edge: addresses, admission, sockets, events, pages. Handlers parse, ask a room or the store, and answer.
//!
//! Imports room, webhooks, tokens, audit, events, kernel, llm, workspace, notebook, project, widgets, catalogue, wire,
//! config, measure, vocabulary, ids, storage. Never touches a yrs document.
//! Invariant: every refusal is [`error::ApiError`], a sentence with a stable code; nothing changed when one is sent.

mod assets;
mod attachment;
mod auth;
mod blobs;
mod board;
mod bodies;
mod caller;
mod cells;
mod closing;
mod debug;
mod documents;
mod environment;
mod error;
mod events;
mod extract;
mod files;
mod idempotency;
mod kernels;
mod line;
mod mcp;
mod models;
mod moment;
mod needs;
mod notebooks;
mod openapi;
mod operations;
mod pace;
mod pages;
mod pieces;
mod program;
mod program_data;
mod program_uploads;
mod projects;
mod providers;
mod questions;
mod role;
mod runs;
mod sessions;
mod socket;
mod tasks;
mod tokens;
mod webhooks;
mod websocket;
mod widgets;

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{
        HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{
            AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_MATCH, LOCATION, REFERRER_POLICY,
            RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
        },
        uri::PathAndQuery,
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::PrometheusHandle;
use storage::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    cors::{AllowOrigin, CorsLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};

pub use self::{
    auth::{Access, InvalidOrigin, Tokens},
    idempotency::Answers,
    openapi::document as openapi_document,
    operations::report,
    pace::Budgets,
    widgets::described as widget_classes,
};
use self::{error::ApiError, pace::Bucket};
use crate::{
    audit::AuditLog,
    config::{self, BasePath, DataDirectory, Limits},
    events::EventHub,
    kernel::Kernels,
    llm::Models,
    room::Rooms,
    webhooks::Webhooks,
    wire::rest::{ACTOR_HEADER, ACTOR_KIND_HEADER, IDEMPOTENCY_HEADER},
};

/// Clients that are refused for the number of connections come back after so many seconds.
const CROWDED_SECONDS: u64 = 10;

/// What handlers share.
pub struct App {
    pub rooms: Arc<Rooms>,
    pub kernels: Kernels,
    pub store: Arc<dyn Store>,
    pub access: Access,
    pub limits: Limits,
    pub base: BasePath,
    pub data: DataDirectory,
    pub events: EventHub,
    pub webhooks: Webhooks,
    /// The providers of language models.
    pub models: Models,
    pub answers: Answers,
    /// One permit for each open socket and stream; all free means that all have ended.
    pub connections: Arc<Semaphore>,
    /// What each token may still ask this second.
    pub requests: Budgets,
    pub audit: AuditLog,
    pub metrics: PrometheusHandle,
    /// True from the moment the server begins to stop.
    pub stopping: watch::Receiver<bool>,
}

type Shared = Arc<App>;

impl App {
    /// The budget of REST requests under `limits`.
    pub fn request_budget(limits: &Limits) -> Budgets {
        let burst = config::REQUEST_BURST.max(limits.requests_per_second);
        Budgets::new(Bucket::new(limits.requests_per_second, burst, Instant::now()))
    }

    /// Whether the server is about to stop.
    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until the server begins to stop.
    async fn stopping(&self) {
        // An error says that the server is gone, which is as good.
        if self.stopping.clone().wait_for(|stopping| *stopping).await.is_err() {
            tracing::debug!("the server is gone");
        }
    }

    /// A place among the open connections, or 429.
    fn connection_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        self.connections.clone().try_acquire_owned().map_err(|_| {
            let message = "Too many connections are open; try again in a few seconds.";
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_connections", message).retry_after(CROWDED_SECONDS)
        })
    }
}

/// All addresses of the server.
pub fn router(app: App) -> Router {
    let app = Arc::new(app);
    let (described, _) = openapi::described(&app.limits);
    let guarded = described
        .merge(documents::routes(app.limits.max_message))
        .merge(files::by_path())
        .merge(debug::routes())
        .merge(mcp::routes(&app))
        .layer(middleware::from_fn_with_state(app.clone(), idempotency::once))
        .layer(middleware::from_fn_with_state(app.clone(), auth::guard))
        .layer(CompressionLayer::new().gzip(true).compress_when(worth_compressing()))
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-store")));
    let api = guarded.merge(events::routes()).merge(openapi::routes()).layer(cross_origin(&app.access));
    let inner = api
        .merge(socket::routes())
        .merge(program::routes())
        .merge(operations::open_routes())
        .merge(pages::routes())
        .layer(DefaultBodyLimit::max(app.limits.max_body))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(SetResponseHeaderLayer::overriding(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(SetResponseHeaderLayer::if_not_present(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .layer(TraceLayer::new_for_http().make_span_with(request_span))
        .with_state(app.clone());
    // Layers of a router run after its routing: the base path must go before, so there is a router around it.
    Router::new().fallback_service(inner).layer(middleware::from_fn_with_state(app, strip_base))
}

/// Requests under the base path are served as if it were not there. Proxies that remove it themselves work too.
async fn strip_base(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    if let Some(path) = app.base.strip(request.uri().path())
        && let Some(uri) = with_path(request.uri(), path)
    {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{path}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

/// Text. Backups, documents and blobs are compact or compressed already, and keep their announced length; a stream would
/// wait until there is enough of it to compress.
fn worth_compressing() -> impl Predicate {
    SizeAbove::default()
        .and(NotForContentType::const_new("application/octet-stream"))
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
}

fn cross_origin(access: &Access) -> CorsLayer {
    let origins = access.origins().iter().filter_map(|origin| origin.parse().ok());
    let ours = [ACTOR_HEADER, ACTOR_KIND_HEADER, IDEMPOTENCY_HEADER, "last-event-id", "mcp-protocol-version"];
    let ours = ours.map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(ours.into_iter().chain([AUTHORIZATION, CONTENT_TYPE, IF_MATCH]).collect::<Vec<_>>())
        .expose_headers([CONTENT_DISPOSITION, ETAG, LOCATION, RETRY_AFTER])
        .allow_credentials(true)
}

/// The query is left out: it may carry a token.
fn request_span(request: &Request) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
}

fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    ApiError::internal(format!("a handler panicked: {}", text.unwrap_or("no message"))).into_response()
}
