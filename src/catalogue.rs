//! The record that the catalogue keeps of each notebook, project and widget session beside its document, and where runs,
//! tasks and sessions are found. Imports ids and vocabulary.
//!
//! Invariant: a record can be read by every later version; unknown fields are kept out, missing ones have defaults.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    ids::{DocumentId, NotebookId, ProjectId, RunId, SessionId, TaskId, WidgetSessionId},
    vocabulary::{Actor, ActorKind, Millis, Program, ProgramState},
};

const NOTEBOOK_PREFIX: &str = "notebook/";
const PROJECT_PREFIX: &str = "project/";
const WIDGETS_PREFIX: &str = "widgets/";
const RUN_PREFIX: &str = "run/";
const TASK_PREFIX: &str = "task/";
const SESSION_PREFIX: &str = "session/";

/// What the keys of documents begin with that were set aside because the engine hung on them; the value is the cause.
pub const SET_ASIDE_PREFIX: &str = "set-aside/";

/// The key that sets a document aside until `coscribe doctor` takes it back.
pub fn set_aside_key(document: &DocumentId) -> String {
    format!("{SET_ASIDE_PREFIX}{document}")
}

/// Something that is found by its id alone, in whatever document it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Findable {
    Run(RunId),
    Task(TaskId),
    Session(SessionId),
}

impl Findable {
    /// The key under which the id of its notebook or project is found.
    pub fn key(&self) -> String {
        match self {
            Self::Run(id) => format!("{RUN_PREFIX}{id}"),
            Self::Task(id) => format!("{TASK_PREFIX}{id}"),
            Self::Session(id) => format!("{SESSION_PREFIX}{id}"),
        }
    }
}

/// What the catalogue keeps of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    Notebook(NotebookRecord),
    Project(ProjectRecord),
    Widgets(WidgetsRecord),
}

impl Record {
    /// Its key in the store's metadata; `None` for documents of which nothing is kept.
    pub fn key(document: &DocumentId) -> Option<String> {
        match document {
            DocumentId::Notebook(id) => Some(NotebookRecord::key(id)),
            DocumentId::Project(id) => Some(ProjectRecord::key(id)),
            DocumentId::Widgets(id) => Some(WidgetsRecord::key(id)),
            DocumentId::Free(_) => None,
        }
    }

    /// Reads the record of a document.
    ///
    /// # Errors
    /// The bytes are no record.
    pub fn parse(document: &DocumentId, bytes: &[u8]) -> Result<Option<Self>, serde_json::Error> {
        match document {
            DocumentId::Notebook(_) => serde_json::from_slice(bytes).map(|record| Some(Self::Notebook(record))),
            DocumentId::Project(_) => serde_json::from_slice(bytes).map(|record| Some(Self::Project(record))),
            DocumentId::Widgets(_) => serde_json::from_slice(bytes).map(|record| Some(Self::Widgets(record))),
            DocumentId::Free(_) => Ok(None),
        }
    }

    /// As it is kept.
    ///
    /// # Errors
    /// None that is known: its fields are plain.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Notebook(record) => serde_json::to_vec(record),
            Self::Project(record) => serde_json::to_vec(record),
            Self::Widgets(record) => serde_json::to_vec(record),
        }
    }

    /// Title or name, and how many cells, tasks or widgets there are; true if one of them differs from what was kept.
    pub fn describe(&mut self, text: String, count: u32) -> bool {
        let (known, counted) = match self {
            Self::Notebook(record) => (&mut record.title, &mut record.cell_count),
            Self::Project(record) => (&mut record.name, &mut record.task_count),
            Self::Widgets(record) => (&mut record.title, &mut record.widget_count),
        };
        let differs = *known != text || *counted != count;
        (*known, *counted) = (text, count);
        differs
    }

    /// Somebody changed the document. What the server tidies up by itself is nobody's change; false then.
    pub fn changed(&mut self, actor: &Actor, now: Millis) -> bool {
        let (at, by) = match self {
            Self::Notebook(record) => (&mut record.updated_at, &mut record.updated_by),
            Self::Project(record) => (&mut record.updated_at, &mut record.updated_by),
            Self::Widgets(record) => (&mut record.updated_at, &mut record.updated_by),
        };
        note_change(at, by, actor, now)
    }

    /// Something may run in it, or a program is in it.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Notebook(record) => record.live,
            Self::Widgets(record) => record.program.state == ProgramState::Connected,
            Self::Project(_) => false,
        }
    }

    /// Keeps whether the program of a widget session is there; true if that differs from what was kept.
    pub fn set_program(&mut self, program: &Program) -> bool {
        match self {
            Self::Widgets(record) if record.program != *program => {
                record.program = program.clone();
                true
            }
            _ => false,
        }
    }

    /// Keeps whether something may run in it; true if that differs from what was kept.
    pub fn set_live(&mut self, live: bool) -> bool {
        match self {
            Self::Notebook(record) => std::mem::replace(&mut record.live, live) != live,
            Self::Project(_) | Self::Widgets(_) => false,
        }
    }

    /// Title or name.
    pub fn title(&self) -> &str {
        match self {
            Self::Notebook(record) => &record.title,
            Self::Project(record) => &record.name,
            Self::Widgets(record) => &record.title,
        }
    }

    /// Keeps when it was put into the bin.
    pub fn set_deleted_at(&mut self, at: Option<Millis>) {
        match self {
            Self::Notebook(record) => record.deleted_at = at,
            Self::Project(record) => record.deleted_at = at,
            // It is deleted at once, with everything in it.
            Self::Widgets(_) => {}
        }
    }

    /// When it was put into the bin.
    pub fn deleted_at(&self) -> Option<Millis> {
        match self {
            Self::Notebook(record) => record.deleted_at,
            Self::Project(record) => record.deleted_at,
            Self::Widgets(_) => None,
        }
    }
}

