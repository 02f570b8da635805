//! What the company API changes.

use super::*;

#[tokio::test]
async fn a_key_made_here_works_until_it_is_deleted_and_both_apis_show_it() {
    let bench = Bench::steady().await;
    let keys = bench.company("/api_keys");
    let body = r#"{"name":"rotated","scopes":["api:read"]}"#;
    let made = bench.write_as(COMPANY_KEY, "POST", &keys, body).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!(bench.get_as(secret, "/v1/me").await.json()["role"], "member");
    assert_eq!(bench.get_as(secret, "/v1/models").await.status, 200);
    let admin = format!("/v1/organizations/api_keys/{id}");
    let shown = bench.json(&admin).await;
    assert_eq!((&shown["name"], &shown["status"]), (&"rotated".into(), &"active".into()));
    assert_eq!(shown["scope"]["workspace_id"], bench.workspace("Default"));
    assert!(!bench.get(&keys).await.body.contains(secret), "shown a second time");
    let listed = async |path: &str| {
        let list = bench.json(path).await;
        list["data"].as_array().unwrap().iter().find(|row| row["id"] == id).cloned()
    };
    assert_eq!(listed(&keys).await.unwrap()["last_used_at"], Value::Null);
    let path = format!("{keys}/{id}");
    let gone = bench.write_as(COMPANY_KEY, "DELETE", &path, "").await;
    assert_eq!((gone.status, &*gone.body), (204, ""));
    assert!(gone.header("request-id").is_some());
    assert_eq!(listed(&keys).await, None);
    let of_company = listed("/v1/organizations/company/api_keys").await.unwrap();
    assert_eq!(of_company["status"], "archived");
    assert_eq!(bench.json(&admin).await["status"], "archived");
    assert_eq!(bench.get_as(secret, "/v1/me").await.status, 401);
    assert_eq!(bench.write_as(COMPANY_KEY, "DELETE", &path, "").await.status, 404);
}

#[tokio::test]
async fn wrong_writes_are_refused() {
    let bench = Bench::steady().await;
    let keys = bench.company("/api_keys");
    let billing = bench.company("/billing");
    let ada = bench.company(&format!("/users/{}", bench.user("ada@example.test")));
    let rin = bench.company(&format!("/users/{}", bench.user("rin@example.test")));
    let users = bench.company("/users");
    for (method, path, body, status) in [
        ("POST", &keys, "{}", 400),
        ("POST", &keys, r#"{"name":""}"#, 400),
        ("POST", &keys, r#"{"name":"x","scopes":[]}"#, 400),
        ("POST", &keys, r#"{"name":"x","scopes":["everything"]}"#, 400),
        ("POST", &keys, r#"{"name":"x","expires_at":null}"#, 400),
        ("DELETE", &format!("{keys}/apikey_01nowhere"), "", 404),
        ("POST", &"/v1/organizations/org_other/api_keys".to_owned(), r#"{"name":"x"}"#, 404),
        ("PUT", &billing, r#"{"spending_limit":{"amount":"10","currency":"USD"}}"#, 400),
        ("PUT", &billing, r#"{"spending_limit":{"amount":-10,"currency":"USD"}}"#, 400),
        ("PUT", &billing, r#"{"spending_limit":{"amount":0.001,"currency":"USD"}}"#, 400),
        ("PUT", &billing, r#"{"spending_limit":{"amount":1e30,"currency":"USD"}}"#, 400),
        ("PUT", &billing, r#"{"spending_limit":{"amount":10,"currency":"EUR"}}"#, 400),
        ("PUT", &billing, r#"{"spending_limit":{"amount":10}}"#, 400),
        ("PUT", &billing, r#"{"limit":10}"#, 400),
        ("PATCH", &ada, r#"{"role":"developer"}"#, 400),
        ("PATCH", &ada, "{}", 400),
        ("PATCH", &rin, r#"{"role":"member"}"#, 400),
        ("PATCH", &bench.company("/users/user_01nowhere"), r#"{"role":"member"}"#, 404),
        ("POST", &users, r#"{"email":"ada@example.test"}"#, 400),
        ("POST", &users, r#"{"email":"new@example.test","role":"boss"}"#, 400),
        ("DELETE", &ada, "", 405),
        ("POST", &billing, "{}", 405),
    ] {
        let answer = bench.write_as(COMPANY_KEY, method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
        assert!(answer.header("request-id").is_some());
    }
}

#[tokio::test]
async fn people_are_invited_and_given_any_role() {
    let bench = Bench::steady().await;
    let users = bench.company("/users");
    for (body, role, of_admin) in [
        (r#"{"email":"one@example.test"}"#, "member", "developer"),
        (r#"{"email":"two@example.test","role":"billing"}"#, "billing", "billing"),
        (r#"{"email":"three@example.test","role":"admin"}"#, "admin", "admin"),
    ] {
        let answer = bench.write_as(COMPANY_KEY, "POST", &users, body).await;
        assert_eq!(answer.status, 201, "{body}");
        let sent = answer.json();
        assert_eq!((&sent["role"], &sent["status"]), (&role.into(), &"pending".into()));
        let id = sent["id"].as_str().unwrap();
        let invite = bench.json(&format!("/v1/organizations/invites/{id}")).await;
        assert_eq!((&invite["email"], &invite["role"]), (&sent["email"], &of_admin.into()));
        let list = bench.json(&users).await;
        assert!(list["data"].as_array().unwrap().iter().any(|row| row["id"] == id));
    }
    let ada = bench.user("ada@example.test");
    for (role, of_admin) in [
        ("member", "developer"),
        ("admin", "admin"),
        ("billing", "billing"),
        ("member", "developer"),
    ] {
        let path = format!("{users}/{ada}");
        let body = format!(r#"{{"role":"{role}"}}"#);
        let answer = bench.write_as(COMPANY_KEY, "PATCH", &path, &body).await;
        assert_eq!((answer.status, &answer.json()["role"]), (200, &role.into()));
        let shown = bench.json(&format!("/v1/organizations/users/{ada}")).await;
        assert_eq!(shown["role"], of_admin);
    }
}
