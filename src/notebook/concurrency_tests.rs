//! What happens when several people change a notebook at the same time: the behaviours of `acceptance.md` by id.

use std::collections::HashSet;

use yrs::{Array, Transact, WriteTxn};

use super::{
    BIN_REST, Notebook, Op, OpError, cell,
    test_support::{Numbers, Replica, actor, add, id, meet, move_after, notebook, set},
};
use crate::{
    ids::CellId,
    vocabulary::{CellKind, Event, Place},
};

const XYZ: [(&str, &str); 3] = [("x", "one"), ("y", "two"), ("z", "three")];

fn delete(cell: &str) -> Op {
    Op::DeleteCell { id: id(cell) }
}

fn restore(cell: &str) -> Op {
    Op::RestoreCell { id: id(cell) }
}

fn change_kind(cell: &str, kind: CellKind) -> Op {
    Op::PatchCell { id: id(cell), kind: Some(kind), metadata: None, collapsed: None }
}

#[test]
fn ln_10_a_cell_is_added_at_any_place() {
    let mut server = Replica::server(&XYZ);
    let events = server.apply(&add("first", "", Place::First));
    assert_eq!(events, [Event::CellAdded { cell: id("first"), kind: CellKind::Code, after: None }]);
    let events = server.apply(&add("middle", "text", Place::After(id("x"))));
    assert_eq!(events, [Event::CellAdded { cell: id("middle"), kind: CellKind::Code, after: Some(id("x")) }]);
    server.apply(&add("last", "", Place::Last));
    assert_eq!(server.order(), ["first", "x", "middle", "y", "z", "last"]);
    assert_eq!(server.source("middle"), "text");
    assert_eq!(server.notebook.cell_count(), 6);
}

#[test]
fn ln_10_cells_added_at_one_place_at_the_same_time_all_stay_and_cells_can_still_be_put_between() {
    let mut server = Replica::server(&XYZ);
    let (mut ana, mut bo) = (server.fork(2), server.fork(3));
    ana.edit(&add("a", "", Place::After(id("x")))).unwrap();
    bo.edit(&add("b", "", Place::After(id("x")))).unwrap();
    meet(&mut server, &mut [&mut ana, &mut bo]);
    assert_eq!(server.order(), ["x", "a", "b", "y", "z"]);
    // Both had made the same key; the one between needs the later one to give way.
    server.apply(&add("between", "", Place::After(id("a"))));
    assert_eq!(server.order(), ["x", "a", "between", "b", "y", "z"]);
}

#[test]
fn ln_11_a_deleted_cell_goes_into_the_bin_and_comes_back_to_its_place() {
    let mut server = Replica::server(&XYZ);
    assert_eq!(server.apply(&delete("y")), [Event::CellDeleted { cell: id("y") }]);
    assert_eq!(server.order(), ["x", "z"]);
    let bin = server.view().bin;
    assert_eq!((bin[0].cell.source.as_str(), bin[0].deleted_by.as_str(), bin[0].deleted_at), ("two", "Ana", 1_000_000));
    assert_eq!(server.apply(&restore("y")), [Event::CellRestored { cell: id("y") }]);
    assert_eq!(server.order(), ["x", "y", "z"]);
    assert!(server.view().bin.is_empty());
}

#[test]
fn ln_11_what_cannot_be_deleted_or_restored_is_refused_and_changes_nothing() {
    let mut server = Replica::server(&XYZ);
    server.apply(&delete("y"));
    let before = server.everything();
    let mut refused = |op: &Op| {
        let mut refusal = None;
        let (update, _) = server.transact(|notebook, txn| refusal = notebook.apply(txn, op, &actor("Ana"), 0).err());
        assert_eq!(update, [0, 0], "{op:?}");
        refusal.unwrap()
    };
    assert_eq!(refused(&delete("q")), OpError::UnknownCell(id("q")));
    assert_eq!(refused(&delete("y")), OpError::CellInBin(id("y")));
    assert_eq!(refused(&restore("x")), OpError::CellNotInBin(id("x")));
    assert_eq!(refused(&restore("q")), OpError::UnknownCell(id("q")));
    assert_eq!(refused(&add("x", "", Place::Last)), OpError::DuplicateCell(id("x")));
    assert_eq!(refused(&add("y", "", Place::Last)), OpError::DuplicateCell(id("y")));
    assert_eq!(refused(&add("n", "", Place::After(id("q")))), OpError::UnknownCell(id("q")));
    assert_eq!(refused(&move_after("y", "x")), OpError::CellInBin(id("y")));
    assert_eq!(refused(&move_after("x", "q")), OpError::UnknownCell(id("q")));
    assert_eq!(refused(&set("y", "")), OpError::CellInBin(id("y")));
    assert_eq!(refused(&change_kind("q", CellKind::Note)), OpError::UnknownCell(id("q")));
    assert_eq!(server.everything(), before);
}

