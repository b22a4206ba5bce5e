//! The gate in front of yrs: a check of update and state-vector bytes (format v1) that reads exactly what yrs would
//! read, and refuses what would make it panic, hang or allocate more than a small multiple of the message.
//!
//! Imports lib0 of this module only, never yrs: a gate that trusted the thing it guards would be none.
//! Invariant: what [`check`] accepts, `Update::decode_v1` accepts, and reads as the same ids.

mod blocks;
mod content;
mod deletes;
mod ranges;
mod standing;
mod value;

use bytes::Bytes;

use self::{blocks::Tally, ranges::Runs};
use super::lib0::{Malformed, Reader};

pub use self::{
    ranges::{Deleted, Inserted},
    standing::{Misplaced, Standing},
};

/// The highest clock, and the highest end of a block: yrs subtracts clocks as 32-bit signed integers.
const MAX_CLOCK: u64 = i32::MAX as u64;
/// A client with no bytes but its id and clock.
const SMALLEST_STATE_VECTOR_ENTRY: usize = 2;

/// Why bytes may not reach a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("{0} bytes follow the end")]
    TrailingBytes(usize),
    #[error("a clock is over 2^31 - 1")]
    ClockTooLarge,
    #[error("a block is empty")]
    EmptyBlock,
    #[error("a client has no blocks or ranges")]
    EmptySection,
    #[error("the client {0} has more than one section")]
    RepeatedClient(u64),
    #[error("a block has the unknown kind {0:#04x}")]
    UnknownBlock(u8),
    #[error("a parent has the unknown kind {0}")]
    UnknownParent(u64),
    #[error("a shared type has the unknown kind {0}")]
    UnknownType(u8),
    #[error("a value has the unknown kind {0}")]
    UnknownValue(u8),
    #[error("a value is nested deeper than {} levels", value::MAX_DEPTH)]
    TooDeep,
    #[error("a JSON value cannot be read: {0}")]
    Json(String),
    #[error("the deleted ranges of a client overlap or are out of order")]
    DisorderedRanges,
    #[error("more than {} sub-documents in one update", content::MAX_SUBDOCUMENTS)]
    TooManySubdocuments,
}

/// An update that passed the gate.
#[derive(Debug, Clone)]
pub struct CheckedUpdate {
    bytes: Bytes,
    inserts: Runs<Inserted>,
    deletes: Runs<Deleted>,
    types: u32,
}

/// A state vector that passed the gate.
#[derive(Debug, Clone)]
pub struct CheckedStateVector {
    bytes: Bytes,
}

/// Checks an update (v1): one pass, no allocation but for the lists of [`Inserted`] and [`Deleted`].
pub fn check(bytes: Bytes) -> Result<CheckedUpdate, Refusal> {
    let mut reader = Reader::new(&bytes);
    let mut tally = Tally::default();
    blocks::check(&mut reader, &mut tally)?;
    let deletes = deletes::check(&mut reader)?;
    nothing_left(&reader)?;
    let Tally { inserts, types, .. } = tally;
    Ok(CheckedUpdate { bytes, inserts: Runs::new(inserts), deletes: Runs::new(deletes), types })
}

/// Checks a state vector (v1).
pub fn check_state_vector(bytes: Bytes) -> Result<CheckedStateVector, Refusal> {
    let mut reader = Reader::new(&bytes);
    for _ in 0..reader.count(SMALLEST_STATE_VECTOR_ENTRY)? {
        reader.integer()?;
        clock(&mut reader)?;
    }
    nothing_left(&reader)?;
    Ok(CheckedStateVector { bytes })
}

impl CheckedUpdate {
    /// The update as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// It neither inserts nor deletes anything.
    pub fn is_empty(&self) -> bool {
        self.inserts.is_empty() && self.deletes.is_empty()
    }

    /// What it inserts, by client and clock: one entry for each client, more where the update itself leaves holes.
    pub fn inserts(&self) -> &[Inserted] {
        self.inserts.as_slice()
    }

    /// What it deletes, by client and clock; adjacent ranges are joined.
    pub fn deletes(&self) -> &[Deleted] {
        self.deletes.as_slice()
    }

    /// How many nested shared types it inserts: no branch of the document gets deeper than by this number.
    pub fn types(&self) -> u32 {
        self.types
    }

    /// The client some of whose earlier changes are missing in a document that knows every client up to `clock_of` it.
    /// Such an update must not be applied: yrs would keep parts of it as pending, or with holes.
    pub fn gap(&self, clock_of: impl Fn(u64) -> u32) -> Option<u64> {
        let insert_gap = self.inserts().iter().find(|run| run.from > clock_of(run.client)).map(|run| run.client);
        insert_gap.or_else(|| {
            let known = |client| self.inserts.end_of(client).max(clock_of(client));
            self.deletes().iter().find(|range| range.to > known(range.client)).map(|range| range.client)
        })
    }

    /// Whether it begins with changes that are known and goes on with some that are not, in a document that knows every
    /// client up to `clock_of` it. The known part must be cut off (`yrs::diff_updates_v1`) before it is applied: yrs 0.28
    /// does so by block, and believes what a block that lies about its known half says of its parent, which leaves lists
    /// whose length is not the number of their elements.
    pub fn overlaps(&self, clock_of: impl Fn(u64) -> u32) -> bool {
        self.inserts().iter().any(|run| (run.from + 1..run.to).contains(&clock_of(run.client)))
    }

    /// Whether everything `other` inserts and deletes is inserted and deleted by this update, too.
    pub fn contains_all_of(&self, other: &CheckedUpdate) -> bool {
        self.inserts.contains_all_of(&other.inserts) && self.deletes.contains_all_of(&other.deletes)
    }
}

impl CheckedStateVector {
    /// Its sender has nothing.
    pub fn is_empty(&self) -> bool {
        self.bytes[..] == [0]
    }

    /// The state vector as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

fn clock(reader: &mut Reader) -> Result<u32, Refusal> {
    bounded_clock(reader.integer()?)
}

fn bounded_clock(clock: u64) -> Result<u32, Refusal> {
    if clock <= MAX_CLOCK { Ok(clock as u32) } else { Err(Refusal::ClockTooLarge) }
}

/// A length of clocks: at least one.
fn length(reader: &mut Reader) -> Result<u32, Refusal> {
    match clock(reader)? {
        0 => Err(Refusal::EmptyBlock),
        length => Ok(length),
    }
}

fn nothing_left(reader: &Reader) -> Result<(), Refusal> {
    match reader.left() {
        0 => Ok(()),
        left => Err(Refusal::TrailingBytes(left)),
    }
}

#[cfg(test)]
mod tests;
