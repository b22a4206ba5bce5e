//! Output on its way out: adjacent text is joined, what comes too fast loses its oldest part, with a count.
//!
//! Imports ids. Pure: the caller brings the time.
//!
//! Invariants: what leaves is in the order in which it came; the newest text always leaves, so that the last line of a
//! run is never lost; memory is bounded by [`TEXT_WAITING`], [`RICH_WAITING`] and [`PIECES_WAITING`].

use std::{collections::VecDeque, time::Instant};

use super::{
    comms,
    event::{Comm, CommKind, KernelEvent, Notice, StreamName},
    message::fields_size,
    settings::{JOINING, Rates},
    throttle::Allowance,
};
use crate::ids::RunId;

/// Text that waits at most: a burst.
const TEXT_WAITING: usize = 1 << 20;

/// Rich outputs that wait at most, in bytes.
const RICH_WAITING: usize = 64 << 20;

/// Pieces that wait at most. A loop that prints to both streams in turn makes one a line.
const PIECES_WAITING: usize = 2048;

/// Text that leaves with each flush whatever the rate says: the last lines are what people look for.
const NEWEST_TEXT: usize = 2 << 10;

/// What a rich output costs besides its bytes: documents and pages work for each.
const RICH_COST: usize = 16 << 10;

/// Where text is cut, a line may begin so many bytes later, so that no half line is shown.
const LINE_SEARCH: usize = 4 << 10;

/// Output that waits.
#[derive(Debug)]
enum Piece {
    Text {
        run: RunId,
        name: StreamName,
        text: String,
    },
    /// Without a run: a message of a widget that no run caused.
    Rich {
        run: Option<RunId>,
        event: KernelEvent,
        cost: usize,
    },
    Clear {
        run: RunId,
        wait: bool,
    },
}

/// What was left out of one run since it was last told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Dropped {
    bytes: u64,
    lines: u64,
    outputs: u64,
}

/// Output of one kernel.
#[derive(Debug)]
pub struct Joiner {
    pieces: VecDeque<Piece>,
    text_waiting: usize,
    rich_waiting: usize,
    /// In the order of the first loss.
    dropped: Vec<(Option<RunId>, Dropped)>,
    text: Allowance,
    rich: Allowance,
    /// When the oldest piece came.
    since: Option<Instant>,
}

impl Joiner {
    /// Empty.
    pub fn new(rates: &Rates, now: Instant) -> Self {
        Self {
            pieces: VecDeque::new(),
            text_waiting: 0,
            rich_waiting: 0,
            dropped: Vec::new(),
            text: Allowance::new(rates.text_bytes, rates.text_burst, now),
            rich: Allowance::new(rates.rich_bytes, rates.rich_burst, now),
            since: None,
        }
    }

