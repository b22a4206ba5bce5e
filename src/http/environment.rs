//! `/api/environment`: the Python environment that the notebooks of the server share.
//!
//! Invariant: what is begun goes on when whoever asked goes away; [`environment`] tells what becomes of it.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    error::Answer,
    extract::{Body, Ids, Params, patience},
    files,
};
use crate::{
    kernel::{Environment, EnvironmentState, Package},
    wire::rest::{AddPackages, EnvironmentBody, EnvironmentPhase, ErrorBody, PackageBody},
    workspace::FilePath,
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(environment))
        .routes(routes!(make))
        .routes(routes!(cancel))
        .routes(routes!(add_packages))
        .routes(routes!(remove_package))
        .routes(routes!(widget_library))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EnvironmentParams {
    /// Waits for the end of what is being done, at most so long: `30s`. Answers with the environment as it is then.
    wait: Option<String>,
}

/// Tells whether there is an environment, what is being done to it, and which packages it has.
#[utoipa::path(get, path = "/api/environment", tag = "kernels", params(EnvironmentParams),
    responses((status = 200, body = EnvironmentBody), (status = 400, body = ErrorBody))
)]
async fn environment(
    State(app): State<Shared>,
    Params(EnvironmentParams { wait }): Params<EnvironmentParams>,
) -> Answer<Json<EnvironmentBody>> {
    if timeout(patience(wait.as_deref())?, app.kernels.environment_settled()).await.is_err() {
        tracing::debug!("the work on the environment goes on");
    }
    Ok(Json(body(app.kernels.environment().await)))
}

/// Makes the environment, if it is not there. The first run of code does the same.
#[utoipa::path(post, path = "/api/environment/make", tag = "kernels", responses((status = 202, body = EnvironmentBody)))]
async fn make(State(app): State<Shared>) -> (StatusCode, Json<EnvironmentBody>) {
    app.kernels.make_environment();
    begun(&app).await
}

/// Ends what is being done to the environment, whoever waits for it.
#[utoipa::path(post, path = "/api/environment/cancel", tag = "kernels",
    responses((status = 202, body = EnvironmentBody), (status = 409, body = ErrorBody))
)]
async fn cancel(State(app): State<Shared>) -> Answer<(StatusCode, Json<EnvironmentBody>)> {
    app.kernels.cancel_environment()?;
    Ok(begun(&app).await)
}

/// Installs packages for all notebooks. A kernel that runs finds them at the next import.
#[utoipa::path(post, path = "/api/environment/packages", tag = "kernels", request_body = AddPackages,
    responses((status = 202, body = EnvironmentBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody))
)]
async fn add_packages(
    State(app): State<Shared>,
    Body(AddPackages { packages }): Body<AddPackages>,
) -> Answer<(StatusCode, Json<EnvironmentBody>)> {
    app.kernels.add_packages(packages)?;
    Ok(begun(&app).await)
}

/// Removes a package, unless kernels need it.
#[utoipa::path(delete, path = "/api/environment/packages/{name}", tag = "kernels", params(("name" = String, Path)),
    responses((status = 202, body = EnvironmentBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn remove_package(
    State(app): State<Shared>,
    Ids(name): Ids<String>,
) -> Answer<(StatusCode, Json<EnvironmentBody>)> {
    app.kernels.remove_package(name).await?;
    Ok(begun(&app).await)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LibraryParams {
    /// As the widget's model names it: `jupyter-matplotlib`.
    module: String,
}

/// Reads the script with which a package draws its widgets, as it stands among Jupyter's `nbextensions`.
#[utoipa::path(get, path = "/api/environment/widgets", tag = "kernels", params(LibraryParams),
    responses((status = 200, description = "The script", content_type = "application/octet-stream"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)
))]
async fn widget_library(
    State(app): State<Shared>,
    Params(LibraryParams { module }): Params<LibraryParams>,
) -> Answer<Response> {
    let path = FilePath::parse(&format!("{module}/index.js"))?;
    files::content(app.kernels.widget_libraries(), path).await
}

async fn begun(app: &App) -> (StatusCode, Json<EnvironmentBody>) {
    (StatusCode::ACCEPTED, Json(body(app.kernels.environment().await)))
}

fn body(environment: Environment) -> EnvironmentBody {
    let Environment { state, sentence, progress, log, python, made_with, packages } = environment;
    let package = |Package { name, version, needed }| PackageBody { name, version, needed };
    EnvironmentBody {
        state: phase(state),
        sentence,
        step: progress.map(|(step, _)| step.name().to_owned()),
        fraction: progress.map(|(_, fraction)| fraction),
        log,
        python,
        made_with,
        packages: packages.into_iter().map(package).collect(),
    }
}

fn phase(state: EnvironmentState) -> EnvironmentPhase {
    match state {
        EnvironmentState::Absent => EnvironmentPhase::Absent,
        EnvironmentState::Making => EnvironmentPhase::Making,
        EnvironmentState::Ready => EnvironmentPhase::Ready,
        EnvironmentState::Failed => EnvironmentPhase::Failed,
    }
}