#[test]
fn ln_12_a_moved_cell_is_the_same_cell_elsewhere() {
    let mut server = Replica::server(&XYZ);
    assert_eq!(server.apply(&move_after("x", "z")), [Event::CellMoved { cell: id("x"), after: Some(id("z")) }]);
    assert_eq!(server.order(), ["y", "z", "x"]);
    let first = Op::MoveCell { id: id("x"), place: Place::First };
    assert_eq!(server.apply(&first), [Event::CellMoved { cell: id("x"), after: None }]);
    assert_eq!(server.apply(&first), []);
    assert_eq!(server.apply(&move_after("x", "x")), []);
}

#[test]
fn ln_15_a_change_of_kind_keeps_the_text_and_a_peer_goes_on_typing() {
    let mut server = Replica::server(&XYZ);
    let (mut ana, mut bo) = (server.fork(2), server.fork(3));
    ana.typed("y", 3, " and more");
    bo.edit(&change_kind("y", CellKind::Prompt)).unwrap();
    let events = meet(&mut server, &mut [&mut ana, &mut bo]);
    let cell = &server.view().cells[1];
    assert_eq!((cell.kind, cell.source.as_str()), (CellKind::Prompt, "two and more"));
    assert_eq!(events, [Event::CellEdited { cell: id("y") }]);
    for kind in [CellKind::Note, CellKind::Raw, CellKind::Code, CellKind::Prompt, CellKind::Note] {
        server.now += 2000;
        server.apply(&change_kind("y", kind));
        let cell = &server.view().cells[1];
        assert_eq!((cell.kind, cell.source.as_str()), (kind, "two and more"));
    }
}

#[test]
fn ln_15_pictures_of_a_note_wait_while_it_is_a_code_cell() {
    let file =
        br#"{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"markdown","id":"n","metadata":{},
        "source":"![](attachment:p.png)","attachments":{"p.png":{"image/png":"iVBO"}}}]}"#;
    let mut server = Replica::new(1);
    Notebook::initialise(&mut server.doc.transact_mut(), super::import_ipynb(file).unwrap());
    server.notebook = Notebook::open(&server.doc.transact());
    let before = server.everything();
    server.apply(&change_kind("n", CellKind::Code));
    assert_eq!(server.view().cells[0].attachments, None);
    server.apply(&change_kind("n", CellKind::Note));
    assert_eq!(server.everything(), before);
}

#[test]
fn ln_26_a_source_put_by_a_script_merges_with_typing() {
    let mut server = Replica::server(&[("x", "print(1)\nprint(2)\n")]);
    let mut ana = server.fork(2);
    ana.typed("x", 0, "# typed meanwhile\n");
    server.apply(&set("x", "print(1)\nprint(22)\n"));
    meet(&mut server, &mut [&mut ana]);
    assert_eq!(server.source("x"), "# typed meanwhile\nprint(1)\nprint(22)\n");
    // A script that read the text before that typing sends it back changed, with what it had read.
    let base = Some("print(1)\nprint(2)\n".to_owned());
    server.apply(&Op::SetSource { id: id("x"), source: "print(1)\nprint(2)\nprint(3)\n".into(), base });
    assert_eq!(server.source("x"), "# typed meanwhile\nprint(1)\nprint(22)\nprint(3)\n");
}

#[test]
fn ln_26_offsets_are_right_behind_characters_of_two_units() {
    let mut server = Replica::server(&[("x", "😀 a 👨‍👩‍👧 b")]);
    let mut ana = server.fork(2);
    ana.typed("x", 2, "!");
    server.apply(&set("x", "😀 a 👨‍👩‍👦 bc"));
    meet(&mut server, &mut [&mut ana]);
    assert_eq!(server.source("x"), "😀! a 👨‍👩‍👦 bc");
}

