//! Runs in a real room over a real document, with engines played by the test.

mod models;

use std::collections::VecDeque;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use storage::{Loaded, Seq};

use super::*;
use crate::{
    catalogue::{NotebookRecord, Record},
    ids::DocumentId,
    notebook::{CellView, ImportedNotebook, NotebookView, Op, Output, StreamName},
    room::{
        content::Content,
        document::Document,
        effects::{Answer, Append, Input, Outgoing, Read, ReplyId},
        handle::{ApplyError, CloseReason},
        limits::RoomLimits,
        state::RoomState,
    },
    vocabulary::{ActorKind, DEFAULT_KERNELSPEC, LoggedEvent, Place as CellPlace, TokenUsage},
};

fn actor(name: &str) -> Actor {
    Actor { name: name.into(), kind: ActorKind::Human }
}

fn id(text: &str) -> CellId {
    text.parse().unwrap()
}

/// A notebook, what is on disk of it, and what its engines were told and have not done yet.
struct World {
    room: RoomState,
    log: Vec<Bytes>,
    record: NotebookRecord,
    calls: VecDeque<EngineCall>,
    answers: Vec<Answer>,
    events: Vec<LoggedEvent>,
    now: Millis,
    /// What is on its way to the disk; if it is lazy, until it is told to write.
    waiting: VecDeque<Append>,
    lazy: bool,
}

impl World {
    /// Code cells are named `a`, `b` …; those of questions begin with `q`.
    fn new(cells: &[(&str, &str)]) -> Self {
        let view = |(name, source): &(&str, &str)| {
            let kind = if name.starts_with('q') { CellKind::Prompt } else { CellKind::Code };
            CellView::new(id(name), kind, (*source).into())
        };
        let content = ImportedNotebook { cells: cells.iter().map(view).collect(), ..ImportedNotebook::default() };
        let record = NotebookRecord::new("Notebook".into(), 1, &actor("Ana"), 1);
        let log = vec![Document::initial_notebook(content)];
        let (calls, answers, events, waiting) = Default::default();
        let (room, now, lazy) = (Self::load(&log, &record), 1_000_000, false);
        Self { room, log, record, calls, answers, events, now, waiting, lazy }
    }

    fn load(log: &[Bytes], record: &NotebookRecord) -> RoomState {
        let (document, limits): (DocumentId, _) = ("notebook".parse().unwrap(), RoomLimits::default());
        let tail = log.iter().enumerate().map(|(at, bytes)| (Seq(at as u64 + 1), bytes.clone())).collect();
        let content = Content::load(&document, 7, &Loaded { snapshot: None, tail }, limits.document_bytes).unwrap();
        RoomState::new(document, content, Some(Record::Notebook(record.clone())), &limits)
    }

    fn handle(&mut self, input: Input) {
        let effects = self.room.handle(vec![input], self.now);
        self.waiting.extend(effects.append);
        for (_, item) in effects.release {
            match item {
                Outgoing::Engine(call) => self.calls.push_back(call),
                Outgoing::Reply { answer, .. } => self.answers.push(answer),
                _ => {}
            }
        }
        if !self.lazy {
            self.flush(usize::MAX);
        }
    }

    /// The disk takes what waits for it, oldest first.
    fn flush(&mut self, count: usize) {
        let count = count.min(self.waiting.len());
        let mut newest = None;
        for append in self.waiting.drain(..count) {
            newest = Some(append.revision);
            self.log.extend((!append.update.is_empty()).then_some(append.update));
            self.events.extend(append.events);
            if let Some(Record::Notebook(record)) = append.record {
                self.record = record;
            }
        }
        if let Some(newest) = newest {
            self.handle(Input::Durable(newest));
        }
    }

