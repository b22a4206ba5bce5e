//! Order keys: strings between any two of which there is another, in the format of the npm package
//! `fractional-indexing`, which the page uses on the same keys.
//!
//! A key is an integer part and a fraction, both in base 62 with digits in ASCII order. The first character of the
//! integer part tells its length: `a` two characters, `b` three … `z` twenty-seven for the positive ones, `Z` two …
//! `A` twenty-seven for the negative ones, so that keys sort as plain strings. A fraction never ends in the digit zero.
//!
//! Imports nothing. Invariant: every key made here is valid and lies strictly between its bounds.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE: u8 = 62;
/// The integer of the first key ever made.
const ORIGIN: &str = "a0";

/// Whether `key` is an order key. Anything else from a client counts as no key.
pub fn is_valid(key: &str) -> bool {
    let bytes = key.as_bytes();
    let Some(length) = bytes.first().and_then(|head| integer_length(*head)) else {
        return false;
    };
    let digits = bytes.iter().all(|byte| digit_of(*byte).is_some());
    digits && bytes.len() >= length && !is_lowest(bytes) && (bytes.len() == length || bytes.last() != Some(&b'0'))
}

/// A key between two valid keys; `None` as a bound is open. `None` when `low` is not below `high`.
pub fn between(low: Option<&str>, high: Option<&str>) -> Option<String> {
    match (low.map(split), high.map(split)) {
        (None, None) => Some(ORIGIN.into()),
        (Some(low), None) => Some(above(low)),
        (None, Some(high)) => Some(below(high)),
        (Some(_), Some(_)) if low >= high => None,
        (Some(low), Some(high)) => Some(inside(low, high)),
    }
}

/// `count` ascending keys between two valid keys, as short as the format allows. Empty when `low` is not below `high`.
pub fn spread(low: Option<&str>, high: Option<&str>, count: usize) -> Vec<String> {
    match (low, high) {
        (_, None) => chain(count, |last| between(last.or(low), None)),
        (None, Some(_)) => {
            let mut keys = chain(count, |last| between(None, last.or(high)));
            keys.reverse();
            keys
        }
        (Some(low), Some(high)) => halves(low, high, count),
    }
}

fn chain(count: usize, next: impl Fn(Option<&str>) -> Option<String>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::with_capacity(count);
    while keys.len() < count {
        let Some(key) = next(keys.last().map(String::as_str)) else { break };
        keys.push(key);
    }
    keys
}

fn halves(low: &str, high: &str, count: usize) -> Vec<String> {
    if count == 0 {
        return Vec::new();
    }
    let Some(middle) = between(Some(low), Some(high)) else {
        return Vec::new();
    };
    let mut keys = halves(low, &middle, count / 2);
    let after = halves(&middle, high, count - count / 2 - 1);
    keys.push(middle);
    keys.extend(after);
    keys
}

/// Integer part and fraction.
fn split(key: &str) -> (&str, &str) {
    let length = key.bytes().next().and_then(integer_length).unwrap_or(key.len());
    key.split_at(length.min(key.len()))
}

fn above((integer, fraction): (&str, &str)) -> String {
    step(integer, Step::Up).unwrap_or_else(|| format!("{integer}{}", middle(fraction, None)))
}

fn below((integer, fraction): (&str, &str)) -> String {
    if is_lowest(integer.as_bytes()) {
        return format!("{integer}{}", middle("", Some(fraction)));
    }
    if !fraction.is_empty() {
        return integer.into();
    }
    step(integer, Step::Down).unwrap_or_else(|| integer.into())
}

fn inside(low: (&str, &str), high: (&str, &str)) -> String {
    if low.0 == high.0 {
        return format!("{}{}", low.0, middle(low.1, Some(high.1)));
    }
    let next = step(low.0, Step::Up).filter(|next| (next.as_str(), "") < high);
    next.unwrap_or_else(|| format!("{}{}", low.0, middle(low.1, None)))
}

/// A fraction between two fractions, of which the first may be empty and the second open (one).
fn middle(low: &str, high: Option<&str>) -> String {
    let (mut low, mut high) = (low.as_bytes().to_vec(), high.map(|high| high.as_bytes().to_vec()));
    let mut result = Vec::new();
    loop {
        let from = low.first().and_then(|byte| digit_of(*byte)).unwrap_or(0);
        let to = high.as_ref().map_or(BASE, |high| high.first().and_then(|byte| digit_of(*byte)).unwrap_or(BASE));
        if to > from + 1 {
            result.push(DIGITS[usize::from((from + to).div_ceil(2))]);
            break;
        }
        if to == from + 1 && high.as_ref().is_some_and(|high| high.len() > 1) {
            result.push(DIGITS[usize::from(to)]);
            break;
        }
        // The digits are equal, and both go on; or they are neighbours, and only the lower one goes on.
        result.push(DIGITS[usize::from(from)]);
        low = low.get(1..).unwrap_or_default().to_vec();
        high = if to == from { high.map(|high| high.get(1..).unwrap_or_default().to_vec()) } else { None };
    }
    String::from_utf8(result).unwrap_or_default()
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Up,
    Down,
}

