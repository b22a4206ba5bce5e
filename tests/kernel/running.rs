//! Execute, errors, interrupts, input, restarts, shutdown.

use coscribe::{
    kernel::{KernelCommand, KernelEvent, KernelLimits, KernelState, Notice, Outcome, StopReason, StreamName},
    vocabulary::{KernelAnswer, KernelQuestion, Unanswered},
};

use crate::notebook::{Notebook, is_alive, kernels};

#[tokio::test]
async fn ln_13_a_cell_gives_its_prints_its_value_and_its_count() {
    let mut notebook = Notebook::open(&kernels().await);
    let run = notebook.run("import sys\nprint('one')\nprint('two', file=sys.stderr)\n6 * 7");
    assert_eq!(notebook.finished(&run).await, Outcome::Ok);
    assert_eq!(notebook.stdout(&run), "one\n");
    assert_eq!(notebook.text(&run, StreamName::Stderr), "two\n");
    let value = notebook.events.iter().find_map(|event| match event {
        KernelEvent::Result { bundle, count, .. } => Some((bundle.data["text/plain"].clone(), *count)),
        _ => None,
    });
    assert_eq!(value, Some(("42".into(), Some(1))));
    let finished = KernelEvent::Finished { run: run.clone(), outcome: Outcome::Ok, count: Some(1) };
    assert_eq!(notebook.events.last(), Some(&finished));
    let started = notebook.events.iter().position(|event| *event == KernelEvent::Started { run: run.clone() });
    let first = notebook.events.iter().position(|event| matches!(event, KernelEvent::Stream { .. }));
    assert!(started.is_some() && started < first);
    let Some(KernelEvent::Ready(language)) =
        notebook.events.iter().find(|event| matches!(event, KernelEvent::Ready(_)))
    else {
        panic!("no language")
    };
    assert_eq!(language.info["name"], "python");
}

#[tokio::test]
async fn what_notebooks_run_is_not_written_into_the_history_of_the_servers_user() {
    let mut notebook = Notebook::open(&kernels().await);
    notebook.output("secret = 1").await;
    let code = "history = get_ipython().history_manager\nprint(history.hist_file)\n\
                print([line for _, _, line in history.get_range() if 'secret' in line][:1])";
    assert_eq!(notebook.output(code).await, ":memory:\n['secret = 1']\n");
}

#[tokio::test]
async fn an_exception_comes_with_its_traceback_and_the_next_cell_runs() {
    let mut notebook = Notebook::open(&kernels().await);
    let (failing, next) = (notebook.run("def f():\n    1 / 0\nf()"), notebook.run("print('on')"));
    assert_eq!(notebook.finished(&failing).await, Outcome::Failed);
    let error = notebook.events.iter().find_map(|event| match event {
        KernelEvent::Error { run, name, traceback, .. } if *run == failing => {
            Some((name.clone(), traceback.join("\n")))
        }
        _ => None,
    });
    let (name, traceback) = error.expect("an error");
    assert_eq!(name, "ZeroDivisionError");
    assert!(traceback.contains("\u{1b}[") && traceback.contains("division by zero"), "{traceback}");
    assert_eq!(notebook.finished(&next).await, Outcome::Ok);
    assert_eq!(notebook.stdout(&next), "on\n");
}

#[tokio::test]
async fn ln_82_an_interrupt_stops_a_loop_in_c_and_leaves_the_queue_and_the_variables() {
    let mut notebook = Notebook::open(&kernels().await);
    notebook.output("kept = 1").await;
    // Python checks for signals inside this matching, which would take ages; what was printed may be sent only afterwards.
    let run = notebook.run("import re; open('begun', 'w').close(); re.match(r'(a+)+$', 'a' * 60 + 'b')");
    let next = notebook.run("print(kept)");
    notebook.until_begun().await;
    notebook.send(KernelCommand::Interrupt);
    assert_eq!(notebook.finished(&run).await, Outcome::Failed);
    assert!(
        notebook.events.iter().any(|e| matches!(e, KernelEvent::Error { name, .. } if name == "KeyboardInterrupt"))
    );
    assert_eq!(notebook.finished(&next).await, Outcome::Ok);
    assert_eq!(notebook.stdout(&next), "1\n");
}

