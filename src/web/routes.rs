//! Which path answers what.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State as Extracted;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Router, middleware};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use super::guard::{Hosts, guard};
use super::tokens::{Demand, Permission, demand};
use super::{State, actions, alerts, answer, deliveries, page, spend, status};
use crate::metrics::CONTENT_TYPE;

/// To begin an answer. The longest question is spend of the past, from the store.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// What is asked for in a body is one name.
const BODY_BYTES_MAX: usize = 4 * 1024;

pub(super) fn router(state: State, listen: SocketAddr, external_url: Option<&str>) -> Router {
    let hosts = Arc::new(Hosts::new(listen, external_url));
    let tokens = Arc::clone(&state.tokens);
    let with_token = |permission, route: MethodRouter<State>| {
        let demanded = Demand { tokens: Arc::clone(&tokens), permission };
        route.route_layer(middleware::from_fn_with_state(demanded, demand))
    };
    let may_retry = |route| with_token(Permission::Deliveries, route);
    let may_undo = |route| with_token(Permission::Actions, route);
    Router::new()
        .route("/", get(page::show))
        .route("/style.css", get(page::style))
        .route("/metrics", get(metrics))
        .route("/-/healthy", get(|| async { "usagewarden is alive\n" }))
        .route("/-/ready", get(ready))
        .route("/api/v1/status", get(status::answer))
        .route("/api/v1/alerts", get(alerts::list))
        .route("/api/v1/alerts/{id}", get(alerts::one))
        .route("/api/v1/deliveries", get(deliveries::list))
        .route("/api/v1/deliveries/retry", may_retry(post(deliveries::retry_many)))
        .route("/api/v1/deliveries/{id}/retry", may_retry(post(deliveries::retry_one)))
        .route("/api/v1/actions", get(actions::list))
        .route("/api/v1/actions/{id}", get(actions::one))
        .route("/api/v1/actions/{id}/undo", may_undo(post(actions::undo)))
        .route("/api/v1/spend", get(spend::answer))
        .fallback(unknown)
        .with_state(state)
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_TIMEOUT))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(hosts, guard))
}

async fn metrics(Extracted(state): Extracted<State>) -> Response {
    let scrape = state.exposition.scrape();
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], Body::new(scrape)).into_response()
}

async fn ready(Extracted(state): Extracted<State>) -> Response {
    let missing = state.readiness.missing();
    if missing.is_empty() {
        return "usagewarden is ready\n".into_response();
    }
    let mut text = "usagewarden is not ready:\n".to_owned();
    for (condition, why) in missing {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "- {condition}: {why}");
    }
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

async fn unknown(uri: Uri) -> Response {
    let message = "there is nothing at this path";
    if uri.path().starts_with("/api/") {
        return answer::refuse(StatusCode::NOT_FOUND, message, None);
    }
    (StatusCode::NOT_FOUND, format!("{message}\n")).into_response()
}
