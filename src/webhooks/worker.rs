//! The task of one webhook: one event after the other, in the order of the log.
//!
//! Imports courier, kept, patience. Invariant: progress moves past an event only in the write that tells what became of it;
//! a crash in between delivers it again, under the same id.

use std::{convert::Infallible, future::pending, sync::Arc, time::Duration};

use storage::EventSeq;
use tokio::{sync::watch, time};

use super::{
    courier::{Letter, Reception},
    kept::{Activity, Attempt, DeadLetter, Progress, Webhook},
    patience::{Failing, Step, step},
    shared::{Hook, Shared},
};
use crate::{
    events::{EventLine, Filter, now},
    ids::WebhookId,
    vocabulary::Millis,
};

/// How often a webhook whose filter lets nothing through notes how far it has looked: who was away for longer than the
/// log reaches would be told of a gap that concerns it not.
const NOTE_INTERVAL: Duration = Duration::from_secs(60);

/// A webhook at work.
pub struct Worker {
    pub shared: Arc<Shared>,
    pub hook: Arc<Hook>,
    pub settings: watch::Receiver<Arc<Webhook>>,
}

impl Worker {
    /// Works until the webhook is deleted or the server stops. New settings count at once: an attempt under way is given
    /// up, and what waits for its next attempt is tried now.
    pub async fn run(mut self) {
        let failing = self.hook.progress().failing;
        let mut wait_until = failing.map(|failing| failing.retry_at);
        loop {
            let webhook = self.settings.borrow_and_update().clone();
            tokio::select! {
                changed = self.settings.changed() => if changed.is_err() { return },
                never = follow(&self.shared, &self.hook, &webhook, wait_until.take()) => match never {},
            }
        }
    }
}

/// `wait_until` is when the first event is due, which was tried before the server started.
async fn follow(shared: &Shared, hook: &Hook, webhook: &Webhook, mut wait_until: Option<Millis>) -> Infallible {
    if webhook.activity != Activity::Active {
        return pending().await;
    }
    let mut subscription = shared.events.subscribe(Some(hook.progress().cursor), true, filter(webhook));
    loop {
        tokio::select! {
            line = subscription.next() => match line {
                Some(line) => deliver(shared, hook, webhook, &line, wait_until.take()).await,
                // The store has ended.
                None => return pending().await,
            },
            () = time::sleep(NOTE_INTERVAL) => note(shared, hook, subscription.position()),
        }
    }
}

/// What a webhook wants to be told.
pub fn filter(webhook: &Webhook) -> Filter {
    let notebook = webhook.notebook.as_ref().map(ToString::to_string);
    Filter::new(Some(&webhook.types.join(",")), notebook).of_project(webhook.project.as_ref().map(ToString::to_string))
}

/// The id of a message: receivers tell repetitions by it.
pub fn message_id(webhook: &WebhookId, seq: EventSeq) -> String {
    format!("msg_{webhook}_{seq}")
}

/// Returns when the event was delivered or set aside.
async fn deliver(shared: &Shared, hook: &Hook, webhook: &Webhook, line: &EventLine, mut wait_until: Option<Millis>) {
    let id = message_id(&webhook.id, line.seq);
    loop {
        if let Some(moment) = wait_until {
            let wait = u64::try_from(moment - now()).unwrap_or(0);
            time::sleep(Duration::from_millis(wait)).await;
        }
        let letter = Letter { url: &webhook.url, secrets: &webhook.secrets, id: &id, body: &line.json };
        let reception = shared.courier.deliver(letter).await;
        let failing = hook.progress().failing;
        match step(failing.as_ref(), &reception, &shared.patience, rand::random(), now()) {
            Step::Suspend(because) => {
                shared.record(hook, line, &reception, Outcome::Stays(failing));
                tracing::warn!(webhook = %webhook.id, because, "a webhook is suspended");
                shared.suspend(&webhook.id, because).await;
                // The new settings end this.
                return pending().await;
            }
            Step::Retry(failing) => {
                wait_until = Some(failing.retry_at);
                shared.record(hook, line, &reception, Outcome::Stays(Some(failing)));
            }
            Step::SetAside(failing) => return shared.record(hook, line, &reception, Outcome::SetAside(failing)),
            Step::Next => return shared.record(hook, line, &reception, Outcome::Passed),
        }
    }
}

/// What became of an event in an attempt.
enum Outcome {
    Passed,
    Stays(Option<Failing>),
    SetAside(Failing),
}

impl Shared {
    /// Keeps what became of an event. Nobody waits for it: who is told twice knows it by the id.
    fn record(&self, hook: &Hook, line: &EventLine, reception: &Reception, outcome: Outcome) {
        let (mut records, mut changes) = (hook.records(), Vec::new());
        if records.are_gone() {
            return;
        }
        records.add_attempt(&Attempt::new(line.seq, line.kind(), reception, now()), &mut changes);
        let progress = match outcome {
            Outcome::Passed => Progress { cursor: line.seq, failing: None },
            Outcome::Stays(failing) => Progress { cursor: records.progress.cursor, failing },
            Outcome::SetAside(Failing { attempts, said, .. }) => {
                let (event, body) = (line.kind().to_owned(), line.json.clone());
                let letter = DeadLetter { seq: line.seq, event, body, at: now(), attempts, said };
                records.add_dead_letter(&letter, &mut changes);
                Progress { cursor: line.seq, failing: None }
            }
        };
        records.set_progress(progress, &mut changes);
        self.write_soon(changes);
    }
}

/// Keeps how far a webhook has looked, if that is news.
fn note(shared: &Shared, hook: &Hook, cursor: EventSeq) {
    let (mut records, mut changes) = (hook.records(), Vec::new());
    if records.progress.cursor < cursor && !records.are_gone() {
        records.set_progress(Progress { cursor, failing: None }, &mut changes);
        shared.write_soon(changes);
    }
}
