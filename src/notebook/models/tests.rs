//! Models in a document: what they cost, what stays of them, who may write them.

use yrs::{Doc, Transact};

use super::*;

fn notebook() -> (Doc, Models) {
    let doc = Doc::with_options(crate::crdt::document_options(1));
    Notebook::initialise(&mut doc.transact_mut(), crate::notebook::ImportedNotebook::default());
    (doc, Models::default())
}

fn state(value: Value) -> Entries {
    entries(value.as_object().unwrap().clone(), &[], &[])
}

/// What came at once.
fn hear(models: &mut Models, txn: &mut TransactionMut<'_>, events: Vec<ModelEvent>) -> bool {
    events.into_iter().for_each(|event| models.hear(txn, event));
    models.settle(txn)
}

fn slider(id: &str, value: i32) -> ModelEvent {
    let module = "@jupyter-widgets/controls";
    let state = state(json!({ "_model_module": module, "_model_name": "IntSliderModel", "value": value }));
    ModelEvent::Opened { model: id.into(), state }
}

fn value(doc: &Doc, pointer: &str) -> Option<Value> {
    Value::Object(Models::view(&doc.transact())).pointer(pointer).cloned()
}

fn size(doc: &Doc) -> usize {
    doc.transact().encode_state_as_update_v1(&yrs::StateVector::default()).len()
}

#[test]
fn ln_43_a_model_that_changes_costs_its_change_and_the_document_stays_small() {
    let (doc, mut models) = notebook();
    assert!(hear(&mut models, &mut doc.transact_mut(), vec![slider("m", 1)]));
    let before = size(&doc);
    let mut last = 0;
    for value in 0..3 * REWRITE_AFTER as i32 {
        let changed = state(json!({ "value": value, "other": -value }));
        let seq = models.change(&mut doc.transact_mut(), "m", changed).unwrap();
        assert!(seq > last);
        last = seq;
    }
    assert_eq!(value(&doc, "/m/state/value/value"), Some(json!(3 * REWRITE_AFTER - 1)));
    assert_eq!(value(&doc, "/m/module"), Some(json!("@jupyter-widgets/controls")));
    assert!(size(&doc) < before + 64 * REWRITE_AFTER as usize, "{}", size(&doc));
    let read = Models::read(&doc.transact());
    assert_eq!((read.bytes, read.seq), (models.bytes, last));
}

#[test]
fn what_somebody_does_with_a_widget_stays_within_what_its_program_knows_and_within_bounds() {
    let (doc, mut models) = notebook();
    let mut txn = doc.transact_mut();
    hear(&mut models, &mut txn, vec![slider("m", 1)]);
    let before = models.bytes;
    models.do_with(&mut txn, "m", state(json!({ "unknown": "x".repeat(1_000), "value": 2 }))).unwrap();
    assert!(models.bytes < before + 100, "{} bytes", models.bytes);
    let large = state(json!({ "value": "x".repeat(BYTES_MAX) }));
    assert_eq!(models.do_with(&mut txn, "m", large), Err(ModelRefused::NoRoom));
    assert_eq!(models.do_with(&mut txn, "nobody", state(json!({ "value": 1 }))), Err(ModelRefused::Gone));
}

#[test]
fn a_client_cannot_write_models() {
    let (doc, mut models) = notebook();
    let floats = ModelEvent::Opened { model: "f".into(), state: state(json!({ "value": 1.0, "step": 0.1 })) };
    hear(&mut models, &mut doc.transact_mut(), vec![slider("m", 1), slider("n", 1), floats]);
    let before = value(&doc, "");
    let mut txn = doc.transact_mut();
    models.restore(&mut txn);
    assert!(!txn.has_changes(), "what stands there is what was written");
    drop(txn);
    let mut txn = doc.transact_mut();
    let root = schema::map(&mut txn, schema::MODELS);
    state_map(&mut txn, "m").unwrap().insert(&mut txn, "value", 7);
    root.remove(&mut txn, "n");
    root.insert(&mut txn, "stranger", 1);
    models.restore(&mut txn);
    drop(txn);
    assert_eq!(value(&doc, ""), before);
}

#[test]
fn ln_43_models_are_bounded_in_number_and_size_and_what_is_shown_stays() {
    let (doc, mut models) = notebook();
    let mut txn = doc.transact_mut();
    for at in 0..MODELS_MAX + 10 {
        assert!(hear(&mut models, &mut txn, vec![slider(&at.to_string(), 1)]));
        assert!(models.models.len() <= MODELS_MAX);
    }
    let large = |at: usize| {
        let big = "x".repeat(90 << 10);
        ModelEvent::Opened { model: format!("large {at}"), state: state(json!({ "text": big })) }
    };
    for at in 0..400 {
        hear(&mut models, &mut txn, vec![large(at)]);
        assert!(models.bytes <= BYTES_MAX);
    }
    assert!(models.models.contains_key("large 399") || models.models.len() > 1);
}

#[test]
fn ln_43_models_of_a_kernel_that_ended_stay_only_where_they_are_shown() {
    let doc = Doc::with_options(crate::crdt::document_options(1));
    let mut view = crate::notebook::CellView::new(
        crate::ids::CellId::generate(),
        crate::vocabulary::CellKind::Code,
        String::new(),
    );
    view.outputs = vec![json!({ "output_type": "display_data", "metadata": {},
        "data": { entry::VIEW: { "model_id": "box", "version_major": 2 } } })];
    let content = crate::notebook::ImportedNotebook { cells: vec![view], ..Default::default() };
    Notebook::initialise(&mut doc.transact_mut(), content);
    let mut models = Models::default();
    let mut txn = doc.transact_mut();
    let children = ModelEvent::Opened { model: "box".into(), state: state(json!({ "children": ["IPY_MODEL_child"] })) };
    hear(&mut models, &mut txn, vec![slider("child", 3), slider("stray", 3), children]);
    models.end(&mut txn);
    drop(txn);
    assert_eq!(value(&doc, "/child/ended"), Some(json!(true)));
    assert_eq!(value(&doc, "/stray"), None);
    assert!(!models.is_live("box"));
    assert_eq!(models.change(&mut doc.transact_mut(), "box", state(json!({ "x": 1 }))), None);
}

#[test]
fn ln_43_an_output_widget_takes_what_is_told_under_its_run() {
    let (doc, mut models) = notebook();
    let mut txn = doc.transact_mut();
    let run = RunId::generate();
    let print = Output::Stream { name: crate::notebook::StreamName::Stdout, text: "hello".into() };
    assert!(!models.take(&mut txn, &run, &print));
    hear(&mut models, &mut txn, vec![ModelEvent::Takes { model: "o".into(), run: run.clone() }]);
    hear(&mut models, &mut txn, vec![ModelEvent::Opened { model: "o".into(), state: state(json!({ "outputs": [] })) }]);
    assert!(models.take(&mut txn, &run, &print));
    drop(txn);
    assert_eq!(value(&doc, "/o/state/outputs/value/0/text"), Some(json!("hello")));
    assert_eq!(models.taken().len(), 1);
    assert!(models.taken().is_empty());
}
