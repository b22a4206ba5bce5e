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
    state::{Peer, RoomState},
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

/// A client with missing predecessors is asked for them at most this often: it may send many such updates at once.
const ASK_INTERVAL: Millis = 500;

/// Checkpoints kept, and how far apart: a reader that stalls for longer than both together gets the whole document.
const CHECKPOINTS_MAX: usize = 32;
const CHECKPOINT_INTERVAL: Millis = 2_000;

impl RoomState {
    pub(super) fn join(&mut self, peer: PeerId, join: Join, now: Millis) {
        self.replace_old_connection(&join);
        self.peers.insert(peer, Peer { join, asked: None, last_ack: None, asked_at: None, behind: None });
        self.presence.join(peer, now);
        self.ask(peer, now);
        let everybody = self.presence.all();
        self.tell(Audience::Only(peer), everybody);
    }

    /// The same page has reconnected: its old socket is dead, whatever TCP says.
    fn replace_old_connection(&mut self, join: &Join) {
        let Some(tab) = &join.tab else { return };
        let old: Vec<_> = self.peers.iter().filter(|(_, peer)| peer.join.tab.as_ref() == Some(tab)).map(|(id, _)| *id).collect();
        for peer in old {
            self.emit(Outgoing::Close { peer, reason: CloseReason::Replaced });
        }
    }

    pub(super) fn leave(&mut self, peer: PeerId, now: Millis) {
        if self.peers.remove(&peer).is_some() {
            let gone = self.presence.leave(peer, now);
            self.tell(Audience::All, gone);
        }
    }

    /// Asks a client for what the server lacks.
    fn ask(&mut self, peer: PeerId, now: Millis) {
        let Some(member) = self.peers.get_mut(&peer) else { return };
        if member.asked_at.is_some_and(|asked| now < asked + ASK_INTERVAL) {
            return;
        }
        member.asked_at = Some(now);
        let frame = frame::state_vector(&self.document.encoded_state_vector());
        self.emit(Outgoing::Send { peer, frame });
    }

    /// Merges updates, in as few transactions as who caused what allows.
    pub(super) fn merge_frames(&mut self, frames: Vec<(PeerId, CheckedUpdate)>, now: Millis) {
        let frames = frames.into_iter().filter(|(peer, _)| self.peers.contains_key(peer));
        for (peers, updates) in grouped(frames, &self.id) {
            let Some(actor) = self.peers.get(&peers[0]).map(|member| member.join.actor.clone()) else { continue };
            let (change, results) = self.document.merge(&updates, &actor, now);
            let echoes = echoes(&peers, &updates, &results, &change);
            self.commit(change, &actor, now);
            for (peer, frame) in echoes {
                self.emit(Outgoing::Send { peer, frame });
            }
            for (peer, result) in peers.into_iter().zip(results) {
                self.answer_merge(peer, result, now);
            }
        }
    }

    fn answer_merge(&mut self, peer: PeerId, result: Result<(), MergeError>, now: Millis) {
        match result {
            Ok(()) => {}
            Err(MergeError::Gap) => self.ask(peer, now),
            Err(MergeError::TooBig(why)) => self.emit(Outgoing::Close { peer, reason: CloseReason::TooBig(why) }),
        }
    }

    pub(super) fn answer_state_vector(&mut self, peer: PeerId, vector: &CheckedStateVector) {
        if !self.peers.contains_key(&peer) {
            return;
        }
        let clocks = clocks_in(vector);
        let difference = if clocks.is_empty() { self.encode_whole() } else { self.document.encode_after(&clocks) };
        if let Some(member) = self.peers.get_mut(&peer) {
            member.asked = Some(clocks);
        }
        self.emit(Outgoing::Base { peer, frame: frame::step2(&difference) });
        for client in self.presence.clients_of(peer).to_vec() {
            self.confirm_own_changes(peer, client);
        }
    }

    pub(super) fn acknowledge(&mut self, peer: PeerId, payload: Bytes) {
        let Some(member) = self.peers.get_mut(&peer) else { return };
        member.last_ack = Some(payload.clone());
        self.emit(Outgoing::Send { peer, frame: frame::ack(&payload) });
    }

    /// Sends a returning client its own newest changes once, so that it can see that they were kept.
    pub(super) fn confirm_own_changes(&mut self, peer: PeerId, client: u64) {
        let Some(asked) = self.peers.get(&peer).and_then(|member| member.asked.as_ref()) else { return };
        let known = asked.get(&client).copied().unwrap_or(0).min(self.document.clock(client));
        if known == 0 {
            return;
        }
        let mut clocks = self.document.clocks().clone();
        clocks.insert(client, known.saturating_sub(CONFIRMED_CLOCKS));
        let frame = frame::update(&self.document.encode_after(&clocks));
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
        let (asked, ack) = (member.asked.clone(), member.last_ack.clone());
        let clocks = floor.and_then(|floor| self.clocks_at(floor)).or(asked).unwrap_or_default();
        let difference = if clocks.is_empty() { self.encode_whole() } else { self.document.encode_after(&clocks) };
        let state_vector = frame::state_vector(&self.document.encoded_state_vector());
        let mut frames = vec![frame::step2(&difference), state_vector];
        frames.extend(ack.map(|payload| frame::ack(&payload)));
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

/// Splits frames into transactions. In a notebook an event names who caused it, so each client gets its own; in other
/// documents all frames share one.
fn grouped(frames: impl Iterator<Item = (PeerId, CheckedUpdate)>, id: &DocumentId) -> Vec<(Vec<PeerId>, Vec<CheckedUpdate>)> {
    let mut groups: Vec<(Vec<PeerId>, Vec<CheckedUpdate>)> = Vec::new();
    for (peer, update) in frames {
        let same = |(peers, _): &&mut (Vec<PeerId>, _)| matches!(id, DocumentId::Free(_)) || peers[0] == peer;
        match groups.iter_mut().find(same) {
            Some((peers, updates)) => {
                peers.push(peer);
                updates.push(update);
            }
            None => groups.push((vec![peer], vec![update])),
        }
    }
    groups
}

/// What senders must get back beside the broadcast: updates of which the broadcast does not hold everything, because
/// the document had a part of it before. A y-websocket 4 client waits for each of its changes to come back.
fn echoes(peers: &[PeerId], updates: &[CheckedUpdate], results: &[Result<(), MergeError>], change: &Change) -> Vec<(PeerId, Bytes)> {
    if let ([_], false) = (updates, change.is_empty())
        && updates[0].bytes() == &change.update
    {
        return Vec::new();
    }
    let sent = update::check(change.update.clone()).ok();
    let covered = |update: &CheckedUpdate| sent.as_ref().is_some_and(|sent| sent.contains_all_of(update));
    let merged = peers.iter().zip(updates).zip(results).filter(|(_, result)| result.is_ok());
    let missing = merged.filter(|((_, update), _)| !update.is_empty() && !covered(update));
    missing.map(|((peer, update), _)| (*peer, frame::update(update.bytes()))).collect()
}
