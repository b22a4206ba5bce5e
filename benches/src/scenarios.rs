//! What is measured, one file a scenario.

pub mod fan_out;
