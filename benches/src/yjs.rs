//! The messages of a typing client, made without a document, and read back as clocks.
//!
//! A reader is done with an update when its clock has arrived, however many updates the server merged into one.

use std::time::Duration;

use bytes::Bytes;
use coscribe::wire::{
    frame,
    lib0::{write_bytes, write_integer},
    update,
};

/// The root that is typed into.
pub const ROOT: &str = "text";

/// The client that types.
pub const WRITER: u64 = 200_000_001;

const SYNC: u8 = 0;
const STEP1: u8 = 0;
const STEP2: u8 = 1;
const UPDATE: u8 = 2;

/// Sync step 1 of an empty document.
pub fn step1() -> Bytes {
    frame::state_vector(&[0])
}

/// Sync step 2 of an empty document.
pub fn nothing() -> Bytes {
    frame::step2(&[0, 0])
}

/// What a Hocuspocus server wants to hear first: a token, and the version of the provider.
pub fn hocuspocus_token() -> Vec<u8> {
    const AUTH: u8 = 2;
    const TOKEN: u8 = 0;
    let mut bytes = vec![AUTH, TOKEN];
    write_bytes(&mut bytes, b"token");
    write_bytes(&mut bytes, b"4.7.0");
    bytes
}

/// One character at `clock`, typed behind the one before.
pub fn keystroke(client: u64, clock: u32) -> Bytes {
    const STRING: u8 = 4;
    const WITH_ORIGIN: u8 = 0x80;
    let mut bytes = vec![1, 1];
    write_integer(&mut bytes, client);
    write_integer(&mut bytes, u64::from(clock));
    if clock == 0 {
        bytes.extend([STRING, 1]);
        write_bytes(&mut bytes, ROOT.as_bytes());
    } else {
        bytes.push(STRING | WITH_ORIGIN);
        write_integer(&mut bytes, client);
        write_integer(&mut bytes, u64::from(clock - 1));
    }
    write_bytes(&mut bytes, b"x");
    bytes.push(0);
    frame::update(&bytes)
}

/// `size` characters at `clock`, which delete the `size` before them.
pub fn replacement(client: u64, clock: u32, size: u32) -> Bytes {
    const STRING: u8 = 4;
    let mut bytes = vec![1, 1];
    write_integer(&mut bytes, client);
    write_integer(&mut bytes, u64::from(clock));
    bytes.extend([STRING, 1]);
    write_bytes(&mut bytes, ROOT.as_bytes());
    write_bytes(&mut bytes, "x".repeat(size as usize).as_bytes());
    if clock == 0 {
        bytes.push(0);
    } else {
        bytes.push(1);
        [client, 1, u64::from(clock - size), u64::from(size)]
            .into_iter()
            .for_each(|number| write_integer(&mut bytes, number));
    }
    frame::update(&bytes)
}

/// Stock clients renew their presence this often; Hocuspocus closes on whoever says nothing for a minute.
pub const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// A caret, as page and Jupyter tell of it.
pub fn caret(client: u64, clock: u32) -> Bytes {
    let state = format!(
        r##"{{"user":{{"name":"Person {client}","color":"#0b6e99"}},"cell":"0123456789abcdef","cursors":[{{"anchor":{{"type":{{"client":{client},"clock":7}},"assoc":0}},"head":{{"type":{{"client":{client},"clock":7}},"item":{{"client":{client},"clock":{clock}}},"assoc":0}}}}]}}"##
    );
    frame::presence(&[frame::PresenceEntry { client, clock, state: Some(state.into()) }])
}

/// What a message of a server is about.
pub enum Told {
    /// It asks for what we have.
    Asks,
    /// Inserts, as client and the clock behind the last, in the order given.
    Inserts(Vec<(u64, u32)>),
    /// Presence, as client and clock.
    Presence(Vec<(u64, u32)>),
    Other,
}

pub fn read(message: &[u8]) -> Told {
    match message {
        [SYNC, STEP1, ..] => Told::Asks,
        [SYNC, STEP2 | UPDATE, rest @ ..] => inserts(rest),
        [1, ..] => presence(message),
        _ => Told::Other,
    }
}

fn inserts(sized: &[u8]) -> Told {
    let Ok(bytes) = coscribe::wire::lib0::Reader::new(sized).bytes() else { return Told::Other };
    match update::check(Bytes::copy_from_slice(bytes)) {
        Ok(checked) => Told::Inserts(checked.inserts().iter().map(|run| (run.client, run.to)).collect()),
        Err(_) => Told::Other,
    }
}

fn presence(message: &[u8]) -> Told {
    match frame::decode(Bytes::copy_from_slice(message)) {
        Ok(frame::ClientFrame::Presence(entries)) => {
            Told::Presence(entries.iter().map(|entry| (entry.client, entry.clock)).collect())
        }
        _ => Told::Other,
    }
}
