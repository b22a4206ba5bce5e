//! `/mcp`: the Model Context Protocol, by which agents read notebooks and boards, change them and run cells.
//!
//! Stateless: every request brings its secret, so a token that is revoked ends everything. The guard of all addresses
//! checks secret, host and origin before; each tool checks its scope. Tools make the same operations as REST.
//! Invariant: a refusal is the sentence that REST would answer, told as the tool's error, so that the agent reads it.

mod board;
mod cells;
mod notebooks;
mod outputs;
mod presence;
mod runs;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::ConnectInfo,
    http::{StatusCode, request::Parts},
};
use rmcp::{
    Json, RoleServer, ServerHandler,
    handler::server::router::tool::ToolRouter,
    model::{ContentBlock, Implementation, IntoContents, ServerCapabilities, ServerConfig},
    service::RequestContext,
    tool_handler,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};

use self::presence::Seats;
use super::{
    Shared,
    caller::Caller,
    error::{Answer, ApiError},
};
use crate::vocabulary::{Actor, ActorKind, Scope};

/// What agents are told of this server when they begin.
const INSTRUCTIONS: &str = "Coscribe holds notebooks of code, note and prompt cells, and boards of tasks and sessions, \
    which people and agents change at the same time. Read a cell before you edit it: edit_cell takes the version that you \
    read, and refuses when somebody has changed the cell since, with the text as it is now. People see your name where \
    you edit. Open a session (create_session), put your tasks into it and set them completed when they are.";

/// The name under which agents act that bring none.
const UNNAMED: &str = "Agent";

/// A sign of life, which the audit log does not tell.
const HEARTBEAT: &str = "heartbeat";

/// The service behind the address.
pub fn routes(app: &Shared) -> Router<Shared> {
    let agents = Agents { app: app.clone(), seats: Arc::default(), tools: Agents::tools() };
    // Hosts and origins are checked by our guard, which knows by which names this server is asked.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts()
        .with_max_request_body_bytes(app.limits.max_body);
    let service =
        StreamableHttpService::new(move || Ok(agents.clone()), Arc::new(LocalSessionManager::default()), config);
    Router::new().route_service("/mcp", service)
}

/// The tools, and what they work on.
#[derive(Clone)]
struct Agents {
    app: Shared,
    seats: Arc<Seats>,
    tools: ToolRouter<Self>,
}

#[tool_handler(router = self.tools)]
impl ServerHandler for Agents {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("coscribe", env!("CARGO_PKG_VERSION")).with_title("Coscribe");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(server)
            .with_instructions(INSTRUCTIONS)
    }
}

/// A tool: its name in the audit log, and the scope it needs.
#[derive(Clone, Copy)]
struct Tool(&'static str, Scope);

impl Tool {
    fn changes_something(self) -> bool {
        let reads = matches!(self.1, Scope::NotebooksRead | Scope::TasksRead | Scope::EventsRead);
        !reads && self.0 != HEARTBEAT
    }
}

impl Agents {
    fn tools() -> ToolRouter<Self> {
        Self::notebook_tools() + Self::cell_tools() + Self::run_tools() + Self::board_tools()
    }

    /// Uses a tool for whoever asks, if their scopes suffice, and keeps that they did.
    async fn act<T, F>(&self, context: RequestContext<RoleServer>, tool: Tool, deed: impl FnOnce(Agent) -> F) -> Told<T>
    where
        F: Future<Output = Answer<T>> + Send,
    {
        let agent = Agent::of(self, &context)?;
        let Tool(name, scope) = tool;
        let (app, noted) = (self.app.clone(), agent.deed.clone());
        let done = match agent.caller.check(scope) {
            Ok(()) => deed(agent).await,
            Err(refusal) => Err(refusal),
        };
        if tool.changes_something() {
            let status = done.as_ref().map_or_else(ApiError::status, |_| StatusCode::OK).as_u16();
            app.audit.note(&crate::audit::Deed { action: format!("MCP {name}"), status, ..noted });
        }
        Ok(Json(done?))
    }
}

/// What a tool tells.
type Told<T> = Result<Json<T>, Refused>;

/// A refusal, told as the tool's error.
#[derive(Debug)]
struct Refused(ApiError);

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoContents for Refused {
    fn into_contents(self) -> Vec<ContentBlock> {
        vec![ContentBlock::text(self.0.message())]
    }
}

/// Whoever uses a tool.
struct Agent {
    app: Shared,
    seats: Arc<Seats>,
    caller: Caller,
    actor: Actor,
    deed: crate::audit::Deed,
}

impl Agent {
    /// The caller whom the guard let in, as an agent.
    fn of(agents: &Agents, context: &RequestContext<RoleServer>) -> Answer<Self> {
        let parts =
            context.extensions.get::<Parts>().ok_or_else(|| ApiError::internal("a tool without its request"))?;
        let caller = parts.extensions.get::<Caller>().cloned().ok_or_else(super::auth::nobody)?;
        let named = caller.name().is_some() || parts.headers.contains_key(crate::wire::rest::ACTOR_HEADER);
        let name = if named { caller.actor(&parts.headers)?.name } else { UNNAMED.to_owned() };
        let actor = Actor { name, kind: ActorKind::Agent };
        let remote = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(remote)| *remote);
        let deed = caller.deed(&parts.headers, remote, String::new());
        let deed = crate::audit::Deed { actor: actor.clone(), ..deed };
        Ok(Self { app: agents.app.clone(), seats: agents.seats.clone(), caller, actor, deed })
    }
}
