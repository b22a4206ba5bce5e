//! `WS /ws/{document}`: one client's socket between the network and its room.
//!
//! Two loops in one task: reading waits for the room (which slows only this sender), writing takes all that waits and
//! flushes once. Invariant: whatever a client sends, at most its own connection ends.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{
        ConnectInfo, Path, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, Uri},
    response::Response,
    routing,
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use metrics::{counter, gauge};
use serde::Deserialize;
use tokio::{sync::OwnedSemaphorePermit, time};
use tracing::Instrument;

use super::{
    Shared,
    closing::{self, Ending},
    error::{Answer, ApiError},
    extract::{self, Params},
    pace::Bucket,
};
use crate::{
    config::{self, Limits},
    ids::{DocumentId, InvalidId},
    measure,
    room::{Connection, DEFAULT_NOTEBOOK, Join},
    vocabulary::{Actor, ActorKind, Role},
    wire::frame::{self, FrameError},
};

/// Decoding less than this takes well under a millisecond; more is announced to the scheduler.
const LARGE_FRAME: usize = 256 << 10;

/// Frames are written to the system in pieces of this size while a batch is being fed.
const WRITE_BUFFER: usize = 128 << 10;

/// Room for one whole document in one frame, its header and what was buffered before; the buffer never grows beyond
/// one frame, since feeding waits for the socket.
const WRITE_BUFFER_MAX: usize = config::DOCUMENT_BYTES + (1 << 20);

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/ws", routing::get(default))
        .route("/ws/", routing::get(default))
        .route("/ws/{*document}", routing::get(named))
}

#[derive(Debug, Deserialize)]
struct SocketParams {
    /// The name to show.
    name: Option<String>,
    /// `agent` for programs that act on their own.
    kind: Option<String>,
    /// A secret of one browser tab, so that its next connection replaces this one at once.
    tab: Option<String>,
}

/// What a request brings along.
struct Arrival {
    app: Shared,
    upgrade: WebSocketUpgrade,
    remote: SocketAddr,
    headers: HeaderMap,
    uri: Uri,
    params: SocketParams,
}

impl axum::extract::FromRequestParts<Shared> for Arrival {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &Shared) -> Result<Self, Response> {
        use axum::response::IntoResponse;
        let upgrade = WebSocketUpgrade::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let ConnectInfo(remote) =
            ConnectInfo::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let Params(params) = Params::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let (headers, uri) = (parts.headers.clone(), parts.uri.clone());
        Ok(Self { app: app.clone(), upgrade, remote, headers, uri, params })
    }
}

async fn default(arrival: Arrival) -> Answer<Response> {
    arrival.accept(DEFAULT_NOTEBOOK)
}

async fn named(Path(document): Path<String>, arrival: Arrival) -> Answer<Response> {
    arrival.accept(&document)
}

impl Arrival {
    /// Foreign origins and too many connections are refused before the upgrade; everything else after it, since pages
    /// see close codes but not the status of a refused upgrade.
    fn accept(self, document: &str) -> Answer<Response> {
        self.app.access.check_origin(&self.headers)?;
        let permit = self.app.connection_permit()?;
        let document: Result<DocumentId, _> = document.parse();
        let role = self.app.access.role_at_address(&self.headers, &self.uri);
        let join = self.join(role.unwrap_or(Role::Viewer))?;
        let name = document.as_ref().map(ToString::to_string).unwrap_or_default();
        let span = tracing::info_span!("connection", document = name, remote = %self.remote);
        let limits = &self.app.limits;
        let upgrade = self
            .upgrade
            .max_message_size(limits.max_message)
            .max_frame_size(limits.max_message)
            .write_buffer_size(WRITE_BUFFER)
            .max_write_buffer_size(WRITE_BUFFER_MAX);
        let client = Client { app: self.app, join, _permit: permit };
        Ok(upgrade.on_upgrade(move |socket| client.serve(socket, role.is_some(), document).instrument(span)))
    }

