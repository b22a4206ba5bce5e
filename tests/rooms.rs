//! Rooms over a store, without sockets: opening, failing, unloading, deleting.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use coscribe::{
    ids::{CellId, DocumentId, NotebookId},
    notebook::Op,
    room::{ApplyError, CloseReason, Connection, CreateError, Join, Line, OpenError, RoomHandle, RoomLimits, Rooms},
    vocabulary::{Actor, ActorKind, CellKind, Place, Role},
    wire::{frame, update},
};
use storage::{
    Appended, BlobHash, DocumentInfo, DocumentKey, Durability, Entry, EventRecord, EventSeq, Loaded, MemoryStore,
    Report, Seq, Size, StorageError, Store,
};
use tokio::sync::watch;
use yrs::{Doc, GetString, Text, Transact, updates::decoder::Decode};

/// A store that fails on request: it is full, or it panics, as a defect anywhere below a room would.
struct FailingStore {
    inner: MemoryStore,
    full: AtomicBool,
    panics: AtomicBool,
}

impl FailingStore {
    fn new() -> Arc<Self> {
        Arc::new(Self { inner: MemoryStore::new(), full: AtomicBool::new(false), panics: AtomicBool::new(false) })
    }
}

impl Store for FailingStore {
    fn append(&self, entry: Entry) -> Result<Appended, StorageError> {
        assert!(!self.panics.load(Ordering::SeqCst), "a defect on purpose");
        match self.full.load(Ordering::SeqCst) {
            true => Err(StorageError::DiskFull { place: "the test".into() }),
            false => self.inner.append(entry),
        }
    }
    fn durability(&self) -> watch::Receiver<Durability> {
        self.inner.durability()
    }
    fn load(&self, document: &DocumentKey) -> Result<Option<Loaded>, StorageError> {
        self.inner.load(document)
    }
    fn compact(&self, document: &DocumentKey, upto: Seq, snapshot: Bytes) -> Result<(), StorageError> {
        self.inner.compact(document, upto, snapshot)
    }
    fn documents(&self) -> Result<Vec<DocumentInfo>, StorageError> {
        self.inner.documents()
    }
    fn meta(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        self.inner.meta(key)
    }
    fn meta_with_prefix(&self, prefix: &str) -> Result<Vec<(String, Bytes)>, StorageError> {
        self.inner.meta_with_prefix(prefix)
    }
    fn events_after(&self, since: EventSeq, limit: usize) -> Result<Vec<EventRecord>, StorageError> {
        self.inner.events_after(since, limit)
    }
    fn first_event(&self) -> Result<Option<EventSeq>, StorageError> {
        self.inner.first_event()
    }
    fn trim_events(&self, before: EventSeq) -> Result<(), StorageError> {
        self.inner.trim_events(before)
    }
    fn put_blob(&self, content: &[u8]) -> Result<BlobHash, StorageError> {
        self.inner.put_blob(content)
    }
    fn blob(&self, hash: &BlobHash) -> Result<Option<Bytes>, StorageError> {
        self.inner.blob(hash)
    }
    fn size(&self) -> Result<Size, StorageError> {
        self.inner.size()
    }
    fn inspect(&self) -> Result<Report, StorageError> {
        self.inner.inspect()
    }
    fn backup(&self, path: &std::path::Path) -> Result<(), StorageError> {
        self.inner.backup(path)
    }
}

fn ana() -> Actor {
    Actor { name: "Ana".into(), kind: ActorKind::Human }
}

fn free(name: &str) -> DocumentId {
    format!("doc:{name}").parse().unwrap()
}

/// A network that takes everything.
#[derive(Debug)]
struct Wide;

impl Line for Wide {
    fn write(&self, frames: &mut Vec<Bytes>) -> bool {
        frames.clear();
        true
    }

    fn is_clear(&self) -> bool {
        true
    }
}

async fn join(room: &RoomHandle) -> Connection {
    let connection = join_without_line(room).await;
    connection.attach(Arc::new(Wide));
    connection
}

/// Nothing leaves the queue of this one.
async fn join_without_line(room: &RoomHandle) -> Connection {
    let join = Join { actor: ana(), role: Role::Editor, declared: true, tab: None, remote: "test".into() };
    room.join(join).await.unwrap()
}

