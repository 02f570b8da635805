//! What Prometheus sees grow.

use crate::ledger::desk::{Desk, at, cost, reading, usage, usd, used};
use crate::reading::{Findings, Report, RequestBucket};
use crate::window::Width::{self, Day, Hour, Minute};

const M0: &str = "2026-11-20T14:00";
const M1: &str = "2026-11-20T14:01";
const SPAN: (&str, &str) = ("2026-11-20T13:50", "2026-11-20T14:30");

/// Plays `(heard at, bucket, tokens)` in minutes of opus, each with what the counter shows after.
#[track_caller]
fn check(rows: &[(&str, &str, u64, Option<i64>)]) {
    let mut desk = Desk::new();
    for (heard_at, from, tokens, shown) in rows {
        let span = (*from, "2026-11-20T14:30");
        desk.hear(&usage(Minute, span, heard_at, &[(*from, vec![used("w opus", *tokens)])]));
        assert_eq!(desk.shown("w opus"), *shown, "{tokens} in {from} heard at {heard_at}");
    }
}

#[test]
fn first_contact_is_the_base_and_shows_zero() {
    check(&[
        ("2026-11-20T14:10", M0, 1_000, Some(0)),
        ("2026-11-20T14:10:30Z", M0, 1_000, Some(0)),
        ("2026-11-20T14:11:30Z", "2026-11-20T14:10", 5, Some(5)),
    ]);
}

#[test]
fn a_minute_counts_once_it_has_ended_and_grows_later() {
    check(&[
        ("2026-11-20T13:59", "2026-11-20T13:50", 1, Some(0)),
        ("2026-11-20T14:00:30Z", M0, 10, Some(0)),
        ("2026-11-20T14:01", M0, 12, Some(12)),
        ("2026-11-20T14:05", M0, 20, Some(20)),
        ("2026-11-20T14:06", M0, 15, Some(20)),
        ("2026-11-20T14:07", M0, 19, Some(20)),
        ("2026-11-20T14:08", M0, 22, Some(22)),
    ]);
}

#[test]
fn a_new_series_appears_at_zero_a_commit_before_it_moves() {
    let mut desk = Desk::new();
    desk.hear(&usage(Minute, SPAN, "2026-11-20T13:59", &[]));
    assert_eq!(desk.shown("w opus"), None);
    let span = (M0, "2026-11-20T14:30");
    desk.hear(&usage(Minute, span, "2026-11-20T14:02", &[(M0, vec![used("w opus", 7)])]));
    assert_eq!(desk.shown("w opus"), Some(0));
    assert_eq!(desk.shown_cost("w opus"), Some(usd("0")));
    desk.hear(&reading(Report::Keys, "2026-11-20T14:03", Findings::NotGranted));
    assert_eq!(desk.shown("w opus"), Some(7));
    assert_eq!(desk.shown_cost("w opus"), Some(usd("0.007")));
}

/// Plays `(heard at, bucket, who, tokens)`, each with the unpriced tokens of the model `new` after.
#[track_caller]
fn check_unpriced(desk: &mut Desk, rows: &[(&str, &str, &str, u64, Option<i64>)]) {
    for (heard_at, from, who, tokens, shown) in rows {
        let span = (*from, "2026-11-20T14:30");
        desk.hear(&usage(Minute, span, heard_at, &[(*from, vec![used(who, *tokens)])]));
        assert_eq!(desk.shown_unpriced("new"), *shown, "{who}: {tokens} heard at {heard_at}");
    }
}

#[test]
fn tokens_without_a_price_count_from_zero_and_never_fall() {
    let mut desk = Desk::new();
    check_unpriced(
        &mut desk,
        &[
            ("2026-11-20T13:59", "2026-11-20T13:50", "w opus", 9, None),
            ("2026-11-20T14:02", M0, "w new", 10, Some(0)),
            ("2026-11-20T14:03", M0, "w new", 12, Some(12)),
            ("2026-11-20T14:04", M0, "w new", 5, Some(12)),
            ("2026-11-20T14:05", M0, "w new", 13, Some(13)),
            ("2026-11-20T14:10", "2026-11-20T14:05", "v new", 1, Some(14)),
            ("2026-11-20T14:15", "2026-11-20T14:12", "w opus", 7, Some(14)),
        ],
    );
    let priority = "2026-11-20T14:20";
    for heard_at in ["2026-11-20T14:25", "2026-11-20T14:26"] {
        let told = [(priority, vec![used("w opus k1 priority", 3)])];
        desk.hear(&usage(Minute, (priority, "2026-11-20T14:30"), heard_at, &told));
    }
    assert_eq!(desk.shown_unpriced("opus"), Some(3), "its model is priced, its tier is not");
}

