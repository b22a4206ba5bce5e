//! Who is here: the newest presence of every client, who owns it, and when it expires.
//!
//! Imports wire and vocabulary. Pure; `now` is an argument. Facts: `wire-protocol.md` 0.5 to 0.7 and §4e rule 6.
//! Invariant: a client id speaks only through the connection that owns it, and what leaves is valid JSON.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    ids::PeerId,
    vocabulary::{Actor, Millis},
    wire::frame::PresenceEntry,
};

/// Client ids one connection may own: a page has one, a program that multiplexes has a few.
const CLIENTS_PER_PEER_MAX: usize = 64;

struct Entry {
    owner: PeerId,
    /// The last clock that the owner sent: what is not newer is stale.
    said: u32,
    /// The clock that others were shown, which may have been raised; the owner's next change may not know of that yet.
    shown: u32,
    state: Bytes,
    renewed: Millis,
}

/// A client that left, by its last clock.
struct Tombstone {
    clock: u32,
    removed: Millis,
}

/// A connection that waits for a client, and what it said last of it: shown as soon as the client is its own.
struct Heir {
    peer: PeerId,
    clock: u32,
    state: Bytes,
}

struct Member {
    joined: Millis,
    clients: Vec<u64>,
}

/// The presence of all clients of one room.
pub struct Presence {
    /// What was not renewed for so long is gone.
    expiry: Millis,
    entries: HashMap<u64, Entry>,
    tombstones: HashMap<u64, Tombstone>,
    members: HashMap<PeerId, Member>,
    /// New connections that announced a client whose old connection still looks alive: they inherit it.
    heirs: HashMap<u64, Heir>,
    /// No later than the next expiry; exact only right after a sweep, so that a renewal costs nothing.
    next_sweep: Option<Millis>,
}

/// What an announcement changed.
#[derive(Debug, Default, PartialEq)]
pub struct Announced {
    /// For everybody but the sender.
    pub others: Vec<PresenceEntry>,
    /// For the sender itself: its clock was behind what others have seen and was raised.
    pub sender: Vec<PresenceEntry>,
    /// Clients that this connection announced for the first time as its own.
    pub introduced: Vec<u64>,
}

impl Presence {
    /// Nobody; who is not renewed for `expiry` goes again.
    pub fn new(expiry: Duration) -> Self {
        Self {
            expiry: Millis::try_from(expiry.as_millis()).unwrap_or(Millis::MAX),
            entries: HashMap::new(),
            tombstones: HashMap::new(),
            members: HashMap::new(),
            heirs: HashMap::new(),
            next_sweep: None,
        }
    }

    /// How long a removed client is remembered, so that late echoes of it are told from its return. Twice the expiry:
    /// by then every client has forgotten it as well.
    fn tombstone_expiry(&self) -> Millis {
        2 * self.expiry
    }

    /// A connection is there; it owns nothing yet.
    pub fn join(&mut self, peer: PeerId, now: Millis) {
        self.members.insert(peer, Member { joined: now, clients: Vec::new() });
    }

    /// A connection is gone, and with it its clients; heirs inherit.
    pub fn leave(&mut self, peer: PeerId, now: Millis) -> Vec<PresenceEntry> {
        let Some(member) = self.members.remove(&peer) else { return Vec::new() };
        self.heirs.retain(|_, heir| heir.peer != peer);
        member.clients.into_iter().filter_map(|client| self.abandon(client, peer, now)).collect()
    }

    fn abandon(&mut self, client: u64, peer: PeerId, now: Millis) -> Option<PresenceEntry> {
        self.entries.get(&client).filter(|entry| entry.owner == peer)?;
        self.pass_on(client, now)
    }

    /// The owner is done with a client: an heir goes on where it is by now, else the client is gone.
    fn pass_on(&mut self, client: u64, now: Millis) -> Option<PresenceEntry> {
        let Some(heir) = self.heirs.remove(&client) else { return self.remove(client, now) };
        let entry = self.entries.get_mut(&client)?;
        entry.owner = heir.peer;
        if let Some(member) = self.members.get_mut(&heir.peer) {
            member.clients.push(client);
        }
        if heir.clock <= entry.said {
            return None;
        }
        (entry.said, entry.shown) = (heir.clock, heir.clock.max(entry.shown.saturating_add(1)));
        (entry.state, entry.renewed) = (heir.state.clone(), now);
        Some(PresenceEntry { client, clock: entry.shown, state: Some(heir.state) })
    }

