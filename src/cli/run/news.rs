//! What may happen while a command waits for runs, on one channel: an event, a connection that came back, a Ctrl-C.
//!
//! Invariant: whoever reads the channel hears of every end of a run, or that it has to look again.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    cli::{
        client::{CliError, Client},
        events::{EventArgs, EventStream},
    },
    ids::{NotebookId, RunId},
};

/// News that wait for their reader; the thread that reads events waits when it is full.
const WAITING: usize = 64;

/// How long a server that went away is waited for.
const ABSENCE_MAX: Duration = Duration::from_secs(60);

/// Something happened.
#[derive(Debug)]
pub enum News {
    /// A run began or ended.
    Told(RunId),
    /// Events may have been missed.
    Reconnected,
    /// The server is gone.
    Lost(CliError),
    /// The person at the terminal wants an end.
    Stop,
}

/// Listens to the runs of a notebook, and to Ctrl-C. Nothing that happens after the return is missed.
pub fn listen(client: &Client, notebook: &NotebookId) -> Result<Receiver<News>, CliError> {
    let (tell, hear) = sync_channel(WAITING);
    let events = EventArgs::of_runs(notebook.clone());
    let first = events.open(client, None)?;
    let (client, teller) = (client.clone(), tell.clone());
    thread::spawn(move || read_events(&client, &events, first, &teller));
    watch_signals(tell).map_err(|cause| CliError::File { path: "signals".into(), cause })?;
    Ok(hear)
}

/// Ends when nobody listens any more, or when the server does not come back.
fn read_events(
    client: &Client,
    events: &EventArgs,
    mut stream: ureq::http::Response<ureq::Body>,
    tell: &SyncSender<News>,
) {
    loop {
        for event in EventStream::new(stream.body_mut().as_reader()) {
            let run = event.data.get("runId").and_then(|run| run.as_str()?.parse().ok());
            if let Some(run) = run
                && tell.send(News::Told(run)).is_err()
            {
                return;
            }
        }
        let news = match events.reconnect(client, None, Some(ABSENCE_MAX)) {
            Ok(again) => {
                stream = again;
                News::Reconnected
            }
            Err(error) => News::Lost(error),
        };
        let is_last = matches!(news, News::Lost(_));
        if tell.send(news).is_err() || is_last {
            return;
        }
    }
}

/// Signals are heard from the return on, before anything is asked to run.
fn watch_signals(tell: SyncSender<News>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _inside = runtime.enter();
    let (mut typed, mut sent) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    thread::spawn(move || {
        runtime.block_on(async move {
            loop {
                tokio::select! {
                    _ = typed.recv() => {}
                    _ = sent.recv() => {}
                }
                if tell.send(News::Stop).is_err() {
                    return;
                }
            }
        });
    });
    Ok(())
}
