//! Plain words shared by documents, rooms, engines and the wire: kinds of cells, places, actors, boards, events. Imports
//! ids only.
//!
//! Invariant: everything the server tells the world happened is a variant of [`Event`]; the catalogue in the docs and
//! the TypeScript types are generated from it.

mod answers;
mod board;
mod kernels;
mod providers;
mod runs;
mod scopes;
mod widgets;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

pub use self::{
    answers::{EarlierAnswer, ThinkingShown},
    board::{Priority, Reference, Session, SessionChanges, SessionStatus, Task, TaskCard, TaskChanges, TaskStatus},
    kernels::{
        Completion, Completions, DEFAULT_KERNELSPEC, KernelAnswer, KernelChoice, KernelQuestion, Unanswered, Variable,
    },
    providers::{ProviderKind, ProviderSource},
    runs::{InputWanted, KernelPhase, KernelStatus, Run, RunKind, RunState, TokenUsage, source_hash},
    scopes::{Scope, Scopes},
    widgets::{Program, ProgramState, WidgetClient},
};
use crate::ids::{CellId, DocumentId, NotebookId, ProjectId, RunId, SessionId, TaskId, WidgetSessionId};

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// What a cell is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum CellKind {
    /// Runs on a kernel.
    Code,
    /// Markdown; Jupyter calls it `markdown`.
    Note,
    /// A question to a language model; in Jupyter's model a code cell with `metadata.coscribe.kind = "prompt"`.
    Prompt,
    /// Text that nothing renders or runs.
    Raw,
}

/// What somebody may do. Whoever may do more is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum Role {
    /// Reads, is told of every change, and is seen by the others.
    Viewer,
    /// Changes everything.
    Editor,
}

impl Role {
    /// Whether somebody of this role may change documents.
    pub fn may_edit(self) -> bool {
        match self {
            Self::Viewer => false,
            Self::Editor => true,
        }
    }
}

/// Where a cell is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    First,
    After(CellId),
    Last,
}

/// Who caused a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct Actor {
    /// The name shown to people.
    pub name: String,
    pub kind: ActorKind,
}

/// What sort of actor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum ActorKind {
    Human,
    /// A program that acts on its own.
    Agent,
    /// Whoever brought a named token and did not say that it is an agent.
    Token,
    Server,
}

impl Actor {
    /// The server itself: repairs, recoveries.
    pub fn server() -> Self {
        Self { name: "Coscribe".into(), kind: ActorKind::Server }
    }
}

