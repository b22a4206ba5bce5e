//! A full disk under a running server: changes are refused with the sentence, reading goes on, and writing again once
//! there is room.

use std::{fs, path::PathBuf, process::Command, time::Instant};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    peer::{Peer, text, type_into},
    server::{PATIENCE, TestServer},
};

/// More than the store's files have room left for.
const LARGE: usize = 4 << 20;

/// A small file system of its own, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None`, loudly, where this process may not mount.
    fn mount(megabytes: usize) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(directory.path()).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(directory));
        }
        eprintln!("SKIPPED: this process may not mount a tmpfs, so a full disk cannot be tried here");
        None
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }

    /// Takes all room that is left.
    fn fill(&self) {
        let error = fs::write(self.ballast(), vec![0; 256 << 20]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }

    fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let status = Command::new("umount").arg("-l").arg(self.0.path()).status();
        if !status.is_ok_and(|status| status.success()) {
            eprintln!("{} stays mounted", self.0.path().display());
        }
    }
}

fn assert_tells_of_the_full_disk(sentence: &str) {
    assert!(sentence.contains("is full; free some space"), "{sentence}");
}

#[test]
fn a_full_disk_refuses_edits_with_the_sentence_and_takes_them_again_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(32) else { return };
    let (runtime, server) = (Runtime::new().unwrap(), TestServer::start_in(&disk.data()));
    let (id, cell) = server.notebook();
    let source = format!("/api/notebooks/{id}/cells/{cell}/source");
    server.ask("PUT", &source).json(&json!({ "source": "kept" })).expect(200);
    let mut ana = runtime.block_on(Peer::join(&server, &id));

    disk.fill();
    let (code, sentence) = runtime.block_on(async {
        type_into(&mut ana, &cell, 0, &"x".repeat(LARGE)).await;
        ana.closed().await
    });
    assert_eq!(code, 1011, "{sentence}");
    assert_tells_of_the_full_disk(&sentence);
    let refused = server.ask("PUT", &source).json(&json!({ "source": "y".repeat(LARGE) }));
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert_tells_of_the_full_disk(&message);
    let code = refused.refused(507);
    assert!(["disk_full", "not_stored"].contains(&code.as_str()), "{code}");

    assert_eq!(server.cells(&id), [(cell.clone(), "kept".to_owned())], "reading goes on");
    let ben = runtime.block_on(Peer::join(&server, &id));
    assert_eq!(text(&ben.doc, &cell), "kept");
    drop(ben);

    disk.free();
    let saved = written_at_last(&server, &source);
    assert_eq!(saved["source"], "room again");
    runtime.block_on(async {
        let (mut ana, mut ben) = (Peer::join(&server, &id).await, Peer::join(&server, &id).await);
        type_into(&mut ana, &cell, 0, "there is ").await;
        ben.until(|doc| text(doc, &cell) == "there is room again").await;
    });
    server.signal("KILL");
    drop(server);
    assert_eq!(TestServer::start_in(&disk.data()).cells(&id), [(cell, "there is room again".to_owned())]);
}

/// The store notices by itself, within moments, that there is room again.
fn written_at_last(server: &TestServer, source: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = server.ask("PUT", source).json(&json!({ "source": "room again" }));
        if answer.status == 200 {
            return answer.json();
        }
        assert!(Instant::now() < deadline, "writing never worked again: {}", answer.text());
    }
}
