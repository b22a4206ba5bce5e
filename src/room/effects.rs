//! What a room's state takes and what it asks for: plain data.
//!
//! Invariant: `RoomState` touches the world only through these values.

use bytes::Bytes;

use super::{
    Revision,
    handle::{ApplyError, CloseReason, Join, RoomInspection},
    running::KernelReport,
    runs::{AnswerEvent, EngineCall, Generation, KernelEvent, ModelChange, RunRequest},
    seat::{SeatEnd, SeatItem, Sit},
    widgets::{PageAnswer, WidgetsView},
};
use crate::{
    catalogue::{Findable, Record},
    ids::{CellId, PeerId, RunId},
    notebook::{BlobRef, NotebookView, Op, Question},
    project,
    vocabulary::{Actor, EarlierAnswer, LoggedEvent, Run},
    widgets::{Callback, Saying},
    wire::{
        frame::{ClientFrame, PresenceEntry},
        update::{CheckedStateVector, CheckedUpdate},
    },
};

/// Names a caller that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplyId(pub u64);

/// Every cause of change.
#[derive(Debug)]
pub enum Input {
    Join {
        peer: PeerId,
        join: Join,
    },
    Frame {
        peer: PeerId,
        frame: ClientFrame,
    },
    Leave {
        peer: PeerId,
    },
    /// The queue of a connection was full and is dropped; `floor` is the revision its client has.
    Overflowed {
        peer: PeerId,
        floor: Option<Revision>,
    },
    /// A connection that was behind has sent everything that waited.
    Drained {
        peer: PeerId,
    },
    Apply {
        op: Op,
        actor: Actor,
        reply: ReplyId,
    },
    /// An edit of a project.
    Edit {
        op: project::Op,
        actor: Actor,
        reply: ReplyId,
    },
    Merge {
        update: CheckedUpdate,
        actor: Actor,
        reply: ReplyId,
    },
    Read {
        what: Read,
        reply: ReplyId,
    },
    /// A program takes its place in a widget session.
    Sit {
        seat: PeerId,
        sit: Sit,
        reply: ReplyId,
    },
    /// The program of a widget session says something.
    Program {
        seat: PeerId,
        saying: Saying,
    },
    /// The program went; or it did not read what it was told, and then `end` says so.
    ProgramLeft {
        seat: PeerId,
        end: Option<SeatEnd>,
    },
    /// Somebody did something to widgets.
    Callbacks {
        callbacks: Vec<Callback>,
        actor: Actor,
        reply: ReplyId,
    },
    /// A page answers a question of the program.
    PageAnswered {
        answered: PageAnswer,
        reply: ReplyId,
    },
    /// The document was loaded; nobody has it yet.
    Opened,
    /// Somebody wants something to run, or to stop.
    Run {
        request: RunRequest,
        actor: Actor,
        reply: ReplyId,
    },
    /// Somebody does something with a widget of the kernel.
    ChangeModel {
        change: ModelChange,
        actor: Actor,
        reply: ReplyId,
    },
    /// A kernel has said something.
    Kernel {
        generation: Generation,
        events: Vec<KernelEvent>,
    },
    /// A language model has said something.
    Model {
        run: RunId,
        events: Vec<AnswerEvent>,
    },
    /// A text that had no place in the document lies in a blob; `None` if it could not be kept.
    Kept {
        cell: CellId,
        output: String,
        blob: Option<BlobRef>,
    },
    /// The journal is on disk up to here.
    Durable(Revision),
    /// The journal could not be written; the sentence says why.
    NotStored(String),
    /// Ends the room in order: everybody is told why once all is durable.
    Stop(CloseReason),
    /// Time passed.
    Tick,
}

impl Input {
    /// Bytes of the update it carries.
    pub fn update_bytes(&self) -> usize {
        match self {
            Self::Frame { frame: ClientFrame::Missing(update) | ClientFrame::Update(update), .. }
            | Self::Merge { update, .. } => update.bytes().len(),
            _ => 0,
        }
    }

