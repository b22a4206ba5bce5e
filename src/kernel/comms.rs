//! Messages between the kernel's widgets and their views: how they wait for each other, whose output is whose.
//!
//! Imports ids. Pure. A widget of the kernel is named by its comm, Jupyter's word for the way on which it speaks.
//!
//! Invariant: one message to a widget is under way at a time; changes that wait for it are joined, so that a slider that
//! is dragged while code runs costs one message.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Instant,
};

use jupyter_protocol::JupyterMessage;
use serde_json::{Map, Value};

use super::{
    event::{Comm, CommKind, KernelEvent},
    requests,
    settings::COMM_PATIENCE,
};
use crate::ids::RunId;

/// What a view and its widget call a change of state, a message of their own, and a change sent back.
const UPDATE: &str = "update";
const ECHO: &str = "echo_update";
const CUSTOM: &str = "custom";

const METHOD: &str = "method";
const STATE: &str = "state";
const BUFFER_PATHS: &str = "buffer_paths";

/// The trait by which an Output widget says whose output it takes: the id of a request, or nothing.
const TAKES: &str = "msg_id";
/// The trait that names the class of a widget, and the class of Output widgets.
const MODEL_NAME: &str = "_model_name";
const OUTPUT_MODEL: &str = "OutputModel";

/// Messages that wait at most; of more the oldest go.
const WAITING_MAX: usize = 256;
/// Messages whose output is still recognised.
const REMEMBERED: usize = 256;
/// Output widgets that take output at a time.
const TAKERS_MAX: usize = 256;

/// A message to a widget.
#[derive(Debug, Clone, PartialEq)]
pub struct ToWidget {
    pub comm: String,
    pub data: Map<String, Value>,
    pub buffers: Vec<Vec<u8>>,
    /// Under which run that which it causes is told.
    pub run: Option<RunId>,
}

/// The comms of one kernel.
#[derive(Debug, Default)]
pub struct Comms {
    waiting: VecDeque<ToWidget>,
    /// By comm, the request under way and since when.
    under_way: HashMap<String, (String, Instant)>,
    /// Requests and the runs under which their output is told, the oldest first in `order`.
    callers: HashMap<String, RunId>,
    order: VecDeque<String>,
    /// Output widgets, and under which run that which they take is told.
    takers: HashMap<String, RunId>,
    /// By request, which of them take its output: the last one counts.
    taking: HashMap<String, Vec<String>>,
}

impl Comms {
    /// A message for a widget; what is to be sent now.
    pub fn send(&mut self, message: ToWidget, now: Instant) -> Option<JupyterMessage> {
        let last = self.waiting.iter_mut().rev().find(|waiting| waiting.comm == message.comm);
        match last {
            Some(last) if joins(&last.data, &message.data) => {
                join(&mut last.data, &mut last.buffers, message.data, message.buffers);
                last.run = message.run;
            }
            _ => self.waiting.push_back(message),
        }
        while self.waiting.len() > WAITING_MAX {
            self.waiting.pop_front();
        }
        self.next(now)
    }

    /// The next message whose widget has done with the one before, or does not say so for long.
    pub fn next(&mut self, now: Instant) -> Option<JupyterMessage> {
        let free = |waiting: &ToWidget| {
            self.under_way.get(&waiting.comm).is_none_or(|(_, since)| *since + COMM_PATIENCE <= now)
        };
        let at = self.waiting.iter().position(free)?;
        let ToWidget { comm, data, buffers, run } = self.waiting.remove(at)?;
        let request = requests::comm(comm.clone(), data, buffers);
        let id = requests::id(&request);
        self.under_way.insert(comm, (id.clone(), now));
        if let Some(run) = run {
            self.remember(id, run);
        }
        Some(request)
    }

    /// When [`Comms::next`] must be asked again although nothing came.
    pub fn due(&self) -> Option<Instant> {
        let since = |waiting: &ToWidget| self.under_way.get(&waiting.comm).map(|(_, since)| *since);
        self.waiting.iter().filter_map(since).min().map(|since| since + COMM_PATIENCE)
    }

