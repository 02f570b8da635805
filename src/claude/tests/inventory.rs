//! Lists of the Admin API.

use super::admin;
use super::fake::{Answer, Fake, Seen};
use crate::claude::PollError;

const LIMITS: &str = r#"{"data":[{"group":{"type":"model_group","display_name":"Sonnet"},
    "models":["m"],"limits":[{"type":"requests_per_minute","value":50}]}],"next_page":null}"#;

fn answer(seen: &Seen) -> Answer {
    let rows = match seen.path() {
        "/v1/organizations/me" => {
            return Answer::json(r#"{"id":"5f0c","type":"organization","name":"Acme"}"#);
        }
        "/v1/organizations/workspaces" if seen.target.contains("include_default=true") => {
            r#"{"id":"wrkspc_1","name":"ingest","archived_at":null},{"id":"wrkspc_real","name":"Default"},
               {"id":"wrkspc_2","name":"old","archived_at":"2026-01-01T00:00:00Z"},{"id":"wrkspc_3","name":"gone"}"#
        }
        "/v1/organizations/workspaces" => {
            r#"{"id":"wrkspc_1"},{"id":"wrkspc_2"},{"id":"wrkspc_3"},{"id":"wrkspc_new"}"#
        }
        "/v1/organizations/api_keys" => {
            r#"{"id":"apikey_1","name":"a","status":"active","scope":{"type":"workspace","workspace_id":"wrkspc_real"}}"#
        }
        "/v1/organizations/users" if seen.target.contains("after_id=user_1") => {
            r#"{"id":"user_2","email":"b@example.test","name":"B","role":"admin"}"#
        }
        "/v1/organizations/users" => {
            return Answer::json(
                r#"{"data":[{"id":"user_1","email":"a@example.test","name":null,"role":"wizard"}],
                                    "has_more":true,"first_id":"user_1","last_id":"user_1"}"#,
            );
        }
        "/v1/organizations/invites" => {
            r#"{"id":"invite_1","email":"n@example.test","role":"user","status":"pending","expires_at":"2026-11-23T08:00:00Z"}"#
        }
        "/v1/organizations/rate_limits" | "/v1/organizations/workspaces/wrkspc_1/rate_limits" => {
            return Answer::json(LIMITS);
        }
        "/v1/organizations/spend_limits" => {
            r#"{"id":"spl_1","scope":{"type":"usage_tier"},"amount":"100000","currency":"USD","period":"monthly"}"#
        }
        _ => return Answer::failing(404),
    };
    Answer::json(format!(r#"{{"data":[{rows}],"has_more":false,"next_page":null}}"#))
}

#[tokio::test]
async fn the_default_workspace_is_the_one_that_is_listed_only_when_asked_for() {
    let fake = Fake::new(|seen, _| answer(seen)).await;
    let listed = admin(&fake).workspaces().await.unwrap();
    let shown: Vec<String> =
        listed.iter().map(|one| format!("{} {} {}", one.id, one.api_id, one.archived)).collect();
    assert_eq!(
        shown,
        [
            "wrkspc_1 wrkspc_1 false",
            "default wrkspc_real false",
            "wrkspc_2 wrkspc_2 true",
            "wrkspc_3 wrkspc_3 false"
        ]
    );
}

#[tokio::test]
async fn lists_are_read_in_their_own_dialects() {
    let fake = Fake::new(|seen, _| answer(seen)).await;
    let client = admin(&fake);
    assert_eq!(client.profile().await.unwrap().name, "Acme");
    let roles: Vec<String> =
        client.users().await.unwrap().into_iter().map(|user| user.role).collect();
    assert_eq!(roles, ["wizard", "admin"]);
    assert_eq!(client.invites().await.unwrap()[0].status, "pending");
    let keys = client.keys().await.unwrap();
    assert_eq!(keys[0].workspace.as_ref().unwrap().as_str(), "default");
    let limits = client.spend_limits().await.unwrap();
    assert_eq!(limits[0].amount.unwrap().to_string(), "$1,000.00");
    let preview = fake.seen().last().unwrap().header("anthropic-beta").map(str::to_owned);
    assert_eq!(preview.as_deref(), Some("spend-limit-reads-2026-09-26"));
}

#[tokio::test]
async fn rate_limits_are_the_organizations_and_those_workspaces_override() {
    let fake = Fake::new(|seen, _| answer(seen)).await;
    let limits = admin(&fake).rate_limits().await.unwrap();
    let whose: Vec<Option<&str>> =
        limits.iter().map(|limit| limit.workspace.as_ref().map(|id| id.as_str())).collect();
    assert_eq!(whose, [None, Some("wrkspc_1")], "archived, default and gone ones have none");
}

/// Most organizations have neither; that is an answer, not a failure of the key.
#[tokio::test]
async fn what_is_granted_to_few_is_told_from_what_everybody_has() {
    for status in [400, 403, 404] {
        let fake = Fake::always(Answer::failing(status)).await;
        let client = admin(&fake);
        assert!(client.spend_limits().await.unwrap_err().not_granted(), "HTTP {status}");
        assert!(!client.users().await.unwrap_err().not_granted(), "HTTP {status}");
    }
    let fake = Fake::always(Answer::failing(401)).await;
    let refused: PollError = admin(&fake).spend_limits().await.unwrap_err();
    assert!(!refused.not_granted());
}
