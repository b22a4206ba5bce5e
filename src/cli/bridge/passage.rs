//! What passes between a program of pgwidgets and our server: messages and moments in, messages out. Pure.
//!
//! ```text
//!   program ── says ──▶ waiting ──▶ in flight ──▶ server          one message at a time, as the program waits itself
//!   program ◀── answer ────────────────┘
//!   program ◀── callbacks, files ──────────────── server
//! ```
//! A program that was started anew builds its window without saying so. It is taken as a setup (`build-start` …
//! `build-end`) that is over when the program has been quiet for a moment; `reconstruct-start` and `-end`, by which a
//! program repeats its window, are the ends of one too.
//! Invariant: every message of the program that waits for an answer gets one, from the server, once.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use super::{
    socket::Frame,
    translation::{to_ours, to_theirs, translate, without_trailing_nulls},
};
use crate::cli::output::tell;

/// A program that builds says the next thing within milliseconds of an answer; one that runs is seldom so busy.
const QUIET: Duration = Duration::from_millis(400);

/// So long after its last word, a program that is told what people do has built its window.
const SETTLED: Duration = Duration::from_millis(100);

/// What lasts longer is no setup: people would see nothing of what it changes.
const SETUP_MAX: Duration = Duration::from_secs(10);

/// Messages of the program that may wait; past it the program is not read, which is how it learns to wait.
const WAITING_MAX: usize = 64;

/// What people did that may wait for a window to be built; past it the newest is lost, as while the program was away.
const HELD_MAX: usize = 1024;

/// A frame, and whom it is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    Program(Frame),
    Server(Frame),
}

/// What the server is asked.
struct Flight {
    id: u64,
    /// Said again after a drop.
    frame: Frame,
    /// The program's own number of the message; absent if the bridge asks for itself.
    answer_to: Option<Value>,
}

/// A setup under way.
struct Setup {
    /// The program said where it ends.
    bracketed: bool,
    began: Instant,
    /// When the program or the server said something last.
    last: Instant,
    /// Its end is said; it is over when that is answered.
    is_ending: bool,
    /// All that was said in it: after a drop of the connection the server begins it anew.
    said: Vec<Frame>,
}

/// What is on its way.
#[derive(Default)]
pub struct Passage {
    is_open: bool,
    next_id: u64,
    waiting: VecDeque<Frame>,
    flight: Option<Flight>,
    setup: Option<Setup>,
    /// The program has begun to say what it looks like.
    has_built: bool,
    /// What people did before the program had built its window: it would not know what it is about.
    held: Vec<Sent>,
}

