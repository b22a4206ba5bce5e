//! Tests of the store from outside, by behaviour. One binary, so that it links once.

mod backup;
mod compaction;
mod contract;
mod crash;
mod failures;
mod space;
mod support;
mod throughput;
