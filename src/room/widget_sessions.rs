//! Widget sessions among all documents: making, listing, deleting them, and whose program may drive one.
//!
//! Invariant: the token of a session is told when it is made and kept nowhere; what is kept is its SHA-256.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use storage::StorageError;
use subtle::ConstantTimeEq;

use super::{
    actor::now,
    document::Document,
    handle::CloseReason,
    refusals::{CreateError, OpenError},
    rooms::Rooms,
};
use crate::{
    catalogue::{Listed, Record, WidgetsRecord},
    ids::{DocumentId, WidgetSessionId},
    vocabulary::{Actor, Event, Program, ProgramState},
    wire::widgets::WidgetSessionSummary,
};

/// Sessions of one server: programs make them, so that a loop must not fill the disk.
const SESSIONS_MAX: usize = 10_000;

/// Bits of a token that nobody guesses: 256.
const TOKEN_BYTES: usize = 32;

/// Why no session was made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SessionError {
    #[error("There are {SESSIONS_MAX} widget sessions already; delete those that nobody uses.")]
    TooMany,
    #[error(transparent)]
    Create(#[from] CreateError),
}

impl From<StorageError> for SessionError {
    fn from(error: StorageError) -> Self {
        CreateError::from(error).into()
    }
}

impl Rooms {
    /// Makes a widget session: the secret of its program. Durable when it returns.
    pub async fn create_widgets(
        &self,
        id: WidgetSessionId,
        title: String,
        actor: Actor,
    ) -> Result<String, SessionError> {
        if self.records(WidgetsRecord::PREFIX).await?.len() >= SESSIONS_MAX {
            return Err(SessionError::TooMany);
        }
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; TOKEN_BYTES]>());
        let record = WidgetsRecord::new(title.clone(), hash(&token), &actor, now());
        let update = Document::initial_widgets(&title, record.created_at);
        let event = Event::WidgetsCreated { id: id.clone(), title };
        let document = DocumentId::Widgets(id);
        self.create_document(&document, &Record::Widgets(record), event, actor, update).await?;
        Ok(token)
    }

    /// All widget sessions, last changed first.
    pub async fn widget_sessions(&self) -> Result<Vec<WidgetSessionSummary>, StorageError> {
        Ok(self.listed().await?.into_iter().map(|(id, record)| self.present(summary(id, record))).collect())
    }

    /// One widget session of the catalogue.
    pub async fn widget_session(&self, id: &WidgetSessionId) -> Result<WidgetSessionSummary, OpenError> {
        Ok(self.present(summary(id.clone(), self.widgets_record(id).await?)))
    }

    /// After a crash the catalogue may tell of a program that cannot be there, since nothing of the session is open.
    fn present(&self, mut summary: WidgetSessionSummary) -> WidgetSessionSummary {
        let connected = summary.program.state == ProgramState::Connected;
        if connected && !self.is_open(&DocumentId::Widgets(summary.id.clone())) {
            summary.program = Program { state: ProgramState::Gone, ..summary.program };
        }
        summary
    }

    async fn widgets_record(&self, id: &WidgetSessionId) -> Result<WidgetsRecord, OpenError> {
        let document = DocumentId::Widgets(id.clone());
        match self.record(&document).await? {
            Some(Record::Widgets(record)) => Ok(record),
            _ => Err(OpenError::Unknown(document)),
        }
    }

    /// Whether `token` is the one of the session, in a time that does not depend on how much of it is right.
    pub async fn is_token_of(&self, id: &WidgetSessionId, token: &str) -> Result<bool, OpenError> {
        let record = self.widgets_record(id).await?;
        Ok(record.token.ct_eq(&hash(token)).into())
    }

    /// Deletes a widget session with everything in it; open connections are closed with 4404.
    pub async fn delete_widgets(&self, id: &WidgetSessionId, actor: Actor) -> Result<(), OpenError> {
        let document = DocumentId::Widgets(id.clone());
        let event = |record: &Record| Event::WidgetsDeleted { id: id.clone(), title: record.title().to_owned() };
        self.erase(&document, &CloseReason::Deleted, actor, event).await
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn summary(id: WidgetSessionId, record: WidgetsRecord) -> WidgetSessionSummary {
    let WidgetsRecord { title, created_at, updated_at, updated_by, widget_count, program, token: _ } = record;
    WidgetSessionSummary { id, title, program, created_at, updated_at, updated_by, widgets: widget_count }
}
