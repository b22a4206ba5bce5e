//! Those who follow the events and do not read: what each costs, and that all of them end complete.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::server::{Server, TOKEN};

/// How long nothing may come before a reader gives up.
const SILENCE: Duration = Duration::from_secs(60);

/// What the server keeps once for all: the newest events, the document.
const SHARED: u64 = 32 << 20;

/// What those who do not read may cost.
struct Crowd {
    subscribers: usize,
    /// Events that come while nobody reads.
    events: usize,
    /// Letters of four bytes in each event.
    letters: usize,
    /// What each may cost the server: its request, what it holds of the log, its buffers.
    bytes_each: u64,
}

/// The system takes what comes; the server must not hold much for a connection.
const THOUSANDS: Crowd = Crowd { subscribers: 5_000, events: 100, letters: 1, bytes_each: 48 << 10 };

/// More comes than the system takes for a socket that nobody reads: the rest must stay in the log. A queue in the server
/// would grow to several times as much as this.
const CLOGGED: Crowd = Crowd { subscribers: 30, events: 5_000, letters: 490, bytes_each: 1 << 20 };

fn subscribe(server: &Server, since: u64) -> Result<TcpStream> {
    let mut socket = TcpStream::connect(("127.0.0.1", server.port()))?;
    socket.set_read_timeout(Some(SILENCE))?;
    write!(
        socket,
        "GET /api/events?since={since} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    )?;
    // The answer begins: from now on it follows.
    let mut beginning = [0];
    socket.peek(&mut beginning)?;
    Ok(socket)
}

/// Reads a stream up to the event with this number; the numbers that came.
fn read(socket: TcpStream, last: u64) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for line in BufReader::new(socket).lines() {
        let line = line.with_context(|| format!("the stream ended after {} events", numbers.len()))?;
        let Some(data) = line.strip_prefix("data:") else { continue };
        let seq = serde_json::from_str::<Value>(data)?["seq"].as_u64().context("a number")?;
        numbers.push(seq);
        if seq >= last {
            break;
        }
    }
    Ok(numbers)
}

fn last_event(server: &Server) -> Result<u64> {
    let text = server.rest().text("/api/events?follow=false&since=0")?;
    let numbers = text.lines().filter_map(|line| line.strip_prefix("id:")?.trim().parse().ok());
    numbers.max().context("there are events")
}

fn hold_and_end(crowd: &Crowd) -> Result<()> {
    let server = Server::start()?;
    let rest = server.rest();
    rest.post("/api/tasks", json!({ "id": "t", "title": "T" }))?;
    let since = last_event(&server)?;
    let before = server.memory()?;
    let sockets: Vec<_> = (0..crowd.subscribers).map(|_| subscribe(&server, since)).collect::<Result<_>>()?;
    for number in 0..crowd.events {
        rest.patch("/api/tasks/t", json!({ "title": format!("{number}{}", "😀".repeat(crowd.letters)) }))?;
    }
    let held = settled(&server)?.saturating_sub(before);
    let bound = SHARED + crowd.subscribers as u64 * crowd.bytes_each;
    ensure!(held < bound, "{held} bytes are held for {} subscribers; {bound} may be", crowd.subscribers);
    let last = since + crowd.events as u64;
    for socket in sockets.into_iter().step_by(crowd.subscribers / 10) {
        let (numbers, wanted) = (read(socket, last)?, (since + 1..=last).collect::<Vec<_>>());
        ensure!(numbers == wanted, "a subscriber heard {} of {} events", numbers.len(), wanted.len());
    }
    Ok(())
}

#[test]
fn ms_30_thousands_of_subscribers_that_do_not_read_cost_bounded_memory_and_end_complete() -> Result<()> {
    hold_and_end(&THOUSANDS)
}

#[test]
fn ms_30_subscribers_whose_sockets_are_full_cost_bounded_memory_and_end_complete() -> Result<()> {
    hold_and_end(&CLOGGED)
}

/// The memory of the server once it does not grow any more.
fn settled(server: &Server) -> Result<u64> {
    let end = Instant::now() + SILENCE;
    let (mut last, mut same) = (server.memory()?, 0);
    while same < 5 && Instant::now() < end {
        // Nothing tells when a server has filled its buffers, so it is looked at again and again.
        std::thread::park_timeout(Duration::from_millis(200));
        let now = server.memory()?;
        same = if now <= last { same + 1 } else { 0 };
        last = now.max(last);
    }
    Ok(last)
}
