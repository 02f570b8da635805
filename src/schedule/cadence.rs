//! How often: an interval, or a cron expression in a zone.

use std::sync::Arc;

use croner::Cron;
use croner::parser::{CronParser, Year};
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

/// A cron expression of five or six fields (seconds first) that has a next time.
/// Shared text: a clone costs a counter.
#[derive(Clone, Debug, PartialEq)]
pub struct CronExpr(Arc<Cron>);

/// Why a text is no cadence.
#[derive(Debug, thiserror::Error)]
pub enum CadenceError {
    #[error("a cadence is an interval like \"10m\" or a cron expression like \"0 */10 * * * *\"")]
    Empty,
    #[error("`{text}` is no interval: write a number and ms, s, m, h or d, as in \"10m\"")]
    Interval { text: String },
    #[error("an interval must be longer than nothing")]
    Zero,
    #[error("`{text}` has {fields} fields, a cron expression has five, or six with seconds first")]
    Fields { text: String, fields: usize },
    #[error("`{text}` is no cron expression")]
    Cron { text: String, source: croner::errors::CronError },
    #[error("`{text}` never comes")]
    Never { text: String },
}

impl Cadence {
    /// Reads `"10m"`, `"1h 30m"`, `"*/5 * * * *"`, `"0 */10 * * * *"` or `"@hourly"`.
    /// `zone` is whose wall clock a cron expression goes by.
    pub fn parse(text: &str, zone: TimeZone) -> Result<Self, CadenceError> {
        let text = text.trim();
        let fields = text.split_whitespace().count();
        if fields == 0 {
            Err(CadenceError::Empty)
        } else if text.starts_with('@') || text.contains('*') || fields > 4 {
            CronExpr::parse(text).map(|expression| Self::Cron(expression, zone))
        } else {
            interval(text).map(Self::Every)
        }
    }

    /// The first time after `at`. Of an interval, `at` and the interval.
    pub fn next_after(&self, at: Timestamp) -> Timestamp {
        match self {
            Self::Every(interval) => at.checked_add(*interval).unwrap_or(Timestamp::MAX),
            Self::Cron(expression, zone) => expression.next_after(at, zone),
        }
    }
}

impl CronExpr {
    fn parse(text: &str) -> Result<Self, CadenceError> {
        let fields = text.split_whitespace().count();
        if !text.starts_with('@') && !(5..=6).contains(&fields) {
            return Err(CadenceError::Fields { text: text.to_owned(), fields });
        }
        let cron = CronParser::builder()
            .year(Year::Optional)
            .build()
            .parse(text)
            .map_err(|source| CadenceError::Cron { text: text.to_owned(), source })?;
        let expression = Self(Arc::new(cron));
        if expression.next_after(Timestamp::UNIX_EPOCH, &TimeZone::UTC) == Timestamp::MAX {
            return Err(CadenceError::Never { text: text.to_owned() });
        }
        Ok(expression)
    }

    /// The end of time when there is no next one.
    fn next_after(&self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        self.0
            .find_next_occurrence(&at.to_zoned(zone.clone()), false)
            .map_or(Timestamp::MAX, |next| next.timestamp())
    }
}

/// Sums parts like `1h` and `30m`; a day is 24 hours.
fn interval(text: &str) -> Result<SignedDuration, CadenceError> {
    let wrong = || CadenceError::Interval { text: text.to_owned() };
    let mut sum = SignedDuration::ZERO;
    for part in text.split_whitespace() {
        let digits = part.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, unit) = part.split_at(digits);
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let milliseconds = number.checked_mul(unit_milliseconds(unit).ok_or_else(wrong)?);
        let part = SignedDuration::from_millis(milliseconds.ok_or_else(wrong)?);
        sum = sum.checked_add(part).ok_or_else(wrong)?;
    }
    if sum.is_zero() { Err(CadenceError::Zero) } else { Ok(sum) }
}

fn unit_milliseconds(unit: &str) -> Option<i64> {
    match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clocks at 2026-03-29 02:00 go to 03:00, at 2026-10-25 03:00 back to 02:00.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    /// Walks a cadence from `at`; `expected` are the times it comes to.
    #[track_caller]
    fn check(text: &str, at: &str, expected: &[&str]) {
        let cadence = Cadence::parse(text, berlin()).unwrap();
        let mut now: Timestamp = at.parse().unwrap();
        for next in expected {
            now = cadence.next_after(now);
            assert_eq!(now.to_string(), *next, "`{text}` from {at}");
        }
    }

    #[test]
    fn intervals_are_numbers_with_units() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("4h", 14_400), ("1h 30m", 5_400)] {
            let every = Cadence::Every(SignedDuration::from_secs(seconds));
            assert_eq!(Cadence::parse(text, TimeZone::UTC).unwrap(), every, "{text}");
        }
        let day = Cadence::Every(SignedDuration::from_hours(24));
        assert_eq!(Cadence::parse(" 1d ", TimeZone::UTC).unwrap(), day);
        let shortest = Cadence::Every(SignedDuration::from_millis(100));
        assert_eq!(Cadence::parse("100ms", TimeZone::UTC).unwrap(), shortest);
    }

    #[test]
    fn a_wrong_cadence_says_what_a_right_one_is() {
        let cases = [
            ("", "an interval like \"10m\" or a cron"),
            ("10", "write a number and ms, s, m, h or d"),
            ("10 m", "write a number and ms, s, m, h or d"),
            ("-5m", "write a number and ms, s, m, h or d"),
            ("99999999999999999999d", "write a number and"),
            ("9223372036854775807d", "write a number and"),
            ("0s", "longer than nothing"),
            ("* * * *", "has 4 fields"),
            ("* * * * * * *", "has 7 fields"),
            ("61 * * * *", "is no cron expression"),
            ("0 0 30 2 *", "never comes"),
        ];
        for (text, expected) in cases {
            let shown = Cadence::parse(text, TimeZone::UTC).expect_err(text).to_string();
            assert!(shown.contains(expected), "for {text:?}, got: {shown}");
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
