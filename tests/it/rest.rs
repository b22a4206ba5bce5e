//! Notebooks, cells, raw documents and blobs over REST; what a client that types sees of it.

use serde_json::json;
use yrs::{
    Doc, GetString, ReadTxn, StateVector, Text, Transact, Update,
    updates::{decoder::Decode, encoder::Encode},
};

use crate::{
    peer::{self, Peer},
    server::TestServer,
};

#[test]
fn a_notebook_is_created_renamed_deleted_and_restored() {
    let server = TestServer::start();
    let created = server.post("/api/notebooks", &json!({ "title": "Plan", "id": "plan" }));
    assert!(created.header("location").ends_with("/api/notebooks/plan"));
    assert_eq!(created.expect(201)["title"], "Plan");
    assert_eq!(server.post("/api/notebooks", &json!({ "id": "plan" })).refused(409), "notebook_exists");
    let renamed = server.ask("PATCH", "/api/notebooks/plan").json(&json!({ "title": "New plan" })).expect(200);
    assert_eq!(renamed["title"], "New plan");
    assert_eq!(server.get("/api/notebooks/plan").expect(200)["title"], "New plan");
    server.ask("DELETE", "/api/notebooks/plan").send().expect(204);
    assert_eq!(server.get("/api/notebooks/plan").refused(410), "notebook_deleted");
    let listed = server.get("/api/notebooks").expect(200);
    let plan = listed["notebooks"].as_array().unwrap().iter().find(|notebook| notebook["id"] == "plan").unwrap();
    assert!(plan["deletedAt"].is_i64());
    server.ask("POST", "/api/notebooks/plan/restore").send().expect(200);
    assert_eq!(server.get("/api/notebooks/plan").expect(200)["title"], "New plan");
}

#[test]
fn cells_are_added_moved_changed_deleted_and_restored() {
    let server = TestServer::start();
    let (id, first) = server.notebook();
    let cells = format!("/api/notebooks/{id}/cells");
    let at = |cell: &str, action: &str| format!("{cells}/{cell}{action}");
    let note = server.post(&cells, &json!({ "type": "note", "source": "# Hi", "id": "note" })).expect(201);
    assert_eq!((note["type"].as_str(), note["source"].as_str()), (Some("note"), Some("# Hi")));
    server.post(&cells, &json!({ "type": "code", "id": "top", "after": null })).expect(201);
    server.post(&cells, &json!({ "type": "prompt", "id": "middle", "after": "top" })).expect(201);
    let ids = || server.cells(&id).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(), ["top", "middle", &first, "note"]);
    server.post(&at("note", "/move"), &json!({ "after": null })).expect(200);
    assert_eq!(ids(), ["note", "top", "middle", &first]);
    let patch = json!({ "collapsed": true, "metadata": { "tags": ["x"] }, "type": "code" });
    let patched = server.ask("PATCH", &at("note", "")).json(&patch).expect(200);
    assert_eq!((&patched["collapsed"], &patched["type"]), (&json!(true), &json!("code")));
    assert_eq!(patched["metadata"]["tags"], json!(["x"]));
    server.ask("DELETE", &at("note", "")).send().expect(204);
    assert_eq!(ids(), ["top", "middle", &first]);
    assert_eq!(server.get(&at("note", "")).refused(409), "cell_in_bin");
    let bin = server.get(&format!("/api/notebooks/{id}")).expect(200)["bin"].clone();
    assert_eq!(
        (&bin[0]["id"], &bin[0]["source"], &bin[0]["deletedBy"]),
        (&json!("note"), &json!("# Hi"), &json!("API"))
    );
    assert_eq!(server.ask("POST", &at("note", "/restore")).send().expect(200)["source"], "# Hi");
    assert_eq!(ids().len(), 4);
}

