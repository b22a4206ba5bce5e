//! The widgets of the kernel as everybody sees them: the root `models`, which only the server writes.
//!
//! A model is a map of its own: what it is, and its state key by key, so that a slider that moves costs one number.
//! Imports schema, json, cell, outputs, running. Invariants: what is in the root is what the server wrote; there are never
//! more than [`MODELS_MAX`] models, nor more than [`BYTES_MAX`] of their states in the document.

mod captured;
mod entry;
mod file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map as Object, Value, json};
use yrs::{Map, MapPrelim, MapRef, Out, ReadTxn, TransactionMut};

use self::captured::Captured;
use super::{
    Notebook, cell, json,
    outputs::{Output, weight},
    schema,
};
use crate::ids::RunId;

pub use self::entry::{Entries, entries, is_large as are_large, move_large_parts as move_large_entries, size_of};
pub use self::file::{blobs_called, carry_blobs, put as put_into_file, take as take_from_file};

/// Models of a notebook. A program that makes new ones in every run, and shows the newest, keeps those.
const MODELS_MAX: usize = 2_000;
/// Bytes of all states that stand in the document; large values lie in blobs.
const BYTES_MAX: usize = 8 << 20;
/// So much of either goes at once, so that it is seldom.
const ROOM: usize = 4;
/// Of those that nothing shows, the newest stay: a program shows what it has just made a moment later.
const NEWEST: usize = 256;
/// A map in which so often a value took the place of another is written anew: what was overwritten is forgotten then.
const REWRITE_AFTER: u32 = 2_000;
/// Messages of a widget's own that are told at once, and their bytes.
const MESSAGES_MAX: usize = 64;
const MESSAGES_BYTES: usize = 256 << 10;

/// The value of an Output widget's state that we write for it.
const OUTPUTS: &str = "outputs";

/// What a program does with a widget.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEvent {
    Opened {
        model: String,
        state: Entries,
    },
    Changed {
        model: String,
        state: Entries,
    },
    /// Messages of their own, which are no state: `{"content": …, "buffers": ["base64", …]}`.
    Said {
        model: String,
        message: Value,
    },
    Closed {
        model: String,
    },
    /// What the model takes of the program's output is told under this run.
    Takes {
        model: String,
        run: RunId,
    },
}

/// Why nothing was done with a widget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelRefused {
    /// No kernel has it.
    Gone,
    /// The widgets of the notebook are too large.
    NoRoom,
}

impl ModelEvent {
    /// The state it brings.
    pub fn state_mut(&mut self) -> Option<&mut Entries> {
        match self {
            Self::Opened { state, .. } | Self::Changed { state, .. } => Some(state),
            Self::Said { .. } | Self::Closed { .. } | Self::Takes { .. } => None,
        }
    }
}

/// One model.
#[derive(Debug, Default)]
struct Model {
    /// In the shape of the document, without its state.
    about: Object<String, Value>,
    state: Entries,
    said: Option<Value>,
    /// When it came, among the others.
    born: u64,
    overwritten: u32,
    captured: Captured,
}

impl Model {
    fn bytes(&self) -> usize {
        entry::size_of(&self.state)
    }

    fn has_ended(&self) -> bool {
        self.about.contains_key(schema::ENDED)
    }

    /// As it stands in the document.
    fn value(&self) -> Value {
        let mut value = self.about.clone();
        value.insert(schema::MODEL_STATE.into(), Value::Object(self.state.clone()));
        value.extend(self.said.clone().map(|said| (schema::SAID.to_owned(), said)));
        Value::Object(value)
    }

    fn read(value: Value) -> Option<Self> {
        let Value::Object(mut about) = value else { return None };
        let Some(Value::Object(state)) = about.remove(schema::MODEL_STATE) else { return None };
        let said = about.remove(schema::SAID);
        Some(Self { about, state, said, ..Self::default() })
    }
}

/// What the server has written.
#[derive(Debug, Default)]
pub struct Models {
    models: BTreeMap<String, Model>,
    bytes: usize,
    /// The number of the newest change, and of the newest model.
    seq: u64,
    takers: HashMap<RunId, String>,
    /// Models whose outputs the kernel is to be told.
    taken: BTreeSet<String>,
    /// What models say of their own and is not yet told.
    saying: BTreeMap<String, Vec<Value>>,
}

impl Models {
    /// What a loaded document holds.
    pub fn read<T: ReadTxn>(txn: &T) -> Self {
        let root = txn.get_map(schema::MODELS);
        let entries =
            root.iter().flat_map(|root| root.iter(txn).map(|(id, out)| (id.to_owned(), json::to_value(txn, &out))));
        let mut read = Self::default();
        for (id, value) in entries {
            let Some(model) = Model::read(value) else { continue };
            let newest = model.state.values().filter_map(|entry| entry.get(entry::SEQ)?.as_u64()).max();
            read.seq = read.seq.max(newest.unwrap_or_default());
            read.bytes += model.bytes();
            read.models.insert(id, model);
        }
        read
    }

