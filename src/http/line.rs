//! The network side of one WebSocket: what is written to it, by whom ever, and what the system did not take yet.
//!
//! Invariant: bytes leave in the order they were given, and a message is never cut by another.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes};
use tokio::net::tcp::OwnedWriteHalf;

use super::moment::Moment;
use crate::{
    room::Line,
    wire::{frame, websocket},
};

/// What is written together goes through one buffer up to this size; larger messages are written from where they are.
const JOINED: usize = 64 << 10;

/// Pieces handed to the system at once: a document and what goes before it.
const PIECES: usize = 16;

thread_local! {
    /// The one buffer of each thread: a line that has nothing to do has none.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// An upgraded connection.
#[derive(Debug)]
pub struct SocketLine {
    stream: OwnedWriteHalf,
    kept: Mutex<Kept>,
    /// When a message was last written; a ping is none.
    said: Moment,
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
        Self { stream, kept: Mutex::default(), said: Moment::now() }
    }

    /// Writes one message of any kind.
    pub fn say(&self, kind: u8, payload: &[u8]) {
        self.joined(|buffer| websocket::write(buffer, kind, payload));
    }

    /// How long no message was written.
    pub fn silent(&self) -> Duration {
        self.said.elapsed()
    }

    /// Writes what keeps the peer connected: on demand a message that says nothing, which stock clients wait for, and a
    /// ping, which they answer without seeing it.
    pub fn stay_alive(&self, with_message: bool, with_ping: bool) {
        if with_message {
            self.said.set(Instant::now());
        }
        self.joined(|buffer| {
            if with_message {
                websocket::write(buffer, websocket::BINARY, &frame::KEEP_ALIVE);
            }
            if with_ping {
                websocket::write(buffer, websocket::PING, &[]);
            }
        });
    }

    /// Waits until everything that was kept is with the network, or the network has gone.
    pub async fn clear(&self) -> io::Result<()> {
        while !self.is_clear() {
            self.stream.writable().await?;
            self.lock().push_on(&self.stream);
        }
        Ok(())
    }

    /// Writes what `fill` puts into the buffer. True if nothing is kept.
    fn joined(&self, fill: impl FnOnce(&mut Vec<u8>)) -> bool {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.clear();
            fill(buffer);
            let mut kept = self.lock();
            kept.write(&self.stream, buffer);
            kept.pieces.is_empty()
        })
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Between a panic and the end of its connection a message may be cut; nobody else is touched.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line for SocketLine {
    fn write(&self, frames: &mut Vec<Bytes>) -> bool {
        self.said.set(Instant::now());
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
        kept.pieces.is_empty()
    }

    fn is_clear(&self) -> bool {
        self.lock().pieces.is_empty()
    }
}

impl Kept {
    fn write(&mut self, stream: &OwnedWriteHalf, mut bytes: &[u8]) {
        while self.pieces.is_empty() && !bytes.is_empty() {
            match self.taken(stream.try_write(bytes)) {
                0 => break,
                written => bytes = &bytes[written..],
            }
        }
        if !bytes.is_empty() && !self.broken {
            self.pieces.push_back(Bytes::copy_from_slice(bytes));
        }
    }

    /// Writes what is kept as far as it goes.
    fn push_on(&mut self, stream: &OwnedWriteHalf) {
        while !self.pieces.is_empty() {
            let slices: Vec<_> = self.pieces.iter().take(PIECES).map(|piece| IoSlice::new(piece)).collect();
            let written = stream.try_write_vectored(&slices);
            match self.taken(written) {
                0 if self.broken => self.pieces = VecDeque::new(),
                0 => return,
                written => self.forget(written),
            }
        }
    }

    /// How many bytes the network took.
    fn taken(&mut self, written: io::Result<usize>) -> usize {
        match written {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => {
                tracing::debug!(%error, "the network has gone");
                self.broken = true;
                0
            }
        }
    }

    /// Keeps no longer what was written.
    fn forget(&mut self, mut written: usize) {
        while let Some(piece) = self.pieces.front_mut() {
            if written < piece.len() {
                return piece.advance(written);
            }
            written -= piece.len();
            self.pieces.pop_front();
        }
        self.pieces = VecDeque::new();
    }
}
