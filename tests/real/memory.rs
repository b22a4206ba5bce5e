//! What idle documents cost: nothing, soon after the last client has gone.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use yrs::{Doc, Text, Transact};

use super::server::Server;

const DOCUMENTS: usize = 40;

/// Idle documents are unloaded after five seconds and the allocator gives pages back after one.
const LIMIT: Duration = Duration::from_secs(30);

/// An update that takes more than two megabytes in memory: many small pieces, as typing leaves them.
fn large_update() -> Vec<u8> {
    let doc = Doc::new();
    let text = doc.get_or_insert_text("text");
    let mut transaction = doc.transact_mut();
    for _ in 0..20_000 {
        text.insert(&mut transaction, 0, "xy");
        text.insert(&mut transaction, 1, "z");
    }
    transaction.encode_update_v1()
}

#[test]
fn the_memory_of_documents_that_nobody_uses_is_given_back() -> Result<()> {
    let server = Server::start()?;
    let (rest, update) = (server.rest(), large_update());
    rest.merge("doc:first", &update)?;
    let before = server.memory()?;
    for number in 0..DOCUMENTS {
        rest.merge(&format!("doc:{number}"), &update)?;
    }
    let loaded = server.memory()?.saturating_sub(before);
    ensure!(loaded > 40 << 20, "the documents are too small to tell: {loaded} bytes");
    let end = Instant::now() + LIMIT;
    while server.memory()?.saturating_sub(before) > loaded / 5 {
        ensure!(Instant::now() < end, "{} of {loaded} bytes are still held", server.memory()? - before);
        // Nothing tells when another process gives memory back, so it is looked at again and again.
        std::thread::park_timeout(Duration::from_millis(50));
    }
    Ok(())
}
