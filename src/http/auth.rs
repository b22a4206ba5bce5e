//! Who may come in, and as what: the tokens, the cookie that carries one, the origins of pages.
//!
//! Invariant: no answer of the API, no socket and no debug page leaves without a [`Role`]; no write passes without one
//! that may edit; no write and no upgrade passes without [`Access::check_origin`].

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, WWW_AUTHENTICATE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use subtle::ConstantTimeEq;

use super::{Shared, error::ApiError};
use crate::{config::BasePath, vocabulary::Role};

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
    pub fn new(tokens: Tokens, port: u16, base: &BasePath, origins: &[String]) -> Result<Self, InvalidOrigin> {
        let origins = origins.iter().map(|origin| parse_origin(origin)).collect::<Result<_, _>>()?;
        Ok(Self { tokens, cookie: format!("coscribe_{port}"), cookie_path: base.as_str().to_owned(), origins })
    }

    /// The foreign origins that are allowed, as browsers write them.
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// What the secrets in the request, header and cookie, let its sender do; the most when there are two.
    pub fn role(&self, headers: &HeaderMap) -> Option<Role> {
        if self.tokens.editor.is_none() {
            return (has_loopback_host(headers) || self.is_allowed_host(headers)).then_some(Role::Editor);
        }
        let brought = [bearer(headers), self.cookie_in(headers)];
        brought.into_iter().flatten().filter_map(|text| self.role_of(&text)).max()
    }

    /// Like [`Access::role`]; takes the token from the address too, as only sockets and links may bring it.
    pub fn role_at_address(&self, headers: &HeaderMap, uri: &Uri) -> Option<Role> {
        self.role(headers).max(token_in(uri).and_then(|token| self.role_of(&token)))
    }

    /// What `text` is the token for, in a time that does not depend on how much of it is right.
    pub fn role_of(&self, text: &str) -> Option<Role> {
        let is =
            |token: &Option<String>| token.as_ref().is_some_and(|token| token.as_bytes().ct_eq(text.as_bytes()).into());
        let Tokens { editor, viewer } = &self.tokens;
        let of_viewer = is(viewer).then_some(Role::Viewer);
        is(editor).then_some(Role::Editor).or(of_viewer)
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

/// Lets only those in who bring a secret, to write only those who may edit, and pages only from origins that may.
pub async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if is_write(request.method())
        && let Err(refusal) = app.access.check_origin(request.headers())
    {
        return refusal.into_response();
    }
    match app.access.role(request.headers()) {
        None => unauthorized(),
        Some(role) if is_write(request.method()) && !role.may_edit() => read_only().into_response(),
        Some(_) => next.run(request).await,
    }
}

/// Somebody who may edit, for what is asked with `GET` and yet is not for readers: the operator's questions.
pub struct Editor;

impl FromRequestParts<Shared> for Editor {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, ApiError> {
        let role = app.access.role(&parts.headers);
        role.filter(|role| role.may_edit()).map(|_| Self).ok_or_else(read_only)
    }
}

/// 403, for those whose token lets them read only.
fn read_only() -> ApiError {
    let message = "You may read here, but not change anything: the token you brought is one for viewers.";
    ApiError::new(StatusCode::FORBIDDEN, "read_only", message)
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

fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
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
    use super::*;

    fn access(token: Option<&str>, origins: &[&str]) -> Access {
        let origins: Vec<_> = origins.iter().map(|&origin| origin.to_owned()).collect();
        let tokens = Tokens { editor: token.map(str::to_owned), viewer: token.map(|_| "look".to_owned()) };
        Access::new(tokens, 8000, &BasePath::parse("/").unwrap(), &origins).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_token_is_taken_from_the_header_and_from_our_cookie_only() {
        let access = access(Some("secret"), &[]);
        let admits = |pair| access.role(&headers(&[pair])) == Some(Role::Editor);
        assert!(admits(("authorization", "Bearer secret")));
        assert!(admits(("cookie", "a=b; coscribe_8000=secret")));
        for bad in
            [("authorization", "Bearer secret2"), ("authorization", "Basic secret"), ("cookie", "coscribe_1=secret")]
        {
            assert_eq!(access.role(&headers(&[bad])), None, "{bad:?}");
        }
        assert_eq!(access.role(&HeaderMap::new()), None);
    }

    #[test]
    fn p5_the_viewers_token_makes_a_viewer_and_of_two_tokens_the_greater_counts() {
        let access = access(Some("secret"), &[]);
        let bearer = |token| headers(&[("authorization", token)]);
        assert_eq!(access.role(&bearer("Bearer look")), Some(Role::Viewer));
        assert_eq!(access.role(&headers(&[("cookie", "coscribe_8000=look")])), Some(Role::Viewer));
        let both = headers(&[("authorization", "Bearer secret"), ("cookie", "coscribe_8000=look")]);
        assert_eq!(access.role(&both), Some(Role::Editor));
        let address = |text: &str| text.parse::<Uri>().unwrap();
        assert_eq!(access.role_at_address(&HeaderMap::new(), &address("/ws/a?token=look")), Some(Role::Viewer));
        assert_eq!(access.role_at_address(&bearer("Bearer look"), &address("/ws/a?token=secret")), Some(Role::Editor));
        assert_eq!(access.role_at_address(&HeaderMap::new(), &address("/ws/a?token=loo")), None);
    }

    #[test]
    fn without_a_token_only_names_of_this_machine_are_let_in() {
        let access = access(None, &[]);
        for good in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"] {
            assert_eq!(access.role(&headers(&[("host", good)])), Some(Role::Editor), "{good}");
        }
        for bad in ["evil.example:8000", "127.0.0.1.evil.example", "10.0.0.1:8000"] {
            assert_eq!(access.role(&headers(&[("host", bad)])), None, "{bad}");
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
