//! What goes wrong at the other end, and what must not come of it here.

use jiff::SignedDuration;
use usagewarden::simulator::Scenario;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::reading::Report;
use usagewarden_core::snapshot::Snapshot;

use super::ours::{By, Said, money, tokens, true_money};
use super::rig::{Rig, Setup, at, window};
use super::scrape::Scraped;
use super::truth::{self, ESTIMATE, Table};

fn data_until(snapshot: &Snapshot, report: Report) -> jiff::Timestamp {
    snapshot.heard[&report].data_until.unwrap()
}

/// Today by model, without what only a bill can tell.
async fn check_today(rig: &Rig) {
    let said = Said::by(rig).await;
    let today = rig.calendar().period(PeriodKind::Day, rig.now());
    let truth = rig.truth(today, "model").await;
    let mut expected = true_money(&truth, By::Model, "visible", "");
    let mut ours = said.money(today, By::Model);
    expected.remove("none");
    ours.remove("none");
    let mut table = Table::default();
    table.compare("today", &expected, &ours, ESTIMATE);
    table.check(rig.now());
}

#[tokio::test]
async fn when_cost_alone_fails_estimates_go_on_and_nothing_is_zeroed() {
    let rig = Rig::start(Setup::default()).await;
    rig.go("2026-11-20T15:13:30Z").await;
    let (before, counters) = (rig.snapshot().await, Scraped::counters(&rig).await);
    let month = |snapshot: &Snapshot| {
        let key = rig.calendar().key();
        snapshot.spend(&key, PeriodKind::Month).unwrap().clone()
    };

    rig.control(r#"{"faults": ["cost_report:500-no-retry"]}"#).await;
    let mut last = month(&before);
    for instant in ["2026-11-20T18:13:30Z", "2026-11-21T06:13:30Z"] {
        rig.go_failing(instant, Report::Cost).await;
        let now = rig.snapshot().await;
        assert!(month(&now).total() > last.total(), "{instant}");
        assert!(month(&now).tokens.total() > last.tokens.total(), "{instant}");
        for by in By::ALL {
            let (had, has) = (money(&last.charges, by), money(&month(&now).charges, by));
            assert!(had.iter().all(|(name, amount)| has.get(name) >= Some(amount)), "{instant}");
        }
        assert_eq!(data_until(&now, Report::Cost), data_until(&before, Report::Cost));
        assert!(data_until(&now, Report::Usage) >= at(instant) - SignedDuration::from_mins(7));
        check_today(&rig).await;
        Scraped::counters(&rig).await.never_below(&counters, instant);
        last = month(&now);
    }
    rig.control(r#"{"faults": []}"#).await;
    rig.go("2026-11-22T12:13:30Z").await;
    truth::check(&rig).await;
    rig.stop().await;
}

#[tokio::test]
async fn half_pages_and_broken_connections_lose_nothing() {
    let rig = Rig::start(Setup::default()).await;
    for (fault, struck, healed) in [
        ("truncated", "2026-11-20T15:13:30Z", "2026-11-20T15:33:30Z"),
        ("html", "2026-11-20T23:13:30Z", "2026-11-21T00:13:30Z"),
    ] {
        let faults = format!(r#"{{"faults": ["usage_report:{fault}", "cost_report:{fault}"]}}"#);
        rig.control(&faults).await;
        rig.go_all_failing(struck, &[Report::Usage, Report::Cost]).await;
        rig.control(r#"{"faults": []}"#).await;
        rig.go(healed).await;
    }
    rig.go("2026-11-21T12:14:30Z").await;
    truth::check(&rig).await;
    rig.stop().await;
}

/// Once a day a month of days is read again: a page, and a cursor to the next.
#[tokio::test]
async fn bad_and_stale_cursors_lose_nothing() {
    let rig = Rig::start(Setup::default()).await;
    rig.control(r#"{"faults": ["usage_report:410x2"]}"#).await;
    rig.go("2026-11-21T01:13:30Z").await;
    assert_eq!(rig.faults().await, ["usage_report:410x0"], "it was to strike");
    truth::check(&rig).await;

    rig.control(r#"{"faults": ["usage_report:bad-cursor"]}"#).await;
    rig.go_failing("2026-11-22T01:13:30Z", Report::Usage).await;
    rig.control(r#"{"faults": []}"#).await;
    rig.go("2026-11-22T12:14:30Z").await;
    truth::check(&rig).await;
    rig.stop().await;
}

/// Usage and cost stand still while every answer is a 200.
#[tokio::test]
async fn data_that_stand_still_grow_nothing_and_zero_nothing() {
    let rig = Rig::start(Setup::of(Scenario::Stale)).await;
    let counters = Scraped::counters(&rig).await;
    let month = rig.calendar().period(PeriodKind::Month, rig.now());
    let first = Said::by(&rig).await.money(month, By::Model);
    for instant in ["2026-11-20T17:13:30Z", "2026-11-21T00:14:30Z", "2026-11-22T13:14:30Z"] {
        rig.go(instant).await;
        let said = Said::by(&rig).await;
        let truth = rig.truth(month, "model").await;
        let (least, ours) =
            (true_money(&truth, By::Model, "billed", ""), said.money(month, By::Model));
        for (model, amount) in &ours {
            let told = (least.get(model) <= Some(amount), Some(amount) <= first.get(model));
            assert_eq!(told, (true, true), "{model} at {instant}: {ours:?} was {first:?}");
        }
        assert_eq!(ours.len(), first.len(), "{instant}");
        let spend = said.snapshot.spend(&rig.calendar().key(), PeriodKind::Month).unwrap();
        assert_eq!(spend.tokens, tokens(&truth["total"]["visible"]), "{instant}");
        assert_eq!(Scraped::counters(&rig).await, counters, "{instant}");
    }
    let today = said_today(&rig).await;
    assert!(today.is_empty(), "{today:?}");
    rig.stop().await;
}

async fn said_today(rig: &Rig) -> super::ours::Money {
    let day = rig.calendar().period(PeriodKind::Day, rig.now());
    Said::by(rig).await.money(window(day.from(), day.until()), By::Model)
}
