//! Runs and kernels: `…/cells/{cell}/run`, `/api/runs/{run}`, `/api/notebooks/{id}/kernel`.
//!
//! Invariant: what runs is the source in the document; a request carries none.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    error::{Answer, ApiError},
    event_hub::Filter,
    extract::{Body, BodyOrDefault, By, Ids, Params},
};
use crate::{
    ids::{CellId, DocumentId, NotebookId, RunId},
    room::{KernelReport, RoomHandle, RunError, RunRequest, Which},
    vocabulary::{Actor, Run},
    wire::rest::{ErrorBody, InputLine, KernelBody, RestartKernel, RunCells, RunList, StartKernel},
};

/// The longest wait for the end of a run; proxies cut longer ones.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The events with which a run ends.
const ENDS: &str = "run:finished,run:failed,run:cancelled";

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(run_cell))
        .routes(routes!(cancel_cell))
        .routes(routes!(input))
        .routes(routes!(run_cells))
        .routes(routes!(cancel_all))
        .routes(routes!(get_run))
        .routes(routes!(get_kernel))
        .routes(routes!(start))
        .routes(routes!(interrupt))
        .routes(routes!(restart))
        .routes(routes!(shut_down))
}

/// Runs a cell, code or prompt. Returns at once; a cell that waits or runs already keeps its run.
#[utoipa::path(post, path = "/api/notebooks/{id}/cells/{cell}/run", tag = "runs",
    params(("id" = String, Path), ("cell" = String, Path)),
    responses((status = 202, body = Run), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn run_cell(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
    By(actor): By,
) -> Answer<(StatusCode, Json<Run>)> {
    one(&app, &id, RunRequest::Run(Which::Cells(vec![cell])), actor).await
}

/// Stops a cell that waits or runs. What it has put out so far stays.
#[utoipa::path(post, path = "/api/notebooks/{id}/cells/{cell}/cancel", tag = "runs",
    params(("id" = String, Path), ("cell" = String, Path)),
    responses((status = 202, body = Run), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn cancel_cell(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
    By(actor): By,
) -> Answer<(StatusCode, Json<Run>)> {
    one(&app, &id, RunRequest::Cancel(cell), actor).await
}

/// Types the line that the program in a cell waits for.
#[utoipa::path(post, path = "/api/notebooks/{id}/cells/{cell}/input", tag = "runs",
    params(("id" = String, Path), ("cell" = String, Path)), request_body = InputLine,
    responses((status = 202, body = Run), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn input(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
    By(actor): By,
    Body(InputLine { value }): Body<InputLine>,
) -> Answer<(StatusCode, Json<Run>)> {
    one(&app, &id, RunRequest::Input { cell, value }, actor).await
}

/// Runs several cells one after the other; an error in one of them ends it.
#[utoipa::path(post, path = "/api/notebooks/{id}/run", tag = "runs", params(("id" = String, Path)),
    request_body = RunCells,
    responses((status = 202, body = RunList), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn run_cells(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
    Body(wanted): Body<RunCells>,
) -> Answer<(StatusCode, Json<RunList>)> {
    several(&app, &id, RunRequest::Run(which(wanted)?), actor).await
}

fn which(wanted: RunCells) -> Answer<Which> {
    match wanted {
        RunCells { cells: Some(cells), above: None, below: None, all: None } => Ok(Which::Cells(cells)),
        RunCells { cells: None, above: Some(cell), below: None, all: None } => Ok(Which::Above(cell)),
        RunCells { cells: None, above: None, below: Some(cell), all: None } => Ok(Which::Below(cell)),
        RunCells { cells: None, above: None, below: None, all: Some(true) } => Ok(Which::All),
        _ => {
            let message = "Say exactly one of cells, above, below and \"all\": true.";
            Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", message))
        }
    }
}

/// Stops all that waits or runs in a notebook.
#[utoipa::path(post, path = "/api/notebooks/{id}/cancel", tag = "runs", params(("id" = String, Path)),
    responses((status = 202, body = RunList), (status = 404, body = ErrorBody))
)]
async fn cancel_all(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
) -> Answer<(StatusCode, Json<RunList>)> {
    several(&app, &id, RunRequest::CancelAll, actor).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RunParams {
    /// Waits for the end of the run, at most so long: `30s`. Answers with the run as it is then.
    wait: Option<String>,
}

/// Reads a run. The last run of each cell is kept.
#[utoipa::path(get, path = "/api/runs/{run}", tag = "runs", params(("run" = String, Path), RunParams),
    responses((status = 200, body = Run), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody))
)]
async fn get_run(
    State(app): State<Shared>,
    Ids(run): Ids<RunId>,
    Params(RunParams { wait }): Params<RunParams>,
) -> Answer<Json<Run>> {
    let wait = wait.as_deref().map(duration).transpose()?.unwrap_or_default();
    let until = Instant::now() + wait.min(WAIT_MAX);
    let room = app.rooms.of_run(&run).await?.ok_or_else(|| RunError::UnknownRun(run.clone()))?;
    // Before the first look, so that no end in between is missed.
    let mut ends = app.events.subscribe(None, true, Filter::new(Some(ENDS), None));
    loop {
        let found = room.read_run(run.clone()).await?;
        if found.state.has_ended() || !told_within(until, &mut ends, &run).await {
            return Ok(Json(found));
        }
    }
}

