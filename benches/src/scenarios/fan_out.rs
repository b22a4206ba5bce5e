//! One client types at a rate, or as fast as its slowest reader follows; the others read.

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

/// The writer's client id: four bytes as a variable-length integer, as most clients' are.
const WRITER: u64 = 200_000_001;
/// Updates that may be under way to the slowest reader when there is no rate.
const WINDOW: u32 = 2000;
/// After the last update; a server that needs longer has lost some.
const PATIENCE: Duration = Duration::from_secs(30);
/// Nobody measures the first updates: connections, caches and the sync answers settle.
const WARM_UP: Duration = Duration::from_secs(1);

#[derive(Args)]
pub struct Settings {
    #[arg(long)]
    address: Address,
    /// The server process.
    #[arg(long)]
    process: u32,
    #[arg(long, default_value_t = 100)]
    readers: usize,
    /// Updates a second; 0 is as fast as it goes.
    #[arg(long, default_value_t = 100)]
    rate: u32,
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// The server only passes messages on.
    #[arg(long)]
    relay: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    updates: u32,
    /// Updates that reached a reader, each counted at each reader, however merged.
    deliveries: u64,
    deliveries_per_second: f64,
    /// Microseconds of the server's processor for one delivery.
    cpu_per_delivery: f64,
    latency: Percentiles,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let mut fleet = Fleet::new(!settings.relay)?;
    fleet.join(iter::repeat_n(settings.address.clone(), settings.readers + 1))?;
    let mut typing = Typing::new(0, settings.readers);
    typing.type_until(&mut fleet, settings.rate, Instant::now() + WARM_UP)?;
    typing.settle(&mut fleet)?;
    typing.forget();

    let process = Process(settings.process);
    let (cpu, start, before) = (process.cpu()?, Instant::now(), typing.sent.len());
    typing.type_until(&mut fleet, settings.rate, start + Duration::from_secs(settings.seconds))?;
    typing.settle(&mut fleet)?;
    let (cpu, wall) = (process.cpu()? - cpu, typing.last_arrival - start);

    let updates = typing.sent.len() - before;
    let deliveries = (updates * settings.readers) as u64;
    ensure!(deliveries > 0, "nothing was delivered");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = deliveries as f64;
    Ok(Report {
        updates: u32::try_from(updates)?,
        deliveries,
        deliveries_per_second: count / wall.as_secs_f64(),
        cpu_per_delivery: cpu.as_secs_f64() * 1e6 / count,
        latency: typing.latencies.percentiles(),
    })
}

struct Typing {
    writer: usize,
    /// When each clock was sent.
    sent: Vec<Instant>,
    /// The clock each client has reached; the writer's own stays 0.
    reached: Vec<u32>,
    latencies: Latencies,
    last_arrival: Instant,
}

impl Typing {
    fn new(writer: usize, readers: usize) -> Self {
        let (sent, reached) = (Vec::new(), vec![0; readers + 1]);
        Self { writer, sent, reached, latencies: Latencies::default(), last_arrival: Instant::now() }
    }

    fn forget(&mut self) {
        self.latencies = Latencies::default();
    }

    fn type_until(&mut self, fleet: &mut Fleet, rate: u32, end: Instant) -> Result<()> {
        let start = Instant::now();
        let mut typed = 0;
        while Instant::now() < end {
            let due = if rate == 0 { self.allowance() } else { due(start, rate).saturating_sub(typed) };
            for _ in 0..due {
                self.keystroke(fleet)?;
            }
            typed += due;
            let next = if rate == 0 { end } else { (start + Duration::from_secs(1) * (typed + 1) / rate).min(end) };
            let full = rate == 0;
            fleet.run(next, |index, happened| self.arrived(index, happened, full))?;
        }
        Ok(())
    }

    /// How many more may be sent when the slowest reader decides.
    fn allowance(&self) -> u32 {
        let under_way = self.clock() - self.slowest();
        if under_way > WINDOW / 2 { 0 } else { WINDOW - under_way }
    }

    fn clock(&self) -> u32 {
        u32::try_from(self.sent.len()).unwrap_or(u32::MAX)
    }

    fn slowest(&self) -> u32 {
        self.reached.iter().enumerate().filter(|&(index, _)| index != self.writer).map(|(_, &clock)| clock).min().unwrap_or(0)
    }

    fn keystroke(&mut self, fleet: &mut Fleet) -> Result<()> {
        let message = yjs::keystroke(WRITER, self.clock());
        self.sent.push(Instant::now());
        fleet.send(self.writer, &message)
    }

    /// Whether to go on waiting: with a window, no longer than until there is room in it.
    fn arrived(&mut self, index: usize, happened: Happened, windowed: bool) -> bool {
        let Happened::Told(Told::Inserts(inserts)) = happened else { return true };
        let now = Instant::now();
        for (client, clock) in inserts {
            if client != WRITER || index == self.writer || clock <= self.reached[index] {
                continue;
            }
            for sent in &self.sent[self.reached[index] as usize..clock as usize] {
                self.latencies.push(now - *sent);
            }
            self.reached[index] = clock;
            self.last_arrival = now;
        }
        !windowed || self.allowance() == 0
    }

    fn settle(&mut self, fleet: &mut Fleet) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.slowest() < self.clock() {
            ensure!(Instant::now() < deadline, "a reader got {} of {} updates", self.slowest(), self.clock());
            fleet.run(Instant::now() + Duration::from_millis(50), |index, happened| self.arrived(index, happened, false))?;
        }
        Ok(())
    }
}

fn due(start: Instant, rate: u32) -> u32 {
    u32::try_from(start.elapsed().as_micros() * u128::from(rate) / 1_000_000).unwrap_or(u32::MAX)
}
