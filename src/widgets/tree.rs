//! The contents of a tree view as plain values: nested objects. The children of a node are its entries that are objects;
//! its own values are `__values__` if that is there, else its other entries.
//!
//! Pure. Invariant: a path that leads nowhere changes nothing; the depth of a tree is bounded by that of a message.

use serde_json::{Map as Object, Value};

const VALUES: &str = "__values__";

/// A node's children, in order.
fn children(node: &Object<String, Value>) -> impl Iterator<Item = (&String, &Object<String, Value>)> {
    node.iter().filter(|(key, _)| *key != VALUES).filter_map(|(key, child)| Some((key, child.as_object()?)))
}

/// The node at a path; the tree itself at none.
fn node_at<'a>(tree: &'a mut Object<String, Value>, path: &[Value]) -> Option<&'a mut Object<String, Value>> {
    path.iter().try_fold(tree, |node, key| node.get_mut(key.as_str()?)?.as_object_mut())
}

/// A path as it stands in a message: a list of keys, one key, or nothing.
pub fn path(value: Option<&Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(keys)) => keys.clone(),
        Some(key) => vec![key.clone()],
    }
}

/// Writes one value of a node.
pub fn set_cell(tree: &mut Object<String, Value>, path: &[Value], column: &str, value: Value) -> bool {
    let Some(node) = node_at(tree, path).filter(|_| !path.is_empty()) else { return false };
    let target = match node.get_mut(VALUES) {
        Some(Value::Object(values)) => values,
        _ => node,
    };
    target.insert(column.to_owned(), value);
    true
}

/// Puts nodes under a parent; those of the same key are replaced.
pub fn merge(tree: &mut Object<String, Value>, parent: &[Value], nodes: Object<String, Value>) {
    if let Some(node) = node_at(tree, parent) {
        node.extend(nodes);
    }
}

/// Removes a node with what is under it.
pub fn remove(tree: &mut Object<String, Value>, path: &[Value]) {
    let Some((Value::String(last), parent)) = path.split_last() else { return };
    if let Some(node) = node_at(tree, parent) {
        node.shift_remove(last);
    }
}

/// Removes the nodes that `spec` names: an object that is not empty names some below a node, anything else the node itself.
/// With `prune`, a node that has lost all its children goes too.
pub fn delete(tree: &mut Object<String, Value>, spec: &Object<String, Value>, prune: bool) {
    for (key, below) in spec {
        let Some(Value::Object(node)) = tree.get_mut(key) else {
            tree.shift_remove(key);
            continue;
        };
        let below = below.as_object().filter(|below| !below.is_empty());
        let keeps = below.filter(|_| children(node).next().is_some()).is_some_and(|below| {
            delete(node, below, prune);
            !prune || children(node).next().is_some()
        });
        if !keeps {
            tree.shift_remove(key);
        }
    }
}

/// The paths of all nodes that have children, in order.
pub fn inner_paths(tree: &Object<String, Value>) -> Vec<Value> {
    let mut found = Vec::new();
    walk(tree, &mut Vec::new(), &mut found);
    found
}

fn walk(node: &Object<String, Value>, path: &mut Vec<Value>, found: &mut Vec<Value>) {
    for (key, child) in children(node) {
        path.push(Value::String(key.clone()));
        if children(child).next().is_some() {
            found.push(Value::Array(path.clone()));
            walk(child, path, found);
        }
        path.pop();
    }
}

/// How many nodes stand directly in the tree.
pub fn count(tree: &Object<String, Value>) -> usize {
    children(tree).map(|(_, child)| 1 + count(child)).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree() -> Object<String, Value> {
        let Value::Object(tree) = json!({
            "a": {"__values__": {"size": 1}, "x": {"size": 2}, "y": {"size": 3}},
            "b": {"size": 4},
        }) else {
            unreachable!()
        };
        tree
    }

    fn object(value: Value) -> Object<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn pg_06_cells_items_and_branches_of_a_tree_are_changed_where_they_are() {
        let mut tree = tree();
        assert!(set_cell(&mut tree, &[json!("a")], "size", json!(10)));
        assert!(set_cell(&mut tree, &[json!("a"), json!("x")], "size", json!(20)));
        assert!(!set_cell(&mut tree, &[json!("nowhere")], "size", json!(0)));
        assert_eq!((&tree["a"]["__values__"]["size"], &tree["a"]["x"]["size"]), (&json!(10), &json!(20)));
        merge(&mut tree, &[json!("b")], object(json!({"z": {"size": 5}})));
        assert_eq!(inner_paths(&tree), [json!(["a"]), json!(["b"])]);
        remove(&mut tree, &[json!("a"), json!("x")]);
        assert_eq!(count(&tree), 4);
        delete(&mut tree, &object(json!({"a": {"y": {}}, "b": {}})), true);
        assert!(tree.is_empty(), "{tree:?}");
    }
}
