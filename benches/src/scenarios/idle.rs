//! Many open documents, in each of which one client has typed a line and another has read it: memory and processor
//! while nothing happens.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::{
    fleet::{Fleet, Happened},
    process::{Meter, Process},
    socket::Address,
    yjs::{self, SIGN_OF_LIFE, Told, WRITER},
};

/// Documents that are being typed into at a time.
const IN_FLIGHT: usize = 500;
const PATIENCE: Duration = Duration::from_secs(60);
/// Allocators and unload timers take a moment.
const SETTLING: Duration = Duration::from_secs(3);

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
    /// What is typed into each document.
    #[arg(long, default_value_t = 100)]
    characters: u32,
    /// How long nothing has happened before the measuring begins: more than servers wait before they tidy up.
    #[arg(long, default_value_t = 36)]
    settling: u64,
    /// How long nothing happens: two periods of keep-alives.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Everybody renews their presence meanwhile, for servers that close on whoever says nothing.
    #[arg(long)]
    talking: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Until all clients of all documents were in and had what was typed.
    seconds: f64,
    before_bytes: u64,
    open_bytes: u64,
    bytes_per_document: u64,
    /// Of one processor core, while nothing happens.
    idle_cores: f64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let process = settings.process;
    // A first document, opened and left, so that what a server makes once is not counted.
    drop(open(settings, 0..1)?);
    thread::sleep(SETTLING);
    let (before, start) = (process.memory()?, Instant::now());
    let mut fleet = open(settings, 1..settings.documents + 1)?;
    let seconds = start.elapsed().as_secs_f64();
    rest(settings, &mut fleet, settings.settling, 1)?;
    let meter = Meter::start(process)?;
    rest(settings, &mut fleet, settings.seconds, 1 + u32::try_from(settings.settling)?)?;
    let idle_cores = meter.cores()?;
    let open = process.memory()?;
    Ok(Report {
        seconds,
        before_bytes: before,
        open_bytes: open,
        bytes_per_document: open.saturating_sub(before) / settings.documents as u64,
        idle_cores,
    })
}

/// Nobody types for so many seconds. Who renews their presence tells of carets from this one on.
fn rest(settings: &Settings, fleet: &mut Fleet, seconds: u64, mut caret: u32) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        for client in (0..settings.documents * settings.clients).filter(|_| settings.talking) {
            fleet.send(client, &yjs::caret(client as u64, caret))?;
        }
        caret += 1;
        fleet.run(until.min(Instant::now() + SIGN_OF_LIFE), |_, _| true)?;
    }
    Ok(())
}

fn open(settings: &Settings, documents: std::ops::Range<usize>) -> Result<Fleet> {
    let mut fleet = Fleet::new()?;
    let addresses =
        documents.flat_map(|number| std::iter::repeat_n(settings.address.numbered(number), settings.clients));
    let addresses: Vec<Address> = addresses.collect();
    fleet.join(addresses.iter().cloned())?;
    let writers: Vec<usize> = (0..addresses.len()).step_by(settings.clients).collect();
    let mut has_it = vec![false; addresses.len()];
    for writers in writers.chunks(IN_FLIGHT) {
        for &writer in writers {
            fleet.send(writer, &yjs::replacement(WRITER, 0, settings.characters))?;
            has_it[writer] = true;
        }
        let some = writers[0]..(writers[writers.len() - 1] + settings.clients);
        hear(&mut fleet, &mut has_it, some, settings.characters)?;
    }
    Ok(fleet)
}

fn hear(fleet: &mut Fleet, has_it: &mut [bool], some: std::ops::Range<usize>, characters: u32) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while has_it[some.clone()].contains(&false) {
        ensure!(Instant::now() < deadline, "a reader does not get what was typed");
        fleet.run(deadline, |index, happened| {
            if matches!(happened, Happened::Told(Told::Inserts(inserts), _) if inserts.contains(&(WRITER, characters)))
            {
                has_it[index] = true;
            }
            has_it[some.clone()].contains(&false)
        })?;
    }
    Ok(())
}
