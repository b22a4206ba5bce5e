//! Composition: store, then rooms, then the router, then serving, then an orderly stop.
//!
//! Imports everything below. Invariant: after [`run`] returns, everything shown as saved is on disk and no socket is
//! left without a word.

mod engines;

use std::{
    io::{self, IsTerminal, Write},
    net::{IpAddr, SocketAddr, UdpSocket},
    os::unix::process::CommandExt,
    path::Path,
    sync::Arc,
    time::Duration,
};

use axum::{Router, serve::ListenerExt};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use storage::{SledStore, StorageError, Store};
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{SignalKind, signal},
    sync::{Semaphore, watch},
    time,
};

use self::engines::ServerEngines;
use crate::{
    audit::AuditLog,
    config::{self, DataDirectory, Limits, LogFormat, ServeArgs, WebhookArgs},
    events::EventHub,
    http::{self, Access, Answers, App, InvalidOrigin, Tokens},
    ids::{InvalidId, NotebookId, ProjectId},
    kernel::{InvalidKernelSettings, Kernels},
    llm::Models,
    measure,
    notebook::ImportedNotebook,
    room::{CreateError, DEFAULT_PROJECT, RoomLimits, Rooms},
    tokens::TokenBook,
    vocabulary::Actor,
    webhooks::{WebhookSettings, Webhooks},
    workspace,
};

/// Bits of a token that nobody guesses: 256.
const TOKEN_BYTES: usize = 32;

/// The id and the title of the notebook that explains the rest.
const WELCOME: (&str, &str) = ("welcome", "Welcome to Coscribe");

/// The name of the project that is there from the beginning.
const FIRST_PROJECT: &str = "First project";

/// Libraries whose words may hold a key.
const QUIET: &[&str] = &["genai"];

