//! Where things lie in a project document: the only file with key names.
//!
//! Imports yrs only. Invariant: [`ROOTS`] names every root this server reads or writes.

use yrs::{MapRef, TransactionMut, WriteTxn};

/// Root: the project's own fields.
pub const INFO: &str = "info";
/// Root: task id → map of its fields.
pub const TASKS: &str = "tasks";
/// Root: session id → map of its fields.
pub const SESSIONS: &str = "sessions";
/// Root: `{session}/{task}` → when and by whom the task was put into the session.
pub const LINKS: &str = "links";

/// All roots.
pub const ROOTS: [&str; 4] = [INFO, TASKS, SESSIONS, LINKS];

/// In [`INFO`] and in a session.
pub const NAME: &str = "name";
/// In [`INFO`] and in a task: a text.
pub const DESCRIPTION: &str = "description";

/// In a task.
pub const TITLE: &str = "title";
/// In a task: a text.
pub const PROMPT: &str = "prompt";
pub const PRIORITY: &str = "priority";
/// In a task: its order key; the least stands on top.
pub const ORDER: &str = "order";
/// In a task: a map whose keys are `{notebook}` or `{notebook}/{cell}`.
pub const REFERENCES: &str = "references";

/// The texts of a task.
pub const TEXTS: [&str; 2] = [DESCRIPTION, PROMPT];

/// In tasks and sessions.
pub const STATUS: &str = "status";
pub const CREATED_AT: &str = "createdAt";
pub const CREATED_BY: &str = "createdBy";
pub const UPDATED_AT: &str = "updatedAt";
pub const COMPLETED_AT: &str = "completedAt";
/// There as long as it is in the bin.
pub const DELETED_AT: &str = "deletedAt";
pub const DELETED_BY: &str = "deletedBy";

/// In a session.
pub const NOTEBOOK: &str = "notebook";
pub const LAST_HEARTBEAT: &str = "lastHeartbeat";

/// In a link.
pub const AT: &str = "at";
pub const BY: &str = "by";

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
