//! The task of one kernel: the only I/O between its session, its process and whoever holds it.
//!
//! Imports nothing of ours. Invariant: no phase keeps it from reading commands, and none from telling what waits.

use std::{sync::Arc, time::Instant};

use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, watch},
    task::{JoinHandle, spawn},
    time,
};

use super::{
    Shared,
    command::{KernelAsk, KernelCommand, Start},
    event::{KernelEvent, KernelState, PYTHON, PreparationStep, Progress, StopReason},
    launch::{Failure, Happened, Live, launch},
    outbox::{NobodyListens, Outbox},
    python::{Trouble, Update, Watching},
    requests,
    session::{Order, Session},
    settings::FAREWELL,
    specs::{self, OWN},
};
use crate::vocabulary::{KernelQuestion, Unanswered};

/// Code whose completion makes a Python kernel load what completion needs.
const WARM_UP: &str = "pri";

/// How long a kernel waits for the place of one that is being shut down.
const PLACE_PATIENCE: time::Duration = FAREWELL.saturating_mul(3);

/// Where the process is.
#[derive(Debug)]
enum Phase {
    /// As many kernels run as may.
    Waiting(Task<Option<OwnedSemaphorePermit>>),
    /// Its environment is being made.
    Preparing(Watching),
    /// It is being started, after a farewell to the one before.
    Launching(Task<Result<Live, Failure>>),
    Live(Box<Live>),
    /// Nothing runs until somebody restarts.
    Dead,
}

/// Work under way that ends with whoever holds this: of a start, the process too.
#[derive(Debug)]
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What happens to a kernel.
enum Input {
    Command(Option<KernelCommand>),
    Asked(KernelAsk),
    Placed(Option<OwnedSemaphorePermit>),
    Prepared(Update),
    Launched(Result<Box<Live>, Failure>),
    Happened(Happened),
    Time,
    ServerStops,
    NobodyListens,
}

/// One kernel.
#[derive(Debug)]
pub struct Actor {
    shared: Arc<Shared>,
    start: Start,
    commands: mpsc::Receiver<KernelCommand>,
    questions: mpsc::Receiver<KernelAsk>,
    outbox: Outbox,
    stopping: watch::Receiver<bool>,
    session: Session,
    phase: Phase,
    place: Option<OwnedSemaphorePermit>,
    /// The environment was made anew once because the kernel did not start.
    distrusted: bool,
}

impl Actor {
    /// A kernel that does nothing until [`Actor::live`].
    pub fn new(
        shared: Arc<Shared>,
        start: Start,
        commands: mpsc::Receiver<KernelCommand>,
        questions: mpsc::Receiver<KernelAsk>,
        events: mpsc::Sender<KernelEvent>,
    ) -> Self {
        let session = Session::new(start.limits.clone(), &shared.settings.rates, Instant::now());
        Self {
            stopping: shared.stopping.subscribe(),
            shared,
            start,
            commands,
            questions,
            outbox: Outbox::new(events),
            session,
            phase: Phase::Dead,
            place: None,
            distrusted: false,
        }
    }

    /// The whole life of a kernel.
    pub async fn live(mut self) {
        self.find_spec().await;
        self.begin(KernelState::Starting);
        let reason = loop {
            self.tell();
            let input = self.input().await;
            if let Some(reason) = self.handle(input).await {
                break reason;
            }
        };
        self.end(reason).await;
    }

    /// Takes our own Python where another one is wanted that is not there.
    async fn find_spec(&mut self) {
        let Shared { settings, python, .. } = &*self.shared;
        let is_python = self.start.language.as_deref() == Some(PYTHON);
        if is_python && specs::by_name(&self.start.spec, python, &settings.kernel_directories).await.is_none() {
            self.start.spec = OWN.into();
            self.session.tell(KernelEvent::Instead(OWN.into()), Instant::now());
        }
    }

    /// Gives away what there is to say.
    fn tell(&mut self) {
        self.outbox.put(self.session.take_events());
        for (reply, answer) in self.session.take_answered() {
            if reply.send(answer).is_err() {
                tracing::debug!("whoever asked a kernel did not wait for the answer");
            }
        }
    }

