//! What one kernel is doing, as a state: commands, messages and time go in; events, and orders to its process, come out.
//!
//! Imports ids. Pure: the actor brings messages and the time, and carries out the orders.
//!
//! Invariant: every event leaves through [`Session::tell`], which lets output that waits go first.

use std::time::Instant;

use jupyter_protocol::JupyterMessage;
use serde_json::{Map, Value};

use super::{
    asks::{Asked, Asks},
    command::{AskId, KernelCommand, KernelLimits},
    event::{Bundle, Comm, CommKind, KernelEvent, KernelState, Notice, Outcome, StopReason, StreamName},
    join::Joiner,
    message::{Message, fields_size, size, text},
    requests,
    runs::{Runs, Waiting},
    settings::{INTERRUPT_PATIENCE, Rates, TIME_LIMIT_PATIENCE},
};
use crate::ids::RunId;

/// What the actor must do.
#[derive(Debug)]
pub enum Order {
    Shell(Box<JupyterMessage>),
    Stdin(Box<JupyterMessage>),
    Interrupt,
    /// End the process; this is why.
    Kill(String),
    Stop(StopReason),
}

/// One kernel, from its start to its end, over restarts.
#[derive(Debug)]
pub struct Session {
    runs: Runs,
    asks: Asks,
    joiner: Joiner,
    limits: KernelLimits,
    /// `None` before the first.
    state: Option<KernelState>,
    events: Vec<KernelEvent>,
    /// Since when it has nothing to do.
    idle_since: Option<Instant>,
}

impl Session {
    /// A kernel whose process is still to come.
    pub fn new(limits: KernelLimits, rates: &Rates, now: Instant) -> Self {
        Self {
            runs: Runs::default(),
            asks: Asks::default(),
            joiner: Joiner::new(rates, now),
            limits,
            state: None,
            events: Vec::new(),
            idle_since: None,
        }
    }

    /// The events since this was last asked.
    pub fn take_events(&mut self) -> Vec<KernelEvent> {
        std::mem::take(&mut self.events)
    }

    /// Says that the kernel is in another state.
    pub fn enter(&mut self, state: KernelState, now: Instant) {
        if self.state.as_ref() != Some(&state) {
            self.state = Some(state.clone());
            self.tell(KernelEvent::State(state), now);
        }
    }

    /// Adds an event behind the output that waits.
    pub fn tell(&mut self, event: KernelEvent, now: Instant) {
        self.events.extend(self.joiner.flush(now));
        self.events.push(event);
    }

    /// The process answers: what waits may run.
    pub fn ready(&mut self, now: Instant) -> Vec<Order> {
        self.enter(KernelState::Idle, now);
        self.settle(now)
    }

    /// The process is gone or will be: all that was asked ends here.
    pub fn gone(&mut self, state: KernelState, now: Instant) {
        for run in self.runs.abort() {
            self.tell(KernelEvent::Finished { run, outcome: Outcome::Aborted, count: None }, now);
        }
        for answer in self.asks.abort() {
            self.tell(answer, now);
        }
        self.idle_since = None;
        self.enter(state, now);
    }

    /// Something else than a run keeps the kernel in use.
    pub fn in_use(&mut self, now: Instant) {
        if self.idle_since.is_some() {
            self.idle_since = Some(now);
        }
    }

    /// Whether a process answers.
    fn is_live(&self) -> bool {
        matches!(self.state, Some(KernelState::Idle | KernelState::Busy))
    }

    /// A command that is not about the process as such; the actor keeps those for itself.
    pub fn command(&mut self, command: KernelCommand, now: Instant) -> Vec<Order> {
        match command {
            KernelCommand::Execute { run, code, allow_input } => self.execute(Waiting { run, code, allow_input }, now),
            KernelCommand::Input { run, value } => self.input(&run, value, now),
            KernelCommand::Interrupt => self.interrupt(now),
            KernelCommand::Withdraw { run } => self.withdraw(run, now),
            KernelCommand::Complete { ask, code, cursor } => {
                self.ask(ask, Asked::Completion, requests::complete(code, cursor), now)
            }
            KernelCommand::Inspect { ask, code, cursor, detail } => {
                self.ask(ask, Asked::Inspection, requests::inspect(code, cursor, detail), now)
            }
            KernelCommand::Comm { kind, comm, target, data, buffers } if self.is_live() => {
                self.in_use(now);
                shell(requests::comm(kind, comm, target, data, buffers))
            }
            KernelCommand::Comm { .. }
            | KernelCommand::Restart
            | KernelCommand::Shutdown
            | KernelCommand::InstallPackages(_)
            | KernelCommand::CancelPreparation => Vec::new(),
        }
    }

