//! Coscribe: a collaborative document server. See ARCHITECTURE.md for the floors and the flows.

pub mod catalogue;
pub mod ids;
pub mod measure;
pub mod notebook;
pub mod room;
pub mod vocabulary;
pub mod wire;