    fn remove(&mut self, client: u64, now: Millis) -> Option<PresenceEntry> {
        let entry = self.entries.remove(&client)?;
        self.tombstones.insert(client, Tombstone { clock: entry.shown, removed: now });
        Some(PresenceEntry { client, clock: entry.shown, state: None })
    }

    /// Takes what a connection says. Echoes of others, stale clocks and forged ids change nothing.
    pub fn announce(
        &mut self,
        peer: PeerId,
        said: Vec<PresenceEntry>,
        stamp: Option<&Actor>,
        now: Millis,
    ) -> Announced {
        let mut announced = Announced::default();
        for entry in said {
            self.announce_one(peer, entry, stamp, now, &mut announced);
        }
        announced
    }

    fn announce_one(
        &mut self,
        peer: PeerId,
        said: PresenceEntry,
        stamp: Option<&Actor>,
        now: Millis,
        out: &mut Announced,
    ) {
        match self.entries.get(&said.client) {
            Some(entry) if entry.owner == peer => self.renew(said, stamp, now, out),
            Some(entry) if said.clock >= entry.said => self.consider_heir(peer, said, stamp, out),
            Some(_) => {}
            None if said.state.is_some() && self.may_claim(peer, &said) => self.claim(peer, said, stamp, now, out),
            None => {}
        }
    }

    /// A reconnecting client announces itself before the server notices that its old connection is dead. Only a
    /// connection that owns nothing yet can be one: whoever owns a client already merely echoes.
    fn consider_heir(&mut self, peer: PeerId, said: PresenceEntry, stamp: Option<&Actor>, out: &mut Announced) {
        let first = self.members.get(&peer).is_some_and(|member| member.clients.is_empty());
        let Some(state) = said.state.filter(|_| first).and_then(|state| stamped(&state, stamp)) else { return };
        let waits = self.heirs.get(&said.client).map(|heir| (heir.peer == peer, heir.clock < said.clock));
        if waits.is_none() {
            out.introduced.push(said.client);
        }
        if waits.is_none_or(|waits| waits == (true, true)) {
            self.heirs.insert(said.client, Heir { peer, clock: said.clock, state });
        }
    }

    /// An echo repeats what was shown: a later clock is the client's own, however its connections overlap.
    fn may_claim(&self, peer: PeerId, said: &PresenceEntry) -> bool {
        let Some(member) = self.members.get(&peer) else { return false };
        let owned = member.clients.contains(&said.client);
        let is_echo = self
            .tombstones
            .get(&said.client)
            .is_some_and(|tombstone| member.joined <= tombstone.removed && said.clock <= tombstone.clock && !owned);
        !is_echo && (owned || member.clients.len() < CLIENTS_PER_PEER_MAX)
    }

    fn claim(&mut self, peer: PeerId, said: PresenceEntry, stamp: Option<&Actor>, now: Millis, out: &mut Announced) {
        let Some(state) = said.state.and_then(|state| stamped(&state, stamp)) else { return };
        // Others have seen the clock of the tombstone and would ignore the same one again: go past it.
        let seen = self.tombstones.remove(&said.client).map(|tombstone| tombstone.clock);
        let clock = seen.map_or(said.clock, |seen| said.clock.max(seen.saturating_add(1)));
        let entry = PresenceEntry { client: said.client, clock, state: Some(state.clone()) };
        self.next_sweep.get_or_insert(now + self.expiry);
        self.entries.insert(said.client, Entry { owner: peer, said: said.clock, shown: clock, state, renewed: now });
        if let Some(member) = self.members.get_mut(&peer).filter(|member| !member.clients.contains(&said.client)) {
            member.clients.push(said.client);
            out.introduced.push(said.client);
        }
        if clock != said.clock {
            out.sender.push(entry.clone());
        }
        out.others.push(entry);
    }

    fn renew(&mut self, said: PresenceEntry, stamp: Option<&Actor>, now: Millis, out: &mut Announced) {
        let Some(entry) = self.entries.get_mut(&said.client) else { return };
        match said.state {
            // y-websocket says "gone" with the clock unchanged.
            None if said.clock >= entry.said => {
                entry.shown = entry.shown.max(said.clock);
                out.others.extend(self.pass_on(said.client, now));
            }
            Some(state) if said.clock > entry.said => {
                let Some(state) = stamped(&state, stamp) else { return };
                (entry.said, entry.shown) = (said.clock, said.clock.max(entry.shown.saturating_add(1)));
                (entry.state, entry.renewed) = (state.clone(), now);
                out.others.push(PresenceEntry { client: said.client, clock: entry.shown, state: Some(state) });
            }
            _ => {}
        }
    }

