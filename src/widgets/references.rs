//! References to widgets inside of values: `{"__wid__": N}`.
//!
//! Invariant: a reference that a message brings names a widget that is there.

use serde_json::{Map as Object, Value, json};

use super::Wid;

const WID: &str = "__wid__";

/// The widget that a value refers to, if it is a reference.
pub fn reference(value: &Value) -> Option<Wid> {
    value.get(WID)?.as_u64()
}

/// A reference to a widget, as programs are given it.
pub fn refer(wid: Wid, class: &str) -> Value {
    json!({ WID: wid, "__class__": class })
}

/// A reference as it is kept: without what a browser adds to it.
pub fn bare(wid: Wid) -> Value {
    Value::Object(Object::from_iter([(WID.to_owned(), wid.into())]))
}

/// The first reference in values, however deep, that `exists` does not know.
pub fn dangling(values: &[Value], exists: &impl Fn(Wid) -> bool) -> Option<Wid> {
    values.iter().find_map(|value| match value {
        Value::Array(items) => dangling(items, exists),
        Value::Object(object) => match reference(value) {
            Some(wid) => (!exists(wid)).then_some(wid),
            None => object.values().find_map(|item| dangling(std::slice::from_ref(item), exists)),
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pg_15_a_reference_to_nothing_is_found_however_deep_it_lies() {
        let known = |wid| wid == 1;
        assert_eq!(dangling(&[json!({"__wid__": 1}), json!([{"a": {"__wid__": 2}}])], &known), Some(2));
        assert_eq!(dangling(&[json!({"__wid__": 1}), json!("x")], &known), None);
        assert_eq!(reference(&refer(4, "Button")), Some(4));
    }
}
