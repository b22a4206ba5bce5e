//! The entry point: reads the command line and hands over.

use std::process::ExitCode;

use clap::Parser;
use coscribe::{
    cli::{self, Cli, CliError, Command},
    config::{self, DataDirectory, ServeArgs},
    kernel, maintenance, server,
};

/// Gives memory of unloaded documents back to the system; its settings are in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // Not a command for people: the server starts it, once for each kernel.
    if std::env::args_os().nth(1).is_some_and(|first| first == kernel::KEEPER_COMMAND) {
        return ExitCode::from(kernel::keep());
    }
    let Cli { command, data } = Cli::parse();
    let data = DataDirectory::from_args(&data);
    let done = match command {
        Command::Serve(args) => return serve(*args, data),
        Command::Notebook { server, action } => cli::notebook(&server, action, &data),
        Command::Kernel { server, action } => cli::kernel(&server, action, &data),
        Command::Project { server, action } => cli::project(&server, action, &data),
        Command::Task { server, action } => cli::task(&server, action, &data),
        Command::Session { server, action } => cli::session(&server, action, &data),
        Command::Token { server, action } => cli::token(&server, action, &data),
        Command::Audit { server, wanted } => cli::audit(&server, &wanted, &data),
        Command::Widgets { server, action } => cli::widgets(&server, action, &data),
        Command::Webhook { server, action } => cli::webhook(&server, action, &data),
        Command::Events { server, wanted } => cli::events(&server, &wanted, &data),
        Command::Completions { shell } => cli::completions(shell),
        Command::Backup { server, file } => maintenance::backup(&server, &data, &file),
        Command::Restore { server, file } => maintenance::restore(&server, &data, &file),
        Command::Doctor { server, wanted } => maintenance::doctor(&server, &data, &wanted),
    };
    done.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

fn failed(error: &CliError) -> ExitCode {
    eprintln!("coscribe: {error}");
    cli::exit_code(error)
}

fn serve(args: ServeArgs, data: DataDirectory) -> ExitCode {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(config::STACK_BYTES).build();
    let served = runtime.map_err(server::ServeError::Serve).and_then(|runtime| {
        let served = runtime.block_on(server::run(args, data));
        runtime.shutdown_timeout(config::CLOSING);
        served
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("coscribe: {error}");
            ExitCode::from(1)
        }
    }
}
