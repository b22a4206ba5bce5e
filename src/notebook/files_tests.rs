//! Real notebooks in and out, through a document.

use serde_json::{Value, json};
use yrs::Transact;

use super::{
    CellView, ImportError, ImportedNotebook, Notebook, NotebookView, export_ipynb, import_ipynb, test_support::Replica,
};
use crate::vocabulary::CellKind;

const NUMPY: &[u8] = include_bytes!("../../tests/data/notebooks/tools_numpy.ipynb");
const DESCENT: &[u8] = include_bytes!("../../tests/data/notebooks/extra_gradient_descent_comparison.ipynb");
const INDEX: &[u8] = include_bytes!("../../tests/data/notebooks/index.ipynb");
const NEWEST: &[u8] = include_bytes!("../../tests/data/notebooks/nbformat_test4.5.ipynb");
const FUTURE: &[u8] = include_bytes!("../../tests/data/notebooks/nbformat_test4plus.ipynb");
const INVALID: &[u8] = include_bytes!("../../tests/data/notebooks/nbformat_invalid.ipynb");

/// Import, document, view.
fn loaded(content: ImportedNotebook) -> NotebookView {
    let mut server = Replica::new(1);
    Notebook::initialise(&mut server.doc.transact_mut(), content);
    let before = server.everything();
    server.notebook = Notebook::open(&server.doc.transact());
    server.transact(|_, _| {});
    assert_eq!(server.everything(), before, "an imported notebook needs no repair");
    server.view()
}

fn round(file: &[u8]) -> String {
    export_ipynb(&loaded(import_ipynb(file).unwrap()))
}

fn notebook(cells: Value) -> Vec<u8> {
    json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).to_string().into_bytes()
}

fn refusal(file: &[u8]) -> String {
    import_ipynb(file).unwrap_err().to_string()
}

#[test]
fn a_canonical_file_of_the_newest_format_comes_out_byte_for_byte() {
    assert_eq!(round(NEWEST), std::str::from_utf8(NEWEST).unwrap());
}

#[test]
fn canonical_files_of_older_formats_come_out_the_same_but_for_ids_and_version() {
    for file in [NUMPY, DESCENT, INDEX] {
        let exported = round(file);
        let without_ids: String =
            exported.split_inclusive('\n').filter(|line| !line.starts_with("   \"id\": ")).collect();
        let original = std::str::from_utf8(file).unwrap().replace("\"nbformat_minor\": 4", "\"nbformat_minor\": 5");
        assert!(without_ids == original, "{}", first_difference(&without_ids, &original));
        assert_eq!(round(exported.as_bytes()), exported, "a second round changes nothing");
    }
}

fn first_difference(a: &str, b: &str) -> String {
    let pair = a.lines().zip(b.lines()).enumerate().find(|(_, (a, b))| a != b);
    format!("{pair:?}")
}

#[test]
fn a_file_newer_than_we_know_keeps_what_we_do_not_know() {
    let exported = round(FUTURE);
    let (out, file): (Value, Value) =
        (serde_json::from_str(&exported).unwrap(), serde_json::from_slice(FUTURE).unwrap());
    assert_eq!((&out["nbformat_minor"], &out["extra"], &out["metadata"]), (&json!(99), &json!("future"), &json!({})));
    assert_eq!(out["cells"][0]["extra"], json!(5));
    assert_eq!(out["cells"][3]["outputs"][0]["extra"], json!("future"));
    assert_eq!(out["cells"][9]["cell_type"], json!("future cell"));
    assert_eq!(out["cells"][9]["key"], json!("value"));
    for (at, cell) in file["cells"].as_array().unwrap().iter().enumerate() {
        for (key, value) in cell.as_object().unwrap() {
            assert_eq!(joined(&out["cells"][at][key]), joined(value), "cells[{at}].{key}");
        }
    }
}

