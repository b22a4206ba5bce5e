//! Changing texts by the smallest edits, so that what others type meanwhile stays.
//!
//! Imports yrs and the diff crate. Invariant: what is written is what was asked for, and no edit splits a character.

use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, DiffableStr, capture_diff_slices};
use yrs::{GetString, Map, MapRef, ReadTxn, Text, TextPrelim, TextRef, TransactionMut};

/// Words, characters or lines of both texts together up to which they are compared one by one. Myers' algorithm takes up to
/// the square of it in steps: some milliseconds, which a room can wait.
const TOKENS_MAX: usize = 4000;
/// Texts with more bytes than this for each token allowed are not even cut into tokens.
const TOKEN_BYTES_MAX: usize = 8;
/// Changed blocks that are compared by character. Beyond it they are replaced as wholes.
const BLOCKS_MAX: usize = 50;
/// Bytes of a changed block, old and new together, that is compared by character. In a larger one the characters that
/// happen to be equal mean nothing.
const BLOCK_BYTES_MAX: usize = 500;

/// A piece of a text, in bytes, and what is to stand in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub old: Range<usize>,
    pub new: String,
}

/// The changes that make `new` of `old`, ascending.
pub fn changes(old: &str, new: &str) -> Vec<Change> {
    let (start, old_end, new_end) = differing_lines(old, new);
    let (old, new) = (&old[start..old_end], &new[start..new_end]);
    let mut changes = by_lines(old, new);
    for change in &mut changes {
        change.old = change.old.start + start..change.old.end + start;
    }
    changes
}

/// Where the lines that differ begin, and where they end in both texts.
fn differing_lines(old: &str, new: &str) -> (usize, usize, usize) {
    let prefix = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let start = old.as_bytes()[..prefix].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (old_rest, new_rest) = (&old.as_bytes()[start..], &new.as_bytes()[start..]);
    let suffix = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let common = &old_rest[old_rest.len() - suffix..];
    // The common end counts from behind its first line break on, so that it begins with a line.
    let kept = common.iter().position(|byte| *byte == b'\n').map_or(0, |at| suffix - at - 1);
    (start, old.len() - kept, new.len() - kept)
}

/// By words first: an edit that takes half of one word and half of the next for a change puts what others type meanwhile
/// in odd places.
fn by_lines(old: &str, new: &str) -> Vec<Change> {
    if old == new {
        return Vec::new();
    }
    let blocks = by_words(old, new).or_else(|| by_tokens(&old.tokenize_lines(), &new.tokenize_lines()));
    let blocks = blocks.unwrap_or_else(|| vec![Change { old: 0..old.len(), new: new.into() }]);
    let refine = blocks.len() <= BLOCKS_MAX;
    blocks.into_iter().flat_map(|block| if refine { by_characters(old, block) } else { vec![block] }).collect()
}

fn by_words(old: &str, new: &str) -> Option<Vec<Change>> {
    let tokens = |text: &str| text.len() <= TOKEN_BYTES_MAX * TOKENS_MAX;
    (tokens(old) && tokens(new)).then(|| by_tokens(&old.tokenize_unicode_words(), &new.tokenize_unicode_words()))?
}

fn by_characters(old: &str, block: Change) -> Vec<Change> {
    let piece = &old[block.old.clone()];
    if piece.is_empty() || block.new.is_empty() || piece.len() + block.new.len() > BLOCK_BYTES_MAX {
        return vec![block];
    }
    let Some(mut changes) = by_tokens(&piece.tokenize_graphemes(), &block.new.tokenize_graphemes()) else {
        return vec![block];
    };
    for change in &mut changes {
        change.old = change.old.start + block.old.start..change.old.end + block.old.start;
    }
    changes
}

/// `None` when there are too many tokens to compare.
fn by_tokens(old: &[&str], new: &[&str]) -> Option<Vec<Change>> {
    if old.len() + new.len() > TOKENS_MAX {
        return None;
    }
    Some(pieces(old, new, &capture_diff_slices(Algorithm::Myers, old, new)))
}

