//! How often: an interval, or a cron expression in a zone.

use std::sync::Arc;

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How often something is due.
#[derive(Clone, Debug, PartialEq)]
pub enum Cadence {
    Every(SignedDuration),
    /// By the wall clock of a zone. A time that a daylight change skips comes when
    /// clocks have moved on; one that comes twice counts once.
    Cron(CronExpr, TimeZone),
}

/// A cron expression that has a next time.
/// Shared text: a clone costs a counter.
#[derive(Clone, Debug, PartialEq)]
pub struct CronExpr(Arc<Cron>);

impl Cadence {
    /// The first time after `at`. Of an interval, `at` and the interval.
    pub fn next_after(&self, at: Timestamp) -> Timestamp {
        match self {
            Self::Every(interval) => at.checked_add(*interval).unwrap_or(Timestamp::MAX),
            Self::Cron(expression, zone) => expression.next_after(at, zone),
        }
    }
}

impl CronExpr {
    /// The end of time when there is no next one.
    fn next_after(&self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        self.0
            .find_next_occurrence(&at.to_zoned(zone.clone()), false)
            .map_or(Timestamp::MAX, |next| next.timestamp())
    }
}

impl From<Cron> for CronExpr {
    /// Whoever read the expression has seen to it that it comes at all.
    fn from(cron: Cron) -> Self {
        Self(Arc::new(cron))
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    /// Clocks at 2026-03-29 02:00 go to 03:00, at 2026-10-25 03:00 back to 02:00.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    /// Walks a cadence from `at`; `expected` are the times it comes to.
    #[track_caller]
    fn check(text: &str, at: &str, expected: &[&str]) {
        let cron = Cron::from_str(text).unwrap();
        let cadence = Cadence::Cron(cron.into(), berlin());
        let mut now: Timestamp = at.parse().unwrap();
        for next in expected {
            now = cadence.next_after(now);
            assert_eq!(now.to_string(), *next, "`{text}` from {at}");
        }
    }

    #[test]
    fn five_fields_begin_with_minutes_and_six_with_seconds() {
        check("*/10 * * * *", "2026-11-20T10:00:00Z", &["2026-11-20T10:10:00Z"]);
        check("*/10 * * * * *", "2026-11-20T10:00:00Z", &["2026-11-20T10:00:10Z"]);
        check("@hourly", "2026-11-20T10:00:00Z", &["2026-11-20T11:00:00Z"]);
        check("0 8 * * MON", "2026-11-20T10:00:00Z", &["2026-11-23T07:00:00Z"]);
    }

    #[test]
    fn nine_o_clock_stays_nine_o_clock_when_clocks_change() {
        check(
            "0 9 * * *",
            "2026-03-27T12:00:00Z",
            &["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"],
        );
        check(
            "0 9 * * *",
            "2026-10-23T12:00:00Z",
            &["2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z"],
        );
    }

    #[test]
    fn a_skipped_time_comes_late_and_a_repeated_one_once() {
        let spring = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
        check("30 2 * * *", "2026-03-27T12:00:00Z", &spring);
        let autumn = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        check("30 2 * * *", "2026-10-24T12:00:00Z", &autumn);
    }

    #[test]
    fn every_half_hour_stays_in_order_through_the_repeated_hour() {
        let half_hours = [
            "2026-10-25T00:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T02:00:00Z",
        ];
        check("*/30 * * * *", "2026-10-24T23:30:00Z", &half_hours);
    }
}
