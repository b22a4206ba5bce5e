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
    /// Where every block stands, for who asked for it.
    pub places: Option<Vec<Place>>,
}

/// Where a block of clocks stands in the tree of shared types.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub client: u64,
    pub from: u32,
    pub to: u32,
    pub beside: Beside,
    pub is_type: bool,
}

/// What tells the parent of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Its parent is a root type, or it was collected and has none.
    Nothing,
    /// Its parent is the type that this item made.
    Parent(u64, u32),
    /// Its parent is that of this item.
    Neighbour(u64, u32),
}

/// Checks all sections.
pub fn check(reader: &mut Reader, tally: &mut Tally) -> Result<(), Refusal> {
    let sections = reader.count(SMALLEST_SECTION)?;
    let mut clients = Clients::default();
    tally.inserts.reserve(sections as usize);
    for _ in 0..sections {
        section(reader, tally, &mut clients)?;
    }
    clients.all_different()
}

fn section(reader: &mut Reader, tally: &mut Tally, clients: &mut Clients) -> Result<(), Refusal> {
    let blocks = reader.count(SMALLEST_BLOCK)?;
    if blocks == 0 {
        // yrs takes an empty section by calling itself, so that enough of them would use up its stack.
        return Err(Refusal::EmptySection);
    }
    let client = reader.integer()?;
    clients.add(client);
    let mut at = clock(reader)?;
    for _ in 0..blocks {
        let block = block(reader, tally)?;
        let to = super::bounded_clock(u64::from(at) + u64::from(block.length))?;
        if !block.skipped {
            push_joined(&mut tally.inserts, Inserted { client, from: at, to });
            if let Some(places) = &mut tally.places {
                places.push(Place { client, from: at, to, beside: block.beside, is_type: block.is_type });
            }
        }
        at = to;
    }
    Ok(())
}

struct Block {
    length: u32,
    skipped: bool,
    beside: Beside,
    is_type: bool,
}

fn block(reader: &mut Reader, tally: &mut Tally) -> Result<Block, Refusal> {
    let info = reader.byte()?;
    match info {
        COLLECTED | SKIPPED => {
            let length = length(reader)?;
            Ok(Block { length, skipped: info == SKIPPED, beside: Beside::Nothing, is_type: false })
        }
        _ => item(reader, info, tally),
    }
}

/// Checks an item.
fn item(reader: &mut Reader, info: u8, tally: &mut Tally) -> Result<Block, Refusal> {
    let mut beside = Beside::Nothing;
    if info & HAS_ORIGIN != 0 {
        let (client, clock) = id(reader)?;
        beside = Beside::Neighbour(client, clock);
    }
    if info & HAS_RIGHT_ORIGIN != 0 {
        let (client, clock) = id(reader)?;
        if beside == Beside::Nothing {
            beside = Beside::Neighbour(client, clock);
        }
    }
    // With a neighbour, parent and key are the neighbour's and are not written, though the bit for the key stays.
    if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
        beside = parent(reader, info)?;
    }
    let types = tally.types;
    let length = content::check(reader, info & CONTENT_KIND, tally)?;
    Ok(Block { length, skipped: false, beside, is_type: tally.types > types })
}

fn parent(reader: &mut Reader, info: u8) -> Result<Beside, Refusal> {
    let beside = match reader.integer()? {
        PARENT_IS_ROOT => {
            reader.text()?;
            Beside::Nothing
        }
        PARENT_IS_ITEM => {
            let (client, clock) = id(reader)?;
            Beside::Parent(client, clock)
        }
        // Every decoder takes any other number for one of the two, and not all for the same.
        other => return Err(Refusal::UnknownParent(other)),
    };
    if info & HAS_PARENT_KEY != 0 {
        reader.text()?;
    }
    Ok(beside)
}

fn id(reader: &mut Reader) -> Result<(u64, u32), Refusal> {
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
