//! Times and spans as people read them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use usagewarden_core::notice::Facts;
use usagewarden_core::window::Window;

use crate::clock;

/// `Sat 21 Nov 2026, 15:07 CET`
pub(super) fn shown(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %-d %b %Y, %H:%M %Z").to_string()
}

/// The zone the rule was judged in. A machine that lost it shows UTC, and says so.
pub(super) fn zone_of(facts: &Facts) -> TimeZone {
    clock::zone(&facts.zone_name).unwrap_or(TimeZone::UTC)
}

/// Half a day matters, half a second does not: the two largest units.
pub(super) fn rough(duration: SignedDuration) -> String {
    let minutes = (duration.as_secs() + 30) / 60;
    let parts = [(minutes / 1_440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    let words = parts.iter().skip_while(|(count, _)| *count == 0).take(2);
    let words: Vec<String> = words.filter(|(count, _)| *count > 0).map(counted).collect();
    if words.is_empty() { "less than a minute".to_owned() } else { words.join(" ") }
}

fn counted((count, unit): &(i64, &str)) -> String {
    format!("{count} {unit}{}", if *count == 1 { "" } else { "s" })
}

const PART_BEFORE: &str = "the same part of the period before";

/// What the same part of the period before is called.
pub(super) fn period_before(period: Window, zone: &TimeZone) -> &'static str {
    let from = period.from().to_zoned(zone.clone());
    let hours = period.until().duration_since(period.from()).as_hours();
    match hours {
        // A day can have 23 or 25 hours, and a week or a month one more or less.
        23..=25 => "the same hours of the day before",
        167..=169 => "the same days of last week",
        671..=745 if from.day() == 1 => "the same days of last month",
        _ => PART_BEFORE,
    }
}

/// Whether it is a day, a week or a month: what moves along with the time never ends.
pub(super) fn is_of_calendar(period: Window, zone: &TimeZone) -> bool {
    period_before(period, zone) != PART_BEFORE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_their_two_largest_units() {
        let cases = [
            (20, "less than a minute"),
            (60, "1 minute"),
            (3_600, "1 hour"),
            (9 * 86_400 + 10 * 3_600 + 59, "9 days 10 hours"),
            (86_400 + 120, "1 day"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(rough(SignedDuration::from_secs(seconds)), expected, "{seconds} s");
        }
    }

    #[test]
    fn the_period_before_is_called_by_its_length() {
        let berlin = clock::zone("Europe/Berlin").unwrap();
        let cases = [
            (
                "2026-10-25T00:00:00+02:00",
                "2026-10-26T00:00:00+01:00",
                "the same hours of the day before",
            ),
            (
                "2026-10-19T00:00:00+02:00",
                "2026-10-26T00:00:00+01:00",
                "the same days of last week",
            ),
            (
                "2026-10-01T00:00:00+02:00",
                "2026-11-01T00:00:00+01:00",
                "the same days of last month",
            ),
            (
                "2026-02-01T00:00:00+01:00",
                "2026-03-01T00:00:00+01:00",
                "the same days of last month",
            ),
            (
                "2026-10-07T00:00:00+02:00",
                "2026-11-06T00:00:00+01:00",
                "the same part of the period before",
            ),
        ];
        for (from, until, expected) in cases {
            let period = Window::new(from.parse().unwrap(), until.parse().unwrap()).unwrap();
            assert_eq!(period_before(period, &berlin), expected, "{from}");
        }
    }
}
