//! What a running cell puts out, written into its cell: streams, results, errors, displays.
//!
//! Imports schema, cell, earlier, json, stream. The server is the only writer of outputs; what clients do to them all the same
//! is survived, never trusted: every place is looked up again before it is written to.
//! Invariant: a run's outputs stay within [`OutputLimits`], and what is left out is counted where it would stand.

use std::collections::VecDeque;

use serde_json::{Map as Object, Value, json};
use yrs::{Any, Array, ArrayRef, ID, In, Map, MapRef, Out, ReadTxn, TransactionMut, branch::BranchID};

use super::{
    cell, earlier, json, outline, schema,
    stream::{Middle, Stream},
};
use crate::{ids::CellId, vocabulary::Millis};

/// Bytes of a traceback: why code failed is shown even when there is no room for anything else.
const TRACEBACK_MAX: usize = 64 << 10;

/// How much one run may put into the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLimits {
    /// UTF-16 units of one stream that stay in the document, head and tail together.
    pub stream_units: u32,
    /// Bytes of all outputs of a run that stay in the document.
    pub bytes: usize,
    /// Outputs of a run.
    pub outputs: usize,
    /// Bytes of the left out middles of a run that are kept beside the document.
    pub kept_bytes: usize,
}

impl Default for OutputLimits {
    /// A stream of thousands of lines, tens of pictures, and as much text beside it as anybody will look through.
    fn default() -> Self {
        Self { stream_units: 256 << 10, bytes: 8 << 20, outputs: 1_000, kept_bytes: 16 << 20 }
    }
}

/// A MIME bundle: contents by type, and what is said about them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bundle {
    pub data: Object<String, Value>,
    pub metadata: Object<String, Value>,
}

/// The two streams of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamName {
    Stdout,
    Stderr,
}

impl StreamName {
    /// As nbformat says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// Something a program puts out.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    Stream {
        name: StreamName,
        text: String,
    },
    /// Something people should know of what the program puts out; it stands among it.
    Notice(String),
    Display {
        bundle: Bundle,
        display_id: Option<String>,
    },
    /// Changes every output that was displayed under this id, in whatever cell.
    Update {
        bundle: Bundle,
        display_id: String,
    },
    Result {
        bundle: Bundle,
        display_id: Option<String>,
        count: Option<i64>,
    },
    Error {
        name: String,
        value: String,
        traceback: Vec<String>,
    },
    /// Takes all outputs of the cell away: now, or when the next one comes.
    Clear {
        wait: bool,
    },
}

/// A text that was left out of the document and is to be kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    pub cell: CellId,
    /// The output that stands for it.
    pub output: String,
    pub text: String,
}

/// Writes the outputs of one run.
#[derive(Debug)]
pub struct Outputs {
    cell: CellId,
    /// The map of the cell.
    map: ID,
    limits: OutputLimits,
    stream: Option<Stream>,
    clear_next: bool,
    written: usize,
    bytes: usize,
    /// Outputs that had no place, and the one that says so.
    missing: u64,
    notice: Option<ID>,
    left_out: VecDeque<LeftOut>,
    kept_bytes: usize,
}

impl Outputs {
    /// Begins a run of the cell whose map this is: what the last one put out goes. Answers in a cell that was a prompt
    /// go to the earlier ones.
    pub fn begin(txn: &mut TransactionMut<'_>, place: (CellId, ID), limits: OutputLimits, now: Millis) -> Self {
        let outputs = Self::resume(place, limits);
        if let Some(map) = live_map(txn, &outputs.map) {
            earlier::keep(txn, &outputs.cell, &map, now);
            map.insert(txn, schema::EXECUTION_COUNT, Any::Null);
            map.insert(txn, schema::EXECUTION_STATE, schema::RUNNING);
            clear(txn, &map);
        }
        outputs
    }

