//! What waits for the writer, and what callers wait for.
//!
//! Owns the assignment of sequence and event numbers, the bound on waiting bytes, and the conditions others wait on.
//! Invariant: numbers are given in the order in which the writer will see the entries.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc::SyncSender},
    time::{Duration, Instant},
};

use bytes::Bytes;

use crate::{
    StorageError,
    gathering::Gathering,
    record::Position,
    store::{Appended, BlobHash, DocumentKey, Entry, EventSeq, Seq},
};

/// Waiting beyond this is refused: the disk is too slow for what comes in, and memory is for documents.
pub(crate) const WAITING_LIMIT: usize = 256 * 1024 * 1024;
/// One group takes at most about this much, so that nobody waits long for its turn.
const GROUP_BYTES: usize = 8 * 1024 * 1024;
/// So much is a group worth writing at once, also when all of it may wait.
const GATHERED_BYTES: usize = 256 * 1024;
/// What an entry costs beside its bytes.
const ENTRY_OVERHEAD: usize = 256;

/// Something the writer is asked to do.
pub(crate) enum Job {
    Append { seq: Seq, first_event: EventSeq, entry: Entry },
    Compact { document: DocumentKey, upto: Seq, snapshot: Bytes },
    Blob { hash: BlobHash, content: Bytes, reply: SyncSender<Result<(), StorageError>> },
    Trim { before: EventSeq, reply: SyncSender<Result<(), StorageError>> },
}

/// The queue. A mutex held for a few instructions: an append never waits for the disk.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Wakes the writer.
    work: Condvar,
    /// Wakes those who wait for the writer to have got somewhere.
    progress: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<(usize, Job)>,
    /// Bytes of what waits or is being written.
    waiting: usize,
    seq: u64,
    event: u64,
    /// Everything up to here is decided: durable or lost.
    decided: u64,
    /// The newest undecided entry of each document.
    undecided: HashMap<DocumentKey, u64>,
    /// Why nothing can be written now.
    refusing: Option<StorageError>,
    /// Something waits that must not wait longer than it takes.
    prompt: bool,
    /// The writer lets more come: it is woken for what presses only.
    lets_more_come: bool,
    gathering: Gathering,
    closed: bool,
    idle: bool,
}

/// How long the writer waits for work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// At most this long; zero if it has other things to do.
    pub(crate) period: Duration,
    /// Whether it would have nothing left to do.
    pub(crate) idle: bool,
}

/// What the writer took.
pub(crate) struct Taken {
    pub(crate) jobs: Vec<Job>,
    pub(crate) bytes: usize,
    /// The store is to be closed, and nothing waits beyond these jobs.
    pub(crate) last: bool,
}

impl Queue {
    pub(crate) fn new(position: Position) -> Self {
        let state = State { seq: position.seq, event: position.event, decided: position.seq, ..State::default() };
        Self { state: Mutex::new(state), ..Self::default() }
    }

    /// Gives an entry its numbers and queues it.
    pub(crate) fn append(&self, entry: Entry) -> Result<Appended, StorageError> {
        let bytes = entry_bytes(&entry);
        let mut state = self.accepting(bytes)?;
        state.seq += 1;
        let (seq, first_event) = (Seq(state.seq), state.event + 1);
        state.event += entry.events.len() as u64;
        let events = first_event..state.event + 1;
        state.remember(&entry, seq);
        state.prompt |= !entry.may_gather;
        state.push(bytes, Job::Append { seq, first_event, entry });
        let wanted = !state.lets_more_come || state.is_pressing();
        drop(state);
        if wanted {
            self.work.notify_one();
        }
        Ok(Appended { seq, events })
    }

    /// Queues anything that needs no number.
    pub(crate) fn push(&self, bytes: usize, job: Job) -> Result<(), StorageError> {
        let mut state = self.accepting(bytes)?;
        state.prompt = true;
        state.push(bytes, job);
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    /// One value larger than the limit is taken when nothing else waits: it could otherwise never be.
    fn accepting(&self, bytes: usize) -> Result<MutexGuard<'_, State>, StorageError> {
        let state = self.lock();
        if state.closed {
            return Err(StorageError::Closed);
        }
        if let Some(error) = &state.refusing {
            return Err(error.clone());
        }
        if state.waiting > 0 && state.waiting + bytes > WAITING_LIMIT {
            return Err(StorageError::Busy { waiting: state.waiting, limit: WAITING_LIMIT });
        }
        Ok(state)
    }