#[test]
fn the_actor_of_a_request_stands_in_its_events() {
    let server = TestServer::start();
    let since = server.last_event();
    let request =
        server.ask("POST", "/api/notebooks").header("x-coscribe-actor", "Ana").header("x-coscribe-actor-kind", "agent");
    request.json(&json!({ "title": "By Ana" })).expect(201);
    assert_eq!(server.logged(since)[0]["actor"], json!({ "name": "Ana", "kind": "agent" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_26_source_put_by_rest_merges_with_what_is_typed_meanwhile() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let path = format!("/api/notebooks/{id}/cells/{cell}/source");
    server.ask("PUT", &path).json(&json!({ "source": "alpha beta gamma" })).expect(200);
    let mut ana = Peer::join(&server, &id).await;
    assert_eq!(peer::text(&ana.doc, &cell), "alpha beta gamma");
    // Ana types at the end while a script, which saw the text before, replaces a word in the middle.
    peer::type_into(&mut ana, &cell, 16, "!").await;
    ana.until(|doc| peer::text(doc, &cell).contains('!')).await;
    let base = json!({ "source": "alpha BETA gamma", "base": "alpha beta gamma" });
    let answer = loop {
        // Ana's letter travels on another connection: wait until the server has it.
        let now = server.get(&format!("/api/notebooks/{id}/cells/{cell}")).expect(200);
        if now["source"] == "alpha beta gamma!" {
            break server.ask("PUT", &path).json(&base).expect(200);
        }
    };
    assert_eq!(answer["source"], "alpha BETA gamma!");
    ana.until(|doc| peer::text(doc, &cell) == "alpha BETA gamma!").await;
    // The edit is the smallest: a mark on "gamma" made before it still stands.
    let text = peer::source(&ana.doc, &cell).unwrap();
    ana.edit(|txn| text.insert(txn, 17, "?")).await;
    server
        .ask("POST", &path)
        .header("content-type", "text/plain; charset=utf-8")
        .bytes("alpha BETA".as_bytes())
        .expect(200);
    ana.until(|doc| !peer::text(doc, &cell).contains("gamma")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_26_no_letter_is_lost_when_rest_and_typing_race() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let path = format!("/api/notebooks/{id}/cells/{cell}/source");
    server.ask("PUT", &path).json(&json!({ "source": "[]" })).expect(200);
    let mut ana = Peer::join(&server, &id).await;
    for number in 0..20 {
        peer::type_into(&mut ana, &cell, 1, "a").await;
        let base =
            server.get(&format!("/api/notebooks/{id}/cells/{cell}")).expect(200)["source"].as_str().unwrap().to_owned();
        let source = format!("{base}{number};");
        server.ask("PUT", &path).json(&json!({ "source": source, "base": base })).expect(200);
    }
    let whole =
        |text: &str| text.matches('a').count() == 20 && (0..20).all(|number| text.contains(&format!("{number};")));
    ana.until(|doc| whole(&peer::text(doc, &cell))).await;
    assert!(whole(&server.cells(&id)[0].1), "{:?}", server.cells(&id));
}

#[test]
fn a_raw_document_is_written_and_read_as_yjs_updates() {
    let server = TestServer::start();
    let doc = Doc::new();
    let text = doc.get_or_insert_text("t");
    text.insert(&mut doc.transact_mut(), 0, "hello");
    let first = doc.transact().state_vector();
    let update = doc.transact().encode_state_as_update_v1(&StateVector::default());
    // The name has a slash and a colon; it may be encoded or not.
    server.ask("POST", "/api/documents/doc:a/b/updates").bytes(&update).expect(204);
    let state = server.get("/api/documents/doc%3Aa%2Fb/state");
    assert_eq!((state.status, state.header("content-type")), (200, "application/octet-stream"));
    let copy = Doc::new();
    copy.transact_mut().apply_update(Update::decode_v1(&state.body).unwrap()).unwrap();
    let copied = copy.get_or_insert_text("t");
    assert_eq!(copied.get_string(&copy.transact()), "hello");
    text.insert(&mut doc.transact_mut(), 5, " world");
    let rest = doc.transact().encode_state_as_update_v1(&first);
    server.ask("POST", "/api/documents/doc:a/b/updates").bytes(&rest).expect(204);
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let since = URL_SAFE_NO_PAD.encode(first.encode_v1());
    let difference = server.get(&format!("/api/documents/doc:a/b/state?since={since}"));
    assert!(difference.body.len() < state.body.len() + 10);
    copy.transact_mut().apply_update(Update::decode_v1(&difference.body).unwrap()).unwrap();
    assert_eq!(copied.get_string(&copy.transact()), "hello world");
    let lonely = Doc::with_client_id(7u64);
    let text = lonely.get_or_insert_text("t");
    text.insert(&mut lonely.transact_mut(), 0, "x");
    let seen = lonely.transact().state_vector();
    text.insert(&mut lonely.transact_mut(), 1, "y");
    let gap = lonely.transact().encode_state_as_update_v1(&seen);
    assert_eq!(server.ask("POST", "/api/documents/doc:a/b/updates").bytes(&gap).refused(409), "update_gap");
}

#[test]
fn a_blob_is_kept_once_and_never_runs_in_our_origin() {
    let server = TestServer::start();
    let kept = server.ask("POST", "/api/blobs").bytes(b"<script>alert(1)</script>").expect(201);
    assert_eq!(kept["size"], 25);
    let path = format!("/api/blobs/{}", kept["sha256"].as_str().unwrap());
    let blob = server.get(&format!("{path}?type=text/html"));
    assert_eq!(blob.body, b"<script>alert(1)</script>");
    assert_eq!(blob.header("content-type"), "text/html");
    assert_eq!(blob.header("content-disposition"), "attachment");
    assert_eq!(blob.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(blob.header("x-content-type-options"), "nosniff");
    assert!(blob.header("cache-control").contains("immutable"));
    let tag = blob.header("etag").to_owned();
    assert_eq!(server.ask("GET", &path).header("if-none-match", &tag).send().status, 304);
    assert_eq!(server.get(&format!("/api/blobs/{}", "0".repeat(64))).refused(404), "blob_not_found");
    assert_eq!(server.get("/api/blobs/xyz").refused(400), "invalid_id");
    assert_eq!(server.ask_without_token("GET", &path).send().refused(401), "unauthorized");
}

#[test]
fn a_notebook_is_imported_and_exported_in_every_form() {
    let server = TestServer::start();
    let cells = json!([
        { "id": "a", "cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "text"] },
        { "id": "b", "cell_type": "code", "metadata": {}, "source": "1 + 1", "outputs": [], "execution_count": null }
    ]);
    let file = json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells }).to_string();
    let imported =
        server.ask("POST", "/api/notebooks/import?name=Sums.ipynb&id=sums").bytes(file.as_bytes()).expect(201);
    assert_eq!((&imported["title"], &imported["cellCount"]), (&json!("Sums"), &json!(2)));
    let export = server.get("/api/notebooks/sums/export?format=ipynb");
    assert_eq!(
        export.header("content-disposition"),
        "attachment; filename=\"Sums.ipynb\"; filename*=UTF-8''Sums.ipynb"
    );
    assert!(export.json()["cells"][1]["source"].to_string().contains("1 + 1"));
    assert!(server.get("/api/notebooks/sums/export?format=md").text().contains("# Title"));
    assert!(server.get("/api/notebooks/sums/export?format=py").text().contains("# %%"));
    let form = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Form.ipynb\"\r\n\r\n{file}\r\n--edge--\r\n"
    );
    let request =
        server.ask("POST", "/api/notebooks/import").header("content-type", "multipart/form-data; boundary=edge");
    assert_eq!(request.bytes(form.as_bytes()).expect(201)["title"], "Form");
    assert_eq!(server.ask("POST", "/api/notebooks/import").bytes(b"{ nothing").refused(422), "not_a_notebook_file");
}

#[test]
fn the_pictures_kept_beside_a_notebook_go_with_its_files() {
    let server = TestServer::start();
    let kept = server.ask("POST", "/api/blobs").bytes(b"\x89PNG large").expect(201);
    let sha256 = kept["sha256"].as_str().unwrap();
    let missing = "0".repeat(64);
    let source = format!("![plot](api/blobs/{sha256}?type=image/png) ![gone](api/blobs/{missing}?type=image/png)");
    let cells = json!([{ "id": "note", "cell_type": "markdown", "metadata": {}, "source": source }]);
    let file = json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells }).to_string();
    server.ask("POST", "/api/notebooks/import?title=Plots&id=plots").bytes(file.as_bytes()).expect(201);
    let name = format!("{}.png", &sha256[..16]);
    let exported = server.get("/api/notebooks/plots/export?format=ipynb").json();
    let cell = &exported["cells"][0];
    let expected = format!("![plot](attachment:{name}) ![gone](api/blobs/{missing}?type=image/png)");
    assert_eq!(cell["source"], json!([expected]));
    assert_eq!(cell["attachments"], json!({ (name): { "image/png": "iVBORyBsYXJnZQ==" } }));
    let markdown = server.get("/api/notebooks/plots/export?format=md").text();
    assert!(markdown.contains("![plot](data:image/png;base64,iVBORyBsYXJnZQ==)"), "{markdown}");
    assert!(server.get("/api/notebooks/plots/export?format=py").text().contains(sha256));
    // The notebook itself is as it was.
    let note = server.get("/api/notebooks/plots/cells/note").json();
    assert_eq!(note["source"], source);
}

#[test]
fn a_duplicate_has_all_that_people_see_and_lives_on_its_own() {
    let server = TestServer::start();
    let cells = json!([
        { "id": "note", "cell_type": "markdown", "metadata": { "tags": ["x"] }, "source": "![dot](attachment:dot.png)",
            "attachments": { "dot.png": { "image/png": "AAAA" } } },
        { "id": "code", "cell_type": "code", "metadata": { "collapsed": true }, "source": "print(2)",
            "execution_count": 7, "outputs": [{ "output_type": "stream", "name": "stdout", "text": "2\n" }] },
        { "id": "ask", "cell_type": "code", "metadata": { "coscribe": { "kind": "prompt" } }, "source": "%%prompt\nWhy?",
            "execution_count": null, "outputs": [] },
        { "id": "gone", "cell_type": "raw", "metadata": {}, "source": "in the bin" }
    ]);
    let file = json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": { "kernelspec": { "name": "python3",
        "display_name": "Python 3" } }, "cells": cells });
    let import = server.ask("POST", "/api/notebooks/import?title=Sums&id=sums");
    import.bytes(file.to_string().as_bytes()).expect(201);
    server.ask("DELETE", "/api/notebooks/sums/cells/gone").send().expect(204);
    server.post("/api/notebooks/sums/cells/ask/move", &json!({ "after": null })).expect(200);
    let since = server.last_event();

    let copy = server.ask("POST", "/api/notebooks/sums/duplicate").header("x-coscribe-actor", "Ana").send();
    assert!(copy.header("location").contains("/api/notebooks/"));
    let copy = copy.expect(201);
    let id = copy["id"].as_str().unwrap().to_owned();
    assert_eq!((&copy["title"], &copy["cellCount"]), (&json!("Copy of Sums"), &json!(3)));
    assert_eq!(copy["updatedBy"], json!({ "name": "Ana", "kind": "human" }));
    let events = server.logged(since);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((&events[0]["event"], &events[0]["actor"]["name"]), (&json!("notebook:created"), &json!("Ana")));
    assert_eq!(events[0]["data"], json!({ "id": id, "title": "Copy of Sums" }));

    let (original, copied) =
        (server.get("/api/notebooks/sums").json(), server.get(&format!("/api/notebooks/{id}")).json());
    assert_eq!(original["cells"], copied["cells"]);
    assert_eq!(copied["metadata"]["kernelspec"], json!({ "name": "python3", "display_name": "Python 3" }));
    assert_eq!((original["bin"].as_array().unwrap().len(), copied["bin"].as_array().unwrap().len()), (1, 0));
    let exported = |id: &str| server.get(&format!("/api/notebooks/{id}/export")).json()["cells"].clone();
    assert_eq!(exported("sums"), exported(&id));
    assert_eq!(exported(&id)[1]["attachments"]["dot.png"]["image/png"], "AAAA");

    let source = format!("/api/notebooks/{id}/cells/code/source");
    server.ask("PUT", &source).json(&json!({ "source": "print(3)" })).expect(200);
    assert_eq!(server.get("/api/notebooks/sums/cells/code").json()["source"], "print(2)");
}

