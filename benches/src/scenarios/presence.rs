//! Everybody moves a caret some times a second: how late the others see it, and how much of it is an echo.

use std::{
    collections::HashMap,
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

/// The first person's client id; the others follow.
const FIRST: u64 = 300_000_000;

#[derive(Args)]
pub struct Settings {
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: u32,
    #[arg(long, default_value_t = 100)]
    people: u32,
    /// Moves a second of each.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    #[arg(long)]
    relay: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Until somebody sees a move, or a later one of the same person.
    latency: Percentiles,
    /// Moves told to who made them, of all told.
    echoes: f64,
    cpu_cores: f64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let mut fleet = Fleet::new(!settings.relay)?;
    fleet.join(iter::repeat_n(settings.address.clone(), settings.people as usize))?;
    let mut moving = Moving::default();
    let process = Process(settings.process);
    moving.round(&mut fleet, settings, 1)?;
    moving = Moving { clock: moving.clock, ..Moving::default() };
    let (cpu, start) = (process.cpu()?, Instant::now());
    moving.round(&mut fleet, settings, settings.seconds * settings.rate)?;
    fleet.run(Instant::now() + Duration::from_millis(500), |index, happened| moving.hear(index, happened))?;
    let cpu_cores = (process.cpu()? - cpu).as_secs_f64() / start.elapsed().as_secs_f64();
    ensure!(moving.told > 0, "nobody saw a caret");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let echoes = moving.echoed as f64 / moving.told as f64;
    Ok(Report { latency: moving.latencies.percentiles(), echoes, cpu_cores })
}

#[derive(Default)]
struct Moving {
    clock: u32,
    /// When a person made a move.
    made: HashMap<(u64, u32), Instant>,
    /// The move of a person that a client has seen last.
    seen: HashMap<(usize, u64), u32>,
    latencies: Latencies,
    told: u64,
    echoed: u64,
}

impl Moving {
    /// Everybody moves so many times, spread evenly over the time.
    fn round(&mut self, fleet: &mut Fleet, settings: &Settings, times: u32) -> Result<()> {
        let start = Instant::now();
        let pause = Duration::from_secs(1) / settings.rate / settings.people;
        for number in 0..times * settings.people {
            let person = number % settings.people;
            self.clock += u32::from(person == 0);
            let client = FIRST + u64::from(person);
            self.made.insert((client, self.clock), Instant::now());
            fleet.send(person as usize, &yjs::caret(client, self.clock))?;
            fleet.run(start + pause * (number + 1), |index, happened| self.hear(index, happened))?;
        }
        Ok(())
    }

    fn hear(&mut self, index: usize, happened: Happened) -> bool {
        let Happened::Told(Told::Presence(entries)) = happened else { return true };
        let now = Instant::now();
        for (client, clock) in entries {
            self.told += 1;
            self.echoed += u64::from(client == FIRST + index as u64);
            let seen = self.seen.entry((index, client)).or_insert(clock.saturating_sub(1));
            for clock in *seen + 1..=clock {
                if let Some(made) = self.made.get(&(client, clock)) {
                    self.latencies.push(now - *made);
                }
            }
            *seen = clock.max(*seen);
        }
        true
    }
}
