//! Named tokens: who else may come in, as what, and until when.
//!
//! Imports events (for the clock), vocabulary, ids and storage. Never knows HTTP.
//! Invariant: a secret is told when it is made and kept nowhere; what is kept is its SHA-256. A token that was revoked or
//! has expired is found no more, and whoever holds it already is told.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use storage::{Entry, MetaKey, StorageError, Store};
use tokio::{sync::watch, time};

use crate::{
    events::now,
    ids::TokenId,
    vocabulary::{Actor, Millis, Scope, Scopes},
};

/// What every secret begins with, so that people and scanners of leaked secrets know it when they see it.
pub const SECRET_PREFIX: &str = "coscribe_";

/// Bits of a secret that nobody guesses: 256. With as many, a plain hash is as good as a slow one.
const SECRET_BYTES: usize = 32;

/// Tokens of one server: more than people keep apart.
const TOKENS_MAX: usize = 1000;

/// The longest name, in characters: it is shown beside a caret.
const NAME_MAX: usize = 100;

/// When a token was last used is kept at most so often, in milliseconds: it is told in minutes.
const USE_INTERVAL: Millis = 60_000;

/// The longest that is waited for an expiry at once; the clock may be set meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

const RECORD: &str = "token/";
const LAST_USED: &str = "token-used/";

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRecord {
    pub id: TokenId,
    /// Who acts with it, as people see it.
    pub name: String,
    pub scopes: Scopes,
    pub created_at: Millis,
    pub created_by: Actor,
    #[serde(default)]
    pub expires_at: Option<Millis>,
    /// The SHA-256 of the secret.
    hash: [u8; 32],
}

/// A token that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    pub name: String,
    pub scopes: Scopes,
    /// How long it is good, in seconds.
    pub expires_in: Option<u64>,
}

/// Why nothing was done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    #[error("No token has the id {0}.")]
    Unknown(TokenId),
    #[error("There is already a token named {0:?}; choose another name, or revoke that one first.")]
    Exists(String),
    #[error("A token's name has 1 to {NAME_MAX} printable characters.")]
    Name,
    #[error("A token needs at least one scope of {}.", Scope::ALL.map(Scope::as_str).join(", "))]
    Scopeless,
    #[error("A token is good for at least one second and at most ten years.")]
    Expiry,
    #[error("There are {TOKENS_MAX} tokens already; revoke those that nobody uses.")]
    TooMany,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The longest a token may be good, in seconds, if it ends at all.
const EXPIRY_MAX: u64 = 10 * 366 * 24 * 3600;

/// A token that is good, until its holder is told otherwise.
#[derive(Debug)]
pub struct Token {
    record: TokenRecord,
    last_used: AtomicI64,
    revoked: watch::Sender<bool>,
}

impl Token {
    fn new(record: TokenRecord, last_used: Millis) -> Arc<Self> {
        Arc::new(Self { record, last_used: last_used.into(), revoked: watch::Sender::new(false) })
    }

    /// What is known of it.
    pub fn record(&self) -> &TokenRecord {
        &self.record
    }

    /// When it was last used, if it ever was.
    pub fn last_used(&self) -> Option<Millis> {
        Some(self.last_used.load(Ordering::Relaxed)).filter(|at| *at != 0)
    }

    /// Whether its time is over.
    pub fn has_expired(&self) -> bool {
        self.record.expires_at.is_some_and(|at| at <= now())
    }

    /// Waits until it is good no more.
    pub async fn ended(self: Arc<Self>) {
        let mut revoked = self.revoked.subscribe();
        tokio::select! {
            // An error says that the token is gone, which is as good.
            _ = revoked.wait_for(|revoked| *revoked) => {}
            () = self.expired() => {}
        }
    }

    async fn expired(&self) {
        let Some(at) = self.record.expires_at else { return std::future::pending().await };
        while let Ok(left @ 1..) = u64::try_from(at - now()) {
            time::sleep(Duration::from_millis(left).min(LOOK_AGAIN)).await;
        }
    }