    /// Goes on behind the outputs there are.
    pub fn resume((cell, map): (CellId, ID), limits: OutputLimits) -> Self {
        Self {
            cell,
            map,
            limits,
            stream: None,
            clear_next: false,
            written: 0,
            bytes: 0,
            missing: 0,
            notice: None,
            left_out: VecDeque::new(),
            kept_bytes: 0,
        }
    }

    /// The cell has another map: a Jupyter client moved it, which deletes it and inserts a copy.
    pub fn follow(&mut self, map: Option<ID>) {
        self.map = map.unwrap_or(self.map);
    }

    /// The cell it writes into.
    pub fn cell(&self) -> &CellId {
        &self.cell
    }

    /// Writes what the program put out.
    pub fn write(&mut self, txn: &mut TransactionMut<'_>, output: Output) {
        if let Output::Update { bundle, display_id } = output {
            return update_displays(txn, &display_id, &bundle);
        }
        let Some((cell, array)) = self.array(txn) else { return };
        if let Output::Clear { wait } = output {
            self.clear_next = wait;
            if !wait {
                self.clear(txn, &cell);
            }
            return;
        }
        if std::mem::take(&mut self.clear_next) {
            self.clear(txn, &cell);
        }
        match output {
            Output::Stream { name, text } => self.stream(txn, &array, name, &text, false),
            Output::Notice(sentence) => {
                let open = self.stream.as_ref().filter(|stream| stream.is_last(txn, &array)).map(Stream::name);
                self.stream(txn, &array, open.unwrap_or(StreamName::Stderr), &sentence, true);
            }
            Output::Display { bundle, display_id } => {
                self.push(txn, &array, displayed(schema::DISPLAY_DATA, bundle, display_id, None));
            }
            Output::Result { bundle, display_id, count } => {
                self.push(txn, &array, displayed(schema::EXECUTE_RESULT, bundle, display_id, Some(count)));
            }
            Output::Error { name, value, traceback } => {
                let traceback = within(traceback, TRACEBACK_MAX);
                let error = json!({ schema::OUTPUT_TYPE: schema::ERROR, schema::ENAME: name, schema::EVALUE: value,
                    schema::TRACEBACK: traceback });
                self.close_stream();
                array.push_back(txn, In::from(cell::output_prelim(error.as_object().unwrap_or(&Object::new()))));
            }
            Output::Update { .. } | Output::Clear { .. } => {}
        }
    }

    /// The run is over. Gives the texts that are to be kept beside the document.
    pub fn end(self, txn: &mut TransactionMut<'_>, count: Option<i64>) -> Vec<LeftOut> {
        if let Some((map, _)) = self.array(txn) {
            map.insert(txn, schema::EXECUTION_STATE, schema::IDLE);
            if let Some(count) = count {
                map.insert(txn, schema::EXECUTION_COUNT, json::to_any(&count.into()));
            }
        }
        self.leave()
    }

    /// Nothing more follows. Gives the texts that are to be kept beside the document.
    pub fn leave(mut self) -> Vec<LeftOut> {
        self.close_stream();
        self.left_out.into()
    }

    /// The count the kernel gave to the run.
    pub fn set_count(&self, txn: &mut TransactionMut<'_>, count: i64) {
        if let Some((map, _)) = self.array(txn) {
            map.insert(txn, schema::EXECUTION_COUNT, json::to_any(&count.into()));
        }
    }

    /// The outputs of the cell, if it still has any: it may have become a note meanwhile, which has no keys of a run.
    fn array(&self, txn: &TransactionMut<'_>) -> Option<(MapRef, ArrayRef)> {
        let map = live_map(txn, &self.map)?;
        let array = cell::outputs(txn, &map)?;
        Some((map, array))
    }

    fn clear(&mut self, txn: &mut TransactionMut<'_>, cell: &MapRef) {
        clear(txn, cell);
        (self.stream, self.notice) = (None, None);
        (self.written, self.bytes, self.missing) = (0, 0, 0);
        self.left_out.clear();
    }

