//! The gate in front of yrs: a check of update and state-vector bytes (format v1).

use bytes::Bytes;

/// An update that passed the gate.
#[derive(Debug, Clone)]
pub struct CheckedUpdate {
    bytes: Bytes,
}

/// A state vector that passed the gate.
#[derive(Debug, Clone)]
pub struct CheckedStateVector {
    bytes: Bytes,
}
