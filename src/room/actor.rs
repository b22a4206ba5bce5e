//! The task that owns one open document: the only I/O of a room.
//!
//! Takes all waiting commands at once, lets the pure state handle them, appends, and performs what durability released.
//! Invariant: the state is touched by this task alone, and a panic inside it ends this room only.

use std::{
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use metrics::{counter, gauge, histogram};
use storage::{DocumentKey, Durability, Entry, Loaded, Seq, StorageError, Store};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::{mpsc, oneshot, watch},
};

use super::{
    Revision,
    effects::{Answer, Append, Audience, Effects, Input, Outgoing, Place, ReplyId},
    engines::Workers,
    handle::{Call, CloseReason, Command, Control, MAILBOX},
    outbound::{Flushed, Outbound},
    queue::{News, Pushed, Queue},
    seat::{SeatEnd, SeatItem, SeatLine},
    state::RoomState,
    watchdog::Watchdog,
};
use crate::{
    catalogue::{Findable, Record},
    ids::{DocumentId, PeerId},
    measure,
    vocabulary::Millis,
    wire::frame::PresenceEntry,
};

/// In a room of more people than this, presence waits for more of it.
const FEW: usize = 8;

/// How long it waits at most, counted from the last presence: a hundred carets that move ten times a second are then
/// told in 40 rounds a second and not in 1,000, and nobody sees a caret come later.
const PRESENCE_PAUSE: Duration = Duration::from_millis(25);

/// Commands taken at once at most: enough to make large transactions, since each ends with a look at the whole of the run that is
/// typed (yrs counts its characters); few enough that nobody waits longer than some milliseconds.
const BATCH: usize = 2048;

/// Appends under way before the room lets inputs gather: under load they then share a transaction, an append and a
/// frame; with little load nothing waits. Enough for what people do within one interval of the store's commits.
const APPENDS_IN_FLIGHT: usize = 16;

/// So many inputs at once come from programs that send as fast as they are let: they wait for what they sent, and a
/// commit that gathers would only hold them up.
const CROWD: usize = 16;

/// The tail is folded into a snapshot once it is this long: 10,000 small updates load in about 50 ms.
const TAIL_UPDATES_MAX: u64 = 10_000;

/// … or this large, or twice the snapshot, whichever is more: then folding costs a third of all writing.
const TAIL_BYTES_MAX: u64 = 512 << 10;

/// Shorter tails are not worth folding when a document is packed or unloaded.
const TAIL_UPDATES_AT_UNLOAD: u64 = 100;

/// Updates of so many bytes may take yrs tens of milliseconds, and hostile ones of many times that whole seconds: it
/// compares every item with all that were inserted at the same place.
const HEAVY: u64 = 4 << 10;

/// Lets other tasks leave this thread before heavy work, so that only this document waits for it.
fn apart<T>(weight: u64, work: impl FnOnce() -> T) -> T {
    let several_threads = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
    if weight > HEAVY && several_threads { tokio::task::block_in_place(work) } else { work() }
}

/// Milliseconds since the Unix epoch.
pub(super) fn now() -> Millis {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(elapsed.as_millis()).unwrap_or(Millis::MAX)
}

/// How much would have to be replayed to load the document.
struct Tail {
    snapshot_bytes: u64,
    updates: u64,
    bytes: u64,
}

impl Tail {
    fn of(loaded: &Loaded) -> Self {
        Self {
            snapshot_bytes: loaded.snapshot.as_ref().map_or(0, |(_, bytes)| bytes.len() as u64),
            updates: loaded.tail.len() as u64,
            bytes: loaded.tail.iter().map(|(_, bytes)| bytes.len() as u64).sum(),
        }
    }

    fn is_long(&self) -> bool {
        self.updates > TAIL_UPDATES_MAX || self.bytes > TAIL_BYTES_MAX.max(2 * self.snapshot_bytes)
    }
}

/// What the rooms decide when a room has nothing to do: end it, or keep it because somebody holds it.
pub(super) trait Registry: Send + Sync + 'static {
    /// Marks the room as closing unless somebody holds a handle; true means it must end now.
    fn may_unload(&self, document: &DocumentId) -> bool;
    /// Notices when an operation does not end.
    fn watchdog(&self) -> &Watchdog;
    /// The task is over and the document may be opened again.
    fn ended(&self, document: &DocumentId, failed: Option<String>);
}

