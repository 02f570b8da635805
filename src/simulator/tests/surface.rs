//! Keys, versions, inventories, paging: what is around the figures.

use super::*;

#[tokio::test]
async fn keys_decide_who_may_ask_for_what() {
    let bench = Bench::steady().await;
    let (me, company) = ("/v1/organizations/me", "/v1/organizations/company");
    let unknown = "sk-ant-admin01-wrong";
    let bearer = format!("Bearer {ADMIN_KEY}");
    for (path, name, value, status, kind) in [
        (me, "x-api-key", ADMIN_KEY, 200, ""),
        (me, "authorization", bearer.as_str(), 200, ""),
        (me, "x-other", "", 401, "authentication_error"),
        (me, "x-api-key", unknown, 401, "authentication_error"),
        (me, "x-api-key", WORKSPACE_KEY, 403, "permission_error"),
        (me, "x-api-key", COMPANY_KEY, 403, "permission_error"),
        (company, "x-api-key", COMPANY_KEY, 200, ""),
        (company, "x-api-key", ADMIN_KEY, 200, ""),
        (company, "x-api-key", WORKSPACE_KEY, 403, "permission_error"),
        ("/v1/me", "x-api-key", COMPANY_KEY, 200, ""),
        ("/v1/nowhere", "x-api-key", ADMIN_KEY, 404, "not_found_error"),
    ] {
        let answer = bench.ask(path, &[(name, value), ("anthropic-version", "2023-06-01")]).await;
        assert_eq!(answer.status, status, "{path} with {name}: {value}");
        let request_id = answer.header("request-id").unwrap();
        if status == 200 {
            assert_eq!(
                answer.header("anthropic-organization-id"),
                Some(&*bench.simulation.world.uuid)
            );
        } else {
            let body = answer.json();
            assert_eq!(body["type"], "error");
            assert_eq!(body["error"]["type"], kind, "{path} with {name}: {value}");
            assert_eq!(body["request_id"], request_id);
        }
        assert_eq!(answer.header("anthropic-workspace-id"), None);
    }
}

#[tokio::test]
async fn the_version_is_demanded_and_changes_keys_and_rate_limits() {
    let bench = Bench::steady().await;
    let path = "/v1/organizations/api_keys";
    let ask = |version: &'static str| [("x-api-key", ADMIN_KEY), ("anthropic-version", version)];
    for wrong in ["2025-01-01", ""] {
        assert_eq!(bench.ask(path, &ask(wrong)).await.status, 400, "{wrong:?}");
    }
    let first = |answer: Answer| answer.json()["data"][0].clone();
    let (old, new) = (
        first(bench.ask(path, &ask("2023-06-01")).await),
        first(bench.ask(path, &ask("2026-10-21")).await),
    );
    assert_eq!(old["workspace_id"], Value::Null, "the first key is of the default workspace");
    assert!(old.as_object().unwrap().contains_key("workspace_id"));
    assert!(!new.as_object().unwrap().contains_key("workspace_id"));
    assert_eq!(old["scope"], new["scope"]);
    let path = "/v1/organizations/rate_limits";
    let (old, new) = (
        first(bench.ask(path, &ask("2023-06-01")).await),
        first(bench.ask(path, &ask("2026-10-21")).await),
    );
    assert_eq!((&old["group_type"], &old["group"]), (&old["group"]["type"], &new["group"]));
    assert_eq!(new["group_type"], Value::Null);
}

#[tokio::test]
async fn id_cursors_walk_forward_and_back_over_everything_once() {
    let bench = Bench::steady().await;
    let path = "/v1/organizations/api_keys?limit=5";
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = bench.json(&format!("{path}{after}")).await;
        let rows = page["data"].as_array().unwrap();
        assert_eq!(page["first_id"], rows[0]["id"]);
        ids.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        if page["has_more"] == false {
            break;
        }
        after = format!("&after_id={}", page["last_id"].as_str().unwrap());
    }
    let all: Vec<_> = bench.simulation.world.keys.iter().map(|key| key.id.clone()).collect();
    assert_eq!(ids, all);
    let back = bench.json(&format!("{path}&before_id={}", all[7])).await;
    assert_eq!((&back["data"][0]["id"], &back["has_more"]), (&all[2].clone().into(), &true.into()));
    let both = format!("{path}&before_id={}&after_id={}", all[7], all[1]);
    assert_eq!(bench.get(&both).await.status, 400);
    let of_other_query = format!("{path}&status=expired&after_id={}", all[1]);
    assert_eq!(bench.get(&of_other_query).await.status, 400);
}

#[tokio::test]
async fn bare_pages_have_a_token_and_no_word_of_more() {
    let bench = Bench::steady().await;
    let whole = bench.json("/v1/organizations/rate_limits").await;
    assert_eq!(whole["next_page"], Value::Null);
    assert_eq!(whole["has_more"], Value::Null);
    let rows = bench.walk("/v1/organizations/rate_limits?limit=3").await;
    assert_eq!(&rows, whole["data"].as_array().unwrap());
    let limits = bench.walk("/v1/organizations/spend_limits?limit=2").await;
    let scopes: Vec<_> = limits.iter().map(|row| row["scope"]["type"].as_str().unwrap()).collect();
    assert_eq!(scopes, ["workspace", "workspace", "organization", "usage_tier", "project"]);
}

#[tokio::test]
async fn workspaces_show_the_default_and_the_archived_only_when_asked() {
    let bench = Bench::steady().await;
    let names = async |query: &str| -> Vec<String> {
        let list = bench.json(&format!("/v1/organizations/workspaces{query}")).await;
        let rows = list["data"].as_array().unwrap().clone();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["ingest-prod", "assistant", "research"]);
    assert_eq!(
        names("?include_default=true&include_archived=true").await,
        ["Default", "ingest-prod", "assistant", "research", "legacy-pilot"]
    );
    let default = &bench.simulation.world.workspaces[0].id;
    assert_eq!(bench.get(&format!("/v1/organizations/workspaces/{default}")).await.status, 200);
    let limits = bench.json(&format!("/v1/organizations/workspaces/{default}/rate_limits")).await;
    assert_eq!(limits["data"], serde_json::json!([]));
    let ingest = &bench.simulation.world.workspaces[1].id;
    let limits = bench.json(&format!("/v1/organizations/workspaces/{ingest}/rate_limits")).await;
    assert_eq!(limits["data"][0]["limits"][0]["source"]["type"], "workspace");
    assert_eq!(limits["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn optional_surfaces_answer_only_when_granted_and_with_their_beta() {
    let bench = Bench::steady().await;
    let analytics = "/v1/organizations/analytics/usage?starting_at=2026-11-20T00:00:00Z";
    let spend = "/v1/organizations/spend_limits";
    let plain = [("x-api-key", ADMIN_KEY), ("anthropic-version", "2026-10-21")];
    assert_eq!(bench.get(analytics).await.status, 403);
    assert_eq!(bench.get(spend).await.status, 200);
    assert_eq!(bench.ask(spend, &plain).await.status, 400);
    let changed = bench.control(r#"{"granted":{"analytics":true,"spend_limits":false}}"#).await;
    assert_eq!(changed.json()["granted"]["analytics"], true);
    assert_eq!(bench.get(analytics).await.status, 200);
    assert_eq!(bench.ask(analytics, &plain).await.status, 400);
    assert_eq!(bench.get(spend).await.status, 403);
}
