//! Tools about whole notebooks.

use rmcp::{Json, RoleServer, handler::server::wrapper::Parameters, service::RequestContext, tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Agents, Refused, Tool, outputs::CellText};
use crate::{
    http::notebooks::{UNTITLED, title},
    ids::{CellId, NotebookId},
    vocabulary::{Millis, Scope},
    wire::rest::NotebookSummary,
};

/// Characters of sources in one answer; a notebook with more is read in pages.
const SOURCES_MAX: usize = 100_000;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NotebookLine {
    id: NotebookId,
    title: String,
    #[schemars(with = "i64")]
    cell_count: u32,
    /// In milliseconds since the Unix epoch.
    updated_at: Millis,
    in_bin: bool,
}

impl From<NotebookSummary> for NotebookLine {
    fn from(summary: NotebookSummary) -> Self {
        let NotebookSummary { id, title, cell_count, updated_at, deleted_at, .. } = summary;
        Self { id, title, cell_count, updated_at, in_bin: deleted_at.is_some() }
    }
}

#[derive(Serialize, JsonSchema)]
struct NotebookLines {
    notebooks: Vec<NotebookLine>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReadNotebook {
    notebook: NotebookId,
    /// Go on after this cell: the `next` of the answer before.
    after: Option<CellId>,
}

#[derive(Serialize, JsonSchema)]
struct NotebookText {
    title: String,
    /// In their order, without outputs.
    cells: Vec<CellText>,
    /// Deleted cells, last deleted first; `restore_cell` brings one back.
    bin: Vec<CellId>,
    /// There are more cells: go on with `after` this.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<CellId>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateNotebook {
    /// "Untitled" if absent.
    title: Option<String>,
    /// An id of your choice; a new one if absent.
    id: Option<NotebookId>,
}

#[tool_router(router = notebook_tools, vis = "pub(super)")]
impl Agents {
    /// Lists all notebooks, last changed first.
    #[tool(annotations(read_only_hint = true))]
    async fn list_notebooks(&self, context: RequestContext<RoleServer>) -> Result<Json<NotebookLines>, Refused> {
        self.act(context, Tool("list_notebooks", Scope::NotebooksRead), |agent| async move {
            let notebooks = agent.app.rooms.notebooks().await?;
            Ok(NotebookLines { notebooks: notebooks.into_iter().map(NotebookLine::from).collect() })
        })
        .await
    }

    /// Reads the cells of a notebook in their order, without outputs.
    #[tool(annotations(read_only_hint = true))]
    async fn read_notebook(
        &self,
        Parameters(ReadNotebook { notebook, after }): Parameters<ReadNotebook>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<NotebookText>, Refused> {
        self.act(context, Tool("read_notebook", Scope::NotebooksRead), |agent| async move {
            let view = agent.app.view(&notebook).await?;
            let from =
                after.and_then(|after| view.cells.iter().position(|cell| cell.id == after)).map_or(0, |at| at + 1);
            let mut left = SOURCES_MAX;
            let fits = view.cells[from..].iter().take_while(|cell| {
                let fits = left > 0;
                left = left.saturating_sub(cell.source.len());
                fits
            });
            let to = from + fits.count();
            let next = (to < view.cells.len()).then(|| view.cells[to - 1].id.clone());
            let cells = view.cells.into_iter().take(to).skip(from).map(CellText::source).collect();
            let bin = view.bin.into_iter().map(|deleted| deleted.cell.id).collect();
            Ok(NotebookText { title: view.title, cells, bin, next })
        })
        .await
    }

    /// Creates a notebook with one empty code cell.
    #[tool]
    async fn create_notebook(
        &self,
        Parameters(CreateNotebook { title: text, id }): Parameters<CreateNotebook>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<NotebookLine>, Refused> {
        self.act(context, Tool("create_notebook", Scope::NotebooksWrite), |agent| async move {
            let title = title(text.as_deref().unwrap_or(UNTITLED))?;
            let id = id.unwrap_or_else(NotebookId::generate);
            Ok(agent.app.rooms.create(id, title, None, agent.actor).await?.into())
        })
        .await
    }
}