fn typed(text: &str) -> update::CheckedUpdate {
    let doc = Doc::new();
    let root = doc.get_or_insert_text("text");
    let mut transaction = doc.transact_mut();
    root.insert(&mut transaction, 0, text);
    update::check(transaction.encode_update_v1().into()).unwrap()
}

async fn text(room: &RoomHandle) -> String {
    let state = room.state(None).await.unwrap();
    let doc = Doc::new();
    doc.transact_mut().apply_update(yrs::Update::decode_v1(&state).unwrap()).unwrap();
    let root = doc.get_or_insert_text("text");
    root.get_string(&doc.transact())
}

/// Waits until the room tells why it closes.
async fn closed(connection: &Connection) -> CloseReason {
    loop {
        match connection.flush() {
            Ok(_) => connection.busy().await,
            Err(reason) => return reason,
        }
    }
}

/// Opens a document again, however long its old room takes to end.
async fn reopened(rooms: &Rooms, id: &DocumentId) -> RoomHandle {
    rooms.open(id).await.expect("the document must open again")
}

#[tokio::test]
async fn a_room_that_panics_is_rebuilt_from_its_log_and_others_go_on() {
    let store = FailingStore::new();
    let rooms = Rooms::new(store.clone(), RoomLimits::default());
    let (broken, fine) = (rooms.open(&free("broken")).await.unwrap(), rooms.open(&free("fine")).await.unwrap());
    broken.merge(typed("kept"), ana()).await.unwrap();
    let witness = join(&broken).await;
    store.panics.store(true, Ordering::SeqCst);
    let refused = broken.merge(typed("lost"), ana()).await;
    store.panics.store(false, Ordering::SeqCst);
    assert!(matches!(refused, Err(ApplyError::Closed(_))), "{refused:?}");
    assert_eq!(closed(&witness).await, CloseReason::Failed);
    drop(broken);
    assert_eq!(text(&reopened(&rooms, &free("broken")).await).await, "kept");
    fine.merge(typed("fine"), ana()).await.unwrap();
}

#[tokio::test]
async fn a_document_that_fails_twice_is_set_aside_with_a_sentence() {
    let store = FailingStore::new();
    let rooms = Rooms::new(store.clone(), RoomLimits::default());
    store.panics.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let room = reopened(&rooms, &free("broken")).await;
        assert!(room.merge(typed("x"), ana()).await.is_err());
        let witness = room
            .join(Join { actor: ana(), role: Role::Editor, declared: false, tab: None, remote: String::new() })
            .await;
        assert!(witness.is_err(), "the room has ended");
    }
    let refused = rooms.open(&free("broken")).await.unwrap_err();
    assert!(matches!(&refused, OpenError::Quarantined { document, .. } if document == "doc:broken"), "{refused}");
    assert!(refused.to_string().contains("coscribe doctor"));
}

#[tokio::test]
async fn an_update_between_two_types_closes_its_sender_only_and_changes_nothing() {
    let rooms = Rooms::new(Arc::new(MemoryStore::new()), RoomLimits::default());
    let room = rooms.open(&free("a")).await.unwrap();
    let checked = |bytes: &'static [u8]| update::check(Bytes::from_static(bytes)).unwrap();
    // Client 7: "a" in the text "t"; client 8: 1 in the list "l"; client 5: "b" between the two.
    let apart = b"\x02\x01\x07\0\x04\x01\x01t\x01a\x01\x08\0\x08\x01\x01l\x01\x7d\x01\0";
    let between = b"\x01\x01\x05\0\xc4\x07\0\x08\0\x01b\0";
    room.merge(checked(apart), ana()).await.unwrap();
    let before = room.state(None).await.unwrap();
    let refused = room.merge(checked(between), ana()).await;
    assert!(matches!(refused, Err(ApplyError::Misplaced(_))), "{refused:?}");
    let (sender, witness) = (join(&room).await, join(&room).await);
    sender.send(frame::decode(frame::update(between)).unwrap()).await.unwrap();
    assert!(matches!(closed(&sender).await, CloseReason::Refused(why) if why.contains("between two others")));
    room.merge(typed("still here"), ana()).await.unwrap();
    assert_eq!(witness.flush(), Ok(true), "others stay connected");
    let after = update::check(room.state(None).await.unwrap()).unwrap();
    assert!(after.contains_all_of(&update::check(before).unwrap()));
    assert!(after.inserts().iter().all(|run| run.client != 5));
}

