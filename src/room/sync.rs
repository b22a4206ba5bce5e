//! Synchronisation of a room: joining, merging what clients send, answering, resynchronising those who fell behind.
//!
//! The rules are those of `wire-protocol.md` §4e.
//! Invariant: an answer that shows the document is queued behind the newest journal entry it shows.

use std::collections::HashMap;

use bytes::Bytes;

use super::{
    Revision,
    document::{Change, MergeError, clocks_in},
    effects::{Audience, Outgoing},
    handle::{CloseReason, Join},
    state::{Peer, RoomState, Sent},
};
use crate::{
    ids::{DocumentId, PeerId},
    vocabulary::Millis,
    wire::{
        frame,
        update::{self, CheckedStateVector, CheckedUpdate},
    },
};

/// How many changes of a returning client are sent back to it. A y-websocket 4 client shows an edit as saved when the
/// server sends it back; if the socket died between the commit and that echo, only this can turn it green again. A
/// clock counts characters: this covers minutes of typing and large pastes, and bounds what a returning writer costs.
const CONFIRMED_CLOCKS: u32 = 1 << 20;

/// A client that owes an answer is not asked again before this time: it may send many updates with a gap at once, and
/// whatever it answers, it answers after having sent them.
const ASK_AGAIN: Millis = 5_000;

/// What viewers are told before anything else, so that their page lets nobody type what would be lost.
const READ_ONLY: &str = "You may read here, but not change anything.";

/// Checkpoints kept, and how far apart: a reader that stalls for longer than both together gets the whole document.
const CHECKPOINTS_MAX: usize = 32;
const CHECKPOINT_INTERVAL: Millis = 2_000;

impl RoomState {
    pub(super) fn join(&mut self, peer: PeerId, join: Join, now: Millis) {
        self.replace_old_connection(&join);
        let may_edit = join.role.may_edit();
        self.peers
            .insert(peer, Peer { join, asked: None, last_ack: None, asked_at: None, complete: false, behind: None });
        self.presence.join(peer, now);
        if may_edit {
            self.ask(peer, now);
        } else {
            self.emit(Outgoing::Send { peer, frame: frame::denied(READ_ONLY) });
        }
        let everybody = self.presence.all();
        self.tell(Audience::Only(peer), everybody, now);
    }

    /// The same page has reconnected: its old socket is dead, whatever TCP says.
    fn replace_old_connection(&mut self, join: &Join) {
        let Some(tab) = &join.tab else { return };
        let old: Vec<_> =
            self.peers.iter().filter(|(_, peer)| peer.join.tab.as_ref() == Some(tab)).map(|(id, _)| *id).collect();
        for peer in old {
            self.emit(Outgoing::Close { peer, reason: CloseReason::Replaced });
        }
    }

    pub(super) fn leave(&mut self, peer: PeerId, now: Millis) {
        if self.peers.remove(&peer).is_some() {
            let gone = self.presence.leave(peer, now);
            self.tell(Audience::All, gone, now);
        }
    }

    /// Asks a client for what the server lacks.
    fn ask(&mut self, peer: PeerId, now: Millis) {
        let Some(member) = self.peers.get_mut(&peer) else { return };
        if member.asked_at.is_some_and(|asked| now < asked + ASK_AGAIN) {
            return;
        }
        member.asked_at = Some(now);
        let frame = frame::state_vector(&self.document.encoded_state_vector());
        self.emit(Outgoing::Send { peer, frame });
    }

    /// Merges updates, in as few transactions as who caused what allows.
    pub(super) fn merge_frames(&mut self, frames: Vec<Sent>, now: Millis) {
        let frames = frames.into_iter().filter(|sent| self.may_edit(sent.peer)).collect();
        for group in grouped(frames, &self.id) {
            let Some(actor) = self.peers.get(&group[0].peer).map(|member| member.join.actor.clone()) else { continue };
            let updates: Vec<_> = group.iter().map(|sent| sent.update.clone()).collect();
            let (change, results) = self.document.merge(&updates, &actor, now);
            let echoes = echoes(&group, &results, &change);
            self.commit(change, &actor, now);
            for (peer, frame) in echoes {
                self.emit(Outgoing::Send { peer, frame });
            }
            for (sent, result) in group.iter().zip(results) {
                self.answer_merge(sent, result, now);
            }
        }
    }

