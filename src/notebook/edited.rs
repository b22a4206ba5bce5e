//! When to tell that a cell was edited: at once, and then at most once a second, the last edit included.
//!
//! Imports ids and vocabulary. Invariant: after an edit there is an event at or after it, within [`INTERVAL`].

use std::collections::HashMap;

use crate::{ids::CellId, vocabulary::Millis};

/// A cell somebody types in makes one event in this time: enough for a list to stay fresh, few enough for a log.
const INTERVAL: Millis = 1000;

/// The edits lately told of and those still to be told.
#[derive(Debug, Default)]
pub struct Edited {
    cells: HashMap<CellId, Told>,
}

#[derive(Debug)]
struct Told {
    at: Millis,
    /// There was an edit after it.
    waiting: bool,
}

impl Edited {
    /// Notes an edit; true if it is to be told now.
    pub fn note(&mut self, cell: &CellId, now: Millis) -> bool {
        match self.cells.get_mut(cell) {
            // A clock that was set back must not silence a cell for long.
            Some(told) if (told.at..told.at + INTERVAL).contains(&now) => {
                told.waiting = true;
                false
            }
            _ => {
                self.cells.insert(cell.clone(), Told { at: now, waiting: false });
                true
            }
        }
    }

    /// The cells to be told of now, and when to ask again.
    pub fn due(&mut self, now: Millis) -> (Vec<CellId>, Option<Millis>) {
        let over = |told: &Told| !(told.at..told.at + INTERVAL).contains(&now);
        self.cells.retain(|_, told| told.waiting || !over(told));
        let ready = self.cells.iter_mut().filter(|(_, told)| told.waiting && over(told));
        let mut cells: Vec<CellId> = ready
            .map(|(cell, told)| {
                *told = Told { at: now, waiting: false };
                cell.clone()
            })
            .collect();
        cells.sort();
        (cells, self.deadline())
    }

    /// When the next waiting edit is due.
    pub fn deadline(&self) -> Option<Millis> {
        self.cells.values().filter(|told| told.waiting).map(|told| told.at + INTERVAL).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_edits_is_told_at_its_beginning_and_after_its_end() {
        let (cell, mut edited) = (CellId::generate(), Edited::default());
        assert!(edited.note(&cell, 1000));
        assert!(!edited.note(&cell, 1400));
        assert!(!edited.note(&cell, 1900));
        assert_eq!(edited.due(1950), (vec![], Some(2000)));
        assert_eq!(edited.due(2000), (vec![cell.clone()], None));
        assert!(!edited.note(&cell, 2500));
        assert_eq!(edited.due(3000), (vec![cell], None));
        assert_eq!(edited.due(9000), (vec![], None));
    }

    #[test]
    fn a_clock_set_back_does_not_silence_a_cell() {
        let (cell, mut edited) = (CellId::generate(), Edited::default());
        assert!(edited.note(&cell, 1_000_000));
        assert!(!edited.note(&cell, 1_000_001));
        assert_eq!(edited.due(5).0, vec![cell]);
    }
}
