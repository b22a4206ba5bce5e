//! Addresses for people: the page, the link with the token, the login, the files of the web part.
//!
//! Invariant: every page carries a policy that lets nothing run or load but our own files.

use axum::{
    Form, Router,
    extract::{OriginalUri, State},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, LOCATION, SET_COOKIE},
    },
    response::{Html, IntoResponse, Redirect, Response},
    routing,
};
use serde::Deserialize;

use super::{
    Shared, assets, auth,
    error::{Answer, ApiError},
};

const NOT_BUILT: &str = include_str!("pages/not_built.html");
const LOGIN: &str = include_str!("pages/login.html");
const NOT_FOUND: &str = include_str!("pages/not_found.html");

/// What the login page says before somebody tried.
const OPEN_THE_LINK: &str = "Open the link that the server printed when it started, or enter its token.";
const WRONG_TOKEN: &str =
    "This is not the token of this server. It is printed at the start and kept in the data directory.";

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/", routing::get(page))
        .route("/notebook", routing::get(page))
        .route("/notebook/", routing::get(page))
        .route("/notebook/{id}", routing::get(page))
        .route("/project/{id}", routing::get(page))
        .route("/widgets", routing::get(page))
        .route("/widgets/", routing::get(page))
        .route("/widgets/{session}", routing::get(page))
        .route("/login", routing::post(login))
        .route("/api/docs", routing::get(reference_address))
        .route("/api/docs/", routing::get(reference))
        .route("/api/docs/{file}", routing::get(reference_file))
        .fallback(file)
}

/// The page itself for those who are in; others get in with the token in the address, which then leaves it.
async fn page(State(app): State<Shared>, uri: Uri, headers: HeaderMap) -> Answer<Response> {
    if let Some(token) = auth::token_in(&uri) {
        return enter(&app, &token, &address_without_token(&app, &uri), &headers);
    }
    if app.access.caller(&headers).is_none() {
        return Ok(login_page(&app, &headers, OPEN_THE_LINK));
    }
    let html = assets::index(app.base.as_str()).unwrap_or_else(|| NOT_BUILT.to_owned());
    Ok(html_answer(StatusCode::OK, &headers, html))
}

#[derive(Deserialize)]
struct LoginForm {
    token: String,
}

async fn login(State(app): State<Shared>, headers: HeaderMap, Form(form): Form<LoginForm>) -> Answer<Response> {
    app.access.check_origin(&headers)?;
    enter(&app, form.token.trim(), app.base.as_str(), &headers)
}

fn enter(app: &Shared, token: &str, address: &str, headers: &HeaderMap) -> Answer<Response> {
    // Without a token to bring, a link that carries one from before is as good as any.
    let open = app.access.caller(&HeaderMap::from_iter(headers.get(HOST).map(|host| (HOST, host.clone())))).is_some();
    if open {
        return Ok(Redirect::to(address).into_response());
    }
    if app.access.caller_of(token).is_none() {
        return Ok(login_page(app, headers, WRONG_TOKEN));
    }
    let header = |text: &str| text.parse::<HeaderValue>().map_err(ApiError::internal);
    let cookie = header(&app.access.set_cookie(token, headers))?;
    let fixed =
        [(LOCATION, header(address)?), (SET_COOKIE, cookie), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::SEE_OTHER, fixed).into_response())
}

fn address_without_token(app: &Shared, uri: &Uri) -> String {
    let path = uri.path().trim_start_matches('/');
    let rest = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.starts_with("token="));
    let query = rest.collect::<Vec<_>>().join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{path}{mark}{query}", app.base.as_str())
}

fn login_page(app: &Shared, headers: &HeaderMap, sentence: &str) -> Response {
    let html = LOGIN.replace("%BASE%", app.base.as_str()).replace("%SENTENCE%", sentence);
    html_answer(StatusCode::UNAUTHORIZED, headers, html)
}

/// The reference page loads its files by relative addresses, so its own must end with a slash.
async fn reference_address(State(app): State<Shared>, OriginalUri(_): OriginalUri) -> Redirect {
    Redirect::permanent(&format!("{}api/docs/", app.base.as_str()))
}

