//! `WS /ws/{document}`: what is ignored, what closes, what limits hold.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, Message},
};

use crate::{
    peer::{self, Peer},
    server::{PATIENCE, TestServer},
};

#[tokio::test(flavor = "multi_thread")]
async fn ln_01_a_client_hears_nothing_of_other_notebooks() {
    let server = TestServer::start();
    let ((a, cell), (b, _)) = (server.notebook(), server.notebook());
    let (mut ana, mut ben) = (Peer::join(&server, &a).await, Peer::join(&server, &b).await);
    while ben.hears_within(Duration::from_millis(200)).await {}
    peer::type_into(&mut ana, &cell, 0, "secret").await;
    let mut witness = Peer::join(&server, &a).await;
    witness.until(|doc| peer::text(doc, &cell) == "secret").await;
    assert!(!ben.hears_within(Duration::from_millis(200)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_07_unknown_and_malformed_messages_are_ignored_and_the_connection_stays() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let mut ana = Peer::join(&server, &id).await;
    ana.socket.send(Message::Text("{\"type\": \"hello\"".into())).await.unwrap();
    for frame in [
        &b""[..],
        b"\x00",
        b"\x00\x00",
        b"\x63\x01\x02",
        b"\x02\x00\x04nope",
        b"\x03",
        b"\x00\x02\x05ab",
        b"\x00\x09\x01x",
    ] {
        ana.send(frame.to_vec()).await;
    }
    ana.socket.send(Message::Ping("are you there".into())).await.unwrap();
    peer::type_into(&mut ana, &cell, 0, "still here").await;
    let mut ben = Peer::join(&server, &id).await;
    ben.until(|doc| peer::text(doc, &cell) == "still here").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_07_hostile_bytes_close_only_their_own_connection() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let mut honest = Peer::join(&server, &id).await;
    let hostile: [&[u8]; 2] = [b"\x00\x02\x04\xff\xff\xff\x7f", b"\x00\x00\x04\xff\xff\xff\x7f"];
    for frame in hostile {
        let mut evil = Peer::join(&server, &id).await;
        evil.send(frame.to_vec()).await;
        let (code, sentence) = evil.closed().await;
        assert_eq!(code, 1008, "{sentence}");
        assert!(!sentence.is_empty());
    }
    peer::type_into(&mut honest, &cell, 0, "unharmed").await;
    let mut other = Peer::join(&server, &id).await;
    other.until(|doc| peer::text(doc, &cell) == "unharmed").await;
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("coscribe_refusals_total{reason=\"hostile\"} 2"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_limit_closes_with_1009() {
    let server = TestServer::start_with(&["--max-message", "1000"]);
    let (id, _) = server.notebook();
    let mut peer = Peer::join(&server, &id).await;
    peer.send(vec![0; 1001]).await;
    let (code, sentence) = peer.closed().await;
    assert_eq!(code, 1009, "{sentence}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_deleted_and_impossible_documents_close_with_their_codes() {
    let server = TestServer::start();
    let (id, _) = server.notebook();
    assert_eq!(Peer::connect(&server.socket("nobody")).await.closed().await.0, 4404);
    assert_eq!(Peer::connect(&server.socket("a%20b")).await.closed().await.0, 1008);
    let mut peer = Peer::join(&server, &id).await;
    server.ask("DELETE", &format!("/api/notebooks/{id}")).send().expect(204);
    assert_eq!(peer.closed().await.0, 4404);
    assert_eq!(Peer::connect(&server.socket(&id)).await.closed().await.0, 4404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_document_is_decoded_once() {
    let server = TestServer::start();
    for (written, name) in [("doc:a/b:c", "doc:a/b:c"), ("doc%3Aa%2Fb:c", "doc:a/b:c"), ("doc:a%252Fb", "doc:a%2Fb")] {
        let peer = Peer::connect(&server.socket(written)).await;
        let room = server.get(&format!("/debug/rooms/{}", written)).expect(200);
        assert_eq!(room["document"], name, "{written}");
        drop(peer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ln_75_the_debug_page_shows_who_is_in_a_room_and_how_far() {
    let server = TestServer::start();
    let (id, cell) = server.notebook();
    let mut ana = Peer::connect(&format!("{}&name=Ana%20%3Cb%3E&kind=agent", server.socket(&id))).await;
    let mine = yrs::sync::Message::Sync(yrs::sync::SyncMessage::SyncStep1(ana.state_vector()));
    ana.send(yrs::updates::encoder::Encode::encode_v1(&mine)).await;
    ana.until(|doc| peer::source(doc, &cell).is_some()).await;
    peer::type_into(&mut ana, &cell, 0, "x").await;
    let client = ana.doc.client_id().to_string();
    let path = format!("/debug/rooms/{id}");
    let room = loop {
        let room = server.get(&path).expect(200);
        if room["stateVector"][&client] == json!(1) {
            break room;
        }
    };
    assert_eq!((&room["document"], &room["peers"][0]["name"]), (&json!(id), &json!("Ana <b>")));
    assert_eq!(room["peers"][0]["stale"], json!(false));
    assert!(room["peers"][0]["remote"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert!(room["documentBytes"].as_u64().unwrap() > 0 && room["peers"][0]["queuedBytes"].is_u64());
    let page = server.ask("GET", &path).header("accept", "text/html").send();
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(page.text().contains("Ana &#60;b&#62;") && page.text().contains(&client), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_limit_of_connections_an_upgrade_is_a_429_with_a_time_to_wait() {
    let server = TestServer::start_with(&["--max-connections", "2"]);
    let (id, _) = server.notebook();
    let first = Peer::join(&server, &id).await;
    let _second = Peer::join(&server, &id).await;
    let tungstenite::Error::Http(response) = connect_async(server.socket(&id)).await.unwrap_err() else {
        panic!("no answer")
    };
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    drop(first);
    // A place is free once the server has seen the end of the first.
    while connect_async(server.socket(&id)).await.is_err() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_client_is_sent_an_empty_presence_and_a_ping() {
    let server = TestServer::start_with(&["--keep-alive", "1"]);
    let (id, _) = server.notebook();
    let mut ana = Peer::join(&server, &id).await;
    let (mut kept_alive, mut pinged) = (false, false);
    while !(kept_alive && pinged) {
        let frame = tokio::time::timeout(PATIENCE, ana.socket.next()).await.expect("something comes").unwrap().unwrap();
        kept_alive |= matches!(&frame, Message::Binary(bytes) if bytes[..] == [1, 1, 0]);
        pinged |= matches!(&frame, Message::Ping(_));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_socket_is_given_up_and_one_that_answers_pings_is_not() {
    let server = TestServer::start_with(&["--keep-alive", "1"]);
    let (id, _) = server.notebook();
    // Never read again: pings stay unanswered, as if the network had gone.
    let dead = Peer::join(&server, &id).await;
    let mut alive = Peer::join(&server, &id).await;
    let answering = tokio::spawn(async move { while let Some(Ok(_)) = alive.socket.next().await {} });
    let path = format!("/debug/rooms/{id}");
    let started = std::time::Instant::now();
    while server.get(&path).expect(200)["peers"].as_array().unwrap().len() != 1 {
        assert!(started.elapsed() < PATIENCE);
    }
    assert!(!answering.is_finished());
    drop(dead);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_read_more_slowly_and_an_honest_peer_does_not_notice() {
    let server = TestServer::start_with(&["--messages-per-second", "50"]);
    let (id, cell) = server.notebook();
    let mut honest = Peer::join(&server, &id).await;
    let (flood, _) = connect_async(server.socket(&id)).await.unwrap();
    let (mut sink, mut stream) = flood.split();
    let draining = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    for _ in 0..60_000 {
        sink.feed(Message::Binary(vec![0x63].into())).await.unwrap();
    }
    sink.flush().await.unwrap();
    let started = std::time::Instant::now();
    peer::type_into(&mut honest, &cell, 0, "swift").await;
    let mut other = Peer::join(&server, &id).await;
    other.until(|doc| peer::text(doc, &cell) == "swift").await;
    assert!(started.elapsed() < Duration::from_secs(5));
    let throttled = || {
        let metrics = server.get("/metrics").text();
        let line = metrics.lines().find(|line| line.starts_with("coscribe_throttled_total ")).unwrap().to_owned();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    while throttled() == 0 {}
    draining.abort();
}
