//! Real documents for the tests of the gate: edits by several authors through yrs, updates written by Yjs, and what a
//! room does with an update.

use std::{
    cell::RefCell,
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use coscribe::wire::update::{self, CheckedUpdate, Deleted, Inserted, Misplaced, Refusal, Standing};
use yrs::{
    Any, Array, ArrayPrelim, ArrayRef, ClientID, Doc, GetString, IdSet, In, Map, MapPrelim, OffsetKind, Options, Out,
    ReadTxn, StateVector, Text, TextPrelim, TextRef, Transact, Update, WriteTxn, Xml, XmlElementPrelim, XmlFragment,
    XmlOut, XmlTextPrelim, branch::BranchPtr, diff_updates_v1, types::Attrs, types::ToJson, types::text::YChange,
    types::xml::XmlIn, undo, undo::UndoManager, updates::decoder::Decode, updates::encoder::Encode,
};

const WORDS: [&str; 8] = ["a", "word ", "ß", "界面", "🌱", "👩‍👩‍👧‍👦", "line\n", "\u{0}\u{7f}"];

/// One step of a random history; every value of every field means something.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    pub author: u8,
    pub kind: u8,
    pub at: u16,
    pub amount: u8,
    pub salt: u32,
}

/// Authors of one document, each with a replica, and every update they made.
pub struct Authors {
    docs: Vec<Doc>,
    undo: Vec<UndoManager<()>>,
    updates: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A document, and the index of where its changes stand.
pub struct Replica {
    doc: Doc,
    standing: RefCell<Standing>,
}

impl Deref for Replica {
    type Target = Doc;

