//! One open document as pure state: `handle(inputs, now) -> Effects`.
//!
//! Split by concern: `sync`, `edits`, `presence`, `widgets`, `outbox`. No I/O, no clock, no tasks.
//! Invariant: every change goes through `commit`, which queues what shows it behind the journal entry that keeps it.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use super::{
    Revision,
    content::Content,
    document::Change,
    effects::{Append, Audience, Demand, Effects, Input, Outgoing, Place},
    handle::{CloseReason, Join},
    limits::RoomLimits,
    outbox::Outbox,
    presence::Presence,
    runs::Runs,
    seat::SeatEnd,
    widgets::Seats,
};
use crate::{
    catalogue::{Findable, Record},
    ids::{DocumentId, PeerId},
    project::Moved,
    vocabulary::{Actor, LoggedEvent, Millis},
    widgets::Saying,
    wire::{
        frame::{self, ClientFrame, PresenceEntry},
        update::{CheckedStateVector, CheckedUpdate},
    },
};

/// How often time-driven work of a notebook (throttled events, the bin, its record) is looked after.
const TIDY_INTERVAL: Millis = 1_000;

/// For how long after a change there may be such work: events and the record are held back for a second.
const TIDY_AFTER_CHANGE: Millis = 3_000;

/// The record's time of change is written at most this often; a keystroke should not write it each time.
const RECORD_INTERVAL: Millis = 1_000;

/// A document of which for so long only the whole was needed is packed: much longer than anybody thinks between two
/// words, soon enough that what people left open costs little.
const PACK_AFTER: Millis = 30_000;

/// One connected client.
pub(super) struct Peer {
    pub(super) join: Join,
    /// What the client had when it asked, for a client that falls behind before it was ever answered.
    pub(super) asked: Option<CheckedStateVector>,
    /// Its newest acknowledgement request, repeated after a resync.
    pub(super) last_ack: Option<Bytes>,
    /// Since when it owes an answer to the question for what the server lacks.
    pub(super) asked_at: Option<Millis>,
    /// The server has everything that the client had made when it last sent something. False until the client has
    /// answered what it has made offline, and after a gap: until then none of its acknowledgements are true.
    pub(super) complete: bool,
    /// Behind since this revision (`Some(None)`: nothing is known to have reached it).
    pub(super) behind: Option<Option<Revision>>,
}

/// An update from a client.
pub(super) struct Sent {
    pub(super) peer: PeerId,
    pub(super) update: CheckedUpdate,
    /// It is the answer to the question for everything the server lacks.
    pub(super) answers: bool,
}

/// What came at once and is handled together.
#[derive(Default)]
struct Gathered {
    updates: Vec<Sent>,
    questions: Vec<(PeerId, ClientFrame)>,
    /// Of programs of widget sessions.
    sayings: Vec<(PeerId, Saying)>,
}

/// The state of an open document.
pub struct RoomState {
    pub(super) id: DocumentId,
    pub(super) document: Content,
    pub(super) peers: HashMap<PeerId, Peer>,
    pub(super) presence: Presence,
    pub(super) outbox: Outbox,
    /// The newest revision handed to the journal.
    pub(super) revision: Revision,
    /// Clocks at some revisions, oldest first, for clients that fall behind.
    pub(super) checkpoints: VecDeque<(Revision, HashMap<u64, u32>)>,
    pub(super) checkpoint_at: Millis,
    /// When more than the whole of the decoded document was last needed.
    needed_at: Option<Millis>,
    pub(super) runs: Runs,
    pub(super) seats: Seats,
    /// Boxed: only what is listed has one.
    record: Option<Box<Record>>,
    record_dirty: bool,
    record_written: Millis,
    changed_at: Option<Millis>,
    tidied_at: Millis,
    pub(super) effects: Effects,
}

impl RoomState {
    /// The state of a loaded document. `record` is the catalogue's, for a notebook or a project.
    pub fn new(id: DocumentId, document: Content, record: Option<Record>, limits: &RoomLimits) -> Self {
        Self {
            id,
            document,
            peers: HashMap::new(),
            presence: Presence::new(limits.presence_expiry),
            outbox: Outbox::default(),
            revision: Revision::default(),
            checkpoints: VecDeque::new(),
            checkpoint_at: 0,
            needed_at: None,
            runs: Runs::default(),
            seats: Seats::default(),
            record: record.map(Box::new),
            record_dirty: false,
            record_written: 0,
            changed_at: None,
            tidied_at: 0,
            effects: Effects::default(),
        }
    }