    /// Updates of viewers are passed over: never merged, and so never acknowledged nor sent back.
    fn may_edit(&self, peer: PeerId) -> bool {
        self.peers.get(&peer).is_some_and(|member| member.join.role.may_edit())
    }

    fn answer_merge(&mut self, sent: &Sent, result: Result<(), MergeError>, now: Millis) {
        let Some(member) = self.peers.get_mut(&sent.peer) else { return };
        match result {
            Ok(()) if sent.answers => self.complete(sent.peer),
            Ok(()) => {}
            Err(MergeError::Gap) => {
                member.complete = false;
                member.asked_at = member.asked_at.filter(|_| !sent.answers);
                self.ask(sent.peer, now);
            }
            Err(MergeError::TooBig(why)) => {
                self.emit(Outgoing::Close { peer: sent.peer, reason: CloseReason::TooBig(why) })
            }
            Err(MergeError::Misplaced(why)) => {
                self.emit(Outgoing::Close { peer: sent.peer, reason: CloseReason::Refused(why) })
            }
        }
    }

    /// The client has answered with everything it has: acknowledgements held back until now are true.
    fn complete(&mut self, peer: PeerId) {
        let Some(member) = self.peers.get_mut(&peer) else { return };
        member.asked_at = None;
        let held = member.last_ack.clone().filter(|_| !member.complete);
        member.complete = true;
        if let Some(payload) = held {
            self.emit(Outgoing::Send { peer, frame: frame::ack(&payload) });
        }
    }

    pub(super) fn answer_state_vector(&mut self, peer: PeerId, vector: &CheckedStateVector) {
        if !self.peers.contains_key(&peer) {
            return;
        }
        let mut frames = self.document.answer(vector);
        if let Some(member) = self.peers.get_mut(&peer) {
            member.asked = Some(vector.clone());
        }
        let answer = frames.pop();
        for frame in frames {
            self.emit(Outgoing::Send { peer, frame });
        }
        if let Some(frame) = answer {
            self.emit(Outgoing::Base { peer, frame });
        }
        for client in self.presence.clients_of(peer).to_vec() {
            self.confirm_own_changes(peer, client);
        }
    }

    pub(super) fn acknowledge(&mut self, peer: PeerId, payload: Bytes) {
        let Some(member) = self.peers.get_mut(&peer) else { return };
        member.last_ack = Some(payload.clone());
        if !member.complete {
            return;
        }
        self.emit(Outgoing::Send { peer, frame: frame::ack(&payload) });
    }

    /// Sends a returning client its own newest changes once, so that it can see that they were kept.
    pub(super) fn confirm_own_changes(&mut self, peer: PeerId, client: u64) {
        let Some(asked) = self.peers.get(&peer).and_then(|member| member.asked.as_ref()) else { return };
        let known = clocks_in(asked).get(&client).copied().unwrap_or(0).min(self.document.clock(client));
        if known == 0 {
            return;
        }
        let mut clocks = self.document.clocks().clone();
        clocks.insert(client, known.saturating_sub(CONFIRMED_CLOCKS));
        let frame = frame::update(&self.document.after(&clocks));
        self.emit(Outgoing::Send { peer, frame });
    }

    /// The connection's queue was full and is dropped.
    pub(super) fn fall_behind(&mut self, peer: PeerId, floor: Option<Revision>) {
        if let Some(member) = self.peers.get_mut(&peer) {
            member.behind = Some(floor);
        }
    }

    /// The socket of a client that was behind has drained: one difference brings it up to date.
    pub(super) fn resync(&mut self, peer: PeerId) {
        let Some(member) = self.peers.get_mut(&peer) else { return };
        let Some(floor) = member.behind.take() else { return };
        let (asked, ack, complete) = (member.asked.clone(), member.last_ack.clone(), member.complete);
        let may_edit = member.join.role.may_edit();
        let asked = || asked.as_ref().map(clocks_in);
        let clocks = floor.and_then(|floor| self.clocks_at(floor)).or_else(asked).unwrap_or_default();
        let mut frames = match clocks.is_empty() {
            true => self.document.everything(),
            false => vec![frame::step2(&self.document.after(&clocks))],
        };
        frames.extend(may_edit.then(|| frame::state_vector(&self.document.encoded_state_vector())));
        frames.extend(ack.filter(|_| complete).map(|payload| frame::ack(&payload)));
        self.emit(Outgoing::Resync { peer, frames });
    }

