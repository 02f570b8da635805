//! The counters: what was used since first contact, through restatements and restarts.

use jiff::SignedDuration;
use rust_decimal::Decimal;
use usagewarden_core::ledger::Charge;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::reading::Tokens;

use super::ours::{By, Said, tokens, true_money};
use super::rig::{Rig, Setup, at, window};
use super::scrape::Scraped;
use super::truth::{ESTIMATE, Table};

const TOKENS: &str = "claude_tokens_total";
const COST: &str = "claude_cost_usd_total";

/// The minute of contact is the first that counts.
const CONTACT: &str = "2026-11-20T14:08:00Z";
/// Hours that hold contact are counted by their minutes alone, and these until they settle:
/// of what is late by then, 4.5 % at most, nobody can say how much came before contact.
const LATE_MOST: Decimal = Decimal::from_parts(45, 0, 0, false, 3);

/// Holds the counters of every model against the truth since contact.
async fn check(rig: &Rig, counters: &Scraped) {
    let mut table = Table::default();
    let since = window(at(CONTACT), rig.now());
    let contact = rig.truth(window(at(CONTACT), at("2026-11-20T15:00:00Z")), "model").await;
    let truth = rig.truth(since, "model").await;
    let late = true_money(&contact, By::Model, "visible", "");
    for (model, cost) in true_money(&truth, By::Model, "visible", "") {
        if model == "none" {
            continue;
        }
        let off = LATE_MOST * late[&model] + ESTIMATE / Decimal::TEN * cost;
        let ours = counters.sum(COST, &[("model", &model)]);
        table.put(&format!("cost of {model}"), cost, ours, off);
    }
    for row in truth["data"].as_array().unwrap() {
        let model = row["model"].as_str().unwrap();
        let early = contact["data"].as_array().unwrap().iter().find(|it| it["model"] == model);
        let early = early.map_or(0, |row| tokens(&row["visible"]).total());
        let ours = counters.sum(TOKENS, &[("model", model)]);
        let used = Decimal::from(tokens(&row["visible"]).total());
        assert!(ours <= used, "{model}: {ours} counted of {used}");
        table.put(&format!("tokens of {model}"), used, ours, LATE_MOST * Decimal::from(early));
    }
    table.check(rig.now());
}

#[tokio::test]
async fn counters_begin_at_zero_and_follow_the_truth_through_restarts() {
    let mut rig = Rig::start(Setup::default()).await;
    let first = Scraped::counters(&rig).await;
    assert!(first.0.values().all(Decimal::is_zero), "{first:?}");
    let traffic = rig.truth(window(at("2026-11-20T09:00:00Z"), rig.now()), "model").await;
    for row in traffic["data"].as_array().unwrap().iter().filter(|row| row["model"] != "none") {
        let model = format!("model=\"{}\"", row["model"].as_str().unwrap());
        let known = |family: &str| {
            first.0.keys().any(|series| series.starts_with(family) && series.contains(&model))
        };
        assert!(known(TOKENS) && known(COST), "{model} is not there at zero: {first:?}");
    }

    let mut before = first;
    for instant in ["2026-11-20T15:13:30Z", "2026-11-21T07:13:30Z", "2026-11-22T12:14:30Z"] {
        rig.go(instant).await;
        let counters = Scraped::counters(&rig).await;
        counters.never_below(&before, instant);
        check(&rig, &counters).await;
        rig = rig.restart().await;
        assert_eq!(Scraped::counters(&rig).await, counters, "after a restart at {instant}");
        before = counters;
    }
    rig.stop().await;
}

/// What the current periods hold; those before are still being filled in.
async fn current(rig: &Rig) -> Vec<(Vec<Charge>, Tokens)> {
    let snapshot = rig.snapshot().await;
    let current = snapshot.spends.into_iter().filter(|spend| spend.period.contains(snapshot.at));
    current.map(|spend| (spend.charges, spend.tokens)).collect()
}

/// The simulator is told to be further behind as time passes, so its figures stand still.
#[tokio::test]
async fn counters_on_constant_data_stay_constant() {
    let rig = Rig::start(Setup::default()).await;
    rig.go("2026-11-20T17:15:30Z").await;
    let counters = Scraped::counters(&rig).await;
    let spends = current(&rig).await;
    assert!(counters.sum(COST, &[]) > Decimal::ONE, "{counters:?}");

    let (from, mut now) = (rig.now(), rig.now());
    let minutes = [1, 1, 1, 1, 60, 1, 180];
    for minutes in minutes {
        now += SignedDuration::from_mins(minutes);
        let delay = 300 + now.duration_since(from).as_secs();
        rig.control(&format!(r#"{{"usage_delay_seconds": {delay}}}"#)).await;
        rig.go(&now.to_string()).await;
        assert_eq!(Scraped::counters(&rig).await, counters, "at {now}");
        assert_eq!(current(&rig).await, spends, "at {now}");
    }
    rig.stop().await;
}

/// A report that falls hours behind takes back what it had told, and later tells it again.
#[tokio::test]
async fn counters_never_fall_when_a_report_takes_back_what_it_told() {
    let rig = Rig::start(Setup::default()).await;
    rig.go("2026-11-20T19:13:30Z").await;
    let counters = Scraped::counters(&rig).await;

    rig.control(r#"{"usage_delay_seconds": 14400}"#).await;
    rig.go("2026-11-20T20:13:30Z").await;
    let told = rig.snapshot().await.counters;
    let taken_back = told.tokens.values().flatten().any(|counted| counted.sum < counted.shown);
    assert!(taken_back, "the report was to take something back");
    let after = Scraped::counters(&rig).await;
    assert_eq!(after, counters, "what is shown waits for the sum to catch up");

    rig.control(r#"{"usage_delay_seconds": 300}"#).await;
    rig.go("2026-11-21T06:13:30Z").await;
    let again = Scraped::counters(&rig).await;
    again.never_below(&counters, "told again");
    check(&rig, &again).await;
    rig.stop().await;
}

#[tokio::test]
async fn cents_never_pass_for_dollars() {
    let rig = Rig::start(Setup::default()).await;
    let said = Said::by(&rig).await;
    let month = rig.calendar().period(PeriodKind::Month, rig.now());
    let truth = rig.truth(month, "model").await;
    let dollars: Decimal = truth["total"]["visible"]["spend"].as_str().unwrap().parse().unwrap();
    let family = "claude_spend_month_usd";
    let shown = Scraped::of(&rig, &[family]).await;

    let mut table = Table::default();
    table.put("the month in the metric text", dollars, shown.sum(family, &[]), Decimal::TEN);
    let closed = window(month.from(), at("2026-11-18T00:00:00Z"));
    let truth = rig.truth(closed, "model").await;
    let billed: Decimal = truth["total"]["billed"]["spend"].as_str().unwrap().parse().unwrap();
    let ours = said.money(closed, By::Model).values().sum();
    table.put("its billed days", billed, ours, Decimal::ZERO);
    table.check(rig.now());
    rig.stop().await;
}
