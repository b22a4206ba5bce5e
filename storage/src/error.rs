//! Everything that can go wrong below the documents, one variant per thing a caller can act on.
//!
//! Owns the error of the store and how failures of the file system and of sled become one. Invariant: every message
//! names the document or place concerned and says what to do.

use std::{io, path::Path, sync::Arc};

/// An error of the store. Each message names the document or place and says what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The disk has no room left; nothing of the refused write was kept.
    #[error(
        "the disk that holds {place} is full; free some space and try again (nothing was lost, the change was refused)"
    )]
    DiskFull {
        /// The directory on the full disk.
        place: String,
    },
    /// The data directory cannot be written.
    #[error(
        "{place} cannot be written: {cause}; check that the directory belongs to this user and is not mounted read-only"
    )]
    ReadOnly {
        /// The file or directory.
        place: String,
        /// What the system said.
        cause: String,
    },
    /// A record of one document is damaged; other documents are not concerned.
    #[error(
        "document {document} is damaged ({what}); run `coscribe doctor` to see what can be read, or restore it from a backup"
    )]
    Corrupt {
        /// The document, or the part of the store, that is damaged.
        document: String,
        /// What is wrong with it.
        what: String,
    },
    /// The data was written by a newer Coscribe.
    #[error(
        "{place} was written by a newer version of Coscribe (format {found}, this one reads up to {known}); install that version or newer"
    )]
    NewerFormat {
        /// The data directory or backup file.
        place: String,
        /// Its format.
        found: u32,
        /// The newest format this program reads.
        known: u32,
    },
    /// Another process has the data directory open.
    #[error("{place} is in use by another Coscribe process; stop that one first or give --data another directory")]
    Locked {
        /// The data directory.
        place: String,
    },
    /// A value is larger than a record may be.
    #[error("a value of {size} bytes for {place} is over the limit of {limit} bytes")]
    TooLarge {
        /// The document or key the value was for.
        place: String,
        /// Its size, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// More waits to be written than the store holds in memory; nothing of the refused write was kept.
    #[error("the disk cannot keep up: {waiting} bytes wait to be written (limit {limit}); try again in a moment")]
    Busy {
        /// Bytes that wait.
        waiting: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A backup cannot be restored into a directory that holds something.
    #[error("{place} is not empty; restore into a new or empty directory")]
    NotEmpty {
        /// The directory.
        place: String,
    },
    /// A backup file is damaged, cut off, or no backup at all.
    #[error("{place} is not a whole backup ({what}); nothing was restored, use another backup")]
    BadBackup {
        /// The file.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// The store was closed, or its writer has ended.
    #[error("the store is closed")]
    Closed,
    /// Any other failure of the file system or the engine.
    #[error("{place}: {cause}")]
    Io {
        /// The file or directory.
        place: String,
        /// What the system said.
        #[source]
        cause: Arc<io::Error>,
    },
}

impl StorageError {
    /// The error for a failed file operation.
    pub(crate) fn io(place: &Path, cause: io::Error) -> Self {
        let place = place.display().to_string();
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull { place }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { place, cause: cause.to_string() }
            }
            _ => Self::Io { place, cause: Arc::new(cause) },
        }
    }

    /// The error for a failed call of the engine.
    pub(crate) fn engine(place: &Path, error: sled::Error) -> Self {
        match error {
            sled::Error::Io(cause) => Self::io(place, cause),
            sled::Error::Corruption { .. } => Self::Corrupt {
                document: place.display().to_string(),
                what: "the engine found a page that fails its checksum".into(),
            },
            other => Self::Io { place: place.display().to_string(), cause: Arc::new(io::Error::other(other)) },
        }
    }

    /// The error for damage found in a document or another part of the store.
    pub(crate) fn corrupt(document: impl ToString, what: impl Into<String>) -> Self {
        Self::Corrupt { document: document.to_string(), what: what.into() }
    }
}
