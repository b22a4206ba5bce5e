//! Notebooks among all documents: creating, listing, deleting them, and finding the one a run is in.
//!
//! Invariant: all of it goes the ways of `rooms`, which are the same for every kind of document.

use storage::StorageError;

use super::{
    actor::now,
    document::Document,
    handle::RoomHandle,
    refusals::{CreateError, OpenError},
    rooms::Rooms,
};
use crate::{
    catalogue::{Findable, NotebookRecord, Record},
    ids::{DocumentId, NotebookId, RunId},
    notebook::ImportedNotebook,
    vocabulary::{Actor, Event},
    wire::rest::NotebookSummary,
};

/// The notebook that a path without an id opens (LN-02).
pub const DEFAULT_NOTEBOOK: &str = "default";

impl Rooms {
    /// Creates a notebook, empty (one code cell) or with imported content; durable when it returns.
    pub async fn create(
        &self,
        id: NotebookId,
        title: String,
        content: Option<ImportedNotebook>,
        actor: Actor,
    ) -> Result<NotebookSummary, CreateError> {
        let mut content = content.unwrap_or_else(ImportedNotebook::empty);
        content.title = Some(title.clone());
        let cells = u32::try_from(content.cells.len()).unwrap_or(u32::MAX);
        let record = NotebookRecord::new(title.clone(), cells, &actor, now());
        let update = Document::initial_notebook(content);
        let event = Event::NotebookCreated { id: id.clone(), title };
        let document = DocumentId::Notebook(id.clone());
        self.create_document(&document, &Record::Notebook(record.clone()), event, actor, update).await?;
        Ok(summary(id, record))
    }

    pub(super) async fn create_default(&self, id: NotebookId) -> Result<(), OpenError> {
        let title = "Default notebook".to_owned();
        match self.create(id, title, None, Actor::server()).await {
            Ok(_) | Err(CreateError::Exists(_)) => Ok(()),
            Err(CreateError::Open(error)) => Err(error),
        }
    }

    /// All notebooks, those in the bin included, last changed first.
    pub async fn notebooks(&self) -> Result<Vec<NotebookSummary>, StorageError> {
        Ok(self.listed().await?.into_iter().map(|(id, record)| summary(id, record)).collect())
    }

    /// One notebook of the catalogue.
    pub async fn summary(&self, id: &NotebookId) -> Result<NotebookSummary, OpenError> {
        let document = DocumentId::Notebook(id.clone());
        match self.record(&document).await? {
            Some(Record::Notebook(record)) => Ok(summary(id.clone(), record)),
            _ => Err(OpenError::Unknown(document)),
        }
    }

    /// Puts a notebook into the bin; open connections are closed with 4404.
    pub async fn delete(&self, id: &NotebookId, actor: Actor) -> Result<(), OpenError> {
        let event = |_: &Record| Event::NotebookDeleted { id: id.clone() };
        self.set_deleted(&DocumentId::Notebook(id.clone()), Some(now()), actor, event).await
    }

    /// Takes a notebook back out of the bin.
    pub async fn restore(&self, id: &NotebookId, actor: Actor) -> Result<NotebookSummary, OpenError> {
        let event = |record: &Record| Event::NotebookUpdated { id: id.clone(), title: record.title().to_owned() };
        self.set_deleted(&DocumentId::Notebook(id.clone()), None, actor, event).await?;
        self.summary(id).await
    }

    /// The room of the notebook in which a run is found; `None` if the run is not known.
    pub async fn of_run(&self, run: &RunId) -> Result<Option<RoomHandle>, OpenError> {
        self.room_of(&Findable::Run(run.clone()), DocumentId::Notebook).await
    }
}

fn summary(id: NotebookId, record: NotebookRecord) -> NotebookSummary {
    let NotebookRecord { title, created_at, updated_at, updated_by, cell_count, deleted_at, live: _ } = record;
    NotebookSummary { id, title, created_at, updated_at, updated_by, cell_count, deleted_at }
}
