//! The whole synchronisation as a seeded simulation: real room state, real yrs clients, a disk that forgets what was
//! not flushed, a network that delays, cuts and loses, readers that stop reading.
//!
//! A failing seed prints itself and its plan; past failures stay as named tests at the end.

use std::collections::{BTreeSet, HashMap, VecDeque};

use bytes::Bytes;
use rand::{Rng, SeedableRng, rngs::StdRng};
use storage::{Loaded, Seq};
use yrs::{
    ClientID, Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, Transact, Update,
    updates::{decoder::Decode, encoder::Encode},
};

use super::{
    Revision,
    content::Content,
    effects::{Append, Audience, Effects, Input, Outgoing},
    handle::{CloseReason, Join},
    limits::RoomLimits,
    queue::{Pushed, Queue},
    state::RoomState,
};
use crate::{
    ids::{DocumentId, PeerId},
    vocabulary::{Actor, ActorKind, Millis, Role},
    wire::{
        frame::{self, ClientFrame},
        lib0,
    },
};

/// Small enough that ordinary typing overflows it.
const QUEUE_LIMIT: usize = 400;
const STEPS: usize = 250;
const CLIENTS: usize = 4;
/// In CI; set `COSCRIBE_SEEDS` for more.
const SEEDS: u64 = 3_000;

/// What survives a crash, and what is on its way there.
struct Disk {
    id: DocumentId,
    snapshot: Option<Bytes>,
    log: Vec<Bytes>,
    waiting: VecDeque<Waiting>,
}

enum Waiting {
    Update(Revision, Bytes),
    Snapshot(Bytes),
}

impl Disk {
    fn empty(seed: u64) -> Self {
        // Into every change of a project the server writes something of its own: repairs and stamps.
        let id = if seed % 5 == 2 { "project:simulated" } else { "doc:simulated" };
        Self { id: id.parse().unwrap(), snapshot: None, log: Vec::new(), waiting: VecDeque::new() }
    }

    fn loaded(&self) -> Loaded {
        let numbered = |(index, bytes): (usize, &Bytes)| (Seq(index as u64 + 2), bytes.clone());
        Loaded {
            snapshot: self.snapshot.clone().map(|bytes| (Seq(1), bytes)),
            tail: self.log.iter().enumerate().map(numbered).collect(),
        }
    }

    fn flush(&mut self, count: usize) -> Option<Revision> {
        let mut newest = None;
        for waiting in self.waiting.drain(..count) {
            match waiting {
                Waiting::Update(revision, bytes) => {
                    newest = Some(revision);
                    self.log.extend((!bytes.is_empty()).then_some(bytes));
                }
                Waiting::Snapshot(bytes) => {
                    self.snapshot = Some(bytes);
                    self.log.clear();
                }
            }
        }
        newest
    }

    fn text(&self) -> (String, StateVector) {
        let mut document =
            Content::load(&self.id, 1, &self.loaded(), limits().document_bytes).expect("the journal must always load");
        let doc = client_doc(2);
        doc.transact_mut().apply_update(Update::decode_v1(&document.update()).unwrap()).unwrap();
        (text_of(&doc), doc.transact().state_vector())
    }
}

/// A client with the ways to and from it.
struct Client {
    doc: Doc,
    number: usize,
    peer: Option<PeerId>,
    to_server: VecDeque<Bytes>,
    queue: Queue,
    /// Typed tokens by the version of the edit that typed them.
    typed: Vec<String>,
    version: u64,
    acknowledged: u64,
    /// An update was lost on the way, which an honest transport does not do: it asks for no acknowledgement until it
    /// was asked for what is missing.
    lossy: bool,
    stalled: bool,
}

struct World {
    random: StdRng,
    plan: Vec<String>,
    disk: Disk,
    server: RoomState,
    clients: Vec<Client>,
    next_peer: u64,
    now: Millis,
    /// Everything that ever left the server for anybody.
    shown: Doc,
}

