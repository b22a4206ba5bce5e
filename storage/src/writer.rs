//! The one thread that writes: takes what waits, commits it as one group, makes it durable, tells everybody.
//!
//! Owns all writing to the engine, in this order: group, sync, publish, and then a slice of background work (compaction
//! chunks ride with groups; removals of what nobody reads; the rewrite that gives space back).
//! Invariant: nothing is published before `Engine::sync` returned, and nothing fails without being published as lost.

use std::{
    collections::VecDeque,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Weak, mpsc::SyncSender},
    time::{Duration, Instant},
};

use bytes::Bytes;

use crate::{
    StorageError,
    bulk::{self, Bulk, Finished},
    directory::{Directory, PointerFailure},
    engine::{Engine, Operation},
    plan::{Plan, Prepared},
    queue::{Job, Patience, Taken},
    reading::{self, Opened},
    record::{Position, SnapshotHead},
    rewrite::{self, Rewrite},
    shared::Shared,
    store::{DocumentKey, Durability, Seq, SeqRange},
};

/// With nothing to do, how often the writer looks whether its disk is well, has room again, or space can be given back.
const IDLE_PERIOD: Duration = Duration::from_millis(250);
/// How often it looks whether the readers of what is to be removed have gone.
const READER_PERIOD: Duration = Duration::from_millis(20);
/// Records removed with one group.
const REMOVALS: usize = 2048;
/// Losses remembered one by one; more would be a disk that has been full for a long time, and everybody was told.
const LOSSES_KEPT: usize = 1024;
/// After a rewrite that failed (no room for the copy, say) the next try waits this long.
const REWRITE_PAUSE: Duration = Duration::from_secs(30);
/// A failed engine is opened again this often until it works.
const REOPEN_PERIOD: Duration = Duration::from_millis(200);
/// For how long compactions go on when the store is closed: a document that was folded is there at once after a restart,
/// and nobody should wait for that much longer than for the rest.
const CLOSING: Duration = Duration::from_millis(200);

type Reply = SyncSender<Result<(), StorageError>>;

/// The writer's own state.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    directory: Directory,
    /// Which copy of the data counts.
    generation: u64,
    cache_bytes: u64,
    position: Position,
    next_generation: u64,
    bulk: Bulk,
    /// What nothing names any more, with the epoch in which a reader may still have found it.
    debris: VecDeque<(u64, Vec<Operation>)>,
    rewrite: Option<Rewrite>,
    rewrite_after: Option<Instant>,
    size_after_rewrite: u64,
    /// The newest generation a copy was begun under; none is used twice, its files may still be on their way out.
    newest_copy: u64,
    /// The pointer was replaced and put back, and one of these is not yet durable.
    pointer_unsettled: bool,
    /// Databases that were replaced; removed when their last reader has gone.
    replaced: Vec<(Weak<Engine>, PathBuf)>,
    /// Why entries are refused at the moment.
    refusing: Option<StorageError>,
}

/// A group about to be written.
struct Group {
    plan: Plan,
    finished: Finished,
    replies: Vec<Reply>,
    /// Bytes of the queue that are free when the group is decided.
    bytes: usize,
}

impl Writer {
    /// A writer for what was opened; its catalogue is in `shared` already.
    pub(crate) fn new(
        shared: Arc<Shared>,
        directory: Directory,
        generation: u64,
        cache_bytes: u64,
        opened: Opened,
    ) -> Self {
        let mut writer = Self {
            shared,
            directory,
            generation,
            cache_bytes,
            position: opened.position,
            next_generation: opened.next_generation,
            bulk: Bulk::default(),
            debris: VecDeque::from([(0, opened.debris)]),
            rewrite: None,
            rewrite_after: None,
            size_after_rewrite: 0,
            newest_copy: generation,
            pointer_unsettled: false,
            replaced: Vec::new(),
            refusing: None,
        };
        writer.shared.pins.advance();
        writer.look_for_room();
        writer
    }

