//! Tests of the real binary from outside: REST, sockets, events, command line, operations.

mod access;
mod addresses;
mod board;
mod board_commands;
mod board_events;
mod commands;
mod doctor;
mod events;
mod full_disk;
mod kernels;
mod limits;
mod openapi;
mod peer;
mod refusals;
mod rest;
mod roles;
mod runs;
mod server;
mod sockets;
mod stopping;
