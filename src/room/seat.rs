//! The place of a program in the room of a widget session: what it is told waits here, bounded.
//!
//! Invariant: the room never waits for a program: what does not fit ends its place, and what it drew is kept.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::handle::{Call, CloseReason, Command, Control, RoomClosed, RoomHandle};
use crate::{
    ids::PeerId,
    vocabulary::Actor,
    widgets::{Saying, UploadedFile, Wid},
};

/// Messages that may wait for a program: more than one screen of people can cause while it is busy.
const ITEMS: usize = 4096;

/// Bytes of messages that may wait for a program. One message may be larger; then it waits alone.
const BYTES: usize = 8 << 20;

/// Something for a program.
#[derive(Debug)]
pub enum SeatItem {
    /// A message, as JSON.
    Message(String),
    /// The contents of files that were announced before.
    Upload(Upload),
}

/// Files whose contents follow a callback, chunk by chunk.
#[derive(Debug, PartialEq, Eq)]
pub struct Upload {
    pub wid: Wid,
    pub transfer: u64,
    pub files: Vec<UploadedFile>,
}

/// Why a program lost its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatEnd {
    /// A newer program took it.
    Replaced,
    /// It did not read what it was told.
    Slow,
    Closed(CloseReason),
}

/// Who sits down.
#[derive(Debug, Clone)]
pub struct Sit {
    pub actor: Actor,
    /// The token it brought, which it is told again.
    pub token: String,
}

struct Waiting {
    item: SeatItem,
    _bytes: OwnedSemaphorePermit,
}

/// The room's side of a place.
pub(super) struct SeatLine {
    items: mpsc::Sender<Waiting>,
    budget: Arc<Semaphore>,
    ended: oneshot::Sender<SeatEnd>,
}

impl std::fmt::Debug for SeatLine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SeatLine")
    }
}

impl SeatLine {
    /// Puts something behind what waits; false if there is no room for it.
    pub(super) fn push(&self, item: SeatItem) -> bool {
        let size = match &item {
            SeatItem::Message(text) => text.len().clamp(1, BYTES),
            SeatItem::Upload(_) => 1,
        };
        let permits = u32::try_from(size).unwrap_or(u32::MAX);
        let Ok(bytes) = self.budget.clone().try_acquire_many_owned(permits) else { return false };
        self.items.try_send(Waiting { item, _bytes: bytes }).is_ok()
    }

    /// Ends the place.
    pub(super) fn end(self, end: SeatEnd) {
        if self.ended.send(end).is_err() {
            tracing::debug!("the program had gone already");
        }
    }
}

/// A program's side of its place; dropping it leaves the room.
#[derive(Debug)]
pub struct ProgramSeat {
    seat: PeerId,
    items: mpsc::Receiver<Waiting>,
    ended: oneshot::Receiver<SeatEnd>,
    room: RoomHandle,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.item.fmt(formatter)
    }
}

impl ProgramSeat {
    /// Hands what the program says to the room; waits if the room is behind, which slows only this program. `size` is its
    /// length in bytes.
    pub async fn say(&self, saying: Saying, size: usize) -> Result<(), RoomClosed> {
        let permit = self.room.reserve_for(size).await;
        let command = Command::Program { seat: self.seat, saying, permit };
        self.room.mailbox.send(Box::new(command)).await.map_err(|_| RoomClosed(CloseReason::Failed))
    }

    /// The next thing for the program, or why it has lost its place; then do not ask again. Cancel-safe.
    pub async fn next(&mut self) -> Result<SeatItem, SeatEnd> {
        let failed = SeatEnd::Closed(CloseReason::Failed);
        tokio::select! {
            biased;
            end = &mut self.ended => Err(end.unwrap_or(failed)),
            item = self.items.recv() => item.map(|waiting| waiting.item).ok_or(failed),
        }
    }
}

impl Drop for ProgramSeat {
    fn drop(&mut self) {
        if self.room.control.send(Control::ProgramLeft { seat: self.seat }).is_err() {
            tracing::debug!(seat = self.seat.0, "the room has ended already");
        }
    }
}

impl RoomHandle {
    /// Gives a program its place, whoever sat there before. Also what it is to be told first, in order; everything in it
    /// is durable.
    pub async fn sit(&self, sit: Sit) -> Result<(ProgramSeat, Vec<String>), super::ApplyError> {
        let seat = self.next_peer();
        let (items, waiting) = mpsc::channel(ITEMS);
        let (ended, end) = oneshot::channel();
        let line = SeatLine { items, budget: Arc::new(Semaphore::new(BYTES)), ended };
        let place = ProgramSeat { seat, items: waiting, ended: end, room: self.clone() };
        let first = self.seated(Call::Sit { seat, sit, line }).await?;
        Ok((place, first))
    }
}
