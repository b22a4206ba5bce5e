//! From notebooks as values to the bodies of answers.

use serde_json::Value;

use crate::{
    ids::CellId,
    notebook::{BinView, CellView, NotebookView},
    wire::rest::{CellBody, DeletedCell, NotebookBody, NotebookSummary},
};

/// A whole notebook.
pub fn notebook_body(summary: NotebookSummary, view: NotebookView) -> NotebookBody {
    NotebookBody {
        summary,
        cells: view.cells.into_iter().map(cell_body).collect(),
        metadata: view.metadata,
        bin: view.bin.into_iter().map(deleted_cell).collect(),
    }
}

/// A cell.
pub fn cell_body(view: CellView) -> CellBody {
    let hidden = |key| view.metadata.get("jupyter").and_then(|jupyter| jupyter.get(key)) == Some(&Value::Bool(true));
    let collapsed = hidden("source_hidden") && hidden("outputs_hidden");
    CellBody {
        id: view.id,
        kind: view.kind,
        source: view.source,
        outputs: view.outputs,
        execution_count: view.execution_count,
        collapsed,
        metadata: view.metadata,
    }
}

/// The cell of that id, unless it is in the bin.
pub fn find_cell(view: NotebookView, id: &CellId) -> Option<CellBody> {
    view.cells.into_iter().find(|cell| cell.id == *id).map(cell_body)
}

fn deleted_cell(view: BinView) -> DeletedCell {
    DeletedCell { cell: cell_body(view.cell), deleted_at: view.deleted_at, deleted_by: view.deleted_by }
}
