//! Snapshots and blobs on their way to disk, a slice with each group, so that no edit waits for a big one.
//!
//! Owns the order "chunks first and synced, then the one record that makes them count". Invariant: until that record is
//! durable nothing old is touched, so a crash leaves the old state and some chunks that the next open sweeps away.

use std::{collections::VecDeque, sync::mpsc::SyncSender};

use bytes::Bytes;

use crate::{
    StorageError,
    catalogue::{Catalogue, chunk_count},
    engine::{Engine, Operation},
    keys::{self, Kind},
    plan::{self, Plan},
    record::{self, BlobHead, SnapshotHead},
    store::{BlobHash, DocumentKey},
};

/// Chunks of one slice, about a mebibyte: some ten milliseconds of sled's time.
const SLICE_CHUNKS: u32 = 200;

type Reply = SyncSender<Result<(), StorageError>>;

/// What waits to be carried over.
#[derive(Default)]
pub(crate) struct Bulk {
    waiting: VecDeque<Load>,
    underway: Option<(Load, u32)>,
}

/// One thing to carry.
struct Load {
    cargo: Cargo,
    content: Bytes,
    /// Bytes it holds in the queue's account.
    bytes: usize,
}

enum Cargo {
    Snapshot { document: DocumentKey, number: u64, head: SnapshotHead },
    Blob { hash: BlobHash, reply: Reply },
}

/// What finished with a group.
#[derive(Default)]
pub(crate) struct Finished {
    pub(crate) bytes: usize,
    reply: Option<Reply>,
    /// Chunks of a snapshot that nobody wants any more.
    pub(crate) unwanted: Vec<Operation>,
}

impl Finished {
    /// Tells who waits, once the group is durable or lost.
    pub(crate) fn answer(self, result: Result<(), StorageError>) {
        if let Some(reply) = self.reply {
            tell(&reply, result);
        }
    }
}

/// A caller that has gone away needs no answer.
pub(crate) fn tell(reply: &Reply, result: Result<(), StorageError>) {
    if reply.send(result).is_err() {
        tracing::debug!("nobody waits for this answer any more");
    }
}

impl Bulk {
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.underway.is_none()
    }

    pub(crate) fn snapshot(&mut self, document: DocumentKey, number: u64, head: SnapshotHead, content: Bytes) {
        let bytes = content.len();
        self.waiting.push_back(Load { cargo: Cargo::Snapshot { document, number, head }, content, bytes });
    }

    pub(crate) fn blob(&mut self, hash: BlobHash, content: Bytes, reply: Reply) {
        let bytes = content.len();
        self.waiting.push_back(Load { cargo: Cargo::Blob { hash, reply }, content, bytes });
    }

    /// Adds the next slice to a group or, if all chunks are on disk, what makes them count. With `blobs_only` no
    /// snapshot is begun.
    pub(crate) fn advance(
        &mut self,
        plan: &mut Plan,
        engine: &Engine,
        catalogue: &Catalogue,
        blobs_only: bool,
    ) -> Result<Finished, StorageError> {
        let Some((load, next)) = self.underway.take().or_else(|| Some((self.begin(blobs_only)?, 0))) else {
            return Ok(Finished::default());
        };
        let chunks = chunk_count(load.content.len() as u64);
        if next >= chunks {
            return load.finish(plan, engine, catalogue);
        }
        let end = chunks.min(next + SLICE_CHUNKS);
        plan.chunks.extend((next..end).map(|chunk| load.chunk(chunk)));
        self.underway = Some((load, end));
        Ok(Finished::default())
    }

    fn begin(&mut self, blobs_only: bool) -> Option<Load> {
        let ready = |load: &Load| !blobs_only || matches!(load.cargo, Cargo::Blob { .. });
        let index = self.waiting.iter().position(ready)?;
        self.waiting.remove(index)
    }

    /// Gives compactions up because the store closes; what is on disk of them is swept at the next start.
    pub(crate) fn forget_snapshots(&mut self) {
        let is_blob = |load: &Load| matches!(load.cargo, Cargo::Blob { .. });
        self.waiting.retain(is_blob);
        self.underway = self.underway.take().filter(|(load, _)| is_blob(load));
    }

    /// Gives everything up: the engine failed. Answers with the bytes that are free again.
    pub(crate) fn fail(&mut self, error: &StorageError) -> usize {
        let loads = self.underway.take().map(|(load, _)| load).into_iter().chain(self.waiting.drain(..));
        loads.map(|load| load.fail(error)).sum()
    }
}

impl Load {
    fn chunk(&self, chunk: u32) -> (Kind, Vec<u8>, Vec<u8>) {
        let (kind, key) = match &self.cargo {
            Cargo::Snapshot { number, head, .. } => (Kind::Snapshots, keys::triple(*number, head.generation, chunk)),
            Cargo::Blob { hash, .. } => (Kind::BlobChunks, keys::with_part(&hash.0, chunk)),
        };
        let value = record::seal(&key, &record::part_payload(&self.content, chunk));
        (kind, key, value)
    }

    fn finish(self, plan: &mut Plan, engine: &Engine, catalogue: &Catalogue) -> Result<Finished, StorageError> {
        let bytes = self.bytes;
        match self.cargo {
            Cargo::Blob { hash, reply } => {
                plan.blob(hash.0, BlobHead { bytes: self.content.len() as u64 });
                Ok(Finished { bytes, reply: Some(reply), unwanted: Vec::new() })
            }
            Cargo::Snapshot { document, number, head } => {
                let wanted = plan.fold(&document, number, head, catalogue, engine)?;
                let unwanted = if wanted { Vec::new() } else { plan::snapshot_removals(number, &head).collect() };
                Ok(Finished { bytes, reply: None, unwanted })
            }
        }
    }

    fn fail(self, error: &StorageError) -> usize {
        match self.cargo {
            Cargo::Blob { reply, .. } => tell(&reply, Err(error.clone())),
            Cargo::Snapshot { document, .. } => {
                tracing::warn!(%document, %error, "a compaction was given up; nothing is lost, the journal is longer");
            }
        }
        self.bytes
    }
}

/// The chunk records of a whole content.
pub(crate) fn chunks(content: &[u8], kind: Kind, key: impl Fn(u32) -> Vec<u8>) -> impl Iterator<Item = Operation> {
    (0..chunk_count(content.len() as u64)).map(move |chunk| {
        let key = key(chunk);
        let value = record::seal(&key, &record::part_payload(content, chunk));
        Operation::put(kind, key, value)
    })
}
