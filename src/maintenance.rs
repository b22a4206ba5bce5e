//! Work on a data directory: backup, restore, doctor; through its server when one runs, directly when none does.
//!
//! Imports cli for its client and its output, room for documents that are set aside, storage, config. Invariant: a store that a server has open is never opened
//! here, which its lock makes sure of.

use std::path::{Path, PathBuf};

use storage::{DocumentKey, SledStore, StorageError, Store};

use crate::{
    cli::{self, CliError, Client, DoctorArgs, ServerArgs},
    config::DataDirectory,
    http,
    ids::DocumentId,
    room,
    wire::rest::{DocumentName, StoreReport},
};

/// Writes a copy of everything to `file`.
pub fn backup(server: &ServerArgs, data: &DataDirectory, file: &Path) -> Result<(), CliError> {
    if file.exists() {
        return Err(CliError::Usage(format!("{} exists already; name a new file", file.display())));
    }
    through_server_or_directly(
        server,
        data,
        |client| cli::download(client, file),
        |store| store.backup(file).map_err(refused),
    )?;
    server.output().print(&serde_json::json!({ "backup": file }), |_| format!("✓ {}", file.display()))
}

/// Makes a data directory from a backup.
pub fn restore(server: &ServerArgs, data: &DataDirectory, file: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(data.path()).map_err(|cause| CliError::file(data.path(), cause))?;
    storage::restore(file, &data.store()).map_err(refused)?;
    server.output().print(&serde_json::json!({ "restored": data.path() }), |_| format!("✓ {data}"))
}

/// Looks after documents in trouble.
pub fn doctor(server: &ServerArgs, data: &DataDirectory, wanted: &DoctorArgs) -> Result<(), CliError> {
    match (&wanted.take_back, &wanted.set_aside) {
        (Some(document), _) => take_back(server, data, document),
        (None, Some(document)) => set_aside(server, data, document),
        (None, None) => look(server, data),
    }
}

/// Reads everything once and prints what is damaged or set aside.
fn look(server: &ServerArgs, data: &DataDirectory) -> Result<(), CliError> {
    let report: StoreReport = through_server_or_directly(
        server,
        data,
        |client| client.get("/api/admin/report"),
        |store| {
            let set_aside = room::set_aside_documents(store).map_err(refused)?;
            http::report(store, set_aside).map_err(refused)
        },
    )?;
    cli::print_report(&report, server.output())
}

/// Lets a document be opened again.
fn take_back(server: &ServerArgs, data: &DataDirectory, document: &DocumentId) -> Result<(), CliError> {
    let name = DocumentName { document: document.to_string() };
    let taken: DocumentName = through_server_or_directly(
        server,
        data,
        |client| client.post("/api/admin/take-back", &name),
        |store| match room::take_back(store, document).map_err(refused)? {
            true => Ok(name.clone()),
            false => Err(CliError::Refused(format!("The document {document} is not set aside."))),
        },
    )?;
    server.output().print(&taken, |taken| format!("✓ {} can be opened again", taken.document))
}

/// Moves a document out of the store; only this process may use the store then.
fn set_aside(server: &ServerArgs, data: &DataDirectory, document: &DocumentId) -> Result<(), CliError> {
    let in_use = || CliError::Refused("A server uses the data; stop it, run this again, and start it again.".into());
    let kept = through_server_or_directly(
        server,
        data,
        |client| client.open("/healthz").and_then(|_| Err(in_use())),
        |store| move_out(store, document),
    )?;
    let moved = serde_json::json!({ "document": document.to_string(), "file": kept });
    server.output().print(&moved, |_| match &kept {
        Some(file) => format!("✓ {document} is no longer in the store; its records are kept in {}", file.display()),
        None => format!("✓ {document} had no content and is forgotten"),
    })
}

fn move_out(store: &SledStore, document: &DocumentId) -> Result<Option<PathBuf>, CliError> {
    let kept = store.set_aside(&DocumentKey(document.to_string())).map_err(refused)?;
    let forgotten = room::forget(store, document).map_err(refused)?;
    if kept.is_none() && !forgotten {
        return Err(CliError::Refused(format!("There is no document {document}.")));
    }
    Ok(kept)
}

/// A server that was named is asked. Otherwise the one that uses the data directory is, if it answers.
fn through_server_or_directly<T>(
    server: &ServerArgs,
    data: &DataDirectory,
    ask: impl FnOnce(&Client) -> Result<T, CliError>,
    act: impl FnOnce(&SledStore) -> Result<T, CliError>,
) -> Result<T, CliError> {
    if server.url.is_some() || data.address().exists() {
        match ask(&Client::new(server, data)?) {
            // A server that was killed leaves its address behind.
            Err(CliError::NotReached { .. }) if server.url.is_none() => {}
            answered => return answered,
        }
    }
    if !data.store().exists() {
        return Err(CliError::Refused(format!("{data} holds no data; name the data directory with --data")));
    }
    let store = SledStore::open(&data.store(), storage::Options::default()).map_err(refused)?;
    act(&store)
}

fn refused(error: StorageError) -> CliError {
    CliError::Refused(error.to_string())
}
