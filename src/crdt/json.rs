//! JSON to yrs values and back, with bounds: clients may have written any shape, however deep, into a document.
//!
//! Imports yrs and serde_json. Invariant: nothing here panics, loops or recurses without bound on any document.

use std::collections::HashMap;

use serde_json::{Map as Object, Number as JsonNumber, Value};
use yrs::{Any, Array, ArrayRef, GetString, Map, MapRef, Number, Out, ReadTxn, Text, TextRef, branch::BranchPtr};

/// Levels of lists and objects in a value; what is nested deeper reads as `null`. The gate in front of the document
/// refuses plain values deeper than 64; a value of ours must stay below that with the containers around it, or clients
/// could not send it back.
pub const DEPTH_MAX: usize = 56;

/// Beyond this a JavaScript number is not exact, and yrs would write a BigInt, which Jupyter clients cannot compare.
const SAFE_INTEGER: i64 = Number::I64_MAX_SAFE_INTEGER;

/// The JSON of a value in the document.
pub fn to_value<T: ReadTxn>(txn: &T, out: &Out) -> Value {
    out_to_value(txn, out, DEPTH_MAX)
}

/// The entries of a map as JSON.
pub fn to_object<T: ReadTxn>(txn: &T, map: &MapRef) -> Object<String, Value> {
    map_to_object(txn, map, DEPTH_MAX)
}

fn out_to_value<T: ReadTxn>(txn: &T, out: &Out, depth: usize) -> Value {
    match out {
        Out::Any(any) => any_to_value(any, depth),
        Out::YText(text) => Value::String(text.get_string(txn)),
        Out::YMap(map) if depth > 0 => Value::Object(map_to_object(txn, map, depth - 1)),
        Out::YArray(array) if depth > 0 => {
            elements(txn, array).iter().map(|element| out_to_value(txn, element, depth - 1)).collect()
        }
        // Containers below the bound, and what Jupyter's model does not have.
        Out::YMap(_) | Out::YArray(_) | Out::YDoc(_) | Out::UndefinedRef(_) => Value::Null,
        Out::YXmlElement(_) | Out::YXmlFragment(_) | Out::YXmlText(_) => Value::Null,
    }
}

fn map_to_object<T: ReadTxn>(txn: &T, map: &MapRef, depth: usize) -> Object<String, Value> {
    in_order(map.iter(txn).map(|(key, out)| (key.to_owned(), out_to_value(txn, &out, depth))))
}

/// The entries by their keys: yrs hands them out in no order, and serde_json keeps the one it is given.
fn in_order(entries: impl Iterator<Item = (String, Value)>) -> Object<String, Value> {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    entries.into_iter().collect()
}

/// The JSON of a plain value.
pub fn any_to_value(any: &Any, depth: usize) -> Value {
    match any {
        Any::Bool(flag) => Value::Bool(*flag),
        Any::Number(number) => number_to_value(*number),
        Any::String(text) => Value::String(text.to_string()),
        Any::Array(items) if depth > 0 => items.iter().map(|item| any_to_value(item, depth - 1)).collect(),
        Any::Map(map) if depth > 0 => {
            Value::Object(in_order(map.iter().map(|(key, item)| (key.clone(), any_to_value(item, depth - 1)))))
        }
        Any::Null | Any::Undefined | Any::Buffer(_) | Any::Array(_) | Any::Map(_) => Value::Null,
    }
}

/// Integral numbers become integers: `"execution_count": 1.0` is not valid nbformat.
fn number_to_value(number: Number) -> Value {
    match number {
        Number::Int(integer) => integer.into(),
        Number::Float(float) => float_to_value(float),
    }
}

fn float_to_value(float: f64) -> Value {
    if float.fract() == 0.0 && float.abs() <= SAFE_INTEGER as f64 {
        return (float as i64).into();
    }
    JsonNumber::from_f64(float).map_or(Value::Null, Value::Number)
}

/// The plain value of JSON. Numbers never become BigInts.
pub fn to_any(value: &Value) -> Any {
    match value {
        Value::Null => Any::Null,
        Value::Bool(flag) => Any::Bool(*flag),
        Value::Number(number) => Any::Number(number_to_any(number)),
        Value::String(text) => Any::String(text.as_str().into()),
        Value::Array(items) => Any::Array(items.iter().map(to_any).collect()),
        Value::Object(object) => object_to_any(object),
    }
}

