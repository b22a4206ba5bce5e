//! Runs in the document: what the room writes while cells run. The room decides; here it becomes keys and texts.
//!
//! Imports runs, outputs, answer, earlier, context, outline. Invariant: a cell that is not there any more is passed over.

use serde_json::{Map as Object, Value, json};
use yrs::{GetString, ID, Map, MapRef, ReadTxn, TransactionMut};

use super::{
    Notebook,
    answer::{self, Answer, Part},
    cell,
    context::{self, Question},
    earlier, json,
    outputs::{self, LeftOut, Output, OutputLimits, Outputs},
    runs::Runs,
    schema,
};
use crate::{
    ids::{CellId, RunId},
    vocabulary::{CellKind, EarlierAnswer, KernelChoice, KernelStatus, Millis, Run, source_hash},
};

/// A content that lies in a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// 64 hexadecimal digits.
    pub sha256: String,
    pub mime: String,
    /// In bytes.
    pub size: u64,
}

impl Notebook {
    /// The cells people see, in their order, each with its kind.
    pub fn cells(&self) -> Vec<(CellId, CellKind)> {
        self.outline.visible.iter().map(|entry| (entry.id.clone(), entry.kind)).collect()
    }

    /// What a cell that people see is for.
    pub fn kind(&self, cell: &CellId) -> Option<CellKind> {
        self.outline.visible.iter().find(|entry| entry.id == *cell).map(|entry| entry.kind)
    }

    /// The cell is in the bin.
    pub fn is_binned(&self, cell: &CellId) -> bool {
        self.outline.binned.contains(cell)
    }

    /// The last run of a cell.
    pub fn last_run(&self, cell: &CellId) -> Option<&Run> {
        self.runs.of(cell)
    }

