//! The monthly quota of tokens that the company API speaks of.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::scenario::Scenario;
use super::traffic::Traffic;

/// The quota: in its own scenario so low that 80 % are used up half a minute after
/// the start; else twice what the thirty days before the start took.
pub(crate) fn limit(traffic: &Traffic, scenario: Scenario, start: Timestamp) -> u64 {
    match scenario {
        Scenario::Quota => {
            let crossing = start + SignedDuration::from_secs(30);
            let (month, _) = month(crossing);
            used(traffic, month, crossing) * 10 / 8
        }
        Scenario::Steady | Scenario::Spike | Scenario::Runaway | Scenario::Stale => {
            let usual = used(traffic, start - SignedDuration::from_hours(30 * 24), start);
            (usual * 2).next_multiple_of(100_000_000)
        }
    }
}

pub(crate) fn used(traffic: &Traffic, from: Timestamp, until: Timestamp) -> u64 {
    let (from, until) = (from.as_millisecond(), until.as_millisecond());
    traffic.streams().iter().map(|stream| traffic.used(stream, from, until).tokens()).sum()
}

/// The UTC month that holds `at`: its first instant and the first of the next.
pub(crate) fn month(at: Timestamp) -> (Timestamp, Timestamp) {
    let first = at.to_zoned(TimeZone::UTC).date().first_of_month();
    let midnight = |date: jiff::civil::Date| {
        date.to_zoned(TimeZone::UTC).map_or(at, |zoned| zoned.timestamp())
    };
    (midnight(first), midnight(first.saturating_add(1.month())))
}
