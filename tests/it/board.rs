//! Projects, tasks and sessions over REST: the samples of seed 001 as they are written there, defaults, refusals, pages,
//! versions, retries; with the real curl.

use std::process::Command;

use serde_json::{Value, json};

use crate::server::TestServer;

/// The real curl, as the seed calls it, against a server that asks for no token.
fn curl(server: &TestServer, arguments: &[&str]) -> (u16, Value) {
    let arguments: Vec<String> =
        arguments.iter().map(|text| text.replace("http://localhost:3000/", &server.url)).collect();
    let output = Command::new("curl").args(["-sS", "-w", "\n%{http_code}"]).args(arguments).output().expect("curl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
}

fn task(server: &TestServer, body: &Value) -> Value {
    server.post("/api/tasks", body).expect(201)
}

fn titles(list: &Value) -> Vec<&str> {
    list["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect()
}

#[test]
fn ms_01_ms_03_ms_04_ms_05_the_samples_of_the_seed_work_as_they_are_written() {
    let server = TestServer::start_with(&["--no-token"]);
    server.post("/api/projects", &json!({ "id": "proj_123", "name": "Seed" })).expect(201);
    let task = server
        .post(
            "/api/tasks",
            &json!({ "projectId": "proj_123", "title": "New task from external app", "priority": "high" }),
        )
        .expect(201);
    assert_eq!((&task["status"], &task["priority"]), (&json!("pending"), &json!("high")));
    assert_eq!((&task["sessionIds"], &task["sessionCount"]), (&json!([]), &json!(0)));
    assert_eq!((&task["description"], &task["prompt"]), (&json!(""), &json!("")));
    assert!(task["createdAt"].as_i64().unwrap() > 1_700_000_000_000 && task["createdAt"] == task["updatedAt"]);
    let claude = json!({
        "projectId": "proj_123", "title": "Refactor authentication service",
        "description": "Split auth into microservice", "priority": "high", "prompt": "Refactor the monolithic auth..."
    });
    let made = server.post("/api/tasks", &claude).expect(201);
    for (field, value) in claude.as_object().unwrap() {
        assert_eq!(&made[field], value);
    }
    server.post("/api/tasks", &json!({ "id": "task_123", "title": "By its name" })).expect(201);
    let done = json!({ "status": "completed", "completedAt": 1_234_567_890_123_i64 });
    let changed = server.ask("PATCH", "/api/tasks/task_123").json(&done).expect(200);
    assert_eq!((&changed["status"], &changed["completedAt"]), (&done["status"], &done["completedAt"]));
    server.post("/api/sessions", &json!({ "id": "sess_789" })).expect(201);
    let (status, _) = curl(&server, &["-X", "DELETE", "http://localhost:3000/api/sessions/sess_789"]);
    assert_eq!(status, 204);
    server.get("/api/sessions/sess_789").refused(404);
    server.post("/api/tasks", &json!({ "id": "task_abc123", "title": "For curl" })).expect(201);
    let patch = r#"{"status": "completed"}"#;
    let arguments = [
        "-X",
        "PATCH",
        "http://localhost:3000/api/tasks/task_abc123",
        "-H",
        "Content-Type: application/json",
        "-d",
        patch,
    ];
    let (status, changed) = curl(&server, &arguments);
    assert_eq!((status, &changed["status"]), (200, &json!("completed")));
    assert_eq!(changed["completedAt"], changed["updatedAt"]);
}

#[test]
fn a_first_project_exists_and_takes_what_names_none() {
    let server = TestServer::start();
    let projects = server.get("/api/projects").expect(200);
    assert_eq!(projects["projects"].as_array().unwrap().len(), 1);
    let made = task(&server, &json!({ "title": "Anywhere" }));
    assert_eq!(made["projectId"], projects["projects"][0]["id"]);
    let session = server.ask("POST", "/api/sessions").send().expect(201);
    assert_eq!((&session["projectId"], &session["status"]), (&made["projectId"], &json!("running")));
    assert_eq!(server.get("/api/projects/default").expect(200)["taskCount"], 1);
}

#[test]
fn ms_04_a_patch_leaves_what_it_does_not_name() {
    let server = TestServer::start();
    let made = task(&server, &json!({ "title": "T", "description": "D", "prompt": "P", "priority": "low" }));
    let path = format!("/api/tasks/{}", made["id"].as_str().unwrap());
    for (field, value) in [
        ("title", json!("T2")),
        ("description", json!("D2 😀")),
        ("prompt", json!("")),
        ("status", json!("in_progress")),
        ("priority", json!("high")),
        ("references", json!([{ "notebook": "n", "cell": "c" }, { "notebook": "n2" }])),
    ] {
        let before = server.get(&path).expect(200);
        let after = server.ask("PATCH", &path).json(&json!({ field: value })).expect(200);
        let mut wanted = before.clone();
        (wanted[field], wanted["updatedAt"]) = (value, after["updatedAt"].clone());
        assert_eq!(after, wanted);
        assert!(after["updatedAt"].as_i64() > before["updatedAt"].as_i64());
        assert_eq!(server.get(&path).expect(200), after);
    }
}

#[test]
fn ms_07_what_is_wrong_is_refused_with_a_sentence_and_tells_nothing() {
    let server = TestServer::start();
    let made = task(&server, &json!({ "id": "t", "title": "T" }));
    server.post("/api/sessions", &json!({ "id": "s" })).expect(201);
    let seen = server.last_event();
    let post = |path: &str, body: Value| server.post(path, &body);
    let patch = |path: &str, body: Value| server.ask("PATCH", path).json(&body);
    for (answer, status, code) in [
        (post("/api/tasks", json!({ "title": "x", "colour": "red" })), 422, "invalid_body"),
        (post("/api/tasks", json!({ "title": 5 })), 422, "invalid_body"),
        (post("/api/tasks", json!({})), 422, "invalid_body"),
        (post("/api/tasks", json!({ "title": "" })), 422, "invalid_text"),
        (post("/api/tasks", json!({ "title": "a\nb" })), 422, "invalid_text"),
        (post("/api/tasks", json!({ "title": "x", "priority": "urgent" })), 422, "invalid_body"),
        (post("/api/tasks", json!({ "title": "x", "completedAt": 5 })), 422, "not_completed"),
        (post("/api/tasks", json!({ "title": "x", "projectId": "proj_9" })), 404, "project_not_found"),
        (post("/api/tasks", json!({ "title": "x", "sessionIds": ["q"] })), 404, "session_not_found"),
        (post("/api/tasks", json!({ "title": "x", "id": "t" })), 409, "task_exists"),
        (post("/api/tasks", json!({ "title": "x", "id": "a b" })), 422, "invalid_body"),
        (patch("/api/tasks/t", json!({ "sessionCount": 3 })), 422, "invalid_body"),
        (patch("/api/tasks/t", json!({ "status": "done" })), 422, "invalid_body"),
        (patch("/api/tasks/t", json!({ "status": "completed", "completedAt": -1 })), 422, "invalid_moment"),
        (patch("/api/tasks/task_9", json!({ "title": "x" })), 404, "task_not_found"),
        (post("/api/sessions", json!({ "id": "s" })), 409, "session_exists"),
        (post("/api/sessions", json!({ "taskIds": ["q"] })), 404, "task_not_found"),
        (post("/api/sessions/s/tasks/q", json!({})), 404, "task_not_found"),
        (server.ask("DELETE", "/api/sessions/s/tasks/t").send(), 404, "task_not_in_session"),
        (server.ask("DELETE", "/api/sessions/sess_9").send(), 404, "session_not_found"),
        (post("/api/projects", json!({ "name": "x", "id": "default" })), 409, "project_exists"),
        (post("/api/projects", json!({})), 422, "invalid_body"),
        (server.get("/api/projects/proj_9"), 404, "project_not_found"),
        (server.get("/api/tasks?status=done"), 400, "invalid_parameter"),
        (server.get("/api/tasks?project=default"), 400, "invalid_parameter"),
        (server.get("/api/tasks?limit=0"), 400, "invalid_parameter"),
        (server.get("/api/tasks?cell=c"), 400, "invalid_parameter"),
        (server.ask("POST", "/api/tasks").header("content-type", "application/json").bytes(b"{"), 400, "invalid_json"),
    ] {
        assert_eq!(answer.refused(status), code);
    }
    assert_eq!(server.logged(seen), Vec::<Value>::new());
    assert_eq!(server.get("/api/tasks/t").expect(200), made);
    let unknown = server.get("/api/tasks/task_9").json();
    assert_eq!(unknown["error"]["message"], "No task has the id task_9.");
}

#[test]
fn an_id_can_be_chosen_once_in_the_whole_server() {
    let server = TestServer::start();
    server.post("/api/projects", &json!({ "id": "other", "name": "Other" })).expect(201);
    task(&server, &json!({ "id": "t", "title": "T" }));
    let refused = server.post("/api/tasks", &json!({ "id": "t", "title": "T", "projectId": "other" }));
    assert_eq!(refused.refused(409), "task_exists");
    server.ask("DELETE", "/api/tasks/t").send().expect(204);
    assert_eq!(server.post("/api/tasks", &json!({ "id": "t", "title": "T" })).refused(409), "task_exists");
    assert_eq!(server.ask("POST", "/api/tasks/t/restore").send().expect(200)["title"], "T");
    let race = |_| server.post("/api/tasks", &json!({ "id": "raced", "title": "R", "projectId": "other" })).status;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..8).map(|number| scope.spawn(move || race(number))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
}

#[test]
fn ms_12_sessions_and_tasks_agree_whoever_is_asked() {
    let server = TestServer::start();
    for id in ["a", "b"] {
        task(&server, &json!({ "id": id, "title": id }));
    }
    server.post("/api/sessions", &json!({ "id": "s1", "name": "One", "taskIds": ["a"] })).expect(201);
    server.post("/api/sessions", &json!({ "id": "s2", "taskIds": ["a", "b"], "notebook": "welcome" })).expect(201);
    let of = |id: &str| {
        let task = server.get(&format!("/api/tasks/{id}")).expect(200);
        (task["sessionIds"].clone(), task["sessionCount"].clone())
    };
    assert_eq!(of("a"), (json!(["s1", "s2"]), json!(2)));
    let changed = server.ask("POST", "/api/sessions/s1/tasks/b").send().expect(200);
    assert_eq!(changed["taskIds"], json!(["a", "b"]));
    assert_eq!(server.ask("POST", "/api/sessions/s1/tasks/b").send().expect(200), changed);
    assert_eq!(of("b"), (json!(["s2", "s1"]), json!(2)));
    server.ask("DELETE", "/api/sessions/s2").send().expect(204);
    assert_eq!((of("a"), of("b")), ((json!(["s1"]), json!(1)), (json!(["s1"]), json!(1))));
    let changed = server.ask("DELETE", "/api/sessions/s1/tasks/a").send().expect(200);
    assert_eq!((&changed["taskIds"], of("a")), (&json!(["b"]), (json!([]), json!(0))));
    let back = server.ask("POST", "/api/sessions/s2/restore").send().expect(200);
    assert_eq!((&back["taskIds"], &back["notebook"]), (&json!(["a", "b"]), &json!("welcome")));
    let alive = server.ask("POST", "/api/sessions/s2/heartbeat").send().expect(200);
    assert!(alive["lastHeartbeat"].as_i64().unwrap() > 0);
    let left =
        server.ask("PATCH", "/api/sessions/s2").json(&json!({ "notebook": null, "status": "failed" })).expect(200);
    assert!(left.get("notebook").is_none() && left["completedAt"].as_i64().is_some());
    let list = |query: &str| {
        let list = server.get(&format!("/api/sessions?{query}")).expect(200);
        list["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(list("taskId=a"), ["s2"]);
    assert_eq!(list("status=running"), ["s1"]);
    assert_eq!(list("projectId=default").len(), 2);
}

#[test]
fn lists_are_filtered_and_read_in_pages() {
    let server = TestServer::start();
    server.post("/api/projects", &json!({ "id": "other", "name": "Other" })).expect(201);
    for number in 0..7 {
        let priority = if number % 2 == 0 { "high" } else { "low" };
        let project = if number == 6 { "other" } else { "default" };
        task(
            &server,
            &json!({ "title": number.to_string(), "priority": priority, "projectId": project,
            "references": [{ "notebook": "n", "cell": format!("c{number}") }] }),
        );
    }
    let list = |query: &str| server.get(&format!("/api/tasks?{query}")).expect(200);
    assert_eq!(titles(&list("")), ["5", "4", "3", "2", "1", "0", "6"]);
    assert_eq!(titles(&list("projectId=default&priority=high")), ["4", "2", "0"]);
    assert_eq!(titles(&list("notebook=n&cell=c3")), ["3"]);
    assert_eq!(titles(&list("notebook=n")).len(), 7);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = list(&format!("limit=2{after}"));
        seen.extend(titles(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, ["5", "4", "3", "2", "1", "0", "6"]);
    let top = list("projectId=default")["tasks"][0]["id"].as_str().unwrap().to_owned();
    let last = list("projectId=default")["tasks"][5]["id"].as_str().unwrap().to_owned();
    server.post(&format!("/api/tasks/{last}/move"), &json!({ "after": top })).expect(200);
    assert_eq!(titles(&list("projectId=default")), ["5", "0", "4", "3", "2", "1"]);
    server.ask("DELETE", &format!("/api/tasks/{last}")).send().expect(204);
    assert_eq!(titles(&list("deleted=true")), ["0"]);
}

#[test]
fn ms_16_with_if_match_the_second_of_two_writers_is_told_and_without_it_the_last_one_wins() {
    let server = TestServer::start();
    task(&server, &json!({ "id": "t", "title": "T" }));
    let etag = server.get("/api/tasks/t").header("etag").to_owned();
    let write = |etag: &str, title: &str| {
        server.ask("PATCH", "/api/tasks/t").header("if-match", etag).json(&json!({ "title": title }))
    };
    let first = write(&etag, "first");
    let next = first.header("etag").to_owned();
    first.expect(200);
    assert_eq!(write(&etag, "second").refused(409), "changed_meanwhile");
    write(&next, "third").expect(200);
    write("*", "any").expect(200);
    assert_eq!(write("nonsense", "x").refused(400), "invalid_if_match");
    assert_eq!(server.ask("DELETE", "/api/tasks/t").header("if-match", &etag).send().refused(409), "changed_meanwhile");
    assert_eq!(server.get("/api/tasks/t").expect(200)["title"], "any");
}

#[test]
fn ms_16_two_fields_patched_at_the_same_time_are_both_kept_and_told_in_order() {
    let server = TestServer::start();
    for round in 0..10 {
        let id = format!("t{round}");
        task(&server, &json!({ "id": id, "title": "T" }));
        let seen = server.last_event();
        let patch = |body: Value| server.ask("PATCH", &format!("/api/tasks/t{round}")).json(&body).expect(200);
        std::thread::scope(|scope| {
            scope.spawn(|| patch(json!({ "status": "in_progress" })));
            scope.spawn(|| patch(json!({ "priority": "high" })));
        });
        let made = server.get(&format!("/api/tasks/{id}")).expect(200);
        assert_eq!((&made["status"], &made["priority"]), (&json!("in_progress"), &json!("high")));
        let told = server.logged(seen);
        assert_eq!(told.len(), 2);
        assert!(told[0]["data"]["updatedAt"].as_i64() < told[1]["data"]["updatedAt"].as_i64(), "{told:?}");
    }
}

#[test]
fn ms_31_a_retried_post_makes_one_task() {
    let server = TestServer::start();
    let post = || server.ask("POST", "/api/tasks").header("idempotency-key", "k1").json(&json!({ "title": "Once" }));
    let (first, second) = (post().expect(201), post().expect(201));
    assert_eq!(first, second);
    assert_eq!(titles(&server.get("/api/tasks").expect(200)), ["Once"]);
}

#[test]
fn ms_06_a_page_of_an_allowed_origin_may_use_the_board_and_others_may_not() {
    let server = TestServer::start_with(&["--allow-origin", "https://app.example"]);
    let preflight = |origin: &str| {
        server
            .ask_without_token("OPTIONS", "/api/tasks/t")
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "if-match,content-type")
            .send()
    };
    let allowed = preflight("https://app.example");
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example");
    assert!(allowed.header("access-control-allow-headers").contains("if-match"));
    assert_eq!(preflight("https://evil.example").header("access-control-allow-origin"), "");
    let write = |origin: &str| server.ask("POST", "/api/tasks").header("origin", origin).json(&json!({ "title": "x" }));
    write("https://app.example").expect(201);
    assert_eq!(write("https://evil.example").refused(403), "origin_not_allowed");
}

#[test]
fn a_project_goes_into_the_bin_with_all_that_is_in_it_and_comes_back() {
    let server = TestServer::start();
    server.post("/api/projects", &json!({ "id": "p", "name": "P", "description": "D" })).expect(201);
    task(&server, &json!({ "id": "t", "title": "T", "projectId": "p" }));
    let changed = server.ask("PATCH", "/api/projects/p").json(&json!({ "name": "Q" })).expect(200);
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Q"), &json!("D")));
    server.ask("DELETE", "/api/projects/p").send().expect(204);
    assert_eq!(server.get("/api/tasks/t").refused(410), "project_deleted");
    assert_eq!(server.get("/api/tasks").expect(200)["tasks"], json!([]));
    assert_eq!(server.ask("POST", "/api/projects/p/restore").send().expect(200)["name"], "Q");
    assert_eq!(server.get("/api/tasks/t").expect(200)["title"], "T");
}

#[test]
fn ms_08_the_board_is_there_after_kill_9_with_every_answer_that_was_given() {
    let data = tempfile::tempdir().unwrap();
    let mut server = TestServer::start_in(data.path());
    let mut made = Vec::new();
    for round in 0..5 {
        for number in 0..10 {
            made.push(task(&server, &json!({ "title": format!("{round}-{number}") })));
        }
        server.signal("KILL");
        server.wait();
        drop(server);
        server = TestServer::start_in(data.path());
        for task in &made {
            assert_eq!(&server.get(&format!("/api/tasks/{}", task["id"].as_str().unwrap())).expect(200), task);
        }
    }
}
