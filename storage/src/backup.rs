//! Backups: one file in a format of our own, checksummed as a whole, written while the store serves; and back again.
//!
//! Owns the file format and both directions. Invariant: a file under its final name is whole, and a directory that a
//! restore made has its pointer only after everything in it is synced.
//!
//! ```text
//! "COSCRIBE BACKUP\n" · format (u32 LE)
//! frame*   kind (u8) · length (u32 LE) · payload          Begin, then Document Snapshot Update Event Meta Blob Bytes…
//! End      kind (u8) · length 32 · SHA-256 of everything before this frame
//! ```
//! A header frame is followed by as many `Bytes` frames as its length says.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    StorageError,
    directory::{self, FORMAT_VERSION},
    limits::VALUE_LIMIT,
    reading, record,
    sled_store::SledStore,
    store::{BlobHash, DocumentKey, EventSeq, Loaded, MetaKey, Seq},
};

const MAGIC: &[u8; 16] = b"COSCRIBE BACKUP\n";
const HEADER: u8 = 1;
const BYTES: u8 = 2;
const END: u8 = 3;
/// The largest frame: what is read at once, so a damaged length reserves little.
const FRAME_BYTES: usize = 1024 * 1024;
/// Kind and length.
const FRAME_HEAD: usize = 5;

/// What comes next in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Header {
    Begin {
        seq: u64,
        event: EventSeq,
    },
    Document {
        key: String,
    },
    /// Of the last document.
    Snapshot {
        upto: u64,
        bytes: u64,
    },
    /// Of the last document.
    Update {
        seq: u64,
        bytes: u64,
    },
    Event {
        seq: EventSeq,
        bytes: u64,
    },
    Meta {
        key: MetaKey,
        bytes: u64,
    },
    Blob {
        bytes: u64,
    },
}

impl Header {
    fn bytes(&self) -> u64 {
        match self {
            Header::Begin { .. } | Header::Document { .. } => 0,
            Header::Snapshot { bytes, .. }
            | Header::Update { bytes, .. }
            | Header::Event { bytes, .. }
            | Header::Meta { bytes, .. }
            | Header::Blob { bytes } => *bytes,
        }
    }
}

/// Writes one moment of the store to a file.
pub(crate) fn write(store: &SledStore, path: &Path) -> Result<(), StorageError> {
    let (engine, _pin, catalogue) = store.shared.pinned(|catalogue| catalogue.clone())?;
    let mut backup = Writer::create(path, Seq(catalogue.position.seq), catalogue.position.event)?;
    for (key, document) in &catalogue.documents {
        backup.document(key, &reading::document(&engine, key, document)?)?;
    }
    for (seq, bytes) in &catalogue.events {
        backup.event(*seq, &reading::event(&engine, *seq, *bytes)?)?;
    }
    for (key, value) in &catalogue.meta {
        let value = value.as_ref().map_err(|what| StorageError::corrupt(format!("metadata `{key}`"), what))?;
        backup.meta(key, value)?;
    }
    for (hash, head) in &catalogue.blobs {
        backup.blob(&reading::blob(&engine, &BlobHash(*hash), *head)?)?;
    }
    backup.finish()
}

/// A backup being written, under a temporary name until it is whole.
pub(crate) struct Writer {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
    finished: bool,
}

impl Writer {
    pub(crate) fn create(path: &Path, seq: Seq, event: EventSeq) -> Result<Self, StorageError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".part");
        let temporary = PathBuf::from(name);
        let file = File::create(&temporary).map_err(|cause| StorageError::io(&temporary, cause))?;
        let file = BufWriter::with_capacity(FRAME_BYTES, file);
        let mut writer = Self { path: path.to_owned(), temporary, file, hash: Sha256::new(), finished: false };
        writer.put(MAGIC)?;
        writer.put(&FORMAT_VERSION.to_le_bytes())?;
        writer.header(&Header::Begin { seq: seq.0, event })?;
        Ok(writer)
    }

    pub(crate) fn document(&mut self, key: &DocumentKey, loaded: &Loaded) -> Result<(), StorageError> {
        self.header(&Header::Document { key: key.0.clone() })?;
        if let Some((upto, content)) = &loaded.snapshot {
            self.value(&Header::Snapshot { upto: upto.0, bytes: content.len() as u64 }, content)?;
        }
        for (seq, update) in &loaded.tail {
            self.value(&Header::Update { seq: seq.0, bytes: update.len() as u64 }, update)?;
        }
        Ok(())
    }

    pub(crate) fn event(&mut self, seq: EventSeq, event: &[u8]) -> Result<(), StorageError> {
        self.value(&Header::Event { seq, bytes: event.len() as u64 }, event)
    }

    pub(crate) fn meta(&mut self, key: &MetaKey, value: &[u8]) -> Result<(), StorageError> {
        self.value(&Header::Meta { key: key.clone(), bytes: value.len() as u64 }, value)
    }

    pub(crate) fn blob(&mut self, content: &[u8]) -> Result<(), StorageError> {
        self.value(&Header::Blob { bytes: content.len() as u64 }, content)
    }

    /// Ends the file, makes it durable and gives it its name.
    pub(crate) fn finish(mut self) -> Result<(), StorageError> {
        let digest: [u8; 32] = self.hash.clone().finalize().into();
        self.frame(END, &digest)?;
        self.settle().map_err(|cause| StorageError::io(&self.path, cause))?;
        self.finished = true;
        Ok(())
    }

    fn settle(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        match self.path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => directory::sync_directory(Path::new(".")),
            Some(parent) => directory::sync_directory(parent),
            None => Ok(()),
        }
    }

    fn value(&mut self, header: &Header, value: &[u8]) -> Result<(), StorageError> {
        self.header(header)?;
        value.chunks(FRAME_BYTES).try_for_each(|piece| self.frame(BYTES, piece))
    }

    fn header(&mut self, header: &Header) -> Result<(), StorageError> {
        let payload = record::encode(header).map_err(|what| StorageError::corrupt("the backup", what))?;
        self.frame(HEADER, &payload)
    }

    fn frame(&mut self, kind: u8, payload: &[u8]) -> Result<(), StorageError> {
        self.put(&[kind])?;
        self.put(&(payload.len() as u32).to_le_bytes())?;
        self.put(payload)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(|cause| StorageError::io(&self.path, cause))
    }
}

