//! Edits and questions from REST, command lines and agents: the same document, the same journal, the same answers.
//!
//! Invariant: an answer waits for the disk like everything else.

use super::{
    document::MergeError,
    effects::{Answer, Outgoing, Read, ReplyId},
    handle::{ApplyError, CloseReason, PeerInspection, RoomClosed, RoomInspection},
    state::RoomState,
};
use crate::{
    notebook::{Notebook, Op},
    project,
    vocabulary::{Actor, Millis},
    wire::update::{CheckedStateVector, CheckedUpdate},
};

impl RoomState {
    pub(super) fn apply(&mut self, op: &Op, actor: &Actor, reply: ReplyId, now: Millis) {
        let answer = if self.document.is_full() {
            Answer::Refused(ApplyError::TooBig(self.document.too_big()))
        } else {
            self.apply_within_limits(op, actor, now)
        };
        self.emit(Outgoing::Reply { reply, answer });
    }

    fn apply_within_limits(&mut self, op: &Op, actor: &Actor, now: Millis) -> Answer {
        let Some((change, result)) = self.document.apply(op, actor, now) else {
            return Answer::Refused(ApplyError::NotANotebook);
        };
        self.commit(change, actor, now);
        result.map_or_else(|refusal| Answer::Refused(refusal.into()), |()| self.notebook_answer())
    }

    pub(super) fn edit(&mut self, op: &project::Op, actor: &Actor, reply: ReplyId, now: Millis) {
        let answer = if self.document.is_full() && !op.deletes() {
            Answer::Refused(ApplyError::TooBig(self.document.too_big()))
        } else {
            self.edit_within_limits(op, actor, now)
        };
        self.emit(Outgoing::Reply { reply, answer });
    }

    fn edit_within_limits(&mut self, op: &project::Op, actor: &Actor, now: Millis) -> Answer {
        let Some((change, result)) = self.document.edit(op, actor, now) else {
            return Answer::Refused(ApplyError::NotAProject);
        };
        self.commit(change, actor, now);
        result.map_or_else(|refusal| Answer::Refused(refusal.into()), Answer::Project)
    }

    fn project_answer(&mut self, question: &project::Question) -> Answer {
        match self.document.ask(question) {
            None => Answer::Refused(ApplyError::NotAProject),
            Some(found) => found.map_or_else(|refusal| Answer::Refused(refusal.into()), Answer::Project),
        }
    }

    pub(super) fn merge_for(&mut self, update: &CheckedUpdate, actor: &Actor, reply: ReplyId, now: Millis) {
        let (change, mut results) = self.document.merge(std::slice::from_ref(update), actor, now);
        self.commit(change, actor, now);
        let answer = match results.pop() {
            None | Some(Ok(())) => Answer::Merged,
            Some(Err(MergeError::Gap)) => Answer::Refused(ApplyError::Gap),
            Some(Err(MergeError::TooBig(why))) => Answer::Refused(ApplyError::TooBig(why)),
            Some(Err(MergeError::Misplaced(why))) => Answer::Refused(ApplyError::Misplaced(why)),
        };
        self.emit(Outgoing::Reply { reply, answer });
    }

    pub(super) fn read(&mut self, what: Read, reply: ReplyId) {
        let answer = match what {
            Read::Notebook => self.notebook_answer(),
            Read::Project(question) => self.project_answer(&question),
            Read::Widgets => self.widgets_answer(),
            Read::State(since) => Answer::State(self.state_since(since.as_ref())),
            Read::Run(run) => self.read_run(&run),
            Read::Kernel => self.read_kernel(),
            Read::Question(cell) => self.read_question(&cell),
            Read::Earlier(cell) => self.read_earlier(&cell),
            Read::Caret { cell, at } => {
                Answer::Caret(self.document.read(|_, txn| Notebook::caret(txn, &cell, at)).flatten())
            }
            Read::Inspect => Answer::Inspection(Box::new(self.inspection())),
        };
        self.emit(Outgoing::Reply { reply, answer });
    }

    fn notebook_answer(&mut self) -> Answer {
        match self.document.view() {
            Some(view) => Answer::Notebook(Box::new(view)),
            None => Answer::Refused(ApplyError::NotANotebook),
        }
    }

    fn state_since(&mut self, since: Option<&CheckedStateVector>) -> bytes::Bytes {
        match since {
            Some(vector) => self.document.after_vector(vector),
            None => self.document.update(),
        }
    }

    /// What the pure state knows; the actor adds what the queues know.
    fn inspection(&self) -> RoomInspection {
        let peers = self.peers.iter().map(|(id, peer)| PeerInspection {
            peer: id.0,
            name: peer.join.actor.name.clone(),
            remote: peer.join.remote.clone(),
            clients: self.presence.clients_of(*id).iter().map(u64::to_string).collect(),
            queued_bytes: 0,
            stale: peer.behind.is_some(),
        });
        RoomInspection {
            document: self.id.to_string(),
            peers: peers.collect(),
            state_vector: self.document.clocks().iter().map(|(client, clock)| (client.to_string(), *clock)).collect(),
            document_bytes: self.document.size(),
            waiting_for_disk: 0,
        }
    }
}

/// The answer to a caller whose change or question the failed journal caught.
pub(super) fn not_stored(reply: ReplyId, why: &str) -> Outgoing {
    let closed = RoomClosed(CloseReason::NotStored(why.to_owned()));
    Outgoing::Reply { reply, answer: Answer::Refused(closed.into()) }
}
