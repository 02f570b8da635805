//! Members and invites of the Admin API.

use super::*;

const USERS: &str = "/v1/organizations/users";
const INVITES: &str = "/v1/organizations/invites";

#[tokio::test]
async fn roles_are_given_but_that_of_an_administrator() {
    let bench = Bench::steady().await;
    let (ada, rin) = (bench.user("ada@example.test"), bench.user("rin@example.test"));
    for role in ["user", "billing", "claude_code_user", "developer"] {
        let path = format!("{USERS}/{ada}");
        let answer = bench.write("POST", &path, &format!(r#"{{"role":"{role}"}}"#)).await;
        assert_eq!((answer.status, &answer.json()["role"]), (200, &role.into()));
        assert_eq!(bench.json(&path).await["role"], role);
    }
    for (user, body, status) in [
        (&*ada, r#"{"role":"admin"}"#, 400),
        (&rin, r#"{"role":"developer"}"#, 400),
        (&ada, r#"{"role":"owner"}"#, 400),
        (&ada, r#"{"role":null}"#, 400),
        (&ada, r#"{"role":"user","name":"Ada"}"#, 400),
        (&ada, "{}", 400),
        ("user_01nowhere", r#"{"role":"user"}"#, 404),
    ] {
        let answer = bench.write("POST", &format!("{USERS}/{user}"), body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
    }
    assert_eq!(bench.json(&format!("{USERS}/{ada}")).await["role"], "developer");
    assert_eq!(bench.json(&format!("{USERS}/{rin}")).await["role"], "admin");
}

#[tokio::test]
async fn a_member_is_removed_for_both_apis_and_an_administrator_is_not() {
    let bench = Bench::steady().await;
    let (kai, rin) = (bench.user("kai@example.test"), bench.user("rin@example.test"));
    let path = format!("{USERS}/{kai}");
    let answer = bench.write("DELETE", &path, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), serde_json::json!({ "id": kai, "type": "user_deleted" }));
    for method in ["GET", "DELETE"] {
        assert_eq!(bench.write(method, &path, "").await.status, 404, "{method}");
    }
    assert_eq!(bench.write("DELETE", &format!("{USERS}/{rin}"), "").await.status, 400);
    for list in [USERS.to_owned(), bench.company("/users")] {
        let list = bench.json(&list).await;
        let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
        assert!(!ids.contains(&&kai.clone().into()) && ids.contains(&&rin.clone().into()));
    }
}

#[tokio::test]
async fn invites_are_sent_once_and_withdrawn() {
    let bench = Bench::steady().await;
    let body = r#"{"email":"new@example.test","role":"user"}"#;
    let sent = bench.write("POST", INVITES, body).await.json();
    assert_eq!((&sent["status"], &sent["invited_at"]), (&"pending".into(), &START.into()));
    assert_eq!(sent["expires_at"], "2026-12-11T14:30:20Z");
    let path = format!("{INVITES}/{}", sent["id"].as_str().unwrap());
    assert_eq!(bench.json(&path).await, sent);
    let invalid = "invalid_request_error".to_owned();
    for (body, code) in [
        (body, Some("invite_already_exists")),
        (r#"{"email":"NEW@example.test","role":"user"}"#, Some("invite_already_exists")),
        (r#"{"email":"ada@example.test","role":"user"}"#, Some("already_member")),
        (r#"{"email":"new","role":"user"}"#, None),
        (r#"{"email":"other@example.test","role":"admin"}"#, None),
        (r#"{"email":"other@example.test","role":"boss"}"#, None),
        (r#"{"email":"other@example.test"}"#, None),
        (r#"{"email":"other@example.test","role":"user","note":"hello"}"#, None),
    ] {
        let answer = bench.write("POST", INVITES, body).await;
        assert_eq!(answer.refused(), (400, invalid.clone(), code.map(str::to_owned)), "{body}");
    }
    let gone = bench.write("DELETE", &path, "").await.json();
    assert_eq!(gone, serde_json::json!({ "id": sent["id"], "type": "invite_deleted" }));
    assert_eq!(bench.json(&path).await["status"], "deleted");
    assert_eq!(bench.write("DELETE", &path, "").await.status, 404);
    let listed = bench.json(&format!("{INVITES}?email=new@example.test")).await;
    assert_eq!(listed["data"], serde_json::json!([]));
    assert_eq!(bench.write("POST", INVITES, body).await.status, 200, "invited again");
}

#[tokio::test]
async fn an_invite_expires_after_three_weeks_and_an_accepted_one_cannot_be_withdrawn() {
    let bench = Bench::steady().await;
    let of = async |email: &str| {
        bench.json(&format!("{INVITES}?email={email}")).await["data"][0].clone()
    };
    let accepted = of("kai@example.test").await;
    let path = format!("{INVITES}/{}", accepted["id"].as_str().unwrap());
    assert_eq!(bench.write("DELETE", &path, "").await.status, 400);
    assert_eq!(of("sam@example.test").await["status"], "pending");
    bench.clock.advance(SignedDuration::from_hours(21 * 24));
    assert_eq!(of("sam@example.test").await["status"], "expired");
    let pending = bench.json(&format!("{INVITES}?statuses[]=pending")).await;
    assert_eq!(pending["data"], serde_json::json!([]));
}
