//! What stands in a widget: adding, taking out, finding.
//!
//! Invariant: a widget stands in another at most once. Whether it may stand there is looked after by the caller.

use serde_json::{Map as Object, Value, json};

use super::{
    Wid,
    body::{Body, Child},
    classes::{self, Class},
    references::{refer, reference},
    refusal::Refusal,
};

/// What a method did, or wants done.
#[derive(Debug, PartialEq)]
pub enum Done {
    Nothing,
    Value(Value),
    /// A widget is to be made and put behind the others.
    Make {
        class: &'static Class,
        args: Vec<Value>,
        placement: Object<String, Value>,
    },
    /// These have been taken out and are to go altogether.
    Destroy(Vec<Wid>),
}

/// Does what a method says about children; `None` if it says nothing about them. `class_of` knows the others.
pub fn perform(
    class: &Class,
    body: &mut Body,
    method: &str,
    args: &[Value],
    class_of: &impl Fn(Wid) -> Option<&'static Class>,
) -> Option<Result<Done, Refusal>> {
    let child = || child_in(class, method, args);
    let done = match method {
        "add_widget" | "add_button" => child().map(|child| add(class, body, method, args, child, None)),
        "insert_widget" => child().map(|child| add(class, body, method, args, child, index(args.first()))),
        "set_widget" => set_only(body, args.first()),
        "add_menu" | "add_name" | "add_action" => add_entry(class, body, method, args),
        "add_separator" => Ok(mark(body, "separator")),
        "add_spacer" => Ok(mark(body, "spacer")),
        "remove" | "remove_widget" => child().map(|child| remove(body, child, wants(args.get(1)))),
        "close_widget" | "close_child" => child().map(|child| remove(body, child, false)),
        "remove_all" => {
            let all = body.change_children(std::mem::take).into_iter().filter_map(|child| child.wid).collect();
            Ok(if wants(args.first()) { Done::Destroy(all) } else { Done::Nothing })
        }
        "show_widget" => child().and_then(|child| show(body, child)),
        "highlight_tab" => child().map(|child| note(body, child, "highlight", args.get(1))),
        "set_minimum_size" => child().map(|child| note(body, child, "minimum_size", args.get(1))),
        "get_children" => Ok(Done::Value(body.children().iter().filter_map(|child| shown(child, class_of)).collect())),
        "num_children" => Ok(Done::Value(json!(body.children().iter().filter(|child| child.wid.is_some()).count()))),
        "index_of" => child().map(|child| Done::Value(json!(body.place_of(child).map_or(-1, as_number)))),
        "get_tab_id" => child().map(|child| Done::Value(json!(child))),
        "get_child" => Ok(Done::Value(named_child(body, args.first(), class_of))),
        "index_to_widget" => Ok(Done::Value(at(body, args.first(), class_of))),
        "get_menu" => Ok(Done::Value(menu(body, args.first(), class_of))),
        _ => return None,
    };
    Some(done)
}

/// The child that an argument names.
fn child_in(class: &Class, method: &str, args: &[Value]) -> Result<Wid, Refusal> {
    let parameters = class.method(method).unwrap_or_default();
    let place = parameters.iter().position(|name| matches!(*name, "child" | "menu")).unwrap_or_default();
    let child = args.get(place).and_then(reference);
    child.ok_or_else(|| Refusal::malformed(format!("{method} needs a widget: {{\"__wid__\": N}}.")))
}

fn index(value: Option<&Value>) -> Option<usize> {
    usize::try_from(value?.as_u64()?).ok()
}

fn wants(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool).unwrap_or_default()
}

/// The other arguments of a method, by the names of its parameters; options stand beside them.
fn placement(class: &Class, method: &str, args: &[Value]) -> Object<String, Value> {
    let mut placement = Object::new();
    for (name, value) in class.method(method).unwrap_or_default().into_iter().zip(args) {
        match (name, value) {
            ("child" | "index" | "menu", _) | (_, Value::Null) => {}
            ("options", Value::Object(options)) => placement.extend(options.clone()),
            ("options", title) => drop(placement.insert("title".into(), title.clone())),
            (name, value) => drop(placement.insert(name.into(), value.clone())),
        }
    }
    if method == "add_button" {
        placement.insert("button".into(), json!(true));
    }
    placement.remove("wid");
    placement
}

fn add(class: &Class, body: &mut Body, method: &str, args: &[Value], wid: Wid, at: Option<usize>) -> Done {
    put(body, Child { wid: Some(wid), placement: placement(class, method, args) }, at);
    Done::Nothing
}

