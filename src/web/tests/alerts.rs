//! What is wrong now, as programs read it.

use std::collections::BTreeMap;

use serde_json::Value;
use usagewarden_core::notice::{Effect, LaneId, News, NewsId, Notice, NoticeId};

use super::*;
use crate::deliver::webhook;
use crate::metrics::example::judged;

#[tokio::test]
async fn every_alert_is_shown_with_its_figures_words_and_who_was_told() {
    let warden = Warden::start().await;
    let answer = warden.get("/api/v1/alerts").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn alerts_can_be_narrowed_down() {
    let warden = Warden::start().await;
    let rules = async |query: &str| -> Vec<String> {
        let answer = warden.get(&format!("/api/v1/alerts{query}")).await.json();
        let alerts = answer["data"].as_array().unwrap().clone();
        alerts.iter().map(|alert| alert["rule"].as_str().unwrap().to_owned()).collect()
    };
    // The most urgent first.
    assert_eq!(rules("").await, ["blind", "month", "output-burst"]);
    assert_eq!(rules("?state=firing").await, ["blind", "month"]);
    assert_eq!(rules("?state=pending&organization=acme").await, ["output-burst"]);
    assert_eq!(rules("?rule=month").await, ["month"]);
    assert_eq!(rules("?rule=nothing").await, [""; 0]);
    assert_eq!(rules("?organization=labs").await, [""; 0]);
}

#[tokio::test]
async fn one_alert_is_found_by_its_id_and_an_old_id_is_explained() {
    let warden = Warden::start().await;
    let all = warden.get("/api/v1/alerts").await.json();
    let id = all["data"][1]["id"].as_str().unwrap().to_owned();
    assert_eq!(warden.get(&format!("/api/v1/alerts/{id}")).await.json(), all["data"][1]);
    let gone = warden.get("/api/v1/alerts/gone").await;
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("it may have resolved"), "{}", gone.text());
}

#[tokio::test]
async fn bad_questions_about_alerts_name_the_parameter() {
    let warden = Warden::start().await;
    let cases = [
        ("stat=firing", "stat", "known are `organization`, `state` and `rule`"),
        ("state=firing&state=pending", "state", "given twice"),
        ("state=quiet", "state", "`state` knows `pending` and `firing`, not `quiet`"),
        ("organization=acm", "organization", "no organization is called `acm`"),
    ];
    for (query, parameter, words) in cases {
        let answer = warden.get(&format!("/api/v1/alerts?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        let error = &answer.json()["error"];
        assert_eq!(error["parameter"], parameter, "{query}");
        assert!(error["message"].as_str().unwrap().contains(words), "for {query}: {error}");
    }
}

/// By rule, severity and state.
type Counts = BTreeMap<[String; 3], u64>;

#[tokio::test]
async fn metrics_and_alerts_of_one_commit_say_the_same() {
    let warden = Warden::start().await;
    let (alerts, metrics) =
        (warden.get("/api/v1/alerts").await.json(), warden.get("/metrics").await);
    let mut listed = Counts::new();
    for alert in alerts["data"].as_array().unwrap() {
        let word = |name: &str| alert[name].as_str().unwrap().to_owned();
        *listed.entry(["rule", "severity", "state"].map(word)).or_default() += 1;
    }
    let counted: Counts = metrics
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("usagewarden_alerts{organization=\"acme\","))
        .filter_map(|line| {
            let (labels, count) = line.split_once("} ")?;
            let mut words = labels.split('"').skip(1).step_by(2).map(str::to_owned);
            let key = [words.next()?, words.next()?, words.next()?];
            Some((key, count.parse().ok()?)).filter(|(_, count)| *count > 0)
        })
        .collect();
    assert_eq!(counted, listed);

    // And the budget that fires has the same figures, to the cent.
    let month = &alerts["data"][1];
    let value = |name: &str| {
        let start = format!("claude_budget_{name}{{organization=\"acme\",rule=\"month\"");
        let line = metrics.text().lines().find(|line| line.starts_with(&start)).unwrap();
        line.rsplit_once(' ').unwrap().1.to_owned()
    };
    assert_eq!(value("used_ratio"), month["ratio"].to_string());
    assert_eq!(value("limit_usd"), "3750");
    assert_eq!(month["limit"], "3750.00");
    let reset: Timestamp = month["period"]["until"].as_str().unwrap().parse().unwrap();
    assert_eq!(value("reset_timestamp_seconds"), reset.as_second().to_string());
}

/// In the list of what fires, and of no use in a message: it says `effect` instead.
const LISTED_ONLY: [&str; 2] = ["state", "told"];

/// What happened, in the terms of its kind: only a message is about something that happens.
const TOLD_ONLY: [&str; 6] = ["effect", "following_step", "report", "refused", "cause", "fix"];

/// As the body of a webhook would have it: what is not known is absent, times are to the
/// second, shares have four places.
fn told_shape(listed: &Value) -> Value {
    match listed {
        Value::Object(fields) => {
            let is_known = |value: &Value| !value.is_null() && *value != Value::Array(Vec::new());
            let known = fields.iter().filter(|(_, value)| is_known(value));
            known.map(|(name, value)| (name.clone(), told_shape(value))).collect()
        }
        Value::Array(parts) => parts.iter().map(told_shape).collect(),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(at) => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
            Err(_) => listed.clone(),
        },
        Value::Number(share) => {
            ((share.as_f64().unwrap() * 10_000.0 + 1e-6).floor() / 10_000.0).into()
        }
        Value::Null | Value::Bool(_) => listed.clone(),
    }
}

#[tokio::test]
async fn an_alert_reads_alike_in_the_list_and_in_a_webhook() {
    let warden = Warden::start().await;
    let listed = warden.get("/api/v1/alerts").await.json();
    let mut compared = Vec::new();
    for standing in judged("acme").standings {
        let facts = standing.facts;
        let id = facts.episode.0.clone();
        let rows = listed["data"].as_array().unwrap();
        let Some(row) = rows.iter().find(|row| row["id"] == id.as_str()) else { continue };
        let news =
            News { id: NewsId(id), effect: Effect::Fired, facts, period_end: false, only: None };
        let notice = Notice {
            id: NoticeId("n".to_owned()),
            organization: "acme".into(),
            decided_at: time("2026-11-16T08:30:00Z"),
            lane: LaneId("acme".to_owned()),
            news: vec![news],
        };
        let body = webhook::render(&notice, "https://warden.example.com/").unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let mut told = told_shape(&body["data"]["alerts"][0]);
        let mut shown = told_shape(row);
        LISTED_ONLY.iter().for_each(|name| drop(shown.as_object_mut().unwrap().remove(*name)));
        TOLD_ONLY.iter().for_each(|name| drop(told.as_object_mut().unwrap().remove(*name)));
        assert_eq!(shown, told);
        compared.push(told["rule"].clone());
    }
    assert_eq!(compared, ["month", "blind"]);
}