    /// Runs until the store is closed and everything accepted is decided.
    pub(crate) fn run(mut self) {
        let mut closing = None;
        loop {
            let taken = self.shared.queue.take(self.patience());
            let last = taken.last;
            if self.refusing.is_some() {
                self.look_for_room();
            }
            self.handle(taken);
            if last {
                if closing.get_or_insert_with(Instant::now).elapsed() > CLOSING {
                    self.bulk.forget_snapshots();
                }
                if self.bulk.is_idle() {
                    break;
                }
            }
            self.rewrite_step();
            self.remove_replaced();
        }
        self.abandon_rewrite();
        self.shared.write().engine = Err(StorageError::Closed);
    }

    fn patience(&self) -> Patience {
        let waiting_for_readers =
            !self.replaced.is_empty() || self.debris.iter().any(|(_, removals)| !removals.is_empty());
        match (self.has_background_work(), waiting_for_readers) {
            (true, _) => Patience { period: Duration::ZERO, idle: false },
            (false, true) => Patience { period: READER_PERIOD, idle: false },
            (false, false) => Patience { period: IDLE_PERIOD, idle: true },
        }
    }

    fn has_background_work(&self) -> bool {
        !self.bulk.is_idle() || self.rewrite.is_some() || self.has_removable_debris() || self.is_rewrite_due()
    }

    fn has_removable_debris(&self) -> bool {
        let waiting = self.debris.iter().find(|(_, removals)| !removals.is_empty());
        waiting.is_some_and(|(epoch, _)| self.shared.pins.is_past(*epoch))
    }

    fn handle(&mut self, taken: Taken) {
        if taken.jobs.is_empty() && self.bulk.is_idle() && !self.has_removable_debris() {
            self.check_health();
            return;
        }
        match self.refusing.clone() {
            Some(error) => self.refuse(taken, &error),
            None => self.write_group(taken),
        }
    }

    fn write_group(&mut self, taken: Taken) {
        let group = match self.plan(taken) {
            Ok(group) => group,
            Err((group, error)) => return self.recover(*group, error),
        };
        match self.commit(&group) {
            Ok(prepared) => self.publish(group, prepared),
            Err(error) => self.recover(group, error),
        }
    }

    /// Folds jobs into a plan. Compactions and blobs go their slower way.
    fn plan(&mut self, taken: Taken) -> Result<Group, (Box<Group>, StorageError)> {
        let shared = self.shared.clone();
        let published = shared.read();
        let catalogue = &published.catalogue;
        let mut group = Group { bytes: taken.bytes, ..Group::empty(self.position) };
        let rewriting = self.rewrite.is_some();
        let carried = published
            .engine
            .clone()
            .and_then(|engine| self.bulk.advance(&mut group.plan, &engine, catalogue, rewriting));
        for job in taken.jobs {
            match job {
                Job::Append { seq, first_event, entry } => group.plan.add(seq, first_event, entry, catalogue),
                Job::Compact { document, upto, snapshot } => match group.plan.number(&document, catalogue) {
                    Some(number) => {
                        group.bytes -= snapshot.len();
                        self.begin_compaction(document, number, upto, snapshot);
                    }
                    None => tracing::debug!(%document, "not compacting a document that is gone"),
                },
                Job::Blob { hash, content, reply } => {
                    group.bytes -= content.len();
                    self.bulk.blob(hash, content, reply);
                }
                Job::Trim { before, reply } => {
                    group.plan.trim(before);
                    group.replies.push(reply);
                }
            }
        }
        match carried {
            Ok(finished) => {
                group.bytes += finished.bytes;
                group.finished = finished;
                Ok(group)
            }
            Err(error) => Err((Box::new(group), error)),
        }
    }

    fn begin_compaction(&mut self, document: DocumentKey, number: u64, upto: Seq, snapshot: Bytes) {
        let head = SnapshotHead {
            generation: self.next_generation,
            upto: upto.0,
            bytes: snapshot.len() as u64,
            checksum: crc32fast::hash(&snapshot),
        };
        self.next_generation += 1;
        self.bulk.snapshot(document, number, head, snapshot);
    }

