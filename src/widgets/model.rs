//! A session in memory: every widget with what it shows, and what is not yet in the document.
//!
//! Invariant: the document says what the model says, as soon as what is dirty has been written; a widget stands in one
//! other at most, and never in itself.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;
use yrs::ID;

use super::{
    Wid,
    body::{Body, Child},
    classes::Class,
    limits,
    refusal::Refusal,
};
use crate::vocabulary::{Millis, Program};

/// Something pages do once, each time its number grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    pub n: u64,
    pub args: Vec<Value>,
    /// The page in which somebody did something just before: what only one page should do, that one does.
    pub client: Option<String>,
}

/// A question that only a page can answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    pub wid: Wid,
    pub method: String,
    pub args: Vec<Value>,
}

/// A widget.
#[derive(Debug, Clone)]
pub struct Widget {
    pub class: &'static Class,
    /// As they were sent.
    pub args: Vec<Value>,
    pub body: Body,
    pub listens: BTreeSet<String>,
    pub commands: BTreeMap<String, Command>,
    /// The only client that sees it.
    pub client: Option<String>,
    /// What the program's setup made of its state: hashes by key.
    pub set: BTreeMap<String, String>,
    /// The text the program knows, if it was told one or set one.
    pub known_text: Option<String>,
    /// Something in its maps was overwritten since they were new.
    pub is_worn: bool,
}

impl Widget {
    /// A widget that is made now.
    pub fn new(class: &'static Class, args: Vec<Value>, client: Option<String>) -> Result<Self, Refusal> {
        let body = Body::new(class, &args)?;
        Ok(Self {
            class,
            args,
            body,
            listens: BTreeSet::new(),
            commands: BTreeMap::new(),
            client,
            set: BTreeMap::new(),
            known_text: None,
            is_worn: false,
        })
    }
}

/// What is said to no widget.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    pub commands: BTreeMap<String, Command>,
    pub fonts: Vec<Value>,
    pub default_font: Option<Value>,
}

/// What is to be written of a widget, beside what its body has touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// It is not in the document yet.
    pub whole: bool,
    pub listens: bool,
    pub commands: BTreeSet<String>,
    pub set: bool,
}

/// What is not yet in the document.
#[derive(Debug, Default)]
pub struct Dirty {
    pub widgets: BTreeMap<Wid, Parts>,
    pub removed: BTreeSet<Wid>,
    pub info: bool,
    pub asks: bool,
    pub page: bool,
}

/// A session.
#[derive(Debug, Default)]
pub struct Model {
    pub title: String,
    pub created: Millis,
    pub program: Program,
    pub widgets: BTreeMap<Wid, Widget>,
    pub asks: BTreeMap<String, Ask>,
    pub page: Page,
    /// Where each widget stands.
    pub parents: HashMap<Wid, Wid>,
    /// The number that no widget has had.
    pub next: Wid,
    /// The texts that people type, by the types that hold them.
    pub texts: HashMap<ID, Wid>,
    /// The page in which somebody did something last, if that is not long ago.
    pub acted: Option<String>,
    /// The widgets that are timers.
    pub timers: BTreeSet<Wid>,
    /// How much was overwritten since the maps of worn widgets were new.
    pub overwrites: u32,
    pub dirty: Dirty,
}

impl Model {
    pub fn get(&self, wid: Wid) -> Result<&Widget, Refusal> {
        self.widgets.get(&wid).ok_or(Refusal::UnknownWidget(wid))
    }

    /// A widget to be changed.
    pub fn change(&mut self, wid: Wid) -> Result<(&mut Widget, &mut Parts), Refusal> {
        let widget = self.widgets.get_mut(&wid).ok_or(Refusal::UnknownWidget(wid))?;
        Ok((widget, self.dirty.widgets.entry(wid).or_default()))
    }

