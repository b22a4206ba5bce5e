//! `coscribe widgets bridge`: the browser of a program of pgwidgets as it is published, and a program to our server.
//!
//! What the program says goes to the server one by one, and each answer back; what people do comes the other way. Both
//! sides are come back to when they were away. Imports wire, ids and vocabulary like every command.
//! Invariant: the program is answered by the server alone, so no browser can keep it waiting.

mod door;
mod kept;
mod passage;
mod program;
mod socket;
mod translation;

use std::time::Duration;

use clap::Args;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep, sleep_until},
};

use self::{
    door::{Door, DoorEvent},
    kept::Kept,
    passage::{Passage, Sent},
    program::Program,
};
use super::{
    client::{CliError, Client},
    output::tell,
};

/// Between attempts to reach a program that is away: as often as its own pages try.
const RETRY: Duration = Duration::from_millis(500);

/// Which program, and where it is shown.
#[derive(Debug, Clone, Args)]
pub struct BridgeArgs {
    /// Where the program waits for browsers, such as ws://127.0.0.1:9500.
    #[arg(value_name = "ws://…")]
    program: String,
    /// The session to show it in [default: the one this bridge had before, or a new one].
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// The title of a new session [default: the program's address].
    #[arg(long)]
    title: Option<String>,
}

impl BridgeArgs {
    /// Serves the program to the browsers of the server until Ctrl-C.
    pub fn run(self, client: &Client) -> Result<(), CliError> {
        if !self.program.starts_with("ws://") && !self.program.starts_with("wss://") {
            return Err(CliError::Usage(format!(
                "{} is no address of a program; write it as in ws://127.0.0.1:9500",
                self.program
            )));
        }
        let kept = Kept::open(client.url(), &self.program, self.session.as_deref());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|cause| CliError::Failed(format!("the bridge does not start: {cause}")))?;
        runtime.block_on(Bridge { args: self, client: client.clone(), kept }.run())
    }
}

struct Bridge {
    args: BridgeArgs,
    client: Client,
    kept: Kept,
}

/// Why one time with a program ended.
enum End {
    ProgramGone,
    Failed(CliError),
}

impl Bridge {
    async fn run(mut self) -> Result<(), CliError> {
        socket::prepare();
        let interrupted = interruption()?;
        tokio::pin!(interrupted);
        tokio::select! {
            failed = self.serve() => Err(failed),
            () = &mut interrupted => Err(CliError::Interrupted),
        }
    }

    /// Serves one life of the program after the other; ends only when the server refuses.
    async fn serve(&mut self) -> CliError {
        if let Err(error) = self.take_session() {
            return error;
        }
        let mut told = false;
        loop {
            match Program::meet(&self.args.program, self.kept.program()).await {
                Ok(program) => {
                    told = false;
                    self.kept.keep_program(program.credentials.clone());
                    tell(&format!("{} is there.", self.args.program));
                    match self.pass(program).await {
                        End::ProgramGone => tell(&format!("{} is gone; its window stays as it is.", self.args.program)),
                        End::Failed(error) => return error,
                    }
                }
                Err(failure) => {
                    if failure.is_wrong_session() {
                        self.kept.forget_program();
                    }
                    if !std::mem::replace(&mut told, true) {
                        tell(&format!("{} is not reached: {failure}. Trying again until it is.", self.args.program));
                    }
                }
            }
            sleep(RETRY).await;
        }
    }

    /// Makes a session if none is kept, and says where it is seen.
    fn take_session(&mut self) -> Result<(), CliError> {
        let session = match self.kept.session() {
            Some(session) => session,
            None => {
                let title = self.title();
                self.kept.make_session(&self.client, self.args.session.as_deref(), &title)?
            }
        };
        tell(&format!("{} is shown at {}/widgets/{}", self.args.program, self.client.url(), session.id));
        Ok(())
    }

    fn title(&self) -> String {
        self.args.title.clone().unwrap_or_else(|| self.args.program.clone())
    }

    /// Passes messages between a program that is there and the server until one of them ends.
    async fn pass(&mut self, mut program: Program) -> End {
        let Some(session) = self.kept.session() else {
            return End::Failed(CliError::Failed("there is no session to show the program in".into()));
        };
        let mut door = Door::open(&self.client, &session);
        let mut passage = Passage::default();
        loop {
            let quiet = passage.setup_ends_at().map(Instant::from_std);
            let sent = tokio::select! {
                said = program.hear(), if !passage.is_full() => match said {
                    Some(frame) => passage.program_said(frame, now()),
                    None => return End::ProgramGone,
                },
                event = door.hear() => match event {
                    DoorEvent::Opened => passage.server_opened(now()),
                    DoorEvent::Said(frame) => passage.server_said(frame, now()),
                    DoorEvent::Lost => {
                        passage.server_lost();
                        Vec::new()
                    }
                    DoorEvent::Refused(sentence) => return End::Failed(CliError::Refused(sentence)),
                    DoorEvent::NoSession(sentence) => match self.replace_session(&sentence) {
                        Ok(session) => { door = Door::open(&self.client, &session); Vec::new() }
                        Err(error) => return End::Failed(error),
                    },
                },
                () = at(quiet) => passage.setup_over(now()),
            };
            for frame in sent {
                match frame {
                    Sent::Server(frame) => door.say(frame).await,
                    Sent::Program(frame) => {
                        if !program.say(frame).await {
                            return End::ProgramGone;
                        }
                    }
                }
            }
        }
    }

    /// The server no longer has the session that was kept: another takes its place, unless it was asked for by its id.
    fn replace_session(&mut self, sentence: &str) -> Result<kept::Session, CliError> {
        if self.args.session.is_some() || !self.kept.is_from_before() {
            return Err(CliError::Refused(sentence.to_owned()));
        }
        let title = self.title();
        let session = self.kept.make_session(&self.client, None, &title)?;
        tell(&format!("{sentence} The program is shown at {}/widgets/{} now.", self.client.url(), session.id));
        Ok(session)
    }
}

fn now() -> std::time::Instant {
    std::time::Instant::now()
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Ends when somebody presses Ctrl-C or ends the process kindly.
fn interruption() -> Result<impl Future<Output = ()>, CliError> {
    let listen = |kind| signal(kind).map_err(|cause| CliError::Failed(format!("signals are not heard: {cause}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
