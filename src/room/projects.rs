//! Projects among all documents: creating, listing, deleting them, and finding the one a task or session is in.
//!
//! Invariant: all of it goes the ways of `rooms`, which are the same for every kind of document.

use super::{
    actor::now,
    document::Document,
    handle::RoomHandle,
    refusals::{CreateError, OpenError},
    rooms::Rooms,
};
use crate::{
    catalogue::{Findable, ProjectRecord, Record},
    ids::{DocumentId, ProjectId, SessionId, TaskId},
    vocabulary::{Actor, Event},
    wire::board::ProjectSummary,
};
use storage::StorageError;

/// The project of those who name none.
pub const DEFAULT_PROJECT: &str = "default";

impl Rooms {
    /// Creates a project; durable when it returns.
    pub async fn create_project(
        &self,
        id: ProjectId,
        name: String,
        description: &str,
        actor: Actor,
    ) -> Result<ProjectSummary, CreateError> {
        let record = ProjectRecord::new(name.clone(), &actor, now());
        let update = Document::initial_project(&name, description, record.created_at);
        let event = Event::ProjectCreated { id: id.clone(), name };
        let document = DocumentId::Project(id.clone());
        self.create_document(&document, &Record::Project(record.clone()), event, actor, update).await?;
        Ok(summary(id, record))
    }

    /// All projects, those in the bin included, last changed first.
    pub async fn projects(&self) -> Result<Vec<ProjectSummary>, StorageError> {
        Ok(self.listed().await?.into_iter().map(|(id, record)| summary(id, record)).collect())
    }

    /// One project of the catalogue.
    pub async fn project(&self, id: &ProjectId) -> Result<ProjectSummary, OpenError> {
        let document = DocumentId::Project(id.clone());
        match self.record(&document).await? {
            Some(Record::Project(record)) => Ok(summary(id.clone(), record)),
            _ => Err(OpenError::Unknown(document)),
        }
    }

    /// Puts a project into the bin; open connections are closed with 4404.
    pub async fn delete_project(&self, id: &ProjectId, actor: Actor) -> Result<(), OpenError> {
        let event = |_: &Record| Event::ProjectDeleted { id: id.clone() };
        self.set_deleted(&DocumentId::Project(id.clone()), Some(now()), actor, event).await
    }

    /// Takes a project back out of the bin.
    pub async fn restore_project(&self, id: &ProjectId, actor: Actor) -> Result<ProjectSummary, OpenError> {
        let event = |record: &Record| Event::ProjectUpdated { id: id.clone(), name: record.title().to_owned() };
        self.set_deleted(&DocumentId::Project(id.clone()), None, actor, event).await?;
        self.project(id).await
    }

    /// A turn at choosing an id: nobody else takes one meanwhile.
    pub async fn naming(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.names().lock().await
    }

    /// Whether something of that id is there, in whatever project.
    pub async fn knows(&self, member: &Findable) -> Result<bool, StorageError> {
        Ok(self.find_place::<ProjectId>(member).await?.is_some())
    }

    /// The room of the project in which a task is found; `None` if the task is not known.
    pub async fn of_task(&self, task: &TaskId) -> Result<Option<RoomHandle>, OpenError> {
        self.room_of(&Findable::Task(task.clone()), DocumentId::Project).await
    }

    /// The room of the project in which a session is found; `None` if the session is not known.
    pub async fn of_session(&self, session: &SessionId) -> Result<Option<RoomHandle>, OpenError> {
        self.room_of(&Findable::Session(session.clone()), DocumentId::Project).await
    }
}

fn summary(id: ProjectId, record: ProjectRecord) -> ProjectSummary {
    let ProjectRecord { name, created_at, updated_at, updated_by, task_count, deleted_at } = record;
    ProjectSummary { id, name, created_at, updated_at, updated_by, task_count, deleted_at }
}
