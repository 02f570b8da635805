//! The rules `budget` and `quota`: money or tokens of a period, and the shares of it at
//! which people are told.

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::amount::Amount;
use crate::period::{Calendar, PeriodKind};
use crate::rule::{Facet, Scope, Severity, Share};
use crate::subject::ActionName;

/// Money that is meant to be spent in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    pub amount: BudgetAmount,
    /// See [`kind`](Self::kind).
    pub period: PeriodKind,
    /// The zone of the period, by name; `None`: the organization's.
    pub zone: Option<(String, TimeZone)>,
    pub scope: Scope,
    /// Judged for each of these apart; empty: for the scope as a whole.
    pub each: Vec<Facet>,
    /// Shares of what is used first, then those of the forecast; each rising, each share
    /// once, never empty.
    pub steps: Vec<Step>,
}

impl Budget {
    /// The calendar of its periods, where the organization's, or company's, is `own`.
    pub fn calendar(&self, own: &Calendar) -> Calendar {
        match self.amount {
            BudgetAmount::Fixed(_) => in_zone(own, self.zone.as_ref()),
            BudgetAmount::Api => own.in_zone(TimeZone::UTC, "UTC"),
        }
    }

    /// Always a month, where the amount is the API's.
    pub const fn kind(&self) -> PeriodKind {
        match self.amount {
            BudgetAmount::Fixed(_) => self.period,
            BudgetAmount::Api => PeriodKind::Month,
        }
    }
}

impl Quota {
    /// The calendar of its periods, where the organization's, or company's, is `own`.
    pub fn calendar(&self, own: &Calendar) -> Calendar {
        in_zone(own, self.zone.as_ref())
    }
}

fn in_zone(own: &Calendar, zone: Option<&(String, TimeZone)>) -> Calendar {
    match zone {
        Some((name, zone)) => own.in_zone(zone.clone(), name.as_str()),
        None => own.clone(),
    }
}

/// What the steps of a budget are shares of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetAmount {
    /// Above zero.
    Fixed(Amount),
    /// What the API reports: the scope's own limit, else the lowest of the organization's
    /// limit and the usage tier's.
    Api,
}

/// Tokens that are meant to be used in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    pub limit: QuotaLimit,
    /// Of a count; the API's own quota has its own period.
    pub period: PeriodKind,
    pub zone: Option<(String, TimeZone)>,
    /// Shares of what is used only: a quota has no forecast steps.
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaLimit {
    /// Above zero.
    Tokens(u64),
    /// The quota that the company API reports.
    Api,
}

/// A share at which people are told, once a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Share,
    pub of: StepOf,
    pub severity: Severity,
    /// Told again this often for as long as the period lasts; `None`: told once.
    pub remind_every: Option<SignedDuration>,
    /// What is done about it, once a period; only at a step of what is used.
    pub action: Option<ActionName>,
}

/// What is compared with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepOf {
    /// What was used so far.
    Used,
    /// What will have been used at the end of the period.
    Forecast,
}

impl Step {
    /// A step of what is used, told once.
    pub const fn used(at: Share, severity: Severity) -> Self {
        Self { at, of: StepOf::Used, severity, remind_every: None, action: None }
    }
}
