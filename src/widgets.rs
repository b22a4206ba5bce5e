//! The meaning of a widget session: what a program draws in the page and what people do to it; messages applied, callbacks
//! made state, a program's return.
//!
//! Owns the schema of the document `widgets:{session}`. Imports crdt, ids, vocabulary and yrs: no async, no sockets, no
//! disk, no clock. Invariant: the document says what the model says; of what clients write only the text of widgets in
//! which people type counts, everything else is undone in its own transaction.

mod body;
mod callback;
mod calls;
mod children;
pub mod classes;
mod colours;
mod grid;
mod groups;
mod heal;
mod items;
pub mod limits;
mod message;
mod model;
mod perform;
mod references;
mod refusal;
pub mod reply;
mod rows;
mod rules;
mod schema;
mod setup;
mod store;
mod tables;
#[cfg(test)]
mod tests;
mod timer;
mod tree;
mod tree_list;
mod uploads;
mod view;

use std::collections::BTreeMap;

use serde_json::Value;
use yrs::{ReadTxn, TransactionMut};

use self::{calls::Answer, model::Model, setup::Setup};
use crate::{
    ids::WidgetSessionId,
    vocabulary::{Event, Millis, Program, ProgramState},
};

pub use self::{
    callback::Callback,
    message::{Message, Request, Saying},
    refusal::Refusal,
    uploads::{UploadedFile, split as split_uploads},
};

/// The number of a widget in its session.
pub type Wid = u64;

/// What a message came to, for its sender.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Now(Value),
    /// Nobody is to be told.
    Never,
    /// When a page has answered the question, or nobody has in time: then it is `fallback`, if there is one.
    Later {
        ask: String,
        id: Option<Value>,
        fallback: Option<Value>,
    },
}

/// What is remembered of an open session beside its document.
#[derive(Debug)]
pub struct Widgets {
    id: WidgetSessionId,
    model: Model,
    /// The setup of a program, while it is under way.
    setup: Option<Setup>,
    /// What the program is to be told.
    told: Vec<Callback>,
    /// When the questions that wait are given up.
    asks_due: BTreeMap<String, Millis>,
    /// When somebody last did something in a page.
    acted_at: Millis,
    /// When a text may be told again.
    text_due: Millis,
    events: Vec<Event>,
}

impl Widgets {
    /// Writes a session into an empty document.
    pub fn initialise(txn: &mut TransactionMut<'_>, title: &str, now: Millis) {
        schema::ensure_roots(txn);
        let program = Program { since: now, ..Program::default() };
        let model = Model { title: title.to_owned(), created: now, program, ..Model::default() };
        store::write_info(&model, txn);
        store::write_page(&model, txn);
    }

    /// Remembers a document that was loaded.
    pub fn open<T: ReadTxn>(txn: &T, id: WidgetSessionId) -> Self {
        let (asks_due, told, events) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { id, model: store::read(txn), setup: None, told, asks_due, acted_at: 0, text_due: 0, events }
    }

    /// Does what a program says; the answer to each message.
    pub fn say(&mut self, txn: &mut TransactionMut<'_>, requests: &[Request], now: Millis) -> Vec<Reply> {
        if now > self.acted_at + limits::ANSWERED_WITHIN {
            self.model.acted = None;
        }
        let replies = requests.iter().map(|request| self.answer(request, now)).collect();
        store::flush(&mut self.model, txn);
        replies
    }

    fn answer(&mut self, request: &Request, now: Millis) -> Reply {
        let id = request.id.as_ref();
        let done = request.message.as_ref().map_err(Clone::clone).and_then(|message| self.obey(message, now));
        match done {
            Ok(Answer::Done(_)) if request.quiet => Reply::Never,
            Ok(Answer::Done(done)) => Reply::Now(reply::result(id, done)),
            Ok(Answer::Asked { ask, fallback }) => Reply::Later { ask, id: id.cloned(), fallback },
            Err(refusal) => Reply::Now(reply::error(id, &refusal)),
        }
    }

    /// Makes state of what people did. What the program is to be told is taken with [`Widgets::take_told`].
    ///
    /// # Errors
    /// Nothing was done.
    pub fn act(&mut self, txn: &mut TransactionMut<'_>, callbacks: Vec<Callback>, now: Millis) -> Result<(), Refusal> {
        let client = callbacks.last().and_then(|callback| callback.client.clone());
        let told = callback::act(&mut self.model, callbacks)?;
        (self.model.acted, self.acted_at) = (client, now);
        self.told.extend(told);
        store::flush(&mut self.model, txn);
        Ok(())
    }

    /// Undoes what a client wrote where it may not, and takes up what it typed. Call it in every transaction of a client
    /// before committing it.
    pub fn heal(&mut self, txn: &mut TransactionMut<'_>) {
        heal::heal(&mut self.model, txn);
    }

    /// A question is answered, or given up; false if nobody waits for it.
    pub fn close_ask(&mut self, txn: &mut TransactionMut<'_>, ask: &str) -> bool {
        let waited = self.forget_ask(ask);
        store::flush(&mut self.model, txn);
        waited
    }

