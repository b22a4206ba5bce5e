//! The first half of an update: a section of blocks for each client.

use super::{
    Refusal, clock,
    content::{self, SMALLEST_BLOCK},
    length,
    ranges::{Inserted, push_joined},
};
use crate::wire::lib0::Reader;

/// Number of blocks, client id, first clock, and one block.
const SMALLEST_SECTION: usize = 3 + SMALLEST_BLOCK;

/// A whole info byte: clocks whose content was collected.
const COLLECTED: u8 = 0;
/// A whole info byte: clocks the update says nothing about. Clients make them when they merge updates with holes.
const SKIPPED: u8 = 10;
const HAS_ORIGIN: u8 = 0x80;
const HAS_RIGHT_ORIGIN: u8 = 0x40;
const HAS_PARENT_KEY: u8 = 0x20;
const CONTENT_KIND: u8 = 0x1f;
const PARENT_IS_ITEM: u64 = 0;
const PARENT_IS_ROOT: u64 = 1;

/// What the pass over the blocks finds.
#[derive(Default)]
pub struct Tally {
    pub inserts: Vec<Inserted>,
    pub types: u32,
    pub subdocuments: u32,
}

/// The client and clock of an item.
pub type Id = (u64, u32);

/// A block of clocks of one client, `from` to `to`, `to` excluded, and what it says of where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub client: u64,
    pub from: u32,
    pub to: u32,
    pub beside: Beside<'a>,
    pub content: Content,
}

/// What tells the parent of a block, and the key under which it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside<'a> {
    /// It was collected and has no parent.
    Nothing,
    /// Parent and key are those of its left or right neighbour, of which it has at least one.
    Neighbours(Option<Id>, Option<Id>),
    /// Its parent is the root type of this name.
    Root(&'a str, Option<&'a str>),
    /// Its parent is the type that this item made.
    Type(Id, Option<&'a str>),
}

/// What an item holds, as far as others may stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A shared type.
    Type,
    /// Something deleted, of which nobody knows any more what it was.
    Deleted,
    Plain,
}

/// Checks all sections.
pub fn check(reader: &mut Reader, tally: &mut Tally) -> Result<(), Refusal> {
    let sections = reader.count(SMALLEST_SECTION)?;
    let mut clients = Clients::default();
    tally.inserts.reserve(sections as usize);
    for _ in 0..sections {
        let client = section(reader, tally, |tally, place| {
            push_joined(&mut tally.inserts, Inserted { client: place.client, from: place.from, to: place.to });
        })?;
        clients.add(client);
    }
    clients.all_different()
}

/// Shows every block of an update, without allocating.
pub fn walk<'a>(update: &'a [u8], mut visit: impl FnMut(Place<'a>)) -> Result<(), Refusal> {
    let (mut reader, mut tally) = (Reader::new(update), Tally::default());
    for _ in 0..reader.count(SMALLEST_SECTION)? {
        section(&mut reader, &mut tally, |_, place| visit(place))?;
    }
    Ok(())
}

/// Reads the blocks of one client, and gives the client.
fn section<'a>(
    reader: &mut Reader<'a>,
    tally: &mut Tally,
    mut visit: impl FnMut(&mut Tally, Place<'a>),
) -> Result<u64, Refusal> {
    let blocks = reader.count(SMALLEST_BLOCK)?;
    if blocks == 0 {
        // yrs takes an empty section by calling itself, so that enough of them would use up its stack.
        return Err(Refusal::EmptySection);
    }
    let client = reader.integer()?;
    let mut from = clock(reader)?;
    for _ in 0..blocks {
        let block = block(reader, tally)?;
        let to = super::bounded_clock(u64::from(from) + u64::from(block.length))?;
        if !block.skipped {
            visit(tally, Place { client, from, to, beside: block.beside, content: block.content });
        }
        from = to;
    }
    Ok(client)
}

struct Block<'a> {
    length: u32,
    skipped: bool,
    beside: Beside<'a>,
    content: Content,
}

fn block<'a>(reader: &mut Reader<'a>, tally: &mut Tally) -> Result<Block<'a>, Refusal> {
    let info = reader.byte()?;
    match info {
        COLLECTED | SKIPPED => {
            let length = length(reader)?;
            Ok(Block { length, skipped: info == SKIPPED, beside: Beside::Nothing, content: Content::Plain })
        }
        _ => item(reader, info, tally),
    }
}

/// Checks an item.
fn item<'a>(reader: &mut Reader<'a>, info: u8, tally: &mut Tally) -> Result<Block<'a>, Refusal> {
    let left = if info & HAS_ORIGIN != 0 { Some(id(reader)?) } else { None };
    let right = if info & HAS_RIGHT_ORIGIN != 0 { Some(id(reader)?) } else { None };
    // With a neighbour, parent and key are the neighbour's and are not written, though the bit for the key stays.
    let beside = match (left, right) {
        (None, None) => parent(reader, info)?,
        _ => Beside::Neighbours(left, right),
    };
    let length = content::check(reader, info & CONTENT_KIND, tally)?;
    let content = match info & CONTENT_KIND {
        content::SHARED_TYPE => Content::Type,
        content::DELETED => Content::Deleted,
        _ => Content::Plain,
    };
    Ok(Block { length, skipped: false, beside, content })
}

fn parent<'a>(reader: &mut Reader<'a>, info: u8) -> Result<Beside<'a>, Refusal> {
    match reader.integer()? {
        PARENT_IS_ROOT => Ok(Beside::Root(reader.text()?, key(reader, info)?)),
        PARENT_IS_ITEM => Ok(Beside::Type(id(reader)?, key(reader, info)?)),
        // Every decoder takes any other number for one of the two, and not all for the same.
        other => Err(Refusal::UnknownParent(other)),
    }
}

fn key<'a>(reader: &mut Reader<'a>, info: u8) -> Result<Option<&'a str>, Refusal> {
    if info & HAS_PARENT_KEY == 0 { Ok(None) } else { Ok(Some(reader.text()?)) }
}

fn id(reader: &mut Reader) -> Result<Id, Refusal> {
    Ok((reader.integer()?, clock(reader)?))
}

/// The clients of an update or a delete set, of which none may come twice. Encoders write them in order, rising or
/// falling, which costs nothing to check; only if they do not is a list sorted.
#[derive(Default)]
pub struct Clients {
    seen: Vec<u64>,
    rising: bool,
    falling: bool,
}

impl Clients {
    pub fn add(&mut self, client: u64) {
        match self.seen.last() {
            None => (self.rising, self.falling) = (true, true),
            Some(&last) => {
                self.rising &= last < client;
                self.falling &= last > client;
            }
        }
        self.seen.push(client);
    }

    pub fn all_different(mut self) -> Result<(), Refusal> {
        if self.seen.is_empty() || self.rising || self.falling {
            return Ok(());
        }
        self.seen.sort_unstable();
        let repeated = self.seen.windows(2).find(|pair| pair[0] == pair[1]);
        repeated.map_or(Ok(()), |pair| Err(Refusal::RepeatedClient(pair[0])))
    }
}
