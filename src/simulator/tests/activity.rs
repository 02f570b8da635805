//! The activity log in both dialects.

use super::*;

const FEED: &str = "/v1/compliance/activities";

#[tokio::test]
async fn every_change_is_told_in_both_dialects_with_who_made_it() {
    let bench = Bench::steady().await;
    let org = "/v1/organizations";
    let (ci, ada, kai) =
        (bench.key("ci"), bench.user("ada@example.test"), bench.user("kai@example.test"));
    let rates = bench.json("/v1/organizations/rate_limits").await;
    let rates = format!(
        "{org}/workspaces/{}/rate_limits/{}",
        bench.workspace("assistant"),
        rates["data"][0]["id"].as_str().unwrap()
    );
    let spend = format!("{org}/spend_limits");
    let (admin, company) = ("admin_api_key_actor", "api_actor");
    let of_assistant = format!(
        r#"{{"scope":{{"type":"workspace","workspace_id":"{}"}},"amount":"900"}}"#,
        bench.workspace("assistant")
    );
    for (key, method, path, body, by, kind, action) in [
        (
            ADMIN_KEY,
            "POST",
            format!("{org}/api_keys/{ci}"),
            r#"{"name":"ci-2"}"#,
            admin,
            "platform_api_key_updated",
            "api_key.renamed",
        ),
        (
            ADMIN_KEY,
            "POST",
            format!("{org}/api_keys/{ci}"),
            r#"{"status":"inactive"}"#,
            admin,
            "platform_api_key_updated",
            "api_key.updated",
        ),
        (
            ADMIN_KEY,
            "POST",
            format!("{org}/users/{ada}"),
            r#"{"role":"billing"}"#,
            admin,
            "claude_user_role_updated",
            "user.role_updated",
        ),
        (
            ADMIN_KEY,
            "DELETE",
            format!("{org}/users/{kai}"),
            "",
            admin,
            "org_user_deleted",
            "user.removed",
        ),
        (
            ADMIN_KEY,
            "POST",
            format!("{org}/invites"),
            r#"{"email":"n@example.test","role":"user"}"#,
            admin,
            "org_user_invite_sent",
            "user.invited",
        ),
        (
            ADMIN_KEY,
            "POST",
            spend.clone(),
            r#"{"scope":{"type":"organization"},"amount":"800"}"#,
            admin,
            "platform_spend_limit_updated",
            "spending_limit.updated",
        ),
        (
            ADMIN_KEY,
            "POST",
            spend,
            &of_assistant,
            admin,
            "workspace_spend_limit_created",
            "spending_limit.updated",
        ),
        (
            ADMIN_KEY,
            "POST",
            rates.clone(),
            r#"{"limits":[{"type":"requests_per_minute","value":5}]}"#,
            admin,
            "platform_workspace_rate_limit_updated",
            "rate_limit.updated",
        ),
        (
            ADMIN_KEY,
            "POST",
            rates,
            r#"{"limits":[{"type":"requests_per_minute","value":null}]}"#,
            admin,
            "platform_workspace_rate_limit_deleted",
            "rate_limit.updated",
        ),
        (
            COMPANY_KEY,
            "POST",
            bench.company("/api_keys"),
            r#"{"name":"new"}"#,
            company,
            "platform_api_key_created",
            "api_key.created",
        ),
        (
            COMPANY_KEY,
            "POST",
            bench.company("/users"),
            r#"{"email":"m@example.test"}"#,
            company,
            "org_user_invite_sent",
            "user.invited",
        ),
        (
            COMPANY_KEY,
            "PATCH",
            bench.company(&format!("/users/{ada}")),
            r#"{"role":"admin"}"#,
            company,
            "claude_user_role_updated",
            "user.role_updated",
        ),
        (
            COMPANY_KEY,
            "PUT",
            bench.company("/billing"),
            r#"{"spending_limit":{"amount":5,"currency":"USD"}}"#,
            company,
            "platform_spend_limit_updated",
            "spending_limit.updated",
        ),
        (
            COMPANY_KEY,
            "DELETE",
            bench.company(&format!("/api_keys/{ci}")),
            "",
            company,
            "platform_api_key_updated",
            "api_key.deleted",
        ),
    ] {
        bench.clock.advance(SignedDuration::from_secs(1));
        let answer = bench.write_as(key, method, &path, body).await;
        assert!(answer.status < 300, "{method} {path}: {answer:?}");
        let (feed, log) = bench.newest(1).await;
        let now = serde_json::json!(bench.simulation.now());
        assert_eq!((&feed[0]["type"], &feed[0]["created_at"]), (&kind.into(), &now), "{path}");
        assert_eq!((&log[0]["action"], &log[0]["timestamp"]), (&action.into(), &now), "{path}");
        assert_eq!(feed[0]["actor"]["type"], by, "{path}");
        assert_eq!(log[0]["actor"]["email"], "rin@example.test", "{path}");
        assert_eq!(feed[0]["organization_uuid"], bench.simulation.world.uuid);
    }
}

