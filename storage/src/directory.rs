//! The data directory: who has it open, which generation of the data counts, what was left behind.
//!
//! Owns every file of ours beside sled's: `lock`, `current` (the pointer), `reserve`, `data-N/`. Invariant: the pointer
//! is replaced by an atomic rename after everything it points to is synced, so at every moment it names whole data.
//!
//! ```text
//! DIR/lock        held as long as the store is open
//! DIR/current     "coscribe-store 1\ndata-7\n": format and the generation that counts
//! DIR/data-7/     sled's files
//! DIR/data-8/     a rewrite under way, or what one left behind
//! DIR/reserve     room to re-open the engine when the disk is full
//! DIR/set-aside/  damaged documents, moved out of the way
//! ```

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::StorageError;

/// The format of the whole store; a store with a higher one is refused.
pub(crate) const FORMAT_VERSION: u32 = 1;
const MAGIC: &str = "coscribe-store";
const POINTER: &str = "current";
const LOCK: &str = "lock";
const RESERVE: &str = "reserve";
const DATA_PREFIX: &str = "data-";
/// A restart overlaps with the end of the process before it for a moment: wait that long for its lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// How often a held lock is tried again.
pub(crate) const LOCK_RETRY: Duration = Duration::from_millis(20);
/// Kept free for the moment the disk is full: re-opening sled may start a segment (512 KiB) and write its own snapshot.
const RESERVE_BYTES: usize = 1024 * 1024;

/// Why the pointer was not replaced.
#[derive(Debug)]
pub(crate) enum PointerFailure {
    /// It is what it was.
    Unchanged(StorageError),
    /// It is replaced, but a power cut may bring the old one back: until it is settled both copies must stay alike.
    Unsettled(StorageError),
}

impl PointerFailure {
    pub(crate) fn into_error(self) -> StorageError {
        match self {
            Self::Unchanged(error) | Self::Unsettled(error) => error,
        }
    }
}

/// An open data directory; the lock lasts as long as this value.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Creates the directory if needed and takes its lock.
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        create_durably(path).map_err(|cause| StorageError::io(path, cause))?;
        let lock = lock(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The generation that counts; a new directory is given generation 1.
    pub(crate) fn current(&self) -> Result<u64, StorageError> {
        let pointer = self.path.join(POINTER);
        match fs::read_to_string(&pointer) {
            Ok(text) => self.checked_generation(parse_pointer(&pointer, &text)?),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => self.first_generation(),
            Err(cause) => Err(StorageError::io(&pointer, cause)),
        }
    }

    /// Generation 1 may be named before it exists (a first start cut short); any other must be there.
    fn checked_generation(&self, generation: u64) -> Result<u64, StorageError> {
        let data = self.data(generation);
        if generation == 1 || data.is_dir() {
            return Ok(generation);
        }
        Err(StorageError::corrupt(self.path.display(), format!("{} is missing", data.display())))
    }

    fn first_generation(&self) -> Result<u64, StorageError> {
        if !self.generations()?.is_empty() {
            let what =
                format!("it holds data but no file `{POINTER}`: a restore was interrupted, or the file was removed");
            return Err(StorageError::corrupt(self.path.display(), what));
        }
        self.point_to(1).map_err(PointerFailure::into_error)?;
        Ok(1)
    }

    /// Makes `generation` the one that counts, atomically and durably.
    pub(crate) fn point_to(&self, generation: u64) -> Result<(), PointerFailure> {
        let pointer = self.path.join(POINTER);
        let temporary = self.path.join("current.new");
        let text = format!("{MAGIC} {FORMAT_VERSION}\n{DATA_PREFIX}{generation}\n");
        write_synced(&temporary, text.as_bytes())
            .and_then(|()| fs::rename(&temporary, &pointer))
            .map_err(|cause| PointerFailure::Unchanged(StorageError::io(&pointer, cause)))?;
        sync_directory(&self.path).map_err(|cause| PointerFailure::Unsettled(StorageError::io(&pointer, cause)))
    }

    /// Where the files of a generation are.
    pub(crate) fn data(&self, generation: u64) -> PathBuf {
        self.path.join(format!("{DATA_PREFIX}{generation}"))
    }

    /// Every generation that has files, whether it counts or not.
    pub(crate) fn generations(&self) -> Result<Vec<u64>, StorageError> {
        let entries = fs::read_dir(&self.path).map_err(|cause| StorageError::io(&self.path, cause))?;
        let mut generations = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|cause| StorageError::io(&self.path, cause))?;
            let name = entry.file_name();
            generations.extend(name.to_str().and_then(|name| name.strip_prefix(DATA_PREFIX)?.parse::<u64>().ok()));
        }
        Ok(generations)
    }

    /// Removes what a rewrite that was cut short, or swapped just before a crash, left behind.
    pub(crate) fn sweep(&self, current: u64) -> Result<(), StorageError> {
        for generation in self.generations()?.into_iter().filter(|generation| *generation != current) {
            let left = self.data(generation);
            tracing::info!(directory = %left.display(), "removing what an interrupted rewrite left behind");
            fs::remove_dir_all(&left).map_err(|cause| StorageError::io(&left, cause))?;
        }
        Ok(())
    }

    /// Fills the reserve; an error means that the disk has no room for it.
    pub(crate) fn fill_reserve(&self) -> Result<(), StorageError> {
        let reserve = self.path.join(RESERVE);
        if fs::metadata(&reserve).is_ok_and(|found| found.len() == RESERVE_BYTES as u64) {
            return Ok(());
        }
        write_synced(&reserve, &vec![0; RESERVE_BYTES]).map_err(|cause| {
            self.release_reserve();
            StorageError::io(&self.path, cause)
        })
    }

    /// Gives the reserve's room to whoever needs it now.
    pub(crate) fn release_reserve(&self) {
        let reserve = self.path.join(RESERVE);
        match fs::remove_file(&reserve) {
            Ok(()) => {}
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => tracing::warn!(file = %reserve.display(), %cause, "the reserve could not be released"),
        }
    }
}

fn lock(path: &Path) -> Result<File, StorageError> {
    let name = path.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|cause| StorageError::io(path, cause))?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOCK_RETRY),
            Err(TryLockError::WouldBlock) => return Err(StorageError::Locked { place: path.display().to_string() }),
            Err(TryLockError::Error(cause)) => return Err(StorageError::io(&name, cause)),
        }
    }
}

fn parse_pointer(place: &Path, text: &str) -> Result<u64, StorageError> {
    let damaged = || StorageError::corrupt(place.display(), "the pointer to the data is unreadable");
    let (first, rest) = text.split_once('\n').ok_or_else(damaged)?;
    let found: u32 = first.strip_prefix(MAGIC).and_then(|version| version.trim().parse().ok()).ok_or_else(damaged)?;
    if found > FORMAT_VERSION {
        let place = place.parent().unwrap_or(place).display().to_string();
        return Err(StorageError::NewerFormat { place, found, known: FORMAT_VERSION });
    }
    rest.trim_end().strip_prefix(DATA_PREFIX).and_then(|number| number.parse().ok()).ok_or_else(damaged)
}

/// Creates a directory with its parents and makes their names durable.
fn create_durably(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_durably(parent)?;
        fs::create_dir(path)?;
        return sync_directory(parent);
    }
    fs::create_dir(path)?;
    sync_directory(Path::new("."))
}

/// Writes a file and its length to the disk.
pub(crate) fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Makes creations, renames and removals in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Bytes of all files below a path; files that vanish meanwhile count nothing.
pub(crate) fn directory_bytes(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => directory_bytes(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}
