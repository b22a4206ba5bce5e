//! A mutation fuzzer of the gate: what it accepts is merged into a real document, as a room does it, and the document is
//! then read, encoded and reloaded. Nothing may panic, hang or allocate out of proportion.
//!
//! `COSCRIBE_FUZZ_CASES` and `COSCRIBE_FUZZ_SEED` set how many cases and which; every failure prints its case. A case
//! that ends the process (an overflow of the stack) is found in `target/tmp/gate_fuzz.case`. `MALLOC_PERTURB_=165` makes
//! glibc overwrite freed memory, so that its use shows.
//!
//! `COSCRIBE_FUZZ_INVENTED` is the share, in percent, of updates that are not spoilt but invented: right in grammar, and
//! referring to items of several parents at once. yrs 0.28.1 uses freed memory on some of them, so that the index of
//! where every change stands must refuse them (`an_item_between_a_list_and_a_map_does_not_point_to_freed_memory`).

#[path = "gate/documents.rs"]
mod documents;
#[path = "gate/mutation.rs"]
mod mutation;

use std::{
    alloc::System,
    env, fs,
    panic::{self, AssertUnwindSafe},
    process,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use coscribe::wire::{
    frame,
    update::{self, CheckedUpdate},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use yrs::{ReadTxn, StateVector, Transact, updates::decoder::Decode};

use self::{
    documents::{Admission, admit, compare_with_yrs, exercise, hex, replica},
    mutation::{Corpus, invent, mutate},
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A quarter of a minute of an unoptimised build; more on a machine with much else to do.
const CASES: u64 = 60_000;
const SEED: u64 = 1;
/// The share of invented updates: few mutations get as far as yrs, most of these do, and each costs milliseconds.
const INVENTED_PERCENT: u64 = 3;
/// The stack of a tokio worker: overflowing it would end the server.
const STACK_BYTES: usize = 2 * 1024 * 1024;
/// A case takes well below a millisecond; ten seconds are a hang even on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(10);
/// All memory a case may ask for, in sum: its document, three encodings and a reload.
const MOST_ALLOCATED: usize = 16 * 1024 * 1024;

/// A document and what arrives for it.
#[derive(Clone)]
struct Case {
    document: Bytes,
    updates: Vec<Bytes>,
    state_vector: Bytes,
}

#[derive(Debug, Default)]
struct Figures {
    refused: u64,
    gaps: u64,
    misplaced: u64,
    poisoned: u64,
    merged: u64,
    state_vectors: u64,
    most_allocated: usize,
    longest: Duration,
}

impl Case {
    fn describe(&self) -> String {
        let updates: Vec<String> = self.updates.iter().map(|update| hex(update)).collect();
        let (document, vector) = (hex(&self.document), hex(&self.state_vector));
        format!("document {document}\nupdates {}\nstate vector {vector}", updates.join("\n        "))
    }

    fn random(corpus: &Corpus, invented: u64, random: &mut StdRng) -> Self {
        let history = corpus.histories.choose(random).expect("histories");
        let one = |random: &mut StdRng| match random.random_range(0..100) < invented {
            true => invent(history, random),
            false => mutate(history.updates.choose(random).expect("updates").clone(), corpus, random),
        };
        let updates = (0..random.random_range(1..=3)).map(|_| one(random)).collect();
        let state_vector = mutate(history.state_vector.clone(), corpus, random);
        Self { document: history.state.clone(), updates, state_vector }
    }

    /// Whether anything in it gets past the gate; most mutations do not, and cost nothing.
    fn is_of_interest(&self) -> bool {
        self.updates.iter().any(|bytes| update::check(bytes.clone()).is_ok())
            || update::check_state_vector(self.state_vector.clone()).is_ok()
    }

    fn run(&self, figures: &mut Figures) {
        let document = replica(1);
        admit(&document, self.document.clone());
        for bytes in &self.updates {
            frame::decode(frame::update(bytes)).err();
            update::check(bytes.clone()).iter().for_each(|update: &CheckedUpdate| compare_with_yrs(update));
            match admit(&document, bytes.clone()) {
                Admission::Refused(_) => figures.refused += 1,
                Admission::Gap => figures.gaps += 1,
                Admission::Misplaced(_) => figures.misplaced += 1,
                Admission::Merged => figures.merged += 1,
                Admission::Poisoned => {
                    figures.poisoned += 1;
                    return;
                }
            }
            exercise(&document);
        }
        if let Ok(checked) = update::check_state_vector(self.state_vector.clone()) {
            figures.state_vectors += 1;
            let vector = StateVector::decode_v1(checked.bytes()).expect("yrs reads what the gate accepts");
            document.transact().encode_diff_v1(&vector);
        }
    }
}

/// What the watchdog sees: the case under way, and since when.
type UnderWay = Arc<Mutex<Option<(Instant, Case)>>>;

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect(name))
}

/// Ends the process, with the case, when one takes too long: nothing else can stop a thread.
fn watch(under_way: UnderWay) {
    thread::spawn(move || {
        while Arc::strong_count(&under_way) > 1 {
            if let Some((since, case)) = &*under_way.lock().unwrap()
                && since.elapsed() > PATIENCE
            {
                eprintln!("a case does not end:\n{}", case.describe());
                process::exit(1);
            }
            thread::park_timeout(PATIENCE / 10);
        }
    });
}

fn run_one(case: &Case, figures: &mut Figures) {
    let since = Instant::now();
    let region = Region::new(ALLOCATOR);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| case.run(figures)));
    let allocated = region.change().bytes_allocated;
    assert!(outcome.is_ok(), "a case panics:\n{}", case.describe());
    assert!(allocated <= MOST_ALLOCATED, "a case allocates {allocated} bytes:\n{}", case.describe());
    figures.most_allocated = figures.most_allocated.max(allocated);
    figures.longest = figures.longest.max(since.elapsed());
}

fn fuzz(cases: u64, seed: u64, under_way: &UnderWay) -> Figures {
    let (corpus, mut random, mut figures) = (Corpus::new(), StdRng::seed_from_u64(seed), Figures::default());
    let invented = setting("COSCRIBE_FUZZ_INVENTED", INVENTED_PERCENT);
    let last_case = format!("{}/gate_fuzz.case", env!("CARGO_TARGET_TMPDIR"));
    for _ in 0..cases {
        let case = Case::random(&corpus, invented, &mut random);
        if !case.is_of_interest() {
            figures.refused += case.updates.len() as u64;
            continue;
        }
        fs::write(&last_case, case.describe()).expect("a place for the last case");
        *under_way.lock().unwrap() = Some((Instant::now(), case.clone()));
        run_one(&case, &mut figures);
        *under_way.lock().unwrap() = None;
    }
    figures
}

#[test]
fn nothing_that_passes_the_gate_harms_a_document() {
    let (cases, seed) = (setting("COSCRIBE_FUZZ_CASES", CASES), setting("COSCRIBE_FUZZ_SEED", SEED));
    let under_way = UnderWay::default();
    watch(under_way.clone());
    println!("{cases} cases from the seed {seed}");
    let worker = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || fuzz(cases, seed, &under_way));
    let figures = worker.expect("a thread").join().expect("no failure");
    println!("{figures:?}");
    assert!(figures.merged > cases / 100, "mutations too wild to test anything: {figures:?}");
}
