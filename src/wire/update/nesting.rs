//! How deep the shared types of a document are nested in each other.
//!
//! Only an item without neighbours names its parent; all others stand where a neighbour stands. So the whole document
//! is needed to tell, and the chains are followed without recursion: they may be as long as the document.

use bytes::Bytes;

use super::{
    Refusal,
    blocks::{self, Beside, Place, Tally},
};
use crate::wire::lib0::Reader;

/// The depth of a place that is not known yet, and of one whose chain is being followed.
const UNKNOWN: u32 = u32::MAX;
const FOLLOWED: u32 = u32::MAX - 1;

/// The depth of the deepest shared type in a document of which `updates` together are everything; 1 is a type that
/// lies directly in a root.
///
/// # Errors
/// An update cannot be read.
pub fn nesting(updates: &[&Bytes]) -> Result<u32, Refusal> {
    let mut tally = Tally { places: Some(Vec::new()), ..Tally::default() };
    for update in updates {
        blocks::check(&mut Reader::new(update), &mut tally)?;
    }
    let mut places = tally.places.unwrap_or_default();
    places.sort_unstable_by_key(|place| (place.client, place.from));
    let mut tree = Tree { depths: vec![UNKNOWN; places.len()], places };
    let types: Vec<usize> = (0..tree.places.len()).filter(|&index| tree.places[index].is_type).collect();
    Ok(types.into_iter().map(|index| tree.depth(index) + 1).max().unwrap_or(0))
}

struct Tree {
    places: Vec<Place>,
    /// How many types are around each place.
    depths: Vec<u32>,
}

impl Tree {
    fn depth(&mut self, start: usize) -> u32 {
        let mut chain = Vec::new();
        let mut next = Some(start);
        while let Some(index) = next.filter(|&index| self.depths[index] == UNKNOWN) {
            self.depths[index] = FOLLOWED;
            chain.push(index);
            next = self.around(index);
        }
        // A ring cannot be merged; whatever is said of it, no document gets it.
        let mut depth = next.map(|index| self.depths[index]).filter(|depth| *depth != FOLLOWED);
        for index in chain.into_iter().rev() {
            let own = match (self.places[index].beside, depth) {
                (Beside::Parent(..), Some(parent)) => parent.saturating_add(1).min(FOLLOWED - 1),
                (Beside::Parent(..), None) => 1,
                (Beside::Neighbour(..), Some(same)) => same,
                (Beside::Neighbour(..) | Beside::Nothing, _) => 0,
            };
            self.depths[index] = own;
            depth = Some(own);
        }
        self.depths[start]
    }

    fn around(&self, index: usize) -> Option<usize> {
        match self.places[index].beside {
            Beside::Nothing => None,
            Beside::Parent(client, clock) | Beside::Neighbour(client, clock) => self.find(client, clock),
        }
    }

    fn find(&self, client: u64, clock: u32) -> Option<usize> {
        let after = self.places.partition_point(|place| (place.client, place.from) <= (client, clock));
        let index = after.checked_sub(1)?;
        let place = &self.places[index];
        (place.client == client && clock < place.to).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use yrs::{Array, ArrayPrelim, Doc, Map, MapPrelim, ReadTxn, StateVector, Transact, WriteTxn};

    use super::*;

    fn state(doc: &Doc) -> Bytes {
        doc.transact().encode_state_as_update_v1(&StateVector::default()).into()
    }

    #[test]
    fn a_chain_of_maps_is_as_deep_as_it_is_long() {
        let doc = Doc::new();
        let mut updates = vec![];
        let mut transaction = doc.transact_mut();
        let mut map = transaction.get_or_insert_map("root");
        for level in 0..300 {
            map.insert(&mut transaction, "sibling", 1);
            map = map.insert(&mut transaction, format!("level {level}"), MapPrelim::default());
        }
        updates.push(Bytes::from(transaction.encode_update_v1()));
        drop(transaction);
        assert_eq!(nesting(&[&state(&doc)]), Ok(300));
        assert_eq!(nesting(&[&updates[0]]), Ok(300));
    }

    #[test]
    fn siblings_do_not_add_up() {
        let doc = Doc::new();
        let list = doc.get_or_insert_array("list");
        let mut transaction = doc.transact_mut();
        for at in 0..500 {
            list.insert(&mut transaction, at, "between");
            list.insert(&mut transaction, at, ArrayPrelim::from([1]));
        }
        drop(transaction);
        assert_eq!(nesting(&[&state(&doc)]), Ok(1));
    }

    #[test]
    fn a_chain_built_in_pieces_is_found_over_all_of_them() {
        let doc = Doc::new();
        let before = state(&doc);
        let mut transaction = doc.transact_mut();
        let root = transaction.get_or_insert_map("root");
        let inner = root.insert(&mut transaction, "a", MapPrelim::default());
        let first = Bytes::from(transaction.encode_update_v1());
        drop(transaction);
        let mut transaction = doc.transact_mut();
        inner.insert(&mut transaction, "b", MapPrelim::default());
        let second = Bytes::from(transaction.encode_update_v1());
        drop(transaction);
        assert_eq!(nesting(&[&before, &first, &second]), Ok(2));
    }
}
