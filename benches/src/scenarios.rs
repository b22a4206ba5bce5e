//! What is measured, one file a scenario.

pub mod document;
pub mod fan_out;
pub mod idle;
pub mod ingest;
pub mod join;
pub mod leave;
pub mod presence;
pub mod stalled;