#[test]
fn models_without_a_price_show_zero_from_first_contact_on() {
    let mut desk = Desk::new();
    let told = [("2026-11-20T13:50", vec![used("w new", 99), used("w opus", 99)])];
    desk.hear(&usage(Minute, SPAN, "2026-11-20T13:59", &told));
    assert_eq!(desk.shown_unpriced("new"), Some(0), "the past is not counted");
    assert_eq!(desk.shown_unpriced("opus"), None);
}

#[test]
fn a_price_that_is_learned_takes_nothing_back() {
    let mut desk = Desk::new();
    let span = ("2026-11-20T14:00", "2026-11-20T14:30");
    desk.hear(&usage(Minute, span, "2026-11-18T23:00", &[]));
    for heard_at in ["2026-11-20T14:29", "2026-11-20T14:30"] {
        desk.hear(&usage(Minute, span, heard_at, &[(M0, vec![used("w new", 2_000)])]));
    }
    let day = ("2026-11-20", "2026-11-21");
    desk.hear(&usage(Day, day, "2026-11-22T02:00", &[(day.0, vec![used("w new", 2_000)])]));
    let bill = [(day.0, vec![super::super::desk::billed("w new", "4")])];
    desk.hear(&cost(day, "2026-11-22T12:00", &bill));
    assert_eq!(desk.shown_unpriced("new"), Some(2_000));
    let later = ("2026-11-22T13:00", "2026-11-22T13:10");
    for heard_at in ["2026-11-22T13:05", "2026-11-22T13:06"] {
        desk.hear(&usage(Minute, later, heard_at, &[(later.0, vec![used("w new", 50)])]));
    }
    assert_eq!(desk.shown("w new"), Some(2_050));
    assert_eq!(desk.shown_unpriced("new"), Some(2_000), "it has a price now");
}

#[test]
fn what_was_open_when_the_minutes_fell_silent_is_counted_once() {
    for late in [Width::Minute, Width::Hour] {
        let mut desk = Desk::new();
        desk.hear(&usage(
            Minute,
            SPAN,
            "2026-11-20T13:59",
            &[("2026-11-20T13:50", vec![used("w opus", 1)])],
        ));
        desk.hear(&usage(
            Minute,
            (M0, M1),
            "2026-11-20T14:00:30Z",
            &[(M0, vec![used("w opus", 10)])],
        ));
        match late {
            Minute => {
                let later = ("2026-11-20T17:00", "2026-11-20T17:01");
                desk.hear(&usage(Minute, later, "2026-11-20T17:05", &[]));
            }
            Hour | Day => {
                let hour = ("2026-11-20T14:00", "2026-11-20T15:00");
                desk.hear(&usage(
                    Hour,
                    hour,
                    "2026-11-20T16:00",
                    &[(M0, vec![used("w opus", 10)])],
                ));
                desk.hear(&usage(
                    Minute,
                    (M0, M1),
                    "2026-11-20T16:01",
                    &[(M0, vec![used("w opus", 10)])],
                ));
            }
        }
        assert_eq!(desk.shown("w opus"), Some(10), "{late:?}");
    }
}

#[test]
fn hours_and_days_count_what_their_minutes_had_not() {
    let mut desk = Desk::new();
    let first = ("2026-11-19T23:00", "2026-11-19T23:30");
    desk.hear(&usage(
        Minute,
        first,
        "2026-11-19T23:30",
        &[("2026-11-19T23:00", vec![used("w opus", 1)])],
    ));
    desk.hear(&usage(Minute, SPAN, "2026-11-20T14:30", &[(M0, vec![used("w opus", 10)])]));
    assert_eq!(desk.shown("w opus"), Some(10));
    let hour = (M0, "2026-11-20T15:00");
    desk.hear(&usage(Hour, hour, "2026-11-20T15:30", &[(M0, vec![used("w opus", 14)])]));
    assert_eq!(desk.shown("w opus"), Some(14));
    let days = ("2026-11-19", "2026-11-21");
    let told =
        [("2026-11-19", vec![used("w opus", 500)]), ("2026-11-20", vec![used("w opus", 20)])];
    desk.hear(&usage(Day, days, "2026-11-22T02:00", &told));
    assert_eq!(desk.shown("w opus"), Some(20), "the day of contact counts by its minutes only");
}