/// What an actor starts with.
pub(super) struct Opened {
    pub(super) id: DocumentId,
    pub(super) state: RoomState,
    pub(super) store: Arc<dyn Store>,
    pub(super) registry: Arc<dyn Registry>,
    pub(super) commands: mpsc::Receiver<Box<Command>>,
    pub(super) controls: mpsc::UnboundedReceiver<Control>,
    pub(super) loaded_from: Loaded,
    pub(super) workers: Workers,
    /// An unused room ends after this time.
    pub(super) idle_unload: Duration,
}

/// Connections with something new in their queues.
#[derive(Default)]
struct Touched {
    all: bool,
    some: Vec<PeerId>,
}

impl Touched {
    fn add(&mut self, peer: PeerId) {
        if !self.all && self.some.last() != Some(&peer) {
            self.some.push(peer);
        }
    }

    fn add_all(&mut self) {
        (self.all, self.some) = (true, Vec::new());
    }

    fn is_empty(&self) -> bool {
        !self.all && self.some.is_empty()
    }

    fn join(&mut self, other: Self) {
        self.all |= other.all;
        self.some.extend(other.some);
    }
}

/// The running task's own things, apart from the pure state.
pub(super) struct Actor {
    id: DocumentId,
    key: DocumentKey,
    state: RoomState,
    store: Arc<dyn Store>,
    registry: Arc<dyn Registry>,
    workers: Workers,
    commands: mpsc::Receiver<Box<Command>>,
    controls: mpsc::UnboundedReceiver<Control>,
    durability: watch::Receiver<Durability>,
    connections: HashMap<PeerId, Arc<Outbound>>,
    /// The program of a widget session, and one that is losing its place to it.
    programs: HashMap<PeerId, SeatLine>,
    touched: Touched,
    /// Of whose presence somebody is still to be told.
    presence_waits: Touched,
    presence_told: Instant,
    replies: HashMap<ReplyId, oneshot::Sender<Answer>>,
    next_reply: u64,
    in_flight: VecDeque<(Seq, Revision, Instant)>,
    newest: Option<Seq>,
    /// Many inputs came at once.
    crowded: bool,
    tail: Tail,
    idle_since: Option<Instant>,
    idle_unload: Duration,
    ending: bool,
    failed: Option<String>,
}

impl Actor {
    /// Starts the task of a room.
    pub(super) fn start(opened: Opened) {
        let Opened { id, state, store, registry, commands, controls, loaded_from, workers, idle_unload } = opened;
        let durability = store.durability();
        let key = DocumentKey(id.to_string());
        let newest =
            loaded_from.tail.last().map(|(seq, _)| *seq).or(loaded_from.snapshot.as_ref().map(|(seq, _)| *seq));
        let actor = Box::new(Self {
            id,
            key,
            state,
            store,
            registry,
            workers,
            commands,
            controls,
            durability,
            connections: HashMap::new(),
            programs: HashMap::new(),
            touched: Touched::default(),
            presence_waits: Touched::default(),
            presence_told: Instant::now(),
            replies: HashMap::new(),
            next_reply: 0,
            in_flight: VecDeque::new(),
            newest,
            crowded: false,
            tail: Tail::of(&loaded_from),
            idle_since: None,
            idle_unload,
            ending: false,
            failed: None,
        });
        drop(loaded_from);
        tokio::spawn(actor.run());
    }

    /// Boxed: a future would hold the actor twice, as its argument and as its variable.
    async fn run(mut self: Box<Self>) {
        gauge!(measure::ROOMS).increment(1.0);
        self.step(vec![Input::Opened]);
        while self.failed.is_none() && !(self.ending && self.state.is_quiet()) {
            let inputs = self.gather().await;
            if !inputs.is_empty() {
                self.step(inputs);
            }
            self.fold_long_tail();
            if self.should_unload() {
                break;
            }
        }
    }

