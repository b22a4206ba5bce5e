//! Refusals of the REST interface: the one place where causes become status codes and sentences.
//!
//! Invariant: the public sentence never contains an internal cause; the log does.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use storage::StorageError;

use crate::{
    ids::{DocumentId, InvalidId},
    kernel::EnvironmentError,
    llm::{ChangeError, Failure},
    measure,
    notebook::{ImportError, OpError},
    project,
    room::{ApplyError, CloseReason, CreateError, OpenError, RoomClosed, RunError, SessionError, WidgetsError},
    vocabulary::Unanswered,
    widgets,
    wire::{
        rest::{ErrorBody, ErrorDetail},
        update::Refusal,
    },
    workspace::{FileError, InvalidPath},
};

/// How long a client is asked to wait when the server is busy or about to stop, in seconds.
const RETRY_SECONDS: u64 = 1;

/// A refused or failed request.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_seconds: Option<u64>,
    cause: Option<String>,
}

/// The answer of a handler.
pub type Answer<T> = Result<T, ApiError>;

impl ApiError {
    /// A refusal with a stable code for programs and a sentence for people.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_seconds: None, cause: None }
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 404.
    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 413, with the limit in the sentence.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 422: the body has the right shape, and says what cannot be.
    pub fn invalid_body(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", message)
    }

    /// 426: the address speaks another protocol.
    pub fn upgrade_required() -> Self {
        Self::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "This address speaks WebSocket (version 13) only.")
    }

    /// 503: the same request may succeed soon.
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message).retry_after(RETRY_SECONDS)
    }

    /// 500: our fault; `cause` goes to the log only.
    pub fn internal(cause: impl ToString) -> Self {
        let message = "The server failed to answer this; its log tells more.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).caused_by(cause)
    }

    /// Tells when to try again.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_seconds = Some(seconds);
        self
    }

    /// How it is answered.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    fn caused_by(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        metrics::counter!(measure::REFUSALS, "reason" => self.code).increment(1);
        if self.status.is_server_error() {
            let cause = self.cause.as_deref().unwrap_or(&self.message);
            tracing::error!(code = self.code, cause, "a request failed");
        }
        let body = ErrorBody { error: ErrorDetail { code: self.code.into(), message: self.message } };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<InvalidId> for ApiError {
    fn from(error: InvalidId) -> Self {
        Self::bad_request("invalid_id", format!("{error}."))
    }
}

impl From<OpenError> for ApiError {
    fn from(error: OpenError) -> Self {
        let message = error.to_string();
        match error {
            OpenError::Unknown(DocumentId::Project(_)) => Self::not_found("project_not_found", message),
            OpenError::Unknown(DocumentId::Widgets(_)) => Self::not_found("widgets_not_found", message),
            OpenError::Unknown(_) => Self::not_found("notebook_not_found", message),
            OpenError::Deleted(DocumentId::Project(_)) => Self::new(StatusCode::GONE, "project_deleted", message),
            OpenError::Deleted(_) => Self::new(StatusCode::GONE, "notebook_deleted", message),
            OpenError::Quarantined { .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "document_set_aside", message)
            }
            OpenError::Storage(error) => error.into(),
            OpenError::Stopping => Self::unavailable("stopping", message),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Exists(DocumentId::Project(_)) => {
                Self::new(StatusCode::CONFLICT, "project_exists", error.to_string())
            }
            CreateError::Exists(DocumentId::Widgets(_)) => {
                Self::new(StatusCode::CONFLICT, "widgets_exist", error.to_string())
            }
            CreateError::Exists(_) => Self::new(StatusCode::CONFLICT, "notebook_exists", error.to_string()),
            CreateError::Open(error) => error.into(),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_sessions", error.to_string()),
            SessionError::Create(error) => error.into(),
        }
    }
}