#[tokio::test]
async fn a_full_disk_refuses_the_change_with_a_sentence_and_loses_nothing() {
    let store = FailingStore::new();
    let rooms = Rooms::new(store.clone(), RoomLimits::default());
    let room = rooms.open(&free("a")).await.unwrap();
    room.merge(typed("kept"), ana()).await.unwrap();
    let witness = join(&room).await;
    store.full.store(true, Ordering::SeqCst);
    let refused = room.merge(typed("refused"), ana()).await.unwrap_err();
    assert!(refused.to_string().contains("full"), "{refused}");
    assert!(matches!(closed(&witness).await, CloseReason::NotStored(why) if why.contains("full")));
    drop(room);
    store.full.store(false, Ordering::SeqCst);
    let room = reopened(&rooms, &free("a")).await;
    assert_eq!(text(&room).await, "kept");
    room.merge(typed("again"), ana()).await.unwrap();
}

#[tokio::test]
async fn notebooks_are_created_deleted_and_restored() {
    let rooms = Rooms::new(Arc::new(MemoryStore::new()), RoomLimits::default());
    let id: NotebookId = "first".parse().unwrap();
    assert!(matches!(rooms.open(&DocumentId::Notebook(id.clone())).await, Err(OpenError::Unknown(_))));
    rooms.create(id.clone(), "First".into(), None, ana()).await.unwrap();
    assert!(matches!(rooms.create(id.clone(), "Again".into(), None, ana()).await, Err(CreateError::Exists(_))));
    let room = rooms.open(&DocumentId::Notebook(id.clone())).await.unwrap();
    let cell: CellId = "added".parse().unwrap();
    let add = Op::AddCell { id: cell, kind: CellKind::Note, source: "# Hi".into(), place: Place::Last };
    assert_eq!(room.apply(add, ana()).await.unwrap().cells.len(), 2);
    let witness = join(&room).await;
    rooms.delete(&id, ana()).await.unwrap();
    assert_eq!(closed(&witness).await, CloseReason::Deleted);
    assert!(matches!(rooms.open(&DocumentId::Notebook(id.clone())).await, Err(OpenError::Deleted(_))));
    assert_eq!(rooms.restore(&id, ana()).await.unwrap().cell_count, 2);
    let room = rooms.open(&DocumentId::Notebook(id)).await.unwrap();
    assert_eq!(room.notebook().await.unwrap().cells[1].source, "# Hi");
}

#[tokio::test]
async fn ln_02_the_default_notebook_is_made_when_it_is_opened() {
    let rooms = Rooms::new(Arc::new(MemoryStore::new()), RoomLimits::default());
    let id = DocumentId::Notebook("default".parse().unwrap());
    let both = tokio::join!(rooms.open(&id), rooms.open(&id));
    let (first, second) = (both.0.unwrap(), both.1.unwrap());
    assert_eq!(first.notebook().await.unwrap(), second.notebook().await.unwrap());
}

