//! Between the model and the document: writing what is dirty, reading what is there.
//!
//! Invariant: what is read never panics, whatever a document holds; what does not fit the schema is left out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use yrs::{
    Any, Array, ArrayPrelim, ArrayRef, GetString, In, Map, MapPrelim, MapRef, Out, ReadTxn, TextPrelim, TextRef,
    TransactionMut,
};

use super::{
    Wid,
    body::{Body, Child, Touched},
    classes, limits,
    model::{Ask, Command, Model, Page, Parts, Widget},
    schema, tree_list,
};
use crate::{
    crdt::{self, json as shared, text},
    vocabulary::Program,
};

/// The key of a state whose document form is another.
const TREE: &str = "tree";

/// Writes everything that is dirty.
pub fn flush(model: &mut Model, txn: &mut TransactionMut<'_>) {
    let dirty = std::mem::take(&mut model.dirty);
    if dirty.info {
        write_info(model, txn);
    }
    let widgets = schema::map(txn, schema::WIDGETS);
    for wid in dirty.removed.iter().filter(|wid| !model.widgets.contains_key(wid)) {
        widgets.remove(txn, &wid.to_string());
    }
    for (wid, parts) in dirty.widgets {
        flush_widget(model, txn, &widgets, wid, &parts);
    }
    if model.overwrites > limits::OVERWRITES_MAX {
        renew(model, txn, &widgets);
    }
    if dirty.asks {
        write_asks(model, txn);
    }
    if dirty.page {
        write_page(model, txn);
    }
}

/// Replaces what was written into often: only of what is gone as a whole can the old be forgotten.
fn renew(model: &mut Model, txn: &mut TransactionMut<'_>, widgets: &MapRef) {
    model.overwrites = 0;
    for (wid, widget) in model.widgets.iter_mut().filter(|(_, widget)| widget.is_worn) {
        widget.is_worn = false;
        if let Some(map) = widgets.get(txn, &wid.to_string()).and_then(|out| out.cast::<MapRef>().ok()) {
            map.insert(txn, schema::STATE, state_prelim(&widget.body));
            map.insert(txn, schema::CHILDREN, children_prelim(&widget.body));
            map.insert(txn, schema::COMMANDS, commands_prelim(&widget.commands));
        }
    }
}

fn flush_widget(model: &mut Model, txn: &mut TransactionMut<'_>, widgets: &MapRef, wid: Wid, parts: &Parts) {
    let Some(widget) = model.widgets.get_mut(&wid) else { return };
    let touched = widget.body.take_touched();
    let known = widgets.get(txn, &wid.to_string()).and_then(|out| out.cast::<MapRef>().ok());
    match known.filter(|_| !parts.whole) {
        Some(map) => {
            let written = touched.keys.len() + parts.commands.len() + usize::from(touched.children);
            widget.is_worn |= written > 0;
            write_parts(widget, txn, &map, parts, &touched);
            model.overwrites = model.overwrites.saturating_add(u32::try_from(written).unwrap_or(u32::MAX));
            note_text(model, txn, wid, &map);
        }
        None => write_whole(model, txn, widgets, wid),
    }
}

/// Writes a widget that is not there, or in another shape than it must have.
pub fn write_whole(model: &mut Model, txn: &mut TransactionMut<'_>, widgets: &MapRef, wid: Wid) {
    let Some(widget) = model.widgets.get_mut(&wid) else { return };
    widget.is_worn = false;
    let map = widgets.insert(txn, wid.to_string(), prelim(widget));
    note_text(model, txn, wid, &map);
}

/// Remembers which type holds the text of a widget.
pub fn note_text<T: ReadTxn>(model: &mut Model, txn: &T, wid: Wid, map: &MapRef) {
    if !model.class_of(wid).is_some_and(classes::Class::is_typed) {
        return;
    }
    model.texts.retain(|_, known| *known != wid);
    let branch = text_in(txn, map).and_then(|text| crdt::nested_id(text.as_ref()));
    model.texts.extend(branch.map(|branch| (branch, wid)));
}

