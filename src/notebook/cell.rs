//! One cell in the document: reading its map, making one, changing its kind.
//!
//! Imports schema, json, text. Invariant: a cell made here has exactly the keys Jupyter's model gives its type.

use serde_json::{Map as Object, Value, json};
use yrs::{
    Any, Array, ArrayPrelim, ArrayRef, Assoc, BranchID, GetString, In, Map, MapPrelim, MapRef, Out, ReadTxn,
    StickyIndex, TextPrelim, TextRef, TransactionMut,
};

use super::{json, schema, view::CellView};
use crate::{ids::CellId, vocabulary::CellKind};

/// The id of a cell; `None` if it has none or an invalid one.
pub fn id<T: ReadTxn>(txn: &T, cell: &MapRef) -> Option<CellId> {
    string(txn, cell, schema::ID)?.parse().ok()
}

/// What the cell is for. A type that Jupyter does not know counts as raw.
pub fn kind<T: ReadTxn>(txn: &T, cell: &MapRef) -> CellKind {
    let cell_type = string(txn, cell, schema::CELL_TYPE);
    match cell_type.as_deref() {
        Some(schema::CODE) if is_prompt(txn, cell) => CellKind::Prompt,
        Some(schema::CODE) => CellKind::Code,
        Some(schema::MARKDOWN) => CellKind::Note,
        _ => CellKind::Raw,
    }
}

fn is_prompt<T: ReadTxn>(txn: &T, cell: &MapRef) -> bool {
    let ours = metadata(txn, cell).and_then(|metadata| metadata.get(txn, schema::COSCRIBE));
    let kind = match ours {
        Some(Out::Any(Any::Map(map))) => map.get(schema::KIND).cloned(),
        Some(Out::YMap(map)) => {
            map.get(txn, schema::KIND).and_then(|out| if let Out::Any(any) = out { Some(any) } else { None })
        }
        _ => None,
    };
    matches!(kind, Some(Any::String(kind)) if &*kind == schema::PROMPT)
}

/// The cell type of Jupyter's model.
pub fn cell_type(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Code | CellKind::Prompt => schema::CODE,
        CellKind::Note => schema::MARKDOWN,
        CellKind::Raw => schema::RAW,
    }
}

/// The text of a cell.
pub fn source<T: ReadTxn>(txn: &T, cell: &MapRef) -> Option<TextRef> {
    cell.get(txn, schema::SOURCE)?.cast().ok()
}

/// The metadata of a cell.
pub fn metadata<T: ReadTxn>(txn: &T, cell: &MapRef) -> Option<MapRef> {
    cell.get(txn, schema::METADATA)?.cast().ok()
}

/// The outputs of a cell.
pub fn outputs<T: ReadTxn>(txn: &T, cell: &MapRef) -> Option<ArrayRef> {
    cell.get(txn, schema::OUTPUTS)?.cast().ok()
}

/// A plain text in a map.
pub fn string<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> Option<String> {
    match map.get(txn, key)? {
        Out::Any(Any::String(text)) => Some(text.to_string()),
        _ => None,
    }
}

/// A cell as plain values; `None` if it has no valid id.
pub fn read<T: ReadTxn>(txn: &T, cell: &MapRef) -> Option<CellView> {
    let id = id(txn, cell)?;
    let value = |key: &str| cell.get(txn, key).map(|out| json::to_value(txn, &out));
    let object =
        |key: &str| value(key).and_then(|value| if let Value::Object(object) = value { Some(object) } else { None });
    Some(CellView {
        kind: kind(txn, cell),
        source: source(txn, cell).map(|text| text.get_string(txn)).unwrap_or_default(),
        outputs: outputs(txn, cell).map(|outputs| read_outputs(txn, &outputs)).unwrap_or_default(),
        execution_count: value(schema::EXECUTION_COUNT).and_then(|count| count.as_i64()),
        metadata: object(schema::METADATA).unwrap_or_default(),
        attachments: object(schema::ATTACHMENTS).filter(|attachments| !attachments.is_empty()),
        id,
    })
}

/// Outputs as plain values; what is no output is left out.
pub fn read_outputs<T: ReadTxn>(txn: &T, outputs: &ArrayRef) -> Vec<Value> {
    let values = json::elements(txn, outputs).into_iter().map(|output| json::to_value(txn, &output));
    values.filter(Value::is_object).collect()
}