    /// Writes a group and makes it durable. sled may panic where it meets an error it did not expect.
    fn commit(&mut self, group: &Group) -> Result<Prepared, StorageError> {
        let guarded = catch_unwind(AssertUnwindSafe(|| self.commit_unguarded(group)));
        guarded.unwrap_or_else(|_| {
            Err(StorageError::Io {
                place: self.directory.path().display().to_string(),
                cause: Arc::new(std::io::Error::other("the storage engine panicked")),
            })
        })
    }

    fn commit_unguarded(&mut self, group: &Group) -> Result<Prepared, StorageError> {
        let mut prepared = group.plan.prepare(&self.shared.read().catalogue, |_| true)?;
        let mut operations = std::mem::take(&mut prepared.operations);
        operations.extend(self.take_debris());
        let engine = self.engine()?;
        engine.commit(operations)?;
        engine.sync()?;
        self.write_to_copy(&group.plan);
        Ok(prepared)
    }

    /// A few removals whose readers have gone. If the group fails they are found again when the engine is re-opened.
    fn take_debris(&mut self) -> Vec<Operation> {
        while self.debris.front().is_some_and(|(_, removals)| removals.is_empty()) {
            self.debris.pop_front();
        }
        match self.debris.front_mut() {
            Some((epoch, removals)) if self.shared.pins.is_past(*epoch) => {
                removals.split_off(removals.len().saturating_sub(REMOVALS))
            }
            _ => Vec::new(),
        }
    }

    fn publish(&mut self, group: Group, prepared: Prepared) {
        self.shared.write().catalogue.apply(prepared.changes);
        self.retire(prepared.retired);
        self.decide(group, Ok(()));
    }

    /// Readers that came before this may still want these records.
    fn retire(&mut self, retired: Vec<Operation>) {
        if !retired.is_empty() {
            self.debris.push_back((self.shared.pins.advance(), retired));
        }
    }

    /// Tells everybody what became of a group.
    fn decide(&mut self, group: Group, result: Result<(), StorageError>) {
        let Group { plan, mut finished, replies, bytes } = group;
        let before = self.position.seq;
        self.position = plan.position;
        let unwanted = std::mem::take(&mut finished.unwanted);
        self.retire(unwanted);
        self.announce(before, result.as_ref().err());
        self.shared.queue.decided(self.position.seq, bytes);
        finished.answer(result.clone());
        replies.iter().for_each(|reply| bulk::tell(reply, result.clone()));
    }

    /// Publishes the position, and what was lost on the way to it.
    fn announce(&self, before: u64, error: Option<&StorageError>) {
        let Position { seq, event, .. } = self.position;
        if seq == before && error.is_none() {
            return;
        }
        self.shared.durability.send_modify(|durability| {
            if let Some(error) = error.filter(|_| seq > before) {
                remember_loss(durability, SeqRange { first: Seq(before + 1), last: Seq(seq) }, error);
            }
            durability.flushed = Seq(seq);
            durability.last_event = event;
        });
    }

    /// Answers a group without touching the disk: it is known to be full.
    fn refuse(&mut self, taken: Taken, error: &StorageError) {
        let bytes = taken.bytes + self.bulk.fail(error);
        let mut group = Group { bytes, ..Group::empty(self.position) };
        for job in taken.jobs {
            match job {
                Job::Append { seq, first_event, entry } => {
                    group.plan.add(seq, first_event, entry, &self.shared.read().catalogue);
                }
                Job::Compact { document, .. } => tracing::warn!(%document, %error, "a compaction was given up"),
                Job::Blob { reply, .. } | Job::Trim { reply, .. } => group.replies.push(reply),
            }
        }
        self.decide(group, Err(error.clone()));
    }

