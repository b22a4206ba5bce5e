//! What one kernel is doing, as a state: commands, messages and time go in; events, and orders to its process, come out.
//!
//! Imports ids and vocabulary. Pure: the actor brings messages and the time, and carries out the orders.
//!
//! Invariant: every event leaves through [`Session::tell`], which lets output that waits go first.

use std::time::Instant;

use jupyter_protocol::JupyterMessage;
use serde_json::{Map, Value};

use super::{
    asks::{Answered, Asks},
    command::{KernelAsk, KernelCommand, KernelLimits},
    comms::{self, Comms, ToWidget},
    event::{Bundle, Comm, CommKind, KernelEvent, KernelState, Notice, Outcome, StopReason, StreamName},
    join::Joiner,
    message::{Message, size, text},
    requests,
    runs::{Runs, Waiting},
    settings::{INTERRUPT_PATIENCE, Rates, TIME_LIMIT_PATIENCE, WARM_UP_AFTER},
};
use crate::{
    ids::RunId,
    vocabulary::{KernelQuestion, Unanswered},
};

/// What the actor must do.
#[derive(Debug)]
pub enum Order {
    Shell(Box<JupyterMessage>),
    Stdin(Box<JupyterMessage>),
    Interrupt,
    /// End the process; this is why.
    Kill(String),
    Stop(StopReason),
    /// Let it load what completion needs: it has nothing else to do.
    WarmUp,
}

/// One kernel, from its start to its end, over restarts.
#[derive(Debug)]
pub struct Session {
    runs: Runs,
    asks: Asks,
    comms: Comms,
    joiner: Joiner,
    limits: KernelLimits,
    /// `None` before the first.
    state: Option<KernelState>,
    events: Vec<KernelEvent>,
    /// Since when it has nothing to do.
    idle_since: Option<Instant>,
    /// It was asked for something that loads what completion needs.
    warm: bool,
}

impl Session {
    /// A kernel whose process is still to come.
    pub fn new(limits: KernelLimits, rates: &Rates, now: Instant) -> Self {
        Self {
            runs: Runs::default(),
            asks: Asks::default(),
            comms: Comms::default(),
            joiner: Joiner::new(rates, now),
            limits,
            state: None,
            events: Vec::new(),
            idle_since: None,
            warm: false,
        }
    }

    /// The events since this was last asked.
    pub fn take_events(&mut self) -> Vec<KernelEvent> {
        std::mem::take(&mut self.events)
    }

    /// The answers to questions since this was last asked.
    pub fn take_answered(&mut self) -> Vec<Answered> {
        self.asks.take_answered()
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
        self.warm = false;
        self.enter(KernelState::Idle, now);
        self.settle(now)
    }

    /// The process is gone or will be: all that was asked ends here. Why is said first, so that it can be told of each
    /// run.
    pub fn gone(&mut self, state: KernelState, now: Instant) {
        self.enter(state, now);
        for run in self.runs.abort() {
            self.tell(KernelEvent::Finished { run, outcome: Outcome::Aborted, count: None }, now);
        }
        self.asks.abort();
        self.comms.clear();
        self.idle_since = None;
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
            KernelCommand::Execute { run, code, cell, allow_input } => {
                self.execute(Waiting { run, code, cell, allow_input }, now)
            }
            KernelCommand::Input { run, value } => self.input(&run, value, now),
            KernelCommand::Interrupt => self.interrupt(now),
            KernelCommand::Withdraw { run } => self.withdraw(run, now),
            KernelCommand::Comm { comm, data, buffers, run } if self.is_live() => {
                self.in_use(now);
                self.comms.send(ToWidget { comm, data, buffers, run }, now).map(shell).unwrap_or_default()
            }
            KernelCommand::Comm { .. } | KernelCommand::Restart | KernelCommand::Shutdown => Vec::new(),
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
        current.held_interrupt.get_or_insert(now);
        self.release_interrupt(now).into_iter().collect()
    }

    /// An interrupt that comes before the code is executed would be lost, and the code go on for ever.
    fn release_interrupt(&mut self, now: Instant) -> Option<Order> {
        let current = self.runs.current().filter(|current| current.executing)?;
        current.held_interrupt.take()?;
        current.interrupted = Some(now);
        Some(Order::Interrupt)
    }

