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
    yjs::{self, Told, WRITER},
};

const PATIENCE: Duration = Duration::from_secs(300);
/// Updates that may be under way to the reader, and how many are given to the system at once.
const WINDOW: usize = 32 << 10;
const BURST: usize = 512;

#[derive(Args)]
pub struct Settings {
    /// `{n}` in it is the number of the document.
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: Process,
    /// The session, as `record` made it.
    #[arg(long)]
    recording: PathBuf,
    /// Into so many documents, one after the other: a fast server is done with one before anything can be told from it.
    #[arg(long, default_value_t = 1)]
    documents: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    updates: usize,
    updates_per_second: f64,
    /// The server's processor time until the last tenth had arrived behind the one before, as a multiple of the first
    /// tenth's. Not the wall's: a tenth is shorter than two commits.
    last_tenth: f64,
    /// Microseconds of the server's processor.
    cpu_per_update: f64,
    /// What a reader must have reached to have everything.
    clock: u32,
    generator_share: f64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let recording = Recording::load(&settings.recording)?;
    let meter = Meter::start(settings.process)?;
    let (mut time, mut tenths) = (Duration::ZERO, [Duration::ZERO; 10]);
    for document in 0..settings.documents {
        let address = settings.address.numbered(document);
        let mut fleet = Fleet::new()?;
        fleet.join([address.clone(), address.clone()])?;
        let start = Instant::now();
        let used = pass(&mut fleet, &recording, settings.process)?;
        time += start.elapsed();
        std::iter::zip(&mut tenths, used).for_each(|(sum, cpu)| *sum += cpu);
    }
    let (cpu, generator_share) = (meter.cpu()?, meter.generator_share()?);
    for document in 0..settings.documents {
        recording.check(&fetch(&settings.address.numbered(document), recording.last())?)?;
    }
    let updates = recording.messages.len() * settings.documents;
    let count = f64::from(u32::try_from(updates)?);
    Ok(Report {
        updates,
        updates_per_second: count / time.as_secs_f64(),
        last_tenth: tenths[9].as_secs_f64() / tenths[0].as_secs_f64(),
        cpu_per_update: cpu.as_secs_f64() * 1e6 / count,
        clock: recording.last(),
        generator_share,
    })
}

/// Client 0 sends everything, until client 1 has it. What the server used for each tenth.
fn pass(fleet: &mut Fleet, recording: &Recording, server: Process) -> Result<Vec<Duration>> {
    let (mut clock, mut sent, mut marks) = (0, 0, vec![server.cpu()?]);
    let deadline = Instant::now() + PATIENCE;
    let (mut spoken, mut carets) = (Instant::now(), 1);
    while clock < recording.last() {
        if spoken.elapsed() > yjs::SIGN_OF_LIFE {
            fleet.send(1, &yjs::caret(WRITER + 1, carets))?;
            (spoken, carets) = (Instant::now(), carets + 1);
        }
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
            while marks.len() <= 10 && clock >= recording.after_tenth(marks.len()) {
                marks.push(server.cpu().unwrap_or_default());
            }
            clock < recording.last()
        })?;
    }
    Ok(marks.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect())
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
