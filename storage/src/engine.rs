//! One sled database: opened by the rules that make it trustworthy, committed in atomic groups, synced for real.
//!
//! Owns every call of sled that writes. Invariant: after [`Engine::sync`] returns `Ok`, everything committed before is
//! on the disk and not only in the page cache (sled's own `flush` does not promise that).

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sled::{Batch, Db, Tree, transaction::Transactional};

use crate::{
    StorageError,
    directory::{self, LOCK_RETRY},
    keys::Kind,
};

/// sled keeps no page of more than a quarter of this in its log, see `record::RECORD_LIMIT`; and a file grows by this.
const SEGMENT_BYTES: usize = 512 * 1024;
/// sled reclaims segments only on its flush thread, which runs only when a period is set.
const FLUSH_PERIOD_MS: u64 = 500;
/// sled uses about three times its setting, and its default of 1 GiB is more than a laptop gives a server that idles.
pub(crate) const DEFAULT_CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// sled closes a database on threads of its own; until then opening it again answers `WouldBlock`.
const REOPEN_PATIENCE: Duration = Duration::from_secs(2);

/// One change of one key.
pub(crate) struct Operation {
    pub(crate) kind: Kind,
    pub(crate) key: Vec<u8>,
    /// `None` removes.
    pub(crate) value: Option<Vec<u8>>,
}

impl Operation {
    pub(crate) fn put(kind: Kind, key: Vec<u8>, value: Vec<u8>) -> Self {
        Self { kind, key, value: Some(value) }
    }

    pub(crate) fn remove(kind: Kind, key: Vec<u8>) -> Self {
        Self { kind, key, value: None }
    }
}

/// An open database.
#[derive(Debug)]
pub(crate) struct Engine {
    path: PathBuf,
    generation: u64,
    /// In the order of [`Kind::ALL`].
    trees: Vec<Tree>,
    db: Db,
    /// Our own handle of sled's file: an fsync works on the file, whoever holds it.
    file: File,
}

impl Engine {
    /// Opens or creates the database of a generation at `path`.
    pub(crate) fn open(path: &Path, generation: u64, cache_bytes: u64) -> Result<Self, StorageError> {
        sweep_unfinished_snapshots(path)?;
        let db = open_patiently(path, cache_bytes)?;
        let trees = Kind::ALL
            .iter()
            .map(|kind| db.open_tree(kind.tree_name()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| StorageError::engine(path, error))?;
        db.flush().map_err(|error| StorageError::engine(path, error))?;
        let file = File::open(path.join("db")).map_err(|cause| StorageError::io(path, cause))?;
        let engine = Self { path: path.to_owned(), generation, trees, db, file };
        engine.sync_files()?;
        Ok(engine)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Which copy of the data this is; rises with every rewrite.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// The tree of a kind, for reading.
    pub(crate) fn tree(&self, kind: Kind) -> &Tree {
        &self.trees[kind as usize]
    }

    /// One value.
    pub(crate) fn get(&self, kind: Kind, key: &[u8]) -> Result<Option<sled::IVec>, StorageError> {
        self.tree(kind).get(key).map_err(|error| self.error(error))
    }

    /// All records of a kind from `start` on, in key order.
    pub(crate) fn range(
        &self,
        kind: Kind,
        start: Vec<u8>,
    ) -> impl Iterator<Item = Result<(sled::IVec, sled::IVec), StorageError>> + '_ {
        self.tree(kind).range(start..).map(|found| found.map_err(|error| self.error(error)))
    }

    /// Applies operations as one: after a crash all of them are there or none.
    pub(crate) fn commit(&self, operations: Vec<Operation>) -> Result<(), StorageError> {
        let operations = match <[Operation; 1]>::try_from(operations) {
            Ok([operation]) => return self.commit_one(operation),
            Err(operations) => operations,
        };
        let mut batches: Vec<Option<Batch>> = (0..Kind::ALL.len()).map(|_| None).collect();
        for operation in operations {
            let batch = batches[operation.kind as usize].get_or_insert_default();
            match operation.value {
                Some(value) => batch.insert(operation.key, value),
                None => batch.remove(operation.key),
            }
        }
        let (trees, batches): (Vec<&Tree>, Vec<Batch>) =
            self.trees.iter().zip(batches).filter_map(|(tree, batch)| Some((tree, batch?))).unzip();
        self.apply(&trees, batches)
    }

    /// Without a batch, whose beginning sled writes by itself, waking all its threads.
    fn commit_one(&self, Operation { kind, key, value }: Operation) -> Result<(), StorageError> {
        let tree = self.tree(kind);
        let done = match value {
            Some(value) => tree.insert(key, value),
            None => tree.remove(key),
        };
        done.map(drop).map_err(|error| self.error(error))
    }

    fn apply(&self, trees: &[&Tree], mut batches: Vec<Batch>) -> Result<(), StorageError> {
        match trees {
            [] => Ok(()),
            [tree] => tree.apply_batch(batches.remove(0)).map_err(|error| self.error(error)),
            _ => self.apply_to_several(trees, &batches),
        }
    }

    /// A transaction is sled's only batch over several trees; with one writer it never meets a conflict.
    fn apply_to_several(&self, trees: &[&Tree], batches: &[Batch]) -> Result<(), StorageError> {
        let done = trees.transaction(|views| {
            for (view, batch) in views.iter().zip(batches) {
                view.apply_batch(batch)?;
            }
            Ok::<(), sled::transaction::ConflictableTransactionError<()>>(())
        });
        done.map_err(|error| match error {
            sled::transaction::TransactionError::Storage(error) => self.error(error),
            sled::transaction::TransactionError::Abort(()) => {
                self.error(sled::Error::ReportableBug("a transaction that cannot abort was aborted".into()))
            }
        })
    }

    /// Hands everything committed so far to the system; an error that sled met on its own threads shows here.
    pub(crate) fn flush(&self) -> Result<(), StorageError> {
        self.db.flush().map(drop).map_err(|error| self.error(error))
    }

    /// Makes everything committed so far durable.
    pub(crate) fn sync(&self) -> Result<(), StorageError> {
        self.flush()?;
        self.file.sync_data().map_err(|cause| StorageError::io(&self.path, cause))
    }

    /// Makes the files themselves, their names and lengths durable.
    pub(crate) fn sync_files(&self) -> Result<(), StorageError> {
        self.sync()?;
        sync_tree(&self.path).map_err(|cause| StorageError::io(&self.path, cause))
    }

    /// Bytes of the database file.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.file.metadata().map_or(0, |found| found.len())
    }

