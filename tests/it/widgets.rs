//! Widget sessions: a program at its door, people in pages, and what is left when one of them goes.

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use yrs::{Doc, GetString, Map, MapRef, Out, Text, TextRef, Transact};

use crate::{
    peer::Peer,
    program::{Program, Session, closed},
    server::TestServer,
};

/// The map of a widget in a page's document.
fn widget(doc: &Doc, wid: u64) -> Option<MapRef> {
    let widgets = doc.get_or_insert_map("widgets");
    widgets.get(&doc.transact(), &wid.to_string())?.cast().ok()
}

/// A value of a widget's state as a page sees it.
fn state(doc: &Doc, wid: u64, key: &str) -> Value {
    let found = || {
        let state: MapRef = widget(doc, wid)?.get(&doc.transact(), "state")?.cast().ok()?;
        match state.get(&doc.transact(), key)? {
            Out::Any(any) => serde_json::to_value(any).ok(),
            _ => None,
        }
    };
    found().unwrap_or_default()
}

fn text(doc: &Doc, wid: u64) -> Option<TextRef> {
    widget(doc, wid)?.get(&doc.transact(), "text")?.cast().ok()
}

fn typed(doc: &Doc, wid: u64) -> String {
    text(doc, wid).map(|text| text.get_string(&doc.transact())).unwrap_or_default()
}

async fn type_into(peer: &mut Peer, wid: u64, at: u32, typed: &str) {
    let text = text(&peer.doc, wid).expect("the text is there");
    peer.edit(|txn| text.insert(txn, at, typed)).await;
}

