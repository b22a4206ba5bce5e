//! The widgets of a notebook's kernel: `/api/notebooks/{id}/kernel/models/{model}`.
//!
//! Invariant: what a browser sends is what the document gets and what the kernel is told, large parts of it as blobs.

use axum::{Json, extract::State};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    error::{Answer, ApiError},
    extract::{Body, By, Ids},
};
use crate::{
    ids::NotebookId,
    notebook::{self, BlobRef, Entries},
    room::ModelChange,
    wire::rest::{ErrorBody, ModelTold, TellModel},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(tell))
}

/// Tells a widget of the kernel: everybody sees its new state at once, its code hears of it when the kernel is free.
#[utoipa::path(post, path = "/api/notebooks/{id}/kernel/models/{model}", tag = "kernels",
    params(("id" = String, Path), ("model" = String, Path)), request_body = TellModel,
    responses((status = 200, body = ModelTold), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody)
))]
async fn tell(
    State(app): State<Shared>,
    Ids((id, model)): Ids<(NotebookId, String)>,
    By(actor): By,
    Body(told): Body<TellModel>,
) -> Answer<Json<ModelTold>> {
    let mut change = change(model, told)?;
    change.state = with_blobs(&app, change.state).await?;
    let seq = app.room(&id).await?.change_model(change, actor).await?;
    Ok(Json(ModelTold { seq }))
}

fn change(model: String, told: TellModel) -> Answer<ModelChange> {
    let TellModel { state, buffer_paths, buffers, message, cell } = told;
    let buffers = bytes(buffers.unwrap_or_default())?;
    let paths = buffer_paths.unwrap_or_default();
    match (state, message) {
        (Some(state), None) if paths.len() == buffers.len() => {
            let data = json!({ "method": "update", "state": state, "buffer_paths": paths });
            let state = notebook::entries(state, &paths, &buffers);
            Ok(ModelChange { model, cell, state, data: object(data), buffers })
        }
        (None, Some(content)) if paths.is_empty() => {
            let data = object(json!({ "method": "custom", "content": content }));
            Ok(ModelChange { model, cell, state: Entries::new(), data, buffers })
        }
        (Some(_), None) => {
            let message = "Say for each of the buffers in bufferPaths where in the state it belongs.";
            Err(ApiError::invalid_body(message))
        }
        _ => Err(ApiError::invalid_body("Say either a state or a message; only a state has bufferPaths.")),
    }
}

fn bytes(buffers: Vec<String>) -> Answer<Vec<Vec<u8>>> {
    let decoded: Result<_, _> = buffers.into_iter().map(|buffer| STANDARD.decode(buffer)).collect();
    decoded.map_err(|_| ApiError::invalid_body("The buffers are to be in base64."))
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

async fn with_blobs(app: &App, mut state: Entries) -> Answer<Entries> {
    if !notebook::are_large(&state) {
        return Ok(state);
    }
    app.with_store(move |store| {
        let mut refused = None;
        notebook::move_large_entries(&mut state, |content, mime| match store.put_blob(content) {
            Ok(hash) => Some(BlobRef { sha256: hash.to_string(), mime: mime.to_owned(), size: content.len() as u64 }),
            Err(error) => {
                refused = Some(error);
                None
            }
        });
        refused.map_or(Ok(state), Err)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_widget_is_told_a_state_or_a_message() {
        let state = Some(object(json!({ "value": 3 })));
        let told = change("m".into(), TellModel { state: state.clone(), ..TellModel::default() }).unwrap();
        assert_eq!(told.state["value"], json!({ "value": 3 }));
        assert_eq!(told.data["method"], "update");
        let said = change("m".into(), TellModel { message: Some(json!("hi")), ..TellModel::default() }).unwrap();
        assert_eq!((said.state.len(), &said.data["content"]), (0, &json!("hi")));
        for wrong in [
            TellModel::default(),
            TellModel { state: state.clone(), message: Some(json!(1)), ..TellModel::default() },
            TellModel { state: state.clone(), buffers: Some(vec!["AA==".into()]), ..TellModel::default() },
            TellModel {
                state,
                buffer_paths: Some(vec![json!(["a"])]),
                buffers: Some(vec!["?".into()]),
                ..TellModel::default()
            },
        ] {
            assert!(change("m".into(), wrong).is_err());
        }
    }
}
