//! Everybody moves a caret some times a second: how late the others see it, and how much is told in vain.

use std::{
    collections::{HashMap, HashSet},
    iter,
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
    yjs::{self, Told},
};

/// The first person's client id; the others follow.
const FIRST: u64 = 300_000_000;
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Args)]
pub struct Settings {
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: Process,
    #[arg(long, default_value_t = 100)]
    people: u32,
    /// Moves a second of each.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    #[arg(long, default_value_t = 5)]
    seconds: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Until somebody sees a move, or a later one of the same person.
    latency: Option<Percentiles>,
    /// Moves told to who made them, and moves told again, of all told.
    useless: f64,
    /// Messages each client gets.
    messages_per_second: f64,
    cpu_cores: f64,
    generator_share: f64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let mut fleet = Fleet::new()?;
    fleet.join(iter::repeat_n(settings.address.clone(), settings.people as usize))?;
    let mut moving = Moving::default();
    moving.round(&mut fleet, settings, settings.rate)?;
    moving.settle(&mut fleet, settings.people)?;
    moving = Moving { clock: moving.clock, seen: moving.seen, ..Moving::default() };
    let meter = Meter::start(settings.process)?;
    moving.round(&mut fleet, settings, settings.seconds * settings.rate)?;
    let (cpu_cores, generator_share, wall) = (meter.cores()?, meter.generator_share()?, meter.start.elapsed());
    moving.settle(&mut fleet, settings.people)?;
    ensure!(moving.told > 0, "nobody saw a caret");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (useless, messages) = (moving.useless as f64 / moving.told as f64, moving.messages as f64);
    Ok(Report {
        latency: moving.latencies.percentiles(),
        useless,
        messages_per_second: messages / f64::from(settings.people) / wall.as_secs_f64(),
        cpu_cores,
        generator_share,
    })
}

#[derive(Default)]
struct Moving {
    clock: u32,
    /// When a person made a move.
    made: HashMap<(u64, u32), Instant>,
    /// The move of a person that a client has seen last.
    seen: HashMap<(usize, u64), u32>,
    latencies: Latencies,
    messages: u64,
    told: u64,
    useless: u64,
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
        let Happened::Told(Told::Presence(entries), _) = happened else { return true };
        let now = Instant::now();
        self.messages += 1;
        for &(client, clock) in entries {
            let is_own = client == FIRST + index as u64;
            let seen = self.seen.entry((index, client)).or_insert(clock.saturating_sub(1));
            self.told += 1;
            self.useless += u64::from(is_own || clock <= *seen);
            for clock in *seen + 1..=clock {
                if let Some(made) = self.made.get(&(client, clock)).filter(|_| !is_own) {
                    self.latencies.push(now - *made);
                }
            }
            *seen = clock.max(*seen);
        }
        true
    }

    /// Until everybody sees everybody else where they are now.
    fn settle(&mut self, fleet: &mut Fleet, people: u32) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let clients: Vec<u64> = (0..people).map(|person| FIRST + u64::from(person)).collect();
        let pairs =
            || iter::zip(0.., &clients).flat_map(|(index, own)| clients.iter().map(move |other| (index, own, other)));
        let mut others: HashSet<(usize, u64)> =
            pairs().filter(|(_, own, other)| own != other).map(|(index, _, other)| (index, *other)).collect();
        loop {
            others.retain(|pair| self.seen.get(pair) != Some(&self.clock));
            if others.is_empty() {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{} carets are not where they should be", others.len());
            fleet.run(Instant::now() + Duration::from_millis(10), |index, happened| self.hear(index, happened))?;
        }
    }
}
