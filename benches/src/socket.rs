//! One client's WebSocket, driven by the fleet.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use anyhow::{Context, Result, bail, ensure};
use coscribe::wire::lib0::{Reader, write_bytes};
use mio::net::TcpStream;

use crate::{
    frames::{self, Frames},
    yjs,
};

const KEY: &str = "Y29zY3JpYmUtYmVuY2gtMQ==";

/// How a server wants to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// y-protocols, the document named by the path.
    Yjs,
    /// The same behind the name of the document in every message, after a word of who one is.
    Hocuspocus,
    /// A relay, which answers no question but passes it on: nobody asks.
    Raw,
}

/// Where a document is served, and how: `ws://127.0.0.1:8000/ws/name`, `hocuspocus://…` or `relay://…`.
#[derive(Debug, Clone)]
pub struct Address {
    pub socket: SocketAddr,
    pub path: String,
    pub dialect: Dialect,
}

impl Address {
    /// A relay answers no question.
    pub fn speaks(&self) -> bool {
        self.dialect != Dialect::Raw
    }

    /// The address of one document of many: `{n}` in the path is its number.
    pub fn numbered(&self, number: usize) -> Self {
        Self { path: self.path.replace("{n}", &number.to_string()), ..self.clone() }
    }
}

impl std::str::FromStr for Address {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> Result<Self> {
        let (scheme, rest) = text.split_once("://").context("an address begins with a scheme")?;
        let dialect = match scheme {
            "ws" => Dialect::Yjs,
            "hocuspocus" => Dialect::Hocuspocus,
            "relay" => Dialect::Raw,
            _ => bail!("{scheme} is no protocol spoken here"),
        };
        let (socket, path) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Self { socket: socket.parse()?, path: format!("/{path}"), dialect })
    }
}

/// A socket that never waits: what the system does not take or give yet is asked for again when it is ready.
pub struct Socket {
    pub stream: TcpStream,
    frames: Frames,
    out: Vec<u8>,
    /// The head of the answer to the upgrade, until it is whole.
    head: Option<Vec<u8>>,
    dialect: Dialect,
    /// What stands before every message.
    prefix: Vec<u8>,
}

impl Socket {
    /// Begins to connect and to upgrade.
    pub fn open(address: &Address) -> Result<Self> {
        let mut prefix = Vec::new();
        if address.dialect == Dialect::Hocuspocus {
            write_bytes(&mut prefix, address.path.trim_start_matches('/').as_bytes());
        }
        Ok(Self {
            stream: TcpStream::connect(address.socket)?,
            frames: Frames::default(),
            out: request(address).into_bytes(),
            head: Some(Vec::new()),
            dialect: address.dialect,
            prefix,
        })
    }

    pub fn speaks(&self) -> bool {
        self.dialect != Dialect::Raw
    }

    pub fn send(&mut self, message: &[u8]) -> Result<()> {
        self.put(message);
        self.flush()
    }

    /// Leaves a message for the next flush.
    pub fn put(&mut self, message: &[u8]) {
        frames::write_masked(&mut self.out, &self.prefix, message);
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> Result<()> {
        while !self.out.is_empty() {
            match self.stream.write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if not_now(&error) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub fn is_drained(&self) -> bool {
        self.out.is_empty()
    }

    /// Reads what is there, to the end if there is one; true when the upgrade has just been answered.
    pub fn fill(&mut self, scratch: &mut [u8], to_the_end: bool) -> Result<bool> {
        let mut opened = false;
        loop {
            match self.stream.read(scratch) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(count) => {
                    opened |= self.take(&scratch[..count])?;
                    if count < scratch.len() && !to_the_end {
                        return Ok(opened);
                    }
                }
                Err(error) if not_now(&error) => return Ok(opened),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<bool> {
        let Some(head) = self.head.as_mut() else {
            self.frames.push(bytes);
            return Ok(false);
        };
        head.extend_from_slice(bytes);
        let Some(end) = frames::end_of_head(head)? else { return Ok(false) };
        ensure!(head.starts_with(b"HTTP/1.1 101"), "no upgrade: {}", String::from_utf8_lossy(&head[..end]));
        self.frames.push(&head[end..]);
        self.head = None;
        self.stream.set_nodelay(true)?;
        Ok(true)
    }

    /// Says who one is, where that is asked for, and asks for the document.
    pub fn greet(&mut self) -> Result<()> {
        if self.dialect == Dialect::Hocuspocus {
            self.put(&yjs::hocuspocus_token());
        }
        if self.speaks() { self.send(&yjs::step1()) } else { Ok(()) }
    }

    /// The next message; pings are answered here.
    pub fn message(&mut self) -> Result<Option<&[u8]>> {
        loop {
            let Some((opcode, payload)) = self.frames.next()? else { return Ok(None) };
            match opcode {
                frames::PING => frames::write_pong(&mut self.out, payload),
                frames::CLOSE => bail!("closed: {:?}", String::from_utf8_lossy(payload.get(2..).unwrap_or_default())),
                frames::BINARY => break,
                _ => {}
            }
        }
        let message = self.frames.current();
        Ok(Some(if self.dialect == Dialect::Hocuspocus { behind_the_name(message)? } else { message }))
    }
}

fn not_now(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}

fn behind_the_name(message: &[u8]) -> Result<&[u8]> {
    let mut reader = Reader::new(message);
    reader.bytes()?;
    Ok(&message[message.len() - reader.left()..])
}

fn request(Address { socket, path, .. }: &Address) -> String {
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13";
    format!("GET {path} HTTP/1.1\r\nHost: {socket}\r\n{upgrade}\r\nSec-WebSocket-Key: {KEY}\r\n\r\n")
}