    fn remember(&mut self, request: String, run: RunId) {
        if self.order.len() >= REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.callers.remove(&oldest);
        }
        self.order.push_back(request.clone());
        self.callers.insert(request, run);
    }

    /// The kernel has done with a request.
    pub fn done(&mut self, request: Option<&str>) {
        self.under_way.retain(|_, (id, _)| Some(id.as_str()) != request);
    }

    /// Under which run the output of a message to a widget is told.
    pub fn caller(&self, parent: Option<&str>) -> Option<RunId> {
        self.callers.get(parent?).cloned()
    }

    /// Under which run the output of a request is told that an Output widget takes.
    pub fn taker(&self, parent: Option<&str>) -> Option<RunId> {
        let taking = self.taking.get(parent?)?.last()?;
        self.takers.get(taking).cloned()
    }

    /// What a widget says; an event, if an Output widget came into being.
    pub fn heard(&mut self, comm: &Comm) -> Option<KernelEvent> {
        let state = comm.data.get(STATE).and_then(Value::as_object);
        let named = |state: &Map<String, Value>| state.get(MODEL_NAME).and_then(Value::as_str) == Some(OUTPUT_MODEL);
        let opens = comm.kind == CommKind::Open && state.is_some_and(named) && self.takers.len() < TAKERS_MAX;
        let event = opens.then(|| {
            let run = RunId::generate();
            self.takers.insert(comm.comm.clone(), run.clone());
            KernelEvent::Takes { run, comm: comm.comm.clone() }
        });
        if self.takers.contains_key(&comm.comm) {
            if let Some(takes) = state.and_then(|state| state.get(TAKES)).and_then(Value::as_str) {
                self.take(&comm.comm, takes);
            }
            if comm.kind == CommKind::Close {
                self.take(&comm.comm, "");
                self.takers.remove(&comm.comm);
            }
        }
        event
    }

    fn take(&mut self, comm: &str, request: &str) {
        for takers in self.taking.values_mut() {
            takers.retain(|taker| taker != comm);
        }
        self.taking.retain(|_, takers| !takers.is_empty());
        if !request.is_empty() {
            self.taking.entry(request.to_owned()).or_default().push(comm.to_owned());
        }
    }

    /// The process is gone, and all widgets with it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Whether the second of two messages of one widget may be told together with the first: both change its state.
pub fn joins(first: &Map<String, Value>, second: &Map<String, Value>) -> bool {
    // The message that opens a widget names no method and has its whole state.
    let changes = |data: &Map<String, Value>| data.get(METHOD).is_none_or(|method| method == UPDATE);
    changes(first) && changes(second) && first.contains_key(STATE) && second.contains_key(STATE)
}

/// Puts a later change of state over an earlier one, key by key, binary parts with their keys.
pub fn join(
    first: &mut Map<String, Value>,
    buffers: &mut Vec<Vec<u8>>,
    mut second: Map<String, Value>,
    later: Vec<Vec<u8>>,
) {
    let Some(Value::Object(changed)) = second.remove(STATE) else { return };
    let paths = |data: &mut Map<String, Value>| match data.remove(BUFFER_PATHS) {
        Some(Value::Array(paths)) => paths,
        _ => Vec::new(),
    };
    let later_paths = paths(&mut second);
    let touched: HashSet<&str> =
        changed.keys().map(String::as_str).chain(later_paths.iter().filter_map(first_key)).collect();
    let earlier = paths(first).into_iter().zip(std::mem::take(buffers));
    let kept = earlier.filter(|(path, _)| first_key(path).is_some_and(|key| !touched.contains(key)));
    let (mut all_paths, mut all): (Vec<Value>, Vec<Vec<u8>>) = kept.unzip();
    all_paths.extend(later_paths);
    all.extend(later);
    *buffers = all;
    first.insert(BUFFER_PATHS.into(), Value::Array(all_paths));
    if let Some(Value::Object(state)) = first.get_mut(STATE) {
        state.extend(changed);
    }
}

fn first_key(path: &Value) -> Option<&str> {
    path.get(0)?.as_str()
}

/// Whether a message may be left out when there are too many: what is no state is gone for good either way.
pub fn may_be_lost(comm: &Comm) -> bool {
    comm.kind == CommKind::Message && comm.data.get(METHOD).is_some_and(|method| method == CUSTOM)
}