#[tokio::test]
async fn an_interrupt_without_effect_is_said_and_a_restart_helps() {
    let mut notebook = Notebook::open(&kernels().await);
    let process = notebook.process().await;
    // Python lets no other thread of its go on meanwhile, not even the one that sends what was printed.
    let deaf = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)";
    let run = notebook.run(&format!("{deaf}; open('begun', 'w').close(); sum(range(10**12))"));
    notebook.until_begun().await;
    notebook.send(KernelCommand::Interrupt);
    notebook.until(|event| matches!(event, KernelEvent::Notice { notice: Notice::InterruptIgnored, .. })).await;
    notebook.send(KernelCommand::Restart);
    assert_eq!(notebook.finished(&run).await, Outcome::Aborted);
    assert_ne!(notebook.process().await, process);
    assert!(!is_alive(process));
}

#[tokio::test]
async fn a_restart_aborts_what_was_asked_for_and_forgets_the_variables() {
    let mut notebook = Notebook::open(&kernels().await);
    notebook.output("lost = 1").await;
    let (running, waiting) = (notebook.run("import time; time.sleep(1000)"), notebook.run("print('never')"));
    notebook.until(|event| *event == KernelEvent::Started { run: running.clone() }).await;
    notebook.send(KernelCommand::Restart);
    let after = notebook.run("print('lost' in globals())");
    assert_eq!(notebook.finished(&running).await, Outcome::Aborted);
    assert_eq!(notebook.finished(&waiting).await, Outcome::Aborted);
    assert_eq!(notebook.finished(&after).await, Outcome::Ok);
    assert_eq!(notebook.stdout(&after), "False\n");
    assert!(notebook.events.contains(&KernelEvent::State(KernelState::Restarting)));
}

#[tokio::test]
async fn input_and_getpass_are_answered_once_by_whoever_comes() {
    let mut notebook = Notebook::open(&kernels().await);
    let run = notebook.run("from getpass import getpass\nname = input('Name? ')\nword = getpass()\nprint(name + word)");
    let wanted = KernelEvent::InputWanted { run: run.clone(), prompt: "Name? ".into(), password: false };
    notebook.until(|event| *event == wanted).await;
    for value in ["Ada", "too late"] {
        notebook.send(KernelCommand::Input { run: run.clone(), value: value.into() });
    }
    notebook.until(|event| matches!(event, KernelEvent::InputWanted { password: true, .. })).await;
    notebook.send(KernelCommand::Input { run: run.clone(), value: "é🙂".into() });
    assert_eq!(notebook.finished(&run).await, Outcome::Ok);
    assert_eq!(notebook.stdout(&run), "Adaé🙂\n");
}

#[tokio::test]
async fn without_leave_to_ask_input_raises_and_an_interrupt_ends_a_question() {
    let mut notebook = Notebook::open(&kernels().await);
    let run = coscribe::ids::RunId::generate();
    notebook.send(KernelCommand::Execute { run: run.clone(), code: "input()".into(), cell: None, allow_input: false });
    assert_eq!(notebook.finished(&run).await, Outcome::Failed);
    let run = notebook.run("input('forever')");
    notebook.until(|event| matches!(event, KernelEvent::InputWanted { .. })).await;
    notebook.send(KernelCommand::Interrupt);
    assert_eq!(notebook.finished(&run).await, Outcome::Failed);
    assert_eq!(notebook.output("print('well')").await, "well\n");
}

#[tokio::test]
async fn a_run_that_waits_can_be_withdrawn() {
    let mut notebook = Notebook::open(&kernels().await);
    let first = notebook.run("input('hold')");
    let (gone, last) = (notebook.run("print('never')"), notebook.run("print('last')"));
    notebook.until(|event| matches!(event, KernelEvent::InputWanted { .. })).await;
    notebook.send(KernelCommand::Withdraw { run: gone.clone() });
    assert_eq!(notebook.finished(&gone).await, Outcome::Aborted);
    notebook.send(KernelCommand::Input { run: first, value: String::new() });
    assert_eq!(notebook.finished(&last).await, Outcome::Ok);
    assert_eq!(notebook.stdout(&gone), "");
}

