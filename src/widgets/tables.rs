//! Tables and trees: columns, rows, nodes, what is selected, open and sorted. Their colours stand in `colours`.
//!
//! Invariant: the state is what a page that joins now shows; nothing is kept elsewhere.

use serde_json::{Value, json};

use super::{body::Body, classes::Class, colours, refusal::Refusal, rows, tree};

/// Does what a method of a table or tree says: its value if it is asked for one; `None` if it is no special method.
pub fn perform(class: &Class, body: &mut Body, method: &str, args: &[Value]) -> Option<Result<Option<Value>, Refusal>> {
    if let Some(value) = asked(body, method) {
        return Some(Ok(Some(value)));
    }
    let done = contents(body, method, args)
        .or_else(|| lines(class, body, method, args))
        .or_else(|| columns(class, body, method, args))
        .or_else(|| looks(body, method, args))
        .or_else(|| colours::perform(body, method, args))?;
    Some(done.map(|()| None))
}

fn asked(body: &Body, method: &str) -> Option<Value> {
    Some(match method {
        "get_selected" => body.get("selected").cloned().unwrap_or_else(|| json!([])),
        "get_selected_cells" => body.get("selected_cells").cloned().unwrap_or_else(|| json!([])),
        "get_column_count" => json!(list(body, "columns").len()),
        "get_row_count" => {
            json!(body.get("tree").and_then(Value::as_object).map_or(list(body, "rows").len(), tree::count))
        }
        "get_expanded" => paths(body, true),
        "get_collapsed" => paths(body, false),
        _ => return None,
    })
}

fn list<'a>(body: &'a Body, key: &str) -> &'a [Value] {
    body.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The nodes that are open, or those that are not.
fn paths(body: &Body, open: bool) -> Value {
    let inner = body.get("tree").and_then(Value::as_object).map(tree::inner_paths).unwrap_or_default();
    inner.into_iter().filter(|path| is_open(body, path) == open).collect()
}

/// Whether a node is open; as the page reads it.
fn is_open(body: &Body, path: &Value) -> bool {
    match body.get("collapsed") {
        Some(Value::String(_)) => list(body, "expanded").contains(path),
        _ => !list(body, "collapsed").contains(path),
    }
}

/// What replaces, fills or empties it as a whole, and single cells.
fn contents(body: &mut Body, method: &str, args: &[Value]) -> Option<Result<(), Refusal>> {
    let given = args.first().cloned().unwrap_or_default();
    Some(match method {
        "set_rows" | "set_data" => fresh(body, "rows", given),
        "update_rows" | "update_data" => body.put("rows", given),
        "set_tree" => fresh(body, "tree", given),
        "update_tree" => body.put("tree", given),
        "clear" => clear(body),
        "set_cell" => set_cell(body, args),
        "add_tree" => add_nodes(body, args.get(1), given),
        "add_item" => {
            let key = args.get(1).map(super::body::as_text).unwrap_or_default();
            let node = args.get(2).cloned().unwrap_or_else(|| json!({}));
            add_nodes(body, args.first(), json!({ key: node }))
        }
        "remove_item" => remove_items(body, std::slice::from_ref(&given)),
        "remove_items" => remove_items(body, given.as_array().map_or(&[], Vec::as_slice)),
        "delete_tree" => {
            let prune = args.get(1).and_then(Value::as_bool).unwrap_or(true);
            let spec = given.as_object().cloned().unwrap_or_default();
            body.change_object("tree", |nodes| tree::delete(nodes, &spec, prune))
        }
        _ => return None,
    })
}

/// New contents: colours of single cells and rows, and what was selected, were those of the old.
fn fresh(body: &mut Body, key: &str, contents: Value) -> Result<(), Refusal> {
    forget(body);
    body.remove(if key == "rows" { "tree" } else { "rows" });
    body.put(key, contents)
}

fn forget(body: &mut Body) {
    for key in ["cell_colors", "row_colors", "selected", "selected_cells", "expanded", "collapsed"] {
        body.remove(key);
    }
}