    pub(super) fn take_checkpoint(&mut self, now: Millis) {
        if now < self.checkpoint_at + CHECKPOINT_INTERVAL && !self.checkpoints.is_empty() {
            return;
        }
        self.checkpoint_at = now;
        if self.checkpoints.len() == CHECKPOINTS_MAX {
            self.checkpoints.pop_front();
        }
        self.checkpoints.push_back((self.revision, self.document.clocks().clone()));
    }

    fn clocks_at(&self, floor: Revision) -> Option<HashMap<u64, u32>> {
        self.checkpoints.iter().rev().find(|(revision, _)| *revision <= floor).map(|(_, clocks)| clocks.clone())
    }
}

/// Splits updates into transactions. In a notebook an event names who caused it, so each client gets its own; in other
/// documents all share one.
fn grouped(frames: Vec<Sent>, id: &DocumentId) -> Vec<Vec<Sent>> {
    let mut groups: Vec<Vec<Sent>> = Vec::new();
    for sent in frames {
        let same = |group: &&mut Vec<Sent>| matches!(id, DocumentId::Free(_)) || group[0].peer == sent.peer;
        match groups.iter_mut().find(same) {
            Some(group) => group.push(sent),
            None => groups.push(vec![sent]),
        }
    }
    groups
}

/// What senders must get back beside the broadcast: updates of which the broadcast does not hold everything, because
/// the document had a part of it before. A y-websocket 4 client waits for each of its changes to come back.
fn echoes(group: &[Sent], results: &[Result<(), MergeError>], change: &Change) -> Vec<(PeerId, Bytes)> {
    if let [only] = group
        && only.update.bytes() == &change.update
    {
        return Vec::new();
    }
    let sent = update::check(change.update.clone()).ok();
    let covered = |update: &CheckedUpdate| sent.as_ref().is_some_and(|sent| sent.contains_all_of(update));
    let merged = group.iter().zip(results).filter(|(_, result)| result.is_ok()).map(|(sent, _)| sent);
    let missing = merged.filter(|sent| !sent.update.is_empty() && !covered(&sent.update));
    missing.map(|sent| (sent.peer, frame::update(sent.update.bytes()))).collect()
}

#[cfg(test)]
mod tests {
    use yrs::{Doc, ReadTxn, Text, Transact, updates::encoder::Encode};

    use super::*;
    use crate::{
        room::{
            content::Content,
            effects::{Effects, Input},
            limits::RoomLimits,
        },
        vocabulary::{Actor, ActorKind, Role},
        wire::frame::{ClientFrame, PresenceEntry},
    };

    const ANA: PeerId = PeerId(1);

    fn room() -> RoomState {
        let (id, limits): (DocumentId, _) = ("doc:test".parse().unwrap(), RoomLimits::default());
        let document = Content::load(&id, 1, &storage::Loaded::default(), limits.document_bytes).unwrap();
        RoomState::new(id, document, None, &limits)
    }

    fn join(peer: PeerId) -> Input {
        join_as(peer, Role::Editor)
    }

    fn join_as(peer: PeerId, role: Role) -> Input {
        let actor = Actor { name: "Ana".into(), kind: ActorKind::Human };
        Input::Join { peer, join: Join { actor, role, declared: false, tab: None, remote: String::new() } }
    }

    fn from(peer: PeerId, frame: Bytes) -> Input {
        Input::Frame { peer, frame: frame::decode(frame).unwrap() }
    }

    fn typed(doc: &Doc, text: &str) -> Bytes {
        let root = doc.get_or_insert_text("text");
        let mut transaction = doc.transact_mut();
        let end = root.len(&transaction);
        root.insert(&mut transaction, end, text);
        transaction.encode_update_v1().into()
    }

