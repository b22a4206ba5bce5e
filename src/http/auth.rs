//! Who may come in, and as what: the tokens, the cookie that carries one, the origins of pages.
//!
//! Invariant: no answer of the API, no socket and no debug page leaves without a [`Caller`] whose scopes suffice; no write
//! and no upgrade passes without [`Access::check_origin`]. Whoever's token ends loses what it had open.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, ORIGIN, WWW_AUTHENTICATE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use futures_util::StreamExt;
use subtle::ConstantTimeEq;

use super::{
    App, Shared,
    caller::Caller,
    error::ApiError,
    needs::{self, Need, is_write},
};
use crate::{
    audit::Deed,
    config::BasePath,
    tokens::{SECRET_PREFIX, TokenBook},
};

/// How long a browser keeps the cookie: a tab reopened after a holiday must still reach the server.
const COOKIE_SECONDS: u32 = 365 * 24 * 3600;

/// Proxies tell the name the browser used; a page cannot forge it, since it is no header a page may send unasked.
const FORWARDED_HOST: &str = "x-forwarded-host";
const FORWARDED_PROTOCOL: &str = "x-forwarded-proto";

/// The secrets by which a server knows who may do what.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// Without it everybody who uses a loopback name may edit.
    pub editor: Option<String>,
    pub viewer: Option<String>,
}

/// The rules of admission of one server.
#[derive(Debug)]
pub struct Access {
    tokens: Tokens,
    /// Named tokens, beside those of the command line.
    named: TokenBook,
    /// Cookies know no ports: the name does, so that two servers on one machine do not log each other out.
    cookie: String,
    cookie_path: String,
    origins: Vec<String>,
}

/// An origin given by the operator that is none.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no origin; write it as in https://example.org or http://localhost:3000, without a path")]
pub struct InvalidOrigin(String);

impl Access {
    /// Rules for a server on `port`.
    pub fn new(
        tokens: Tokens,
        named: TokenBook,
        port: u16,
        base: &BasePath,
        origins: &[String],
    ) -> Result<Self, InvalidOrigin> {
        let origins = origins.iter().map(|origin| parse_origin(origin)).collect::<Result<_, _>>()?;
        Ok(Self { tokens, named, cookie: format!("coscribe_{port}"), cookie_path: base.as_str().to_owned(), origins })
    }

    /// The foreign origins that are allowed, as browsers write them.
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// The named tokens.
    pub fn named(&self) -> &TokenBook {
        &self.named
    }

    /// The names under which this server is asked, besides those of this machine: hosts of the origins that are allowed.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.origins.iter().filter_map(|origin| Some(origin.split_once("://")?.1))
    }

    /// Who asks, by the secrets in header and cookie; the one who may do more when there are two.
    pub fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        let brought = [bearer(headers), self.cookie_in(headers)];
        self.caller_among(brought.into_iter().flatten().collect(), headers)
    }

    /// Like [`Access::caller`]; takes the token from the address too, as only sockets and links may bring it.
    pub fn caller_at_address(&self, headers: &HeaderMap, uri: &Uri) -> Option<Caller> {
        let brought = [bearer(headers), self.cookie_in(headers), token_in(uri)];
        self.caller_among(brought.into_iter().flatten().collect(), headers)
    }

    fn caller_among(&self, brought: Vec<String>, headers: &HeaderMap) -> Option<Caller> {
        let found = brought.iter().filter_map(|secret| self.caller_of(secret)).max_by_key(Caller::reach);
        if self.tokens.editor.is_some() || found.is_some() {
            return found;
        }
        // Who brings a named token that is good no more is not let in as everybody else.
        let ended = brought.iter().any(|secret| secret.starts_with(SECRET_PREFIX));
        let open = has_loopback_host(headers) || self.is_allowed_host(headers);
        (open && !ended).then(Caller::owner)
    }

    /// Whose secret `text` is, in a time that does not depend on how much of it is right.
    pub fn caller_of(&self, text: &str) -> Option<Caller> {
        let is =
            |token: &Option<String>| token.as_ref().is_some_and(|token| token.as_bytes().ct_eq(text.as_bytes()).into());
        let Tokens { editor, viewer } = &self.tokens;
        let of_viewer = is(viewer).then(Caller::viewer);
        let known = is(editor).then(Caller::owner).or(of_viewer);
        known.or_else(|| self.named.find(text).map(Caller::named))
    }

    /// Refuses pages of other origins. A request without an origin comes from no page.
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
        if origin.to_str().is_ok_and(|origin| self.is_own(origin, headers) || self.is_allowed(origin)) {
            return Ok(());
        }
        let message = "Pages of this origin may not use this server; start it with --allow-origin to let them.";
        Err(ApiError::new(StatusCode::FORBIDDEN, "origin_not_allowed", message))
    }

    /// The `Set-Cookie` that lets a browser in from now on. Tokens have no characters that would need quoting.
    pub fn set_cookie(&self, token: &str, headers: &HeaderMap) -> String {
        let Self { cookie, cookie_path, .. } = self;
        let encrypted = headers.get(FORWARDED_PROTOCOL).is_some_and(|value| value == "https");
        let secure = if encrypted { "; Secure" } else { "" };
        format!("{cookie}={token}; Path={cookie_path}; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Strict{secure}")
    }

    fn cookie_in(&self, headers: &HeaderMap) -> Option<String> {
        headers
            .contains_key(COOKIE)
            .then(|| CookieJar::from_headers(headers))?
            .get(&self.cookie)
            .map(|found| found.value().to_owned())
    }

    fn is_own(&self, origin: &str, headers: &HeaderMap) -> bool {
        let Some((_, authority)) = origin.split_once("://") else { return false };
        let hosts = [headers.get(HOST), headers.get(FORWARDED_HOST)];
        hosts.into_iter().flatten().any(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()))
    }

    fn is_allowed(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }

    fn is_allowed_host(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let authority = |origin: &String| origin.split_once("://").map(|(_, authority)| authority.to_owned());
        host.is_some_and(|host| self.origins.iter().filter_map(authority).any(|own| own.eq_ignore_ascii_case(host)))
    }
}

