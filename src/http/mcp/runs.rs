//! Tools that run cells. What runs is what stands in the notebook.

use std::time::Duration;

use rmcp::{Json, RoleServer, handler::server::wrapper::Parameters, service::RequestContext, tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    Agent, Agents, Refused, Tool,
    cells::found,
    outputs::{Piece, outputs_text, piece},
};
use crate::{
    http::{
        error::{Answer, ApiError},
        runs::awaited,
    },
    ids::{CellId, NotebookId, RunId},
    room::{RunRequest, Which},
    vocabulary::{Run, Scope},
};

/// Seconds that are waited for the end of a run, unless others are asked for.
const WAIT: u64 = 30;

/// The longest wait in seconds; proxies cut longer ones.
const WAIT_MAX: u64 = 60;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RunCell {
    notebook: NotebookId,
    cell: CellId,
    /// Seconds to wait for its end: 0 to 60; 30 if absent.
    #[schemars(with = "Option<i64>")]
    wait: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WaitForRun {
    notebook: NotebookId,
    run: RunId,
    /// Seconds to wait for its end: 0 to 60; 30 if absent.
    #[schemars(with = "Option<i64>")]
    wait: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StopCell {
    notebook: NotebookId,
    cell: CellId,
}

#[derive(Serialize, JsonSchema)]
struct RunText {
    run: RunId,
    cell: CellId,
    /// queued, running, ok, failed, cancelled or interrupted. While it is queued or running, `wait_for_run` goes on waiting.
    state: String,
    /// Why it failed or never began.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What the program asks for and waits for: somebody has to type it.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    /// What it has put out so far, as text; its beginning if it is long.
    outputs: Piece,
}

#[tool_router(router = run_tools, vis = "pub(super)")]
impl Agents {
    /// Runs a code or prompt cell and waits for its end; answers with its outputs as text.
    #[tool]
    async fn run_cell(
        &self,
        Parameters(RunCell { notebook, cell, wait }): Parameters<RunCell>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<RunText>, Refused> {
        self.act(context, Tool("run_cell", Scope::RunsExecute), |agent| async move {
            let until = until(wait)?;
            agent.be_seen(&notebook, &cell, 0).await;
            let request = RunRequest::Run(Which::Cells(vec![cell]));
            let run = agent.app.room(&notebook).await?.run(request, agent.actor.clone()).await?.pop();
            let run = run.ok_or_else(|| ApiError::internal("a run that is none"))?;
            agent.ended(&notebook, run.run_id, until).await
        })
        .await
    }

    /// Waits for the end of a run; answers with its outputs as text.
    #[tool(annotations(read_only_hint = true))]
    async fn wait_for_run(
        &self,
        Parameters(WaitForRun { notebook, run, wait }): Parameters<WaitForRun>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<RunText>, Refused> {
        self.act(context, Tool("wait_for_run", Scope::NotebooksRead), |agent| async move {
            agent.ended(&notebook, run, until(wait)?).await
        })
        .await
    }

    /// Stops a cell that waits or runs. What it has put out so far stays.
    #[tool]
    async fn stop_cell(
        &self,
        Parameters(StopCell { notebook, cell }): Parameters<StopCell>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<RunText>, Refused> {
        self.act(context, Tool("stop_cell", Scope::RunsExecute), |agent| async move {
            let room = agent.app.room(&notebook).await?;
            let run = room.run(RunRequest::Cancel(cell), agent.actor.clone()).await?.pop();
            let run = run.ok_or_else(|| ApiError::internal("a run that is none"))?;
            agent.told(&notebook, run).await
        })
        .await
    }
}

impl Agent {
    async fn ended(&self, notebook: &NotebookId, run: RunId, until: Instant) -> Answer<RunText> {
        let run = awaited(&self.app, run, until).await?;
        self.told(notebook, run).await
    }

    async fn told(&self, notebook: &NotebookId, run: Run) -> Answer<RunText> {
        let cell = found(self.app.view(notebook).await?, &run.cell)?;
        let state = serde_json::to_value(run.state).map_err(ApiError::internal)?;
        Ok(RunText {
            run: run.run_id,
            cell: run.cell,
            state: state.as_str().unwrap_or_default().to_owned(),
            error: run.error,
            input: run.input.map(|wanted| wanted.prompt),
            outputs: piece(&outputs_text(&cell.outputs), 0),
        })
    }
}

fn until(wait: Option<u64>) -> Answer<Instant> {
    let seconds = wait.unwrap_or(WAIT);
    if seconds > WAIT_MAX {
        let message = format!("The parameter wait is a number of seconds from 0 to {WAIT_MAX}.");
        return Err(ApiError::bad_request("invalid_parameter", message));
    }
    Ok(Instant::now() + Duration::from_secs(seconds))
}
