//! Where every clock of a document stands: in which shared type, under which key. Only an item without neighbours says so
//! itself; all others stand where a neighbour stands, so that the whole document is needed to tell.
//!
//! yrs joins an item to the neighbours it names without looking whether they stand in the same type. Between a list and a
//! map it leaves two types with half of the links each, and after the next collection one of them points to freed memory.
//! So a room asks here before an update reaches yrs.
//!
//! Imports blocks of this module only. Invariant: a refused update changes nothing; no chain is followed by recursion.

mod ledger;
mod names;

use self::{
    ledger::{Ledger, Spot, Standpoint},
    names::{Mark, Names},
};
use super::{
    CheckedUpdate, Refusal,
    blocks::{self, Beside, Content, Id, Place},
};

/// How deep shared types may lie in each other. Browsers delete and print them recursively: at 3,000 levels their stack
/// overflows and leaves their document half changed; yrs needs up to 840 bytes a level (`dependencies.md` §1.5 row 2).
/// Real documents have a dozen.
pub const NESTING_MAX: u32 = 500;

/// Blocks of an update for which memory is kept until the next: typing has one or two. A whole document has thousands.
const KEPT_BLOCKS: usize = 16;

/// Why an update does not fit into a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    /// It refers to changes that neither the document nor the update has, or to each other in a ring.
    #[error("changes it refers to are missing")]
    Missing,
    #[error("a change stands between two others that are not in the same list, text or map entry")]
    BetweenTwoTypes,
    #[error("a change stands in something that is no list, map or text")]
    InsideNoType,
    #[error("lists, maps and texts may lie in each other {NESTING_MAX} levels deep")]
    TooDeep,
    #[error(transparent)]
    Unreadable(#[from] Refusal),
}

/// The index of one document.
#[derive(Debug, Default)]
pub struct Standing {
    ledger: Ledger,
    names: Names,
    /// The blocks of the update at hand that are new, and those being followed: kept for their memory only.
    arrivals: Vec<Arrival>,
    followed: Vec<usize>,
}

/// A block that the index does not know yet.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    client: u64,
    from: u32,
    to: u32,
    stands: Stands,
    content: Content,
    is_followed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Stands {
    Nowhere,
    Beside(Option<Id>, Option<Id>),
    At(Spot),
    Inside(Id, u32),
}

/// What becomes of an update that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Refuse,
    /// The document has it already: what is wrong counts as collected.
    Bear,
}

impl Standing {
    /// Takes an update that yrs is about to get, unless it does not fit.
    ///
    /// # Errors
    /// It must not reach yrs; the index is as before.
    pub fn admit(&mut self, update: &CheckedUpdate) -> Result<(), Misplaced> {
        self.take(update.bytes(), Manner::Refuse)
    }

    /// Takes an update that the document has got already: stored, or made by the server.
    ///
    /// # Errors
    /// The bytes cannot be read; the index is as before.
    pub fn note(&mut self, update: &[u8]) -> Result<(), Misplaced> {
        self.take(update, Manner::Bear)
    }

    /// Gives up memory that only growing needed.
    pub fn shrink(&mut self) {
        self.ledger.shrink();
        self.names.shrink();
    }

    /// How many clocks of a client are known.
    pub fn end_of(&self, client: u64) -> u32 {
        self.ledger.end_of(client)
    }

    fn take(&mut self, update: &[u8], manner: Manner) -> Result<(), Misplaced> {
        let mark = self.names.mark();
        let taken = self.gather(update).and_then(|()| self.settle_all(manner));
        if taken.is_err() {
            self.undo(mark);
        }
        self.arrivals.clear();
        self.followed.clear();
        self.arrivals.shrink_to(KEPT_BLOCKS);
        self.followed.shrink_to(KEPT_BLOCKS);
        taken
    }

    fn undo(&mut self, mark: Mark) {
        for arrival in &self.arrivals {
            self.ledger.truncate(arrival.client, arrival.from);
        }
        self.names.return_to(mark);
    }

    /// Lists what is new in an update, by client and clock.
    fn gather(&mut self, update: &[u8]) -> Result<(), Misplaced> {
        let Self { ledger, names, arrivals, .. } = self;
        blocks::walk(update, |place| {
            let known = ledger.end_of(place.client);
            if place.to > known {
                arrivals.push(Arrival::of(place, known, names));
            }
        })?;
        if !arrivals.is_sorted_by_key(|arrival| (arrival.client, arrival.from)) {
            arrivals.sort_unstable_by_key(|arrival| (arrival.client, arrival.from));
        }
        Ok(())
    }

    fn settle_all(&mut self, manner: Manner) -> Result<(), Misplaced> {
        for index in 0..self.arrivals.len() {
            self.followed.push(index);
            while let Some(&next) = self.followed.last() {
                self.settle(next, manner)?;
            }
        }
        Ok(())
    }

