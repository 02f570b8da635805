//! What an operator wants to hear of: the words all rules share.
//!
//! Rules are values that have been checked: a share is above zero, steps rise,
//! a zone exists. Nothing here judges; that is [`decide`](crate::decide)'s work.
//! Constructors refuse what makes no sense, and say why in one sentence.

mod audit;
mod budget;
mod glob;
mod keys;
mod members;
mod needs;
mod scope;
mod share;
mod threshold;
mod watch;

pub use audit::Audit;
pub use budget::{Budget, BudgetAmount, Quota, QuotaLimit, Step, StepOf};
pub use glob::{Glob, GlobError};
pub use keys::Keys;
pub use members::Members;
pub use scope::{Facet, Scope, User, subject_of};
pub use share::{Share, ShareError};
pub use threshold::{Bound, Headroom, Metric, Threshold};
pub use watch::{Change, Freshness};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::notice::Kind;
use crate::stretch::Wanted;
use crate::subject::{OrganizationName, RuleName};

/// One `[[rule.KIND]]`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Unique over all rules.
    pub name: RuleName,
    pub whose: Whose,
    pub condition: Condition,
}

/// Who is judged by a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Each organization that one of these matches, for itself.
    Organizations(Vec<Glob>),
    /// All organizations of a company together.
    Company(OrganizationName),
}

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Budget(Budget),
    Quota(Quota),
    Threshold(Threshold),
    RateLimit(Headroom),
    Freshness(Freshness),
    Change(Change),
    Keys(Keys),
    Members(Members),
    Audit(Audit),
}

impl Rule {
    /// Whether it is judged for this organization, or company, by itself.
    pub fn covers(&self, name: &OrganizationName) -> bool {
        match &self.whose {
            Whose::Organizations(globs) => globs.iter().any(|glob| glob.matches(name.as_str())),
            Whose::Company(company) => company == name,
        }
    }

    /// Whether it is judged for `name`, which belongs to `companies`. A company belongs to
    /// itself, and only a rule that names it is about it: patterns are about organizations.
    pub fn is_judged_for(&self, name: &OrganizationName, companies: &[OrganizationName]) -> bool {
        match &self.whose {
            Whose::Organizations(_) => !companies.contains(name) && self.covers(name),
            Whose::Company(_) => self.covers(name),
        }
    }

    pub const fn kind(&self) -> Kind {
        match &self.condition {
            Condition::Budget(_) => Kind::Budget,
            Condition::Quota(_) => Kind::Quota,
            Condition::Threshold(_) => Kind::Threshold,
            Condition::RateLimit(_) => Kind::RateLimit,
            Condition::Freshness(_) => Kind::Freshness,
            Condition::Change(_) => Kind::Change,
            Condition::Keys(_) => Kind::Keys,
            Condition::Members(_) => Kind::Members,
            Condition::Audit(_) => Kind::Audit,
        }
    }

    /// The sliding stretch it wants of the ledger.
    pub fn window(&self) -> Option<Wanted> {
        match &self.condition {
            Condition::Threshold(threshold) => Some(threshold.wanted()),
            Condition::Budget(_)
            | Condition::Quota(_)
            | Condition::RateLimit(_)
            | Condition::Freshness(_)
            | Condition::Change(_)
            | Condition::Keys(_)
            | Condition::Members(_)
            | Condition::Audit(_) => None,
        }
    }

    /// Every severity its alerts can have, without repeats, rising.
    pub fn severities(&self) -> Vec<Severity> {
        let mut severities = match &self.condition {
            Condition::Budget(budget) => budget.steps.iter().map(|step| step.severity).collect(),
            Condition::Quota(quota) => quota.steps.iter().map(|step| step.severity).collect(),
            Condition::Threshold(threshold) => vec![threshold.severity],
            Condition::RateLimit(headroom) => vec![headroom.severity],
            // A refused key is critical, whatever the rule says of stale data.
            Condition::Freshness(freshness) => vec![freshness.severity, Severity::Critical],
            Condition::Change(change) => vec![change.severity],
            Condition::Keys(keys) => vec![keys.severity],
            Condition::Members(members) => vec![members.severity],
            Condition::Audit(audit) => vec![audit.severity],
        };
        severities.sort_unstable();
        severities.dedup();
        severities
    }
}

/// How much it matters. Ordered: `Critical` is the greatest.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    /// What a rule has that names none.
    #[default]
    Warning,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The word for it in configuration, mails, logs and metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity with this [`label`](Self::label).
    pub fn named(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.label() == label)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_rise_from_info_to_critical_and_are_found_by_their_label() {
        assert!(Severity::ALL.is_sorted());
        for severity in Severity::ALL {
            assert_eq!(Severity::named(severity.label()), Some(severity));
        }
        assert_eq!(Severity::named("fatal"), None);
    }
}
