//! `.ipynb` files in: versions 3 and 4, newer minor versions tolerated, what is unknown kept.
//!
//! Imports schema, cell, json, thoughts. Invariant: a file is taken whole or refused with the place where it is broken; every
//! imported cell has an id of its own, and all its texts are single strings.

use std::collections::HashSet;

use serde_json::{Map as Object, Value, json};

use super::{
    cell, import_v3,
    json::{self as values, DEPTH_MAX},
    models, schema, thoughts,
    view::{CellView, ImportedNotebook},
};
use crate::{ids::CellId, vocabulary::CellKind};

/// The newest minor version whose keys are all known. Of a newer one unknown types of cells and outputs are taken too.
pub const KNOWN_MINOR: i64 = 5;
/// Jupyter never writes these into files, and takes them out of those it reads.
const TRANSIENT: [&str; 3] = ["orig_nbformat", "orig_nbformat_minor", "signature"];
const TRANSIENT_OF_CELLS: &str = "trusted";
/// The first line that marks the text of a prompt in files. Run by accident it fails instead of executing English.
pub const PROMPT_MAGIC: &str = "%%prompt";

/// Why a file is no notebook: where it is broken and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not even JSON.
    #[error(
        "The file is not valid JSON: {problem} at line {line}, column {column}. Correct that place, or save the notebook \
         again in the program it comes from."
    )]
    NotJson { line: usize, column: usize, problem: String },
    /// JSON of another shape. `place` is a path such as `cells[3].outputs[0].output_type`.
    #[error(
        "The notebook is broken at {place}: {problem}. Correct that place, or save the notebook again in the program it \
         comes from."
    )]
    Shape { place: String, problem: String },
    /// A notebook too old or too new to read.
    #[error(
        "The notebook has format version {0}; versions 3 and 4 can be read. Open it in Jupyter and save it there first."
    )]
    Version(i64),
}

/// Reads the bytes of an `.ipynb` file.
///
/// # Errors
/// The file is no notebook; the error names the place.
pub fn import_ipynb(bytes: &[u8]) -> Result<ImportedNotebook, ImportError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    let Value::Object(file) = value else {
        return Err(shape(
            "the top",
            "a notebook is a JSON object with the keys \"cells\", \"metadata\" and \"nbformat\"",
        ));
    };
    match version(&file)? {
        3 => notebook(import_v3::upgrade(file)?),
        4 => notebook(file),
        other => Err(ImportError::Version(other)),
    }
}

fn not_json(error: &serde_json::Error) -> ImportError {
    let text = error.to_string();
    let problem = text.split(" at line ").next().unwrap_or(&text).to_owned();
    ImportError::NotJson { line: error.line(), column: error.column(), problem }
}

pub(super) fn shape(place: impl Into<String>, problem: impl Into<String>) -> ImportError {
    ImportError::Shape { place: place.into(), problem: problem.into() }
}

fn version(file: &Object<String, Value>) -> Result<i64, ImportError> {
    let version = file.get(schema::NBFORMAT).ok_or_else(|| shape("nbformat", "it is missing; is this a notebook?"))?;
    version.as_i64().ok_or_else(|| shape("nbformat", "it must be a whole number"))
}

fn notebook(mut file: Object<String, Value>) -> Result<ImportedNotebook, ImportError> {
    let minor = file.remove(schema::NBFORMAT_MINOR).and_then(|minor| minor.as_i64()).unwrap_or_default();
    file.remove(schema::NBFORMAT);
    let mut metadata = object(file.remove(schema::METADATA), "metadata")?;
    TRANSIENT.iter().for_each(|key| drop(metadata.remove(*key)));
    shallow(&metadata, DEPTH_MAX + 1, "metadata")?;
    let models = models::take_from_file(&mut metadata);
    let cells = list(file.remove(schema::CELLS), "cells")?;
    keep_file_keys(&mut metadata, file, "the top")?;
    if minor > KNOWN_MINOR {
        cell::ours(&mut metadata).insert(schema::FILE_MINOR.into(), minor.into());
    }
    let mut reader = Reader { lenient: minor > KNOWN_MINOR, ids: HashSet::new() };
    let cells = cells.into_iter().enumerate().map(|(index, cell)| reader.cell(cell, &format!("cells[{index}]")));
    Ok(ImportedNotebook {
        title: metadata.get(schema::TITLE).and_then(Value::as_str).map(str::to_owned),
        cells: cells.collect::<Result<_, _>>()?,
        metadata,
        models,
    })
}

