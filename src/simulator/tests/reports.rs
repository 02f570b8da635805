//! The usage report and analytics: buckets, pages, strictness, delays.

use super::*;

const USAGE: &str = "/v1/organizations/usage_report/messages";

fn total(buckets: &[Value]) -> u64 {
    let rows = buckets.iter().flat_map(|bucket| bucket["results"].as_array().unwrap());
    rows.map(|row| {
        let creation = &row["cache_creation"];
        [
            &row["uncached_input_tokens"],
            &row["output_tokens"],
            &row["cache_read_input_tokens"],
            &creation["ephemeral_5m_input_tokens"],
            &creation["ephemeral_1h_input_tokens"],
        ]
        .map(|figure| figure.as_u64().unwrap())
        .iter()
        .sum::<u64>()
    })
    .sum()
}

#[tokio::test]
async fn all_widths_and_groupings_of_one_day_agree_with_the_truth() {
    let bench = Bench::steady().await;
    let day = "starting_at=2026-11-19T00:00:00Z&ending_at=2026-11-20T00:00:00Z";
    let truth = bench.json("/__truth?from=2026-11-19T00:00:00Z&to=2026-11-20T00:00:00Z").await;
    let real = truth["total"]["true"]["tokens"]["total"].as_u64().unwrap();
    for query in [
        "bucket_width=1d",
        "bucket_width=1h",
        "bucket_width=1m&limit=700",
        "bucket_width=1h&limit=5&group_by[]=model&group_by%5B%5D=api_key_id",
        "bucket_width=1d&group_by[]=workspace_id&group_by[]=service_tier&group_by[]=speed",
    ] {
        let buckets = bench.walk(&format!("{USAGE}?{day}&{query}")).await;
        assert_eq!(total(&buckets), real, "{query}");
        assert!(
            buckets.is_sorted_by_key(|bucket| bucket["starting_at"].as_str().unwrap().to_owned())
        );
    }
}

#[tokio::test]
async fn all_widths_show_the_same_of_a_day_that_is_not_over() {
    let bench = Bench::steady().await;
    let day = format!("{USAGE}?starting_at=2026-11-20T00:00:00Z");
    let truth = bench.json("/__truth?from=2026-11-20T00:00:00Z").await;
    let figure = |name: &str| truth["total"][name]["tokens"]["total"].as_u64().unwrap();
    assert!(figure("visible") < figure("true") && figure("billed") < figure("visible"));
    for width in ["1d", "1h", "1m&limit=1440"] {
        let buckets = bench.walk(&format!("{day}&bucket_width={width}")).await;
        assert_eq!(total(&buckets), figure("visible"), "{width}");
    }
}

#[tokio::test]
async fn four_hundred_days_come_in_pages_of_31_with_the_empty_ones() {
    let bench = Bench::steady().await;
    let path = format!(
        "{USAGE}?starting_at=2025-09-01T00:00:00Z&ending_at=2026-11-20T00:00:00Z&limit=31&group_by[]=model"
    );
    let buckets = bench.walk(&path).await;
    assert_eq!(buckets.len(), 445);
    assert_eq!(buckets[0]["results"], serde_json::json!([]));
    assert!(total(&buckets[16..17]) > 0, "history begins on 17 September 2025");
}

#[tokio::test]
async fn the_default_workspace_and_keyless_traffic_are_null() {
    let bench = Bench::steady().await;
    let path = format!("{USAGE}?starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z");
    let rows = bench.walk(&format!("{path}&group_by[]=workspace_id&group_by[]=api_key_id")).await;
    let rows = rows[0]["results"].as_array().unwrap();
    let nulls = |name: &str| rows.iter().filter(|row| row[name].is_null()).count();
    assert_eq!((rows.len(), nulls("workspace_id"), nulls("api_key_id")), (9, 2, 1));
    let default = &bench.simulation.world.workspaces[0].id;
    let only = bench.walk(&format!("{path}&workspace_ids[]={default}")).await;
    assert!(total(&only) > 0);
}

