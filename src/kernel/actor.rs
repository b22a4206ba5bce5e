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
    command::{KernelCommand, Start},
    event::{Installation, KernelEvent, KernelState, PreparationStep, Progress, StopReason},
    launch::{Failure, Happened, Live, launch},
    outbox::{NobodyListens, Outbox},
    python::{EnvironmentState, Trouble, Update, Watching},
    requests,
    session::{Order, Session},
    settings::FAREWELL,
    specs::OWN,
};

/// Code whose completion makes a Python kernel load what completion needs.
const WARM_UP: &str = "pri";

/// Where the process is.
#[derive(Debug)]
enum Phase {
    /// Its environment is being made.
    Preparing(Watching),
    /// It is being started, after a farewell to the one before.
    Launching(Launching),
    Live(Box<Live>),
    /// Nothing runs until somebody restarts.
    Dead,
}

/// A start under way; dropping it ends the process.
#[derive(Debug)]
struct Launching(JoinHandle<Result<Live, Failure>>);

impl Drop for Launching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What happens to a kernel.
enum Input {
    Command(Option<KernelCommand>),
    Prepared(Update),
    Launched(Result<Box<Live>, Failure>),
    Happened(Happened),
    Installing(Update),
    Time,
    ServerStops,
    NobodyListens,
}

/// Packages that are being installed.
#[derive(Debug)]
struct Installing {
    packages: Vec<String>,
    watching: Watching,
}

