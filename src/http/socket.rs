//! `WS /ws/{document}`: one client's socket between the network and its room.
//!
//! One task: reading waits for the room, which slows only this sender; what goes out the room writes itself, and this
//! task only what the network did not take at once. Invariant: whatever a client sends, at most its own connection ends.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, Path},
    http::{HeaderMap, Uri},
    response::Response,
    routing,
};
use metrics::{counter, gauge};
use serde::Deserialize;
use tokio::{sync::OwnedSemaphorePermit, time};

use super::{
    Shared,
    caller::{Caller, Ended},
    closing::Ending,
    error::{Answer, ApiError},
    extract::{self, Params},
    line::SocketLine,
    moment::{self, Moment},
    pace::Bucket,
    websocket::{Socket, Upgrade},
};
use crate::{
    audit::Deed,
    config::{self, Limits},
    ids::{DocumentId, InvalidId},
    measure,
    room::{Connection, DEFAULT_NOTEBOOK, Join, Line as _},
    vocabulary::{Actor, ActorKind, Role},
    wire::{
        frame::{self, ClientFrame, FrameError},
        websocket::Event,
    },
};

/// How far apart the moments are in which connections are looked after: far enough that few connections are looked after
/// alone, near enough that nobody else waits while many are.
const ROUND: Duration = Duration::from_millis(100);

/// Decoding less than this takes well under a millisecond; more is announced to the scheduler.
const LARGE_FRAME: usize = 256 << 10;

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
    upgrade: Upgrade,
    remote: SocketAddr,
    headers: HeaderMap,
    uri: Uri,
    params: SocketParams,
}

impl axum::extract::FromRequestParts<Shared> for Arrival {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &Shared) -> Result<Self, Response> {
        use axum::response::IntoResponse;
        let upgrade = Upgrade::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
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
        let caller = self.app.access.caller_at_address(&self.headers, &self.uri);
        let role = admission(caller.as_ref(), document.as_ref().ok());
        let join = self.join(caller.as_ref(), *role.as_ref().unwrap_or(&Role::Viewer))?;
        let ended = caller.as_ref().filter(|caller| caller.may_end()).map(Caller::ended);
        if let (Some(caller), Ok(Role::Editor)) = (caller.as_ref().filter(|caller| caller.may_end()), &role) {
            let action = format!("OPEN {}", self.uri.path());
            let deed = Deed {
                actor: join.actor.clone(),
                status: 101,
                ..caller.deed(&self.headers, Some(self.remote), action)
            };
            self.app.audit.note(&deed);
        }
        let about = About { document: document.as_ref().ok().cloned(), remote: self.remote };
        let max_message = self.app.limits.max_message;
        let client = Client { app: self.app, join, permit, about, ended };
        Ok(self.upgrade.serve(max_message, move |socket| client.serve(socket, role.map(|_| ()), document)))
    }

    fn join(&self, caller: Option<&Caller>, role: Role) -> Result<Join, ApiError> {
        let named = caller.and_then(Caller::name);
        let kind = match self.params.kind.as_deref() {
            Some("agent") => ActorKind::Agent,
            _ if named.is_some() => ActorKind::Token,
            _ => ActorKind::Human,
        };
        let claimed = self.params.name.as_deref().filter(|name| !name.trim().is_empty());
        let given = named.or(claimed);
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
    permit: OwnedSemaphorePermit,
    about: About,
    /// When its token is good no more, if that may be.
    ended: Option<Ended>,
}

/// What a client may do in a document, or how its connection ends at once.
fn admission(caller: Option<&Caller>, document: Option<&DocumentId>) -> Result<Role, Ending> {
    let caller = caller.ok_or(Ending::UNAUTHORIZED)?;
    // A name that is none is refused later, with what is wrong about it.
    let role = document.map_or(Ok(Role::Viewer), |document| caller.role_in(document));
    role.map_err(|refusal| Ending::forbidden(refusal.message()))
}

/// Which connection the log speaks of. No span: one for each idle connection would be kept all the time, and what
/// thousands took is never given back.
struct About {
    document: Option<DocumentId>,
    remote: SocketAddr,
}

impl std::fmt::Display for About {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.document {
            Some(document) => write!(formatter, "{document} from {}", self.remote),
            None => write!(formatter, "nothing from {}", self.remote),
        }
    }
}

impl Client {
    /// What an open socket does. Kept small, since a task has this size for as long as its client is connected: what is
    /// needed only at the beginning or at the end is boxed.
    fn serve(
        self,
        mut socket: Socket,
        admitted: Result<(), Ending>,
        document: Result<DocumentId, InvalidId>,
    ) -> impl Future<Output = ()> {
        let Self { app, join, permit, about, mut ended } = self;
        let entering = Box::pin(enter(app.clone(), join, admitted, document));
        async move {
            let _counted = (Counted::new(), permit);
            tracing::debug!(connection = %about, "opened");
            let ending = match entering.await {
                Ok(connection) => exchange(&mut socket, &connection, &app.limits, &about, &mut ended).await,
                Err(ending) => {
                    tracing::info!(connection = %about, ?ending, "refused");
                    ending
                }
            };
            Box::pin(socket.close(ending)).await;
        }
    }
}

async fn enter(
    app: Shared,
    join: Join,
    admitted: Result<(), Ending>,
    document: Result<DocumentId, InvalidId>,
) -> Result<Connection, Ending> {
    admitted?;
    let document = document.map_err(Ending::from)?;
    let room = app.rooms.open(&document).await?;
    room.join(join).await.map_err(|closed| closed.0.into())
}

