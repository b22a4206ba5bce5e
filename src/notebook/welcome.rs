//! The notebooks one starts with: an empty one, and the tour of the first start.
//!
//! Imports cell and view. Invariant: the tour tells of nothing that is not there yet without saying so.

use super::view::{CellView, ImportedNotebook};
use crate::{ids::CellId, vocabulary::CellKind};

const TITLE: &str = "Welcome to Coscribe";

const TOUR: [(CellKind, &str); 8] = [
    (
        CellKind::Note,
        "# Welcome to Coscribe\n\nThis is a notebook that several people can write at the same time. Everything you \
         type is merged, letter by letter, and kept on your own server. Try things here; it is yours to scribble in.",
    ),
    (
        CellKind::Note,
        "## Write together\n\nOpen this page in a second window, or give its address to a colleague. Click into the \
         same cell and type: both see every letter as it is typed, and each other's named caret.",
    ),
    (
        CellKind::Code,
        "# Type in this cell from two windows at once.\ngreeting = \"Hello, \"\nprint(greeting + \"both of you\")",
    ),
    (
        CellKind::Note,
        "## Arrange\n\nAdd cells above or below, move them, change a note into code and back. When somebody moves or \
         changes a cell while you type in it, your text and your caret stay where they are.",
    ),
    (
        CellKind::Note,
        "## Nothing gets lost\n\nDeleting a cell puts it into the notebook's bin. Try it with this one, then restore it \
         from there. Even text that somebody else typed into it meanwhile comes back.",
    ),
    (
        CellKind::Note,
        "## Work offline\n\nCut the network and go on. Your changes are kept in this browser, also when you close the \
         tab, and merge with everybody else's when you are back. The word at the top says the truth at any time: \
         *Saved* means written to the server's disk.",
    ),
    (
        CellKind::Note,
        "## Bring and take your notebooks\n\nImport Jupyter notebooks (`.ipynb`) from the list of notebooks. Export any \
         notebook as `.ipynb`, Markdown or a Python script. Everything here is also open to scripts, over a REST \
         interface and the `coscribe` command.",
    ),
    (
        CellKind::Note,
        "## Run and ask\n\nRun a code cell with Shift+Enter: the first run makes a Python environment, which takes a moment. \
         Everybody sees the output, and anybody can stop it. A prompt cell asks a language model, which reads the cells above it.",
    ),
];

impl ImportedNotebook {
    /// A notebook with one empty code cell.
    pub fn empty() -> Self {
        let cell = CellView::new(CellId::generate(), CellKind::Code, String::new());
        Self { cells: vec![cell], ..Self::default() }
    }

    /// The tour that a new server shows.
    pub fn welcome() -> Self {
        let cell = |(kind, source): (CellKind, &str)| CellView::new(CellId::generate(), kind, source.into());
        Self { title: Some(TITLE.into()), cells: TOUR.into_iter().map(cell).collect(), ..Self::default() }
    }
}
