//! What servers said lately, read once: all readers of a document are told the same, and a generator that read it again
//! for each of them would be slower than the server.
//!
//! Invariant: a client is given the meaning of exactly the bytes it was sent; they are compared, not guessed.

use std::collections::VecDeque;

use crate::yjs::{self, Told};

/// What is kept for readers that are behind.
const BYTES_KEPT: usize = 64 << 20;
const MESSAGES_KEPT: usize = 16 << 10;
/// Some clients are told what others are not, such as acknowledgements: so many messages are passed over.
const LOOK_AHEAD: usize = 8;

#[derive(Default)]
pub struct Hearing {
    said: VecDeque<(Box<[u8]>, Told)>,
    bytes: usize,
    /// How many messages are no longer kept.
    forgotten: usize,
}

impl Hearing {
    /// What a message means. `position` is the client's own: behind what it was told last.
    pub fn read(&mut self, position: &mut usize, message: &[u8]) -> &Told {
        let next = position.saturating_sub(self.forgotten);
        let same = |index: &usize| self.said.get(*index).is_some_and(|(bytes, _)| **bytes == *message);
        let known = (next..next + LOOK_AHEAD).find(same);
        let index = known.unwrap_or_else(|| self.keep(message));
        *position = self.forgotten + index + 1;
        &self.said[index].1
    }

    fn keep(&mut self, message: &[u8]) -> usize {
        self.bytes += message.len();
        self.said.push_back((message.into(), yjs::read(message)));
        while self.said.len() > 1 && (self.bytes > BYTES_KEPT || self.said.len() > MESSAGES_KEPT) {
            self.bytes -= self.said.pop_front().map_or(0, |(bytes, _)| bytes.len());
            self.forgotten += 1;
        }
        self.said.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yjs::WRITER;

    fn clock(told: &Told) -> Option<u32> {
        match told {
            Told::Inserts(inserts) => inserts.iter().find(|(client, _)| *client == WRITER).map(|&(_, clock)| clock),
            _ => None,
        }
    }

    #[test]
    fn readers_that_are_told_different_things_are_each_given_what_they_were_told() {
        let mut hearing = Hearing::default();
        let (mut first, mut second) = (0, 0);
        for number in 0..100 {
            let message = yjs::keystroke(WRITER, number);
            assert_eq!(clock(hearing.read(&mut first, &message)), Some(number + 1));
            // The second is told every other one, and an answer between.
            if number % 2 == 0 {
                assert_eq!(clock(hearing.read(&mut second, &yjs::nothing())), None);
                assert_eq!(clock(hearing.read(&mut second, &message)), Some(number + 1));
            }
        }
    }

    #[test]
    fn a_reader_far_behind_is_read_to_again() {
        let mut hearing = Hearing::default();
        let (mut first, mut second) = (0, 0);
        let messages: Vec<_> = (0..100).map(|number| yjs::replacement(WRITER, number * 1_000_000, 1_000_000)).collect();
        for message in messages.iter().cycle().take(200) {
            hearing.read(&mut first, message);
        }
        assert!(hearing.bytes <= BYTES_KEPT);
        assert_eq!(clock(hearing.read(&mut second, &messages[0])), Some(1_000_000));
    }
}
