//! Tokens, cookies, origins.

use serde_json::json;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::{
    peer::Peer,
    server::{TestServer, binary},
};

#[test]
fn the_printed_link_lets_a_browser_in_by_a_cookie_and_leaves_the_address_clean() {
    let server = TestServer::start();
    assert_eq!(server.link, format!("{}?token={}", server.url, server.token));
    let stranger = server.ask_without_token("GET", "/").send();
    assert_eq!(stranger.status, 401);
    assert!(stranger.text().contains("Open the link that the server printed"));
    let entered = server.ask_without_token("GET", &format!("/notebook/x?a=1&token={}", server.token)).send();
    assert_eq!((entered.status, entered.header("location")), (303, "/notebook/x?a=1"));
    let cookie = entered.header("set-cookie");
    for part in ["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"));
    let cookie = cookie.split(';').next().unwrap().to_owned();
    for path in ["/", "/notebook/x", "/api/notebooks"] {
        assert_eq!(server.ask_without_token("GET", path).header("cookie", &cookie).send().status, 200, "{path}");
    }
    let wrong = server.ask_without_token("GET", "/?token=wrong").send();
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, ""));
    let secure = server
        .ask_without_token("GET", &format!("/?token={}", server.token))
        .header("x-forwarded-proto", "https")
        .send();
    assert!(secure.header("set-cookie").ends_with("; Secure"));
}

#[test]
fn the_login_form_takes_the_token_too() {
    let server = TestServer::start();
    let login = |token: &str| {
        let request =
            server.ask_without_token("POST", "/login").header("content-type", "application/x-www-form-urlencoded");
        request.bytes(format!("token={token}").as_bytes())
    };
    assert_eq!((login("wrong").status, login("wrong").header("set-cookie")), (401, ""));
    let entered = login(&server.token);
    assert_eq!((entered.status, entered.header("location")), (303, "/"));
    assert!(entered.header("set-cookie").contains(&server.token));
}

#[test]
fn the_api_takes_the_token_as_a_header_and_never_from_the_address() {
    let server = TestServer::start();
    assert_eq!(server.ask_without_token("GET", "/api/notebooks").send().refused(401), "unauthorized");
    let address = format!("/api/notebooks?token={}", server.token);
    assert_eq!(server.ask_without_token("GET", &address).send().refused(401), "unauthorized");
    let address = format!("/api/events?follow=false&token={}", server.token);
    assert_eq!(server.ask_without_token("GET", &address).send().refused(401), "unauthorized");
    assert_eq!(server.ask_without_token("GET", "/debug/rooms/default").send().refused(401), "unauthorized");
    let wrong = server.ask_without_token("GET", "/api/notebooks").header("authorization", "Bearer wrong").send();
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    for open in ["/healthz", "/readyz", "/metrics", "/api/openapi.json"] {
        assert_eq!(server.ask_without_token("GET", open).send().status, 200, "{open}");
    }
    let proxied = server.ask_without_token("GET", "/metrics").header("x-forwarded-for", "10.0.0.9").send();
    assert_eq!(proxied.refused(401), "unauthorized");
}

#[test]
fn writes_from_foreign_pages_are_refused_unless_their_origin_is_allowed() {
    let server = TestServer::start_with(&["--allow-origin", "https://app.example"]);
    let create = |origin: &str| server.ask("POST", "/api/notebooks").header("origin", origin).json(&json!({}));
    for foreign in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(create(foreign).refused(403), "origin_not_allowed", "{foreign}");
    }
    create(server.url.trim_end_matches('/')).expect(201);
    let allowed = create("https://app.example");
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example");
    allowed.expect(201);
    let preflight = |origin: &str| {
        let request = server.ask_without_token("OPTIONS", "/api/notebooks").header("origin", origin);
        request
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization")
            .send()
    };
    assert_eq!(preflight("https://app.example").header("access-control-allow-origin"), "https://app.example");
    assert_eq!(preflight("https://evil.example").header("access-control-allow-origin"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_of_foreign_pages_are_refused_before_and_those_without_a_token_after_the_upgrade() {
    let server = TestServer::start();
    for address in [server.socket("default"), server.socket("default").replace("/ws/default", "/api/events")] {
        let mut request = address.as_str().into_client_request().unwrap();
        request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
        let refused = connect_async(request).await.unwrap_err();
        assert!(matches!(refused, tungstenite::Error::Http(response) if response.status() == 403));
        let stranger = address.split('?').next().unwrap();
        let (code, sentence) = Peer::connect(stranger).await.closed().await;
        assert_eq!(code, 4401);
        assert!(sentence.contains("link"), "{sentence}");
    }
}

#[test]
fn without_a_token_only_loopback_is_served_and_only_by_its_own_names() {
    let server = TestServer::start_with(&["--no-token"]);
    assert!(!server.link.contains("token"));
    assert_eq!(server.ask_without_token("GET", "/api/notebooks").send().status, 200);
    let rebound = server.ask_without_token("GET", "/api/notebooks").header("host", "evil.example").send();
    assert_eq!(rebound.refused(401), "unauthorized");
    let refused =
        binary().args(["serve", "--no-token", "--listen", "0.0.0.0:0", "--data", "/nonexistent"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("loopback"));
}

#[test]
fn the_token_is_private_and_stays_the_same_over_restarts() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let first = TestServer::start_in(data.path());
    let mode = std::fs::metadata(data.path().join("token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let token = first.token.clone();
    drop(first);
    assert_eq!(TestServer::start_in(data.path()).token, token);
}

#[test]
fn ln_09_a_server_open_to_the_network_prints_the_address_for_other_machines() {
    use std::{
        io::{BufRead, BufReader},
        process::Stdio,
    };
    let data = tempfile::tempdir().unwrap();
    let mut command = binary();
    command.args(["serve", "--listen", "0.0.0.0:0", "--data"]).arg(data.path()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("http://127.0.0.1:") && first.contains("?token="), "{first}");
    // A machine without any network has no second address.
    let online = std::net::UdpSocket::bind("0.0.0.0:0")
        .is_ok_and(|socket| socket.connect("192.0.2.1:9").is_ok() && !socket.local_addr().unwrap().ip().is_loopback());
    if online {
        let second = lines.next().unwrap().unwrap();
        let host = second.split("http://").nth(1).unwrap().split(':').next().unwrap();
        assert!(!host.starts_with("127.") && second.contains("?token="), "{second}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
