//! Webhooks: what arrives, signed by whom, in which order, how often; what happens when it does not arrive.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::{
    receiver::Receiver,
    server::{PATIENCE, TestServer},
};

/// Lets webhooks reach the receivers of these tests, and does not keep them waiting.
const HERE: &[&str] = &["--webhook-allow-private", "--webhook-retry", "1", "--webhook-refusals", "3"];

fn webhook(server: &TestServer, url: &str, more: Value) -> Value {
    let mut body = json!({ "url": url, "types": ["task:*"] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.post("/api/webhooks", &body).expect(201)
}

fn path(webhook: &Value) -> String {
    format!("/api/webhooks/{}", webhook["id"].as_str().unwrap())
}

fn task(server: &TestServer, id: &str) {
    server.post("/api/tasks", &json!({ "id": id, "title": "T" })).expect(201);
}

/// Asks until it is so.
fn wait_for(server: &TestServer, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let began = std::time::Instant::now();
    loop {
        let found = server.get(path).expect(200);
        if is_so(&found) {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{path} stays {found}");
    }
}

#[test]
fn ms_34_events_are_posted_in_order_as_the_stream_tells_them_signed_and_only_those_wanted() {
    let (server, receiver) = (TestServer::start_with(HERE), Receiver::start());
    let made = webhook(&server, &receiver.url(), json!({ "project": "default" }));
    let since = server.last_event();
    for id in ["a", "b", "c"] {
        server.notebook();
        task(&server, id);
    }
    let posted: Vec<_> = (0..3).map(|_| receiver.next()).collect();
    let wanted: Vec<Value> =
        server.logged(since).into_iter().filter(|event| event["event"] == "task:created").collect();
    assert_eq!(posted.iter().map(crate::receiver::Posted::event).collect::<Vec<_>>(), wanted);
    let secret = made["secret"].as_str().unwrap();
    for one in &posted {
        assert!(one.is_signed_with(secret), "{one:?}");
        assert_eq!(one.headers["content-type"], "application/json");
    }
    let upto = wanted[2]["seq"].as_u64();
    wait_for(&server, &path(&made), |webhook| webhook["deliveredUpto"].as_u64() >= upto);
    let deliveries = server.get(&format!("{}/deliveries", path(&made))).expect(200);
    let outcomes: Vec<_> = deliveries["deliveries"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["delivered", "delivered", "delivered"]);
    assert!(receiver.rest().is_empty());
}

#[test]
fn ms_34_a_secret_is_told_once_and_a_new_one_signs_beside_the_old_one() {
    let (server, receiver) = (TestServer::start_with(HERE), Receiver::start());
    let made = webhook(&server, &receiver.url(), json!({}));
    let old = made["secret"].as_str().unwrap();
    for told in [server.get(&path(&made)).text(), server.get("/api/webhooks").text()] {
        assert!(!told.contains("secret") && !told.contains(old), "{told}");
    }
    let replaced = server.ask("POST", &format!("{}/secret", path(&made))).send().expect(200);
    let new = replaced["secret"].as_str().unwrap();
    task(&server, "t");
    let posted = receiver.next();
    assert!(posted.is_signed_with(old) && posted.is_signed_with(new) && old != new);
}

#[test]
fn ms_34_an_event_that_is_refused_again_and_again_is_set_aside_and_the_next_ones_arrive() {
    let receiver = Receiver::answering(|posted| {
        if posted.body.contains("poison") { "500 Internal Server Error".into() } else { "204 No Content".into() }
    });
    let server = TestServer::start_with(HERE);
    let made = webhook(&server, &receiver.url(), json!({}));
    for id in ["before", "poison", "after"] {
        task(&server, id);
    }
    let posted: Vec<_> = (0..5).map(|_| receiver.next()).collect();
    let ids: Vec<_> = posted.iter().map(|one| one.event()["data"]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, ["before", "poison", "poison", "poison", "after"]);
    assert_eq!(posted[1].id(), posted[3].id(), "a receiver knows a repetition");
    let letters = format!("{}/dead-letters", path(&made));
    let list = wait_for(&server, &letters, |list| list["deadLetters"] != json!([]));
    let letter = &list["deadLetters"][0];
    assert_eq!(
        (&letter["seq"], &letter["attempts"], &letter["said"]),
        (&json!(posted[1].seq()), &json!(3), &json!("said"))
    );
    assert_eq!(letter["body"], posted[1].body);
    // It is tried again when somebody says so: refused it stays, delivered it goes.
    let again = format!("{letters}/{}/redeliver", posted[1].seq());
    assert_eq!(server.ask("POST", &again).send().expect(200)["outcome"], "refused");
    let other = Receiver::start();
    server.ask("PATCH", &path(&made)).json(&json!({ "url": other.url() })).expect(200);
    let delivery = server.ask("POST", &again).send().expect(200);
    assert_eq!((&delivery["outcome"], &delivery["status"]), (&json!("delivered"), &json!(200)));
    assert_eq!((other.next().body, other.rest().len()), (posted[1].body.clone(), 0));
    assert_eq!(server.get(&letters).expect(200)["deadLetters"], json!([]));
    assert_eq!(server.ask("POST", &again).send().refused(404), "dead_letter_not_found");
}

#[test]
fn ms_34_a_receiver_that_was_down_gets_everything_in_order_also_when_the_server_is_killed_meanwhile() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let data = tempfile::tempdir().unwrap();
    let mut server = TestServer::start_in_with(data.path(), HERE);
    let made = webhook(&server, &format!("http://{address}/hook"), json!({}));
    for number in 0..5 {
        task(&server, &format!("t{number}"));
    }
    let failing = wait_for(&server, &path(&made), |webhook| webhook["failing"]["attempts"].as_u64() >= Some(2));
    assert!(!failing["failing"]["said"].as_str().unwrap().is_empty());
    assert_eq!((&failing["activity"], &failing["deadLetters"]), (&json!("active"), &json!(0)));
    server.signal("KILL");
    server.wait();
    drop(server);
    let receiver = Receiver::at(TcpListener::bind(address).unwrap(), |_| "200 OK".into());
    let server = TestServer::start_in_with(data.path(), HERE);
    task(&server, "last");
    let mut heard: Vec<String> = Vec::new();
    while heard.last().is_none_or(|id| id != "last") {
        heard.push(receiver.next().event()["data"]["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(heard, ["t0", "t1", "t2", "t3", "t4", "last"]);
}

#[test]
fn ms_34_killed_at_any_moment_the_server_leaves_out_no_event_and_a_repetition_bears_its_id() {
    let receiver = Receiver::start();
    let data = tempfile::tempdir().unwrap();
    let mut server = TestServer::start_in_with(data.path(), HERE);
    webhook(&server, &receiver.url(), json!({}));
    for round in 0..5 {
        for number in 0..20 {
            task(&server, &format!("r{round}n{number}"));
        }
        server.signal("KILL");
        server.wait();
        drop(server);
        server = TestServer::start_in_with(data.path(), HERE);
    }
    let logged: Vec<u64> = server.logged(0).iter().filter(|event| event["event"] == "task:created").map(seq).collect();
    let (mut numbers, mut ids) = (Vec::new(), Vec::new());
    while numbers.last() != logged.last() {
        let posted = receiver.next();
        ids.push(posted.id().to_owned());
        numbers.push(posted.seq());
    }
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), logged.len());
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers, logged);
}

fn seq(event: &Value) -> u64 {
    event["seq"].as_u64().unwrap()
}

#[test]
fn ms_34_private_addresses_are_not_asked_unless_the_operator_allows_it() {
    let server = TestServer::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for private in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://0x7f000001:{port}/"),
        format!("http://[::1]:{port}/"),
        "http://169.254.169.254/latest/meta-data".into(),
        "https://10.0.0.1/".into(),
        "file:///etc/passwd".into(),
        "nothing".into(),
    ] {
        assert_eq!(
            server.post("/api/webhooks", &json!({ "url": private })).refused(422),
            "invalid_address",
            "{private}"
        );
    }
    // A name may mean another address tomorrow: it is looked up, and checked, at each attempt.
    let made = webhook(&server, &format!("http://localhost:{port}/"), json!({}));
    let delivery = server.ask("POST", &format!("{}/test", path(&made))).send().expect(200);
    assert_eq!(delivery["outcome"], "unreachable");
    assert!(delivery["said"].as_str().unwrap().contains("--webhook-allow-private"), "{delivery}");
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn ms_34_a_redirect_is_not_followed_and_who_is_gone_is_asked_no_more_until_somebody_says_so() {
    let secretly = Receiver::start();
    let location = format!("307 Temporary Redirect\r\nLocation: {}", secretly.url());
    let redirecting = Receiver::answering(move |_| location.clone());
    let server = TestServer::start_with(HERE);
    let made = webhook(&server, &redirecting.url(), json!({}));
    let delivery = server.ask("POST", &format!("{}/test", path(&made))).send().expect(200);
    assert_eq!((&delivery["outcome"], &delivery["status"]), (&json!("refused"), &json!(307)));
    assert!(secretly.rest().is_empty());
    let gone = Receiver::answering(|_| "410 Gone".into());
    server.ask("PATCH", &path(&made)).json(&json!({ "url": gone.url() })).expect(200);
    task(&server, "t");
    let suspended = wait_for(&server, &path(&made), |webhook| webhook["activity"] == "suspended");
    assert!(suspended["suspendedBecause"].as_str().unwrap().contains("410"));
    task(&server, "u");
    assert_eq!(gone.rest().len(), 1);
    let receiver = Receiver::start();
    server.ask("PATCH", &path(&made)).json(&json!({ "url": receiver.url(), "active": true })).expect(200);
    let ids: Vec<Value> = (0..2).map(|_| receiver.next().event()["data"]["id"].clone()).collect();
    assert_eq!(ids, ["t", "u"], "what waited comes first");
}

#[test]
fn ms_34_a_paused_webhook_goes_on_where_it_was_and_a_deleted_one_is_gone() {
    let (server, receiver) = (TestServer::start_with(HERE), Receiver::start());
    task(&server, "old");
    let made = webhook(&server, &receiver.url(), json!({ "since": 0 }));
    assert_eq!(receiver.next().event()["data"]["id"], "old");
    server.ask("PATCH", &path(&made)).json(&json!({ "active": false })).expect(200);
    task(&server, "meanwhile");
    assert_eq!(server.get(&path(&made)).expect(200)["activity"], "paused");
    server.ask("PATCH", &path(&made)).json(&json!({ "active": true })).expect(200);
    let mut next = receiver.next();
    if next.event()["data"]["id"] == "old" {
        // It was paused before its delivery was noted.
        next = receiver.next();
    }
    assert_eq!(next.event()["data"]["id"], "meanwhile");
    server.ask("DELETE", &path(&made)).send().expect(204);
    task(&server, "after");
    assert_eq!(server.get(&path(&made)).refused(404), "webhook_not_found");
    assert_eq!(server.get("/api/webhooks").expect(200), json!({ "webhooks": [] }));
    assert!(receiver.rest().is_empty());
}

#[test]
fn ms_07_wrong_webhooks_are_refused_and_viewers_do_not_see_them() {
    let server = TestServer::start_with(&["--viewer-token", "look-but-do-not-touch"]);
    let post = |body: Value| server.post("/api/webhooks", &body);
    assert_eq!(post(json!({ "url": "https://example.org", "types": ["Task!"] })).refused(422), "invalid_kind");
    assert_eq!(post(json!({ "url": "https://example.org", "colour": "red" })).refused(422), "invalid_body");
    assert_eq!(post(json!({})).refused(422), "invalid_body");
    let made = webhook(&server, "https://example.org/?key=hidden", json!({}));
    let look = |path: &str| {
        server.ask_without_token("GET", path).header("authorization", "Bearer look-but-do-not-touch").send()
    };
    for path in ["/api/webhooks".to_owned(), path(&made), format!("{}/deliveries", path(&made))] {
        assert_eq!(look(&path).refused(403), "read_only");
    }
}

#[test]
fn ms_34_webhooks_on_the_command_line() {
    let (server, receiver) = (TestServer::start_with(HERE), Receiver::start());
    let printed = |arguments: &[&str]| {
        let output = server.command(&[&["webhook"], arguments].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(printed(&["list"]).starts_with("No webhooks."));
    let created = printed(&["create", &receiver.url(), "--type", "task:*,session:*"]);
    let id = created.split_whitespace().nth(3).unwrap();
    assert!(created.starts_with("✓ Webhook created: hook_") && created.contains("whsec_"), "{created}");
    assert!(printed(&["test", id]).starts_with("delivered (200)"));
    assert!(receiver.next().body.contains("webhook:test"));
    assert!(printed(&["deliveries", id]).contains("webhook:test"));
    assert!(printed(&["show", id]).contains("task:*, session:*"));
    assert!(!printed(&["show", id, "--json"]).contains("whsec_"));
    assert_eq!(printed(&["pause", id]), "✓ Webhook paused\n");
    assert!(printed(&["list"]).lines().nth(1).unwrap().contains("paused"));
    assert_eq!(printed(&["resume", id]), "✓ Webhook resumed\n");
    printed(&["update", id, "--address", "http://127.0.0.1:9/"]);
    let failed = server.command(&["webhook", "test", id]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("it did not arrive"), "{failed:?}");
    assert!(printed(&["dead-letters", id]).starts_with("Nothing was set aside."));
    printed(&["delete", id]);
}
