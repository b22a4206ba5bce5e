//! A session as a program that comes back is told of it, and as others read it.
//!
//! Invariant: what stands here is enough to make every widget again as it is.

use serde_json::{Value, json};

use super::{
    Wid, Widgets,
    model::{Widget, children_to_values},
};

impl Widgets {
    /// Every widget, by its number.
    pub fn tree(&self) -> Vec<Value> {
        self.model.widgets.iter().map(|(wid, widget)| shown(*wid, widget)).collect()
    }

    /// What a program is told after `session-info`, if there is anything.
    pub fn reconstruction(&self) -> Vec<Value> {
        let tree = self.tree();
        if tree.is_empty() {
            return Vec::new();
        }
        let created = tree.into_iter().map(|mut widget| {
            widget["type"] = json!("create");
            widget
        });
        let start = json!({ "type": "reconstruct-start", "next_wid": self.next_wid() });
        std::iter::once(start).chain(created).chain([json!({ "type": "reconstruct-end" })]).collect()
    }
}

fn shown(wid: Wid, widget: &Widget) -> Value {
    let mut shown = json!({
        "wid": wid, "class": widget.class.name, "args": widget.args, "state": widget.body.state(),
        "children": children_to_values(widget.body.children()), "listens": widget.listens,
    });
    if let Some(text) = widget.body.text() {
        shown["text"] = json!(text);
    }
    if let Some(client) = &widget.client {
        shown["client"] = json!(client);
    }
    shown
}
