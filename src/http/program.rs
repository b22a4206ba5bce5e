//! `WS /api/widgets/{id}/program`: the door for the program of a widget session.
//!
//! One task: what the program says goes to the room one by one, so that it can be slow only for itself; what it is told
//! waits in its seat. Invariant: nobody drives a session without the session's own token.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{ConnectInfo, Path, State},
    http::{HeaderMap, Uri},
    response::Response,
    routing,
};
use metrics::counter;
use serde_json::{Value, json};
use tokio::time;

use super::{
    App, Shared,
    caller::{Caller, Ended},
    closing::Ending,
    error::{Answer, ApiError},
    extract,
    program_data::Payloads,
    program_uploads::Uploads,
    websocket::{Socket, Upgrade},
};
use crate::{
    audit::Deed,
    ids::{DocumentId, WidgetSessionId},
    measure,
    room::{ApplyError, ProgramSeat, SeatEnd, SeatItem, Sit},
    vocabulary::{Actor, ActorKind, Scope},
    wire::websocket::{self, Event},
};

/// The header that may bring the session's token.
const SESSION_TOKEN: &str = "x-session-token";

/// How long a program may take to bring the session's token in its first message.
const HELLO: Duration = Duration::from_secs(10);

pub fn routes() -> Router<Shared> {
    Router::new().route("/api/widgets/{id}/program", routing::get(enter))
}

async fn enter(
    State(app): State<Shared>,
    Path(id): Path<String>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Upgrade,
) -> Answer<Response> {
    app.access.check_origin(&headers)?;
    let permit = app.connection_permit()?;
    let id: Result<WidgetSessionId, _> = id.parse();
    let caller = app.access.caller_at_address(&headers, &uri);
    let admitted = admission(caller.as_ref());
    let actor = actor(caller.as_ref(), &headers)?;
    if let (Some(caller), Ok(_)) = (&caller, &admitted) {
        let deed = caller.deed(&headers, Some(remote), format!("OPEN {}", uri.path()));
        app.audit.note(&Deed { actor: actor.clone(), status: 101, ..deed });
    }
    let token = headers.get(SESSION_TOKEN).and_then(|token| token.to_str().ok()).map(str::to_owned);
    let limit = app.limits.max_message;
    Ok(upgrade.serve(limit, async move |mut socket| {
        let ending = match (admitted, id) {
            (Err(ending), _) => ending,
            (_, Err(error)) => error.into(),
            (Ok(ended), Ok(id)) => {
                let program = Program { app: &app, id, actor, token };
                Box::pin(program.serve(&mut socket, ended)).await
            }
        };
        tracing::debug!(%remote, ?ending, "a program's door closes");
        Box::pin(socket.close(ending)).await;
        drop(permit);
    }))
}

/// Whether the caller may drive sessions, and until when.
fn admission(caller: Option<&Caller>) -> Result<Ended, Ending> {
    let caller = caller.ok_or(Ending::UNAUTHORIZED)?;
    caller.check(Scope::WidgetsDrive).map_err(|refusal| Ending::forbidden(refusal.message()))?;
    Ok(caller.ended())
}

/// Under the name of its token, or the one it gives; else it is a program.
fn actor(caller: Option<&Caller>, headers: &HeaderMap) -> Result<Actor, ApiError> {
    if let Some(name) = caller.and_then(Caller::name) {
        return extract::actor(name, ActorKind::Token);
    }
    let declared = extract::declared(headers)?;
    let named = headers.contains_key(crate::wire::rest::ACTOR_HEADER);
    Ok(if named { declared } else { Actor { name: "Program".into(), kind: ActorKind::Agent } })
}

/// A program at the door.
struct Program<'a> {
    app: &'a App,
    id: WidgetSessionId,
    actor: Actor,
    token: Option<String>,
}

