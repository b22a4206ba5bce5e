//! `/api/widgets`: widget sessions, and what people do to what a program has drawn.
//!
//! Invariant: nothing that a page sends reaches a program before it is durable.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    error::{Answer, ApiError},
    extract::{Body, By, Ids},
};
use crate::{
    ids::{DocumentId, WidgetSessionId},
    room::{PageAnswer, RoomHandle, WidgetsView},
    widgets::{
        Callback,
        classes::{self, Class, Kind},
        limits,
    },
    wire::{
        rest::ErrorBody,
        widgets::{
            CreateWidgetSession, CreatedWidgetSession, WidgetAnswer, WidgetCallback, WidgetCallbacks, WidgetClassBody,
            WidgetClassList, WidgetSessionBody, WidgetSessionList,
        },
    },
};

/// Callbacks in one request: more than anybody does between two of them.
const CALLBACKS_MAX: usize = 1_000;

pub fn routes() -> OpenApiRouter<Shared> {
    let sessions = OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, delete));
    sessions.routes(routes!(callbacks)).routes(routes!(answer)).routes(routes!(list_classes))
}

impl App {
    /// The room of a widget session.
    pub async fn widgets_room(&self, id: &WidgetSessionId) -> Answer<RoomHandle> {
        Ok(self.rooms.open(&DocumentId::Widgets(id.clone())).await?)
    }
}

/// Lists all widget sessions, last changed first.
#[utoipa::path(get, path = "/api/widgets", tag = "widgets", operation_id = "list_widget_sessions",
    responses((status = 200, body = WidgetSessionList)))]
async fn list(State(app): State<Shared>) -> Answer<Json<WidgetSessionList>> {
    Ok(Json(WidgetSessionList { sessions: app.rooms.widget_sessions().await? }))
}

/// Makes a widget session, and the token of its program, which is told here and never again.
#[utoipa::path(post, path = "/api/widgets", tag = "widgets", operation_id = "create_widget_session",
    request_body = CreateWidgetSession,
    responses((status = 201, body = CreatedWidgetSession), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
async fn create(State(app): State<Shared>, By(actor): By, Body(wanted): Body<CreateWidgetSession>) -> Answer<Response> {
    let title = title(wanted.title.unwrap_or_default())?;
    let id = wanted.id.unwrap_or_else(WidgetSessionId::generate);
    let token = app.rooms.create_widgets(id.clone(), title, actor).await?;
    let location = format!("{}api/widgets/{id}", app.base.as_str());
    let address = format!("{}widgets/{id}", app.base.as_str());
    let body = CreatedWidgetSession { id, token, address };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}

fn title(text: String) -> Answer<String> {
    let title = text.trim().to_owned();
    if title.chars().count() <= limits::TITLE_MAX && !title.chars().any(char::is_control) {
        return Ok(title);
    }
    let message = format!("A title has at most {} printable characters.", limits::TITLE_MAX);
    Err(ApiError::invalid_body(message))
}

/// Reads a widget session: every widget as it is.
#[utoipa::path(get, path = "/api/widgets/{id}", tag = "widgets", operation_id = "get_widget_session",
    params(("id" = String, Path)), responses((status = 200, body = WidgetSessionBody), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<Shared>, Ids(id): Ids<WidgetSessionId>) -> Answer<Json<WidgetSessionBody>> {
    let WidgetsView { title, program, clients, tree } = app.widgets_room(&id).await?.widgets().await?;
    let mut summary = app.rooms.widget_session(&id).await?;
    // The catalogue may be a second behind the document: what the document says counts.
    (summary.title, summary.program) = (title, program);
    summary.widgets = u32::try_from(tree.len()).unwrap_or(u32::MAX);
    Ok(Json(WidgetSessionBody { summary, clients, tree }))
}

/// Deletes a widget session with everything in it; its program and its pages are disconnected.
#[utoipa::path(delete, path = "/api/widgets/{id}", tag = "widgets", operation_id = "delete_widget_session",
    params(("id" = String, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
async fn delete(State(app): State<Shared>, Ids(id): Ids<WidgetSessionId>, By(actor): By) -> Answer<StatusCode> {
    app.rooms.delete_widgets(&id, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells what people did to widgets, in order: it becomes state, which all pages show, and is told to the program. All of
/// it happens or nothing.
#[utoipa::path(post, path = "/api/widgets/{id}/callbacks", tag = "widgets", operation_id = "post_widget_callbacks",
    params(("id" = String, Path)), request_body = WidgetCallbacks,
    responses((status = 200, body = Object), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)))]
async fn callbacks(
    State(app): State<Shared>,
    Ids(id): Ids<WidgetSessionId>,
    By(actor): By,
    Body(wanted): Body<WidgetCallbacks>,
) -> Answer<Json<Value>> {
    if wanted.callbacks.len() > CALLBACKS_MAX {
        return Err(ApiError::too_large(format!("A request has at most {CALLBACKS_MAX} callbacks.")));
    }
    let read = |WidgetCallback { wid, action, args, client }: WidgetCallback| Callback {
        wid,
        action,
        args: args.unwrap_or_default(),
        client,
    };
    let callbacks = wanted.callbacks.into_iter().map(read).collect();
    app.widgets_room(&id).await?.callbacks(callbacks, actor).await?;
    Ok(Json(json!({})))
}

/// Answers a question of the program that only a page can answer; the first answer counts.
#[utoipa::path(post, path = "/api/widgets/{id}/answers", tag = "widgets", operation_id = "post_widget_answer",
    params(("id" = String, Path)), request_body = WidgetAnswer,
    responses((status = 200, body = Object), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn answer(
    State(app): State<Shared>,
    Ids(id): Ids<WidgetSessionId>,
    Body(wanted): Body<WidgetAnswer>,
) -> Answer<Json<Value>> {
    let answer = match (wanted.value, wanted.error) {
        (_, Some(error)) => Err(error.chars().take(limits::TITLE_MAX).collect()),
        (value, None) => Ok(value.unwrap_or_default()),
    };
    app.widgets_room(&id).await?.page_answer(PageAnswer { ask: wanted.ask, answer }).await?;
    Ok(Json(json!({})))
}

/// Tells which classes of widgets there are, what they know, and which of them the page draws.
#[utoipa::path(get, path = "/api/widgets/classes", tag = "widgets", operation_id = "list_widget_classes",
    responses((status = 200, body = WidgetClassList)))]
async fn list_classes() -> Json<WidgetClassList> {
    Json(described())
}

/// All classes, as clients are made from them.
pub fn described() -> WidgetClassList {
    WidgetClassList { classes: classes::all().map(described_class).collect() }
}

fn described_class(class: &Class) -> WidgetClassBody {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let kind = match class.kind {
        Kind::Visual | Kind::Table => "visual",
        Kind::Container => "container",
        Kind::Hidden => "hidden",
    };
    let mut methods: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, parameters) in class.all_methods() {
        methods.entry(name.to_owned()).or_insert_with(|| owned(&parameters));
    }
    WidgetClassBody {
        name: class.name.to_owned(),
        kind: kind.to_owned(),
        args: owned(class.positional),
        options: owned(class.options),
        methods,
        callbacks: class.actions().map(str::to_owned).collect(),
        built: class.built,
    }
}
