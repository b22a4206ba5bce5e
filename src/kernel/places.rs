//! Places in code: documents and browsers count UTF-16 units, Jupyter counts characters.
//!
//! Pure; imports nothing of ours. Invariant: a place is always between two characters of the code.

/// The place in characters. Inside a character it is the one before it, behind the end the end.
pub fn in_characters(code: &str, units: usize) -> usize {
    let mut seen = 0;
    code.chars()
        .take_while(|character| {
            seen += character.len_utf16();
            seen <= units
        })
        .count()
}

/// The place in UTF-16 units; behind the end the end.
pub fn in_units(code: &str, characters: usize) -> usize {
    code.chars().take(characters).map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_same_in_both_ways_of_counting() {
        let code = "a😀é";
        for (units, characters) in [(0, 0), (1, 1), (3, 2), (4, 3)] {
            assert_eq!((in_characters(code, units), in_units(code, characters)), (characters, units));
        }
        assert_eq!(in_characters(code, 2), 1, "inside the smiley");
        assert_eq!((in_characters(code, 99), in_units(code, 99)), (3, 4));
    }
}