impl From<WidgetsError> for ApiError {
    fn from(error: WidgetsError) -> Self {
        let message = sentence(&error);
        match error {
            WidgetsError::NotWidgets => Self::new(StatusCode::CONFLICT, "not_widgets", message),
            WidgetsError::ProgramGone => Self::new(StatusCode::CONFLICT, "program_gone", message),
            WidgetsError::UnknownAsk(_) => Self::not_found("ask_not_found", message),
            WidgetsError::Refused(widgets::Refusal::UnknownWidget(_)) => Self::not_found("widget_not_found", message),
            WidgetsError::Refused(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_callback", message),
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        let message = sentence(&error);
        let failed = |status, code| Self::new(status, code, message.clone());
        match error {
            StorageError::DiskFull { .. } => failed(StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            StorageError::ReadOnly { .. } => failed(StatusCode::INTERNAL_SERVER_ERROR, "disk_read_only"),
            StorageError::Corrupt { .. } => failed(StatusCode::INTERNAL_SERVER_ERROR, "document_damaged"),
            StorageError::NewerFormat { .. } => failed(StatusCode::INTERNAL_SERVER_ERROR, "newer_format"),
            StorageError::TooLarge { .. } => Self::too_large(message),
            StorageError::Closed => Self::unavailable("stopping", "The server is stopping."),
            other => Self::internal(other),
        }
    }
}

impl From<OpError> for ApiError {
    fn from(error: OpError) -> Self {
        let message = error.to_string();
        match error {
            OpError::UnknownCell(_) => Self::not_found("cell_not_found", message),
            OpError::CellInBin(_) => Self::new(StatusCode::CONFLICT, "cell_in_bin", message),
            OpError::CellNotInBin(_) => Self::new(StatusCode::CONFLICT, "cell_not_in_bin", message),
            OpError::ChangedMeanwhile { .. } => Self::new(StatusCode::CONFLICT, "changed_meanwhile", message),
            OpError::NoPlace { .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "no_place", message),
            OpError::DuplicateCell(_) => Self::new(StatusCode::CONFLICT, "cell_exists", message),
        }
    }
}

impl From<project::OpError> for ApiError {
    fn from(error: project::OpError) -> Self {
        use project::OpError as Refused;
        let message = error.to_string();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, message.clone());
        match error {
            Refused::UnknownTask(_) | Refused::DeletedTask(_) => Self::not_found("task_not_found", message),
            Refused::UnknownSession(_) | Refused::DeletedSession(_) => Self::not_found("session_not_found", message),
            Refused::NotInSession { .. } => Self::not_found("task_not_in_session", message),
            Refused::DuplicateTask(_) => conflict("task_exists"),
            Refused::DuplicateSession(_) => conflict("session_exists"),
            Refused::TaskNotDeleted(_) => conflict("task_not_deleted"),
            Refused::SessionNotDeleted(_) => conflict("session_not_deleted"),
            Refused::ChangedMeanwhile(_) => conflict("changed_meanwhile"),
            Refused::NotCompleted => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not_completed", message),
        }
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        let message = error.to_string();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, message.clone());
        match error {
            RunError::Cell(error) => error.into(),
            RunError::NothingToRun => conflict("nothing_to_run"),
            RunError::NotRunning(_) => conflict("not_running"),
            RunError::Runs(_) => conflict("already_running"),
            RunError::NoPrompt(_) => conflict("not_a_prompt"),
            RunError::NoInputWanted(_) => conflict("no_input_wanted"),
            RunError::NoModel(_) => Self::not_found("model_not_found", message),
            RunError::ModelsTooLarge => Self::too_large(message),
            RunError::NoKernel => conflict("no_kernel"),
            RunError::KernelRuns => conflict("kernel_runs"),
            RunError::UnknownRun(_) => Self::not_found("run_not_found", message),
        }
    }
}

impl From<Unanswered> for ApiError {
    fn from(why: Unanswered) -> Self {
        let code = match why {
            Unanswered::NotReady => "kernel_not_ready",
            Unanswered::Busy => "kernel_busy",
            Unanswered::NotPython => "kernel_not_python",
            Unanswered::NotUnderstood => "kernel_not_understood",
        };
        Self::new(StatusCode::CONFLICT, code, why.to_string())
    }
}

impl From<EnvironmentError> for ApiError {
    fn from(error: EnvironmentError) -> Self {
        let message = error.to_string();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, message.clone());
        let wrong = |code| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message.clone());
        match error {
            EnvironmentError::Busy => conflict("environment_busy"),
            EnvironmentError::NotMade => conflict("environment_not_made"),
            EnvironmentError::NothingToCancel => conflict("nothing_to_cancel"),
            EnvironmentError::Needed(_) => conflict("package_needed"),
            EnvironmentError::NothingNamed => wrong("invalid_body"),
            EnvironmentError::NoPackage(_) => wrong("invalid_package"),
            EnvironmentError::NotInstalled(_) => Self::not_found("package_not_found", message),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        let message = error.to_string();
        let refused = |status, code| Self::new(status, code, message.clone());
        match error {
            ChangeError::Invalid(_) => refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_provider"),
            ChangeError::KeyElsewhere(_) => refused(StatusCode::UNPROCESSABLE_ENTITY, "key_needed"),
            ChangeError::Unknown(_) => Self::not_found("provider_not_found", message),
            ChangeError::SetElsewhere { .. } => refused(StatusCode::CONFLICT, "provider_set_elsewhere"),
            ChangeError::Unreadable(_) => refused(StatusCode::CONFLICT, "settings_unreadable"),
            ChangeError::NotKept(_) => refused(StatusCode::INSUFFICIENT_STORAGE, "not_stored"),
        }
    }
}

