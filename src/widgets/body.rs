//! What a widget shows: its state, what stands in it, its text; and which of it was touched.
//!
//! Invariant: whatever changes is noted in `touched`, so that exactly that is written into the document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map as Object, Value};

use super::{Wid, classes::Class, limits, references::reference, refusal::Refusal};

/// Something that stands in a widget.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// Absent for separators and spacers.
    pub wid: Option<Wid>,
    /// Where and how it stands.
    pub placement: Object<String, Value>,
}

impl Child {
    /// A widget without a special place.
    pub fn new(wid: Wid) -> Self {
        Self { wid: Some(wid), placement: Object::new() }
    }

    /// A thing that is no widget: `separator` or `spacer`.
    pub fn mark(kind: &str) -> Self {
        Self { wid: None, placement: Object::from_iter([(kind.to_owned(), Value::Bool(true))]) }
    }

    /// As it stands in the document.
    pub fn to_value(&self) -> Value {
        let wid = self.wid.map(|wid| ("wid".to_owned(), wid.into()));
        Value::Object(wid.into_iter().chain(self.placement.clone()).collect())
    }

    /// As it stands in the document, read.
    pub fn read(value: Value) -> Option<Self> {
        let Value::Object(mut placement) = value else { return None };
        let wid = placement.remove("wid");
        let wid = wid.map(|wid| wid.as_u64().ok_or(())).transpose().ok()?;
        Some(Self { wid, placement })
    }
}

/// What of a widget was changed and is not yet in the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    pub keys: BTreeSet<String>,
    pub children: bool,
    pub text: bool,
}

/// What a widget shows.
#[derive(Debug, Clone, Default)]
pub struct Body {
    state: BTreeMap<String, Value>,
    children: Vec<Child>,
    /// Only where people type.
    text: Option<String>,
    touched: Touched,
}

impl Body {
    /// What a widget shows right after its making.
    pub fn new(class: &Class, args: &[Value]) -> Result<Self, Refusal> {
        let mut body = Self { text: class.is_typed().then(String::new), ..Self::default() };
        for (name, value) in named(class, args) {
            if value.is_null() {
                continue;
            }
            match (name.as_str(), &mut body.text) {
                ("text", Some(text)) => *text = as_text(&value),
                _ => body.put(&name, value)?,
            }
        }
        Ok(body)
    }

    /// What was read from a document.
    pub fn from_parts(state: BTreeMap<String, Value>, children: Vec<Child>, text: Option<String>) -> Self {
        Self { state, children, text, touched: Touched::default() }
    }

    pub fn state(&self) -> &BTreeMap<String, Value> {
        &self.state
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.state.get(key)
    }

    /// Sets a value.
    ///
    /// # Errors
    /// There are too many different ones.
    pub fn put(&mut self, key: &str, value: Value) -> Result<(), Refusal> {
        if self.state.get(key) == Some(&value) {
            return Ok(());
        }
        if self.state.len() >= limits::KEYS_MAX && !self.state.contains_key(key) {
            return Err(Refusal::Full(format!("a widget has at most {} values.", limits::KEYS_MAX)));
        }
        self.touched.keys.insert(key.to_owned());
        self.state.insert(key.to_owned(), value);
        Ok(())
    }

    /// Removes a value.
    pub fn remove(&mut self, key: &str) {
        if self.state.remove(key).is_some() {
            self.touched.keys.insert(key.to_owned());
        }
    }

    /// Changes a list in place; an empty one if there is none.
    pub fn change_list<T>(&mut self, key: &str, change: impl FnOnce(&mut Vec<Value>) -> T) -> Result<T, Refusal> {
        let mut list = match self.state.remove(key) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        let done = change(&mut list);
        self.put(key, Value::Array(list))?;
        Ok(done)
    }

    /// Changes an object in place; an empty one if there is none.
    pub fn change_object<T>(
        &mut self,
        key: &str,
        change: impl FnOnce(&mut Object<String, Value>) -> T,
    ) -> Result<T, Refusal> {
        let mut object = match self.state.remove(key) {
            Some(Value::Object(object)) => object,
            _ => Object::new(),
        };
        let done = change(&mut object);
        self.put(key, Value::Object(object))?;
        Ok(done)
    }

