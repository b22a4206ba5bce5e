//! Putting one text in the place of another, for whoever edits from what it read before.
//!
//! Imports cell, schema and text. Invariant: a cell that has changed since, or where the place is not certain, is left as
//! it is, and the refusal tells what stands there now.

use yrs::{MapRef, TransactionMut};

use super::{
    OpError, cell, schema,
    text::{Change, Present},
};
use crate::{ids::CellId, vocabulary::source_hash};

/// Replaces `old`, which must stand exactly once in a text whose hash is `base`. In an empty cell, nothing is replaced by
/// `new`.
///
/// # Errors
/// The text is another by now, `old` does not stand there, or more than once; nothing changed.
pub fn replace(
    txn: &mut TransactionMut<'_>,
    id: &CellId,
    map: &MapRef,
    base: &str,
    (old, new): (&str, &str),
) -> Result<(), OpError> {
    let source = cell::read(txn, map).map(|view| view.source).unwrap_or_default();
    let version = source_hash(&source);
    if version != base {
        return Err(OpError::ChangedMeanwhile { cell: id.clone(), version, text: source });
    }
    let at = place(&source, old).map_err(|times| OpError::NoPlace {
        cell: id.clone(),
        times,
        version,
        text: source.clone(),
    })?;
    let text = cell::ensure_source(txn, map);
    let change = Change { old: at..at + old.len(), new: new.to_owned() };
    Present::read(txn, text).edit(txn, map, schema::SOURCE, &[change]);
    Ok(())
}

/// Where `old` stands, or how many times it does.
fn place(source: &str, old: &str) -> Result<usize, usize> {
    if old.is_empty() {
        return if source.is_empty() { Ok(0) } else { Err(0) };
    }
    // Places that overlap count each: all are as good.
    let mut found = source.char_indices().filter(|(at, _)| source[*at..].starts_with(old)).map(|(at, _)| at);
    match (found.next(), found.count()) {
        (Some(at), 0) => Ok(at),
        (None, _) => Err(0),
        (Some(_), more) => Err(more + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_certain_only_if_there_is_one() {
        assert_eq!(place("aéb", "b"), Ok(3));
        assert_eq!(place("aXa", "a"), Err(2));
        assert_eq!(place("aaa", "aa"), Err(2));
        assert_eq!(place("abc", "x"), Err(0));
        assert_eq!(place("", ""), Ok(0));
        assert_eq!(place("abc", ""), Err(0));
    }
}
