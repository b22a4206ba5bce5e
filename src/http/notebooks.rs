//! `/api/notebooks`: the catalogue, whole notebooks, import and export.

use std::collections::HashMap;

use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared, attachment, blobs,
    bodies::notebook_body,
    error::{Answer, ApiError},
    extract::{Body, BodyOrDefault, By, Ids, Params, Raw},
};
use crate::{
    config,
    ids::{DocumentId, NotebookId},
    notebook::{self, ImportedNotebook, NotebookView, Op},
    vocabulary::{Actor, ThinkingShown},
    wire::rest::{
        CreateNotebook, DuplicateNotebook, ErrorBody, NotebookBody, NotebookList, NotebookSummary, PatchNotebook,
    },
};

/// The title of a notebook that was given none.
pub const UNTITLED: &str = "Untitled";

/// The longest title, in characters: it is shown in one line.
const TITLE_MAX: usize = 300;

/// Bytes of pictures and outputs that an exported file takes with it: so many fit into an import once they are base64.
const CARRIED_MAX: usize = config::IMPORT_BYTES / 2;

pub fn routes(max_import: usize) -> OpenApiRouter<Shared> {
    let import = OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(max_import));
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .routes(routes!(restore))
        .routes(routes!(duplicate))
        .routes(routes!(export))
        .merge(import)
}

/// Lists all notebooks, those in the bin included, last changed first.
#[utoipa::path(get, path = "/api/notebooks", tag = "notebooks", responses((status = 200, body = NotebookList)))]
async fn list(State(app): State<Shared>) -> Answer<Json<NotebookList>> {
    Ok(Json(NotebookList { notebooks: app.rooms.notebooks().await? }))
}

/// Creates a notebook with one empty code cell.
#[utoipa::path(post, path = "/api/notebooks", tag = "notebooks", request_body = CreateNotebook, responses(
    (status = 201, body = NotebookSummary), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)
))]
async fn create(State(app): State<Shared>, By(actor): By, Body(wanted): Body<CreateNotebook>) -> Answer<Response> {
    let title = title(wanted.title.as_deref().unwrap_or(UNTITLED))?;
    let id = wanted.id.unwrap_or_else(NotebookId::generate);
    created(&app, app.rooms.create(id, title, None, actor).await?)
}

/// Reads a whole notebook.
#[utoipa::path(get, path = "/api/notebooks/{id}", tag = "notebooks", params(("id" = String, Path)), responses(
    (status = 200, body = NotebookBody), (status = 404, body = ErrorBody), (status = 410, body = ErrorBody)
))]
async fn get(State(app): State<Shared>, Ids(id): Ids<NotebookId>) -> Answer<Json<NotebookBody>> {
    let view = app.view(&id).await?;
    Ok(Json(notebook_body(app.rooms.summary(&id).await?, view)))
}

/// Changes title and metadata; what is absent stays.
#[utoipa::path(patch, path = "/api/notebooks/{id}", tag = "notebooks", params(("id" = String, Path)),
    request_body = PatchNotebook,
    responses((status = 200, body = NotebookSummary), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)
))]
async fn patch(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
    Body(wanted): Body<PatchNotebook>,
) -> Answer<Json<NotebookSummary>> {
    let PatchNotebook { title: text, metadata } = wanted;
    if metadata.as_ref().is_some_and(|metadata| metadata.contains_key("title")) {
        let message = "The title is a field of its own; leave it out of metadata.";
        return Err(ApiError::invalid_body(message));
    }
    if let Some(title) = text.as_deref().map(title).transpose()? {
        app.apply(&id, Op::SetTitle { title }, actor.clone()).await?;
    }
    if let Some(metadata) = metadata {
        app.apply(&id, Op::PatchNotebook { metadata }, actor).await?;
    }
    Ok(Json(app.rooms.summary(&id).await?))
}

/// Puts a notebook into the bin.
#[utoipa::path(delete, path = "/api/notebooks/{id}", tag = "notebooks", params(("id" = String, Path)), responses(
    (status = 204), (status = 404, body = ErrorBody)
))]
async fn delete(State(app): State<Shared>, Ids(id): Ids<NotebookId>, By(actor): By) -> Answer<StatusCode> {
    app.rooms.delete(&id, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a notebook back out of the bin.
#[utoipa::path(post, path = "/api/notebooks/{id}/restore", tag = "notebooks", params(("id" = String, Path)),
    responses((status = 200, body = NotebookSummary), (status = 404, body = ErrorBody)
))]
async fn restore(State(app): State<Shared>, Ids(id): Ids<NotebookId>, By(actor): By) -> Answer<Json<NotebookSummary>> {
    Ok(Json(app.rooms.restore(&id, actor).await?))
}

