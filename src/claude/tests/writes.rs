//! What is sent when something is to be changed, to the last byte, and what is made of the
//! answers.

use secrecy::ExposeSecret;

use super::calls::{self, Call, client, usd};
use super::fake::{Answer, Fake, Seen};
use super::{admin, company};
use crate::claude::{Api, Invited, KeyStatus, PollError, SpendScope};

const ONE_KEY: &str =
    r#"{"type":"api_key","id":"apikey_1","name":"batch","status":"inactive","workspace_id":null}"#;
const ONE_LIMIT: &str = r#"{"type":"spend_limit","id":"spl_1","scope":{"type":"organization"},
    "amount":"250050","currency":"USD","period":"monthly","is_enabled":true}"#;

fn answer(seen: &Seen) -> Answer {
    let path = seen.path().strip_prefix("/v1/organizations/").unwrap();
    match (seen.method.as_str(), path) {
        ("GET" | "POST", "api_keys/apikey_1") => Answer::json(ONE_KEY),
        ("GET", "api_keys/apikey_2") => Answer::failing(404),
        ("GET", "workspaces") => Answer::json(super::EMPTY),
        ("GET", "users/user_1") => Answer::json(r#"{"id":"user_1","role":"user"}"#),
        ("POST", "invites") => Answer::json(r#"{"id":"invite_1","status":"pending"}"#),
        ("POST", "spend_limits") => Answer::json(ONE_LIMIT),
        ("POST", "org_1/api_keys") => Answer::created(r#"{"id":"k9","key":"sk-ant-new-9999"}"#),
        ("POST", "org_1/users") => Answer::empty(201),
        ("DELETE", path) if path.starts_with("org_1") => Answer::empty(204),
        ("DELETE", _) => Answer::json(r#"{"id":"x","type":"deleted"}"#),
        ("POST" | "PUT" | "PATCH", _) => Answer::json("{}"),
        _ => Answer::failing(404),
    }
}

async fn serving() -> Fake {
    Fake::new(|seen, _| answer(seen)).await
}

/// Makes the call and expects it to be said as `expected`, last.
async fn check(api: Api, call: Call, expected: &str, body: &str) {
    let fake = serving().await;
    call(&client(api, &fake)).await.unwrap();
    let seen = fake.seen().pop().unwrap();
    assert_eq!(format!("{} {}", seen.method, seen.target), format!("{expected}"));
    assert_eq!(seen.body, body, "{expected}");
    let kind = seen.header("content-type");
    assert_eq!(kind, (!body.is_empty()).then_some("application/json"), "{expected}");
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"), "{expected}");
    let preview = seen.target.contains("spend_limits").then_some("spend-limit-reads-2026-09-26");
    assert_eq!(seen.header("anthropic-beta"), preview, "{expected}");
}

#[tokio::test]
async fn every_write_is_said_in_the_words_of_its_api() {
    use Api::{Admin, Company};
    let new_key = r#"{"name":"batch","scopes":["api:read","api:write"]}"#;
    let invite = r#"{"email":"new@example.test","role":"billing"}"#;
    let role = r#"{"role":"billing"}"#;
    let limit = r#"{"scope":{"type":"organization"},"amount":"250050","period":"monthly"}"#;
    let limit_workspace = r#"{"scope":{"type":"workspace","workspace_id":"wrkspc_1"},"amount":"120000","period":"monthly"}"#;
    let billing = r#"{"spending_limit":{"amount":2500.5,"currency":"USD"}}"#;
    let rates = r#"{"limits":[{"type":"requests_per_minute","value":50},{"type":"tokens_per_minute","value":null}]}"#;
    let (inactive, active) = (r#"{"status":"inactive"}"#, r#"{"status":"active"}"#);
    let cases: &[(Api, Call, &str, &str)] = &[
        (Admin, calls::DISABLE, "POST api_keys/apikey_1", inactive),
        (Admin, calls::ENABLE, "POST api_keys/apikey_1", active),
        (Admin, calls::REVOKE, "POST api_keys/apikey_1", r#"{"status":"archived"}"#),
        (Admin, calls::INVITE, "POST invites", invite),
        (Admin, calls::SET_ROLE, "POST users/user_1", role),
        (Admin, calls::REMOVE_MEMBER, "DELETE users/user_1", ""),
        (Admin, calls::WITHDRAW, "DELETE invites/invite_1", ""),
        (Admin, calls::LIMIT, "POST spend_limits", limit),
        (Admin, calls::LIMIT_WORKSPACE, "POST spend_limits", limit_workspace),
        (Admin, calls::UNLIMIT, "DELETE spend_limits/spl_1", ""),
        (Admin, calls::RATE, "POST workspaces/wrkspc_1/rate_limits/rl_1", rates),
        (Company, calls::CREATE, "POST org_1/api_keys", new_key),
        (Company, calls::REVOKE, "DELETE org_1/api_keys/apikey_1", ""),
        (Company, calls::INVITE, "POST org_1/users", invite),
        (Company, calls::SET_ROLE, "PATCH org_1/users/user_1", role),
        (Company, calls::LIMIT, "PUT org_1/billing", billing),
    ];
    for &(api, call, expected, body) in cases {
        let (method, path) = expected.split_once(' ').unwrap();
        check(api, call, &format!("{method} /v1/organizations/{path}"), body).await;
    }
}

#[tokio::test]
async fn answers_of_writes_come_in_the_forms_of_the_house() {
    let fake = serving().await;
    let (admin, company) = (admin(&fake), company(&fake));
    let key = admin.set_key_status(&"apikey_1".into(), KeyStatus::Inactive).await.unwrap();
    assert_eq!((key.status.as_str(), key.workspace.unwrap().as_str()), ("inactive", "default"));
    let limit = admin.set_spend_limit(&SpendScope::Organization, usd("2500.50")).await.unwrap();
    assert_eq!(limit.unwrap().amount, Some(usd("2500.50")));
    let none = company.set_spend_limit(&SpendScope::Organization, usd("1")).await.unwrap();
    assert_eq!(none, None, "the guides tell of no way to ask for it");
    let new = company.create_key("batch", &[]).await.unwrap();
    assert_eq!((new.id.as_str(), new.name.as_str()), ("k9", "batch"));
    assert_eq!(new.secret.expose_secret(), "sk-ant-new-9999");
    assert_eq!(fake.seen().last().unwrap().body, r#"{"name":"batch"}"#);
    let invited = admin.invite("new@example.test", "user").await.unwrap();
    assert_eq!(invited, Invited { id: Some("invite_1".to_owned()), pending: true });
    let invited = company.invite("new@example.test", "admin").await.unwrap();
    assert_eq!(invited, Invited { id: None, pending: true });
}

#[tokio::test]
async fn one_key_is_found_or_is_not_there() {
    let fake = serving().await;
    let client = admin(&fake);
    assert_eq!(client.key(&"apikey_1".into()).await.unwrap().unwrap().name, "batch");
    assert_eq!(client.key(&"apikey_2".into()).await.unwrap(), None);
    let list = Fake::always(Answer::json(r#"{"data":[{"id":"k1","name":"a"}]}"#)).await;
    let client = company(&list);
    assert_eq!(client.key(&"k1".into()).await.unwrap().unwrap().name, "a");
    assert_eq!(client.key(&"k2".into()).await.unwrap(), None);
}

/// Dollars here, cents in one API and dollars in the other, and no cent is lost or made.
#[tokio::test]
async fn money_is_exact_in_the_unit_of_each_api() {
    let cases = [
        ("0", "\"0\"", "0"),
        ("0.01", "\"1\"", "0.01"),
        ("19.99", "\"1999\"", "19.99"),
        ("2500", "\"250000\"", "2500"),
        ("2500.10", "\"250010\"", "2500.1"),
        ("2500.1000", "\"250010\"", "2500.1"),
        ("90071992547409.93", "\"9007199254740993\"", "90071992547409.93"),
    ];
    for (dollars, cents, plain) in cases {
        let (fake, scope) = (serving().await, SpendScope::Organization);
        admin(&fake).set_spend_limit(&scope, usd(dollars)).await.unwrap();
        company(&fake).set_spend_limit(&scope, usd(dollars)).await.unwrap();
        let bodies: Vec<String> = fake.seen().into_iter().map(|seen| seen.body).collect();
        assert!(bodies[0].contains(&format!("\"amount\":{cents},")), "{dollars}: {}", bodies[0]);
        assert!(bodies[1].contains(&format!("\"amount\":{plain},")), "{dollars}: {}", bodies[1]);
    }
}

#[tokio::test]
async fn the_key_goes_in_the_header_that_works() {
    let fake = Fake::new(|seen, _| match seen.header("x-api-key") {
        Some(_) => Answer::empty(204),
        None => Answer::failing(401),
    })
    .await;
    calls::REMOVE_MEMBER(&admin(&fake)).await.unwrap();
    let methods: Vec<String> = fake.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["DELETE", "DELETE"]);
}

/// The guides say 200 and 201 and not what is in them.
#[tokio::test]
async fn whatever_a_success_says_it_is_one_unless_it_is_a_page() {
    for body in ["", "OK", "{}", "[]", "null"] {
        let fake = Fake::always(Answer::bytes(body.as_bytes().to_vec())).await;
        for call in [calls::SET_ROLE, calls::LIMIT, calls::REVOKE] {
            call(&company(&fake)).await.unwrap();
        }
    }
    let fake = Fake::always(Answer::bytes(b"Created".to_vec())).await;
    calls::INVITE(&company(&fake)).await.unwrap();
    let fake = Fake::always(Answer::bytes(b"<html>Sign in</html>".to_vec())).await;
    let error = calls::SET_ROLE(&company(&fake)).await.unwrap_err();
    assert!(matches!(error, PollError::NotJson { .. }) && error.is_doubtful(), "{error}");
}

#[tokio::test]
async fn redirects_of_writes_are_not_followed() {
    let fake = Fake::always(Answer::failing(307).header("location", "/v1/elsewhere")).await;
    let error = calls::LIMIT(&company(&fake)).await.unwrap_err();
    assert!(matches!(error, PollError::Redirected { .. }), "{error}");
    assert_eq!(fake.seen().len(), 1);
}
