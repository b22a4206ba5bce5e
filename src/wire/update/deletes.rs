//! The second half of an update: the ranges it deletes, by client.

use super::{
    Refusal,
    blocks::Clients,
    clock, length,
    ranges::{Deleted, push_joined},
};
use crate::wire::lib0::Reader;

/// A clock and a length.
const SMALLEST_RANGE: usize = 2;
/// Client id, number of ranges, and one range.
const SMALLEST_CLIENT: usize = 2 + SMALLEST_RANGE;

/// Checks a delete set and lists its ranges.
pub fn check(reader: &mut Reader) -> Result<Vec<Deleted>, Refusal> {
    let mut deletes = Vec::new();
    let mut clients = Clients::default();
    for _ in 0..reader.count(SMALLEST_CLIENT)? {
        let client = reader.integer()?;
        clients.add(client);
        ranges(reader, client, &mut deletes)?;
    }
    clients.all_different()?;
    Ok(deletes)
}

/// Ranges must rise: yrs looks at every block of every range, so ranges that overlap would cost their product.
fn ranges(reader: &mut Reader, client: u64, deletes: &mut Vec<Deleted>) -> Result<(), Refusal> {
    let count = reader.count(SMALLEST_RANGE)?;
    if count == 0 {
        return Err(Refusal::EmptySection);
    }
    let mut free_from = 0;
    for _ in 0..count {
        let from = clock(reader)?;
        if from < free_from {
            return Err(Refusal::DisorderedRanges);
        }
        let to = super::bounded_clock(u64::from(from) + u64::from(length(reader)?))?;
        push_joined(deletes, Deleted { client, from, to });
        free_from = to;
    }
    Ok(())
}
