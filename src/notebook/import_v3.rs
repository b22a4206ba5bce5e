//! Notebooks of format 3 (IPython 1 and 2) brought to the shape of format 4.
//!
//! Imports schema and import's errors. Invariant: no text, output or picture of the old file is dropped.

use serde_json::{Map as Object, Value, json};

use super::{
    import::{ImportError, name_of, shape},
    schema,
};

/// Format 3 names the types of data by short words.
const MIME_TYPES: [(&str, &str); 9] = [
    ("text", "text/plain"),
    ("html", "text/html"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpeg", "image/jpeg"),
    ("latex", "text/latex"),
    ("json", "application/json"),
    ("javascript", "application/javascript"),
    ("pdf", "application/pdf"),
];

/// A format 3 notebook as one of format 4.0. Several worksheets become one list of cells.
pub fn upgrade(mut file: Object<String, Value>) -> Result<Object<String, Value>, ImportError> {
    let worksheets = match file.remove("worksheets") {
        Some(Value::Array(worksheets)) => worksheets,
        Some(other) => return Err(shape("worksheets", format!("it must be a list, not {}", name_of(&other)))),
        None => return Err(shape("worksheets", "it is missing")),
    };
    let mut cells = Vec::new();
    for (sheet, worksheet) in worksheets.into_iter().enumerate() {
        let place = format!("worksheets[{sheet}].cells");
        let Some(Value::Array(old)) = worksheet.get(schema::CELLS).cloned() else {
            return Err(shape(place, "it must be a list of cells"));
        };
        for (index, cell) in old.into_iter().enumerate() {
            cells.push(upgrade_cell(cell, &format!("{place}[{index}]"))?);
        }
    }
    upgrade_metadata(&mut file);
    file.insert(schema::CELLS.into(), Value::Array(cells));
    file.insert(schema::NBFORMAT.into(), 4.into());
    file.insert(schema::NBFORMAT_MINOR.into(), 0.into());
    Ok(file)
}

/// The name of the notebook stood in its metadata; it becomes the title.
fn upgrade_metadata(file: &mut Object<String, Value>) {
    if let Some(Value::Object(metadata)) = file.get_mut(schema::METADATA)
        && let Some(name) = metadata.remove("name").filter(|name| name.as_str().is_some_and(|name| !name.is_empty()))
    {
        metadata.entry(schema::TITLE).or_insert(name);
    }
    for minor in ["nbformat_minor", "orig_nbformat", "orig_nbformat_minor"] {
        file.remove(minor);
    }
}

fn upgrade_cell(cell: Value, place: &str) -> Result<Value, ImportError> {
    let Value::Object(mut cell) = cell else {
        return Err(shape(place, format!("a cell must be an object, not {}", name_of(&cell))));
    };
    match cell.get(schema::CELL_TYPE).and_then(Value::as_str) {
        Some(schema::CODE) => upgrade_code(&mut cell),
        Some("heading") => upgrade_heading(&mut cell),
        Some("html") => drop(cell.insert(schema::CELL_TYPE.into(), schema::MARKDOWN.into())),
        _ => {}
    }
    Ok(Value::Object(cell))
}

fn upgrade_code(cell: &mut Object<String, Value>) {
    cell.remove("language");
    let input = cell.remove("input").unwrap_or_else(|| "".into());
    cell.insert(schema::SOURCE.into(), input);
    let number = cell.remove("prompt_number").filter(Value::is_number).unwrap_or_default();
    cell.insert(schema::EXECUTION_COUNT.into(), number);
    if let Some(collapsed) = cell.remove(schema::COLLAPSED) {
        let metadata = cell.entry(schema::METADATA).or_insert_with(|| json!({}));
        if let Value::Object(metadata) = metadata {
            metadata.insert(schema::COLLAPSED.into(), collapsed);
        }
    }
    if let Some(Value::Array(outputs)) = cell.get_mut(schema::OUTPUTS) {
        outputs.iter_mut().filter_map(Value::as_object_mut).for_each(upgrade_output);
    }
}

/// A heading becomes a line of Markdown.
fn upgrade_heading(cell: &mut Object<String, Value>) {
    let level = cell.remove("level").and_then(|level| level.as_u64()).unwrap_or(1).clamp(1, 6);
    let text = cell.get(schema::SOURCE).map(super::cell::joined).unwrap_or_default();
    let line = text.lines().collect::<Vec<_>>().join(" ");
    cell.insert(schema::CELL_TYPE.into(), schema::MARKDOWN.into());
    cell.insert(schema::SOURCE.into(), format!("{} {line}", "#".repeat(level as usize)).into());
}

fn upgrade_output(output: &mut Object<String, Value>) {
    match output.get(schema::OUTPUT_TYPE).and_then(Value::as_str) {
        Some("pyout") => {
            output.insert(schema::OUTPUT_TYPE.into(), "execute_result".into());
            let number = output.remove("prompt_number").unwrap_or_default();
            bundle(output);
            output.insert(schema::EXECUTION_COUNT.into(), number);
        }
        Some("display_data") => bundle(output),
        Some("pyerr") => drop(output.insert(schema::OUTPUT_TYPE.into(), "error".into())),
        Some(schema::STREAM) => {
            let name = output.remove("stream").unwrap_or_else(|| "stdout".into());
            output.entry(schema::NAME).or_insert(name);
        }
        _ => {}
    }
}

/// Gathers the data of an output, which format 3 keeps beside its type.
fn bundle(output: &mut Object<String, Value>) {
    output.remove("prompt_number");
    let metadata = output.remove(schema::METADATA).unwrap_or_else(|| json!({}));
    let output_type = output.remove(schema::OUTPUT_TYPE).unwrap_or_default();
    let data: Object<String, Value> =
        std::mem::take(output).into_iter().map(|(key, value)| (mime(&key), value)).collect();
    output.insert(schema::OUTPUT_TYPE.into(), output_type);
    output.insert(schema::METADATA.into(), metadata);
    output.insert(schema::DATA.into(), Value::Object(data));
}

fn mime(key: &str) -> String {
    MIME_TYPES.iter().find(|(short, _)| *short == key).map_or(key, |(_, mime)| *mime).to_owned()
}
