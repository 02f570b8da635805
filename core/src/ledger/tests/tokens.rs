//! Minutes, hours, days.

use crate::ledger::desk::{Desk, at, usage, used};
use crate::reading::{Counts, Dimensions};
use crate::window::Width::{self, Day, Hour, Minute};

type Step<'a> = (Width, (&'a str, &'a str), &'a str, &'a str, u64, u64);

/// Plays `(width, from, until, heard at, bucket, tokens of opus)`, each with what the day holds after.
#[track_caller]
fn check(rows: &[Step<'_>]) {
    let mut desk = Desk::new();
    for (step, (width, span, heard_at, from, tokens, day)) in rows.iter().enumerate() {
        let told: Vec<(Dimensions, Counts)> =
            if *tokens > 0 { vec![used("w opus", *tokens)] } else { Vec::new() };
        desk.hear(&usage(*width, *span, heard_at, &[(*from, told)]));
        let page = desk.store.days.get(&Day.floor(at(from)));
        let sum: u64 = page.map_or(0, |page| page.tokens().total());
        assert_eq!(sum, *day, "step {step}: {tokens} in {from} heard at {heard_at}");
    }
}

const HOUR: (&str, &str) = ("2026-11-20T14:00", "2026-11-20T15:00");
const DAY: (&str, &str) = ("2026-11-20", "2026-11-21");
const M0: &str = "2026-11-20T14:00";
const M1: &str = "2026-11-20T14:01";
const ONE: (&str, &str) = ("2026-11-20T14:01", "2026-11-20T14:02");

#[test]
fn minutes_move_their_day_by_their_difference() {
    check(&[
        (Minute, HOUR, "2026-11-20T14:05", M0, 10, 10),
        (Minute, HOUR, "2026-11-20T14:06", M0, 15, 15),
        (Minute, ONE, "2026-11-20T14:06", M1, 5, 20),
        (Minute, HOUR, "2026-11-20T14:07", M0, 7, 7),
        (Minute, HOUR, "2026-11-20T14:08", M0, 0, 0),
    ]);
}

#[test]
fn an_hour_is_believed_once_its_minutes_are_no_longer_read() {
    check(&[
        (Minute, HOUR, "2026-11-20T15:01", M0, 10, 10),
        (Hour, HOUR, "2026-11-20T15:10:59Z", M0, 99, 10),
        (Hour, HOUR, "2026-11-20T15:11", M0, 12, 12),
        (Minute, HOUR, "2026-11-20T15:12", M0, 50, 12),
        (Hour, HOUR, "2026-11-20T15:13", M0, 13, 13),
    ]);
}

#[test]
fn a_day_is_believed_once_its_hours_are_no_longer_read() {
    check(&[
        (Hour, HOUR, "2026-11-20T16:00", M0, 10, 10),
        (Day, DAY, "2026-11-22T00:59:59Z", "2026-11-20", 99, 10),
        (Day, DAY, "2026-11-22T01:00", "2026-11-20", 11, 11),
        (Hour, HOUR, "2026-11-22T02:00", M0, 50, 11),
        (Minute, HOUR, "2026-11-22T02:00", M0, 60, 11),
        (Day, DAY, "2026-11-25", "2026-11-20", 12, 12),
    ]);
}

#[test]
fn a_minute_of_a_settled_hour_is_stored_but_moves_nothing() {
    let mut desk = Desk::new();
    desk.hear(&usage(Hour, HOUR, "2026-11-20T15:11", &[(M0, vec![used("w opus", 5)])]));
    desk.hear(&usage(Minute, HOUR, "2026-11-20T15:12", &[(M0, vec![used("w opus", 9)])]));
    assert_eq!(desk.store.minutes[&at(M0)].rows(), [used("w opus", 9)]);
    assert_eq!(desk.store.hours[&at(M0)].rows(), [used("w opus", 5)]);
}

#[test]
fn the_company_api_has_days_only_and_today_counts_too() {
    let mut desk = Desk::with(vec![crate::period::Calendar::utc()], Day);
    let told = |tokens| vec![("2026-11-20", vec![used("default unknown", tokens)])];
    desk.hear(&usage(Day, DAY, "2026-11-20T12:00", &told(10)));
    desk.hear(&usage(Day, DAY, "2026-11-20T13:00", &told(25)));
    assert_eq!(desk.page("2026-11-20").tokens().total(), 25);
    assert_eq!(desk.shown("default unknown"), Some(15));
}
