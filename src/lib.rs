//! Coscribe: a collaborative document server. See ARCHITECTURE.md for the floors and the flows.

// Production code meets a failure as an error that somebody handles, and speaks through the log or a writer it was given.
#![warn(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

pub mod audit;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod crdt;
pub mod events;
pub mod http;
pub mod ids;
pub mod kernel;
pub mod llm;
pub mod maintenance;
pub mod measure;
pub mod notebook;
pub mod project;
pub mod room;
pub mod server;
pub mod tokens;
pub mod vocabulary;
pub mod webhooks;
pub mod widgets;
pub mod wire;
pub mod workspace;