/// The window of seed 002: what a program says first.
async fn remote_app(program: &mut Program) {
    program.create(1, "TopLevel", json!([{"resizable": true, "title": "Remote App"}])).await;
    for action in ["move", "resize", "window-state"] {
        program.listen(1, action).await;
    }
    program.call(1, "resize", json!([400, 300])).await;
    program.create(2, "VBox", json!([])).await;
    program.call(2, "set_spacing", json!([8])).await;
    program.create(3, "Button", json!(["Click me"])).await;
    program.create(4, "Label", json!(["Ready"])).await;
    program.create(5, "Slider", json!([{"min": 0, "max": 10, "value": 3}])).await;
    program.listen(5, "activated").await;
    program.listen(3, "activated").await;
    for child in [3, 4, 5] {
        program.call(2, "add_widget", json!([{"__wid__": child}, 0])).await;
    }
    program.call(1, "set_widget", json!([{"__wid__": 2}])).await;
    program.call(1, "show", json!([])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_02_pg_05_pg_09_the_recorded_session_of_the_protocol_shows_in_two_pages_and_a_click_in_one_in_both() {
    let server = TestServer::start();
    let session = Session::create(&server, "Seed");
    let mut program = Program::start(&server, &session).await;
    // PG-12: the whole of it is made before any page looks.
    remote_app(&mut program).await;
    let mut ana = Peer::join(&server, &session.document()).await;
    let mut ben = Peer::join(&server, &session.document()).await;
    assert_eq!((state(&ana.doc, 1, "title"), state(&ana.doc, 1, "size")), (json!("Remote App"), json!([400, 300])));
    assert_eq!(state(&ben.doc, 4, "text"), "Ready");
    assert_eq!(
        session.widget(&server, 2)["children"],
        json!([{"wid": 3, "stretch": 0}, {"wid": 4, "stretch": 0}, {"wid": 5, "stretch": 0}])
    );

    session.act(&server, &json!([{"wid": 3, "action": "activated"}])).expect(200);
    let click = program.hear("callback").await;
    assert_eq!(click, json!({"type": "callback", "wid": 3, "action": "activated", "args": []}));
    program.call(4, "set_text", json!(["Clicked!"])).await;
    ana.until(|doc| state(doc, 4, "text") == "Clicked!").await;
    ben.until(|doc| state(doc, 4, "text") == "Clicked!").await;

    session.act(&server, &json!([{"wid": 5, "action": "activated", "args": [7]}])).expect(200);
    assert_eq!(program.hear("callback").await["args"], json!([7]));
    ana.until(|doc| state(doc, 5, "value") == json!(7)).await;
    // NG-10: who comes later sees it as it is.
    let cleo = Peer::join(&server, &session.document()).await;
    assert_eq!((state(&cleo.doc, 4, "text"), state(&cleo.doc, 5, "value")), (json!("Clicked!"), json!(7)));
    assert_eq!(program.call(5, "get_value", json!([])).await, json!(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_07_a_wrong_token_closes_4001_wherever_it_stands_and_nothing_has_changed() {
    let server = TestServer::start();
    let (session, other) = (Session::create(&server, ""), Session::create(&server, ""));
    for wrong in ["", "x", &other.token] {
        let mut socket = Program::connect(&server, &session, Some(wrong)).await;
        assert_eq!(closed(&mut socket).await, (4001, "Invalid session credentials".to_owned()));
    }
    let mut program = Program::start(&server, &session).await;
    assert_eq!(program.create(1, "Label", json!(["x"])).await["next_wid"], 2);
    let kept = std::fs::read_dir(server.data()).unwrap().flatten().filter(|entry| entry.path().is_file());
    for file in kept {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let told = bytes.windows(session.token.len()).any(|window| window == session.token.as_bytes());
        assert!(!told, "{} holds the token", file.path().display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_20_viewers_see_and_cannot_press_and_scopes_are_kept() {
    let server = TestServer::start_with(&["--viewer-token", "viewers-may-read-here"]);
    let session = Session::create(&server, "");
    let mut program = Program::start(&server, &session).await;
    remote_app(&mut program).await;
    let viewer =
        |method, path| server.ask_without_token(method, path).header("authorization", "Bearer viewers-may-read-here");
    let (callbacks, path) = (format!("{}/callbacks", session.path()), session.path());
    let press = json!({"callbacks": [{"wid": 3, "action": "activated"}]});
    assert_eq!(viewer("POST", &callbacks).json(&press).refused(403), "read_only");
    assert_eq!(viewer("POST", "/api/widgets").json(&json!({})).refused(403), "read_only");
    assert_eq!(viewer("DELETE", &path).send().refused(403), "read_only");
    assert_eq!(viewer("GET", &path).send().expect(200)["tree"].as_array().unwrap().len(), 5);
    let socket = server.socket(&session.document()).replace(&server.token, "viewers-may-read-here");
    let mut page = Peer::connect(&socket).await;
    page.ask_for_everything().await;
    assert_eq!(state(&page.doc, 4, "text"), "Ready");
    let door = format!(
        "{}api/widgets/{}/program?token=viewers-may-read-here",
        server.url.replacen("http", "ws", 1),
        session.id
    );
    assert_eq!(closed(&mut Peer::connect(&door).await.socket).await.0, 4403);
    session.act(&server, &json!([{"wid": 3, "action": "activated"}])).expect(200);
    program.hear("callback").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_13_a_program_that_dies_leaves_its_window_which_rests_until_it_is_back() {
    let server = TestServer::start();
    let session = Session::create(&server, "");
    let seen = server.last_event();
    let mut program = Program::start(&server, &session).await;
    remote_app(&mut program).await;
    session.act(&server, &json!([{"wid": 5, "action": "activated", "args": [9]}])).expect(200);
    let mut page = Peer::join(&server, &session.document()).await;
    let program_state = |doc: &Doc| match doc.get_or_insert_map("info").get(&doc.transact(), "program") {
        Some(Out::Any(any)) => serde_json::to_value(any).unwrap()["state"].clone(),
        _ => Value::Null,
    };
    assert_eq!(program_state(&page.doc), "connected");
    drop(program);
    page.until(|doc| program_state(doc) == "gone").await;
    let press = session.act(&server, &json!([{"wid": 5, "action": "activated", "args": [1]}]));
    assert_eq!(press.refused(409), "program_gone");
    assert_eq!(session.widget(&server, 5)["state"]["value"], 9);

    let mut program = Program::start(&server, &session).await;
    assert_eq!((&program.told[0]["resumed"], &program.told[0]["next_wid"]), (&json!(true), &json!(6)));
    program.hear("reconstruct-end").await;
    let created = program.told.iter().filter(|message| message["type"] == "create").count();
    assert_eq!(created, 5);
    program.ask(json!({"type": "build-start"})).await;
    remote_app(&mut program).await;
    assert_eq!(program.ask(json!({"type": "build-end"})).await["type"], "result");
    assert_eq!(session.widget(&server, 5)["state"]["value"], 9, "what people did stands");
    let told: Vec<Value> = server.logged(seen).into_iter().map(|event| event["event"].clone()).collect();
    assert_eq!(told, ["widgets:program_connected", "widgets:program_gone", "widgets:program_connected"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_06_pg_13_the_server_is_killed_and_page_and_program_find_everything_again() {
    let data = tempfile::tempdir().unwrap();
    let mut server = TestServer::start_in(data.path());
    let session = Session::create(&server, "Survivor");
    let mut program = Program::start(&server, &session).await;
    remote_app(&mut program).await;
    session.act(&server, &json!([{"wid": 5, "action": "activated", "args": [9]}])).expect(200);
    server.signal("KILL");
    server.wait();
    drop(server);
    let server = TestServer::start_in(data.path());
    let listed = server.get("/api/widgets").expect(200)["sessions"][0].take();
    assert_eq!(
        (&listed["title"], &listed["program"]["state"], &listed["widgets"]),
        (&json!("Survivor"), &json!("gone"), &json!(5))
    );
    let page = Peer::join(&server, &session.document()).await;
    assert_eq!((state(&page.doc, 5, "value"), state(&page.doc, 4, "text")), (json!(9), json!("Ready")));
    assert_eq!(session.read(&server)["program"]["state"], "gone");
    let mut program = Program::start(&server, &session).await;
    assert_eq!(program.call(5, "get_value", json!([])).await, json!(9));
    session.act(&server, &json!([{"wid": 3, "action": "activated"}])).expect(200);
    program.hear("callback").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_13_a_newer_program_takes_the_place_and_deleting_the_session_ends_it() {
    let server = TestServer::start();
    let session = Session::create(&server, "");
    let mut first = Program::start(&server, &session).await;
    first.create(1, "Label", json!(["x"])).await;
    let mut second = Program::start(&server, &session).await;
    assert_eq!(closed(&mut first.socket).await.0, 4002);
    assert_eq!(second.call(1, "get_text", json!([])).await, "x");
    assert_eq!(session.read(&server)["program"]["state"], "connected");
    let mut page = Peer::join(&server, &session.document()).await;
    server.ask("DELETE", &session.path()).send().expect(204);
    assert_eq!(closed(&mut second.socket).await.0, 4404);
    assert_eq!(page.closed().await.0, 4404);
    assert_eq!(server.get(&session.path()).refused(404), "widgets_not_found");
    let mut late = Program::connect(&server, &session, Some(&session.token)).await;
    assert_eq!(closed(&mut late).await.0, 4404);
    assert_eq!(server.get("/api/widgets").expect(200)["sessions"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_15_what_is_unknown_is_refused_on_both_sides_and_the_session_goes_on() {
    let server = TestServer::start();
    let session = Session::create(&server, "");
    let mut program = Program::start(&server, &session).await;
    remote_app(&mut program).await;
    let told = program.ask(json!({"type": "create", "wid": 9, "class": "Hologram"})).await;
    assert_eq!(told["error"], "Unknown widget class: Hologram");
    for (callback, status, code) in [
        (json!({"wid": 77, "action": "activated"}), 404, "widget_not_found"),
        (json!({"wid": 3, "action": "exploded"}), 422, "invalid_callback"),
        (json!({"wid": 5, "action": "activated", "args": ["no number"]}), 422, "invalid_callback"),
    ] {
        // All of it or nothing.
        let many = json!([{"wid": 5, "action": "activated", "args": [1]}, callback]);
        assert_eq!(session.act(&server, &many).refused(status), code);
    }
    assert_eq!(program.call(5, "get_value", json!([])).await, json!(3));
    program
        .send(&json!([{"type": "call", "id": 50, "wid": 5, "method": "get_value"}, {"type": "dance", "id": 51}]))
        .await;
    let both = program.message().await;
    assert_eq!((&both[0]["value"], &both[1]["error"]), (&json!(3), &json!("Unknown message type: dance")));
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_17_a_picture_comes_in_chunks_between_other_messages_and_lies_in_a_blob() {
    let server = TestServer::start();
    let session = Session::create(&server, "");
    let mut program = Program::start(&server, &session).await;
    program.create(1, "Image", json!([])).await;
    let picture: Vec<u8> = (0..1_300_000_u32).map(|at| (at % 251) as u8).collect();
    let chunks: Vec<_> = picture.chunks(512 << 10).collect();
    let count = chunks.len();
    program
        .send(
            &json!({"type": "binary-call-chunked", "id": 900, "wid": 1, "method": "set_binary_image", "args": ["png"],
            "transfer_id": 4, "num_chunks": count}),
        )
        .await;
    for (place, chunk) in chunks.into_iter().enumerate() {
        let header = json!({"type": "binary-chunk", "transfer_id": 4, "chunk_index": place, "num_chunks": count, "encoding": "binary"});
        program.send(&header).await;
        program.socket.send(Message::Binary(chunk.to_vec().into())).await.unwrap();
        assert_eq!(program.call(1, "is_visible", json!([])).await, json!(true), "other messages pass between chunks");
    }
    let image = session.widget(&server, 1)["state"]["image"].clone();
    assert_eq!((&image["mime"], &image["size"]), (&json!("image/png"), &json!(picture.len())));
    let blob = server.get(&format!("/api/blobs/{}", image["__blob__"].as_str().unwrap()));
    assert_eq!((blob.status, blob.body == picture), (200, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_17_a_dropped_file_reaches_the_program_in_chunks() {
    let server = TestServer::start();
    let session = Session::create(&server, "");
    let mut program = Program::start(&server, &session).await;
    program.create(1, "Label", json!(["Drop here", {"interactive": true}])).await;
    program.listen(1, "drop-end").await;
    let content: Vec<u8> = (0..700_000_u32).map(|at| (at % 241) as u8).collect();
    let blob =
        server.ask("POST", "/api/blobs").header("content-type", "application/octet-stream").bytes(&content).expect(201);
    let file = json!({"name": "data.bin", "size": content.len(), "type": "", "blob": blob["sha256"]});
    session.act(&server, &json!([{"wid": 1, "action": "drop-end", "args": [{"files": [file]}]}])).expect(200);
    let told = program.hear("callback").await;
    let transfer = told["args"][0]["transfer_id"].clone();
    assert_eq!(told["args"][0]["files"][0]["name"], "data.bin");
    let mut received = Vec::new();
    loop {
        let header = program.hear("binary-chunk").await;
        assert_eq!((&header["transfer_id"], &header["file_index"]), (&transfer, &json!(0)));
        received.extend(program.binary().await);
        if header["chunk_index"].as_u64().unwrap() + 1 == header["num_chunks"].as_u64().unwrap() {
            break;
        }
    }
    assert!(received == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_18_ng_01_what_two_people_type_in_one_entry_at_once_is_in_both_pages_and_told_to_the_program() {
    let server = TestServer::start();
    let session = Session::create(&server, "");
    let mut program = Program::start(&server, &session).await;
    program.create(1, "TextArea", json!(["-"])).await;
    program.listen(1, "modified").await;
    let mut ana = Peer::join(&server, &session.document()).await;
    let mut ben = Peer::join(&server, &session.document()).await;
    for _ in 0..20 {
        type_into(&mut ana, 1, 0, "a").await;
        let end = typed(&ben.doc, 1).len() as u32;
        type_into(&mut ben, 1, end, "b").await;
    }
    let wanted = format!("{}-{}", "a".repeat(20), "b".repeat(20));
    ana.until(|doc| typed(doc, 1).len() == wanted.len()).await;
    ben.until(|doc| typed(doc, 1).len() == wanted.len()).await;
    assert_eq!((typed(&ana.doc, 1), typed(&ben.doc, 1)), (wanted.clone(), wanted.clone()));
    while program.hear("callback").await["args"] != json!([wanted]) {}
    program.call(1, "append_text", json!(["!"])).await;
    ana.until(|doc| typed(doc, 1) == format!("{wanted}!")).await;
}

/// A page that says who it is, as pages do in their presence.
async fn page(server: &TestServer, session: &Session, client: &str) -> Peer {
    use yrs::{
        sync::{Message as Protocol, awareness::AwarenessUpdate, awareness::AwarenessUpdateEntry},
        updates::encoder::Encode,
    };
    let mut peer = Peer::join(server, &session.document()).await;
    let state = json!({"client": client, "user": {"name": "Ana"}}).to_string();
    let entry = AwarenessUpdateEntry { clock: 1, json: state.into() };
    let clients = [(peer.doc.client_id(), entry)].into_iter().collect();
    peer.send(Protocol::Awareness(AwarenessUpdate { clients }).encode_v1()).await;
    peer
}

#[tokio::test(flavor = "multi_thread")]
async fn pg_14_a_question_goes_to_a_page_and_without_an_answer_the_program_goes_on() {
    let server = TestServer::start();
    let session = Session::create(&server, "");
    let mut program = Program::start(&server, &session).await;
    program.create(1, "VideoWidget", json!([])).await;
    // No page is open: told at once.
    let told = program.ask(json!({"type": "call", "wid": 1, "method": "get_paused"})).await;
    assert!(told["error"].as_str().unwrap().contains("No page"), "{told}");
    assert_eq!(program.call(1, "get_size", json!([])).await, json!([0, 0]), "what is known is the answer");

    let mut ana = page(&server, &session, &"a".repeat(32)).await;
    assert_eq!(program.hear("client-connected").await["client"], "a".repeat(32));
    let id = program.post(json!({"type": "call", "wid": 1, "method": "get_paused"})).await;
    assert_eq!(program.call(1, "get_muted", json!([])).await, json!(false), "nothing waits for the page");
    let asked = |doc: &Doc| doc.get_or_insert_map("asks").contains_key(&doc.transact(), "1.get_paused");
    ana.until(asked).await;
    let answers = format!("{}/answers", session.path());
    server.post(&answers, &json!({"ask": "1.get_paused", "value": true})).expect(200);
    assert_eq!(program.answer(id).await["value"], json!(true));
    assert_eq!(server.post(&answers, &json!({"ask": "1.get_paused", "value": true})).refused(404), "ask_not_found");
    ana.until(|doc| !asked(doc)).await;
    // Nobody answers: an error after a while, and what was known where something was.
    let late = program.post(json!({"type": "call", "wid": 1, "method": "get_paused"})).await;
    assert!(program.answer(late).await["error"].as_str().unwrap().contains("within 5 seconds"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ng_05_ng_07_ng_08_a_thousand_pages_that_come_and_go_are_told_of_and_leave_nothing_behind() {
    let server = TestServer::start();
    let session = Session::create(&server, "");
    let mut program = Program::start(&server, &session).await;
    remote_app(&mut program).await;
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..1000_u32 {
        let client = format!("{number:032x}");
        let peer = page(&server, &session, &client).await;
        let told = program.hear("client-connected").await;
        assert_eq!((&told["client"], &told["name"], &told["role"]), (&json!(client), &json!("Ana"), &json!("editor")));
        assert!(seen.insert(client.clone()));
        // In the middle of a message to all of them.
        program.post(json!({"type": "call", "wid": 4, "method": "set_text", "args": [client]})).await;
        drop(peer);
        assert_eq!(program.hear("client-disconnected").await["client"], client);
    }
    assert_eq!(session.read(&server)["clients"], json!([]));
    let room = server.get(&format!("/debug/rooms/{}", session.document())).expect(200);
    assert_eq!(room["peers"], json!([]));
    assert!(room["documentBytes"].as_u64().unwrap() < 200_000, "{}", room["documentBytes"]);
    let mut last = Peer::join(&server, &session.document()).await;
    last.until(|doc| state(doc, 4, "text") == format!("{:032x}", 999)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_read_loses_its_place_and_nobody_waits_for_it() {
    let server = TestServer::start_with(&["--keep-alive", "1"]);
    let session = Session::create(&server, "");
    let mut program = Program::start(&server, &session).await;
    program.create(1, "HtmlView", json!(["x".repeat(200_000)])).await;
    program.listen(1, "scrolled").await;
    // It asks and asks and reads no answer, while somebody goes on in a page.
    let mut asked = 0_u32;
    let question = json!({"type": "call", "id": 1, "wid": 1, "method": "get_html"}).to_string();
    while program.socket.send(Message::Text(question.clone().into())).await.is_ok() {
        asked += 1;
        assert!(asked < 1_000_000, "nothing bounds what waits for it");
    }
    while session.read(&server)["program"]["state"] == "connected" {}
    assert_eq!(session.widget(&server, 1)["class"], "HtmlView");
    let mut again = Program::start(&server, &session).await;
    assert_eq!(again.call(1, "is_visible", json!([])).await, json!(true));
}
