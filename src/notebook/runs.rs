//! The roots that only the server writes: the last run of each cell, and the kernel.
//!
//! Imports schema, json, outline. Invariant: what is in them is what the server wrote; whatever a client puts there is
//! taken away in the transaction that brought it.

use std::collections::{BTreeMap, HashSet};

use serde::{Serialize, de::DeserializeOwned};
use yrs::{Any, GetString, Map, MapRef, Out, ReadTxn, Text, TextPrelim, TextRef, TransactionMut};

use super::{json, schema, terminal::units};
use crate::{
    ids::CellId,
    vocabulary::{Event, KernelStatus, Run, RunState},
};

/// UTF-16 units of the log of a kernel's preparation; older lines go. Some hundred packages fit.
const LOG_MAX: u32 = 32 << 10;

/// What the server wrote last, and the events of it that are not yet told.
#[derive(Debug, Default)]
pub struct Runs {
    runs: BTreeMap<CellId, Run>,
    kernel: KernelStatus,
    events: Vec<Event>,
}

impl Runs {
    /// What a loaded document holds.
    pub fn read<T: ReadTxn>(txn: &T) -> Self {
        let root = txn.get_map(schema::RUNS);
        let entries = root.iter().flat_map(|root| root.iter(txn).map(|(_, out)| value::<_, Run>(txn, &out)));
        let runs = entries.flatten().map(|run| (run.cell.clone(), run)).collect();
        let kernel = txn.get_map(schema::KERNEL).and_then(|kernel| value(txn, &kernel.get(txn, schema::STATUS)?));
        Self { runs, kernel: kernel.unwrap_or_default(), events: Vec::new() }
    }

    /// The last run of a cell.
    pub fn of(&self, cell: &CellId) -> Option<&Run> {
        self.runs.get(cell)
    }

    /// The last runs of all cells.
    pub fn all(&self) -> impl Iterator<Item = &Run> {
        self.runs.values()
    }

    /// The kernel.
    pub fn kernel(&self) -> &KernelStatus {
        &self.kernel
    }

    /// Writes the last run of a cell.
    pub fn set(&mut self, txn: &mut TransactionMut<'_>, run: Run) {
        let before = self.runs.get(&run.cell).filter(|before| before.run_id == run.run_id).map(|before| before.state);
        if before != Some(run.state) {
            self.events.push(event(&run));
        }
        schema::map(txn, schema::RUNS).insert(txn, run.cell.as_str(), any(&run));
        self.runs.insert(run.cell.clone(), run);
    }

    /// Writes the state of the kernel.
    pub fn set_kernel(&mut self, txn: &mut TransactionMut<'_>, status: KernelStatus) {
        schema::map(txn, schema::KERNEL).insert(txn, schema::STATUS, any(&status));
        self.kernel = status;
    }

    /// Begins a new log of the kernel's preparation.
    pub fn clear_log(txn: &mut TransactionMut<'_>) {
        let kernel = schema::map(txn, schema::KERNEL);
        if kernel.contains_key(txn, schema::LOG) {
            kernel.remove(txn, schema::LOG);
        }
    }

    /// Adds lines to the log of the kernel's preparation.
    pub fn log(txn: &mut TransactionMut<'_>, lines: &str) {
        let kernel = schema::map(txn, schema::KERNEL);
        let log = log_text(txn, &kernel).unwrap_or_else(|| kernel.insert(txn, schema::LOG, TextPrelim::new("")));
        log.push(txn, lines);
        let text = log.get_string(txn);
        if log.len(txn) > LOG_MAX && log.len(txn) == units(&text) {
            let half = text.len() - text.len() / 2;
            let cut = (half..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            log.remove_range(txn, 0, units(&text[..cut]));
        }
    }

    /// The log of the kernel's preparation.
    pub fn read_log<T: ReadTxn>(txn: &T) -> String {
        let kernel = txn.get_map(schema::KERNEL);
        kernel.and_then(|kernel| log_text(txn, &kernel)).map(|log| log.get_string(txn)).unwrap_or_default()
    }

    /// Takes away what clients wrote; forgets the runs of cells that are gone.
    pub fn restore(&mut self, txn: &mut TransactionMut<'_>, there: &HashSet<CellId>) {
        let (runs, gone) = std::mem::take(&mut self.runs).into_iter().partition(|(cell, _)| there.contains(cell));
        self.runs = runs;
        self.events.extend(BTreeMap::into_values(gone).filter_map(cancelled));
        let root = schema::map(txn, schema::RUNS);
        let strange: Vec<String> = root
            .iter(txn)
            .filter(|(cell, out)| !cell.parse().is_ok_and(|cell: CellId| self.holds(txn, &cell, out)))
            .map(|(cell, _)| cell.to_owned())
            .collect();
        for cell in strange {
            root.remove(txn, &cell);
        }
        for (cell, run) in &self.runs {
            if !root.contains_key(txn, cell.as_str()) {
                root.insert(txn, cell.as_str(), any(run));
            }
        }
        self.restore_kernel(txn);
    }

    fn holds<T: ReadTxn>(&self, txn: &T, cell: &CellId, out: &Out) -> bool {
        self.runs.get(cell).is_some_and(|run| value::<_, Run>(txn, out).as_ref() == Some(run))
    }

    fn restore_kernel(&self, txn: &mut TransactionMut<'_>) {
        let kernel = schema::map(txn, schema::KERNEL);
        let there = kernel.get(txn, schema::STATUS);
        let present: Option<KernelStatus> = there.as_ref().and_then(|out| value(txn, out));
        if present.as_ref() != Some(&self.kernel) && (there.is_some() || self.kernel != KernelStatus::default()) {
            kernel.insert(txn, schema::STATUS, any(&self.kernel));
        }
    }

    /// What happened since this was last asked.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

fn log_text<T: ReadTxn>(txn: &T, kernel: &MapRef) -> Option<TextRef> {
    kernel.get(txn, schema::LOG)?.cast().ok()
}

fn value<T: ReadTxn, V: DeserializeOwned>(txn: &T, out: &Out) -> Option<V> {
    serde_json::from_value(json::to_value(txn, out)).ok()
}

/// A plain value of ours always is JSON.
fn any(value: &impl Serialize) -> Any {
    serde_json::to_value(value).map_or(Any::Null, |value| json::to_any(&value))
}

/// A run whose cell is gone before it ended has ended with it.
fn cancelled(run: Run) -> Option<Event> {
    let Run { run_id, cell, kind, .. } = run;
    (!run.state.has_ended()).then_some(Event::RunCancelled { run_id, cell, kind, by: None })
}

/// What a run's new state tells the world.
fn event(run: &Run) -> Event {
    let (cell, kind, by, error) = (run.cell.clone(), run.kind, run.stopped_by.clone(), run.error.clone());
    let run_id = run.run_id.clone();
    match run.state {
        RunState::Queued => Event::RunQueued { run_id, cell, kind },
        RunState::Running => Event::RunStarted { run_id, cell, kind },
        RunState::Ok => Event::RunFinished { run_id, cell, kind },
        RunState::Cancelled => Event::RunCancelled { run_id, cell, kind, by },
        RunState::Failed | RunState::Interrupted => {
            Event::RunFailed { run_id, cell, kind, error: error.unwrap_or_default() }
        }
    }
}
