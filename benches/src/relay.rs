//! The raw relay: WebSockets over epoll in one thread, each message sent on to everybody else at the same address.
//!
//! It knows no CRDT and keeps nothing, so it costs about what the system calls cost. What it read in one round it
//! writes to each reader in one call, which is the best a server without merging can do.

use std::{
    collections::{HashMap, HashSet},
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use anyhow::{Context, Result};
use clap::Args;
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

use crate::frames::{self, Frames};

const LISTENER: Token = Token(usize::MAX);
const READ_BYTES: usize = 64 << 10;
const EVENTS: usize = 4096;

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
    crate::print(&serde_json::json!({ "listening": relay.listener.local_addr()?.to_string() }))?;
    loop {
        relay.round()?;
    }
}

struct Relay {
    poll: Poll,
    listener: TcpListener,
    events: Events,
    connections: HashMap<Token, Connection>,
    rooms: HashMap<String, HashSet<Token>>,
    next: usize,
    greeting: Vec<u8>,
    scratch: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    frames: Frames,
    head: Option<Vec<u8>>,
    room: String,
    out: Vec<u8>,
    waits: bool,
}

impl Relay {
    fn listen(address: SocketAddr, greeting: Vec<u8>) -> Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(address)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            listener,
            events: Events::with_capacity(EVENTS),
            connections: HashMap::new(),
            rooms: HashMap::new(),
            next: 0,
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
            self.events.iter().map(|event| (event.token(), event.is_readable(), event.is_writable())).collect();
        let mut written = HashSet::new();
        for &(token, readable, writable) in &ready {
            if token == LISTENER {
                self.accept()?;
                continue;
            }
            if readable && self.read(token, &mut written).is_err() {
                self.forget(token);
            }
            if writable {
                written.insert(token);
            }
        }
        for token in written {
            if self.write(token).is_err() {
                self.forget(token);
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
            let token = Token(self.next);
            self.next += 1;
            self.poll.registry().register(&mut stream, token, Interest::READABLE)?;
            let connection = Connection {
                stream,
                frames: Frames::default(),
                head: Some(Vec::new()),
                room: String::new(),
                out: Vec::new(),
                waits: false,
            };
            self.connections.insert(token, connection);
        }
    }

    fn read(&mut self, token: Token, written: &mut HashSet<Token>) -> Result<()> {
        loop {
            let Some(connection) = self.connections.get_mut(&token) else { return Ok(()) };
            let count = match connection.stream.read(&mut self.scratch) {
                Ok(0) => anyhow::bail!("gone"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if connection.head.is_some() {
                self.greet(token, count, written)?;
            } else {
                connection.frames.push(&self.scratch[..count]);
            }
            self.relay(token, written)?;
        }
    }

    /// Answers the upgrade once its head is whole.
    fn greet(&mut self, token: Token, count: usize, written: &mut HashSet<Token>) -> Result<()> {
        let Some(connection) = self.connections.get_mut(&token) else { return Ok(()) };
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
        self.rooms.entry(room).or_default().insert(token);
        written.insert(token);
        Ok(())
    }

    fn relay(&mut self, token: Token, written: &mut HashSet<Token>) -> Result<()> {
        let Some(connection) = self.connections.get_mut(&token) else { return Ok(()) };
        let mut joined = Vec::new();
        while let Some((opcode, payload)) = connection.frames.next()? {
            match opcode {
                frames::CLOSE => anyhow::bail!("closed"),
                frames::PING => frames::write(&mut connection.out, frames::PONG, payload),
                frames::BINARY => frames::write(&mut joined, frames::BINARY, payload),
                _ => {}
            }
        }
        if joined.is_empty() {
            return Ok(());
        }
        let room = self.rooms.get(&connection.room).into_iter().flatten().copied();
        for other in room.filter(|&other| other != token) {
            if let Some(connection) = self.connections.get_mut(&other) {
                connection.out.extend_from_slice(&joined);
                written.insert(other);
            }
        }
        Ok(())
    }

    fn write(&mut self, token: Token) -> Result<()> {
        let Some(connection) = self.connections.get_mut(&token) else { return Ok(()) };
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
            self.poll.registry().reregister(&mut connection.stream, token, interest)?;
        }
        Ok(())
    }

    fn forget(&mut self, token: Token) {
        let Some(connection) = self.connections.remove(&token) else { return };
        if let Some(room) = self.rooms.get_mut(&connection.room) {
            room.remove(&token);
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
