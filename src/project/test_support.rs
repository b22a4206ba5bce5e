//! What tests of projects need: a server and its clients, each with a replica of one board.

use serde_json::{Value, json};
use yrs::{Doc, Map, ReadTxn, StateVector, Transact, TransactionMut, Update, updates::decoder::Decode};

use super::{
    Found, NewSession, NewTask, Op, OpError, Project, Question, SessionFilter, Subject, TaskFilter, Told, schema,
};
use crate::{
    crdt::{document_options, json as values},
    ids::ProjectId,
    vocabulary::{Actor, ActorKind, Event, Millis, Priority, Session, Task, TaskStatus},
};

pub fn actor(name: &str) -> Actor {
    Actor { name: name.into(), kind: ActorKind::Human }
}

pub fn project() -> ProjectId {
    "p".parse().unwrap()
}

pub fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub fn new_task(task: &str) -> NewTask {
    NewTask {
        id: id(task),
        title: format!("Task {task}"),
        description: String::new(),
        prompt: String::new(),
        status: TaskStatus::default(),
        priority: Priority::default(),
        completed_at: None,
        sessions: Vec::new(),
        references: Vec::new(),
    }
}

pub fn task(task: &str) -> Op {
    Op::CreateTask(new_task(task))
}

pub fn session(session: &str, tasks: &[&str]) -> Op {
    Op::CreateSession(NewSession {
        id: id(session),
        name: format!("Session {session}"),
        status: crate::vocabulary::SessionStatus::default(),
        tasks: tasks.iter().map(|task| id(task)).collect(),
        notebook: None,
    })
}

pub fn add(session: &str, task: &str) -> Op {
    Op::AddTask { session: id(session), task: id(task) }
}

/// A document with a client of its own.
pub struct Replica {
    pub doc: Doc,
    pub project: Project,
    pub now: Millis,
}

impl Replica {
    pub fn new(client: u64) -> Self {
        let doc = Doc::with_options(document_options(client));
        let project = Project::open(&doc.transact(), project());
        Self { doc, project, now: 1_000_000 }
    }

    /// A server that has an empty board.
    pub fn server() -> Self {
        let mut server = Self::new(1);
        Project::initialise(&mut server.doc.transact_mut(), "Board", "", 1);
        server.project = Project::open(&server.doc.transact(), project());
        server
    }

    /// A client that has what this one has.
    pub fn fork(&self, client: u64) -> Self {
        let mut fork = Self::new(client);
        fork.now = self.now;
        fork.merge(&self.difference(&fork));
        fork
    }

    /// What this one has and the other lacks.
    pub fn difference(&self, other: &Self) -> Vec<u8> {
        let known: StateVector = other.doc.transact().state_vector();
        self.doc.transact().encode_diff_v1(&known)
    }

    /// Merges without healing, as clients do.
    pub fn merge(&mut self, update: &[u8]) {
        self.doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
        self.project = Project::open(&self.doc.transact(), project());
    }

    /// Edits without healing, as clients do.
    pub fn edit(&mut self, op: &Op) -> Result<Subject, OpError> {
        self.project = Project::open(&self.doc.transact(), project());
        let doc = self.doc.clone();
        let subject = self.project.apply(&mut doc.transact_mut(), op, &actor("client"), self.now);
        self.project = Project::open(&self.doc.transact(), project());
        subject
    }

    /// Changes a field of a task by hand, as a page does.
    pub fn write(&mut self, root: &'static str, key: &str, field: &str, value: impl Into<yrs::In>) {
        let mut txn = self.doc.transact_mut();
        let map = schema::map(&mut txn, root).get(&txn, key).unwrap().cast::<yrs::MapRef>().unwrap();
        let value: yrs::In = value.into();
        map.insert(&mut txn, field, value);
    }

    /// Types into a task's description.
    pub fn typed(&mut self, task: &str, text: &str) {
        let mut txn = self.doc.transact_mut();
        let map = super::task::find(&txn, &id(task)).unwrap();
        let found = super::fields::text(&txn, &map, schema::DESCRIPTION).unwrap();
        yrs::Text::push(&found, &mut txn, text);
    }

    /// A transaction as the server makes it.
    pub fn transact(&mut self, change: impl FnOnce(&mut Project, &mut TransactionMut<'_>)) -> Told {
        let doc = self.doc.clone();
        let mut txn = doc.transact_mut();
        change(&mut self.project, &mut txn);
        if txn.has_changes() {
            self.project.heal(&mut txn, &actor("Ana"), self.now);
        }
        txn.commit();
        self.project.take_told()
    }

    /// Takes what a client has, as the server does.
    pub fn receive(&mut self, from: &Self) -> Vec<Event> {
        let update = from.difference(self);
        self.transact(|_, txn| txn.apply_update(Update::decode_v1(&update).unwrap()).unwrap()).events
    }

    /// Makes an edit as the server does.
    pub fn apply(&mut self, op: &Op) -> Result<Vec<Event>, OpError> {
        let now = self.now;
        let mut refusal = None;
        let told = self.transact(|project, txn| refusal = project.apply(txn, op, &actor("Ana"), now).err());
        refusal.map_or(Ok(told.events), Err)
    }

    pub fn tidy(&mut self) -> Vec<Event> {
        let now = self.now;
        self.transact(|project, txn| project.tidy(txn, now)).events
    }

    fn ask(&self, question: &Question) -> Found {
        self.project.answer(&self.doc.transact(), question).unwrap()
    }

    pub fn tasks(&self) -> Vec<Task> {
        let question = Question::Tasks { filter: TaskFilter::default(), after: None, limit: usize::MAX };
        let Found::Tasks(tasks) = self.ask(&question) else { panic!("no tasks") };
        tasks
    }

    pub fn task(&self, task: &str) -> Task {
        let Found::Task(task) = self.ask(&Question::About(Subject::Task(id(task)))) else { panic!("no task") };
        *task
    }

    pub fn sessions(&self) -> Vec<Session> {
        let question = Question::Sessions { filter: SessionFilter::default(), after: None, limit: usize::MAX };
        let Found::Sessions(sessions) = self.ask(&question) else { panic!("no sessions") };
        sessions
    }

    /// All that the document holds, as JSON.
    pub fn everything(&self) -> Value {
        let txn = self.doc.transact();
        let map = |root: &str| txn.get_map(root).map(|map| values::to_object(&txn, &map)).unwrap_or_default();
        json!(schema::ROOTS.map(map))
    }

    /// What the board says, apart from the time of day at which it was told.
    pub fn board(&self) -> (Vec<Task>, Vec<Session>) {
        (self.tasks(), self.sessions())
    }
}

/// Brings a server and its clients to the same state.
pub fn meet(server: &mut Replica, clients: &mut [&mut Replica]) -> Vec<Event> {
    let mut events = Vec::new();
    for client in clients.iter() {
        events.extend(server.receive(client));
    }
    for client in clients {
        let update = server.difference(client);
        client.merge(&update);
        assert_eq!(client.everything(), server.everything());
    }
    events
}

/// The names of events.
pub fn names(events: &[Event]) -> Vec<String> {
    let name = |event| serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned();
    events.iter().map(name).collect()
}
