//! Keys of the Admin API: what may become of them, and what is refused.

use super::*;

const KEYS: &str = "/v1/organizations/api_keys";

#[tokio::test]
async fn a_key_is_renamed_and_switched_and_both_apis_show_it() {
    let bench = Bench::steady().await;
    let id = bench.key("evals");
    let path = format!("{KEYS}/{id}");
    for (body, name, status) in [
        (r#"{"status":"inactive"}"#, "evals", "inactive"),
        (r#"{"name":"evals-2"}"#, "evals-2", "inactive"),
        (r#"{"name":"evals-3","status":"active"}"#, "evals-3", "active"),
        ("{}", "evals-3", "active"),
        (r#"{"status":"archived"}"#, "evals-3", "archived"),
        (r#"{"status":"archived"}"#, "evals-3", "archived"),
    ] {
        let answer = bench.write("POST", &path, body).await;
        assert_eq!(answer.status, 200, "{body}: {answer:?}");
        let shown = answer.json();
        assert_eq!((&shown["name"], &shown["status"]), (&name.into(), &status.into()), "{body}");
        assert_eq!(shown, bench.json(&path).await, "{body}");
        let list = bench.json("/v1/organizations/company/api_keys").await;
        let row = list["data"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap();
        assert_eq!(row["status"], status, "{body}");
    }
    let archived = bench.json(&format!("{KEYS}?status=archived")).await;
    assert_eq!(archived["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_become_of_a_key_is_refused_and_changes_nothing() {
    let bench = Bench::steady().await;
    for (key, body, status) in [
        ("pilot", r#"{"status":"active"}"#, 400),
        ("pilot", r#"{"status":"inactive"}"#, 400),
        ("trial", r#"{"status":"active"}"#, 400),
        ("trial", r#"{"status":"inactive"}"#, 400),
        ("ci", r#"{"status":"expired"}"#, 400),
        ("ci", r#"{"status":"lost"}"#, 400),
        ("ci", r#"{"status":true}"#, 400),
        ("ci", r#"{"name":""}"#, 400),
        ("ci", r#"{"name":7}"#, 400),
        ("ci", r#"{"name":"x","status":"lost"}"#, 400),
        ("ci", r#"{"name":" ","status":"inactive"}"#, 400),
        ("ci", r#"{"expires_at":"2027-01-01T00:00:00Z"}"#, 400),
        ("ci", r#"{"status":"inactive""#, 400),
        ("ci", "[]", 400),
        ("ci", "", 400),
    ] {
        let path = format!("{KEYS}/{}", bench.key(key));
        let before = bench.json(&path).await;
        let answer = bench.write("POST", &path, body).await;
        let expected = (status, "invalid_request_error".to_owned(), None);
        assert_eq!(answer.refused(), expected, "{key}: {body}");
        assert_eq!(bench.json(&path).await, before, "{key}: {body}");
    }
    let nowhere = format!("{KEYS}/apikey_01nowhere");
    let answer = bench.write("POST", &nowhere, r#"{"status":"inactive"}"#).await;
    assert_eq!(answer.refused().0, 404);
    assert_eq!(bench.get(&nowhere).await.status, 404);
    for method in ["DELETE", "PUT", "PATCH"] {
        let path = format!("{KEYS}/{}", bench.key("ci"));
        assert_eq!(bench.write(method, &path, "").await.status, 405, "{method}");
    }
    assert_eq!(bench.write("POST", KEYS, r#"{"name":"new"}"#).await.status, 405);
}

#[tokio::test]
async fn a_key_expires_by_itself_and_is_then_refused_and_unused() {
    let bench = Bench::steady().await;
    let (path, secret) = (format!("{KEYS}/{}", bench.key("mobile")), key_secret(1, "mobile"));
    let secret = secret.unwrap();
    assert_eq!(bench.get_as(&secret, "/v1/me").await.status, 200);
    bench.clock.advance(SignedDuration::from_hours(12 * 24));
    assert_eq!(bench.json(&path).await["status"], "expired");
    assert_eq!(bench.get_as(&secret, "/v1/me").await.status, 401);
    assert_eq!(bench.write("POST", &path, r#"{"status":"active"}"#).await.status, 400);
    let by_key = bench.json("/__truth?from=2026-12-01T00:00:00Z&by=key").await;
    let used: Vec<_> = by_key["data"].as_array().unwrap().iter().map(|row| &row["key"]).collect();
    assert!(used.contains(&&bench.key("web").into()), "{used:?}");
    assert!(!used.contains(&&bench.key("mobile").into()), "{used:?}");
}

#[tokio::test]
async fn the_secret_of_a_key_fits_its_hint_and_opens_what_a_member_may_see() {
    let bench = Bench::steady().await;
    let names = bench.simulation.world.keys.iter().map(|key| key.name.clone());
    for name in names {
        let (secret, shown) = (
            key_secret(1, &name).unwrap(),
            bench.json(&format!("{KEYS}/{}", bench.key(&name))).await,
        );
        let (head, tail) = shown["partial_key_hint"].as_str().unwrap().split_once("...").unwrap();
        assert!(secret.starts_with(head) && secret.ends_with(tail), "{name}: {secret}");
        let expected = if shown["status"] == "active" { 200 } else { 401 };
        for path in ["/v1/me", "/v1/organizations/company", "/v1/models"] {
            let answer = bench.get_as(&secret, path).await;
            assert_eq!(answer.status, expected, "{name} asks {path}");
            let workspace = answer.header("anthropic-workspace-id");
            if expected == 200 {
                assert_eq!(workspace, shown["scope"]["workspace_id"].as_str(), "{name}: {path}");
            } else {
                assert_eq!(workspace, None, "{name}: {path}");
            }
        }
    }
    assert_ne!(key_secret(1, "web"), key_secret(2, "web"));
    assert_eq!(key_secret(1, "nobody"), None);
}
