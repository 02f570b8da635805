//! `kill -9`, again and again: nothing read is lost, nothing told is told twice.

mod mail;
mod rotation;
mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use usagewarden::store::SqliteStore;

use crate::support::process::{Daemon, House, Simulated, eventually, get};

const KILLS: u64 = 12;

/// What goes wrong at the API meanwhile, by the number of the run.
const FAULTS: [&[&str]; 4] = [
    &[],
    &["usage_report:500x2", "cost_report:truncated"],
    &["usage_report:bad-cursorx3", "rate_limits:429-retry-after=1x2"],
    &["cost_report:html", "usage_report:droppedx2"],
];

#[tokio::test]
async fn kills_at_any_instant_lose_no_reading_and_tear_no_state() {
    let simulated = Simulated::start(&["--usage-delay", "0s"]);
    let house = House::with(&simulated.base_url, "");
    let mut counted = BTreeMap::new();
    for run in 0..KILLS {
        let faults = FAULTS[usize::try_from(run % 4).unwrap()];
        simulated.control(&json!({ "faults": faults })).await;
        let daemon = house.daemon(&simulated).await;
        until_killing(&daemon, run).await;
        look(&daemon, &mut counted).await;
        let said = daemon.process.kill();
        assert!(!said.contains("panicked"), "run {run}: {said}");
    }
    simulated.control(&json!({ "faults": [] })).await;
    let before = month(&simulated).await;
    let daemon = house.daemon(&simulated).await;
    agrees_with_the_truth(&daemon, &simulated, &before).await;
    look(&daemon, &mut counted).await;
    assert!(!counted.is_empty(), "nothing was counted");
    assert_eq!(daemon.process.stop().await, Some(0));
    opens_clean(&house);
}

/// Waits for another commit or two, or not even for the first, and then a little more:
/// the pause is a place within a poll, not a wait for something.
async fn until_killing(daemon: &Daemon, run: u64) {
    let commits = run % 4;
    let first = revision(daemon).await;
    eventually("another commit", async || {
        (commits == 0 || revision(daemon).await >= first + commits).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(run * 37 % 101)).await;
}

async fn revision(daemon: &Daemon) -> u64 {
    daemon.organization().await["revision"].as_u64().unwrap_or(0)
}

/// Scrapes, and holds every counter against what it was.
async fn look(daemon: &Daemon, counted: &mut BTreeMap<String, f64>) {
    let now = counters(&daemon.metrics().await);
    for (series, before) in counted.iter() {
        // Before the first tick of a process there is no line of the organization at all.
        let after = now.get(series).or(now.is_empty().then_some(before));
        let after = after.unwrap_or_else(|| panic!("{series} is gone, of {now:#?}"));
        assert!(after >= before, "{series} went down from {before} to {after}");
    }
    counted.extend(now);
}

/// What Prometheus would call a counter of the organization.
fn counters(metrics: &str) -> BTreeMap<String, f64> {
    let families = ["claude_tokens_total{", "claude_cost_usd_total{", "claude_web_searches_total{"];
    let lines = metrics.lines().filter(|line| families.iter().any(|name| line.starts_with(name)));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// The truth of the current month.
async fn month(simulated: &Simulated) -> Value {
    let now = simulated.truth("").await["now"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let first = now.to_zoned(jiff::tz::TimeZone::UTC).first_of_month().unwrap();
    let from = first.start_of_day().unwrap().timestamp();
    simulated.truth(&format!("from={from}")).await
}

/// What the reports showed before this daemon began is in its figures, and nothing is in
/// them that the reports do not show now. A month may end meanwhile; then it is looked at anew.
async fn agrees_with_the_truth(daemon: &Daemon, simulated: &Simulated, before: &Value) {
    let mut before = before.clone();
    let shown = eventually("the month is read again", async || {
        // Nothing is shown before the first tick.
        let mut organization = daemon.organization().await;
        let shown = organization.pointer_mut("/spend/2").map(Value::take)?;
        if shown["from"] != before["from"] {
            before = month(simulated).await;
        }
        (tokens(&shown["tokens"]) >= visible(&before)).then_some(shown)
    })
    .await;
    let after = month(simulated).await;
    assert!(tokens(&shown["tokens"]) <= visible(&after), "{shown} is more than {after}");
    let (spend, truth) = (decimal(&shown["value"]), decimal(&after["total"]["visible"]["spend"]));
    let off = (spend - truth).abs();
    assert!(off <= truth * Decimal::new(2, 2), "{spend} is not {truth}");
    billed_days_agree(daemon, simulated).await;
}

/// What was billed is known to the last digit.
async fn billed_days_agree(daemon: &Daemon, simulated: &Simulated) {
    let until: Timestamp =
        simulated.truth("").await["billed_until"].as_str().unwrap().parse().unwrap();
    let from = until - SignedDuration::from_hours(5 * 24);
    let truth = simulated.truth(&format!("from={from}&to={until}&by=day")).await;
    let days = truth["data"].as_array().unwrap();
    assert_eq!(days.len(), 5);
    let agreed = eventually("five billed days", async || {
        let url = format!("{}/api/v1/spend?from={from}&to={until}&by=day", daemon.url);
        let answer = get(&url).await;
        let known = answer["data"].as_array().unwrap().clone();
        known.iter().all(|day| day["basis"] == "billed").then_some(known)
    })
    .await;
    for (day, known) in days.iter().zip(&agreed) {
        assert_eq!(day["day"], known["day"]);
        assert_eq!(decimal(&day["billed"]["spend"]), decimal(&known["value"]), "{}", day["day"]);
    }
}

fn visible(truth: &Value) -> u64 {
    truth["total"]["visible"]["tokens"]["total"].as_u64().unwrap()
}

fn tokens(kinds: &Value) -> u64 {
    kinds.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// Both as the program opens it and as SQLite sees it.
fn opens_clean(house: &House) {
    let path = house.file("usagewarden.db");
    drop(SqliteStore::open(&path).unwrap());
    let store = rusqlite::Connection::open(&path).unwrap();
    let verdict: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}
