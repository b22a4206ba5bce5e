//! `coscribe events`: the log, and with `--follow` what comes after it, across restarts of the server.

use std::{
    io::{BufRead, BufReader},
    time::{Duration, Instant},
};

use clap::Args;
use ureq::{Body, http::Response};

use super::{
    client::{CliError, Client},
    notebooks::escaped,
    output::Output,
    telling,
};
use crate::{
    ids::{NotebookId, ProjectId},
    wire::rest::EventBody,
};

/// Between attempts to reach a server that went away.
const RETRY: Duration = Duration::from_secs(1);

/// Which events.
#[derive(Debug, Clone, Args)]
pub struct EventArgs {
    /// Events after this one [default: all that are kept; with --follow: from now on].
    #[arg(long, value_name = "SEQ")]
    since: Option<u64>,
    /// Go on with what happens.
    #[arg(long)]
    follow: bool,
    /// Kinds of events, such as 'cell:*'; separated by commas.
    #[arg(long = "type", value_name = "TYPES")]
    types: Option<String>,
    /// Events of this notebook only.
    #[arg(long, value_name = "ID")]
    notebook: Option<NotebookId>,
    /// Events of this project only.
    #[arg(long, value_name = "ID")]
    project: Option<ProjectId>,
}

impl EventArgs {
    /// Everything that happens in a notebook from now on.
    pub fn of_notebook(id: NotebookId) -> Self {
        Self { since: None, follow: true, types: None, notebook: Some(id), project: None }
    }

    /// What begins and ends in a notebook from now on.
    pub fn of_runs(id: NotebookId) -> Self {
        Self { types: Some("run:*".into()), ..Self::of_notebook(id) }
    }

    /// Prints them, one a line.
    pub fn run(&self, client: &Client, output: Output) -> Result<(), CliError> {
        let mut since = if self.follow { self.since } else { Some(self.since.unwrap_or(0)) };
        let mut stream = self.open(client, since)?;
        loop {
            for event in EventStream::new(stream.body_mut().as_reader()) {
                since = Some(event.seq);
                output.print(&event, telling::line)?;
            }
            if !self.follow {
                return Ok(());
            }
            stream = self.reconnect(client, since, None)?;
        }
    }

    /// Begins to listen; everything after the return is heard.
    pub fn open(&self, client: &Client, since: Option<u64>) -> Result<Response<Body>, CliError> {
        client.open(&self.address(since))
    }

    /// A server that restarts is waited for, so long; one that refuses is not.
    pub fn reconnect(
        &self,
        client: &Client,
        since: Option<u64>,
        patience: Option<Duration>,
    ) -> Result<Response<Body>, CliError> {
        let began = Instant::now();
        loop {
            std::thread::sleep(RETRY);
            match self.open(client, since) {
                Err(CliError::NotReached { .. }) if patience.is_none_or(|patience| began.elapsed() < patience) => {}
                other => return other,
            }
        }
    }

    fn address(&self, since: Option<u64>) -> String {
        let since = since.map(|since| format!("&since={since}")).unwrap_or_default();
        let types = self.types.as_deref().map(|types| format!("&types={}", escaped(types))).unwrap_or_default();
        let notebook = self.notebook.as_ref().map(|id| format!("&notebook={id}")).unwrap_or_default();
        let project = self.project.as_ref().map(|id| format!("&project={id}")).unwrap_or_default();
        format!("/api/events?follow={}{since}{types}{notebook}{project}", self.follow)
    }
}

/// Events out of a `text/event-stream`; ours have one `data:` line each.
pub struct EventStream<R> {
    reader: BufReader<R>,
}

impl<R: std::io::Read> EventStream<R> {
    /// Reads what a server sends.
    pub fn new(reader: R) -> Self {
        Self { reader: BufReader::new(reader) }
    }
}

impl<R: std::io::Read> Iterator for EventStream<R> {
    type Item = EventBody;

    /// A broken connection ends the stream like a closed one: the caller continues after the last event it saw.
    fn next(&mut self) -> Option<EventBody> {
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(data) = line.strip_prefix("data:")
                && let Ok(event) = serde_json::from_str(data)
            {
                return Some(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_past_comments_and_ids() {
        let text =
            ":\n\nid: 3\ndata: {\"seq\":3,\"event\":\"cell:added\",\"ts\":0,\"data\":{\"cell\":\"a\"}}\n\n: keep\n";
        let events: Vec<_> = EventStream::new(text.as_bytes()).collect();
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].seq, events[0].event.as_str()), (3, "cell:added"));
    }
}