    fn stream(
        &mut self,
        txn: &mut TransactionMut<'_>,
        array: &ArrayRef,
        name: StreamName,
        text: &str,
        on_its_own_line: bool,
    ) {
        let goes_on = self.stream.as_ref().is_some_and(|stream| stream.name() == name && stream.is_last(txn, array));
        if !goes_on {
            self.close_stream();
            if !self.has_room() {
                return self.note_missing(txn, array);
            }
            self.stream = Some(Stream::open(txn, array, name));
            self.written += 1;
        }
        let Some(stream) = &mut self.stream else { return };
        let before = stream.inline_bytes();
        let line = on_its_own_line.then(|| stream.as_line(text));
        stream.write(txn, array, line.as_deref().unwrap_or(text), self.limits.stream_units);
        self.bytes = (self.bytes + stream.inline_bytes()).saturating_sub(before);
    }

    fn close_stream(&mut self) {
        let middle = self.stream.take().and_then(Stream::into_middle);
        let Some(Middle { output, text }) = middle else { return };
        if self.kept_bytes + text.len() <= self.limits.kept_bytes {
            self.kept_bytes += text.len();
            self.left_out.push_back(LeftOut { cell: self.cell.clone(), output, text });
        }
    }

    fn has_room(&self) -> bool {
        self.written < self.limits.outputs && self.bytes < self.limits.bytes
    }

    fn push(&mut self, txn: &mut TransactionMut<'_>, array: &ArrayRef, output: Value) {
        self.close_stream();
        let Value::Object(output) = output else { return };
        let bytes = weight(&Value::Object(output.clone()));
        if !self.has_room() || self.bytes + bytes > self.limits.bytes {
            return self.note_missing(txn, array);
        }
        self.written += 1;
        self.bytes += bytes;
        array.push_back(txn, In::from(cell::output_prelim(&output)));
    }

    /// Counts an output that had no place, where it would stand.
    fn note_missing(&mut self, txn: &mut TransactionMut<'_>, array: &ArrayRef) {
        self.missing += 1;
        let sentence = match self.missing {
            1 => "One more output is left out: this run has put out more than a notebook can show.".to_owned(),
            many => format!("{many} more outputs are left out: this run has put out more than a notebook can show."),
        };
        let data = json!({ schema::TEXT_PLAIN: sentence });
        if let Some(notice) = self.notice.and_then(|notice| live_map(txn, &notice)) {
            notice.insert(txn, schema::DATA, json::to_any(&data));
            return;
        }
        let metadata = json!({ schema::COSCRIBE: { schema::ID: new_id(), schema::PART: schema::LEFT_OUT } });
        let output = output_object(schema::DISPLAY_DATA, data, metadata);
        let map = array.push_back(txn, In::from(cell::output_prelim(&output)));
        self.notice = map.cast::<MapRef>().ok().and_then(|map| outline::nested_id(map.as_ref()));
    }
}

/// The last lines of a traceback, which say most.
fn within(mut lines: Vec<String>, max: usize) -> Vec<String> {
    let mut bytes = 0;
    let kept = lines.iter().rev().take_while(|line| {
        bytes += line.len();
        bytes <= max
    });
    let kept = kept.count();
    lines.split_off(lines.len() - kept)
}

/// An output with a bundle.
pub fn output_object(output_type: &str, data: Value, metadata: Value) -> Object<String, Value> {
    Object::from_iter([
        (schema::OUTPUT_TYPE.to_owned(), output_type.into()),
        (schema::DATA.to_owned(), data),
        (schema::METADATA.to_owned(), metadata),
    ])
}

/// Names an output for ever.
pub fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn displayed(output_type: &str, bundle: Bundle, display_id: Option<String>, count: Option<Option<i64>>) -> Value {
    let mut metadata = bundle.metadata;
    mark(&mut metadata, new_id(), display_id);
    let mut output = output_object(output_type, Value::Object(bundle.data), Value::Object(metadata));
    if let Some(count) = count {
        output.insert(schema::EXECUTION_COUNT.into(), count.into());
    }
    Value::Object(output)
}

