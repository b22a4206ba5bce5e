//! The real binary, killed and restarted, with real WebSocket clients: `crash` kills it while people type, `traces` replays
//! recorded editing histories, `subscribers` follow the events by the thousand. Clients speak through `yrs::sync`, not
//! through the server's own codec, so that a mistake made there twice is still one mistake seen.

mod client;
mod crash;
mod memory;
mod server;
mod subscribers;
mod traces;
