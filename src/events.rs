//! From the event log to all who listen: new events are read once for everybody, older ones by whoever lacks them.
//!
//! Imports vocabulary and storage; reads events as plain JSON and knows nothing of their meaning.
//! Invariant: a subscriber gets every durable event after its start that passes its filter, in order and once, or an
//! `events:gap` in place of those the log no longer keeps.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use storage::{Durability, EventRecord, EventSeq, StorageError, Store};
use tokio::sync::{Semaphore, broadcast, watch};

use crate::vocabulary::Millis;

/// Events that the publisher reads from the log at a time.
const PAGE: usize = 500;

/// Events that one subscriber far behind reads at a time: it holds them as long as it is slow, and there may be thousands.
const SUBSCRIBER_PAGE: usize = 32;

/// The newest events, kept once for all who come back after a short while: a server that restarts has all its subscribers
/// back in the same second.
const RECENT: usize = 4096;

/// Who catches up at the same time, a page each. Thousands who come back from far behind would keep every thread busy, and
/// everybody else waiting for one.
const READERS: usize = 4;

/// New events kept for subscribers who are a little behind. Who is further behind reads the log instead, so a slow
/// one costs no more memory than this.
const LIVE: usize = 1024;

/// What stands in place of events that are no longer kept.
const GAP: &str = "events:gap";

/// Where the data of events names what they are about.
const OBJECTS: [&str; 5] = ["id", "taskId", "sessionId", "cell", "runId"];

/// One event, ready to be sent.
#[derive(Debug, PartialEq)]
pub struct EventLine {
    pub seq: EventSeq,
    /// The JSON of [`crate::wire::rest::EventBody`].
    pub json: String,
    kind: String,
    notebook: Option<String>,
    project: Option<String>,
    /// The ids of what it is about.
    about: Vec<String>,
}

impl EventLine {
    /// What happened: `cell:moved`.
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

/// Which events a subscriber wants.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    types: Vec<String>,
    notebook: Option<String>,
    project: Option<String>,
    about: Option<String>,
}

impl Filter {
    /// `types` as in `task:*,cell:added`; none means all.
    pub fn new(types: Option<&str>, notebook: Option<String>) -> Self {
        let types = types.unwrap_or_default().split(',').map(str::trim).filter(|kind| !kind.is_empty());
        Self { types: types.map(str::to_owned).collect(), notebook, ..Self::default() }
    }

    /// The same for a project; together with a notebook, what is about either.
    pub fn of_project(self, project: Option<String>) -> Self {
        Self { project, ..self }
    }

    /// Of these only what is about the one task, session, cell or run with this id.
    pub fn about(self, about: Option<String>) -> Self {
        Self { about, ..self }
    }

    fn passes(&self, line: &EventLine) -> bool {
        let of_type = self.types.is_empty() || self.types.iter().any(|pattern| matches(pattern, &line.kind));
        let anywhere = self.notebook.is_none() && self.project.is_none();
        let of_notebook = self.notebook.is_some() && self.notebook == line.notebook;
        let of_project = self.project.is_some() && self.project == line.project;
        let about_it = self.about.as_ref().is_none_or(|id| line.about.contains(id));
        line.kind == GAP || (of_type && about_it && (anywhere || of_notebook || of_project))
    }
}

fn matches(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => kind.starts_with(prefix),
        None => pattern == kind,
    }
}

/// The place where subscribers meet the log.
#[derive(Clone)]
pub struct EventHub {
    store: Arc<dyn Store>,
    live: broadcast::Sender<Arc<EventLine>>,
    /// In order. Held for a look only.
    recent: Arc<Mutex<VecDeque<Arc<EventLine>>>>,
    /// A permit for each who takes a page of old events; the others wait in a queue.
    readers: Arc<Semaphore>,
}