    fn execute(&mut self, waiting: Waiting, now: Instant) -> Vec<Order> {
        if matches!(self.state, Some(KernelState::Dead { .. } | KernelState::Stopped { .. })) {
            self.abort_run(waiting.run, now);
        } else if let Err(run) = self.runs.add(waiting) {
            self.abort_run(run, now);
        }
        self.settle(now)
    }

    fn abort_run(&mut self, run: RunId, now: Instant) {
        self.tell(KernelEvent::Finished { run, outcome: Outcome::Aborted, count: None }, now);
    }

    fn withdraw(&mut self, run: RunId, now: Instant) -> Vec<Order> {
        if self.runs.withdraw(&run) {
            self.abort_run(run, now);
        }
        self.settle(now)
    }

    /// A second answer to the same question, or one to a run that ended meanwhile, is not sent.
    fn input(&mut self, run: &RunId, value: String, now: Instant) -> Vec<Order> {
        let current = self.runs.current().filter(|current| current.run == *run);
        let asked = current.and_then(|current| current.answer(now));
        asked.map(|asked| Order::Stdin(Box::new(requests::input(value, asked)))).into_iter().collect()
    }

    fn interrupt(&mut self, now: Instant) -> Vec<Order> {
        let Some(current) = self.runs.current() else { return Vec::new() };
        current.interrupted = Some(now);
        // Before the code begins a kernel passes over an interrupt: it is sent when it does.
        current.executing.then_some(Order::Interrupt).into_iter().collect()
    }

    /// A kernel that runs code answers questions only afterwards, when nobody wants to know any more.
    fn ask(&mut self, ask: AskId, asked: Asked, request: JupyterMessage, now: Instant) -> Vec<Order> {
        if self.state != Some(KernelState::Idle) || !self.asks.has_room() {
            self.tell(asked.nothing(ask), now);
            return Vec::new();
        }
        self.in_use(now);
        self.asks.sent(requests::id(&request), ask, asked, now);
        shell(request)
    }

    /// A message of the kernel, on whichever channel.
    pub fn message(&mut self, message: Message, now: Instant) -> Vec<Order> {
        let interrupt = self.note_progress(&message, now);
        let run = self.runs.of(message.parent.as_deref());
        match (message.kind.as_str(), run) {
            ("stream", Some(run)) => self.stream(&run, &message, now),
            ("display_data" | "update_display_data", Some(run)) => self.display(run, &message, now),
            ("execute_result", Some(run)) => self.result(run, &message, now),
            ("error", Some(run)) => self.error(run, &message, now),
            ("clear_output", Some(run)) => self.joiner.clear(&run, message.flag("wait"), now),
            ("input_request", Some(run)) => self.input_wanted(run, &message, now),
            ("complete_reply" | "inspect_reply", _) => {
                if let Some(answer) = self.asks.replied(&message) {
                    self.tell(answer, now);
                }
            }
            ("comm_open" | "comm_msg" | "comm_close", run) => self.comm(run, message, now),
            (_, _) => {}
        }
        interrupt.into_iter().chain(self.settle(now)).collect()
    }

    /// What a message says about the run under way itself. Gives the interrupt that waited for the code to begin.
    fn note_progress(&mut self, message: &Message, now: Instant) -> Option<Order> {
        let current = self.runs.heard(message.parent.as_deref(), now)?;
        let begins = message.kind == "execute_input" && !current.executing;
        current.executing |= begins;
        let interrupt = current.interrupted.filter(|_| begins).map(|_| Order::Interrupt);
        if !current.started {
            current.started = true;
            let run = current.run.clone();
            self.tell(KernelEvent::Started { run }, now);
        }
        match message.kind.as_str() {
            "status" if message.text("execution_state") == "idle" => {
                if let Some(current) = self.runs.current() {
                    current.quiet();
                }
            }
            "execute_reply" => self.replied(message, now),
            _ => {}
        }
        interrupt
    }

