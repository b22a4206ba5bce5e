//! Setters and getters, which follow rules: `set_NAME(a)` makes `state[NAME] = a`, and `get_NAME()` answers it.
//!
//! Invariant: what a getter answers is what its setter, or a person, made last; else the default of its class.

use serde_json::{Value, json};

use super::{
    body::{Body, as_text},
    classes::{Class, Kind},
    refusal::Refusal,
};

/// Methods whose key is not in their name: class (any if empty), method, key.
const NAMED_OTHERWISE: &[(&str, &str, &str)] = &[
    ("", "resize", "size"),
    ("", "move", "position"),
    ("", "set_tracking", "track"),
    ("", "is_visible", "visible"),
    ("Frame", "set_text", "title"),
    ("Frame", "get_text", "title"),
    ("MenuAction", "set_state", "checked"),
    ("MenuAction", "get_state", "checked"),
];

/// What `set_limits` sets.
const LIMITS: [&str; 3] = ["min", "max", "step"];

/// Windows and their like are not seen before they are shown.
const SHOWN_LATER: &[&str] = &["TopLevel", "Dialog", "ColorDialog", "FileDialog", "Menu"];

/// Things of a browser that no message can carry.
const OBJECTS: &[&str] = &["get_element", "get_draw_context", "get_video_element", "get_content_element", "set_stream"];

/// The key of the state that a setter or getter is about.
fn key_of<'a>(class: &Class, method: &'a str) -> Option<&'a str> {
    let special =
        |(of, known, _): &&(&str, &str, &'static str)| (of.is_empty() || *of == class.name) && *known == method;
    let special = NAMED_OTHERWISE.iter().find(special).map(|(_, _, key)| *key);
    special.or_else(|| method.strip_prefix("set_")).or_else(|| method.strip_prefix("get_"))
}

/// Whether a method sets something by the rules.
fn sets(method: &str) -> bool {
    method.starts_with("set_") || method == "resize" || method == "move"
}

/// Does what a setter says; `None` if the method is none.
pub fn set(class: &Class, body: &mut Body, method: &str, args: &[Value]) -> Option<Result<(), Refusal>> {
    match method {
        "show" | "hide" => Some(body.put("visible", json!(method == "show"))),
        "toggleContent" => {
            let collapsed = body.get("collapsed").and_then(Value::as_bool).unwrap_or_default();
            Some(body.put("collapsed", json!(!collapsed)))
        }
        "toggle_minimize" => Some(toggle(body, "minimized")),
        "toggle_maximize" => Some(toggle(body, "maximized")),
        "toggle_shade" => Some(toggle(body, "shaded")),
        "set_limits" => Some(set_limits(body, args)),
        "set_binary_image" => Some(set_picture(body, args)),
        "add_cursor" => Some(add_cursor(body, args)),
        "popup" if matches!(class.name, "Dialog" | "ColorDialog") => Some(popup(body, args)),
        "set_text" | "append_text" | "clear" if class.is_typed() => {
            set_text(body, method, args);
            Some(Ok(()))
        }
        "append_html" => Some(append_html(body, args)),
        "clear" => Some(clear(class, body)),
        _ if OBJECTS.contains(&method) => {
            Some(Err(Refusal::Impossible("This is about an object of a browser, which no message can carry.")))
        }
        _ if sets(method) => {
            let key = key_of(class, method)?;
            Some(match args {
                [] => Err(Refusal::malformed(format!("{method} needs a value."))),
                [value] => body.put(key, value.clone()),
                several => body.put(key, Value::Array(several.to_vec())),
            })
        }
        _ => None,
    }
}

fn toggle(body: &mut Body, state: &str) -> Result<(), Refusal> {
    let now = body.get("window_state").and_then(Value::as_str).unwrap_or("normal");
    let next = if now == state { "normal" } else { state };
    body.put("window_state", json!(next))
}

