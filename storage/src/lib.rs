//! Durable bytes: an update journal per document, snapshots, blobs by hash, an event log and small metadata.
//!
//! Owns everything on disk. Knows bytes, keys and sequence numbers only: no yrs, no cells, no HTTP.
//! Invariant: [`Durability::flushed`] never names a sequence number that a crash or a power cut could lose.

mod error;
mod store;

pub use error::StorageError;
pub use store::{
    Appended, BlobHash, DocumentInfo, DocumentKey, Durability, Entry, EventRecord, EventSeq, Loaded, MetaKey, Report,
    Seq, SeqRange, Size, Store,
};
