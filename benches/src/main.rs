//! Load on a Yjs server from outside, and the raw relay it is measured against.
//!
//! Every scenario prints one line of JSON; `benches/run.py` starts the servers, runs the scenarios in turn and makes the
//! ratios. Nothing here asserts anything about time.

mod fleet;
mod frames;
mod hearing;
mod latency;
mod process;
mod recording;
mod relay;
mod scenarios;
mod socket;
mod yjs;

use clap::Parser;

/// Relay and generator copy documents for hundreds of clients: what the system's allocator gives back and takes again
/// each time would be counted as theirs.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[derive(Parser)]
enum Command {
    /// Sends every message of one client to all others of its address: no CRDT, no storage. The line to reach for.
    Relay(relay::Settings),
    /// Makes a recorded session ready.
    Record(scenarios::document::Record),
    /// Gives a server the document that a recorded session leads to.
    Give(scenarios::document::Give),
    /// One client types, the others read.
    FanOut(scenarios::fan_out::Settings),
    /// Open documents in which nothing happens.
    Idle(scenarios::idle::Settings),
    /// Everybody comes to known documents, and goes.
    Leave(scenarios::leave::Settings),
    /// A recorded session, edit by edit.
    Ingest(scenarios::ingest::Settings),
    /// Clients that come to a document.
    Join(scenarios::join::Settings),
    /// Everybody moves a caret.
    Presence(scenarios::presence::Settings),
    /// A reader that stops while much passes.
    Stalled(scenarios::stalled::Settings),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Relay(settings) => relay::run(&settings),
        Command::Record(settings) => print(&scenarios::document::record(&settings)?),
        Command::Give(settings) => print(&scenarios::document::give(&settings)?),
        Command::FanOut(settings) => print(&scenarios::fan_out::run(&settings)?),
        Command::Idle(settings) => print(&scenarios::idle::run(&settings)?),
        Command::Leave(settings) => print(&scenarios::leave::run(&settings)?),
        Command::Ingest(settings) => print(&scenarios::ingest::run(&settings)?),
        Command::Join(settings) => print(&scenarios::join::run(&settings)?),
        Command::Presence(settings) => print(&scenarios::presence::run(&settings)?),
        Command::Stalled(settings) => print(&scenarios::stalled::run(&settings)?),
    }
}

fn print(report: &impl serde::Serialize) -> anyhow::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(report)?)?;
    Ok(())
}
