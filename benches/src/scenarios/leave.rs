//! Everybody comes to documents that were there before the server started, stays a moment, and goes: how soon the memory
//! is as it was.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::{fleet::Fleet, process::Process, socket::Address};

/// Allocators and unload timers take a moment.
const SETTLING: Duration = Duration::from_secs(3);
const GIVING_BACK: Duration = Duration::from_secs(15);

#[derive(Args)]
pub struct Settings {
    /// `{n}` in it is the number of the document.
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: Process,
    #[arg(long, default_value_t = 5000)]
    documents: usize,
    /// In each document.
    #[arg(long, default_value_t = 2)]
    clients: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    before_bytes: u64,
    open_bytes: u64,
    bytes_per_document: u64,
    /// Seconds until nine tenths of what it took was given back; absent if that took longer than 15.
    given_back_seconds: Option<f64>,
    after_bytes: u64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let process = settings.process;
    // A first document, opened and left, so that what a server makes once is not counted.
    drop(come(settings, 0..1)?);
    thread::sleep(SETTLING);
    let before = process.memory()?;
    let fleet = come(settings, 1..settings.documents + 1)?;
    thread::sleep(SETTLING);
    let open = process.memory()?;
    drop(fleet);
    let given_back_seconds = given_back(process, before, open)?;
    Ok(Report {
        before_bytes: before,
        open_bytes: open,
        bytes_per_document: open.saturating_sub(before) / settings.documents as u64,
        given_back_seconds,
        after_bytes: process.memory()?,
    })
}

fn come(settings: &Settings, documents: std::ops::Range<usize>) -> Result<Fleet> {
    let mut fleet = Fleet::new()?;
    fleet
        .join(documents.flat_map(|number| std::iter::repeat_n(settings.address.numbered(number), settings.clients)))?;
    Ok(fleet)
}

fn given_back(process: Process, before: u64, open: u64) -> Result<Option<f64>> {
    let start = Instant::now();
    let enough = before + open.saturating_sub(before) / 10;
    while start.elapsed() < GIVING_BACK {
        if process.memory()? <= enough {
            return Ok(Some(start.elapsed().as_secs_f64()));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(None)
}