    /// Takes up to a group of what waits; waits for something if the writer has time to.
    pub(crate) fn take(&self, patience: Patience) -> Taken {
        let mut state = self.lock();
        if state.jobs.is_empty() && !state.closed && patience.period > Duration::ZERO {
            state.idle = patience.idle;
            self.progress.notify_all();
            state = self
                .work
                .wait_timeout_while(state, patience.period, |state| state.jobs.is_empty() && !state.closed)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
        let pause = if patience.period > Duration::ZERO { state.pause(Instant::now()) } else { Duration::ZERO };
        if !pause.is_zero() {
            state = self.gather(state, pause);
        }
        let (jobs, bytes) = state.take_group(!pause.is_zero());
        state.idle = false;
        Taken { jobs, bytes, last: state.closed && state.jobs.is_empty() }
    }

    /// Lets more come until something presses.
    fn gather<'a>(&self, mut state: MutexGuard<'a, State>, pause: Duration) -> MutexGuard<'a, State> {
        state.lets_more_come = true;
        let waited = self.work.wait_timeout_while(state, pause, |state| !state.is_pressing());
        let mut state = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        state.lets_more_come = false;
        state
    }

    /// Everything up to `seq` is decided; `bytes` of memory are free again.
    pub(crate) fn decided(&self, seq: u64, bytes: usize) {
        let mut state = self.lock();
        state.decided = state.decided.max(seq);
        state.waiting -= bytes.min(state.waiting);
        state.undecided.retain(|_, newest| *newest > seq);
        drop(state);
        self.progress.notify_all();
    }

    /// Refuses new work with this error until told otherwise.
    pub(crate) fn refuse(&self, error: Option<StorageError>) {
        self.lock().refusing = error;
        self.progress.notify_all();
    }

    /// Waits until every entry of a document that was accepted before is decided.
    pub(crate) fn wait_for_document(&self, document: &DocumentKey) {
        let mut state = self.lock();
        let Some(target) = state.undecided.get(document).copied() else { return };
        state.prompt = true;
        self.work.notify_one();
        self.wait_while(state, |state| state.decided < target && !state.closed);
    }

    /// Waits until the writer has nothing left to do.
    pub(crate) fn wait_until_idle(&self) {
        let mut state = self.lock();
        state.prompt = true;
        self.work.notify_one();
        self.wait_while(state, |state| !(state.closed || state.idle && state.jobs.is_empty()));
    }

    fn wait_while(&self, state: MutexGuard<'_, State>, condition: impl FnMut(&mut State) -> bool) {
        drop(self.progress.wait_while(state, condition).unwrap_or_else(PoisonError::into_inner));
    }

    /// Refuses new work; what waits is still written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
        self.progress.notify_all();
    }

    /// Closes, forgets what waits, and answers with the newest number given if it or one before it is undecided.
    pub(crate) fn abandon(&self) -> Option<Seq> {
        self.close();
        let mut state = self.lock();
        state.jobs.clear();
        let undecided = (state.seq > state.decided).then_some(Seq(state.seq));
        state.decided = state.seq;
        self.progress.notify_all();
        undecided
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// The state is whole between any two statements: a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, bytes: usize, job: Job) {
        self.waiting += bytes;
        self.idle = false;
        self.jobs.push_back((bytes, job));
    }

    fn remember(&mut self, entry: &Entry, seq: Seq) {
        let updated = entry.update.as_ref().map(|(document, _)| document);
        for document in updated.into_iter().chain(&entry.delete) {
            match self.undecided.get_mut(document) {
                Some(newest) => *newest = seq.0,
                None => drop(self.undecided.insert(document.clone(), seq.0)),
            }
        }
    }

    /// What waits should be written now.
    fn is_pressing(&self) -> bool {
        self.prompt || self.closed || self.waiting >= GATHERED_BYTES
    }

    /// How long what waits may wait for more.
    fn pause(&self, now: Instant) -> Duration {
        if self.jobs.is_empty() || self.is_pressing() { Duration::ZERO } else { self.gathering.pause(now) }
    }

    fn take_group(&mut self, paused: bool) -> (Vec<Job>, usize) {
        let (mut bytes, mut count) = (0, 0);
        for (size, _) in &self.jobs {
            if bytes >= GROUP_BYTES {
                break;
            }
            (bytes, count) = (bytes + size, count + 1);
        }
        if count > 0 {
            self.gathering.took(count, paused, Instant::now());
        }
        self.prompt &= count < self.jobs.len();
        (self.jobs.drain(..count).map(|(_, job)| job).collect(), bytes)
    }
}

fn entry_bytes(entry: &Entry) -> usize {
    let update = entry.update.as_ref().map_or(0, |(document, update)| document.0.len() + update.len());
    let events: usize = entry.events.iter().map(Bytes::len).sum();
    let meta: usize = entry.meta.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Bytes::len)).sum();
    ENTRY_OVERHEAD + update + events + meta
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::COMMIT_INTERVAL;

    fn entry(may_gather: bool) -> Entry {
        Entry { events: vec![Bytes::from_static(b"e")], may_gather, ..Entry::default() }
    }

    /// A queue of which a group was just taken, with one more entry waiting.
    fn with_one_waiting(may_gather: bool) -> Queue {
        let queue = Queue::default();
        queue.append(entry(false)).unwrap();
        queue.take(Patience { period: Duration::ZERO, idle: false });
        queue.append(entry(may_gather)).unwrap();
        queue
    }

    fn may_wait(queue: &Queue) -> bool {
        let state = queue.lock();
        !state.is_pressing() && !state.jobs.is_empty()
    }

    #[test]
    fn what_may_gather_waits_and_what_somebody_waits_for_takes_it_along_at_once() {
        assert!(!may_wait(&with_one_waiting(false)));
        let queue = with_one_waiting(true);
        assert!(may_wait(&queue));
        queue.append(entry(false)).unwrap();
        assert!(!may_wait(&queue));
        assert_eq!(queue.take(Patience { period: COMMIT_INTERVAL, idle: true }).jobs.len(), 2);
        queue.append(entry(true)).unwrap();
        assert!(may_wait(&queue), "what was pressing is gone");
    }

    #[test]
    fn much_is_written_at_once_though_all_of_it_may_gather() {
        let queue = with_one_waiting(true);
        let events = vec![Bytes::from(vec![0; GATHERED_BYTES])];
        queue.append(Entry { events, may_gather: true, ..Entry::default() }).unwrap();
        assert!(!may_wait(&queue));
    }
}