    fn join(&self, role: Role) -> Result<Join, ApiError> {
        let kind = if self.params.kind.as_deref() == Some("agent") { ActorKind::Agent } else { ActorKind::Human };
        let given = self.params.name.as_deref().filter(|name| !name.trim().is_empty());
        let actor = match given {
            Some(name) => extract::actor(name, kind)?,
            None => Actor { name: "Guest".into(), kind },
        };
        let tab = self.params.tab.clone().filter(|tab| !tab.is_empty());
        Ok(Join { actor, role, declared: given.is_some(), tab, remote: self.remote.to_string() })
    }
}

/// A client whose socket is open.
struct Client {
    app: Shared,
    join: Join,
    _permit: OwnedSemaphorePermit,
}

impl Client {
    async fn serve(self, mut socket: WebSocket, admitted: bool, document: Result<DocumentId, InvalidId>) {
        let _counted = Counted::new();
        tracing::debug!("opened");
        let ending = match self.enter(admitted, document).await {
            Ok(connection) => return self.exchange(socket, &connection).await,
            Err(ending) => ending,
        };
        tracing::info!(?ending, "refused");
        closing::close(&mut socket, ending).await;
    }

    async fn enter(&self, admitted: bool, document: Result<DocumentId, InvalidId>) -> Result<Connection, Ending> {
        if !admitted {
            return Err(Ending::UNAUTHORIZED);
        }
        let document = document.map_err(Ending::from)?;
        let room = self.app.rooms.open(&document).await?;
        room.join(self.join.clone()).await.map_err(|closed| closed.0.into())
    }

    async fn exchange(&self, socket: WebSocket, connection: &Connection) {
        let (mut sink, mut stream) = socket.split();
        let writing = AtomicBool::new(false);
        let limits = &self.app.limits;
        let mut reader = Reader { connection, writing: &writing, pace: Pace::new(limits), limits };
        let ending = tokio::select! {
            ending = reader.read(&mut stream) => ending,
            ending = write(&mut sink, connection, &writing, limits.keep_alive()) => ending,
        };
        tracing::debug!(?ending, "closing");
        closing::close_halves(&mut sink, &mut stream, ending).await;
    }
}

/// Counts an open connection while it lives.
struct Counted;

impl Counted {
    fn new() -> Self {
        gauge!(measure::CONNECTIONS).increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(measure::CONNECTIONS).decrement(1.0);
    }
}

/// From the socket to the room.
struct Reader<'a> {
    connection: &'a Connection,
    writing: &'a AtomicBool,
    pace: Pace,
    limits: &'a Limits,
}

impl Reader<'_> {
    async fn read(&mut self, stream: &mut SplitStream<WebSocket>) -> Ending {
        loop {
            let step = match self.next(stream).await {
                Ok(message) => self.take(message).await,
                Err(ending) => Err(ending),
            };
            if let Err(ending) = step {
                return ending;
            }
        }
    }

    /// The next message; an end when the peer closed, broke a rule of WebSockets, or nothing came for too long.
    async fn next(&self, stream: &mut SplitStream<WebSocket>) -> Result<Message, Ending> {
        let since = Instant::now();
        loop {
            match time::timeout(self.limits.silence(), stream.next()).await {
                Ok(Some(Ok(Message::Close(_))) | None) => return Err(Ending::Gone),
                Ok(Some(Ok(message))) => return Ok(message),
                Ok(Some(Err(error))) => return Err(broken(error)),
                Err(_)
                    if self.writing.load(Ordering::Relaxed)
                        && since.elapsed() < self.limits.silence_while_sending() => {}
                Err(_) => {
                    tracing::info!("half open: nothing came for too long");
                    return Err(Ending::Gone);
                }
            }
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), Ending> {
        let Message::Binary(bytes) = message else {
            self.pace.wait(0).await;
            if matches!(message, Message::Text(_)) {
                ignored("text frames are not spoken here");
            }
            return Ok(());
        };
        self.pace.wait(bytes.len()).await;
        match decode(bytes) {
            Ok(frame) => self.connection.send(frame).await.map_err(|closed| closed.0.into()),
            Err(FrameError::Ignorable(why)) => {
                ignored(why);
                Ok(())
            }
            Err(FrameError::Hostile(sentence)) => Err(refused("hostile", Ending::refused(sentence))),
            Err(FrameError::TooBig(sentence)) => Err(refused("too_big", Ending::too_big(sentence))),
        }
    }
}

