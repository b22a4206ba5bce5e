//! What answers cost, where somebody has said the prices. Imports nothing of ours.
//!
//! No prices are built in: they change without notice, and a wrong sum is worse than none.
//! Invariant: sums are whole millionths of a US dollar.

use serde_json::{Value, json};

/// The highest price that is taken for one: many times what a million tokens of any model cost.
const DOLLARS_MAX: f64 = 10_000.0;

/// Millionths of a dollar in a dollar.
const MICRO: f64 = 1_000_000.0;

/// What a million tokens cost, in millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    input: u64,
    output: u64,
}

impl Price {
    /// So many dollars for a million tokens of questions and of answers.
    pub fn new(input: f64, output: f64) -> Option<Self> {
        let price = |dollars: f64| Some(dollars).filter(|dollars| *dollars <= DOLLARS_MAX).and_then(micro);
        Some(Self { input: price(input)?, output: price(output)? })
    }

    /// Read from `{"input": 3, "output": 15}`.
    pub fn read(value: &Value) -> Option<Self> {
        let fields = value.as_object().filter(|fields| fields.len() == 2)?;
        let dollars = |name: &str| fields.get(name)?.as_f64();
        Self::new(dollars("input")?, dollars("output")?)
    }

    /// Dollars for a million tokens of questions and of answers.
    pub fn dollars(self) -> (f64, f64) {
        let dollars = |micro: u64| micro as f64 / MICRO;
        (dollars(self.input), dollars(self.output))
    }

    /// As it is read.
    pub fn to_json(self) -> Value {
        let (input, output) = self.dollars();
        json!({ "input": input, "output": output })
    }

    /// What so many tokens cost, in millionths of a dollar.
    pub fn of(self, input: u64, output: u64) -> u64 {
        let sum = u128::from(input) * u128::from(self.input) + u128::from(output) * u128::from(self.output);
        u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// Dollars as whole millionths; nothing of what is no sum of money.
pub fn micro(dollars: f64) -> Option<u64> {
    let micro = (dollars * MICRO).round();
    // Beyond it, floating point counts no single millionths any more.
    (0.0..9e15).contains(&micro).then_some(micro as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_89_an_answer_costs_its_tokens_at_their_price_rounded_up() {
        let price = Price::read(&json!({ "input": 3, "output": 15 })).unwrap();
        assert_eq!(price.of(1_000_000, 1_000_000), 18_000_000);
        assert_eq!(price.of(1, 0), 3);
        assert_eq!(Price::read(&json!({ "input": 0.15, "output": 0.6 })).unwrap().of(1, 1), 1);
        assert_eq!(Price::read(&price.to_json()), Some(price));
    }

    #[test]
    fn what_is_no_price_is_none() {
        for value in [
            json!(3),
            json!({ "input": 3 }),
            json!({ "input": -1, "output": 1 }),
            json!({ "input": "3", "output": 1 }),
            json!({ "input": 1e9, "output": 1 }),
        ] {
            assert_eq!(Price::read(&value), None, "{value}");
        }
        assert_eq!((micro(f64::NAN), micro(-0.1), micro(0.000_000_1)), (None, None, Some(0)));
    }
}