fn limits() -> RoomLimits {
    RoomLimits { queue_bytes: QUEUE_LIMIT, ..RoomLimits::default() }
}

fn client_doc(client: u64) -> Doc {
    let mut options = Options::with_client_id(ClientID::new(client));
    options.offset_kind = OffsetKind::Utf16;
    Doc::with_options(options)
}

fn text_of(doc: &Doc) -> String {
    let text = doc.get_or_insert_text("text");
    text.get_string(&doc.transact())
}

fn version_payload(version: u64) -> Vec<u8> {
    let mut payload = Vec::new();
    lib0::write_integer(&mut payload, version);
    payload
}

fn request_ack(version: u64) -> Bytes {
    frame::ack(&version_payload(version))
}

fn open(disk: &Disk) -> RoomState {
    let document = Content::load(&disk.id, 7, &disk.loaded(), limits().document_bytes);
    RoomState::new(disk.id.clone(), document.expect("the journal must always load"), None, &limits())
}

impl World {
    fn new(seed: u64) -> Self {
        let disk = Disk::empty(seed);
        let client = |number: usize| Client {
            doc: client_doc(100 + number as u64),
            number,
            peer: None,
            to_server: VecDeque::new(),
            queue: Queue::with_limit(limits().queue_bytes),
            typed: Vec::new(),
            version: 0,
            acknowledged: 0,
            lossy: false,
            stalled: false,
        };
        Self {
            random: StdRng::seed_from_u64(seed),
            plan: Vec::new(),
            server: open(&disk),
            disk,
            clients: (0..CLIENTS).map(client).collect(),
            next_peer: 1,
            now: 1_000_000,
            shown: client_doc(3),
        }
    }

    fn step(&mut self) {
        self.now += self.random.random_range(0..400);
        let number = self.random.random_range(0..CLIENTS);
        let choice = self.random.random_range(0..100);
        self.plan.push(format!("{choice} {number} at {}", self.now));
        match choice {
            0..30 => self.edit(number),
            30..50 => self.deliver_to_server(),
            50..65 => self.deliver_to_client(number),
            65..78 => self.flush(),
            78..84 => self.connect(number),
            84..88 => self.disconnect(number),
            88..90 => self.lose_frame(number),
            90..93 => self.clients[number].stalled ^= true,
            93..95 => self.fold(),
            95..97 => self.handle(vec![Input::Tick]),
            97 => self.stop_in_order(),
            _ => self.crash(),
        }
    }

    fn edit(&mut self, number: usize) {
        let delete = self.random.random_bool(0.2);
        let client = &mut self.clients[number];
        let text = client.doc.get_or_insert_text("text");
        let mut transaction = client.doc.transact_mut();
        let length = text.len(&transaction);
        client.version += 1;
        if delete && length > 0 {
            // Emoji take two units; only the marks between tokens are deleted, so that tokens can be counted.
            let content = text.get_string(&transaction);
            let units: Vec<u16> = content.encode_utf16().collect();
            if let Some(index) = units.iter().position(|unit| *unit == u16::from(b'.')) {
                text.remove_range(&mut transaction, u32::try_from(index).unwrap(), 1);
            }
        } else {
            let token = format!("<{}🙂{}>.", client.number, client.version);
            // Between tokens only: a token torn apart by another one could not be found again.
            let content: Vec<u16> = text.get_string(&transaction).encode_utf16().collect();
            let ends: Vec<usize> =
                content.iter().enumerate().filter(|(_, unit)| **unit == u16::from(b'<')).map(|(at, _)| at).collect();
            let at = if ends.is_empty() { 0 } else { ends[self.random.random_range(0..ends.len())] };
            text.insert(&mut transaction, u32::try_from(at).unwrap(), &token);
            client.typed.push(token.trim_end_matches('.').to_owned());
        }
        let update = transaction.encode_update_v1();
        drop(transaction);
        if client.peer.is_some() {
            client.to_server.push_back(frame::update(&update));
            client.to_server.extend((!client.lossy).then(|| request_ack(client.version)));
        }
    }