impl Program<'_> {
    /// What an open socket does, as long as the caller's token is good.
    async fn serve(self, socket: &mut Socket, ended: Ended) -> Ending {
        tokio::select! {
            ending = self.drive(socket) => ending,
            () = ended => Ending::UNAUTHORIZED,
        }
    }

    async fn drive(mut self, socket: &mut Socket) -> Ending {
        let token = match self.token.take() {
            Some(token) => token,
            None => match time::timeout(HELLO, hello(socket)).await {
                Ok(Ok(token)) => token,
                Ok(Err(ending)) => return ending,
                Err(_) => return Ending::WRONG_SESSION_TOKEN,
            },
        };
        match self.app.rooms.is_token_of(&self.id, &token).await {
            Ok(true) => {}
            Ok(false) => {
                counter!(measure::REFUSALS, "reason" => "session_token").increment(1);
                return Ending::WRONG_SESSION_TOKEN;
            }
            Err(error) => return error.into(),
        }
        match self.sit(token).await {
            Ok((seat, first)) => self.exchange(socket, seat, first).await,
            Err(ending) => ending,
        }
    }

    async fn sit(&self, token: String) -> Result<(ProgramSeat, Vec<String>), Ending> {
        let room = self.app.rooms.open(&DocumentId::Widgets(self.id.clone())).await?;
        let sit = Sit { actor: self.actor.clone(), token };
        room.sit(sit).await.map_err(|error| match error {
            ApplyError::Closed(closed) => closed.0.into(),
            other => Ending::refused(other.to_string()),
        })
    }

    /// First what the program is told, then both ways until one side ends.
    async fn exchange(&self, socket: &mut Socket, mut seat: ProgramSeat, first: Vec<String>) -> Ending {
        for message in first {
            if let Err(ending) = self.write(socket, websocket::TEXT, message.as_bytes()).await {
                return ending;
            }
        }
        let mut payloads = Payloads::new(self.app.limits.max_message);
        let mut uploads = Uploads::default();
        let limit = self.app.limits.silence();
        let mut pings = time::interval(self.app.limits.keep_alive());
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                item = seat.next() => {
                    let written = match item {
                        Ok(item) => self.tell(socket, item, &mut uploads).await,
                        Err(end) => return end.into(),
                    };
                    if let Err(ending) = written {
                        return ending;
                    }
                }
                () = std::future::ready(()), if uploads.are_under_way() => {
                    for (kind, bytes) in uploads.next(&self.app.store).await {
                        if let Err(ending) = self.write(socket, kind, &bytes).await {
                            return ending;
                        }
                    }
                }
                event = socket.next() => {
                    heard = Instant::now();
                    let handled = match event {
                        Ok(event) => self.hear(event, &seat, &mut payloads).await,
                        Err(ending) => Err(ending),
                    };
                    if let Err(ending) = handled {
                        return ending;
                    }
                }
                _ = pings.tick() => {
                    if heard.elapsed() > limit {
                        return Ending::Gone;
                    }
                    socket.line().say(websocket::PING, &[]);
                }
            }
        }
    }

    async fn tell(&self, socket: &Socket, item: SeatItem, uploads: &mut Uploads) -> Result<(), Ending> {
        match item {
            SeatItem::Message(text) => self.write(socket, websocket::TEXT, text.as_bytes()).await,
            SeatItem::Upload(upload) => {
                uploads.add(upload);
                Ok(())
            }
        }
    }

    /// Writes a message; who does not read for too long has gone.
    async fn write(&self, socket: &Socket, kind: u8, bytes: &[u8]) -> Result<(), Ending> {
        let line = socket.line().clone();
        line.say(kind, bytes);
        match time::timeout(self.app.limits.silence(), line.clear()).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Ending::Gone),
        }
    }

    /// Hands on what the program said.
    async fn hear(&self, event: Event, seat: &ProgramSeat, payloads: &mut Payloads) -> Result<(), Ending> {
        let (saying, size) = match event {
            Event::Text(text) => {
                let size = text.len();
                let value = serde_json::from_slice(&text);
                let value: Value =
                    value.map_err(|error| Ending::refused(format!("The message is no JSON: {error}.")))?;
                (payloads.text(value, &self.app.store).await, size)
            }
            Event::Binary(bytes) => {
                let size = bytes.len();
                (payloads.binary(bytes, &self.app.store).await, size)
            }
            _ => return Ok(()),
        };
        match saying {
            Some(saying) => seat.say(saying, size).await.map_err(|closed| closed.0.into()),
            None => Ok(()),
        }
    }
}

/// Reads the first message of a program that brings its session's token in it.
async fn hello(socket: &mut Socket) -> Result<String, Ending> {
    loop {
        let Event::Text(text) = socket.next().await? else { continue };
        let hello: Value = serde_json::from_slice(&text).unwrap_or_else(|_| json!(null));
        let token = hello["token"].as_str().filter(|_| hello["type"] == "hello");
        return token.map(str::to_owned).ok_or(Ending::WRONG_SESSION_TOKEN);
    }
}

impl From<SeatEnd> for Ending {
    fn from(end: SeatEnd) -> Self {
        match end {
            SeatEnd::Replaced => Self::REPLACED_PROGRAM,
            SeatEnd::Slow => Self::SLOW_PROGRAM,
            SeatEnd::Closed(reason) => reason.into(),
        }
    }
}
