//! Pages, files, base path, the default notebook.

use crate::{
    peer::{self, Peer},
    server::TestServer,
};

#[tokio::test(flavor = "multi_thread")]
async fn ln_02_a_socket_without_a_document_opens_the_default_notebook() {
    let server = TestServer::start();
    let socket = server.socket("").replace("/ws/?", "/ws?");
    let mut bare = Peer::connect(&socket).await;
    assert!(bare.hears_within(crate::server::PATIENCE).await);
    let cell = server.cells("default")[0].0.clone();
    let mut named = Peer::join(&server, "default").await;
    peer::type_into(&mut named, &cell, 0, "seen by both").await;
    let mine = yrs::sync::Message::Sync(yrs::sync::SyncMessage::SyncStep1(bare.state_vector()));
    bare.send(yrs::updates::encoder::Encode::encode_v1(&mine)).await;
    bare.until(|doc| peer::text(doc, &cell) == "seen by both").await;
    for page in ["/notebook", "/notebook/"] {
        assert_eq!(server.get(page).status, 200, "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_03_everything_works_under_a_base_path_whether_or_not_the_proxy_removes_it() {
    let server = TestServer::start_with(&["--base-path", "/team/x"]);
    assert!(server.url.ends_with("/team/x/"));
    server.get("/api/notebooks").expect(200);
    let entered = server.ask_without_token("GET", &format!("/notebook/a?token={}", server.token)).send();
    assert_eq!(entered.header("location"), "/team/x/notebook/a");
    assert!(entered.header("set-cookie").contains("; Path=/team/x/;"));
    let created = server.post("/api/notebooks", &serde_json::json!({ "id": "a" }));
    assert_eq!(created.header("location"), "/team/x/api/notebooks/a");
    let mut peer = Peer::join(&server, "a").await;
    drop(peer.socket.close(None).await);
    let stripped = format!("ws://127.0.0.1:{}/ws/a?token={}", server.port(), server.token);
    assert!(Peer::connect(&stripped).await.hears_within(crate::server::PATIENCE).await);
    assert!(server.ask_without_token("GET", "/").send().text().contains("action=\"/team/x/login\""));
}

#[test]
fn pages_carry_a_strict_policy_and_unknown_addresses_are_not_found() {
    let server = TestServer::start();
    let page = server.get("/");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(policy.contains(&format!("connect-src 'self' ws://127.0.0.1:{0} wss://127.0.0.1:{0};", server.port())));
    assert_eq!((page.header("x-content-type-options"), page.header("referrer-policy")), ("nosniff", "no-referrer"));
    assert_eq!(page.header("cache-control"), "no-cache");
    let missing = server.get("/nothing/here");
    assert_eq!((missing.status, missing.header("content-type")), (404, "text/html; charset=utf-8"));
    for hidden in ["/index.html.br", "/../Cargo.toml", "/%2e%2e/Cargo.toml"] {
        assert_eq!(server.get(hidden).status, 404, "{hidden}");
    }
    assert_eq!(server.get("/api/docs").header("location"), "/api/docs/");
}

#[test]
fn a_fresh_data_directory_gets_a_welcome_notebook_once() {
    let data = tempfile::tempdir().unwrap();
    let server = TestServer::start_in(data.path());
    assert!(!server.cells("welcome").is_empty());
    server.ask("DELETE", "/api/notebooks/welcome").send().expect(204);
    drop(server);
    let server = TestServer::start_in(data.path());
    assert_eq!(server.get("/api/notebooks/welcome").refused(410), "notebook_deleted");
}
