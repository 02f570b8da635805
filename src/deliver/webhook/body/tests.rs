//! Bodies as receivers read them, each against `docs/webhook.schema.json`.

mod cases;
mod schema;

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;
use usagewarden_core::notice::{LaneId, News, Notice, NoticeId};

use super::*;
use cases::{all, budget, test};
use schema::Schema;

const URL: &str = "https://warden.example.com/";

fn notice(news: Vec<News>) -> Notice {
    let decided_at: Timestamp = "2026-11-21T14:05:03.123456Z".parse().unwrap();
    let (id, lane) = (NoticeId("n".to_owned()), LaneId("acme".to_owned()));
    Notice { id, organization: "acme".into(), decided_at, lane, news }
}

fn rendered(news: Vec<News>) -> Value {
    serde_json::from_slice(&render(&notice(news), URL).unwrap()).unwrap()
}

#[test]
fn a_budget_reads_as_the_design_has_it() {
    let bytes = render(&notice(vec![budget()]), URL).unwrap();
    // One field a line, in the order they are sent.
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap().replace(",\"", ",\n\""));
}

#[test]
fn every_kind_of_alert_is_as_the_schema_says_and_every_field_of_it_comes() {
    let schema = Schema::of_the_documentation();
    let mut met = BTreeSet::new();
    for news in all() {
        let kind = news.facts.kind;
        let body = rendered(vec![news]);
        schema.check(&body, &mut met).unwrap_or_else(|why| panic!("{kind:?}: {why}\n{body:#}"));
    }
    let many = rendered(vec![budget(); 300]);
    schema.check(&many, &mut met).unwrap();
    let missing: Vec<_> = schema.fields().difference(&met).cloned().collect();
    assert!(missing.is_empty(), "no body has {missing:?}");
}

#[test]
fn the_schema_refuses_what_it_should() {
    let schema = Schema::of_the_documentation();
    let alert = "/data/alerts/0";
    for (place, field, wrong) in [
        ("", "type", Value::from("alert.broken")),
        ("", "extra", Value::from(1)),
        ("/data", "version", Value::from(2)),
        (alert, "value", Value::from(4012.55)),
        (alert, "value", Value::from("$4,012.55")),
        (alert, "ratio", Value::from("0.8")),
        (alert, "since", Value::from("yesterday")),
        (alert, "step", Value::Null),
        ("/data/alerts/0/period", "from", Value::Null),
    ] {
        let mut body = rendered(vec![budget()]);
        body.pointer_mut(place).unwrap()[field] = wrong.clone();
        assert!(schema.check(&body, &mut BTreeSet::new()).is_err(), "{place}/{field} = {wrong}");
    }
    let mut body = rendered(vec![budget()]);
    body.pointer_mut(alert).unwrap().as_object_mut().unwrap().remove("summary");
    assert!(schema.check(&body, &mut BTreeSet::new()).is_err(), "without a summary");
}

#[test]
fn the_most_urgent_effect_is_the_type_and_each_alert_has_its_own() {
    let body = rendered(vec![budget(), test()]);
    assert_eq!(body["type"], "alert.fired");
    let effects: Vec<&Value> =
        body["data"]["alerts"].as_array().unwrap().iter().map(|alert| &alert["effect"]).collect();
    assert_eq!(effects, ["fired", "test"]);
}

#[test]
fn the_same_notice_gives_the_same_bytes() {
    let news = all();
    assert_eq!(render(&notice(news.clone()), URL).unwrap(), render(&notice(news), URL).unwrap());
}

#[test]
fn figures_are_exact_however_large_and_never_reach_a_limit_early() {
    for (value, limit, expected_value, expected_ratio) in [
        ("4012.554", "5000", "4012.55", "0.8025"),
        ("4999.999999", "5000", "5000.00", "0.9999"),
        ("12345678901234567890.12", "1", "12345678901234567890.12", "12345678901234567890.12"),
        ("0", "5000", "0.00", "0"),
    ] {
        let mut news = budget();
        let money = |text: &str| {
            let dollars = Decimal::from_str_exact(text).unwrap();
            Some(usagewarden_core::quantity::Quantity::new(
                dollars,
                usagewarden_core::quantity::Unit::Usd,
            ))
        };
        (news.facts.value, news.facts.limit) = (money(value), money(limit));
        let body = String::from_utf8(render(&notice(vec![news]), URL).unwrap()).unwrap();
        let expected = format!("\"value\":\"{expected_value}\"");
        assert!(body.contains(&expected), "{expected} in {body}");
        let expected = format!("\"ratio\":{expected_ratio},");
        assert!(body.contains(&expected), "{expected} in {body}");
    }
}

#[test]
fn a_large_notice_sheds_contributors_first_and_alerts_at_the_very_end() {
    let few = rendered(vec![budget(); 5]);
    assert!(few["data"]["alerts"][4]["contributors"].is_array());
    let many = rendered(vec![budget(); 100]);
    assert_eq!(many["data"]["alerts"].as_array().unwrap().len(), 100);
    assert!(many["data"]["alerts"][0].get("contributors").is_none());
    assert!(many["data"].get("alerts_left_out").is_none());
    let too_many = rendered(vec![budget(); ALERTS_MOST + 3]);
    assert_eq!(too_many["data"]["alerts"].as_array().unwrap().len(), ALERTS_MOST);
    assert_eq!(too_many["data"]["alerts_left_out"], 3);
}