/// The next integer up or down; `None` past the last.
fn step(integer: &str, step: Step) -> Option<String> {
    let (head, digits) = integer.as_bytes().split_first()?;
    let (full, reset) = if step == Step::Up { (b'z', b'0') } else { (b'0', b'z') };
    let mut digits = digits.to_vec();
    for digit in digits.iter_mut().rev() {
        if *digit != full {
            let value = usize::from(digit_of(*digit)?);
            *digit = DIGITS[if step == Step::Up { value + 1 } else { value - 1 }];
            return join(*head, &digits);
        }
        *digit = reset;
    }
    let head = neighbour(*head, step)?;
    digits.resize(integer_length(head)? - 1, reset);
    join(head, &digits)
}

fn join(head: u8, digits: &[u8]) -> Option<String> {
    String::from_utf8([&[head], digits].concat()).ok()
}

fn neighbour(head: u8, step: Step) -> Option<u8> {
    match (head, step) {
        (b'z', Step::Up) | (b'A', Step::Down) => None,
        (b'Z', Step::Up) => Some(b'a'),
        (b'a', Step::Down) => Some(b'Z'),
        (head, Step::Up) => Some(head + 1),
        (head, Step::Down) => Some(head - 1),
    }
}

/// Length of the integer part, its head included.
fn integer_length(head: u8) -> Option<usize> {
    match head {
        b'a'..=b'z' => Some(usize::from(head - b'a') + 2),
        b'A'..=b'Z' => Some(usize::from(b'Z' - head) + 2),
        _ => None,
    }
}

/// The lowest integer: no key of its own, since nothing could come before it.
fn is_lowest(integer: &[u8]) -> bool {
    integer.len() == 27 && integer[0] == b'A' && integer[1..].iter().all(|digit| *digit == b'0')
}

fn digit_of(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'Z' => Some(byte - b'A' + 10),
        b'a'..=b'z' => Some(byte - b'a' + 36),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Made by the npm package the page uses; a line is `low high key` or `low high count keys…`, `-` an open bound.
    const VECTORS: &str = include_str!("order_vectors.txt");

    #[test]
    fn keys_are_those_the_page_would_make() {
        let mut checked = 0;
        for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split(' ').collect();
            let bound = |field: &'static str| (field != "-").then_some(field);
            let (low, high) = (bound(fields[0]), bound(fields[1]));
            match fields[2].parse::<usize>() {
                Ok(count) => assert_eq!(spread(low, high, count), fields[3..], "{line}"),
                Err(_) => assert_eq!(between(low, high).as_deref(), Some(fields[2]), "{line}"),
            }
            assert!(fields.iter().skip(3).all(|key| is_valid(key)), "{line}");
            checked += 1;
        }
        assert_eq!(checked, 2539);
    }

    #[test]
    fn what_is_no_key_is_told_from_keys() {
        for key in ["a0", "a1", "Zz", "a0V", "b00", "zzzzzzzzzzzzzzzzzzzzzzzzzzz", "A00000000000000000000000001"] {
            assert!(is_valid(key), "{key}");
        }
        for key in ["", "a", "0", "a00", "b0", "a0-", "a0 ", "é0", "a0é", "A00000000000000000000000000", "a0V0"] {
            assert!(!is_valid(key), "{key}");
        }
    }

    #[test]
    fn there_is_nothing_between_equal_or_swapped_bounds() {
        assert_eq!(between(Some("a0"), Some("a0")), None);
        assert_eq!(between(Some("a1"), Some("a0")), None);
        assert!(spread(Some("a1"), Some("a0"), 3).is_empty());
    }

    proptest! {
        #[test]
        fn there_is_always_a_key_between_two(places in prop::collection::vec(0usize..1000, 1..200)) {
            let mut keys: Vec<String> = Vec::new();
            for place in places {
                let at = place % (keys.len() + 1);
                let low = at.checked_sub(1).map(|low| keys[low].clone());
                let key = between(low.as_deref(), keys.get(at).map(String::as_str)).unwrap();
                prop_assert!(is_valid(&key));
                keys.insert(at, key);
            }
            prop_assert!(keys.is_sorted_by(|a, b| a < b));
        }
    }
}
