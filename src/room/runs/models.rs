//! The widgets of the kernel: what people do with them, and where what they cause is shown.
//!
//! Invariant: of what a widget puts out nothing is lost for want of a place: it stands in the cell in which somebody used
//! it, or in the Output widget that took it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Desk, KernelCommand, ModelChange, RunError, Runs};
use crate::{
    ids::{CellId, RunId},
    notebook::{ModelRefused, Output},
};

/// Bytes of what an Output widget has taken up to which the program is told of it.
const TOLD_MAX: usize = 64 << 10;

const NO_ROOM: &str = "There are more widgets than a notebook can show: some are left out. Restart the kernel, then run \
                       the cells whose widgets you need.";

/// Under which run that which the widgets in a cell cause is told.
pub type Callbacks = HashMap<CellId, RunId>;

impl Runs {
    /// Does with a widget what somebody wants. Gives the number of the change: what the document says with a smaller one
    /// was said before.
    pub fn change_model(&mut self, desk: &mut Desk<'_, '_>, change: ModelChange) -> Result<u64, RunError> {
        let ModelChange { model, cell, state, data, buffers } = change;
        if !self.kernel.phase.is_ready() {
            return Err(RunError::NoKernel);
        }
        let seq = desk.notebook.change_model(desk.txn, &model, state).map_err(|refused| match refused {
            ModelRefused::Gone => RunError::NoModel(model.clone()),
            ModelRefused::NoRoom => RunError::ModelsTooLarge,
        })?;
        let run = cell.and_then(|cell| self.callback(desk, cell));
        self.tell_kernel(KernelCommand::Comm { model, data, buffers, run });
        Ok(seq)
    }

    fn callback(&mut self, desk: &mut Desk<'_, '_>, cell: CellId) -> Option<RunId> {
        if let Some(run) = self.callbacks.get(&cell) {
            return Some(run.clone());
        }
        let run = RunId::generate();
        desk.notebook.resume_outputs(desk.txn, &run, &cell, self.limits).then(|| {
            self.callbacks.insert(cell, run.clone());
            run
        })
    }

    /// The outputs of a cell begin anew.
    pub(super) fn end_callbacks(&mut self, desk: &mut Desk<'_, '_>, cell: &CellId) {
        if let Some(run) = self.callbacks.remove(cell) {
            let left_out = desk.notebook.leave_outputs(&run);
            self.keep(left_out);
        }
    }

    /// Output of no run that goes on.
    pub(super) fn put_out_beside(&mut self, desk: &mut Desk<'_, '_>, run: &RunId, output: Output) {
        if !desk.notebook.take_output(desk.txn, run, &output) && self.callbacks.values().any(|known| known == run) {
            desk.notebook.output(desk.txn, run, output);
        }
    }

    /// All that the kernel said at once is in.
    pub(super) fn settle_models(&mut self, desk: &mut Desk<'_, '_>) {
        if !desk.notebook.settle_models(desk.txn) {
            match self.lanes.code().map(|ticket| ticket.run.clone()) {
                Some(run) => desk.notebook.output(desk.txn, &run, Output::Notice(NO_ROOM.into())),
                None => desk.notebook.log_kernel(desk.txn, Some(&format!("{NO_ROOM}\n"))),
            }
        }
        for (model, outputs) in desk.notebook.outputs_taken() {
            if outputs.to_string().len() <= TOLD_MAX {
                let (data, buffers) = (update(json!({ "outputs": outputs })), Vec::new());
                self.tell_kernel(KernelCommand::Comm { model, data, buffers, run: None });
            }
        }
    }

    /// The kernel is gone, and all its widgets with it.
    pub(super) fn end_models(&mut self, desk: &mut Desk<'_, '_>) {
        for cell in self.callbacks.keys().cloned().collect::<Vec<_>>() {
            self.end_callbacks(desk, &cell);
        }
        desk.notebook.end_models(desk.txn);
    }
}

/// A change of state as the widgets of the kernel are told.
fn update(state: Value) -> Map<String, Value> {
    let message = json!({ "method": "update", "state": state, "buffer_paths": [] });
    message.as_object().cloned().unwrap_or_default()
}
