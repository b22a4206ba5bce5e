//! What outputs cost in the document and in its log, and what becomes of them while others edit.
//!
//! The sizes are those of `notebook-model.md` §3.5, measured there with the same engine; here they are upper bounds.

use serde_json::{Value, json};
use yrs::{Array, Map, MapRef, ReadTxn, StateVector, Text, TextRef, Transact};

use super::{
    Bundle, Notebook, Output, OutputLimits, Part, StreamName, cell,
    test_support::{Replica, id, set},
};
use crate::{
    ids::RunId,
    vocabulary::{CellKind, Place, Run, RunKind},
};

const KIB: usize = 1024;

/// A server whose cell `a` runs, and the bytes of all its updates since.
struct Running {
    server: Replica,
    run: RunId,
    log: usize,
    updates: usize,
}

impl Running {
    fn new() -> Self {
        let mut running = Self { server: Replica::server(&[("a", "")]), run: RunId::generate(), log: 0, updates: 0 };
        running.begin();
        running
    }

    fn begin(&mut self) {
        self.run = RunId::generate();
        let run = self.run.clone();
        self.write(|notebook, txn| notebook.begin_outputs(txn, &run, &id("a"), OutputLimits::default()));
    }

    /// A transaction as the room makes it: without repairs.
    fn write(&mut self, change: impl FnOnce(&mut Notebook, &mut yrs::TransactionMut<'_>)) -> Vec<u8> {
        let doc = self.server.doc.clone();
        let mut txn = doc.transact_mut();
        change(&mut self.server.notebook, &mut txn);
        txn.commit();
        let update = txn.encode_update_v1();
        self.log += update.len();
        self.updates += 1;
        update
    }

    fn put(&mut self, outputs: Vec<Output>) -> Vec<u8> {
        let run = self.run.clone();
        self.write(|notebook, txn| outputs.into_iter().for_each(|output| notebook.output(txn, &run, output)))
    }

    fn print(&mut self, text: &str) -> Vec<u8> {
        self.put(vec![stdout(text)])
    }

    fn state(&self) -> usize {
        self.server.doc.transact().encode_diff_v1(&StateVector::default()).len()
    }

    fn outputs(&self) -> Vec<Value> {
        self.server.view().cells[0].outputs.clone()
    }
}

fn stdout(text: &str) -> Output {
    Output::Stream { name: StreamName::Stdout, text: text.into() }
}

#[test]
fn ten_thousand_printed_lines_cost_about_their_text_in_document_and_log() {
    let mut running = Running::new();
    let lines: Vec<String> = (0..10_000).map(|number| format!("line {number}\n")).collect();
    for joined in lines.chunks(200) {
        running.print(&joined.concat());
    }
    let text = lines.concat();
    assert_eq!(running.outputs(), [json!({ "output_type": "stream", "name": "stdout", "text": text })]);
    let (state, log) = (running.state(), running.log);
    println!("10,000 lines, joined: text {} state {state} log {log} updates {}", text.len(), running.updates);
    assert!(state <= 99 * KIB && log <= 101 * KIB, "state {state}, log {log}");
}

#[test]
fn ten_thousand_lines_each_on_its_own_cost_no_more_than_the_model_says() {
    let mut running = Running::new();
    for number in 0..10_000 {
        running.print(&format!("line {number}\n"));
    }
    let (state, log) = (running.state(), running.log);
    println!("10,000 lines, one by one: state {state} log {log} updates {}", running.updates);
    assert!(state <= 99 * KIB && log <= 366 * KIB, "state {state}, log {log}");
}

#[test]
fn ln_83_a_progress_bar_that_is_written_five_thousand_times_costs_a_line() {
    let mut running = Running::new();
    let width = 40;
    for step in 0..5_000_usize {
        let done = step * width / 5_000;
        let bar = format!("{}{}", "#".repeat(done), " ".repeat(width - done));
        running.print(&format!("\r{:3}%|{bar}| {step}/5000", step / 50));
    }
    let (state, log) = (running.state(), running.log);
    println!("progress bar: state {state} log {log} updates {}", running.updates);
    assert!(running.outputs()[0]["text"].as_str().unwrap().ends_with("| 4999/5000"));
    assert!(state <= 2 * KIB && log <= 300 * KIB, "state {state}, log {log}");
}

#[test]
fn a_run_that_is_repeated_leaves_nothing_of_the_one_before() {
    let mut running = Running::new();
    running.print(&"x\n".repeat(50_000));
    let once = running.state();
    for _ in 0..30 {
        running.begin();
        running.print(&"x\n".repeat(50_000));
    }
    let state = running.state();
    assert!(state < once + 2 * KIB, "once {once}, 31 times {state}");
}

#[test]
fn an_answer_of_four_thousand_tokens_costs_what_the_model_says() {
    let mut running = Running::new();
    let run = running.run.clone();
    running.write(|notebook, txn| notebook.begin_answer(txn, &run, &id("a")));
    for _ in 0..4_000 {
        running.write(|notebook, txn| notebook.answer(txn, &run, Part::Answer, "word", 1));
    }
    let (state, log) = (running.state(), running.log);
    println!("answer, token by token: state {state} log {log}");
    assert!(state <= 17 * KIB && log <= 116 * KIB, "state {state}, log {log}");
}

#[test]
fn stdout_and_stderr_stay_apart_and_each_run_of_one_is_one_text() {
    let mut running = Running::new();
    let stderr = |text: &str| Output::Stream { name: StreamName::Stderr, text: text.into() };
    running.put(vec![stdout("a"), stdout("b\n"), stderr("c"), stderr("d"), stdout("e")]);
    let texts: Vec<_> =
        running.outputs().iter().map(|output| (output["name"].clone(), output["text"].clone())).collect();
    let expected = [("stdout", "ab\n"), ("stderr", "cd"), ("stdout", "e")];
    assert_eq!(texts, expected.map(|(name, text)| (json!(name), json!(text))));
}

#[test]
fn an_error_is_shown_even_when_there_is_no_room_for_anything_else() {
    let mut running = Running::new();
    let run = running.run.clone();
    let limits = OutputLimits { outputs: 1, ..OutputLimits::default() };
    running.write(|notebook, txn| notebook.begin_outputs(txn, &run, &id("a"), limits));
    let bundle = Bundle { data: json!({ "text/plain": "x" }).as_object().unwrap().clone(), ..Bundle::default() };
    let display = || Output::Display { bundle: bundle.clone(), display_id: None };
    let traceback = (0..2_000).map(|line| format!("{line} {}", "frame ".repeat(20))).collect();
    let error = Output::Error { name: "E".into(), value: "v".into(), traceback };
    running.put(vec![display(), display(), error]);
    let outputs = running.outputs();
    assert_eq!(outputs.len(), 3);
    let traceback = outputs[2]["traceback"].as_array().unwrap();
    assert!(traceback.len() < 2_000 && traceback.last().unwrap().as_str().unwrap().starts_with("1999 "));
}

fn output_array(txn: &yrs::TransactionMut<'_>) -> yrs::ArrayRef {
    let slot = super::arrangement::unsorted(txn).into_iter().next().unwrap();
    cell::outputs(txn, &slot.map).unwrap()
}

#[test]
fn ln_42_a_run_goes_on_and_all_agree_while_others_type_move_and_clear() {
    let mut running = Running::new();
    running.print("first\n");
    let mut ben = running.server.fork(20);
    let update = running.print("second\n");
    ben.typed("a", 0, "# typed meanwhile\n");
    running.server.receive(&ben);
    ben.merge(&update);
    let update = running.print("third\n");
    ben.merge(&update);
    // Somebody clears the outputs by hand: what comes later begins a new text.
    let cleared = {
        let mut txn = ben.doc.transact_mut();
        let array = output_array(&txn);
        let length = array.len(&txn);
        array.remove_range(&mut txn, 0, length);
        txn.encode_update_v1()
    };
    running.server.receive_update(&cleared);
    let update = running.print("fourth\n");
    ben.merge(&update);
    assert_eq!(running.outputs(), [json!({ "output_type": "stream", "name": "stdout", "text": "fourth\n" })]);
    // Or writes into the stream: it is left as it is.
    let scribbled = {
        let mut txn = ben.doc.transact_mut();
        let array = output_array(&txn);
        let output: MapRef = array.get(&txn, 0).unwrap().cast().unwrap();
        let text: TextRef = output.get(&txn, "text").unwrap().cast().unwrap();
        text.remove_range(&mut txn, 0, 3);
        txn.encode_update_v1()
    };
    running.server.receive_update(&scribbled);
    let update = running.print("\rfifth\n");
    ben.merge(&update);
    let texts: Vec<_> = running.outputs().iter().map(|output| output["text"].clone()).collect();
    assert_eq!(texts, ["rth\n", "fifth\n"]);
    assert_eq!(running.server.everything(), ben.everything());
    assert!(running.server.source("a").starts_with("# typed"));
}

#[test]
fn ln_42_an_answer_is_edited_while_it_comes_and_nothing_of_either_is_lost() {
    let mut running = Running::new();
    let run = running.run.clone();
    running.server.apply(&super::Op::AddCell {
        id: id("q"),
        kind: CellKind::Prompt,
        source: "Why?".into(),
        place: Place::Last,
    });
    running.write(|notebook, txn| {
        notebook.begin_answer(txn, &run, &id("q"));
        notebook.answer(txn, &run, Part::Answer, "Because it is so", 1);
    });
    let mut ben = running.server.fork(20);
    let edit = {
        let doc = ben.doc.clone();
        let mut txn = doc.transact_mut();
        let slot = super::arrangement::unsorted(&txn).into_iter().find(|slot| slot.id == id("q")).unwrap();
        let array = cell::outputs(&txn, &slot.map).unwrap();
        let output: MapRef = array.get(&txn, 0).unwrap().cast().unwrap();
        let data: MapRef = output.get(&txn, "data").unwrap().cast().unwrap();
        let text: TextRef = data.get(&txn, "text/markdown").unwrap().cast().unwrap();
        text.insert(&mut txn, 8, "(maybe) ");
        txn.encode_update_v1()
    };
    let update = running.write(|notebook, txn| notebook.answer(txn, &run, Part::Answer, " in Rome.", 2));
    running.server.receive_update(&edit);
    ben.merge(&update);
    assert_eq!(running.server.everything(), ben.everything());
    let answer = running.server.view().cells[1].outputs[0]["data"]["text/markdown"].clone();
    assert_eq!(answer, "Because (maybe) it is so in Rome.");
}

#[test]
fn the_run_of_a_cell_that_a_jupyter_client_removes_ends_with_it() {
    let mut running = Running::new();
    let by = super::test_support::actor("Ana");
    let run = Run::queued(running.run.clone(), id("a"), RunKind::Code, by, 1);
    running.write(|notebook, txn| notebook.set_run(txn, run));
    let mut ben = running.server.fork(20);
    ben.edit(&set("a", "x")).unwrap();
    let removed = {
        let mut txn = ben.doc.transact_mut();
        let cells = super::schema::cells(&mut txn);
        cells.remove(&mut txn, 0);
        txn.encode_update_v1()
    };
    running.server.notebook.events(&running.server.doc.transact_mut(), &super::test_support::notebook(), 1);
    let (_, events) = running.server.receive_update(&removed);
    assert!(events.iter().any(|event| matches!(event, crate::vocabulary::Event::RunCancelled { .. })), "{events:?}");
    assert_eq!(running.server.notebook.last_runs().count(), 0);
    running.print("to nobody\n");
    assert!(running.server.view().cells.is_empty());
}

#[test]
fn ln_15_a_cell_that_becomes_a_note_while_it_runs_has_nothing_of_a_run_and_as_code_again_goes_on() {
    use super::Op;
    let change = |kind| Op::PatchCell { id: id("a"), kind: Some(kind), metadata: None, collapsed: None };
    let mut running = Running::new();
    running.print("before\n");
    running.server.apply(&change(CellKind::Note));
    running.print("into nothing\n");
    let run = running.run.clone();
    running.write(|notebook, txn| notebook.set_count(txn, &run, 7));
    running.server.apply(&change(CellKind::Code));
    running.print("after\n");
    assert_eq!(running.outputs(), [json!({ "output_type": "stream", "name": "stdout", "text": "after\n" })]);
    running.server.apply(&change(CellKind::Note));
    running.write(|notebook, txn| {
        notebook.end_outputs(txn, &run, Some(7));
        notebook.settle_cell(txn, &id("a"));
    });
    let cell = running.server.everything()["cells"][0].clone();
    let keys: Vec<_> = cell.as_object().unwrap().keys().cloned().collect();
    assert!(keys.iter().all(|key| ["cell_type", "id", "metadata", "source"].contains(&key.as_str())), "{keys:?}");
}

#[test]
fn c23_head_and_tail_of_a_long_stream_stay_within_the_limit_together_however_it_came() {
    let max = OutputLimits::default().stream_units as usize;
    for piece in [1_000, 40_000, 3 * max] {
        let mut running = Running::new();
        let lines = "0123456789 and so on\n".repeat(piece / 21);
        let mut printed = 0;
        while printed < 4 * max {
            running.print(&lines);
            printed += lines.len();
            let inline: usize =
                running.outputs().iter().map(|output| output["text"].as_str().unwrap_or("").len()).sum();
            assert!(inline <= max, "{inline} of {max} in pieces of {piece}");
        }
    }
}