/// Lets only those in whose secret is good for what they ask, and pages only from origins that may. Keeps who changed
/// what.
pub async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if is_write(request.method())
        && let Err(refusal) = app.access.check_origin(request.headers())
    {
        return refusal.into_response();
    }
    let Some(caller) = app.access.caller(request.headers()) else { return unauthorized() };
    if let Err(refusal) = app.take_budget(&caller) {
        return refusal.into_response();
    }
    let asked = Asked::of(&caller, &request);
    let response = match check(&caller, &request) {
        Err(refusal) => refusal.into_response(),
        Ok(()) => admitted(&caller, request, next).await,
    };
    if let Some(asked) = asked {
        app.audit.note(&asked.answered(response.status()));
    }
    response
}

/// Whether the caller's scopes suffice.
fn check(caller: &Caller, request: &Request) -> Result<(), ApiError> {
    let pattern = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    match needs::need(request.method(), pattern) {
        Some(Need::Any | Need::ByDocument | Need::ByTool) => Ok(()),
        Some(Need::Of(scope)) => caller.check(scope),
        // Whoever may do everything learns that there is no such method; others learn nothing.
        None => caller.check(crate::vocabulary::Scope::Admin),
    }
}

/// Answers, as long as the caller's token is good.
async fn admitted(caller: &Caller, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(caller.clone());
    let response = tokio::select! {
        response = next.run(request) => response,
        () = caller.ended() => return unauthorized(),
    };
    let streams =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !streams || !caller.may_end() {
        return response;
    }
    let ended = caller.ended();
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(ended)))
}

/// A request that changes something, for the audit log.
struct Asked(Deed);

impl Asked {
    fn of(caller: &Caller, request: &Request) -> Option<Self> {
        let pattern = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
        if !is_write(request.method()) || needs::UNTOLD.contains(&pattern) {
            return None;
        }
        let action = format!("{} {}", request.method(), request.uri().path());
        let remote = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(remote)| *remote);
        Some(Self(caller.deed(request.headers(), remote, action)))
    }

    fn answered(self, status: StatusCode) -> Deed {
        Deed { status: status.as_u16(), ..self.0 }
    }
}

impl App {
    /// Takes one request from what the caller may ask this second.
    fn take_budget(&self, caller: &Caller) -> Result<(), ApiError> {
        self.requests.try_take(caller.token_id(), std::time::Instant::now()).map_err(|wait| {
            let message = "Too many requests; go on more slowly.";
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message).retry_after(wait.as_secs() + 1)
        })
    }
}