    /// Waits for something to do and takes all of it.
    async fn gather(&mut self) -> Vec<Input> {
        let (mut taken, mut controls) = (Vec::new(), Vec::new());
        let may_take = self.in_flight.len() < APPENDS_IN_FLIGHT;
        let deadline = self.until_deadline();
        tokio::select! {
            biased;
            changed = self.durability.changed(), if !self.in_flight.is_empty() => return self.durable_inputs(changed.is_err()),
            Some(control) = self.controls.recv() => controls.push(control),
            count = self.commands.recv_many(&mut taken, BATCH), if may_take => self.ending |= count == 0,
            () = sleep(deadline), if deadline.is_some() => return vec![Input::Tick],
        }
        self.take_waiting(&mut taken, &mut controls);
        let mut inputs: Vec<_> = taken.into_iter().filter_map(|command| self.input(*command)).collect();
        inputs.extend(controls.into_iter().map(|control| self.control(control)));
        inputs
    }

    /// Adds the controls that wait, and what must go before them: what a client sent before it left, or anybody before a
    /// stop.
    #[expect(clippy::vec_box, reason = "commands are boxed in the mailbox, whose places idle rooms keep")]
    fn take_waiting(&mut self, taken: &mut Vec<Box<Command>>, controls: &mut Vec<Control>) {
        while let Ok(control) = self.controls.try_recv() {
            controls.push(control);
        }
        while !controls.is_empty()
            && taken.len() < MAILBOX + BATCH
            && let Ok(command) = self.commands.try_recv()
        {
            taken.push(command);
        }
    }

    fn until_deadline(&self) -> Option<Duration> {
        let state = self.state.next_deadline().map(|due| Duration::from_millis((due - now()).max(0).unsigned_abs()));
        let idle = self.idle_since.map(|since| self.idle_unload.saturating_sub(since.elapsed()));
        let presence = (!self.presence_waits.is_empty()).then(|| self.presence_pause());
        state.into_iter().chain(idle).chain(presence).min()
    }

    /// How long presence still waits for more of it.
    fn presence_pause(&self) -> Duration {
        let pause = if self.connections.len() > FEW { PRESENCE_PAUSE } else { Duration::ZERO };
        pause.saturating_sub(self.presence_told.elapsed())
    }

    fn durable_inputs(&mut self, store_closed: bool) -> Vec<Input> {
        let durability = self.durability.borrow_and_update().clone();
        let lost = self.in_flight.iter().find_map(|(seq, _, _)| durability.lost(*seq).cloned());
        if let Some(error) = lost.or_else(|| store_closed.then_some(StorageError::Closed)) {
            self.in_flight.clear();
            return vec![Input::NotStored(error.to_string())];
        }
        let mut newest = None;
        while let Some((seq, revision, since)) = self.in_flight.front().copied() {
            if seq > durability.flushed {
                break;
            }
            histogram!(measure::COMMIT_SECONDS).record(since.elapsed());
            newest = Some(revision);
            self.in_flight.pop_front();
        }
        newest.map(Input::Durable).into_iter().collect()
    }

    /// What a command is to the state; a question to the kernel is nothing to it.
    fn input(&mut self, command: Command) -> Option<Input> {
        Some(match command {
            Command::Join { peer, join, outbound } => {
                self.connections.insert(peer, outbound);
                Input::Join { peer, join }
            }
            Command::Frame { peer, frame, permit } => {
                drop(permit);
                Input::Frame { peer, frame }
            }
            Command::Call { call, reply } => self.call(call, reply),
            Command::Said { said, permit } => {
                drop(permit);
                said.into()
            }
            Command::Program { seat, saying, permit } => {
                drop(permit);
                Input::Program { seat, saying }
            }
            Command::Ask(ask) => {
                self.workers.ask_kernel(ask);
                return None;
            }
        })
    }

    fn control(&mut self, control: Control) -> Input {
        match control {
            Control::Leave { peer } => {
                self.connections.remove(&peer);
                Input::Leave { peer }
            }
            Control::Drained { peer } => Input::Drained { peer },
            Control::ProgramLeft { seat } => {
                self.programs.remove(&seat);
                Input::ProgramLeft { seat, end: None }
            }
            Control::Stop(reason) => {
                self.ending = true;
                Input::Stop(*reason)
            }
        }
    }