/// A fact about a document, derived from its transactions, whoever caused them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "event", content = "data", rename_all_fields = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum Event {
    /// A notebook was created or imported.
    #[serde(rename = "notebook:created")]
    NotebookCreated { id: NotebookId, title: String },
    /// The title changed, or the notebook was taken back out of the bin.
    #[serde(rename = "notebook:updated")]
    NotebookUpdated { id: NotebookId, title: String },
    /// The notebook was deleted; it can be restored.
    #[serde(rename = "notebook:deleted")]
    NotebookDeleted { id: NotebookId },
    /// A cell appeared.
    #[serde(rename = "cell:added")]
    CellAdded { cell: CellId, kind: CellKind, after: Option<CellId> },
    /// A cell stands elsewhere.
    #[serde(rename = "cell:moved")]
    CellMoved { cell: CellId, after: Option<CellId> },
    /// A cell went into the notebook's bin; its text is kept.
    #[serde(rename = "cell:deleted")]
    CellDeleted { cell: CellId },
    /// A cell came back from the bin.
    #[serde(rename = "cell:restored")]
    CellRestored { cell: CellId },
    /// A cell's text, kind, metadata or outputs changed; at most one a second a cell.
    #[serde(rename = "cell:edited")]
    CellEdited { cell: CellId },
    /// Somebody asked for a run; it waits for its turn.
    #[serde(rename = "run:queued")]
    RunQueued { run_id: RunId, cell: CellId, kind: RunKind },
    /// A run began.
    #[serde(rename = "run:started")]
    RunStarted { run_id: RunId, cell: CellId, kind: RunKind },
    /// A run ended well.
    #[serde(rename = "run:finished")]
    RunFinished { run_id: RunId, cell: CellId, kind: RunKind },
    /// A run ended with an error, or because its kernel, its model or the server stopped.
    #[serde(rename = "run:failed")]
    RunFailed { run_id: RunId, cell: CellId, kind: RunKind, error: String },
    /// A run was stopped by somebody, or never began because one before it failed.
    #[serde(rename = "run:cancelled")]
    RunCancelled {
        run_id: RunId,
        cell: CellId,
        kind: RunKind,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        by: Option<Actor>,
    },
    /// The answer to a question grew; at most four a second a run. All of a run joined are the answer as it was streamed.
    #[serde(rename = "cell:answer.delta")]
    AnswerDelta { run_id: RunId, cell: CellId, thinking: bool, text: String },
    /// The answer to a question is complete, or will not be.
    #[serde(rename = "cell:answer.done")]
    AnswerDone { run_id: RunId, cell: CellId, state: RunState },
    /// A project was created.
    #[serde(rename = "project:created")]
    ProjectCreated { id: ProjectId, name: String },
    /// The name or the description changed, or the project was taken back out of the bin.
    #[serde(rename = "project:updated")]
    ProjectUpdated { id: ProjectId, name: String },
    /// The project was deleted; it can be restored.
    #[serde(rename = "project:deleted")]
    ProjectDeleted { id: ProjectId },
    /// A task appeared: it is new, or came back from the bin, as its `createdAt` tells.
    #[serde(rename = "task:created")]
    TaskCreated(TaskCard),
    /// Something of a task changed; while somebody types in its texts, at most once a second.
    #[serde(rename = "task:updated")]
    TaskUpdated(TaskChanges),
    /// A task was deleted; it can be restored.
    #[serde(rename = "task:deleted")]
    TaskDeleted { id: TaskId },
    /// A task is in a session now.
    #[serde(rename = "task:session_added")]
    TaskSessionAdded { task_id: TaskId, session_id: SessionId },
    /// A task is not in a session any more.
    #[serde(rename = "task:session_removed")]
    TaskSessionRemoved { task_id: TaskId, session_id: SessionId },
    /// A session appeared: it is new, or came back from the bin, as its `createdAt` tells.
    #[serde(rename = "session:created")]
    SessionCreated(Session),
    /// Something of a session changed. Its heartbeats are not told.
    #[serde(rename = "session:updated")]
    SessionUpdated(SessionChanges),
    /// A session was closed; it can be restored for some weeks.
    #[serde(rename = "session:deleted")]
    SessionDeleted { id: SessionId },
    /// A session has a task more.
    #[serde(rename = "session:task_added")]
    SessionTaskAdded { session_id: SessionId, task_id: TaskId },
    /// A session has a task less.
    #[serde(rename = "session:task_removed")]
    SessionTaskRemoved { session_id: SessionId, task_id: TaskId },
    /// A widget session was made.
    #[serde(rename = "widgets:created")]
    WidgetsCreated { id: WidgetSessionId, title: String },
    /// A widget session was deleted, with everything in it.
    #[serde(rename = "widgets:deleted")]
    WidgetsDeleted { id: WidgetSessionId, title: String },
    /// The program of a widget session came, or came back.
    #[serde(rename = "widgets:program_connected")]
    WidgetsProgramConnected { id: WidgetSessionId, title: String },
    /// The program of a widget session went; what it drew is kept.
    #[serde(rename = "widgets:program_gone")]
    WidgetsProgramGone { id: WidgetSessionId, title: String },
}

/// An [`Event`] as it stands in the log and goes to subscribers, apart from its sequence number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedEvent {
    #[serde(flatten)]
    pub event: Event,
    /// When, in milliseconds since the Unix epoch.
    pub ts: Millis,
    pub actor: Actor,
    /// The notebook it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notebook: Option<NotebookId>,
    /// The project it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
}

impl LoggedEvent {
    /// An event about a document.
    pub fn about(document: &DocumentId, event: Event, actor: Actor, ts: Millis) -> Self {
        let (notebook, project) = match document {
            DocumentId::Notebook(id) => (Some(id.clone()), None),
            DocumentId::Project(id) => (None, Some(id.clone())),
            DocumentId::Widgets(_) | DocumentId::Free(_) => (None, None),
        };
        Self { event, ts, actor, notebook, project }
    }
}
