//! `/api/v1/alerts`: what is wrong now, and who was told.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::{Path, State as Extracted};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::State;
use super::answer::refuse;
use super::query::{Asked, Mistake, Pairs};

mod shown;

pub(super) use shown::AlertShown;

const PARAMETERS: [&str; 3] = ["organization", "state", "rule"];

/// The states in which an alert is shown.
const STATES: [(&str, &str); 2] = [("pending", "pending"), ("firing", "firing")];

#[derive(Debug, Serialize)]
struct Alerts {
    data: Vec<AlertShown>,
}

pub(super) async fn list(Extracted(state): Extracted<State>, pairs: Pairs) -> Response {
    match listed(&state, pairs) {
        Ok(data) => Json(Alerts { data }).into_response(),
        Err(mistake) => mistake.into_response(),
    }
}

fn listed(state: &State, pairs: Pairs) -> Result<Vec<AlertShown>, Mistake> {
    let asked = Asked::read(pairs, &PARAMETERS)?;
    let organization = asked.organization(state)?;
    let wanted = asked.word("state", &STATES)?;
    let rule = asked.text("rule");
    let mut alerts = everywhere(state);
    alerts.retain(|alert| {
        organization.as_ref().is_none_or(|name| *name == alert.organization)
            && wanted.is_none_or(|wanted| wanted == alert.state)
            && rule.is_none_or(|rule| rule == alert.figures.rule.as_str())
    });
    Ok(alerts)
}

pub(super) async fn one(Extracted(state): Extracted<State>, Path(id): Path<String>) -> Response {
    let found = everywhere(&state).into_iter().find(|alert| alert.has_id(&id));
    match found {
        Some(alert) => Json(alert).into_response(),
        None => {
            let message = "no alert with this id is firing; it may have resolved: /api/v1/alerts has those that are";
            refuse(StatusCode::NOT_FOUND, message, None)
        }
    }
}

/// Every alert that is pending or firing, of all organizations, the most urgent first.
pub(super) fn everywhere(state: &State) -> Vec<AlertShown> {
    let judged = state.views.all();
    let mut alerts: Vec<AlertShown> =
        judged.iter().flat_map(|judged| shown::alerts_of(judged)).collect();
    alerts.sort_by_key(|alert| (Reverse(alert.is_firing()), Reverse(alert.gravity), alert.since));
    alerts
}