#[test]
fn ln_53_text_typed_into_a_cell_that_is_deleted_meanwhile_is_in_the_bin() {
    let mut server = Replica::server(&XYZ);
    let (mut ana, mut bo) = (server.fork(2), server.fork(3));
    ana.typed("y", 3, " typed by Ana");
    bo.edit(&delete("y")).unwrap();
    meet(&mut server, &mut [&mut bo, &mut ana]);
    assert_eq!(server.order(), ["x", "z"]);
    assert_eq!(server.view().bin[0].cell.source, "two typed by Ana");
    // She goes on typing: she may not have seen it.
    ana.typed("y", 0, "still ");
    meet(&mut server, &mut [&mut ana]);
    server.apply(&restore("y"));
    assert_eq!(server.source("y"), "still two typed by Ana");
}

#[test]
fn ln_53_a_cell_taken_out_after_its_rest_comes_back_with_all_it_had() {
    let mut server = Replica::server(&XYZ);
    let before = server.view();
    server.apply(&delete("y"));
    let purge = |server: &mut Replica, now| {
        let mut any = false;
        let (_, events) = server.transact(|notebook, txn| any = notebook.purge_bin(txn, now));
        assert_eq!(events, []);
        any
    };
    assert!(!purge(&mut server, 1_000_000 + BIN_REST - 1));
    server.now = 2_000_000;
    let typing = server.fork(9).typed("y", 0, "hello ");
    server.receive_update(&typing);
    assert!(!purge(&mut server, 2_000_000 + BIN_REST - 1), "typing makes the rest begin again");
    assert!(purge(&mut server, 2_000_000 + BIN_REST));
    assert_eq!(server.everything()["cells"].as_array().unwrap().len(), 2);
    assert_eq!(server.view().bin[0].cell.source, "hello two");
    assert_eq!(server.apply(&restore("y")), [Event::CellRestored { cell: id("y") }]);
    server.apply(&set("y", "two"));
    assert_eq!(server.view(), before);
}

#[test]
fn ln_54_two_moves_give_one_copy() {
    let mut server = Replica::server(&XYZ);
    let (mut ana, mut bo) = (server.fork(2), server.fork(3));
    ana.edit(&move_after("x", "y")).unwrap();
    bo.edit(&move_after("x", "z")).unwrap();
    meet(&mut server, &mut [&mut ana, &mut bo]);
    let order = server.order();
    assert_eq!(order.iter().filter(|cell| *cell == "x").count(), 1);
    assert!(order == ["y", "x", "z"] || order == ["y", "z", "x"], "{order:?}");
}

#[test]
fn ln_54_an_edit_in_a_cell_that_is_moved_meanwhile_is_kept() {
    let mut server = Replica::server(&XYZ);
    let (mut ana, mut bo) = (server.fork(2), server.fork(3));
    ana.typed("x", 3, "!");
    bo.edit(&move_after("x", "z")).unwrap();
    meet(&mut server, &mut [&mut ana, &mut bo]);
    assert_eq!((server.order(), server.source("x")), (vec!["y".into(), "z".into(), "x".into()], "one!".into()));
}

/// Moves a cell as `YNotebook.moveCell` does: deletes it and inserts a copy.
fn move_physically(replica: &mut Replica, from: u32, to: u32) -> Vec<u8> {
    let mut txn = replica.doc.transact_mut();
    let cells = txn.get_or_insert_array("cells");
    let Some(yrs::Out::YMap(map)) = cells.get(&txn, from) else { panic!("no cell at {from}") };
    let copy = cell::read(&txn, &map).unwrap();
    cells.remove(&mut txn, from);
    cells.insert(&mut txn, to, cell::prelim(&copy));
    txn.commit();
    txn.encode_update_v1()
}