#[tokio::test]
async fn buckets_are_snapped_and_end_with_the_open_one() {
    let bench = Bench::steady().await;
    let path = format!("{USAGE}?starting_at=2026-11-20T14:27:45Z&bucket_width=1m");
    let page = bench.json(&path).await;
    let starts: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| bucket["starting_at"].clone())
        .collect();
    let minutes = ["27", "28", "29", "30"].map(|minute| format!("2026-11-20T14:{minute}:00Z"));
    assert_eq!(starts, minutes);
    // All of it is younger than the delay.
    assert_eq!(total(page["data"].as_array().unwrap()), 0);
    bench.control(r#"{"usage_delay_seconds":0}"#).await;
    let mut totals = Vec::new();
    for _ in 0..3 {
        bench.clock.advance(SignedDuration::from_millis(100));
        totals.push(total(bench.json(&path).await["data"].as_array().unwrap()));
    }
    assert!(totals.is_sorted_by(|a, b| a < b), "{totals:?}");
}

#[tokio::test]
async fn wrong_queries_are_refused() {
    let bench = Bench::with(Settings {
        granted: Granted { analytics: true, ..Granted::default() },
        ..Settings::default()
    })
    .await;
    let from = "starting_at=2026-11-19T00:00:00Z";
    let analytics = "/v1/organizations/analytics";
    for path in [
        USAGE.to_owned(),
        format!("{USAGE}?starting_at=yesterday"),
        format!("{USAGE}?starting_at=2026-11-19"),
        format!("{USAGE}?{from}&ending_at=2026-11-18T00:00:00Z"),
        format!("{USAGE}?{from}&bucket_width=5m"),
        format!("{USAGE}?{from}&bucket_width=1d&limit=32"),
        format!("{USAGE}?{from}&bucket_width=1h&limit=169"),
        format!("{USAGE}?{from}&bucket_width=1m&limit=1441"),
        format!("{USAGE}?{from}&limit=0"),
        format!("{USAGE}?{from}&group_by[]=color"),
        format!("{USAGE}?{from}&group_by=model"),
        format!("{USAGE}?{from}&service_tiers[]=gold"),
        format!("{USAGE}?{from}&page=page_bm9uc2Vuc2U"),
        format!("{USAGE}?{from}&page=2"),
        format!("/v1/organizations/cost_report?{from}&bucket_width=1h"),
        format!("/v1/organizations/cost_report?{from}&group_by[]=api_key_id"),
        "/v1/organizations/api_keys?limit=1001".to_owned(),
        "/v1/organizations/api_keys?status=lost".to_owned(),
        format!("{analytics}/usage?starting_at=2025-12-31T00:00:00Z"),
        format!("{analytics}/usage?{from}&time_bucket_width=1h"),
        format!("{analytics}/usage?{from}&group_by[]=cost_type"),
        format!("{analytics}/cost?{from}&order_by=requests"),
        format!("{analytics}/cost?{from}&time_bucket_width=1m&ending_at=2026-11-20T01:00:00Z"),
        format!("{analytics}/cost?{from}&limit=1001"),
    ] {
        let answer = bench.get(&path).await;
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        assert_eq!(answer.json()["error"]["type"], "invalid_request_error");
    }
}