    /// A kernel that runs code answers questions only afterwards, when nobody wants to know any more.
    pub fn ask(&mut self, ask: KernelAsk, now: Instant) -> Vec<Order> {
        match self.state {
            Some(KernelState::Idle) if self.asks.has_room() => {}
            Some(KernelState::Idle | KernelState::Busy) => {
                self.asks.refuse(ask, Unanswered::Busy);
                return Vec::new();
            }
            _ => {
                self.asks.refuse(ask, Unanswered::NotReady);
                return Vec::new();
            }
        }
        // A panel that looks at the variables again and again is no use of the kernel.
        if ask.question != KernelQuestion::Variables {
            self.in_use(now);
        }
        self.warm = true;
        let request = requests::question(&ask.question);
        self.asks.sent(requests::id(&request), ask, now);
        shell(request)
    }

    /// A question that is not for this kernel.
    pub fn refuse(&mut self, ask: KernelAsk, why: Unanswered) {
        self.asks.refuse(ask, why);
    }

    /// A message of the kernel, on whichever channel.
    pub fn message(&mut self, message: Message, now: Instant) -> Vec<Order> {
        self.note_progress(&message, now);
        let run = self.run_of(&message);
        match (message.kind.as_str(), run) {
            ("stream", Some(run)) => self.stream(&run, &message, now),
            ("display_data" | "update_display_data", Some(run)) => self.display(run, &message, now),
            ("execute_result", Some(run)) => self.result(run, &message, now),
            ("error", Some(run)) => self.error(run, &message, now),
            ("clear_output", Some(run)) => self.joiner.clear(&run, message.flag("wait"), now),
            ("input_request", Some(run)) => self.input_wanted(run, &message, now),
            ("complete_reply" | "inspect_reply" | "execute_reply", None) => self.asks.replied(&message),
            ("comm_open" | "comm_msg" | "comm_close", run) => self.comm(run, message, now),
            ("status", _) if message.text("execution_state") == "idle" => self.comms.done(message.parent.as_deref()),
            (_, _) => {}
        }
        let mut orders = self.settle(now);
        orders.extend(self.tell_widgets(now));
        orders.extend(self.release_interrupt(now));
        orders
    }

    /// Under which run a message is told: an Output widget may have taken it from the run that caused it.
    fn run_of(&self, message: &Message) -> Option<RunId> {
        let parent = message.parent.as_deref();
        let cause = || self.runs.of(parent).or_else(|| self.comms.caller(parent));
        match message.kind.as_str() {
            "stream" | "display_data" | "execute_result" | "error" | "clear_output" => {
                self.comms.taker(parent).or_else(cause)
            }
            _ => cause(),
        }
    }

    /// What widgets have waited for and are to be told now.
    fn tell_widgets(&mut self, now: Instant) -> Vec<Order> {
        let mut orders = Vec::new();
        while self.is_live()
            && let Some(message) = self.comms.next(now)
        {
            orders.extend(shell(message));
        }
        orders
    }

    /// What a message says about the run under way itself.
    fn note_progress(&mut self, message: &Message, now: Instant) {
        let Some(current) = self.runs.heard(message.parent.as_deref(), now) else { return };
        // First comes that it is busy, then its own code back, then what that code does, at last the reply.
        let begins = !current.executing && !matches!(message.kind.as_str(), "status" | "execute_reply");
        current.executing |= begins;
        // What it says may be old, and the interrupt at work: a second one now would cut off what it prints of the first.
        current.began_late |= begins && current.interrupted.is_some();
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
        if comms::is_echo(&data) {
            return;
        }
        let comm = Comm { run: run.clone(), kind, comm, target, data, buffers: message.buffers };
        if let Some(takes) = self.comms.heard(&comm) {
            self.tell(takes, now);
        }
        self.joiner.comm(comm, now);
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
        let Some(Waiting { run, code, cell, allow_input }) = self.runs.next() else { return Vec::new() };
        let request = requests::execute(code, cell.as_ref(), allow_input);
        self.runs.sent(run, requests::id(&request), now);
        shell(request)
    }

