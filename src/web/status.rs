//! `/api/v1/status`: where every organization stands, and how fresh that is.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State as Extracted;
use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::reading::{Report, Tokens};
use usagewarden_core::snapshot::{Heard, Snapshot};
use usagewarden_core::subject::OrganizationName;

use super::State;
use super::actions::{self, ActionCounts};
use super::deliveries::{self, DeliveryCounts};
use super::polls::{BackfillState, PollState};
use hour::HourStatus;
use limits::Limits;
use period::PeriodStatus;
use standings::AlertCounts;

pub(super) use standings::BudgetStatus;

mod hour;
mod limits;
mod period;
mod standings;

#[derive(Debug, Serialize)]
pub(super) struct Status {
    pub(super) version: &'static str,
    pub(super) at: Timestamp,
    pub(super) ready: bool,
    /// Null while the store cannot be read.
    deliveries: Option<DeliveryCounts>,
    /// Null while the store cannot be read.
    actions: Option<ActionCounts>,
    /// Organizations, and the companies that are judged as one.
    pub(super) data: Vec<OrganizationStatus>,
}

#[derive(Debug, Serialize)]
pub(super) struct OrganizationStatus {
    pub(super) organization: OrganizationName,
    /// What the API says of it; absent until it has said it.
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) plan: Option<String>,
    /// The instant the figures are for.
    pub(super) at: Option<Timestamp>,
    pub(super) revision: Option<u64>,
    pub(super) zone: String,
    /// What keeps all of it from being polled.
    pub(super) trouble: Option<String>,
    pub(super) alerts: AlertCounts,
    /// Of every rule that looks at a figure, not only of budgets.
    pub(super) budgets: Vec<BudgetStatus>,
    pub(super) spend: Vec<PeriodStatus>,
    pub(super) hour: Option<HourStatus>,
    pub(super) limits: Limits,
    price: Price,
    pub(super) unpriced: Vec<Unpriced>,
    pub(super) reports: Vec<ReportStatus>,
}

/// What the bills have taught about prices.
#[derive(Debug, Default, Serialize)]
struct Price {
    discount: Option<String>,
    error: Option<String>,
}

/// Tokens in no figure of money: their model has no price, or their tier is on no bill.
#[derive(Debug, Serialize)]
pub(super) struct Unpriced {
    pub(super) model: String,
    pub(super) tokens: u64,
}

/// How fresh one report is, and what keeps it from being fresher.
#[derive(Debug, Serialize)]
pub(super) struct ReportStatus {
    /// The word for it, as everywhere.
    pub(super) report: &'static str,
    pub(super) granted: Option<bool>,
    pub(super) heard_at: Option<Timestamp>,
    pub(super) data_timestamp: Option<Timestamp>,
    pub(super) outcome: Option<&'static str>,
    succeeded_at: Option<Timestamp>,
    failing_since: Option<Timestamp>,
    pub(super) cause: Option<String>,
    pub(super) fix: Option<String>,
    pub(super) backfill: Vec<Backfill>,
}

/// How far the past has been read; gone when all of it was.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Backfill {
    width: &'static str,
    read_from: Timestamp,
    target: Timestamp,
    pub(super) percent: u8,
}

pub(super) async fn answer(Extracted(state): Extracted<State>) -> Json<Status> {
    Json(status(&state).await)
}

/// Everything page and status show, from the snapshots of the last commits.
pub(super) async fn status(state: &State) -> Status {
    let judged = state.views.all();
    let companies = judged.iter().map(|judged| &judged.snapshot.organization);
    let names: BTreeSet<_> = state.organizations.keys().chain(companies).collect();
    Status {
        version: env!("CARGO_PKG_VERSION"),
        at: state.clock.now(),
        ready: state.readiness.missing().is_empty(),
        deliveries: deliveries::counts(state).await,
        actions: actions::counts(state).await,
        data: names.into_iter().map(|name| organization(state, name)).collect(),
    }
}

