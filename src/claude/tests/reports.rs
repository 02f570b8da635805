//! What is asked for a report, and what becomes of its pages.

use usagewarden_core::window::Width;

use super::fake::{Answer, Fake};
use super::{EMPTY, admin, an_hour, ask_usage, at, window};
use crate::claude::{PollError, analytics_reach};

fn minute(at: &str, next: Option<&str>) -> String {
    let row = r#"{"uncached_input_tokens":1,"output_tokens":2,"model":"m","workspace_id":null}"#;
    let next = next.map_or("null".to_owned(), |next| format!("\"{next}\""));
    let more = next != "null";
    format!(
        r#"{{"data":[{{"starting_at":"{at}","results":[{row}]}}],"has_more":{more},"next_page":{next}}}"#
    )
}

#[tokio::test]
async fn the_usage_report_is_asked_for_as_documented() {
    let fake = Fake::always(Answer::json(EMPTY)).await;
    assert_eq!(ask_usage(&admin(&fake)).await.unwrap(), 0);
    let seen = &fake.seen()[0];
    assert_eq!(
        seen.target,
        "/v1/organizations/usage_report/messages?starting_at=2026-11-20T13:00:00Z\
         &ending_at=2026-11-20T14:00:00Z&bucket_width=1m&limit=360&group_by[]=workspace_id\
         &group_by[]=model&group_by[]=api_key_id&group_by[]=service_tier&group_by[]=inference_geo"
    );
    let headers = [
        ("authorization", Some("Bearer sk-ant-admin01-very-secret-QwEr")),
        ("x-api-key", None),
        ("anthropic-version", Some("2023-06-01")),
        ("anthropic-beta", None),
        ("accept", Some("application/json")),
        ("accept-encoding", Some("gzip")),
        ("user-agent", Some("usagewarden/0.1.0 (+https://github.com/usagewarden/usagewarden)")),
    ];
    for (name, expected) in headers {
        assert_eq!(seen.header(name), expected, "{name}");
    }
}

#[tokio::test]
async fn the_cost_report_is_asked_for_as_documented() {
    let fake = Fake::always(Answer::json(EMPTY)).await;
    let days = window("2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z");
    assert!(admin(&fake).cost(days).await.unwrap().is_empty());
    assert_eq!(
        fake.targets(),
        ["/v1/organizations/cost_report?starting_at=2026-11-01T00:00:00Z\
          &ending_at=2026-11-20T00:00:00Z&bucket_width=1d&limit=31&group_by[]=workspace_id\
          &group_by[]=description"]
    );
}

#[tokio::test]
async fn a_base_url_may_have_a_path_and_even_the_version() {
    let cases = [
        ("", "/v1/"),
        ("/", "/v1/"),
        ("/v1", "/v1/"),
        ("/v1/", "/v1/"),
        ("/claude/", "/claude/v1/"),
    ];
    let fake = Fake::always(Answer::json(EMPTY)).await;
    for (path, expected) in cases {
        let base = format!("{}{path}", fake.url().as_str().trim_end_matches('/'));
        let settings = super::settings(crate::claude::Api::Admin, base.parse().unwrap());
        ask_usage(&super::client_with(settings).0).await.unwrap();
        let target = fake.targets().pop().unwrap();
        assert!(target.starts_with(&format!("{expected}organizations/usage")), "{base}: {target}");
    }
}

#[tokio::test]
async fn a_walk_gathers_every_page() {
    let fake = Fake::script(vec![
        Answer::json(minute("2026-11-20T13:00:00Z", Some("page_b"))),
        Answer::json(minute("2026-11-20T13:01:00Z", Some("page_c"))),
        Answer::json(minute("2026-11-20T13:02:00Z", None)),
    ])
    .await;
    assert_eq!(ask_usage(&admin(&fake)).await.unwrap(), 3);
    let cursors: Vec<bool> =
        fake.targets().iter().map(|target| target.contains("&page=")).collect();
    assert_eq!(cursors, [false, true, true]);
    assert!(fake.targets()[2].ends_with("&page=page_c"));
}

#[tokio::test]
async fn a_stale_cursor_begins_the_walk_again_and_keeps_nothing_of_it() {
    for stale in [410, 400] {
        let fake = Fake::script(vec![
            Answer::json(minute("2026-11-20T13:00:00Z", Some("page_old"))),
            Answer::failing(stale),
            Answer::json(minute("2026-11-20T13:10:00Z", Some("page_new"))),
            Answer::json(minute("2026-11-20T13:11:00Z", None)),
        ])
        .await;
        let buckets = admin(&fake).usage(Width::Minute, an_hour()).await.unwrap();
        let from: Vec<String> = buckets.iter().map(|bucket| bucket.from().to_string()).collect();
        assert_eq!(from, ["2026-11-20T13:10:00Z", "2026-11-20T13:11:00Z"], "HTTP {stale}");
    }
}

#[tokio::test]
async fn a_report_that_never_holds_still_ends_in_an_error() {
    let fake = Fake::new(|seen, _| match seen.target.contains("page=") {
        true => Answer::failing(410),
        false => Answer::json(minute("2026-11-20T13:00:00Z", Some("page_b"))),
    })
    .await;
    let error = ask_usage(&admin(&fake)).await.unwrap_err();
    assert!(matches!(error, PollError::StaleCursor { restarts: 3, .. }), "{error}");
    assert_eq!(fake.seen().len(), 8, "four walks of two pages");
}

