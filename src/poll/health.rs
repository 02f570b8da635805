//! How a report is doing, and what of it is worth a line in the log.

use jiff::{SignedDuration, Timestamp};

use crate::claude::{Advice, Outcome};

/// A failure that lasts is told again this often.
const TOLD_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// How the polls of one report are doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// `None`: not asked yet.
    pub last_outcome: Option<Outcome>,
    pub last_success_at: Option<Timestamp>,
    /// The report answered that it is not for this organization.
    pub not_granted: bool,
    pub failing: Option<Failing>,
}

/// A report that fails now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub since: Timestamp,
    pub last_at: Timestamp,
    pub polls: u64,
    /// The error with all its causes, on one line.
    pub error: String,
    pub cause: String,
    pub fix: String,
    told_at: Timestamp,
}

/// What a failure looks like from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// `None`: the API answered, and our own store failed.
    pub(super) outcome: Option<Outcome>,
    pub(super) error: String,
    pub(super) advice: Advice,
}

/// Which line a failure is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It is new, or another than before: cause and fix at full length.
    New,
    /// It has lasted another hour.
    Still(SignedDuration),
    Silent,
}

impl Health {
    pub(super) fn failed(&mut self, failure: &Failure, now: Timestamp) -> Line {
        let known = self.failing.take();
        let same = known.as_ref().is_some_and(|known| known.cause == failure.advice.cause);
        let since = known.as_ref().map_or(now, |known| known.since);
        let told_at = known.as_ref().filter(|_| same).map(|known| known.told_at);
        let line = match told_at {
            None => Line::New,
            Some(told_at) if now.duration_since(told_at) >= TOLD_AGAIN_AFTER => {
                Line::Still(now.duration_since(since))
            }
            Some(_) => Line::Silent,
        };
        self.last_outcome = failure.outcome.or(self.last_outcome);
        self.failing = Some(Failing {
            since,
            last_at: now,
            polls: known.map_or(0, |known| known.polls).saturating_add(1),
            error: failure.error.clone(),
            cause: failure.advice.cause.clone(),
            fix: failure.advice.fix.clone(),
            told_at: told_at.filter(|_| line == Line::Silent).unwrap_or(now),
        });
        line
    }

    /// Returns how long it had been failing, if it was.
    pub(super) fn succeeded(&mut self, now: Timestamp, granted: bool) -> Option<SignedDuration> {
        self.last_outcome = Some(Outcome::Ok);
        self.last_success_at = Some(now);
        self.not_granted = !granted;
        self.failing.take().map(|failing| now.duration_since(failing.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(cause: &str) -> Failure {
        let advice = Advice { cause: cause.to_owned(), fix: "Mend it".to_owned() };
        Failure { outcome: Some(Outcome::Failed), error: format!("because {cause}"), advice }
    }

    const fn minutes(minutes: i64) -> SignedDuration {
        SignedDuration::from_mins(minutes)
    }

    /// Plays `(minute, cause or None for a success, expected line)` rows.
    #[track_caller]
    fn check(rows: &[(i64, Option<&str>, Option<Line>)]) -> Health {
        let mut health = Health::default();
        for &(minute, cause, expected) in rows {
            let now = Timestamp::UNIX_EPOCH + minutes(minute);
            let line = cause.map(|cause| health.failed(&failure(cause), now));
            if cause.is_none() {
                health.succeeded(now, true);
            }
            assert_eq!(line, expected, "minute {minute}");
        }
        health
    }

    #[test]
    fn a_lasting_failure_is_told_when_it_begins_and_each_hour() {
        let health = check(&[
            (0, Some("down"), Some(Line::New)),
            (1, Some("down"), Some(Line::Silent)),
            (59, Some("down"), Some(Line::Silent)),
            (60, Some("down"), Some(Line::Still(minutes(60)))),
            (61, Some("down"), Some(Line::Silent)),
            (120, Some("down"), Some(Line::Still(minutes(120)))),
        ]);
        let failing = health.failing.unwrap();
        assert_eq!((failing.since, failing.polls), (Timestamp::UNIX_EPOCH, 6));
    }

    #[test]
    fn another_cause_is_told_at_once_but_the_trouble_began_when_it_began() {
        let health = check(&[
            (0, Some("down"), Some(Line::New)),
            (5, Some("refused"), Some(Line::New)),
            (6, Some("refused"), Some(Line::Silent)),
        ]);
        assert_eq!(health.failing.unwrap().since, Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn after_a_success_a_failure_is_new_again() {
        check(&[
            (0, Some("down"), Some(Line::New)),
            (1, None, None),
            (2, Some("down"), Some(Line::New)),
        ]);
    }

    #[test]
    fn a_success_tells_how_long_it_had_failed() {
        let mut health = check(&[(0, Some("down"), Some(Line::New))]);
        let now = Timestamp::UNIX_EPOCH + minutes(7);
        assert_eq!(health.succeeded(now, true), Some(minutes(7)));
        assert_eq!(health.succeeded(now, true), None);
        assert_eq!(health.last_success_at, Some(now));
    }
}