    fn call(&mut self, call: Call, sender: oneshot::Sender<Answer>) -> Input {
        self.next_reply += 1;
        let reply = ReplyId(self.next_reply);
        self.replies.insert(reply, sender);
        match call {
            Call::Apply { op, actor } => Input::Apply { op, actor, reply },
            Call::Edit { op, actor } => Input::Edit { op, actor, reply },
            Call::Merge { update, actor } => Input::Merge { update, actor, reply },
            Call::Run { request, actor } => Input::Run { request, actor, reply },
            Call::Sit { seat, sit, line } => {
                self.programs.insert(seat, line);
                Input::Sit { seat, sit, reply }
            }
            Call::Callbacks { callbacks, actor } => Input::Callbacks { callbacks, actor, reply },
            Call::PageAnswered(answered) => Input::PageAnswered { answered, reply },
            Call::ChangeModel { change, actor } => Input::ChangeModel { change, actor, reply },
            Call::Read(what) => Input::Read { what, reply },
        }
    }

    /// One round of the pure state, and of what it caused: a full queue is an input in turn.
    fn step(&mut self, mut inputs: Vec<Input>) {
        self.crowded = inputs.len() >= CROWD;
        while !inputs.is_empty() && self.failed.is_none() {
            let under_way = self.registry.watchdog().watch(&self.id);
            let now = now();
            let weight = self.state.weight(&inputs, now);
            let handled = apart(weight, || catch_unwind(AssertUnwindSafe(|| self.state.handle(inputs, now))));
            drop(under_way);
            inputs = match handled {
                Ok(effects) => self.perform(effects),
                Err(panic) => return self.give_up(panic_text(panic.as_ref())),
            };
        }
        self.note_idleness();
    }

    fn give_up(&mut self, cause: String) {
        tracing::error!(document = %self.id, cause, "the room failed; it is rebuilt from its log when opened again");
        counter!(measure::ROOM_FAILURES).increment(1);
        self.failed = Some(cause);
        self.ending = true;
    }

    fn perform(&mut self, effects: Effects) -> Vec<Input> {
        self.ending |= effects.ended;
        for append in effects.append {
            if let Err(error) = self.append(append) {
                return vec![Input::NotStored(error.to_string())];
            }
        }
        for (audience, entries) in effects.presence {
            self.tell(audience, &entries);
        }
        let (mut caused, mut news) = (Vec::new(), Vec::new());
        for (revision, item) in effects.release {
            if !matches!(item, Outgoing::Broadcast(_)) {
                caused.extend(self.spread(&std::mem::take(&mut news)));
            }
            caused.extend(self.release(revision, item, &mut news));
        }
        caused.extend(self.flush(&news));
        caused
    }

    /// Puts changes into every queue, before what only some are told.
    fn spread(&mut self, news: &[News]) -> Vec<Input> {
        if news.is_empty() {
            return Vec::new();
        }
        self.touched.add_all();
        let spread = |(peer, connection): (&PeerId, &Arc<Outbound>)| {
            overflow(*peer, connection, connection.update(|queue| queue.push_changes(news)))
        };
        self.connections.iter().filter_map(spread).collect()
    }

    /// Writes changes to the network, behind what the effects put into queues.
    fn flush(&mut self, news: &[News]) -> Vec<Input> {
        if !self.presence_waits.is_empty() && self.presence_pause().is_zero() {
            self.presence_told = Instant::now();
            self.touched.join(std::mem::take(&mut self.presence_waits));
        }
        let touched = std::mem::take(&mut self.touched);
        let flush = |(peer, connection): (&PeerId, &Arc<Outbound>)| {
            let (pushed, flushed) = connection.pass_on(news);
            let drained = (flushed == Flushed::Drained).then_some(Input::Drained { peer: *peer });
            overflow(*peer, connection, pushed).into_iter().chain(drained)
        };
        if touched.all || !news.is_empty() {
            return self.connections.iter().flat_map(flush).collect();
        }
        touched.some.iter().filter_map(|peer| self.connections.get_key_value(peer)).flat_map(flush).collect()
    }

