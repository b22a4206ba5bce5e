//! The description of the REST interface is committed and complete; refresh it with `UPDATE_GOLDEN=1 cargo test openapi`.

use serde_json::Value;

use crate::server::TestServer;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/openapi.json");

#[test]
fn the_description_is_the_one_committed() {
    let current = serde_json::to_string_pretty(&coscribe::http::openapi_document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &current).unwrap();
    }
    let committed = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(
        committed == current,
        "the REST interface changed: run UPDATE_GOLDEN=1 cargo test openapi and commit the file"
    );
}

#[test]
fn the_server_serves_it_and_it_names_every_address_of_the_contract() {
    let server = TestServer::start();
    let served = server.ask_without_token("GET", "/api/openapi.json").send().expect(200);
    let document: Value = serde_json::to_value(coscribe::http::openapi_document()).unwrap();
    assert_eq!(served, document);
    let cells = "/api/notebooks/{id}/cells";
    let expected = [
        ("/api/notebooks".to_owned(), vec!["get", "post"]),
        ("/api/notebooks/{id}".to_owned(), vec!["get", "patch", "delete"]),
        ("/api/notebooks/{id}/restore".to_owned(), vec!["post"]),
        ("/api/notebooks/{id}/duplicate".to_owned(), vec!["post"]),
        ("/api/notebooks/import".to_owned(), vec!["post"]),
        ("/api/notebooks/{id}/export".to_owned(), vec!["get"]),
        (cells.to_owned(), vec!["get", "post"]),
        (format!("{cells}/{{cell}}"), vec!["get", "patch", "delete"]),
        (format!("{cells}/{{cell}}/source"), vec!["put", "post"]),
        (format!("{cells}/{{cell}}/move"), vec!["post"]),
        (format!("{cells}/{{cell}}/restore"), vec!["post"]),
        ("/api/documents/{document}/state".to_owned(), vec!["get"]),
        ("/api/documents/{document}/updates".to_owned(), vec!["post"]),
        ("/api/blobs".to_owned(), vec!["post"]),
        ("/api/blobs/{sha256}".to_owned(), vec!["get"]),
        ("/api/events".to_owned(), vec!["get"]),
        ("/api/limits".to_owned(), vec!["get"]),
        ("/api/role".to_owned(), vec!["get"]),
    ];
    for (path, methods) in expected {
        for method in methods {
            assert!(served["paths"][&path][method].is_object(), "{method} {path}");
        }
    }
    assert!(served["components"]["schemas"]["EventBody"].is_object());
}
