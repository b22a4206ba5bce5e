//! `/api/blobs`: large contents by their SHA-256.
//!
//! Invariant: a blob never runs in our origin: it is sent as an attachment, under a policy that sandboxes it.

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use storage::{BlobHash, StorageError, Store};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Shared, attachment,
    error::{Answer, ApiError},
    extract::{Ids, Params, Raw},
};
use crate::wire::rest::{BlobStored, ErrorBody};

/// The content of an address by hash never changes; the cache is the browser's own, for the answer needs the secret.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
const ATTACHMENT: HeaderValue = HeaderValue::from_static("attachment");

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(put)).routes(routes!(get))
}

/// Keeps a blob; it is on disk when this answers. The same content is kept once.
#[utoipa::path(post, path = "/api/blobs", tag = "blobs",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = BlobStored), (status = 413, body = ErrorBody)
))]
async fn put(State(app): State<Shared>, Raw(content): Raw) -> Answer<(StatusCode, Json<BlobStored>)> {
    let size = content.len() as u64;
    let hash = app.with_store(move |store| store.put_blob(&content)).await?;
    Ok((StatusCode::CREATED, Json(BlobStored { sha256: hash.to_string(), size })))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BlobParams {
    /// The media type to send it with, such as `image/png`.
    r#type: Option<String>,
}

/// Reads a blob.
#[utoipa::path(get, path = "/api/blobs/{sha256}", tag = "blobs", params(("sha256" = String, Path), BlobParams), responses(
    (status = 200, description = "The content", content_type = "application/octet-stream"),
    (status = 304), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)
))]
async fn get(
    State(app): State<Shared>,
    Ids(text): Ids<String>,
    Params(wanted): Params<BlobParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let hash = from_hex(&text)?;
    let tag = HeaderValue::from_str(&format!("\"{hash}\"")).map_err(ApiError::internal)?;
    if headers.get(IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let content = app.with_store(move |store| store.blob(&hash)).await?;
    let content =
        content.ok_or_else(|| ApiError::not_found("blob_not_found", format!("No blob has the hash {text}.")))?;
    let headers = [
        (CONTENT_TYPE, wanted.r#type.as_deref().and_then(media_type).unwrap_or(attachment::BYTES)),
        (CONTENT_DISPOSITION, ATTACHMENT),
        (CONTENT_SECURITY_POLICY, attachment::SANDBOX),
        (CACHE_CONTROL, FOR_EVER),
        (ETAG, tag),
    ];
    Ok((headers, content).into_response())
}

/// `type/subtype` of plain characters, without parameters.
fn media_type(text: &str) -> Option<HeaderValue> {
    let (kind, subtype) = text.split_once('/')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    let valid = |part: &str| (1..=64).contains(&part.len()) && part.bytes().all(plain);
    (valid(kind) && valid(subtype)).then(|| text.parse().ok()).flatten()
}

pub(super) fn from_hex(text: &str) -> Answer<BlobHash> {
    let invalid =
        || ApiError::bad_request("invalid_id", "A blob is named by the 64 hexadecimal digits of its SHA-256.");
    BlobHash::parse(text).ok_or_else(invalid)
}

impl super::App {
    /// Asks the store on a thread that may wait for the disk.
    pub async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store) -> Result<T, StorageError> + Send + 'static,
    ) -> Answer<T> {
        let store = self.store.clone();
        Ok(tokio::task::spawn_blocking(move || work(store.as_ref())).await.map_err(ApiError::internal)??)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = BlobHash(std::array::from_fn(|index| u8::try_from(index * 7).unwrap()));
        assert_eq!(from_hex(&hash.to_string()).unwrap(), hash);
        for bad in ["", "00", &"g".repeat(64), &"é".repeat(32), &"+f".repeat(32)] {
            assert!(from_hex(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_plain_media_types_are_sent_back() {
        assert_eq!(media_type("image/svg+xml").unwrap(), "image/svg+xml");
        for bad in ["text/html; charset=x", "image", "a/b/c", "x/\r\ny", "/", "image/"] {
            assert!(media_type(bad).is_none(), "{bad:?}");
        }
    }
}
