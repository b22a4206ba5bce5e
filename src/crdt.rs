//! What documents of every kind are made with: settings of yrs, JSON as shared values, texts changed by the smallest
//! edits, keys of an order in which everything can be moved, and a pace for telling of typing.
//!
//! Imports yrs and the diff crate, nothing of ours. Invariant: nothing here knows what a document means.

pub mod edited;
pub mod json;
pub mod order;
pub mod text;

use yrs::{ClientID, ID, OffsetKind, Options, branch::Branch};

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
