//! What a call of a method does to a widget: who of the others knows it.
//!
//! Invariant: a method that the table of classes does not have does nothing.

use serde_json::{Value, json};

use super::{
    Wid,
    body::Body,
    children::{self, Done},
    classes::Class,
    grid, items, limits,
    refusal::Refusal,
    rules, tables,
    timer::{self, Timed},
};
use crate::vocabulary::Millis;

/// What came of a call.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    Done(Done),
    /// Pages do it once.
    Command,
    /// Only a page knows; if none answers, this does.
    Ask(Option<Value>),
    /// The program is told of it.
    Tells {
        action: &'static str,
        args: Vec<Value>,
    },
    Destroy,
}

/// What pages do once: class (any if empty) and method.
const COMMANDS: &[(&str, &str)] = &[
    ("", "set_focus"),
    ("", "fullscreen"),
    ("", "play"),
    ("", "pause"),
    ("VideoWidget", "stop"),
    ("VideoWidget", "set_current_time"),
    ("Menu", "popup"),
    ("FileDialog", "open"),
    ("FileDialog", "show"),
    ("FileDialog", "popup"),
    ("FileDialog", "save"),
];

/// What only a page knows: class (any if empty) and method.
const ASKS: &[(&str, &str)] = &[
    ("", "get_column_widths"),
    ("", "get_current_time"),
    ("", "get_paused"),
    ("", "get_subtree"),
    ("VideoWidget", "get_duration"),
    ("MDIWidget", "get_configuration"),
];

/// What a page knows better as long as nobody has set or moved it.
const MEASURED: &[(&str, &str)] = &[("get_size", "size"), ("get_position", "position")];

fn listed(list: &[(&str, &str)], class: &Class, method: &str) -> bool {
    list.iter().any(|(of, known)| (of.is_empty() || *of == class.name) && *known == method)
}

/// Does what a method says.
///
/// # Errors
/// There is no such method, or its arguments are wrong.
pub fn perform(
    class: &Class,
    body: &mut Body,
    method: &str,
    args: &[Value],
    now: Millis,
    class_of: &impl Fn(Wid) -> Option<&'static Class>,
) -> Result<Outcome, Refusal> {
    if class.method(method).is_none() {
        return Err(Refusal::UnknownMethod {
            method: method.chars().take(limits::NAME_MAX).collect(),
            class: class.name,
        });
    }
    if method == "destroy" {
        return Ok(Outcome::Destroy);
    }
    if let Some(done) = of_class(class, body, method, args, now) {
        return done;
    }
    if let Some(done) = children::perform(class, body, method, args, class_of) {
        return done.map(Outcome::Done);
    }
    if listed(COMMANDS, class, method) {
        return Ok(Outcome::Command);
    }
    if let Some(ask) = asked(class, body, method) {
        return Ok(ask);
    }
    by_the_rules(class, body, method, args)
}

/// What a class does in its own way.
fn of_class(
    class: &Class,
    body: &mut Body,
    method: &str,
    args: &[Value],
    now: Millis,
) -> Option<Result<Outcome, Refusal>> {
    let told = |done: Option<Value>| Outcome::Done(done.map_or(Done::Nothing, Done::Value));
    match class.name {
        "Timer" => timer::perform(body, method, args, now).map(|done| done.map(timed)),
        "ComboBox" => items::perform(body, method, args).map(|done| done.map(told)),
        "TableView" | "TreeView" => tables::perform(class, body, method, args).map(|done| done.map(told)),
        "GridBox" => grid::perform(body, method, args).map(|done| done.map(Outcome::Done)),
        "Canvas" | "Image" => drawn(body, method, args),
        _ => None,
    }
}

fn timed(timed: Timed) -> Outcome {
    match timed {
        Timed::Done => Outcome::Done(Done::Nothing),
        Timed::Value(value) => Outcome::Done(Done::Value(value)),
        Timed::Cancelled(elapsed) => Outcome::Tells { action: "cancelled", args: vec![elapsed] },
    }
}

/// Pictures that are drawn one over the other; what covers another of the same place and size takes its place.
fn drawn(body: &mut Body, method: &str, args: &[Value]) -> Option<Result<Outcome, Refusal>> {
    let drawn = match method {
        // What is drawn is shown at once.
        "update" => Ok(()),
        "draw_image" => draw(body, args),
        _ => return None,
    };
    Some(drawn.map(|()| Outcome::Done(Done::Nothing)))
}

