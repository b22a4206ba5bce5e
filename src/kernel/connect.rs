//! The sockets to a kernel: where they are, and how to reach a process that is still starting.
//!
//! Imports nothing of ours. Invariant: sockets count as connected only when the kernel has answered through them.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use jupyter_protocol::{ConnectionInfo, connection_info::Transport};
use jupyter_zmq_client::{
    ClientControlConnection, ClientIoPubConnection, ClientStdinConnection, DealerRecvConnection, DealerSendConnection,
    RuntimeError, create_client_control_connection, create_client_iopub_connection,
    create_client_shell_connection_with_identity, create_client_stdin_connection_with_identity,
    peek_ports_with_listeners, peer_identity_for_session, wait_for_iopub_welcome,
};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream, UnixStream},
    time::{sleep, timeout},
};

use super::{event::KernelLanguage, message, requests};

/// The longest path of a Unix socket, with room for the names of ours.
const SOCKET_DIRECTORY_MAX: usize = 80;

/// How often a kernel that starts is tried.
const PROBING: Duration = Duration::from_millis(15);

/// How long kernels that know the welcome of JEP 65 take for it; the others, and busy machines, cost this once.
const WELCOME_LIMIT: Duration = Duration::from_secs(1);

/// How long one attempt to connect may take. zeromq itself would wait longer and longer between its attempts.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(5);

/// How long to wait for an answer before asking again: a kernel may drop what comes in its first moments.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// How often it is asked on the same sockets.
const ANSWERS_TRIED: usize = 10;

/// How often a kernel is asked that answers but is not heard on the socket for outputs, until it is taken for one that
/// tells nothing of its state.
const SILENCE_TRIED: usize = 3;

/// Where a kernel is to listen.
#[derive(Debug)]
pub struct Place {
    pub info: ConnectionInfo,
    /// Private to the server's user: sockets and the key are in it.
    pub directory: TempDir,
    pub file: PathBuf,
    /// Held until the process is spawned, so that nobody else takes the ports.
    pub listeners: Vec<TcpListener>,
}

/// Connected sockets.
pub struct Sockets {
    pub iopub: ClientIoPubConnection,
    pub shell: DealerSendConnection,
    pub replies: DealerRecvConnection,
    pub stdin: ClientStdinConnection,
    pub control: ClientControlConnection,
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sockets")
    }
}

impl Place {
    /// Unix sockets have no race for ports and are closed to other users, but only Python's kernel is known to listen
    /// on them.
    pub async fn new(unix_sockets: bool) -> Result<Self, RuntimeError> {
        let directory = private_directory()?;
        let (info, listeners) = if unix_sockets {
            let prefix = directory.path().join("s").to_string_lossy().into_owned();
            (info(Transport::IPC, prefix, [1, 2, 3, 4, 5]), Vec::new())
        } else {
            let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let (ports, listeners) = peek_ports_with_listeners(address, 5).await?;
            let ports = ports.try_into().map_err(|_| io::Error::other("too few ports"))?;
            (info(Transport::TCP, address.to_string(), ports), listeners)
        };
        let file = directory.path().join("connection.json");
        let mut options = fs::OpenOptions::new();
        let written = options.write(true).create_new(true).mode(0o600).open(&file)?;
        serde_json::to_writer(written, &info)?;
        Ok(Self { info, directory, file, listeners })
    }

    /// Gives the files to another user, who is to run the kernel.
    pub fn give_to(&self, user: u32, group: u32) -> io::Result<()> {
        for path in [self.directory.path(), &self.file] {
            std::os::unix::fs::chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }
}

fn info(transport: Transport, ip: String, ports: [u16; 5]) -> ConnectionInfo {
    let [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
    let key = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let signature_scheme = "hmac-sha256".into();
    ConnectionInfo {
        ip,
        transport,
        shell_port,
        iopub_port,
        stdin_port,
        control_port,
        hb_port,
        key,
        signature_scheme,
        kernel_name: None,
    }
}

/// In the user's runtime directory, else in the temporary one; a long path there would not do for sockets.
fn private_directory() -> io::Result<TempDir> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
    let mut places = runtime.into_iter().chain([std::env::temp_dir(), "/tmp".into()]);
    let place = places.find(|place| place.as_os_str().len() < SOCKET_DIRECTORY_MAX);
    let directory = tempfile::Builder::new().prefix("coscribe-").tempdir_in(place.unwrap_or_else(|| "/tmp".into()))?;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700))?;
    Ok(directory)
}

