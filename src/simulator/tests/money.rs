//! The bill against tokens, and the truth against both.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::*;

fn decimal(value: &Value) -> Decimal {
    Decimal::from_str_exact(value.as_str().unwrap()).unwrap()
}

/// Cents a token by hand: thousandths of a dollar per million, tier, geography, discount.
fn by_hand(row: &Value, kind: &str) -> Option<Decimal> {
    let column = match kind {
        "uncached_input_tokens" => 0,
        "cache_creation.ephemeral_5m_input_tokens" => 1,
        "cache_creation.ephemeral_1h_input_tokens" => 2,
        "cache_read_input_tokens" => 3,
        _ => 4,
    };
    let prices: [i64; 5] = match row["model"].as_str()? {
        "claude-sonnet-5-5" => [2_000, 2_500, 4_000, 100, 10_000],
        "claude-sonnet-4-6" => [3_000, 3_750, 6_000, 300, 15_000],
        "claude-opus-5-5" => [4_000, 5_000, 8_000, 200, 20_000],
        "claude-haiku-4-5" => [1_000, 1_250, 2_000, 100, 5_000],
        "claude-fable-5-2" => [8_000, 10_000, 16_000, 200, 40_000],
        _ => return None,
    };
    let tier = match row["service_tier"].as_str()? {
        "standard" => 10,
        "batch" => 5,
        _ => return None,
    };
    let geo = if row["inference_geo"] == "us" { 11 } else { 10 };
    Some(Decimal::new(prices[column] * tier * geo * 88, 3 + 1 + 1 + 2 + 4))
}

fn tokens(row: &Value, kind: &str) -> u64 {
    let figure = match kind.strip_prefix("cache_creation.") {
        Some(inner) => &row["cache_creation"][inner],
        None => &row[kind],
    };
    figure.as_u64().unwrap()
}

const KINDS: [&str; 5] = [
    "uncached_input_tokens",
    "cache_creation.ephemeral_5m_input_tokens",
    "cache_creation.ephemeral_1h_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
];
const DIMENSIONS: [&str; 5] =
    ["workspace_id", "model", "service_tier", "inference_geo", "context_window"];

type Lines = BTreeMap<String, Decimal>;

fn line(row: &Value, kind: &str) -> String {
    let values: Vec<String> = DIMENSIONS.iter().map(|name| row[name].to_string()).collect();
    format!("{} {kind}", values.join(" "))
}

#[tokio::test]
async fn the_bill_of_a_closed_day_is_tokens_times_price_times_discount_to_the_last_digit() {
    let bench = Bench::steady().await;
    let day = "starting_at=2026-11-19T00:00:00Z&ending_at=2026-11-20T00:00:00Z";
    let grouping: String = DIMENSIONS.iter().map(|name| format!("&group_by[]={name}")).collect();
    let usage = bench
        .json(&format!("/v1/organizations/usage_report/messages?{day}&bucket_width=1d{grouping}"))
        .await;
    let mut expected = Lines::new();
    for row in usage["data"][0]["results"].as_array().unwrap() {
        for kind in KINDS {
            let cents = by_hand(row, kind).map(|cents| cents * Decimal::from(tokens(row, kind)));
            if let Some(cents) = cents.filter(|cents| !cents.is_zero()) {
                *expected.entry(line(row, kind)).or_default() += cents;
            }
        }
    }
    let bill = bench
        .json(&format!(
            "/v1/organizations/cost_report?{day}&group_by[]=workspace_id&group_by%5B%5D=description"
        ))
        .await;
    let mut billed = Lines::new();
    for row in bill["data"][0]["results"].as_array().unwrap() {
        if row["cost_type"] == "tokens" {
            billed.insert(line(row, row["token_type"].as_str().unwrap()), decimal(&row["amount"]));
        }
    }
    assert!(billed.len() > 40, "{billed:?}");
    assert_eq!(billed, expected);
}

#[tokio::test]
async fn every_grouping_of_the_bill_has_the_same_total_and_the_truth_knows_it() {
    let bench = Bench::steady().await;
    let day = "2026-11-18T00:00:00Z";
    let next = "2026-11-19T00:00:00Z";
    let mut totals = Vec::new();
    for grouping in ["", "&group_by[]=workspace_id", "&group_by[]=description"] {
        let path =
            format!("/v1/organizations/cost_report?starting_at={day}&ending_at={next}{grouping}");
        let bill = bench.json(&path).await;
        let rows = bill["data"][0]["results"].as_array().unwrap().clone();
        let total: Decimal = rows.iter().map(|row| decimal(&row["amount"])).sum();
        totals.push(total / Decimal::ONE_HUNDRED);
    }
    for by in ["", "&by=day", "&by=workspace", "&by=model", "&by=key"] {
        let truth = bench.json(&format!("/__truth?from={day}&to={next}{by}")).await;
        let all = ["true", "visible", "billed"];
        totals.extend(all.map(|figure| decimal(&truth["total"][figure]["spend"])));
        for figure in all.into_iter().filter(|_| !by.is_empty()) {
            let rows = truth["data"].as_array().unwrap();
            totals.push(rows.iter().map(|row| decimal(&row[figure]["spend"])).sum());
        }
    }
    assert!(totals[0] > Decimal::TEN, "{totals:?}");
    assert!(totals.iter().all(|total| *total == totals[0]), "{totals:?}");
}