    /// What it asks of the document.
    pub fn demand(&self) -> Demand {
        match self {
            Self::Frame { frame: ClientFrame::Missing(update) | ClientFrame::Update(update), .. }
            | Self::Merge { update, .. }
                if !update.is_empty() =>
            {
                Demand::Parts
            }
            Self::Frame { frame: ClientFrame::StateVector(vector), .. } => Demand::of_vector(Some(vector)),
            Self::Read { what: Read::State(vector), .. } => Demand::of_vector(vector.as_ref()),
            Self::Apply { .. }
            | Self::Edit { .. }
            | Self::Read {
                what:
                    Read::Notebook
                    | Read::Project(_)
                    | Read::Run(_)
                    | Read::Kernel
                    | Read::Question(_)
                    | Read::Earlier(_)
                    | Read::Widgets
                    | Read::Caret { .. },
                ..
            }
            | Self::Sit { .. }
            | Self::Program { .. }
            | Self::ProgramLeft { .. }
            | Self::Callbacks { .. }
            | Self::PageAnswered { .. }
            | Self::Drained { .. }
            | Self::Run { .. }
            | Self::ChangeModel { .. }
            | Self::Kernel { .. }
            | Self::Model { .. }
            | Self::Kept { .. } => Demand::Parts,
            _ => Demand::Nothing,
        }
    }
}

/// What an input may ask of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    Nothing,
    /// All of it, as it is.
    Everything,
    /// Less than all of it, or a change.
    Parts,
}

impl Demand {
    fn of_vector(vector: Option<&CheckedStateVector>) -> Self {
        if vector.is_none_or(CheckedStateVector::is_empty) { Self::Everything } else { Self::Parts }
    }
}

/// What somebody wants to know.
#[derive(Debug)]
pub enum Read {
    Notebook,
    Project(project::Question),
    /// A widget session with everything in it.
    Widgets,
    State(Option<CheckedStateVector>),
    Inspect,
    Run(RunId),
    Kernel,
    /// The question in a prompt cell, with all that would be sent with it.
    Question(CellId),
    /// The answers of a cell that others took the place of.
    Earlier(CellId),
    /// A place in a cell, in UTF-16 units.
    Caret {
        cell: CellId,
        at: u32,
    },
}

/// An answer to a waiting caller.
#[derive(Debug)]
pub enum Answer {
    Merged,
    Notebook(Box<NotebookView>),
    Project(project::Found),
    Widgets(Box<WidgetsView>),
    /// What a program is told first, each a message as JSON.
    Seated(Vec<String>),
    State(Bytes),
    Inspection(Box<RoomInspection>),
    Runs(Vec<Run>),
    /// The number of the change.
    Changed(u64),
    Kernel(Box<KernelReport>),
    Question(Box<Question>),
    Earlier(Vec<EarlierAnswer>),
    Caret(Option<serde_json::Value>),
    Refused(ApplyError),
}

/// Something for the world, released by durability.
#[derive(Debug)]
pub enum Outgoing {
    /// The change of the revision it is queued behind, to every connection.
    Broadcast(Bytes),
    Send {
        peer: PeerId,
        frame: Bytes,
    },
    /// The whole answer to a client's state vector.
    Base {
        peer: PeerId,
        frame: Bytes,
    },
    /// Ends a connection's being behind.
    Resync {
        peer: PeerId,
        frames: Vec<Bytes>,
    },
    Reply {
        reply: ReplyId,
        answer: Answer,
    },
    Close {
        peer: PeerId,
        reason: CloseReason,
    },
    /// To the program of a widget session.
    Program {
        seat: PeerId,
        item: SeatItem,
    },
    /// The program loses its place.
    EndSeat {
        seat: PeerId,
        end: SeatEnd,
    },
    /// To a kernel, a language model or the store of blobs.
    Engine(EngineCall),
}

/// Who is told of presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    All,
    AllBut(PeerId),
    Only(PeerId),
}

/// One atomic write to the journal.
#[derive(Debug, Default)]
pub struct Append {
    pub revision: Revision,
    /// Empty if only events or the record are written.
    pub update: Bytes,
    pub events: Vec<LoggedEvent>,
    pub record: Option<Record>,
    /// Runs, tasks and sessions that are found here from now on, or are not any more.
    pub places: Vec<(Findable, Place)>,
}

/// Whether something is found in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Here,
    Gone,
}

/// What is to be done after an input.
#[derive(Debug, Default)]
pub struct Effects {
    /// To be appended first, in order.
    pub append: Vec<Append>,
    /// May leave now, each with the revision it was queued behind.
    pub release: Vec<(Revision, Outgoing)>,
    /// Presence does not wait for the disk.
    pub presence: Vec<(Audience, Vec<PresenceEntry>)>,
    /// The room is over once the effects are performed.
    pub ended: bool,
}