    /// Time went by. With `room`, output that was joined for long enough may leave.
    pub fn tick(&mut self, now: Instant, room: bool) -> Vec<Order> {
        if room && self.joiner.due().is_some_and(|due| due <= now) {
            let output = self.joiner.flush(now);
            self.events.extend(output);
        }
        self.asks.expire(now);
        let mut orders = self.settle(now);
        orders.extend(self.tell_widgets(now));
        orders.extend(self.overdue(now));
        if self.warm_up_due().is_some_and(|due| due <= now) {
            self.warm = true;
            orders.push(Order::WarmUp);
        }
        orders.extend(self.idle_too_long(now).then_some(Order::Stop(StopReason::Idle)));
        orders
    }

    fn warm_up_due(&self) -> Option<Instant> {
        let since = self.idle_since.filter(|_| !self.warm && self.state == Some(KernelState::Idle));
        since.map(|since| since + WARM_UP_AFTER)
    }

    /// Watches the time of the run under way, and whether its interrupt had an effect.
    fn overdue(&mut self, now: Instant) -> Option<Order> {
        let limit = self.limits.run_time;
        let current = self.runs.current()?;
        let run = Some(current.run.clone());
        if current.held_interrupt.is_some_and(|at| at + INTERRUPT_PATIENCE <= now) {
            // A kernel that does not say when it begins, or that its code keeps from saying anything.
            (current.held_interrupt, current.interrupted) = (None, Some(now));
            return Some(Order::Interrupt);
        }
        if current.interrupted.is_some_and(|at| at + INTERRUPT_PATIENCE <= now) {
            if std::mem::take(&mut current.began_late) {
                current.interrupted = Some(now);
                return Some(Order::Interrupt);
            }
            current.interrupted = None;
            self.tell(KernelEvent::Notice { run, notice: Notice::InterruptIgnored }, now);
            return None;
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
        let dues =
            [joined, self.asks.due(), self.comms.due(), self.runs.patience(), idle, self.run_due(), self.warm_up_due()];
        dues.into_iter().flatten().min()
    }

    fn run_due(&mut self) -> Option<Instant> {
        let limit = self.limits.run_time;
        let current = self.runs.current()?;
        let interrupted =
            current.interrupted.into_iter().chain(current.held_interrupt).map(|at| at + INTERRUPT_PATIENCE);
        let limit = limit.filter(|_| !current.is_asking());
        let patience = if current.over_time { TIME_LIMIT_PATIENCE } else { std::time::Duration::ZERO };
        interrupted.chain(limit.map(|limit| current.since + limit + patience)).min()
    }
}

fn shell(message: JupyterMessage) -> Vec<Order> {
    vec![Order::Shell(Box::new(message))]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tokio::sync::oneshot;

    use super::*;
    use crate::{
        kernel::{message::made::message, settings::ASK_LIMIT},
        vocabulary::KernelAnswer,
    };

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
        session.command(KernelCommand::Execute { run: run(name), code: "x".into(), cell: None, allow_input: true }, now)
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

    type Answer = oneshot::Receiver<Result<KernelAnswer, Unanswered>>;

    fn ask(session: &mut Session, now: Instant) -> (Vec<Order>, Answer) {
        let (reply, answer) = oneshot::channel();
        let question = KernelQuestion::Complete { code: "x".into(), cursor: 1 };
        (session.ask(KernelAsk { question, reply }, now), answer)
    }

    /// The answer, if there is one by now.
    fn heard(session: &mut Session, answer: &mut Answer) -> Option<Result<KernelAnswer, Unanswered>> {
        for (reply, answer) in session.take_answered() {
            reply.send(answer).unwrap();
        }
        answer.try_recv().ok()
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
        let mut answer = ask(&mut session, now).1;
        begun(&mut session, "a", now);
        execute(&mut session, "b", now);
        session.gone(KernelState::Dead { sentence: "Gone.".into() }, now);
        execute(&mut session, "c", now);
        let events = session.take_events();
        let aborted = [("a", Outcome::Aborted), ("b", Outcome::Aborted), ("c", Outcome::Aborted)];
        assert_eq!(finished(&events), aborted);
        assert_eq!(heard(&mut session, &mut answer), Some(Err(Unanswered::NotReady)));
    }

    #[test]
    fn a_question_about_code_never_waits_behind_a_run_and_never_longer_than_its_limit() {
        let now = Instant::now();
        let mut session = ready(KernelLimits::default(), now);
        let (orders, mut answer) = ask(&mut session, now);
        assert_eq!((orders.len(), heard(&mut session, &mut answer)), (1, None));
        session.tick(now + ASK_LIMIT, true);
        assert_eq!(heard(&mut session, &mut answer), Some(Err(Unanswered::Busy)));
        begun(&mut session, "a", now);
        let (orders, mut answer) = ask(&mut session, now);
        assert_eq!((orders.len(), heard(&mut session, &mut answer)), (0, Some(Err(Unanswered::Busy))));
    }

    #[test]
    fn ln_82_an_interrupt_that_comes_before_the_code_is_executed_waits_for_it() {
        let now = Instant::now();
        let mut session = ready(KernelLimits::default(), now);
        let request = begun(&mut session, "a", now);
        assert!(session.command(KernelCommand::Interrupt, now).is_empty());
        let echo = session.message(message("execute_input", &request, json!({"code": "x"})), now);
        assert!(matches!(echo[..], [Order::Interrupt]), "{echo:?}");
        assert!(matches!(session.command(KernelCommand::Interrupt, now)[..], [Order::Interrupt]));
        ended(&mut session, &request, now);
        // A kernel that never says that it begins is interrupted all the same.
        let request = begun(&mut session, "b", now);
        assert!(session.command(KernelCommand::Interrupt, now).is_empty());
        assert_eq!(session.due(true), Some(now + INTERRUPT_PATIENCE));
        let interrupted = now + INTERRUPT_PATIENCE;
        assert!(matches!(session.tick(interrupted, true)[..], [Order::Interrupt]));
        // If it says only then that it begins, it may have heard that or not.
        let echo = session.message(message("execute_input", &request, json!({"code": "x"})), interrupted);
        assert!(echo.is_empty(), "{echo:?}");
        assert!(matches!(session.tick(interrupted + INTERRUPT_PATIENCE, true)[..], [Order::Interrupt]));
        assert!(session.tick(interrupted + 2 * INTERRUPT_PATIENCE, true).is_empty());
        // Nor does an interrupt reach the run behind the one it was meant for.
        let mut session = ready(KernelLimits::default(), now);
        let request = begun(&mut session, "a", now);
        session.command(KernelCommand::Interrupt, now);
        execute(&mut session, "b", now);
        let orders = ended(&mut session, &request, now);
        assert!(matches!(orders[..], [Order::Shell(_)]), "{orders:?}");
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
    fn what_completion_needs_is_loaded_when_nothing_waits_for_the_kernel_and_once() {
        let now = Instant::now();
        let mut session = ready(KernelLimits::default(), now);
        assert_eq!(session.due(true), Some(now + WARM_UP_AFTER));
        let request = begun(&mut session, "a", now);
        assert!(session.tick(now + WARM_UP_AFTER, true).is_empty(), "code runs");
        let later = now + WARM_UP_AFTER;
        ended(&mut session, &request, later);
        assert!(session.tick(later, true).is_empty(), "more code may follow");
        assert!(matches!(session.tick(later + WARM_UP_AFTER, true)[..], [Order::WarmUp]));
        assert_eq!((session.tick(later + 2 * WARM_UP_AFTER, true).len(), session.due(true)), (0, None));
    }

    #[test]
    fn a_kernel_stops_after_idling_for_its_limit_but_not_while_it_is_in_use() {
        let now = Instant::now();
        let limit = Duration::from_secs(60);
        let mut session = ready(KernelLimits { idle: Some(limit), ..KernelLimits::default() }, now);
        assert!(matches!(session.tick(now + WARM_UP_AFTER, true)[..], [Order::WarmUp]));
        session.in_use(now + limit / 2);
        assert!(session.tick(now + limit, true).is_empty());
        let stops = session.tick(now + limit / 2 + limit, true);
        assert!(matches!(stops[..], [Order::Stop(StopReason::Idle)]), "{stops:?}");
        begun(&mut session, "a", now);
        assert!(session.tick(now + limit * 9, true).is_empty());
    }
}
