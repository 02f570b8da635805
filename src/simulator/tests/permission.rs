//! Who may do what, by key.

use super::*;

#[tokio::test]
async fn a_key_that_only_reads_reads_all_and_is_told_what_it_lacks() {
    let bench = Bench::steady().await;
    for path in ["/v1/organizations/me", "/v1/organizations/users", "/v1/organizations/api_keys"] {
        assert_eq!(bench.get_as(READER_KEY, path).await.status, 200, "{path}");
    }
    assert_eq!(bench.get_as(READER_KEY, "/v1/compliance/activities").await.status, 200);
    let (ada, ci) = (bench.user("ada@example.test"), bench.key("ci"));
    for (method, path, needed) in [
        ("POST", format!("/v1/organizations/users/{ada}"), "write:members"),
        ("DELETE", format!("/v1/organizations/users/{ada}"), "write:members"),
        ("POST", "/v1/organizations/invites".to_owned(), "write:members"),
        ("POST", "/v1/organizations/spend_limits".to_owned(), "write:spend_limits"),
        ("POST", format!("/v1/organizations/api_keys/{ci}"), "org:admin"),
    ] {
        let answer = bench.write_as(READER_KEY, method, &path, "{}").await;
        assert_eq!(answer.refused(), (403, "permission_error".to_owned(), None), "{path}");
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("present: read:members,"), "{message}");
        assert!(message.ends_with(&format!("needed: {needed}")), "{message}");
    }
}

#[tokio::test]
async fn roles_of_the_company_api_open_what_they_are_for() {
    let bench = Bench::steady().await;
    let web = key_secret(1, "web").unwrap();
    let usage = "/usage?start_date=2026-11-01&end_date=2026-11-02";
    let limit = r#"{"spending_limit":{"amount":10,"currency":"USD"}}"#;
    // Admin, billing, member, a key of the organization.
    for (method, path, body, expected) in [
        ("GET", "/v1/me".to_owned(), "", [200, 200, 200, 200]),
        ("GET", "/v1/organizations".to_owned(), "", [200, 200, 200, 200]),
        ("GET", "/v1/organizations/company".to_owned(), "", [200, 200, 200, 200]),
        ("GET", "/v1/organizations/company/usage".to_owned(), "", [200, 200, 200, 200]),
        ("GET", "/v1/organizations/company/api_keys".to_owned(), "", [200, 200, 403, 403]),
        ("GET", bench.company(usage), "", [200, 200, 200, 200]),
        ("GET", bench.company("/users"), "", [200, 403, 403, 403]),
        ("GET", bench.company("/api_keys"), "", [200, 403, 403, 403]),
        ("GET", bench.company("/audit_logs"), "", [200, 403, 403, 403]),
        ("PUT", bench.company("/billing"), limit, [200, 200, 403, 403]),
        ("POST", bench.company("/api_keys"), r#"{"name":"new"}"#, [201, 403, 403, 403]),
        ("POST", bench.company("/users"), r#"{"email":"n@example.test"}"#, [201, 403, 403, 403]),
        ("GET", "/v1/organizations/me".to_owned(), "", [403, 403, 403, 403]),
        ("GET", "/v1/compliance/activities".to_owned(), "", [403, 403, 403, 403]),
        ("GET", "/v1/models".to_owned(), "", [200, 200, 200, 200]),
    ] {
        let keys = [COMPANY_KEY, COMPANY_BILLING_KEY, COMPANY_MEMBER_KEY, &web];
        for (key, status) in keys.into_iter().zip(expected) {
            let answer = bench.write_as(key, method, &path, body).await;
            assert_eq!(answer.status, status, "{method} {path} with {key}: {answer:?}");
        }
    }
    for (key, role) in [
        (ADMIN_KEY, "admin"),
        (COMPANY_KEY, "admin"),
        (COMPANY_BILLING_KEY, "billing"),
        (COMPANY_MEMBER_KEY, "member"),
        (&web, "member"),
    ] {
        assert_eq!(bench.get_as(key, "/v1/me").await.json()["role"], role, "{key}");
        let list = bench.get_as(key, "/v1/organizations").await.json();
        assert_eq!(list["data"][0]["role"], role, "{key}");
    }
}

#[tokio::test]
async fn any_ordinary_key_may_list_the_models_and_learns_where_it_belongs() {
    let bench = Bench::steady().await;
    let web = key_secret(1, "web").unwrap();
    let answer = bench.get_as(&web, "/v1/models?limit=2").await;
    assert_eq!(answer.header("anthropic-organization-id"), Some(&*bench.simulation.world.uuid));
    assert_eq!(answer.header("anthropic-workspace-id"), Some(&*bench.workspace("assistant")));
    assert!(answer.header("request-id").is_some());
    let page = answer.json();
    assert_eq!((&page["data"][0]["type"], &page["has_more"]), (&"model".into(), &true.into()));
    let next = format!("/v1/models?limit=2&after_id={}", page["last_id"].as_str().unwrap());
    assert_ne!(bench.get_as(&web, &next).await.json()["first_id"], page["first_id"]);
    assert_eq!(bench.get_as(WORKSPACE_KEY, "/v1/models").await.status, 200);
    assert_eq!(bench.get_as(ADMIN_KEY, "/v1/models").await.status, 403);
    assert_eq!(bench.get_as("sk-ant-api03-nobody", "/v1/models").await.status, 401);
    let path = format!("/v1/organizations/api_keys/{}", bench.key("web"));
    bench.write("POST", &path, r#"{"status":"inactive"}"#).await;
    let answer = bench.get_as(&web, "/v1/models").await;
    assert_eq!(answer.refused(), (401, "authentication_error".to_owned(), None));
    assert_eq!(answer.header("anthropic-workspace-id"), None);
    bench.write("POST", &path, r#"{"status":"active"}"#).await;
    assert_eq!(bench.get_as(&web, "/v1/models").await.status, 200);
}
