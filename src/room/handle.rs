//! The ways into an open room, for sockets and REST.
//!
//! Invariant: a room is not unloaded while somebody holds one of these.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{
        self,
        error::TrySendError::{Closed, Full},
    },
    oneshot,
};

use super::{
    effects::{Answer, Read},
    engines::{KernelAsk, Said},
    outbound::{Flushed, Line, Outbound},
    running::KernelReport,
    runs::{ModelChange, RunError, RunRequest},
    seat::{SeatLine, Sit},
    widgets::{PageAnswer, WidgetsError, WidgetsView},
};
use crate::{
    ids::{CellId, PeerId, RunId},
    notebook::{NotebookView, Op, OpError, Question},
    project,
    vocabulary::{Actor, EarlierAnswer, KernelAnswer, KernelQuestion, Role, Run, Unanswered},
    widgets::{Callback, Saying},
    wire::{
        frame::ClientFrame,
        update::{CheckedStateVector, CheckedUpdate},
    },
};

/// Frames and calls that may wait for a room; a sender beyond that waits itself. Enough for a large batch.
pub(super) const MAILBOX: usize = 2048;

/// Bytes of large frames that may wait for a room; the same effect as [`MAILBOX`] for a few huge messages.
const MAILBOX_BYTES: usize = 32 << 20;

/// Smaller frames are bounded by their number alone.
const LARGE_FRAME: usize = 32 << 10;

/// The room ended: unloaded, failed or the server stops. Open it again, or give up when the server stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document was closed: {0}")]
pub struct RoomClosed(pub CloseReason);

/// Why a connection is ended by the room. The socket turns it into a close code (`wire-protocol.md` §4e rule 7).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The server stops or restarts: 1012.
    #[error("the server restarts")]
    Restart,
    /// The room failed and is rebuilt from its log: 1012, so that clients reconnect.
    #[error("the document is being reloaded")]
    Failed,
    /// What was written could not be made durable: 1011, with the sentence.
    #[error("{0}")]
    NotStored(String),
    /// The document was deleted: 4404.
    #[error("the document was deleted")]
    Deleted,
    /// The same page has a newer connection: 1000.
    #[error("this page has reconnected")]
    Replaced,
    /// A message or the document is over its limit: 1009 with the sentence.
    #[error("{0}")]
    TooBig(String),
    /// The client sent what no honest client sends: 1008 with the sentence.
    #[error("{0}")]
    Refused(String),
}

