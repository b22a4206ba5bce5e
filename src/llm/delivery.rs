//! From the stream of a provider to whoever asked: joined, timed, bounded. Imports stream, answer, failure, times.
//!
//! At most one event in [`times::JOINING`] leaves, the first at once. While the reader has not taken an event, nothing is
//! read from the provider, whose connection then fills up and stops it. Invariant: what waits here and in the channel is
//! bounded by [`EVENTS`] times [`JOINED_BYTES`] and one chunk of the provider.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    answer::AnswerEvent,
    failure::Failure,
    stream::{End, Part, Parts},
    times,
};

/// Events that may wait for the reader: a second of an answer.
pub const EVENTS: usize = 16;

/// Text that leaves without waiting for more.
const JOINED_BYTES: usize = 16 << 10;

/// The longest answer with its thinking: more than any model writes, and what documents bear.
pub const ANSWER_BYTES: usize = 8 << 20;

/// How long the words of one provider may take.
#[derive(Debug, Clone)]
pub struct Patience {
    pub provider: String,
    pub first_token: Duration,
    pub between_tokens: Duration,
}

/// One answer on its way to its reader.
#[derive(Debug)]
pub struct Delivery {
    events: mpsc::Sender<AnswerEvent>,
    patience: Patience,
    /// What waits to be sent; always of one sort.
    waiting: Option<AnswerEvent>,
    /// When the next event may leave.
    next: Instant,
    /// Bytes of thinking and answer so far.
    bytes: usize,
}

/// The reader is gone.
#[derive(Debug, PartialEq, Eq)]
pub struct Gone;

impl Delivery {
    pub fn new(events: mpsc::Sender<AnswerEvent>, patience: Patience) -> Self {
        Self { events, patience, waiting: None, next: Instant::now(), bytes: 0 }
    }

    /// Whether a word has come.
    pub fn began(&self) -> bool {
        self.bytes > 0
    }

    /// Bytes of thinking and answer that have come.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Hands on what the provider says until it ends.
    pub async fn run(&mut self, mut parts: Parts) -> Result<Result<End, Failure>, Gone> {
        let mut deadline = Instant::now() + self.patience.first_token;
        loop {
            let flush = self.waiting.as_ref().map(|_| self.next);
            let part = tokio::select! {
                // Words that are there go on before a time-out that passed while the reader was slow.
                biased;
                part = parts.next() => part,
                () = until(flush) => { self.flush().await?; continue }
                () = sleep_until(deadline) => { self.flush().await?; return Ok(Err(self.too_slow())) }
            };
            match part {
                Some(Ok(Part::Thinking(words))) => self.take(AnswerEvent::Thinking(words)).await?,
                Some(Ok(Part::Text(words))) => self.take(AnswerEvent::Text(words)).await?,
                Some(Ok(Part::End(end))) => {
                    self.flush().await?;
                    return Ok(Ok(end));
                }
                Some(Err(failure)) => {
                    self.flush().await?;
                    return Ok(Err(failure));
                }
                None => {
                    self.flush().await?;
                    return Ok(Err(self.broken_off()));
                }
            }
            if self.bytes > ANSWER_BYTES {
                self.flush().await?;
                return Ok(Err(Failure::TooLong { provider: self.patience.provider.clone(), bytes: ANSWER_BYTES }));
            }
            // The reader's time is not the provider's: the wait begins when the words were handed on.
            deadline = Instant::now() + self.patience.between_tokens;
        }
    }

    async fn take(&mut self, next: AnswerEvent) -> Result<(), Gone> {
        if length(&next) == 0 {
            return Ok(());
        }
        self.bytes += length(&next);
        if let Some(other) = self.join(next) {
            self.flush().await?;
            self.waiting = Some(other);
        }
        let full = self.waiting.as_ref().is_some_and(|waiting| length(waiting) >= JOINED_BYTES);
        if full || Instant::now() >= self.next { self.flush().await } else { Ok(()) }
    }

