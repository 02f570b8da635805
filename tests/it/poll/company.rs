//! Totals by day of an API that does not say whether its ranges count their last day.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::json;
use usagewarden::claude::Api;
use usagewarden::poll::reports;
use usagewarden_core::reading::Report;
use usagewarden_core::window::{Width, Window};

use super::rig::{FLOOR, Rig, Setup, at};

/// How a gateway may mean a range of days.
#[derive(Clone, Copy, Debug)]
enum Ranges {
    CountLastDay,
    LeaveItOut,
    /// And call a range of one day a mistake.
    RefuseOneDay,
}

/// Tokens of a day: some are idle, today among them when `today_idle`.
fn tokens(day: Date, today_idle: bool) -> u64 {
    let idle = day.day() % 5 == 3 || (today_idle && day == date(2026, 11, 20));
    let used = day <= date(2026, 11, 20) && day >= date(2026, 9, 1) && !idle;
    if used { 1_000 * u64::from(day.day().unsigned_abs()) + 7 } else { 0 }
}

fn gateway(ranges: Ranges, today_idle: bool) -> Router {
    let profile = json!({ "id": "org_1", "name": "Acme", "plan": "enterprise",
        "created_at": "2025-01-01T00:00:00Z", "settings": { "features": [] } });
    let quota = json!({ "tokens_used": 5, "tokens_remaining": 5, "reset_date": "2026-12-01" });
    let listed = || get(|| async { Json(json!({ "data": [] })) });
    let usage = move |Query(asked): Query<BTreeMap<String, String>>| {
        std::future::ready(totals(ranges, today_idle, &asked))
    };
    Router::new()
        .route("/v1/organizations/company", get(move || async { Json(profile) }))
        .route("/v1/organizations/company/usage", get(move || async { Json(quota) }))
        .route("/v1/organizations/company/api_keys", listed())
        .route("/v1/organizations/org_1/api_keys", listed())
        .route("/v1/organizations/org_1/users", listed())
        .route("/v1/organizations/org_1/usage", get(usage))
}

fn totals(ranges: Ranges, today_idle: bool, asked: &BTreeMap<String, String>) -> Response {
    let first: Date = asked["start_date"].parse().unwrap();
    let last: Date = asked["end_date"].parse().unwrap();
    let end = match ranges {
        Ranges::CountLastDay => last.saturating_add(1.day()),
        Ranges::LeaveItOut => last,
        Ranges::RefuseOneDay if first == last => return StatusCode::BAD_REQUEST.into_response(),
        Ranges::RefuseOneDay => last,
    };
    let days = first.series(1.day()).take_while(|day| *day < end);
    let total: u64 = days.map(|day| tokens(day, today_idle)).sum();
    let output = total / 10;
    let cost = if total == 0 { 0 } else { 1 };
    Json(json!({ "total_tokens": total, "input_tokens": total - output,
        "output_tokens": output, "estimated_cost": cost }))
    .into_response()
}

async fn check(ranges: Ranges, today_idle: bool) {
    let router = Arc::new(gateway(ranges, today_idle));
    let setup = Setup { api: Api::Company, router: Some((*router).clone()), ..Setup::default() };
    let rig = Rig::start(setup).await;
    rig.polled(reports(Api::Company)).await;
    let days = (Report::Usage, Width::Day);
    let is_filled = || rig.standing().progress.get(&days).is_some_and(|it| it.is_complete());
    rig.until_stepping("the past is filled in", FLOOR, is_filled).await;

    let read = rig.book().await.coverage[&days].read;
    assert_eq!(read.from(), at("2026-10-16T00:00:00Z"), "{ranges:?}");
    for day in date(2026, 10, 16).series(1.day()).take_while(|day| *day <= date(2026, 11, 20)) {
        let from = at(&format!("{day}T00:00:00Z"));
        let window = Window::new(from, from + Width::Day.duration()).unwrap();
        let expected = tokens(day, today_idle);
        assert_eq!(rig.stored_tokens(window).await, expected, "{day} of {ranges:?}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn days_are_told_apart_where_ranges_count_their_last_day() {
    check(Ranges::CountLastDay, false).await;
    check(Ranges::CountLastDay, true).await;
}

#[tokio::test]
async fn days_are_told_apart_where_ranges_leave_their_last_day_out() {
    check(Ranges::LeaveItOut, false).await;
    check(Ranges::LeaveItOut, true).await;
}

#[tokio::test]
async fn days_are_told_apart_where_a_range_of_one_day_is_refused() {
    check(Ranges::RefuseOneDay, false).await;
}

#[tokio::test]
async fn every_report_of_the_simulated_company_is_read() {
    let rig = Rig::start(Setup { api: Api::Company, ..Setup::default() }).await;
    rig.polled(reports(Api::Company)).await;
    let days = (Report::Usage, Width::Day);
    let is_filled = || rig.standing().progress.get(&days).is_some_and(|it| it.is_complete());
    rig.until_stepping("the past is filled in", FLOOR, is_filled).await;
    let window = Window::new(at("2026-10-16T00:00:00Z"), at("2026-11-19T00:00:00Z")).unwrap();
    let stored = rig.stored_tokens(window).await;
    assert!(stored > 0);
    rig.stop().await;
}