    /// Takes all inputs that wait, as if they had come at once: their updates become as few transactions as possible.
    pub fn handle(&mut self, inputs: Vec<Input>, now: Millis) -> Effects {
        let needed = inputs.iter().any(|input| input.demand() == Demand::Parts);
        let was_packed = self.document.is_packed();
        let mut gathered = Gathered::default();
        for input in inputs {
            match input {
                Input::Frame { peer, frame: ClientFrame::Update(update) } => {
                    gathered.updates.push(Sent { peer, update, answers: false });
                }
                Input::Frame { peer, frame: ClientFrame::Missing(update) } => {
                    gathered.updates.push(Sent { peer, update, answers: true });
                }
                Input::Frame { peer, frame: ClientFrame::Presence(said) } => self.announce(peer, said, now),
                Input::Frame { peer, frame } => gathered.questions.push((peer, frame)),
                Input::Program { seat, saying } => gathered.sayings.push((seat, saying)),
                other => {
                    self.settle(&mut gathered, now);
                    self.handle_other(other, now);
                }
            }
        }
        self.settle(&mut gathered, now);
        self.stop_strays(now);
        self.tick_widgets(now);
        if needed || was_packed || self.needed_at.is_none() {
            self.needed_at = Some(now);
        }
        self.effects.release.extend(self.outbox.release());
        std::mem::take(&mut self.effects)
    }

    /// Merges the updates gathered so far, then answers the questions that came among them and does what a program said.
    fn settle(&mut self, gathered: &mut Gathered, now: Millis) {
        let Gathered { updates, questions, sayings } = std::mem::take(gathered);
        if !updates.is_empty() {
            self.merge_frames(updates, now);
        }
        if !sayings.is_empty() {
            self.program_said(sayings, now);
        }
        for (peer, question) in questions {
            match question {
                ClientFrame::StateVector(vector) => self.answer_state_vector(peer, &vector),
                ClientFrame::AckRequest(payload) => self.acknowledge(peer, payload),
                ClientFrame::Missing(_) | ClientFrame::Update(_) | ClientFrame::Presence(_) => {}
            }
        }
    }

    fn handle_other(&mut self, input: Input, now: Millis) {
        match input {
            Input::Join { peer, join } => self.join(peer, join, now),
            Input::Leave { peer } => self.leave(peer, now),
            Input::Overflowed { peer, floor } => self.fall_behind(peer, floor),
            Input::Drained { peer } => self.resync(peer),
            Input::Apply { op, actor, reply } => self.apply(&op, &actor, reply, now),
            Input::Edit { op, actor, reply } => self.edit(&op, &actor, reply, now),
            Input::Merge { update, actor, reply } => self.merge_for(&update, &actor, reply, now),
            Input::Read { what, reply } => self.read(what, reply),
            Input::Opened => {
                self.recover_runs(now);
                self.recover_program(now);
            }
            Input::Sit { seat, sit, reply } => self.sit(seat, sit, reply, now),
            Input::ProgramLeft { seat, end } => self.program_left(seat, end, now),
            Input::Callbacks { callbacks, actor, reply } => self.callbacks(callbacks, &actor, reply, now),
            Input::PageAnswered { answered, reply } => self.page_answered(answered, reply, now),
            Input::Run { request, actor, reply } => self.request_run(request, &actor, reply, now),
            Input::ChangeModel { change, actor, reply } => self.change_model(change, &actor, reply, now),
            Input::Kernel { generation, events } => self.kernel_said(generation, events, now),
            Input::Model { run, events } => self.model_said(&run, events, now),
            Input::Kept { cell, output, blob } => self.kept(&cell, &output, blob.as_ref(), now),
            Input::Durable(revision) => self.outbox.durable(revision),
            Input::NotStored(why) => self.fail(&why),
            Input::Stop(reason) => self.stop(&reason, now),
            Input::Tick => self.tick(now),
            Input::Frame { .. } | Input::Program { .. } => {}
        }
    }

