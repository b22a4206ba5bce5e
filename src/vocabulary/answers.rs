//! Plain words of answers beside their runs. Imports ids only.
//!
//! Invariant: the document keeps these values in the very shape in which REST answers them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