    /// Writes the models of a file: nobody runs them any more.
    pub fn write_file(txn: &mut TransactionMut<'_>, models: &Object<String, Value>) {
        for (id, model) in models {
            if let Some(mut model) = Model::read(model.clone()) {
                model.about.insert(schema::ENDED.into(), true.into());
                model.state.values_mut().for_each(|entry| entry[entry::SEQ] = 1.into());
                insert(txn, id, &model);
            }
        }
    }

    /// All of them, in the shape of the document.
    pub fn view<T: ReadTxn>(txn: &T) -> Object<String, Value> {
        txn.get_map(schema::MODELS).map(|root| json::to_object(txn, &root)).unwrap_or_default()
    }

    /// Takes away what clients wrote.
    pub fn restore(&self, txn: &mut TransactionMut<'_>) {
        let root = schema::map(txn, schema::MODELS);
        let strange: Vec<String> =
            root.iter(txn).filter(|(id, out)| !self.holds(txn, id, out)).map(|(id, _)| id.to_owned()).collect();
        for id in strange {
            root.remove(txn, &id);
        }
        let missing = self.models.iter().filter(|(id, _)| !root.contains_key(txn, id)).collect::<Vec<_>>();
        for (id, model) in missing {
            insert(txn, id, model);
        }
    }

    fn holds<T: ReadTxn>(&self, txn: &T, id: &str, out: &Out) -> bool {
        self.models.get(id).is_some_and(|model| model.value() == json::to_value(txn, out))
    }

    /// Whether a kernel has it.
    pub fn is_live(&self, id: &str) -> bool {
        self.models.get(id).is_some_and(|model| !model.has_ended())
    }