    /// When the next flush is due.
    pub fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + JOINING)
    }

    /// Text that a run printed.
    pub fn text(&mut self, run: &RunId, name: StreamName, text: &str, now: Instant) {
        self.settle_clear(run);
        self.text_waiting += text.len();
        match self.pieces.back_mut() {
            Some(Piece::Text { run: last, name: stream, text: waiting }) if last == run && *stream == name => {
                waiting.push_str(text);
            }
            _ => self.pieces.push_back(Piece::Text { run: run.clone(), name, text: text.into() }),
        }
        self.bound(now);
    }

    /// A rich output of a run; `bytes` is how large it is.
    pub fn rich(&mut self, run: Option<&RunId>, event: KernelEvent, bytes: usize, now: Instant) {
        if let Some(run) = run {
            self.settle_clear(run);
        }
        let cost = bytes + RICH_COST;
        self.rich_waiting += cost;
        self.pieces.push_back(Piece::Rich { run: run.cloned(), event, cost });
        self.bound(now);
    }

    /// A message of a widget. A change of state is told together with one that waits, since only the newest value of a
    /// key counts; so a widget that changes without end takes no more room than its state.
    pub fn comm(&mut self, comm: Comm, now: Instant) {
        let waits = self.pieces.iter_mut().rev().find_map(|piece| match piece {
            Piece::Rich { event: KernelEvent::Comm(other), cost, .. } if other.comm == comm.comm => Some((other, cost)),
            _ => None,
        });
        match waits {
            Some((waiting, cost)) if comm.kind == CommKind::Message && comms::joins(&waiting.data, &comm.data) => {
                comms::join(&mut waiting.data, &mut waiting.buffers, comm.data, comm.buffers);
                let joined = size_of(waiting) + RICH_COST;
                self.rich_waiting = (self.rich_waiting + joined).saturating_sub(std::mem::replace(cost, joined));
                self.bound(now);
            }
            _ => {
                let (run, bytes) = (comm.run.clone(), size_of(&comm));
                self.rich(run.as_ref(), KernelEvent::Comm(comm), bytes, now);
            }
        }
    }

    /// The outputs of the run so far go away, with `wait` once another comes: what waits here need not leave at all.
    pub fn clear(&mut self, run: &RunId, wait: bool, now: Instant) {
        self.settle_clear(run);
        self.pieces.push_back(Piece::Clear { run: run.clone(), wait });
        if !wait {
            self.settle_clear_at(self.pieces.len() - 1);
        }
        self.bound(now);
    }

    /// Everything that waits and may leave, oldest first.
    pub fn flush(&mut self, now: Instant) -> Vec<KernelEvent> {
        self.since = None;
        let allowed = usize::try_from(self.text.left(now)).unwrap_or(usize::MAX).max(NEWEST_TEXT);
        self.shorten_text(allowed);
        let allowed = usize::try_from(self.rich.left(now)).unwrap_or(usize::MAX);
        self.shorten_rich(allowed);
        self.text.spend(self.text_waiting as u64);
        self.rich.spend(self.rich_waiting as u64);
        (self.text_waiting, self.rich_waiting) = (0, 0);
        let told = std::mem::take(&mut self.dropped).into_iter().map(|(run, dropped)| {
            let Dropped { bytes, lines, outputs } = dropped;
            KernelEvent::Notice { run, notice: Notice::Dropped { bytes, lines, outputs } }
        });
        told.chain(std::mem::take(&mut self.pieces).into_iter().map(Piece::into_event)).collect()
    }

    /// Keeps memory bounded between flushes.
    fn bound(&mut self, now: Instant) {
        self.since.get_or_insert(now);
        // Half, so that the cut is seldom.
        if self.text_waiting > TEXT_WAITING {
            self.shorten_text(TEXT_WAITING / 2);
        }
        self.shorten_rich(RICH_WAITING);
        while self.pieces.len() > PIECES_WAITING
            && let Some(at) = self.pieces.iter().position(Piece::may_be_lost)
        {
            self.drop_piece(at);
        }
        // A program that makes widgets without end.
        while self.pieces.len() > 4 * PIECES_WAITING || self.rich_waiting > 4 * RICH_WAITING {
            self.drop_piece(0);
        }
    }

    /// Takes text away from the oldest pieces until only so much waits.
    fn shorten_text(&mut self, allowed: usize) {
        let mut at = 0;
        while self.text_waiting > allowed && at < self.pieces.len() {
            let excess = self.text_waiting - allowed;
            match &mut self.pieces[at] {
                Piece::Text { text, .. } if text.len() <= excess => self.drop_piece(at),
                Piece::Text { run, text, .. } => {
                    let rest = text.split_off(cut(text, excess));
                    let gone = std::mem::replace(text, rest);
                    let run = run.clone();
                    self.text_waiting -= gone.len();
                    self.count_text(&run, &gone);
                    at += 1;
                }
                Piece::Rich { .. } | Piece::Clear { .. } => at += 1,
            }
        }
    }

    /// Takes the oldest rich outputs away until only so much waits; an exception and the state of a widget always stay.
    fn shorten_rich(&mut self, allowed: usize) {
        let mut at = 0;
        while self.rich_waiting > allowed && at < self.pieces.len() {
            match &self.pieces[at] {
                piece @ Piece::Rich { .. } if piece.may_be_lost() => self.drop_piece(at),
                Piece::Rich { .. } | Piece::Text { .. } | Piece::Clear { .. } => at += 1,
            }
        }
    }

    /// Takes a piece away and counts it.
    fn drop_piece(&mut self, at: usize) {
        match self.pieces.remove(at) {
            Some(Piece::Text { run, text, .. }) => {
                self.text_waiting -= text.len();
                self.count_text(&run, &text);
            }
            Some(Piece::Rich { run, cost, .. }) => {
                self.rich_waiting -= cost;
                self.loss(run).outputs += 1;
            }
            Some(Piece::Clear { .. }) | None => {}
        }
    }

    fn count_text(&mut self, run: &RunId, gone: &str) {
        let loss = self.loss(Some(run.clone()));
        loss.bytes += gone.len() as u64;
        loss.lines += gone.matches('\n').count() as u64;
    }

    fn loss(&mut self, run: Option<RunId>) -> &mut Dropped {
        let at = self.dropped.iter().position(|(known, _)| *known == run).unwrap_or_else(|| {
            self.dropped.push((run, Dropped::default()));
            self.dropped.len() - 1
        });
        &mut self.dropped[at].1
    }

    /// A clear that waited for the next output of its run takes effect, because that output comes now.
    fn settle_clear(&mut self, run: &RunId) {
        let waiting = |piece: &Piece| matches!(piece, Piece::Clear { run: of, wait: true } if of == run);
        if self.pieces.back().is_some_and(waiting) {
            self.settle_clear_at(self.pieces.len() - 1);
        }
    }

    /// What waits before a clear of the same run is never seen, so it is taken away, uncounted. An exception stays.
    fn settle_clear_at(&mut self, clear: usize) {
        let Some(Piece::Clear { run, .. }) = self.pieces.get(clear) else { return };
        let run = run.clone();
        let mut position = 0;
        let (mut text, mut rich) = (0, 0);
        self.pieces.retain(|piece| {
            let before = position < clear;
            position += 1;
            let cleared = before && piece.is_cleared_for(&run);
            if cleared {
                text += piece.text_bytes();
                rich += piece.rich_bytes();
            }
            !cleared
        });
        self.text_waiting -= text;
        self.rich_waiting -= rich;
    }
}

