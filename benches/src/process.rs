//! What a server process has used, from the system: the same for every server, whatever it is written in.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use nix::{
    time::{ClockId, clock_getcpuclockid},
    unistd::Pid,
};

/// One process; no server measured here forks.
#[derive(Debug, Clone, Copy)]
pub struct Process(i32);

impl std::str::FromStr for Process {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> Result<Self> {
        Ok(Self(text.parse()?))
    }
}

impl Process {
    /// User and system time of all its threads, the ended ones too. Exact to the nanosecond, where `/proc` counts ticks.
    pub fn cpu(self) -> Result<Duration> {
        let clock = clock_getcpuclockid(Pid::from_raw(self.0)).context("the server is gone")?;
        Ok(clock.now()?.into())
    }

    /// Bytes, each page shared with others counted in part.
    pub fn memory(self) -> Result<u64> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0)).context("the server is gone")?;
        let line = rollup.lines().find(|line| line.starts_with("Pss:")).context("no Pss")?;
        let kibibytes: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kibibytes << 10)
    }
}

/// What a server and the load generator use from its start on.
pub struct Meter {
    server: Process,
    server_cpu: Duration,
    own_cpu: Duration,
    pub start: Instant,
}

impl Meter {
    pub fn start(server: Process) -> Result<Self> {
        Ok(Self { server, server_cpu: server.cpu()?, own_cpu: own_cpu()?, start: Instant::now() })
    }

    /// Processor time of the server.
    pub fn cpu(&self) -> Result<Duration> {
        Ok(self.server.cpu()? - self.server_cpu)
    }

    /// Processor cores the server took.
    pub fn cores(&self) -> Result<f64> {
        Ok(self.cpu()?.as_secs_f64() / self.start.elapsed().as_secs_f64())
    }

    /// The part of its one core that the generator took: near 1 it is the generator that was measured.
    pub fn generator_share(&self) -> Result<f64> {
        Ok((own_cpu()? - self.own_cpu).as_secs_f64() / self.start.elapsed().as_secs_f64())
    }
}

fn own_cpu() -> Result<Duration> {
    Ok(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?.into())
}
