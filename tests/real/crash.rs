//! `kill -9` of the real binary while people type and scripts call REST, over and over on the same data.
//!
//! Every letter typed is one no other has, so that lost and doubled letters show by themselves, wherever they stand.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use yrs::{Any, Array, Doc, GetString, Map, Out, Text, TextRef, Transact, sync::Message};

use super::{
    client::{Client, document},
    server::{Rest, Server},
};

const ROUNDS: u32 = 25;
const TYPISTS: u64 = 3;
/// A round ends after so many acknowledgements at most; the seed decides how many.
const ACKNOWLEDGEMENTS_MAX: u32 = 120;
/// Letters a typist has on the way before it waits.
const WINDOW: usize = 16;
/// The first of some 20,000 Chinese characters, each one UTF-16 unit.
const FIRST_LETTER: u32 = 0x4e00;
/// Acknowledgements of one round on a loaded machine.
const ROUND_LIMIT: Duration = Duration::from_secs(60);

/// A person whose browser stays open through all crashes.
struct Typist {
    doc: Doc,
    written: Vec<char>,
    /// How many of them were acknowledged.
    acknowledged: usize,
    random: StdRng,
}

impl Typist {
    /// Types until the connection ends.
    async fn work(&mut self, url: &str, letters: &AtomicU32, acknowledged: &mpsc::UnboundedSender<()>) -> Result<()> {
        let mut client = Client::connect(url, self.doc.clone()).await?;
        client.ask_acknowledgement(self.written.len() as u32).await?;
        loop {
            while self.written.len() - self.acknowledged < WINDOW {
                self.type_letter(&mut client, letters).await?;
            }
            if let Message::Custom(..) = client.receive().await? {
                self.acknowledged = client.acknowledged as usize;
                acknowledged.send(())?;
            }
        }
    }

    async fn type_letter(&mut self, client: &mut Client, letters: &AtomicU32) -> Result<()> {
        let letter = letters.fetch_add(1, Ordering::Relaxed);
        let letter = char::from_u32(FIRST_LETTER + letter).context("out of letters")?;
        let text = shared_text(&self.doc).context("the cell is there")?;
        let update = {
            let mut txn = self.doc.transact_mut();
            let place = self.random.random_range(0..=text.len(&txn));
            text.insert(&mut txn, place, &letter.to_string());
            txn.encode_update_v1()
        };
        self.written.push(letter);
        client.send_update(update).await?;
        client.ask_acknowledgement(self.written.len() as u32).await
    }

    /// The letters of others that this person was shown.
    fn shown(&self) -> BTreeSet<char> {
        let own: BTreeSet<char> = self.written.iter().copied().collect();
        text(&self.doc).chars().filter(|letter| !own.contains(letter)).collect()
    }
}

/// The source of the cell `shared`, if the document has it.
fn shared_text(doc: &Doc) -> Option<TextRef> {
    let cells = doc.get_or_insert_array("cells");
    let txn = doc.transact();
    cells.iter(&txn).find_map(|cell| {
        let Out::YMap(cell) = cell else { return None };
        let named = matches!(cell.get(&txn, "id"), Some(Out::Any(Any::String(id))) if &*id == "shared");
        match cell.get(&txn, "source") {
            Some(Out::YText(source)) if named => Some(source),
            _ => None,
        }
    })
}

fn text(doc: &Doc) -> String {
    shared_text(doc).map(|text| text.get_string(&doc.transact())).unwrap_or_default()
}

/// Adds cells until the server is gone; the ids that were answered.
fn add_cells(rest: &Rest, round: u32) -> Vec<String> {
    let add = |number: u32| {
        let id = format!("r{round}-{number}");
        let body = json!({"type": "note", "source": id, "id": id});
        rest.post("/api/notebooks/crash/cells", body).map(|_| id)
    };
    (0..).map_while(|number| add(number).ok()).collect()
}

async fn round(
    number: u32,
    server: &mut Server,
    typists: &mut [Typist],
    letters: &AtomicU32,
    random: &mut StdRng,
) -> Result<Vec<String>> {
    let url = server.socket_url("crash");
    let rest = server.rest();
    let cells = tokio::task::spawn_blocking(move || add_cells(&rest, number));
    let (acknowledged, mut acknowledgements) = mpsc::unbounded_channel();
    let enough = random.random_range(1..=ACKNOWLEDGEMENTS_MAX);
    let killer = async {
        for _ in 0..enough {
            acknowledgements.recv().await.context("every typist stopped by itself")?;
        }
        server.kill()
    };
    let work =
        futures_util::future::join_all(typists.iter_mut().map(|typist| typist.work(&url, letters, &acknowledged)));
    let (killed, _) =
        timeout(ROUND_LIMIT, async { tokio::join!(killer, work) }).await.context("the round did not end")?;
    killed?;
    Ok(cells.await?)
}

