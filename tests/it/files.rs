//! The files of a notebook: what people upload its code finds, and what its code writes they download.

use std::{fs, os::unix::fs::symlink};

use serde_json::{Value, json};

use crate::{
    notebook::{Notebook, with_kernels},
    server::{Answer, TestServer},
};

fn put(server: &TestServer, notebook: &str, path: &str, content: &[u8]) -> Answer {
    server.ask("PUT", &format!("/api/notebooks/{notebook}/files/{path}")).bytes(content)
}

fn get(server: &TestServer, notebook: &str, path: &str) -> Answer {
    server.get(&format!("/api/notebooks/{notebook}/files/{path}"))
}

fn delete(server: &TestServer, notebook: &str, path: &str) -> Answer {
    server.ask("DELETE", &format!("/api/notebooks/{notebook}/files/{path}")).send()
}

/// Paths and sizes.
fn listed(server: &TestServer, notebook: &str) -> Vec<(String, u64)> {
    let list = server.get(&format!("/api/notebooks/{notebook}/files")).expect(200);
    let file = |file: &Value| (file["path"].as_str().unwrap().to_owned(), file["size"].as_u64().unwrap());
    list["files"].as_array().unwrap().iter().map(file).collect()
}

#[test]
fn files_are_uploaded_listed_downloaded_replaced_and_deleted_whatever_their_names() {
    let server = TestServer::start();
    let (id, _) = server.notebook();
    assert_eq!(listed(&server, &id), []);
    let written = put(&server, &id, "my%20data/%C3%9Cbersicht%20%E8%A1%A8.csv", b"a,b\n").expect(201);
    let name = "my data/Übersicht 表.csv";
    assert_eq!((&written["path"], &written["size"]), (&json!(name), &json!(4)));
    assert!(written["modified"].as_i64().unwrap() > 1_600_000_000_000);
    put(&server, &id, "plain.txt", b"").expect(201);
    put(&server, &id, "plain.txt", b"again").expect(200);
    assert_eq!(listed(&server, &id), [(name.to_owned(), 4), ("plain.txt".to_owned(), 5)]);
    let read = get(&server, &id, "my%20data/%C3%9Cbersicht%20%E8%A1%A8.csv");
    assert_eq!((read.status, read.body.as_slice()), (200, b"a,b\n".as_slice()));
    assert_eq!(read.header("content-length"), "4");
    assert!(read.header("content-disposition").contains("filename*=UTF-8''%C3%9Cbersicht%20%E8%A1%A8.csv"));
    assert!(read.header("content-security-policy").contains("sandbox"));
    assert_eq!(delete(&server, &id, "plain.txt").status, 204);
    assert_eq!(delete(&server, &id, "plain.txt").refused(404), "file_not_found");
    assert_eq!(get(&server, &id, "plain.txt").refused(404), "file_not_found");
    assert_eq!(get(&server, &id, "my%20data").refused(409), "is_folder");
    assert_eq!(put(&server, &id, "my%20data", b"x").refused(409), "is_folder");
    assert_eq!(delete(&server, &id, "my%20data").refused(409), "is_folder");
    let directory = server.get(&format!("/api/notebooks/{id}/files")).expect(200)["directory"].clone();
    assert_eq!(directory, json!(server.data().join("files").join(&id)));
}

#[test]
fn no_path_and_no_link_leads_out_of_the_directory() {
    let server = TestServer::start();
    let (id, _) = server.notebook();
    put(&server, &id, "mine.txt", b"mine").expect(201);
    let (own, secret) = (server.data().join("files").join(&id), server.data().join("token"));
    let before = fs::read_to_string(&secret).unwrap();
    for path in [
        "../../token",
        "%2e%2e/%2e%2e/token",
        "..%2f..%2ftoken",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "a/../../../token",
        "a%00b",
        "a//b",
    ] {
        for answer in [get(&server, &id, path), put(&server, &id, path, b"x"), delete(&server, &id, path)] {
            assert_eq!(answer.refused(400), "invalid_path", "{path}");
        }
    }
    symlink(&secret, own.join("link")).unwrap();
    symlink(server.data(), own.join("folder")).unwrap();
    assert_eq!(get(&server, &id, "link").refused(409), "not_plain_file");
    for answer in [
        get(&server, &id, "folder/token"),
        put(&server, &id, "folder/token", b"x"),
        delete(&server, &id, "folder/token"),
    ] {
        assert_eq!(answer.refused(409), "no_folder");
    }
    // A link at the very place is replaced itself.
    put(&server, &id, "link", b"mine too").expect(200);
    assert_eq!(listed(&server, &id), [("link".to_owned(), 8), ("mine.txt".to_owned(), 4)]);
    assert_eq!(fs::read_to_string(&secret).unwrap(), before);
}