/// Whether a message only sends back what was sent to the widget, which everybody has been shown.
pub fn is_echo(data: &Map<String, Value>) -> bool {
    data.get(METHOD).is_some_and(|method| method == ECHO)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn update(state: Value) -> ToWidget {
        let data = object(json!({ "method": "update", "state": state, "buffer_paths": [] }));
        ToWidget { comm: "c".into(), data, buffers: Vec::new(), run: None }
    }

    fn sent(message: Option<JupyterMessage>) -> (String, Value) {
        let message = message.unwrap();
        let content = serde_json::to_value(&message.content).unwrap();
        (requests::id(&message), content["data"]["state"].clone())
    }

    fn said(kind: CommKind, comm: &str, data: Value) -> Comm {
        Comm { run: None, kind, comm: comm.into(), target: None, data: object(data), buffers: Vec::new() }
    }

    #[test]
    fn ln_43_changes_that_wait_for_a_widget_become_one() {
        let (now, mut comms) = (Instant::now(), Comms::default());
        let (first, state) = sent(comms.send(update(json!({ "value": 1 })), now));
        assert_eq!(state, json!({ "value": 1 }));
        for value in 2..50 {
            assert!(comms.send(update(json!({ "value": value, "x": value })), now).is_none());
        }
        comms.done(Some("another"));
        assert!(comms.next(now).is_none());
        comms.done(Some(&first));
        assert_eq!(sent(comms.next(now)).1, json!({ "value": 49, "x": 49 }));
        assert!(comms.next(now).is_none());
    }

    #[test]
    fn a_widget_that_never_says_it_is_done_is_told_on_all_the_same() {
        let (now, mut comms) = (Instant::now(), Comms::default());
        comms.send(update(json!({ "value": 1 })), now);
        assert!(comms.send(update(json!({ "value": 2 })), now).is_none());
        assert_eq!(comms.due(), Some(now + COMM_PATIENCE));
        assert!(comms.next(now + COMM_PATIENCE).is_some());
    }

    #[test]
    fn a_later_change_takes_the_place_of_the_binary_parts_of_the_earlier_one() {
        let mut first = object(json!({ "state": { "a": {}, "b": {} }, "buffer_paths": [["a", "x"], ["b"]] }));
        let mut buffers = vec![vec![1], vec![2]];
        let second = object(json!({ "method": "update", "state": { "a": {} }, "buffer_paths": [["a", "y"]] }));
        assert!(joins(&first, &second));
        join(&mut first, &mut buffers, second, vec![vec![3]]);
        assert_eq!(first["buffer_paths"], json!([["b"], ["a", "y"]]));
        assert_eq!(buffers, [vec![2], vec![3]]);
        assert!(!joins(&object(json!({ "method": "custom", "content": 1 })), &first));
    }

    #[test]
    fn ln_43_output_goes_to_the_output_widget_that_was_entered_last() {
        let mut comms = Comms::default();
        for comm in ["one", "two"] {
            let opened = said(CommKind::Open, comm, json!({ "state": { "_model_name": "OutputModel", "msg_id": "" } }));
            assert!(matches!(comms.heard(&opened), Some(KernelEvent::Takes { .. })));
        }
        assert!(comms.heard(&said(CommKind::Open, "x", json!({ "state": { "_model_name": "Slider" } }))).is_none());
        let takes = |request: &str| json!({ "method": "update", "state": { "msg_id": request } });
        comms.heard(&said(CommKind::Message, "one", takes("r")));
        let outer = comms.taker(Some("r")).unwrap();
        comms.heard(&said(CommKind::Message, "two", takes("r")));
        let inner = comms.taker(Some("r")).unwrap();
        assert_ne!(outer, inner);
        comms.heard(&said(CommKind::Message, "two", takes("")));
        assert_eq!(comms.taker(Some("r")), Some(outer));
        comms.heard(&said(CommKind::Close, "one", json!({})));
        assert_eq!(comms.taker(Some("r")), None);
    }

    #[test]
    fn what_waits_and_what_is_remembered_is_bounded() {
        let (now, mut comms) = (Instant::now(), Comms::default());
        let custom = |at: usize| ToWidget {
            data: object(json!({ "method": "custom", "content": at })),
            run: Some(RunId::generate()),
            ..update(json!({}))
        };
        for at in 0..2 * WAITING_MAX {
            comms.send(custom(at), now);
        }
        assert_eq!(comms.waiting.len(), WAITING_MAX);
        for at in 0..2 * REMEMBERED {
            comms.send(ToWidget { comm: at.to_string(), ..custom(at) }, now);
        }
        assert_eq!((comms.callers.len(), comms.order.len()), (REMEMBERED, REMEMBERED));
    }
}