/// Counts along instead of trusting the operations' own places: similar 2.7 gives an insertion after a shifted equal
/// piece the place before it.
fn pieces(old: &[&str], new: &[&str], operations: &[DiffOp]) -> Vec<Change> {
    let (mut old_at, mut new_at, mut byte) = (0, 0, 0);
    let mut changes: Vec<Change> = Vec::new();
    for operation in operations {
        let (removed, added) =
            (&old[old_at..][..operation.old_range().len()], &new[new_at..][..operation.new_range().len()]);
        (old_at, new_at) = (old_at + removed.len(), new_at + added.len());
        let length: usize = removed.iter().map(|token| token.len()).sum();
        match changes.last_mut().filter(|last| last.old.end == byte) {
            _ if operation.tag() == DiffTag::Equal => {}
            Some(last) => {
                last.old.end += length;
                last.new.extend(added.iter().copied());
            }
            None => changes.push(Change { old: byte..byte + length, new: added.concat() }),
        }
        byte += length;
    }
    changes
}

/// The changes from `base` to `source`, carried over to `present`, which others made of `base` meanwhile. Nothing that
/// they typed is removed; what they removed stays removed.
pub fn carried(base: &str, source: &str, present: &str) -> Vec<Change> {
    if source == present {
        return Vec::new();
    }
    let kept = kept_pieces(base.len(), &changes(base, present));
    changes(base, source).into_iter().flat_map(|change| carry(change, &kept)).collect()
}

/// A piece of the base that is still there: where it was, and where it begins now.
struct Kept {
    base: Range<usize>,
    present: usize,
}

fn kept_pieces(length: usize, theirs: &[Change]) -> Vec<Kept> {
    let (mut base, mut present) = (0, 0);
    let mut kept = Vec::new();
    for change in theirs {
        kept.push(Kept { base: base..change.old.start, present });
        present += change.old.start - base + change.new.len();
        base = change.old.end;
    }
    kept.push(Kept { base: base..length, present });
    kept
}

/// Inserts behind the last kept character before the change, and removes what is still there of the removed piece.
fn carry(change: Change, kept: &[Kept]) -> Vec<Change> {
    let before = kept.iter().rev().find(|piece| piece.base.start < change.old.start);
    let at = before.map_or(0, |piece| piece.present + change.old.start.min(piece.base.end) - piece.base.start);
    let mut result = vec![Change { old: at..at, new: change.new }];
    for piece in kept {
        let (from, to) = (piece.base.start.max(change.old.start), piece.base.end.min(change.old.end));
        if from < to {
            let shift = |offset: usize| piece.present + offset - piece.base.start;
            result.push(Change { old: shift(from)..shift(to), new: String::new() });
        }
    }
    result.retain(|change| !change.old.is_empty() || !change.new.is_empty());
    result
}

/// The changes that add to `first` the words that only `second` has; nothing is removed.
pub fn additions(first: &str, second: &str) -> Vec<Change> {
    let changes = by_words(first, second).or_else(|| by_tokens(&first.tokenize_lines(), &second.tokenize_lines()));
    let changes = changes.unwrap_or_else(|| vec![Change { old: 0..first.len(), new: second.into() }]);
    let added = changes.into_iter().filter(|change| !change.new.is_empty());
    added.map(|change| Change { old: change.old.end..change.old.end, new: change.new }).collect()
}

/// A text as it is, and the type that holds it.
pub struct Present {
    text: TextRef,
    pub string: String,
}

impl Present {
    /// Reads a text.
    pub fn read<T: ReadTxn>(txn: &T, text: TextRef) -> Self {
        let string = text.get_string(txn);
        Self { text, string }
    }

    /// Changes the text. `holder` is the map that holds it, under `key`.
    pub fn edit(&self, txn: &mut TransactionMut<'_>, holder: &MapRef, key: &str, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        if self.holds_text_only(txn) {
            self.edit_in_place(txn, changes);
        } else {
            holder.insert(txn, key, TextPrelim::new(changed(&self.string, changes)));
        }
    }

    /// Clients may have put embedded objects or plain values into a text; offsets in its string are then no offsets in
    /// it, and yrs panics when it has to remove some of them.
    fn holds_text_only<T: ReadTxn>(&self, txn: &T) -> bool {
        self.text.len(txn) as usize == units(&self.string)
    }

    fn edit_in_place(&self, txn: &mut TransactionMut<'_>, changes: &[Change]) {
        let (mut byte, mut unit) = (0, 0);
        let mut edits = Vec::with_capacity(changes.len());
        for change in changes {
            unit += units(&self.string[byte..change.old.start]);
            let length = units(&self.string[change.old.clone()]);
            edits.push((unit, length, change.new.as_str()));
            unit += length;
            byte = change.old.end;
        }
        for (unit, length, new) in edits.into_iter().rev() {
            // A document is far smaller than 4 Gi units, so these conversions keep their values.
            if length > 0 {
                self.text.remove_range(txn, unit as u32, length as u32);
            }
            self.text.insert(txn, unit as u32, new);
        }
    }
}

