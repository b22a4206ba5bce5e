//! JSON exactly as Python's `json.dumps(…, indent=1, sort_keys=True, ensure_ascii=False)` writes it, which is how
//! Jupyter writes notebooks: files of both then differ only where notebooks differ.
//!
//! Imports serde_json. Invariant: equal values give equal bytes.

use serde_json::{Map as Object, Value};

/// The text of a value.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

fn write_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Number(number) if number.is_f64() => out.push_str(&float(number.as_f64().unwrap_or_default())),
        Value::Array(items) => write_list(out, items, depth),
        Value::Object(object) => write_object(out, object, depth),
        _ => out.push_str(&value.to_string()),
    }
}

fn write_list(out: &mut String, items: &[Value], depth: usize) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        separate(out, index, depth + 1);
        write_value(out, item, depth + 1);
    }
    close(out, ']', items.is_empty(), depth);
}

fn write_object(out: &mut String, object: &Object<String, Value>, depth: usize) {
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    out.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        separate(out, index, depth + 1);
        out.push_str(&Value::from(key.as_str()).to_string());
        out.push_str(": ");
        write_value(out, value, depth + 1);
    }
    close(out, '}', object.is_empty(), depth);
}

fn separate(out: &mut String, index: usize, depth: usize) {
    if index > 0 {
        out.push(',');
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth));
}

fn close(out: &mut String, bracket: char, empty: bool, depth: usize) {
    if !empty {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth));
    }
    out.push(bracket);
}

/// Python's shortest text of a float: an exponent below 1e-4 and from 1e16 on, with at least two digits.
fn float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if number != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    format!("{number:?}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (number, text) in [
            (0.1, "0.1"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1.5e300, "1.5e+300"),
            (1e16, "1e+16"),
            (123456789012345.6, "123456789012345.6"),
            (-2.5e-7, "-2.5e-07"),
        ] {
            assert_eq!(float(number), text);
        }
    }

    #[test]
    fn keys_are_sorted_and_text_is_not_escaped_beyond_need() {
        let value = json!({"b": [], "a": {"é": "\u{1b}\"\\/", "Z": {}}, "c": [1, null, true]});
        let expected = "{\n \"a\": {\n  \"Z\": {},\n  \"é\": \"\\u001b\\\"\\\\/\"\n },\n \"b\": [],\n \"c\": [\n  1,\n  null,\n  true\n ]\n}";
        assert_eq!(write(&value), expected);
    }
}
