//! What a budget is measured by: its own amount, or a limit that the API reports.

use std::collections::{BTreeMap, BTreeSet};

use crate::amount::Amount;
use crate::decide::verdict::Unknown;
use crate::quantity::Quantity;
use crate::roster::{SpendLimit, SpendLimitScope};
use crate::rule::{Budget, BudgetAmount, Facet, Scope};
use crate::snapshot::Snapshot;
use crate::subject::{Subject, WorkspaceId};

/// The only period that the API has limits for today; of others nothing is known to sum.
const PERIOD: &str = "monthly";

/// The limits of one budget.
pub(in crate::decide) enum Limits<'a> {
    /// The same for every subject.
    One(Result<Quantity, Unknown>),
    /// Each workspace has its own.
    ByWorkspace(BTreeMap<&'a WorkspaceId, Amount>),
}

impl<'a> Limits<'a> {
    pub(in crate::decide) fn of(snapshot: &'a Snapshot, budget: &Budget) -> Self {
        match budget.amount {
            BudgetAmount::Fixed(amount) => Self::One(Ok(Quantity::money(amount))),
            BudgetAmount::Api => Self::reported(snapshot, budget),
        }
    }

    fn reported(snapshot: &'a Snapshot, budget: &Budget) -> Self {
        let Some(limits) = &snapshot.roster.spend_limits else {
            return Self::One(Err(Unknown::NoData));
        };
        let own = of_workspaces(limits);
        if budget.each.contains(&Facet::Workspace) {
            let held = |id: &WorkspaceId| holds(&budget.scope, id, snapshot);
            return Self::ByWorkspace(own.into_iter().filter(|(id, _)| held(id)).collect());
        }
        let scope = only_workspace(&budget.scope, snapshot, &own).and_then(|id| own.get(&id));
        let amount = scope.copied().or_else(|| of_organization(limits));
        Self::One(amount.map(Quantity::money).ok_or(Unknown::NoLimit))
    }

    pub(super) fn of_subject(&self, subject: &Subject) -> Result<Quantity, Unknown> {
        match self {
            Self::One(limit) => *limit,
            Self::ByWorkspace(own) => {
                let workspace = subject.workspace.as_ref();
                let limit = workspace.and_then(|id| own.get(id)).copied();
                limit.map(Quantity::money).ok_or(Unknown::NoLimit)
            }
        }
    }

    /// Whether anybody has one.
    pub(in crate::decide) fn are_any(&self) -> bool {
        match self {
            Self::One(limit) => limit.is_ok(),
            Self::ByWorkspace(own) => !own.is_empty(),
        }
    }

    /// Those that have a limit of their own.
    pub(super) fn subjects(&self) -> impl Iterator<Item = Subject> {
        let own = match self {
            Self::One(_) => None,
            Self::ByWorkspace(own) => Some(own),
        };
        let workspaces = own.into_iter().flat_map(BTreeMap::keys);
        workspaces.map(|id| Subject { workspace: Some((*id).clone()), ..Subject::ORGANIZATION })
    }

    pub(super) fn has(&self, subject: &Subject) -> bool {
        match (self, &subject.workspace) {
            (Self::ByWorkspace(own), Some(id)) => own.contains_key(id),
            (Self::One(_) | Self::ByWorkspace(_), Some(_) | None) => false,
        }
    }
}

/// Limits that are on and have a figure to take shares of.
fn in_force(limits: &[SpendLimit]) -> impl Iterator<Item = (&SpendLimitScope, Amount)> {
    let on = limits.iter().filter(|limit| limit.enabled && limit.period == PERIOD);
    on.filter_map(|limit| {
        Some((&limit.scope, limit.amount.filter(|amount| *amount > Amount::ZERO)?))
    })
}

fn of_workspaces(limits: &[SpendLimit]) -> BTreeMap<&WorkspaceId, Amount> {
    let mut own: BTreeMap<&WorkspaceId, Amount> = BTreeMap::new();
    for (scope, amount) in in_force(limits) {
        if let SpendLimitScope::Workspace(id) = scope {
            let lowest = own.entry(id).or_insert(amount);
            *lowest = amount.min(*lowest);
        }
    }
    own
}

/// The lowest of the organization's own limit and the one of its usage tier.
fn of_organization(limits: &[SpendLimit]) -> Option<Amount> {
    let whole = in_force(limits).filter(|(scope, _)| match scope {
        SpendLimitScope::Organization | SpendLimitScope::UsageTier => true,
        SpendLimitScope::Workspace(_) | SpendLimitScope::Other(_) => false,
    });
    whole.map(|(_, amount)| amount).min()
}

/// The workspace that a scope is about, where it is about exactly one.
fn only_workspace<'a>(
    scope: &Scope,
    snapshot: &'a Snapshot,
    own: &BTreeMap<&'a WorkspaceId, Amount>,
) -> Option<&'a WorkspaceId> {
    if scope.workspace.is_empty() {
        return None;
    }
    let listed = snapshot.roster.workspaces.iter().flat_map(|all| all.iter()).map(|all| &all.id);
    let known: BTreeSet<&WorkspaceId> = listed.chain(own.keys().copied()).collect();
    let mut held = known.into_iter().filter(|id| holds(scope, id, snapshot));
    let first = held.next()?;
    held.next().is_none().then_some(first)
}

fn holds(scope: &Scope, id: &WorkspaceId, snapshot: &Snapshot) -> bool {
    scope.holds_workspace(id, &snapshot.roster)
}
