//! Where things lie in a notebook document: the only file with key names, and who may write which root.
//!
//! Imports yrs only. Invariant: [`ROOTS`] names every root this server reads or writes.

use yrs::{ArrayRef, MapRef, ReadTxn, TransactionMut, WriteTxn};

/// Root: `nbformat`, `nbformat_minor`, `metadata`.
pub const META: &str = "meta";
/// Root: the cells, in the order of their making; what people see is sorted by [`ORDER`].
pub const CELLS: &str = "cells";
/// Root: cell id → order key.
pub const ORDER: &str = "order";
/// Root: cell id → tombstone.
pub const BIN: &str = "bin";
/// Root: cell id → its last run, a plain value in the shape of `vocabulary::Run`.
pub const RUNS: &str = "runs";
/// Root: the kernel of the notebook: [`STATUS`] and [`LOG`].
pub const KERNEL: &str = "kernel";
/// Root: the widgets of the kernel: model id → [`MODEL_MODULE`], [`MODEL_NAME`], [`MODEL_VERSION`], [`MODEL_STATE`], and
/// perhaps [`ENDED`] and [`SAID`].
pub const MODELS: &str = "models";
/// Root: answers that another took the place of, `{cell id}/{run id}` → a plain value in the shape of
/// `vocabulary::EarlierAnswer`.
pub const EARLIER: &str = "earlier";
/// Root: client id → who.
pub const AUTHORS: &str = "authors";
/// Root: Jupyter's own file state. Python's `set()` empties it, so nothing of ours is ever put there.
const STATE: &str = "state";

/// In [`META`].
pub const NBFORMAT: &str = "nbformat";
pub const NBFORMAT_MINOR: &str = "nbformat_minor";

/// In a cell, and in [`META`] and in outputs.
pub const METADATA: &str = "metadata";

/// In a cell.
pub const ID: &str = "id";
pub const CELL_TYPE: &str = "cell_type";
pub const SOURCE: &str = "source";
pub const OUTPUTS: &str = "outputs";
pub const EXECUTION_COUNT: &str = "execution_count";
pub const EXECUTION_STATE: &str = "execution_state";
pub const ATTACHMENTS: &str = "attachments";

/// Values of [`CELL_TYPE`]: Jupyter clients throw at any other.
pub const CODE: &str = "code";
pub const MARKDOWN: &str = "markdown";
pub const RAW: &str = "raw";

/// In an output.
pub const OUTPUT_TYPE: &str = "output_type";
pub const STREAM: &str = "stream";
pub const TEXT: &str = "text";
pub const DATA: &str = "data";

pub const DISPLAY_DATA: &str = "display_data";
pub const EXECUTE_RESULT: &str = "execute_result";
pub const ERROR: &str = "error";
pub const ENAME: &str = "ename";
pub const EVALUE: &str = "evalue";
pub const TRACEBACK: &str = "traceback";

/// Values of [`EXECUTION_STATE`].
pub const RUNNING: &str = "running";
pub const IDLE: &str = "idle";

/// MIME types in a bundle.
pub const TEXT_PLAIN: &str = "text/plain";
pub const TEXT_MARKDOWN: &str = "text/markdown";
/// Contents of the bundle that lie in blobs: a list of `{sha256, mime, size}`.
pub const BLOB_REF: &str = "application/vnd.coscribe.blob-ref+json";
/// Marks an output as the thinking before an answer; its value tells how long it took.
pub const THINKING: &str = "application/vnd.coscribe.thinking+json";

/// In `metadata.coscribe` of an output: its id, the id by which the program changes it, and what part of a whole it is.
pub const DISPLAY_ID: &str = "displayId";
pub const PART: &str = "part";
/// Values of [`PART`]: the left out middle of a stream, outputs beyond the limit, and the parts of an answer.
pub const MIDDLE: &str = "middle";
pub const LEFT_OUT: &str = "leftOut";
pub const ANSWER: &str = "answer";
pub const THOUGHT: &str = "thinking";
/// In `metadata.coscribe` of both parts of an answer: the run that wrote it, and the hash of the question it answers.
pub const RUN: &str = "run";
pub const SOURCE_HASH: &str = "sourceHash";
/// In an answer's metadata: the mark another tool knows answers by.
pub const IS_AI_RES: &str = "is_ai_res";

/// In a cell's metadata, and another tool's too: the cell is never, or always, sent to a model.
pub const SKIPPED: &str = "skipped";
pub const PINNED: &str = "pinned";