    fn deliver_to_server(&mut self) {
        let mut inputs = Vec::new();
        for client in &mut self.clients {
            let Some(peer) = client.peer else { continue };
            let count = self.random.random_range(0..=client.to_server.len().min(6));
            for bytes in client.to_server.drain(..count) {
                let frame = frame::decode(bytes).expect("an honest client's frame");
                inputs.push(Input::Frame { peer, frame });
            }
        }
        self.handle(inputs);
    }

    fn handle(&mut self, mut inputs: Vec<Input>) {
        while !inputs.is_empty() {
            let effects = self.server.handle(inputs, self.now);
            inputs = self.perform(effects);
        }
    }

    fn perform(&mut self, effects: Effects) -> Vec<Input> {
        for Append { revision, update, .. } in effects.append {
            self.disk.waiting.push_back(Waiting::Update(revision, update));
        }
        for (audience, entries) in effects.presence {
            for client in self.clients.iter_mut().filter(|client| concerned(audience, client.peer)) {
                client.queue.push_presence(&entries);
            }
        }
        effects.release.into_iter().flat_map(|(revision, item)| self.release(revision, item)).collect()
    }

    fn release(&mut self, revision: Revision, item: Outgoing) -> Vec<Input> {
        match item {
            Outgoing::Broadcast(frame) => {
                self.show(&frame);
                let news = [(frame, revision.previous())];
                let push = |client: &mut Client| overflow(client, |queue| queue.push_changes(&news));
                self.clients.iter_mut().filter_map(push).collect()
            }
            Outgoing::Send { peer, frame } => {
                self.show(&frame);
                self.send_to(peer, |queue| queue.push(frame, revision))
            }
            Outgoing::Base { peer, frame } => {
                self.show(&frame);
                self.send_to(peer, |queue| queue.push_base(frame, revision))
            }
            Outgoing::Resync { peer, frames } => {
                frames.iter().for_each(|frame| self.show(frame));
                self.send_to(peer, |queue| {
                    queue.resync(frames);
                    Pushed::Queued
                })
            }
            Outgoing::Close { peer, .. } => {
                if let Some(client) = self.clients.iter_mut().find(|client| client.peer == Some(peer)) {
                    cut(client);
                }
                Vec::new()
            }
            Outgoing::Reply { .. } | Outgoing::Engine(_) | Outgoing::Program { .. } | Outgoing::EndSeat { .. } => {
                Vec::new()
            }
        }
    }

    fn send_to(&mut self, peer: PeerId, push: impl FnOnce(&mut Queue) -> Pushed) -> Vec<Input> {
        let client = self.clients.iter_mut().find(|client| client.peer == Some(peer));
        client.and_then(|client| overflow(client, push)).into_iter().collect()
    }

    /// Remembers what the world was shown.
    fn show(&mut self, frame: &Bytes) {
        if let Ok(ClientFrame::Update(update) | ClientFrame::Missing(update)) = frame::decode(frame.clone()) {
            self.shown.transact_mut().apply_update(Update::decode_v1(update.bytes()).unwrap()).unwrap();
        }
    }

    fn deliver_to_client(&mut self, number: usize) {
        let client = &mut self.clients[number];
        let (Some(peer), false) = (client.peer, client.stalled) else { return };
        let mut frames = Vec::new();
        client.queue.take(usize::MAX, &mut frames).expect("closed queues are cut at once");
        let drained = client.queue.drains();
        for frame in frames {
            self.receive(number, frame);
        }
        if drained {
            self.handle(vec![Input::Drained { peer }]);
        }
    }