    fn append(&mut self, append: Append) -> Result<(), StorageError> {
        let Append { revision, update, events, record, places } = append;
        self.tail.updates += u64::from(!update.is_empty());
        self.tail.bytes += update.len() as u64;
        let entry = Entry {
            update: (!update.is_empty()).then(|| (self.key.clone(), update)),
            events: events.iter().filter_map(json).collect(),
            meta: self.record_entry(record.as_ref()).into_iter().chain(self.place_entries(&places)).collect(),
            delete: None,
            // A caller waits for the disk; and a room that takes no more inputs would make every client wait.
            may_gather: !self.crowded && self.replies.is_empty() && self.in_flight.len() + 1 < APPENDS_IN_FLIGHT,
        };
        let appended = self.store.append(entry)?;
        counter!(measure::UPDATES).increment(1);
        self.newest = Some(appended.seq);
        self.in_flight.push_back((appended.seq, revision, Instant::now()));
        Ok(())
    }

    fn record_entry(&self, record: Option<&Record>) -> Option<(String, Option<Bytes>)> {
        let bytes = record?.to_json().inspect_err(|error| tracing::error!(%error, "a record is no JSON")).ok()?;
        Some((Record::key(&self.id)?, Some(bytes.into())))
    }

    /// Where runs, tasks and sessions are found.
    fn place_entries(&self, places: &[(Findable, Place)]) -> Vec<(String, Option<Bytes>)> {
        let entry = |(findable, place): &(Findable, Place)| match (place, &self.id) {
            (Place::Here, DocumentId::Notebook(id)) => Some((findable.key(), Some(json(id)?))),
            (Place::Here, DocumentId::Project(id)) => Some((findable.key(), Some(json(id)?))),
            (Place::Gone, _) => Some((findable.key(), None)),
            (Place::Here, DocumentId::Widgets(_) | DocumentId::Free(_)) => None,
        };
        places.iter().filter_map(entry).collect()
    }

    /// Performs what durability released; a change for everybody joins the news.
    fn release(&mut self, revision: Revision, item: Outgoing, news: &mut Vec<News>) -> Vec<Input> {
        match item {
            Outgoing::Broadcast(frame) => {
                counter!(measure::DELIVERIES).increment(self.connections.len() as u64);
                news.push((frame, revision.previous()));
            }
            Outgoing::Send { peer, frame } => return self.send(peer, |queue| queue.push(frame, revision)),
            Outgoing::Base { peer, frame } => return self.send(peer, |queue| queue.push_base(frame, revision)),
            Outgoing::Resync { peer, frames } => {
                counter!(measure::RESYNCS).increment(1);
                self.update(peer, |queue| queue.resync(frames));
            }
            Outgoing::Reply { reply, answer } => self.reply(reply, answer),
            Outgoing::Close { peer, reason } => {
                self.update(peer, |queue| queue.close(reason));
            }
            Outgoing::Program { seat, item } => return self.tell_program(seat, item),
            Outgoing::EndSeat { seat, end } => {
                if let Some(line) = self.programs.remove(&seat) {
                    line.end(end);
                }
            }
            Outgoing::Engine(call) => return self.workers.call(call).into_iter().collect(),
        }
        Vec::new()
    }

    fn update<T>(&mut self, peer: PeerId, change: impl FnOnce(&mut Queue) -> T) -> Option<T> {
        let changed = self.connections.get(&peer)?.update(change);
        self.touched.add(peer);
        Some(changed)
    }

    fn send(&mut self, peer: PeerId, push: impl FnOnce(&mut Queue) -> Pushed) -> Vec<Input> {
        let pushed = self.update(peer, push);
        let connection = self.connections.get(&peer).zip(pushed);
        connection.and_then(|(connection, pushed)| overflow(peer, connection, pushed)).into_iter().collect()
    }

    /// A program that does not read what it is told loses its place.
    fn tell_program(&mut self, seat: PeerId, item: SeatItem) -> Vec<Input> {
        let Some(line) = self.programs.get(&seat) else { return Vec::new() };
        if line.push(item) {
            return Vec::new();
        }
        vec![Input::ProgramLeft { seat, end: Some(SeatEnd::Slow) }]
    }