    /// Settles a block, or first follows one that it needs: yrs integrates in the same order.
    fn settle(&mut self, index: usize, manner: Manner) -> Result<(), Misplaced> {
        if self.is_settled(&self.arrivals[index]) {
            self.followed.pop();
            return Ok(());
        }
        self.arrivals[index].is_followed = true;
        match self.needed(index) {
            Ok(Some(needed)) => self.followed.push(needed),
            Err(missing) if manner == Manner::Refuse => return Err(missing),
            Ok(None) | Err(_) => {
                self.place(self.arrivals[index], manner)?;
                self.followed.pop();
            }
        }
        Ok(())
    }

    fn is_settled(&self, arrival: &Arrival) -> bool {
        self.ledger.end_of(arrival.client) >= arrival.to
    }

    /// A block that must be settled before this one.
    fn needed(&self, index: usize) -> Result<Option<usize>, Misplaced> {
        let arrival = &self.arrivals[index];
        let before = arrival.from.checked_sub(1).map(|clock| (arrival.client, clock));
        let (left, right) = match arrival.stands {
            Stands::Beside(left, right) => (left, right),
            Stands::Inside(parent, _) => (Some(parent), None),
            Stands::Nowhere | Stands::At(_) => (None, None),
        };
        let unknown = |&(client, clock): &Id| clock >= self.ledger.end_of(client);
        match [before, left, right].into_iter().flatten().find(unknown) {
            None => Ok(None),
            Some(id) => match self.arrival_with(id) {
                Some(needed) if !self.arrivals[needed].is_followed => Ok(Some(needed)),
                _ => Err(Misplaced::Missing),
            },
        }
    }

    fn arrival_with(&self, (client, clock): Id) -> Option<usize> {
        let after = self.arrivals.partition_point(|arrival| (arrival.client, arrival.from) <= (client, clock));
        let index = after.checked_sub(1)?;
        let arrival = &self.arrivals[index];
        (arrival.client == client && clock < arrival.to).then_some(index)
    }

    fn place(&mut self, arrival: Arrival, manner: Manner) -> Result<(), Misplaced> {
        let spot = match self.spot(arrival.stands) {
            Err(misplaced) if manner == Manner::Refuse => return Err(misplaced),
            spot => spot.unwrap_or(Spot::COLLECTED),
        };
        if arrival.content == Content::Type && spot != Spot::COLLECTED {
            let depth = self.names.depth(spot.parent).saturating_add(1);
            if depth > NESTING_MAX && manner == Manner::Refuse {
                return Err(Misplaced::TooDeep);
            }
            self.names.nest((arrival.client, arrival.from), depth);
        }
        let at = Standpoint { spot, gone: arrival.content == Content::Deleted };
        self.ledger.push(arrival.client, arrival.from, arrival.to, at);
        Ok(())
    }

    fn spot(&self, stands: Stands) -> Result<Spot, Misplaced> {
        match stands {
            Stands::Nowhere => Ok(Spot::COLLECTED),
            Stands::At(spot) => Ok(spot),
            Stands::Beside(left, right) => match (self.living(left), self.living(right)) {
                (Some(left), Some(right)) if left != right => Err(Misplaced::BetweenTwoTypes),
                (left, right) => Ok(left.or(right).unwrap_or(Spot::COLLECTED)),
            },
            Stands::Inside(parent, key) => self.inside(parent, key),
        }
    }

    /// Where a neighbour stands. yrs looks past one that was collected.
    fn living(&self, neighbour: Option<Id>) -> Option<Spot> {
        let at = self.ledger.find(neighbour?)?;
        (at.spot != Spot::COLLECTED).then_some(at.spot)
    }

    fn inside(&self, parent: Id, key: u32) -> Result<Spot, Misplaced> {
        match self.ledger.find(parent) {
            Some(at) if at.spot != Spot::COLLECTED && !at.gone => match self.names.nested(parent) {
                Some(parent) => Ok(Spot { parent, key }),
                None => Err(Misplaced::InsideNoType),
            },
            _ => Ok(Spot::COLLECTED),
        }
    }
}

impl Arrival {
    /// The part of a block from the clock `known` on. What is cut off stands before the rest, whatever it says of itself.
    fn of(place: Place<'_>, known: u32, names: &mut Names) -> Self {
        let Place { client, from, to, beside, content } = place;
        let stands = match beside {
            Beside::Nothing => Stands::Nowhere,
            Beside::Neighbours(_, right) if from < known => Stands::Beside(Some((client, known - 1)), right),
            _ if from < known => Stands::Beside(Some((client, known - 1)), None),
            Beside::Neighbours(left, right) => Stands::Beside(left, right),
            Beside::Root(name, key) => Stands::At(Spot { parent: names.root(name), key: names.key(key) }),
            Beside::Type(parent, key) => Stands::Inside(parent, names.key(key)),
        };
        Self { client, from: from.max(known), to, stands, content, is_followed: false }
    }
}

#[cfg(test)]
mod tests;