fn decode(bytes: Bytes) -> Result<frame::ClientFrame, FrameError> {
    if bytes.len() < LARGE_FRAME { frame::decode(bytes) } else { tokio::task::block_in_place(|| frame::decode(bytes)) }
}

fn ignored(why: &'static str) {
    counter!(measure::REFUSALS, "reason" => "ignored").increment(1);
    tracing::debug!(why, "ignored a frame");
}

fn refused(reason: &'static str, ending: Ending) -> Ending {
    counter!(measure::REFUSALS, "reason" => reason).increment(1);
    tracing::warn!(?ending, "refused a frame");
    ending
}

fn broken(error: axum::Error) -> Ending {
    let error = error.into_inner();
    match error.downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => {
            refused("too_big", Ending::too_big("The message is larger than this server takes."))
        }
        Some(tungstenite::Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => {
            Ending::Gone
        }
        Some(tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_)) => {
            refused("hostile", Ending::refused("The frame breaks the rules of WebSockets.".into()))
        }
        _ => Ending::Gone,
    }
}

impl From<InvalidId> for Ending {
    fn from(error: InvalidId) -> Self {
        Self::refused(error.to_string())
    }
}

/// How fast one client may send. Who is faster is read more slowly; TCP passes that on.
struct Pace {
    messages: Bucket,
    bytes: Bucket,
}

impl Pace {
    fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        let burst = config::MESSAGE_BURST.max(limits.messages_per_second);
        Self {
            messages: Bucket::new(limits.messages_per_second, burst, now),
            bytes: Bucket::new(config::BYTES_PER_SECOND, config::BYTE_BURST, now),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "messages are far smaller than 2^52 bytes")]
    async fn wait(&mut self, bytes: usize) {
        let now = Instant::now();
        let delay = self.messages.take(1.0, now).max(self.bytes.take(bytes as f64, now));
        if delay > Duration::ZERO {
            counter!(measure::THROTTLED).increment(1);
            time::sleep(delay).await;
        }
    }
}

/// From the room to the socket: everything that waits, then one flush. Something is sent every `pause`:
/// stock clients count only messages, half-open sockets show only through pings.
async fn write(
    sink: &mut SplitSink<WebSocket, Message>,
    connection: &Connection,
    writing: &AtomicBool,
    pause: Duration,
) -> Ending {
    let mut frames = Vec::new();
    let mut pings = time::interval(pause);
    let mut sent = time::Instant::now();
    loop {
        let ping = tokio::select! {
            received = connection.receive(&mut frames) => match received {
                Ok(()) => false,
                Err(reason) => return reason.into(),
            },
            () = time::sleep_until(sent + pause) => {
                frames.push(frame::KEEP_ALIVE);
                false
            }
            _ = pings.tick() => true,
        };
        if !frames.is_empty() {
            sent = time::Instant::now();
        }
        writing.store(true, Ordering::Relaxed);
        let outcome = send(sink, &mut frames, ping).await;
        writing.store(false, Ordering::Relaxed);
        if outcome.is_err() {
            return Ending::Gone;
        }
    }
}

async fn send(
    sink: &mut SplitSink<WebSocket, Message>,
    frames: &mut Vec<Bytes>,
    ping: bool,
) -> Result<(), axum::Error> {
    for frame in frames.drain(..) {
        sink.feed(Message::Binary(frame)).await?;
    }
    if ping {
        sink.feed(Message::Ping(Bytes::new())).await?;
    }
    sink.flush().await
}
