//! All rooms: opening, finding, unloading; the catalogue of notebooks.

use std::sync::Arc;

use storage::{StorageError, Store};

use super::handle::RoomHandle;
use crate::{
    ids::{DocumentId, NotebookId},
    notebook::ImportedNotebook,
    vocabulary::Actor,
    wire::rest::NotebookSummary,
};

/// Why a document could not be opened. Never answered with an empty document.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenError {
    #[error("No notebook has the id {0}.")]
    Unknown(NotebookId),
    #[error("The notebook {0} is in the bin; restore it first.")]
    Deleted(NotebookId),
    /// It made the server fail repeatedly, or its log cannot be read.
    #[error(
        "The document {document} is set aside: {cause}. Run `coscribe doctor` on the server, or restore it from a backup."
    )]
    Quarantined { document: String, cause: String },
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("The server is stopping.")]
    Stopping,
}

/// Why a notebook could not be created.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateError {
    #[error("There is already a notebook with the id {0}.")]
    Exists(NotebookId),
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// The rooms of a server; share it in an `Arc`.
pub struct Rooms {}

impl Rooms {
    /// Rooms over `store`.
    pub fn new(store: Arc<dyn Store>) -> Arc<Self> {
        unimplemented!("{}", Arc::strong_count(&store))
    }

    /// The room of a document, loaded if it is not open. A free document is created by opening it; a notebook is not,
    /// except `default`.
    pub async fn open(self: &Arc<Self>, document: &DocumentId) -> Result<RoomHandle, OpenError> {
        unimplemented!("{document:?}")
    }

    /// Creates a notebook, empty (one code cell) or with imported content; durable when it returns.
    pub async fn create(
        self: &Arc<Self>,
        id: NotebookId,
        title: String,
        content: Option<ImportedNotebook>,
        actor: Actor,
    ) -> Result<NotebookSummary, CreateError> {
        unimplemented!("{id:?} {title:?} {actor:?} {}", content.is_some())
    }

    /// All notebooks, those in the bin included, last changed first.
    pub async fn notebooks(&self) -> Result<Vec<NotebookSummary>, StorageError> {
        unimplemented!()
    }

    /// One notebook of the catalogue.
    pub async fn summary(&self, id: &NotebookId) -> Result<NotebookSummary, OpenError> {
        unimplemented!("{id:?}")
    }

    /// Puts a notebook into the bin; open connections are closed with 4404.
    pub async fn delete(&self, id: &NotebookId, actor: Actor) -> Result<(), OpenError> {
        unimplemented!("{id:?} {actor:?}")
    }

    /// Takes a notebook back out of the bin.
    pub async fn restore(&self, id: &NotebookId, actor: Actor) -> Result<NotebookSummary, OpenError> {
        unimplemented!("{id:?} {actor:?}")
    }

    /// Closes all rooms in order: everything durable, clients told to reconnect. No room opens afterwards.
    pub async fn stop(&self) {
        unimplemented!()
    }
}
