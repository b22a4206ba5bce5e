//! The gate against reality: it accepts what real documents produce and reads it as yrs does; every input known to
//! panic, hang, abort or bloat yrs (`dependencies.md` §1.5) is refused, or does no harm behind it.

#[path = "gate/documents.rs"]
mod documents;
#[path = "gate/hostile.rs"]
mod hostile;
#[path = "gate/real.rs"]
mod real;
#[path = "gate/speed.rs"]
mod speed;
