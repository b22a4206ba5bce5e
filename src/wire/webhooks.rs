//! Bodies of the REST interface to webhooks. Unknown fields are refused.
//!
//! Imports ids and vocabulary. Invariant: a secret is in the answer that made it and in no other.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{
    ids::{NotebookId, ProjectId, WebhookId},
    vocabulary::{Actor, Millis},
};

/// Whether a webhook is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum WebhookActivity {
    Active,
    /// Somebody stopped it; its events wait as long as the log keeps them.
    Paused,
    /// The server stopped it: `suspendedBecause` says why. Set `active` to go on.
    Suspended,
}

/// An address that is told of events, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct WebhookBody {
    pub id: WebhookId,
    pub url: String,
    /// Kinds of events, with `*` for the rest of a name; none means all.
    pub types: Vec<String>,
    /// Events of this project only; with a notebook, of either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notebook: Option<NotebookId>,
    pub description: String,
    pub activity: WebhookActivity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_because: Option<String>,
    #[ts(type = "number")]
    pub created_at: Millis,
    pub created_by: Actor,
    /// Every event up to this one was delivered, set aside, or is none of its own.
    #[ts(type = "number")]
    pub delivered_upto: u64,
    /// The event after it that does not get through, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<WebhookFailing>,
    /// Events that were refused too often and wait for somebody to look at them.
    pub dead_letters: u32,
    /// With it the receiver verifies messages. Told when it is made, and never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// What keeps a webhook from going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct WebhookFailing {
    pub attempts: u32,
    /// The first of those attempts.
    #[ts(type = "number")]
    pub since: Millis,
    /// When it is tried again.
    #[ts(type = "number")]
    pub retry_at: Millis,
    /// What the last attempt met.
    pub said: String,
}

/// All webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct WebhookList {
    pub webhooks: Vec<WebhookBody>,
}

/// Asks for a new webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct CreateWebhook {
    pub url: String,
    /// Kinds of events, with `*` for the rest of a name: `["task:*"]`; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notebook: Option<NotebookId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Events after this one; from now on if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub since: Option<u64>,
}

/// Changes a webhook; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct PatchWebhook {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// `null`: of any project.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub project: Option<Option<ProjectId>>,
    /// `null`: of any notebook.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub notebook: Option<Option<NotebookId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `false` stops it, `true` has it go on where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// How an attempt to deliver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum DeliveryOutcome {
    /// The receiver answered 2xx.
    Delivered,
    /// It answered something else; some refusals, and the event is set aside.
    Refused,
    /// It did not answer, or only that it cannot at present: the event waits.
    Unreachable,
}

/// One attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct Delivery {
    /// The event; 0 for a test.
    #[ts(type = "number")]
    pub seq: u64,
    pub event: String,
    #[ts(type = "number")]
    pub at: Millis,
    /// How long it took, in milliseconds.
    #[ts(type = "number")]
    pub took: u64,
    pub outcome: DeliveryOutcome,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The beginning of the answer, or why there is none.
    pub said: String,
}

/// The last attempts, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct DeliveryList {
    pub deliveries: Vec<Delivery>,
}

/// An event that was refused too often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct DeadLetterBody {
    #[ts(type = "number")]
    pub seq: u64,
    pub event: String,
    /// As it was sent.
    pub body: String,
    /// When it was set aside.
    #[ts(type = "number")]
    pub at: Millis,
    pub attempts: u32,
    /// What the last attempt met.
    pub said: String,
}

/// Events that were refused too often, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct DeadLetterList {
    pub dead_letters: Vec<DeadLetterBody>,
}
