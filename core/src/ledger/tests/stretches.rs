//! What the last minutes, hours and days came to.

use jiff::SignedDuration;

use crate::ledger::Basis;
use crate::ledger::desk::{Desk, at, bill, billed, cost, reading, usage, usd, used};
use crate::period::Calendar;
use crate::reading::{BillSource, Findings, Report, RequestBucket};
use crate::stretch::Buckets::{self, Closed, Open};
use crate::stretch::WindowUse;
use crate::window::Width::{Day, Hour, Minute};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const READ: (&str, &str) = ("2026-11-20T12:00", "2026-11-20T14:38");

/// Minutes of opus: a thousand tokens at 13:37, ten at 14:31, one at 14:37.
fn minutes() -> Desk {
    let mut desk = Desk::new();
    let told = [
        ("2026-11-20T13:36", vec![used("w opus", 7)]),
        ("2026-11-20T13:37", vec![used("w opus", 1_000)]),
        ("2026-11-20T14:31", vec![used("w opus", 10)]),
        ("2026-11-20T14:37", vec![used("w opus", 1)]),
    ];
    desk.hear(&usage(Minute, READ, "2026-11-20T14:37:20Z", &told));
    desk
}

fn tokens(stretch: &WindowUse) -> u64 {
    stretch.sum(|_| true).tokens.total()
}

/// Compares where a stretch lies, whether it is covered, and its tokens.
#[track_caller]
fn check(
    desk: &Desk,
    (length, buckets): (SignedDuration, Buckets),
    now: &str,
    expected: (&str, &str, bool, u64),
) {
    let stretch = desk.stretch(length, buckets, at(now));
    let (from, until, covered, sum) = expected;
    let shown = (stretch.window.from(), stretch.window.until(), stretch.covered, tokens(&stretch));
    assert_eq!(shown, (at(from), at(until), covered, sum), "{length:#} {buckets:?} at {now}");
}

#[test]
fn a_stretch_is_as_long_as_wanted_and_ends_with_the_running_or_a_closed_minute() {
    let desk = minutes();
    let now = "2026-11-20T14:37:25Z";
    check(&desk, (HOUR, Open), now, ("2026-11-20T13:38", "2026-11-20T14:38", true, 11));
    check(&desk, (HOUR, Closed), now, ("2026-11-20T13:32", "2026-11-20T14:32", true, 1_017));
    let five = SignedDuration::from_mins(5);
    check(&desk, (five, Open), now, ("2026-11-20T14:33", "2026-11-20T14:38", true, 1));
    check(&desk, (five, Closed), now, ("2026-11-20T14:27", "2026-11-20T14:32", true, 10));
}

#[test]
fn a_late_poll_moves_the_end_and_not_the_figure() {
    let desk = minutes();
    let now = "2026-11-20T14:50";
    check(&desk, (HOUR, Open), now, ("2026-11-20T13:38", "2026-11-20T14:38", true, 11));
    check(&desk, (HOUR, Closed), now, ("2026-11-20T13:32", "2026-11-20T14:32", true, 1_017));
}

#[test]
fn old_readings_do_not_cover_a_stretch_that_ends_now() {
    let desk = minutes();
    let now = "2026-11-20T14:53";
    check(&desk, (HOUR, Open), now, ("2026-11-20T13:53", "2026-11-20T14:53", false, 11));
    check(&desk, (HOUR, Closed), now, ("2026-11-20T13:48", "2026-11-20T14:48", false, 11));
    check(&Desk::new(), (HOUR, Open), now, ("2026-11-20T13:53", "2026-11-20T14:53", false, 0));
}

#[test]
fn a_stretch_that_begins_before_the_readings_is_a_lower_bound() {
    let desk = minutes();
    let now = "2026-11-20T14:37:25Z";
    let expected = ("2026-11-20T12:00", "2026-11-20T14:38", true, 1_018);
    check(&desk, (SignedDuration::from_mins(158), Open), now, expected);
    let expected = ("2026-11-20T11:59", "2026-11-20T14:38", false, 1_018);
    check(&desk, (SignedDuration::from_mins(159), Open), now, expected);
}

#[test]
fn an_hour_read_by_itself_reaches_further_back_and_begins_whole() {
    let mut desk = minutes();
    let told = [("2026-11-20T03:00", vec![used("w opus", 400)])];
    desk.hear(&usage(Hour, ("2026-11-20T00:00", READ.0), "2026-11-20T14:37:22Z", &told));
    let length = SignedDuration::from_hours(11);
    let expected = ("2026-11-20T03:00", "2026-11-20T14:38", true, 1_418);
    check(&desk, (length, Open), "2026-11-20T14:37:25Z", expected);
    let told = [("2026-11-19", vec![used("w opus", 5_000)])];
    desk.hear(&usage(Day, ("2026-11-13", "2026-11-20"), "2026-11-20T14:37:23Z", &told));
    let length = SignedDuration::from_hours(20);
    let expected = ("2026-11-19T18:38", "2026-11-20T14:38", false, 1_418);
    check(&desk, (length, Open), "2026-11-20T14:37:25Z", expected);
}

