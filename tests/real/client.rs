//! A Yjs client in Rust: a document of its own and a socket, one message a frame, acknowledgements asked for by type 102.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite};
use yrs::{
    ClientID, Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Transact, Update,
    sync::{Message, SyncMessage},
    updates::{decoder::Decode, encoder::Encode},
};

/// y-sweet's message type: sent back as it is once everything before it is durable.
const ACKNOWLEDGE: u8 = 102;
/// Longer than anything takes on a loaded machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A document as Yjs counts it, for a given author.
pub fn document(client: u64) -> Doc {
    let mut options = Options::with_client_id(ClientID::new(client));
    options.offset_kind = OffsetKind::Utf16;
    Doc::with_options(options)
}

/// The text of the root `text`.
pub fn text_of(doc: &Doc) -> String {
    let text = doc.get_or_insert_text("text");
    text.get_string(&doc.transact())
}

/// A connection of a document to a room.
pub struct Client {
    pub doc: Doc,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The highest number whose acknowledgement came.
    pub acknowledged: u32,
}

impl Client {
    /// Connects and exchanges states; what the document has and the server lacks is sent.
    pub async fn connect(url: &str, doc: Doc) -> Result<Self> {
        let (socket, _) = connect_async(url).await?;
        let mut client = Self { doc, socket, acknowledged: 0 };
        let mine = client.doc.transact().state_vector();
        client.send(&Message::Sync(SyncMessage::SyncStep1(mine))).await?;
        client.until(|_, message| matches!(message, Message::Sync(SyncMessage::SyncStep2(_)))).await?;
        Ok(client)
    }

    /// Sends an update of the document.
    pub async fn send_update(&mut self, update: Vec<u8>) -> Result<()> {
        self.send(&Message::Sync(SyncMessage::Update(update))).await
    }

    /// Asks to be told once everything sent so far is durable.
    pub async fn ask_acknowledgement(&mut self, number: u32) -> Result<()> {
        self.send(&Message::Custom(ACKNOWLEDGE, number.to_be_bytes().to_vec())).await
    }

    async fn send(&mut self, message: &Message) -> Result<()> {
        Ok(self.socket.send(tungstenite::Message::Binary(message.encode_v1().into())).await?)
    }

    /// Takes frames until `enough` of the client and the last message.
    pub async fn until(&mut self, mut enough: impl FnMut(&Self, &Message) -> bool) -> Result<()> {
        loop {
            let message = self.receive().await?;
            if enough(self, &message) {
                return Ok(());
            }
        }
    }

    /// Takes one message and acts on it.
    pub async fn receive(&mut self) -> Result<Message> {
        loop {
            let frame = timeout(LIMIT, self.socket.next()).await.context("the server went silent")?;
            match frame.context("the connection ended")?? {
                tungstenite::Message::Binary(bytes) => return self.act(Message::decode_v1(&bytes)?).await,
                tungstenite::Message::Close(reason) => bail!("closed: {reason:?}"),
                _ => {}
            }
        }
    }

    async fn act(&mut self, message: Message) -> Result<Message> {
        match &message {
            Message::Sync(SyncMessage::SyncStep1(theirs)) => self.answer(theirs).await?,
            Message::Sync(SyncMessage::SyncStep2(update) | SyncMessage::Update(update)) => {
                self.doc.transact_mut().apply_update(Update::decode_v1(update)?)?;
            }
            Message::Custom(ACKNOWLEDGE, number) => {
                self.acknowledged = u32::from_be_bytes(number.as_slice().try_into()?);
            }
            _ => {}
        }
        Ok(message)
    }

    async fn answer(&mut self, theirs: &StateVector) -> Result<()> {
        let update = self.doc.transact().encode_diff_v1(theirs);
        self.send(&Message::Sync(SyncMessage::SyncStep2(update))).await
    }

    /// Waits until everything sent so far is durable and everything that came before that is applied.
    pub async fn settle(&mut self) -> Result<()> {
        let number = self.acknowledged.wrapping_add(1 << 16);
        self.ask_acknowledgement(number).await?;
        self.until(|client, _| client.acknowledged == number).await
    }
}