impl Piece {
    fn into_event(self) -> KernelEvent {
        match self {
            Self::Text { run, name, text } => KernelEvent::Stream { run, name, text },
            Self::Rich { event, .. } => event,
            Self::Clear { run, wait } => KernelEvent::Clear { run, wait },
        }
    }

    /// Updates of displays reach other cells too and widgets live elsewhere, so they stay.
    fn is_cleared_for(&self, clearing: &RunId) -> bool {
        match self {
            Self::Text { run, .. } | Self::Clear { run, .. } => run == clearing,
            Self::Rich { run, event, .. } => {
                let stays = matches!(
                    event,
                    KernelEvent::Error { .. } | KernelEvent::Comm(_) | KernelEvent::Display { update: true, .. }
                );
                run.as_ref() == Some(clearing) && !stays
            }
        }
    }

    /// Whether it may be left out when there is too much.
    fn may_be_lost(&self) -> bool {
        match self {
            Self::Rich { event: KernelEvent::Error { .. }, .. } => false,
            Self::Rich { event: KernelEvent::Comm(comm), .. } => comms::may_be_lost(comm),
            Self::Rich { .. } | Self::Text { .. } | Self::Clear { .. } => true,
        }
    }

    fn text_bytes(&self) -> usize {
        match self {
            Self::Text { text, .. } => text.len(),
            Self::Rich { .. } | Self::Clear { .. } => 0,
        }
    }