    pub fn children(&self) -> &[Child] {
        &self.children
    }

    /// Whether what stands in it was changed and is not yet in the document.
    pub fn has_new_children(&self) -> bool {
        self.touched.children
    }

    /// Changes what stands in it.
    pub fn change_children<T>(&mut self, change: impl FnOnce(&mut Vec<Child>) -> T) -> T {
        self.touched.children = true;
        change(&mut self.children)
    }

    /// Replaces what stands in it, if that is something else.
    pub fn set_children(&mut self, children: Vec<Child>) {
        if self.children != children {
            self.change_children(|present| *present = children);
        }
    }

    /// Where a child stands among the others.
    pub fn place_of(&self, wid: Wid) -> Option<usize> {
        self.children.iter().position(|child| child.wid == Some(wid))
    }

    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Sets the text of a widget in which people type.
    pub fn set_text(&mut self, text: String) {
        self.text = Some(text);
        self.touched.text = true;
    }

    /// Notes what people have typed: it is in the document.
    pub fn note_text(&mut self, text: String) {
        self.text = Some(text);
    }

    /// What was touched since this was last asked.
    pub fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }

    /// Takes over from another what was touched there.
    pub fn follow(&mut self, other: &Self, touched: &Touched) -> Result<(), Refusal> {
        for key in &touched.keys {
            match other.get(key) {
                Some(value) => self.put(key, value.clone())?,
                None => self.remove(key),
            }
        }
        if touched.children {
            self.set_children(other.children.clone());
        }
        if let Some(text) = other.text.as_ref().filter(|_| touched.text) {
            self.set_text(text.clone());
        }
        Ok(())
    }
}

/// The arguments of a making by their names: the positional ones, then the options of the object behind them.
fn named(class: &Class, args: &[Value]) -> Vec<(String, Value)> {
    let mut named = Vec::new();
    for (place, value) in args.iter().enumerate() {
        match (class.positional.get(place), value) {
            (at, Value::Object(options)) if reference(value).is_none() && (at.is_none() || place + 1 == args.len()) => {
                named.extend(options.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            (Some(name), value) => named.push(((*name).to_owned(), value.clone())),
            (None, value) => {
                let option = class.options.get(place - class.positional.len());
                named.extend(option.map(|name| ((*name).to_owned(), value.clone())));
            }
        }
    }
    named
}

/// A text as a widget shows it: nothing is empty.
pub fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::widgets::classes;

    fn made(class: &str, args: &Value) -> Body {
        Body::new(classes::find(class).unwrap(), args.as_array().unwrap()).unwrap()
    }

    #[test]
    fn arguments_become_state_by_their_names_and_texts_become_texts() {
        let window = made("TopLevel", &json!([{"title": "Remote App", "resizable": true}]));
        assert_eq!(window.get("title"), Some(&json!("Remote App")));
        let dialog = made("Dialog", &json!(["Sure?", [["No", 0], ["Yes", 1]], {"modal": true}]));
        assert_eq!((dialog.get("title"), dialog.get("modal")), (Some(&json!("Sure?")), Some(&json!(true))));
        let entry = made("TextEntry", &json!(["hello", {"password": true}]));
        assert_eq!((entry.text(), entry.get("text")), (Some("hello"), None));
        assert_eq!(entry.get("password"), Some(&json!(true)));
        let radio = made("RadioButton", &json!(["B", {"group": {"__wid__": 3}}]));
        assert_eq!(radio.get("group"), Some(&json!({"__wid__": 3})));
    }

    #[test]
    fn ng_09_nothing_becomes_an_empty_text() {
        assert_eq!(made("TextArea", &json!([])).text(), Some(""));
        assert_eq!(made("TextArea", &json!([null])).text(), Some(""));
        assert_eq!(as_text(&Value::Null), "");
    }

    #[test]
    fn only_what_changed_is_touched() {
        let mut body = made("Slider", &json!([{"value": 3}]));
        body.take_touched();
        body.put("value", json!(3)).unwrap();
        assert_eq!(body.take_touched(), Touched::default());
        body.put("value", json!(4)).unwrap();
        body.remove("nothing");
        assert_eq!(body.take_touched().keys, BTreeSet::from(["value".to_owned()]));
    }
}
