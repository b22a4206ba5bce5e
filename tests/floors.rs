//! The floors of ARCHITECTURE.md, checked: who imports whom, who may know which library, how a module opens.
//!
//! Reads the source text: `crate::…`, `super::…` that reach the root, and `coscribe::…` in `main.rs`, one by one or in
//! groups. A module that is not in the table fails the test, so that a new one must be given its floor.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Where each module of `src/` stands. A module imports from lower floors only; siblings never import each other.
const FLOORS: &[(&str, u8)] = &[
    ("ids", 0),
    ("vocabulary", 0),
    ("config", 0),
    ("measure", 0),
    ("crdt", 0),
    ("catalogue", 1),
    ("notebook", 1),
    ("project", 1),
    ("widgets", 1),
    ("wire", 1),
    ("workspace", 1),
    ("events", 2),
    ("kernel", 2),
    ("llm", 2),
    ("room", 3),
    ("webhooks", 3),
    ("tokens", 3),
    ("audit", 3),
    ("http", 4),
    ("cli", 4),
    ("server", 5),
    ("maintenance", 5),
    ("main", 6),
];

/// On floor 0 the vocabulary speaks of ids; nothing else there imports a neighbour.
const NEIGHBOURS: &[(&str, &str)] = &[("vocabulary", "ids")];

/// The command line is a client like everybody else: it may not reach documents, rooms or the store.
const CLI_MAY_IMPORT: &[&str] = &["wire", "ids", "vocabulary", "config"];

/// Libraries that only some modules may know.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("yrs", &["crdt", "notebook", "project", "widgets", "room"]),
    ("axum", &["http", "server"]),
    ("sled", &[]),
    ("jupyter_protocol", &["kernel"]),
    ("jupyter_zmq_client", &["kernel"]),
    ("zeromq", &["kernel"]),
    ("anyhow", &["cli", "main"]),
    ("storage", &["events", "room", "webhooks", "tokens", "audit", "http", "server", "maintenance", "main"]),
    ("genai", &["llm"]),
    ("hmac", &["webhooks"]),
    ("rmcp", &["http"]),
    ("reqwest", &["llm", "webhooks"]),
    (
        "tokio",
        &["events", "kernel", "llm", "room", "webhooks", "tokens", "http", "server", "maintenance", "cli", "main"],
    ),
];

/// What the store must never depend on: it knows bytes and sequence numbers.
const STORAGE_NEVER_KNOWS: &[&str] = &["yrs", "axum", "coscribe", "hyper", "tower", "utoipa"];

/// Shorter words in backticks are code, not names of tests.
const SHORTEST_TEST_NAME: usize = 24;

/// A source file of a module.
struct Source {
    path: PathBuf,
    /// The module of the crate root it belongs to.
    module: String,
    /// How many `super::` lead from it to the crate root.
    depth: usize,
    text: String,
}

impl Source {
    /// Root modules that the text names.
    fn imports(&self) -> BTreeSet<String> {
        let code = without_comments(&self.text);
        let root = "super::".repeat(self.depth);
        let mut found = names_after(&code, "crate::");
        found.extend(names_after(&code, &root).into_iter().filter(|name| floor(name).is_some()));
        if self.module == "main" {
            found.extend(names_after(&code, "coscribe::"));
        }
        found.retain(|name| *name != self.module && name.starts_with(|first: char| first.is_ascii_lowercase()));
        found
    }

    /// Whether production code of the file names the library.
    fn knows(&self, library: &str) -> bool {
        let code = without_comments(&self.text);
        let production = code.split("#[cfg(test)]").next().unwrap_or_default();
        !is_test_file(&self.path) && paths_to(production, &format!("{library}::")).next().is_some()
    }
}

fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().to_string_lossy().trim_end_matches(".rs").ends_with("tests"))
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// The text without line comments. A `//` inside a string also ends its line here; no import stands behind one.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The rests of the text after each place where a path begins with `prefix`.
fn paths_to<'a>(code: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(prefix).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        let inside = before.is_some_and(|last| last.is_alphanumeric() || last == '_' || last == ':');
        (!inside).then(|| &code[at + prefix.len()..])
    })
}

/// First names behind `prefix`: one, or those of a group `{a::b, c::{d, e}}`.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let name =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    paths_to(code, prefix)
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(group) => members(group).iter().map(|member| name(member)).collect(),
            None => vec![name(rest)],
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// The members of a group whose opening brace was just read, split at the commas of its own level.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut members) = (0, vec![String::new()]);
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            _ if depth == 0 => members.last_mut().expect("never empty").push(letter),
            _ => {}
        }
    }
    members
}

/// Why `module` may not import `other`, if it may not.
fn objection(module: &str, other: &str) -> Option<String> {
    let (Some(own), Some(below)) = (floor(module), floor(other)) else {
        return Some(format!("{module} or {other} has no floor in tests/floors.rs"));
    };
    if NEIGHBOURS.contains(&(module, other)) {
        return None;
    }
    if module == "cli" && !CLI_MAY_IMPORT.contains(&other) {
        return Some(format!("cli imports {other}; it may import {CLI_MAY_IMPORT:?}"));
    }
    (below >= own).then(|| format!("{module} (floor {own}) imports {other} (floor {below})"))
}

fn offences(sources: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    for source in sources {
        let at = source.path.display();
        let objections = source.imports().into_iter().filter_map(|other| objection(&source.module, &other));
        offences.extend(objections.map(|objection| format!("{at}: {objection}")));
        for (library, knowers) in LIBRARIES {
            if source.knows(library) && !knowers.contains(&source.module.as_str()) {
                offences.push(format!("{at}: {} knows {library}; only {knowers:?} may", source.module));
            }
        }
    }
    offences
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file under a folder of the repository.
fn sources(folder: &str) -> Vec<Source> {
    let (mut found, mut waiting) = (Vec::new(), vec![root().join(folder)]);
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(source(folder, path));
            }
        }
    }
    assert!(!found.is_empty(), "no source in {folder}");
    found
}

