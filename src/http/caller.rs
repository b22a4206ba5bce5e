//! Who asks: which secret was brought, what it is good for, and under which name its bearer acts.
//!
//! Invariant: the bearer of a named token acts under that token's name, whatever it claims.

use std::net::SocketAddr;
use std::{future::Future, pin::Pin, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
};

use super::{auth, error::ApiError, extract};
use crate::{
    audit::Deed,
    events::now,
    ids::{DocumentId, TokenId},
    tokens::Token,
    vocabulary::{Actor, ActorKind, Role, Scope, Scopes},
};

/// The longest chain of proxies that the audit log repeats, in characters.
const FORWARDED_MAX: usize = 200;

/// A future that ends when a caller's secret is good no more.
pub type Ended = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Somebody who brought a good secret, or needs none.
#[derive(Debug, Clone)]
pub struct Caller {
    scopes: Scopes,
    token: Option<Arc<Token>>,
    is_viewer: bool,
}

impl Caller {
    /// Who brings the server's own token.
    pub fn owner() -> Self {
        Self { scopes: Scopes::all(), token: None, is_viewer: false }
    }

    /// Who brings the viewers' token.
    pub fn viewer() -> Self {
        Self { scopes: Scopes::reading(), token: None, is_viewer: true }
    }

    /// Who brings a named token.
    pub fn named(token: Arc<Token>) -> Self {
        Self { scopes: token.record().scopes.clone(), token: Some(token), is_viewer: false }
    }

    /// How much it may do, to choose among two.
    pub fn reach(&self) -> usize {
        self.scopes.reach()
    }

    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    pub fn token_id(&self) -> Option<TokenId> {
        self.token.as_ref().map(|token| token.record().id.clone())
    }

    /// The name it acts under, if its secret decides that.
    pub fn name(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.record().name.as_str())
    }

    /// Refuses what its scopes do not allow, with a sentence that names the one missing.
    pub fn check(&self, scope: Scope) -> Result<(), ApiError> {
        if self.scopes.allow(scope) {
            return Ok(());
        }
        let (code, message) = if self.is_viewer {
            (
                "read_only",
                "You may read here, but not change anything: the token you brought is one for viewers.".into(),
            )
        } else {
            ("missing_scope", format!("This token lacks the scope {scope}; bring one that has it."))
        };
        Err(ApiError::new(StatusCode::FORBIDDEN, code, message))
    }

    /// What it may do in general, as the page offers it.
    pub fn role(&self) -> Role {
        if self.scopes.allow(Scope::NotebooksWrite) { Role::Editor } else { Role::Viewer }
    }

    /// What it may do in a document.
    ///
    /// # Errors
    /// It may not even read it.
    pub fn role_in(&self, document: &DocumentId) -> Result<Role, ApiError> {
        let (read, write) = scopes_of(document);
        self.check(read)?;
        Ok(if self.scopes.allow(write) { Role::Editor } else { Role::Viewer })
    }

    /// Refuses who may only read a document.
    pub fn check_writing(&self, document: &DocumentId) -> Result<(), ApiError> {
        self.check(scopes_of(document).1)
    }

    /// Whether its secret may stop being good while the server runs.
    pub fn may_end(&self) -> bool {
        self.token.is_some()
    }

    /// Waits until its secret is good no more.
    pub fn ended(&self) -> Ended {
        match &self.token {
            Some(token) => Box::pin(token.clone().ended()),
            None => Box::pin(std::future::pending()),
        }
    }

    /// Who acts: under the token's name if there is one, else under the name given.
    pub fn actor(&self, headers: &HeaderMap) -> Result<Actor, ApiError> {
        let Some(name) = self.name() else { return extract::declared(headers) };
        let kind = match extract::declared_kind(headers)? {
            ActorKind::Agent => ActorKind::Agent,
            _ => ActorKind::Token,
        };
        Ok(Actor { name: name.to_owned(), kind })
    }

    /// A deed of this caller, for the audit log; not answered yet.
    pub fn deed(&self, headers: &HeaderMap, remote: Option<SocketAddr>, action: String) -> Deed {
        // A name that cannot be read is refused later, and told as nobody's.
        let unnamed = |_| Actor { name: "API".into(), kind: ActorKind::Human };
        let actor = self.actor(headers).unwrap_or_else(unnamed);
        Deed { at: now(), actor, token: self.token_id(), address: address(headers, remote), action, status: 0 }
    }
}

/// What reading and what writing a document needs.
fn scopes_of(document: &DocumentId) -> (Scope, Scope) {
    match document {
        DocumentId::Project(_) => (Scope::TasksRead, Scope::TasksWrite),
        DocumentId::Notebook(_) | DocumentId::Widgets(_) | DocumentId::Free(_) => {
            (Scope::NotebooksRead, Scope::NotebooksWrite)
        }
    }
}

/// Where a request comes from; what a proxy says of it is repeated, since behind one all come from the same address.
fn address(headers: &HeaderMap, remote: Option<SocketAddr>) -> String {
    let remote = remote.map(|remote| remote.ip().to_string()).unwrap_or_default();
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    match forwarded {
        Some(forwarded) => format!("{remote} ({})", forwarded.chars().take(FORWARDED_MAX).collect::<String>()),
        None => remote,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    /// The one the guard let in.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(auth::nobody)
    }
}
