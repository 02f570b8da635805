//! Spend limits and rate limits of the Admin API.

use super::*;

const SPEND: &str = "/v1/organizations/spend_limits";

impl Bench {
    /// The limit of a scope, as it is listed.
    async fn limit(&self, scope: &str, workspace: Option<&str>) -> Option<Value> {
        let rows = self.walk(&format!("{SPEND}?limit=100")).await;
        rows.into_iter().find(|row| {
            row["scope"]["type"] == scope && row["scope"]["workspace_id"].as_str() == workspace
        })
    }
}

#[tokio::test]
async fn a_scope_has_one_limit_which_is_set_again_and_removed() {
    let bench = Bench::steady().await;
    let assistant = bench.workspace("assistant");
    assert_eq!(bench.limit("workspace", Some(&assistant)).await, None);
    let body = |cents: u64| {
        format!(
            r#"{{"scope":{{"type":"workspace","workspace_id":"{assistant}"}},"amount":"{cents}"}}"#
        )
    };
    let made = bench.write("POST", SPEND, &body(250_000)).await.json();
    assert_eq!((&made["amount"], &made["period"]), (&"250000".into(), &"monthly".into()));
    bench.clock.advance(SignedDuration::from_mins(1));
    let changed = bench.write("POST", SPEND, &body(100)).await.json();
    assert_eq!((&changed["id"], &changed["amount"]), (&made["id"], &"100".into()));
    assert_eq!(changed["created_at"], made["created_at"]);
    assert_eq!(changed["updated_at"], "2026-11-20T14:31:20Z");
    assert_eq!(bench.limit("workspace", Some(&assistant)).await, Some(changed.clone()));
    assert_eq!(bench.walk(&format!("{SPEND}?limit=1")).await[0], changed, "newest first");
    let path = format!("{SPEND}/{}", made["id"].as_str().unwrap());
    assert_eq!(bench.json(&path).await, changed);
    let gone = bench.write("DELETE", &path, "").await.json();
    assert_eq!(gone, serde_json::json!({ "id": made["id"], "type": "spend_limit_deleted" }));
    assert_eq!(bench.limit("workspace", Some(&assistant)).await, None);
    assert_eq!(bench.get(&path).await.status, 404);
    assert_eq!(bench.write("DELETE", &path, "").await.status, 404);
}

#[tokio::test]
async fn the_organization_is_limited_in_cents_here_and_in_dollars_there() {
    let bench = Bench::steady().await;
    let body = r#"{"scope":{"type":"organization"},"amount":"700050","period":"monthly"}"#;
    assert_eq!(bench.write("POST", SPEND, body).await.status, 200);
    let billing = bench.company("/billing");
    let body = r#"{"spending_limit":{"amount":6400.5,"currency":"USD"}}"#;
    let answer = bench.write_as(COMPANY_KEY, "PUT", &billing, body).await;
    assert_eq!((answer.status, &answer.json()["spending_limit"]["amount"]), (200, &6_400.5.into()));
    assert_eq!(bench.limit("organization", None).await.unwrap()["amount"], "640050");
}