/// Puts a child at a place, behind the others if none is given. One that stands there already in the same way stays.
pub fn put(body: &mut Body, child: Child, at: Option<usize>) {
    let before = child.wid.and_then(|wid| body.place_of(wid));
    let same = before.is_some_and(|place| body.children()[place] == child && at.is_none_or(|at| at == place));
    if same {
        return;
    }
    body.change_children(|children| {
        children.retain(|other| other.wid != child.wid);
        let at = at.unwrap_or(children.len()).min(children.len());
        children.insert(at, child);
    });
}

fn set_only(body: &mut Body, child: Option<&Value>) -> Result<Done, Refusal> {
    let child = match child {
        None | Some(Value::Null) => None,
        Some(value) => Some(reference(value).ok_or_else(|| Refusal::malformed("set_widget needs a widget, or null."))?),
    };
    body.set_children(child.map(Child::new).into_iter().collect());
    Ok(Done::Nothing)
}

/// Entries of menus and tool bars, of which some are made by this.
fn add_entry(class: &Class, body: &mut Body, method: &str, args: &[Value]) -> Result<Done, Refusal> {
    let (first, second) = (args.first().unwrap_or(&Value::Null), args.get(1).unwrap_or(&Value::Null));
    let name = |value: &Value| Object::from_iter([("name".to_owned(), value.clone())]);
    Ok(match (class.name, method) {
        ("MenuBar", "add_menu") => add(class, body, method, args, child_in(class, method, args)?, None),
        ("MenuBar", "add_name") => make("Menu", Vec::new(), name(first))?,
        ("Menu", "add_menu") => match reference(second) {
            Some(wid) => {
                put(body, Child { wid: Some(wid), placement: name(first) }, None);
                Done::Nothing
            }
            None => make("Menu", Vec::new(), name(first))?,
        },
        ("Menu", "add_name") => {
            let options = json!({ "name": first, "text": first, "checkable": wants(args.get(1)) });
            make("MenuAction", vec![options], Object::new())?
        }
        _ => {
            let options = if first.is_object() { first.clone() } else { json!({ "text": first }) };
            make("ToolBarAction", vec![options], Object::new())?
        }
    })
}

fn make(class: &str, args: Vec<Value>, placement: Object<String, Value>) -> Result<Done, Refusal> {
    let class = classes::find(class).ok_or_else(|| Refusal::UnknownClass(class.to_owned()))?;
    Ok(Done::Make { class, args, placement })
}

fn mark(body: &mut Body, kind: &str) -> Done {
    body.change_children(|children| children.push(Child::mark(kind)));
    Done::Nothing
}

/// Takes a child out.
pub fn remove(body: &mut Body, gone: Wid, destroy: bool) -> Done {
    if body.place_of(gone).is_some() {
        body.change_children(|children| children.retain(|child| child.wid != Some(gone)));
    }
    if destroy { Done::Destroy(vec![gone]) } else { Done::Nothing }
}

fn show(body: &mut Body, child: Wid) -> Result<Done, Refusal> {
    if let Some(place) = body.place_of(child) {
        body.put("index", json!(place))?;
    }
    Ok(Done::Nothing)
}

/// Keeps something about a child beside its place.
fn note(body: &mut Body, child: Wid, key: &str, value: Option<&Value>) -> Done {
    body.change_children(|children| {
        for child in children.iter_mut().filter(|other| other.wid == Some(child)) {
            match value {
                Some(value) if !value.is_null() => drop(child.placement.insert(key.into(), value.clone())),
                _ => drop(child.placement.remove(key)),
            }
        }
    });
    Done::Nothing
}

fn shown(child: &Child, class_of: &impl Fn(Wid) -> Option<&'static Class>) -> Option<Value> {
    let wid = child.wid?;
    Some(refer(wid, class_of(wid)?.name))
}

fn as_number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn at(body: &Body, place: Option<&Value>, class_of: &impl Fn(Wid) -> Option<&'static Class>) -> Value {
    let child = index(place).and_then(|place| body.children().get(place));
    child.and_then(|child| shown(child, class_of)).unwrap_or_default()
}

fn named_child(body: &Body, id: Option<&Value>, class_of: &impl Fn(Wid) -> Option<&'static Class>) -> Value {
    let wid = id.and_then(Value::as_u64).or_else(|| body.children().first()?.wid);
    let child = body.children().iter().find(|child| child.wid == wid);
    child.and_then(|child| shown(child, class_of)).unwrap_or_default()
}

fn menu(body: &Body, name: Option<&Value>, class_of: &impl Fn(Wid) -> Option<&'static Class>) -> Value {
    let child = body.children().iter().find(|child| child.placement.get("name") == name);
    child.and_then(|child| shown(child, class_of)).unwrap_or_default()
}
