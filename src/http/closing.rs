//! Ends of WebSocket connections: the codes of `wire-protocol.md` §4e rule 7, and a closing that clients can see.

use std::borrow::Cow;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::time;

use crate::{
    config,
    room::{CloseReason, OpenError},
};

/// The longest reason a close frame can carry (RFC 6455 §5.5: 125 bytes with the code).
const REASON_MAX: usize = 123;

/// No valid token. 4400 to 4499 tell new y-websocket clients not to come back.
const UNAUTHORIZED: u16 = 4401;
/// No such document.
const NOT_FOUND: u16 = 4404;

/// How a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The peer has gone: nothing is left to be said.
    Gone,
    /// We end it, with a code and a sentence.
    Close(u16, Cow<'static, str>),
}

impl Ending {
    pub const UNAUTHORIZED: Self = Self::Close(UNAUTHORIZED, Cow::Borrowed("Open the link the server printed."));
    pub const RESTART: Self = Self::Close(close_code::RESTART, Cow::Borrowed("The server restarts."));
    /// Nothing more will come.
    pub const OVER: Self = Self::Close(close_code::NORMAL, Cow::Borrowed("The end of what was asked for."));

    /// The peer sent what no honest client sends.
    pub fn refused(sentence: String) -> Self {
        Self::Close(close_code::POLICY, sentence.into())
    }

    /// A message is over the limit.
    pub fn too_big(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::Close(close_code::SIZE, sentence.into())
    }
}

impl From<CloseReason> for Ending {
    fn from(reason: CloseReason) -> Self {
        let code = match &reason {
            CloseReason::Restart | CloseReason::Failed => close_code::RESTART,
            CloseReason::NotStored(_) => close_code::ERROR,
            CloseReason::Deleted => NOT_FOUND,
            CloseReason::Replaced => close_code::NORMAL,
            CloseReason::TooBig(_) => close_code::SIZE,
            CloseReason::Refused(_) => close_code::POLICY,
        };
        Self::Close(code, reason.to_string().into())
    }
}

impl From<OpenError> for Ending {
    fn from(error: OpenError) -> Self {
        let code = match &error {
            OpenError::Unknown(_) | OpenError::Deleted(_) => NOT_FOUND,
            OpenError::Quarantined { .. } | OpenError::Storage(_) => close_code::ERROR,
            OpenError::Stopping => close_code::RESTART,
        };
        Self::Close(code, error.to_string().into())
    }
}

/// Ends a whole socket.
pub async fn close(socket: &mut WebSocket, ending: Ending) {
    let (mut sink, mut stream) = socket.split();
    close_halves(&mut sink, &mut stream, ending).await;
}

/// Sends the close frame and waits a moment for the peer's: a socket closed with bytes unread is reset by the system,
/// and the peer would never see the code.
pub async fn close_halves(
    sink: &mut (impl Sink<Message> + Unpin),
    stream: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
    ending: Ending,
) {
    let Ending::Close(code, reason) = ending else { return };
    let frame = CloseFrame { code, reason: shorten(&reason).into() };
    let handshake = async {
        if sink.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        while let Some(Ok(message)) = stream.next().await {
            if matches!(message, Message::Close(_)) {
                return;
            }
        }
        // Nothing can be read any more, after a message over the limit say: the rest of the time is the peer's to read.
        std::future::pending().await
    };
    if time::timeout(config::CLOSING, handshake).await.is_err() {
        tracing::debug!("the peer did not answer the closing");
    }
}

fn shorten(reason: &str) -> &str {
    let end = (0..=REASON_MAX.min(reason.len())).rev().find(|&end| reason.is_char_boundary(end));
    &reason[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_between_characters() {
        assert_eq!(shorten("short"), "short");
        assert_eq!(shorten(&"é".repeat(100)).len(), 122);
    }
}
