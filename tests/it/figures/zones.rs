//! Days, weeks and months that are not those of the bill.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::snapshot::PeriodSpend;

use super::ours::{By, money, tokens, true_money};
use super::rig::{Rig, Setup};
use super::truth::{ESTIMATE, Table};

/// What is billed by the hour and told by no tokens follows the cost of all else: by a
/// dollar of code execution a day it is off by some cents.
const UNTOLD: Decimal = Decimal::from_parts(25, 0, 0, false, 2);

/// Every period that has begun since `since`, current and previous, against the truth.
pub(super) async fn check(rig: &Rig, since: Timestamp) {
    let mut table = Table::default();
    let snapshot = rig.snapshot().await;
    let known: Vec<&PeriodSpend> =
        snapshot.spends.iter().filter(|spend| spend.period.from() >= since).collect();
    assert!(!known.is_empty());
    for spend in known {
        let truth = rig.truth(spend.period, "model").await;
        let what = format!("{} {}", spend.kind.label(), spend.period);
        let mut expected = true_money(&truth, By::Model, "visible", "");
        let mut ours = money(&spend.charges, By::Model);
        let untold = |money: &mut super::ours::Money| money.remove("none").unwrap_or_default();
        table.put(&format!("{what} none"), untold(&mut expected), untold(&mut ours), UNTOLD);
        table.compare(&what, &expected, &ours, ESTIMATE);
        let used = tokens(&truth["total"]["visible"]).total();
        table.line(&format!("{what} tokens"), used.into(), spend.tokens.total().into(), ESTIMATE);
    }
    table.check(rig.now());
}

async fn walk(zone: &'static str, first: &'static str, instants: &[&str]) -> Rig {
    let rig = Rig::start(Setup { at: first, zone, ..Setup::default() }).await;
    let since = rig.now() - SignedDuration::from_hours(24);
    check(&rig, since).await;
    for instant in instants {
        rig.go(instant).await;
        check(&rig, since).await;
    }
    rig
}

/// Weeks begin at 18:30 UTC on Sundays, December at 18:30 UTC on November 30.
#[tokio::test]
async fn in_kolkata_days_weeks_and_months_begin_at_half_past_and_are_true() {
    let instants = ["2026-11-29T20:13:30Z", "2026-11-30T20:13:30Z", "2026-12-02T12:14:30Z"];
    let rig = walk("Asia/Kolkata", "2026-11-29T14:08:30Z", &instants).await;
    rig.stop().await;
}

/// November begins at 04:00 UTC on its first day, which is 25 hours long; the week after
/// it at 05:00.
#[tokio::test]
async fn in_new_york_figures_are_true_on_both_sides_of_the_end_of_summer_time() {
    let instants = ["2026-11-01T07:13:30Z", "2026-11-02T08:13:30Z", "2026-11-03T18:14:30Z"];
    let rig = walk("America/New_York", "2026-10-31T16:08:30Z", &instants).await;
    let long = rig.calendar().period(PeriodKind::Day, super::rig::at("2026-11-01T12:00:00Z"));
    assert_eq!(long.length(), SignedDuration::from_hours(25));
    rig.stop().await;
}