/// No `async fn`, nor is the one that keeps alive: those hold what they are given twice.
fn exchange(
    socket: &mut Socket,
    connection: &Connection,
    limits: &Limits,
    about: &About,
    ended: &mut Option<Ended>,
) -> impl Future<Output = Ending> {
    let line = socket.line().clone();
    connection.attach(line.clone());
    let heard = Moment::now();
    async move {
        let mut reader = Reader { connection, heard: &heard, pace: Pace::new(limits), about };
        let ending = tokio::select! {
            ending = reader.read(socket) => ending,
            ending = write(&line, connection) => ending,
            () = over(ended) => Ending::UNAUTHORIZED,
            () = keep_alive(&line, connection, &heard, limits) => {
                tracing::info!(connection = %about, "half open: nothing came for too long");
                Ending::Gone
            }
        };
        tracing::debug!(connection = %about, ?ending, "closing");
        ending
    }
}

/// Waits until a token is good no more.
async fn over(ended: &mut Option<Ended>) {
    match ended {
        Some(ended) => ended.await,
        None => std::future::pending().await,
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
    heard: &'a Moment,
    pace: Pace,
    about: &'a About,
}

impl Reader<'_> {
    async fn read(&mut self, socket: &mut Socket) -> Ending {
        loop {
            let event = match socket.next().await {
                Ok(event) => event,
                Err(ending) => return ending,
            };
            let now = Instant::now();
            self.heard.set(now);
            if let Some(delay) = self.pace.delay(&event, now) {
                counter!(measure::THROTTLED).increment(1);
                Box::pin(time::sleep(delay)).await;
            }
            match message(event, self.about) {
                Ok(Some(frame)) => {
                    if let Err(closed) = self.connection.send(frame).await {
                        return closed.0.into();
                    }
                }
                Ok(None) => {}
                Err(ending) => return ending,
            }
        }
    }
}

/// What a client said for the room, if it is anything.
fn message(event: Event, about: &About) -> Result<Option<ClientFrame>, Ending> {
    let bytes = match event {
        Event::Binary(bytes) => bytes,
        Event::Text(_) => return Ok(ignored("text frames are not spoken here", about)),
        _ => return Ok(None),
    };
    match decode(bytes) {
        Ok(frame) => Ok(Some(frame)),
        Err(FrameError::Ignorable(why)) => Ok(ignored(why, about)),
        Err(FrameError::Hostile(sentence)) => Err(refused("hostile", Ending::refused(sentence), about)),
        Err(FrameError::TooBig(sentence)) => Err(refused("too_big", Ending::too_big(sentence), about)),
    }
}

fn decode(bytes: Bytes) -> Result<ClientFrame, FrameError> {
    if bytes.len() < LARGE_FRAME { frame::decode(bytes) } else { tokio::task::block_in_place(|| frame::decode(bytes)) }
}

fn ignored(why: &'static str, about: &About) -> Option<ClientFrame> {
    counter!(measure::REFUSALS, "reason" => "ignored").increment(1);
    tracing::debug!(connection = %about, why, "ignored a frame");
    None
}

fn refused(reason: &'static str, ending: Ending, about: &About) -> Ending {
    counter!(measure::REFUSALS, "reason" => reason).increment(1);
    tracing::warn!(connection = %about, ?ending, "refused a frame");
    ending
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

    /// How long to wait before a message is handled, if at all.
    #[expect(clippy::cast_precision_loss, reason = "messages are far smaller than 2^52 bytes")]
    fn delay(&mut self, event: &Event, now: Instant) -> Option<Duration> {
        let bytes = if let Event::Binary(bytes) = event { bytes.len() } else { 0 };
        let delay = self.messages.take(1.0, now).max(self.bytes.take(bytes as f64, now));
        (delay > Duration::ZERO).then_some(delay)
    }
}

/// From the room to the socket, when the room found the network busy: what waits, as fast as the network takes it.
async fn write(line: &SocketLine, connection: &Connection) -> Ending {
    loop {
        match connection.flush() {
            Ok(true) => connection.busy().await,
            Ok(false) if Box::pin(line.clear()).await.is_ok() => {}
            Ok(false) => return Ending::Gone,
            Err(reason) => return reason.into(),
        }
    }
}

/// Stock clients reconnect when no message comes for too long; half-open sockets show only by unanswered pings. Returns
/// when nothing came for too long. Looks once in a while and not at each message: timers cost more than messages.
fn keep_alive(line: &SocketLine, connection: &Connection, heard: &Moment, limits: &Limits) -> impl Future<Output = ()> {
    let period = limits.keep_alive();
    // What is due soon is done at once: a message and a ping together cost little more than one of them.
    let due = period - period / 8;
    async move {
        let mut pause = period;
        loop {
            time::sleep_until(round_after(pause)).await;
            let (silent, unheard) = (line.silent(), heard.elapsed());
            let patience = if line.is_clear() { limits.silence() } else { limits.silence_while_sending() };
            if unheard > patience {
                return;
            }
            let (with_message, with_ping) = (silent >= due, unheard >= due);
            line.stay_alive(with_message, with_ping);
            let until = |done: bool, since: Duration| if done { period } else { period - since };
            pause = until(with_message, silent).min(until(with_ping, unheard)).min(patience - unheard);
            if !line.is_clear() {
                connection.nudge();
            }
        }
    }
}

/// The moment of the first round that is at least `period` away. All connections look in the same rounds: with
/// thousands, one wake-up serves many.
fn round_after(period: Duration) -> time::Instant {
    let rounds = (moment::first().elapsed() + period).as_millis().div_ceil(ROUND.as_millis());
    (moment::first() + ROUND * u32::try_from(rounds).unwrap_or(u32::MAX)).into()
}
