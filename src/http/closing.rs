//! Ends of WebSocket connections: the codes of `wire-protocol.md` §4e rule 7.

use std::borrow::Cow;

use crate::room::{CloseReason, OpenError};

/// The codes of RFC 6455 §7.4 that this server gives, and 1012 of the registry.
mod close_code {
    pub const NORMAL: u16 = 1000;
    pub const POLICY: u16 = 1008;
    pub const SIZE: u16 = 1009;
    pub const ERROR: u16 = 1011;
    pub const RESTART: u16 = 1012;
}

/// No valid token. 4400 to 4499 tell new y-websocket clients not to come back.
const UNAUTHORIZED: u16 = 4401;
/// The token lacks a scope.
const FORBIDDEN: u16 = 4403;
/// No such document.
const NOT_FOUND: u16 = 4404;

/// The program of a widget session brought a wrong token for it. 4000 to 4999 tell the clients of the protocol not to come
/// back by themselves.
const WRONG_SESSION_TOKEN: u16 = 4001;
/// A newer program has taken the place.
const REPLACED_PROGRAM: u16 = 4002;
/// The program did not read what it was told.
const SLOW_PROGRAM: u16 = 4008;

/// How a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The peer has gone: nothing is left to be said.
    Gone,
    /// We end it, with a code and a sentence.
    Close(u16, Cow<'static, str>),
}

impl Ending {
    pub const UNAUTHORIZED: Self =
        Self::Close(UNAUTHORIZED, Cow::Borrowed("Open the link the server printed, or bring a token that is good."));
    pub const RESTART: Self = Self::Close(close_code::RESTART, Cow::Borrowed("The server restarts."));
    pub const WRONG_SESSION_TOKEN: Self =
        Self::Close(WRONG_SESSION_TOKEN, Cow::Borrowed("Invalid session credentials"));
    pub const REPLACED_PROGRAM: Self =
        Self::Close(REPLACED_PROGRAM, Cow::Borrowed("A newer program drives this session now."));
    pub const SLOW_PROGRAM: Self =
        Self::Close(SLOW_PROGRAM, Cow::Borrowed("The program did not read what it was told; come back and go on."));
    /// Nothing more will come.
    pub const OVER: Self = Self::Close(close_code::NORMAL, Cow::Borrowed("The end of what was asked for."));

    /// The token does not let its bearer in here.
    pub fn forbidden(sentence: &str) -> Self {
        Self::Close(FORBIDDEN, sentence.to_owned().into())
    }

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