#[tokio::test]
async fn crowds_that_open_a_new_document_at_once_share_one_room() {
    let rooms = Rooms::new(Arc::new(MemoryStore::new()), RoomLimits::default());
    let open = |number: usize| {
        let rooms = rooms.clone();
        async move {
            let room = rooms.open(&free("new")).await.unwrap();
            room.merge(typed(&format!("<{number}>")), ana()).await.unwrap();
            room
        }
    };
    let opened: Vec<_> = (0..64).map(|number| tokio::spawn(open(number))).collect();
    let mut last = None;
    for task in opened {
        last = Some(task.await.unwrap());
    }
    let text = text(&last.unwrap()).await;
    assert!((0..64).all(|number| text.contains(&format!("<{number}>"))), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_room_is_unloaded_and_its_long_log_folded() {
    let store = Arc::new(MemoryStore::new());
    let limits = RoomLimits { idle_unload: Duration::from_millis(1), ..RoomLimits::default() };
    let rooms = Rooms::new(store.clone(), limits);
    let room = rooms.open(&free("idle")).await.unwrap();
    for _ in 0..200 {
        room.merge(typed("x"), ana()).await.unwrap();
    }
    drop(room);
    let key = DocumentKey("doc:idle".into());
    let folded = || store.load(&key).unwrap().unwrap().tail.is_empty();
    while !folded() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(text(&rooms.open(&free("idle")).await.unwrap()).await, "x".repeat(200));
}

#[tokio::test]
async fn a_document_at_its_limit_refuses_more_with_a_sentence_and_stays_readable() {
    let limits = RoomLimits { document_bytes: 2_000, ..RoomLimits::default() };
    let rooms = Rooms::new(Arc::new(MemoryStore::new()), limits);
    let room = rooms.open(&free("small")).await.unwrap();
    room.merge(typed(&"x".repeat(1_500)), ana()).await.unwrap();
    let refused = room.merge(typed(&"y".repeat(600)), ana()).await.unwrap_err();
    assert!(matches!(&refused, ApplyError::TooBig(why) if why.contains("limit of 2000 bytes")), "{refused}");
    assert_eq!(text(&room).await, "x".repeat(1_500));
    let witness = join(&room).await;
    witness.send(frame::decode(frame::update(typed(&"y".repeat(600)).bytes())).unwrap()).await.unwrap();
    assert!(matches!(closed(&witness).await, CloseReason::TooBig(why) if why.contains("2000 bytes")));
}

#[tokio::test]
async fn a_notebook_at_its_limit_takes_no_more_edits_from_programs() {
    let limits = RoomLimits { document_bytes: 4_000, ..RoomLimits::default() };
    let rooms = Rooms::new(Arc::new(MemoryStore::new()), limits);
    let id: NotebookId = "small".parse().unwrap();
    rooms.create(id.clone(), "Small".into(), None, ana()).await.unwrap();
    let room = rooms.open(&DocumentId::Notebook(id)).await.unwrap();
    let add = |name: &str| Op::AddCell {
        id: name.parse().unwrap(),
        kind: CellKind::Note,
        source: "x".repeat(5_000),
        place: Place::Last,
    };
    room.apply(add("a"), ana()).await.unwrap();
    let refused = room.apply(add("b"), ana()).await.unwrap_err();
    assert!(matches!(&refused, ApplyError::TooBig(why) if why.contains("4000 bytes")), "{refused}");
    assert_eq!(room.notebook().await.unwrap().cells.len(), 2);
}

#[tokio::test]
async fn a_reader_that_stops_is_behind_at_the_limit_that_was_set() {
    for (queue_bytes, behind) in [(1_000, true), (10_000, false)] {
        let rooms = Rooms::new(Arc::new(MemoryStore::new()), RoomLimits { queue_bytes, ..RoomLimits::default() });
        let room = rooms.open(&free("a")).await.unwrap();
        let stopped = join_without_line(&room).await;
        stopped.send(frame::decode(frame::state_vector(&[0])).unwrap()).await.unwrap();
        for _ in 0..4 {
            room.merge(typed(&"x".repeat(400)), ana()).await.unwrap();
        }
        let peer = &room.inspect().await.unwrap().peers[0];
        assert_eq!((peer.stale, peer.queued_bytes > 1_000), (behind, !behind), "{queue_bytes}");
    }
}

#[tokio::test]
async fn a_stop_tells_everybody_and_keeps_everything() {
    let store = Arc::new(MemoryStore::new());
    let rooms = Rooms::new(store.clone(), RoomLimits::default());
    let room = rooms.open(&free("a")).await.unwrap();
    let witness = join(&room).await;
    witness.send(frame::decode(frame::update(typed("last words").bytes())).unwrap()).await.unwrap();
    let told = tokio::spawn(async move { closed(&witness).await });
    rooms.stop().await;
    assert_eq!(told.await.unwrap(), CloseReason::Restart);
    assert!(matches!(rooms.open(&free("a")).await, Err(OpenError::Stopping)));
    assert_eq!(text(&Rooms::new(store, RoomLimits::default()).open(&free("a")).await.unwrap()).await, "last words");
}
