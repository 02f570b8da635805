//! `/api/v1/spend`: money of a window of the past, kept apart as asked.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Extracted};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use tracing::error;
use usagewarden_core::amount::Amount;
use usagewarden_core::ledger::{Basis, Charge, LedgerSettings};
use usagewarden_core::reading::Tokens;
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::{ApiKeyId, ModelId, OrganizationName, WorkspaceId};
use usagewarden_core::window::Window;

use super::State;
use super::answer::{Money, basis, refuse};
use super::status::TokenCounts;
use crate::chain::Chain;
use crate::store::{DaySpend, StoreError};
use question::{By, Question};

mod question;

/// Rows of one answer. Who needs more asks for shorter windows.
const ROWS_MAX: usize = 100_000;

#[derive(Debug, Serialize)]
struct Answer {
    from: Timestamp,
    to: Timestamp,
    zone: String,
    by: Vec<&'static str>,
    data: Vec<Row>,
    totals: Vec<Total>,
}

/// Only what was asked for by `by` is there.
#[derive(Debug, Serialize)]
struct Row {
    organization: OrganizationName,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<WorkspaceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<String>,
    /// `null` for what is billed without a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Option<ModelId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<ApiKeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<String>,
    #[serde(flatten)]
    money: Money,
    basis: &'static str,
}

#[derive(Debug, Serialize)]
struct Total {
    organization: OrganizationName,
    #[serde(flatten)]
    money: Money,
    basis: Option<&'static str>,
    tokens: TokenCounts,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum SpendError {
    #[error("the past of {organization} could not be read")]
    Store { organization: OrganizationName, source: StoreError },
    #[error(
        "the answer would have more than {ROWS_MAX} rows; ask for a shorter window or fewer words in `by`"
    )]
    TooManyRows,
}

/// What rows are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    day: Option<Date>,
    workspace: Option<WorkspaceId>,
    model: Option<Option<ModelId>>,
    key: Option<ApiKeyId>,
}

/// Money with what is known of it.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    amount: Amount,
    basis: Option<Basis>,
}

impl Sum {
    fn add(&mut self, charge: &Charge) {
        self.amount += charge.amount;
        self.basis = match self.basis {
            Some(basis) if basis != charge.basis => Some(Basis::Mixed),
            Some(_) | None => Some(charge.basis),
        };
    }
}

pub(super) async fn answer(
    Extracted(state): Extracted<State>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let Ok(Query(pairs)) = query else {
        return refuse(StatusCode::BAD_REQUEST, "the query could not be read", None);
    };
    let question = match Question::parse(&pairs, state.clock.now(), &state.organizations) {
        Ok(question) => question,
        Err(mistake) => {
            let message = mistake.to_string();
            return refuse(StatusCode::BAD_REQUEST, &message, Some(mistake.parameter()));
        }
    };
    match collect(&state, &question).await {
        Ok(answer) => Json(answer).into_response(),
        Err(problem @ SpendError::TooManyRows) => {
            refuse(StatusCode::BAD_REQUEST, &problem.to_string(), Some("by"))
        }
        Err(problem @ SpendError::Store { .. }) => {
            error!(error = %Chain(&problem), "Could not answer a question about spend");
            refuse(StatusCode::SERVICE_UNAVAILABLE, &problem.to_string(), None)
        }
    }
}

async fn collect(state: &State, question: &Question) -> Result<Answer, SpendError> {
    let (mut data, mut totals) = (Vec::new(), Vec::new());
    for (name, ledger) in state.organizations.iter() {
        if question.organization.as_ref().is_some_and(|asked| asked != name) {
            continue;
        }
        let view = state.views.get(name);
        let (groups, total) = sums(state, question, name, ledger).await?;
        let snapshot = view.as_deref().map(|judged| &judged.snapshot);
        data.extend(groups.into_iter().map(|(group, sum)| row(name, snapshot, group, sum)));
        if data.len() > ROWS_MAX {
            return Err(SpendError::TooManyRows);
        }
        totals.push(total);
    }
    Ok(Answer {
        from: question.window.from(),
        to: question.window.until(),
        zone: question.zone_name.clone(),
        by: question.by.iter().map(|by| by.label()).collect(),
        data,
        totals,
    })
}

