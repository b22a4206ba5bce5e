//! Recorded editing histories, replayed over real sockets, end in exactly their known text: at every client, at a late
//! joiner, and after a kill and a restart. `tests/data/README.md` tells what they are.

use std::{collections::VecDeque, fs::File, path::Path};

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use serde::Deserialize;
use yrs::{ClientID, Doc, ReadTxn, Text, Transact};

use super::{
    client::{Client, document, text_of},
    server::Server,
};

/// Edits sent before the writer waits for their acknowledgement: enough to keep the server busy.
const WINDOW: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    end_content: String,
    txns: Vec<Transaction>,
}

#[derive(Deserialize)]
struct Transaction {
    /// Indexes of the transactions its author had seen; absent in a trace of one author.
    #[serde(default)]
    parents: Vec<usize>,
    #[serde(default)]
    agent: usize,
    /// Position, deleted, inserted; one after the other.
    patches: Vec<(u32, u32, String)>,
}

fn read_trace(name: &str) -> Result<Trace> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/traces").join(name);
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    let trace: Trace = serde_json::from_reader(GzDecoder::new(file))?;
    ensure!(trace.end_content.is_ascii(), "positions are code points; only in ASCII are they UTF-16 units as well");
    Ok(trace)
}

/// Makes the edits of one transaction; the update that tells others of them.
fn edit(doc: &Doc, transaction: &Transaction) -> Vec<u8> {
    let text = doc.get_or_insert_text("text");
    let mut txn = doc.transact_mut();
    for (position, deleted, inserted) in &transaction.patches {
        text.remove_range(&mut txn, *position, *deleted);
        text.insert(&mut txn, *position, inserted);
    }
    txn.encode_update_v1()
}

/// How many transactions of each of two authors a transaction's author had seen.
fn versions(trace: &Trace) -> Vec<[usize; 2]> {
    let mut after: Vec<[usize; 2]> = Vec::with_capacity(trace.txns.len());
    let mut before = Vec::with_capacity(trace.txns.len());
    for transaction in &trace.txns {
        let mut seen = [0; 2];
        for &parent in &transaction.parents {
            seen = [seen[0].max(after[parent][0]), seen[1].max(after[parent][1])];
        }
        before.push(seen);
        seen[transaction.agent] += 1;
        after.push(seen);
    }
    before
}

/// One of two people: a client, and what it has written but not sent yet.
struct Author {
    client: Client,
    unsent: VecDeque<Vec<u8>>,
    sent: usize,
    /// The client's own clock after each of its transactions.
    clocks: Vec<u32>,
}

impl Author {
    /// The smaller id belongs to the first author: the recorded text depends on who wins at one place.
    async fn join(server: &Server, agent: usize) -> Result<Self> {
        let client = Client::connect(&server.socket_url("doc:friends"), document(agent as u64 + 1)).await?;
        Ok(Self { client, unsent: VecDeque::new(), sent: 0, clocks: Vec::new() })
    }

    fn write(&mut self, transaction: &Transaction) {
        self.unsent.push_back(edit(&self.client.doc, transaction));
        self.clocks.push(self.clock_of(self.client.doc.client_id()));
    }

    fn clock_of(&self, client: ClientID) -> u32 {
        self.client.doc.transact().state_vector().get(&client)
    }

    /// Sends until `count` transactions in all are sent.
    async fn send_up_to(&mut self, count: usize) -> Result<()> {
        for update in self.unsent.drain(..count.saturating_sub(self.sent)) {
            self.client.send_update(update).await?;
            self.sent += 1;
        }
        Ok(())
    }

    /// Waits until the first `count` transactions of `other` have arrived. A transaction that only deletes moves no clock,
    /// so the server is asked for an acknowledgement behind them instead.
    async fn see(&mut self, other: &mut Author, count: usize) -> Result<()> {
        if other.sent >= count {
            return Ok(());
        }
        other.send_up_to(count).await?;
        other.client.settle().await?;
        self.client.settle().await?;
        let (writer, clock) = (other.client.doc.client_id(), other.clocks[count - 1]);
        ensure!(self.clock_of(writer) == clock, "what was acknowledged to its author is at the other author");
        Ok(())
    }
}

/// Checks the text at the given clients, at a late joiner, and at one that joins after a kill and a restart.
async fn ends_as(expected: &str, server: &mut Server, room: &str, clients: &mut [&mut Client]) -> Result<()> {
    for client in clients {
        client.settle().await?;
        ensure!(text_of(&client.doc) == expected, "the text of client {}", client.doc.client_id());
    }
    let late = Client::connect(&server.socket_url(room), document(77)).await?;
    ensure!(text_of(&late.doc) == expected, "the text of a late joiner");
    server.kill()?;
    server.restart()?;
    let after = Client::connect(&server.socket_url(room), document(78)).await?;
    ensure!(text_of(&after.doc) == expected, "the text after a kill and a restart");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ln_55_the_trace_of_two_friends_ends_in_its_known_text_with_each_as_a_client() -> Result<()> {
    let trace = read_trace("friendsforever.json.gz")?;
    let mut server = Server::start()?;
    let mut authors = [Author::join(&server, 0).await?, Author::join(&server, 1).await?];
    for (transaction, seen) in trace.txns.iter().zip(versions(&trace)) {
        let [first, second] = &mut authors;
        let (author, other) = if transaction.agent == 0 { (first, second) } else { (second, first) };
        author.see(other, seen[1 - transaction.agent]).await?;
        author.write(transaction);
    }
    for author in &mut authors {
        author.send_up_to(author.clocks.len()).await?;
        author.client.settle().await?;
    }
    let [first, second] = &mut authors;
    let both = &mut [&mut first.client, &mut second.client];
    ends_as(&trace.end_content, &mut server, "doc:friends", both).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ln_60_the_trace_of_a_paper_written_key_by_key_ends_in_its_known_text() -> Result<()> {
    let trace = read_trace("automerge-paper.json.gz")?;
    let mut server = Server::start()?;
    let url = server.socket_url("doc:paper");
    let mut writer = Client::connect(&url, document(1)).await?;
    let mut reader = Client::connect(&url, document(2)).await?;
    let edits = trace.txns.len();
    let reading = tokio::spawn(async move {
        // The writer says in the document that it is done: everything before has then arrived as well.
        reader.until(|client, _| client.doc.transact().root_refs().any(|(name, _)| name == "done")).await?;
        anyhow::Ok(reader)
    });
    for (count, transaction) in trace.txns.iter().enumerate() {
        let update = edit(&writer.doc, transaction);
        writer.send_update(update).await?;
        if count % WINDOW == 0 || count + 1 == edits {
            writer.settle().await?;
        }
    }
    let done = {
        let list = writer.doc.get_or_insert_text("done");
        let mut txn = writer.doc.transact_mut();
        list.push(&mut txn, "yes");
        txn.encode_update_v1()
    };
    writer.send_update(done).await?;
    let mut reader = reading.await??;
    ends_as(&trace.end_content, &mut server, "doc:paper", &mut [&mut writer, &mut reader]).await
}
