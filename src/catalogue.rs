//! The record that the catalogue keeps of each notebook beside its document. Imports ids and vocabulary.
//!
//! Invariant: a record can be read by every later version; unknown fields are kept out, missing ones have defaults.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{DocumentId, NotebookId, RunId},
    vocabulary::{Actor, ActorKind, Millis},
};

const PREFIX: &str = "notebook/";
const RUN_PREFIX: &str = "run/";

/// What the keys of documents begin with that were set aside because the engine hung on them; the value is the cause.
pub const SET_ASIDE_PREFIX: &str = "set-aside/";

/// The key that sets a document aside until `coscribe doctor` takes it back.
pub fn set_aside_key(document: &DocumentId) -> String {
    format!("{SET_ASIDE_PREFIX}{document}")
}

/// The key under which the notebook of a run is found.
pub fn run_key(run: &RunId) -> String {
    format!("{RUN_PREFIX}{run}")
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
        record.changed(actor, now);
        record
    }

    /// Somebody changed the notebook. What the server tidies up by itself is nobody's change; false then.
    pub fn changed(&mut self, actor: &Actor, now: Millis) -> bool {
        if actor.kind == ActorKind::Server {
            return false;
        }
        self.updated_at = now;
        self.updated_by = Some(actor.clone());
        true
    }

    /// Its key in the store's metadata.
    pub fn key(id: &NotebookId) -> String {
        format!("{PREFIX}{id}")
    }

    /// What all keys begin with.
    pub fn prefix() -> &'static str {
        PREFIX
    }

    /// The id in a key of the store's metadata.
    pub fn id_in(key: &str) -> Option<NotebookId> {
        key.strip_prefix(PREFIX)?.parse().ok()
    }
}
