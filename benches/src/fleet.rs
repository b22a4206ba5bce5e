//! Many clients in one thread, over epoll.
//!
//! Invariant: time is spent only on what arrived: an idle client costs nothing.

use std::{
    collections::HashMap,
    io::ErrorKind,
    os::fd::{AsFd, AsRawFd},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use mio::{Events, Interest, Poll, Token, unix::SourceFd};
use nix::sys::{
    time::TimeSpec,
    timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags},
};

use crate::{
    hearing::Hearing,
    socket::{Address, Socket},
    yjs::{self, Told},
};

const EVENTS: usize = 4096;
const READ_BYTES: usize = 256 << 10;
/// A server that needs longer to let somebody in has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Clients that are let in at a time.
const IN_FLIGHT: usize = 32;
const TIMER: Token = Token(usize::MAX);

/// What happened to a client.
pub enum Happened<'a> {
    /// Its upgrade was answered.
    Opened,
    /// It was told something; the message as it came, too.
    Told(&'a Told, &'a [u8]),
    /// Its connection ended, or was refused.
    Lost(&'a anyhow::Error),
}

pub struct Fleet {
    poll: Poll,
    events: Events,
    clients: Vec<Client>,
    hearing: Hearing,
    scratch: Vec<u8>,
    /// epoll counts milliseconds; a pace of some hundred a second needs finer steps.
    timer: TimerFd,
}

struct Client {
    socket: Socket,
    /// How much of what the server says it has heard.
    position: usize,
    lost: bool,
}

impl Fleet {
    pub fn new() -> Result<Self> {
        let (poll, timer) = (Poll::new()?, TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK)?);
        let descriptor = timer.as_fd().as_raw_fd();
        poll.registry().register(&mut SourceFd(&descriptor), TIMER, Interest::READABLE)?;
        let (events, scratch) = (Events::with_capacity(EVENTS), vec![0; READ_BYTES]);
        Ok(Self { poll, events, clients: Vec::new(), hearing: Hearing::default(), scratch, timer })
    }

    /// Begins to let one more client in; it asks for the document as soon as it is. Returns its index.
    pub fn begin(&mut self, address: &Address) -> Result<usize> {
        let index = self.clients.len();
        let mut socket = Socket::open(address)?;
        self.poll.registry().register(&mut socket.stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
        self.clients.push(Client { socket, position: 0, lost: false });
        Ok(index)
    }

    /// Lets clients in, some at a time, each until it has the document.
    pub fn join(&mut self, addresses: impl IntoIterator<Item = Address>) -> Result<()> {
        let (mut addresses, mut waiting) = (addresses.into_iter().fuse(), HashMap::new());
        loop {
            while waiting.len() < IN_FLIGHT
                && let Some(address) = addresses.next()
            {
                waiting.insert(self.begin(&address)?, address.speaks());
            }
            if waiting.is_empty() {
                return Ok(());
            }
            let before = waiting.len();
            self.run(Instant::now() + PATIENCE, |index, happened| {
                let Some(&speaks) = waiting.get(&index) else { return true };
                let there = !speaks || matches!(happened, Happened::Told(Told::Inserts(_), _));
                !(there && waiting.remove(&index).is_some())
            })?;
            ensure!(waiting.len() < before, "{before} clients were not let in");
        }
    }

    pub fn send(&mut self, index: usize, message: &[u8]) -> Result<()> {
        self.clients[index].socket.send(message)
    }

    /// Leaves a message for the next [`Self::flush`].
    pub fn put(&mut self, index: usize, message: &[u8]) {
        self.clients[index].socket.put(message);
    }

    pub fn flush(&mut self, index: usize) -> Result<()> {
        self.clients[index].socket.flush()
    }

    pub fn is_drained(&self, index: usize) -> bool {
        self.clients[index].socket.is_drained()
    }

    /// Stops reading from a client; its messages wait at the server and in the system.
    pub fn pause(&mut self, index: usize) -> Result<()> {
        Ok(self.poll.registry().deregister(&mut self.clients[index].socket.stream)?)
    }

    pub fn resume(&mut self, index: usize) -> Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        Ok(self.poll.registry().register(&mut self.clients[index].socket.stream, Token(index), interest)?)
    }

    /// Handles what arrives until `until`, or until `handle` says stop. Fails when a client is lost.
    pub fn run(&mut self, until: Instant, mut handle: impl FnMut(usize, Happened) -> bool) -> Result<()> {
        let mut lost = None;
        self.run_losing(until, |index, happened| match happened {
            Happened::Lost(error) => {
                lost.get_or_insert_with(|| anyhow!("client {index}: {error:#}"));
                false
            }
            other => handle(index, other),
        })?;
        lost.map_or(Ok(()), Err)
    }

    /// The same where clients may be lost: `handle` is told.
    pub fn run_losing(&mut self, until: Instant, mut handle: impl FnMut(usize, Happened) -> bool) -> Result<()> {
        let mut going = true;
        self.wake_at(until)?;
        while going {
            match self.poll.poll(&mut self.events, None) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            }
            for event in &self.events {
                let Token(index) = event.token();
                let Some(client) = self.clients.get_mut(index) else { continue };
                if client.lost {
                    continue;
                }
                let written = if event.is_writable() { client.socket.flush() } else { Ok(()) };
                let to_the_end = event.is_read_closed();
                let step = written.and_then(|()| match event.is_readable() {
                    true => {
                        client.receive(&mut self.scratch, to_the_end, &mut self.hearing, |what| handle(index, what))
                    }
                    false => Ok(true),
                });
                going &= step.unwrap_or_else(|error| {
                    client.lost = true;
                    handle(index, Happened::Lost(&error))
                });
            }
            going &= Instant::now() < until;
        }
        Ok(())
    }

    fn wake_at(&self, until: Instant) -> Result<()> {
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
        let once = Expiration::OneShot(TimeSpec::from_duration(left));
        self.timer.set(once, TimerSetTimeFlags::empty()).context("the timer")
    }
}

impl Client {
    fn receive(
        &mut self,
        scratch: &mut [u8],
        to_the_end: bool,
        hearing: &mut Hearing,
        mut handle: impl FnMut(Happened) -> bool,
    ) -> Result<bool> {
        let mut going = true;
        if self.socket.fill(scratch, to_the_end)? {
            self.socket.greet()?;
            going &= handle(Happened::Opened);
        }
        let speaks = self.socket.speaks();
        let mut asked = false;
        while let Some(message) = self.socket.message()? {
            match hearing.read(&mut self.position, message) {
                Told::Asks if speaks => asked = true,
                what => going &= handle(Happened::Told(what, message)),
            }
        }
        if asked {
            self.socket.put(&yjs::nothing());
        }
        self.socket.flush()?;
        Ok(going)
    }
}