fn organization(state: &State, name: &OrganizationName) -> OrganizationStatus {
    let view = state.views.get(name);
    let snapshot = view.as_deref().map(|judged| &judged.snapshot);
    let profile = snapshot.and_then(|snapshot| snapshot.roster.profile.as_deref());
    let calendar = state.organizations.get(name).and_then(|ledger| ledger.calendars.first());
    let standing = state.polls.standing(name).unwrap_or_default();
    OrganizationStatus {
        organization: name.clone(),
        id: profile.map(|profile| profile.id.clone()),
        name: profile.map(|profile| profile.name.clone()),
        plan: profile.and_then(|profile| profile.plan.clone()),
        at: snapshot.map(|snapshot| snapshot.at),
        revision: snapshot.map(|snapshot| snapshot.revision),
        zone: calendar.map_or("UTC", |calendar| calendar.zone_name()).to_owned(),
        alerts: view.as_deref().map(AlertCounts::of).unwrap_or_default(),
        budgets: view.as_deref().map(standings::budgets).unwrap_or_default(),
        spend: snapshot
            .zip(calendar)
            .map(|(s, c)| period::current(s, &c.key()))
            .unwrap_or_default(),
        hour: snapshot.and_then(|snapshot| snapshot.hour.as_ref()).map(HourStatus::of),
        limits: snapshot.map(Limits::of).unwrap_or_default(),
        price: snapshot.map(Price::of).unwrap_or_default(),
        unpriced: snapshot.map(unpriced).unwrap_or_default(),
        trouble: standing.trouble,
        reports: reports(snapshot, standing.reports),
    }
}

impl Price {
    fn of(snapshot: &Snapshot) -> Self {
        Self {
            discount: snapshot.price_discount.map(|ratio| ratio.normalize().to_string()),
            error: snapshot.price_error.map(|ratio| ratio.normalize().to_string()),
        }
    }
}

fn unpriced(snapshot: &Snapshot) -> Vec<Unpriced> {
    let one = |(model, tokens): &(_, u64)| Unpriced {
        model: ToString::to_string(model),
        tokens: *tokens,
    };
    snapshot.unpriced.iter().map(one).collect()
}

/// Every report that was ever heard or asked for.
fn reports(
    snapshot: Option<&Snapshot>,
    mut polls: BTreeMap<Report, PollState>,
) -> Vec<ReportStatus> {
    let known = Report::ALL.into_iter().filter_map(|report| {
        let heard = snapshot.and_then(|snapshot| snapshot.heard.get(&report)).copied();
        match (heard, polls.remove(&report)) {
            (None, None) => None,
            (heard, polls) => Some(ReportStatus::new(report, heard, polls.unwrap_or_default())),
        }
    });
    known.collect()
}

impl ReportStatus {
    fn new(report: Report, heard: Option<Heard>, polls: PollState) -> Self {
        let PollState { outcome, succeeded_at, problem, backfill } = polls;
        Self {
            report: report.label(),
            granted: heard.map(|heard| heard.granted),
            heard_at: heard.map(|heard| heard.heard_at),
            data_timestamp: heard.and_then(|heard| heard.data_until),
            outcome,
            succeeded_at,
            failing_since: problem.as_ref().map(|problem| problem.since),
            cause: problem.as_ref().map(|problem| problem.cause.clone()),
            fix: problem.map(|problem| problem.fix),
            backfill: backfill
                .into_iter()
                .filter(|fill| fill.percent < 100)
                .map(Backfill::of)
                .collect(),
        }
    }
}

impl Backfill {
    fn of(state: BackfillState) -> Self {
        let BackfillState { width, read_from, target, percent } = state;
        Self { width: width.wire(), read_from, target, percent }
    }
}

/// Tokens by kind, under the names of the label `token_type`.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct TokenCounts {
    uncached_input: u64,
    cache_read: u64,
    cache_write_5m: u64,
    cache_write_1h: u64,
    output: u64,
}

impl From<Tokens> for TokenCounts {
    fn from(tokens: Tokens) -> Self {
        let Tokens { uncached_input, cache_read, cache_write_5m, cache_write_1h, output } = tokens;
        Self { uncached_input, cache_read, cache_write_5m, cache_write_1h, output }
    }
}
