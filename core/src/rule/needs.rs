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
            | Condition::Change(_)
            | Condition::Keys(_)
            | Condition::Members(_)
            | Condition::Audit(_) => None,
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
            | Condition::Change(_)
            | Condition::Keys(_)
            | Condition::Members(_)
            | Condition::Audit(_) => return None,
        };
        match kind {
            PeriodKind::Rolling(days) => Some(days),
            PeriodKind::Day | PeriodKind::Week | PeriodKind::Month => None,
        }
    }

    /// The sliding stretches that it is judged by.
    pub fn windows(&self) -> Vec<Wanted> {
        match &self.condition {
            Condition::Threshold(threshold) => vec![threshold.wanted()],
            Condition::Budget(_)
            | Condition::Quota(_)
            | Condition::RateLimit(_)
            | Condition::Freshness(_)
            | Condition::Change(_)
            | Condition::Keys(_)
            | Condition::Members(_)
            | Condition::Audit(_) => Vec::new(),
        }
    }

    /// The long stretches whose pace its forecast is made from. They may be some minutes
    /// old: a pace of days does not change in minutes.
    pub const fn paces(&self) -> &'static [Wanted] {
        match &self.condition {
            Condition::Budget(_) => &forecast::STRETCHES,
            Condition::Quota(_)
            | Condition::Threshold(_)
            | Condition::RateLimit(_)
            | Condition::Freshness(_)
            | Condition::Change(_)
            | Condition::Keys(_)
            | Condition::Members(_)
            | Condition::Audit(_) => &[],
        }
    }
}
