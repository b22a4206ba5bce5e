//! What people do to widgets: it becomes state first, and is told to the program then.
//!
//! Invariant: all of what came together is done or nothing; what a page says has the shape that its class tells.

use serde_json::{Value, json};

use super::{Wid, groups, items, message, model::Model, references::reference, refusal::Refusal, tables, uploads};

/// Something that was done to a widget.
#[derive(Debug, Clone, PartialEq)]
pub struct Callback {
    pub wid: Wid,
    pub action: String,
    pub args: Vec<Value>,
    /// The page it was done in.
    pub client: Option<String>,
}

impl Callback {
    /// Something that the server itself tells.
    pub fn new(wid: Wid, action: &str, args: Vec<Value>) -> Self {
        Self { wid, action: action.to_owned(), args, client: None }
    }
}

/// Makes state of what was done; gives what the program is to be told.
///
/// # Errors
/// One of them is about no widget, or no callback of its class: nothing was done.
pub fn act(model: &mut Model, callbacks: Vec<Callback>) -> Result<Vec<Callback>, Refusal> {
    let callbacks: Vec<Callback> =
        callbacks.into_iter().map(|callback| checked(model, callback)).collect::<Result<_, _>>()?;
    let mut told = Vec::new();
    for callback in callbacks {
        let Some(class) = model.class_of(callback.wid) else { continue };
        become_state(model, class.name, &callback)?;
        told.extend(to_tell(model, callback));
    }
    Ok(told)
}

fn checked(model: &Model, callback: Callback) -> Result<Callback, Refusal> {
    let widget = model.get(callback.wid)?;
    message::name("action", &callback.action)?;
    if !widget.class.tells(&callback.action) && !widget.listens.contains(&callback.action) {
        return Err(Refusal::UnknownAction { action: callback.action, class: widget.class.name });
    }
    if let Some(client) = &callback.client {
        message::name("client", client)?;
    }
    let callback = Callback { args: message::list(callback.args)?, ..callback };
    let has_shape = shape(widget.class.name, &callback.action).is_none_or(|fits| fits(&callback.args));
    if !has_shape {
        let Callback { action, .. } = callback;
        return Err(Refusal::malformed(format!("{action} of {} has other arguments.", widget.class.name)));
    }
    uploads::check(&callback)?;
    Ok(callback)
}

type Shape = fn(&[Value]) -> bool;

/// What the arguments must be of what becomes state.
fn shape(class: &str, action: &str) -> Option<Shape> {
    Some(match (class, action) {
        ("Slider" | "SpinBox" | "Dial" | "ScrollBar", "activated") => |args| matches!(args, [Value::Number(_), ..]),
        ("CheckBox" | "RadioButton" | "ToggleButton", "activated") => |args| matches!(args, [Value::Bool(_), ..]),
        ("MenuAction" | "ToolBarAction", "activated") => |args| matches!(args, [] | [Value::Bool(_), ..]),
        ("ComboBox", "activated") => |args| matches!(args, [Value::Number(_), Value::String(_), ..]),
        ("ComboBox", "modified") => |args| matches!(args, [Value::String(_), ..]),
        ("Expander", "toggled") => |args| matches!(args, [Value::Bool(_), ..]),
        ("Splitter", "sizing") | (_, "selected" | "cell_selected") => |args| matches!(args, [Value::Array(_), ..]),
        (_, "page-switch") => |args| args.iter().any(|arg| arg.is_u64() || reference(arg).is_some()),
        (_, "page-close") => |args| args.first().is_some_and(|arg| reference(arg).is_some()),
        ("ScrollArea" | "AbstractScrollArea", "scrolled") => |args| pair(args, "h", "v").is_some(),
        (_, "move") => |args| pair(args, "x", "y").is_some(),
        (_, "resize") => |args| pair(args, "width", "height").is_some(),
        (_, "window-state") => |args| matches!(args, [Value::String(_), ..]),
        (_, "expanded" | "collapsed") => |args| args.get(1).is_some_and(Value::is_array),
        (_, "sorted") => |args| args.len() >= 2,
        (_, "cell_edited") => |args| args.len() >= 4,
        ("ColorWidget" | "ColorDialog", "pick") => |args| matches!(args, [Value::String(_), ..]),
        _ => return None,
    })
}

/// Two numbers, as two arguments or as one object.
fn pair(args: &[Value], first: &str, second: &str) -> Option<Value> {
    match args {
        [one @ Value::Number(_), other @ Value::Number(_), ..] => Some(json!([one, other])),
        [Value::Object(both), ..] => match (both.get(first), both.get(second)) {
            (Some(one @ Value::Number(_)), Some(other @ Value::Number(_))) => Some(json!([one, other])),
            _ => None,
        },
        _ => None,
    }
}