/// The value with all lists of lines joined.
fn joined(value: &Value) -> Value {
    match value {
        Value::Array(lines) if !lines.is_empty() && lines.iter().all(Value::is_string) => {
            super::cell::joined(value).into()
        }
        Value::Array(items) => items.iter().map(joined).collect(),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(key, value)| (key.clone(), joined(value))).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn unknown_keys_live_in_metadata_and_return_to_their_places() {
    let file = br#"{"nbformat":4,"nbformat_minor":5,"metadata":{"coscribe":{"mine":1}},"tool":{"a":[1]},
        "cells":[{"cell_type":"raw","id":"r","metadata":{},"source":"","tool":true}]}"#;
    let view = loaded(import_ipynb(file).unwrap());
    assert_eq!(view.metadata["coscribe"], json!({"mine": 1, "file_keys": {"tool": {"a": [1]}}}));
    let out: Value = serde_json::from_str(&export_ipynb(&view)).unwrap();
    assert_eq!((&out["tool"], &out["cells"][0]["tool"]), (&json!({"a": [1]}), &json!(true)));
    assert_eq!((&out["metadata"], &out["cells"][0]["metadata"]), (&json!({"coscribe": {"mine": 1}}), &json!({})));
}

#[test]
fn a_broken_file_is_refused_with_the_place() {
    assert!(refusal(INVALID).contains("broken at cells[0].source: it is missing"), "{}", refusal(INVALID));
    for (cells, place) in [
        (json!([1]), "cells[0]: a cell must be an object, not a number"),
        (json!([{"source": ""}]), "cells[0].cell_type: it is missing"),
        (json!([{"cell_type": "heading", "source": ""}]), "cells[0].cell_type: \"heading\" is no type of cell"),
        (
            json!([{"cell_type": "raw", "source": 1}]),
            "cells[0].source: it must be a text or a list of lines, not a number",
        ),
        (
            json!([{"cell_type": "raw", "source": "", "metadata": []}]),
            "cells[0].metadata: it must be an object, not a list",
        ),
        (json!([{"cell_type": "code", "source": "", "outputs": {}}]), "cells[0].outputs: it must be a list"),
        (
            json!([{"cell_type": "code", "source": "", "outputs": [{"output_type": "bad stream"}]}]),
            "cells[0].outputs[0].output_type: \"bad stream\" is no type of output",
        ),
        (
            json!([{"cell_type": "code", "source": "", "execution_count": "1"}]),
            "cells[0].execution_count: it must be a whole number or null",
        ),
    ] {
        let message = refusal(&notebook(cells));
        assert!(message.contains(&format!("broken at {place}")), "{message}");
    }
}