    /// The disk failed. sled refuses everything from here on, so it is opened again; what it then holds decides
    /// whether the group survived: a group is there wholly or not at all.
    fn recover(&mut self, mut group: Group, error: StorageError) {
        tracing::error!(%error, "a group could not be written; opening the store again");
        self.refusing = Some(error.clone());
        self.shared.queue.refuse(Some(error.clone()));
        self.abandon_rewrite();
        group.bytes += self.bulk.fail(&error);
        let Some(opened) = self.reopen(&error) else {
            return self.decide(group, Err(error));
        };
        let survived = opened.position.seq >= group.plan.position.seq;
        group.plan.position.next_number = group.plan.position.next_number.max(opened.position.next_number);
        self.next_generation = self.next_generation.max(opened.next_generation);
        self.debris = VecDeque::from([(self.shared.pins.advance(), opened.debris)]);
        self.decide(group, if survived { Ok(()) } else { Err(error) });
        self.look_for_room();
    }

    /// Opens the engine again, for as long as it takes; `None` if the store is closed before that.
    fn reopen(&mut self, error: &StorageError) -> Option<Opened> {
        self.shared.write().engine = Err(error.clone());
        self.directory.release_reserve();
        loop {
            match self.try_open() {
                Ok(opened) => return Some(opened),
                Err(error) => {
                    tracing::error!(%error, "the store cannot be opened again yet");
                    self.shared.write().engine = Err(error);
                }
            }
            if self.shared.queue.is_closed() {
                return None;
            }
            std::thread::sleep(REOPEN_PERIOD);
        }
    }

    fn try_open(&mut self) -> Result<Opened, StorageError> {
        let engine = Engine::open(&self.directory.data(self.generation), self.generation, self.cache_bytes)?;
        let mut opened = reading::open(&engine)?;
        let mut published = self.shared.write();
        published.catalogue = std::mem::take(&mut opened.catalogue);
        published.engine = Ok(Arc::new(engine));
        Ok(opened)
    }

    fn engine(&self) -> Result<Arc<Engine>, StorageError> {
        self.shared.read().engine.clone()
    }

    /// With nothing to do: sled's own threads may have met an error that the next group would otherwise meet.
    fn check_health(&mut self) {
        if let Err(error) = self.engine().and_then(|engine| engine.flush()) {
            let group = Group::empty(self.position);
            self.recover(group, error);
        }
    }

    /// Entries are accepted while the reserve is filled; without it a full disk could not be recovered from.
    fn look_for_room(&mut self) {
        let found = self.engine().and_then(|_| self.settle_pointer()).and_then(|()| self.directory.fill_reserve());
        if let Err(error) = &found {
            tracing::debug!(%error, "still no room for the reserve");
        }
        if found.is_ok() != self.refusing.is_none() {
            tracing::info!(writable = found.is_ok(), "the disk's state changed");
        }
        self.refusing = found.err();
        self.shared.queue.refuse(self.refusing.clone());
    }

    fn settle_pointer(&mut self) -> Result<(), StorageError> {
        if self.pointer_unsettled {
            self.directory.point_to(self.generation).map_err(PointerFailure::into_error)?;
            self.pointer_unsettled = false;
        }
        Ok(())
    }

    fn is_rewrite_due(&self) -> bool {
        if self.refusing.is_some() || self.rewrite_after.is_some_and(|time| Instant::now() < time) {
            return false;
        }
        let published = self.shared.read();
        let due = |engine: &Arc<Engine>| {
            rewrite::is_due(engine.file_bytes(), published.catalogue.live(), self.size_after_rewrite)
        };
        // An unreadable head hides which records belong to it: a copy would forget them.
        let is_whole = || published.catalogue.documents.values().all(|document| document.damage.is_none());
        published.engine.as_ref().is_ok_and(due) && is_whole()
    }

    /// One slice of the copy, if one is under way or due.
    fn rewrite_step(&mut self) {
        if self.rewrite.is_none() && !(self.bulk.is_idle() && self.is_rewrite_due()) {
            return;
        }
        if let Err(error) = self.advance_rewrite() {
            tracing::warn!(%error, "giving space back failed; trying again later");
            self.abandon_rewrite();
        }
    }