/// Keys nobody knows wait in the metadata, since a live document must have no keys that Jupyter's model lacks.
fn keep_file_keys(
    metadata: &mut Object<String, Value>,
    unknown: Object<String, Value>,
    place: &str,
) -> Result<(), ImportError> {
    if unknown.is_empty() {
        return Ok(());
    }
    // They stand two levels deeper there: in `coscribe`, in `file_keys`.
    shallow(&unknown, DEPTH_MAX - 1, place)?;
    cell::ours(metadata).insert(schema::FILE_KEYS.into(), Value::Object(unknown));
    Ok(())
}

/// What is nested too deeply to be shown again is refused rather than cut.
fn shallow(object: &Object<String, Value>, levels: usize, place: &str) -> Result<(), ImportError> {
    if object.values().any(|value| values::deeper_than(value, levels - 1)) {
        return Err(shape(place, format!("something in it is nested deeper than {levels} levels")));
    }
    Ok(())
}

fn object(value: Option<Value>, place: &str) -> Result<Object<String, Value>, ImportError> {
    match value {
        None => Ok(Object::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(other) => Err(shape(place, format!("it must be an object, not {}", name_of(&other)))),
    }
}

fn list(value: Option<Value>, place: &str) -> Result<Vec<Value>, ImportError> {
    match value {
        None => Err(shape(place, "it is missing")),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(shape(place, format!("it must be a list, not {}", name_of(&other)))),
    }
}

/// A text, or the lines of one.
pub(super) fn text(value: Option<Value>, place: &str) -> Result<String, ImportError> {
    match value {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Array(lines)) if lines.iter().all(Value::is_string) => Ok(cell::joined(&Value::Array(lines))),
        Some(other) => Err(shape(place, format!("it must be a text or a list of lines, not {}", name_of(&other)))),
        None => Err(shape(place, "it is missing; an empty cell has \"\"")),
    }
}

pub(super) fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

struct Reader {
    /// The file is newer than what is known.
    lenient: bool,
    ids: HashSet<CellId>,
}

impl Reader {
    fn cell(&mut self, value: Value, place: &str) -> Result<CellView, ImportError> {
        let Value::Object(mut file) = value else {
            return Err(shape(place, format!("a cell must be an object, not {}", name_of(&value))));
        };
        shallow(&file, DEPTH_MAX + 2, place)?;
        let at = |key: &str| format!("{place}.{key}");
        let mut metadata = object(file.remove(schema::METADATA), &at(schema::METADATA))?;
        metadata.remove(TRANSIENT_OF_CELLS);
        let kind = self.kind(&mut file, &mut metadata, &at(schema::CELL_TYPE))?;
        let id = self.id(file.remove(schema::ID));
        let source = match file.remove(schema::SOURCE) {
            None if self.lenient => String::new(),
            source => text(source, &at(schema::SOURCE))?,
        };
        let mut cell = CellView::new(id, kind, source);
        if cell::runs(kind) {
            self.outputs(&mut cell, &mut file, place)?;
        } else {
            cell.attachments = attachments(file.remove(schema::ATTACHMENTS), &at(schema::ATTACHMENTS))?;
        }
        file.remove(schema::EXECUTION_STATE);
        keep_file_keys(&mut metadata, file, place)?;
        cell::mark_kind(&mut metadata, kind);
        cell.metadata = metadata;
        cell.source = if kind == CellKind::Prompt { without_magic(cell.source) } else { cell.source };
        Ok(cell)
    }

    fn kind(
        &self,
        file: &mut Object<String, Value>,
        metadata: &mut Object<String, Value>,
        place: &str,
    ) -> Result<CellKind, ImportError> {
        let cell_type = file.remove(schema::CELL_TYPE).ok_or_else(|| shape(place, "it is missing"))?;
        match cell_type.as_str() {
            Some(schema::CODE) if is_prompt(metadata) => Ok(CellKind::Prompt),
            Some(schema::CODE) => Ok(CellKind::Code),
            Some(schema::MARKDOWN) => Ok(CellKind::Note),
            Some(schema::RAW) => Ok(CellKind::Raw),
            Some(_) if self.lenient => {
                cell::ours(metadata).insert(schema::FILE_CELL_TYPE.into(), cell_type);
                Ok(CellKind::Raw)
            }
            _ => Err(shape(
                place,
                format!("{cell_type} is no type of cell; there are \"code\", \"markdown\" and \"raw\""),
            )),
        }
    }

    /// The id of the file, or a new one if that is missing, invalid or taken.
    fn id(&mut self, value: Option<Value>) -> CellId {
        let given = value.as_ref().and_then(Value::as_str).and_then(|id| id.parse().ok());
        let mut id = given.unwrap_or_else(CellId::generate);
        while !self.ids.insert(id.clone()) {
            id = CellId::generate();
        }
        id
    }