fn draw(body: &mut Body, args: &[Value]) -> Result<(), Refusal> {
    let picture = args.first().filter(|picture| picture.is_object());
    let Some(picture) = picture.cloned() else {
        return Err(Refusal::malformed("draw_image needs an object: {src, x, y, wd?, ht?}."));
    };
    let place = |picture: &Value| json!(["x", "y", "wd", "ht"].map(|side| picture[side].clone()));
    body.change_list("images", |images| {
        images.retain(|other| place(other) != place(&picture));
        images.push(picture);
        images.drain(..images.len().saturating_sub(limits::DRAWN_MAX));
    })
}

fn asked(class: &Class, body: &Body, method: &str) -> Option<Outcome> {
    if let Some((_, key)) = MEASURED.iter().find(|(known, key)| *known == method && body.get(key).is_none()) {
        return Some(Outcome::Ask(Some(rules::default(class, body, key))));
    }
    listed(ASKS, class, method).then_some(Outcome::Ask(None))
}

fn by_the_rules(class: &Class, body: &mut Body, method: &str, args: &[Value]) -> Result<Outcome, Refusal> {
    if let Some(set) = rules::set(class, body, method, args) {
        return set.map(|()| Outcome::Done(Done::Nothing));
    }
    Ok(match rules::get(class, body, method, args) {
        Some(value) => Outcome::Done(Done::Value(value)),
        // What is neither kept nor known is something that pages do.
        None => Outcome::Command,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widgets::classes;

    fn call(class: &str, body: &mut Body, method: &str, args: &Value) -> Result<Outcome, Refusal> {
        let class = classes::find(class).unwrap();
        perform(class, body, method, args.as_array().unwrap(), 0, &|_| classes::find("Button"))
    }

    fn value(class: &str, body: &mut Body, method: &str) -> Value {
        match call(class, body, method, &json!([])).unwrap() {
            Outcome::Done(Done::Value(value)) => value,
            other => panic!("{method}: {other:?}"),
        }
    }

    #[test]
    fn every_method_of_every_class_is_known_and_none_panics_without_arguments() {
        for class in classes::all() {
            for (method, _) in class.all_methods() {
                let mut body = Body::new(class, &[]).unwrap();
                let outcome = call(class.name, &mut body, method, &json!([]));
                let unknown = matches!(outcome, Err(Refusal::UnknownMethod { .. }));
                assert!(!unknown, "{} {method}", class.name);
            }
        }
    }

    #[test]
    fn what_was_set_is_what_is_got_and_defaults_are_those_of_the_class() {
        let mut body = Body::default();
        assert_eq!(value("Slider", &mut body, "get_value"), json!(0));
        call("Slider", &mut body, "set_limits", &json!([1, 9, null])).unwrap();
        assert_eq!(value("Slider", &mut body, "get_value"), json!(1));
        call("Slider", &mut body, "set_value", &json!([7])).unwrap();
        assert_eq!(value("Slider", &mut body, "get_value"), json!(7));
        assert_eq!(value("TopLevel", &mut body, "is_visible"), json!(false));
        call("TopLevel", &mut body, "show", &json!([])).unwrap();
        assert_eq!(value("TopLevel", &mut body, "is_visible"), json!(true));
        call("TopLevel", &mut body, "toggle_maximize", &json!([])).unwrap();
        assert_eq!(value("TopLevel", &mut body, "get_window_state"), json!("maximized"));
        assert_eq!(call("Label", &mut body, "get_size", &json!([])), Ok(Outcome::Ask(Some(json!([0, 0])))));
        call("TopLevel", &mut body, "resize", &json!([400, 300])).unwrap();
        assert_eq!(value("TopLevel", &mut body, "get_size"), json!([400, 300]));
    }

    #[test]
    fn pg_15_an_unknown_method_is_told_in_the_sentence_of_the_protocol() {
        let refusal = call("Button", &mut Body::default(), "explode", &json!([])).unwrap_err();
        assert_eq!(refusal.to_string(), "Unknown method: explode on Button");
    }
}
