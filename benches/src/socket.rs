//! One client's WebSocket, driven by the fleet.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use anyhow::{Context, Result, bail, ensure};
use mio::net::TcpStream;

use crate::frames::{self, Frames};

const KEY: &str = "Y29zY3JpYmUtYmVuY2gtMQ==";

/// Where a document is served: `ws://127.0.0.1:8000/ws/name?token=…`.
#[derive(Debug, Clone)]
pub struct Address {
    pub socket: SocketAddr,
    pub path: String,
}

impl Address {
    /// The address of one document of many: `{n}` in the path is its number.
    pub fn numbered(&self, number: usize) -> Self {
        Self { socket: self.socket, path: self.path.replace("{n}", &number.to_string()) }
    }
}

impl std::str::FromStr for Address {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> Result<Self> {
        let rest = text.strip_prefix("ws://").context("an address begins with ws://")?;
        let (socket, path) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Self { socket: socket.parse()?, path: format!("/{path}") })
    }
}

/// A socket that never waits: what the system does not take or give yet is asked for again when it is ready.
pub struct Socket {
    pub stream: TcpStream,
    frames: Frames,
    out: Vec<u8>,
    /// The head of the answer to the upgrade, until it is whole.
    head: Option<Vec<u8>>,
}

impl Socket {
    /// Begins to connect and to upgrade.
    pub fn open(address: &Address) -> Result<Self> {
        let stream = TcpStream::connect(address.socket)?;
        Ok(Self { stream, frames: Frames::default(), out: request(address).into_bytes(), head: Some(Vec::new()) })
    }

    pub fn send(&mut self, message: &[u8]) -> Result<()> {
        frames::write_masked(&mut self.out, frames::BINARY, message);
        self.flush()
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> Result<()> {
        while !self.out.is_empty() {
            match self.stream.write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub fn is_drained(&self) -> bool {
        self.out.is_empty()
    }

    /// Reads what is there; true when the upgrade has just been answered.
    pub fn fill(&mut self, scratch: &mut [u8]) -> Result<bool> {
        let mut opened = false;
        loop {
            match self.stream.read(scratch) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(count) => opened |= self.take(&scratch[..count])?,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return Ok(opened),
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

    /// The next message; pings are answered here.
    pub fn message(&mut self) -> Result<Option<&[u8]>> {
        loop {
            let Some((opcode, payload)) = self.frames.next()? else { return Ok(None) };
            match opcode {
                frames::PING => frames::write_masked(&mut self.out, frames::PONG, payload),
                frames::CLOSE => bail!("closed: {:?}", String::from_utf8_lossy(payload.get(2..).unwrap_or_default())),
                frames::BINARY => break,
                _ => {}
            }
        }
        Ok(Some(self.frames.current()))
    }
}

fn request(Address { socket, path }: &Address) -> String {
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13";
    format!("GET {path} HTTP/1.1\r\nHost: {socket}\r\n{upgrade}\r\nSec-WebSocket-Key: {KEY}\r\n\r\n")
}
