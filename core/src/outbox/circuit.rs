//! Whether a channel's server is there at all.
//!
//! A hundred lanes of one dead server must not ask for it a hundred times: once a few
//! attempts in a row failed by the server, one at a time goes and looks, and all others
//! wait for what it finds. Whatever the server answers to a message heals the circuit.

use std::time::Duration;

use jiff::Timestamp;

use crate::backoff::{Backoff, HINT_LONGEST};
use crate::outbox::{Attempt, Culprit, Outcome};

/// Failures by the server in a row before the others wait.
const FAILURES_MAX: u32 = 3;

/// As long as anybody waits for a server: the end of an outage is noticed within this.
const PROBES: Backoff = Backoff::between(Duration::from_secs(30), Duration::from_secs(300));

/// A server that says for how long it wants to be left alone is believed up to this.
const HINTS: Backoff = Backoff::between(Duration::from_secs(1), HINT_LONGEST);

/// What is known of one channel's server. Not stored: a restart finds out anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circuit {
    /// In a row, all of them by the server.
    failures: u32,
    /// Set while it is broken.
    probe_at: Option<Timestamp>,
}

/// Who may go now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Free,
    /// One, to see whether the server is back.
    Probe,
    Closed {
        until: Timestamp,
    },
}

impl Circuit {
    pub fn way(&self, now: Timestamp) -> Way {
        match self.probe_at {
            None => Way::Free,
            Some(until) if until > now && !is_impossible(until, now) => Way::Closed { until },
            Some(_) => Way::Probe,
        }
    }

    pub fn is_broken(&self) -> bool {
        self.probe_at.is_some()
    }

    /// Takes note of an attempt that ended at `now`. True when the server came back by it.
    pub fn heard(&mut self, attempt: &Attempt, now: Timestamp) -> bool {
        if attempt.culprit == Culprit::Us {
            return false;
        }
        if !attempt.waits_for_server() {
            let healed = self.is_broken();
            *self = Self::default();
            return healed;
        }
        self.failures = self.failures.saturating_add(1);
        let asked = attempt.outcome == Outcome::Throttled;
        if asked || self.failures >= FAILURES_MAX || self.is_broken() {
            let wait = match attempt.hint {
                Some(hint) => HINTS.after(1, Some(hint)),
                None => PROBES.after(self.failures.saturating_sub(FAILURES_MAX - 1).max(1), None),
            };
            self.probe_at = Some(now.saturating_add(wait).unwrap_or(now));
        }
        false
    }
}

/// Nobody ever waits that long: the clock was set back since.
fn is_impossible(until: Timestamp, now: Timestamp) -> bool {
    until.duration_since(now).as_secs() > 3_600
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn gone() -> Attempt {
        Attempt::unsuccessful(Outcome::Failed, "gone".to_owned()).by(Culprit::Server)
    }

    /// Plays `(second, attempt, the way right after it)` rows against a new circuit.
    #[track_caller]
    fn check(rows: &[(i64, Attempt, Way)]) {
        let mut circuit = Circuit::default();
        for (second, attempt, expected) in rows {
            circuit.heard(attempt, at(*second));
            assert_eq!(circuit.way(at(*second)), *expected, "second {second}: {attempt:?}");
        }
    }

    fn closed(until: i64) -> Way {
        Way::Closed { until: at(until) }
    }

    #[test]
    fn a_few_failures_in_a_row_close_the_way_and_any_answer_opens_it() {
        let no = Attempt::unsuccessful(Outcome::Refused, "no".to_owned());
        let later = Attempt::unsuccessful(Outcome::Failed, "451".to_owned());
        for answer in [Attempt::accepted(), no, later] {
            check(&[
                (0, gone(), Way::Free),
                (1, gone(), Way::Free),
                (2, gone(), closed(32)),
                (32, gone(), closed(92)),
                (92, answer, Way::Free),
                (93, gone(), Way::Free),
            ]);
        }
    }

    #[test]
    fn failures_with_an_answer_between_them_close_nothing() {
        let later = Attempt::unsuccessful(Outcome::Failed, "451".to_owned());
        check(&[
            (0, gone(), Way::Free),
            (1, gone(), Way::Free),
            (2, later, Way::Free),
            (3, gone(), Way::Free),
            (4, gone(), Way::Free),
        ]);
    }

    #[test]
    fn what_never_reached_the_server_says_nothing_of_it() {
        let ours = Attempt::unsuccessful(Outcome::Refused, "not listed".to_owned());
        check(&[
            (0, gone(), Way::Free),
            (1, gone(), Way::Free),
            (2, gone(), closed(32)),
            (3, ours.by(Culprit::Us), closed(32)),
        ]);
    }

    #[test]
    fn looking_for_the_server_never_takes_longer_than_minutes() {
        let mut circuit = Circuit::default();
        for second in 0..50 {
            circuit.heard(&gone(), at(second));
        }
        assert_eq!(circuit.way(at(49)), closed(349));
        assert_eq!(circuit.way(at(349)), Way::Probe);
    }

    #[test]
    fn a_server_that_asks_for_patience_gets_it_at_once_and_within_bounds() {
        let asks = |seconds| Attempt {
            hint: Some(Duration::from_secs(seconds)),
            ..Attempt::unsuccessful(Outcome::Throttled, "429".to_owned())
        };
        check(&[(0, asks(40), closed(40))]);
        check(&[(0, asks(31_536_000), closed(600))]);
        check(&[(0, Attempt::unsuccessful(Outcome::Throttled, "421".to_owned()), closed(30))]);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_the_way_closed_for_nobody() {
        let mut circuit = Circuit::default();
        for _ in 0..3 {
            circuit.heard(&gone(), at(1_000_000));
        }
        assert_eq!(circuit.way(at(0)), Way::Probe);
        assert_eq!(circuit.way(at(999_000)), closed(1_000_030));
        assert_eq!(circuit.way(at(2_000_000)), Way::Probe);
    }
}
