//! `/api/notebooks/{id}/cells`: every edit of a cell that is no typing.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    bodies::{cell_body, find_cell},
    error::{Answer, ApiError},
    extract::{Body, By, Ids, SourceBody},
};
use crate::{
    ids::{CellId, NotebookId},
    notebook::{Op, OpError},
    vocabulary::{Actor, Place},
    wire::rest::{AddCell, CellBody, CellList, ErrorBody, MoveCell, PatchCell, PutSource},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, patch, delete))
        .routes(routes!(put_source, post_source))
        .routes(routes!(relocate))
        .routes(routes!(restore))
}

/// Lists the cells in their order, those in the bin left out.
#[utoipa::path(get, path = "/api/notebooks/{id}/cells", tag = "cells", params(("id" = String, Path)), responses(
    (status = 200, body = CellList), (status = 404, body = ErrorBody)
))]
async fn list(State(app): State<Shared>, Ids(id): Ids<NotebookId>) -> Answer<Json<CellList>> {
    let cells = app.view(&id).await?.cells;
    Ok(Json(CellList { cells: cells.into_iter().map(cell_body).collect() }))
}

/// Adds a cell: at the end, after the cell given, or first when `after` is `null`.
#[utoipa::path(post, path = "/api/notebooks/{id}/cells", tag = "cells", params(("id" = String, Path)),
    request_body = AddCell,
    responses((status = 201, body = CellBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn add(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
    Body(wanted): Body<AddCell>,
) -> Answer<Response> {
    let cell = wanted.id.unwrap_or_else(CellId::generate);
    let place = wanted.after.map_or(Place::Last, place_after);
    let op = Op::AddCell { id: cell.clone(), kind: wanted.kind, source: wanted.source, place };
    let Json(body) = edit(&app, &id, &cell, op, actor).await?;
    let location = format!("{}api/notebooks/{id}/cells/{cell}", app.base.as_str());
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, location.parse().map_err(ApiError::internal)?);
    Ok((StatusCode::CREATED, headers, Json(body)).into_response())
}

/// Reads a cell.
#[utoipa::path(get, path = "/api/notebooks/{id}/cells/{cell}", tag = "cells",
    params(("id" = String, Path), ("cell" = String, Path)),
    responses((status = 200, body = CellBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)
))]
async fn get(State(app): State<Shared>, Ids((id, cell)): Ids<(NotebookId, CellId)>) -> Answer<Json<CellBody>> {
    let view = app.view(&id).await?;
    let in_bin = view.bin.iter().any(|deleted| deleted.cell.id == cell);
    let missing = if in_bin { OpError::CellInBin(cell.clone()) } else { OpError::UnknownCell(cell.clone()) };
    find_cell(view, &cell).map(Json).ok_or_else(|| missing.into())
}

/// Changes kind, metadata or collapse; what is absent stays.
#[utoipa::path(patch, path = "/api/notebooks/{id}/cells/{cell}", tag = "cells",
    params(("id" = String, Path), ("cell" = String, Path)), request_body = PatchCell,
    responses((status = 200, body = CellBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn patch(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
    By(actor): By,
    Body(PatchCell { kind, metadata, collapsed }): Body<PatchCell>,
) -> Answer<Json<CellBody>> {
    edit(&app, &id, &cell, Op::PatchCell { id: cell.clone(), kind, metadata, collapsed }, actor).await
}

/// Replaces the text by the smallest edits, so that it merges with what others type at the same time. JSON, or the
/// text itself as `text/plain`. With `base`, everything typed since that text is kept.
#[utoipa::path(put, path = "/api/notebooks/{id}/cells/{cell}/source", tag = "cells",
    params(("id" = String, Path), ("cell" = String, Path)),
    request_body(content((PutSource = "application/json"), (String = "text/plain"))),
    responses((status = 200, body = CellBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn put_source(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
    By(actor): By,
    SourceBody(PutSource { source, base }): SourceBody,
) -> Answer<Json<CellBody>> {
    edit(&app, &id, &cell, Op::SetSource { id: cell.clone(), source, base }, actor).await
}

/// The same as `PUT`, for clients that post.
#[utoipa::path(post, path = "/api/notebooks/{id}/cells/{cell}/source", tag = "cells",
    params(("id" = String, Path), ("cell" = String, Path)),
    request_body(content((PutSource = "application/json"), (String = "text/plain"))),
    responses((status = 200, body = CellBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn post_source(
    app: State<Shared>,
    ids: Ids<(NotebookId, CellId)>,
    by: By,
    source: SourceBody,
) -> Answer<Json<CellBody>> {
    put_source(app, ids, by, source).await
}

/// Moves a cell: after the cell given, or first when `after` is `null`.
#[utoipa::path(post, path = "/api/notebooks/{id}/cells/{cell}/move", tag = "cells",
    params(("id" = String, Path), ("cell" = String, Path)), request_body = MoveCell,
    responses((status = 200, body = CellBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn relocate(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
    By(actor): By,
    Body(wanted): Body<MoveCell>,
) -> Answer<Json<CellBody>> {
    edit(&app, &id, &cell, Op::MoveCell { id: cell.clone(), place: place_after(wanted.after) }, actor).await
}

/// Puts a cell into the notebook's bin; what others type into it meanwhile is kept.
#[utoipa::path(delete, path = "/api/notebooks/{id}/cells/{cell}", tag = "cells",
    params(("id" = String, Path), ("cell" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)
))]
async fn delete(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
    By(actor): By,
) -> Answer<StatusCode> {
    app.apply(&id, Op::DeleteCell { id: cell }, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a cell back out of the bin.
#[utoipa::path(post, path = "/api/notebooks/{id}/cells/{cell}/restore", tag = "cells",
    params(("id" = String, Path), ("cell" = String, Path)),
    responses((status = 200, body = CellBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)
))]
async fn restore(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
    By(actor): By,
) -> Answer<Json<CellBody>> {
    edit(&app, &id, &cell, Op::RestoreCell { id: cell.clone() }, actor).await
}

/// Makes an edit and answers with the cell as it was right after it.
async fn edit(app: &App, id: &NotebookId, cell: &CellId, op: Op, actor: Actor) -> Answer<Json<CellBody>> {
    let view = app.apply(id, op, actor).await?;
    find_cell(view, cell).map(Json).ok_or_else(|| OpError::UnknownCell(cell.clone()).into())
}

fn place_after(after: Option<CellId>) -> Place {
    after.map_or(Place::First, Place::After)
}