/// Tries until the kernel answers. Ends only with success: the caller bounds it in time and by the process's life.
pub async fn connect(info: &ConnectionInfo) -> (Sockets, KernelLanguage) {
    loop {
        reachable(info).await;
        match timeout(ATTEMPT_LIMIT, sockets(info)).await {
            Ok(Ok((mut sockets, welcomed))) => match answer(&mut sockets, welcomed).await {
                Ok(Some(language)) => return (sockets, language),
                Ok(None) => tracing::debug!("a kernel does not answer; connecting again"),
                // On TCP, the listeners that held the ports live on in the child for a moment and reset connections.
                Err(error) => tracing::debug!(%error, "a kernel went away while it answered; connecting again"),
            },
            Ok(Err(error)) => tracing::debug!(%error, "a kernel cannot be connected to yet"),
            Err(_) => tracing::debug!("connecting to a kernel took too long; trying again"),
        }
        sleep(PROBING).await;
    }
}

/// Waits until something listens at all addresses.
async fn reachable(info: &ConnectionInfo) {
    for port in [info.shell_port, info.iopub_port, info.stdin_port, info.control_port] {
        while !listens(info, port).await {
            sleep(PROBING).await;
        }
    }
}

async fn listens(info: &ConnectionInfo, port: u16) -> bool {
    match info.transport {
        Transport::IPC => UnixStream::connect(Path::new(&format!("{}-{port}", info.ip))).await.is_ok(),
        Transport::TCP => TcpStream::connect((info.ip.as_str(), port)).await.is_ok(),
    }
}

/// The sockets, and whether the kernel has said that its outputs will come.
async fn sockets(info: &ConnectionInfo) -> Result<(Sockets, bool), RuntimeError> {
    let session = uuid::Uuid::new_v4().to_string();
    // Shell and stdin must have one identity: the kernel sends its input requests to whoever asked for the run.
    let identity = peer_identity_for_session(&session)?;
    let mut iopub = create_client_iopub_connection(info, "", &session).await?;
    let welcomed = wait_for_iopub_welcome(&mut iopub, WELCOME_LIMIT).await?.is_some();
    let shell = create_client_shell_connection_with_identity(info, &session, identity.clone()).await?;
    let stdin = create_client_stdin_connection_with_identity(info, &session, identity).await?;
    let control = create_client_control_connection(info, &session).await?;
    let (shell, replies) = shell.split();
    Ok((Sockets { iopub, shell, replies, stdin, control }, welcomed))
}

/// What the kernel says it is; `None` when it does not answer. Whoever runs code before the kernel was heard on the socket
/// for outputs may lose the first of them: it says on that socket that it works on each question.
async fn answer(sockets: &mut Sockets, mut heard: bool) -> Result<Option<KernelLanguage>, RuntimeError> {
    let mut language = None;
    for attempt in 1..=ANSWERS_TRIED {
        sockets.shell.send(requests::kernel_info()).await?;
        let listened = timeout(ANSWER_LIMIT, listen(sockets, &mut language, &mut heard)).await;
        if let Ok(listened) = listened {
            listened?;
        }
        if language.is_some() && (heard || attempt >= SILENCE_TRIED) {
            return Ok(language);
        }
    }
    Ok(None)
}

/// Listens until the kernel has answered and was heard.
async fn listen(
    sockets: &mut Sockets,
    language: &mut Option<KernelLanguage>,
    heard: &mut bool,
) -> Result<(), RuntimeError> {
    while language.is_none() || !*heard {
        tokio::select! {
            reply = message::read(&mut sockets.replies), if language.is_none() => {
                let reply = reply?;
                if reply.kind == "kernel_info_reply" {
                    let info: Map<String, Value> = reply.object("language_info");
                    *language = Some(KernelLanguage { info, banner: reply.text("banner") });
                }
            }
            output = message::read(&mut sockets.iopub), if !*heard => *heard = output.map(|_| true)?,
        }
    }
    Ok(())
}
