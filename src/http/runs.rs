//! Runs: `…/cells/{cell}/run`, `/api/notebooks/{id}/run`, `/api/runs/{run}`.
//!
//! Invariant: what runs is the source in the document; a request carries none.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    error::{Answer, ApiError},
    extract::{Body, By, Ids, Params, patience},
};
use crate::{
    events::{Filter, Subscription},
    ids::{CellId, DocumentId, NotebookId, RunId},
    room::{RoomHandle, RunError, RunRequest, Which},
    vocabulary::{Actor, Run},
    wire::rest::{ErrorBody, InputLine, RunCells, RunList},
};

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

/// Runs several cells one after the other; an error in one of them ends it, unless `keepGoing` is set.
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
    let keeps_going = wanted.keep_going.unwrap_or(false);
    let which = which(wanted)?;
    let request = if keeps_going { RunRequest::RunOn(which) } else { RunRequest::Run(which) };
    several(&app, &id, request, actor).await
}

fn which(wanted: RunCells) -> Answer<Which> {
    match wanted {
        RunCells { cells: Some(cells), above: None, below: None, all: None, .. } => Ok(Which::Cells(cells)),
        RunCells { cells: None, above: Some(cell), below: None, all: None, .. } => Ok(Which::Above(cell)),
        RunCells { cells: None, above: None, below: Some(cell), all: None, .. } => Ok(Which::Below(cell)),
        RunCells { cells: None, above: None, below: None, all: Some(true), .. } => Ok(Which::All),
        _ => {
            let message = "Say exactly one of cells, above, below and \"all\": true.";
            Err(ApiError::invalid_body(message))
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
    let until = Instant::now() + patience(wait.as_deref())?;
    awaited(&app, run, until).await.map(Json)
}

/// A run as it is when it has ended, or at that moment.
pub async fn awaited(app: &App, run: RunId, until: Instant) -> Answer<Run> {
    let room = app.rooms.of_run(&run).await?.ok_or_else(|| RunError::UnknownRun(run.clone()))?;
    // Before the first look, so that no end in between is missed.
    let mut ends = app.events.subscribe(None, true, Filter::new(Some(ENDS), None));
    loop {
        let found = room.read_run(run.clone()).await?;
        if found.state.has_ended() || !told_within(until, &mut ends, &run).await {
            return Ok(found);
        }
    }
}

/// Waits until the end of a run is told; false if it is not in time.
async fn told_within(until: Instant, ends: &mut Subscription, run: &RunId) -> bool {
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
}