#[tokio::test]
async fn a_later_page_that_fails_leaves_nothing_of_the_earlier() {
    let first = Answer::json(minute("2026-11-20T13:00:00Z", Some("page_b")));
    let fake = Fake::script(vec![first, Answer::failing(404)]).await;
    let error = ask_usage(&admin(&fake)).await.unwrap_err();
    assert!(matches!(error, PollError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn buckets_that_were_not_asked_for_are_left_out() {
    let fake = Fake::script(vec![
        Answer::json(minute("2026-11-20T12:59:00Z", Some("b"))),
        Answer::json(minute("2026-11-20T14:00:00Z", Some("c"))),
        Answer::json(minute("2026-11-20T13:59:00Z", None)),
    ])
    .await;
    assert_eq!(ask_usage(&admin(&fake)).await.unwrap(), 1);
}

fn workspaces(target: &str) -> Answer {
    let default = r#"{"id":"wrkspc_real","name":"Default"}"#;
    let other = r#"{"id":"wrkspc_1","name":"ingest"}"#;
    Answer::json(match target.contains("include_default=true") {
        true => format!(r#"{{"data":[{other},{default}],"has_more":false,"last_id":"x"}}"#),
        false => format!(r#"{{"data":[{other}],"has_more":false,"last_id":"x"}}"#),
    })
}

fn cost_row(at: &str, cents: &str) -> String {
    format!(
        r#"{{"starting_at":"{at}","group":{{"workspace_id":"wrkspc_real","cost_type":"tokens"}},"cost":{{"amount":"{cents}","currency":"USD"}}}}"#
    )
}

#[tokio::test]
async fn analytics_knows_the_default_workspace_and_cuts_long_windows() {
    let fake = Fake::new(|seen, n| {
        if seen.path().ends_with("/workspaces") {
            return workspaces(&seen.target);
        }
        let row = cost_row("2026-10-01T03:00:00Z", "150") + "," + &cost_row("2026-10-01T03:00:00Z", "50");
        let hour = 10 + n;
        Answer::json(format!(
            r#"{{"data":[{row}],"has_more":false,"next_page":null,"data_refreshed_at":"2026-11-20T{hour}:00:00Z"}}"#
        ))
    })
    .await;
    let window = window("2026-10-01T00:00:00Z", "2026-11-20T00:00:00Z");
    let found = admin(&fake).analytics_cost(Width::Hour, window).await.unwrap();

    assert_eq!(found.refreshed_at, at("2026-11-20T12:00:00Z"), "the older of the two answers");
    assert_eq!(found.buckets.len(), 1);
    assert_eq!(found.buckets[0].total().to_string(), "$4.00");
    assert_eq!(found.buckets[0].rows()[0].0.workspace.as_str(), "default");
    let seen = fake.seen();
    let spans: Vec<&str> =
        seen[2..].iter().map(|seen| seen.target.split('&').nth(1).unwrap()).collect();
    assert_eq!(spans, ["ending_at=2026-11-01T00:00:00Z", "ending_at=2026-11-20T00:00:00Z"]);
    assert!(seen[2].target.contains("&time_bucket_width=1h&limit=1000&order_by=time&order=asc&"));
    assert_eq!(seen[2].header("anthropic-beta"), Some("analytics-usage-cost-2026-08-24"));
}

/// A later page may be fresher than the first. What holds for all is the oldest.
#[tokio::test]
async fn a_report_is_as_fresh_as_its_stalest_page() {
    let page = |hour: u32, next: &str, more: bool| {
        let row = cost_row("2026-11-20T13:00:00Z", "100");
        Answer::json(format!(
            r#"{{"data":[{row}],"has_more":{more},"next_page":{next},"data_refreshed_at":"2026-11-20T{hour}:00:00Z"}}"#
        ))
    };
    let pages = [page(12, "\"b\"", true), page(11, "\"c\"", true), page(13, "null", false)];
    let fake = Fake::new(move |seen, n| match seen.path().ends_with("/workspaces") {
        true => workspaces(&seen.target),
        false => pages[n - 2].clone(),
    })
    .await;
    let found = admin(&fake).analytics_cost(Width::Hour, an_hour()).await.unwrap();
    assert_eq!(found.refreshed_at, at("2026-11-20T11:00:00Z"));
    assert_eq!(found.buckets[0].total().to_string(), "$3.00");
}

#[tokio::test]
async fn requests_are_counted_by_hour_workspace_and_model() {
    let fake = Fake::new(|seen, _| {
        if seen.path().ends_with("/workspaces") {
            return Answer::failing(403);
        }
        let row = r#"{"starting_at":"2026-11-20T13:00:00Z","group":{"workspace_id":"w","model":"m"},"usage":{"requests":200}}"#;
        Answer::json(format!(
            r#"{{"data":[{row},{row}],"has_more":false,"data_refreshed_at":"2026-11-20T13:40:00Z"}}"#
        ))
    })
    .await;
    let found = admin(&fake).analytics_requests(an_hour()).await.unwrap();
    assert_eq!(found.buckets.len(), 1);
    assert_eq!(found.buckets[0].rows, [(("w".into(), "m".into()), 400)]);
}

#[tokio::test]
async fn analytics_without_its_freshness_is_unreadable() {
    let fake = Fake::new(|seen, _| match seen.path().ends_with("/workspaces") {
        true => workspaces(&seen.target),
        false => Answer::json(EMPTY),
    })
    .await;
    let error = admin(&fake).analytics_cost(Width::Hour, an_hour()).await.unwrap_err();
    assert!(matches!(error, PollError::Unreadable { .. }), "{error}");
}

#[test]
fn analytics_reaches_back_a_year_and_never_beyond_its_beginning() {
    assert_eq!(analytics_reach(at("2026-11-20T14:00:00Z")), at("2026-01-01T00:00:00Z"));
    assert_eq!(analytics_reach(at("2027-11-20T14:00:00Z")), at("2026-11-21T00:00:00Z"));
}
