//! Where agents are seen: a seat in the room of each notebook they edit, for a while after each edit.
//!
//! Invariant: a seat shows a name and a caret and changes nothing; it is left when its token ends, and there are at most
//! [`SEATS_MAX`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::body::Bytes;
use serde_json::{Value, json};
use tokio::{sync::watch, time};

use super::Agent;
use crate::{
    events::now,
    http::{caller::Ended, error::Answer},
    ids::{CellId, NotebookId},
    room::{Connection, Join, Line},
    vocabulary::{Actor, Role},
    wire::frame::{ClientFrame, PresenceEntry},
};

/// How long an agent is seen after its last edit: shorter than presence lasts unrenewed.
const LINGERS: Duration = Duration::from_secs(25);

/// Agents that are seen at once in all notebooks; further ones edit unseen.
const SEATS_MAX: usize = 256;

/// The seats that are taken.
#[derive(Debug, Default)]
pub struct Seats(Mutex<HashMap<String, watch::Sender<Place>>>);

/// Where somebody is.
#[derive(Debug, Clone)]
struct Place {
    cell: CellId,
    caret: Option<Value>,
}

impl Agent {
    /// Shows people where the agent is. That it could not be shown is no reason to refuse what it did.
    pub async fn be_seen(&self, notebook: &NotebookId, cell: &CellId, caret: u32) {
        if let Err(error) = self.take_place(notebook.clone(), cell.clone(), caret).await {
            tracing::debug!(?error, agent = self.actor.name, "an agent is not seen");
        }
    }

    async fn take_place(&self, notebook: NotebookId, cell: CellId, caret: u32) -> Answer<()> {
        let room = self.app.room(&notebook).await?;
        let place = Place { caret: room.caret(cell.clone(), caret).await?, cell };
        let key = key(&self.actor, &notebook);
        let Some(place) = self.seats.move_to(&key, place) else { return Ok(()) };
        let join = Join {
            actor: self.actor.clone(),
            // It edits by its tools; the seat only shows it.
            role: Role::Viewer,
            declared: true,
            tab: None,
            remote: self.deed.address.clone(),
        };
        let connection = room.join(join).await?;
        connection.attach(Arc::new(Nowhere));
        let (sender, mut places) = watch::channel(place);
        places.mark_changed();
        if self.seats.take(key.clone(), sender) {
            let seat = Seat { connection, places, user: user(&self.actor), client: client(), clock: 0 };
            let (seats, ended) = (self.seats.clone(), self.caller.ended());
            tokio::spawn(async move {
                seat.show(ended).await;
                seats.leave(&key);
            });
        }
        Ok(())
    }
}

/// Who sits in which notebook; ids have no line breaks.
fn key(actor: &Actor, notebook: &NotebookId) -> String {
    format!("{notebook}\n{}", actor.name)
}

/// A client id of its own, as Yjs makes them.
fn client() -> u64 {
    u64::from(rand::random::<u32>())
}

fn user(actor: &Actor) -> Value {
    json!({ "name": actor.name, "display_name": actor.name, "kind": "agent" })
}

impl Seats {
    /// Moves whoever sits there; gives the place back if nobody does.
    fn move_to(&self, key: &str, place: Place) -> Option<Place> {
        match self.taken().get(key).filter(|seat| !seat.is_closed()) {
            Some(seat) => {
                seat.send_replace(place);
                None
            }
            None => Some(place),
        }
    }

    fn take(&self, key: String, seat: watch::Sender<Place>) -> bool {
        let mut taken = self.taken();
        let free = taken.len() < SEATS_MAX || taken.contains_key(&key);
        if free {
            taken.insert(key, seat);
        }
        free
    }

    fn leave(&self, key: &str) {
        let mut taken = self.taken();
        if taken.get(key).is_some_and(watch::Sender::is_closed) {
            taken.remove(key);
        }
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, HashMap<String, watch::Sender<Place>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a room.
struct Seat {
    connection: Connection,
    places: watch::Receiver<Place>,
    user: Value,
    client: u64,
    clock: u32,
}

impl Seat {
    /// Shows each place, until nothing comes for a while, the token ends or the room does.
    async fn show(mut self, mut ended: Ended) {
        loop {
            let place = tokio::select! {
                moved = time::timeout(LINGERS, self.places.changed()) => match moved {
                    Ok(Ok(())) => Some(self.places.borrow_and_update().clone()),
                    _ => None,
                },
                () = &mut ended => None,
                () = self.connection.busy() => match self.connection.flush() {
                    Ok(_) => continue,
                    Err(_) => None,
                },
            };
            let Some(place) = place else { return };
            let entry = self.entry(&place);
            if self.connection.send(ClientFrame::Presence(vec![entry])).await.is_err() {
                return;
            }
        }
    }

    fn entry(&mut self, Place { cell, caret }: &Place) -> PresenceEntry {
        self.clock += 1;
        let cursors: Vec<_> = caret.iter().map(|caret| json!({ "anchor": caret, "head": caret })).collect();
        let state = json!({ "user": self.user, "cell": cell, "cursors": cursors, "active": now() });
        PresenceEntry { client: self.client, clock: self.clock, state: Some(Bytes::from(state.to_string())) }
    }
}

/// A line to nobody: a seat reads nothing.
#[derive(Debug)]
struct Nowhere;

impl Line for Nowhere {
    fn write(&self, frames: &mut Vec<Bytes>) -> bool {
        frames.clear();
        true
    }

    fn is_clear(&self) -> bool {
        true
    }
}
