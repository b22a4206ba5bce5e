//! Merging what clients made: each update by itself, or many as one.
//!
//! Imports the document, wire and yrs.
//! Invariant: of an update that is refused nothing is in the document, and nothing is pending.

use std::collections::HashMap;

use yrs::{
    ReadTxn, StateVector, TransactionMut, Update, WriteTxn,
    updates::{decoder::Decode, encoder::Encode},
};

use super::{Change, Document, clocks_of, note, note_standing, too_big};
use crate::{
    vocabulary::{Actor, Millis},
    wire::update::{CheckedUpdate, Misplaced, Standing},
};

/// Fewer updates than this are not worth merging before they are applied.
const WORTH_MERGING: usize = 64;

/// Nor are more bytes than this: large updates are few, and it takes their memory twice.
const WORTH_MERGING_BYTES: u64 = 256 << 10;

/// Updates merged at once, and then what came of them: yrs takes the square of their number.
const MERGED_AT_ONCE: usize = 8;

/// Why an update was not merged; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Earlier changes of the same author are missing.
    #[error("changes before it are missing")]
    Gap,
    /// The document would pass one of its limits.
    #[error("{0}")]
    TooBig(String),
    /// It stands where nothing may stand. No honest client makes such an update.
    #[error("{0}")]
    Misplaced(String),
}

impl From<Misplaced> for MergeError {
    fn from(misplaced: Misplaced) -> Self {
        match misplaced {
            Misplaced::Missing => Self::Gap,
            other => Self::Misplaced(format!("The update was refused: {other}.")),
        }
    }
}

impl Document {
    /// Merges updates in one transaction. Each gets its own answer; those refused leave no trace.
    pub fn merge(
        &mut self,
        updates: &[CheckedUpdate],
        actor: &Actor,
        now: Millis,
    ) -> (Change, Vec<Result<(), MergeError>>) {
        let mut results = Vec::with_capacity(updates.len());
        let change = self.transact(actor, now, |document, transaction| {
            let together = document.merge_together(transaction, updates);
            for update in updates {
                let result = if together { Ok(()) } else { document.merge_one(transaction, update) };
                if result.is_ok() {
                    document.record_authors(transaction, update, actor);
                }
                results.push(result);
            }
        });
        (change, results)
    }

    /// Applies many updates as one, if each follows what was there before it: the runs that somebody types are then one
    /// block, and what was deleted letter by letter splits nothing. Otherwise does nothing; each is to be merged by itself.
    fn merge_together(&mut self, transaction: &mut TransactionMut<'_>, updates: &[CheckedUpdate]) -> bool {
        let bytes = updates.iter().map(|update| update.bytes().len() as u64).sum::<u64>();
        if updates.len() < WORTH_MERGING || bytes > WORTH_MERGING_BYTES || self.size + bytes > self.size_max {
            return false;
        }
        let Some(clocks) = self.clocks_behind(updates) else { return false };
        let admitted = updates.iter().all(|update| self.standing.admit(update).is_ok());
        let merged = admitted.then(|| merged(updates)).flatten();
        let applied = merged.is_some_and(|merged| transaction.apply_update(merged).is_ok());
        if !applied || transaction.has_missing_updates() {
            self.recover(transaction);
            return false;
        }
        self.clocks = clocks;
        self.size += bytes;
        true
    }

    /// The clocks behind these updates; `None` unless each inserts exactly what comes next of its authors: then nothing
    /// overlaps, and nothing is left out that yrs would keep as a hole.
    fn clocks_behind(&self, updates: &[CheckedUpdate]) -> Option<HashMap<u64, u32>> {
        let mut clocks = self.clocks.clone();
        for update in updates {
            let clock = |client| clocks.get(&client).copied().unwrap_or(0);
            let next = update.inserts().iter().all(|run| run.from == clock(run.client));
            if !next || update.gap(clock).is_some() {
                return None;
            }
            note(&mut clocks, update);
        }
        Some(clocks)
    }