#[test]
fn ms_31_a_duplicate_is_made_once_and_a_wrong_one_not_at_all() {
    let server = TestServer::start();
    let (id, _) = server.notebook();
    let path = format!("/api/notebooks/{id}/duplicate");
    let many = || server.get("/api/notebooks").json()["notebooks"].as_array().unwrap().len();
    let before = many();
    let retried = || server.ask("POST", &path).header("idempotency-key", "once").json(&json!({ "title": "Twin" }));
    assert_eq!(retried().expect(201), retried().expect(201));
    assert_eq!(many(), before + 1);
    assert_eq!(server.post(&path, &json!({ "title": "a\nb" })).refused(422), "invalid_title");
    assert_eq!(server.post(&path, &json!({ "tilte": "Twin" })).refused(422), "invalid_body");
    assert_eq!(server.post(&path, &json!({ "id": id })).refused(409), "notebook_exists");
    assert_eq!(server.ask("POST", "/api/notebooks/nobody/duplicate").send().refused(404), "notebook_not_found");
    server.ask("DELETE", &format!("/api/notebooks/{id}")).send().expect(204);
    assert_eq!(server.ask("POST", &path).send().refused(410), "notebook_deleted");
    assert_eq!(many(), before + 1);
}

#[test]
fn the_list_tells_who_changed_a_notebook_last() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let by = || server.get(&format!("/api/notebooks/{id}")).json()["updatedBy"]["name"].clone();
    assert_eq!(by(), "API");
    let source = format!("/api/notebooks/{id}/cells/{cell}/source");
    server.ask("PUT", &source).header("x-coscribe-actor", "Béla").json(&json!({ "source": "x" })).expect(200);
    assert_eq!(by(), "Béla");
    let list = server.get("/api/notebooks").json()["notebooks"].clone();
    let welcome = list.as_array().unwrap().iter().find(|notebook| notebook["title"] == "Welcome to Coscribe").unwrap();
    assert!(welcome.get("updatedBy").is_none(), "{welcome}");
}