    fn rich_bytes(&self) -> usize {
        match self {
            Self::Rich { cost, .. } => *cost,
            Self::Text { .. } | Self::Clear { .. } => 0,
        }
    }
}

/// About how many bytes a message of a widget takes.
fn size_of(comm: &Comm) -> usize {
    comm.buffers.iter().map(Vec::len).sum::<usize>() + fields_size(&comm.data)
}

/// Where to cut so that at least `excess` bytes go: at the next beginning of a line if one is near, never in a letter.
fn cut(text: &str, excess: usize) -> usize {
    let letter = (excess..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let near = text.as_bytes()[letter..].iter().take(LINE_SEARCH).position(|byte| *byte == b'\n');
    match near {
        Some(line) if letter + line + 1 < text.len() => letter + line + 1,
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::kernel::event::Bundle;

    const OUT: StreamName = StreamName::Stdout;
    const ERR: StreamName = StreamName::Stderr;

    fn run(name: &str) -> RunId {
        name.parse().unwrap()
    }

    fn joiner(now: Instant) -> Joiner {
        Joiner::new(&Rates { text_bytes: 1000, text_burst: 10_000, rich_bytes: 1000, rich_burst: 1 << 20 }, now)
    }

    fn display(of: &RunId, name: &str, update: bool) -> KernelEvent {
        KernelEvent::Display { run: of.clone(), bundle: Bundle::default(), display_id: Some(name.into()), update }
    }

    fn texts(events: &[KernelEvent]) -> Vec<(StreamName, &str)> {
        let text = |event| match event {
            &KernelEvent::Stream { name, ref text, .. } => Some((name, text.as_str())),
            _ => None,
        };
        events.iter().filter_map(text).collect()
    }

    fn losses(events: &[KernelEvent]) -> Vec<&Notice> {
        let mut losses = Vec::new();
        for event in events {
            if let KernelEvent::Notice { notice, .. } = event {
                losses.push(notice);
            }
        }
        losses
    }

    #[test]
    fn ln_22_adjacent_text_of_a_stream_is_joined_and_the_order_of_streams_is_kept() {
        let (now, a) = (Instant::now(), run("a"));
        let mut joiner = joiner(now);
        for (name, text) in [(OUT, "1\n"), (OUT, "2\n"), (ERR, "x"), (OUT, "3\n")] {
            joiner.text(&a, name, text, now);
        }
        assert_eq!(joiner.due(), Some(now + JOINING));
        assert_eq!(texts(&joiner.flush(now)), [(OUT, "1\n2\n"), (ERR, "x"), (OUT, "3\n")]);
        assert_eq!(joiner.due(), None);
    }

    #[test]
    fn a_loop_that_runs_away_loses_the_middle_with_a_count_and_keeps_whole_newest_lines() {
        let (now, a) = (Instant::now(), run("a"));
        let mut joiner = joiner(now);
        let first: String = (0..1000).map(|n| format!("line {n:04}\n")).collect();
        joiner.text(&a, OUT, &first, now);
        assert_eq!(texts(&joiner.flush(now)), [(OUT, first.as_str())]);
        let second: String = (1000..2000).map(|n| format!("line {n:04}\n")).collect();
        joiner.text(&a, OUT, &second, now);
        let events = joiner.flush(now);
        let [(OUT, shown)] = texts(&events)[..] else { panic!("{events:?}") };
        assert!(shown.len() <= NEWEST_TEXT && shown.starts_with("line ") && shown.ends_with("line 1999\n"), "{shown}");
        let gone = second.len() - shown.len();
        assert_eq!(losses(&events), [&Notice::Dropped { bytes: gone as u64, lines: gone as u64 / 10, outputs: 0 }]);
    }

    #[test]
    fn text_that_nobody_takes_stays_bounded_in_bytes_and_in_pieces() {
        let (now, a) = (Instant::now(), run("a"));
        let mut joiner = joiner(now);
        for _ in 0..100 {
            joiner.text(&a, OUT, &"x".repeat(100_000), now);
        }
        assert!(joiner.text_waiting <= TEXT_WAITING);
        for at in 0..100_000 {
            joiner.text(&a, if at % 2 == 0 { OUT } else { ERR }, "y\n", now);
        }
        assert!(joiner.pieces.len() <= PIECES_WAITING);
        let events = joiner.flush(now);
        let Some(Notice::Dropped { bytes, .. }) = losses(&events).first() else { panic!("nothing counted") };
        let kept: usize = texts(&events).iter().map(|(_, text)| text.len()).sum();
        assert_eq!(*bytes as usize + kept, 100 * 100_000 + 200_000);
    }

    #[test]
    fn a_cut_never_splits_a_letter() {
        let (now, a) = (Instant::now(), run("a"));
        let mut joiner = joiner(now);
        joiner.text(&a, OUT, &"é🙂".repeat(200_000), now);
        assert!(texts(&joiner.flush(now))[0].1.chars().all(|letter| "é🙂".contains(letter)));
    }

    #[test]
    fn rich_outputs_past_their_rate_lose_the_oldest_but_never_an_exception() {
        let (now, a) = (Instant::now(), run("a"));
        let mut joiner = joiner(now);
        let error = KernelEvent::Error { run: a.clone(), name: "E".into(), value: "v".into(), traceback: Vec::new() };
        joiner.rich(Some(&a), error.clone(), 10, now);
        for at in 0..10 {
            joiner.rich(Some(&a), display(&a, &at.to_string(), false), 200_000, now);
        }
        let events = joiner.flush(now);
        assert_eq!(losses(&events), [&Notice::Dropped { bytes: 0, lines: 0, outputs: 6 }]);
        assert_eq!(events[1], error);
        assert_eq!(events.last(), Some(&display(&a, "9", false)));
    }

    #[test]
    fn an_animation_leaves_only_its_newest_picture_of_each_moment() {
        let (now, a) = (Instant::now(), run("a"));
        let mut joiner = joiner(now);
        joiner.rich(Some(&a), display(&a, "other cell", true), 10, now);
        for at in 0..30 {
            joiner.text(&a, OUT, "frame\n", now);
            joiner.rich(Some(&a), display(&a, &at.to_string(), false), 10, now);
            joiner.clear(&a, true, now);
        }
        joiner.text(&a, OUT, "end\n", now);
        let events = joiner.flush(now);
        let clear = KernelEvent::Clear { run: a.clone(), wait: true };
        assert_eq!(events[..2], [display(&a, "other cell", true), clear]);
        assert_eq!(texts(&events), [(OUT, "end\n")]);
        assert_eq!(joiner.flush(now), []);
    }

    #[test]
    fn a_clear_that_waits_takes_nothing_away_until_the_next_output() {
        let (now, a) = (Instant::now(), run("a"));
        let mut joiner = joiner(now);
        joiner.text(&a, OUT, "kept", now);
        joiner.clear(&a, true, now);
        assert_eq!(texts(&joiner.flush(now)), [(OUT, "kept")]);
        joiner.text(&a, OUT, "gone", now);
        joiner.clear(&a, false, now);
        assert_eq!(joiner.flush(now), [KernelEvent::Clear { run: a, wait: false }]);
    }

    #[test]
    fn the_allowance_comes_back_with_time() {
        let (now, a) = (Instant::now(), run("a"));
        let mut joiner = joiner(now);
        joiner.text(&a, OUT, &"x".repeat(10_000), now);
        joiner.flush(now);
        let later = now + Duration::from_secs(10);
        joiner.text(&a, OUT, &"y".repeat(10_000), later);
        assert_eq!(losses(&joiner.flush(later)), Vec::<&Notice>::new());
    }
}