fn set_limits(body: &mut Body, args: &[Value]) -> Result<(), Refusal> {
    let mut given = LIMITS.iter().zip(args).filter(|(_, value)| !value.is_null());
    given.try_for_each(|(key, value)| body.put(key, value.clone()))
}

/// The payload has become a reference to a blob, and stands first.
fn set_picture(body: &mut Body, args: &[Value]) -> Result<(), Refusal> {
    let Some(Value::Object(blob)) = args.first() else {
        return Err(Refusal::malformed("set_binary_image needs the picture in a binary frame."));
    };
    let mut blob = blob.clone();
    let format = args.get(1).and_then(Value::as_str).unwrap_or("jpeg");
    let plain = format.len() <= 32 && format.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !plain {
        return Err(Refusal::malformed(format!("{format:?} is no format of pictures.")));
    }
    blob.insert("mime".into(), format!("image/{}", format.to_ascii_lowercase()).into());
    body.put("image", Value::Object(blob))
}

fn add_cursor(body: &mut Body, args: &[Value]) -> Result<(), Refusal> {
    let [Value::String(name), rest @ ..] = args else { return Err(Refusal::malformed("A cursor has a name.")) };
    body.change_object("cursors", |cursors| {
        cursors.insert(name.clone(), Value::Array(rest.to_vec()));
    })
}

fn popup(body: &mut Body, args: &[Value]) -> Result<(), Refusal> {
    if let [x @ Value::Number(_), y @ Value::Number(_), ..] = args {
        body.put("position", json!([x, y]))?;
    }
    body.put("visible", json!(true))
}

fn set_text(body: &mut Body, method: &str, args: &[Value]) {
    let given = args.first().map(as_text).unwrap_or_default();
    let text = match method {
        "append_text" => format!("{}{given}", body.text().unwrap_or_default()),
        "clear" => String::new(),
        _ => given,
    };
    body.set_text(text);
}

fn append_html(body: &mut Body, args: &[Value]) -> Result<(), Refusal> {
    let before = body.get("html").map(as_text).unwrap_or_default();
    body.put("html", Value::String(before + &args.first().map(as_text).unwrap_or_default()))
}

fn clear(class: &Class, body: &mut Body) -> Result<(), Refusal> {
    match class.name {
        "StatusBar" => body.remove("message"),
        "HtmlView" => body.put("html", json!(""))?,
        "ExternalWidget" => body.put("content", json!(""))?,
        _ => {}
    }
    Ok(())
}

/// What a getter answers; `None` if the method is none.
pub fn get(class: &Class, body: &Body, method: &str, args: &[Value]) -> Option<Value> {
    match method {
        "is_container" => return Some(json!(class.kind == Kind::Container)),
        "get_text" if class.is_typed() => return Some(json!(body.text().unwrap_or_default())),
        _ => {}
    }
    let reads = (method.starts_with("get_") && args.is_empty()) || method == "is_visible";
    let key = key_of(class, method).filter(|_| reads)?;
    Some(body.get(key).cloned().unwrap_or_else(|| default(class, body, key)))
}

/// What a value is before anybody set it.
pub fn default(class: &Class, body: &Body, key: &str) -> Value {
    match key {
        "scroll_percent" | "thumb_percent" if class.name == "ScrollBar" => json!(0),
        "size" | "position" | "scroll_position" | "scroll_percent" | "thumb_percent" => json!([0, 0]),
        "expanding" => json!([false, false]),
        "index" => json!(-1),
        "value" => body.get("min").cloned().unwrap_or(json!(0)),
        "volume" => json!(1),
        "enabled" => json!(true),
        "visible" => json!(!SHOWN_LATER.contains(&class.name)),
        "state" | "checked" | "collapsed" | "muted" | "loop" => json!(false),
        "text" | "html" => json!(""),
        "window_state" => json!("normal"),
        "selected" | "selected_cells" => json!([]),
        _ => Value::Null,
    }
}
