//! How one record looks on disk: a version byte, a CRC32 over key and payload, the payload.
//!
//! Owns the framing, the structured records (bincode, always with a limit) and the cutting of long values into parts.
//! Invariant: bytes that were not written under exactly this key are never taken for a value.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Version of the layout of a record.
const RECORD_VERSION: u8 = 1;
/// Version byte and checksum.
const HEADER: usize = 5;
/// The largest record. sled stores a page above a quarter of its segment in a side file that it never syncs, and a leaf
/// holds up to 20 records (16 before it splits, a few more after a merge): 20 × (5 KiB + key) stays below 128 KiB.
pub(crate) const RECORD_LIMIT: usize = 5 * 1024;
/// What fits into one record.
pub(crate) const PAYLOAD_LIMIT: usize = RECORD_LIMIT - HEADER;
/// The length of the whole value opens every part.
const PART_HEADER: usize = 4;
/// Bytes of a value in one part.
pub(crate) const PART_BYTES: usize = PAYLOAD_LIMIT - PART_HEADER - 1;

/// Structured records are small; a damaged length must not reserve memory. `legacy` fixes the layout that bincode 1 and
/// wincode read as well.
type Config = bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Fixint,
    bincode::config::Limit<{ 64 * 1024 }>,
>;

fn config() -> Config {
    bincode::config::legacy().with_limit::<{ 64 * 1024 }>()
}

/// Where a document's records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The document's number in keys; never given twice.
    pub(crate) number: u64,
    pub(crate) snapshot: Option<SnapshotHead>,
}

/// The snapshot that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SnapshotHead {
    pub(crate) generation: u64,
    /// It holds everything up to this sequence number.
    pub(crate) upto: u64,
    pub(crate) bytes: u64,
    /// CRC32 of the whole content.
    pub(crate) checksum: u32,
}

/// A blob that is completely there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlobHead {
    pub(crate) bytes: u64,
}

/// How far the store is: what a group writes with its entries, unless its only record tells (`plan.rs`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) seq: u64,
    pub(crate) event: u64,
    pub(crate) next_number: u64,
}

/// Encodes a structured record.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    bincode::serde::encode_to_vec(value, config()).map_err(|error| error.to_string())
}

/// Decodes a structured record; trailing bytes are damage.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let (value, used) =
        bincode::serde::decode_from_slice(bytes, config()).map_err(|error| format!("unreadable record: {error}"))?;
    if used == bytes.len() { Ok(value) } else { Err("a record has bytes after its end".into()) }
}

/// Frames a payload for its key.
pub(crate) fn seal(key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEADER + payload.len());
    record.push(RECORD_VERSION);
    record.extend_from_slice(&checksum(key, payload).to_le_bytes());
    record.extend_from_slice(payload);
    record
}

/// The payload of a record, if it is what was written under this key.
pub(crate) fn open<'a>(key: &[u8], record: &'a [u8]) -> Result<&'a [u8], String> {
    let Some((header, payload)) = record.split_first_chunk::<HEADER>() else {
        return Err("a record is cut off".into());
    };
    if header[0] != RECORD_VERSION {
        return Err(format!("a record has the unknown version {}", header[0]));
    }
    let expected = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
    if checksum(key, payload) == expected { Ok(payload) } else { Err("a record fails its checksum".into()) }
}

fn checksum(key: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(payload);
    hasher.finalize()
}

/// How many parts a value of this length has; an empty value has one.
pub(crate) fn part_count(length: usize) -> u32 {
    u32::try_from(length.div_ceil(PART_BYTES).max(1)).unwrap_or(u32::MAX)
}

/// Bytes that a value of this length takes in records, keys included.
pub(crate) fn stored_size(key_length: usize, length: usize) -> u64 {
    part_count(length) as u64 * (key_length + HEADER + PART_HEADER) as u64 + length as u64
}

/// The payload of one part: the length of the whole value, then its piece.
pub(crate) fn part_payload(value: &[u8], part: u32) -> Vec<u8> {
    let start = (part as usize * PART_BYTES).min(value.len());
    let end = (start + PART_BYTES).min(value.len());
    let mut payload = Vec::with_capacity(PART_HEADER + end - start);
    payload.extend_from_slice(&(value.len() as u32).to_le_bytes());
    payload.extend_from_slice(&value[start..end]);
    payload
}

/// Puts a value together from the payloads of its parts.
#[derive(Default)]
pub(crate) struct Joiner {
    total: Option<usize>,
    value: Vec<u8>,
}

impl Joiner {
    /// Adds the next part.
    pub(crate) fn push(&mut self, payload: &[u8]) -> Result<(), String> {
        let Some((total, piece)) = payload.split_first_chunk::<PART_HEADER>() else {
            return Err("a part is cut off".into());
        };
        let total = u32::from_le_bytes(*total) as usize;
        if *self.total.get_or_insert(total) != total || self.value.len() + piece.len() > total {
            return Err("the parts of a value do not fit together".into());
        }
        self.value.extend_from_slice(piece);
        Ok(())
    }

    /// The length of the whole value, once a part was seen.
    pub(crate) fn total(&self) -> Option<usize> {
        self.total
    }

    /// The value, if all of it is there.
    pub(crate) fn finish(self) -> Result<Vec<u8>, String> {
        if self.total == Some(self.value.len()) { Ok(self.value) } else { Err("a part of a value is missing".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flipped_bit_is_found() {
        let record = seal(b"key", b"payload");
        assert_eq!(open(b"key", &record), Ok(&b"payload"[..]));
        for position in 0..record.len() * 8 {
            let mut damaged = record.clone();
            damaged[position / 8] ^= 1 << (position % 8);
            assert!(open(b"key", &damaged).is_err(), "bit {position}");
        }
        assert!(open(b"yek", &record).is_err(), "a record under another key");
    }

    #[test]
    fn a_value_survives_being_cut_into_parts() {
        for length in [0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES] {
            let value: Vec<u8> = (0..length).map(|index| index as u8).collect();
            let mut joiner = Joiner::default();
            for part in 0..part_count(length) {
                joiner.push(&part_payload(&value, part)).unwrap();
            }
            assert_eq!(joiner.finish().unwrap(), value);
        }
    }

    #[test]
    fn a_missing_part_is_found() {
        let value = vec![7; PART_BYTES + 1];
        let mut joiner = Joiner::default();
        joiner.push(&part_payload(&value, 0)).unwrap();
        assert!(joiner.finish().is_err());
    }

    #[test]
    fn a_damaged_length_reserves_nothing_and_trailing_bytes_are_refused() {
        assert!(decode::<Vec<u8>>(&[0xff; 9]).is_err());
        let mut bytes = encode(&BlobHead { bytes: 3 }).unwrap();
        bytes.push(0);
        assert!(decode::<BlobHead>(&bytes).is_err());
    }
}
