//! Tests of the real binary from outside: REST, sockets, events, command line, operations.

mod access;
mod addresses;
mod commands;
mod doctor;
mod events;
mod full_disk;
mod kernels;
mod large_outputs;
mod limits;
mod notebook_run;
mod openapi;
mod peer;
mod python;
mod refusals;
mod rest;
mod roles;
mod runs;
mod server;
mod sockets;
mod stopping;
mod untouched;
