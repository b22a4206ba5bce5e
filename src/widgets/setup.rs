//! A program's setup, between `build-start` and `build-end`: it is made beside what is there, so that a program that comes
//! back takes its session up with the state people gave it.
//!
//! Invariant: what people changed stands as long as the setup says the same as last time; what it does not make goes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Wid,
    body::{Body, Touched},
    model::{Model, Widget, children_to_values},
    refusal::Refusal,
    schema,
};

/// What a setup made of one widget.
#[derive(Debug)]
pub struct Part {
    pub body: Body,
    pub listens: BTreeSet<String>,
    /// It was not there before: it shows at once what the setup makes of it.
    pub is_new: bool,
}

/// A setup under way.
#[derive(Debug)]
pub struct Setup {
    pub parts: BTreeMap<Wid, Part>,
    /// The number after the greatest that the setup has used: the same in every setup that makes the same.
    pub next: Wid,
    /// Out of which something was taken because another widget came in its place.
    disturbed: BTreeSet<Wid>,
    /// Where what the setup has put somewhere stands.
    parents: HashMap<Wid, Wid>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { parts: BTreeMap::new(), next: 1, disturbed: BTreeSet::new(), parents: HashMap::new() }
    }
}

impl Setup {
    /// Makes a widget, or adopts the one that was made in the same way.
    ///
    /// # Errors
    /// It was made in this setup already, or the session is full.
    pub fn create(&mut self, model: &mut Model, wid: Wid, widget: Widget) -> Result<(), Refusal> {
        if self.parts.contains_key(&wid) {
            return Err(Refusal::Exists(wid));
        }
        let adopts = model.widgets.get(&wid).is_some_and(|known| is_same(known, &widget));
        let body = widget.body.clone();
        if adopts {
            remember_making(model, wid, &body)?;
        } else {
            if model.widgets.contains_key(&wid) {
                self.replace(model, wid);
            }
            model.add(wid, widget)?;
        }
        self.next = self.next.max(wid + 1);
        self.parts.insert(wid, Part { body, listens: BTreeSet::new(), is_new: !adopts });
        Ok(())
    }

    /// Another widget comes: the old one goes with what is in it, apart from what this setup has made already.
    fn replace(&mut self, model: &mut Model, wid: Wid) {
        self.disturbed.extend(model.parents.get(&wid));
        let gone = model.within(wid);
        for wid in gone.into_iter().filter(|gone| *gone == wid || !self.parts.contains_key(gone)) {
            model.remove(wid);
        }
    }

    /// A child stands in a widget now, and in no other of this setup.
    pub fn settle(&mut self, child: Wid, parent: Wid) {
        if let Some(before) = self.parents.insert(child, parent).filter(|before| *before != parent) {
            self.take_out(child, before);
        }
    }

    fn take_out(&mut self, child: Wid, parent: Wid) {
        if let Some(part) = self.parts.get_mut(&parent) {
            part.body.change_children(|children| children.retain(|other| other.wid != Some(child)));
        }
    }

    /// A widget is gone.
    pub fn forget(&mut self, wid: Wid) {
        self.parts.remove(&wid);
        if let Some(parent) = self.parents.remove(&wid) {
            self.take_out(wid, parent);
        }
    }

    /// Has a new widget show what a call has just made of it.
    pub fn follow(&mut self, model: &mut Model, wid: Wid, touched: &Touched) -> Result<(), Refusal> {
        let Some(part) = self.parts.get(&wid).filter(|part| part.is_new) else { return Ok(()) };
        let (widget, _) = model.change(wid)?;
        widget.body.follow(&part.body, touched)?;
        if touched.text {
            widget.known_text = part.body.text().map(str::to_owned);
        }
        Ok(())
    }

