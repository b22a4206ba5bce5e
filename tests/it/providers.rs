//! `/api/providers`: set, chosen, tested and taken away over REST; kept on disk; without ever telling a key.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use crate::{
    asking::{KIND, VIEWER, meanwhile},
    protocol,
    script::{SECRET, Script},
    server::{Answer, TestServer},
};

fn put(server: &TestServer, name: &str, body: &Value) -> Answer {
    server.ask("PUT", &format!("/api/providers/{name}")).json(body)
}

fn names(list: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list["providers"].as_array().unwrap().iter().map(|one| (text(&one["name"]), text(&one["source"]))).collect()
}

#[test]
fn a_provider_set_on_the_page_is_kept_for_its_owner_only_and_is_there_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let server = TestServer::start_in(data.path());
    let list = server.get("/api/providers").expect(200);
    assert_eq!((&list["default"], &list["defaultModel"]), (&json!("demo"), &json!("demo")));
    assert_eq!(names(&list), [("demo".into(), "builtin".into())]);
    let body =
        json!({ "kind": "anthropic", "address": "http://127.0.0.1:9/v1", "key": SECRET, "models": ["large", "small"] });
    let list = put(&server, "My%20Claude", &body).expect(200);
    assert_eq!(names(&list), [("My Claude".into(), "page".into()), ("demo".into(), "builtin".into())]);
    let mine = json!({ "name": "My Claude", "kind": "anthropic", "address": "http://127.0.0.1:9/v1/", "models": ["large", "small"],
        "hasKey": true, "source": "page", "default": true, "prices": {} });
    assert_eq!(list["providers"][0], mine);
    server.ask("PUT", "/api/providers/default").json(&json!({ "provider": "My Claude", "model": "small" })).expect(200);
    let kept = data.path().join("providers.json");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    drop(server);

    let server = TestServer::start_in(data.path());
    let list = server.get("/api/providers").expect(200);
    assert_eq!((&list["providers"][0], &list["defaultModel"], &list["problems"]), (&mine, &json!("small"), &json!([])));
    // Without a key in the body the key stays, as long as the address is the same.
    let same = json!({ "kind": "anthropic", "address": "http://127.0.0.1:9/other/v1" });
    assert_eq!(put(&server, "My%20Claude", &same).expect(200)["providers"][0]["hasKey"], true);
    let elsewhere = json!({ "kind": "anthropic", "address": "http://127.0.0.1:10/v1" });
    assert_eq!(put(&server, "My%20Claude", &elsewhere).refused(422), "key_needed");
    let none = json!({ "kind": "anthropic", "address": "http://127.0.0.1:10/v1", "key": null });
    assert_eq!(put(&server, "My%20Claude", &none).expect(200)["providers"][0]["hasKey"], false);
    assert!(!fs::read_to_string(&kept).unwrap().contains(SECRET));
    let list = server.ask("DELETE", "/api/providers/My%20Claude").send().expect(200);
    assert_eq!((names(&list).len(), &list["default"], &list["problems"]), (1, &json!("demo"), &json!([])));
    assert_eq!(server.ask("DELETE", "/api/providers/My%20Claude").send().refused(404), "provider_not_found");
}

#[test]
fn what_the_operator_set_is_listed_without_its_path_and_can_be_overruled_but_not_taken_away() {
    let data = tempfile::tempdir().unwrap();
    let file = json!({ "providers": [{ "name": "ours", "kind": "openai", "url": "http://127.0.0.1:9/secret-path/v1", "models": ["m"] }] });
    fs::write(data.path().join("models.json"), file.to_string()).unwrap();
    let server = TestServer::start_as(data.path(), &[], |command| {
        command.env("OPENAI_API_KEY", SECRET);
    });
    let list = server.get("/api/providers").expect(200);
    let builtin = ("demo".to_owned(), "builtin".to_owned());
    assert_eq!(
        names(&list),
        [("ours".into(), "file".into()), ("openai".into(), "environment".into()), builtin.clone()]
    );
    assert_eq!(list["providers"][0]["address"], "http://127.0.0.1:9");
    for name in ["ours", "openai", "demo"] {
        assert_eq!(
            server.ask("DELETE", &format!("/api/providers/{name}")).send().refused(409),
            "provider_set_elsewhere"
        );
    }
    // One of the page of the same name goes before it and gets nothing of its key.
    let list = put(&server, "openai", &json!({ "kind": "openai", "address": "http://127.0.0.1:9" })).expect(200);
    assert_eq!(names(&list), [("openai".into(), "page".into()), ("ours".into(), "file".into()), builtin]);
    assert_eq!((&list["providers"][0]["hasKey"], &list["default"]), (&json!(false), &json!("openai")));
    let chosen = server.ask("PUT", "/api/providers/default").json(&json!({ "provider": "ours" })).expect(200);
    assert_eq!((&chosen["default"], &chosen["defaultModel"]), (&json!("ours"), &json!("m")));
    assert_eq!(server.ask("DELETE", "/api/providers/default").send().expect(200)["default"], "openai");
    let back = server.ask("DELETE", "/api/providers/openai").send().expect(200);
    assert_eq!(
        (&back["providers"][1]["source"], &back["providers"][1]["hasKey"]),
        (&json!("environment"), &json!(true))
    );
}

