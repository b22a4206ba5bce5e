//! Cells and their outputs as text that an agent can read.
//!
//! Numbers are told as `i64`: clients know no other formats of JSON Schema.
//! Invariant: whatever a cell put out, what is told of it is bounded, and says how much is missing and where to get it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    ids::CellId,
    notebook::CellView,
    vocabulary::{CellKind, source_hash},
};

/// Characters of outputs in one answer.
pub const OUTPUT_MAX: usize = 20_000;

/// A cell as an agent reads it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CellText {
    pub id: CellId,
    pub kind: CellKind,
    /// Of the source; `edit_cell` takes it as `base`.
    pub version: String,
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_count: Option<i64>,
    /// What it put out, or what a model answered, as text; its beginning if it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Piece>,
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Piece {
    pub text: String,
    /// There is more: `read_outputs` goes on at this `offset`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i64>")]
    pub next: Option<usize>,
    /// Characters of the whole.
    #[schemars(with = "i64")]
    pub total: usize,
}

impl CellText {
    /// A cell with its outputs.
    pub fn whole(cell: CellView) -> Self {
        let outputs = piece(&outputs_text(&cell.outputs), 0);
        Self { outputs: Some(outputs).filter(|piece| piece.total > 0), ..Self::source(cell) }
    }

    /// A cell without its outputs.
    pub fn source(CellView { id, kind, source, execution_count, .. }: CellView) -> Self {
        Self { id, kind, version: source_hash(&source), source, execution_count, outputs: None }
    }
}

/// The part of a text that begins after `offset` characters.
pub fn piece(text: &str, offset: usize) -> Piece {
    let total = text.chars().count();
    let end = offset.saturating_add(OUTPUT_MAX);
    let text = text.chars().skip(offset).take(OUTPUT_MAX).collect();
    Piece { text, next: (end < total).then_some(end), total }
}

/// All outputs of a cell.
pub fn outputs_text(outputs: &[Value]) -> String {
    outputs.iter().map(output_text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

fn output_text(output: &Value) -> String {
    match output["output_type"].as_str() {
        Some("stream") => plain(&joined(&output["text"])).trim_end_matches('\n').to_owned(),
        Some("error") => error_text(output),
        _ => data_text(&output["data"]),
    }
}

fn error_text(output: &Value) -> String {
    let lines = output["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let traceback = plain(&lines.collect::<Vec<_>>().join("\n"));
    let said =
        format!("{}: {}", output["ename"].as_str().unwrap_or("Error"), output["evalue"].as_str().unwrap_or_default());
    if traceback.contains(&said) { traceback } else { format!("{traceback}\n{said}").trim_start().to_owned() }
}

/// The most readable form there is; the others are named.
fn data_text(data: &Value) -> String {
    let Some(forms) = data.as_object() else { return String::new() };
    let readable = ["text/markdown", "text/plain", "text/latex", "application/json", "text/html"];
    let found = readable.iter().find_map(|form| forms.get(*form));
    let others = forms.keys().filter(|form| !readable.contains(&form.as_str())).map(|form| format!("[{form}]"));
    found.map(joined).into_iter().chain(others).collect::<Vec<_>>().join("\n")
}

/// A text as nbformat has it, whole or in lines.
fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A text without the colours of terminals.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        shown.push_str(&rest[..at]);
        let sequence = &rest[at + 2..];
        let end = sequence.find(|character: char| ('\u{40}'..='\u{7e}').contains(&character));
        rest = end.map_or("", |end| &sequence[end + 1..]);
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outputs_become_text_and_what_is_no_text_is_named() {
        let outputs = [
            json!({ "output_type": "stream", "name": "stdout", "text": ["a\n", "\u{1b}[31mred\u{1b}[0m\n"] }),
            json!({ "output_type": "display_data", "data": { "image/png": "AAAA", "text/plain": "<Figure>" } }),
            json!({ "output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["\u{1b}[0;31mTrace\u{1b}[0m"] }),
        ];
        assert_eq!(outputs_text(&outputs), "a\nred\n<Figure>\n[image/png]\nTrace\nValueError: no");
        assert_eq!(plain("a\u{1b}["), "a");
    }

    #[test]
    fn a_long_text_is_read_piece_by_piece() {
        let text = "é".repeat(OUTPUT_MAX + 1);
        let first = piece(&text, 0);
        assert_eq!(
            (first.text.chars().count(), first.next, first.total),
            (OUTPUT_MAX, Some(OUTPUT_MAX), OUTPUT_MAX + 1)
        );
        assert_eq!(piece(&text, OUTPUT_MAX), Piece { text: "é".into(), next: None, total: OUTPUT_MAX + 1 });
        assert_eq!(piece("abc", usize::MAX).text, "");
    }
}
