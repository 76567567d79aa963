//! How often and when a delivery that failed is tried again.

use super::failure::Failure;
use serde_json::Value;

/// The phases of AWS's retries, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Retries {
    no_delay: u32,
    min_delay: u32,
    backoff: u32,
    max_delay: u32,
    min_s: u32,
    max_s: u32,
    function: Backoff,
}

/// How delays grow from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backoff {
    Linear,
    Arithmetic,
    Geometric,
    Exponential,
}

impl Backoff {
    fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Arithmetic => "arithmetic",
            Self::Geometric => "geometric",
            Self::Exponential => "exponential",
        }
    }
}

/// What a queue or a function gets: 100,015 retries in 23 days.
pub(super) const MANAGED: Retries = Retries {
    no_delay: 3,
    min_delay: 2,
    backoff: 10,
    max_delay: 100_000,
    min_s: 1,
    max_s: 20,
    function: Backoff::Exponential,
};

/// What an HTTP endpoint gets unless a delivery policy says otherwise.
pub(super) const ENDPOINT: Retries = Retries {
    no_delay: 0,
    min_delay: 0,
    backoff: 3,
    max_delay: 0,
    min_s: 20,
    max_s: 20,
    function: Backoff::Linear,
};

/// The most that a delivery policy may ask for.
const RETRIES_MAX: u64 = 100;
const DELAY_MAX_S: u64 = 3_600;

fn refused(why: impl std::fmt::Display) -> Failure {
    Failure::parameter(format!("DeliveryPolicy: {why}"))
}

fn number(policy: &Value, name: &str, default: u32, range: (u64, u64)) -> Result<u32, Failure> {
    let value = match &policy[name] {
        Value::Null => return Ok(default),
        value => value.as_u64().filter(|number| (range.0..=range.1).contains(number)),
    };
    let value = value.and_then(|number| u32::try_from(number).ok());
    value.ok_or_else(|| refused(format!("{name} must be an integer from {} to {}", range.0, range.1)))
}

impl Retries {
    /// Reads a retry policy as delivery policies have it.
    pub(super) fn parse(policy: &Value) -> Result<Self, Failure> {
        if !policy.is_object() {
            return Err(refused("a retry policy must be a JSON object"));
        }
        let total = number(policy, "numRetries", ENDPOINT.total(), (0, RETRIES_MAX))?;
        let count = |name| number(policy, name, 0, (0, RETRIES_MAX));
        let (no_delay, min_delay) = (count("numNoDelayRetries")?, count("numMinDelayRetries")?);
        let max_delay = count("numMaxDelayRetries")?;
        let backoff = total.checked_sub(no_delay + min_delay + max_delay);
        let backoff = backoff.ok_or_else(|| {
            refused("numRetries must be at least the sum of numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries")
        })?;
        let min_s = number(policy, "minDelayTarget", ENDPOINT.min_s, (1, DELAY_MAX_S))?;
        let max_s = number(policy, "maxDelayTarget", ENDPOINT.max_s.max(min_s), (1, DELAY_MAX_S))?;
        if min_s > max_s {
            return Err(refused("maxDelayTarget must be at least minDelayTarget"));
        }
        let function = match &policy["backoffFunction"] {
            Value::Null => Backoff::Linear,
            Value::String(name) => {
                let all = [Backoff::Linear, Backoff::Arithmetic, Backoff::Geometric, Backoff::Exponential];
                let found = all.into_iter().find(|function| function.name() == name);
                found.ok_or_else(|| {
                    refused("backoffFunction must be one of linear, arithmetic, geometric, exponential")
                })?
            }
            _ => return Err(refused("backoffFunction must be a string")),
        };
        Ok(Self { no_delay, min_delay, backoff, max_delay, min_s, max_s, function })
    }

    /// How many there are.
    fn total(&self) -> u32 {
        self.no_delay + self.min_delay + self.backoff + self.max_delay
    }

    /// How long to wait before this retry, the first being 1; `None` where there are no more.
    pub(super) fn delay_ms(&self, retry: u32) -> Option<u64> {
        let mut nth = retry.checked_sub(1)?;
        if nth < self.no_delay {
            return Some(0);
        }
        nth -= self.no_delay;
        if nth < self.min_delay {
            return Some(u64::from(self.min_s) * 1_000);
        }
        nth -= self.min_delay;
        if nth < self.backoff {
            return Some(self.grown_ms(nth));
        }
        (nth - self.backoff < self.max_delay).then_some(u64::from(self.max_s) * 1_000)
    }