impl Passage {
    /// The program is not read until the server has caught up.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX
    }

    /// When the setup under way is over, if nothing is said until then.
    pub fn setup_ends_at(&self) -> Option<Instant> {
        let setup = self.setup.as_ref().filter(|setup| !setup.bracketed && self.is_idle())?;
        Some((setup.last + QUIET).min(setup.began + SETUP_MAX))
    }

    fn is_idle(&self) -> bool {
        self.is_open && self.flight.is_none() && self.waiting.is_empty()
    }

    /// A frame of the program.
    pub fn program_said(&mut self, frame: Frame, now: Instant) -> Vec<Sent> {
        self.waiting.push_back(frame);
        self.advance(now)
    }

    /// The server is there: what it has not answered is said again, a setup from its beginning.
    pub fn server_opened(&mut self, now: Instant) -> Vec<Sent> {
        self.is_open = true;
        let again = match (&self.setup, &self.flight) {
            (Some(setup), _) => setup.said.clone(),
            (None, Some(flight)) => vec![flight.frame.clone()],
            (None, None) => Vec::new(),
        };
        let mut sent: Vec<Sent> = again.into_iter().map(Sent::Server).collect();
        sent.extend(self.advance(now));
        sent
    }

    /// The server is away.
    pub fn server_lost(&mut self) {
        self.is_open = false;
    }

    /// A frame of the server.
    pub fn server_said(&mut self, frame: Frame, now: Instant) -> Vec<Sent> {
        let text = match frame {
            Frame::Binary(_) => return self.tell_of_people(Sent::Program(frame)).into_iter().collect(),
            Frame::Text(text) => text,
        };
        let messages = match serde_json::from_str(&text) {
            Ok(Value::Array(messages)) => messages,
            Ok(message) => vec![message],
            Err(_) => Vec::new(),
        };
        let mut sent = Vec::new();
        for message in messages {
            sent.extend(self.heard(message, now));
        }
        if self.is_built() {
            sent.append(&mut self.held);
        }
        sent.extend(self.conclude_setup(now));
        sent.extend(self.advance(now));
        sent
    }

    fn is_built(&self) -> bool {
        self.has_built && self.setup.is_none()
    }

    /// Hands on what people did, once the window is built.
    fn tell_of_people(&mut self, sent: Sent) -> Option<Sent> {
        if self.is_built() {
            return Some(sent);
        }
        if self.held.len() < HELD_MAX {
            self.held.push(sent);
        }
        None
    }

    fn heard(&mut self, message: Value, now: Instant) -> Option<Sent> {
        let Value::Object(mut message) = message else { return None };
        match message.get("type").and_then(Value::as_str)? {
            "result" | "error" => return self.answered(message, now).map(program),
            "callback" => {
                message.remove("client");
                translate(&mut message, to_theirs);
            }
            "binary-chunk" => {}
            // Who comes and goes, and what the session holds: the program does not know of either.
            _ => return None,
        }
        self.tell_of_people(program(message))
    }

    /// An answer goes to whoever asked. Of what is said in a setup, answers come again after a drop.
    fn answered(&mut self, mut message: Map<String, Value>, now: Instant) -> Option<Map<String, Value>> {
        let id = message.get("id").and_then(Value::as_u64);
        if let Some(setup) = &mut self.setup {
            setup.last = now;
        }
        let Some(flight) = self.flight.take_if(|flight| Some(flight.id) == id) else {
            tell_refusal(&message);
            return None;
        };
        if self.setup.as_ref().is_some_and(|setup| setup.is_ending) {
            self.setup = None;
        }
        let Some(answer_to) = flight.answer_to else {
            tell_refusal(&message);
            return None;
        };
        translate(&mut message, to_theirs);
        message.insert("id".into(), answer_to);
        // The program counts for itself; what the server makes has numbers that it never reaches.
        message.remove("next_wid");
        Some(message)
    }

    /// The setup under way is over, as far as can be told from outside.
    pub fn setup_over(&mut self, now: Instant) -> Vec<Sent> {
        if self.setup.as_ref().is_none_or(|setup| setup.bracketed) || !self.is_idle() {
            return Vec::new();
        }
        vec![self.end_setup(None, now)]
    }

    /// What a program does because of people is no setup any more: else it would be undone when it is started anew.
    fn conclude_setup(&mut self, now: Instant) -> Option<Sent> {
        if self.held.is_empty() {
            return None;
        }
        let setup = self.setup.as_ref().filter(|setup| !setup.bracketed && self.is_idle())?;
        (now >= setup.last + SETTLED).then(|| self.end_setup(None, now))
    }

    /// Says what may be said now.
    fn advance(&mut self, now: Instant) -> Vec<Sent> {
        let mut sent = Vec::new();
        while self.is_open && self.flight.is_none() {
            let Some(frame) = self.waiting.pop_front() else { break };
            sent.extend(self.say(frame, now));
        }
        sent
    }

    fn say(&mut self, frame: Frame, now: Instant) -> Option<Sent> {
        let Frame::Text(text) = &frame else { return Some(self.pass_on(frame, now)) };
        match serde_json::from_str(text) {
            Ok(Value::Object(message)) => Some(self.say_message(message, now)),
            // An array: one after the other, ahead of what came behind it.
            Ok(Value::Array(messages)) => {
                messages.iter().rev().for_each(|message| self.waiting.push_front(Frame::Text(message.to_string())));
                None
            }
            _ => None,
        }
    }

    fn say_message(&mut self, mut message: Map<String, Value>, now: Instant) -> Sent {
        let kind = message.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_window =
            !matches!(kind.as_str(), "reconstruct-start" | "register-font" | "set-default-font" | "open-url");
        if is_window && !self.has_built {
            self.waiting.push_front(Frame::Text(Value::Object(message).to_string()));
            return self.begin_setup(None, now);
        }
        let id = message.remove("id");
        translate(&mut message, to_ours);
        match kind.as_str() {
            "reconstruct-start" => self.begin_setup(id, now),
            "reconstruct-end" => self.end_setup(id, now),
            // Not answered if it goes well; the bytes come in frames behind it.
            "binary-call" | "binary-call-chunked" => {
                message.insert("id".into(), json!(self.new_id()));
                self.pass_on(text(message), now)
            }
            "binary-chunk" => self.pass_on(text(message), now),
            _ => {
                if kind == "create" {
                    without_trailing_nulls(&mut message);
                }
                self.ask(message, id, now)
            }
        }
    }

    fn begin_setup(&mut self, answer_to: Option<Value>, now: Instant) -> Sent {
        self.has_built = true;
        let bracketed = answer_to.is_some();
        self.setup = Some(Setup { bracketed, began: now, last: now, is_ending: false, said: Vec::new() });
        self.ask(of_type("build-start"), answer_to, now)
    }

    fn end_setup(&mut self, answer_to: Option<Value>, now: Instant) -> Sent {
        if let Some(setup) = &mut self.setup {
            setup.is_ending = true;
        }
        self.ask(of_type("build-end"), answer_to, now)
    }

    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn ask(&mut self, mut message: Map<String, Value>, answer_to: Option<Value>, now: Instant) -> Sent {
        let id = self.new_id();
        message.insert("id".into(), json!(id));
        let frame = text(message);
        self.flight = Some(Flight { id, frame: frame.clone(), answer_to });
        self.pass_on(frame, now)
    }

    fn pass_on(&mut self, frame: Frame, now: Instant) -> Sent {
        if let Some(setup) = &mut self.setup {
            setup.last = now;
            setup.said.push(frame.clone());
        }
        Sent::Server(frame)
    }
}

