//! Widgets of the kernel in a room: who is told what, and what stays when the kernel goes.

use serde_json::Map;

use super::*;
use crate::notebook::{ModelEvent, entries};

fn state(value: Value) -> crate::notebook::Entries {
    entries(value.as_object().unwrap().clone(), &[], &[])
}

fn change(cell: Option<&str>, value: i32) -> ModelChange {
    let data = json!({ "method": "update", "state": { "value": value } });
    ModelChange {
        model: "slider".into(),
        cell: cell.map(id),
        state: state(json!({ "value": value })),
        data: data.as_object().unwrap().clone(),
        buffers: Vec::new(),
    }
}

impl World {
    fn change(&mut self, change: ModelChange) -> Result<u64, ApplyError> {
        self.handle(Input::ChangeModel { change, actor: actor("Ana"), reply: ReplyId(1) });
        match self.answers.pop().unwrap() {
            Answer::Changed(seq) => Ok(seq),
            Answer::Refused(error) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    /// A cell that has shown a slider, and has ended.
    fn with_slider() -> Self {
        let mut world = Self::new(&[("a", "1")]);
        let run = world.run("a");
        world.idle();
        let opened = state(json!({ "_model_name": "IntSliderModel", "value": 3 }));
        world.said(KernelEvent::Model(ModelEvent::Opened { model: "slider".into(), state: opened }));
        let data =
            json!({ "application/vnd.jupyter.widget-view+json": { "model_id": "slider" }, "text/plain": "slider" });
        let bundle = crate::notebook::Bundle { data: data.as_object().unwrap().clone(), ..Default::default() };
        let output = Output::Display { bundle, display_id: None };
        world.said(KernelEvent::Output { run: run.clone(), output });
        world.finished(&run, Outcome::Ok);
        world.calls.clear();
        world
    }

    fn value(&mut self) -> Value {
        self.view().models["slider"]["state"]["value"]["value"].clone()
    }

    /// What widgets were told, and under which run that which they cause is told.
    fn told_widgets(&mut self) -> Vec<(Map<String, Value>, Option<RunId>)> {
        let comm = |call| match call {
            EngineCall::Kernel { command: KernelCommand::Comm { data, run, .. }, .. } => Some((data, run)),
            _ => None,
        };
        self.calls.drain(..).filter_map(comm).collect()
    }
}

#[test]
fn ln_43_a_change_is_in_the_document_before_the_kernel_hears_of_it_and_what_it_prints_stands_in_the_cell() {
    let mut world = World::with_slider();
    let first = world.change(change(Some("a"), 5)).unwrap();
    assert_eq!(world.value(), 5);
    let [(data, Some(run))] = &world.told_widgets()[..] else { panic!("nothing told") };
    assert_eq!(data["state"]["value"], 5);
    world.prints(run, "moved\n");
    assert_eq!(world.cell("a").outputs[1]["text"], "moved\n");
    // The next one from the same cell goes on in the same text.
    assert!(world.change(change(Some("a"), 6)).unwrap() > first);
    let [(_, again)] = &world.told_widgets()[..] else { panic!("nothing told") };
    assert_eq!(again.as_ref(), Some(run));
    world.prints(run, "again\n");
    assert_eq!(world.cell("a").outputs[1]["text"], "moved\nagain\n");
    // A new run of the cell takes them away, and what still comes for the old ones is not put among the new.
    let next = world.run("a");
    world.prints(run, "late\n");
    world.prints(&next, "new\n");
    assert_eq!(world.cell("a").outputs.len(), 1);
    assert_eq!(world.cell("a").outputs[0]["text"], "new\n");
}

#[test]
fn ln_43_a_restart_leaves_the_last_picture_and_nobody_can_use_it() {
    for end in ["restart", "shut down", "death", "server"] {
        let mut world = World::with_slider();
        world.change(change(None, 7)).unwrap();
        world.calls.clear();
        match end {
            "restart" => drop(world.ask(RunRequest::Restart { run_all: false }, "Ana").unwrap()),
            "shut down" => drop(world.ask(RunRequest::Shutdown, "Ana").unwrap()),
            "death" => {
                world.said(KernelEvent::State { phase: KernelPhase::Dead, step: None, sentence: None });
            }
            _ => world.restart_server(),
        }
        assert_eq!(world.view().models["slider"]["ended"], json!(true), "{end}");
        assert_eq!(world.value(), 7, "{end}");
        assert!(matches!(world.change(change(None, 8)), Err(ApplyError::Run(_))), "{end}");
        assert_eq!(world.value(), 7, "{end}");
        assert_eq!(world.told_widgets(), [], "{end}");
    }
}

#[test]
fn ln_43_an_output_widget_takes_output_and_its_program_is_told() {
    let mut world = World::with_slider();
    let taker = RunId::generate();
    world.said(KernelEvent::Model(ModelEvent::Takes { model: "out".into(), run: taker.clone() }));
    let opened = state(json!({ "_model_name": "OutputModel", "outputs": [] }));
    world.said(KernelEvent::Model(ModelEvent::Opened { model: "out".into(), state: opened }));
    world.prints(&taker, "taken\n");
    assert_eq!(world.view().models["out"]["state"]["outputs"]["value"][0]["text"], "taken\n");
    let [(data, None)] = &world.told_widgets()[..] else { panic!("nothing told") };
    assert_eq!(data["state"]["outputs"][0]["text"], "taken\n");
    assert_eq!(world.cell("a").outputs.len(), 1, "the cell itself shows only its slider");
}

#[test]
fn ln_43_messages_that_come_at_once_are_all_told() {
    let mut world = World::with_slider();
    let generation = world.room.runs.kernel.generation();
    let said = |content: i32| {
        let message = json!({ "content": content, "buffers": [] });
        KernelEvent::Model(ModelEvent::Said { model: "slider".into(), message })
    };
    world.handle(Input::Kernel { generation, events: vec![said(1), said(2)] });
    let messages = world.view().models["slider"]["said"]["messages"].clone();
    assert_eq!(messages.as_array().map(Vec::len), Some(2));
}
