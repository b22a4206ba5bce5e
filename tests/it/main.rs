//! Tests of the real binary from outside: REST, sockets, events, command line, operations.

// Shared with the suite of the engine, which uses the rest of them.
#[allow(dead_code, reason = "each suite uses a part")]
#[path = "../llm/model_server.rs"]
mod model_server;
#[allow(dead_code, reason = "each suite uses a part")]
#[path = "../llm/protocol.rs"]
mod protocol;
#[allow(dead_code, reason = "each suite uses a part")]
#[path = "../llm/script.rs"]
mod script;

mod access;
mod addresses;
mod asking;
mod board;
mod board_commands;
mod board_events;
mod commands;
mod context;
mod doctor;
mod drafts;
mod environment;
mod events;
mod files;
mod full_disk;
mod kernels;
mod kernelspecs;
mod large_outputs;
mod limits;
mod lives;
mod mcp;
mod notebook;
mod notebook_run;
mod openapi;
mod peer;
mod program;
mod prompts;
mod prompts_failing;
mod providers;
mod python;
mod questions;
mod real_model;
mod receiver;
mod refusals;
mod rest;
mod roles;
mod runs;
mod secrets;
mod server;
mod sockets;
mod stopping;
mod tokens;
mod untouched;
mod webhooks;
mod widgets;
mod widgets_in_cells;
