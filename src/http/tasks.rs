//! `/api/tasks`: the tasks of all boards.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use schemars::JsonSchema;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    board::{self, Cursor, IfMatch, Page},
    error::{Answer, ApiError},
    extract::{Body, By, Ids, Params},
};
use crate::{
    catalogue::Findable,
    ids::{CellId, NotebookId, ProjectId, SessionId, TaskId},
    project::{After, Found, NewTask, Op, OpError, Question, Subject, TaskFilter, TaskPatch, TaskPlace},
    vocabulary::{Actor, Priority, Reference, Task, TaskStatus},
    wire::{
        board::{CreateTask, MoveTask, PatchTask, TaskList},
        rest::ErrorBody,
    },
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .routes(routes!(relocate))
        .routes(routes!(restore))
}

/// Which tasks are wanted.
#[derive(Deserialize, IntoParams, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct TaskParams {
    /// Tasks of this project only; else of all projects, one after the other.
    #[param(value_type = Option<String>)]
    pub project_id: Option<ProjectId>,
    pub status: Option<TaskStatus>,
    pub priority: Option<Priority>,
    /// Tasks in this session only.
    #[param(value_type = Option<String>)]
    pub session_id: Option<SessionId>,
    /// Tasks that refer to this notebook or a cell of it.
    #[param(value_type = Option<String>)]
    pub notebook: Option<NotebookId>,
    /// Together with `notebook`: tasks that refer to this cell.
    #[param(value_type = Option<String>)]
    pub cell: Option<CellId>,
    /// `true`: deleted tasks instead.
    #[serde(default)]
    pub deleted: bool,
    /// How many at most, 1 to 1000.
    #[schemars(with = "Option<i64>")]
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl TaskParams {
    fn filter(&self) -> Answer<TaskFilter> {
        if self.cell.is_some() && self.notebook.is_none() {
            let message = "The parameter cell needs the parameter notebook: cells have no names of their own.";
            return Err(ApiError::bad_request("invalid_parameter", message));
        }
        let reference = self.notebook.clone().map(|notebook| Reference { notebook, cell: self.cell.clone() });
        let (status, priority) = (self.status, self.priority);
        Ok(TaskFilter { status, priority, session: self.session_id.clone(), reference, deleted: self.deleted })
    }
}

