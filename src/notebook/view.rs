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
    /// Notebook metadata as in `.ipynb`, without the widgets.
    pub metadata: Map<String, Value>,
    /// The widgets of its kernel, or of the last one, in the shape of the document.
    pub models: Map<String, Value>,
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

/// A notebook read from a file or from another notebook, ready to be written into an empty document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportedNotebook {
    pub title: Option<String>,
    pub cells: Vec<CellView>,
    pub metadata: Map<String, Value>,
    /// Widgets, in the shape of the document.
    pub models: Map<String, Value>,
}

/// A copy: what people see of the notebook, without its bin. Cells keep their ids, which are unique in each notebook.
impl From<NotebookView> for ImportedNotebook {
    fn from(NotebookView { title, cells, metadata, models, bin: _ }: NotebookView) -> Self {
        Self { title: Some(title), cells, metadata, models }
    }
}
