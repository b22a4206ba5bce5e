//! Files that people gave to a program: their contents, sent to it in chunks between other messages.
//!
//! Invariant: one chunk is in memory beside the file it is of; a file that is gone is told as empty.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use serde_json::json;
use storage::{BlobHash, Store};

use crate::{room::Upload, wire::websocket};

/// What is sent at once: small enough that other messages come between, as the protocol has it.
const CHUNK: usize = 512 << 10;

/// The contents that are still to be sent.
#[derive(Default)]
pub struct Uploads {
    waiting: VecDeque<Upload>,
    /// The file that is being sent: its place, its content, and how much of that is sent.
    file: Option<(usize, Bytes, usize)>,
}

impl Uploads {
    /// Adds the files of a callback.
    pub fn add(&mut self, upload: Upload) {
        self.waiting.push_back(upload);
    }

    pub fn are_under_way(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next chunk: its header and its content, each with its kind of frame. Not cancel-safe.
    pub async fn next(&mut self, store: &Arc<dyn Store>) -> Vec<(u8, Bytes)> {
        let Some(upload) = self.waiting.front() else { return Vec::new() };
        let (place, content, sent) = match self.file.take() {
            Some(file) => file,
            None => (0, read(store, upload, 0).await, 0),
        };
        let chunk = content.slice(sent..content.len().min(sent + CHUNK));
        let header = json!({
            "type": "binary-chunk", "wid": upload.wid, "transfer_id": upload.transfer, "file_index": place,
            "file_count": upload.files.len(), "chunk_index": sent / CHUNK,
            "num_chunks": content.len().div_ceil(CHUNK).max(1), "encoding": "binary",
        });
        let next = if sent + chunk.len() < content.len() {
            Some((place, content, sent + CHUNK))
        } else if place + 1 < upload.files.len() {
            let content = read(store, upload, place + 1).await;
            Some((place + 1, content, 0))
        } else {
            self.waiting.pop_front();
            None
        };
        self.file = next;
        vec![(websocket::TEXT, header.to_string().into()), (websocket::BINARY, chunk)]
    }
}

async fn read(store: &Arc<dyn Store>, upload: &Upload, place: usize) -> Bytes {
    let hash = upload.files.get(place).and_then(|file| BlobHash::parse(&file.sha256));
    let (store, Some(hash)) = (store.clone(), hash) else { return Bytes::new() };
    match tokio::task::spawn_blocking(move || store.blob(&hash)).await {
        Ok(Ok(content)) => content.unwrap_or_default(),
        Ok(Err(error)) => {
            tracing::error!(%error, "an uploaded file cannot be read");
            Bytes::new()
        }
        Err(error) => {
            tracing::error!(%error, "reading an uploaded file failed");
            Bytes::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use storage::MemoryStore;

    use super::*;
    use crate::widgets::UploadedFile;

    #[tokio::test]
    async fn pg_17_files_come_in_chunks_with_their_places_and_an_empty_one_is_one_empty_chunk() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let large = vec![9; CHUNK + 5];
        let file = |content: &[u8]| UploadedFile { sha256: store.put_blob(content).unwrap().to_string() };
        let files = vec![file(&large), file(b"")];
        let mut uploads = Uploads::default();
        uploads.add(Upload { wid: 3, transfer: 8, files });
        let mut told = Vec::new();
        while uploads.are_under_way() {
            let frames = uploads.next(&store).await;
            let header: Value = serde_json::from_slice(&frames[0].1).unwrap();
            let places = ["file_index", "chunk_index", "num_chunks"].map(|key| header[key].as_u64().unwrap());
            assert_eq!((&header["transfer_id"], &header["file_count"]), (&json!(8), &json!(2)));
            told.push((places, frames[1].1.len()));
        }
        assert_eq!(told, [([0, 0, 2], CHUNK), ([0, 1, 2], 5), ([1, 0, 1], 0)]);
    }
}