    fn replied(&mut self, message: &Message, now: Instant) {
        let outcome = match message.text("status").as_str() {
            "ok" => Outcome::Ok,
            "aborted" | "abort" => Outcome::Aborted,
            _ => Outcome::Failed,
        };
        let Some(current) = self.runs.current() else { return };
        current.replied(outcome, message.number("execution_count"));
        let run = current.run.clone();
        let payloads = message.content.get("payload").and_then(Value::as_array);
        for payload in payloads.into_iter().flatten().filter_map(Value::as_object) {
            self.payload(&run, payload, now);
        }
    }

    /// Help texts (`name?`) and text for the next cell (`%load`) come with the reply.
    fn payload(&mut self, run: &RunId, payload: &Map<String, Value>, now: Instant) {
        match text(payload, "source").as_str() {
            "page" => {
                let data = payload.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
                let bundle = Bundle { data, metadata: Map::new() };
                let bytes = size(&bundle);
                let event = KernelEvent::Display { run: run.clone(), bundle, display_id: None, update: false };
                self.joiner.rich(Some(run), event, bytes, now);
            }
            "set_next_input" => {
                let replace = payload.get("replace").and_then(Value::as_bool).unwrap_or_default();
                self.tell(KernelEvent::NextInput { run: run.clone(), text: text(payload, "text"), replace }, now);
            }
            _ => {}
        }
    }

    fn stream(&mut self, run: &RunId, message: &Message, now: Instant) {
        let name = if message.text("name") == "stderr" { StreamName::Stderr } else { StreamName::Stdout };
        if let Some(text) = message.content.get("text").and_then(Value::as_str) {
            self.joiner.text(run, name, text, now);
        }
    }

    fn display(&mut self, run: RunId, message: &Message, now: Instant) {
        let (bundle, display_id) = (message.bundle(), message.display_id());
        let (bytes, update) = (size(&bundle), message.kind == "update_display_data");
        let event = KernelEvent::Display { run: run.clone(), bundle, display_id, update };
        self.joiner.rich(Some(&run), event, bytes, now);
    }

    fn result(&mut self, run: RunId, message: &Message, now: Instant) {
        let (bundle, display_id) = (message.bundle(), message.display_id());
        let (bytes, count) = (size(&bundle), message.number("execution_count"));
        let event = KernelEvent::Result { run: run.clone(), bundle, display_id, count };
        self.joiner.rich(Some(&run), event, bytes, now);
    }

    fn error(&mut self, run: RunId, message: &Message, now: Instant) {
        let (name, value, traceback) = (message.text("ename"), message.text("evalue"), message.traceback());
        let bytes = value.len() + traceback.iter().map(String::len).sum::<usize>();
        let event = KernelEvent::Error { run: run.clone(), name, value, traceback };
        self.joiner.rich(Some(&run), event, bytes, now);
    }

    fn input_wanted(&mut self, run: RunId, message: &Message, now: Instant) {
        let Some(current) = self.runs.current().filter(|current| current.run == run) else { return };
        current.ask(message.header.clone(), now);
        let (prompt, password) = (message.text("prompt"), message.flag("password"));
        self.tell(KernelEvent::InputWanted { run, prompt, password }, now);
    }

    fn comm(&mut self, run: Option<RunId>, message: Message, now: Instant) {
        self.in_use(now);
        let kind = match message.kind.as_str() {
            "comm_open" => CommKind::Open,
            "comm_close" => CommKind::Close,
            _ => CommKind::Message,
        };
        let target = (kind == CommKind::Open).then(|| message.text("target_name"));
        let (comm, data) = (message.text("comm_id"), message.object("data"));
        let bytes = message.buffers.iter().map(Vec::len).sum::<usize>() + fields_size(&data);
        let event = Comm { run: run.clone(), kind, comm, target, data, buffers: message.buffers };
        self.joiner.rich(run.as_ref(), KernelEvent::Comm(event), bytes, now);
    }