    fn forget_ask(&mut self, ask: &str) -> bool {
        self.asks_due.remove(ask);
        let waited = self.model.asks.remove(ask).is_some();
        self.model.dirty.asks |= waited;
        waited
    }

    /// The program came, or went.
    pub fn set_program(&mut self, txn: &mut TransactionMut<'_>, program: Program) {
        let (id, title) = (self.id.clone(), self.model.title.clone());
        match program.state {
            ProgramState::Connected => self.events.push(Event::WidgetsProgramConnected { id, title }),
            ProgramState::Gone => {
                self.events.push(Event::WidgetsProgramGone { id, title });
                self.rest();
            }
            ProgramState::Waiting => {}
        }
        self.model.program = program;
        self.model.dirty.info = true;
        store::flush(&mut self.model, txn);
    }

    /// Without a program nothing runs, nobody is asked, and nothing is to be told.
    fn rest(&mut self) {
        if let Some(setup) = self.setup.take() {
            setup.abandon(&mut self.model);
        }
        for wid in self.timers().map(|(wid, _)| wid).collect::<Vec<_>>() {
            if let Ok((widget, _)) = self.model.change(wid) {
                timer::stop(&mut widget.body);
            }
        }
        self.model.dirty.asks |= !self.model.asks.is_empty();
        self.model.asks.clear();
        self.asks_due.clear();
        self.told.clear();
    }

    /// A client has been gone for long: what it alone saw goes too.
    pub fn forget_client(&mut self, txn: &mut TransactionMut<'_>, client: &str) {
        for wid in self.model.of_client(client) {
            self.model.destroy(wid);
        }
        store::flush(&mut self.model, txn);
    }

    /// Does what is due by time: timers that have run out, texts that were typed.
    pub fn tick(&mut self, txn: &mut TransactionMut<'_>, now: Millis) {
        let over: Vec<_> = self.timers().filter(|(_, ends)| *ends <= now).collect();
        for (wid, _) in over {
            self.expire(wid);
        }
        self.tell_texts(now);
        store::flush(&mut self.model, txn);
    }

    fn expire(&mut self, wid: Wid) {
        let Ok((widget, _)) = self.model.change(wid) else { return };
        timer::stop(&mut widget.body);
        let duration = widget.body.get("duration").cloned().unwrap_or_default();
        if widget.listens.contains("expired") {
            self.told.push(Callback::new(wid, "expired", vec![duration]));
        }
    }

    fn timers(&self) -> impl Iterator<Item = (Wid, Millis)> {
        let ends = |wid: &Wid| Some((*wid, timer::ends(&self.model.widgets.get(wid)?.body)?));
        self.model.timers.iter().filter_map(ends)
    }

    /// Texts of which the program does not know what was typed, if it is not too early to tell.
    fn tell_texts(&mut self, now: Millis) {
        if now < self.text_due || self.setup.is_some() {
            return;
        }
        let mut untold: Vec<Wid> = self.untold().collect();
        untold.sort_unstable();
        for wid in untold {
            let Some(widget) = self.model.widgets.get_mut(&wid) else { continue };
            widget.known_text = widget.body.text().map(str::to_owned);
            let text = widget.known_text.clone().unwrap_or_default();
            self.told.push(Callback::new(wid, "modified", vec![Value::String(text)]));
            self.text_due = now + limits::TEXT_PAUSE;
        }
    }

    fn untold(&self) -> impl Iterator<Item = Wid> {
        self.model.texts.values().copied().filter(|wid| {
            let Some(widget) = self.model.widgets.get(wid) else { return false };
            widget.listens.contains("modified") && widget.known_text.as_deref() != widget.body.text()
        })
    }

    /// When [`Widgets::tick`] has something to do; questions that wait are the room's.
    pub fn due(&self) -> Option<Millis> {
        let timers = self.timers().map(|(_, ends)| ends);
        let texts = self.untold().next().filter(|_| self.setup.is_none()).map(|_| self.text_due);
        timers.chain(texts).min()
    }

    /// Questions that nobody has answered in time.
    pub fn asks_over(&self, now: Millis) -> Vec<String> {
        self.asks_due.iter().filter(|(_, due)| **due <= now).map(|(ask, _)| ask.clone()).collect()
    }

    /// When the next question is given up.
    pub fn asks_due(&self) -> Option<Millis> {
        self.asks_due.values().min().copied()
    }

    /// What the program is to be told since the last call.
    pub fn take_told(&mut self) -> Vec<Callback> {
        std::mem::take(&mut self.told)
    }

    /// What the world is to be told since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Whether the program is there.
    pub fn program(&self) -> &Program {
        &self.model.program
    }

    /// The title; empty if nobody gave one.
    pub fn title(&self) -> &str {
        &self.model.title
    }

    /// How many widgets there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.model.widgets.len()).unwrap_or(u32::MAX)
    }

    /// The number of the next widget for which nobody chose one.
    pub fn next_number(&self) -> Wid {
        self.next_wid()
    }
}
