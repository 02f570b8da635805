//! One tick's decision: from a snapshot to what must be written down.
//!
//! Judging is a function of rules, one organization's snapshot and the time. It
//! promises that each step of a budget is told once in its period, that deciding
//! again on what was decided changes nothing, and that a decision made twice, as
//! after a crash, has the same identities. It never resolves or fires on missing
//! data: they are a verdict of their own. It cannot fail.

mod course;
mod facts;
mod steps;
mod verdict;

pub use verdict::{Figure, Unknown, Verdict, judge};

use std::sync::Arc;

use jiff::Timestamp;

use crate::decide::course::Course;
use crate::notice::{AlertRecord, Notice};
use crate::outbox::Destination;
use crate::period::Calendar;
use crate::rule::Budget;
use crate::snapshot::Snapshot;
use crate::subject::Subject;

/// What one organization is judged by.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The organization's own: for rules that name no zone.
    pub calendar: Calendar,
    /// Every budget there is; those of other organizations are passed over.
    pub budgets: Arc<[Budget]>,
}

/// What a tick decided. It is committed whole, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Alerts that moved, as they stand now.
    pub alerts: Vec<AlertRecord>,
    /// What people must be told, each with everyone it goes to.
    pub notices: Vec<(Notice, Vec<Destination>)>,
}

impl Plan {
    /// Whether nothing moved.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.notices.is_empty()
    }
}

/// What follows from `snapshot` at `now`. Every notice goes to all of `destinations`.
pub fn decide(
    rules: &Rules,
    snapshot: &Snapshot,
    destinations: &[Destination],
    now: Timestamp,
) -> Plan {
    let mut plan = Plan::default();
    for budget in rules.budgets.iter().filter(|budget| budget.covers(&snapshot.organization)) {
        let (alert, notices) = Course::new(rules, budget, snapshot, now).advance();
        plan.alerts.extend(alert);
        plan.notices.extend(notices.into_iter().map(|notice| (notice, destinations.to_vec())));
    }
    plan.alerts.extend(orphans(rules, snapshot));
    plan
}

/// Alerts whose rule was removed: they end without a word.
fn orphans(rules: &Rules, snapshot: &Snapshot) -> impl Iterator<Item = AlertRecord> {
    let is_judged = |alert: &AlertRecord| {
        rules
            .budgets
            .iter()
            .any(|budget| budget.name == alert.rule && budget.covers(&snapshot.organization))
    };
    let orphaned = snapshot.alerts.iter().filter(move |alert| !is_judged(alert));
    orphaned.filter_map(|alert| {
        let quiet = AlertRecord::quiet(alert.rule.clone(), alert.subject.clone());
        (*alert != quiet).then_some(quiet)
    })
}

/// Finds the alert of one rule and subject, or one that nothing is known of yet.
fn alert_of(snapshot: &Snapshot, budget: &Budget, subject: &Subject) -> AlertRecord {
    snapshot
        .alerts
        .iter()
        .find(|alert| alert.rule == budget.name && alert.subject == *subject)
        .cloned()
        .unwrap_or_else(|| AlertRecord::quiet(budget.name.clone(), subject.clone()))
}

#[cfg(test)]
mod tests;