    /// What is due after anything happened: the end of a run, the next one, the state.
    fn settle(&mut self, now: Instant) -> Vec<Order> {
        if let Some((run, outcome, count)) = self.runs.ended(now) {
            self.tell(KernelEvent::Finished { run, outcome, count }, now);
        }
        if !self.is_live() {
            return Vec::new();
        }
        let orders = self.next(now);
        let state = if self.runs.is_busy() { KernelState::Busy } else { KernelState::Idle };
        self.enter(state, now);
        self.idle_since = if self.runs.is_empty() { self.idle_since.or(Some(now)) } else { None };
        orders
    }

    fn next(&mut self, now: Instant) -> Vec<Order> {
        let Some(Waiting { run, code, allow_input }) = self.runs.next() else { return Vec::new() };
        let request = requests::execute(code, allow_input);
        self.runs.sent(run, requests::id(&request), now);
        shell(request)
    }

    /// Time went by. With `room`, output that was joined for long enough may leave.
    pub fn tick(&mut self, now: Instant, room: bool) -> Vec<Order> {
        if room && self.joiner.due().is_some_and(|due| due <= now) {
            let output = self.joiner.flush(now);
            self.events.extend(output);
        }
        for answer in self.asks.expire(now) {
            self.tell(answer, now);
        }
        let mut orders = self.settle(now);
        orders.extend(self.overdue(now));
        orders.extend(self.idle_too_long(now).then_some(Order::Stop(StopReason::Idle)));
        orders
    }

    /// Watches the time of the run under way, and whether its interrupt had an effect.
    fn overdue(&mut self, now: Instant) -> Option<Order> {
        let limit = self.limits.run_time;
        let current = self.runs.current()?;
        let run = Some(current.run.clone());
        if current.interrupted.is_some_and(|at| at + INTERRUPT_PATIENCE <= now) {
            current.interrupted = None;
            // Not every kernel says when it begins.
            let late = (!current.executing).then_some(Order::Interrupt);
            self.tell(KernelEvent::Notice { run, notice: Notice::InterruptIgnored }, now);
            return late;
        }
        // While it waits for a person, its time stands still.
        let limit = limit.filter(|_| !current.is_asking())?;
        let seconds = limit.as_secs();
        if !current.over_time && current.since + limit <= now {
            current.over_time = true;
            self.tell(KernelEvent::Notice { run, notice: Notice::TimeLimit { seconds } }, now);
            return Some(Order::Interrupt);
        }
        (current.over_time && current.since + limit + TIME_LIMIT_PATIENCE <= now).then(|| {
            Order::Kill(format!(
                "A run took longer than {seconds} s, the limit of this server, and did not react to the interrupt, so \
                 the kernel was ended."
            ))
        })
    }

    fn idle_too_long(&self, now: Instant) -> bool {
        let limit = self.limits.idle.filter(|_| self.state == Some(KernelState::Idle));
        self.idle_since.zip(limit).is_some_and(|(since, limit)| since + limit <= now)
    }

    /// When [`Session::tick`] is due. Without `room`, output waits however old it is.
    pub fn due(&mut self, room: bool) -> Option<Instant> {
        let joined = self.joiner.due().filter(|_| room);
        let idle = self.limits.idle.filter(|_| self.state == Some(KernelState::Idle));
        let idle = self.idle_since.zip(idle).map(|(since, limit)| since + limit);
        let dues = [joined, self.asks.due(), self.runs.patience(), idle, self.run_due()];
        dues.into_iter().flatten().min()
    }

    fn run_due(&mut self) -> Option<Instant> {
        let limit = self.limits.run_time;
        let current = self.runs.current()?;
        let interrupted = current.interrupted.map(|at| at + INTERRUPT_PATIENCE);
        let limit = limit.filter(|_| !current.is_asking());
        let patience = if current.over_time { TIME_LIMIT_PATIENCE } else { std::time::Duration::ZERO };
        interrupted.into_iter().chain(limit.map(|limit| current.since + limit + patience)).min()
    }
}

