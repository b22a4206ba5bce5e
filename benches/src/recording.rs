//! A recorded editing session as the messages of the client that typed it.
//!
//! Replaying a trace takes seconds, so it is done once and kept in a file for all servers.
//! Invariant: the messages, applied in order, give exactly the recorded text behind one space.

use std::{fs, io::BufReader, path::Path};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use coscribe::wire::{
    frame,
    lib0::{Reader, write_bytes, write_integer},
};
use serde::Deserialize;
use yrs::{
    ClientID, Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, Transact, Update,
    updates::decoder::Decode,
};

use crate::yjs::{ROOT, WRITER};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    end_content: String,
    txns: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Transaction {
    patches: Vec<(u32, u32, String)>,
}

pub struct Recording {
    pub messages: Vec<Bytes>,
    /// The clock of the writer behind each message.
    pub clocks: Vec<u32>,
    /// The whole document as one update.
    update: Bytes,
}

impl Recording {
    /// Types a trace as `tests/data/traces` has them, or its first `edits`.
    pub fn of_trace(path: &Path, edits: Option<usize>) -> Result<Self> {
        let file = fs::File::open(path).with_context(|| format!("{}", path.display()))?;
        let Trace { end_content, mut txns } =
            serde_json::from_reader(BufReader::new(flate2::read::GzDecoder::new(file)))?;
        txns.truncate(edits.unwrap_or(txns.len()));
        // The last edit may only delete, which no clock shows: one more character ends the trace.
        txns.push(Transaction { patches: vec![(0, 0, " ".into())] });
        let (client_id, offset_kind) = (ClientID::new(WRITER), OffsetKind::Utf16);
        let doc = Doc::with_options(Options { client_id, offset_kind, ..Options::default() });
        let mut recording = Self { messages: Vec::new(), clocks: Vec::new(), update: Bytes::new() };
        txns.into_iter().try_for_each(|transaction| recording.edit(&doc, transaction))?;
        ensure!(edits.is_some() || text_of(&doc)[1..] == end_content, "the replayed text is not the recorded one");
        recording.update = doc.transact().encode_state_as_update_v1(&StateVector::default()).into();
        Ok(recording)
    }

    fn edit(&mut self, doc: &Doc, Transaction { patches }: Transaction) -> Result<()> {
        let text = doc.get_or_insert_text(ROOT);
        let mut transaction = doc.transact_mut();
        let mut clock = self.last();
        for (position, deleted, inserted) in patches {
            text.remove_range(&mut transaction, position, deleted);
            text.insert(&mut transaction, position, &inserted);
            clock += u32::try_from(inserted.encode_utf16().count())?;
        }
        self.messages.push(frame::update(&transaction.encode_update_v1()));
        self.clocks.push(clock);
        Ok(())
    }

    pub fn save(&self, path: &Path) -> Result<()> {
        let mut bytes = Vec::new();
        write_bytes(&mut bytes, &self.update);
        for (message, &clock) in std::iter::zip(&self.messages, &self.clocks) {
            write_integer(&mut bytes, u64::from(clock));
            write_bytes(&mut bytes, message);
        }
        fs::write(path, bytes).with_context(|| format!("{}", path.display()))
    }

    pub fn load(path: &Path) -> Result<Self> {
        let bytes = Bytes::from(fs::read(path).with_context(|| format!("{}", path.display()))?);
        let mut reader = Reader::new(&bytes);
        let mut recording = Self { messages: Vec::new(), clocks: Vec::new(), update: bytes.slice_ref(reader.bytes()?) };
        while reader.left() > 0 {
            recording.clocks.push(u32::try_from(reader.integer()?)?);
            recording.messages.push(bytes.slice_ref(reader.bytes()?));
        }
        Ok(recording)
    }

    /// The clock behind everything.
    pub fn last(&self) -> u32 {
        self.clocks.last().copied().unwrap_or(0)
    }

    /// The clock behind so many tenths of the edits.
    pub fn after_tenth(&self, tenth: usize) -> u32 {
        self.clocks[(self.clocks.len() * tenth / 10).max(1) - 1]
    }

    /// The whole document as the answer to somebody who has nothing of it.
    pub fn document(&self) -> Bytes {
        frame::step2(&self.update)
    }

    /// Fails unless these updates make up the text that was typed.
    pub fn check(&self, updates: &[Vec<u8>]) -> Result<()> {
        let (typed, read) = (text_of_updates(&[&self.update])?, text_of_updates(updates)?);
        ensure!(typed == read, "a new reader got another text than was typed");
        Ok(())
    }
}

fn text_of(doc: &Doc) -> String {
    doc.get_or_insert_text(ROOT).get_string(&doc.transact())
}

fn text_of_updates(updates: &[impl AsRef<[u8]>]) -> Result<String> {
    let doc = Doc::new();
    for update in updates {
        doc.transact_mut().apply_update(Update::decode_v1(update.as_ref())?)?;
    }
    Ok(text_of(&doc))
}