/// Classes that have a position and a size of their own; elsewhere these follow from the layout of each page.
const WINDOWS: [&str; 3] = ["TopLevel", "Dialog", "ColorDialog"];

fn become_state(model: &mut Model, class: &str, callback: &Callback) -> Result<(), Refusal> {
    let (wid, args) = (callback.wid, &callback.args);
    let first = args.first().cloned().unwrap_or_default();
    let mut put = |key: &str, value: Value| model.change(wid)?.0.body.put(key, value);
    match (class, callback.action.as_str()) {
        ("Slider" | "SpinBox" | "Dial", "activated") => put("value", first),
        ("ScrollBar", "activated") => put("scroll_percent", first),
        ("CheckBox", "activated") => put("state", first),
        ("RadioButton" | "ToggleButton" | "ToolBarAction", "activated") if first.is_boolean() => {
            groups::choose(model, wid, first == json!(true))
        }
        ("MenuAction", "activated") if first.is_boolean() => put("checked", first),
        ("ComboBox", "activated") => choose(model, wid, args.get(1)),
        ("ComboBox", "modified") => choose(model, wid, args.first()),
        ("Expander", "toggled") => put("collapsed", first),
        ("Splitter", "sizing") => put("sizes", first),
        (_, "page-switch") => switch(model, wid, args),
        (_, "page-close") => {
            if let Some(child) = reference(&first).filter(|child| model.parents.get(child) == Some(&wid)) {
                model.detach(child);
            }
            Ok(())
        }
        ("ScrollArea" | "AbstractScrollArea", "scrolled") => {
            put("scroll_percent", pair(args, "h", "v").unwrap_or_default())
        }
        (class, "move") if WINDOWS.contains(&class) => put("position", pair(args, "x", "y").unwrap_or_default()),
        (class, "resize") if WINDOWS.contains(&class) => put("size", pair(args, "width", "height").unwrap_or_default()),
        (class, "close") if WINDOWS.contains(&class) => put("visible", json!(false)),
        (_, "window-state") => put("window_state", first),
        ("Dialog", "activated") => close_by_itself(model, wid),
        ("ColorWidget" | "ColorDialog", "pick") => put("color", first),
        ("TableView" | "TreeView", action) => in_table(model, wid, action, args),
        _ => Ok(()),
    }
}

fn choose(model: &mut Model, wid: Wid, text: Option<&Value>) -> Result<(), Refusal> {
    let text = text.and_then(Value::as_str).unwrap_or_default().to_owned();
    items::choose(&mut model.change(wid)?.0.body, text)
}

/// To the page that is named, by its place or by what stands in it.
fn switch(model: &mut Model, wid: Wid, args: &[Value]) -> Result<(), Refusal> {
    let body = &mut model.change(wid)?.0.body;
    let by_child = args.iter().find_map(reference).and_then(|child| body.place_of(child)).map(|place| json!(place));
    let index = by_child.or_else(|| args.iter().find(|arg| arg.is_u64()).cloned());
    match index {
        Some(index) => body.put("index", index),
        None => Ok(()),
    }
}

fn close_by_itself(model: &mut Model, wid: Wid) -> Result<(), Refusal> {
    let body = &mut model.change(wid)?.0.body;
    if body.get("autoclose").and_then(Value::as_bool).unwrap_or_default() {
        body.put("visible", json!(false))?;
    }
    Ok(())
}

fn in_table(model: &mut Model, wid: Wid, action: &str, args: &[Value]) -> Result<(), Refusal> {
    let body = &mut model.change(wid)?.0.body;
    let argument = |place: usize| args.get(place).cloned().unwrap_or_default();
    match action {
        "selected" => body.put("selected", argument(0)),
        "cell_selected" => body.put("selected_cells", argument(0)),
        "sorted" => body.put("sorted", json!([argument(0), argument(1)])),
        "expanded" | "collapsed" => tables::open(body, &argument(1), action == "expanded"),
        "cell_edited" => tables::set_cell(body, &[argument(0), argument(1), argument(3)]),
        _ => Ok(()),
    }
}

/// What the program is told of it, if it listens: of a text, the one in the document.
fn to_tell(model: &mut Model, callback: Callback) -> Option<Callback> {
    let widget = model.widgets.get_mut(&callback.wid)?;
    if widget.class.is_typed() && matches!(callback.action.as_str(), "activated" | "modified") {
        let text = widget.body.text()?.to_owned();
        widget.known_text = Some(text.clone());
        let listens = widget.listens.contains(&callback.action);
        return listens.then(|| Callback { args: vec![Value::String(text)], ..callback });
    }
    widget.listens.contains(&callback.action).then_some(callback)
}