    fn error(&self, error: sled::Error) -> StorageError {
        StorageError::engine(&self.path, error)
    }
}

/// sled takes a half-written `snap.N.generating` for its newest snapshot and then refuses to open, for ever.
fn sweep_unfinished_snapshots(path: &Path) -> Result<(), StorageError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(StorageError::io(path, cause)),
    };
    for entry in entries {
        let entry = entry.map_err(|cause| StorageError::io(path, cause))?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with("snap.") && name.ends_with(".generating")) {
            tracing::info!(file = %entry.path().display(), "removing a snapshot of sled's that was cut short");
            fs::remove_file(entry.path()).map_err(|cause| StorageError::io(&entry.path(), cause))?;
        }
    }
    Ok(())
}

fn open_patiently(path: &Path, cache_bytes: u64) -> Result<Db, StorageError> {
    let deadline = Instant::now() + REOPEN_PATIENCE;
    loop {
        let opened = sled::Config::new()
            .path(path)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(cache_bytes)
            .flush_every_ms(Some(FLUSH_PERIOD_MS))
            .open();
        match opened {
            Ok(db) => return Ok(db),
            Err(error) if !is_lock(&error) => return Err(StorageError::engine(path, error)),
            Err(_) if Instant::now() < deadline => std::thread::sleep(LOCK_RETRY),
            Err(_) => return Err(StorageError::Locked { place: path.display().to_string() }),
        }
    }
}

/// sled wraps the refusal of its file lock into an error of kind `Other`, with the original in the text.
fn is_lock(error: &sled::Error) -> bool {
    match error {
        sled::Error::Io(cause) => {
            cause.kind() == io::ErrorKind::WouldBlock || cause.to_string().contains("could not acquire lock")
        }
        _ => false,
    }
}

/// Syncs every file below a directory, the directories, and the name of the directory in its parent.
fn sync_tree(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            directory::sync_directory(&entry.path())?;
        } else {
            sync_if_present(&entry.path())?;
        }
    }
    directory::sync_directory(path)?;
    path.parent().map_or(Ok(()), directory::sync_directory)
}

/// sled renames its snapshots while we look.
fn sync_if_present(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => file.sync_all(),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(cause),
    }
}
