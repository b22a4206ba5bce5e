//! Open documents: the only owner of yrs documents and of journal appends.
//!
//! Imports notebook, project, widgets, wire, storage, catalogue, config, vocabulary, ids. Never knows HTTP or the
//! command line.
//! Invariant: nothing that depends on a journal entry leaves a room before that entry is durable.

mod actor;
mod content;
mod document;
mod edits;
mod effects;
mod engines;
mod handle;
mod limits;
mod notebooks;
mod outbound;
mod outbox;
mod pictures;
mod presence;
mod projects;
mod quarantine;
mod queue;
mod refusals;
mod rooms;
mod running;
mod runs;
mod seat;
mod signature;
#[cfg(test)]
mod simulation;
mod slots;
mod state;
mod sync;
mod watchdog;
mod widget_sessions;
mod widgets;

pub use engines::{AnswerLine, Engines, KernelAsk, KernelLine, NoEngines, Weight};
pub use handle::{ApplyError, CloseReason, Connection, Join, PeerInspection, RoomClosed, RoomHandle, RoomInspection};
pub use limits::RoomLimits;
pub use notebooks::DEFAULT_NOTEBOOK;
pub use outbound::Line;
pub use projects::DEFAULT_PROJECT;
pub use quarantine::{SetAside, forget, hollow_documents, set_aside_documents, take_back};
pub use refusals::{CreateError, OpenError};
pub use rooms::Rooms;
pub use running::KernelReport;
pub use runs::{
    AnswerEvent, Answered, KernelCommand, KernelEvent, ModelChange, Outcome, Published, RunError, RunRequest, Which,
};
pub use seat::{ProgramSeat, SeatEnd, SeatItem, Sit, Upload};
pub use widget_sessions::SessionError;
pub use widgets::{PageAnswer, WidgetsError, WidgetsView};

/// Counts what one open room handed to the journal; starts at zero with each loading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Revision(u64);

impl Revision {
    fn next(self) -> Self {
        Self(self.0 + 1)
    }

    fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}