/// The recorder of metrics drops idle histograms' samples into their buckets this often.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why the server did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("--no-token is only allowed on a loopback address such as 127.0.0.1, but --listen is {0}")]
    OpenToOthers(SocketAddr),
    #[error("a token has 16 to 256 letters, digits, '-', '_', '.' or '~'; leave --token away to get one made")]
    InvalidToken,
    #[error("--viewer-token and the token of those who may edit are the same; choose another for viewers")]
    SameToken,
    #[error("cannot listen on {address}: {cause}; is another server running? Choose another with --listen")]
    Listen { address: SocketAddr, cause: std::io::Error },
    #[error("the data directory {path} cannot be used: {cause}; choose another with --data")]
    Data { path: String, cause: std::io::Error },
    #[error(transparent)]
    Origin(#[from] InvalidOrigin),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("what a new server begins with cannot be created: {0}")]
    Welcome(#[from] CreateError),
    #[error("the metrics cannot be recorded: {0}")]
    Metrics(String),
    #[error(transparent)]
    Id(#[from] InvalidId),
    #[error(transparent)]
    Kernels(#[from] InvalidKernelSettings),
    #[error("serving failed: {0}")]
    Serve(#[source] std::io::Error),
}

/// Serves until SIGTERM or SIGINT.
pub async fn run(args: ServeArgs, data: DataDirectory) -> Result<(), ServeError> {
    log(args.log_format);
    if args.no_token && !args.listen.ip().is_loopback() {
        return Err(ServeError::OpenToOthers(args.listen));
    }
    let stop = Stop::on_signals().map_err(ServeError::Serve)?;
    prepare(&data)?;
    let path = data.store();
    let store = tokio::task::spawn_blocking(move || SledStore::open(&path, storage::Options::default())).await;
    let disk = Arc::new(store.map_err(|error| ServeError::Serve(error.into()))??);
    let store: Arc<dyn Store> = disk.clone();
    workspace::clear_uploads(&data.files()).map_err(|cause| unusable(&data, cause))?;
    let engines = Arc::new(ServerEngines::new(&data, &args.kernels)?);
    let (kernels, models) = (engines.kernels(), engines.models());
    let rooms = Rooms::with_engines(store.clone(), room_limits(&args.limits), engines.clone());
    rooms.supervise(start_again);
    welcome(&rooms, store.clone()).await?;
    first_project(&rooms).await?;
    let cannot_listen = |cause| ServeError::Listen { address: args.listen, cause };
    let socket = bind(args.listen).map_err(cannot_listen)?;
    let address = socket.local_addr().map_err(ServeError::Serve)?;
    let tokens = tokens(&args, &data)?;
    let greeting = greeting(address, args.base_path.as_str(), &tokens);
    let events = EventHub::start(store.clone(), args.limits.keep_events);
    let webhooks = start_webhooks(store.clone(), events.clone(), &args.webhooks).await?;
    let (named, audit) = load_tokens(store.clone()).await?;
    let url = format!("http://{}{}", reachable(address), args.base_path.as_str());
    engines.open_door(url.clone(), named.clone());
    let parts = Parts {
        store,
        rooms: rooms.clone(),
        kernels: kernels.clone(),
        models,
        events,
        webhooks: webhooks.clone(),
        named,
        audit,
    };
    let app = compose(&args, data.clone(), address.port(), tokens, parts, &stop)?;
    let connections = app.connections.clone();
    let router = http::router(app);
    // Not before it can answer: whoever connects would wait for the rest of the start.
    let listener = socket.listen(config::BACKLOG).map_err(cannot_listen)?;
    let _announced = Announced::write(&data, &url)?;
    greet(&greeting).map_err(ServeError::Serve)?;
    serve(listener, router, &stop, (&rooms, &kernels, &webhooks), &connections, args.limits.max_connections).await?;
    // Not left to the last who holds it: some threads never end, and documents that were folded just now open faster.
    tokio::task::spawn_blocking(move || disk.close()).await.map_err(|error| ServeError::Serve(error.into()))
}

/// Takes the address.
fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// What rooms must know of the settings.
fn room_limits(limits: &Limits) -> RoomLimits {
    RoomLimits {
        document_bytes: limits.max_document,
        queue_bytes: limits.max_queue,
        presence_expiry: Duration::from_secs(limits.presence_expiry),
        idle_unload: Duration::from_secs(limits.idle_unload),
    }
}

/// Replaces this process by a fresh one with the same arguments: the only way out of a thread that hangs. The journal
/// holds everything that was shown as saved.
fn start_again() {
    let program = std::env::current_exe().unwrap_or_else(|_| "coscribe".into());
    let cause = std::process::Command::new(program).args(std::env::args_os().skip(1)).exec();
    tracing::error!(%cause, "the server could not start itself again and ends");
    std::process::exit(1);
}

fn log(format: LogFormat) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_env("COSCRIBE_LOG").or_else(|_| EnvFilter::try_from_default_env());
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    // The client of the language models logs what providers answer, which may repeat a key, whatever is asked for; what of
    // it people need, `llm` says, scrubbed.
    let filter = QUIET.iter().fold(filter, |filter, target| match format!("{target}=off").parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    });
    let colours = std::io::stderr().is_terminal();
    let builder = fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "somebody else writes the log");
    }
}

fn prepare(data: &DataDirectory) -> Result<(), ServeError> {
    std::fs::create_dir_all(data.path()).map_err(|cause| unusable(data, cause))
}

fn unusable(data: &DataDirectory, cause: std::io::Error) -> ServeError {
    ServeError::Data { path: data.to_string(), cause }
}