/// The map of a new cell.
pub fn prelim(cell: &CellView) -> MapPrelim {
    let mut metadata = cell.metadata.clone();
    mark_kind(&mut metadata, cell.kind);
    let mut entries = vec![
        (schema::ID, In::from(cell.id.as_str())),
        (schema::CELL_TYPE, In::from(cell_type(cell.kind))),
        (schema::SOURCE, In::from(TextPrelim::new(cell.source.as_str()))),
    ];
    if runs(cell.kind) {
        entries.push((schema::OUTPUTS, In::from(outputs_prelim(&cell.outputs))));
        entries.push((schema::EXECUTION_COUNT, In::Any(count(cell.execution_count))));
        keep_attachments(&mut metadata, cell.attachments.clone().map(Value::Object));
    } else if let Some(attachments) = &cell.attachments {
        entries.push((schema::ATTACHMENTS, In::Any(json::object_to_any(attachments))));
    }
    entries.push((schema::METADATA, In::from(object_prelim(&metadata))));
    entries.into_iter().collect()
}

/// Whether cells of this kind have outputs.
pub fn runs(kind: CellKind) -> bool {
    matches!(kind, CellKind::Code | CellKind::Prompt)
}

fn count(count: Option<i64>) -> Any {
    count.map_or(Any::Null, |count| json::to_any(&count.into()))
}

/// A map whose values are plain.
pub fn object_prelim(object: &Object<String, Value>) -> MapPrelim {
    object.iter().map(|(key, value)| (key.as_str(), In::Any(json::to_any(value)))).collect()
}

/// The array of a code cell's outputs.
pub fn outputs_prelim(outputs: &[Value]) -> ArrayPrelim {
    outputs.iter().filter_map(Value::as_object).map(|output| In::from(output_prelim(output))).collect()
}

/// One output. The text of a stream is a text, so that it can grow; Jupyter clients throw at anything else there.
pub fn output_prelim(output: &Object<String, Value>) -> MapPrelim {
    let stream = output.get(schema::OUTPUT_TYPE).and_then(Value::as_str) == Some(schema::STREAM);
    let entry = |(key, value): (&String, &Value)| match key.as_str() {
        schema::TEXT if stream => (key.clone(), In::from(TextPrelim::new(joined(value)))),
        _ => (key.clone(), In::Any(json::to_any(value))),
    };
    output.iter().map(entry).collect()
}

/// The text of a JSON value that may be a text or a list of lines.
pub fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// Writes into metadata whether the cell is a prompt.
pub fn mark_kind(metadata: &mut Object<String, Value>, kind: CellKind) {
    if kind == CellKind::Prompt {
        ours(metadata).insert(schema::KIND.into(), schema::PROMPT.into());
        metadata.insert(schema::SOLVEIT_AI.into(), Value::Bool(true));
        return;
    }
    metadata.remove(schema::SOLVEIT_AI);
    if metadata.contains_key(schema::COSCRIBE) {
        ours(metadata).remove(schema::KIND);
    }
    remove_empty_ours(metadata);
}

/// `metadata.coscribe`, made if it is missing or no object.
pub fn ours(metadata: &mut Object<String, Value>) -> &mut Object<String, Value> {
    let entry = metadata.entry(schema::COSCRIBE).or_insert_with(|| json!({}));
    if !entry.is_object() {
        *entry = json!({});
    }
    match entry {
        Value::Object(object) => object,
        _ => unreachable!("it was made an object above"),
    }
}

/// Takes `metadata.coscribe` away when nothing is in it.
pub fn remove_empty_ours(metadata: &mut Object<String, Value>) {
    if metadata.get(schema::COSCRIBE).and_then(Value::as_object).is_some_and(Object::is_empty) {
        metadata.remove(schema::COSCRIBE);
    }
}

/// nbformat forbids attachments on code cells; the pictures of a note wait in its metadata until it is a note again.
fn keep_attachments(metadata: &mut Object<String, Value>, attachments: Option<Value>) {
    if let Some(attachments) = attachments {
        ours(metadata).insert(schema::KEPT_ATTACHMENTS.into(), attachments);
    }
}

fn take_kept_attachments(metadata: &mut Object<String, Value>) -> Option<Value> {
    let kept = metadata.get_mut(schema::COSCRIBE)?.as_object_mut()?.remove(schema::KEPT_ATTACHMENTS);
    remove_empty_ours(metadata);
    kept
}