    fn next(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    fn open(&mut self, txn: &mut TransactionMut<'_>, id: String, state: Entries) {
        self.remove(txn, &id);
        let text =
            |key: &str| state.get(key).and_then(|entry| entry.get(entry::VALUE)).cloned().unwrap_or_else(|| "".into());
        let about = [
            ("_model_module", schema::MODEL_MODULE),
            ("_model_name", schema::MODEL_NAME),
            ("_model_module_version", schema::MODEL_VERSION),
        ];
        let about = about.into_iter().map(|(key, ours)| (ours.to_owned(), text(key))).collect();
        let born = self.next();
        let mut model = Model { about, born, ..Model::default() };
        if let Some(value) = state.get(OUTPUTS).and_then(|entry| entry.get(entry::VALUE)) {
            model.captured.set(value);
        }
        model.state = state.into_iter().map(|(key, entry)| (key, numbered(entry, born))).collect();
        self.bytes += model.bytes();
        insert(txn, &id, &model);
        self.models.insert(id, model);
    }

    fn remove(&mut self, txn: &mut TransactionMut<'_>, id: &str) {
        let Some(model) = self.models.remove(id) else { return };
        self.bytes = self.bytes.saturating_sub(model.bytes());
        schema::map(txn, schema::MODELS).remove(txn, id);
    }

    fn close(&mut self, txn: &mut TransactionMut<'_>, id: &str) {
        self.remove(txn, id);
        self.takers.retain(|_, taker| taker != id);
    }

    /// Writes values of a live model; the number of the change.
    fn change(&mut self, txn: &mut TransactionMut<'_>, id: &str, changed: Entries) -> Option<u64> {
        let seq = self.next();
        let model = self.models.get_mut(id).filter(|model| !model.has_ended())?;
        let state = state_map(txn, id);
        for (key, entry) in changed {
            let entry = numbered(entry, seq);
            if let Some(state) = &state {
                state.insert(txn, key.as_str(), json::to_any(&entry));
            }
            self.bytes += weight(&entry);
            if let Some(before) = model.state.insert(key, entry) {
                self.bytes = self.bytes.saturating_sub(weight(&before));
                model.overwritten += 1;
            }
        }
        if state.is_none() || model.overwritten > REWRITE_AFTER {
            model.overwritten = 0;
            insert(txn, id, model);
        }
        Some(seq)
    }

    /// Writes what somebody did with a live model: only what the program knows of it, and only if there is room for it.
    fn do_with(&mut self, txn: &mut TransactionMut<'_>, id: &str, mut changed: Entries) -> Result<u64, ModelRefused> {
        let model = self.models.get(id).filter(|model| !model.has_ended()).ok_or(ModelRefused::Gone)?;
        changed.retain(|key, _| model.state.contains_key(key));
        let before: usize = changed.keys().filter_map(|key| model.state.get(key)).map(weight).sum();
        let after = entry::size_of(&changed);
        if after > before && self.bytes + after - before > BYTES_MAX {
            return Err(ModelRefused::NoRoom);
        }
        self.change(txn, id, changed).ok_or(ModelRefused::Gone)
    }

    /// The program has changed a model itself.
    fn changed(&mut self, txn: &mut TransactionMut<'_>, id: &str, changed: Entries) {
        if let (Some(entry), Some(model)) = (changed.get(OUTPUTS), self.models.get_mut(id)) {
            model.captured.set(entry.get(entry::VALUE).unwrap_or(&Value::Null));
        }
        self.change(txn, id, changed);
    }

    /// Tells whoever is there what a widget says; nobody who comes later.
    fn say(&mut self, txn: &mut TransactionMut<'_>, id: &str, messages: Vec<Value>) {
        let seq = self.next();
        let Some(model) = self.models.get_mut(id).filter(|model| !model.has_ended()) else { return };
        let mut bytes = 0;
        let newest = messages.into_iter().rev().take(MESSAGES_MAX).take_while(|message| {
            bytes += weight(message);
            bytes <= MESSAGES_BYTES
        });
        let mut messages: Vec<Value> = newest.collect();
        messages.reverse();
        let said = read_back(&json!({ entry::SEQ: seq, schema::MESSAGES: messages }));
        if let Some(map) = model_map(txn, id) {
            map.insert(txn, schema::SAID, json::to_any(&said));
        }
        model.said = Some(said);
        model.overwritten += 1;
    }

    /// What the program did with a widget.
    pub fn hear(&mut self, txn: &mut TransactionMut<'_>, event: ModelEvent) {
        match event {
            ModelEvent::Opened { model, state } => self.open(txn, model, state),
            ModelEvent::Changed { model, state } => self.changed(txn, &model, state),
            ModelEvent::Said { model, message } => self.saying.entry(model).or_default().push(message),
            ModelEvent::Closed { model } => self.close(txn, &model),
            ModelEvent::Takes { model, run } => drop(self.takers.insert(run, model)),
        }
    }

    /// All that was heard at once is in. False if there was no room for all of it.
    pub fn settle(&mut self, txn: &mut TransactionMut<'_>) -> bool {
        for (model, messages) in std::mem::take(&mut self.saying) {
            self.say(txn, &model, messages);
        }
        !self.is_over() || self.make_room(txn)
    }

    /// Whether a model takes the output of this run; it is written there.
    pub fn take(&mut self, txn: &mut TransactionMut<'_>, run: &RunId, output: &Output) -> bool {
        let Some(id) = self.takers.get(run).cloned() else { return false };
        let Some(model) = self.models.get_mut(&id) else { return true };
        if model.captured.write(output.clone()) {
            let value = model.captured.value();
            self.change(txn, &id, Entries::from_iter([(OUTPUTS.to_owned(), json!({ entry::VALUE: value }))]));
            self.taken.insert(id);
        }
        true
    }

    /// The models that have taken output since this was last asked, and all that each has.
    pub fn taken(&mut self) -> Vec<(String, Value)> {
        let taken = std::mem::take(&mut self.taken).into_iter();
        let value = |id: &String| Some(self.models.get(id)?.captured.value());
        taken.filter_map(|id| value(&id).map(|value| (id, value))).collect()
    }

    /// The kernel is gone: what its widgets showed last stays as long as some output shows it.
    pub fn end(&mut self, txn: &mut TransactionMut<'_>) {
        self.takers.clear();
        self.taken.clear();
        self.saying.clear();
        if self.models.is_empty() {
            return;
        }
        for id in self.unseen(txn) {
            self.close(txn, &id);
        }
        for (id, model) in self.models.iter_mut().filter(|(_, model)| !model.has_ended()) {
            model.about.insert(schema::ENDED.into(), true.into());
            if let Some(map) = model_map(txn, id) {
                map.insert(txn, schema::ENDED, true);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.models.len() > MODELS_MAX || self.bytes > BYTES_MAX
    }

    /// Takes those away that nothing shows, the oldest first; if that is not enough, the newest, which are too many.
    fn make_room(&mut self, txn: &mut TransactionMut<'_>) -> bool {
        let mut unseen = self.unseen(txn);
        unseen.sort_by_key(|id| self.models[id].born);
        unseen.truncate(unseen.len().saturating_sub(NEWEST));
        let (fewer, smaller) = (MODELS_MAX - MODELS_MAX / ROOM, BYTES_MAX - BYTES_MAX / ROOM);
        for id in unseen {
            if self.models.len() <= fewer && self.bytes <= smaller {
                return true;
            }
            self.close(txn, &id);
        }
        let fits = !self.is_over();
        while self.is_over() {
            let newest = self.models.iter().max_by_key(|(_, model)| model.born).map(|(id, _)| id.clone());
            let Some(newest) = newest else { break };
            self.close(txn, &newest);
        }
        fits
    }

    /// Those that no output shows, nor any model that one shows.
    fn unseen<T: ReadTxn>(&self, txn: &T) -> Vec<String> {
        let mut waiting = shown(txn);
        let mut seen = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            let Some(model) = self.models.get(&id) else { continue };
            if seen.insert(id) {
                model.state.values().for_each(|entry| entry::named(entry, &mut |named| waiting.push(named.to_owned())));
            }
        }
        self.models.keys().filter(|id| !seen.contains(*id)).cloned().collect()
    }
}

/// The models that outputs of cells show.
fn shown<T: ReadTxn>(txn: &T) -> Vec<String> {
    let mut shown = Vec::new();
    let cells = schema::find_cells(txn).map(|cells| json::nested(txn, &cells)).unwrap_or_default();
    let outputs = cells.into_iter().filter_map(|cell| cell::outputs(txn, &cell.cast::<MapRef>().ok()?));
    for output in outputs.flat_map(|outputs| json::nested(txn, &outputs)) {
        let data = output.cast::<MapRef>().ok().and_then(|output| output.get(txn, schema::DATA));
        let view = data.map(|data| json::to_value(txn, &data)).unwrap_or_default();
        shown.extend(view.get(entry::VIEW).and_then(|view| Some(view.get(entry::MODEL_ID)?.as_str()?.to_owned())));
    }
    shown
}

/// An entry as it is read back from the document, where 1.0 is 1.
fn numbered(mut entry: Value, seq: u64) -> Value {
    entry[entry::SEQ] = seq.into();
    read_back(&entry)
}

fn read_back(value: &Value) -> Value {
    json::any_to_value(&json::to_any(value), json::DEPTH_MAX)
}

fn model_map(txn: &mut TransactionMut<'_>, id: &str) -> Option<MapRef> {
    schema::map(txn, schema::MODELS).get(txn, id)?.cast().ok()
}

fn state_map(txn: &mut TransactionMut<'_>, id: &str) -> Option<MapRef> {
    model_map(txn, id)?.get(txn, schema::MODEL_STATE)?.cast().ok()
}

/// Writes a model whole.
fn insert(txn: &mut TransactionMut<'_>, id: &str, model: &Model) {
    let about = model.about.iter().map(|(key, value)| (key.clone(), json::to_any(value)));
    let map = schema::map(txn, schema::MODELS).insert(txn, id, MapPrelim::from_iter(about));
    let state = model.state.iter().map(|(key, entry)| (key.clone(), json::to_any(entry)));
    map.insert(txn, schema::MODEL_STATE, MapPrelim::from_iter(state));
    if let Some(said) = &model.said {
        map.insert(txn, schema::SAID, json::to_any(said));
    }
}

impl Notebook {
    /// What the program did with a widget; to be settled with all that comes with it.
    pub fn hear_model(&mut self, txn: &mut TransactionMut<'_>, event: ModelEvent) {
        self.models.hear(txn, event);
    }

    /// All that was heard of widgets at once is in. False if there was no room for all of it.
    pub fn settle_models(&mut self, txn: &mut TransactionMut<'_>) -> bool {
        self.models.settle(txn)
    }

    /// Whether a widget takes the output of this run; it is written there.
    pub fn take_output(&mut self, txn: &mut TransactionMut<'_>, run: &RunId, output: &Output) -> bool {
        self.models.take(txn, run, output)
    }

    /// Whether a kernel has this widget.
    pub fn has_model(&self, model: &str) -> bool {
        self.models.is_live(model)
    }

    /// Writes what somebody did with a widget; the number of the change.
    ///
    /// # Errors
    /// No kernel has it, or there is no room for what it would be.
    pub fn change_model(
        &mut self,
        txn: &mut TransactionMut<'_>,
        model: &str,
        changed: Entries,
    ) -> Result<u64, ModelRefused> {
        self.models.do_with(txn, model, changed)
    }

    /// The widgets that have taken output since this was last asked, and all that each has.
    pub fn outputs_taken(&mut self) -> Vec<(String, Value)> {
        self.models.taken()
    }

    /// The kernel is gone, and its widgets with it.
    pub fn end_models(&mut self, txn: &mut TransactionMut<'_>) {
        self.models.end(txn);
    }
}