fn prelim(widget: &Widget) -> MapPrelim {
    let mut fields: Vec<(&str, In)> = vec![
        (schema::CLASS, Any::from(widget.class.name).into()),
        (schema::ARGS, shared::to_any(&Value::Array(widget.args.clone())).into()),
        (schema::STATE, state_prelim(&widget.body).into()),
        (schema::CHILDREN, children_prelim(&widget.body).into()),
        (schema::LISTENS, listens_prelim(widget).into()),
        (schema::COMMANDS, commands_prelim(&widget.commands).into()),
        (schema::SET, set_prelim(widget).into()),
    ];
    fields.extend(widget.body.text().map(|text| (schema::TEXT, In::from(TextPrelim::new(text)))));
    fields.extend(widget.client.as_deref().map(|client| (schema::CLIENT, Any::from(client).into())));
    fields.into_iter().collect()
}

fn state_prelim(body: &Body) -> MapPrelim {
    body.state().iter().map(|(key, value)| (key.clone(), In::Any(to_any(key, value)))).collect()
}

fn children_prelim(body: &Body) -> ArrayPrelim {
    body.children().iter().map(|child| In::Any(shared::to_any(&child.to_value()))).collect()
}

fn listens_prelim(widget: &Widget) -> MapPrelim {
    widget.listens.iter().map(|action| (action.clone(), In::Any(Any::Bool(true)))).collect()
}

fn commands_prelim(commands: &BTreeMap<String, Command>) -> MapPrelim {
    commands.iter().map(|(name, command)| (name.clone(), In::Any(shared::to_any(&command.to_value())))).collect()
}

fn set_prelim(widget: &Widget) -> MapPrelim {
    widget.set.iter().map(|(key, hash)| (key.clone(), In::Any(Any::from(hash.as_str())))).collect()
}

/// A value of the state as it stands in the document.
fn to_any(key: &str, value: &Value) -> Any {
    if key == TREE { shared::to_any(&tree_list::to_list(value)) } else { shared::to_any(value) }
}

fn write_parts(widget: &Widget, txn: &mut TransactionMut<'_>, map: &MapRef, parts: &Parts, touched: &Touched) {
    write_state(&widget.body, txn, map, &touched.keys);
    if touched.children {
        write_children(&widget.body, txn, map);
    }
    if touched.text {
        write_text(&widget.body, txn, map);
    }
    if parts.listens {
        map.insert(txn, schema::LISTENS, listens_prelim(widget));
    }
    if !parts.commands.is_empty() {
        write_commands(widget, txn, map, &parts.commands);
    }
    if parts.set {
        map.insert(txn, schema::SET, set_prelim(widget));
    }
}

fn write_state(body: &Body, txn: &mut TransactionMut<'_>, map: &MapRef, keys: &BTreeSet<String>) {
    if keys.is_empty() {
        return;
    }
    let Some(state) = map.get(txn, schema::STATE).and_then(|out| out.cast::<MapRef>().ok()) else {
        map.insert(txn, schema::STATE, state_prelim(body));
        return;
    };
    for key in keys {
        match body.get(key) {
            Some(value) => drop(state.insert(txn, key.as_str(), to_any(key, value))),
            None => drop(state.remove(txn, key)),
        }
    }
}

/// Only what differs in the middle is written.
fn write_children(body: &Body, txn: &mut TransactionMut<'_>, map: &MapRef) {
    let Some(array) = map.get(txn, schema::CHILDREN).and_then(|out| out.cast::<ArrayRef>().ok()) else {
        map.insert(txn, schema::CHILDREN, children_prelim(body));
        return;
    };
    let before = plain_elements(txn, &array);
    let after: Vec<Value> = body.children().iter().map(Child::to_value).collect();
    let (Some(before), true) = (before, array.len(txn) <= u32::MAX / 2) else {
        map.insert(txn, schema::CHILDREN, children_prelim(body));
        return;
    };
    let start = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let rest = before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = rest.take_while(|(one, other)| one == other).count();
    let gone = before.len() - start - end;
    // Bounded by the widgets of a session.
    let at = u32::try_from(start).unwrap_or(u32::MAX);
    if gone > 0 {
        array.remove_range(txn, at, u32::try_from(gone).unwrap_or(u32::MAX));
    }
    let new: Vec<Any> = after[start..after.len() - end].iter().map(shared::to_any).collect();
    if !new.is_empty() {
        array.insert_range(txn, at, new);
    }
}

/// By the smallest edits, so that what somebody types at this moment stays.
fn write_text(body: &Body, txn: &mut TransactionMut<'_>, map: &MapRef) {
    let Some(new) = body.text() else { return };
    match text_in(txn, map) {
        Some(present) => {
            let present = text::Present::read(txn, present);
            present.edit(txn, map, schema::TEXT, &text::changes(&present.string, new));
        }
        None => drop(map.insert(txn, schema::TEXT, TextPrelim::new(new))),
    }
}

