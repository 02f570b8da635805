//! Spend of the current day, week and month.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use usagewarden_core::amount::Amount;
use usagewarden_core::ledger::Basis;
use usagewarden_core::period::PeriodKind;
use usagewarden_core::snapshot::{PeriodSpend, Snapshot};
use usagewarden_core::subject::WorkspaceId;

use super::super::answer::{Money, basis};
use super::TokenCounts;

#[derive(Debug, Serialize)]
pub(in crate::web) struct PeriodStatus {
    pub(in crate::web) period: Cow<'static, str>,
    from: Timestamp,
    until: Timestamp,
    #[serde(flatten)]
    money: Money,
    pub(in crate::web) basis: Option<&'static str>,
    pub(in crate::web) data_timestamp: Option<Timestamp>,
    tokens: TokenCounts,
    workspaces: Vec<WorkspaceSpend>,
    /// What the page shows; `None` while nothing is known of the period: that is not zero.
    #[serde(skip)]
    pub(in crate::web) total: Option<Amount>,
}

#[derive(Debug, Serialize)]
struct WorkspaceSpend {
    workspace_id: WorkspaceId,
    workspace: Option<String>,
    #[serde(flatten)]
    money: Money,
    basis: &'static str,
}

/// The current periods of the calendar with this key, shortest first.
pub(in crate::web) fn current(snapshot: &Snapshot, calendar: &str) -> Vec<PeriodStatus> {
    let spends = PeriodKind::ALL.into_iter().filter_map(|kind| snapshot.spend(calendar, kind));
    spends.map(|spend| period(snapshot, spend)).collect()
}

fn period(snapshot: &Snapshot, spend: &PeriodSpend) -> PeriodStatus {
    PeriodStatus {
        period: spend.kind.label(),
        from: spend.period.from(),
        until: spend.period.until(),
        money: spend.total().into(),
        basis: basis(spend.basis()),
        data_timestamp: spend.data_until,
        tokens: spend.tokens.into(),
        workspaces: workspaces(snapshot, spend),
        total: spend.is_known().then(|| spend.total()),
    }
}

fn workspaces(snapshot: &Snapshot, spend: &PeriodSpend) -> Vec<WorkspaceSpend> {
    let mut sums: BTreeMap<&WorkspaceId, (Amount, Basis)> = BTreeMap::new();
    for charge in &spend.charges {
        let (sum, basis) = sums.entry(&charge.workspace).or_insert((Amount::ZERO, charge.basis));
        *sum += charge.amount;
        if *basis != charge.basis {
            *basis = Basis::Mixed;
        }
    }
    let one = |(id, (sum, basis)): (&WorkspaceId, (Amount, Basis))| WorkspaceSpend {
        workspace_id: id.clone(),
        workspace: workspace_name(snapshot, id),
        money: sum.into(),
        basis: basis.label(),
    };
    sums.into_iter().map(one).collect()
}

pub(super) fn workspace_name(snapshot: &Snapshot, id: &WorkspaceId) -> Option<String> {
    let known = snapshot.roster.workspaces.as_deref()?.iter().find(|known| known.id == *id);
    known.map(|known| known.name.clone())
}