#[test]
fn long_stretches_are_made_of_days_hours_and_minutes() {
    let mut desk = minutes();
    let hours = [
        ("2026-11-18T15:00", vec![used("w opus", 300)]),
        ("2026-11-18T13:00", vec![used("w opus", 50_000)]),
        ("2026-11-20T03:00", vec![used("w opus", 400)]),
    ];
    desk.hear(&usage(Hour, ("2026-11-17", READ.0), "2026-11-20T14:37:22Z", &hours));
    let day = [("2026-11-18", vec![used("w opus", 50_300)])];
    desk.hear(&usage(Day, ("2026-11-10", "2026-11-19"), "2026-11-20T14:37:23Z", &day));
    let length = SignedDuration::from_hours(48);
    let expected = ("2026-11-18T14:00", "2026-11-20T14:38", true, 1_718);
    check(&desk, (length, Open), "2026-11-20T14:37:25Z", expected);
    let length = SignedDuration::from_hours(9 * 24);
    let expected = ("2026-11-11T00:00", "2026-11-20T14:38", true, 51_718);
    check(&desk, (length, Open), "2026-11-20T14:37:25Z", expected);
}

#[test]
fn late_data_change_a_stretch() {
    let mut desk = minutes();
    let now = "2026-11-20T14:38:30Z";
    let late = [("2026-11-20T14:31", vec![used("w opus", 25), used("v haiku", 4)])];
    let again = ("2026-11-20T14:28", "2026-11-20T14:39");
    desk.hear(&usage(Minute, again, "2026-11-20T14:38:20Z", &late));
    check(&desk, (HOUR, Open), now, ("2026-11-20T13:39", "2026-11-20T14:39", true, 29));
    let hour = [("2026-11-20T12:00", vec![used("w opus", 60)])];
    desk.hear(&usage(Hour, (READ.0, "2026-11-20T13:00"), "2026-11-20T14:38:21Z", &hour));
    let day = SignedDuration::from_mins(159);
    check(&desk, (day, Open), now, ("2026-11-20T12:00", "2026-11-20T14:39", true, 1_096));
}

#[test]
fn rows_say_who_used_what_at_which_cost() {
    let mut desk = Desk::new();
    let told = [
        ("2026-11-20T14:30", vec![used("w opus k2", 500), used("v haiku k1", 1_000)]),
        ("2026-11-20T14:31", vec![used("w opus k1", 100), used("w new k1", 9)]),
        ("2026-11-20T14:32", vec![used("w opus k1", 100), used("w opus k1 priority", 3)]),
    ];
    desk.hear(&usage(Minute, READ, "2026-11-20T14:37:20Z", &told));
    let stretch = desk.stretch(HOUR, Open, at("2026-11-20T14:37:25Z"));
    let rows = stretch.rows.iter().map(|row| {
        let model = row.model.as_ref().unwrap();
        let who = format!("{} {model} {} {}", row.workspace, row.key, row.tier);
        (who, row.tokens.total(), row.cost, row.basis, row.unpriced)
    });
    let (estimated, unpriced) = (Some(Basis::Estimated), usd("0"));
    let expected = [
        ("v haiku k1 standard", 1_000, usd("0.1"), estimated, 0),
        ("w new k1 standard", 9, unpriced, None, 9),
        ("w opus k1 priority", 3, unpriced, None, 3),
        ("w opus k1 standard", 200, usd("0.2"), estimated, 0),
        ("w opus k2 standard", 500, usd("0.5"), estimated, 0),
    ];
    assert_eq!(
        rows.collect::<Vec<_>>(),
        expected.map(|(who, n, c, b, u)| (who.to_owned(), n, c, b, u))
    );
    let sums = stretch.sum(|row| row.workspace.as_str() == "w");
    assert_eq!((sums.tokens.total(), sums.cost, sums.unpriced), (712, usd("0.7"), 12));
}

/// A day with three quarters of its cost after noon, billed at 8 dollars and one for code.
fn billed_day() -> Desk {
    let mut desk = Desk::new();
    let told = [
        ("2026-11-19T03:00", vec![used("w opus", 1_000)]),
        ("2026-11-19T18:00", vec![used("w opus", 3_000)]),
    ];
    let day = ("2026-11-19", "2026-11-20");
    desk.hear(&usage(Minute, ("2026-11-19", "2026-11-20T12:00"), "2026-11-20T12:00", &told));
    let mut code = billed("v opus", "1");
    code.0.kind = crate::reading::ChargeKind::CodeExecution;
    code.0.model = None;
    let lines = vec![billed("w opus", "8"), code];
    desk.hear(&cost(day, "2026-11-20T06:30", &[("2026-11-19", lines.clone())]));
    desk.hear(&cost(day, "2026-11-20T08:30", &[("2026-11-19", lines)]));
    desk
}

