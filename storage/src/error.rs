//! Everything that can go wrong below the documents, one variant per thing a caller can act on.

use std::sync::Arc;

/// An error of the store. Each message names the document or place and says what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The disk has no room left; nothing of the refused write was kept.
    #[error(
        "the disk that holds {place} is full; free some space and try again (nothing was lost, the change was refused)"
    )]
    DiskFull { place: String },
    /// The data directory cannot be written.
    #[error(
        "{place} cannot be written: {cause}; check that the directory belongs to this user and is not mounted read-only"
    )]
    ReadOnly { place: String, cause: String },
    /// A record of one document is damaged; other documents are not concerned.
    #[error(
        "document {document} is damaged ({what}); run `coscribe doctor` to see what can be read, or restore it from a backup"
    )]
    Corrupt { document: String, what: String },
    /// The data was written by a newer Coscribe.
    #[error(
        "{place} was written by a newer version of Coscribe (format {found}, this one reads up to {known}); install that version or newer"
    )]
    NewerFormat { place: String, found: u32, known: u32 },
    /// Another process has the data directory open.
    #[error("{place} is in use by another Coscribe process; stop that one first or give --data another directory")]
    Locked { place: String },
    /// A value is larger than a record may be.
    #[error("a value of {size} bytes for {place} is over the limit of {limit} bytes")]
    TooLarge { place: String, size: usize, limit: usize },
    /// The store was closed, or its writer has ended.
    #[error("the store is closed")]
    Closed,
    /// Any other failure of the file system or the engine.
    #[error("{place}: {cause}")]
    Io {
        place: String,
        #[source]
        cause: Arc<std::io::Error>,
    },
}