impl Drop for Writer {
    /// A backup that failed leaves nothing behind.
    fn drop(&mut self) {
        if !self.finished
            && let Err(cause) = fs::remove_file(&self.temporary)
        {
            tracing::warn!(file = %self.temporary.display(), %cause, "a half backup could not be removed");
        }
    }
}

/// A backup being read.
struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    hash: Sha256,
}

impl Reader {
    fn open(path: &Path) -> Result<Self, StorageError> {
        let file = File::open(path).map_err(|cause| StorageError::io(path, cause))?;
        let mut reader =
            Self { path: path.to_owned(), file: BufReader::with_capacity(FRAME_BYTES, file), hash: Sha256::new() };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(reader.bad("it does not begin like one"));
        }
        let version = reader.take(4)?;
        match u32::from_le_bytes([version[0], version[1], version[2], version[3]]) {
            found if found > FORMAT_VERSION => {
                let place = path.display().to_string();
                Err(StorageError::NewerFormat { place, found, known: FORMAT_VERSION })
            }
            _ => Ok(reader),
        }
    }

    /// The next header and its value; `None` at the end of a whole file.
    fn next(&mut self) -> Result<Option<(Header, Bytes)>, StorageError> {
        let before = self.hash.clone();
        match self.frame()? {
            (HEADER, payload) => {
                let header: Header = record::decode(&payload).map_err(|what| self.bad(&what))?;
                let value = self.value(header.bytes())?;
                Ok(Some((header, value)))
            }
            (END, digest) if digest == before.finalize()[..] && self.is_at_end()? => Ok(None),
            _ => Err(self.bad("its checksum does not fit")),
        }
    }

    fn value(&mut self, bytes: u64) -> Result<Bytes, StorageError> {
        if bytes > VALUE_LIMIT as u64 {
            return Err(self.bad("a length is impossible"));
        }
        let mut value = Vec::new();
        while (value.len() as u64) < bytes {
            match self.frame()? {
                (BYTES, piece) => value.extend_from_slice(&piece),
                _ => return Err(self.bad("a value is cut off")),
            }
        }
        if value.len() as u64 == bytes { Ok(value.into()) } else { Err(self.bad("a value is too long")) }
    }

    fn frame(&mut self) -> Result<(u8, Vec<u8>), StorageError> {
        let head = self.take(FRAME_HEAD)?;
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        if length > FRAME_BYTES {
            return Err(self.bad("a length is impossible"));
        }
        Ok((head[0], self.take(length)?))
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, StorageError> {
        let mut bytes = vec![0; length];
        self.file.read_exact(&mut bytes).map_err(|cause| match cause.kind() {
            io::ErrorKind::UnexpectedEof => self.bad("it is cut off"),
            _ => StorageError::io(&self.path, cause),
        })?;
        self.hash.update(&bytes);
        Ok(bytes)
    }

    fn is_at_end(&mut self) -> Result<bool, StorageError> {
        let mut byte = [0];
        let read = self.file.read(&mut byte).map_err(|cause| StorageError::io(&self.path, cause))?;
        Ok(read == 0)
    }

    fn bad(&self, what: &str) -> StorageError {
        StorageError::BadBackup { place: self.path.display().to_string(), what: what.to_owned() }
    }
}

/// Reads a backup to its end without keeping anything.
///
/// # Errors
/// [`StorageError::BadBackup`] if it is damaged, cut off or something else; [`StorageError::NewerFormat`].
pub fn verify(file: &Path) -> Result<(), StorageError> {
    let mut reader = Reader::open(file)?;
    while reader.next()?.is_some() {}
    Ok(())
}

/// Restores a backup into a new or empty directory, which can then be opened as a store.
///
/// # Errors
/// [`StorageError::NotEmpty`] if the directory holds something; [`StorageError::BadBackup`] if the file is damaged or
/// cut off: it is read whole before anything is written. A restore that fails leaves nothing behind.
pub fn restore(file: &Path, directory: &Path) -> Result<(), StorageError> {
    let existed = directory.exists();
    if existed && !is_empty(directory)? {
        return Err(StorageError::NotEmpty { place: directory.display().to_string() });
    }
    verify(file)?;
    let restored = crate::restore::build(directory, |next| {
        let mut reader = Reader::open(file)?;
        while let Some((header, value)) = reader.next()? {
            next(header, value)?;
        }
        Ok(())
    });
    if restored.is_err() {
        remove_traces(directory, existed);
    }
    restored
}

fn is_empty(directory: &Path) -> Result<bool, StorageError> {
    let mut entries = fs::read_dir(directory).map_err(|cause| StorageError::io(directory, cause))?;
    Ok(entries.next().is_none())
}

/// The directory was empty or absent before, so all that is in it is ours.
fn remove_traces(directory: &Path, existed: bool) {
    let removed = fs::remove_dir_all(directory).and_then(|()| if existed { fs::create_dir(directory) } else { Ok(()) });
    if let Err(cause) = removed {
        tracing::warn!(directory = %directory.display(), %cause, "a failed restore could not be cleaned up");
    }
}