#[test]
fn a_billed_day_costs_its_bill_and_a_part_of_it_a_share() {
    let desk = billed_day();
    let cases = [
        (36, "2026-11-19T00:00", "9", Basis::Billed),
        (24, "2026-11-19T12:00", "6.75", Basis::Mixed),
    ];
    for (hours, from, dollars, basis) in cases {
        let length = SignedDuration::from_hours(hours);
        let stretch = desk.stretch(length, Open, at("2026-11-20T12:00"));
        let sums = stretch.sum(|_| true);
        let shown = (stretch.window.from(), sums.cost, sums.basis);
        assert_eq!(shown, (at(from), usd(dollars), Some(basis)), "{hours} h");
    }
}

#[test]
fn tokens_that_a_bill_is_silent_about_are_unpriced() {
    let mut desk = Desk::new();
    let told = [("2026-11-19T03:00", vec![used("w opus", 500), used("w opus k1 priority", 40)])];
    desk.hear(&usage(Minute, ("2026-11-19", "2026-11-20"), "2026-11-20", &told));
    let day = ("2026-11-19", "2026-11-20");
    for heard_at in ["2026-11-20T06:30", "2026-11-20T08:30"] {
        desk.hear(&cost(day, heard_at, &[("2026-11-19", vec![billed("w opus", "1")])]));
    }
    desk.hear(&usage(Minute, ("2026-11-20", "2026-11-20T09:00"), "2026-11-20T09:00", &[]));
    let stretch = desk.stretch(SignedDuration::from_hours(33), Open, at("2026-11-20T09:00"));
    let shown = stretch.rows.iter().map(|row| (row.tier.as_str(), row.unpriced, row.cost));
    let expected = [("priority", 40, usd("0")), ("standard", 0, usd("1"))];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn the_company_api_has_whole_days() {
    let mut desk = Desk::with(vec![Calendar::utc()], Day);
    for (day, next, heard_at, tokens) in [
        ("2026-11-18", "2026-11-19", "2026-11-19T10:00", 7_000),
        ("2026-11-19", "2026-11-20", "2026-11-20T10:00", 500),
        ("2026-11-20", "2026-11-21", "2026-11-20T14:30", 20),
    ] {
        let told = [(day, vec![used("default unknown", tokens)])];
        desk.hear(&usage(Day, (day, next), heard_at, &told));
        let mut line = billed("default unknown", "2.5");
        line.0.model = None;
        desk.hear(&bill(
            BillSource::Company,
            Day,
            (day, next),
            heard_at,
            None,
            &[(day, vec![line])],
        ));
    }
    let now = "2026-11-20T14:37";
    check(&desk, (HOUR, Open), now, ("2026-11-20", "2026-11-21", true, 20));
    check(&desk, (HOUR, Closed), now, ("2026-11-19", "2026-11-20", true, 500));
    let two = SignedDuration::from_hours(48);
    check(&desk, (two, Open), now, ("2026-11-19", "2026-11-21", true, 520));
    check(&desk, (two, Closed), now, ("2026-11-18", "2026-11-20", true, 7_500));
    check(&desk, (two * 2, Open), now, ("2026-11-17", "2026-11-21", false, 7_520));
    let stretch = desk.stretch(two, Open, at(now));
    let sums = stretch.sum(|_| true);
    assert_eq!((sums.cost, sums.basis), (usd("5"), Some(Basis::Estimated)));
}

#[test]
fn requests_are_those_of_the_last_hours_that_are_told() {
    let mut desk = Desk::new();
    let window = super::super::desk::window("2026-11-20T02:00", "2026-11-20T14:00");
    let hours = [("2026-11-20T08:00", 100), ("2026-11-20T09:00", 30), ("2026-11-20T10:00", 4)];
    let buckets = hours.map(|(from, count)| RequestBucket {
        from: at(from),
        rows: vec![(("w".into(), "opus".into()), count)],
    });
    let refreshed = "2026-11-20T11:20";
    let findings =
        Findings::Requests { window, refreshed_at: at(refreshed), buckets: buckets.into() };
    let span = ("2026-11-20T02:00", "2026-11-20T14:00");
    let heard_at = "2026-11-20T14:00";
    desk.hear(&reading(Report::Analytics, heard_at, findings));
    desk.hear(&bill(BillSource::Analytics, Hour, span, heard_at, Some(refreshed), &[]));
    let mut without = Desk::new();
    without.hear(&bill(BillSource::Analytics, Hour, span, heard_at, Some(refreshed), &[]));
    assert!(without.stretch(HOUR, Open, at(heard_at)).requests.is_none(), "only money is granted");
    let told = |minutes: i64, now: &str| {
        let stretch = desk.stretch(SignedDuration::from_mins(minutes), Open, at(now));
        stretch
            .requests
            .map(|told| (told.window.from(), told.rows.into_iter().map(|row| row.2).sum::<u64>()))
    };
    assert_eq!(told(61, heard_at), Some((at("2026-11-20T09:00"), 34)), "two hours for 61 minutes");
    assert_eq!(told(180, heard_at), Some((at("2026-11-20T08:00"), 134)));
    assert_eq!(told(600, heard_at), None, "not read so far back");
    assert_eq!(told(60, "2026-11-21T13:01"), None, "older than a day and its delay");
    assert!(minutes().stretch(HOUR, Open, at("2026-11-20T14:37:25Z")).requests.is_none());
}
