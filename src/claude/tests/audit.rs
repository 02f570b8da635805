//! The audit logs of both APIs.

use usagewarden_core::roster::Activity;

use super::fake::{Answer, Fake};
use super::{KEY, admin, at, company};
use crate::claude::{PollError, Recovery};

const SINCE: &str = "2026-11-20T13:00:00Z";

fn page(lines: &[(&str, &str)], more: bool) -> Answer {
    let line = |(id, at): &(&str, &str)| {
        format!(r#"{{"id":"{id}","created_at":"{at}","type":"platform_api_key_created"}}"#)
    };
    let last = lines.last().map_or("", |(id, _)| id);
    let lines: Vec<String> = lines.iter().map(line).collect();
    let data = lines.join(",");
    Answer::json(format!(r#"{{"data":[{data}],"has_more":{more},"last_id":"{last}"}}"#))
}

fn ids(lines: &[Activity]) -> Vec<&str> {
    lines.iter().map(|line| line.id.as_str()).collect()
}

async fn lines_of(line: &str) -> Result<Vec<Activity>, PollError> {
    let fake = Fake::always(Answer::json(format!(r#"{{"data":[{line}],"has_more":false}}"#))).await;
    admin(&fake).activities(at(SINCE), 10).await
}

#[tokio::test]
async fn the_feed_is_walked_oldest_first_without_our_own_noise() {
    let fake = Fake::new(|seen, _| match seen.target.contains("after_id=a2") {
        false => page(&[("a1", "2026-11-20T13:00:01Z"), ("a2", "2026-11-20T13:00:02Z")], true),
        true => page(&[("a2", "2026-11-20T13:00:02Z"), ("a3", "2026-11-20T13:00:02Z")], false),
    })
    .await;
    let lines = admin(&fake).activities(at(SINCE), 500).await.unwrap();
    assert_eq!(ids(&lines), ["a1", "a2", "a3"], "each once");
    let noise = "exclude_activity_types[]=platform_cost_report_viewed\
                 &exclude_activity_types[]=platform_usage_report_messages_viewed\
                 &exclude_activity_types[]=compliance_api_accessed";
    let asked = format!(
        "/v1/compliance/activities?created_at.gte=2026-11-20T13:00:00Z&order=asc&limit=500&{noise}"
    );
    assert_eq!(fake.targets(), [asked.clone(), format!("{asked}&after_id=a2")]);
}

#[tokio::test]
async fn no_more_is_read_than_is_wanted() {
    let fake = Fake::new(|_, n| {
        let (one, other) = (format!("a{n}1"), format!("a{n}2"));
        let (early, late) = (format!("2026-11-20T13:0{n}:01Z"), format!("2026-11-20T13:0{n}:02Z"));
        page(&[(&one, &early), (&other, &late)], true)
    })
    .await;
    let client = admin(&fake);
    assert_eq!(ids(&client.activities(at(SINCE), 3).await.unwrap()), ["a01", "a02", "a11"]);
    assert_eq!(fake.seen().len(), 2);
    assert!(client.activities(at(SINCE), 0).await.unwrap().is_empty());
    assert_eq!(fake.seen().len(), 2, "nothing wanted, nothing asked");
    assert!(fake.targets()[0].contains("limit=3&"));
}

/// A gateway may know neither order nor time nor types.
#[tokio::test]
async fn what_was_not_asked_for_is_left_out() {
    let lines = r#"{"id":"a3","created_at":"2026-11-20T13:30:00Z","type":"x"},
        {"id":"a2","created_at":"2026-11-20T13:00:00Z","type":"compliance_api_accessed"},
        {"id":"a1","created_at":"2026-11-20T13:00:00Z","type":"x"},
        {"id":"a0","created_at":"2026-11-20T12:59:59.999Z","type":"x"}"#;
    assert_eq!(ids(&lines_of(lines).await.unwrap()), ["a1", "a3"]);
}

#[tokio::test]
async fn actors_of_every_kind_have_a_name() {
    let cases = [
        (
            r#"{"type":"user_actor","user_id":"user_1","email_address":"rin@example.test"}"#,
            "rin@example.test",
        ),
        (r#"{"type":"api_actor","api_key_id":"apikey_1"}"#, "apikey_1"),
        (r#"{"type":"admin_api_key_actor","admin_api_key_id":"apikey_2"}"#, "apikey_2"),
        (r#"{"type":"service_account_actor","service_account_id":"svac_1"}"#, "svac_1"),
        (r#"{"type":"system_actor","service":"billing"}"#, "billing"),
        (r#"{"type":"federated_actor","subject":"repo:x","provider":{"type":"oidc"}}"#, "repo:x"),
        (r#"{"type":"anthropic_actor"}"#, "anthropic_actor"),
        (r#"{"type":"actor_of_tomorrow","user_id":null,"id":"n_1"}"#, "n_1"),
        ("null", ""),
        (r#""rin@example.test""#, "rin@example.test"),
        ("7", ""),
    ];
    for (actor, name) in cases {
        let line = format!(
            r#"{{"id":"a1","created_at":"2026-11-20T13:02:11Z","type":"x","actor":{actor}}}"#
        );
        let lines = lines_of(&line).await.unwrap();
        assert_eq!(lines[0].actor.name(), name, "{actor}");
    }
}

#[tokio::test]
async fn whatever_else_is_said_is_kept_by_its_own_name() {
    let line = r#"{"id":"a1","created_at":"2026-11-20T13:02:11Z","organization_id":null,
        "organization_uuid":"5f0c","type":"platform_api_key_updated","limit_usd":250000,"previous":null,
        "updates":[{"type":"status","current_value":"inactive"}],"action":"sent","details":{"why":"x"},
        "note":"two\nlines \u001b[31mred","hint":"sk-ant-admin01-somebodys-abcd",
        "actor":{"type":"user_actor","user_id":"user_1","ip_address":"192.0.2.10","user_agent":null}}"#;
    let lines = lines_of(line).await.unwrap();
    let shown: Vec<String> =
        lines[0].details.iter().map(|(name, said)| format!("{name}={said}")).collect();
    assert_eq!(
        shown,
        [
            "action=sent",
            "actor.ip_address=192.0.2.10",
            "hint=sk-ant-...abcd",
            "limit_usd=250000",
            "note=two lines [31mred",
            r#"updates=[{"current_value":"inactive","type":"status"}]"#,
            "why=x",
        ]
    );
    assert_eq!(lines[0].kind, "platform_api_key_updated");
}

#[tokio::test]
async fn long_lines_are_cut_and_keys_taken_out() {
    let long = "x".repeat(5_000);
    let line = format!(
        r#"{{"id":"a1","created_at":"2026-11-20T13:02:11Z","type":"x","long":"{long}","own":"{KEY}"}}"#
    );
    let lines = lines_of(&line).await.unwrap();
    assert_eq!(lines[0].details["long"].chars().count(), 2_001);
    assert!(!format!("{lines:?}").contains("very-secret"));
}

#[tokio::test]
async fn a_line_without_a_moment_makes_the_page_unreadable() {
    for said in [r#""created_at":"soon""#, r#""created_at":null"#, r#""type":"x""#] {
        let error = lines_of(&format!(r#"{{"id":"a1",{said}}}"#)).await.unwrap_err();
        assert!(matches!(error, PollError::Unreadable { .. }), "{said}: {error}");
    }
    let bare = lines_of(r#"{"created_at":"2026-11-21"}"#).await.unwrap();
    assert_eq!((bare[0].kind.as_str(), bare[0].at), ("unknown", at("2026-11-21T00:00:00Z")));
}

#[tokio::test]
async fn most_organizations_have_no_feed_and_that_is_an_answer() {
    for status in [403, 404] {
        let fake = Fake::always(Answer::failing(status)).await;
        let error = admin(&fake).activities(at(SINCE), 10).await.unwrap_err();
        assert!(error.not_granted(), "{error}");
        assert_eq!(error.recovery(), Recovery::TellOperator);
    }
}

const COMPANY: &str = r#"{"data":[
    {"timestamp":"2026-11-20T13:30:00Z","action":"user.invited","actor":{"email":"rin@example.test"},
     "details":{"role":"member","email":"new@example.test"}},
    {"timestamp":"2026-11-20T13:30:00Z","action":"user.invited","actor":{"email":"max@example.test"},
     "details":{"role":"member","email":"new@example.test"}},
    {"timestamp":"2026-11-20","action":"api_key.deleted","actor":null,"details":null},
    {"timestamp":"2026-11-20T13:10:00+00:00","action":"api_key.created","actor":{"email":"rin@example.test"}}]}"#;

#[tokio::test]
async fn a_company_is_asked_for_its_newest_lines() {
    let fake = Fake::always(Answer::json(COMPANY)).await;
    let lines = company(&fake).activities(at(SINCE), 50).await.unwrap();
    assert_eq!(fake.targets(), ["/v1/organizations/org_1/audit_logs?limit=50"]);
    let shown: Vec<String> = lines
        .iter()
        .map(|line| format!("{} {} {}", line.at, line.kind, line.actor.name()))
        .collect();
    assert_eq!(shown[0], "2026-11-20T13:10:00Z api_key.created rin@example.test");
    assert_eq!(lines.len(), 3, "the date is a midnight before");
    assert!(lines.iter().all(|line| line.actor.kind.is_empty()));
}

/// The guides give no ids, and a line must have the same one whenever it is read.
#[tokio::test]
async fn a_companys_line_is_known_again_by_all_it_says() {
    let twice = COMPANY.replace(
        r#""role":"member","email":"new@example.test""#,
        r#""email":"new@example.test","role":"member""#,
    );
    let (one, other) =
        (Fake::always(Answer::json(COMPANY)).await, Fake::always(Answer::json(twice)).await);
    let first = company(&one).activities(at(SINCE), 50).await.unwrap();
    let again = company(&other).activities(at(SINCE), 50).await.unwrap();
    assert_eq!(ids(&first), ids(&again), "the order of fields says nothing");
    assert_ne!(first[1].id, first[2].id, "another actor, another line");
    assert_eq!(first[0].id.len(), "line_".len() + 32);
}

#[tokio::test]
async fn lines_of_a_company_that_say_the_same_in_one_second_are_as_many_as_there_are() {
    let line = r#"{"timestamp":"2026-11-20T13:30:00Z","action":"login.failed","actor":{"email":"max@example.test"}}"#;
    let mut known: Vec<String> = Vec::new();
    for times in 1..=3 {
        let body = format!(r#"{{"data":[{}]}}"#, vec![line; times].join(","));
        let fake = Fake::always(Answer::json(body)).await;
        let lines = company(&fake).activities(at(SINCE), 50).await.unwrap();
        let found: Vec<String> = ids(&lines).into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(found.len(), times);
        assert_eq!(found[..times - 1], known, "those that were known keep their ids");
        known = found;
    }
}
