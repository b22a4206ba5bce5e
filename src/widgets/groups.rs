//! Groups of buttons of which at most one is on.
//!
//! Invariant: when one of a group comes on, the others go off.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Wid,
    model::{Model, Widget},
    references::reference,
    refusal::Refusal,
};

/// How a group is named: by one of its buttons or by a word.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Group {
    Of(Wid),
    Named(String),
}

/// Turns a button on or off.
pub fn choose(model: &mut Model, wid: Wid, on: bool) -> Result<(), Refusal> {
    model.change(wid)?.0.body.put("state", json!(on))?;
    if on {
        for other in others(model, wid) {
            model.change(other)?.0.body.put("state", json!(false))?;
        }
    }
    Ok(())
}

/// The other buttons of its group that are on.
fn others(model: &Model, wid: Wid) -> Vec<Wid> {
    let Ok(own) = model.get(wid) else { return Vec::new() };
    let group = group_of(model, wid, own);
    let same = |(other, widget): &(&Wid, &Widget)| {
        **other != wid
            && widget.class.name == own.class.name
            && widget.body.get("state") == Some(&json!(true))
            && group_of(model, **other, widget) == group
    };
    model.widgets.iter().filter(same).map(|(other, _)| *other).collect()
}

/// The group of a button: what it names, followed to its end; itself if it names none.
fn group_of(model: &Model, wid: Wid, widget: &Widget) -> Group {
    let (mut at, mut present, mut seen) = (wid, widget, BTreeSet::new());
    while seen.insert(at) {
        match present.body.get("group") {
            Some(Value::String(name)) => return Group::Named(name.clone()),
            Some(value) => match reference(value).and_then(|next| Some((next, model.widgets.get(&next)?))) {
                Some((next, widget)) => (at, present) = (next, widget),
                None => break,
            },
            None => break,
        }
    }
    Group::Of(at)
}