impl From<InvalidPath> for ApiError {
    fn from(error: InvalidPath) -> Self {
        Self::bad_request("invalid_path", format!("{error}."))
    }
}

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        let message = error.to_string();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, message.clone());
        match error {
            FileError::Unknown(_) => Self::not_found("file_not_found", message),
            FileError::Folder(_) => conflict("is_folder"),
            FileError::NotPlain(_) => conflict("not_plain_file"),
            FileError::NoFolder(_) => conflict("no_folder"),
            FileError::DiskFull => Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", message),
            FileError::Disk(error) => Self::internal(error),
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        let message = failure.to_string();
        match failure {
            Failure::UnknownProvider(_) => Self::not_found("provider_not_found", message),
            // The provider's own trouble, told in a sentence.
            _ => Self::new(StatusCode::BAD_GATEWAY, "provider_failed", message),
        }
    }
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Refused(error) => error.into(),
            ApplyError::Project(error) => error.into(),
            ApplyError::Gap => Self::new(StatusCode::CONFLICT, "update_gap", sentence(&error)),
            ApplyError::TooBig(message) => Self::too_large(message),
            ApplyError::Misplaced(message) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "update_refused", message),
            ApplyError::Run(error) => error.into(),
            ApplyError::Widgets(error) => error.into(),
            ApplyError::NotANotebook => Self::new(StatusCode::CONFLICT, "not_a_notebook", sentence(&error)),
            ApplyError::NotAProject => Self::new(StatusCode::CONFLICT, "not_a_project", sentence(&error)),
            ApplyError::Closed(closed) => closed.into(),
        }
    }
}

impl From<RoomClosed> for ApiError {
    fn from(RoomClosed(reason): RoomClosed) -> Self {
        match reason {
            CloseReason::NotStored(message) => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "not_stored", sentence(&message))
            }
            CloseReason::Deleted => Self::new(StatusCode::GONE, "notebook_deleted", "The notebook was deleted."),
            CloseReason::TooBig(message) => Self::too_large(message),
            CloseReason::Refused(message) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "update_refused", message),
            CloseReason::Restart => Self::unavailable("stopping", "The server is stopping; try again soon."),
            CloseReason::Failed | CloseReason::Replaced => {
                Self::unavailable("document_reloading", "The document is being reloaded; try again soon.")
            }
        }
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not_a_notebook_file", sentence(&error))
    }
}

impl From<Refusal> for ApiError {
    fn from(error: Refusal) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_update", format!("The update cannot be merged: {error}."))
    }
}

/// Makes a sentence of a lower-case error text.
fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}