    /// The setup is over.
    pub fn end(self, model: &mut Model) -> Result<(), Refusal> {
        let Self { mut parts, next, disturbed, .. } = self;
        let made: BTreeSet<Wid> = parts.keys().copied().collect();
        for part in parts.values_mut() {
            part.body
                .change_children(|children| children.retain(|child| child.wid.is_none_or(|wid| made.contains(&wid))));
        }
        model.next = model.next.max(next);
        place_children(model, &parts, &disturbed)?;
        let gone: Vec<Wid> = model.widgets.keys().filter(|wid| !parts.contains_key(wid)).copied().collect();
        gone.into_iter().for_each(|wid| model.remove(wid));
        for (wid, part) in parts {
            conclude(model, wid, part)?;
        }
        Ok(())
    }

    /// The program went before the end: nothing is removed, and what it made is remembered as its own.
    pub fn abandon(self, model: &mut Model) {
        for (wid, part) in self.parts.into_iter().filter(|(_, part)| part.is_new) {
            if let Ok((widget, parts)) = model.change(wid) {
                widget.set = hashes(&part.body);
                parts.set = true;
            }
        }
    }
}

/// A widget that was made without a setup: of what its arguments say it is known all the same what it was.
fn remember_making(model: &mut Model, wid: Wid, made: &Body) -> Result<(), Refusal> {
    let (widget, parts) = model.change(wid)?;
    if widget.set.is_empty() {
        (widget.set, parts.set) = (hashes(made), true);
    }
    Ok(())
}

fn is_same(known: &Widget, made: &Widget) -> bool {
    known.class.name == made.class.name && known.args == made.args && known.client == made.client
}

/// First everything is taken out that stands elsewhere now, then it is put where it belongs: in between nothing holds
/// itself.
fn place_children(model: &mut Model, parts: &BTreeMap<Wid, Part>, disturbed: &BTreeSet<Wid>) -> Result<(), Refusal> {
    let changed = |(wid, part): &(&Wid, &Part)| {
        let known = model.widgets.get(wid).and_then(|widget| widget.set.get(schema::CHILDREN));
        part.is_new || disturbed.contains(*wid) || known != children_hash(&part.body).as_ref()
    };
    let changed: Vec<(&Wid, &Part)> = parts.iter().filter(changed).collect();
    for (wid, part) in &changed {
        let moved = |child: &super::body::Child| part.body.children().contains(child);
        model.change(**wid)?.0.body.change_children(|children| children.retain(moved));
        model.settle_all(**wid);
    }
    for (wid, part) in &changed {
        model.change(**wid)?.0.body.set_children(part.body.children().to_vec());
        model.settle_all(**wid);
    }
    Ok(())
}

/// What the setup says otherwise than last time applies; what it says no more goes; the rest stays as people left it.
fn conclude(model: &mut Model, wid: Wid, part: Part) -> Result<(), Refusal> {
    let (widget, parts) = model.change(wid)?;
    let hashes = hashes(&part.body);
    if !part.is_new {
        let differs = |key: &&String| widget.set.get(*key) != hashes.get(*key);
        let said: BTreeSet<String> = hashes.keys().chain(widget.set.keys()).filter(differs).cloned().collect();
        let text = said.contains(schema::TEXT) && widget.class.is_typed();
        let touched = Touched { keys: said, children: false, text };
        widget.body.follow(&part.body, &touched)?;
        widget.known_text = part.body.text().map(str::to_owned);
    }
    if widget.listens != part.listens {
        (widget.listens, parts.listens) = (part.listens, true);
    }
    if widget.set != hashes {
        (widget.set, parts.set) = (hashes, true);
    }
    Ok(())
}

/// What a setup made of a widget, as hashes.
fn hashes(body: &Body) -> BTreeMap<String, String> {
    let state = body.state().iter().map(|(key, value)| (key.clone(), hash(&value.to_string())));
    let text = body.text().map(|text| (schema::TEXT.to_owned(), hash(text)));
    let children = children_hash(body).map(|hash| (schema::CHILDREN.to_owned(), hash));
    state.chain(text).chain(children).collect()
}

fn children_hash(body: &Body) -> Option<String> {
    let children = children_to_values(body.children());
    (!children.is_empty()).then(|| hash(&Value::Array(children).to_string()))
}

/// 64 bits: nobody gains anything from a collision.
fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