fn note_change(at: &mut Millis, by: &mut Option<Actor>, actor: &Actor, now: Millis) -> bool {
    if actor.kind == ActorKind::Server {
        return false;
    }
    (*at, *by) = (now, Some(actor.clone()));
    true
}

/// A record of which there is one for each document of its kind.
pub trait Listed: DeserializeOwned {
    type Id: FromStr + Ord + Display;

    /// What all keys begin with.
    const PREFIX: &'static str;

    /// When somebody changed the document last.
    fn updated_at(&self) -> Millis;

    /// Its key in the store's metadata.
    fn key(id: &Self::Id) -> String {
        format!("{}{id}", Self::PREFIX)
    }

    /// The id in a key of the store's metadata.
    fn id_in(key: &str) -> Option<Self::Id> {
        key.strip_prefix(Self::PREFIX)?.parse().ok()
    }
}

/// What is known of a notebook without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotebookRecord {
    pub title: String,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// Who changed it last; unknown for notebooks that nobody has changed since this is kept.
    #[serde(default)]
    pub updated_by: Option<Actor>,
    #[serde(default)]
    pub cell_count: u32,
    /// When it was put into the bin.
    #[serde(default)]
    pub deleted_at: Option<Millis>,
    /// Something may run in it. After a crash it tells that the document names runs and a kernel which are no more.
    #[serde(default)]
    pub live: bool,
}

impl NotebookRecord {
    /// The record of a notebook that is created now.
    pub fn new(title: String, cell_count: u32, actor: &Actor, now: Millis) -> Self {
        let mut record = Self {
            title,
            created_at: now,
            updated_at: now,
            updated_by: None,
            cell_count,
            deleted_at: None,
            live: false,
        };
        note_change(&mut record.updated_at, &mut record.updated_by, actor, now);
        record
    }
}

impl Listed for NotebookRecord {
    type Id = NotebookId;
    const PREFIX: &'static str = NOTEBOOK_PREFIX;

    fn updated_at(&self) -> Millis {
        self.updated_at
    }
}

/// What is known of a project without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectRecord {
    pub name: String,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// Who changed it last; unknown while it is as the server made it.
    #[serde(default)]
    pub updated_by: Option<Actor>,
    #[serde(default)]
    pub task_count: u32,
    /// When it was put into the bin.
    #[serde(default)]
    pub deleted_at: Option<Millis>,
}

impl ProjectRecord {
    /// The record of a project that is created now.
    pub fn new(name: String, actor: &Actor, now: Millis) -> Self {
        let mut record =
            Self { name, created_at: now, updated_at: now, updated_by: None, task_count: 0, deleted_at: None };
        note_change(&mut record.updated_at, &mut record.updated_by, actor, now);
        record
    }
}

impl Listed for ProjectRecord {
    type Id = ProjectId;
    const PREFIX: &'static str = PROJECT_PREFIX;

    fn updated_at(&self) -> Millis {
        self.updated_at
    }
}

/// What is known of a widget session without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WidgetsRecord {
    pub title: String,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// Who changed it last; unknown while it is as it was made.
    #[serde(default)]
    pub updated_by: Option<Actor>,
    #[serde(default)]
    pub widget_count: u32,
    /// After a crash it may tell of a program that is no more.
    #[serde(default)]
    pub program: Program,
    /// The SHA-256 of the token that its program brings.
    pub token: [u8; 32],
}

impl WidgetsRecord {
    /// The record of a session that is made now.
    pub fn new(title: String, token: [u8; 32], actor: &Actor, now: Millis) -> Self {
        let program = Program { since: now, ..Program::default() };
        let mut record =
            Self { title, created_at: now, updated_at: now, updated_by: None, widget_count: 0, program, token };
        note_change(&mut record.updated_at, &mut record.updated_by, actor, now);
        record
    }
}

impl Listed for WidgetsRecord {
    type Id = WidgetSessionId;
    const PREFIX: &'static str = WIDGETS_PREFIX;

    fn updated_at(&self) -> Millis {
        self.updated_at
    }
}
