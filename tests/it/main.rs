//! Tests of the real binary from outside: REST, sockets, events, command line, operations.

mod access;
mod addresses;
mod commands;
mod doctor;
mod environment;
mod events;
mod files;
mod full_disk;
mod kernels;
mod kernelspecs;
mod limits;
mod lives;
mod notebook;
mod openapi;
mod peer;
mod questions;
mod refusals;
mod rest;
mod roles;
mod runs;
mod server;
mod sockets;
mod stopping;