/// A fresh data directory gets the notebook that explains the rest.
async fn welcome(rooms: &Arc<Rooms>, store: Arc<dyn Store>) -> Result<(), ServeError> {
    let fresh = tokio::task::spawn_blocking(move || store.documents().map(|documents| documents.is_empty())).await;
    if !fresh.map_err(|error| ServeError::Serve(error.into()))?? {
        return Ok(());
    }
    let (id, title) = WELCOME;
    let id: NotebookId = id.parse()?;
    match rooms.create(id, title.into(), Some(ImportedNotebook::welcome()), Actor::server()).await {
        Ok(_) | Err(CreateError::Exists(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// There is a project from the beginning: tasks need no ceremony. One that was deleted stays so.
async fn first_project(rooms: &Rooms) -> Result<(), ServeError> {
    if !rooms.projects().await?.is_empty() {
        return Ok(());
    }
    let id: ProjectId = DEFAULT_PROJECT.parse()?;
    match rooms.create_project(id, FIRST_PROJECT.into(), "", Actor::server()).await {
        Ok(_) | Err(CreateError::Exists(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The secrets clients must bring.
fn tokens(args: &ServeArgs, data: &DataDirectory) -> Result<Tokens, ServeError> {
    let editor = editor_token(args, data)?;
    let viewer = args.viewer_token.clone().map(valid).transpose()?;
    match viewer.is_some() && viewer == editor {
        true => Err(ServeError::SameToken),
        false => Ok(Tokens { editor, viewer }),
    }
}

/// The secret of those who may edit: given, kept from before, or made now.
fn editor_token(args: &ServeArgs, data: &DataDirectory) -> Result<Option<String>, ServeError> {
    if args.no_token {
        return Ok(None);
    }
    let given = args.token.clone().map(Ok).or_else(|| kept(&data.token()));
    let token = match given {
        Some(token) => token.map_err(|cause| unusable(data, cause))?,
        None => make_token(&data.token()).map_err(|cause| unusable(data, cause))?,
    };
    valid(token).map(Some)
}

/// A token that needs no quoting in addresses and cookies.
fn valid(token: String) -> Result<String, ServeError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let valid = (16..=256).contains(&token.len()) && token.bytes().all(plain);
    valid.then_some(token).ok_or(ServeError::InvalidToken)
}

fn kept(path: &Path) -> Option<std::io::Result<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(Ok(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(Err(error)),
    }
}

fn make_token(path: &Path) -> std::io::Result<String> {
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; TOKEN_BYTES]>());
    let mut file = private(path)?;
    writeln!(file, "{token}")?;
    file.sync_all()?;
    Ok(token)
}

/// A new file that only this user can read.
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Takes up the webhooks that are kept.
async fn start_webhooks(store: Arc<dyn Store>, events: EventHub, args: &WebhookArgs) -> Result<Webhooks, ServeError> {
    let settings = WebhookSettings {
        allow_private: args.webhook_allow_private,
        refusals: args.webhook_refusals,
        first_wait: Duration::from_millis(args.webhook_retry),
    };
    let started = tokio::task::spawn_blocking(move || Webhooks::start(store, events, settings)).await;
    Ok(started.map_err(|error| ServeError::Serve(error.into()))??)
}

/// Takes up the named tokens and the audit log that are kept.
async fn load_tokens(store: Arc<dyn Store>) -> Result<(TokenBook, AuditLog), ServeError> {
    let load = move || Ok::<_, StorageError>((TokenBook::load(store.clone())?, AuditLog::load(store)?));
    Ok(tokio::task::spawn_blocking(load).await.map_err(|error| ServeError::Serve(error.into()))??)
}

/// What a server is made of.
struct Parts {
    store: Arc<dyn Store>,
    rooms: Arc<Rooms>,
    kernels: Kernels,
    models: Models,
    events: EventHub,
    webhooks: Webhooks,
    named: TokenBook,
    audit: AuditLog,
}

fn compose(
    args: &ServeArgs,
    data: DataDirectory,
    port: u16,
    tokens: Tokens,
    parts: Parts,
    stop: &Stop,
) -> Result<App, ServeError> {
    let Parts { store, rooms, kernels, models, events, webhooks, named, audit } = parts;
    Ok(App {
        rooms,
        kernels,
        access: Access::new(tokens, named, port, &args.base_path, &args.allow_origins)?,
        limits: args.limits.clone(),
        base: args.base_path.clone(),
        data,
        events,
        webhooks,
        audit,
        store,
        models,
        answers: Answers::default(),
        connections: Arc::new(Semaphore::new(args.limits.max_connections)),
        requests: App::request_budget(&args.limits),
        metrics: record_metrics()?,
        stopping: stop.0.clone(),
    })
}

fn record_metrics() -> Result<PrometheusHandle, ServeError> {
    let failed = |error: metrics_exporter_prometheus::BuildError| ServeError::Metrics(error.to_string());
    let commits = Matcher::Full(measure::COMMIT_SECONDS.into());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(commits, &measure::COMMIT_BUCKETS).map_err(failed)?;
    let handle = builder.install_recorder().map_err(failed)?;
    measure::describe();
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// The file that tells clients on this machine where the server of a data directory listens; gone when it ends.
struct Announced<'a>(&'a DataDirectory);

impl<'a> Announced<'a> {
    fn write(data: &'a DataDirectory, url: &str) -> Result<Self, ServeError> {
        let written = private(&data.address()).and_then(|mut file| writeln!(file, "{url}"));
        written.map(|()| Self(data)).map_err(|cause| unusable(data, cause))
    }
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(self.0.address()) {
            tracing::warn!(%error, "the address file could not be removed");
        }
    }
}

/// Clickable addresses: of this machine, and for a server open to others the one they can use (LN-09).
fn links(address: SocketAddr, base: &str, token: Option<&str>) -> Vec<String> {
    let query = token.map(|token| format!("?token={token}")).unwrap_or_default();
    let link = |address: SocketAddr| format!("http://{address}{base}{query}");
    let others = others(address).map(link);
    [link(reachable(address))].into_iter().chain(others).collect()
}

/// An address of this machine by which it can reach itself.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
    };
    SocketAddr::new(ip, address.port())
}

/// The address other machines use: the source address this machine would take to reach them. Nothing is sent.
fn others(address: SocketAddr) -> Option<SocketAddr> {
    if !address.ip().is_unspecified() {
        return None;
    }
    let (any, documentation) =
        if address.is_ipv4() { ("0.0.0.0:0", "192.0.2.1:9") } else { ("[::]:0", "[2001:db8::1]:9") };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(documentation).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| SocketAddr::new(ip, address.port()))
}

/// What is printed at the start: where to open the page, and the same for those who may only read.
fn greeting(address: SocketAddr, base: &str, tokens: &Tokens) -> Vec<String> {
    let open = ["Coscribe is ready. Open", "From other machines, open"];
    let read = ["To read only, open", "To read only from other machines, open"];
    let said = |words: [&str; 2], token: Option<&str>| -> Vec<String> {
        words.iter().zip(links(address, base, token)).map(|(words, link)| format!("{words} {link}")).collect()
    };
    let viewers = tokens.viewer.as_deref().map(|token| said(read, Some(token)));
    said(open, tokens.editor.as_deref()).into_iter().chain(viewers.into_iter().flatten()).collect()
}

fn greet(lines: &[String]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}

/// Becomes true on SIGTERM or SIGINT.
struct Stop(watch::Receiver<bool>);

impl Stop {
    fn on_signals() -> std::io::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
                _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
            }
            sender.send_replace(true);
            // Kept: a dropped sender would look like a stop to nobody, and the task has nothing else to do.
            std::future::pending::<()>().await;
        });
        Ok(Self(receiver))
    }

    async fn requested(&self) {
        if self.0.clone().wait_for(|stopping| *stopping).await.is_err() {
            tracing::error!("the watch for signals ended; stopping");
        }
    }
}