#[tokio::test]
async fn the_truth_by_model_is_what_the_bill_says_of_each_model() {
    let bench = Bench::steady().await;
    let (day, next) = ("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z");
    let report = "/v1/organizations/cost_report";
    let path = format!("{report}?starting_at={day}&ending_at={next}&group_by[]=description");
    let mut billed = Lines::new();
    for row in bench.json(&path).await["data"][0]["results"].as_array().unwrap() {
        let model = row["model"].as_str().unwrap_or("none").to_owned();
        *billed.entry(model).or_default() += decimal(&row["amount"]) / Decimal::ONE_HUNDRED;
    }
    let truth = bench.json(&format!("/__truth?from={day}&to={next}&by=model")).await;
    let rows = truth["data"].as_array().unwrap().iter();
    let known: Lines = rows
        .map(|row| (row["model"].as_str().unwrap().to_owned(), decimal(&row["billed"]["spend"])))
        .filter(|(_, spend)| !spend.is_zero())
        .collect();
    assert_eq!(billed, known);
}

#[tokio::test]
async fn the_bill_of_yesterday_moves_for_some_hours_and_is_then_final() {
    let bench = Bench::steady().await;
    let path = "/v1/organizations/cost_report?starting_at=2026-11-20T00:00:00Z&ending_at=2026-11-21T00:00:00Z";
    let mut seen = Vec::new();
    for hour in [1, 2, 3, 4, 6, 7, 20] {
        bench.clock.set(at("2026-11-21T00:00:00Z") + SignedDuration::from_hours(hour));
        let bill = bench.json(path).await;
        let truth = bench.json("/__truth?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z").await;
        let cents = decimal(&bill["data"][0]["results"][0]["amount"]);
        seen.push((cents, truth["billed_until"].as_str().unwrap().to_owned()));
        assert_eq!(cents / Decimal::ONE_HUNDRED, decimal(&truth["total"]["billed"]["spend"]));
    }
    let moving: Vec<Decimal> = seen[..4].iter().map(|(cents, _)| *cents).collect();
    assert!(moving.is_sorted_by(|a, b| a < b), "{moving:?}");
    assert!(seen[4..].iter().all(|(cents, _)| *cents == seen[4].0), "{seen:?}");
    assert_eq!(seen[3].1, "2026-11-20T00:00:00Z");
    assert_eq!(seen[4].1, "2026-11-21T00:00:00Z");
}

#[tokio::test]
async fn nothing_is_billed_before_history_begins() {
    let bench = Bench::steady().await;
    let span = "starting_at=2025-09-14T00:00:00Z&ending_at=2025-09-18T00:00:00Z";
    let bill = bench.walk(&format!("/v1/organizations/cost_report?{span}")).await;
    let rows: Vec<usize> =
        bill.iter().map(|bucket| bucket["results"].as_array().unwrap().len()).collect();
    assert_eq!(rows, [0, 0, 1, 1]);
}

#[tokio::test]
async fn what_the_bill_leaves_out_is_in_usage_and_the_other_way_round() {
    let bench = Bench::steady().await;
    let span = "starting_at=2026-11-10T00:00:00Z&ending_at=2026-11-20T00:00:00Z&limit=31";
    let usage = bench
        .walk(&format!("/v1/organizations/usage_report/messages?{span}&group_by[]=model&group_by[]=service_tier"))
        .await;
    let bill =
        bench.walk(&format!("/v1/organizations/cost_report?{span}&group_by[]=description")).await;
    let has = |buckets: &[Value], name: &str, value: &str| {
        buckets
            .iter()
            .flat_map(|bucket| bucket["results"].as_array().unwrap())
            .any(|row| row[name] == value)
    };
    for (name, value, used, billed) in [
        ("model", "claude-mythos-preview", true, false),
        ("service_tier", "priority", true, false),
        ("model", "claude-fable-5-2", true, true),
        ("cost_type", "code_execution", false, true),
        ("cost_type", "web_search", false, true),
        ("cost_type", "artifact_storage", false, true),
    ] {
        assert_eq!((has(&usage, name, value), has(&bill, name, value)), (used, billed), "{value}");
    }
    let new_since =
        usage.iter().find(|bucket| has(std::slice::from_ref(bucket), "model", "claude-fable-5-2"));
    assert_eq!(new_since.unwrap()["starting_at"], "2026-11-19T00:00:00Z");
}
