//! From a kernelspec to a process that answers, and its orderly end.
//!
//! Imports workspace. Invariant: a failure is a sentence, and leaves no process and no file behind.

use std::{io, path::Path, sync::Arc, time::Duration};

use jupyter_protocol::JupyterMessage;
use jupyter_zmq_client::{Connection, RuntimeError};
use tokio::time::{sleep, timeout};
use zeromq::SocketSend;

use super::{
    Shared, client,
    command::Start,
    connect::{Place, Sockets, connect},
    death::{self, Tail},
    event::KernelLanguage,
    keeper::{Order, Signal},
    kept::{Ending, Kept},
    message::{self, Message},
    requests,
    sandbox::{self, HIDDEN_VARIABLES, Reach},
    session,
    settings::{FAREWELL, Isolation, START_LIMIT},
    specs::{self, CONNECTION_FILE, Found, OWN, Origin},
};
use crate::workspace::Workspace;

/// How often a kernel is started anew because another program took one of its ports.
const PORT_ATTEMPTS: usize = 3;

/// How long one message may take to be handed to a kernel.
const SEND_LIMIT: Duration = Duration::from_secs(2);

/// How long to wait after a socket failed; reading at once would spin, because the socket reconnects by itself.
const READ_PAUSE: Duration = Duration::from_millis(20);

/// A kernel that answers.
#[derive(Debug)]
pub struct Live {
    kept: Kept,
    sockets: Sockets,
    tail: Tail,
    interrupt_by_message: bool,
    pub language: KernelLanguage,
}

/// Why there is none.
#[derive(Debug)]
pub struct Failure {
    pub sentence: String,
    /// Our own environment is there but does not work.
    pub distrust: bool,
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self { sentence, distrust: false }
    }
}

/// What a live kernel does next.
#[derive(Debug)]
pub enum Happened {
    Message(Box<Message>),
    Ended(Ending),
}

/// Starts a kernel and waits until it answers.
pub async fn launch(shared: Arc<Shared>, start: Start) -> Result<Live, Failure> {
    let Some(found) = specs::by_name(&start.spec, &shared.python, &shared.settings.kernel_directories).await else {
        return Err(format!(
            "This machine has no kernel named {:?}. Choose another, or install it and restart.",
            start.spec
        )
        .into());
    };
    prepare_directory(&shared, &start.working_directory).await?;
    let mut attempt = 1;
    loop {
        match try_launch(&shared, &start, &found).await {
            Err(Attempt { port_taken: true, .. }) if attempt < PORT_ATTEMPTS => attempt += 1,
            Err(Attempt { failure, .. }) => return Err(failure),
            Ok(live) => return Ok(live),
        }
    }
}

async fn prepare_directory(shared: &Shared, directory: &Path) -> Result<(), Failure> {
    let failed = |cause: std::io::Error| {
        format!("The working directory {} cannot be used: {cause}. Correct that, then restart.", directory.display())
    };
    let workspace = Workspace::new(directory.to_owned(), shared.settings.isolation.owner());
    let made = tokio::task::spawn_blocking(move || workspace.make()).await;
    made.map_err(|error| failed(error.into()))?.map_err(failed)?;
    Ok(())
}

/// A start that failed.
struct Attempt {
    failure: Failure,
    port_taken: bool,
}

impl From<Failure> for Attempt {
    fn from(failure: Failure) -> Self {
        Self { failure, port_taken: false }
    }
}

async fn try_launch(shared: &Shared, start: &Start, found: &Found) -> Result<Live, Attempt> {
    let failed = |cause: RuntimeError| Failure::from(format!("The kernel could not be started: {cause}."));
    let place = Place::new(listens_on_unix_sockets(found)).await.map_err(failed)?;
    if let Some((user, group)) = shared.settings.isolation.owner() {
        place.give_to(user, group).map_err(|cause| failed(cause.into()))?;
    }
    let client = place.directory.path().to_owned();
    let laid = tokio::task::spawn_blocking(move || client::lay(&client)).await;
    let search = laid.map_err(io::Error::from).flatten().map_err(|cause| failed(cause.into()))?;
    let mut order = order(shared, start, found, &place);
    order.variables.push(client::beside(&order.variables, &search));
    let Place { info, directory, listeners, .. } = place;
    let mut kept = Kept::start(&shared.settings.keeper, &order).await.map_err(|cause| failed(cause.into()))?;
    // From here on its keeper removes it.
    drop(directory.keep());
    drop(listeners);
    let Some(output) = kept.output.take() else {
        return Err(Failure::from("The kernel could not be started: its output cannot be read.".to_owned()).into());
    };
    let mut tail = Tail::read(output);
    tokio::select! {
        (sockets, language) = connect(&info) => {
            let interrupt_by_message = found.interrupt_by_message || is_sandboxed(&shared.settings.isolation);
            Ok(Live { kept, sockets, tail, interrupt_by_message, language })
        }
        ending = kept.ended() => Err(died_at_start(&ending, &tail.text().await, start, found)),
        () = sleep(START_LIMIT) => Err(too_slow(&tail.text().await).into()),
    }
}

