//! The names of everything on disk inside sled: one tree per kind of record, big-endian keys.
//!
//! Owns every tree name and key layout; no other file spells one. Imports only the public names of the store.
//! Invariant: key order is the order of reading (document, then sequence number, then part), and no key of one record
//! can be taken for the key of another.

/// A kind of record; each has its own tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// Format version and position of the whole store.
    Store,
    /// Document name to its head (number and snapshot pointer).
    Documents,
    /// (document number, first sequence number, part) to updates.
    Updates,
    /// (document number, generation, chunk) to a piece of a snapshot.
    Snapshots,
    /// (event number, part) to an event.
    Events,
    /// (name, part) to a small value.
    Meta,
    /// Hash to the size of a blob.
    Blobs,
    /// (hash, chunk) to a piece of a blob.
    BlobChunks,
}

impl Kind {
    /// All kinds, in the order of their trees in an engine.
    pub(crate) const ALL: [Kind; 8] = [
        Kind::Store,
        Kind::Documents,
        Kind::Updates,
        Kind::Snapshots,
        Kind::Events,
        Kind::Meta,
        Kind::Blobs,
        Kind::BlobChunks,
    ];

    /// The name of the tree; part of the format on disk.
    pub(crate) fn tree_name(self) -> &'static str {
        match self {
            Kind::Store => "store",
            Kind::Documents => "documents",
            Kind::Updates => "updates",
            Kind::Snapshots => "snapshots",
            Kind::Events => "events",
            Kind::Meta => "meta",
            Kind::Blobs => "blobs",
            Kind::BlobChunks => "blob_chunks",
        }
    }
}

/// The longest document name or metadata key, in bytes: with it, a leaf of the largest records stays in sled's log.
pub(crate) const NAME_LIMIT: usize = 512;

/// Key of the format version in [`Kind::Store`].
pub(crate) const FORMAT: &[u8] = b"format";
/// Key of the position record in [`Kind::Store`].
pub(crate) const POSITION: &[u8] = b"position";

/// A 20-byte key of three numbers: updates (number, sequence, part) and snapshot chunks (number, generation, chunk).
pub(crate) fn triple(first: u64, second: u64, part: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(20);
    key.extend_from_slice(&first.to_be_bytes());
    key.extend_from_slice(&second.to_be_bytes());
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// The numbers of a key made by [`triple`].
pub(crate) fn parse_triple(key: &[u8]) -> Option<(u64, u64, u32)> {
    let (first, rest) = key.split_first_chunk::<8>()?;
    let (second, part) = rest.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*first), u64::from_be_bytes(*second), u32::from_be_bytes(part.try_into().ok()?)))
}

/// Key of a part of an event.
pub(crate) fn event(seq: u64, part: u32) -> Vec<u8> {
    with_part(&seq.to_be_bytes(), part)
}

/// The numbers of a key made by [`event`].
pub(crate) fn parse_event(key: &[u8]) -> Option<(u64, u32)> {
    let (seq, part) = split_part(key)?;
    Some((u64::from_be_bytes(seq.try_into().ok()?), part))
}

/// Key of a part of anything named by bytes: metadata and blob chunks.
pub(crate) fn with_part(name: &[u8], part: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 4);
    key.extend_from_slice(name);
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// Name and part of a key made by [`with_part`].
pub(crate) fn split_part(key: &[u8]) -> Option<(&[u8], u32)> {
    let (name, part) = key.split_last_chunk::<4>()?;
    Some((name, u32::from_be_bytes(*part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_document_then_sequence_then_part() {
        let mut keys = [triple(2, 1, 0), triple(1, 256, 0), triple(1, 2, 1), triple(1, 2, 0)];
        keys.sort();
        let numbers: Vec<_> = keys.iter().map(|key| parse_triple(key)).collect();
        assert_eq!(numbers, [Some((1, 2, 0)), Some((1, 2, 1)), Some((1, 256, 0)), Some((2, 1, 0))]);
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused() {
        assert_eq!(parse_triple(&[0; 19]), None);
        assert_eq!(parse_event(&[0; 11]), None);
        assert_eq!(split_part(&[0; 3]), None);
    }
}