fn clear(body: &mut Body) -> Result<(), Refusal> {
    forget(body);
    for key in ["rows", "tree", "sorted"] {
        body.remove(key);
    }
    Ok(())
}

/// Writes one cell, in the tree or in the rows.
pub fn set_cell(body: &mut Body, args: &[Value]) -> Result<(), Refusal> {
    let [place, column, value, ..] = args else {
        return Err(Refusal::malformed("set_cell needs a row, a column and a value."));
    };
    if body.get("tree").is_some() {
        let (path, key) = (tree::path(Some(place)), super::body::as_text(column));
        return body.change_object("tree", |nodes| {
            tree::set_cell(nodes, &path, &key, value.clone());
        });
    }
    let known = list(body, "columns").to_vec();
    body.change_list("rows", |present| {
        rows::set_cell(present, &known, place, column, value.clone());
    })
}

fn add_nodes(body: &mut Body, parent: Option<&Value>, nodes: Value) -> Result<(), Refusal> {
    let Value::Object(nodes) = nodes else { return Err(Refusal::malformed("Nodes of a tree are objects.")) };
    let parent = tree::path(parent);
    body.change_object("tree", |present| tree::merge(present, &parent, nodes))
}

fn remove_items(body: &mut Body, paths: &[Value]) -> Result<(), Refusal> {
    let paths: Vec<_> = paths.iter().map(|path| tree::path(Some(path))).collect();
    body.change_object("tree", |nodes| paths.iter().for_each(|path| tree::remove(nodes, path)))
}

/// Single rows.
fn lines(class: &Class, body: &mut Body, method: &str, args: &[Value]) -> Option<Result<(), Refusal>> {
    let by_place = class.name == "TableView";
    let (at, values) = match method {
        "append_row" => (None, args.first()),
        "insert_row" if by_place => (args.first().and_then(rows::place), args.get(1)),
        "insert_row" => (args.get(2).and_then(rows::place), args.first()),
        "delete_row" => {
            let at = args.first().and_then(rows::place);
            return Some(body.change_list("rows", |present| rows::remove(present, at)));
        }
        _ => return None,
    };
    let values = values.cloned().unwrap_or_else(|| json!([]));
    Some(body.change_list("rows", |present| rows::insert(present, at, values)))
}

/// Single columns.
fn columns(class: &Class, body: &mut Body, method: &str, args: &[Value]) -> Option<Result<(), Refusal>> {
    let by_place = class.name == "TableView";
    let named = |column: Option<&Value>| column.and_then(|column| rows::place_of(list(body, "columns"), column));
    Some(match method {
        "insert_column" if by_place => {
            let (at, column) = (named(args.first()), args.get(1).cloned().unwrap_or_default());
            body.change_list("columns", |present| rows::insert(present, at, column))
        }
        "insert_column" | "append_column" => {
            let (at, column) = (named(args.get(1)), args.first().cloned().unwrap_or_default());
            body.change_list("columns", |present| rows::insert(present, at, column))
        }
        "delete_column" => {
            let at = named(args.first());
            body.change_list("columns", |present| rows::remove(present, at))
        }
        "set_column_width" => keep_for(body, "column_widths", args),
        "set_column_editable" => keep_for(body, "column_editable", args),
        _ => return None,
    })
}

/// Keeps something for one column, by its name.
fn keep_for(body: &mut Body, key: &str, args: &[Value]) -> Result<(), Refusal> {
    let [column, value, ..] = args else { return Err(Refusal::malformed("It needs a column and a value.")) };
    let column = super::body::as_text(column);
    body.change_object(key, |known| drop(known.insert(column, value.clone())))
}

