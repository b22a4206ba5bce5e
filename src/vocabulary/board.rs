//! Plain words of boards: tasks, sessions, what changed of them. Imports ids only.
//!
//! Invariant: the field names are those of seed 001, in the document, in REST answers and in events alike.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{Actor, Millis};
use crate::ids::{CellId, NotebookId, ProjectId, SessionId, TaskId};

/// A closed set of words that stand in documents, addresses and on the command line.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
        #[derive(JsonSchema)]
        #[ts(export_to = "wire.ts")]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            /// The sentence tells which words there are.
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(format!("{text:?} is none of {}", [$($word),*].join(", "))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

words!(
    /// How far a task is.
    TaskStatus {
        /// Nobody works on it yet.
        #[default]
        Pending = "pending",
        InProgress = "in_progress",
        /// It waits for something else.
        Blocked = "blocked",
        Completed = "completed",
        /// It will not be done.
        Cancelled = "cancelled",
    }
);

words!(
    /// How much a task matters.
    Priority {
        Low = "low",
        #[default]
        Medium = "medium",
        High = "high",
    }
);

words!(
    /// How far a session is.
    SessionStatus {
        /// Somebody works.
        #[default]
        Running = "running",
        /// It is open, and nobody works in it.
        Idle = "idle",
        /// It ended well.
        Completed = "completed",
        /// It ended with an error.
        Failed = "failed",
    }
);

impl SessionStatus {
    /// Nothing more comes of it.
    pub fn has_ended(self) -> bool {
        match self {
            Self::Running | Self::Idle => false,
            Self::Completed | Self::Failed => true,
        }
    }
}

/// A notebook or a cell that a task is about, or that does it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema, JsonSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct Reference {
    pub notebook: NotebookId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellId>,
}

/// What is known of a task without its texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct TaskCard {
    pub id: TaskId,
    pub project_id: ProjectId,
    pub title: String,
    pub status: TaskStatus,
    pub priority: Priority,
    /// The sessions it is in, first joined first.
    pub session_ids: Vec<SessionId>,
    /// How many those are.
    pub session_count: u32,
    /// Notebooks and cells it is about.
    pub references: Vec<Reference>,
    /// Its place on the board: the least stands on top.
    pub order: String,
    #[ts(type = "number")]
    pub created_at: Millis,
    /// Rises strictly with each change that is told.
    #[ts(type = "number")]
    pub updated_at: Millis,
    /// When it was completed; there exactly while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub completed_at: Option<Millis>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Actor>,
}

/// A task, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct Task {
    #[serde(flatten)]
    pub card: TaskCard,
    pub description: String,
    /// What an agent is asked to do.
    pub prompt: String,
}

/// A session: somebody, or some program, at work on tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct Session {
    pub id: SessionId,
    pub project_id: ProjectId,
    pub name: String,
    pub status: SessionStatus,
    /// Its tasks, first added first.
    pub task_ids: Vec<TaskId>,
    /// The notebook it works in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notebook: Option<NotebookId>,
    #[ts(type = "number")]
    pub created_at: Millis,
    /// Rises strictly with each change that is told.
    #[ts(type = "number")]
    pub updated_at: Millis,
    /// When it ended; there exactly when it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub completed_at: Option<Millis>,
    /// When it last said that it is alive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub last_heartbeat: Option<Millis>,
    /// Who opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Actor>,
}

/// What changed of a task: the new values, apart from its texts, which are only named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct TaskChanges {
    pub id: TaskId,
    /// The fields that changed.
    pub changed: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// `null` when it is not completed any more.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(type = "number | null")]
    pub completed_at: Option<Option<Millis>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_ids: Option<Vec<SessionId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_count: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<Vec<Reference>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    #[ts(type = "number")]
    pub updated_at: Millis,
}

/// What changed of a session: the new values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct SessionChanges {
    pub id: SessionId,
    /// The fields that changed.
    pub changed: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SessionStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_ids: Option<Vec<TaskId>>,
    /// `null` when it works in no notebook any more.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub notebook: Option<Option<NotebookId>>,
    /// `null` when it goes on after all.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(type = "number | null")]
    pub completed_at: Option<Option<Millis>>,
    #[ts(type = "number")]
    pub updated_at: Millis,
}

/// Tells an explicit `null` from an absent field.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for status in TaskStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        let complaint = "done".parse::<TaskStatus>().unwrap_err();
        assert_eq!(complaint, "\"done\" is none of pending, in_progress, blocked, completed, cancelled");
    }
}
