//! Kernels: `/api/kernelspecs`, `/api/notebooks/{id}/kernel`, and what the kernel of a notebook is asked about code.
//!
//! Invariant: a question to a kernel never waits for code that runs, and for nothing longer than two seconds.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    error::{Answer, ApiError},
    extract::{Body, BodyOrDefault, By, Ids},
};
use crate::{
    ids::NotebookId,
    kernel::{KernelSpec, Origin},
    room::{KernelReport, RunRequest},
    vocabulary::{Actor, Completions, DEFAULT_KERNELSPEC, KernelAnswer, KernelChoice, KernelQuestion},
    wire::rest::{
        CompleteCode, ErrorBody, InspectCode, InspectionBody, KernelBody, KernelOrigin, KernelspecBody, KernelspecList,
        RestartKernel, StartKernel, VariableList,
    },
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(kernelspecs))
        .routes(routes!(get_kernel))
        .routes(routes!(start))
        .routes(routes!(interrupt))
        .routes(routes!(restart))
        .routes(routes!(shut_down))
        .routes(routes!(complete))
        .routes(routes!(inspect))
        .routes(routes!(variables))
}

/// Lists the kernels that can be started: the server's own Python first, then those installed on its machine.
#[utoipa::path(get, path = "/api/kernelspecs", tag = "kernels", responses((status = 200, body = KernelspecList)))]
async fn kernelspecs(State(app): State<Shared>) -> Json<KernelspecList> {
    let specs = app.kernels.specs().await.into_iter().map(spec_body).collect();
    Json(KernelspecList { default: DEFAULT_KERNELSPEC.into(), isolation: app.kernels.isolation(), specs })
}

fn spec_body(spec: KernelSpec) -> KernelspecBody {
    let KernelSpec { name, display_name, language, origin, ready } = spec;
    let (origin, directory) = match origin {
        Origin::Own => (KernelOrigin::Server, None),
        Origin::Installed(directory) => (KernelOrigin::Machine, Some(directory.display().to_string())),
    };
    KernelspecBody { name, display_name, language, origin, directory, ready }
}

/// Reads the state of the kernel.
#[utoipa::path(get, path = "/api/notebooks/{id}/kernel", tag = "kernels", params(("id" = String, Path)),
    responses((status = 200, body = KernelBody), (status = 404, body = ErrorBody))
)]
async fn get_kernel(State(app): State<Shared>, Ids(id): Ids<NotebookId>) -> Answer<Json<KernelBody>> {
    let KernelReport { status, log } = app.room(&id).await?.kernel().await?;
    Ok(Json(KernelBody { status, log }))
}

