//! What documents of every kind are made with: settings of yrs, JSON as shared values, texts changed by the smallest
//! edits, keys of an order in which everything can be moved, and a pace for telling of typing.
//!
//! Imports yrs and the diff crate, nothing of ours. Invariant: nothing here knows what a document means.

pub mod edited;
pub mod json;
pub mod order;
pub mod text;

use yrs::{Assoc, ClientID, ID, OffsetKind, Options, StickyIndex, TransactionMut, branch::Branch};

/// A transaction with up to this many inserted and deleted characters is looked at one by one; a larger one is taken to
/// have touched everything, which costs a look at the whole document.
const PROBES_MAX: u32 = 64;

/// The settings every document needs: yrs counts bytes by default, Yjs clients count UTF-16 units.
pub fn document_options(client_id: u64) -> Options {
    let mut options = Options::with_client_id(ClientID::new(client_id));
    options.offset_kind = OffsetKind::Utf16;
    options.skip_gc = false;
    options
}

/// The identity of a nested type.
pub fn nested_id(branch: &Branch) -> Option<ID> {
    match branch.id() {
        yrs::BranchID::Nested(id) => Some(id),
        yrs::BranchID::Root(_) => None,
    }
}

/// Whether all types in which a transaction inserted or deleted are as `fits` says. No if there is too much to look at,
/// or something that cannot be looked at.
pub fn touches_only(txn: &TransactionMut<'_>, mut fits: impl FnMut(&Branch) -> bool) -> bool {
    let (mut probes, sets) = (0_u32, [txn.insert_set(), txn.delete_set()]);
    sets.into_iter().flat_map(|ids| ids.iter()).all(|(client, ranges)| {
        ranges.iter().all(|range| {
            probes = probes.saturating_add(range.end - range.start);
            let place = |clock| StickyIndex::from_id(ID::new(*client, clock), Assoc::After).get_offset(txn);
            probes <= PROBES_MAX && range.clone().all(|clock| place(clock).is_some_and(|at| fits(&at.branch)))
        })
    })
}