/// Length in UTF-16 units, in which Yjs counts.
fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The text that changes make of `old`.
pub fn changed(old: &str, changes: &[Change]) -> String {
    let mut result = String::with_capacity(old.len());
    let mut at = 0;
    for change in changes {
        result.push_str(&old[at..change.old.start]);
        result.push_str(&change.new);
        at = change.old.end;
    }
    result.push_str(&old[at..]);
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn carry_over(base: &str, source: &str, present: &str) -> String {
        changed(present, &carried(base, source, present))
    }

    #[test]
    fn a_family_emoji_is_one_character() {
        let changes = changes("x👨‍👩‍👧y", "x👨‍👩‍👦y");
        assert_eq!(changes, vec![Change { old: 1..19, new: "👨‍👩‍👦".into() }]);
    }

    #[test]
    fn edits_are_carried_over_what_others_typed() {
        assert_eq!(carry_over("print(1)", "print(2)", "# hi\nprint(1) # there"), "# hi\nprint(2) # there");
        assert_eq!(carry_over("one two three", "one three", "one two-and-a-half three"), "one -and-a-halfthree");
        assert_eq!(carry_over("a", "a b", "a c"), "a b c");
        assert_eq!(carry_over("", "mine", "theirs"), "minetheirs");
        assert_eq!(carry_over("x", "xy", "xy"), "xy");
    }

    #[test]
    fn a_long_text_is_compared_line_by_line() {
        let old: String = (0..2000).map(|line| format!("line number {line} of many\n")).collect();
        let new = old.replace("number 7 ", "No. 7 ").replace("number 1500 ", "");
        let changes = changes(&old, &new);
        assert_eq!(changed(&old, &changes), new);
        assert!(changes.iter().map(|change| change.new.len() + change.old.len()).sum::<usize>() < 40, "{changes:?}");
    }

    #[test]
    fn texts_too_different_to_compare_are_replaced() {
        let old: String = (0..30_000).map(|n| char::from(b'a' + (n % 7) as u8)).collect();
        let new: String = (0..30_000).map(|n| char::from(b'a' + (n % 11) as u8)).collect();
        assert_eq!(changed(&old, &changes(&old, &new)), new);
    }

    proptest! {
        #[test]
        fn changes_make_the_new_text(old in "[ab\n😀é]{0,40}", new in "[ab\n😀é]{0,40}") {
            prop_assert_eq!(changed(&old, &changes(&old, &new)), new);
        }

        #[test]
        fn nothing_others_typed_is_lost(base in "[a-c\n]{0,20}", source in "[a-c\n]{0,20}", typed in "[X-Z]{1,6}", at in 0usize..20) {
            let at = at.min(base.len());
            let present = format!("{}{}{}", &base[..at], typed, &base[at..]);
            let result = carry_over(&base, &source, &present);
            let survived: String = result.chars().filter(char::is_ascii_uppercase).collect();
            let rest: String = result.chars().filter(|character| !character.is_ascii_uppercase()).collect();
            prop_assert_eq!(survived, typed);
            prop_assert_eq!(rest, source);
        }

        #[test]
        fn a_union_keeps_both(first in "[ab\n]{0,20}", second in "[ab\n]{0,20}") {
            let union = changed(&first, &additions(&first, &second));
            let holds = |whole: &str, part: &str| {
                let mut rest = whole.chars();
                part.chars().all(|wanted| rest.any(|character| character == wanted))
            };
            prop_assert!(holds(&union, &first) && holds(&union, &second));
        }
    }
}
