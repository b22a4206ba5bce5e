//! Identifiers as types of their own: parse, display, make. Imports nothing of ours.
//!
//! Invariant: a value of an id type has been checked; no other module checks the form of an id again.

use std::{fmt, str::FromStr, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {kind}: {rule}")]
pub struct InvalidId {
    kind: &'static str,
    text: String,
    rule: &'static str,
}

/// nbformat 4.5 allows `^[a-zA-Z0-9-_]+$` and 1 to 64 characters for a cell id; we take the same rule for our own ids.
const RULE: &str = "use 1 to 64 letters, digits, '-' or '_'";

fn is_plain(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

macro_rules! plain_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema, JsonSchema)]
        #[schemars(with = "String")]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String)]
        #[ts(as = "String", export_to = "wire.ts")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if is_plain(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidId { kind: $kind, text: text.chars().take(80).collect(), rule: RULE })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, formatter)
            }
        }
    };
}

plain_id!(
    /// A notebook: opaque, URL-safe.
    NotebookId, "notebook id"
);
plain_id!(
    /// A cell, unique within its notebook.
    CellId, "cell id"
);
plain_id!(
    /// One run of a cell, unique in the server.
    RunId, "run id"
);
plain_id!(
    /// A project: a board of tasks and sessions.
    ProjectId, "project id"
);
plain_id!(
    /// A task, unique in the server.
    TaskId, "task id"
);
plain_id!(
    /// A session of work on tasks, unique in the server.
    SessionId, "session id"
);
plain_id!(
    /// A named token; no secret.
    TokenId, "token id"
);
plain_id!(
    /// A webhook, unique in the server.
    WebhookId, "webhook id"
);
plain_id!(
    /// A widget session: what a program draws in the page.
    WidgetSessionId, "widget session id"
);

impl NotebookId {
    /// A new id; sorts by creation time.
    pub fn generate() -> Self {
        Self(uuid::Uuid::now_v7().simple().to_string().into())
    }
}

impl CellId {
    /// A new id; 8 random characters as Jupyter's own are too few for many writers, so 16.
    pub fn generate() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string()[..16].into())
    }
}

impl RunId {
    /// A new id: nobody finds a run by guessing.
    pub fn generate() -> Self {
        Self(format!("run_{}", uuid::Uuid::new_v4().simple()).into())
    }
}

impl ProjectId {
    /// A new id; sorts by creation time.
    pub fn generate() -> Self {
        Self(format!("proj_{}", uuid::Uuid::now_v7().simple()).into())
    }
}

impl TaskId {
    /// A new id; short enough to be typed after `coscribe task show`, long enough that no two are alike.
    pub fn generate() -> Self {
        Self(format!("task_{}", &uuid::Uuid::new_v4().simple().to_string()[..16]).into())
    }
}

impl SessionId {
    /// A new id, as those of tasks.
    pub fn generate() -> Self {
        Self(format!("sess_{}", &uuid::Uuid::new_v4().simple().to_string()[..16]).into())
    }
}

impl TokenId {
    /// A new id, as those of tasks.
    pub fn generate() -> Self {
        Self(format!("tok_{}", &uuid::Uuid::new_v4().simple().to_string()[..16]).into())
    }
}

impl WebhookId {
    /// A new id, as those of tasks.
    pub fn generate() -> Self {
        Self(format!("hook_{}", &uuid::Uuid::new_v4().simple().to_string()[..16]).into())
    }
}

impl WidgetSessionId {
    /// A new id: nobody finds a session by guessing.
    pub fn generate() -> Self {
        Self(format!("wgt_{}", uuid::Uuid::new_v4().simple()).into())
    }
}

/// One open connection of a client to a room; unique while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// The name of a document as it stands in `WS /ws/{document}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DocumentId {
    /// A notebook.
    Notebook(NotebookId),
    /// `project:{id}`: a board.
    Project(ProjectId),
    /// `widgets:{session}`: what a program draws in the page.
    Widgets(WidgetSessionId),
    /// `doc:{anything}`: the document of any other Yjs application.
    Free(Arc<str>),
}

/// Long enough for a path-like name, short enough for a key of the store.
const FREE_NAME_MAX: usize = 256;

impl FromStr for DocumentId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if let Some(id) = text.strip_prefix("project:") {
            return id.parse().map(Self::Project);
        }
        if let Some(id) = text.strip_prefix("widgets:") {
            return id.parse().map(Self::Widgets);
        }
        let Some(name) = text.strip_prefix("doc:") else {
            return text.parse().map(Self::Notebook);
        };
        if name.is_empty() || name.len() > FREE_NAME_MAX || name.chars().any(char::is_control) {
            let rule = "use 1 to 256 bytes after 'doc:', without control characters";
            return Err(InvalidId { kind: "document name", text: text.chars().take(80).collect(), rule });
        }
        Ok(Self::Free(name.into()))
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notebook(id) => write!(formatter, "{id}"),
            Self::Project(id) => write!(formatter, "project:{id}"),
            Self::Widgets(id) => write!(formatter, "widgets:{id}"),
            Self::Free(name) => write!(formatter, "doc:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_name_is_a_notebook_a_project_a_widget_session_or_a_free_document() {
        assert!(matches!("default".parse(), Ok(DocumentId::Notebook(_))));
        let project: DocumentId = "project:default".parse().unwrap();
        assert!(matches!(project, DocumentId::Project(_)));
        assert_eq!(project.to_string(), "project:default");
        let widgets: DocumentId = "widgets:demo".parse().unwrap();
        assert!(matches!(widgets, DocumentId::Widgets(_)));
        assert_eq!(widgets.to_string(), "widgets:demo");
        assert!(matches!("doc:a/b:c".parse(), Ok(DocumentId::Free(_))));
        for bad in ["", "a b", "project:", "project:a b", "widgets:", "doc:", "doc:\n", "../x", &"x".repeat(65)] {
            assert!(bad.parse::<DocumentId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn generated_ids_are_valid() {
        assert!(is_plain(NotebookId::generate().as_str()));
        assert!(is_plain(CellId::generate().as_str()));
        assert!(is_plain(RunId::generate().as_str()));
        assert!(is_plain(ProjectId::generate().as_str()));
        assert!(is_plain(TaskId::generate().as_str()));
        assert!(is_plain(SessionId::generate().as_str()));
        assert!(is_plain(TokenId::generate().as_str()));
        assert!(is_plain(WebhookId::generate().as_str()));
        assert!(is_plain(WidgetSessionId::generate().as_str()));
    }
}
