//! How a Python kernel tells its variables: an expression for a silent request, and its answer.
//!
//! Imports vocabulary. Pure. Invariant: the expression runs no code of the notebook's own classes, looks at a bounded
//! number of names and at the beginning of each value, and leaves nothing behind.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::vocabulary::Variable;

/// Under this name the expression is sent and answered.
pub const EXPRESSION: &str = "variables";

/// What [`expression`] evaluates.
const PROGRAM: &str = include_str!("variables.py");

/// A Python expression whose value is text of base64.
pub fn expression() -> String {
    // A string of JSON is one of Python too.
    let program = Value::from(PROGRAM);
    format!("(lambda scope: (__import__('builtins').exec({program}, scope), scope['told'])[1])({{'names': globals()}})")
}

/// Reads the `user_expressions` of a reply; `None` if the kernel did not evaluate it.
pub fn read(expressions: &Value) -> Option<Vec<Variable>> {
    let shown = expressions.get(EXPRESSION)?.get("data")?.get("text/plain")?.as_str()?;
    let told = STANDARD.decode(shown.trim_matches(['\'', '"'])).ok()?;
    serde_json::from_slice(&told).ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::json;

    use super::*;

    /// Evaluates the expression after a program, as a kernel does.
    fn variables_of(program: &str) -> Vec<Variable> {
        let code = format!("{program}\nprint(repr(eval({}, globals())))", Value::from(expression()));
        let output = Command::new("python3").args(["-c", &code]).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let expressions = json!({ EXPRESSION: { "status": "ok", "data": { "text/plain": told.trim() } } });
        read(&expressions).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn told(program: &str) -> Vec<(String, String, Option<String>, String)> {
        let tell = |variable: Variable| (variable.name, variable.kind, variable.size, variable.value);
        variables_of(program).into_iter().map(tell).collect()
    }

    #[test]
    fn variables_come_with_type_size_and_the_beginning_of_their_value() {
        let told =
            told("import json\nb = 'é' * 3\na = [1, 2.5, None] + [7] * 9\ndef f(): pass\n_hidden = 1\nc = {'k': a}");
        let expected = [
            ("a", "list", Some("12"), "[1, 2.5, None, 7, 7, 7, …]"),
            ("b", "str", Some("3"), "'ééé'"),
            ("c", "dict", Some("1"), "{'k': <list>}"),
        ];
        let expected = expected.map(|(name, kind, size, value)| {
            (name.to_owned(), kind.to_owned(), size.map(str::to_owned), value.to_owned())
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn no_code_of_the_notebook_runs_however_its_classes_are_made() {
        let program = "class Meta(type):\n    def __getattribute__(kind, name): raise SystemExit('meta')\n\
             class Evil:\n    def __repr__(self): raise SystemExit('repr')\n    __len__ = __hash__ = __repr__\n    \
             def __getattribute__(self, name): raise SystemExit('attribute')\n\
             class Made(metaclass=Meta): pass\n\
             class Items(list):\n    def __iter__(self): raise SystemExit('iter')\n\
             evil, made, items, within = Evil(), Made(), Items([1]), [Evil(), Made()]";
        let kinds: Vec<_> = told(program).into_iter().map(|(name, kind, _, value)| (name, kind, value)).collect();
        let expected = [
            ("evil", "Evil", ""),
            ("items", "Items", ""),
            ("made", "Made", ""),
            ("within", "list", "[<Evil>, <Made>]"),
        ];
        assert_eq!(kinds, expected.map(|(name, kind, value)| (name.to_owned(), kind.to_owned(), value.to_owned())));
    }

    #[test]
    fn large_values_and_many_names_are_bounded() {
        let told = told(
            "for i in range(2000): globals()[f'v{i}'] = i\na_text = 'x' * 10**8\na_big = 10**5000\na_range = range(10**5000)",
        );
        assert_eq!(told.len(), 500);
        let value = |name: &str| told.iter().find(|told| told.0 == name).unwrap().3.clone();
        assert_eq!(value("a_big"), "an integer of 16610 bits");
        assert_eq!(value("a_text").chars().count(), 121);
        assert_eq!(value("a_range"), "");
    }

    #[test]
    fn an_answer_that_is_none_is_not_understood() {
        for answer in [json!({}), json!({ EXPRESSION: { "status": "error", "ename": "NameError" } })] {
            assert_eq!(read(&answer), None);
        }
    }
}
