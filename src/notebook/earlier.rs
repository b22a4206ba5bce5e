//! Answers that another took the place of, with all that people wrote into them.
//!
//! They lie in a root of their own, under `{cell}/{run}`: among the outputs every Jupyter client would show them. A page
//! that had words in an answer which the server did not know when it went puts its own version beside (`doc/earlier.ts`).
//! Imports schema, cell, json, outputs, thoughts. Invariant: no text of an answer leaves a cell for another without
//! standing here.

use serde::de::DeserializeOwned;
use serde_json::Value;
use yrs::{Map, MapRef, Out, ReadTxn, TransactionMut};

use super::{cell, json, outputs, schema, thoughts::is_thinking};
use crate::{
    ids::CellId,
    vocabulary::{EarlierAnswer, Millis},
};

/// Of one cell; more than anybody compares. The oldest go.
const ANSWERS_MAX: usize = 20;

/// Bytes of the texts of one cell: every newcomer is sent them. The newest is kept, however long.
const BYTES_MAX: usize = 1 << 20;

/// Keeps the answer that stands in a cell, if there is any; another is to take its place.
pub fn keep(txn: &mut TransactionMut<'_>, id: &CellId, map: &MapRef, now: Millis) {
    let parts = parts(txn, map);
    let Some(answer) = answer(id, &parts, now) else { return };
    let run = parts.iter().find_map(|part| ours(part)?.get(schema::RUN)?.as_str().map(str::to_owned));
    let key = format!("{id}/{}", run.unwrap_or_else(outputs::new_id));
    let value = serde_json::to_value(&answer).unwrap_or_default();
    schema::map(txn, schema::EARLIER).insert(txn, key, json::to_any(&value));
    drop_oldest(txn, id);
}

/// The earlier answers of a cell, the last first.
pub fn of<T: ReadTxn>(txn: &T, id: &CellId) -> Vec<EarlierAnswer> {
    entries(txn, id).into_iter().map(|(_, answer)| answer).collect()
}

/// One that stands in its cell again is no earlier one any more.
pub fn forget(txn: &mut TransactionMut<'_>, id: &CellId, text: &str, thinking: &str) {
    let same =
        |answer: &EarlierAnswer| answer.text == text && answer.thinking.as_deref().unwrap_or_default() == thinking;
    let keys = entries(txn, id).into_iter().filter(|(_, answer)| same(answer)).map(|(key, _)| key);
    remove(txn, keys.collect());
}

/// Takes away what is kept of cells that are gone.
pub fn remove_of(txn: &mut TransactionMut<'_>, is_gone: impl Fn(&str) -> bool) {
    let root = schema::map(txn, schema::EARLIER);
    let keys = root.keys(txn).filter(|key| key.split_once('/').is_some_and(|(cell, _)| is_gone(cell)));
    let keys = keys.map(str::to_owned).collect();
    remove(txn, keys);
}

fn remove(txn: &mut TransactionMut<'_>, keys: Vec<String>) {
    let root = schema::map(txn, schema::EARLIER);
    for key in keys {
        root.remove(txn, &key);
    }
}

fn drop_oldest(txn: &mut TransactionMut<'_>, id: &CellId) {
    let (mut count, mut bytes) = (0, 0);
    let beyond = entries(txn, id).into_iter().filter(|(_, answer)| {
        count += 1;
        bytes += answer.text.len() + answer.thinking.as_ref().map_or(0, String::len);
        count > 1 && (count > ANSWERS_MAX || bytes > BYTES_MAX)
    });
    let beyond = beyond.map(|(key, _)| key).collect();
    remove(txn, beyond);
}

/// What is kept of a cell, the last first; what clients wrote that is no answer is passed over.
fn entries<T: ReadTxn>(txn: &T, id: &CellId) -> Vec<(String, EarlierAnswer)> {
    let Some(root) = txn.get_map(schema::EARLIER) else { return Vec::new() };
    let of_cell = |key: &str| key.split_once('/').is_some_and(|(cell, _)| cell == id.as_str());
    let kept = root.iter(txn).filter(|(key, _)| of_cell(key));
    let mut kept: Vec<(String, EarlierAnswer)> =
        kept.filter_map(|(key, out)| Some((key.to_owned(), parsed(json::to_value(txn, &out))?))).collect();
    kept.retain(|(_, answer)| answer.cell == *id);
    kept.sort_by(|(one, earlier), (other, later)| later.at.cmp(&earlier.at).then_with(|| one.cmp(other)));
    kept
}

/// The outputs of a cell that are thinking and answer.
fn parts<T: ReadTxn>(txn: &T, map: &MapRef) -> Vec<Value> {
    let Some(array) = cell::outputs(txn, map) else { return Vec::new() };
    let outputs = json::nested(txn, &array).into_iter().filter_map(|out| out.cast::<MapRef>().ok());
    outputs.filter(|output| is_said(txn, output)).map(|output| json::to_object(txn, &output).into()).collect()
}

/// By its metadata alone: the outputs of code may be large.
fn is_said<T: ReadTxn>(txn: &T, output: &MapRef) -> bool {
    let metadata = output.get(txn, schema::METADATA).map(|metadata: Out| json::to_value(txn, &metadata));
    let Some(Value::Object(metadata)) = metadata else { return false };
    let part = metadata.get(schema::COSCRIBE).and_then(|ours| ours.get(schema::PART)?.as_str());
    matches!(part, Some(schema::ANSWER | schema::THOUGHT))
        || metadata.get(schema::IS_AI_RES) == Some(&Value::Bool(true))
}

/// All that was said as one answer; none if that is nothing.
fn answer(id: &CellId, parts: &[Value], now: Millis) -> Option<EarlierAnswer> {
    let (thinking, answers): (Vec<_>, Vec<_>) = parts.iter().partition(|part| is_thinking(part));
    let (text, thinking) = (joined(&answers), joined(&thinking));
    if text.trim().is_empty() && thinking.trim().is_empty() {
        return None;
    }
    let of_answer = |key: &str| answers.iter().rev().find_map(|part| ours(part)?.get(key).cloned());
    let word = |key: &str| of_answer(key).and_then(parsed);
    Some(EarlierAnswer {
        cell: id.clone(),
        at: now,
        text,
        thinking: (!thinking.is_empty()).then_some(thinking),
        model: word("model"),
        usage: of_answer("usage").and_then(parsed),
        notice: word("notice"),
        stopped_by: word("stoppedBy"),
        source_hash: parts.iter().find_map(|part| parsed(ours(part)?.get(schema::SOURCE_HASH)?.clone())),
        sent: of_answer("sent").and_then(|sent| parsed(sent.get("cells")?.clone())),
    })
}

fn joined(parts: &[&Value]) -> String {
    let texts = parts.iter().filter_map(|part| part.get(schema::DATA)?.get(schema::TEXT_MARKDOWN)).map(cell::joined);
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn ours(output: &Value) -> Option<&Value> {
    output.get(schema::METADATA)?.get(schema::COSCRIBE)
}

fn parsed<V: DeserializeOwned>(value: Value) -> Option<V> {
    serde_json::from_value(value).ok()
}