/// One kernel.
#[derive(Debug)]
pub struct Actor {
    shared: Arc<Shared>,
    start: Start,
    commands: mpsc::Receiver<KernelCommand>,
    outbox: Outbox,
    stopping: watch::Receiver<bool>,
    session: Session,
    phase: Phase,
    installing: Option<Installing>,
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
        events: mpsc::Sender<KernelEvent>,
    ) -> Self {
        let session = Session::new(start.limits.clone(), &shared.settings.rates, Instant::now());
        Self {
            stopping: shared.stopping.subscribe(),
            shared,
            start,
            commands,
            outbox: Outbox::new(events),
            session,
            phase: Phase::Dead,
            installing: None,
            place: None,
            distrusted: false,
        }
    }

    /// The whole life of a kernel.
    pub async fn live(mut self) {
        self.begin(KernelState::Starting);
        let reason = loop {
            self.outbox.put(self.session.take_events());
            let input = self.input().await;
            if let Some(reason) = self.handle(input).await {
                break reason;
            }
        };
        self.end(reason).await;
    }

    async fn end(mut self, reason: StopReason) {
        if let Phase::Live(live) = std::mem::replace(&mut self.phase, Phase::Dead) {
            live.farewell(false).await;
        }
        self.place = None;
        self.end_installing(Installation::Cancelled);
        self.session.gone(KernelState::Stopped { reason }, Instant::now());
        self.outbox.put(self.session.take_events());
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
        let installing = async {
            match &mut self.installing {
                Some(installing) => installing.watching.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            command = self.commands.recv() => Input::Command(command),
            input = next(&mut self.phase) => input,
            update = installing => Input::Installing(update),
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
            Input::Prepared(update) => self.prepared(update, now),
            Input::Launched(launched) => self.launched(launched, now),
            Input::Happened(Happened::Message(message)) => self.session.message(message, now),
            Input::Happened(Happened::Ended(ending)) => {
                let sentence = match &mut self.phase {
                    Phase::Live(live) => live.obituary(&ending, &self.start).await,
                    Phase::Preparing(_) | Phase::Launching(_) | Phase::Dead => String::new(),
                };
                self.died(sentence, now)
            }
            Input::Installing(update) => self.installation(update, now),
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
            KernelCommand::InstallPackages(packages) => self.install(packages, now),
            KernelCommand::CancelPreparation => self.cancel_preparation(now),
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

    /// Makes the environment if it must be made, then starts the process.
    fn begin(&mut self, state: KernelState) {
        let now = Instant::now();
        if self.place.is_none() {
            match self.shared.places.clone().try_acquire_owned() {
                Ok(place) => self.place = Some(place),
                Err(_) => return drop(self.died(self.no_place(), now)),
            }
        }
        if self.start.spec == OWN && self.shared.python.state() != EnvironmentState::Ready {
            self.session.enter(KernelState::Preparing { step: PreparationStep::FindPython }, now);
            self.phase = Phase::Preparing(self.shared.python.make());
        } else {
            self.launch(state, now);
        }
    }

    fn no_place(&self) -> String {
        let max = self.shared.settings.kernels_max;
        format!("{max} kernels run, as many as this server allows. Shut one down in another notebook, then restart.")
    }

    fn launch(&mut self, state: KernelState, now: Instant) {
        let before = std::mem::replace(&mut self.phase, Phase::Dead);
        self.session.enter(state, now);
        let (shared, start) = (self.shared.clone(), self.start.clone());
        self.phase = Phase::Launching(Launching(spawn(async move {
            if let Phase::Live(live) = before {
                live.farewell(true).await;
            }
            launch(shared, start).await
        })));
    }

    fn prepared(&mut self, update: Update, now: Instant) -> Vec<Order> {
        match update {
            Update::Progress(progress) => self.tell_progress(progress, true, now),
            Update::Ended(Ok(())) => self.launch(KernelState::Starting, now),
            Update::Ended(Err(Trouble::Failed { sentence })) => return self.died(sentence, now),
            Update::Ended(Err(Trouble::Cancelled)) => return self.died(CANCELLED.into(), now),
        }
        Vec::new()
    }

    fn tell_progress(&mut self, progress: Vec<Progress>, preparing: bool, now: Instant) {
        for progress in progress {
            if preparing {
                self.session.enter(KernelState::Preparing { step: progress.step }, now);
            }
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
        // While the environment is being made there is nothing to restart.
        if matches!(self.phase, Phase::Preparing(_)) {
            return Vec::new();
        }
        self.session.gone(KernelState::Restarting, now);
        self.distrusted = false;
        self.begin(KernelState::Restarting);
        Vec::new()
    }

    fn install(&mut self, packages: Vec<String>, now: Instant) -> Vec<Order> {
        let refused = if self.start.spec != OWN {
            Some(NOT_OURS)
        } else if self.installing.is_some() {
            Some("Packages are being installed. Wait for the end, then try again.")
        } else if packages.is_empty() {
            Some("No package was named. Write the name of one, such as numpy.")
        } else {
            None
        };
        let installing = match refused {
            Some(sentence) => Err(Trouble::Failed { sentence: sentence.into() }),
            None => self.shared.python.install(packages.clone()),
        };
        match installing {
            Ok(watching) => self.installing = Some(Installing { packages, watching }),
            Err(trouble) => {
                self.session.tell(KernelEvent::Installed { packages, installation: outcome(Err(trouble)) }, now);
            }
        }
        Vec::new()
    }

    fn installation(&mut self, update: Update, now: Instant) -> Vec<Order> {
        self.session.in_use(now);
        match update {
            Update::Progress(progress) => self.tell_progress(progress, false, now),
            Update::Ended(ended) => self.end_installing(outcome(ended)),
        }
        Vec::new()
    }

    fn end_installing(&mut self, installation: Installation) {
        if let Some(Installing { packages, .. }) = self.installing.take() {
            self.session.tell(KernelEvent::Installed { packages, installation }, Instant::now());
        }
    }

    fn cancel_preparation(&mut self, now: Instant) -> Vec<Order> {
        self.end_installing(Installation::Cancelled);
        if matches!(self.phase, Phase::Preparing(_)) {
            return self.died(CANCELLED.into(), now);
        }
        Vec::new()
    }
}

const CANCELLED: &str = "The Python environment was not made, because somebody cancelled it. Restart the kernel to try \
                         again.";

const NOT_OURS: &str = "Packages can be added only to this server's own Python, and this notebook runs on another \
                        kernel. Use that kernel's own way, in Python a cell with %pip install.";

fn outcome(ended: Result<(), Trouble>) -> Installation {
    match ended {
        Ok(()) => Installation::Done,
        Err(Trouble::Failed { sentence }) => Installation::Failed { sentence },
        Err(Trouble::Cancelled) => Installation::Cancelled,
    }
}

fn warm_up() -> Order {
    Order::Shell(Box::new(requests::complete(WARM_UP.into(), WARM_UP.len())))
}

/// The next thing that happens to the process. May be dropped at any await.
async fn next(phase: &mut Phase) -> Input {
    match phase {
        Phase::Preparing(watching) => Input::Prepared(watching.next().await),
        Phase::Launching(Launching(task)) => Input::Launched(match task.await {
            Ok(launched) => launched.map(Box::new),
            Err(error) => Err(format!("The kernel could not be started: {error}.").into()),
        }),
        Phase::Live(live) => Input::Happened(live.next().await),
        Phase::Dead => std::future::pending().await,
    }
}
