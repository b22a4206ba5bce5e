//! Bodies of the REST interface to named tokens and the audit log. Unknown fields are refused.
//!
//! Imports ids and vocabulary. Invariant: a secret is in the answer that made it and in no other.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{
    ids::TokenId,
    vocabulary::{Actor, Millis, Scope},
};

/// A named token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct TokenBody {
    pub id: TokenId,
    /// Who acts with it, as people see it.
    pub name: String,
    pub scopes: Vec<Scope>,
    #[ts(type = "number")]
    pub created_at: Millis,
    pub created_by: Actor,
    /// When it ends by itself; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub expires_at: Option<Millis>,
    /// When it was last used, to the minute; absent when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub last_used: Option<Millis>,
}

/// All named tokens, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct TokenList {
    pub tokens: Vec<TokenBody>,
}

/// Asks for a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct CreateToken {
    pub name: String,
    pub scopes: Vec<Scope>,
    /// How long it is good, in seconds; for ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number")]
    pub expires_in: Option<u64>,
}

/// A token that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct CreatedToken {
    #[serde(flatten)]
    pub token: TokenBody,
    /// What its bearer brings. It is shown here and never again.
    pub secret: String,
}

/// Somebody did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct AuditEntry {
    #[ts(type = "number")]
    pub at: Millis,
    pub actor: Actor,
    /// The named token it was done with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// Where it was asked for from; behind a proxy, what the proxy says stands in brackets.
    pub address: String,
    /// What was asked for: method and path, or the tool of an agent.
    pub action: String,
    /// How it was answered: the status of HTTP.
    pub status: u16,
}

/// The newest deeds, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct AuditList {
    pub entries: Vec<AuditEntry>,
}
