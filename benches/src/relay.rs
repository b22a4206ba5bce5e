//! The raw relay: WebSockets over epoll in one thread, each message sent on to everybody else at the same address.
//!
//! It knows no CRDT and keeps nothing, so it costs about what the system calls cost. What it read in one round it
//! writes to each reader in one call, which is the best a server without merging can do.

use std::{
    collections::HashMap,
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use anyhow::{Context, Result};
use clap::Args;
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use nix::sys::socket::{Backlog, listen};
use slab::Slab;

use crate::frames::{self, Frames};

const LISTENER: Token = Token(usize::MAX);
const READ_BYTES: usize = 64 << 10;
const EVENTS: usize = 4096;
/// Connections that may wait to be accepted: with fewer, a crowd at once waits a second for the system's second try.
const BACKLOG: i32 = 4096;

#[derive(Args)]
pub struct Settings {
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Sent to everybody who comes: the line for joining a document.
    #[arg(long)]
    greeting: Option<std::path::PathBuf>,
}

pub fn run(settings: &Settings) -> Result<()> {
    let greeting = settings.greeting.as_ref().map(std::fs::read).transpose().context("the greeting cannot be read")?;
    let mut relay = Relay::listen(settings.listen, greeting.unwrap_or_default())?;
    loop {
        relay.round()?;
    }
}

struct Relay {
    poll: Poll,
    listener: TcpListener,
    events: Events,
    connections: Slab<Connection>,
    rooms: HashMap<String, Vec<usize>>,
    /// Who is to be written to at the end of the round.
    due: Vec<usize>,
    greeting: Vec<u8>,
    scratch: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    frames: Frames,
    head: Option<Vec<u8>>,
    room: String,
    out: Vec<u8>,
    is_due: bool,
    waits: bool,
}

impl Relay {
    fn listen(address: SocketAddr, greeting: Vec<u8>) -> Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(address)?;
        listen(&listener, Backlog::new(BACKLOG)?)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            listener,
            events: Events::with_capacity(EVENTS),
            connections: Slab::new(),
            rooms: HashMap::new(),
            due: Vec::new(),
            greeting,
            scratch: vec![0; READ_BYTES],
        })
    }

    /// Reads from all who sent something, then writes to all who are to get something.
    fn round(&mut self) -> Result<()> {
        match self.poll.poll(&mut self.events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        let ready: Vec<(Token, bool, bool)> =
            self.events.iter().map(|event| (event.token(), event.is_read_closed(), event.is_writable())).collect();
        for &(token, closed, writable) in &ready {
            if token == LISTENER {
                self.accept()?;
                continue;
            }
            let Token(index) = token;
            if self.read(index, closed).is_err() {
                self.forget(index);
            } else if writable {
                self.owe(index);
            }
        }
        for index in std::mem::take(&mut self.due) {
            if self.write(index).is_err() {
                self.forget(index);
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            stream.set_nodelay(true)?;
            let entry = self.connections.vacant_entry();
            self.poll.registry().register(&mut stream, Token(entry.key()), Interest::READABLE)?;
            entry.insert(Connection {
                stream,
                frames: Frames::default(),
                head: Some(Vec::new()),
                room: String::new(),
                out: Vec::new(),
                is_due: false,
                waits: false,
            });
        }
    }

    /// What fills less than the buffer was all there was, unless the other side has closed.
    fn read(&mut self, index: usize, closed: bool) -> Result<()> {
        loop {
            let Some(connection) = self.connections.get_mut(index) else { return Ok(()) };
            let count = match connection.stream.read(&mut self.scratch) {
                Ok(0) => anyhow::bail!("gone"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if connection.head.is_some() {
                self.greet(index, count)?;
            } else {
                connection.frames.push(&self.scratch[..count]);
            }
            self.relay(index)?;
            if count < self.scratch.len() && !closed {
                return Ok(());
            }
        }
    }

    /// Answers the upgrade once its head is whole.
    fn greet(&mut self, index: usize, count: usize) -> Result<()> {
        let connection = &mut self.connections[index];
        let Some(head) = connection.head.as_mut() else { return Ok(()) };
        head.extend_from_slice(&self.scratch[..count]);
        let Some(end) = frames::end_of_head(head)? else { return Ok(()) };
        let (room, key) = request(&head[..end])?;
        connection.frames.push(&head[end..]);
        connection.head = None;
        let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
        connection.out.extend_from_slice(format!("{answer}Sec-WebSocket-Accept: {accept}\r\n\r\n").as_bytes());
        if !self.greeting.is_empty() {
            frames::write(&mut connection.out, frames::BINARY, &self.greeting);
        }
        connection.room.clone_from(&room);
        self.rooms.entry(room).or_default().push(index);
        self.owe(index);
        Ok(())
    }

    fn relay(&mut self, index: usize) -> Result<()> {
        let connection = &mut self.connections[index];
        let mut joined = Vec::new();
        let mut pinged = false;
        while let Some((opcode, payload)) = connection.frames.next()? {
            match opcode {
                frames::CLOSE => anyhow::bail!("closed"),
                frames::PING => {
                    frames::write(&mut connection.out, frames::PONG, payload);
                    pinged = true;
                }
                frames::BINARY => frames::write(&mut joined, frames::BINARY, payload),
                _ => {}
            }
        }
        if pinged {
            self.owe(index);
        }
        if joined.is_empty() {
            return Ok(());
        }
        let room = self.rooms.get(&self.connections[index].room);
        for &other in room.into_iter().flatten().filter(|&&other| other != index) {
            let connection = &mut self.connections[other];
            connection.out.extend_from_slice(&joined);
            if !std::mem::replace(&mut connection.is_due, true) {
                self.due.push(other);
            }
        }
        Ok(())
    }

    fn owe(&mut self, index: usize) {
        let Some(connection) = self.connections.get_mut(index) else { return };
        if !std::mem::replace(&mut connection.is_due, true) {
            self.due.push(index);
        }
    }

    fn write(&mut self, index: usize) -> Result<()> {
        let Some(connection) = self.connections.get_mut(index) else { return Ok(()) };
        connection.is_due = false;
        while !connection.out.is_empty() {
            match connection.stream.write(&connection.out) {
                Ok(count) => drop(connection.out.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let waits = !connection.out.is_empty();
        if waits != connection.waits {
            connection.waits = waits;
            let interest = if waits { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
            self.poll.registry().reregister(&mut connection.stream, Token(index), interest)?;
        }
        Ok(())
    }

    fn forget(&mut self, index: usize) {
        let Some(connection) = self.connections.try_remove(index) else { return };
        if let Some(room) = self.rooms.get_mut(&connection.room) {
            room.retain(|&other| other != index);
            if room.is_empty() {
                self.rooms.remove(&connection.room);
            }
        }
    }
}

/// The path and the key of an upgrade.
fn request(head: &[u8]) -> Result<(String, String)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    request.parse(head)?;
    let path = request.path.context("no path")?.split('?').next().unwrap_or_default().to_owned();
    let key = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("sec-websocket-key"));
    Ok((path, String::from_utf8(key.context("no key")?.value.to_vec())?))
}