    pub fn class_of(&self, wid: Wid) -> Option<&'static Class> {
        self.widgets.get(&wid).map(|widget| widget.class)
    }

    /// Adds a widget.
    pub fn add(&mut self, wid: Wid, widget: Widget) -> Result<(), Refusal> {
        if self.widgets.len() >= limits::WIDGETS_MAX {
            return Err(Refusal::TooMany);
        }
        self.next = self.next.max(wid + 1);
        self.insert(wid, widget);
        self.dirty.removed.remove(&wid);
        self.dirty.widgets.insert(wid, Parts { whole: true, ..Parts::default() });
        Ok(())
    }

    /// Takes up a widget that is in the document, or is about to be.
    pub fn insert(&mut self, wid: Wid, widget: Widget) {
        if widget.class.name == "Timer" {
            self.timers.insert(wid);
        }
        self.widgets.insert(wid, widget);
    }

    /// Removes a widget alone: it is taken out of the one it stands in, and what stands in it stands nowhere.
    pub fn remove(&mut self, wid: Wid) {
        self.detach(wid);
        let Some(widget) = self.widgets.remove(&wid) else { return };
        self.timers.remove(&wid);
        if widget.class.is_typed() {
            self.texts.retain(|_, known| *known != wid);
        }
        for child in widget.body.children().iter().filter_map(|child| child.wid) {
            self.parents.remove(&child);
        }
        self.dirty.widgets.remove(&wid);
        self.dirty.removed.insert(wid);
        let asks = self.asks.len();
        self.asks.retain(|_, ask| ask.wid != wid);
        self.dirty.asks |= self.asks.len() != asks;
    }

    /// Removes a widget with everything in it.
    pub fn destroy(&mut self, wid: Wid) {
        for wid in self.within(wid) {
            self.remove(wid);
        }
    }

    /// A widget and everything in it.
    pub fn within(&self, wid: Wid) -> Vec<Wid> {
        let (mut found, mut known, mut at) = (vec![wid], HashSet::from([wid]), 0);
        while let Some(wid) = found.get(at).copied() {
            let children = self.widgets.get(&wid).map_or(&[][..], |widget| widget.body.children());
            found.extend(children.iter().filter_map(|child| child.wid).filter(|child| known.insert(*child)));
            at += 1;
        }
        found
    }

    /// Takes a widget out of the one it stands in.
    pub fn detach(&mut self, wid: Wid) {
        let Some(parent) = self.parents.remove(&wid) else { return };
        if let Ok((parent, _)) = self.change(parent) {
            parent.body.change_children(|children| children.retain(|child| child.wid != Some(wid)));
        }
    }

    /// Notes that a child stands in a widget now, and in no other.
    pub fn settle(&mut self, child: Wid, parent: Wid) {
        if self.parents.get(&child) == Some(&parent) {
            return;
        }
        self.detach(child);
        self.parents.insert(child, parent);
    }

    /// Brings the parents in agreement with what stands in a widget, after any change of it.
    pub fn settle_all(&mut self, parent: Wid) {
        let children = self.children_of(parent);
        self.parents.retain(|child, known| *known != parent || children.contains(child));
        children.into_iter().for_each(|child| self.settle(child, parent));
    }

    /// Notes where everything stands in a session that was just read.
    pub fn settle_read(&mut self) {
        for parent in self.widgets.keys().copied().collect::<Vec<_>>() {
            self.children_of(parent).into_iter().for_each(|child| self.settle(child, parent));
        }
    }

    fn children_of(&self, parent: Wid) -> BTreeSet<Wid> {
        let widget = self.widgets.get(&parent);
        widget.into_iter().flat_map(|widget| widget.body.children()).filter_map(|child| child.wid).collect()
    }

    /// Has pages do something once.
    pub fn command(&mut self, wid: Wid, method: &str, args: Vec<Value>) -> Result<(), Refusal> {
        let client = self.acted.clone();
        let (widget, parts) = self.change(wid)?;
        if widget.commands.len() >= limits::KEYS_MAX && !widget.commands.contains_key(method) {
            return Err(Refusal::Full(format!("a widget has at most {} commands.", limits::KEYS_MAX)));
        }
        let n = widget.commands.get(method).map_or(0, |before| before.n) + 1;
        widget.commands.insert(method.to_owned(), Command { n, args, client });
        parts.commands.insert(method.to_owned());
        Ok(())
    }

    /// The widgets that one client alone sees.
    pub fn of_client(&self, client: &str) -> Vec<Wid> {
        let own = |(wid, widget): (&Wid, &Widget)| (widget.client.as_deref() == Some(client)).then_some(*wid);
        self.widgets.iter().filter_map(own).collect()
    }
}

impl Command {
    /// As it stands in the document.
    pub fn to_value(&self) -> Value {
        let mut value = serde_json::json!({ "n": self.n, "args": self.args });
        if let Some(client) = &self.client {
            value["client"] = Value::String(client.clone());
        }
        value
    }

    /// As it stands in the document, read.
    pub fn read(value: &Value) -> Option<Self> {
        let client = value.get("client").and_then(Value::as_str).map(str::to_owned);
        Some(Self { n: value.get("n")?.as_u64()?, args: value.get("args")?.as_array()?.clone(), client })
    }
}

impl Ask {
    /// As it stands in the document.
    pub fn to_value(&self) -> Value {
        serde_json::json!({ "wid": self.wid, "method": self.method, "args": self.args })
    }

    /// As it stands in the document, read.
    pub fn read(value: &Value) -> Option<Self> {
        let method = value.get("method")?.as_str()?.to_owned();
        Some(Self { wid: value.get("wid")?.as_u64()?, method, args: value.get("args")?.as_array()?.clone() })
    }
}

/// Children as they stand in the document.
pub fn children_to_values(children: &[Child]) -> Vec<Value> {
    children.iter().map(Child::to_value).collect()
}
