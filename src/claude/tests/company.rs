//! The company API, endpoint by endpoint.

use jiff::SignedDuration;
use jiff::civil::date;

use super::fake::{Answer, Fake, Seen};
use super::{client_with, settings};
use crate::claude::{Api, Client, Me, PollError, Settings};

fn answer(seen: &Seen) -> Answer {
    Answer::json(match seen.path() {
        "/v1/organizations/company" => {
            r#"{"id":"org_1","name":"Acme Corp","plan":"enterprise","created_at":"2024-01-15",
                "settings":{"rate_limits":{"requests_per_minute":4000},"features":["batch"]}}"#
        }
        "/v1/organizations/company/usage" => {
            r#"{"tokens_used":800,"tokens_remaining":200,"reset_date":"2026-12-01"}"#
        }
        "/v1/organizations/company/api_keys" => {
            r#"{"data":[{"id":"k1","status":"active","created_at":"2026-01-01T00:00:00Z","last_used_at":null},
                        {"id":"k2","status":"revoked","created_at":"2026-01-01T00:00:00Z"},
                        {"id":"k3","name":"own"}]}"#
        }
        "/v1/organizations/org_1/api_keys" => {
            r#"{"data":[{"id":"k1","name":"batch","created_at":"2026-01-01T00:00:00Z","last_used_at":"2026-11-01"}]}"#
        }
        "/v1/organizations/org_1/users" => {
            r#"{"data":[{"user_id":"u1","email":"rin@example.test","role":"admin","status":"active","last_active_at":null},
                        {"email":"max@example.test","role":"member","status":"invited"}]}"#
        }
        "/v1/organizations/org_1/usage" => {
            r#"{"total_tokens":30,"input_tokens":10,"output_tokens":20,"estimated_cost":12.34}"#
        }
        "/v1/organizations" => {
            r#"{"data":[{"id":"org_1","name":"Acme Corp","role":"admin","created_at":"2024-01-15T00:00:00Z"}]}"#
        }
        "/v1/me" => r#"{"role":"admin","organization":{"name":"Acme Corp"}}"#,
        _ => return Answer::failing(404),
    })
}

async fn company() -> (Fake, Client) {
    let fake = Fake::new(|seen, _| answer(seen)).await;
    let client = client_with(settings(Api::Company, fake.url())).0;
    (fake, client)
}

#[tokio::test]
async fn every_endpoint_of_the_guides_is_read() {
    let (fake, client) = company().await;
    let profile = client.profile().await.unwrap();
    assert_eq!((profile.name.as_str(), profile.plan.as_deref()), ("Acme Corp", Some("enterprise")));
    let quota = client.quota().await.unwrap();
    assert_eq!((quota.used, quota.remaining, quota.limit), (800, 200, 1000));
    let totals = client.day_totals(date(2026, 11, 1), date(2026, 11, 20)).await.unwrap();
    assert_eq!(totals.estimated_cost.to_string(), "12.34");
    assert!(fake.targets().contains(
        &"/v1/organizations/org_1/usage?start_date=2026-11-01&end_date=2026-11-20".to_owned()
    ));
    assert_eq!(client.memberships().await.unwrap()[0].role, "admin");
    let me = Me { role: "admin".to_owned(), organization: "Acme Corp".to_owned() };
    assert_eq!(client.me().await.unwrap(), me);
    let ids: Vec<String> = client.users().await.unwrap().into_iter().map(|user| user.id).collect();
    assert_eq!(ids, ["u1", "max@example.test"]);
    assert!(client.workspaces().await.unwrap().is_empty());
    assert!(client.invites().await.unwrap().is_empty());
    assert!(fake.seen().iter().all(|seen| seen.header("x-api-key").is_some()));
}

#[tokio::test]
async fn keys_have_their_state_from_one_list_and_their_name_from_the_other() {
    let (_fake, client) = company().await;
    let keys = client.keys().await.unwrap();
    let shown: Vec<String> =
        keys.iter().map(|key| format!("{} {} {}", key.id, key.name, key.status)).collect();
    assert_eq!(shown, ["k1 batch active", "k2 k2 revoked", "k3 own active"]);
}

#[tokio::test]
async fn keys_do_without_names_where_only_one_list_is_served() {
    let fake = Fake::new(|seen, _| match seen.path().ends_with("org_1/api_keys") {
        true => Answer::failing(404),
        false => answer(seen),
    })
    .await;
    let client = client_with(settings(Api::Company, fake.url())).0;
    assert_eq!(client.keys().await.unwrap().len(), 3);
}

#[tokio::test]
async fn the_profile_is_asked_for_once_in_ten_minutes() {
    let (fake, clock_and_client) = {
        let fake = Fake::new(|seen, _| answer(seen)).await;
        let made = client_with(settings(Api::Company, fake.url()));
        (fake, made)
    };
    let (client, clock) = clock_and_client;
    let rows = [(0, 1), (599, 1), (1, 2), (0, 2), (-3_600, 3)];
    for (seconds, questions) in rows {
        clock.advance(SignedDuration::from_secs(seconds));
        client.profile().await.unwrap();
        assert_eq!(fake.seen().len(), questions, "after {seconds} s more");
    }
}

#[tokio::test]
async fn a_configured_id_is_used_as_it_is_and_cannot_leave_its_place() {
    let fake = Fake::always(Answer::failing(404)).await;
    let company_id = Some("../org 2?x".to_owned());
    let settings = Settings { company_id, ..settings(Api::Company, fake.url()) };
    let error = client_with(settings).0.users().await.unwrap_err();
    assert!(matches!(error, PollError::NotFound { .. }), "{error}");
    assert_eq!(fake.targets(), ["/v1/organizations/..%2Forg%202%3Fx/users"]);
}
