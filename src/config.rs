//! What can be set, with its defaults and limits, each with its reason. Imports nothing of ours.
//!
//! Invariant: every setting of `coscribe serve` is a flag and an environment variable of the same name.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueEnum, builder::RangedU64ValueParser};

/// Where the server listens unless told otherwise: this machine only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8000";

/// The largest message a client may send over a WebSocket: a whole large document in one sync step (`design.md` §3.4).
pub const MESSAGE_BYTES: usize = 16 << 20;

/// The largest document, and so the largest frame a client may be sent: beyond it, joining takes longer than people
/// wait, and the store keeps no larger snapshot. It can be set lower, not higher.
pub const DOCUMENT_BYTES: usize = 256 << 20;

/// Connections that may wait to be accepted, as far as the system allows it (Linux: `net.core.somaxconn`, 4096). All
/// clients of a server that restarts come back in the same second; whoever finds no place asks again after another one.
pub const BACKLOG: u32 = 4096;

/// Bytes that may wait for one connection before it is resynchronised instead. Large enough for a burst of outputs,
/// together with what the system keeps; small enough that a hundred stopped readers cost little.
pub const QUEUE_BYTES: usize = 2 << 20;

/// Seconds after which presence that was not renewed is gone. y-protocols renews every 15 s and expires after 30 s.
pub const PRESENCE_EXPIRY_SECONDS: u64 = 30;

/// Seconds after which a room that nobody uses is unloaded: long enough for a reload of the page, short enough that
/// memory comes back soon.
pub const IDLE_UNLOAD_SECONDS: u64 = 5;

/// The largest body of a REST request: twice the largest WebSocket message.
pub const BODY_BYTES: usize = 32 << 20;

/// The largest notebook file: as large as a document may be.
pub const IMPORT_BYTES: usize = DOCUMENT_BYTES;

/// Open sockets and event streams of one process. Each costs some tens of KiB; beyond it the server is not the one
/// process that small teams run.
pub const CONNECTIONS: usize = 10_000;

/// Messages a second that one connection may send in the long run: a hundred times the fastest typing, and a replayed
/// trace of a quarter of a million edits passes in half a minute.
pub const MESSAGES_PER_SECOND: u32 = 10_000;

/// Messages one connection may send at once: an offline week comes as one message, a replay as many.
pub const MESSAGE_BURST: u32 = 50_000;

/// Bytes a second that one connection may send in the long run: one largest message a second.
pub const BYTES_PER_SECOND: u32 = 16 << 20;

/// Bytes one connection may send at once: four largest messages.
pub const BYTE_BURST: u32 = 64 << 20;

/// Events kept in the log: weeks of a busy team, some hundred bytes each.
pub const EVENTS: u64 = 1_000_000;

/// REST requests a second for one token in the long run; a page makes some ten when it opens.
pub const REQUESTS_PER_SECOND: u32 = 1_000;

/// REST requests for one token at once: a script that adds a few thousand cells.
pub const REQUEST_BURST: u32 = 10_000;

/// Seconds without a message after which one is sent. Stock Yjs clients reconnect after 30 s without one
/// (`wire-protocol.md` §4b); this leaves 6 s for delay, and a thousand idle connections are woken 42 times a second.
pub const KEEP_ALIVE_SECONDS: u64 = 24;

/// How long the closing handshake of one socket may take before it is dropped.
pub const CLOSING: Duration = Duration::from_secs(1);

/// How long an orderly stop may take in all. Nothing shown as saved depends on it.
pub const STOPPING: Duration = Duration::from_millis(1800);

/// The stack of a worker thread. Nested types recurse inside yrs with up to 840 bytes a level, several times that in
/// builds that are not optimised; documents are at most 1,000 levels deep. Only pages that are touched cost memory.
pub const STACK_BYTES: usize = 16 << 20;

/// How long the answer to a `POST` with an `Idempotency-Key` is kept.
pub const IDEMPOTENCY_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Answers kept for `Idempotency-Key`s; past it the oldest go.
pub const IDEMPOTENCY_ENTRIES: usize = 10_000;

/// Seconds that a kernel may have nothing to do: a day, since people lose its variables, and short enough that a machine
/// does not fill with forgotten ones.
pub const KERNEL_IDLE_SECONDS: u64 = 24 * 3600;

/// Kernels at a time. An idle one of Python holds some 50 MiB.
pub const KERNELS: usize = 32;

/// The most that can be set: beyond it no machine that people share has the memory.
const KERNELS_MAX: u64 = 10_000;

/// The largest file that may be uploaded to a notebook, in bytes: a data set that fits into the memory of a laptop.
pub const UPLOAD_BYTES: u64 = 2 << 30;

