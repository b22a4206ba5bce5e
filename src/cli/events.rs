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
    /// Events about this task, session, cell or run only.
    #[arg(long, value_name = "ID")]
    about: Option<String>,
}

impl EventArgs {
    /// Everything that happens in a notebook from now on.
    pub fn of_notebook(id: NotebookId) -> Self {
        Self { since: None, follow: true, types: None, notebook: Some(id), project: None, about: None }
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
            since = print_all(&mut stream, output)?.or(since);
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
        let about = self.about.as_deref().map(|id| format!("&about={}", escaped(id))).unwrap_or_default();
        format!("/api/events?follow={}{since}{types}{notebook}{project}{about}", self.follow)
    }
}

/// Prints a stream to its end; up to where everything was told.
fn print_all(stream: &mut Response<Body>, output: Output) -> Result<Option<u64>, CliError> {
    let mut events = EventStream::new(stream.body_mut().as_reader());
    for event in events.by_ref() {
        output.print(&event, telling::line)?;
    }
    Ok(events.position())
}

/// Events out of a `text/event-stream`; ours have one `data:` line each.
pub struct EventStream<R> {
    reader: BufReader<R>,
    position: Option<u64>,
}

impl<R: std::io::Read> EventStream<R> {
    /// Reads what a server sends.
    pub fn new(reader: R) -> Self {
        Self { reader: BufReader::new(reader), position: None }
    }

    /// Up to where the stream has told everything: continue after it. It is told also where there was no event.
    pub fn position(&self) -> Option<u64> {
        self.position
    }

    /// A block of lines up to an empty one: the place it stands for, and its event if it has one. `None` at the end, and
    /// for a block that was cut off.
    fn block(&mut self) -> Option<(Option<u64>, Option<EventBody>)> {
        let (mut id, mut event) = (None, None);
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).ok()?;
            match line.trim_end_matches(['\r', '\n']).split_once(':') {
                _ if !line.ends_with('\n') => return None,
                Some(("id", text)) => id = text.trim().parse().ok(),
                Some(("data", text)) => event = serde_json::from_str(text).ok(),
                None if line.trim_end().is_empty() => return Some((id, event)),
                _ => {}
            }
        }
    }
}

impl<R: std::io::Read> Iterator for EventStream<R> {
    type Item = EventBody;

    /// A broken connection ends the stream like a closed one: the caller continues after [`EventStream::position`].
    fn next(&mut self) -> Option<EventBody> {
        loop {
            let (id, event) = self.block()?;
            self.position = id.or(self.position);
            if event.is_some() {
                return event;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = "id: 3\ndata: {\"seq\":3,\"event\":\"cell:added\",\"ts\":0,\"data\":{\"cell\":\"a\"}}\n\n";

    #[test]
    fn a_stream_is_read_past_comments_and_places_without_events() {
        let text = format!(":\n\nid: 2\n\n{EVENT}: keep\n\nid:9\n\n");
        let mut stream = EventStream::new(text.as_bytes());
        let event = stream.next().unwrap();
        assert_eq!((event.seq, event.event.as_str(), stream.position()), (3, "cell:added", Some(3)));
        assert!(stream.next().is_none());
        assert_eq!(stream.position(), Some(9));
    }

    #[test]
    fn an_event_that_was_cut_off_was_not_told() {
        for cut in 1..EVENT.len() {
            let text = format!("id: 2\n\n{}", &EVENT[..EVENT.len() - cut]);
            let mut stream = EventStream::new(text.as_bytes());
            assert!(stream.next().is_none(), "{text:?}");
            assert_eq!(stream.position(), Some(2), "{text:?}");
        }
    }
}
