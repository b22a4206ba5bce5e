//! `/mcp` from outside, as agents speak it: JSON-RPC over HTTP. The published clients are in `tests/conformance`.

use serde_json::{Value, json};
use yrs::sync::Message as Protocol;

use crate::{
    peer::{Peer, text, type_into},
    python::server_with_python,
    server::{Answer, TestServer},
};

/// An agent with a token of its own.
struct Agent<'a> {
    server: &'a TestServer,
    secret: String,
}

impl<'a> Agent<'a> {
    fn new(server: &'a TestServer, name: &str, scopes: &[&str]) -> Self {
        let made = server.post("/api/tokens", &json!({ "name": name, "scopes": scopes })).expect(201);
        Self { server, secret: made["secret"].as_str().unwrap().to_owned() }
    }

    fn all(server: &'a TestServer, name: &str) -> Self {
        Self::new(server, name, &["notebooks:write", "runs:execute", "tasks:write"])
    }

    fn request(&self, method: &str, params: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.secret);
        self.server
            .ask_without_token("POST", "/mcp")
            .header("authorization", &bearer)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-06-18")
            .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
    }

    fn call(&self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", &json!({ "name": tool, "arguments": arguments })).expect(200)
    }

    /// What a tool that did its work tells.
    #[track_caller]
    fn done(&self, tool: &str, arguments: Value) -> Value {
        let answer = self.call(tool, arguments);
        assert_ne!(answer["result"]["isError"], true, "{tool}: {answer}");
        assert!(answer["result"]["structuredContent"].is_object(), "{tool}: {answer}");
        answer["result"]["structuredContent"].clone()
    }

    /// The sentence of a tool that refused.
    #[track_caller]
    fn refused(&self, tool: &str, arguments: Value) -> String {
        let answer = self.call(tool, arguments);
        assert_eq!(answer["result"]["isError"], true, "{tool}: {answer}");
        answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

#[test]
fn ms_34_an_agent_introduces_itself_and_every_tool_has_a_description_and_schemas() {
    let server = TestServer::start();
    let agent = Agent::all(&server, "Robot");
    let client =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let begun = agent.request("initialize", &client).expect(200);
    assert_eq!(begun["result"]["serverInfo"]["name"], "coscribe");
    assert!(begun["result"]["instructions"].as_str().unwrap().contains("edit_cell"));
    let listed = agent.request("tools/list", &json!({})).expect(200);
    let tools = listed["result"]["tools"].as_array().unwrap().clone();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    for wanted in [
        "list_notebooks",
        "read_notebook",
        "create_notebook",
        "read_cell",
        "create_cell",
        "edit_cell",
        "move_cell",
        "delete_cell",
        "restore_cell",
        "read_outputs",
        "run_cell",
        "wait_for_run",
        "stop_cell",
        "list_projects",
        "list_tasks",
        "create_task",
        "update_task",
        "delete_task",
        "restore_task",
        "list_sessions",
        "create_session",
        "update_session",
        "delete_session",
        "restore_session",
        "link_task",
        "unlink_task",
    ] {
        assert!(names.contains(&wanted), "no tool {wanted} in {names:?}");
    }
    assert!(!listed.to_string().contains("\"uint"), "clients warn of formats that they do not know");
    for tool in &tools {
        assert!(tool["description"].as_str().is_some_and(|text| text.len() > 10), "{tool}");
        assert_eq!((&tool["inputSchema"]["type"], &tool["outputSchema"]["type"]), (&json!("object"), &json!("object")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ms_34_an_agent_edits_by_what_it_read_and_a_stale_edit_is_refused_with_the_text_as_it_is() {
    let server = TestServer::start();
    let (notebook, first) = server.notebook();
    let agent = Agent::all(&server, "Robot");
    let made = agent.done("create_cell", json!({ "notebook": notebook, "kind": "code", "source": "x = 1\ny = 1\n" }));
    let cell = made["id"].as_str().unwrap().to_owned();
    let edit = |base: &Value, old: &str, new: &str| json!({ "notebook": notebook, "cell": cell, "base": base, "old": old, "new": new });
    let edited = agent.done("edit_cell", edit(&made["version"], "x = 1", "x = 2"));
    assert_eq!(edited["source"], "x = 2\ny = 1\n");
    // Somebody types; the agent does not know.
    let mut ana = Peer::join(&server, &notebook).await;
    type_into(&mut ana, &cell, 0, "# hers\n").await;
    ana.ask_for_everything().await;
    let sentence = agent.refused("edit_cell", edit(&edited["version"], "y = 1", "y = 2"));
    assert!(sentence.contains("has changed since") && sentence.contains("# hers\nx = 2\ny = 1\n"), "{sentence}");
    let now = agent.done("read_cell", json!({ "notebook": notebook, "cell": cell }));
    assert!(sentence.contains(now["version"].as_str().unwrap()), "{sentence}");
    assert!(agent.refused("edit_cell", edit(&now["version"], "= ", "=")).contains("stands 2 times"));
    assert!(agent.refused("edit_cell", edit(&now["version"], "z", "q")).contains("stands 0 times"));
    agent.done("edit_cell", edit(&now["version"], "y = 1", "y = 2"));
    ana.until(|doc| text(doc, &cell) == "# hers\nx = 2\ny = 2\n").await;
    let empty = agent.done("read_cell", json!({ "notebook": notebook, "cell": first }));
    let filled = json!({ "notebook": notebook, "cell": first, "base": empty["version"], "old": "", "new": "# T" });
    assert_eq!(agent.done("edit_cell", filled)["source"], "# T");
}

#[test]
fn ms_34_cells_are_moved_deleted_and_restored_and_long_notebooks_read_in_pages() {
    let server = TestServer::start();
    let agent = Agent::all(&server, "Robot");
    let notebook = agent.done("create_notebook", json!({ "title": "Made by an agent" }))["id"].clone();
    let create = |source: &str| {
        let wanted = json!({ "notebook": notebook, "kind": "note", "source": source });
        agent.done("create_cell", wanted)["id"].clone()
    };
    let (long, last) = (create(&"a".repeat(100_000)), create("b"));
    let read = |after: Option<&Value>| agent.done("read_notebook", json!({ "notebook": notebook, "after": after }));
    let page = read(None);
    assert_eq!((page["cells"].as_array().unwrap().len(), &page["next"]), (2, &long));
    assert_eq!(read(Some(&page["next"]))["cells"][0]["id"], last);
    agent.done("move_cell", json!({ "notebook": notebook, "cell": last }));
    assert_eq!(read(None)["cells"][0]["id"], last);
    let deleted = agent.done("delete_cell", json!({ "notebook": notebook, "cell": last }));
    assert_eq!(deleted["source"], "b");
    assert_eq!(read(None)["bin"], json!([last]));
    assert!(agent.refused("read_cell", json!({ "notebook": notebook, "cell": last })).contains("in the bin"));
    agent.done("restore_cell", json!({ "notebook": notebook, "cell": last }));
    assert_eq!(read(None)["cells"][0]["id"], last);
    assert!(agent.refused("read_notebook", json!({ "notebook": "none" })).contains("none"));
    let listed = agent.done("list_notebooks", json!({}));
    assert_eq!(listed["notebooks"][0]["title"], "Made by an agent");
}

#[test]
fn ms_24_ms_34_the_board_has_the_same_verbs_for_agents_and_events_tell_who_it_was() {
    let server = TestServer::start();
    let agent = Agent::new(&server, "Robot", &["tasks:write"]);
    let project = agent.done("create_project", json!({ "name": "P" }))["project"]["id"].clone();
    let task =
        agent.done("create_task", json!({ "title": "T", "projectId": project, "priority": "high" }))["task"].clone();
    let session = agent.done("create_session", json!({ "name": "S", "projectId": project }))["session"].clone();
    let pair = json!({ "session": session["id"], "task": task["id"] });
    assert_eq!(agent.done("link_task", pair.clone())["session"]["taskIds"], json!([task["id"]]));
    let changes = json!({ "task": task["id"], "changes": { "status": "completed" } });
    assert_eq!(agent.done("update_task", changes)["task"]["status"], "completed");
    let list = agent.done("list_tasks", json!({ "projectId": project, "status": "completed" }));
    assert_eq!((&list["tasks"][0]["id"], &list["tasks"][0]["sessionCount"]), (&task["id"], &json!(1)));
    agent.done("heartbeat", json!({ "session": session["id"] }));
    assert_eq!(agent.done("unlink_task", pair)["session"]["taskIds"], json!([]));
    let ended = json!({ "session": session["id"], "changes": { "status": "completed" } });
    assert_eq!(agent.done("update_session", ended)["session"]["status"], "completed");
    agent.done("delete_session", json!({ "session": session["id"] }));
    agent.done("delete_task", json!({ "task": task["id"] }));
    assert!(agent.refused("get_task", json!({ "task": task["id"] })).contains("task"));
    assert_eq!(agent.done("restore_task", json!({ "task": task["id"] }))["task"]["title"], task["title"]);
    assert_eq!(agent.done("restore_session", json!({ "session": session["id"] }))["session"]["id"], session["id"]);
    let robot = json!({ "name": "Robot", "kind": "agent" });
    let told: Vec<_> = server.logged(0).into_iter().filter(|event| event["actor"] == robot).collect();
    for kind in ["project:created", "task:created", "task:updated", "task:session_added", "session:deleted"] {
        assert!(told.iter().any(|event| event["event"] == kind), "no {kind} in {told:?}");
    }
    let deeds = server.get("/api/audit").expect(200);
    let found = deeds["entries"].as_array().unwrap().iter().find(|deed| deed["action"] == "MCP create_task").cloned();
    let found = found.unwrap();
    assert_eq!((&found["actor"], &found["address"], &found["status"]), (&robot, &json!("127.0.0.1"), &json!(200)));
    let unknown = agent.call("create_task", json!({ "title": "x", "colour": "red" }));
    assert!(unknown.to_string().contains("colour"), "{unknown}");
}

#[test]
fn ms_33_ms_34_each_tool_needs_its_scope_and_a_revoked_token_none() {
    let server = TestServer::start();
    let (notebook, cell) = server.notebook();
    let agent = Agent::new(&server, "Reader", &["notebooks:read"]);
    agent.done("read_cell", json!({ "notebook": notebook, "cell": cell }));
    let create = json!({ "notebook": notebook, "kind": "note", "source": "" });
    assert!(agent.refused("create_cell", create).contains("the scope notebooks:write"));
    assert!(
        agent.refused("run_cell", json!({ "notebook": notebook, "cell": cell })).contains("the scope runs:execute")
    );
    assert!(agent.refused("list_tasks", json!({})).contains("the scope tasks:read"));
    assert!(agent.refused("create_task", json!({ "title": "x" })).contains("the scope tasks:write"));
    let denied = server.get("/api/audit").expect(200);
    let denied: Vec<_> = denied["entries"].as_array().unwrap().iter().filter(|deed| deed["status"] == 403).collect();
    assert_eq!(denied.len(), 3, "{denied:?}");
    let id = server.get("/api/tokens").expect(200)["tokens"][0]["id"].as_str().unwrap().to_owned();
    server.ask("DELETE", &format!("/api/tokens/{id}")).send().expect(204);
    assert_eq!(agent.request("tools/list", &json!({})).refused(401), "unauthorized");
}

#[test]
fn ms_34_pages_of_other_origins_are_refused_and_other_names_of_the_server_are_not() {
    let server = TestServer::start_with(&["--allow-origin", "https://app.example"]);
    let list = |headers: &[(&str, &str)]| {
        let request = server.ask("POST", "/mcp").header("accept", "application/json, text/event-stream");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        request.json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }))
    };
    assert_eq!(list(&[("origin", "https://evil.example")]).refused(403), "origin_not_allowed");
    for headers in [&[("origin", "https://app.example")][..], &[("host", "notes.example")], &[]] {
        assert!(list(headers).expect(200)["result"]["tools"].is_array(), "{headers:?}");
    }
    let stranger = server.ask_without_token("POST", "/mcp").json(&json!({}));
    assert_eq!(stranger.refused(401), "unauthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn ms_24_people_see_the_name_and_the_caret_of_an_agent_where_it_edits() {
    let server = TestServer::start();
    let (notebook, cell) = server.notebook();
    let agent = Agent::all(&server, "Robot");
    let mut ana = Peer::join(&server, &notebook).await;
    let read = agent.done("read_cell", json!({ "notebook": notebook, "cell": cell }));
    let edit = json!({ "notebook": notebook, "cell": cell, "base": read["version"], "old": "", "new": "x = é1" });
    agent.done("edit_cell", edit);
    let seen = seen(&mut ana).await;
    assert_eq!((&seen["user"]["name"], &seen["user"]["kind"]), (&json!("Robot"), &json!("agent")));
    assert_eq!(seen["cell"], cell.as_str());
    let place: yrs::StickyIndex = serde_json::from_value(seen["cursors"][0]["anchor"].clone()).unwrap();
    ana.until(|doc| text(doc, &cell) == "x = é1").await;
    let offset = place.get_offset(&yrs::Transact::transact(&ana.doc)).unwrap();
    assert_eq!(offset.index, 6, "at the end of what it wrote");
    let authors = ana.doc.get_or_insert_map("authors");
    let named: Vec<_> = {
        use yrs::{Any, Map, Out, Transact};
        let txn = ana.doc.transact();
        let told = |out: Out| if let Out::Any(Any::Map(author)) = out { author.get("name").cloned() } else { None };
        authors.iter(&txn).filter_map(|(_, author)| told(author)).collect()
    };
    assert!(named.contains(&"Robot".into()), "the document tells who wrote: {named:?}");
    let id = server.get("/api/tokens").expect(200)["tokens"][0]["id"].as_str().unwrap().to_owned();
    server.ask("DELETE", &format!("/api/tokens/{id}")).send().expect(204);
    loop {
        if let Protocol::Awareness(update) = ana.message().await
            && update.clients.values().any(|entry| &*entry.json == "null")
        {
            break;
        }
    }
}

/// What the first who is seen says of itself.
async fn seen(peer: &mut Peer) -> Value {
    loop {
        let Protocol::Awareness(update) = peer.message().await else { continue };
        let states = update.clients.values().filter_map(|entry| serde_json::from_str::<Value>(&entry.json).ok());
        if let Some(state) = states.into_iter().find(Value::is_object) {
            return state;
        }
    }
}

#[test]
fn ms_34_an_agent_runs_code_waits_reads_its_outputs_and_stops_what_does_not_end() {
    let (server, _data) = server_with_python();
    let agent = Agent::all(&server, "Robot");
    let notebook = agent.done("create_notebook", json!({}))["id"].clone();
    let cell = |source: &str| {
        let wanted = json!({ "notebook": notebook, "kind": "code", "source": source });
        agent.done("create_cell", wanted)["id"].clone()
    };
    let of = |cell: &Value| json!({ "notebook": notebook, "cell": cell, "wait": 60 });
    let sum = cell("for n in range(6000):\n    print(n)\n6 * 7");
    let ran = agent.done("run_cell", of(&sum));
    assert_eq!((&ran["state"], &ran["cell"]), (&json!("ok"), &sum), "{ran}");
    assert!(ran["outputs"]["text"].as_str().unwrap().starts_with("0\n1\n2\n"), "{ran}");
    let next = json!({ "notebook": notebook, "cell": sum, "offset": ran["outputs"]["next"] });
    let rest = agent.done("read_outputs", next);
    assert!(rest["text"].as_str().unwrap().ends_with("5999\n42"), "{rest}");
    let failed = agent.done("run_cell", of(&cell("1 / 0")));
    assert_eq!(failed["state"], "failed");
    assert!(failed["outputs"]["text"].as_str().unwrap().contains("ZeroDivisionError: division by zero"), "{failed}");
    let endless = cell("import time\nwhile True:\n    time.sleep(0.1)");
    let begun = agent.done("run_cell", json!({ "notebook": notebook, "cell": endless, "wait": 0 }));
    assert!(["queued", "running"].contains(&begun["state"].as_str().unwrap()), "{begun}");
    agent.done("stop_cell", json!({ "notebook": notebook, "cell": endless }));
    let ended = agent.done("wait_for_run", json!({ "notebook": notebook, "run": begun["run"], "wait": 60 }));
    assert_eq!(ended["state"], "cancelled", "{ended}");
    let started = server.logged(0).into_iter().rev().find(|event| event["event"] == "run:queued").unwrap();
    assert_eq!(started["actor"], json!({ "name": "Robot", "kind": "agent" }));
    assert!(agent.refused("run_cell", json!({ "notebook": notebook, "cell": sum, "wait": 61 })).contains("0 to 60"));
}