/// Makes a new notebook with the cells of this one as they are now, outputs included; its bin stays behind.
#[utoipa::path(post, path = "/api/notebooks/{id}/duplicate", tag = "notebooks", params(("id" = String, Path)),
    request_body = Option<DuplicateNotebook>,
    responses((status = 201, body = NotebookSummary), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 410, body = ErrorBody), (status = 422, body = ErrorBody)
))]
async fn duplicate(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    By(actor): By,
    BodyOrDefault(wanted): BodyOrDefault<DuplicateNotebook>,
) -> Answer<Response> {
    let given = wanted.title.as_deref().map(title).transpose()?;
    let content = ImportedNotebook::from(app.view(&id).await?);
    let title = given.unwrap_or_else(|| title_of_copy(content.title.as_deref().unwrap_or_default()));
    let copy = wanted.id.unwrap_or_else(NotebookId::generate);
    created(&app, app.rooms.create(copy, title, Some(content), actor).await?)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportParams {
    /// The title; else the file's own, else the file's name.
    title: Option<String>,
    /// The name of the file, when it is sent as the body itself.
    name: Option<String>,
    /// An id of the caller's choice; a new one if absent.
    #[param(value_type = Option<String>)]
    id: Option<NotebookId>,
}

/// Imports an `.ipynb` file (any version from 3 on): as the body itself, or as the one file of a form.
#[utoipa::path(post, path = "/api/notebooks/import", tag = "notebooks", params(ImportParams),
    request_body(content = String, content_type = "application/x-ipynb+json"),
    responses((status = 201, body = NotebookSummary), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn import(
    State(app): State<Shared>,
    Params(wanted): Params<ImportParams>,
    By(actor): By,
    request: Request,
) -> Answer<Response> {
    let file = ImportFile::read(request).await?;
    let name = file.name.or(wanted.name).map(|name| name.trim_end_matches(".ipynb").to_owned());
    let content = blocking(move || notebook::import_ipynb(&file.bytes)).await??;
    let given = wanted.title.as_deref().map(title).transpose()?;
    let own = [content.title.as_deref(), name.as_deref()].into_iter().flatten().find_map(fit_title);
    let title = given.or(own).unwrap_or_else(|| UNTITLED.into());
    let id = wanted.id.unwrap_or_else(NotebookId::generate);
    created(&app, app.rooms.create(id, title, Some(content), actor).await?)
}

/// An uploaded file.
struct ImportFile {
    name: Option<String>,
    bytes: Bytes,
}

impl ImportFile {
    async fn read(request: Request) -> Answer<Self> {
        let form = |value: &HeaderValue| value.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data");
        if !request.headers().get(CONTENT_TYPE).is_some_and(form) {
            let Raw(bytes) = Raw::from_request(request, &()).await?;
            return Ok(Self { name: None, bytes });
        }
        let bad = |message: String| ApiError::bad_request("invalid_form", message);
        let mut form = Multipart::from_request(request, &()).await.map_err(|error| bad(error.body_text()))?;
        while let Some(field) = form.next_field().await.map_err(form_error)? {
            let Some(name) = field.file_name().map(str::to_owned) else { continue };
            let bytes = field.bytes().await.map_err(form_error)?;
            return Ok(Self { name: Some(name), bytes });
        }
        Err(bad("The form contains no file.".into()))
    }
}

fn form_error(error: axum::extract::multipart::MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large("The file is larger than this server imports."),
        _ => ApiError::bad_request("invalid_form", error.body_text()),
    }
}

/// The forms a notebook is exported in.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Jupyter's nbformat 4.5.
    #[default]
    Ipynb,
    /// Markdown.
    Md,
    /// Python with `# %%` marks.
    Py,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportParams {
    #[serde(default)]
    #[param(inline)]
    format: Format,
    /// The thinking before answers; if absent, `.ipynb` has all of it and Markdown, which is for reading, none.
    #[param(inline)]
    thinking: Option<ThinkingShown>,
}

/// Exports a notebook as a file.
#[utoipa::path(get, path = "/api/notebooks/{id}/export", tag = "notebooks",
    params(("id" = String, Path), ExportParams),
    responses((status = 200, description = "The file", body = String), (status = 404, body = ErrorBody)
))]
async fn export(
    State(app): State<Shared>,
    Ids(id): Ids<NotebookId>,
    Params(wanted): Params<ExportParams>,
) -> Answer<Response> {
    let format = wanted.format;
    let mut view = app.view(&id).await?;
    notebook::show_thinking(&mut view, wanted.thinking.unwrap_or(format.thinking()));
    let view = if format.holds_outputs() { carrying_its_blobs(&app, view).await? } else { view };
    let name = attachment::named(&format!("{}.{}", view.title, format.extension()));
    let text = blocking(move || format.write(&view)).await?;
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(format.media_type())), (CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

/// Files are read where this server is not: the pictures and large outputs kept beside the notebook go with it.
async fn carrying_its_blobs(app: &App, mut view: NotebookView) -> Answer<NotebookView> {
    let pictures = notebook::pictures_called(&view);
    let contents = contents(app, pictures.into_iter().chain(notebook::blobs_called(&view)).collect()).await?;
    notebook::carry_pictures(&mut view, &contents);
    notebook::carry_blobs(&mut view, &contents);
    Ok(view)
}

/// Contents by their hash: those that are there, as long as the file can be imported again.
async fn contents(app: &App, called: Vec<String>) -> Answer<HashMap<String, Vec<u8>>> {
    if called.is_empty() {
        return Ok(HashMap::new());
    }
    // What a client wrote in place of a hash names nothing.
    let hashes: Vec<_> = called.into_iter().filter_map(|text| Some((blobs::from_hex(&text).ok()?, text))).collect();
    app.with_store(move |store| {
        let mut contents = HashMap::new();
        let mut carried = 0;
        for (hash, sha256) in hashes {
            let Some(content) = store.blob(&hash)? else { continue };
            if carried + content.len() > CARRIED_MAX {
                continue;
            }
            carried += content.len();
            contents.insert(sha256, content.to_vec());
        }
        Ok(contents)
    })
    .await
}

impl Format {
    /// What becomes of thinking unless somebody says.
    fn thinking(self) -> ThinkingShown {
        match self {
            Self::Ipynb => ThinkingShown::Full,
            Self::Md | Self::Py => ThinkingShown::Omit,
        }
    }

    fn write(self, view: &NotebookView) -> String {
        match self {
            Self::Ipynb => notebook::export_ipynb(view),
            Self::Md => notebook::export_markdown(view),
            Self::Py => notebook::export_python(view),
        }
    }

    fn holds_outputs(self) -> bool {
        matches!(self, Self::Ipynb | Self::Md)
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Ipynb => "ipynb",
            Self::Md => "md",
            Self::Py => "py",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Ipynb => "application/x-ipynb+json",
            Self::Md => "text/markdown; charset=utf-8",
            Self::Py => "text/x-python; charset=utf-8",
        }
    }
}

