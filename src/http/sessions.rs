//! `/api/sessions`: who is at work on which tasks.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use schemars::JsonSchema;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    board::{self, Cursor, IfMatch, Page},
    error::Answer,
    extract::{Body, BodyOrDefault, By, Ids, Params},
};
use crate::{
    catalogue::Findable,
    ids::{ProjectId, SessionId, TaskId},
    project::{After, Found, NewSession, Op, OpError, Question, SessionFilter, SessionPatch, Subject},
    vocabulary::{Actor, Session, SessionStatus},
    wire::{
        board::{CreateSession, PatchSession, SessionList},
        rest::ErrorBody,
    },
};

/// The name of a session that was given none.
const UNNAMED: &str = "Session";

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .routes(routes!(restore))
        .routes(routes!(heartbeat))
        .routes(routes!(add_task, remove_task))
}

/// Which sessions are wanted.
#[derive(Deserialize, IntoParams, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct SessionParams {
    /// Sessions of this project only; else of all projects, one after the other.
    #[param(value_type = Option<String>)]
    pub project_id: Option<ProjectId>,
    pub status: Option<SessionStatus>,
    /// Sessions that this task is in.
    #[param(value_type = Option<String>)]
    pub task_id: Option<TaskId>,
    /// `true`: closed sessions instead, as long as they can be restored.
    #[serde(default)]
    pub deleted: bool,
    /// How many at most, 1 to 1000.
    #[schemars(with = "Option<i64>")]
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// Lists sessions, newest first.
#[utoipa::path(get, path = "/api/sessions", tag = "sessions", operation_id = "list_sessions", params(SessionParams),
    responses((status = 200, body = SessionList), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn list(State(app): State<Shared>, Params(wanted): Params<SessionParams>) -> Answer<Json<SessionList>> {
    listed(&app, wanted).await.map(Json)
}

/// A page of sessions.
pub async fn listed(app: &App, wanted: SessionParams) -> Answer<SessionList> {
    let limit = board::limit(wanted.limit)?;
    let filter = SessionFilter { status: wanted.status, task: wanted.task_id, deleted: wanted.deleted };
    let page = Page { project: wanted.project_id, limit, after: wanted.after.as_deref() };
    let question = |after, limit| Question::Sessions { filter: filter.clone(), after, limit };
    let open = |found| if let Found::Sessions(sessions) = found { sessions } else { Vec::new() };
    let (sessions, next) = app.page(page, question, open, cursor).await?;
    Ok(SessionList { sessions, next })
}

fn cursor(session: &Session) -> Cursor {
    let after = After { key: session.created_at.to_string(), id: session.id.to_string() };
    Cursor { project: session.project_id.clone(), after }
}

/// Opens a session.
#[utoipa::path(post, path = "/api/sessions", tag = "sessions", operation_id = "create_session",
    request_body = Option<CreateSession>,
    responses((status = 201, body = Session), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<Shared>,
    By(actor): By,
    BodyOrDefault(wanted): BodyOrDefault<CreateSession>,
) -> Answer<Response> {
    let session = made(&app, wanted, actor).await?;
    let updated_at = session.updated_at;
    board::created(&app, &format!("sessions/{}", session.id), session, updated_at)
}

/// Opens a session.
pub async fn made(app: &App, wanted: CreateSession, actor: Actor) -> Answer<Session> {
    let project = wanted.project_id.clone();
    let chosen = wanted.id.clone().map(|id| (Findable::Session(id.clone()), OpError::DuplicateSession(id)));
    let op = Op::CreateSession(NewSession {
        id: wanted.id.unwrap_or_else(SessionId::generate),
        name: board::line("name", wanted.name.as_deref().unwrap_or(UNNAMED))?,
        status: wanted.status.unwrap_or_default(),
        tasks: wanted.task_ids.unwrap_or_default(),
        notebook: wanted.notebook,
    });
    board::session(app.make(project, op, chosen, actor).await?)
}

/// Reads a session.
#[utoipa::path(get, path = "/api/sessions/{id}", tag = "sessions", operation_id = "get_session",
    params(("id" = String, Path)), responses((status = 200, body = Session), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<Shared>, Ids(id): Ids<SessionId>) -> Answer<Response> {
    let question = Question::About(Subject::Session(id.clone()));
    answered(app.session_room(&id).await?.ask(question).await?)
}

/// Changes a session; what is absent stays. With `If-Match`, only if it has not changed since.
#[utoipa::path(patch, path = "/api/sessions/{id}", tag = "sessions", operation_id = "patch_session",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag it must still have")),
    request_body = PatchSession,
    responses((status = 200, body = Session), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
async fn patch(
    State(app): State<Shared>,
    Ids(id): Ids<SessionId>,
    By(actor): By,
    IfMatch(expected): IfMatch,
    Body(wanted): Body<PatchSession>,
) -> Answer<Response> {
    edit(&app, &id, Op::PatchSession { id: id.clone(), patch: checked(wanted)?, expected }, actor).await
}

/// A change of a session, its name checked.
pub fn checked(wanted: PatchSession) -> Answer<SessionPatch> {
    let name = wanted.name.as_deref().map(|name| board::line("name", name)).transpose()?;
    Ok(SessionPatch { name, status: wanted.status, notebook: wanted.notebook })
}

/// Closes a session. Its tasks stay; it can be restored for 30 days.
#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "sessions", operation_id = "delete_session",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag it must still have")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<Shared>,
    Ids(id): Ids<SessionId>,
    By(actor): By,
    IfMatch(expected): IfMatch,
) -> Answer<StatusCode> {
    app.session_room(&id).await?.edit(Op::DeleteSession { id, expected }, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens a closed session again, with its tasks.
#[utoipa::path(post, path = "/api/sessions/{id}/restore", tag = "sessions", operation_id = "restore_session",
    params(("id" = String, Path)),
    responses((status = 200, body = Session), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn restore(State(app): State<Shared>, Ids(id): Ids<SessionId>, By(actor): By) -> Answer<Response> {
    edit(&app, &id, Op::RestoreSession { id: id.clone() }, actor).await
}

/// Says that the session is alive. Kept at most once in five seconds, and not told as an event.
#[utoipa::path(post, path = "/api/sessions/{id}/heartbeat", tag = "sessions", operation_id = "session_heartbeat",
    params(("id" = String, Path)), responses((status = 200, body = Session), (status = 404, body = ErrorBody)))]
async fn heartbeat(State(app): State<Shared>, Ids(id): Ids<SessionId>, By(actor): By) -> Answer<Response> {
    edit(&app, &id, Op::Heartbeat { id: id.clone() }, actor).await
}

/// Puts a task into a session; nothing changes if it is there.
#[utoipa::path(post, path = "/api/sessions/{id}/tasks/{task}", tag = "sessions", operation_id = "add_task",
    params(("id" = String, Path), ("task" = String, Path)),
    responses((status = 200, body = Session), (status = 404, body = ErrorBody)))]
async fn add_task(
    State(app): State<Shared>,
    Ids((id, task)): Ids<(SessionId, TaskId)>,
    By(actor): By,
) -> Answer<Response> {
    edit(&app, &id, Op::AddTask { session: id.clone(), task }, actor).await
}

/// Takes a task out of a session.
#[utoipa::path(delete, path = "/api/sessions/{id}/tasks/{task}", tag = "sessions", operation_id = "remove_task",
    params(("id" = String, Path), ("task" = String, Path)),
    responses((status = 200, body = Session), (status = 404, body = ErrorBody)))]
async fn remove_task(
    State(app): State<Shared>,
    Ids((id, task)): Ids<(SessionId, TaskId)>,
    By(actor): By,
) -> Answer<Response> {
    edit(&app, &id, Op::RemoveTask { session: id.clone(), task }, actor).await
}

async fn edit(app: &App, id: &SessionId, op: Op, actor: Actor) -> Answer<Response> {
    answered(app.session_room(id).await?.edit(op, actor).await?)
}

fn answered(found: Found) -> Answer<Response> {
    let session = board::session(found)?;
    let updated_at = session.updated_at;
    Ok(board::versioned(session, updated_at))
}
