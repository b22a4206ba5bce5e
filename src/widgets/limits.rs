//! How much a widget session may hold. Each bound is far above what a person can look at.
//!
//! Imports vocabulary. Invariant: nothing that a program or a page sends makes a session grow past these.

use crate::vocabulary::Millis;

/// Widgets in a session: a table is one widget, so this many are never on a screen.
pub const WIDGETS_MAX: usize = 10_000;

/// Messages in one array, and calls in one batch.
pub const MESSAGES_MAX: usize = 20_000;

/// Actions that a widget is listened to for.
pub const LISTENS_MAX: usize = 64;

/// Different keys in the state of a widget, and different commands.
pub const KEYS_MAX: usize = 256;

/// Characters of a name: of an action, a command, a client.
pub const NAME_MAX: usize = 64;

/// Pictures kept of a canvas; the oldest go.
pub const DRAWN_MAX: usize = 256;

/// Fonts of a session.
pub const FONTS_MAX: usize = 64;

/// Characters of a session's title.
pub const TITLE_MAX: usize = 200;

/// Questions that wait for a browser at a time.
pub const ASKS_MAX: usize = 256;

/// A question that no browser has answered by then is answered with what is known, or an error.
pub const ASK_PATIENCE: Millis = 5_000;

/// Between two tellings of a text that somebody types.
pub const TEXT_PAUSE: Millis = 100;

/// Values of widgets that are overwritten before the maps that held them are replaced by new ones, all at once, so that
/// what was overwritten can be forgotten: of a map that is gone nothing remains but a number.
pub const OVERWRITES_MAX: u32 = 4096;

/// What a program has pages do so long after somebody did something is taken for its answer.
pub const ANSWERED_WITHIN: Millis = 10_000;

/// How long widgets of one client stay after it has gone: it may come back after a drop of the network.
pub const CLIENT_WIDGETS_KEPT: Millis = 60_000;