fn write_commands(widget: &Widget, txn: &mut TransactionMut<'_>, map: &MapRef, names: &BTreeSet<String>) {
    let Some(commands) = map.get(txn, schema::COMMANDS).and_then(|out| out.cast::<MapRef>().ok()) else {
        map.insert(txn, schema::COMMANDS, commands_prelim(&widget.commands));
        return;
    };
    for (name, command) in names.iter().filter_map(|name| Some((name, widget.commands.get(name)?))) {
        commands.insert(txn, name.as_str(), shared::to_any(&command.to_value()));
    }
}

/// The session's own fields.
pub fn write_info(model: &Model, txn: &mut TransactionMut<'_>) {
    let info = schema::map(txn, schema::INFO);
    for (key, value) in info_of(model) {
        if info.get(txn, key) != Some(Out::Any(value.clone())) {
            info.insert(txn, key, value);
        }
    }
}

fn info_of(model: &Model) -> [(&'static str, Any); 3] {
    let program = serde_json::to_value(&model.program).unwrap_or_default();
    let created = shared::to_any(&json!(model.created));
    [
        (schema::TITLE, Any::from(model.title.as_str())),
        (schema::PROGRAM, shared::to_any(&program)),
        (schema::CREATED, created),
    ]
}

/// The questions that wait.
pub fn write_asks(model: &Model, txn: &mut TransactionMut<'_>) {
    let asks = schema::map(txn, schema::ASKS);
    let wanted: BTreeMap<String, Any> =
        model.asks.iter().map(|(id, ask)| (id.clone(), shared::to_any(&ask.to_value()))).collect();
    write_entries(txn, &asks, &wanted);
}

/// What is said to no widget.
pub fn write_page(model: &Model, txn: &mut TransactionMut<'_>) {
    let page = schema::map(txn, schema::PAGE);
    let commands = model.page.commands.iter().map(|(name, command)| (name.clone(), command.to_value())).collect();
    let font = model.page.default_font.clone();
    let wanted = [
        (schema::COMMANDS.to_owned(), Value::Object(commands)),
        (schema::FONTS.to_owned(), Value::Array(model.page.fonts.clone())),
        (schema::DEFAULT_FONT.to_owned(), font.unwrap_or_default()),
    ];
    let wanted = wanted.into_iter().map(|(key, value)| (key, shared::to_any(&value))).collect();
    write_entries(txn, &page, &wanted);
}

/// Makes the entries of a map be exactly these.
fn write_entries(txn: &mut TransactionMut<'_>, map: &MapRef, wanted: &BTreeMap<String, Any>) {
    let strangers: Vec<String> = map.keys(txn).filter(|key| !wanted.contains_key(*key)).map(str::to_owned).collect();
    for key in strangers {
        map.remove(txn, &key);
    }
    for (key, value) in wanted {
        if map.get(txn, key) != Some(Out::Any(value.clone())) {
            map.insert(txn, key.as_str(), value.clone());
        }
    }
}

/// The text in a widget's map, if there is one.
pub fn text_in<T: ReadTxn>(txn: &T, map: &MapRef) -> Option<TextRef> {
    map.get(txn, schema::TEXT)?.cast().ok()
}

/// Reads a whole session.
pub fn read<T: ReadTxn>(txn: &T) -> Model {
    let mut model = Model { next: 1, ..Model::default() };
    read_info(txn, &mut model);
    model.asks = read_asks(txn);
    model.page = read_page(txn);
    let widgets = txn.get_map(schema::WIDGETS);
    for (wid, map) in widgets.iter().flat_map(|widgets| entries(txn, widgets)) {
        let Some(widget) = read_widget(txn, &map) else { continue };
        let text = text_in(txn, &map).and_then(|text| crdt::nested_id(text.as_ref()));
        model.texts.extend(text.map(|branch| (branch, wid)));
        model.next = model.next.max(wid + 1);
        model.insert(wid, widget);
    }
    model.settle_read();
    model
}

/// The maps of widgets, by their numbers.
pub fn entries<T: ReadTxn>(txn: &T, widgets: &MapRef) -> Vec<(Wid, MapRef)> {
    let entry = |(key, out): (&str, Out)| Some((key.parse().ok()?, out.cast().ok()?));
    widgets.iter(txn).filter_map(entry).collect()
}

fn read_info<T: ReadTxn>(txn: &T, model: &mut Model) {
    let Some(info) = txn.get_map(schema::INFO) else { return };
    let value = |key| plain(&info.get(txn, key)?);
    model.title = value(schema::TITLE).and_then(|title| Some(title.as_str()?.to_owned())).unwrap_or_default();
    model.created = value(schema::CREATED).and_then(|created| created.as_i64()).unwrap_or_default();
    let program = value(schema::PROGRAM).map(serde_json::from_value::<Program>);
    model.program = program.and_then(Result::ok).unwrap_or_default();
}

/// The questions that stand in the document.
pub fn read_asks<T: ReadTxn>(txn: &T) -> BTreeMap<String, Ask> {
    let asks = txn.get_map(schema::ASKS);
    let ask = |(id, out): (&str, Out)| Some((id.to_owned(), Ask::read(&plain(&out)?)?));
    asks.iter().flat_map(|asks| asks.iter(txn)).filter_map(ask).collect()
}

/// What the document says to no widget.
pub fn read_page<T: ReadTxn>(txn: &T) -> Page {
    let Some(page) = txn.get_map(schema::PAGE) else { return Page::default() };
    let value = |key| plain(&page.get(txn, key)?);
    let command = |(name, value): (&String, &Value)| Some((name.clone(), Command::read(value)?));
    let commands = value(schema::COMMANDS);
    let commands = commands.as_ref().and_then(Value::as_object).map(|all| all.iter().filter_map(command).collect());
    Page {
        commands: commands.unwrap_or_default(),
        fonts: value(schema::FONTS).and_then(|fonts| Some(fonts.as_array()?.clone())).unwrap_or_default(),
        default_font: value(schema::DEFAULT_FONT).filter(|font| !font.is_null()),
    }
}

/// A widget as it stands in the document; `None` if it is none.
pub fn read_widget<T: ReadTxn>(txn: &T, map: &MapRef) -> Option<Widget> {
    let class = plain(&map.get(txn, schema::CLASS)?)?;
    let class = classes::find(class.as_str()?)?;
    let args = plain(&map.get(txn, schema::ARGS)?)?.as_array()?.clone();
    let state = plain_entries(txn, map, schema::STATE)?;
    let state = state.into_iter().map(from_document).collect();
    let children: ArrayRef = map.get(txn, schema::CHILDREN)?.cast().ok()?;
    let children = plain_elements(txn, &children)?.into_iter().map(Child::read).collect::<Option<_>>()?;
    let text = class.is_typed().then(|| text_in(txn, map).map(|text| text.get_string(txn)).unwrap_or_default());
    let commands = plain_entries(txn, map, schema::COMMANDS)?;
    let set = plain_entries(txn, map, schema::SET)?;
    let hash = |(key, value): (String, Value)| Some((key, value.as_str()?.to_owned()));
    Some(Widget {
        class,
        args,
        body: Body::from_parts(state, children, text),
        listens: plain_entries(txn, map, schema::LISTENS)?.into_keys().collect(),
        commands: commands.iter().filter_map(|(name, value)| Some((name.clone(), Command::read(value)?))).collect(),
        client: map.get(txn, schema::CLIENT).and_then(|out| Some(plain(&out)?.as_str()?.to_owned())),
        set: set.into_iter().filter_map(hash).collect(),
        known_text: None,
        // It may have been worn before it was loaded.
        is_worn: true,
    })
}

fn from_document((key, value): (String, Value)) -> (String, Value) {
    let value = if key == TREE { tree_list::from_list(value) } else { value };
    (key, value)
}

/// A plain value; `None` for shared types, which nothing of ours is.
fn plain(out: &Out) -> Option<Value> {
    match out {
        Out::Any(any) => Some(shared::any_to_value(any, shared::DEPTH_MAX)),
        _ => None,
    }
}

/// The entries of a map in a widget, if all are plain.
fn plain_entries<T: ReadTxn>(txn: &T, map: &MapRef, key: &str) -> Option<BTreeMap<String, Value>> {
    let entries: MapRef = map.get(txn, key)?.cast().ok()?;
    entries.iter(txn).map(|(key, out)| Some((key.to_owned(), plain(&out)?))).collect()
}

fn plain_elements<T: ReadTxn>(txn: &T, array: &ArrayRef) -> Option<Vec<Value>> {
    shared::elements(txn, array).iter().map(plain).collect()
}
