//! Updates of one document as records: many small ones in one record, a large one over several.
//!
//! Owns the layout of an update record's payload. Knows no engine. Invariant: a record holds whole updates in rising
//! order, or is one part of one update that says how long the whole is.

use bytes::Bytes;

use crate::{
    keys,
    record::{self, Joiner, PAYLOAD_LIMIT},
};

const PACKED: u8 = 0;
const PART: u8 = 1;
/// The most that position and length add to an update inside a packed record (two varints).
const FRAME_LIMIT: usize = 15;
/// An update up to this size shares a record with others.
const PACKABLE: usize = PAYLOAD_LIMIT - 1 - FRAME_LIMIT;

/// One record of a tail (or the chain of parts of one large update), as the catalogue remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TailRecord {
    /// Sequence number of its first update: its key.
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) updates: u32,
    /// Bytes of the updates themselves.
    pub(crate) payload: u64,
    /// Bytes of keys and values in the engine.
    pub(crate) stored: u64,
    pub(crate) parts: u32,
}

/// A record with its values, ready to be written.
pub(crate) struct Packed {
    pub(crate) tail: TailRecord,
    /// Key and sealed value of every part.
    pub(crate) parts: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Packs updates (rising sequence numbers) of the document with this number.
pub(crate) fn pack(number: u64, updates: &[(u64, Bytes)]) -> Vec<Packed> {
    let mut packed = Vec::new();
    let mut rest = updates;
    while let Some((seq, update)) = rest.first() {
        if update.len() > PACKABLE {
            packed.push(split(number, *seq, update));
            rest = &rest[1..];
        } else {
            let (record, taken) = gather(number, rest);
            packed.push(record);
            rest = &rest[taken..];
        }
    }
    packed
}

/// As many of the leading updates as one record takes.
fn gather(number: u64, updates: &[(u64, Bytes)]) -> (Packed, usize) {
    let first = updates[0].0;
    let mut payload = vec![PACKED];
    let (mut taken, mut bytes, mut last) = (0, 0, first);
    for (seq, update) in updates {
        if payload.len() + FRAME_LIMIT + update.len() > PAYLOAD_LIMIT {
            break;
        }
        put_varint(&mut payload, seq - last);
        put_varint(&mut payload, update.len() as u64);
        payload.extend_from_slice(update);
        (taken, bytes, last) = (taken + 1, bytes + update.len() as u64, *seq);
    }
    let key = keys::triple(number, first, 0);
    let value = record::seal(&key, &payload);
    let stored = (key.len() + value.len()) as u64;
    let tail = TailRecord { first, last, updates: taken as u32, payload: bytes, stored, parts: 1 };
    (Packed { tail, parts: vec![(key, value)] }, taken)
}

/// One large update as a chain of parts.
fn split(number: u64, seq: u64, update: &Bytes) -> Packed {
    let count = record::part_count(update.len());
    let parts: Vec<_> = (0..count)
        .map(|part| {
            let key = keys::triple(number, seq, part);
            let mut payload = vec![PART];
            payload.extend_from_slice(&record::part_payload(update, part));
            let value = record::seal(&key, &payload);
            (key, value)
        })
        .collect();
    let stored = parts.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum();
    let tail = TailRecord { first: seq, last: seq, updates: 1, payload: update.len() as u64, stored, parts: count };
    Packed { tail, parts }
}

/// What a first record (part 0) tells about its whole chain, without the other parts.
pub(crate) fn describe(first: u64, payload: &[u8]) -> Result<TailRecord, String> {
    match payload.split_first() {
        Some((&PACKED, _)) => {
            let updates = unpack_one(first, payload)?;
            let last = updates.last().map_or(first, |(seq, _)| *seq);
            let bytes = updates.iter().map(|(_, update)| update.len() as u64).sum();
            let stored = (20 + 5 + payload.len()) as u64;
            Ok(TailRecord { first, last, updates: updates.len() as u32, payload: bytes, stored, parts: 1 })
        }
        Some((&PART, part)) => {
            let mut joiner = Joiner::default();
            joiner.push(part)?;
            let total = joiner.total().unwrap_or(0);
            let parts = record::part_count(total);
            let stored = record::stored_size(21, total);
            Ok(TailRecord { first, last: first, updates: 1, payload: total as u64, stored, parts })
        }
        _ => Err("an update record has an unknown shape".into()),
    }
}

/// The updates in the payloads of all parts of one record.
pub(crate) fn unpack(first: u64, payloads: &[Vec<u8>]) -> Result<Vec<(u64, Bytes)>, String> {
    match payloads {
        [payload] if payload.first() == Some(&PACKED) => unpack_one(first, payload),
        _ => {
            let mut joiner = Joiner::default();
            for payload in payloads {
                let Some((&PART, part)) = payload.split_first() else {
                    return Err("a part of a large update has the wrong shape".into());
                };
                joiner.push(part)?;
            }
            Ok(vec![(first, joiner.finish()?.into())])
        }
    }
}

fn unpack_one(first: u64, payload: &[u8]) -> Result<Vec<(u64, Bytes)>, String> {
    let whole = Bytes::copy_from_slice(payload);
    let (mut at, mut seq, mut updates) = (1, first, Vec::new());
    while at < whole.len() {
        let delta = take_varint(&whole, &mut at)?;
        let length = usize::try_from(take_varint(&whole, &mut at)?).map_err(|_| CUT_OFF.to_owned())?;
        let end = at.checked_add(length).filter(|end| *end <= whole.len()).ok_or(CUT_OFF)?;
        seq = seq.checked_add(delta).ok_or("the sequence numbers of a record overflow")?;
        updates.push((seq, whole.slice(at..end)));
        at = end;
    }
    if updates.is_empty() { Err("an update record is empty".into()) } else { Ok(updates) }
}

const CUT_OFF: &str = "an update record is cut off";

fn put_varint(buffer: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        buffer.push(value as u8 | 0x80);
        value >>= 7;
    }
    buffer.push(value as u8);
}

