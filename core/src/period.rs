//! Days, weeks and months in a zone that is handed in.
//!
//! Periods begin at the first instant of a civil day in their zone, so they are
//! 23 to 25 hours long where clocks change, and months differ. A rolling period is the
//! running day and as many whole ones before it as it takes; the next day it is another
//! one. Nothing here looks a zone up or asks for the time.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};

use crate::window::Window;

/// The periods that money is summed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PeriodKind {
    Day,
    Week,
    Month,
    /// So many days, the running one included: from 1 to 366.
    Rolling(u16),
}

impl PeriodKind {
    /// Those of the calendar: each ends where the next one begins.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The word of the configuration, and of the store: `month`, `30d`.
    pub fn label(self) -> Cow<'static, str> {
        match self {
            Self::Day => "day".into(),
            Self::Week => "week".into(),
            Self::Month => "month".into(),
            Self::Rolling(days) => format!("{days}d").into(),
        }
    }
}

/// Where days begin, and which weekday begins a week.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    zone_name: Arc<str>,
    week_start: Weekday,
}

impl Calendar {
    /// `zone_name` is what people read and what sums are kept under.
    pub fn new(zone: TimeZone, zone_name: impl Into<Arc<str>>, week_start: Weekday) -> Self {
        Self { zone, zone_name: zone_name.into(), week_start }
    }

    pub fn utc() -> Self {
        Self::new(TimeZone::UTC, "UTC", Weekday::Monday)
    }

