//! Which hour is the newest closed one, and what it came to.

use crate::ledger::desk::{Desk, at, usage, usd, used};
use crate::window::Width::{self, Day, Hour, Minute};

type Step<'a> = (Width, (&'a str, &'a str), &'a str, u64);
type Shown<'a> = Option<(&'a str, u64)>;

/// Hears tokens of opus, each in the first bucket of its span and heard at some time, and
/// compares the start and the tokens of the hour that is shown at `now`.
#[track_caller]
fn check(steps: &[Step<'_>], now: &str, expected: Shown<'_>) {
    let mut desk = Desk::new();
    for (width, span, heard_at, tokens) in steps {
        desk.hear(&usage(*width, *span, heard_at, &[(span.0, vec![used("w opus", *tokens)])]));
    }
    let shown = desk.figures(at(now)).hour;
    let shown = shown.map(|(hour, used)| (hour.from(), used.tokens));
    assert_eq!(shown, expected.map(|(from, tokens)| (at(from), tokens)), "at {now}");
}

const H13: &str = "2026-11-20T13:00";
const H14: &str = "2026-11-20T14:00";
const H15: &str = "2026-11-20T15:00";

#[test]
fn an_hour_is_shown_once_its_minutes_have_settled() {
    let heard = |heard_at| [(Minute, (H14, "2026-11-20T15:05"), heard_at, 7)];
    check(&heard("2026-11-20T15:04:59Z"), "2026-11-20T15:30", None);
    check(&heard("2026-11-20T15:05"), "2026-11-20T15:30", Some((H14, 7)));
    // The next hour has ended, but nobody has heard of it: the figure is as old as the data.
    check(&heard("2026-11-20T15:05"), "2026-11-20T18:30", Some((H14, 7)));
}

#[test]
fn an_hour_of_which_only_a_part_was_heard_is_not_shown() {
    let part = [(Minute, ("2026-11-20T14:01", "2026-11-20T15:05"), "2026-11-20T15:05", 7)];
    check(&part, "2026-11-20T15:30", None);
}

#[test]
fn a_quiet_hour_is_zero_and_not_unknown() {
    let quiet = [(Minute, (H13, "2026-11-20T15:05"), "2026-11-20T15:05", 7)];
    check(&quiet, "2026-11-20T15:30", Some((H14, 0)));
}

#[test]
fn hours_are_believed_when_their_minutes_were_not_heard() {
    let late = |heard_at| [(Hour, (H14, H15), heard_at, 9)];
    check(&late("2026-11-20T15:10"), "2026-11-20T15:30", None);
    check(&late("2026-11-20T15:11"), "2026-11-20T15:30", Some((H14, 9)));
}

#[test]
fn days_tell_nothing_of_hours() {
    check(&[(Day, ("2026-11-20", "2026-11-21"), "2026-11-22T02:00", 9)], "2026-11-22T03:00", None);
}

#[test]
fn an_hour_costs_its_tokens_times_their_price() {
    let mut desk = Desk::new();
    let span = (H14, "2026-11-20T15:05");
    let told = [
        (H14, vec![used("w opus", 2_000), used("v haiku", 1_000), used("v new", 99)]),
        ("2026-11-20T14:59", vec![used("v opus", 500)]),
        (H15, vec![used("v opus", 77_000)]),
    ];
    desk.hear(&usage(Minute, span, "2026-11-20T15:05", &told));
    let (_, hour) = desk.figures(at("2026-11-20T15:06")).hour.unwrap();
    assert_eq!((hour.tokens, hour.cost), (3_599, usd("2.6")));
}