/// 401, with the sentence what to bring.
pub fn unauthorized() -> Response {
    let mut response = nobody().into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// The refusal of those without a secret.
pub fn nobody() -> ApiError {
    let message = "Bring the token the server printed at its start: Authorization: Bearer TOKEN.";
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
}

/// The token in an address, decoded.
pub fn token_in(uri: &Uri) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct WithToken {
        token: String,
    }
    axum::extract::Query::<WithToken>::try_from_uri(uri).ok().map(|query| query.0.token)
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// A page of a foreign name that was made to resolve to this machine brings that name as host; without a token only
/// names of this machine count.
fn has_loopback_host(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn parse_origin(text: &str) -> Result<String, InvalidOrigin> {
    let invalid = || InvalidOrigin(text.to_owned());
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| invalid())?;
    match (uri.scheme_str(), uri.authority(), uri.path()) {
        (Some(scheme @ ("http" | "https")), Some(authority), "/") => Ok(format!("{scheme}://{authority}")),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use storage::MemoryStore;

    use super::*;
    use crate::vocabulary::Role;

    fn role(caller: Option<Caller>) -> Option<Role> {
        caller.map(|caller| caller.role())
    }

    fn access(token: Option<&str>, origins: &[&str]) -> Access {
        let origins: Vec<_> = origins.iter().map(|&origin| origin.to_owned()).collect();
        let tokens = Tokens { editor: token.map(str::to_owned), viewer: token.map(|_| "look".to_owned()) };
        let named = TokenBook::load(std::sync::Arc::new(MemoryStore::default())).unwrap();
        Access::new(tokens, named, 8000, &BasePath::parse("/").unwrap(), &origins).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_token_is_taken_from_the_header_and_from_our_cookie_only() {
        let access = access(Some("secret"), &[]);
        let admits = |pair| role(access.caller(&headers(&[pair]))) == Some(Role::Editor);
        assert!(admits(("authorization", "Bearer secret")));
        assert!(admits(("cookie", "a=b; coscribe_8000=secret")));
        for bad in
            [("authorization", "Bearer secret2"), ("authorization", "Basic secret"), ("cookie", "coscribe_1=secret")]
        {
            assert_eq!(role(access.caller(&headers(&[bad]))), None, "{bad:?}");
        }
        assert_eq!(role(access.caller(&HeaderMap::new())), None);
    }

    #[test]
    fn p5_the_viewers_token_makes_a_viewer_and_of_two_tokens_the_greater_counts() {
        let access = access(Some("secret"), &[]);
        let bearer = |token| headers(&[("authorization", token)]);
        assert_eq!(role(access.caller(&bearer("Bearer look"))), Some(Role::Viewer));
        assert_eq!(role(access.caller(&headers(&[("cookie", "coscribe_8000=look")]))), Some(Role::Viewer));
        let both = headers(&[("authorization", "Bearer secret"), ("cookie", "coscribe_8000=look")]);
        assert_eq!(role(access.caller(&both)), Some(Role::Editor));
        let address = |text: &str| text.parse::<Uri>().unwrap();
        assert_eq!(role(access.caller_at_address(&HeaderMap::new(), &address("/ws/a?token=look"))), Some(Role::Viewer));
        assert_eq!(
            role(access.caller_at_address(&bearer("Bearer look"), &address("/ws/a?token=secret"))),
            Some(Role::Editor)
        );
        assert_eq!(role(access.caller_at_address(&HeaderMap::new(), &address("/ws/a?token=loo"))), None);
    }

    #[test]
    fn without_a_token_only_names_of_this_machine_are_let_in() {
        let access = access(None, &[]);
        for good in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"] {
            assert_eq!(role(access.caller(&headers(&[("host", good)]))), Some(Role::Editor), "{good}");
        }
        for bad in ["evil.example:8000", "127.0.0.1.evil.example", "10.0.0.1:8000"] {
            assert_eq!(role(access.caller(&headers(&[("host", bad)]))), None, "{bad}");
        }
    }

    #[test]
    fn an_origin_is_the_own_host_or_on_the_list_and_never_null() {
        let access = access(Some("secret"), &["https://app.example/"]);
        let check = |origin| access.check_origin(&headers(&[("host", "127.0.0.1:8000"), ("origin", origin)])).is_ok();
        assert!(check("http://127.0.0.1:8000") && check("https://app.example"));
        assert!(!check("null") && !check("http://127.0.0.1:9000") && !check("https://evil.example"));
        assert!(access.check_origin(&HeaderMap::new()).is_ok());
        assert!(access.check_origin(&headers(&[("x-forwarded-host", "a.b"), ("origin", "https://a.b")])).is_ok());
    }

    #[test]
    fn an_origin_with_a_path_or_without_a_scheme_is_refused_at_start() {
        for bad in ["example.org", "https://example.org/path", "ftp://example.org", "*"] {
            assert!(parse_origin(bad).is_err(), "{bad}");
        }
    }
}