fn mark(metadata: &mut Object<String, Value>, id: String, display_id: Option<String>) {
    let ours = cell::ours(metadata);
    ours.insert(schema::ID.into(), id.into());
    if let Some(display_id) = display_id {
        ours.insert(schema::DISPLAY_ID.into(), display_id.into());
    }
}

/// About how many bytes a value costs in the document.
pub fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 2,
        Value::Object(object) => object.iter().map(|(key, value)| key.len() + 2 + weight(value)).sum::<usize>() + 2,
    }
}

/// Changes all outputs that show a display, of whatever cell.
fn update_displays(txn: &mut TransactionMut<'_>, display_id: &str, bundle: &Bundle) {
    let cells = schema::cells(txn);
    let shown: Vec<MapRef> = json::nested(txn, &cells)
        .into_iter()
        .filter_map(|out| out.cast::<MapRef>().ok())
        .filter_map(|map| cell::outputs(txn, &map))
        .flat_map(|array| json::nested(txn, &array))
        .filter_map(|out| out.cast::<MapRef>().ok())
        .filter(|output| display_id_of(txn, output).as_deref() == Some(display_id))
        .collect();
    for output in shown {
        let mut metadata = bundle.metadata.clone();
        mark(&mut metadata, id_of(txn, &output).unwrap_or_else(new_id), Some(display_id.to_owned()));
        output.insert(txn, schema::DATA, json::object_to_any(&bundle.data));
        output.insert(txn, schema::METADATA, json::object_to_any(&metadata));
    }
}

fn display_id_of<T: ReadTxn>(txn: &T, output: &MapRef) -> Option<String> {
    our_mark(txn, output, schema::DISPLAY_ID)
}

/// The id of an output, if it has one.
pub fn id_of<T: ReadTxn>(txn: &T, output: &MapRef) -> Option<String> {
    our_mark(txn, output, schema::ID)
}

/// What stands in `metadata.coscribe` of an output, without reading its data.
fn our_mark<T: ReadTxn>(txn: &T, output: &MapRef, key: &str) -> Option<String> {
    let metadata = json::to_value(txn, &output.get(txn, schema::METADATA)?);
    metadata.get(schema::COSCRIBE)?.get(key)?.as_str().map(str::to_owned)
}

/// The output of that id in a cell.
pub fn find<T: ReadTxn>(txn: &T, cell: &MapRef, id: &str) -> Option<MapRef> {
    let array = cell::outputs(txn, cell)?;
    let maps = json::nested(txn, &array).into_iter().filter_map(|out| out.cast::<MapRef>().ok());
    maps.into_iter().find(|output| id_of(txn, output).as_deref() == Some(id))
}

/// Takes all outputs of a cell away.
pub fn clear(txn: &mut TransactionMut<'_>, cell: &MapRef) {
    match cell::outputs(txn, cell) {
        Some(array) => {
            let length = array.len(txn);
            if length > 0 {
                array.remove_range(txn, 0, length);
            }
        }
        None => cell::ensure_type_keys(txn, cell, true),
    }
}

/// The map with this identity, unless it is gone.
pub fn live_map<T: ReadTxn>(txn: &T, id: &ID) -> Option<MapRef> {
    let branch = BranchID::get_nested(txn, id).filter(|branch| !branch.is_deleted())?;
    Some(MapRef::from(branch))
}

/// Whether the last element of an array is the map with this identity.
pub fn is_last<T: ReadTxn>(txn: &T, array: &ArrayRef, id: &ID) -> bool {
    let last = array.len(txn).checked_sub(1).and_then(|last| array.get(txn, last));
    matches!(last, Some(Out::YMap(map)) if outline::nested_id(map.as_ref()).as_ref() == Some(id))
}
