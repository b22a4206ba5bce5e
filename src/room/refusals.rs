//! Why a document is not opened or created, in sentences for people.
//!
//! Imports storage and ids.

use storage::StorageError;

use crate::ids::DocumentId;

/// Why a document could not be opened. Never answered with an empty document.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenError {
    #[error("No {} has the id {}.", kind(.0), bare(.0))]
    Unknown(DocumentId),
    #[error("The {} {} is in the bin; restore it first.", kind(.0), bare(.0))]
    Deleted(DocumentId),
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

/// What people call such a document.
fn kind(document: &DocumentId) -> &'static str {
    match document {
        DocumentId::Notebook(_) => "notebook",
        DocumentId::Project(_) => "project",
        DocumentId::Widgets(_) => "widget session",
        DocumentId::Free(_) => "document",
    }
}

/// The id without the mark of its kind.
fn bare(document: &DocumentId) -> String {
    match document {
        DocumentId::Project(id) => id.to_string(),
        DocumentId::Widgets(id) => id.to_string(),
        DocumentId::Notebook(_) | DocumentId::Free(_) => document.to_string(),
    }
}

/// Why a notebook, project or widget session could not be created.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateError {
    #[error("There is already a {} with the id {}.", kind(.0), bare(.0))]
    Exists(DocumentId),
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<StorageError> for CreateError {
    fn from(error: StorageError) -> Self {
        Self::Open(error.into())
    }
}
