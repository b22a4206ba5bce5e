//! The meaning of a notebook document: where things lie in the yrs tree, edits made for somebody, events, `.ipynb`.
//!
//! Owns the schema of `notebook-model.md`. Imports ids, vocabulary and yrs: no async, no sockets, no disk, no clock.
//! Invariant: Jupyter's roots `state`, `meta` and `cells` keep exactly Jupyter's shape; all else lies beside them.

mod op;

pub use op::{Op, OpError};
mod view;

pub use view::{BinView, CellView, ImportedNotebook, NotebookView};
mod stub;
pub use stub::*;