#[test]
fn ln_54_a_jupyter_client_moves_by_deleting_and_inserting_and_is_understood() {
    let mut server = Replica::server(&XYZ);
    let mut jupyter = server.fork(2);
    let update = move_physically(&mut jupyter, 0, 2);
    let (_, events) = server.receive_update(&update);
    assert_eq!(events, [Event::CellMoved { cell: id("x"), after: Some(id("z")) }]);
    assert_eq!(server.order(), ["y", "z", "x"]);
    let update = move_physically(&mut jupyter, 2, 0);
    server.receive_update(&update);
    assert_eq!(server.order(), ["x", "y", "z"]);
}

#[test]
fn ln_54_two_moves_by_jupyter_clients_give_one_copy_with_the_text_of_both() {
    let mut server = Replica::server(&XYZ);
    let (mut ana, mut bo) = (server.fork(2), server.fork(3));
    ana.typed("x", 0, "ana ");
    move_physically(&mut ana, 0, 2);
    bo.typed("x", 3, " bo");
    move_physically(&mut bo, 0, 1);
    meet(&mut server, &mut [&mut ana, &mut bo]);
    let order = server.order();
    assert_eq!(order.iter().filter(|cell| *cell == "x").count(), 1, "{order:?}");
    let source = server.source("x");
    assert!(["ana", "one", "bo"].iter().all(|word| source.contains(word)), "{source:?}");
}

#[test]
fn a_cell_of_a_jupyter_client_stands_where_it_was_inserted() {
    let mut server = Replica::server(&XYZ);
    server.apply(&move_after("x", "z"));
    let mut jupyter = server.fork(2);
    {
        let mut txn = jupyter.doc.transact_mut();
        let cells = txn.get_or_insert_array("cells");
        let new = super::CellView::new(id("new"), CellKind::Note, "hi".into());
        cells.insert(&mut txn, 2, cell::prelim(&new));
    }
    let events = meet(&mut server, &mut [&mut jupyter]);
    assert_eq!(events, [Event::CellAdded { cell: id("new"), kind: CellKind::Note, after: Some(id("y")) }]);
    assert_eq!(server.order(), ["y", "new", "z", "x"]);
}

#[test]
fn a_cell_whose_id_a_client_changes_is_another_cell_at_the_same_place() {
    let mut server = Replica::server(&XYZ);
    let mut client = server.fork(2);
    {
        let mut txn = client.doc.transact_mut();
        let Some(yrs::Out::YMap(map)) = txn.get_or_insert_array("cells").get(&txn, 1) else { panic!("no cell") };
        yrs::Map::insert(&map, &mut txn, "id", "renamed");
    }
    let events = meet(&mut server, &mut [&mut client]);
    let added = Event::CellAdded { cell: id("renamed"), kind: CellKind::Code, after: Some(id("x")) };
    assert_eq!(events, [Event::CellDeleted { cell: id("y") }, added]);
    assert_eq!(server.order(), ["x", "renamed", "z"]);
    assert_eq!(server.everything()["order"].as_object().unwrap().len(), 3);
}

#[test]
fn typing_is_told_at_once_and_then_once_a_second_and_never_lost() {
    let mut server = Replica::server(&XYZ);
    let mut ana = server.fork(2);
    let told = |events: Vec<Event>| events.len();
    let mut count = 0;
    for key in 0..50 {
        server.now = 1_000_000 + key * 100;
        let update = ana.typed("y", 0, "a");
        count += told(server.receive_update(&update).1);
        count += told(server.notebook.due(server.now).0);
    }
    assert_eq!(count, 5);
    let (_, deadline) = server.notebook.due(server.now);
    let (last, none) = server.notebook.due(deadline.unwrap());
    assert_eq!((last, none), (vec![Event::CellEdited { cell: id("y") }], None));
}

#[test]
fn a_title_and_settings_of_a_cell_are_changed_and_told() {
    let mut server = Replica::server(&XYZ);
    let events = server.apply(&Op::SetTitle { title: "Nile".into() });
    assert_eq!(events, [Event::NotebookUpdated { id: notebook(), title: "Nile".into() }]);
    assert_eq!((server.notebook.title(), server.view().metadata["title"].as_str()), ("Nile", Some("Nile")));
    let patch = |metadata: serde_json::Value, collapsed| Op::PatchCell {
        id: id("x"),
        kind: None,
        metadata: metadata.as_object().cloned(),
        collapsed,
    };
    server.apply(&patch(serde_json::json!({"tags": ["a"], "coscribe": {"kind": "prompt", "note": 1}}), Some(true)));
    let cell = &server.view().cells[0];
    assert!(cell.collapsed());
    assert_eq!((cell.kind, &cell.metadata["coscribe"]), (CellKind::Code, &serde_json::json!({"note": 1})));
    server.apply(&patch(serde_json::json!({"tags": null, "coscribe": null}), Some(false)));
    assert_eq!(server.view().cells[0].metadata, serde_json::Map::new());
}

