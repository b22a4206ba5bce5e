//! lib0's encoding, as far as Yjs' protocols use it: unsigned integers of 7-bit groups, byte strings, text.
//!
//! Imports nothing. Invariant: no input makes the reader panic or allocate; whatever it returns lies inside the input.

/// The largest number of bits an integer may have: what JavaScript counts exactly.
const INTEGER_BITS: u32 = 53;
/// 53 bits in groups of seven: longer encodings are refused, because decoders disagree on what they mean.
const LONGEST_INTEGER: u32 = INTEGER_BITS.div_ceil(7);

/// Why bytes are not lib0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("the bytes end too early")]
    Truncated,
    #[error("an integer is over 53 bits")]
    IntegerTooLarge,
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// A count that the bytes behind it cannot hold; decoders reserve memory for it before they notice.
    #[error("a count is larger than the bytes behind it")]
    CountTooLarge,
}

/// Reads lib0 from a byte slice, front to back.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// One byte.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let (&first, rest) = self.rest.split_first().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(first)
    }

    /// A `varUint` below 2^53.
    #[inline]
    pub fn integer(&mut self) -> Result<u64, Malformed> {
        let first = self.byte()?;
        if first < 0x80 { Ok(u64::from(first)) } else { self.long_integer(first) }
    }

    fn long_integer(&mut self, first: u8) -> Result<u64, Malformed> {
        let mut value = u64::from(first & 0x7f);
        for group in 1..LONGEST_INTEGER {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * group);
            if byte < 0x80 {
                return if value >> INTEGER_BITS == 0 { Ok(value) } else { Err(Malformed::IntegerTooLarge) };
            }
        }
        Err(Malformed::IntegerTooLarge)
    }

    /// Passes over a `varInt` (sign in the first byte) of at most 53 bits.
    pub fn skip_signed_integer(&mut self) -> Result<(), Malformed> {
        let first = self.byte()?;
        if first & 0x80 == 0 {
            return Ok(());
        }
        let high = self.integer()?;
        // The first byte holds six bits.
        if high >> (INTEGER_BITS - 6) == 0 { Ok(()) } else { Err(Malformed::IntegerTooLarge) }
    }

    /// The number of things that follow, each at least `smallest` bytes long, so that no count promises more than the
    /// bytes left can hold.
    pub fn count(&mut self, smallest: usize) -> Result<u64, Malformed> {
        let count = self.integer()?;
        let room = self.left() / smallest.max(1);
        if count <= room as u64 { Ok(count) } else { Err(Malformed::CountTooLarge) }
    }

    /// Exactly `length` bytes.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A `varUint8Array`: length, then bytes.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.integer()?).map_err(|_| Malformed::Truncated)?;
        self.take(length)
    }

    /// A `varString`: length in bytes, then UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed::NotUtf8)
    }
}

/// Appends a `varUint`.
pub fn write_integer(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// Appends a `varUint8Array`, which is also how a `varString` is written.
pub fn write_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    write_integer(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for value in [0, 1, 127, 128, 300, 16_383, 16_384, u64::from(u32::MAX), (1 << 53) - 1] {
            let mut bytes = Vec::new();
            write_integer(&mut bytes, value);
            let mut reader = Reader::new(&bytes);
            assert_eq!((reader.integer(), reader.left()), (Ok(value), 0));
        }
        let mut bytes = Vec::new();
        write_bytes(&mut bytes, "grün 🌱".as_bytes());
        assert_eq!(Reader::new(&bytes).text(), Ok("grün 🌱"));
    }

    #[test]
    fn integers_over_53_bits_are_refused_not_truncated() {
        let mut bytes = Vec::new();
        write_integer(&mut bytes, 1 << 53);
        assert_eq!(Reader::new(&bytes).integer(), Err(Malformed::IntegerTooLarge));
        let ten_bytes = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
        assert_eq!(Reader::new(&ten_bytes).integer(), Err(Malformed::IntegerTooLarge));
        assert_eq!(Reader::new(&ten_bytes).skip_signed_integer(), Err(Malformed::IntegerTooLarge));
    }

    #[test]
    fn reading_past_the_end_is_an_error() {
        assert_eq!(Reader::new(&[]).byte(), Err(Malformed::Truncated));
        assert_eq!(Reader::new(&[0x80]).integer(), Err(Malformed::Truncated));
        assert_eq!(Reader::new(&[3, 1, 2]).bytes(), Err(Malformed::Truncated));
        let huge_length = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(Reader::new(&huge_length).bytes(), Err(Malformed::Truncated));
    }

    #[test]
    fn counts_beyond_the_bytes_left_are_refused() {
        assert_eq!(Reader::new(&[2, 0, 0, 0, 0]).count(2), Ok(2));
        assert_eq!(Reader::new(&[3, 0, 0, 0, 0]).count(2), Err(Malformed::CountTooLarge));
    }

    #[test]
    fn text_must_be_utf8() {
        assert_eq!(Reader::new(&[2, 0xc3, 0x28]).text(), Err(Malformed::NotUtf8));
        // A lone surrogate in the encoding Java calls modified UTF-8.
        assert_eq!(Reader::new(&[3, 0xed, 0xa0, 0x80]).text(), Err(Malformed::NotUtf8));
    }
}
