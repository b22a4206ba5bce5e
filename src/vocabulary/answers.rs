//! Plain words of answers beside their runs. Imports ids only.
//!
//! Invariant: the document keeps these values in the very shape in which REST answers them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{Millis, TokenUsage};
use crate::ids::CellId;

/// An answer that another took the place of, with what people wrote into it, as the document's root `earlier` and REST
/// tell it. Published, it is the answer of its cell again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct EarlierAnswer {
    pub cell: CellId,
    /// When another took its place.
    #[ts(type = "number")]
    pub at: Millis,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
    /// That it is cut off, say: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The name of whoever stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<String>,
    /// Of the question that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_hash: Option<String>,
    /// The cells that were sent along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Vec<CellId>>,
}

/// What becomes of the thinking before answers in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ThinkingShown {
    /// As it is.
    Full,
    /// Folded, for whoever reads the file elsewhere.
    Details,
    /// Not at all.
    Omit,
}
