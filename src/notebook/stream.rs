//! One stream of a run in the document: a text that grows, of which a long one keeps head and tail.
//!
//! Imports schema, cell, json, outputs, terminal. A stream that passes its limit becomes three outputs: its head, one
//! that stands for the left out middle (nbformat allows no metadata on streams), and its tail.
//! Invariant: what is removed from the document is handed out as the middle, in order; past [`MIDDLE_MAX`] it is counted.

use serde_json::{Value, json};
use yrs::{Array, ArrayRef, GetString, ID, In, Map, MapRef, ReadTxn, Text, TextRef, TransactionMut};

use super::{
    cell, json, outline,
    outputs::{self, StreamName, output_object},
    schema,
    terminal::{Terminal, units},
};

/// Bytes of a middle that are kept; beyond it nobody reads, but everybody waits.
const MIDDLE_MAX: usize = 16 << 20;

/// An open stream.
#[derive(Debug)]
pub struct Stream {
    name: StreamName,
    /// The output that grows.
    map: ID,
    terminal: Terminal,
    /// Length of its text, in UTF-16 units; of one that was cut, of its tail.
    units: u32,
    /// Length of the head of one that was cut.
    head_units: u32,
    /// Bytes in the document, head and tail together.
    inline: usize,
    middle: Option<Growing>,
}

/// The left out middle, while it grows.
#[derive(Debug)]
struct Growing {
    map: ID,
    output: String,
    text: String,
    lines: u64,
    bytes: u64,
}

/// A left out middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Middle {
    /// The id of the output that stands for it.
    pub output: String,
    pub text: String,
}

impl Stream {
    /// Begins a stream behind the outputs there are.
    pub fn open(txn: &mut TransactionMut<'_>, array: &ArrayRef, name: StreamName) -> Self {
        let map = push(txn, array, name, "");
        Self { name, map, terminal: Terminal::default(), units: 0, head_units: 0, inline: 0, middle: None }
    }

    pub fn name(&self) -> StreamName {
        self.name
    }

    /// Bytes in the document.
    pub fn inline_bytes(&self) -> usize {
        self.inline
    }

    /// It is the last output, and nobody has touched its text.
    pub fn is_last(&self, txn: &TransactionMut<'_>, array: &ArrayRef) -> bool {
        let untouched = |text: TextRef| text.len(txn) == self.units;
        outputs::is_last(txn, array, &self.map) && self.text(txn).is_some_and(untouched)
    }

    fn text<T: ReadTxn>(&self, txn: &T) -> Option<TextRef> {
        outputs::live_map(txn, &self.map)?.get(txn, schema::TEXT)?.cast().ok()
    }

    /// A sentence of ours among what the program says.
    pub fn as_line(&self, sentence: &str) -> String {
        let before = if self.terminal.line_units() > 0 { "\n" } else { "" };
        format!("{before}[{sentence}]\n")
    }

    /// Writes text as a terminal shows it; a stream of more than `max` UTF-16 units loses its middle.
    pub fn write(&mut self, txn: &mut TransactionMut<'_>, array: &ArrayRef, text: &str, max: u32) {
        self.append(txn, text);
        if self.units.saturating_add(self.head_units) > max {
            self.cut(txn, array, max);
        }
    }

    fn append(&mut self, txn: &mut TransactionMut<'_>, text: &str) {
        let Some(there) = self.text(txn) else { return };
        let line = self.units - self.terminal.line_units();
        let edit = self.terminal.write(text);
        if edit.remove > 0 {
            if !holds_text_only(txn, &there) {
                return self.abandon();
            }
            there.remove_range(txn, line + edit.at, edit.remove);
        }
        if !edit.insert.is_empty() {
            there.insert(txn, line + edit.at, &edit.insert);
        }
        self.inline = (self.inline + edit.insert.len()).saturating_sub(edit.remove as usize);
        self.units = self.units - edit.remove + units(&edit.insert);
    }

