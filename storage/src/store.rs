//! The face of a store: what rooms, REST and operations may ask of it.

use std::{fmt, ops::Range, path::Path, time::Duration};

use bytes::Bytes;
use tokio::sync::watch;

use crate::StorageError;

/// Position in the journal of the whole store: rises strictly with every accepted [`Entry`]; the first is 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

/// Position in the event log: rises strictly, the first is 1.
pub type EventSeq = u64;

/// Name of a document. Opaque to the store; at most 512 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey(pub String);

impl fmt::Display for DocumentKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Name of a small value. Opaque to the store; at most 512 bytes.
pub type MetaKey = String;

/// SHA-256 of a blob's content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash(pub [u8; 32]);

impl BlobHash {
    /// Reads the 64 hexadecimal digits as which it is displayed.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut hash = [0; 32];
        for (index, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BlobHash({self})")
    }
}

/// One atomic, durable write: after a crash all of it is there or nothing.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// An update appended to the journal of a document.
    pub update: Option<(DocumentKey, Bytes)>,
    /// Events appended to the event log, in order; the store gives them consecutive sequence numbers.
    pub events: Vec<Bytes>,
    /// Metadata set (`Some`) or removed (`None`).
    pub meta: Vec<(MetaKey, Option<Bytes>)>,
    /// A document whose journal and snapshot are removed.
    pub delete: Option<DocumentKey>,
    /// Nobody waits for an answer: while much is written it may wait for up to one [`COMMIT_INTERVAL`] to share a commit.
    pub may_gather: bool,
}

/// The shortest time between the beginnings of two commits that hold only what may gather: what is alone is written at
/// once, and a stream of changes in 40 rounds a second, which nobody sees. A commit costs half a millisecond of processor
/// time however little is in it (sled wakes each of its seven threads), more than sending an update to a hundred readers.
pub const COMMIT_INTERVAL: Duration = Duration::from_millis(25);

/// What an accepted [`Entry`] was given. Accepted is not durable: see [`Store::durability`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the journal.
    pub seq: Seq,
    /// The sequence numbers of its events; empty if it had none.
    pub events: Range<EventSeq>,
}

/// An inclusive range of journal positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeqRange {
    /// The first position.
    pub first: Seq,
    /// The last position.
    pub last: Seq,
}

/// How far the journal is on disk.
#[derive(Debug, Clone, Default)]
pub struct Durability {
    /// Every entry up to here is on disk, flushed, except those in `lost`.
    pub flushed: Seq,
    /// Every event up to here is on disk, flushed.
    pub last_event: EventSeq,
    /// Entries that could not be written (disk full, say), oldest first, and why. They are in no later load.
    pub lost: std::sync::Arc<Vec<(SeqRange, StorageError)>>,
}

impl Durability {
    /// The failure that lost `seq`, if one did.
    pub fn lost(&self, seq: Seq) -> Option<&StorageError> {
        self.lost.iter().find(|(range, _)| range.first <= seq && seq <= range.last).map(|(_, error)| error)
    }
}

/// A document as stored: apply the snapshot, then the tail in order.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The folded state, with the position up to which it holds everything.
    pub snapshot: Option<(Seq, Bytes)>,
    /// Updates after the snapshot, oldest first.
    pub tail: Vec<(Seq, Bytes)>,
}

/// One event as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// Its number.
    pub seq: EventSeq,
    /// What was appended.
    pub payload: Bytes,
}

/// What is known of a document without reading it whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentInfo {
    /// Its name.
    pub key: DocumentKey,
    /// Length of its snapshot; 0 if it has none.
    pub snapshot_bytes: u64,
    /// Updates after the snapshot.
    pub tail_updates: u64,
    /// Bytes of those updates.
    pub tail_bytes: u64,
}

/// Space used, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Everything in the data directory.
    pub on_disk: u64,
    /// What counts of it: records with their keys, without what was deleted or replaced.
    pub live: u64,
}

/// What an inspection of the whole store found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Documents there are, readable or not.
    pub documents: u64,
    /// Blobs there are.
    pub blobs: u64,
    /// Events kept.
    pub events: u64,
    /// Space used.
    pub size: Size,
    /// One sentence per damaged record, naming the document or place.
    pub damage: Vec<String>,
    /// The documents that cannot be loaded because of it.
    pub damaged: Vec<DocumentKey>,
}

/// A store. All calls may come from any thread; those that read or wait for the disk block, so async callers use a
/// blocking thread for them. `append` and `compact` only queue.
pub trait Store: Send + Sync + 'static {
    /// Accepts an entry and answers with its place at once; the writer makes it durable soon after.
    fn append(&self, entry: Entry) -> Result<Appended, StorageError>;

    /// A watch on how far the journal is on disk.
    fn durability(&self) -> watch::Receiver<Durability>;

    /// The snapshot and tail of a document; `None` if it was never written or was deleted.
    fn load(&self, document: &DocumentKey) -> Result<Option<Loaded>, StorageError>;

    /// Queues the replacement of everything of `document` up to and including `upto` by `snapshot`. At no moment would
    /// a crash lose something: the tail is removed only after the snapshot is on disk.
    fn compact(&self, document: &DocumentKey, upto: Seq, snapshot: Bytes) -> Result<(), StorageError>;

    /// Every document there is.
    fn documents(&self) -> Result<Vec<DocumentInfo>, StorageError>;

    /// A small value, as last made durable.
    fn meta(&self, key: &str) -> Result<Option<Bytes>, StorageError>;

    /// All small values whose key begins with `prefix`, in key order.
    fn meta_with_prefix(&self, prefix: &str) -> Result<Vec<(MetaKey, Bytes)>, StorageError>;

    /// Up to `limit` durable events after `since`, oldest first.
    fn events_after(&self, since: EventSeq, limit: usize) -> Result<Vec<EventRecord>, StorageError>;

    /// The oldest event kept, if any: a reader that has seen less has a gap.
    fn first_event(&self) -> Result<Option<EventSeq>, StorageError>;

    /// Forgets events before `before`.
    fn trim_events(&self, before: EventSeq) -> Result<(), StorageError>;

    /// Keeps a blob; durable when it returns. The same content is kept once.
    fn put_blob(&self, content: &[u8]) -> Result<BlobHash, StorageError>;

    /// A blob's content, its hash checked.
    fn blob(&self, hash: &BlobHash) -> Result<Option<Bytes>, StorageError>;

    /// Space used.
    fn size(&self) -> Result<Size, StorageError>;

    /// Reads everything once and reports what is damaged.
    fn inspect(&self) -> Result<Report, StorageError>;

    /// Writes a consistent copy of everything to a new file at `path`, in a format of our own, while the store serves;
    /// durable when it returns.
    fn backup(&self, path: &Path) -> Result<(), StorageError>;
}
