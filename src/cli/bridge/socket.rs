//! A WebSocket as a client: frames, and an end of what is silent for too long.
//!
//! Invariant: a connection that is dead without saying so is noticed.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        self, Bytes, Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue},
    },
};

/// Silence after which the other side is asked whether it is there.
const ASK_AFTER: Duration = Duration::from_secs(20);

/// Silence after which it is taken for dead.
const DEAD_AFTER: Duration = Duration::from_secs(45);

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What is sent and received.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    Text(String),
    Binary(Bytes),
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no answer within {} s", CONNECT_TIMEOUT.as_secs())]
    Late,
    #[error("{0}")]
    Failed(#[from] Box<tungstenite::Error>),
}

impl ConnectError {
    /// The status of an answer that was no upgrade.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Failed(error) => match error.as_ref() {
                tungstenite::Error::Http(response) => Some(response.status().as_u16()),
                _ => None,
            },
            Self::Late => None,
        }
    }
}

/// An open connection.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Instant,
    asked: bool,
    /// The code and the reason with which the other side closed, once it has.
    pub closed_with: Option<(u16, String)>,
}

/// What TLS needs once in a process.
pub fn prepare() {
    // Fails only if it was done already.
    drop(rustls::crypto::ring::default_provider().install_default());
}

impl Socket {
    /// Connects.
    pub async fn connect(url: &str, headers: Vec<(HeaderName, HeaderValue)>) -> Result<Self, ConnectError> {
        let mut request = url.into_client_request().map_err(Box::new)?;
        request.headers_mut().extend(headers.into_iter().map(|(name, value)| (Some(name), value)));
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, connect_async(request)).await;
        let (stream, _) = connected.map_err(|_| ConnectError::Late)?.map_err(Box::new)?;
        Ok(Self { stream, heard: Instant::now(), asked: false, closed_with: None })
    }

    /// The next frame; `None` when the connection has ended. May be dropped and called again.
    pub async fn hear(&mut self) -> Option<Frame> {
        loop {
            let patience = self.heard + if self.asked { DEAD_AFTER } else { ASK_AFTER };
            tokio::select! {
                // What has come is no silence, however late it is asked for.
                biased;
                message = self.stream.next() => {
                    (self.heard, self.asked) = (Instant::now(), false);
                    match message? {
                        Ok(Message::Text(text)) => return Some(Frame::Text(text.as_str().to_owned())),
                        Ok(Message::Binary(bytes)) => return Some(Frame::Binary(bytes)),
                        Ok(Message::Close(close)) => {
                            self.closed_with = close.map(|close| (close.code.into(), close.reason.as_str().to_owned()));
                        }
                        Ok(_) => {}
                        Err(_) => return None,
                    }
                }
                () = sleep_until(patience) => {
                    let asked = std::mem::replace(&mut self.asked, true);
                    if asked || self.send(Message::Ping(Bytes::new())).await.is_none() {
                        return None;
                    }
                }
            }
        }
    }

    /// Sends a frame; false when the connection has ended.
    pub async fn say(&mut self, frame: Frame) -> bool {
        let message = match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Binary(bytes) => Message::Binary(bytes),
        };
        self.send(message).await.is_some()
    }

    async fn send(&mut self, message: Message) -> Option<()> {
        self.stream.send(message).await.ok()
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        if self.stream.close(None).await.is_err() {
            tracing::debug!("the other side was gone already");
        }
    }
}
