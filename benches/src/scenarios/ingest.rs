//! A recorded editing session, sent edit by edit as fast as the server takes it; a reader tells how far it has come.

use std::{
    fs::File,
    io::BufReader,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use clap::Args;
use coscribe::wire::frame;
use serde::{Deserialize, Serialize};
use yrs::{Doc, OffsetKind, Options, Text, Transact};

use crate::{
    fleet::{Fleet, Happened},
    process::Process,
    socket::Address,
    yjs::{ROOT, Told},
};

const WRITER: u64 = 200_000_002;
const PATIENCE: Duration = Duration::from_secs(300);
/// Updates given to the system before the reader is looked at again.
const BURST: usize = 512;

#[derive(Args)]
pub struct Settings {
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: u32,
    /// A trace as `tests/data/traces` has them.
    #[arg(long)]
    trace: PathBuf,
    #[arg(long)]
    relay: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    updates: usize,
    updates_per_second: f64,
    /// The time the last tenth took, as a multiple of the first tenth's.
    last_tenth: f64,
    cpu_per_update: f64,
}

#[derive(Deserialize)]
struct Trace {
    txns: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Transaction {
    patches: Vec<(u32, u32, String)>,
}

/// The messages of the trace, and the writer's clock after each.
struct Recording {
    messages: Vec<Bytes>,
    clocks: Vec<u32>,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let recording = Recording::of(&settings.trace)?;
    let mut fleet = Fleet::new(!settings.relay)?;
    fleet.join([settings.address.clone(), settings.address.clone()])?;
    let process = Process(settings.process);
    let (cpu, start) = (process.cpu()?, Instant::now());
    let mut progress = Progress { clock: 0, tenths: Vec::new(), recording: &recording };
    let mut sent = 0;
    while progress.clock < recording.last() {
        ensure!(start.elapsed() < PATIENCE, "the reader got {} of {} clocks", progress.clock, recording.last());
        while sent < recording.messages.len() && fleet.is_drained(0) && sent < progress.reached() + 64 * BURST {
            fleet.send(0, &recording.messages[sent])?;
            sent += 1;
        }
        fleet.run(Instant::now() + Duration::from_millis(1), |index, happened| progress.hear(index, happened))?;
    }
    let wall = start.elapsed();
    let [first, .., before, last] = progress.tenths[..] else { anyhow::bail!("too few edits") };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = recording.messages.len() as f64;
    Ok(Report {
        updates: recording.messages.len(),
        updates_per_second: count / wall.as_secs_f64(),
        last_tenth: (last - before).as_secs_f64() / (first - start).as_secs_f64(),
        cpu_per_update: (process.cpu()? - cpu).as_secs_f64() * 1e6 / count,
    })
}

struct Progress<'a> {
    clock: u32,
    /// When each tenth of the edits had arrived.
    tenths: Vec<Instant>,
    recording: &'a Recording,
}

impl Progress<'_> {
    fn hear(&mut self, index: usize, happened: Happened) -> bool {
        let Happened::Told(Told::Inserts(inserts)) = happened else { return true };
        for (client, clock) in inserts {
            if index == 1 && client == WRITER {
                self.clock = self.clock.max(clock);
            }
        }
        while self.tenths.len() < 10 && self.clock >= self.recording.after_tenth(self.tenths.len() + 1) {
            self.tenths.push(Instant::now());
        }
        self.clock < self.recording.last()
    }

    /// How many edits have arrived.
    fn reached(&self) -> usize {
        self.recording.clocks.partition_point(|&clock| clock <= self.clock)
    }
}

impl Recording {
    fn of(path: &PathBuf) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("{}", path.display()))?;
        let trace: Trace = serde_json::from_reader(BufReader::new(flate2::read::GzDecoder::new(file)))?;
        let doc = Doc::with_options(Options { client_id: yrs::ClientID::new(WRITER), offset_kind: OffsetKind::Utf16, ..Options::default() });
        let text = doc.get_or_insert_text(ROOT);
        let mut recording = Self { messages: Vec::new(), clocks: Vec::new() };
        let mut clock = 0;
        // The last edit may only delete, which no clock shows: one more character ends the trace.
        let end = Transaction { patches: vec![(0, 0, " ".into())] };
        for Transaction { patches } in trace.txns.into_iter().chain([end]) {
            let mut transaction = doc.transact_mut();
            for (position, deleted, inserted) in patches {
                text.remove_range(&mut transaction, position, deleted);
                text.insert(&mut transaction, position, &inserted);
                clock += u32::try_from(inserted.encode_utf16().count())?;
            }
            recording.messages.push(frame::update(&transaction.encode_update_v1()));
            recording.clocks.push(clock);
        }
        Ok(recording)
    }

    fn last(&self) -> u32 {
        self.clocks.last().copied().unwrap_or(0)
    }

    fn after_tenth(&self, tenth: usize) -> u32 {
        self.clocks[(self.clocks.len() * tenth / 10).max(1) - 1]
    }
}
