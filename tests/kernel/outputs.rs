//! What comes out: joined, bounded, attributed, in order.

use coscribe::kernel::{KernelCommand, KernelEvent, Notice, Outcome};

use crate::notebook::{Notebook, kernels, soon};

#[tokio::test]
async fn ln_22_ten_thousand_lines_arrive_whole_in_few_events() {
    let mut notebook = Notebook::open(&kernels().await);
    let run = notebook.run("for n in range(10_000): print('line', n)");
    assert_eq!(notebook.finished(&run).await, Outcome::Ok);
    let expected: String = (0..10_000).map(|n| format!("line {n}\n")).collect();
    assert_eq!(notebook.stdout(&run), expected);
    let events = notebook.events.iter().filter(|event| matches!(event, KernelEvent::Stream { .. })).count();
    assert!(events < 100, "{events} events");
}

#[tokio::test]
async fn an_endless_print_is_throttled_with_a_count_and_an_interrupt_stops_it() {
    let mut notebook = Notebook::open(&kernels().await);
    let run = notebook.run("n = 0\nwhile True:\n    print('a line of a loop without an end', n)\n    n += 1");
    notebook.until(|event| matches!(event, KernelEvent::Notice { notice: Notice::Dropped { .. }, .. })).await;
    notebook.send(KernelCommand::Interrupt);
    assert_eq!(notebook.finished(&run).await, Outcome::Failed);
    let told = notebook.stdout(&run).len() as u64;
    let dropped: u64 = notebook
        .notices(&run)
        .iter()
        .map(|notice| if let Notice::Dropped { bytes, .. } = notice { *bytes } else { 0 })
        .sum();
    let printed = notebook.output("print(n)").await.trim().parse::<u64>().unwrap();
    // What is counted as dropped and what arrived make up all that was printed, but for the line it was stopped in.
    let expected: u64 = (0..printed).map(|n| format!("a line of a loop without an end {n}\n").len() as u64).sum();
    assert!((told + dropped).abs_diff(expected) < 100, "{told} + {dropped} of {expected}");
    assert!(told < expected);
}

#[tokio::test]
async fn nobody_reading_costs_bounded_memory_and_loses_no_ending() {
    let mut notebook = Notebook::open(&kernels().await);
    let code =
        "import os\nfor n in range(300): print('x' * 100_000, flush=True)\nopen('done', 'w').close()\nprint('last')";
    let run = notebook.run(code);
    let done = notebook.directory.path().join("files/done");
    // Nobody takes an event meanwhile; the kernel must not wait for that.
    soon("the kernel has printed all", || done.exists()).await;
    assert_eq!(notebook.finished(&run).await, Outcome::Ok);
    let told = notebook.stdout(&run);
    assert!(told.ends_with("last\n") && told.len() < 4 << 20, "{} bytes", told.len());
    assert!(!notebook.notices(&run).is_empty());
}

#[tokio::test]
async fn displays_carry_their_id_and_updates_name_it() {
    let mut notebook = Notebook::open(&kernels().await);
    let run = notebook.run(
        "from IPython.display import display, HTML\nhandle = display(HTML('<b>1</b>'), display_id='mine')\nprint('between')",
    );
    notebook.finished(&run).await;
    let later = notebook.run("handle.update(HTML('<b>2</b>'))");
    notebook.finished(&later).await;
    let shown = |run| {
        let displays = notebook.displays(run);
        let html = |(bundle, id, update): &(coscribe::kernel::Bundle, Option<String>, bool)| {
            assert!(!bundle.data.contains_key("transient") && !bundle.metadata.contains_key("transient"));
            (bundle.data["text/html"].as_str().unwrap().to_owned(), id.clone(), *update)
        };
        displays.iter().map(html).collect::<Vec<_>>()
    };
    assert_eq!(shown(&run), [("<b>1</b>".into(), Some("mine".into()), false)]);
    assert_eq!(shown(&later), [("<b>2</b>".into(), Some("mine".into()), true)]);
}

#[tokio::test]
async fn clear_output_comes_in_its_place() {
    let mut notebook = Notebook::open(&kernels().await);
    let run = notebook.run(
        "from IPython.display import clear_output\nprint('old', flush=True)\ninput()\nclear_output(wait=True)\nprint('new')",
    );
    notebook.until(|event| matches!(event, KernelEvent::InputWanted { .. })).await;
    notebook.send(KernelCommand::Input { run: run.clone(), value: String::new() });
    notebook.finished(&run).await;
    let told: Vec<_> = notebook
        .events
        .iter()
        .filter_map(|event| match event {
            KernelEvent::Stream { text, .. } => Some(text.clone()),
            KernelEvent::Clear { wait, .. } => Some(format!("clear {wait}")),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["old\n", "clear true", "new\n"]);
}

#[tokio::test]
async fn what_a_thread_prints_after_its_cell_has_finished_still_belongs_to_its_run() {
    let mut notebook = Notebook::open(&kernels().await);
    let run = notebook.run(
        "import threading, time, os\n\
         def late():\n    while not os.path.exists('go'): time.sleep(0.01)\n    print('late')\n\
         threading.Thread(target=late).start()",
    );
    assert_eq!(notebook.finished(&run).await, Outcome::Ok);
    std::fs::write(notebook.directory.path().join("files/go"), "").unwrap();
    notebook.until(|event| matches!(event, KernelEvent::Stream { text, .. } if text.contains("late"))).await;
    assert_eq!(notebook.stdout(&run), "late\n");
}

#[tokio::test]
async fn help_texts_and_text_for_the_next_cell_come_as_events() {
    let mut notebook = Notebook::open(&kernels().await);
    let run = notebook.run("len?");
    notebook.finished(&run).await;
    let (bundle, _, _) = notebook.displays(&run).remove(0);
    assert!(bundle.data["text/plain"].as_str().unwrap().contains("number of items"));
    let run = notebook.run("get_ipython().set_next_input('x = 1')");
    notebook.finished(&run).await;
    let next = KernelEvent::NextInput { run, text: "x = 1".into(), replace: false };
    assert!(notebook.events.contains(&next));
}

#[tokio::test]
async fn widgets_open_and_are_answered() {
    use coscribe::kernel::CommKind;
    let mut notebook = Notebook::open(&kernels().await);
    notebook
        .output(
            "from comm import create_comm\nheard = []\nc = create_comm(target_name='t', data={'a': 1}, buffers=[b'xyz'])\n\
             c.on_msg(lambda m: heard.append((m['content']['data'], bytes(m['buffers'][0]))))",
        )
        .await;
    let opened = notebook.events.iter().find_map(|event| match event {
        KernelEvent::Comm(comm) if comm.kind == CommKind::Open => Some(comm.clone()),
        _ => None,
    });
    let opened = opened.expect("a comm");
    assert_eq!((opened.target.as_deref(), opened.data["a"].as_i64()), (Some("t"), Some(1)));
    assert_eq!(opened.buffers, [b"xyz".to_vec()]);
    let data = serde_json::json!({"b": 2}).as_object().cloned().unwrap();
    let buffers = vec![vec![1, 2, 255]];
    notebook.send(KernelCommand::Comm { comm: opened.comm, data, buffers, run: None });
    assert_eq!(notebook.output("print(heard)").await, "[({'b': 2}, b'\\x01\\x02\\xff')]\n");
}
