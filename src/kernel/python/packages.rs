//! Which packages are in an environment, read from its files. Imports nothing of ours.
//!
//! Invariant: nothing is started to find out, so that asking each second costs nothing.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
};

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// The kernel itself does not run without it.
    pub needed: bool,
}

/// What the files of a package say.
#[derive(Debug, Default, PartialEq, Eq)]
struct About {
    name: String,
    version: String,
    /// Normal names of what it does not run without.
    requires: Vec<String>,
}

/// The packages of an environment by name; `base` is what kernels need.
pub fn list(environment: &Path, base: &[String]) -> Vec<Package> {
    let mut found = read(environment);
    found.sort_by_key(|about| normal(&about.name));
    found.dedup_by_key(|about| normal(&about.name));
    let needed = needed(&found, base);
    let package = |about: About| {
        let needed = needed.contains(&normal(&about.name));
        Package { name: about.name, version: about.version, needed }
    };
    found.into_iter().map(package).collect()
}

/// The one spelling of a name under which the index knows it (PEP 503).
pub fn normal(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

fn read(environment: &Path) -> Vec<About> {
    let versions = entries(&environment.join("lib")).into_iter().map(|version| version.join("site-packages"));
    let inside = versions.flat_map(|place| entries(&place));
    let metadata = inside.filter(|path| path.extension().is_some_and(|extension| extension == "dist-info"));
    metadata.filter_map(|path| about(&fs::read_to_string(path.join("METADATA")).ok()?)).collect()
}

fn entries(directory: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Reads the head of a METADATA file.
fn about(text: &str) -> Option<About> {
    let mut about = About::default();
    for line in text.lines().take_while(|line| !line.is_empty()) {
        match line.split_once(": ") {
            Some(("Name", name)) => about.name = name.trim().into(),
            Some(("Version", version)) => about.version = version.trim().into(),
            Some(("Requires-Dist", requirement)) => about.requires.extend(required(requirement)),
            _ => {}
        }
    }
    (!about.name.is_empty()).then_some(about)
}

/// The package that a requirement names, unless it is an extra.
fn required(requirement: &str) -> Option<String> {
    let (what, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
    (!marker.contains("extra")).then(|| normal(name_in(what)))
}

/// The name with which a requirement begins.
fn name_in(requirement: &str) -> &str {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let text = requirement.trim_start();
    &text[..text.find(|letter| !plain(letter)).unwrap_or(text.len())]
}

/// Everything without which `base` does not run.
fn needed(found: &[About], base: &[String]) -> BTreeSet<String> {
    let requires: HashMap<_, _> = found.iter().map(|about| (normal(&about.name), &about.requires)).collect();
    let mut waiting: Vec<_> = base.iter().map(|requirement| normal(name_in(requirement))).collect();
    let mut needed = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if needed.insert(name.clone()) {
            waiting.extend(requires.get(&name).into_iter().flat_map(|names| names.iter().cloned()));
        }
    }
    needed
}

/// The version of the Python that an environment was made with.
pub fn python_version(environment: &Path) -> Option<String> {
    let text = fs::read_to_string(environment.join("pyvenv.cfg")).ok()?;
    let value = |line: &str| {
        let (key, value) = line.split_once('=')?;
        ["version", "version_info"].contains(&key.trim()).then(|| value.trim().to_owned())
    };
    text.lines().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(place: &Path, name: &str, version: &str, requires: &[&str]) {
        let about = place.join(format!("lib/python3.11/site-packages/{name}-{version}.dist-info"));
        fs::create_dir_all(&about).unwrap();
        let requires: String = requires.iter().map(|requires| format!("Requires-Dist: {requires}\n")).collect();
        let text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}\nName: not-this\n");
        fs::write(about.join("METADATA"), text).unwrap();
    }

    #[test]
    fn packages_are_listed_by_name_and_those_of_the_kernel_are_marked() {
        let place = tempfile::tempdir().unwrap();
        let extras =
            ["traitlets (>=5)", "matplotlib-inline>0.1", "pytest; extra == 'test'", "Tornado;python_version>'3'"];
        install(place.path(), "ipykernel", "7.1", &extras);
        install(place.path(), "matplotlib_inline", "0.2", &["traitlets"]);
        install(place.path(), "pytest", "9.0", &[]);
        install(place.path(), "tornado", "6.5", &[]);
        install(place.path(), "Zope.Interface", "8", &[]);
        let listed = list(place.path(), &["ipykernel>=6".into()]);
        let listed: Vec<_> = listed.iter().map(|it| (it.name.as_str(), it.version.as_str(), it.needed)).collect();
        let expected = [
            ("ipykernel", "7.1", true),
            ("matplotlib_inline", "0.2", true),
            ("pytest", "9.0", false),
            ("tornado", "6.5", true),
            ("Zope.Interface", "8", false),
        ];
        assert_eq!(listed, expected);
    }

    #[test]
    fn nothing_is_listed_where_there_is_no_environment() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(list(place.path(), &[]), []);
        assert_eq!(python_version(place.path()), None);
    }

    #[test]
    fn the_version_is_read_as_venv_and_as_uv_write_it() {
        let place = tempfile::tempdir().unwrap();
        for line in ["version = 3.11.9", "version_info = 3.11.9"] {
            fs::write(place.path().join("pyvenv.cfg"), format!("home = /usr/bin\n{line}\n")).unwrap();
            assert_eq!(python_version(place.path()).as_deref(), Some("3.11.9"));
        }
    }

    #[test]
    fn one_package_has_one_name_however_it_is_written() {
        assert_eq!(normal("Zope.Interface"), normal("zope_interface"));
        assert_ne!(normal("jupyter"), normal("jupyter-core"));
    }
}
