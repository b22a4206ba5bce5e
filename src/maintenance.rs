//! Work on a data directory: backup, restore, doctor; through its server when one runs, directly when none does.
//!
//! Imports cli for its client and its output, storage, config. Invariant: a store that a server has open is never opened
//! here, which its lock makes sure of.

use std::path::Path;

use storage::{SledStore, StorageError, Store};

use crate::{
    cli::{self, CliError, Client, ServerArgs},
    config::DataDirectory,
    http,
    wire::rest::StoreReport,
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

/// Reads everything once and prints what is damaged.
pub fn doctor(server: &ServerArgs, data: &DataDirectory) -> Result<(), CliError> {
    let report: StoreReport = through_server_or_directly(
        server,
        data,
        |client| client.get("/api/admin/report"),
        |store| store.inspect().map(http::report).map_err(refused),
    )?;
    cli::print_report(&report, server.output())
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