    /// The last runs of all cells.
    pub fn last_runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.all()
    }

    /// Writes the last run of a cell.
    pub fn set_run(&mut self, txn: &mut TransactionMut<'_>, run: Run) {
        if self.outline.knows(&run.cell) || self.runs.of(&run.cell).is_some() {
            self.runs.set(txn, run);
        }
    }

    /// The kernel.
    pub fn kernel(&self) -> &KernelStatus {
        self.runs.kernel()
    }

    /// Writes the state of the kernel.
    pub fn set_kernel(&mut self, txn: &mut TransactionMut<'_>, status: KernelStatus) {
        self.runs.set_kernel(txn, status);
    }

    /// Adds lines to the log of the kernel's preparation; `None` begins a new one.
    pub fn log_kernel(&self, txn: &mut TransactionMut<'_>, lines: Option<&str>) {
        match lines {
            Some(lines) => Runs::log(txn, lines),
            None => Runs::clear_log(txn),
        }
    }

    /// The log of the kernel's preparation.
    pub fn kernel_log<T: ReadTxn>(txn: &T) -> String {
        Runs::read_log(txn)
    }

    /// The kernelspec the notebook asks for.
    pub fn kernelspec<T: ReadTxn>(txn: &T) -> Option<String> {
        metadata_text(txn, schema::KERNELSPEC, schema::NAME)
    }

    /// The language of its code, if it says so.
    pub fn language<T: ReadTxn>(txn: &T) -> Option<String> {
        let of_spec = metadata_text(txn, schema::KERNELSPEC, schema::LANGUAGE);
        of_spec.or_else(|| metadata_text(txn, schema::LANGUAGE_INFO, schema::NAME))
    }

    /// Writes the kernelspec the notebook asks for; what was known of another language goes with it.
    pub fn set_kernelspec(&self, txn: &mut TransactionMut<'_>, choice: &KernelChoice) {
        let meta = schema::map(txn, schema::META);
        let metadata = cell::ensure_metadata(txn, &meta);
        let KernelChoice { name, display_name, language } = choice;
        let spec = json!({ "display_name": display_name, "language": language, "name": name });
        let known = metadata.get(txn, schema::KERNELSPEC).map(|known| json::to_value(txn, &known));
        if known.as_ref() != Some(&spec) {
            metadata.insert(txn, schema::KERNELSPEC, json::to_any(&spec));
            metadata.remove(txn, schema::LANGUAGE_INFO);
        }
    }

    /// Writes what is known of the notebook's language, unless it is known.
    pub fn set_language(&self, txn: &mut TransactionMut<'_>, info: &Object<String, Value>) {
        let meta = schema::map(txn, schema::META);
        let metadata = cell::ensure_metadata(txn, &meta);
        let known = metadata.get(txn, schema::LANGUAGE_INFO).map(|known| json::to_value(txn, &known));
        if known.as_ref().and_then(Value::as_object) != Some(info) {
            metadata.insert(txn, schema::LANGUAGE_INFO, json::object_to_any(info));
        }
    }

    /// Kind and text of a cell that people see.
    pub fn source<T: ReadTxn>(&self, txn: &T, cell: &CellId) -> Option<(CellKind, String)> {
        if self.is_binned(cell) {
            return None;
        }
        let map = self.live_cell(txn, cell)?;
        Some((cell::kind(txn, &map), cell::source(txn, &map).map(|text| text.get_string(txn)).unwrap_or_default()))
    }

    fn map_id(&self, cell: &CellId) -> Option<ID> {
        self.outline.map_of(cell)
    }

    fn live_cell<T: ReadTxn>(&self, txn: &T, cell: &CellId) -> Option<MapRef> {
        outputs::live_map(txn, &self.map_id(cell)?)
    }

    /// The question in a cell with what the notebook says before it.
    pub fn question<T: ReadTxn>(&self, txn: &T, cell: &CellId) -> Option<Question> {
        let is_stale = |cell: &super::CellView| {
            // An answer says itself what it answers: also in a copy, and while the next run waits.
            let hash = answer::source_hash(cell).map(str::to_owned);
            let hash = hash.or_else(|| self.runs.of(&cell.id).and_then(|run| run.source_hash.clone()));
            hash.is_some_and(|hash| hash != source_hash(&cell.source))
        };
        context::question(&Self::view(txn), cell, is_stale)
    }

    /// Begins the outputs of a run of code.
    pub fn begin_outputs(
        &mut self,
        txn: &mut TransactionMut<'_>,
        run: &RunId,
        cell: &CellId,
        limits: OutputLimits,
        now: Millis,
    ) {
        if let Some(map) = self.map_id(cell) {
            let outputs = Outputs::begin(txn, (cell.clone(), map), limits, now);
            self.outputs.insert(run.clone(), outputs);
        }
    }

    /// Begins more outputs of a cell, behind those that are there; false if there is no such cell.
    pub fn resume_outputs(
        &mut self,
        txn: &mut TransactionMut<'_>,
        run: &RunId,
        cell: &CellId,
        limits: OutputLimits,
    ) -> bool {
        let map = self.map_id(cell).filter(|_| self.live_cell(txn, cell).is_some());
        let Some(map) = map else { return false };
        self.outputs.insert(run.clone(), Outputs::resume((cell.clone(), map), limits));
        true
    }

    /// Ends outputs that were none of a run of their cell: what of them is to be kept beside the document.
    pub fn leave_outputs(&mut self, run: &RunId) -> Vec<LeftOut> {
        self.outputs.remove(run).map(Outputs::leave).unwrap_or_default()
    }

    /// Writes what a running program put out.
    pub fn output(&mut self, txn: &mut TransactionMut<'_>, run: &RunId, output: Output) {
        if let Some(outputs) = self.outputs.get_mut(run) {
            outputs.follow(self.outline.map_of(outputs.cell()));
            outputs.write(txn, output);
        }
    }

    /// The number the kernel gave to a run.
    pub fn set_count(&mut self, txn: &mut TransactionMut<'_>, run: &RunId, count: i64) {
        if let Some(outputs) = self.outputs.get(run) {
            outputs.set_count(txn, count);
        }
    }

    /// Ends the outputs of a run of code: what of them is to be kept beside the document.
    pub fn end_outputs(&mut self, txn: &mut TransactionMut<'_>, run: &RunId, count: Option<i64>) -> Vec<LeftOut> {
        let Some(mut outputs) = self.outputs.remove(run) else { return Vec::new() };
        outputs.follow(self.outline.map_of(outputs.cell()));
        outputs.end(txn, count)
    }

    /// A cell that was running when the server ended.
    pub fn settle_cell(&self, txn: &mut TransactionMut<'_>, cell: &CellId) {
        if let Some(map) = self.live_cell(txn, cell).filter(|map| cell::outputs(txn, map).is_some()) {
            map.insert(txn, schema::EXECUTION_STATE, schema::IDLE);
        }
    }

    /// Begins the answer to a question; the one before goes to the earlier ones.
    pub fn begin_answer(&mut self, txn: &mut TransactionMut<'_>, run: &RunId, cell: &CellId, now: Millis) {
        if let Some(map) = self.map_id(cell) {
            let source_hash = self.runs.of(cell).and_then(|run| run.source_hash.clone());
            let answer = Answer::begin(txn, (cell.clone(), map), run.clone(), source_hash.unwrap_or_default(), now);
            self.answers.insert(run.clone(), answer);
        }
    }

    /// The answers of a cell that others took the place of, the last first.
    pub fn earlier_answers<T: ReadTxn>(txn: &T, cell: &CellId) -> Vec<EarlierAnswer> {
        earlier::of(txn, cell)
    }

    /// One that stands in its cell again is no earlier one any more.
    pub fn forget_earlier(txn: &mut TransactionMut<'_>, cell: &CellId, text: &str, thinking: &str) {
        earlier::forget(txn, cell, text, thinking);
    }

    /// Adds to an answer.
    pub fn answer(&mut self, txn: &mut TransactionMut<'_>, run: &RunId, part: Part, text: &str, now: Millis) {
        if let Some(answer) = self.answers.get_mut(run) {
            answer.follow(self.outline.map_of(answer.cell()));
            answer.write(txn, part, text, now);
        }
    }

    /// Ends an answer.
    pub fn end_answer(&mut self, txn: &mut TransactionMut<'_>, run: &Run, sent: &[CellId], now: Millis) {
        if let Some(mut answer) = self.answers.remove(&run.run_id) {
            answer.follow(self.outline.map_of(answer.cell()));
            let sent: Vec<String> = sent.iter().map(ToString::to_string).collect();
            answer.end(txn, run, &sent, now);
        }
    }

    /// Notes in the output that stands for it where a left out text lies.
    pub fn keep(&self, txn: &mut TransactionMut<'_>, cell: &CellId, output: &str, blob: &BlobRef) {
        let Some(output) = self.live_cell(txn, cell).and_then(|map| outputs::find(txn, &map, output)) else { return };
        let mut data = output.get(txn, schema::DATA).map(|data| json::to_value(txn, &data)).unwrap_or_default();
        if let Value::Object(data) = &mut data {
            data.insert(schema::BLOB_REF.into(), json!([blob_value(blob)]));
            output.insert(txn, schema::DATA, json::object_to_any(data));
        }
    }
}

/// A text in an object of the notebook's metadata.
fn metadata_text<T: ReadTxn>(txn: &T, object: &str, key: &str) -> Option<String> {
    let meta = txn.get_map(schema::META).and_then(|meta| cell::metadata(txn, &meta))?;
    let object = json::to_value(txn, &meta.get(txn, object)?);
    object.get(key)?.as_str().map(str::to_owned)
}

/// A reference as it stands in a bundle.
pub fn blob_value(BlobRef { sha256, mime, size }: &BlobRef) -> Value {
    json!({ "sha256": sha256, "mime": mime, "size": size })
}
