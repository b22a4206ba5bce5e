//! Durable bytes: an update journal per document, snapshots, blobs by hash, an event log and small metadata.
//!
//! Owns everything on disk. Knows bytes, keys and sequence numbers only: no yrs, no cells, no HTTP.
//! Invariant: [`Durability::flushed`] never names a sequence number that a crash or a power cut could lose.
//! What that rests on is told in `DURABILITY.md`.
//!
//! # Layout, bottom to top
//! - `keys`, `record`, `packing`: what is written, byte by byte; `limits`: what is taken.
//! - `engine`, `directory`: sled and the files around it.
//! - `catalogue`, `pins`, `reading`: what is there, who reads it, how it is read.
//! - `queue`, `plan`, `bulk`, `rewrite`, `writer`: the one way to disk.
//! - `sled_store`, `memory`: the two stores; `inspect`, `set_aside`, `backup`, `restore`: operations.

// Production code meets a failure as an error that somebody handles, and speaks through the log or a writer it was given.
#![warn(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod backup;
mod bulk;
mod catalogue;
mod directory;
mod engine;
mod error;
mod gathering;
mod inspect;
mod keys;
mod limits;
mod memory;
mod packing;
mod pins;
mod plan;
mod queue;
mod reading;
mod record;
mod restore;
mod rewrite;
mod set_aside;
mod shared;
mod sled_store;
mod store;
mod writer;

pub use backup::{restore, verify};
pub use error::StorageError;
pub use memory::MemoryStore;
pub use sled_store::{Options, SledStore};
pub use store::{
    Appended, BlobHash, COMMIT_INTERVAL, DocumentInfo, DocumentKey, Durability, Entry, EventRecord, EventSeq, Loaded,
    MetaKey, Report, Seq, SeqRange, Size, Store,
};
