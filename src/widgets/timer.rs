//! Timers: they run on the server, once, however many pages there are.
//!
//! Invariant: a timer runs while its state has `ends`; it is told of once.

use serde_json::{Value, json};

use super::{body::Body, refusal::Refusal};
use crate::vocabulary::Millis;

/// What came of a call of a timer.
#[derive(Debug, PartialEq)]
pub enum Timed {
    Done,
    Value(Value),
    /// It was stopped before its time, after so many seconds.
    Cancelled(Value),
}

/// The longest time a timer runs, in seconds: a year.
const DURATION_MAX: f64 = 366.0 * 86_400.0;

/// Does what a method of a timer says; `None` if it is no special method.
pub fn perform(body: &mut Body, method: &str, args: &[Value], now: Millis) -> Option<Result<Timed, Refusal>> {
    Some(match method {
        "start" | "set" => start(body, args.first(), now),
        "cond_set" if ends(body).is_some() => Ok(Timed::Done),
        "cond_set" => start(body, args.first(), now),
        "stop" => {
            stop(body);
            Ok(Timed::Done)
        }
        "cancel" => {
            let elapsed = elapsed(body, now);
            stop(body);
            Ok(Timed::Cancelled(elapsed))
        }
        "is_set" => Ok(Timed::Value(json!(ends(body).is_some()))),
        "elapsed_time" => Ok(Timed::Value(elapsed(body, now))),
        "time_left" => Ok(Timed::Value(seconds(ends(body).map_or(0, |ends| ends - now)))),
        "get_duration" => Ok(Timed::Value(body.get("duration").cloned().unwrap_or(json!(0)))),
        _ => return None,
    })
}

fn start(body: &mut Body, duration: Option<&Value>, now: Millis) -> Result<Timed, Refusal> {
    if let Some(given) = duration.filter(|given| !given.is_null()) {
        let valid = given.as_f64().is_some_and(|given| (0.0..=DURATION_MAX).contains(&given));
        if !valid {
            return Err(Refusal::malformed("A timer runs for 0 seconds to a year."));
        }
        body.put("duration", given.clone())?;
    }
    let duration = body.get("duration").and_then(Value::as_f64).unwrap_or_default().clamp(0.0, DURATION_MAX);
    body.put("started", json!(now))?;
    body.put("ends", json!(now + (duration * 1000.0) as Millis))?;
    Ok(Timed::Done)
}

/// Stops a timer; it tells nothing.
pub fn stop(body: &mut Body) {
    body.remove("started");
    body.remove("ends");
}

/// When it ends, if it runs.
pub fn ends(body: &Body) -> Option<Millis> {
    body.get("ends")?.as_i64()
}

fn elapsed(body: &Body, now: Millis) -> Value {
    let started = body.get("started").and_then(Value::as_i64).filter(|_| ends(body).is_some());
    seconds(started.map_or(0, |started| now - started))
}

#[expect(clippy::cast_precision_loss, reason = "a year of milliseconds is counted exactly")]
fn seconds(millis: Millis) -> Value {
    json!(millis.max(0) as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_runs_is_asked_started_again_and_stopped() {
        let mut body = Body::default();
        let mut call = |method: &str, args: &Value, now| {
            perform(&mut body, method, args.as_array().unwrap(), now).unwrap().unwrap()
        };
        assert_eq!(call("is_set", &json!([]), 0), Timed::Value(json!(false)));
        call("start", &json!([2.5]), 1000);
        assert_eq!(call("time_left", &json!([]), 1500), Timed::Value(json!(2.0)));
        assert_eq!(call("elapsed_time", &json!([]), 1500), Timed::Value(json!(0.5)));
        call("cond_set", &json!([9]), 2000);
        assert_eq!(call("time_left", &json!([]), 2000), Timed::Value(json!(1.5)));
        assert_eq!(call("cancel", &json!([]), 2000), Timed::Cancelled(json!(1.0)));
        assert_eq!(call("is_set", &json!([]), 2000), Timed::Value(json!(false)));
        assert!(perform(&mut body, "start", &[json!(-1)], 0).unwrap().is_err());
    }
}