    /// A calendar with the same weeks in another zone.
    pub fn in_zone(&self, zone: TimeZone, zone_name: impl Into<Arc<str>>) -> Self {
        Self::new(zone, zone_name, self.week_start)
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    pub fn week_start(&self) -> Weekday {
        self.week_start
    }

    /// Names this calendar in the store: two calendars with equal keys have equal periods.
    pub fn key(&self) -> String {
        format!("{}/{}", self.zone_name, self.week_start.to_monday_zero_offset())
    }

    /// The period that holds `at`.
    pub fn period(&self, kind: PeriodKind, at: Timestamp) -> Window {
        let first = self.first_day(kind, &at.to_zoned(self.zone.clone()));
        let next = match kind {
            PeriodKind::Day => first.checked_add(1.day()),
            PeriodKind::Week => first.checked_add(1.week()),
            PeriodKind::Month => first.checked_add(1.month()),
            PeriodKind::Rolling(days) => first.checked_add(i64::from(days.max(1)).days()),
        };
        // Only the last week that the calendar can express has no successor; it ends with it.
        let until =
            next.and_then(|day| day.start_of_day()).map_or(Timestamp::MAX, |d| d.timestamp());
        Window::new(first.timestamp(), until)
            .unwrap_or_else(|| crate::window::Width::Day.bucket(at))
    }

    /// The period of the same kind before the one that holds `at`. It ends where that one
    /// begins; a rolling one, where the day of `at` does.
    pub fn previous(&self, kind: PeriodKind, at: Timestamp) -> Window {
        let turn = match kind {
            PeriodKind::Day | PeriodKind::Week | PeriodKind::Month => kind,
            PeriodKind::Rolling(_) => PeriodKind::Day,
        };
        let begun = self.period(turn, at).from();
        self.period(kind, begun - jiff::SignedDuration::from_nanos(1))
    }

    fn first_day(&self, kind: PeriodKind, at: &Zoned) -> Zoned {
        let day = match kind {
            PeriodKind::Day => Ok(at.clone()),
            PeriodKind::Week => {
                let since = at.weekday().since(self.week_start);
                at.checked_sub(i64::from(since).days())
            }
            PeriodKind::Month => at.first_of_month(),
            PeriodKind::Rolling(days) => at.checked_sub(i64::from(days.max(1) - 1).days()),
        };
        day.and_then(|day| day.start_of_day()).unwrap_or_else(|_| at.clone())
    }
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.zone_name == other.zone_name && self.week_start == other.week_start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(calendar: &Calendar, kind: PeriodKind, at: &str, from: &str, until: &str) {
        let period = calendar.period(kind, at.parse().unwrap());
        assert_eq!(period.to_string(), format!("{from}..{until}"), "{} of {at}", kind.label());
    }

    /// Clocks at 2026-03-29 02:00 go to 03:00, at 2026-10-25 03:00 back to 02:00.
    fn central_europe() -> Calendar {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        Calendar::new(zone, "Europe/Berlin", Weekday::Monday)
    }

    #[test]
    fn periods_of_utc_begin_at_midnight() {
        let utc = Calendar::utc();
        check(
            &utc,
            PeriodKind::Day,
            "2026-11-20T23:59:59Z",
            "2026-11-20T00:00:00Z",
            "2026-11-21T00:00:00Z",
        );
        check(
            &utc,
            PeriodKind::Week,
            "2026-11-22T12:00:00Z",
            "2026-11-16T00:00:00Z",
            "2026-11-23T00:00:00Z",
        );
        check(
            &utc,
            PeriodKind::Month,
            "2026-02-01T00:00:00Z",
            "2026-02-01T00:00:00Z",
            "2026-03-01T00:00:00Z",
        );
    }

    #[test]
    fn days_are_as_long_as_their_clocks_make_them() {
        let berlin = central_europe();
        check(
            &berlin,
            PeriodKind::Day,
            "2026-03-29T12:00:00Z",
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
        );
        check(
            &berlin,
            PeriodKind::Day,
            "2026-10-25T12:00:00Z",
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
        );
        check(
            &berlin,
            PeriodKind::Month,
            "2026-10-31T23:30:00Z",
            "2026-10-31T23:00:00Z",
            "2026-11-30T23:00:00Z",
        );
        check(
            &berlin,
            PeriodKind::Month,
            "2026-10-31T22:30:00Z",
            "2026-09-30T22:00:00Z",
            "2026-10-31T23:00:00Z",
        );
    }

    #[test]
    fn weeks_begin_as_configured() {
        let sunday = Calendar::new(TimeZone::UTC, "UTC", Weekday::Sunday);
        check(
            &sunday,
            PeriodKind::Week,
            "2026-11-22T00:00:00Z",
            "2026-11-22T00:00:00Z",
            "2026-11-29T00:00:00Z",
        );
        check(
            &sunday,
            PeriodKind::Week,
            "2026-11-21T23:59:59Z",
            "2026-11-15T00:00:00Z",
            "2026-11-22T00:00:00Z",
        );
    }

    #[test]
    fn rolling_periods_are_whole_civil_days() {
        let (utc, berlin) = (Calendar::utc(), central_europe());
        let cases = [
            (&utc, 1, "2026-11-20T14:00:00Z", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
            (&utc, 30, "2026-11-20T23:59:59Z", "2026-10-22T00:00:00Z", "2026-11-21T00:00:00Z"),
            // Over the ends of a short month and of a leap year's February.
            (&utc, 30, "2026-03-01T00:00:00Z", "2026-01-31T00:00:00Z", "2026-03-02T00:00:00Z"),
            (&utc, 30, "2028-03-01T00:00:00Z", "2028-02-01T00:00:00Z", "2028-03-02T00:00:00Z"),
            (&utc, 366, "2028-12-31T12:00:00Z", "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z"),
            // The first day begins before clocks change, the last one ends after it.
            (&berlin, 2, "2026-03-29T12:00:00Z", "2026-03-27T23:00:00Z", "2026-03-29T22:00:00Z"),
            (&berlin, 30, "2026-10-25T22:59:00Z", "2026-09-25T22:00:00Z", "2026-10-25T23:00:00Z"),
            (&berlin, 30, "2026-10-25T23:00:00Z", "2026-09-26T22:00:00Z", "2026-10-26T23:00:00Z"),
        ];
        for (calendar, days, at, from, until) in cases {
            check(calendar, PeriodKind::Rolling(days), at, from, until);
        }
    }

    #[test]
    fn the_rolling_period_before_ended_where_the_day_began() {
        let berlin = central_europe();
        let at = "2026-10-26T12:00:00Z".parse().unwrap();
        let previous = berlin.previous(PeriodKind::Rolling(7), at);
        assert_eq!(previous.to_string(), "2026-10-18T22:00:00Z..2026-10-25T23:00:00Z");
        let this = berlin.period(PeriodKind::Rolling(7), at);
        assert_eq!(this.to_string(), "2026-10-19T22:00:00Z..2026-10-26T23:00:00Z");
    }

    #[test]
    fn periods_are_named_as_they_are_configured() {
        let names = PeriodKind::ALL.map(PeriodKind::label);
        assert_eq!(names, ["day", "week", "month"]);
        assert_eq!(PeriodKind::Rolling(30).label(), "30d");
    }

    #[test]
    fn the_previous_period_ends_where_this_one_begins() {
        let utc = Calendar::utc();
        let previous = utc.previous(PeriodKind::Month, "2026-03-15T00:00:00Z".parse().unwrap());
        assert_eq!(previous.to_string(), "2026-02-01T00:00:00Z..2026-03-01T00:00:00Z");
    }
}