/// In the metadata of the notebook and of cells: what is ours.
pub const COSCRIBE: &str = "coscribe";
/// In `metadata.coscribe` of a cell.
pub const KIND: &str = "kind";
/// Value of [`KIND`].
pub const PROMPT: &str = "prompt";
/// In a prompt cell's metadata: the mark another tool knows such cells by.
pub const SOLVEIT_AI: &str = "solveit_ai";
/// In `metadata.coscribe`: keys of the file's notebook or cell that nbformat 4.5 does not have, put back at export.
pub const FILE_KEYS: &str = "file_keys";
/// In `metadata.coscribe` of the notebook: the minor version of a file newer than 4.5.
pub const FILE_MINOR: &str = "file_minor";
/// In `metadata.coscribe` of a cell: a type of cell this server does not know.
pub const FILE_CELL_TYPE: &str = "file_cell_type";
/// In `metadata.coscribe` of a cell: the attachments of a note while it is a code or prompt cell, which can have none.
pub const KEPT_ATTACHMENTS: &str = "kept_attachments";
/// In the notebook's metadata.
pub const TITLE: &str = "title";
pub const KERNELSPEC: &str = "kernelspec";
pub const LANGUAGE_INFO: &str = "language_info";
/// In [`KERNELSPEC`].
pub const LANGUAGE: &str = "language";
/// In a cell's metadata; Jupyter keeps `collapsed` and `jupyter.outputs_hidden` in step.
pub const JUPYTER: &str = "jupyter";
pub const SOURCE_HIDDEN: &str = "source_hidden";
pub const OUTPUTS_HIDDEN: &str = "outputs_hidden";
pub const COLLAPSED: &str = "collapsed";

/// In a tombstone: who deleted the cell, when, after which cell it stood, and its JSON once it left [`CELLS`].
pub const BY: &str = "by";
pub const AT: &str = "at";
pub const AFTER: &str = "after";
pub const JSON: &str = "json";

/// In an author.
pub const NAME: &str = "name";
pub const ACTOR_KIND: &str = "kind";

/// In [`KERNEL`]: a plain value in the shape of `vocabulary::KernelStatus`.
pub const STATUS: &str = "status";
/// In [`KERNEL`]: what was said while its environment was made, a text.
pub const LOG: &str = "log";

/// In a model: which class draws it.
pub const MODEL_MODULE: &str = "module";
pub const MODEL_NAME: &str = "name";
pub const MODEL_VERSION: &str = "version";
/// In a model: its state, key → entry (`models/entry.rs`).
pub const MODEL_STATE: &str = "state";
/// In a model: true once its kernel is gone.
pub const ENDED: &str = "ended";
/// In a model: what it said last, `{seq, messages}`; of use only to who was there already.
pub const SAID: &str = "said";
pub const MESSAGES: &str = "messages";

/// Who may write a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// Everybody who may edit the notebook.
    Editors,
    /// The server alone; clients read.
    Server,
}

/// The form of a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Map,
    Array,
}

/// A root of the document.
#[derive(Debug, Clone, Copy)]
pub struct Root {
    pub name: &'static str,
    pub shape: Shape,
    pub writer: Writer,
}

const fn root(name: &'static str, shape: Shape, writer: Writer) -> Root {
    Root { name, shape, writer }
}

/// All roots. Inside `cells`, `outputs`, `execution_count` and `execution_state` have the server as their only writer.
pub const ROOTS: [Root; 10] = [
    root(META, Shape::Map, Writer::Editors),
    root(CELLS, Shape::Array, Writer::Editors),
    root(STATE, Shape::Map, Writer::Editors),
    root(ORDER, Shape::Map, Writer::Editors),
    root(BIN, Shape::Map, Writer::Editors),
    root(EARLIER, Shape::Map, Writer::Editors),
    root(RUNS, Shape::Map, Writer::Server),
    root(KERNEL, Shape::Map, Writer::Server),
    root(MODELS, Shape::Map, Writer::Server),
    root(AUTHORS, Shape::Map, Writer::Server),
];

/// Gives every root its type. yrs reports no changes below a root that arrived by an update and was never asked for.
pub fn ensure_roots(txn: &mut TransactionMut<'_>) {
    for root in ROOTS {
        match root.shape {
            Shape::Map => {
                txn.get_or_insert_map(root.name);
            }
            Shape::Array => {
                txn.get_or_insert_array(root.name);
            }
        }
    }
}

/// A root map for writing.
pub fn map(txn: &mut TransactionMut<'_>, name: &'static str) -> MapRef {
    txn.get_or_insert_map(name)
}

/// The array of cells for writing.
pub fn cells(txn: &mut TransactionMut<'_>) -> ArrayRef {
    txn.get_or_insert_array(CELLS)
}

/// The array of cells, if there is any.
pub fn find_cells<T: ReadTxn>(txn: &T) -> Option<ArrayRef> {
    txn.get_array(CELLS)
}
