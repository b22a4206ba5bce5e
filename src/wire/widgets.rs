//! Bodies of the REST interface to widget sessions. Unknown fields are refused.
//!
//! Imports ids and vocabulary. Invariant: the token of a session is in one answer only, that of its making.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use utoipa::ToSchema;

use super::present;
use crate::{
    ids::WidgetSessionId,
    vocabulary::{Actor, Millis, Program, WidgetClient},
};

/// A widget session in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct WidgetSessionSummary {
    pub id: WidgetSessionId,
    /// Empty if neither the program nor anybody else gave it one.
    pub title: String,
    pub program: Program,
    #[ts(type = "number")]
    pub created_at: Millis,
    /// When a program or a person last changed it.
    #[ts(type = "number")]
    pub updated_at: Millis,
    /// Who that was; absent while it is as it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub updated_by: Option<Actor>,
    /// How many widgets there are.
    pub widgets: u32,
}

/// All widget sessions, last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct WidgetSessionList {
    pub sessions: Vec<WidgetSessionSummary>,
}

/// A widget session with everything in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct WidgetSessionBody {
    #[serde(flatten)]
    pub summary: WidgetSessionSummary,
    /// The pages that show it.
    pub clients: Vec<WidgetClient>,
    /// Every widget as a program that resumes is told of it: `{wid, class, args, state, children, listens, text?}`.
    #[ts(type = "Record<string, unknown>[]")]
    pub tree: Vec<Value>,
}

/// Asks for a new widget session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct CreateWidgetSession {
    /// Empty if absent; a program may give one later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// An id of the caller's choice; a new one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<WidgetSessionId>,
}

/// A new widget session, with what its program needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct CreatedWidgetSession {
    pub id: WidgetSessionId,
    /// The secret of the session's program. It is told here and never again.
    pub token: String,
    /// Where its page is, on this server.
    pub address: String,
}

/// What somebody did to a widget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct WidgetCallback {
    /// The widget.
    #[ts(type = "number")]
    pub wid: u64,
    /// What was done: `activated`, `page-switch` …
    pub action: String,
    /// As the class tells it; a file is `{name, size, type, blob}`, whose content was sent to `/api/blobs` before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    #[ts(type = "unknown[]")]
    pub args: Option<Vec<Value>>,
    /// The page it was done in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// What somebody did, in order. All of it happens or nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts")]
pub struct WidgetCallbacks {
    pub callbacks: Vec<WidgetCallback>,
}

/// A page's answer to a question that only a page can answer: a value, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct WidgetAnswer {
    /// The id of the question.
    pub ask: String,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    #[ts(type = "unknown")]
    pub value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A class of widgets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct WidgetClassBody {
    pub name: String,
    /// `visual`, `container` (others stand in it) or `hidden` (it has no place in the page).
    pub kind: String,
    /// The names of the arguments of its making, in order.
    pub args: Vec<String>,
    /// The names of the options that may follow them.
    pub options: Vec<String>,
    /// Every method, with the names of its parameters.
    pub methods: BTreeMap<String, Vec<String>>,
    /// Everything it may tell.
    pub callbacks: Vec<String>,
    /// False: it is refused, with a sentence.
    pub built: bool,
}

/// All classes of widgets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct WidgetClassList {
    pub classes: Vec<WidgetClassBody>,
}
