//! Grids: children with a row and a column.
//!
//! Invariant: inserting or deleting a row or column moves those behind it and nothing else.

use serde_json::{Value, json};

use super::{
    body::{Body, Child},
    children::{self, Done},
    references::{bare, reference},
    refusal::Refusal,
};

/// Rows and columns of a grid at most.
const LINES_MAX: u64 = 100_000;

/// Does what a method of a grid says; `None` if it is no special one.
pub fn perform(body: &mut Body, method: &str, args: &[Value]) -> Option<Result<Done, Refusal>> {
    let first = args.first().and_then(Value::as_u64);
    let widgets = |place: usize| args.get(place).and_then(Value::as_array).cloned().unwrap_or_default();
    Some(match method {
        "get_row_column_count" => Ok(Done::Value(json!([count(body, "row"), count(body, "col")]))),
        "get_widget_at_cell" => Ok(Done::Value(at(body, args))),
        "insert_row" => insert(body, "row", first, &widgets(1)),
        "append_row" => insert(body, "row", None, &widgets(0)),
        "insert_column" => insert(body, "col", first, &widgets(1)),
        "append_column" => insert(body, "col", None, &widgets(0)),
        "delete_row" => Ok(delete(body, "row", first)),
        "delete_column" => Ok(delete(body, "col", first)),
        _ => return None,
    })
}

fn line(child: &Child, axis: &str) -> u64 {
    child.placement.get(axis).and_then(Value::as_u64).unwrap_or_default()
}

/// How many rows or columns there are: as many as were asked for or are needed.
fn count(body: &Body, axis: &str) -> u64 {
    let asked = if axis == "row" { "rows" } else { "columns" };
    let asked = body.get(asked).and_then(Value::as_u64).unwrap_or_default();
    let needed = body.children().iter().map(|child| line(child, axis).saturating_add(1)).max();
    asked.max(needed.unwrap_or_default())
}

fn at(body: &Body, args: &[Value]) -> Value {
    let here = |child: &&Child| {
        let is = |axis, place: usize| args.get(place).and_then(Value::as_u64) == Some(line(child, axis));
        is("row", 0) && is("col", 1)
    };
    body.children().iter().find(here).and_then(|child| child.wid).map(bare).unwrap_or_default()
}

fn insert(body: &mut Body, axis: &str, at: Option<u64>, widgets: &[Value]) -> Result<Done, Refusal> {
    let at = at.unwrap_or_else(|| count(body, axis)).min(count(body, axis));
    if count(body, axis) >= LINES_MAX {
        return Err(Refusal::Full(format!("a grid has at most {LINES_MAX} rows and columns.")));
    }
    shift(body, axis, at, 1);
    let other = if axis == "row" { "col" } else { "row" };
    for (place, wid) in widgets.iter().enumerate().filter_map(|(place, value)| Some((place, reference(value)?))) {
        let mut child = Child::new(wid);
        child.placement.insert(axis.into(), json!(at));
        child.placement.insert(other.into(), json!(place));
        children::put(body, child, None);
    }
    Ok(Done::Nothing)
}

/// Who stands in the line is taken out, and stays a widget.
fn delete(body: &mut Body, axis: &str, at: Option<u64>) -> Done {
    let Some(at) = at.filter(|at| *at < count(body, axis)) else { return Done::Nothing };
    body.change_children(|children| children.retain(|child| line(child, axis) != at));
    shift(body, axis, at + 1, -1);
    Done::Nothing
}

/// Moves the lines from `from` on, and what was asked for.
fn shift(body: &mut Body, axis: &str, from: u64, by: i64) {
    body.change_children(|children| {
        for child in children.iter_mut().filter(|child| line(child, axis) >= from) {
            let moved = line(child, axis).saturating_add_signed(by);
            child.placement.insert(axis.into(), json!(moved));
        }
    });
    let asked = if axis == "row" { "rows" } else { "columns" };
    if let Some(lines) = body.get(asked).and_then(Value::as_u64) {
        // The key is there: this cannot be refused.
        drop(body.put(asked, json!(lines.saturating_add_signed(by))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Body {
        let mut body = Body::default();
        for (wid, row, col) in [(1, 0, 0), (2, 0, 1), (3, 1, 0)] {
            let placement = [("row".to_owned(), json!(row)), ("col".to_owned(), json!(col))].into_iter().collect();
            children::put(&mut body, Child { wid: Some(wid), placement }, None);
        }
        body
    }

    fn call(body: &mut Body, method: &str, args: &Value) -> Done {
        perform(body, method, args.as_array().unwrap()).unwrap().unwrap()
    }

    #[test]
    fn rows_come_between_others_and_go() {
        let mut body = grid();
        call(&mut body, "insert_row", &json!([1, [{"__wid__": 4}, {"__wid__": 5}]]));
        assert_eq!(call(&mut body, "get_row_column_count", &json!([])), Done::Value(json!([3, 2])));
        assert_eq!(call(&mut body, "get_widget_at_cell", &json!([1, 1])), Done::Value(bare(5)));
        assert_eq!(call(&mut body, "get_widget_at_cell", &json!([2, 0])), Done::Value(bare(3)));
        call(&mut body, "delete_row", &json!([0]));
        assert_eq!(call(&mut body, "get_widget_at_cell", &json!([0, 0])), Done::Value(bare(4)));
        assert_eq!(call(&mut body, "get_row_column_count", &json!([])), Done::Value(json!([2, 2])));
    }
}
