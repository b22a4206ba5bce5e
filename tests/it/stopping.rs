//! Orderly stops: everything durable, everybody told, within two seconds.

use std::time::{Duration, Instant};

use crate::{
    peer::{self, Peer},
    server::TestServer,
};

async fn stops_on(signal: &str) {
    let data = tempfile::tempdir().unwrap();
    let mut server = TestServer::start_in(data.path());
    let (id, cell) = server.notebook();
    let mut ana = Peer::join(&server, &id).await;
    let mut events = Peer::connect(&server.socket("").replace("/ws/?", "/api/events?")).await;
    peer::type_into(&mut ana, &cell, 0, "kept").await;
    // Back from the server means on disk.
    let mine = ana.doc.client_id();
    loop {
        if let yrs::sync::Message::Sync(yrs::sync::SyncMessage::Update(update)) = ana.message().await
            && yrs::updates::decoder::Decode::decode_v1(&update)
                .is_ok_and(|update: yrs::Update| update.state_vector().contains_client(&mine))
        {
            break;
        }
    }
    let started = Instant::now();
    server.signal(signal);
    assert_eq!(ana.closed().await.0, 1012);
    assert_eq!(events.closed().await.0, 1012);
    assert_eq!(server.wait(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    drop(server);
    assert!(!data.path().join("address").exists());
    let again = TestServer::start_in(data.path());
    assert_eq!(again.cells(&id), [(cell, "kept".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_closes_sockets_with_1012_and_ends_within_two_seconds() {
    stops_on("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigint_closes_sockets_with_1012_and_ends_within_two_seconds() {
    stops_on("INT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_never_reads_does_not_hold_up_the_end() {
    let mut server = TestServer::start();
    let (id, _) = server.notebook();
    let silent = Peer::join(&server, &id).await;
    let started = Instant::now();
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    drop(silent);
}
