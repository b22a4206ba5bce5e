//! `Idempotency-Key`: a retried `POST` acts once and gets the same answer; a duplicate under way waits for the first.
//!
//! Kept in memory, bounded, for a day: a restart of the server forgets the keys. Only answers that settle the request
//! are kept: after a 5xx, a 429 or a body that came in part (408) a retry acts again.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header::CONTENT_LENGTH},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Shared, caller::Caller, error::ApiError};
use crate::{config, wire::rest::IDEMPOTENCY_HEADER};

/// The longest key, in bytes: a UUID has 36.
const KEY_MAX: usize = 256;

/// The largest answer that is kept: a cell with its outputs. A larger one is sent but a retry acts again.
const ANSWER_MAX: usize = 1 << 20;

/// Bytes of answers kept in all; past it the oldest go.
const KEPT_BYTES: usize = 64 << 20;

/// The caller and the address with the caller's key.
type Key = (String, String);

/// The place of one answer; locked while the request is under way.
type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

#[derive(Debug, Clone)]
struct Kept {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl IntoResponse for Kept {
    fn into_response(self) -> Response {
        (self.status, self.headers, self.body).into_response()
    }
}

/// Answers by key.
#[derive(Debug, Default)]
pub struct Answers {
    /// Held for look-ups only.
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    slots: HashMap<Key, Slot>,
    /// Oldest first, with the size of the answer once there is one.
    ages: VecDeque<(Instant, Key)>,
    sizes: HashMap<Key, usize>,
    bytes: usize,
}

impl Answers {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, key: &Key, now: Instant) -> Slot {
        let mut table = self.table();
        table.expire(now);
        if let Some(slot) = table.slots.get(key) {
            return slot.clone();
        }
        table.ages.push_back((now, key.clone()));
        table.slots.entry(key.clone()).or_default().clone()
    }

    fn keep(&self, key: &Key, size: usize) {
        let mut table = self.table();
        table.sizes.insert(key.clone(), size);
        table.bytes += size;
    }
}

impl Table {
    fn expire(&mut self, now: Instant) {
        let full = |table: &Self| table.ages.len() >= config::IDEMPOTENCY_ENTRIES || table.bytes > KEPT_BYTES;
        while let Some((at, _)) = self.ages.front() {
            if now.saturating_duration_since(*at) < config::IDEMPOTENCY_KEPT && !full(self) {
                return;
            }
            let Some((_, key)) = self.ages.pop_front() else { return };
            self.slots.remove(&key);
            self.bytes -= self.sizes.remove(&key).unwrap_or(0);
        }
    }
}

/// Lets a request with a key act once.
pub async fn once(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let Some(header) = request.headers().get(IDEMPOTENCY_HEADER) else { return next.run(request).await };
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let Some(text) = header.to_str().ok().filter(|text| (1..=KEY_MAX).contains(&text.len())) else {
        let message = format!("An Idempotency-Key has 1 to {KEY_MAX} plain characters.");
        return ApiError::bad_request("invalid_idempotency_key", message).into_response();
    };
    // What one caller was told is no other's to hear.
    let caller = request.extensions().get::<Caller>().and_then(Caller::token_id);
    let caller = caller.map(|id| id.to_string()).unwrap_or_default();
    let key = (format!("{caller} {}", request.uri()), text.to_owned());
    // On a task of its own: when the client gives up waiting, the request still ends and its answer is kept.
    let acting = tokio::spawn(async move { act_once(&app.answers, key, request, next).await });
    acting.await.unwrap_or_else(|error| ApiError::internal(error).into_response())
}

async fn act_once(answers: &Answers, key: Key, request: Request, next: Next) -> Response {
    let slot = answers.slot(&key, Instant::now());
    let mut kept = slot.lock().await;
    if let Some(kept) = kept.clone() {
        return kept.into_response();
    }
    let response = next.run(request).await;
    if !settles(response.status()) {
        return response;
    }
    match split(response).await {
        Ok(answer) => {
            answers.keep(&key, answer.body.len());
            kept.insert(answer).clone().into_response()
        }
        Err(response) => response,
    }
}

fn settles(status: StatusCode) -> bool {
    let again = status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT;
    !again && !status.is_server_error()
}

/// The answer as values, or as it was when it is too large to be kept.
async fn split(response: Response) -> Result<Kept, Response> {
    let announced =
        response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let exact = axum::body::HttpBody::size_hint(response.body()).exact().and_then(|size| usize::try_from(size).ok());
    if announced.or(exact).is_none_or(|size| size > ANSWER_MAX) {
        return Err(response);
    }
    let (parts, body) = response.into_parts();
    match to_bytes(body, ANSWER_MAX).await {
        Ok(body) => Ok(Kept { status: parts.status, headers: parts.headers, body }),
        Err(error) => Err((parts.status, parts.headers, Body::from(error.to_string())).into_response()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        ("/x".into(), number.to_string())
    }

    #[test]
    fn the_oldest_keys_go_when_there_are_too_many_or_too_old() {
        let answers = Answers::default();
        let start = Instant::now();
        for number in 0..=config::IDEMPOTENCY_ENTRIES {
            answers.slot(&key(number), start);
        }
        assert!(!answers.table().slots.contains_key(&key(0)));
        assert!(answers.table().slots.contains_key(&key(1)));
        answers.slot(&key(0), start + config::IDEMPOTENCY_KEPT);
        assert_eq!(answers.table().slots.len(), 1);
    }

    #[test]
    fn large_answers_push_old_ones_out() {
        let answers = Answers::default();
        let start = Instant::now();
        for number in 0..100 {
            answers.slot(&key(number), start);
            answers.keep(&key(number), ANSWER_MAX);
        }
        let table = answers.table();
        assert!(table.bytes <= KEPT_BYTES + ANSWER_MAX);
        assert!(table.slots.contains_key(&key(99)) && !table.slots.contains_key(&key(0)));
    }
}
