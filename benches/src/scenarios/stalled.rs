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
    latency::{Latencies, Percentiles},
    process::Process,
    socket::Address,
    yjs::{self, Told},
};

const WRITER: u64 = 200_000_003;
const PATIENCE: Duration = Duration::from_secs(60);
/// Each update writes so many characters over those of the one before: much passes and the document stays small.
const SIZE: u32 = 10_000;

#[derive(Args)]
pub struct Settings {
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: u32,
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
    #[arg(long)]
    relay: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The most the server's memory grew by.
    grown_bytes: u64,
    latency: Percentiles,
    /// The reader that stopped has everything in the end.
    complete: bool,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let mut fleet = Fleet::new(!settings.relay)?;
    fleet.join(iter::repeat_n(settings.address.clone(), settings.readers + 2))?;
    let process = Process(settings.process);
    let stalled = settings.readers + 1;
    let mut passing = Passing { sent: Vec::new(), reached: vec![0; settings.readers + 2], latencies: Latencies::default() };
    passing.send(&mut fleet, settings.rate, 1)?;
    let before = process.memory()?;
    if !settings.control {
        fleet.pause(stalled)?;
    }
    let mut most = before;
    for _ in 0..settings.megabytes {
        passing.send(&mut fleet, settings.rate, 1_000_000 / SIZE)?;
        most = most.max(process.memory()?);
    }
    passing.settle(&mut fleet, |index| index != 0 && index != stalled)?;
    if !settings.control {
        fleet.resume(stalled)?;
    }
    let complete = passing.settle(&mut fleet, |index| index == stalled).is_ok();
    Ok(Report { grown_bytes: most - before, latency: passing.latencies.percentiles(), complete })
}

struct Passing {
    sent: Vec<Instant>,
    /// How many updates each client has.
    reached: Vec<usize>,
    latencies: Latencies,
}

impl Passing {
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
            let Happened::Told(Told::Inserts(inserts)) = happened else { return true };
            let now = Instant::now();
            for (_, clock) in inserts.into_iter().filter(|(client, _)| *client == WRITER && index != 0) {
                let has = (clock / SIZE) as usize;
                let last = index + 1 == reached.len();
                sent.get(reached[index]..has).into_iter().flatten().filter(|_| !last).for_each(|sent| latencies.push(now - *sent));
                reached[index] = reached[index].max(has);
            }
            true
        })
    }

    fn settle(&mut self, fleet: &mut Fleet, concerned: impl Fn(usize) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let lacks = |passing: &Self| (0..passing.reached.len()).any(|index| concerned(index) && passing.reached[index] < passing.sent.len());
        while lacks(self) {
            ensure!(Instant::now() < deadline, "a reader is not complete");
            self.hear(fleet, Instant::now() + Duration::from_millis(20))?;
        }
        Ok(())
    }
}