/// The plain value of a JSON object.
pub fn object_to_any(object: &Object<String, Value>) -> Any {
    let entries: HashMap<String, Any> = object.iter().map(|(key, value)| (key.clone(), to_any(value))).collect();
    Any::Map(entries.into())
}

fn number_to_any(number: &JsonNumber) -> Number {
    match number.as_i64() {
        Some(integer) if integer.abs() <= SAFE_INTEGER => Number::Int(integer),
        _ => match number.as_f64().map(float_to_value) {
            Some(Value::Number(number)) if number.is_i64() => Number::Int(number.as_i64().unwrap_or_default()),
            _ => Number::Float(number.as_f64().unwrap_or_default()),
        },
    }
}

/// Whether JSON has more than `depth` levels of lists and objects.
pub fn deeper_than(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth == 0 || items.iter().any(|item| deeper_than(item, depth - 1)),
        Value::Object(object) => depth == 0 || object.values().any(|item| deeper_than(item, depth - 1)),
        _ => false,
    }
}

/// The elements of an array. Iterating an array that holds text with characters of two UTF-16 units never ends in
/// yrs 0.28.1; an array that holds any text, which no honest client writes, gives only its nested types here.
pub fn elements<T: ReadTxn>(txn: &T, array: &ArrayRef) -> Vec<Out> {
    if stray_text(txn, array).is_empty() { array.iter(txn).collect() } else { nested(txn, array) }
}

/// The nested types (maps, arrays, texts) among the elements of an array, in order.
pub fn nested<T: ReadTxn>(txn: &T, array: &ArrayRef) -> Vec<Out> {
    let chunks = as_text(array).diff(txn, |_| ());
    chunks.into_iter().map(|chunk| chunk.insert).filter(|out| !matches!(out, Out::Any(_))).collect()
}

/// Text that was written into an array as if it were a text.
pub fn stray_text<T: ReadTxn>(txn: &T, array: &ArrayRef) -> String {
    as_text(array).get_string(txn)
}

/// The same branch seen as a text: yrs walks it item by item, which is safe whatever it holds.
pub fn as_text(array: &ArrayRef) -> TextRef {
    TextRef::from(BranchPtr::from(array.as_ref()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use yrs::{Doc, Transact, WriteTxn};

    use super::*;

    #[test]
    fn numbers_are_integers_where_they_can_be_and_never_big() {
        for (json, back) in [
            (json!(1.0), json!(1)),
            (json!(-3), json!(-3)),
            (json!(0.5), json!(0.5)),
            (json!(9_007_199_254_740_991_i64), json!(9_007_199_254_740_991_i64)),
        ] {
            assert_eq!(any_to_value(&to_any(&json), DEPTH_MAX), back);
        }
        assert!(matches!(to_any(&json!(i64::MAX)), Any::Number(Number::Float(_))));
        assert!(matches!(to_any(&json!(u64::MAX)), Any::Number(Number::Float(_))));
    }

    #[test]
    fn the_entries_of_a_map_always_come_in_the_same_order() {
        let names: Vec<String> = (0..40).map(|number| format!("{:02}", number * 7 % 40)).collect();
        let map = to_any(&Value::Object(names.iter().map(|name| (name.clone(), json!(1))).collect()));
        let value = any_to_value(&map, DEPTH_MAX);
        let keys: Vec<_> = value.as_object().unwrap().keys().collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn deep_nesting_reads_as_null_below_the_bound() {
        // `Any` drops recursively; that is yrs's, and the gate keeps such depth out. So this one is never dropped.
        let deep = std::mem::ManuallyDrop::new((0..10_000).fold(Any::Null, |inner, _| Any::Array([inner].into())));
        let mut value = &any_to_value(&deep, DEPTH_MAX);
        let mut levels = 0;
        while let Some(inner) = value.get(0) {
            value = inner;
            levels += 1;
        }
        assert_eq!((levels, value), (DEPTH_MAX, &Value::Null));
    }

    #[test]
    fn an_array_that_was_written_as_text_is_read_without_hanging() {
        let doc = Doc::with_options(super::super::document_options(1));
        let mut txn = doc.transact_mut();
        let array = txn.get_or_insert_array("cells");
        as_text(&array).insert(&mut txn, 0, "a😀b");
        let map = array.push_back(&mut txn, yrs::MapPrelim::default());
        assert_eq!(elements(&txn, &array), vec![Out::YMap(map)]);
    }
}
