//! `/api/projects`: the boards there are.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared, board,
    error::{Answer, ApiError},
    extract::{Body, By, Ids},
};
use crate::{
    ids::ProjectId,
    project::{Found, Op, Question, Subject},
    wire::{
        board::{CreateProject, PatchProject, ProjectBody, ProjectList, ProjectSummary},
        rest::ErrorBody,
    },
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, patch, delete)).routes(routes!(restore))
}

/// Lists all projects, those in the bin included, last changed first.
#[utoipa::path(get, path = "/api/projects", tag = "projects", operation_id = "list_projects",
    responses((status = 200, body = ProjectList)))]
async fn list(State(app): State<Shared>) -> Answer<Json<ProjectList>> {
    Ok(Json(ProjectList { projects: app.rooms.projects().await? }))
}

/// Creates a project.
#[utoipa::path(post, path = "/api/projects", tag = "projects", operation_id = "create_project",
    request_body = CreateProject,
    responses((status = 201, body = ProjectSummary), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(State(app): State<Shared>, By(actor): By, Body(wanted): Body<CreateProject>) -> Answer<Response> {
    let name = board::line("name", &wanted.name)?;
    let id = wanted.id.unwrap_or_else(ProjectId::generate);
    let description = wanted.description.unwrap_or_default();
    let project = app.rooms.create_project(id, name, &description, actor).await?;
    let updated_at = project.updated_at;
    board::created(&app, &format!("projects/{}", project.id), project, updated_at)
}

/// Reads a project, without its tasks and sessions.
#[utoipa::path(get, path = "/api/projects/{id}", tag = "projects", operation_id = "get_project",
    params(("id" = String, Path)),
    responses((status = 200, body = ProjectBody), (status = 404, body = ErrorBody), (status = 410, body = ErrorBody)))]
async fn get(State(app): State<Shared>, Ids(id): Ids<ProjectId>) -> Answer<Json<ProjectBody>> {
    let found = app.project_room(&id).await?.ask(Question::About(Subject::Info)).await?;
    body(&app, &id, found).await
}

/// Changes name or description; what is absent stays. The description merges with what others type at the same time.
#[utoipa::path(patch, path = "/api/projects/{id}", tag = "projects", operation_id = "patch_project",
    params(("id" = String, Path)), request_body = PatchProject,
    responses((status = 200, body = ProjectBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn patch(
    State(app): State<Shared>,
    Ids(id): Ids<ProjectId>,
    By(actor): By,
    Body(wanted): Body<PatchProject>,
) -> Answer<Json<ProjectBody>> {
    let name = wanted.name.as_deref().map(|name| board::line("name", name)).transpose()?;
    let op = Op::SetInfo { name, description: wanted.description };
    let found = app.project_room(&id).await?.edit(op, actor).await?;
    body(&app, &id, found).await
}

/// Puts a project into the bin, with its tasks and sessions.
#[utoipa::path(delete, path = "/api/projects/{id}", tag = "projects", operation_id = "delete_project",
    params(("id" = String, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(State(app): State<Shared>, Ids(id): Ids<ProjectId>, By(actor): By) -> Answer<StatusCode> {
    app.rooms.delete_project(&id, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a project back out of the bin.
#[utoipa::path(post, path = "/api/projects/{id}/restore", tag = "projects", operation_id = "restore_project",
    params(("id" = String, Path)), responses((status = 200, body = ProjectSummary), (status = 404, body = ErrorBody)))]
async fn restore(State(app): State<Shared>, Ids(id): Ids<ProjectId>, By(actor): By) -> Answer<Json<ProjectSummary>> {
    Ok(Json(app.rooms.restore_project(&id, actor).await?))
}

/// The catalogue may be a second behind the document: what the document says counts.
async fn body(app: &App, id: &ProjectId, found: Found) -> Answer<Json<ProjectBody>> {
    let Found::Info(info) = found else { return Err(ApiError::internal("no project but something else")) };
    let mut summary = app.rooms.project(id).await?;
    (summary.name, summary.task_count) = (info.name, info.task_count);
    Ok(Json(ProjectBody { summary, description: info.description, session_count: info.session_count }))
}