    /// Queues something behind everything that is not yet on disk.
    pub(super) fn emit(&mut self, item: Outgoing) {
        self.outbox.push(self.revision, item);
    }

    /// Hands a change to the journal and its frame to the outbox.
    pub(super) fn commit(&mut self, change: Change, actor: &Actor, now: Millis) {
        if change.is_empty() && change.events.is_empty() {
            return;
        }
        self.note_in_record(&change, actor, now);
        let record = self.due_record(now);
        self.revision = self.revision.next();
        self.take_checkpoint(now);
        let frame = (!change.is_empty()).then(|| frame::update(&change.update));
        let events = self.logged(change.events, actor, now);
        let runs = self.runs.take_places().into_iter().map(|(run, place)| (Findable::Run(run), place));
        let places = runs.chain(change.moved.into_iter().map(place)).collect();
        self.effects.append.push(Append { revision: self.revision, update: change.update, events, record, places });
        if let Some(frame) = frame {
            self.emit(Outgoing::Broadcast(frame));
        }
    }

    fn logged(&self, events: Vec<crate::vocabulary::Event>, actor: &Actor, now: Millis) -> Vec<LoggedEvent> {
        events.into_iter().map(|event| LoggedEvent::about(&self.id, event, actor.clone(), now)).collect()
    }

    fn note_in_record(&mut self, change: &Change, actor: &Actor, now: Millis) {
        let (Some(record), Some((title, cells))) = (&mut self.record, self.document.outline()) else { return };
        if change.is_empty() {
            return;
        }
        self.changed_at = Some(now);
        // A changed title or number of cells is written along; a mere time of change may wait.
        let described = record.describe(title, cells);
        self.record_dirty |= record.changed(actor, now);
        // In the same write as the first run: after a crash it tells that there are runs nobody runs any more.
        let program = self.document.open_widgets().is_some_and(|widgets| record.set_program(widgets.program()));
        if record.set_live(self.runs.is_live()) || described || program {
            (self.record_dirty, self.record_written) = (true, 0);
        }
    }

    fn due_record(&mut self, now: Millis) -> Option<Record> {
        if !self.record_dirty || now < self.record_written + RECORD_INTERVAL {
            return None;
        }
        (self.record_dirty, self.record_written) = (false, now);
        self.record.as_deref().cloned()
    }

    fn tick(&mut self, now: Millis) {
        let gone = self.presence.expire(now);
        self.tell(Audience::All, gone, now);
        self.tell_of_runs(now);
        if self.tidy_at().is_some_and(|due| due <= now) {
            self.tidied_at = now;
            let change = self.document.tidy(now);
            self.commit(change, &Actor::server(), now);
            self.write_record(now);
        }
        if self.pack_at().is_some_and(|due| due <= now) {
            self.pack(now);
        }
    }

    /// Keeps nothing but the bytes of the document, unless a client is behind and will need a difference.
    pub(super) fn pack(&mut self, now: Millis) {
        if self.peers.values().any(|peer| peer.behind.is_some()) {
            self.needed_at = Some(now);
            return;
        }
        self.document.pack();
        // The newest describes the document as it is: nothing has changed since.
        let newest = self.checkpoints.pop_back();
        self.checkpoints = newest.into_iter().collect();
    }

    fn pack_at(&self) -> Option<Millis> {
        self.needed_at
            .filter(|_| self.document.can_be_packed() && !self.runs.is_live() && !self.seats.is_in_use())
            .map(|needed| needed + PACK_AFTER)
    }

    fn write_record(&mut self, now: Millis) {
        if let Some(record) = self.due_record(now) {
            self.revision = self.revision.next();
            self.effects.append.push(Append { revision: self.revision, record: Some(record), ..Append::default() });
        }
    }

    fn tidy_at(&self) -> Option<Millis> {
        let changed = self.changed_at?;
        (self.tidied_at < changed + TIDY_AFTER_CHANGE).then_some(self.tidied_at.max(changed) + TIDY_INTERVAL)
    }