/// Text that the code of one notebook may print, in KiB a second in the long run: more than anybody reads, little enough
/// for documents and networks.
pub const KERNEL_TEXT_RATE_KIB: u64 = 256;

/// Entries of the audit log that are kept: some weeks of a busy server, and a few megabytes.
pub const AUDIT_ENTRIES: u64 = 10_000;

/// Refusals after which an event of a webhook is set aside: with doubled waits, some eight minutes of a receiver that
/// answers and fails.
pub const WEBHOOK_REFUSALS: u32 = 10;

/// Milliseconds before what a webhook could not deliver is tried again; each further wait is twice as long.
pub const WEBHOOK_RETRY_MILLIS: u64 = 1_000;

/// The longest time that can be set, in seconds: ten years, so that no sum of times overflows.
const SECONDS_MAX: u64 = 10 * 365 * 24 * 3600;

/// How events are written to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Where the data is.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// The data directory [default: $XDG_DATA_HOME/coscribe or ~/.local/share/coscribe].
    #[arg(long = "data", env = "COSCRIBE_DATA", value_name = "DIR", global = true)]
    directory: Option<PathBuf>,
}

/// The settings of `coscribe serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "COSCRIBE_LISTEN", default_value = DEFAULT_LISTEN)]
    pub listen: SocketAddr,
    /// The secret that clients must bring; without it one is made and kept in the data directory.
    #[arg(long, env = "COSCRIBE_TOKEN", conflicts_with = "no_token", hide_env_values = true)]
    pub token: Option<String>,
    /// A second secret: who brings it may read everything and change nothing.
    #[arg(
        long,
        env = "COSCRIBE_VIEWER_TOKEN",
        conflicts_with = "no_token",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub viewer_token: Option<String>,
    /// Let in everybody who reaches the port. Only on a loopback address.
    #[arg(long, env = "COSCRIBE_NO_TOKEN")]
    pub no_token: bool,
    /// The path under which a proxy shows this server.
    #[arg(long, env = "COSCRIBE_BASE_PATH", default_value = "/", value_parser = BasePath::parse)]
    pub base_path: BasePath,
    /// Another origin whose pages may use this server, such as https://example.org; may be given several times.
    #[arg(long = "allow-origin", env = "COSCRIBE_ALLOW_ORIGIN", value_name = "URL", value_delimiter = ',')]
    pub allow_origins: Vec<String>,
    /// How the log is written to standard error.
    #[arg(long, env = "COSCRIBE_LOG_FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,
    #[command(flatten)]
    pub limits: Limits,
    #[command(flatten)]
    pub kernels: KernelArgs,
    #[command(flatten)]
    pub webhooks: WebhookArgs,
}

/// How events are delivered to webhooks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Webhooks")]
pub struct WebhookArgs {
    /// Let webhooks reach this machine and private networks: everybody who may edit can then make the server ask there.
    #[arg(long, env = "COSCRIBE_WEBHOOK_ALLOW_PRIVATE", hide_short_help = true)]
    pub webhook_allow_private: bool,
    /// Refusals after which an event is set aside.
    #[arg(long, env = "COSCRIBE_WEBHOOK_REFUSALS", value_name = "NUMBER", default_value_t = WEBHOOK_REFUSALS,
        hide_short_help = true, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub webhook_refusals: u32,
    /// Milliseconds before the first repetition; each further wait is twice as long, up to ten minutes.
    #[arg(long, env = "COSCRIBE_WEBHOOK_RETRY", value_name = "MILLISECONDS", default_value_t = WEBHOOK_RETRY_MILLIS,
        hide_short_help = true, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub webhook_retry: u64,
}