    /// The delay of a retry of the back-off, the first being 0.
    fn grown_ms(&self, nth: u32) -> u64 {
        let (min, max) = (f64::from(self.min_s), f64::from(self.max_s));
        if self.backoff < 2 {
            return (min * 1_000.0) as u64;
        }
        let part = f64::from(nth) / f64::from(self.backoff - 1);
        let grown = match self.function {
            Backoff::Linear => part,
            Backoff::Arithmetic => part * (part + 1.0) / 2.0,
            Backoff::Geometric => part * part,
            Backoff::Exponential => return (min * (max / min).powf(part) * 1_000.0).round() as u64,
        };
        ((min + (max - min) * grown) * 1_000.0).round() as u64
    }

    /// As `EffectiveDeliveryPolicy` tells it.
    pub(super) fn told(&self) -> Value {
        serde_json::json!({
            "minDelayTarget": self.min_s,
            "maxDelayTarget": self.max_s,
            "numRetries": self.total(),
            "numMaxDelayRetries": self.max_delay,
            "numNoDelayRetries": self.no_delay,
            "numMinDelayRetries": self.min_delay,
            "backoffFunction": self.function.name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn delays_s(retries: &Retries) -> Vec<u64> {
        (1..).map_while(|retry| retries.delay_ms(retry)).map(|ms| ms / 1_000).take(200).collect()
    }

    #[test]
    fn queues_and_functions_are_tried_for_23_days() {
        let delays = delays_s(&MANAGED);
        assert_eq!(delays[..16], [0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 5, 7, 10, 14, 20, 20]);
        assert_eq!(MANAGED.delay_ms(100_015), Some(20_000));
        assert_eq!(MANAGED.delay_ms(100_016), None);
    }

    #[test]
    fn endpoints_are_tried_three_times_more() {
        assert_eq!(delays_s(&ENDPOINT), [20, 20, 20]);
    }

    #[test]
    fn a_policy_says_the_phases() {
        let policy = json!({
            "numRetries": 8, "numNoDelayRetries": 1, "numMinDelayRetries": 2, "numMaxDelayRetries": 1,
            "minDelayTarget": 1, "maxDelayTarget": 10, "backoffFunction": "linear",
        });
        let retries = Retries::parse(&policy).unwrap();
        assert_eq!(delays_s(&retries), [0, 1, 1, 1, 4, 7, 10, 10]);
        assert_eq!(Retries::parse(&retries.told()).unwrap(), retries);
    }

    #[test]
    fn a_policy_that_contradicts_itself_is_refused() {
        for policy in [
            json!([]),
            json!({ "numRetries": 101 }),
            json!({ "numRetries": "3" }),
            json!({ "numRetries": 1, "numNoDelayRetries": 2 }),
            json!({ "minDelayTarget": 30, "maxDelayTarget": 20 }),
            json!({ "minDelayTarget": 0 }),
            json!({ "backoffFunction": "cubic" }),
        ] {
            assert!(Retries::parse(&policy).is_err(), "{policy}");
        }
    }

    proptest! {
        #[test]
        fn delays_are_between_the_least_and_the_most_and_never_fall(
            total in 0_u32..=100, min in 1_u32..=100, more in 0_u32..=100,
            function in prop::sample::select(vec!["linear", "arithmetic", "geometric", "exponential"]),
        ) {
            let policy = json!({
                "numRetries": total, "minDelayTarget": min, "maxDelayTarget": min + more, "backoffFunction": function,
            });
            let retries = Retries::parse(&policy).unwrap();
            let delays: Vec<u64> = (1..=total).map(|retry| retries.delay_ms(retry).unwrap()).collect();
            prop_assert_eq!(retries.delay_ms(total + 1), None);
            prop_assert!(delays.is_sorted());
            let (min, max) = (u64::from(min) * 1_000, u64::from(min + more) * 1_000);
            prop_assert!(delays.iter().all(|delay| (min..=max).contains(delay)));
        }
    }
}