#[tokio::test]
async fn a_change_is_told_with_what_was_before() {
    let bench = Bench::steady().await;
    let (ci, ada) = (bench.key("ci"), bench.user("ada@example.test"));
    bench
        .write("POST", &format!("/v1/organizations/api_keys/{ci}"), r#"{"status":"inactive"}"#)
        .await;
    let (feed, _) = bench.newest(1).await;
    let update = serde_json::json!({ "type": "status", "previous_value": "active", "current_value": "inactive" });
    assert_eq!(feed[0]["updates"], serde_json::json!([update]));
    bench.control(r#"{"console":{"make_admin":{"member":"ada@example.test"}}}"#).await;
    let (feed, log) = bench.newest(1).await;
    let (actor, user) = (&feed[0]["actor"], &feed[0]["user_id"]);
    assert_eq!((&actor["email_address"], user), (&"rin@example.test".into(), &ada.into()));
    assert_eq!(actor["user_id"], bench.user("rin@example.test"));
    assert_eq!(
        (&feed[0]["previous_role"], &feed[0]["current_role"]),
        (&"developer".into(), &"admin".into())
    );
    let details = &log[0]["details"];
    assert_eq!((&details["previous_role"], &details["role"]), (&"member".into(), &"admin".into()));
    // Nothing changed, so nothing is told.
    bench.control(r#"{"console":{"make_admin":{"member":"ada@example.test"}}}"#).await;
    assert_eq!(bench.newest(1).await.1, log);
}

#[tokio::test]
async fn only_what_was_refused_or_read_in_the_console_leaves_no_trace() {
    let bench = Bench::steady().await;
    let before = bench.newest(10).await;
    bench.write("POST", "/v1/organizations/invites", "{}").await;
    bench.write_as(READER_KEY, "POST", "/v1/organizations/invites", "{}").await;
    bench.get("/v1/organizations/api_keys").await;
    assert_eq!(bench.newest(10).await, before);
}

#[tokio::test]
async fn reading_reports_and_the_feed_makes_noise() {
    let bench = Bench::steady().await;
    let from = "starting_at=2026-11-20T00:00:00Z";
    bench.json(&format!("/v1/organizations/usage_report/messages?{from}")).await;
    bench.json(&format!("/v1/organizations/cost_report?{from}")).await;
    bench.get("/v1/organizations/cost_report").await;
    bench.json(FEED).await;
    let feed = bench.json(&format!("{FEED}?limit=3")).await;
    let kinds: Vec<_> =
        feed["data"].as_array().unwrap().iter().map(|row| row["type"].clone()).collect();
    assert_eq!(
        kinds,
        [
            "compliance_api_accessed",
            "platform_cost_report_viewed",
            "platform_usage_report_messages_viewed"
        ]
    );
    assert_eq!(feed["data"][0]["actor"]["type"], "admin_api_key_actor");
    let (_, log) = bench.newest(3).await;
    assert!(log.iter().all(|row| row["timestamp"].as_str() < Some(START)), "{log:?}");
}

#[tokio::test]
async fn noise_is_forgotten_before_deeds_are() {
    let bench = Bench::steady().await;
    let ci = format!("/v1/organizations/api_keys/{}", bench.key("ci"));
    bench.write("POST", &ci, r#"{"name":"ci-2"}"#).await;
    for _ in 0..2_100 {
        let log = bench.simulation.scene();
        let actor = crate::simulator::access::Caller::Administrator.actor(&log);
        let viewed =
            crate::simulator::deed::Deed::Viewed(crate::simulator::deed::Viewed::CostReport);
        bench.simulation.log().note(at(START), actor, viewed);
    }
    let kept = bench.simulation.log().kept();
    assert_eq!(kept.len(), 2_001);
    assert!(kept.iter().any(|entry| !entry.deed.is_noise()));
}

#[tokio::test]
async fn the_feed_is_filtered_ordered_and_paged() {
    let bench = Bench::steady().await;
    let rows = |answer: &Value| answer["data"].as_array().unwrap().clone();
    let all = rows(&bench.json(&format!("{FEED}?limit=5000&created_at.lt={START}")).await);
    assert!(all.len() > 500, "{}", all.len());
    let (oldest, newest) = (&all[all.len() - 1], &all[0]);
    assert!(oldest["created_at"].as_str() < newest["created_at"].as_str());
    // Page by page, both ways.
    for (order, expected) in
        [("desc", all.clone()), ("asc", all.iter().rev().cloned().collect::<Vec<_>>())]
    {
        let (mut walked, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("{FEED}?created_at.lt={START}&order={order}&limit=200{after}");
            let page = bench.json(&path).await;
            walked.extend(rows(&page));
            if page["has_more"] == false {
                break;
            }
            after = format!("&after_id={}", page["last_id"].as_str().unwrap());
        }
        assert_eq!(walked, expected, "{order}");
    }
    let middle = all[all.len() / 2]["created_at"].as_str().unwrap().to_owned();
    for (query, wanted) in [
        (format!("created_at.gte={middle}"), all.len() / 2 + 1),
        (format!("created_at.gt={middle}"), all.len() / 2),
        (format!("created_at.lt={middle}"), all.len() - all.len() / 2 - 1),
        (format!("created_at.lte={middle}"), all.len() - all.len() / 2),
        ("activity_types[]=platform_api_key_created".to_owned(), 12),
        ("organization_ids[]=org_other".to_owned(), 0),
        ("actor_ids[]=user_01nobody".to_owned(), 0),
    ] {
        let path =
            format!("{FEED}?limit=5000&exclude_activity_types[]=compliance_api_accessed&{query}");
        assert_eq!(rows(&bench.json(&path).await).len(), wanted, "{query}");
    }
    let rin = bench.user("rin@example.test");
    let by_rin = rows(&bench.json(&format!("{FEED}?limit=5000&user_ids[]={rin}")).await);
    assert!(!by_rin.is_empty() && by_rin.iter().all(|row| row["actor"]["user_id"] == rin));
}

#[tokio::test]
async fn a_wrong_question_to_the_feed_is_refused_without_the_outer_shell() {
    let bench = Bench::steady().await;
    for query in [
        "limit=5001",
        "limit=0",
        "order=up",
        "created_at.gte=2026-11-20",
        "created_at.since=2026-11-20T00:00:00Z",
        "after_id=activity_01nowhere",
        "after_id=a&before_id=b",
    ] {
        let answer = bench.get(&format!("{FEED}?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        let body = answer.json();
        assert_eq!(body["error"]["type"], "invalid_request_error");
        assert!(body.get("type").is_none() && body.get("request_id").is_none(), "{body}");
        assert!(answer.header("request-id").is_some());
    }
    bench.control(r#"{"granted":{"compliance":false}}"#).await;
    assert_eq!(bench.get(FEED).await.status, 403);
}