/// Changes what a cell is for; its text stays as it is, so people go on typing in it.
pub fn set_kind(txn: &mut TransactionMut<'_>, cell: &MapRef, to: CellKind) {
    let mut changed = ensure_metadata_object(txn, cell);
    let before = changed.clone();
    mark_kind(&mut changed, to);
    if runs(to) {
        let attachments = cell.get(txn, schema::ATTACHMENTS).map(|out| json::to_value(txn, &out));
        keep_attachments(&mut changed, attachments);
    } else if let Some(attachments) = take_kept_attachments(&mut changed) {
        cell.insert(txn, schema::ATTACHMENTS, json::to_any(&attachments));
    }
    cell.try_update(txn, schema::CELL_TYPE, cell_type(to));
    update_metadata(txn, cell, &before, &changed);
    ensure_type_keys(txn, cell, runs(to));
}

/// Gives the cell the keys of its type and takes those of others away: code cells without `outputs` and notes with
/// them make Jupyter clients fail.
pub fn ensure_type_keys(txn: &mut TransactionMut<'_>, cell: &MapRef, runs: bool) {
    if runs {
        if outputs(txn, cell).is_none() {
            let plain = cell.get(txn, schema::OUTPUTS).map(|out| json::to_value(txn, &out));
            let list = plain.and_then(|value| value.as_array().cloned()).unwrap_or_default();
            cell.insert(txn, schema::OUTPUTS, outputs_prelim(&list));
        }
        if !cell.contains_key(txn, schema::EXECUTION_COUNT) {
            cell.insert(txn, schema::EXECUTION_COUNT, Any::Null);
        }
        remove_keys(txn, cell, &[schema::ATTACHMENTS]);
    } else {
        remove_keys(txn, cell, &[schema::OUTPUTS, schema::EXECUTION_COUNT, schema::EXECUTION_STATE]);
    }
}

fn remove_keys(txn: &mut TransactionMut<'_>, cell: &MapRef, keys: &[&str]) {
    for key in keys {
        if cell.contains_key(txn, key) {
            cell.remove(txn, key);
        }
    }
}

/// The metadata as JSON.
pub fn ensure_metadata_object(txn: &mut TransactionMut<'_>, cell: &MapRef) -> Object<String, Value> {
    let metadata = ensure_metadata(txn, cell);
    json::to_object(txn, &metadata)
}

/// The metadata map, made if it is missing; a plain object there becomes a map.
pub fn ensure_metadata(txn: &mut TransactionMut<'_>, holder: &MapRef) -> MapRef {
    if let Some(metadata) = metadata(txn, holder) {
        return metadata;
    }
    let plain = holder.get(txn, schema::METADATA).map(|out| json::to_value(txn, &out));
    let object = plain.and_then(|value| value.as_object().cloned()).unwrap_or_default();
    holder.insert(txn, schema::METADATA, object_prelim(&object))
}

/// Writes the top-level keys that differ and no others: each is a last-writer-wins value of its own.
pub fn update_metadata(
    txn: &mut TransactionMut<'_>,
    holder: &MapRef,
    before: &Object<String, Value>,
    after: &Object<String, Value>,
) {
    let metadata = ensure_metadata(txn, holder);
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        metadata.remove(txn, key);
    }
    for (key, value) in after.iter().filter(|(key, value)| before.get(*key) != Some(value)) {
        metadata.insert(txn, key.as_str(), json::to_any(value));
    }
}

/// The text of a cell, made if it is missing; a plain text there becomes one that merges.
pub fn ensure_source(txn: &mut TransactionMut<'_>, cell: &MapRef) -> TextRef {
    if let Some(text) = source(txn, cell) {
        return text;
    }
    let plain = cell.get(txn, schema::SOURCE).map(|out| json::to_value(txn, &out));
    let text = plain.map(|value| joined(&value)).unwrap_or_default();
    cell.insert(txn, schema::SOURCE, TextPrelim::new(text))
}

/// Appends a cell to the array of cells. Its place for people is its order key.
pub fn push(txn: &mut TransactionMut<'_>, cell: &CellView) -> MapRef {
    let cells = schema::cells(txn);
    cells.push_back(txn, prelim(cell))
}

