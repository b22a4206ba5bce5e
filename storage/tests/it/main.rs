//! Tests of the store from outside, by behaviour. One binary, so that it links once.

mod contract;
mod space;
mod support;
mod throughput;
