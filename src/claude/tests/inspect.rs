//! Keys looked at from outside, and what a key may read.

use super::fake::{Answer, Fake, Seen};
use super::{KEY, admin, client_with, company, settings};
use crate::claude::inspect::inspect;
use crate::claude::{Api, Asked, Inspection, PollError, Settings, Standing, matches_hint};

const PIPELINE: &str = "sk-ant-api03-deploy-and-secret-Zx9Y";

async fn look(api: Api, key: &str, fake: &Fake) -> Result<Inspection, PollError> {
    let settings = Settings { key: key.into(), ..settings(api, fake.url()) };
    inspect(&client_with(settings).0, &key.into()).await
}

fn placed(answer: Answer) -> Answer {
    answer
        .header("anthropic-organization-id", "5f0c2b1e")
        .header("anthropic-workspace-id", "wrkspc_01QzExample")
}

#[tokio::test]
async fn an_ordinary_key_says_where_it_belongs() {
    let fake = Fake::always(placed(Answer::json(r#"{"data":[],"has_more":false}"#))).await;
    let found = look(Api::Admin, PIPELINE, &fake).await.unwrap();
    let expected = Inspection {
        key: "sk-ant-...Zx9Y".to_owned(),
        standing: Standing::Active,
        organization_id: Some("5f0c2b1e".to_owned()),
        organization_name: None,
        workspace_id: Some("wrkspc_01QzExample".to_owned()),
        role: None,
    };
    assert_eq!(found, expected);
    assert_eq!(fake.targets(), ["/v1/models?limit=1"]);
}

#[tokio::test]
async fn an_admin_key_is_asked_who_it_is() {
    let fake = Fake::always(Answer::json(r#"{"id":"5f0c","name":"Acme"}"#)).await;
    let found = look(Api::Admin, KEY, &fake).await.unwrap();
    assert_eq!(fake.targets(), ["/v1/organizations/me"]);
    assert_eq!(found.organization_id.as_deref(), Some("5f0c"));
    assert_eq!(found.organization_name.as_deref(), Some("Acme"));
    assert_eq!(found.workspace_id, None);
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_a_failure_is_none() {
    let refused = Standing::Refused { message: "example text".to_owned() };
    let barred = Standing::NotAllowed { message: "example text".to_owned() };
    for api in [Api::Admin, Api::Company] {
        for (status, standing) in [(401, &refused), (403, &barred)] {
            let fake = Fake::always(placed(Answer::failing(status))).await;
            let found = look(api, PIPELINE, &fake).await.unwrap();
            assert_eq!(&found.standing, standing);
            assert_eq!(
                found.organization_id.as_deref(),
                Some("5f0c2b1e"),
                "it is said all the same"
            );
        }
        for status in [400, 404, 500] {
            let fake = Fake::always(Answer::failing(status)).await;
            look(api, PIPELINE, &fake).await.unwrap_err();
        }
    }
}

#[tokio::test]
async fn a_companys_key_has_a_role_and_perhaps_no_profile() {
    let me = r#"{"role":"member","organization":{"name":"Acme Corp"}}"#;
    let profile = r#"{"id":"org_1","name":"Acme Corp Ltd"}"#;
    let cases =
        [(200, Some("org_1"), "Acme Corp Ltd"), (403, None, "Acme Corp"), (404, None, "Acme Corp")];
    for (status, id, name) in cases {
        let fake = Fake::new(move |seen, _| match (seen.path(), status) {
            ("/v1/me", _) => Answer::json(me),
            (_, 200) => Answer::json(profile),
            _ => Answer::failing(status),
        })
        .await;
        let found = look(Api::Company, PIPELINE, &fake).await.unwrap();
        assert_eq!((found.standing, found.role.as_deref()), (Standing::Active, Some("member")));
        assert_eq!(found.organization_id.as_deref(), id);
        assert_eq!(found.organization_name.as_deref(), Some(name));
    }
}

#[tokio::test]
async fn a_gateway_without_me_is_asked_for_the_profile() {
    let fake = Fake::new(|seen, _| match seen.path() {
        "/v1/me" => Answer::failing(404),
        _ => Answer::json(r#"{"id":"org_1","name":"Acme"}"#),
    })
    .await;
    let found = look(Api::Company, PIPELINE, &fake).await.unwrap();
    assert_eq!((found.role, found.organization_name.as_deref()), (None, Some("Acme")));
}

#[tokio::test]
async fn a_strange_header_is_no_id() {
    let strange = Answer::json("{}").header("anthropic-organization-id", "<b>not an id</b>");
    let fake = Fake::always(strange).await;
    assert_eq!(look(Api::Admin, PIPELINE, &fake).await.unwrap().organization_id, None);
}

#[tokio::test]
async fn a_key_that_is_looked_at_is_never_shown() {
    for status in [200, 401, 403, 500] {
        let fake =
            Fake::always(Answer::refusal(status, "x", None, &format!("no {PIPELINE}"))).await;
        for api in [Api::Admin, Api::Company] {
            let shown = format!("{:?}", look(api, PIPELINE, &fake).await);
            assert!(!shown.contains("deploy-and-secret"), "{shown}");
        }
    }
}

#[test]
fn a_hint_fits_by_head_and_tail() {
    let cases = [
        ("sk-ant-api03-dep...Zx9Y", true),
        ("sk-ant-...Zx9Y", true),
        ("sk-ant-api03-dep…Zx9Y", true),
        ("sk-ant-api03-dep.....Zx9Y", true),
        ("sk-ant-api03-dep...Zx9y", false),
        ("sk-ant-admin01-d...Zx9Y", false),
        ("sk-ant-...", false),
        ("sk-ant-...9Y", false),
        ("...Zx9Y", true),
        ("", false),
        (PIPELINE, false),
        ("sk-ant-api03-deploy-and-secret-Zx...-secret-Zx9Y", false),
    ];
    for (hint, fits) in cases {
        assert_eq!(matches_hint(&PIPELINE.into(), hint), fits, "{hint:?}");
    }
}

fn granted(seen: &Seen) -> Answer {
    match seen.path() {
        path if path.contains("analytics") => Answer::failing(404),
        "/v1/organizations/spend_limits" => Answer::failing(403),
        _ => Answer::json("{}"),
    }
}

#[tokio::test]
async fn permissions_are_probed_with_one_line_each_and_nothing_is_written() {
    let fake = Fake::new(|seen, _| granted(seen)).await;
    let found = admin(&fake).permissions().await;
    let denied: Vec<Asked> =
        found.iter().filter(|(_, answer)| answer.is_err()).map(|(asked, _)| *asked).collect();
    assert_eq!(denied, [Asked::AnalyticsUsage, Asked::AnalyticsCost, Asked::SpendLimits]);
    assert_eq!((found.len(), fake.seen().len()), (12, 12));
    for seen in fake.seen() {
        assert_eq!((seen.method.as_str(), seen.body.as_str()), ("GET", ""));
        assert!(seen.target.contains("limit=1") || seen.path().ends_with("/me"), "{}", seen.target);
    }
    let cost = fake.targets().into_iter().find(|target| target.contains("cost_report")).unwrap();
    assert!(cost.contains("starting_at=2026-11-19T00:00:00Z&ending_at=2026-11-20T00:00:00Z"));
}

#[tokio::test]
async fn a_company_is_probed_by_what_its_guides_name() {
    let fake = Fake::always(Answer::failing(403)).await;
    let found = company(&fake).permissions().await;
    assert_eq!(found.len(), 8);
    assert!(found.iter().all(|(_, answer)| matches!(answer, Err(PollError::Forbidden { .. }))));
}