#[test]
fn what_cannot_be_set_is_refused_with_a_sentence_that_repeats_nothing() {
    let server = TestServer::start();
    let whole = json!({ "kind": "openai", "address": "http://127.0.0.1:9", "key": SECRET });
    let with = |field: &str, value: Value| {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().insert(field.into(), value);
        body
    };
    for (name, body, code) in [
        ("mine", with("kind", json!(SECRET)), "invalid_body"),
        ("mine", with("kind", json!("demo")), "invalid_provider"),
        ("mine", with("models", json!(SECRET)), "invalid_body"),
        ("mine", with("models", json!([" "])), "invalid_provider"),
        ("mine", with("key", json!([SECRET])), "invalid_body"),
        ("mine", with("key", json!(format!("{SECRET}\n{SECRET}"))), "invalid_provider"),
        ("mine", with(SECRET, json!(1)), "invalid_body"),
        ("mine", with("address", json!(format!("http://{SECRET}@127.0.0.1:9"))), "invalid_provider"),
        ("mine", with("address", json!(format!("http://127.0.0.1:9?key={SECRET}"))), "invalid_provider"),
        ("mine", with("prices", json!({ "m": { "input": -1, "output": 1 } })), "invalid_body"),
        ("mine", json!({ "kind": "openai" }), "invalid_provider"),
        ("demo", whole.clone(), "invalid_provider"),
        ("a%2Fb", whole.clone(), "invalid_provider"),
    ] {
        let answer = put(&server, name, &body);
        assert!(!answer.text().contains(SECRET), "{}", answer.text());
        assert_eq!(answer.refused(422), code, "{name} {body}");
    }
    let unknown = server.ask("PUT", "/api/providers/default").json(&json!({ "provider": "nobody" }));
    assert_eq!(unknown.refused(404), "provider_not_found");
    assert_eq!(
        server.ask("PUT", "/api/providers/default").json(&json!({ "kind": "openai" })).refused(422),
        "invalid_body"
    );
    assert_eq!(server.ask("POST", "/api/providers/nobody/test").send().refused(404), "provider_not_found");
    assert_eq!(server.get("/api/providers/nobody/models").refused(404), "provider_not_found");
    assert_eq!(names(&server.get("/api/providers").expect(200)).len(), 1);
}

#[test]
fn settings_that_cannot_be_read_are_said_and_not_replaced() {
    let data = tempfile::tempdir().unwrap();
    let kept = data.path().join("providers.json");
    fs::write(&kept, "{ broken").unwrap();
    let server = TestServer::start_in(data.path());
    let problems = server.get("/api/providers").expect(200)["problems"].clone();
    assert_eq!(problems, json!(["providers.json is not valid JSON: look at line 1, column 3."]));
    let body = json!({ "kind": "ollama" });
    assert_eq!(put(&server, "local", &body).refused(409), "settings_unreadable");
    assert_eq!(fs::read_to_string(&kept).unwrap(), "{ broken");
}

#[test]
fn a_viewer_asks_no_provider_anything() {
    let server = TestServer::start_with(&["--viewer-token", VIEWER]);
    let bearer = format!("Bearer {}", VIEWER);
    let ask = |method, path| server.ask_without_token(method, path).header("authorization", &bearer).send();
    ask("GET", "/api/providers").expect(200);
    assert_eq!(ask("GET", "/api/providers/demo/models").refused(403), "read_only");
    assert_eq!(ask("POST", "/api/providers/demo/test").refused(403), "read_only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_tells_whether_a_provider_answers_and_which_models_it_has() {
    let server = TestServer::start();
    let tested = |name: &str| server.ask("POST", &format!("/api/providers/{name}/test")).send().expect(200);
    assert_eq!(tested("demo"), json!({ "ok": true, "models": ["demo"] }));
    let script = Script::new().await;
    let body = json!({ "kind": "openai", "address": format!("http://{}", script.address), "key": SECRET });
    put(&server, "mine", &body).expect(200);
    let list = protocol::list(KIND).1.to_string();
    let tells_models = async || {
        let mut connection = script.accept().await;
        assert_eq!(connection.request().await.line, "GET /v1/models");
        connection.answer("200 OK", "", &list).await;
    };
    let works = async {
        tells_models().await;
        let mut connection = script.accept().await;
        assert_eq!(connection.request().await.body["model"], "tiny");
        connection.begin(protocol::mime(KIND)).await;
        connection.write(&(protocol::start(KIND) + &protocol::text(KIND, "Hello"))).await;
        // One word is enough.
        connection.closed().await;
    };
    assert_eq!(meanwhile(|| tested("mine"), works), json!({ "ok": true, "models": ["tiny", "big"] }));
    let refuses = async {
        tells_models().await;
        let mut connection = script.accept().await;
        connection.request().await;
        connection.answer("401 Unauthorized", "", &json!({ "error": { "message": SECRET } }).to_string()).await;
    };
    let sentence = "“mine” does not accept the key (401). Correct it in the settings.";
    let failed = json!({ "ok": false, "models": ["tiny", "big"], "sentence": sentence });
    assert_eq!(meanwhile(|| tested("mine"), refuses), failed);
    let models = || server.get("/api/providers/mine/models").expect(200);
    assert_eq!(meanwhile(models, tells_models()), json!({ "models": ["tiny", "big"] }));
    drop(script);
    assert_eq!(server.get("/api/providers/mine/models").refused(502), "provider_failed");
}
