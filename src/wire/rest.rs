//! Bodies of the REST interface: JSON, camelCase, times in integer milliseconds. Unknown fields are refused.

mod kernels;
mod providers;
mod questions;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;
use utoipa::ToSchema;

pub use self::kernels::{
    AddPackages, CompleteCode, EnvironmentBody, EnvironmentPhase, FileBody, FileList, InspectCode, InspectionBody,
    KernelBody, KernelOrigin, KernelspecBody, KernelspecList, ModelTold, PackageBody, RestartKernel, StartKernel,
    TellModel, VariableList,
};
use crate::{
    ids::{CellId, NotebookId, ProjectId},
    vocabulary::{Actor, CellKind, Millis, Role, Run, Scope},
};

pub use self::{
    providers::{DefaultProvider, ModelList, ModelPrice, ProviderBody, ProviderList, ProviderTest, PutProvider},
    questions::{
        ContextBody, ContextCell, ContextMessage, ContextSpeaker, ContextState, DraftDone, DraftEvent, EarlierAnswers,
        PublishAnswer,
    },
};

/// Names the person or program a REST request acts for; "API" if absent.
pub const ACTOR_HEADER: &str = "x-coscribe-actor";
/// `human`, `agent` or absent for a program.
pub const ACTOR_KIND_HEADER: &str = "x-coscribe-actor-kind";
/// A `POST` repeated with the same value acts once.
pub const IDEMPOTENCY_HEADER: &str = "idempotency-key";

/// The body of every refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

/// What was wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct ErrorDetail {
    /// For programs, stable: `notebook_not_found`.
    pub code: String,
    /// For people: a sentence.
    pub message: String,
}

/// What the asker may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct RoleBody {
    pub role: Role,
    /// Everything that the secret allows.
    pub scopes: Vec<Scope>,
    /// The name under which its bearer acts, if it is a named token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A notebook in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct NotebookSummary {
    pub id: NotebookId,
    pub title: String,
    #[ts(type = "number")]
    pub created_at: Millis,
    /// When somebody last changed it.
    #[ts(type = "number")]
    pub updated_at: Millis,
    /// Who that was; absent while it is as the server made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub updated_by: Option<Actor>,
    pub cell_count: u32,
    /// When it was put into the bin; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub deleted_at: Option<Millis>,
}

/// All notebooks, last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct NotebookList {
    pub notebooks: Vec<NotebookSummary>,
}

/// Asks for a new, empty notebook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct CreateNotebook {
    /// "Untitled" if absent.
    pub title: Option<String>,
    /// An id of the caller's choice; a new one if absent.
    pub id: Option<NotebookId>,
}

/// Changes a notebook; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct PatchNotebook {
    pub title: Option<String>,
    /// Keys to set; a `null` removes its key. In `coscribe` stand `provider`, `model` and `mode` of questions that name
    /// none: `standard`, `concise`, `learning`, or `mock` for the demonstration.
    #[ts(optional, type = "Record<string, unknown>")]
    pub metadata: Option<Map<String, Value>>,
}

/// Asks for a copy of a notebook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct DuplicateNotebook {
    /// "Copy of …" if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// An id of the caller's choice; a new one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<NotebookId>,
}

/// How large things may be on this server, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct LimitsBody {
    /// A notebook file to import.
    #[ts(type = "number")]
    pub import_bytes: usize,
    /// A file to upload to a notebook.
    #[ts(type = "number")]
    pub upload_bytes: u64,
    /// The body of any other request, a blob's too.
    #[ts(type = "number")]
    pub body_bytes: usize,
    /// One message of a WebSocket.
    #[ts(type = "number")]
    pub message_bytes: usize,
    /// A document; changes to one that reached it are refused.
    #[ts(type = "number")]
    pub document_bytes: u64,
}

/// A notebook, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct NotebookBody {
    #[serde(flatten)]
    pub summary: NotebookSummary,
    /// The cells in their order, those in the bin left out.
    pub cells: Vec<CellBody>,
    /// Notebook metadata as in `.ipynb`.
    #[ts(type = "Record<string, unknown>")]
    pub metadata: Map<String, Value>,
    /// Deleted cells that can be restored, last deleted first.
    pub bin: Vec<DeletedCell>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct CellBody {
    pub id: CellId,
    #[serde(rename = "type")]
    pub kind: CellKind,
    pub source: String,
    /// nbformat outputs; empty for notes.
    #[ts(type = "Array<Record<string, unknown>>")]
    pub outputs: Vec<Value>,
    #[ts(type = "number | null")]
    pub execution_count: Option<i64>,
    /// Source and outputs both hidden.
    pub collapsed: bool,
    #[ts(type = "Record<string, unknown>")]
    pub metadata: Map<String, Value>,
}

