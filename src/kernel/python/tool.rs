//! Programs of the search path. Imports nothing of ours.

use std::{
    env,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// The first program of this name in the search path.
pub fn find(name: &str) -> Option<PathBuf> {
    find_in(name, env::split_paths(&env::var_os("PATH").unwrap_or_default()))
}

/// The program at this path, or of this name in the search path.
pub fn program(path: &Path) -> Option<PathBuf> {
    match path.to_str() {
        Some(name) if !name.contains('/') => find(name),
        _ => std::path::absolute(path).ok().filter(|path| is_program(path)),
    }
}

fn find_in(name: &str, directories: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    directories
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|p| is_program(p))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_in_absolute_directories_are_found() {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("tool");
        std::fs::write(&program, "").unwrap();
        let look = || find_in("tool", ["relative".into(), place.path().to_owned()].into_iter());
        assert_eq!(look(), None);
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(look(), Some(program));
    }
}
