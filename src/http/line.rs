//! The network side of one WebSocket: what is written to it, by whom ever, and what the system did not take yet.
//!
//! Invariant: bytes leave in the order they were given, and a message is never cut by another.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, ErrorKind},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::{Buf, Bytes};
use tokio::net::tcp::OwnedWriteHalf;

use crate::{room::Line, wire::websocket};

/// What is written together goes through one buffer up to this size; larger messages are written from where they are.
const JOINED: usize = 64 << 10;

thread_local! {
    /// The one buffer of each thread: a line that has nothing to do has none.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// An upgraded connection.
#[derive(Debug)]
pub struct SocketLine {
    stream: OwnedWriteHalf,
    kept: Mutex<Kept>,
    /// Frames were written since the flag was last taken.
    wrote: AtomicBool,
}

/// What waits for the network.
#[derive(Debug, Default)]
struct Kept {
    pieces: VecDeque<Bytes>,
    /// The network has gone: nothing more is kept, and reading tells why.
    broken: bool,
}

impl SocketLine {
    pub fn new(stream: OwnedWriteHalf) -> Self {
        Self { stream, kept: Mutex::default(), wrote: AtomicBool::new(false) }
    }

    /// Writes one message of any kind.
    pub fn say(&self, kind: u8, payload: &[u8]) {
        self.joined(|buffer| websocket::write(buffer, kind, payload));
    }

    /// Whether frames were written since this was last asked; a ping is none.
    pub fn has_written(&self) -> bool {
        self.wrote.swap(false, Ordering::Relaxed)
    }

    /// Waits until everything that was kept is with the network, or the network has gone.
    pub async fn clear(&self) -> io::Result<()> {
        while !self.is_clear() {
            self.stream.writable().await?;
            self.lock().push_on(&self.stream);
        }
        Ok(())
    }

    /// Writes what `fill` puts into the buffer.
    fn joined(&self, fill: impl FnOnce(&mut Vec<u8>)) {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.clear();
            fill(buffer);
            self.lock().write(&self.stream, buffer);
        });
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Between a panic and the end of its connection a message may be cut; nobody else is touched.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line for SocketLine {
    fn write(&self, frames: &mut Vec<Bytes>) {
        self.wrote.store(true, Ordering::Relaxed);
        let total: usize = frames.iter().map(Bytes::len).sum();
        if total <= JOINED {
            return self.joined(|buffer| {
                frames.drain(..).for_each(|frame| websocket::write(buffer, websocket::BINARY, &frame))
            });
        }
        let mut kept = self.lock();
        for frame in frames.drain(..) {
            let (head, size) = websocket::head(websocket::BINARY, frame.len());
            kept.pieces.extend([Bytes::copy_from_slice(&head[..size]), frame]);
        }
        kept.push_on(&self.stream);
    }

    fn is_clear(&self) -> bool {
        self.lock().pieces.is_empty()
    }
}

impl Kept {
    fn write(&mut self, stream: &OwnedWriteHalf, bytes: &[u8]) {
        let written = if self.pieces.is_empty() { self.attempt(stream, bytes) } else { 0 };
        if written < bytes.len() && !self.broken {
            self.pieces.push_back(Bytes::copy_from_slice(&bytes[written..]));
        }
    }

    /// Writes what is kept as far as it goes.
    fn push_on(&mut self, stream: &OwnedWriteHalf) {
        while let Some(mut piece) = self.pieces.pop_front() {
            let written = self.attempt(stream, &piece);
            piece.advance(written);
            if self.broken {
                self.pieces = VecDeque::new();
            } else if !piece.is_empty() {
                return self.pieces.push_front(piece);
            }
        }
    }

    /// How many of the bytes the network took without waiting.
    fn attempt(&mut self, stream: &OwnedWriteHalf, bytes: &[u8]) -> usize {
        let mut written = 0;
        while written < bytes.len() && !self.broken {
            match stream.try_write(&bytes[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => {
                    tracing::debug!(%error, "the network has gone");
                    self.broken = true;
                }
            }
        }
        written
    }
}
