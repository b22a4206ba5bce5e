//! A tree as it stands in the document: a list of `{key, values, children}`, since the entries of a shared object have no
//! order. Programs speak of nested objects.
//!
//! Pure. Invariant: from one form to the other and back nothing is lost, the order of the nodes included.

use serde_json::{Map as Object, Value, json};

const VALUES: &str = "__values__";

/// The list of a tree; of anything else itself.
pub fn to_list(tree: &Value) -> Value {
    match tree {
        Value::Object(nodes) => list_of(nodes),
        other => other.clone(),
    }
}

fn list_of(nodes: &Object<String, Value>) -> Value {
    let children = nodes.iter().filter(|(key, _)| *key != VALUES);
    children.filter_map(|(key, node)| Some(item(key, node.as_object()?))).collect()
}

fn item(key: &str, node: &Object<String, Value>) -> Value {
    let own = |(key, value): (&String, &Value)| (!value.is_object()).then(|| (key.clone(), value.clone()));
    let values: Object<String, Value> = match node.get(VALUES) {
        Some(Value::Object(values)) => values.clone(),
        _ => node.iter().filter_map(own).collect(),
    };
    json!({ "key": key, "values": values, "children": list_of(node) })
}

/// The tree of a list; of anything else itself.
pub fn from_list(list: Value) -> Value {
    match nodes_of(&list) {
        Some(nodes) => Value::Object(nodes),
        None => list,
    }
}

fn nodes_of(list: &Value) -> Option<Object<String, Value>> {
    list.as_array()?.iter().map(node).collect()
}

fn node(item: &Value) -> Option<(String, Value)> {
    let key = item.get("key")?.as_str()?.to_owned();
    let values = item.get("values")?.as_object()?.clone();
    let children = nodes_of(item.get("children")?)?;
    let mut fields = match (children.is_empty(), values.is_empty()) {
        (true, _) => values,
        (false, true) => Object::new(),
        (false, false) => Object::from_iter([(VALUES.to_owned(), Value::Object(values))]),
    };
    fields.extend(children);
    Some((key, Value::Object(fields)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pg_06_the_nodes_of_a_tree_keep_their_order_and_their_values() {
        let tree = json!({"z": {"__values__": {"size": 1}, "y": {"size": 2}, "b": {"size": 3}}, "a": {"c": {"size": 4}}, "m": {}});
        let list = to_list(&tree);
        let keys: Vec<_> = list.as_array().unwrap().iter().map(|node| node["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["z", "a", "m"]);
        assert_eq!(list[0]["children"][1], json!({"key": "b", "values": {"size": 3}, "children": []}));
        assert_eq!(from_list(list).to_string(), tree.to_string());
        assert_eq!(from_list(json!("no list")), json!("no list"));
    }
}
