//! WebSockets as the handlers use them: an upgrade, messages that come, messages that go, an end that clients can see.
//!
//! Ours and not the framework's: the room writes to the network directly (see [`SocketLine`]), and an idle connection
//! keeps no buffers. Invariant: whatever a client sends, at most its own connection ends.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Poll, ready},
};

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::{rt::TokioIo, server::conn::auto::upgrade};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::{TcpStream, tcp::OwnedReadHalf},
    time,
};

use super::{closing::Ending, error::ApiError, line::SocketLine};
use crate::{
    config,
    wire::websocket::{self, Decoder, Event, Violation},
};

/// Read from the system at once.
const READ: usize = 64 << 10;

thread_local! {
    /// The one buffer of each thread: what is read is cut into messages before anybody waits.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into_boxed_slice());
}

/// A request to upgrade, checked.
pub struct Upgrade {
    key: HeaderValue,
    on_upgrade: OnUpgrade,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let asked = parts.method == Method::GET
            && names(headers, CONNECTION, "upgrade")
            && names(headers, UPGRADE, "websocket");
        let version = headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
        let key = headers.get(SEC_WEBSOCKET_KEY).cloned();
        match (key, parts.extensions.remove::<OnUpgrade>()) {
            (Some(key), Some(on_upgrade)) if asked && version => Ok(Self { key, on_upgrade }),
            _ => Err(ApiError::upgrade_required()),
        }
    }
}

/// Whether one of the header's comma-separated words is this one.
fn names(headers: &HeaderMap, header: axum::http::HeaderName, word: &str) -> bool {
    let values = headers.get_all(header).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(word))
}

impl Upgrade {
    /// Answers the upgrade, and serves the socket in a task of its own.
    pub fn serve<F, T>(self, max_message: usize, serve: F) -> Response
    where
        F: FnOnce(Socket) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let accept = tungstenite::handshake::derive_accept_key(self.key.as_bytes());
        let on_upgrade = self.on_upgrade;
        tokio::spawn(async move {
            match on_upgrade.await {
                // In a task of its own, which is no larger than it must be.
                Ok(upgraded) => {
                    if let Some(socket) = Socket::new(upgraded, max_message) {
                        tokio::spawn(serve(socket));
                    }
                }
                Err(error) => tracing::debug!(%error, "the upgrade did not end"),
            }
        });
        let headers = [(CONNECTION, "upgrade"), (UPGRADE, "websocket"), (SEC_WEBSOCKET_ACCEPT, accept.as_str())];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}

/// An open WebSocket: the half that reads, and the line that is written to.
pub struct Socket {
    line: Arc<SocketLine>,
    stream: OwnedReadHalf,
    decoder: Decoder,
    events: VecDeque<Event>,
    /// Read together with the request.
    early: bytes::Bytes,
}

impl Socket {
    fn new(upgraded: Upgraded, max_message: usize) -> Option<Self> {
        let Ok(parts) = upgrade::downcast::<TokioIo<TcpStream>>(upgraded) else {
            tracing::error!("an upgraded connection is no TCP connection");
            return None;
        };
        let (stream, sink) = parts.io.into_inner().into_split();
        let line = Arc::new(SocketLine::new(sink));
        Some(Self { line, stream, decoder: Decoder::new(max_message), events: VecDeque::new(), early: parts.read_buf })
    }

    /// Where messages are written to.
    pub fn line(&self) -> &Arc<SocketLine> {
        &self.line
    }

    /// The next thing the client said; pings are answered here. Cancel-safe.
    pub async fn next(&mut self) -> Result<Event, Ending> {
        loop {
            match self.events.pop_front() {
                Some(Event::Ping(payload)) => self.line.say(websocket::PONG, &payload),
                Some(Event::Close(code)) => {
                    self.line.say(websocket::CLOSE, &code.map(|code| websocket::closing(code, "")).unwrap_or_default());
                    return Err(Ending::Gone);
                }
                Some(event) => return Ok(event),
                None => {
                    // Nothing is kept for what comes one day.
                    self.events = VecDeque::new();
                    self.bytes(Self::decode).await?;
                }
            }
        }
    }

    /// Waits for bytes and hands over those that are there.
    async fn bytes(&mut self, mut take: impl FnMut(&mut Self, &[u8]) -> Result<(), Ending>) -> Result<(), Ending> {
        let early = std::mem::take(&mut self.early);
        if !early.is_empty() {
            return take(self, &early);
        }
        poll_fn(|context| {
            BUFFER.with_borrow_mut(|buffer| {
                let mut read = ReadBuf::new(buffer);
                let result = ready!(Pin::new(&mut self.stream).poll_read(context, &mut read));
                let filled = read.filled();
                Poll::Ready(if result.is_err() || filled.is_empty() { Err(Ending::Gone) } else { take(self, filled) })
            })
        })
        .await
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let mut events = Vec::new();
        let read = self.decoder.read(bytes, &mut events);
        self.events = events.into();
        read.map_err(|violation| match violation {
            Violation::TooBig => Ending::too_big("The message is larger than this server takes."),
            _ => Ending::refused("The frame breaks the rules of WebSockets.".into()),
        })
    }

    /// Sends the close frame and waits a moment for the peer's: a socket closed with bytes unread is reset by the
    /// system, and the peer would never see the code.
    pub async fn close(mut self, ending: Ending) {
        if let Ending::Close(code, reason) = &ending {
            self.line.say(websocket::CLOSE, &websocket::closing(*code, reason));
        }
        let handshake = async {
            if self.line.clear().await.is_ok() && ending != Ending::Gone {
                self.hear_out().await;
            }
        };
        if time::timeout(config::CLOSING, handshake).await.is_err() {
            tracing::debug!("the peer did not answer the closing");
        }
    }

    /// Reads until the peer's close frame or its end. After a message that could not be understood nothing can be: then
    /// everything is passed over, and the time is the peer's to read.
    async fn hear_out(&mut self) {
        let mut understood = true;
        while !self.events.drain(..).any(|event| matches!(event, Event::Close(_))) {
            let read = self.bytes(|socket, bytes| if understood { socket.decode(bytes) } else { Ok(()) }).await;
            match read {
                Ok(()) => {}
                Err(Ending::Gone) => return,
                Err(Ending::Close(..)) => understood = false,
            }
        }
    }
}
