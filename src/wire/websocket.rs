//! WebSocket frames (RFC 6455) as a server reads and writes them. Pure: bytes in, messages out.
//!
//! Imports nothing of ours. Invariant: whatever the bytes, the decoder keeps at most one message of the allowed size and
//! gives either what a client said or the rule it broke; it never panics.

use bytes::Bytes;

/// Continues a message.
const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
/// The longest payload of a control frame (RFC 6455 §5.5).
pub const CONTROL_MAX: usize = 125;
/// The longest head of a frame as a server sends it.
const HEAD_MAX: usize = 10;
/// A buffer over this is given back once it is empty: idle connections must cost little.
const KEPT_BUFFER: usize = 4 << 10;

/// What a client said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Binary(Bytes),
    /// Not checked to be UTF-8: nothing here reads text.
    Text(Bytes),
    Ping(Bytes),
    Pong,
    /// The code, if one was given.
    Close(Option<u16>),
}

/// The rule a client broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("a message is larger than allowed")]
    TooBig,
    #[error("a frame of a client is not masked")]
    Unmasked,
    #[error("a frame uses an extension that was not agreed on")]
    Extension,
    #[error("a frame has an unknown kind")]
    UnknownKind,
    #[error("a control frame is in pieces or too long")]
    Control,
    #[error("the pieces of a message do not follow each other")]
    Pieces,
}

/// Cuts what comes from one client into messages.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    /// The beginning of a frame that is not whole yet.
    buffer: Vec<u8>,
    /// The kind and the content so far of a message in pieces.
    pieces: Option<(u8, Vec<u8>)>,
}

impl Decoder {
    /// For messages of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, buffer: Vec::new(), pieces: None }
    }

    /// Adds what each whole message in `bytes`, and in what came before, says to `events`. After a violation nothing
    /// that follows can be understood.
    pub fn read(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), Violation> {
        if self.buffer.is_empty() {
            let used = self.scan(bytes, events)?;
            self.buffer.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.extend_from_slice(bytes);
        let used = self.scan(&buffer, events)?;
        buffer.drain(..used);
        if !buffer.is_empty() || buffer.capacity() <= KEPT_BUFFER {
            self.buffer = buffer;
        }
        Ok(())
    }

    /// Takes whole frames off the beginning of `bytes`; tells how many bytes they had.
    fn scan(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<usize, Violation> {
        let mut used = 0;
        while let Some(head) = Head::parse(&bytes[used..])? {
            self.check(&head)?;
            let from = used + head.size;
            let Some(payload) = bytes.get(from..from + head.length) else { break };
            used = from + head.length;
            events.extend(self.take(&head, unmasked(payload, head.mask))?);
        }
        Ok(used)
    }

    /// Before its content is there, so that nobody can make the buffer grow.
    fn check(&self, head: &Head) -> Result<(), Violation> {
        let before = self.pieces.as_ref().map_or(0, |(_, content)| content.len());
        match head.kind {
            CLOSE | PING | PONG if head.length > CONTROL_MAX || !head.last => Err(Violation::Control),
            CLOSE | PING | PONG => Ok(()),
            TEXT | BINARY if self.pieces.is_some() => Err(Violation::Pieces),
            CONTINUATION if self.pieces.is_none() => Err(Violation::Pieces),
            TEXT | BINARY | CONTINUATION if before + head.length > self.limit => Err(Violation::TooBig),
            TEXT | BINARY | CONTINUATION => Ok(()),
            _ => Err(Violation::UnknownKind),
        }
    }

    fn take(&mut self, head: &Head, payload: Vec<u8>) -> Result<Option<Event>, Violation> {
        let event = match head.kind {
            PING => Event::Ping(payload.into()),
            PONG => Event::Pong,
            CLOSE => Event::Close(close_code(&payload)?),
            CONTINUATION => {
                let Some((kind, mut content)) = self.pieces.take() else { return Err(Violation::Pieces) };
                content.extend_from_slice(&payload);
                return Ok(self.piece(kind, content, head.last));
            }
            kind => return Ok(self.piece(kind, payload, head.last)),
        };
        Ok(Some(event))
    }

    fn piece(&mut self, kind: u8, content: Vec<u8>, last: bool) -> Option<Event> {
        if !last {
            self.pieces = Some((kind, content));
            return None;
        }
        let content = Bytes::from(content);
        Some(if kind == TEXT { Event::Text(content) } else { Event::Binary(content) })
    }
}

/// The head of one frame of a client.
struct Head {
    kind: u8,
    last: bool,
    mask: [u8; 4],
    length: usize,
    /// Bytes of the head itself.
    size: usize,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Option<Self>, Violation> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        if first & RESERVED != 0 {
            return Err(Violation::Extension);
        }
        if second & MASKED == 0 {
            return Err(Violation::Unmasked);
        }
        let extended = match second & !MASKED {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (Some(extension), Some(mask)) = (rest.get(..extended), rest.get(extended..extended + 4)) else {
            return Ok(None);
        };
        let length = match extended {
            0 => usize::from(second & !MASKED),
            _ => {
                extension.iter().fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte)).try_into().unwrap_or(usize::MAX)
            }
        };
        // A length near the end of the numbers must not wrap around when it is added to.
        if length > usize::MAX / 4 {
            return Err(Violation::TooBig);
        }
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        Ok(Some(Self { kind: first & 0x0f, last: first & FINAL != 0, mask, length, size: 2 + extended + 4 }))
    }
}

fn unmasked(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut content = payload.to_vec();
    let (words, rest) = content.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    rest.iter_mut().zip(mask).for_each(|(byte, key)| *byte ^= key);
    content
}

/// RFC 6455 §7.4: what a client may say.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let &[high, low, ..] = payload else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::Control) };
    };
    match u16::from_be_bytes([high, low]) {
        code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(Some(code)),
        _ => Err(Violation::Control),
    }
}

/// Appends one message as a server sends it.
pub fn write(to: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    let (head, size) = head(kind, payload.len());
    to.extend_from_slice(&head[..size]);
    to.extend_from_slice(payload);
}

/// The head of a message as a server sends it, and its size.
pub fn head(kind: u8, length: usize) -> ([u8; HEAD_MAX], usize) {
    let mut head = [0; HEAD_MAX];
    head[0] = FINAL | kind;
    let size = if let Some(short) = u8::try_from(length).ok().filter(|&length| length < 126) {
        head[1] = short;
        2
    } else if let Ok(medium) = u16::try_from(length) {
        head[1] = 126;
        head[2..4].copy_from_slice(&medium.to_be_bytes());
        4
    } else {
        head[1] = 127;
        head[2..].copy_from_slice(&(length as u64).to_be_bytes());
        HEAD_MAX
    };
    (head, size)
}

/// The payload of a close frame; a reason too long for it is cut between characters.
pub fn closing(code: u16, reason: &str) -> Vec<u8> {
    let room = CONTROL_MAX - 2;
    let end = (0..=room.min(reason.len())).rev().find(|&end| reason.is_char_boundary(end)).unwrap_or(0);
    [&code.to_be_bytes()[..], &reason.as_bytes()[..end]].concat()
}

#[cfg(test)]
mod tests;
