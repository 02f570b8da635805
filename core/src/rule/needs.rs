//! What a rule wants the ledger to add up.

use crate::decide::forecast;
use crate::period::{Calendar, PeriodKind};
use crate::rule::{Condition, Rule};
use crate::stretch::Wanted;

impl Rule {
    /// The calendar of its periods, where the organization's, or company's, is `own`; `None`:
    /// it has no periods.
    pub fn calendar(&self, own: &Calendar) -> Option<Calendar> {
        match &self.condition {
            Condition::Budget(budget) => Some(budget.calendar(own)),
            Condition::Quota(quota) => Some(quota.calendar(own)),
            Condition::Threshold(_)
            | Condition::RateLimit(_)
            | Condition::Freshness(_)
            | Condition::Change(_) => None,
        }
    }

    /// The days of its rolling period, in its calendar; `None`: it has none.
    pub const fn rolling(&self) -> Option<u16> {
        let kind = match &self.condition {
            Condition::Budget(budget) => budget.kind(),
            Condition::Quota(quota) => quota.period,
            Condition::Threshold(_)
            | Condition::RateLimit(_)
            | Condition::Freshness(_)
            | Condition::Change(_) => return None,
        };
        match kind {
            PeriodKind::Rolling(days) => Some(days),
            PeriodKind::Day | PeriodKind::Week | PeriodKind::Month => None,
        }
    }

    /// The sliding stretches that it looks at.
    pub fn windows(&self) -> Vec<Wanted> {
        match &self.condition {
            Condition::Budget(_) => forecast::STRETCHES.to_vec(),
            Condition::Threshold(threshold) => vec![threshold.wanted()],
            Condition::Quota(_)
            | Condition::RateLimit(_)
            | Condition::Freshness(_)
            | Condition::Change(_) => Vec::new(),
        }
    }
}
