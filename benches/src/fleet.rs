//! Many clients in one thread, over epoll.
//!
//! Invariant: time is spent only on what arrived: an idle client costs nothing.

use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use mio::{Events, Interest, Poll, Token};

use crate::{
    socket::{Address, Socket},
    yjs::{self, Told},
};

const EVENTS: usize = 4096;
const READ_BYTES: usize = 256 << 10;
/// A server that needs longer to let somebody in has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happened to a client.
pub enum Happened {
    /// Its upgrade was answered.
    Opened,
    Told(Told),
}

pub struct Fleet {
    poll: Poll,
    events: Events,
    sockets: Vec<Socket>,
    scratch: Vec<u8>,
    /// A relay does not answer a question, it passes it on: nobody asks.
    speaks: bool,
}

impl Fleet {
    pub fn new(speaks: bool) -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            sockets: Vec::new(),
            scratch: vec![0; READ_BYTES],
            speaks,
        })
    }

    /// Begins to let one more client in; it asks for the document as soon as it is. Returns its index.
    pub fn begin(&mut self, address: &Address) -> Result<usize> {
        let index = self.sockets.len();
        let mut socket = Socket::open(address)?;
        self.poll.registry().register(&mut socket.stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
        self.sockets.push(socket);
        Ok(index)
    }

    /// Lets clients in, one after the other, each until it has the document.
    pub fn join(&mut self, addresses: impl IntoIterator<Item = Address>) -> Result<()> {
        for address in addresses {
            let index = self.begin(&address)?;
            let deadline = Instant::now() + PATIENCE;
            let speaks = self.speaks;
            let mut there = false;
            while !there {
                ensure!(Instant::now() < deadline, "client {index} was not let in");
                self.run(deadline, |client, happened| {
                    let answer = if speaks { matches!(happened, Happened::Told(Told::Inserts(_))) } else { true };
                    there |= client == index && answer;
                    !there
                })?;
            }
        }
        Ok(())
    }

    pub fn send(&mut self, index: usize, message: &[u8]) -> Result<()> {
        self.sockets[index].send(message)
    }

    pub fn is_drained(&self, index: usize) -> bool {
        self.sockets[index].is_drained()
    }

    /// Stops reading from a client; its messages wait at the server and in the system.
    pub fn pause(&mut self, index: usize) -> Result<()> {
        Ok(self.poll.registry().deregister(&mut self.sockets[index].stream)?)
    }

    pub fn resume(&mut self, index: usize) -> Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        Ok(self.poll.registry().register(&mut self.sockets[index].stream, Token(index), interest)?)
    }

    /// Handles what arrives until `until`, or until `handle` says stop.
    pub fn run(&mut self, until: Instant, mut handle: impl FnMut(usize, Happened) -> bool) -> Result<()> {
        let mut going = true;
        while going {
            let left = until.saturating_duration_since(Instant::now());
            match self.poll.poll(&mut self.events, Some(left)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            }
            for event in &self.events {
                let Token(index) = event.token();
                let socket = &mut self.sockets[index];
                if event.is_writable() {
                    socket.flush().with_context(|| format!("client {index}"))?;
                }
                if event.is_readable() {
                    let read = receive(socket, &mut self.scratch, self.speaks, |what| handle(index, what));
                    going &= read.with_context(|| format!("client {index}"))?;
                }
            }
            going &= left > Duration::ZERO;
        }
        Ok(())
    }
}

fn receive(socket: &mut Socket, scratch: &mut [u8], speaks: bool, mut handle: impl FnMut(Happened) -> bool) -> Result<bool> {
    let mut going = true;
    if socket.fill(scratch)? {
        if speaks {
            socket.send(&yjs::step1())?;
        }
        going &= handle(Happened::Opened);
    }
    while let Some(message) = socket.message()? {
        match yjs::read(message) {
            Told::Asks if speaks => socket.send(&yjs::nothing())?,
            what => going &= handle(Happened::Told(what)),
        }
    }
    socket.flush()?;
    Ok(going)
}
