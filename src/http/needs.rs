//! The scope that each address needs: one table, which the guard reads before any handler.
//!
//! Invariant: an address that is not in the table is refused, and a test finds each that is described and not in it.

use axum::http::Method;

use crate::vocabulary::Scope::{
    self, Admin, EventsRead, NotebooksRead, NotebooksWrite, RunsExecute, TasksRead, TasksWrite, WidgetsDrive,
};

/// What an address needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Any secret will do.
    Any,
    Of(Scope),
    /// The kind of the document decides, which the handler knows.
    ByDocument,
    /// Each tool of an agent has a scope of its own.
    ByTool,
}

/// Nobody asks in this way.
const NONE: Option<Need> = None;

const fn of(scope: Scope) -> Option<Need> {
    Some(Need::Of(scope))
}

/// Address, what reading needs, what writing needs.
type Row = (&'static str, Option<Need>, Option<Need>);

const ROWS: &[Row] = &[
    ("/api/admin/backup", of(Admin), NONE),
    ("/api/admin/report", of(Admin), NONE),
    ("/api/admin/take-back", NONE, of(Admin)),
    ("/api/audit", of(Admin), NONE),
    ("/api/blobs", NONE, of(NotebooksWrite)),
    ("/api/blobs/{sha256}", of(NotebooksRead), NONE),
    ("/api/documents/{*path}", Some(Need::ByDocument), Some(Need::ByDocument)),
    ("/api/environment", of(NotebooksRead), NONE),
    ("/api/environment/cancel", NONE, of(RunsExecute)),
    ("/api/environment/make", NONE, of(RunsExecute)),
    ("/api/environment/packages", NONE, of(RunsExecute)),
    ("/api/environment/packages/{name}", NONE, of(RunsExecute)),
    ("/api/environment/widgets", of(NotebooksRead), NONE),
    ("/api/events", of(EventsRead), NONE),
    ("/api/kernelspecs", of(NotebooksRead), NONE),
    ("/api/limits", Some(Need::Any), NONE),
    ("/api/notebooks", of(NotebooksRead), of(NotebooksWrite)),
    ("/api/notebooks/import", NONE, of(NotebooksWrite)),
    ("/api/notebooks/{id}", of(NotebooksRead), of(NotebooksWrite)),
    ("/api/notebooks/{id}/cancel", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/cells", of(NotebooksRead), of(NotebooksWrite)),
    ("/api/notebooks/{id}/cells/{cell}", of(NotebooksRead), of(NotebooksWrite)),
    ("/api/notebooks/{id}/cells/{cell}/answer", NONE, of(NotebooksWrite)),
    ("/api/notebooks/{id}/cells/{cell}/answers", of(NotebooksRead), NONE),
    ("/api/notebooks/{id}/cells/{cell}/cancel", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/cells/{cell}/context", of(NotebooksRead), NONE),
    ("/api/notebooks/{id}/cells/{cell}/draft", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/cells/{cell}/input", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/cells/{cell}/move", NONE, of(NotebooksWrite)),
    ("/api/notebooks/{id}/cells/{cell}/restore", NONE, of(NotebooksWrite)),
    ("/api/notebooks/{id}/cells/{cell}/run", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/cells/{cell}/source", NONE, of(NotebooksWrite)),
    ("/api/notebooks/{id}/duplicate", NONE, of(NotebooksWrite)),
    ("/api/notebooks/{id}/export", of(NotebooksRead), NONE),
    ("/api/notebooks/{id}/files", of(NotebooksRead), NONE),
    ("/api/notebooks/{id}/files/{path}", of(NotebooksRead), of(NotebooksWrite)),
    ("/api/notebooks/{id}/files/{*path}", of(NotebooksRead), of(NotebooksWrite)),
    ("/api/notebooks/{id}/kernel", of(NotebooksRead), NONE),
    ("/api/notebooks/{id}/kernel/complete", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/kernel/inspect", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/kernel/interrupt", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/kernel/models/{model}", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/kernel/restart", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/kernel/shutdown", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/kernel/start", NONE, of(RunsExecute)),
    ("/api/notebooks/{id}/kernel/variables", of(NotebooksRead), NONE),
    ("/api/notebooks/{id}/restore", NONE, of(NotebooksWrite)),
    ("/api/notebooks/{id}/run", NONE, of(RunsExecute)),
    ("/api/projects", of(TasksRead), of(TasksWrite)),
    ("/api/projects/{id}", of(TasksRead), of(TasksWrite)),
    ("/api/projects/{id}/restore", NONE, of(TasksWrite)),
    ("/api/providers", of(NotebooksRead), NONE),
    ("/api/providers/default", NONE, of(Admin)),
    ("/api/providers/{name}", NONE, of(Admin)),
    // They ask the provider, with its key.
    ("/api/providers/{name}/models", of(RunsExecute), NONE),
    ("/api/providers/{name}/test", NONE, of(Admin)),
    ("/api/role", Some(Need::Any), NONE),
    ("/api/runs/{run}", of(NotebooksRead), NONE),
    ("/api/sessions", of(TasksRead), of(TasksWrite)),
    ("/api/sessions/{id}", of(TasksRead), of(TasksWrite)),
    ("/api/sessions/{id}/heartbeat", NONE, of(TasksWrite)),
    ("/api/sessions/{id}/restore", NONE, of(TasksWrite)),
    ("/api/sessions/{id}/tasks/{task}", NONE, of(TasksWrite)),
    ("/api/tasks", of(TasksRead), of(TasksWrite)),
    ("/api/tasks/{id}", of(TasksRead), of(TasksWrite)),
    ("/api/tasks/{id}/move", NONE, of(TasksWrite)),
    ("/api/tasks/{id}/restore", NONE, of(TasksWrite)),
    ("/api/tokens", of(Admin), of(Admin)),
    ("/api/tokens/{id}", NONE, of(Admin)),
    // They carry every event away, and may hold secrets of others.
    ("/api/webhooks", of(Admin), of(Admin)),
    ("/api/webhooks/{id}", of(Admin), of(Admin)),
    ("/api/webhooks/{id}/dead-letters", of(Admin), NONE),
    ("/api/webhooks/{id}/dead-letters/{seq}", NONE, of(Admin)),
    ("/api/webhooks/{id}/dead-letters/{seq}/redeliver", NONE, of(Admin)),
    ("/api/webhooks/{id}/deliveries", of(Admin), NONE),
    ("/api/webhooks/{id}/secret", NONE, of(Admin)),
    ("/api/webhooks/{id}/test", NONE, of(Admin)),
    ("/api/widgets", of(NotebooksRead), of(WidgetsDrive)),
    ("/api/widgets/classes", of(NotebooksRead), NONE),
    ("/api/widgets/{id}", of(NotebooksRead), of(NotebooksWrite)),
    ("/api/widgets/{id}/answers", NONE, of(NotebooksWrite)),
    ("/api/widgets/{id}/callbacks", NONE, of(NotebooksWrite)),
    ("/debug/rooms/{*document}", of(Admin), NONE),
    ("/mcp", Some(Need::ByTool), Some(Need::ByTool)),
];

/// Addresses that are written to without changing anything that the audit log should tell of: signs of life, help while
/// somebody types; and the tools of agents, which tell one by one.
pub const UNTOLD: &[&str] = &[
    "/api/sessions/{id}/heartbeat",
    "/api/notebooks/{id}/kernel/complete",
    "/api/notebooks/{id}/kernel/inspect",
    "/api/notebooks/{id}/kernel/models/{model}",
    "/api/widgets/{id}/answers",
    "/api/widgets/{id}/callbacks",
    "/mcp",
];

/// What a request needs, by the pattern of its address; `None` if nobody thought of it.
pub fn need(method: &Method, pattern: &str) -> Option<Need> {
    let (_, reading, writing) = ROWS.iter().find(|(address, ..)| *address == pattern)?;
    if is_write(method) { *writing } else { *reading }
}

/// Whether a method changes something.
pub fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_33_every_address_that_is_described_names_the_scope_it_needs() {
        let description = serde_json::to_value(super::super::openapi::document()).unwrap();
        let mut described = 0;
        for (path, operations) in description["paths"].as_object().unwrap() {
            // Documents have slashes in their names, so their routes take the rest of the path.
            let path = if path.starts_with("/api/documents/") { "/api/documents/{*path}" } else { path };
            for method in
                ["get", "put", "post", "patch", "delete"].iter().filter(|method| operations[**method].is_object())
            {
                let method: Method = method.to_uppercase().parse().unwrap();
                assert!(need(&method, path).is_some(), "{method} {path} names no scope in src/http/needs.rs");
                described += 1;
            }
        }
        assert!(described > 80, "only {described} addresses are described");
    }

    #[test]
    fn an_address_nobody_thought_of_needs_what_nobody_has() {
        assert_eq!(need(&Method::POST, "/api/new"), None);
        assert_eq!(need(&Method::DELETE, "/api/limits"), None);
        let mut addresses: Vec<_> = ROWS.iter().map(|(address, ..)| address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), ROWS.len(), "an address stands twice in the table");
    }
}
