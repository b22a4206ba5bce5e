//! A recorded session made ready for the other scenarios, and the document it leads to given to a server at once.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::ingest;
use crate::{fleet::Fleet, recording::Recording, socket::Address};

#[derive(Args)]
pub struct Record {
    /// A trace as `tests/data/traces` has them.
    #[arg(long)]
    trace: PathBuf,
    /// Only so many of its edits.
    #[arg(long)]
    edits: Option<usize>,
    /// Where its messages are written.
    #[arg(long)]
    recording: PathBuf,
    /// Where the message is written that brings the whole document to a client: what a relay greets with.
    #[arg(long)]
    greeting: PathBuf,
}

#[derive(Args)]
pub struct Give {
    #[arg(long)]
    address: Address,
    #[arg(long)]
    recording: PathBuf,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    bytes: usize,
    /// What a reader must have reached to have everything.
    clock: u32,
}

pub fn record(settings: &Record) -> Result<Report> {
    let recording = Recording::of_trace(&settings.trace, settings.edits)?;
    recording.save(&settings.recording)?;
    std::fs::write(&settings.greeting, recording.document())?;
    Ok(Report { bytes: recording.document().len(), clock: recording.last() })
}

/// Somebody new must get what was given.
pub fn give(settings: &Give) -> Result<Report> {
    let recording = Recording::load(&settings.recording)?;
    let mut fleet = Fleet::new()?;
    fleet.join([settings.address.clone()])?;
    fleet.send(0, &recording.document())?;
    while !fleet.is_drained(0) {
        fleet.run(Instant::now() + Duration::from_millis(1), |_, _| true)?;
    }
    recording.check(&ingest::fetch(&settings.address, recording.last())?)?;
    Ok(Report { bytes: recording.document().len(), clock: recording.last() })
}
