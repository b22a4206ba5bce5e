//! When to tell that a text was edited: at once, and then at most once a second, the last edit included.
//!
//! Imports nothing. Invariant: after an edit there is an event at or after it, within [`INTERVAL`].

use std::{collections::HashMap, hash::Hash};

/// A text somebody types in makes one event in this time: enough for a list to stay fresh, few enough for a log.
const INTERVAL: i64 = 1000;

/// The edits lately told of and those still to be told, by what was edited. Times are milliseconds.
#[derive(Debug)]
pub struct Edited<K> {
    texts: HashMap<K, Told>,
}

impl<K> Default for Edited<K> {
    fn default() -> Self {
        Self { texts: HashMap::new() }
    }
}

#[derive(Debug)]
struct Told {
    at: i64,
    /// There was an edit after it.
    waiting: bool,
}

impl<K: Clone + Eq + Hash + Ord> Edited<K> {
    /// Notes an edit; true if it is to be told now.
    pub fn note(&mut self, text: &K, now: i64) -> bool {
        match self.texts.get_mut(text) {
            // A clock that was set back must not silence a text for long.
            Some(told) if (told.at..told.at + INTERVAL).contains(&now) => {
                told.waiting = true;
                false
            }
            _ => {
                self.texts.insert(text.clone(), Told { at: now, waiting: false });
                true
            }
        }
    }

    /// There are edits of it that were not told yet.
    pub fn waits(&self, text: &K) -> bool {
        self.texts.get(text).is_some_and(|told| told.waiting)
    }

    /// What is to be told of now, and when to ask again.
    pub fn due(&mut self, now: i64) -> (Vec<K>, Option<i64>) {
        let over = |told: &Told| !(told.at..told.at + INTERVAL).contains(&now);
        self.texts.retain(|_, told| told.waiting || !over(told));
        let ready = self.texts.iter_mut().filter(|(_, told)| told.waiting && over(told));
        let mut texts: Vec<K> = ready
            .map(|(text, told)| {
                *told = Told { at: now, waiting: false };
                text.clone()
            })
            .collect();
        texts.sort();
        (texts, self.deadline())
    }

    /// When the next waiting edit is due.
    pub fn deadline(&self) -> Option<i64> {
        self.texts.values().filter(|told| told.waiting).map(|told| told.at + INTERVAL).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_edits_is_told_at_its_beginning_and_after_its_end() {
        let (text, mut edited) = ("a", Edited::default());
        assert!(edited.note(&text, 1000));
        assert!(!edited.note(&text, 1400));
        assert!(!edited.note(&text, 1900));
        assert_eq!(edited.due(1950), (vec![], Some(2000)));
        assert_eq!(edited.due(2000), (vec![text], None));
        assert!(!edited.note(&text, 2500));
        assert_eq!(edited.due(3000), (vec![text], None));
        assert_eq!(edited.due(9000), (vec![], None));
    }

    #[test]
    fn a_clock_set_back_does_not_silence_a_text() {
        let (text, mut edited) = ("a", Edited::default());
        assert!(edited.note(&text, 1_000_000));
        assert!(!edited.note(&text, 1_000_001));
        assert_eq!(edited.due(5).0, vec![text]);
    }
}
