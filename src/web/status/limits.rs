//! What the API allows.

use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::amount::Amount;
use usagewarden_core::roster::{Quota, RateLimit, SpendLimit, SpendLimitScope};
use usagewarden_core::snapshot::Snapshot;
use usagewarden_core::subject::WorkspaceId;

use super::super::answer::Money;
use super::period::workspace_name;

/// Limits as last heard. An empty list is none heard of; nothing is said to be unlimited.
#[derive(Debug, Default, Serialize)]
pub(in crate::web) struct Limits {
    quota: Option<QuotaStatus>,
    pub(in crate::web) spend: Vec<SpendCap>,
    rate: Vec<RateCap>,
}

#[derive(Debug, Serialize)]
struct QuotaStatus {
    used: u64,
    remaining: u64,
    limit: u64,
    resets_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(in crate::web) struct SpendCap {
    pub(in crate::web) scope: String,
    workspace_id: Option<WorkspaceId>,
    workspace: Option<String>,
    #[serde(flatten)]
    money: Option<Money>,
    period: String,
    pub(in crate::web) enabled: bool,
    /// What the page shows.
    #[serde(skip)]
    pub(in crate::web) amount: Option<Amount>,
}

#[derive(Debug, Serialize)]
struct RateCap {
    workspace_id: Option<WorkspaceId>,
    workspace: Option<String>,
    group: String,
    limiter: String,
    value: Option<u64>,
    inherited: bool,
}

impl Limits {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let roster = &snapshot.roster;
        let spend = roster.spend_limits.iter().flat_map(|limits| limits.iter());
        let rate = roster.rate_limits.iter().flat_map(|limits| limits.iter());
        Self {
            quota: roster.quota.as_deref().map(quota),
            spend: spend.map(|limit| spend_cap(snapshot, limit)).collect(),
            rate: rate.map(|limit| rate_cap(snapshot, limit)).collect(),
        }
    }
}

fn quota(quota: &Quota) -> QuotaStatus {
    let Quota { used, remaining, limit, resets_at } = *quota;
    QuotaStatus { used, remaining, limit, resets_at }
}

fn spend_cap(snapshot: &Snapshot, limit: &SpendLimit) -> SpendCap {
    let (scope, workspace_id) = match &limit.scope {
        SpendLimitScope::Organization => ("organization", None),
        SpendLimitScope::Workspace(id) => ("workspace", Some(id.clone())),
        SpendLimitScope::UsageTier => ("usage_tier", None),
        SpendLimitScope::Other(scope) => (scope.as_str(), None),
    };
    SpendCap {
        scope: scope.to_owned(),
        workspace: workspace_id.as_ref().and_then(|id| workspace_name(snapshot, id)),
        workspace_id,
        money: limit.amount.map(Money::from),
        period: limit.period.clone(),
        enabled: limit.enabled,
        amount: limit.amount,
    }
}

fn rate_cap(snapshot: &Snapshot, limit: &RateLimit) -> RateCap {
    RateCap {
        workspace_id: limit.workspace.clone(),
        workspace: limit.workspace.as_ref().and_then(|id| workspace_name(snapshot, id)),
        group: limit.group.clone(),
        limiter: limit.limiter.clone(),
        value: limit.value,
        inherited: limit.inherited,
    }
}
