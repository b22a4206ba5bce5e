//! What honest, sloppy and hostile clients send.

use super::*;

fn ignored(frame: &'static [u8]) -> bool {
    matches!(decode(Bytes::from_static(frame)), Err(FrameError::Ignorable(_)))
}

fn hostile(frame: impl Into<Bytes>) -> bool {
    matches!(decode(frame.into()), Err(FrameError::Hostile(_)))
}

fn entry(client: u64, clock: u32, state: Option<&'static str>) -> PresenceEntry {
    PresenceEntry { client, clock, state: state.map(|json| Bytes::from_static(json.as_bytes())) }
}

const EMPTY_UPDATE: &[u8] = &[0, 0];

#[test]
fn what_is_encoded_is_decoded() {
    match decode(state_vector(&[1, 7, 5])).unwrap() {
        ClientFrame::StateVector(vector) => assert_eq!(vector.bytes().as_ref(), [1, 7, 5]),
        other => panic!("{other:?}"),
    }
    match decode(step2(EMPTY_UPDATE)).unwrap() {
        ClientFrame::Missing(update) => assert_eq!(update.bytes().as_ref(), EMPTY_UPDATE),
        other => panic!("{other:?}"),
    }
    match decode(update(EMPTY_UPDATE)).unwrap() {
        ClientFrame::Update(update) => assert_eq!(update.bytes().as_ref(), EMPTY_UPDATE),
        other => panic!("{other:?}"),
    }
    match decode(ack(&[0x85, 0x01])).unwrap() {
        ClientFrame::AckRequest(payload) => assert_eq!(payload.as_ref(), [0x85, 0x01]),
        other => panic!("{other:?}"),
    }
    let entries = vec![entry(1, 0, Some("{\"user\":{}}")), entry((1 << 53) - 1, u32::MAX, None)];
    match decode(presence(&entries)).unwrap() {
        ClientFrame::Presence(read) => assert_eq!(read, entries),
        other => panic!("{other:?}"),
    }
}

#[test]
fn frames_have_the_bytes_of_the_protocol() {
    assert_eq!(state_vector(&[0]).as_ref(), [0, 0, 1, 0]);
    assert_eq!(step2(EMPTY_UPDATE).as_ref(), [0, 1, 2, 0, 0]);
    assert_eq!(update(EMPTY_UPDATE).as_ref(), [0, 2, 2, 0, 0]);
    assert_eq!(ack(&[9]).as_ref(), [102, 1, 9]);
    assert_eq!(presence(&[entry(3, 4, None)]).as_ref(), [1, 8, 1, 3, 4, 4, b'n', b'u', b'l', b'l']);
    assert_eq!(KEEP_ALIVE.as_ref(), [1, 1, 0]);
    assert_eq!(presence(&[]), KEEP_ALIVE);
}

#[test]
fn payloads_share_the_memory_of_their_frame() {
    let frame = update(EMPTY_UPDATE);
    let payload = frame.slice(3..);
    match decode(frame).unwrap() {
        ClientFrame::Update(update) => assert_eq!(update.bytes().as_ptr(), payload.as_ptr()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn slips_of_real_clients_are_ignored() {
    // y-websocket 4 sends a lone type, or type and step, after it was sent two messages in one frame.
    assert!(ignored(&[]) && ignored(&[0]) && ignored(&[0, 0]) && ignored(&[0, 0, 0]) && ignored(&[1, 0]));
}

#[test]
fn ln_07_unknown_and_truncated_messages_are_ignored() {
    // Authentication, queries for presence, Hocuspocus' types, and a type of two bytes.
    assert!(ignored(&[2, 0, 3]) && ignored(&[3]) && ignored(&[9]) && ignored(&[0x80, 0x02, 1]));
    assert!(ignored(&[0, 3, 2, 0, 0]));
    for whole in [&[0, 0, 1, 0][..], &[0, 2, 2, 0, 0], &[1, 8, 1, 3, 4, 4, b'n', b'u', b'l', b'l'], &[102, 1, 9]] {
        assert!(decode(Bytes::from_static(whole)).is_ok());
        (0..whole.len()).for_each(|end| assert!(ignored(&whole[..end]), "{:?}", &whole[..end]));
    }
}

#[test]
fn only_the_first_message_of_a_frame_is_read() {
    let two = [update(EMPTY_UPDATE).as_ref(), &[0xff; 20]].concat();
    assert!(matches!(decode(two.into()), Ok(ClientFrame::Update(_))));
}

#[test]
fn content_that_fails_the_gate_is_hostile() {
    assert!(hostile(update(&[0xff, 0xff, 0xff, 0x7f])));
    assert!(hostile(step2(&[0, 0, 0])));
    assert!(hostile(state_vector(&[0xff, 0xff, 0xff, 0x7f])));
    assert!(hostile(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01][..]));
}

#[test]
fn presence_counts_clients_clocks_and_texts_are_bounded() {
    assert!(hostile(&[1, 4, 0xff, 0xff, 0xff, 0x7f][..]));
    assert!(hostile(&[1, 5, 1, 3, 4, 9, b'x'][..]));
    assert!(hostile(&[1, 5, 1, 3, 4, 1, 0xff][..]));
    let clock_of_33_bits = [1, 9, 1, 3, 0x80, 0x80, 0x80, 0x80, 0x10, 1, b'1'];
    assert!(hostile(clock_of_33_bits.to_vec()));
    let client_of_54_bits = [1, 12, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 1, b'1'];
    assert!(hostile(client_of_54_bits.to_vec()));
}

#[test]
fn presence_over_64_kib_is_too_big_and_not_a_byte_earlier() {
    let of = |length: usize| {
        decode(presence(&[PresenceEntry { state: Some(vec![b' '; length].into()), ..entry(1, 1, None) }]))
    };
    assert!(of(MAX_PRESENCE_BYTES).is_ok());
    assert!(matches!(of(MAX_PRESENCE_BYTES + 1), Err(FrameError::TooBig(_))));
}

#[test]
fn presence_of_more_clients_than_any_room_has_is_too_big() {
    let of = |count: u64| decode(presence(&(0..count).map(|client| entry(client, 1, None)).collect::<Vec<_>>()));
    assert!(of(MAX_PRESENCE_ENTRIES).is_ok());
    assert!(matches!(of(MAX_PRESENCE_ENTRIES + 1), Err(FrameError::TooBig(_))));
}

#[test]
fn acknowledgements_are_short() {
    assert!(decode(ack(&[1; MAX_ACK_BYTES])).is_ok());
    assert!(matches!(decode(ack(&[1; MAX_ACK_BYTES + 1])), Err(FrameError::TooBig(_))));
}

proptest::proptest! {
    #[test]
    fn no_frame_makes_the_decoder_panic(frame: Vec<u8>, kind in 0u8..4, step in 0u8..4) {
        let _outcome = decode(frame.clone().into());
        let mut wrapped = vec![kind, step];
        write_bytes(&mut wrapped, &frame);
        if let Ok(ClientFrame::Update(update)) = decode(wrapped.into()) {
            proptest::prop_assert_eq!(update.bytes().as_ref(), &frame[..]);
        }
    }
}
