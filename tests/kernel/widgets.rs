//! Widgets of ipywidgets and anywidget, installed as people install packages.

use std::collections::HashMap;

use coscribe::kernel::{Comm, CommKind, KernelCommand, KernelEvent, Kernels, Outcome};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use crate::notebook::{Notebook, kernels};

static INSTALLED: OnceCell<()> = OnceCell::const_new();

/// Kernels whose environment has the two packages.
async fn with_widgets() -> Kernels {
    let kernels = kernels().await;
    let installing = kernels.clone();
    INSTALLED
        .get_or_init(|| async move {
            installing.add_packages(vec!["ipywidgets".into(), "anywidget".into()]).unwrap();
            installing.environment_settled().await;
            assert_eq!(installing.environment().await.sentence, None);
        })
        .await;
    kernels
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn comms(notebook: &Notebook) -> impl Iterator<Item = &Comm> {
    notebook.events.iter().filter_map(|event| match event {
        KernelEvent::Comm(comm) => Some(comm),
        _ => None,
    })
}

/// The state of the widget of a class as all messages so far make it, and its comm.
fn widget(notebook: &Notebook, class: &str) -> (String, Map<String, Value>) {
    let named = |comm: &&Comm| comm.kind == CommKind::Open && comm.data["state"]["_model_name"] == class;
    let comm = comms(notebook).filter(named).last().unwrap_or_else(|| panic!("no {class}")).comm.clone();
    let mut state = Map::new();
    for said in comms(notebook).filter(|said| said.comm == comm) {
        state.extend(said.data.get("state").and_then(Value::as_object).cloned().unwrap_or_default());
    }
    (comm, state)
}

fn change(comm: &str, state: Value, run: &str) -> KernelCommand {
    let data = object(json!({ "method": "update", "state": state, "buffer_paths": [] }));
    KernelCommand::Comm { comm: comm.to_owned(), data, buffers: Vec::new(), run: Some(run.parse().unwrap()) }
}

#[tokio::test]
async fn ln_43_a_slider_that_is_moved_tells_its_code_and_what_it_prints_is_told_under_the_given_run() {
    let mut notebook = Notebook::open(&with_widgets().await);
    notebook
        .output(
            "import ipywidgets\ns = ipywidgets.IntSlider(value=3)\n\
             s.observe(lambda change: print('moved to', change.new), 'value')\ns",
        )
        .await;
    let (comm, state) = widget(&notebook, "IntSliderModel");
    assert_eq!((&state["value"], &state["_view_name"]), (&json!(3), &json!("IntSliderView")));
    notebook.send(change(&comm, json!({ "value": 9 }), "callback"));
    let run = "callback".parse().unwrap();
    notebook.until(|event| matches!(event, KernelEvent::Stream { run: told, .. } if *told == run)).await;
    assert_eq!(notebook.stdout(&run), "moved to 9\n");
    assert_eq!(notebook.output("print(s.value)").await, "9\n");
    // What was sent does not come back.
    assert_eq!(comms(&notebook).filter(|said| said.comm == comm).count(), 1);
}

#[tokio::test]
async fn ln_43_moves_while_code_runs_are_joined_and_the_last_one_counts() {
    let mut notebook = Notebook::open(&with_widgets().await);
    notebook.output("import ipywidgets\nseen = []\ns = ipywidgets.IntSlider(max=1000)\ns.observe(lambda change: seen.append(change.new), 'value')\ns").await;
    let (comm, _) = widget(&notebook, "IntSliderModel");
    let run = notebook.run("input()");
    notebook.until(|event| matches!(event, KernelEvent::InputWanted { .. })).await;
    for value in 1..=500 {
        notebook.send(change(&comm, json!({ "value": value }), "callback"));
    }
    notebook.send(KernelCommand::Input { run: run.clone(), value: String::new() });
    assert_eq!(notebook.finished(&run).await, Outcome::Ok);
    let mut seen = String::new();
    while !seen.contains("500") {
        seen = notebook.output("print(seen)").await;
    }
    assert!(seen.split(',').count() <= 3, "{seen}");
}

#[tokio::test]
async fn ln_43_what_an_output_widget_takes_is_told_under_its_own_run_also_of_interact() {
    let mut notebook = Notebook::open(&with_widgets().await);
    let code = "import ipywidgets\nout = ipywidgets.Output()\nprint('before')\nwith out:\n    print('inside')\nprint('after')\n\
                @ipywidgets.interact(x=5)\ndef double(x):\n    print('double', 2 * x)";
    let run = notebook.run(code);
    assert_eq!(notebook.finished(&run).await, Outcome::Ok);
    assert_eq!(notebook.stdout(&run), "before\nafter\n");
    let takers: HashMap<String, _> = notebook
        .events
        .iter()
        .filter_map(|event| match event {
            KernelEvent::Takes { run, comm } => Some((comm.clone(), run.clone())),
            _ => None,
        })
        .collect();
    let taken: Vec<String> = takers.values().map(|run| notebook.stdout(run)).collect();
    assert!(taken.contains(&"inside\n".into()) && taken.contains(&"double 10\n".into()), "{taken:?}");
    let (slider, _) = widget(&notebook, "IntSliderModel");
    let (output, _) = widget(&notebook, "OutputModel");
    notebook.send(change(&slider, json!({ "value": 8 }), "callback"));
    let taker = takers[&output].clone();
    notebook
        .until(|event| matches!(event, KernelEvent::Stream { run, text, .. } if *run == taker && text == "double 16\n"))
        .await;
    assert_eq!(notebook.stdout(&"callback".parse().unwrap()), "");
}

#[tokio::test]
async fn ln_43_a_widget_that_changes_a_thousand_times_a_second_is_told_seldom_and_ends_right() {
    let mut notebook = Notebook::open(&with_widgets().await);
    // A kernel sends on when nobody reads, and then loses what it says: so it is not faster than that.
    let code = "import ipywidgets, time\nimage = ipywidgets.Image(value=b'')\nother = ipywidgets.IntSlider(max=100_000)\n\
                for n in range(3_000):\n    other.value = n\n    \
                if n % 50 == 0:\n        image.value = bytes([n % 251]) * 100_000\n        time.sleep(0.05)\n\
                print('done')";
    assert_eq!(notebook.output(code).await, "done\n");
    let (slider, state) = widget(&notebook, "IntSliderModel");
    assert_eq!(state["value"], 2_999);
    let said = comms(&notebook).filter(|said| said.comm == slider).count();
    assert!(said < 1_000, "{said} messages");
    let (image, _) = widget(&notebook, "ImageModel");
    let last = comms(&notebook).filter(|said| said.comm == image).last().unwrap();
    assert_eq!(last.buffers, [vec![(2_950 % 251) as u8; 100_000]]);
}

#[tokio::test]
async fn ln_43_anywidget_opens_with_its_module_and_messages_of_its_own_go_both_ways() {
    let mut notebook = Notebook::open(&with_widgets().await);
    let code = "import anywidget, traitlets\nclass Counter(anywidget.AnyWidget):\n    _esm = 'export default { render() {} }'\n    \
                value = traitlets.Int(0).tag(sync=True)\nc = Counter()\n\
                c.on_msg(lambda widget, content, buffers: widget.send({'heard': content}, [b'ab']))\nc";
    notebook.output(code).await;
    let (comm, state) = widget(&notebook, "AnyModel");
    assert_eq!((&state["_model_module"], &state["value"]), (&json!("anywidget"), &json!(0)));
    assert!(state["_esm"].as_str().unwrap().contains("export default"));
    let data = object(json!({ "method": "custom", "content": "hello" }));
    notebook.send(KernelCommand::Comm { comm: comm.clone(), data, buffers: Vec::new(), run: None });
    let said = |event: &KernelEvent| matches!(event, KernelEvent::Comm(said) if said.comm == comm && said.data["method"] == "custom");
    let KernelEvent::Comm(answer) = notebook.until(said).await else { unreachable!("it fits") };
    assert_eq!((&answer.data["content"], &answer.buffers[..]), (&json!({ "heard": "hello" }), &[b"ab".to_vec()][..]));
}

#[tokio::test]
async fn a_message_to_a_widget_that_is_not_there_harms_nothing() {
    let mut notebook = Notebook::open(&with_widgets().await);
    notebook.output("1").await;
    notebook.send(change("nowhere", json!({ "value": 1 }), "callback"));
    assert_eq!(notebook.output("print('on')").await, "on\n");
}
