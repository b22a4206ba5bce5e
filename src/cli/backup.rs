//! A backup from a running server into a file, durable when it is there.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use super::{
    client::{CliError, Client},
    progress::watched,
};

/// Downloads a backup. The file appears whole or not at all.
pub fn download(client: &Client, path: &Path) -> Result<(), CliError> {
    let mut response = client.open("/api/admin/backup")?;
    let length = response.body().content_length();
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = std::path::PathBuf::from(part);
    let saved = save(watched(response.body_mut().as_reader(), length, "Copying"), length, &part);
    let placed = saved.and_then(|()| fs::rename(&part, path)).and_then(|()| sync_directory(path));
    if placed.is_err()
        && let Err(error) = fs::remove_file(&part)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(CliError::file(&part, error));
    }
    placed.map_err(|cause| CliError::file(path, cause))
}

fn save(mut from: impl Read, length: Option<u64>, path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    let copied = io::copy(&mut from, &mut file)?;
    if length.is_some_and(|length| length != copied) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the backup did not arrive whole"));
    }
    file.sync_all()
}

/// A new name is durable once its directory is.
fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}