async fn reference(headers: HeaderMap) -> Response {
    match assets::file("docs/index.html", &headers) {
        Some(response) => with_policy(response, &headers),
        None => html_answer(StatusCode::OK, &headers, NOT_BUILT.to_owned()),
    }
}

async fn reference_file(axum::extract::Path(name): axum::extract::Path<String>, headers: HeaderMap) -> Response {
    assets::file(&format!("docs/{name}"), &headers).unwrap_or_else(|| missing("/api/docs/", &headers))
}

async fn file(State(app): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let Some(mut response) = assets::file(path, &headers) else { return missing(uri.path(), &headers) };
    if path == assets::SERVICE_WORKER {
        response
            .headers_mut()
            .extend(app.base.as_str().parse().ok().map(|base: HeaderValue| (SERVICE_WORKER_ALLOWED, base)));
    }
    match path {
        assets::FRAME => with_frame_policy(response),
        path if path.ends_with(".html") => with_policy(response, &headers),
        _ => response,
    }
}

const SERVICE_WORKER_ALLOWED: axum::http::HeaderName = axum::http::HeaderName::from_static("service-worker-allowed");

fn missing(path: &str, headers: &HeaderMap) -> Response {
    if path.starts_with("/api/") {
        return ApiError::not_found("not_found", "There is nothing at this address; see /api/docs.").into_response();
    }
    html_answer(StatusCode::NOT_FOUND, headers, NOT_FOUND.to_owned())
}

fn html_answer(status: StatusCode, headers: &HeaderMap, html: String) -> Response {
    let cache = [(CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    with_policy((status, cache, Html(html)).into_response(), headers)
}

fn with_policy(mut response: Response, headers: &HeaderMap) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy(headers));
    response
}

/// HTML of outputs runs in a frame without an origin of its own that can reach nothing, not even a script of ours
/// (`dependencies.md` §6). The header says so too, so that the frame is as harmless when it is opened in a tab.
const FRAME_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' blob:; worker-src 'none'; \
     style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; connect-src 'none'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
);

/// What no content policy speaks of: calls between browsers, connections made ahead of a navigation. Empty: to nobody.
const CONNECTION_ALLOWLIST: axum::http::HeaderName = axum::http::HeaderName::from_static("connection-allowlist");
const NOBODY: HeaderValue = HeaderValue::from_static("()");

fn with_frame_policy(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, FRAME_POLICY);
    response.headers_mut().insert(CONNECTION_ALLOWLIST, NOBODY);
    response
}

/// CodeMirror makes style elements, hence `unsafe-inline` for styles only. Old browsers do not count sockets of the own
/// host as `'self'`, so they are named.
fn policy(headers: &HeaderMap) -> HeaderValue {
    let plain = |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).filter(plain);
    let sockets = host.map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         media-src 'self' data: blob:; connect-src 'self'{sockets}; font-src 'self'; worker-src 'self'; \
         manifest-src 'self'; frame-src 'self' blob:; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    );
    policy.parse().unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_host_for_sockets_only_if_it_is_a_plain_name() {
        let with = |host: &str| policy(&HeaderMap::from_iter([(HOST, host.parse().unwrap())]));
        assert!(with("a.b:80").to_str().unwrap().contains("connect-src 'self' ws://a.b:80 wss://a.b:80;"));
        assert!(with("a; script-src *").to_str().unwrap().contains("connect-src 'self';"));
    }

    #[test]
    fn the_frame_is_sent_under_the_policy_that_stands_in_it() {
        let shell = include_str!("../../web/public/frame.html");
        let written = shell.split("Content-Security-Policy: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        assert_eq!(FRAME_POLICY, written);
        assert!(shell.contains(&format!("Connection-Allowlist: {}", NOBODY.to_str().unwrap())));
        // What a page may say of itself is said there too, for a server in between that loses headers.
        let inside = shell
            .split("http-equiv=\"Content-Security-Policy\" content=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap();
        assert_eq!(written, format!("sandbox allow-scripts; {inside}; frame-ancestors 'self'"));
        assert!(
            !written.split("frame-ancestors").next().unwrap().contains("'self'"),
            "an output loads nothing from us"
        );
    }
}
