//! Periods that are others each day, and the days that have just ended.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::amount::Amount;
use crate::ledger::desk::{Desk, at, billed, cost, usage, usd, used};
use crate::ledger::{outlook, sum_keys};
use crate::period::{Calendar, PeriodKind};
use crate::reading::BillSource;
use crate::snapshot::PeriodSpend;
use crate::window::Width::{Day, Hour};
use crate::window::Window;

fn berlin() -> Calendar {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    Calendar::new(zone, "Europe/Berlin", Weekday::Monday)
}

/// Forty days until 2026-10-31, each billed at a dollar, half of it in its first hour and half after 22:00.
fn forty_days(calendar: &Calendar, days: u16) -> Desk {
    let mut desk = Desk::new();
    desk.settings.rolling = vec![(calendar.clone(), days)];
    let first = at("2026-09-22");
    for number in 0..40 {
        let day =
            Window::new(first + Day.duration() * number, first + Day.duration() * (number + 1));
        let day = day.unwrap();
        let (from, until) = (day.from().to_string(), day.until().to_string());
        let late = (day.from() + SignedDuration::from_hours(22)).to_string();
        let told = [(from.as_str(), vec![used("w opus", 500)]), (&late, vec![used("w opus", 500)])];
        let later = (day.until() + SignedDuration::from_hours(40)).to_string();
        desk.hear(&usage(Hour, (&from, &until), &later, &told));
        desk.hear(&cost((&from, &until), &later, &[(&from, vec![billed("w opus", "1")])]));
    }
    desk
}

fn rolling(desk: &Desk, now: &str) -> PeriodSpend {
    let figures = desk.figures(at(now));
    let is_rolling = |spend: &&PeriodSpend| matches!(spend.kind, PeriodKind::Rolling(_));
    let mut found = figures.spends.iter().filter(is_rolling);
    let spend = found.next().unwrap().clone();
    assert!(found.next().is_none());
    spend
}

/// How many days a snapshot reads besides the sums, when rolling periods are all it tells of.
fn days_read(desk: &Desk, now: Timestamp) -> i64 {
    let mut settings = desk.settings.clone();
    settings.calendars.clear();
    let keys = sum_keys(&settings, now);
    let known = |key| Some((Clone::clone(key), desk.store.sums.get(key)?.clone()));
    let sums = keys.iter().filter_map(known).collect();
    let needs = outlook(&desk.book, &settings, &sums, now);
    needs.days.iter().map(|days| days.length().as_hours() / 24).sum()
}

#[test]
fn a_rolling_period_adds_up_its_days() {
    let cases = [
        (Calendar::utc(), 7, "2026-10-20T12:00", "7"),
        (Calendar::utc(), 30, "2026-10-31T23:59", "30"),
        (Calendar::utc(), 30, "2026-11-01T00:00", "29"),
        // Days begin at 22:00 there: half a dollar of the first one, and half of the last.
        (berlin(), 7, "2026-10-20T12:00", "7"),
        // The clock goes back on the 25th: the period begins at 22:00 and ends at 23:00.
        (berlin(), 7, "2026-10-25T22:59", "7.5"),
        (berlin(), 7, "2026-10-25T23:00", "6.5"),
    ];
    for (calendar, days, now, dollars) in cases {
        let desk = forty_days(&calendar, days);
        let spend = rolling(&desk, now);
        assert_eq!(spend.kind, PeriodKind::Rolling(days));
        assert_eq!(spend.period, calendar.period(PeriodKind::Rolling(days), at(now)), "at {now}");
        assert_eq!(spend.total(), usd(dollars), "{days} days at {now} in {}", calendar.zone_name());
    }
}

