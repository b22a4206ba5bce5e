//! A recorded session, sent edit by edit as fast as the server takes it; a reader tells how far it has come.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Args;
use coscribe::wire::lib0::Reader;
use serde::Serialize;

use crate::{
    fleet::{Fleet, Happened},
    process::{Meter, Process},
    recording::Recording,
    socket::Address,
    yjs::{Told, WRITER},
};

const PATIENCE: Duration = Duration::from_secs(300);
/// Updates that may be under way to the reader, and how many are given to the system at once.
const WINDOW: usize = 32 << 10;
const BURST: usize = 512;

#[derive(Args)]
pub struct Settings {
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: Process,
    /// The session, as `record` made it.
    #[arg(long)]
    recording: PathBuf,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    updates: usize,
    updates_per_second: f64,
    /// The time the last tenth took, as a multiple of the first tenth's.
    last_tenth: f64,
    /// Microseconds of the server's processor.
    cpu_per_update: f64,
    /// What a reader must have reached to have everything.
    clock: u32,
    generator_share: f64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let recording = Recording::load(&settings.recording)?;
    let mut fleet = Fleet::new()?;
    fleet.join([settings.address.clone(), settings.address.clone()])?;
    let meter = Meter::start(settings.process)?;
    let tenths = pass(&mut fleet, &recording)?;
    let (wall, cpu, generator_share) = (meter.start.elapsed(), meter.cpu()?, meter.generator_share()?);
    recording.check(&fetch(&settings.address, recording.last())?)?;
    let [first, .., before, last] = tenths[..] else { anyhow::bail!("too few edits") };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = recording.messages.len() as f64;
    Ok(Report {
        updates: recording.messages.len(),
        updates_per_second: count / wall.as_secs_f64(),
        last_tenth: (last - before).as_secs_f64() / (first - meter.start).as_secs_f64(),
        cpu_per_update: cpu.as_secs_f64() * 1e6 / count,
        clock: recording.last(),
        generator_share,
    })
}

/// Client 0 sends everything, until client 1 has it. When each tenth had arrived.
fn pass(fleet: &mut Fleet, recording: &Recording) -> Result<Vec<Instant>> {
    let (mut clock, mut sent, mut tenths) = (0, 0, Vec::new());
    let deadline = Instant::now() + PATIENCE;
    while clock < recording.last() {
        ensure!(Instant::now() < deadline, "the reader got {clock} of {} clocks", recording.last());
        let reached = recording.clocks.partition_point(|&known| known <= clock);
        while fleet.is_drained(0) && sent < recording.messages.len().min(reached + WINDOW) {
            let burst = &recording.messages[sent..recording.messages.len().min(sent + BURST)];
            burst.iter().for_each(|message| fleet.put(0, message));
            fleet.flush(0)?;
            sent += burst.len();
        }
        fleet.run(Instant::now() + Duration::from_millis(1), |index, happened| {
            let Happened::Told(Told::Inserts(inserts), _) = happened else { return true };
            let typed = inserts.iter().filter(|(client, _)| *client == WRITER && index == 1);
            clock = typed.map(|&(_, reached)| reached).fold(clock, u32::max);
            while tenths.len() < 10 && clock >= recording.after_tenth(tenths.len() + 1) {
                tenths.push(Instant::now());
            }
            clock < recording.last()
        })?;
    }
    Ok(tenths)
}

/// What somebody new is told until the writer's clock has come: the updates.
pub fn fetch(address: &Address, clock: u32) -> Result<Vec<Vec<u8>>> {
    let mut fleet = Fleet::new()?;
    fleet.begin(address)?;
    let (mut updates, mut reached) = (Vec::new(), 0);
    let deadline = Instant::now() + PATIENCE;
    while reached < clock {
        ensure!(Instant::now() < deadline, "a new reader got {reached} of {clock} clocks");
        fleet.run(deadline, |_, happened| {
            let Happened::Told(Told::Inserts(inserts), [_, _, sized @ ..]) = happened else { return true };
            updates.push(Reader::new(sized).bytes().unwrap_or_default().to_vec());
            reached = inserts.iter().filter(|(client, _)| *client == WRITER).map(|&(_, to)| to).fold(reached, u32::max);
            reached < clock
        })?;
    }
    Ok(updates)
}
