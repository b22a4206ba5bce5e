//! The program's side: the bridge is its browser.
//!
//! Invariant: a program is greeted as its own page greets it, and brought the session it gave before.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::socket::{ConnectError, Frame, Socket};

/// The size of the window that the program is told of; each browser has its own.
const VIEWPORT: (u32, u32) = (1280, 800);

/// How long its greeting may take. It comes at once, unless it has as many sessions as it allows.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);

/// The code with which a program refuses a session.
const WRONG_SESSION: u16 = 4001;

/// What the program gives its browser to come back with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub session_id: Value,
    pub token: Value,
}

/// Why the program is not met.
#[derive(Debug, thiserror::Error)]
pub enum MeetError {
    #[error("{0}")]
    Connect(#[from] ConnectError),
    #[error("it does not take the session it had; another is asked for")]
    WrongSession,
    #[error("it closed the connection")]
    Closed,
    #[error(
        "it does not greet its browser; is it a program of pgwidgets, and are there as many sessions as its max_sessions?"
    )]
    Silent,
}

impl MeetError {
    /// It may take another session.
    pub fn is_wrong_session(&self) -> bool {
        matches!(self, Self::WrongSession)
    }
}

/// A program that is there.
pub struct Program {
    socket: Socket,
    pub credentials: Credentials,
}

impl Program {
    /// Connects and greets.
    pub async fn meet(url: &str, known: Option<Credentials>) -> Result<Self, MeetError> {
        let mut socket = Socket::connect(url, Vec::new()).await?;
        let greeting = timeout(GREETING_TIMEOUT, greet(&mut socket, known.as_ref())).await;
        let credentials = greeting.map_err(|_| MeetError::Silent)??;
        Ok(Self { socket, credentials })
    }

    /// The next frame; `None` when it is gone.
    pub async fn hear(&mut self) -> Option<Frame> {
        self.socket.hear().await
    }

    /// Tells it something; false when it is gone.
    pub async fn say(&mut self, frame: Frame) -> bool {
        self.socket.say(frame).await
    }
}

async fn greet(socket: &mut Socket, known: Option<&Credentials>) -> Result<Credentials, MeetError> {
    loop {
        let message = hear(socket).await?;
        match message["type"].as_str() {
            Some("init") => {
                let mut answer = json!({"type": "result", "id": message["id"]});
                if let Some(known) = known {
                    answer["session_id"] = known.session_id.clone();
                    answer["token"] = known.token.clone();
                }
                say(socket, &answer).await?;
            }
            Some("session-info") => {
                let (width, height) = VIEWPORT;
                say(socket, &json!({"type": "viewport", "width": width, "height": height})).await?;
                return Ok(Credentials { session_id: message["session_id"].clone(), token: message["token"].clone() });
            }
            _ => {}
        }
    }
}

async fn hear(socket: &mut Socket) -> Result<Value, MeetError> {
    loop {
        match socket.hear().await {
            Some(Frame::Text(text)) => return Ok(serde_json::from_str(&text).unwrap_or(Value::Null)),
            Some(Frame::Binary(_)) => {}
            None if socket.closed_with.as_ref().is_some_and(|(code, _)| *code == WRONG_SESSION) => {
                return Err(MeetError::WrongSession);
            }
            None => return Err(MeetError::Closed),
        }
    }
}

async fn say(socket: &mut Socket, message: &Value) -> Result<(), MeetError> {
    if socket.say(Frame::Text(message.to_string())).await { Ok(()) } else { Err(MeetError::Closed) }
}
