//! The items of a combo box.
//!
//! Invariant: `index` is the place of `text` among the items, or -1.

use serde_json::{Value, json};

use super::{
    body::{Body, as_text},
    refusal::Refusal,
};

/// Does what a method of a combo box says: its value if it is asked for one; `None` if it is no special method.
pub fn perform(body: &mut Body, method: &str, args: &[Value]) -> Option<Result<Option<Value>, Refusal>> {
    let first = args.first().unwrap_or(&Value::Null);
    let done = match method {
        "append_text" => insert(body, as_text(first), false),
        "insert_alpha" => insert(body, as_text(first), true),
        "delete_alpha" => delete(body, first),
        "set_text" | "show_text" => choose(body, as_text(first)),
        "set_index" => choose_at(body, first),
        "clear" => clear(body),
        "get_index" => return Some(Ok(Some(json!(place(&items(body), &text(body)))))),
        "get_text" => return Some(Ok(Some(json!(text(body))))),
        "get_alpha" => {
            let item = first.as_u64().and_then(|at| items(body).into_iter().nth(usize::try_from(at).ok()?));
            return Some(Ok(Some(item.map_or(Value::Null, Value::String))));
        }
        _ => return None,
    };
    Some(done.map(|()| None))
}

fn items(body: &Body) -> Vec<String> {
    body.get("items").and_then(Value::as_array).map(|items| items.iter().map(as_text).collect()).unwrap_or_default()
}

fn text(body: &Body) -> String {
    body.get("text").map(as_text).unwrap_or_default()
}

fn place(items: &[String], text: &str) -> i64 {
    items.iter().position(|item| item == text).and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
}

/// Adds an item, behind the others or where it comes in the alphabet; the first one is chosen.
fn insert(body: &mut Body, text: String, in_order: bool) -> Result<(), Refusal> {
    let mut items = items(body);
    let chosen = items.is_empty() && body.get("text").is_none();
    let at = if in_order { items.iter().position(|item| text < *item) } else { None };
    items.insert(at.unwrap_or(items.len()), text.clone());
    keep(body, items)?;
    if chosen { choose(body, text) } else { reckon(body) }
}

/// By its place or by itself.
fn delete(body: &mut Body, which: &Value) -> Result<(), Refusal> {
    let mut items = items(body);
    let at = match which.as_u64() {
        Some(at) => usize::try_from(at).ok(),
        None => items.iter().position(|item| *item == as_text(which)),
    };
    if let Some(at) = at.filter(|at| *at < items.len()) {
        items.remove(at);
    }
    keep(body, items)?;
    reckon(body)
}

fn keep(body: &mut Body, items: Vec<String>) -> Result<(), Refusal> {
    body.put("items", json!(items))
}

/// Chooses a text, whether it is an item or was typed.
pub fn choose(body: &mut Body, text: String) -> Result<(), Refusal> {
    body.put("text", Value::String(text))?;
    reckon(body)
}

fn reckon(body: &mut Body) -> Result<(), Refusal> {
    let index = place(&items(body), &text(body));
    body.put("index", json!(index))
}

fn choose_at(body: &mut Body, index: &Value) -> Result<(), Refusal> {
    let at = index.as_u64().and_then(|at| usize::try_from(at).ok());
    match at.and_then(|at| items(body).into_iter().nth(at)) {
        Some(text) => choose(body, text),
        None => body.put("index", json!(-1)),
    }
}

fn clear(body: &mut Body) -> Result<(), Refusal> {
    body.put("items", json!([]))?;
    choose(body, String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(body: &mut Body, method: &str, args: &Value) -> Option<Value> {
        perform(body, method, args.as_array().unwrap()).unwrap().unwrap()
    }

    #[test]
    fn index_and_text_of_a_combo_box_always_agree() {
        let mut body = Body::default();
        for text in ["b", "d"] {
            call(&mut body, "append_text", &json!([text]));
        }
        assert_eq!((body.get("index"), body.get("text")), (Some(&json!(0)), Some(&json!("b"))));
        call(&mut body, "insert_alpha", &json!(["a"]));
        assert_eq!(body.get("items"), Some(&json!(["a", "b", "d"])));
        assert_eq!(call(&mut body, "get_index", &json!([])), Some(json!(1)));
        call(&mut body, "set_index", &json!([2]));
        assert_eq!(call(&mut body, "get_text", &json!([])), Some(json!("d")));
        call(&mut body, "set_text", &json!(["typed"]));
        assert_eq!(body.get("index"), Some(&json!(-1)));
        call(&mut body, "delete_alpha", &json!(["a"]));
        assert_eq!(call(&mut body, "get_alpha", &json!([0])), Some(json!("b")));
        call(&mut body, "clear", &json!([]));
        assert_eq!((body.get("items"), body.get("text")), (Some(&json!([])), Some(&json!(""))));
    }
}
