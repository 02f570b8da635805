//! One tick's decision: from a snapshot to what must be written down.
//!
//! Judging is a function of rules, one organization's snapshot and the time. It
//! promises that each step of a budget is told once in its period, that deciding
//! again on what was decided changes nothing, and that a decision made twice, as
//! after a crash, has the same identities. It never resolves or fires on missing
//! data: they are a verdict of their own. It cannot fail.

mod acted;
mod audit;
mod budget;
mod case;
mod change;
mod course;
mod facts;
pub(crate) mod forecast;
mod freshness;
mod group;
mod headroom;
mod identity;
mod keys;
mod lasting;
mod listed;
mod members;
mod quota;
mod steady;
mod steps;
mod sums;
mod threshold;
mod told;
mod turn;
mod verdict;

pub use freshness::ALL_REPORTS;
pub use verdict::Unknown;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::action::{Action, Order};
use crate::alert::{AlertRecord, AlertState};
use crate::decide::case::Case;
use crate::decide::sums::Ledger;
use crate::decide::turn::{Alerts, Turn};
use crate::notice::{Facts, Notice};
use crate::outbox::Destination;
use crate::period::Calendar;
use crate::polling::Identity;
use crate::route::{Group, Routes};
use crate::rule::{Budget, Condition, Rule};
use crate::snapshot::Snapshot;
use crate::subject::{ActionName, OrganizationName};

/// What one organization, or company, is judged by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The organization's own: for rules that name no zone.
    pub calendar: Calendar,
    /// Every rule there is; those of others are passed over.
    pub rules: Arc<[Rule]>,
    pub routes: Arc<Routes>,
    /// The companies it belongs to; a company belongs to itself.
    pub companies: Vec<OrganizationName>,
    /// What steps can take.
    pub actions: Arc<BTreeMap<ActionName, Action>>,
    /// Whether they may. Otherwise it is said that they may not.
    pub allow_actions: bool,
}

impl Rules {
    /// Those that are judged for `name`, which these are the rules of.
    fn of(&self, name: &OrganizationName) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.is_judged_for(name, &self.companies))
    }
}

/// What a tick decided. It is committed whole, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Alerts that moved, as they stand now.
    pub alerts: Vec<AlertRecord>,
    /// Groups that moved, as they stand now.
    pub groups: Vec<Group>,
    /// What people must be told, each with everyone it goes to.
    pub notices: Vec<(Notice, Vec<Destination>)>,
    /// What is to be done about steps; one that was ordered before stays as it was.
    pub orders: Vec<Order>,
}

impl Plan {
    /// Whether nothing moved.
    pub fn is_empty(&self) -> bool {
        let Self { alerts, groups, notices, orders } = self;
        alerts.is_empty() && groups.is_empty() && notices.is_empty() && orders.is_empty()
    }
}

/// Where one rule stands for one subject, with the figures of this very tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: AlertState,
    /// What there would be to say now; its `since` means something only while it fires.
    pub facts: Facts,
    /// Why nothing can be said, if so.
    pub unknown: Option<Unknown>,
}

/// A snapshot and what it was judged to mean: what metrics and pages are made from.
#[derive(Clone, Debug)]
pub struct Judged {
    pub snapshot: Snapshot,
    pub standings: Vec<Standing>,
}

/// A snapshot that no rule was judged for.
impl From<Snapshot> for Judged {
    fn from(snapshot: Snapshot) -> Self {
        Self { snapshot, standings: Vec::new() }
    }
}

/// What follows from a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    pub plan: Plan,
    /// Every rule and subject, in the order of the rules.
    pub standings: Vec<Standing>,
    /// When to decide again even if nothing is heard: the wait of a group or of an alert is
    /// over then.
    pub again_at: Option<Timestamp>,
}

/// What follows from `snapshot` at `now`.
pub fn decide(rules: &Rules, snapshot: &Snapshot, now: Timestamp) -> Decision {
    let ledger = Ledger::new(snapshot);
    let case = Case { rules, snapshot, now, ledger: &ledger };
    let mut turns = identity::judge(&case);
    let is_stranger = matches!(snapshot.polling.identity, Identity::Wrong(_));
    if !is_stranger {
        turns.extend(rules.of(&snapshot.organization).flat_map(|rule| judge(&case, rule)));
    }
    let acted = acted::judge(&case, turns.iter().flat_map(|turn| &turn.orders));
    turns.extend(acted);
    let mut alerts = Alerts::of(snapshot);
    if !is_stranger {
        alerts.close_orphans(rules);
    }
    let waits = turns.iter().filter_map(|turn| turn.again_at).min();
    let (mut news, mut orders) = (Vec::new(), Vec::new());
    let mut standings = Vec::with_capacity(turns.len());
    for Turn { alert, news: told, orders: ordered, standing, again_at: _ } in turns {
        alerts.put(alert);
        news.extend(told);
        orders.extend(ordered);
        standings.extend(standing);
    }
    let routed = group::route(&case, &mut alerts, news);
    let plan =
        Plan { alerts: alerts.moved(), groups: routed.groups, notices: routed.notices, orders };
    let again_at = routed.again_at.into_iter().chain(waits).min();
    Decision { plan, standings, again_at }
}

/// Whether a budget has something to take shares of, as far as the inventories tell.
pub fn has_limit(snapshot: &Snapshot, budget: &Budget) -> bool {
    budget::Limits::of(snapshot, budget).are_any()
}

/// One rule, for each of its subjects.
fn judge(case: &Case<'_>, rule: &Rule) -> Vec<Turn> {
    match &rule.condition {
        Condition::Budget(budget) => budget::judge(case, rule, budget),
        Condition::Quota(quota) => quota::judge(case, rule, quota),
        Condition::Threshold(threshold) => threshold::judge(case, rule, threshold),
        Condition::RateLimit(headroom) => headroom::judge(case, rule, headroom),
        Condition::Freshness(freshness) => freshness::judge(case, rule, freshness),
        Condition::Change(change) => change::judge(case, rule, change),
        Condition::Keys(keys) => keys::judge(case, rule, keys),
        Condition::Members(members) => members::judge(case, rule, members),
        Condition::Audit(audit) => audit::judge(case, rule, audit),
    }
}

#[cfg(test)]
mod tests;