fn of_type(kind: &str) -> Map<String, Value> {
    Map::from_iter([("type".into(), json!(kind))])
}

fn text(message: Map<String, Value>) -> Frame {
    Frame::Text(Value::Object(message).to_string())
}

fn program(message: Map<String, Value>) -> Sent {
    Sent::Program(text(message))
}

/// What nobody waits for and went wrong is told to whoever runs the bridge.
fn tell_refusal(message: &Map<String, Value>) {
    if let Some(error) = message.get("error").and_then(Value::as_str) {
        tell(&format!("the server refused something of the program: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: Value) -> Frame {
        Frame::Text(value.to_string())
    }

    fn server(sent: &[Sent]) -> Vec<Value> {
        let text = |sent: &Sent| match sent {
            Sent::Server(Frame::Text(text)) => serde_json::from_str(text).ok(),
            _ => None,
        };
        sent.iter().filter_map(text).collect()
    }

    fn program_heard(sent: &[Sent]) -> Vec<Value> {
        let text = |sent: &Sent| match sent {
            Sent::Program(Frame::Text(text)) => serde_json::from_str(text).ok(),
            _ => None,
        };
        sent.iter().filter_map(text).collect()
    }

    /// A passage whose server is there and answers everything at once.
    struct Told {
        passage: Passage,
        now: Instant,
        asked: Vec<Value>,
        answers: Vec<Value>,
    }

    impl Told {
        fn new() -> Self {
            let (mut passage, now) = (Passage::default(), Instant::now());
            assert!(passage.server_opened(now).is_empty());
            Self { passage, now, asked: Vec::new(), answers: Vec::new() }
        }

        fn say(&mut self, message: Value) {
            let mut sent = self.passage.program_said(said(message), self.now);
            self.settle(&mut sent);
        }

        fn settle(&mut self, sent: &mut Vec<Sent>) {
            while !sent.is_empty() {
                self.answers.extend(program_heard(sent));
                let asked = server(sent);
                sent.clear();
                for message in asked {
                    let answer =
                        json!({"type": "result", "id": message["id"], "wid": message.get("wid"), "next_wid": 9});
                    sent.extend(self.passage.server_said(said(answer), self.now));
                    self.asked.push(message);
                }
            }
        }

        fn kinds(&self) -> Vec<&str> {
            self.asked.iter().filter_map(|message| message["type"].as_str()).collect()
        }
    }

    #[test]
    fn pg_13_a_program_that_builds_anew_is_a_setup_that_ends_when_it_is_quiet() {
        let mut told = Told::new();
        told.say(json!({"type": "create", "wid": 1, "class": "Label", "args": ["x", null], "id": 7}));
        told.say(json!({"type": "call", "wid": 1, "method": "show", "args": [], "id": 8}));
        assert_eq!(told.kinds(), ["build-start", "create", "call"]);
        assert_eq!(told.asked[1]["args"], json!(["x"]));
        assert_eq!(told.asked[1]["wid"], 4096);
        let answers = [7, 8].map(|id| json!({"type": "result", "id": id, "wid": 1}));
        assert_eq!(told.answers, answers);
        let ends = told.passage.setup_ends_at().unwrap();
        assert_eq!(ends, told.now + QUIET);
        let mut sent = told.passage.setup_over(ends);
        told.settle(&mut sent);
        assert_eq!(told.kinds()[3..], ["build-end"]);
        assert_eq!(told.passage.setup_ends_at(), None);
        assert_eq!(told.answers.len(), 2);
    }

    #[test]
    fn pg_08_what_a_program_repeats_between_its_brackets_is_a_setup() {
        let mut told = Told::new();
        told.say(json!({"type": "register-font", "id": 1, "family": "F", "url": "/f"}));
        told.say(json!({"type": "reconstruct-start", "id": 2, "next_wid": 9}));
        told.say(json!({"type": "create", "wid": 1, "class": "Label", "args": [], "id": 3}));
        assert_eq!(told.passage.setup_ends_at(), None, "the program says where it ends");
        told.say(json!({"type": "reconstruct-end", "id": 4}));
        assert_eq!(told.kinds(), ["register-font", "build-start", "create", "build-end"]);
        let ids: Vec<_> = told.answers.iter().map(|answer| answer["id"].clone()).collect();
        assert_eq!(ids, [1, 2, 3, 4]);
    }

    #[test]
    fn pg_14_nothing_is_asked_before_the_last_is_answered_and_a_drop_asks_again() {
        let (mut passage, now) = (Passage::default(), Instant::now());
        let create = |wid: u64| said(json!({"type": "create", "wid": wid, "class": "Label", "args": [], "id": wid}));
        assert!(passage.program_said(create(1), now).is_empty(), "the server is not there yet");
        let first = server(&passage.server_opened(now));
        assert_eq!(first[0]["type"], "build-start");
        assert!(passage.program_said(create(2), now).is_empty());
        let second = passage.server_said(said(json!({"type": "result", "id": first[0]["id"]})), now);
        assert_eq!(server(&second)[0]["wid"], 4096);
        passage.server_lost();
        let again = server(&passage.server_opened(now));
        assert_eq!((again.len(), &again[0], &again[1]), (2, &first[0], &server(&second)[0]));
        let third = passage.server_said(said(json!({"type": "result", "id": again[1]["id"], "wid": 4096})), now);
        assert_eq!(program_heard(&third), [json!({"type": "result", "id": 1, "wid": 1})]);
        assert_eq!(server(&third)[0]["wid"], 8192);
    }

    #[test]
    fn pg_05_what_people_do_comes_in_the_numbers_of_the_program() {
        let mut passage = Passage { has_built: true, ..Passage::default() };
        let now = Instant::now();
        let callback = json!({
            "type": "callback", "wid": 8192, "action": "page-switch", "client": "c", "args": [{"__wid__": 4099}, 1],
        });
        let heard = program_heard(&passage.server_said(said(callback), now));
        let entry = (1u64 << 40) + 4099;
        let expected = json!({"type": "callback", "wid": 2, "action": "page-switch", "args": [{"__wid__": entry}, 1]});
        assert_eq!(heard, [expected]);
        assert!(passage.server_said(said(json!({"type": "client-connected", "client": "c"})), now).is_empty());
        let bytes = Frame::Binary(vec![1, 2].into());
        assert_eq!(passage.server_said(bytes.clone(), now), [Sent::Program(bytes)]);
    }

    #[test]
    fn pg_13_what_people_do_while_a_window_is_built_waits_for_its_end_and_hastens_it() {
        let mut told = Told::new();
        let press = said(json!({"type": "callback", "wid": 4096, "action": "activated", "args": []}));
        assert!(told.passage.server_said(press.clone(), told.now).is_empty(), "the program has not begun");
        told.say(json!({"type": "create", "wid": 1, "class": "Button", "args": [], "id": 1}));
        assert!(told.passage.server_said(press.clone(), told.now).is_empty(), "it may still build");
        let mut later = told.passage.server_said(press, told.now + SETTLED);
        assert_eq!(server(&later)[0]["type"], "build-end");
        told.settle(&mut later);
        assert_eq!(told.answers.iter().filter(|answer| answer["type"] == "callback").count(), 3);
    }

    #[test]
    fn pg_17_bytes_follow_their_message_and_nobody_waits_for_an_answer() {
        let mut told = Told::new();
        told.say(json!({"type": "create", "wid": 1, "class": "Image", "args": [], "id": 1}));
        let call = json!({"type": "binary-call", "wid": 1, "method": "set_binary_image", "args": ["png"], "id": 2});
        let mut sent = told.passage.program_said(said(call), told.now);
        let bytes = Frame::Binary(vec![0; 10].into());
        sent.extend(told.passage.program_said(bytes.clone(), told.now));
        assert_eq!(server(&sent)[0]["wid"], 4096);
        assert_eq!(sent[1], Sent::Server(bytes));
    }
}