    fn vector(doc: &Doc) -> Bytes {
        frame::state_vector(&doc.transact().state_vector().encode_v1())
    }

    /// Handles inputs and makes everything durable; returns what left.
    fn settled(room: &mut RoomState, inputs: Vec<Input>) -> Vec<Outgoing> {
        let effects: Effects = room.handle(inputs, 1_000);
        let mut left = effects.release;
        if let Some(newest) = effects.append.last() {
            left.extend(room.handle(vec![Input::Durable(newest.revision)], 1_000).release);
        }
        left.into_iter().map(|(_, item)| item).collect()
    }

    fn answered(room: &mut RoomState, peer: PeerId, doc: &Doc) {
        let everything = doc.transact().encode_state_as_update_v1(&yrs::StateVector::default());
        settled(room, vec![join(peer), from(peer, vector(doc)), from(peer, frame::step2(&everything))]);
    }

    fn updates_to(peer: PeerId, items: &[Outgoing]) -> Vec<CheckedUpdate> {
        let update = |item: &Outgoing| match item {
            Outgoing::Send { peer: to, frame } if *to == peer => match frame::decode(frame.clone()) {
                Ok(ClientFrame::Update(update)) => Some(update),
                _ => None,
            },
            _ => None,
        };
        items.iter().filter_map(update).collect()
    }

    #[test]
    fn p1_nothing_leaves_before_the_journal_is_on_disk() {
        let (mut room, doc) = (room(), Doc::with_client_id(7));
        answered(&mut room, ANA, &doc);
        let change = frame::update(&typed(&doc, "a"));
        let effects = room.handle(vec![from(ANA, change), from(ANA, frame::ack(&[1])), from(ANA, vector(&doc))], 2_000);
        assert_eq!(effects.append.len(), 1);
        assert!(effects.release.is_empty(), "the broadcast, the ack and the answer wait");
        let released = room.handle(vec![Input::Durable(effects.append[0].revision)], 2_000).release;
        assert_eq!(released.len(), 3);
    }

    #[test]
    fn an_update_that_changed_nothing_still_comes_back_to_its_sender() {
        let (mut room, doc) = (room(), Doc::with_client_id(7));
        answered(&mut room, ANA, &doc);
        let change = typed(&doc, "a");
        settled(&mut room, vec![from(ANA, frame::update(&change))]);
        let again = settled(&mut room, vec![from(ANA, frame::update(&change))]);
        assert_eq!(updates_to(ANA, &again).len(), 1, "else a y-websocket 4 client never turns green");
    }

    #[test]
    fn a_deletion_that_somebody_else_made_first_comes_back_to_its_sender() {
        let (mut room, doc) = (room(), Doc::with_client_id(7));
        typed(&doc, "abc");
        answered(&mut room, ANA, &doc);
        let copy = Doc::with_client_id(8);
        let everything = doc.transact().encode_state_as_update_v1(&yrs::StateVector::default());
        copy.transact_mut().apply_update(yrs::updates::decoder::Decode::decode_v1(&everything).unwrap()).unwrap();
        let delete = |doc: &Doc| {
            let root = doc.get_or_insert_text("text");
            let mut transaction = doc.transact_mut();
            root.remove_range(&mut transaction, 0, 1);
            frame::update(&transaction.encode_update_v1())
        };
        let other = PeerId(2);
        answered(&mut room, other, &copy);
        settled(&mut room, vec![from(ANA, delete(&doc))]);
        let second = settled(&mut room, vec![from(other, delete(&copy))]);
        assert_eq!(updates_to(other, &second).len(), 1);
    }

    #[test]
    fn a_returning_client_gets_its_own_changes_back_once_it_says_who_it_is() {
        let (mut room, doc) = (room(), Doc::with_client_id(7));
        typed(&doc, "kept, but the echo was lost");
        answered(&mut room, ANA, &doc);
        let presence =
            frame::presence(&[PresenceEntry { client: 7, clock: 1, state: Some(Bytes::from_static(b"{}")) }]);
        let items = settled(&mut room, vec![from(ANA, presence)]);
        let own = updates_to(ANA, &items);
        assert!(own[0].inserts().iter().any(|inserted| inserted.client == 7 && inserted.from == 0));
    }