    fn merge_one(&mut self, transaction: &mut TransactionMut<'_>, update: &CheckedUpdate) -> Result<(), MergeError> {
        if update.gap(|client| self.clock(client)).is_some() {
            return Err(MergeError::Gap);
        }
        self.check_size(update)?;
        let decoded = self.decode_new_part(update).ok_or(MergeError::Gap)?;
        self.standing.admit(update)?;
        if transaction.apply_update(decoded).is_err() || transaction.has_missing_updates() {
            self.recover(transaction);
            return Err(MergeError::Gap);
        }
        note(&mut self.clocks, update);
        self.size += update.bytes().len() as u64;
        Ok(())
    }

    /// After yrs took only a part of an update. Data whose neighbours are missing must not stay: it would break later
    /// encodings (`dependencies.md` §1.5).
    fn recover(&mut self, transaction: &mut TransactionMut<'_>) {
        transaction.prune_pending();
        self.clocks = clocks_of(&transaction.state_vector());
        let state = transaction.encode_diff_v1(&StateVector::default());
        self.standing = Standing::default();
        note_standing(&mut self.standing, &state);
    }

    fn check_size(&self, update: &CheckedUpdate) -> Result<(), MergeError> {
        if self.size + update.bytes().len() as u64 > self.size_max {
            return Err(MergeError::TooBig(too_big(self.size_max)));
        }
        Ok(())
    }

    /// Cuts off what the document has already: overlapping blocks of other lengths confuse yrs (§1.5 row 3).
    fn decode_new_part(&self, update: &CheckedUpdate) -> Option<Update> {
        if !update.overlaps(|client| self.clock(client)) {
            return Update::decode_v1(update.bytes()).ok();
        }
        let known = self.state_vector().encode_v1();
        let difference = yrs::diff_updates_v1(update.bytes(), &known).ok()?;
        Update::decode_v1(&difference).ok()
    }
}

