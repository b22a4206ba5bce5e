//! Thousands who follow the events: what each costs when it is slow, and that all of them end complete.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::server::{Server, TOKEN};

const SUBSCRIBERS: usize = 5_000;

/// Events that are there already: more than the server keeps for those who are a little behind.
const OLD: usize = 5_000;

/// Events that come while nobody reads.
const NEW: usize = 300;

/// What one subscriber that does not read may cost the server: its request, what it holds of the log, its buffers.
const BYTES_EACH: u64 = 48 << 10;

/// How long nothing may come before a reader gives up.
const SILENCE: Duration = Duration::from_secs(60);

fn subscribe(server: &Server, since: usize) -> Result<TcpStream> {
    let mut socket = TcpStream::connect(("127.0.0.1", server.port()))?;
    socket.set_read_timeout(Some(SILENCE))?;
    write!(
        socket,
        "GET /api/events?since={since} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    )?;
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

/// Changes the task `count` times, each of which is an event.
fn change(server: &Server, count: usize) -> Result<()> {
    let rest = server.rest();
    for number in 0..count {
        rest.patch("/api/tasks/t", json!({ "title": format!("Title {number}") }))?;
    }
    Ok(())
}

fn last_event(server: &Server) -> Result<u64> {
    let text = server.rest().text("/api/events?follow=false&since=0")?;
    let numbers = text.lines().filter_map(|line| line.strip_prefix("id:")?.trim().parse().ok());
    numbers.max().context("there are events")
}

#[test]
fn ms_30_thousands_of_subscribers_that_do_not_read_cost_bounded_memory_and_end_complete() -> Result<()> {
    let server = Server::start()?;
    server.rest().post("/api/tasks", json!({ "id": "t", "title": "T" }))?;
    change(&server, OLD)?;
    let before = server.memory()?;
    // Each somewhere else in the log, so that none shares with the next.
    let mut sockets = Vec::with_capacity(SUBSCRIBERS);
    for number in 0..SUBSCRIBERS {
        sockets.push((number, subscribe(&server, number)?));
    }
    change(&server, NEW)?;
    let last = last_event(&server)?;
    let held = settled(&server)?.saturating_sub(before);
    ensure!(held < SUBSCRIBERS as u64 * BYTES_EACH, "{held} bytes are held, {} for each", held / SUBSCRIBERS as u64);
    for (since, socket) in sockets.into_iter().step_by(500) {
        let numbers = read(socket, last)?;
        let wanted: Vec<u64> = (since as u64 + 1..=last).collect();
        ensure!(numbers == wanted, "the subscriber since {since} heard {} of {} events", numbers.len(), wanted.len());
    }
    Ok(())
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
