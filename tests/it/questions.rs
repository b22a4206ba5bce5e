//! What a kernel is asked beside running code: completions, inspections, variables.

use serde_json::{Value, json};

use crate::{
    notebook::{Notebook, said, with_kernels},
    server::{Answer, TestServer},
};

/// A machine that is busy may answer the first question too late.
const TRIES: usize = 20;

fn answered(ask: impl Fn() -> Answer) -> Value {
    let mut last = ask();
    for _ in 0..TRIES {
        if last.status != 409 {
            break;
        }
        last = ask();
    }
    last.expect(200)
}

fn complete(server: &TestServer, notebook: &Notebook, code: &str, cursor: usize) -> Answer {
    server.post(&notebook.path("kernel/complete"), &json!({ "code": code, "cursor": cursor }))
}

#[test]
fn completions_and_inspections_come_from_the_live_kernel_in_the_units_of_documents() {
    let server = with_kernels(&[]);
    let mut notebook = Notebook::new(&server, &[]);
    assert_eq!(complete(&server, &notebook, "pri", 3).refused(409), "kernel_not_ready");
    notebook.output("the_one_variable = [1]\ndef the_function(x):\n    'Says é.'");
    let found = answered(|| complete(&server, &notebook, "'😀'; the_o", 11));
    assert_eq!((&found["start"], &found["end"]), (&json!(6), &json!(11)));
    assert_eq!(found["matches"][0]["text"], "the_one_variable");
    assert_eq!(complete(&server, &notebook, "'😀'", 5).refused(422), "invalid_body");
    let inspect = |name: &str, detail: u8| {
        let question = json!({ "code": name, "cursor": 3, "detail": detail });
        answered(|| server.post(&notebook.path("kernel/inspect"), &question))
    };
    let known = inspect("the_function", 0);
    assert_eq!(known["found"], true);
    assert!(known["data"]["text/plain"].as_str().unwrap().contains("Says é."), "{known}");
    assert!(inspect("the_function", 1)["data"].to_string().contains("def"), "its source");
    assert_eq!(inspect("nobody_knows_this", 0), json!({ "found": false, "data": {} }));
}

#[test]
fn variables_are_told_and_no_code_of_the_notebook_runs_for_it() {
    let server = with_kernels(&[]);
    let mut notebook = Notebook::new(&server, &[]);
    let variables = || server.get(&notebook.path("kernel/variables"));
    assert_eq!(variables().refused(409), "kernel_not_ready");
    notebook.output(
        "import time\nclass Slow:\n    def __repr__(self): time.sleep(1000)\n    __len__ = __repr__\n\
         slow, words, table = Slow(), 'é' * 3, {'a': Slow(), 2: None}",
    );
    let told = answered(|| server.get(&notebook.path("kernel/variables")));
    let expected = json!({ "variables": [
        { "name": "slow", "type": "Slow", "value": "" },
        { "name": "table", "type": "dict", "size": "2", "value": "{'a': <Slow>, 2: None}" },
        { "name": "words", "type": "str", "size": "3", "value": "'ééé'" },
    ] });
    assert_eq!(told, expected);
    let again = answered(|| server.get(&notebook.path("kernel/variables")));
    assert_eq!(again, expected, "nothing was left behind");
    notebook.output("1");
    assert_eq!(notebook.cell(1)["executionCount"], 2, "questions are not counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kernel_that_runs_code_says_that_it_is_busy_and_the_run_goes_on() {
    let server = with_kernels(&[]);
    let notebook = Notebook::new(&server, &["x = input('Go on? ')"]);
    let mut peer = notebook.peer().await;
    let run = notebook.run(0);
    let cell = &notebook.cells[0];
    peer.until(|doc| said(doc, cell, "input").is_some_and(|input| input.contains("Go on?"))).await;
    assert_eq!(complete(&server, &notebook, "x", 1).refused(409), "kernel_busy");
    let question = json!({ "code": "x", "cursor": 1 });
    assert_eq!(server.post(&notebook.path("kernel/inspect"), &question).refused(409), "kernel_busy");
    assert_eq!(server.get(&notebook.path("kernel/variables")).refused(409), "kernel_busy");
    notebook.post(&format!("cells/{cell}/input"), "Ben", &json!({ "value": "yes" }));
    assert_eq!(notebook.ended(&run)["state"], "ok");
    let told = answered(|| server.get(&notebook.path("kernel/variables")));
    assert_eq!(told["variables"][0]["value"], "'yes'");
}