/// Other kernels read the transport from the file too, but not all build addresses of Unix sockets as Jupyter does.
fn listens_on_unix_sockets(found: &Found) -> bool {
    found.arguments.iter().any(|argument| argument == "ipykernel_launcher" || argument == "ipykernel")
}

fn is_sandboxed(isolation: &Isolation) -> bool {
    matches!(isolation, Isolation::Bubblewrap { .. })
}

fn order(shared: &Shared, start: &Start, found: &Found, place: &Place) -> Order {
    let settings = &shared.settings;
    let file = place.file.to_string_lossy();
    let arguments = found.arguments.iter().map(|argument| argument.replace(CONNECTION_FILE, &file)).collect();
    let own = (found.spec.origin == Origin::Own).then(|| shared.python.directory());
    let reach = Reach {
        data: &settings.data,
        runtime: place.directory.path(),
        working: &start.working_directory,
        environment: own,
    };
    Order {
        arguments: sandbox::wrap(&settings.isolation, arguments, &reach),
        variables: found.variables.iter().chain(&settings.variables).chain(&start.variables).cloned().collect(),
        hidden: HIDDEN_VARIABLES.iter().map(|prefix| (*prefix).to_owned()).collect(),
        directory: Some(start.working_directory.clone()),
        memory_bytes: start.limits.memory_bytes,
        cpu_seconds: start.limits.cpu_seconds,
        user: settings.isolation.owner(),
        watch_parent: !is_sandboxed(&settings.isolation),
        remove: Some(place.directory.path().to_owned()),
    }
}

fn died_at_start(ending: &Ending, tail: &str, start: &Start, found: &Found) -> Attempt {
    let own = found.spec.name == OWN;
    let distrust = own && (tail.contains("No module named") || matches!(ending, Ending::NotStarted(_)));
    Attempt {
        failure: Failure { sentence: death::sentence(ending, tail, &start.limits, false), distrust },
        port_taken: tail.contains("Address already in use"),
    }
}

fn too_slow(tail: &str) -> Failure {
    let seconds = START_LIMIT.as_secs();
    let said = tail.lines().last().map(|line| format!(" It said last: {line}")).unwrap_or_default();
    format!("The kernel did not answer within {seconds} s of its start and was ended. Restart it to try again.{said}")
        .into()
}

impl Live {
    /// Waits for a message or the end. May be dropped at any await.
    pub async fn next(&mut self) -> Happened {
        loop {
            let Sockets { iopub, replies, stdin, control, .. } = &mut self.sockets;
            let read = tokio::select! {
                // After the death of a kernel reading does not end: the sockets would connect again.
                ending = self.kept.ended() => return Happened::Ended(ending),
                message = message::read(iopub) => message,
                message = message::read(replies) => message,
                message = message::read(stdin) => message,
                message = message::read(control) => message,
            };
            match read {
                Ok(message) => return Happened::Message(Box::new(message)),
                Err(error) => {
                    tracing::debug!(%error, "a message of a kernel cannot be read");
                    sleep(READ_PAUSE).await;
                }
            }
        }
    }

    /// Sends what the session orders; interrupts.
    pub async fn send(&mut self, order: session::Order) {
        match order {
            session::Order::Shell(message) => hand_over(&mut self.sockets.shell, *message).await,
            session::Order::Stdin(message) => hand_over(&mut self.sockets.stdin, *message).await,
            session::Order::Interrupt if self.interrupt_by_message => {
                hand_over(&mut self.sockets.control, requests::interrupt()).await;
            }
            session::Order::Interrupt => self.kept.signal(Signal::Interrupt).await,
            session::Order::Kill(_) => self.kept.signal(Signal::Kill).await,
            session::Order::Stop(_) | session::Order::WarmUp => {}
        }
    }

    /// Asks the kernel to end, gives it a moment for its exit handlers, then ends it.
    pub async fn farewell(mut self, restart: bool) {
        let Self { sockets, kept, .. } = &mut self;
        let by_itself = async {
            hand_over(&mut sockets.control, requests::shutdown(restart)).await;
            kept.ended().await
        };
        if timeout(FAREWELL, by_itself).await.is_err() {
            self.kept.signal(Signal::Kill).await;
            self.kept.ended().await;
        }
    }

    /// What to tell people about its end.
    pub async fn obituary(&mut self, ending: &Ending, start: &Start) -> String {
        death::sentence(ending, &self.tail.text().await, &start.limits, true)
    }
}

/// A kernel that takes no messages any more is noticed by other means.
async fn hand_over<S: SocketSend>(connection: &mut Connection<S>, message: JupyterMessage) {
    match timeout(SEND_LIMIT, connection.send(message)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a message could not be sent to a kernel"),
        Err(_) => tracing::warn!("a kernel takes no messages"),
    }
}
