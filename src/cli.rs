//! The command line. Client commands speak REST like everybody else.
//!
//! Imports wire, vocabulary, ids and config (which declares the flags and the files of the data directory).
//! Invariant: results go to standard output, everything else to standard error; the exit code says what happened.

mod backup;
mod bridge;
mod client;
mod events;
mod kernels;
mod notebooks;
mod output;
mod progress;
mod projects;
mod run;
mod sessions;
mod tasks;
mod telling;
mod tokens;
mod webhooks;
mod widgets;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory, Parser, Subcommand};

pub use self::{
    backup::download,
    client::{CliError, Client},
    output::{Output, print_report},
};
use crate::{
    config::{DataArgs, DataDirectory, ServeArgs},
    ids::DocumentId,
};

/// Notebooks that people, scripts and agents change at the same time.
#[derive(Debug, Parser)]
#[command(name = "coscribe", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub data: DataArgs,
}

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 server not reached, 130 interrupted.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the documents in the data directory
    Serve(Box<ServeArgs>),
    /// List, create, import, export, run, duplicate, delete or watch notebooks
    Notebook {
        #[command(flatten)]
        server: ServerArgs,
        #[command(subcommand)]
        action: notebooks::Action,
    },
    /// List the kernels there are; start, interrupt, restart or shut down the one of a notebook
    Kernel {
        #[command(flatten)]
        server: ServerArgs,
        #[command(subcommand)]
        action: kernels::Action,
    },
    /// List, create, change or delete projects: boards of tasks
    Project {
        #[command(flatten)]
        server: ServerArgs,
        #[command(subcommand)]
        action: projects::Action,
    },
    /// Create, list, change, move or delete tasks
    Task {
        #[command(flatten)]
        server: ServerArgs,
        #[command(subcommand)]
        action: tasks::Action,
    },
    /// Open, list, change or close sessions, and choose their tasks
    Session {
        #[command(flatten)]
        server: ServerArgs,
        #[command(subcommand)]
        action: sessions::Action,
    },
    /// Make, list or revoke tokens: who else may come in, and do what
    Token {
        #[command(flatten)]
        server: ServerArgs,
        #[command(subcommand)]
        action: tokens::Action,
    },
    /// Print who did what when, from which address
    Audit {
        #[command(flatten)]
        server: ServerArgs,
        #[command(flatten)]
        wanted: tokens::AuditArgs,
    },
    /// List, create, change, test or delete webhooks: addresses that are told of events
    Webhook {
        #[command(flatten)]
        server: ServerArgs,
        #[command(subcommand)]
        action: webhooks::Action,
    },
    /// List, show or delete widget sessions, what programs draw in the page; show programs of pgwidgets
    Widgets {
        #[command(flatten)]
        server: ServerArgs,
        #[command(subcommand)]
        action: widgets::Action,
    },
    /// Print what happened, and with --follow what happens
    Events {
        #[command(flatten)]
        server: ServerArgs,
        #[command(flatten)]
        wanted: events::EventArgs,
    },
    /// Print what has a shell complete these commands: source it, or put it where the shell looks for such files
    Completions { shell: clap_complete::Shell },
    /// Write a copy of everything to a file; works while the server runs
    Backup {
        #[command(flatten)]
        server: ServerArgs,
        /// The file to write; it must not exist.
        file: PathBuf,
    },
    /// Make a data directory from a backup; the directory must hold no data yet
    Restore {
        #[command(flatten)]
        server: ServerArgs,
        /// A file that `coscribe backup` wrote.
        file: PathBuf,
    },
    /// Read everything once and tell which documents are damaged or set aside, and what to do
    Doctor {
        #[command(flatten)]
        server: ServerArgs,
        #[command(flatten)]
        wanted: DoctorArgs,
    },
}

/// What the doctor does; nothing given, it only looks.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct DoctorArgs {
    /// Let a document be opened again that was set aside because the server hung or failed on it.
    #[arg(long, value_name = "DOCUMENT")]
    pub take_back: Option<DocumentId>,
    /// Move a damaged document out of the store of a stopped server into a file that keeps all its records.
    #[arg(long, value_name = "DOCUMENT")]
    pub set_aside: Option<DocumentId>,
}

/// Which server, and how to print.
#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// Address of the server [default: the one that uses the data directory, else http://127.0.0.1:8000].
    #[arg(long, env = "COSCRIBE_URL", global = true)]
    pub url: Option<String>,
    /// The server's token [default: the one in the data directory].
    #[arg(long, env = "COSCRIBE_TOKEN", hide_env_values = true, global = true)]
    pub token: Option<String>,
    /// The name to act under.
    #[arg(long = "as", env = "COSCRIBE_ACTOR", value_name = "NAME", global = true)]
    pub actor: Option<String>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

impl ServerArgs {
    /// How results are printed.
    pub fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }
}

/// Runs `coscribe notebook`.
pub fn notebook(server: &ServerArgs, action: notebooks::Action, data: &DataDirectory) -> Result<(), CliError> {
    action.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe kernel`.
pub fn kernel(server: &ServerArgs, action: kernels::Action, data: &DataDirectory) -> Result<(), CliError> {
    action.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe project`.
pub fn project(server: &ServerArgs, action: projects::Action, data: &DataDirectory) -> Result<(), CliError> {
    action.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe task`.
pub fn task(server: &ServerArgs, action: tasks::Action, data: &DataDirectory) -> Result<(), CliError> {
    action.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe session`.
pub fn session(server: &ServerArgs, action: sessions::Action, data: &DataDirectory) -> Result<(), CliError> {
    action.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe webhook`.
pub fn webhook(server: &ServerArgs, action: webhooks::Action, data: &DataDirectory) -> Result<(), CliError> {
    action.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe widgets`.
pub fn widgets(server: &ServerArgs, action: widgets::Action, data: &DataDirectory) -> Result<(), CliError> {
    action.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe token`.
pub fn token(server: &ServerArgs, action: tokens::Action, data: &DataDirectory) -> Result<(), CliError> {
    action.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe audit`.
pub fn audit(server: &ServerArgs, wanted: &tokens::AuditArgs, data: &DataDirectory) -> Result<(), CliError> {
    wanted.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe events`.
pub fn events(server: &ServerArgs, wanted: &events::EventArgs, data: &DataDirectory) -> Result<(), CliError> {
    wanted.run(&Client::new(server, data)?, server.output())
}

/// Runs `coscribe completions`.
pub fn completions(shell: clap_complete::Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "coscribe", &mut script);
    output::print_line(String::from_utf8_lossy(&script).trim_end())
}

/// The exit code of a failure.
pub fn exit_code(error: &CliError) -> ExitCode {
    match error {
        CliError::Refused(_) | CliError::File { .. } | CliError::Damaged | CliError::Failed(_) => ExitCode::from(1),
        CliError::Usage(_) => ExitCode::from(2),
        CliError::NotReached { .. } => ExitCode::from(3),
        // As a shell tells of a program that Ctrl-C ended.
        CliError::Interrupted => ExitCode::from(130),
    }
}
