//! One reader stops while much passes, then reads on: what it costs the server, and the others.

use std::{
    iter,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::{
    fleet::{Fleet, Happened},
    latency::Latencies,
    process::{Meter, Process},
    socket::Address,
    yjs::{self, Told, WRITER},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// Each update writes so many characters over those of the one before: much passes and the document stays small.
const SIZE: u32 = 10_000;
/// Updates before anything is measured.
const WARM_UP: u32 = 100;

#[derive(Args)]
pub struct Settings {
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: Process,
    #[arg(long, default_value_t = 10)]
    readers: usize,
    #[arg(long, default_value_t = 50)]
    megabytes: u32,
    /// Updates a second.
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// Nobody stops: the figures to compare with.
    #[arg(long)]
    control: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The most the server's memory grew by.
    grown_bytes: u64,
    /// Milliseconds, of the reader that fared worst.
    worst_p99: f64,
    /// The reader that stopped has everything in the end.
    complete: bool,
    generator_share: f64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let mut fleet = Fleet::new()?;
    fleet.join(iter::repeat_n(settings.address.clone(), settings.readers + 2))?;
    let process = settings.process;
    let stalled = settings.readers + 1;
    let mut passing = Passing { sent: Vec::new(), reached: vec![0; settings.readers + 2], latencies: vec![] };
    passing.forget();
    passing.send(&mut fleet, settings.rate, WARM_UP)?;
    passing.settle(&mut fleet, |index| index != 0)?;
    passing.forget();
    let before = process.memory()?;
    let meter = Meter::start(process)?;
    if !settings.control {
        fleet.pause(stalled)?;
    }
    let mut most = before;
    for _ in 0..settings.megabytes {
        passing.send(&mut fleet, settings.rate, 1_000_000 / SIZE)?;
        most = most.max(process.memory()?);
    }
    passing.settle(&mut fleet, |index| index != 0 && index != stalled)?;
    let generator_share = meter.generator_share()?;
    if !settings.control {
        fleet.resume(stalled)?;
    }
    let complete = passing.settle(&mut fleet, |index| index == stalled).is_ok();
    let readers = passing.latencies.into_iter().filter_map(Latencies::percentiles);
    let worst_p99 = readers.map(|latency| latency.p99).fold(0.0, f64::max);
    Ok(Report { grown_bytes: most - before, worst_p99, complete, generator_share })
}

struct Passing {
    sent: Vec<Instant>,
    /// How many updates each client has.
    reached: Vec<usize>,
    /// Of each reader.
    latencies: Vec<Latencies>,
}

impl Passing {
    fn forget(&mut self) {
        self.latencies = self.reached.iter().map(|_| Latencies::default()).collect();
    }

    fn send(&mut self, fleet: &mut Fleet, rate: u32, count: u32) -> Result<()> {
        let start = Instant::now();
        for number in 1..=count {
            let clock = u32::try_from(self.sent.len())? * SIZE;
            self.sent.push(Instant::now());
            fleet.send(0, &yjs::replacement(WRITER, clock, SIZE))?;
            self.hear(fleet, start + Duration::from_secs(1) * number / rate)?;
        }
        Ok(())
    }

    fn hear(&mut self, fleet: &mut Fleet, until: Instant) -> Result<()> {
        let Self { sent, reached, latencies } = self;
        fleet.run(until, |index, happened| {
            let Happened::Told(Told::Inserts(inserts), _) = happened else { return true };
            let now = Instant::now();
            for &(_, clock) in inserts.iter().filter(|(client, _)| *client == WRITER && index != 0) {
                let has = (clock / SIZE) as usize;
                let last = index + 1 == reached.len();
                sent.get(reached[index]..has)
                    .into_iter()
                    .flatten()
                    .filter(|_| !last)
                    .for_each(|sent| latencies[index].push(now - *sent));
                reached[index] = reached[index].max(has);
            }
            true
        })
    }

    fn settle(&mut self, fleet: &mut Fleet, concerned: impl Fn(usize) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let lacks = |passing: &Self| {
            (0..passing.reached.len()).any(|index| concerned(index) && passing.reached[index] < passing.sent.len())
        };
        while lacks(self) {
            ensure!(Instant::now() < deadline, "a reader is not complete");
            self.hear(fleet, Instant::now() + Duration::from_millis(20))?;
        }
        Ok(())
    }
}