impl EventHub {
    /// Starts reading new events, and forgetting those before the newest `keep`; ends with the store.
    pub fn start(store: Arc<dyn Store>, keep: u64) -> Self {
        let (live, readers) = (broadcast::Sender::new(LIVE), Arc::new(Semaphore::new(READERS)));
        let hub = Self { store, live, recent: Arc::default(), readers };
        let durability = hub.store.durability();
        let last = durability.borrow().last_event;
        tokio::spawn(Publisher { hub: hub.clone(), seen: last, keep, trimmed: 0 }.run(durability));
        hub
    }

    /// The newest durable event.
    pub fn last(&self) -> EventSeq {
        self.store.durability().borrow().last_event
    }

    /// Events after `since`, or from now on; for ever, or up to the newest one there is.
    pub fn subscribe(&self, since: Option<EventSeq>, follow: bool, filter: Filter) -> Subscription {
        // In this order: what becomes durable in between comes live.
        let live = self.live.subscribe();
        let behind = since.is_some();
        let cursor = since.unwrap_or_else(|| self.last());
        let until = (!follow).then(|| self.last());
        Subscription { hub: self.clone(), live, cursor, until, backlog: VecDeque::new(), behind, filter }
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Arc<EventLine>>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps new events for those who are a little behind; before they are told live, so that who misses them there
    /// finds them here.
    fn keep(&self, lines: &[Arc<EventLine>]) {
        let mut recent = self.recent();
        if lines.iter().any(|line| line.kind == GAP) {
            recent.clear();
        }
        recent.extend(lines.iter().filter(|line| line.kind != GAP).cloned());
        let surplus = recent.len().saturating_sub(RECENT);
        recent.drain(..surplus);
    }

    /// What follows in the newest events; none if they begin later or there is nothing.
    fn recent_after(&self, cursor: EventSeq) -> Vec<Arc<EventLine>> {
        let recent = self.recent();
        if recent.front().is_none_or(|first| cursor + 1 < first.seq) {
            return Vec::new();
        }
        let from = recent.partition_point(|line| line.seq <= cursor);
        recent.range(from..).take(SUBSCRIBER_PAGE).cloned().collect()
    }

    /// What a subscriber lacks, some of it.
    async fn catch_up(&self, cursor: EventSeq) -> Result<Vec<Arc<EventLine>>, StorageError> {
        let _permit = self.readers.acquire().await.map_err(|_| StorageError::Closed)?;
        match self.recent_after(cursor) {
            none if none.is_empty() => self.read_after(cursor, SUBSCRIBER_PAGE).await,
            recent => {
                // Others come in between here too, where no disk makes it wait.
                tokio::task::yield_now().await;
                Ok(recent)
            }
        }
    }

    async fn read_after(&self, cursor: EventSeq, limit: usize) -> Result<Vec<Arc<EventLine>>, StorageError> {
        let hub = self.clone();
        tokio::task::spawn_blocking(move || hub.page(cursor, limit)).await.unwrap_or(Err(StorageError::Closed))
    }

    fn page(&self, cursor: EventSeq, limit: usize) -> Result<Vec<Arc<EventLine>>, StorageError> {
        let (first, last) = (self.store.first_event()?, self.last());
        let missing = match first {
            Some(first) => cursor + 1 < first,
            None => cursor < last,
        };
        // A client may also have seen more than the log holds: the data was restored from a backup.
        if missing || cursor > last {
            let upto = first.filter(|_| missing).map_or(last, |first| first - 1);
            return Ok(vec![Arc::new(gap(cursor, upto))]);
        }
        Ok(self.store.events_after(cursor, limit)?.into_iter().map(|record| Arc::new(line(record))).collect())
    }
}

/// Reads new events once for everybody, and has old ones forgotten.
struct Publisher {
    hub: EventHub,
    seen: EventSeq,
    keep: u64,
    /// Events up to here were forgotten.
    trimmed: EventSeq,
}

impl Publisher {
    async fn run(mut self, mut durability: watch::Receiver<Durability>) {
        self.trim().await;
        while durability.changed().await.is_ok() {
            let last = durability.borrow_and_update().last_event;
            while self.seen < last {
                if let Err(error) = self.publish(last).await {
                    tracing::error!(%error, "new events cannot be read; they are told with the next ones");
                    break;
                }
            }
            self.trim().await;
        }
    }