/// Many updates as one; `None` if one cannot be read.
fn merged(updates: &[CheckedUpdate]) -> Option<Update> {
    let decoded = updates.iter().map(|update| Update::decode_v1(update.bytes()));
    let mut level: Vec<Update> = decoded.collect::<Result<_, _>>().ok()?;
    while level.len() > 1 {
        let mut rest = level.into_iter().peekable();
        let mut above = Vec::new();
        while rest.peek().is_some() {
            above.push(Update::merge_updates(rest.by_ref().take(MERGED_AT_ONCE)));
        }
        level = above;
    }
    level.pop()
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
    use yrs::{Any, Array, Doc, GetString, Map, Out, Text, Transact, types::ToJson};

    use super::{
        super::{options, update},
        *,
    };
    use crate::ids::DocumentId;

    fn free() -> Document {
        Document::load(&DocumentId::Free("doc:t".into()), 1, &[], u64::MAX).unwrap()
    }

    /// What somebody does to a text, a list and a map, as an update.
    fn edit(doc: &Doc, random: &mut StdRng) -> CheckedUpdate {
        let (text, list, map) =
            (doc.get_or_insert_text("text"), doc.get_or_insert_array("list"), doc.get_or_insert_map("map"));
        let mut transaction = doc.transact_mut();
        match random.random_range(0..8) {
            0..4 => {
                let at = random.random_range(0..=text.len(&transaction));
                text.insert(&mut transaction, at, ["a", "bc", "é", "🦀", "\n"].choose(random).unwrap());
            }
            4..6 if text.len(&transaction) > 4 => {
                let at = random.random_range(0..text.len(&transaction) - 2);
                // Not half of a pair.
                let shown: Vec<u16> = text.get_string(&transaction).encode_utf16().collect();
                let whole = |at: u32| shown.get(at as usize).is_none_or(|unit| !(0xdc00..0xe000).contains(unit));
                if whole(at) && whole(at + 2) {
                    text.remove_range(&mut transaction, at, 2);
                }
            }
            6 => drop(list.insert(&mut transaction, 0, random.random_range(0..9))),
            _ => drop(map.insert(&mut transaction, *["x", "y"].choose(random).unwrap(), random.random_range(0..9))),
        }
        update::check(transaction.encode_update_v1().into()).unwrap()
    }

    fn shown(document: &Document) -> (Out, HashMap<u64, u32>) {
        let text = document.doc.get_or_insert_text("text");
        let (list, map) = (document.doc.get_or_insert_array("list"), document.doc.get_or_insert_map("map"));
        let transaction = document.doc.transact();
        let all = [Any::from(text.get_string(&transaction)), list.to_json(&transaction), map.to_json(&transaction)];
        (Out::Any(Any::from(all.to_vec())), document.clocks.clone())
    }

    /// What three people did, each seeing now and then what the others had done; in an order in which a server gets it.
    fn story(random: &mut StdRng) -> Vec<CheckedUpdate> {
        let people: Vec<Doc> = (1..4).map(|client| Doc::with_options(options(client))).collect();
        let (mut all, mut seen): (Vec<CheckedUpdate>, _) = (Vec::new(), [0; 3]);
        while all.len() < 300 {
            let who = random.random_range(0..3);
            if random.random_ratio(1, 6) {
                for update in &all[seen[who]..] {
                    let decoded = Update::decode_v1(update.bytes()).unwrap();
                    people[who].transact_mut().apply_update(decoded).unwrap();
                }
                seen[who] = all.len();
            }
            all.push(edit(&people[who], random));
        }
        all
    }

    #[test]
    fn many_updates_merged_together_are_what_they_are_one_by_one() {
        for seed in 0..200 {
            let mut random = StdRng::seed_from_u64(seed);
            let (story, actor) = (story(&mut random), Actor::server());
            let (mut together, mut alone) = (free(), free());
            let mut rest = &story[..];
            while !rest.is_empty() {
                let count = random.random_range(1..=rest.len());
                let (batch, later) = rest.split_at(count);
                let (change, results) = together.merge(batch, &actor, 1);
                assert!(results.iter().all(Result::is_ok), "seed {seed}: {results:?}");
                assert!(count < WORTH_MERGING || !change.update.is_empty());
                rest = later;
            }
            story
                .iter()
                .for_each(|update| assert_eq!(alone.merge(std::slice::from_ref(update), &actor, 1).1, [Ok(())]));
            assert_eq!(shown(&together), shown(&alone), "seed {seed}");
            let copy =
                Document::load(&DocumentId::Free("doc:t".into()), 2, &[(1, &together.encode_all())], u64::MAX).unwrap();
            assert_eq!(shown(&copy), shown(&alone), "seed {seed}, loaded again");
        }
    }

    #[test]
    fn in_a_batch_that_cannot_be_merged_together_each_gets_its_own_answer() {
        let mut random = StdRng::seed_from_u64(7);
        let (mut story, actor) = (story(&mut random), Actor::server());
        let (mut document, mut whole) = (free(), free());
        whole.merge(&story, &actor, 1);
        // One comes twice; and of one author one is missing.
        story.insert(100, story[50].clone());
        let author = |update: &CheckedUpdate| update.inserts().iter().map(|run| run.client).next();
        let missing = (150..200).find(|&at| author(&story[at]) == Some(1)).unwrap();
        let lost = story.remove(missing);
        let (_, results) = document.merge(&story, &actor, 1);
        assert!(results[..missing].iter().all(Result::is_ok));
        let after = std::iter::zip(&story, &results).skip(missing).find(|(update, _)| author(update) == Some(1));
        assert_eq!(after.unwrap().1, &Err(MergeError::Gap));
        document.merge(&[lost], &actor, 1);
        document.merge(&story, &actor, 1);
        assert_eq!(shown(&document), shown(&whole));
    }
}
