//! The closed set of edits the server makes for somebody, and why one is refused.

use crate::{
    ids::{NotebookId, SessionId, TaskId},
    vocabulary::{Millis, Priority, Reference, SessionStatus, TaskStatus},
};

/// A task to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTask {
    pub id: TaskId,
    pub title: String,
    pub description: String,
    pub prompt: String,
    pub status: TaskStatus,
    pub priority: Priority,
    pub completed_at: Option<Millis>,
    pub sessions: Vec<SessionId>,
    pub references: Vec<Reference>,
}

/// Changes of a task; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskPatch {
    pub title: Option<String>,
    /// Texts are changed by the smallest edits, so that they merge with what others type.
    pub description: Option<String>,
    pub prompt: Option<String>,
    pub status: Option<TaskStatus>,
    pub priority: Option<Priority>,
    pub completed_at: Option<Millis>,
    pub references: Option<Vec<Reference>>,
}

/// A session to be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSession {
    pub id: SessionId,
    pub name: String,
    pub status: SessionStatus,
    pub tasks: Vec<TaskId>,
    pub notebook: Option<NotebookId>,
}

/// Changes of a session; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionPatch {
    pub name: Option<String>,
    pub status: Option<SessionStatus>,
    /// `Some(None)`: it works in no notebook any more.
    pub notebook: Option<Option<NotebookId>>,
}

/// Where a task is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskPlace {
    Top,
    After(TaskId),
    Bottom,
}

/// The `updatedAt` that the asker saw: an edit is refused when it has changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected(pub Millis);

/// An edit of a project asked for by REST, a command line or an agent.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    SetInfo {
        name: Option<String>,
        description: Option<String>,
    },
    /// On top of the board.
    CreateTask(NewTask),
    PatchTask {
        id: TaskId,
        patch: TaskPatch,
        expected: Option<Expected>,
    },
    MoveTask {
        id: TaskId,
        place: TaskPlace,
    },
    /// Hides the task; concurrent typing into it survives.
    DeleteTask {
        id: TaskId,
        expected: Option<Expected>,
    },
    RestoreTask {
        id: TaskId,
    },
    CreateSession(NewSession),
    PatchSession {
        id: SessionId,
        patch: SessionPatch,
        expected: Option<Expected>,
    },
    /// The session says that it is alive.
    Heartbeat {
        id: SessionId,
    },
    DeleteSession {
        id: SessionId,
        expected: Option<Expected>,
    },
    RestoreSession {
        id: SessionId,
    },
    /// Puts a task into a session; nothing changes if it is there.
    AddTask {
        session: SessionId,
        task: TaskId,
    },
    RemoveTask {
        session: SessionId,
        task: TaskId,
    },
}

impl Op {
    /// Whether what it is about is out of sight afterwards.
    pub fn deletes(&self) -> bool {
        matches!(self, Self::DeleteTask { .. } | Self::DeleteSession { .. })
    }

    /// What must not have changed for the edit to be made.
    pub fn expected(&self) -> Option<(Subject, Expected)> {
        match self {
            Self::PatchTask { id, expected, .. } | Self::DeleteTask { id, expected } => {
                expected.map(|expected| (Subject::Task(id.clone()), expected))
            }
            Self::PatchSession { id, expected, .. } | Self::DeleteSession { id, expected } => {
                expected.map(|expected| (Subject::Session(id.clone()), expected))
            }
            Self::SetInfo { .. } | Self::CreateTask(_) | Self::MoveTask { .. } | Self::RestoreTask { .. } => None,
            Self::CreateSession(_) | Self::Heartbeat { .. } | Self::RestoreSession { .. } => None,
            Self::AddTask { .. } | Self::RemoveTask { .. } => None,
        }
    }
}

/// What an edit is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Info,
    Task(TaskId),
    Session(SessionId),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Info => formatter.write_str("The project"),
            Self::Task(id) => write!(formatter, "The task {id}"),
            Self::Session(id) => write!(formatter, "The session {id}"),
        }
    }
}

/// Why an edit was refused; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    #[error("No task has the id {0}.")]
    UnknownTask(TaskId),
    #[error("The task {0} was deleted; restore it first.")]
    DeletedTask(TaskId),
    #[error("There is already a task with the id {0}.")]
    DuplicateTask(TaskId),
    #[error("The task {0} is not deleted.")]
    TaskNotDeleted(TaskId),
    #[error("No session has the id {0}.")]
    UnknownSession(SessionId),
    #[error("The session {0} was closed; restore it first.")]
    DeletedSession(SessionId),
    #[error("There is already a session with the id {0}.")]
    DuplicateSession(SessionId),
    #[error("The session {0} is not closed.")]
    SessionNotDeleted(SessionId),
    #[error("The task {task} is not in the session {session}.")]
    NotInSession { session: SessionId, task: TaskId },
    /// Somebody changed it since the asker saw it.
    #[error("{0} has changed since you read it; read it again.")]
    ChangedMeanwhile(Subject),
    #[error("Only a completed task has a completedAt; set status to completed.")]
    NotCompleted,
}