    /// Notes that it is used; true if that is to be kept.
    fn note_use(&self, at: Millis) -> bool {
        let before = self.last_used.load(Ordering::Relaxed);
        let due = at >= before + USE_INTERVAL;
        due && self.last_used.compare_exchange(before, at, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// All tokens of a server. Clones share them.
#[derive(Clone)]
pub struct TokenBook {
    store: Arc<dyn Store>,
    /// By the hash of the secret: looking up tells a guesser nothing. Held for a look only.
    tokens: Arc<RwLock<HashMap<[u8; 32], Arc<Token>>>>,
    /// Those that the server itself has lent, which are written nowhere.
    lent: Arc<RwLock<HashMap<[u8; 32], Arc<Token>>>>,
}

/// A token that the server made for a part of its own, and its secret. It is good as long as this lives.
#[derive(Debug)]
pub struct LentToken {
    pub secret: String,
    token: Arc<Token>,
    lent: Arc<RwLock<HashMap<[u8; 32], Arc<Token>>>>,
}

impl Drop for LentToken {
    fn drop(&mut self) {
        self.lent.write().unwrap_or_else(PoisonError::into_inner).remove(&self.token.record.hash);
        self.token.revoked.send_replace(true);
    }
}

impl std::fmt::Debug for TokenBook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TokenBook({})", self.read().len())
    }
}

impl TokenBook {
    /// Those that are kept. Blocks.
    pub fn load(store: Arc<dyn Store>) -> Result<Self, StorageError> {
        let mut tokens = HashMap::new();
        for (key, bytes) in store.meta_with_prefix(RECORD)? {
            // It lets nobody in; the others still do.
            let record: TokenRecord = match parse(&key, &bytes) {
                Ok(record) => record,
                Err(error) => {
                    tracing::error!(%error, "a token cannot be read and is passed over; make a new one");
                    continue;
                }
            };
            let used = store.meta(&format!("{LAST_USED}{}", record.id))?;
            let used = used.map(|bytes| parse(LAST_USED, &bytes)).transpose()?.unwrap_or(0);
            tokens.insert(record.hash, Token::new(record, used));
        }
        Ok(Self { store, tokens: Arc::new(RwLock::new(tokens)), lent: Arc::default() })
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<[u8; 32], Arc<Token>>> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<[u8; 32], Arc<Token>>> {
        self.tokens.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token of a secret, if it is good.
    pub fn find(&self, secret: &str) -> Option<Arc<Token>> {
        let hash = hash(secret);
        let lent = self.lent.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if lent.is_some() {
            return lent;
        }
        let token = self.read().get(&hash).cloned().filter(|token| !token.has_expired())?;
        let at = now();
        if token.note_use(at) {
            self.keep_use(&token, at);
        }
        Some(token)
    }

    /// Nobody waits for it, and a failure costs nothing but the moment.
    fn keep_use(&self, token: &Token, at: Millis) {
        let meta = vec![(format!("{LAST_USED}{}", token.record.id), Some(Bytes::from(at.to_string())))];
        if let Err(error) = self.store.append(Entry { meta, may_gather: true, ..Entry::default() }) {
            tracing::warn!(%error, "when a token was last used could not be kept");
        }
    }

    /// All that were not revoked, newest first.
    pub fn list(&self) -> Vec<Arc<Token>> {
        let mut tokens: Vec<_> = self.read().values().cloned().collect();
        tokens.sort_by(|a, b| (b.record.created_at, &b.record.id).cmp(&(a.record.created_at, &a.record.id)));
        tokens
    }

    /// Makes a token for a part of the server, such as a kernel: it is written nowhere and ends with what is given back.
    ///
    /// # Errors
    /// The name is none, or there is no scope.
    pub fn lend(&self, name: &str, scopes: Scopes) -> Result<LentToken, TokenError> {
        let secret = new_secret();
        let wanted = NewToken { name: name.to_owned(), scopes, expires_in: None };
        let token = Token::new(record(wanted, Actor::server(), hash(&secret))?, 0);
        let lent = self.lent.clone();
        lent.write().unwrap_or_else(PoisonError::into_inner).insert(token.record.hash, token.clone());
        Ok(LentToken { secret, token, lent })
    }

    /// Makes a token and its secret, which is told here and never again; durable when it returns.
    ///
    /// # Errors
    /// The name is taken or none, there is no scope, the expiry is out of range, there are too many, or the disk failed.
    pub async fn create(&self, wanted: NewToken, by: Actor) -> Result<(Arc<Token>, String), TokenError> {
        let secret = new_secret();
        let token = Token::new(record(wanted, by, hash(&secret))?, 0);
        {
            let mut tokens = self.write();
            if tokens.len() >= TOKENS_MAX {
                return Err(TokenError::TooMany);
            }
            if tokens.values().any(|other| other.record.name == token.record.name) {
                return Err(TokenError::Exists(token.record.name.clone()));
            }
            tokens.insert(token.record.hash, token.clone());
        }
        let kept = serde_json::to_vec(&token.record).map(Bytes::from).ok();
        let written = self.durable(vec![(format!("{RECORD}{}", token.record.id), kept)]).await;
        if let Err(error) = written {
            self.write().remove(&token.record.hash);
            return Err(error.into());
        }
        Ok((token, secret))
    }

    /// Refuses a token from now on, everywhere; it stays so when it returns.
    ///
    /// # Errors
    /// There is none of that id, or the disk failed: then the token is refused until the server starts again.
    pub async fn revoke(&self, id: &TokenId) -> Result<Arc<Token>, TokenError> {
        let found = self.list().into_iter().find(|token| token.record.id == *id);
        let token = found.ok_or_else(|| TokenError::Unknown(id.clone()))?;
        self.write().remove(&token.record.hash);
        token.revoked.send_replace(true);
        self.durable(vec![(format!("{RECORD}{id}"), None), (format!("{LAST_USED}{id}"), None)]).await?;
        Ok(token)
    }

    async fn durable(&self, meta: Vec<(MetaKey, Option<Bytes>)>) -> Result<(), StorageError> {
        let mut durability = self.store.durability();
        let seq = self.store.append(Entry { meta, ..Entry::default() })?.seq;
        let done = durability.wait_for(|durability| durability.flushed >= seq || durability.lost(seq).is_some()).await;
        match done.map_err(|_| StorageError::Closed)?.lost(seq) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }
}

fn record(wanted: NewToken, created_by: Actor, hash: [u8; 32]) -> Result<TokenRecord, TokenError> {
    let NewToken { name, scopes, expires_in } = wanted;
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(TokenError::Name);
    }
    if scopes.is_empty() {
        return Err(TokenError::Scopeless);
    }
    if expires_in.is_some_and(|seconds| !(1..=EXPIRY_MAX).contains(&seconds)) {
        return Err(TokenError::Expiry);
    }
    let created_at = now();
    let expires_at = expires_in.and_then(|seconds| i64::try_from(seconds * 1000).ok()).map(|wait| created_at + wait);
    Ok(TokenRecord { id: TokenId::generate(), name, scopes, created_at, created_by, expires_at, hash })
}

fn new_secret() -> String {
    format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; SECRET_BYTES]>()))
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn parse<T: serde::de::DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, StorageError> {
    let damaged =
        |error: serde_json::Error| StorageError::Corrupt { document: key.to_owned(), what: error.to_string() };
    serde_json::from_slice(bytes).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use storage::MemoryStore;

    use super::*;

    fn wanted(name: &str) -> NewToken {
        NewToken { name: name.into(), scopes: Scopes::from_iter([Scope::TasksRead]), expires_in: None }
    }

    #[tokio::test]
    async fn a_secret_is_found_after_a_restart_and_kept_nowhere_until_it_is_revoked() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let book = TokenBook::load(store.clone()).unwrap();
        let (token, secret) = book.create(wanted("robot"), Actor::server()).await.unwrap();
        assert!(secret.starts_with(SECRET_PREFIX) && secret.len() == SECRET_PREFIX.len() + 43);
        let kept = store.meta_with_prefix("").unwrap();
        let secret_part = &secret[SECRET_PREFIX.len()..];
        assert!(kept.iter().all(|(_, bytes)| !String::from_utf8_lossy(bytes).contains(secret_part)));
        let again = TokenBook::load(store.clone()).unwrap();
        assert_eq!(again.find(&secret).unwrap().record(), token.record());
        assert!(again.find(&secret[1..]).is_none() && again.find("").is_none());
        again.revoke(&token.record().id).await.unwrap();
        assert!(again.find(&secret).is_none());
        assert!(TokenBook::load(store).unwrap().find(&secret).is_none());
    }

    #[tokio::test]
    async fn a_lent_token_is_good_until_it_is_given_back_and_written_nowhere() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let book = TokenBook::load(store.clone()).unwrap();
        let lent = book.lend("Kernel of n", Scopes::from_iter([Scope::WidgetsDrive])).unwrap();
        let secret = lent.secret.clone();
        let held = book.find(&secret).unwrap();
        assert_eq!((held.record().name.as_str(), book.list().len()), ("Kernel of n", 0));
        assert_eq!(store.meta_with_prefix("").unwrap().len(), 0);
        let ended = tokio::spawn(held.ended());
        drop(lent);
        ended.await.unwrap();
        assert!(book.find(&secret).is_none());
    }

    #[tokio::test]
    async fn whoever_holds_a_token_is_told_when_it_is_revoked() {
        let book = TokenBook::load(Arc::new(MemoryStore::default())).unwrap();
        let (token, secret) = book.create(wanted("robot"), Actor::server()).await.unwrap();
        let held = tokio::spawn(book.find(&secret).unwrap().ended());
        book.revoke(&token.record().id).await.unwrap();
        held.await.unwrap();
        assert!(matches!(book.revoke(&token.record().id).await, Err(TokenError::Unknown(_))));
    }

    #[tokio::test]
    async fn wishes_that_make_no_sense_are_refused_and_names_are_given_once() {
        let book = TokenBook::load(Arc::new(MemoryStore::default())).unwrap();
        book.create(wanted("robot"), Actor::server()).await.unwrap();
        let refused = async |wanted| book.create(wanted, Actor::server()).await.unwrap_err().to_string();
        assert!(refused(wanted(" robot ")).await.contains("already"));
        assert!(refused(wanted("a\nb")).await.contains("printable"));
        assert!(refused(NewToken { scopes: Scopes::default(), ..wanted("x") }).await.contains("notebooks:read"));
        for seconds in [0, u64::MAX] {
            assert!(refused(NewToken { expires_in: Some(seconds), ..wanted("x") }).await.contains("ten years"));
        }
        assert_eq!(book.list().len(), 1);
    }

    #[test]
    fn an_expired_token_is_found_no_more() {
        let book = TokenBook::load(Arc::new(MemoryStore::default())).unwrap();
        let expired = record(NewToken { expires_in: Some(1), ..wanted("old") }, Actor::server(), hash("s")).unwrap();
        let expired = TokenRecord { expires_at: Some(now()), ..expired };
        book.write().insert(expired.hash, Token::new(expired, 0));
        assert!(book.find("s").is_none());
        assert!(book.list()[0].has_expired());
    }
}
