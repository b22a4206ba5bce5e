//! What follows an attempt: go on, wait and try again, set the event aside, or stop asking. Pure.
//!
//! Who does not answer is waited for, with every event in its place: the receiver is down, not the event at fault. Who
//! answers and refuses is tried a few times, and then the event is set aside so that the next ones get through.
//!
//! Invariant: the waits double up to a bound, so a receiver that comes back is not overrun.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::courier::{Reception, Verdict};
use crate::vocabulary::Millis;

/// The longest wait between two attempts: who repairs a receiver wants to see it work soon.
const WAIT_MAX: Duration = Duration::from_secs(10 * 60);

/// A receiver that has not answered for so long is not asked any more until somebody says so: a weekend and a day.
const SILENCE_MAX: Millis = 3 * 24 * 60 * 60 * 1000;

/// 410: the receiver wants no more.
const GONE: u16 = 410;

/// How patient the server is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Refusals until an event is set aside.
    pub refusals: u32,
    /// Before the first attempt is repeated.
    pub first_wait: Duration,
}

/// An event that did not get through until now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failing {
    pub attempts: u32,
    pub refusals: u32,
    /// The first of those attempts.
    pub since: Millis,
    /// When it is tried again.
    pub retry_at: Millis,
    /// What the last attempt met, in a sentence.
    pub said: String,
}

/// What is to be done after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It was delivered.
    Next,
    Retry(Failing),
    /// It was refused too often.
    SetAside(Failing),
    /// Ask no more, for this reason.
    Suspend(String),
}

/// Decides. `chance` is a random number from 0 to 1, which spreads the attempts of many webhooks.
pub fn step(failing: Option<&Failing>, reception: &Reception, patience: &Patience, chance: f64, now: Millis) -> Step {
    let is_refusal = match reception.verdict {
        Verdict::Delivered => return Step::Next,
        Verdict::Refused if reception.status == Some(GONE) => {
            return Step::Suspend("the receiver answered that it is gone (410)".into());
        }
        Verdict::Refused => true,
        Verdict::Unreachable => false,
    };
    let (attempts, refusals) = failing.map_or((0, 0), |failing| (failing.attempts, failing.refusals));
    let mut failing = Failing {
        attempts: attempts + 1,
        refusals: refusals + u32::from(is_refusal),
        since: failing.map_or(now, |failing| failing.since),
        retry_at: now,
        said: reception.said.clone(),
    };
    if failing.refusals >= patience.refusals {
        return Step::SetAside(failing);
    }
    if now - failing.since >= SILENCE_MAX {
        return Step::Suspend(format!("nobody has taken an event for three days; at last: {}", failing.said));
    }
    let wait = reception.wait.unwrap_or_else(|| doubled(patience.first_wait, attempts).mul_f64(0.5 + chance / 2.0));
    failing.retry_at = now + millis(wait.min(WAIT_MAX));
    Step::Retry(failing)
}

fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times)).min(WAIT_MAX)
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { refusals: 5, first_wait: Duration::from_secs(1) };

    fn met(verdict: Verdict, status: Option<u16>) -> Reception {
        Reception { verdict, status, said: "no".into(), wait: None, took: Duration::ZERO }
    }

    /// The waits before each further attempt, in seconds, and how it ends.
    fn story(reception: &Reception, chance: f64) -> (Vec<i64>, Step) {
        let (mut failing, mut waits, mut now) = (None, Vec::new(), 0);
        loop {
            match step(failing.as_ref(), reception, &PATIENCE, chance, now) {
                Step::Retry(next) => {
                    waits.push((next.retry_at - now) / 1000);
                    now = next.retry_at;
                    failing = Some(next);
                }
                other => return (waits, other),
            }
        }
    }

    #[test]
    fn ms_34_who_refuses_is_asked_again_after_doubled_waits_and_then_the_event_is_set_aside() {
        let (waits, end) = story(&met(Verdict::Refused, Some(500)), 1.0);
        assert_eq!(waits, [1, 2, 4, 8]);
        assert!(matches!(end, Step::SetAside(Failing { attempts: 5, refusals: 5, .. })));
        assert_eq!(story(&met(Verdict::Refused, Some(500)), 0.0).0, [0, 1, 2, 4]);
    }

    #[test]
    fn ms_34_who_does_not_answer_is_waited_for_three_days_and_no_event_is_set_aside() {
        let (waits, end) = story(&met(Verdict::Unreachable, None), 1.0);
        assert!(waits.iter().all(|wait| *wait <= 600) && waits[9..].iter().all(|wait| *wait == 512 || *wait == 600));
        assert!((waits.iter().sum::<i64>() - 3 * 24 * 3600).abs() <= 600);
        assert!(matches!(end, Step::Suspend(because) if because.ends_with("at last: no")));
    }

    #[test]
    fn ms_34_a_receiver_that_says_it_is_gone_is_believed_and_one_that_asks_for_time_gets_it_within_bounds() {
        assert!(matches!(story(&met(Verdict::Refused, Some(410)), 1.0), (waits, Step::Suspend(_)) if waits.is_empty()));
        let asks =
            |seconds| Reception { wait: Some(Duration::from_secs(seconds)), ..met(Verdict::Unreachable, Some(503)) };
        let wait = |seconds| match step(None, &asks(seconds), &PATIENCE, 0.0, 0) {
            Step::Retry(failing) => failing.retry_at,
            other => panic!("{other:?}"),
        };
        assert_eq!((wait(30), wait(100_000)), (30_000, 600_000));
    }

    #[test]
    fn ms_34_silence_between_refusals_does_not_make_it_forget_them() {
        let mut failing = None;
        for turn in 0..8 {
            let verdict = if turn % 2 == 0 { Verdict::Refused } else { Verdict::Unreachable };
            match step(failing.as_ref(), &met(verdict, None), &PATIENCE, 1.0, 0) {
                Step::Retry(next) => failing = Some(next),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(
            step(failing.as_ref(), &met(Verdict::Refused, None), &PATIENCE, 1.0, 0),
            Step::SetAside(Failing { attempts: 9, .. })
        ));
    }
}
