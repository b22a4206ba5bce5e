//! The content of one block, by its kind.

use super::{
    Refusal,
    blocks::Tally,
    length,
    value::{self, SMALLEST_VALUE},
};
use crate::wire::lib0::{Malformed, Reader};

/// An info byte and a length.
pub const SMALLEST_BLOCK: usize = 2;

/// yrs makes a whole document, about a kilobyte, of every sub-document's handful of bytes.
pub const MAX_SUBDOCUMENTS: u32 = 1_000;

pub const DELETED: u8 = 1;
const BINARY: u8 = 3;
const TEXT: u8 = 4;
const EMBED: u8 = 5;
const FORMAT: u8 = 6;
pub const SHARED_TYPE: u8 = 7;
const VALUES: u8 = 8;
const SUBDOCUMENT: u8 = 9;

// Not here: 2, lists of JSON texts, which Yjs 13 only reads and of which yrs reads one text too many;
// 11, moves, which only experimental versions write.

const ARRAY: u8 = 0;
const MAP: u8 = 1;
const RICH_TEXT: u8 = 2;
const XML_ELEMENT: u8 = 3;
const XML_FRAGMENT: u8 = 4;
const XML_TEXT: u8 = 6;

// Not here: 5, hooks, whose name Yjs writes and yrs does not read; 7, weak links, which Yjs 13 cannot read.

/// Checks the content of an item and gives its length in clocks.
pub fn check(reader: &mut Reader, kind: u8, tally: &mut Tally) -> Result<u32, Refusal> {
    match kind {
        DELETED => length(reader),
        BINARY => single(reader.bytes()),
        TEXT => text(reader),
        EMBED => value::json(reader.text()?).map(|()| 1),
        FORMAT => format(reader),
        SHARED_TYPE => shared_type(reader, tally),
        VALUES => values(reader),
        SUBDOCUMENT => subdocument(reader, tally),
        unknown => Err(Refusal::UnknownBlock(unknown)),
    }
}

fn single<T>(read: Result<T, Malformed>) -> Result<u32, Refusal> {
    read?;
    Ok(1)
}

/// A text is as long as its UTF-16 form, whatever its bytes.
fn text(reader: &mut Reader) -> Result<u32, Refusal> {
    let text = reader.text()?;
    if text.is_empty() {
        return Err(Refusal::EmptyBlock);
    }
    if text.is_ascii() {
        return super::bounded_clock(text.len() as u64);
    }
    super::bounded_clock(utf16_length(text))
}

fn utf16_length(text: &str) -> u64 {
    let starts_a_character = |byte: u8| byte & 0xc0 != 0x80;
    text.bytes().map(|byte| u64::from(starts_a_character(byte)) + u64::from(starts_a_wide_character(byte))).sum()
}

/// Characters of four bytes in UTF-8 are those of two units in UTF-16.
fn starts_a_wide_character(byte: u8) -> bool {
    byte >= 0xf0
}

fn format(reader: &mut Reader) -> Result<u32, Refusal> {
    reader.text()?;
    value::json(reader.text()?)?;
    Ok(1)
}

fn shared_type(reader: &mut Reader, tally: &mut Tally) -> Result<u32, Refusal> {
    match reader.byte()? {
        ARRAY | MAP | RICH_TEXT | XML_FRAGMENT | XML_TEXT => {}
        XML_ELEMENT => {
            reader.text()?;
        }
        unknown => return Err(Refusal::UnknownType(unknown)),
    }
    tally.types += 1;
    Ok(1)
}

fn values(reader: &mut Reader) -> Result<u32, Refusal> {
    let count = reader.count(SMALLEST_VALUE)?;
    if count == 0 {
        return Err(Refusal::EmptyBlock);
    }
    for _ in 0..count {
        value::check(reader)?;
    }
    super::bounded_clock(count)
}

fn subdocument(reader: &mut Reader, tally: &mut Tally) -> Result<u32, Refusal> {
    reader.text()?;
    value::check(reader)?;
    tally.subdocuments += 1;
    if tally.subdocuments > MAX_SUBDOCUMENTS { Err(Refusal::TooManySubdocuments) } else { Ok(1) }
}