#[tokio::test]
async fn wrong_spend_limits_are_refused() {
    let bench = Bench::steady().await;
    let (default, pilot) = (bench.workspace("Default"), bench.workspace("legacy-pilot"));
    let of = |id: &str| {
        format!(r#"{{"scope":{{"type":"workspace","workspace_id":"{id}"}},"amount":"5"}}"#)
    };
    let unsupported = Some("organization_type_not_supported".to_owned());
    for (body, status, code) in [
        (r#"{"scope":{"type":"organization"}}"#.to_owned(), 400, None),
        (r#"{"scope":{"type":"organization"},"amount":null}"#.to_owned(), 400, None),
        (r#"{"scope":{"type":"organization"},"amount":5000}"#.to_owned(), 400, None),
        (r#"{"scope":{"type":"organization"},"amount":"50.5"}"#.to_owned(), 400, None),
        (r#"{"scope":{"type":"organization"},"amount":"-5"}"#.to_owned(), 400, None),
        (
            r#"{"scope":{"type":"organization"},"amount":"5","period":"daily"}"#.to_owned(),
            400,
            None,
        ),
        (r#"{"scope":{"type":"organization"},"amount":"5","limit":1}"#.to_owned(), 400, None),
        (r#"{"scope":{"type":"workspace"},"amount":"5"}"#.to_owned(), 400, None),
        (r#"{"scope":{"type":"usage_tier"},"amount":"5"}"#.to_owned(), 400, None),
        (r#"{"scope":{"type":"galaxy"},"amount":"5"}"#.to_owned(), 400, None),
        (r#"{"scope":{"type":"user"},"amount":"5"}"#.to_owned(), 400, unsupported),
        (r#"{"amount":"5"}"#.to_owned(), 400, None),
        (of(&default), 400, None),
        (of(&pilot), 400, None),
        (of("wrkspc_01nowhere"), 404, None),
    ] {
        let answer = bench.write("POST", SPEND, &body).await.refused();
        assert_eq!((answer.0, answer.2), (status, code), "{body}");
    }
    let tier = bench.limit("usage_tier", None).await.unwrap();
    let path = format!("{SPEND}/{}", tier["id"].as_str().unwrap());
    assert_eq!(bench.write("DELETE", &path, "").await.status, 400);
    bench.control(r#"{"granted":{"spend_limits":false}}"#).await;
    let body = r#"{"scope":{"type":"organization"},"amount":"5"}"#;
    let code = "spend_limits_admin_api_writes_not_enabled".to_owned();
    let refused = (403, "permission_error".to_owned(), Some(code));
    assert_eq!(bench.write("POST", SPEND, body).await.refused(), refused);
    assert_eq!(bench.write("DELETE", &path, "").await.refused(), refused);
}

#[tokio::test]
async fn a_workspace_is_held_to_less_than_the_organization_and_back() {
    let bench = Bench::steady().await;
    let limits = bench.json("/v1/organizations/rate_limits").await;
    let id = limits["data"][1]["id"].as_str().unwrap();
    let list = format!("/v1/organizations/workspaces/{}/rate_limits", bench.workspace("assistant"));
    let path = format!("{list}/{id}");
    assert_eq!(bench.json(&list).await["data"], serde_json::json!([]));
    let set = r#"{"limits":[{"type":"requests_per_minute","value":50},{"type":"output_tokens_per_minute","value":900000}]}"#;
    let row = bench.write("POST", &path, set).await.json();
    let shown = |row: &Value| -> Vec<(u64, u64, String)> {
        let limits = row["limits"].as_array().unwrap().iter();
        limits
            .map(|limit| {
                let source = limit["source"]["type"].as_str().unwrap().to_owned();
                let number = |name: &str| limit[name].as_u64().unwrap();
                (number("value"), number("org_limit"), source)
            })
            .collect()
    };
    let (own, inherited) = ("workspace".to_owned(), "organization".to_owned());
    let rpm = (50, 1_000, own.clone());
    let itpm = (2_000_000, 2_000_000, inherited);
    // Above the organization's: kept, and of no effect.
    let otpm = (900_000, 400_000, own);
    assert_eq!(shown(&row), [rpm.clone(), itpm, otpm.clone()]);
    assert_eq!((&row["rate_limit_id"], &row["type"]), (&id.into(), &"workspace_rate_limit".into()));
    let only = bench.json(&list).await;
    assert_eq!(shown(&only["data"][0]), [rpm, otpm]);
    let all = bench.json(&format!("{list}?include_inherited=true")).await;
    assert_eq!(all["data"].as_array().unwrap().len(), limits["data"].as_array().unwrap().len());
    let clear = r#"{"limits":[{"type":"requests_per_minute","value":null},{"type":"output_tokens_per_minute","value":null}]}"#;
    assert_eq!(bench.write("POST", &path, clear).await.status, 200);
    assert_eq!(bench.json(&list).await["data"], serde_json::json!([]));
}

#[tokio::test]
async fn wrong_rate_limits_are_refused() {
    let bench = Bench::steady().await;
    let limits = bench.json("/v1/organizations/rate_limits").await;
    let id = limits["data"][0]["id"].as_str().unwrap().to_owned();
    let good = r#"{"type":"requests_per_minute","value":5}"#;
    let many = vec![good; 17].join(",");
    let assistant = bench.workspace("assistant");
    let of = |items: &str| format!(r#"{{"limits":[{items}]}}"#);
    for (workspace, id, body, status) in [
        (&*assistant, &*id, of(""), 400),
        (&assistant, &id, of(&many), 400),
        (&assistant, &id, of(&format!("{good},{good}")), 400),
        (&assistant, &id, of(r#"{"type":"requests_per_minute"}"#), 400),
        (&assistant, &id, of(r#"{"type":"requests_per_minute","value":-1}"#), 400),
        (&assistant, &id, of(r#"{"type":"requests_per_minute","value":"5"}"#), 400),
        (&assistant, &id, of(r#"{"type":"enqueued_batch_requests","value":5}"#), 400),
        (&assistant, &id, of(r#"{"type":"requests_per_minute","value":5,"unit":"s"}"#), 400),
        (&assistant, "rl_01nowhere", of(good), 404),
        ("wrkspc_01nowhere", &id, of(good), 404),
        (&bench.workspace("Default"), &id, of(good), 400),
        (&bench.workspace("legacy-pilot"), &id, of(good), 400),
    ] {
        let path = format!("/v1/organizations/workspaces/{workspace}/rate_limits/{id}");
        let answer = bench.write("POST", &path, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {answer:?}");
    }
}
