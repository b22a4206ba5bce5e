//! The web part inside the binary: files with their types, entity tags and compressed siblings.
//!
//! Invariant: a file whose name carries a hash is cached for ever, every other one is asked for anew each time.

use std::borrow::Cow;

use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
    },
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Files;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// Vite puts files named by their content here.
const HASHED: &str = "assets/";

/// The page that all addresses for people show.
const INDEX: &str = "index.html";

/// The worker that keeps the page for offline use; it must be allowed to look after the whole base path.
pub const SERVICE_WORKER: &str = "service-worker.js";

/// The shell in which HTML of outputs is shown.
pub const FRAME: &str = "frame.html";

/// The page with its `<base href>` set, or `None` when the web part was not built.
pub fn index(base: &str) -> Option<String> {
    let file = Files::get(INDEX)?;
    Some(with_base(&String::from_utf8_lossy(&file.data), base))
}

fn with_base(html: &str, base: &str) -> String {
    let tag = format!("<base href=\"{base}\" />");
    let existing = html.find("<base").and_then(|start| Some((start, start + html[start..].find('>')? + 1)));
    match (existing, html.find("<head>")) {
        (Some((start, end)), _) => format!("{}{tag}{}", &html[..start], &html[end..]),
        (None, Some(head)) => format!("{}{tag}{}", &html[..head + 6], &html[head + 6..]),
        (None, None) => html.to_owned(),
    }
}

/// A file by its path, in the best encoding the client takes; `None` if there is none.
pub fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    // The compressed siblings and the page itself have no addresses of their own.
    if path.ends_with(".br") || path.ends_with(".gz") || path == INDEX {
        return None;
    }
    let plain = Files::get(path)?;
    let (file, encoding) = match encoded(path, headers) {
        Some((file, encoding)) => (file, Some(encoding)),
        None => (plain, None),
    };
    let tag = entity_tag(&file);
    if headers.get(IF_NONE_MATCH).is_some_and(|known| Some(known) == tag.as_ref()) {
        return Some((StatusCode::NOT_MODIFIED, optional(ETAG, tag)).into_response());
    }
    let cache = if path.starts_with(HASHED) { FOR_EVER } else { ASK };
    let fixed = [(CONTENT_TYPE, media_type(path)), (CACHE_CONTROL, cache), (VARY, ACCEPT_ENCODING.into())];
    let coding = encoding.map(HeaderValue::from_static);
    Some((fixed, optional(ETAG, tag), optional(CONTENT_ENCODING, coding), body(file)).into_response())
}

fn optional(name: axum::http::HeaderName, value: Option<HeaderValue>) -> HeaderMap {
    value.map(|value| (name, value)).into_iter().collect()
}

fn body(file: EmbeddedFile) -> axum::body::Bytes {
    match file.data {
        Cow::Borrowed(bytes) => axum::body::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

fn encoded(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, &'static str)> {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| accepts(accepted, coding))
        .find_map(|(coding, extension)| Some((Files::get(&format!("{path}.{extension}"))?, coding)))
}

/// Whether `Accept-Encoding` names the coding with a weight above zero.
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        named && weight > 0.0
    })
}

fn entity_tag(file: &EmbeddedFile) -> Option<HeaderValue> {
    let hash: String = file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hash}\"").parse().ok()
}

/// The types of the files that Vite writes; anything else is bytes.
fn media_type(path: &str) -> HeaderValue {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    HeaderValue::from_static(match extension {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_replaced_or_put_first_into_the_head() {
        let ours = "<html><head><meta charset=\"utf-8\"><base href=\"/\" /></head></html>";
        assert!(with_base(ours, "/x/").contains("<meta charset=\"utf-8\"><base href=\"/x/\" /></head>"));
        assert_eq!(with_base("<head></head>", "/"), "<head><base href=\"/\" /></head>");
    }

    #[test]
    fn a_coding_counts_only_when_it_is_named_with_some_weight() {
        assert!(accepts("gzip, deflate, br;q=0.5", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("", "gzip"));
        assert!(!accepts("brotli", "br"));
    }
}