    #[test]
    fn an_update_with_a_gap_changes_nothing_and_is_asked_for() {
        let (mut room, doc) = (room(), Doc::with_client_id(7));
        answered(&mut room, ANA, &doc);
        let lost = typed(&doc, "a");
        let late = typed(&doc, "b");
        let items = settled(&mut room, vec![from(ANA, frame::update(&late)), from(ANA, frame::ack(&[2]))]);
        assert!(matches!(&items[..], [Outgoing::Send { frame, .. }] if frame[..2] == [0, 0]), "{items:?}");
        let whole = frame::step2(&doc.transact().encode_state_as_update_v1(&yrs::StateVector::default()));
        let healed = settled(&mut room, vec![from(ANA, whole)]);
        assert!(
            matches!(&healed[..], [Outgoing::Broadcast(_), Outgoing::Send { .. }]),
            "the held ack follows: {healed:?}"
        );
        drop(lost);
    }

    #[test]
    fn edits_made_offline_are_not_acknowledged_before_they_arrived() {
        let (mut room, doc) = (room(), Doc::with_client_id(7));
        typed(&doc, "offline");
        let items = settled(&mut room, vec![join(ANA), from(ANA, vector(&doc)), from(ANA, frame::ack(&[9]))]);
        assert!(!items.iter().any(|item| matches!(item, Outgoing::Send { frame, .. } if frame[0] == 102)));
    }

    #[test]
    fn p5_a_viewer_is_told_so_first_and_reads_but_nothing_it_sends_is_merged_or_acknowledged() {
        let (mut room, ana, ben) = (room(), Doc::with_client_id(7), Doc::with_client_id(8));
        typed(&ana, "read me");
        answered(&mut room, ANA, &ana);
        let viewer = PeerId(2);
        let welcome = settled(&mut room, vec![join_as(viewer, Role::Viewer)]);
        assert!(matches!(&welcome[..], [Outgoing::Send { frame, .. }] if frame[..2] == [2, 0]), "{welcome:?}");
        let before = room.revision;
        let offline = frame::step2(&typed(&ben, "offline"));
        let live = frame::update(&typed(&ben, "live"));
        let items = settled(&mut room, vec![from(viewer, offline), from(viewer, live), from(viewer, frame::ack(&[1]))]);
        assert!(items.is_empty() && room.revision == before, "{items:?}");
        let read = settled(&mut room, vec![from(viewer, vector(&ben))]);
        assert!(matches!(&read[..], [Outgoing::Base { peer, .. }] if *peer == viewer), "{read:?}");
        let shared = settled(&mut room, vec![from(ANA, frame::update(&typed(&ana, "!")))]);
        assert!(matches!(&shared[..], [Outgoing::Broadcast(_)]), "{shared:?}");
    }

    #[test]
    fn p5_a_viewer_that_fell_behind_gets_the_difference_and_no_question() {
        let (mut room, ana) = (room(), Doc::with_client_id(7));
        typed(&ana, "read me");
        answered(&mut room, ANA, &ana);
        let viewer = PeerId(2);
        settled(&mut room, vec![join_as(viewer, Role::Viewer), Input::Overflowed { peer: viewer, floor: None }]);
        let items = settled(&mut room, vec![Input::Drained { peer: viewer }]);
        assert!(matches!(&items[..], [Outgoing::Resync { frames, .. }] if frames.len() == 1), "{items:?}");
    }

    #[test]
    fn a_page_that_reconnects_replaces_its_old_connection() {
        let mut room = room();
        let tab = |peer| match join(peer) {
            Input::Join { peer, join } => Input::Join { peer, join: Join { tab: Some("secret".into()), ..join } },
            other => other,
        };
        settled(&mut room, vec![tab(ANA)]);
        let items = settled(&mut room, vec![tab(PeerId(2))]);
        assert!(items.iter().any(|item| matches!(item, Outgoing::Close { peer: ANA, reason: CloseReason::Replaced })));
    }
}