    fn receive(&mut self, number: usize, bytes: Bytes) {
        match frame::decode(bytes).expect("the server sends what it can read") {
            ClientFrame::StateVector(vector) => {
                let client = &mut self.clients[number];
                let known = StateVector::decode_v1(vector.bytes()).unwrap();
                let missing = client.doc.transact().encode_diff_v1(&known);
                client.to_server.push_back(frame::step2(&missing));
                client.to_server.push_back(request_ack(client.version));
                client.lossy = false;
            }
            ClientFrame::Missing(update) | ClientFrame::Update(update) => {
                let doc = &self.clients[number].doc;
                let mut transaction = doc.transact_mut();
                transaction.apply_update(Update::decode_v1(update.bytes()).unwrap()).unwrap();
                assert!(!transaction.has_missing_updates(), "client {number} was sent an update with a gap");
            }
            ClientFrame::AckRequest(payload) => self.acknowledged(number, &payload),
            ClientFrame::Presence(_) => {}
        }
    }

    fn acknowledged(&mut self, number: usize, payload: &[u8]) {
        let version = lib0::Reader::new(payload).integer().unwrap();
        let client = &mut self.clients[number];
        client.acknowledged = client.acknowledged.max(version);
        let (text, _) = self.disk.text();
        let client = &self.clients[number];
        for token in client.typed.iter().filter(|token| version_of(token) <= version) {
            assert!(text.contains(token), "{token} was acknowledged and is not on disk");
        }
    }

    fn flush(&mut self) {
        let count = self.random.random_range(0..=self.disk.waiting.len());
        if let Some(revision) = self.disk.flush(count) {
            self.handle(vec![Input::Durable(revision)]);
        }
    }

    /// Folds the log, as a room does that has nothing else to do; or as one that must.
    fn fold(&mut self) {
        if self.now % 2 == 0 {
            self.server.pack(self.now);
        }
        let (_, snapshot) = self.server.snapshot();
        self.disk.waiting.push_back(Waiting::Snapshot(snapshot));
    }

    fn connect(&mut self, number: usize) {
        self.disconnect(number);
        let peer = PeerId(self.next_peer);
        self.next_peer += 1;
        let client = &mut self.clients[number];
        client.peer = Some(peer);
        client.to_server.push_back(frame::state_vector(&client.doc.transact().state_vector().encode_v1()));
        let actor = Actor { name: format!("client {number}"), kind: ActorKind::Human };
        let join = Join { actor, role: Role::Editor, declared: false, tab: None, remote: String::new() };
        self.handle(vec![Input::Join { peer, join }]);
    }

    fn disconnect(&mut self, number: usize) {
        if let Some(peer) = cut(&mut self.clients[number]) {
            self.handle(vec![Input::Leave { peer }]);
        }
    }

    /// Loses an update, and with it every acknowledgement until the client has answered a question again.
    fn lose_frame(&mut self, number: usize) {
        let client = &mut self.clients[number];
        let is_update = |bytes: &Bytes| matches!(frame::decode(bytes.clone()), Ok(ClientFrame::Update(_)));
        if client.to_server.front().is_some_and(is_update) {
            client.to_server.pop_front();
            client.lossy = true;
        }
        if client.lossy {
            client.to_server.retain(|bytes| !matches!(frame::decode(bytes.clone()), Ok(ClientFrame::AckRequest(_))));
        }
    }

    /// `kill -9`: what was not flushed is gone, and nobody may have seen it.
    fn crash(&mut self) {
        self.disk.waiting.clear();
        let (_, durable) = self.disk.text();
        for (client, clock) in self.shown.transact().state_vector().iter() {
            assert!(durable.get(client) >= *clock, "changes of {client} were shown and are not on disk");
        }
        for client in &mut self.clients {
            cut(client);
        }
        self.server = open(&self.disk);
    }

    fn stop_in_order(&mut self) {
        self.handle(vec![Input::Stop(CloseReason::Restart)]);
        let waiting = self.disk.waiting.len();
        if let Some(revision) = self.disk.flush(waiting) {
            self.handle(vec![Input::Durable(revision)]);
        }
        assert!(self.server.is_quiet(), "a room that was stopped and flushed has nothing left");
        assert!(self.clients.iter().all(|client| client.peer.is_none()), "a room that stops tells everybody");
        self.server = open(&self.disk);
    }