/// Why an edit did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApplyError {
    #[error(transparent)]
    Refused(#[from] OpError),
    #[error(transparent)]
    Project(#[from] project::OpError),
    /// The update needs earlier updates the server does not have.
    #[error("the update builds on changes this server does not have; send the state from the server's state vector on")]
    Gap,
    /// The update is over a limit of the document.
    #[error("{0}")]
    TooBig(String),
    /// The update stands where nothing may stand.
    #[error("{0}")]
    Misplaced(String),
    /// The document is no notebook.
    #[error("this document is no notebook")]
    NotANotebook,
    /// The document is no project.
    #[error("this document is no project")]
    NotAProject,
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Widgets(#[from] WidgetsError),
    #[error(transparent)]
    Closed(#[from] RoomClosed),
}

/// Who joins.
#[derive(Debug, Clone)]
pub struct Join {
    /// Who it is, as far as the connection knows.
    pub actor: Actor,
    /// What it may do.
    pub role: Role,
    /// The name was given by the connection (query parameter), not made up; presence then shows this name whatever the
    /// client claims.
    pub declared: bool,
    /// A secret of one browser tab: a newer connection with the same one replaces the older at once.
    pub tab: Option<String>,
    /// For the debug page: remote address.
    pub remote: String,
}

/// What reaches the actor of a room, and waits if there is much of it. Boxed: a mailbox has room for 32 at once.
#[derive(Debug)]
pub(super) enum Command {
    Join { peer: PeerId, join: Join, outbound: Arc<Outbound> },
    Frame { peer: PeerId, frame: ClientFrame, permit: Option<OwnedSemaphorePermit> },
    Call { call: Call, reply: oneshot::Sender<Answer> },
    Said { said: Said, permit: Option<OwnedSemaphorePermit> },
    Program { seat: PeerId, saying: Saying, permit: Option<OwnedSemaphorePermit> },
    Ask(KernelAsk),
}

/// What must reach the actor without waiting.
#[derive(Debug)]
pub(super) enum Control {
    Leave { peer: PeerId },
    Drained { peer: PeerId },
    ProgramLeft { seat: PeerId },
    Stop(Box<CloseReason>),
}

/// A question or an edit that wants an answer.
#[derive(Debug)]
pub(super) enum Call {
    Apply { op: Op, actor: Actor },
    Edit { op: project::Op, actor: Actor },
    Merge { update: CheckedUpdate, actor: Actor },
    Run { request: RunRequest, actor: Actor },
    Sit { seat: PeerId, sit: Sit, line: SeatLine },
    Callbacks { callbacks: Vec<Callback>, actor: Actor },
    PageAnswered(PageAnswer),
    ChangeModel { change: ModelChange, actor: Actor },
    Read(Read),
}

/// A cheap handle on an open room; clones share it.
#[derive(Debug, Clone)]
pub struct RoomHandle {
    pub(super) mailbox: mpsc::Sender<Box<Command>>,
    /// Leaving, draining and stopping must not wait; each connection has at most one of each under way, so the number
    /// of connections bounds it.
    pub(super) control: mpsc::UnboundedSender<Control>,
    pub(super) budget: Arc<Semaphore>,
    /// Counts who holds the room open.
    pub(super) interest: Arc<()>,
    pub(super) next_peer: Arc<AtomicU64>,
    /// Bytes that may wait for one connection.
    pub(super) queue_bytes: usize,
}

impl RoomHandle {
    pub(super) fn new(
        next_peer: Arc<AtomicU64>,
        queue_bytes: usize,
    ) -> (Self, mpsc::Receiver<Box<Command>>, mpsc::UnboundedReceiver<Control>) {
        let (mailbox, commands) = mpsc::channel(MAILBOX);
        let (control, controls) = mpsc::unbounded_channel();
        let budget = Arc::new(Semaphore::new(MAILBOX_BYTES));
        (Self { mailbox, control, budget, interest: Arc::new(()), next_peer, queue_bytes }, commands, controls)
    }

    /// Connects a client. Frames for it wait in the connection; dropping the connection leaves the room.
    pub async fn join(&self, join: Join) -> Result<Connection, RoomClosed> {
        let peer = self.next_peer();
        let outbound = Arc::new(Outbound::new(self.queue_bytes));
        let command = Command::Join { peer, join, outbound: outbound.clone() };
        self.mailbox.send(Box::new(command)).await.map_err(|_| RoomClosed(CloseReason::Failed))?;
        Ok(Connection { peer, outbound, room: self.clone() })
    }

    /// A number for a connection or a program.
    pub(super) fn next_peer(&self) -> PeerId {
        PeerId(self.next_peer.fetch_add(1, Ordering::Relaxed))
    }

    /// Waits until there is room for a large message of so many bytes.
    pub(super) async fn reserve_for(&self, size: usize) -> Option<OwnedSemaphorePermit> {
        if size <= LARGE_FRAME {
            return None;
        }
        let permits = u32::try_from(size.min(MAILBOX_BYTES)).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        self.budget.clone().acquire_many_owned(permits).await.ok()
    }

    /// Tells what people did to widgets, in order; returns once it is durable.
    pub async fn callbacks(&self, callbacks: Vec<Callback>, actor: Actor) -> Result<(), ApplyError> {
        self.call(Call::Callbacks { callbacks, actor }).await.map(|_| ())
    }

    /// Answers a question of a program as a page.
    pub async fn page_answer(&self, answered: PageAnswer) -> Result<(), ApplyError> {
        self.call(Call::PageAnswered(answered)).await.map(|_| ())
    }

    /// The widget session as it is now; everything in it is durable when this returns.
    pub async fn widgets(&self) -> Result<WidgetsView, ApplyError> {
        match self.call(Call::Read(Read::Widgets)).await? {
            Answer::Widgets(view) => Ok(*view),
            _ => Err(WidgetsError::NotWidgets.into()),
        }
    }

    pub(super) async fn seated(&self, call: Call) -> Result<Vec<String>, ApplyError> {
        match self.call(call).await? {
            Answer::Seated(first) => Ok(first),
            _ => Err(WidgetsError::NotWidgets.into()),
        }
    }

    /// Makes an edit and returns, once it is durable, the notebook as it was right after it.
    pub async fn apply(&self, op: Op, actor: Actor) -> Result<NotebookView, ApplyError> {
        self.notebook_from(Call::Apply { op, actor }).await
    }

    /// Makes an edit of a project and returns, once it is durable, what it was about as it was right after it.
    pub async fn edit(&self, op: project::Op, actor: Actor) -> Result<project::Found, ApplyError> {
        self.found_by(Call::Edit { op, actor }).await
    }

    /// Answers a question about a project; everything in the answer is durable when this returns.
    pub async fn ask(&self, question: project::Question) -> Result<project::Found, ApplyError> {
        self.found_by(Call::Read(Read::Project(question))).await
    }

    async fn found_by(&self, call: Call) -> Result<project::Found, ApplyError> {
        match self.call(call).await? {
            Answer::Project(found) => Ok(found),
            _ => Err(ApplyError::NotAProject),
        }
    }

    /// Merges a raw update; returns once it is durable.
    pub async fn merge(&self, update: CheckedUpdate, actor: Actor) -> Result<(), ApplyError> {
        self.call(Call::Merge { update, actor }).await.map(|_| ())
    }

    /// The notebook as it is now; everything in it is durable when this returns.
    pub async fn notebook(&self) -> Result<NotebookView, ApplyError> {
        self.notebook_from(Call::Read(Read::Notebook)).await
    }

    /// The document as one Yjs update (v1), all of it or what `since` lacks; durable when this returns.
    pub async fn state(&self, since: Option<CheckedStateVector>) -> Result<Bytes, ApplyError> {
        match self.call(Call::Read(Read::State(since))).await? {
            Answer::State(bytes) => Ok(bytes),
            _ => Err(RoomClosed(CloseReason::Failed).into()),
        }
    }

    /// Has cells run or stop, or does something to the kernel. Returns, once it is durable, the runs it is about.
    pub async fn run(&self, request: RunRequest, actor: Actor) -> Result<Vec<Run>, ApplyError> {
        self.runs_from(Call::Run { request, actor }).await
    }

    /// Does something with a widget of the kernel. Returns, once it is durable, the number of the change.
    pub async fn change_model(&self, change: ModelChange, actor: Actor) -> Result<u64, ApplyError> {
        match self.call(Call::ChangeModel { change, actor }).await? {
            Answer::Changed(seq) => Ok(seq),
            _ => Err(ApplyError::NotANotebook),
        }
    }

    /// A run, as far as it is; durable when this returns.
    pub async fn read_run(&self, run: RunId) -> Result<Run, ApplyError> {
        let unknown = RunError::UnknownRun(run.clone());
        self.runs_from(Call::Read(Read::Run(run))).await?.pop().ok_or_else(|| unknown.into())
    }

    async fn runs_from(&self, call: Call) -> Result<Vec<Run>, ApplyError> {
        match self.call(call).await? {
            Answer::Runs(runs) => Ok(runs),
            _ => Err(ApplyError::NotANotebook),
        }
    }

    /// The kernel, as far as it is; durable when this returns.
    pub async fn kernel(&self) -> Result<KernelReport, ApplyError> {
        match self.call(Call::Read(Read::Kernel)).await? {
            Answer::Kernel(report) => Ok(*report),
            _ => Err(ApplyError::NotANotebook),
        }
    }

    /// Asks the kernel something besides running code. What the kernel says is in no document and waits for no disk.
    pub async fn ask_kernel(&self, question: KernelQuestion) -> Result<Result<KernelAnswer, Unanswered>, RoomClosed> {
        let closed = || RoomClosed(CloseReason::Failed);
        let (reply, answer) = oneshot::channel();
        let ask = Box::new(Command::Ask(KernelAsk { question, reply }));
        self.mailbox.send(ask).await.map_err(|_| closed())?;
        // Whoever was to answer is gone, and the kernel with it.
        Ok(answer.await.unwrap_or(Err(Unanswered::NotReady)))
    }

    /// What would be asked, were the prompt in a cell run now; everything in it is durable when this returns.
    pub async fn question(&self, cell: CellId) -> Result<Question, ApplyError> {
        match self.call(Call::Read(Read::Question(cell))).await? {
            Answer::Question(question) => Ok(*question),
            _ => Err(ApplyError::NotANotebook),
        }
    }

    /// The answers of a cell that others took the place of, the last first; durable when this returns.
    pub async fn earlier_answers(&self, cell: CellId) -> Result<Vec<EarlierAnswer>, ApplyError> {
        match self.call(Call::Read(Read::Earlier(cell))).await? {
            Answer::Earlier(answers) => Ok(answers),
            _ => Err(ApplyError::NotANotebook),
        }
    }

    /// A place in the text of a cell that stays where it is while others type, as Yjs tells it in JSON; `at` counts UTF-16
    /// units. `None` if there is no such cell.
    pub async fn caret(&self, cell: CellId, at: u32) -> Result<Option<serde_json::Value>, ApplyError> {
        match self.call(Call::Read(Read::Caret { cell, at })).await? {
            Answer::Caret(place) => Ok(place),
            _ => Err(ApplyError::NotANotebook),
        }
    }

    /// What goes on in the room, for the debug page.
    pub async fn inspect(&self) -> Result<RoomInspection, ApplyError> {
        match self.call(Call::Read(Read::Inspect)).await? {
            Answer::Inspection(inspection) => Ok(*inspection),
            _ => Err(RoomClosed(CloseReason::Failed).into()),
        }
    }

    async fn notebook_from(&self, call: Call) -> Result<NotebookView, ApplyError> {
        match self.call(call).await? {
            Answer::Notebook(view) => Ok(*view),
            _ => Err(ApplyError::NotANotebook),
        }
    }

    async fn call(&self, call: Call) -> Result<Answer, ApplyError> {
        let (reply, answer) = oneshot::channel();
        let closed = || ApplyError::from(RoomClosed(CloseReason::Failed));
        self.mailbox.send(Box::new(Command::Call { call, reply })).await.map_err(|_| closed())?;
        match answer.await.map_err(|_| closed())? {
            Answer::Refused(refusal) => Err(refusal),
            answer => Ok(answer),
        }
    }
}

/// One client's place in a room.
#[derive(Debug)]
pub struct Connection {
    peer: PeerId,
    outbound: Arc<Outbound>,
    room: RoomHandle,
}

impl Connection {
    /// The connection's number, for logs and the debug page.
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// Hands a frame to the room at once; what is to be awaited is small unless the room is behind, which slows only this
    /// sender.
    pub fn send(&self, frame: ClientFrame) -> impl Future<Output = Result<(), RoomClosed>> + '_ {
        let size = match &frame {
            ClientFrame::Missing(update) | ClientFrame::Update(update) => update.bytes().len(),
            _ => 0,
        };
        let command = Box::new(Command::Frame { peer: self.peer, frame, permit: None });
        let taken = if size > LARGE_FRAME { Err(Full(command)) } else { self.room.mailbox.try_send(command) };
        async move {
            match taken {
                Ok(()) => Ok(()),
                Err(Full(command)) => Box::pin(self.send_slowly(command, size)).await,
                Err(Closed(_)) => Err(RoomClosed(CloseReason::Failed)),
            }
        }
    }

    async fn send_slowly(&self, mut command: Box<Command>, size: usize) -> Result<(), RoomClosed> {
        if let Command::Frame { permit, .. } = &mut *command {
            *permit = self.room.reserve_for(size).await;
        }
        self.room.mailbox.send(command).await.map_err(|_| RoomClosed(CloseReason::Failed))
    }

    /// Gives the connection the line its frames go to; until then they wait.
    pub fn attach(&self, line: Arc<dyn Line>) {
        self.outbound.attach(line);
    }

    /// Moves what waits to the line. `Ok(false)`: the line is busy; come again once it is clear. An error ends the
    /// connection: close the socket with its reason.
    pub fn flush(&self) -> Result<bool, CloseReason> {
        match self.outbound.flush() {
            Flushed::Clear => Ok(true),
            Flushed::Drained => {
                self.tell(Control::Drained { peer: self.peer });
                Ok(true)
            }
            Flushed::Busy => Ok(false),
            Flushed::Closed(reason) => Err(reason),
        }
    }

    /// Has the socket look again: something else than the room has left the line busy.
    pub fn nudge(&self) {
        self.outbound.nudge();
    }

    /// Waits until the room has found the line busy, or wants the connection closed. Cancel-safe.
    pub async fn busy(&self) {
        self.outbound.busy().await;
    }

    fn tell(&self, control: Control) {
        if self.room.control.send(control).is_err() {
            tracing::debug!(peer = self.peer.0, "the room has ended already");
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.tell(Control::Leave { peer: self.peer });
    }
}

/// A room as the debug page shows it.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomInspection {
    pub document: String,
    pub peers: Vec<PeerInspection>,
    /// Client id to clock.
    pub state_vector: std::collections::BTreeMap<String, u32>,
    /// Encoded size of the document, in bytes.
    pub document_bytes: u64,
    /// Journal entries not yet durable.
    pub waiting_for_disk: usize,
}

/// A client as the debug page shows it.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeerInspection {
    /// The connection's number in the logs.
    pub peer: u64,
    pub name: String,
    pub remote: String,
    /// Client ids it announced.
    pub clients: Vec<String>,
    pub queued_bytes: usize,
    /// Behind, waiting for its socket to drain.
    pub stale: bool,
}