fn source(folder: &str, path: PathBuf) -> Source {
    let inside = path.strip_prefix(root().join(folder)).expect("inside").with_extension("");
    let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let text = fs::read_to_string(&path).expect("readable source");
    let path = path.strip_prefix(root()).expect("inside").to_owned();
    Source { path, module: parts[0].clone(), depth: parts.len(), text }
}

#[test]
fn imports_point_down_and_libraries_stay_where_they_belong() {
    let sources: Vec<_> = sources("src").into_iter().filter(|source| source.module != "lib").collect();
    let offences = offences(&sources);
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn every_module_of_the_crate_has_a_floor_and_every_floor_a_module() {
    let modules: BTreeSet<_> =
        sources("src").into_iter().map(|source| source.module).filter(|name| name != "lib").collect();
    let floors: BTreeSet<_> = FLOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(modules, floors);
}

#[test]
fn the_store_knows_neither_documents_nor_the_web() {
    let manifest = fs::read_to_string(root().join("storage/Cargo.toml")).expect("the manifest");
    let dependencies = manifest.split_once("[dependencies]").expect("dependencies").1;
    for name in STORAGE_NEVER_KNOWS {
        let depends = dependencies.lines().any(|line| line.split(['=', '.', ' ']).next() == Some(name));
        assert!(!depends, "storage depends on {name}");
    }
}

#[test]
fn every_module_says_first_what_it_owns() {
    for source in sources("src").iter().chain(&sources("storage/src")) {
        assert!(source.text.starts_with("//! "), "{} does not open with `//!`", source.path.display());
        assert_ne!(source.path.file_name().and_then(|name| name.to_str()), Some("mod.rs"), "{}", source.path.display());
    }
}

/// Names in backticks of the section on invariants: each bullet ends with the tests that check it.
fn promised_tests(page: &str) -> BTreeSet<String> {
    let section = page.split("\n## ").find(|section| section.starts_with("Invariants")).unwrap_or_default();
    let bullets = section.split("\n1. ").nth(1).unwrap_or_default();
    let names = bullets.split('`').skip(1).step_by(2).map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "));
    names.filter(|name| name.len() > SHORTEST_TEST_NAME).collect()
}

/// Every text in which a test could be defined.
fn test_sources() -> String {
    let rust = ["src", "tests", "storage"].into_iter().flat_map(sources).map(|source| source.text);
    let node = ["tests/conformance/suites", "web/e2e"].map(|folder| fs::read_dir(root().join(folder)).expect(folder));
    let node = node.into_iter().flatten().map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    let node = node.map(|path| fs::read_to_string(path).expect("a suite"));
    rust.chain(node).collect()
}

#[test]
fn every_test_that_the_architecture_page_names_exists() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let (promised, defined) = (promised_tests(&page), test_sources());
    assert!(promised.len() > 20, "only {promised:?} found");
    let forms = |name: &str| [format!("fn {name}("), format!("test(\"{name}\""), format!("test('{name}'")];
    let exists = |name: &&String| forms(name).iter().any(|form| defined.contains(form));
    let missing: Vec<_> = promised.iter().filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names tests that do not exist: {missing:?}");
}

mod the_check_itself {
    use super::*;

    fn made_up(module: &str, depth: usize, text: &str) -> Source {
        Source { path: format!("src/{module}.rs").into(), module: module.into(), depth, text: text.into() }
    }

    fn caught(module: &str, text: &str) -> Vec<String> {
        offences(&[made_up(module, 1, text)])
    }

    #[test]
    fn finds_imports_that_point_up_in_every_form() {
        for text in [
            "use crate::room::RoomHandle;",
            "use crate::{ids::CellId, room::{RoomHandle, Rooms}};",
            "use crate::{\n    ids::CellId,\n    room,\n};",
            "fn f() { crate::room::open() }",
            "use super::room::Rooms;",
            "pub(crate) fn f(handle: &crate::room::RoomHandle) {}",
        ] {
            assert_eq!(caught("notebook", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn finds_siblings_and_unknown_modules() {
        assert_eq!(caught("wire", "use crate::notebook::Op;").len(), 1);
        assert_eq!(caught("http", "use crate::cli::run;").len(), 1);
        assert_eq!(caught("http", "use crate::helpers::run;").len(), 1);
        assert_eq!(caught("cli", "use crate::room::Rooms;").len(), 1);
        assert_eq!(caught("main", "use coscribe::nowhere::f;").len(), 1);
    }

    #[test]
    fn finds_libraries_in_the_wrong_place_but_not_in_tests() {
        assert_eq!(caught("wire", "use yrs::Doc;").len(), 1);
        assert_eq!(caught("room", "fn f() -> axum::Router {}").len(), 1);
        assert_eq!(caught("wire", "#[cfg(test)]\nmod tests { use yrs::Doc; }").len(), 0);
        assert_eq!(caught("wire", "use not_yrs::Doc;").len(), 0);
    }

    #[test]
    fn lets_good_imports_pass() {
        let good = "//! See crate::room.\nuse crate::{ids::CellId, vocabulary::{Actor, Event}};\nuse super::wire_like;";
        assert_eq!(caught("notebook", good), Vec::<String>::new());
        assert_eq!(
            offences(&[made_up("room", 2, "use super::handle::RoomHandle; use crate::notebook::Op;")]),
            Vec::<String>::new()
        );
        assert_eq!(caught("vocabulary", "use crate::ids::CellId;"), Vec::<String>::new());
    }
}