    /// Everybody who is here, for a newcomer.
    pub fn all(&self) -> Vec<PresenceEntry> {
        let entry = |(client, entry): (&u64, &Entry)| PresenceEntry {
            client: *client,
            clock: entry.shown,
            state: Some(entry.state.clone()),
        };
        self.entries.iter().map(entry).collect()
    }

    /// The clients that a connection owns.
    pub fn clients_of(&self, peer: PeerId) -> &[u64] {
        self.members.get(&peer).map_or(&[], |member| &member.clients)
    }

    /// The connection that a client speaks through.
    pub fn owner_of(&self, client: u64) -> Option<PeerId> {
        self.entries.get(&client).map(|entry| entry.owner)
    }

    /// Removes what was not renewed in time.
    pub fn expire(&mut self, now: Millis) -> Vec<PresenceEntry> {
        let (expiry, remembered) = (self.expiry, self.tombstone_expiry());
        self.tombstones.retain(|_, tombstone| tombstone.removed + remembered > now);
        let silent = |entry: &Entry| entry.renewed + expiry <= now;
        let gone: Vec<u64> =
            self.entries.iter().filter(|(_, entry)| silent(entry)).map(|(client, _)| *client).collect();
        let removed = gone.into_iter().filter_map(|client| self.remove(client, now)).collect();
        let entries = self.entries.values().map(|entry| entry.renewed + expiry);
        let tombstones = self.tombstones.values().map(|tombstone| tombstone.removed + remembered);
        self.next_sweep = entries.chain(tombstones).min();
        removed
    }

    /// When [`Presence::expire`] may have something to do next.
    pub fn next_expiry(&self) -> Option<Millis> {
        self.next_sweep
    }
}

