//! Words about widget sessions: whether their program is there.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{Millis, Role};

/// Whether the program of a widget session is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum ProgramState {
    /// It has not come yet.
    #[default]
    Waiting,
    Connected,
    /// It was there and is not any more; what it drew is kept.
    Gone,
}

/// The program of a widget session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct Program {
    pub state: ProgramState,
    /// Since when, in milliseconds since the Unix epoch.
    #[ts(type = "number")]
    pub since: Millis,
    /// Under which name it acts; absent before it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A page that shows a widget session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct WidgetClient {
    /// 128 random bits in hexadecimal digits, new with each loading of the page.
    pub client: String,
    /// Who looks at it.
    pub name: String,
    pub role: Role,
}