/// What is selected, open and sorted.
fn looks(body: &mut Body, method: &str, args: &[Value]) -> Option<Result<(), Refusal>> {
    let first = args.first().cloned().unwrap_or_default();
    let on = |place: usize| args.get(place).and_then(Value::as_bool).unwrap_or(true);
    Some(match method {
        "sort_by_column" => body.put("sorted", json!([first, on(1)])),
        "clear_selection" => body.put("selected", json!([])),
        "select_path" => select(body, "selected", &[first], on(1)),
        "select_paths" => select(body, "selected", first.as_array().map_or(&[], Vec::as_slice), on(1)),
        "clear_cell_selection" => body.put("selected_cells", json!([])),
        "select_cell" => {
            let cell = json!({"path": first, "col_key": args.get(1)});
            select(body, "selected_cells", &[cell], on(2))
        }
        "select_cells" => select(body, "selected_cells", first.as_array().map_or(&[], Vec::as_slice), on(1)),
        "expand_all" => open_all(body, true),
        "collapse_all" => open_all(body, false),
        "expand_item" => open(body, &first, true),
        "collapse_item" => open(body, &first, false),
        _ => return None,
    })
}

fn select(body: &mut Body, key: &str, items: &[Value], on: bool) -> Result<(), Refusal> {
    body.change_list(key, |selected| {
        selected.retain(|item| !items.contains(item));
        if on {
            selected.extend(items.iter().cloned());
        }
    })
}

fn open_all(body: &mut Body, open: bool) -> Result<(), Refusal> {
    let (all, none) = (json!("all"), json!([]));
    let (expanded, collapsed) = if open { (all, none) } else { (none, all) };
    body.put("expanded", expanded)?;
    body.put("collapsed", collapsed)
}

/// Opens or closes one node.
pub fn open(body: &mut Body, path: &Value, open: bool) -> Result<(), Refusal> {
    let path = Value::Array(tree::path(Some(path)));
    let (to, from) = if open { ("expanded", "collapsed") } else { ("collapsed", "expanded") };
    if body.get(from).is_some_and(Value::is_array) {
        body.change_list(from, |paths| paths.retain(|known| *known != path))?;
    }
    match body.get(to) {
        Some(Value::String(_)) => Ok(()),
        _ => body.change_list(to, |paths| {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widgets::classes;

    fn call(class: &str, body: &mut Body, method: &str, args: &Value) -> Option<Value> {
        perform(classes::find(class).unwrap(), body, method, args.as_array().unwrap()).unwrap().unwrap()
    }

    #[test]
    fn pg_06_a_table_keeps_every_edit_of_rows_columns_and_cells() {
        let mut body = Body::default();
        let mut table = |method, args: Value| call("TableView", &mut body, method, &args);
        table("set_rows", json!([[[1, 2], [3, 4]]]));
        table("set_cell", json!([1, 0, 30]));
        table("append_row", json!([[5, 6]]));
        table("insert_row", json!([0, [-1, 0]]));
        table("delete_row", json!([1]));
        table("sort_by_column", json!([0, false]));
        assert_eq!(table("get_row_count", json!([])), Some(json!(3)));
        assert_eq!(body.get("rows"), Some(&json!([[-1, 0], [30, 4], [5, 6]])));
        assert_eq!(body.get("sorted"), Some(&json!([0, false])));
    }

    #[test]
    fn pg_06_open_and_closed_branches_are_known_whether_all_or_some_were_closed() {
        let mut body = Body::default();
        let mut view = |method, args: Value| call("TreeView", &mut body, method, &args);
        view("set_tree", json!([{"a": {"x": {"v": 1}}, "b": {"y": {"v": 2}}}]));
        assert_eq!(view("get_expanded", json!([])), Some(json!([["a"], ["b"]])));
        view("collapse_item", json!([["a"]]));
        assert_eq!(view("get_collapsed", json!([])), Some(json!([["a"]])));
        view("collapse_all", json!([]));
        view("expand_item", json!([["b"]]));
        assert_eq!(view("get_expanded", json!([])), Some(json!([["b"]])));
        view("add_item", json!([["b"], "z", {"v": 3}]));
        view("remove_item", json!([["a"]]));
        assert_eq!(body.get("tree"), Some(&json!({"b": {"y": {"v": 2}, "z": {"v": 3}}})));
    }
}
