//! One Python environment for all tests that run code: made once by the product's own first-run path, shared by a link.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::{notebook::Notebook, server::TestServer};

/// Keeps the environment of the run before, for whoever works on the tests.
const KEEP: &str = "COSCRIBE_TEST_KEEP_ENVIRONMENT";

/// Where a server keeps its environment, inside its data directory.
const PYTHON: &str = "python";

static MADE: OnceLock<PathBuf> = OnceLock::new();

/// A server with data of its own that runs code without making an environment first.
pub fn server_with_python() -> (TestServer, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(MADE.get_or_init(make).join(PYTHON), data.path().join(PYTHON)).unwrap();
    (TestServer::start_in(data.path()), data)
}

/// Runs a cell on a server that has no environment.
fn make() -> PathBuf {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("it-environment");
    if std::env::var_os(KEEP).is_none() && data.exists() {
        std::fs::remove_dir_all(&data).unwrap();
    }
    std::fs::create_dir_all(&data).unwrap();
    let server = TestServer::start_in(&data);
    let notebook = Notebook::new(&server, &["1"]);
    let ended = notebook.ended(&notebook.run(0));
    assert_eq!(ended["state"], "ok", "{ended} {}", notebook.kernel());
    data
}