    /// The network heals: everybody reconnects and everything is delivered.
    fn come_to_rest(&mut self) {
        for number in 0..CLIENTS {
            self.clients[number].stalled = false;
            self.connect(number);
        }
        for _ in 0..40 {
            self.deliver_all_to_server();
            let waiting = self.disk.waiting.len();
            if let Some(revision) = self.disk.flush(waiting) {
                self.handle(vec![Input::Durable(revision)]);
            }
            (0..CLIENTS).for_each(|number| self.deliver_to_client(number));
        }
    }

    fn deliver_all_to_server(&mut self) {
        let take = |client: &mut Client| -> Vec<Input> {
            let Some(peer) = client.peer else { return Vec::new() };
            let decode = |bytes| Input::Frame { peer, frame: frame::decode(bytes).unwrap() };
            client.to_server.drain(..).map(decode).collect()
        };
        let inputs = self.clients.iter_mut().flat_map(take).collect();
        self.handle(inputs);
    }

    fn check_rest(&self) {
        let (on_disk, _) = self.disk.text();
        for client in &self.clients {
            assert_eq!(text_of(&client.doc), on_disk, "client {} differs from what is on disk", client.number);
            assert_eq!(client.acknowledged, client.version, "client {} is not told that all is saved", client.number);
        }
        let mut tokens: HashMap<&str, usize> = HashMap::new();
        on_disk.split_inclusive('>').for_each(|token| *tokens.entry(token.trim_start_matches('.')).or_default() += 1);
        let typed: BTreeSet<_> = self.clients.iter().flat_map(|client| &client.typed).collect();
        for token in typed {
            assert_eq!(tokens.get(token.as_str()), Some(&1), "{token} must be there exactly once");
        }
    }
}

fn version_of(token: &str) -> u64 {
    token.rsplit('🙂').next().unwrap().trim_end_matches('>').parse().unwrap()
}

fn concerned(audience: Audience, peer: Option<PeerId>) -> bool {
    peer.is_some_and(|peer| match audience {
        Audience::All => true,
        Audience::AllBut(other) => peer != other,
        Audience::Only(only) => peer == only,
    })
}

fn overflow(client: &mut Client, push: impl FnOnce(&mut Queue) -> Pushed) -> Option<Input> {
    let peer = client.peer?;
    let floor = client.queue.floor();
    match push(&mut client.queue) {
        Pushed::Overflowed => Some(Input::Overflowed { peer, floor: client.queue.floor().or(floor) }),
        Pushed::Queued | Pushed::Dropped => None,
    }
}

fn cut(client: &mut Client) -> Option<PeerId> {
    client.to_server.clear();
    client.queue = Queue::with_limit(limits().queue_bytes);
    client.lossy = false;
    client.peer.take()
}

fn run(seed: u64) {
    let outcome = std::panic::catch_unwind(|| {
        let mut world = World::new(seed);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            (0..STEPS).for_each(|_| world.step());
            world.come_to_rest();
            world.check_rest();
        }));
        if result.is_err() {
            eprintln!("seed {seed}, plan:\n{}", world.plan.join("\n"));
        }
        result.is_ok()
    });
    assert!(outcome.unwrap_or(false), "seed {seed} fails");
}

#[test]
fn seeds_with_crashes_losses_and_slow_readers_lose_and_double_nothing() {
    let seeds = std::env::var("COSCRIBE_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    (0..seeds).for_each(run);
}

/// A resync that was itself dropped by an overflow counted as received: the next one began after a gap.
#[test]
fn seed_15_a_resync_that_was_dropped_in_turn_is_not_taken_for_received() {
    run(15);
}

/// A client that had typed offline asked for an acknowledgement before it had answered what it made offline, and got it.
#[test]
fn seed_316_an_acknowledgement_waits_for_what_was_typed_offline() {
    run(316);
}