/// A cell in the bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct DeletedCell {
    #[serde(flatten)]
    pub cell: CellBody,
    #[ts(type = "number")]
    pub deleted_at: Millis,
    pub deleted_by: String,
}

/// Asks for a new cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct AddCell {
    #[serde(rename = "type")]
    pub kind: CellKind,
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub source: String,
    /// The cell to put it after: absent for the end, `null` for the beginning.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub after: Option<Option<CellId>>,
    /// An id of the caller's choice; a new one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CellId>,
}

/// Changes a cell; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct PatchCell {
    #[serde(rename = "type")]
    pub kind: Option<CellKind>,
    /// Keys to set; a `null` removes its key. Of a prompt cell, `coscribe` holds `provider`, `model` and `thinking`; of any
    /// cell, `skipped` leaves it out of questions, `pinned` sends it with all.
    #[ts(optional, type = "Record<string, unknown>")]
    pub metadata: Option<Map<String, Value>>,
    /// Hides or shows source and outputs.
    pub collapsed: Option<bool>,
}

/// Replaces a cell's text by the smallest edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct PutSource {
    pub source: String,
    /// The text the caller started from; what others typed since then is kept.
    pub base: Option<String>,
}

/// Moves a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts")]
pub struct MoveCell {
    /// The cell to stand after; `null` or absent for the beginning.
    #[ts(optional = nullable)]
    pub after: Option<CellId>,
}

/// The cells of a notebook in their order, those in the bin left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct CellList {
    pub cells: Vec<CellBody>,
}

/// Which cells of a notebook are to run: exactly one of `cells`, `above`, `below` and `all`. Notes are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct RunCells {
    /// These, in the order of the notebook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cells: Option<Vec<CellId>>,
    /// All before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<CellId>,
    /// This one and all after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<CellId>,
    /// All of them: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    /// Also those behind a cell that fails; without it they are cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_going: Option<bool>,
}

/// Runs that were asked for, or stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct RunList {
    pub runs: Vec<Run>,
}

/// The line that a program waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts")]
pub struct InputLine {
    pub value: String,
}

/// Something that happened, as `/api/events` tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct EventBody {
    /// Its place in the log: rises strictly. Continue after it with `?since=`.
    #[ts(type = "number")]
    pub seq: u64,
    /// What happened: `cell:moved`. `events:gap` tells that older events than the next one are no longer kept.
    pub event: String,
    /// When, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub ts: Millis,
    /// Who caused it; absent for `events:gap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub actor: Option<Actor>,
    /// The notebook it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub notebook: Option<NotebookId>,
    /// The project it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub project: Option<ProjectId>,
    /// What each kind of event tells.
    #[serde(default)]
    #[ts(type = "Record<string, unknown>")]
    pub data: Value,
}

/// What an inspection of the whole store found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct StoreReport {
    #[ts(type = "number")]
    pub documents: u64,
    #[ts(type = "number")]
    pub blobs: u64,
    #[ts(type = "number")]
    pub events: u64,
    #[ts(type = "number")]
    pub bytes_on_disk: u64,
    #[ts(type = "number")]
    pub bytes_live: u64,
    /// Documents that are not opened until somebody takes them back; empty when all is well.
    pub set_aside: Vec<SetAsideDocument>,
    /// One sentence per damaged record; empty when all is well.
    pub damage: Vec<String>,
    /// The documents that cannot be opened because of it.
    pub damaged_documents: Vec<String>,
}

/// A document on which the server hung or failed again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct SetAsideDocument {
    /// As in `/ws/{document}`.
    pub document: String,
    /// Why it is not opened.
    pub cause: String,
}

/// Names a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts")]
pub struct DocumentName {
    /// As in `/ws/{document}`.
    pub document: String,
}

/// A blob that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct BlobStored {
    /// SHA-256, 64 hexadecimal digits: the blob's name in `/api/blobs/{sha256}`.
    pub sha256: String,
    #[ts(type = "number")]
    pub size: u64,
}
