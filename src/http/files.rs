//! `/api/notebooks/{id}/files`: what the code of a notebook finds in its working directory.
//!
//! Invariant: a file is never held whole in memory, and one that arrives in part never appears.

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing,
};
use futures_util::StreamExt;
use tokio::{fs::File, io::AsyncWriteExt};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared, attachment,
    error::{Answer, ApiError},
    extract::Ids,
    pieces,
};
use crate::{
    ids::{DocumentId, NotebookId},
    room::OpenError,
    wire::rest::{ErrorBody, FileBody, FileList},
    workspace::{FileError, FilePath, Listed, Listing, Workspace},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Addresses with the path of a file, which may contain slashes.
pub fn by_path() -> Router<Shared> {
    Router::new().route("/api/notebooks/{id}/files/{*path}", routing::get(read).put(write).delete(remove))
}

/// Lists the files of a notebook.
#[utoipa::path(get, path = "/api/notebooks/{id}/files", tag = "files", params(("id" = String, Path)),
    responses((status = 200, body = FileList), (status = 404, body = ErrorBody))
)]
async fn list(State(app): State<Shared>, Ids(id): Ids<NotebookId>) -> Answer<Json<FileList>> {
    let workspace = workspace(&app, &id).await?;
    let directory = workspace.root().display().to_string();
    let Listing { files, more } = on_disk(move || workspace.list()).await?;
    Ok(Json(FileList { directory, files: files.into_iter().map(file_body).collect(), more }))
}

/// Reads a file.
#[utoipa::path(get, path = "/api/notebooks/{id}/files/{path}", tag = "files",
    params(("id" = String, Path), ("path" = String, Path, description = "May contain slashes")),
    responses((status = 200, description = "The content", content_type = "application/octet-stream"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)
))]
async fn read(State(app): State<Shared>, Ids((id, path)): Ids<(NotebookId, String)>) -> Answer<Response> {
    let path = FilePath::parse(&path)?;
    content(workspace(&app, &id).await?, path).await
}

/// A file as a download, which never runs in our origin.
pub async fn content(workspace: Workspace, path: FilePath) -> Answer<Response> {
    let name = attachment::named(path.name());
    let (file, length) = on_disk(move || workspace.read(&path)).await?;
    let headers = [
        (CONTENT_TYPE, attachment::BYTES),
        (CONTENT_DISPOSITION, name),
        (CONTENT_SECURITY_POLICY, attachment::SANDBOX),
        (CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    Ok((headers, pieces::of(File::from_std(file), length)).into_response())
}

/// Writes a file, over the one that is there. It is whole and on disk when this answers.
#[utoipa::path(put, path = "/api/notebooks/{id}/files/{path}", tag = "files",
    params(("id" = String, Path), ("path" = String, Path, description = "May contain slashes")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = FileBody), (status = 201, body = FileBody), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 507, body = ErrorBody)
))]
async fn write(
    State(app): State<Shared>,
    Ids((id, path)): Ids<(NotebookId, String)>,
    headers: HeaderMap,
    content: Body,
) -> Answer<(StatusCode, Json<FileBody>)> {
    let path = FilePath::parse(&path)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    within_limit(&app, announced.unwrap_or(0))?;
    let workspace = workspace(&app, &id).await?;
    let upload = on_disk(move || workspace.write(path)).await?;
    receive(&app, content, File::from_std(upload.file().map_err(FileError::from)?)).await?;
    let written = on_disk(move || upload.finish()).await?;
    let status = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(file_body(written.file))))
}

/// Writes what arrives, as fast as the disk takes it.
async fn receive(app: &App, content: Body, mut file: File) -> Answer<()> {
    let (mut content, mut length) = (content.into_data_stream(), 0);
    while let Some(piece) = content.next().await {
        let incomplete =
            || ApiError::new(StatusCode::REQUEST_TIMEOUT, "incomplete_body", "The file did not arrive whole.");
        let piece = piece.map_err(|_| incomplete())?;
        length += piece.len() as u64;
        within_limit(app, length)?;
        file.write_all(&piece).await.map_err(FileError::from)?;
    }
    Ok(file.flush().await.map_err(FileError::from)?)
}

fn within_limit(app: &App, length: u64) -> Answer<()> {
    let max = app.limits.max_upload;
    if length <= max {
        return Ok(());
    }
    Err(ApiError::too_large(format!("The file is larger than the {max} bytes that this server takes.")))
}

/// Removes a file.
#[utoipa::path(delete, path = "/api/notebooks/{id}/files/{path}", tag = "files",
    params(("id" = String, Path), ("path" = String, Path, description = "May contain slashes")),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)
))]
async fn remove(State(app): State<Shared>, Ids((id, path)): Ids<(NotebookId, String)>) -> Answer<StatusCode> {
    let path = FilePath::parse(&path)?;
    let workspace = workspace(&app, &id).await?;
    on_disk(move || workspace.remove(&path)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The directory in which the code of a notebook runs, which may not be there yet.
async fn workspace(app: &App, id: &NotebookId) -> Answer<Workspace> {
    if app.rooms.summary(id).await?.deleted_at.is_some() {
        return Err(OpenError::Deleted(DocumentId::Notebook(id.clone())).into());
    }
    Ok(app.kernels.workspace(app.data.files().join(id.as_str())))
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> Result<T, FileError> + Send + 'static) -> Answer<T> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)??)
}

fn file_body(Listed { path, size, modified }: Listed) -> FileBody {
    FileBody { path, size, modified }
}

/// For the description; see [`by_path`].
#[derive(utoipa::OpenApi)]
#[openapi(paths(read, write, remove))]
pub struct Described;
