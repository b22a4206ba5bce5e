//! The Python package with which programs in cells draw widgets, laid beside each kernel. Imports nothing of ours.
//!
//! Invariant: what a cell imports is of the same version as the server it speaks to, and goes with its kernel.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use rust_embed::RustEmbed;

/// The variable that tells Python where else to look for modules.
const SEARCH_PATH: &str = "PYTHONPATH";

#[derive(RustEmbed)]
#[folder = "python/coscribe"]
struct Package;

/// Writes the package into a directory of a kernel; where Python is to look for it.
///
/// # Errors
/// A file cannot be written.
pub fn lay(directory: &Path) -> io::Result<PathBuf> {
    let search = directory.join("python");
    for name in Package::iter().filter(|name| name.ends_with(".py")) {
        let Some(file) = Package::get(&name) else { continue };
        let path = search.join("coscribe").join(name.as_ref());
        fs::create_dir_all(path.parent().unwrap_or(&search))?;
        fs::write(path, file.data)?;
    }
    Ok(search)
}

/// The variable with a place more, before those that a kernelspec or the server's own environment names.
pub fn beside(variables: &[(String, String)], search: &Path) -> (String, String) {
    let named = variables.iter().rev().find(|(name, _)| name == SEARCH_PATH).map(|(_, places)| places.clone());
    let others = named.or_else(|| env::var(SEARCH_PATH).ok()).filter(|places| !places.is_empty());
    let places = [Some(search.to_string_lossy().into_owned()), others];
    (SEARCH_PATH.into(), places.into_iter().flatten().collect::<Vec<_>>().join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_laid_whole_and_without_what_editors_read() {
        let directory = tempfile::tempdir().unwrap();
        let search = lay(directory.path()).unwrap();
        for module in ["__init__.py", "widgets/sync/__init__.py", "widgets/async_/__init__.py"] {
            assert!(search.join("coscribe").join(module).is_file(), "{module} is missing");
        }
        assert!(!search.join("coscribe/widgets/sync/Widgets.pyi").exists());
    }

    #[test]
    fn other_places_that_were_named_stay() {
        let variables = [("A".into(), "b".into()), (SEARCH_PATH.into(), "/x:/y".into())];
        assert_eq!(beside(&variables, Path::new("/p")).1, "/p:/x:/y");
    }
}
