//! One client types at a rate, or as fast as its slowest reader follows; the others read.

use std::{
    iter,
    num::NonZeroU32,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::{
    fleet::{Fleet, Happened},
    latency::{Latencies, Percentiles},
    process::{Meter, Process},
    socket::Address,
    yjs::{self, Told, WRITER},
};

/// Updates that may be under way to the slowest reader when there is no rate.
const WINDOW: u32 = 5_000;
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
    process: Process,
    #[arg(long, default_value_t = 100)]
    readers: usize,
    /// Updates a second; 0 is as fast as it goes.
    #[arg(long, default_value_t = 100)]
    rate: u32,
    #[arg(long, default_value_t = 5)]
    seconds: u64,
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
    cpu_cores: f64,
    latency: Option<Percentiles>,
    generator_share: f64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let mut fleet = Fleet::new()?;
    fleet.join(iter::repeat_n(settings.address.clone(), settings.readers + 1))?;
    let mut typing = Typing::new(settings.readers, settings.rate);
    typing.type_until(&mut fleet, Instant::now() + WARM_UP)?;
    typing.latencies = Latencies::default();

    let (meter, before) = (Meter::start(settings.process)?, typing.sent.len());
    typing.type_until(&mut fleet, meter.start + Duration::from_secs(settings.seconds))?;
    let (cpu, wall) = (meter.cpu()?, meter.start.elapsed());

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
        cpu_cores: meter.cores()?,
        latency: typing.latencies.percentiles(),
        generator_share: meter.generator_share()?,
    })
}

/// Client 0 types, the others read.
struct Typing {
    /// Updates a second; without, the slowest reader decides.
    rate: Option<NonZeroU32>,
    /// When each clock was sent.
    sent: Vec<Instant>,
    /// The clock each reader has reached.
    reached: Vec<u32>,
    /// The clock that all readers have reached, and how many have reached no more.
    slowest: (u32, usize),
    latencies: Latencies,
}

impl Typing {
    fn new(readers: usize, rate: u32) -> Self {
        let (rate, reached, latencies) = (NonZeroU32::new(rate), vec![0; readers], Latencies::default());
        Self { rate, sent: Vec::new(), reached, slowest: (0, readers), latencies }
    }

    /// Types until `end`, and waits until everybody has everything.
    fn type_until(&mut self, fleet: &mut Fleet, end: Instant) -> Result<()> {
        match self.rate {
            Some(rate) => self.type_at(fleet, rate.get(), end)?,
            None => self.type_within_window(fleet, end)?,
        }
        let deadline = Instant::now() + PATIENCE;
        while self.under_way() > 0 {
            ensure!(Instant::now() < deadline, "a reader got {} of {} updates", self.slowest.0, self.clock());
            fleet.run(deadline, |index, happened| {
                self.hear(index, happened);
                self.under_way() > 0
            })?;
        }
        Ok(())
    }

    fn type_at(&mut self, fleet: &mut Fleet, rate: u32, end: Instant) -> Result<()> {
        let start = Instant::now();
        let mut typed = 0;
        while Instant::now() < end {
            let due = start.elapsed().as_micros() * u128::from(rate) / 1_000_000;
            let due = u32::try_from(due)?;
            self.keystrokes(fleet, due - typed)?;
            typed = due;
            let next = start + Duration::from_secs(1) * (typed + 1) / rate;
            fleet.run(next.min(end), |index, happened| {
                self.hear(index, happened);
                true
            })?;
        }
        Ok(())
    }

    fn type_within_window(&mut self, fleet: &mut Fleet, end: Instant) -> Result<()> {
        while Instant::now() < end {
            self.keystrokes(fleet, WINDOW - self.under_way())?;
            fleet.run(end, |index, happened| {
                self.hear(index, happened);
                self.under_way() > WINDOW / 2
            })?;
        }
        Ok(())
    }

    fn keystrokes(&mut self, fleet: &mut Fleet, count: u32) -> Result<()> {
        for _ in 0..count {
            fleet.put(0, &yjs::keystroke(WRITER, self.clock()));
            self.sent.push(Instant::now());
        }
        fleet.flush(0)
    }

    fn clock(&self) -> u32 {
        u32::try_from(self.sent.len()).unwrap_or(u32::MAX)
    }

    /// How many updates the slowest reader lacks.
    fn under_way(&self) -> u32 {
        self.clock() - self.slowest.0
    }

    fn hear(&mut self, index: usize, happened: Happened) {
        let Happened::Told(Told::Inserts(inserts), _) = happened else { return };
        let Some(reader) = index.checked_sub(1) else { return };
        for &(client, clock) in inserts {
            if client == WRITER && clock > self.reached[reader] {
                self.reach(reader, clock);
            }
        }
    }

    fn reach(&mut self, reader: usize, clock: u32) {
        let before = std::mem::replace(&mut self.reached[reader], clock);
        if self.rate.is_some() {
            let (now, sent) = (Instant::now(), &self.sent[before as usize..clock as usize]);
            sent.iter().for_each(|sent| self.latencies.push(now - *sent));
        }
        if before == self.slowest.0 {
            self.slowest.1 -= 1;
        }
        if self.slowest.1 == 0 {
            let least = self.reached.iter().copied().min().unwrap_or(clock);
            self.slowest = (least, self.reached.iter().filter(|&&clock| clock == least).count());
        }
    }
}