#[tokio::test]
async fn absurd_dates_get_an_answer() {
    let bench = Bench::with(Settings {
        granted: Granted { analytics: true, ..Granted::default() },
        ..Settings::default()
    })
    .await;
    let company = format!("/v1/organizations/{}/usage", bench.simulation.world.id);
    for year in ["-009999", "0001", "1960", "2999", "9999"] {
        for path in [
            format!("{USAGE}?starting_at={year}-12-30T00:00:00Z&bucket_width=1h"),
            format!("{USAGE}?starting_at={year}-12-30T00:00:00Z&limit=31"),
            format!("/v1/organizations/cost_report?starting_at={year}-12-30T00:00:00Z"),
            format!("/v1/organizations/analytics/cost?starting_at={year}-12-30T00:00:00Z"),
            format!("{company}?start_date={year}-12-30&end_date={year}-12-31"),
            format!("/__truth?from={year}-12-30T00:00:00Z&to=2025-10-01T00:00:00Z&by=day"),
        ] {
            let answer = bench.get(&path).await;
            assert!([200, 400].contains(&answer.status), "{path}: {answer:?}");
            if let Some(token) = answer.json()["next_page"].as_str() {
                assert_eq!(bench.get(&format!("{path}&page={token}")).await.status, 200, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query() {
    let bench = Bench::steady().await;
    let from = "starting_at=2026-11-01T00:00:00Z";
    let page = bench.json(&format!("{USAGE}?{from}&group_by[]=model")).await;
    let token = page["next_page"].as_str().unwrap();
    for (path, status) in [
        (format!("{USAGE}?group_by%5B%5D=model&{from}&limit=3&page={token}"), 200),
        (format!("{USAGE}?{from}&page={token}"), 400),
        (format!("{USAGE}?{from}&group_by[]=model&models[]=claude-opus-5-5&page={token}"), 400),
        (format!("/v1/organizations/cost_report?{from}&page={token}"), 400),
    ] {
        assert_eq!(bench.get(&path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn analytics_refresh_in_steps_and_agree_with_the_bill() {
    let bench = Bench::with(Settings {
        granted: Granted { analytics: true, ..Granted::default() },
        ..Settings::default()
    })
    .await;
    let day = "starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z";
    let first = bench.json(&format!("/v1/organizations/analytics/cost?{day}")).await;
    assert_eq!(first["data_refreshed_at"], "2026-11-20T12:30:00Z");
    let truth = bench.json("/__truth?from=2026-11-18T00:00:00Z&to=2026-11-19T00:00:00Z").await;
    let real: rust_decimal::Decimal =
        truth["total"]["true"]["spend"].as_str().unwrap().parse().unwrap();
    for query in [
        "",
        "&time_bucket_width=1h&limit=7&group_by[]=model&group_by[]=workspace_id",
        "&group_by[]=api_key_id&group_by[]=cost_type&group_by[]=token_type&limit=4",
        "&time_bucket_width=1d&order_by=time&order=asc&group_by[]=actor",
    ] {
        let rows = bench.walk(&format!("/v1/organizations/analytics/cost?{day}{query}")).await;
        let sum = |name: &str| -> rust_decimal::Decimal {
            let amounts = rows.iter().map(|row| row["cost"][name].as_str().unwrap());
            amounts.map(|cents| cents.parse::<rust_decimal::Decimal>().unwrap()).sum()
        };
        assert_eq!(sum("amount"), real * rust_decimal::Decimal::ONE_HUNDRED, "{query}");
        assert_eq!(sum("list_amount") * crate::simulator::bill::PAID, sum("amount"), "{query}");
    }
    let path =
        format!("/v1/organizations/analytics/usage?{day}&group_by[]=model&group_by[]=workspace_id");
    let rows = bench.walk(&path).await;
    let sizes: Vec<u64> =
        rows.iter().map(|row| row["usage"]["total_tokens"].as_u64().unwrap()).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    assert_eq!(truth["total"]["true"]["tokens"]["total"], sizes.iter().sum::<u64>());
    assert!(rows.iter().all(|row| row["group"]["workspace_id"].is_string()), "real ids");
}

#[tokio::test]
async fn stale_reports_answer_and_stand_still() {
    let bench = Bench::of(Scenario::Stale).await;
    let usage =
        format!("{USAGE}?starting_at=2026-11-20T00:00:00Z&bucket_width=1h&group_by[]=model");
    let cost = "/v1/organizations/cost_report?starting_at=2026-11-20T00:00:00Z&ending_at=2026-11-21T00:00:00Z";
    let real = "/__truth?from=2026-11-20T00:00:00Z";
    let before = (total(&bench.walk(&usage).await), bench.json(cost).await, bench.json(real).await);
    bench.clock.advance(SignedDuration::from_hours(3));
    let after = (total(&bench.walk(&usage).await), bench.json(cost).await, bench.json(real).await);
    assert_eq!((before.0, before.1), (after.0, after.1));
    let tokens = |truth: &Value| truth["total"]["true"]["tokens"]["total"].as_u64().unwrap();
    assert!(tokens(&after.2) > tokens(&before.2));
}
