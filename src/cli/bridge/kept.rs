//! What a bridge keeps for its next start: the session it drives, and the one that the program gave it.
//!
//! Invariant: the file is readable by its owner alone.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::program::Credentials;
use crate::cli::client::{CliError, Client};

/// A session of our server and the secret of its program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: String,
    pub token: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    session: Option<Session>,
    program: Option<Credentials>,
}

/// What is kept.
pub struct Kept {
    path: Option<PathBuf>,
    content: Content,
    is_from_before: bool,
}

impl Kept {
    /// What the bridge of this program to this server kept.
    pub fn open(server: &str, program: &str, session: Option<&str>) -> Self {
        let name = Sha256::digest([server, program, session.unwrap_or_default()].join("\0"));
        let name: String = name.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let path = directory().map(|directory| directory.join(format!("{name}.json")));
        let content = path.as_deref().and_then(read).unwrap_or_default();
        Self { path, is_from_before: content.session.is_some(), content }
    }

    /// The session that is driven.
    pub fn session(&self) -> Option<Session> {
        self.content.session.clone()
    }

    /// The session was made by an earlier start.
    pub fn is_from_before(&self) -> bool {
        self.is_from_before
    }

    /// Makes a session and keeps it.
    pub fn make_session(&mut self, client: &Client, id: Option<&str>, title: &str) -> Result<Session, CliError> {
        let wanted = match id {
            Some(id) => json!({"title": title, "id": id}),
            None => json!({"title": title}),
        };
        let session: Session = client.post("/api/widgets", &wanted)?;
        self.content.session = Some(session.clone());
        self.is_from_before = false;
        self.write();
        Ok(session)
    }

    /// What the program gave to come back with.
    pub fn program(&self) -> Option<Credentials> {
        self.content.program.clone()
    }

    /// Keeps what the program gave.
    pub fn keep_program(&mut self, credentials: Credentials) {
        if self.content.program.as_ref() != Some(&credentials) {
            self.content.program = Some(credentials);
            self.write();
        }
    }

    /// The program does not take it any more.
    pub fn forget_program(&mut self) {
        self.content.program = None;
        self.write();
    }

    /// That it cannot be written is no failure: the next start makes another session.
    fn write(&self) {
        if let Some(path) = &self.path
            && let Err(error) = write(path, &self.content)
        {
            tracing::warn!(%error, path = %path.display(), "the session of the bridge is not kept");
        }
    }
}

fn directory() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| std::env::home_dir().map(|home| home.join(".local/state")))?;
    Some(state.join("coscribe").join("bridges"))
}

fn read(path: &Path) -> Option<Content> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write(path: &Path, content: &Content) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let part = path.with_extension(std::process::id().to_string());
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(&serde_json::to_vec(content)?)?;
    fs::rename(part, path)
}
