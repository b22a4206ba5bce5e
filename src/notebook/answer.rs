//! The answer of a language model, written into its cell while it comes: thinking and answer apart, both texts that
//! people may edit meanwhile.
//!
//! Imports schema, cell, outputs. Invariant: what comes is only ever appended; nothing anybody typed is removed.

use serde_json::{Map as Object, Value, json};
use yrs::branch::BranchID;
use yrs::{Any, Array, ID, In, Map, MapPrelim, MapRef, ReadTxn, Text, TextPrelim, TextRef, TransactionMut};

use super::{CellView, cell, json, outline, outputs, schema};
use crate::{
    ids::{CellId, RunId},
    vocabulary::{Millis, Run},
};

/// In `metadata.coscribe` of both parts: the hash of the question they answer.
const SOURCE_HASH: &str = "sourceHash";

/// Of the question that the answer in a cell answers, if it says so.
pub fn source_hash(cell: &CellView) -> Option<&str> {
    cell.outputs
        .iter()
        .find_map(|output| output.get(schema::METADATA)?.get(schema::COSCRIBE)?.get(SOURCE_HASH)?.as_str())
}

/// The two texts of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Thinking,
    Answer,
}

impl Part {
    fn as_str(self) -> &'static str {
        match self {
            Self::Thinking => schema::THOUGHT,
            Self::Answer => schema::ANSWER,
        }
    }
}

/// Writes the answer of one run.
#[derive(Debug)]
pub struct Answer {
    cell: CellId,
    /// The map of the cell.
    map: ID,
    run: RunId,
    /// Of the question.
    source_hash: String,
    thinking: Option<Written>,
    answer: Option<Written>,
}

/// One of the texts.
#[derive(Debug)]
struct Written {
    output: ID,
    text: ID,
    began: Millis,
}

impl Answer {
    /// Begins an answer in the cell whose map this is: the last one goes.
    pub fn begin(txn: &mut TransactionMut<'_>, cell: CellId, map: ID, run: RunId, source_hash: String) -> Self {
        if let Some(map) = outputs::live_map(txn, &map) {
            map.insert(txn, schema::EXECUTION_COUNT, Any::Null);
            map.insert(txn, schema::EXECUTION_STATE, schema::RUNNING);
            outputs::clear(txn, &map);
        }
        Self { cell, map, run, source_hash, thinking: None, answer: None }
    }

    /// The cell has another map: a Jupyter client moved it, which deletes it and inserts a copy.
    pub fn follow(&mut self, map: Option<ID>) {
        self.map = map.unwrap_or(self.map);
    }

    /// The cell it writes into.
    pub fn cell(&self) -> &CellId {
        &self.cell
    }

    /// Adds to one of the texts. One that somebody has deleted begins anew.
    pub fn write(&mut self, txn: &mut TransactionMut<'_>, part: Part, text: &str, now: Millis) {
        let written = match part {
            Part::Thinking => &self.thinking,
            Part::Answer => &self.answer,
        };
        match written.as_ref().and_then(|written| live_text(txn, &written.text)) {
            Some(there) => there.push(txn, text),
            None => self.begin_part(txn, part, text, now),
        }
    }

    fn begin_part(&mut self, txn: &mut TransactionMut<'_>, part: Part, text: &str, now: Millis) {
        let Some(array) = outputs::live_map(txn, &self.map).and_then(|cell| cell::outputs(txn, &cell)) else { return };
        let metadata = self.metadata(part, Object::new());
        let mut data = vec![(schema::TEXT_MARKDOWN, In::from(TextPrelim::new(text)))];
        if part == Part::Thinking {
            data.push((schema::THINKING, In::Any(json::to_any(&json!({})))));
        }
        let data: MapPrelim = data.into_iter().collect();
        let output: MapPrelim = [
            (schema::OUTPUT_TYPE, In::from(schema::DISPLAY_DATA)),
            (schema::DATA, In::from(data)),
            (schema::METADATA, In::Any(json::to_any(&metadata))),
        ]
        .into_iter()
        .collect();
        // Thinking stands before the answer, whenever it comes.
        let at = if part == Part::Thinking { 0 } else { array.len(txn) };
        let output = array.insert(txn, at, output);
        let text = text_of(txn, &output).and_then(|text| outline::nested_id(text.as_ref()));
        let written = outline::nested_id(output.as_ref()).zip(text);
        let written = written.map(|(output, text)| Written { output, text, began: now });
        match part {
            Part::Thinking => self.thinking = written,
            Part::Answer => self.answer = written,
        }
    }

    fn metadata(&self, part: Part, more: Object<String, Value>) -> Value {
        let mut ours = Object::from_iter([
            (schema::ID.to_owned(), outputs::new_id().into()),
            (schema::PART.to_owned(), part.as_str().into()),
            ("run".to_owned(), self.run.as_str().into()),
            (SOURCE_HASH.to_owned(), self.source_hash.as_str().into()),
        ]);
        ours.extend(more);
        match part {
            Part::Answer => json!({ schema::IS_AI_RES: true, schema::COSCRIBE: ours }),
            Part::Thinking => json!({ schema::COSCRIBE: ours }),
        }
    }

    /// The answer is over: how, by which model, at what cost, and which cells were sent with the question.
    pub fn end(self, txn: &mut TransactionMut<'_>, run: &Run, sent: &[String], now: Millis) {
        // It may have become a note meanwhile, which has no keys of a run.
        if let Some(cell) = outputs::live_map(txn, &self.map).filter(|cell| cell::outputs(txn, cell).is_some()) {
            cell.insert(txn, schema::EXECUTION_STATE, schema::IDLE);
        }
        if let Some(output) = self.answer.as_ref().and_then(|answer| outputs::live_map(txn, &answer.output)) {
            let mut more = Object::from_iter([
                ("status".to_owned(), json!(run.state)),
                ("sent".to_owned(), json!({ "cells": sent })),
            ]);
            more.extend(run.model.as_ref().map(|model| ("model".to_owned(), model.as_str().into())));
            more.extend(run.usage.map(|usage| ("usage".to_owned(), json!(usage))));
            more.extend(run.notice.as_ref().map(|notice| ("notice".to_owned(), notice.as_str().into())));
            more.extend(run.stopped_by.as_ref().map(|actor| ("stoppedBy".to_owned(), actor.name.as_str().into())));
            output.insert(txn, schema::METADATA, json::to_any(&self.metadata(Part::Answer, more)));
        }
        self.end_thinking(txn, now);
    }

    fn end_thinking(&self, txn: &mut TransactionMut<'_>, now: Millis) {
        let Some(thinking) = &self.thinking else { return };
        let until = self.answer.as_ref().map_or(now, |answer| answer.began);
        let data = outputs::live_map(txn, &thinking.output).and_then(|output| data_of(txn, &output));
        if let Some(data) = data {
            let took = json!({ "ms": (until - thinking.began).max(0) });
            data.insert(txn, schema::THINKING, json::to_any(&took));
        }
    }
}

fn data_of<T: ReadTxn>(txn: &T, output: &MapRef) -> Option<MapRef> {
    output.get(txn, schema::DATA)?.cast().ok()
}

fn text_of<T: ReadTxn>(txn: &T, output: &MapRef) -> Option<TextRef> {
    data_of(txn, output)?.get(txn, schema::TEXT_MARKDOWN)?.cast().ok()
}

fn live_text<T: ReadTxn>(txn: &T, id: &ID) -> Option<TextRef> {
    let branch = BranchID::get_nested(txn, id).filter(|branch| !branch.is_deleted())?;
    Some(TextRef::from(branch))
}
