//! `GET /api/events`: Server-Sent Events, or a WebSocket when the same address is upgraded.

use std::convert::Infallible;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, Uri},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing,
};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use storage::EventSeq;
use tokio::{sync::OwnedSemaphorePermit, time};
use utoipa::IntoParams;

use super::{
    App, Shared, auth,
    closing::Ending,
    error::{Answer, ApiError},
    extract::Params,
    websocket::{Socket, Upgrade},
};
use crate::{
    events::{EventLine, Filter, Subscription},
    ids::{NotebookId, ProjectId},
    vocabulary::Scope,
    wire::{
        rest::{ErrorBody, EventBody},
        websocket,
    },
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
    /// Events of this project only.
    #[param(value_type = Option<String>)]
    project: Option<ProjectId>,
    /// Events about the one task, session, cell or run with this id only.
    about: Option<String>,
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
/// a text message. Older events than the log keeps are told as one `events:gap`. A stream begins with an `id` alone, and
/// brings one now and then: up to there nothing is missing, so a client continues after it.
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
    upgrade: Result<Upgrade, ApiError>,
) -> Answer<Response> {
    let Ok(upgrade) = upgrade else { return stream_events(&app, &headers, wanted) };
    app.access.check_origin(&headers)?;
    let permit = app.connection_permit()?;
    let caller = app.access.caller_at_address(&headers, &uri);
    let subscription = wanted.subscribe(&app, &headers);
    let limit = app.limits.max_message;
    Ok(upgrade.serve(limit, async move |mut socket| {
        let ending = match caller.map(|caller| caller.check(Scope::EventsRead).map(|()| caller.ended())) {
            None => Ending::UNAUTHORIZED,
            Some(Err(refusal)) => Ending::forbidden(refusal.message()),
            Some(Ok(ended)) => tokio::select! {
                ending = send_events(&mut socket, subscription, &app) => ending,
                () = ended => Ending::UNAUTHORIZED,
            },
        };
        socket.close(ending).await;
        drop(permit);
    }))
}

fn stream_events(app: &Shared, headers: &HeaderMap, wanted: EventParams) -> Answer<Response> {
    let Some(caller) = app.access.caller(headers) else { return Ok(auth::unauthorized()) };
    caller.check(Scope::EventsRead)?;
    let permit = app.connection_permit()?;
    let feed = Feed { subscription: wanted.subscribe(app, headers), app: app.clone(), began: false, _permit: permit };
    let events = stream::unfold(feed, async |mut feed| feed.next().await.map(|event| (event, feed)));
    Ok(streamed(app, events.take_until(caller.ended())))
}

/// An answer that comes piece by piece.
pub fn streamed(app: &App, events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = events.map(Ok::<_, Infallible>).fuse();
    let keep_alive = KeepAlive::new().interval(app.limits.keep_alive());
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    // Proxies that collect answers would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn sse(line: &EventLine) -> Event {
    Event::default().id(line.seq.to_string()).data(&line.json)
}

/// Only the place in the log. Clients take it for the last event they have seen, as the standard says, so one that was
/// told no event yet, or none for long because of its filter, comes back to the right place.
fn position(seq: EventSeq) -> Event {
    Event::default().id(seq.to_string())
}

/// A stream's place among the connections and in the log.
struct Feed {
    subscription: Subscription,
    app: Shared,
    /// The client was told where it begins.
    began: bool,
    _permit: OwnedSemaphorePermit,
}

impl Feed {
    async fn next(&mut self) -> Option<Event> {
        if !std::mem::replace(&mut self.began, true) {
            return Some(position(self.subscription.position()));
        }
        tokio::select! {
            line = self.subscription.next() => line.map(|line| sse(&line)),
            () = time::sleep(self.app.limits.keep_alive()) => Some(position(self.subscription.position())),
            () = self.app.stopping() => None,
        }
    }
}

impl EventParams {
    fn subscribe(self, app: &App, headers: &HeaderMap) -> Subscription {
        let last_seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
        let (notebook, project) = (self.notebook.map(|id| id.to_string()), self.project.map(|id| id.to_string()));
        let filter = Filter::new(self.types.as_deref(), notebook).of_project(project).about(self.about);
        // A browser that reconnects repeats the address it began with: its own header is newer.
        app.events.subscribe(last_seen.or(self.since), self.follow, filter)
    }
}

async fn send_events(socket: &mut Socket, mut subscription: Subscription, app: &App) -> Ending {
    let line = socket.line().clone();
    let mut pings = time::interval(app.limits.keep_alive());
    let limit = app.limits.silence();
    let silence = time::sleep(limit);
    tokio::pin!(silence);
    loop {
        let (kind, payload) = tokio::select! {
            event = subscription.next() => match &event {
                Some(event) => (websocket::TEXT, event.json.clone()),
                None => return Ending::OVER,
            },
            _ = pings.tick() => (websocket::PING, String::new()),
            heard = socket.next() => match heard {
                Ok(_) => {
                    silence.as_mut().reset(time::Instant::now() + limit);
                    continue;
                }
                Err(ending) => return ending,
            },
            () = &mut silence => return Ending::Gone,
            () = app.stopping() => return Ending::RESTART,
        };
        line.say(kind, payload.as_bytes());
        if !matches!(time::timeout(limit, line.clear()).await, Ok(Ok(()))) {
            return Ending::Gone;
        }
    }
}

/// For the description; see [`events`].
#[derive(utoipa::OpenApi)]
#[openapi(paths(events))]
pub struct Described;