fn shell(message: JupyterMessage) -> Vec<Order> {
    vec![Order::Shell(Box::new(message))]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::kernel::{message::made::message, settings::ASK_LIMIT};

    fn run(name: &str) -> RunId {
        name.parse().unwrap()
    }

    fn ready(limits: KernelLimits, now: Instant) -> Session {
        let mut session = Session::new(limits, &Rates::default(), now);
        session.enter(KernelState::Starting, now);
        assert!(session.ready(now).is_empty());
        session.take_events();
        session
    }

    fn execute(session: &mut Session, name: &str, now: Instant) -> Vec<Order> {
        session.command(KernelCommand::Execute { run: run(name), code: "x".into(), allow_input: true }, now)
    }

    /// The id of the request that was ordered.
    fn request(orders: &[Order]) -> String {
        let [Order::Shell(message)] = orders else { panic!("{orders:?}") };
        requests::id(message)
    }

    fn begun(session: &mut Session, name: &str, now: Instant) -> String {
        let request = request(&execute(session, name, now));
        session.message(message("status", &request, json!({"execution_state": "busy"})), now);
        request
    }

    fn ended(session: &mut Session, request: &str, now: Instant) -> Vec<Order> {
        session.message(message("execute_reply", request, json!({"status": "ok", "execution_count": 1})), now);
        session.message(message("status", request, json!({"execution_state": "idle"})), now)
    }

    fn finished(events: &[KernelEvent]) -> Vec<(&str, Outcome)> {
        let finished = |event| match event {
            &KernelEvent::Finished { ref run, outcome, .. } => Some((run.as_str(), outcome)),
            _ => None,
        };
        events.iter().filter_map(finished).collect()
    }

    #[test]
    fn ln_80_runs_wait_for_each_other_and_for_the_process() {
        let now = Instant::now();
        let mut session = Session::new(KernelLimits::default(), &Rates::default(), now);
        session.enter(KernelState::Starting, now);
        assert!(execute(&mut session, "a", now).is_empty());
        let first = request(&session.ready(now));
        assert!(execute(&mut session, "b", now).is_empty());
        let second = request(&ended(&mut session, &first, now));
        assert_ne!(first, second);
        assert!(ended(&mut session, &second, now).is_empty());
        let events = session.take_events();
        assert_eq!(finished(&events), [("a", Outcome::Ok), ("b", Outcome::Ok)]);
        assert_eq!(events.last(), Some(&KernelEvent::State(KernelState::Idle)));
    }

    #[test]
    fn output_leaves_before_the_end_of_its_run_and_only_when_due_or_when_there_is_room() {
        let now = Instant::now();
        let mut session = ready(KernelLimits::default(), now);
        let request = begun(&mut session, "a", now);
        session.take_events();
        session.message(message("stream", &request, json!({"name": "stdout", "text": "hi"})), now);
        let due = session.due(true).unwrap();
        assert_eq!(session.due(false), None);
        session.tick(due, false);
        assert_eq!(session.take_events(), []);
        session.tick(due, true);
        let text = KernelEvent::Stream { run: run("a"), name: StreamName::Stdout, text: "hi".into() };
        assert_eq!(session.take_events(), [text]);
        session.message(message("stream", &request, json!({"name": "stdout", "text": "ho"})), now);
        ended(&mut session, &request, now);
        let events = session.take_events();
        assert!(matches!(&events[..2], [KernelEvent::Stream { .. }, KernelEvent::Finished { .. }]), "{events:?}");
    }

    #[test]
    fn ln_81_whatever_was_asked_ends_when_the_process_is_gone() {
        let now = Instant::now();
        let mut session = ready(KernelLimits::default(), now);
        session.command(KernelCommand::Complete { ask: AskId(1), code: "x".into(), cursor: 1 }, now);
        begun(&mut session, "a", now);
        execute(&mut session, "b", now);
        session.gone(KernelState::Dead { sentence: "Gone.".into() }, now);
        execute(&mut session, "c", now);
        let events = session.take_events();
        let aborted = [("a", Outcome::Aborted), ("b", Outcome::Aborted), ("c", Outcome::Aborted)];
        assert_eq!(finished(&events), aborted);
        assert!(events.contains(&KernelEvent::Completions { ask: AskId(1), completions: None }));
    }

    #[test]
    fn a_question_about_code_never_waits_behind_a_run_and_never_longer_than_its_limit() {
        let now = Instant::now();
        let mut session = ready(KernelLimits::default(), now);
        let ask = |id| KernelCommand::Inspect { ask: AskId(id), code: "x".into(), cursor: 1, detail: 0 };
        assert_eq!(session.command(ask(1), now).len(), 1);
        session.tick(now + ASK_LIMIT, true);
        assert_eq!(session.take_events(), [KernelEvent::Inspected { ask: AskId(1), bundle: None }]);
        begun(&mut session, "a", now);
        session.take_events();
        assert!(session.command(ask(2), now).is_empty());
        assert_eq!(session.take_events(), [KernelEvent::Inspected { ask: AskId(2), bundle: None }]);
    }

    #[test]
    fn ln_82_an_interrupt_before_the_code_begins_is_sent_when_it_does_or_when_people_are_told() {
        let now = Instant::now();
        let mut session = ready(KernelLimits::default(), now);
        let request = begun(&mut session, "a", now);
        let executes = message("execute_input", &request, json!({"code": "x", "execution_count": 1}));
        assert!(session.command(KernelCommand::Interrupt, now).is_empty());
        assert!(matches!(session.message(executes.clone(), now)[..], [Order::Interrupt]));
        assert!(session.message(executes, now).is_empty(), "once");
        assert!(matches!(session.command(KernelCommand::Interrupt, now)[..], [Order::Interrupt]));
        ended(&mut session, &request, now);
        begun(&mut session, "b", now);
        assert!(session.command(KernelCommand::Interrupt, now).is_empty());
        assert!(matches!(session.tick(now + INTERRUPT_PATIENCE, true)[..], [Order::Interrupt]));
    }

    #[test]
    fn a_run_over_its_time_is_interrupted_once_then_its_kernel_is_ended() {
        let now = Instant::now();
        let limit = Duration::from_secs(5);
        let mut session = ready(KernelLimits { run_time: Some(limit), ..KernelLimits::default() }, now);
        begun(&mut session, "a", now);
        assert_eq!(session.due(true), Some(now + limit));
        assert!(matches!(session.tick(now + limit, true)[..], [Order::Interrupt]));
        assert!(session.tick(now + limit, true).is_empty());
        assert!(matches!(session.tick(now + limit + TIME_LIMIT_PATIENCE, true)[..], [Order::Kill(_)]));
    }

    #[test]
    fn the_time_of_a_run_stands_still_while_it_waits_for_a_person() {
        let now = Instant::now();
        let limit = Duration::from_secs(5);
        let mut session = ready(KernelLimits { run_time: Some(limit), ..KernelLimits::default() }, now);
        let request = begun(&mut session, "a", now);
        let mut wanted = message("input_request", &request, json!({"prompt": "?", "password": false}));
        wanted.header = Some(requests::kernel_info().header);
        session.message(wanted, now);
        assert_eq!((session.due(true), session.tick(now + limit, true).len()), (None, 0));
        let later = now + limit;
        let answered = session.command(KernelCommand::Input { run: run("a"), value: "v".into() }, later);
        assert!(matches!(answered[..], [Order::Stdin(_)]));
        assert!(session.tick(later, true).is_empty());
        assert!(matches!(session.tick(later + limit, true)[..], [Order::Interrupt]));
    }

    #[test]
    fn a_kernel_stops_after_idling_for_its_limit_but_not_while_it_is_in_use() {
        let now = Instant::now();
        let limit = Duration::from_secs(60);
        let mut session = ready(KernelLimits { idle: Some(limit), ..KernelLimits::default() }, now);
        session.in_use(now + limit / 2);
        assert!(session.tick(now + limit, true).is_empty());
        let stops = session.tick(now + limit / 2 + limit, true);
        assert!(matches!(stops[..], [Order::Stop(StopReason::Idle)]), "{stops:?}");
        begun(&mut session, "a", now);
        assert!(session.tick(now + limit * 9, true).is_empty());
    }
}
