//! Colours of cells, rows, columns and the whole of a table or tree.
//!
//! Invariant: each is kept with the arguments it was set with, under what it is about; a colour of nothing is no colour.

use serde_json::{Map as Object, Value, json};

use super::{
    body::{Body, as_text},
    refusal::Refusal,
};

/// Does what a method about colours says; `None` if it is none.
pub fn perform(body: &mut Body, method: &str, args: &[Value]) -> Option<Result<(), Refusal>> {
    let argument = |place: usize| args.get(place).cloned().unwrap_or_default();
    Some(match method {
        "set_cell_color" => set(body, Layer::Cells, &pad(args, 5)),
        "set_row_color" => set(body, Layer::Rows, &pad(args, 4)),
        "set_column_color" => set(body, Layer::Columns, &pad(args, 4)),
        "set_table_color" => set_table(body, &pad(args, 3)),
        "clear_cell_color" => clear(body, Layer::Cells, &[argument(0), argument(1)]),
        "clear_row_color" => clear(body, Layer::Rows, &[argument(0)]),
        "clear_column_color" => clear(body, Layer::Columns, &[argument(0)]),
        "clear_all_colors" => {
            clear_all(body);
            Ok(())
        }
        "set_colors" => set_all(body, &argument(0)),
        _ => return None,
    })
}

#[derive(Clone, Copy)]
enum Layer {
    Cells,
    Rows,
    Columns,
}

impl Layer {
    fn key(self) -> &'static str {
        match self {
            Self::Cells => "cell_colors",
            Self::Rows => "row_colors",
            Self::Columns => "column_colors",
        }
    }

    /// Under what a colour is kept; pages make the same of a path.
    fn name(self, args: &[Value]) -> String {
        let first = args.first().unwrap_or(&Value::Null);
        match self {
            Self::Cells => json!([first, args.get(1)]).to_string(),
            Self::Rows => first.to_string(),
            Self::Columns => as_text(first),
        }
    }

    /// How many arguments name what it is about.
    fn names(self) -> usize {
        if matches!(self, Self::Cells) { 2 } else { 1 }
    }
}

fn pad(args: &[Value], count: usize) -> Vec<Value> {
    args.iter().cloned().chain(std::iter::repeat(Value::Null)).take(count).collect()
}

fn set(body: &mut Body, layer: Layer, args: &[Value]) -> Result<(), Refusal> {
    if args.iter().skip(layer.names()).all(Value::is_null) {
        return clear(body, layer, args);
    }
    let name = layer.name(args);
    body.change_object(layer.key(), |colours| drop(colours.insert(name, Value::Array(args.to_vec()))))
}

fn clear(body: &mut Body, layer: Layer, args: &[Value]) -> Result<(), Refusal> {
    if body.get(layer.key()).is_none() {
        return Ok(());
    }
    let name = layer.name(args);
    body.change_object(layer.key(), |colours| drop(colours.shift_remove(&name)))
}

fn set_table(body: &mut Body, args: &[Value]) -> Result<(), Refusal> {
    if args.iter().all(Value::is_null) {
        body.remove("table_color");
        return Ok(());
    }
    body.put("table_color", Value::Array(args.to_vec()))
}

fn clear_all(body: &mut Body) {
    for key in ["cell_colors", "row_colors", "column_colors", "table_color"] {
        body.remove(key);
    }
}

/// Many at once: `{clear?, cells?, rows?, columns?, table?}`, each with its arguments by name.
fn set_all(body: &mut Body, spec: &Value) -> Result<(), Refusal> {
    let Value::Object(spec) = spec else { return Err(Refusal::malformed("set_colors needs an object.")) };
    if spec.get("clear").and_then(Value::as_bool) == Some(true) {
        clear_all(body);
    }
    for (key, layer, names) in [
        ("cells", Layer::Cells, &["path", "col_key", "fg", "bg", "bold"][..]),
        ("rows", Layer::Rows, &["path", "fg", "bg", "bold"]),
        ("columns", Layer::Columns, &["col_key", "fg", "bg", "bold"]),
    ] {
        for entry in spec.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
            set(body, layer, &by_name(entry, names))?;
        }
    }
    match spec.get("table") {
        Some(table) => set_table(body, &by_name(table.as_object().unwrap_or(&Object::new()), &["fg", "bg", "bold"])),
        None => Ok(()),
    }
}

fn by_name(entry: &Object<String, Value>, names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| entry.get(*name).cloned().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_set_one_by_one_and_many_at_once_and_go_when_they_are_nothing() {
        let mut body = Body::default();
        let mut call = |method, args: Value| perform(&mut body, method, args.as_array().unwrap()).unwrap().unwrap();
        call("set_cell_color", json!([["a"], "size", "red"]));
        call(
            "set_colors",
            json!([{"cells": [{"path": ["b"], "col_key": "size", "bg": "#000"}], "table": {"fg": "grey"}}]),
        );
        call("set_cell_color", json!([["a"], "size", null, null, null]));
        let cells = json!({"[[\"b\"],\"size\"]": [["b"], "size", null, "#000", null]});
        assert_eq!(body.get("cell_colors"), Some(&cells));
        assert_eq!(body.get("table_color"), Some(&json!(["grey", null, null])));
        perform(&mut body, "clear_all_colors", &[]).unwrap().unwrap();
        assert!(body.state().is_empty());
    }
}
