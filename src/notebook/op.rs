//! The closed set of edits the server makes for somebody.

use serde_json::{Map, Value};

use crate::{
    ids::CellId,
    vocabulary::{CellKind, Place},
};

/// An edit of a notebook asked for by REST, a command line or an agent.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    AddCell {
        id: CellId,
        kind: CellKind,
        source: String,
        place: Place,
    },
    MoveCell {
        id: CellId,
        place: Place,
    },
    /// Puts the cell into the bin; concurrent typing into it survives.
    DeleteCell {
        id: CellId,
    },
    RestoreCell {
        id: CellId,
    },
    /// Changes the text to `source` by the smallest edits. With `base`, the text the asker started from, what others
    /// typed since then is kept: the edits from `base` to `source` are carried over to the present text.
    SetSource {
        id: CellId,
        source: String,
        base: Option<String>,
    },
    /// Puts `new` in the place of `old`, which stands exactly once in a text whose hash is `base`.
    ReplaceText {
        id: CellId,
        base: String,
        old: String,
        new: String,
    },
    /// Changes what is given and leaves the rest. A `null` in `metadata` removes that key.
    PatchCell {
        id: CellId,
        kind: Option<CellKind>,
        metadata: Option<Map<String, Value>>,
        collapsed: Option<bool>,
    },
    SetTitle {
        title: String,
    },
    /// Changes the metadata of the notebook, but for its title. A `null` removes its key.
    PatchNotebook {
        metadata: Map<String, Value>,
    },
}

/// Why an edit was refused; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    #[error("No cell has the id {0}.")]
    UnknownCell(CellId),
    #[error("The cell {0} is in the bin; restore it first.")]
    CellInBin(CellId),
    #[error("The cell {0} is not in the bin.")]
    CellNotInBin(CellId),
    #[error(
        "The cell {cell} has changed since you read it; nothing was replaced. Its version is {version} now, its text:\n{text}"
    )]
    ChangedMeanwhile { cell: CellId, version: String, text: String },
    #[error(
        "The text to replace stands {times} times in the cell {cell}, not once; nothing was replaced. Take more or less \
         of the text around it. The cell's version is {version}, its text:\n{text}"
    )]
    NoPlace { cell: CellId, times: usize, version: String, text: String },
    #[error("There is already a cell with the id {0}.")]
    DuplicateCell(CellId),
}