    /// Joins words to those that wait; gives them back if those are of another sort.
    fn join(&mut self, next: AnswerEvent) -> Option<AnswerEvent> {
        match (&mut self.waiting, next) {
            (Some(AnswerEvent::Text(before)), AnswerEvent::Text(words))
            | (Some(AnswerEvent::Thinking(before)), AnswerEvent::Thinking(words)) => before.push_str(&words),
            (waiting @ None, next) => *waiting = Some(next),
            (Some(_), next) => return Some(next),
        }
        None
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        if let Some(event) = self.waiting.take() {
            self.events.send(event).await.map_err(|_| Gone)?;
            self.next = Instant::now() + times::JOINING;
        }
        Ok(())
    }

    fn too_slow(&self) -> Failure {
        let Patience { provider, first_token, between_tokens } = self.patience.clone();
        if self.began() {
            Failure::TokenTime { provider, within: between_tokens }
        } else {
            Failure::FirstTokenTime { provider, within: first_token }
        }
    }

    fn broken_off(&self) -> Failure {
        let provider = self.patience.provider.clone();
        if self.began() {
            Failure::BrokenOff { provider, detail: String::new() }
        } else {
            Failure::Unreadable { provider }
        }
    }
}

/// Sleeps until then; for ever without a time.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn length(event: &AnswerEvent) -> usize {
    match event {
        AnswerEvent::Thinking(words) | AnswerEvent::Text(words) => words.len(),
        AnswerEvent::Done { .. } | AnswerEvent::Failed { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use tokio::time::sleep;

    use super::*;
    use crate::llm::answer::Stop;

    /// What a scripted provider does.
    #[derive(Clone)]
    enum Act {
        Say(&'static str),
        Think(&'static str),
        Wait(u64),
        End,
        Fail,
    }

    fn parts(acts: Vec<Act>) -> Parts {
        Box::pin(stream::unfold(acts.into_iter(), |mut acts| async move {
            loop {
                let part = match acts.next()? {
                    Act::Wait(milliseconds) => {
                        sleep(Duration::from_millis(milliseconds)).await;
                        continue;
                    }
                    Act::Say(words) => Ok(Part::Text(words.into())),
                    Act::Think(words) => Ok(Part::Thinking(words.into())),
                    Act::End => Ok(Part::End(end())),
                    Act::Fail => Err(Failure::Demonstrated),
                };
                return Some((part, acts));
            }
        }))
    }

    fn end() -> End {
        End { model: "m".into(), stop: Stop::Completed, tokens: None, microdollars: None }
    }

    fn delivery(capacity: usize) -> (Delivery, mpsc::Receiver<AnswerEvent>) {
        let (events, receiver) = mpsc::channel(capacity);
        let patience = Patience {
            provider: "mine".into(),
            first_token: Duration::from_secs(10),
            between_tokens: Duration::from_secs(5),
        };
        (Delivery::new(events, patience), receiver)
    }

    /// Everything that arrives, with how it ended.
    async fn delivered(acts: Vec<Act>) -> (Vec<AnswerEvent>, Result<End, Failure>) {
        let (mut delivery, mut receiver) = delivery(1_000);
        let outcome = delivery.run(parts(acts)).await.unwrap();
        drop(delivery);
        let mut events = Vec::new();
        while let Some(event) = receiver.recv().await {
            events.push(event);
        }
        (events, outcome)
    }

    fn text(words: &str) -> AnswerEvent {
        AnswerEvent::Text(words.into())
    }

    #[tokio::test(start_paused = true)]
    async fn ln_31_words_are_joined_in_order_and_the_first_leaves_at_once() {
        use Act::{End, Say, Think, Wait};
        let acts = vec![Think("a"), Think("b"), Say("c"), Say("d"), Wait(30), Say("e"), Wait(200), Say("f"), End];
        let (events, outcome) = delivered(acts).await;
        let thinking = |words: &str| AnswerEvent::Thinking(words.into());
        assert_eq!(events, [thinking("a"), thinking("b"), text("cde"), text("f")]);
        assert_eq!(outcome, Ok(end()));
    }

    #[tokio::test(start_paused = true)]
    async fn words_that_were_said_arrive_before_what_went_wrong() {
        let (events, outcome) = delivered(vec![Act::Say("a"), Act::Say("b"), Act::Fail]).await;
        assert_eq!((events, outcome), (vec![text("a"), text("b")], Err(Failure::Demonstrated)));
        let (events, outcome) = delivered(vec![Act::Say("a"), Act::Say("b")]).await;
        let broken = Failure::BrokenOff { provider: "mine".into(), detail: String::new() };
        assert_eq!((events, outcome), (vec![text("a"), text("b")], Err(broken)));
        assert_eq!(delivered(vec![]).await.1, Err(Failure::Unreadable { provider: "mine".into() }));
    }

    #[tokio::test(start_paused = true)]
    async fn ln_40_silence_ends_in_a_sentence_before_the_first_word_and_between_words() {
        let within = Duration::from_secs(10);
        let (_, outcome) = delivered(vec![Act::Wait(10_001), Act::Say("a")]).await;
        assert_eq!(outcome, Err(Failure::FirstTokenTime { provider: "mine".into(), within }));
        let within = Duration::from_secs(5);
        let (events, outcome) = delivered(vec![Act::Wait(9_999), Act::Say("a"), Act::Wait(5_001), Act::End]).await;
        assert_eq!((events, outcome), (vec![text("a")], Err(Failure::TokenTime { provider: "mine".into(), within })));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_is_slow_is_not_the_providers_silence() {
        let (mut delivery, mut receiver) = delivery(1);
        let acts = (0..40).flat_map(|_| [Act::Say("a"), Act::Wait(100)]).chain([Act::End]).collect();
        let reader = async move {
            let mut words = String::new();
            while let Some(AnswerEvent::Text(next)) = receiver.recv().await {
                words.push_str(&next);
                sleep(Duration::from_secs(7)).await;
            }
            words
        };
        let writer = async move { delivery.run(parts(acts)).await };
        let (words, outcome) = tokio::join!(reader, writer);
        assert_eq!((words, outcome), ("a".repeat(40), Ok(Ok(end()))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_does_not_read_stops_the_provider() {
        let said = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = said.clone();
        let firehose: Parts = Box::pin(stream::unfold(counter, |counter| async move {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Some((Ok(Part::Text("x".repeat(1_024))), counter))
        }));
        let (mut delivery, receiver) = delivery(EVENTS);
        let stuck = tokio::time::timeout(Duration::from_secs(3_600), delivery.run(firehose)).await;
        assert!(stuck.is_err(), "{stuck:?}");
        let most = (EVENTS + 2) * (JOINED_BYTES / 1_024);
        let said = said.load(std::sync::atomic::Ordering::Relaxed);
        assert!((EVENTS..=most).contains(&said), "{said} chunks were read");
        drop(receiver);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_without_end_is_cut_off() {
        let firehose: Parts = Box::pin(stream::repeat_with(|| Ok(Part::Text("x".repeat(100_000)))));
        let (mut delivery, mut receiver) = delivery(EVENTS);
        let reader = async { while receiver.recv().await.is_some() {} };
        let writer = async move { delivery.run(firehose).await };
        let (outcome, ()) = tokio::join!(writer, reader);
        let too_long = Failure::TooLong { provider: "mine".into(), bytes: ANSWER_BYTES };
        assert_eq!(outcome, Ok(Err(too_long.clone())));
        assert_eq!(too_long.to_string(), "The answer of “mine” is longer than 8 MB and was cut off.");
    }

    #[tokio::test(start_paused = true)]
    async fn ln_36_nothing_is_read_for_a_reader_that_is_gone() {
        let (mut delivery, receiver) = delivery(EVENTS);
        drop(receiver);
        assert_eq!(delivery.run(parts(vec![Act::Say("a"), Act::Wait(1), Act::End])).await, Err(Gone));
    }
}
