//! The room of a widget session: its program, the pages that show it, and what goes between them.
//!
//! A program's messages and people's callbacks become state in a transaction; what the program is told of it waits in the
//! outbox like everything else. Invariant: no page and no program can make another wait.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{
    effects::{Answer, Outgoing, ReplyId},
    handle::CloseReason,
    seat::{SeatEnd, SeatItem, Sit, Upload},
    state::RoomState,
};
use crate::{
    ids::{DocumentId, PeerId},
    vocabulary::{Actor, Millis, Program, ProgramState, Role, WidgetClient},
    widgets::{self, Callback, Refusal, Reply, Saying, limits, reply},
    wire::frame::PresenceEntry,
};

/// Why something that somebody did to widgets did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WidgetsError {
    #[error("this document is no widget session")]
    NotWidgets,
    #[error("The program of this session is not connected; nothing it drew can be used until it is back.")]
    ProgramGone,
    #[error("Nobody waits for an answer to the question {0}.")]
    UnknownAsk(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A widget session as others read it.
#[derive(Debug, Clone, PartialEq)]
pub struct WidgetsView {
    pub title: String,
    pub program: Program,
    pub clients: Vec<WidgetClient>,
    pub tree: Vec<Value>,
}

/// What a page answered.
#[derive(Debug, Clone, PartialEq)]
pub struct PageAnswer {
    pub ask: String,
    pub answer: Result<Value, String>,
}

/// Where the answer to a question belongs.
#[derive(Debug)]
struct Asked {
    frame: u64,
    place: usize,
    id: Option<Value>,
    fallback: Option<Value>,
}

/// A frame of the program of which some messages are not answered yet.
#[derive(Debug)]
struct Unanswered {
    /// In the order of the messages; `None` is still to come.
    replies: Vec<Option<Value>>,
    is_array: bool,
}

/// The program that sits in the room.
#[derive(Debug)]
struct Seated {
    seat: PeerId,
    actor: Actor,
    asked: HashMap<String, Asked>,
    unanswered: HashMap<u64, Unanswered>,
    next_frame: u64,
    next_transfer: u64,
}

/// What is known of the program and the pages of a widget session.
#[derive(Debug, Default)]
pub struct Seats {
    /// Boxed: few documents have one.
    program: Option<Box<Seated>>,
    /// By the client ids of their documents.
    pages: BTreeMap<u64, WidgetClient>,
    /// Pages that went, and when: what they alone were shown stays for a while.
    left: BTreeMap<String, Millis>,
}

impl Seats {
    /// A program is there, or something is due: the document must stay decoded.
    pub fn is_in_use(&self) -> bool {
        self.program.is_some() || !self.left.is_empty()
    }

    fn clients(&self) -> Vec<WidgetClient> {
        let mut clients: Vec<WidgetClient> = self.pages.values().cloned().collect();
        clients.sort_by(|one, other| one.client.cmp(&other.client));
        clients.dedup_by(|one, other| one.client == other.client);
        clients
    }

    fn shows(&self, client: &str) -> bool {
        self.pages.values().any(|page| page.client == client)
    }
}

impl RoomState {
    /// A program takes its place; another one that sits there loses it.
    pub(super) fn sit(&mut self, seat: PeerId, sit: Sit, reply: ReplyId, now: Millis) {
        if !matches!(self.id, DocumentId::Widgets(_)) {
            self.emit(Outgoing::Reply { reply, answer: Answer::Refused(WidgetsError::NotWidgets.into()) });
            return;
        }
        self.end_seat(SeatEnd::Replaced);
        let Sit { actor, token } = sit;
        let name = Some(actor.name.clone());
        let resumed = self.document.widgets().is_some_and(|widgets| widgets.program().state != ProgramState::Waiting);
        self.note_program(Program { state: ProgramState::Connected, since: now, name }, &actor, now);
        let (asked, unanswered) = (HashMap::new(), HashMap::new());
        let seated = Seated { seat, actor, asked, unanswered, next_frame: 0, next_transfer: 1 };
        self.seats.program = Some(Box::new(seated));
        let answer = Answer::Seated(self.first_words(&token, resumed));
        self.emit(Outgoing::Reply { reply, answer });
    }

    fn first_words(&mut self, token: &str, resumed: bool) -> Vec<String> {
        let (id, clients) = (self.id.clone(), self.seats.clients());
        let (DocumentId::Widgets(id), Some(widgets)) = (id, self.document.widgets()) else { return Vec::new() };
        let info = reply::session_info(&id, token, widgets.next_number(), resumed, &clients);
        std::iter::once(info).chain(widgets.reconstruction()).map(|message| message.to_string()).collect()
    }

    fn note_program(&mut self, program: Program, actor: &Actor, now: Millis) {
        let (change, _) = self.document.drive(now, |widgets, txn| widgets.set_program(txn, program));
        self.commit(change, actor, now);
    }

    /// The program went, or lost its place to nobody.
    pub(super) fn program_left(&mut self, seat: PeerId, end: Option<SeatEnd>, now: Millis) {
        let Some(seated) = self.seats.program.take_if(|seated| seated.seat == seat) else { return };
        if let Some(end) = end {
            self.emit(Outgoing::EndSeat { seat, end });
        }
        let program = Program { state: ProgramState::Gone, since: now, name: Some(seated.actor.name.clone()) };
        self.note_program(program, &seated.actor, now);
    }

    /// The program loses its place; what the document says of it stays.
    pub(super) fn end_seat(&mut self, end: SeatEnd) {
        if let Some(seated) = self.seats.program.take() {
            self.emit(Outgoing::EndSeat { seat: seated.seat, end });
        }
    }

    /// The room ends: so does the place of the program.
    pub(super) fn end_program(&mut self, reason: &CloseReason, now: Millis) {
        if let Some(seat) = self.seats.program.as_ref().map(|seated| seated.seat) {
            self.program_left(seat, Some(SeatEnd::Closed(reason.clone())), now);
        }
    }

    /// After a crash the document may tell of a program that is no more.
    pub(super) fn recover_program(&mut self, now: Millis) {
        if !matches!(self.id, DocumentId::Widgets(_)) || !self.was_working() {
            return;
        }
        let before = self.document.widgets().map(|widgets| widgets.program().clone()).unwrap_or_default();
        let program = Program { state: ProgramState::Gone, since: now, ..before };
        self.note_program(program, &Actor::server(), now);
    }

    /// Does what the program says, all of it in one transaction.
    pub(super) fn program_said(&mut self, said: Vec<(PeerId, Saying)>, now: Millis) {
        let Some(seated) = &self.seats.program else { return };
        let (seat, actor) = (seated.seat, seated.actor.clone());
        let said: Vec<Saying> = said.into_iter().filter(|(from, _)| *from == seat).map(|(_, saying)| saying).collect();
        if self.document.is_full() {
            return self.program_left(seat, Some(SeatEnd::Closed(CloseReason::TooBig(self.document.too_big()))), now);
        }
        let say = |widgets: &mut widgets::Widgets, txn: &mut yrs::TransactionMut<'_>| {
            said.iter().map(|saying| widgets.say(txn, saying.requests(), now)).collect::<Vec<_>>()
        };
        let (change, replies) = self.document.drive(now, say);
        self.commit(change, &actor, now);
        for (saying, replies) in said.iter().zip(replies.unwrap_or_default()) {
            self.answer_program(replies, matches!(saying, Saying::Many(_)), now);
        }
        self.tell_program();
    }

    /// Answers a frame, or remembers what of it waits for a page.
    fn answer_program(&mut self, replies: Vec<Reply>, is_array: bool, now: Millis) {
        let Some(seated) = &mut self.seats.program else { return };
        let frame = seated.next_frame;
        seated.next_frame += 1;
        let mut places = Vec::new();
        for reply in replies {
            match reply {
                Reply::Never => {}
                Reply::Now(value) => places.push(Some(value)),
                Reply::Later { ask, id, fallback } => {
                    seated.asked.insert(ask, Asked { frame, place: places.len(), id, fallback });
                    places.push(None);
                }
            }
        }
        if places.is_empty() && !is_array {
            return;
        }
        seated.unanswered.insert(frame, Unanswered { replies: places, is_array });
        self.send_if_whole(frame);
        self.answer_without_pages(now);
    }

    fn send_if_whole(&mut self, frame: u64) {
        let Some(seated) = &mut self.seats.program else { return };
        let is_whole = |waiting: &Unanswered| waiting.replies.iter().all(Option::is_some);
        if !seated.unanswered.get(&frame).is_some_and(is_whole) {
            return;
        }
        let Some(Unanswered { replies, is_array }) = seated.unanswered.remove(&frame) else { return };
        let mut replies: Vec<Value> = replies.into_iter().flatten().collect();
        let message = if is_array { Value::Array(replies) } else { replies.pop().unwrap_or_default() };
        self.send_program(SeatItem::Message(message.to_string()));
    }

    /// Nobody can be asked when no page is open: what is known is the answer.
    fn answer_without_pages(&mut self, now: Millis) {
        let Some(seated) = self.seats.program.as_ref().filter(|_| self.seats.pages.is_empty()) else { return };
        let asks: Vec<String> = seated.asked.keys().cloned().collect();
        let sentence = "No page shows this session, and only a page could answer.";
        for ask in asks {
            self.conclude_ask(&ask, Err(sentence.to_owned()), now);
        }
    }

    /// Gives the program the answer to a question; what is known stands in for an error.
    fn conclude_ask(&mut self, ask: &str, answer: Result<Value, String>, now: Millis) {
        let Some(seated) = &mut self.seats.program else { return };
        let Some(Asked { frame, place, id, fallback }) = seated.asked.remove(ask) else { return };
        let answer = match (answer, fallback) {
            (Err(_), Some(known)) => Ok(known),
            (answer, _) => answer,
        };
        let message = match answer {
            Ok(value) => reply::result(id.as_ref(), reply::Done { value: Some(value), ..reply::Done::default() }),
            Err(sentence) => reply::error_of(id.as_ref(), &sentence),
        };
        if let Some(slot) = seated.unanswered.get_mut(&frame).and_then(|waiting| waiting.replies.get_mut(place)) {
            *slot = Some(message);
        }
        let (change, _) = self.document.drive(now, |widgets, txn| widgets.close_ask(txn, ask));
        self.commit(change, &Actor::server(), now);
        self.send_if_whole(frame);
    }

    /// A page answers a question.
    pub(super) fn page_answered(&mut self, answered: PageAnswer, reply: ReplyId, now: Millis) {
        let known = self.seats.program.as_ref().is_some_and(|seated| seated.asked.contains_key(&answered.ask));
        let answer = if known {
            self.conclude_ask(&answered.ask, answered.answer, now);
            Answer::Merged
        } else {
            Answer::Refused(WidgetsError::UnknownAsk(answered.ask).into())
        };
        self.emit(Outgoing::Reply { reply, answer });
    }

    /// Somebody did something to widgets.
    pub(super) fn callbacks(&mut self, callbacks: Vec<Callback>, actor: &Actor, reply: ReplyId, now: Millis) {
        let answer = match self.act(callbacks, actor, now) {
            Ok(()) => Answer::Merged,
            Err(refusal) => Answer::Refused(refusal.into()),
        };
        self.emit(Outgoing::Reply { reply, answer });
        self.tell_program();
    }

    fn act(&mut self, callbacks: Vec<Callback>, actor: &Actor, now: Millis) -> Result<(), WidgetsError> {
        if !matches!(self.id, DocumentId::Widgets(_)) {
            return Err(WidgetsError::NotWidgets);
        }
        if self.seats.program.is_none() {
            return Err(WidgetsError::ProgramGone);
        }
        let (change, done) = self.document.drive(now, |widgets, txn| widgets.act(txn, callbacks, now));
        self.commit(change, actor, now);
        Ok(done.unwrap_or(Ok(()))?)
    }

    /// Tells the program what it is to be told, behind what made it so.
    fn tell_program(&mut self) {
        let told = self.document.take_told();
        for callback in told {
            let Some(seated) = &mut self.seats.program else { return };
            let (transfer, wid) = (seated.next_transfer, callback.wid);
            let (callback, files) = widgets::split_uploads(callback, transfer);
            self.send_program(SeatItem::Message(reply::callback(&callback).to_string()));
            if !files.is_empty() {
                self.send_program(SeatItem::Upload(Upload { wid, transfer, files }));
                self.seats.program.iter_mut().for_each(|seated| seated.next_transfer += 1);
            }
        }
    }

    fn send_program(&mut self, item: SeatItem) {
        if let Some(seat) = self.seats.program.as_ref().map(|seated| seated.seat) {
            self.emit(Outgoing::Program { seat, item });
        }
    }

    /// What is due by time.
    pub(super) fn tick_widgets(&mut self, now: Millis) {
        self.give_up_asks(now);
        self.forget_clients(now);
        if self.document.open_widgets().and_then(widgets::Widgets::due).is_some_and(|due| due <= now) {
            let (change, _) = self.document.drive(now, |widgets, txn| widgets.tick(txn, now));
            self.commit(change, &Actor::server(), now);
            self.tell_program();
        }
    }

    fn give_up_asks(&mut self, now: Millis) {
        let over = self.document.open_widgets().map(|widgets| widgets.asks_over(now)).unwrap_or_default();
        let sentence = format!("No page answered within {} seconds.", limits::ASK_PATIENCE / 1000);
        for ask in over {
            self.conclude_ask(&ask, Err(sentence.clone()), now);
        }
    }

    fn forget_clients(&mut self, now: Millis) {
        let kept = limits::CLIENT_WIDGETS_KEPT;
        let over: Vec<String> =
            self.seats.left.iter().filter(|(_, left)| **left + kept <= now).map(|(client, _)| client.clone()).collect();
        for client in over {
            self.seats.left.remove(&client);
            let (change, _) = self.document.drive(now, |widgets, txn| widgets.forget_client(txn, &client));
            self.commit(change, &Actor::server(), now);
        }
    }

    /// When [`RoomState::tick_widgets`] has something to do.
    pub(super) fn widgets_deadline(&self) -> Option<Millis> {
        let widgets = self.document.open_widgets();
        let due = widgets.and_then(|widgets| widgets.due().into_iter().chain(widgets.asks_due()).min());
        let left = self.seats.left.values().min().map(|left| left + limits::CLIENT_WIDGETS_KEPT);
        due.into_iter().chain(left).min()
    }

    /// Pages announce themselves in their presence: the program is told who comes and goes.
    pub(super) fn note_pages(&mut self, entries: &[PresenceEntry], now: Millis) {
        if !matches!(self.id, DocumentId::Widgets(_)) {
            return;
        }
        for entry in entries {
            let before = self.seats.pages.remove(&entry.client);
            let after = entry.state.as_ref().and_then(|state| self.page(entry.client, state));
            self.seats.pages.extend(after.clone().map(|page| (entry.client, page)));
            self.tell_of_page(before, after, now);
        }
    }

    fn page(&self, client: u64, state: &[u8]) -> Option<WidgetClient> {
        let state: Value = serde_json::from_slice(state).ok()?;
        let id = state.get("client")?.as_str().filter(|id| is_client_id(id))?.to_owned();
        let name = state.get("user").and_then(|user| user.get("name")).and_then(Value::as_str).unwrap_or("Guest");
        let owner = self.presence.owner_of(client);
        let role = owner.and_then(|peer| self.peers.get(&peer)).map_or(Role::Viewer, |peer| peer.join.role);
        Some(WidgetClient { client: id, name: name.chars().take(limits::TITLE_MAX).collect(), role })
    }

    fn tell_of_page(&mut self, before: Option<WidgetClient>, after: Option<WidgetClient>, now: Millis) {
        let (gone, new) = match (before, after) {
            (Some(before), Some(after)) if before.client == after.client => return,
            both => both,
        };
        if let Some(gone) = gone.filter(|gone| !self.seats.shows(&gone.client)) {
            self.seats.left.insert(gone.client.clone(), now);
            self.send_program(SeatItem::Message(reply::client(&gone, false).to_string()));
            self.answer_without_pages(now);
        }
        let shown = |page: &WidgetClient| self.seats.pages.values().filter(|other| other.client == page.client).count();
        if let Some(new) = new.filter(|new| shown(new) == 1) {
            self.seats.left.remove(&new.client);
            self.send_program(SeatItem::Message(reply::client(&new, true).to_string()));
        }
    }

    /// The session as others read it.
    pub(super) fn widgets_answer(&mut self) -> Answer {
        let clients = self.seats.clients();
        match self.document.widgets() {
            Some(widgets) => Answer::Widgets(Box::new(WidgetsView {
                title: widgets.title().to_owned(),
                program: widgets.program().clone(),
                clients,
                tree: widgets.tree(),
            })),
            None => Answer::Refused(WidgetsError::NotWidgets.into()),
        }
    }
}

/// 128 random bits in hexadecimal digits.
fn is_client_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