fn take_varint(bytes: &[u8], at: &mut usize) -> Result<u64, String> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at).ok_or(CUT_OFF)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err("a number in an update record is too long".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payloads(packed: &Packed) -> Vec<Vec<u8>> {
        packed.parts.iter().map(|(key, value)| record::open(key, value).unwrap().to_vec()).collect()
    }

    #[test]
    fn updates_of_every_size_come_back_in_order() {
        let sizes = [0, 1, 200, PACKABLE, PACKABLE + 1, 30_000, 5, 5, 4_000, 2_000];
        let updates: Vec<(u64, Bytes)> = sizes
            .iter()
            .enumerate()
            .map(|(index, size)| (index as u64 * 300 + 7, vec![index as u8; *size].into()))
            .collect();
        let mut back = Vec::new();
        for packed in pack(9, &updates) {
            let payloads = payloads(&packed);
            assert_eq!(describe(packed.tail.first, &payloads[0]).unwrap(), packed.tail);
            assert!(packed.parts.iter().all(|(_, value)| value.len() <= record::RECORD_LIMIT));
            back.extend(unpack(packed.tail.first, &payloads).unwrap());
        }
        assert_eq!(back, updates);
    }

    #[test]
    fn many_small_updates_share_a_record() {
        let updates: Vec<(u64, Bytes)> = (1..=200).map(|seq| (seq, Bytes::from_static(b"fifteen bytes.."))).collect();
        assert_eq!(pack(1, &updates).len(), 1);
    }

    #[test]
    fn damaged_payloads_are_errors() {
        for payload in [&[][..], &[2], &[PACKED], &[PACKED, 0, 9, 1], &[PACKED, 0xff], &[PART, 1], &[PACKED; 0]] {
            assert!(unpack(1, &[payload.to_vec()]).is_err(), "{payload:?}");
        }
    }
}
