//! Files that people give to a program: their contents lie in blobs, and come to the program in chunks.
//!
//! Invariant: a program is told of a file only by what it needs to know: name, size, type; never where it lies.

use serde_json::{Map as Object, Value, json};

use super::{callback::Callback, refusal::Refusal};

/// Files in one callback.
const FILES_MAX: usize = 1_000;

/// What is told with files.
const WITH_FILES: [&str; 3] = ["activated", "drop-end", "drop-start"];

/// A file, and where its content lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    pub sha256: String,
}

/// The files in a callback, if it has any.
fn files_in(callback: &Callback) -> Option<&Vec<Value>> {
    if !WITH_FILES.contains(&callback.action.as_str()) {
        return None;
    }
    let first = callback.args.first()?;
    let files = first.as_array().or_else(|| first.get("files")?.as_array())?;
    files.first()?.get("blob").map(|_| files)
}

/// Refuses files that are none.
pub fn check(callback: &Callback) -> Result<(), Refusal> {
    let Some(files) = files_in(callback) else { return Ok(()) };
    let is_file = |file: &Value| {
        let hash = file.get("blob").and_then(Value::as_str);
        let named = file.get("name").is_some_and(Value::is_string);
        named && hash.is_some_and(|hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    if files.len() <= FILES_MAX && files.iter().all(is_file) {
        return Ok(());
    }
    Err(Refusal::malformed("A file is {name, size, type, blob}; send its content to /api/blobs before."))
}

/// A callback as the program is told it, and the contents that follow: the blobs of its files by their places.
pub fn split(mut callback: Callback, transfer: u64) -> (Callback, Vec<UploadedFile>) {
    let Some(files) = files_in(&callback).cloned() else { return (callback, Vec::new()) };
    let blob = |file: &Value| Some(UploadedFile { sha256: file.get("blob")?.as_str()?.to_ascii_lowercase() });
    let contents = files.iter().filter_map(blob).collect();
    let mut payload = match callback.args.first() {
        Some(Value::Object(payload)) => payload.clone(),
        _ => Object::new(),
    };
    payload.insert("transfer_id".into(), json!(transfer));
    payload.insert("files".into(), files.iter().map(described).collect());
    callback.args[0] = Value::Object(payload);
    (callback, contents)
}

fn described(file: &Value) -> Value {
    let kind = file.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty());
    json!({
        "name": file["name"], "size": file["size"], "type": kind.unwrap_or("application/octet-stream"), "encoding": "bytes",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pg_17_a_program_is_told_of_files_without_where_they_lie() {
        let file = json!({"name": "a.txt", "size": 3, "type": "", "blob": "A".repeat(64)});
        let dropped = Callback::new(1, "drop-end", vec![json!({"x": 4, "files": [file]})]);
        check(&dropped).unwrap();
        let (told, contents) = split(dropped, 9);
        assert_eq!(contents, [UploadedFile { sha256: "a".repeat(64) }]);
        let expected = json!({"name": "a.txt", "size": 3, "type": "application/octet-stream", "encoding": "bytes"});
        assert_eq!(told.args, [json!({"x": 4, "files": [expected], "transfer_id": 9})]);
        let wrong = Callback::new(1, "activated", vec![json!([{"name": "a", "blob": "../secret"}])]);
        assert!(check(&wrong).is_err());
        let plain = Callback::new(1, "activated", vec![json!(true)]);
        assert_eq!(split(plain.clone(), 9), (plain, Vec::new()));
    }
}