/// What is there after the restart, before anybody who typed is back.
async fn check(server: &Server, typists: &[Typist], told: &BTreeSet<String>) -> Result<()> {
    let observer = Client::connect(&server.socket_url("crash"), document(900)).await?;
    let kept = text(&observer.doc);
    let counts = counted(kept.chars());
    ensure!(counts.values().all(|&count| count == 1), "no letter is doubled");
    for typist in typists {
        let lost = |letter: &&char| !counts.contains_key(letter);
        let acknowledged: Vec<_> = typist.written[..typist.acknowledged].iter().filter(lost).collect();
        ensure!(acknowledged.is_empty(), "acknowledged and lost: {acknowledged:?}");
        let shown: Vec<_> = typist.shown().into_iter().filter(|letter| lost(&letter)).collect();
        ensure!(shown.is_empty(), "shown to somebody and lost: {shown:?}");
    }
    let rest = server.rest();
    let told = told.clone();
    tokio::task::spawn_blocking(move || check_cells(&rest, &told)).await?
}

fn counted<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    counts
}

/// Every cell whose creation was answered is there once, and so is the event that tells of it.
fn check_cells(rest: &Rest, told: &BTreeSet<String>) -> Result<()> {
    let notebook = rest.get("/api/notebooks/crash")?;
    let cells = notebook["cells"].as_array().context("cells")?;
    let counts = counted(cells.iter().filter_map(|cell| cell["id"].as_str()));
    ensure!(counts.values().all(|&count| count == 1), "a cell is doubled: {counts:?}");
    let lost: Vec<_> = told.iter().filter(|id| !counts.contains_key(id.as_str())).collect();
    ensure!(lost.is_empty(), "answered and lost: {lost:?}");
    check_events(rest, told)
}

fn check_events(rest: &Rest, told: &BTreeSet<String>) -> Result<()> {
    let mut missing = told.clone();
    missing.insert("shared".into());
    let events = rest.events(0, |event| added(event).is_some_and(|cell| missing.remove(cell)) && missing.is_empty())?;
    let numbers: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    ensure!(numbers.len() == events.len() && numbers.is_sorted_by(|a, b| a < b), "numbers of events rise strictly");
    let counts = counted(events.iter().filter_map(added));
    ensure!(counts.values().all(|&count| count == 1), "an event is doubled: {counts:?}");
    Ok(())
}

/// The cell that an event tells was added.
fn added(event: &Value) -> Option<&str> {
    (event["event"] == "cell:added").then(|| event["data"]["cell"].as_str()).flatten()
}

/// Everybody comes back once more: all that anybody ever typed is at everybody, once.
async fn reunite(server: &Server, typists: &mut [Typist]) -> Result<()> {
    let mut back = JoinSet::new();
    for typist in typists.iter() {
        let (url, doc) = (server.socket_url("crash"), typist.doc.clone());
        back.spawn(async move {
            let mut client = Client::connect(&url, doc).await?;
            client.settle().await?;
            anyhow::Ok(client)
        });
    }
    let mut clients: Vec<Client> = back.join_all().await.into_iter().collect::<Result<_>>()?;
    for client in &mut clients {
        client.settle().await?;
    }
    let expected: BTreeSet<char> = typists.iter().flat_map(|typist| typist.written.iter().copied()).collect();
    let texts: BTreeSet<String> = clients.iter().map(|client| text(&client.doc)).collect();
    ensure!(texts.len() == 1, "all show the same text");
    let counts = counted(texts.iter().flat_map(|text| text.chars()));
    ensure!(counts.values().all(|&count| count == 1), "no letter is doubled");
    ensure!(counts.keys().copied().eq(expected), "every letter ever typed is there");
    Ok(())
}

fn seed() -> u64 {
    std::env::var("COSCRIBE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121)
}

async fn crash_repeatedly(seed: u64) -> Result<()> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut server = Server::start()?;
    let rest = server.rest();
    rest.post("/api/notebooks", json!({"title": "Crash", "id": "crash"}))?;
    rest.post("/api/notebooks/crash/cells", json!({"type": "code", "source": "", "id": "shared"}))?;
    let mut typists: Vec<Typist> = (1..=TYPISTS)
        .map(|id| Typist {
            doc: document(id),
            written: Vec::new(),
            acknowledged: 0,
            random: StdRng::seed_from_u64(seed ^ id),
        })
        .collect();
    let (mut told, letters) = (BTreeSet::new(), AtomicU32::new(0));
    for number in 0..ROUNDS {
        let answered = round(number, &mut server, &mut typists, &letters, &mut random).await;
        told.extend(answered.with_context(|| format!("round {number}"))?);
        server.restart().with_context(|| format!("restart after round {number}"))?;
        check(&server, &typists, &told).await.with_context(|| format!("after round {number}"))?;
    }
    let typed: usize = typists.iter().map(|typist| typist.acknowledged).sum();
    ensure!(typed > ROUNDS as usize && !told.is_empty(), "something was acknowledged, or the test proves nothing");
    reunite(&server, &mut typists).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ms_08_nothing_acknowledged_is_lost_or_doubled_through_25_kills_while_people_type() -> Result<()> {
    let seed = seed();
    crash_repeatedly(seed).await.with_context(|| format!("again with COSCRIBE_SEED={seed}"))
}