#[test]
fn the_first_bill_of_a_day_makes_the_sum_that_its_snapshots_read() {
    let mut desk = forty_days(&Calendar::utc(), 30);
    let morning = at("2026-11-03T00:05");
    let today = ("2026-11-03", "2026-11-04");
    desk.hear(&usage(Hour, today, "2026-11-03T00:04", &[]));
    assert_eq!(days_read(&desk, morning), 30, "no bill was heard since midnight");
    assert_eq!(rolling(&desk, "2026-11-03T00:05").total(), usd("27"));
    let told = [("2026-10-31", vec![billed("w opus", "1")])];
    desk.hear(&cost(("2026-10-31", today.1), "2026-11-03T00:10", &told));
    assert_eq!(days_read(&desk, at("2026-11-03T00:11")), 3, "two days without a bill, and today");
    assert_eq!(rolling(&desk, "2026-11-03T00:11").total(), usd("27"));
    assert_eq!(desk.store.sums.keys().filter(|key| key.from == Timestamp::UNIX_EPOCH).count(), 1);
}

#[test]
fn a_restated_bill_moves_the_rolling_sum() {
    let mut desk = forty_days(&Calendar::utc(), 30);
    let before = rolling(&desk, "2026-11-01T16:01").total();
    for (heard_at, dollars) in [("2026-11-01T16:02", "1.25"), ("2026-11-01T16:03", "0.5")] {
        let told = [("2026-10-20", vec![billed("w opus", dollars)])];
        desk.hear(&cost(("2026-10-20", "2026-10-21"), heard_at, &told));
        let now = rolling(&desk, "2026-11-01T16:05").total();
        assert_eq!(now - before, usd(dollars) - usd("1"), "at {heard_at}");
    }
}

#[test]
fn an_answer_from_before_midnight_leaves_no_wrong_sum_behind() {
    let mut desk = forty_days(&Calendar::utc(), 7);
    let told = |dollars: &str| [("2026-10-30", vec![billed("w opus", dollars)])];
    let day = ("2026-10-30", "2026-10-31");
    desk.hear(&cost(day, "2026-11-02T00:01", &told("1")));
    // Asked before midnight, and answered after the other one.
    desk.hear(&cost(day, "2026-11-01T23:59", &told("2")));
    assert_eq!(rolling(&desk, "2026-11-02T00:02").total(), usd("6"));
    desk.hear(&cost(day, "2026-11-02T00:11", &told("2")));
    assert_eq!(rolling(&desk, "2026-11-02T00:12").total(), usd("6"));
}

#[test]
fn the_company_api_has_rolling_periods_too() {
    let mut desk = Desk::with(vec![Calendar::utc()], Day);
    desk.settings.rolling = vec![(Calendar::utc(), 2)];
    for (day, next, heard_at) in [
        ("2026-11-18", "2026-11-19", "2026-11-20T10:00"),
        ("2026-11-19", "2026-11-20", "2026-11-20T10:00"),
        ("2026-11-20", "2026-11-21", "2026-11-20T14:30"),
    ] {
        desk.hear(&usage(Day, (day, next), heard_at, &[(day, vec![used("default unknown", 20)])]));
        let told = [(day, vec![billed("default unknown", "2.5")])];
        desk.hear(&super::super::desk::bill(
            BillSource::Company,
            Day,
            (day, next),
            heard_at,
            None,
            &told,
        ));
    }
    let spend = rolling(&desk, "2026-11-20T14:31");
    assert_eq!((spend.total(), spend.tokens.total()), (usd("5"), 40));
}

#[test]
fn a_day_is_shown_for_two_days_after_its_end() {
    let desk = forty_days(&Calendar::utc(), 30);
    let figures = desk.figures(at("2026-11-01T12:00"));
    let days = figures.spends.iter().filter(|spend| spend.kind == PeriodKind::Day);
    let days: Vec<(Timestamp, Amount)> = days.map(|day| (day.period.from(), day.total())).collect();
    let expected = [("2026-11-01", "0"), ("2026-10-31", "1"), ("2026-10-30", "1")]
        .map(|(d, n)| (at(d), usd(n)));
    assert_eq!(days, expected);
}
