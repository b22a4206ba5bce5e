//! How long a provider may take, with the reasons. Imports nothing of ours.
//!
//! Invariant: every wait for a provider is bounded by one of these.

use std::time::Duration;

/// To reach the provider at all; the other side of the world answers in less than a second.
pub const CONNECT: Duration = Duration::from_secs(10);

/// To the first token. Local servers load a model from disk and read a long context first; models that think may do so
/// for minutes without a word.
pub const FIRST_TOKEN: Duration = Duration::from_secs(300);

/// From token to token. Some models think between the words.
pub const BETWEEN_TOKENS: Duration = Duration::from_secs(120);

/// For the list of models of a provider; somebody waits for it with a menu open.
pub const LIST: Duration = Duration::from_secs(5);

/// For the test of a provider; a local server may have to load its model, and somebody waits with a form open.
pub const TEST: Duration = Duration::from_secs(30);

/// Between two events of an answer: as quick as an eye follows, and at most 14 edits of the document a second.
pub const JOINING: Duration = Duration::from_millis(70);

/// Before the one retry of a connection that was refused or reset: a server that is just restarting.
pub const RETRY: Duration = Duration::from_millis(500);

/// The longest wait that a busy provider may ask for and get; beyond it people should know.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);

/// Between the words of the demonstration: a quick reader's pace.
pub const DEMO_STEP: Duration = Duration::from_millis(25);

/// The times in force. All can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub connect: Duration,
    pub first_token: Duration,
    pub between_tokens: Duration,
    pub list: Duration,
    pub test: Duration,
    pub demo_step: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            connect: CONNECT,
            first_token: FIRST_TOKEN,
            between_tokens: BETWEEN_TOKENS,
            list: LIST,
            test: TEST,
            demo_step: DEMO_STEP,
        }
    }
}
