//! Many open documents, each with some clients that do nothing: memory and processor while nothing happens, and what is
//! left once everybody has gone.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::{fleet::Fleet, process::Process, socket::Address};

#[derive(Args)]
pub struct Settings {
    /// `{n}` in it is the number of the document.
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: u32,
    #[arg(long, default_value_t = 1000)]
    documents: usize,
    /// In each document.
    #[arg(long, default_value_t = 2)]
    clients: usize,
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[arg(long)]
    relay: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    before_bytes: u64,
    open_bytes: u64,
    bytes_per_document: u64,
    /// Of one processor core, while nothing happens.
    idle_cores: f64,
    /// Seconds until nearly all memory was given back; absent if it was not within 30.
    given_back_seconds: Option<f64>,
    after_bytes: u64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let process = Process(settings.process);
    // A first document, opened and left, so that what a server makes once is not counted.
    join(settings, 0..1)?;
    settle();
    let before = process.memory()?;
    let mut fleet = join(settings, 1..settings.documents + 1)?;
    settle();
    let open = process.memory()?;
    let idle_cores = idle(&mut fleet, process, Duration::from_secs(settings.seconds))?;
    drop(fleet);
    let given_back_seconds = given_back(process, before, open)?;
    Ok(Report {
        before_bytes: before,
        open_bytes: open,
        bytes_per_document: open.saturating_sub(before) / settings.documents as u64,
        idle_cores,
        given_back_seconds,
        after_bytes: process.memory()?,
    })
}

fn join(settings: &Settings, documents: std::ops::Range<usize>) -> Result<Fleet> {
    let mut fleet = Fleet::new(!settings.relay)?;
    for document in documents {
        fleet.join(std::iter::repeat_n(settings.address.numbered(document), settings.clients))?;
    }
    Ok(fleet)
}

/// Allocators and unload timers take a moment.
fn settle() {
    thread::sleep(Duration::from_secs(3));
}

fn idle(fleet: &mut Fleet, process: Process, time: Duration) -> Result<f64> {
    let (cpu, start) = (process.cpu()?, Instant::now());
    fleet.run(start + time, |_, _| true)?;
    Ok((process.cpu()? - cpu).as_secs_f64() / start.elapsed().as_secs_f64())
}

/// Nine tenths of what the documents took.
fn given_back(process: Process, before: u64, open: u64) -> Result<Option<f64>> {
    const PATIENCE: Duration = Duration::from_secs(30);
    let start = Instant::now();
    let enough = before + open.saturating_sub(before) / 10;
    while start.elapsed() < PATIENCE {
        if process.memory()? <= enough {
            return Ok(Some(start.elapsed().as_secs_f64()));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(None)
}