    async fn publish(&mut self, upto: EventSeq) -> Result<(), StorageError> {
        let lines = self.hub.read_after(self.seen, PAGE).await?;
        self.hub.keep(&lines);
        // None: what bore these numbers could not be written.
        self.seen = lines.last().map_or(upto, |line| line.seq);
        if self.hub.live.receiver_count() > 0 {
            // An error only says that the last subscriber has left since.
            lines.into_iter().take_while(|line| self.hub.live.send(line.clone()).is_ok()).for_each(drop);
        }
        Ok(())
    }

    /// Forgets in strides of a tenth, so that it costs little a single event.
    async fn trim(&mut self) {
        let upto = self.seen.saturating_sub(self.keep);
        if upto <= self.trimmed + self.keep / 10 {
            return;
        }
        self.trimmed = upto;
        let store = self.hub.store.clone();
        match tokio::task::spawn_blocking(move || store.trim_events(upto + 1)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "old events cannot be forgotten"),
            Err(error) => tracing::error!(%error, "forgetting old events failed"),
        }
    }
}

/// One subscriber's place in the log.
pub struct Subscription {
    hub: EventHub,
    live: broadcast::Receiver<Arc<EventLine>>,
    /// The last event delivered or filtered out.
    cursor: EventSeq,
    /// Where to end.
    until: Option<EventSeq>,
    backlog: VecDeque<Arc<EventLine>>,
    /// The log may hold events after the cursor that will not come live.
    behind: bool,
    filter: Filter,
}

impl Subscription {
    /// Everything up to here that passes the filter has been given out.
    pub fn position(&self) -> EventSeq {
        self.cursor
    }

    /// The next event; `None` at the end wanted, when the store ends or the log cannot be read. Cancel-safe.
    pub async fn next(&mut self) -> Option<Arc<EventLine>> {
        loop {
            if let Some(line) = self.backlog.pop_front() {
                self.cursor = line.seq;
                if self.filter.passes(&line) {
                    return Some(line);
                }
            } else if self.until.is_some_and(|until| self.cursor >= until || !self.behind) {
                return None;
            } else if self.behind {
                let lines = self.hub.catch_up(self.cursor).await;
                let lines = lines.inspect_err(|error| tracing::error!(%error, "events cannot be read")).ok()?;
                self.behind = !lines.is_empty();
                self.backlog.extend(lines);
            } else {
                match self.live.recv().await {
                    Ok(line) if line.seq > self.cursor => self.backlog.push_back(line),
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => self.behind = true,
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        }
    }
}

fn gap(since: EventSeq, upto: EventSeq) -> EventLine {
    let data = json!({ "since": since, "upto": upto });
    let json = json!({ "seq": upto, "event": GAP, "ts": now(), "data": data }).to_string();
    EventLine { seq: upto, json, kind: GAP.into(), notebook: None, project: None, about: Vec::new() }
}

/// The log is read as plain JSON: it may hold kinds of events of a later version. What stands there is told as it stands,
/// with its number.
fn line(record: EventRecord) -> EventLine {
    #[derive(Deserialize)]
    struct Stored {
        event: String,
        notebook: Option<String>,
        project: Option<String>,
        #[serde(default)]
        data: Map<String, Value>,
    }
    let EventRecord { seq, payload } = record;
    let fields = std::str::from_utf8(&payload).ok().and_then(|text| text.strip_prefix('{'));
    match (serde_json::from_slice(&payload), fields) {
        (Ok(Stored { event: kind, notebook, project, data }), Some(fields)) => {
            let about = OBJECTS.iter().filter_map(|key| data.get(*key)?.as_str().map(str::to_owned)).collect();
            EventLine { seq, json: format!("{{\"seq\":{seq},{fields}"), kind, notebook, project, about }
        }
        _ => {
            tracing::error!(seq, "an event of the log cannot be read and is told as a gap");
            gap(seq - 1, seq)
        }
    }
}

/// Milliseconds since the Unix epoch.
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
