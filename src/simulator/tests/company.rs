//! The company API.

use super::*;

#[tokio::test]
async fn the_quota_crosses_80_percent_within_a_minute_in_its_scenario_only() {
    let bench = Bench::of(Scenario::Quota).await;
    let mut ratios = Vec::new();
    for _ in 0..7 {
        let quota = bench.json("/v1/organizations/company/usage").await;
        let figure = |name: &str| quota[name].as_u64().unwrap();
        assert_eq!(figure("tokens_used") + figure("tokens_remaining"), figure("tokens_limit"));
        assert_eq!(quota["reset_date"], "2026-12-01");
        ratios.push(figure("tokens_used") * 10 > figure("tokens_limit") * 8);
        bench.clock.advance(SignedDuration::from_secs(10));
    }
    assert_eq!(ratios, [false, false, false, ratios[3], true, true, true]);
    let steady = Bench::steady().await.json("/v1/organizations/company/usage").await;
    let figure = |name: &str| steady[name].as_u64().unwrap();
    assert!(figure("tokens_used") * 10 < figure("tokens_limit") * 6);
}

#[tokio::test]
async fn a_range_of_days_includes_both_ends_in_dollars() {
    let bench = Bench::steady().await;
    let organizations = bench.json("/v1/organizations").await;
    let id = organizations["data"][0]["id"].as_str().unwrap();
    let path = format!("/v1/organizations/{id}/usage?start_date=2026-11-17&end_date=2026-11-18");
    let usage = bench.json(&path).await;
    let truth = bench.json("/__truth?from=2026-11-17T00:00:00Z&to=2026-11-19T00:00:00Z").await;
    assert_eq!(usage["total_tokens"], truth["total"]["true"]["tokens"]["total"]);
    assert_eq!(
        usage["total_tokens"].as_u64().unwrap(),
        usage["input_tokens"].as_u64().unwrap() + usage["output_tokens"].as_u64().unwrap()
    );
    let spend: rust_decimal::Decimal =
        truth["total"]["true"]["spend"].as_str().unwrap().parse().unwrap();
    assert_eq!(usage["estimated_cost"].to_string(), spend.round_dp(2).normalize().to_string());
    for wrong in ["", "?start_date=2026-11-17", "?start_date=2026-11-17&end_date=2026-11-16"] {
        let answer = bench.get(&format!("/v1/organizations/{id}/usage{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
    }
    assert_eq!(bench.get("/v1/organizations/org_other/users").await.status, 404);
}

#[tokio::test]
async fn the_profile_is_changed_at_run_time_and_what_is_not_named_stays() {
    let bench = Bench::steady().await;
    let before = bench.json("/v1/organizations/company").await;
    let change = r#"{"profile":{"plan":"team","features":["batch"]}}"#;
    assert_eq!(bench.control(change).await.json()["profile"]["plan"], "team");
    let after = bench.json("/v1/organizations/company").await;
    assert_eq!((&after["name"], &after["id"]), (&before["name"], &before["id"]));
    assert_eq!(after["plan"], "team");
    assert_eq!(after["settings"]["features"], serde_json::json!(["batch"]));
    assert_eq!(after["settings"]["rate_limits"], before["settings"]["rate_limits"]);

    bench.control(r#"{"profile":{"name":"Acme Labs"}}"#).await;
    for (path, place) in [
        ("/v1/organizations/me", "/name"),
        ("/v1/organizations/company", "/name"),
        ("/v1/organizations", "/data/0/name"),
        ("/v1/me", "/organization/name"),
    ] {
        let answer = bench.json(path).await;
        assert_eq!(answer.pointer(place), Some(&"Acme Labs".into()), "{path}: {answer}");
    }
    assert_eq!(bench.json("/v1/organizations/company").await["plan"], "team");
    assert_eq!(bench.control(r#"{"profile":{"id":"org_other"}}"#).await.status, 400);
}

#[tokio::test]
async fn everything_the_guides_read_is_served() {
    let bench = Bench::steady().await;
    let id = bench.simulation.world.id.clone();
    let company = bench.json("/v1/organizations/company").await;
    assert_eq!((&company["id"], &company["plan"]), (&id.clone().into(), &"enterprise".into()));
    assert!(company["settings"]["rate_limits"]["requests_per_minute"].is_u64());
    assert_eq!(bench.json("/v1/me").await["organization"]["name"], "Acme Corp");
    for (path, field) in [
        ("/v1/organizations/company/api_keys".to_owned(), "last_used_at"),
        (format!("/v1/organizations/{id}/api_keys"), "name"),
        (format!("/v1/organizations/{id}/users"), "email"),
        (format!("/v1/organizations/{id}/audit_logs?limit=5"), "timestamp"),
    ] {
        let list = bench.json(&path).await;
        assert!(list["data"][0][field].is_string(), "{path}: {list}");
    }
    let log = bench.json(&format!("/v1/organizations/{id}/audit_logs")).await;
    let rows = log["data"].as_array().unwrap();
    assert_eq!(rows.len(), 50);
    let stamps: Vec<_> = rows.iter().map(|row| row["timestamp"].as_str().unwrap()).collect();
    assert!(stamps.is_sorted_by(|a, b| a > b) && stamps[0] < START, "{stamps:?}");
}