/// One organization's sums by group, and over all.
async fn sums(
    state: &State,
    question: &Question,
    name: &OrganizationName,
    ledger: &LedgerSettings,
) -> Result<(BTreeMap<Group, Sum>, Total), SpendError> {
    let mut groups: BTreeMap<Group, Sum> = BTreeMap::new();
    let (mut total, mut tokens) = (Sum::default(), Tokens::default());
    let apart = question.by.contains(&By::Day);
    let zone = if apart { &question.zone } else { &TimeZone::UTC };
    for window in pieces(question.window, zone) {
        for spend in days(state, name, ledger, window).await? {
            let day = spend.window.from().to_zoned(question.zone.clone()).date();
            tokens += spend.tokens;
            for charge in &spend.charges {
                total.add(charge);
                groups.entry(group(&question.by, day, charge)).or_default().add(charge);
            }
        }
        if groups.len() > ROWS_MAX {
            return Err(SpendError::TooManyRows);
        }
    }
    let total = Total {
        organization: name.clone(),
        money: total.amount.into(),
        basis: basis(total.basis),
        tokens: tokens.into(),
    };
    Ok((groups, total))
}

/// What the store has of one window. An organization that was never heard has spent nothing.
async fn days(
    state: &State,
    name: &OrganizationName,
    ledger: &LedgerSettings,
    window: Window,
) -> Result<Vec<DaySpend>, SpendError> {
    match state.store.spend(name, ledger, window).await {
        Ok(days) => Ok(days),
        Err(StoreError::Unknown { .. }) => Ok(Vec::new()),
        Err(source) => Err(SpendError::Store { organization: name.clone(), source }),
    }
}

/// Money by day of a zone: where each day ends, or the window does, and how much.
pub(super) async fn daily(
    state: &State,
    name: &OrganizationName,
    ledger: &LedgerSettings,
    zone: &TimeZone,
    window: Window,
) -> Result<Vec<(Timestamp, Amount)>, SpendError> {
    let mut sums: Vec<(Timestamp, Amount)> = Vec::new();
    for piece in pieces(window, zone) {
        for spend in days(state, name, ledger, piece).await? {
            let until = if *zone == TimeZone::UTC { spend.window.until() } else { piece.until() };
            let amount = spend.charges.iter().map(|charge| charge.amount).sum();
            match sums.last_mut().filter(|(last, _)| *last == until) {
                Some((_, sum)) => *sum += amount,
                None => sums.push((until, amount)),
            }
        }
    }
    Ok(sums)
}

/// The window in days of the zone; days of UTC are what the store answers in anyway.
fn pieces(window: Window, zone: &TimeZone) -> Vec<Window> {
    if *zone == TimeZone::UTC {
        return vec![window];
    }
    let mut pieces = Vec::new();
    let mut from = window.from();
    while from < window.until() {
        let date = from.to_zoned(zone.clone()).date();
        let until = midnight_after(date, zone).min(window.until());
        let Some(window) = Window::new(from, until) else { break };
        pieces.push(window);
        from = until;
    }
    pieces
}

fn midnight_after(date: Date, zone: &TimeZone) -> Timestamp {
    let next = date.checked_add(1.day()).and_then(|next| next.to_zoned(zone.clone()));
    next.map_or(Timestamp::MAX, |next| next.timestamp())
}

fn group(by: &[By], day: Date, charge: &Charge) -> Group {
    let wants = |dimension: By| by.contains(&dimension);
    Group {
        day: wants(By::Day).then_some(day),
        workspace: wants(By::Workspace).then(|| charge.workspace.clone()),
        model: wants(By::Model).then(|| charge.model.clone()),
        key: wants(By::Key).then(|| charge.key.clone()),
    }
}

fn row(organization: &OrganizationName, view: Option<&Snapshot>, group: Group, sum: Sum) -> Row {
    let roster = view.map(|view| &view.roster);
    let workspaces = roster.and_then(|roster| roster.workspaces.as_deref());
    let keys = roster.and_then(|roster| roster.keys.as_deref());
    let workspace =
        group.workspace.as_ref().and_then(|id| workspaces?.iter().find(|w| w.id == *id));
    let key = group.key.as_ref().and_then(|id| keys?.iter().find(|key| key.id == *id));
    Row {
        organization: organization.clone(),
        day: group.day,
        workspace: workspace.map(|workspace| workspace.name.clone()),
        workspace_id: group.workspace,
        model: group.model,
        api_key: key.map(|key| key.name.clone()),
        api_key_id: group.key,
        money: sum.amount.into(),
        basis: sum.basis.unwrap_or(Basis::Billed).label(),
    }
}
