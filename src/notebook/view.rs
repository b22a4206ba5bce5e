//! A notebook as plain values: what REST answers and exports are made of.

use serde_json::{Map, Value};

use crate::{
    ids::CellId,
    vocabulary::{CellKind, Millis},
};

/// A notebook read from its document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NotebookView {
    pub title: String,
    /// In the order people see; without those in the bin.
    pub cells: Vec<CellView>,
    /// Last deleted first.
    pub bin: Vec<BinView>,
    /// Notebook metadata as in `.ipynb`.
    pub metadata: Map<String, Value>,
}

/// A cell read from its document.
#[derive(Debug, Clone, PartialEq)]
pub struct CellView {
    pub id: CellId,
    pub kind: CellKind,
    pub source: String,
    /// nbformat outputs.
    pub outputs: Vec<Value>,
    pub execution_count: Option<i64>,
    pub metadata: Map<String, Value>,
    pub attachments: Option<Map<String, Value>>,
}

/// A deleted cell.
#[derive(Debug, Clone, PartialEq)]
pub struct BinView {
    pub cell: CellView,
    pub deleted_at: Millis,
    pub deleted_by: String,
}

/// A notebook read from a file, ready to be written into an empty document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportedNotebook {
    pub title: Option<String>,
    pub cells: Vec<CellView>,
    pub metadata: Map<String, Value>,
}
