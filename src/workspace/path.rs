//! A checked path in a working directory. Pure; imports nothing of ours.
//!
//! Invariant: each part is the name of one file or folder: neither empty, nor `.` or `..`, nor with a slash.

use std::fmt;

/// The longest name that file systems keep, in bytes.
const NAME_MAX: usize = 255;

/// The longest path, in bytes.
const PATH_MAX: usize = 1024;

/// A path from the working directory on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath(Vec<String>);

/// Why a text is no such path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no path of a file here: write names joined by '/', without '..', of at most {NAME_MAX} bytes each, and \
     with nothing before the first"
)]
pub struct InvalidPath(String);

impl FilePath {
    /// Reads `data/table.csv`.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        let parts: Vec<_> = text.split('/').map(str::to_owned).collect();
        let valid = text.len() <= PATH_MAX && parts.iter().all(|part| is_name(part));
        if valid { Ok(Self(parts)) } else { Err(InvalidPath(text.chars().take(80).collect())) }
    }

    /// The working directory itself.
    pub(super) fn root() -> Self {
        Self(Vec::new())
    }

    pub(super) fn parts(&self) -> &[String] {
        &self.0
    }

    /// What lies in this folder under a name, if that can be asked for.
    pub(super) fn join(&self, name: &str) -> Option<Self> {
        is_name(name).then(|| Self(self.0.iter().cloned().chain([name.to_owned()]).collect()))
    }

    /// The folder and the name in it.
    pub(super) fn split(&self) -> (Self, &str) {
        match self.0.split_last() {
            Some((name, folder)) => (Self(folder.to_vec()), name),
            None => (Self::root(), "."),
        }
    }

    /// The last name begins with a dot.
    pub(super) fn is_hidden(&self) -> bool {
        self.0.last().is_some_and(|name| name.starts_with('.'))
    }

    /// The name of the file.
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
}

fn is_name(text: &str) -> bool {
    let special = ["", ".", ".."].contains(&text);
    !special && text.len() <= NAME_MAX && !text.chars().any(|letter| letter == '/' || letter.is_control())
}

impl fmt::Display for FilePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_spaces_letters_of_all_scripts_and_dots_but_lead_nowhere_else() {
        for good in ["a.csv", "my data/Übersicht 2024 (1).csv", "数据/表.csv", ".env", "a..b", "...", "a\\b"] {
            assert_eq!(FilePath::parse(good).unwrap().to_string(), good);
        }
        let long = "x".repeat(256);
        for bad in ["", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/./b", "a//b", "a/", "a\0b", "a\nb", &long] {
            assert!(FilePath::parse(bad).is_err(), "{bad:?}");
        }
    }
}
