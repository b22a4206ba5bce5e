//! What clients may write and what they may not: the text of widgets in which people type, and nothing else.
//!
//! Invariant: after this the document says what the model says, whatever a client has sent; typing costs a look at the
//! texts it was in.

use std::collections::BTreeSet;

use yrs::{GetString, Map, MapRef, Out, ReadTxn, Text, TextPrelim, TransactionMut, branch::Branch};

use super::{
    Wid,
    model::{Model, Widget},
    schema, store,
};
use crate::crdt::{nested_id, touches_only};

/// The keys of a widget's map.
const KEYS: [&str; 9] = [
    schema::CLASS,
    schema::ARGS,
    schema::STATE,
    schema::CHILDREN,
    schema::LISTENS,
    schema::COMMANDS,
    schema::SET,
    schema::TEXT,
    schema::CLIENT,
];

/// Undoes what a client wrote where it may not, and takes up what it typed.
pub fn heal(model: &mut Model, txn: &mut TransactionMut<'_>) {
    match typed_in(model, txn) {
        Some(texts) => texts.into_iter().for_each(|wid| take_up(model, txn, wid)),
        None => restore(model, txn),
    }
}

/// The widgets whose texts the transaction was in; `None` if it was anywhere else, or is too large to tell.
fn typed_in(model: &Model, txn: &TransactionMut<'_>) -> Option<BTreeSet<Wid>> {
    let mut texts = BTreeSet::new();
    let note = |branch: &Branch| {
        let text = nested_id(branch).and_then(|id| model.texts.get(&id));
        text.map(|wid| texts.insert(*wid)).is_some()
    };
    touches_only(txn, note).then_some(texts)
}

/// Takes up what was typed into a widget. What is no text is put out of it.
fn take_up(model: &mut Model, txn: &mut TransactionMut<'_>, wid: Wid) {
    let Some(map) = map_of(txn, wid) else { return };
    let Some(text) = store::text_in(txn, &map) else { return };
    let string = text.get_string(txn);
    let only_text = text.len(txn) as usize == string.chars().map(char::len_utf16).sum::<usize>();
    if !only_text {
        map.insert(txn, schema::TEXT, TextPrelim::new(string.as_str()));
        store::note_text(model, txn, wid, &map);
    }
    if let Some(widget) = model.widgets.get_mut(&wid) {
        widget.body.note_text(string);
    }
}

fn map_of<T: ReadTxn>(txn: &T, wid: Wid) -> Option<MapRef> {
    txn.get_map(schema::WIDGETS)?.get(txn, &wid.to_string())?.cast().ok()
}

/// Compares everything with the model and writes again what is not as it must be.
pub fn restore(model: &mut Model, txn: &mut TransactionMut<'_>) {
    schema::ensure_roots(txn);
    store::write_info(model, txn);
    store::write_asks(model, txn);
    store::write_page(model, txn);
    remove_strangers(model, txn);
    for wid in model.widgets.keys().copied().collect::<Vec<_>>() {
        restore_widget(model, txn, wid);
    }
}

/// What stands among the widgets and is none; and keys that no widget has.
fn remove_strangers(model: &Model, txn: &mut TransactionMut<'_>) {
    remove_other_keys(txn, schema::INFO, &[schema::TITLE, schema::PROGRAM, schema::CREATED]);
    let widgets = schema::map(txn, schema::WIDGETS);
    let is_stranger = |key: &&str| {
        key.parse().ok().is_none_or(|wid: Wid| !model.widgets.contains_key(&wid) || wid.to_string() != **key)
    };
    let strangers: Vec<String> = widgets.keys(txn).filter(is_stranger).map(str::to_owned).collect();
    for key in strangers {
        widgets.remove(txn, &key);
    }
}

fn remove_other_keys(txn: &mut TransactionMut<'_>, root: &'static str, known: &[&str]) {
    let map = schema::map(txn, root);
    let strangers: Vec<String> = map.keys(txn).filter(|key| !known.contains(key)).map(str::to_owned).collect();
    for key in strangers {
        map.remove(txn, &key);
    }
}

fn restore_widget(model: &mut Model, txn: &mut TransactionMut<'_>, wid: Wid) {
    let widgets = schema::map(txn, schema::WIDGETS);
    let map: Option<MapRef> = widgets.get(txn, &wid.to_string()).and_then(|out| out.cast().ok());
    let Some(widget) = model.widgets.get(&wid) else { return };
    let sound = map.filter(|map| is_sound(txn, map, widget));
    match sound {
        Some(_) if widget.class.is_typed() => take_up(model, txn, wid),
        Some(_) => {}
        None => store::write_whole(model, txn, &widgets, wid),
    }
}

/// Whether the map of a widget says what the model says, apart from what people type.
fn is_sound(txn: &TransactionMut<'_>, map: &MapRef, widget: &Widget) -> bool {
    let Some(found) = store::read_widget(txn, map) else { return false };
    let typed = matches!(map.get(txn, schema::TEXT), Some(Out::YText(_)));
    let no_strangers = map.keys(txn).all(|key| KEYS.contains(&key));
    let client = map.get(txn, schema::CLIENT).is_some() == widget.client.is_some();
    no_strangers && client && typed == widget.class.is_typed() && is_same(&found, widget)
}

fn is_same(one: &Widget, other: &Widget) -> bool {
    one.class.name == other.class.name
        && one.args == other.args
        && one.body.state() == other.body.state()
        && one.body.children() == other.body.children()
        && one.listens == other.listens
        && one.commands == other.commands
        && one.client == other.client
        && one.set == other.set
}
