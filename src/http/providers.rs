//! `/api/providers`: who answers questions. Set, chosen, tested, taken away.
//!
//! Invariant: a key goes in and never out; no refusal repeats what was sent.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App, Shared,
    error::{Answer, ApiError},
    extract::{Body, Ids},
};
use crate::{
    llm::{ChangeError, Choice, ExtraFields, Key, Listing, Models, Price, ProviderListing, ProviderSettings, Tested},
    wire::rest::{
        DefaultProvider, ErrorBody, ModelList, ModelPrice, ProviderBody, ProviderList, ProviderTest, PutProvider,
    },
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(choose, choose_none))
        .routes(routes!(put, delete))
        .routes(routes!(test))
        .routes(routes!(models))
}

/// Lists the providers of language models. Keys are not among what is told.
#[utoipa::path(get, path = "/api/providers", tag = "providers", responses((status = 200, body = ProviderList)))]
async fn list(State(app): State<Shared>) -> Json<ProviderList> {
    Json(listed(app.models.listing()))
}

/// Sets a provider, or changes the one of this name that was set here. It goes before one of the same name in
/// `models.json` or the environment.
#[utoipa::path(put, path = "/api/providers/{name}", tag = "providers", params(("name" = String, Path)),
    request_body = PutProvider,
    responses((status = 200, body = ProviderList), (status = 422, body = ErrorBody), (status = 507, body = ErrorBody))
)]
async fn put(
    State(app): State<Shared>,
    Ids(name): Ids<String>,
    Body(given): Body<Value>,
) -> Answer<Json<ProviderList>> {
    const EXPECTED: &str = "The body must have kind (openai, anthropic or ollama) and may have address, models, key and \
        prices, nothing else: texts, but models a list of names, and prices an object of models, each with input and \
        output in dollars for a million tokens.";
    let given: PutProvider = quietly(given, EXPECTED)?;
    let keeps_key = given.key.is_none();
    let settings = settings(name, given)?;
    app.change(move |models| if keeps_key { models.set_with_its_key(settings) } else { models.set(settings) }).await
}

/// Takes away a provider that was set here.
#[utoipa::path(delete, path = "/api/providers/{name}", tag = "providers", params(("name" = String, Path)), responses(
    (status = 200, body = ProviderList), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)
))]
async fn delete(State(app): State<Shared>, Ids(name): Ids<String>) -> Answer<Json<ProviderList>> {
    app.change(move |models| models.remove(&name)).await
}

/// Chooses who answers when neither the cell nor the notebook names somebody.
#[utoipa::path(put, path = "/api/providers/default", tag = "providers", request_body = DefaultProvider, responses(
    (status = 200, body = ProviderList), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)
))]
async fn choose(State(app): State<Shared>, Body(given): Body<Value>) -> Answer<Json<ProviderList>> {
    const EXPECTED: &str = "The body must have the name of a provider and may have the name of a model, nothing else.";
    let DefaultProvider { provider, model } = quietly(given, EXPECTED)?;
    let model = model.filter(|model| !model.trim().is_empty());
    app.change(move |models| models.set_default(Some(Choice { provider, model }))).await
}

/// Leaves the choice to `models.json`, the environment and the order of the providers.
#[utoipa::path(delete, path = "/api/providers/default", tag = "providers", responses((status = 200, body = ProviderList)))]
async fn choose_none(State(app): State<Shared>) -> Answer<Json<ProviderList>> {
    app.change(|models| models.set_default(None)).await
}

/// Asks a provider a short question and for its models: tells whether it answers.
#[utoipa::path(post, path = "/api/providers/{name}/test", tag = "providers", params(("name" = String, Path)), responses(
    (status = 200, body = ProviderTest), (status = 404, body = ErrorBody)
))]
async fn test(State(app): State<Shared>, Ids(name): Ids<String>) -> Answer<Json<ProviderTest>> {
    let Tested { models, failure } = app.models.test(&name).await?;
    Ok(Json(ProviderTest { ok: failure.is_none(), models, sentence: failure }))
}

/// Asks a provider which models it has.
#[utoipa::path(get, path = "/api/providers/{name}/models", tag = "providers", params(("name" = String, Path)), responses(
    (status = 200, body = ModelList), (status = 404, body = ErrorBody), (status = 502, body = ErrorBody)
))]
async fn models(State(app): State<Shared>, Ids(name): Ids<String>) -> Answer<Json<ModelList>> {
    Ok(Json(ModelList { models: app.models.models_of(&name).await? }))
}

/// The body in its shape. What serde says of a wrong one may repeat a value of it, and any could be a key.
fn quietly<T: DeserializeOwned>(given: Value, expected: &'static str) -> Answer<T> {
    serde_json::from_value(given).map_err(|_| ApiError::invalid_body(expected))
}

fn settings(name: String, given: PutProvider) -> Answer<ProviderSettings> {
    let PutProvider { kind, address, models, key, prices } = given;
    Ok(ProviderSettings {
        name,
        kind,
        url: address.filter(|address| !address.trim().is_empty()),
        key: key.flatten().as_deref().and_then(Key::new),
        models: models.unwrap_or_default(),
        extra: ExtraFields::default(),
        prices: priced(prices.unwrap_or_default())?,
    })
}

fn priced(given: BTreeMap<String, ModelPrice>) -> Answer<BTreeMap<String, Price>> {
    let wrong = "A price is a number of dollars for a million tokens, neither negative nor above 10,000.";
    let price = |(model, ModelPrice { input, output })| {
        Ok((model, Price::new(input, output).ok_or_else(|| ApiError::invalid_body(wrong))?))
    };
    given.into_iter().map(price).collect()
}

fn listed(Listing { providers, default_model, problems }: Listing) -> ProviderList {
    let default = providers.iter().find(|provider| provider.default).map(|provider| provider.name.clone());
    let providers = providers.into_iter().map(provider_body).collect();
    ProviderList { default: default.unwrap_or_default(), default_model, providers, problems }
}

fn provider_body(listing: ProviderListing) -> ProviderBody {
    let ProviderListing { name, kind, address, models, has_key, source, default, prices } = listing;
    let price = |(model, price): (String, Price)| {
        let (input, output) = price.dollars();
        (model, ModelPrice { input, output })
    };
    let prices = prices.into_iter().map(price).collect();
    ProviderBody { name, kind, address, models, has_key, source, default, prices }
}

impl App {
    /// Changes the settings on a thread that may wait for the disk; tells what they are then.
    async fn change(
        &self,
        change: impl FnOnce(&Models) -> Result<(), ChangeError> + Send + 'static,
    ) -> Answer<Json<ProviderList>> {
        let models = self.models.clone();
        tokio::task::spawn_blocking(move || change(&models)).await.map_err(ApiError::internal)??;
        Ok(Json(listed(self.models.listing())))
    }
}
