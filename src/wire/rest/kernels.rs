//! Bodies about kernels, the Python environment they share, and the files of a notebook. Imports vocabulary.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{
    ids::CellId,
    vocabulary::{KernelStatus, Millis, Variable},
};

/// The kernel of a notebook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub struct KernelBody {
    #[serde(flatten)]
    pub status: KernelStatus,
    /// What was said while its environment was made.
    pub log: String,
}

/// Starts a kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct StartKernel {
    /// The kernelspec, which is the notebook's from then on; the one it has if absent.
    pub spec: Option<String>,
    /// Shuts down a kernel first that runs by another kernelspec: what it has in memory is gone.
    pub replace: Option<bool>,
}

/// Starts the kernel anew: what it had in memory is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct RestartKernel {
    /// And runs all cells.
    pub run_all: Option<bool>,
}

/// The kernels that can be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct KernelspecList {
    /// The one of a notebook that names none.
    pub default: String,
    /// A sentence: what the code of notebooks may do to the machine of the server.
    pub isolation: String,
    pub specs: Vec<KernelspecBody>,
}

/// A kernel that can be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct KernelspecBody {
    pub name: String,
    pub display_name: String,
    pub language: String,
    pub origin: KernelOrigin,
    /// Where its kernelspec is, if it was installed on the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Its program is there. The server's own is made at the first start.
    pub ready: bool,
}

/// Where a kernel comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum KernelOrigin {
    /// The Python environment that the server makes.
    Server,
    /// It was installed on the machine of the server.
    Machine,
}

/// Asks what could stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts")]
pub struct CompleteCode {
    pub code: String,
    /// In UTF-16 units of the code.
    #[ts(type = "number")]
    pub cursor: usize,
}

/// Asks what is known of the name at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct InspectCode {
    pub code: String,
    /// In UTF-16 units of the code.
    #[ts(type = "number")]
    pub cursor: usize,
    /// 1 asks for the source too; 0 if absent.
    #[ts(optional, type = "number")]
    pub detail: Option<u8>,
}

/// What is known of a name in code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct InspectionBody {
    pub found: bool,
    /// Forms of it by MIME type.
    #[ts(type = "Record<string, unknown>")]
    pub data: Map<String, Value>,
}

/// The variables of the program in a kernel, by name; of very many the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct VariableList {
    pub variables: Vec<Variable>,
}

/// The Python environment that the notebooks of the server share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct EnvironmentBody {
    pub state: EnvironmentPhase,
    /// What became of the last work on it, if it did not end well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// What is being done: `findPython`, `makeEnvironment`, `installPackages`, `removePackages`, `check`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// How much of that is done, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f32>,
    /// What the tools said at the last work, the newest lines last.
    pub log: Vec<String>,
    /// The version of its Python.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// The tool that made it: `uv` or `pip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_with: Option<String>,
    /// By name; empty while the environment cannot be used.
    pub packages: Vec<PackageBody>,
}

/// How far the Python environment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts")]
pub enum EnvironmentPhase {
    /// It is made at the first run of code.
    Absent,
    /// It is being made, or packages are being added or removed.
    Making,
    Ready,
    /// There is none, because making it failed; see `sentence`.
    Failed,
}

/// A package of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct PackageBody {
    pub name: String,
    pub version: String,
    /// Kernels do not run without it: it cannot be removed.
    pub needed: bool,
}

/// Adds packages to the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts")]
pub struct AddPackages {
    /// As pip reads them: `numpy`, `numpy>=2`.
    pub packages: Vec<String>,
}

/// The files of a notebook, which its code finds in its working directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct FileList {
    /// Where that is on the machine of the server.
    pub directory: String,
    /// By path. What begins with a dot is left out.
    pub files: Vec<FileBody>,
    /// There are more than are listed.
    pub more: bool,
}

/// A file of a notebook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct FileBody {
    /// From the working directory on: `data/table.csv`.
    pub path: String,
    /// In bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// When it was last written.
    #[ts(type = "number")]
    pub modified: Millis,
}

/// Something that is done with a widget of the kernel: a change of its state, or a message of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct TellModel {
    /// The new values of its state.
    #[ts(optional, type = "{ [key: string]: unknown }")]
    pub state: Option<Map<String, Value>>,
    /// Where in the state each of `buffers` belongs: keys and places.
    #[ts(optional, type = "(string | number)[][]")]
    pub buffer_paths: Option<Vec<Value>>,
    /// Binary parts of the state or the message, in base64.
    pub buffers: Option<Vec<String>>,
    /// What its code is told, instead of a state.
    // Null is a message too.
    #[serde(default, deserialize_with = "crate::wire::present")]
    #[ts(optional, type = "unknown")]
    pub message: Option<Value>,
    /// The cell in which it was used: what its code puts out stands there.
    pub cell: Option<CellId>,
}

/// A widget was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct ModelTold {
    /// The number of the change: values in the document with a smaller one are older.
    #[ts(type = "number")]
    pub seq: u64,
}
