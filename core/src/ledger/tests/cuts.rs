//! Days that a zone's midnight cuts, and the sums of periods.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::amount::Amount;
use crate::ledger::Basis;
use crate::ledger::desk::{Desk, at, bill, billed, cost, usage, usd, used, window};
use crate::period::{Calendar, PeriodKind};
use crate::reading::BillSource;
use crate::window::Width::{Day, Hour, Minute};

const DAY: (&str, &str) = ("2026-11-20", "2026-11-21");

fn india() -> Calendar {
    Calendar::new(TimeZone::posix("IST-5:30").unwrap(), "Asia/Kolkata", Weekday::Monday)
}

/// A thousand tokens in one hour, three thousand in another, billed at 8 dollars.
fn billed_day() -> Desk {
    let mut desk = Desk::with(vec![india()], Minute);
    let told = [
        ("2026-11-20T03:00", vec![used("w opus", 1_000)]),
        ("2026-11-20T18:00", vec![used("w opus", 3_000)]),
    ];
    desk.hear(&usage(Hour, DAY, "2026-11-21T02:00", &told));
    desk.hear(&cost(DAY, "2026-11-23", &[("2026-11-20", vec![billed("w opus", "8")])]));
    desk
}

#[test]
fn a_billed_day_is_split_by_the_cost_of_its_hours() {
    let desk = billed_day();
    let cases = [
        (DAY.0, "2026-11-20T12:00", "2"),
        ("2026-11-20T12:00", DAY.1, "6"),
        // Half of the hour that a zone with half hours cuts.
        (DAY.0, "2026-11-20T18:30", "5"),
        ("2026-11-20T18:30", DAY.1, "3"),
    ];
    for (from, until, expected) in cases {
        let value = desk.part(window(from, until));
        let total: Amount = value.charges.iter().map(|charge| charge.amount).sum();
        assert_eq!(total, usd(expected), "{from}..{until}");
        assert!(value.charges.iter().all(|charge| charge.basis == Basis::Mixed));
    }
    assert_eq!(desk.part(window("2026-11-20T18:30", DAY.1)).tokens.total(), 1_500);
}

#[test]
fn a_settled_day_that_differs_from_its_hours_is_scaled() {
    let mut desk = Desk::new();
    let hours = [
        ("2026-11-20T03:00", vec![used("w opus", 1_000)]),
        ("2026-11-20T18:00", vec![used("w opus", 1_000)]),
    ];
    desk.hear(&usage(Hour, DAY, "2026-11-21T02:00", &hours));
    let day = [("2026-11-20", vec![used("w opus", 3_000)])];
    desk.hear(&usage(Day, DAY, "2026-11-22T02:00", &day));
    let half = desk.part(window(DAY.0, "2026-11-20T12:00"));
    assert_eq!((half.tokens.total(), half.charges[0].amount), (1_500, usd("1.5")));
    assert_eq!(half.charges[0].basis, Basis::Estimated);
}

#[test]
fn a_day_billed_by_the_hour_is_cut_where_its_hours_are() {
    let mut desk = Desk::new();
    let told = [
        ("2026-11-20T03:00", vec![used("w opus", 1_000)]),
        ("2026-11-20T18:00", vec![used("w opus", 1_000)]),
    ];
    desk.hear(&usage(Hour, DAY, "2026-11-21T02:00", &told));
    let lines = [
        ("2026-11-20T03:00", vec![billed("w opus", "0.7")]),
        ("2026-11-20T18:00", vec![billed("w opus", "0.9")]),
    ];
    let refreshed = Some("2026-11-21");
    desk.hear(&bill(BillSource::Analytics, Hour, DAY, "2026-11-21T02:00", refreshed, &lines));
    assert_eq!(desk.spent(DAY.0, "2026-11-20T12:00"), usd("0.7"));
    assert_eq!(desk.spent("2026-11-20T12:00", "2026-11-20T18:30"), usd("0.45"));
    assert_eq!(desk.spent("2026-11-20T18:30", DAY.1), usd("0.45"));
    assert_eq!(desk.spent(DAY.0, DAY.1), usd("1.6"));
}

#[test]
fn without_hours_time_divides_a_day() {
    let mut desk = Desk::with(vec![india()], Day);
    desk.hear(&usage(Day, DAY, "2026-11-22T02:00", &[("2026-11-20", vec![used("w opus", 4_000)])]));
    assert_eq!(desk.spent(DAY.0, "2026-11-20T06:00"), usd("1"));
    assert_eq!(desk.part(window("2026-11-20T06:00", DAY.1)).tokens.total(), 3_000);
}

#[test]
fn a_restated_bill_moves_the_sums_it_is_in() {
    let mut desk = billed_day();
    let month = |desk: &Desk| {
        let figures = desk.figures(at("2026-11-25"));
        let spend = figures.spends.iter().find(|spend| {
            spend.kind == PeriodKind::Month && spend.period.contains(at("2026-11-25"))
        });
        spend.unwrap().total()
    };
    assert_eq!(month(&desk), usd("8"));
    desk.hear(&cost(DAY, "2026-11-24", &[("2026-11-20", vec![billed("w opus", "9")])]));
    assert_eq!(month(&desk), usd("9"));
    desk.store.sums.clear();
    assert_eq!(month(&desk), usd("9"), "a missing sum is read day by day");
    assert!(
        desk.hear(&cost(DAY, "2026-11-24", &[("2026-11-20", vec![billed("w opus", "9")])]))
            .sums
            .len()
            > 1
    );
    assert_eq!(month(&desk), usd("9"), "and is made again by the next reading of its days");
}

#[test]
fn figures_say_how_far_their_data_reach_and_what_is_unpriced() {
    let mut desk = Desk::new();
    let span = ("2026-11-20T13:00", "2026-11-20T15:00");
    let told = [("2026-11-20T14:22", vec![used("w opus", 4), used("v new", 5)])];
    desk.hear(&usage(Minute, span, "2026-11-20T14:40", &told));
    let figures = desk.figures(at("2026-11-20T14:41"));
    assert_eq!(figures.unpriced, [("new".into(), 5)]);
    let day = figures.spends.iter().find(|spend| spend.kind == PeriodKind::Day).unwrap();
    assert_eq!(day.data_until, Some(at("2026-11-20T14:40")));
    let minutes: Vec<_> =
        figures.minutes.iter().map(|minute| (minute.from, minute.rows.len())).collect();
    assert_eq!(
        (minutes[0], minutes[1]),
        ((at("2026-11-20T14:21"), 0), (at("2026-11-20T14:22"), 2))
    );
    assert_eq!((minutes.len(), minutes[14].0), (15, at("2026-11-20T14:35")));
}
