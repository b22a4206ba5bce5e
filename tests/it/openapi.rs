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
    let (cells, kernel) = ("/api/notebooks/{id}/cells", "/api/notebooks/{id}/kernel");
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
        ("/api/kernelspecs".to_owned(), vec!["get"]),
        (format!("{kernel}/start"), vec!["post"]),
        (format!("{kernel}/complete"), vec!["post"]),
        (format!("{kernel}/inspect"), vec!["post"]),
        (format!("{kernel}/variables"), vec!["get"]),
        ("/api/environment".to_owned(), vec!["get"]),
        ("/api/environment/make".to_owned(), vec!["post"]),
        ("/api/environment/cancel".to_owned(), vec!["post"]),
        ("/api/environment/packages".to_owned(), vec!["post"]),
        ("/api/environment/packages/{name}".to_owned(), vec!["delete"]),
        ("/api/notebooks/{id}/files".to_owned(), vec!["get"]),
        ("/api/notebooks/{id}/files/{path}".to_owned(), vec!["get", "put", "delete"]),
    ];
    for (path, methods) in expected {
        for method in methods {
            assert!(served["paths"][&path][method].is_object(), "{method} {path}");
        }
    }
    assert!(served["components"]["schemas"]["EventBody"].is_object());
}
