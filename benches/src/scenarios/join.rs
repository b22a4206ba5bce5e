//! Clients that come to a document of some size: one by one, or all at once.

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
    yjs::Told,
};

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Args)]
pub struct Settings {
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: u32,
    #[arg(long, default_value_t = 100)]
    clients: usize,
    /// All at once, else each when the one before has everything.
    #[arg(long)]
    at_once: bool,
    #[arg(long)]
    relay: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// From the first connecting to the last client's having everything.
    seconds: f64,
    /// Of each client, from its connecting.
    first: f64,
    latency: Percentiles,
    cpu_per_client: f64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let process = Process(settings.process);
    let (cpu, start) = (process.cpu()?, Instant::now());
    let mut joining = Joining { fleet: Fleet::new(!settings.relay)?, began: Vec::new(), done: Vec::new() };
    let group = if settings.at_once { settings.clients } else { 1 };
    while joining.began.len() < settings.clients {
        joining.let_in(&settings.address, group)?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let mut latencies = Latencies::default();
    let times: Vec<Duration> = iter::zip(&joining.began, &joining.done).filter_map(|(began, done)| Some((*done)? - *began)).collect();
    times.iter().for_each(|time| latencies.push(*time));
    #[expect(clippy::cast_precision_loss, reason = "some thousand")]
    let cpu_per_client = (process.cpu()? - cpu).as_secs_f64() * 1e3 / settings.clients as f64;
    let first = times.first().map_or(0.0, |time| time.as_secs_f64() * 1e3);
    Ok(Report { seconds, first, latency: latencies.percentiles(), cpu_per_client })
}

struct Joining {
    fleet: Fleet,
    began: Vec<Instant>,
    done: Vec<Option<Instant>>,
}

impl Joining {
    fn let_in(&mut self, address: &Address, count: usize) -> Result<()> {
        for _ in 0..count {
            self.began.push(Instant::now());
            self.done.push(None);
            self.fleet.begin(address)?;
        }
        let deadline = Instant::now() + PATIENCE;
        while self.done.iter().any(Option::is_none) {
            ensure!(Instant::now() < deadline, "{} clients have nothing", self.done.iter().filter(|done| done.is_none()).count());
            let done = &mut self.done;
            self.fleet.run(deadline, |index, happened| {
                if matches!(happened, Happened::Told(Told::Inserts(inserts)) if !inserts.is_empty()) {
                    done[index].get_or_insert_with(Instant::now);
                }
                done.iter().any(Option::is_none)
            })?;
        }
        Ok(())
    }
}
