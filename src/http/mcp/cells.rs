//! Tools about cells. Whoever edits is seen where they edit.

use rmcp::{Json, RoleServer, handler::server::wrapper::Parameters, service::RequestContext, tool, tool_router};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Agent, Agents, Refused, Tool,
    outputs::{CellText, Piece, outputs_text, piece},
};
use crate::{
    http::error::Answer,
    ids::{CellId, NotebookId},
    notebook::{CellView, NotebookView, Op, OpError},
    vocabulary::{CellKind, Place, Scope},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneCell {
    notebook: NotebookId,
    cell: CellId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReadOutputs {
    notebook: NotebookId,
    cell: CellId,
    /// Characters to pass over: the `next` of the answer before.
    #[schemars(with = "Option<i64>")]
    offset: Option<usize>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateCell {
    notebook: NotebookId,
    kind: CellKind,
    source: String,
    /// The cell to stand behind; the last one if absent.
    after: Option<CellId>,
    /// Stand before all others.
    #[serde(default)]
    first: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EditCell {
    notebook: NotebookId,
    cell: CellId,
    /// The version of the cell that you read.
    base: String,
    /// The text to replace: it stands exactly once in the cell. Empty for a cell that is empty.
    old: String,
    /// The text to stand there instead.
    new: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MoveCell {
    notebook: NotebookId,
    cell: CellId,
    /// The cell to stand behind; before all others if absent.
    after: Option<CellId>,
}

#[tool_router(router = cell_tools, vis = "pub(super)")]
impl Agents {
    /// Reads a cell with its outputs as text.
    #[tool(annotations(read_only_hint = true))]
    async fn read_cell(
        &self,
        Parameters(OneCell { notebook, cell }): Parameters<OneCell>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<CellText>, Refused> {
        self.act(context, Tool("read_cell", Scope::NotebooksRead), |agent| async move {
            Ok(CellText::whole(found(agent.app.view(&notebook).await?, &cell)?))
        })
        .await
    }

    /// Reads the outputs of a cell as text, piece by piece if they are long.
    #[tool(annotations(read_only_hint = true))]
    async fn read_outputs(
        &self,
        Parameters(ReadOutputs { notebook, cell, offset }): Parameters<ReadOutputs>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<Piece>, Refused> {
        self.act(context, Tool("read_outputs", Scope::NotebooksRead), |agent| async move {
            let cell = found(agent.app.view(&notebook).await?, &cell)?;
            Ok(piece(&outputs_text(&cell.outputs), offset.unwrap_or(0)))
        })
        .await
    }

    /// Creates a cell.
    #[tool]
    async fn create_cell(
        &self,
        Parameters(wanted): Parameters<CreateCell>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<CellText>, Refused> {
        self.act(context, Tool("create_cell", Scope::NotebooksWrite), |agent| async move {
            let CreateCell { notebook, kind, source, after, first } = wanted;
            let place = if first { Place::First } else { after.map_or(Place::Last, Place::After) };
            let (cell, caret) = (CellId::generate(), units(&source));
            let op = Op::AddCell { id: cell.clone(), kind, source, place };
            agent.edit(&notebook, &cell, op, caret).await
        })
        .await
    }

    /// Replaces a text of a cell by another. Refused, with the present text, if somebody changed the cell since you read
    /// it, or if the text does not stand there exactly once.
    #[tool]
    async fn edit_cell(
        &self,
        Parameters(EditCell { notebook, cell, base, old, new }): Parameters<EditCell>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<CellText>, Refused> {
        self.act(context, Tool("edit_cell", Scope::NotebooksWrite), |agent| async move {
            // Read before and replaced after: were the two not of one text, the edit would be refused.
            let before = found(agent.app.view(&notebook).await?, &cell)?;
            let caret = before.source.find(&old).map_or(0, |at| units(&before.source[..at])) + units(&new);
            let op = Op::ReplaceText { id: cell.clone(), base, old, new };
            agent.edit(&notebook, &cell, op, caret).await
        })
        .await
    }

    /// Moves a cell.
    #[tool]
    async fn move_cell(
        &self,
        Parameters(MoveCell { notebook, cell, after }): Parameters<MoveCell>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<CellText>, Refused> {
        self.act(context, Tool("move_cell", Scope::NotebooksWrite), |agent| async move {
            let op = Op::MoveCell { id: cell.clone(), place: after.map_or(Place::First, Place::After) };
            agent.edit(&notebook, &cell, op, 0).await
        })
        .await
    }

    /// Puts a cell into the notebook's bin, and answers with it as it was; `restore_cell` brings it back.
    #[tool(annotations(destructive_hint = true))]
    async fn delete_cell(
        &self,
        Parameters(OneCell { notebook, cell }): Parameters<OneCell>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<CellText>, Refused> {
        self.act(context, Tool("delete_cell", Scope::NotebooksWrite), |agent| async move {
            let view = agent.app.apply(&notebook, Op::DeleteCell { id: cell.clone() }, agent.actor.clone()).await?;
            let deleted = view.bin.into_iter().find(|deleted| deleted.cell.id == cell);
            Ok(CellText::source(deleted.ok_or(OpError::UnknownCell(cell))?.cell))
        })
        .await
    }

    /// Takes a cell back out of the bin.
    #[tool]
    async fn restore_cell(
        &self,
        Parameters(OneCell { notebook, cell }): Parameters<OneCell>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<CellText>, Refused> {
        self.act(context, Tool("restore_cell", Scope::NotebooksWrite), |agent| async move {
            agent.edit(&notebook, &cell, Op::RestoreCell { id: cell.clone() }, 0).await
        })
        .await
    }
}

impl Agent {
    /// Edits a cell, and is seen there with the caret after so many UTF-16 units.
    async fn edit(self, notebook: &NotebookId, cell: &CellId, op: Op, caret: u32) -> Answer<CellText> {
        let view = self.app.apply(notebook, op, self.actor.clone()).await?;
        self.be_seen(notebook, cell, caret).await;
        Ok(CellText::source(found(view, cell)?))
    }
}

/// The cell of that id, or why there is none.
pub fn found(view: NotebookView, id: &CellId) -> Result<CellView, OpError> {
    let in_bin = view.bin.iter().any(|deleted| deleted.cell.id == *id);
    let missing = || if in_bin { OpError::CellInBin(id.clone()) } else { OpError::UnknownCell(id.clone()) };
    view.cells.into_iter().find(|cell| cell.id == *id).ok_or_else(missing)
}

/// How long a text is, as Yjs counts.
fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}
