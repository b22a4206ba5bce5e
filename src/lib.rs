//! Coscribe: a collaborative document server. See ARCHITECTURE.md for the floors and the flows.

pub mod catalogue;
pub mod cli;
pub mod config;
pub mod http;
pub mod ids;
pub mod maintenance;
pub mod measure;
pub mod notebook;
pub mod room;
pub mod server;
pub mod vocabulary;
pub mod wire;