/// Starts a kernel, if none runs. A kernelspec that is named is kept in the notebook.
#[utoipa::path(post, path = "/api/notebooks/{id}/kernel/start", tag = "kernels", params(("id" = String, Path)),
    request_body = Option<StartKernel>,
    responses((status = 202, body = KernelBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn start(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
    BodyOrDefault(StartKernel { spec, replace }): BodyOrDefault<StartKernel>,
) -> Answer<(StatusCode, Json<KernelBody>)> {
    let choice = match spec {
        Some(name) => Some(choice(&app, &name).await?),
        None => None,
    };
    let request = RunRequest::StartKernel { choice, replace: replace.unwrap_or(false) };
    kernel(&app, &id, request, actor).await
}

/// The kernelspec of this name, as the notebook is to remember it.
async fn choice(app: &App, name: &str) -> Answer<KernelChoice> {
    let found = app.kernels.specs().await.into_iter().find(|spec| spec.name == name);
    let unknown = || {
        let message =
            format!("The server's machine has no kernel named {name:?}; GET /api/kernelspecs lists those it has.");
        ApiError::not_found("kernelspec_not_found", message)
    };
    let KernelSpec { name, display_name, language, .. } = found.ok_or_else(unknown)?;
    Ok(KernelChoice { name, display_name, language })
}

/// Stops the code that runs, and empties the queue of code.
#[utoipa::path(post, path = "/api/notebooks/{id}/kernel/interrupt", tag = "kernels", params(("id" = String, Path)),
    responses((status = 202, body = KernelBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn interrupt(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
) -> Answer<(StatusCode, Json<KernelBody>)> {
    kernel(&app, &id, RunRequest::Interrupt, actor).await
}

/// Starts the kernel anew: what it had in memory is gone. With `runAll`, all cells run then.
#[utoipa::path(post, path = "/api/notebooks/{id}/kernel/restart", tag = "kernels", params(("id" = String, Path)),
    request_body = Option<RestartKernel>,
    responses((status = 202, body = KernelBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn restart(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
    BodyOrDefault(RestartKernel { run_all }): BodyOrDefault<RestartKernel>,
) -> Answer<(StatusCode, Json<KernelBody>)> {
    kernel(&app, &id, RunRequest::Restart { run_all: run_all.unwrap_or(false) }, actor).await
}

/// Ends the kernel, or the making of its environment.
#[utoipa::path(post, path = "/api/notebooks/{id}/kernel/shutdown", tag = "kernels", params(("id" = String, Path)),
    responses((status = 202, body = KernelBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn shut_down(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
) -> Answer<(StatusCode, Json<KernelBody>)> {
    kernel(&app, &id, RunRequest::Shutdown, actor).await
}

async fn kernel(
    app: &Arc<App>,
    id: &NotebookId,
    request: RunRequest,
    actor: Actor,
) -> Answer<(StatusCode, Json<KernelBody>)> {
    let room = app.room(id).await?;
    room.run(request, actor).await?;
    let KernelReport { status, log } = room.kernel().await?;
    Ok((StatusCode::ACCEPTED, Json(KernelBody { status, log })))
}

/// Asks the kernel what could stand at the cursor.
#[utoipa::path(post, path = "/api/notebooks/{id}/kernel/complete", tag = "kernels", params(("id" = String, Path)),
    request_body = CompleteCode,
    responses((status = 200, body = Completions), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn complete(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    Body(CompleteCode { code, cursor }): Body<CompleteCode>,
) -> Answer<Json<Completions>> {
    inside(&code, cursor)?;
    match ask(&app, &id, KernelQuestion::Complete { code, cursor }).await? {
        KernelAnswer::Completions(completions) => Ok(Json(completions)),
        other => Err(unexpected(&other)),
    }
}

/// Asks the kernel what is known of the name at the cursor.
#[utoipa::path(post, path = "/api/notebooks/{id}/kernel/inspect", tag = "kernels", params(("id" = String, Path)),
    request_body = InspectCode,
    responses((status = 200, body = InspectionBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn inspect(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    Body(InspectCode { code, cursor, detail }): Body<InspectCode>,
) -> Answer<Json<InspectionBody>> {
    inside(&code, cursor)?;
    let detail = detail.is_some_and(|detail| detail > 0);
    match ask(&app, &id, KernelQuestion::Inspect { code, cursor, detail }).await? {
        KernelAnswer::Inspection(data) => {
            Ok(Json(InspectionBody { found: data.is_some(), data: data.unwrap_or_default() }))
        }
        other => Err(unexpected(&other)),
    }
}

/// Asks a Python kernel for its variables. No code of the notebook runs for it.
#[utoipa::path(get, path = "/api/notebooks/{id}/kernel/variables", tag = "kernels", params(("id" = String, Path)),
    responses((status = 200, body = VariableList), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn variables(State(app): State<Shared>, Ids(id): Ids<NotebookId>) -> Answer<Json<VariableList>> {
    match ask(&app, &id, KernelQuestion::Variables).await? {
        KernelAnswer::Variables(variables) => Ok(Json(VariableList { variables })),
        other => Err(unexpected(&other)),
    }
}

async fn ask(app: &App, id: &NotebookId, question: KernelQuestion) -> Answer<KernelAnswer> {
    Ok(app.room(id).await?.ask_kernel(question).await??)
}

fn unexpected(answer: &KernelAnswer) -> ApiError {
    ApiError::internal(format!("a kernel answered another question: {answer:?}"))
}

/// Refuses a cursor that stands behind the code.
fn inside(code: &str, cursor: usize) -> Answer<()> {
    let units = code.encode_utf16().count();
    if cursor <= units {
        return Ok(());
    }
    let message = format!("The cursor stands at {cursor}, but the code has only {units} UTF-16 units.");
    Err(ApiError::invalid_body(message))
}