/// How kernels run, and what each may use.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Kernels")]
pub struct KernelArgs {
    /// The Python that the environment of notebooks is made with [default: python3 of the search path].
    #[arg(long, env = "COSCRIBE_PYTHON", value_name = "PROGRAM", hide_short_help = true)]
    pub python: Option<PathBuf>,
    /// Run kernels in bubblewrap: they do not see the data of the server and write only to their own files.
    #[arg(long, env = "COSCRIBE_KERNEL_SANDBOX", conflicts_with = "kernel_user", hide_short_help = true)]
    pub kernel_sandbox: bool,
    /// Run kernels as this user of the machine, a name or UID:GID; the server must run as root.
    #[arg(long, env = "COSCRIBE_KERNEL_USER", value_name = "USER", hide_short_help = true)]
    pub kernel_user: Option<String>,
    /// Kernels at a time.
    #[arg(long, env = "COSCRIBE_MAX_KERNELS", value_name = "NUMBER", default_value_t = KERNELS, hide_short_help = true,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=KERNELS_MAX))]
    pub max_kernels: usize,
    /// Address space of each process of a kernel, in MiB [default: no limit].
    #[arg(long, env = "COSCRIBE_KERNEL_MEMORY", value_name = "MIB", hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(256..=1 << 30))]
    pub kernel_memory: Option<u64>,
    /// Processor time of each process of a kernel, in seconds [default: no limit].
    #[arg(long, env = "COSCRIBE_KERNEL_CPU", value_name = "SECONDS", hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(1..=SECONDS_MAX))]
    pub kernel_cpu: Option<u64>,
    /// Seconds that one run may take [default: no limit].
    #[arg(long, env = "COSCRIBE_RUN_TIME", value_name = "SECONDS", hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(1..=SECONDS_MAX))]
    pub run_time: Option<u64>,
    /// Seconds after which a kernel with nothing to do is shut down; 0 keeps it.
    #[arg(long, env = "COSCRIBE_KERNEL_IDLE", value_name = "SECONDS", default_value_t = KERNEL_IDLE_SECONDS,
        hide_short_help = true, value_parser = clap::value_parser!(u64).range(..=SECONDS_MAX))]
    pub kernel_idle: u64,
    /// Text that the code of one notebook may print in the long run, in KiB a second; what is more is counted.
    #[arg(long, env = "COSCRIBE_KERNEL_TEXT_RATE", value_name = "KIB", default_value_t = KERNEL_TEXT_RATE_KIB,
        hide_short_help = true, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    pub kernel_text_rate: u64,
}

/// Limits that can be set.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// The largest WebSocket message, in bytes.
    #[arg(long, env = "COSCRIBE_MAX_MESSAGE", default_value_t = MESSAGE_BYTES, hide_short_help = true)]
    pub max_message: usize,
    /// The largest body of a REST request, in bytes.
    #[arg(long, env = "COSCRIBE_MAX_BODY", default_value_t = BODY_BYTES, hide_short_help = true)]
    pub max_body: usize,
    /// The largest notebook file to import, in bytes.
    #[arg(long, env = "COSCRIBE_MAX_IMPORT", default_value_t = IMPORT_BYTES, hide_short_help = true)]
    pub max_import: usize,
    /// The largest file to upload to a notebook, in bytes.
    #[arg(long, env = "COSCRIBE_MAX_UPLOAD", default_value_t = UPLOAD_BYTES, hide_short_help = true)]
    pub max_upload: u64,
    /// The largest document, in bytes; changes to one that reached it are refused.
    #[arg(long, env = "COSCRIBE_MAX_DOCUMENT", default_value_t = DOCUMENT_BYTES as u64, hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(1..=DOCUMENT_BYTES as u64))]
    pub max_document: u64,
    /// Bytes that may wait for one connection; one that is further behind gets a difference once it reads again.
    #[arg(long, env = "COSCRIBE_MAX_QUEUE", default_value_t = QUEUE_BYTES, hide_short_help = true)]
    pub max_queue: usize,
    /// Seconds after which somebody who shows no sign of life is shown as gone.
    #[arg(long, env = "COSCRIBE_PRESENCE_EXPIRY", default_value_t = PRESENCE_EXPIRY_SECONDS, hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(1..=SECONDS_MAX))]
    pub presence_expiry: u64,
    /// Seconds after which a document that nobody uses leaves memory.
    #[arg(long, env = "COSCRIBE_IDLE_UNLOAD", default_value_t = IDLE_UNLOAD_SECONDS, hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(..=SECONDS_MAX))]
    pub idle_unload: u64,
    /// Open sockets and event streams at a time.
    #[arg(long, env = "COSCRIBE_MAX_CONNECTIONS", default_value_t = CONNECTIONS, hide_short_help = true)]
    pub max_connections: usize,
    /// Messages a second from one connection in the long run; faster ones are read more slowly.
    #[arg(long, env = "COSCRIBE_MESSAGES_PER_SECOND", default_value_t = MESSAGES_PER_SECOND, hide_short_help = true)]
    pub messages_per_second: u32,
    /// Seconds without a message after which one is sent to a client; pings go as often.
    #[arg(long, env = "COSCRIBE_KEEP_ALIVE", default_value_t = KEEP_ALIVE_SECONDS, hide_short_help = true,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub keep_alive: u64,
    /// Events kept in the log; a client that was away for longer is told of a gap.
    #[arg(long, env = "COSCRIBE_KEEP_EVENTS", default_value_t = EVENTS, hide_short_help = true)]
    pub keep_events: u64,
    /// REST requests a second for one token in the long run.
    #[arg(long, env = "COSCRIBE_REQUESTS_PER_SECOND", default_value_t = REQUESTS_PER_SECOND, hide_short_help = true)]
    pub requests_per_second: u32,
}

