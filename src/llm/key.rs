//! Keys of providers, and texts of providers with nothing secret left in them. Imports nothing of ours.
//!
//! Invariant: a key leaves this type only by [`Key::reveal`], which only what builds a request calls.

use std::fmt;

/// Beginnings of a key that are cut out too: some providers repeat a part of a wrong key in their answer.
const TELLING_START: usize = 6;

/// What stands where something secret stood.
const HIDDEN: &str = "…";

/// The key of a provider. It shows itself nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The key without the white space that copying leaves around it; `None` when nothing else is there.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The key itself, for a header of a request.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it can stand in a header.
    pub(super) fn fits_a_header(&self) -> bool {
        self.0.bytes().all(|byte| (0x21..0x7f).contains(&byte))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(hidden)")
    }
}

/// The text in one line of at most `most` characters, without the key and without what addresses carry beside
/// scheme, host and path.
pub(super) fn scrub(text: &str, key: Option<&Key>, most: usize) -> String {
    let words: Vec<String> =
        text.split_whitespace().map(|word| without_address_secrets(&without_key(word, key))).collect();
    let line = words.join(" ");
    match line.char_indices().nth(most) {
        None => line,
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}

fn without_key(word: &str, key: Option<&Key>) -> String {
    let Some(Key(key)) = key else { return word.to_owned() };
    let word = word.replace(key, HIDDEN);
    let telling = key.char_indices().nth(TELLING_START).map(|(end, _)| &key[..end]);
    match telling.and_then(|start| word.find(start)) {
        Some(at) => format!("{}{HIDDEN}", &word[..at]),
        None => word,
    }
}

fn without_address_secrets(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_itself_nowhere() {
        let key = Key::new(" sk-very-secret \n").unwrap();
        assert_eq!(format!("{key:?}"), "Key(hidden)");
        assert_eq!(key.reveal(), "sk-very-secret");
        assert_eq!(Key::new(" \n"), None);
    }

    #[test]
    fn texts_of_providers_lose_keys_credentials_and_queries() {
        let key = Key::new("sk-very-secret");
        for (text, scrubbed) in [
            ("wrong key sk-very-secret.", "wrong key …."),
            ("wrong key: 'sk-very***ret'", "wrong key: '…"),
            ("at http://bob:pass@host:1/v1?key=abc now", "at http://host:1/v1 now"),
            ("at https://host?key=abc#part", "at https://host"),
            ("two\n  lines", "two lines"),
        ] {
            assert_eq!(scrub(text, key.as_ref(), 100), scrubbed);
        }
        assert_eq!(scrub("äöüäöü", None, 3), "äöü…");
    }
}
