//! Other sources of money: analytics by the hour, and the totals of the company API.

use jiff::SignedDuration;
use rust_decimal::Decimal;
use usagewarden::claude::Api;
use usagewarden::simulator::Scenario;
use usagewarden_core::reading::BillSource;

use super::ours::tokens;
use super::rig::{Rig, Setup, at, window};
use super::scrape::Scraped;
use super::truth::Table;
use super::zones::check;

#[tokio::test]
async fn money_by_the_hour_is_true_up_to_where_it_reaches_and_after() {
    let mut setup = Setup::default();
    setup.simulator.granted.analytics = true;
    let rig = Rig::start(setup).await;
    let since = rig.now() - SignedDuration::from_hours(24);
    for instant in ["2026-11-20T18:13:30Z", "2026-11-21T09:14:30Z"] {
        rig.go(instant).await;
        check(&rig, since).await;
    }
    assert_eq!(rig.book().await.source, Some(BillSource::Analytics));
    rig.stop().await;
}

#[tokio::test]
async fn a_grant_in_the_middle_of_a_day_counts_nothing_twice() {
    let rig = Rig::start(Setup::default()).await;
    let since = rig.now() - SignedDuration::from_hours(15);
    rig.go("2026-11-20T19:13:30Z").await;
    let before = Scraped::counters(&rig).await;
    assert_eq!(rig.book().await.source, Some(BillSource::CostReport));

    rig.control(r#"{"granted": {"analytics": true}}"#).await;
    let mut last = before;
    for instant in ["2026-11-21T15:13:30Z", "2026-11-21T18:13:30Z"] {
        rig.go(instant).await;
        let counters = Scraped::counters(&rig).await;
        counters.never_below(&last, instant);
        check(&rig, since).await;
        last = counters;
    }
    assert_eq!(rig.book().await.source, Some(BillSource::Analytics));
    rig.stop().await;
}

/// Its money has whole cents a day, and is of no model.
#[tokio::test]
async fn totals_of_the_company_are_true_day_by_day() {
    let setup = Setup { api: Api::Company, ..Setup::of(Scenario::Quota) };
    let rig = Rig::start(setup).await;
    rig.fill().await;
    rig.go("2026-11-20T18:13:30Z").await;
    rig.go("2026-11-21T00:13:30Z").await;
    rig.go("2026-11-21T09:13:30Z").await;
    let month = window(at("2026-11-01T00:00:00Z"), at("2026-11-22T00:00:00Z"));
    let truth = rig.truth(month, "day").await;
    let mut table = Table::default();
    let rows = truth["data"].as_array().unwrap();
    for (row, ours) in rows.iter().zip(rig.spend(month).await) {
        let day = row["day"].as_str().unwrap();
        assert!(ours.window.from().to_string().starts_with(day), "{day}");
        let spend = row["true"]["spend"].as_str().unwrap().parse().unwrap();
        let said = ours.charges.iter().map(|charge| charge.amount.dollars()).sum();
        table.put(&format!("{day} dollars"), spend, said, Decimal::new(5, 3));
        let used = tokens(&row["true"]).total();
        table.put(&format!("{day} tokens"), used.into(), ours.tokens.total().into(), Decimal::ZERO);
    }
    assert_eq!(rows.len(), 21);
    table.check(rig.now());
    rig.stop().await;
}