    async fn end(mut self, reason: StopReason) {
        if let Phase::Live(live) = std::mem::replace(&mut self.phase, Phase::Dead) {
            live.farewell(false).await;
        }
        self.place = None;
        self.session.gone(KernelState::Stopped { reason }, Instant::now());
        self.tell();
        if time::timeout(FAREWELL, self.outbox.finish()).await.is_err() {
            tracing::debug!("the last events of a kernel were not taken");
        }
    }

    /// Waits for the next thing to happen.
    async fn input(&mut self) -> Input {
        let room = self.outbox.has_room();
        let due = self.session.due(room).map(time::Instant::from_std);
        let at_time = async {
            match due {
                Some(due) => time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            command = self.commands.recv() => Input::Command(command),
            Some(ask) = self.questions.recv() => Input::Asked(ask),
            input = next(&mut self.phase) => input,
            NobodyListens = self.outbox.send() => Input::NobodyListens,
            _ = self.stopping.wait_for(|stopping| *stopping) => Input::ServerStops,
            () = at_time => Input::Time,
        }
    }

    /// Does what an input asks for; a reason, if the kernel is to end.
    async fn handle(&mut self, input: Input) -> Option<StopReason> {
        let now = Instant::now();
        let orders = match input {
            Input::Command(Some(command)) => return self.command(command, now).await,
            Input::Command(None) | Input::NobodyListens => return Some(StopReason::Asked),
            Input::ServerStops => return Some(StopReason::Server),
            Input::Asked(ask) => self.ask(ask, now),
            Input::Placed(place) => self.placed(place, now),
            Input::Prepared(update) => self.prepared(update, now),
            Input::Launched(launched) => self.launched(launched, now),
            Input::Happened(Happened::Message(message)) => self.session.message(*message, now),
            Input::Happened(Happened::Ended(ending)) => {
                let sentence = match &mut self.phase {
                    Phase::Live(live) => live.obituary(&ending, &self.start).await,
                    Phase::Waiting(_) | Phase::Preparing(_) | Phase::Launching(_) | Phase::Dead => String::new(),
                };
                self.died(sentence, now)
            }
            Input::Time => {
                let room = self.outbox.has_room();
                self.session.tick(now, room)
            }
        };
        self.carry_out(orders, now).await
    }

    async fn command(&mut self, command: KernelCommand, now: Instant) -> Option<StopReason> {
        let orders = match command {
            KernelCommand::Shutdown => return Some(StopReason::Asked),
            KernelCommand::Restart => self.restart(now),
            command => self.session.command(command, now),
        };
        self.carry_out(orders, now).await
    }

    async fn carry_out(&mut self, orders: Vec<Order>, now: Instant) -> Option<StopReason> {
        for order in orders {
            if let Order::Stop(reason) = order {
                return Some(reason);
            }
            let Phase::Live(live) = &mut self.phase else { continue };
            if let Order::Kill(sentence) = order {
                live.send(Order::Kill(String::new())).await;
                self.died(sentence, now);
            } else {
                live.send(if matches!(order, Order::WarmUp) { warm_up() } else { order }).await;
            }
        }
        None
    }

    fn ask(&mut self, ask: KernelAsk, now: Instant) -> Vec<Order> {
        match &self.phase {
            Phase::Live(live) if ask.question == KernelQuestion::Variables && !live.language.is_python() => {
                self.session.refuse(ask, Unanswered::NotPython);
                Vec::new()
            }
            _ => self.session.ask(ask, now),
        }
    }

    /// Finds a place, makes the environment if it must be made, then starts the process.
    fn begin(&mut self, state: KernelState) {
        let now = Instant::now();
        if self.place.is_none() {
            self.place = self.shared.places.clone().try_acquire_owned().ok();
        }
        if self.place.is_none() {
            self.session.enter(state, now);
            let free = time::timeout(PLACE_PATIENCE, self.shared.places.clone().acquire_owned());
            self.phase = Phase::Waiting(Task(spawn(async { free.await.ok()?.ok() })));
        } else if self.start.spec == OWN && !self.shared.python.is_ready() {
            self.session.enter(KernelState::Preparing { step: PreparationStep::FindPython }, now);
            self.phase = Phase::Preparing(self.shared.python.make());
        } else {
            self.launch(state, now);
        }
    }

    fn placed(&mut self, place: Option<OwnedSemaphorePermit>, now: Instant) -> Vec<Order> {
        if place.is_none() {
            return self.died(self.no_place(), now);
        }
        self.place = place;
        self.begin(KernelState::Starting);
        Vec::new()
    }

    fn no_place(&self) -> String {
        let max = self.shared.settings.kernels_max;
        format!("{max} kernels run, as many as this server allows. Shut one down in another notebook, then restart.")
    }

    fn launch(&mut self, state: KernelState, now: Instant) {
        let before = std::mem::replace(&mut self.phase, Phase::Dead);
        self.session.enter(state, now);
        let (shared, start) = (self.shared.clone(), self.start.clone());
        self.phase = Phase::Launching(Task(spawn(async move {
            if let Phase::Live(live) = before {
                live.farewell(true).await;
            }
            launch(shared, start).await
        })));
    }

    fn prepared(&mut self, update: Update, now: Instant) -> Vec<Order> {
        match update {
            Update::Progress(progress) => self.tell_progress(progress, now),
            Update::Ended(Ok(())) => self.launch(KernelState::Starting, now),
            Update::Ended(Err(Trouble::Failed { sentence })) => return self.died(sentence, now),
            Update::Ended(Err(Trouble::Cancelled)) => return self.died(CANCELLED.into(), now),
        }
        Vec::new()
    }

    fn tell_progress(&mut self, progress: Vec<Progress>, now: Instant) {
        for progress in progress {
            self.session.enter(KernelState::Preparing { step: progress.step }, now);
            self.session.tell(KernelEvent::Preparation(progress), now);
        }
    }

    fn launched(&mut self, launched: Result<Box<Live>, Failure>, now: Instant) -> Vec<Order> {
        match launched {
            Ok(live) => {
                self.distrusted = false;
                self.session.tell(KernelEvent::Ready(live.language.clone()), now);
                self.phase = Phase::Live(live);
                self.session.ready(now)
            }
            Err(Failure { distrust: true, .. }) if !self.distrusted => {
                self.distrusted = true;
                self.shared.python.distrust();
                self.phase = Phase::Dead;
                self.begin(KernelState::Starting);
                Vec::new()
            }
            Err(Failure { sentence, .. }) => self.died(sentence, now),
        }
    }

    /// The process is gone; only a restart brings another.
    fn died(&mut self, sentence: String, now: Instant) -> Vec<Order> {
        self.phase = Phase::Dead;
        self.place = None;
        self.session.gone(KernelState::Dead { sentence }, now);
        Vec::new()
    }

    fn restart(&mut self, now: Instant) -> Vec<Order> {
        // Before there is a process there is nothing to restart.
        if matches!(self.phase, Phase::Waiting(_) | Phase::Preparing(_)) {
            return Vec::new();
        }
        self.session.gone(KernelState::Restarting, now);
        self.distrusted = false;
        self.begin(KernelState::Restarting);
        Vec::new()
    }
}

const CANCELLED: &str = "The Python environment was not made, because somebody cancelled it. Restart the kernel to try \
                         again.";

fn warm_up() -> Order {
    let question = KernelQuestion::Complete { code: WARM_UP.into(), cursor: WARM_UP.len() };
    Order::Shell(Box::new(requests::question(&question)))
}

/// The next thing that happens to the process. May be dropped at any await.
async fn next(phase: &mut Phase) -> Input {
    match phase {
        // A task that ended without a result was cancelled with the runtime.
        Phase::Waiting(Task(task)) => Input::Placed(task.await.ok().flatten()),
        Phase::Preparing(watching) => Input::Prepared(watching.next().await),
        Phase::Launching(Task(task)) => Input::Launched(match task.await {
            Ok(launched) => launched.map(Box::new),
            Err(error) => Err(format!("The kernel could not be started: {error}.").into()),
        }),
        Phase::Live(live) => Input::Happened(live.next().await),
        Phase::Dead => std::future::pending().await,
    }
}
