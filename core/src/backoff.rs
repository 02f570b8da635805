//! How long to wait before the next attempt: doubling, within bounds.

use std::time::Duration;

/// A receiver that wishes to be left alone is believed for this long; then it is asked again.
pub const HINT_LONGEST: Duration = Duration::from_secs(600);

/// Waits that double from `first` up to `longest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// `first` is lowered to `longest` where it is the longer one.
    pub const fn between(first: Duration, longest: Duration) -> Self {
        let first = if first.as_millis() < longest.as_millis() { first } else { longest };
        Self { first, longest }
    }

    /// The same, with no wait longer than `longest`.
    #[must_use]
    pub const fn at_most(self, longest: Duration) -> Self {
        if longest.as_millis() < self.longest.as_millis() {
            Self::between(self.first, longest)
        } else {
            self
        }
    }

    /// How long to wait once `failures` attempts have failed.
    ///
    /// A receiver's own hint wins over our doubling, but stays inside our
    /// bounds: a `Retry-After` of a year must not be able to mute an alert.
    pub fn after(&self, failures: u32, hint: Option<Duration>) -> Duration {
        debug_assert!(failures > 0, "nothing has failed yet");
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
        let hint = hint.map(|hint| hint.min(HINT_LONGEST));
        hint.unwrap_or(doubled).clamp(self.first, self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(failures: u32, hint: Option<u64>, expected: u64) {
        let backoff = Backoff::between(Duration::from_secs(30), Duration::from_secs(3_600));
        let waits = backoff.after(failures, hint.map(Duration::from_secs));
        assert_eq!(waits.as_secs(), expected, "after {failures} failures, hint {hint:?}");
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        for (failures, expected) in [(1, 30), (2, 60), (3, 120), (7, 1_920), (8, 3_600)] {
            check(failures, None, expected);
        }
        check(u32::MAX, None, 3_600);
    }

    #[test]
    fn a_hint_wins_but_stays_inside_our_bounds() {
        for (hint, expected) in [(0, 30), (45, 45), (31_536_000, 600)] {
            check(1, Some(hint), expected);
        }
    }
}