    /// When [`Input::Tick`] is due next.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.tidy_at()
            .into_iter()
            .chain(self.presence.next_expiry())
            .chain(self.pack_at())
            .chain(self.runs.deadline())
            .chain(self.widgets_deadline())
            .min()
    }

    /// About how many bytes of updates yrs reads and writes to handle these inputs.
    pub fn weight(&self, inputs: &[Input], now: Millis) -> u64 {
        let updates: u64 = inputs.iter().map(|input| input.update_bytes() as u64).sum();
        let packs = |input: &Input| matches!(input, Input::Tick) && self.pack_at().is_some_and(|due| due <= now);
        let answer = |input: &Input| match input.demand() {
            Demand::Parts => self.document.weight_of_answer(false),
            Demand::Everything => self.document.weight_of_answer(true),
            Demand::Nothing if packs(input) => self.document.weight_of_answer(true),
            Demand::Nothing => 0,
        };
        updates + inputs.iter().map(answer).max().unwrap_or(0)
    }

    /// Nothing but the bytes of the document is kept: a snapshot of it costs nothing.
    pub fn is_packed(&self) -> bool {
        self.document.is_packed()
    }

    fn announce(&mut self, peer: PeerId, said: Vec<PresenceEntry>, now: Millis) {
        let Some(member) = self.peers.get(&peer) else { return };
        let stamp = member.join.declared.then(|| member.join.actor.clone());
        let announced = self.presence.announce(peer, said, stamp.as_ref(), now);
        self.tell(Audience::AllBut(peer), announced.others, now);
        self.tell(Audience::Only(peer), announced.sender, now);
        for client in announced.introduced {
            self.confirm_own_changes(peer, client);
        }
    }

    pub(super) fn tell(&mut self, audience: Audience, entries: Vec<PresenceEntry>, now: Millis) {
        // What one alone is told is known already.
        if !matches!(audience, Audience::Only(_)) {
            self.note_pages(&entries, now);
        }
        if !entries.is_empty() {
            self.effects.presence.push((audience, entries));
        }
    }

    /// The journal failed: callers get the sentence, clients are closed with it; the log is still the truth.
    fn fail(&mut self, why: &str) {
        let waiting = self.outbox.abandon();
        self.effects.release.extend(waiting.into_iter().filter_map(|(revision, item)| match item {
            Outgoing::Reply { reply, .. } => Some((revision, super::edits::not_stored(reply, why))),
            _ => None,
        }));
        self.end_seat(SeatEnd::Closed(CloseReason::NotStored(why.to_owned())));
        self.close_all(&CloseReason::NotStored(why.to_owned()));
        self.effects.release.extend(self.outbox.abandon());
        self.effects.ended = true;
    }

    fn stop(&mut self, reason: &CloseReason, now: Millis) {
        self.end_runs(now);
        self.end_program(reason, now);
        let change = self.document.tidy(now);
        self.commit(change, &Actor::server(), now);
        self.record_written = 0;
        self.write_record(now);
        self.close_all(reason);
        self.effects.ended = true;
    }

    fn close_all(&mut self, reason: &CloseReason) {
        let peers: Vec<_> = self.peers.keys().copied().collect();
        for peer in peers {
            self.emit(Outgoing::Close { peer, reason: reason.clone() });
        }
    }

    /// Something runs or may be asked to: the room stays though nobody looks.
    pub fn is_working(&self) -> bool {
        self.runs.is_live()
    }

    /// Whether the catalogue says that something ran when the document was last written.
    pub(super) fn was_working(&self) -> bool {
        self.record.as_deref().is_some_and(Record::is_live)
    }

    /// Nothing waits for the disk.
    pub fn is_quiet(&self) -> bool {
        self.outbox.is_empty()
    }

    /// The newest revision and the whole document, for a snapshot of everything appended so far.
    pub fn snapshot(&mut self) -> (Revision, Bytes) {
        (self.revision, self.document.update())
    }
}

/// Where something is found from now on.
fn place(moved: Moved) -> (Findable, Place) {
    match moved {
        Moved::TaskHere(id) => (Findable::Task(id), Place::Here),
        Moved::TaskGone(id) => (Findable::Task(id), Place::Gone),
        Moved::SessionHere(id) => (Findable::Session(id), Place::Here),
        Moved::SessionGone(id) => (Findable::Session(id), Place::Gone),
    }
}