#[test]
fn what_is_no_notebook_is_refused_with_a_sentence() {
    assert_eq!(
        import_ipynb(b"{\n \"cells\": [,]\n}"),
        Err(ImportError::NotJson { line: 2, column: 12, problem: "expected value".into() })
    );
    assert!(refusal(b"").contains("not valid JSON"));
    assert!(refusal(b"[]").contains("broken at the top"));
    assert!(refusal(b"{}").contains("nbformat: it is missing"));
    assert!(refusal(br#"{"nbformat": 2}"#).contains("format version 2"));
    assert!(refusal(br#"{"nbformat": 4, "metadata": {}}"#).contains("broken at cells: it is missing"));
    let deep = |levels: usize| {
        let value = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"nbformat":4,"cells":[],"metadata":{{"x":{value}}}}}"#)
    };
    assert!(
        refusal(deep(57).as_bytes()).contains("broken at metadata: something in it is nested deeper than 57 levels")
    );
    assert!(round(deep(56).as_bytes()).contains('1'), "what is taken is shown again");
    assert!(refusal("[".repeat(100_000).as_bytes()).contains("recursion limit"));
}

#[test]
fn ids_are_made_where_they_are_missing_invalid_or_taken() {
    let cell = |id: Value| json!({"cell_type": "raw", "source": "", "metadata": {}, "id": id});
    let cells = json!([cell(json!("same")), cell(json!("same")), cell(json!("no id!")), cell(Value::Null)]);
    let imported = import_ipynb(&notebook(cells)).unwrap();
    let ids: std::collections::HashSet<_> = imported.cells.iter().map(|cell| cell.id.as_str()).collect();
    assert_eq!((ids.len(), imported.cells[0].id.as_str()), (4, "same"));
}

#[test]
fn a_prompt_has_its_magic_line_in_files_only() {
    let cells = json!([
        {"cell_type": "code", "id": "p", "metadata": {"solveit_ai": true}, "source": ["%%prompt\n", "Why?\n"], "outputs": []},
        {"cell_type": "code", "id": "e", "metadata": {"coscribe": {"kind": "prompt"}}, "source": "%%prompt", "outputs": []},
        {"cell_type": "code", "id": "c", "metadata": {}, "source": "%%prompt\nno prompt", "outputs": []},
    ]);
    let view = loaded(import_ipynb(&notebook(cells)).unwrap());
    let seen: Vec<_> = view.cells.iter().map(|cell| (cell.kind, cell.source.as_str())).collect();
    assert_eq!(seen, [(CellKind::Prompt, "Why?\n"), (CellKind::Prompt, ""), (CellKind::Code, "%%prompt\nno prompt")]);
    let out: Value = serde_json::from_str(&export_ipynb(&view)).unwrap();
    assert_eq!(out["cells"][0]["source"], json!(["%%prompt\n", "Why?\n"]));
    assert_eq!(out["cells"][1]["source"], json!(["%%prompt"]));
    for cell in &out["cells"].as_array().unwrap()[..2] {
        assert_eq!(cell["metadata"], json!({"coscribe": {"kind": "prompt"}, "solveit_ai": true}));
    }
}

#[test]
fn an_old_notebook_of_format_3_is_read() {
    let file = json!({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "Old", "signature": "x"}, "worksheets": [{"cells": [
        {"cell_type": "heading", "level": 2, "source": ["Two\n", "lines"], "metadata": {}},
        {"cell_type": "code", "language": "python", "collapsed": true, "input": ["print(1)\n", "2"], "prompt_number": 7, "metadata": {},
         "outputs": [
            {"output_type": "stream", "stream": "stderr", "text": ["1\n"]},
            {"output_type": "pyout", "prompt_number": 7, "text": ["2"], "png": "iVBO", "metadata": {}},
            {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": ["t"]}]},
        {"cell_type": "html", "source": "<b>", "metadata": {}}]}]});
    let view = loaded(import_ipynb(file.to_string().as_bytes()).unwrap());
    assert_eq!(view.title, "Old");
    let kinds: Vec<_> = view.cells.iter().map(|cell| (cell.kind, cell.source.as_str())).collect();
    assert_eq!(kinds, [(CellKind::Note, "## Two lines"), (CellKind::Code, "print(1)\n2"), (CellKind::Note, "<b>")]);
    let code = &view.cells[1];
    assert_eq!((code.execution_count, &code.metadata["collapsed"]), (Some(7), &json!(true)));
    let outputs = json!([
        {"output_type": "stream", "name": "stderr", "text": "1\n"},
        {"output_type": "execute_result", "execution_count": 7, "metadata": {}, "data": {"text/plain": "2", "image/png": "iVBO"}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
    ]);
    assert_eq!(json!(code.outputs), outputs);
}

#[test]
fn integral_floats_become_integers_and_transient_keys_go() {
    let cells = json!([{"cell_type": "code", "id": "c", "metadata": {"trusted": true, "x": 2.0}, "source": "", "outputs": [],
        "execution_count": 3.0, "execution_state": "idle"}]);
    let out = export_ipynb(&loaded(import_ipynb(&notebook(cells)).unwrap()));
    assert!(out.contains("\"execution_count\": 3,") && out.contains("\"x\": 2\n"), "{out}");
    assert!(!out.contains("trusted") && !out.contains("execution_state"), "{out}");
}

#[test]
fn the_welcome_notebook_loads_and_exports() {
    let view = loaded(ImportedNotebook::welcome());
    assert_eq!(view.title, "Welcome to Coscribe");
    assert!(view.cells.iter().any(|cell: &CellView| cell.kind == CellKind::Code));
    let text = export_ipynb(&view);
    assert_eq!(round(text.as_bytes()), text);
}