    fn advance_rewrite(&mut self) -> Result<(), StorageError> {
        let shared = self.shared.clone();
        let (source, _pin, ()) = shared.pinned(|_| ())?;
        if self.rewrite.is_none() {
            let generation = self.newest_copy + 1;
            self.newest_copy = generation;
            let path = self.directory.data(generation);
            let catalogue = &shared.read().catalogue;
            self.rewrite = Some(Rewrite::begin(&source, catalogue, &path, generation, self.cache_bytes)?);
            return Ok(());
        }
        let Some(rewrite) = &mut self.rewrite else { return Ok(()) };
        let done = rewrite.step(&source, &shared.read().catalogue)?;
        if done { self.finish_rewrite(&source) } else { Ok(()) }
    }

    /// Makes the copy the store: durable first, then named by the pointer, then used.
    fn finish_rewrite(&mut self, source: &Arc<Engine>) -> Result<(), StorageError> {
        let Some(rewrite) = &self.rewrite else { return Ok(()) };
        rewrite.seal(&self.position)?;
        if let Err(failure) = self.directory.point_to(rewrite.engine.generation()) {
            return Err(self.point_back(failure));
        }
        if let Some(rewrite) = self.rewrite.take() {
            self.use_copy(rewrite, source);
        }
        Ok(())
    }

    /// The copy could not be made the store. If the pointer may name it, it is put back before another group is written.
    fn point_back(&mut self, failure: PointerFailure) -> StorageError {
        if let PointerFailure::Unsettled(error) = &failure {
            self.pointer_unsettled = true;
            self.refusing = Some(error.clone());
            self.shared.queue.refuse(self.refusing.clone());
            self.look_for_room();
        }
        failure.into_error()
    }

    fn use_copy(&mut self, rewrite: Rewrite, source: &Arc<Engine>) {
        let Rewrite { engine, mut catalogue, .. } = rewrite;
        let before = source.file_bytes();
        self.size_after_rewrite = engine.file_bytes();
        tracing::info!(before, after = self.size_after_rewrite, "gave space back");
        self.generation = engine.generation();
        self.debris.clear();
        catalogue.position = self.position;
        let mut published = self.shared.write();
        published.catalogue = catalogue;
        published.engine = Ok(Arc::new(engine));
        self.replaced.push((Arc::downgrade(source), source.path().to_owned()));
    }

    fn write_to_copy(&mut self, plan: &Plan) {
        let written = self.rewrite.as_mut().map(|rewrite| rewrite.write(plan));
        if let Some(Err(error)) = written {
            tracing::warn!(%error, "giving space back failed; trying again later");
            self.abandon_rewrite();
        }
    }

    fn abandon_rewrite(&mut self) {
        if let Some(rewrite) = self.rewrite.take() {
            let path = rewrite.engine.path().to_owned();
            drop(rewrite);
            // A pointer that may still name the copy needs its files: the next start removes what does not count.
            if !self.pointer_unsettled {
                self.replaced.push((Weak::new(), path));
            }
            self.rewrite_after = Some(Instant::now() + REWRITE_PAUSE);
            self.remove_replaced();
        }
    }

    /// Removes databases that nobody reads any more. sled may still be closing one: then the next round gets it.
    fn remove_replaced(&mut self) {
        self.replaced.retain(|(engine, path)| {
            if engine.strong_count() > 0 {
                return true;
            }
            match fs::remove_dir_all(path) {
                Ok(()) => false,
                Err(cause) => {
                    path.exists() && {
                        tracing::debug!(directory = %path.display(), %cause, "not removed yet");
                        true
                    }
                }
            }
        });
    }
}

impl Group {
    fn empty(position: Position) -> Self {
        Self { plan: Plan::new(position), finished: Finished::default(), replies: Vec::new(), bytes: 0 }
    }
}

/// Adds a loss, joined to the one before if it goes on there.
fn remember_loss(durability: &mut Durability, range: SeqRange, error: &StorageError) {
    let lost = Arc::make_mut(&mut durability.lost);
    match lost.last_mut() {
        Some((last, why)) if last.last.0 + 1 == range.first.0 && why.to_string() == error.to_string() => {
            last.last = range.last;
        }
        _ => lost.push((range, error.clone())),
    }
    let surplus = lost.len().saturating_sub(LOSSES_KEPT);
    lost.drain(..surplus);
}