    fn tell(&mut self, audience: Audience, entries: &[PresenceEntry]) {
        let concerned = |peer: &PeerId| match audience {
            Audience::All => true,
            Audience::AllBut(other) => *peer != other,
            Audience::Only(only) => *peer == only,
        };
        for (_, connection) in self.connections.iter().filter(|(peer, _)| concerned(peer)) {
            connection.update(|queue| queue.push_presence(entries));
        }
        match audience {
            Audience::Only(peer) => self.presence_waits.add(peer),
            Audience::All | Audience::AllBut(_) => self.presence_waits.add_all(),
        }
    }

    fn reply(&mut self, reply: ReplyId, mut answer: Answer) {
        if let Answer::Inspection(inspection) = &mut answer {
            inspection.waiting_for_disk = self.in_flight.len();
            for peer in &mut inspection.peers {
                let connection = self.connections.get(&PeerId(peer.peer));
                peer.queued_bytes = connection.map_or(0, |connection| connection.read(Queue::bytes));
            }
        }
        let sender = self.replies.remove(&reply);
        if sender.is_some_and(|sender| sender.send(answer).is_err()) {
            tracing::debug!(document = %self.id, "a caller did not wait for its answer");
        }
    }

    fn fold_long_tail(&mut self) {
        let is_idle = self.state.is_packed() && self.tail.updates > TAIL_UPDATES_AT_UNLOAD;
        if (self.tail.is_long() || is_idle) && self.failed.is_none() {
            self.fold();
        }
    }

    /// Replaces the log so far by a snapshot.
    fn fold(&mut self) {
        let Some(newest) = self.newest else { return };
        let Ok((_, snapshot)) = catch_unwind(AssertUnwindSafe(|| self.state.snapshot())) else {
            return self.give_up("the document could not be encoded".into());
        };
        self.tail = Tail { snapshot_bytes: snapshot.len() as u64, updates: 0, bytes: 0 };
        if let Err(error) = self.store.compact(&self.key, newest, snapshot) {
            tracing::warn!(document = %self.id, %error, "the log was not folded; it stays as it is");
        }
    }

    fn note_idleness(&mut self) {
        let idle =
            self.connections.is_empty() && self.state.is_quiet() && self.replies.is_empty() && !self.state.is_working();
        self.idle_since = if idle { self.idle_since.or_else(|| Some(Instant::now())) } else { None };
    }

    fn should_unload(&mut self) -> bool {
        self.note_idleness();
        let Some(since) = self.idle_since else { return false };
        if since.elapsed() < self.idle_unload || !self.commands.is_empty() || !self.controls.is_empty() {
            return false;
        }
        self.idle_since = Some(Instant::now());
        self.registry.may_unload(&self.id)
    }
}

impl Drop for Actor {
    /// However the task ended, nobody waits for it for ever and the document can be opened again.
    fn drop(&mut self) {
        let sound = self.failed.is_none() && !std::thread::panicking();
        if sound && self.tail.updates > TAIL_UPDATES_AT_UNLOAD {
            self.fold();
        }
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Join { peer, outbound, .. } = *command {
                self.connections.insert(peer, outbound);
            }
        }
        for connection in self.connections.values() {
            connection.update(|queue| queue.close(CloseReason::Failed));
            connection.pass_on(&[]);
        }
        gauge!(measure::ROOMS).decrement(1.0);
        if std::thread::panicking() {
            self.give_up("its task panicked".into());
        }
        self.registry.ended(&self.id, self.failed.take());
    }
}

fn overflow(peer: PeerId, connection: &Outbound, pushed: Pushed) -> Option<Input> {
    (pushed == Pushed::Overflowed).then(|| Input::Overflowed { peer, floor: connection.read(Queue::floor) })
}

async fn sleep(duration: Option<Duration>) {
    tokio::time::sleep(duration.unwrap_or_default()).await;
}

fn json(value: &impl serde::Serialize) -> Option<Bytes> {
    match serde_json::to_vec(value) {
        Ok(bytes) => Some(bytes.into()),
        Err(error) => {
            tracing::error!(%error, "a value of ours is no JSON");
            None
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}
