//! `GET /api/events`: Server-Sent Events, or a WebSocket when the same address is upgraded.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, Uri},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing,
};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use tokio::{sync::OwnedSemaphorePermit, time};
use utoipa::IntoParams;

use super::{
    App, Shared, auth,
    closing::{self, Ending},
    error::Answer,
    event_hub::{EventLine, Filter, Subscription},
    extract::Params,
};
use crate::{
    ids::NotebookId,
    wire::rest::{ErrorBody, EventBody},
};

pub fn routes() -> Router<Shared> {
    Router::new().route("/api/events", routing::get(events))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventParams {
    /// Continue after this event; without it, only new ones come. The header `Last-Event-ID` does the same.
    since: Option<u64>,
    /// Kinds of events, with `*` for the rest of a name: `cell:*,notebook:created`.
    types: Option<String>,
    /// Events of this notebook only.
    #[param(value_type = Option<String>)]
    notebook: Option<NotebookId>,
    /// `false` ends the stream after the newest event there is.
    #[serde(default = "follow")]
    #[param(default = true)]
    follow: bool,
    /// Upgraded only: the token, for clients that cannot send headers.
    #[serde(rename = "token")]
    #[param(rename = "token")]
    _token: Option<String>,
}

fn follow() -> bool {
    true
}

/// Tells what happens, as Server-Sent Events whose `id` is the event's `seq`; upgraded, as a WebSocket with one event
/// a text message. Older events than the log keeps are told as one `events:gap`.
#[utoipa::path(get, path = "/api/events", tag = "events",
    params(EventParams, ("Last-Event-ID" = Option<u64>, Header, description = "Continue after this event")),
    responses((status = 200, description = "A stream of events", body = EventBody, content_type = "text/event-stream"),
        (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)
))]
async fn events(
    State(app): State<Shared>,
    headers: HeaderMap,
    uri: Uri,
    Params(wanted): Params<EventParams>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let Ok(upgrade) = upgrade else { return stream_events(&app, &headers, wanted) };
    app.access.check_origin(&headers)?;
    let permit = app.connection_permit()?;
    let admitted = app.access.role_at_address(&headers, &uri).is_some();
    let subscription = wanted.subscribe(&app, &headers);
    Ok(upgrade.on_upgrade(async move |socket| {
        let ending = if admitted { None } else { Some(Ending::UNAUTHORIZED) };
        serve_socket(socket, ending, subscription, &app).await;
        drop(permit);
    }))
}

fn stream_events(app: &Shared, headers: &HeaderMap, wanted: EventParams) -> Answer<Response> {
    if app.access.role(headers).is_none() {
        return Ok(auth::unauthorized());
    }
    let permit = app.connection_permit()?;
    let feed = Feed { subscription: wanted.subscribe(app, headers), app: app.clone(), _permit: permit };
    let lines =
        stream::unfold(feed, async |mut feed| feed.next().await.map(|line| (Ok::<_, Infallible>(sse(&line)), feed)));
    let mut response =
        Sse::new(lines.fuse()).keep_alive(KeepAlive::new().interval(app.limits.keep_alive())).into_response();
    // Proxies that collect answers would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn sse(line: &EventLine) -> Event {
    Event::default().id(line.seq.to_string()).data(&line.json)
}

/// A stream's place among the connections and in the log.
struct Feed {
    subscription: Subscription,
    app: Shared,
    _permit: OwnedSemaphorePermit,
}

impl Feed {
    async fn next(&mut self) -> Option<Arc<EventLine>> {
        tokio::select! {
            line = self.subscription.next() => line,
            () = self.app.stopping() => None,
        }
    }
}

impl EventParams {
    fn subscribe(self, app: &App, headers: &HeaderMap) -> Subscription {
        let last_seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
        let filter = Filter::new(self.types.as_deref(), self.notebook.map(|id| id.to_string()));
        // A browser that reconnects repeats the address it began with: its own header is newer.
        app.events.subscribe(last_seen.or(self.since), self.follow, filter)
    }
}

async fn serve_socket(mut socket: WebSocket, refused: Option<Ending>, mut subscription: Subscription, app: &App) {
    let ending = match refused {
        Some(ending) => ending,
        None => send_events(&mut socket, &mut subscription, app).await,
    };
    closing::close(&mut socket, ending).await;
}

async fn send_events(socket: &mut WebSocket, subscription: &mut Subscription, app: &App) -> Ending {
    let mut pings = time::interval(app.limits.keep_alive());
    let limit = app.limits.silence();
    let silence = time::sleep(limit);
    tokio::pin!(silence);
    loop {
        let message = tokio::select! {
            line = subscription.next() => match line {
                Some(line) => Message::Text(line.json.as_str().into()),
                None => return Ending::OVER,
            },
            _ = pings.tick() => Message::Ping(bytes::Bytes::new()),
            received = socket.recv() => match received {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ending::Gone,
                Some(Ok(_)) => {
                    silence.as_mut().reset(time::Instant::now() + limit);
                    continue;
                }
            },
            () = &mut silence => return Ending::Gone,
            () = app.stopping() => return Ending::RESTART,
        };
        let sent = time::timeout(limit, socket.send(message)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return Ending::Gone;
        }
    }
}

/// For the description; see [`events`].
#[derive(utoipa::OpenApi)]
#[openapi(paths(events))]
pub struct Described;
