//! WebSocket frames as bytes: just what a relay and a load generator need of RFC 6455.
//!
//! Invariant: `Frames` gives whole messages only; what is not whole yet stays in its buffer.

use anyhow::{Result, bail, ensure};

pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

const MASKED: u8 = 0x80;
const FINAL: u8 = 0x80;

/// Appends one unmasked frame, as servers send them.
pub fn write(to: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    head(to, opcode, payload.len(), 0);
    to.extend_from_slice(payload);
}

/// Appends one message of a client, in two parts. It is masked with zeros: allowed, and it stays readable in captures.
pub fn write_masked(to: &mut Vec<u8>, prefix: &[u8], message: &[u8]) {
    head(to, BINARY, prefix.len() + message.len(), MASKED);
    to.extend_from_slice(&[0; 4]);
    to.extend_from_slice(prefix);
    to.extend_from_slice(message);
}

/// Appends a client's answer to a ping.
pub fn write_pong(to: &mut Vec<u8>, payload: &[u8]) {
    head(to, PONG, payload.len(), MASKED);
    to.extend_from_slice(&[0; 4]);
    to.extend_from_slice(payload);
}

fn head(to: &mut Vec<u8>, opcode: u8, length: usize, masked: u8) {
    to.push(FINAL | opcode);
    match length {
        0..=125 => to.push(masked | u8::try_from(length).unwrap_or(0)),
        126..=0xffff => {
            to.push(masked | 126);
            to.extend_from_slice(&u16::try_from(length).unwrap_or(0).to_be_bytes());
        }
        _ => {
            to.push(masked | 127);
            to.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Bytes from a socket, cut into messages.
#[derive(Default)]
pub struct Frames {
    buffer: Vec<u8>,
    start: usize,
    /// The pieces of a fragmented message.
    pieces: Vec<u8>,
    message: Vec<u8>,
    fragmented: u8,
    current: Option<std::ops::Range<usize>>,
}

impl Frames {
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 && self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message: its opcode and its payload.
    pub fn next(&mut self) -> Result<Option<(u8, &[u8])>> {
        loop {
            let Some(frame) = parse(&self.buffer[self.start..])? else {
                self.buffer.drain(..self.start);
                self.start = 0;
                return Ok(None);
            };
            let from = self.start + frame.head;
            let payload = from..from + frame.length;
            self.start = payload.end;
            if let Some(mask) = frame.mask {
                unmask(&mut self.buffer[payload.clone()], mask);
            }
            if frame.last && frame.opcode != 0 {
                self.current = Some(payload);
                return Ok(Some((frame.opcode, self.current())));
            }
            if frame.opcode != 0 {
                self.fragmented = frame.opcode;
                self.pieces.clear();
            }
            self.pieces.extend_from_slice(&self.buffer[payload]);
            if frame.last {
                std::mem::swap(&mut self.message, &mut self.pieces);
                self.current = None;
                return Ok(Some((self.fragmented, &self.message)));
            }
        }
    }

    /// The message that `next` gave last.
    pub fn current(&self) -> &[u8] {
        self.current.clone().map_or(&self.message, |payload| &self.buffer[payload])
    }
}

struct Frame {
    last: bool,
    opcode: u8,
    mask: Option<[u8; 4]>,
    head: usize,
    length: usize,
}

fn parse(bytes: &[u8]) -> Result<Option<Frame>> {
    let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
    let extended = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mask_length = if second & MASKED == 0 { 0 } else { 4 };
    let Some(extension) = rest.get(..extended) else { return Ok(None) };
    let length = match extended {
        0 => usize::from(second & 0x7f),
        _ => extension.iter().fold(0_usize, |sum, &byte| (sum << 8) | usize::from(byte)),
    };
    ensure!(first & 0x70 == 0, "a frame with an extension nobody asked for");
    let Some(mask) = rest.get(extended..extended + mask_length) else { return Ok(None) };
    let head = 2 + extended + mask_length;
    if bytes.len() < head + length {
        return Ok(None);
    }
    let mask = mask.try_into().ok();
    Ok(Some(Frame { last: first & FINAL != 0, opcode: first & 0x0f, mask, head, length }))
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    if mask == [0; 4] {
        return;
    }
    for (index, byte) in payload.iter_mut().enumerate() {
        *byte ^= mask[index % 4];
    }
}

/// Where the head of an HTTP message ends; an error when it is larger than any of ours.
pub fn end_of_head(bytes: &[u8]) -> Result<Option<usize>> {
    const LONGEST: usize = 16 << 10;
    match bytes.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(position) => Ok(Some(position + 4)),
        None if bytes.len() > LONGEST => bail!("an HTTP head of more than {LONGEST} bytes"),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All messages of a stream that comes in pieces of so many bytes.
    fn messages(stream: &[u8], piece: usize) -> Vec<(u8, Vec<u8>)> {
        let (mut frames, mut found) = (Frames::default(), Vec::new());
        for bytes in stream.chunks(piece) {
            frames.push(bytes);
            while let Some((opcode, payload)) = frames.next().unwrap() {
                found.push((opcode, payload.to_vec()));
            }
        }
        found
    }

    #[test]
    fn messages_of_every_length_come_out_whole_however_the_stream_is_cut() {
        let (mut stream, mut sent) = (Vec::new(), Vec::new());
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![u8::try_from(length % 251).unwrap(); length];
            write(&mut stream, BINARY, &payload);
            write_masked(&mut stream, &payload[..length / 2], &payload[length / 2..]);
            sent.extend([(BINARY, payload.clone()), (BINARY, payload)]);
        }
        for piece in [1, 7, 4096, stream.len()] {
            assert!(messages(&stream, piece) == sent, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_message_in_several_frames_is_one() {
        // Two frames with a ping between them.
        let stream = [&[BINARY, 2, 1, 2][..], &[FINAL | PING, 0], &[FINAL, 1, 3]].concat();
        assert_eq!(messages(&stream, 1), [(PING, vec![]), (BINARY, vec![1, 2, 3])]);
    }
}
