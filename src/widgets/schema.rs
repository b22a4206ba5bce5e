//! Where things lie in the document of a widget session: the only file with key names.
//!
//! Imports yrs only. Invariant: [`ROOTS`] names every root this server reads or writes.

use yrs::{MapRef, TransactionMut, WriteTxn};

/// Root: the session's own fields.
pub const INFO: &str = "info";
/// Root: the number of a widget → map of its fields.
pub const WIDGETS: &str = "widgets";
/// Root: the id of a question → what only a browser can answer.
pub const ASKS: &str = "asks";
/// Root: what is said to no widget.
pub const PAGE: &str = "page";

/// All roots.
pub const ROOTS: [&str; 4] = [INFO, WIDGETS, ASKS, PAGE];

/// In [`INFO`].
pub const TITLE: &str = "title";
/// In [`INFO`]: the program, as `{state, since, name}`.
pub const PROGRAM: &str = "program";
/// In [`INFO`], in milliseconds since the Unix epoch.
pub const CREATED: &str = "created";

/// In a widget: the name of its class.
pub const CLASS: &str = "class";
/// In a widget: the arguments of its making, as they were sent.
pub const ARGS: &str = "args";
/// In a widget: a map. Another map takes its place now and then: look it up each time.
pub const STATE: &str = "state";
/// In a widget: a list of `{wid, …placement}`, or `{separator: true}` and `{spacer: true}`.
pub const CHILDREN: &str = "children";
/// In a widget: action → true.
pub const LISTENS: &str = "listens";
/// In a widget whose text people type: the text, which clients may write.
pub const TEXT: &str = "text";
/// In a widget and in [`PAGE`]: name → `{n, args}`.
pub const COMMANDS: &str = "commands";
/// In a widget that one client alone sees: that client's id.
pub const CLIENT: &str = "client";
/// In a widget: key of its state → hash of what the program's setup made of it.
pub const SET: &str = "set";

/// In [`PAGE`].
pub const FONTS: &str = "fonts";
/// In [`PAGE`].
pub const DEFAULT_FONT: &str = "default_font";

/// Gives every root its type. yrs reports no changes below a root that arrived by an update and was never asked for.
pub fn ensure_roots(txn: &mut TransactionMut<'_>) {
    for root in ROOTS {
        txn.get_or_insert_map(root);
    }
}

/// A root for writing.
pub fn map(txn: &mut TransactionMut<'_>, root: &'static str) -> MapRef {
    txn.get_or_insert_map(root)
}
