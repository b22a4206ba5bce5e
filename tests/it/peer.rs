//! A Yjs client of our own over a real WebSocket: yrs with the y-protocols messages.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{net::TcpStream, time};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::CloseFrame},
};
use yrs::{
    Array, ArrayRef, Doc, GetString, Map, MapRef, OffsetKind, Options, Out, ReadTxn, StateVector, Text, TextRef,
    Transact, TransactionMut, Update,
    sync::{Message as Protocol, SyncMessage},
    updates::{decoder::Decode, encoder::Encode},
};

use crate::server::{LONGEST, PATIENCE, TestServer};

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub struct Peer {
    pub doc: Doc,
    pub socket: Socket,
}

impl Peer {
    /// Connects and has the whole document.
    pub async fn join(server: &TestServer, document: &str) -> Self {
        let mut peer = Self::connect(&server.socket(document)).await;
        peer.ask_for_everything().await;
        peer
    }

    /// Reads until it has the whole document.
    pub async fn ask_for_everything(&mut self) {
        let mine = self.doc.transact().state_vector();
        self.send(Protocol::Sync(SyncMessage::SyncStep1(mine)).encode_v1()).await;
        while !matches!(self.message().await, Protocol::Sync(SyncMessage::SyncStep2(_))) {}
    }

    /// Connects and says nothing.
    pub async fn connect(url: &str) -> Self {
        let options = Options { offset_kind: OffsetKind::Utf16, ..Options::default() };
        let (socket, _) = connect_async(url).await.expect("the socket opens");
        Self { doc: Doc::with_options(options), socket }
    }

    pub async fn send(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::Binary(bytes.into())).await.expect("the socket takes it");
    }

    /// Changes the document and tells the server.
    pub async fn edit(&mut self, change: impl FnOnce(&mut TransactionMut)) {
        let update = {
            let mut txn = self.doc.transact_mut();
            change(&mut txn);
            txn.encode_update_v1()
        };
        self.send(Protocol::Sync(SyncMessage::Update(update)).encode_v1()).await;
    }

    /// The next message, merged.
    pub async fn message(&mut self) -> Protocol {
        loop {
            let frame = time::timeout(PATIENCE, self.socket.next()).await.expect("a message comes in time");
            let Message::Binary(bytes) = frame.expect("the socket is open").expect("a whole frame") else { continue };
            let message = Protocol::decode_v1(&bytes).expect("a message of the protocol");
            if let Protocol::Sync(SyncMessage::SyncStep2(update) | SyncMessage::Update(update)) = &message {
                self.doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
            }
            return message;
        }
    }

    /// Reads messages until the document is as wanted.
    pub async fn until(&mut self, wanted: impl Fn(&Doc) -> bool) {
        let reading = async {
            while !wanted(&self.doc) {
                self.message().await;
            }
        };
        time::timeout(LONGEST, reading).await.expect("the document becomes so in time");
    }

    /// Reads until the server closes: its code and sentence.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            let frame = time::timeout(PATIENCE, self.socket.next()).await.expect("the server closes in time");
            match frame {
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    return (code.into(), reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("the socket ended without a close frame: {other:?}"),
            }
        }
    }

    /// Whether anything but keep-alives comes within a short while.
    pub async fn hears_within(&mut self, time_out: Duration) -> bool {
        time::timeout(time_out, self.message()).await.is_ok()
    }

    pub fn state_vector(&self) -> StateVector {
        self.doc.transact().state_vector()
    }
}

/// The map of a cell.
pub fn cell_map(doc: &Doc, cell: &str) -> Option<MapRef> {
    let cells = doc.get_or_insert_array("cells");
    let txn = doc.transact();
    let id = Out::from(cell.to_owned());
    cells.iter(&txn).find_map(|item| match item {
        Out::YMap(map) if map.get(&txn, "id").as_ref() == Some(&id) => Some(map),
        _ => None,
    })
}

/// The text of a cell.
pub fn source(doc: &Doc, cell: &str) -> Option<TextRef> {
    let map = cell_map(doc, cell)?;
    map.get(&doc.transact(), "source")?.cast().ok()
}

/// A part of the answer in a cell: `answer` or `thinking`.
pub fn part(doc: &Doc, cell: &str, part: &str) -> Option<TextRef> {
    let map = cell_map(doc, cell)?;
    let txn = doc.transact();
    let outputs: ArrayRef = map.get(&txn, "outputs")?.cast().ok()?;
    let mut outputs = outputs.iter(&txn).filter_map(|output| output.cast::<MapRef>().ok());
    let named = |output: &MapRef| match output.get(&txn, "metadata") {
        Some(Out::Any(metadata)) => serde_json::to_value(metadata).unwrap()["coscribe"]["part"] == part,
        _ => false,
    };
    let data: MapRef = outputs.find(named)?.get(&txn, "data")?.cast().ok()?;
    data.get(&txn, "text/markdown")?.cast().ok()
}

/// What stands there so far; empty if nothing does.
pub fn said(doc: &Doc, cell: &str, part: &str) -> String {
    self::part(doc, cell, part).map(|text| text.get_string(&doc.transact())).unwrap_or_default()
}

/// What the document says of the last run of a cell; `null` if it never ran.
pub fn run(doc: &Doc, cell: &str) -> Value {
    match doc.get_or_insert_map("runs").get(&doc.transact(), cell) {
        Some(Out::Any(run)) => serde_json::to_value(run).unwrap(),
        _ => Value::Null,
    }
}

/// The text of a cell as a string; empty if there is no such cell.
pub fn text(doc: &Doc, cell: &str) -> String {
    source(doc, cell).map(|text| text.get_string(&doc.transact())).unwrap_or_default()
}

/// Types at a place of a cell.
pub async fn type_into(peer: &mut Peer, cell: &str, at: u32, typed: &str) {
    let text = source(&peer.doc, cell).expect("the cell is there");
    peer.edit(|txn| text.insert(txn, at, typed)).await;
}