    fn ask(&mut self, request: RunRequest, by: &str) -> Result<Vec<Run>, ApplyError> {
        self.handle(Input::Run { request, actor: actor(by), reply: ReplyId(1) });
        match self.answers.pop().unwrap() {
            Answer::Runs(runs) => Ok(runs),
            Answer::Refused(error) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    fn run(&mut self, cell: &str) -> RunId {
        let runs = self.ask(RunRequest::Run(Which::Cells(vec![id(cell)])), "Ana").unwrap();
        runs[0].run_id.clone()
    }

    fn said(&mut self, event: KernelEvent) {
        let generation = self.room.runs.kernel.generation();
        self.handle(Input::Kernel { generation, events: vec![event] });
    }

    fn idle(&mut self) {
        self.said(KernelEvent::State { phase: KernelPhase::Idle, step: None, sentence: None });
    }

    fn prints(&mut self, run: &RunId, text: &str) {
        let output = Output::Stream { name: StreamName::Stdout, text: text.into() };
        self.said(KernelEvent::Output { run: run.clone(), output });
    }

    fn finished(&mut self, run: &RunId, outcome: Outcome) {
        self.said(KernelEvent::Finished { run: run.clone(), outcome, count: Some(3) });
    }

    fn view(&mut self) -> NotebookView {
        self.handle(Input::Read { what: Read::Notebook, reply: ReplyId(1) });
        match self.answers.pop().unwrap() {
            Answer::Notebook(view) => *view,
            other => panic!("{other:?}"),
        }
    }

    fn cell(&mut self, cell: &str) -> CellView {
        self.view().cells.into_iter().find(|view| view.id == id(cell)).unwrap()
    }

    fn last(&mut self, cell: &str) -> Run {
        self.room.document.read(|notebook, _| notebook.last_run(&id(cell)).cloned()).unwrap().unwrap()
    }

    fn state(&mut self, cell: &str) -> RunState {
        self.last(cell).state
    }

    fn edit(&mut self, op: Op) {
        self.handle(Input::Apply { op, actor: actor("Ben"), reply: ReplyId(1) });
        self.answers.clear();
    }

    /// The codes that the kernel was told to execute since this was last asked.
    fn executed(&mut self) -> Vec<(RunId, String)> {
        let execute = |call| match call {
            EngineCall::Kernel { command: KernelCommand::Execute { run, code, .. }, .. } => Some((run, code)),
            _ => None,
        };
        self.calls.drain(..).filter_map(execute).collect()
    }

    /// A process that died and came back: what was not on disk is gone.
    fn restart_server(&mut self) {
        self.waiting.clear();
        self.room = Self::load(&self.log, &self.record);
        self.calls.clear();
        self.handle(Input::Opened);
    }

    fn told(&self, kind: &str) -> usize {
        self.events.iter().filter(|logged| json!(logged.event)["event"] == kind).count()
    }
}

#[test]
fn ln_20_the_source_is_read_when_the_run_begins_and_the_kernel_is_told_after_the_disk() {
    let mut world = World::new(&[("a", "1"), ("b", "2")]);
    let run = world.run("a");
    assert!(matches!(world.calls[0], EngineCall::StartKernel { .. }));
    assert_eq!(world.state("a"), RunState::Queued, "it waits for the kernel");
    world.edit(Op::SetSource { id: id("a"), source: "print('new')".into(), base: None });
    world.idle();
    assert_eq!(world.executed(), [(run.clone(), "print('new')".to_owned())]);
    assert_eq!(world.last("a").source_hash.unwrap(), crate::vocabulary::source_hash("print('new')"));
    world.prints(&run, "new\n");
    assert_eq!(world.cell("a").outputs, [json!({ "output_type": "stream", "name": "stdout", "text": "new\n" })]);
    world.finished(&run, Outcome::Ok);
    let last = world.last("a");
    assert_eq!((last.state, last.execution_count, last.by.name.as_str()), (RunState::Ok, Some(3), "Ana"));
    assert_eq!(world.cell("a").execution_count, Some(3));
    assert_eq!([world.told("run:queued"), world.told("run:started"), world.told("run:finished")], [1, 1, 1]);
}

/// A request to start a kernel by this kernelspec.
fn start(name: &str, replace: bool) -> RunRequest {
    let choice = KernelChoice { name: name.into(), display_name: name.to_uppercase(), language: "python".into() };
    RunRequest::StartKernel { choice: Some(choice), replace }
}

/// The kernelspecs by which kernels were started.
fn started(world: &World) -> Vec<&str> {
    let mut specs = Vec::new();
    for call in &world.calls {
        if let EngineCall::StartKernel { spec, .. } = call {
            specs.push(spec.as_str());
        }
    }
    specs
}

#[test]
fn ln_84_a_kernel_that_was_chosen_is_the_notebooks_own_and_replaces_another_only_when_that_is_meant() {
    let mut world = World::new(&[("a", "1")]);
    world.ask(start("ir", false), "Ana").unwrap();
    let kept = json!({ "name": "ir", "display_name": "IR", "language": "python" });
    assert_eq!(world.view().metadata["kernelspec"], kept);
    world.idle();
    let run = world.run("a");
    assert!(matches!(world.ask(start("xeus", false), "Ben"), Err(ApplyError::Run(RunError::KernelRuns))));
    assert_eq!(world.view().metadata["kernelspec"], kept, "what was refused changes nothing");
    world.ask(start("ir", true), "Ben").unwrap();
    assert_eq!(world.state("a"), RunState::Running);
    assert_eq!(started(&world), ["ir"], "it runs already");
    world.ask(start("xeus", true), "Ben").unwrap();
    assert_eq!(started(&world), ["ir", "xeus"]);
    let last = world.last("a");
    assert_eq!((last.run_id, last.state), (run, RunState::Cancelled));
    assert_eq!(last.stopped_by.unwrap().name, "Ben");
    world.ask(RunRequest::Shutdown, "Ana").unwrap();
    world.run("a");
    assert_eq!(started(&world), ["ir", "xeus", "xeus"], "a run starts the one that was chosen");
}

#[test]
fn a_notebook_that_names_no_kernel_starts_that_of_the_server_and_choosing_it_changes_nothing() {
    let mut world = World::new(&[("a", "1")]);
    world.run("a");
    assert_eq!(started(&world), [DEFAULT_KERNELSPEC]);
    world.ask(start(DEFAULT_KERNELSPEC, false), "Ben").unwrap();
    assert_eq!(started(&world), [DEFAULT_KERNELSPEC]);
}

#[test]
fn nothing_is_told_to_an_engine_before_the_document_says_so_durably() {
    let mut world = World::new(&[("a", "1")]);
    let request = RunRequest::Run(Which::All);
    let effects = world.room.handle(vec![Input::Run { request, actor: actor("Ana"), reply: ReplyId(1) }], world.now);
    assert!(effects.release.is_empty() && effects.append.len() == 1);
    assert!(effects.append[0].record.as_ref().unwrap().is_live(), "a crash from now on finds that something ran");
    let released = world.room.handle(vec![Input::Durable(effects.append[0].revision)], world.now).release;
    assert!(released.iter().any(|(_, item)| matches!(item, Outgoing::Engine(EngineCall::StartKernel { .. }))));
}

#[test]
fn ln_41_two_people_who_press_run_make_one_run() {
    let mut world = World::new(&[("a", "1")]);
    let first = world.run("a");
    let second = world.ask(RunRequest::Run(Which::Cells(vec![id("a")])), "Ben").unwrap();
    assert_eq!((&second[0].run_id, second[0].by.name.as_str()), (&first, "Ana"));
    world.idle();
    assert_eq!(world.run("a"), first, "nor while it runs");
    assert_eq!(world.executed().len(), 1);
}

#[test]
fn ln_80_an_error_ends_the_rest_of_what_was_asked_in_one_go_and_nothing_else() {
    let mut world = World::new(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
    world.ask(RunRequest::Run(Which::Above(id("d"))), "Ana").unwrap();
    world.run("d");
    world.idle();
    let run = world.last("a").run_id;
    let traceback = vec!["Traceback".to_owned()];
    let error = Output::Error { name: "NameError".into(), value: "x".into(), traceback };
    world.said(KernelEvent::Output { run: run.clone(), output: error });
    world.finished(&run, Outcome::Failed);
    assert_eq!((world.state("a"), world.last("a").error.as_deref()), (RunState::Failed, Some("NameError: x")));
    assert_eq!(
        (world.state("b"), world.state("c"), world.state("d")),
        (RunState::Cancelled, RunState::Cancelled, RunState::Running)
    );
    assert!(world.last("b").error.unwrap().contains("did not end well"));
}

#[test]
fn ln_80_whoever_asks_for_it_goes_on_after_an_error_and_still_stops_all_at_once() {
    let mut world = World::new(&[("a", "1"), ("b", "2"), ("c", "3")]);
    world.ask(RunRequest::RunOn(Which::All), "Ana").unwrap();
    world.idle();
    let run = world.last("a").run_id;
    world.finished(&run, Outcome::Failed);
    assert_eq!((world.state("a"), world.state("b")), (RunState::Failed, RunState::Running));
    world.ask(RunRequest::CancelAll, "Ana").unwrap();
    let run = world.last("b").run_id;
    world.finished(&run, Outcome::Failed);
    assert_eq!((world.state("b"), world.state("c")), (RunState::Cancelled, RunState::Cancelled));
}

#[test]
fn ln_36_who_stopped_a_run_is_said_and_an_interrupt_empties_the_queue() {
    let mut world = World::new(&[("a", "1"), ("b", "2"), ("q", "why?")]);
    world.ask(RunRequest::Run(Which::All), "Ana").unwrap();
    world.run("q");
    world.idle();
    world.calls.clear();
    world.ask(RunRequest::Interrupt, "Ben").unwrap();
    assert!(matches!(&world.calls[0], EngineCall::Kernel { command: KernelCommand::Interrupt, .. }));
    assert_eq!((world.state("a"), world.state("b")), (RunState::Running, RunState::Cancelled));
    let run = world.last("a").run_id;
    world.finished(&run, Outcome::Failed);
    let last = world.last("a");
    assert_eq!((last.state, last.stopped_by.unwrap().name.as_str()), (RunState::Cancelled, "Ben"));
    assert_eq!(world.last("b").stopped_by.unwrap().name, "Ben");
}

#[test]
fn a_kernel_that_dies_fails_what_runs_and_the_next_run_starts_another() {
    let mut world = World::new(&[("a", "1"), ("b", "2")]);
    world.ask(RunRequest::Run(Which::All), "Ana").unwrap();
    world.idle();
    let sentence = "The kernel was killed by the system.".to_owned();
    let old = world.room.runs.kernel.generation();
    world.said(KernelEvent::State { phase: KernelPhase::Dead, step: None, sentence: Some(sentence.clone()) });
    for cell in ["a", "b"] {
        assert_eq!((world.state(cell), world.last(cell).error), (RunState::Failed, Some(sentence.clone())));
    }
    assert!(!world.room.is_working(), "the room may be unloaded");
    world.calls.clear();
    let run = world.run("a");
    let idle = KernelEvent::State { phase: KernelPhase::Idle, step: None, sentence: None };
    world.handle(Input::Kernel { generation: old, events: vec![idle] });
    assert_eq!(world.executed(), [], "what the dead kernel said is not listened to");
    world.idle();
    assert_eq!(world.executed(), [(run, "1".to_owned())]);
}

#[test]
fn an_environment_that_cannot_be_made_is_told_from_a_kernel_that_dies_by_its_step() {
    let mut world = World::new(&[("a", "1")]);
    let state = |phase, step: Option<&str>| KernelEvent::State { phase, step: step.map(str::to_owned), sentence: None };
    let step = |world: &mut World| world.room.document.read(|notebook, _| notebook.kernel().step.clone()).unwrap();
    world.run("a");
    world.said(state(KernelPhase::Preparing, Some("installKernel")));
    world.said(state(KernelPhase::Dead, None));
    assert_eq!(step(&mut world).as_deref(), Some("installKernel"));
    world.run("a");
    assert_eq!(step(&mut world), None);
    world.said(state(KernelPhase::Preparing, Some("installKernel")));
    world.idle();
    world.said(state(KernelPhase::Dead, None));
    assert_eq!(step(&mut world), None);
}

#[test]
fn ln_40_what_ran_when_the_server_died_is_interrupted_before_anybody_sees_it() {
    let mut world = World::new(&[("a", "1"), ("b", "2"), ("q", "why?")]);
    world.ask(RunRequest::Run(Which::All), "Ana").unwrap();
    world.run("q");
    world.idle();
    world.restart_server();
    for cell in ["a", "b", "q"] {
        assert_eq!(world.state(cell), RunState::Interrupted);
        assert!(world.last(cell).error.unwrap().starts_with("The server stopped"));
    }
    let status = world.room.document.read(|notebook, _| notebook.kernel().clone()).unwrap();
    assert_eq!(status.state, KernelPhase::Stopped);
    assert!(!world.record.live && !world.room.is_working());
    let run = world.run("a");
    world.idle();
    assert_eq!(world.executed(), [(run, "1".to_owned())]);
}

#[test]
fn an_orderly_stop_ends_all_runs_and_the_kernel() {
    let mut world = World::new(&[("a", "1"), ("q", "why?")]);
    world.ask(RunRequest::Run(Which::Cells(vec![id("a")])), "Ana").unwrap();
    world.run("q");
    world.idle();
    world.calls.clear();
    world.handle(Input::Stop(CloseReason::Restart));
    assert!(world.calls.iter().any(|call| matches!(call, EngineCall::Kernel { command: KernelCommand::Shutdown, .. })));
    assert_eq!((world.state("a"), world.state("q")), (RunState::Interrupted, RunState::Interrupted));
    assert!(!world.record.live);
}

#[test]
fn a_client_cannot_write_runs_or_the_kernel() {
    use yrs::{Doc, Map, ReadTxn, Transact, Update, updates::decoder::Decode};
    let mut world = World::new(&[("a", "1")]);
    let run = world.run("a");
    let doc = Doc::with_client_id(99);
    for update in &world.log {
        doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
    }
    let before = doc.transact().state_vector();
    let (runs, kernel) = (doc.get_or_insert_map("runs"), doc.get_or_insert_map("kernel"));
    let mut txn = doc.transact_mut();
    runs.insert(&mut txn, "a", "forged");
    runs.insert(&mut txn, "nobody", "forged");
    kernel.insert(&mut txn, "status", "forged");
    drop(txn);
    let forged = crate::wire::update::check(doc.transact().encode_diff_v1(&before).into()).unwrap();
    world.handle(Input::Merge { update: forged, actor: actor("Eve"), reply: ReplyId(1) });
    assert!(matches!(world.answers.pop(), Some(Answer::Merged)));
    assert_eq!(world.last("a").run_id, run);
    world.restart_server();
    assert_eq!((world.last("a").run_id, world.state("a")), (run, RunState::Interrupted));
    let ids: Vec<String> =
        world.room.document.read(|notebook, _| notebook.last_runs().map(|run| run.cell.to_string()).collect()).unwrap();
    assert_eq!(ids, ["a"]);
}

#[test]
fn any_editor_answers_what_a_program_asks_also_after_a_reload_of_the_page() {
    let mut world = World::new(&[("a", "input()")]);
    let run = world.run("a");
    world.idle();
    assert!(world.ask(RunRequest::Input { cell: id("a"), value: "x".into() }, "Ben").is_err());
    world.said(KernelEvent::InputWanted { run: run.clone(), prompt: "Name?".into(), password: true });
    assert_eq!(world.last("a").input, Some(crate::vocabulary::InputWanted { prompt: "Name?".into(), password: true }));
    world.calls.clear();
    world.ask(RunRequest::Input { cell: id("a"), value: "secret".into() }, "Ben").unwrap();
    let said = KernelCommand::Input { run, value: "secret".into() };
    assert!(matches!(&world.calls[0], EngineCall::Kernel { command, .. } if *command == said));
    assert_eq!(world.last("a").input, None);
    let shown = json!({ "output_type": "stream", "name": "stdout", "text": "Name?········\n" });
    assert_eq!(world.cell("a").outputs, [shown], "as in a terminal");
    assert!(!world.log.iter().any(|bytes| bytes.windows(6).any(|window| window == b"secret")), "it is in no document");
}

#[test]
fn a_restart_ends_what_runs_and_can_run_all() {
    let mut world = World::new(&[("a", "1"), ("b", "2")]);
    world.run("a");
    world.idle();
    world.calls.clear();
    let runs = world.ask(RunRequest::Restart { run_all: true }, "Ben").unwrap();
    assert_eq!(runs.len(), 2);
    assert!(matches!(&world.calls[0], EngineCall::Kernel { command: KernelCommand::Restart, .. }));
    world.calls.clear();
    world.finished(&runs[0].run_id, Outcome::Aborted);
    assert_eq!((world.state("a"), world.executed()), (RunState::Queued, vec![]));
    world.idle();
    assert_eq!(world.executed().len(), 1);
}

#[test]
fn cells_that_changed_before_their_turn_are_passed_over_with_a_sentence() {
    let mut world = World::new(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", " \n")]);
    world.ask(RunRequest::Run(Which::All), "Ana").unwrap();
    world.edit(Op::DeleteCell { id: id("b") });
    world.edit(Op::PatchCell { id: id("c"), kind: Some(CellKind::Note), metadata: None, collapsed: None });
    world.idle();
    let run = world.last("a").run_id;
    world.finished(&run, Outcome::Ok);
    assert_eq!(
        (world.state("b"), world.state("c"), world.state("d")),
        (RunState::Cancelled, RunState::Cancelled, RunState::Ok)
    );
    assert!(world.last("b").error.unwrap().contains("deleted"));
    assert!(matches!(
        world.ask(RunRequest::Run(Which::Cells(vec![id("c")])), "Ana"),
        Err(ApplyError::Run(RunError::NothingToRun))
    ));
}

fn model_said(world: &mut World, run: &RunId, event: AnswerEvent) {
    world.handle(Input::Model { run: run.clone(), events: vec![event] });
}

#[test]
fn ln_31_32_an_answer_streams_apart_from_its_thinking_and_the_deltas_joined_are_the_answer() {
    let mut world = World::new(&[("a", "x = 1"), ("q", "What is x?")]);
    let run = world.run("q");
    let Some(EngineCall::Ask { question, .. }) = world.calls.pop_front() else { panic!("no question") };
    assert_eq!(question.sent(), [id("a")]);
    let text = &question.messages()[0].text;
    assert!(text.contains("x = 1") && text.ends_with("What is x?"), "{text}");
    for (step, text) in ["Let me", " think", "."].iter().enumerate() {
        world.now += 100 * step as Millis;
        model_said(&mut world, &run, AnswerEvent::Thinking((*text).into()));
    }
    for text in ["x ", "is ", "**1**", "."] {
        world.now += 30;
        model_said(&mut world, &run, AnswerEvent::Text(text.into()));
    }
    let usage = TokenUsage { input_tokens: 9, output_tokens: 4, ..TokenUsage::default() };
    model_said(
        &mut world,
        &run,
        AnswerEvent::Done(Answered { model: Some("tiny".into()), usage: Some(usage), notice: None }),
    );
    let outputs = world.cell("q").outputs;
    assert_eq!(outputs[0]["data"]["text/markdown"], "Let me think.");
    assert!(outputs[0]["data"]["application/vnd.coscribe.thinking+json"]["ms"].is_number());
    assert_eq!(outputs[1]["data"], json!({ "text/markdown": "x is **1**." }));
    let ours = &outputs[1]["metadata"]["coscribe"];
    assert_eq!((&ours["part"], &ours["status"], &ours["model"]), (&json!("answer"), &json!("ok"), &json!("tiny")));
    assert_eq!((&ours["usage"]["outputTokens"], &ours["sent"]["cells"]), (&json!(4), &json!(["a"])));
    let said = |thinking: bool| -> String {
        let deltas = world.events.iter().filter_map(|logged| match &logged.event {
            Event::AnswerDelta { thinking: part, text, .. } if *part == thinking => Some(text.as_str()),
            _ => None,
        });
        deltas.collect()
    };
    assert_eq!((said(true).as_str(), said(false).as_str()), ("Let me think.", "x is **1**."));
    assert!(world.told("cell:answer.delta") < 7 && world.told("cell:answer.done") == 1);
    assert!(matches!(world.calls.pop_front(), Some(EngineCall::StopAnswer { .. })));
}

#[test]
fn ln_36_a_stopped_answer_keeps_what_came_and_says_who_stopped_it() {
    let mut world = World::new(&[("q", "Tell me a story")]);
    let run = world.run("q");
    model_said(&mut world, &run, AnswerEvent::Text("Once".into()));
    world.calls.clear();
    let stopped = world.ask(RunRequest::Cancel(id("q")), "Ben").unwrap();
    assert_eq!((stopped[0].state, stopped[0].stopped_by.as_ref().unwrap().name.as_str()), (RunState::Cancelled, "Ben"));
    assert!(matches!(&world.calls[0], EngineCall::StopAnswer { run: stopped } if *stopped == run));
    model_said(&mut world, &run, AnswerEvent::Text(" upon".into()));
    let outputs = world.cell("q").outputs;
    assert_eq!(outputs[0]["data"]["text/markdown"], "Once");
    assert_eq!(outputs[0]["metadata"]["coscribe"]["stoppedBy"], "Ben");
}

#[test]
fn ln_42_ln_86_an_answer_merges_with_what_people_type_and_a_stale_one_is_not_sent() {
    let mut world = World::new(&[("q1", "Who is John?"), ("q2", "And now?")]);
    let run = world.run("q1");
    model_said(&mut world, &run, AnswerEvent::Text("John is ".into()));
    world.edit(Op::SetSource { id: id("q1"), source: "Who is Mark?".into(), base: None });
    model_said(&mut world, &run, AnswerEvent::Text("a friend.".into()));
    model_said(&mut world, &run, AnswerEvent::Done(Answered::default()));
    assert_eq!(world.cell("q1").outputs[0]["data"]["text/markdown"], "John is a friend.");
    assert_ne!(world.last("q1").source_hash.unwrap(), crate::vocabulary::source_hash("Who is Mark?"));
    world.calls.clear();
    world.run("q2");
    let Some(EngineCall::Ask { question, .. }) = world.calls.pop_front() else { panic!("no question") };
    assert_eq!((question.sent().len(), question.messages().len()), (0, 1));
}

#[test]
fn an_answer_whose_cell_is_deleted_or_becomes_something_else_is_stopped_at_once() {
    for (edit, sentence) in [
        (Op::DeleteCell { id: id("q") }, "The cell was deleted."),
        (
            Op::PatchCell { id: id("q"), kind: Some(CellKind::Note), metadata: None, collapsed: None },
            "The cell is no prompt cell any more.",
        ),
    ] {
        let mut world = World::new(&[("q", "Tell me a story"), ("q2", "And another")]);
        let (run, other) = (world.run("q"), world.run("q2"));
        model_said(&mut world, &run, AnswerEvent::Text("Once".into()));
        world.calls.clear();
        world.edit(edit);
        assert_eq!(world.calls, [EngineCall::StopAnswer { run: run.clone() }], "the provider is let go");
        let last = world.last("q");
        assert_eq!((last.state, last.error.as_deref(), last.stopped_by), (RunState::Cancelled, Some(sentence), None));
        assert_eq!((world.state("q2"), world.told("run:cancelled")), (RunState::Running, 1));
        model_said(&mut world, &other, AnswerEvent::Done(Answered::default()));
        assert!(!world.room.is_working());
    }
}

fn published(text: &str) -> RunRequest {
    let answer = Published {
        thinking: "Hm.".into(),
        text: text.into(),
        answered: Answered { model: Some("tiny".into()), ..Answered::default() },
        source_hash: crate::vocabulary::source_hash("Why?"),
        sent: vec![id("a")],
    };
    RunRequest::Publish { cell: id("q"), answer: Box::new(answer) }
}

#[test]
fn ln_71_a_published_draft_is_a_run_that_ended_by_whoever_published_it() {
    let mut world = World::new(&[("a", "x = 1"), ("q", "Why?")]);
    let runs = world.ask(published("Because."), "Ben").unwrap();
    assert_eq!((runs[0].state, runs[0].by.name.as_str(), runs[0].ended_at), (RunState::Ok, "Ben", Some(world.now)));
    let outputs = world.cell("q").outputs;
    assert_eq!(outputs[0]["data"]["text/markdown"], "Hm.");
    assert_eq!(outputs[1]["data"], json!({ "text/markdown": "Because." }));
    let ours = &outputs[1]["metadata"]["coscribe"];
    assert_eq!(
        (&ours["model"], &ours["sent"]["cells"], &ours["status"]),
        (&json!("tiny"), &json!(["a"]), &json!("ok"))
    );
    for (kind, count) in [("run:queued", 1), ("run:started", 1), ("run:finished", 1), ("cell:answer.done", 1)] {
        assert_eq!(world.told(kind), count, "{kind}");
    }
    assert!(!world.room.is_working() && world.calls.iter().all(|call| matches!(call, EngineCall::StopAnswer { .. })));
    let refused = |world: &mut World, request| match world.ask(request, "Ben") {
        Err(ApplyError::Run(error)) => error,
        other => panic!("{other:?}"),
    };
    world.run("q");
    assert_eq!(refused(&mut world, published("Again.")), RunError::Runs(id("q")));
    let RunRequest::Publish { answer, .. } = published("To code.") else { unreachable!() };
    assert_eq!(refused(&mut world, RunRequest::Publish { cell: id("a"), answer }), RunError::NoPrompt(id("a")));
}

#[test]
fn an_earlier_answer_that_is_published_again_takes_the_place_of_the_present_one_and_none_is_lost() {
    let mut world = World::new(&[("a", "x = 1"), ("q", "Why?")]);
    let earlier = |world: &mut World| -> Vec<String> {
        let kept = world.room.document.read(|_, txn| Notebook::earlier_answers(txn, &id("q"))).unwrap();
        kept.into_iter().map(|answer| answer.text).collect()
    };
    for text in ["One.", "Two.", "Three."] {
        world.now += 1;
        world.ask(published(text), "Ben").unwrap();
    }
    assert_eq!(earlier(&mut world), ["Two.", "One."]);
    world.now += 1;
    world.ask(published("One."), "Ana").unwrap();
    assert_eq!(world.cell("q").outputs[1]["data"]["text/markdown"], "One.");
    assert_eq!(earlier(&mut world), ["Three.", "Two."]);
    // A question that fails at once has not thrown the answer away.
    world.now += 1;
    let run = world.run("q");
    model_said(&mut world, &run, AnswerEvent::Failed { sentence: "No.".into() });
    assert_eq!(earlier(&mut world), ["One.", "Three.", "Two."]);
    // What a killed server left is there too.
    world.run("q");
    world.restart_server();
    assert_eq!(earlier(&mut world), ["One.", "Three.", "Two."]);
}

#[test]
fn ln_86_an_answer_says_itself_which_question_it_answers() {
    let mut world = World::new(&[("q1", "Who is John?"), ("q2", "And now?")]);
    let run = world.run("q1");
    model_said(&mut world, &run, AnswerEvent::Text("A friend.".into()));
    model_said(&mut world, &run, AnswerEvent::Done(Answered::default()));
    let copy = ImportedNotebook::from(world.view());
    world.log = vec![Document::initial_notebook(copy)];
    world.restart_server();
    let messages = |world: &mut World| {
        world.handle(Input::Read { what: Read::Question(id("q2")), reply: ReplyId(1) });
        match world.answers.pop().unwrap() {
            Answer::Question(question) => question.messages().len(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(messages(&mut world), 3, "the copy knows no run, and still the answer answers its question");
    world.edit(Op::SetSource { id: id("q1"), source: "Who is Mark?".into(), base: None });
    assert_eq!(messages(&mut world), 1);
}

#[test]
fn a_long_stream_keeps_head_and_tail_and_the_middle_is_kept_beside_the_document() {
    let mut world = World::new(&[("a", "1")]);
    world.room.runs = Runs::with_limits(OutputLimits { stream_units: 4_000, ..OutputLimits::default() });
    let run = world.run("a");
    world.idle();
    let mut whole = String::new();
    for number in 0..2_000 {
        let line = format!("line {number}\n");
        whole.push_str(&line);
        world.prints(&run, &line);
    }
    world.finished(&run, Outcome::Ok);
    let outputs = world.cell("a").outputs;
    assert_eq!(outputs.len(), 3, "{outputs:?}");
    let Some(EngineCall::Keep(left_out)) = world.calls.pop_back() else { panic!("nothing is kept") };
    let text = |at: usize| outputs[at]["text"].as_str().unwrap().to_owned();
    assert_eq!(format!("{}{}{}", text(0), left_out.text, text(2)), whole);
    assert!(text(0).len() + text(2).len() <= 4_000);
    assert!(world.room.is_working(), "the room stays until the middle is kept");
    let LeftOut { cell, output, text: middle } = left_out;
    let blob = BlobRef { sha256: "ab".repeat(32), mime: "text/plain".into(), size: middle.len() as u64 };
    world.handle(Input::Kept { cell, output, blob: Some(blob) });
    let mut view = world.view();
    assert_eq!(crate::notebook::blobs_called(&view), ["ab".repeat(32)]);
    crate::notebook::carry_blobs(&mut view, &[("ab".repeat(32), middle.into_bytes())].into());
    assert_eq!(view.cells[0].outputs, [json!({ "output_type": "stream", "name": "stdout", "text": whole })]);
}

#[test]
fn outputs_beyond_the_limit_are_counted_where_they_would_stand() {
    let mut world = World::new(&[("a", "1")]);
    world.room.runs = Runs::with_limits(OutputLimits { outputs: 5, ..OutputLimits::default() });
    let run = world.run("a");
    world.idle();
    for number in 0..20 {
        let bundle = crate::notebook::Bundle {
            data: json!({ "text/plain": number.to_string() }).as_object().unwrap().clone(),
            ..Default::default()
        };
        world.said(KernelEvent::Output { run: run.clone(), output: Output::Display { bundle, display_id: None } });
    }
    let outputs = world.cell("a").outputs;
    assert_eq!(outputs.len(), 6);
    assert!(outputs[5]["data"]["text/plain"].as_str().unwrap().starts_with("15 more outputs are left out"));
}

#[test]
fn displays_change_in_every_cell_that_shows_them_and_cleared_outputs_wait_if_told_to() {
    let mut world = World::new(&[("a", "1"), ("b", "2")]);
    let bundle = |text: &str| crate::notebook::Bundle {
        data: json!({ "text/plain": text }).as_object().unwrap().clone(),
        ..Default::default()
    };
    world.ask(RunRequest::Run(Which::All), "Ana").unwrap();
    world.idle();
    for cell in ["a", "b"] {
        let run = world.last(cell).run_id;
        let output = Output::Display { bundle: bundle("old"), display_id: Some("d".into()) };
        world.said(KernelEvent::Output { run: run.clone(), output });
        if cell == "a" {
            world.finished(&run, Outcome::Ok);
        }
    }
    let run = world.last("b").run_id;
    let output = Output::Update { bundle: bundle("new"), display_id: "d".into() };
    world.said(KernelEvent::Output { run: run.clone(), output });
    for cell in ["a", "b"] {
        assert_eq!(world.cell(cell).outputs[0]["data"]["text/plain"], "new");
    }
    world.said(KernelEvent::Output { run: run.clone(), output: Output::Clear { wait: true } });
    assert_eq!(world.cell("b").outputs.len(), 1);
    world.prints(&run, "after");
    assert_eq!(world.cell("b").outputs, [json!({ "output_type": "stream", "name": "stdout", "text": "after" })]);
    world.said(KernelEvent::Output { run, output: Output::Clear { wait: false } });
    assert_eq!(world.cell("b").outputs, Vec::<Value>::new());
}

/// One step of a random story.
#[derive(Debug, Clone)]
enum Step {
    Run(usize),
    All,
    Cancel(usize),
    CancelAll,
    Interrupt,
    Restart(bool),
    Shutdown,
    Kernel(usize),
    Prints,
    Finish(bool),
    Answer(bool),
    Delete(usize),
    Restore(usize),
    ServerDies,
    Flush(usize),
    Time,
}

const NAMES: [&str; 4] = ["a", "b", "q1", "q2"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4usize).prop_map(Step::Run),
        2 => Just(Step::All),
        1 => (0..4usize).prop_map(Step::Cancel),
        1 => Just(Step::CancelAll),
        1 => Just(Step::Interrupt),
        1 => any::<bool>().prop_map(Step::Restart),
        1 => Just(Step::Shutdown),
        5 => (0..6usize).prop_map(Step::Kernel),
        3 => Just(Step::Prints),
        4 => any::<bool>().prop_map(Step::Finish),
        4 => any::<bool>().prop_map(Step::Answer),
        1 => (0..4usize).prop_map(Step::Delete),
        1 => (0..4usize).prop_map(Step::Restore),
        1 => Just(Step::ServerDies),
        6 => (1..6usize).prop_map(Step::Flush),
        1 => Just(Step::Time),
    ]
}

impl World {
    fn take(&mut self, step: &Step) {
        let name = |at: &usize| id(NAMES[*at]);
        let asked = |world: &mut Self, request| {
            world.handle(Input::Run { request, actor: actor("Ana"), reply: ReplyId(1) });
        };
        match step {
            Step::Run(at) => asked(self, RunRequest::Run(Which::Cells(vec![name(at)]))),
            Step::All => asked(self, RunRequest::Run(Which::All)),
            Step::Cancel(at) => asked(self, RunRequest::Cancel(name(at))),
            Step::CancelAll => asked(self, RunRequest::CancelAll),
            Step::Interrupt => asked(self, RunRequest::Interrupt),
            Step::Restart(run_all) => asked(self, RunRequest::Restart { run_all: *run_all }),
            Step::Shutdown => asked(self, RunRequest::Shutdown),
            Step::Kernel(phase) => {
                use KernelPhase::{Busy, Dead, Idle, Preparing, Starting};
                let phase = [Preparing, Starting, Idle, Idle, Busy, Dead][*phase];
                self.said(KernelEvent::State { phase, step: None, sentence: None });
            }
            Step::Prints => self.of_code(|world, run| world.prints(&run, "x\r\ny")),
            Step::Finish(ok) => {
                let outcome = if *ok { Outcome::Ok } else { Outcome::Failed };
                self.of_code(|world, run| world.finished(&run, outcome));
            }
            Step::Answer(last) => {
                let event = if *last { AnswerEvent::Done(Answered::default()) } else { AnswerEvent::Text("t".into()) };
                if let Some(run) = self.running(RunKind::Prompt) {
                    model_said(self, &run, event);
                }
            }
            Step::Delete(at) => self.edit(Op::DeleteCell { id: name(at) }),
            Step::Restore(at) => self.edit(Op::RestoreCell { id: name(at) }),
            Step::ServerDies => self.restart_server(),
            Step::Flush(count) => self.flush(*count),
            Step::Time => {
                self.now += 700;
                self.handle(Input::Tick);
            }
        }
    }

    fn of_code(&mut self, act: impl FnOnce(&mut Self, RunId)) {
        if let Some(run) = self.running(RunKind::Code) {
            act(self, run);
        }
    }

    fn unfinished(&mut self) -> Vec<Run> {
        let runs = self.room.document.read(|notebook, _| notebook.last_runs().cloned().collect::<Vec<_>>());
        runs.unwrap().into_iter().filter(|run| !run.state.has_ended()).collect()
    }

    fn running(&mut self, kind: RunKind) -> Option<RunId> {
        let mut runs = self.unfinished().into_iter();
        runs.find(|run| run.kind == kind && run.state == RunState::Running).map(|run| run.run_id)
    }

    /// Engines that do what they were told.
    fn come_to_rest(&mut self) {
        for _ in 0..40 {
            self.idle();
            self.of_code(|world, run| world.finished(&run, Outcome::Ok));
            if let Some(run) = self.running(RunKind::Prompt) {
                model_said(self, &run, AnswerEvent::Done(Answered::default()));
            }
        }
    }

    /// The document says of every run in the lanes that it waits or goes on, and of no other.
    fn check(&mut self) {
        for run in self.unfinished() {
            let ticket = self.room.runs.lanes.of_cell(&run.cell);
            assert_eq!(ticket.map(|ticket| &ticket.run), Some(&run.run_id), "{run:?} is in no lane");
        }
        assert!(
            self.unfinished().iter().filter(|run| run.kind == RunKind::Code && run.state == RunState::Running).count()
                <= 1
        );
        if self.waiting.is_empty() {
            assert_eq!(self.record.live, self.room.is_working());
        }
        self.check_what_engines_know();
    }

    /// No engine was told of a run that the disk does not know.
    fn check_what_engines_know(&self) {
        let begun: Vec<&RunId> = self
            .events
            .iter()
            .filter_map(|logged| match &logged.event {
                Event::RunStarted { run_id, .. } => Some(run_id),
                _ => None,
            })
            .collect();
        for call in &self.calls {
            if let EngineCall::Ask { run, .. }
            | EngineCall::Kernel { command: KernelCommand::Execute { run, .. }, .. } = call
            {
                assert!(begun.contains(&run), "an engine was told of {run}, which a crash would forget");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn ln_81_no_story_of_requests_and_engines_and_crashes_leaves_a_run_running(steps in proptest::collection::vec(step(), 0..40)) {
        let mut world = World::new(&[("a", "1"), ("b", "2"), ("q1", "why?"), ("q2", "how?")]);
        world.lazy = true;
        for step in &steps {
            world.take(step);
            world.check();
        }
        world.lazy = false;
        world.flush(usize::MAX);
        world.come_to_rest();
        prop_assert_eq!(world.unfinished(), vec![]);
        let (queued, ended) = (
            world.told("run:queued"),
            world.told("run:finished") + world.told("run:failed") + world.told("run:cancelled"),
        );
        prop_assert_eq!(queued, ended, "each run is told to begin waiting once and to end once");
    }
}

#[test]
fn a_cell_added_meanwhile_runs_with_all_that_come_later() {
    let mut world = World::new(&[("a", "1")]);
    world.edit(Op::AddCell { id: id("b"), kind: CellKind::Code, source: "2".into(), place: CellPlace::Last });
    assert_eq!(world.ask(RunRequest::Run(Which::Below(id("a"))), "Ana").unwrap().len(), 2);
}