/// A title, in one line.
pub fn title(text: &str) -> Answer<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TITLE_MAX || text.chars().any(char::is_control) {
        let message = format!("A title has 1 to {TITLE_MAX} characters in one line.");
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_title", message));
    }
    Ok(text.to_owned())
}

/// What a file or a document holds as title may be anything: as much of it as makes a title, in one line.
fn fit_title(text: &str) -> Option<String> {
    let words = text.split(|character: char| character.is_control() || character.is_whitespace());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let cut: String = line.chars().take(TITLE_MAX).collect();
    Some(cut.trim_end().to_owned()).filter(|title| !title.is_empty())
}

/// The title of a copy that was given none.
fn title_of_copy(original: &str) -> String {
    let copy = format!("Copy of {}", fit_title(original).as_deref().unwrap_or(UNTITLED));
    fit_title(&copy).unwrap_or(copy)
}

fn created(app: &App, summary: NotebookSummary) -> Answer<Response> {
    let location = format!("{}api/notebooks/{}", app.base.as_str(), summary.id);
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, location.parse().map_err(ApiError::internal)?);
    Ok((StatusCode::CREATED, headers, Json(summary)).into_response())
}

/// Runs what takes long without waiting on a thread of its own kind.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)
}

impl App {
    /// A notebook as it is now.
    pub async fn view(&self, id: &NotebookId) -> Answer<NotebookView> {
        Ok(self.rooms.open(&DocumentId::Notebook(id.clone())).await?.notebook().await?)
    }

    /// Makes an edit; durable when it returns.
    pub async fn apply(&self, id: &NotebookId, op: Op, actor: Actor) -> Answer<NotebookView> {
        Ok(self.rooms.open(&DocumentId::Notebook(id.clone())).await?.apply(op, actor).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_of_a_copy_is_always_a_title() {
        assert_eq!(title_of_copy("Sums"), "Copy of Sums");
        for original in ["", " \n", "a\nb", &"x".repeat(400)] {
            let made = title_of_copy(original);
            assert_eq!(title(&made).unwrap(), made);
        }
    }

    #[test]
    fn the_title_a_file_brings_is_made_fit_and_never_refused() {
        assert_eq!(fit_title(" Tides\n  of the\tsea \u{7}"), Some("Tides of the sea".into()));
        assert_eq!(fit_title("\n \t"), None);
        let long = fit_title(&"é ".repeat(1000)).unwrap();
        assert_eq!(title(&long).unwrap(), long);
    }

    #[test]
    fn a_title_is_one_line_of_a_sensible_length() {
        assert_eq!(title("  A b ").unwrap(), "A b");
        for bad in ["", "  ", "a\nb", &"x".repeat(301)] {
            assert!(title(bad).is_err(), "{bad:?}");
        }
    }
}