impl Limits {
    /// How long a connection may go without a message from us.
    pub fn keep_alive(&self) -> Duration {
        Duration::from_secs(self.keep_alive)
    }

    /// A connection from which nothing came for so long, no answer to a ping either, is half open: 40 s by
    /// default.
    pub fn silence(&self) -> Duration {
        self.keep_alive() * 5 / 3
    }

    /// The same while a large message is on its way to the client: its pong waits behind it. 5 minutes by default.
    pub fn silence_while_sending(&self) -> Duration {
        self.keep_alive() * 12
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message: MESSAGE_BYTES,
            max_body: BODY_BYTES,
            max_import: IMPORT_BYTES,
            max_upload: UPLOAD_BYTES,
            max_document: DOCUMENT_BYTES as u64,
            max_queue: QUEUE_BYTES,
            presence_expiry: PRESENCE_EXPIRY_SECONDS,
            idle_unload: IDLE_UNLOAD_SECONDS,
            max_connections: CONNECTIONS,
            messages_per_second: MESSAGES_PER_SECOND,
            keep_alive: KEEP_ALIVE_SECONDS,
            keep_events: EVENTS,
            requests_per_second: REQUESTS_PER_SECOND,
        }
    }
}

/// A path that begins and ends with a slash, of unreserved characters only, so that it can stand in HTML and cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// Reads `x`, `/x` and `/x/` alike.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.trim_matches('/');
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte);
        if !inner.bytes().all(allowed) || inner.split('/').any(|part| part == ".." || part == ".") {
            return Err(format!("{text:?} is no path: use letters, digits, '-', '_', '.', '~' and '/'"));
        }
        Ok(Self(if inner.is_empty() { "/".into() } else { format!("/{inner}/") }))
    }

    /// The path with both slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the base path in `path`, with its leading slash; `None` if the path lies elsewhere.
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let prefix = self.0.trim_end_matches('/');
        let rest = path.strip_prefix(prefix)?;
        match rest {
            "" => Some("/"),
            rest if rest.starts_with('/') => Some(rest),
            _ => None,
        }
    }
}

/// The data directory and the files in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDirectory(PathBuf);

impl DataDirectory {
    /// The directory given, or the usual place for this user's data. Absolute: kernels run in other directories.
    pub fn from_args(args: &DataArgs) -> Self {
        let home = || {
            let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
            data.or_else(|| std::env::home_dir().map(|home| home.join(".local/share")))
        };
        let usual = || home().map_or("coscribe-data".into(), |path| path.join("coscribe"));
        let directory = args.directory.clone().unwrap_or_else(usual);
        Self(std::path::absolute(&directory).unwrap_or(directory))
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the store keeps its files.
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// The token the server made.
    pub fn token(&self) -> PathBuf {
        self.0.join("token")
    }

    /// Which providers of language models there are; the operator writes it, `llm/settings.rs` tells its form.
    pub fn models(&self) -> PathBuf {
        self.0.join("models.json")
    }

    /// The providers that were set on the page, with their keys.
    pub fn providers(&self) -> PathBuf {
        self.0.join("providers.json")
    }

    /// Where the code of notebooks runs: a folder for each.
    pub fn files(&self) -> PathBuf {
        self.0.join("files")
    }

    /// The address of the server that uses the directory, while it runs.
    pub fn address(&self) -> PathBuf {
        self.0.join("address")
    }
}

impl std::fmt::Display for DataDirectory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.display().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_data_directory_is_meant_from_where_the_server_was_started() {
        let directory = DataDirectory::from_args(&DataArgs { directory: Some("here".into()) });
        assert_eq!(directory.path(), std::env::current_dir().unwrap().join("here"));
    }

    #[test]
    fn a_base_path_is_read_with_and_without_slashes() {
        for text in ["x/y", "/x/y", "/x/y/"] {
            assert_eq!(BasePath::parse(text).unwrap().as_str(), "/x/y/");
        }
        assert_eq!(BasePath::parse("/").unwrap().as_str(), "/");
        for bad in ["/a b", "/<x>", "/..", "/a;b"] {
            assert!(BasePath::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_whole_parts_of_a_path_count_as_the_base() {
        let base = BasePath::parse("/x").unwrap();
        assert_eq!(base.strip("/x/api"), Some("/api"));
        assert_eq!(base.strip("/x"), Some("/"));
        assert_eq!(base.strip("/xy"), None);
        assert_eq!(BasePath::parse("/").unwrap().strip("/api"), Some("/api"));
    }
}