/// Waits until the end of a run is told; false if it is not in time.
async fn told_within(until: Instant, ends: &mut super::event_hub::Subscription, run: &RunId) -> bool {
    let told = async {
        while let Some(line) = ends.next().await {
            if line.json.contains(run.as_str()) {
                return true;
            }
        }
        false
    };
    timeout_at(until, told).await.unwrap_or(false)
}

/// Seconds, with or without their sign.
fn duration(text: &str) -> Answer<Duration> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse::<u64>();
    seconds.map(Duration::from_secs).map_err(|_| {
        ApiError::bad_request("invalid_parameter", "The parameter wait is a number of seconds, such as 30s.")
    })
}

/// Reads the state of the kernel.
#[utoipa::path(get, path = "/api/notebooks/{id}/kernel", tag = "kernels", params(("id" = String, Path)),
    responses((status = 200, body = KernelBody), (status = 404, body = ErrorBody))
)]
async fn get_kernel(State(app): State<Shared>, Ids(id): Ids<NotebookId>) -> Answer<Json<KernelBody>> {
    let KernelReport { status, log } = app.room(&id).await?.kernel().await?;
    Ok(Json(KernelBody { status, log }))
}

/// Starts a kernel, if none runs.
#[utoipa::path(post, path = "/api/notebooks/{id}/kernel/start", tag = "kernels", params(("id" = String, Path)),
    request_body = Option<StartKernel>,
    responses((status = 202, body = KernelBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn start(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
    BodyOrDefault(StartKernel { spec }): BodyOrDefault<StartKernel>,
) -> Answer<(StatusCode, Json<KernelBody>)> {
    kernel(&app, &id, RunRequest::StartKernel { spec }, actor).await
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

async fn one(app: &Arc<App>, id: &NotebookId, request: RunRequest, actor: Actor) -> Answer<(StatusCode, Json<Run>)> {
    let run = app.room(id).await?.run(request, actor).await?.pop();
    let run = run.ok_or_else(|| ApiError::internal("a request about a run answered with none"))?;
    Ok((StatusCode::ACCEPTED, Json(run)))
}

async fn several(
    app: &Arc<App>,
    id: &NotebookId,
    request: RunRequest,
    actor: Actor,
) -> Answer<(StatusCode, Json<RunList>)> {
    let runs = app.room(id).await?.run(request, actor).await?;
    Ok((StatusCode::ACCEPTED, Json(RunList { runs })))
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

impl App {
    /// The room of a notebook.
    pub async fn room(&self, id: &NotebookId) -> Answer<RoomHandle> {
        Ok(self.rooms.open(&DocumentId::Notebook(id.clone())).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_its_cells_in_exactly_one_way() {
        let cell: CellId = "a".parse().unwrap();
        assert_eq!(which(RunCells { all: Some(true), ..RunCells::default() }).unwrap(), Which::All);
        let below = RunCells { below: Some(cell.clone()), ..RunCells::default() };
        assert_eq!(which(below.clone()).unwrap(), Which::Below(cell.clone()));
        for wrong in [
            RunCells::default(),
            RunCells { all: Some(false), ..RunCells::default() },
            RunCells { above: Some(cell), ..below },
        ] {
            assert!(which(wrong).is_err());
        }
    }

    #[test]
    fn a_wait_is_a_number_of_seconds() {
        assert_eq!(duration("30s").unwrap(), Duration::from_secs(30));
        assert_eq!(duration("5").unwrap(), Duration::from_secs(5));
        for wrong in ["", "s", "1m", "-1s", "1.5s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