#[tokio::test]
async fn a_shutdown_lets_exit_handlers_run_and_ends_the_events() {
    let mut notebook = Notebook::open(&kernels().await);
    let process = notebook.process().await;
    notebook.output("import atexit; atexit.register(lambda: open('farewell', 'w').close())").await;
    notebook.send(KernelCommand::Shutdown);
    notebook.state(|state| *state == KernelState::Stopped { reason: StopReason::Asked }).await;
    assert!(notebook.kernel.events.recv().await.is_none());
    assert!(notebook.directory.path().join("files/farewell").exists());
    assert!(!is_alive(process));
}

#[tokio::test]
async fn a_kernel_with_nothing_to_do_shuts_itself_down_and_one_that_works_does_not() {
    let limits = KernelLimits { idle: Some(std::time::Duration::from_secs(2)), ..KernelLimits::default() };
    let mut notebook = Notebook::with(&kernels().await, "python3", limits);
    let run = notebook.run("import time; time.sleep(4)");
    assert_eq!(notebook.finished(&run).await, Outcome::Ok);
    notebook.state(|state| *state == KernelState::Stopped { reason: StopReason::Idle }).await;
}

/// Asks until there is an answer: on a machine that is busy, the first may come too late.
async fn answered(notebook: &Notebook, question: KernelQuestion) -> KernelAnswer {
    for _ in 0..20 {
        match notebook.ask(question.clone()).await {
            Err(Unanswered::Busy) => {}
            answer => return answer.unwrap(),
        }
    }
    panic!("never in time")
}

#[tokio::test]
async fn completion_and_inspection_answer_when_idle_and_say_busy_while_a_run_is_under_way() {
    let mut notebook = Notebook::open(&kernels().await);
    assert_eq!(notebook.ask(KernelQuestion::Variables).await, Err(Unanswered::NotReady));
    notebook.output("the_one_variable = [1]\ndef the_function(x):\n    'Says é.'").await;
    let question = KernelQuestion::Complete { code: "'😀'; the_o".into(), cursor: 11 };
    let KernelAnswer::Completions(found) = answered(&notebook, question).await else { panic!("another answer") };
    assert_eq!((found.start, found.end), (6, 11));
    assert_eq!(found.matches[0].text, "the_one_variable");
    let question = KernelQuestion::Inspect { code: "the_function".into(), cursor: 5, detail: false };
    let KernelAnswer::Inspection(Some(data)) = answered(&notebook, question).await else { panic!("nothing known") };
    assert!(data["text/plain"].as_str().unwrap().contains("Says é."));
    let question = KernelQuestion::Inspect { code: "nobody_knows_this".into(), cursor: 5, detail: false };
    assert_eq!(answered(&notebook, question).await, KernelAnswer::Inspection(None));
    let run = notebook.run("input()");
    notebook.until(|event| matches!(event, KernelEvent::InputWanted { .. })).await;
    let question = KernelQuestion::Complete { code: "the".into(), cursor: 3 };
    assert_eq!(notebook.ask(question).await, Err(Unanswered::Busy));
    notebook.send(KernelCommand::Input { run, value: String::new() });
}

#[tokio::test]
async fn variables_are_told_without_running_code_counting_a_run_or_leaving_anything() {
    let mut notebook = Notebook::open(&kernels().await);
    let code = "import json, time\nclass Slow:\n    def __repr__(self): time.sleep(1000)\n    __len__ = __repr__\n\
                slow, both, words = Slow(), [1, Slow()], 'é' * 3\nbefore = sorted(globals())";
    notebook.output(code).await;
    let told = |answer| match answer {
        KernelAnswer::Variables(variables) => variables,
        other => panic!("{other:?}"),
    };
    let variables = told(answered(&notebook, KernelQuestion::Variables).await);
    let shown: Vec<_> = variables
        .iter()
        .filter(|variable| variable.name != "before")
        .map(|it| (it.name.as_str(), it.kind.as_str(), it.size.as_deref(), it.value.as_str()))
        .collect();
    let expected =
        [("both", "list", Some("2"), "[1, <Slow>]"), ("slow", "Slow", None, ""), ("words", "str", Some("3"), "'ééé'")];
    assert_eq!(shown, expected);
    let left =
        "print(sorted(set(globals()) - set(before) - {'before'} - {n for n in globals() if n.startswith('_i')}))";
    let run = notebook.run(left);
    assert_eq!(notebook.finished(&run).await, Outcome::Ok);
    assert_eq!(notebook.stdout(&run), "[]\n");
    assert!(matches!(notebook.events.last(), Some(KernelEvent::Finished { count: Some(2), .. })));
}
