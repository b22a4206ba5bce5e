//! Flat rows of a table, and its columns, as plain values.
//!
//! Pure. Invariant: what does not name a place that is there changes nothing.

use serde_json::{Value, json};

/// The key of a column, however it is described: an object, a list of label and key, or the key itself.
pub fn key_of(column: &Value, place: usize) -> Value {
    match column {
        Value::Object(fields) => {
            let named = fields.get("key").or_else(|| fields.get("label")).filter(|key| !key.is_null());
            named.cloned().unwrap_or_else(|| json!(format!("col{place}")))
        }
        Value::Array(pair) => pair.get(1).or_else(|| pair.first()).cloned().unwrap_or_default(),
        key => key.clone(),
    }
}

/// The place of a column that is named by its place or its key.
pub fn place_of(columns: &[Value], column: &Value) -> Option<usize> {
    if let Some(place) = column.as_u64() {
        return usize::try_from(place).ok();
    }
    columns
        .iter()
        .enumerate()
        .position(|(place, known)| key_of(known, place) == *column || made_key(known, place) == *column)
}

/// The key that pages and programs of the protocol give a column that has none; null of one that has.
fn made_key(column: &Value, place: usize) -> Value {
    let has = column.get("key").is_some_and(|key| !key.is_null());
    if has { Value::Null } else { json!(format!("_col{place}")) }
}

/// Writes one cell of a row that is a list or an object; false if there is no such cell.
pub fn set_cell(rows: &mut [Value], columns: &[Value], row: &Value, column: &Value, value: Value) -> bool {
    let target = place(row).and_then(|row| rows.get_mut(row));
    match target {
        Some(Value::Array(cells)) => {
            let cell = place_of(columns, column).and_then(|place| cells.get_mut(place));
            cell.map(|cell| *cell = value).is_some()
        }
        Some(Value::Object(cells)) => {
            let key = match column.as_u64() {
                Some(_) => place_of(columns, column).and_then(|at| Some(key_of(columns.get(at)?, at))),
                None => Some(column.clone()),
            };
            let Some(Value::String(key)) = key else { return false };
            cells.insert(key, value);
            true
        }
        _ => false,
    }
}

/// The number of a row: itself, or the last part of a path.
pub fn place(row: &Value) -> Option<usize> {
    match row {
        Value::Array(path) => place(path.last()?),
        // Rows that were given no key have one that tells their place.
        Value::String(key) => key.strip_prefix("row").unwrap_or(key).parse().ok(),
        number => usize::try_from(number.as_u64()?).ok(),
    }
}

/// Inserts at a place, or behind all.
pub fn insert(list: &mut Vec<Value>, at: Option<usize>, item: Value) {
    list.insert(at.unwrap_or(list.len()).min(list.len()), item);
}

/// Removes at a place that is there.
pub fn remove(list: &mut Vec<Value>, at: Option<usize>) {
    if let Some(at) = at.filter(|at| *at < list.len()) {
        list.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_by_the_place_or_the_key_of_their_column() {
        let columns = [json!({"key": "a", "label": "A"}), json!(["B", "b"]), json!("c")];
        let mut rows = [json!([1, 2, 3]), json!({"a": 1})];
        assert!(set_cell(&mut rows, &columns, &json!(0), &json!("b"), json!(20)));
        assert!(set_cell(&mut rows, &columns, &json!([0]), &json!(2), json!(30)));
        assert!(set_cell(&mut rows, &columns, &json!(["row1"]), &json!(1), json!("x")));
        assert!(set_cell(&mut rows, &columns, &json!(0), &json!("_col2"), json!(31)));
        assert!(!set_cell(&mut rows, &columns, &json!(0), &json!("_col0"), json!(31)));
        assert!(!set_cell(&mut rows, &columns, &json!(7), &json!(1), json!("x")));
        assert!(!set_cell(&mut rows, &columns, &json!(0), &json!("z"), json!("x")));
        assert_eq!(rows, [json!([1, 20, 31]), json!({"a": 1, "b": "x"})]);
    }
}