/// The state with the server's word on who it is; `None` if it is not a JSON object, on which other clients would
/// stumble.
fn stamped(state: &Bytes, stamp: Option<&Actor>) -> Option<Bytes> {
    let mut object: Map<String, Value> = serde_json::from_slice(state).ok()?;
    let Some(actor) = stamp else { return Some(state.clone()) };
    let user = object.entry("user").or_insert_with(|| Value::Object(Map::new()));
    if !user.is_object() {
        *user = Value::Object(Map::new());
    }
    user["name"] = Value::from(actor.name.clone());
    serde_json::to_vec(&object).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: PeerId = PeerId(1);
    const BEN: PeerId = PeerId(2);
    const LATE: PeerId = PeerId(3);
    const EXPIRY: Millis = 30_000;

    fn said(client: u64, clock: u32, state: Option<&'static str>) -> Vec<PresenceEntry> {
        vec![PresenceEntry { client, clock, state: state.map(|text| Bytes::from_static(text.as_bytes())) }]
    }

    fn room() -> Presence {
        let mut presence = Presence::new(Duration::from_secs(30));
        presence.join(ANA, 0);
        presence.join(BEN, 0);
        presence.announce(ANA, said(10, 1, Some("{}")), None, 0);
        presence.announce(BEN, said(20, 1, Some("{}")), None, 0);
        presence
    }

    #[test]
    fn ln_04_a_connection_that_ends_takes_its_clients_along() {
        let mut presence = room();
        assert_eq!(presence.leave(ANA, 5), said(10, 1, None));
        assert_eq!(presence.all().len(), 1);
    }

    #[test]
    fn an_echo_changes_nothing_and_claims_nothing() {
        let mut presence = room();
        assert_eq!(presence.announce(BEN, said(10, 1, Some("{}")), None, 1), Announced::default());
        presence.leave(ANA, 5);
        assert_eq!(presence.announce(BEN, said(10, 1, Some("{}")), None, 6), Announced::default());
        assert_eq!(presence.clients_of(BEN), [20]);
    }

    #[test]
    fn nobody_speaks_for_a_client_of_another_connection() {
        let mut presence = room();
        let forged = presence.announce(BEN, said(10, 9, Some(r#"{"user":{"name":"Mallory"}}"#)), None, 1);
        assert_eq!(forged, Announced::default());
        assert_eq!(presence.announce(BEN, said(10, 9, None), None, 1), Announced::default());
    }

    #[test]
    fn a_client_that_returns_with_its_old_clock_is_shown_at_once() {
        let mut presence = room();
        presence.leave(ANA, 5);
        presence.join(LATE, 6);
        let back = presence.announce(LATE, said(10, 1, Some("{}")), None, 6);
        assert_eq!(back.others, said(10, 2, Some("{}")));
        assert_eq!(back.sender, back.others, "the client itself must learn the raised clock");
        assert_eq!(back.introduced, [10]);
        let next = presence.announce(LATE, said(10, 2, Some(r#"{"at":1}"#)), None, 7);
        assert_eq!(next.others, said(10, 3, Some(r#"{"at":1}"#)), "it did not know of the raised clock yet");
    }

    #[test]
    fn ln_62_what_a_reconnected_client_did_before_its_old_socket_was_known_dead_is_shown() {
        let mut presence = room();
        presence.join(LATE, 3);
        presence.announce(LATE, said(10, 2, Some(r#"{"user":"renamed"}"#)), None, 4);
        presence.announce(LATE, said(10, 3, Some(r#"{"cursor":4}"#)), None, 5);
        assert_eq!(presence.leave(ANA, 6), said(10, 3, Some(r#"{"cursor":4}"#)));
        assert_eq!(presence.clients_of(LATE), [10]);
        let moved = presence.announce(LATE, said(10, 4, Some("{}")), None, 7);
        assert_eq!(moved.others, said(10, 4, Some("{}")));
    }

    #[test]
    fn ln_62_a_goodbye_of_the_old_socket_does_not_hide_who_is_back_already() {
        let mut presence = room();
        presence.join(LATE, 3);
        presence.announce(LATE, said(10, 2, Some("{}")), None, 4);
        assert_eq!(presence.announce(ANA, said(10, 1, None), None, 5).others, said(10, 2, Some("{}")));
        assert_eq!(presence.clients_of(LATE), [10]);
        assert_eq!(presence.leave(ANA, 6), []);
    }

    #[test]
    fn ln_62_who_joined_before_the_old_socket_ended_and_speaks_after_it_is_shown() {
        let mut presence = room();
        presence.join(LATE, 3);
        assert_eq!(presence.leave(ANA, 4), said(10, 1, None));
        assert_eq!(presence.announce(LATE, said(10, 2, Some("{}")), None, 5).others, said(10, 2, Some("{}")));
    }

    #[test]
    fn a_client_that_reconnects_before_its_old_socket_is_known_dead_inherits_its_presence() {
        let mut presence = room();
        presence.join(LATE, 1);
        assert_eq!(presence.announce(LATE, said(10, 1, Some("{}")), None, 1).others, []);
        assert!(presence.leave(ANA, 5).is_empty(), "nobody sees it leave");
        let renewed = presence.announce(LATE, said(10, 2, Some("{}")), None, 6);
        assert_eq!(renewed.others, said(10, 2, Some("{}")));
    }

    #[test]
    fn p5_the_declared_name_wins_over_the_claimed_one() {
        let mut presence = room();
        let actor = Actor { name: "Ana".into(), kind: crate::vocabulary::ActorKind::Human };
        let claim = said(10, 2, Some(r##"{"user":{"color":"#f00","name":"Root"}}"##));
        let out = presence.announce(ANA, claim, Some(&actor), 1);
        let state: Value = serde_json::from_slice(out.others[0].state.as_ref().unwrap()).unwrap();
        assert_eq!(state["user"], serde_json::json!({"color": "#f00", "name": "Ana"}));
    }

    #[test]
    fn presence_that_is_no_json_object_reaches_nobody() {
        let mut presence = room();
        for bad in ["[1]", "{", "null", "\"x\""] {
            assert_eq!(presence.announce(ANA, said(10, 7, Some(bad)), None, 1).others, []);
        }
    }

    #[test]
    fn ln_62_silence_ends_presence_after_thirty_seconds() {
        let mut presence = room();
        presence.announce(BEN, said(20, 2, Some("{}")), None, 20_000);
        assert_eq!(presence.next_expiry(), Some(EXPIRY));
        assert_eq!(presence.expire(EXPIRY), said(10, 1, None));
        assert_eq!(presence.all().len(), 1);
        assert_eq!(
            presence.announce(ANA, said(10, 2, Some("{}")), None, 31_000).others.len(),
            1,
            "the owner may return"
        );
    }
}