/// Where a nested type stands in its array, in the units yrs counts arrays in, whatever else is in there.
pub fn index_in_array<T: ReadTxn>(txn: &T, map: &MapRef) -> Option<u32> {
    let branch: &yrs::branch::Branch = map.as_ref();
    let BranchID::Nested(id) = branch.id() else {
        return None;
    };
    StickyIndex::from_id(id, Assoc::After).get_offset(txn).map(|offset| offset.index)
}

impl CellView {
    /// An empty cell.
    pub fn new(id: CellId, kind: CellKind, source: String) -> Self {
        let mut metadata = Object::new();
        mark_kind(&mut metadata, kind);
        Self { id, kind, source, outputs: Vec::new(), execution_count: None, metadata, attachments: None }
    }

    /// Source and outputs are both hidden.
    pub fn collapsed(&self) -> bool {
        let hidden =
            |key| self.metadata.get(schema::JUPYTER).and_then(|jupyter| jupyter.get(key)) == Some(&Value::Bool(true));
        hidden(schema::SOURCE_HIDDEN) && (hidden(schema::OUTPUTS_HIDDEN) || !runs(self.kind))
    }
}

/// Writes into metadata whether source and outputs are hidden, the way Jupyter does.
pub fn mark_collapsed(metadata: &mut Object<String, Value>, kind: CellKind, collapsed: bool) {
    let mut jupyter = match metadata.remove(schema::JUPYTER) {
        Some(Value::Object(object)) => object,
        _ => Object::new(),
    };
    for key in [schema::SOURCE_HIDDEN, schema::OUTPUTS_HIDDEN] {
        jupyter.remove(key);
        if collapsed && (key == schema::SOURCE_HIDDEN || runs(kind)) {
            jupyter.insert(key.into(), Value::Bool(true));
        }
    }
    if !jupyter.is_empty() {
        metadata.insert(schema::JUPYTER.into(), Value::Object(jupyter));
    }
    metadata.remove(schema::COLLAPSED);
    if collapsed && runs(kind) {
        metadata.insert(schema::COLLAPSED.into(), Value::Bool(true));
    }
}

/// A cell as nbformat JSON with plain texts: what the bin keeps of a cell that left the document.
pub fn to_json(cell: &CellView) -> Value {
    let mut object = Object::new();
    object.insert(schema::ID.into(), cell.id.as_str().into());
    object.insert(schema::CELL_TYPE.into(), cell_type(cell.kind).into());
    object.insert(schema::SOURCE.into(), cell.source.as_str().into());
    object.insert(schema::METADATA.into(), Value::Object(cell.metadata.clone()));
    if runs(cell.kind) {
        object.insert(schema::OUTPUTS.into(), Value::Array(cell.outputs.clone()));
        object.insert(schema::EXECUTION_COUNT.into(), cell.execution_count.into());
    } else if let Some(attachments) = &cell.attachments {
        object.insert(schema::ATTACHMENTS.into(), Value::Object(attachments.clone()));
    }
    Value::Object(object)
}

/// A cell read back from [`to_json`], or from what a client wrote there.
pub fn from_json(id: CellId, value: &Value) -> Option<CellView> {
    let object = value.as_object()?;
    let map = |key: &str| object.get(key).and_then(Value::as_object).cloned();
    let metadata = map(schema::METADATA).unwrap_or_default();
    let prompt = metadata.get(schema::COSCRIBE).and_then(|ours| ours.get(schema::KIND)) == Some(&schema::PROMPT.into());
    let kind = match object.get(schema::CELL_TYPE).and_then(Value::as_str) {
        Some(schema::CODE) if prompt => CellKind::Prompt,
        Some(schema::CODE) => CellKind::Code,
        Some(schema::MARKDOWN) => CellKind::Note,
        _ => CellKind::Raw,
    };
    let outputs = object.get(schema::OUTPUTS).and_then(Value::as_array).cloned().unwrap_or_default();
    Some(CellView {
        id,
        kind,
        source: object.get(schema::SOURCE).map(joined).unwrap_or_default(),
        outputs: outputs.into_iter().filter(Value::is_object).collect(),
        execution_count: object.get(schema::EXECUTION_COUNT).and_then(Value::as_i64),
        metadata,
        attachments: map(schema::ATTACHMENTS),
    })
}
