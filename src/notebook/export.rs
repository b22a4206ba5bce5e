//! `.ipynb` files out: nbformat 4.5, the same bytes for the same notebook, as Jupyter itself would write them.
//!
//! Imports schema, cell, python_json. Invariant: what was read from a file that Jupyter wrote in 4.5 is written again
//! byte for byte.

use serde_json::{Map as Object, Value, json};

use super::{
    cell,
    import::{KNOWN_MINOR as MINOR, PROMPT_MAGIC},
    models, python_json, schema,
    view::{CellView, NotebookView},
};
use crate::vocabulary::CellKind;

/// The notebook as the text of an `.ipynb` file.
pub fn export_ipynb(notebook: &NotebookView) -> String {
    let mut metadata = notebook.metadata.clone();
    let minor =
        take_ours(&mut metadata, schema::FILE_MINOR).and_then(|minor| minor.as_i64()).unwrap_or(MINOR).max(MINOR);
    let mut file = take_file_keys(&mut metadata);
    cell::remove_empty_ours(&mut metadata);
    if !metadata.get(schema::TITLE).is_none_or(Value::is_string) {
        metadata.remove(schema::TITLE);
    }
    models::put_into_file(&mut metadata, &notebook.models);
    let cells = notebook.cells.iter().map(|cell| file_cell(cell, minor > MINOR)).collect();
    file.insert(schema::CELLS.into(), Value::Array(cells));
    file.insert(schema::METADATA.into(), Value::Object(metadata));
    file.insert(schema::NBFORMAT.into(), 4.into());
    file.insert(schema::NBFORMAT_MINOR.into(), minor.into());
    let mut text = python_json::write(&Value::Object(file));
    text.push('\n');
    text
}

fn take_ours(metadata: &mut Object<String, Value>, key: &str) -> Option<Value> {
    metadata.get_mut(schema::COSCRIBE)?.as_object_mut()?.remove(key)
}

/// The keys of the file that nobody knew, to be put back where they were.
fn take_file_keys(metadata: &mut Object<String, Value>) -> Object<String, Value> {
    match take_ours(metadata, schema::FILE_KEYS) {
        Some(Value::Object(keys)) => keys,
        _ => Object::new(),
    }
}

fn file_cell(cell: &CellView, newer: bool) -> Value {
    let mut metadata = cell.metadata.clone();
    let mut file = take_file_keys(&mut metadata);
    let file_type = take_ours(&mut metadata, schema::FILE_CELL_TYPE).filter(|_| newer);
    cell::remove_empty_ours(&mut metadata);
    let cell_type = file_type.unwrap_or_else(|| cell::cell_type(cell.kind).into());
    file.insert(schema::CELL_TYPE.into(), cell_type);
    file.insert(schema::ID.into(), cell.id.as_str().into());
    file.insert(schema::METADATA.into(), Value::Object(metadata));
    file.insert(schema::SOURCE.into(), lines(&source(cell)));
    if cell::runs(cell.kind) {
        let outputs = cell.outputs.iter().filter_map(|output| file_output(output, newer));
        file.insert(schema::OUTPUTS.into(), outputs.collect());
        file.insert(schema::EXECUTION_COUNT.into(), cell.execution_count.filter(|count| *count >= 0).into());
    } else if let Some(attachments) = &cell.attachments {
        file.insert(schema::ATTACHMENTS.into(), Value::Object(file_attachments(attachments)));
    }
    Value::Object(file)
}

fn source(cell: &CellView) -> String {
    match cell.kind {
        CellKind::Prompt if cell.source.is_empty() => PROMPT_MAGIC.into(),
        CellKind::Prompt => format!("{PROMPT_MAGIC}\n{}", cell.source),
        CellKind::Code | CellKind::Note | CellKind::Raw => cell.source.clone(),
    }
}

fn file_attachments(attachments: &Object<String, Value>) -> Object<String, Value> {
    let bundles =
        attachments.iter().filter_map(|(name, bundle)| Some((name.clone(), split_bundle(bundle.as_object()?))));
    bundles.map(|(name, bundle)| (name, Value::Object(bundle))).collect()
}

/// An output with what nbformat requires. One of a type that 4.5 does not know stays only in a file newer than that.
fn file_output(output: &Value, newer: bool) -> Option<Value> {
    let mut output = output.as_object()?.clone();
    match output.get(schema::OUTPUT_TYPE).and_then(Value::as_str)? {
        schema::STREAM => {
            let text = output.get(schema::TEXT).map(cell::joined).unwrap_or_default();
            output.insert(schema::TEXT.into(), lines(&text));
            require(&mut output, schema::NAME, Value::is_string, "stdout".into());
        }
        "execute_result" => {
            bundle(&mut output);
            require(&mut output, schema::EXECUTION_COUNT, |count| count.is_u64() || count.is_null(), Value::Null);
        }
        "display_data" => bundle(&mut output),
        "error" => {
            require(&mut output, "ename", Value::is_string, "".into());
            require(&mut output, "evalue", Value::is_string, "".into());
            require(&mut output, "traceback", Value::is_array, json!([]));
        }
        _ if newer => {}
        _ => return None,
    }
    Some(Value::Object(output))
}

fn require(output: &mut Object<String, Value>, key: &str, fits: impl Fn(&Value) -> bool, otherwise: Value) {
    if !output.get(key).is_some_and(fits) {
        output.insert(key.into(), otherwise);
    }
}

fn bundle(output: &mut Object<String, Value>) {
    require(output, schema::METADATA, Value::is_object, json!({}));
    let mut data = output.get(schema::DATA).and_then(Value::as_object).cloned().unwrap_or_default();
    if is_answer(output)
        && let Some(markdown) = data.get(schema::TEXT_MARKDOWN).cloned()
    {
        data.entry(schema::TEXT_PLAIN).or_insert(markdown);
    }
    output.insert(schema::DATA.into(), Value::Object(split_bundle(&data)));
}

/// Answers and thinking, which other programs show as plain text if they know no Markdown.
fn is_answer(output: &Object<String, Value>) -> bool {
    let ours = output.get(schema::METADATA).and_then(|metadata| metadata.get(schema::COSCRIBE));
    let part = ours.and_then(|ours| ours.get(schema::PART)).and_then(Value::as_str);
    matches!(part, Some(schema::ANSWER | schema::THOUGHT))
}

/// Splits the texts of a MIME bundle into lines, those that Jupyter splits.
fn split_bundle(bundle: &Object<String, Value>) -> Object<String, Value> {
    let split = |mime: &str| mime.starts_with("text/") || mime == "application/javascript" || mime == "image/svg+xml";
    let entry = |(mime, value): (&String, &Value)| match value {
        Value::String(text) if split(mime) => (mime.clone(), lines(text)),
        _ => (mime.clone(), value.clone()),
    };
    bundle.iter().map(entry).collect()
}

/// The lines of a text, each with its end.
fn lines(text: &str) -> Value {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let joined = character == '\r' && characters.peek().is_some_and(|(_, next)| *next == '\n');
        if ends_line(character) && !joined {
            let end = at + character.len_utf8();
            lines.push(Value::from(&text[start..end]));
            start = end;
        }
    }
    if start < text.len() {
        lines.push(Value::from(&text[start..]));
    }
    Value::Array(lines)
}

/// Python's idea of the end of a line, since Jupyter splits with it.
fn ends_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_python_ends_them() {
        assert_eq!(lines("a\nb\r\nc\rd\u{2028}e\u{c}"), json!(["a\n", "b\r\n", "c\r", "d\u{2028}", "e\u{c}"]));
        assert_eq!(lines(""), json!([]));
    }
}