    fn outputs(&self, cell: &mut CellView, file: &mut Object<String, Value>, place: &str) -> Result<(), ImportError> {
        cell.execution_count = count(file.remove(schema::EXECUTION_COUNT), &format!("{place}.execution_count"))?;
        let outputs = match file.remove(schema::OUTPUTS) {
            None => Vec::new(),
            outputs => list(outputs, &format!("{place}.outputs"))?,
        };
        for (index, output) in outputs.into_iter().enumerate() {
            cell.outputs.push(self.output(output, &format!("{place}.outputs[{index}]"))?);
        }
        Ok(())
    }

    fn output(&self, value: Value, place: &str) -> Result<Value, ImportError> {
        let Value::Object(mut output) = value else {
            return Err(shape(place, format!("an output must be an object, not {}", name_of(&value))));
        };
        let output_type = output.get(schema::OUTPUT_TYPE).cloned().unwrap_or_default();
        let at = |key: &str| format!("{place}.{key}");
        match output_type.as_str() {
            Some(schema::STREAM) => {
                let joined = text(output.remove(schema::TEXT), &at(schema::TEXT))?;
                output.insert(schema::TEXT.into(), joined.into());
                output.entry(schema::NAME).or_insert_with(|| "stdout".into());
            }
            Some("display_data" | "execute_result") => {
                let data = object(output.remove(schema::DATA), &at(schema::DATA))?;
                let mut data = joined_bundle(data);
                thoughts::unfold(&mut data);
                output.insert(schema::DATA.into(), Value::Object(data));
                let metadata = object(output.remove(schema::METADATA), &at(schema::METADATA))?;
                output.insert(schema::METADATA.into(), Value::Object(metadata));
                if output_type == "execute_result" {
                    let count = count(output.remove(schema::EXECUTION_COUNT), &at(schema::EXECUTION_COUNT))?;
                    output.insert(schema::EXECUTION_COUNT.into(), count.into());
                }
            }
            Some("error") => complete_error(&mut output),
            Some(_) if self.lenient => {}
            _ => {
                let known = "\"stream\", \"display_data\", \"execute_result\" and \"error\"";
                return Err(shape(
                    at(schema::OUTPUT_TYPE),
                    format!("{output_type} is no type of output; there are {known}"),
                ));
            }
        }
        Ok(Value::Object(output))
    }
}

fn complete_error(output: &mut Object<String, Value>) {
    for key in ["ename", "evalue"] {
        output.entry(key).or_insert_with(|| "".into());
    }
    output.entry("traceback").or_insert_with(|| json!([]));
}

fn is_prompt(metadata: &Object<String, Value>) -> bool {
    let ours = metadata.get(schema::COSCRIBE).and_then(|ours| ours.get(schema::KIND));
    ours == Some(&schema::PROMPT.into()) || metadata.get(schema::SOLVEIT_AI) == Some(&Value::Bool(true))
}

fn without_magic(source: String) -> String {
    match source.split_once('\n') {
        Some((first, rest)) if first.trim_end() == PROMPT_MAGIC => rest.to_owned(),
        None if source.trim_end() == PROMPT_MAGIC => String::new(),
        _ => source,
    }
}

fn count(value: Option<Value>, place: &str) -> Result<Option<i64>, ImportError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) if number.as_f64().is_some_and(|count| count >= 0.0 && count.fract() == 0.0) => {
            Ok(number.as_f64().map(|count| count as i64))
        }
        Some(other) => Err(shape(place, format!("it must be a whole number or null, not {other}"))),
    }
}

fn attachments(value: Option<Value>, place: &str) -> Result<Option<Object<String, Value>>, ImportError> {
    let Some(value) = value else { return Ok(None) };
    let mut attachments = object(Some(value), place)?;
    for (name, bundle) in &mut attachments {
        let bundle_of = object(Some(bundle.take()), &format!("{place}.{name}"))?;
        *bundle = Value::Object(joined_bundle(bundle_of));
    }
    Ok(Some(attachments).filter(|attachments| !attachments.is_empty()))
}

/// Joins the lines of texts in a MIME bundle. Lists in JSON types are lists.
fn joined_bundle(mut bundle: Object<String, Value>) -> Object<String, Value> {
    for (mime, value) in &mut bundle {
        let lines = value.as_array().is_some_and(|lines| lines.iter().all(Value::is_string));
        if lines && !is_json(mime) {
            *value = cell::joined(value).into();
        }
    }
    bundle
}

fn is_json(mime: &str) -> bool {
    mime == "application/json" || mime.starts_with("application/") && mime.ends_with("+json")
}