#[test]
fn an_author_is_recorded_once() {
    let mut server = Replica::server(&XYZ);
    for name in ["Ana", "Mallory"] {
        server.transact(|_, txn| Notebook::set_author(txn, 7, &actor(name)));
    }
    let txn = server.doc.transact();
    let authors = yrs::ReadTxn::get_map(&txn, "authors").unwrap();
    let authors = super::json::to_object(&txn, &authors);
    assert_eq!(serde_json::Value::Object(authors), serde_json::json!({"7": {"name": "Ana", "kind": "human"}}));
}

/// A second's worth of random histories; run more of them after changes here.
const SEEDS: u64 = 150;

/// A client of the random test: what it has sent, and what it still has to send and to receive.
struct Client {
    replica: Replica,
    outgoing: Vec<Vec<u8>>,
    seen: usize,
}

struct World {
    seed: u64,
    numbers: Numbers,
    server: Replica,
    log: Vec<Vec<u8>>,
    clients: Vec<Client>,
    typed: Vec<String>,
    next: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let server = Replica::server(&XYZ);
        let clients =
            (0..4).map(|at| Client { replica: server.fork(10 + at), outgoing: Vec::new(), seen: 0 }).collect();
        Self { seed, numbers: Numbers::new(seed), server, log: Vec::new(), clients, typed: Vec::new(), next: 0 }
    }

    fn step(&mut self) {
        let at = self.numbers.below(self.clients.len());
        match self.numbers.below(10) {
            0..=1 => self.send(at),
            2..=3 => self.receive(at),
            4..=6 => self.type_token(at),
            _ => self.change_structure(at),
        }
    }

    fn send(&mut self, at: usize) {
        let count = self.numbers.below(self.clients[at].outgoing.len() + 1);
        let updates: Vec<_> = self.clients[at].outgoing.drain(..count).collect();
        for update in updates {
            self.log.push(self.server.receive_update(&update).0);
        }
    }

    fn receive(&mut self, at: usize) {
        let client = &mut self.clients[at];
        let upto = client.seen + self.numbers.below(self.log.len() - client.seen + 1);
        self.log[client.seen..upto].iter().for_each(|update| client.replica.merge(update));
        client.seen = upto;
    }

    fn token(&mut self) -> String {
        self.next += 1;
        format!("<{}-{}>", self.seed, self.next)
    }

    fn some_cell(&mut self, at: usize) -> Option<(CellId, String)> {
        let cells = self.clients[at].replica.view().cells;
        let cell = self.numbers.below(cells.len());
        cells.get(cell).map(|cell| (cell.id.clone(), cell.source.clone()))
    }

    /// Types a word that no other has, between words; or takes one away again, on purpose.
    fn type_token(&mut self, at: usize) {
        let Some((cell, source)) = self.some_cell(at) else { return };
        let token = self.token();
        let gaps: Vec<usize> = (0..=source.len()).filter(|at| *at == 0 || source[..*at].ends_with('>')).collect();
        let gap = gaps[self.numbers.below(gaps.len())];
        let target = format!("{}{token}{}", &source[..gap], &source[gap..]);
        self.typed.push(token);
        let client = &mut self.clients[at];
        let update = match self.numbers.below(3) {
            0 => client.replica.edit(&Op::SetSource { id: cell, source: target, base: Some(source) }).unwrap(),
            _ => client.replica.typed(cell.as_str(), gap as u32, self.typed.last().unwrap()),
        };
        client.outgoing.push(update);
    }

    fn place(&mut self, at: usize) -> Place {
        match (self.numbers.below(4), self.some_cell(at)) {
            (0, _) | (_, None) => Place::First,
            (1, _) => Place::Last,
            (_, Some((after, _))) => Place::After(after),
        }
    }

    fn change_structure(&mut self, at: usize) {
        let place = self.place(at);
        let Some((cell, _)) = self.some_cell(at) else { return };
        let binned = self.clients[at].replica.view().bin;
        let kinds = [CellKind::Code, CellKind::Note, CellKind::Prompt, CellKind::Raw];
        let op = match self.numbers.below(5) {
            0 => {
                let source = self.token();
                self.typed.push(source.clone());
                let id: CellId = format!("cell-{}", self.next).parse().unwrap();
                Op::AddCell { id, kind: kinds[self.numbers.below(4)], source, place }
            }
            1 => Op::DeleteCell { id: cell },
            2 => Op::MoveCell { id: cell, place },
            3 if !binned.is_empty() => Op::RestoreCell { id: binned[self.numbers.below(binned.len())].cell.id.clone() },
            _ => Op::PatchCell {
                id: cell,
                kind: Some(kinds[self.numbers.below(4)]),
                metadata: None,
                collapsed: Some(true),
            },
        };
        let update = self.clients[at].replica.edit(&op).unwrap();
        self.clients[at].outgoing.push(update);
    }

    fn settle(&mut self) {
        for at in 0..self.clients.len() {
            let updates = std::mem::take(&mut self.clients[at].outgoing);
            for update in updates {
                self.log.push(self.server.receive_update(&update).0);
            }
        }
        for client in &mut self.clients {
            self.log[client.seen..].iter().for_each(|update| client.replica.merge(update));
        }
    }

    fn check(&self) {
        let seed = self.seed;
        let everything = self.server.everything();
        for client in &self.clients {
            assert_eq!(client.replica.everything(), everything, "seed {seed}: a client differs");
            assert_eq!(client.replica.view(), self.server.view(), "seed {seed}: a client sees something else");
        }
        let view = self.server.view();
        let cells: Vec<_> = view.cells.iter().chain(view.bin.iter().map(|entry| &entry.cell)).collect();
        let ids: HashSet<_> = cells.iter().map(|cell| &cell.id).collect();
        assert_eq!(ids.len(), cells.len(), "seed {seed}: an id is there twice");
        for token in &self.typed {
            let places = cells.iter().filter(|cell| cell.source.contains(token)).count();
            assert_eq!(places, 1, "seed {seed}: {token} is there {places} times");
        }
        assert_eq!(self.server.notebook.cell_count() as usize, view.cells.len(), "seed {seed}");
    }
}