    /// Keeps a quarter as head, and a half as tail, so that it is not cut again at once.
    fn cut(&mut self, txn: &mut TransactionMut<'_>, array: &ArrayRef, max: u32) {
        let Some(there) = self.text(txn) else { return };
        if !holds_text_only(txn, &there) {
            return self.abandon();
        }
        let text = there.get_string(txn);
        let head = if self.middle.is_some() { 0 } else { line_end(&text, text.len().min(max as usize) / 4) };
        let line = text.len() - self.line_bytes(&text);
        let wanted = text.len().saturating_sub(max as usize / 2);
        // The line the cursor is in stays whole: it may still be overwritten.
        let tail = line_end(&text, wanted).min(line).max(head);
        let removed = &text[head..tail];
        if self.middle.is_none() {
            self.split(txn, array, &there, &text, head, tail);
        } else {
            there.remove_range(txn, 0, units(removed));
        }
        self.units = units(&text[tail..]);
        if head > 0 {
            self.head_units = units(&text[..head]);
        }
        self.inline = self.inline.saturating_sub(removed.len());
        self.leave_out(txn, removed);
    }

    /// Somebody has written into the text what cannot be removed again: what comes next begins another one.
    fn abandon(&mut self) {
        self.units = u32::MAX;
    }

    fn line_bytes(&self, text: &str) -> usize {
        let line = self.terminal.line_units();
        let mut left = line;
        let behind = text.char_indices().rev().take_while(|(_, character)| {
            let fits = left > 0;
            left = left.saturating_sub(character.len_utf16() as u32);
            fits
        });
        behind.last().map_or(0, |(at, _)| text.len() - at)
    }

    /// Makes three outputs of one.
    fn split(
        &mut self,
        txn: &mut TransactionMut<'_>,
        array: &ArrayRef,
        there: &TextRef,
        text: &str,
        head: usize,
        tail: usize,
    ) {
        let from = units(&text[..head]);
        there.remove_range(txn, from, self.units - from);
        let output = outputs::new_id();
        let ours = json!({ schema::ID: output, schema::PART: schema::MIDDLE, schema::NAME: self.name.as_str() });
        let object = output_object(schema::DISPLAY_DATA, json!({}), json!({ schema::COSCRIBE: ours }));
        let map = pushed(array.push_back(txn, In::from(cell::output_prelim(&object))));
        self.middle = map.map(|map| Growing { map, output, text: String::new(), lines: 0, bytes: 0 });
        self.map = push(txn, array, self.name, &text[tail..]);
    }

    fn leave_out(&mut self, txn: &mut TransactionMut<'_>, removed: &str) {
        let Some(middle) = &mut self.middle else { return };
        middle.lines += removed.matches('\n').count() as u64;
        middle.bytes += removed.len() as u64;
        let whole = middle.bytes <= MIDDLE_MAX as u64;
        if whole {
            middle.text.push_str(removed);
        }
        let data = json!({ schema::TEXT_PLAIN: sentence(middle.lines, middle.bytes, whole) });
        if let Some(map) = outputs::live_map(txn, &middle.map) {
            map.insert(txn, schema::DATA, json::to_any(&data));
        }
    }

    /// The stream is over: what of it is to be kept beside the document.
    pub fn into_middle(self) -> Option<Middle> {
        let Growing { output, text, .. } = self.middle?;
        (!text.is_empty()).then_some(Middle { output, text })
    }
}

/// Clients may have put embedded objects into a text; yrs panics when it has to remove some of them.
fn holds_text_only<T: ReadTxn>(txn: &T, text: &TextRef) -> bool {
    text.len(txn) == units(&text.get_string(txn))
}

/// What stands in place of a left out middle.
fn sentence(lines: u64, bytes: u64, whole: bool) -> String {
    let ending = if whole { "" } else { "; of these only the beginning is kept" };
    format!("… {lines} lines ({} KiB) are left out here{ending} …", bytes.div_ceil(1024))
}

/// The end of the first line that ends at or after `from`, or `from` itself if no line ends soon.
fn line_end(text: &str, from: usize) -> usize {
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let soon = text.as_bytes()[from..].iter().take(16 << 10).position(|byte| *byte == b'\n');
    soon.map_or(from, |at| from + at + 1)
}

fn push(txn: &mut TransactionMut<'_>, array: &ArrayRef, name: StreamName, text: &str) -> ID {
    let Value::Object(output) =
        json!({ schema::OUTPUT_TYPE: schema::STREAM, schema::NAME: name.as_str(), schema::TEXT: text })
    else {
        unreachable!("it was written as an object above")
    };
    let map = pushed(array.push_back(txn, In::from(cell::output_prelim(&output))));
    map.unwrap_or_else(|| unreachable!("an output just written is a nested map"))
}

fn pushed(out: yrs::Out) -> Option<ID> {
    outline::nested_id(out.cast::<MapRef>().ok()?.as_ref())
}