async fn serve(
    listener: TcpListener,
    router: Router,
    stop: &Stop,
    (rooms, kernels, webhooks): (&Arc<Rooms>, &Kernels, &Webhooks),
    connections: &Arc<Semaphore>,
    max_connections: usize,
) -> Result<(), ServeError> {
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let requested = Stop(stop.0.clone());
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move { requested.requested().await });
    let mut serving = tokio::spawn(serving.into_future());
    let ended = tokio::select! {
        ended = &mut serving => Some(ended),
        () = stop.requested() => None,
    };
    let running = ended.is_none();
    // Without open requests, serving ends in the very moment the stop is requested.
    if let Some(ended) = ended
        && !*stop.0.borrow()
    {
        return ended.map_err(|error| ServeError::Serve(error.into()))?.map_err(ServeError::Serve);
    }
    let orderly = async {
        webhooks.stop();
        rooms.stop().await;
        // Ends what the rooms have not ended: a room sets its kernel free with a word, and does not wait for it.
        kernels.stop().await;
        let all = u32::try_from(max_connections).unwrap_or(u32::MAX);
        if connections.acquire_many(all).await.is_err() {
            tracing::debug!("nobody counts connections any more");
        }
        // Requests under way get their answers.
        if running && let Err(error) = serving.await {
            tracing::error!(%error, "serving ended badly");
        }
    };
    match time::timeout(config::STOPPING, orderly).await {
        Ok(()) => tracing::info!("stopped"),
        Err(_) => {
            tracing::warn!("some connections did not end in time and are dropped; nothing shown as saved is lost")
        }
    }
    Ok(())
}
