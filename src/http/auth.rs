//! Who may come in: the token, the cookie that carries it, the origins of pages.
//!
//! Invariant: no answer of the API, no socket and no debug page leaves without [`Access::admits`]; no write and no
//! upgrade passes without [`Access::check_origin`].

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, WWW_AUTHENTICATE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use subtle::ConstantTimeEq;

use super::{Shared, error::ApiError};
use crate::config::BasePath;

/// How long a browser keeps the cookie: a tab reopened after a holiday must still reach the server.
const COOKIE_SECONDS: u32 = 365 * 24 * 3600;

/// Proxies tell the name the browser used; a page cannot forge it, since it is no header a page may send unasked.
const FORWARDED_HOST: &str = "x-forwarded-host";
const FORWARDED_PROTOCOL: &str = "x-forwarded-proto";

/// The rules of admission of one server.
#[derive(Debug)]
pub struct Access {
    token: Option<String>,
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
    /// Rules for a server on `port`; without a token everybody who uses a loopback name is let in.
    pub fn new(token: Option<String>, port: u16, base: &BasePath, origins: &[String]) -> Result<Self, InvalidOrigin> {
        let origins = origins.iter().map(|origin| parse_origin(origin)).collect::<Result<_, _>>()?;
        Ok(Self { token, cookie: format!("coscribe_{port}"), cookie_path: base.as_str().to_owned(), origins })
    }

    /// The foreign origins that are allowed, as browsers write them.
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// Whether the request carries the secret, as a header or a cookie.
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        match &self.token {
            None => has_loopback_host(headers) || self.is_allowed_host(headers),
            Some(_) => {
                [bearer(headers), self.cookie_in(headers)].into_iter().flatten().any(|text| self.is_token(&text))
            }
        }
    }

    /// Like [`Access::admits`]; takes the token from the address too, as only sockets and links may bring it.
    pub fn admits_address(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        self.admits(headers) || token_in(uri).is_some_and(|token| self.is_token(&token))
    }

    /// Whether `text` is the token, in a time that does not depend on how much of it is right.
    pub fn is_token(&self, text: &str) -> bool {
        self.token.as_ref().is_some_and(|token| token.as_bytes().ct_eq(text.as_bytes()).into())
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

/// Lets only those in who bring the secret, and pages only from origins that may.
pub async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if is_write(request.method())
        && let Err(refusal) = app.access.check_origin(request.headers())
    {
        return refusal.into_response();
    }
    if !app.access.admits(request.headers()) {
        return unauthorized();
    }
    next.run(request).await
}

/// 401, with the sentence what to bring.
pub fn unauthorized() -> Response {
    let message = "Bring the token the server printed at its start: Authorization: Bearer TOKEN.";
    let mut response = ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message).into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
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
        Access::new(token.map(str::to_owned), 8000, &BasePath::parse("/").unwrap(), &origins).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_token_is_taken_from_the_header_and_from_our_cookie_only() {
        let access = access(Some("secret"), &[]);
        assert!(access.admits(&headers(&[("authorization", "Bearer secret")])));
        assert!(access.admits(&headers(&[("cookie", "a=b; coscribe_8000=secret")])));
        for bad in
            [("authorization", "Bearer secret2"), ("authorization", "Basic secret"), ("cookie", "coscribe_1=secret")]
        {
            assert!(!access.admits(&headers(&[bad])), "{bad:?}");
        }
        assert!(!access.admits(&HeaderMap::new()));
    }

    #[test]
    fn without_a_token_only_names_of_this_machine_are_let_in() {
        let access = access(None, &[]);
        for good in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"] {
            assert!(access.admits(&headers(&[("host", good)])), "{good}");
        }
        for bad in ["evil.example:8000", "127.0.0.1.evil.example", "10.0.0.1:8000"] {
            assert!(!access.admits(&headers(&[("host", bad)])), "{bad}");
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