#[test]
fn ln_55_random_edits_of_several_clients_converge_and_lose_no_text() {
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        for _ in 0..120 {
            world.step();
        }
        world.settle();
        world.check();
    }
}

#[test]
fn ln_55_events_of_random_edits_tell_the_whole_story() {
    for seed in 1..=40 {
        let mut world = World::new(1000 + seed);
        let mut told: Vec<CellId> = ["x", "y", "z"].map(id).into();
        for _ in 0..80 {
            world.step();
            for at in 0..world.clients.len() {
                let updates = std::mem::take(&mut world.clients[at].outgoing);
                for update in updates {
                    let (healed, events) = world.server.receive_update(&update);
                    world.log.push(healed);
                    let order: Vec<CellId> = world.server.view().cells.into_iter().map(|cell| cell.id).collect();
                    events.iter().for_each(|event| follow(&mut told, event, &order));
                    assert_eq!(told, order, "seed {seed}: after {events:?}");
                }
            }
        }
    }
}

/// Keeps a list of cells from events, as a client of the event stream would. It looks up where a restored cell stands.
fn follow(cells: &mut Vec<CellId>, event: &Event, order: &[CellId]) {
    let mut put = |cell: &CellId, after: Option<&CellId>| {
        cells.retain(|other| other != cell);
        let at = after.map_or(0, |after| cells.iter().position(|other| other == after).unwrap() + 1);
        cells.insert(at, cell.clone());
    };
    match event {
        Event::CellAdded { cell, after, .. } | Event::CellMoved { cell, after } => put(cell, after.as_ref()),
        Event::CellRestored { cell } => {
            let at = order.iter().position(|other| other == cell).unwrap();
            put(cell, order[..at].last());
        }
        Event::CellDeleted { cell } => cells.retain(|other| other != cell),
        _ => {}
    }
}