#[test]
fn a_file_over_the_limit_is_refused_and_a_large_one_comes_back_as_it_was() {
    let server = TestServer::start_with(&["--max-upload", "40000000"]);
    let (id, _) = server.notebook();
    assert_eq!(server.get("/api/limits").expect(200)["uploadBytes"], 40_000_000);
    // Larger than any other body may be.
    let large: Vec<u8> = (0..36_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    put(&server, &id, "large.bin", &large).expect(201);
    assert!(get(&server, &id, "large.bin").body == large, "it came back otherwise");
    drop(server);
    let server = TestServer::start_with(&["--max-upload", "10"]);
    let (id, _) = server.notebook();
    put(&server, &id, "small", b"0123456789").expect(201);
    assert_eq!(put(&server, &id, "small", b"01234567890").refused(413), "too_large");
    assert_eq!(get(&server, &id, "small").body, b"0123456789");
    assert_eq!(fs::read_dir(server.data().join("files/.uploads")).unwrap().count(), 0);
}

#[test]
fn an_upload_that_breaks_off_leaves_what_was_there() {
    use std::io::{Read, Write};
    let server = TestServer::start();
    let (id, _) = server.notebook();
    put(&server, &id, "a", b"before").expect(201);
    let mut half = std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let head = format!(
        "PUT /api/notebooks/{id}/files/a HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\n\
         content-length: 1000\r\n\r\nhalf of it",
        server.token
    );
    half.write_all(head.as_bytes()).unwrap();
    half.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    // However the server says it, it has let go of the connection.
    drop(half.read_to_end(&mut rest));
    assert_eq!(get(&server, &id, "a").body, b"before");
    assert_eq!(listed(&server, &id), [("a".to_owned(), 6)]);
}

#[test]
fn a_notebook_that_is_not_there_has_no_files() {
    let server = TestServer::start();
    assert_eq!(put(&server, "nobody", "a", b"x").refused(404), "notebook_not_found");
    let (id, _) = server.notebook();
    server.ask("DELETE", &format!("/api/notebooks/{id}")).send();
    assert_eq!(get(&server, &id, "a").refused(410), "notebook_deleted");
    assert_eq!(server.get(&format!("/api/notebooks/{id}/files")).refused(410), "notebook_deleted");
}

#[test]
fn code_finds_what_was_uploaded_and_people_find_what_code_wrote() {
    let server = with_kernels(&[]);
    let mut notebook = Notebook::new(&server, &[]);
    let id = notebook.id.clone();
    put(&server, &id, "x.csv", "a,é\n1,2\n".as_bytes()).expect(201);
    assert_eq!(notebook.output("print(open('x.csv').read(), end='')"), "a,é\n1,2\n");
    notebook.output("import os; os.makedirs('out'); open('out/made by code.txt', 'w').write('made')");
    assert_eq!(listed(&server, &id), [("out/made by code.txt".to_owned(), 4), ("x.csv".to_owned(), 9)]);
    assert_eq!(get(&server, &id, "out/made%20by%20code.txt").body, b"made");
    // A link that code makes leads nowhere.
    notebook.output(&format!("os.symlink({:?}, 'key')", server.data().join("token")));
    assert_eq!(get(&server, &id, "key").refused(409), "not_plain_file");
    // Another notebook has files of its own.
    let mut other = Notebook::new(&server, &[]);
    assert_eq!(other.output("import os; print(os.listdir())"), "[]\n");
}
