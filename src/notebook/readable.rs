//! Notebooks as Markdown, for reading, and as a Python script in the `# %%` format, for editors that run its cells.
//!
//! Imports cell, pictures and view. Invariant: no text of a cell can end the block it is put into.

use serde_json::Value;

use super::{
    cell, pictures, schema,
    view::{CellView, NotebookView},
};
use crate::vocabulary::CellKind;

/// The notebook as Markdown: notes as they are, code and outputs in fenced blocks, questions quoted.
pub fn export_markdown(notebook: &NotebookView) -> String {
    let language = language(notebook);
    let title = (!notebook.title.is_empty()).then(|| format!("# {}", notebook.title));
    let cells = notebook.cells.iter().flat_map(|cell| markdown_parts(cell, &language));
    let mut text = title.into_iter().chain(cells).collect::<Vec<_>>().join("\n\n");
    text.push('\n');
    text
}

fn language(notebook: &NotebookView) -> String {
    let info = notebook.metadata.get("language_info").and_then(|info| info.get(schema::NAME));
    let spec = notebook.metadata.get("kernelspec").and_then(|spec| spec.get("language"));
    info.or(spec).and_then(Value::as_str).unwrap_or("python").to_owned()
}

fn markdown_parts(cell: &CellView, language: &str) -> Vec<String> {
    let source = pictures::with_pictures_inside(cell);
    let text = source.trim_end_matches('\n');
    let mut parts = match cell.kind {
        CellKind::Note => vec![text.to_owned()],
        CellKind::Prompt => vec![prefixed(text, "> ")],
        CellKind::Code => vec![fenced(text, language)],
        CellKind::Raw => vec![fenced(text, "")],
    };
    if text.is_empty() {
        parts.clear();
    }
    parts.extend(cell.outputs.iter().filter_map(markdown_output));
    parts
}

fn markdown_output(output: &Value) -> Option<String> {
    match output.get(schema::OUTPUT_TYPE)?.as_str()? {
        schema::STREAM => block(&cell::joined(output.get(schema::TEXT)?)),
        "error" => {
            let lines = output.get("traceback")?.as_array()?.iter().filter_map(Value::as_str);
            block(&without_colours(&lines.collect::<Vec<_>>().join("\n")))
        }
        _ => markdown_data(output.get(schema::DATA)?),
    }
}

fn markdown_data(data: &Value) -> Option<String> {
    if let Some(markdown) = data.get("text/markdown") {
        return Some(cell::joined(markdown).trim_end_matches('\n').to_owned()).filter(|text| !text.is_empty());
    }
    for mime in ["image/png", "image/jpeg", "image/gif"] {
        if let Some(picture) = data.get(mime) {
            let base64: String = cell::joined(picture).split_whitespace().collect();
            return Some(format!("![](data:{mime};base64,{base64})"));
        }
    }
    block(&cell::joined(data.get("text/plain")?))
}

fn block(text: &str) -> Option<String> {
    let text = text.trim_end_matches('\n');
    (!text.is_empty()).then(|| fenced(text, "text"))
}

/// A fenced block whose fence is longer than any in the text.
fn fenced(text: &str, language: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

fn prefixed(text: &str, prefix: &str) -> String {
    let line = |line: &str| format!("{prefix}{line}").trim_end().to_owned();
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Leaves out the terminal's colour sequences.
fn without_colours(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' && characters.next_if_eq(&'[').is_some() {
            while characters.next().is_some_and(|character| !character.is_ascii_alphabetic()) {}
        } else {
            result.push(character);
        }
    }
    result
}

/// The notebook as a script: a line `# %%` before each cell, notes and questions as comments.
pub fn export_python(notebook: &NotebookView) -> String {
    notebook.cells.iter().map(script_cell).collect::<Vec<_>>().join("\n")
}

fn script_cell(cell: &CellView) -> String {
    let text = cell.source.trim_end_matches('\n');
    let (head, body) = match cell.kind {
        CellKind::Code => ("# %%", runnable(text)),
        CellKind::Note => ("# %% [markdown]", prefixed(text, "# ")),
        CellKind::Prompt => ("# %% Prompt [markdown]", prefixed(text, "# ")),
        CellKind::Raw => ("# %% [raw]", prefixed(text, "# ")),
    };
    if text.is_empty() { format!("{head}\n") } else { format!("{head}\n{body}\n") }
}

/// IPython's own commands are no Python; they become comments, a cell magic with its whole cell.
fn runnable(text: &str) -> String {
    if text.starts_with("%%") {
        return prefixed(text, "# ");
    }
    let magic = |line: &&str| line.trim_start().starts_with(['%', '!']);
    let line = |line: &str| if magic(&line) { format!("# {line}") } else { line.to_owned() };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::CellId;

    fn notebook() -> NotebookView {
        let cell = |kind, source: &str| CellView::new(CellId::generate(), kind, source.into());
        let mut code = cell(CellKind::Code, "%matplotlib inline\nprint('```')");
        code.outputs = vec![
            json!({"output_type": "stream", "name": "stdout", "text": "```\n"}),
            json!({"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\u{1b}[0;31mE\u{1b}[0m: x"]}),
            json!({"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVB\nO\n", "text/plain": "<p>"}}),
        ];
        NotebookView {
            title: "Tour".into(),
            cells: vec![
                cell(CellKind::Note, "Hello\n\nthere\n"),
                code,
                cell(CellKind::Prompt, "Why?\nHow?"),
                cell(CellKind::Code, ""),
            ],
            ..NotebookView::default()
        }
    }

    #[test]
    fn markdown_keeps_every_block_closed() {
        let expected = "# Tour\n\nHello\n\nthere\n\n````python\n%matplotlib inline\nprint('```')\n````\n\n````text\n```\n````\n\n\
                        ```text\nE: x\n```\n\n![](data:image/png;base64,iVBO)\n\n> Why?\n> How?\n";
        assert_eq!(export_markdown(&notebook()), expected);
    }

    #[test]
    fn a_script_has_a_mark_before_each_cell() {
        let expected = "# %% [markdown]\n# Hello\n#\n# there\n\n# %%\n# %matplotlib inline\nprint('```')\n\n\
                        # %% Prompt [markdown]\n# Why?\n# How?\n\n# %%\n";
        assert_eq!(export_python(&notebook()), expected);
    }
}
