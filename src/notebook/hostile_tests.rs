//! Clients may write any shape into the roots. Nothing here may panic, hang or recurse without bound, and what comes out
//! is a notebook again.

use std::collections::HashSet;

use serde_json::json;
use yrs::{
    Any, Array, ArrayPrelim, ArrayRef, Doc, In, Map, MapPrelim, MapRef, Out, Text, TextPrelim, Transact,
    TransactionMut, WriteTxn,
};

use super::{
    Op, arrangement, cell, export_ipynb, export_markdown, export_python, heal, import_ipynb, json as values,
    test_support::{Numbers, Replica, id, meet},
};
use crate::vocabulary::CellKind;

const CELLS: [(&str, &str); 2] = [("x", "one"), ("y", "two")];

/// Lets a client write something, and the server heal it.
fn after(write: impl FnOnce(&mut TransactionMut<'_>)) -> Replica {
    let mut server = Replica::server(&CELLS);
    let mut client = server.fork(2);
    write(&mut client.doc.transact_mut());
    meet(&mut server, &mut [&mut client]);
    check(&mut server);
    server
}

/// The document is one that Jupyter clients can open, and that needs no more healing.
fn check(server: &mut Replica) {
    let everything = server.everything();
    let ids: Vec<_> = everything["cells"].as_array().unwrap().iter().map(|cell| cell["id"].to_string()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{everything:#}");
    let txn = server.doc.transact();
    for slot in arrangement::unsorted(&txn) {
        assert!(slot.key.is_some(), "{} has no key", slot.id);
        assert!(cell::source(&txn, &slot.map).is_some() && cell::metadata(&txn, &slot.map).is_some());
        let runs = cell::runs(cell::kind(&txn, &slot.map));
        assert_eq!(cell::outputs(&txn, &slot.map).is_some(), runs, "{everything:#}");
        assert_eq!(slot.map.contains_key(&txn, "execution_count"), runs);
    }
    drop(txn);
    server.notebook = super::Notebook::open(&server.doc.transact());
    let (update, _) = server.transact(|_, _| {});
    assert_eq!(update, [0, 0], "healing a second time changed something");
    let view = server.view();
    let exported = export_ipynb(&view);
    let again = import_ipynb(exported.as_bytes()).unwrap();
    assert_eq!(again.cells.len(), view.cells.len());
    export_markdown(&view);
    export_python(&view);
}

fn cells(txn: &mut TransactionMut<'_>) -> ArrayRef {
    txn.get_or_insert_array("cells")
}

fn cell_at(txn: &mut TransactionMut<'_>, at: u32) -> MapRef {
    match cells(txn).get(txn, at) {
        Some(Out::YMap(map)) => map,
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_values_among_the_cells_are_taken_out_and_plain_cells_become_cells() {
    let server = after(|txn| {
        let cells = cells(txn);
        cells.insert(txn, 1, Any::from("text"));
        cells.insert(txn, 0, values::to_any(&json!({"cell_type": "code", "source": ["a\n", "b"], "id": "plain"})));
        cells.push_back(txn, values::to_any(&json!([1, {"a": 2}])));
        cells.push_back(txn, TextPrelim::new("a text"));
        cells.push_back(txn, ArrayPrelim::default());
    });
    assert_eq!(server.order(), ["plain", "x", "y"]);
    assert_eq!(server.source("plain"), "a\nb");
}

#[test]
fn text_written_into_the_array_of_cells_neither_hangs_nor_stays() {
    let server = after(|txn| values::as_text(&cells(txn)).insert(txn, 1, "a😀b"));
    assert_eq!(server.order(), ["x", "y"]);
    // Beside a plain value the places of the text are unknown.
    let server = after(|txn| {
        let cells = cells(txn);
        cells.push_back(txn, Any::from(7));
        values::as_text(&cells).insert(txn, 0, "😀");
    });
    assert_eq!(server.order(), ["x", "y"]);
}

#[test]
fn a_cell_of_any_shape_becomes_a_cell() {
    let server = after(|txn| {
        let cells = cells(txn);
        cells.push_back(txn, MapPrelim::default());
        cells.push_back(
            txn,
            MapPrelim::from([("id", In::from(7)), ("cell_type", In::from("wonder")), ("outputs", In::from(3))]),
        );
        let odd = [
            ("id", In::from("odd")),
            ("cell_type", In::from("code")),
            ("source", In::from("plain")),
            ("metadata", In::Any(values::to_any(&json!({"a": 1})))),
            ("outputs", In::Any(values::to_any(&json!([{"output_type": "stream", "text": ["a", "b"]}, 5])))),
        ];
        cells.push_back(txn, MapPrelim::from(odd));
    });
    let view = server.view();
    assert_eq!(view.cells.len(), 5);
    let odd = &view.cells[4];
    assert_eq!((odd.source.as_str(), &odd.metadata["a"]), ("plain", &json!(1)));
    assert_eq!(odd.outputs, [json!({"output_type": "stream", "text": "ab"})]);
}

#[test]
fn containers_replaced_by_other_things_are_put_right() {
    let server = after(|txn| {
        let cell = cell_at(txn, 0);
        cell.insert(txn, "source", MapPrelim::default());
        cell.insert(txn, "metadata", TextPrelim::new("no map"));
        cell.insert(txn, "outputs", "nothing");
        cell.remove(txn, "execution_count");
        let meta = txn.get_or_insert_map("meta");
        meta.insert(txn, "metadata", 5);
        meta.insert(txn, "nbformat", "four");
    });
    assert_eq!((server.order(), server.source("x")), (vec!["x".into(), "y".into()], String::new()));
    assert_eq!(server.everything()["meta"], json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}}));
}

#[test]
fn order_and_bin_of_any_shape_do_no_harm() {
    let server = after(|txn| {
        let order = txn.get_or_insert_map("order");
        order.insert(txn, "x", ArrayPrelim::default());
        order.insert(txn, "y", "not a key!");
        order.insert(txn, "nobody", 9);
        let bin = txn.get_or_insert_map("bin");
        bin.insert(txn, "nobody", "?");
        bin.insert(txn, "no id!", MapPrelim::default());
        bin.insert(txn, "y", values::to_any(&json!({"by": {"name": "Bo"}, "at": 1.5, "json": 3})));
    });
    assert_eq!(server.order(), ["x"]);
    assert_eq!((server.view().bin.len(), server.view().bin[0].deleted_by.as_str()), (1, "Bo"));
}

#[test]
fn outputs_of_any_shape_become_outputs() {
    let server = after(|txn| {
        let outputs = ArrayPrelim::from([
            In::from("junk"),
            In::from(MapPrelim::from([("output_type", In::from("stream")), ("text", In::from("plain"))])),
            In::from(TextPrelim::new("😀")),
            In::Any(values::to_any(&json!({"output_type": "error"}))),
        ]);
        cell_at(txn, 0).insert(txn, "outputs", outputs);
        let outputs = cell_at(txn, 1).insert(txn, "outputs", ArrayPrelim::default());
        values::as_text(&outputs).insert(txn, 0, "😀😀");
    });
    let view = server.view();
    assert_eq!(
        view.cells[0].outputs,
        [json!({"output_type": "stream", "text": "plain"}), json!({"output_type": "error"})]
    );
    assert!(view.cells[1].outputs.is_empty());
}

#[test]
fn a_text_with_foreign_things_inside_is_still_edited_right() {
    let mut server = after(|txn| {
        let cell = cell_at(txn, 0);
        let text = cell::source(txn, &cell).unwrap();
        text.insert_embed(txn, 0, Any::from("embedded"));
        // Plain values in a text make yrs panic when they are to be removed as text.
        let array =
            ArrayRef::from(yrs::branch::BranchPtr::from(<yrs::TextRef as AsRef<yrs::branch::Branch>>::as_ref(&text)));
        array.push_back(txn, Any::from(3));
    });
    server.apply(&Op::SetSource { id: id("x"), source: "One!".into(), base: Some("one".into()) });
    assert_eq!(server.source("x"), "One!");
}

#[test]
fn a_deep_document_is_read_to_a_bound() {
    let server = after(|txn| {
        let cell = cell_at(txn, 0);
        let mut map = cell::metadata(txn, &cell).unwrap();
        for _ in 0..3000 {
            map = map.insert(txn, "deeper", MapPrelim::default());
        }
    });
    assert_eq!(server.order(), ["x", "y"]);
}

#[test]
fn only_texts_changed_is_seen_at_a_glance() {
    let mut server = Replica::server(&CELLS);
    let mut client = server.fork(2);
    for (update, expected) in [
        (client.typed("x", 0, "a"), false),
        (client.typed("y", 1, "longer 😀 text"), false),
        (client.edit(&super::test_support::set("x", "")).unwrap(), false),
        (client.edit(&super::test_support::move_after("x", "y")).unwrap(), true),
        (
            client
                .edit(&Op::PatchCell { id: id("x"), kind: Some(CellKind::Note), metadata: None, collapsed: None })
                .unwrap(),
            true,
        ),
    ] {
        let mut seen = None;
        server.transact(|_, txn| {
            txn.apply_update(yrs::updates::decoder::Decode::decode_v1(&update).unwrap()).unwrap();
            seen = Some(heal::structure_changed(txn));
        });
        assert_eq!(seen, Some(expected));
    }
}

/// Something of any shape.
fn anything(numbers: &mut Numbers) -> In {
    match numbers.below(9) {
        0 => In::from(["a", "code", "x", "a0", "", "😀"][numbers.below(6)]),
        1 => In::from(numbers.below(5) as i64),
        2 => In::Any(Any::Null),
        3 => In::Any(Any::Undefined),
        4 => In::from(TextPrelim::new("text 😀")),
        5 => In::from(ArrayPrelim::from([In::from(1), In::from(MapPrelim::default())])),
        6 => In::from(MapPrelim::from([(["id", "cell_type", "source", "text"][numbers.below(4)], In::from("y"))])),
        7 => In::Any(values::to_any(&json!({"id": "y", "cell_type": "code", "source": [1, "a"], "outputs": [{}]}))),
        _ => In::Any(Any::Number(yrs::Number::Float(f64::NAN))),
    }
}

fn vandalise(txn: &mut TransactionMut<'_>, numbers: &mut Numbers) {
    const KEYS: [&str; 9] = [
        "id",
        "cell_type",
        "source",
        "metadata",
        "outputs",
        "execution_count",
        "attachments",
        "execution_state",
        "else",
    ];
    let cells = cells(txn);
    let maps: Vec<MapRef> = values::nested(txn, &cells)
        .into_iter()
        .filter_map(|out| if let Out::YMap(map) = out { Some(map) } else { None })
        .collect();
    let some = maps.get(numbers.below(maps.len())).cloned();
    let (key, value) = (KEYS[numbers.below(9)], anything(numbers));
    match (numbers.below(8), some) {
        (0, _) => drop(cells.insert(txn, 0, value)),
        (1, Some(map)) => drop(map.insert(txn, key, value)),
        (2, Some(map)) => drop(map.remove(txn, key)),
        (3, _) => values::as_text(&cells).insert(txn, 0, "s😀"),
        (4, Some(map)) => {
            if let Some(outputs) = cell::outputs(txn, &map) {
                outputs.push_back(txn, value);
            }
        }
        (5, Some(map)) => {
            if let Some(text) = cell::source(txn, &map) {
                text.insert_embed(txn, 0, Any::from(1));
            }
        }
        (root, _) => {
            let map = txn.get_or_insert_map(["order", "bin", "meta"][root % 3]);
            map.insert(txn, ["x", "y", "metadata", "nbformat"][numbers.below(4)], value);
        }
    }
}

#[test]
fn random_vandalism_is_healed_and_everybody_still_agrees() {
    for seed in 1..=200 {
        let mut numbers = Numbers::new(seed);
        let mut server = Replica::server(&CELLS);
        let (mut ana, mut bo) = (server.fork(2), server.fork(3));
        for _ in 0..6 {
            for client in [&mut ana, &mut bo] {
                let count = numbers.below(3);
                let doc: Doc = client.doc.clone();
                let mut txn = doc.transact_mut();
                (0..count).for_each(|_| vandalise(&mut txn, &mut numbers));
            }
            meet(&mut server, &mut [&mut ana, &mut bo]);
        }
        check(&mut server);
    }
}
