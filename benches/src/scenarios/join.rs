//! Clients that come to a document: the first, some more one by one, and many at once.

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
    process::{Meter, Process},
    socket::Address,
    yjs::{Told, WRITER},
};

/// Who has nothing then has failed.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Args)]
pub struct Settings {
    #[arg(long)]
    address: Address,
    #[arg(long)]
    process: Process,
    /// The clock of the writer that whoever has the whole document has reached.
    #[arg(long)]
    clock: u32,
    /// Each comes when the one before has everything.
    #[arg(long, default_value_t = 0)]
    one_by_one: usize,
    /// After those, together.
    #[arg(long, default_value_t = 0)]
    at_once: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Milliseconds from the first client's connecting to its having everything.
    first: f64,
    /// Milliseconds of the server's processor for each of those that came one by one after the first.
    cpu_per_further: f64,
    further: Option<Percentiles>,
    /// Of those that came together: seconds until the last one had everything.
    at_once_seconds: f64,
    at_once: Option<Percentiles>,
    at_once_cpu_seconds: f64,
    /// Who was refused or thrown out.
    failed: usize,
    /// The first of those failures.
    failure: Option<String>,
    /// Who has not got everything.
    incomplete: usize,
    generator_share: f64,
}

pub fn run(settings: &Settings) -> Result<Report> {
    let mut joining = Joining { fleet: Fleet::new()?, clock: settings.clock, clients: Vec::new(), failure: None };
    let mut come = |count| joining.let_in(&settings.address, count);
    let first = if settings.one_by_one == 0 { Duration::ZERO } else { come(1)? };
    let further = settings.one_by_one.saturating_sub(1);
    let meter = Meter::start(settings.process)?;
    let further_times = (0..further).map(|_| come(1)).collect::<Result<Vec<Duration>>>()?;
    let further_cpu = meter.cpu()?;
    let meter = Meter::start(settings.process)?;
    let at_once_time = come(settings.at_once)?;
    let at_once = joining.clients[joining.clients.len() - settings.at_once..].iter().filter_map(Client::time);
    Ok(Report {
        first: first.as_secs_f64() * 1e3,
        cpu_per_further: further_cpu.as_secs_f64() * 1e3 / f64::from(u32::try_from(further.max(1))?),
        further: percentiles(further_times),
        at_once_seconds: at_once_time.as_secs_f64(),
        at_once: percentiles(at_once),
        at_once_cpu_seconds: meter.cpu()?.as_secs_f64(),
        failure: joining.failure,
        failed: joining.clients.iter().filter(|client| client.is_lost).count(),
        incomplete: joining.clients.iter().filter(|client| client.done.is_none()).count(),
        generator_share: meter.generator_share()?,
    })
}

fn percentiles(times: impl IntoIterator<Item = Duration>) -> Option<Percentiles> {
    let mut latencies = Latencies::default();
    times.into_iter().for_each(|time| latencies.push(time));
    latencies.percentiles()
}

struct Joining {
    fleet: Fleet,
    clock: u32,
    clients: Vec<Client>,
    failure: Option<String>,
}

struct Client {
    began: Instant,
    done: Option<Instant>,
    is_lost: bool,
}

impl Client {
    fn time(&self) -> Option<Duration> {
        Some(self.done? - self.began)
    }

    fn is_settled(&self) -> bool {
        self.is_lost || self.done.is_some()
    }
}

impl Joining {
    /// Time until the last of so many has everything, or until all others have failed.
    fn let_in(&mut self, address: &Address, count: usize) -> Result<Duration> {
        let start = Instant::now();
        let addresses = iter::repeat_n(address, count);
        for address in addresses {
            self.clients.push(Client { began: Instant::now(), done: None, is_lost: false });
            self.fleet.begin(address)?;
        }
        let mut unsettled = count;
        let Self { fleet, clock, clients, failure } = self;
        while unsettled > 0 && start.elapsed() < PATIENCE {
            fleet.run_losing(start + PATIENCE, |index, happened| {
                let client = &mut clients[index];
                let before = client.is_settled();
                match happened {
                    Happened::Lost(error) => {
                        client.is_lost = true;
                        failure.get_or_insert_with(|| format!("{error:#}"));
                    }
                    Happened::Told(Told::Inserts(inserts), _) if inserts.contains(&(WRITER, *clock)) => {
                        client.done.get_or_insert_with(Instant::now);
                    }
                    _ => {}
                }
                unsettled -= usize::from(!before && client.is_settled());
                unsettled > 0
            })?;
        }
        ensure!(count > 1 || unsettled == 0, "a client has not got the document within {PATIENCE:?}");
        Ok(start.elapsed())
    }
}