/// Lists tasks from the top of the board.
#[utoipa::path(get, path = "/api/tasks", tag = "tasks", operation_id = "list_tasks", params(TaskParams),
    responses((status = 200, body = TaskList), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn list(State(app): State<Shared>, Params(wanted): Params<TaskParams>) -> Answer<Json<TaskList>> {
    listed(&app, wanted).await.map(Json)
}

/// A page of tasks.
pub async fn listed(app: &App, wanted: TaskParams) -> Answer<TaskList> {
    let (filter, limit) = (wanted.filter()?, board::limit(wanted.limit)?);
    let page = Page { project: wanted.project_id, limit, after: wanted.after.as_deref() };
    let question = |after, limit| Question::Tasks { filter: filter.clone(), after, limit };
    let open = |found| if let Found::Tasks(tasks) = found { tasks } else { Vec::new() };
    let (tasks, next) = app.page(page, question, open, cursor).await?;
    Ok(TaskList { tasks, next })
}

fn cursor(task: &Task) -> Cursor {
    let after = After { key: task.card.order.clone(), id: task.card.id.to_string() };
    Cursor { project: task.card.project_id.clone(), after }
}

/// Creates a task on top of the board.
#[utoipa::path(post, path = "/api/tasks", tag = "tasks", operation_id = "create_task", request_body = CreateTask,
    responses((status = 201, body = Task), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
async fn create(State(app): State<Shared>, By(actor): By, Body(wanted): Body<CreateTask>) -> Answer<Response> {
    let task = made(&app, wanted, actor).await?;
    let updated_at = task.card.updated_at;
    board::created(&app, &format!("tasks/{}", task.card.id), task, updated_at)
}

/// Makes a task.
pub async fn made(app: &App, wanted: CreateTask, actor: Actor) -> Answer<Task> {
    let project = wanted.project_id.clone();
    let chosen = wanted.id.clone().map(|id| (Findable::Task(id.clone()), OpError::DuplicateTask(id)));
    board::task(app.make(project, Op::CreateTask(new_task(wanted)?), chosen, actor).await?)
}

fn new_task(wanted: CreateTask) -> Answer<NewTask> {
    Ok(NewTask {
        id: wanted.id.unwrap_or_else(TaskId::generate),
        title: board::line("title", &wanted.title)?,
        description: wanted.description.unwrap_or_default(),
        prompt: wanted.prompt.unwrap_or_default(),
        status: wanted.status.unwrap_or_default(),
        priority: wanted.priority.unwrap_or_default(),
        completed_at: wanted.completed_at.map(board::moment).transpose()?,
        sessions: wanted.session_ids.unwrap_or_default(),
        references: wanted.references.unwrap_or_default(),
    })
}

/// Reads a task.
#[utoipa::path(get, path = "/api/tasks/{id}", tag = "tasks", operation_id = "get_task", params(("id" = String, Path)),
    responses((status = 200, body = Task), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<Shared>, Ids(id): Ids<TaskId>) -> Answer<Response> {
    let question = Question::About(Subject::Task(id.clone()));
    answered(app.task_room(&id).await?.ask(question).await?)
}

/// Changes a task; what is absent stays. With `If-Match`, only if it has not changed since.
#[utoipa::path(patch, path = "/api/tasks/{id}", tag = "tasks", operation_id = "patch_task",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag it must still have")),
    request_body = PatchTask,
    responses((status = 200, body = Task), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
async fn patch(
    State(app): State<Shared>,
    Ids(id): Ids<TaskId>,
    By(actor): By,
    IfMatch(expected): IfMatch,
    Body(wanted): Body<PatchTask>,
) -> Answer<Response> {
    edit(&app, &id, Op::PatchTask { id: id.clone(), patch: checked(wanted)?, expected }, actor).await
}

/// A change of a task, its texts checked.
pub fn checked(wanted: PatchTask) -> Answer<TaskPatch> {
    Ok(TaskPatch {
        title: wanted.title.as_deref().map(|title| board::line("title", title)).transpose()?,
        description: wanted.description,
        prompt: wanted.prompt,
        status: wanted.status,
        priority: wanted.priority,
        completed_at: wanted.completed_at.map(board::moment).transpose()?,
        references: wanted.references,
    })
}

/// Moves a task on the board: below the task given, or to the top when `after` is `null`.
#[utoipa::path(post, path = "/api/tasks/{id}/move", tag = "tasks", operation_id = "move_task",
    params(("id" = String, Path)), request_body = MoveTask,
    responses((status = 200, body = Task), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn relocate(
    State(app): State<Shared>,
    Ids(id): Ids<TaskId>,
    By(actor): By,
    Body(wanted): Body<MoveTask>,
) -> Answer<Response> {
    let place = wanted.after.map_or(TaskPlace::Top, TaskPlace::After);
    edit(&app, &id, Op::MoveTask { id: id.clone(), place }, actor).await
}

/// Deletes a task; it can be restored, with what others type into it meanwhile.
#[utoipa::path(delete, path = "/api/tasks/{id}", tag = "tasks", operation_id = "delete_task",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag it must still have")),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn delete(
    State(app): State<Shared>,
    Ids(id): Ids<TaskId>,
    By(actor): By,
    IfMatch(expected): IfMatch,
) -> Answer<StatusCode> {
    app.task_room(&id).await?.edit(Op::DeleteTask { id, expected }, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a deleted task back.
#[utoipa::path(post, path = "/api/tasks/{id}/restore", tag = "tasks", operation_id = "restore_task",
    params(("id" = String, Path)),
    responses((status = 200, body = Task), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn restore(State(app): State<Shared>, Ids(id): Ids<TaskId>, By(actor): By) -> Answer<Response> {
    edit(&app, &id, Op::RestoreTask { id: id.clone() }, actor).await
}

async fn edit(app: &App, id: &TaskId, op: Op, actor: Actor) -> Answer<Response> {
    answered(app.task_room(id).await?.edit(op, actor).await?)
}

fn answered(found: Found) -> Answer<Response> {
    let task = board::task(found)?;
    let updated_at = task.card.updated_at;
    Ok(board::versioned(task, updated_at))
}