#[test]
fn minutes_of_a_settled_day_count_no_more() {
    let mut desk = Desk::new();
    desk.hear(&usage(Minute, SPAN, "2026-11-18T23:00", &[]));
    let days = ("2026-11-20", "2026-11-21");
    let day = [("2026-11-20", vec![used("w opus", 20)])];
    desk.hear(&usage(Day, days, "2026-11-22T02:00", &day));
    let hour = (M0, "2026-11-20T15:00");
    desk.hear(&usage(Minute, SPAN, "2026-11-22T02:01", &[(M0, vec![used("w opus", 9)])]));
    desk.hear(&usage(Hour, hour, "2026-11-22T02:02", &[(M0, vec![used("w opus", 9)])]));
    assert_eq!(desk.shown("w opus"), Some(20));
}

#[test]
fn a_bill_corrects_what_was_counted_of_its_day() {
    let mut desk = Desk::new();
    desk.hear(&usage(Minute, SPAN, "2026-11-18T23:00", &[]));
    let span = (M0, "2026-11-20T14:30");
    for heard_at in ["2026-11-20T14:29", "2026-11-20T14:30"] {
        desk.hear(&usage(Minute, span, heard_at, &[(M0, vec![used("w opus", 2_000)])]));
    }
    assert_eq!(desk.shown_cost("w opus"), Some(usd("2")));
    let dear = [("2026-11-20", vec![super::super::desk::billed("w opus", "2.5")])];
    desk.hear(&cost(("2026-11-20", "2026-11-21"), "2026-11-22T12:00", &dear));
    assert_eq!(desk.shown_cost("w opus"), Some(usd("2.5")));
    let cheap = [("2026-11-20", vec![super::super::desk::billed("w opus", "1.5")])];
    desk.hear(&cost(("2026-11-20", "2026-11-21"), "2026-11-22T13:00", &cheap));
    assert_eq!(desk.shown_cost("w opus"), Some(usd("2.5")), "never goes down");
    let counted =
        desk.book.counters.cost.values().map(|counted| counted.sum).sum::<crate::amount::Amount>();
    assert_eq!(counted, usd("1.5"), "but remembers the truth");
}

#[test]
fn requests_count_by_the_hour_after_contact() {
    let mut desk = Desk::new();
    desk.hear(&usage(Minute, SPAN, "2026-11-20T13:59", &[]));
    let line = ("w".into(), "opus".into());
    let mut shown = Vec::new();
    for (refreshed, count) in
        [("2026-11-20T14:59", 3), ("2026-11-20T15:00", 4), ("2026-11-20T15:00", 6)]
    {
        let buckets = ["2026-11-20T13:00", M0]
            .map(|from| RequestBucket { from: at(from), rows: vec![((line).clone(), count)] });
        let window = super::super::desk::window("2026-11-20T13:00", "2026-11-20T15:00");
        let findings =
            Findings::Requests { window, refreshed_at: at(refreshed), buckets: buckets.into() };
        desk.hear(&reading(Report::Analytics, "2026-11-20T16:00", findings));
        shown.push(desk.book.counters.requests.get(&line).map(|counted| counted.shown));
    }
    assert_eq!(shown, [None, Some(0), Some(6)]);
}

#[test]
fn absurd_counts_of_requests_saturate() {
    let mut desk = Desk::new();
    desk.hear(&usage(Minute, SPAN, "2026-11-20T13:59", &[]));
    let line = |workspace: &str| ((workspace.into(), "opus".into()), u64::MAX);
    let hour = |from: &str| RequestBucket { from: at(from), rows: vec![line("w")] };
    let buckets = vec![hour("2026-11-20T14:00"), hour("2026-11-20T15:00")];
    let window = crate::ledger::desk::window("2026-11-20T14:00", "2026-11-20T16:00");
    let refreshed_at = at("2026-11-20T17:00");
    let requests = Findings::Requests { window, refreshed_at, buckets };
    desk.hear(&reading(Report::Analytics, "2026-11-20T17:00", requests));
    desk.hear(&reading(Report::Keys, "2026-11-20T17:01", Findings::NotGranted));
    let shown = desk.book.counters.requests.values().next().unwrap().shown;
    assert_eq!(shown, i64::MAX);
}