    fn deref(&self) -> &Doc {
        &self.doc
    }
}

/// What a room did with an update. Causes are for failing tests to print.
#[derive(Debug)]
#[expect(dead_code, reason = "causes are only ever printed")]
pub enum Admission {
    Refused(Refusal),
    Gap,
    /// It stands where nothing may stand.
    Misplaced(Misplaced),
    /// It put text into a list, where reading it would not end: the room throws the document away and loads it anew.
    Poisoned,
    Merged,
}

/// A replica as rooms and browsers have it.
pub fn replica(client: u64) -> Replica {
    let mut options = Options::with_client_id(ClientID::new(client));
    options.offset_kind = OffsetKind::Utf16;
    let doc = Doc::with_options(options);
    // A room knows the roots of its document before the first update comes.
    let mut txn = doc.transact_mut();
    txn.get_or_insert_text("text");
    txn.get_or_insert_array("list");
    txn.get_or_insert_map("map");
    txn.get_or_insert_xml_fragment("xml");
    drop(txn);
    Replica { doc, standing: RefCell::default() }
}

/// `name` and bytes of every update in `yjs.txt`.
pub fn written_by_yjs() -> impl Iterator<Item = (&'static str, Bytes)> {
    include_str!("yjs.txt").lines().map(|line| {
        let (name, digits) = line.split_once(' ').expect("a name and hexadecimal digits");
        (name, unhex(digits))
    })
}

pub fn unhex(digits: &str) -> Bytes {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("a byte");
    digits.chunks(2).map(byte).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The whole document as one update.
pub fn state(doc: &Doc) -> Vec<u8> {
    doc.transact().encode_state_as_update_v1(&StateVector::default())
}

/// Takes an update as a room does: through the gate, not with a gap, and only if everything in it stands well.
pub fn admit(doc: &Replica, bytes: impl Into<Bytes>) -> Admission {
    match update::check(bytes.into()) {
        Ok(update) => merge(doc, &update),
        Err(refusal) => Admission::Refused(refusal),
    }
}

/// Fails unless yrs reads the update, and reads the ids the gate read.
pub fn compare_with_yrs(update: &CheckedUpdate) {
    let decoded = Update::decode_v1(update.bytes()).expect("yrs reads what the gate accepts");
    let inserted = |&Inserted { client, from, to }: &Inserted| (client, from, to);
    let deleted = |&Deleted { client, from, to }: &Deleted| (client, from, to);
    assert_eq!(update.inserts().iter().map(inserted).collect::<Vec<_>>(), ranges(&decoded.insertions(true)));
    assert_eq!(update.deletes().iter().map(deleted).collect::<Vec<_>>(), ranges(decoded.delete_set()));
}

/// The ranges of a set of ids, joined where they touch.
fn ranges(ids: &IdSet) -> Vec<(u64, u32, u32)> {
    let mut ranges: Vec<(u64, u32, u32)> = Vec::new();
    for (client, clocks) in ids.iter() {
        ranges.extend(clocks.iter().map(|clocks| (client.get(), clocks.start, clocks.end)));
    }
    ranges.sort_unstable();
    ranges.dedup_by(|next, last| {
        let touch = next.0 == last.0 && next.1 == last.2;
        if touch {
            last.2 = next.2;
        }
        touch
    });
    ranges
}

fn merge(doc: &Replica, update: &CheckedUpdate) -> Admission {
    note_own_edits(doc);
    let mut txn = doc.transact_mut();
    let known = txn.state_vector();
    if update.gap(|client| known.get(&ClientID::new(client))).is_some() {
        return Admission::Gap;
    }
    match doc.standing.borrow_mut().admit(update) {
        Ok(()) => {}
        Err(Misplaced::Missing) => return Admission::Gap,
        Err(misplaced) => return Admission::Misplaced(misplaced),
    }
    let cut = update.inserts().iter().any(|run| run.from < known.get(&ClientID::new(run.client)));
    let unknown = match cut {
        true => {
            Bytes::from(diff_updates_v1(update.bytes(), &known.encode_v1()).expect("yrs cuts what the gate accepts"))
        }
        false => update.bytes().clone(),
    };
    let decoded = Update::decode_v1(&unknown).expect("yrs reads what the gate accepts");
    txn.apply_update(decoded).expect("yrs integrates what stands well");
    assert!(!txn.has_missing_updates(), "something is missing of {}", hex(update.bytes()));
    if poisoned(&txn) {
        return Admission::Poisoned;
    }
    Admission::Merged
}

/// Notes what was written into the document without an update.
fn note_own_edits(doc: &Replica) {
    let mut standing = doc.standing.borrow_mut();
    let known = doc.transact().state_vector();
    if known.iter().any(|(client, clock)| standing.end_of(client.get()) < *clock) {
        standing.note(&state(doc)).expect("the index reads what yrs writes");
    }
}

/// Does everything a room does with its document, and reloads it.
pub fn exercise(doc: &Replica) {
    let whole = state(doc);
    read(doc);
    let txn = doc.transact();
    let known = txn.state_vector();
    let behind = known.iter().map(|(client, clock)| (*client, clock / 2)).collect();
    let rest = [txn.encode_diff_v1(&known), txn.encode_state_as_update_v1(&behind)];
    drop(txn);
    for update in rest {
        assert!(matches!(admit(doc, update), Admission::Merged), "a document takes its own changes");
    }
    reload(&whole, &known);
}

fn reload(whole: &[u8], known: &StateVector) {
    let reloaded = replica(1);
    let admission = admit(&reloaded, whole.to_vec());
    assert!(matches!(admission, Admission::Merged), "{admission:?} of the state {}", hex(whole));
    assert_eq!(reloaded.transact().state_vector(), *known, "the state {} is incomplete", hex(whole));
    read(&reloaded);
}

/// Reads every root a room reads. It reads no XML: writing that as text reads lists inside it, which nothing looks for.
fn read(doc: &Doc) {
    let txn = doc.transact();
    txn.get_text("text").expect("a root").get_string(&txn);
    txn.get_text("text").expect("a root").diff(&txn, YChange::identity);
    txn.get_array("list").expect("a root").to_json(&txn);
    txn.get_map("map").expect("a root").to_json(&txn);
}

/// Whether a list anywhere in the document holds text of which a character takes two UTF-16 units.
fn poisoned(txn: &impl ReadTxn) -> bool {
    txn.root_refs().any(|(_, root)| poisoned_inside(txn, root))
}

fn poisoned_inside(txn: &impl ReadTxn, value: Out) -> bool {
    match value {
        Out::YArray(list) => holds_wide_text(txn, &list) || list.iter(txn).any(|value| poisoned_inside(txn, value)),
        Out::YMap(map) => map.iter(txn).any(|(_, value)| poisoned_inside(txn, value)),
        _ => false,
    }
}

fn holds_wide_text(txn: &impl ReadTxn, list: &ArrayRef) -> bool {
    let text = TextRef::from(BranchPtr::from(list.as_ref()));
    text.get_string(txn).chars().any(|character| character.len_utf16() > 1)
}

impl Authors {
    /// Authors with these client ids.
    pub fn new(clients: &[u64]) -> Self {
        let docs: Vec<Doc> = clients.iter().map(|&client| replica(client).doc).collect();
        let updates = Arc::new(Mutex::new(Vec::new()));
        for doc in &docs {
            let updates = updates.clone();
            doc.observe_update_v1("record", move |_, event| updates.lock().unwrap().push(event.update.clone()))
                .unwrap();
        }
        Self { undo: docs.iter().map(undo_manager).collect(), docs, updates }
    }

    /// The history that `edits` make, and every update on its way: each step's, states and differences.
    pub fn history(clients: &[u64], edits: &[Edit]) -> Vec<Vec<u8>> {
        let mut authors = Self::new(clients);
        edits.iter().for_each(|edit| authors.edit(*edit));
        let mut updates = authors.updates.lock().unwrap().clone();
        updates.extend(authors.docs.iter().map(state));
        if let Ok(merged) = yrs::merge_updates_v1(&updates) {
            updates.push(merged);
        }
        let known = authors.docs[0].transact().state_vector();
        updates.extend(authors.docs.iter().map(|doc| doc.transact().encode_diff_v1(&known)));
        updates
    }

    /// Makes one edit.
    pub fn edit(&mut self, edit: Edit) {
        let author = usize::from(edit.author) % self.docs.len();
        let doc = &self.docs[author];
        match edit.kind % 12 {
            0 | 1 => edit_text(doc, edit),
            2 => format_text(doc, edit),
            3 | 4 => edit_list(doc, edit),
            5 | 6 => edit_map(doc, edit),
            7 => edit_xml(doc, edit),
            8 => edit_inside(doc, edit),
            9 if edit.amount.is_multiple_of(2) => drop(self.undo[author].undo_blocking()),
            9 => drop(self.undo[author].redo_blocking()),
            _ => self.exchange(author, usize::from(edit.amount) % self.docs.len()),
        }
    }

    fn exchange(&self, from: usize, to: usize) {
        if from != to {
            let known = self.docs[to].transact().state_vector();
            let update = self.docs[from].transact().encode_state_as_update_v1(&known);
            let mut txn = self.docs[to].transact_mut_with("remote");
            txn.apply_update(Update::decode_v1(&update).unwrap()).unwrap();
        }
    }
}

fn undo_manager(doc: &Doc) -> UndoManager<()> {
    let mut manager = UndoManager::with_options(undo::Options { capture_timeout_millis: 0, ..Default::default() });
    let roots = {
        let mut txn = doc.transact_mut();
        (txn.get_or_insert_text("text"), txn.get_or_insert_array("list"), txn.get_or_insert_map("map"))
    };
    manager.expand_scope(doc, &roots.0);
    manager.expand_scope(doc, &roots.1);
    manager.expand_scope(doc, &roots.2);
    manager
}

fn edit_text(doc: &Doc, edit: Edit) {
    let mut txn = doc.transact_mut();
    let text = txn.get_or_insert_text("text");
    let length = text.len(&txn);
    let at = place(edit, length + 1);
    match edit.salt % 4 {
        0 if at < length => text.remove_range(&mut txn, at, (u32::from(edit.amount) % 9 + 1).min(length - at)),
        1 => text.insert_with_attributes(&mut txn, at, word(edit), attributes(edit)),
        _ => text.insert(&mut txn, at, word(edit)),
    }
}

fn format_text(doc: &Doc, edit: Edit) {
    let mut txn = doc.transact_mut();
    let text = txn.get_or_insert_text("text");
    let length = text.len(&txn);
    let at = place(edit, length + 1);
    match edit.salt % 3 {
        0 => drop(text.insert_embed(&mut txn, at, plain(edit.salt, 2))),
        1 => drop(text.insert_embed(&mut txn, at, MapPrelim::from([("nested", plain(edit.salt, 1))]))),
        _ if at < length => text.format(&mut txn, at, (length - at).min(4), attributes(edit)),
        _ => {}
    }
}

fn edit_list(doc: &Doc, edit: Edit) {
    let mut txn = doc.transact_mut();
    let list = txn.get_or_insert_array("list");
    let length = list.len(&txn);
    let at = place(edit, length + 1);
    match edit.salt % 5 {
        0 if at < length => list.remove_range(&mut txn, at, (u32::from(edit.amount) % 4 + 1).min(length - at)),
        1 => drop(list.insert(&mut txn, at, shared(edit.salt))),
        2 => list.insert_range(&mut txn, at, (0..edit.salt % 7).map(|salt| plain(salt, 1)).collect::<Vec<_>>()),
        _ => drop(list.insert(&mut txn, at, plain(edit.salt, 3))),
    }
}

fn edit_map(doc: &Doc, edit: Edit) {
    let mut txn = doc.transact_mut();
    let map = txn.get_or_insert_map("map");
    let key = format!("key {}", edit.at % 5);
    match edit.salt % 5 {
        0 => drop(map.remove(&mut txn, &key)),
        1 => drop(map.insert(&mut txn, key, shared(edit.salt))),
        2 => drop(map.insert(&mut txn, key, Doc::new())),
        _ => drop(map.insert(&mut txn, key, plain(edit.salt, 3))),
    }
}

fn edit_xml(doc: &Doc, edit: Edit) {
    let mut txn = doc.transact_mut();
    let fragment = txn.get_or_insert_xml_fragment("xml");
    let length = fragment.len(&txn);
    let at = place(edit, length + 1);
    match (edit.salt % 5, fragment.get(&txn, at)) {
        (0, Some(_)) => fragment.remove_range(&mut txn, at, 1),
        (1, Some(XmlOut::Element(element))) => drop(element.insert_attribute(&mut txn, "align", word(edit))),
        (2, Some(XmlOut::Text(text))) => text.format(&mut txn, 0, 1, attributes(edit)),
        (3, _) => drop(fragment.insert(&mut txn, at, XmlTextPrelim::new(word(edit)))),
        _ => {
            let children = [XmlIn::from(XmlTextPrelim::new(word(edit))), XmlElementPrelim::empty("img").into()];
            fragment.insert(&mut txn, at, XmlElementPrelim::new("p", children));
        }
    }
}

/// Edits a shared type inside the list or the map, as deep as there is one.
fn edit_inside(doc: &Doc, edit: Edit) {
    let mut txn = doc.transact_mut();
    let list = txn.get_or_insert_array("list");
    let map = txn.get_or_insert_map("map");
    let at = place(edit, list.len(&txn).max(1));
    let mut inside = list.get(&txn, at).or_else(|| map.get(&txn, &format!("key {}", edit.at % 5)));
    while let Some(Out::YMap(inner)) = inside {
        inside = inner.get(&txn, "inner");
        inner.insert(&mut txn, "inner", shared(edit.salt));
    }
    match inside {
        Some(Out::YArray(inner)) => drop(inner.push_back(&mut txn, shared(edit.salt))),
        Some(Out::YText(inner)) => inner.insert(&mut txn, 0, word(edit)),
        _ => {}
    }
}

fn place(edit: Edit, bound: u32) -> u32 {
    u32::from(edit.at) % bound
}

fn word(edit: Edit) -> &'static str {
    WORDS[usize::from(edit.amount) % WORDS.len()]
}

fn attributes(edit: Edit) -> Attrs {
    let value = if edit.salt.is_multiple_of(3) { Any::Null } else { plain(edit.salt, 1) };
    Attrs::from([(["bold", "link", "ünder"][edit.salt as usize % 3].into(), value)])
}

fn shared(salt: u32) -> In {
    match salt / 7 % 4 {
        0 => TextPrelim::new(WORDS[salt as usize % WORDS.len()]).into(),
        1 => ArrayPrelim::from([plain(salt, 1), plain(salt / 3, 2)]).into(),
        2 => MapPrelim::from([("inner".to_owned(), In::from(MapPrelim::default()))]).into(),
        _ => MapPrelim::from([("a", plain(salt, 2)), ("", plain(salt / 3, 0))]).into(),
    }
}

fn plain(salt: u32, levels: u32) -> Any {
    let next = salt / 11;
    match salt % if levels == 0 { 9 } else { 11 } {
        0 => Any::Null,
        1 => Any::Undefined,
        2 => Any::from(salt.is_multiple_of(2)),
        3 => Any::from(i64::from(salt) * if salt.is_multiple_of(2) { -1 } else { 1 }),
        4 => Any::from(i64::MIN + i64::from(salt)),
        5 => Any::from(f64::from(salt) / 7.0),
        6 => Any::from([f64::NAN, f64::INFINITY, -0.0, 1e300][salt as usize % 4]),
        7 => Any::from(WORDS[salt as usize % WORDS.len()]),
        8 => Any::from(vec![salt as u8; salt as usize % 40]),
        9 => Any::from((0..salt % 5).map(|step| plain(next + step, levels - 1)).collect::<Vec<_>>()),
        _ => Any::from(
            (0..salt % 5).map(|step| (format!("k{step}"), plain(next + step, levels - 1))).collect::<HashMap<_, _>>(),
        ),
    }
}
