//! The codec against itself, against tungstenite, and against rules broken on purpose.

use proptest::prelude::*;
use tungstenite::protocol::{
    Message, Role, WebSocket, WebSocketConfig,
    frame::{
        Frame,
        coding::{Control, Data, OpCode},
    },
};

use super::*;

const LIMIT: usize = 70_000;

/// A frame as a client sends it.
fn client_frame(opcode: OpCode, last: bool, mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut frame = Frame::message(payload.to_vec(), OpCode::Data(Data::Binary), last);
    frame.header_mut().opcode = opcode;
    frame.header_mut().mask = Some(mask);
    let mut bytes = Vec::new();
    frame.format(&mut bytes).unwrap();
    bytes
}

fn read_all(bytes: &[u8], step: usize) -> Result<Vec<Event>, Violation> {
    let (mut decoder, mut events) = (Decoder::new(LIMIT), Vec::new());
    for part in bytes.chunks(step.max(1)) {
        decoder.read(part, &mut events)?;
    }
    Ok(events)
}

proptest! {
    #[test]
    fn what_tungstenite_sends_is_read_however_it_is_cut(
        messages in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..400)), 1..8),
        mask in any::<[u8; 4]>(), step in 1_usize..900,
    ) {
        let mut bytes = Vec::new();
        for (ping, payload) in &messages {
            let control = payload.len() <= CONTROL_MAX && *ping;
            let opcode = if control { OpCode::Control(Control::Ping) } else { OpCode::Data(Data::Binary) };
            bytes.extend(client_frame(opcode, true, mask, payload));
        }
        let expected = messages.into_iter().map(|(ping, payload)| {
            if ping && payload.len() <= CONTROL_MAX { Event::Ping(payload.into()) } else { Event::Binary(payload.into()) }
        });
        prop_assert_eq!(read_all(&bytes, step).unwrap(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn what_is_written_is_read_by_tungstenite(sizes in prop::collection::vec(prop::sample::select(vec![0, 1, 125, 126, 65_535, 65_536, 66_000]), 1..4)) {
        let mut bytes = Vec::new();
        for &size in &sizes {
            write(&mut bytes, BINARY, &vec![7; size]);
        }
        let mut client = WebSocket::from_raw_socket(std::io::Cursor::new(bytes), Role::Client, Some(WebSocketConfig::default()));
        for &size in &sizes {
            prop_assert_eq!(client.read().unwrap(), Message::binary(vec![7; size]));
        }
    }

    #[test]
    fn ln_07_no_bytes_panic_or_keep_more_than_a_message(bytes in prop::collection::vec(any::<u8>(), 0..600), step in 1_usize..64) {
        let (mut decoder, mut events) = (Decoder::new(300), Vec::new());
        for part in bytes.chunks(step) {
            if decoder.read(part, &mut events).is_err() {
                break;
            }
            prop_assert!(decoder.buffer.len() <= 300 + 14);
        }
    }
}

#[test]
fn pieces_are_joined_and_a_ping_may_come_between_them() {
    let mask = [1, 2, 3, 4];
    let bytes = [
        client_frame(OpCode::Data(Data::Binary), false, mask, b"one "),
        client_frame(OpCode::Control(Control::Ping), true, mask, b"?"),
        client_frame(OpCode::Data(Data::Continue), true, mask, b"two"),
        client_frame(OpCode::Control(Control::Close), true, mask, &closing(1001, "away")),
    ]
    .concat();
    let events = [Event::Ping("?".into()), Event::Binary("one two".into()), Event::Close(Some(1001))];
    for step in [1, 3, 1000] {
        assert_eq!(read_all(&bytes, step).unwrap(), events);
    }
}

#[test]
fn a_message_in_pieces_is_bounded_as_a_whole_before_it_comes() {
    let piece = client_frame(OpCode::Data(Data::Binary), false, [9; 4], &vec![0; LIMIT - 1]);
    let rest = client_frame(OpCode::Data(Data::Continue), true, [9; 4], &[0; 2]);
    assert_eq!(read_all(&[piece, rest[..6].to_vec()].concat(), 4096), Err(Violation::TooBig));
    let huge = [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    assert_eq!(read_all(&huge, 1), Err(Violation::TooBig));
}

#[test]
fn every_broken_rule_is_named() {
    let binary = |last, payload: &[u8]| client_frame(OpCode::Data(Data::Binary), last, [0; 4], payload);
    let cases = [
        (vec![0x82, 0x01, 0x00], Violation::Unmasked),
        (vec![0xc2, 0x80], Violation::Extension),
        (vec![0x83, 0x80, 0, 0, 0, 0], Violation::UnknownKind),
        (vec![0x09, 0x80, 0, 0, 0, 0], Violation::Control),
        (vec![0x89, 0xfe, 0, 126, 0, 0, 0, 0], Violation::Control),
        (client_frame(OpCode::Control(Control::Close), true, [0; 4], &[3]), Violation::Control),
        (client_frame(OpCode::Control(Control::Close), true, [0; 4], &[0, 5]), Violation::Control),
        (client_frame(OpCode::Data(Data::Continue), true, [0; 4], b"x"), Violation::Pieces),
        ([binary(false, b"x"), binary(true, b"y")].concat(), Violation::Pieces),
    ];
    for (bytes, violation) in cases {
        assert_eq!(read_all(&bytes, 2), Err(violation), "{bytes:x?}");
    }
}

#[test]
fn an_idle_connection_gives_its_buffer_back() {
    let (mut decoder, mut events) = (Decoder::new(LIMIT), Vec::new());
    let frame = client_frame(OpCode::Data(Data::Binary), true, [5; 4], &vec![1; 60_000]);
    for part in frame.chunks(1000) {
        decoder.read(part, &mut events).unwrap();
    }
    assert_eq!((events.len(), decoder.buffer.capacity()), (1, 0));
}

#[test]
fn a_reason_is_cut_between_characters() {
    assert_eq!(closing(1000, "short"), b"\x03\xe8short");
    assert_eq!(closing(1000, &"é".repeat(100)).len(), 2 + 122);
}
